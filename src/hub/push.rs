//! What a department sends us: read like a file of its registry, landed as one batch under the key it gave. The same key
//! again answers the same receipt; nothing lands twice.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::MutexGuard;

use super::Published;
use super::error::HubError;
use super::open::Hub;
use super::progress::{ProgressSink, SyncEvent};
use super::pull::Sink;
use super::pull_outcome::PullOutcome;
use super::push_queue::{Queue, QueuePlace};
use super::receipt::BatchReceipt;
use crate::connector::{Connector, DriftPolicy, Problem};
use crate::land::receipt::{Receipt, SyncOutcome};
use crate::land::spool::{Spool, SpoolState};
use crate::pull;
use crate::pull::PullContext;
use crate::pull::sample::at_sample;
use crate::store::StoreError;
use crate::store::batch::BatchRow;
use crate::store::lead::WriteLock;
use crate::store::registry::RegistryRow;

/// One batch as a department sent it.
#[derive(Debug, Clone)]
pub struct Push {
    pub registry: String,
    /// The department's own name of this batch.
    pub key: String,
    /// Where its body was put; the extension tells format and compression.
    pub file: PathBuf,
    /// SHA-256 of the body, hex.
    pub digest: String,
}

/// What became of it.
#[derive(Debug)]
pub struct Pushed {
    pub receipt: BatchReceipt,
    /// The store changed: an edition is due.
    pub changed: bool,
}

/// Why nothing was taken in.
#[derive(Debug)]
pub enum PushRefused {
    /// A landing, a publication or other pushes took all the time that a push waits.
    Busy(Queue),
    /// This key already named a batch with other contents.
    KeyReused {
        batch: i64,
    },
    /// What was sent cannot be read as this registry's rows.
    Unreadable {
        problem: Problem,
        batch: i64,
    },
    Hub(HubError),
}

impl<E: Into<HubError>> From<E> for PushRefused {
    fn from(error: E) -> PushRefused {
        PushRefused::Hub(error.into())
    }
}

impl Hub {
    /// Takes in a pushed batch; answers after its commit.
    ///
    /// # Errors
    /// [`PushRefused`]: nothing of it landed.
    pub async fn push(&self, push: &Push) -> Result<Pushed, PushRefused> {
        let (_, row) = self.registry(&push.registry).await?;
        if let Some(known) = self.pushed_before(&row, push).await? {
            return Ok(known);
        }
        let (_line, turn) = self.wait_in_line().await?;
        self.leading(turn.store()).await?.push_in_turn(push).await
    }

    async fn push_in_turn(&self, push: &Push) -> Result<Pushed, PushRefused> {
        let (connector, row) = self.registry(&push.registry).await?;
        // The same batch may have come in over another connection meanwhile.
        if let Some(known) = self.pushed_before(&row, push).await? {
            return Ok(known);
        }
        self.recover().await?;
        let spool = Spool::new(&self.settings.data.join("push"), &row.name);
        let receipt = match self.read_push(&connector, push, &spool).await? {
            Ok(PullOutcome::Spooled(state)) => match self.vanished(&connector, &row, &state).await? {
                Some(why) if connector.drift != DriftPolicy::Evolve => {
                    let held = Receipt { records: row.records, ..Receipt::empty(&row.name, "", "", SyncOutcome::Held) };
                    self.hold_suspect(&row, &spool, state, why, held).await?
                }
                _ => self.land_spool(&connector, &row, &spool, state, None).await?,
            },
            Ok(PullOutcome::Suspect(state, why)) if !state.columns.is_empty() && connector.layout(&state.columns).is_ok() => {
                let held = Receipt { records: row.records, ..Receipt::empty(&row.name, "", "", SyncOutcome::Held) };
                self.hold_suspect(&row, &spool, state, why, held).await?
            }
            // Without its key column no row can be told apart: the department hears it at once.
            Ok(PullOutcome::Suspect(_, why) | PullOutcome::Failed(why) | PullOutcome::Postponed(why)) => {
                spool.remove()?;
                return Err(self.refuse_push(&row, why).await?);
            }
            Ok(PullOutcome::Unchanged) => unreachable!("a push has no fingerprint to be compared with"),
            Err(problem) => {
                spool.remove()?;
                return Err(self.refuse_push(&row, problem).await?);
            }
        };
        let batch = receipt.batch.expect("a landed or held push has a number");
        let changed = receipt.added + receipt.changed + receipt.gone > 0;
        Ok(Pushed { receipt: self.batch_receipt(batch).await?, changed })
    }

    /// The batch that this key named before.
    async fn pushed_before(&self, row: &RegistryRow, push: &Push) -> Result<Option<Pushed>, PushRefused> {
        let Some(batch) = self.store.batch_by_idempotency(row.id, &push.key).await? else { return Ok(None) };
        if batch.digest.as_deref() != Some(&push.digest) {
            return Err(PushRefused::KeyReused { batch: batch.id });
        }
        Ok(Some(Pushed { receipt: self.receipt_of(&row.name, batch).await?, changed: false }))
    }

    /// How many pushes wait for their turn, and every change of it.
    pub fn pushes_waiting(&self) -> tokio::sync::watch::Receiver<usize> {
        self.waiting.count.subscribe()
    }

    /// Waits for its turn behind the pushes that came before: a sync under way takes its turns between them.
    async fn wait_in_line(&self) -> Result<(MutexGuard<'_, ()>, WriteLock), PushRefused> {
        let (_place, before) = QueuePlace::new(&self.waiting.count);
        let began = Instant::now();
        let busy = || PushRefused::Busy(Queue { waited_secs: began.elapsed().as_secs(), before });
        let line = tokio::time::timeout(self.push_stall_timeout, self.waiting.line.lock()).await.map_err(|_| busy())?;
        match self.store.write_lock(self.push_stall_timeout.saturating_sub(began.elapsed())).await {
            Ok(turn) => Ok((line, turn)),
            Err(StoreError::Busy { .. }) => Err(busy()),
            Err(other) => Err(other.into()),
        }
    }

    /// Reads the body into the spool. The inner error is what the department must mend.
    async fn read_push(
        &self,
        connector: &Arc<Connector>,
        push: &Push,
        spool: &Spool,
    ) -> Result<Result<PullOutcome, Problem>, PushRefused> {
        let state = SpoolState {
            source: "push".into(),
            started_at: self.clock.millis(),
            connector: connector.digest,
            idempotency: Some(push.key.clone()),
            digest: Some(push.digest.clone()),
            ..Default::default()
        };
        let mut sink = Sink::new(spool.create(state)?);
        let context = PullContext {
            clock: self.clock.clone(),
            zone: self.settings.zone,
            temp: self.settings.data.join("spool"),
            ..PullContext::default()
        };
        let body = at_sample(connector, &push.file);
        Ok(match pull::pull(&body, None, &context, &mut sink).await {
            Ok(pulled) if pulled.rows == 0 => Err(Problem::new("empty", "推送的内容没有任何行", "what was pushed holds no row")),
            Ok(pulled) => Ok(sink.settle(connector, pulled)?),
            // Where its body lies on our disk is nothing to the department.
            Err(error) => {
                let place = push.file.display().to_string();
                let clean = |text: &str| text.replace(&place, "push");
                let n = error.problem.clone();
                Err(Problem { zh: clean(&n.zh), en: clean(&n.en), ..n })
            }
        })
    }

    /// Keeps for the operator that a push could not be read; the key stays free for a mended one.
    async fn refuse_push(&self, row: &RegistryRow, problem: Problem) -> Result<PushRefused, PushRefused> {
        let now = self.clock.millis();
        let why = problem.clone();
        let id = self.store.batch_started(row.id, now, "push", false).await?;
        let held_because = Some(serde_json::to_string(&why).expect("plain texts"));
        let batch = BatchRow { id, finished_at: Some(now), state: "FAILED".into(), held_because, ..Default::default() };
        self.store.batch_closed(&batch).await?;
        Ok(PushRefused::Unreadable { problem, batch: id })
    }

    /// Whether a push or an answer landed after the newest edition, or an answer waits to land: a process that was killed in between left
    /// it unpublished.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn has_unpublished_push(&self) -> Result<bool, HubError> {
        if !self.store.pending_corrections().await?.is_empty() {
            return Ok(true);
        }
        let published = self.store.latest_edition().await?.map_or(0, |e| e.published_at);
        let done = self.store.batches(None, Some("DONE"), 100).await?;
        Ok(done.iter().any(|b| {
            b.idempotency.is_some() && b.added + b.changed + b.gone > 0 && b.finished_at.is_some_and(|at| at > published)
        }))
    }

    /// Publishes what pushes have landed; None where an edition already shows it.
    ///
    /// # Errors
    /// `StoreError::Busy` while a sync lands or publishes: it is tried again.
    pub async fn publish_pushed(&self, progress: Arc<dyn ProgressSink>) -> Result<Option<Published>, HubError> {
        let turn = self.store.write_lock(Duration::ZERO).await?;
        let hub = self.leading(turn.store()).await?;
        hub.recover().await?;
        hub.land_answers_in_turn().await?;
        let edition = hub.publish(false, progress.as_ref(), &mut []).await?;
        if let Some(e) = &edition {
            let (zh, en) = (format!("已发布第 {} 期", e.number), format!("edition {} published", e.number));
            progress.event(&SyncEvent::Done { registry: "push".into(), zh, en });
        }
        Ok(edition)
    }
}
