//! Every answer that says more than what every caller sees has its row in the audit, whatever way it goes and whether it shows anybody.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use huitu::audit::{AuditQuestion, AuditRow, Seen};
use huitu::edition::synthetic::input;
use huitu::model::message::Lang;
use huitu::model::verdict::{FundStatus, PriorityFactor, Reason, ReasonInput};
use huitu::serve::Authentication;
use huitu::store::token::TokenRow;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::graph::{Served, served_with, token};

async fn guarded() -> Served {
    let mut facts = input(1, 600, 11);
    // One pays dues though no union is known: a person has to say what is wrong.
    for e in facts.enterprises.iter_mut().filter(|e| &*e.id == "E000000000004") {
        let paid = ReasonInput::new("paid", 500).from_record("commerce", "commerce-4");
        e.verdicts.fund.status = FundStatus::WrongKind;
        e.verdicts.fund.reasons = [Reason::new("fund_dues_without_union").with(paid)].into();
    }
    let served = served_with(facts, |options| options.access = Authentication::Tokens).await;
    for (id, role) in [("ann", "analyst"), ("map", "client")] {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
    }
    served
}

fn rows(served: &Served) -> Vec<AuditRow> {
    let mut rows = Vec::new();
    huitu::audit::search(&served.root.path().join("audit"), &AuditQuestion::default(), |row| {
        rows.push(row);
        Ok(())
    })
    .unwrap();
    rows
}

async fn asked(served: &Served, who: &str, query: &str, variables: Value) -> Value {
    let answer = served.ask_as(Some(&format!("secret-{who}")), query, variables).await;
    assert!(answer.get("errors").is_none(), "{query}: {answer}");
    answer["data"].clone()
}

/// The rows that a question leaves: the answer that is made, and the one that is kept.
async fn noted(served: &Served, query: &str, variables: Value) -> [AuditRow; 2] {
    let before = rows(served).len();
    let first = asked(served, "ann", query, variables.clone()).await;
    assert_eq!(asked(served, "ann", query, variables).await, first);
    let mut new = rows(served).split_off(before);
    assert_eq!(new.len(), 2, "{query}: one for each answer: {new:?}");
    let last = new.remove(1);
    [new.remove(0), last]
}

fn ids(row: &AuditRow) -> Vec<&str> {
    match &row.enterprises {
        Seen::These(ids) => ids.iter().map(String::as_str).collect(),
        Seen::Many { .. } => panic!("{row:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sum_over_one_firm_and_a_filter_that_fits_nobody_are_noted() {
    let served = guarded().await;
    let (code, id) = {
        let edition = served.state.hub().editions.current().unwrap();
        let of = edition.enterprise(7);
        (of.credit_code().unwrap().to_owned(), of.id().to_owned())
    };
    let sum = "query($t: String!) { coverage(by: [], filter: { text: $t }) { total { enterprises duesPayableYuan } } }";
    for row in noted(&served, sum, json!({ "t": code })).await {
        assert_eq!(ids(&row), [id.as_str()], "whose payroll it is");
        assert_eq!(row.classes, ["MONEY"]);
        assert!(["PAYROLL", "FUND", "NAME"].iter().all(|field| row.fields.iter().any(|f| f == field)), "{:?}", row.fields);
    }
    let none = "query($n: Decimal!) { enterprises(filter: { revenueYuan: { gte: $n } }) { totalCount } }";
    for row in noted(&served, none, json!({ "n": "99999999999999" })).await {
        assert_eq!((row.fields.as_slice(), row.classes.as_slice()), (&["REVENUE".to_owned()][..], &["MONEY".to_owned()][..]));
        match &row.enterprises {
            Seen::Many { count: 0, chosen_by } => {
                assert!(chosen_by.contains("99999999999999"), "what it was asked by: {chosen_by}")
            }
            other => panic!("{other:?}"),
        }
    }
    let sorted = "{ gap(first: 1, orderBy: [{ field: REVENUE }]) { nodes { id } } }";
    for row in noted(&served, sorted, json!({})).await {
        assert!(row.fields.contains(&"REVENUE".to_owned()), "{:?}", row.fields);
    }
    // Which chains there are stands in the store too.
    served.state.state().keep_usage().await.unwrap();
    let marks = huitu::audit::chain_marks(&served.root.path().join("audit")).unwrap();
    assert_eq!((marks.len(), served.state.hub().audit_chains().await.unwrap()), (1, marks));
    // What every caller is told is nobody's business.
    let before = rows(&served).len();
    asked(&served, "ann", "{ coverage(by: [DISTRICT]) { total { enterprises } } }", json!({})).await;
    asked(&served, "map", "{ gap(first: 3) { nodes { name } } }", json!({})).await;
    assert_eq!(rows(&served).len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_reached_through_another_enterprise_is_noted_too() {
    let served = guarded().await;
    let of = |query: &str| format!("{{ enterprise(by: {{ id: \"E000000000000\" }}) {{ {query} }} }}");
    let tied = of("name investors { investor { name } } dispatchesTo { nodes { host { name } } }");
    for row in noted(&served, &tied, json!({})).await {
        assert_eq!(ids(&row), ["E000000000000", "E000000000001"], "the inner one, once");
    }
    for row in noted(&served, &of("name investors { investorName }"), json!({})).await {
        assert_eq!(ids(&row), ["E000000000000"], "nobody else was asked for");
    }
    let branch = "{ enterprise(by: { id: \"E000000000099\" }) { name branchOf { name } } }";
    for row in noted(&served, branch, json!({})).await {
        assert_eq!(ids(&row), ["E000000000099", "E000000000098"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_beside_the_fields_is_named() {
    let served = guarded().await;
    let query =
        "{ gap(first: 2) { nodes { fund { status } disputes { kind } findings { __typename } gap { priority { score } } } } }";
    let answer = asked(&served, "ann", query, json!({})).await;
    assert_eq!(answer["gap"]["nodes"].as_array().unwrap().len(), 2);
    let row = rows(&served).pop().unwrap();
    for name in ["FUND", "PAYROLL", "DISPUTES", "FINDINGS", "GAP", "PRIORITY"] {
        assert!(row.fields.iter().any(|f| f == name), "{name}: {:?}", row.fields);
    }
    assert_eq!(row.classes, ["MONEY", "DISPUTE", "VISIT"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_review_queue_names_the_enterprises_it_speaks_of() {
    let served = guarded().await;
    let queue = asked(&served, "ann", "{ review { nodes { kind enterprises { id } } } }", json!({})).await;
    let told: Vec<&str> = queue["review"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|pair| pair["enterprises"].as_array().unwrap())
        .map(|e| e["id"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["E000000000004"], "{queue}");
    let row = rows(&served).pop().unwrap();
    assert_eq!(ids(&row), told);
    assert!(row.fields.contains(&"RECORDS".to_owned()), "{:?}", row.fields);
}

/// Fetches with a purpose; what was answered.
async fn fetched(served: &Served, who: &str, request: axum::http::request::Builder, body: String) -> (StatusCode, Vec<u8>) {
    let request = request.header(header::AUTHORIZATION, format!("Bearer secret-{who}")).header("x-purpose", "visit");
    let (status, _, bytes) = served.send(request.body(Body::from(body)).unwrap()).await;
    (status, bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maps_and_reconciliation_leave_rows_as_the_graph_does() {
    let served = guarded().await;
    let edition = served.state.hub().editions.current().unwrap();
    let gap = edition.filter(&huitu::edition::Filter::InGap).unwrap();
    let (id, name, at) = gap
        .iter()
        .map(|row| edition.enterprise(row))
        .find_map(|e| Some((e.id().to_owned(), e.name().to_owned(), e.location()?)))
        .unwrap();
    let scale = f64::from(1 << 13);
    let x = ((at.longitude + 180.0) / 360.0 * scale) as u32;
    let lat = at.latitude.to_radians();
    let y = ((1.0 - (lat.tan() + 1.0 / lat.cos()).ln() / std::f64::consts::PI) / 2.0 * scale) as u32;
    let tile = format!("/tiles/gap/13/{x}/{y}.mvt");
    for _ in 0..2 {
        let before = rows(&served).len();
        assert_eq!(fetched(&served, "ann", Request::get(&tile), String::new()).await.0, StatusCode::OK);
        let new = rows(&served).split_off(before);
        assert_eq!(new.len(), 1, "{tile}");
        assert!(ids(&new[0]).contains(&id.as_str()), "{new:?}");
        assert_eq!((new[0].way.as_str(), new[0].purpose.as_str()), ("file", "visit"));
        assert!(new[0].fields.contains(&"PRIORITY".to_owned()), "{:?}", new[0].fields);
    }
    let money: String = url::form_urlencoded::byte_serialize(br#"{"revenueYuan":{"gte":"1"}}"#).collect();
    for (address, classes) in
        [("/geo/districts.geojson".to_owned(), None), (format!("/geo/districts.geojson?filter={money}"), Some("MONEY"))]
    {
        for _ in 0..2 {
            let before = rows(&served).len();
            assert_eq!(fetched(&served, "ann", Request::get(&address), String::new()).await.0, StatusCode::OK);
            let new = rows(&served).split_off(before);
            assert_eq!(new.first().map(|row| row.classes[0].as_str()), classes, "{address}");
        }
    }
    let form = |pairs: &[(&str, String)]| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        form.finish()
    };
    let post = || Request::post("/reconcile").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let asked = form(&[("queries", json!({ "a": { "query": name } }).to_string())]);
    let extended = form(&[("extend", json!({ "ids": [id], "properties": [{ "id": "revenueYuan" }] }).to_string())]);
    let suggested = format!("/reconcile/suggest/entity?{}", form(&[("prefix", name.clone())]));
    for (request, body) in [(post(), asked), (post(), extended.clone()), (Request::get(suggested), String::new())] {
        let before = rows(&served).len();
        let (status, body) = fetched(&served, "ann", request, body).await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
        let new = rows(&served).split_off(before);
        assert_eq!((new.len(), new[0].way.as_str(), new[0].purpose.as_str()), (1, "reconcile", "visit"));
        assert!(ids(&new[0]).contains(&id.as_str()), "{new:?}");
    }
    let before = rows(&served).len();
    fetched(&served, "ann", post(), extended).await;
    let last = rows(&served).pop().unwrap();
    assert!(last.fields.contains(&"REVENUE".to_owned()) && last.classes == ["MONEY"], "{last:?}");
    // A client without scopes sees what is open alone.
    fetched(&served, "map", Request::get(&tile), String::new()).await;
    assert_eq!(rows(&served).len(), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_says_what_it_reads_for() {
    let served = guarded().await;
    let question =
        json!({ "query": "{ gap(first: 1) { nodes { name revenueYuan } } }", "extensions": { "purpose": "yearly check" } });
    let request = Request::post("/graphql/sse")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, "Bearer secret-ann")
        .body(Body::from(question.to_string()));
    let response = served.router.clone().oneshot(request.unwrap()).await.unwrap();
    let text = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("revenueYuan"), "{text:?}");
    let row = rows(&served).pop().unwrap();
    assert_eq!(
        (row.way.as_str(), row.purpose.as_str(), row.classes.as_slice()),
        ("stream", "yearly check", &["MONEY".to_owned()][..])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_leads_back_to_who_fetched_it_and_what_for() {
    let served = guarded().await;
    let request = |address: &str| {
        let request = Request::get(address).header(header::AUTHORIZATION, "Bearer secret-ann").header("x-purpose", "visit");
        request.header("accept-language", Lang::En.code()).body(Body::empty()).unwrap()
    };
    let of = |id: &str| {
        let question = AuditQuestion { request: Some(id.to_owned()), ..AuditQuestion::default() };
        let mut found = Vec::new();
        huitu::audit::search(&served.root.path().join("audit"), &question, |row| {
            found.push(row);
            Ok(())
        })
        .unwrap();
        assert_eq!(found.len(), 1, "{id}");
        found.remove(0)
    };
    for (format, codes) in [("csv", "&codes=plain"), ("csv", ""), ("ndjson", "")] {
        let address = format!("/export/gap.{format}?columns=name,employees&mark=true&first=3{codes}");
        let (status, headers, body) = served.send(request(&address)).await;
        assert_eq!(status, StatusCode::OK);
        let id = headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(headers["content-disposition"].to_str().unwrap().contains(&format!("-{id}.{format}")), "{headers:?}");
        let text = String::from_utf8(body).unwrap();
        let marked = text.lines().filter(|line| line.contains(&id)).count();
        assert_eq!(marked, 3, "every row bears it: {text}");
        let row = of(&id);
        assert_eq!((row.name.as_str(), row.purpose.as_str(), row.way.as_str()), ("ann", "visit", "export"));
    }
    let (_, headers, body) = served.send(request("/export/gap.csv?columns=name&first=3")).await;
    let id = headers["x-request-id"].to_str().unwrap().to_owned();
    assert!(!String::from_utf8(body).unwrap().contains(&id), "unmarked rows stay as they are");
    of(&id);
    let (_, headers, body) = served.send(request("/export/gap.arrow?columns=name&first=3")).await;
    let id = headers["x-request-id"].to_str().unwrap().to_owned();
    let schema = arrow_ipc::reader::StreamReader::try_new(std::io::Cursor::new(body), None).unwrap().schema();
    assert_eq!(schema.metadata()["huitu.request"], id);
    of(&id);
    let (status, ..) = served.send(request("/export/gap.xlsx?mark=true")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a workbook has it in its properties");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_whether_an_answer_is_still_the_same_is_noted_though_it_was_not_kept() {
    let served = crate::support::graph::served(60, |options| {
        options.access = Authentication::Tokens;
        // Nothing is kept.
        options.cache_bytes = 0;
    })
    .await;
    for (id, role) in [("ann", "analyst"), ("map", "client")] {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
    }
    let money: String = url::form_urlencoded::byte_serialize(br#"{"revenueYuan":{"gte":"1"}}"#).collect();
    let question: String = url::form_urlencoded::byte_serialize(b"{ gap(first: 1) { nodes { revenueYuan } } }").collect();
    for address in [format!("/geo/districts.geojson?filter={money}"), format!("/graphql?query={question}")] {
        let get = |tag: Option<&str>| {
            let request = Request::get(&address).header(header::AUTHORIZATION, "Bearer secret-ann");
            let request = tag.into_iter().fold(request, |request, tag| request.header(header::IF_NONE_MATCH, tag));
            served.send(request.body(Body::empty()).unwrap())
        };
        let (status, headers, _) = get(None).await;
        assert_eq!(status, StatusCode::OK, "{address}");
        let tag = headers[header::ETAG].to_str().unwrap();
        let before = rows(&served);
        let (status, _, body) = get(Some(tag)).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{address}");
        let new = rows(&served).split_off(before.len());
        let of = |row: &AuditRow| (row.way.clone(), row.fields.clone(), row.classes.clone(), row.operation.clone());
        assert_eq!(new.iter().map(of).collect::<Vec<_>>(), [of(before.last().unwrap())], "{address}");
        assert_eq!(new[0].classes, ["MONEY"], "{address}");
    }
    // What is anybody's to see needs no account, and no work where it is the same.
    let before = rows(&served).len();
    let plain = Request::get("/geo/districts.geojson").header(header::AUTHORIZATION, "Bearer secret-map");
    let same = plain.header(header::IF_NONE_MATCH, "*").body(Body::empty()).unwrap();
    assert_eq!(served.send(same).await.0, StatusCode::NOT_MODIFIED);
    assert_eq!(rows(&served).len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_tells_nothing_of_a_score_that_is_not_told() {
    /// Ids in the order of their list, page by page, with the cursors.
    async fn list(served: &Served, who: &str, by: &str) -> (Vec<String>, Vec<String>) {
        let (mut ids, mut cursors, mut after) = (Vec::new(), Vec::new(), Value::Null);
        let query = format!(
            "query($after: String) {{ gap(first: 7, after: $after{by}) {{ edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        loop {
            let page = asked(served, who, &query, json!({ "after": after })).await["gap"].clone();
            for edge in page["edges"].as_array().unwrap() {
                ids.push(edge["node"]["id"].as_str().unwrap().to_owned());
                cursors.push(edge["cursor"].as_str().unwrap().to_owned());
            }
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                return (ids, cursors);
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
    /// Enterprises of the conflicts in the order of their list, each once, page by page.
    async fn disputed(served: &Served, who: &str) -> Vec<String> {
        let query = "query($after: String) { conflicts(first: 7, after: $after) { edges { cursor node { enterprise { id } } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let (mut ids, mut cursors, mut after) = (Vec::<String>::new(), Vec::new(), Value::Null);
        loop {
            let page = asked(served, who, query, json!({ "after": after })).await["conflicts"].clone();
            assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!cursors.is_empty()), "{page}");
            for edge in page["edges"].as_array().unwrap() {
                let id = edge["node"]["enterprise"]["id"].as_str().unwrap();
                if ids.last().is_none_or(|last| last != id) {
                    ids.push(id.to_owned());
                }
                cursors.push(edge["cursor"].as_str().unwrap().to_owned());
            }
            assert_eq!(page["pageInfo"]["endCursor"], json!(cursors.last()), "{page}");
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                let once: std::collections::BTreeSet<&String> = cursors.iter().collect();
                assert_eq!(once.len(), cursors.len(), "each conflict once");
                return ids;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
    let mut seen: Vec<[(Vec<String>, Vec<String>); 2]> = Vec::new();
    let mut whole = Vec::new();
    for shift in [0, 1, 2] {
        let mut facts = input(1, 240, 11);
        for (at, e) in facts.enterprises.iter_mut().enumerate() {
            // Only few scores, so that many are equal as they are told; who has a dispute, and who pays, is dealt out anew each time.
            let told = ((at % 5) * 10) as f32;
            let hidden = if (at / 5 + shift) % 3 == 0 { 8.0 } else { 0.0 };
            let paid = if (at / 7 + shift) % 4 == 0 { 10.0 } else { 0.0 };
            let priority = &mut e.verdicts.priority;
            priority.score = told + hidden + paid;
            priority.factors.truncate(1);
            priority.factors[0].points = told;
            for (code, points) in [("recent_dispute", hidden), ("pays_preparatory_fund", paid)].iter().filter(|(_, p)| *p > 0.0) {
                priority.factors.push(PriorityFactor { code: (*code).into(), points: *points, input: None });
            }
        }
        let served = served_with(facts, |options| options.access = Authentication::Tokens).await;
        for (id, role) in [("ann", "analyst"), ("map", "client")] {
            served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
        }
        // Whoever works on cases and conflicts and sees no payments.
        let rows = TokenRow { scopes: Some(r#"["records","review"]"#.to_owned()), ..token("rec", "client", None, None) };
        served.state.hub().store.put_token(&rows).await.unwrap();
        for who in ["rec", "ann"] {
            let all = asked(&served, who, "{ enterprises(first: 500) { nodes { id } } }", json!({})).await;
            let all: Vec<String> =
                all["enterprises"]["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap().to_owned()).collect();
            let conflicts = disputed(&served, who).await;
            let expected: Vec<String> = all.into_iter().filter(|id| conflicts.contains(id)).collect();
            assert!(conflicts.len() > 7, "several pages: {}", conflicts.len());
            assert_eq!(conflicts, expected, "{who}: in the order that their lists have");
        }
        let (first, _) = list(&served, "rec", "").await;
        let open = "mutation { openCases(input: { atMost: 3 }) { opened cases { enterprise { id } } userErrors { message } } }";
        let opened = asked(&served, "rec", open, json!({})).await["openCases"].clone();
        let mut of_cases: Vec<&str> =
            opened["cases"].as_array().unwrap().iter().map(|c| c["enterprise"]["id"].as_str().unwrap()).collect();
        let mut expected: Vec<&str> = first.iter().take(3).map(String::as_str).collect();
        of_cases.sort_unstable();
        expected.sort_unstable();
        assert_eq!(of_cases, expected, "the first of the list that they are told: {opened}");
        seen.push([list(&served, "map", "").await, list(&served, "map", ", orderBy: [{ field: ESTABLISHED_ON }]").await]);
        whole.push(list(&served, "ann", "").await.0);
        let scores = asked(&served, "map", "{ gap(first: 200) { nodes { gap { priority { score } } } } }", json!({})).await;
        let scores: Vec<f64> =
            scores["gap"]["nodes"].as_array().unwrap().iter().map(|n| n["gap"]["priority"]["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "by the score that is told: {scores:?}");
    }
    let [(ids, cursors), (by_day, _)] = &seen[0];
    assert!(ids.len() > 20, "several pages of equal scores: {}", ids.len());
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "each once");
    assert_eq!(by_day.len(), ids.len());
    assert_eq!(cursors.iter().collect::<std::collections::BTreeSet<_>>().len(), cursors.len());
    assert!(seen.iter().all(|lists| lists == &seen[0]), "hidden factors move nobody, nor a cursor");
    assert!(whole[1..].iter().any(|ids| ids != &whole[0]), "whoever sees them is told the order by them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_with_purposes_is_told_what_is_not_open_under_these_alone() {
    let served = guarded().await;
    let bound = TokenRow { purposes: Some(r#"["visit","yearly check"]"#.to_owned()), ..token("bea", "analyst", None, None) };
    served.state.hub().store.put_token(&bound).await.unwrap();
    let query = "{ gap(first: 1) { nodes { name revenueYuan } } }";
    let ask = async |purpose: Option<&str>| -> Value {
        let mut request = Served::post().header(header::AUTHORIZATION, "Bearer secret-bea").header("accept-language", "en");
        if let Some(purpose) = purpose {
            request = request.header("x-purpose", purpose);
        }
        let request = request.body(Body::from(json!({ "query": query }).to_string())).unwrap();
        serde_json::from_slice(&served.send(request).await.2).unwrap()
    };
    // Kept answers are no way around it, in whichever order they are asked for.
    for purpose in [Some("visit"), None, Some("curiosity"), Some("yearly check"), None] {
        let is_known = matches!(purpose, Some("visit" | "yearly check"));
        let before = rows(&served).len();
        let answer = ask(purpose).await;
        let node = &answer["data"]["gap"]["nodes"][0];
        assert!(node["name"].is_string(), "what every caller sees: {answer}");
        assert_eq!(node["revenueYuan"].is_null(), !is_known, "{purpose:?}: {answer}");
        assert_eq!(rows(&served).len() - before, usize::from(is_known), "{purpose:?}");
        if !is_known {
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], "FORBIDDEN_FIELD");
            assert!(error["message"].as_str().unwrap().contains("visit, yearly check"), "the purposes are named: {error}");
        }
    }
    let export = |purpose: &'static str| {
        let request = Request::get("/export/gap.csv?columns=name&first=1").header(header::AUTHORIZATION, "Bearer secret-bea");
        served.send(request.header("x-purpose", purpose).body(Body::empty()).unwrap())
    };
    assert_eq!((export("visit").await.0, export("").await.0), (StatusCode::OK, StatusCode::FORBIDDEN));
    let filtered = Request::get("/geo/districts.geojson?filter=%7B%22revenueYuan%22%3A%7B%22gte%22%3A%221%22%7D%7D")
        .header(header::AUTHORIZATION, "Bearer secret-bea")
        .body(Body::empty());
    assert_eq!(served.send(filtered.unwrap()).await.0, StatusCode::FORBIDDEN);
    // A question says it for itself where no header can; what it says goes before the header, and is noted with the kept answer too.
    let own = async |purpose: &str, header: &str| -> Value {
        let request = Served::post().header(header::AUTHORIZATION, "Bearer secret-bea").header("x-purpose", header);
        let body = json!({ "query": query, "extensions": { "purpose": purpose } }).to_string();
        serde_json::from_slice(&served.send(request.body(Body::from(body)).unwrap()).await.2).unwrap()
    };
    for (purpose, header, is_known) in [
        ("visit", "curiosity", true),
        ("visit", "", true),
        ("curiosity", "visit", false),
        ("visit", "yearly check", true),
        ("curiosity", "visit", false),
    ] {
        let before = rows(&served).len();
        let node = own(purpose, header).await["data"]["gap"]["nodes"][0].clone();
        assert_eq!(node["revenueYuan"].is_null(), !is_known, "{purpose:?} {header:?}: {node}");
        let new = rows(&served).split_off(before);
        assert!(new.iter().all(|row| row.purpose == purpose) && new.len() == usize::from(is_known), "{new:?}");
    }
    // A token that is made so says it.
    let chief = token("chief", "admin", None, None);
    served.state.hub().store.put_token(&chief).await.unwrap();
    let make = "mutation { createToken(input: { name: \"Visits\", role: ANALYST, purposes: [\"visit\", \" visit \"] }) { token { purposes } } }";
    let made = served.ask_as(Some("secret-chief"), make, json!({})).await;
    assert_eq!(made["data"]["createToken"]["token"]["purposes"], json!(["visit"]), "{made}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_an_edition_pins_is_kept_by_its_caller_and_noted_each_time_it_is_asked() {
    let served = guarded().await;
    let get = |address: &str, tag: Option<&str>| {
        let request = Request::get(address).header(header::AUTHORIZATION, "Bearer secret-ann");
        let request = tag.into_iter().fold(request, |request, tag| request.header(header::IF_NONE_MATCH, tag));
        served.send(request.body(Body::empty()).unwrap())
    };
    for (format, is_weak) in [("csv", false), ("ndjson", false), ("xlsx", true), ("arrow", true), ("parquet", true)] {
        let address = format!("/export/gap.{format}?edition=1&columns=name,revenueYuan&area=110105");
        let (status, headers, body) = get(&address, None).await;
        assert_eq!(status, StatusCode::OK, "{address}");
        assert!(!body.is_empty());
        assert_eq!(headers[header::CACHE_CONTROL], "private, max-age=604800, immutable", "{address}");
        assert_eq!(headers[header::VARY], "Accept-Language, Authorization, Cookie", "{address}");
        let tag = headers[header::ETAG].to_str().unwrap();
        assert_eq!(tag.starts_with("W/"), is_weak, "{address}: {tag}");
        let before = rows(&served);
        let (status, again, body) = get(&address, Some(tag)).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{address}");
        assert_eq!((again[header::ETAG].to_str().unwrap(), &again["x-huitu-rows"]), (tag, &headers["x-huitu-rows"]), "{address}");
        let new = rows(&served).split_off(before.len());
        let of = |row: &AuditRow| (row.way.clone(), row.fields.clone(), row.classes.clone(), row.operation.clone());
        assert_eq!(new.iter().map(of).collect::<Vec<_>>(), [of(before.last().unwrap())], "{address}");
        assert_eq!((ids(&new[0]), new[0].classes.as_slice()), (ids(before.last().unwrap()), &["MONEY".to_owned()][..]));
        // Another question has another tag.
        let other = get(&address.replace("110105", "110108"), Some(tag)).await;
        assert_eq!(other.0, StatusCode::OK, "{address}");
    }
    // The newest edition is asked again; it is found unchanged all the same.
    let (_, headers, _) = get("/export/gap.csv?columns=name", None).await;
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
    assert_eq!(get("/export/gap.csv?columns=name", headers[header::ETAG].to_str().ok()).await.0, StatusCode::NOT_MODIFIED);
    // What the graph answers changes without an edition.
    let of_graph = "/export/gap.ndjson?edition=1&columns=name,records.nodes.key&first=3";
    let (status, headers, _) = get(of_graph, None).await;
    assert_eq!((status, &headers[header::CACHE_CONTROL]), (StatusCode::OK, &"private, no-store".parse().unwrap()));
    assert!(!headers.contains_key(header::ETAG));
    assert_eq!(get(of_graph, Some("*")).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_score_is_noted_with_what_it_is_made_of_and_the_graph_tells_all_that_was_noted() {
    let served = guarded().await;
    served.state.hub().store.put_token(&token("aud", "auditor", None, None)).await.unwrap();
    let money_and_disputes = ["MONEY".to_owned(), "DISPUTE".to_owned()];
    for query in [
        "{ gap(first: 2) { nodes { gap { priority { score } } } } }",
        "{ gap(first: 2, orderBy: [{ field: PRIORITY }]) { nodes { name } } }",
    ] {
        for row in noted(&served, query, json!({})).await {
            assert_eq!(row.classes, money_and_disputes, "{query}");
            assert!(row.fields.contains(&"PRIORITY".to_owned()), "{query}: {:?}", row.fields);
        }
    }
    let export = Request::get("/export/gap.csv?columns=priority&first=2");
    assert_eq!(fetched(&served, "ann", export, String::new()).await.0, StatusCode::OK);
    let row = rows(&served).pop().unwrap();
    assert_eq!((row.classes.as_slice(), row.fields.as_slice()), (&money_and_disputes[..], &["PRIORITY".to_owned()][..]));
    // A reason and a factor say the facts that they are told with.
    for (asked_for, says) in [
        ("designatedSize { reasons { code } }", false),
        ("designatedSize { reasons { message } }", true),
        ("designatedSize { reasons { inputs { value } } }", true),
        ("gap { priority { factors { points } } }", false),
        ("gap { priority { factors { input { value } } } }", true),
    ] {
        for row in noted(&served, &format!("{{ gap(first: 5) {{ nodes {{ {asked_for} }} }} }}"), json!({})).await {
            assert_eq!(row.fields.iter().any(|field| field == "EMPLOYEES"), says, "{asked_for}: {:?}", row.fields);
        }
    }
    // Conditions too.
    let chosen = "{ enterprises(filter: { hasResponsible: true, sizeClass: [LARGE], gap: [LACKING] }) { totalCount } }";
    asked(&served, "ann", chosen, json!({})).await;
    let row = rows(&served).pop().unwrap();
    for name in ["CASES", "GAP", "OFFICIAL_LIST"] {
        assert!(row.fields.iter().any(|field| field == name), "{name}: {:?}", row.fields);
    }
    // Whoever reads the audit of the graph misses none of the names.
    let told = asked(&served, "aud", "{ auditSearch(first: 50) { nodes { requestId fields matters } } }", json!({})).await;
    let told = told["auditSearch"]["nodes"].as_array().unwrap();
    let all = rows(&served);
    assert!(told.len() > 5, "{told:?}");
    for entry in told {
        let row = all.iter().find(|row| entry["requestId"] == row.request.as_str()).expect("its row");
        let names =
            |key: &str| entry[key].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let (mut told, mut noted) = ([names("fields"), names("matters")].concat(), row.fields.clone());
        told.sort();
        noted.sort();
        assert_eq!(told, noted, "{}", row.request);
    }
}
