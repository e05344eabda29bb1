//! Landing, on SQLite and on PostgreSQL: nothing lost, nothing silently dropped, nothing deleted by a broken source.

use std::sync::Arc;

use huitu::land::apply::{BatchGuard, Landing, land};
use huitu::land::reader::{Observed, RowReader};
use huitu::land::receipt::{Receipt, SyncOutcome};
use huitu::land::spool::{Spool, SpoolState, SpooledFault};
use huitu::model::problem::Problem;
use huitu::store::Store;

use crate::support::servers::postgres;

/// The first cell is the key; `bad` in the second cannot be read.
struct FirstCell;

impl RowReader for FirstCell {
    fn key(&self, cells: &[Option<&str>]) -> Result<String, SpooledFault> {
        match cells[0] {
            Some(key) if !key.is_empty() => Ok(key.to_owned()),
            _ => Err(SpooledFault {
                problem: Box::new(Problem::new("key_missing", "缺主键", "no key")),
                column: Some("id".into()),
                raw: String::new(),
            }),
        }
    }
    fn check(&self, cells: &[Option<&str>], _: &mut Observed) -> Result<Option<i64>, SpooledFault> {
        match cells[1] {
            Some("bad") => Err(SpooledFault {
                problem: Box::new(Problem::new("value_unreadable", "不可读", "unreadable")),
                column: None,
                raw: String::new(),
            }),
            _ => Ok(None),
        }
    }
}

/// A fresh store of each kind that this machine has.
pub async fn stores() -> Vec<(tempfile::TempDir, Store)> {
    let dir = tempfile::tempdir().expect("temporary directory");
    let sqlite = Store::open(dir.path(), None).await.expect("SQLite opens");
    let mut all = vec![(dir, sqlite)];
    if let Some(server) = postgres() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let store = Store::open(dir.path(), Some(&server.database().await)).await.expect("PostgreSQL opens");
        all.push((dir, store));
    }
    all
}

async fn push(store: &Store, dir: &std::path::Path, rows: &[(&str, &str)], released: bool) -> Receipt {
    let registry = store.ensure_registries(&["tax"]).await.expect("a registry").remove(0);
    let spool = Spool::new(dir, "tax");
    let batch = store.batch_started(registry.id, 1, "test", true).await.expect("a batch");
    let mut writer = spool.create(SpoolState { batch, complete: true, ..Default::default() }).expect("a spool");
    writer.columns(&["id".into(), "value".into()]);
    for (i, (key, value)) in rows.iter().enumerate() {
        writer.row(i as u64 + 1, Some(i as u64 * 10), [Some(*key), Some(*value)].into_iter()).expect("a row");
    }
    let state = writer.finish().expect("finished");
    land(Landing {
        is_delivery: true,
        store,
        registry: &registry,
        title: ("税务", "tax"),
        spool: &spool,
        state,
        reader: Arc::new(FirstCell),
        guard: BatchGuard {
            vanish: 0.05,
            quarantine: 0.6,
            min_rows: 0,
            released: released.then(|| ("tester".to_owned(), "checked".to_owned())),
        },
        data: None,
        now: 1_700_000_000_000,
    })
    .await
    .expect("landing")
}

/// Key, payload and whether it is gone, of every record.
async fn content(store: &Store) -> Vec<(String, String)> {
    let last = store.last_record_id().await.expect("a number");
    let mut all: Vec<_> =
        store.records_between(0, last).await.expect("records").into_iter().map(|r| (r.key, r.payload)).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_landed_or_quarantined_and_unchanged_rows_stay() {
    for (dir, store) in stores().await {
        let first =
            push(&store, dir.path(), &[("a", "1"), ("b", "2"), ("", "3"), ("c", "bad"), ("a", "1"), ("b", "other")], false).await;
        assert_eq!((first.read, first.landed, first.added, first.unchanged, first.quarantined), (6, 3, 2, 1, 3));
        let mut reasons = first.reasons.clone();
        reasons.sort();
        assert_eq!(reasons, [("duplicate_key".into(), 1), ("key_missing".into(), 1), ("value_unreadable".into(), 1)]);

        let again =
            push(&store, dir.path(), &[("a", "1"), ("b", "9"), ("d", "text with \t tab, \\ and \"quotes\"\n")], false).await;
        assert_eq!((again.added, again.changed, again.unchanged, again.gone), (1, 1, 1, 0));
        let tabbed = "[\"d\",\"text with \\t tab, \\\\ and \\\"quotes\\\"\\n\"]";
        assert_eq!(
            content(&store).await,
            [("a".into(), "[\"a\",\"1\"]".into()), ("b".into(), "[\"b\",\"9\"]".into()), ("d".into(), tabbed.into())]
        );
        let open = store.quarantined(None, 0, 10).await.expect("quarantine");
        assert!(open.is_empty(), "a complete pull states the registry again: earlier quarantined rows no longer wait");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_load_of_many_rows_tells_twins_and_duplicates_apart_and_leaves_the_indexes_as_they_were() {
    for (dir, store) in stores().await {
        let keys: Vec<String> = (0..30_000).map(|i| format!("k{:05}", i * 7919 % 30_000)).collect();
        let mut rows: Vec<(&str, &str)> = keys.iter().map(|k| (k.as_str(), "x")).collect();
        rows.insert(20_000, (keys[5].as_str(), "x"));
        rows.insert(25_000, (keys[6].as_str(), "other"));
        rows.push((keys[7].as_str(), "other"));
        let first = push(&store, dir.path(), &rows, false).await;
        assert_eq!((first.read, first.added, first.unchanged, first.quarantined), (30_003, 30_000, 1, 2));
        assert_eq!(first.reasons, [("duplicate_key".into(), 2)]);
        if let Store::Postgres(pool, _) = &store {
            let names: Vec<(String,)> =
                sqlx::query_as("SELECT indexdef FROM pg_indexes WHERE tablename = 'record' ORDER BY indexname")
                    .fetch_all(pool)
                    .await
                    .expect("the indexes");
            let names: Vec<&str> = names.iter().map(|n| n.0.as_str()).collect();
            assert_eq!(
                names,
                [
                    "CREATE UNIQUE INDEX record_by_key ON public.record USING btree (registry_id, key)",
                    "CREATE UNIQUE INDEX record_pkey ON public.record USING btree (id)",
                ]
            );
        }
        let again = push(&store, dir.path(), &rows, false).await;
        assert_eq!((again.added, again.changed, again.unchanged, again.gone), (0, 0, 30_001, 0));
        // Every key twice: more than may wait for the indexes.
        let dir = tempfile::tempdir().expect("temporary directory");
        let twice: Vec<(&str, &str)> = rows[..19_000].iter().chain(&rows[..19_000]).map(|(k, _)| (*k, "y")).collect();
        let other = match &store {
            Store::Sqlite(_) => Store::open(dir.path(), None).await.expect("opens"),
            Store::Postgres(..) => {
                let server = postgres().expect("it is there");
                Store::open(dir.path(), Some(&server.database().await)).await.expect("opens")
            }
        };
        let all = push(&other, dir.path(), &twice, false).await;
        assert_eq!((all.added, all.unchanged, all.quarantined), (19_000, 19_000, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_or_half_empty_pull_deletes_nothing_until_a_person_releases_it() {
    for (dir, store) in stores().await {
        let keys: Vec<String> = (0..100).map(|i| format!("k{i:03}")).collect();
        let full: Vec<(&str, &str)> = keys.iter().map(|k| (k.as_str(), "x")).collect();
        push(&store, dir.path(), &full, false).await;

        let empty = push(&store, dir.path(), &[], false).await;
        assert_eq!((empty.outcome, empty.gone, &*empty.notice.expect("why").code), (SyncOutcome::Held, 0, "empty"));
        let half = push(&store, dir.path(), &full[..50], false).await;
        assert_eq!((half.outcome, &*half.notice.expect("why").code), (SyncOutcome::Held, "vanished"));
        assert_eq!(content(&store).await.len(), 100, "nothing was deleted");
        assert_eq!(store.registries().await.expect("registries")[0].state, "HELD");

        let within = push(&store, dir.path(), &full[..95], false).await;
        assert_eq!((within.outcome, within.gone, within.records), (SyncOutcome::Landed, 5, 95));
        let released = push(&store, dir.path(), &full[..40], true).await;
        assert_eq!((released.outcome, released.gone, released.records), (SyncOutcome::Landed, 55, 40));
        let back = push(&store, dir.path(), &full, false).await;
        assert_eq!((back.added, back.changed, back.unchanged), (0, 60, 40), "gone records come back under their ids");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_named_spare_what_seems_to_be_missing() {
    for (dir, store) in stores().await {
        let keys: Vec<String> = (0..100).map(|i| format!("k{i:03}")).collect();
        let full: Vec<(&str, &str)> = keys.iter().map(|k| (k.as_str(), "x")).collect();
        push(&store, dir.path(), &full, false).await;
        let mut garbled = full.clone();
        garbled[7].0 = "";
        let receipt = push(&store, dir.path(), &garbled, false).await;
        assert_eq!((receipt.quarantined, receipt.gone, receipt.records), (1, 0, 100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_never_sync_at_once() {
    for (_dir, store) in stores().await {
        let first = store.lead().await.expect("the first leads");
        let Err(second) = store.lead().await else { panic!("two leaders") };
        assert!(second.to_string().contains("another huitu is syncing"), "{second}");
        drop(first);
        // PostgreSQL frees the lock when it has noticed the closed connection.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while store.lead().await.is_err() {
            assert!(std::time::Instant::now() < until, "the lock stays taken");
            tokio::task::yield_now().await;
        }
    }
}
