//! The ledger saves work and decides nothing: with and without it every sync ends the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::Query;
use huitu::hub::SyncOptions;
use huitu::hub::progress::Silent;
use huitu::land::receipt::{Receipt, SyncOutcome};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::hub::{TestHub, hub_with, manifest, morning};

const SOURCE: &str = "transport = \"file\"\nplace = \"roll.csv\"";

async fn roll(top: &str) -> TestHub {
    hub_with(&[("roll", manifest("名册", top, &format!("{SOURCE}\n"), ""))], morning()).await
}

fn ledger(test_hub: &TestHub) -> std::path::PathBuf {
    test_hub.dir.path().join("data/ledger/roll")
}

/// One file of the roll, as cells.
type Rows = Vec<[String; 3]>;

fn text(header: &str, rows: &Rows) -> String {
    rows.iter().fold(format!("{header}\n"), |text, row| format!("{text}{}\n", row.join(",")))
}

fn row(key: usize, staff: u32) -> [String; 3] {
    [format!("K{key:04}"), format!("北京示例{key}号有限公司"), staff.to_string()]
}

/// What a receipt says of the rows, and what the store holds afterwards.
async fn state(test_hub: &TestHub, r: &Receipt) -> impl PartialEq + std::fmt::Debug + use<> {
    let last = test_hub.hub.store.last_record_id().await.unwrap();
    let mut records: Vec<(String, String)> =
        test_hub.hub.store.records_between(0, last).await.unwrap().into_iter().map(|r| (r.key, r.payload)).collect();
    records.sort();
    let quarantined: Vec<_> = test_hub.hub.store.quarantined(None, 0, 10_000).await.unwrap();
    let quarantined: Vec<_> = quarantined.into_iter().map(|q| (q.row_number, q.code, q.raw)).collect();
    let mut reasons = r.reasons.clone();
    reasons.sort();
    let notice = r.notice.as_ref().map(|n| n.en.clone());
    let counts = [r.read, r.landed, r.added, r.changed, r.unchanged, r.quarantined, r.gone, r.records];
    (r.outcome == SyncOutcome::Landed, counts, reasons, notice, r.drift.clone(), records, quarantined)
}

async fn sync(test_hub: &TestHub, text: &str) -> Receipt {
    test_hub.write("connectors/roll/roll.csv", text);
    let options = SyncOptions { full: true, ..SyncOptions::default() };
    test_hub.hub.sync(&options, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}")).receipts.remove(0)
}

/// One step of a registry's life.
fn live_on(rows: &mut Rows, next: &mut usize, dice: &mut ChaCha8Rng) -> &'static str {
    let at = dice.random_range(0..rows.len());
    match dice.random_range(0..11) {
        0 => rows[at][2] = dice.random_range(0..5_000u32).to_string(),
        1 => {
            rows.insert(at, row(*next, 5));
            *next += 1;
        }
        2 => drop(rows.remove(at)),
        3 => rows.push(rows[at].clone()),
        4 => {
            // The same key with other contents, before or behind the row it repeats.
            let mut twin = rows[at].clone();
            twin[2] = "77".into();
            let to = dice.random_range(0..=rows.len());
            rows.insert(to, twin);
        }
        5 => {
            let to = dice.random_range(0..rows.len());
            rows.swap(at, to);
        }
        6 => rows[at][0].clear(),
        7 => rows[at][1].clear(),
        8 => rows.truncate(rows.len() * 4 / 5),
        9 => return "编号,名称,职工人数",
        _ => {}
    }
    "编号,名称,职工"
}

#[tokio::test(flavor = "multi_thread")]
async fn with_and_without_the_ledger_every_sync_ends_the_same() {
    for seed in 0..4 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let (with, without) = (roll("").await, roll("").await);
        let mut rows: Rows = (0..120).map(|i| row(i, 10)).collect();
        let (mut next, mut served) = (120, 0);
        for step in 0..25 {
            let mut header = "编号,名称,职工";
            if step > 0 {
                for _ in 0..dice.random_range(0..4) {
                    header = live_on(&mut rows, &mut next, &mut dice);
                }
            }
            let file = text(header, &rows);
            let _ = std::fs::remove_file(ledger(&without));
            served += usize::from(ledger(&with).exists());
            let (a, b) = (sync(&with, &file).await, sync(&without, &file).await);
            let (a, b) = (state(&with, &a).await, state(&without, &b).await);
            assert_eq!(a, b, "seed {seed}, step {step}");
        }
        assert!(served > 20, "the ledger was there {served} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_as_the_last_one_spools_no_row_and_writes_no_ledger() {
    let test_hub = roll("").await;
    let rows: Rows = (0..500).map(|i| row(i, 10)).collect();
    sync(&test_hub, &text("编号,名称,职工", &rows)).await;
    let written = std::fs::metadata(ledger(&test_hub)).unwrap().modified().unwrap();
    let again = sync(&test_hub, &text("编号,名称,职工", &rows)).await;
    assert_eq!((again.read, again.unchanged, again.landed), (500, 500, 500));
    assert_eq!(std::fs::metadata(ledger(&test_hub)).unwrap().modified().unwrap(), written);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_connector_reads_every_row_again() {
    let test_hub = roll("").await;
    let rows: Rows = (0..50).map(|i| row(i, 10)).collect();
    let file = text("编号,名称,职工", &rows);
    sync(&test_hub, &file).await;
    let edited = manifest("名册", "drift = \"quarantine_row\"", &format!("{SOURCE}\n"), "").replace("[\"编号\"]", "[\"名称\"]");
    test_hub.write("connectors/roll/connector.toml", edited);
    let test_hub = crate::support::hub::open(test_hub.dir, morning()).await;
    let again = sync(&test_hub, &file).await;
    // Keyed by their names, all of them are others: the guard holds that until a person has looked.
    assert_eq!((again.outcome, again.notice.map(|n| n.code).as_deref()), (SyncOutcome::Held, Some("vanished")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_batch_stands_for_itself_while_the_registry_moves_on() {
    let test_hub = roll("").await;
    let rows: Rows = (0..100).map(|i| row(i, 10)).collect();
    sync(&test_hub, &text("编号,名称,职工", &rows)).await;
    let mut few: Rows = rows[..40].to_vec();
    few[3][2] = "11".into();
    let held = sync(&test_hub, &text("编号,名称,职工", &few)).await;
    assert_eq!((held.outcome, held.read), (SyncOutcome::Held, 40));
    let batch = held.batch.unwrap();
    let spool = huitu::land::spool::Spool::held(&test_hub.dir.path().join("data"), "roll", batch);
    assert_eq!(spool.rows().unwrap().count(), 40, "every row is written out");
    let decided = test_hub.hub.decide_batch(batch, true, "tester", "checked", Arc::new(Silent)).await.unwrap();
    let receipt = decided.receipt.unwrap();
    assert_eq!((receipt.changed, receipt.unchanged, receipt.gone, receipt.records), (1, 39, 60, 40));
    // And the next pull compares with what was released.
    let after = sync(&test_hub, &text("编号,名称,职工", &few)).await;
    assert_eq!((after.unchanged, after.changed, after.gone), (40, 0, 0));
}

/// A registry over HTTP: its records as it writes them, twenty a page.
struct Pages {
    records: Arc<Mutex<Vec<String>>>,
    place: String,
}

async fn pages() -> Pages {
    let records = Arc::new(Mutex::new(Vec::<String>::new()));
    let served = records.clone();
    let answer = move |Query(query): Query<HashMap<String, usize>>| async move {
        let records = served.lock().unwrap();
        let page: Vec<&str> = records.iter().skip((query["page"] - 1) * 20).take(20).map(String::as_str).collect();
        format!("{{\"items\":[{}],\"total\":{}}}", page.join(","), records.len())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}/list", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/list", axum::routing::get(answer))).await });
    Pages { records, place }
}

impl Pages {
    async fn hub_with(&self) -> TestHub {
        let paging = "[source.http]\nitems = \"/items\"\ntotal = \"/total\"\n[source.http.paging]\nkind = \"page\"\nsize = 20\n";
        let source = format!("transport = \"http\"\nformat = \"json\"\nprivate = true\nplace = \"{}\"\n{paging}", self.place);
        hub_with(&[("roll", manifest("名册", "", &source, ""))], morning()).await
    }
}

async fn pull(test_hub: &TestHub) -> Receipt {
    let options = SyncOptions { full: true, ..SyncOptions::default() };
    test_hub.hub.sync(&options, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}")).receipts.remove(0)
}

fn record(key: usize, staff: u32, more: &str) -> String {
    format!("{{\"编号\":\"K{key:04}\",\"名称\":\"北京示例{key}号有限公司\",\"职工\":{staff}{more}}}")
}

/// One step of the life of a registry that writes JSON: keys come and go with the records that have them.
fn write_on(records: &mut Vec<String>, next: &mut usize, dice: &mut ChaCha8Rng) {
    let at = dice.random_range(0..records.len());
    let extra = |dice: &mut ChaCha8Rng| format!(",\"附注{}\":\"{}\"", dice.random_range(0..3), dice.random_range(0..100));
    match dice.random_range(0..12) {
        0 => records[at] = record(at, dice.random_range(0..5_000), ""),
        1 => {
            records[at].pop();
            records[at] += &format!("{}}}", extra(dice));
        }
        2 => {
            records.insert(at, record(*next, 5, &extra(dice)));
            *next += 1;
        }
        3 => drop(records.remove(at)),
        4 => records.push(records[at].clone()),
        5 => {
            let to = dice.random_range(0..records.len());
            records.swap(at, to);
        }
        // The same record, written otherwise.
        6 => records[at] = records[at].replacen(',', " ,\n ", 1),
        7 => records[at] = record(at, 7, ",\"附注9\":\"\\ud800\""),
        8 => records[at] = record(at, 8, "").replacen('K', "", 1).replacen(&format!("{at:04}"), "", 1),
        9 => records.truncate(records.len() * 4 / 5),
        10 => records.iter_mut().for_each(|r| *r = r.replace("附注1", "附注2")),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_left_unread_change_nothing_that_a_sync_says_or_keeps() {
    let mut served = 0;
    for seed in 0..4 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let registry = pages().await;
        let (with, without) = (registry.hub_with().await, registry.hub_with().await);
        *registry.records.lock().unwrap() = (0..120).map(|i| record(i, 10, "")).collect();
        let mut next = 120;
        for step in 0..25 {
            for _ in 0..if step > 0 { dice.random_range(0..4) } else { 0 } {
                write_on(&mut registry.records.lock().unwrap(), &mut next, &mut dice);
            }
            let _ = std::fs::remove_file(ledger(&without));
            served += usize::from(ledger(&with).exists());
            let (a, b) = (pull(&with).await, pull(&without).await);
            let (a, b) = (state(&with, &a).await, state(&without, &b).await);
            assert_eq!(a, b, "seed {seed}, step {step}");
        }
    }
    assert!(served > 80, "the ledger was there {served} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_one_record_brings_is_told_of_although_no_record_has_changed() {
    let registry = pages().await;
    *registry.records.lock().unwrap() = (0..100).map(|i| record(i, 10, if i == 70 { ",\"附注\":\"甲\"" } else { "" })).collect();
    let test_hub = registry.hub_with().await;
    let first = pull(&test_hub).await;
    let written = std::fs::metadata(ledger(&test_hub)).unwrap().modified().unwrap();
    let again = pull(&test_hub).await;
    assert_eq!((again.read, again.unchanged, &again.drift), (100, 100, &first.drift));
    let drift = first.drift.as_ref().expect("a new key").to_string();
    assert!(drift.contains("附注") && drift.contains('甲'), "{drift}");
    assert_eq!(std::fs::metadata(ledger(&test_hub)).unwrap().modified().unwrap(), written, "all of them were as before");
    // Without it the other ninety-nine are still themselves.
    registry.records.lock().unwrap()[70] = record(70, 10, "");
    let without = pull(&test_hub).await;
    assert_eq!((without.read, without.drift, without.gone), (100, None, 0));
}
