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

/// What `connector new` read of a sample of text: the records in `expected.json`, and the codes of rows put aside.
fn read(rows: &[&str]) -> (String, Vec<serde_json::Value>, Vec<String>) {
    let desk = Desk::new();
    let (said, manifest) = desk.new_connector("a.csv", csv(rows), &[]);
    assert!(manifest.is_some(), "{said}");
    let expected = std::fs::read_to_string(desk.0.path().join("connectors/bureau/expected.json")).expect("written");
    let expected: Vec<serde_json::Value> = serde_json::from_str(&expected).expect("JSON");
    let (aside, records): (Vec<_>, Vec<_>) = expected.into_iter().partition(|r| r["quarantined"].is_string());
    let aside = aside.iter().map(|r| r["quarantined"].as_str().unwrap_or_default().to_owned()).collect();
    (said, records, aside)
}

const FIRMS: [&str; 5] = [
    "91110105MA0000007L|北京示例甲有限公司|20|100",
    "91110105MA0000015F|北京示例乙有限公司|21|101",
    "91110105MA0000023A|北京示例丙有限公司|22|102",
    "91110105MA00000315|北京示例丁有限公司|23|103",
    "91110105MA0000049Y|北京示例戊有限公司|24|104",
];
const HEAD: &str = "统一社会信用代码|企业名称|从业人数|营业收入";

#[test]
fn the_unit_of_a_table_is_read_wherever_it_stands_and_only_there() {
    let with = |before: &[&'static str], behind: &[&'static str]| [before, &FIRMS[..], behind].concat();
    for (place, rows, revenue, aside) in [
        ("above", with(&["某局企业情况", "|||单位：千元", HEAD], &[]), "100000", 0),
        ("below", with(&[HEAD], &["注：金额单位为万元|||"]), "1000000", 1),
        ("beside", with(&["统一社会信用代码|企业名称|从业人数|营业收入|单位：万元"], &[]), "1000000", 0),
        ("in a row of units", with(&[HEAD, "|  |人|千元"], &[]), "100000", 0),
        ("in the only cell of such a row", with(&[HEAD, "|||千元"], &[]), "100000", 1),
        ("in the header", with(&["统一社会信用代码|企业名称|从业人数[人]|营业收入:万元"], &[]), "1000000", 0),
        ("without its yuan", with(&["统一社会信用代码|企业名称|从业人数|营业收入（万）"], &[]), "1000000", 0),
        (
            "in the upper of two rows",
            with(&["统一社会信用代码|企业名称|经营情况（万元）|", "||从业人数|营业收入"], &[]),
            "1000000",
            0,
        ),
        ("nowhere", with(&[HEAD], &[]), "100", 0),
    ] {
        let (said, records, put_aside) = read(&rows);
        assert_eq!((records.len(), put_aside.len()), (5, aside), "{place}: {said}");
        assert_eq!(records[0]["fields"]["revenue"], revenue, "{place}: {said}");
        assert_eq!(records[0]["fields"]["employees"], "20", "{place}: {said}");
    }
}

#[test]
fn a_line_that_names_another_unit_than_the_contract_holds_the_batch() {
    let desk = Desk::new();
    let rows = [&[HEAD][..], &FIRMS[..], &["单位：万元|||"]].concat();
    let (said, manifest) = desk.new_connector("a.csv", csv(&rows), &[]);
    assert!(manifest.is_some_and(|m| m.contains("unit = \"ten_thousand_yuan\"")), "{said}");
    let other = [&[HEAD][..], &FIRMS[..], &["单位：千元|||"]].concat();
    desk.put("connectors/bureau/sample/a.csv", csv(&other));
    desk.huitu(&["sync", "bureau"]);
    let receipt = desk.receipt("1");
    assert_eq!((receipt["state"].as_str(), receipt["heldBecause"]["code"].as_str()), (Some("HELD"), Some("unit_differs")));
    let (_, shown) = desk.huitu(&["batch", "show", "1", "--rows"]);
    assert!(shown.contains("北京示例戊有限公司"), "the rows can be looked at: {shown}");
}

#[test]
fn of_several_years_the_newest_is_read_and_a_part_is_not_taken_for_the_whole() {
    let years = [
        "统一社会信用代码|企业名称|2024年营业收入（万元）|从业人数|2025年营业收入（万元）",
        "91110105MA0000007L|北京示例甲有限公司|7|20|100",
        "91110105MA0000015F|北京示例乙有限公司|8|21|101",
    ];
    let (said, records, _) = read(&years);
    assert_eq!(records[0]["fields"]["revenue"], "1000000", "{said}");
    let women = ["统一社会信用代码|女职工人数|企业名称|期末从业人数", "91110105MA0000007L|5|北京示例甲有限公司|20"];
    let (said, records, _) = read(&women);
    assert_eq!(records[0]["fields"]["employees"], "20", "{said}");
}

#[test]
fn rows_that_explain_a_form_are_no_header_and_no_record() {
    let with = |below: &'static str| [&["统一社会信用代码|企业名称|从业人数|营业收入（万元）", below][..], &FIRMS[..]].concat();
    for (below, aside) in [
        ("必填，18位|必填，与营业执照一致|必填，整数|选填", 0),
        ("UNISCID|ENTNAME|EMPNUM|BUSINC", 0),
        ("示例：91110105MA0000007L|示例：某某有限公司|100|1000", 1),
        ("例|某某有限公司|100|1000", 1),
    ] {
        let (said, records, put_aside) = read(&with(below));
        assert_eq!((records.len(), put_aside.len()), (5, aside), "{below}: {said}");
        assert_eq!(records[0]["fields"]["revenue"], "1000000", "{below}: {said}");
    }
    let rows = [
        &["统一社会信用代码|企业名称|从业人数|营业收入（万元）|备注"][..],
        &FIRMS[..],
        &[
            "本页小计||110|510",
            "过次页|||",
            "承前页||110|510",
            "|民营企业|110|510",
            "望京街道 汇总||110|510",
            "……|……|……|……",
            "制表人：某某|审核人：某某|第 1 页 共 1 页|",
        ],
    ]
    .concat();
    let (said, records, aside) = read(&rows);
    assert_eq!((records.len(), aside.len()), (5, 7), "{aside:?} {said}");
    assert!(aside.iter().all(|code| code.starts_with("no_record")), "{aside:?}");
}

#[test]
fn a_comma_without_quotes_shifts_no_cell_into_another_column() {
    let table = |bad: &str| {
        let firms: Vec<String> = FIRMS.iter().map(|f| format!("{f}|")).collect();
        let rows: Vec<&str> = std::iter::once("统一社会信用代码|企业名称|从业人数|营业收入（万元）|备注")
            .chain(firms.iter().map(String::as_str))
            .collect();
        [csv(&rows), format!("{bad}\n")].concat()
    };
    for bad in ["91110105MA000005XX,北京示例,己有限公司,25,105", "91110105MA000005XX,北京示例己有限公司,25,1,105"]
    {
        let text = table(bad);
        let rows: Vec<String> = text.lines().map(|l| l.replace(',', "|")).collect();
        let (said, records, aside) = read(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((records.len(), aside), (5, vec!["cells_shifted".to_owned()]), "{bad}: {said}");
    }
}

#[test]
fn records_that_are_no_objects_are_refused_in_words_and_parts_of_objects_are_read() {
    let new = |json: &str| {
        let desk = Desk::new();
        let (said, manifest) = desk.new_connector("a.json", json, &[]);
        (said, manifest.unwrap_or_default())
    };
    let (said, manifest) = new(r#"[["统一社会信用代码","企业名称"],["91110105MA0000007L","北京示例甲有限公司"]]"#);
    assert!(manifest.is_empty() && said.contains("数组的数组"), "{said}");
    let (said, manifest) = new(r#"{"企业名称":["北京示例甲有限公司"],"从业人数":[20]}"#);
    assert!(manifest.is_empty() && said.contains("按列写的"), "{said}");
    let record = |code: &str, name: &str| {
        format!(
            r#"{{"统一社会信用代码":"{code}","企业名称":"{name}","登记状态":{{"code":"1","name":"存续"}},"所属行业":{{"code":"3011","name":"水泥制造"}},"营业收入":{{"value":100,"unit":"万元"}}}}"#
        )
    };
    let two = format!(
        "[{},{}]",
        record("91110105MA0000007L", "北京示例甲有限公司"),
        record("91110105MA0000015F", "北京示例乙有限公司")
    );
    let (said, manifest) = new(&two);
    for line in
        ["\"登记状态.name\" = \"status\"", "\"所属行业.code\" = { field = \"industry\"", "\"营业收入\" = { field = \"revenue\""]
    {
        assert!(manifest.contains(line), "{line}: {said}{manifest}");
    }
}
