//! Who looked at what, asked of the graph: by whoever may know, page by page, newest first.

use axum::body::Body;
use axum::http::header;
use huitu::serve::Authentication;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, token};

const SEARCH: &str = "query($f: AuditFilter, $first: Int = 50, $after: String) { auditSearch(filter: $f, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id at who caller role purpose way operation fields matters classes enterprises enterpriseIds chosenBy isCertain editionNumber requestId } } }";

async fn guarded() -> Served {
    let served = served(600, |options| options.access = Authentication::Tokens).await;
    for (id, role, areas) in [
        ("ann", "analyst", None),
        ("cy", "district", Some(r#"["110105"]"#)),
        ("aud", "auditor", None),
        ("sec", "security", None),
        ("sys", "system", None),
        ("chief", "admin", None),
    ] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    served
}

/// Asks for a purpose, and notes a second.
async fn looked(served: &Served, who: &str, purpose: &str, query: &str) -> Value {
    let clock = &served.state.hub().clock;
    clock.set(clock.now() + chrono::Duration::seconds(1));
    let request = Served::post()
        .header(header::AUTHORIZATION, format!("Bearer secret-{who}"))
        .header("x-purpose", purpose)
        .body(Body::from(json!({ "query": query }).to_string()));
    let (_, _, body) = served.send(request.unwrap()).await;
    serde_json::from_slice(&body).unwrap()
}

async fn found(served: &Served, who: &str, variables: Value) -> Value {
    let answer = served.ask_as(Some(&format!("secret-{who}")), SEARCH, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["auditSearch"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looked_at_what_is_found_by_caller_day_field_enterprise_and_question() {
    let served = guarded().await;
    let money = "{ gap(first: 3) { nodes { id name revenueYuan } } }";
    let shown = looked(&served, "ann", "yearly-check", money).await;
    let ids: Vec<String> =
        shown["data"]["gap"]["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap().to_owned()).collect();
    looked(&served, "cy", "visit", "{ gap(first: 2) { nodes { id name } } }").await;
    let all = found(&served, "aud", json!({})).await;
    let nodes = all["nodes"].as_array().unwrap();
    assert_eq!(nodes.iter().map(|n| n["who"].as_str().unwrap()).collect::<Vec<_>>(), ["cy", "ann"], "newest first: {all}");
    let ann = &nodes[1];
    assert_eq!(
        (&ann["caller"], &ann["role"], &ann["purpose"], &ann["way"], &ann["editionNumber"], &ann["enterprises"]),
        (&json!("token:ann"), &json!("ANALYST"), &json!("yearly-check"), &json!("GRAPHQL"), &json!(1), &json!(3))
    );
    assert_eq!(ann["enterpriseIds"], json!(ids), "an auditor reads ids, and no name");
    assert!(ann["fields"].as_array().unwrap().contains(&json!("REVENUE")));
    assert_eq!((&ann["classes"], &nodes[0]["classes"]), (&json!(["MONEY"]), &json!([])), "what was opened for them");

    let only = async |filter: Value| {
        let page = found(&served, "aud", json!({ "f": filter })).await;
        let who: Vec<String> = page["nodes"].as_array().unwrap().iter().map(|n| n["who"].as_str().unwrap().to_owned()).collect();
        assert_eq!(page["totalCount"], json!(who.len()), "{page}");
        who
    };
    let today = served.state.hub().clock.today(served.state.hub().settings.zone);
    assert_eq!(only(json!({ "caller": "ann" })).await, ["ann"]);
    assert_eq!(only(json!({ "caller": "token:cy" })).await, ["cy"]);
    assert_eq!(only(json!({ "field": ["REVENUE", "PAYROLL"] })).await, ["ann"]);
    assert_eq!(only(json!({ "purpose": "visit" })).await, ["cy"]);
    assert_eq!(only(json!({ "enterprise": ids[0], "caller": "ann" })).await, ["ann"]);
    assert_eq!(only(json!({ "operation": ann["operation"].as_str().unwrap()[..6] })).await, ["ann"]);
    assert_eq!(only(json!({ "caller": "ann", "on": { "gte": today.to_string(), "lte": today.to_string() } })).await, ["ann"]);
    assert_eq!(only(json!({ "on": { "lte": today.pred_opt().unwrap().to_string() } })).await, Vec::<String>::new());
    assert!(only(json!({ "caller": "aud" })).await.len() > 5, "who reads the audit is in it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_audit_hold_every_row_once_while_others_go_on_looking() {
    let served = guarded().await;
    for n in 0..25 {
        looked(&served, "ann", "walk", &format!("{{ gap(first: 1) {{ nodes {{ id name revenueYuan }} }} a{n}: __typename }}"))
            .await;
    }
    let filter = json!({ "caller": "ann" });
    let mut seen: Vec<String> = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = found(&served, "aud", json!({ "f": filter, "first": 4, "after": after })).await;
        seen.extend(page["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
        // It is not on the pages that follow, nor does it move them.
        looked(
            &served,
            "ann",
            "walk",
            &format!("{{ gap(first: 1) {{ nodes {{ id name revenueYuan }} }} b{}: __typename }}", seen.len()),
        )
        .await;
    }
    assert_eq!(seen.len(), 25);
    let numbers: Vec<u64> = seen.iter().map(|id| id.rsplit(':').next().unwrap().parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|w| w[0] > w[1]), "newest first, each once: {seen:?}");
    let other = json!({ "f": { "caller": "cy" }, "after": after });
    let answer = served.ask_as(Some("secret-aud"), SEARCH, other).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "a cursor of another question: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enterprise_says_who_looked_and_nobody_without_the_scope_is_told() {
    let served = guarded().await;
    let money = "{ gap(first: 1) { nodes { id name revenueYuan } } }";
    let id = looked(&served, "ann", "visit", money).await["data"]["gap"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let query = format!(
        "{{ node(id: \"{id}\") {{ ... on Enterprise {{ lookedAtBy(first: 5) {{ nodes {{ who purpose isCertain }} }} }} }} }}"
    );
    let told = looked(&served, "chief", "security", &query).await;
    assert_eq!(
        told["data"]["node"]["lookedAtBy"]["nodes"],
        json!([{ "who": "ann", "purpose": "visit", "isCertain": true }]),
        "{told}"
    );
    let again = looked(&served, "chief", "security", &query).await;
    assert_eq!(again["data"]["node"]["lookedAtBy"]["nodes"][0]["who"], "chief", "and who asked that: {again}");
    for who in ["ann", "cy"] {
        let answer = looked(&served, who, "visit", &query).await;
        assert!(answer["data"]["node"]["lookedAtBy"].is_null(), "{who}: {answer}");
    }
    for who in ["ann", "cy", "sys", "sec"] {
        let answer = looked(&served, who, "visit", "{ auditSearch { totalCount } }").await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!((&answer["data"]["auditSearch"], code), (&Value::Null, &json!("FORBIDDEN_FIELD")), "{who}: {answer}");
    }
    // Many at a time read no more of the files than one.
    let many = "{ gap(first: 100) { nodes { lookedAtBy(first: 1) { totalCount } } } }";
    let answer = looked(&served, "chief", "security", many).await;
    assert!(answer["errors"].as_array().unwrap().iter().any(|e| e["extensions"]["code"] == "COST_EXCEEDED"), "{answer}");
}
