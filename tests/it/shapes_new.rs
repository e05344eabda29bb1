//! A department's file of each kind becomes a connector by `connector new` alone, or is asked about in words that mend it.

use std::path::PathBuf;
use std::process::Command;

use rust_xlsxwriter::Workbook;

use crate::shapes_files::{dbf, ods, xls, xlsb};

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().expect("a folder"))
    }
    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }
    fn huitu(&self, args: &[&str]) -> (bool, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_huitu"))
            .args(["--lang", "zh", "--data"])
            .arg(self.0.path().join("data"))
            .arg("--connectors")
            .arg(self.0.path().join("connectors"))
            .args(args)
            .output()
            .expect("huitu runs");
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        // 3: done, and something waits for a person: one registry alone does not bear a list.
        (matches!(out.status.code(), Some(0 | 3)), said)
    }
    /// What `connector new` said, and the manifest where it wrote one.
    fn new_connector(&self, sample: &str, bytes: impl AsRef<[u8]>, options: &[&str]) -> (String, Option<String>) {
        let sample = self.put(sample, bytes).display().to_string();
        let into = self.0.path().join("connectors").display().to_string();
        let (_, said) =
            self.huitu(&[&["connector", "new", "bureau", "--sample", &sample, "--into", &into][..], options].concat());
        (said, std::fs::read_to_string(self.0.path().join("connectors/bureau/connector.toml")).ok())
    }
    fn receipt(&self, batch: &str) -> serde_json::Value {
        serde_json::from_str(&self.huitu(&["--json", "batch", "show", batch]).1).expect("JSON")
    }
}

const TABLE: [&str; 4] = [
    "单位编号|统一社会信用代码|单位名称|从业人数",
    "A1|91110105MA0000007L|北京示例甲有限公司|20",
    "A2|91110105MA0000015F|北京示例乙有限公司|21",
    "A3|91110105MA0000023A|北京示例丙有限公司|22",
];

fn csv(rows: &[&str]) -> String {
    rows.iter().map(|r| r.replace('|', ",") + "\n").collect()
}

#[test]
fn a_file_of_each_kind_is_onboarded_with_one_command() {
    // Names of DBF fields are short.
    let short = [&["编号|信用代码|单位名称|从业人数"][..], &TABLE[1..]].concat();
    let tabs = csv(&TABLE).replace(',', "\t");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in TABLE.iter().enumerate() {
        for (column, cell) in line.split('|').enumerate() {
            sheet.write_string(row as u32, column as u16, cell).expect("a cell");
        }
    }
    let xlsx = book.save_to_buffer().expect("a workbook");
    for (name, bytes) in [
        ("a.csv", csv(&TABLE).into_bytes()),
        ("a.xlsx", xlsx),
        ("a.xls", xls(&TABLE)),
        ("a.et", xls(&TABLE)),
        ("a.xlsb", xlsb(&TABLE)),
        ("a.ods", ods(&TABLE)),
        ("a.dbf", dbf(&short, None)),
        ("b.xls", tabs.into_bytes()),
    ] {
        let desk = Desk::new();
        let (said, manifest) = desk.new_connector(name, bytes, &[]);
        let manifest = manifest.unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(manifest.contains("\"credit_code\"") && manifest.contains("\"employees\""), "{name}: {manifest}");
        let (passed, checked) = desk.huitu(&["connector", "check", "bureau"]);
        assert!(passed, "{name}: {checked}");
        let (done, synced) = desk.huitu(&["sync", "bureau"]);
        assert!(done && desk.receipt("1")["landed"] == 3, "{name}: {synced}");
    }
}

#[test]
fn a_file_without_a_header_is_asked_about_and_its_columns_can_be_named() {
    let desk = Desk::new();
    let (said, manifest) = desk.new_connector("a.csv", csv(&TABLE[1..]), &[]);
    assert!(manifest.is_none() && said.contains("--header-rows 0"), "{said}");
    let (said, manifest) = desk.new_connector("a.csv", csv(&TABLE[1..]), &["--header-rows", "0"]);
    let manifest = manifest.unwrap_or_else(|| panic!("{said}"));
    for line in [
        "header = [\"column_1\", \"column_2\", \"column_3\", \"column_4\"]",
        "\"column_2\" = \"credit_code\"",
        "\"column_3\" = \"name\"",
    ] {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
    assert!(desk.huitu(&["sync", "bureau"]).0 && desk.receipt("1")["landed"] == 3);
}

#[test]
fn nothing_recognised_is_a_refusal_that_names_the_separator() {
    let desk = Desk::new();
    let (said, manifest) = desk.new_connector("a.csv", csv(&TABLE).replace(',', "\u{1}"), &[]);
    assert!(manifest.is_none() && said.contains("没有一列能识别") && said.contains("\\u{1}"), "{said}");
}

#[test]
fn a_hotline_s_file_is_of_events_keyed_by_its_number() {
    let desk = Desk::new();
    let rows = [
        "来电时间|工单编号|企业名称|诉求内容",
        "2026-11-01 10:00|GD1|北京示例甲有限公司|拖欠工资",
        "2026-11-01 11:00|GD2|北京示例甲有限公司|拖欠工资",
        "2026-11-02 09:00|GD3|北京示例乙有限公司|加班",
    ];
    let (said, manifest) = desk.new_connector("a.csv", csv(&rows), &[]);
    let manifest = manifest.unwrap_or_else(|| panic!("{said}"));
    for line in [
        "kind = \"event\"",
        "columns = [\"工单编号\"]",
        "\"来电时间\" = \"on\"",
        "\"企业名称\" = \"name\"",
        "\"诉求内容\" = \"title\"",
    ] {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
}

#[test]
fn uniqueness_is_asked_over_the_whole_sample() {
    let desk = Desk::new();
    let mut rows = vec!["单位编号|单位名称|营业收入(万元)".to_owned()];
    rows.extend((0..700).map(|i| format!("A{:04}|北京示例{i}号有限公司|{i}", i.min(698))));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let (said, manifest) = desk.new_connector("a.csv", csv(&rows), &[]);
    assert!(
        manifest.is_some_and(|m| m.contains("columns = [\"单位编号\"]")),
        "one repetition is a mistake, and revenue no key: {said}"
    );
    assert!(said.contains("1 行的主键"), "{said}");
    let (passed, checked) = desk.huitu(&["connector", "check", "bureau"]);
    assert!(passed && checked.contains("几乎唯一"), "{checked}");
}

#[test]
fn the_rows_of_a_held_batch_can_be_looked_at() {
    let desk = Desk::new();
    let (said, manifest) = desk.new_connector("a.csv", csv(&TABLE), &[]);
    assert!(manifest.is_some(), "{said}");
    desk.put(
        "connectors/bureau/sample/a.csv",
        "单位编号,统一社会信用代码,单位名称,从业人数\nA1,9.11101E+17,北京示例甲有限公司,20\nA2\nA3,x,北京,示例丙,有限公司,22\n",
    );
    let (_, synced) = desk.huitu(&["sync", "bureau"]);
    assert!(synced.contains("huitu batch show 1 --rows"), "{synced}");
    let (_, shown) = desk.huitu(&["batch", "show", "1", "--rows"]);
    for words in ["3 行", "✗ 2 A2", "少 3 个", "✗ 3 A3,x,北京,示例丙,有限公司,22", "多 2 个", "✓ 1 A1"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let (_, shown) = desk.huitu(&["--json", "batch", "show", "1", "--rows"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!((shown["rows"].as_i64(), shown["broken"].as_i64()), (Some(3), Some(2)));
}

#[test]
fn damaged_codes_are_named_never_the_key_and_wait_for_a_person() {
    let desk = Desk::new();
    let rows: Vec<String> = (0..5).map(|i| format!("9.11101E+17|北京示例{i}号有限公司|{i}")).collect();
    let rows: Vec<&str> = std::iter::once("统一社会信用代码|单位名称|从业人数").chain(rows.iter().map(String::as_str)).collect();
    let (said, manifest) = desk.new_connector("a.csv", csv(&rows), &[]);
    assert!(manifest.is_some_and(|m| m.contains("columns = [\"单位名称\"]")) && said.contains("Excel"), "{said}");
    let (passed, checked) = desk.huitu(&["connector", "check", "bureau"]);
    assert!(!passed && checked.contains("codes_whole"), "{checked}");
    desk.huitu(&["sync", "bureau"]);
    let receipt = desk.receipt("1");
    assert_eq!((receipt["state"].as_str(), receipt["heldBecause"]["code"].as_str()), (Some("HELD"), Some("damaged_codes")));
}
