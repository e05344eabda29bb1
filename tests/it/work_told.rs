//! Duties, loads and lists as pages, and what happens to visit lists and duties as it is told to whoever listens and may know of it.

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, token};

async fn guarded() -> Served {
    let served = served(800, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [
        ("ann", "analyst", None),
        ("one", "district", Some("[\"110101\"]")),
        ("two", "district", Some("[\"110102\"]")),
        ("map", "client", None),
    ] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    served
}

async fn asked(served: &Served, who: &str, query: &str) -> Value {
    let mut answer = served.ask_as(Some(&format!("secret-{who}")), query, json!({})).await;
    assert!(answer.get("errors").is_none(), "{query}: {answer}");
    answer["data"].take()
}

async fn add(served: &Served, who: &str, unit: &str, role: &str, starts: &str) -> String {
    let add = format!(
        "mutation {{ addDuty(input: {{ owner: {{ unit: \"{unit}\", role: \"{role}\" }}, area: \"{unit}\", starts: \"{starts}\" }}) {{
           duty {{ id }} userErrors {{ message }} }} }}"
    );
    let given = asked(served, who, &add).await;
    given["addDuty"]["duty"]["id"].as_str().unwrap_or_else(|| panic!("{given}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duties_loads_and_lists_have_pages_with_an_end_and_filters() {
    let served = guarded().await;
    for (unit, role) in [("110101", "甲"), ("110102", "甲"), ("110101", "乙"), ("110105", "丙")] {
        add(&served, "ann", unit, role, "2026-01-01").await;
    }
    // Not begun yet, and ended.
    add(&served, "ann", "110101", "丁", "2099-01-01").await;
    let ended = add(&served, "ann", "110102", "戊", "2026-01-01").await;
    asked(&served, "ann", &format!("mutation {{ endDuty(id: \"{ended}\") {{ userErrors {{ message }} }} }}")).await;

    let mut all: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let page = asked(
            &served,
            "ann",
            &format!(
                "{{ heldDuties(first: 4{after}) {{ totalCount edges {{ cursor node {{ id unit {{ code }} role }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            ),
        )
        .await;
        let page = &page["heldDuties"];
        assert_eq!(page["totalCount"], 6, "{page}");
        all.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasNextPage"] != json!(true) {
            break;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
    let plain = asked(&served, "ann", "{ duties { id unit { code } role } }").await;
    assert_eq!(json!(all), plain["duties"], "each once, in the order of the list that goes");
    for (filter, count) in [
        ("unit: [\"110101\"]", 3_usize),
        ("unit: [\"110101\", \"110105\"]", 4),
        ("unit: []", 0),
        ("role: \"甲\"", 2),
        ("inForce: true", 4),
        ("inForce: false", 2),
        ("inForce: true, unit: [\"110102\"]", 1),
        ("isFirst: true", 0),
    ] {
        let found =
            asked(&served, "ann", &format!("{{ heldDuties(filter: {{ {filter} }}) {{ totalCount nodes {{ id }} }} }}")).await;
        assert_eq!(found["heldDuties"]["totalCount"], count, "{filter}");
        assert_eq!(found["heldDuties"]["nodes"].as_array().unwrap().len(), count, "{filter}");
    }
    let own = asked(&served, "one", "{ heldDuties { totalCount nodes { unit { code } } } }").await;
    assert_eq!(own["heldDuties"]["totalCount"], 3, "a district counts its own only: {own}");

    asked(&served, "ann", "mutation { openCases(input: { atMost: 100000 }) { opened } }").await;
    asked(&served, "ann", "mutation { assignCases { cases } }").await;
    let loads = asked(
        &served,
        "ann",
        "{ workload { unit { code } role open } workloads(first: 500) { totalCount nodes { unit { code } role open } }
           first: workloads(first: 1) { nodes { open } pageInfo { hasNextPage } }
           nobodys: workloads(filter: { isNobodys: true }) { totalCount nodes { unit { code } } }
           own: workloads(filter: { unit: [\"110105\"] }) { nodes { unit { code } role } } }",
    )
    .await;
    assert!(loads["workload"].as_array().unwrap().len() > 2, "{loads}");
    let open = |rows: &Value| rows.as_array().unwrap().iter().map(|row| row["open"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(open(&loads["workloads"]["nodes"]), open(&loads["workload"]));
    assert_eq!(loads["workloads"]["totalCount"], loads["workload"].as_array().unwrap().len());
    assert_eq!(loads["first"]["nodes"][0]["open"], loads["workload"][0]["open"], "the most first");
    assert_eq!((&loads["first"]["pageInfo"]["hasNextPage"], &loads["nobodys"]["totalCount"]), (&json!(true), &json!(1)));
    assert_eq!(loads["nobodys"]["nodes"], json!([{ "unit": null }]));
    assert_eq!(loads["own"]["nodes"], json!([{ "unit": { "code": "110105" }, "role": "丙" }]));

    for (title, source) in [("代表企业", "人大"), ("重点关注", "维权部"), ("两新组织", "组织部")] {
        let make = format!(
            "mutation {{ createNamedList(input: {{ title: \"{title}\", purpose: \"试\", source: \"{source}\", entries: [\"无此企业\"] }}) {{ list {{ id }} userErrors {{ message }} }} }}"
        );
        assert!(asked(&served, "ann", &make).await["createNamedList"]["list"]["id"].is_string());
    }
    let lists = asked(
        &served,
        "ann",
        "{ namedLists { id } enterpriseLists(first: 2) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
           found: enterpriseLists(filter: { search: \"维权\" }) { totalCount nodes { title } }
           suppliers: enterpriseLists(filter: { isOfSuppliers: true }) { totalCount } }",
    )
    .await;
    let page = &lists["enterpriseLists"];
    assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)), "{lists}");
    assert_eq!(lists["found"], json!({ "totalCount": 1, "nodes": [{ "title": "重点关注" }] }));
    assert_eq!(lists["suppliers"]["totalCount"], 0);
    let rest = asked(
        &served,
        "ann",
        &format!(
            "{{ enterpriseLists(first: 2, after: {}) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}",
            page["pageInfo"]["endCursor"]
        ),
    )
    .await;
    let both: Vec<Value> =
        [page, &rest["enterpriseLists"]].iter().flat_map(|page| page["nodes"].as_array().unwrap().clone()).collect();
    assert_eq!((json!(both), &rest["enterpriseLists"]["pageInfo"]["hasNextPage"]), (lists["namedLists"].clone(), &json!(false)));
    for field in ["heldDuties", "workloads", "enterpriseLists"] {
        let refused = served.ask_as(Some("secret-map"), &format!("{{ {field} {{ totalCount }} }}"), json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN_FIELD", "{refused}");
    }
}

async fn listen(served: &Served, who: &str, question: &str) -> BodyDataStream {
    use tower::ServiceExt;
    let request = Request::post("/graphql/sse")
        .header("content-type", "application/json")
        .header("accept", "text/event-stream")
        .header("authorization", format!("Bearer secret-{who}"))
        .body(Body::from(json!({ "query": format!("subscription {{ {question} }}") }).to_string()))
        .unwrap();
    served.router.clone().oneshot(request).await.unwrap().into_body().into_data_stream()
}

/// What a stream said until it said this word.
async fn told(stream: &mut BodyDataStream, word: &str) -> String {
    let mut text = String::new();
    while !text.contains(word) {
        let part = tokio::time::timeout(std::time::Duration::from_secs(60), stream.next()).await;
        let part = part.unwrap_or_else(|_| panic!("{word} is told within a minute; so far: {text}"));
        text.push_str(&String::from_utf8_lossy(&part.expect("the stream goes on").unwrap()));
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_visit_lists_and_duties_is_told_to_whoever_may_know_of_them() {
    let served = guarded().await;
    asked(&served, "ann", "mutation { openCases(input: { atMost: 100000 }) { opened } }").await;
    served.state.refresh().await.unwrap();
    const LISTS: &str = "visitListChanged { what by visits list { title doors } }";
    const DUTIES: &str = "dutyChanged { what by duty { role unit { code } ends } }";
    let mut lists = [listen(&served, "one", LISTS).await, listen(&served, "two", LISTS).await];
    let mut duties = [listen(&served, "one", DUTIES).await, listen(&served, "two", DUTIES).await];
    let draw = |title: &str, unit: &str| {
        format!(
            "mutation {{ drawVisitLists(input: {{ title: \"{title}\", filter: {{ area: [\"{unit}\"] }}, doors: 3, owners: [{{ unit: \"{unit}\" }}] }}) {{
               lists {{ id stops {{ case {{ id }} }} }} userErrors {{ message }} }} }}"
        )
    };
    let mut drawn = Vec::new();
    for (title, unit) in [("东城名单", "110101"), ("西城名单", "110102")] {
        drawn.push(asked(&served, "ann", &draw(title, unit)).await["drawVisitLists"]["lists"][0].take());
    }
    for (stream, title) in lists.iter_mut().zip(["东城名单", "西城名单"]) {
        let text = told(stream, title).await;
        assert!(
            text.contains("\"what\":\"DRAWN\"") && text.contains("\"visits\":null") && text.contains("\"doors\":3"),
            "{text}"
        );
        assert_eq!(text.matches("DRAWN").count(), 1, "nobody is told of the other district's: {text}");
    }
    // One door comes back; the same sheet again is no news; then all of it is taken back.
    let (list, case) = (drawn[0]["id"].as_str().unwrap(), drawn[0]["stops"][0]["case"]["id"].as_str().unwrap());
    let bare = list.trim_start_matches("visits:");
    for _ in 0..2 {
        let csv = format!("case,at the door,answer\n{},met,wants_help\n", case.trim_start_matches("case:"));
        let request =
            Request::post(format!("/visits/{bare}?visitor=A")).header("authorization", "Bearer secret-ann").body(Body::from(csv));
        let (status, _, body) = served.send(request.unwrap()).await;
        assert!(status.is_success(), "{}", String::from_utf8_lossy(&body));
    }
    let back = format!(
        "mutation {{ takeBackVisits(input: {{ list: \"{list}\", reason: \"试\" }}) {{ visits userErrors {{ message }} }} }}"
    );
    assert_eq!(asked(&served, "ann", &back).await["takeBackVisits"]["visits"], 1);
    let text = told(&mut lists[0], "TAKEN_BACK").await;
    assert_eq!(text.matches("BROUGHT").count(), 1, "{text}");
    assert_eq!(text.matches("\"visits\":1").count(), 2, "{text}");

    let ids = [add(&served, "ann", "110101", "甲", "2026-01-01").await, add(&served, "ann", "110102", "乙", "2026-01-01").await];
    for id in &ids {
        asked(&served, "ann", &format!("mutation {{ endDuty(id: \"{id}\") {{ userErrors {{ message }} }} }}")).await;
    }
    for (stream, (mine, theirs)) in duties.iter_mut().zip([("甲", "乙"), ("乙", "甲")]) {
        let text = told(stream, "ENDED").await;
        assert!(text.contains("GIVEN") && text.contains(mine) && !text.contains(theirs), "{text}");
    }
    // What another process writes is read from the store.
    let events = served.state.hub().store.work_events_after(0, 100).await.unwrap();
    let said: Vec<(&str, &str)> = events.iter().map(|e| (e.noun.as_str(), e.what.as_str())).collect();
    let expected = ["DRAWN", "DRAWN", "BROUGHT", "TAKEN_BACK"].map(|what| ("VISIT_LIST", what));
    assert_eq!(said[..4], expected);
    assert_eq!(said[4..], ["GIVEN", "GIVEN", "ENDED", "ENDED"].map(|what| ("DUTY", what)));
    assert!(events.windows(2).all(|two| two[0].id < two[1].id));
    let refused = served.ask_as(Some("secret-map"), "{ __typename }", json!({})).await;
    assert!(refused.get("errors").is_none());
    let mut refused = listen(&served, "map", LISTS).await;
    assert!(told(&mut refused, "FORBIDDEN").await.contains("errors"));
}
