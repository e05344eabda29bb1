//! Outreach cases from the list to a founded union: opened, worked on, closed by the roll, joined and parted with their enterprises.

use chrono::{TimeZone, Utc};
use huitu::cases::standing::{CaseOrigin, CaseStanding, CaseStep, CaseStepKind};
use huitu::hub::cases::{CaseOpening, CaseWord, standing_of};
use huitu::model::Clock;
use huitu::store::case::{CaseArea, CaseQuery, CaseRow, NEVER_DUE};
use huitu::store::case_event::CaseEventRow;
use huitu::store::{Store, case, case_event};
use serde_json::{Value, json};

use crate::land::stores;
use crate::registries::credit_code;
use crate::support::graph::{served, token};
use crate::support::hub::{TestHub, TestServer, hub_with};

pub fn connector(kind: &str, columns: &str) -> String {
    format!(
        "title = {{ zh = \"{kind}\", en = \"{kind}\" }}\nowner = {{ zh = \"某局\", en = \"Bureau\" }}\nkind = \"{kind}\"\n[source]\n\
         transport = \"file\"\nplace = \"rows.csv\"\nformat = \"csv\"\n[guard]\nmax_vanished_percent = 100\n[key]\ncolumns = [\"编号\"]\n\
         [columns]\n\"名称\" = \"name\"\n\"代码\" = \"credit_code\"\n{columns}\n"
    )
}

/// A city of four firms that lack a union, its roll and its payments.
pub struct CaseCity {
    pub test_hub: TestHub,
    pub clock: Clock,
}

impl CaseCity {
    pub async fn new() -> CaseCity {
        // A Sunday in Beijing.
        let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 11, 22, 2, 0, 0).unwrap());
        let firms = connector(
            "enterprise",
            "\"职工\" = \"employees\"\n\"规上\" = \"official_list\"\n\"区划\" = \"area\"\n\"状态\" = { field = \"status\", optional = true }",
        );
        let roll = connector("union", "\"工会\" = \"union_name\"\n\"类型\" = \"union_kind\"\n\"会员\" = \"members\"");
        let fund = connector(
            "payment",
            "\"费种\" = \"payment_kind\"\n\"所属期\" = \"period\"\n\"应缴\" = { field = \"due\", unit = \"yuan\" }\n\
             \"实缴\" = { field = \"paid\", unit = \"yuan\" }",
        );
        let test_hub = hub_with(&[("firms", firms), ("roll", roll), ("fund", fund)], clock.clone()).await;
        let city = CaseCity { test_hub, clock };
        city.firms(&[1, 2, 3, 4]);
        city.roll(&[]);
        city.fund(&[]);
        city.sync().await;
        city
    }

    pub fn firms(&self, numbers: &[u32]) {
        let firm = |n: &u32| {
            let town = if *n % 2 == 1 { "110108001" } else { "110105001" };
            format!("F{n},北京示例甲{n}号有限公司,{},100,是,{town},存续\n", credit_code(*n))
        };
        // The fifth had a union all along: neither list nor roll is ever empty.
        let rows: String = numbers.iter().chain(&[5]).map(firm).collect();
        self.test_hub.write("connectors/firms/rows.csv", format!("编号,名称,代码,职工,规上,区划,状态\n{rows}"));
    }
    pub fn roll(&self, numbers: &[u32]) {
        let union = |n: &u32| {
            format!("U{n},北京示例甲{n}号有限公司,{},北京示例甲{n}号有限公司工会委员会,独立基层工会,80\n", credit_code(*n))
        };
        let rows: String = numbers.iter().chain(&[5]).map(union).collect();
        self.test_hub.write("connectors/roll/rows.csv", format!("编号,名称,代码,工会,类型,会员\n{rows}"));
    }
    pub fn fund(&self, numbers: &[u32]) {
        // Somebody always pays, so that payments are known.
        let paid = |n: &u32| format!("P{n},北京示例甲{n}号有限公司,{},工会经费,2026Q3,1000,1000\n", credit_code(*n));
        let rows: String = numbers.iter().map(paid).collect();
        let other = format!("P4,北京示例甲4号有限公司,{},建会筹备金,2026Q3,1000,1000\n", credit_code(4));
        self.test_hub.write("connectors/fund/rows.csv", format!("编号,名称,代码,费种,所属期,应缴,实缴\n{rows}{other}"));
    }
    pub async fn sync(&self) {
        self.test_hub.sync(&[]).await;
        if self.test_hub.hub.held_edition().await.unwrap().is_some_and(|held| held.waits()) {
            let silent = std::sync::Arc::new(huitu::hub::progress::Silent);
            self.test_hub.hub.release_edition(None, "甲", "测试", silent).await.unwrap();
        }
    }
    /// The enterprise of a firm.
    pub fn enterprise(&self, n: u32) -> String {
        self.test_hub.hub.enterprise_id(&credit_code(n)).unwrap()
    }
    pub async fn case_of(&self, n: u32) -> CaseRow {
        let rows = self.test_hub.hub.store.cases_of(&[self.enterprise(n)]).await.unwrap();
        rows.into_iter().next().expect("a case")
    }
    pub async fn open(&self, numbers: &[u32]) -> Vec<String> {
        let ids: Vec<String> = numbers.iter().map(|n| self.enterprise(*n)).collect();
        let opening = CaseOpening { origin: CaseOrigin::List, owner: None, next_on: None, note: None, by: Some("甲".into()) };
        self.test_hub.hub.open_cases(&ids, &opening).await.unwrap().opened
    }
}

/// The steps of a case, from its opening on.
pub async fn steps(store: &Store, case: &str) -> Vec<CaseEventRow> {
    let events = store.case_events(&[case.to_owned()], i64::MAX, 1_000).await.unwrap();
    events.into_iter().map(|(_, event)| event).rev().collect()
}

pub fn kinds(events: &[CaseEventRow]) -> Vec<&str> {
    events.iter().map(|e| e.what.as_str()).collect()
}

/// What the steps of a case make is what its row says.
pub async fn agrees_with_its_steps(store: &Store, row: &CaseRow) {
    let events = steps(store, &row.id).await;
    let all: Vec<CaseStep> = events
        .iter()
        .map(|e| CaseStep::new(CaseStepKind::from_name(&e.what).unwrap(), e.from_value.clone(), e.to_value.clone()))
        .collect();
    assert_eq!(CaseStanding::replayed(&all), standing_of(row), "{}", row.id);
    assert_eq!(events.last().map(|e| e.id), Some(row.version));
}

pub async fn asked(server: &TestServer, query: &str) -> Value {
    let answer = server.ask(query).await;
    assert!(answer.get("errors").is_none(), "{query}: {answer}");
    answer["data"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_roll_and_the_first_dues_close_a_case_and_open_it_again_when_they_vanish() {
    let city = CaseCity::new().await;
    city.open(&[1, 2]).await;
    let server = city.test_hub.serve(&[]).await;
    // The union stands on the roll, no dues yet: the tax switch is what is left.
    city.roll(&[1]);
    city.sync().await;
    let case = city.case_of(1).await;
    assert_eq!((case.state.as_str(), case.stage.as_str()), ("OPEN", "TAX_SWITCH"));
    city.fund(&[1]);
    city.sync().await;
    let ask = "{ cases(filter: { state: [CLOSED] }) { totalCount nodes { enterprise { creditCode } reason isWon closedByData
        zh: reasonLabel(lang: ZH) en: reasonLabel(lang: EN) evidence { what registry { name } key record { key } }
        history(first: 9) { totalCount nodes { what by from to editionNumber evidence { key } } } } } }";
    let data = asked(&server, ask).await;
    let closed = &data["cases"]["nodes"][0];
    assert_eq!((&data["cases"]["totalCount"], &closed["enterprise"]["creditCode"]), (&json!(1), &json!(credit_code(1))));
    assert_eq!(
        (&closed["reason"], &closed["isWon"], &closed["closedByData"]),
        (&json!("done_independent"), &json!(true), &json!(true))
    );
    assert_eq!((&closed["zh"], &closed["en"]), (&json!("已独立建会"), &json!("independent union established")));
    let named: Vec<(&Value, &Value, &Value)> = closed["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (&e["what"], &e["registry"]["name"], &e["record"]["key"]))
        .collect();
    assert_eq!(named, [(&json!("union"), &json!("roll"), &json!("U1")), (&json!("dues"), &json!("fund"), &json!("P1"))]);
    let history = closed["history"]["nodes"].as_array().unwrap();
    let what: Vec<&str> = history.iter().map(|h| h["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["CLOSED_BY_DATA", "STAGE", "OPENED"]);
    assert!(history[0]["by"].is_null() && history[0]["editionNumber"].is_number() && history[2]["by"] == "甲");
    // Nothing changed, nothing happens.
    city.sync().await;
    assert_eq!(steps(&city.test_hub.hub.store, &city.case_of(1).await.id).await.len(), 3);
    // Whoever has a union that pays needs no case; one that pays no dues yet begins at the tax switch.
    city.roll(&[1, 3]);
    city.fund(&[1, 3]);
    city.sync().await;
    let open = |n: u32| {
        format!(
            "mutation {{ openCase(input: {{ enterprise: \"{}\" }}) {{ case {{ state stage history {{ nodes {{ what by }} }} }}
                userErrors {{ field zh: message(lang: ZH) en: message(lang: EN) }} }} }}",
            credit_code(n)
        )
    };
    let begun = asked(&server, &open(5)).await["openCase"]["case"].take();
    assert_eq!((&begun["state"], &begun["stage"]), (&json!("OPEN"), &json!("TAX_SWITCH")), "{begun}");
    assert_eq!((&begun["history"]["nodes"][0]["what"], &begun["history"]["nodes"][0]["by"]), (&json!("STAGE"), &Value::Null));
    let needless = asked(&server, &open(3)).await["openCase"].take();
    let told = &needless["userErrors"][0];
    assert!(needless["case"].is_null() && told["field"] == "enterprise", "{needless}");
    assert!(told["zh"].as_str().unwrap().contains("已有工会") && told["en"].as_str().unwrap().contains("union"), "{told}");
    let ids = json!([city.enterprise(1), city.enterprise(3)]);
    let many = format!(
        "mutation {{ openCases(input: {{ enterprises: {ids} }}) {{ opened existing needless userErrors {{ message }} }} }}"
    );
    let many = asked(&server, &many).await["openCases"].take();
    assert_eq!(many, json!({ "opened": 0, "existing": 1, "needless": 1, "userErrors": [] }));
    // The union vanishes from the roll: the case is open again, where it was.
    city.roll(&[]);
    city.sync().await;
    let case = city.case_of(1).await;
    assert_eq!((case.state.as_str(), case.reason.as_deref(), case.closed_at), ("OPEN", None, None));
    // Roll and dues again, then only the dues vanish.
    city.roll(&[1]);
    city.sync().await;
    assert_eq!(city.case_of(1).await.state, "CLOSED");
    city.fund(&[]);
    city.sync().await;
    let case = city.case_of(1).await;
    assert_eq!(case.state, "OPEN", "{case:?}");
    agrees_with_its_steps(&city.test_hub.hub.store, &case).await;
    agrees_with_its_steps(&city.test_hub.hub.store, &city.case_of(2).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_a_deregistered_or_vanished_enterprise_ends_with_that_reason_and_comes_back_with_it() {
    let city = CaseCity::new().await;
    city.open(&[1, 2]).await;
    let path = city.test_hub.dir.path().join("connectors/firms/rows.csv");
    let rows = std::fs::read_to_string(path).unwrap();
    let line = rows.lines().find(|l| l.starts_with("F1,")).unwrap();
    let never_opened = rows.lines().find(|l| l.starts_with("F3,")).unwrap();
    let struck_off =
        [line, never_opened].iter().fold(rows.clone(), |all, line| all.replace(*line, &line.replace("存续", "注销")));
    city.test_hub.write("connectors/firms/rows.csv", struck_off);
    city.sync().await;
    assert!(city.open(&[3]).await.is_empty(), "nobody is sent to who was struck off");
    let case = city.case_of(1).await;
    assert_eq!((case.state.as_str(), case.reason.as_deref(), case.by_data), ("CLOSED", Some("closed"), 1));
    assert!(case.evidence.as_deref().unwrap().contains("F1"), "{case:?}");
    let home = city.enterprise(2);
    city.firms(&[1, 3, 4]);
    city.fund(&[]);
    city.sync().await;
    // Without any record of it nobody knows the enterprise: its case ends, and is found by its own id.
    let rows = city.test_hub.hub.store.cases_of(&[home]).await.unwrap();
    assert_eq!((rows[0].state.as_str(), rows[0].reason.as_deref()), ("CLOSED", Some("closed")));
    city.firms(&[1, 2, 3, 4]);
    city.sync().await;
    for n in [1, 2] {
        let case = city.case_of(n).await;
        assert_eq!(case.state, "OPEN", "{n}");
        agrees_with_its_steps(&city.test_hub.hub.store, &case).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_opened_worked_on_and_closed_in_the_graph_in_both_languages() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    let opened = asked(
        &server,
        "mutation { openCases(input: { filter: { area: [\"110108\"] }, owner: { unit: \"110108001\", role: \"协管员\" }, nextOn: \"2026-11-23\" }) {
            opened existing left cases { id stage stageLabel(lang: EN) owner { unit { code } role } area { code } } userErrors { message } } }",
    )
    .await;
    let opened = &opened["openCases"];
    assert_eq!((&opened["opened"], &opened["existing"], &opened["userErrors"]), (&json!(2), &json!(0), &json!([])));
    assert_eq!(opened["cases"][0]["owner"]["unit"]["code"], "110108001");
    let again = asked(&server, "mutation { openCases(input: { atMost: 3 }) { opened existing left } }").await;
    assert_eq!(again["openCases"], json!({ "opened": 1, "existing": 2, "left": 1 }));
    let id = opened["cases"][0]["id"].as_str().unwrap().to_owned();

    let change = |rest: &str| {
        format!(
            "mutation {{ changeCase(input: {{ case: \"{id}\", {rest} }}) {{ case {{ version stage owner {{ role }} nextOn
        method assessment refusal {{ by why }} }} userErrors {{ field code zh: message(lang: ZH) en: message(lang: EN) }} }} }}"
        )
    };
    let changed = asked(
        &server,
        &change(
            "stage: TALK, method: SERVICE, assessment: 4, refusal: { by: \"人力资源经理\", why: \"怕麻烦\" }, note: \"约好周三\"",
        ),
    )
    .await;
    let case = &changed["changeCase"]["case"];
    assert_eq!((&case["stage"], &case["method"], &case["assessment"]), (&json!("TALK"), &json!("SERVICE"), &json!(4)));
    let seen = case["version"].as_str().unwrap().to_owned();
    // Two officers at one case: the slower one is told, and nothing is lost.
    let faster = asked(&server, &change(&format!("version: \"{seen}\", stage: APPLY, refusal: null"))).await;
    assert!(faster["changeCase"]["case"]["refusal"].is_null());
    let slower = asked(&server, &change(&format!("version: \"{seen}\", stage: LETTER"))).await;
    let error = &slower["changeCase"]["userErrors"][0];
    assert!(
        error["zh"].as_str().unwrap().contains(&seen) && error["en"].as_str().unwrap().contains("look at it again"),
        "{error}"
    );
    for (rest, zh, en) in [
        ("nextOn: \"2026-11-01\"", "已过", "has passed"),
        ("assessment: 9", "1 到 5", "from 1"),
        ("owner: { unit: \"999999\" }", "没有单位", "no unit"),
    ] {
        let refused = asked(&server, &change(rest)).await;
        let error = &refused["changeCase"]["userErrors"][0];
        assert!(error["zh"].as_str().unwrap().contains(zh) && error["en"].as_str().unwrap().contains(en), "{error}");
    }
    let close = |reason: &str| {
        format!(
            "mutation {{ closeCase(input: {{ case: \"{id}\", reason: \"{reason}\" }}) {{ case {{ state reason isWon closedAt }}
        userErrors {{ zh: message(lang: ZH) en: message(lang: EN) }} }} }}"
        )
    };
    let refused = asked(&server, &close("done_independent")).await;
    assert!(refused["closeCase"]["userErrors"][0]["zh"].as_str().unwrap().contains("工会名录"), "{refused}");
    let closed = asked(&server, &close("refused")).await;
    assert_eq!((&closed["closeCase"]["case"]["state"], &closed["closeCase"]["case"]["isWon"]), (&json!("CLOSED"), &json!(false)));
    let refused = asked(&server, &change("stage: TALK")).await;
    assert!(refused["changeCase"]["userErrors"][0]["zh"].as_str().unwrap().contains("已结案"));
    let reopened =
        asked(&server, &format!("mutation {{ reopenCase(input: {{ case: \"{id}\" }}) {{ case {{ state stage }} }} }}")).await;
    assert_eq!(reopened["reopenCase"]["case"], json!({ "state": "OPEN", "stage": "APPLY" }));

    let data = asked(
        &server,
        &format!("{{ node(id: \"{id}\") {{ ... on OutreachCase {{ origin history(first: 100) {{ totalCount nodes {{ what from to note by }} }}
            enterprise {{ case {{ id }} }} }} }} gap(first: 9) {{ nodes {{ creditCode case {{ id state }} }} }} }}"),
    )
    .await;
    assert_eq!((&data["node"]["origin"], &data["node"]["enterprise"]["case"]["id"]), (&json!("LIST"), &json!(id)));
    let nodes = data["node"]["history"]["nodes"].as_array().unwrap();
    let what: Vec<&str> = nodes.iter().rev().map(|n| n["what"].as_str().unwrap()).collect();
    assert_eq!(
        what,
        ["OPENED", "OWNER", "NEXT_ON", "STAGE", "METHOD", "ASSESSMENT", "REFUSAL", "STAGE", "REFUSAL", "CLOSED", "REOPENED"]
    );
    assert_eq!((&nodes[7]["note"], &nodes[9]["to"]), (&json!("约好周三"), &json!("110108001 协管员")));
    let with_case = data["gap"]["nodes"].as_array().unwrap().iter().filter(|n| n["case"].is_object()).count();
    assert_eq!(with_case, 3);

    // Page by page, each once.
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = asked(&server, &format!("{{ cases(first: 2 {after}) {{ totalCount edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} }}")).await;
        assert_eq!(page["cases"]["totalCount"], 3);
        seen.extend(page["cases"]["edges"].as_array().unwrap().iter().map(|e| e["node"]["id"].as_str().unwrap().to_owned()));
        if page["cases"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: {}", page["cases"]["pageInfo"]["endCursor"]);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
    let wrong = server.ask(&format!("{{ cases(filter: {{ state: [OPEN] }} {after}) {{ totalCount }} }}")).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_INPUT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_week_of_an_officer_is_one_query() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    let hub = &city.test_hub.hub;
    let open = |n: u32, next: &str| {
        format!("mutation {{ openCase(input: {{ enterprise: \"{}\", owner: {{ unit: \"110108001\", role: \"协管员\" }}, nextOn: \"{next}\" }}) {{
            case {{ id }} userErrors {{ message }} }} }}", credit_code(n))
    };
    // On Sunday three are opened; the week begins on Monday.
    for (n, next) in [(1, "2026-11-23"), (2, "2026-11-24"), (3, "2026-11-30")] {
        assert!(asked(&server, &open(n, next)).await["openCase"]["case"].is_object());
    }
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 24, 2, 0, 0).unwrap());
    assert!(asked(&server, &open(4, "2026-12-01")).await["openCase"]["case"].is_object());
    let closing = city.case_of(3).await.id;
    hub.close_case(&closing, "refused", &CaseWord::default()).await.unwrap();
    city.roll(&[2]);
    city.fund(&[2]);
    city.sync().await;
    let week = "{ work(owner: { unit: \"110108001\", role: \"协管员\" }) { today since
        dueToday { totalCount nodes { enterprise { creditCode } isOverdue } } overdue { totalCount nodes { enterprise { creditCode } isOverdue } }
        newOnList { totalCount nodes { enterprise { creditCode } } } undated { totalCount } won { nodes { enterprise { creditCode } reason } }
        lost { nodes { enterprise { creditCode } reason } } } }";
    let work = asked(&server, week).await["work"].take();
    assert_eq!((&work["today"], &work["since"]), (&json!("2026-11-24"), &json!("2026-11-23")));
    let codes = |part: &str| -> Vec<String> {
        let nodes = work[part]["nodes"].as_array().unwrap().iter();
        nodes.map(|n| n["enterprise"]["creditCode"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes("overdue"), [credit_code(1)]);
    assert_eq!(work["overdue"]["nodes"][0]["isOverdue"], true);
    assert_eq!(codes("dueToday"), Vec::<String>::new(), "the one that was due is won");
    assert_eq!(codes("newOnList"), [credit_code(4)]);
    assert_eq!((codes("won"), codes("lost")), (vec![credit_code(2)], vec![credit_code(3)]));
    let other = asked(&server, &week.replace("协管员", "主席")).await["work"].take();
    assert_eq!(other["overdue"]["totalCount"], 0);
}

#[tokio::test]
async fn cases_are_the_districts_own_and_need_the_scope_of_visits() {
    let served = served(800, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "analyst", None), ("one", "district", Some("[\"110101\"]")), ("map", "client", None)] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let open = "mutation { openCases(input: { atMost: 100000 }) { opened userErrors { message } } }";
    let opened = served.ask_as(Some("secret-ann"), open, json!({})).await;
    let all = opened["data"]["openCases"]["opened"].as_i64().unwrap_or_else(|| panic!("{opened}"));
    let ask = "{ cases(first: 500) { totalCount nodes { id area { code } enterprise { area { code } } } } }";
    let of_city = served.ask_as(Some("secret-ann"), ask, json!({})).await;
    assert_eq!(of_city["data"]["cases"]["totalCount"], all);
    let of_district = served.ask_as(Some("secret-one"), ask, json!({})).await;
    let nodes = of_district["data"]["cases"]["nodes"].as_array().unwrap();
    assert!(!nodes.is_empty() && (nodes.len() as i64) < all);
    assert_eq!(of_district["data"]["cases"]["totalCount"], nodes.len());
    assert!(nodes.iter().all(|n| n["enterprise"]["area"]["code"].as_str().unwrap().starts_with("110101")), "{of_district}");
    let mine: Vec<&Value> = nodes.iter().map(|n| &n["id"]).collect();
    let foreign = of_city["data"]["cases"]["nodes"].as_array().unwrap().iter().find(|n| !mine.contains(&&n["id"])).unwrap();
    // One of another district is not there: not to see, not to change.
    let node =
        served.ask_as(Some("secret-one"), "query($id: ID!) { node(id: $id) { id } }", json!({ "id": foreign["id"] })).await;
    assert!(node["data"]["node"].is_null(), "{node}");
    let change = "mutation($id: ID!) { changeCase(input: { case: $id, stage: TALK }) { case { id } } }";
    let refused = served.ask_as(Some("secret-one"), change, json!({ "id": foreign["id"] })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let done = served.ask_as(Some("secret-one"), change, json!({ "id": mine[0] })).await;
    assert_eq!(&done["data"]["changeCase"]["case"]["id"], mine[0]);
    // The same as a file, with the same rights, and noted before it leaves.
    let fetched = async |who: &str, path: &str| {
        let request = axum::http::Request::get(format!("/export/work/{path}")).header("x-purpose", "monthly-report");
        let request = request.header("authorization", format!("Bearer secret-{who}")).header("accept-language", "en");
        let (status, headers, bytes) = served.send(request.body(axum::body::Body::empty()).unwrap()).await;
        (status.as_u16(), headers, String::from_utf8_lossy(&bytes).into_owned())
    };
    let (status, headers, file) = fetched("one", "cases.ndjson").await;
    let told: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((status, headers["x-huitu-rows"].to_str().unwrap()), (200, nodes.len().to_string().as_str()), "{file}");
    assert!(told.iter().all(|case| case["area"].as_str().unwrap().starts_with("110101")), "{file}");
    assert_eq!(fetched("ann", "cases.csv").await.2.lines().count() as i64, all + 1);
    assert_eq!(fetched("ann", "cases.ndjson?area=110101").await.2.lines().count(), nodes.len());
    served.state.hub().store.put_token(&token("aud", "auditor", None, None)).await.unwrap();
    let noted = "{ auditSearch(filter: { purpose: \"monthly-report\" }) { nodes { way enterprises purpose } } }";
    let noted = served.ask_as(Some("secret-aud"), noted, json!({})).await["data"]["auditSearch"]["nodes"].take();
    let noted = noted.as_array().unwrap();
    assert!(noted.len() == 3 && noted.iter().all(|row| row["way"] == "EXPORT"), "{noted:?}");
    assert!(noted.iter().any(|row| row["enterprises"] == all), "{noted:?}");
    for (who, path, status, word) in [
        ("map", "cases.csv", 403, "FORBIDDEN"),
        ("ann", "everything.csv", 404, "named-lists"),
        ("ann", "cases.parquet", 400, "csv, ndjson or xlsx"),
        ("ann", "cases.csv?filter=%7B%22stat%22%3A1%7D", 400, "state"),
        ("ann", "cases.csv?filter=%7B%22state%22%3A%5B%22OPENED%22%5D%7D", 400, "did you mean OPEN"),
        ("ann", "cases.csv?filter=%5B%5D", 400, "object"),
        ("ann", "cases.csv?area=", 400, "area"),
        ("ann", "duties.csv?area=110101", 400, "duties takes no parameter area"),
        ("ann", "leads.csv?edition=1", 400, "edition"),
        ("ann", "duties.csv?unit=999999", 400, "no unit"),
    ] {
        let (told, _, body) = fetched(who, path).await;
        assert!(told == status && body.contains(word), "{path}: {told} {body}");
    }
    for (query, code) in [(ask, "FORBIDDEN_FIELD"), (open, "FORBIDDEN"), ("{ work { today } }", "FORBIDDEN_FIELD")] {
        let refused = served.ask_as(Some("secret-map"), query, json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], code, "{query}");
    }
}

#[tokio::test]
async fn a_step_is_told_to_whoever_listens_and_may_know_of_it() {
    use futures_util::StreamExt;
    let served = served(800, |options| options.access = huitu::serve::Authentication::Tokens).await;
    let hub = served.state.hub();
    for (id, areas) in [("one", "[\"110101\"]"), ("two", "[\"110102\"]")] {
        hub.store.put_token(&token(id, "district", Some(areas), None)).await.unwrap();
    }
    let listen = |token: &'static str| {
        let request = axum::http::Request::post("/graphql/sse")
            .header("content-type", "application/json")
            .header("accept", "text/event-stream")
            .header("authorization", format!("Bearer secret-{token}"))
            .body(axum::body::Body::from(
                json!({ "query": "subscription { caseChanged { event { what to } case { stage area { code } } } }" }).to_string(),
            ))
            .unwrap();
        let router = served.router.clone();
        async move {
            use tower::ServiceExt;
            router.oneshot(request).await.unwrap().into_body().into_data_stream()
        }
    };
    let (mut one, mut two) = (listen("one").await, listen("two").await);
    let edition = hub.editions.current().unwrap();
    let of = |district: u32| {
        let rows = edition.filter(&huitu::edition::Filter::InGap).unwrap();
        let row = rows.iter().find(|row| edition.enterprise(*row).district() == Some(district)).unwrap();
        edition.enterprise(row).id().to_owned()
    };
    let opening = CaseOpening { origin: CaseOrigin::List, owner: None, next_on: None, note: None, by: None };
    // Another process writes: the server looks every second, here when it is told to.
    hub.open_cases(&[of(110_101), of(110_102)], &opening).await.unwrap();
    served.state.refresh().await.unwrap();
    for (stream, district) in [(&mut one, "110101"), (&mut two, "110102")] {
        let mut text = String::new();
        while !text.contains("OPENED") {
            let part =
                tokio::time::timeout(std::time::Duration::from_secs(60), stream.next()).await.expect("told within a minute");
            text.push_str(&String::from_utf8_lossy(&part.unwrap().unwrap()));
        }
        assert!(text.contains(district) && text.matches("OPENED").count() == 1, "{text}");
    }
}

#[tokio::test]
async fn cases_are_kept_found_and_paged_alike_in_both_databases() {
    for (_dir, store) in stores().await {
        let row = |n: i64| CaseRow {
            id: format!("C{n:012}"),
            enterprise_id: format!("E{n}"),
            home_id: format!("E{n}"),
            joined_into: None,
            state: if n % 5 == 0 { "CLOSED" } else { "OPEN" }.into(),
            stage: if n % 2 == 0 { "TALK" } else { "FOUND" }.into(),
            reason: (n % 5 == 0).then(|| "refused".into()),
            by_data: 0,
            evidence: None,
            origin: "LIST".into(),
            area: if n % 3 == 0 { "110108001" } else { "110105" }.into(),
            federation: "D110108".into(),
            owner_unit: (n % 2 == 0).then(|| "110108".into()),
            owner_role: None,
            owner_name: None,
            owned_at: None,
            due: if n % 4 == 0 { NEVER_DUE.to_owned() } else { format!("2026-12-{:02}", 1 + n % 28) },
            method: None,
            assessment: Some(n % 5 + 1),
            refusal: None,
            opened_at: n,
            closed_at: (n % 5 == 0).then_some(n),
            version: n,
        };
        let rows: Vec<CaseRow> = (1..=60).map(row).collect();
        let event = |r: &CaseRow| CaseEventRow {
            id: r.version,
            case_id: r.id.clone(),
            enterprise_id: r.enterprise_id.clone(),
            at: r.opened_at,
            by_whom: None,
            what: "OPENED".into(),
            from_value: None,
            to_value: Some("LIST".into()),
            note: None,
            edition: None,
            evidence: None,
        };
        let mut tx = store.begin_cases().await.unwrap();
        case::put(&mut tx, &rows).await.unwrap();
        case_event::note(&mut tx, &rows.iter().map(event).collect::<Vec<_>>()).await.unwrap();
        assert_eq!(case::all(&mut tx).await.unwrap(), rows);
        assert_eq!(case_event::last_event(&mut tx).await.unwrap(), 60);
        tx.commit().await.unwrap();
        let wanted = CaseQuery {
            states: vec!["OPEN".into()],
            areas: vec![vec![CaseArea::Within("110108".into())]],
            ..CaseQuery::default()
        };
        let (mut found, mut after): (Vec<CaseRow>, Option<(String, String)>) = (Vec::new(), None);
        loop {
            let place = after.as_ref().map(|(due, id)| (due.as_str(), id.as_str()));
            let page = store.cases(&wanted, 7, place).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.due.clone(), last.id.clone()));
            found.extend(page);
        }
        assert_eq!(found.len() as i64, store.count_cases(&wanted).await.unwrap());
        assert_eq!(found.len(), rows.iter().filter(|r| r.state == "OPEN" && r.area == "110108001").count());
        assert!(found.is_sorted_by_key(|r| (r.due.clone(), r.id.clone())));
        for (query, keep) in [
            (
                CaseQuery { owned: Some(false), ..CaseQuery::default() },
                (|r: &CaseRow| r.owner_unit.is_none()) as fn(&CaseRow) -> bool,
            ),
            (CaseQuery { assessment: (Some(2), Some(3)), ..CaseQuery::default() }, |r| matches!(r.assessment, Some(2 | 3))),
            (CaseQuery { reasons: vec!["refused".into(), "moved".into()], ..CaseQuery::default() }, |r| r.reason.is_some()),
            (CaseQuery { areas: vec![vec![CaseArea::Federation("D110108".into())], vec![]], ..CaseQuery::default() }, |_| false),
            (CaseQuery { areas: vec![vec![CaseArea::Everywhere]], ..CaseQuery::default() }, |_| true),
            (CaseQuery { due: (None, Some("2026-12-05".into())), ..CaseQuery::default() }, |r| r.due.as_str() <= "2026-12-05"),
            (CaseQuery { closed: (Some(20), Some(40)), ..CaseQuery::default() }, |r| {
                r.closed_at.is_some_and(|n| (20..40).contains(&n))
            }),
        ] {
            assert_eq!(store.count_cases(&query).await.unwrap() as usize, rows.iter().filter(|r| keep(r)).count(), "{query:?}");
        }
        // Two change places: nobody else holds either seat meanwhile, and a third cannot take one.
        let (mut a, mut b) = (rows[0].clone(), rows[1].clone());
        std::mem::swap(&mut a.enterprise_id, &mut b.enterprise_id);
        let mut tx = store.begin_cases().await.unwrap();
        case::unseat(&mut tx, &[a.id.clone(), b.id.clone()]).await.unwrap();
        case::put(&mut tx, &[a, b]).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.begin_cases().await.unwrap();
        let rival = CaseRow { id: "C999999999999".into(), ..rows[2].clone() };
        assert!(case::put(&mut tx, &[rival]).await.is_err(), "an enterprise has one case that goes on");
    }
}
