//! A finding is in the graph at once, and the edition that shows it is the one that judging the whole city would give.

use std::path::Path;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use huitu::edition::{EditionAsOf, Filter};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, NewFinding, SyncOptions};
use huitu::model::Clock;
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};

use crate::support::graph::settings;

const REGISTRIES: [SimulatedRegistry; 6] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
    SimulatedRegistry::Payments,
];

pub fn clock() -> Clock {
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 10, 1, 4, 0, 0).unwrap());
    clock.clone()
}

/// A hub that reads the extracts of a simulated city from its folder.
pub async fn hub_of(root: &Path, clock: &Clock) -> Hub {
    std::fs::create_dir_all(root.join("city")).unwrap();
    let mut settings = settings(root);
    for registry in REGISTRIES {
        let place = root.join("city").join(format!("{}.csv", registry.name()));
        settings.sources.insert(registry.name().to_owned(), place.display().to_string());
    }
    Hub::open(settings, clock.clone()).await.unwrap()
}

/// Lands the city as it is some days later.
pub async fn sync(hub: &Hub, root: &Path, city: City) {
    write(&city, &root.join("city"), ExtractFormat::Csv).unwrap();
    let registries = REGISTRIES.iter().map(|r| r.name().to_owned()).collect();
    let report = hub.sync(&SyncOptions { registries, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
    assert!(report.edition.is_some(), "{:?}", report.receipts);
}

async fn find(hub: &Hub, id: &str, reason: &str) -> String {
    let new = NewFinding {
        enterprise: id.to_owned(),
        reason: reason.to_owned(),
        note: None,
        by: Some("测试 tester".into()),
        until: None,
        idempotency: None,
    };
    let recorded = hub.add_finding(new, Arc::new(Silent)).await.unwrap();
    assert!(!recorded.pending);
    recorded.row.id.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_are_followed_by_editions_that_say_only_them() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let hub = hub_of(dir.path(), &clock).await;
    sync(&hub, dir.path(), City::new(3, 6_000, 0)).await;
    let first = hub.editions.current().unwrap();
    assert!(first.manifest.parts.is_empty());
    // Of every kind: on the list, a branch, one that a joint union covers, one whose pair waits, one out of scope.
    let any = |facet, value: &str| Filter::Any { facet, values: vec![value.to_owned()] };
    let one = |filter: Filter, at: u32| {
        let rows = first.filter(&filter).unwrap();
        first.enterprise(rows.iter().nth(at as usize).unwrap_or_else(|| panic!("{filter:?} has nobody"))).id().to_owned()
    };
    let branch = first.enterprises().find(|e| e.branch_of().is_some()).map(|e| e.id().to_owned());
    let asked: Vec<String> = [
        one(Filter::InGap, 0),
        one(Filter::InGap, 7),
        one(any("union", "JOINT"), 0),
        one(any("union", "FEDERATION"), 1),
        one(any("union", "POSSIBLE"), 0),
        one(any("union", "INDEPENDENT"), 3),
        one(any("gap", "OUT_OF_SCOPE"), 2),
    ]
    .into_iter()
    .chain(branch)
    .collect();

    hub.follow_cases().await.unwrap();
    let mut findings = Vec::new();
    for (id, reason) in
        asked.iter().zip(["refused", "already", "done_independent", "moved", "already", "branch", "refused", "already"])
    {
        let before = hub.editions.current().unwrap();
        findings.push(find(&hub, id, reason).await);
        let now = hub.editions.current().unwrap();
        assert_eq!(now.number(), before.number() + 1);
        assert_eq!(hub.store.meta("cases_followed").await.unwrap(), Some(now.number().to_string()), "the cases follow too");
        assert!(!now.manifest.parts.is_empty(), "{reason} of {id} judged the whole city");
        assert!(now.enterprise_of_id(id).unwrap().findings().contains(&reason));
        // All but the new part is the edition's before, by the same bytes on the disk.
        let base = |e: &huitu::edition::Edition, name: &str| {
            use std::os::unix::fs::MetadataExt;
            std::fs::metadata(e.folder.join(name)).unwrap().ino()
        };
        let names = if before.manifest.parts.is_empty() { "names.arrow" } else { "0/names.arrow" };
        assert_eq!(base(&before, names), base(&now, "0/names.arrow"));
    }
    let rebuilt = hub.rebuild_edition(hub.editions.current().unwrap().number(), false).await.unwrap();
    assert!(rebuilt.is_equal(), "{:?}", rebuilt.differing);
    // What changed is told as ever, and the graph of before is what it was.
    let changes = hub.store.changes_of(&asked[1], 10).await.unwrap();
    assert!(changes.iter().any(|c| c.what == "gap"), "{changes:?}");
    let before = hub.editions.at(EditionAsOf::Edition(1)).unwrap();
    let told = |edition: &huitu::edition::Edition| edition.enterprise_of_id(&asked[1]).unwrap().gap();
    assert!(told(&first).is_some() && told(&before) == told(&first));

    // Taken back, nobody is judged by them any more; since when somebody lacks a union is told from the day it shows again.
    for id in &findings {
        assert!(!hub.withdraw_finding(id, None, None, Arc::new(Silent)).await.unwrap().pending);
    }
    let last = hub.editions.current().unwrap();
    let rebuilt = hub.rebuild_edition(last.number(), false).await.unwrap();
    assert!(rebuilt.is_equal(), "{:?}", rebuilt.differing);
    assert!(asked.iter().all(|id| last.enterprise_of_id(id).unwrap().findings().is_empty()));
    assert!(last.manifest.parts.len() <= 6, "small parts are taken together: {:?}", last.manifest.parts);

    // The linker remembers what it knew: the next day is followed, not begun anew.
    clock.set(Utc.with_ymd_and_hms(2026, 10, 2, 4, 0, 0).unwrap());
    sync(&hub, dir.path(), City::new(3, 6_000, 1)).await;
    let next = hub.editions.current().unwrap();
    assert!(!next.manifest.parts.is_empty(), "a day's change wrote the whole city");
    let rebuilt = hub.rebuild_edition(next.number(), false).await.unwrap();
    assert!(rebuilt.is_equal(), "{:?}", rebuilt.differing);
    // Its files gone, it is made again by what it said.
    std::fs::remove_dir_all(&next.folder).unwrap();
    let rebuilt = hub.rebuild_edition(next.number(), true).await.unwrap();
    assert!(rebuilt.is_equal() && rebuilt.restored, "{:?}", rebuilt.differing);
    assert_eq!(hub.editions.current().unwrap().manifest.content, next.manifest.content);
}

/// The delivery after somebody first came on the list judged the whole city: since when waiting is counted was told for the first time then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_is_followed_though_it_is_first_known_by_then_since_when_somebody_lacks_a_union() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let hub = hub_of(dir.path(), &clock).await;
    sync(&hub, dir.path(), City::new(3, 6_000, 0)).await;
    let worst = hub.editions.current().unwrap().enterprise(0).id().to_owned();
    clock.set(Utc.with_ymd_and_hms(2026, 10, 5, 4, 0, 0).unwrap());
    let finding = find(&hub, &worst, "not_exist").await;
    clock.set(Utc.with_ymd_and_hms(2026, 10, 6, 4, 0, 0).unwrap());
    hub.withdraw_finding(&finding, None, None, Arc::new(Silent)).await.unwrap();
    let number = i64::from(hub.editions.current().unwrap().number());
    let counted = [hub.store.first_lacking_before(number).await.unwrap(), hub.store.first_lacking().await.unwrap()];
    assert!(matches!(counted, [None, Some(_)]), "{counted:?}");
    clock.set(Utc.with_ymd_and_hms(2026, 10, 7, 4, 0, 0).unwrap());
    write(&City::new(3, 6_000, 1), &dir.path().join("city"), ExtractFormat::Csv).unwrap();
    let registries = REGISTRIES.iter().map(|r| r.name().to_owned()).collect();
    let options = SyncOptions { registries, ..SyncOptions::default() };
    let published = hub.sync(&options, Arc::new(Silent)).await.unwrap().edition.unwrap();
    assert!(published.judged.is_some(), "followed");
    let rebuilt = hub.rebuild_edition(published.number, false).await.unwrap();
    assert!(rebuilt.is_equal(), "{:?}", rebuilt.differing);
}
