//! The hub itself: its store, its connectors, its rules, its editions, opened and checked before anything is pulled.
//!
//! What it does is said in the files beside this one, each with an `impl Hub` of its own.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;

use super::error::{HubError, all_of};
use super::lookups::Lookups;
use super::policy_change::Yardstick;
use crate::assess::Rules;
use crate::config::Settings;
use crate::connector::{Connector, Secret, Transport};
use crate::depot::{Depot, Wanted};
use crate::edition::Editions;
use crate::model::Clock;
use crate::model::message::Lang;
use crate::pull::Breaker;
use crate::records::some::{SomeRecords, some};
use crate::records::stream::{RecordSource, RecordStream, SnapshotUse, WantedLinks};
use crate::store::registry::RegistryRow;
use crate::store::{Store, StoreError};

/// A registry that has sent nothing for so long keeps the others waiting no longer.
const STALL_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(20);

/// A push waits so long for its turn before it is told to come back.
const PUSH_STALL_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// One hub: its store, its connectors, its rules, its editions. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    pub store: Store,
    /// By rank; the position is the registry's index in linking and assessing.
    pub connectors: Vec<Arc<Connector>>,
    pub settings: Arc<Settings>,
    /// The policy as `huitu.toml` says, and the rules of the thresholds file; what is in force (`settings.policy` and `rules` of whoever
    /// leads) is this with what was saved over it.
    pub(super) configured: Arc<Yardstick>,
    /// As configured; of whoever leads those in force.
    pub rules: Arc<Rules>,
    pub editions: Arc<Editions>,
    /// The object store that editions are shared by; None: the folder alone.
    pub(in crate::hub) depot: Option<Arc<Depot>>,
    pub clock: Clock,
    /// Registries on private and loopback addresses may be pulled (demonstration, tests).
    pub allow_private: bool,
    /// How long a sync waits for a registry that sends nothing before it publishes without it.
    pub stall_timeout: std::time::Duration,
    /// How long a push waits for its turn.
    pub push_stall_timeout: std::time::Duration,
    /// How long whoever recorded something waits until what follows of it is published; it is published all the same. None: as long as it
    /// takes.
    pub follow_patience: Option<std::time::Duration>,
    /// What was read of the federation and counted by unit.
    pub(in crate::hub) federation_cache: Arc<super::federation_homes::FederationCache>,
    /// What was saved of registries' treatment, as it was read last.
    pub(in crate::hub) registry_settings: super::registry_change::RegistrySettingsKept,
    /// Targets as they were read last.
    pub(in crate::hub) targets_kept: Arc<super::targets_kept::TargetsKept>,
    pub(in crate::hub) waiting: Arc<super::push_queue::Waiting>,
    /// How long each stage took in this process.
    pub stages: Arc<super::stages::Stages>,
    /// Whose turn it is to try another policy: that keeps a core busy for seconds, so that there is one at a time.
    pub(in crate::hub) preview_turn: Arc<tokio::sync::Semaphore>,
    /// Registries that failed several times in a row are left alone for a while.
    pub(in crate::hub) breaker: Breaker,
    /// Answers of registries about single enterprises, kept for seconds.
    pub lookups: Arc<Lookups>,
    /// Registries whose place came from the command line: relative places are then taken from the working directory.
    pub(in crate::hub) overridden: Arc<BTreeSet<String>>,
}

impl Hub {
    /// Opens store, connectors, rules and editions; everything that is wrong is said before anything is pulled.
    ///
    /// # Errors
    /// `Connector` and `Settings`: what is wrong in a file, with the remedy; `Told`: a registry or need that nothing brings; `Store` and
    /// `Edition`, where they cannot be opened.
    pub async fn open(settings: Settings, clock: Clock) -> Result<Hub, HubError> {
        let mut connectors = Connector::built_in_and(settings.connectors.as_deref(), settings.without_built_in)?;
        for (registry, place) in &settings.sources {
            let Some(at) = connectors.iter().position(|c| c.name == *registry) else {
                return Err(no_registry(
                    registry,
                    connectors.iter().map(|c| c.name.as_str()),
                    &format!("--source {registry}=…: "),
                ));
            };
            connectors[at] = connectors[at].clone().with_source(place);
        }
        for connector in &mut connectors {
            *connector = connector.clone().in_zone(settings.zone);
            if let Some(file) = settings.secrets.get(&connector.name) {
                connector.source.http.auth.secret = Secret { env: None, file: Some(file.display().to_string()) };
            }
        }
        let faults = settings.policy.faults();
        if !faults.is_empty() {
            let [zh, en] = all_of(&faults);
            return Err(HubError::said(format!("[policy] 有误：{zh}"), format!("[policy]: {en}")));
        }
        let known: Vec<&str> = connectors.iter().map(|c| c.name.as_str()).collect();
        if let Some((verdict, name, nearest)) = settings.policy.needs.unknown(&known).first() {
            return Err(HubError::said(
                format!(
                    "[policy.needs] {}：「{name}」既不是已有的登记，也不是登记所提供的内容；是否指「{nearest}」？",
                    verdict.key()
                ),
                format!(
                    "[policy.needs] {}: \"{name}\" is neither a registry nor anything that registries bring; did you mean \"{nearest}\"?",
                    verdict.key()
                ),
            ));
        }
        let rules = Arc::new(rules(settings.thresholds.as_deref())?);
        let store = Store::open(&settings.data, settings.store.as_deref()).await?;
        // A connector that is not enabled waits until somebody says where its data is; a pushed one has no such place. What
        // it brought once stays in the graph, whoever opens the store later without saying so again.
        let landed = store.registries().await?;
        let has_landed = |name: &str| landed.iter().any(|row| row.name == name && row.last_good.is_some());
        let is_given = |c: &Connector| c.source.transport == Transport::Push || settings.sources.contains_key(&c.name);
        connectors.retain(|c| c.enabled || is_given(c) || has_landed(&c.name));
        let depot = depot(&settings, &store).await?.map(Arc::new);
        let editions = Arc::new(Editions::open(&settings.data.join("editions"))?);
        let hub = Hub {
            store,
            connectors: connectors.into_iter().map(Arc::new).collect(),
            overridden: Arc::new(settings.sources.keys().cloned().collect()),
            configured: Arc::new(Yardstick { policy: settings.policy.clone(), rules: rules.clone() }),
            settings: Arc::new(settings),
            rules,
            editions,
            depot,
            clock,
            allow_private: false,
            stall_timeout: STALL_TIMEOUT,
            push_stall_timeout: PUSH_STALL_TIMEOUT,
            follow_patience: None,
            federation_cache: Arc::default(),
            registry_settings: Default::default(),
            targets_kept: Arc::default(),
            waiting: Arc::default(),
            stages: Arc::default(),
            preview_turn: Arc::new(tokio::sync::Semaphore::new(1)),
            breaker: Breaker::default(),
            lookups: Arc::default(),
        };
        hub.refresh_registry_settings().await?;
        Ok(hub)
    }

    /// This hub, reading and writing through another handle of its store: that of whoever leads or has the turn.
    pub(super) fn through(&self, store: Store) -> Hub {
        Hub { store, ..self.clone() }
    }

    /// The same, judging by the policy in force at this moment; it stays that one until the work is done.
    ///
    /// # Errors
    /// See [`Hub::in_force`].
    pub(super) async fn leading(&self, store: Store) -> Result<Hub, HubError> {
        self.through(store).in_force().await
    }

    pub fn editions_root(&self) -> PathBuf {
        self.settings.data.join("editions")
    }

    /// Whether a sync pulls from it: it is enabled, or somebody said where its data is.
    pub fn is_pulled(&self, connector: &Connector) -> bool {
        let wanted = connector.enabled || self.overridden.contains(&connector.name);
        wanted && connector.source.transport != Transport::Push
    }

    /// For a name that no connector has: the nearest one, and all of them.
    pub fn no_registry(&self, name: &str) -> HubError {
        no_registry(name, self.connectors.iter().map(|c| c.name.as_str()), "")
    }

    /// The store's rows of all connectors, made where they are new.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn registry_rows(&self) -> Result<Vec<RegistryRow>, StoreError> {
        let names: Vec<&str> = self.connectors.iter().map(|c| c.name.as_str()).collect();
        self.store.ensure_registries(&names).await
    }

    /// Begins to read every live record as today's connectors read it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn records(&self, links: WantedLinks, keep: SnapshotUse) -> Result<RecordStream, StoreError> {
        let rows = self.registry_rows().await?;
        let (store, connectors, data) = (&self.store, &self.connectors[..], &self.settings.data);
        RecordStream::open(RecordSource { store, connectors, rows: &rows, data }, links, keep).await
    }

    /// Some stored records by their ids (in order), as today's connectors read them; `links`: as linking takes them too.
    pub(super) async fn some_records(&self, ids: &[i64], links: bool) -> Result<SomeRecords, StoreError> {
        let rows = self.registry_rows().await?;
        let (store, connectors, data) = (&self.store, &self.connectors[..], &self.settings.data);
        some(RecordSource { store, connectors, rows: &rows, data }, ids, links).await
    }
}

fn no_registry<'a>(name: &str, known: impl Iterator<Item = &'a str>, before: &str) -> HubError {
    let known: Vec<&str> = known.collect();
    let nearest = crate::config::nearest(name, known.iter().copied()).unwrap_or_default();
    HubError::said(
        format!("{before}没有登记「{name}」；是否指「{nearest}」？现有：{}", known.join("、")),
        format!("{before}there is no registry \"{name}\"; did you mean \"{nearest}\"? Known: {}", known.join(", ")),
    )
}

/// The object store of the settings, asked for the edition in force. A store that fails is told in the log: what the folder has answers.
///
/// # Errors
/// `Told`: what is wrong with the settings; `Store`, where its name cannot be read.
async fn depot(settings: &Settings, store: &Store) -> Result<Option<Depot>, HubError> {
    let Some(said) = &settings.editions else { return Ok(None) };
    let depot = Depot::open(said, &settings.data.join("editions"), &store.id().await?);
    let depot = depot.map_err(|e| HubError::said(e.text(Lang::Zh), e.text(Lang::En)))?;
    let _ = depot.fetch(Wanted::Newest, |_| false).boxed().await;
    Ok(Some(depot))
}

/// The built-in threshold rules, or those of a file.
fn rules(file: Option<&std::path::Path>) -> Result<Rules, HubError> {
    let Some(path) = file else { return Ok(Rules::embedded()) };
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| {
        HubError::said(
            format!("无法读取规模标准 {shown}：{e}；请在 thresholds 中给出存在的文件"),
            format!("cannot read the thresholds {shown}: {e}; give an existing file as `thresholds`"),
        )
    })?;
    Rules::parse(&text, &shown)
        .map_err(|faults| HubError::Settings(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}
