//! A publication knows what it rests on: a list without the roll is no list, and says so; what is too old is not decided.

use std::path::Path;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use huitu::edition::{Edition, Filter};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions, SyncReport};
use huitu::model::Clock;
use huitu::model::field::Field;
use huitu::model::message::{Lang, reason_text};
use huitu::model::verdict::{GapStatus, NeededFor, SizeStatus, Unmet};
use huitu::serve::{App, Authentication, Options, app};
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};
use serde_json::{Value, json};

use crate::support::assess_case::{AssessCase, TODAY, codes, text, yuan};
use crate::support::graph::{Served, settings};

const CORE: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

/// A hub over a city of six hundred enterprises.
pub async fn city(root: &Path, clock: &Clock, change: impl FnOnce(&mut huitu::config::Settings)) -> Hub {
    write(&City::new(5, 600, 0), &root.join("city"), ExtractFormat::Csv).unwrap();
    let mut settings = settings(root);
    for registry in CORE {
        let place = root.join("city").join(format!("{}.csv", registry.name()));
        settings.sources.insert(registry.name().to_owned(), place.display().to_string());
    }
    change(&mut settings);
    Hub::open(settings, clock.clone()).await.unwrap()
}

pub async fn sync(hub: &Hub, registries: &[&str]) -> SyncReport {
    let registries = registries.iter().map(|r| (*r).to_owned()).collect();
    hub.sync(&SyncOptions { registries, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap()
}

pub fn clock() -> Clock {
    Clock::fixed(Utc.with_ymd_and_hms(2026, 10, 1, 4, 0, 0).unwrap())
}

pub fn gap(edition: &Edition) -> u64 {
    edition.filter(&Filter::InGap).unwrap().len()
}

fn undecided(edition: &Edition) -> u64 {
    edition.filter(&Filter::Any { facet: "gap", values: vec!["UNDECIDED".into()] }).unwrap().len()
}

async fn sources(hub: &Hub) -> Vec<(String, bool)> {
    let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root: tempfile::tempdir().unwrap(), router: app(state.clone()), state };
    let answer = served.ask("{ gap(first: 1) { totalCount } }", json!({})).await;
    let told = |s: &Value| (s["name"].as_str().unwrap().to_owned(), !s["asOf"].is_null());
    answer["extensions"]["sources"].as_array().unwrap().iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_without_the_roll_publishes_no_gap_and_says_what_is_missing() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    let report = sync(&hub, &["commerce", "tax", "social_insurance", "statistics"]).await;
    let published = report.edition.as_ref().expect("what is known of the enterprises is published");
    assert_eq!((published.gap, published.is_without_sources()), (0, true));
    assert!(published.undecided > 300, "{}", published.undecided);
    assert!(report.needs_attention(), "exit code 3");
    let said = huitu::cli::sync::receipt_text(&report, huitu::cli::LangArg::Zh);
    assert!(said.contains("工会名册尚未入库") && said.contains("unions") && !said.contains("规模以上未建会"), "{said}");
    let edition = hub.editions.current().unwrap();
    assert_eq!(gap(&edition), 0);
    assert_eq!(undecided(&edition), u64::from(published.undecided));
    let row = (0..edition.len()).map(|row| edition.enterprise(row)).find(|r| r.gap() == Some(GapStatus::Undecided)).unwrap();
    let verdicts = row.verdicts().unwrap();
    assert_eq!(codes(&verdicts.gap.reasons), ["source_missing"]);
    assert_eq!(codes(&verdicts.union.reasons), ["source_missing"], "no word of a roll that nobody has seen");
    let told = sources(&hub).await;
    assert!(told.contains(&("unions".into(), false)) && told.contains(&("tax".into(), true)), "{told:?}");
    let explained = hub.explain(row.id()).await.unwrap();
    assert!(explained.steps.iter().any(|s| s.rule == "source_missing"), "{:?}", explained.steps);

    // The roll comes: the list is the one that a sync of all would have published, and what lacks a union lacked it before.
    let report = sync(&hub, &["unions"]).await;
    assert!(!report.needs_attention() && report.lacks.is_empty(), "{:?}", report.lacks);
    let edition = hub.editions.current().unwrap();
    let other = tempfile::tempdir().unwrap();
    let whole = city(other.path(), &clock(), |_| {}).await;
    sync(&whole, &[]).await;
    assert_eq!(gap(&edition), gap(&whole.editions.current().unwrap()));
    assert!(gap(&edition) > 0);
    let since = (0..edition.len()).map(|row| edition.enterprise(row)).filter(|r| r.gap() == Some(GapStatus::Lacking));
    assert!(since.into_iter().all(|r| r.gap_since().is_none()), "lacking before the first edition that decided");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_of_some_registries_publishes_no_list_on_the_missing_ones() {
    for (registries, missing) in [
        (&["commerce"][..], &[NeededFor::Size, NeededFor::Coverage][..]),
        (&["statistics", "unions"][..], &[NeededFor::Scope][..]),
        (&["commerce", "unions"][..], &[NeededFor::Size][..]),
    ] {
        let root = tempfile::tempdir().unwrap();
        let hub = city(root.path(), &clock(), |_| {}).await;
        let report = sync(&hub, registries).await;
        assert_eq!(report.lacks.iter().map(|u| u.verdict).collect::<Vec<_>>(), missing, "{registries:?}");
        let edition = hub.editions.current().unwrap();
        assert_eq!(gap(&edition), 0, "{registries:?}");
        assert!(undecided(&edition) > 0 && report.needs_attention(), "{registries:?}");
        let decided = edition.filter(&Filter::Any { facet: "gap", values: vec!["LACKING".into(), "COVERED".into()] }).unwrap();
        assert!(decided.is_empty(), "{registries:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_that_is_too_old_decides_nothing_until_it_comes_back_and_nothing_is_lost_by_it() {
    let root = tempfile::tempdir().unwrap();
    let clock = clock();
    let hub = city(root.path(), &clock, |s| s.policy.needs.coverage[0].max_age_days = Some(20)).await;
    sync(&hub, &[]).await;
    let first = hub.editions.current().unwrap();
    // Twenty days are not too old, a month is.
    let others = ["commerce", "tax", "social_insurance", "statistics"];
    clock.set(Utc.with_ymd_and_hms(2026, 10, 21, 4, 0, 0).unwrap());
    sync(&hub, &others).await;
    assert_eq!(gap(&hub.editions.current().unwrap()), gap(&first));
    clock.set(Utc.with_ymd_and_hms(2026, 11, 3, 4, 0, 0).unwrap());
    let report = sync(&hub, &others).await;
    assert!(report.needs_attention());
    let stale = hub.editions.current().unwrap();
    assert_eq!(gap(&stale), 0);
    let row = (0..stale.len()).map(|row| stale.enterprise(row)).find(|r| r.gap() == Some(GapStatus::Undecided)).unwrap();
    let reasons = row.verdicts().unwrap().gap.reasons;
    assert_eq!(codes(&reasons), ["source_stale"]);
    let said = reason_text("source_stale", &reasons[0].inputs, Lang::Zh);
    assert_eq!(said, "判定所需的工会名册截至 2026-10-01，已超过 20 天未更新，暂不判定");
    let said = reason_text("source_stale", &reasons[0].inputs, Lang::En);
    assert_eq!(said, "the union roll, which the decision needs, is of 2026-10-01 and more than 20 days old: not decided");
    // It comes back with the same rows: they are the same list again, since when included.
    sync(&hub, &["unions"]).await;
    let back = hub.editions.current().unwrap();
    assert!(back.number() > stale.number(), "an unchanged roll that is there again is a reason to publish");
    assert_eq!(gap(&back), gap(&first));
    for row in (0..back.len()).map(|row| back.enterprise(row)).filter(|r| r.gap() == Some(GapStatus::Lacking)) {
        let before = first.enterprise_of_id(row.id()).unwrap();
        if before.gap() == Some(GapStatus::Lacking) {
            assert_eq!(row.gap_since(), before.gap_since(), "{}", row.name());
        }
    }
    for number in [stale.number(), back.number()] {
        assert!(hub.rebuild_edition(number, false).await.unwrap().is_equal(), "edition {number} can be made again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn needs_that_nobody_can_meet_are_refused_or_said() {
    let root = tempfile::tempdir().unwrap();
    let mut wrong = settings(root.path());
    wrong.policy.needs.coverage[0].one_of = vec!["unoins".into()];
    let refused = Hub::open(wrong, clock()).await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("\"unoins\"") && refused.contains("\"unions\"") && refused.contains("coverage"), "{refused}");
    let mut negative = settings(root.path());
    negative.policy.publication.gap_percent = -5.0;
    let refused = Hub::open(negative.clone(), clock()).await.map(|_| ()).unwrap_err();
    for (lang, word) in [(Lang::En, "a share in percent"), (Lang::Zh, "应为不小于 0 的百分数")] {
        let said = refused.text(lang);
        assert!(said.contains("policy.publication.gap_percent = -5") && said.contains(word), "{said}");
    }
    negative.policy.publication.gap_percent = 20.0;
    negative.policy.publication.first_placed_percent = -1.0;
    let refused = Hub::open(negative, clock()).await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("policy.publication.first_placed_percent = -1"), "{refused}");
}

#[test]
fn size_without_its_sources_is_unknown_and_who_is_out_of_scope_stays_so() {
    let unmet =
        |verdict, need: &str| Unmet { verdict, need: vec![need.into()], registries: vec![], as_of: None, limit_days: None };
    let mut small = AssessCase::new();
    let values = vec![(Field::OfficialList, huitu::model::value::Value::Flag(true)), (Field::Revenue, yuan(1_000_000_000))];
    small.enterprise("a", values.clone());
    small.enterprise("b", [values, vec![(Field::Status, text("注销"))]].concat());
    small.world.facts[2].values = vec![(Field::Name, text("b")), (Field::Status, text("注销"))].into_iter().collect();
    assert_eq!(small.one(TODAY, "a").verdicts.gap.status, GapStatus::Lacking);
    small.world.unmet = vec![unmet(NeededFor::Size, "official_list")];
    let a = small.one(TODAY, "a").verdicts;
    assert_eq!((a.size.verdict, codes(&a.size.reasons)), (SizeStatus::Unknown, vec!["source_missing"]));
    assert_eq!((a.gap.status, codes(&a.gap.reasons)), (GapStatus::Undecided, vec!["source_missing"]));
    assert_eq!(small.one(TODAY, "b").verdicts.gap.status, GapStatus::OutOfScope);
    small.world.unmet = vec![unmet(NeededFor::Fund, "payments")];
    let a = small.one(TODAY, "a").verdicts;
    assert_eq!(a.gap.status, GapStatus::Lacking, "the list does not rest on payments");
    assert_eq!(codes(&a.fund.reasons), ["source_missing"]);
}

/// One new connector by itself replaced an edition of a whole city by its own few rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_connectors_adds_to_the_built_in_ones_or_takes_their_place() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    sync(&hub, &[]).await;
    let (enterprises, before) = (hub.editions.current().unwrap().len(), gap(&hub.editions.current().unwrap()));
    hub.store.close().await;
    drop(hub);
    let own = root.path().join("connectors");
    let bureau = crate::support::hub::manifest("水务局", "", "transport = \"file\"\nplace = \"../../rows.csv\"", "");
    crate::support::hub::write(&own, "water/connector.toml", bureau);
    crate::support::hub::write(root.path(), "rows.csv", crate::support::hub::rows(3));
    let hub = city(root.path(), &clock(), |s| s.connectors = Some(own.clone())).await;
    let report = sync(&hub, &["water"]).await;
    assert!(!report.needs_attention(), "{:?} {:?}", report.lacks, report.held);
    let edition = hub.editions.current().unwrap();
    assert_eq!((edition.len(), gap(&edition)), (enterprises + 3, before));
    // By the name of a built-in one it takes its place: one registry, not two.
    let count = hub.connectors.len();
    drop(hub);
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_huitu"))
        .args(["connector", "export"])
        .arg(&own)
        .args(["tax", "payments"])
        .output()
        .expect("huitu runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    for file in ["tax/connector.toml", "tax/README.md", "tax/sample", "payments/expected.json"] {
        assert!(own.join(file).exists(), "{file}");
    }
    let text = std::fs::read_to_string(own.join("tax/connector.toml")).unwrap();
    std::fs::write(own.join("tax/connector.toml"), text.replacen("zh = \"税务登记\"", "zh = \"税务登记（本市）\"", 1)).unwrap();
    let hub = city(root.path(), &clock(), |s| s.connectors = Some(own.clone())).await;
    assert_eq!(hub.connectors.len(), count);
    assert_eq!(hub.connectors.iter().find(|c| c.name == "tax").unwrap().title.zh, "税务登记（本市）");
    let again = std::process::Command::new(env!("CARGO_BIN_EXE_huitu"))
        .args(["--lang", "en", "connector", "export"])
        .arg(&own)
        .output()
        .expect("huitu runs");
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("--force") && !own.join("unions").exists(), "{said}");
    // Without the built-in ones only the folder's are there.
    let clock = clock();
    let alone = city(root.path(), &clock, |s| {
        s.connectors = Some(own.clone());
        s.without_built_in = true;
        s.sources.retain(|name, _| name == "tax");
    });
    let names: Vec<String> = alone.await.connectors.iter().map(|c| c.name.clone()).collect();
    assert!(names.contains(&"water".to_owned()) && !names.contains(&"unions".to_owned()), "{names:?}");
}

/// Who lists themselves by a size that nobody knows is on no list, and not forgotten: they have one of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_of_unknown_size_without_a_union_have_a_list_of_their_own() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    sync(&hub, &[]).await;
    let edition = hub.editions.current().unwrap();
    let rows: Vec<_> = (0..edition.len()).map(|row| edition.enterprise(row)).collect();
    let may_be = rows.iter().filter(|r| {
        let (size, gap) = (r.verdicts().unwrap().size.verdict, r.gap().unwrap());
        match gap {
            GapStatus::Lacking | GapStatus::LackingIndependent => size == SizeStatus::Unknown,
            GapStatus::Undecided => size != SizeStatus::Below,
            _ => false,
        }
    });
    let may_be = may_be.count();
    assert!(may_be > 50, "{may_be}");
    let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root, router: app(state.clone()), state };
    let count = |include: &str| format!("{{ gap(first: 1, include: {include}) {{ totalCount }} }}");
    let undecided = served.data(&count("[UNDECIDED]"), json!({})).await;
    assert_eq!(undecided["gap"]["totalCount"], may_be);
    let both = served.data(&count("[LACKING, UNDECIDED]"), json!({})).await;
    assert_eq!(both["gap"]["totalCount"], may_be as u64 + gap(&edition));
    let plain = served.data("{ gap(first: 1) { totalCount } }", json!({})).await;
    assert_eq!(plain["gap"]["totalCount"], gap(&edition));
}
