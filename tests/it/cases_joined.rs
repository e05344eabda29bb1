//! Cases of enterprises that become one, and are two again.

use huitu::cases::standing::{CaseChange, CaseStage};
use huitu::hub::cases::CaseWord;
use serde_json::json;

use crate::cases::{CaseCity, agrees_with_its_steps, asked, kinds, steps};
use crate::registries::credit_code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_join_with_their_enterprises_and_part_when_that_is_undone() {
    let city = CaseCity::new().await;
    let hub = &city.test_hub.hub;
    city.open(&[1, 2]).await;
    let (one, two) = (city.case_of(1).await, city.case_of(2).await);
    let before = [city.enterprise(1), city.enterprise(2)];
    let further = CaseChange { stage: Some(CaseStage::Talk), ..CaseChange::default() };
    hub.change_case(&two.id, further, &CaseWord::default()).await.unwrap();
    // The second firm takes the first one's code: one enterprise.
    let rows = std::fs::read_to_string(city.test_hub.dir.path().join("connectors/firms/rows.csv")).unwrap();
    let joined = rows.replace(&credit_code(2), &credit_code(1)).replace("甲2号", "甲1号");
    city.test_hub.write("connectors/firms/rows.csv", joined);
    city.sync().await;
    let survivor = city.case_of(1).await;
    assert_eq!(survivor.id, two.id, "the one that is further goes on");
    let waiting = hub.store.case(&one.id).await.unwrap().unwrap();
    assert_eq!(waiting.joined_into.as_deref(), Some(two.id.as_str()));
    for id in &before {
        let meant = hub.enterprise_now(id, |_| true).await.unwrap();
        assert_eq!(meant, survivor.enterprise_id, "whoever names one that was taken in means the one that took it in");
    }
    let server = city.test_hub.serve(&[]).await;
    let data = asked(&server, "{ cases { totalCount nodes { id joined { id stage } } } }").await;
    assert_eq!((&data["cases"]["totalCount"], &data["cases"]["nodes"][0]["joined"][0]["stage"]), (&json!(1), &json!("FOUND")));
    let refused = hub.close_case(&one.id, "refused", &CaseWord::default()).await.unwrap_err().to_string();
    assert!(refused.contains(&two.id), "{refused}");
    city.test_hub.write("connectors/firms/rows.csv", rows);
    city.sync().await;
    for (n, before, stage) in [(1, &one, "FOUND"), (2, &two, "TALK")] {
        let case = city.case_of(n).await;
        assert_eq!((&case.id, case.stage.as_str(), &case.joined_into), (&before.id, stage, &None), "{n}");
        agrees_with_its_steps(&hub.store, &case).await;
    }
    let first = steps(&hub.store, &one.id).await;
    assert_eq!(kinds(&first), ["OPENED", "JOINED", "PARTED"]);
}
