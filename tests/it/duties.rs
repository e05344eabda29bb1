//! Duties: who is responsible, what is nobody's, what everybody has to do, and what becomes of it when somebody leaves.

use chrono::{TimeZone, Utc};
use serde_json::{Value, json};

use crate::cases::{CaseCity, agrees_with_its_steps};
use crate::registries::credit_code;
use crate::support::graph::{served, token};
use crate::support::hub::TestServer;

async fn asked(server: &TestServer, query: &str) -> Value {
    let answer = server.ask(query).await;
    assert!(answer.get("errors").is_none(), "{query}: {answer}");
    answer["data"].clone()
}

const ADD: &str = "duty { id starts ends isFirst unit { code } area { code } enterprise { creditCode } } userErrors { zh: message(lang: ZH) en: message(lang: EN) }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_go_to_whoever_is_responsible_and_on_to_whoever_takes_over() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    let add = |rest: &str| format!("mutation {{ addDuty(input: {{ {rest} }}) {{ {ADD} }} }}");
    let town = asked(&server, &add("owner: { unit: \"110108001\", role: \"协管员\" }, area: \"110108001\"")).await;
    assert_eq!(town["addDuty"]["duty"]["area"]["code"], "110108001", "{town}");
    let own = format!("owner: {{ unit: \"D110108\", role: \"主席\" }}, enterprise: \"{}\", isFirst: true", credit_code(3));
    let own = asked(&server, &add(&own)).await;
    assert_eq!(
        (&own["addDuty"]["duty"]["enterprise"]["creditCode"], &own["addDuty"]["duty"]["isFirst"]),
        (&json!(credit_code(3)), &json!(true))
    );
    for (rest, zh, en) in [
        ("owner: { unit: \"999999\" }, area: \"110108\"", "没有单位", "no unit"),
        ("owner: { unit: \"110108001\" }", "负责什么", "what for"),
        (
            "owner: { unit: \"110108001\" }, area: \"110108\", starts: \"2026-12-01\", ends: \"2026-11-01\"",
            "早于",
            "before the first",
        ),
        ("owner: { unit: \"110108001\" }, industry: \"ZZ\"", "没有行业", "no industry"),
    ] {
        let refused = asked(&server, &add(rest)).await["addDuty"]["userErrors"][0].take();
        assert!(refused["zh"].as_str().unwrap().contains(zh) && refused["en"].as_str().unwrap().contains(en), "{refused}");
    }
    city.open(&[1, 2, 3]).await;
    let given = asked(&server, "mutation { assignCases { cases nobodys } }").await;
    // The second lies where nobody is responsible.
    assert_eq!(given["assignCases"], json!({ "cases": 2, "nobodys": 1 }));
    let owner = |row: &huitu::store::case::CaseRow| (row.owner_unit.clone(), row.owner_role.clone());
    assert_eq!(owner(&city.case_of(1).await), (Some("110108001".into()), Some("协管员".into())));
    assert_eq!(owner(&city.case_of(3).await), (Some("D110108".into()), Some("主席".into())), "the closest duty counts");
    let nobodys = asked(
        &server,
        "{ cases(filter: { hasOwner: false }) { totalCount nodes { enterprise { creditCode responsible { role } } } } }",
    )
    .await;
    assert_eq!(
        (&nobodys["cases"]["totalCount"], &nobodys["cases"]["nodes"][0]["enterprise"]["responsible"]),
        (&json!(1), &json!(null))
    );
    let load = "{ workload { unit { code } role open overdue closed } }";
    let load = asked(&server, load).await["workload"].take();
    assert_eq!(load.as_array().unwrap().len(), 3, "{load}");
    assert!(load.as_array().unwrap().iter().any(|w| w["unit"].is_null() && w["open"] == 1), "{load}");

    // The officer of the town leaves: cases and duties go on with another one, and a new case finds them.
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 25, 2, 0, 0).unwrap());
    let over = "mutation { handOver(input: { from: { unit: \"110108001\", role: \"协管员\" }, to: { unit: \"110108001\", role: \"指导员\" }, note: \"退休\" }) {
        cases duties userErrors { zh: message(lang: ZH) en: message(lang: EN) } } }";
    let done = asked(&server, over).await["handOver"].take();
    assert_eq!((&done["cases"], &done["duties"]), (&json!(1), &json!(1)), "{done}");
    let case = city.case_of(1).await;
    assert_eq!(case.owner_role.as_deref(), Some("指导员"));
    agrees_with_its_steps(&city.test_hub.hub.store, &case).await;
    let twice = asked(&server, over).await["handOver"]["userErrors"][0].take();
    assert!(
        twice["zh"].as_str().unwrap().contains("移交") && twice["en"].as_str().unwrap().contains("nothing to hand over"),
        "{twice}"
    );
    let duties = asked(&server, "{ duties(unit: \"110108001\") { role starts ends } }").await["duties"].take();
    let ends: Vec<(&Value, &Value)> = duties.as_array().unwrap().iter().map(|d| (&d["role"], &d["ends"])).collect();
    assert!(
        ends.contains(&(&json!("协管员"), &json!("2026-11-25"))) && ends.contains(&(&json!("指导员"), &json!(null))),
        "{duties}"
    );
    let path = "/export/work/duties.ndjson?unit=110108001";
    let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    let (_, _, file) = server.bytes(request).await;
    let file: Vec<Value> = String::from_utf8(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let roles = |all: &[Value]| all.iter().map(|duty| duty["role"].clone()).collect::<Vec<_>>();
    assert_eq!(roles(&file), roles(duties.as_array().unwrap()), "as a file: {file:?}");
    let responsible =
        format!("{{ enterprise(by: {{ creditCode: \"{}\" }}) {{ responsible {{ role unit {{ code }} }} }} }}", credit_code(1));
    let found = asked(&server, &responsible).await;
    assert_eq!(found["enterprise"]["responsible"]["role"], "指导员", "of two on one day the later counts: {found}");

    // An entry that nobody fits is looked for again: the firm appears, and is on the list.
    let create = format!(
        "mutation {{ createNamedList(input: {{ title: \"新设\", purpose: \"试\", source: \"试\", entries: [\"{}\"] }}) {{ found list {{ notFound }} }} }}",
        credit_code(9)
    );
    let made = asked(&server, &create).await["createNamedList"].take();
    assert_eq!((&made["found"], &made["list"]["notFound"]), (&json!(0), &json!([credit_code(9)])), "{made}");
    city.firms(&[1, 2, 3, 4, 9]);
    city.sync().await;
    server.state.refresh().await.unwrap();
    let list = asked(&server, "{ namedLists { notFound enterprises(first: 3) { nodes { creditCode } } } }").await;
    assert_eq!(list["namedLists"][0], json!({ "notFound": [], "enterprises": { "nodes": [{ "creditCode": credit_code(9) }] } }));
}

#[tokio::test]
async fn duties_of_another_district_are_not_given_and_the_load_is_ones_own() {
    let served = served(800, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "analyst", None), ("one", "district", Some("[\"110101\"]")), ("map", "client", None)] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    served.ask_as(Some("secret-ann"), "mutation { openCases(input: { atMost: 100000 }) { opened } }", json!({})).await;
    let add = |unit: &str| {
        format!(
            "mutation {{ addDuty(input: {{ owner: {{ unit: \"{unit}\" }}, area: \"{unit}\" }}) {{ duty {{ id }} userErrors {{ message }} }} }}"
        )
    };
    let refused = served.ask_as(Some("secret-one"), &add("110102"), json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let given = served.ask_as(Some("secret-one"), &add("110101"), json!({})).await;
    assert!(given["data"]["addDuty"]["duty"]["id"].is_string(), "{given}");
    let load = |secret: &'static str| {
        let served = &served;
        async move {
            let answer = served.ask_as(Some(secret), "{ workload { open } cases { totalCount } }", json!({})).await;
            let open: i64 = answer["data"]["workload"].as_array().unwrap().iter().map(|w| w["open"].as_i64().unwrap()).sum();
            assert_eq!(answer["data"]["cases"]["totalCount"], open);
            open
        }
    };
    let (all, mine) = (load("secret-ann").await, load("secret-one").await);
    assert!(mine > 0 && mine < all);
    let refused = served.ask_as(Some("secret-map"), "{ workload { open } }", json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN_FIELD");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payers_are_written_to_in_bulk_and_only_by_whoever_may_see_payments() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[("secret-ann", "analyst", None), ("secret-map", "client", None)]).await;
    let get = |path: &str, secret: &str, lang: &str| {
        let request = axum::http::Request::get(path)
            .header("authorization", format!("Bearer {secret}"))
            .header("accept-language", lang)
            .body(axum::body::Body::empty());
        server.bytes(request.unwrap())
    };
    for (lang, word) in [("zh", "建会告知书"), ("en", "Notice on founding")] {
        let (status, _, bytes) = get("/letters/notice.html", "secret-ann", lang).await;
        let page = String::from_utf8(bytes).unwrap();
        assert_eq!(status, axum::http::StatusCode::OK, "{page}");
        // The fourth pays the preparatory fund and has no union: the only one who is written to.
        assert!(page.contains(word) && page.contains(&credit_code(4)) && page.matches("<section").count() == 1, "{page}");
    }
    let (status, _, _) = get("/letters/notice.html", "secret-map", "zh").await;
    assert_eq!(status, axum::http::StatusCode::FORBIDDEN);
    assert_eq!(get("/letters/love.html", "secret-ann", "zh").await.0, axum::http::StatusCode::BAD_REQUEST);
    // A slip in the deployer's own text is named before a letter leaves.
    city.test_hub.write("data/letters/notice.en.txt", "Dear {nmae}");
    let (status, _, bytes) = get("/letters/notice.html", "secret-ann", "en").await;
    let said = String::from_utf8(bytes).unwrap();
    assert!(status == axum::http::StatusCode::BAD_REQUEST && said.contains("nmae") && said.contains("{name}"), "{said}");
    // A payer becomes a case with its origin, which only who may see payments is told.
    let open = "mutation { openCases(input: { filter: { tags: [PAYS_PREPARATORY_FUND] }, origin: PREPARATORY_FUND }) { opened cases { origin } } }";
    let ask = |secret: &str, query: &str| {
        let request = axum::http::Request::post("/graphql")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {secret}"))
            .body(axum::body::Body::from(json!({ "query": query }).to_string()));
        server.send(request.unwrap())
    };
    let (_, _, opened) = ask("secret-ann", open).await;
    assert_eq!(opened["data"]["openCases"], json!({ "opened": 1, "cases": [{ "origin": "PREPARATORY_FUND" }] }), "{opened}");
    let (_, _, refused) = ask("secret-map", open).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_named_list_finds_its_enterprises_opens_their_cases_names_who_follows_and_expires() {
    let served = served(1_000, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "analyst", None), ("one", "district", Some("[\"110101\"]"))] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let edition = served.state.hub().editions.current().unwrap();
    let lacking = edition.filter(&huitu::edition::Filter::InGap).unwrap();
    let first = edition.enterprise(lacking.iter().next().unwrap());
    let create = "mutation($entries: [String!]!, $title: String!) { createNamedList(input: { title: $title, purpose: \"政治安排\", source: \"统战部\",
        expires: \"2026-10-01\", entries: $entries }) { found list { id notFound } userErrors { zh: message(lang: ZH) en: message(lang: EN) } } }";
    let entries = json!([first.credit_code().unwrap(), "E000000000000", "不存在的单位"]);
    let made = served.ask_as(Some("secret-ann"), create, json!({ "title": "代表企业", "entries": entries })).await["data"]["createNamedList"].take();
    assert_eq!((&made["found"], &made["list"]["notFound"]), (&json!(2), &json!(["不存在的单位"])), "{made}");
    let wrong = served.ask_as(Some("secret-ann"), create, json!({ "title": " ", "entries": ["x"] })).await["data"]["createNamedList"]["userErrors"][0].take();
    assert!(wrong["zh"].as_str().unwrap().contains("用途") && wrong["en"].as_str().unwrap().contains("purpose"), "{wrong}");
    let refused = served.ask_as(Some("secret-one"), create, json!({ "title": "x", "entries": ["x"] })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let ask = "{ namedLists { id enterprises(first: 9) { totalCount nodes { id } } followers { enterprise { id } leader { id } reason } changes(since: \"2026-01-01\") { what } } }";
    let lists = served.ask_as(Some("secret-ann"), ask, json!({})).await["data"]["namedLists"].take();
    assert_eq!(lists[0]["enterprises"]["totalCount"], 2);
    // The first of the synthetic city is invested in by the second, and dispatches to it.
    let follows: Vec<(&Value, &Value)> =
        lists[0]["followers"].as_array().unwrap().iter().map(|f| (&f["enterprise"]["id"], &f["reason"])).collect();
    assert!(follows.contains(&(&json!("E000000000001"), &json!("INVESTOR"))), "{lists}");
    // Who supplies it a list says.
    let other = edition.enterprise(lacking.iter().nth(9).unwrap()).id();
    let supplies = "mutation($l: ID!, $s: String!) { createNamedList(input: { title: \"供应商\", purpose: \"走访\", source: \"企业自报\", suppliersOf: $l,
        entries: [$s] }) { found list { id suppliersOf { id } } userErrors { message } } }";
    let stated = served.ask_as(Some("secret-ann"), supplies, json!({ "l": first.credit_code().unwrap(), "s": other })).await["data"]["createNamedList"].take();
    assert_eq!(stated["list"]["suppliersOf"]["id"], first.id(), "{stated}");
    let followers =
        format!("{{ namedList(id: {}) {{ followers {{ enterprise {{ id }} leader {{ id }} reason }} }} }}", made["list"]["id"]);
    let with = served.ask_as(Some("secret-ann"), &followers, json!({})).await["data"]["namedList"]["followers"].take();
    let supplier = json!({ "enterprise": { "id": other }, "leader": { "id": first.id() }, "reason": "SUPPLIER" });
    assert!(with.as_array().unwrap().contains(&supplier), "{with}");
    let end = "mutation($l: ID!) { removeNamedList(id: $l) { userErrors { message } } }";
    served.ask_as(Some("secret-ann"), end, json!({ "l": stated["list"]["id"] })).await;
    let without = served.ask_as(Some("secret-ann"), &followers, json!({})).await["data"]["namedList"]["followers"].take();
    assert!(!without.as_array().unwrap().contains(&supplier), "no list says so any more: {without}");
    let open = format!(
        "mutation {{ openCases(input: {{ namedList: {} }}) {{ opened cases {{ origin }} userErrors {{ message }} }} }}",
        made["list"]["id"]
    );
    let opened = served.ask_as(Some("secret-ann"), &open, json!({})).await["data"]["openCases"].take();
    assert!(opened["opened"].as_i64().unwrap() >= 1 && opened["cases"][0]["origin"] == "NAMED_LIST", "{opened}");
    // As files: those on it, with the cases that they have, and who follows them.
    let file = async |who: &str, list: &str| -> Vec<Value> {
        let request = axum::http::Request::get(format!("/export/work/{list}.ndjson"))
            .header("authorization", format!("Bearer secret-{who}"))
            .body(axum::body::Body::empty());
        let (_, _, bytes) = served.send(request.unwrap()).await;
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let entries = file("ann", "named-lists").await;
    let cased = entries.iter().filter(|entry| entry["caseState"] == "OPEN").count();
    assert!(entries.len() == 2 && entries[0]["source"] == "统战部" && cased as i64 == opened["opened"], "{entries:?}");
    assert_eq!(file("ann", "followers").await.len(), follows.len());
    let seen =
        served.ask_as(Some("secret-one"), ask, json!({})).await["data"]["namedLists"][0]["enterprises"]["totalCount"].take();
    assert_eq!(file("one", "named-lists").await.len() as i64, seen);
    // Another district sees of it only what is its own.
    let seen = served.ask_as(Some("secret-one"), ask, json!({})).await["data"]["namedLists"][0].take();
    assert!(seen["enterprises"]["totalCount"].as_i64().unwrap() < 2 || first.district() == Some(110_101), "{seen}");
    let huitu::model::Clock::Fixed(_) = &served.state.hub().clock else { panic!("a clock of the test") };
    served.state.hub().clock.set("2026-10-02T04:00:00Z".parse().unwrap());
    let late = served.ask_as(Some("secret-ann"), ask, json!({})).await;
    assert_eq!(late["data"]["namedLists"], json!([]));
    let late = served.ask_as(Some("secret-ann"), &open, json!({})).await["data"]["openCases"]["userErrors"][0].take();
    assert!(late["message"].as_str().unwrap().contains("2026-10-01"), "{late}");
}
