//! Visit lists: drawn, walked, brought back in whatever state, doubted, decided, taken back.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{TimeZone, Utc};
use huitu::cases::standing::{CaseChange, CaseStage};
use huitu::hub::cases::CaseWord;
use huitu::pages::visits::cells;
use serde_json::{Value, json};

use crate::cases::{CaseCity, agrees_with_its_steps, steps};
use crate::registries::credit_code;
use crate::support::hub::TestServer;

async fn asked(server: &TestServer, query: &str) -> Value {
    let answer = server.ask(query).await;
    assert!(answer.get("errors").is_none(), "{query}: {answer}");
    answer["data"].clone()
}

async fn get(server: &TestServer, path: &str, lang: &str) -> (StatusCode, Vec<u8>) {
    let request = Request::get(path).header(header::ACCEPT_LANGUAGE, lang).body(Body::empty()).unwrap();
    let (status, _, bytes) = server.bytes(request).await;
    (status, bytes)
}

async fn bring(server: &TestServer, list: &str, lang: &str, csv: impl Into<Body>) -> (StatusCode, Value) {
    let request =
        Request::post(format!("/visits/{list}?visitor=%E7%94%B2")).header(header::ACCEPT_LANGUAGE, lang).body(csv.into());
    let (status, _, body) = server.send(request.unwrap()).await;
    (status, body)
}

/// A list of the four cases, its server, and the ids of the cases by firm.
async fn drawn(city: &CaseCity) -> (TestServer, String, Vec<String>) {
    city.open(&[1, 2, 3, 4]).await;
    let server = city.test_hub.serve(&[]).await;
    let draw = "mutation { drawVisitLists(input: { title: \"十一月\", owners: [{ unit: \"110108001\", role: \"协管员\" }] }) {
        lists { id title doors expires unit { code } stops { place case { id } } visits { id } } userErrors { message } } }";
    let data = asked(&server, draw).await;
    let lists = data["drawVisitLists"]["lists"].as_array().unwrap();
    assert_eq!((lists.len(), &lists[0]["doors"], &lists[0]["expires"]), (1, &json!(4), &json!("2026-12-06")), "{data}");
    let mut cases = Vec::new();
    for n in 1..=4 {
        cases.push(city.case_of(n).await.id);
    }
    (server, lists[0]["id"].as_str().unwrap().trim_start_matches("visits:").to_owned(), cases)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_printed_filled_in_and_brought_back_and_its_answers_change_the_verdicts() {
    let city = CaseCity::new().await;
    let (server, list, cases) = drawn(&city).await;
    for (lang, word) in [("zh", "走访名单"), ("en", "Visit list")] {
        let (status, page) = get(&server, &format!("/visits/{list}.html"), lang).await;
        let page = String::from_utf8(page).unwrap();
        assert!(status == StatusCode::OK && page.contains(word) && cases.iter().all(|c| page.contains(c)), "{page}");
    }
    let (status, book) = get(&server, &format!("/visits/{list}.xlsx"), "zh").await;
    assert_eq!(status, StatusCode::OK);
    let mut rows = cells(&book).unwrap();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().skip(1).all(|row| !row.iter().any(|cell| cell.contains("1000"))), "no payments: {rows:?}");
    // Filled in at the kitchen table: sorted the other way round, a column moved to the front, headings renamed.
    let fill = |rows: &mut Vec<Vec<String>>, case: &str, door: &str, answer: &str, at: &str| {
        let row = rows.iter_mut().find(|row| row[0] == case).unwrap();
        row.resize(11, String::new());
        (row[5], row[6], row[10]) = (door.to_owned(), answer.to_owned(), at.to_owned());
    };
    fill(&mut rows, &cases[0], "查无此单位", "", "2026-11-22 09:10");
    fill(&mut rows, &cases[1], "见到负责人", "拒绝建会", "2026-11-22 09:40");
    fill(&mut rows, &cases[2], "met", "wants_help", "2026-11-22 10:00");
    let csv: String = rows
        .iter()
        .rev()
        .enumerate()
        .map(|(at, row)| {
            let cell = |i: usize| row.get(i).cloned().unwrap_or_default().replace(',', "，");
            let last = at + 1 == rows.len();
            let heading = ["怎么样", "谁说的", "何时", "谁家", "号"].map(str::to_owned);
            let cells = if last { heading } else { [cell(5), cell(6), cell(10), cell(1), cell(0)] };
            format!("{}\n", cells.join(","))
        })
        .collect();
    // The heading comes last, as a sort leaves it.
    let mut lines: Vec<&str> = csv.lines().collect();
    lines.rotate_right(1);
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 22, 8, 0, 0).unwrap());
    let (status, receipt) = bring(&server, &list, "zh", lines.join("\n")).await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    assert_eq!(
        (&receipt["read"], &receipt["counts"], &receipt["asked"], &receipt["refused"]),
        (&json!(3), &json!(3), &json!([]), &json!([]))
    );
    // The verdict follows at once: who does not exist has left the list and the case with it.
    let gap = asked(&server, "{ gap(first: 9) { nodes { creditCode } } }").await;
    let on_list: Vec<&str> = gap["gap"]["nodes"].as_array().unwrap().iter().map(|n| n["creditCode"].as_str().unwrap()).collect();
    assert!(!on_list.contains(&credit_code(1).as_str()) && on_list.len() == 3, "{on_list:?}");
    let gone = city.test_hub.hub.store.case(&cases[0]).await.unwrap().unwrap();
    assert_eq!((gone.state.as_str(), gone.reason.as_deref()), ("CLOSED", Some("not_exist")));
    let help = city.test_hub.hub.store.case(&cases[2]).await.unwrap().unwrap();
    assert_eq!(help.stage, "TALK");
    agrees_with_its_steps(&city.test_hub.hub.store, &help).await;
    let ask = format!(
        "{{ visitList(id: \"visits:{list}\") {{ visits {{ state door answer visitor zh: result(lang: ZH) en: result(lang: EN) case {{ id }} }} }} }}"
    );
    let visits = asked(&server, &ask).await;
    let refused = visits["visitList"]["visits"].as_array().unwrap().iter().find(|v| v["answer"] == "refused").unwrap().clone();
    assert_eq!(
        (&refused["zh"], &refused["en"], &refused["visitor"]),
        (&json!("见到负责人，拒绝建会"), &json!("met somebody in charge, refuses"), &json!("甲"))
    );
    // How far it is, by list and by case; and as a program takes it along.
    let counts = "counts { counts visited left asked dismissed takenBack }";
    let ask = format!(
        "{{ visitLists {{ {counts} }} visitList(id: \"{list}\") {{ {counts} stops {{ case {{ id visits {{ door state }} }} }} }} }}"
    );
    let told = asked(&server, &ask).await;
    let expected = json!({ "counts": 3, "visited": 3, "left": 1, "asked": 0, "dismissed": 0, "takenBack": 0 });
    assert_eq!((&told["visitList"]["counts"], &told["visitLists"][0]["counts"]), (&expected, &expected), "{told}");
    let stops = told["visitList"]["stops"].as_array().unwrap();
    let visits_of = |n: usize| {
        let stop = stops.iter().find(|s| s["case"]["id"] == format!("case:{}", cases[n])).unwrap();
        stop["case"]["visits"].clone()
    };
    assert_eq!((visits_of(0), visits_of(3)), (json!([{ "door": "not_there", "state": "COUNTS" }]), json!([])));
    let (status, copy) = get(&server, &format!("/visits/{list}.json"), "en").await;
    let copy: Value = serde_json::from_slice(&copy).unwrap();
    assert_eq!(
        (status, &copy["expires"], copy["doors"].as_array().map(Vec::len)),
        (StatusCode::OK, &json!("2026-12-06"), Some(4))
    );
    let third = copy["doors"].as_array().unwrap().iter().find(|d| d["case"] == format!("case:{}", cases[2])).unwrap();
    assert_eq!((&third["creditCode"], &third["stage"]), (&json!(credit_code(3)), &json!("TALK")), "{copy}");
    assert!(!copy.to_string().contains("1000"), "no payments: {copy}");
    // The same as files: visits, every step, leads, who has how much to do.
    let file = async |path: &str, lang: &str| {
        let (status, bytes) = get(&server, &format!("/export/work/{path}"), lang).await;
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
        bytes
    };
    let read_lines = |bytes: Vec<u8>| -> Vec<Value> {
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let sheet = String::from_utf8(file("visits.csv", "zh").await).unwrap();
    assert!(sheet.starts_with("\u{feff}走访编号,走访名单,案件编号") && sheet.lines().count() == 4, "{sheet}");
    assert!(
        sheet.contains("见到负责人，拒绝建会") && sheet.contains(&format!("visits:{list}")) && sheet.contains(",计入,"),
        "{sheet}"
    );
    let told = read_lines(file("visits.ndjson?filter=%7B%22state%22%3A%5B%22CLOSED%22%5D%7D", "en").await);
    assert_eq!((told.len(), &told[0]["case"], &told[0]["state"]), (1, &json!(format!("case:{}", cases[0])), &json!("COUNTS")));
    let mut written = 0;
    for case in &cases {
        written += steps(&city.test_hub.hub.store, case).await.len();
    }
    let told = read_lines(file("steps.ndjson", "en").await);
    assert!(told.len() == written && told.iter().any(|step| step["what"] == "VISITED"), "{written}: {told:?}");
    let told = read_lines(file("leads.ndjson?filter=%7B%22status%22%3A%5B%22IN_WORK%22%5D%7D", "en").await);
    assert_eq!((told.len(), &told[0]["creditCode"], &told[0]["kind"]), (1, &json!(credit_code(4)), &json!("PREPARATORY_FUND")));
    let load = String::from_utf8(file("workload.csv?lang=en", "zh").await).unwrap();
    assert!(load.starts_with("\u{feff}unit,unitName,role,person,open,overdue,closed\r\n,,,,3,0,1"), "nobody's as yet: {load}");
    let book = cells(&file("cases.xlsx", "zh").await).unwrap();
    assert_eq!((book.len(), book[0][0].as_str(), book[1][2].len()), (5, "案件编号", 18), "{book:?}");
    // Brought a second time, nothing happens.
    let (_, again) = bring(&server, &list, "en", lines.join("\n")).await;
    assert_eq!((&again["counts"], &again["already"]), (&json!(0), &json!(3)));

    // Taken back: the finding is withdrawn, the enterprise is on the list again, the case open, where it was before.
    let back = format!(
        "mutation {{ takeBackVisits(input: {{ list: \"{list}\", visitor: \"甲\", reason: \"走错门\" }}) {{ visits kept userErrors {{ message }} }} }}"
    );
    let taken = asked(&server, &back).await;
    assert_eq!((&taken["takeBackVisits"]["visits"], &taken["takeBackVisits"]["userErrors"]), (&json!(3), &json!([])));
    let gap = asked(&server, "{ gap(first: 9) { totalCount } }").await;
    assert_eq!(gap["gap"]["totalCount"], 4);
    let told = asked(&server, &ask).await;
    let expected = json!({ "counts": 0, "visited": 0, "left": 4, "asked": 0, "dismissed": 0, "takenBack": 3 });
    assert_eq!(told["visitList"]["counts"], expected);
    for case in &cases[..3] {
        let row = city.test_hub.hub.store.case(case).await.unwrap().unwrap();
        assert_eq!((row.state.as_str(), row.stage.as_str(), row.refusal.is_none()), ("OPEN", "FOUND", true), "{row:?}");
        agrees_with_its_steps(&city.test_hub.hub.store, &row).await;
        assert!(steps(&city.test_hub.hub.store, case).await.iter().any(|s| s.what == "VISITED"), "nothing is forgotten");
    }
    let nothing = asked(&server, &back).await;
    assert!(nothing["takeBackVisits"]["userErrors"][0]["message"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_or_asked_about_row_by_row() {
    let city = CaseCity::new().await;
    let (server, list, cases) = drawn(&city).await;
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap());
    // Rows of another city, codes that do not exist, an answer from behind a closed door.
    let csv = format!(
        "案件编号,到访结果,答复,走访时间\nC00000000000A,met,,\n{},烧掉了,,\n{},moved,refused,\n{},met,thinks,2026-11-23 09:00\n乱七八糟,met,,\n",
        cases[0], cases[1], cases[2]
    );
    for (lang, words) in [
        ("zh", ["不在这份名单上", "没有到访结果", "不能同时有答复", "无法识别"]),
        ("en", ["not on this list", "no result", "can have answered", "cannot be read"]),
    ] {
        let (_, receipt) = bring(&server, &list, lang, csv.clone()).await;
        let told: Vec<String> =
            receipt["refused"].as_array().unwrap().iter().map(|r| r["message"].as_str().unwrap().to_owned()).collect();
        assert_eq!(told.len(), 4, "{receipt}");
        assert!(words.iter().all(|word| told.iter().any(|text| text.contains(word))), "{told:?}");
    }
    let (status, wrong) = bring(&server, &list, "en", "a,b\n1,2\n").await;
    assert!(
        status == StatusCode::BAD_REQUEST && wrong["error"]["message"].as_str().unwrap().contains("numbers of cases"),
        "{wrong}"
    );
    // Changed at the desk while the copy was on its way: asked about, and nothing is lost either way.
    let hub = &city.test_hub.hub;
    let change = CaseChange { stage: Some(CaseStage::Letter), ..CaseChange::default() };
    hub.change_case(&cases[0], change, &CaseWord { by: Some("办公室".into()), ..CaseWord::default() }).await.unwrap();
    hub.close_case(&cases[1], "deferred", &CaseWord::default()).await.unwrap();
    let csv = format!("案件编号,到访结果,答复,约定日期\n{},met,date_set,2026-12-20\n{},met,wants_help,\n", cases[0], cases[1]);
    let (_, receipt) = bring(&server, &list, "zh", csv).await;
    let codes: Vec<&str> = receipt["asked"].as_array().unwrap().iter().map(|a| a["code"].as_str().unwrap()).collect();
    assert_eq!((codes, &receipt["counts"]), (vec!["changed_meanwhile", "closed_meanwhile"], &json!(0)));
    let ask = format!(
        "{{ visitList(id: \"{list}\") {{ visits(asked: true) {{ id zh: doubt(lang: ZH) en: doubt(lang: EN) state }} }} }}"
    );
    let open = asked(&server, &ask).await["visitList"]["visits"].take();
    assert!(
        open[0]["zh"].as_str().unwrap().contains("办公室") && open[0]["en"].as_str().unwrap().contains("at the desk"),
        "{open}"
    );
    let settle = |visit: &Value, count: bool| {
        format!(
            "mutation {{ settleVisits(input: {{ list: \"{list}\", visits: [{visit}], count: {count} }}) {{ visits userErrors {{ message }} }} }}"
        )
    };
    assert_eq!(asked(&server, &settle(&open[0]["id"], true)).await["settleVisits"]["visits"], 1);
    assert_eq!(asked(&server, &settle(&open[1]["id"], false)).await["settleVisits"]["visits"], 1);
    let case = hub.store.case(&cases[0]).await.unwrap().unwrap();
    assert_eq!((case.stage.as_str(), case.due.as_str()), ("APPLY", "2026-12-20"));
    assert_eq!(hub.store.case(&cases[1]).await.unwrap().unwrap().state, "CLOSED");
    let twice = asked(&server, &settle(&open[0]["id"], true)).await;
    assert!(twice["settleVisits"]["userErrors"][0]["message"].is_string());
    // A copy that is out of date is not given out, and what it brings is asked about.
    city.clock.set(Utc.with_ymd_and_hms(2026, 12, 20, 8, 0, 0).unwrap());
    let (status, _) = get(&server, &format!("/visits/{list}.xlsx"), "en").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(get(&server, &format!("/visits/{list}.json"), "en").await.0, StatusCode::BAD_REQUEST);
    let (_, late) = bring(&server, &list, "en", format!("case,at the door\n{},nobody\n", cases[3])).await;
    assert_eq!(late["asked"][0]["code"], "expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_its_districts_own_and_a_shape_draws_it() {
    let served = crate::support::graph::served(2_000, |options| options.access = huitu::serve::Authentication::Tokens).await;
    let hub = served.state.hub();
    for (id, role, areas) in [("ann", "analyst", None), ("one", "district", Some("[\"110101\"]"))] {
        hub.store.put_token(&crate::support::graph::token(id, role, areas, None)).await.unwrap();
    }
    served.ask_as(Some("secret-ann"), "mutation { openCases(input: { atMost: 100000 }) { opened } }", json!({})).await;
    let draw = "mutation($shape: [ShapePoint!]) { drawVisitLists(input: { title: \"x\", shape: $shape, lists: 3, doors: 30 }) {
        lists { id doors walkKm stops { case { enterprise { location { longitude latitude } area { code } } } } } userErrors { code en: message(lang: EN) zh: message(lang: ZH) } } }";
    let corner = |longitude: f64, latitude: f64| json!({ "longitude": longitude, "latitude": latitude });
    let shape = json!({ "shape": [corner(116.0, 39.6), corner(116.5, 39.6), corner(116.5, 40.2), corner(116.0, 40.2)] });
    let drawn = served.ask_as(Some("secret-ann"), draw, shape).await["data"]["drawVisitLists"].take();
    let lists = drawn["lists"].as_array().unwrap();
    let doors: Vec<i64> = lists.iter().map(|l| l["doors"].as_i64().unwrap()).collect();
    assert!(doors.len() == 3 && doors.iter().sum::<i64>() == 30 && doors.iter().all(|n| *n == 10), "{drawn}");
    for stop in lists.iter().flat_map(|l| l["stops"].as_array().unwrap()) {
        let at = &stop["case"]["enterprise"]["location"];
        assert!(at["longitude"].as_f64().unwrap() <= 116.5 && at["latitude"].as_f64().unwrap() <= 40.2, "{stop}");
    }
    let nobody = json!({ "shape": [corner(1.0, 1.0), corner(2.0, 1.0), corner(2.0, 2.0)] });
    let nobody = served.ask_as(Some("secret-ann"), draw, nobody).await["data"]["drawVisitLists"]["userErrors"][0].take();
    assert!(nobody["zh"].as_str().unwrap().contains("没有符合") && nobody["en"].as_str().unwrap().contains("no open case"));
    // The city's list is not the district's; its own is.
    let see = format!("{{ visitList(id: {}) {{ doors }} visitLists {{ id }} }}", lists[0]["id"]);
    let seen = served.ask_as(Some("secret-one"), &see, json!({})).await;
    assert!(seen["data"]["visitList"].is_null() && seen["data"]["visitLists"] == json!([]), "{seen}");
    let own = served.ask_as(Some("secret-one"), draw, json!({})).await["data"]["drawVisitLists"]["lists"].take();
    let stops = own.as_array().unwrap().iter().flat_map(|l| l["stops"].as_array().unwrap().clone());
    assert!(stops.clone().count() > 3);
    assert!(stops.into_iter().all(|s| s["case"]["enterprise"]["area"]["code"].as_str().unwrap().starts_with("110101")));
    let seen = served.ask_as(Some("secret-one"), "{ visitLists { id } }", json!({})).await;
    assert_eq!(seen["data"]["visitLists"].as_array().unwrap().len(), own.as_array().unwrap().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visit_lists_are_read_page_by_page() {
    let city = CaseCity::new().await;
    let (server, first, _) = drawn(&city).await;
    let draw = "mutation { drawVisitLists(input: { title: \"十二月\", lists: 3 }) { lists { id } } }";
    assert_eq!(asked(&server, draw).await["drawVisitLists"]["lists"].as_array().unwrap().len(), 3);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = asked(&server, &format!("{{ visitLists(first: 1{after}) {{ id }} }}")).await["visitLists"].take();
        let Some(id) = page[0]["id"].as_str() else { break };
        seen.push(id.to_owned());
        after = format!(", after: \"{id}\"");
    }
    let all = asked(&server, "{ visitLists(first: 100) { id } }").await["visitLists"].take();
    let all: Vec<String> = all.as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap().to_owned()).collect();
    assert!(all.len() == 4 && all.contains(&format!("visits:{first}")), "{all:?}");
    assert_eq!(seen, all, "each once, in the same order");
    let unknown = server.ask("{ visitLists(after: \"visits:V000000000000\") { id } }").await;
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "NOT_FOUND", "{unknown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_taken_along_is_an_export_in_the_audit_with_whom_it_shows() {
    let city = CaseCity::new().await;
    let (server, list, _) = drawn(&city).await;
    let mut doors: Vec<String> = (1..=4).map(|n| city.enterprise(n)).collect();
    doors.sort_unstable();
    for (copies, form) in (1..).zip(["html", "xlsx", "json"]) {
        assert_eq!(get(&server, &format!("/visits/{list}.{form}"), "en").await.0, StatusCode::OK);
        let mut noted = Vec::new();
        let folder = city.test_hub.hub.settings.data.join("audit");
        huitu::audit::search(&folder, &huitu::audit::AuditQuestion::default(), |row| {
            noted.push(row);
            Ok(())
        })
        .unwrap();
        let exports: Vec<_> = noted.iter().filter(|row| row.way == "export").collect();
        assert_eq!(exports.len(), copies, "{form}: {noted:?}");
        for row in exports {
            let huitu::audit::Seen::These(mut seen) = row.enterprises.clone() else { panic!("{form}: {row:?}") };
            seen.sort_unstable();
            assert_eq!(seen, doors, "{form}");
        }
    }
}
