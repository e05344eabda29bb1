//! Whose duties are told and given: those of one's own units, areas and enterprises; owners that were entered with the federation; whom
//! nobody is responsible for; who follows whom.

use std::collections::HashSet;

use chrono::{TimeZone, Utc};
use huitu::edition::synthetic::input;
use huitu::model::tie::{Tie, TieKind};
use serde_json::{Value, json};

use crate::cases::{CaseCity, agrees_with_its_steps};
use crate::federation::{UNITS, bring};
use crate::registries::credit_code;
use crate::support::graph::{Served, served, served_with, token};

const ADD: &str = "mutation($input: AddDutyInput!) { addDuty(input: $input) { duty { id enterprise { id } } userErrors { field zh: message(lang: ZH) en: message(lang: EN) } } }";

async fn guarded() -> Served {
    let served = served(800, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "admin", None), ("one", "district", Some("[\"110101\"]"))] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let units = "mutation($sheet: String!) { importFederation(input: { noun: UNIT, sheet: $sheet }) { kept } }";
    let kept = served.ask_as(Some("secret-ann"), units, json!({ "sheet": UNITS })).await;
    assert_eq!(kept["data"]["importFederation"]["kept"], 7, "{kept}");
    served
}

async fn add(served: &Served, who: &str, input: Value) -> Value {
    served.ask_as(Some(&format!("secret-{who}")), ADD, json!({ "input": input })).await
}

/// Id and credit code of the first enterprise of a district.
fn one_of(served: &Served, district: u32) -> (String, String) {
    let edition = served.state.hub().editions.current().unwrap();
    let found =
        edition.enterprises().find(|e| e.in_gap() && e.district() == Some(district) && e.credit_code().is_some()).unwrap();
    (found.id().to_owned(), found.credit_code().unwrap().to_owned())
}

#[tokio::test]
async fn a_district_reads_and_gives_its_own_duties_and_learns_of_no_others() {
    let served = guarded().await;
    let ((mine, my_code), (theirs, their_code)) = (one_of(&served, 110_101), one_of(&served, 110_102));
    let mut ids = Vec::new();
    for (unit, role, scope) in [
        ("110102", "外区主席", json!({ "area": "110102" })),
        ("110102", "外区负责本区企业", json!({ "enterprise": my_code })),
        ("110101", "本区负责外区企业", json!({ "enterprise": their_code })),
        ("S110101001", "街道协管员", json!({ "area": "110101001" })),
        ("S110102001", "外区协管员", json!({ "area": "110102001" })),
        ("BJ", "市级专员", json!({ "area": "110101", "industry": "C" })),
    ] {
        let mut input = scope;
        input["owner"] = json!({ "unit": unit, "role": role });
        let given = add(&served, "ann", input).await;
        ids.push(given["data"]["addDuty"]["duty"]["id"].as_str().unwrap_or_else(|| panic!("{given}")).to_owned());
    }
    let ask = "{ duties { role enterprise { id } } }";
    let of_city = served.ask_as(Some("secret-ann"), ask, json!({})).await;
    assert_eq!(of_city["data"]["duties"].as_array().unwrap().len(), 6, "{of_city}");
    let told = served.ask_as(Some("secret-one"), ask, json!({})).await;
    let duties = told["data"]["duties"].as_array().unwrap_or_else(|| panic!("{told}"));
    let roles: HashSet<&str> = duties.iter().map(|d| d["role"].as_str().unwrap()).collect();
    assert_eq!(roles, HashSet::from(["外区负责本区企业", "本区负责外区企业", "街道协管员", "市级专员"]), "{told}");
    let enterprise = |role: &str| duties.iter().find(|d| d["role"] == role).unwrap()["enterprise"]["id"].clone();
    assert_eq!((enterprise("外区负责本区企业"), enterprise("本区负责外区企业")), (json!(mine), Value::Null));

    // An enterprise of another district is told as one that nobody knows, by code and by id, and nothing is given.
    let unknown = "91110000000000000X";
    for (known, nobody) in [(their_code.as_str(), unknown), (theirs.as_str(), "E999999999999")] {
        let said = async |text: &str| {
            let answer = add(&served, "one", json!({ "owner": { "unit": "110101" }, "enterprise": text })).await;
            answer.to_string().replace(text, "…")
        };
        let (foreign, missing) = (said(known).await, said(nobody).await);
        assert!(foreign.contains("\"enterprise\"") && foreign == missing, "{foreign}\n{missing}");
        let open = "mutation($id: ID!) { openCase(input: { enterprise: $id }) { case { id } userErrors { field message } } }";
        let opened = async |text: &str| {
            served.ask_as(Some("secret-one"), open, json!({ "id": text })).await.to_string().replace(text, "…")
        };
        assert_eq!(opened(known).await, opened(nobody).await);
    }
    // So is a unit that was entered for another district.
    let owner = async |unit: &str| {
        let answer = add(&served, "one", json!({ "owner": { "unit": unit }, "area": "110101" })).await;
        answer.to_string().replace(unit, "…")
    };
    assert_eq!(owner("S110102001").await, owner("S110199009").await);
    let given = add(&served, "one", json!({ "owner": { "unit": "S110101001" }, "enterprise": my_code })).await;
    assert_eq!(given["data"]["addDuty"]["duty"]["enterprise"]["id"], json!(mine), "{given}");
    // Nor does a duty of one district hold in another.
    let foreign = add(&served, "one", json!({ "owner": { "unit": "110101" }, "area": "110102" })).await;
    assert_eq!(foreign["errors"][0]["extensions"]["code"], "FORBIDDEN", "{foreign}");
    for wide in [json!({ "building": "示例大厦" }), json!({ "industry": "C" })] {
        let mut input = wide;
        input["owner"] = json!({ "unit": "110101" });
        let refused = add(&served, "one", input).await["data"]["addDuty"]["userErrors"][0].take();
        assert_eq!(refused["field"], "area", "{refused}");
        assert!(refused["zh"].as_str().unwrap().contains("区域") && refused["en"].as_str().unwrap().contains("area"));
    }
    // A duty of another district cannot be ended, and is told as one that there is none of.
    let end = "mutation($id: ID!) { endDuty(id: $id) { userErrors { message } } }";
    let ended = async |id: &str| {
        let bare = id.trim_start_matches("duty:");
        served.ask_as(Some("secret-one"), end, json!({ "id": id })).await.to_string().replace(bare, "…")
    };
    assert_eq!(ended(&ids[0]).await, ended("duty:D000000000000").await);
    let city = served.ask_as(Some("secret-one"), end, json!({ "id": ids[5] })).await;
    assert_eq!(city["errors"][0]["extensions"]["code"], "FORBIDDEN", "{city}");
    assert!(served.state.hub().store.duties(None).await.unwrap().iter().all(|d| d.ended_at.is_none()));
}

#[tokio::test]
async fn a_district_hands_over_cases_of_its_own_areas_only() {
    let served = guarded().await;
    let ((mine, _), (theirs, _)) = (one_of(&served, 110_101), one_of(&served, 110_102));
    let open = "mutation($id: ID!) { openCase(input: { enterprise: $id, owner: { unit: \"110101\", role: \"甲\" } }) { case { id } userErrors { message } } }";
    for id in [&mine, &theirs] {
        let opened = served.ask_as(Some("secret-ann"), open, json!({ "id": id })).await;
        assert!(opened["data"]["openCase"]["case"].is_object(), "{opened}");
    }
    let over = "mutation { handOver(input: { from: { unit: \"110101\", role: \"甲\" }, to: { unit: \"110101\", role: \"乙\" } }) { cases userErrors { message } } }";
    let done = served.ask_as(Some("secret-one"), over, json!({})).await;
    assert_eq!(done["data"]["handOver"]["cases"], 1, "{done}");
    let cases = served.state.hub().store.cases_of(&[mine.clone(), theirs]).await.unwrap();
    let roles: Vec<(bool, Option<&str>)> = cases.iter().map(|c| (c.enterprise_id == mine, c.owner_role.as_deref())).collect();
    assert!(roles.contains(&(true, Some("乙"))) && roles.contains(&(false, Some("甲"))), "{roles:?}");
}

#[tokio::test]
async fn units_that_were_entered_own_cases_duties_and_lists_and_mean_the_same_everywhere() {
    let served = served(2_000, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let open = "mutation { openCases(input: { filter: { area: [\"110101\"] }, atMost: 3, owner: { unit: \"甲街道总工会\", role: \"协管员\" } }) { opened cases { owner { unit { code } } } userErrors { message } } }";
    let opened = served.data(open, json!({})).await["openCases"].take();
    assert_eq!(opened["userErrors"], json!([]), "{opened}");
    assert_eq!(opened["cases"][0]["owner"]["unit"]["code"], "S110101001");
    let asked = "{ cases(filter: { owner: { unit: \"S110101001\" } }) { totalCount } work(owner: { unit: \"S110101001\" }) { newOnList { totalCount } }
        workload { unit { code } open } }";
    let asked = served.data(asked, json!({})).await;
    assert_eq!(asked["cases"]["totalCount"], opened["opened"]);
    assert_eq!(asked["work"]["newOnList"]["totalCount"], opened["opened"]);
    assert_eq!(asked["workload"][0]["unit"]["code"], "S110101001");
    let lists = "mutation { drawVisitLists(input: { title: \"走访\", owners: [{ unit: \"S110101001\" }] }) { lists { unit { code } } userErrors { message } } }";
    let lists = served.data(lists, json!({})).await;
    assert_eq!(lists["drawVisitLists"]["lists"][0]["unit"]["code"], "S110101001", "{lists}");
    let drawn = served.data("{ visitLists(unit: \"S110101001\") { id } }", json!({})).await;
    assert_eq!(drawn["visitLists"].as_array().unwrap().len(), 1);
    // A unit means whom it looks after, of leads as of cases.
    for (unit, area) in [("D110101", "110101"), ("S110101001", "110101001"), ("D110102", "110102")] {
        let ask = format!(
            "{{ of: leads(filter: {{ unit: [\"{unit}\"] }}, first: 500) {{ totalCount nodes {{ id }} }} at: leads(filter: {{ area: [\"{area}\"] }}, first: 500) {{ totalCount nodes {{ id }} }} }}"
        );
        let leads = served.data(&ask, json!({})).await;
        assert_eq!(leads["of"], leads["at"], "{unit}");
    }
    let all =
        served.data("{ leads { totalCount } mine: leads(filter: { unit: [\"D110101\"] }) { totalCount } }", json!({})).await;
    assert!(all["leads"]["totalCount"].as_i64() > all["mine"]["totalCount"].as_i64(), "{all}");
}

#[tokio::test]
async fn whom_nobody_is_responsible_for_is_a_condition_of_every_list() {
    let served = served(1_500, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let edition = served.state.hub().editions.current().unwrap();
    let address = edition.enterprises().find(|e| e.district() == Some(110_103)).unwrap().address().unwrap().to_owned();
    let (single, _) = one_of(&served, 110_104);
    for scope in [
        json!({ "area": "110101" }),
        json!({ "area": "110102", "industry": "C" }),
        json!({ "building": address }),
        json!({ "enterprise": single }),
        // Not yet, and no more.
        json!({ "area": "110105", "starts": "2027-01-01" }),
        json!({ "area": "110106", "starts": "2026-01-01", "ends": "2026-01-02" }),
    ] {
        let mut input = scope;
        input["owner"] = json!({ "unit": "110101", "role": input.to_string() });
        let given = served.data(ADD, json!({ "input": input })).await;
        assert!(given["addDuty"]["duty"].is_object(), "{given}");
    }
    let query =
        "query($has: Boolean!, $after: String) { enterprises(first: 100, after: $after, filter: { hasResponsible: $has }) {
        totalCount nodes { id responsible { id } } pageInfo { hasNextPage endCursor } } }";
    let all = served.data("{ enterprises { totalCount } }", json!({})).await["enterprises"]["totalCount"].take();
    let mut seen = 0;
    for has in [true, false] {
        let mut after = Value::Null;
        loop {
            let page = served.data(query, json!({ "has": has, "after": after })).await["enterprises"].take();
            for node in page["nodes"].as_array().unwrap() {
                assert_eq!(node["responsible"].is_object(), has, "{node}");
                seen += 1;
            }
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                assert!(page["totalCount"].as_i64() > Some(0), "{has}");
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
    assert_eq!(json!(seen), all, "each is one or the other");
    let gap = served.data("{ gap(filter: { hasResponsible: false }) { totalCount } all: gap { totalCount } }", json!({})).await;
    assert!(gap["gap"]["totalCount"].as_i64() < gap["all"]["totalCount"].as_i64(), "{gap}");
}

#[tokio::test]
async fn a_unit_has_one_first_responsible_person_at_a_time() {
    let served = served(300, |_| {}).await;
    let add = async |role: &str, rest: &str| {
        let query = format!(
            "mutation {{ addDuty(input: {{ owner: {{ unit: \"110101\", role: \"{role}\" }}, isFirst: true {rest} }}) {{ duty {{ id }} userErrors {{ zh: message(lang: ZH) en: message(lang: EN) }} }} }}"
        );
        served.data(&query, json!({})).await["addDuty"].take()
    };
    let first = add("主席", "").await;
    let id = first["duty"]["id"].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
    let second = add("副主席", "").await;
    let said = &second["userErrors"][0];
    assert!(second["duty"].is_null(), "{second}");
    for (text, word) in [(&said["zh"], "第一责任人"), (&said["zh"], "主席"), (&said["en"], "first responsible person")] {
        assert!(text.as_str().unwrap().contains(word), "{said}");
    }
    // Before that one began another one may have been it; after it ended another one is.
    assert!(add("前任", ", starts: \"2020-01-01\", ends: \"2020-12-31\"").await["duty"].is_object());
    served.data(&format!("mutation {{ endDuty(id: \"{id}\") {{ userErrors {{ message }} }} }}"), json!({})).await;
    assert!(add("继任", "").await["duty"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duties_are_handed_over_whole_whatever_became_of_what_they_are_for() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    let hub = &city.test_hub.hub;
    let data = async |query: &str| {
        let answer = server.ask(query).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        answer["data"].clone()
    };
    let add = |unit: &str, role: &str, rest: &str| {
        format!(
            "mutation {{ addDuty(input: {{ owner: {{ unit: \"{unit}\", role: \"{role}\" }} {rest} }}) {{ duty {{ id }} userErrors {{ message }} }} }}"
        )
    };
    for rest in [
        format!(", enterprise: \"{}\"", credit_code(2)),
        format!(", enterprise: \"{}\"", credit_code(1)),
        ", isFirst: true".to_owned(),
    ] {
        assert!(data(&add("110108001", "协管员", &rest)).await["addDuty"]["duty"].is_object());
    }
    assert!(data(&add("110105", "主席", ", isFirst: true")).await["addDuty"]["duty"].is_object());
    city.open(&[1]).await;
    data("mutation { assignCases { cases } }").await;
    let gone = city.enterprise(2);
    // No registry has the second any more.
    city.firms(&[1, 3, 4]);
    city.sync().await;
    assert!(hub.editions.current().unwrap().row_of_id(&gone).is_none());
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 25, 2, 0, 0).unwrap());
    let over = |unit: &str| {
        format!(
            "mutation {{ handOver(input: {{ from: {{ unit: \"110108001\", role: \"协管员\" }}, to: {{ unit: \"{unit}\", role: \"指导员\" }} }}) {{ cases duties userErrors {{ zh: message(lang: ZH) en: message(lang: EN) }} }} }}"
        )
    };
    // Where the other unit has a first person already nothing is handed over, not a part of it.
    let refused = data(&over("110105")).await["handOver"].take();
    assert!(refused["userErrors"][0]["en"].as_str().unwrap().contains("first responsible person"), "{refused}");
    assert!(hub.store.duties(Some("110108001")).await.unwrap().iter().all(|d| d.ended_at.is_none()));
    assert_eq!(city.case_of(1).await.owner_role.as_deref(), Some("协管员"));

    let done = data(&over("110108001")).await["handOver"].take();
    assert_eq!((&done["cases"], &done["duties"]), (&json!(1), &json!(3)), "{done}");
    let duties = hub.store.duties(Some("110108001")).await.unwrap();
    let taken: Vec<_> = duties.iter().filter(|d| d.role.as_deref() == Some("指导员")).collect();
    assert!(taken.iter().any(|d| d.enterprise_id.as_deref() == Some(gone.as_str())), "{taken:?}");
    assert!(duties.iter().filter(|d| d.role.as_deref() == Some("协管员")).all(|d| d.ends.as_deref() == Some("2026-11-25")));
    agrees_with_its_steps(&hub.store, &city.case_of(1).await).await;
    city.firms(&[1, 2, 3, 4]);
    city.sync().await;
    let who = |n: u32| {
        format!(
            "{{ enterprise(by: {{ creditCode: \"{}\" }}) {{ responsible {{ role enterprise {{ creditCode }} }} }} }}",
            credit_code(n)
        )
    };
    assert_eq!(data(&who(2)).await["enterprise"]["responsible"]["role"], "指导员", "it came back with its own id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duty_for_an_enterprise_goes_on_with_the_one_that_took_it_in() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    let hub = &city.test_hub.hub;
    let (one, two) = (city.enterprise(1), city.enterprise(2));
    for (n, role) in [(1, "甲"), (2, "乙")] {
        let add = format!(
            "mutation {{ addDuty(input: {{ owner: {{ unit: \"110108001\", role: \"{role}\" }}, enterprise: \"{}\" }}) {{ duty {{ id }} }} }}",
            credit_code(n)
        );
        assert!(server.ask(&add).await["data"]["addDuty"]["duty"].is_object());
    }
    let rows = std::fs::read_to_string(city.test_hub.dir.path().join("connectors/firms/rows.csv")).unwrap();
    let joined = rows.replace(&credit_code(2), &credit_code(1)).replace("甲2号", "甲1号");
    city.test_hub.write("connectors/firms/rows.csv", joined);
    city.sync().await;
    let edition = hub.editions.current().unwrap();
    let (stays, role_of_gone) = match edition.row_of_id(&one) {
        Some(_) => (one, "乙"),
        None => (two, "甲"),
    };
    // The duty of the one that stays ends: what is left is that of the one that was taken in.
    let duties = hub.store.duties(None).await.unwrap();
    let own = duties.iter().find(|d| d.enterprise_id.as_ref() == Some(&stays)).unwrap();
    hub.end_duty(&own.id, None).await.unwrap();
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 25, 2, 0, 0).unwrap());
    let ask = format!("{{ enterprise(by: {{ id: \"{stays}\" }}) {{ responsible {{ role enterprise {{ id }} }} }} duties {{ role enterprise {{ id }} }}
        enterprises(filter: {{ hasResponsible: true }}) {{ nodes {{ id }} }} }}");
    let told = server.ask(&ask).await["data"].take();
    let responsible = &told["enterprise"]["responsible"];
    assert_eq!((&responsible["role"], &responsible["enterprise"]["id"]), (&json!(role_of_gone), &json!(stays)), "{told}");
    assert!(told["duties"].as_array().unwrap().iter().all(|d| d["enterprise"]["id"] == json!(stays)), "{told}");
    assert_eq!(told["enterprises"]["nodes"], json!([{ "id": stays }]));
}

#[tokio::test]
async fn those_with_an_investor_in_common_and_those_in_one_building_follow_a_leader() {
    let mut facts = input(1, 1_000, 11);
    // The second invests in the first; it invests in the fiftieth as well.
    facts.ties.push(Tie {
        kind: TieKind::Investment,
        subject: Some("E000000000050".into()),
        other: Some("E000000000001".into()),
        subject_name: "甲50".into(),
        other_name: "乙0".into(),
        other_code: "".into(),
        what: "".into(),
        title: "".into(),
        country: "".into(),
        number: Some(30.0),
        since: None,
        until: None,
        registry: 0,
        key: "INVESTMENT-50".into(),
        record_id: 50,
    });
    let served = served_with(facts, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "admin", None), ("one", "district", Some("[\"110101\"]"))] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let ann = async |query: &str, variables: Value| {
        let answer = served.ask_as(Some("secret-ann"), query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        answer["data"].clone()
    };
    let edition = served.state.hub().editions.current().unwrap();
    let code = |id: &str| edition.enterprise_of_id(id).unwrap().credit_code().unwrap().to_owned();
    let sheet = "mutation($noun: FederationNoun!, $sheet: String!) { importFederation(input: { noun: $noun, sheet: $sheet }) { kept faults { message } } }";
    ann(sheet, json!({ "noun": "UNIT", "sheet": UNITS })).await;
    let places = "code,name,kind,unit,areas,longitude,latitude,party_station,social_station,union_station,officers,source\nP1,示例园区,PARK,D110102,110102,,,,,,,t\n";
    assert_eq!(ann(sheet, json!({ "noun": "PLACE", "sheet": places })).await["importFederation"]["kept"], 1);
    let listed = format!("place,enterprise,source\nP1,{},物业\nP1,{},物业\n", code("E000000000000"), code("E000000000070"));
    assert_eq!(ann(sheet, json!({ "noun": "LISTING", "sheet": listed })).await["importFederation"]["kept"], 2);
    let create = "mutation { createNamedList(input: { title: \"龙头\", purpose: \"试\", source: \"试\", entries: [\"E000000000000\"] }) { found } }";
    assert_eq!(ann(create, json!({})).await["createNamedList"]["found"], 1);
    let ask = "{ namedLists { followers { enterprise { id } leader { id } reason } } }";
    let lists = ann(ask, json!({})).await;
    let follows: Vec<(&Value, &Value)> =
        lists["namedLists"][0]["followers"].as_array().unwrap().iter().map(|f| (&f["enterprise"]["id"], &f["reason"])).collect();
    for (id, reason) in [("E000000000050", "SAME_GROUP"), ("E000000000070", "SAME_PLACE"), ("E000000000001", "INVESTOR")] {
        assert!(follows.contains(&(&json!(id), &json!(reason))), "{id} {reason}: {follows:?}");
    }
    assert!(follows.iter().all(|(id, _)| **id != json!("E000000000000")), "a leader does not follow itself: {follows:?}");
    // Another district does not learn what stands in a park that is none of theirs.
    let seen = served.ask_as(Some("secret-one"), ask, json!({})).await;
    assert!(!seen.to_string().contains("SAME_PLACE"), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_named_list_says_what_changed_on_it_since_a_day() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    let create = format!(
        "mutation {{ createNamedList(input: {{ title: \"关注\", purpose: \"试\", source: \"试\", entries: [\"{}\"] }}) {{ found }} }}",
        credit_code(1)
    );
    assert_eq!(server.ask(&create).await["data"]["createNamedList"]["found"], 1);
    city.clock.set(Utc.with_ymd_and_hms(2026, 11, 24, 2, 0, 0).unwrap());
    city.roll(&[1, 2]);
    city.sync().await;
    let ask = |since: &str| {
        format!("{{ namedLists {{ changes(since: \"{since}\") {{ enterprise {{ creditCode }} what from to }} }} }}")
    };
    let told = server.ask(&ask("2026-11-24")).await["data"]["namedLists"][0]["changes"].take();
    let changes = told.as_array().unwrap();
    // The second founded too, and is not on the list.
    assert!(changes.iter().all(|c| c["enterprise"]["creditCode"] == credit_code(1)), "{told}");
    assert!(changes.iter().any(|c| c["what"] == "gap" && c["from"] == "LACKING" && c["to"] == "COVERED"), "{told}");
    let later = server.ask(&ask("2026-11-25")).await["data"]["namedLists"][0]["changes"].take();
    assert_eq!(later, json!([]), "nothing since");
}
