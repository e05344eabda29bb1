//! Payments that do not fit the union roll: in the review queue, and in the priority.

use serde_json::{Value, json};

use crate::registries::credit_code;
use crate::support::hub::{hub_with, morning};

const TITLE: &str = "owner = { zh = \"某局\", en = \"Bureau\" }\n";

fn connector(kind: &str, columns: &str) -> String {
    format!(
        "title = {{ zh = \"{kind}\", en = \"{kind}\" }}\n{TITLE}kind = \"{kind}\"\n[source]\ntransport = \"file\"\nplace = \"rows.csv\"\n\
         format = \"csv\"\n[key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n\"代码\" = \"credit_code\"\n{columns}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_that_contradict_the_roll_are_reviewed_and_weigh_in_the_priority() {
    let firms = connector("enterprise", "\"职工\" = \"employees\"\n\"规上\" = \"official_list\"");
    let roll = connector("union", "\"工会\" = \"union_name\"\n\"类型\" = \"union_kind\"\n\"会员\" = \"members\"");
    let fund = connector(
        "payment",
        "\"费种\" = \"payment_kind\"\n\"所属期\" = \"period\"\n\"应缴\" = { field = \"due\", unit = \"yuan\" }\n\
         \"实缴\" = { field = \"paid\", unit = \"yuan\" }",
    );
    let test_hub = hub_with(&[("firms", firms), ("roll", roll), ("fund", fund)], morning()).await;
    // The first pays dues and has no union; the second has one and pays the preparatory fund; the third fits; the fourth
    // lacks a union like the first, and pays nothing.
    let [a, b, c, d] = [1, 2, 3, 4].map(credit_code);
    let firm = |n: u32, code: &str| format!("F{n},北京示例甲{n}号有限公司,{code},100,是\n");
    test_hub.write(
        "connectors/firms/rows.csv",
        format!("编号,名称,代码,职工,规上\n{}{}{}{}", firm(1, &a), firm(2, &b), firm(3, &c), firm(4, &d)),
    );
    let union =
        |n: u32, code: &str| format!("U{n},北京示例甲{n}号有限公司,{code},北京示例甲{n}号有限公司工会委员会,独立基层工会,80\n");
    test_hub.write("connectors/roll/rows.csv", format!("编号,名称,代码,工会,类型,会员\n{}{}", union(2, &b), union(3, &c)));
    let paid = |n: u32, code: &str, kind: &str| format!("P{n},北京示例甲{n}号有限公司,{code},{kind},2026Q3,1000,1000\n");
    test_hub.write(
        "connectors/fund/rows.csv",
        format!(
            "编号,名称,代码,费种,所属期,应缴,实缴\n{}{}{}",
            paid(1, &a, "工会经费"),
            paid(2, &b, "建会筹备金"),
            paid(3, &c, "工会经费")
        ),
    );
    test_hub.sync(&[]).await;
    let server = test_hub.serve(&[]).await;
    let answer = server.ask("{ review(first: 10) { totalCount nodes { kind effect left { key } right { key } enterprises { creditCode } reasons { code } } } }").await;
    let nodes = answer["data"]["review"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let found: Vec<(&Value, &Value, &Value)> =
        nodes.iter().map(|n| (&n["effect"], &n["enterprises"][0]["creditCode"], &n["left"]["key"])).collect();
    // The one that would change the gap list stands first.
    assert_eq!(
        found,
        [
            (&json!("fund_dues_without_union"), &json!(a), &json!("P1")),
            (&json!("fund_preparatory_with_union"), &json!(b), &json!("P2"))
        ],
        "{answer}"
    );
    assert!(nodes.iter().all(|n| n["kind"] == "FUND_CONTRADICTION" && n["right"].is_null()), "{answer}");

    let ask = "{ gap(first: 10) { nodes { creditCode gap { priority { score factors { code points } } } } } }";
    let answer = server.ask(ask).await;
    let gap = answer["data"]["gap"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(gap.iter().map(|n| &n["creditCode"]).collect::<Vec<_>>(), [&json!(a), &json!(d)], "{answer}");
    let factor = |n: &Value| {
        n["gap"]["priority"]["factors"].as_array().unwrap().iter().find(|f| f["code"] == "fund_contradiction").cloned()
    };
    let (first, last) = (factor(&gap[0]).expect("dues without a union weigh"), factor(&gap[1]));
    assert!(first["points"].as_f64().unwrap() > 0.0 && last.is_none(), "{answer}");
}
