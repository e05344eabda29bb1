//! A receiver with areas hears that an enterprise of theirs went, was merged or moved away, and no more of it than that.

use huitu::cases::standing::{CaseChange, CaseStage};
use huitu::hub::cases::CaseWord;
use serde_json::{Value, json};

use crate::cases::CaseCity;
use crate::counter::{Heard, receiver, take};
use crate::registries::credit_code;
use crate::support::hub::TestServer;

async fn listen(server: &TestServer, area: &str) -> Heard {
    let (url, heard) = receiver().await;
    let create = format!(
        "mutation {{ createWebhook(input: {{ url: \"{url}\", kinds: [CASE, VERDICT], areas: [\"{area}\"] }}) {{ webhook {{ id }} userErrors {{ message }} }} }}"
    );
    let made = server.ask(&create).await;
    assert!(made["data"]["createWebhook"]["webhook"].is_object(), "{made}");
    take(&heard);
    heard
}

async fn told(city: &CaseCity, heard: &Heard) -> Vec<Value> {
    city.test_hub.hub.spread_webhooks().await.unwrap();
    city.test_hub.hub.send_webhooks().await.unwrap();
    take(heard)
}

fn about<'t>(told: &'t [Value], kind: &str, what: &str) -> Vec<&'t Value> {
    told.iter().filter(|t| t["kind"] == kind && t["what"] == what).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enterprise_that_vanishes_is_told_to_whoever_had_it() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    city.open(&[1]).await;
    let (heard, other) = (listen(&server, "110108").await, listen(&server, "110105").await);
    let gone = city.enterprise(1);
    city.firms(&[2, 3, 4]);
    city.sync().await;
    assert!(city.test_hub.hub.editions.current().unwrap().row_of_id(&gone).is_none());
    let told = told(&city, &heard).await;
    let verdicts = about(&told, "VERDICT", "gone");
    assert_eq!(verdicts.len(), 1, "{told:?}");
    // As it was known last.
    assert_eq!(verdicts[0]["enterprise"]["creditCode"], credit_code(1));
    let closed = about(&told, "CASE", "CLOSED_BY_DATA");
    assert_eq!((closed.len(), &closed[0]["enterprise"]["id"], &closed[0]["to"]), (1, &json!(gone), &json!("closed")), "{told:?}");
    assert!(!take(&other).iter().any(|t| t.to_string().contains(&gone)), "nobody else is told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enterprise_that_moves_to_another_district_is_told_to_both_and_from_then_on_to_the_new_one() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    city.open(&[3]).await;
    let (heard, other) = (listen(&server, "110108").await, listen(&server, "110105").await);
    let path = city.test_hub.dir.path().join("connectors/firms/rows.csv");
    let rows = std::fs::read_to_string(path).unwrap();
    let line = rows.lines().find(|l| l.starts_with("F3,")).unwrap();
    // It founds a union on the same day: that is for the new district to know.
    city.test_hub.write("connectors/firms/rows.csv", rows.replace(line, &line.replace("110108001", "110105001")));
    city.roll(&[3]);
    city.sync().await;
    let old = told(&city, &heard).await;
    let left = about(&old, "VERDICT", "area");
    assert_eq!(left.len(), 1, "{old:?}");
    assert_eq!(
        (&left[0]["enterprise"]["creditCode"], &left[0]["from"], &left[0]["to"]),
        (&json!(credit_code(3)), &json!("110108"), &Value::Null)
    );
    assert!(about(&old, "VERDICT", "gap").is_empty(), "{old:?}");
    let new = take(&other);
    let came = about(&new, "VERDICT", "area");
    assert_eq!((came.len(), &came[0]["to"]), (1, &json!("110105")), "{new:?}");
    assert!(!about(&new, "VERDICT", "gap").is_empty(), "{new:?}");
    let change = CaseChange { stage: Some(CaseStage::Talk), ..CaseChange::default() };
    city.test_hub.hub.change_case(&city.case_of(3).await.id, change, &CaseWord::default()).await.unwrap();
    assert!(told(&city, &heard).await.is_empty());
    assert!(!about(&take(&other), "CASE", "STAGE").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enterprise_that_is_merged_into_one_elsewhere_is_told_to_whoever_had_it() {
    let city = CaseCity::new().await;
    let server = city.test_hub.serve(&[]).await;
    city.open(&[1, 2]).await;
    let (north, south) = (listen(&server, "110108").await, listen(&server, "110105").await);
    let (one, two) = (city.enterprise(1), city.enterprise(2));
    let rows = std::fs::read_to_string(city.test_hub.dir.path().join("connectors/firms/rows.csv")).unwrap();
    let joined = rows.replace(&credit_code(2), &credit_code(1)).replace("甲2号", "甲1号");
    city.test_hub.write("connectors/firms/rows.csv", joined);
    city.sync().await;
    let edition = city.test_hub.hub.editions.current().unwrap();
    // Which of the two goes on is linking's to say; whoever had the other one is told that it was merged, and what became of its case.
    let (gone, heard) = if edition.row_of_id(&one).is_none() { (one, &north) } else { (two, &south) };
    let told = told(&city, heard).await;
    let merged = about(&told, "VERDICT", "merged");
    assert!(merged.iter().any(|t| t["enterprise"]["id"] == json!(gone)), "{told:?}");
    assert!(merged[0]["enterprise"]["creditCode"].is_string(), "as it was known last: {merged:?}");
    let cases = told.iter().filter(|t| t["kind"] == "CASE" && (t["what"] == "JOINED" || t["what"] == "MOVED")).count();
    assert!(cases > 0, "{told:?}");
}
