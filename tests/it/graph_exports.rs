//! Export jobs: made, followed, fetched in pieces, taken up again after a killed process.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::serve::Authentication;
use huitu::store::export::ExportRow;
use huitu::store::token::{TokenRow, hash_secret};
use serde_json::{Value, json};

use crate::people::city;
use crate::support::graph::{Served, served, token};

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
    let served = served(3_000, |options| options.access = Authentication::Tokens).await;
    for id in ["ann", "bob"] {
        served.state.hub().store.put_token(&token(id, "analyst", None, None)).await.unwrap();
    }
    served.state.hub().store.put_token(&token("map", "client", None, None)).await.unwrap();
    // Who runs the hub and may export, and sees no payments; who may all.
    let runs = TokenRow { scopes: Some(r#"["operate","export"]"#.to_owned()), ..token("run", "client", None, None) };
    served.state.hub().store.put_token(&runs).await.unwrap();
    served.state.hub().store.put_token(&token("boss", "admin", None, None)).await.unwrap();
    let fields = "{ id name area { name } gap { status } employees fund { status } }";
    let input = json!({ "list": "GAP", "format": "CSV", "filter": { "ownership": ["PRIVATE", "FOREIGN"] },
        "orderBy": [{ "field": "EMPLOYEES" }], "fields": [fields], "idempotencyKey": "k1" });
    let request = Served::post().header(header::AUTHORIZATION, "Bearer secret-ann").header("x-purpose", "yearly check");
    let body = json!({ "query": CREATE, "variables": { "input": input } }).to_string();
    let (_, _, bytes) = served.send(request.body(Body::from(body)).unwrap()).await;
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    let made = &answer["data"]["createExport"];
    assert_eq!(made["userErrors"], json!([]), "{answer}");
    let id = made["export"]["id"].as_str().unwrap();
    let again = served.ask_as(Some("secret-ann"), CREATE, json!({ "input": input })).await;
    assert_eq!(again["data"]["createExport"]["export"]["id"], id, "the same key makes nothing twice");
    let other = json!({ "list": "GAP", "format": "NDJSON", "fields": ["id"], "idempotencyKey": "k1" });
    let other = served.ask_as(Some("secret-ann"), CREATE, json!({ "input": other })).await["data"]["createExport"].take();
    assert_eq!((&other["export"], &other["userErrors"][0]["field"]), (&Value::Null, &json!("idempotencyKey")), "{other}");

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
    // The file leads back to who made it, what for, and what was opened for it; each look at it is noted too, that it is the same included.
    let mut noted = Vec::new();
    huitu::audit::search(&served.root.path().join("audit"), &huitu::audit::AuditQuestion::default(), |row| {
        noted.push(row);
        Ok(())
    })
    .unwrap();
    let made = noted.iter().find(|row| row.request == id && row.way == "export").unwrap();
    assert_eq!((made.name.as_str(), made.role.as_str(), made.purpose.as_str()), ("ann", "analyst", "yearly check"));
    assert_eq!(made.classes, ["MONEY"]);
    assert_eq!(noted.iter().filter(|row| row.way == "file").count(), 6, "whole, three parts, one beyond it, and the same");

    assert_eq!(fetch(&served, "secret-run", url, &[]).await.0, StatusCode::NOT_FOUND, "who runs the hub sees no payments by it");
    assert_eq!(fetch(&served, "secret-boss", url, &[]).await.0, StatusCode::OK);
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
    std::fs::remove_file(served.state.hub().settings.data.join("exports").join(format!("{id}.ndjson"))).unwrap();
    std::fs::write(served.state.hub().settings.data.join("exports").join(format!(".{id}.ndjson.part")), "{\"id\":").unwrap();
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

async fn exported(served: &Served, path: &str) -> (StatusCode, String) {
    let (status, _, bytes) =
        served.send(Request::get(path).header(header::ACCEPT_LANGUAGE, "zh").body(Body::empty()).unwrap()).await;
    (status, String::from_utf8(bytes).unwrap())
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

/// What the store holds can be exported like what the edition holds: the selection is the graph's, the file's lines are its answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_may_be_anything_the_graph_says_of_an_enterprise() {
    let served = city(900).await;
    let selection = "{ id name creditCodeRaw records(first: 20) { nodes { key gone registry { name } fields { column raw } } } \
                     provenance(fields: [NAME]) { field value rule source { registry { name } } } \
                     unionCoverage { verdict unions { tradeUnion { name members } kind } } size: designatedSize { verdict reasons { code } } history(first: 2) { totalCount } }";
    let query = format!("{{ enterprises(first: 400) {{ totalCount nodes {selection} }} }}");
    let listed = served.data(&query, json!({})).await["enterprises"].take();
    let total = listed["totalCount"].as_u64().unwrap() as usize;
    let nodes = listed["nodes"].as_array().unwrap();

    // NDJSON: the objects themselves, every row of the list, in its order.
    let before = store_reads(&served).await;
    let (status, text) = exported(&served, &format!("/export/enterprises.ndjson?columns={}", encoded(selection))).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let statements = store_reads(&served).await - before;
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((lines.len(), &lines[..nodes.len()]), (total, &nodes[..]));
    // Five batches of at most 250 and the first few: a handful of statements each, not one per enterprise.
    assert!(statements < 80, "{statements} statements for {total} enterprises");

    // The same form where the edition alone would do.
    let small = "{ id area { code parent { name } } tags gap { status } }";
    let (_, text) = exported(&served, &format!("/export/gap.ndjson?columns={}", encoded(small))).await;
    let expected = served.data(&format!("{{ gap(first: 1) {{ nodes {small} }} }}"), json!({})).await["gap"]["nodes"][0].take();
    assert_eq!(serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap(), expected);

    // A table: lists one after the other, columns of one list side by side.
    let columns = "id,districtName,records.nodes.key,records.nodes.registry.name,unionCoverage.unions.tradeUnion.members";
    let (status, text) = exported(&served, &format!("/export/enterprises.csv?columns={columns}")).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    assert_eq!(reader.headers().unwrap().get(1), Some("区"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), total);
    for (row, node) in rows.iter().zip(nodes) {
        assert_eq!(&row[0], node["id"].as_str().unwrap());
        let of = |name: &str| -> Vec<String> {
            let records = node["records"]["nodes"].as_array().unwrap().iter();
            records
                .map(|r| if name == "key" { &r["key"] } else { &r["registry"]["name"] })
                .map(|v| v.as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!((row[2].to_owned(), row[3].to_owned()), (of("key").join("; "), of("registry").join("; ")));
    }

    // What is read from the store without the graph is what the graph says.
    let columns =
        "records.nodes.landedAt,records.nodes.observedAt,records.nodes.key,provenance.field,provenance.rule,provenance.value";
    let by_graph = exported(&served, &format!("/export/enterprises.ndjson?columns={columns},records.nodes.gone")).await.1;
    let read = exported(&served, &format!("/export/enterprises.ndjson?columns={columns}")).await.1;
    assert!(read.contains("\"landedAt\"") && read.contains("\"EMPLOYEES\"") && !read.contains("\"gone\""));
    assert_eq!((read.lines().count(), by_graph.replace("\"gone\":false,", "").replace("\"gone\":true,", "")), (total, read));

    // The other forms have the same cells.
    let columns = "id,records.nodes.gone,provenance.rule";
    let (_, _, bytes) =
        served.send(Request::get(format!("/export/gap.arrow?columns={columns}")).body(Body::empty()).unwrap()).await;
    let gap = served.data("{ gap(first: 0) { totalCount } }", json!({})).await["gap"]["totalCount"].as_u64().unwrap() as usize;
    let batches: Vec<_> = arrow_ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), gap);
    assert_eq!(batches[0].schema().field(2).name(), "provenance.rule");
    let (_, _, bytes) =
        served.send(Request::get(format!("/export/gap.xlsx?columns={columns}")).body(Body::empty()).unwrap()).await;
    use calamine::Reader;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.height(), gap + 1);
    assert!(!sheet.get_value((1, 2)).unwrap().to_string().is_empty());

    // A job does the same, and again after a kill.
    let made =
        served.data(CREATE, json!({ "input": { "format": "NDJSON", "fields": [selection] } })).await["createExport"].take();
    let done = followed(&served, None, made["export"]["id"].as_str().unwrap_or_else(|| panic!("{made}"))).await.pop().unwrap();
    assert_eq!((&done["state"], &done["rows"]), (&json!("DONE"), &json!(total)));
    assert_eq!(done["sha256"], hash_secret(&lines_of(&served, selection).await));

    for (columns, word) in [
        ("{ name salary }", "salary"),
        ("name,records.nodes.colour", "colour"),
        ("{ live { state } }", "live"),
        ("{ history(first: 101) { totalCount } }", "first"),
        ("{ branches(first: 500) { nodes { records(first: 100) { nodes { key } } } } }", "2000"),
    ] {
        let (status, text) = exported(&served, &format!("/export/gap.csv?columns={}", encoded(columns))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{columns}: {text}");
        assert!(text.contains(word), "{columns}: {text}");
        let answer = served.data(CREATE, json!({ "input": { "format": "CSV", "fields": [columns] } })).await;
        let refused = &answer["createExport"]["userErrors"][0];
        assert!(refused["code"].is_string(), "{columns}: {answer}");
    }
}

async fn lines_of(served: &Served, selection: &str) -> String {
    exported(served, &format!("/export/enterprises.ndjson?columns={}", encoded(selection))).await.1
}

async fn store_reads(served: &Served) -> u64 {
    let text = exported(served, "/metrics").await.1;
    text.lines().find_map(|l| l.strip_prefix("huitu_store_reads_total ")).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_shows_no_more_than_its_maker_may_see() {
    let served = served(600, |options| options.access = Authentication::Tokens).await;
    let mut exporter = token("cat", "client", None, None);
    exporter.scopes = Some("[\"export\"]".to_owned());
    served.state.hub().store.put_token(&exporter).await.unwrap();
    for columns in [
        "revenueYuan",
        "fund.dueYuan",
        "{ name identity { confidence } }",
        "id,provenance.value",
        "{ name fund { reasons { code } } }",
    ] {
        let url = format!("/export/gap.csv?columns={}", encoded(columns));
        let (status, _, bytes) = fetch(&served, "secret-cat", &url, &[]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{columns}: {}", String::from_utf8_lossy(&bytes));
        let answer =
            served.ask_as(Some("secret-cat"), CREATE, json!({ "input": { "format": "CSV", "fields": [columns] } })).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{columns}: {answer}"));
        assert!(code.starts_with("FORBIDDEN"), "{columns}: {answer}");
    }
    // A district's export holds its own area, also where the graph answers.
    let mut district = token("dan", "district", Some("[\"110105\"]"), None);
    district.scopes = Some("[\"export\", \"records\"]".to_owned());
    served.state.hub().store.put_token(&district).await.unwrap();
    let (status, _, bytes) =
        fetch(&served, "secret-dan", "/export/enterprises.ndjson?columns=area.code,records.nodes.key", &[]).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.lines().count() > 5);
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert!(row["area"].as_str().unwrap().starts_with("110105") && row["records"]["nodes"].is_array(), "{line}");
    }
}
