//! Correction requests (校核纠错): asked of a department, answered by it or by its next delivery, on both databases.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{TimeZone, Utc};
use huitu::cases::correction::{CorrectionAnswer, CorrectionOrigin, CorrectionStepKind};
use huitu::hub::corrections::{CorrectionOpening, CorrectionTarget, CorrectionWord, GivenAnswer};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, HubError};
use huitu::model::Clock;
use huitu::model::enterprise::EnterpriseField;
use huitu::store::correction::CorrectionRow;
use huitu::store::{StoreError, correction};
use serde_json::{Value, json};

use crate::registries::credit_code;
use crate::support::hub::{TestHub, TestServer, no_needs, write};
use crate::support::servers::postgres;

/// Tokens of the tests: secret, role, registry.
pub const TOKENS: &[(&str, &str, Option<&str>)] = &[
    ("ann", "analyst", None),
    ("firms-partner", "partner", Some("firms")),
    ("firms-ingest", "ingest", Some("firms")),
    ("insured-partner", "partner", Some("insured")),
    ("map", "map", None),
    ("client", "client", None),
    ("boss", "admin", None),
];

fn manifest(title: &str, top: &str, place: &str, columns: &str) -> String {
    format!(
        "title = {{ zh = \"{title}\", en = \"{title}\" }}\nowner = {{ zh = \"示例局\", en = \"Example Bureau\" }}\nkind = \"enterprise\"\n{top}\n\
         [source]\ntransport = \"file\"\nplace = \"{place}\"\nformat = \"csv\"\n[guard]\nmax_vanished_percent = 100\n\
         max_quarantined_percent = 100\n[key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n\"代码\" = \"credit_code\"\n{columns}\n"
    )
}

/// A city of five firms that three registries know: firms, the insured, and one that the catalogue keeps where it is.
pub struct AskedCity {
    pub test_hub: TestHub,
    pub clock: Clock,
}

/// One row of the firms' registry: number, staff, on the official list.
pub type Firm<'a> = (u32, &'a str, &'a str);

pub const FIRMS: [Firm<'static>; 5] = [(1, "100", "是"), (2, "100", "是"), (3, "100", "是"), (4, "100", "是"), (5, "100", "是")];

impl AskedCity {
    pub async fn new(store: Option<String>, change: impl FnOnce(&mut huitu::config::Settings)) -> AskedCity {
        let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 11, 22, 2, 0, 0).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let firms = manifest(
            "登记<b>甲",
            "rank = 1",
            "rows.csv",
            "\"职工\" = \"employees\"\n\"规上\" = \"official_list\"\n\"区划\" = \"area\"\n\"收入\" = { field = \"revenue\", unit = \"yuan\", optional = true }",
        );
        let insured = manifest(
            "参保",
            "rank = 2",
            "rows.csv",
            "\"职工\" = \"employees\"\n\"收入\" = { field = \"revenue\", unit = \"yuan\" }",
        );
        let kept = manifest("内部", "rank = 3\n[catalogue]\nshare = \"not_shared\"", "rows.csv", "\"职工\" = \"employees\"");
        for (name, text) in [("firms", firms), ("insured", insured), ("kept", kept)] {
            write(dir.path(), &format!("connectors/{name}/connector.toml"), text);
        }
        let mut settings = crate::support::graph::settings(&dir.path().join("data"));
        settings.connectors = Some(dir.path().join("connectors"));
        settings.without_built_in = true;
        settings.store = store;
        settings.policy.needs = no_needs();
        change(&mut settings);
        let mut hub = Hub::open(settings, clock.clone()).await.unwrap_or_else(|e| panic!("{e}"));
        hub.allow_private = true;
        let city = AskedCity { test_hub: TestHub { dir, hub }, clock };
        city.firms(&FIRMS);
        city.insured(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]);
        let kept: String = (1..=5).map(|n| format!("S{n},北京示例甲{n}号有限公司,{},777\n", credit_code(n))).collect();
        city.test_hub.write("connectors/kept/rows.csv", format!("编号,名称,代码,职工\n{kept}"));
        city.sync().await;
        city
    }

    /// The same city on every database that this machine has.
    pub async fn both() -> Vec<AskedCity> {
        let mut all = vec![AskedCity::new(None, |_| {}).await];
        if let Some(server) = postgres() {
            all.push(AskedCity::new(Some(server.database().await), |_| {}).await);
        }
        all
    }

    pub fn firms(&self, rows: &[Firm<'_>]) {
        let firm = |(n, staff, listed): &Firm<'_>| {
            let town = if *n % 2 == 1 { "110108001" } else { "110105001" };
            format!("F{n},北京示例甲{n}号有限公司,{},{staff},{listed},{town},5000000\n", credit_code(*n))
        };
        let rows: String = rows.iter().map(firm).collect();
        self.test_hub.write("connectors/firms/rows.csv", format!("编号,名称,代码,职工,规上,区划,收入\n{rows}"));
    }

    /// Rows of the insured: number of the row, and of the firm that it names.
    pub fn insured(&self, rows: &[(u32, u32)]) {
        let row = |(n, of): &(u32, u32)| format!("I{n},北京示例甲{of}号有限公司,{},120,9000000\n", credit_code(*of));
        let rows: String = rows.iter().map(row).collect();
        self.test_hub.write("connectors/insured/rows.csv", format!("编号,名称,代码,职工,收入\n{rows}"));
    }

    pub async fn sync(&self) {
        self.test_hub.sync(&[]).await;
        if self.hub().held_edition().await.unwrap().is_some_and(|held| held.waits()) {
            self.hub().release_edition(None, "甲", "测试", Arc::new(Silent)).await.unwrap();
        }
    }

    pub fn hub(&self) -> &Hub {
        &self.test_hub.hub
    }

    pub fn enterprise(&self, n: u32) -> String {
        self.hub().enterprise_id(&credit_code(n)).unwrap()
    }

    /// Asks the department of a registry about a field of a firm.
    pub async fn ask(&self, n: u32, registry: &str, field: EnterpriseField) -> CorrectionRow {
        let target =
            CorrectionTarget { enterprise: self.enterprise(n), registry: registry.to_owned(), key: None, field, column: None };
        let opening = CorrectionOpening {
            origin: CorrectionOrigin::Field,
            finding: None,
            reason: Some("走访所见不同".to_owned()),
            deadline: None,
            by: Some("甲".to_owned()),
        };
        let done = self.hub().open_corrections(&[target], &opening).await.unwrap();
        assert_eq!(done.opened.len(), 1, "{done:?}");
        self.row(&done.opened[0]).await
    }

    pub async fn row(&self, id: &str) -> CorrectionRow {
        self.hub().store.correction(id).await.unwrap().unwrap()
    }

    pub async fn answer(&self, id: &str, answer: CorrectionAnswer, value: Option<&str>) -> Result<CorrectionRow, String> {
        let given = GivenAnswer {
            id: id.to_owned(),
            answer,
            value: value.map(str::to_owned),
            note: None,
            by: Some("示例局".to_owned()),
            idempotency: None,
        };
        self.hub().answer_correction(&given).await.map_err(|error| error.text(huitu::model::message::Lang::En))
    }

    /// What happened to a request, by name.
    pub async fn events(&self, id: &str) -> Vec<String> {
        let events = self.hub().store.correction_histories(&[id.to_owned()]).await.unwrap();
        events.into_iter().map(|e| e.what).collect()
    }

    /// Batches that answers made.
    async fn answer_batches(&self) -> usize {
        let batches = self.hub().store.batches(None, Some("DONE"), 100).await.unwrap();
        batches.iter().filter(|b| b.source == "correction").count()
    }

    pub async fn publish(&self) {
        // PostgreSQL frees a turn when it has noticed that its connection is closed: whoever may not wait is told to come again.
        match self.hub().publish_pushed(Arc::new(Silent)).await {
            Err(HubError::Store(StoreError::Busy { .. })) => drop(self.hub().reassess(Arc::new(Silent)).await.unwrap()),
            published => drop(published.unwrap()),
        }
        if self.hub().held_edition().await.unwrap().is_some_and(|held| held.waits()) {
            self.hub().release_edition(None, "甲", "测试", Arc::new(Silent)).await.unwrap();
        }
    }

    pub async fn on_the_list(&self, n: u32) -> bool {
        let id = self.enterprise(n);
        self.hub().editions.current().unwrap().enterprise_of_id(&id).unwrap().in_gap()
    }
}

pub async fn as_token(server: &TestServer, secret: &str, query: &str) -> Value {
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/graphql-response+json")
        .header(header::AUTHORIZATION, format!("Bearer {secret}"))
        .body(Body::from(json!({ "query": query }).to_string()));
    server.send(request.unwrap()).await.2
}

async fn data(server: &TestServer, secret: &str, query: &str) -> Value {
    let answer = as_token(server, secret, query).await;
    assert!(answer.get("errors").is_none(), "{secret} asks {query}: {answer}");
    answer["data"].clone()
}

const PAYLOAD: &str = "correction { id state answer stated corrected isPending deadline }
    userErrors { field code zh: message(lang: ZH) en: message(lang: EN) }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_answers_and_the_answer_stands_until_its_next_delivery() {
    for city in AskedCity::both().await {
        let server = city.test_hub.serve(TOKENS).await;
        assert!(city.on_the_list(1).await);
        let open = format!(
            "mutation {{ openCorrection(input: {{ enterprise: \"{}\", registry: \"firms\", field: OFFICIAL_LIST, reason: \"走访所见不同\" }}) {{ {PAYLOAD} }} }}",
            credit_code(1)
        );
        let asked = data(&server, "ann", &open).await["openCorrection"].take();
        let id = asked["correction"]["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
        assert_eq!(
            (&asked["correction"]["state"], &asked["correction"]["stated"], &asked["correction"]["deadline"]),
            (&json!("OPEN"), &json!("是"), &json!("2026-12-04")),
            "ten working days"
        );
        let again = data(&server, "ann", &open).await;
        assert_eq!(again["openCorrection"]["correction"]["id"], json!(id), "the same cell is asked about once");

        // Its department sees it, and no enterprise; it is noted as seen. Another department sees nothing.
        let list = "{ corrections { totalCount nodes { id state stated recordKey column enterprise { id } openedBy events { what by } } }
            registry(name: \"firms\") { correctionCounts { waiting overdue answered } corrections { totalCount } } }";
        let theirs = data(&server, "firms-partner", list).await;
        let node = &theirs["corrections"]["nodes"][0];
        assert_eq!(
            (&node["state"], &node["stated"], &node["recordKey"], &node["column"], &node["enterprise"]),
            (&json!("SEEN"), &json!("是"), &json!("F1"), &json!("规上"), &Value::Null)
        );
        assert_eq!(theirs["registry"]["correctionCounts"], json!({ "waiting": 1, "overdue": 0, "answered": 0 }));
        let others = data(&server, "insured-partner", "{ corrections { totalCount } }").await;
        assert_eq!(others["corrections"]["totalCount"], 0);
        let bare = id.strip_prefix("correction:").unwrap();
        assert_eq!(city.events(bare).await, ["OPENED", "SEEN"]);

        let answer = |value: &str| {
            format!(
                "mutation {{ answerCorrection(input: {{ id: \"{id}\", answer: CORRECTED, value: \"{value}\" }}) {{ {PAYLOAD} }} }}"
            )
        };
        let foreign = as_token(&server, "insured-partner", &answer("否")).await;
        assert_eq!(foreign["errors"][0]["extensions"]["code"], "NOT_FOUND", "{foreign}");
        for (secret, code) in [("map", "FORBIDDEN"), ("client", "FORBIDDEN"), ("ann", "FORBIDDEN")] {
            assert_eq!(as_token(&server, secret, &answer("否")).await["errors"][0]["extensions"]["code"], code, "{secret}");
        }
        for (wrong, says) in [("也许", "does not read"), ("是", "says already"), ("", "names the right value")] {
            let refused = data(&server, "firms-partner", &answer(wrong)).await["answerCorrection"].take();
            let said = refused["userErrors"][0]["en"].as_str().unwrap_or_else(|| panic!("{wrong}: {refused}"));
            assert!(said.contains(says), "{wrong}: {said}");
        }

        // An hour later the department answers: its registry is no fresher for it.
        let fresh = city.hub().store.registries().await.unwrap();
        city.clock.set(Utc.with_ymd_and_hms(2026, 11, 22, 3, 0, 0).unwrap());
        let done = data(&server, "firms-partner", &answer("否")).await["answerCorrection"].take();
        assert_eq!(
            (&done["correction"]["state"], &done["correction"]["corrected"], &done["correction"]["isPending"]),
            (&json!("ANSWERED"), &json!("否"), &json!(false)),
            "{done}"
        );
        let now = city.hub().store.registries().await.unwrap();
        let standing = |rows: &[huitu::store::registry::RegistryRow]| {
            rows.iter().map(|r| (r.name.clone(), r.last_good, r.fingerprint.clone(), r.records)).collect::<Vec<_>>()
        };
        assert_eq!(standing(&now), standing(&fresh), "an answer is no delivery");
        city.publish().await;
        assert!(!city.on_the_list(1).await && city.on_the_list(2).await, "the verdict follows the answer");
        let shown = format!(
            "{{ enterprise(by: {{ creditCode: \"{}\" }}) {{ corrections {{ totalCount }} records {{ nodes {{ key correction {{ answeredBy corrected }} }} }} }} }}",
            credit_code(1)
        );
        let shown = data(&server, "ann", &shown).await["enterprise"].take();
        let records = shown["records"]["nodes"].as_array().unwrap();
        let of = |key: &str| records.iter().find(|r| r["key"] == key).unwrap()["correction"].clone();
        assert_eq!(of("F1"), json!({ "answeredBy": "firms-partner", "corrected": "否" }));
        assert_eq!((of("I1"), &shown["corrections"]["totalCount"]), (Value::Null, &json!(1)));

        // Answered twice: the second time it hears what it said, and when.
        let twice = data(&server, "firms-partner", &answer("是")).await["answerCorrection"].take();
        let (zh, en) = (twice["userErrors"][0]["zh"].as_str().unwrap(), twice["userErrors"][0]["en"].as_str().unwrap());
        assert!(zh.contains("2026-11-22 11:00") && zh.contains("已更正") && zh.contains("否"), "{zh}");
        assert!(en.contains("CORRECTED as \"否\" by firms-partner on 2026-11-22 11:00"), "{en}");

        // The same file again is no delivery; one that still says what was disputed opens the request again.
        city.sync().await;
        assert_eq!(city.row(bare).await.state, "ANSWERED");
        city.firms(&[(1, "100", "是"), (2, "101", "是"), (3, "100", "是"), (4, "100", "是"), (5, "100", "是")]);
        city.sync().await;
        let row = city.row(bare).await;
        assert_eq!((row.state.as_str(), row.answer, row.closed_at), ("OPEN", None, None));
        assert!(city.on_the_list(1).await);
        let confirm = format!(
            "mutation {{ answerCorrection(input: {{ id: \"{id}\", answer: CONFIRMED, note: \"已核对\" }}) {{ {PAYLOAD} }} }}"
        );
        let confirmed = data(&server, "firms-partner", &confirm).await;
        assert_eq!(confirmed["answerCorrection"]["correction"]["answer"], "CONFIRMED");
        // And the next delivery says otherwise after all.
        city.firms(&[(1, "100", "否"), (2, "101", "是"), (3, "100", "是"), (4, "100", "是"), (5, "100", "是")]);
        city.sync().await;
        let closed = format!(
            "{{ node(id: \"{id}\") {{ ... on Correction {{ state batchId events {{ what from to value batchId }} }} }} }}"
        );
        let closed = data(&server, "ann", &closed).await["node"].take();
        let last = closed["events"].as_array().unwrap().last().unwrap();
        assert_eq!((&closed["state"], &last["from"], &last["to"]), (&json!("CLOSED_BY_DATA"), &json!("是"), &json!("否")));
        assert_eq!((last["batchId"].is_string(), &last["batchId"]), (true, &closed["batchId"]));
        assert_eq!(
            city.events(bare).await,
            ["OPENED", "SEEN", "ANSWERED", "LANDED", "REOPENED", "ANSWERED", "CLOSED_BY_DATA"],
            "nothing is overwritten"
        );
        let values: Vec<&Value> = closed["events"].as_array().unwrap().iter().map(|e| &e["value"]).collect();
        assert_eq!(values.iter().filter(|v| **v == &json!("否")).count(), 1, "the first answer stays in the history");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lands_once_whenever_a_process_was_killed_in_between() {
    for city in AskedCity::both().await {
        let asked = city.ask(1, "firms", EnterpriseField::Employees).await;
        // Somebody lands meanwhile: the answer is kept and waits.
        let turn = city.hub().store.write_lock(std::time::Duration::from_secs(10)).await.unwrap();
        let row = city.answer(&asked.id, CorrectionAnswer::Corrected, Some("85")).await.unwrap();
        assert_eq!((row.state.as_str(), row.pending, city.answer_batches().await), ("ANSWERED", 1, 0));
        drop(turn);
        assert!(city.hub().has_unpublished_push().await.unwrap(), "a server that starts sees that something waits");
        city.publish().await;
        let row = city.row(&asked.id).await;
        assert_eq!((row.pending, city.answer_batches().await), (0, 1));
        // Killed after the landing, before it was noted: the same key names the same batch.
        let failed = |e| panic!("{e}");
        let mut tx = city.hub().store.begin_corrections().await.unwrap();
        correction::put(&mut tx, &[CorrectionRow { pending: 1, batch_id: None, ..row.clone() }]).await.unwrap_or_else(failed);
        tx.commit().await.unwrap_or_else(failed);
        city.hub().land_answers().await.unwrap();
        let noted = city.row(&asked.id).await;
        assert_eq!((noted.pending, noted.batch_id, city.answer_batches().await), (0, row.batch_id, 1));
        let edition = city.hub().editions.current().unwrap();
        let staff = edition.enterprise_of_id(&city.enterprise(1)).unwrap().employees();
        assert_eq!(staff, Some(85), "the registry that is believed first says so now");
        // Killed before the landing: a sync puts it there before it compares the row with what comes.
        let second = city.ask(2, "firms", EnterpriseField::Employees).await;
        let turn = city.hub().store.write_lock(std::time::Duration::from_secs(10)).await.unwrap();
        city.answer(&second.id, CorrectionAnswer::Corrected, Some("66")).await.unwrap();
        drop(turn);
        city.sync().await;
        assert_eq!((city.row(&second.id).await.pending, city.answer_batches().await), (0, 2));
        let edition = city.hub().editions.current().unwrap();
        assert_eq!(edition.enterprise_of_id(&city.enterprise(2)).unwrap().employees(), Some(66));
        // A process of its own that is killed once its answer is recorded and before it could land: nothing is lost, nothing comes twice.
        let third = city.ask(3, "firms", EnterpriseField::Employees).await;
        let turn = city.hub().store.write_lock(std::time::Duration::from_secs(10)).await.unwrap();
        let root = city.test_hub.dir.path();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_huitu"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.arg("--data").arg(root.join("data")).arg("--connectors").arg(root.join("connectors")).arg("--without-built-in");
        if let Some(store) = &city.hub().settings.store {
            command.arg("--store").arg(store);
        }
        command.args(["correction", "answer", &third.id, "corrected", "--value", "77", "--by", "示例局"]);
        let mut answering = command.spawn().unwrap();
        while city.row(&third.id).await.pending == 0 {
            assert!(answering.try_wait().unwrap().is_none(), "it waits for whoever lands");
            tokio::task::yield_now().await;
        }
        answering.kill().unwrap();
        assert!(!answering.wait().unwrap().success());
        let row = city.row(&third.id).await;
        assert_eq!((row.state.as_str(), row.pending, city.answer_batches().await), ("ANSWERED", 1, 2));
        drop(turn);
        city.sync().await;
        assert_eq!((city.row(&third.id).await.pending, city.answer_batches().await), (0, 3));
        city.hub().land_answers().await.unwrap();
        assert_eq!(city.answer_batches().await, 3);
        let edition = city.hub().editions.current().unwrap();
        assert_eq!(edition.enterprise_of_id(&city.enterprise(3)).unwrap().employees(), Some(77));
        let told = city.events(&third.id).await;
        assert_eq!(told.iter().filter(|what| *what == "LANDED").count(), 1, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_follow_withdrawn_records_merged_enterprises_and_held_editions() {
    for city in AskedCity::both().await {
        let gone = city.ask(1, "firms", EnterpriseField::Employees).await;
        let moved = city.ask(2, "insured", EnterpriseField::Employees).await;
        let (second, third) = (city.enterprise(2), city.enterprise(3));
        assert_eq!(moved.enterprise_id, second);
        city.firms(&FIRMS[1..]);
        // The insured's second row names the third firm from now on.
        city.insured(&[(1, 1), (2, 3), (3, 3), (4, 4), (5, 5)]);
        city.sync().await;
        let row = city.row(&gone.id).await;
        assert_eq!(
            (row.state.as_str(), city.events(&gone.id).await.last().unwrap().as_str()),
            ("CLOSED_BY_DATA", "CLOSED_BY_DATA")
        );
        let row = city.row(&moved.id).await;
        assert_eq!((row.enterprise_id.as_str(), row.state.as_str(), row.area.as_str()), (third.as_str(), "OPEN", "110108001"));
        assert_eq!(city.events(&moved.id).await, ["OPENED", "MOVED"]);
        let refused = city.answer(&gone.id, CorrectionAnswer::Confirmed, None).await.unwrap_err();
        assert!(refused.contains("closed by the data"), "{refused}");
        // The record is back as it was: it is asked again, with a day of its own.
        city.clock.set(Utc.with_ymd_and_hms(2026, 11, 30, 2, 0, 0).unwrap());
        city.firms(&FIRMS);
        city.sync().await;
        let row = city.row(&gone.id).await;
        assert_eq!((row.state.as_str(), row.deadline.as_str()), ("OPEN", "2026-12-14"));
    }
    let held = AskedCity::new(None, |settings| {
        settings.policy.publication.at_least = 1;
        settings.policy.publication.gap_percent = 10.0;
    })
    .await;
    let asked = held.ask(1, "firms", EnterpriseField::OfficialList).await;
    let all: Vec<Firm<'_>> = (1..=5).map(|n| (n, "100", "否")).collect();
    held.firms(&all);
    held.test_hub.sync(&[]).await;
    assert!(
        held.hub().held_edition().await.unwrap().is_some_and(|held| held.waits()),
        "nobody is left on the list: a person decides"
    );
    assert_eq!(
        held.row(&asked.id).await.state,
        "CLOSED_BY_DATA",
        "what was delivered closes it, whatever becomes of the edition"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_passes_moves_and_a_late_answer_counts() {
    let city = AskedCity::new(None, |settings| settings.corrections.working_days = 3).await;
    let asked = city.ask(1, "firms", EnterpriseField::Employees).await;
    assert_eq!(asked.deadline, "2026-11-25");
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 26, 2, 0, 0).unwrap());
    let server = city.test_hub.serve(TOKENS).await;
    let late = "{ corrections(filter: { overdue: true }) { totalCount nodes { id isOverdue } }
        rest: corrections(filter: { overdue: false }) { totalCount } registry(name: \"firms\") { correctionCounts { waiting overdue } } }";
    let found = data(&server, "ann", late).await;
    assert_eq!((&found["corrections"]["totalCount"], &found["rest"]["totalCount"]), (&json!(1), &json!(0)));
    assert_eq!(found["registry"]["correctionCounts"], json!({ "waiting": 1, "overdue": 1 }));
    let word = CorrectionWord { by: Some("甲".into()), note: Some("部门请求".into()) };
    assert!(city.hub().extend_correction(&asked.id, "2026-11-24".parse().unwrap(), &word).await.is_err(), "only forward");
    city.hub().extend_correction(&asked.id, "2026-12-10".parse().unwrap(), &word).await.unwrap();
    assert_eq!(data(&server, "ann", late).await["corrections"]["totalCount"], 0);
    city.clock.set(Utc.with_ymd_and_hms(2027, 1, 4, 2, 0, 0).unwrap());
    let row = city.answer(&asked.id, CorrectionAnswer::NotOurs, None).await.unwrap();
    assert_eq!((row.state.as_str(), row.answer.as_deref()), ("ANSWERED", Some("NOT_OURS")));
    assert!(city.hub().withdraw_correction(&asked.id, &word).await.is_err(), "answered is answered");
    let other = city.ask(2, "firms", EnterpriseField::Employees).await;
    city.hub().withdraw_correction(&other.id, &word).await.unwrap();
    let refused = city.answer(&other.id, CorrectionAnswer::Confirmed, None).await.unwrap_err();
    assert!(refused.contains("was withdrawn"), "{refused}");
    // The key of a record is no cell to correct, and what nobody delivers cannot be asked about.
    let target = |field, column: Option<&str>| CorrectionTarget {
        enterprise: city.enterprise(3),
        registry: "kept".into(),
        key: None,
        field,
        column: column.map(str::to_owned),
    };
    let opening = CorrectionOpening { origin: CorrectionOrigin::Field, finding: None, reason: None, deadline: None, by: None };
    let done = city.hub().open_corrections(&[target(EnterpriseField::Revenue, None)], &opening).await.unwrap();
    assert_eq!((done.opened.len(), done.left_out[0].1.code.as_ref()), (0, "no_column"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_are_asked_about_in_bulk_and_nobody_reads_what_is_not_theirs() {
    let city = AskedCity::new(None, |_| {}).await;
    let server = city.test_hub.serve(TOKENS).await;
    let district = huitu::store::token::TokenRow {
        areas: Some("[\"110105\"]".into()),
        ..crate::support::graph::token("haidian", "district", None, None)
    };
    city.hub().store.put_token(&district).await.unwrap();
    // The insured differ on staff and on revenue, of five firms each; who may not see revenue asks about staff alone.
    let many = "mutation { openCorrections(input: { filter: { registry: [\"insured\"] }, reason: \"比对不一致\", atMost: 8 }) {
        opened existing leftOut left corrections { id } userErrors { message } } }";
    let done = data(&server, "ann", many).await["openCorrections"].take();
    assert_eq!((&done["opened"], &done["left"]), (&json!(8), &json!(2)), "{done}");
    let rest = data(&server, "ann", &many.replace("atMost: 8", "atMost: 100")).await["openCorrections"].take();
    assert_eq!((&rest["opened"], &rest["existing"]), (&json!(2), &json!(8)));
    let refused = as_token(&server, "client", many).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");

    let list = "{ corrections(first: 100) { totalCount nodes { field stated others { registry { name } value } } } }";
    let theirs = data(&server, "insured-partner", list).await["corrections"].take();
    assert_eq!(theirs["totalCount"], 10);
    for node in theirs["nodes"].as_array().unwrap() {
        assert!(node["stated"].is_string(), "its own value: {node}");
        for other in node["others"].as_array().unwrap() {
            let (registry, value) = (other["registry"]["name"].as_str().unwrap(), &other["value"]);
            match (node["field"].as_str().unwrap(), registry) {
                ("REVENUE", _) => assert!(value.is_null(), "another department's revenue: {node}"),
                (_, "kept") => assert!(value.is_null(), "the catalogue keeps it where it is: {node}"),
                _ => assert_eq!(value, "100", "{node}"),
            }
        }
    }
    let mine =
        data(&server, "secret-haidian", "{ corrections { totalCount nodes { area: enterprise { area { code } } } } }").await;
    assert_eq!(mine["corrections"]["totalCount"], 4, "the second and fourth firm lie in this district");
    let one = city.hub().store.corrections_of(&[city.enterprise(1)]).await.unwrap().remove(0);
    let other = format!("{{ node(id: \"correction:{}\") {{ id }} }}", one.id);
    for secret in ["secret-haidian", "firms-partner", "map", "client"] {
        assert_eq!(data(&server, secret, &other).await["node"], Value::Null, "{secret}");
    }
    // Cursors lead through all of them, each once.
    let mut seen = std::collections::BTreeSet::new();
    let mut after = String::new();
    loop {
        let page = format!(
            "{{ corrections(first: 3{after}) {{ edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = data(&server, "ann", &page).await["corrections"].take();
        for edge in page["edges"].as_array().unwrap() {
            assert!(seen.insert(edge["node"]["id"].as_str().unwrap().to_owned()));
        }
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: \"{}\"", page["pageInfo"]["endCursor"].as_str().unwrap());
    }
    assert_eq!(seen.len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_departments_system_reads_and_answers_once_per_key() {
    let city = AskedCity::new(None, |_| {}).await;
    let server = city.test_hub.serve(TOKENS).await;
    let ids =
        [city.ask(1, "firms", EnterpriseField::Employees).await.id, city.ask(2, "firms", EnterpriseField::Employees).await.id];
    let get = async |secret: &str, path: &str| {
        let request =
            Request::get(path).header(header::AUTHORIZATION, format!("Bearer {secret}")).header("accept-language", "en");
        server.send(request.body(Body::empty()).unwrap()).await
    };
    let (status, _, page) = get("firms-ingest", "/corrections/firms?first=1").await;
    assert_eq!((status, &page["total"], page["corrections"].as_array().unwrap().len()), (StatusCode::OK, &json!(2), 1), "{page}");
    let next = page["next"].as_str().unwrap();
    let (_, _, rest) = get("firms-ingest", &format!("/corrections/firms?first=1&after={next}")).await;
    assert_eq!((&rest["next"], rest["corrections"][0]["state"].as_str()), (&Value::Null, Some("SEEN")), "{rest}");
    for (secret, path, expected) in [
        ("insured-partner", "/corrections/firms", StatusCode::FORBIDDEN),
        ("client", "/corrections/firms", StatusCode::FORBIDDEN),
        ("boss", "/corrections/nobody", StatusCode::NOT_FOUND),
        ("firms-partner", "/corrections/firms?state=perhaps", StatusCode::BAD_REQUEST),
        ("firms-partner", "/corrections/firms?after=x", StatusCode::BAD_REQUEST),
        ("firms-partner", "/corrections/firms?lang=fr", StatusCode::BAD_REQUEST),
        // They stand as of now, and of no edition.
        ("firms-partner", "/corrections/firms?asOf=edition:1", StatusCode::BAD_REQUEST),
        ("firms-partner", "/corrections/firms?edition=1", StatusCode::BAD_REQUEST),
        ("nobody", "/corrections/firms", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(get(secret, path).await.0, expected, "{secret} {path}");
    }
    let post = async |secret: &str, registry: &str, id: &str, key: Option<&str>, body: &str| {
        let mut request = Request::post(format!("/corrections/{registry}/{id}"))
            .header(header::AUTHORIZATION, format!("Bearer {secret}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("accept-language", "en");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        server.send(request.body(Body::from(body.to_owned())).unwrap()).await
    };
    let right = r#"{"answer":"CORRECTED","value":"85"}"#;
    for (secret, registry, key, body, expected) in [
        ("firms-ingest", "firms", None, right, StatusCode::BAD_REQUEST),
        ("firms-ingest", "firms", Some("a"), "{", StatusCode::BAD_REQUEST),
        ("firms-ingest", "firms", Some("a"), r#"{"answer":"PERHAPS"}"#, StatusCode::BAD_REQUEST),
        ("firms-ingest", "firms", Some("a"), r#"{"answer":"CORRECTED"}"#, StatusCode::UNPROCESSABLE_ENTITY),
        ("firms-ingest", "firms", Some("a"), r#"{"answer":"CORRECTED","value":"many"}"#, StatusCode::UNPROCESSABLE_ENTITY),
        ("insured-partner", "insured", Some("a"), right, StatusCode::NOT_FOUND),
        ("insured-partner", "firms", Some("a"), right, StatusCode::FORBIDDEN),
    ] {
        let (status, _, answer) = post(secret, registry, &ids[0], key, body).await;
        assert_eq!(status, expected, "{secret} {body}: {answer}");
    }
    let (status, _, first) = post("firms-ingest", "firms", &ids[0], Some("k-1"), right).await;
    assert_eq!((status, &first["state"], &first["corrected"]), (StatusCode::OK, &json!("ANSWERED"), &json!("85")), "{first}");
    let (status, _, again) = post("firms-ingest", "firms", &ids[0], Some("k-1"), right).await;
    assert_eq!((status, &again["version"]), (StatusCode::OK, &first["version"]), "sent again, nothing happens twice");
    let (status, _, reused) = post("firms-ingest", "firms", &ids[1], Some("k-1"), r#"{"answer":"CONFIRMED"}"#).await;
    assert_eq!((status, &reused["error"]["code"]), (StatusCode::CONFLICT, &json!("KEY_REUSED")));
    let (status, _, twice) = post("firms-ingest", "firms", &ids[0], Some("k-2"), r#"{"answer":"CONFIRMED"}"#).await;
    assert_eq!((status, &twice["error"]["code"]), (StatusCode::CONFLICT, &json!("ALREADY_ANSWERED")));
    assert!(twice["error"]["message"].as_str().unwrap().contains("by firms-ingest on 2026-11-22 10:00"), "{twice}");
    let answered = city.hub().store.correction_histories(&[ids[0].clone()]).await.unwrap();
    assert_eq!(answered.iter().filter(|e| e.what == CorrectionStepKind::Answered.name()).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_letter_names_every_request_escaped_in_both_languages_and_notes_it_as_sent() {
    let city = AskedCity::new(None, |_| {}).await;
    city.firms(&[(1, "<script>alert(1)</script>", "是"), (2, "100", "是"), (3, "100", "是"), (4, "100", "是"), (5, "100", "是")]);
    city.sync().await;
    let asked = [city.ask(1, "firms", EnterpriseField::Employees).await, city.ask(1, "firms", EnterpriseField::Revenue).await];
    let server = city.test_hub.serve(TOKENS).await;
    let get = async |secret: &str, lang: &str| {
        let request = Request::get("/letters/corrections-firms.html")
            .header(header::AUTHORIZATION, format!("Bearer {secret}"))
            .header(header::ACCEPT_LANGUAGE, lang);
        let (status, _, bytes) = server.bytes(request.body(Body::empty()).unwrap()).await;
        (status, String::from_utf8(bytes).unwrap())
    };
    for (lang, words) in [
        ("zh", ["数据校核函", "如何答复", "核实无误"]),
        ("en", ["Request to verify data", "How to answer", "right as it stands"]),
    ] {
        let (status, page) = get("ann", lang).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(words.iter().all(|word| page.contains(word)), "{page}");
        assert!(asked.iter().all(|row| page.contains(&row.id)) && page.contains("2026-12-04"), "{page}");
        assert!(!page.contains("<script>") && page.contains("&#60;script&#62;") && !page.contains("登记<b>甲"), "{page}");
        assert!(
            page.contains("120") && !page.contains("9000000") && !page.contains("777"),
            "what the department may see: {page}"
        );
    }
    assert_eq!(city.events(&asked[0].id).await, ["OPENED", "SENT"], "once, however often it is printed");
    assert_eq!(get("firms-partner", "en").await.0, StatusCode::OK);
    assert_eq!(city.events(&asked[0].id).await, ["OPENED", "SENT", "SEEN"]);
    for secret in ["insured-partner", "client", "map"] {
        assert_eq!(get(secret, "en").await.0, StatusCode::FORBIDDEN, "{secret}");
    }
    // What the deployer wrote is used, and a slip in it is named.
    city.test_hub.write("data/letters/correction.zh.txt", "致{department}：{count} 处\n\n{deadlin}");
    let (status, page) = get("ann", "zh").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(page.contains("{deadlin}") && page.contains("{deadline}"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_and_a_receiver_are_told_of_their_registry_alone() {
    use futures_util::StreamExt;
    let city = AskedCity::new(None, |_| {}).await;
    let server = city.test_hub.serve(TOKENS).await;
    let mut events = Box::pin(told_events(&server));
    let asked = city.ask(1, "firms", EnterpriseField::Employees).await;
    server.state.refresh().await.unwrap();
    let event = events.next().await.unwrap();
    assert_eq!((event.correction_id.as_str(), event.what.as_str()), (asked.id.as_str(), "OPENED"));

    let receiver = std::sync::Arc::new(std::sync::Mutex::new(Vec::<Value>::new()));
    let kept = receiver.clone();
    let app = axum::Router::new().route(
        "/hook",
        axum::routing::post(move |body: String| {
            let kept = kept.clone();
            async move {
                let body: Value = serde_json::from_str(&body).unwrap();
                let id = body["id"].as_str().unwrap().to_owned();
                kept.lock().unwrap().push(body);
                id
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let make = |kinds: &str| {
        format!(
            "mutation {{ createWebhook(input: {{ url: \"http://{address}/hook\", kinds: [{kinds}] }}) {{ webhook {{ id kinds }} userErrors {{ message }} }} }}"
        )
    };
    let refused = as_token(&server, "firms-partner", &make("CORRECTION, VERDICT")).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let made = data(&server, "firms-partner", &make("CORRECTION")).await["createWebhook"].take();
    assert_eq!(made["webhook"]["kinds"], json!(["CORRECTION"]), "{made}");
    city.ask(2, "insured", EnterpriseField::Employees).await;
    city.answer(&asked.id, CorrectionAnswer::Confirmed, None).await.unwrap();
    assert_eq!(city.hub().spread_webhooks().await.unwrap(), 1, "of its own registry alone");
    city.hub().send_webhooks().await.unwrap();
    let told = receiver.lock().unwrap().clone();
    let message = told.iter().find(|m| m["kind"] == "CORRECTION").unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(
        (&message["what"], &message["correction"]["recordKey"], &message["enterprise"]),
        (&json!("ANSWERED"), &json!("F1"), &Value::Null)
    );
    assert!(!message.to_string().contains("\"100\""), "what is disputed is asked for, not sent: {message}");
    // It goes on with the token that follows, and ends with the token: whoever was let go is told nothing more.
    let count = || receiver.lock().unwrap().len();
    let (next, before) = (city.hub().rotate_token("firms-partner", 0, 30).await.unwrap(), count());
    city.ask(3, "firms", EnterpriseField::Employees).await;
    city.hub().spread_webhooks().await.unwrap();
    city.hub().send_webhooks().await.unwrap();
    assert_eq!(count(), before + 1, "the next token's");
    city.hub().revoke_token(&next.row.id).await.unwrap();
    city.ask(4, "firms", EnterpriseField::Employees).await;
    city.hub().spread_webhooks().await.unwrap();
    city.hub().send_webhooks().await.unwrap();
    assert_eq!((count(), city.hub().store.webhooks(None).await.unwrap().len()), (before + 1, 0));
    serving.abort();
}

/// Events of requests as the server hands them on.
fn told_events(
    server: &TestServer,
) -> impl futures_util::Stream<Item = Arc<huitu::store::correction_event::CorrectionEventRow>> + use<> {
    let receiver = server.state.state().events().corrections.subscribe();
    futures_util::stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await.ok()?, receiver)) })
}
