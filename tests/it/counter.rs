//! The counter: what an approval or inspection system is told of a unit, and what is noted of it. Receivers of changes by HTTP.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::{Duration, TimeZone, Utc};
use huitu::cases::standing::{CaseChange, CaseStage};
use huitu::hub::cases::CaseWord;
use huitu::hub::webhooks::{WebhooksSent, signature};
use serde_json::{Value, json};

use crate::cases::CaseCity;
use crate::registries::credit_code;
use crate::support::graph::{Served, served, token};

fn ask(lang: &str, secret: Option<&str>, body: &Value) -> Request<Body> {
    let mut request =
        Request::post("/check").header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT_LANGUAGE, lang);
    if let Some(secret) = secret {
        request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
    }
    request.body(Body::from(body.to_string())).unwrap()
}

async fn checked(served: &Served, lang: &str, units: Value) -> Vec<Value> {
    let (status, _, bytes) = served.send(ask(lang, None, &json!({ "purpose": "opening approval", "units": units }))).await;
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["edition"], 1);
    answer["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_code_or_a_name_is_told_its_verdict_and_what_to_do_in_both_languages() {
    let served = served(3_000, |_| {}).await;
    let edition = served.state.hub().editions.current().unwrap();
    let in_gap = edition.filter(&huitu::edition::Filter::InGap).unwrap();
    let lacking = in_gap
        .iter()
        .map(|row| edition.enterprise(row))
        .find(|e| e.gap().map(|g| g.name()) == Some("LACKING") && e.branch_of().is_none())
        .unwrap();
    let code = lacking.credit_code().unwrap().to_owned();
    for (lang, word) in [("zh", "告知建会义务"), ("en", "tell it of its duty")] {
        let answers =
            checked(&served, lang, json!([code, { "code": code, "name": "完全不同的另一家单位" }, "91000000000000000X", "  "]))
                .await;
        let first = &answers[0];
        assert_eq!((&first["found"], &first["confidence"], &first["gap"]), (&json!("CODE"), &json!(1.0), &json!("LACKING")));
        assert_eq!((&first["enterprise"]["id"], &first["designatedSize"]), (&json!(lacking.id()), &json!("ABOVE")));
        assert!(first["advice"]["text"].as_str().unwrap().contains(word), "{first}");
        assert!(!first["reasons"].as_array().unwrap().is_empty() && first["inCharge"]["name"].is_string(), "{first}");
        // A code that belongs to somebody else is said to be so, and counts for half.
        assert_eq!((&answers[1]["found"], &answers[1]["advice"]["code"]), (&json!("CODE_OTHER_NAME"), &json!("check_name")));
        assert_eq!((&answers[2]["found"], &answers[2]["confidence"]), (&json!("NOBODY"), &json!(0.0)));
        assert_eq!((&answers[3]["found"], &answers[3]["advice"]["code"]), (&json!("WRONG"), &json!("ask_again")));
    }
    // A name that several bear is asked again by code; the answer names them.
    let mut names = std::collections::BTreeMap::new();
    (0..edition.len()).for_each(|row| *names.entry(edition.enterprise(row).name()).or_insert(0) += 1);
    let (shared, _) = names.iter().find(|(_, n)| **n > 1).expect("namesakes");
    let (own, _) = names.iter().find(|(_, n)| **n == 1).expect("a name of its own");
    let all: Vec<_> = names.iter().filter(|(_, n)| **n > 1).take(20).map(|(name, _)| json!({ "name": name })).collect();
    let several = checked(&served, "en", json!(all)).await;
    assert!(several.iter().all(|answer| answer["found"] == json!("SEVERAL")), "whichever of the names is asked");
    let answers =
        checked(&served, "en", json!([{ "name": shared }, { "name": own }, "不存在的某某单位", "No Such Firm Ltd"])).await;
    assert_eq!(answers[3]["asked"], json!({ "code": null, "name": "No Such Firm Ltd" }), "Latin letters are no code");
    assert_eq!((&answers[0]["found"], &answers[0]["advice"]["code"]), (&json!("SEVERAL"), &json!("which_one")));
    assert!(answers[0]["candidates"].as_array().unwrap().len() > 1 && answers[0].get("gap").is_none());
    assert_eq!((&answers[1]["found"], &answers[1]["enterprise"]["name"]), (&json!("NAME"), &json!(own)));
    assert!(answers[1]["confidence"].as_f64().unwrap() < 1.0);
}

#[tokio::test]
async fn the_counter_wants_a_purpose_and_notes_whoever_asks() {
    let served = served(400, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [("desk", "client", None), ("one", "district", Some("[\"110101\"]"))] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let edition = served.state.hub().editions.current().unwrap();
    let elsewhere = (0..edition.len()).map(|row| edition.enterprise(row)).find(|e| e.district() == Some(110_105)).unwrap();
    let code = elsewhere.credit_code().unwrap().to_owned();
    for (body, zh, en) in [
        (json!({ "units": [code] }), "用途", "what for"),
        (json!({ "purpose": "x", "units": [] }), "units", "units"),
        (json!({ "purpose": "x", "unit": [code] }), "JSON", "JSON"),
        (json!({ "purpose": "x", "units": [{ "nam": code }] }), "`nam`", "`nam`"),
        (json!({ "purpose": "x", "units": vec![code.clone(); 201] }), "200", "200"),
        (json!({ "purpose": "x", "units": [code, { "nmae": "甲" }] }), "第 2 家", "unit 2"),
        (json!({ "purpose": "x", "units": [code, code, 7] }), "第 3 家", "unit 3"),
    ] {
        for (lang, word) in [("zh", zh), ("en", en)] {
            let (status, _, bytes) = served.send(ask(lang, Some("secret-desk"), &body)).await;
            let error: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
            assert!(error["error"]["message"].as_str().unwrap().contains(word), "{error}");
        }
    }
    assert_eq!(served.send(ask("en", None, &json!({ "purpose": "x", "units": [code] }))).await.0, StatusCode::UNAUTHORIZED);
    let body = json!({ "purpose": "opening approval", "units": [code, format!("=\"{code}\"")] });
    let (_, _, bytes) = served.send(ask("en", Some("secret-desk"), &body)).await;
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        (&answer["results"][0]["found"], &answer["results"][1]["found"]),
        (&json!("CODE"), &json!("CODE")),
        "as our own CSV writes it"
    );
    // One of another district is not there.
    let (_, _, bytes) = served.send(ask("en", Some("secret-one"), &body)).await;
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer["results"][0]["found"], "NOBODY");
    let mut noted = Vec::new();
    let question = huitu::audit::AuditQuestion::default();
    huitu::audit::search(&served.root.path().join("audit"), &question, |row| {
        noted.push(row);
        Ok(())
    })
    .unwrap();
    let rows: Vec<_> = noted.iter().filter(|row| row.way == "counter").collect();
    let who: Vec<(&str, &str)> = rows.iter().map(|row| (row.name.as_str(), row.purpose.as_str())).collect();
    assert_eq!(who, [("desk", "opening approval"), ("one", "opening approval")]);
    assert_eq!(rows[0].enterprises, huitu::audit::Seen::These(vec![elsewhere.id().to_owned()]));
}

/// How a receiver behaves.
#[derive(Clone, Copy, PartialEq)]
pub enum Mood {
    Listens,
    Down,
    SaysYesToEverything,
}

pub type Heard = Arc<Mutex<(Mood, Vec<(HeaderMap, String)>)>>;

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let mut heard = heard.lock().unwrap();
    match heard.0 {
        Mood::Down => (StatusCode::BAD_GATEWAY, "down".to_owned()),
        Mood::SaysYesToEverything => (StatusCode::OK, "<html>welcome</html>".to_owned()),
        Mood::Listens => {
            let id = serde_json::from_str::<Value>(&body).unwrap()["id"].to_string();
            heard.1.push((headers, body));
            (StatusCode::OK, format!("{{\"received\": {id}}}"))
        }
    }
}

pub async fn receiver() -> (String, Heard) {
    let heard: Heard = Arc::new(Mutex::new((Mood::Listens, Vec::new())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/hook", axum::routing::post(hear)).with_state(heard.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, heard)
}

pub fn take(heard: &Heard) -> Vec<Value> {
    heard.lock().unwrap().1.drain(..).map(|(_, body)| serde_json::from_str(&body).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_told_signed_in_order_and_until_they_are_heard() {
    let city = CaseCity::new().await;
    let hub = &city.test_hub.hub;
    let server = city.test_hub.serve(&[]).await;
    let (url, heard) = receiver().await;
    let create = |url: &str| {
        format!(
            "mutation {{ createWebhook(input: {{ url: \"{url}\", kinds: [CASE, VERDICT], areas: [\"110108\"] }}) {{ secret
            webhook {{ id areas kinds }} userErrors {{ field zh: message(lang: ZH) en: message(lang: EN) }} }} }}"
        )
    };
    // One that says yes to everything has not understood, and is refused in both languages.
    heard.lock().unwrap().0 = Mood::SaysYesToEverything;
    let refused = server.ask(&create(&url)).await["data"]["createWebhook"].take();
    let error = &refused["userErrors"][0];
    assert!(error["zh"].as_str().unwrap().contains("复述") && error["en"].as_str().unwrap().contains("repeat"), "{refused}");
    heard.lock().unwrap().0 = Mood::Listens;
    let made = server.ask(&create(&url)).await["data"]["createWebhook"].take();
    let (secret, id) = (made["secret"].as_str().unwrap().to_owned(), made["webhook"]["id"].as_str().unwrap().to_owned());
    take(&heard);

    // Firms 1 and 3 are theirs, 2 and 4 lie elsewhere.
    city.open(&[1, 2, 3]).await;
    assert_eq!(hub.spread_webhooks().await.unwrap(), 2);
    assert_eq!(hub.spread_webhooks().await.unwrap(), 0, "each is made once");
    let sent = huitu::serve::send_webhooks(server.state.state()).await.unwrap();
    assert_eq!(sent, WebhooksSent { delivered: 2, ..WebhooksSent::default() });
    // What leaves by itself is noted as what is asked for: whose it is, whom it speaks of, what it told.
    let mut noted = Vec::new();
    huitu::audit::search(&city.test_hub.dir.path().join("data/audit"), &huitu::audit::AuditQuestion::default(), |row| {
        noted.push((row.way, row.classes, row.enterprises));
        Ok(())
    })
    .unwrap();
    let left: Vec<_> = noted.iter().filter(|(way, ..)| way == "webhook").collect();
    assert!(left.len() == 2 && left.iter().all(|(_, classes, _)| classes == &["VISIT"]), "{noted:?}");
    let (headers, body) = heard.lock().unwrap().1[0].clone();
    let signed = headers["x-huitu-signature"].to_str().unwrap();
    let second: i64 = signed.split(',').next().unwrap().trim_start_matches("t=").parse().unwrap();
    assert_eq!(signed, signature(&secret, second, &body));
    let told = take(&heard);
    assert!(told.iter().all(|t| t["kind"] == "CASE" && t["what"] == "OPENED" && t["to"].is_null()), "{told:?}");
    // In order per enterprise: which of two is told first, nobody promised.
    assert!(told.iter().any(|t| t["enterprise"]["creditCode"] == credit_code(1)), "{told:?}");

    // Down for a day: steps wait in their order, and one enterprise's do not hold another's up.
    heard.lock().unwrap().0 = Mood::Down;
    let case = city.case_of(1).await.id;
    for stage in [CaseStage::Verify, CaseStage::Talk, CaseStage::Apply] {
        hub.change_case(&case, CaseChange { stage: Some(stage), ..CaseChange::default() }, &CaseWord::default()).await.unwrap();
    }
    hub.spread_webhooks().await.unwrap();
    let start = Utc.with_ymd_and_hms(2026, 11, 22, 2, 0, 0).unwrap();
    let mut tried = 0;
    for minutes in (0..24 * 60).step_by(30) {
        city.clock.set(start + Duration::minutes(minutes));
        let sent = hub.send_webhooks().await.unwrap();
        assert_eq!((sent.delivered, sent.dead), (0, 0));
        tried += sent.failed;
    }
    assert!((10..=48).contains(&tried), "{tried} tries in a day");
    let stands = server.ask("{ webhooks { id waiting waitingSince givenUp lastFailure } }").await["data"]["webhooks"][0].take();
    assert_eq!((&stands["id"], &stands["waiting"], &stands["lastFailure"]), (&json!(id), &json!(3), &json!("502")));
    // One that begins to say yes to everything has not received them either.
    heard.lock().unwrap().0 = Mood::SaysYesToEverything;
    city.clock.set(start + Duration::hours(26));
    assert_eq!(hub.send_webhooks().await.unwrap().delivered, 0);
    heard.lock().unwrap().0 = Mood::Listens;
    city.clock.set(start + Duration::hours(28));
    assert_eq!(hub.send_webhooks().await.unwrap().delivered, 3);
    let stages: Vec<Value> = take(&heard).into_iter().map(|mut t| t["to"].take()).collect();
    assert_eq!(stages, ["VERIFY", "TALK", "APPLY"]);

    // The roll closes the case: the verdict is told first, then what it did.
    city.clock.set(start + Duration::hours(30));
    city.roll(&[1]);
    city.fund(&[1]);
    city.sync().await;
    hub.spread_webhooks().await.unwrap();
    hub.send_webhooks().await.unwrap();
    let told: Vec<(Value, Value, Value)> =
        take(&heard).into_iter().map(|mut t| (t["kind"].take(), t["what"].take(), t["to"].take())).collect();
    assert!(told.contains(&(json!("VERDICT"), json!("gap"), json!("COVERED"))), "{told:?}");
    assert_eq!(told.last().unwrap(), &(json!("CASE"), json!("CLOSED_BY_DATA"), json!("done_independent")));

    // Asked for again: all of it, in the same order.
    let replay =
        format!("mutation {{ replayWebhook(input: {{ id: \"{id}\", since: \"2026-11-22T00:00:00Z\" }}) {{ replayed }} }}");
    let replayed = server.ask(&replay).await["data"]["replayWebhook"]["replayed"].as_i64().unwrap();
    assert_eq!(hub.send_webhooks().await.unwrap().delivered as i64, replayed);
    let of_one: Vec<Value> = take(&heard).into_iter().filter(|t| t["enterprise"]["creditCode"] == credit_code(1)).collect();
    let what: Vec<&str> = of_one.iter().map(|t| t["what"].as_str().unwrap()).collect();
    assert_eq!(what[..4], ["OPENED", "STAGE", "STAGE", "STAGE"], "{what:?}");

    // Given up after a week, and not a word after it was removed.
    heard.lock().unwrap().0 = Mood::Down;
    let open = CaseChange { assessment: Some(Some(3)), ..CaseChange::default() };
    hub.change_case(&city.case_of(3).await.id, open, &CaseWord::default()).await.unwrap();
    hub.spread_webhooks().await.unwrap();
    city.clock.set(start + Duration::days(9));
    assert_eq!(hub.send_webhooks().await.unwrap(), WebhooksSent { dead: 1, ..WebhooksSent::default() });
    server.ask(&format!("mutation {{ removeWebhook(id: \"{id}\") {{ userErrors {{ message }} }} }}")).await;
    heard.lock().unwrap().0 = Mood::Listens;
    server.ask(&replay).await;
    assert_eq!(hub.send_webhooks().await.unwrap(), WebhooksSent::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_inside_the_house_unless_that_is_agreed() {
    let city = CaseCity::new().await;
    let mut hub = city.test_hub.hub.clone();
    hub.allow_private = false;
    for url in [
        "http://127.0.0.1:9/x",
        "http://[::1]:9/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://a:b@c.example/",
    ] {
        let new = huitu::hub::webhooks::NewWebhook {
            url: url.into(),
            kinds: vec!["CASE".into()],
            areas: vec![],
            owner: String::new(),
            registry: None,
        };
        let refused = hub.add_webhook(new).await.unwrap_err();
        let (zh, en) = (refused.text(huitu::model::message::Lang::Zh), refused.text(huitu::model::message::Lang::En));
        assert!(zh.contains("内网") || zh.contains("网址"), "{url}: {zh}");
        assert!(en.contains("private") || en.contains("no address"), "{url}: {en}");
    }
    assert!(hub.store.webhooks(None).await.unwrap().is_empty());
}
