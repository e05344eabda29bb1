//! The cases handed to us beside the repository (`../shared/cases/inbound`, or the folder in `HUITU_SHARED_CASES`), each as a
//! department's file: `connector new`, `check`, `preview`, `sync`, and what is right of it. Without that folder there is nothing
//! to do here: every shape has a test of its own in `shapes.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is right.
enum Right {
    /// Rows landed and put aside, and words of the receipt or of what `preview` shows.
    Read(i64, i64, &'static [&'static str]),
    /// `connector new` or `sync` says these words, and nothing lands.
    Refused(&'static [&'static str]),
}

use Right::{Read, Refused};

#[rustfmt::skip]
const CASES: &[(&str, &[&str], Right)] = &[
    ("c_apos/a.csv", &[], Read(4, 0, &["0001#0", "established_on = 2021-03-01", "employees = 20"])),
    ("c_cat_bom/a.csv", &[], Read(6, 1, &["no_record_header"])),
    ("c_eq/a.csv", &[], Read(4, 0, &["B0#0", "name = 北京金隅华信建材有限公司", "credit_code = 91110105MA0000007L"])),
    ("c_excelshort/a.csv", &[], Read(6, 0, &["3 行末尾缺少分隔符"])),
    ("c_flags/a.csv", &[], Read(9, 0, &["official_list = true   ← t", "official_list = true   ← 是（规上）", "official_list = false   ← ×", "status = REVOKED   ← 吊销企业", "status = MOVED_OUT   ← 迁往市外", "status ✗ 1"])),
    ("c_gz_padded/a.csv.gz", &[], Read(4, 0, &[])),
    ("c_header_again/a.csv", &[], Read(6, 1, &["no_record_header"])),
    ("c_longnum/c_longnum_50/a.csv", &[], Refused(&["Excel", "batch show"])),
    ("c_longnum/c_longnum_diffnames/a.csv", &[], Refused(&["Excel"])),
    ("c_longnum2/a.csv", &[], Read(12, 0, &[])),
    ("c_nohdr/a.csv", &[], Refused(&["第一行像数据", "--header-rows 0"])),
    ("c_nohdr0/a.csv", &["--header-rows", "0"], Read(6, 0, &["91110105MA0000007L", "北京金隅华信建材有限公司"])),
    ("c_onerow2/a.csv", &[], Read(1, 0, &["北京金隅有限公司#0"])),
    ("c_soh/c_soh/a.csv", &[], Refused(&["没有一列能识别", "\\u{1}"])),
    ("c_soh/c_fwcomma/a.csv", &[], Refused(&["没有一列能识别", "'，'"])),
    ("c_tabpad/a.csv", &[], Read(4, 0, &["B0#0", "credit_code = 91110105MA0000007L"])),
    ("c_trailcomma/c_trailcomma/a.csv", &[], Read(6, 0, &[])),
    ("c_trailcomma/c_trailheader/a.csv", &[], Read(6, 0, &[])),
    ("c_us/a.csv", &[], Read(4, 0, &["B0#0", "employees = 20"])),
    ("f_ctrlz/1.csv", &[], Read(3, 0, &[])),
    ("f_invis/1.csv", &[], Read(5, 0, &["B0#0", "name = 北京金隅有限公司", "B3#0"])),
    ("f_zipxlsx/a.zip", &[], Read(3, 0, &[])),
    ("j_object/j_navicat/a.json", &[], Read(3, 0, &[])),
    ("j_object/j_nested/a.json", &[], Read(3, 0, &["name = 北京金隅华信建材有限公司"])),
    ("m_namedfields/a.xml", &[], Read(2, 0, &["A1#0", "name = 北京甲有限公司", "employees = 20"])),
    ("m_nbsp/a.xml", &[], Refused(&["&nbsp;", "第 2 条记录"])),
    ("m_onerecord/a.xml", &[], Read(1, 0, &["X0#0"])),
    ("m_rawamp/a.xml", &[], Refused(&["第 2 条记录", "字节", "&amp;"])),
    ("m_sametag/a.xml", &[], Refused(&["2 行无法读取"])),
    ("m_twolists/a.xml", &[], Read(3, 0, &["X0#0"])),
    ("m_tworoots/a.xml", &[], Refused(&["另一份 XML"])),
    ("m_xmlss/a.xml", &[], Read(2, 0, &["A1#0", "name = 北京甲有限公司"])),
    ("x_dates_fraction/a.xlsx", &[], Read(45, 0, &["established_on = 2017-03-05   ← 42799.4795486111"])),
    ("x_dates_other/a.xlsx", &[], Read(45, 0, &["← 2021年3月1日 00:00:00", "← 20210301123045", "← 1614556800000", "← 二〇二一年三月一日", "established_on = 2020-03-01   ← 109年3月1日"])),
    ("x_dates_silent/a.xlsx", &[], Read(45, 0, &["established_on ✗ 210301", "established_on ✗ 20213", "established_on ✗ 2021.1"])),
    ("x_formula/a.xlsx", &[], Read(4, 0, &["employees ✗ =10+20", "revenue ✗ =SUM(A1:A2)"])),
    ("x_formula_error/a.xlsx", &[], Read(4, 0, &["name ✗ #REF!", "operating_address ✗ #VALUE!", "operating_address ✗ #NAME?"])),
    ("x_hdrodd/a.xlsx", &[], Read(3, 0, &["D000#0", "name = 北京金隅华信建材有限公司"])),
    ("x_hidden/x_hidden/a.xlsx", &[], Read(4, 0, &["D000#0", "「字典」"])),
    ("x_hidden/x_hidden3/a.xlsx", &[], Read(3, 0, &["D000#0", "「旧数据」"])),
    ("x_hidden2/a.xlsx", &[], Read(4, 0, &["D000#0", "「2020年（旧）」"])),
    ("x_html_as_xlsx/x_csv_as_xlsx/a.xlsx", &[], Read(3, 0, &[])),
    ("x_html_as_xlsx/x_html_as_xlsx/a.xlsx", &[], Read(3, 0, &[])),
    ("x_longnum/a.xlsx", &[], Refused(&["Excel"])),
    ("x_merged_data/a.xlsx", &[], Read(6, 0, &["合并单元格"])),
    ("x_numtext/a.xlsx", &[], Read(9, 0, &["employees ✗ 120 135", "employees ✗ 35%", "capital = 1000000   ← 壹佰万元整", "payroll = -1234.50   ← (1,234.50)", "insured = 12000   ← 1.2万"])),
    ("x_old_formats/a.xls", &[], Read(3, 0, &[])),
    ("x_pct/a.xlsx", &[], Read(3, 0, &["share_percent = 35   ← 35%"])),
    ("x_rightnotes/a.xlsx", &[], Read(4, 0, &["此户待核实"])),
    ("x_sheets/a.xlsx", &[], Read(12, 0, &["「朝阳区」「海淀区」「丰台区」"])),
    ("x_total/a.xlsx", &[], Read(4, 3, &["no_record_total", "no_record_note"])),
    ("x_total_name/a.xlsx", &[], Read(4, 2, &["no_record_total"])),
    ("x_twotables/a.xlsx", &[], Read(3, 3, &["no_record_second_table"])),
    ("x_xlsx_as_csv/a.csv", &[], Read(3, 0, &[])),
    ("x_zeropad/a.xlsx", &[], Read(3, 0, &["00001#0", "industry = 0610", "industry = 0111"])),
];

/// The folder of cases that no clone brings along: None, with a word, where it is absent. One that is named has to be there.
pub fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("HUITU_SHARED_CASES").map(PathBuf::from) {
        assert!(named.is_dir(), "HUITU_SHARED_CASES: there is no folder {}", named.display());
        return Some(named);
    }
    let beside = crate::support::servers::shared()?.join("cases/inbound");
    if !beside.is_dir() {
        eprintln!("NOT CHECKED: there are no cases at {}; set HUITU_SHARED_CASES", beside.display());
        return None;
    }
    Some(beside)
}

fn huitu(args: &[&str]) -> (bool, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_huitu")).args(["--lang", "zh"]).args(args).output().expect("huitu runs");
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.success(), said)
}

/// As a department does; what was said on the way, and what landed and was put aside.
fn lived(sample: &Path, options: &[&str]) -> (String, Option<(i64, i64)>) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (connectors, data, sample) = (path("connectors"), path("data"), sample.display().to_string());
    let mut new = vec!["connector", "new", "bureau", "--sample", &sample, "--into", &connectors];
    new.extend(options);
    let (written, mut said) = huitu(&new);
    if !written {
        return (said, None);
    }
    let at = ["--data", &data, "--connectors", &connectors];
    said += &huitu(&[&at[..], &["connector", "check", "bureau"]].concat()).1;
    said += &huitu(&[&at[..], &["connector", "preview", "bureau", "--rows", "100"]].concat()).1;
    said += &huitu(&[&at[..], &["sync", "bureau"]].concat()).1;
    let receipt = huitu(&[&at[..], &["--json", "batch", "show", "1"]].concat()).1;
    let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap_or_default();
    let landed = receipt["landed"].as_i64().zip(receipt["quarantined"].as_i64());
    (said, landed.filter(|_| receipt["state"] == "DONE"))
}

#[test]
fn every_case_handed_to_us_ends_as_its_expectation_says() {
    let Some(folder) = folder() else { return };
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (case, options, right) in CASES {
        let sample = folder.join(case);
        if !sample.is_file() {
            eprintln!("NOT CHECKED: {} is not there", sample.display());
            continue;
        }
        tried += 1;
        let (said, landed) = lived(&sample, options);
        let (words, good) = match right {
            Read(rows, aside, words) => (words, landed == Some((*rows, *aside))),
            Refused(words) => (words, landed.is_none()),
        };
        let missing: Vec<_> = words.iter().filter(|w| !said.contains(**w)).collect();
        if !good || !missing.is_empty() {
            wrong.push(format!("{case}: landed {landed:?}, not said {missing:?}\n{said}"));
        }
    }
    assert!(tried > 0, "none of the cases is in {}", folder.display());
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn of_two_daily_files_the_newest_is_the_registry() {
    let Some(folder) = folder().map(|f| f.join("s_taxdaily")).filter(|f| f.is_dir()) else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data").display().to_string();
    let source = format!("tax={}/*.csv", dir.path().display());
    let sync = || huitu(&["--data", &data, "sync", "tax", "--source", &source]).1;
    for day in ["20261125.csv", "20261126.csv"] {
        std::fs::copy(folder.join(day), dir.path().join(day)).expect("copied");
        let said = sync();
        assert!(said.contains(&format!("读取了 1 个文件：{day}")), "{said}");
    }
    let receipt = huitu(&["--data", &data, "--json", "batch", "show", "2"]).1;
    let receipt: serde_json::Value = serde_json::from_str(&receipt).expect("JSON");
    let count = |name: &str| receipt[name].as_i64().unwrap_or(-1);
    assert_eq!((count("changed"), count("gone"), count("quarantined")), (4, 1, 0), "{receipt}");
}
