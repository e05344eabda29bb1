//! The simulated city: the same by the same seed, believable, and honest about its truth.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use huitu::model::identifier::{CreditCode, RegistrationNumber};
use huitu::simulate::{
    self, City, EntityKind, ExtractFormat, InjectedFault, ServeOptions, SimulatedRegistry, SimulatedRow, header,
};

fn rows(city: &City, registry: SimulatedRegistry) -> Vec<SimulatedRow> {
    let mut all = Vec::new();
    simulate::stream(city, registry, |rows| {
        all.extend(rows);
        Ok::<(), ()>(())
    })
    .unwrap();
    all
}

fn column(registry: SimulatedRegistry, name: &str) -> usize {
    header(registry).iter().position(|c| *c == name).unwrap_or_else(|| panic!("{name}"))
}

fn table(path: &Path) -> Vec<HashMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_city_and_another_seed_another() {
    let dir = tempfile::tempdir().unwrap();
    for (name, seed) in [("a", 7), ("b", 7), ("c", 8)] {
        simulate::write(&City::new(seed, 700, 0), &dir.path().join(name), ExtractFormat::Csv).unwrap();
    }
    let files = [
        "commerce",
        "tax",
        "social_insurance",
        "statistics",
        "unions",
        "payments",
        "truth/truth",
        "truth/entities",
        "truth/verdicts",
    ];
    for file in files {
        let read = |city: &str| fs::read(dir.path().join(city).join(format!("{file}.csv"))).unwrap();
        assert!(read("a").len() > 5000, "{file}");
        assert_eq!(read("a"), read("b"), "{file}");
        assert_ne!(read("a"), read("c"), "{file}");
    }
}

#[test]
fn every_identifier_is_valid_and_no_two_enterprises_share_one() {
    let city = City::new(3, 6000, 5);
    let (mut codes, mut names) = (HashSet::new(), HashSet::new());
    for number in 0..city.neighbourhoods() {
        for e in city.neighbourhood(number).entities {
            let code = CreditCode::parse(&e.credit_code).unwrap_or_else(|| panic!("{}", e.credit_code));
            assert!(codes.insert(code.organisation_code()), "{code} twice");
            assert!(!code.is_union());
            assert_eq!(e.kind == EntityKind::Individual, e.credit_code.starts_with("92"));
            if let Some(number) = &e.registration_number {
                assert!(RegistrationNumber::parse(number).is_some(), "{number}");
            }
            names.insert(e.name.full());
        }
    }
    assert_eq!(codes.len() as u64, city.population());
    // Renamed later, two firms may meet on one name; on the first day none do.
    assert!(names.len() as u64 >= city.population() - 3, "{} names", names.len());
    let own = column(SimulatedRegistry::Unions, "工会统一社会信用代码");
    let unions = rows(&city, SimulatedRegistry::Unions);
    let written = unions.iter().filter(|r| !r.cells[own].is_empty()).inspect(|r| {
        assert!(CreditCode::parse(&r.cells[own]).is_some_and(|c| c.is_union()), "{}", r.cells[own]);
    });
    assert!(written.count() > 20);
}

#[test]
fn sizes_are_log_normal_and_large_firms_few() {
    let city = City::new(11, 12_000, 0);
    let mut logs: Vec<f64> = (0..city.neighbourhoods())
        .flat_map(|n| city.neighbourhood(n).entities)
        .filter(|e| e.kind == EntityKind::Company && e.employees > 0)
        .map(|e| f64::from(e.employees).ln())
        .collect();
    logs.sort_by(f64::total_cmp);
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let deviation = (logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let skew = logs.iter().map(|x| ((x - mean) / deviation).powi(3)).sum::<f64>() / n;
    // Symmetric in the logarithm, but for the many of one head at the lower end.
    assert!((0.3..1.2).contains(&skew), "skew {skew}");
    assert!((1.2..1.8).contains(&deviation), "deviation {deviation}");
    let median = logs[logs.len() / 2].exp();
    assert!((3.0..8.0).contains(&median), "median {median}");
    let large = logs.iter().filter(|x| x.exp() >= 300.0).count() as f64 / n;
    assert!((0.002..0.03).contains(&large), "{large}");
}

#[test]
fn no_phone_can_be_dialled_and_every_district_is_there() {
    let city = City::new(5, 4000, 0);
    let mut phones = 0;
    for registry in
        [SimulatedRegistry::Tax, SimulatedRegistry::SocialInsurance, SimulatedRegistry::Statistics, SimulatedRegistry::Unions]
    {
        let at = column(registry, "联系电话");
        for row in rows(&city, registry) {
            let phone = &row.cells[at];
            assert!(phone.is_empty() || phone.starts_with("010-0") && phone.len() == 12, "{phone}");
            phones += usize::from(!phone.is_empty());
        }
    }
    assert!(phones > 1000);
    let district = column(SimulatedRegistry::Commerce, "登记机关");
    let districts: HashSet<String> =
        rows(&city, SimulatedRegistry::Commerce).into_iter().map(|r| r.cells[district].clone()).collect();
    assert_eq!(districts.len(), 16, "{districts:?}");
}

#[test]
fn the_truth_agrees_with_itself_and_with_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let city = City::new(21, 5000, 2);
    let summary = simulate::write(&city, dir.path(), ExtractFormat::Csv).unwrap();
    let truth = dir.path().join("truth");
    let entities: HashMap<String, HashMap<String, String>> =
        table(&truth.join("entities.csv")).into_iter().map(|r| (r["entity_id"].clone(), r)).collect();
    let records = table(&truth.join("truth.csv"));
    assert_eq!(records.len() as u64, summary.rows[..5].iter().sum::<u64>(), "every row has its truth");
    let mut written: HashMap<(String, String), csv::StringRecord> = HashMap::new();
    for registry in &SimulatedRegistry::ALL[..5] {
        let mut reader = csv::Reader::from_path(dir.path().join(format!("{}.csv", registry.name()))).unwrap();
        for row in reader.records() {
            let row = row.unwrap();
            assert!(written.insert((registry.name().to_owned(), row[0].to_owned()), row).is_none(), "a key twice");
        }
    }
    let mut on_roll = HashSet::new();
    for record in &records {
        let entity = &entities[&record["entity_id"]];
        let row = &written[&(record["registry"].clone(), record["record_id"].clone())];
        if record["registry"] == "unions" {
            on_roll.insert(record["entity_id"].clone());
        }
        if record["has_id"] == "1" {
            let own = &entity["uscc"][8..17];
            let leads = row.iter().take(5).any(|cell| cell.replace('-', "").contains(own));
            assert!(leads, "{record:?} says its identifiers lead to {own}: {row:?}");
        }
    }
    for (id, entity) in &entities {
        assert_eq!(entity["has_union"] == "1", on_roll.contains(id), "{id}");
    }
    let mut seen = HashMap::new();
    for verdict in table(&truth.join("verdicts.csv")) {
        assert_eq!(entities[&verdict["entity_id"]]["above_scale"] == "1", verdict["size"] == "ABOVE");
        let (size, coverage) = (verdict["size"].as_str(), verdict["coverage"].as_str());
        let expected = match (coverage, size) {
            _ if verdict["gap_reason"].starts_with("out_") => "OUT_OF_SCOPE",
            ("INDEPENDENT" | "PARENT", _) => "COVERED",
            ("JOINT" | "FEDERATION", "ABOVE") => "LACKING_INDEPENDENT",
            ("JOINT" | "FEDERATION", "BELOW") => "COVERED",
            ("JOINT" | "FEDERATION", _) => "UNDECIDED",
            _ => "LACKING",
        };
        assert_eq!(verdict["gap"], expected, "{verdict:?}");
        *seen.entry(verdict["gap_reason"].clone()).or_insert(0) += 1;
    }
    for reason in [
        "out_deregistered",
        "out_moved",
        "out_branch",
        "out_individual",
        "out_no_staff",
        "out_grace",
        "covered_independent",
        "covered_parent",
        "covered_joint",
        "covered_federation",
        "lacking_only_joint",
        "undecided_size",
        "lacking_preparing",
        "lacking_none",
    ] {
        assert!(seen.contains_key(reason), "no enterprise is {reason}: {seen:?}");
    }
}

#[test]
fn a_day_later_about_one_percent_has_changed_and_keys_have_stayed() {
    let cities = [City::new(9, 20_000, 0), City::new(9, 20_000, 1)];
    let (mut changed, mut all, mut gone, mut new) = (0, 0, 0, 0);
    for registry in &SimulatedRegistry::ALL[..5] {
        let [before, after] = cities.each_ref().map(|c| {
            rows(c, *registry).into_iter().map(|r| (r.cells[0].clone(), (r.cells, r.entity_id))).collect::<HashMap<_, _>>()
        });
        all += before.len();
        for (key, (cells, entity)) in &before {
            match after.get(key) {
                None => gone += 1,
                Some((then, same)) => {
                    assert_eq!(entity, same, "{key} is still of the same enterprise");
                    changed += usize::from(then != cells);
                }
            }
        }
        new += after.keys().filter(|k| !before.contains_key(*k)).count();
    }
    let share = (changed + gone + new) as f64 / all as f64;
    assert!((0.006..0.015).contains(&share), "{share}");
    assert!(changed > 200 && gone >= 3 && new > 50, "{changed} changed, {gone} gone, {new} new");
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

async fn ask(client: &reqwest::Client, url: &str, token: Option<&str>) -> reqwest::Response {
    let request = client.get(url);
    match token {
        Some(token) => request.bearer_auth(token).send().await.unwrap(),
        None => request.send().await.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn departments_hold_what_the_extracts_say() {
    let dir = tempfile::tempdir().unwrap();
    let city = City::new(4, 2500, 0);
    let served = simulate::serve(dir.path(), 4, 2500, 0, ServeOptions { truth: true, ..ServeOptions::default() }).await.unwrap();
    let place = |registry: &str| served.source(registry).unwrap().place.clone();

    let text = fs::read(place("tax")).unwrap();
    assert!(std::str::from_utf8(&text).is_err(), "GB18030 is no UTF-8");
    let (text, _, broken) = encoding_rs::GB18030.decode(&text);
    assert!(!broken);
    let read: Vec<Vec<String>> =
        csv::Reader::from_reader(text.as_bytes()).records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(read, rows(&city, SimulatedRegistry::Tax).into_iter().map(|r| r.cells).collect::<Vec<_>>());

    let unions = fs::read(place("unions")).unwrap();
    assert!(unions.starts_with(b"\xEF\xBB\xBF"));
    assert_eq!(csv::Reader::from_reader(&unions[3..]).records().count(), rows(&city, SimulatedRegistry::Unions).len());

    let book = place("statistics").replace('*', "statistics_1");
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(book).unwrap();
    let sheet = calamine::Reader::worksheet_range_at(&mut book, 0).unwrap().unwrap();
    let statistics = rows(&city, SimulatedRegistry::Statistics);
    assert_eq!(sheet.height(), statistics.len() + 1);
    for (line, row) in sheet.rows().skip(1).zip(&statistics) {
        assert_eq!(line[3].to_string(), row.cells[3]);
        assert_eq!(line[9].to_string(), row.cells[9], "headcount");
    }

    let url = format!("{}?mode=ro", place("social_insurance"));
    let mut database = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM social_insurance").fetch_one(&mut database).await.unwrap();
    assert_eq!(count as usize, rows(&city, SimulatedRegistry::SocialInsurance).len());
    let newest: String = sqlx::query_scalar("SELECT max(更新时间) FROM social_insurance").fetch_one(&mut database).await.unwrap();
    assert!(newest.as_str() < "2026-10-01", "{newest}");
    assert!(dir.path().join("truth/verdicts.csv").exists());
    served.stop().await;

    // The second time the files are there already.
    let stamp = fs::metadata(dir.path().join("tax/tax.csv")).unwrap().modified().unwrap();
    let again = simulate::serve(dir.path(), 4, 2500, 0, ServeOptions::default()).await.unwrap();
    assert_eq!(fs::metadata(dir.path().join("tax/tax.csv")).unwrap().modified().unwrap(), stamp);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commerce_registry_pages_and_guards_itself() {
    let dir = tempfile::tempdir().unwrap();
    let options = ServeOptions { token: Some("sesame".into()), requests_per_sec: 0, ..ServeOptions::default() };
    let served = simulate::serve(dir.path(), 6, 2300, 0, options).await.unwrap();
    let place = served.source("commerce").unwrap().place.clone();
    let client = client();
    let token = Some("sesame");
    let expected = rows(&City::new(6, 2300, 0), SimulatedRegistry::Commerce);
    let mut names = Vec::new();
    for page in 1..=4 {
        let response = ask(&client, &format!("{place}?page={page}&size=1000"), token).await;
        assert!(response.headers().contains_key("etag"));
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["code"], 200);
        assert_eq!(body["data"]["total"], expected.len());
        names.extend(body["data"]["items"].as_array().unwrap().iter().map(|i| i["企业名称"].as_str().unwrap().to_owned()));
    }
    assert_eq!(names, expected.iter().map(|r| r.cells[3].clone()).collect::<Vec<_>>());
    assert_eq!(ask(&client, &format!("{place}?page=9&size=1000"), token).await.status(), 200, "a page after the last is empty");
    assert_eq!(ask(&client, &format!("{place}?page=1&size=5000"), token).await.status(), 400);
    assert_eq!(ask(&client, &place, None).await.status(), 401);
    assert_eq!(ask(&client, &place, Some("open")).await.status(), 401);

    let code = expected.iter().map(|r| r.cells[1].clone()).find(|c| c.len() == 18).unwrap();
    let found: serde_json::Value =
        ask(&client, &format!("{place}/lookup?codes={code},000000000000000000"), token).await.json().await.unwrap();
    assert_eq!(found["data"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"]["items"][0]["统一社会信用代码"], code.as_str());

    let whole = ask(&client, &format!("{place}?page=2"), token).await.bytes().await.unwrap();
    for (fault, name) in InjectedFault::ALL {
        served.faults.set_for(fault, 2, 1);
        assert_eq!(ask(&client, &format!("{place}?page=1&size=10"), token).await.status(), 200, "{name} begins at page 2");
        let url = format!("{place}?page=2");
        let response = ask(&client, &url, token).await;
        let status = response.status().as_u16();
        match fault {
            InjectedFault::EmptyList => assert_eq!(response.json::<serde_json::Value>().await.unwrap()["data"]["total"], 0),
            InjectedFault::Html => assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>")),
            InjectedFault::ErrorCode => assert_eq!(response.json::<serde_json::Value>().await.unwrap()["code"], 500),
            InjectedFault::Truncated => assert_eq!(response.bytes().await.unwrap().len(), whole.len() / 2),
            InjectedFault::Status500 => assert_eq!(status, 500),
            InjectedFault::Redirect => assert_eq!(status, 302),
            InjectedFault::WrongToken => assert_eq!(status, 401),
            InjectedFault::Endless => {
                let (mut response, mut read) = (response, 0);
                while read < 3 * whole.len() {
                    read += response.chunk().await.unwrap().expect("it does not end").len();
                }
            }
            // Nothing comes, or nearly nothing, within the time that a whole page needs many times over.
            InjectedFault::Hang | InjectedFault::Drip => {
                let body = tokio::time::timeout(std::time::Duration::from_millis(300), response.bytes()).await;
                assert!(body.is_err(), "{name}");
            }
        }
        let after = ask(&client, &url, token).await.bytes().await.unwrap();
        assert_eq!(after, whole, "after {name} all is well again");
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_to_wait() {
    let dir = tempfile::tempdir().unwrap();
    let options = ServeOptions { requests_per_sec: 3, token: None, ..ServeOptions::default() };
    let served = simulate::serve(dir.path(), 2, 100, 0, options).await.unwrap();
    let place = served.source("commerce").unwrap().place.clone();
    let client = client();
    let mut refused = 0;
    for _ in 0..8 {
        let response = ask(&client, &place, None).await;
        if response.status() == 429 {
            assert_eq!(response.headers()["retry-after"], "1");
            refused += 1;
        }
    }
    assert!(refused >= 3, "{refused} of 8");
    served.stop().await;
}

#[test]
fn a_spoilt_file_is_empty_half_or_a_web_page() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tax.csv");
    let spoilt = |fault| {
        fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
        simulate::spoil_file(&path, fault).unwrap();
        fs::read_to_string(&path).unwrap()
    };
    assert_eq!(spoilt(InjectedFault::EmptyList), "a,b\n");
    assert_eq!(spoilt(InjectedFault::Truncated), "a,b\n1,");
    assert!(spoilt(InjectedFault::Html).contains("<html>"));
    assert_eq!(spoilt(InjectedFault::Hang), "a,b\n1,2\n3,4\n");
}
