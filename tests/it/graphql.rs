//! The graph over HTTP: questions, pages, permissions, errors, limits.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::edition::synthetic::input;
use huitu::edition::write;
use huitu::hub::Hub;
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Documents, Limits, Options, app};
use huitu::store::token::hash_secret;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, settings, token};

#[tokio::test]
async fn the_gap_list_answers_with_reasons_in_both_languages() {
    let served = served(2_000, |_| {}).await;
    let query = "{ gap(first: 3) { totalCount pageInfo { hasNextPage endCursor } edition { number asOf sources { registry { name title } stale } }
        nodes { id name creditCode area { code name(lang: EN) parent { name } } employees
          designatedSize { verdict basis reasons { code message inputs { name value registry { name } record { key } } } }
          unionCoverage { verdict unions { tradeUnion { name members } kind since } reasons { message(lang: EN) } }
          gap { status since priority { score factors { code points message } } reasons { message } } } } }";
    let answer = served.ask(query, json!({})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let gap = &answer["data"]["gap"];
    let first = &gap["nodes"][0];
    assert!(gap["totalCount"].as_i64().unwrap() > 100);
    assert_eq!(first["designatedSize"]["verdict"], "ABOVE");
    assert!(first["designatedSize"]["reasons"][0]["message"].as_str().unwrap().contains("从业人员"));
    assert!(first["unionCoverage"]["reasons"][0]["message"].as_str().unwrap().is_ascii());
    assert_eq!(first["gap"]["priority"]["factors"][0]["points"], first["gap"]["priority"]["score"]);
    assert!(
        first["area"]["name"].as_str().unwrap().starts_with("Town")
            || first["area"]["name"].as_str().unwrap().starts_with("District")
    );
    assert_eq!(answer["extensions"]["edition"]["number"], 1);
    // The five of the edition, and the payments that the fund needs and that never landed.
    let sources = answer["extensions"]["sources"].as_array().unwrap();
    let landed: Vec<bool> = sources.iter().map(|s| !s["asOf"].is_null()).collect();
    assert_eq!(landed, [true, true, true, true, true, false]);
    assert!(answer["extensions"]["cost"]["requested"].as_i64().unwrap() > 3);
}

#[tokio::test]
async fn paging_while_editions_are_published_yields_every_enterprise_exactly_once() {
    let served = served(1_500, |_| {}).await;
    let query = "query($after: String) { gap(first: 40, after: $after, orderBy: [{field: EMPLOYEES}]) {
        totalCount edition { number } nodes { id } pageInfo { hasNextPage endCursor } } }";
    let (mut seen, mut after, mut total, mut number) = (Vec::new(), Value::Null, 0, 2);
    loop {
        let data = served.data(query, json!({ "after": after })).await;
        let gap = &data["gap"];
        assert_eq!(gap["edition"]["number"], 1);
        total = gap["totalCount"].as_i64().unwrap().max(total);
        seen.extend(gap["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap().to_owned()));
        after = gap["pageInfo"]["endCursor"].clone();
        if gap["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        if number < 5 {
            write(&served.root.path().join("editions"), input(number, 1_500 + number * 10, u64::from(number))).unwrap();
            served.state.refresh().await.unwrap();
            number += 1;
        }
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((unique.len(), seen.len()), (seen.len(), total as usize));
    let now = served.data("{ gap(first: 1) { edition { number } } }", json!({})).await;
    assert_eq!(now["gap"]["edition"]["number"], 4);
    // The edition of an old cursor is gone: said so, with the nearest one.
    std::fs::remove_dir_all(served.root.path().join("editions/000001")).unwrap();
    served.state.refresh().await.unwrap();
    let answer = served.ask(query, json!({ "after": after })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "EDITION_GONE");
    assert_eq!(answer["errors"][0]["extensions"]["hint"], "edition:2");
}

#[tokio::test]
async fn every_kind_of_question_is_answered() {
    let served = served(3_000, |_| {}).await;
    let data = served
        .data(
            "{ all: enterprises(first: 0) { totalCount }
               some: enterprises(first: 2, filter: { or: [{ ownership: [PRIVATE] }, { employees: { gte: 1000 } }], not: { status: [DEREGISTERED] },
                    area: [\"110105\"], industry: [\"C\", \"65\"] }, orderBy: [{ field: NAME, direction: ASC }]) { totalCount nodes { name ownership status } }
               byText: enterprises(first: 1, filter: { text: \"科技\" }) { totalCount nodes { name } }
               search(text: \"kjyx\", first: 3) { matched field enterprise { id name } }
               coverage(by: [DISTRICT, INDUSTRY_SECTION]) { rows { keys { code name } enterprises inGap coverageRate { numerator denominator value } } total { enterprises inGap lacking lackingIndependent } }
               areas(level: TOWN, within: { code: \"110101\" }) { id code name level }
               industries(level: SECTION) { code name }
               tradeUnions(first: 2, filter: { kind: [JOINT] }) { totalCount nodes { id name kind members covers(first: 5) { totalCount nodes { name } } } }
               registries { name title owner state records }
               editions(first: 5) { totalCount nodes { number digest enterprises } }
               viewer { name role scopes language } }",
            json!({}),
        )
        .await;
    assert_eq!(data["all"]["totalCount"], 3_000);
    let rows = data["coverage"]["rows"].as_array().unwrap();
    let sum: i64 = rows.iter().map(|r| r["enterprises"].as_i64().unwrap()).sum();
    assert_eq!(sum, 3_000);
    assert_eq!(data["coverage"]["total"]["enterprises"], 3_000);
    let gap = served.data("{ gap(first: 0) { totalCount } }", json!({})).await;
    assert_eq!(data["coverage"]["total"]["inGap"], gap["gap"]["totalCount"]);
    assert!(data["byText"]["nodes"][0]["name"].as_str().unwrap().contains("科技"));
    assert_eq!(data["areas"].as_array().unwrap().len(), 20);
    assert_eq!(data["industries"].as_array().unwrap().len(), 20);
    assert!(data["registries"].as_array().unwrap().len() >= 5);
    assert_eq!(data["viewer"]["role"], "admin");
    assert_eq!(data["tradeUnions"]["nodes"][0]["covers"]["totalCount"], 1);
}

#[tokio::test]
async fn keys_find_one_enterprise_and_nodes_find_everything() {
    let served = served(500, |_| {}).await;
    let data = served
        .data("{ gap(first: 1) { nodes { id creditCode records(first: 5) { nodes { id key registry { name } } } } } }", json!({}))
        .await;
    let node = &data["gap"]["nodes"][0];
    let record = &node["records"]["nodes"][0];
    let query = "query($code: String!, $id: ID!, $registry: String!, $key: String!) {
        a: enterprise(by: { creditCode: $code }) { id } b: enterprise(by: { record: { registry: $registry, key: $key } }) { id }
        c: node(id: $id) { __typename id } d: enterprise(by: { id: \"nobody\" }) { id }
        e: nodes(ids: [\"area:110101\", \"industry:2017:C\", \"edition:1\", \"registry:tax\", \"nothing\"]) { __typename id } }";
    let found = served
        .data(
            query,
            json!({ "code": node["creditCode"], "id": node["id"], "registry": record["registry"]["name"], "key": record["key"] }),
        )
        .await;
    assert_eq!((&found["a"]["id"], &found["b"]["id"], &found["c"]["id"]), (&node["id"], &node["id"], &node["id"]));
    assert_eq!(found["c"]["__typename"], "Enterprise");
    assert_eq!(found["d"], Value::Null);
    let kinds: Vec<&str> = found["e"].as_array().unwrap().iter().map(|n| n["__typename"].as_str().unwrap_or("null")).collect();
    assert_eq!(kinds, ["Area", "Industry", "Edition", "Registry", "null"]);
}

#[tokio::test]
async fn forbidden_fields_are_null_with_a_code_and_take_nothing_else_with_them() {
    let served = served(800, |options| options.access = Authentication::Tokens).await;
    let store = &served.state.hub().store;
    for row in [
        token("client", "client", None, None),
        token("district", "district", Some("[\"110105\"]"), None),
        token("old", "admin", None, Some(1)),
        token("push", "ingest", None, None),
    ] {
        store.put_token(&row).await.unwrap();
    }
    let query = "{ gap(first: 1) { totalCount nodes { name revenueYuan fund { status } identity { confidence } employees } } }";
    let answer = served.ask_as(Some("secret-client"), query, json!({})).await;
    let node = &answer["data"]["gap"]["nodes"][0];
    assert!(node["name"].is_string() && node["employees"].is_number());
    assert_eq!((&node["revenueYuan"], &node["fund"], &node["identity"]), (&Value::Null, &Value::Null, &Value::Null));
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 3);
    for error in errors {
        assert_eq!(error["extensions"]["code"], "FORBIDDEN_FIELD", "{error}");
        assert_eq!(error["path"][0], "gap");
        assert!(error["extensions"]["requestId"].is_string());
    }
    // Neither filter nor order gives a hidden value away.
    for list in [
        "gap(first: 1, filter: { revenueYuan: { gte: \"1\" } })",
        "gap(first: 1, orderBy: [{ field: REVENUE }])",
        "gap(first: 1, filter: { not: { fund: [PAID] } })",
    ] {
        let answer = served.ask_as(Some("secret-client"), &format!("{{ {list} {{ totalCount }} }}"), json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{list}");
    }
    // A district sees its own area: in lists, counts, search and by id.
    let all =
        served.ask_as(Some("secret-client"), "{ gap(first: 500) { totalCount nodes { id area { code } } } }", json!({})).await;
    let outside = all["data"]["gap"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|n| !n["area"]["code"].as_str().unwrap().starts_with("110105"))
        .unwrap();
    let query = "query($id: ID!) { enterprises(first: 500) { totalCount nodes { area { code } revenueYuan } }
        coverage(by: [DISTRICT]) { rows { keys { code } } } enterprise(by: { id: $id }) { id }
        search(text: \"科技\", first: 50) { enterprise { area { code } } } viewer { areas { code } scopes } }";
    let answer = served.ask_as(Some("secret-district"), query, json!({ "id": outside["id"] })).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let data = &answer["data"];
    let inside = |n: &Value| n["area"]["code"].as_str().unwrap().starts_with("110105");
    assert!(data["enterprises"]["totalCount"].as_i64().unwrap() > 0);
    assert!(data["enterprises"]["nodes"].as_array().unwrap().iter().all(inside));
    assert!(data["search"].as_array().unwrap().iter().all(|h| inside(&h["enterprise"])));
    assert_eq!(data["coverage"]["rows"].as_array().unwrap().len(), 1);
    assert_eq!(data["enterprise"], Value::Null);
    for bad in [None, Some("secret-old"), Some("wrong")] {
        let answer = served.ask_as(bad, "{ viewer { name } }", json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
    let answer = served.ask_as(Some("secret-push"), "{ viewer { name } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn answers_of_editions_are_kept_and_never_shown_to_another_kind_of_caller() {
    let served = served(500, |options| options.access = Authentication::Tokens).await;
    for row in [token("a", "admin", None, None), token("c", "client", None, None)] {
        served.state.hub().store.put_token(&row).await.unwrap();
    }
    let query = "{ gap(first: 2) { nodes { name revenueYuan } } }";
    let admin = served.ask_as(Some("secret-a"), query, json!({})).await;
    assert!(admin["data"]["gap"]["nodes"][0]["revenueYuan"].is_string());
    assert_eq!(served.ask_as(Some("secret-a"), query, json!({})).await, admin);
    let client = served.ask_as(Some("secret-c"), query, json!({})).await;
    assert_eq!(client["data"]["gap"]["nodes"][0]["revenueYuan"], Value::Null);
    let get = |etag: Option<&str>| {
        let mut r =
            Request::get("/graphql?query=%7Bgap(first%3A1)%7BtotalCount%7D%7D").header(header::AUTHORIZATION, "Bearer secret-a");
        if let Some(etag) = etag {
            r = r.header(header::IF_NONE_MATCH, etag);
        }
        r.body(Body::empty()).unwrap()
    };
    let (status, headers, _) = served.send(get(None)).await;
    assert_eq!(status, StatusCode::OK);
    let etag = headers[header::ETAG].to_str().unwrap().to_owned();
    assert!(headers.contains_key("x-request-id"));
    assert_eq!(served.send(get(Some(&etag))).await.0, StatusCode::NOT_MODIFIED);
    write(&served.root.path().join("editions"), input(2, 510, 3)).unwrap();
    served.state.refresh().await.unwrap();
    let (status, headers, _) = served.send(get(Some(&etag))).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(headers[header::ETAG].to_str().unwrap(), etag);
    // What rests on more than editions has no ETag.
    let r = Request::get("/graphql?query=%7Bregistries%7Bstate%7D%7D")
        .header(header::AUTHORIZATION, "Bearer secret-a")
        .body(Body::empty())
        .unwrap();
    assert!(!served.send(r).await.1.contains_key(header::ETAG));
}

#[tokio::test]
async fn a_kept_answer_is_one_of_its_language_its_media_type_and_its_freshness() {
    let served = served(300, |_| {}).await;
    let store = &served.state.hub().store;
    let tax = store.ensure_registries(&["tax"]).await.unwrap().into_iter().find(|r| r.name == "tax").unwrap();
    served.state.refresh().await.unwrap();
    let link = "/graphql?query=%7Bgap(first%3A1)%7BtotalCount%20nodes%7BdesignatedSize%7Breasons%7Bmessage%7D%7D%7D%7D%7D";
    let get = async |lang: &str, media: &str| {
        let request = Request::get(link).header(header::ACCEPT_LANGUAGE, lang).header(header::ACCEPT, media);
        let (status, headers, bytes) = served.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        (text("etag"), text("content-type"), String::from_utf8(bytes).unwrap(), text("x-request-id"))
    };
    let (new, old) = ("application/graphql-response+json", "application/json");
    let zh = get("zh", new).await;
    let again = get("zh", new).await;
    assert_eq!((&zh.0, &zh.2), (&again.0, &again.2));
    assert_ne!(zh.3, again.3, "a kept answer has the request id of its own request, in the header");
    assert!(!zh.2.contains(&zh.3), "an answer without errors has no request id in its body");
    let en = get("en", new).await;
    assert!(zh.2.contains("从业人员") && !en.2.contains("从业人员"));
    let json = get("zh", old).await;
    assert!(json.1.starts_with(old) && zh.1.starts_with(new));
    let tags = [&zh.0, &en.0, &json.0];
    assert!(tags.iter().enumerate().all(|(i, tag)| !tags[..i].contains(tag)), "{tags:?}");
    // A pull that found nothing new moves the freshness: the answer is another one, though the edition is the same.
    let later = served.state.hub().clock.millis() + 60_000;
    store.registry_unchanged(tax.id, later).await.unwrap();
    served.state.refresh().await.unwrap();
    let fresher = get("zh", new).await;
    assert_ne!(fresher.0, zh.0);
    let sources = |answer: &str| serde_json::from_str::<Value>(answer).unwrap()["extensions"]["sources"].clone();
    assert_ne!(sources(&fresher.2), sources(&zh.2));
}

#[tokio::test]
async fn every_error_code_that_a_question_can_provoke_is_given() {
    let served = served(300, |options| options.limits = Limits { cost: 5_000, ..Limits::default() }).await;
    let q = |text: &str| text.to_owned();
    for (code, query) in [
        ("BAD_INPUT", q("{ nothing }")),
        ("BAD_INPUT", q("{ gap(first: 1) ")),
        ("BAD_INPUT", q("{ gap(first: -1) { totalCount } }")),
        ("BAD_INPUT", q("{ gap(first: 501) { totalCount } }")),
        ("BAD_INPUT", q("{ gap(first: 1, after: \"x\") { totalCount } }")),
        ("BAD_INPUT", q("{ gap(first: 1, filter: { area: [\"999999\"] }) { totalCount } }")),
        ("BAD_INPUT", q("{ gap(first: 1, filter: { establishedOn: { gte: \"2020-13-01\" } }) { totalCount } }")),
        ("BAD_INPUT", q("{ coverage(by: [TOWN, TOWN]) { total { enterprises } } }")),
        ("COST_EXCEEDED", q("{ gap(first: 500) { nodes { branches(first: 500) { nodes { name } } } } }")),
        ("TOO_DEEP", format!("{}{}", "{ node(id: 1) ".repeat(50), "}".repeat(50))),
        ("EDITION_GONE", q("{ gap(first: 1, asOf: \"1999-01-01\") { totalCount } }")),
    ] {
        assert_eq!(served.code(&query, json!({})).await, code, "{query}");
    }
    let own = served.data("{ gap(first: 1) { pageInfo { endCursor } } }", json!({})).await;
    let query = "query($after: String) { gap(first: 1, after: $after, filter: { ownership: [STATE] }) { totalCount } }";
    assert_eq!(served.code(query, json!({ "after": own["gap"]["pageInfo"]["endCursor"] })).await, "BAD_INPUT");
    let body = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "0".repeat(64) } } }).to_string();
    let (_, _, bytes) = served.send(Served::post().body(Body::from(body)).unwrap()).await;
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn persisted_and_trusted_documents() {
    let served = served(200, |_| {}).await;
    let document = "{ gap(first: 1) { totalCount } }";
    let hash = hash_secret(document);
    let extension = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let send = async |served: &Served, body: Value| -> Value {
        let (_, _, bytes) = served.send(Served::post().body(Body::from(body.to_string())).unwrap()).await;
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(
        send(&served, json!({ "extensions": extension })).await["errors"][0]["extensions"]["code"],
        "PERSISTED_QUERY_NOT_FOUND"
    );
    assert!(send(&served, json!({ "query": document, "extensions": extension })).await["data"].is_object());
    assert!(send(&served, json!({ "extensions": extension })).await["data"].is_object());

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gap.graphql"), document).unwrap();
    let trusted = self::served(200, |o| o.documents = Documents::trusted(folder.path()).unwrap()).await;
    assert!(send(&trusted, json!({ "documentId": format!("sha256:{hash}") })).await["data"].is_object());
    assert!(send(&trusted, json!({ "query": document })).await["data"].is_object());
    assert_eq!(send(&trusted, json!({ "query": "{ viewer { name } }" })).await["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

/// How much work counting it takes is tested beside the code (`guard`), how long by `huitu bench serve`.
#[tokio::test]
async fn a_fragment_bomb_is_refused_before_anything_is_read() {
    let served = served(50, |_| {}).await;
    let mut document = String::from("{ registries { name state } gap(first: 1) { nodes { ...f0 } } }");
    for level in 0..4 {
        document.push_str(&format!(" fragment f{level} on Enterprise {{ {} }}", format!("...f{} ", level + 1).repeat(100)));
    }
    document.push_str(" fragment f4 on Enterprise { name }");
    let reads = async || {
        let (_, _, bytes) = served.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
        let text = String::from_utf8(bytes).unwrap();
        text.lines().find_map(|l| l.strip_prefix("huitu_store_reads_total ")).unwrap().parse::<u64>().unwrap()
    };
    let before = reads().await;
    let answer = served.ask(&document, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "COST_EXCEEDED");
    assert!(answer.get("data").is_none_or(Value::is_null) && answer["errors"][0].get("path").is_none(), "{answer}");
    assert_eq!(reads().await, before);
}

#[tokio::test]
async fn introspection_works_within_the_limits() {
    let served = served(10, |_| {}).await;
    let query = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
        types { ...FullType } directives { name description locations args { ...InputValue } } } }
      fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
        inputFields { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
      fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
      fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";
    let data = served.data(query, json!({})).await;
    let types = data["__schema"]["types"].as_array().unwrap();
    for t in types.iter().filter(|t| !t["name"].as_str().unwrap().starts_with('_')) {
        let builtin = ["String", "Int", "Float", "Boolean", "ID"].contains(&t["name"].as_str().unwrap());
        assert!(builtin || t["description"].is_string(), "{} has no description", t["name"]);
        let own = |field: &&Value| !field["name"].as_str().unwrap().starts_with('_');
        for field in t["fields"].as_array().into_iter().flatten().filter(own) {
            assert!(field["description"].is_string(), "{}.{} has no description", t["name"], field["name"]);
            for argument in field["args"].as_array().unwrap() {
                assert!(
                    argument["description"].is_string(),
                    "{}.{}({}) has no description",
                    t["name"],
                    field["name"],
                    argument["name"]
                );
            }
        }
        for field in t["inputFields"].as_array().into_iter().flatten() {
            assert!(field["description"].is_string(), "{}.{} has no description", t["name"], field["name"]);
        }
    }
}

#[test]
fn the_generated_schema_graphql_is_what_is_served() {
    crate::generated::compare("schema.graphql", &huitu::serve::graphql::sdl());
}

#[tokio::test]
async fn a_schema_without_an_edition_says_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    let hub = Hub::open(settings, Clock::System).await.unwrap();
    let state = App::new(hub, Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root, router: app(state.clone()), state };
    let answer = served.ask("{ gap(first: 1) { totalCount } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("huitu sync"));
    let ready = served.send(Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!(ready.0, StatusCode::SERVICE_UNAVAILABLE);
}
