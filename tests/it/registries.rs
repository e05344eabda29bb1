//! Ten departments at once: one that hangs keeps nobody waiting, schedules are kept, live questions are asked in batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use huitu::model::Clock;
use serde_json::{Value, json};

use crate::support::hub::{TestHub, Told, house, manifest, morning, rows};

struct Server(std::net::SocketAddr, tokio::task::JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.1.abort();
    }
}

async fn server(app: Router) -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    Server(address, tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }))
}

fn file(name: &str, rest: &str) -> (String, String) {
    (name.to_owned(), manifest(name, "", &format!("transport = \"file\"\nplace = \"../../drop/{name}.csv\""), rest))
}

async fn nine_and(tenth: (&str, String)) -> TestHub {
    let files: Vec<(String, String)> = (1..10).map(|i| file(&format!("r{i}"), "")).collect();
    let mut all: Vec<(&str, String)> = files.iter().map(|(n, m)| (n.as_str(), m.clone())).collect();
    all.push(tenth);
    let house = house(&all, morning()).await;
    for i in 1..10 {
        house.write(&format!("drop/r{i}.csv"), rows(5));
    }
    house
}

async fn states(house: &TestHub) -> Vec<(String, String, Value)> {
    let answer = house.serve(&[]).await.ask("{ registries { name state lateSince lastGood } }").await;
    assert!(answer["errors"].is_null(), "{answer}");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    answer["data"]["registries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (text(&r["name"]), text(&r["state"]), r["lateSince"].clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_of_ten_registries_hanging_the_other_nine_are_current_and_the_graph_says_which_is_late() {
    // It takes the connection and never says a word.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hole = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            held.push(socket);
        }
    });
    let source = format!("transport = \"http\"\nformat = \"json\"\nplace = \"http://{address}/list\"");
    let manners = "[manners]\nretries = 0\nread_timeout_secs = 6\ntotal_timeout_secs = 6\n";
    let mut house = nine_and(("blackhole", manifest("黑洞", "", &source, manners))).await;
    house.hub.stall_timeout = Duration::from_millis(400);
    let hub = house.hub.clone();
    let (told, mut steps) = tokio::sync::mpsc::unbounded_channel();
    let syncing = tokio::spawn(async move { hub.sync(&Default::default(), Arc::new(Told(told))).await.unwrap() });
    // The edition is there although one registry still hangs.
    while house.hub.editions.current().is_err() {
        let step = tokio::time::timeout(Duration::from_secs(60), steps.recv()).await;
        assert!(!syncing.is_finished() && step.is_ok_and(|s| s.is_some()), "no edition while one registry hangs");
    }
    assert!(!syncing.is_finished(), "published before the hanging registry's time was over");
    assert_eq!(house.hub.editions.current().unwrap().manifest.sources.len(), 9);
    let check = |all: Vec<(String, String, Value)>, expected: &str| {
        for (name, state, since) in all {
            match name.as_str() {
                "blackhole" => assert_eq!((state.as_str(), &since), (expected, &json!("2026-11-22T02:00:00Z"))),
                other => assert_eq!((state.as_str(), &since), ("CURRENT", &Value::Null), "{other}"),
            }
        }
    };
    check(states(&house).await, "LATE");
    let report = syncing.await.unwrap();
    assert_eq!(report.receipts.len(), 10);
    assert!(report.edition.is_some());
    check(states(&house).await, "FAILING");
    let door = house.serve(&[]).await;
    let metrics = door.bytes(axum::http::Request::get("/metrics").body(axum::body::Body::empty()).unwrap()).await.2;
    let metrics = String::from_utf8(metrics).unwrap();
    for line in [
        "huitu_registry_state{registry=\"blackhole\",state=\"FAILING\"} 1",
        "huitu_registry_state{registry=\"r1\",state=\"CURRENT\"} 1",
        "huitu_batches_held 0",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    hole.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_missed_its_schedule_is_late_since_the_time_it_missed() {
    let all = [file("daily", "[manners]\nschedule = \"30 2 * * *\""), file("plain", "[manners]\nstale_after_hours = 30")];
    let all: Vec<(&str, String)> = all.iter().map(|(n, m)| (n.as_str(), m.clone())).collect();
    let mut house = house(&all, morning()).await;
    for n in ["daily", "plain"] {
        house.write(&format!("drop/{n}.csv"), rows(3));
    }
    house.sync(&[]).await;
    assert!(states(&house).await.iter().all(|(_, state, _)| state == "CURRENT"));
    house.hub.clock = Clock::fixed("2026-11-23T00:00:00Z".parse().unwrap());
    let found = states(&house).await;
    // 02:30 in Beijing is 18:30 of the day before.
    assert_eq!(found[0], ("daily".into(), "LATE".into(), json!("2026-11-22T18:30:00Z")));
    assert_eq!(found[1].1, "CURRENT");
    let door = house.serve(&[]).await;
    let sources = door.ask("{ registries { name } }").await["extensions"]["sources"].clone();
    assert_eq!((&sources[0]["stale"], &sources[1]["stale"]), (&json!(true), &json!(false)), "{sources}");
    house.hub.clock = Clock::fixed("2026-11-23T09:00:00Z".parse().unwrap());
    assert_eq!(states(&house).await[1], ("plain".into(), "LATE".into(), json!("2026-11-23T08:00:00Z")));
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_are_kept_outside_quiet_hours_one_sync_at_a_time() {
    let all = [
        file("daily", "[manners]\nschedule = \"30 2 * * *\""),
        file("calm", "[manners]\nschedule = \"0 * * * *\"\nquiet = [\"08:30-18:00\"]"),
        file("unscheduled", ""),
    ];
    let all: Vec<(&str, String)> = all.iter().map(|(n, m)| (n.as_str(), m.clone())).collect();
    let mut house = house(&all, morning()).await;
    for n in ["daily", "calm", "unscheduled"] {
        house.write(&format!("drop/{n}.csv"), rows(3));
    }
    let turn =
        async |house: &TestHub| huitu::serve::operate::schedule::run_due(house.serve(&[]).await.state.state()).await.unwrap();
    assert_eq!(turn(&house).await, ["daily"], "never pulled before, and not in its quiet hours");
    assert_eq!(turn(&house).await, Vec::<String>::new(), "the next time has not come");
    let leader = house.hub.store.lead().await.unwrap();
    house.hub.clock = Clock::fixed("2026-11-22T19:00:00Z".parse().unwrap());
    assert_eq!(turn(&house).await, Vec::<String>::new(), "another process is syncing");
    drop(leader);
    assert_eq!(turn(&house).await, ["calm", "daily"]);
    assert_eq!(house.state("calm").await, ("CURRENT".to_owned(), 3));
    assert_eq!(house.state("unscheduled").await.0, "NEVER");
    // A file that has gone is tried again after a while, not with every look.
    std::fs::remove_file(house.dir.path().join("drop/calm.csv")).unwrap();
    house.hub.clock = Clock::fixed("2026-11-22T20:01:00Z".parse().unwrap());
    assert_eq!(turn(&house).await, ["calm"]);
    assert_eq!(house.state("calm").await, ("FAILING".to_owned(), 3));
    assert_eq!(turn(&house).await, Vec::<String>::new());
    house.hub.clock = Clock::fixed("2026-11-22T20:07:00Z".parse().unwrap());
    house.write("drop/calm.csv", rows(4));
    assert_eq!(turn(&house).await, ["calm"]);
    assert_eq!(house.state("calm").await, ("CURRENT".to_owned(), 4));
    // An operator's sync keeps the quiet hours of files too, and blames nobody.
    house.hub.clock = Clock::fixed("2026-11-23T02:00:00Z".parse().unwrap());
    let report = house.sync(&["calm"]).await;
    assert_eq!(report.receipts[0].outcome, huitu::land::receipt::SyncOutcome::Postponed);
    assert!(!report.needs_attention());
    assert_eq!(house.state("calm").await.0, "CURRENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_sync_is_seen_by_subscribers_and_served_at_once() {
    use futures_util::StreamExt;
    let (name, daily) = file("daily", "[manners]\nschedule = \"30 2 * * *\"");
    let house = house(&[(&name, daily)], morning()).await;
    house.write("drop/daily.csv", rows(6));
    let door = house.serve(&[]).await;
    let request = axum::http::Request::post("/graphql/sse")
        .header("content-type", "application/json")
        .header("accept", "text/event-stream")
        .body(axum::body::Body::from(json!({ "query": "subscription { syncProgress { stage registry { name } } }" }).to_string()))
        .unwrap();
    let response = tower::ServiceExt::oneshot(door.router.clone(), request).await.unwrap();
    let mut events = response.into_body().into_data_stream();
    let state = door.state.clone();
    let turn = tokio::spawn(async move { huitu::serve::operate::schedule::run_due(state.state()).await.unwrap() });
    let mut seen = String::new();
    let reading = async {
        while !seen.contains("\"done\"") {
            let piece = events.next().await.expect("the stream goes on").unwrap();
            seen.push_str(&String::from_utf8_lossy(&piece));
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reading).await.unwrap_or_else(|_| panic!("no progress: {seen}"));
    assert!(seen.contains("\"daily\""), "{seen}");
    assert_eq!(turn.await.unwrap(), ["daily"]);
    let answer = door.ask("{ enterprises(first: 10) { totalCount } }").await;
    assert_eq!(answer["data"]["enterprises"]["totalCount"], json!(6), "{answer}");
}

/// A valid credit code with this serial.
pub fn credit_code(serial: u32) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let organisation = format!("MA{serial:06}");
    let value = |c: u8| if c.is_ascii_digit() { u32::from(c - b'0') } else { u32::from(c - b'A') + 10 };
    let sum: u32 = organisation.bytes().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(c, w)| value(c) * w).sum();
    let check = match 11 - sum % 11 {
        10 => 'X'.to_string(),
        11 => "0".to_owned(),
        n => n.to_string(),
    };
    let body = format!("91110105{organisation}{check}");
    let place = |c: u8| ALPHABET.iter().position(|a| *a == c).unwrap() as u32;
    let sum: u32 = body.bytes().enumerate().map(|(i, c)| place(c) * 3u32.pow(i as u32) % 31).sum();
    format!("{body}{}", ALPHABET[((31 - sum % 31) % 31) as usize] as char)
}

type Params = Query<std::collections::HashMap<String, String>>;

#[tokio::test(flavor = "multi_thread")]
async fn live_asks_each_registry_once_for_a_whole_page_and_a_silent_one_costs_only_its_own_answer() {
    let (asked, silent_asked) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (count, silent_count) = (asked.clone(), silent_asked.clone());
    let app = Router::new()
        .route(
            "/lookup",
            get(move |q: Params| {
                let count = count.clone();
                async move {
                    count.fetch_add(1, Ordering::Relaxed);
                    // Every second one is known, with a name of today.
                    let known = q["codes"].split(',').filter(|c| c.as_bytes()[15] % 2 == 0);
                    Json(json!({ "items": known.map(|c| json!({ "编号": format!("L{c}"), "名称": "今日名称有限公司", "信用代码": c, "职工": "77" })).collect::<Vec<_>>() }))
                }
            }),
        )
        .route(
            "/silent",
            get(move || {
                silent_count.fetch_add(1, Ordering::Relaxed);
                std::future::pending::<()>()
            }),
        )
        .route("/broken", get(|| async { (axum::http::StatusCode::OK, "<html>login</html>") }));
    let server = server(app).await;
    let lookup = |path: &str, rest: &str| {
        format!("[lookup]\nplace = \"http://{}/{path}?codes={{codes}}\"\nitems = \"/items\"\n{rest}", server.0)
    };
    let all = [
        file("known", &lookup("lookup", "batch = 50")),
        file("quiet", &lookup("silent", "timeout_secs = 1")),
        file("broken", &lookup("broken", "")),
        file("plain", ""),
    ];
    let all: Vec<(&str, String)> = all.iter().map(|(n, m)| (n.as_str(), m.clone())).collect();
    let house = house(&all, morning()).await;
    let mut text = String::from("编号,名称,职工,信用代码\n");
    for i in 0..50 {
        text.push_str(&format!("L{0},北京示例{i}号有限公司,{i},{0}\n", credit_code(100 + i)));
    }
    house.write("drop/known.csv", &text);
    house.sync(&["known"]).await;
    let door = house.serve(&[]).await;
    let query = "{ enterprises(first: 50) { totalCount nodes { creditCode live { registry { name } state askedAt record { key } fields { column raw value } } } } }";
    let answer = door.ask(query).await;
    let nodes = answer["data"]["enterprises"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(nodes.len(), 50);
    let state = |node: &Value, name: &str| {
        let live = node["live"].as_array().unwrap();
        live.iter().find(|l| l["registry"]["name"] == name).map(|l| (l["state"].as_str().unwrap().to_owned(), l.clone()))
    };
    let (mut found, mut missing) = (0, 0);
    for node in nodes {
        let (known, live) = state(node, "known").unwrap();
        match known.as_str() {
            "FOUND" => {
                found += 1;
                assert_eq!(live["record"]["key"], format!("L{}", node["creditCode"].as_str().unwrap()));
                let staff = live["fields"].as_array().unwrap().iter().find(|f| f["column"] == "职工").unwrap();
                assert_eq!((&staff["raw"], &staff["value"]), (&json!("77"), &json!("77")));
            }
            "NOT_FOUND" => missing += 1,
            other => panic!("{other}: {live}"),
        }
        assert_eq!(state(node, "quiet").unwrap().0, "TIMED_OUT");
        assert_eq!(state(node, "broken").unwrap().0, "UNAVAILABLE");
        assert!(state(node, "plain").is_none(), "a registry without a look-up is not asked");
    }
    assert_eq!((found > 0 && missing > 0, found + missing), (true, 50));
    // One question over fifty enterprises is one request to each registry.
    assert_eq!((asked.load(Ordering::Relaxed), silent_asked.load(Ordering::Relaxed)), (1, 1));
    let errors = answer["errors"].as_array().unwrap();
    let mut told: Vec<(&str, &str)> = errors
        .iter()
        .map(|e| (e["extensions"]["code"].as_str().unwrap(), e["extensions"]["registry"].as_str().unwrap()))
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("SOURCE_UNAVAILABLE", "broken"), ("SOURCE_UNAVAILABLE", "quiet")], "{errors:?}");
    // For some seconds the answers are kept, and the silent registry is left alone.
    let again = door.ask(query).await;
    assert_eq!(again["data"], answer["data"]);
    assert_eq!((asked.load(Ordering::Relaxed), silent_asked.load(Ordering::Relaxed)), (1, 1));
    // A registry without a look-up says so when it is named; an unknown one is an error with the known names.
    let named = door.ask("{ enterprises(first: 1) { nodes { live(registries: [\"plain\"]) { state } } } }").await;
    assert_eq!(named["data"]["enterprises"]["nodes"][0]["live"][0]["state"], "NOT_OFFERED", "{named}");
    let unknown = door.ask("{ enterprises(first: 1) { nodes { live(registries: [\"nobody\"]) { state } } } }").await;
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "BAD_INPUT", "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_of_more_codes_than_a_request_takes_asks_once_per_batch() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let app = Router::new().route(
        "/lookup",
        get(move || {
            let count = count.clone();
            async move {
                count.fetch_add(1, Ordering::Relaxed);
                Json(json!({ "items": [] }))
            }
        }),
    );
    let server = server(app).await;
    let (name, text) = file(
        "known",
        &format!("[lookup]\nplace = \"http://{}/lookup?codes={{codes}}\"\nitems = \"/items\"\nbatch = 20", server.0),
    );
    let house = house(&[(&name, text)], morning()).await;
    let codes: Vec<String> = (0..45).map(credit_code).collect();
    let answers = house.hub.look_up("known", &codes).await;
    assert_eq!((answers.len(), asked.load(Ordering::Relaxed)), (45, 3));
    // What is known is not asked again, what is new is.
    let codes: Vec<String> = (40..50).map(credit_code).collect();
    house.hub.look_up("known", &codes).await;
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}
