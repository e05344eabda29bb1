//! A spreadsheet meets the graph: the Reconciliation API 0.2.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::graphql::{Served, served};

async fn post(served: &Served, name: &str, value: &Value) -> (StatusCode, Value) {
    let mut form = String::new();
    for byte in value.to_string().bytes() {
        form.push_str(&format!("%{byte:02X}"));
    }
    let request = Request::post("/reconcile")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("{name}={form}")))
        .unwrap();
    let (status, _, bytes) = served.send(request).await;
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn get(served: &Served, path: &str) -> Value {
    let (status, _, bytes) = served.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn rows_of_a_spreadsheet_find_their_enterprises() {
    let served = served(2_000, |_| {}).await;
    let data = served.data("{ enterprises(first: 40) { nodes { id name creditCode } } }", json!({})).await;
    let nodes = data["enterprises"]["nodes"].as_array().unwrap();
    let manifest = get(&served, "/reconcile").await;
    assert_eq!(manifest["versions"], json!(["0.2"]));
    assert!(manifest["name"].is_string() && manifest["identifierSpace"].is_string() && manifest["schemaSpace"].is_string());

    let (a, b) = (&nodes[3], &nodes[7]);
    let typo = a["name"].as_str().unwrap().replacen("有限公司", "有限责任公司", 1);
    let queries = json!({
        "code": { "query": "写错的名字", "properties": [{ "pid": "creditCode", "v": b["creditCode"] }] },
        "name": { "query": a["name"], "limit": 3 },
        "typo": { "query": typo, "limit": 5 },
        "none": { "query": "鳏寡孤独废疾者", "limit": 5 },
    });
    let (status, answer) = post(&served, "queries", &queries).await;
    assert_eq!(status, StatusCode::OK);
    let best = |name: &str| answer[name]["result"][0].clone();
    assert_eq!((&best("code")["id"], &best("code")["match"], &best("code")["score"]), (&b["id"], &json!(true), &json!(100.0)));
    assert_eq!(best("name")["name"], a["name"]);
    assert_eq!(best("typo")["name"], a["name"], "{}", answer["typo"]);
    assert_eq!(answer["none"]["result"], json!([]));
    for result in answer["typo"]["result"].as_array().unwrap() {
        assert!(result["score"].is_number() && result["match"].is_boolean() && result["type"][0]["id"] == "Enterprise");
        assert!(result["features"].as_array().unwrap().iter().all(|f| f["id"].is_string() && f["value"].is_number()));
    }

    let wanted = json!({ "ids": [a["id"], "nobody"], "properties": [{ "id": "creditCode" }, { "id": "employees" }] });
    let (_, extended) = post(&served, "extend", &wanted).await;
    assert_eq!(extended["meta"][0]["id"], "creditCode");
    assert_eq!(extended["rows"][a["id"].as_str().unwrap()]["creditCode"][0]["str"], a["creditCode"]);
    assert_eq!(extended["rows"]["nobody"]["employees"], json!([]));

    let found = get(&served, "/reconcile/suggest/entity?prefix=kj").await;
    assert!(!found["result"].as_array().unwrap().is_empty());
    let found = get(&served, "/reconcile/suggest/property?prefix=cred").await;
    assert_eq!(found["result"][0]["id"], "creditCode");
    assert!(get(&served, "/reconcile/propose_properties?type=Enterprise").await["properties"].as_array().unwrap().len() > 20);
    let preview = Request::get(format!("/reconcile/preview?id={}", a["id"].as_str().unwrap())).body(Body::empty()).unwrap();
    let (_, _, bytes) = served.send(preview).await;
    assert!(String::from_utf8(bytes).unwrap().contains(a["name"].as_str().unwrap()));
    assert_eq!(post(&served, "queries", &json!("nonsense")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(
        post(&served, "extend", &json!({ "ids": [], "properties": [{ "id": "salary" }] })).await.0,
        StatusCode::BAD_REQUEST
    );
}
