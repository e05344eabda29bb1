//! The tree of units and buildings' own lists as registries deliver them: what a sheet would be refused for is left out row by row, what
//! people entered stays, and nothing is taken away on which it rests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use huitu::federation::entry::FederationNoun;
use huitu::hub::federation::SheetOrigin;
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions};
use huitu::model::Clock;
use huitu::simulate;
use serde_json::json;

use crate::federation::bring;
use crate::support::graph::{served, settings};

const UNITS: &str = "单位代码,名称,层级,上级代码,区划代码,行业代码,地址,主席职务,成立日期,完成期限
BJ,市总工会,市,,110000,,,主席,1950-01-01,
D110105,朝阳区总工会,区,BJ,110105,,,,1951-05-01,
D110108,海淀区总工会,区,BJ,110108,,,,1951-05-01,
S1,示例街道总工会,街道,D110105,110105001,,,,2010-08,2010-12
S2,无上级的街道,街道,,110105002,,,,,
S3,错上级的街道,街道,D9,110105003,,,,,
P1,甲园区,园区,P2,,,甲园,,,
P2,乙园区,园区,P1,,,乙园,,,
S4,重划的街道,街道,D110108,110105001,,,,,
";

#[tokio::test(flavor = "multi_thread")]
async fn units_and_lists_of_buildings_come_from_registries_and_bad_rows_alone_stay_out() {
    let dir = tempfile::tempdir().unwrap();
    let (units, tenants) = (dir.path().join("units.csv"), dir.path().join("tenants.tsv"));
    std::fs::write(&units, UNITS).unwrap();
    let lists = "楼宇编号\t企业名称\t统一社会信用代码\nLY示例1\t甲公司\t\n示例中心\t乙公司\t\nLY不存在\t丙公司\t\n";
    std::fs::write(&tenants, lists).unwrap();
    // Of so few rows a single one that goes is more than the twentieth from which a batch waits for a person.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors");
    let connectors = dir.path().join("connectors");
    for name in ["units", "tenants"] {
        let manifest = std::fs::read_to_string(root.join(name).join("connector.toml")).unwrap();
        std::fs::create_dir_all(connectors.join(name)).unwrap();
        let manifest = manifest.replace("[columns]", "[guard]\nmax_vanished_percent = 100\n\n[columns]");
        std::fs::write(connectors.join(name).join("connector.toml"), manifest).unwrap();
    }
    let mut settings = settings(&dir.path().join("data"));
    settings.connectors = Some(connectors);
    settings.sources.insert("units".to_owned(), units.display().to_string());
    settings.sources.insert("tenants".to_owned(), tenants.display().to_string());
    settings.sources.insert("buildings".to_owned(), root.join("buildings/sample/*.xml").display().to_string());
    let noon = Utc.from_utc_datetime(&simulate::first_day().and_hms_opt(4, 0, 0).unwrap());
    let hub = Hub::open(settings, Clock::fixed(noon)).await.unwrap();
    let sync = async || {
        let registries = ["units", "tenants", "buildings"].map(str::to_owned).to_vec();
        let report = hub.sync(&SyncOptions { registries, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
        assert!(report.receipts.iter().all(|receipt| receipt.quarantined == 0), "{:?}", report.receipts);
    };
    let left = async |registry: &str| {
        let rows = hub.left_out_of(registry).await.unwrap().rows;
        rows.into_iter().map(|row| (row.key.to_string(), format!("{} / {}", row.zh, row.en))).collect::<BTreeMap<_, _>>()
    };
    let tree = async || {
        let federation = hub.federation().await.unwrap();
        let by = federation.entered.iter().map(|(_, by)| by.clone());
        federation
            .tree
            .units
            .iter()
            .zip(by)
            .map(|(u, by)| (u.code.to_string(), (u.name.to_string(), by)))
            .collect::<BTreeMap<_, _>>()
    };
    // Nobody entered a unit: the registry's tree stands by itself, and its buildings find who keeps them in the same sync.
    sync().await;
    let standing = tree().await;
    assert_eq!(standing.keys().collect::<Vec<_>>(), ["BJ", "D110105", "D110108", "S1"]);
    assert_eq!(standing["S1"], ("示例街道总工会".to_owned(), Some("units".to_owned())));
    let out = left("units").await;
    for (key, said) in [
        ("S2", "S2 没有上级：只有市级工会可以没有 / S2 has no parent"),
        ("S3", "which nobody knows"),
        ("P1", "the units above P1 lead back to it: P1 → P2 → P1"),
        ("P2", "lead back to it"),
        ("S4", "110105001 已属 S1"),
    ] {
        assert!(out[key].contains(said), "{key}: {}", out[key]);
    }
    assert_eq!(out.len(), 5, "{out:?}");
    let federation = hub.federation().await.unwrap();
    let house = federation.places.iter().find(|p| &*p.what.code == "buildings:LY示例1").unwrap();
    assert_eq!(&*house.what.unit, "S1");
    let listed: Vec<(String, String)> =
        federation.listings.iter().map(|l| (l.what.place.to_string(), l.what.enterprise.to_string())).collect();
    assert_eq!(
        listed,
        [("buildings:LY示例1".to_owned(), "甲公司".to_owned()), ("buildings:LY示例2".to_owned(), "乙公司".to_owned())]
    );
    let out = left("tenants").await;
    assert!(out.len() == 1 && out.values().all(|said| said.contains("LY不存在")), "{out:?}");

    // The same again is no new version; what a person mends stays as they wrote it, and what they enter rests on the registry's units.
    let stamp = federation.stamp;
    sync().await;
    assert_eq!(hub.federation().await.unwrap().stamp, stamp);
    let origin = SheetOrigin { source: Some("名册".to_owned()), by: Some("安".to_owned()), ..SheetOrigin::default() };
    let keep = async |noun: FederationNoun, sheet: &str| {
        let receipt = hub.import_federation(noun, sheet, &origin).await.unwrap();
        assert!(receipt.faults.is_empty() && receipt.kept == 1, "{sheet}: {receipt:?}");
    };
    keep(FederationNoun::Unit, "code,name,level,parent,areas\nD110108,人工更正的区,区,BJ,110108\n").await;
    keep(FederationNoun::Post, "unit,kind,approved,filled,as_of\nS1,协管员,2,1,2026-08-31\n").await;
    keep(FederationNoun::Listing, "place,enterprise\nbuildings:LY示例2,人工补的公司\n").await;
    let twice = "code,name,level,parent,areas\nX1,重划,街道,D110108,110105001\n";
    let refused = hub.import_federation(FederationNoun::Unit, twice, &origin).await.unwrap().faults;
    assert!(refused.len() == 1 && refused[0].line == 2 && refused[0].problem.zh.contains("已属 S1"), "{refused:?}");

    // The street goes, though posts were entered for it; a row is mended; the list loses a line, and the street of another one its building.
    let later = UNITS
        .replace("S1,示例街道总工会,街道,D110105,110105001,,,,2010-08,2010-12\n", "")
        .replace("错上级的街道,街道,D9", "归位的街道,街道,D110105");
    std::fs::write(&units, later).unwrap();
    std::fs::write(&tenants, "楼宇编号\t企业名称\t统一社会信用代码\nLY示例2\t乙公司\t\n").unwrap();
    sync().await;
    let standing = tree().await;
    assert_eq!(standing.keys().collect::<Vec<_>>(), ["BJ", "D110105", "D110108", "S1", "S3"]);
    assert_eq!(standing["D110108"], ("人工更正的区".to_owned(), Some("安".to_owned())));
    let federation = hub.federation().await.unwrap();
    assert_eq!(federation.posts.len(), 1);
    let mut listed: Vec<&str> = federation.listings.iter().map(|l| &*l.what.enterprise).collect();
    listed.sort_unstable();
    assert_eq!(listed, ["乙公司", "人工补的公司"]);
    // Its posts are taken back, and with the next delivery so is the street; the one that claims its division may come, and is flagged.
    hub.withdraw_federation(FederationNoun::Post, "S1 ASSISTANT 2026-08-31", Some("安")).await.unwrap();
    sync().await;
    assert_eq!(tree().await.keys().collect::<Vec<_>>(), ["BJ", "D110105", "D110108", "S3", "S4"]);
    let federation = hub.federation().await.unwrap();
    assert_eq!(federation.tree.other_district(federation.tree.at("S4").unwrap()), Some("110105"));
    assert_eq!(federation.tree.other_district(federation.tree.at("S3").unwrap()), None);
    assert_eq!(hub.store.federation_history("UNIT", "S1").await.unwrap().len(), 2, "its versions stay");
}

#[tokio::test]
async fn a_street_that_was_moved_and_kept_its_code_is_named_with_its_line_and_counted() {
    let served = served(300, |_| {}).await;
    bring(&served, "UNIT", crate::federation::UNITS).await;
    let enter = async |noun: &str, sheet: &str| {
        let query = format!(
            "mutation($sheet: String!) {{ importFederation(input: {{ noun: {noun}, sheet: $sheet }}) {{ kept flagged {{ line message }} faults {{ line message }} }} }}"
        );
        served.data(&query, json!({ "sheet": sheet })).await["importFederation"].take()
    };
    let none = served.data("{ unionUnits(inOtherDistrict: true) { totalCount } }", json!({})).await;
    assert_eq!(none["unionUnits"]["totalCount"], 0);
    let sheet = "code,name,level,parent,areas,source\nD110101,东城区总工会,区,BJ,110101,名册\nS110102001,丙街道总工会,街道,D110101,110102001,名册\n";
    let kept = enter("UNIT", sheet).await;
    assert_eq!((&kept["kept"], &kept["faults"], &kept["flagged"][0]["line"]), (&json!(2), &json!([]), &json!(3)), "{kept}");
    let said = kept["flagged"][0]["message"].as_str().unwrap();
    assert!(kept["flagged"].as_array().unwrap().len() == 1 && said.contains("110102") && said.contains("D110101"), "{said}");
    let told = served
        .data(
            "{ unionUnits(inOtherDistrict: true) { totalCount nodes { code otherDistrict parent { code } } }
               others: unionUnits(inOtherDistrict: false) { totalCount } unionUnit(code: \"S110101001\") { otherDistrict } }",
            json!({}),
        )
        .await;
    let moved = json!({ "totalCount": 1, "nodes": [{ "code": "S110102001", "otherDistrict": "110102", "parent": { "code": "D110101" } }] });
    assert_eq!(told["unionUnits"], moved);
    assert_eq!((&told["others"]["totalCount"], &told["unionUnit"]["otherDistrict"]), (&json!(6), &json!(null)));
    let places = "code,name,kind,unit,areas,source\nB1,示例大厦,楼宇,D110101,110101001;110102003,t\nB2,示例二厦,楼宇,D110101,110101001,t\n";
    let kept = enter("PLACE", places).await;
    assert_eq!((&kept["kept"], &kept["flagged"][0]["line"]), (&json!(2), &json!(2)), "{kept}");
    assert_eq!(kept["flagged"].as_array().unwrap().len(), 1);
}
