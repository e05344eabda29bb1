//! Who may see what: districts, roles and scopes, over every way in. Each test is a leak that once was one.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::access::FieldClass;
use huitu::hub::progress::SyncEvent;
use huitu::model::verdict::EnterpriseTag;
use huitu::serve::{Authentication, Options};
use huitu::store::token::TokenRow;
use serde_json::{Value, json};

use crate::people::{REGISTRIES, city_of, city_with};
use crate::support::graph::{Served, served, token};

/// A small city of six registries, payments among them, whose callers show tokens.
async fn guarded(tokens: Vec<TokenRow>) -> Served {
    let registries = [&REGISTRIES[..], &[huitu::simulate::SimulatedRegistry::Payments]].concat();
    let served = city_of(1_500, &registries, Options::new(Authentication::Tokens)).await;
    for token in tokens.into_iter().chain([token("all", "admin", None, None)]) {
        served.state.hub().store.put_token(&token).await.unwrap();
    }
    served
}

fn scoped(id: &str, scopes: &[&str]) -> TokenRow {
    TokenRow { scopes: Some(json!(scopes).to_string()), ..token(id, "client", None, None) }
}

async fn asked(served: &Served, who: &str, query: &str, variables: Value) -> Value {
    served.ask_as(Some(&format!("secret-{who}")), query, variables).await
}

async fn fetched(served: &Served, who: &str, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer secret-{who}")).body(Body::empty()).unwrap();
    let (status, _, bytes) = served.send(request).await;
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

const HERE: &str = "110105";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_outside_a_districts_areas_is_not_there_by_any_address() {
    let served = guarded(vec![token("here", "district", Some(r#"["110105"]"#), None)]).await;
    let query = "query($f: EnterpriseFilter) { enterprises(first: 3, filter: $f) { nodes { id records { nodes { id } }
        unionCoverage { unions { tradeUnion { id } } } } } }";
    let of = |filter: Value| asked(&served, "all", query, json!({ "f": filter }));
    let there = of(json!({ "not": { "area": [HERE] }, "union": ["INDEPENDENT"] })).await["data"]["enterprises"]["nodes"].take();
    let mine = of(json!({ "area": [HERE], "union": ["INDEPENDENT"] })).await["data"]["enterprises"]["nodes"].take();
    let node = "query($id: ID!) { node(id: $id) { __typename id } }";
    let union = "query($id: ID!) { tradeUnion(id: $id) { id members } }";
    for (place, is_theirs) in [(&there, false), (&mine, true)] {
        for e in place.as_array().unwrap() {
            let record = &e["records"]["nodes"][0]["id"];
            let roll = &e["unionCoverage"]["unions"][0]["tradeUnion"]["id"];
            assert!(record.is_string() && roll.is_string(), "{e}");
            for id in [&e["id"], record, roll] {
                let found = asked(&served, "here", node, json!({ "id": id })).await;
                assert_eq!(found["data"]["node"].is_object(), is_theirs, "{id} of {e}");
            }
            let found = asked(&served, "here", union, json!({ "id": roll })).await;
            assert_eq!(found["data"]["tradeUnion"].is_object(), is_theirs, "{roll}");
            let several = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
            let found = asked(&served, "here", several, json!({ "ids": [record, record] })).await;
            assert_eq!(found["data"]["nodes"][1].is_object(), is_theirs, "{record}");
        }
    }
    // What somebody else found there is not theirs to take back, nor is a target theirs to set.
    let id = &there[0]["id"];
    let add = "mutation($id: ID!) { recordFinding(input: { enterprise: $id, reason: \"refused\" }) { finding { id } userErrors { message } } }";
    assert_eq!(asked(&served, "here", add, json!({ "id": id })).await["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert_eq!(
        asked(&served, "here", add, json!({ "id": "E00000000000000" })).await["errors"][0]["extensions"]["code"],
        "NOT_FOUND",
        "one that is in no edition is nobody's"
    );
    let reasons: Vec<&str> = huitu::model::reference::unions::finding_reasons().iter().map(|r| r.code).collect();
    let add = add.replace("refused", reasons[0]);
    let made = asked(&served, "all", &add, json!({ "id": id })).await;
    let finding = made["data"]["recordFinding"]["finding"]["id"].clone();
    assert!(finding.is_string(), "{made}");
    let back = "mutation($id: ID!) { withdrawFinding(input: { id: $id }) { finding { id } } }";
    for (who, code) in [("here", json!("NOT_FOUND")), ("all", Value::Null)] {
        let answer = asked(&served, who, back, json!({ "id": finding })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{who}: {answer}");
    }
    let pair = "{ review(first: 100) { nodes { id kind enterprises { area { code } } } } }";
    let pairs = asked(&served, "all", pair, json!({})).await["data"]["review"]["nodes"].take();
    let outside = |p: &&Value| {
        let areas = p["enterprises"].as_array().unwrap();
        p["kind"] == "PAIR"
            && !areas.is_empty()
            && areas.iter().all(|e| !e["area"]["code"].as_str().unwrap_or(HERE).starts_with(HERE))
    };
    if let Some(far) = pairs.as_array().unwrap().iter().find(outside) {
        let judge = "mutation($id: ID!) { judge(input: { pair: $id, verdict: DIFFERENT }) { judgement { id } } }";
        let judged = asked(&served, "all", judge, json!({ "id": far["id"] })).await["data"]["judge"]["judgement"]["id"].take();
        let back = "mutation($id: ID!) { withdrawJudgement(input: { id: $id }) { judgement { id } } }";
        let answer = asked(&served, "here", back, json!({ "id": judged })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
    }
    let operator =
        TokenRow { scopes: Some(r#"["operate"]"#.to_owned()), ..token("chief", "district", Some(r#"["110105"]"#), None) };
    served.state.hub().store.put_token(&operator).await.unwrap();
    let set = |area: &str| {
        format!(
            "mutation {{ setTarget(input: {{ area: \"{area}\", year: 2026, indicator: \"coverage_rate\", value: 0.9 }}) {{ target {{ value }} }} }}"
        )
    };
    let answer = asked(&served, "chief", &set("110108"), json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    let answer = asked(&served, "chief", &set(HERE), json!({})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    // Reading a row is reading it: whose registry it is learns of it.
    served.state.state().keep_usage().await.unwrap();
    let usage = served.state.hub().store.usage("commerce", "2000-01-01", 100).await.unwrap();
    assert!(usage.iter().any(|row| row.who == "here"), "{usage:?}");
}

/// Every text and number of an answer, as it would be read.
fn told(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|v| told(v, into)),
        Value::Array(list) => list.iter().for_each(|v| told(v, into)),
        Value::String(text) => into.push(text.replace(',', "")),
        Value::Number(number) => into.push(number.to_string()),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sum_and_no_payer_reaches_a_caller_without_the_scope_by_any_field() {
    let served = guarded(vec![token("map", "client", None, None), scoped("rows", &["records", "review", "export"])]).await;
    let secret = "{ enterprises(first: 400, filter: { designatedSize: [ABOVE, BELOW] }) { nodes { id tags revenueYuan payrollYuan fund { dueYuan paidYuan } } } }";
    let known = asked(&served, "all", secret, json!({})).await["data"]["enterprises"]["nodes"].take();
    let open = "{ enterprises(first: 400, filter: { designatedSize: [ABOVE, BELOW] }) { nodes { id tags records(first: 9) { nodes { registry { name } } }
        designatedSize { reasons { code message inputs { name value } } }
        unionCoverage { reasons { code message inputs { name value } } }
        gap { reasons { code message inputs { name value } } priority { score factors { code points message input { value } } } } } } }";
    let rows = "{ enterprises(first: 20, filter: { designatedSize: [ABOVE, BELOW] }) { nodes { id
        records(first: 10) { nodes { registry { name } fields { field raw value } } } identity { members { record { registry { name } } } }
        provenance { field value source { registry { name } raw value } others { registry { name } raw value } }
        conflicts { field values { raw value } } history(first: 2) { nodes { what from to } } } } }";
    let mut sums = 0;
    let mut payers = 0;
    for (who, query) in [("map", open), ("rows", open), ("rows", rows)] {
        let answer = asked(&served, who, query, json!({})).await;
        let nodes = answer["data"]["enterprises"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        // What is told of the priority orders the list: it is another order.
        for node in &nodes {
            let known = known.as_array().unwrap().iter().find(|known| known["id"] == node["id"]).unwrap();
            let mut texts = Vec::new();
            told(node, &mut texts);
            for sum in [&known["revenueYuan"], &known["payrollYuan"], &known["fund"]["dueYuan"], &known["fund"]["paidYuan"]] {
                let Some(yuan) = sum.as_str().and_then(|s| s.split('.').next()).filter(|s| s.len() > 5) else { continue };
                sums += 1;
                let in_ten_thousands = &yuan[..yuan.len() - 4];
                let leak = texts.iter().find(|t| t.contains(yuan) || t.contains(&format!("{in_ten_thousands} 万")));
                assert!(leak.is_none(), "{who} reads {yuan} in {leak:?}");
            }
            let pays = known["tags"].as_array().unwrap().iter().any(|t| t == EnterpriseTag::PaysPreparatoryFund.name());
            payers += usize::from(pays);
            let mark = texts.iter().find(|t| t.contains("PAYS_PREPARATORY_FUND") || t.contains("pays_preparatory_fund"));
            assert!(mark.is_none(), "{who}: {mark:?} of {}", node["id"]);
            // Who is found among the payments pays.
            assert!(!texts.iter().any(|text| text == "payments"), "{who}: {} is among the payments", node["id"]);
            if let Some(factors) = node["gap"]["priority"]["factors"].as_array() {
                let sum: f64 = factors.iter().filter_map(|f| f["points"].as_f64()).sum();
                let score = node["gap"]["priority"]["score"].as_f64().unwrap();
                assert!((sum - score).abs() < 0.051, "{who}: a score of {score} tells of more than its factors, {sum}");
            }
        }
    }
    assert!(sums > 400 && payers > 5, "{sums} sums and {payers} payers were looked for");

    // Nor by what filters, sums and columns say of it.
    for filter in [
        json!({ "tags": ["PAYS_PREPARATORY_FUND"] }),
        json!({ "tags": ["FOREIGN", "DISPUTE_LAST_12_MONTHS"] }),
        json!({ "not": { "hasFinding": ["refused"] } }),
        json!({ "or": [{ "priority": { "gte": 20.0 } }] }),
        json!({ "hasConflict": ["REVENUE"] }),
        json!({ "and": [{ "revenueYuan": { "gte": "1" } }] }),
        json!({ "fund": ["PAID"] }),
        json!({ "inRegistry": ["payments"] }),
        json!({ "not": { "notInRegistry": ["tax", "payments"] } }),
    ] {
        let answer = asked(
            &served,
            "map",
            "query($f: EnterpriseFilter) { enterprises(first: 1, filter: $f) { totalCount } }",
            json!({ "f": filter }),
        )
        .await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{filter}: {answer}");
        let path = format!(
            "/geo/districts.geojson?filter={}",
            filter.to_string().replace('"', "%22").replace('{', "%7B").replace('}', "%7D")
        );
        assert_eq!(fetched(&served, "map", &path).await.0, StatusCode::FORBIDDEN, "{path}");
    }
    // Nor by a payment's own key or number, which who may see payments is told.
    let payer = "{ enterprises(first: 1, filter: { inRegistry: [\"payments\"] }) { nodes { records { nodes { id key registry { name } } } } } }";
    let records = asked(&served, "all", payer, json!({})).await["data"]["enterprises"]["nodes"][0]["records"]["nodes"].take();
    let paid = records.as_array().unwrap().iter().find(|record| record["registry"]["name"] == "payments").unwrap();
    let by_key = "query($k: String!) { enterprise(by: { record: { registry: \"payments\", key: $k } }) { id } }";
    let by_number = format!("{{ node(id: {}) {{ id }} }}", paid["id"]);
    for (who, is_told) in [("all", true), ("map", false), ("rows", false)] {
        let answer = asked(&served, who, by_key, json!({ "k": paid["key"] })).await;
        assert_eq!(answer["data"]["enterprise"]["id"].is_string(), is_told, "{who}: {answer}");
        let answer = asked(&served, who, &by_number, json!({})).await;
        assert_eq!(answer["data"]["node"]["id"].is_string(), is_told, "{who}: {answer}");
    }
    let dues = "{ coverage(by: [DISTRICT]) { rows { duesPayableYuan duesCollectedRate { value } } total { duesPayableYuan enterprises } } }";
    let answer = asked(&served, "map", dues, json!({})).await;
    assert_eq!(
        (&answer["data"]["coverage"]["total"]["duesPayableYuan"], &answer["errors"][0]["extensions"]["code"]),
        (&Value::Null, &json!("FORBIDDEN_FIELD"))
    );
    assert!(answer["data"]["coverage"]["total"]["enterprises"].as_u64().unwrap() > 1_000, "the rest is told: {answer}");
    let (status, csv) =
        fetched(&served, "rows", "/export/enterprises.csv?columns=name,tags,priority,reasons,sizeReasons&lang=zh").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!csv.contains("筹备金") && csv.lines().count() > 1_000, "{}", &csv[..400]);
    for column in ["revenueYuan", "records"] {
        let path = format!("/export/enterprises.csv?columns=name,{column}");
        assert_eq!(fetched(&served, "rows", &path).await.0, StatusCode::FORBIDDEN, "{column}");
    }
    let (_, extended) = fetched(&served, "map", "/reconcile/propose_properties?type=Enterprise").await;
    for column in ["revenueYuan", "payrollYuan", "fundPaidYuan", "\"records\""] {
        assert!(!extended.contains(column), "{extended}");
    }
    let queue = "{ review(first: 100) { nodes { kind left { registry { name } } right { registry { name } } } } }";
    let answer = asked(&served, "rows", queue, json!({})).await["data"].to_string();
    assert!(!answer.contains("FUND_CONTRADICTION") && !answer.contains("payments"), "{answer}");
}

#[tokio::test]
async fn every_mark_and_every_filter_on_it_has_the_class_that_the_table_says() {
    let served = served(2_000, |options| options.access = Authentication::Tokens).await;
    served.state.hub().store.put_token(&token("map", "client", None, None)).await.unwrap();
    let seen = asked(&served, "map", "{ enterprises(first: 500) { nodes { tags } } }", json!({})).await.to_string();
    for tag in EnterpriseTag::ALL {
        let is_open = huitu::access::classes::of_tag(*tag) == FieldClass::Open;
        assert!(is_open || !seen.contains(tag.name()), "{tag}");
        let query = format!("{{ enterprises(first: 1, filter: {{ tags: [{tag}] }}) {{ totalCount }} }}");
        assert_eq!(asked(&served, "map", &query, json!({})).await.get("errors").is_none(), is_open, "{tag}");
    }
    assert!(seen.contains("FOREIGN"), "what is open is told");
}

#[tokio::test]
async fn two_tokens_of_one_name_are_two_callers() {
    let served = served(300, |options| options.access = Authentication::Tokens).await;
    for id in ["one", "two"] {
        let named = TokenRow { name: "unnamed".into(), ..token(id, "analyst", None, None) };
        served.state.hub().store.put_token(&named).await.unwrap();
    }
    let create = "mutation { createExport(input: { format: CSV, fields: [\"name\"], idempotencyKey: \"k\" }) { export { id } } }";
    let id =
        |answer: Value| answer["data"]["createExport"]["export"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let first = id(asked(&served, "one", create, json!({})).await);
    let second = id(asked(&served, "two", create, json!({})).await);
    assert_ne!(first, second, "a key belongs to its caller");
    let list = asked(&served, "two", "{ exports(first: 10) { id } }", json!({})).await;
    assert_eq!(list["data"]["exports"], json!([{ "id": second }]));
    assert_eq!(fetched(&served, "two", &format!("/export/jobs/{first}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn administrators_see_no_enterprise_and_a_district_without_an_area_none_either() {
    let served = served(400, |options| options.access = Authentication::Tokens).await;
    for (id, role) in [("sys", "system"), ("sec", "security"), ("lost", "district")] {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
        let query = "{ gap(first: 5) { totalCount nodes { name } } enterprises(first: 5) { totalCount } search(text: \"北京\", first: 3) { matched }
            coverage(by: []) { total { enterprises } } tradeUnions(first: 5) { totalCount } }";
        let answer = asked(&served, id, query, json!({})).await;
        let data = &answer["data"];
        assert_eq!((&data["gap"]["totalCount"], &data["enterprises"]["totalCount"]), (&json!(0), &json!(0)), "{id}: {answer}");
        assert_eq!((&data["search"], &data["tradeUnions"]["totalCount"]), (&json!([]), &json!(0)), "{id}");
        assert_eq!(data["coverage"]["total"]["enterprises"], json!(0), "{id}: {answer}");
        let (status, _) = fetched(&served, id, "/metrics").await;
        assert_eq!(status == StatusCode::OK, id == "sys", "{id}");
    }
    let open = Request::get("/metrics").body(Body::empty()).unwrap();
    assert_eq!(served.send(open).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_demonstration_answers_this_machine_and_no_page_of_another_site() {
    let served = served(100, |_| {}).await;
    let ask = |host: &'static str, more: Option<(&'static str, &'static str)>| {
        let mut request = Served::post().header(header::HOST, host);
        if let Some((name, value)) = more {
            request = request.header(name, value);
        }
        served.send(request.body(Body::from(r#"{"query":"{ gap(first: 1) { totalCount } }"}"#)).unwrap())
    };
    assert_eq!(ask("127.0.0.1:8080", None).await.0, StatusCode::OK);
    let (status, _, body) = ask("rebound.example", None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(String::from_utf8_lossy(&body).contains("rebound.example"), "names the host");
    assert_eq!(ask("localhost", Some(("x-forwarded-for", "10.0.0.9"))).await.0, StatusCode::FORBIDDEN, "through a proxy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_records_during_a_sync_is_recorded_and_said_so() {
    let patience = |hub: &mut huitu::hub::Hub| hub.follow_patience = Some(std::time::Duration::from_millis(200));
    let served = city_with(400, &REGISTRIES, Options::new(Authentication::Demonstration), patience).await;
    let hub = served.state.hub().clone();
    let lacking = served.data("{ gap(first: 1) { nodes { id } } }", json!({})).await["gap"]["nodes"][0]["id"].take();
    let reason = huitu::model::reference::unions::finding_reasons()[0].code;
    let leader = hub.store.lead().await.unwrap();
    let add = "mutation($id: ID!, $r: String!, $k: String) { recordFinding(input: { enterprise: $id, reason: $r, idempotencyKey: $k }) { pending finding { id reason } userErrors { message } } }";
    let variables = json!({ "id": lacking, "r": reason, "k": "visit-1" });
    let recorded = served.data(add, variables.clone()).await["recordFinding"].take();
    assert_eq!((&recorded["pending"], &recorded["finding"]["reason"]), (&json!(true), &json!(reason)), "{recorded}");
    let again = served.data(add, variables).await["recordFinding"].take();
    assert_eq!(again["finding"]["id"], recorded["finding"]["id"], "sent again, nothing happens twice");
    let other = json!({ "id": lacking, "r": huitu::model::reference::unions::finding_reasons()[1].code, "k": "visit-1" });
    let other = served.data(add, other).await["recordFinding"].take();
    let said = other["userErrors"][0]["message"].as_str().unwrap();
    assert!(other["finding"].is_null() && said.contains("未记录"), "what is not stored is not said to be: {other}");
    let started =
        served.data("mutation { startSync(input: {}) { started userErrors { code } } }", json!({})).await["startSync"].take();
    assert_eq!(started["started"], json!(false), "another one is running: {started}");
    drop(leader);
    // The next publication takes it up.
    let mut told = served.state.state().events().syncs.subscribe();
    let publisher = tokio::spawn(huitu::serve::publish_pushes(served.state.state().clone()));
    let over = |event: &SyncEvent| matches!(event, SyncEvent::Done { registry, .. } if registry == "push");
    let published = async { while !over(&told.recv().await.unwrap()) {} };
    tokio::time::timeout(std::time::Duration::from_secs(120), published).await.expect("what waits is published");
    publisher.abort();
    served.state.refresh().await.unwrap();
    let now = "query($id: ID!) { node(id: $id) { ... on Enterprise { gap { reasons { inputs { value } } } unionCoverage { reasons { inputs { value } } } findings { reason } } } }";
    let now = served.data(now, json!({ "id": lacking })).await["node"].take();
    assert_eq!(now["findings"][0]["reason"], json!(reason), "{now}");
    let leader = hub.store.lead().await.unwrap();
    let back = "mutation($id: ID!) { withdrawFinding(input: { id: $id }) { pending finding { withdrawnAt } } }";
    let taken = served.data(back, json!({ "id": recorded["finding"]["id"] })).await["withdrawFinding"].take();
    assert!(taken["pending"] == json!(true) && taken["finding"]["withdrawnAt"].is_string(), "{taken}");
    drop(leader);
    // Nobody syncs, and somebody writes for longer than a question may take (a large push): it is recorded, said so, and published by itself
    // once the writer has ended.
    let turn = hub.store.write_lock(std::time::Duration::from_secs(60)).await.unwrap();
    let before = hub.editions.current().unwrap().number();
    let variables = json!({ "id": lacking, "r": reason, "k": "visit-2" });
    let recorded = served.data(add, variables).await["recordFinding"].take();
    assert!(recorded["pending"] == json!(true) && recorded["finding"]["id"].is_string(), "{recorded}");
    drop(turn);
    let published = async {
        while hub.editions.current().unwrap().number() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(120), published).await.expect("it is published by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_takes_too_long_goes_on_and_nobody_is_told_to_make_it_again() {
    let served = served(60, |options| options.limits.time = std::time::Duration::from_millis(1)).await;
    let hub = served.state.hub().clone();
    let leader = hub.store.lead().await.unwrap();
    let add = "mutation { recordFinding(input: { enterprise: \"E000000000004\", reason: \"refused\" }) { finding { id } } }";
    let answer = served.ask(add, json!({})).await;
    let error = &answer["errors"][0];
    assert_eq!((&error["extensions"]["code"], &error["extensions"]["retryable"]), (&json!("TIMEOUT"), &json!(false)), "{answer}");
    assert!(error["message"].as_str().unwrap().contains("再次提交之前"), "{answer}");
    let recorded = async {
        while hub.store.findings(None).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), recorded).await.expect("it went on to its end");
    drop(leader);
}

#[tokio::test]
async fn one_caller_has_so_many_exports_and_streams_at_a_time_and_others_are_served() {
    let served = served(4_000, |options| options.access = Authentication::Tokens).await;
    for id in ["greedy", "other"] {
        served.state.hub().store.put_token(&token(id, "analyst", None, None)).await.unwrap();
    }
    let open = |who: &str| {
        let request = Request::get("/export/enterprises.ndjson").header(header::AUTHORIZATION, format!("Bearer secret-{who}"));
        tower::ServiceExt::oneshot(served.router.clone(), request.body(Body::empty()).unwrap())
    };
    // Answers that nobody reads: each holds its place until its client goes away.
    let mut unread = Vec::new();
    for _ in 0..4 {
        let response = open("greedy").await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        unread.push(response);
    }
    let refused = open("greedy").await.unwrap();
    assert_ne!(refused.status(), StatusCode::OK, "a fifth one");
    assert_eq!(open("other").await.unwrap().status(), StatusCode::OK, "nobody else waits for them");
    drop(unread);
    let again = async {
        while open("greedy").await.unwrap().status() != StatusCode::OK {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), again).await.expect("given back with the client");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_with_more_than_open_fields_has_its_row_and_without_it_there_is_no_answer() {
    let served = guarded(vec![token("ann", "analyst", None, None), token("map", "client", None, None)]).await;
    let query = "{ gap(first: 3) { nodes { id name revenueYuan } } }";
    let ask = |who: &'static str| {
        let request = Served::post()
            .header(header::AUTHORIZATION, format!("Bearer secret-{who}"))
            .header("x-purpose", "%E8%B5%B0%E8%AE%BF")
            .body(Body::from(json!({ "query": query }).to_string()));
        served.send(request.unwrap())
    };
    let audit = served.root.path().join("audit");
    let rows = || {
        let mut rows = Vec::new();
        huitu::audit::search(&audit, &huitu::audit::AuditQuestion::default(), |row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
        rows
    };
    let (status, _, body) = ask("ann").await;
    assert_eq!(status, StatusCode::OK);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let ids: Vec<String> =
        answer["data"]["gap"]["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap().to_owned()).collect();
    let first = rows();
    assert_eq!(first.len(), 1, "on disk before the answer is here");
    assert_eq!((first[0].name.as_str(), first[0].way.as_str(), first[0].edition), ("ann", "graphql", 1));
    assert_eq!(first[0].enterprises, huitu::audit::Seen::These(ids));
    assert!(first[0].fields.contains(&"REVENUE".to_owned()), "{:?}", first[0].fields);
    // Kept answers are looked at too; open ones are nobody's business.
    ask("ann").await;
    let kept = rows();
    assert_eq!(kept.len(), 2);
    assert_eq!((&kept[1].operation, kept[1].edition), (&kept[0].operation, 1), "a kept answer is the same question's");
    ask("map").await;
    assert_eq!(rows().len(), 2, "a client without scopes sees open fields alone");
    let export = Request::get("/export/gap.csv").header(header::AUTHORIZATION, "Bearer secret-ann").body(Body::empty()).unwrap();
    served.send(export).await;
    assert_eq!(rows().last().unwrap().way, "export");
    assert!(huitu::audit::verify(&audit).unwrap().faults.is_empty());

    // No row, no answer.
    let blocked = guarded(vec![token("ann", "analyst", None, None)]).await;
    std::fs::write(blocked.root.path().join("audit"), "a file where the folder should be").unwrap();
    let answer = asked(&blocked, "ann", query, json!({})).await;
    assert_eq!((&answer["data"], &answer["errors"][0]["extensions"]["code"]), (&Value::Null, &json!("INTERNAL")), "{answer}");
    // Nor is anything changed that cannot be noted: whoever hears of a failure would make it twice.
    let id = {
        let edition = blocked.state.hub().editions.current().unwrap();
        edition.enterprise(0).id().to_owned()
    };
    let reason = huitu::model::reference::unions::finding_reasons()[0].code;
    let change = "mutation($id: ID!, $r: String!) { recordFinding(input: { enterprise: $id, reason: $r }) { finding { id } } }";
    let answer = asked(&blocked, "ann", change, json!({ "id": id, "r": reason })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("INTERNAL"), "{answer}");
    assert_eq!(blocked.state.hub().store.findings(None).await.unwrap(), Vec::new());
    std::fs::remove_file(blocked.root.path().join("audit")).unwrap();
    let answer = asked(&blocked, "ann", query, json!({})).await;
    assert_eq!(answer["data"]["gap"]["nodes"].as_array().unwrap().len(), 3, "answers are given again: {answer}");
}
