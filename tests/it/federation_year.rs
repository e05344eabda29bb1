//! What a federation's year is made of: targets of units that no division stands for, their versions and sources, key points, work, objections,
//! rewards and rules as lists of their own, pilot areas without a quarter, and agreements whose host or agency lacks a union.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::federation::{UNITS, bring};
use crate::support::graph::{Served, served, token};

async fn city(count: u32) -> Served {
    let served = served(count, |_| {}).await;
    let header = UNITS.lines().next().unwrap();
    let more = format!("{header}\nZ1,示例开发区工会,开发区,BJ,110101003;110101004,,,,,,名册\nI-A,农业工会,产业,BJ,,A,,,,,名册\n");
    assert_eq!(bring(&served, "UNIT", UNITS).await["kept"], 7);
    assert_eq!(bring(&served, "UNIT", &more).await["faults"], json!([]));
    served
}

async fn import_targets(served: &Served, sheet: &str) -> Value {
    let import =
        "mutation($s: String!) { importTargets(sheet: $s, source: \"任务书\") { kept unchanged faults { line message } } }";
    served.data(import, json!({ "s": sheet })).await["importTargets"].take()
}

async fn written(served: &Served, path: &str) -> String {
    let (status, _, bytes) = served.send(Request::get(path).body(Body::empty()).unwrap()).await;
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    text
}

#[tokio::test]
async fn a_unit_of_several_streets_and_an_own_industrial_union_have_targets_that_are_counted() {
    let served = city(3_000).await;
    let header = "单位代码,年度,指标,计量,任务,责任人";
    let sheet = format!(
        "{header}\nBJ,2026,net_new_units,个,100,\nZ1,2026,net_new_units,个,30,某岗位\nI-A,2026,net_new_units,个,5,\nZ1,2026,coverage_rate,%,92.5,\n"
    );
    let brought = import_targets(&served, &sheet).await;
    assert_eq!((&brought["kept"], &brought["faults"]), (&json!(4), &json!([])), "{brought}");
    let ask = "{ unionUnit(code: \"Z1\") { target(year: 2026, indicator: \"net_new_units\") { value left source setBy responsible history { value source withdrawn until } } }
        city: unionUnit(code: \"BJ\") { target(year: 2026, indicator: \"net_new_units\") { parts units left } }
        coverage(by: [], filter: { area: [\"110101003\", \"110101004\"] }) { rows { coverageRate { value } } }
        targets(year: 2026) { indicator value done rank source unit { code } history { value } } }";
    let data = served.data(ask, json!({})).await;
    let target = &data["unionUnit"]["target"];
    assert_eq!((&target["value"], &target["source"], &target["responsible"]), (&json!(30.0), &json!("任务书"), &json!("某岗位")));
    assert_eq!(target["history"], json!([{ "value": 30.0, "source": "任务书", "withdrawn": false, "until": null }]));
    // An industrial union cuts across areas: it is no part of the city's number.
    assert_eq!(data["city"]["target"], json!({ "parts": 30.0, "units": 1, "left": 70.0 }));
    let targets = data["targets"].as_array().unwrap();
    let rate = targets.iter().find(|t| t["indicator"] == "coverage_rate").unwrap();
    let of_streets = data["coverage"]["rows"][0]["coverageRate"]["value"].as_f64().expect("somebody is in these two streets");
    assert_eq!((&rate["unit"]["code"], &rate["source"], &rate["value"]), (&json!("Z1"), &json!("任务书"), &json!(0.925)));
    assert!(rate["done"].as_f64().is_some_and(|done| (done - of_streets).abs() < 1e-9), "{rate} {of_streets}");
    // What is written out is the sheet that changes nothing.
    let sheet = written(&served, "/export/federation/targets.csv?lang=zh").await;
    let again = import_targets(&served, &sheet).await;
    assert_eq!((&again["kept"], &again["unchanged"]), (&json!(4), &json!(4)), "{again} {sheet}");
    assert_eq!(written(&served, "/export/federation/targets.ndjson?within=Z1").await.lines().count(), 2);
    // A later version, and one taken back: both stay in the history, also where none stands.
    let clock = &served.state.hub().clock;
    clock.set(clock.now() + chrono::TimeDelta::hours(1));
    assert_eq!(import_targets(&served, &format!("{header}\nZ1,2026,net_new_units,个,25,\n")).await["unchanged"], 0);
    clock.set(clock.now() + chrono::TimeDelta::hours(1));
    let withdraw = "mutation { withdrawTarget(input: { area: \"Z1\", year: 2026, indicator: \"net_new_units\" }) { userErrors { message } } }";
    assert_eq!(served.data(withdraw, json!({})).await["withdrawTarget"]["userErrors"], json!([]));
    let ask = "{ unionUnit(code: \"Z1\") { target(year: 2026, indicator: \"net_new_units\") { value } targetHistory(year: 2026, indicator: \"net_new_units\") { value withdrawn } } }";
    let unit = served.data(ask, json!({})).await["unionUnit"].take();
    assert_eq!(
        unit,
        json!({ "target": null, "targetHistory": [{ "value": 25.0, "withdrawn": true }, { "value": 30.0, "withdrawn": false }] })
    );
    // By hand it is set by its code; one that nobody knows is refused by name.
    let set = |area: &str| {
        format!(
            "mutation {{ setTarget(input: {{ area: \"{area}\", year: 2026, indicator: \"net_new_units\", value: 12, source: \"会议纪要\" }}) {{ target {{ value source }} userErrors {{ message(lang: EN) }} }} }}"
        )
    };
    let by_hand = served.data(&set("Z1"), json!({})).await["setTarget"].take();
    assert_eq!(by_hand["target"], json!({ "value": 12.0, "source": "会议纪要" }), "{by_hand}");
    let unknown = served.data(&set("X9"), json!({})).await["setTarget"].take();
    assert!(unknown["userErrors"][0]["message"].as_str().unwrap().contains("X9"), "{unknown}");
}

#[tokio::test]
async fn key_points_work_objections_rewards_and_rules_are_lists_with_source_and_versions() {
    let served = city(300).await;
    let rules = "year = 2026\n[[rule]]\nid = \"service\"\nindicator = \"service\"\nzh = \"服务\"\nen = \"service\"\nper = 1\ncap = 40\nsource = \"考核办法第三条\"\n";
    for (noun, sheet, kept) in [
        (
            "KEY_POINT",
            "unit,year,point,due_on,done_on,source\nBJ,2026,百日行动,2026-06-30,2026-06-20,要点\nZ1,2026,联合工会,2026-08,,要点\n",
            2,
        ),
        ("WORK", "unit,year,indicator,value,source\nS110101001,2026,service,30,台账\nD110102,2026,service,3,台账\n", 2),
        (
            "OBJECTION",
            "id,unit,year,rule,said,state,answer,on,source\nO1,S110101001,2026,service,少计,OPEN,,2026-09-01,t\nO2,D110102,2026,,少计,不成立,已核,2026-09-20,t\n",
            2,
        ),
        ("REWARD", "unit,year,reward,yuan,source\nD110102,2026,一等奖,10000,通报\n", 1),
        ("APPRAISAL", rules, 1),
        (
            "PILOT",
            "unit,starts_on,decided_on,registered_on,reviewed_on,city_group,district_group,street_group,source\nD110102,2026-07-01,2026-05,2026-06-15,,市领导小组,区领导小组,,方案\nZ1,2027-01-01,,,,,,,方案\n",
            2,
        ),
    ] {
        let brought = bring(&served, noun, sheet).await;
        assert_eq!(brought["kept"], kept, "{noun}: {brought}");
    }
    let unknown = bring(&served, "KEY_POINT", "unit,year,point,source\nX9,2026,点,t\n").await;
    assert!(unknown["kept"] == 0 && unknown["faults"][0]["message"].as_str().unwrap().contains("X9"), "{unknown}");
    let origin = "origin { source enteredBy history { body } }";
    let ask = format!(
        "{{ unionKeyPoints(year: 2026, on: \"2026-09-22\") {{ totalCount nodes {{ point done late unit {{ code }} {origin} }} }}
           unionWork(year: 2026, indicator: \"service\", within: \"D110101\") {{ totalCount nodes {{ value unit {{ code }} {origin} }} }}
           unionObjections(state: OPEN) {{ nodes {{ code unit {{ code }} year {origin} }} }} early: unionObjections(on: \"2026-09-10\") {{ totalCount }}
           unionRewards(year: 2026) {{ nodes {{ reward yuan unit {{ code }} {origin} }} }}
           appraisalYears {{ nodes {{ year rules {{ rule per cap source }} {origin} }} }}
           unionPilotAreas {{ totalCount nodes {{ startsOn districtGroup quarters unit {{ code }} {origin} }} }} started: unionPilotAreas(on: \"2026-09-22\") {{ totalCount }}
           page: unionStandings(year: 2026, level: DISTRICT, first: 1) {{ totalCount nodes {{ unit {{ code }} rank }} pageInfo {{ hasNextPage endCursor }} }}
           within: unionStandings(year: 2026, level: STREET, within: \"D110101\") {{ totalCount nodes {{ rank of unit {{ code }} }} }} }}"
    );
    let data = served.data(&ask, json!({})).await;
    let points = data["unionKeyPoints"]["nodes"].as_array().unwrap();
    assert_eq!((&points[0]["done"], &points[0]["late"]), (&json!(true), &json!(false)));
    assert_eq!((&points[1]["unit"]["code"], &points[1]["done"], &points[1]["late"]), (&json!("Z1"), &json!(false), &json!(true)));
    assert_eq!(data["unionWork"]["totalCount"], 1, "of the district and its streets: {data}");
    assert_eq!((&data["unionObjections"]["nodes"][0]["code"], &data["early"]["totalCount"]), (&json!("O1"), &json!(1)));
    assert_eq!(data["unionRewards"]["nodes"][0]["yuan"], 10_000.0);
    assert_eq!(data["appraisalYears"]["nodes"][0]["origin"]["source"], "考核办法第三条");
    assert_eq!((&data["unionPilotAreas"]["totalCount"], &data["started"]["totalCount"]), (&json!(2), &json!(1)));
    assert_eq!(data["unionPilotAreas"]["nodes"][0]["quarters"], 0, "no quarter was needed");
    for list in ["unionKeyPoints", "unionWork", "unionObjections", "unionRewards", "appraisalYears", "unionPilotAreas"] {
        let origin = &data[list]["nodes"][0]["origin"];
        assert_eq!(origin["history"].as_array().map(Vec::len), Some(1), "{list}: {origin}");
    }
    // Page by page, and of one district its streets with their rank in the whole level.
    assert_eq!((&data["page"]["totalCount"], &data["page"]["pageInfo"]["hasNextPage"]), (&json!(2), &json!(true)));
    let first = data["page"]["nodes"][0]["unit"]["code"].as_str().unwrap();
    let after = format!(
        "{{ unionStandings(year: 2026, level: DISTRICT, first: 1, after: \"{first}\") {{ nodes {{ unit {{ code }} }} pageInfo {{ hasNextPage }} }} }}"
    );
    let second = served.data(&after, json!({})).await["unionStandings"].take();
    assert!(second["nodes"][0]["unit"]["code"] != first && second["pageInfo"]["hasNextPage"] == false, "{second}");
    assert_eq!((&data["within"]["totalCount"], &data["within"]["nodes"][0]["of"]), (&json!(2), &json!(3)), "{data}");
    let lost = served.code("{ unionStandings(year: 2026, level: DISTRICT, after: \"X9\") { totalCount } }", json!({})).await;
    assert_eq!(lost, "BAD_INPUT");
    let rules = written(&served, "/export/federation/rules.csv?lang=zh").await;
    assert!(rules.contains("考核办法第三条") && rules.contains("上限"), "{rules}");
    assert_eq!(written(&served, "/export/federation/objections.ndjson?on=2026-09-10").await.lines().count(), 1);
}

#[tokio::test]
async fn figures_come_page_by_page_and_sums_of_rewards_need_finance() {
    let served = served(300, |options| options.access = huitu::serve::Authentication::Tokens).await;
    let hub = served.state.hub();
    hub.store.put_token(&token("ann", "analyst", None, None)).await.unwrap();
    let mut narrow = token("two", "analyst", None, None);
    narrow.scopes = Some("[\"review\"]".to_owned());
    hub.store.put_token(&narrow).await.unwrap();
    let import = "mutation($n: FederationNoun!, $s: String!) { importFederation(input: { noun: $n, sheet: $s }) { kept } }";
    for (noun, sheet) in [
        ("UNIT", UNITS.to_owned()),
        ("REWARD", "unit,year,reward,yuan,source\nD110102,2026,一等奖,10000,通报\n".to_owned()),
        (
            "FIGURE",
            "id,value,unit,as_of,source,confidence\nF1,1,a,2010-01,t,high\nF2,2,a,2010-01,t,high\nF3,3,b,2010-01,t,high\n"
                .to_owned(),
        ),
    ] {
        let brought = served.ask_as(Some("secret-ann"), import, json!({ "n": noun, "s": sheet })).await;
        assert!(brought["data"]["importFederation"]["kept"].as_i64().unwrap() > 0, "{noun}: {brought}");
    }
    let ask = "{ unionRewards { nodes { reward yuan } } statedFigures(unit: \"a\", first: 1) { totalCount nodes { code } pageInfo { endCursor hasNextPage } } }";
    let data = served.ask_as(Some("secret-two"), ask, json!({})).await["data"].take();
    assert_eq!(data["unionRewards"]["nodes"][0], json!({ "reward": "一等奖", "yuan": null }));
    assert_eq!((&data["statedFigures"]["totalCount"], &data["statedFigures"]["nodes"][0]["code"]), (&json!(2), &json!("F1")));
    let after = data["statedFigures"]["pageInfo"]["endCursor"].clone();
    let next = "query($after: String) { statedFigures(unit: \"a\", first: 5, after: $after) { nodes { code } } }";
    let next = served.ask_as(Some("secret-two"), next, json!({ "after": after })).await;
    assert_eq!(next["data"]["statedFigures"]["nodes"], json!([{ "code": "F2" }]), "{next}");
}

#[tokio::test]
async fn agreements_are_found_whose_host_or_agency_lacks_a_union() {
    let served = city(600).await;
    let edition = served.state.hub().editions.current().unwrap();
    let code = |filter: huitu::edition::Filter| {
        let rows = edition.filter(&filter).unwrap();
        let found = rows.iter().find_map(|row| edition.enterprise(row).credit_code().map(|code| code.to_owned()));
        found.expect("somebody has a code")
    };
    let lacking = code(huitu::edition::Filter::InGap);
    let covered = code(huitu::edition::Filter::Any { facet: "gap", values: vec!["COVERED".to_owned()] });
    let sheet = format!(
        "unit,agency,host,clause,workers,members,joined_at,source\nD110101,{covered},{lacking},是,9,3,派遣,t\nD110101,{lacking},{covered},是,8,3,派遣,t\nD110101,无人知晓,{covered},是,7,3,派遣,t\n"
    );
    assert_eq!(bring(&served, "DISPATCH", &sheet).await["kept"], 3);
    let workers = async |filter: &str| -> Vec<i64> {
        let data = served.data(&format!("{{ dispatchAgreements({filter}) {{ nodes {{ workers }} }} }}"), json!({})).await;
        let mut found: Vec<i64> =
            data["dispatchAgreements"]["nodes"].as_array().unwrap().iter().map(|a| a["workers"].as_i64().unwrap()).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(workers("hostLacksUnion: true").await, [9]);
    assert_eq!(workers("agencyLacksUnion: true").await, [8]);
    assert_eq!(workers("agencyLacksUnion: false").await, [7, 9], "who is not known is not known to lack one");
    assert_eq!(workers("hostLacksUnion: true, agencyLacksUnion: true").await, [] as [i64; 0]);
}
