//! Linking from sync to sync: the linker's state is kept, followed and given up when it does not fit; merges and splits
//! are told, old ids lead on.

use std::path::Path;
use std::sync::Arc;

use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions};
use huitu::link::Decision;
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Options, app};
use serde_json::{Value, json};

use crate::support::graph::{Served, settings};

const COMMERCE: &str = "记录号,统一社会信用代码,注册号,企业名称,曾用名,企业类型,登记状态,成立日期,注册资本,住所,登记机关,行政区划代码,行业门类,经营范围";
const TAX: &str =
    "登记序号,纳税人识别号,纳税人名称,登记注册类型,纳税人状态,登记日期,注册地址,生产经营地址,行业,从业人数,主管税务机关,联系电话";
const UNIONS: &str = "序号,工会名称,单位名称,统一社会信用代码,组织机构代码,所属区县,单位地址,建会日期,职工人数,会员人数,上级工会,经济类型,联系电话";

/// A valid credit code made of a number.
fn code(number: u32) -> String {
    use huitu::model::identifier::{credit_check, organisation_check};
    let body = format!("{:08}", 60_000_000 + number);
    let organisation = organisation_check(body.as_bytes()).unwrap() as char;
    let head = format!("91110105{body}{organisation}");
    format!("{head}{}", credit_check(head.as_bytes()).unwrap() as char)
}

fn commerce(key: &str, code: &str, name: &str, former: &str) -> String {
    format!(
        "{key},{code},,{name},{former},有限责任公司,存续,2011-05-04,100万元人民币,北京市海淀区学清路16号,海淀区市场监督管理局,110108,7519,技术"
    )
}
fn tax(key: &str, code: &str, name: &str, address: &str) -> String {
    format!("{key},{code},{name},有限责任公司,正常,2011-05-04,{address},,7519,30,海淀区税务局,010-62341234")
}
fn union(key: &str, host: &str) -> String {
    format!("{key},{host}工会委员会,{host},,,海淀区,海淀区学清路16号,2015,30,28,海淀区总工会,私营企业,010-62341234")
}

fn extract(root: &Path, registry: &str, head: &str, rows: &[String]) {
    let text: String = std::iter::once(head).chain(rows.iter().map(String::as_str)).map(|line| format!("{line}\n")).collect();
    std::fs::write(root.join(format!("{registry}.csv")), text).unwrap();
}

async fn open(root: &Path) -> Hub {
    let mut settings = settings(&root.join("data"));
    for registry in ["commerce", "tax", "unions"] {
        let place = root.join(format!("{registry}.csv"));
        settings.sources.insert(registry.to_owned(), place.display().to_string());
    }
    Hub::open(settings, Clock::System).await.unwrap()
}

async fn sync(hub: &Hub) {
    let registries = ["commerce", "tax", "unions"].map(str::to_owned).to_vec();
    let report = hub.sync(&SyncOptions { registries, full: true, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
    assert!(report.edition.is_some(), "{report:?}");
}

async fn served(root: tempfile::TempDir, hub: Hub) -> Served {
    let state = App::new(hub, Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    Served { root, router: app(state.clone()), state }
}

const BY_NAME: &str = "query($name: String!) { search(text: $name, first: 5) { enterprise { id name } } }";
const WHOLE: &str = "query($id: String!) { enterprise(by: { id: $id }) { id name
    identity { mergedFrom judgements { id } members { record { key registry { name } } method runnerUp { id } refused evidence { feature left right } } }
    relations { kind name since from { id } to { id } registry }
    history(first: 20) { nodes { what from to } } } }";

/// What the linker says of every record now.
async fn decided(hub: &Hub) -> Vec<String> {
    let (linker, linking) = hub.relinked().await.unwrap();
    let shown = |d: &Decision| format!("{:?} {:?} {:?} {:?}", linker.record_ref(d.record), d.entity, d.method, d.refused);
    let mut all: Vec<String> = linking.decisions.iter().map(shown).collect();
    all.sort();
    all
}

/// The state kept leads to what linking anew would.
async fn follows_rightly(root: &Path, hub: &Hub) {
    let state = root.join("data/linker.state");
    let followed = decided(hub).await;
    let aside = root.join("aside");
    std::fs::rename(&state, &aside).expect("a sync keeps the linker's state");
    assert_eq!(followed, decided(hub).await);
    std::fs::rename(&aside, &state).unwrap();
}

async fn id_of(hub: &Hub, registry: &str, key: &str) -> String {
    let (linker, linking) = hub.relinked().await.unwrap();
    let is_it = |d: &&Decision| {
        let r = linker.record_ref(d.record);
        &*r.registry == registry && &*r.key == key
    };
    linking.decisions.iter().find(is_it).and_then(|d| d.entity).expect("an entity").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merges_and_splits_are_told_and_old_ids_lead_on() {
    let root = tempfile::tempdir().unwrap();
    let (name, other) = ("北京恒信通达科技有限公司", "上海别处字号餐饮有限公司");
    let hub = open(root.path()).await;
    let former = "北京旧名商贸有限公司（2011-05-04至2018-05-01）";
    extract(root.path(), "commerce", COMMERCE, &[commerce("GS1", &code(1), name, former)]);
    extract(root.path(), "unions", UNIONS, &[union("GH1", "恒信通达科技有限责任公司")]);
    let stranger = |code: &str| {
        vec![
            tax("SW1", code, other, "上海市黄浦区中山东路2号"),
            tax("SW2", &code_of_nobody(), "北京立德商贸有限公司", "海淀区成府路1号"),
        ]
    };
    extract(root.path(), "tax", TAX, &stranger(""));
    sync(&hub).await;
    follows_rightly(root.path(), &hub).await;
    let (firm, gone) = (id_of(&hub, "commerce", "GS1").await, id_of(&hub, "tax", "SW1").await);
    assert_ne!(firm, gone);
    assert_eq!(id_of(&hub, "unions", "GH1").await, firm);

    extract(root.path(), "tax", TAX, &stranger(&code(1)));
    sync(&hub).await;
    follows_rightly(root.path(), &hub).await;
    assert_eq!(id_of(&hub, "tax", "SW1").await, firm);
    let served = served(root, hub.clone()).await;
    let data = served.data(WHOLE, json!({ "id": gone })).await;
    let enterprise = &data["enterprise"];
    assert_eq!(enterprise["id"], json!(firm), "the old id leads to the one that took it in");
    assert_eq!(enterprise["identity"]["mergedFrom"], json!([gone]));
    let happened: Vec<&Value> = enterprise["history"]["nodes"].as_array().unwrap().iter().map(|n| &n["what"]).collect();
    assert!(happened.contains(&&json!("took_in")), "{happened:?}");
    let renamed =
        enterprise["relations"].as_array().unwrap().iter().find(|r| r["kind"] == "RENAMED_FROM").expect("a former name");
    assert_eq!((&renamed["name"], &renamed["since"]), (&json!("北京旧名商贸有限公司"), &json!("2018-05-01")));
    let members = enterprise["identity"]["members"].as_array().unwrap();
    let union = members.iter().find(|m| m["record"]["key"] == "GH1").expect("the union is a member");
    let address = union["evidence"].as_array().unwrap().iter().find(|e| e["feature"] == "address").expect("compared");
    assert_eq!(address["left"], "海淀区学清路16号", "as the registry wrote it");

    let root = served.root.path();
    extract(root, "tax", TAX, &stranger(""));
    sync(&hub).await;
    follows_rightly(root, &hub).await;
    served.state.refresh().await.unwrap();
    let part = id_of(&hub, "tax", "SW1").await;
    assert_ne!(part, firm);
    let data = served.data(WHOLE, json!({ "id": firm })).await;
    let nodes = data["enterprise"]["history"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|n| n["what"] == "split_off" && n["to"] == json!(part)), "{nodes:?}");
    let data = served.data(WHOLE, json!({ "id": part })).await;
    let nodes = data["enterprise"]["history"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|n| n["what"] == "split_from" && n["from"] == json!(firm)), "{nodes:?}");
    let found = served.data(BY_NAME, json!({ "name": "别处字号" })).await;
    assert_eq!(found["search"][0]["enterprise"]["id"], json!(part));
}

fn code_of_nobody() -> String {
    code(77)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_does_not_fit_is_given_up_and_made_anew() {
    let root = tempfile::tempdir().unwrap();
    let hub = open(root.path()).await;
    let row = |n: u32| commerce(&format!("GS{n}"), &code(n), &format!("北京恒信{n}号科技有限公司"), "");
    extract(root.path(), "commerce", COMMERCE, &(1..40).map(row).collect::<Vec<_>>());
    extract(root.path(), "tax", TAX, &[tax("SW1", &code(1), "北京恒信1号科技有限公司", "海淀区学清路16号")]);
    extract(root.path(), "unions", UNIONS, &[union("GH1", "北京恒信2号科技有限公司")]);
    sync(&hub).await;
    let state = root.path().join("data/linker.state");
    let whole = std::fs::read(&state).unwrap();
    for damage in 0..3 {
        let mut bytes = whole.clone();
        match damage {
            0 => bytes.truncate(whole.len() / 2),
            1 => bytes[whole.len() / 2] ^= 1,
            _ => bytes[3] ^= 1,
        }
        std::fs::write(&state, bytes).unwrap();
        let key = format!("GS{}", 50 + damage);
        let mut rows: Vec<String> = (1..40).map(row).collect();
        rows.push(commerce(&key, &code(50 + damage), "北京新来科技有限公司", ""));
        extract(root.path(), "commerce", COMMERCE, &rows);
        sync(&hub).await;
        follows_rightly(root.path(), &hub).await;
        assert!(decided(&hub).await.iter().any(|d| d.contains(&key)));
    }
}
