//! What people who work in the workbench all day need of the graph: their seat and views, cases by every condition, leads, the history of
//! a registry's quality, a department's own registry.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::serve::{Authentication, Options, keep_quality_history};
use huitu::store::token::TokenRow;
use serde_json::{Value, json};

use crate::people::{REGISTRIES, city_of};
use crate::support::graph::{Served, served, token};

async fn as_one(served: &Served, who: &str, query: &str, variables: Value) -> Value {
    let answer = served.ask_as(Some(&format!("secret-{who}")), query, variables).await;
    assert!(answer.get("errors").is_none(), "{who}: {answer}");
    answer["data"].clone()
}

async fn guarded(count: u32, callers: &[(&str, &str)]) -> Served {
    let served = served(count, |options| options.access = Authentication::Tokens).await;
    for (id, role) in callers {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
    }
    served
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_keeps_a_seat_and_views_and_hands_them_on_to_the_next_token() {
    let served = guarded(300, &[("ann", "analyst"), ("bob", "analyst"), ("map", "client"), ("sec", "security")]).await;
    let seat = "{ viewer { seat { unit { code } role name } } }";
    assert_eq!(as_one(&served, "ann", seat, json!({})).await["viewer"]["seat"], Value::Null);
    let set = "mutation($o: CaseOwnerInput) { setSeat(owner: $o) { seat { role } userErrors { field message } } }";
    let made = as_one(&served, "ann", set, json!({ "o": { "unit": "D110105", "role": "协管员" } })).await["setSeat"].take();
    assert_eq!((&made["seat"]["role"], &made["userErrors"]), (&json!("协管员"), &json!([])), "{made}");
    let wrong = as_one(&served, "ann", set, json!({ "o": { "unit": "nowhere" } })).await["setSeat"].take();
    assert!(wrong["userErrors"][0]["message"].is_string(), "{wrong}");
    let mine = as_one(&served, "ann", seat, json!({})).await["viewer"]["seat"].take();
    assert_eq!(
        mine,
        json!({ "unit": { "code": "D110105" }, "role": "协管员", "name": null }),
        "what was refused changed nothing"
    );
    assert_eq!(as_one(&served, "bob", seat, json!({})).await["viewer"]["seat"], Value::Null, "a seat is its caller's");

    let save = "mutation($p: String!, $n: String!, $q: String!) { saveView(input: { page: $p, name: $n, query: $q }) { view { name query } userErrors { message } } }";
    let view = |page: &str, name: &str, query: &str| json!({ "p": page, "n": name, "q": query });
    for (name, query) in [("朝阳", "?area=110105"), ("海淀", "?area=110108"), ("朝阳", "?area=110105&size=ABOVE")] {
        let saved = as_one(&served, "ann", save, view("gaps", name, query)).await["saveView"].take();
        assert_eq!(saved["view"], json!({ "name": name, "query": query }), "{saved}");
    }
    as_one(&served, "map", save, view("map", "城区", "?d=110101")).await;
    let list = "{ savedViews(page: \"gaps\") { name query } }";
    let kept = json!([{ "name": "朝阳", "query": "?area=110105&size=ABOVE" }, { "name": "海淀", "query": "?area=110108" }]);
    assert_eq!(as_one(&served, "ann", list, json!({})).await["savedViews"], kept, "one of the same name is replaced");
    assert_eq!(as_one(&served, "bob", list, json!({})).await["savedViews"], json!([]), "a view is its caller's");
    for (page, name) in [("gaps", " "), ("", "x"), ("gaps", "a\u{1b}[2J")] {
        let refused = as_one(&served, "ann", save, view(page, name, "?")).await["saveView"].take();
        assert!(refused["view"].is_null() && refused["userErrors"][0]["message"].is_string(), "{refused}");
    }
    let remove = "mutation { removeView(input: { page: \"gaps\", name: \"海淀\" }) { userErrors { message } } }";
    assert_eq!(as_one(&served, "ann", remove, json!({})).await["removeView"]["userErrors"], json!([]));
    assert!(as_one(&served, "ann", remove, json!({})).await["removeView"]["userErrors"][0]["message"].is_string(), "it is gone");
    for n in 1..200 {
        as_one(&served, "ann", save, view("gaps", &format!("v{n}"), "?")).await;
    }
    let full = as_one(&served, "ann", save, view("gaps", "one more", "?")).await["saveView"].take();
    assert!(full["view"].is_null() && full["userErrors"][0]["message"].as_str().unwrap().contains("200"), "{full}");

    let rotate = "mutation { rotateToken(input: { id: \"ann\" }) { secret } }";
    let secret = as_one(&served, "sec", rotate, json!({})).await["rotateToken"]["secret"].as_str().unwrap().to_owned();
    let next = served.ask_as(Some(&secret), "{ viewer { seat { role } } savedViews { name } }", json!({})).await["data"].take();
    assert_eq!((&next["viewer"]["seat"]["role"], next["savedViews"].as_array().unwrap().len()), (&json!("协管员"), 200));
    assert_eq!(as_one(&served, "ann", set, json!({ "o": null })).await["setSeat"]["seat"], Value::Null);
    assert_eq!(as_one(&served, "ann", seat, json!({})).await["viewer"]["seat"], Value::Null, "null takes it back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_are_found_by_day_outcome_and_id_opened_for_whom_one_picks_and_null_takes_away() {
    let served = guarded(800, &[("ann", "analyst")]).await;
    let ask = async |query: &str, variables: Value| as_one(&served, "ann", query, variables).await;
    let gap = ask("{ gap(first: 6, include: [LACKING, UNDECIDED]) { nodes { id } } }", json!({})).await["gap"]["nodes"].take();
    let picked: Vec<&Value> = gap.as_array().unwrap().iter().map(|n| &n["id"]).collect();
    let open = "mutation($i: OpenCasesInput!) { openCases(input: $i) { opened existing cases { id enterprise { id } } userErrors { field message } } }";
    let opened = ask(open, json!({ "i": { "enterprises": picked[..4], "nextOn": "2026-10-01" } })).await["openCases"].take();
    assert_eq!((&opened["opened"], &opened["userErrors"]), (&json!(4), &json!([])), "{opened}");
    let whose: Vec<&Value> = opened["cases"].as_array().unwrap().iter().map(|c| &c["enterprise"]["id"]).collect();
    assert!(picked[..4].iter().all(|id| whose.contains(id)), "those and no others: {opened}");
    let unknown = ask(open, json!({ "i": { "enterprises": [picked[5], "EXXXXXXXXXXXX"] } })).await["openCases"].take();
    assert_eq!((&unknown["opened"], &unknown["userErrors"][0]["field"]), (&json!(0), &json!("enterprises")), "{unknown}");
    let more = ask(open, json!({ "i": { "enterprises": picked[3..5] } })).await["openCases"].take();
    assert_eq!((&more["opened"], &more["existing"]), (&json!(1), &json!(1)), "{more}");

    let count = async |filter: Value| {
        let query = "query($f: CaseFilter) { cases(filter: $f, first: 50) { totalCount nodes { id nextOn isWon } } }";
        ask(query, json!({ "f": filter })).await["cases"].take()
    };
    assert_eq!(count(json!({ "hasNextOn": true })).await["totalCount"], 4);
    assert_eq!(count(json!({ "hasNextOn": false })).await["totalCount"], 1);
    let ids: Vec<&Value> = opened["cases"].as_array().unwrap().iter().map(|c| &c["id"]).collect();
    let two = count(json!({ "id": ids[..2] })).await;
    assert_eq!(two["totalCount"], 2);
    assert!(two["nodes"].as_array().unwrap().iter().all(|c| ids[..2].contains(&&c["id"])), "{two}");
    assert_eq!(count(json!({ "id": [] })).await["totalCount"], 0, "none of an empty list");
    let close =
        "mutation($id: ID!) { closeCase(input: { case: $id, reason: \"refused\" }) { case { state } userErrors { message } } }";
    ask(close, json!({ "id": ids[0] })).await;
    let lost = count(json!({ "isWon": false })).await;
    assert_eq!((&lost["totalCount"], &lost["nodes"][0]["id"], &lost["nodes"][0]["isWon"]), (&json!(1), ids[0], &json!(false)));
    assert_eq!(count(json!({ "isWon": true })).await["totalCount"], 0, "an open case is neither");

    // What is null is taken away, whatever the field; what is left out stays.
    let change = "mutation($i: ChangeCaseInput!) { changeCase(input: $i) { case { stage nextOn method assessment owner { role } refusal { by } } userErrors { message } } }";
    let all = json!({ "case": ids[1], "stage": "TALK", "nextOn": "2026-11-01", "method": "SERVICE", "assessment": 4,
        "owner": { "unit": "D110105", "role": "主席" }, "refusal": { "by": "经理" } });
    let full = ask(change, json!({ "i": all })).await["changeCase"]["case"].take();
    assert_eq!((&full["assessment"], &full["owner"]["role"]), (&json!(4), &json!("主席")), "{full}");
    let stays = ask(change, json!({ "i": { "case": ids[1], "note": "x" } })).await["changeCase"]["case"].take();
    assert_eq!(stays, full);
    for field in ["nextOn", "method", "assessment", "owner", "refusal"] {
        let taken = ask(change, json!({ "i": { "case": ids[1], field: null } })).await["changeCase"].take();
        assert_eq!((&taken["case"][field], &taken["userErrors"]), (&Value::Null, &json!([])), "{field}: {taken}");
        let again = ask("query($id: ID!) { node(id: $id) { ... on OutreachCase { stage nextOn method assessment owner { role } refusal { by } } } }", json!({ "id": ids[1] })).await;
        assert_eq!((&again["node"][field], &again["node"]["stage"]), (&Value::Null, &json!("TALK")), "{field} stays away");
    }

    let create = "mutation { createNamedList(input: { title: \"试\", purpose: \"试\", source: \"试\", entries: [\"无\"] }) { list { id } } }";
    let list = ask(create, json!({})).await["createNamedList"]["list"]["id"].take();
    let one = "query($id: ID!) { namedList(id: $id) { id title notFound } }";
    assert_eq!(ask(one, json!({ "id": list })).await["namedList"], json!({ "id": list, "title": "试", "notFound": ["无"] }));
    assert_eq!(ask(one, json!({ "id": "named:nobody" })).await["namedList"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leads_are_listed_by_kind_status_day_and_area_and_follow_their_cases() {
    let served = guarded(4_000, &[("ann", "analyst")]).await;
    for (id, scopes) in [("visits", json!(["review"])), ("rows", json!(["review", "records"]))] {
        let row = TokenRow { scopes: Some(scopes.to_string()), ..token(id, "client", None, None) };
        served.state.hub().store.put_token(&row).await.unwrap();
    }
    let ask = async |who: &str, filter: Value| {
        let query = "query($f: LeadFilter) { leads(filter: $f, first: 500) { totalCount edges { cursor } nodes { id kind leadStatus on what record { key }
            enterprise { id area { code } unionCoverage { verdict } gap { status } } case { id } } } }";
        served.ask_as(Some(&format!("secret-{who}")), query, json!({ "f": filter })).await
    };
    let all = ask("ann", json!({})).await["data"]["leads"].take();
    let nodes = all["nodes"].as_array().unwrap_or_else(|| panic!("{all}"));
    let total = all["totalCount"].as_u64().unwrap() as usize;
    assert!(total > 5 && nodes.len() == total.min(500), "{total}");
    let kinds: std::collections::BTreeSet<&str> = nodes.iter().map(|n| n["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains("DISPUTE"), "{kinds:?}");
    assert!(nodes.iter().all(|n| n["what"] != "work_safety_inspection"), "an inspection is no lead");
    let lacks = |n: &Value| matches!(n["gap"]["status"].as_str(), Some("LACKING" | "LACKING_INDEPENDENT" | "UNDECIDED"));
    assert!(nodes.iter().all(|n| lacks(&n["enterprise"])), "whoever has a union is no lead");
    let days: Vec<Option<&str>> = nodes.iter().map(|n| n["on"].as_str()).collect();
    assert!(days.windows(2).all(|w| w[0] >= w[1]), "newest first, without a day last: {days:?}");
    let mut ids: Vec<&str> = nodes.iter().map(|n| n["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), nodes.len(), "each is another one");

    // A class that the caller lacks is neither told by name nor among the rest.
    let refused = ask("visits", json!({ "kind": ["DISPUTE"] })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    assert_eq!(ask("visits", json!({})).await["data"]["leads"]["totalCount"], 0);
    let rows = ask("rows", json!({})).await["data"]["leads"].take();
    assert!(
        rows["nodes"].as_array().unwrap().iter().all(|n| n["kind"] != "PREPARATORY_FUND")
            && rows["totalCount"].as_u64().unwrap() > 0
    );
    assert_eq!(ask("rows", json!({ "kind": ["PREPARATORY_FUND"] })).await["errors"][0]["extensions"]["code"], "FORBIDDEN");

    // Days, areas and states part them.
    let count = async |filter: Value| ask("ann", filter).await["data"]["leads"]["totalCount"].as_u64().unwrap() as usize;
    let disputes = count(json!({ "kind": ["DISPUTE"] })).await;
    let until = json!({ "kind": ["DISPUTE"], "on": { "lte": "2026-06-30" } });
    let from = json!({ "kind": ["DISPUTE"], "on": { "gte": "2026-07-01" } });
    assert_eq!(count(until).await + count(from).await, disputes, "every dispute of the generator has its day");
    let area = nodes[0]["enterprise"]["area"]["code"].as_str().unwrap()[..6].to_owned();
    let here = ask("ann", json!({ "area": [area] })).await["data"]["leads"].take();
    let inside = |n: &Value| n["enterprise"]["area"]["code"].as_str().unwrap().starts_with(&area);
    assert!(here["totalCount"].as_u64().unwrap() > 0 && here["nodes"].as_array().unwrap().iter().all(inside), "{here}");
    assert!(count(json!({ "unit": [format!("D{area}")] })).await > 0, "units look after areas");
    assert_eq!(ask("ann", json!({ "area": ["nowhere"] })).await["errors"][0]["extensions"]["code"], "BAD_INPUT");
    assert_eq!(count(json!({ "status": ["NEW"] })).await, total);
    let open = "mutation($ids: [ID!]!) { openCases(input: { enterprises: $ids, origin: DISPUTE }) { opened cases { id } userErrors { message } } }";
    let dispute = nodes.iter().find(|n| n["kind"] == "DISPUTE").unwrap();
    let opened = as_one(&served, "ann", open, json!({ "ids": [dispute["enterprise"]["id"]] })).await["openCases"].take();
    assert_eq!(opened["opened"], 1, "{opened}");
    let in_work = ask("ann", json!({ "status": ["IN_WORK"], "kind": ["DISPUTE"] })).await["data"]["leads"]["nodes"].take();
    assert!(
        in_work.as_array().unwrap().iter().any(|n| n["id"] == dispute["id"] && n["case"]["id"] == opened["cases"][0]["id"]),
        "{in_work}"
    );
    let close = "mutation($id: ID!) { closeCase(input: { case: $id, reason: \"refused\" }) { userErrors { message } } }";
    as_one(&served, "ann", close, json!({ "id": opened["cases"][0]["id"] })).await;
    let closed = ask("ann", json!({ "status": ["CLOSED"] })).await["data"]["leads"]["nodes"].take();
    assert!(closed.as_array().unwrap().iter().any(|n| n["id"] == dispute["id"]), "each becomes a case or a reason: {closed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_sees_how_its_own_registry_fares_and_who_used_the_fields_that_it_delivers() {
    let registries = [&REGISTRIES[..], &[huitu::simulate::SimulatedRegistry::Payments]].concat();
    let served = city_of(1_500, &registries, Options::new(Authentication::Tokens)).await;
    let store = &served.state.hub().store;
    for row in [
        token("ann", "analyst", None, None),
        token("chief", "admin", None, None),
        TokenRow { registry: Some("tax".to_owned()), ..token("tax", "partner", None, None) },
        TokenRow { registry: Some("statistics".to_owned()), ..token("stats", "partner", None, None) },
    ] {
        store.put_token(&row).await.unwrap();
    }
    as_one(&served, "ann", "{ enterprises(first: 200) { nodes { name revenueYuan payrollYuan } } }", json!({})).await;
    as_one(&served, "ann", "{ gap(first: 20) { nodes { unionCoverage { verdict } } } }", json!({})).await;
    keep_quality_history(served.state.hub()).await.unwrap();
    keep_quality_history(served.state.hub()).await.unwrap();
    let own = "{ viewer { role } registries { name } registry(name: \"tax\") { records batches(first: 5) { totalCount nodes { id read landed } }
        quarantine { totalCount nodes { raw code } } quality { linked { value } completeness { field ratio { value } } } usage(since: \"2000-01-01\") { who fields }
        pushTokens { name } qualityHistory { totalCount nodes { at batch quality { linked { value } completeness { field ratio { value } } } } } } }";
    let told = as_one(&served, "tax", own, json!({})).await;
    assert_eq!(told["registries"], json!([{ "name": "tax" }]), "its own and no other");
    let registry = &told["registry"];
    assert!(registry["batches"]["totalCount"].as_i64().unwrap() > 0 && registry["pushTokens"] == json!([]), "{told}");
    let usage = registry["usage"].as_array().unwrap();
    assert!(
        usage.iter().any(|row| row["who"] == "ann" && row["fields"].as_array().unwrap().contains(&json!("PAYROLL"))),
        "{told}"
    );
    let delivered: Vec<&Value> = registry["quality"]["completeness"].as_array().unwrap().iter().map(|f| &f["field"]).collect();
    let foreign = usage.iter().flat_map(|row| row["fields"].as_array().unwrap()).find(|field| !delivered.contains(field));
    assert!(foreign.is_none(), "{foreign:?} is another registry's: {told}");
    let history = &registry["qualityHistory"];
    assert_eq!(
        (&history["totalCount"], &history["nodes"][0]["quality"]),
        (&json!(1), &registry["quality"]),
        "once for each batch: {told}"
    );

    for query in ["{ registry(name: \"statistics\") { records } }", "{ node(id: \"registry:statistics\") { id } }"] {
        let answer = as_one(&served, "tax", query, json!({})).await;
        assert!(answer["registry"].is_null() && answer["node"].is_null(), "another department's is not there: {answer}");
    }
    let none = as_one(
        &served,
        "tax",
        "{ gap(first: 5) { totalCount } enterprises(first: 5) { nodes { name } } coverage(by: []) { total { enterprises } } }",
        json!({}),
    )
    .await;
    assert_eq!(
        none,
        json!({ "gap": { "totalCount": 0 }, "enterprises": { "nodes": [] }, "coverage": { "total": { "enterprises": 0 } } })
    );
    // Payers without a union are leads, whatever their size: as many as there are with that mark.
    let payers = "{ leads(filter: { kind: [PREPARATORY_FUND] }, first: 500) { totalCount nodes { id on record { key } enterprise { tags } } }
        enterprises(filter: { tags: [PAYS_PREPARATORY_FUND], gap: [LACKING, LACKING_INDEPENDENT, UNDECIDED] }) { totalCount } }";
    let payers = as_one(&served, "chief", payers, json!({})).await;
    let leads = payers["leads"]["nodes"].as_array().unwrap();
    assert!(!leads.is_empty() && payers["leads"]["totalCount"] == payers["enterprises"]["totalCount"], "{payers}");
    let pays = |n: &Value| n["record"].is_null() && n["enterprise"]["tags"].to_string().contains("PAYS_PREPARATORY_FUND");
    assert!(leads.iter().all(pays), "{payers}");
    let batch = registry["batches"]["nodes"][0]["id"].as_str().unwrap().trim_start_matches("batch:").to_owned();
    for (who, status) in
        [("tax", StatusCode::OK), ("stats", StatusCode::NOT_FOUND), ("ann", StatusCode::FORBIDDEN), ("chief", StatusCode::OK)]
    {
        let request = Request::get(format!("/receipts/{batch}")).header(header::AUTHORIZATION, format!("Bearer secret-{who}"));
        assert_eq!(served.send(request.body(Body::empty()).unwrap()).await.0, status, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_policy_is_tried_on_the_side_and_nothing_of_it_is_kept() {
    let served = city_of(900, &REGISTRIES, Options::new(Authentication::Tokens)).await;
    for (id, role) in [("chief", "admin"), ("ann", "analyst"), ("sys", "system")] {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
    }
    let preview = "query($c: PolicyChangeInput!) { policyPreview(change: $c) { judged of beginning stays
        now { inScope above sizeUnknown lacking undecided covered established coverageRate } then { inScope above sizeUnknown lacking undecided covered established }
        moves { from to enterprises } moved { from to enterprise { id gap { status } } } } }";
    let tried =
        async |who: &str, change: Value| as_one(&served, who, preview, json!({ "c": change })).await["policyPreview"].take();
    // Two who try at the same time are both answered.
    let (one, other) = tokio::join!(tried("chief", json!({})), tried("sys", json!({})));
    assert_eq!(one["now"], other["now"], "{one} {other}");
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value}"));

    // Judged on the side with the policy in force, the city is what is published.
    let same = tried("chief", json!({})).await;
    let published = "{ gap(first: 1) { totalCount } undecided: gap(first: 1, include: [UNDECIDED]) { totalCount }
        coverage(by: []) { total { enterprises lacking lackingIndependent undecided sizeUnknown aboveDesignatedSize coverageRate { numerator denominator } } } }";
    let published = as_one(&served, "chief", published, json!({})).await;
    let total = &published["coverage"]["total"];
    assert_eq!((&same["judged"], &same["of"]), (&total["enterprises"], &total["enterprises"]), "{same}");
    assert_eq!(
        (number(&same["now"]["lacking"]), &same["now"]["inScope"], &same["now"]["covered"], &same["now"]["undecided"]),
        (
            number(&total["lacking"]) + number(&total["lackingIndependent"]),
            &total["coverageRate"]["denominator"],
            &total["coverageRate"]["numerator"],
            &total["undecided"]
        ),
        "{same}"
    );
    assert_eq!((&same["moves"], &same["moved"], &same["stays"]), (&json!([]), &json!([]), &same["beginning"]), "{same}");

    let longer = tried("chief", json!({ "graceMonths": 120 })).await;
    let (before, after) = (number(&longer["now"]["lacking"]), number(&longer["then"]["lacking"]));
    assert!(after < before, "whoever is young need not have one yet: {longer}");
    let moves = longer["moves"].as_array().unwrap();
    let of = |side: &str| -> u64 {
        let lacks = |m: &&Value| matches!(m[side].as_str(), Some("LACKING" | "LACKING_INDEPENDENT"));
        moves.iter().filter(lacks).map(|m| number(&m["enterprises"])).sum()
    };
    assert_eq!(before - of("from") + of("to"), after, "the moves are the difference: {longer}");
    let moved = longer["moved"].as_array().unwrap();
    assert!(!moved.is_empty() && moved.iter().all(|m| m["from"] == m["enterprise"]["gap"]["status"]), "{longer}");
    let own = tried("chief", json!({ "countedKinds": ["INDEPENDENT"] })).await;
    assert!(number(&own["then"]["covered"]) < number(&own["now"]["covered"]), "joint unions do not count: {own}");
    assert_eq!(own["now"]["established"], own["then"]["established"]);
    let other = json!({ "weights": [{ "name": "employees", "value": 500 }, { "name": "foreign", "value": 0 },
        { "name": "leading", "value": 0 }, { "name": "fortune_500", "value": 0 }, { "name": "dispatch_agency", "value": 0 }] });
    let weighed = tried("chief", other).await;
    assert_eq!(weighed["now"]["lacking"], weighed["then"]["lacking"], "weights move nobody off the list");
    assert!(number(&weighed["stays"]) < number(&weighed["beginning"]), "but its beginning is another one: {weighed}");

    // Whoever runs the hub is told how many, and not whom; an analyst is told nothing.
    let system = tried("sys", json!({ "graceMonths": 120 })).await;
    assert_eq!((&system["then"], &system["moved"]), (&longer["then"], &json!([])), "{system}");
    let refused = served.ask_as(Some("secret-ann"), preview, json!({ "c": {} })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN_FIELD");
    for (change, said) in [
        (json!({ "weights": [{ "name": "foregin", "value": 1 }] }), "foreign"),
        (json!({ "weights": [{ "name": "foreign", "value": -1 }] }), "foreign"),
        (json!({ "countedKinds": ["NONE"] }), "NONE"),
    ] {
        let answer = served.ask_as(Some("secret-chief"), preview, json!({ "c": change })).await;
        let error = &answer["errors"][0];
        assert!(error["extensions"]["code"] == "BAD_INPUT" && error["message"].as_str().unwrap().contains(said), "{answer}");
    }
    let again = as_one(&served, "chief", "{ gap(first: 1) { totalCount } policy { graceMonths weights { name value } thresholds { code inForce asks } } editions { totalCount } }", json!({})).await;
    assert_eq!((&again["gap"], &again["editions"]["totalCount"]), (&published["gap"], &json!(1)), "nothing was kept");
    assert_eq!(again["policy"]["graceMonths"], 6);
    let thresholds = again["policy"]["thresholds"].as_array().unwrap();
    assert!(thresholds.iter().any(|rule| rule["inForce"] == json!(true)) && thresholds.len() > 5, "{again}");

    // What was tried is saved: with who and why, upon the version that was looked at, and the city stands as the preview said.
    let areas = TokenRow { areas: Some(json!(["110105"]).to_string()), ..token("east", "admin", None, None) };
    served.state.hub().store.put_token(&areas).await.unwrap();
    let policy = "version graceMonths proxyAbove unfit weights { name value } versions { number by reason changed { key value } saved { key value } }";
    let payload = format!("pending held {{ id }} policy {{ {policy} }} userErrors {{ message(lang: EN) }}");
    let save = format!("mutation($i: SavePolicyInput!) {{ savePolicy(input: $i) {{ {payload} }} }}");
    let saved = async |who: &str, change: Value, on: u32, reason: &str| {
        let input = json!({ "i": { "change": change, "basedOn": on, "reason": reason } });
        as_one(&served, who, &save, input).await["savePolicy"].take()
    };
    let change = json!({ "graceMonths": 9, "proxyAbove": 110, "weights": [{ "name": "foreign", "value": 3.5 }] });
    let promised = tried("chief", change.clone()).await;
    let first = saved("chief", change, 0, "新口径").await;
    assert_eq!((&first["pending"], &first["held"], &first["userErrors"]), (&json!(false), &Value::Null, &json!([])), "{first}");
    assert_eq!((&first["policy"]["version"], &first["policy"]["graceMonths"]), (&json!(1), &json!(9)), "{first}");
    let changed = json!([{ "key": "grace_months", "value": "9" }, { "key": "proxy.above", "value": "110" }, { "key": "priority.foreign", "value": "3.5" }]);
    assert_eq!(
        first["policy"]["versions"],
        json!([{ "number": 1, "by": "chief", "reason": "新口径", "changed": changed, "saved": changed }])
    );
    let stands = "{ editions { totalCount } coverage(by: []) { total { lacking lackingIndependent undecided } } }";
    let now = as_one(&served, "chief", stands, json!({})).await;
    let total = &now["coverage"]["total"];
    assert_eq!(
        (&now["editions"]["totalCount"], &total["undecided"]),
        (&json!(2), &promised["then"]["undecided"]),
        "{now} {promised}"
    );
    assert_eq!(number(&total["lacking"]) + number(&total["lackingIndependent"]), number(&promised["then"]["lacking"]));
    let same = tried("chief", json!({})).await;
    for figure in ["inScope", "above", "lacking", "undecided", "covered"] {
        assert_eq!(same["now"][figure], promised["then"][figure], "a preview begins at what is in force: {figure}");
    }
    // Another one saved meanwhile, a change that changes nothing, none that can be, no reason: nothing is saved, and it says why.
    for (change, on, reason, said) in [
        (json!({ "graceMonths": 3 }), 0, "我的口径", "chief has saved version 1"),
        (json!({ "graceMonths": 9 }), 1, "再存一次", "nothing would change"),
        (json!({ "weights": [{ "name": "foregin", "value": 1 }] }), 1, "笔误", "foreign?"),
        (json!({ "graceMonths": 3 }), 1, " ", "say why"),
    ] {
        let refused = saved("sys", change, on, reason).await;
        let message = refused["userErrors"][0]["message"].as_str().unwrap_or_default();
        assert!(refused["policy"].is_null() && message.contains(said), "{said}: {refused}");
    }
    for who in ["ann", "east"] {
        let input = json!({ "i": { "change": { "graceMonths": 3 }, "basedOn": 1, "reason": "x" } });
        let refused = served.ask_as(Some(&format!("secret-{who}")), &save, input).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{who}: {refused}");
    }
    // A second change stands over the first, and all of it is taken back at once.
    let second = saved(
        "sys",
        json!({ "establishedKinds": ["INDEPENDENT"], "weights": [{ "name": "leading", "value": 1 }] }),
        1,
        "只算单独建会",
    )
    .await;
    let all: Vec<&str> =
        second["policy"]["versions"][0]["saved"].as_array().unwrap().iter().map(|s| s["key"].as_str().unwrap()).collect();
    assert_eq!(all, ["grace_months", "established_kinds", "proxy.above", "priority.foreign", "priority.leading"], "{second}");
    let back = format!("mutation($i: WithdrawPolicyInput!) {{ withdrawPolicy(input: $i) {{ {payload} }} }}");
    let withdrawn = async |on: u32| {
        as_one(&served, "chief", &back, json!({ "i": { "basedOn": on, "reason": "回到原口径" } })).await["withdrawPolicy"].take()
    };
    assert!(withdrawn(1).await["userErrors"][0]["message"].as_str().unwrap().contains("sys has saved version 2"));
    let third = withdrawn(2).await;
    assert_eq!(
        (&third["policy"]["version"], &third["policy"]["graceMonths"], &third["policy"]["proxyAbove"]),
        (&json!(3), &json!(6), &json!(100)),
        "{third}"
    );
    assert!(withdrawn(3).await["userErrors"][0]["message"].as_str().unwrap().contains("nothing is saved"));
    let again = as_one(&served, "chief", "{ gap(first: 1) { totalCount } editions { totalCount } }", json!({})).await;
    assert_eq!((&again["gap"], &again["editions"]["totalCount"]), (&published["gap"], &json!(4)), "as before");
    // Whoever sees no versions is told the policy all the same.
    let open = served.ask_as(Some("secret-ann"), "{ policy { version versions { by } } }", json!({})).await;
    assert_eq!((&open["data"]["policy"]["version"], &open["data"]["policy"]["versions"]), (&json!(3), &Value::Null), "{open}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulletin_is_a_page_and_a_workbook_of_a_period_for_whoever_may_read_all_of_it() {
    let served = guarded(300, &[("ann", "analyst"), ("web", "client"), ("chief", "admin")]).await;
    let district = token("dan", "district", Some("[\"110105\"]"), None);
    served.state.hub().store.put_token(&district).await.unwrap();
    let edition =
        as_one(&served, "ann", "{ editions { nodes { asOf number digest } } }", json!({})).await["editions"]["nodes"][0].take();
    let year = &edition["asOf"].as_str().unwrap()[..4];
    let get = async |who: &str, path: &str| {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer secret-{who}"));
        served.send(request.body(Body::empty()).unwrap()).await
    };
    let (status, _, page) = get("ann", &format!("/bulletins/110000.html?period={year}&lang=en")).await;
    let page = String::from_utf8(page).unwrap();
    assert!(status == StatusCode::OK && page.contains(edition["digest"].as_str().unwrap()), "{page:.400}");
    let (status, headers, book) = get("dan", &format!("/bulletins/110105.xlsx?period={year}")).await;
    assert_eq!((status, &book[..2]), (StatusCode::OK, &b"PK"[..]), "a district's own");
    assert_eq!(headers[header::CONTENT_DISPOSITION], format!("attachment; filename=\"huitu-bulletin-110105-{year}.xlsx\""));
    let next = year.parse::<i32>().unwrap() + 1;
    for (who, path, status, said) in [
        ("web", format!("/bulletins/110105.html?period={year}"), StatusCode::FORBIDDEN, "FORBIDDEN"),
        ("dan", format!("/bulletins/110000.html?period={year}"), StatusCode::FORBIDDEN, "outside your areas"),
        ("dan", format!("/bulletins/110108.html?period={year}"), StatusCode::FORBIDDEN, "outside your areas"),
        ("ann", format!("/bulletins/999999.html?period={year}"), StatusCode::BAD_REQUEST, "999999"),
        ("ann", "/bulletins/110000.html".to_owned(), StatusCode::BAD_REQUEST, "2026Q3"),
        ("ann", "/bulletins/110000.html?period=soon".to_owned(), StatusCode::BAD_REQUEST, "soon"),
        ("ann", format!("/bulletins/110000.html?period={next}"), StatusCode::BAD_REQUEST, "has not begun"),
        ("ann", "/bulletins/110000.html?period=1990".to_owned(), StatusCode::BAD_REQUEST, "1990"),
        ("ann", format!("/bulletins/110000.pdf?period={year}"), StatusCode::NOT_FOUND, ".xlsx"),
    ] {
        let (is, _, bytes) = get(who, &format!("{path}{}lang=en", if path.contains('?') { "&" } else { "?" })).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(is == status && text.contains(said), "{who} {path}: {is} {text:.400}");
    }
    let named = "{ auditSearch(filter: { caller: \"dan\" }, first: 5) { nodes { way } } }";
    let named = as_one(&served, "chief", named, json!({})).await;
    assert_eq!(named["auditSearch"]["nodes"][0]["way"], "EXPORT", "{named}");
}
