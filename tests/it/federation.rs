//! The federation as it is: a tree of units in which everybody is at home once, figures with their dates, and sheets that are kept whole
//! or not at all.

use huitu::store::federation::EntryRow;
use serde_json::{Value, json};

use crate::land::stores;
use crate::support::graph::{Served, served, token};

/// Units of the invented city that `edition::synthetic` makes up.
pub const UNITS: &str = "代码,名称,层级,上级代码,区划代码,行业代码,地址,主席职务,成立日期,完成期限,来源
BJ,市总工会,市,,110000,,,主席,1950-01-01,,名册
D110101,东城区总工会,区,BJ,110101,,,主席,1950-01-01,,名册
D110102,西城区总工会,区,BJ,110102,,,主席,1950-01-01,,名册
S110101001,甲街道总工会,街道,D110101,110101001,,,社会工作者,2010-08-31,2010-08,名册
S110101002,乙街道总工会,街道,D110101,110101002,,,,,2010-11,名册
S110102001,丙街道总工会,街道,D110102,110102001,,,,2010-11-15,2010-11,名册
I-IND,工业工会,产业,BJ,,C,,主席,1950-01-01,,名册
";

pub async fn bring(served: &Served, noun: &str, sheet: &str) -> Value {
    let query = format!(
        "mutation($sheet: String!) {{ importFederation(input: {{ noun: {noun}, sheet: $sheet }}) {{ kept unchanged leftOut {{ line message }} faults {{ line message }} userErrors {{ message }} }} }}"
    );
    served.data(&query, json!({ "sheet": sheet })).await["importFederation"].take()
}

#[tokio::test]
async fn every_enterprise_is_at_home_in_one_unit_and_the_city_is_the_sum_of_its_units() {
    let served = served(3_000, |_| {}).await;
    assert_eq!(bring(&served, "UNIT", UNITS).await["kept"], 7);
    let ask = "{ unionUnits { totalCount nodes { code level parent { code } counts { enterprises covered lacking undecided employees members } own: counts(own: true) { enterprises } } } enterprises { totalCount } }";
    let data = served.data(ask, json!({})).await;
    let units = data["unionUnits"]["nodes"].as_array().unwrap();
    let of = |code: &str| units.iter().find(|u| u["code"] == code).unwrap();
    let number = |value: &Value| value.as_i64().unwrap();
    assert_eq!(of("BJ")["counts"]["enterprises"], data["enterprises"]["totalCount"]);
    let in_area = units.iter().filter(|u| u["level"] != "INDUSTRIAL");
    let own: i64 = in_area.map(|u| number(&u["own"]["enterprises"])).sum();
    assert_eq!(own, number(&data["enterprises"]["totalCount"]), "each is at home once");
    // What the list says of a street and of a district is what its unit says.
    for (unit, area) in [("S110101001", "110101001"), ("D110101", "110101"), ("D110102", "110102")] {
        let ask = format!(
            "{{ all: enterprises(filter: {{ area: [\"{area}\"] }}) {{ totalCount }} lacking: enterprises(filter: {{ area: [\"{area}\"], gap: [LACKING, LACKING_INDEPENDENT] }}) {{ totalCount }} covered: enterprises(filter: {{ area: [\"{area}\"], gap: [COVERED] }}) {{ totalCount }} }}"
        );
        let listed = served.data(&ask, json!({})).await;
        let counts = &of(unit)["counts"];
        assert!(number(&counts["enterprises"]) > 0, "{unit}");
        assert_eq!(counts["enterprises"], listed["all"]["totalCount"], "{unit}");
        assert_eq!(counts["lacking"], listed["lacking"]["totalCount"], "{unit}");
        assert_eq!(counts["covered"], listed["covered"]["totalCount"], "{unit}");
    }
    let industrial = served.data("{ enterprises(filter: { industry: [\"C\"] }) { totalCount } }", json!({})).await;
    assert_eq!(of("I-IND")["counts"]["enterprises"], industrial["enterprises"]["totalCount"]);
    assert_eq!((&of("S110101001")["parent"]["code"], &of("BJ")["parent"]), (&json!("D110101"), &json!(null)));
}

#[tokio::test]
async fn setting_up_has_a_pace_as_of_any_day_and_every_version_stays() {
    let served = served(300, |_| {}).await;
    bring(&served, "UNIT", UNITS).await;
    let pace = |on: &str| {
        format!("{{ unionUnit(code: \"BJ\") {{ pace(on: \"{on}\", levels: [STREET]) {{ done toDo late undated }} }} }}")
    };
    for (on, expected) in [
        ("2010-08-30", json!({ "done": 0, "toDo": 3, "late": 0, "undated": 0 })),
        ("2010-08-31", json!({ "done": 1, "toDo": 2, "late": 0, "undated": 0 })),
        ("2010-12-01", json!({ "done": 2, "toDo": 1, "late": 1, "undated": 0 })),
    ] {
        assert_eq!(served.data(&pace(on), json!({})).await["unionUnit"]["pace"], expected, "{on}");
    }
    // The last street is founded: a new version, and the one before stays.
    let header = UNITS.lines().next().unwrap();
    let later =
        bring(&served, "UNIT", &format!("{header}\nS110101002,乙街道总工会,街道,D110101,110101002,,,,2010-12-20,2010-11,公告\n"))
            .await;
    assert_eq!((&later["kept"], &later["unchanged"]), (&json!(1), &json!(0)));
    let again =
        bring(&served, "UNIT", UNITS.replace("S110101002,乙街道总工会,街道,D110101,110101002,,,,,2010-11,名册\n", "").as_str())
            .await;
    assert_eq!((&again["kept"], &again["unchanged"]), (&json!(6), &json!(6)), "what is the same is no new version");
    assert_eq!(served.data(&pace("2010-12-31"), json!({})).await["unionUnit"]["pace"]["done"], 3);
    let ask = "{ unionUnit(code: \"S110101002\") { foundedOn source enteredBy history { by withdrawn body } } }";
    let unit = served.data(ask, json!({})).await["unionUnit"].take();
    let history = unit["history"].as_array().unwrap();
    assert_eq!((unit["foundedOn"].as_str(), history.len()), (Some("2010-12-20"), 2), "{unit}");
    assert!(history[0]["body"].as_str().unwrap().contains("公告") && history[1]["body"].as_str().unwrap().contains("名册"));
    // A unit goes when nothing rests on it.
    let withdraw = |key: &str| {
        format!(
            "mutation {{ withdrawFederation(noun: UNIT, key: \"{key}\") {{ withdrawn userErrors {{ zh: message(lang: ZH) en: message(lang: EN) }} }} }}"
        )
    };
    let refused = served.data(&withdraw("D110101"), json!({})).await["withdrawFederation"].take();
    assert!(
        refused["withdrawn"] == false && refused["userErrors"][0]["en"].as_str().unwrap().contains("S110101001"),
        "{refused}"
    );
    assert_eq!(served.data(&withdraw("S110101002"), json!({})).await["withdrawFederation"]["withdrawn"], true);
    let refused = served.data(&withdraw("S110101002"), json!({})).await["withdrawFederation"].take();
    assert!(refused["userErrors"][0]["zh"].as_str().unwrap().contains("没有录入过"), "{refused}");
    assert_eq!(served.data("{ unionUnit(code: \"S110101002\") { code } }", json!({})).await["unionUnit"], json!(null));
    assert_eq!(served.state.hub().store.federation_history("UNIT", "S110101002").await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_sheet_with_a_fault_is_refused_whole_with_line_and_reason() {
    let served = served(300, |_| {}).await;
    let header = UNITS.lines().next().unwrap();
    for (rows, line, said) in [
        ("X,甲,街道,Y,,,,,,,t\nY,乙,街道,X,,,,,,,t", 2, "上级又回到自己"),
        ("X,甲,街道,,,,,,,,t", 2, "没有上级"),
        ("X,甲,街道,Z,,,,,,,t", 2, "Z 不存在"),
        ("X,甲,街道,BJ,,,,,明天,,t", 2, "不是日期"),
        ("X,甲,村,BJ,,,,,,,t", 2, "不认识 村"),
        ("W,好,街道,BJ,,,,,,,t\n,坏,街道,BJ,,,,,,,t", 3, "为空"),
    ] {
        // The first has nothing to stand on, too: a city of its own is brought with each.
        let sheet = format!("{header}\n{rows}\nBJ,市总工会,市,,110000,,,,,,t\n");
        let answer = served
            .ask(
                "mutation($s: String!) { importFederation(input: { noun: UNIT, sheet: $s }) { kept faults { line message } } }",
                json!({ "s": sheet }),
            )
            .await;
        let answer = &answer["data"]["importFederation"];
        assert_eq!((&answer["kept"], &answer["faults"][0]["line"]), (&json!(0), &json!(line)), "{rows}: {answer}");
        assert!(answer["faults"][0]["message"].as_str().unwrap().contains(said), "{rows}: {answer}");
    }
    assert_eq!(
        served.data("{ unionUnits { totalCount } }", json!({})).await["unionUnits"]["totalCount"],
        0,
        "nothing was half kept"
    );
}

#[tokio::test]
async fn a_district_sees_its_own_units_and_enters_none() {
    let served = served(600, |options| options.access = huitu::serve::Authentication::Tokens).await;
    for (id, role, areas) in [("ann", "analyst", None), ("one", "district", Some("[\"110101\"]")), ("map", "client", None)] {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    let import = "mutation($s: String!) { importFederation(input: { noun: UNIT, sheet: $s }) { kept } }";
    let ask = async |who: &str, query: &str| served.ask_as(Some(who), query, json!({ "s": UNITS })).await;
    assert_eq!(ask("secret-one", import).await["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(ask("secret-map", import).await["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(ask("secret-ann", import).await["data"]["importFederation"]["kept"], 7);
    let list = "{ unionUnits { totalCount nodes { code parent { code } } } }";
    let own = ask("secret-one", list).await["data"]["unionUnits"].take();
    let codes: Vec<&str> = own["nodes"].as_array().unwrap().iter().map(|u| u["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["D110101", "S110101001", "S110101002"]);
    assert_eq!(own["nodes"][0]["parent"], json!(null), "the city's sums are not a district's");
    assert_eq!(ask("secret-one", "{ unionUnit(code: \"D110102\") { code } }").await["data"]["unionUnit"], json!(null));
    assert_eq!(ask("secret-map", list).await["errors"][0]["extensions"]["code"], "FORBIDDEN_FIELD");
    let page = "{ unionUnits(first: 2, levels: [STREET, DISTRICT], after: \"D110101\") { totalCount nodes { code } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let page = ask("secret-ann", page).await["data"]["unionUnits"].take();
    assert_eq!(page["totalCount"], 5);
    assert_eq!(page["pageInfo"], json!({ "hasNextPage": true, "hasPreviousPage": true, "endCursor": "S110101001" }));
}

#[tokio::test]
async fn stated_figures_come_out_again_as_of_their_dates_each_with_its_source() {
    let served = served(300, |_| {}).await;
    let sheet = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/federation/figures.csv")).unwrap();
    let brought = bring(&served, "FIGURE", &sheet).await;
    assert_eq!(brought["faults"], json!([]), "{brought}");
    assert!(brought["kept"].as_i64().unwrap() > 20 && brought["leftOut"] == json!([]), "{brought}");
    let of = async |on: &str| {
        let query = format!("{{ federationFigures(asOf: \"{on}\") {{ code value number unit asOf source confidence }} }}");
        served.data(&query, json!({})).await["federationFigures"].as_array().unwrap().clone()
    };
    let find = |figures: &[Value], code: &str| figures.iter().find(|f| f["code"] == code).cloned();
    let late = of("2010-12-31").await;
    for (code, number, unit) in [
        ("F09", 553.0, "centres"),
        ("F18", 40_000.0, "members"),
        ("F22", 47.0, "streets and towns"),
        ("F23", 340.0, "streets and towns"),
        ("F16", 2.0, "percent"),
    ] {
        let figure = find(&late, code).unwrap_or_else(|| panic!("{code}"));
        assert_eq!((figure["number"].as_f64(), figure["unit"].as_str()), (Some(number), Some(unit)), "{figure}");
        assert!(!figure["source"].as_str().unwrap().is_empty());
    }
    let early = of("2009-12-30").await;
    assert!(find(&early, "F09").is_none() && find(&early, "F01").is_some(), "{early:?}");
    for garbled in ["F08", "F27", "F28"] {
        assert!(find(&late, garbled).is_none(), "{garbled} stays out");
    }
    // The sheet as it was written down: what is low or garbled is named and stays out.
    let low = bring(
        &served,
        "FIGURE",
        "id,value,unit,as_of,source,confidence\nF08,201719?,units,2010-06,讲话,low\nF90,12,units,2010-06,讲话,high\n",
    )
    .await;
    assert_eq!((&low["kept"], &low["leftOut"][0]["line"]), (&json!(1), &json!(2)), "{low}");
    // A later statement of the same figure takes its place from its own day on.
    bring(&served, "FIGURE", "id,value,unit,as_of,source,confidence\nF09,560,centres,2010-10-31,通报,high\n").await;
    let (october, november) = (of("2010-10-30").await, of("2010-11-01").await);
    assert_eq!(
        (&find(&october, "F09").unwrap()["value"], &find(&november, "F09").unwrap()["value"]),
        (&json!("553"), &json!("560"))
    );
}

#[tokio::test]
async fn versions_are_kept_alike_in_both_databases_and_nobody_writes_past_somebody_else() {
    for (_dir, store) in stores().await {
        let row = |key: &str, body: Option<&str>, at: i64| EntryRow {
            seq: 0,
            noun: "UNIT".into(),
            key: key.into(),
            body: body.map(str::to_owned),
            at,
            by_whom: Some("安".into()),
        };
        let stamp = store.federation_stamp().await.unwrap();
        assert_eq!(stamp, 0);
        assert!(store.put_federation_entries(stamp, &[row("A", Some("1"), 10), row("B", Some("1"), 10)]).await.unwrap());
        assert!(!store.put_federation_entries(stamp, &[row("C", Some("1"), 11)]).await.unwrap(), "checked against what is gone");
        let stamp = store.federation_stamp().await.unwrap();
        assert!(store.put_federation_entries(stamp, &[row("A", Some("2"), 20), row("B", None, 20)]).await.unwrap());
        let standing = async |at: Option<i64>| -> Vec<(String, Option<String>)> {
            store.federation_entries(at).await.unwrap().into_iter().map(|r| (r.key, r.body)).collect()
        };
        let is = |rows: &[(&str, &str)]| rows.iter().map(|(k, b)| ((*k).to_owned(), Some((*b).to_owned()))).collect::<Vec<_>>();
        assert_eq!(standing(None).await, is(&[("A", "2")]));
        assert_eq!(standing(Some(15)).await, is(&[("A", "1"), ("B", "1")]));
        assert_eq!(standing(Some(5)).await, []);
        let history = store.federation_history("UNIT", "B").await.unwrap();
        assert_eq!(history.iter().map(|r| r.body.as_deref()).collect::<Vec<_>>(), [None, Some("1")]);
    }
}
