//! Role × field × output: every field of the graph's roots and of an enterprise, and every route, asked by every kind of caller. The
//! fields are read from the schema: one that is new fails here until somebody says whose it is.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::access::{AccessScope, Caller, Role};
use huitu::serve::Authentication;
use huitu::store::token::TokenRow;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, token};

/// What it takes to read a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// To be let in.
    Nothing,
    /// To see enterprises one by one: a map is refused, and to whoever sees none there are none.
    Single,
    Scope(AccessScope),
    /// A scope, or to be the department whose registry it is about.
    Department(AccessScope),
}

const FINANCE: Needs = Needs::Scope(AccessScope::Finance);
const RECORDS: Needs = Needs::Scope(AccessScope::Records);
const REVIEW: Needs = Needs::Scope(AccessScope::Review);
const EXPORT: Needs = Needs::Scope(AccessScope::Export);
const OPERATE: Needs = Needs::Scope(AccessScope::Operate);
const TOKENS: Needs = Needs::Scope(AccessScope::Tokens);
const AUDIT: Needs = Needs::Scope(AccessScope::Audit);

const QUERIES: &[(Needs, &str)] = &[
    (
        Needs::Nothing,
        "node nodes coverage areas area industries labels targets registries registry editions viewer savedViews policy _service _entities",
    ),
    (Needs::Single, "gap enterprises enterprise search tradeUnions tradeUnion"),
    (
        REVIEW,
        "review cases work heldDuties duties workloads workload enterpriseLists namedLists namedList leads unionUnits unionUnit unionPosts unionPlaces unionPlace
         unionServices unionServiceCounts unionPostCounts nearestPlace dispatchAgreements
         unionCollections unionAppraisal federationFigures unionStandings unionWork unionObjections unionRewards appraisalYears
         unionPilotAreas unionKeyPoints statedFigures visitLists visitList",
    ),
    (EXPORT, "exports"),
    (Needs::Department(AccessScope::Export), "webhooks"),
    (Needs::Department(AccessScope::Review), "corrections"),
    (TOKENS, "tokens"),
    (AUDIT, "auditSearch"),
    (RECORDS, "conflicts"),
    (OPERATE, "heldEdition policyPreview"),
];

const CHANGES: &[(Needs, &str)] = &[
    (
        REVIEW,
        "judge withdrawJudgement recordFinding withdrawFinding openCase openCases changeCase closeCase reopenCase addDuty endDuty
         assignCases handOver importFederation withdrawFederation createNamedList removeNamedList setSeat drawVisitLists settleVisits takeBackVisits
         openCorrection openCorrections withdrawCorrection extendCorrection",
    ),
    (
        OPERATE,
        "startSync decideBatch releaseEdition rejectEdition replayQuarantine setTarget withdrawTarget importTargets
         savePolicy withdrawPolicy saveRegistrySettings",
    ),
    (EXPORT, "createExport createWebhook"),
    (Needs::Department(AccessScope::Export), "removeWebhook replayWebhook"),
    (Needs::Department(AccessScope::Operate), "answerCorrection"),
    (TOKENS, "createToken rotateToken revokeToken"),
    // The caller's own, and what they may ask for anyway.
    (Needs::Nothing, "saveView removeView signAddress"),
];

const OF_AN_ENTERPRISE: &[(Needs, &str)] = &[
    (
        Needs::Nothing,
        "id stableId creditCode creditCodeRaw name formerNames status establishedOn area address location industry ownership
         registrationType investorCountries investorCountryCodes membersExceedStaff employees insured tags tagReasons designatedSize unionCoverage
         gap relations records history branches investors investments dispatchesTo dispatchedFrom branchOf",
    ),
    (FINANCE, "revenueYuan payrollYuan fund"),
    (RECORDS, "provenance conflicts identity live disputes events"),
    (REVIEW, "findings case responsible corrections place nearestStation"),
    (AUDIT, "lookedAtBy"),
];

fn needs(table: &[(Needs, &str)]) -> BTreeMap<String, Needs> {
    table.iter().flat_map(|(needs, names)| names.split_whitespace().map(|name| (name.to_owned(), *needs))).collect()
}

/// The types of the schema, by name.
pub struct Types(pub BTreeMap<String, Value>);

impl Types {
    pub async fn of(served: &Served) -> Types {
        const TYPE: &str = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
        let query = format!(
            "{{ __schema {{ types {{ kind name enumValues {{ name }} inputFields {{ name defaultValue type {{ {TYPE} }} }}
               fields(includeDeprecated: true) {{ name type {{ {TYPE} }} args {{ name defaultValue type {{ {TYPE} }} }} }} }} }} }}"
        );
        let answer = served.ask_as(Some("secret-chief"), &query, json!({})).await;
        let types = answer["data"]["__schema"]["types"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        Types(types.into_iter().map(|t| (t["name"].as_str().unwrap_or("").to_owned(), t)).collect())
    }

    pub fn fields(&self, of: &str) -> Vec<Value> {
        self.0[of]["fields"].as_array().unwrap().clone()
    }

    /// The least value that a required argument can have; None where it may be left out.
    fn value(&self, input: &Value) -> Option<String> {
        if !input["defaultValue"].is_null() || input["type"]["kind"] != "NON_NULL" {
            return None;
        }
        let inner = &input["type"]["ofType"];
        let name = inner["name"].as_str().unwrap_or("");
        Some(match (inner["kind"].as_str().unwrap_or(""), name) {
            ("LIST", _) => "[]".to_owned(),
            ("ENUM", _) => self.0[name]["enumValues"][0]["name"].as_str().unwrap().to_owned(),
            ("INPUT_OBJECT", "EnterpriseKey") => "{ id: \"E000000000000\" }".to_owned(),
            ("INPUT_OBJECT", "AreaKey") => "{ code: \"110105\" }".to_owned(),
            ("INPUT_OBJECT", _) => format!("{{ {} }}", self.values(&self.0[name]["inputFields"])),
            (_, "Int" | "Float") => "1".to_owned(),
            (_, "Boolean") => "true".to_owned(),
            (_, "Date") => "\"2026-01-01\"".to_owned(),
            (_, "DateTime") => "\"2026-01-01T00:00:00Z\"".to_owned(),
            (_, "Decimal") => "\"1\"".to_owned(),
            _ => "\"x\"".to_owned(),
        })
    }

    pub fn values(&self, inputs: &Value) -> String {
        let given =
            inputs.as_array().unwrap().iter().filter_map(|i| Some(format!("{}: {}", i["name"].as_str()?, self.value(i)?)));
        given.collect::<Vec<_>>().join(", ")
    }

    /// A field with the least that it needs.
    fn asked(&self, field: &Value) -> String {
        let mut inner = &field["type"];
        while !inner["ofType"].is_null() {
            inner = &inner["ofType"];
        }
        let arguments = match field["name"].as_str() {
            Some("_entities") => "representations: [{ __typename: \"Enterprise\", id: \"E000000000000\" }]".to_owned(),
            _ => self.values(&field["args"]),
        };
        let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
        let below = if matches!(inner["kind"].as_str(), Some("SCALAR" | "ENUM")) { "" } else { " { __typename }" };
        format!("{}{arguments}{below}", field["name"].as_str().unwrap())
    }
}

/// Whether an answer refuses this field.
fn refuses(answer: &Value, field: &str) -> bool {
    let of_field = |e: &Value| e["path"].as_array().is_none_or(|path| path.iter().any(|part| part == field));
    let is_refusal = |e: &Value| matches!(e["extensions"]["code"].as_str(), Some("FORBIDDEN" | "FORBIDDEN_FIELD"));
    answer["errors"].as_array().is_some_and(|errors| errors.iter().any(|e| is_refusal(e) && of_field(e)))
}

/// A token of every role, and a client for every scope alone.
async fn guarded() -> (Served, Vec<Caller>) {
    let served = served(300, |options| options.access = Authentication::Tokens).await;
    served.state.hub().store.put_token(&token("chief", "admin", None, None)).await.unwrap();
    let mut callers = Vec::new();
    for role in Role::ALL {
        let areas = (role == Role::District).then_some(r#"["110105"]"#);
        let registry = role.has_registry().then(|| "tax".to_owned());
        let row = TokenRow { registry: registry.clone(), ..token(role.name(), role.name(), areas, None) };
        served.state.hub().store.put_token(&row).await.unwrap();
        callers.push(Caller { registry, ..Caller::new(role.name(), role) });
    }
    for scope in AccessScope::ALL {
        let scopes = Some(json!([scope.name()]).to_string());
        let row = TokenRow { scopes, ..token(scope.name(), "client", None, None) };
        served.state.hub().store.put_token(&row).await.unwrap();
        callers.push(Caller { scopes: vec![scope], ..Caller::new(scope.name(), Role::Client) });
    }
    (served, callers)
}

fn is_refused(caller: &Caller, needs: Needs) -> bool {
    match needs {
        _ if caller.role == Role::Ingest => true,
        Needs::Nothing => false,
        Needs::Single => caller.role == Role::Map,
        Needs::Scope(scope) => !caller.may(scope),
        Needs::Department(scope) => caller.role != Role::Partner && !caller.may(scope),
    }
}

async fn asked(served: &Served, caller: &Caller, query: &str) -> Value {
    served.ask_as(Some(&format!("secret-{}", caller.name)), query, json!({})).await
}

fn named(fields: &[Value], table: &BTreeMap<String, Needs>, of: &str) {
    let names: Vec<&str> = fields.iter().map(|f| f["name"].as_str().unwrap()).collect();
    let new: Vec<&&str> = names.iter().filter(|name| !table.contains_key(**name)).collect();
    assert!(new.is_empty(), "{of}: say in the table of this test whose {new:?} are");
    let gone: Vec<&String> = table.keys().filter(|name| !names.contains(&name.as_str())).collect();
    assert!(gone.is_empty(), "{of} has no {gone:?} any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_to_those_whose_it_is_and_to_nobody_else() {
    let (served, callers) = guarded().await;
    let types = Types::of(&served).await;
    let table = needs(QUERIES);
    let fields = types.fields("Query");
    named(&fields, &table, "Query");
    for field in &fields {
        let name = field["name"].as_str().unwrap();
        let query = format!("{{ {} }}", types.asked(field));
        for caller in &callers {
            let answer = asked(&served, caller, &query).await;
            assert_eq!(refuses(&answer, name), is_refused(caller, table[name]), "{} asks {query}: {answer}", caller.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_by_anybody_whose_it_is_not() {
    let (served, callers) = guarded().await;
    let types = Types::of(&served).await;
    let table = needs(CHANGES);
    let fields = types.fields("Mutation");
    named(&fields, &table, "Mutation");
    for field in &fields {
        let name = field["name"].as_str().unwrap();
        let change = format!("mutation {{ {} }}", types.asked(field));
        for caller in callers.iter().filter(|caller| is_refused(caller, table[name])) {
            let answer = asked(&served, caller, &change).await;
            assert!(refuses(&answer, name), "{} sends {change}: {answer}", caller.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_of_an_enterprise_needs_what_the_table_says() {
    let (served, callers) = guarded().await;
    let types = Types::of(&served).await;
    let table = needs(OF_AN_ENTERPRISE);
    let fields = types.fields("Enterprise");
    named(&fields, &table, "Enterprise");
    let all: Vec<String> = fields.iter().map(|field| types.asked(field)).collect();
    let query = format!("{{ enterprises(first: 1) {{ nodes {{ {} }} }} }}", all.join(" "));
    for caller in callers.iter().filter(|caller| caller.role.sees_single_enterprises()) {
        let answer = asked(&served, caller, &query).await;
        assert_eq!(answer["data"]["enterprises"]["nodes"].as_array().map(Vec::len), Some(1), "{}: {answer}", caller.name);
        for (name, needs) in &table {
            assert_eq!(refuses(&answer, name), is_refused(caller, *needs), "{} asks for {name}: {answer}", caller.name);
        }
    }
}

/// A route, and what it takes.
const ROUTES: &[(&str, &[Needs])] = &[
    ("/geo/districts.geojson", &[Needs::Nothing]),
    ("/geo/streets.geojson", &[Needs::Nothing]),
    ("/tiles/coverage.json", &[Needs::Nothing]),
    ("/tiles/coverage/8/210/96.mvt", &[Needs::Nothing]),
    ("/map/style.json", &[Needs::Nothing]),
    ("/tiles/gap.json", &[Needs::Single]),
    ("/tiles/gap/8/210/96.mvt", &[Needs::Single]),
    ("/tiles/gap/13/6743/3105.mvt", &[Needs::Single]),
    ("/reconcile?queries=%7B%22a%22%3A%7B%22query%22%3A%22%E5%8C%97%E4%BA%AC%22%7D%7D", &[Needs::Single]),
    ("/export/gap.csv", &[EXPORT]),
    ("/export/enterprises.ndjson", &[EXPORT]),
    ("/export/work/cases.csv", &[EXPORT, REVIEW]),
    ("/export/work/leads.ndjson", &[EXPORT, REVIEW]),
    ("/export/work/duties.csv", &[EXPORT, REVIEW]),
    ("/export/work/named-lists.csv", &[EXPORT, REVIEW]),
    ("/letters/preparatory-fund.html", &[FINANCE, EXPORT]),
    ("/bulletins/110105.html?period=2026", &[FINANCE, RECORDS, EXPORT]),
    ("/metrics", &[OPERATE]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_keeps_to_the_same_rights_and_names_nobody_to_those_who_see_nobody() {
    let (served, callers) = guarded().await;
    let names = served.ask_as(Some("secret-chief"), "{ enterprises(first: 300) { nodes { id name } } }", json!({})).await;
    let names: Vec<String> = names["data"]["enterprises"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|n| [n["id"].as_str().unwrap().to_owned(), n["name"].as_str().unwrap().to_owned()])
        .collect();
    let is_told = |text: &str| names.iter().any(|name| text.contains(name.as_str()));
    let mut told = 0;
    for caller in &callers {
        let fetched = async |request: axum::http::request::Builder, body: String| {
            let request = request.header(header::AUTHORIZATION, format!("Bearer secret-{}", caller.name));
            let (status, _, bytes) = served.send(request.body(Body::from(body)).unwrap()).await;
            (status, String::from_utf8_lossy(&bytes).into_owned())
        };
        let mut seen = Vec::new();
        for (route, needs) in ROUTES {
            let (status, body) = fetched(Request::get(*route), String::new()).await;
            let is_refusal = status == StatusCode::FORBIDDEN;
            let is_refused = needs.iter().any(|needs| is_refused(caller, *needs));
            assert_eq!(is_refusal, is_refused, "{} fetches {route}: {status} {body:.300}", caller.name);
            seen.push((*route, body));
        }
        let (status, body) =
            fetched(Request::post("/check"), json!({ "units": [names[1]], "purpose": "审批" }).to_string()).await;
        assert_eq!(status == StatusCode::FORBIDDEN, is_refused(caller, Needs::Single), "{}: {body:.300}", caller.name);
        // What was asked is said back; who was found is not in it.
        seen.push(("/check", body.replacen(names[1].as_str(), "", 1)));
        let lists = "{ gap(first: 50) { nodes { id name } } a: enterprises(first: 50) { nodes { name } } }";
        seen.push(("graph", asked(&served, caller, lists).await.to_string()));
        for (way, body) in seen {
            let is_told = is_told(&body);
            assert!(caller.role.sees_single_enterprises() || !is_told, "{} reads a name by {way}", caller.name);
            told += usize::from(is_told);
        }
    }
    assert!(told > 20, "those who may see names do: {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_map_counts_by_area_and_dimension_and_by_no_filter() {
    let (served, _) = guarded().await;
    let as_map = async |query: &str| served.ask_as(Some("secret-map"), query, json!({})).await;
    let all = as_map("{ coverage(by: [DISTRICT]) { total { enterprises } rows { suppressed enterprises } } }").await;
    let whole = all["data"]["coverage"]["total"]["enterprises"].as_u64().unwrap_or_else(|| panic!("{all}"));
    assert!(whole.abs_diff(300) < 30 && whole.is_multiple_of(3), "the whole city is counted, rounded: {all}");
    let one_district = as_map("{ coverage(by: [], within: { code: \"110105\" }) { total { enterprises } } }").await;
    assert!(one_district["data"]["coverage"]["total"]["enterprises"].as_u64().unwrap() > 3, "{one_district}");
    let filtered = as_map("{ coverage(by: [], filter: { text: \"北京\" }) { total { enterprises } } }").await;
    assert_eq!(filtered["errors"][0]["extensions"]["code"], "FORBIDDEN", "{filtered}");
    let small = "{ coverage(by: [TOWN, INDUSTRY_DIVISION]) { roundedTo rows { suppressed enterprises inGap members } deciding { enterprises } } }";
    let (small, exact) = (as_map(small).await, served.ask_as(Some("secret-chief"), small, json!({})).await);
    let rows = |answer: &Value| answer["data"]["coverage"]["rows"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    assert_eq!((&small["data"]["coverage"]["roundedTo"], &exact["data"]["coverage"]["roundedTo"]), (&json!(3), &Value::Null));
    assert!(rows(&small).len() < rows(&exact).len(), "small groups are not there");
    assert_eq!(small["data"]["coverage"]["deciding"], json!([]));
    for row in rows(&small) {
        let told = ["enterprises", "inGap"].map(|count| row[count].as_u64().unwrap());
        assert!(told[0] >= 3 && told.iter().all(|n| n.is_multiple_of(3)), "{row}");
    }
    let three = as_map("{ coverage(by: [TOWN, INDUSTRY_DIVISION, OWNERSHIP]) { total { enterprises } } }").await;
    assert_eq!(three["errors"][0]["extensions"]["code"], "BAD_INPUT", "{three}");
    let of_edition = as_map("{ editions(first: 1) { nodes { enterprises } } }").await;
    assert_eq!(of_edition["data"]["editions"]["nodes"][0]["enterprises"], json!(300), "{of_edition}");
    let get =
        Request::get("/geo/streets.geojson").header(header::AUTHORIZATION, "Bearer secret-map").body(Body::empty()).unwrap();
    let streets: Value = serde_json::from_slice(&served.send(get).await.2).unwrap();
    assert_eq!(streets["total"]["roundedTo"], json!(3), "{}", streets["total"]);
    for street in streets["features"].as_array().unwrap() {
        let told = &street["properties"];
        match told["suppressed"].as_bool() {
            Some(true) => assert!(told.get("enterprises").is_none(), "{told}"),
            _ => assert!(told["enterprises"].as_u64().unwrap().is_multiple_of(3) && told["enterprises"] != json!(0), "{told}"),
        }
    }
    for route in [
        "/geo/districts.geojson?area=110105",
        "/geo/districts.geojson?text=%E5%8C%97%E4%BA%AC",
        "/tiles/coverage.json?area=110105",
    ] {
        let request = Request::get(route).header(header::AUTHORIZATION, "Bearer secret-map").body(Body::empty()).unwrap();
        assert_eq!(served.send(request).await.0, StatusCode::FORBIDDEN, "{route}");
    }
    let request = Request::get("/map/style.json").header(header::AUTHORIZATION, "Bearer secret-map").body(Body::empty()).unwrap();
    let style: Value = serde_json::from_slice(&served.send(request).await.2).unwrap();
    assert!(style["sources"]["coverage"].is_object() && style["sources"].get("gap").is_none(), "{style}");
}

#[test]
fn the_book_says_of_every_role_and_scope_what_the_program_says() {
    for page in ["docs/src/operate/tokens.md", "docs/src/zh/operate/tokens.md"] {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Ingest) {
            let line = text.lines().find(|line| line.starts_with(&format!("| `{}` |", role.name())));
            let line = line.unwrap_or_else(|| panic!("{page} has no line of {}", role.name()));
            let told: Vec<&str> = line.rsplit('|').nth(1).unwrap().split('`').skip(1).step_by(2).collect();
            let scopes: Vec<&str> = Caller::new("x", role).scopes.iter().map(|scope| scope.name()).collect();
            assert_eq!(told, scopes, "{page}: {}", role.name());
        }
        for scope in AccessScope::ALL {
            assert!(text.lines().any(|line| line.starts_with(&format!("| `{}` |", scope.name()))), "{page}: {}", scope.name());
        }
    }
}
