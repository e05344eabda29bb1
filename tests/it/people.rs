//! A small city synced for real, asked over GraphQL: where values come from, what people decide, and how many statements
//! a page costs.

use std::sync::Arc;

use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions};
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Options, app};
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};
use serde_json::{Value, json};

use crate::support::graph::{Served, settings};

pub const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

/// Five simulated registries, synced and served.
pub async fn city(enterprises: u64) -> Served {
    city_of(enterprises, &REGISTRIES, Options::new(Authentication::Demonstration)).await
}

/// The same of these registries, served so.
pub async fn city_of(enterprises: u64, chosen: &[SimulatedRegistry], options: Options) -> Served {
    city_with(enterprises, chosen, options, |_| {}).await
}

/// The same with a hub that is made so.
pub async fn city_with(
    enterprises: u64,
    chosen: &[SimulatedRegistry],
    options: Options,
    change: impl FnOnce(&mut Hub),
) -> Served {
    let root = tempfile::tempdir().unwrap();
    let extracts = root.path().join("city");
    write(&City::new(5, enterprises, 0), &extracts, ExtractFormat::Csv).unwrap();
    let mut settings = settings(root.path());
    for registry in chosen {
        let place = extracts.join(format!("{}.csv", registry.name()));
        settings.sources.insert(registry.name().to_owned(), place.display().to_string());
    }
    let mut hub = Hub::open(settings, Clock::System).await.unwrap();
    change(&mut hub);
    let registries = chosen.iter().map(|r| r.name().to_owned()).collect();
    let report = hub.sync(&SyncOptions { registries, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
    assert!(report.edition.is_some());
    let state = App::new(hub, options);
    state.refresh().await.unwrap();
    Served { root, router: app(state.clone()), state }
}

async fn store_reads(served: &Served) -> u64 {
    let request = axum::http::Request::get("/metrics").body(axum::body::Body::empty()).unwrap();
    let text = String::from_utf8(served.send(request).await.2).unwrap();
    text.lines().find_map(|l| l.strip_prefix("huitu_store_reads_total ")).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_a_hundred_costs_as_many_statements_as_a_page_of_one() {
    let served = city(1_500).await;
    let query = "query($n: Int!) { enterprises(first: $n) { nodes { name
        records { nodes { key registry { name title state } landedAt fields { column raw field value } } }
        provenance { field value rule agreement source { registry { name } raw } others { value } }
        unionCoverage { unions { tradeUnion { name } record { landedAt } } } findings { reason }
        designatedSize { reasons { message inputs { value observedAt record { key } } } } } } }";
    let mut costs = Vec::new();
    // The first answer also learns how to read rows.
    for n in [1, 1, 100] {
        let before = store_reads(&served).await;
        let data = served.data(query, json!({ "n": n })).await;
        costs.push(store_reads(&served).await - before);
        let nodes = data["enterprises"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), n);
        for node in nodes {
            let name = node["provenance"].as_array().unwrap().iter().find(|p| p["field"] == "NAME").unwrap();
            assert_eq!(name["value"], node["name"], "the chosen value is the one shown");
            assert!(name["source"]["raw"].is_string() && name["rule"].is_string());
            let fields = node["records"]["nodes"][0]["fields"].as_array().unwrap();
            assert!(fields.iter().any(|f| f["field"] == "NAME" && f["raw"].is_string()));
        }
    }
    assert!(costs[2] <= costs[1] + 1 && costs[0] <= 7 && costs[1] <= 5, "statements for 1 and 100 enterprises: {costs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_decide_is_applied_at_once_and_can_be_taken_back() {
    let served = city(1_200).await;
    let data = served.data("{ gap(first: 1) { totalCount nodes { id name } } }", json!({})).await;
    let (total, id) = (data["gap"]["totalCount"].as_i64().unwrap(), data["gap"]["nodes"][0]["id"].clone());
    let record = "mutation($id: ID!, $reason: String!) { recordFinding(input: { enterprise: $id, reason: $reason, note: \"走访\" }) {
        finding { id reason by at } enterprise { gap { status reasons { code } } findings { reason withdrawnAt } } userErrors { field code message } } }";
    let wrong = served.data(record, json!({ "id": id, "reason": "gone_fishing" })).await;
    assert_eq!(wrong["recordFinding"]["finding"], Value::Null);
    assert_eq!(wrong["recordFinding"]["userErrors"][0]["code"], "BAD_INPUT");

    let done = served.data(record, json!({ "id": id, "reason": "branch" })).await;
    let payload = &done["recordFinding"];
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    assert_eq!(payload["enterprise"]["gap"]["status"], "OUT_OF_SCOPE");
    assert_eq!(payload["enterprise"]["findings"][0]["reason"], "branch");
    let now = served.data("{ gap(first: 1) { totalCount edition { number } nodes { id } } }", json!({})).await;
    assert_eq!(now["gap"]["totalCount"].as_i64().unwrap(), total - 1);
    assert_eq!(now["gap"]["edition"]["number"], 2);

    let withdraw = "mutation($id: ID!) { withdrawFinding(input: { id: $id, reason: \"误录\" }) { finding { withdrawnAt } enterprise { id gap { status } } userErrors { message } } }";
    let back = served.data(withdraw, json!({ "id": payload["finding"]["id"] })).await;
    assert!(back["withdrawFinding"]["finding"]["withdrawnAt"].is_string(), "{back}");
    assert_ne!(back["withdrawFinding"]["enterprise"]["gap"]["status"], "OUT_OF_SCOPE");
    let now = served.data("query($id: ID!) { gap(first: 1) { totalCount } enterprise(by: { id: $id }) { history(first: 10) { totalCount nodes { what from to editionNumber } } } }", json!({ "id": id })).await;
    assert_eq!(now["gap"]["totalCount"].as_i64().unwrap(), total);
    assert!(now["enterprise"]["history"]["totalCount"].as_i64().unwrap() >= 2, "{now}");

    let queue = served.data("{ review(first: 5) { totalCount nodes { id weight left { key registry { name } } right { key } enterprises { id } evidence { feature weight } effect } } }", json!({})).await;
    if let Some(pair) = queue["review"]["nodes"].get(0) {
        let judge = "mutation($pair: ID!, $is: JudgementVerdict = DIFFERENT) { judge(input: { pair: $pair, verdict: $is, reason: \"两家\", idempotencyKey: \"j1\" }) { judgement { id verdict by } userErrors { message } } }";
        let judged = served.data(judge, json!({ "pair": pair["id"] })).await;
        assert_eq!(judged["judge"]["judgement"]["verdict"], "DIFFERENT", "{judged}");
        // Sent again it is the same one, though its pair is decided; another one under its key is not said to be recorded.
        let again = served.data(judge, json!({ "pair": pair["id"] })).await;
        assert_eq!(again["judge"]["judgement"]["id"], judged["judge"]["judgement"]["id"], "{again}");
        let other = served.data(judge, json!({ "pair": pair["id"], "is": "SAME" })).await;
        assert!(other["judge"]["judgement"].is_null() && other["judge"]["userErrors"][0]["message"].is_string(), "{other}");
        let after = served.data("{ review(first: 100) { nodes { id } } }", json!({})).await;
        assert!(
            after["review"]["nodes"].as_array().unwrap().iter().all(|n| n["id"] != pair["id"]),
            "a decided pair leaves the queue"
        );
        let undo =
            "mutation($id: ID!) { withdrawJudgement(input: { id: $id }) { judgement { withdrawnAt } userErrors { message } } }";
        let undone = served.data(undo, json!({ "id": judged["judge"]["judgement"]["id"] })).await;
        assert!(undone["withdrawJudgement"]["judgement"]["withdrawnAt"].is_string(), "{undone}");
    }

    let set = "mutation { setTarget(input: { area: \"110108\", year: 2026, indicator: \"coverage_rate\", value: 0.9, responsible: \"某科\" }) { target { value done attainment missing } userErrors { message } } }";
    let target = served.data(set, json!({})).await;
    assert_eq!(target["setTarget"]["userErrors"], json!([]), "{target}");
    let listed = served.data("{ targets(year: 2026) { area { code } indicator value rank done } }", json!({})).await;
    assert_eq!((&listed["targets"][0]["area"]["code"], &listed["targets"][0]["rank"]), (&json!("110108"), &json!(1)));
    let batches = served.data("{ registries { name batches(first: 1) { nodes { state read landed quarantined } } quarantine(first: 1) { totalCount } } }", json!({})).await;
    let of_commerce = batches["registries"].as_array().unwrap().iter().find(|r| r["name"] == "commerce").unwrap();
    let batch = &of_commerce["batches"]["nodes"][0];
    assert_eq!(batch["read"].as_i64().unwrap(), batch["landed"].as_i64().unwrap() + batch["quarantined"].as_i64().unwrap());
    // A mutation by GET is refused before it runs.
    let request = axum::http::Request::get("/graphql?query=mutation%7BstartSync(input%3A%7B%7D)%7Bstarted%7D%7D")
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(served.send(request).await.0, axum::http::StatusCode::METHOD_NOT_ALLOWED);
}

/// A gateway asks for many entities at once: by either key, with what hangs on them, in as many statements as for one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateways_hundred_entities_cost_as_many_statements_as_one() {
    let served = city(600).await;
    let listed = served.data("{ enterprises(first: 100) { nodes { id creditCode } } }", json!({})).await;
    let keys: Vec<Value> = listed["enterprises"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(i, e)| match (i % 2, &e["creditCode"]) {
            (1, Value::String(code)) => json!({ "__typename": "Enterprise", "creditCode": code }),
            _ => json!({ "__typename": "Enterprise", "id": e["id"] }),
        })
        .collect();
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Enterprise { id
        records { nodes { key landedAt } } provenance { field value } findings { reason } history(first: 2) { totalCount } } } }";
    let mut costs = Vec::new();
    for count in [1, 1, 100] {
        let before = store_reads(&served).await;
        let data = served.data(query, json!({ "r": keys[..count] })).await;
        costs.push(store_reads(&served).await - before);
        let found = data["_entities"].as_array().unwrap();
        assert_eq!(found.len(), count);
        assert!(found.iter().all(|e| e["provenance"].as_array().is_some_and(|p| !p.is_empty())));
    }
    assert_eq!(costs[1], costs[2], "statements for one entity and for a hundred");
}
