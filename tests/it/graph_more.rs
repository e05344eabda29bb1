//! What hangs on enterprises and registries beside lists: relations, conflicts, targets, quality, usage; limits and errors.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::edition::synthetic::input;
use huitu::edition::write;
use huitu::hub::Hub;
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Limits, Options, app};
use huitu::store::edition::ChangeRow;
use huitu::store::quarantine::QuarantinedRow;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, settings, token};

#[tokio::test]
async fn ties_are_seen_from_both_sides() {
    let served = served(1_000, |_| {}).await;
    let data = served
        .data(
            "{ a: enterprise(by: { id: \"E000000000000\" }) { id
                 investors { investorName investor { id } investee { id } sharePercent country record { key registry { name } } }
                 dispatchesTo(first: 5) { totalCount nodes { agency { id } host { id } workers since } pageInfo { hasNextPage } }
                 disputes { kind on people summary } events(first: 5, kind: \"work_safety_inspection\") { totalCount nodes { kind title on } }
                 investments { investorName } }
               b: enterprise(by: { id: \"E000000000001\" }) { investments { investee { id } } dispatchedFrom(first: 5) { nodes { agency { id } agencyName } } } }",
            json!({}),
        )
        .await;
    let a = &data["a"];
    assert_eq!(a["investors"][0]["investor"]["id"], "E000000000001");
    assert_eq!((&a["investors"][0]["sharePercent"], &a["investors"][0]["country"]), (&json!(51.0), &json!("德国")));
    assert_eq!(a["investors"][0]["record"]["registry"]["name"], "commerce");
    assert_eq!(a["dispatchesTo"]["nodes"][0]["host"]["id"], "E000000000001");
    assert_eq!(a["disputes"][0]["people"], 3);
    assert_eq!(a["events"]["totalCount"], 1);
    assert_eq!(a["investments"], json!([]));
    assert_eq!(data["b"]["investments"][0]["investee"]["id"], "E000000000000");
    assert_eq!(data["b"]["dispatchedFrom"]["nodes"][0]["agency"]["id"], "E000000000000");
}

#[tokio::test]
async fn every_conflict_comes_once_and_says_who_disputes() {
    let served = served(1_500, |_| {}).await;
    let query = "query($after: String) { conflicts(first: 40, after: $after) { totalCount nodes { enterprise { id } } pageInfo { hasNextPage endCursor } } }";
    let (mut seen, mut after, mut total) = (Vec::new(), Value::Null, 0);
    loop {
        let page = served.data(query, json!({ "after": after })).await["conflicts"].take();
        total = total.max(page["totalCount"].as_u64().unwrap());
        seen.extend(page["nodes"].as_array().unwrap().iter().map(|n| n["enterprise"]["id"].as_str().unwrap().to_owned()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    let listed = served.data("{ enterprises(first: 0, filter: { hasConflict: [EMPLOYEES] }) { totalCount } }", json!({})).await;
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len() as u64, &listed["enterprises"]["totalCount"]), (total, &json!(total)));
    let data = served
        .data(
            "{ tax: conflicts(first: 0, filter: { registry: [\"tax\"] }) { totalCount } commerce: conflicts(first: 0, filter: { registry: [\"commerce\"] }) { totalCount }
               name: conflicts(first: 0, filter: { field: [NAME] }) { totalCount } here: conflicts(first: 0, filter: { area: [\"110105\"] }) { totalCount } }",
            json!({}),
        )
        .await;
    let count = |name: &str| data[name]["totalCount"].as_u64().unwrap();
    assert_eq!((count("tax"), count("commerce"), count("name")), (total, 0, 0));
    assert!(count("here") > 0 && count("here") < total);
}

#[tokio::test]
async fn a_target_stands_beside_the_area_it_is_for() {
    let served = served(1_000, |_| {}).await;
    let set = "mutation { setTarget(input: { area: \"110105\", year: 2026, indicator: \"coverage_rate\", value: 0.8 }) { target { value } userErrors { message } } }";
    assert_eq!(served.data(set, json!({})).await["setTarget"]["target"]["value"], 0.8);
    let query = "{ coverage(by: [DISTRICT], target: { year: 2026, indicator: \"coverage_rate\" }) { rows { keys { code } coverageRate { value } target { value done attainment } } } }";
    let data = served.data(query, json!({})).await;
    for row in data["coverage"]["rows"].as_array().unwrap() {
        let is_set = row["keys"][0]["code"] == "110105";
        assert_eq!(row["target"].is_object(), is_set, "{row}");
        if is_set {
            assert_eq!(row["target"]["done"], row["coverageRate"]["value"]);
        }
    }
    let wrong = "mutation { setTarget(input: { area: \"110105\", year: 2026, indicator: \"happiness\", value: 1 }) { userErrors { code zh: message(lang: ZH) en: message(lang: EN) } } }";
    let error = served.data(wrong, json!({})).await["setTarget"]["userErrors"][0].take();
    assert!(error["zh"].as_str().unwrap().contains("指标") && error["en"].as_str().unwrap().contains("indicator"), "{error}");
}

#[tokio::test]
async fn small_groups_are_not_told_to_callers_who_may_not_see_records() {
    let served = served(1_200, |options| {
        options.access = Authentication::Tokens;
        options.suppress_below = 3;
    })
    .await;
    for (id, role) in [("map", "client"), ("ann", "analyst")] {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
    }
    let query = "{ coverage(by: [DISTRICT, INDUSTRY_SECTION]) { rows { keys { code } suppressed enterprises lacking coverageRate { value } } total { suppressed enterprises } } }";
    let all = served.ask_as(Some("secret-ann"), query, json!({})).await["data"]["coverage"].take();
    let told = served.ask_as(Some("secret-map"), query, json!({})).await["data"]["coverage"].take();
    assert_eq!(all["total"], told["total"]);
    let rows = |c: &Value| c["rows"].as_array().unwrap().clone();
    assert!(rows(&all).iter().all(|r| r["suppressed"] == json!(false)));
    assert_eq!(rows(&all).len(), rows(&told).len(), "a hidden group is still there");
    let mut hidden = 0;
    for (whole, row) in rows(&all).iter().zip(&rows(&told)) {
        assert_eq!(whole["keys"], row["keys"]);
        if row["suppressed"] == json!(true) {
            hidden += 1;
            assert_eq!((&row["enterprises"], &row["lacking"], &row["coverageRate"]), (&Value::Null, &Value::Null, &Value::Null));
        } else {
            assert!(whole["enterprises"].as_u64().unwrap() >= 3);
            assert_eq!(whole["enterprises"], row["enterprises"]);
        }
    }
    assert!(hidden > 1 && hidden < rows(&told).len());
    let request =
        Request::get("/geo/streets.geojson").header(header::AUTHORIZATION, "Bearer secret-map").body(Body::empty()).unwrap();
    let streets: Value = serde_json::from_slice(&served.send(request).await.2).unwrap();
    let properties = streets["features"].as_array().unwrap().iter().map(|f| &f["properties"]);
    for p in properties {
        assert!(
            p["suppressed"] == json!(true) && p.get("enterprises").is_none() || p["enterprises"].as_u64().unwrap() != 1,
            "{p}"
        );
    }
}

#[tokio::test]
async fn batches_are_answered_only_where_configured() {
    let two = json!([{ "query": "{ gap(first: 1) { totalCount } }" }, { "query": "{ nothing }" }]).to_string();
    let closed = served(100, |_| {}).await;
    let (status, _, _) = closed.send(Served::post().body(Body::from(two.clone())).unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let open = served(100, |options| options.limits.batch = 2).await;
    let (status, _, bytes) = open.send(Served::post().body(Body::from(two)).unwrap()).await;
    let answers: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((status, answers.len()), (StatusCode::OK, 2));
    assert!(answers[0]["data"]["gap"]["totalCount"].is_number());
    assert_eq!(answers[1]["errors"][0]["extensions"]["code"], "BAD_INPUT");
    let three = json!([{ "query": "{ a }" }, { "query": "{ a }" }, { "query": "{ a }" }]).to_string();
    assert_eq!(open.send(Served::post().body(Body::from(three)).unwrap()).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_caller_who_has_spent_the_minute_waits_and_others_do_not() {
    let served = served(300, |options| {
        options.access = Authentication::Tokens;
        options.limits.cost_per_minute = 1_000;
    })
    .await;
    for id in ["a", "b"] {
        served.state.hub().store.put_token(&token(id, "client", None, None)).await.unwrap();
    }
    let question = |i: usize| format!("{{ gap(first: {}) {{ nodes {{ name }} }} }}", 300 + i);
    let mut refused = Value::Null;
    for i in 0..5 {
        let answer = served.ask_as(Some("secret-a"), &question(i), json!({})).await;
        if answer.get("errors").is_some() {
            refused = answer["errors"][0].clone();
        }
    }
    assert_eq!(refused["extensions"]["code"], "COST_EXCEEDED");
    assert!(refused["extensions"]["hint"].as_str().unwrap().parse::<u64>().unwrap() <= 60, "seconds to wait: {refused}");
    assert!(served.ask_as(Some("secret-b"), &question(0), json!({})).await.get("errors").is_none());
    // What is kept costs nothing.
    assert!(served.ask_as(Some("secret-a"), &question(0), json!({})).await.get("errors").is_none());
}

#[tokio::test]
async fn batches_quarantine_and_history_are_paged_without_end() {
    let served = served(300, |_| {}).await;
    let store = &served.state.hub().store;
    let registries = store.ensure_registries(&["tax"]).await.unwrap();
    let tax = registries.iter().find(|r| r.name == "tax").unwrap().id;
    for i in 0..130 {
        store.batch_started(tax, i, "test", false).await.unwrap();
    }
    let quarantined = |i: i64| QuarantinedRow {
        id: 0,
        registry_id: tax,
        batch_id: 1 + i % 130,
        row_number: i,
        byte_offset: None,
        column_name: None,
        code: "key_missing".into(),
        detail: "{\"zh\":\"无主键\",\"en\":\"no key\"}".into(),
        raw: "[]".into(),
        layout_id: None,
        record_key: None,
        state: "OPEN".into(),
    };
    let mut tx = store.begin().await.unwrap();
    huitu::store::quarantine::put(&mut tx, &(1..=210).map(quarantined).collect::<Vec<_>>()).await.unwrap();
    let change = |i: i64| ChangeRow {
        enterprise_id: format!("E{:012}", i % 2),
        edition: 1,
        at: i,
        field: Some("NAME".into()),
        what: "changed".into(),
        from_value: None,
        to_value: Some(i.to_string()),
        registry: None,
    };
    huitu::store::edition::put_changes(&mut tx, &(0..260).map(change).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();

    let walk = async |query: &str, at: &[&str], expected: usize| {
        let (mut after, mut seen) = (Value::Null, Vec::new());
        loop {
            let data = served.data(query, json!({ "after": after })).await;
            let page = at.iter().fold(&data, |value, name| &value[*name]);
            assert_eq!(page["totalCount"], expected, "{query}");
            seen.extend(page["nodes"].as_array().unwrap().iter().map(|n| n.to_string()));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), expected, "{query}");
    };
    let page = "pageInfo { hasNextPage endCursor }";
    let query = format!(
        "query($after: String) {{ registry(name: \"tax\") {{ batches(first: 40, after: $after) {{ totalCount nodes {{ id }} {page} }} }} }}"
    );
    walk(&query, &["registry", "batches"], 130).await;
    let query = format!(
        "query($after: String) {{ registry(name: \"tax\") {{ quarantine(first: 90, after: $after) {{ totalCount nodes {{ id row reason batch {{ id state }} }} {page} }} }} }}"
    );
    walk(&query, &["registry", "quarantine"], 210).await;
    let query = format!(
        "query($after: String) {{ enterprise(by: {{ id: \"E000000000001\" }}) {{ history(first: 50, after: $after) {{ totalCount nodes {{ to edition {{ number }} }} {page} }} }} }}"
    );
    walk(&query, &["enterprise", "history"], 130).await;

    // The history of a whole page is one statement.
    let reads = async || {
        let (_, _, bytes) = served.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
        let text = String::from_utf8(bytes).unwrap();
        text.lines().find_map(|l| l.strip_prefix("huitu_store_reads_total ")).unwrap().parse::<u64>().unwrap()
    };
    let before = reads().await;
    let data = served
        .data("{ enterprises(first: 100) { nodes { id history(first: 3) { totalCount nodes { to } } } } }", json!({}))
        .await;
    assert_eq!(reads().await - before, 1);
    let nodes = data["enterprises"]["nodes"].as_array().unwrap();
    let totals: i64 = nodes.iter().map(|n| n["history"]["totalCount"].as_i64().unwrap()).sum();
    assert_eq!(totals % 130, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_sees_how_good_its_data_is_and_who_read_it() {
    let served = crate::people::city(400).await;
    let ask = Served::post().header("x-purpose", "coverage map of the 2026 campaign");
    let body = json!({ "query": "{ gap(first: 20) { nodes { name creditCode employees } } }" }).to_string();
    let request = ask.body(Body::from(body.clone())).unwrap();
    assert_eq!(served.send(request).await.0, StatusCode::OK);
    // The same answer again comes from the kept bytes, and is reading all the same.
    let ask = Served::post().header("x-purpose", "coverage map of the 2026 campaign");
    served.send(ask.body(Body::from(body)).unwrap()).await;
    let data = served
        .data(
            "{ registries { name quality { completeness { field ratio { numerator denominator } } validity { field ratio { value } }
                 uniqueness { numerator denominator } timelinessDays linked { value } }
               usage(since: \"2020-01-01\") { day who purpose fields enterprises answers } } }",
            json!({}),
        )
        .await;
    let registries = data["registries"].as_array().unwrap();
    let commerce = registries.iter().find(|r| r["name"] == "commerce").unwrap();
    let quality = &commerce["quality"];
    let names = quality["completeness"].as_array().unwrap().iter().find(|f| f["field"] == "NAME").unwrap();
    assert!(
        names["ratio"]["numerator"].as_u64().unwrap() > 300 && names["ratio"]["numerator"] == names["ratio"]["denominator"],
        "{names}"
    );
    assert!(quality["linked"]["value"].as_f64().unwrap() > 0.5, "{quality}");
    let unique = &quality["uniqueness"];
    assert!(unique["numerator"].as_u64().unwrap() <= unique["denominator"].as_u64().unwrap());
    let usage = commerce["usage"].as_array().unwrap().iter().find(|u| u["purpose"] == "coverage map of the 2026 campaign");
    let usage = usage.expect("reading for a purpose is counted");
    assert_eq!(usage["answers"], 2);
    assert!(usage["enterprises"].as_u64().unwrap() > 0 && usage["enterprises"].as_u64().unwrap() <= 40);
    // A department is told of the fields that it delivers; staff comes from others.
    let fields = usage["fields"].as_array().unwrap();
    assert!(
        fields.contains(&json!("CREDIT_CODE")) && !fields.contains(&json!("EMPLOYEES")) && !fields.contains(&json!("REVENUE"))
    );
    let told =
        |r: &Value| r["usage"].as_array().unwrap().iter().any(|u| u["fields"].as_array().unwrap().contains(&json!("EMPLOYEES")));
    assert!(registries.iter().any(told), "{registries:?}");
}

/// Asks in both languages; the error's code, and its text in each. No text may show where the program lives or how it is made.
async fn error_of(served: &Served, query: &str) -> (String, String, String) {
    let mut texts = Vec::new();
    let mut code = String::new();
    for lang in ["zh", "en"] {
        let request = Served::post().header(header::ACCEPT_LANGUAGE, lang);
        let (_, headers, bytes) = served.send(request.body(Body::from(json!({ "query": query }).to_string())).unwrap()).await;
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        let error = &answer["errors"][0];
        assert!(headers.contains_key("x-request-id") && error["extensions"]["requestId"].is_string(), "{query}: {answer}");
        code = error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{query}: {answer}")).to_owned();
        let text = error["message"].as_str().unwrap().to_owned();
        let lower = text.to_lowercase();
        for word in ["sqlx", "sqlite", "select ", "panicked", "/src/", ".rs", "/tmp", "pool"] {
            assert!(!lower.contains(word), "{query} tells of {word}: {text}");
        }
        texts.push(text);
    }
    let en = texts.pop().unwrap();
    (code, texts.pop().unwrap(), en)
}

#[tokio::test]
async fn the_rarer_error_codes_have_safe_texts_in_the_callers_language() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let check = |(code, zh, en): (String, String, String), expected: &str| {
        assert_eq!(code, expected, "{en}");
        assert!(chinese(&zh) && !chinese(&en), "{expected}: {zh} / {en}");
        assert!(!zh.contains("不符"), "a sentence of the library's is not translated: {zh}");
    };

    // AMBIGUOUS: two enterprises under one insurance number.
    let root = tempfile::tempdir().unwrap();
    let mut facts = input(1, 60, 3);
    facts.enterprises[7].identifiers = facts.enterprises[8].identifiers.clone();
    let number = facts.enterprises[8].identifiers[0].1.to_string();
    write(&root.path().join("editions"), facts).unwrap();
    let at = chrono::DateTime::from_timestamp(1_790_100_000, 0).unwrap();
    let hub = Hub::open(settings(root.path()), Clock::fixed(at)).await.unwrap();
    let state = App::new(hub, Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let twins = Served { root, router: app(state.clone()), state };
    let query = format!("{{ enterprise(by: {{ insuranceNumber: \"{number}\" }}) {{ id }} }}");
    check(error_of(&twins, &query).await, "AMBIGUOUS");
    let answer = twins.ask(&query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["hint"].as_str().unwrap().split(", ").count(), 2, "the hint lists the ids");

    // SOURCE_UNAVAILABLE: another process is syncing.
    let busy = twins.state.hub().store.lead().await.unwrap();
    let decision = "mutation { decideBatch(input: { batch: \"batch:1\", release: true, reason: \"test\" }) { batch { id } } }";
    let told = error_of(&twins, decision).await;
    check(told, "SOURCE_UNAVAILABLE");
    drop(busy);

    // TIMEOUT: somebody else holds the store's one writer for longer than the question may take.
    let hasty =
        served(50, |options| options.limits = Limits { time: std::time::Duration::from_millis(40), ..Limits::default() }).await;
    let writing = hasty.state.hub().store.begin().await.unwrap();
    let export = "mutation { createExport(input: { format: CSV }) { export { id } } }";
    check(error_of(&hasty, export).await, "TIMEOUT");
    let answer = hasty.ask(export, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["retryable"], false, "it may have been done after all");
    writing.rollback().await.unwrap();

    // INTERNAL: the store is gone.
    let broken = served(50, |_| {}).await;
    broken.state.hub().store.close().await;
    check(error_of(&broken, "{ registries { state } }").await, "INTERNAL");

    // The others, for their texts.
    for (query, expected) in [
        ("{ gap(first: 501) { totalCount } }", "BAD_INPUT"),
        // What the library finds is told in the caller's language too.
        ("{ nothing }", "BAD_INPUT"),
        ("{ gap(first: 1) ", "BAD_INPUT"),
        ("{ search(first: 1) { matched } }", "BAD_INPUT"),
        ("{ gap(first: 1) }", "BAD_INPUT"),
        ("{ enterprise(by: {}) { id } }", "BAD_INPUT"),
        ("{ gap(first: 1, filter: { ownership: [PINK] }) { totalCount } }", "BAD_INPUT"),
        ("{ gap(first: 1, filter: { establishedOn: { gte: \"2020-13-01\" } }) { totalCount } }", "BAD_INPUT"),
        ("query($a: Int!) { gap(first: $a) { totalCount } }", "BAD_INPUT"),
        ("subscription { editionPublished { number } }", "BAD_INPUT"),
        ("{ gap(first: 1, filter: { inRegistry: [\"taxes\"] }) { totalCount } }", "BAD_INPUT"),
        ("{ conflicts(first: 1, filter: { registry: [\"taxes\"] }) { totalCount } }", "BAD_INPUT"),
        ("{ gap(first: 1, asOf: \"1999-01-01\") { totalCount } }", "EDITION_GONE"),
        ("{ gap(first: 500) { nodes { branches(first: 500) { nodes { name } } } } }", "COST_EXCEEDED"),
    ] {
        check(error_of(&twins, query).await, expected);
    }
}

#[test]
fn registries_points_in_gcj_02_become_wgs_84() {
    let Some(shared) = crate::support::servers::shared() else { return };
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(shared.join("reference/geo").join(name)).unwrap()).unwrap()
    };
    let (moved, true_ones) = (read("beijing_districts_gcj02.geojson"), read("beijing_districts_wgs84.geojson"));
    fn corners(value: &Value, into: &mut Vec<(f64, f64)>) {
        match value.as_array().map(Vec::as_slice) {
            Some([Value::Number(x), Value::Number(y), ..]) => into.push((x.as_f64().unwrap(), y.as_f64().unwrap())),
            Some(list) => list.iter().for_each(|v| corners(v, into)),
            None => {}
        }
    }
    let points = |collection: &Value| {
        let mut all = Vec::new();
        collection["features"].as_array().unwrap().iter().for_each(|f| corners(&f["geometry"]["coordinates"], &mut all));
        all
    };
    let (moved, true_ones) = (points(&moved), points(&true_ones));
    assert!(moved.len() > 1_000);
    for (x, y) in moved.iter().step_by(7) {
        let (x, y) = huitu::model::datum::Datum::Gcj02.to_wgs84(*x, *y);
        let near = true_ones.iter().any(|(a, b)| (a - x).abs() < 2e-5 && (b - y).abs() < 2e-5);
        assert!(near, "{x} {y} is no corner of the outlines in WGS-84");
    }
}

/// Plain fields of coverage rows are written in one go; a fragment makes the library do it. Nobody can tell.
#[tokio::test]
async fn rows_of_a_coverage_are_the_same_whoever_writes_them() {
    let served = served(1_500, |options| {
        options.access = Authentication::Tokens;
        options.suppress_below = 3;
    })
    .await;
    for (id, role) in [("map", "client"), ("ann", "analyst")] {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
    }
    let fields = "suppressed keys { dimension at: code name } enterprises aboveDesignatedSize independent covered lacking lackingIndependent inGap
        undecided outOfScope employees employeesOfUnionised unions members independentRate { numerator denominator value }
        coverageRate { value } membershipRateUnionised { numerator value } membershipRateAll { denominator } establishmentRate { numerator denominator value }";
    for who in ["secret-map", "secret-ann"] {
        let ask = async |rows: String| {
            let query = format!(
                "{{ coverage(by: [TOWN, INDUSTRY_SECTION], filter: {{ not: {{ status: [DEREGISTERED] }} }}) {{ {rows} }} }}"
            );
            served.ask_as(Some(who), &query, json!({})).await["data"]["coverage"]["rows"].take()
        };
        let plain = ask(format!("rows {{ {fields} }}")).await;
        let by_library = ask(format!("rows {{ ... on CoverageRow {{ {fields} }} }}")).await;
        assert!(plain.as_array().unwrap().len() > 500);
        assert_eq!(plain, by_library, "{who}");
    }
}
