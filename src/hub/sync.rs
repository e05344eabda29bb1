//! One sync: pulls side by side, landings one after the other, then link, assess and publish if anything changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::error::HubError;
use super::guard::HeldEdition;
use super::open::Hub;
use super::progress::{ProgressSink, SyncEvent};
use super::published::Published;
use super::pull_outcome::{PullOutcome, PullWatchdog};
use crate::connector::{Connector, DriftKind, DriftPolicy, Transport};
use crate::depot::Sharing;
use crate::land::apply::{BatchGuard, Landing, land};
use crate::land::ledger::Ledger;
use crate::land::reader::RowReader;
use crate::land::receipt::{Receipt, SyncOutcome};
use crate::land::spool::{Spool, SpoolState};
use crate::land::{LandError, expand, ledger};
use crate::model::message::Lang;
use crate::model::problem::Problem;
use crate::model::verdict::Unmet;
use crate::store::batch::BatchRow;
use crate::store::lead::SyncLock;
use crate::store::registry::RegistryRow;

/// What to sync.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// Names of registries; empty = all.
    pub registries: Vec<String>,
    /// Pull everything again, also where the source says it has not changed.
    pub full: bool,
    /// Publish even if nothing changed (after a change of the program itself).
    pub republish: bool,
    /// Land in the order of the registries, not as they arrive: the same data then gets the same numbers of batches and records.
    pub in_turn: bool,
}

/// What a sync did.
#[derive(Debug, Serialize)]
pub struct SyncReport {
    pub receipts: Vec<Receipt>,
    /// None where nothing changed.
    pub edition: Option<Published>,
    pub seconds: f64,
    /// What the gap list would rest on and the newest edition does not have.
    pub lacks: Vec<Unmet>,
    /// The edition that differs too far from what is published and waits for a person, or that a person rejected.
    pub held: Option<HeldEdition>,
}

impl SyncReport {
    /// Whether something waits for a person: a batch, a registry that failed or lost columns, an edition that differs too far, or a
    /// list that lacks what it would rest on.
    pub fn needs_attention(&self) -> bool {
        let lacks_columns = |r: &Receipt| r.notice.as_ref().is_some_and(|n| n.code == COLUMNS_VANISHED);
        self.receipts.iter().any(|r| matches!(r.outcome, SyncOutcome::Held | SyncOutcome::Failed) || lacks_columns(r))
            || !self.lacks.is_empty()
            || self.held.as_ref().is_some_and(HeldEdition::waits)
    }
}

/// Code of the notice that columns of the contract are no longer there.
const COLUMNS_VANISHED: &str = "columns_vanished";

impl Hub {
    /// Syncs registries and publishes an edition if anything changed. One process at a time.
    ///
    /// # Errors
    /// `Store`: its `Busy` where somebody else syncs; `Told`: a registry that there is not; what landing and publishing fail with. A
    /// registry that cannot be pulled is none: its receipt says so.
    pub async fn sync(&self, options: &SyncOptions, progress: Arc<dyn ProgressSink>) -> Result<SyncReport, HubError> {
        let leader = self.store.lead().await?;
        self.sync_leading(leader, options, progress).await
    }

    /// The same for whoever leads already.
    ///
    /// # Errors
    /// As [`Hub::sync`], but for `Busy`.
    pub async fn sync_leading(
        &self,
        leader: SyncLock,
        options: &SyncOptions,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<SyncReport, HubError> {
        if leader.has_taken_over() {
            self.set_spools_aside()?;
        }
        let led = self.leading(leader.store()).await?;
        let work = Box::pin(led.pull_land_publish(leader, options, progress));
        self.stages.run("sync", "", work.instrument(tracing::info_span!("sync"))).await
    }

    /// What a leader that fell silent was spooling is pulled anew: it may wake up and write on.
    fn set_spools_aside(&self) -> Result<(), HubError> {
        let spools = self.settings.data.join("spool");
        let aside = self.settings.data.join(format!(".spool-{:016x}", rand::random::<u64>()));
        match std::fs::rename(&spools, &aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(crate::land::LandError::Spool { path: spools, source: error }.into())
            }
            _ => {
                // What stays costs room and nothing else.
                let _ = std::fs::remove_dir_all(&aside);
                Ok(())
            }
        }
    }

    async fn pull_land_publish(
        &self,
        mut leader: SyncLock,
        options: &SyncOptions,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<SyncReport, HubError> {
        let started = Instant::now();
        self.recover().await?;
        // What a department answered stands in its row before the row is compared with what comes.
        self.land_answers_in_turn().await?;
        let chosen = self.chosen(&options.registries)?;
        let rows = self.registry_rows().await?;

        let mut pulls = JoinSet::new();
        let mut waiting: BTreeMap<i64, PullWatchdog> = BTreeMap::new();
        for connector in chosen {
            let row = rows.iter().find(|r| r.name == connector.name).expect("ensured a moment ago").clone();
            let (hub, progress, full, pace) =
                (self.clone(), progress.clone(), options.full, PullWatchdog::new(&connector, self.stall_timeout));
            waiting.insert(row.id, pace.clone());
            let span = tracing::info_span!("pull", registry = %row.name);
            let pulled = async move {
                let began = Instant::now();
                let pull = Box::pin(hub.pull(&connector, &row, full, progress, pace));
                let arrived = hub.stages.run("pull", &row.name, pull).await;
                (connector, row, arrived, began)
            };
            pulls.spawn(pulled.instrument(span));
        }
        let mut receipts = Vec::new();
        let mut edition = None;
        // What arrived and waits for its turn to land.
        let mut arrivals = Vec::new();
        // Something landed that no edition shows yet.
        let mut unpublished = false;
        loop {
            // While registries are waited for, departments may push.
            leader.release_turn();
            let done = tokio::time::timeout(self.stall_timeout / 4, pulls.join_next()).await;
            leader.take_turn().await?;
            let done = match done {
                Ok(None) => break,
                Ok(Some(done)) => done,
                Err(_) => {
                    // Those that still send are worth waiting for; those that hang are not.
                    if unpublished && waiting.values().all(|pace| pace.silent_for() >= self.stall_timeout) {
                        self.mark_late(waiting.keys().copied()).await?;
                        edition = self.publish(options.republish, progress.as_ref(), &mut receipts).await?.or(edition);
                        unpublished = false;
                    }
                    // One that retries for hours would keep pushes and the next sync waiting.
                    waiting.values().filter(|pace| pace.silent_for() >= pace.limit).for_each(|pace| pace.cancel.cancel());
                    continue;
                }
            };
            let arrived = done.expect("a pull does not panic");
            waiting.remove(&arrived.1.id);
            arrivals.push(arrived);
            if options.in_turn && !pulls.is_empty() {
                continue;
            }
            arrivals.sort_by_key(|(connector, ..)| self.connectors.iter().position(|c| c.name == connector.name));
            for (connector, row, arrived, began) in arrivals.drain(..) {
                let landing = Box::pin(self.ingest(&connector, &row, arrived?, progress.as_ref()));
                let landing = landing.instrument(tracing::info_span!("land", registry = %row.name));
                let mut receipt = self.stages.run("land", &row.name, landing).await?;
                receipt.seconds = began.elapsed().as_secs_f64();
                tracing::info!(registry = connector.name, seconds = receipt.seconds, "pulled and landed");
                let (zh, en) = summary(&receipt);
                progress.event(&SyncEvent::Done { registry: connector.name.clone(), zh, en });
                unpublished |= receipt.outcome == SyncOutcome::Landed;
                receipts.push(receipt);
            }
        }
        receipts.sort_by_key(|r| self.connectors.iter().position(|c| c.name == r.registry));
        self.tell_other_years(&mut receipts).await?;
        let last = self.publish(options.republish && edition.is_none(), progress.as_ref(), &mut receipts).await?;
        let edition = last.or(edition);
        let (held, lacks) = (self.held_edition().await?, self.lacks());
        Ok(SyncReport { receipts, edition, seconds: started.elapsed().as_secs_f64(), lacks, held })
    }

    /// What the gap list would rest on and the newest edition does not have.
    pub fn lacks(&self) -> Vec<Unmet> {
        let unmet = self.editions.current().map(|e| e.manifest.unmet.clone()).unwrap_or_default();
        unmet.into_iter().filter(|u| u.verdict.decides_the_gap()).collect()
    }

    /// Registries that keep the others waiting are late from now on, until they land.
    async fn mark_late(&self, registries: impl Iterator<Item = i64>) -> Result<(), HubError> {
        let secs = self.stall_timeout.as_secs();
        let why = Problem {
            code: "silent".into(),
            zh: format!("数据源已超过 {secs} 秒没有给出任何数据，仍在等待；其余登记已先行发布"),
            en: format!(
                "the registry has sent nothing for more than {secs} s and is still waited for; the others were published without it"
            ),
            remedy: None,
        };
        for id in registries {
            self.store.registry_failed(id, "LATE", self.clock.millis(), &why).await?;
        }
        Ok(())
    }

    /// The named connectors, or all that can be pulled.
    fn chosen(&self, names: &[String]) -> Result<Vec<Arc<Connector>>, HubError> {
        let pushed = |c: &Connector| c.source.transport == Transport::Push;
        if names.is_empty() {
            return Ok(self.connectors.iter().filter(|c| self.is_pulled(c)).cloned().collect());
        }
        if let Some(c) = self.connectors.iter().find(|c| pushed(c) && names.contains(&c.name)) {
            return Err(HubError::said(
                format!("登记「{0}」由部门推送（POST /ingest/{0}），无需拉取", c.name),
                format!("registry \"{0}\" is pushed by its department (POST /ingest/{0}): there is nothing to pull", c.name),
            ));
        }
        names
            .iter()
            .map(|name| self.connectors.iter().find(|c| c.name == *name).cloned().ok_or_else(|| self.no_registry(name)))
            .collect()
    }

    /// Cleans up after a killed process: batches that never landed, editions that were never recorded.
    pub(super) async fn recover(&self) -> Result<(), HubError> {
        self.store.fail_interrupted_batches(self.clock.millis(), &[]).await?;
        self.remove_unrecorded_editions().await?;
        self.share_editions(Sharing { looks: true, ..Sharing::default() }).await;
        Ok(())
    }

    /// Lands what arrived, or notes why nothing could.
    pub(super) async fn ingest(
        &self,
        connector: &Arc<Connector>,
        row: &RegistryRow,
        arrived: PullOutcome,
        progress: &dyn ProgressSink,
    ) -> Result<Receipt, HubError> {
        let now = self.clock.millis();
        let (zh, en) = (connector.title.zh.as_str(), connector.title.en.as_str());
        let empty = |outcome| Receipt { records: row.records, ..Receipt::empty(&row.name, zh, en, outcome) };
        match arrived {
            PullOutcome::Unchanged => {
                self.store.registry_unchanged(row.id, now).await?;
                Ok(Receipt { unchanged: row.records, ..empty(SyncOutcome::Unchanged) })
            }
            PullOutcome::Failed(why) => {
                self.store.registry_failed(row.id, "FAILING", now, &why).await?;
                let id = self.store.batch_started(row.id, now, &connector.source.shown(), connector.complete).await?;
                let held_because = Some(serde_json::to_string(&why).expect("plain texts"));
                let state = "FAILED".to_owned();
                let batch = BatchRow { id, finished_at: Some(now), state, held_because, ..Default::default() };
                self.store.batch_closed(&batch).await?;
                Ok(Receipt { batch: Some(id), notice: Some(why), ..empty(SyncOutcome::Failed) })
            }
            PullOutcome::Postponed(why) => Ok(Receipt { notice: Some(why), ..empty(SyncOutcome::Postponed) }),
            PullOutcome::Suspect(state, why) => {
                self.hold_suspect(row, &Spool::new(&self.settings.data, &row.name), state, why, empty(SyncOutcome::Held)).await
            }
            PullOutcome::Spooled(state) => {
                let vanished = self.vanished(connector, row, &state).await?;
                if let Some(why) = vanished.clone().filter(|_| connector.drift != DriftPolicy::Evolve) {
                    let spool = Spool::new(&self.settings.data, &row.name);
                    return self.hold_suspect(row, &spool, state, why, empty(SyncOutcome::Held)).await;
                }
                progress.event(&SyncEvent::Landing { registry: row.name.clone() });
                let spool = Spool::new(&self.settings.data, &row.name);
                match self.land_spool(connector, row, &spool, state, None).await {
                    // What lies on our disk is no longer what came: it is thrown away, and the next pull brings it anew.
                    Err(HubError::Land(damage @ (LandError::Damaged { .. } | LandError::Outdated))) => {
                        spool.remove()?;
                        self.store.fail_interrupted_batches(now, &[]).await?;
                        let error = HubError::Land(damage);
                        let why = Problem {
                            code: "spool_damaged".into(),
                            zh: error.text(Lang::Zh),
                            en: error.text(Lang::En),
                            remedy: None,
                        };
                        self.store.registry_failed(row.id, "FAILING", now, &why).await?;
                        Ok(Receipt { notice: Some(why), ..empty(SyncOutcome::Failed) })
                    }
                    Ok(receipt) => Ok(Receipt { notice: receipt.notice.clone().or(vanished), ..receipt }),
                    done => done,
                }
            }
        }
    }

    /// What a delivery lacks of the columns that the one before had, in words; None where it lacks nothing. What every row rests on
    /// would be read as absent: staff, revenue, the official list.
    pub(super) async fn vanished(
        &self,
        connector: &Connector,
        row: &RegistryRow,
        state: &SpoolState,
    ) -> Result<Option<Problem>, HubError> {
        // Few records of a registry that leaves empty fields out need not name them all.
        if state.columns.is_empty() || state.rows == 0 || !(state.complete || connector.names_its_columns()) {
            return Ok(None);
        }
        let before = self.store.landed_columns(row.id).await?;
        let vanished = connector.contract.vanished(before.as_deref(), &state.columns);
        if vanished.is_empty() {
            return Ok(None);
        }
        let drift = connector.layout(&state.columns).map(|layout| layout.drift).unwrap_or_default();
        let told: Vec<(String, String)> = vanished
            .iter()
            .map(|name| match drift.iter().find(|d| d.column == **name && d.kind == DriftKind::Renamed) {
                Some(d) => (d.problem.zh.clone(), d.problem.en.clone()),
                None => (format!("缺少「{name}」列"), format!("column \"{name}\" is gone")),
            })
            .collect();
        let name = &connector.name;
        let zh = told.iter().map(|(zh, _)| zh.as_str()).collect::<Vec<_>>().join("；");
        let en = told.iter().map(|(_, en)| en.as_str()).collect::<Vec<_>>().join("; ");
        let (zh, en) = match connector.drift {
            DriftPolicy::Evolve => (
                format!("连接器「{name}」：{zh}；按约定（drift = \"evolve\"）照常入库，这些列的值此后为空，判定可能随之改变"),
                format!(
                    "connector \"{name}\": {en}; landed as agreed (drift = \"evolve\"): their values are absent from now on, and verdicts may change"
                ),
            ),
            _ => (
                format!(
                    "连接器「{name}」：{zh}。依赖这些列的数据保持原样，未入库任何行；若已改名，请修改连接器后重新同步，否则放行或退回该批次"
                ),
                format!(
                    "connector \"{name}\": {en}. What depends on them stays as it was and nothing landed; where they were renamed, mend the connector and sync again, otherwise release or reject the batch"
                ),
            ),
        };
        Ok(Some(Problem { code: COLUMNS_VANISHED.into(), zh, en, remedy: None }))
    }

    /// Keeps what arrived for a person to look at; nothing of it lands.
    pub(super) async fn hold_suspect(
        &self,
        row: &RegistryRow,
        spool: &Spool,
        mut state: SpoolState,
        why: Problem,
        receipt: Receipt,
    ) -> Result<Receipt, HubError> {
        let now = self.clock.millis();
        state.batch = self.store.batch_started(row.id, state.started_at, &state.source, state.complete).await?;
        let batch = BatchRow {
            id: state.batch,
            finished_at: Some(now),
            state: "HELD".into(),
            read_rows: state.rows as i64,
            source: state.source.clone(),
            complete: i64::from(state.complete),
            drift: state.drift.clone(),
            notes: state.notes_json(),
            idempotency: state.idempotency.clone(),
            digest: state.digest.clone(),
            held_because: Some(serde_json::to_string(&why).expect("plain texts")),
            ..Default::default()
        };
        self.store.batch_closed(&batch).await?;
        self.store.registry_failed(row.id, "HELD", now, &why).await?;
        let (batch, read, notes) = (state.batch, state.rows as i64, state.notes.clone());
        self.set_aside(row, spool, state).await?;
        Ok(Receipt { batch: Some(batch), read, notice: Some(why), notes, ..receipt })
    }

    /// Writes out the rows that a spool only names by their place in the ledger, where `wanted` says so.
    async fn expanded(
        &self,
        row: &RegistryRow,
        spool: &Spool,
        state: SpoolState,
        wanted: impl FnOnce(&Ledger) -> bool,
    ) -> Result<SpoolState, HubError> {
        if state.ledger.is_none() {
            return Ok(state);
        }
        let basis = ledger::basis(&self.store, row.id, state.connector).await?;
        let ledger = Ledger::open(&self.settings.data, &row.name, &basis).ok_or(LandError::Outdated)?;
        Ok(match wanted(&ledger) {
            true => SpoolState { batch: state.batch, ..expand(&self.store, spool, &ledger).await? },
            false => state,
        })
    }

    /// Moves a spool aside for a person to decide; it stands for itself from then on, as the registry moves on.
    async fn set_aside(&self, row: &RegistryRow, spool: &Spool, state: SpoolState) -> Result<(), HubError> {
        let batch = state.batch;
        self.expanded(row, spool, state, |_| true).await?;
        spool.hold(&self.settings.data, &row.name, batch)?;
        Ok(())
    }

    /// Lands a finished spool; on a held batch the spool moves aside, otherwise it is removed.
    pub(super) async fn land_spool(
        &self,
        connector: &Arc<Connector>,
        row: &RegistryRow,
        spool: &Spool,
        mut state: SpoolState,
        released: Option<(String, String)>,
    ) -> Result<Receipt, HubError> {
        if released.is_none() {
            state.batch = self.store.batch_started(row.id, state.started_at, &state.source, state.complete).await?;
        }
        // Read by today's connector, whichever one had pulled it.
        state.connector = connector.digest;
        // Other columns than last time make every row another one.
        let columns = state.columns.clone();
        let state = self.expanded(row, spool, state, |ledger| ledger.columns != columns).await?;
        let kept = state.clone();
        let guard = self.batch_guard(connector);
        let reader = match state.rows {
            // An empty answer may not even have columns; the guard decides what it means.
            0 => Arc::new(crate::land::reader::NoRows) as Arc<dyn RowReader>,
            _ => crate::land::reader::reader(connector, &state.columns).map_err(|p| HubError::said(p.zh, p.en))?,
        };
        let receipt = land(Landing {
            store: &self.store,
            registry: row,
            title: (&connector.title.zh, &connector.title.en),
            spool,
            reader,
            is_delivery: state.source != super::corrections::SOURCE,
            state,
            guard: BatchGuard {
                vanish: guard.max_vanished_percent / 100.0,
                quarantine: guard.max_quarantined_percent / 100.0,
                min_rows: guard.min_rows,
                released,
            },
            data: Some(&self.settings.data),
            now: self.clock.millis(),
        })
        .await?;
        match receipt.outcome {
            SyncOutcome::Held => {
                self.set_aside(row, spool, kept).await?;
            }
            _ => spool.remove()?,
        }
        Ok(receipt)
    }
}

/// One line for the terminal.
fn summary(r: &Receipt) -> (String, String) {
    use crate::model::text::grouped;
    match r.outcome {
        SyncOutcome::Landed => (
            format!(
                "读取 {}，新增 {}，变更 {}，未变 {}，隔离 {}，消失 {}",
                grouped(r.read),
                grouped(r.added),
                grouped(r.changed),
                grouped(r.unchanged),
                grouped(r.quarantined),
                grouped(r.gone)
            ),
            format!(
                "{} read, {} new, {} changed, {} unchanged, {} quarantined, {} gone",
                grouped(r.read),
                grouped(r.added),
                grouped(r.changed),
                grouped(r.unchanged),
                grouped(r.quarantined),
                grouped(r.gone)
            ),
        ),
        SyncOutcome::Unchanged => ("数据源未变化".into(), "source unchanged".into()),
        SyncOutcome::Held | SyncOutcome::Failed | SyncOutcome::Postponed => {
            let (zh, en) = r.notice.as_ref().map_or(("", ""), |n| (n.zh.as_str(), n.en.as_str()));
            let (state_zh, state_en) = match r.outcome {
                SyncOutcome::Held => ("暂挂", "held"),
                SyncOutcome::Postponed => ("推迟", "postponed"),
                _ => ("失败", "failed"),
            };
            (format!("{state_zh}：{zh}"), format!("{state_en}: {en}"))
        }
    }
}
