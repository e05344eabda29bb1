//! What the federation's structures reach: units as a condition on enterprises and cases, places of enterprises and on maps, counts over
//! time, ids that find their things again, and sheets that come out as they went in.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use huitu::cases::standing::CaseOrigin;
use huitu::hub::cases::CaseOpening;
use huitu::serve::Authentication;
use huitu::store::case::{CaseHomes, CaseQuery};
use huitu::store::visit::{VisitListRow, VisitRow, VisitStopRow};
use serde_json::{Value, json};

use crate::federation::{UNITS, bring};
use crate::land::stores;
use crate::outbound_maps::layers;
use crate::support::graph::{Served, served, token};

async fn fetched(served: &Served, token: Option<&str>, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(path).header(header::ACCEPT_LANGUAGE, "en");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    served.send(request.body(Body::empty()).unwrap()).await
}

async fn total(served: &Served, list: &str, filter: &str) -> i64 {
    let data = served.data(&format!("{{ {list}(filter: {filter}) {{ totalCount }} }}"), json!({})).await;
    data[list]["totalCount"].as_i64().unwrap()
}

#[tokio::test]
async fn a_unit_is_a_condition_like_any_other_and_an_unknown_one_is_refused_by_name() {
    let served = served(3_000, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    for unit in ["BJ", "D110101", "S110101001", "I-IND"] {
        let counts =
            served.data(&format!("{{ unionUnit(code: \"{unit}\") {{ counts {{ enterprises lacking }} }} }}"), json!({})).await;
        let counts = &counts["unionUnit"]["counts"];
        assert!(counts["enterprises"].as_i64().unwrap() > 0, "{unit}");
        assert_eq!(
            json!(total(&served, "enterprises", &format!("{{ unit: [\"{unit}\"] }}")).await),
            counts["enterprises"],
            "{unit}"
        );
        let lacking = format!("{{ unit: [\"{unit}\"], gap: [LACKING, LACKING_INDEPENDENT] }}");
        assert_eq!(json!(total(&served, "enterprises", &lacking).await), counts["lacking"], "{unit}");
        // Counts, the list, the file and the announcement of tiles say the same.
        let gap = total(&served, "gap", &format!("{{ unit: [\"{unit}\"] }}")).await;
        let counted = format!("{{ coverage(by: [], filter: {{ unit: [\"{unit}\"] }}) {{ rows {{ inGap enterprises }} }} }}");
        let counted = served.data(&counted, json!({})).await["coverage"]["rows"][0].take();
        assert_eq!((counted["inGap"].as_i64(), &counted["enterprises"]), (Some(gap), &counts["enterprises"]), "{unit}");
        for path in [
            format!("/export/gap.csv?unit={unit}"),
            format!("/export/gap.csv?filter=%7B%22\\u0075nit%22%3A%5B%22{unit}%22%5D%7D"),
        ] {
            let (status, headers, bytes) = fetched(&served, None, &path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
            assert_eq!(headers["x-huitu-rows"], gap.to_string().as_str(), "{path}");
        }
        let (status, ..) = fetched(&served, None, &format!("/tiles/gap.json?unit={unit}")).await;
        assert_eq!(status, StatusCode::OK);
    }
    // Two units together, one without another, and what is not at home there.
    let of = async |filter: &str| total(&served, "enterprises", filter).await;
    let (all, street, district) =
        (of("{ }").await, of("{ unit: [\"S110101001\"] }").await, of("{ unit: [\"unit:D110101\"] }").await);
    assert_eq!(of("{ unit: [\"S110101001\", \"D110101\"] }").await, district);
    assert_eq!(of("{ unit: [\"D110101\"], not: { unit: [\"S110101001\"] } }").await, district - street);
    assert_eq!(of("{ not: { unit: [\"D110101\"] } }").await, all - district);
    // A page goes on behind its cursor.
    let page = "{ enterprises(first: 2, filter: { unit: [\"D110101\"] }) { pageInfo { endCursor } nodes { id } } }";
    let first = served.data(page, json!({})).await["enterprises"].take();
    let next = page.replace("first: 2", &format!("first: 2, after: {}", first["pageInfo"]["endCursor"]));
    assert_ne!(served.data(&next, json!({})).await["enterprises"]["nodes"][0]["id"], first["nodes"][0]["id"]);
    // Refused by name, wherever it stands.
    let wrong = served.ask("{ gap(filter: { or: [{ unit: [\"X9\"] }] }) { totalCount } }", json!({})).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_INPUT");
    assert!(wrong["errors"][0]["message"].as_str().unwrap().contains("没有单位 X9"), "{wrong}");
    let (status, _, bytes) = fetched(&served, None, "/export/gap.csv?unit=X9").await;
    assert!(status == StatusCode::BAD_REQUEST && String::from_utf8_lossy(&bytes).contains("there is no unit X9"));
    // What is entered meanwhile holds at once: a street of its own takes from its district's unit and stays below it.
    let before = fetched(&served, None, "/export/gap.csv?unit=D110102&edition=1").await.1["x-huitu-rows"].clone();
    let header = UNITS.lines().next().unwrap();
    let own = of("{ unit: [\"D110102\"] }").await;
    bring(&served, "UNIT", &format!("{header}\nS110102003,丁街道总工会,街道,D110102,110102003,,,,,2010-11,名册\n")).await;
    assert!(of("{ unit: [\"S110102003\"] }").await > 0);
    assert_eq!(of("{ unit: [\"D110102\"] }").await, own);
    assert_eq!(fetched(&served, None, "/export/gap.csv?unit=D110102&edition=1").await.1["x-huitu-rows"], before);
}

#[tokio::test]
async fn a_unit_is_asked_about_by_those_whose_it_is() {
    let served = served(1_500, |options| options.access = Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "analyst", None), ("one", "district", Some("[\"110101\"]")), ("web", "client", None)] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let import = "mutation($s: String!) { importFederation(input: { noun: UNIT, sheet: $s }) { kept } }";
    served.ask_as(Some("secret-ann"), import, json!({ "s": UNITS })).await;
    let ask = async |who: &str, unit: &str| {
        let query = format!("{{ enterprises(filter: {{ unit: [\"{unit}\"] }}) {{ totalCount }} }}");
        let answer = served.ask_as(Some(who), &query, json!({})).await;
        (answer["data"]["enterprises"]["totalCount"].as_i64(), answer["errors"][0]["extensions"]["code"].clone())
    };
    let (own, _) = ask("secret-one", "D110101").await;
    assert!(own.is_some_and(|n| n > 0) && own == ask("secret-ann", "D110101").await.0);
    for unit in ["D110102", "I-IND", "BJ"] {
        assert_eq!(ask("secret-one", unit).await, (None, json!("BAD_INPUT")), "{unit} is not a district's to ask about");
    }
    assert_eq!(ask("secret-web", "D110101").await, (None, json!("FORBIDDEN")), "where units are is the federation's own");
    let (status, ..) = fetched(&served, Some("secret-web"), "/tiles/gap/12/3372/1552.mvt?unit=D110101").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn cases_are_asked_by_the_unit_that_their_enterprise_is_at_home_in() {
    let served = served(1_500, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let opened = served
        .data(
            "mutation { openCases(input: { filter: { unit: [\"D110101\", \"D110102\"] }, atMost: 100000 }) { opened } }",
            json!({}),
        )
        .await;
    let of = async |units: &str| total(&served, "cases", &format!("{{ unit: [{units}] }}")).await;
    let gap = async |unit: &str| total(&served, "gap", &format!("{{ unit: [\"{unit}\"] }}")).await;
    assert_eq!(opened["openCases"]["opened"].as_i64(), Some(gap("D110101").await + gap("D110102").await));
    for unit in ["D110101", "S110101001", "D110102"] {
        assert_eq!(of(&format!("\"{unit}\"")).await, gap(unit).await, "{unit}");
    }
    assert_eq!(of("\"D110101\", \"D110102\"").await, of("\"BJ\"").await, "the city's has everybody");
    assert_eq!(served.code("{ cases(filter: { unit: [\"X9\"] }) { totalCount } }", json!({})).await, "BAD_INPUT");
    for (_dir, store) in stores().await {
        let homes = |ids: &[&str]| CaseHomes { asked: "D1".into(), enterprises: ids.iter().map(|id| (*id).to_owned()).collect() };
        for ids in [&[][..], &["E1", "E2"]] {
            let query = CaseQuery { at_home: Some(homes(ids)), ..CaseQuery::default() };
            assert_eq!((store.count_cases(&query).await.unwrap(), store.cases(&query, 5, None).await.unwrap().len()), (0, 0));
        }
    }
}

const PLACE_HEAD: &str =
    "code,name,kind,unit,areas,longitude,latitude,party_station,social_station,union_station,officers,source";

#[tokio::test]
async fn an_enterprise_knows_its_building_and_the_nearest_station_and_a_building_its_gap_and_visits() {
    let served = served(1_500, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let hub = served.state.hub();
    let edition = hub.editions.current().unwrap();
    let located = edition
        .enterprises()
        .find(|e| e.in_gap() && e.district() == Some(110_101) && e.location().is_some() && e.credit_code().is_some())
        .unwrap();
    let (name, point) = (located.address().unwrap().to_owned(), located.location().unwrap());
    let other = edition.enterprises().find(|e| e.district() == Some(110_102) && e.credit_code().is_some()).unwrap();
    let places = format!(
        "{PLACE_HEAD}\nB1,{name},BUILDING,D110101,110101,,,,,,,t\nP1,另一园区,PARK,D110102,110102,,,,,,,t\nZ1,近站,STATION,D110101,,{},{},,,,2,t\nZ2,远站,STATION,BJ,,117.9,41.9,,,,2,t\n",
        point.longitude + 0.001,
        point.latitude
    );
    assert_eq!(bring(&served, "PLACE", &places).await["kept"], 4);
    bring(&served, "LISTING", &format!("place,enterprise,source\nP1,{},物业\n", other.credit_code().unwrap())).await;
    let ask = async |id: &str| {
        let query = format!(
            "{{ enterprise(by: {{ id: \"{id}\" }}) {{ place {{ onList byAddress place {{ code }} }} nearestStation {{ metres place {{ code name }} }} }} }}"
        );
        served.data(&query, json!({})).await["enterprise"].take()
    };
    let at_home = ask(located.id()).await;
    assert_eq!(at_home["place"], json!({ "onList": false, "byAddress": true, "place": { "code": "B1" } }));
    assert_eq!(at_home["nearestStation"]["place"]["code"], "Z1");
    assert!((50.0..120.0).contains(&at_home["nearestStation"]["metres"].as_f64().unwrap()), "{at_home}");
    let listed = ask(other.id()).await;
    assert_eq!(
        listed["place"],
        json!({ "onList": true, "byAddress": false, "place": { "code": "P1" } }),
        "its own list goes before"
    );
    // The building: who lacks a union there, and who was there.
    let opening = CaseOpening { origin: CaseOrigin::List, owner: None, next_on: None, note: None, by: None };
    hub.open_cases(&[located.id().to_owned()], &opening).await.unwrap();
    let case = hub.store.cases_of(&[located.id().to_owned()]).await.unwrap().remove(0);
    let list = VisitListRow {
        id: "V1".into(),
        title: "示例名单".into(),
        drawn_at: 1_790_000_000_000,
        drawn_by: None,
        edition: 1,
        owner_unit: None,
        owner_role: None,
        owner_name: None,
        due: "2026-10-01".into(),
        expires: "2026-12-31".into(),
    };
    let stop = VisitStopRow {
        list_id: list.id.clone(),
        place: 1,
        case_id: case.id.clone(),
        enterprise_id: located.id().to_owned(),
        version: case.version,
    };
    let mut tx = hub.store.begin_cases().await.unwrap();
    huitu::store::visit::put_list(&mut tx, &list, &[stop]).await.unwrap();
    for (id, state, at) in
        [(1, "COUNTS", 1_790_000_000_000), (2, "COUNTS", 1_790_086_400_000), (3, "TAKEN_BACK", 1_790_090_000_000)]
    {
        let visit = VisitRow {
            id,
            list_id: list.id.clone(),
            case_id: case.id.clone(),
            enterprise_id: located.id().to_owned(),
            visitor: "协管员".into(),
            door: "met".into(),
            answer: None,
            on_date: None,
            assessment: None,
            note: None,
            visited_at: Some(at),
            brought_at: at,
            brought_by: None,
            state: state.into(),
            doubt: None,
            finding_id: None,
            first_event: None,
            last_event: None,
            digest: format!("{id}"),
        };
        huitu::store::visit::put(&mut tx, &visit).await.unwrap();
    }
    tx.commit().await.unwrap();
    let building = served
        .data("{ unionPlace(code: \"B1\") { code enterprisesThere { counts { lacking enterprises coverage } gap(first: 500) { totalCount nodes { id } } visits { count enterprises lastAt latest { id state } } } } }", json!({}))
        .await["unionPlace"]
        .take();
    let there = &building["enterprisesThere"];
    let by_address =
        edition.enterprises().filter(|e| e.district() == Some(110_101) && e.address().is_some_and(|a| a.contains(&name)));
    assert_eq!(there["gap"]["totalCount"].as_u64().unwrap() as usize, by_address.filter(|e| e.in_gap()).count());
    assert!(there["gap"]["nodes"].as_array().unwrap().iter().any(|e| e["id"] == located.id()), "{there}");
    assert_eq!((&there["visits"]["count"], &there["visits"]["enterprises"]), (&json!(2), &json!(1)), "{there}");
    assert_eq!(there["visits"]["latest"][0]["id"], "visit:2", "the latest first");
    assert!(there["visits"]["lastAt"].as_str().unwrap().starts_with("2026-09-22"), "{there}");
    assert_eq!(served.data("{ unionPlace(code: \"B9\") { code } }", json!({})).await["unionPlace"], json!(null));
}

#[tokio::test]
async fn posts_and_services_are_counted_over_months_by_kind_and_unit_as_of_any_day() {
    let served = served(300, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let posts = "unit,kind,approved,filled,delegated_chairs,subsidy_yuan,as_of,source\nS110101001,协管员,3,2,0,,2010-06-15,t\nS110101002,协管员,1,1,0,,2010-07-31,t\nS110102001,工会社会工作者,2,2,1,,2010-07-01,t\nS110101001,协管员,3,3,0,,2010-08-20,t\n";
    assert_eq!(bring(&served, "POST", posts).await["kept"], 4);
    let services = "unit,kind,period,count,source\nS110101001,CARD,2010-06,40,t\nS110101001,CARD,2010,90,t\nS110101002,CARD,2010-07,2,t\nS110102001,TRAINING,2010-06,5,t\nD110102,CARD,2009,7,t\n";
    assert_eq!(bring(&served, "SERVICE", services).await["kept"], 5);
    let ask = async |query: &str| served.data(query, json!({})).await;
    let by_month = ask("{ unionPostCounts(by: [PERIOD], from: \"2010-06-01\", to: \"2010-08-25\") { on approved filled vacant kind unit { code } } }").await;
    let row = |on: &str, approved: i64, filled: i64| json!({ "on": on, "approved": approved, "filled": filled, "vacant": approved - filled, "kind": null, "unit": null });
    assert_eq!(
        by_month["unionPostCounts"],
        json!([row("2010-06-30", 3, 2), row("2010-07-31", 6, 5), row("2010-08-25", 6, 6)]),
        "each month as of its last day"
    );
    let by_unit = ask("{ unionPostCounts(by: [UNIT, KIND], level: DISTRICT, to: \"2010-07-31\") { unit { code } kind filled delegatedChairs } }").await;
    assert_eq!(
        by_unit["unionPostCounts"],
        json!([
            { "unit": { "code": "D110101" }, "kind": "ASSISTANT", "filled": 3, "delegatedChairs": 0 },
            { "unit": { "code": "D110102" }, "kind": "SOCIAL_WORKER", "filled": 2, "delegatedChairs": 1 },
        ])
    );
    let services = ask(
        "{ all: unionServiceCounts(by: []) { count } kinds: unionServiceCounts(by: [KIND], to: \"2010-06-30\") { kind count }
        units: unionServiceCounts(by: [UNIT, PERIOD], level: DISTRICT, kind: CARD) { unit { code } period count }
        within: unionServiceCounts(by: [], within: \"D110101\", from: \"2010-07-01\") { count }
        unionServices(within: \"D110101\", on: \"2010-06-30\") { totalCount nodes { period count unit { code } } } }",
    )
    .await;
    assert_eq!(services["all"], json!([{ "count": 54 }]), "a year beside its months is not counted again");
    assert_eq!(services["kinds"], json!([{ "kind": "TRAINING", "count": 5 }, { "kind": "CARD", "count": 47 }]));
    assert_eq!(
        services["units"],
        json!([
            { "unit": { "code": "D110101" }, "period": "2010-06", "count": 40 },
            { "unit": { "code": "D110101" }, "period": "2010-07", "count": 2 },
            { "unit": { "code": "D110102" }, "period": "2009", "count": 7 },
        ])
    );
    assert_eq!(services["within"], json!([{ "count": 2 }]));
    assert_eq!(
        services["unionServices"]["nodes"],
        json!([{ "period": "2010-06", "count": 40, "unit": { "code": "S110101001" } }])
    );
    let series = ask("{ unionUnit(code: \"BJ\") { paceSeries(from: \"2010-08-01\", to: \"2010-11-20\", levels: [STREET]) { on done toDo late } servicesGiven(on: \"2010-06-30\") { kind count } } }").await;
    let paces: Vec<[i64; 3]> = series["unionUnit"]["paceSeries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| ["done", "toDo", "late"].map(|name| p[name].as_i64().unwrap()))
        .collect();
    assert_eq!(paces, [[1, 2, 0], [1, 2, 0], [1, 2, 0], [2, 1, 0]]);
    assert_eq!(series["unionUnit"]["servicesGiven"].as_array().unwrap().len(), 3, "{series}");
    // As of a day: agreements by then, quarters that had ended.
    let agreements = "unit,agency,host,agreed_on,clause,workers,members,joined_at,source\nD110101,示例甲,示例乙,2010-06-01,是,10,5,派遣,t\nD110101,示例甲,示例丙,2010-09-01,否,7,1,用工,t\nD110102,示例丁,示例戊,,否,1,0,派遣,t\n";
    bring(&served, "DISPATCH", agreements).await;
    let collections = "unit,starts_on,period,payroll_yuan,dues_yuan,preparatory_yuan,source\nD110101,2010-01-01,2010Q2,1000,10,2,t\nD110101,2010-01-01,2010Q3,1000,10,2,t\n";
    bring(&served, "COLLECTION", collections).await;
    let early = ask("{ dispatchAgreements(on: \"2010-08-31\") { totalCount } unionCollections(on: \"2010-08-31\") { nodes { period } } unionUnit(code: \"D110101\") { now: dispatch { workers } then: dispatch(on: \"2010-08-31\") { workers agreements } } }").await;
    assert_eq!(
        (&early["dispatchAgreements"]["totalCount"], &early["unionCollections"]["nodes"]),
        (&json!(2), &json!([{ "period": "2010Q2" }]))
    );
    assert_eq!(
        (&early["unionUnit"]["now"]["workers"], &early["unionUnit"]["then"]),
        (&json!(17), &json!({ "workers": 10, "agreements": 1 }))
    );
}

/// One thing of every kind, by its list.
async fn one_of_each(served: &Served) {
    bring(served, "UNIT", UNITS).await;
    for (noun, sheet) in [
        ("PLACE", format!("{PLACE_HEAD}\nB1,\"=示例,大厦\",BUILDING,D110101,110101,116.41,39.93,是,是,是,2,t\nZ1,站,STATION,S110102001,,116.36,39.91,,,,1,t\n")),
        ("LISTING", "place,enterprise,source\nB1,示例公司,物业\n".to_owned()),
        ("POST", "unit,kind,approved,filled,delegated_chairs,subsidy_yuan,as_of,source\nD110101,协管员,4,3,1,500.5,2010-08-31,t\n".to_owned()),
        ("SERVICE", "unit,kind,period,count,note,source\nD110101,CARD,2010-06,40,\"一,二\",t\n".to_owned()),
        ("DISPATCH", "unit,agency,host,agreed_on,clause,workers,members,joined_at,care_rule,source\nD110101,甲,乙,2010-06-01,是,9,3,用工,规定,t\n".to_owned()),
        ("PILOT", "unit,starts_on,decided_on,registered_on,reviewed_on,city_group,district_group,street_group,source\nD110101,2010-07-01,2010-05-31,,2010-12-31,市组,区组,街道组,t\n".to_owned()),
        ("KEY_POINT", "unit,year,point,due_on,done_on,note,source\nD110101,2026,百日行动,2026-06-30,,\"一,二\",要点\n".to_owned()),
        ("WORK", "unit,year,indicator,value,source\nD110101,2026,service,30.5,台账\n".to_owned()),
        ("OBJECTION", "id,unit,year,rule,said,state,answer,on,source\nO1,D110101,2026,,少计,OPEN,,2026-09-01,t\n".to_owned()),
        ("REWARD", "unit,year,reward,yuan,source\nD110101,2026,一等奖,5000.5,通报\n".to_owned()),
        ("COLLECTION", "unit,starts_on,leading_group,period,payroll_yuan,dues_yuan,preparatory_yuan,refund_percent,refund_source,tax_total_yuan,source\nD110101,2010-07-01,组,2010Q3,1000000.05,15000,2000.5,60.5,办法,17500,t\n".to_owned()),
        ("FIGURE", "id,value,unit,text_in_seed,reading,as_of,source,confidence\nF09,553,centres,,,2009-12-31,讲话,high\n".to_owned()),
    ] {
        let brought = bring(served, noun, &sheet).await;
        assert_eq!(brought["faults"], json!([]), "{noun}: {brought}");
    }
}

#[tokio::test]
async fn what_was_entered_comes_out_as_the_sheet_that_changes_nothing() {
    let served = served(300, |options| options.access = Authentication::Tokens).await;
    for (id, role) in [("ann", "analyst"), ("one", "district"), ("low", "analyst"), ("web", "client")] {
        let mut row = token(id, role, (id == "one").then_some("[\"110102\"]"), None);
        if id == "low" {
            row.scopes = Some("[\"review\",\"export\"]".to_owned());
        }
        served.state.hub().store.put_token(&row).await.unwrap();
    }
    // Bringing is the analyst's; the helpers ask as nobody.
    let as_ann = Served { root: tempfile::tempdir().unwrap(), state: served.state.clone(), router: served.router.clone() };
    let import = "mutation($n: FederationNoun!, $s: String!) { importFederation(input: { noun: $n, sheet: $s }) { kept unchanged faults { line message } } }";
    let bring = async |noun: &str, sheet: &str| {
        as_ann.ask_as(Some("secret-ann"), import, json!({ "n": noun, "s": sheet })).await["data"]["importFederation"].take()
    };
    let open = crate::support::graph::served(300, |_| {}).await;
    one_of_each(&open).await;
    let lists = [
        ("units", "UNIT", 7),
        ("places", "PLACE", 2),
        ("listings", "LISTING", 1),
        ("posts", "POST", 1),
        ("services", "SERVICE", 1),
        ("dispatch", "DISPATCH", 1),
        ("collections", "COLLECTION", 1),
        ("figures", "FIGURE", 1),
        ("pilots", "PILOT", 1),
        ("key-points", "KEY_POINT", 1),
        ("work", "WORK", 1),
        ("objections", "OBJECTION", 1),
        ("rewards", "REWARD", 1),
    ];
    for (list, noun, count) in lists {
        let (status, headers, bytes) = fetched(&open, None, &format!("/export/federation/{list}.csv")).await;
        assert_eq!(status, StatusCode::OK, "{list}: {}", String::from_utf8_lossy(&bytes));
        assert_eq!(headers["x-huitu-rows"], count.to_string().as_str(), "{list}");
        let sheet = String::from_utf8(bytes).unwrap();
        let again = crate::federation::bring(&open, noun, &sheet).await;
        assert_eq!((&again["kept"], &again["unchanged"]), (&json!(count), &json!(count)), "{list}: {again} {sheet}");
        assert_eq!(bring(noun, &sheet).await["kept"], count, "{list}: into a hub that has nothing of it");
        // Chinese headings, lines of JSON, a workbook.
        let request =
            Request::get(format!("/export/federation/{list}.csv?encoding=gb18030&lang=zh")).body(Body::empty()).unwrap();
        let (_, headers, bytes) = open.send(request).await;
        assert_eq!(headers[header::CONTENT_TYPE], "text/csv; charset=gb18030");
        let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
        assert!(!broken && text.lines().next().unwrap().contains("来源"), "{list}: {text}");
        let (_, _, lines) = fetched(&open, None, &format!("/export/federation/{list}.ndjson")).await;
        let lines: Vec<Value> =
            String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.len() == count && lines[0]["source"].is_string(), "{list}: {lines:?}");
        let (_, _, book) = fetched(&open, None, &format!("/export/federation/{list}.xlsx")).await;
        assert_eq!(&book[..4], b"PK\x03\x04", "{list}");
        assert_eq!(fetched(&open, None, &format!("/export/federation/{list}.parquet")).await.0, StatusCode::BAD_REQUEST);
        // Rights: the federation's own, a district's its own, sums for whoever may see them.
        let path = format!("/export/federation/{list}.ndjson");
        assert_eq!(fetched(&served, Some("secret-web"), &path).await.0, StatusCode::FORBIDDEN, "{list}");
    }
    let text = async |who: &str, path: &str| String::from_utf8(fetched(&served, Some(who), path).await.2).unwrap();
    assert!(text("secret-ann", "/export/federation/posts.csv").await.contains("500.5"));
    let low = text("secret-low", "/export/federation/posts.csv").await;
    assert!(low.contains("D110101") && !low.contains("subsidy") && !low.contains("500.5"), "{low}");
    let low = text("secret-low", "/export/federation/collections.csv").await;
    assert!(low.contains("2010Q3") && !low.contains("payroll") && !low.contains("1000000"), "{low}");
    let low = text("secret-low", "/export/federation/rewards.csv").await;
    assert!(low.contains("一等奖") && !low.contains("yuan") && !low.contains("5000.5"), "{low}");
    let own = text("secret-one", "/export/federation/units.csv").await;
    assert!(own.contains("D110102") && own.contains("S110102001") && !own.contains("D110101"), "{own}");
    assert_eq!(
        fetched(&served, Some("secret-one"), "/export/federation/units.csv?within=D110101").await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(text("secret-ann", "/export/federation/units.ndjson?within=D110102").await.lines().count(), 2);
    assert_eq!(text("secret-ann", "/export/federation/dispatch.ndjson?on=2010-05-31").await, "");
    assert_eq!(text("secret-ann", "/export/federation/units.ndjson?on=2010-05-31").await.lines().count(), 7, "as entered first");
    assert_eq!(
        fetched(&served, Some("secret-ann"), "/export/federation/units.csv?on=yesterday").await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn an_id_of_the_federation_finds_its_thing_again_for_those_whose_it_is() {
    let served = served(300, |_| {}).await;
    one_of_each(&served).await;
    let lists = "{ unionUnits(first: 1) { nodes { id __typename } } unionPlaces { nodes { id __typename } } unionPosts(on: \"2010-09-01\") { nodes { id __typename } }
        unionServices { nodes { id __typename } } dispatchAgreements { nodes { id __typename } } unionCollections { nodes { id __typename } } federationFigures { id __typename } }";
    let data = served.data(lists, json!({})).await;
    let mut found = 0;
    for (list, value) in data.as_object().unwrap() {
        let things = value.get("nodes").unwrap_or(value).as_array().unwrap();
        assert!(!things.is_empty(), "{list}");
        for thing in things {
            let again = served.data("query($id: ID!) { node(id: $id) { id __typename } }", json!({ "id": thing["id"] })).await;
            assert_eq!(&again["node"], thing, "{list}");
            found += 1;
        }
    }
    assert_eq!(found, 8);
    let gone = served.data("{ a: node(id: \"place:B9\") { id } b: node(id: \"post:D110101 ASSISTANT 2011-01-01\") { id } c: node(id: \"unit:X9\") { id } }", json!({})).await;
    assert_eq!(gone, json!({ "a": null, "b": null, "c": null }));
    // Counted in an edition: another thing for a cache than today's.
    let dated = served.data("{ unionUnit(code: \"BJ\", asOf: \"edition:1\") { id } }", json!({})).await["unionUnit"]["id"].take();
    assert_eq!(dated, "unit:BJ@1");
    let again = served.data("query($id: ID!) { node(id: $id) { id ... on UnionUnit { code } } }", json!({ "id": dated })).await;
    assert_eq!(again["node"], json!({ "id": "unit:BJ@1", "code": "BJ" }));
}

#[tokio::test]
async fn places_are_a_layer_of_tiles_for_those_whose_they_are() {
    let served = served(600, |options| options.access = Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "analyst", None), ("one", "district", Some("[\"110102\"]")), ("web", "client", None)] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let import = "mutation($n: FederationNoun!, $s: String!) { importFederation(input: { noun: $n, sheet: $s }) { kept } }";
    let bring = async |noun: &str, sheet: &str| {
        served.ask_as(Some("secret-ann"), import, json!({ "n": noun, "s": sheet })).await["data"]["importFederation"]["kept"]
            .take()
    };
    bring("UNIT", UNITS).await;
    let place =
        |code: &str, kind: &str, unit: &str, east: f64| format!("{code},{code}楼,{kind},{unit},,{east},39.93,是,是,是,3,t\n");
    let sheet = format!(
        "{PLACE_HEAD}\n{}{}{}{}",
        place("B1", "BUILDING", "D110101", 116.4101),
        place("Z1", "STATION", "D110101", 116.4102),
        place("Z2", "STATION", "D110101", 116.4104),
        place("Z3", "STATION", "D110102", 116.4106)
    );
    assert_eq!(bring("PLACE", &sheet).await, 4);
    let tile = |z: u32| {
        let scale = f64::from(1_u32 << z);
        let north: f64 = 39.93_f64.to_radians().sin();
        let y = 0.5 - ((1.0 + north) / (1.0 - north)).ln() / (4.0 * std::f64::consts::PI);
        format!("/tiles/places/{z}/{}/{}.mvt", ((116.4103 + 180.0) / 360.0 * scale) as u32, (y * scale) as u32)
    };
    let drawn = async |who: &str, path: &str| {
        let (status, headers, bytes) = fetched(&served, Some(who), path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
        let layers: BTreeMap<String, Vec<BTreeMap<String, String>>> = layers(&bytes)
            .into_iter()
            .map(|(name, features)| (name, features.into_iter().map(|feature| feature.properties).collect()))
            .collect();
        (layers, headers[header::ETAG].to_str().unwrap().to_owned())
    };
    let codes = |places: &[BTreeMap<String, String>]| -> Vec<String> {
        let mut codes: Vec<String> = places.iter().map(|place| place["code"].clone()).collect();
        codes.sort();
        codes
    };
    let (near, tag) = drawn("secret-ann", &tile(14)).await;
    assert_eq!(codes(&near["places"]), ["B1", "Z1", "Z2", "Z3"]);
    let building = near["places"].iter().find(|place| place["code"] == "B1").unwrap();
    assert_eq!((building["kind"].as_str(), building["joint"].as_str(), building["officers"].as_str()), ("BUILDING", "true", "3"));
    assert!(building.contains_key("lacking") && building.contains_key("covered"), "{building:?}");
    // From afar those of a kind that lie together are one, with their number.
    let (far, _) = drawn("secret-ann", &tile(6)).await;
    assert_eq!(codes(&far["places"]), ["B1"]);
    assert_eq!(far["clusters"][0], BTreeMap::from([("kind".into(), "STATION".into()), ("count".into(), "3".into())]));
    // One's own, a kind, below a unit.
    assert_eq!(codes(&drawn("secret-one", &tile(14)).await.0["places"]), ["Z3"]);
    assert_eq!(codes(&drawn("secret-ann", &format!("{}?kind=STATION&within=D110101", tile(14))).await.0["places"]), ["Z1", "Z2"]);
    for (who, path, status) in [
        ("secret-web", tile(14), StatusCode::FORBIDDEN),
        ("secret-web", "/tiles/places.json".to_owned(), StatusCode::FORBIDDEN),
        ("secret-ann", format!("{}?kind=TOWER", tile(14)), StatusCode::BAD_REQUEST),
        ("secret-one", format!("{}?within=D110101", tile(14)), StatusCode::BAD_REQUEST),
        ("secret-ann", "/tiles/places/22/1/1.mvt".to_owned(), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(fetched(&served, Some(who), &path).await.0, status, "{who} {path}");
    }
    // Who looked is noted.
    served.state.hub().store.put_token(&token("eve", "auditor", None, None)).await.unwrap();
    let noted = served.ask_as(Some("secret-eve"), "{ auditSearch(first: 100) { nodes { who way } } }", json!({})).await;
    let rows = noted["data"]["auditSearch"]["nodes"].as_array().unwrap();
    let who: Vec<&str> = rows.iter().filter(|row| row["way"] == "FILE").map(|row| row["who"].as_str().unwrap()).collect();
    assert!(who.contains(&"ann") && who.contains(&"one") && !who.contains(&"web"), "{noted}");
    let told: Value =
        serde_json::from_slice(&fetched(&served, Some("secret-ann"), "/tiles/places.json?kind=STATION").await.2).unwrap();
    assert!(
        told["tiles"][0].as_str().unwrap().contains("/tiles/places/{z}/{x}/{y}.mvt?")
            && told["tiles"][0].as_str().unwrap().contains("kind=STATION")
    );
    assert!(told["bounds"][0].as_f64().unwrap() > 116.41 && told["vector_layers"][0]["id"] == "places", "{told}");
    // What is entered changes the layer at once, whatever a client kept.
    assert_eq!(bring("PLACE", &format!("{PLACE_HEAD}\n{}", place("Z4", "STATION", "D110101", 116.4109))).await, 1);
    let (later, other) = drawn("secret-ann", &tile(14)).await;
    assert!(other != tag && codes(&later["places"]).contains(&"Z4".to_owned()));
    // The style draws them for whoever may see them, with its legend; for others it names no such tiles.
    let style = async |who: &str| -> Value {
        serde_json::from_slice(&fetched(&served, Some(who), "/map/style.json?area=110101&measure=independentRate").await.2)
            .unwrap()
    };
    let (own, open) = (style("secret-ann").await, style("secret-web").await);
    let address = own["sources"]["places"]["tiles"][0].as_str().unwrap();
    assert!(address.ends_with("?edition=1&lang=en"), "{address}");
    assert_eq!(own["metadata"]["huitu"]["legend"]["places"].as_array().unwrap().len(), 4);
    assert!(open["sources"].get("places").is_none() && open["metadata"]["huitu"]["legend"].get("places").is_none());
    assert!(!open["layers"].as_array().unwrap().iter().any(|layer| layer["source"] == "places"), "{open}");
}
