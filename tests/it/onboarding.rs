//! A department nobody here has met: its file becomes a connector by one command and a few edits to one TOML file.

use std::path::{Path, PathBuf};
use std::process::Command;

use rust_xlsxwriter::{Format, Workbook};

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { dir: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `huitu ARGS`: what it said, where it ended well.
    fn run(&self, args: &[&str]) -> String {
        let out = Command::new(env!("CARGO_BIN_EXE_huitu"))
            .args(["--lang", "zh", "--data"])
            .arg(self.path("data"))
            .arg("--connectors")
            .arg(self.path("connectors"))
            .args(args)
            .output()
            .expect("huitu runs");
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        // One department's data are no gap list: a sync of it alone says so and ends with 3.
        let alone = args.contains(&"sync") && out.status.code() == Some(3) && said.contains("\"lacks\"");
        assert!(out.status.success() || alone, "huitu {args:?}: {said}");
        said
    }

    /// `connector new`; what it said and the manifest it wrote.
    fn new_connector(&self, name: &str, sample: &Path) -> (String, String) {
        let sample = sample.display().to_string();
        let into = self.path("connectors").display().to_string();
        let said = self.run(&["connector", "new", name, "--sample", &sample, "--into", &into]);
        (said, std::fs::read_to_string(self.manifest(name)).expect("written"))
    }

    fn manifest(&self, name: &str) -> PathBuf {
        self.path(&format!("connectors/{name}/connector.toml"))
    }

    /// Checks, previews and syncs it; what the receipt says of its rows.
    fn lives(&self, name: &str, read: i64, quarantined: i64) {
        self.run(&["connector", "check", name, "--write-expected"]);
        self.run(&["connector", "check", name]);
        self.run(&["connector", "preview", name]);
        let report = self.run(&["--json", "sync", name]);
        let at = report.find('{').expect("JSON");
        let report: serde_json::Value =
            serde_json::Deserializer::from_str(&report[at..]).into_iter().next().expect("a report").expect("JSON");
        let receipt = &report["receipts"][0];
        assert_eq!((receipt["read"].as_i64(), receipt["quarantined"].as_i64()), (Some(read), Some(quarantined)), "{receipt}");
    }
}

const CODES: [&str; 4] = ["91110108500000007M", "911101085010003080", "91110108502000609A", "9111010850300090XF"];

#[test]
fn a_workbook_with_a_page_of_notes_two_header_rows_merged_cells_and_numbers_for_dates() {
    let desk = Desk::new();
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").unwrap().write_string(0, 0, "本表每季度填报一次").unwrap();
    let sheet = book.add_worksheet().set_name("用工台账").unwrap();
    let plain = Format::new();
    sheet.merge_range(0, 0, 0, 6, "2026年三季度用工情况台账", &plain).unwrap();
    sheet.merge_range(1, 0, 1, 6, "单位：人、万元", &plain).unwrap();
    sheet.merge_range(2, 0, 3, 0, "序号", &plain).unwrap();
    sheet.merge_range(2, 1, 2, 4, "单位基本情况", &plain).unwrap();
    sheet.merge_range(2, 5, 2, 6, "用工情况", &plain).unwrap();
    for (at, name) in ["单位全称", "统一社会信用代码/注册号", "经营地址", "成立时间"].iter().enumerate() {
        sheet.write_string(3, at as u16 + 1, *name).unwrap();
    }
    sheet.write_string(3, 5, "年末在岗人数").unwrap();
    sheet.write_string(3, 6, "其中:劳务派遣人员").unwrap();
    for i in 0..4u32 {
        let row = 4 + i;
        sheet.write_number(row, 0, i + 1).unwrap();
        sheet.write_string(row, 1, format!("北京示例{i}号物业管理有限公司")).unwrap();
        sheet.write_string(row, 2, CODES[i as usize]).unwrap();
        sheet.write_string(row, 3, format!("海淀区学院路{i}号院")).unwrap();
        // The fourth one was typed into a cell that is no date for the workbook.
        match i {
            3 => sheet.write_number(row, 4, 40_000).unwrap(),
            _ => {
                let day = Format::new().set_num_format("yyyy/m/d");
                sheet.write_number_with_format(row, 4, 38_000 + 365 * i, &day).unwrap()
            }
        };
        sheet.write_number(row, 5, 20 + i).unwrap();
        sheet.write_number(row, 6, i).unwrap();
    }
    let sample = desk.path("用工台账.xlsx");
    book.save(&sample).unwrap();

    let (said, manifest) = desk.new_connector("yonggong", &sample);
    assert!(said.contains("工作表「用工台账」") && said.contains("表头 2 行"), "{said}");
    for line in [
        "sheet = \"用工台账\"",
        "\"单位基本情况/单位全称\" = \"name\"",
        "= \"established_on\"",
        "= \"operating_address\"",
        "= \"employees\"",
        "= \"dispatched_workers\"",
    ] {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
    assert!(!manifest.contains("columns = [\"序号\"]"), "a number of the row is no key: {manifest}");
    desk.lives("yonggong", 4, 0);
    let expected = std::fs::read_to_string(desk.path("connectors/yonggong/expected.json")).unwrap();
    for day in ["2004-01-14", "2009-07-06"] {
        assert!(expected.contains(day), "{day} in {expected}");
    }
}

#[test]
fn a_text_in_gb18030_between_bars_whose_columns_are_initials() {
    let desk = Desk::new();
    let mut text = String::from("GRP_ID|UNIT_NM|TYSHXYDM|ZCDZ|CLRQ|CYRS|YYSR_WY|LXR\r\n");
    for (i, code) in CODES.iter().enumerate() {
        text.push_str(&format!(
            "G{i}|北京示例{i}号餐饮服务有限公司|{code}|海淀区清河街道{i}号院|200{i}0{}15|{}|{i},0{i}0.5|某人\r\n",
            i + 1,
            10 + i
        ));
    }
    text.push_str("G9|北京喆昕镕有限公司|91350100M000100Y43|海淀区清河街道9号院|20090115|7|66|某|人\r\n");
    let sample = desk.path("单位信息.txt");
    std::fs::write(&sample, encoding_rs::GB18030.encode(&text).0).unwrap();
    let (said, manifest) = desk.new_connector("danwei", &sample);
    assert!(said.contains("由拼音首字母推断"), "{said}");
    for line in [
        "delimiter = \"|\"",
        "columns = [\"GRP_ID\"]",
        "\"UNIT_NM\" = \"name\"",
        "\"TYSHXYDM\" = \"credit_code\"",
        "\"ZCDZ\" = \"address\"",
        "\"CLRQ\" = \"established_on\"",
        "\"CYRS\" = \"employees\"",
        "\"YYSR_WY\" = { field = \"revenue\", unit = \"ten_thousand_yuan\" }",
    ] {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
    // One row of five has a bar in its text: more than the guard lets pass without a person, in so small a file.
    let edited = format!("{manifest}\n[guard]\nmax_quarantined_percent = 30\n");
    std::fs::write(desk.manifest("danwei"), edited).unwrap();
    desk.lives("danwei", 5, 1);
}

#[test]
fn a_nested_xml_with_an_envelope() {
    let desk = Desk::new();
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ns:交换包 xmlns:ns=\"http://example.invalid/x\"><ns:报文头><ns:批次>1</ns:批次></ns:报文头><ns:数据集>",
    );
    for (i, code) in CODES.iter().enumerate() {
        text.push_str(&format!(
            "<企业 编号=\"Q{i}\"><基本信息><名称>北京示例{i}号建筑工程有限公司</名称><代码 类型=\"统一社会信用代码\">{code}</代码><住所><区>海淀区</区>\
             <详细地址>学院路{i}号院</详细地址></住所></基本信息><资质><证书><编号>A{i}</编号></证书><证书><编号>B{i}</编号></证书></资质>\
             <从业人员><总数>{}</总数></从业人员><更新>2026-10-01T08:00:00</更新></企业>\n",
            30 + i
        ));
    }
    text.push_str("</ns:数据集></ns:交换包>");
    let sample = desk.path("施工企业.xml");
    std::fs::write(&sample, text).unwrap();
    let (said, manifest) = desk.new_connector("shigong", &sample);
    assert!(said.contains("记录元素「企业」"), "{said}");
    for line in
        ["records = \"企业\"", "columns = [\"@编号\"]", "\"基本信息.名称\" = \"name\"", "\"从业人员.总数\" = \"employees\""]
    {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
    assert!(manifest.contains("= \"credit_code\""), "{manifest}");
    desk.lives("shigong", 4, 0);
}
