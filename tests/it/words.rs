//! What a registry's word means is what the verdict rests on.

use huitu::edition::EnterpriseRow;
use huitu::model::verdict::{GapStatus, OperatingStatus};

use crate::support::hub::{hub_with, manifest, morning};

/// 撤销登记 annuls a registration: such an enterprise is nobody's to visit. 吊销 withdraws a licence: the enterprise still stands.
#[tokio::test(flavor = "multi_thread")]
async fn an_annulled_registration_leaves_the_gap_list() {
    let columns = "\"状态\" = \"status\"\n\"规上\" = \"official_list\"\n";
    let test_hub =
        hub_with(&[("bureau", manifest("甲", "", "transport = \"file\"\nplace = \"../../rows.csv\"", columns))], morning()).await;
    let cases = [
        ("存续", OperatingStatus::Active, GapStatus::Lacking),
        ("筹建", OperatingStatus::Active, GapStatus::Lacking),
        ("停业", OperatingStatus::Suspended, GapStatus::Lacking),
        ("吊销", OperatingStatus::Revoked, GapStatus::Lacking),
        ("清算中", OperatingStatus::Revoked, GapStatus::Lacking),
        ("撤销登记", OperatingStatus::Deregistered, GapStatus::OutOfScope),
        ("撤销", OperatingStatus::Deregistered, GapStatus::OutOfScope),
        ("注销", OperatingStatus::Deregistered, GapStatus::OutOfScope),
    ];
    let mut rows = String::from("编号,名称,职工,状态,规上\n");
    for (at, (word, ..)) in cases.iter().enumerate() {
        rows.push_str(&format!("K{at},北京示例{at}号有限公司,400,{word},是\n"));
    }
    test_hub.write("rows.csv", rows);
    test_hub.sync(&[]).await;
    let edition = test_hub.hub.editions.current().unwrap();
    for (at, (word, status, gap)) in cases.into_iter().enumerate() {
        let name = format!("北京示例{at}号有限公司");
        let all = (0..edition.len()).map(|row| EnterpriseRow { edition: &edition, row });
        let found = all.into_iter().find(|e| e.name() == name).expect("an enterprise");
        assert_eq!((found.status(), found.gap()), (Some(status), Some(gap)), "{word}");
    }
    let listed = edition.facet("in_gap", "yes").unwrap();
    assert_eq!(listed.len(), 5);
}
