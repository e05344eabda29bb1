//! Export jobs: made, followed, fetched in pieces, taken up again after a killed process.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::serve::Access;
use huitu::store::export::ExportRow;
use huitu::store::token::hash_secret;
use serde_json::{Value, json};

use crate::graphql::{Served, served, token};

const CREATE: &str = "mutation($input: CreateExportInput!) { createExport(input: $input) { export { id state format expiresAt } userErrors { field code message } } }";

/// Listens to an export over server-sent events until it ends; every state that was told.
async fn followed(served: &Served, token: Option<&str>, id: &str) -> Vec<Value> {
    let query = format!("subscription {{ exportProgress(id: \"{id}\") {{ id state rows sha256 url }} }}");
    let mut request = Request::post("/graphql/sse")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let (status, _, bytes) = served.send(request.body(Body::from(json!({ "query": query }).to_string())).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let text = String::from_utf8(bytes).unwrap();
    let told = text.lines().filter_map(|l| l.strip_prefix("data: ")).filter(|d| !d.is_empty());
    told.map(|d| serde_json::from_str::<Value>(d).unwrap()["data"]["exportProgress"].clone()).collect()
}

async fn fetch(
    served: &Served,
    token: &str,
    url: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
    let mut request = Request::get(url).header(header::AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    served.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_job_is_followed_fetched_in_pieces_and_only_by_its_maker() {
    let served = served(3_000, |options| options.access = Access::Tokens).await;
    for id in ["ann", "bob"] {
        served.state.hub().store.put_token(&token(id, "analyst", None, None)).await.unwrap();
    }
    served.state.hub().store.put_token(&token("map", "client", None, None)).await.unwrap();
    let input = json!({ "list": "GAP", "format": "CSV", "filter": { "ownership": ["PRIVATE", "FOREIGN"] },
        "orderBy": [{ "field": "EMPLOYEES" }], "fields": ["{ id name area { name } gap { status } employees }"], "idempotencyKey": "k1" });
    let answer = served.ask_as(Some("secret-ann"), CREATE, json!({ "input": input })).await;
    let made = &answer["data"]["createExport"];
    assert_eq!(made["userErrors"], json!([]), "{answer}");
    let id = made["export"]["id"].as_str().unwrap();
    let again = served.ask_as(Some("secret-ann"), CREATE, json!({ "input": input })).await;
    assert_eq!(again["data"]["createExport"]["export"]["id"], id, "the same key makes nothing twice");

    let told = followed(&served, Some("secret-ann"), id).await;
    let last = told.last().unwrap();
    assert_eq!(last["state"], "DONE", "{told:?}");
    let query = "{ gap(first: 500, filter: { ownership: [PRIVATE, FOREIGN] }, orderBy: [{ field: EMPLOYEES }]) { totalCount nodes { name } } }";
    let list = served.ask_as(Some("secret-ann"), query, json!({})).await;
    assert_eq!(last["rows"], list["data"]["gap"]["totalCount"]);

    let url = last["url"].as_str().unwrap();
    let (status, headers, whole) = fetch(&served, "secret-ann", url, &[]).await;
    assert_eq!((status, headers["x-huitu-rows"].to_str().unwrap()), (StatusCode::OK, &*last["rows"].to_string()));
    assert_eq!(hash_secret(std::str::from_utf8(&whole).unwrap()), last["sha256"], "the digest is the file's");
    let mut reader = csv::Reader::from_reader(&whole[3..]);
    let names: Vec<String> = reader.records().map(|r| r.unwrap()[1].to_owned()).collect();
    let expected: Vec<&str> =
        list["data"]["gap"]["nodes"].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap()).collect();
    assert_eq!(names[..expected.len()], expected, "the order is the list's");

    // A download that broke off goes on where it stopped.
    let etag = headers[header::ETAG].to_str().unwrap().to_owned();
    let (status, part, first) = fetch(&served, "secret-ann", url, &[("range", "bytes=0-999")]).await;
    assert_eq!((status, first.len()), (StatusCode::PARTIAL_CONTENT, 1_000));
    assert_eq!(part[header::CONTENT_RANGE], format!("bytes 0-999/{}", whole.len()));
    let (_, _, rest) = fetch(&served, "secret-ann", url, &[("range", "bytes=1000-"), ("if-range", &etag)]).await;
    assert_eq!([first, rest].concat(), whole);
    let (status, _, other) = fetch(&served, "secret-ann", url, &[("range", "bytes=1000-"), ("if-range", "\"another\"")]).await;
    assert_eq!((status, other.len()), (StatusCode::OK, whole.len()), "of another file the whole is sent");
    let beyond = format!("bytes={}-", whole.len());
    assert_eq!(fetch(&served, "secret-ann", url, &[("range", &beyond)]).await.0, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(fetch(&served, "secret-ann", url, &[("if-none-match", &etag)]).await.0, StatusCode::NOT_MODIFIED);

    assert_eq!(fetch(&served, "secret-bob", url, &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&served, "secret-map", url, &[]).await.0, StatusCode::FORBIDDEN);
    let mine = served.ask_as(Some("secret-bob"), "{ exports(first: 10) { id } }", json!({})).await;
    assert_eq!(mine["data"]["exports"], json!([]));
    let mine = served.ask_as(Some("secret-ann"), "{ exports(first: 10) { id state } }", json!({})).await;
    assert_eq!(mine["data"]["exports"].as_array().unwrap().len(), 1);

    // What is wrong is said at once, in the caller's language.
    for (input, word) in [
        (json!({ "format": "CSV", "fields": ["salary"] }), "salary"),
        (json!({ "format": "CSV", "fields": ["{ name { "] }), "{ name"),
    ] {
        let answer = served.ask_as(Some("secret-ann"), CREATE, json!({ "input": input })).await;
        let error = &answer["data"]["createExport"]["userErrors"][0];
        assert_eq!(error["code"], "BAD_INPUT");
        assert!(error["message"].as_str().unwrap().contains(word), "{error}");
    }
    let answer = served.ask_as(Some("secret-map"), CREATE, json!({ "input": { "format": "CSV" } })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_a_killed_process_left_is_run_again_with_the_same_bytes() {
    let served = served(1_200, |_| {}).await;
    let made = served.data(CREATE, json!({ "input": { "format": "NDJSON", "fields": ["id", "area.name", "records"] } })).await;
    let id = made["createExport"]["export"]["id"].as_str().unwrap();
    let done = followed(&served, None, id).await.pop().unwrap();
    assert_eq!(done["rows"], 1_200);
    let store = &served.state.hub().store;
    let row = store.export(id).await.unwrap().unwrap();
    // As a kill in the middle leaves it: RUNNING, half a file under the temporary name.
    let left = ExportRow { state: "RUNNING".into(), path: None, sha256: None, total_rows: None, ..row };
    store.export_became(&left).await.unwrap();
    std::fs::remove_file(served.state.exports_folder().join(format!("{id}.ndjson"))).unwrap();
    std::fs::write(served.state.exports_folder().join(format!(".{id}.ndjson.part")), "{\"id\":").unwrap();
    served.state.resume_exports().await.unwrap();
    let again = followed(&served, None, id).await.pop().unwrap();
    assert_eq!((&again["state"], &again["sha256"]), (&json!("DONE"), &done["sha256"]));

    // Past its day the file goes, and the job says so.
    let row = store.export(id).await.unwrap().unwrap();
    assert!(row.expires_at.unwrap() > row.created_at);
    for format in ["XLSX", "ARROW", "CSV"] {
        let made = served.data(CREATE, json!({ "input": { "format": format, "list": "GAP" } })).await;
        let done = followed(&served, None, made["createExport"]["export"]["id"].as_str().unwrap()).await.pop().unwrap();
        assert_eq!(done["state"], "DONE", "{format}");
    }
}
