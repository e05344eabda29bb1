//! The guard on publications: what differs too far from what is published waits for a person, and nothing is lost meanwhile.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use chrono::{TimeZone, Utc};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, NewFinding, SyncReport, Watched};
use huitu::land::receipt::SyncOutcome;
use huitu::model::Clock;
use huitu::model::message::Lang;
use huitu::serve::{App, Authentication, Options, app};
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};
use serde_json::json;

use crate::needs::{city, clock, gap, sync};
use crate::support::graph::Served;

/// The roll of another city: as many rows under the same keys, and no union of ours.
fn another_roll(root: &Path) {
    let other = tempfile::tempdir().unwrap();
    write(&City::new(77, 600, 0), other.path(), ExtractFormat::Csv).unwrap();
    let name = format!("{}.csv", SimulatedRegistry::Unions.name());
    std::fs::copy(other.path().join(&name), root.join("city").join(&name)).unwrap();
}

fn own_roll(root: &Path) {
    let again = tempfile::tempdir().unwrap();
    write(&City::new(5, 600, 0), again.path(), ExtractFormat::Csv).unwrap();
    let name = format!("{}.csv", SimulatedRegistry::Unions.name());
    std::fs::copy(again.path().join(&name), root.join("city").join(&name)).unwrap();
}

/// Syncs the roll; where its batch is held for what vanished, a person lets it pass.
async fn roll_lands(hub: &Hub) -> SyncReport {
    let report = sync(hub, &["unions"]).await;
    let receipt = &report.receipts[0];
    if receipt.outcome == SyncOutcome::Held {
        hub.decide_batch(receipt.batch.unwrap(), true, "甲", "看过", Arc::new(Silent)).await.unwrap();
        return sync(hub, &["unions"]).await;
    }
    report
}

async fn finding(hub: &Hub, clock: &Clock, hour: u32) -> String {
    clock.set(Utc.with_ymd_and_hms(2026, 10, 1, hour, 0, 0).unwrap());
    let worst = hub.editions.current().unwrap().enterprise(0).id().to_owned();
    let (reason, by) = ("not_exist".to_owned(), Some("乙".to_owned()));
    let new = NewFinding { enterprise: worst.clone(), reason, note: None, until: None, by, idempotency: None };
    hub.add_finding(new, Arc::new(Silent)).await.unwrap();
    worst
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_citys_roll_waits_for_a_person_through_restarts_findings_and_a_second_hold() {
    let root = tempfile::tempdir().unwrap();
    let clock = clock();
    let hub = city(root.path(), &clock, |_| {}).await;
    sync(&hub, &[]).await;
    let published = gap(&hub.editions.current().unwrap());
    another_roll(root.path());
    let report = roll_lands(&hub).await;
    let held = report.held.clone().expect("the edition waits");
    assert!(report.edition.is_none() && held.waits() && report.needs_attention());
    let measures: Vec<Watched> = held.jumps.iter().map(|j| j.measure).collect();
    assert!(measures.contains(&Watched::Covered), "{:?}", held.jumps);
    assert!(held.causes.iter().any(|c| c.zh.starts_with("基层工会名册：")), "{:?}", held.causes);
    for (lang, words) in [(Lang::Zh, ["等待人工决定", "工会覆盖单位"]), (Lang::En, ["waits for a person", "units covered"])]
    {
        let said = held.text(lang);
        assert!(words.iter().all(|w| said.contains(w)) && said.contains("edition release 1"), "{said}");
    }
    let said = huitu::cli::sync::receipt_text(&report, huitu::cli::LangArg::Zh);
    assert!(said.contains("等待人工决定") && !said.contains("没有变化"), "{said}");
    assert_eq!((hub.editions.current().unwrap().number(), gap(&hub.editions.current().unwrap())), (1, published));

    // A restart, and the same data again: it still waits, and is not linked again for nothing.
    hub.store.close().await;
    let hub = {
        let settings = (*hub.settings).clone();
        drop(hub);
        Hub::open(settings, clock.clone()).await.unwrap()
    };
    let again = sync(&hub, &[]).await;
    assert_eq!(again.held.as_ref().map(|h| h.id), Some(held.id));
    assert!(again.edition.is_none());

    // A finding meanwhile is kept, and looked at with the rest: the person who saw the first hold did not see this.
    let gone = finding(&hub, &clock, 5).await;
    assert_eq!(hub.editions.current().unwrap().number(), 1);
    let second = hub.held_edition().await.unwrap().expect("it waits");
    assert_eq!(second.id, held.id + 1);
    let refused = hub.release_edition(Some(held.id), "甲", "看过", Arc::new(Silent)).await.map(|_| ()).unwrap_err();
    assert!(refused.text(Lang::Zh).contains("请重新核对"), "{refused}");
    let (released, edition) = hub.release_edition(Some(second.id), "甲", "换了名册", Arc::new(Silent)).await.unwrap();
    assert_eq!((released.state.as_str(), released.edition), ("PUBLISHED", Some(2)));
    assert_eq!(edition.map(|e| e.number), Some(2));
    let current = hub.editions.current().unwrap();
    assert_ne!(gap(&current), published);
    let found = current.enterprise_of_id(&gone).unwrap();
    assert_eq!(found.gap(), Some(huitu::model::verdict::GapStatus::OutOfScope), "the finding is in it");
    assert!(hub.held_edition().await.unwrap().is_none());
    assert!(hub.rebuild_edition(2, false).await.unwrap().is_equal());

    // A rule that is changed and changed back: what waited is of no concern any more.
    let strict = |hub: &Hub| {
        let mut settings = (*hub.settings).clone();
        settings.policy.grace_months = 1_200;
        settings
    };
    let other = Hub::open(strict(&hub), clock.clone()).await.unwrap();
    assert!(sync(&other, &[]).await.held.is_some_and(|h| h.waits() && h.causes.iter().any(|c| c.zh == "政策参数有改动")));
    assert!(sync(&hub, &[]).await.held.is_none());
    drop(other);

    // The city's own roll again: that jumps as well. Rejected, it is left alone until the data change.
    own_roll(root.path());
    let report = roll_lands(&hub).await;
    let third = report.held.expect("it waits");
    let rejected = hub.reject_edition(None, "甲", "先问名册").await.unwrap();
    assert_eq!((rejected.id, rejected.state.as_str()), (third.id, "REJECTED"));
    clock.set(Utc.with_ymd_and_hms(2026, 10, 2, 4, 0, 0).unwrap());
    let report = sync(&hub, &[]).await;
    assert!(report.edition.is_none() && !report.needs_attention(), "{:?}", report.held);
    let said = huitu::cli::sync::receipt_text(&report, huitu::cli::LangArg::En);
    assert!(said.contains("was rejected (先问名册)"), "{said}");
    let nothing = hub.release_edition(None, "甲", "又看过", Arc::new(Silent)).await.map(|_| ()).unwrap_err();
    assert!(nothing.to_string().contains("no edition waits"), "{nothing}");
    clock.set(Utc.with_ymd_and_hms(2026, 10, 2, 6, 0, 0).unwrap());
    let findings = hub.store.findings(None).await.unwrap();
    hub.withdraw_finding(&findings[0].id, None, None, Arc::new(Silent)).await.unwrap();
    assert!(hub.held_edition().await.unwrap().expect("other data, another look").waits());
    hub.release_edition(None, "甲", "核对过", Arc::new(Silent)).await.unwrap();
    assert_eq!(gap(&hub.editions.current().unwrap()), published, "nothing was lost on the way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_release_and_swap_the_edition_is_published_by_the_next_sync() {
    let root = tempfile::tempdir().unwrap();
    let clock = clock();
    let hub = city(root.path(), &clock, |_| {}).await;
    sync(&hub, &[]).await;
    another_roll(root.path());
    let held = roll_lands(&hub).await.held.expect("it waits");
    // All that a release does before it publishes.
    assert!(hub.store.decide_held_edition(held.id, "RELEASED", "甲", "看过", 1).await.unwrap());
    hub.store.close().await;
    let settings = (*hub.settings).clone();
    drop(hub);
    let hub = Hub::open(settings, clock.clone()).await.unwrap();
    assert_eq!(hub.editions.current().unwrap().number(), 1, "what was published answers");
    let refused = hub.reject_edition(None, "甲", "doch nicht").await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("released already"), "{refused}");
    let report = sync(&hub, &[]).await;
    assert_eq!(report.edition.map(|e| e.number), Some(2));
    assert!(report.held.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_graph_shows_what_waits_and_releases_it() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    sync(&hub, &[]).await;
    another_roll(root.path());
    roll_lands(&hub).await;
    let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root, router: app(state.clone()), state };
    let question =
        "{ heldEdition { id state jumps { figure before after limitPercent } causes } gap(first: 1) { edition { number } } }";
    let answer = served.data(question, json!({})).await;
    let held = &answer["heldEdition"];
    assert_eq!((&held["state"], &answer["gap"]["edition"]["number"]), (&json!("HELD"), &json!(1)), "{answer}");
    let mutation = "mutation($held: ID!) { releaseEdition(input: { held: $held, reason: \"核对过\" }) {
        held { state decidedBy reason } edition { number missingSources { verdict } } userErrors { message } } }";
    let wrong = served.data(mutation, json!({ "held": "held:99" })).await;
    assert!(wrong["releaseEdition"]["userErrors"][0]["message"].as_str().unwrap().contains("99"), "{wrong}");
    let released = served.data(mutation, json!({ "held": held["id"] })).await;
    let payload = &released["releaseEdition"];
    assert_eq!((&payload["edition"]["number"], &payload["held"]["state"]), (&json!(2), &json!("PUBLISHED")), "{released}");
    // The demonstration has no payments: the fund says so, the list does not rest on them.
    assert_eq!(payload["edition"]["missingSources"], json!([{ "verdict": "FUND" }]));
    let (_, _, metrics) = served.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains("huitu_edition_held 0") && metrics.contains("huitu_sources_missing 0"), "{metrics}");

    // As of an instant, a number, a day: with the variable type that documents have always had.
    let published = hub.editions.number(1).unwrap().manifest.published_at;
    for (as_of, number) in [("edition:1", 1), ("2", 2), ("2026-10-01", 2), (published.to_rfc3339().as_str(), 2)] {
        let asked = "query($d: Date) { gap(first: 1, asOf: $d) { edition { number } } }";
        let answer = served.data(asked, json!({ "d": as_of })).await;
        assert_eq!(answer["gap"]["edition"]["number"], number, "{as_of}");
    }
    let wrong = served.ask("{ gap(first: 1, asOf: \"yesterday\") { totalCount } }", json!({})).await;
    assert!(wrong["errors"][0]["message"].as_str().unwrap().contains("edition:12"), "{wrong}");
}

/// Keeps the header and so many rows of the roll.
fn rows_of_roll(root: &Path, rows: usize) {
    let file = root.join("city").join(format!("{}.csv", SimulatedRegistry::Unions.name()));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.split_inclusive('\n').take(rows + 1).collect::<String>()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_roll_of_five_rows_publishes_nothing_until_the_whole_roll_lands() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    rows_of_roll(root.path(), 5);
    let report = sync(&hub, &[]).await;
    let held = report.held.clone().expect("the first edition waits");
    assert!(report.edition.is_none() && held.waits() && report.needs_attention() && held.jumps.is_empty());
    assert_eq!(held.causes.iter().map(|c| &*c.code).collect::<Vec<_>>(), ["first_roll_covers_few"]);
    let zh = huitu::cli::sync::receipt_text(&report, huitu::cli::LangArg::Zh);
    assert!(zh.contains("等待人工决定") && zh.contains("名册只覆盖") && zh.contains("edition release 1"), "{zh}");
    let en = huitu::cli::sync::receipt_text(&report, huitu::cli::LangArg::En);
    assert!(en.contains("can hardly be this city's whole roll") && en.contains("above designated size the roll covers"), "{en}");
    assert!(hub.editions.current().is_err(), "nothing is published");
    // The same data again: it still waits, under the same number.
    assert_eq!(sync(&hub, &[]).await.held.map(|h| h.id), Some(held.id));
    let rejected = hub.reject_edition(Some(held.id), "甲", "只有五行").await.unwrap();
    assert!(!rejected.waits() && rejected.text(Lang::En).contains("was rejected (只有五行)"));
    let again = sync(&hub, &[]).await;
    assert!(again.edition.is_none() && !again.needs_attention());
    own_roll(root.path());
    let report = sync(&hub, &["unions"]).await;
    assert_eq!(report.edition.map(|e| e.number), Some(1));
    assert!(report.held.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_citys_roll_at_the_first_sync_waits_and_a_person_may_release_it() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    another_roll(root.path());
    let held = sync(&hub, &[]).await.held.expect("the first edition waits");
    let cause = held.causes.iter().find(|c| c.code == "first_roll_not_placed").expect("its unions stand nowhere here");
    assert!(cause.zh.contains("可能是别的城市的名册") && cause.en.contains("another city's roll"), "{cause:?}");
    assert!(hub.editions.current().is_err(), "nothing is published");
    let (released, edition) = hub.release_edition(Some(held.id), "甲", "确是本市名册", Arc::new(Silent)).await.unwrap();
    assert_eq!((released.state.as_str(), released.edition), ("PUBLISHED", Some(1)));
    assert_eq!(edition.map(|e| e.number), Some(1));
    assert!(hub.rebuild_edition(1, false).await.unwrap().is_equal());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_that_comes_after_the_first_edition_is_looked_at_as_a_first_one() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    assert_eq!(sync(&hub, &["commerce", "tax", "statistics", "social_insurance"]).await.edition.map(|e| e.number), Some(1));
    another_roll(root.path());
    let report = sync(&hub, &["unions"]).await;
    assert!(report.edition.is_none() && report.held.is_some_and(|held| held.waits() && held.jumps.is_empty()));
    assert_eq!(hub.editions.current().unwrap().number(), 1, "what was published answers");
    hub.reject_edition(None, "甲", "不是本市的").await.unwrap();
    own_roll(root.path());
    let report = roll_lands(&hub).await;
    assert_eq!(hub.editions.current().unwrap().number(), 2, "{:?}", report.held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_cities_half_a_roll_and_a_policy_that_asks_for_nothing_publish_their_first_edition() {
    for (rows, enterprises, lenient) in [(usize::MAX, 60, false), (40, 600, false), (5, 600, true)] {
        let root = tempfile::tempdir().unwrap();
        let hub = city(root.path(), &clock(), |settings| {
            if lenient {
                settings.policy.publication.first_covered_percent = 0.0;
            }
        })
        .await;
        if enterprises != 600 {
            write(&City::new(5, enterprises, 0), &root.path().join("city"), ExtractFormat::Csv).unwrap();
        }
        rows_of_roll(root.path(), rows.min(100_000));
        let report = sync(&hub, &[]).await;
        assert_eq!(report.edition.map(|e| e.number), Some(1), "{rows} rows, {enterprises}: {:?}", report.held);
    }
}
