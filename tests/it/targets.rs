//! Targets from both sides: a registry delivers them, persons set them, the later one counts.

use chrono::{TimeZone, Utc};
use huitu::model::Clock;
use serde_json::json;

use crate::support::hub::{house, manifest, rows};

const BOOK: &str = "title = { zh = \"任务书\", en = \"Targets\" }\nowner = { zh = \"总工会\", en = \"Federation\" }\nkind = \"target\"\n\
     [source]\ntransport = \"file\"\nplace = \"book.csv\"\nformat = \"csv\"\n[guard]\nmax_quarantined_percent = 60\n\
     [key]\ncolumns = [\"单位\", \"年度\", \"指标\"]\n[columns]\n\"单位\" = \"area\"\n\"年度\" = \"year\"\n\"指标\" = \"indicator\"\n\
     \"数值\" = \"value\"\n\"责任人\" = \"responsible\"\n";

const LIST: &str =
    "{ targets(year: 2026) { area { code } indicator value done attainment missing neededPerMonth rank onPace responsible setBy
    registry { name } parts { sum units message } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivered_targets_stand_beside_set_ones_and_the_later_counts() {
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 7, 1, 2, 0, 0).unwrap());
    let source = "transport = \"file\"\nplace = \"firms.csv\"\nformat = \"csv\"";
    let firms = manifest("企业", "kind = \"enterprise\"", source, "\"区划\" = \"area\"");
    let house = house(&[("plan", BOOK.to_owned()), ("firms", firms)], clock.clone()).await;
    let text = rows(4).replace("编号,名称,职工", "编号,名称,职工,区划");
    let text: Vec<String> =
        text.lines().enumerate().map(|(i, l)| if i == 0 { l.to_owned() } else { format!("{l},110108001") }).collect();
    house.write("connectors/firms/firms.csv", text.join("\n"));
    let head = "单位,年度,指标,数值,责任人\n";
    let book =
        "110108,2026,covered,8,甲\n110108001,2026,covered,3,乙\n110108002,2026,covered,4,丙\nI-EDU,2026,net_new_units,5,丁\n";
    // An unknown unit and an unknown indicator are refused with row and reason, and take nothing else with them.
    let wrong = "990101,2026,net_new_units,5,戊\n110105,2026,net_new_union,5,己\n";
    house.write("connectors/plan/book.csv", format!("{head}{}{wrong}", book.replace("covered", "net_new_covered")));
    let report = house.sync(&["plan", "firms"]).await;
    let receipt = report.receipts.iter().find(|r| r.registry == "plan").unwrap();
    assert_eq!((receipt.read, receipt.landed, receipt.quarantined), (6, 4, 2), "{receipt:?}");
    let refused = house.hub.store.quarantined(None, 0, 10).await.unwrap();
    let found: Vec<(i64, &str)> = refused.iter().map(|r| (r.row_number, r.code.as_str())).collect();
    assert_eq!(found, [(5, "target_area_unknown"), (6, "target_indicator_unknown")]);
    assert!(refused[0].detail.contains("990101") && refused[1].detail.contains("net_new_units"), "{refused:?}");

    let door = house.serve(&[]).await;
    let listed = door.ask(LIST).await;
    let targets = listed["data"]["targets"].as_array().unwrap_or_else(|| panic!("{listed}")).clone();
    assert_eq!(targets.len(), 4, "{listed}");
    let of = |targets: &[serde_json::Value], area: &str| targets.iter().find(|t| t["area"]["code"] == area).cloned().unwrap();
    let district = of(&targets, "110108");
    assert_eq!(
        (&district["responsible"], &district["registry"]["name"], &district["setBy"]),
        (&json!("甲"), &json!("plan"), &json!(null))
    );
    assert_eq!((&district["parts"]["sum"], &district["parts"]["units"]), (&json!(7.0), &json!(2)), "{district}");
    assert!(of(&targets, "I-EDU")["parts"].is_null());

    // A person sets one an hour later: that counts. The registry delivers it anew a day later: that counts.
    clock.set(Utc.with_ymd_and_hms(2026, 7, 1, 3, 0, 0).unwrap());
    let set = "mutation { setTarget(input: { area: \"110108\", year: 2026, indicator: \"net_new_covered\", value: 7, responsible: \"庚\" }) {
        target { value responsible setBy parts { sum } } userErrors { message } } }";
    let answer = door.ask(set).await;
    let target = &answer["data"]["setTarget"]["target"];
    assert_eq!((&target["value"], &target["responsible"]), (&json!(7.0), &json!("庚")), "{answer}");
    assert!(target["setBy"].is_string() && target["parts"].is_null(), "{answer}");
    clock.set(Utc.with_ymd_and_hms(2026, 7, 2, 3, 0, 0).unwrap());
    let anew = book.replace("covered,8", "covered,9").replace("covered", "net_new_covered");
    house.write("connectors/plan/book.csv", format!("{head}{anew}"));
    house.sync(&["plan"]).await;
    let listed = door.ask(LIST).await;
    let district = of(listed["data"]["targets"].as_array().unwrap(), "110108");
    assert_eq!((&district["value"], &district["registry"]["name"]), (&json!(9.0), &json!("plan")), "{district}");

    // Each day keeps the targets that stood when it ended: the person's on the first, the registry's on the second.
    clock.set(Utc.with_ymd_and_hms(2026, 7, 3, 3, 0, 0).unwrap());
    let again = set.replace("value: 7", "value: 11");
    assert!(door.ask(&again).await["data"]["setTarget"]["target"].is_object());
    assert!(door.ask(&again.replace("value: 11", "value: 12")).await["data"]["setTarget"]["target"].is_object());
    house.sync(&["firms"]).await;
    for (day, value) in [("2026-07-01", 7.0), ("2026-07-02", 9.0), ("2026-07-03", 12.0)] {
        let answer = door.ask(&LIST.replace("year: 2026", &format!("year: 2026, asOf: \"{day}\""))).await;
        let targets = answer["data"]["targets"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(of(targets, "110108")["value"], json!(value), "{day}: {answer}");
    }

    // Beside the rows of coverage.
    let beside = "{ coverage(by: [TOWN], target: { year: 2026, indicator: \"net_new_covered\" }) { rows { keys { code } target { value responsible } } } }";
    let answer = door.ask(beside).await;
    let row = &answer["data"]["coverage"]["rows"][0];
    assert_eq!((&row["keys"][0]["code"], &row["target"]["responsible"]), (&json!("110108001"), &json!("乙")), "{answer}");
    // A unit that does not exist is refused.
    let unknown = set.replace("110108", "990101");
    assert!(door.ask(&unknown).await["data"]["setTarget"]["userErrors"][0]["message"].as_str().unwrap().contains("990101"));
    // A street that nobody knows is not its district, whose own target it would overwrite.
    let street = set.replace("110108", "110108999");
    let refused = door.ask(&street).await;
    assert!(refused["data"]["setTarget"]["userErrors"][0]["message"].as_str().unwrap().contains("110108999"), "{refused}");
    // A rate written as percent is the share it means, and one above 100 % is none.
    let rate = |value: &str| {
        let rate = set.replace("net_new_covered", "coverage_rate").replace("value: 7", &format!("value: {value}"));
        rate.replace("110108", "110105")
    };
    assert_eq!(door.ask(&rate("92.5")).await["data"]["setTarget"]["target"]["value"], json!(0.925));
    let refused = door.ask(&rate("140")).await;
    assert!(refused["data"]["setTarget"]["userErrors"][0]["message"].as_str().unwrap().contains("100%"), "{refused}");
    // What a person set can be taken back: then the registry's counts again, and a second time there is nothing.
    clock.set(Utc.with_ymd_and_hms(2026, 7, 4, 3, 0, 0).unwrap());
    let withdraw = "mutation { withdrawTarget(input: { area: \"110108\", year: 2026, indicator: \"net_new_covered\" }) { userErrors { message } } }";
    assert_eq!(door.ask(withdraw).await["data"]["withdrawTarget"]["userErrors"], json!([]));
    let listed = door.ask(LIST).await;
    let district = of(listed["data"]["targets"].as_array().unwrap(), "110108");
    assert_eq!((&district["value"], &district["registry"]["name"]), (&json!(9.0), &json!("plan")), "{district}");
    let again = door.ask(withdraw).await;
    assert!(again["data"]["withdrawTarget"]["userErrors"][0]["message"].as_str().unwrap().contains("110108"), "{again}");
    house.sync(&["firms"]).await;
    let before = door.ask(&LIST.replace("year: 2026", "year: 2026, asOf: \"2026-07-03\"")).await;
    assert_eq!(of(before["data"]["targets"].as_array().unwrap(), "110108")["value"], json!(12.0), "as it was then: {before}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_of_another_year_lands_says_so_and_changes_nothing_of_this_year() {
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 7, 1, 2, 0, 0).unwrap());
    let source = "transport = \"file\"\nplace = \"firms.csv\"\nformat = \"csv\"";
    let firms = manifest("企业", "kind = \"enterprise\"", source, "\"区划\" = \"area\"");
    let house = house(&[("plan", BOOK.to_owned()), ("firms", firms)], clock.clone()).await;
    let text = rows(4).replace("编号,名称,职工", "编号,名称,职工,区划");
    let text: Vec<String> =
        text.lines().enumerate().map(|(i, l)| if i == 0 { l.to_owned() } else { format!("{l},110108001") }).collect();
    house.write("connectors/firms/firms.csv", text.join("\n"));
    let head = "单位,年度,指标,数值,责任人\n";
    let line = |year: u32| format!("110108,{year},net_new_covered,8,甲\n");
    let notes = |report: &huitu::hub::SyncReport| {
        let receipt = report.receipts.iter().find(|r| r.registry == "plan").unwrap();
        assert_eq!(receipt.outcome, huitu::hub::SyncOutcome::Landed);
        receipt.notes.iter().filter(|n| &*n.code == "targets_of_another_year").cloned().collect::<Vec<_>>()
    };
    house.write("connectors/plan/book.csv", format!("{head}{}", line(2025)));
    let said = notes(&house.sync(&["plan", "firms"]).await);
    assert!(said[0].zh.contains("2025") && said[0].zh.contains("2026") && said[0].en.contains("2025"), "{said:?}");
    let door = house.serve(&[]).await;
    assert_eq!(door.ask(LIST).await["data"]["targets"], json!([]), "nothing of this year");
    let last = door.ask(&LIST.replace("year: 2026", "year: 2025")).await;
    assert_eq!(last["data"]["targets"][0]["value"], json!(8.0), "{last}");

    // This year's beside it: nothing to say any more.
    clock.set(Utc.with_ymd_and_hms(2026, 7, 2, 2, 0, 0).unwrap());
    house.write("connectors/plan/book.csv", format!("{head}{}{}", line(2025), line(2026)));
    assert_eq!(notes(&house.sync(&["plan"]).await), []);
    assert_eq!(door.ask(LIST).await["data"]["targets"][0]["value"], json!(8.0));
}
