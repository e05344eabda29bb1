//! Time: editions made again from the store, the same question as of several dates, editions that are gone, and verdicts
//! judged anew without a pull.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use huitu::assess::diff::{CauseKind, verdict_changes};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, NewFinding, NewJudgement, SyncOptions};
use huitu::model::Clock;
use huitu::model::linkage::JudgementVerdict;
use huitu::serve::{App, Authentication, Options, app};
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};
use serde_json::{Value, json};

use crate::support::graph::{Served, settings};

const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

/// Writes the city as it is some days later and lands it on a day of 2026.
async fn sync(hub: &Hub, root: &Path, clock: &Clock, month: u32, day: u32, later: u16) {
    write(&City::new(5, 600, later), &root.join("city"), ExtractFormat::Csv).unwrap();
    at(clock, month, day);
    let registries = REGISTRIES.iter().map(|r| r.name().to_owned()).collect();
    let report = hub.sync(&SyncOptions { registries, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
    assert!(report.edition.is_some(), "{:?}", report.receipts);
}

fn at(clock: &Clock, month: u32, day: u32) {
    clock.set(Utc.with_ymd_and_hms(2026, month, day, 4, 0, 0).unwrap());
}

async fn hub(root: &Path, clock: &Clock, change: impl FnOnce(&mut huitu::config::Settings)) -> Hub {
    let mut settings = settings(root);
    for registry in REGISTRIES {
        let place = root.join("city").join(format!("{}.csv", registry.name()));
        settings.sources.insert(registry.name().to_owned(), place.display().to_string());
    }
    change(&mut settings);
    Hub::open(settings, clock.clone()).await.unwrap()
}

/// Four editions: a first sync; a later city; a finding and a judgement; the city later still with the finding withdrawn.
async fn four_editions(root: &Path, clock: &Clock) -> Hub {
    std::fs::create_dir_all(root.join("city")).unwrap();
    let hub = hub(root, clock, |_| {}).await;
    sync(&hub, root, clock, 10, 1, 0).await;
    sync(&hub, root, clock, 10, 9, 20).await;
    at(clock, 10, 12);
    let edition = hub.editions.current().unwrap();
    let worst = edition.enterprise(0).id().to_owned();
    let new = NewFinding {
        enterprise: worst,
        reason: "not_exist".into(),
        note: None,
        until: None,
        by: Some("甲".into()),
        idempotency: None,
    };
    let finding = hub.add_finding(new, Arc::new(Silent)).await.unwrap();
    let pair = hub.store.review_pairs(1).await.unwrap().into_iter().next();
    at(clock, 10, 13);
    if let Some(pair) = pair {
        let (verdict, reason, by) = (JudgementVerdict::Same, None, None);
        hub.judge(NewJudgement { pair: pair.id, verdict, reason, by, idempotency: None }, Arc::new(Silent)).await.unwrap();
    }
    at(clock, 10, 20);
    hub.withdraw_finding(&finding.id, None, None, Arc::new(Silent)).await.unwrap();
    sync(&hub, root, clock, 11, 5, 45).await;
    hub
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_made_again_from_the_store_has_the_same_data_digest() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 10, 1, 4, 0, 0).unwrap());
    let hub = four_editions(root.path(), &clock).await;
    let numbers: Vec<u32> = hub.editions.list().iter().map(|m| m.number).collect();
    assert!(numbers.len() >= 4, "{numbers:?}");
    let mut digests = Vec::new();
    for number in numbers.iter().rev() {
        let rebuilt = hub.rebuild_edition(*number, false).await.unwrap();
        assert!(rebuilt.is_equal(), "edition {number}: {:?}", rebuilt.differing);
        digests.push(rebuilt.rebuilt);
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), numbers.len(), "the editions differ from each other");
    assert!(!root.path().join("rebuild").exists(), "nothing is left behind");

    // One that was removed comes back as it was.
    let second = numbers[numbers.len() - 2];
    let folder = hub.editions_root().join(huitu::edition::folder_name(second));
    std::fs::remove_dir_all(&folder).unwrap();
    hub.editions.refresh().unwrap();
    assert!(hub.rebuild_edition(second, true).await.unwrap().restored);
    let restored = hub.editions.number(second).unwrap();
    restored.manifest.verify(&folder).unwrap();

    // With other rules another edition would follow: refused, and said why.
    let other = self::hub(root.path(), &clock, |s| s.policy.grace_months = 12).await;
    let refused = other.rebuild_edition(numbers[0], false).await.unwrap_err().to_string();
    assert!(refused.contains("policy") && !refused.contains("weights"), "{refused}");
}

/// A disk that changed a byte costs no answer: the edition before goes on, a sync publishes another, and the broken one can be
/// made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_edition_is_published_anew_and_can_be_made_again() {
    use crate::support::hub::{hub_with, manifest, morning, open, rows};
    let test_hub =
        hub_with(&[("bureau", manifest("甲", "", "transport = \"file\"\nplace = \"../../rows.csv\"", ""))], morning()).await;
    for n in [5, 6] {
        test_hub.write("rows.csv", rows(n));
        test_hub.sync(&[]).await;
    }
    let path = test_hub.hub.editions_root().join("000002/details.arrow");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();

    let test_hub = open(test_hub.dir, morning()).await;
    assert_eq!(test_hub.hub.editions.current().unwrap().number(), 1);
    let problem = test_hub.hub.editions.number(2).map(|_| ()).unwrap_err();
    let (en, zh) = (problem.to_string(), huitu::hub::message::edition(&problem));
    for said in [&en, &zh] {
        assert!(said.contains("details.arrow") && said.contains("huitu sync") && said.contains("rebuild"), "{said}");
    }
    // Nothing has changed at the registry, and the newest edition is published all the same.
    assert_eq!(test_hub.sync(&[]).await.edition.map(|e| (e.number, e.enterprises)), Some((3, 6)));
    assert_eq!(test_hub.hub.editions.current().unwrap().number(), 3);
    assert!(test_hub.sync(&[]).await.edition.is_none(), "once");
    assert!(test_hub.hub.rebuild_edition(2, true).await.unwrap().restored);
    assert_eq!(test_hub.hub.editions.number(2).unwrap().len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn since_when_somebody_lacks_a_union_outlives_editions_that_cannot_be_read() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 10, 1, 4, 0, 0).unwrap());
    let before = four_editions(root.path(), &clock).await;
    let since = |hub: &Hub| -> std::collections::BTreeMap<String, Option<chrono::NaiveDate>> {
        let edition = hub.editions.current().unwrap();
        edition.enterprises().filter(|e| e.in_gap()).map(|e| (e.id().to_owned(), e.gap_since())).collect()
    };
    let (told, number) = (since(&before), before.editions.current().unwrap().number());
    assert!(told.values().any(Option::is_some) && told.values().any(Option::is_none), "some came on the list since");
    before.store.close().await;
    // What editions share they lose together.
    for edition in before.editions.list() {
        std::fs::remove_file(before.editions_root().join(huitu::edition::folder_name(edition.number)).join("details.arrow"))
            .unwrap();
    }
    let hub = hub(root.path(), &clock, |_| {}).await;
    assert!(hub.editions.current().is_err());
    hub.reassess(Arc::new(Silent)).await.unwrap();
    assert_eq!(hub.editions.current().unwrap().number(), number + 1);
    assert_eq!(since(&hub), told);
    assert!(hub.rebuild_edition(number + 1, false).await.unwrap().is_equal());
}

/// Somebody who left the list and came back took its first day along: a rebuild reckoned everybody's months of waiting from its second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_is_reckoned_from_the_day_on_which_the_first_came_on_the_list_though_it_left_and_came_back() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 1, 1, 4, 0, 0).unwrap());
    std::fs::create_dir_all(root.path().join("city")).unwrap();
    let hub = hub(root.path(), &clock, |_| {}).await;
    sync(&hub, root.path(), &clock, 10, 1, 0).await;
    let worst = hub.editions.current().unwrap().enterprise(0).id().to_owned();
    for (month, day) in [(10, 5), (12, 10)] {
        at(&clock, month, day);
        let new = NewFinding {
            enterprise: worst.clone(),
            reason: "not_exist".into(),
            note: None,
            until: None,
            by: None,
            idempotency: None,
        };
        let finding = hub.add_finding(new, Arc::new(Silent)).await.unwrap();
        at(&clock, month, day + 1);
        hub.withdraw_finding(&finding.id, None, None, Arc::new(Silent)).await.unwrap();
    }
    at(&clock, 12, 20);
    hub.reassess(Arc::new(Silent)).await.unwrap();
    let edition = hub.editions.current().unwrap();
    let waited: BTreeSet<String> = edition
        .enterprises()
        .filter(|e| e.id() != worst)
        .flat_map(|e| e.verdicts().unwrap().priority.factors)
        .filter(|factor| &*factor.code == "waiting")
        .filter_map(|factor| factor.input?.value.map(String::from))
        .collect();
    assert_eq!(waited, BTreeSet::from(["2".to_owned()]), "since 6 October");
    let rebuilt = hub.rebuild_edition(edition.number(), false).await.unwrap();
    assert!(rebuilt.is_equal(), "{:?}", rebuilt.differing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_question_as_of_three_dates_gives_the_answers_of_those_editions() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 10, 1, 4, 0, 0).unwrap());
    let hub = four_editions(root.path(), &clock).await;
    let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root, router: app(state.clone()), state };
    let question = "query($d: Date) { gap(first: 5, asOf: $d) { totalCount edition { number asOf } nodes { id } }
        enterprises(first: 1, asOf: $d) { totalCount edition { number } }
        search(text: \"北京\", first: 3, asOf: $d) { enterprise { id } }
        coverage(by: [DISTRICT], asOf: $d) { edition { number } total { enterprises members unions } rows { keys { code } covered } }
        areas(level: DISTRICT, asOf: $d) { code } area(by: { code: \"110108\" }, asOf: $d) { code }
        tradeUnions(first: 1, asOf: $d) { totalCount } targets(year: 2026, asOf: $d) { value }
        conflicts(first: 1, asOf: $d) { totalCount } }";
    let mut answers: Vec<Value> = Vec::new();
    for (day, number) in [("2026-10-05", 1), ("2026-10-09", 2), ("2026-11-22", 0)] {
        let answer = served.data(question, json!({ "d": day })).await;
        let edition = match number {
            0 => hub.editions.current().unwrap(),
            n => hub.editions.number(n).unwrap(),
        };
        assert_eq!(answer["gap"]["edition"]["number"], edition.number(), "{day}");
        let gap = edition.filter(&huitu::edition::Filter::InGap).unwrap();
        assert_eq!(answer["gap"]["totalCount"], gap.len());
        // What is told of a named edition carries its number, the newest one's too: tomorrow it is an earlier state, and a cache that
        // keeps things by id keeps the two apart.
        let told = |id: &str| format!("{id}@{}", edition.number());
        let first: Vec<Value> = gap.iter().take(5).map(|row| json!({ "id": told(edition.enterprise(row).id()) })).collect();
        assert_eq!(answer["gap"]["nodes"], json!(first));
        assert_eq!(answer["enterprises"]["totalCount"], edition.len());
        let (_, total) = edition.coverage(&[], &edition.all(), 1).unwrap();
        let told = &answer["coverage"]["total"];
        assert_eq!(
            (&told["enterprises"], &told["members"], &told["unions"]),
            (&json!(total.enterprises), &json!(total.members), &json!(total.unions))
        );
        assert_eq!(answer["tradeUnions"]["totalCount"], edition.union_count());
        answers.push(answer);
    }
    assert!(answers[0] != answers[1] && answers[1] != answers[2] && answers[0] != answers[2], "three dates, three answers");

    // Net increases are the differences of the two editions.
    let compare = "{ coverage(by: [], compareWith: \"2026-10-05\") { comparedWith { number } total { change { unions coveredUnits members } } } }";
    let compared = served.data(compare, json!({})).await;
    let counts = |number: Option<u32>| {
        let edition = number.map_or_else(|| hub.editions.current(), |n| hub.editions.number(n)).unwrap();
        edition.coverage(&[], &edition.all(), 1).unwrap().1
    };
    let (now, then) = (counts(None), counts(Some(1)));
    let grown = |a: u64, b: u64| json!(a as i64 - b as i64);
    let expected = json!({ "unions": grown(now.unions, then.unions), "coveredUnits": grown(now.unionised, then.unionised),
        "members": grown(now.members, then.members) });
    assert_eq!(compared["coverage"]["total"]["change"], expected);
    assert_eq!(compared["coverage"]["comparedWith"]["number"], 1);

    // Before the first edition there is nothing, and the answer names the nearest.
    let gone = served.ask("{ gap(first: 1, asOf: \"2026-09-30\") { totalCount } }", json!({})).await;
    assert_eq!(gone["errors"][0]["extensions"]["code"], "EDITION_GONE", "{gone}");
    assert_eq!(gone["errors"][0]["extensions"]["hint"], "edition:1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_prunes_by_policy_and_what_is_gone_names_the_nearest() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 3, 2, 4, 0, 0).unwrap());
    std::fs::create_dir_all(root.path().join("city")).unwrap();
    let hub = hub(root.path(), &clock, |_| {}).await;
    sync(&hub, root.path(), &clock, 3, 2, 0).await;
    sync(&hub, root.path(), &clock, 3, 3, 5).await;
    let held = hub.editions.number(1).unwrap();
    // More than ninety days later only the month's last of the two is kept; but one that is being read stays.
    sync(&hub, root.path(), &clock, 7, 1, 30).await;
    assert_eq!(hub.editions.list().iter().map(|m| m.number).collect::<Vec<_>>(), [3, 2, 1]);
    drop(held);
    // A younger one than an hour stays for those who page through it, an older one of the same day goes.
    sync(&hub, root.path(), &clock, 7, 1, 31).await;
    assert_eq!(hub.editions.list().iter().map(|m| m.number).collect::<Vec<_>>(), [4, 3, 2]);
    clock.set(Utc.with_ymd_and_hms(2026, 7, 1, 6, 0, 0).unwrap());
    assert_eq!(hub.prune_editions(false).await.unwrap(), [3]);
    let rows = hub.store.editions().await.unwrap();
    assert_eq!(rows.iter().filter(|e| e.removed_at.is_some()).map(|e| e.number).collect::<Vec<_>>(), [3, 1]);

    let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root, router: app(state.clone()), state };
    let gone = served.ask("{ gap(first: 1, asOf: \"2026-03-02\") { totalCount } }", json!({})).await;
    assert_eq!(gone["errors"][0]["extensions"]["code"], "EDITION_GONE", "{gone}");
    assert_eq!(gone["errors"][0]["extensions"]["hint"], "edition:2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_rule_file_judges_anew_without_a_pull_and_the_diff_says_why() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 10, 1, 4, 0, 0).unwrap());
    std::fs::create_dir_all(root.path().join("city")).unwrap();
    let first = hub(root.path(), &clock, |_| {}).await;
    sync(&first, root.path(), &clock, 10, 1, 0).await;
    std::fs::remove_dir_all(root.path().join("city")).unwrap();
    // Manufacturing from 100,000 yuan on instead of 20 million.
    let shipped = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/thresholds.toml")).unwrap();
    assert!(shipped.contains("value = 20000000") || shipped.contains("value = 20_000_000"));
    let rules = root.path().join("rules.toml");
    std::fs::write(
        &rules,
        shipped.replace("value = 20000000", "value = 100000").replace("value = 20_000_000", "value = 100_000"),
    )
    .unwrap();
    let second = hub(root.path(), &clock, |s| s.thresholds = Some(rules)).await;
    let published = second.reassess(Arc::new(Silent)).await.unwrap().expect("another edition");
    assert_eq!(published.number, 2);
    let (before, after) = (second.editions.number(1).unwrap(), second.editions.current().unwrap());
    let mut moved = 0;
    for row in 0..after.len() {
        let now = after.enterprise(row);
        let then = before.enterprise_of_id(now.id()).expect("nothing was pulled");
        for change in verdict_changes(&then.verdicts().unwrap(), &now.verdicts().unwrap()) {
            if change.topic == huitu::assess::Topic::Size {
                moved += 1;
                assert!(change.why.iter().any(|c| c.kind == CauseKind::Rule), "{}: {:?}", now.name(), change.why);
            }
        }
    }
    assert!(moved > 0, "somebody lies between the two thresholds");
    let again = second.reassess(Arc::new(Silent)).await.unwrap();
    assert!(again.is_none(), "the same rules say the same");
}
