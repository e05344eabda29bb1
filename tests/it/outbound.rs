//! Other people's clients: what they ask and how, tried without them. Parameters, variables, time in caches, federation, connections,
//! subscriptions, maps, files, reconciliation, HTTP.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::edition::synthetic::input;
use huitu::edition::write;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, served_with};

fn get(path: &str) -> Request<Body> {
    Request::get(path).header(header::ACCEPT_LANGUAGE, "en").body(Body::empty()).unwrap()
}

async fn status(served: &Served, path: &str) -> (StatusCode, String) {
    let (status, _, bytes) = served.send(get(path)).await;
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

async fn rows(served: &Served, path: &str) -> u64 {
    let (status, headers, bytes) = served.send(get(path)).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
    headers["x-huitu-rows"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_parameter_that_is_not_known_is_refused_on_every_route() {
    let served = served(600, |_| {}).await;
    for (path, meant) in [
        ("/export/gap.csv?areas=110108", "area"),
        ("/export/gap.csv?area%5B%5D=110108", "area"),
        ("/export/enterprises.xlsx?colums=id", "columns"),
        ("/tiles/gap.json?areas=110108", "area"),
        ("/tiles/gap/8/210/96.mvt?asof=2026-01-01", "asOf"),
        ("/tiles/coverage/8/210/96.mvt?industries=C", "industry"),
        ("/geo/districts.geojson?ownerships=PRIVATE", "ownership"),
        ("/reconcile?query=x", "queries"),
        ("/reconcile/suggest/entity?prefx=x", "prefix"),
        ("/geo/districts.geojson?filter=%7B%22areas%22%3A%5B%22110108%22%5D%7D", "area"),
    ] {
        let (status, text) = status(&served, path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {text}");
        let error = &serde_json::from_str::<Value>(&text).unwrap()["error"];
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&format!("did you mean {meant}?")), "{path}: {message}");
        assert!(error["hint"].as_str().unwrap().contains(meant), "{error}");
    }
}

#[tokio::test]
async fn what_the_graph_takes_means_the_same_in_an_export() {
    let served = served(2_000, |_| {}).await;
    let both = rows(&served, "/export/gap.csv?area=110108,110105").await;
    assert!(both > 0 && both < rows(&served, "/export/gap.csv").await);
    assert_eq!(rows(&served, "/export/gap.csv?area=110108&area=110105").await, both, "a repeated parameter counts whole");
    let one = rows(&served, "/export/gap.csv?area=110108").await;
    let narrowed = "/export/gap.csv?area=110108,110105&filter=%7B%22area%22%3A%5B%22110108%22%5D%7D";
    assert_eq!(rows(&served, narrowed).await, one, "short forms and the filter hold together");
    assert_eq!(status(&served, "/export/gap.csv?text=a&text=b").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(status(&served, "/export/gap.csv?edition=1&asOf=2026-11-01").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(status(&served, "/export/enterprises.csv?include=LACKING").await.0, StatusCode::BAD_REQUEST);

    // orderBy and first, in either spelling, give the rows of the graph.
    let data = served
        .data("{ gap(first: 7, orderBy: [{ field: EMPLOYEES, direction: DESC }, { field: NAME, direction: ASC }]) { nodes { id } } }", json!({}))
        .await;
    let expected: Vec<&str> = data["gap"]["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect();
    for order in [
        "EMPLOYEES:DESC,NAME:ASC",
        "%5B%7B%22field%22:%22EMPLOYEES%22%7D,%7B%22field%22:%22NAME%22,%22direction%22:%22ASC%22%7D%5D",
    ] {
        let (_, text) = status(&served, &format!("/export/gap.csv?columns=id&first=7&orderBy={order}")).await;
        let ids: Vec<&str> = text.trim_start_matches('\u{feff}').lines().skip(1).collect();
        assert_eq!(ids, expected, "{order}");
    }
    for wrong in ["orderBy=SALARY", "orderBy=EMPLOYEES:UP", "first=-1", "first=many", "lang=fr", "codes=maybe"] {
        assert_eq!(status(&served, &format!("/export/gap.csv?{wrong}")).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for only_csv in ["/export/gap.xlsx?encoding=gb18030", "/export/gap.arrow?codes=plain"] {
        assert_eq!(status(&served, only_csv).await.0, StatusCode::BAD_REQUEST, "{only_csv}");
    }
    let job = "mutation { createExport(input: { format: XLSX, gb18030: true }) { export { id } userErrors { field } } }";
    let refused = served.data(job, json!({})).await["createExport"].take();
    assert!(refused["export"].is_null() && refused["userErrors"].as_array().unwrap().len() == 1, "{refused}");
    let (_, text) = status(&served, "/export/gap.csv?columns=name&first=0&lang=zh").await;
    assert_eq!(text, "\u{feff}企业名称\r\n", "lang goes before Accept-Language");
}

#[tokio::test]
async fn a_condition_that_holds_of_nobody_because_it_was_misspelt_is_an_error() {
    let served = served(600, |_| {}).await;
    let list = |filter: &str| format!("{{ enterprises(first: 0, filter: {{ {filter} }}) {{ totalCount }} }}");
    for filter in [
        "hasFinding: [\"not_exists\"]",
        "investorCountry: [\"Atlantis\"]",
        "bbox: { west: 39.8, south: 116.2, east: 40.1, north: 116.6 }",
        "bbox: { west: 117, south: 39, east: 116, north: 40 }",
        "bbox: { west: 116, south: 41, east: 117, north: 40 }",
        "and: [{ not: { hasFinding: [\"nothing\"] } }]",
        "area: [\"nowhere\"]",
        "inRegistry: [\"taxes\"]",
    ] {
        assert_eq!(served.code(&list(filter), json!({})).await, "BAD_INPUT", "{filter}");
    }
    for query in [
        "{ coverage(by: [DISTRICT], target: { year: 2026, indicator: \"happiness\" }) { total { enterprises } } }",
        "{ areas(level: TOWN, within: { code: \"119999\" }) { code } }",
        "{ targets(year: 2026, within: { code: \"nowhere\" }) { value } }",
        "{ tradeUnions(first: 1, filter: { area: [\"nowhere\"] }) { totalCount } }",
        "{ industries(level: SECTION, edition: \"1066\") { code } }",
    ] {
        assert_eq!(served.code(query, json!({})).await, "BAD_INPUT", "{query}");
    }
    // A range without bounds is no condition: also those without the value are there.
    let all = served.data("{ enterprises(first: 0) { totalCount } }", json!({})).await["enterprises"]["totalCount"].take();
    for range in
        ["employees: {}", "gapSince: {}", "establishedOn: { gte: null }", "priority: {}", "insured: {}", "revenueYuan: {}"]
    {
        assert_eq!(served.data(&list(range), json!({})).await["enterprises"]["totalCount"], all, "{range}");
    }
    let as_of = served.ask("{ gap(first: 1, asOf: \"1999-01-01\") { totalCount } }", json!({})).await;
    let error = &as_of["errors"][0];
    assert_eq!((&error["extensions"]["code"], &error["extensions"]["hint"]), (&json!("EDITION_GONE"), &json!("edition:1")));
    assert!(error["message"].as_str().unwrap().contains("edition:1"), "{error}");
}

#[tokio::test]
async fn a_variables_default_counts_in_include_and_skip() {
    let served = served(200, |_| {}).await;
    let query = "query($more: Boolean = false, $less: Boolean = true, $n: Int = 3) {
        gap(first: $n) { totalCount edition @include(if: $more) { number } pageInfo @skip(if: $less) { hasNextPage } nodes { id } } }";
    let told =
        |gap: &Value| (gap.get("edition").is_some(), gap.get("pageInfo").is_some(), gap["nodes"].as_array().unwrap().len());
    let answer = served.data(query, json!({})).await;
    assert_eq!(told(&answer["gap"]), (false, false, 3));
    let answer = served.data(query, json!({ "more": true, "less": false, "n": 2.0 })).await;
    assert_eq!(told(&answer["gap"]), (true, true, 2), "2.0 is a whole number");
    assert_eq!(served.code("query($n: Int!) { gap(first: $n) { totalCount } }", json!({ "n": 2.5 })).await, "BAD_INPUT");
}

#[tokio::test]
async fn two_fields_under_one_name_are_refused() {
    let served = served(50, |_| {}).await;
    for query in [
        "{ gap(first: 1) { totalCount } ...F } fragment F on Query { gap(first: 2) { totalCount } }",
        "{ gap(first: 1) { x: totalCount } gap(first: 1) { x: edition { number } } }",
    ] {
        assert_eq!(served.code(query, json!({})).await, "BAD_INPUT", "{query}");
    }
    let merged = "{ gap(first: 1) { totalCount } gap(first: 1) { nodes { name } } }";
    assert!(served.data(merged, json!({})).await["gap"]["nodes"][0]["name"].is_string());
}

#[tokio::test]
async fn a_jump_to_wherever_in_a_list_gives_what_going_there_page_by_page_gives() {
    let served = served(400, |_| {}).await;
    for (list, order) in
        [("enterprises", ""), ("enterprises", "orderBy: [{ field: NAME }], "), ("gap", "include: [LACKING, UNDECIDED], ")]
    {
        let ask = async |arguments: String| {
            let query = format!(
                "{{ {list}({order}{arguments}) {{ totalCount edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage }} }} }}"
            );
            served.data(&query, json!({})).await[list].take()
        };
        let ids = |page: &Value| -> Vec<String> {
            page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()).collect()
        };
        let all = ask("first: 500".to_owned()).await;
        let (known, total) = (ids(&all), ids(&all).len());
        assert_eq!((all["totalCount"].as_u64(), total > 60), (Some(total as u64), true), "{list}");
        for skip in [0, 1, 57, total - 1, total, 9_999_999] {
            let page = ask(format!("first: 20, skip: {skip}")).await;
            let from = skip.min(total);
            assert_eq!(ids(&page), known[from..(from + 20).min(total)], "{list} {order} {skip}");
            assert_eq!(page["pageInfo"]["hasNextPage"], from + 20 < total, "{list} {skip}");
        }
        let tenth = all["edges"][9]["cursor"].as_str().unwrap();
        assert_eq!(ids(&ask(format!("first: 5, after: \"{tenth}\", skip: 30")).await), known[40..45], "{list} behind a cursor");
        let refused = served.ask(&format!("{{ {list}(first: 5, skip: -1) {{ totalCount }} }}"), json!({})).await;
        assert!(refused["errors"][0]["message"].as_str().unwrap().contains("skip 应为 0"), "{refused}");
    }
}

#[tokio::test]
async fn a_list_without_first_gives_its_default_and_costs_it() {
    let served = served(400, |_| {}).await;
    let cost = async |query: &str| served.ask(query, json!({})).await["extensions"]["cost"]["requested"].take();
    let lists = "{ enterprises { nodes { id } pageInfo { hasNextPage } } search(text: \"北京\") { matched } editions { nodes { number } } }";
    let answer = served.data(lists, json!({})).await;
    assert_eq!(answer["enterprises"]["nodes"].as_array().unwrap().len(), 50);
    assert_eq!(
        cost("{ enterprises { nodes { id name } } }").await,
        cost("{ enterprises(first: 50) { nodes { id name } } }").await
    );
    // The table of the costs is the schema's.
    let types = "{ __schema { types { name fields(includeDeprecated: true) { name args { name defaultValue } } } } }";
    let schema = served.data(types, json!({})).await;
    let mut found = std::collections::BTreeMap::new();
    for of in schema["__schema"]["types"].as_array().unwrap() {
        for field in of["fields"].as_array().into_iter().flatten() {
            let first = field["args"].as_array().unwrap().iter().find(|a| a["name"] == "first");
            if let Some(first) = first {
                let length: u64 =
                    first["defaultValue"].as_str().unwrap_or_else(|| panic!("{field} has no default")).parse().unwrap();
                found.insert(field["name"].as_str().unwrap().to_owned(), length);
            }
        }
    }
    let table = huitu::serve::limits::cost::DEFAULT_LENGTHS.iter().map(|(name, length)| ((*name).to_owned(), *length)).collect();
    assert_eq!(found, table);
}

#[tokio::test]
async fn what_an_answer_left_out_costs_nothing() {
    let served = served(100, |_| {}).await;
    let query = "query($all: Boolean = false) { gap(first: 1) { totalCount } enterprises(first: 500) @include(if: $all) { nodes { records(first: 100) { nodes { key } } } } }";
    let answer = served.ask(query, json!({})).await;
    assert!(answer["extensions"]["cost"]["requested"].as_u64().unwrap() < 10, "{answer}");
    assert_eq!(served.code(query, json!({ "all": true })).await, "COST_EXCEEDED");
}

/// The largest number of an answer.
fn largest(value: &Value) -> u64 {
    match value {
        Value::Array(values) => values.iter().map(largest).max().unwrap_or_default(),
        Value::Object(fields) => fields.values().map(largest).max().unwrap_or_default(),
        other => other.as_u64().unwrap_or_default(),
    }
}

#[tokio::test]
async fn sums_of_money_are_decimal_texts_and_heads_that_were_mistyped_stay_an_int() {
    let mut facts = input(1, 600, 11);
    facts
        .unions
        .iter_mut()
        .take(2)
        .for_each(|union| (union.employees, union.members) = (Some(4_000_000_000), Some(3_000_000_000)));
    facts.enterprises.iter_mut().take(2).for_each(|enterprise| enterprise.employees = Some(4_000_000_000));
    let served = served_with(facts, |_| {}).await;
    let heads = "{ coverage(by: []) { total { employees employeesOfUnionised members membershipRateAll { numerator denominator } membershipRateUnionised { numerator denominator } } } \
                 tradeUnions(first: 500) { nodes { employees members } } enterprises(first: 500) { nodes { employees } } }";
    assert_eq!(largest(&served.data(heads, json!({})).await), i32::MAX as u64);
    let query = "{ coverage(by: []) { total { duesCollectedRate { numerator denominator value } coverageRate { numerator } } } }";
    let total = served.data(query, json!({})).await["coverage"]["total"].take();
    let rate = &total["duesCollectedRate"];
    let yuan = |name: &str| rate[name].as_str().unwrap_or_else(|| panic!("{rate}")).parse::<f64>().unwrap();
    if let Some(value) = rate["value"].as_f64() {
        assert!((yuan("numerator") / yuan("denominator") - value).abs() < 1e-6, "{rate}");
    }
    assert!(yuan("denominator") >= 0.0 && total["coverageRate"]["numerator"].is_u64());
}

#[tokio::test]
async fn variables_are_taken_as_clients_write_them() {
    let served = served(60, |_| {}).await;
    let ask = async |body: Vec<u8>, encoding: Option<&str>| {
        let mut request = Served::post();
        if let Some(encoding) = encoding {
            request = request.header(header::CONTENT_ENCODING, encoding);
        }
        served.send(request.body(Body::from(body)).unwrap()).await
    };
    let question = r#"{"query":"{ gap(first: 1) { totalCount } }""#;
    for (body, says) in [
        (format!("{question},\"variables\":[]}}"), "totalCount"),
        (format!("{question},\"variables\":\"\"}}"), "totalCount"),
        (format!("{question},\"variables\":\"{{}}\"}}"), "totalCount"),
        (format!("\u{feff}{question}}}"), "totalCount"),
        (format!("{question},\"variables\":[1]}}"), "variables"),
        (format!("{question},\"variables\":7}}"), "variables"),
    ] {
        let (_, _, bytes) = ask(body.clone().into_bytes(), None).await;
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(says) && !text.contains("invalid type"), "{body}: {text}");
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, format!("{question}}}").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(ask(packed.clone(), Some("gzip")).await.0, StatusCode::OK);
    let (status, headers, _) = ask(packed, Some("compress")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(headers[header::ACCEPT_ENCODING].to_str().unwrap().contains("gzip"));
    let (status, _, bytes) = ask(format!("{question}}}").into_bytes(), Some("gzip")).await;
    assert!(
        status == StatusCode::BAD_REQUEST && String::from_utf8_lossy(&bytes).contains("Content-Encoding"),
        "packed in name only"
    );
    // What is unpacked counts for the limit.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![b' '; 8 << 20]).unwrap();
    assert_eq!(ask(bomb.finish().unwrap(), Some("gzip")).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_earlier_state_has_an_id_of_its_own() {
    let served = served(300, |_| {}).await;
    write(&served.root.path().join("editions"), input(2, 300, 12)).unwrap();
    served.state.refresh().await.unwrap();
    let list =
        "query($d: Date) { gap(first: 3, asOf: $d) { nodes { id stableId } } tradeUnions(first: 1, asOf: $d) { nodes { id } } }";
    let then = served.data(list, json!({ "d": "edition:1" })).await;
    let node = &then["gap"]["nodes"][0];
    let (id, stable) = (node["id"].as_str().unwrap(), node["stableId"].as_str().unwrap());
    assert_eq!(id, format!("{stable}@1"));
    assert!(then["tradeUnions"]["nodes"][0]["id"].as_str().unwrap().ends_with("@1"));
    // The newest edition has plain ids, but where it is named: tomorrow it is an earlier state.
    let now = served.data(list, json!({})).await;
    assert_eq!(now["gap"]["nodes"][0]["id"], now["gap"]["nodes"][0]["stableId"]);
    let named = served.data(list, json!({ "d": "edition:2" })).await;
    let node = &named["gap"]["nodes"][0];
    assert_eq!(node["id"], format!("{}@2", node["stableId"].as_str().unwrap()));
    // Every argument takes both forms; `node` gives the state that the id is of.
    let one = "query($id: ID!, $d: Date) { enterprise(by: { id: $id }, asOf: $d) { id } node(id: $id) { id } }";
    let asked = served.data(one, json!({ "id": id, "d": "edition:1" })).await;
    assert_eq!((&asked["enterprise"]["id"], &asked["node"]["id"]), (&json!(id), &json!(id)));
    let asked = served.data("query($id: ID!) { enterprise(by: { id: $id }) { id } }", json!({ "id": id })).await;
    assert_eq!(asked["enterprise"]["id"], stable, "as of today");
    assert_eq!(
        served.data("query($id: ID!) { node(id: $id) { id } }", json!({ "id": format!("{stable}@") })).await["node"],
        Value::Null
    );
}

#[tokio::test]
async fn an_entity_that_names_nothing_spoils_no_other() {
    let served = served(200, |_| {}).await;
    let known = served
        .data("{ gap(first: 1) { nodes { id creditCode area { code id } } } tradeUnions(first: 1) { nodes { id } } }", json!({}))
        .await;
    let (first, union) = (&known["gap"]["nodes"][0], &known["tradeUnions"]["nodes"][0]["id"]);
    let query = "query($of: [_Any!]!) { _entities(representations: $of) { ... on Enterprise { id } ... on Area { code name } ... on TradeUnion { id } } }";
    let of = json!([
        { "__typename": "Enterprise", "id": first["id"] },
        { "__typename": "Enterprise", "id": "E-nobody" },
        { "__typename": "Enterprise", "id": null },
        { "__typename": "Enterprise", "creditCode": null },
        { "__typename": "Nothing", "id": "1" },
        { "__typename": "Area", "code": first["area"]["code"] },
        { "__typename": "Area", "id": first["area"]["id"] },
        { "__typename": "Area", "code": "nowhere" },
        { "__typename": "TradeUnion", "id": union },
    ]);
    let answer = served.ask(query, json!({ "of": of })).await;
    let found = answer["data"]["_entities"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let is_there: Vec<bool> = found.iter().map(|e| !e.is_null()).collect();
    assert_eq!(is_there, [true, false, false, false, false, true, true, false, true], "{answer}");
    assert_eq!((&found[5]["code"], &found[8]["id"]), (&first["area"]["code"], union));
    let sdl = served.data("{ _service { sdl } }", json!({})).await["_service"]["sdl"].as_str().unwrap().to_owned();
    for line in ["type PageInfo @shareable", "type Viewer @shareable", "type Area", "@key(fields: \"code\")"] {
        assert!(sdl.contains(line), "{line}");
    }
    assert!(sdl.contains("viewer: Viewer! @shareable"));
    // What finds things of this subgraph only by their ids stays out of a supergraph, where another one may have its own.
    assert!(!sdl.lines().any(|l| matches!(l.trim_start(), "node(" | "nodes(")));
    assert!(async_graphql::parser::parse_schema(&sdl).is_ok());
    let aliased = served.data("{ a: _service { b: sdl } node(id: \"area:110108\") { id } }", json!({})).await;
    assert_eq!(aliased["a"]["b"], sdl.as_str());
}

#[tokio::test]
async fn every_connection_has_edges_with_the_cursors_of_its_rows() {
    let served = served(300, |_| {}).await;
    let schema = served.data("{ __schema { types { name fields { name } } } }", json!({})).await;
    let connections: Vec<&Value> = schema["__schema"]["types"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|t| t["name"].as_str().unwrap().ends_with("Connection"))
        .collect();
    assert!(connections.len() >= 11);
    for of in connections {
        let fields: Vec<&str> = of["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        for field in ["nodes", "edges", "pageInfo", "totalCount"] {
            assert!(fields.contains(&field), "{}: {field}", of["name"]);
        }
    }
    for (list, of) in [("tradeUnions", "id"), ("editions", "number"), ("conflicts", "enterprise { id }"), ("enterprises", "id")] {
        let query = format!(
            "query($after: String) {{ {list}(first: 2, after: $after) {{ nodes {{ {of} }} edges {{ cursor node {{ {of} }} }} pageInfo {{ startCursor endCursor }} }} }}"
        );
        let page = served.data(&query, json!({ "after": null })).await[list].take();
        let edges = page["edges"].as_array().unwrap();
        let nodes: Vec<&Value> = edges.iter().map(|e| &e["node"]).collect();
        assert_eq!(nodes, page["nodes"].as_array().unwrap().iter().collect::<Vec<_>>(), "{list}");
        assert_eq!(
            (&edges[0]["cursor"], &edges.last().unwrap()["cursor"]),
            (&page["pageInfo"]["startCursor"], &page["pageInfo"]["endCursor"])
        );
        if edges.len() == 2 {
            let next = served.data(&query, json!({ "after": edges[0]["cursor"] })).await[list].take();
            assert_eq!(next["nodes"][0], page["nodes"][1], "{list}: a cursor goes on behind its row");
        }
    }
}

#[tokio::test]
async fn an_area_of_an_earlier_edition_has_an_id_of_its_own_that_every_argument_takes() {
    let served = served(400, |_| {}).await;
    write(&served.root.path().join("editions"), input(2, 400, 11)).unwrap();
    served.state.refresh().await.unwrap();
    let list = "{ now: enterprises(first: 20) { nodes { area { id code parent { id } } } } \
                 then: enterprises(first: 20, asOf: \"edition:1\") { nodes { id area { id code parent { id } } } } \
                 unions: tradeUnions(first: 1, asOf: \"edition:1\") { nodes { id } } areas(level: DISTRICT, asOf: \"edition:1\") { id code } }";
    let data = served.data(list, json!({})).await;
    let areas =
        |of: &str| -> Vec<Value> { data[of]["nodes"].as_array().unwrap().iter().map(|node| node["area"].clone()).collect() };
    for (now, then) in areas("now").iter().zip(areas("then")).filter(|(now, _)| !now.is_null()) {
        let code = now["code"].as_str().unwrap();
        assert_eq!(now["id"], format!("area:{code}"));
        let code = then["code"].as_str().unwrap();
        assert_eq!(then["id"], format!("area:{code}@1"));
        assert!(then["parent"]["id"].as_str().unwrap().ends_with("@1"));
    }
    let district = &data["areas"][0];
    let (id, code) = (district["id"].as_str().unwrap(), district["code"].as_str().unwrap());
    assert_eq!(id, format!("area:{code}@1"));
    let [enterprise, union] = ["then", "unions"].map(|of| data[of]["nodes"][0]["id"].as_str().unwrap());
    assert!(enterprise.ends_with("@1") && union.ends_with("@1"), "{enterprise} {union}");
    let gone = enterprise.replace("@1", "@77");
    let asked = format!(
        "{{ node(id: \"{id}\") {{ id ... on Area {{ code }} }} area(by: {{ id: \"{id}\" }}) {{ code }} \
         ids: enterprises(filter: {{ area: [\"{id}\"] }}) {{ totalCount }} codes: enterprises(filter: {{ area: [\"{code}\"] }}) {{ totalCount }} \
         areas(within: {{ id: \"{id}\" }}, search: \"{id}\") {{ code }} \
         _entities(representations: [{{ __typename: \"Area\", id: \"{id}\" }}, {{ __typename: \"Area\", id: \"area:{code}@77\" }}, \
           {{ __typename: \"Enterprise\", id: \"{enterprise}\" }}, {{ __typename: \"Enterprise\", id: \"{gone}\" }}, {{ __typename: \"TradeUnion\", id: \"{union}\" }}]) \
           {{ ... on Area {{ id }} ... on Enterprise {{ id }} ... on TradeUnion {{ id }} }} }}"
    );
    let data = served.data(&asked, json!({})).await;
    assert_eq!((&data["node"]["id"], &data["node"]["code"], &data["area"]["code"]), (&json!(id), &json!(code), &json!(code)));
    assert_eq!((&data["ids"], &data["areas"][0]["code"]), (&data["codes"], &json!(code)));
    assert!(data["ids"]["totalCount"].as_u64().unwrap() > 0);
    // A gateway is told of the edition that it asks of, not of the newest.
    assert_eq!(data["_entities"], json!([{ "id": id }, null, { "id": enterprise }, null, { "id": union }]));
}

#[tokio::test]
async fn a_map_that_asks_for_an_edition_that_is_gone_is_told_which_one_there_is() {
    let served = served(200, |_| {}).await;
    for path in [
        "/map/style.json?edition=77",
        "/map/style.json?asOf=edition:77",
        "/tiles/gap.json?edition=77",
        "/tiles/coverage.json?edition=77",
        "/tiles/places.json?edition=77",
        "/tiles/gap/10/843/387.mvt?edition=77",
        "/tiles/coverage/10/843/387.mvt?edition=77",
        "/tiles/places/10/843/387.mvt?edition=77",
        "/geo/streets.geojson?edition=77",
    ] {
        let (status, text) = status(&served, path).await;
        assert_eq!(status, StatusCode::GONE, "{path}: {text}");
        let error = &serde_json::from_str::<Value>(&text).unwrap()["error"];
        assert_eq!((&error["code"], &error["hint"]), (&json!("EDITION_GONE"), &json!("edition:1")), "{path}: {error}");
    }
}

#[tokio::test]
async fn routes_without_parameters_of_their_own_refuse_what_they_do_not_know() {
    let served = served(100, |_| {}).await;
    for path in [
        "/export/jobs/none?format=csv",
        "/receipts/1?format=html",
        "/schema.graphql?version=1",
        "/openapi.yaml?version=1",
        "/map/sprite.json?scale=2",
        "/graphql?query=%7B%20viewer%20%7B%20name%20%7D%20%7D&variable=%7B%7D",
        "/graphql/sse?query=subscription%20%7B%20editionPublished%20%7B%20number%20%7D%20%7D&lastEventID=edition:1",
        "/export/gap.csv?area=",
        "/export/gap.csv?filter=",
        "/export/gap.csv?first=",
        "/tiles/gap.json?area=",
        "/export/gap.csv?filter=%7B%22area%22%3A%5B%22110108%22%5D%2C%22area%22%3A%5B%22110105%22%5D%7D",
    ] {
        let (status, text) = status(&served, path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {text}");
    }
    for path in ["/schema.graphql", "/schema.graphql?_=17", "/map/sprite.json?nocache=1"] {
        assert_eq!(status(&served, path).await.0, StatusCode::OK, "{path}");
    }
}
