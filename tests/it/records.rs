//! The snapshot of read records: whatever happened before, it gives what reading everything from the store gives.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use huitu::config::Settings;
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions};
use huitu::model::Clock;
use huitu::records::stream::{Part, SnapshotUse, WantedLinks};
use huitu::store::landing::Watermark;

const TAX: &str =
    "登记序号,纳税人识别号,纳税人名称,登记注册类型,纳税人状态,登记日期,注册地址,生产经营地址,行业,从业人数,主管税务机关,联系电话";
const UNIONS: &str = "序号,工会名称,单位名称,统一社会信用代码,组织机构代码,所属区县,单位地址,建会日期,职工人数,会员人数,上级工会,经济类型,联系电话,覆盖单位";

/// Rows of the tax registry; the second of each is the head count.
fn tax(dir: &Path, rows: impl Iterator<Item = (u32, u32)>) {
    let mut text = String::from(TAX);
    for (n, employees) in rows {
        let _ = write!(
            text,
            "\nSW{n:04},9111010{n:08}X,北京甲乙{n}科技有限公司,有限责任公司,正常,2000-11-30,北京市海淀区{n}号,,7519,{employees},海淀区税务局,"
        );
    }
    std::fs::write(dir.join("tax.csv"), text).unwrap();
}

fn unions(dir: &Path, rows: u32) {
    let mut text = String::from(UNIONS);
    for n in 0..rows {
        let _ = write!(
            text,
            "\nGH{n:04},某{n}工会,北京甲乙{n}科技有限公司,,,海淀区,,2013,64,52,海淀区总工会,有限责任公司,010-1,某厂{n}；某店{n}"
        );
    }
    std::fs::write(dir.join("unions.csv"), text).unwrap();
}

async fn hub(dir: &Path, connectors: Option<&Path>) -> Hub {
    let place = |name: &str| (name.to_owned(), dir.join(format!("{name}.csv")).display().to_string());
    let settings = Settings {
        data: dir.join("data"),
        connectors: connectors.map(Path::to_path_buf),
        without_built_in: false,
        store: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        zone: chrono_tz::Asia::Shanghai,
        sources: [place("tax"), place("unions")].into(),
        policy: huitu::assess::Policy { needs: crate::support::hub::no_needs(), ..Default::default() },
        thresholds: None,
        origins: Vec::new(),
        public_url: None,
        secrets: Default::default(),
        corrections: Default::default(),
        editions: None,
    };
    Hub::open(settings, Clock::fixed(Utc.with_ymd_and_hms(2026, 3, 2, 4, 0, 0).unwrap())).await.unwrap()
}

async fn sync(hub: &Hub) {
    let options = SyncOptions { registries: vec!["tax".into(), "unions".into()], ..SyncOptions::default() };
    let report = hub.sync(&options, Arc::new(Silent)).await.unwrap();
    assert!(!report.needs_attention(), "{:?}", report.receipts);
}

async fn read(hub: &Hub, links: WantedLinks, keep: SnapshotUse) -> Part {
    hub.records(links, keep).await.unwrap().all().await.unwrap()
}

/// Both ways; answers the number of records.
async fn same(hub: &Hub) -> usize {
    let from_snapshot = read(hub, WantedLinks::All, SnapshotUse::Read).await;
    let from_store = read(hub, WantedLinks::All, SnapshotUse::Ignore).await;
    assert!(from_snapshot == from_store, "the snapshot differs from the store");
    assert_eq!(from_store.link.len(), from_store.facts.len());
    from_store.facts.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snapshot_gives_what_the_store_holds_after_any_syncs() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = dir.path().join("data/records.snapshot");
    tax(dir.path(), (0..400).map(|n| (n, 10)));
    unions(dir.path(), 40);
    let first = hub(dir.path(), None).await;
    sync(&first).await;
    assert!(snapshot.exists(), "the first sync writes it");
    assert_eq!(same(&first).await, 400 + 40 * 3);
    let mark = first.store.latest_landing().await.unwrap();
    let written = std::fs::read(&snapshot).unwrap();

    // Changed, vanished (within the guard), new; then one comes back.
    tax(dir.path(), (8..420).map(|n| (n, if n % 7 == 0 { 11 } else { 10 })));
    sync(&first).await;
    assert_eq!(std::fs::read(&snapshot).unwrap(), written, "little lies over it");
    assert_eq!(same(&first).await, 412 + 40 * 3);
    tax(dir.path(), (5..420).map(|n| (n, if n % 7 == 0 { 12 } else { 10 })));
    sync(&first).await;
    assert_eq!(same(&first).await, 415 + 40 * 3);

    // Only what changed since the first sync.
    let mut since = first.records(WantedLinks::Since(mark), SnapshotUse::Read).await.unwrap();
    let touched = since.touched.take().unwrap();
    let all = read(&first, WantedLinks::All, SnapshotUse::Ignore).await;
    let part = since.all().await.unwrap();
    let expected: Vec<_> = all.link.iter().filter(|r| touched.contains(&r.store_id)).cloned().collect();
    assert_eq!(part.link, expected);
    assert_eq!(part.facts, all.facts);
    // 7, 14, … 399 changed, 0..5 went, 6 and 7 came and went or changed, 400..420 are new.
    assert_eq!(touched.len(), (0..400).filter(|n| n % 7 == 0 || *n < 8).count() + 20);

    // A damaged chunk, a damaged end, no file at all: read from the store.
    let mut damaged = written.clone();
    damaged[100] ^= 1;
    std::fs::write(&snapshot, &damaged).unwrap();
    same(&first).await;
    std::fs::write(&snapshot, &written[..written.len() - 3]).unwrap();
    same(&first).await;
    std::fs::remove_file(&snapshot).unwrap();
    same(&first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_other_connectors_or_another_store_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let connectors = dir.path().join("connectors");
    for name in ["tax", "unions"] {
        std::fs::create_dir_all(connectors.join(name)).unwrap();
        let embedded = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors").join(name).join("connector.toml");
        std::fs::copy(embedded, connectors.join(name).join("connector.toml")).unwrap();
    }
    tax(dir.path(), (0..50).map(|n| (n, 10)));
    unions(dir.path(), 10);
    let before = hub(dir.path(), Some(&connectors)).await;
    sync(&before).await;
    let counted = |part: &Part| part.facts.iter().filter(|f| f.count(huitu::model::field::Field::Employees).is_some()).count();
    assert_eq!(counted(&read(&before, WantedLinks::None, SnapshotUse::Read).await), 60);

    // The head count of the tax registry is no longer read.
    let file = connectors.join("tax/connector.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed: Vec<&str> = text.lines().filter(|l| !l.starts_with("\"从业人数\"")).collect();
    assert_ne!(changed.len(), text.lines().count());
    std::fs::write(&file, changed.join("\n")).unwrap();
    let after = hub(dir.path(), Some(&connectors)).await;
    same(&after).await;
    assert_eq!(counted(&read(&after, WantedLinks::None, SnapshotUse::Read).await), 10);

    // Another store beside the same file.
    let other = tempfile::tempdir().unwrap();
    tax(other.path(), (100..120).map(|n| (n, 10)));
    unions(other.path(), 0);
    let elsewhere = hub(other.path(), Some(&connectors)).await;
    sync(&elsewhere).await;
    std::fs::copy(dir.path().join("data/records.snapshot"), other.path().join("data/records.snapshot")).unwrap();
    assert_eq!(same(&elsewhere).await, 20);
    assert_eq!(read(&elsewhere, WantedLinks::Since(Watermark::NONE), SnapshotUse::Read).await.link.len(), 20);
}

#[test]
fn fields_that_are_not_carried_along_are_asked_for_nowhere() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in ["assess", "publish", "edition", "hub/publish.rs"] {
        let mut files = vec![src.join(room)];
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for field in huitu::records::NOT_ASSESSED {
                let asked = format!("Field::{field:?}");
                let found = text.match_indices(&asked).any(|(at, _)| {
                    !text[at + asked.len()..].starts_with(|c: char| c.is_alphanumeric()) && !text[..at].ends_with("Enterprise")
                });
                assert!(!found, "{} asks for {asked}: take it off NOT_ASSESSED", path.display());
            }
        }
    }
}
