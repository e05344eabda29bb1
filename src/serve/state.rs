//! What every route shares: the hub, who may ask, what is kept of answers, how old the registries are.
//!
//! In: a hub and how to serve. Out: a handle that is cheap to clone. It knows no route and no type of the graph; what only some
//! routes need (export jobs, places of the tiles, measured quality) stands beside it in `app`.

mod accounts;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use axum::http::{HeaderMap, header};
use tokio_util::sync::CancellationToken;

use super::answers::cache::{AnswerCache, Hasher, xxh3};
use super::answers::events::Events;
use super::answers::loaders::Readings;
use super::answers::persisted::Documents;
use super::answers::usage::{FieldUse, UsageCounter};
use super::authentication::Authentication;
use super::authentication::callers::{CallerCache, Proofs};
use super::authentication::provider::Provider;
use super::authentication::session::SCHEME;
use super::data_key::DataKey;
use super::entrance::tls::Tls;
use super::entrance::{Entrance, Peer};
use super::limits::background::Background;
use super::limits::budget::Budgets;
use super::limits::cost::Limits;
use super::limits::lanes::Lanes;
use super::limits::slots::Slots;
use super::metrics::Metrics;
use super::problem::{Code, Problem, mendable};
use super::signed_address::AddressSigner;
use crate::access::{AccessScope, Caller, Role};
use crate::audit::Audit;
use crate::edition::{EditionSource, Protection};
use crate::hub::Hub;
use crate::model::text::shown;

/// How to serve.
pub struct Options {
    pub access: Authentication,
    /// Where people sign in; None: tokens alone.
    pub provider: Option<Arc<Provider>>,
    /// How the server is reached.
    pub entrance: Entrance,
    /// Under which name a demonstration answers: of whoever runs a command that asks without a server. `demonstration` without it.
    pub operator: Option<String>,
    pub limits: Limits,
    pub documents: Documents,
    /// Bytes of whole answers to keep.
    pub cache_bytes: usize,
    /// How their keys are hashed.
    pub cache_hasher: Hasher,
    /// Groups smaller than this are not told to callers without the scope `records`; 0 tells all.
    pub suppress_below: u64,
    /// How long pushes must have been quiet before an edition shows them.
    pub settle: std::time::Duration,
    /// Days that the audit is kept.
    pub audit_days: u32,
    /// For `huitu bench serve` alone, which says what the audit costs: no command and no file sets it.
    pub is_measured_without_audit: bool,
}

impl Options {
    pub fn new(access: Authentication) -> Options {
        Options {
            access,
            provider: None,
            entrance: Entrance::default(),
            operator: None,
            limits: Limits::default(),
            documents: Documents::default(),
            cache_bytes: 64 << 20,
            cache_hasher: xxh3,
            suppress_below: SUPPRESS_BELOW,
            settle: SETTLE,
            audit_days: AUDIT_DAYS,
            is_measured_without_audit: false,
        }
    }
}

/// 等保 2.0 asks for six months of logs.
const AUDIT_DAYS: u32 = 180;
/// Groups of one or two name somebody.
const SUPPRESS_BELOW: u64 = 3;
/// Pushes that come close together are published together.
const SETTLE: std::time::Duration = std::time::Duration::from_secs(5);

/// How old the registries are, as every answer says.
#[derive(Debug, Default)]
pub struct Freshness {
    /// For `extensions.sources`.
    pub(in crate::serve) sources: Vec<serde_json::Value>,
}

/// How the audit names a question at the counter.
pub(in crate::serve) const COUNTER: &str = "counter";

/// How the audit names that somebody signed in.
pub(in crate::serve) const LOGIN: &str = "login";

/// An answer that is to be accounted for.
pub(in crate::serve) struct Reading<'a> {
    pub caller: &'a Caller,
    pub purpose: &'a str,
    /// graphql, stream, change, export, file, reconcile, counter, command, login, webhook.
    pub way: &'static str,
    /// What was asked, as it was sent.
    pub asked: &'a [u8],
    /// The values that were given with it, as JSON; empty where there are none, or where they stand in it.
    pub given: &'a str,
    pub shown: &'a FieldUse,
    /// Rows of the store were read: what they say is not open.
    pub beyond_editions: bool,
    pub edition: Option<u32>,
    pub request: &'a str,
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct ServerState(Arc<Inner>);

struct Inner {
    hub: Hub,
    options: Options,
    answers: AnswerCache,
    metrics: Metrics,
    freshness: RwLock<Arc<Freshness>>,
    /// Counts changes of edition or freshness: part of every cache key.
    generation: AtomicU64,
    /// Number of the edition that subscribers were told of last; 0 before the first.
    told: AtomicU32,
    /// Number of the last step of a case that subscribers were told of; None before the first look.
    told_case: tokio::sync::Mutex<Option<i64>>,
    /// The same of events of correction requests.
    told_correction: tokio::sync::Mutex<Option<i64>>,
    /// The same of events of visit lists and duties.
    told_work: tokio::sync::Mutex<Option<i64>>,
    /// Number of the edition that the cases follow, as far as this process knows.
    followed: AtomicU32,
    callers: CallerCache,
    signer: AddressSigner,
    /// By which the counts of whoever sees no single enterprise are rounded.
    rounding: DataKey,
    audit: Audit,
    events: Events,
    readings: Arc<Readings>,
    tally: UsageCounter,
    budgets: Budgets,
    /// Requests being read and answered, event streams, exports on their way.
    requests: Slots,
    /// Bytes of answers that clients have not taken yet.
    bytes_under_way: Slots,
    /// Bytes of questions that are being read or worked on.
    bytes_arrived: Slots,
    lanes: Lanes,
    background: Background,
    streams: Slots,
    exports: Slots,
    syncing: Arc<tokio::sync::Mutex<()>>,
    pushed: tokio::sync::Notify,
    stopping: CancellationToken,
    /// Held while uses are being kept: whoever asks for them then waits until they are there.
    keeping: tokio::sync::Mutex<()>,
    /// How many chains of the audit the store was told of.
    noted_chains: tokio::sync::Mutex<usize>,
}

impl ServerState {
    /// `refresh` must run once before the first request is answered.
    pub fn new(mut hub: Hub, options: Options) -> ServerState {
        // Whoever records something is told that it is recorded within the time that a question has.
        hub.follow_patience.get_or_insert(options.limits.time * 2 / 3);
        let signer = AddressSigner::new(&hub.settings.data);
        let rounding = DataKey::new(&hub.settings.data, "rounding.key", "by which small counts are rounded");
        let audit = Audit::new(&hub.settings.data.join("audit"), options.audit_days);
        ServerState(Arc::new(Inner {
            hub,
            answers: AnswerCache::new(options.cache_bytes, options.cache_hasher),
            budgets: Budgets::new(options.limits.cost_per_minute),
            options,
            metrics: Metrics::default(),
            freshness: RwLock::default(),
            generation: AtomicU64::new(0),
            told: AtomicU32::new(0),
            told_case: tokio::sync::Mutex::new(None),
            told_correction: tokio::sync::Mutex::new(None),
            told_work: tokio::sync::Mutex::new(None),
            followed: AtomicU32::new(0),
            callers: CallerCache::default(),
            signer,
            rounding,
            audit,
            events: Events::default(),
            readings: Arc::default(),
            tally: UsageCounter::default(),
            requests: Slots::new(256, 2_048),
            bytes_under_way: Slots::new(64 << 20, 384 << 20),
            bytes_arrived: Slots::new(32 << 20, 192 << 20),
            lanes: Lanes::default(),
            background: Background::default(),
            streams: Slots::new(100, 2_000),
            exports: Slots::new(4, 32),
            syncing: Arc::default(),
            pushed: tokio::sync::Notify::new(),
            stopping: CancellationToken::new(),
            keeping: tokio::sync::Mutex::default(),
            noted_chains: tokio::sync::Mutex::default(),
        }))
    }

    /// Looks for a newer edition and for how fresh the registries are. Call it after a sync; `run` also does every second.
    pub async fn refresh(&self) -> Result<(), Problem> {
        let hub = &self.0.hub;
        let editions = hub.editions.clone();
        tokio::task::spawn_blocking(move || editions.refresh()).await.map_err(|_| Problem::internal())??;
        hub.refresh_registry_settings().await.map_err(mendable)?;
        let rows = hub.store.registries().await?;
        let of_edition = hub.editions.current().map(|e| e.manifest.sources.clone()).unwrap_or_default();
        let (named, needed) = (of_edition.iter().map(|s| s.name.clone()).collect::<Vec<_>>(), hub.needed());
        let never = needed.iter().filter(|name| !named.iter().any(|n| *n == ***name));
        let never = never.map(|name| serde_json::json!({ "name": name, "asOf": null, "stale": true }));
        let never: Vec<serde_json::Value> = never.collect();
        let sources: Vec<serde_json::Value> = of_edition
            .into_iter()
            .map(|source| {
                let row = rows.iter().find(|r| r.name == source.name);
                let good = row.and_then(|r| chrono::DateTime::from_timestamp_millis(r.last_good?));
                let EditionSource { name, as_of, stale, .. } = source;
                let as_of = good.map_or(as_of, |good| good.max(as_of));
                let behind = row.is_some_and(|r| hub.standing(r).is_behind());
                serde_json::json!({ "name": name, "asOf": shown(as_of), "stale": if row.is_some() { behind } else { stale } })
            })
            .chain(never)
            .collect();
        let changed = self.freshness().sources != sources;
        if changed {
            *self.0.freshness.write().expect("no panic while holding the freshness") = Arc::new(Freshness { sources });
        }
        // A sync in this process has swapped the edition in already: what counts is what was told last.
        let number = hub.editions.current().map_or(0, |e| e.number());
        let told = self.0.told.swap(number, Ordering::Relaxed);
        if told != 0
            && told != number
            && let Some(manifest) = hub.editions.manifest(number)
        {
            // Nobody listening is not an error.
            let _ = self.events().editions.send(manifest);
        }
        if changed || told != number {
            self.0.generation.fetch_add(1, Ordering::Relaxed);
        }
        // Whoever published may have ended before the cases followed.
        if number != 0 && self.0.followed.swap(number, Ordering::Relaxed) != number {
            hub.followed_by_cases().await;
            hub.followed_by_corrections().await;
        }
        self.tell_cases().await?;
        self.tell_work().await?;
        self.tell_corrections().await
    }

    /// Tells subscribers what happened to visit lists and duties since the last time, in this process or another one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(in crate::serve) async fn tell_work(&self) -> Result<(), Problem> {
        /// Events read at a time.
        const PART: i64 = 4_096;
        let store = &self.0.hub.store;
        let mut told = self.0.told_work.lock().await;
        // Nobody listens, or listens since now: what happened before is nobody's news.
        let Some(mut last) = told.filter(|_| self.events().work.receiver_count() > 0) else {
            *told = Some(store.last_work_event().await?);
            return Ok(());
        };
        loop {
            let events = store.work_events_after(last, PART).await?;
            let more = events.len() as i64 == PART;
            for event in events {
                last = event.id;
                let _ = self.events().work.send(Arc::new(event));
            }
            *told = Some(last);
            if !more {
                return Ok(());
            }
        }
    }

    /// Tells subscribers what happened to correction requests since the last time, in this process or another one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(in crate::serve) async fn tell_corrections(&self) -> Result<(), Problem> {
        /// Events read at a time.
        const PART: i64 = 4_096;
        let store = &self.0.hub.store;
        let mut told = self.0.told_correction.lock().await;
        let last = match *told {
            Some(last) => last,
            None => store.last_correction_event().await?,
        };
        *told = Some(last);
        // Nobody listens: what happened meanwhile is nobody's news.
        if self.events().corrections.receiver_count() == 0 {
            *told = Some(store.last_correction_event().await?);
            return Ok(());
        }
        loop {
            let events = store.correction_events_after(told.unwrap_or(last), PART).await?;
            let more = events.len() as i64 == PART;
            for event in events {
                *told = Some(event.id);
                // Whoever stopped listening meanwhile is told nothing.
                let _ = self.events().corrections.send(Arc::new(event));
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Tells subscribers what happened to cases since the last time, in this process or another one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(in crate::serve) async fn tell_cases(&self) -> Result<(), Problem> {
        /// Steps read at a time.
        const PART: i64 = 4_096;
        let store = &self.0.hub.store;
        let mut told = self.0.told_case.lock().await;
        let mut last = match *told {
            Some(last) => last,
            None => store.last_case_event().await?,
        };
        *told = Some(last);
        // Nobody listens: what happened meanwhile is nobody's news.
        if self.events().cases.receiver_count() == 0 {
            *told = Some(store.last_case_event().await?);
            return Ok(());
        }
        loop {
            let events = store.case_events_after(last, PART).await?;
            let more = events.len() as i64 == PART;
            for event in events {
                last = event.id;
                let _ = self.events().cases.send(Arc::new(event));
            }
            *told = Some(last);
            if !more {
                return Ok(());
            }
        }
    }

    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }
    pub(in crate::serve) fn limits(&self) -> &Limits {
        &self.0.options.limits
    }
    pub(in crate::serve) fn documents(&self) -> &Documents {
        &self.0.options.documents
    }
    pub(in crate::serve) fn answers(&self) -> &AnswerCache {
        &self.0.answers
    }
    pub(in crate::serve) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
    pub(in crate::serve) fn freshness(&self) -> Arc<Freshness> {
        self.0.freshness.read().expect("no panic while holding the freshness").clone()
    }
    /// The edition and the freshness an answer rests on. A swap between reading it and answering at worst keeps an answer
    /// under the older number.
    pub(in crate::serve) fn generation(&self) -> u64 {
        let number = self.0.hub.editions.current().map_or(0, |e| u64::from(e.number()));
        number << 32 | self.0.generation.load(Ordering::Relaxed) & 0xffff_ffff
    }
    pub(in crate::serve) fn readings(&self) -> &Arc<Readings> {
        &self.0.readings
    }
    pub(in crate::serve) fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }
    /// Requests that are being read and answered.
    pub(in crate::serve) fn requests(&self) -> &Slots {
        &self.0.requests
    }
    /// Requests whose answers are being made or have not left yet.
    pub fn held_by_answers(&self) -> usize {
        self.0.requests.taken()
    }
    /// Waits until so many are held as `fits` says.
    pub async fn until_held_by_answers(&self, fits: impl FnMut(usize) -> bool) {
        self.0.requests.until(fits).await;
    }
    /// Bytes of answers that clients have not taken yet.
    pub(in crate::serve) fn bytes_under_way(&self) -> &Slots {
        &self.0.bytes_under_way
    }
    /// Bytes of questions that are being read or worked on, those of the many short ones left out.
    pub(in crate::serve) fn bytes_arrived(&self) -> &Slots {
        &self.0.bytes_arrived
    }
    /// What takes seconds, by threads that give way to those who answer.
    pub(in crate::serve) fn background(&self) -> &Background {
        &self.0.background
    }
    /// What each caller has computed, side by side.
    pub(in crate::serve) fn lanes(&self) -> &Lanes {
        &self.0.lanes
    }
    /// Event streams and sockets.
    pub(in crate::serve) fn streams(&self) -> &Slots {
        &self.0.streams
    }
    /// Exports that are being sent.
    pub(in crate::serve) fn exports(&self) -> &Slots {
        &self.0.exports
    }
    /// What this caller's counts are protected by; None where they are told as they are, small groups apart.
    pub(in crate::serve) fn protection(&self, caller: &Caller) -> Result<Option<Protection>, Problem> {
        if !self.rounds(caller) {
            return Ok(None);
        }
        Ok(Some(Protection::new(*self.0.rounding.get()?, self.suppression_threshold(caller))))
    }
    /// Whether this caller is told rounded numbers alone.
    pub(in crate::serve) fn rounds(&self, caller: &Caller) -> bool {
        let sees_counts_alone = caller.role.sees_enterprises() && !caller.role.sees_single_enterprises();
        sees_counts_alone && self.suppression_threshold(caller) > 0
    }
    /// The smallest group that this caller is told of; 0 = all.
    pub(in crate::serve) fn suppression_threshold(&self, caller: &Caller) -> u64 {
        if caller.has(AccessScope::Records) { 0 } else { self.0.options.suppress_below }
    }
    pub fn events(&self) -> &Events {
        &self.0.events
    }
    /// The right to start a sync from here; None while one is running.
    pub(in crate::serve) fn begin_sync(&self) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        self.0.syncing.clone().try_lock_owned().ok()
    }
    /// Requests of the same site, of configured sites, and of programs that are no browsers.
    pub(in crate::serve) fn is_known_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        self.is_own_origin(headers) || self.0.hub.settings.origins.iter().any(|known| known.as_bytes() == origin.as_bytes())
    }
    /// Requests that say they come from a page of this hub.
    pub(in crate::serve) fn is_own_origin(&self, headers: &HeaderMap) -> bool {
        let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
        let Some(origin) = text(header::ORIGIN) else { return false };
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        let settings = &self.0.hub.settings;
        // Behind a proxy the hub's own pages come from its public address.
        let is_public = settings
            .public_url
            .as_deref()
            .and_then(|url| url.strip_prefix(origin))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        text(header::HOST) == Some(host) || is_public
    }
    /// Whether a request may come in; see [`Entrance::admit`] and [`Authentication::admit`].
    pub(in crate::serve) fn admit(&self, peer: Option<Peer>, headers: &HeaderMap) -> Result<(), Problem> {
        self.0.options.entrance.admit(peer)?;
        self.0.options.access.admit(headers)
    }
    /// Whether everybody comes through this address.
    pub(in crate::serve) fn is_proxy(&self, peer: Peer) -> bool {
        self.0.options.entrance.is_proxy(peer)
    }
    pub(in crate::serve) fn tls(&self) -> Option<&Arc<Tls>> {
        self.0.options.entrance.tls.as_ref()
    }
    pub(in crate::serve) fn provider(&self) -> Option<&Arc<Provider>> {
        self.0.options.provider.as_ref()
    }
    /// Whoever signed out is out at once.
    pub(in crate::serve) fn forget_session(&self, secret: &str) {
        self.0.callers.forget(&format!("{SCHEME}{secret}"));
    }
    /// Who asks, by the `Authorization` header.
    pub(in crate::serve) async fn caller(&self, authorization: Option<&str>) -> Result<Arc<Caller>, Problem> {
        let inner = &self.0;
        if let (Authentication::Demonstration, Some(name)) = (inner.options.access, &inner.options.operator) {
            return Ok(Arc::new(Caller::new(name, Role::Admin)));
        }
        if let Some(id) = inner.signer.caller_of(authorization) {
            return self.signed_caller(id).await;
        }
        inner.callers.caller(self.proofs(), authorization).await
    }
    fn proofs(&self) -> Proofs<'_> {
        let (options, hub) = (&self.0.options, &self.0.hub);
        Proofs { access: options.access, store: &hub.store, provider: options.provider.as_deref(), clock: &hub.clock }
    }

    /// Ends what would go on for ever: event streams and sockets.
    pub(in crate::serve) fn stop(&self) {
        self.0.stopping.cancel();
    }
    /// Resolves when the server is to end.
    pub(in crate::serve) async fn stopping(&self) {
        self.0.stopping.cancelled().await;
    }

    pub(in crate::serve) fn signer(&self) -> &AddressSigner {
        &self.0.signer
    }
    /// Whether an address can be signed for this caller: it has to end with something.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(in crate::serve) async fn can_sign_for(&self, caller: &Caller) -> Result<bool, Problem> {
        if self.0.options.access == Authentication::Demonstration {
            return Ok(true);
        }
        Ok(self.proofs().standing(&caller.id).await?.is_some())
    }
    /// Who followed an address that was signed for this token or account, as long as it stands.
    async fn signed_caller(&self, id: &str) -> Result<Arc<Caller>, Problem> {
        if self.0.options.access == Authentication::Demonstration {
            return Ok(Arc::new(Caller::new(id, Role::Admin)));
        }
        let caller = self.proofs().standing(id).await?.ok_or_else(|| {
            Problem::new(
                Code::Unauthenticated,
                "签发该地址的令牌或登录已撤销或过期",
                "the token or session that this address was signed for is revoked or has run out",
            )
        })?;
        Ok(Arc::new(caller))
    }

    /// A push has landed and is to be shown.
    pub(in crate::serve) fn note_push(&self) {
        self.0.pushed.notify_one();
    }
    /// Waits for the next push.
    pub(in crate::serve) async fn next_push(&self) {
        self.0.pushed.notified().await;
    }
    /// How long pushes must have been quiet before an edition shows them.
    pub(in crate::serve) fn settle(&self) -> std::time::Duration {
        self.0.options.settle
    }
}
