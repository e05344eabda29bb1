//! Texts that mean one of a closed set: what is none of it is an error that names what there is, never an empty answer. Every text that the
//! graph takes stands in one of the tables below; one that is new must be put into one of them.

use std::collections::BTreeSet;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{InputValueDefinition, TypeKind, TypeSystemDefinition};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use crate::federation::{UNITS, bring};
use crate::support::graph::served;

/// Where a text names one of a closed set, a question with one that is not in it, and a word of what there is or how it is written.
const CLOSED: &[(&str, &str, &str)] = &[
    (
        "UnionUnit.target(indicator)",
        r#"unionUnit(code: "BJ") { target(year: 2026, indicator: "happiness") { value } }"#,
        "net_new_units",
    ),
    (
        "TargetKey.indicator",
        r#"coverage(by: [DISTRICT], target: { year: 2026, indicator: "happiness" }) { rows { enterprises } }"#,
        "coverage_rate",
    ),
    ("CorrectionFilter.registry", r#"corrections(filter: { registry: ["taxes"] }) { totalCount }"#, "tax"),
    ("CorrectionFilter.area", r#"corrections(filter: { area: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("ConflictFilter.registry", r#"conflicts(filter: { registry: ["taxes"] }) { totalCount }"#, "tax"),
    ("ConflictFilter.area", r#"conflicts(filter: { area: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("ReviewFilter.registry", r#"review(filter: { registry: ["taxes"] }) { totalCount }"#, "tax"),
    ("ReviewFilter.area", r#"review(filter: { area: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("TradeUnionFilter.area", r#"tradeUnions(filter: { area: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("LeadFilter.area", r#"leads(filter: { area: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("LeadFilter.unit", r#"leads(filter: { unit: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("CaseFilter.area", r#"cases(filter: { area: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("CaseFilter.unit", r#"cases(filter: { unit: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("CaseFilter.reason", r#"cases(filter: { reason: ["bored"] }) { totalCount }"#, "bored"),
    ("CaseOwnerKey.unit", r#"cases(filter: { owner: { unit: "nowhere" } }) { totalCount }"#, "nowhere"),
    ("EnterpriseFilter.area", r#"enterprises(filter: { area: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("EnterpriseFilter.unit", r#"enterprises(filter: { unit: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("EnterpriseFilter.industry", r#"enterprises(filter: { industry: ["nothing"] }) { totalCount }"#, "nothing"),
    ("EnterpriseFilter.investorCountry", r#"enterprises(filter: { investorCountry: ["Atlantis"] }) { totalCount }"#, "Atlantis"),
    ("EnterpriseFilter.inRegistry", r#"enterprises(filter: { inRegistry: ["taxes"] }) { totalCount }"#, "tax"),
    ("EnterpriseFilter.notInRegistry", r#"enterprises(filter: { notInRegistry: ["taxes"] }) { totalCount }"#, "tax"),
    ("EnterpriseFilter.hasFinding", r#"enterprises(filter: { hasFinding: ["bored"] }) { totalCount }"#, "bored"),
    ("RecordKey.registry", r#"enterprise(by: { record: { registry: "taxes", key: "1" } }) { id }"#, "tax"),
    (
        "Enterprise.events(kind)",
        r#"enterprises(first: 1) { nodes { events(kind: "inspektion") { totalCount } } }"#,
        "work_safety_inspection",
    ),
    ("Enterprise.live(registries)", r#"enterprises(first: 1) { nodes { live(registries: ["taxes"]) { state } } }"#, "taxes"),
    ("Query.industries(edition)", r#"industries(level: SECTION, edition: "1999") { code }"#, "2017"),
    ("Query.labels(of)", r#"labels(of: "Ownerships") { value }"#, "Ownership"),
    ("Query.policyPreview(takeBack)", r#"policyPreview(change: {}, takeBack: ["grace"]) { judged }"#, "grace"),
    ("Query.statedFigures(unit)", r#"statedFigures(unit: "parsecs") { totalCount }"#, "parsecs"),
    ("Query.unionKeyPoints(within)", r#"unionKeyPoints(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionObjections(within)", r#"unionObjections(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionPilotAreas(within)", r#"unionPilotAreas(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionRewards(within)", r#"unionRewards(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionStandings(within)", r#"unionStandings(year: 2026, level: STREET, within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionWork(indicator)", r#"unionWork(indicator: "happiness") { totalCount }"#, "happiness"),
    ("Query.unionWork(within)", r#"unionWork(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    (
        "UnionUnit.targetHistory(indicator)",
        r#"unionUnit(code: "BJ") { targetHistory(year: 2026, indicator: "happiness") { value } }"#,
        "happiness",
    ),
    ("Query.unionUnits(within)", r#"unionUnits(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionPosts(within)", r#"unionPosts(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionPostCounts(within)", r#"unionPostCounts(by: [], within: "NOWHERE") { __typename }"#, "NOWHERE"),
    ("Query.unionServices(within)", r#"unionServices(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionServices(period)", r#"unionServices(period: "2010Q3") { totalCount }"#, "2010-06"),
    ("Query.unionServiceCounts(within)", r#"unionServiceCounts(by: [], within: "NOWHERE") { __typename }"#, "NOWHERE"),
    ("Query.unionPlaces(within)", r#"unionPlaces(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.dispatchAgreements(within)", r#"dispatchAgreements(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionCollections(within)", r#"unionCollections(within: "NOWHERE") { totalCount }"#, "NOWHERE"),
    ("Query.unionCollections(period)", r#"unionCollections(period: "2010-06") { totalCount }"#, "2010Q3"),
    ("Query.federationFigures(unit)", r#"federationFigures(unit: "furlongs") { code }"#, "furlongs"),
    ("DutyFilter.unit", r#"heldDuties(filter: { unit: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("WorkloadFilter.unit", r#"workloads(filter: { unit: ["nowhere"] }) { totalCount }"#, "nowhere"),
    ("Query.duties(unit)", r#"duties(unit: "nowhere") { id }"#, "nowhere"),
    ("Query.visitLists(unit)", r#"visitLists(unit: "nowhere") { id }"#, "nowhere"),
];

/// The same in subscriptions.
const TOLD: &[(&str, &str)] = &[
    ("Subscription.correctionChanged(registry)", r#"subscription { correctionChanged(registry: "taxes") { __typename } }"#),
    ("Subscription.dutyChanged(unit)", r#"subscription { dutyChanged(unit: "taxes") { at } }"#),
    ("Subscription.visitListChanged(unit)", r#"subscription { visitListChanged(unit: "taxes") { at } }"#),
    ("Subscription.syncProgress(registry)", r#"subscription { syncProgress(registry: "taxes") { stage } }"#),
];

/// Closed sets of changes: each refuses what is none of it among its `userErrors`.
const CHANGES: &[&str] = &[
    "AddDutyInput.area",
    "AddDutyInput.industry",
    "AddDutyInput.building",
    "CaseOwnerInput.unit",
    "CloseCaseInput.reason",
    "CreateTokenInput.registry",
    "CreateTokenInput.areas",
    "CreateWebhookInput.areas",
    "FindingInput.reason",
    "OpenCorrectionInput.registry",
    "OpenCorrectionInput.column",
    "PolicyWeightInput.name",
    "PublicationLimitInput.name",
    "ReplayInput.registry",
    "SavePolicyInput.takeBack",
    "SaveRegistrySettingsInput.registry",
    "SaveRegistrySettingsInput.takeBack",
    "SetTargetInput.area",
    "SetTargetInput.indicator",
    "StartSyncInput.registries",
    "ThresholdAmountInput.metric",
    "ThresholdInput.code",
    "WithdrawTargetInput.area",
    "WithdrawTargetInput.indicator",
    "CreateExportInput.fields",
];

/// Free texts, by the name of the argument or key: what people write, cursors, addresses, sheets; and keys of single things, of which
/// there may be none.
const FREE: &[&str] = &[
    "address",
    "after",
    "by",
    "caller",
    "code",
    "creditCode",
    "entries",
    "idempotencyKey",
    "insuranceNumber",
    "key",
    "name",
    "note",
    "operation",
    "organisationCode",
    "page",
    "purpose",
    "purposes",
    "query",
    "reason",
    "recordKey",
    "registration",
    "request",
    "responsible",
    "role",
    "schedule",
    "search",
    "sheet",
    "source",
    "taxNumber",
    "text",
    "title",
    "url",
    "value",
    "version",
    "visitor",
    "why",
];

/// Every text that the schema takes: `Type.field(argument)` or `Input.key`.
fn texts() -> BTreeSet<String> {
    let is_text = |value: &InputValueDefinition| value.ty.node.to_string().trim_matches(['[', ']', '!']) == "String";
    let mut found = BTreeSet::new();
    for definition in parse_schema(include_str!("../../schema.graphql")).unwrap().definitions {
        let TypeSystemDefinition::Type(of) = definition else { continue };
        let name = of.node.name.node.to_string();
        match of.node.kind {
            TypeKind::Object(object) => {
                for field in object.fields {
                    let arguments = field.node.arguments.iter().map(|argument| &argument.node).filter(|a| is_text(a));
                    found.extend(arguments.map(|a| format!("{name}.{}({})", field.node.name.node, a.name.node)));
                }
            }
            TypeKind::InputObject(input) => {
                found.extend(
                    input.fields.iter().filter(|key| is_text(&key.node)).map(|key| format!("{name}.{}", key.node.name.node)),
                );
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_text_that_the_graph_takes_is_known_to_be_free_or_of_a_closed_set() {
    let texts = texts();
    assert!(texts.len() > 100, "{}", texts.len());
    let closed: BTreeSet<&str> =
        CLOSED.iter().map(|c| c.0).chain(TOLD.iter().map(|t| t.0)).chain(CHANGES.iter().copied()).collect();
    let is_free = |text: &str| {
        let name = text.trim_end_matches(')').rsplit(['.', '(']).next().unwrap_or("");
        FREE.contains(&name)
    };
    let unknown: Vec<&String> = texts.iter().filter(|text| !closed.contains(text.as_str()) && !is_free(text)).collect();
    assert!(unknown.is_empty(), "say of these whether they are of a closed set: {unknown:#?}");
    let gone: Vec<&&str> = closed.iter().filter(|text| !texts.contains(**text)).collect();
    assert!(gone.is_empty(), "these are no texts of the schema: {gone:#?}");
}

#[tokio::test]
async fn a_name_that_is_none_of_a_closed_set_is_refused_with_what_there_is() {
    let served = served(400, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    for (place, question, word) in CLOSED {
        let answer = served.ask(&format!("{{ {question} }}"), json!({})).await;
        let error = &answer["errors"][0];
        assert!(matches!(error["extensions"]["code"].as_str(), Some("BAD_INPUT" | "NOT_FOUND")), "{place}: {answer}");
        let said = format!("{} {}", error["message"], error["extensions"]["hint"]);
        assert!(said.contains(word), "{place}: {said}");
    }
    for (place, question) in TOLD {
        let request = Request::post("/graphql/sse")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream")
            .body(Body::from(json!({ "query": question }).to_string()));
        let (status, _, bytes) = served.send(request.unwrap()).await;
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("taxes") && text.contains("BAD_INPUT"), "{place}: {status} {text}");
        assert!(status == StatusCode::OK || status == StatusCode::BAD_REQUEST, "{place}");
    }
}
