//! The simulated city's federation, entered as a demonstration enters it: what the hub says of units, places, posts, services, dispatch and
//! collections is what the generator worked out for itself, and a recount in another language finds the same.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use chrono::{TimeZone, Utc};
use huitu::federation::entry::FederationNoun;
use huitu::hub::federation::SheetOrigin;
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions};
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Options, app};
use huitu::simulate::{self, City, FederationTruth, ServeOptions};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::graph::settings;

const SEED: u64 = 5;
const ENTERPRISES: u64 = 1_500;

struct Played {
    dir: tempfile::TempDir,
    hub: Hub,
    router: Router,
    truth: FederationTruth,
}

/// A city on its feet, pulled once, with its federation entered.
async fn played() -> Played {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let city = dir.path().join("city");
    let served =
        simulate::serve(&city, SEED, ENTERPRISES, 0, ServeOptions { truth: true, ..ServeOptions::default() }).await.unwrap();
    let mut settings = settings(&dir.path().join("data"));
    for source in &served.sources {
        settings.sources.insert(source.registry.to_owned(), source.place.clone());
        if let Some(token) = &source.token {
            let file = city.join("token");
            std::fs::write(&file, token).unwrap();
            settings.secrets.insert(source.registry.to_owned(), file);
        }
    }
    let noon = Utc.from_utc_datetime(&simulate::first_day().and_hms_opt(4, 0, 0).unwrap());
    let mut hub = Hub::open(settings, Clock::fixed(noon)).await.unwrap();
    hub.allow_private = true;
    hub.sync(&SyncOptions::default(), Arc::new(Silent)).await.unwrap();
    served.stop().await;
    let (sheets, targets) = simulate::read_sheets(&city).unwrap().unwrap();
    let origin = SheetOrigin { by: Some("demo".to_owned()), ..SheetOrigin::default() };
    for round in 0..2 {
        for (noun, sheet) in &sheets {
            let noun = FederationNoun::from_name(noun).unwrap();
            let receipt = hub.import_federation(noun, sheet, &origin).await.unwrap();
            assert!(receipt.faults.is_empty() && receipt.kept > 0, "{noun}: {receipt:?}");
            // A second start enters nothing anew.
            assert!(round == 0 || receipt.unchanged == receipt.kept, "{noun}: {receipt:?}");
        }
    }
    let receipt = hub.import_targets(&targets, &origin).await.unwrap();
    assert!(receipt.faults.is_empty() && receipt.kept == 17, "{receipt:?}");
    let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let truth = simulate::federation(&City::new(SEED, ENTERPRISES, 0)).truth;
    let written: Value = serde_json::from_slice(&std::fs::read(city.join("truth/federation.json")).unwrap()).unwrap();
    assert_eq!(written, serde_json::to_value(&truth).unwrap());
    Played { dir, hub, router: app(state), truth }
}

impl Played {
    async fn ask(&self, query: &str) -> Value {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(json!({ "query": query }).to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 26).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(answer.get("errors").is_none(), "{query}: {}", answer["errors"]);
        answer["data"].take()
    }
}

const UNIT: &str = "code counts { enterprises covered lacking undecided employees members } own: counts(own: true) { enterprises }
    pace { done toDo late } staffing { approved filled vacant delegatedChairs } arrears { fresh withinYear older }
    servicesGiven(year: 2026, kind: CARD) { count } dispatch { agreements withoutClause workers membersAtAgencies membersAtHosts careMembers }";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_says_of_the_simulated_federation_is_its_truth_and_a_recount_finds_the_same() {
    let played = played().await;
    let query = format!("{{ unionUnits(levels: [CITY, DISTRICT], first: 50) {{ nodes {{ {UNIT} }} }} }}");
    let answer = played.ask(&query).await;
    let units = answer["unionUnits"]["nodes"].as_array().unwrap();
    assert_eq!(units.len(), 17);
    let fen = |value: &Value| -> i64 { (value.as_str().unwrap().parse::<f64>().unwrap() * 100.0).round() as i64 };
    for unit in units {
        let truth = &played.truth.units[unit["code"].as_str().unwrap()];
        let number = |value: &Value| value.as_u64().unwrap();
        assert_eq!(
            [&unit["pace"]["done"], &unit["pace"]["toDo"], &unit["pace"]["late"]].map(number),
            [truth.done, truth.to_do, truth.late],
            "{unit}"
        );
        let staff = &unit["staffing"];
        assert_eq!(
            [&staff["approved"], &staff["filled"], &staff["vacant"], &staff["delegatedChairs"]].map(number),
            [truth.approved, truth.filled, truth.vacant, truth.delegated_chairs],
            "{unit}"
        );
        let cards: u64 = unit["servicesGiven"].as_array().unwrap().iter().map(|s| number(&s["count"])).sum();
        assert_eq!(cards, truth.cards, "{unit}");
        let d = &unit["dispatch"];
        assert_eq!(
            [
                number(&d["agreements"]),
                number(&d["withoutClause"]),
                number(&d["workers"]),
                number(&d["membersAtAgencies"]) + number(&d["membersAtHosts"]),
                number(&d["careMembers"])
            ],
            [truth.agreements, truth.without_clause, truth.workers, truth.dispatched_members, truth.care_members],
            "{unit}"
        );
        let arrears = &unit["arrears"];
        assert_eq!(fen(&arrears["fresh"]) + fen(&arrears["withinYear"]) + fen(&arrears["older"]), truth.arrears_fen, "{unit}");
    }
    let city = &played.truth.units["BJ"];
    assert!(city.agreements > 0 && city.cards > 0 && city.arrears_fen > 0 && city.late > 0, "{city:?}");
    for (kind, count) in &city.places {
        let query = format!("{{ unionPlaces(kind: {kind}) {{ totalCount }} }}");
        assert_eq!(played.ask(&query).await["unionPlaces"]["totalCount"], *count, "{kind}");
    }
    enterprises_are_at_home(&played, units);
    buildings(&played).await;
    recounted(&played, answer).await;
}

/// Everybody is at home where they truly are, but for the few whose identity or street the registries got wrong.
fn enterprises_are_at_home(played: &Played, units: &[Value]) {
    let city = City::new(SEED, ENTERPRISES, 0);
    let mut there: BTreeMap<String, i64> = BTreeMap::new();
    for number in 0..city.neighbourhoods() {
        for entity in city.neighbourhood(number).entities.iter().filter(|e| e.records.iter().any(|n| *n > 0)) {
            *there.entry(format!("D{}", entity.district)).or_default() += 1;
            *there.entry("BJ".to_owned()).or_default() += 1;
        }
    }
    let edition = played.hub.editions.current().unwrap();
    for unit in units {
        let found = unit["counts"]["enterprises"].as_i64().unwrap();
        let truth = there.get(unit["code"].as_str().unwrap()).copied().unwrap_or(0);
        assert!((found - truth).abs() <= 2 + truth / 50, "{}: {found} at home, {truth} in truth", unit["code"]);
        assert!(unit["code"] != "BJ" || found == edition.len() as i64);
    }
}

/// Buildings: their own lists are found but for names that nobody bears, and most of who is there is known by the address.
async fn buildings(played: &Played) {
    let all = format!("{{ {} }}", ["BUILDING", "PARK"].map(|kind| {
        format!("{kind}: unionPlaces(kind: {kind}, first: 500) {{ nodes {{ code enterprisesThere {{ listed unknown counts {{ enterprises }} }} }} }}")
    }).join(" "));
    let data = played.ask(&all).await;
    let found: HashMap<&str, &Value> = ["BUILDING", "PARK"]
        .iter()
        .flat_map(|kind| data[*kind]["nodes"].as_array().unwrap())
        .map(|place| (place["code"].as_str().unwrap(), &place["enterprisesThere"]))
        .collect();
    assert_eq!(found.len(), played.truth.buildings.len());
    assert!(found.len() > 5, "{} buildings", found.len());
    let (mut listed, mut truly, mut by_address) = (0, 0, 0);
    for (code, truth) in &played.truth.buildings {
        let there = found[code.as_str()];
        assert!(there["unknown"].as_array().unwrap().contains(&json!(truth.unknown[0])), "{code}: {there}");
        assert_eq!(
            there["listed"].as_u64().unwrap() as usize + there["unknown"].as_array().unwrap().len(),
            truth.listed.len() + 1,
            "{code}"
        );
        listed += there["listed"].as_u64().unwrap() as usize;
        truly += truth.there.len();
        by_address += there["counts"]["enterprises"].as_u64().unwrap() as usize;
    }
    let lines: usize = played.truth.buildings.values().map(|truth| truth.listed.len()).sum();
    assert!(listed * 100 >= lines * 97, "{listed} of {lines} lines found");
    assert!(by_address * 100 >= truly * 90, "{by_address} by address, {truly} in truth");
}

/// `tests/recount_federation.py` works the same out again, from what the hub exports and the rules.
async fn recounted(played: &Played, units: Value) {
    let sheets = played.dir.path().join("sheets");
    std::fs::create_dir_all(&sheets).unwrap();
    let columns = "id,name,creditCode,district,town,federation,address,section,industry,industry.edition";
    let verdicts = "%7B%20id%20gap%20%7B%20status%20%7D%20%7D";
    let lists = ["units", "places", "listings", "posts", "dispatch", "collections"];
    let lists = lists.map(|list| (list, format!("/export/federation/{list}.ndjson")));
    for (list, path) in lists.into_iter().chain([
        ("enterprises", format!("/export/enterprises.ndjson?columns={columns}")),
        ("verdicts", format!("/export/enterprises.ndjson?columns={verdicts}")),
    ]) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = played.router.clone().oneshot(request).await.unwrap();
        assert!(response.status().is_success(), "{list}");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 26).await.unwrap();
        std::fs::write(sheets.join(format!("{list}.ndjson")), &bytes).unwrap();
    }
    for file in std::fs::read_dir(played.dir.path().join("city/federation")).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains("work") || name.contains("appraisal") {
            std::fs::copy(&file, sheets.join(name)).unwrap();
        }
    }
    let there = "nodes { code enterprisesThere { listed unknown counts { enterprises covered lacking } } }";
    let more = played
        .ask(&format!("{{ unionAppraisal(year: 2026, level: DISTRICT, on: \"2026-09-30\", first: 50) {{ rank score unit {{ code }} lines {{ rule value points }} }}
            unionPlaces(kind: BUILDING, first: 500) {{ {there} }} }}"))
        .await;
    assert!(more["unionPlaces"]["nodes"].as_array().is_some_and(|all| !all.is_empty()));
    let all = json!({ "units": units["unionUnits"], "appraisal": more["unionAppraisal"], "places": more["unionPlaces"] });
    let answers = played.dir.path().join("answers.json");
    std::fs::write(&answers, all.to_string()).unwrap();
    let recount = async |answers: &Path| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recount_federation.py");
        let mut python = tokio::process::Command::new("python3");
        let told = python.arg(script).args([sheets.as_path(), answers]).args(["--on", "2026-09-30"]).output().await.unwrap();
        (told.status.code(), format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr)))
    };
    let (code, text) = recount(&answers).await;
    assert_eq!(code, Some(0), "{text}");
    for part in ["units: 17", "places: ", "dispatch: ", "funds: 48", "appraisal: 16"] {
        assert!(text.contains(part), "{part} was not recounted: {text}");
    }
    // It would tell: one enterprise more in a unit is named.
    let mut wrong = all;
    wrong["units"]["nodes"][0]["counts"]["covered"] = json!(999_999);
    std::fs::write(&answers, wrong.to_string()).unwrap();
    let (code, text) = recount(&answers).await;
    assert!(code == Some(1) && text.contains("covered: recounted"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stations_and_buildings_that_registries_deliver_become_places_kept_by_the_closest_unit() {
    let dir = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors");
    let stations = dir.path().join("stations.json");
    let sample = std::fs::read_dir(root.join("stations/sample")).unwrap().map(|file| file.unwrap().path());
    let sample =
        std::fs::read_to_string(sample.into_iter().find(|file| file.extension().is_some_and(|e| e == "json")).unwrap()).unwrap();
    std::fs::write(&stations, &sample).unwrap();
    let mut settings = settings(&dir.path().join("data"));
    settings.sources.insert("stations".to_owned(), stations.display().to_string());
    settings.sources.insert("buildings".to_owned(), root.join("buildings/sample/*.xml").display().to_string());
    let noon = Utc.from_utc_datetime(&simulate::first_day().and_hms_opt(4, 0, 0).unwrap());
    let hub = Hub::open(settings, Clock::fixed(noon)).await.unwrap();
    let sync = async || {
        let registries = ["stations", "buildings"].map(str::to_owned).to_vec();
        hub.sync(&SyncOptions { registries, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap()
    };
    let report = sync().await;
    assert!(report.receipts.iter().all(|receipt| receipt.landed > 0), "{:?}", report.receipts);
    assert!(hub.federation().await.unwrap().places.is_empty(), "nobody could keep them");
    let origin = SheetOrigin { source: Some("名册".to_owned()), by: Some("安".to_owned()), ..SheetOrigin::default() };
    let units = "code,name,level,parent,areas\nBJ,市总工会,市,,110000\nD110105,朝阳区总工会,区,BJ,110105\nS1,示例街道总工会,街道,D110105,110105001\n";
    assert_eq!(hub.import_federation(FederationNoun::Unit, units, &origin).await.unwrap().kept, 3);
    let places = async || {
        let federation = hub.federation().await.unwrap();
        let all = federation.places.iter().map(|p| (p.what.code.to_string(), (p.what.clone(), p.by.clone())));
        all.collect::<BTreeMap<_, _>>()
    };
    let all = places().await;
    let (station, by) = &all["stations:FW示例1"];
    assert_eq!((&*station.name, &*station.unit, by.as_deref()), ("示例街道工会服务站", "S1", Some("stations")));
    assert_eq!((station.point, station.serves()), (Some((116.45, 39.92)), true));
    assert_eq!(&*all["stations:FW示例2"].0.unit, "BJ", "no unit is for its district");
    assert_eq!((&*all["buildings:LY示例1"].0.unit, &*all["buildings:LY示例1"].0.name), ("S1", "示例大厦"));
    assert_eq!(all.len(), 4);
    // The same delivery is no new version; a change is one; what a person mended stays as they wrote it.
    let stamp = hub.federation().await.unwrap().stamp;
    sync().await;
    assert_eq!(hub.federation().await.unwrap().stamp, stamp);
    let mended = "code,name,kind,unit,officers\nstations:FW示例2,人工更正的站,STATION,D110105,3\n";
    assert_eq!(hub.import_federation(FederationNoun::Place, mended, &origin).await.unwrap().kept, 1);
    std::fs::write(
        &stations,
        sample.replace("示例街道工会服务站", "更名后的服务站").replace("示例园区工会服务站", "登记库的新名"),
    )
    .unwrap();
    sync().await;
    let all = places().await;
    assert_eq!((&*all["stations:FW示例1"].0.name, &*all["stations:FW示例2"].0.name), ("更名后的服务站", "人工更正的站"));
    assert_eq!(hub.store.federation_history("PLACE", "stations:FW示例1").await.unwrap().len(), 2);
}

/// What `huitu demo` enters with its usual city, and with others: a sheet that says something twice is refused as a whole.
#[test]
fn no_sheet_of_a_simulated_federation_says_anything_twice() {
    for (seed, enterprises) in [(1, 20_000), (1, 3_000), (2, 8_000), (7, 40_000)] {
        let made = simulate::federation(&City::new(seed, enterprises, 0));
        for (noun, sheet) in &made.sheets {
            let mut lines: Vec<&str> = sheet.lines().collect();
            let count = lines.len();
            lines.sort_unstable();
            lines.dedup();
            assert_eq!(lines.len(), count, "{noun} of {enterprises} enterprises, seed {seed}");
        }
    }
}
