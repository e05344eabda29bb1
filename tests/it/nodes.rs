//! Several nodes on one PostgreSQL and one folder: one leads, another takes over, none writes that only believes it leads, what one
//! publishes the others show, and what persons write meanwhile is stored once or not at all.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use huitu::hub::policy_change::PolicyChange;
use huitu::hub::progress::Silent;
use huitu::hub::registry_change::RegistryChange;
use huitu::hub::{Hub, NewFinding, SyncOptions};
use huitu::model::reference::threshold_change::RuleChange;
use huitu::serve::{App, Authentication, Options};
use huitu::store::lead::SyncLock;
use huitu::store::target::TargetRow;
use huitu::store::{Store, StoreError};
use serde_json::json;

use crate::support::graph::settings;
use crate::support::hub::{manifest, morning, no_needs, rows, write};
use crate::support::servers::postgres;

const SIZE: u64 = 40;

/// A registry whose pages from `gate` on are not answered until somebody opens it.
struct Slow {
    all: u64,
    open: tokio::sync::watch::Sender<bool>,
    asked: Mutex<Vec<(u64, Instant)>>,
    arrived: tokio::sync::Notify,
    gate: AtomicU64,
}

async fn page(State(slow): State<Arc<Slow>>, query: Query<HashMap<String, String>>) -> Response {
    let page: u64 = query.get("page").and_then(|p| p.parse().ok()).unwrap_or(1);
    slow.asked.lock().unwrap().push((page, Instant::now()));
    slow.arrived.notify_waiters();
    if page >= slow.gate.load(Ordering::Relaxed) {
        let mut open = slow.open.subscribe();
        // A caller that was killed waits no longer.
        let _ = open.wait_for(|open| *open).await;
    }
    let (from, to) = ((page - 1) * SIZE, (page * SIZE).min(slow.all));
    let items: Vec<_> =
        (from..to).map(|i| json!({ "编号": format!("B{i}"), "名称": format!("北京示例{i}号有限公司"), "职工": i })).collect();
    axum::Json(json!({ "data": { "items": items, "total": slow.all } })).into_response()
}

impl Slow {
    async fn start(all: u64, gate: u64) -> (Arc<Slow>, String) {
        let open = tokio::sync::watch::channel(false).0;
        let (asked, arrived) = (Mutex::default(), tokio::sync::Notify::new());
        let slow = Arc::new(Slow { all, open, asked, arrived, gate: AtomicU64::new(gate) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/rows", get(page)).with_state(slow.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (slow, format!("http://{address}/rows"))
    }

    /// Waits until as many requests as that came in, and answers when the last of them did.
    async fn asked(&self, count: usize) -> Instant {
        let within = Duration::from_secs(90);
        let waited = tokio::time::timeout(within, async {
            loop {
                let arrived = self.arrived.notified();
                if let Some((_, at)) = self.asked.lock().unwrap().get(count - 1) {
                    return *at;
                }
                arrived.await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{:?}", self.asked.lock().unwrap()))
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn http(place: &str) -> String {
    let source = format!(
        "transport = \"http\"\nformat = \"json\"\nplace = \"{place}\"\n[source.http]\nitems = \"/data/items\"\ntotal = \"/data/total\"\n\
         [source.http.paging]\nkind = \"page\"\nsize = {SIZE}"
    );
    let manners =
        "[manners]\nretries = 0\nconcurrency = 1\nread_timeout_secs = 120\ntotal_timeout_secs = 300\nschedule = \"* * * * *\"\n";
    manifest("慢", "", &source, manners)
}

/// A node, ended with the test.
struct Node(Child);

impl Node {
    fn start(dir: &std::path::Path, store: &str) -> Node {
        let mut c = Command::new(env!("CARGO_BIN_EXE_huitu"));
        c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HUITU_LOG", "warn");
        c.args(["--lang", "en", "--without-built-in", "--listen", "127.0.0.1:0", "--store", store, "--data"]);
        c.arg(dir.join("data")).arg("--connectors").arg(dir.join("connectors"));
        c.args(["serve", "--demo", "--allow-private"]).stdout(Stdio::null()).stderr(Stdio::inherit());
        Node(c.spawn().unwrap())
    }

    fn signal(&self, signal: libc::c_int) {
        // SAFETY: a signal to a child of ours that was not waited for.
        assert_eq!(unsafe { libc::kill(self.0.id() as libc::pid_t, signal) }, 0);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every record once, every batch that landed balanced, one landing after the other.
async fn nothing_twice_nothing_lost(store: &Store, all: u64) {
    let last = store.last_record_id().await.unwrap();
    let records = store.records_between(0, last).await.unwrap();
    let keys: std::collections::BTreeSet<&str> = records.iter().map(|r| r.key.as_str()).collect();
    assert_eq!((records.len() as u64, keys.len() as u64), (all, all));
    let done = store.batches(None, Some("DONE"), 100).await.unwrap();
    assert_eq!(done.iter().map(|b| b.added).sum::<i64>() as u64, all, "landed once: {done:?}");
    assert!(done.iter().all(|b| b.read_rows == b.landed + b.quarantined));
    assert!(store.batches(None, Some("RUNNING"), 10).await.unwrap().is_empty());
}

/// Waits until the store has an edition.
async fn published(store: &Store) -> i64 {
    let waited = tokio::time::timeout(Duration::from_secs(90), async {
        let mut told = store.listen().await.unwrap().expect("PostgreSQL tells");
        loop {
            if let Some(edition) = store.latest_edition().await.unwrap() {
                return edition.number;
            }
            told.next().await.unwrap();
        }
    });
    waited.await.expect("an edition within a minute and a half")
}

async fn leader_ends(signal: libc::c_int, what: &str) {
    let Some(server) = postgres() else { return };
    let (all, gate) = (400, 4);
    let (slow, place) = Slow::start(all, gate).await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "connectors/slow/connector.toml", http(&place));
    let url = server.database().await;
    let first = Node::start(dir.path(), &url);
    slow.asked(gate as usize).await;
    let second = Node::start(dir.path(), &url);
    let store = Store::open(&dir.path().join("data"), Some(&url)).await.unwrap();
    // The second looks at its schedules and finds another one leading.
    let busy = store.lead().await.err().expect("somebody leads");
    assert!(matches!(busy, StoreError::Busy { .. }), "{busy}");
    let before = slow.count();
    let ended = Instant::now();
    first.signal(signal);
    let resumed = slow.asked(before + 1).await;
    let took = resumed.duration_since(ended);
    println!("{what}: another node pulled {took:.1?} later");
    crate::support::chaos::note("kills", 1);
    crate::support::chaos::note("recovery_ms", took.as_millis());
    assert!(took < Duration::from_secs(30), "{what}: {took:?}");
    slow.open.send_replace(true);
    assert_eq!(published(&store).await, 1);
    nothing_twice_nothing_lost(&store, all).await;
    if signal == libc::SIGSTOP {
        // The one that believes it leads wakes up: what it writes is refused.
        first.signal(libc::SIGCONT);
        let asked = slow.count();
        let woken = tokio::time::timeout(Duration::from_secs(20), slow.asked(asked + 1)).await;
        drop(woken);
        nothing_twice_nothing_lost(&store, all).await;
    }
    drop((first, second));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_in_the_middle_of_a_sync_is_replaced_within_half_a_minute() {
    leader_ends(libc::SIGKILL, "the leader was killed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_hangs_is_replaced_within_half_a_minute_and_writes_nothing_when_it_wakes() {
    leader_ends(libc::SIGSTOP, "the leader hung").await;
}

async fn lead(store: &Store) -> SyncLock {
    store.lead().await.unwrap_or_else(|e| panic!("{e}"))
}

/// Two that both believe they lead: the earlier one's connections are ended and it gets no new ones, also in the midst of a transaction.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_believe_they_lead_only_the_later_one_writes() {
    let Some(server) = postgres() else { return };
    let dir = tempfile::tempdir().unwrap();
    let url = server.database().await;
    let (one, two) = (Store::open(dir.path(), Some(&url)).await.unwrap(), Store::open(dir.path(), Some(&url)).await.unwrap());
    let first = lead(&one).await;
    let early = first.store();
    early.ensure_registries(&["tax"]).await.unwrap();
    let mut under_way = early.begin().await.unwrap();
    huitu::store::set_meta(&mut under_way, "who", "first").await.unwrap();

    // It falls silent: its last word is a minute old, by the database's clock.
    let Store::Postgres(pool, _) = &two else { panic!("PostgreSQL") };
    sqlx::raw_sql("UPDATE lease SET beat_at = beat_at - 60000").execute(pool).await.unwrap();
    let second = lead(&two).await;
    assert!(second.has_taken_over());
    let mut tx = second.store().begin().await.unwrap();
    huitu::store::set_meta(&mut tx, "who", "second").await.unwrap();
    tx.commit().await.unwrap();

    assert!(under_way.commit().await.is_err(), "what it had begun is rolled back");
    assert!(early.registry_unchanged(1, 5).await.is_err(), "what it begins is refused");
    assert!(early.begin().await.is_err());
    assert_eq!(two.meta("who").await.unwrap().as_deref(), Some("second"));
    // Whoever only records something is not concerned.
    one.put_targets(&[]).await.unwrap();
    drop((first, second));
    assert!(!lead(&one).await.has_taken_over(), "a right that was given back is simply taken");
}

async fn hub(dir: &std::path::Path, url: &str) -> Hub {
    let mut settings = settings(&dir.join("data"));
    settings.connectors = Some(dir.join("connectors"));
    settings.without_built_in = true;
    settings.policy.needs = no_needs();
    settings.store = Some(url.to_owned());
    let mut hub = Hub::open(settings, morning()).await.unwrap_or_else(|e| panic!("{e}"));
    hub.allow_private = true;
    hub.store = hub.store.with_deadlines(Duration::from_secs(60), Duration::from_secs(30));
    hub
}

fn only(registry: &str) -> SyncOptions {
    SyncOptions { registries: vec![registry.into()], ..SyncOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_publishes_the_others_are_told_and_what_persons_write_during_a_sync_is_stored() {
    let Some(server) = postgres() else { return };
    let (slow, place) = Slow::start(80, 2).await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "connectors/slow/connector.toml", http(&place));
    write(
        dir.path(),
        "connectors/quick/connector.toml",
        manifest("快", "", "transport = \"file\"\nplace = \"../../drop/quick.csv\"", ""),
    );
    // Many beside the few of the slow one: an edition that jumps would wait for a person.
    write(dir.path(), "drop/quick.csv", rows(1_500));
    let url = server.database().await;
    let (here, there) = (hub(dir.path(), &url).await, hub(dir.path(), &url).await);
    let state = App::new(there.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    // Nothing looks each second here: what comes was told.
    let listening = tokio::spawn(huitu::serve::operate::told::run(state.state().clone()));
    here.sync(&only("quick"), Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
    let seen = |number: u32| {
        let there = there.clone();
        async move {
            let waited = tokio::time::timeout(Duration::from_secs(30), async {
                while there.editions.current().map(|e| e.number()).unwrap_or(0) != number {
                    tokio::task::yield_now().await;
                }
            });
            waited.await.unwrap_or_else(|_| panic!("edition {number} was not told"));
        }
    };
    seen(1).await;

    // A sync that takes long leads on one node; a person records on the other.
    let syncing = {
        let here = here.clone();
        tokio::spawn(async move { here.sync(&only("slow"), Arc::new(Silent)).await })
    };
    slow.asked(2).await;
    let enterprise = {
        let edition = there.editions.current().unwrap();
        huitu::edition::EnterpriseRow { edition: &edition, row: 0 }.id().to_owned()
    };
    let finding =
        NewFinding { enterprise, reason: "branch".into(), note: None, until: None, by: None, idempotency: Some("once".into()) };
    let recorded = there.add_finding(finding.clone(), Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
    assert!(recorded.pending, "it is kept; the sync's edition shows it");
    let again = there.add_finding(finding, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(again.row.id, recorded.row.id);
    let target = TargetRow {
        area: "110108".into(),
        year: 2026,
        indicator: "union_coverage".into(),
        value: 0.8,
        responsible: None,
        by_whom: None,
        at: 7,
        source: None,
    };
    there.store.put_target(&target).await.unwrap();
    slow.open.send_replace(true);
    syncing.await.unwrap().unwrap_or_else(|e| panic!("{e}"));
    seen(2).await;
    assert_eq!(here.store.findings(None).await.unwrap().len(), 1, "on every node, once");
    assert_eq!(here.store.targets(None, None).await.unwrap().len(), 1);
    listening.abort();
    for hub in [here, there] {
        hub.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_over_the_configuration_on_one_node_counts_on_the_others() {
    let Some(server) = postgres() else { return };
    let dir = tempfile::tempdir().unwrap();
    let source = "transport = \"file\"\nplace = \"../../drop/quick.csv\"";
    write(dir.path(), "connectors/quick/connector.toml", manifest("快", "", source, ""));
    write(dir.path(), "drop/quick.csv", rows(5));
    let url = server.database().await;
    let (here, there) = (hub(dir.path(), &url).await, hub(dir.path(), &url).await);
    here.sync(&only("quick"), Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));

    let amounts = RuleChange { from: None, amounts: [("revenue_main".to_owned(), 8_000_000)].into() };
    let change = PolicyChange { thresholds: [("retail-2010".to_owned(), amounts)].into(), ..PolicyChange::default() };
    here.save_policy(&change, &[], (0, "甲", "新标准"), Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
    let in_force = there.policy_in_force().await.unwrap();
    assert!(in_force.rules.all().iter().any(|rule| rule.id == "retail-2010[revenue_main=8000000]"));
    let late = there.save_policy(&change, &[], (0, "乙", "也改"), Arc::new(Silent)).await.expect_err("somebody was faster");
    assert!(late.to_string().contains("甲 has saved version 1"), "{late}");
    let back = ["thresholds.retail-2010".to_owned()];
    there
        .save_policy(&PolicyChange::default(), &back, (1, "乙", "撤回"), Arc::new(Silent))
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    assert!(here.policy_in_force().await.unwrap().rules.all().iter().all(|rule| rule.made_of().is_none()));

    let nightly =
        RegistryChange { schedule: Some(Some("30 2 * * *".to_owned())), min_rows: Some(3), ..RegistryChange::default() };
    here.save_registry_settings("quick", &nightly, &[], (0, "甲", "夜间")).await.unwrap_or_else(|e| panic!("{e}"));
    let quick = there.connectors[0].clone();
    there.refresh_registry_settings().await.unwrap();
    assert_eq!((there.manners(&quick).schedule.as_deref(), there.batch_guard(&quick).min_rows), (Some("30 2 * * *"), 3));
    let late = there.save_registry_settings("quick", &nightly, &[], (0, "乙", "x")).await.expect_err("somebody was faster");
    assert!(late.to_string().contains("甲 has saved version 1"), "{late}");
    for hub in [here, there] {
        hub.store.close().await;
    }
}

/// A write that cannot be made in time fails, and is not there afterwards either; readers are not kept waiting by it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_could_not_record_in_time_is_not_stored_and_readers_do_not_wait() {
    let Some(server) = postgres() else { return };
    let dir = tempfile::tempdir().unwrap();
    let url = server.database().await;
    let other = Store::open(dir.path(), Some(&url)).await.unwrap();
    let store = Store::open(dir.path(), Some(&url)).await.unwrap();
    let store = store.with_deadlines(Duration::from_secs(60), Duration::from_millis(200));
    let Store::Postgres(pool, _) = &other else { panic!("PostgreSQL") };
    let mut holding = pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE target IN EXCLUSIVE MODE").execute(&mut *holding).await.unwrap();
    let target = TargetRow {
        area: "110108".into(),
        year: 2026,
        indicator: "x".into(),
        value: 0.5,
        responsible: None,
        by_whom: None,
        at: 7,
        source: None,
    };
    let refused = store.put_target(&target).await.expect_err("the table is held");
    assert!(refused.to_string().contains("statement timeout"), "{refused}");
    assert!(store.targets(None, None).await.unwrap().is_empty(), "readers do not wait");
    holding.rollback().await.unwrap();
    assert!(store.targets(None, None).await.unwrap().is_empty(), "what failed is not stored");
    // A question that reads too long is ended by the server; a leader's reading is not.
    let quick = other.with_deadlines(Duration::from_millis(100), Duration::from_secs(30));
    let leader = lead(&quick).await;
    let Store::Postgres(led, _) = leader.store() else { panic!("PostgreSQL") };
    sqlx::raw_sql("SELECT pg_sleep(0.3)").execute(&led).await.expect("a leader takes its time");
}
