//! What units do and have: posts, places, services, dispatch, collections, targets with their parts, and the year's appraisal.

use serde_json::{Value, json};

use crate::federation::{UNITS, bring};
use crate::support::graph::{Served, served, token};

async fn city(count: u32) -> Served {
    let served = served(count, |_| {}).await;
    assert_eq!(bring(&served, "UNIT", UNITS).await["kept"], 7);
    served
}

fn refused(answer: &Value, line: i64, said: &str) {
    assert_eq!((&answer["kept"], &answer["faults"][0]["line"]), (&json!(0), &json!(line)), "{answer}");
    assert!(answer["faults"][0]["message"].as_str().unwrap().contains(said), "{answer}");
}

#[tokio::test]
async fn posts_are_counted_with_their_vacancies_and_one_of_an_unknown_unit_is_refused() {
    let served = city(1_000).await;
    let header = "单位代码,岗位,编制,在岗,派任主席,补贴,截至日期,来源";
    refused(
        &bring(&served, "POST", &format!("{header}\nD110101,协管员,1,1,,500,2010-08,t\nX9,协管员,1,1,,500,2010-08,t\n")).await,
        3,
        "没有单位 X9",
    );
    let sheet = format!(
        "{header}\nS110101001,工会社会工作者,3,2,1,10000,2010-08,名册\nD110101,协管员,4,4,,500,2010-08,名册\nS110101001,工会社会工作者,3,3,1,10000,2010-10,名册\n"
    );
    assert_eq!(bring(&served, "POST", &sheet).await["kept"], 3);
    let staff = async |on: &str| {
        let query = format!(
            "{{ unionUnit(code: \"D110101\") {{ staffing(on: \"{on}\") {{ approved filled vacant delegatedChairs lackingPerOfficer }} counts {{ lacking }} }} }}"
        );
        served.data(&query, json!({})).await["unionUnit"].take()
    };
    let august = staff("2010-09-01").await;
    assert_eq!(
        (&august["staffing"]["approved"], &august["staffing"]["filled"], &august["staffing"]["vacant"]),
        (&json!(7), &json!(6), &json!(1))
    );
    assert_eq!(august["staffing"]["lackingPerOfficer"].as_f64().unwrap(), august["counts"]["lacking"].as_f64().unwrap() / 6.0);
    assert_eq!(staff("2010-11-01").await["staffing"]["vacant"], 0);
    let posts = served.data("{ unionPosts(within: \"D110101\", on: \"2010-11-01\") { totalCount nodes { kind filled subsidyYuan unit { code } origin { source history { at } } } } }", json!({})).await;
    assert_eq!(posts["unionPosts"]["totalCount"], 2);
    assert_eq!(posts["unionPosts"]["nodes"][1]["subsidyYuan"], 10_000.0, "{posts}");
    // A unit that posts rest on stays.
    let withdraw =
        "mutation { withdrawFederation(noun: UNIT, key: \"S110101001\") { withdrawn userErrors { message(lang: EN) } } }";
    let kept = served.data(withdraw, json!({})).await["withdrawFederation"].take();
    assert!(
        kept["withdrawn"] == false && kept["userErrors"][0]["message"].as_str().unwrap().contains("no unit S110101001"),
        "{kept}"
    );
}

#[tokio::test]
async fn what_is_paid_is_told_to_who_may_see_payments_and_a_district_sees_its_own() {
    let served = served(300, |options| options.access = huitu::serve::Authentication::Tokens).await;
    let hub = served.state.hub();
    for (id, areas) in [("ann", None), ("one", Some("[\"110101\"]"))] {
        hub.store.put_token(&token(id, if areas.is_some() { "district" } else { "analyst" }, areas, None)).await.unwrap();
    }
    let mut narrow = token("two", "analyst", None, None);
    narrow.scopes = Some("[\"review\"]".to_owned());
    hub.store.put_token(&narrow).await.unwrap();
    let as_ann = async |noun: &str, sheet: &str| {
        let query = format!(
            "mutation($s: String!) {{ importFederation(input: {{ noun: {noun}, sheet: $s }}) {{ kept faults {{ line message }} }} }}"
        );
        served.ask_as(Some("secret-ann"), &query, json!({ "s": sheet })).await["data"]["importFederation"].take()
    };
    assert_eq!(as_ann("UNIT", UNITS).await["kept"], 7);
    let header =
        "unit,starts_on,period,payroll_yuan,dues_yuan,preparatory_yuan,refund_percent,refund_source,tax_total_yuan,source";
    refused(
        &as_ann("COLLECTION", &format!("{header}\nD110101,2010-07-01,2010Q3,1000000,15000,2000,60,,,t\n")).await,
        2,
        "返还依据",
    );
    let sheet = format!(
        "{header}\nD110101,2010-07-01,2010Q3,1000000,15000,2000,60,示例办法,17500,t\nD110102,2010-07-01,2010Q3,500000,10000,0,,,,t\n"
    );
    assert_eq!(as_ann("COLLECTION", &sheet).await["kept"], 2);
    let ask = "{ unionCollections { totalCount nodes { period due arrears refund refundSource taxDifference } } unionUnit(code: \"D110101\") { arrears(on: \"2010-11-01\") { fresh older } } }";
    let all = served.ask_as(Some("secret-ann"), ask, json!({})).await["data"].take();
    let first = &all["unionCollections"]["nodes"][0];
    assert_eq!(
        (&first["due"], &first["arrears"], &first["refund"], &first["taxDifference"]),
        (&json!("20000"), &json!("3000"), &json!("10200"), &json!("500")),
        "{all}"
    );
    assert_eq!((&all["unionUnit"]["arrears"]["fresh"], &all["unionUnit"]["arrears"]["older"]), (&json!("3000"), &json!("0")));
    let own = served.ask_as(Some("secret-one"), ask, json!({})).await["data"].take();
    assert_eq!(own["unionCollections"]["totalCount"], 1);
    let narrow = served.ask_as(Some("secret-two"), ask, json!({})).await["data"].take();
    assert_eq!(
        (
            &narrow["unionCollections"]["totalCount"],
            &narrow["unionCollections"]["nodes"][0]["due"],
            &narrow["unionUnit"]["arrears"]
        ),
        (&json!(2), &json!(null), &json!(null)),
        "{narrow}"
    );
}

#[tokio::test]
async fn a_buildings_own_list_is_held_against_the_addresses() {
    let served = city(1_000).await;
    let edition = served.state.hub().editions.current().unwrap();
    // A part of an address that several enterprises of the first district bear.
    let some = edition
        .enterprises()
        .find(|e| e.district() == Some(110_101) && e.address().is_some_and(|a| a.chars().count() > 4))
        .unwrap();
    let name: String = some.address().unwrap().to_owned();
    let by_address: Vec<_> = edition
        .enterprises()
        .filter(|e| e.district() == Some(110_101) && e.address().is_some_and(|a| a.contains(&name)))
        .collect();
    let other = edition.enterprises().find(|e| e.district() == Some(110_102) && e.credit_code().is_some()).unwrap();
    let places = format!(
        "code,name,kind,unit,areas,longitude,latitude,party_station,social_station,union_station,source\nB1,{name},BUILDING,D110101,110101,,,是,是,是,t\nB2,跨区大厦,BUILDING,D110101,110101001;110102001,,,,,,t\nC1,中心,CENTRE,BJ,,116.40,39.90,,,,t\nS1,站,STATION,D110101,110101,116.45,39.95,,,,t\n"
    );
    assert_eq!(bring(&served, "PLACE", &places).await["kept"], 4);
    refused(&bring(&served, "PLACE", "code,name,kind,unit,source\nB9,楼,BUILDING,X9,t\n").await, 2, "没有单位 X9");
    refused(&bring(&served, "LISTING", "place,enterprise,source\nB9,某公司,物业\n").await, 2, "B9");
    let list = format!(
        "place,enterprise,source\nB1,{},物业\nB1,{},物业\nB1,查无此公司,物业\n",
        some.credit_code().unwrap(),
        other.credit_code().unwrap()
    );
    assert_eq!(bring(&served, "LISTING", &list).await["kept"], 3);
    let ask = "{ unionPlaces(kind: BUILDING) { nodes { code isJoint inTwoDistricts enterprisesThere { counts { enterprises } listed unlisted { id } elsewhere { id } unknown } } } flagged: unionPlaces(inTwoDistricts: true) { totalCount nodes { code } } }";
    let data = served.data(ask, json!({})).await;
    let building = &data["unionPlaces"]["nodes"][0];
    let there = &building["enterprisesThere"];
    assert_eq!(
        (&building["isJoint"], &there["listed"], &there["unknown"]),
        (&json!(true), &json!(2), &json!(["查无此公司"])),
        "{building}"
    );
    assert_eq!(there["counts"]["enterprises"].as_u64().unwrap() as usize, by_address.len());
    assert_eq!(there["unlisted"].as_array().unwrap().len(), by_address.len() - 1);
    assert!(there["elsewhere"][0]["id"].as_str().unwrap().contains(other.id()), "{there}");
    assert_eq!((&data["flagged"]["totalCount"], &data["flagged"]["nodes"][0]["code"]), (&json!(1), &json!("B2")));
    // The nearest place is the nearest by a count of all of them.
    let located = edition.enterprises().find(|e| e.location().is_some()).unwrap();
    let point = located.location().unwrap();
    let far = |east: f64, north: f64| huitu::federation::place::metres((point.longitude, point.latitude), (east, north));
    let distances = [("C1", far(116.40, 39.90)), ("S1", far(116.45, 39.95))];
    let expected = distances.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let near = served
        .data(&format!("{{ nearestPlace(enterprise: \"{}\") {{ metres place {{ code }} }} }}", located.id()), json!({}))
        .await["nearestPlace"]
        .take();
    assert_eq!(near["place"]["code"], expected.0, "{near}");
    assert!((near["metres"].as_f64().unwrap() - expected.1).abs() < 0.5);
    // A building in another district than the unit that keeps it is flagged too; a station has no list; 0,0 is no place.
    let head = "code,name,kind,unit,areas,longitude,latitude,source";
    let elsewhere = format!("{head}\nB3,别区大厦,BUILDING,D110101,110102,,,t\n");
    assert_eq!(bring(&served, "PLACE", &elsewhere).await["kept"], 1);
    let flagged = served.data("{ unionPlaces(inTwoDistricts: true) { nodes { code } } }", json!({})).await;
    assert_eq!(flagged["unionPlaces"]["nodes"], json!([{ "code": "B2" }, { "code": "B3" }]));
    refused(&bring(&served, "LISTING", "place,enterprise,source\nS1,某公司,物业\n").await, 2, "不是楼宇或园区");
    refused(&bring(&served, "PLACE", &format!("{head}\nB4,楼,BUILDING,D110101,,0,0,t\n")).await, 2, "中国境内");
}

#[tokio::test]
async fn services_and_dispatch_add_up_along_the_tree_and_members_count_once() {
    let served = city(600).await;
    let services = "单位代码,服务项目,期间,数量,来源\nS110101001,会员服务卡,2010-06,40,台账\nS110101002,会员服务卡,2010-06,2,台账\nD110102,会员服务卡,2010-06,9,台账\nD110101,培训,2009,3,台账\n";
    assert_eq!(bring(&served, "SERVICE", services).await["kept"], 4);
    refused(&bring(&served, "SERVICE", "单位代码,服务项目,期间,数量,来源\nX9,培训,2009,3,台账\n").await, 2, "没有单位 X9");
    let edition = served.state.hub().editions.current().unwrap();
    let lacking = edition
        .enterprise(edition.filter(&huitu::edition::Filter::InGap).unwrap().iter().next().unwrap())
        .credit_code()
        .unwrap()
        .to_owned();
    let header = "单位代码,派遣单位,用工单位,2%条款,派遣人数,会员人数,入会单位,家政护理认定依据,来源";
    let agreements = format!(
        "{header}\nD110101,示例家政,示例医院,是,100,80,派遣单位,国民经济行业 80,t\nS110101001,示例家政,{lacking},否,50,40,用工单位,国民经济行业 80,t\nD110102,示例派遣,示例工厂,是,30,0,派遣单位,,t\n"
    );
    assert_eq!(bring(&served, "DISPATCH", &agreements).await["kept"], 3);
    let ask = "{ unionUnit(code: \"D110101\") { servicesGiven(year: 2010) { kind period count } dispatch { agreements withoutClause agencies workers membersAtAgencies membersAtHosts careAgencies careMembers hostsLacking } }
        unionUnits(levels: [CITY]) { nodes { servicesGiven(kind: CARD) { count } dispatch { agreements } } } dispatchAgreements(hasClause: false) { totalCount nodes { hostEnterprise { creditCode } agencyEnterprise { id } } } }";
    let data = served.data(ask, json!({})).await;
    assert_eq!(data["unionUnit"]["servicesGiven"], json!([{ "kind": "CARD", "period": "2010-06", "count": 42 }]));
    assert_eq!(
        data["unionUnit"]["dispatch"],
        json!({ "agreements": 2, "withoutClause": 1, "agencies": 1, "workers": 150, "membersAtAgencies": 80, "membersAtHosts": 40, "careAgencies": 1, "careMembers": 120, "hostsLacking": 1 })
    );
    assert_eq!(data["unionUnits"]["nodes"][0], json!({ "servicesGiven": [{ "count": 51 }], "dispatch": { "agreements": 3 } }));
    assert_eq!(
        data["dispatchAgreements"]["nodes"],
        json!([{ "hostEnterprise": { "creditCode": lacking }, "agencyEnterprise": null }])
    );
}

#[tokio::test]
async fn parts_of_a_target_never_exceed_the_whole_and_percent_is_no_count() {
    let served = city(600).await;
    let import = async |sheet: &str| {
        served
            .data(
                "mutation($s: String!) { importTargets(sheet: $s, source: \"会议\") { kept faults { line message } } }",
                json!({ "s": sheet }),
            )
            .await["importTargets"]
            .take()
    };
    let header = "单位代码,年度,指标,计量,任务";
    assert_eq!(import(&format!("{header}\nBJ,2026,net_new_units,个,100\nD110101,2026,net_new_units,个,60\nS110101001,2026,net_new_units,个,25\nBJ,2026,coverage_rate,%,90\nD110101,2026,coverage_rate,%,95\n")).await["kept"], 5);
    let share = async |unit: &str, indicator: &str| {
        let query = format!(
            "{{ unionUnit(code: \"{unit}\") {{ target(year: 2026, indicator: \"{indicator}\") {{ value isPercent parts units left }} }} }}"
        );
        served.data(&query, json!({})).await["unionUnit"]["target"].take()
    };
    assert_eq!(
        share("BJ", "net_new_units").await,
        json!({ "value": 100.0, "isPercent": false, "parts": 60.0, "units": 1, "left": 40.0 })
    );
    assert_eq!(share("D110101", "net_new_units").await["left"], 35.0);
    assert_eq!(
        share("BJ", "coverage_rate").await,
        json!({ "value": 0.9, "isPercent": true, "parts": null, "units": 1, "left": null })
    );
    refused(
        &import(&format!("{header}\nD110102,2026,net_new_units,个,40\nS110101002,2026,net_new_units,个,36\n")).await,
        3,
        "超出 1",
    );
    refused(&import(&format!("{header}\nBJ,2026,net_new_units,个,50\n")).await, 2, "超出");
    refused(&import(&format!("{header}\nD110102,2026,coverage_rate,个,40\n")).await, 2, "计量");
    refused(&import(&format!("{header}\nX9,2026,net_new_units,个,40\n")).await, 2, "没有单位 X9");
    assert_eq!(share("D110102", "net_new_units").await, json!(null), "nothing was half set");
    // By hand the same holds, and withdrawing gives room.
    let set = "mutation { setTarget(input: { area: \"110101002\", year: 2026, indicator: \"net_new_units\", value: 36 }) { target { value } userErrors { message(lang: EN) } } }";
    let no = served.data(set, json!({})).await["setTarget"].take();
    assert!(no["target"].is_null() && no["userErrors"][0]["message"].as_str().unwrap().contains("1 too many"), "{no}");
    let withdraw = "mutation { withdrawTarget(input: { area: \"110101001\", year: 2026, indicator: \"net_new_units\" }) { userErrors { message } } }";
    assert_eq!(served.data(withdraw, json!({})).await["withdrawTarget"]["userErrors"], json!([]));
    assert_eq!(served.data(set, json!({})).await["setTarget"]["target"]["value"], 36.0);
    assert_eq!(share("D110101", "net_new_units").await["left"], 24.0);
}

const RULES: &str = "year = 2026\n[[rule]]\nid = \"service\"\nindicator = \"service\"\nzh = \"服务\"\nen = \"service\"\nper = 1\ncap = 40\nsource = \"考核办法第三条\"\n[[rule]]\nid = \"information\"\nindicator = \"information\"\nzh = \"信息\"\nen = \"information\"\nper = 2\ncap = 20\nfloor = 1\npenalty = 5\nsource = \"考核办法第四条\"\n";

#[tokio::test]
async fn units_are_ranked_by_the_years_rules_beside_the_year_before() {
    let served = city(300).await;
    refused(&bring(&served, "APPRAISAL", &RULES.replace("source = \"考核办法第四条\"\n", "")).await, 10, "没有来源");
    assert_eq!(bring(&served, "APPRAISAL", RULES).await["kept"], 1);
    assert_eq!(bring(&served, "APPRAISAL", &RULES.replace("2026", "2025")).await["kept"], 1);
    let work = "unit,year,indicator,value,source\nS110101001,2026,service,30,台账\nS110101001,2026,information,0,台账\nS110101002,2026,service,20,台账\nS110101002,2026,information,9,台账\nS110102001,2026,service,50,台账\nS110102001,2025,service,1,台账\nS110101001,2025,service,9,台账\n";
    assert_eq!(bring(&served, "WORK", work).await["kept"], 7);
    let objection = "id,unit,year,rule,said,state,answer,on,source\nO1,S110101001,2026,information,少计两期,OPEN,,2026-09-01,t\n";
    assert_eq!(bring(&served, "OBJECTION", objection).await["kept"], 1);
    let unknown = objection.replace("O1,", "O9,").replace("information", "attendance");
    refused(&bring(&served, "OBJECTION", &unknown).await, 2, "没有规则 attendance");
    assert_eq!(bring(&served, "REWARD", "unit,year,reward,yuan,source\nS110102001,2026,一等奖,10000,t\n").await["kept"], 1);
    let ask = "{ unionAppraisal(year: 2026, level: STREET) { rank of score unit { code } lines { rule points cap source } lift { rule gain rank } before { rank score } objections { code state said } rewards { reward yuan } } }";
    let ranked = served.data(ask, json!({})).await["unionAppraisal"].take();
    let order: Vec<(&str, f64, i64)> = ranked
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["unit"]["code"].as_str().unwrap(), s["score"].as_f64().unwrap(), s["rank"].as_i64().unwrap()))
        .collect();
    assert_eq!(order, [("S110102001", 40.0, 1), ("S110101002", 38.0, 2), ("S110101001", 25.0, 3)]);
    let (first, last) = (&ranked[0], &ranked[2]);
    assert_eq!(last["lift"], json!({ "rule": "information", "gain": 25.0, "rank": 1 }), "{last}");
    assert_eq!((&last["before"]["rank"], &first["before"]["rank"]), (&json!(1), &json!(2)));
    assert_eq!((&last["objections"][0]["state"], &first["rewards"][0]["reward"]), (&json!("OPEN"), &json!("一等奖")));
    assert_eq!(last["lines"][1]["points"], -5.0);
    // The objection is upheld: the work is entered anew, and the rank follows.
    bring(&served, "OBJECTION", &objection.replace("OPEN,,", "UPHELD,补计,")).await;
    bring(&served, "WORK", "unit,year,indicator,value,source\nS110101001,2026,information,10,复核\n").await;
    let again = served.data(ask, json!({})).await["unionAppraisal"].take();
    assert_eq!(
        (&again[0]["unit"]["code"], &again[0]["objections"][0]["state"]),
        (&json!("S110101001"), &json!("UPHELD")),
        "{again}"
    );
    assert_eq!(
        served.data("{ unionAppraisal(year: 2020, level: STREET) { rank } }", json!({})).await["unionAppraisal"],
        json!([])
    );
}

#[tokio::test]
async fn every_question_of_the_twenty_eight_is_answered() {
    let served = city(600).await;
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/src/capabilities.md")).unwrap();
    let questions: Vec<&str> = page.split("```graphql\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert_eq!(questions.len(), 28);
    for question in questions {
        served.data(question, json!({})).await;
    }
}
