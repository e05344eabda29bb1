//! Contracts under drift: what each policy does with a column that is added, renamed, retyped or gone; the next good batch
//! always lands.

use std::sync::Arc;

use huitu::hub::progress::Silent;
use huitu::land::receipt::{Receipt, SyncOutcome};
use serde_json::Value;

use crate::support::hub::{TestHub, hub_with, morning};

async fn department(policy: &str) -> TestHub {
    let text = format!(
        "title = {{ zh = \"台账\", en = \"Ledger\" }}\nowner = {{ zh = \"某局\", en = \"Bureau\" }}\ndrift = \"{policy}\"\n\
         [source]\ntransport = \"file\"\nplace = \"../../drop/ledger.csv\"\n[key]\ncolumns = [\"编号\"]\n[columns]\n\
         \"企业名称\" = \"name\"\n\"从业人数\" = \"employees\"\n\"成立日期\" = \"established_on\"\n"
    );
    hub_with(&[("ledger", text)], morning()).await
}

const HEADER: &str = "编号,企业名称,从业人数,成立日期";

impl TestHub {
    /// One delivery of thirty rows (or more, of the cells that `row` gives), synced.
    async fn deliver(&self, header: &str, row: impl Fn(usize) -> String) -> Receipt {
        let lines: String = (0..30).map(|i| row(i) + "\n").collect();
        self.write("drop/ledger.csv", format!("{header}\n{lines}"));
        self.sync(&["ledger"]).await.receipts.remove(0)
    }
    async fn good(&self, day: usize) -> Receipt {
        self.deliver(HEADER, |i| format!("K{i},北京示例{i}号有限公司,{},2020-01-02", 10 + i + day)).await
    }
    /// What the receipt of its last batch says of columns: kind, column, nearest, sample.
    async fn told(&self, receipt: &Receipt) -> Vec<(String, String, String, String)> {
        let receipt = self.hub.batch_receipt(receipt.batch.unwrap()).await.unwrap();
        let text = |o: &Option<String>| o.clone().unwrap_or_default();
        receipt.drift.iter().map(|d| (d.kind.to_string(), d.column.clone(), text(&d.nearest), text(&d.sample))).collect()
    }
}

fn told(kind: &str, column: &str, nearest: &str, sample: &str) -> (String, String, String, String) {
    (kind.into(), column.into(), nearest.into(), sample.into())
}

const RENAMED: &str = "编号,企业名称,从业人员数,成立日期";
const ADDED: &str = "编号,企业名称,从业人数,成立日期,负责科室";
const GONE: &str = "编号,企业名称,成立日期";

#[tokio::test(flavor = "multi_thread")]
async fn drift_evolve_lands_and_reports_with_a_sample_and_the_nearest_match() {
    let test_hub = department("evolve").await;
    assert_eq!(test_hub.good(0).await.outcome, SyncOutcome::Landed);
    let added = test_hub.deliver(ADDED, |i| format!("K{i},北京示例{i}号有限公司,{i},2020-01-02,二科")).await;
    assert_eq!((added.outcome, added.quarantined), (SyncOutcome::Landed, 0));
    assert_eq!(test_hub.told(&added).await, [told("added", "负责科室", "", "二科")]);
    let renamed = test_hub.deliver(RENAMED, |i| format!("K{i},北京示例{i}号有限公司,{},2020-01-02", 500 + i)).await;
    assert_eq!(renamed.outcome, SyncOutcome::Landed);
    assert_eq!(test_hub.told(&renamed).await, [told("renamed", "从业人数", "从业人员数", "500")]);
    let gone = test_hub.deliver(GONE, |i| format!("K{i},北京示例{i}号有限公司,2020-01-02")).await;
    assert_eq!(gone.outcome, SyncOutcome::Landed);
    assert_eq!(test_hub.told(&gone).await, [told("gone", "从业人数", "", "")]);
    let retyped = test_hub.deliver(HEADER, |i| format!("K{i},北京示例{i}号有限公司,约{i}0至{i}9之间,2020-01-02")).await;
    assert_eq!((retyped.outcome, retyped.quarantined), (SyncOutcome::Landed, 0));
    assert_eq!(test_hub.told(&retyped).await, [told("retyped", "从业人数", "", "约00至09之间")]);
    assert!(test_hub.hub.store.unreadable_values(None, 0, 10).await.unwrap().is_empty(), "evolve lists nothing");
    assert_eq!(test_hub.good(1).await.outcome, SyncOutcome::Landed);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_quarantine_value_lands_the_row_and_lists_the_value() {
    let test_hub = department("quarantine_value").await;
    let bad = |i: usize| match i {
        7 => "K7,北京示例七号有限公司,若干,昨天".to_owned(),
        i => format!("K{i},北京示例{i}号有限公司,{i},2020-01-02"),
    };
    let receipt = test_hub.deliver(HEADER, bad).await;
    assert_eq!((receipt.outcome, receipt.landed, receipt.quarantined), (SyncOutcome::Landed, 30, 0));
    let listed = || async {
        let rows = test_hub.hub.store.unreadable_values(None, 0, 10).await.unwrap();
        rows.into_iter().map(|r| (r.record_key.unwrap(), r.column_name.unwrap(), r.raw)).collect::<Vec<_>>()
    };
    let expected = [("K7".to_owned(), "从业人数".to_owned(), "若干".to_owned()), ("K7".into(), "成立日期".into(), "昨天".into())];
    assert_eq!(listed().await, expected);
    // Unchanged rows are not read again, and their values stay listed.
    assert_eq!(
        test_hub.deliver(HEADER, |i| if i == 3 { "K3,改名有限公司,3,2020-01-02".into() } else { bad(i) }).await.changed,
        1
    );
    assert_eq!(listed().await, expected);
    let mended = test_hub.deliver(HEADER, |i| if i == 7 { "K7,北京示例七号有限公司,70,昨天".into() } else { bad(i) }).await;
    assert_eq!(mended.changed, 2, "K7 mended, K3 back");
    assert_eq!(listed().await, expected[1..]);
    assert_eq!(test_hub.good(1).await.outcome, SyncOutcome::Landed);
    assert!(listed().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_quarantine_row_puts_rows_aside_and_they_are_replayed_after_a_fix() {
    let test_hub = department("quarantine_row").await;
    test_hub.good(0).await;
    let receipt = test_hub
        .deliver(HEADER, |i| {
            let staff = if i < 3 { "若干".to_owned() } else { i.to_string() };
            format!("K{i},北京示例{i}号有限公司,{staff},2020-01-02")
        })
        .await;
    assert_eq!((receipt.outcome, receipt.quarantined, receipt.gone), (SyncOutcome::Landed, 3, 0));
    assert_eq!(receipt.reasons, [("value_unreadable".to_owned(), 3)]);
    assert_eq!(test_hub.state("ledger").await.1, 30, "the rows put aside keep what was known before");
    // The contract learns the word; the three rows are read again.
    let path = "connectors/ledger/connector.toml";
    let text = std::fs::read_to_string(test_hub.dir.path().join(path)).unwrap();
    test_hub.write(path, text.replace("= \"employees\"", "= { field = \"employees\", values = { \"若干\" = \"5\" } }"));
    test_hub.hub.store.close().await;
    let test_hub = crate::support::hub::open(test_hub.dir, morning()).await;
    let (receipts, edition) = test_hub.hub.replay_quarantine("ledger", &[], Arc::new(Silent)).await.unwrap();
    assert_eq!((receipts[0].read, receipts[0].landed, receipts[0].changed), (3, 3, 3));
    assert!(edition.is_some());
    assert!(test_hub.hub.store.quarantined(None, 0, 10).await.unwrap().is_empty());
    // A column that is gone would put every row aside: the batch waits instead, and the next good one lands.
    let held = test_hub.deliver(GONE, |i| format!("K{i},北京示例{i}号有限公司,2020-01-02")).await;
    assert_eq!((held.outcome, &*held.notice.unwrap().code), (SyncOutcome::Held, "drift"));
    assert_eq!(test_hub.good(2).await.outcome, SyncOutcome::Landed);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_hold_waits_for_a_person_and_never_blocks_the_next_good_batch() {
    let test_hub = department("hold").await;
    test_hub.good(0).await;
    let renamed = test_hub.deliver(RENAMED, |i| format!("K{i},北京示例{i}号有限公司,{},2020-01-02", 500 + i)).await;
    assert_eq!((renamed.outcome, &*renamed.notice.clone().unwrap().code), (SyncOutcome::Held, "drift"));
    assert_eq!(test_hub.told(&renamed).await, [told("renamed", "从业人数", "从业人员数", "500")]);
    let retyped = test_hub.deliver(HEADER, |i| format!("K{i},北京示例{i}号有限公司,约{i}0人上下,2020-01-02")).await;
    assert_eq!((retyped.outcome, retyped.landed), (SyncOutcome::Held, 0), "{:?}", retyped.notice);
    assert_eq!(test_hub.told(&retyped).await[0].0, "retyped");
    let next = test_hub.good(1).await;
    assert_eq!((next.outcome, next.changed), (SyncOutcome::Landed, 30));
    // An added column is no reason to hold.
    let added = test_hub.deliver(ADDED, |i| format!("K{i},北京示例{i}号有限公司,{i},2020-01-02,二科")).await;
    assert_eq!(added.outcome, SyncOutcome::Landed);
    // Held batches are decided one by one, also when they came before; the graph shows them and decides them.
    let server = test_hub.serve(&[]).await;
    let held = server.ask("{ registries { name batches(first: 10) { nodes { id state heldBecause } } } }").await;
    let nodes = held["data"]["registries"][0]["batches"]["nodes"].as_array().unwrap_or_else(|| panic!("{held}"));
    let waiting: Vec<&Value> = nodes.iter().filter(|b| b["state"] == "HELD").collect();
    assert_eq!(waiting.len(), 2);
    let id = waiting[0]["id"].as_str().unwrap();
    let decide = |release: bool| {
        format!(
            "mutation {{ decideBatch(input: {{ batch: \"{id}\", release: {release}, reason: \"核对过\" }}) {{ batch {{ state }} userErrors {{ message }} }} }}"
        )
    };
    let refused = server.ask(&decide(true)).await;
    assert!(refused["data"]["decideBatch"]["userErrors"][0]["message"].as_str().unwrap().contains("旧数据"), "{refused}");
    let rejected = server.ask(&decide(false)).await;
    assert_eq!(rejected["data"]["decideBatch"]["batch"]["state"], "REJECTED", "{rejected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_deregistration_is_held_released_and_freezes_nothing() {
    let test_hub = department("evolve").await;
    test_hub.good(0).await;
    let few = |n: usize| {
        let lines: String = (0..n).map(|i| format!("K{i},北京示例{i}号有限公司,{},2020-01-02\n", 10 + i)).collect();
        test_hub.write("drop/ledger.csv", format!("{HEADER}\n{lines}"));
    };
    few(12);
    let held = test_hub.sync(&["ledger"]).await.receipts.remove(0);
    assert_eq!((held.outcome, held.gone, test_hub.state("ledger").await), (SyncOutcome::Held, 0, ("HELD".to_owned(), 30)));
    let decided = test_hub.hub.decide_batch(held.batch.unwrap(), true, "处长", "集中注销", Arc::new(Silent)).await.unwrap();
    assert_eq!(decided.receipt.unwrap().gone, 18);
    assert_eq!(test_hub.state("ledger").await, ("CURRENT".to_owned(), 12));
    few(13);
    let next = test_hub.sync(&["ledger"]).await.receipts.remove(0);
    assert_eq!((next.outcome, next.changed + next.added), (SyncOutcome::Landed, 1));
}

/// 从业人数 renamed took enterprises off the list without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_renamed_or_gone_holds_what_depends_on_it_until_the_contract_or_a_person_says_otherwise() {
    let test_hub = department("quarantine_value").await;
    assert_eq!(test_hub.good(0).await.outcome, SyncOutcome::Landed);
    let published = |test_hub: &TestHub| test_hub.hub.editions.current().unwrap().manifest.digest.clone();
    let before = published(&test_hub);
    let rename = |test_hub: &TestHub| {
        let lines: String = (0..30).map(|i| format!("K{i},北京示例{i}号有限公司,{},2020-01-02\n", 500 + i)).collect();
        test_hub.write("drop/ledger.csv", format!("{RENAMED}\n{lines}"));
    };
    rename(&test_hub);
    let report = test_hub.sync(&["ledger"]).await;
    let notice = report.receipts[0].notice.clone().expect("it says so");
    assert_eq!((report.receipts[0].outcome, &*notice.code), (SyncOutcome::Held, "columns_vanished"));
    assert!(report.needs_attention(), "exit code 3");
    assert!(notice.zh.contains("「从业人数」") && notice.zh.contains("also = [\"从业人员数\"]"), "{}", notice.zh);
    assert!(notice.en.contains("\"从业人数\"") && notice.en.contains("mend the connector"), "{}", notice.en);
    assert_eq!(published(&test_hub), before, "what depends on it stays as it was");
    // The contract learns the new name: the same rows land.
    let path = "connectors/ledger/connector.toml";
    let text = std::fs::read_to_string(test_hub.dir.path().join(path)).unwrap();
    test_hub.write(path, text.replace("= \"employees\"", "= { field = \"employees\", also = [\"从业人员数\"] }"));
    test_hub.hub.store.close().await;
    let test_hub = crate::support::hub::open(test_hub.dir, morning()).await;
    let report = test_hub.sync(&["ledger"]).await;
    assert_eq!((report.receipts[0].outcome, report.receipts[0].changed), (SyncOutcome::Landed, 30));
    assert_ne!(published(&test_hub), before, "500 people and more");
    // A column that is gone: released by a person, the next delivery without it lands by itself.
    let gone = |day: usize| test_hub.deliver(GONE, move |i| format!("K{i},北京示例{i}号有限公司{day},2020-01-02"));
    let held = gone(1).await;
    assert_eq!(held.outcome, SyncOutcome::Held);
    let decided = test_hub.hub.decide_batch(held.batch.unwrap(), true, "处长", "不再提供", Arc::new(Silent)).await.unwrap();
    assert_eq!(decided.receipt.unwrap().changed, 30);
    assert_eq!(gone(2).await.outcome, SyncOutcome::Landed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_column_that_was_there_is_missed_and_evolving_columns_are_told() {
    let text = |policy: &str| {
        format!(
            "title = {{ zh = \"台账\", en = \"Ledger\" }}\nowner = {{ zh = \"某局\", en = \"Bureau\" }}\ndrift = \"{policy}\"\n\
             [source]\ntransport = \"file\"\nplace = \"../../drop/ledger.csv\"\n[key]\ncolumns = [\"编号\"]\n[columns]\n\
             \"企业名称\" = \"name\"\n\"是否规上\" = {{ field = \"official_list\", optional = true }}\n"
        )
    };
    let listed = |test_hub: &TestHub, header: &str, cell: &str| {
        // Few enough not to make the edition wait as well.
        let lines: String = (0..10).map(|i| format!("K{i},北京示例{i}号有限公司{cell}\n")).collect();
        test_hub.write("drop/ledger.csv", format!("{header}\n{lines}"));
    };
    let test_hub = hub_with(&[("ledger", text("quarantine_value"))], morning()).await;
    // Never there, never missed.
    listed(&test_hub, "编号,企业名称", "");
    assert_eq!(test_hub.sync(&["ledger"]).await.receipts[0].outcome, SyncOutcome::Landed);
    listed(&test_hub, "编号,企业名称,是否规上", ",是");
    assert_eq!(test_hub.sync(&["ledger"]).await.receipts[0].outcome, SyncOutcome::Landed);
    listed(&test_hub, "编号,企业名称", "");
    let report = test_hub.sync(&["ledger"]).await;
    let notice = report.receipts[0].notice.clone().unwrap();
    assert!(report.receipts[0].outcome == SyncOutcome::Held && notice.zh.contains("「是否规上」"), "{notice:?}");

    let test_hub = crate::support::hub::hub_with(&[("ledger", text("evolve"))], morning()).await;
    listed(&test_hub, "编号,企业名称,是否规上", ",是");
    assert!(!test_hub.sync(&["ledger"]).await.needs_attention());
    listed(&test_hub, "编号,企业名称", "");
    let report = test_hub.sync(&["ledger"]).await;
    let notice = report.receipts[0].notice.clone().expect("it says so");
    assert_eq!((report.receipts[0].outcome, report.needs_attention()), (SyncOutcome::Landed, true));
    assert!(notice.zh.contains("「是否规上」") && notice.zh.contains("evolve"), "{}", notice.zh);
    listed(&test_hub, "编号,企业名称", " ");
    assert!(!test_hub.sync(&["ledger"]).await.needs_attention(), "said once");
}
