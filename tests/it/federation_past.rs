//! Earlier days of the federation answer as they did: a street that moves, a place that is kept by another unit, an agreement that grows and
//! work that is mended change today and nothing before it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::{TimeZone, Utc};
use serde_json::{Value, json};

use crate::federation::{UNITS, bring};
use crate::support::graph::{Served, served};

/// After the units were entered (on 23 September), and after the edition of the 22nd.
const BEFORE: &str = "2026-09-25";

/// What an address of the earlier day writes, and how many rows.
async fn rows(served: &Served, path: &str) -> (String, String) {
    let (status, headers, bytes) = served.send(Request::get(path).body(Body::empty()).unwrap()).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    (headers["x-huitu-rows"].to_str().unwrap().to_owned(), text)
}

async fn a_week_later(served: &Served) {
    served.state.hub().clock.set(Utc.with_ymd_and_hms(2026, 10, 2, 4, 0, 0).unwrap());
}

/// A street of another district from now on.
async fn move_a_street(served: &Served) {
    let header = UNITS.lines().next().unwrap();
    let moved = format!("{header}\nS110101001,甲街道总工会,街道,D110102,110101001,,,社会工作者,2010-08-31,2010-08,批复\n");
    assert_eq!(bring(served, "UNIT", &moved).await["kept"], 1);
}

#[tokio::test]
async fn a_street_that_moves_leaves_the_earlier_days_as_they_were() {
    let served = served(3_000, |_| {}).await;
    assert_eq!(bring(&served, "UNIT", UNITS).await["kept"], 7);
    let posts = "unit,kind,approved,filled,as_of,source\nS110101001,协管员,4,3,2026-09-01,t\nD110102,协管员,2,2,2026-09-01,t\n";
    assert_eq!(bring(&served, "POST", posts).await["kept"], 2);
    let question = |as_of: &str, on: &str| {
        format!(
            "{{ unionUnit(code: \"D110101\"{as_of}) {{ children {{ code }} counts {{ enterprises lacking covered }} pace({on}levels: [STREET]) {{ done toDo }} staffing({on}) {{ filled }} }}
               street: unionUnit(code: \"S110101001\"{as_of}) {{ parent {{ code }} }}
               gap(filter: {{ unit: [\"D110101\"] }}{as_of}) {{ totalCount }} coverage(by: [], filter: {{ unit: [\"D110101\"] }}{as_of}) {{ rows {{ enterprises }} }}
               unionPosts(within: \"D110101\", {on}) {{ totalCount }} }}"
        )
    };
    // `staffing()` is no question: the day is always named there.
    let now = question("", "on: \"2026-10-02\", ");
    let then = question(&format!(", asOf: \"{BEFORE}\""), &format!("on: \"{BEFORE}\", "));
    let before = served.data(&then, json!({})).await;
    let exported = rows(&served, &format!("/export/gap.csv?unit=D110101&asOf={BEFORE}")).await.0;
    let sheet = rows(&served, &format!("/export/federation/units.ndjson?within=D110101&on={BEFORE}")).await.1;
    assert_eq!(before["street"]["parent"]["code"], "D110101");
    assert_eq!((&before["unionUnit"]["pace"]["done"], &before["unionUnit"]["staffing"]["filled"]), (&json!(1), &json!(3)));
    a_week_later(&served).await;
    move_a_street(&served).await;
    let today = served.data(&now, json!({})).await;
    assert_eq!(today["street"]["parent"]["code"], "D110102");
    assert_eq!((&today["unionUnit"]["pace"]["done"], &today["unionPosts"]["totalCount"]), (&json!(0), &json!(0)));
    let number = |value: &Value| value.as_i64().unwrap();
    let enterprises = |data: &Value| number(&data["unionUnit"]["counts"]["enterprises"]);
    assert!(enterprises(&today) < enterprises(&before), "its enterprises went with it: {today} {before}");
    // The earlier day: the same word for word, in the graph and in files.
    assert_eq!(served.data(&then, json!({})).await, before);
    assert_eq!(number(&before["gap"]["totalCount"]).to_string(), exported);
    assert_eq!(rows(&served, &format!("/export/gap.csv?unit=D110101&asOf={BEFORE}")).await.0, exported);
    let all = async |as_of: &str| rows(&served, &format!("/export/enterprises.csv?unit=D110101{as_of}")).await.0;
    assert_eq!(all(&format!("&asOf={BEFORE}")).await, enterprises(&before).to_string());
    assert_eq!(all("").await, enterprises(&today).to_string());
    assert_eq!(rows(&served, &format!("/export/federation/units.ndjson?within=D110101&on={BEFORE}")).await.1, sheet);
    assert!(
        sheet.contains("S110101001")
            && !rows(&served, "/export/federation/units.ndjson?within=D110101").await.1.contains("S110101001")
    );
    // Before the first sheet nobody had said otherwise.
    let early = "{ unionUnit(code: \"D110101\") { pace(on: \"2010-09-01\", levels: [STREET]) { done toDo } } }";
    assert_eq!(served.data(early, json!({})).await["unionUnit"]["pace"], json!({ "done": 1, "toDo": 1 }));
    // Month by month, each in the units of its end.
    let series =
        "{ unionUnit(code: \"D110101\") { paceSeries(from: \"2026-09-01\", to: \"2026-10-02\", levels: [STREET]) { done on } } }";
    let series = served.data(series, json!({})).await["unionUnit"]["paceSeries"].take();
    assert_eq!(series, json!([{ "done": 1, "on": "2026-09-30" }, { "done": 0, "on": "2026-10-02" }]));
    // Told as of the day, it is another thing than today's, and its id finds it again.
    let ids = format!(
        "{{ now: unionUnit(code: \"S110101001\") {{ id }} then: unionUnit(code: \"S110101001\", asOf: \"{BEFORE}\") {{ id }} }}"
    );
    let ids = served.data(&ids, json!({})).await;
    assert_ne!(ids["now"]["id"], ids["then"]["id"]);
    let again = "query($id: ID!) { node(id: $id) { id ... on UnionUnit { parent { code } } } }";
    let again = served.data(again, json!({ "id": ids["then"]["id"] })).await["node"].take();
    assert_eq!(again, json!({ "id": ids["then"]["id"], "parent": { "code": "D110101" } }));
}

#[tokio::test]
async fn a_merger_leaves_the_streets_that_were_and_a_founding_told_late_counts_for_its_day() {
    let served = served(600, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    a_week_later(&served).await;
    let withdraw = "mutation { withdrawFederation(noun: UNIT, key: \"S110101002\") { withdrawn } }";
    assert_eq!(served.data(withdraw, json!({})).await["withdrawFederation"]["withdrawn"], true);
    let header = UNITS.lines().next().unwrap();
    // Two streets become one, and another one is founded on a day that was over when it was told.
    let merged = format!(
        "{header}\nS110101001,甲乙街道总工会,街道,D110101,110101001;110101002,,,,2010-08-31,2010-08,批复\nS110102001,丙街道总工会,街道,D110102,110102001,,,,2026-09-20,2026-11,公告\n"
    );
    assert_eq!(bring(&served, "UNIT", &merged).await["faults"], json!([]));
    let ask = |on: &str| format!("{{ unionUnit(code: \"BJ\") {{ pace(on: \"{on}\", levels: [STREET]) {{ done toDo }} }} }}");
    let pace = async |on: &str| served.data(&ask(on), json!({})).await["unionUnit"]["pace"].take();
    assert_eq!(pace("2026-10-02").await, json!({ "done": 2, "toDo": 0 }));
    assert_eq!(pace(BEFORE).await, json!({ "done": 2, "toDo": 1 }), "three streets then, of which two stood");
    assert_eq!(pace("2026-09-01").await, json!({ "done": 1, "toDo": 2 }));
}

#[tokio::test]
async fn places_agreements_and_work_stand_as_they_had_been_entered() {
    let served = served(600, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let place = |unit: &str, name: &str| format!("code,name,kind,unit,source\nZ1,{name},STATION,{unit},t\n");
    let agreement = |workers: u32| {
        format!(
            "unit,agency,host,agreed_on,clause,workers,members,joined_at,source\nD110101,甲,乙,2026-09-01,否,{workers},5,派遣,t\n"
        )
    };
    let work =
        |value: u32| format!("unit,year,indicator,value,source\nD110101,2026,service,{value},t\nD110102,2026,service,20,t\n");
    let rules = "year = 2026\n[[rule]]\nid = \"service\"\nindicator = \"service\"\nzh = \"服务\"\nen = \"service\"\nper = 1\ncap = 40\nsource = \"办法\"\n[[rule]]\nid = \"growth\"\nindicator = \"net_new_units\"\nzh = \"净增\"\nen = \"growth\"\nper = 1\ncap = 40\nsource = \"办法\"\n";
    for (noun, sheet) in
        [("PLACE", place("D110101", "旧站")), ("DISPATCH", agreement(100)), ("WORK", work(30)), ("APPRAISAL", rules.to_owned())]
    {
        assert_eq!(bring(&served, noun, &sheet).await["faults"], json!([]), "{noun}");
    }
    let question = format!(
        "{{ unionPlaces(on: \"{BEFORE}\") {{ nodes {{ name unit {{ code }} }} }} dispatchAgreements(on: \"{BEFORE}\") {{ nodes {{ workers }} }}
           unionUnit(code: \"D110101\") {{ dispatch(on: \"{BEFORE}\") {{ workers }} standing(year: 2026, on: \"{BEFORE}\") {{ rank score }} }}
           unionWork(year: 2026, within: \"D110101\", on: \"{BEFORE}\") {{ nodes {{ value origin {{ source }} }} }} unionStandings(year: 2026, level: DISTRICT, on: \"{BEFORE}\") {{ nodes {{ rank unit {{ code }} lines {{ rule value unknown points }} }} }} }}"
    );
    let before = served.data(&question, json!({})).await;
    assert_eq!(before["unionUnit"]["standing"], json!({ "rank": 1, "score": 30.0 }));
    // No edition from before the year: the growth is not silently nothing.
    let growth = &before["unionStandings"]["nodes"][0]["lines"][1];
    assert_eq!((&growth["value"], &growth["points"]), (&json!(null), &json!(0.0)));
    assert!(growth["unknown"].as_str().unwrap().contains("2026 年 1 月 1 日以前"), "{growth}");
    assert_eq!(before["unionStandings"]["nodes"][0]["lines"][0]["unknown"], json!(null));
    a_week_later(&served).await;
    for (noun, sheet) in [("PLACE", place("D110102", "新站")), ("DISPATCH", agreement(150)), ("WORK", work(10))] {
        assert_eq!(bring(&served, noun, &sheet).await["faults"], json!([]), "{noun}");
    }
    assert_eq!(served.data(&question, json!({})).await, before);
    let now = "{ unionPlaces { nodes { name unit { code } } } dispatchAgreements { nodes { workers } } unionUnit(code: \"D110101\") { standing(year: 2026) { rank } } }";
    let now = served.data(now, json!({})).await;
    assert_eq!(now["unionPlaces"]["nodes"], json!([{ "name": "新站", "unit": { "code": "D110102" } }]));
    assert_eq!(
        (&now["dispatchAgreements"]["nodes"][0]["workers"], &now["unionUnit"]["standing"]["rank"]),
        (&json!(150), &json!(2))
    );
}

#[tokio::test]
async fn what_is_entered_beside_units_leaves_their_counts_as_they_were_counted() {
    let served = served(600, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let hub = served.state.hub();
    let edition = hub.editions.current().unwrap();
    let federation = hub.federation().await.unwrap();
    let counted = hub.unit_sums(&edition, &federation);
    bring(&served, "WORK", "unit,year,indicator,value,source\nD110101,2026,service,3,t\n").await;
    let after = hub.federation().await.unwrap();
    assert_ne!(after.stamp, federation.stamp);
    assert!(std::sync::Arc::ptr_eq(&counted, &hub.unit_sums(&edition, &after)), "a line of work counts nobody anew");
    move_a_street(&served).await;
    let moved = hub.federation().await.unwrap();
    assert!(!std::sync::Arc::ptr_eq(&counted, &hub.unit_sums(&edition, &moved)));
}
