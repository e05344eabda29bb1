//! What departments send, shape by shape: written here as their systems write it, read as their clerks see it. Each shape was
//! met in a public report of somebody with this job; `docs/src/shapes.md` lists them all.

use std::io::Write;
use std::path::{Path, PathBuf};

use huitu::connector::Connector;
use huitu::pull::PullContext;
use huitu::pull::sample::{Sample, SampleError, expected_json, take};
use rust_xlsxwriter::{Format, Workbook};

use crate::shapes_files::{compound, dbf, ods, raw_book, xls, xlsb};

const COLUMNS: &str = r#"
"名称" = "name"
"代码" = { field = "credit_code", optional = true }
"人数" = { field = "employees", optional = true }
"成立日期" = { field = "established_on", optional = true }
"区" = { field = "district", optional = true }
"行业" = { field = "industry", edition = 2017, optional = true }
"资本" = { field = "capital", unit = "yuan", optional = true }
"规上" = { field = "official_list", optional = true }
"状态" = { field = "status", optional = true }
"比例" = { field = "share_percent", optional = true }
"#;

fn connector(place: &Path, extra: &str) -> Connector {
    let text = format!(
        "title = {{ zh = \"某局\", en = \"A bureau\" }}\nowner = {{ zh = \"某局\", en = \"A bureau\" }}\n[source]\ntransport = \"file\"\n\
         place = {:?}\n{extra}\n[key]\ncolumns = [\"编号\"]\n[columns]{COLUMNS}",
        place.display().to_string()
    );
    Connector::parse("bureau", &text).expect("a manifest")
}

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

async fn sample(place: &Path, extra: &str) -> Result<Sample, String> {
    take(&connector(place, extra), None, &PullContext::default(), None).await.map_err(|e| match e {
        SampleError::Pull(e) => format!("{} {} {}", e.problem.code, e.problem.zh, e.problem.en),
        SampleError::Layout(p) => format!("{} {} {}", p.code, p.zh, p.en),
    })
}

/// `key name=… employees=…`, one line a record in the order of the file; `! code` for a row put aside.
fn shown(sample: &Sample) -> Vec<String> {
    let list = expected_json(sample);
    let line = |one: &serde_json::Value| match one["quarantined"].as_str() {
        Some(code) => format!("! {code}"),
        None => {
            let fields = one["fields"].as_object().expect("fields");
            let mut parts = vec![one["key"].as_str().expect("a key").to_owned()];
            let text = |v: &serde_json::Value| v.as_str().map_or_else(|| "✗".to_owned(), str::to_owned);
            parts.extend(
                fields.iter().filter(|(name, _)| *name != "edition").map(|(name, value)| format!("{name}={}", text(value))),
            );
            parts.join(" ")
        }
    };
    list.as_array().expect("a list").iter().map(line).collect()
}

fn notes(sample: &Sample) -> Vec<&str> {
    sample.notes.iter().map(|n| n.code.as_ref()).collect()
}

async fn read(file: &str, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let folder = Folder::new();
    let path = folder.put(file, bytes);
    shown(&sample(&path, "").await.unwrap_or_else(|e| panic!("{file}: {e}")))
}

async fn refused(file: &str, bytes: impl AsRef<[u8]>) -> String {
    let folder = Folder::new();
    let path = folder.put(file, bytes);
    match sample(&path, "").await {
        Ok(read) => panic!("{file} was read: {:?}", shown(&read)),
        Err(said) => said,
    }
}

/// A workbook of rows of texts, behind what `more` does to its sheet.
fn book(rows: &[&str], more: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    write(sheet, rows);
    more(sheet);
    book.save_to_buffer().expect("a workbook")
}

fn write(sheet: &mut rust_xlsxwriter::Worksheet, rows: &[&str]) {
    for (row, line) in rows.iter().enumerate() {
        for (column, cell) in line.split('|').enumerate().filter(|(_, c)| !c.is_empty()) {
            sheet.write_string(row as u32, column as u16, cell).expect("a cell");
        }
    }
}

const THREE: [&str; 4] = ["编号|名称|人数", "A1|北京示例甲有限公司|20", "A2|北京示例乙有限公司|21", "A3|北京示例丙有限公司|22"];

fn of_three() -> Vec<String> {
    [
        "A1 name=北京示例甲有限公司 employees=20",
        "A2 name=北京示例乙有限公司 employees=21",
        "A3 name=北京示例丙有限公司 employees=22",
    ]
    .map(sorted)
    .to_vec()
}

/// Fields of JSON stand in the order of their names.
fn sorted(line: &str) -> String {
    let (key, fields) = line.split_once(' ').unwrap_or((line, ""));
    let mut fields: Vec<&str> = fields.split(' ').filter(|f| !f.is_empty()).collect();
    fields.sort_by_key(|f| f.split('=').next().map(str::to_owned));
    std::iter::once(key).chain(fields).collect::<Vec<_>>().join(" ")
}

fn lines(expected: &[&str]) -> Vec<String> {
    expected.iter().map(|l| if l.starts_with('!') { (*l).to_owned() } else { sorted(l) }).collect()
}

fn separated(rows: &[&str], sign: &str) -> String {
    rows.iter().map(|r| r.replace('|', sign) + "\n").collect()
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("finished").into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_table_reads_the_same_whatever_program_wrote_it_and_however_it_is_named() {
    let xlsx = book(&THREE, |_| {});
    let tabs = encoding_rs::GB18030.encode(&separated(&THREE, "\t")).0.into_owned();
    let html = format!(
        "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta charset=gbk></head><table>{}</table></html>",
        THREE.iter().map(|r| format!("<tr><td>{}</td></tr>", r.replace('|', "</td><td>"))).collect::<String>()
    );
    let html = encoding_rs::GB18030.encode(&html).0.into_owned();
    let cells =
        |row: &str| row.split('|').map(|c| format!("<Cell><Data ss:Type=\"String\">{c}</Data></Cell>")).collect::<String>();
    let spreadsheet_ml = format!(
        "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" \
         xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet ss:Name=\"表\"><Table>{}</Table></Worksheet></Workbook>",
        THREE.iter().map(|r| format!("<Row>{}</Row>", cells(r))).collect::<String>()
    );
    for (name, bytes) in [
        ("a.xlsx", xlsx.clone()),
        ("a.csv", xlsx.clone()),
        ("a.xls", xlsx.clone()),
        ("a.zip", zip(&[("数据.xlsx", &xlsx), ("填报说明.docx", b"PK")])),
        ("a.xls", xls(&THREE)),
        ("a.et", xls(&THREE)),
        ("a.xlsx", xls(&THREE)),
        ("a.csv", xls(&THREE)),
        ("a.xlsb", xlsb(&THREE)),
        ("a.ods", ods(&THREE)),
        ("a.dbf", dbf(&THREE, None)),
        ("a.xls", tabs.clone()),
        ("a.xlsx", separated(&THREE, ",").into_bytes()),
        ("a.xls", html.clone()),
        ("a.xlsx", html),
        ("a.xls", spreadsheet_ml.clone().into_bytes()),
        ("a.xml", spreadsheet_ml.into_bytes()),
    ] {
        assert_eq!(read(name, bytes).await, of_three(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_table_is_refused_by_name_with_a_remedy() {
    let locked = compound(&[("EncryptedPackage", b"x"), ("EncryptionInfo", b"x")]);
    let word = compound(&[("WordDocument", b"x")]);
    for (name, bytes, words) in [
        ("a.rar", b"Rar!\x1a\x07\x01\x00".to_vec(), &["RAR", "zip"][..]),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04".to_vec(), &["7z", "zip"]),
        ("a.xlsx", locked.clone(), &["密码", "password"]),
        ("a.xls", locked, &["密码", "password"]),
        ("a.xls", word, &["Word"]),
        ("a.xlsx", b"%PDF-1.7\n".to_vec(), &["PDF", "xlsx"]),
        ("a.xls", b"<html><form action=login><input name=u><input type=password></form></html>".to_vec(), &["网页"]),
        ("a.xlsx", book(&THREE, |_| {})[..900].to_vec(), &["truncated", "不完整"]),
        ("a.dbf", dbf(&THREE, Some(9)), &["truncated"]),
        ("a.dbf", dbf(&THREE, Some(2)), &["2", "3"]),
        ("a.dbf", b"\x03abc".to_vec(), &["DBF"]),
        ("a.zip", zip(&[("b.zip", &zip(&[("c.csv", b"x")]))]), &["压缩包"]),
    ] {
        let said = refused(name, bytes).await;
        for word in words {
            assert!(said.contains(word), "{name}: {word} in {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_sheets_are_read_only_when_named_and_visible_ones_of_one_header_together() {
    let made = || {
        let mut book = Workbook::new();
        write(book.add_worksheet().set_name("说明").unwrap(), &["本表每季度填报一次"]);
        write(book.add_worksheet().set_name("朝阳区").unwrap(), &THREE[..2]);
        write(book.add_worksheet().set_name("海淀区").unwrap(), &[THREE[0], THREE[2]]);
        write(book.add_worksheet().set_name("丰台区").unwrap(), &["名称|编号|人数", "北京示例丙有限公司|A3|22"]);
        let old = book.add_worksheet().set_name("上年").unwrap();
        write(old, &["编号|名称|人数", "Z1|北京示例旧有限公司|99"]);
        old.set_very_hidden(true);
        let codes = book.add_worksheet().set_name("字典").unwrap();
        write(codes, &["代码|名称", "1|是", "2|否", "3|不详"]);
        codes.set_hidden(true);
        book.save_to_buffer().expect("a workbook")
    };
    let folder = Folder::new();
    let path = folder.put("a.xlsx", made());
    let all = sample(&path, "").await.expect("read");
    assert_eq!(shown(&all), of_three());
    assert_eq!(notes(&all), ["sheets_together", "sheets_hidden", "sheets_left_out"]);
    let said: String = all.notes.iter().map(|n| n.zh.as_str()).collect();
    for name in ["「朝阳区」「海淀区」「丰台区」", "「上年」「字典」", "「说明」"] {
        assert!(said.contains(name), "{name} in {said}");
    }
    let named = sample(&path, "[decoding]\nsheet = \"上年\"").await.expect("read");
    assert_eq!(shown(&named), lines(&["Z1 name=北京示例旧有限公司 employees=99"]));
    let missing = sample(&path, "[decoding]\nsheet = \"下年\"").await.expect_err("there is none");
    assert!(missing.contains("下年") && missing.contains("朝阳区"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_cells_are_filled_and_what_stands_to_the_right_is_named() {
    let rows = [
        "编号|名称|区|人数",
        "A1|北京示例甲有限公司|朝阳区|20|||此户待核实",
        "A2|北京示例乙有限公司||21",
        "A3|北京示例丙有限公司|海淀区|22",
    ];
    let bytes = book(&rows, |sheet| {
        sheet.merge_range(1, 2, 2, 2, "朝阳区", &Format::new()).unwrap();
    });
    let folder = Folder::new();
    let read = sample(&folder.put("a.xlsx", bytes), "").await.expect("read");
    assert_eq!(
        shown(&read),
        lines(&[
            "A1 name=北京示例甲有限公司 district=朝阳区 employees=20",
            "A2 name=北京示例乙有限公司 district=朝阳区 employees=21",
            "A3 name=北京示例丙有限公司 district=海淀区 employees=22",
        ])
    );
    assert_eq!(notes(&read), ["merged_cells", "cells_beyond"]);
    assert!(read.notes[1].zh.contains("G2「此户待核实」"), "{}", read.notes[1].zh);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_format_is_part_of_the_value() {
    let numbers: [(&str, f64, &str); 4] = [
        ("0000", 610.0, "行业"),
        ("0.00%", 0.35, "比例"),
        ("0.00\"万元\"", 12.5, "资本"),
        ("yyyy\"年\"m\"月\"d\"日\"", 44_256.0, "成立日期"),
    ];
    let header = format!("编号|名称|{}", numbers.map(|n| n.2).join("|"));
    let bytes = book(&[&header, "|北京示例甲有限公司"], |sheet| {
        sheet.write_number_with_format(1, 0, 7, &Format::new().set_num_format("00000")).unwrap();
        for (column, (format, value, _)) in numbers.iter().enumerate() {
            sheet.write_number_with_format(1, column as u16 + 2, *value, &Format::new().set_num_format(*format)).unwrap();
        }
    });
    let expected =
        lines(&["00007 name=北京示例甲有限公司 industry=0610 share_percent=35 capital=125000 established_on=2021-03-01"]);
    assert_eq!(read("a.xlsx", bytes).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_workbooks_formats_are_read_alike() {
    use crate::shapes_files::{Cell, biff};
    let cells = vec![
        (0, 0, Cell::Text("编号"), 0),
        (0, 1, Cell::Text("名称"), 0),
        (0, 2, Cell::Text("行业"), 0),
        (0, 3, Cell::Text("比例"), 0),
        (0, 4, Cell::Text("成立日期"), 0),
        (1, 0, Cell::Number(7.0), 1),
        (1, 1, Cell::Text("北京示例甲有限公司"), 0),
        (1, 2, Cell::Number(610.0), 1),
        (1, 3, Cell::Number(0.35), 2),
        (1, 4, Cell::Number(44_256.0), 3),
        (2, 0, Cell::Text("A2"), 0),
        (2, 1, Cell::Uncalculated, 0),
    ];
    let bytes = biff(&cells, &["General", "0000", "0.00%", "yyyy-mm-dd"]);
    let expected = lines(&["0007 name=北京示例甲有限公司 industry=0610 share_percent=35 established_on=2021-03-01", "A2 name=✗"]);
    assert_eq!(read("a.xls", bytes).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_formulas_without_a_result_and_damaged_codes_are_no_values() {
    let text = |cell: &str, text: &str| format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let sheet = format!(
        "<row r=\"1\">{}{}{}{}</row><row r=\"2\">{}<c r=\"B2\" t=\"e\"><f>X!A1</f><v>#REF!</v></c><c r=\"C2\"><f>10+20</f></c></row>\
         <row r=\"3\">{}<c r=\"B3\" t=\"str\"><f>X</f><v>北京示例乙有限公司</v></c><c r=\"C3\"><v>57.00000000000001</v></c><c r=\"D3\"><v>9.11101051E17</v></c></row>",
        text("A1", "编号"),
        text("B1", "名称"),
        text("C1", "人数"),
        text("D1", "代码"),
        text("A2", "A1"),
        text("A3", "A2"),
    );
    let folder = Folder::new();
    let read = sample(&folder.put("a.xlsx", raw_book(&[("表", "", &sheet)])), "").await.expect("read");
    assert_eq!(shown(&read), lines(&["A1 name=✗ employees=✗", "A2 name=北京示例乙有限公司 employees=57 credit_code=✗"]));
    let column =
        |name: &str| connector(Path::new("x.csv"), "").contract.columns.into_iter().find(|c| c.name == name).expect("a column");
    for (name, text, word) in [
        ("人数", "=10+20", "公式"),
        ("名称", "#REF!", "出错"),
        ("代码", "9.11101E+17", "Excel"),
        ("人数", "120 135", "几个数"),
        ("成立日期", "210301", "不止一个日期"),
    ] {
        let said = column(name).unreadable(text).problem.zh;
        assert!(said.contains(word), "{word} in {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_no_records_go_aside_with_their_reason() {
    let rows = [
        "编号|名称|区|人数",
        "一、朝阳区",
        "A1|北京示例甲有限公司|朝阳区|20",
        "|小计||20",
        "（二）海淀区",
        "A2|北京示例乙有限公司|海淀区|21",
        "合  计|||41",
        "编号|名称|区|人数",
        "A3|北京示例丙有限公司|丰台区|22",
        "注：本表不含分支机构。",
        "填表人：某甲||审核人：某乙",
        "",
        "附表：已注销单位",
        "编号|名称|注销日期",
        "X1|北京示例旧有限公司|2020-01-01",
    ];
    let expected = lines(&[
        "! no_record_heading",
        "A1 name=北京示例甲有限公司 district=朝阳区 employees=20",
        "! no_record_total",
        "! no_record_heading",
        "A2 name=北京示例乙有限公司 district=海淀区 employees=21",
        "! no_record_total",
        "! no_record_header",
        "A3 name=北京示例丙有限公司 district=丰台区 employees=22",
        "! no_record_note",
        "! no_record_note",
        "! no_record_note",
        "! no_record_second_table",
        "! no_record_second_table",
    ]);
    assert_eq!(read("a.xlsx", book(&rows, |_| {})).await, expected);
    let wide: Vec<String> = rows.iter().map(|r| format!("{r}{}", "|".repeat(3 - r.matches('|').count()))).collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    assert_eq!(read("a.csv", separated(&wide, ",")).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dress_of_cells_is_taken_off() {
    let text = "编号,名称,人数,规上,状态,代码\n\
        =\"0001\",=\"北京示例甲有限公司\",=\"20\",t,吊销企业,=\"91110105MA0000007L\"\n\
        '0002,北京示例乙有限公司\t,21\t,✓,开业/正常经营,'91110105MA0000015F\n\
        \u{200b}0003,\u{1f}北京示例\u{ad}丙有限公司,\u{1f}22,是（规上）,迁往市外,91110105MA0000023A\u{feff}\n\
        0004,甲&amp;<em>乙</em>有限公司,1.2万,ㄨ,正常在业,\n";
    assert_eq!(
        read("a.csv", text).await,
        lines(&[
            "0001 name=北京示例甲有限公司 employees=20 official_list=true status=REVOKED credit_code=91110105MA0000007L",
            "0002 name=北京示例乙有限公司 employees=21 official_list=true status=ACTIVE credit_code=91110105MA0000015F",
            "0003 name=北京示例丙有限公司 employees=22 official_list=true status=MOVED_OUT credit_code=91110105MA0000023A",
            "0004 name=甲&乙有限公司 employees=12000 official_list=false status=ACTIVE",
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_s_markers_are_skipped_suffixes_have_any_case_and_the_newest_of_a_daily_series_counts() {
    let folder = Folder::new();
    let table = |rows: &[&str]| separated(&[&[THREE[0]], rows].concat(), ",");
    folder.put("1.csv", table(&THREE[1..2]));
    folder.put("2.CSV", table(&THREE[2..]));
    folder.put("3.csv.tmp", "x");
    folder.put("4.csv.ok", "");
    folder.put("readme.txt", "说明");
    for place in [folder.path().to_owned(), folder.path().join("*.csv")] {
        let read = sample(&place, "format = \"csv\"").await.expect("read");
        assert_eq!(shown(&read), of_three(), "{}", place.display());
    }
    let read = sample(folder.path(), "format = \"csv\"").await.expect("read");
    assert_eq!(notes(&read), ["files_aside", "files_read"]);
    assert!(["4.csv.ok", "readme.txt", "3.csv.tmp"].iter().all(|n| read.notes[0].zh.contains(n)), "{}", read.notes[0].zh);

    let daily = Folder::new();
    daily.put("某局_20261126.csv", table(&THREE[2..]));
    daily.put("某局_20261125.csv", table(&["A1|北京示例甲有限公司|1", "A2|北京示例乙有限公司|2"]));
    let place = daily.path().join("*.csv");
    let newest = sample(&place, "").await.expect("read");
    assert_eq!(shown(&newest), of_three()[1..]);
    assert!(newest.notes.iter().any(|n| n.code == "files_older" && n.zh.contains("某局_20261125.csv")));
    // Together, the newer file's row comes first: of two rows with one key it is the one that lands.
    let together = sample(&place, "take = \"all\"").await.expect("read");
    assert_eq!(shown(&together)[0], of_three()[1]);
    // Districts are no days.
    daily.put("朝阳区_20261126.csv", table(&THREE[1..2]));
    let both = shown(&sample(&place, "").await.expect("read"));
    assert_eq!(both.len(), 3, "{both:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_of_empty_rows_and_a_sheet_of_odd_widths_are_read_in_no_time() {
    let empty: String = (2..200_000).map(|r| format!("<row r=\"{r}\"><c r=\"A{r}\" s=\"0\"/></row>")).collect();
    let text = |cell: &str, text: &str| format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let sheet = format!(
        "<row r=\"1\">{}{}</row>{empty}<row r=\"1048576\">{}{}</row>",
        text("A1", "编号"),
        text("B1", "名称"),
        text("A1048576", "A1"),
        text("B1048576", "北京示例甲有限公司")
    );
    assert_eq!(read("a.xlsx", raw_book(&[("表", "", &sheet)])).await, ["A1 name=北京示例甲有限公司"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_with_a_zone_is_the_day_in_the_hub_s_zone() {
    let folder = Folder::new();
    let path = folder.put("a.json", r#"{"RECORDS":[{"编号":"A1","名称":"甲","成立日期":"2021-02-28T16:00:00Z"},{"编号":"A2","名称":"乙","成立日期":{"year":2021,"monthValue":3,"dayOfMonth":1}}]}"#);
    let here = shown(&sample(&path, "").await.expect("read"));
    assert_eq!(here, lines(&["A1 name=甲 established_on=2021-03-01", "A2 name=乙 established_on=2021-03-01"]));
    let there = connector(&path, "").in_zone(chrono_tz::UTC);
    let read = take(&there, None, &PullContext::default(), None).await.expect("read");
    assert_eq!(shown(&read)[0], "A1 established_on=2021-02-28 name=甲");
}

#[tokio::test(flavor = "multi_thread")]
async fn big5_is_read_named_or_not() {
    let text = "编号,名称,人数\nA1,臺北範例甲股份有限公司,20\nA2,臺北範例乙股份有限公司,21\n".replace("编号", "編號");
    let bytes = encoding_rs::BIG5.encode(&text.replace("名称", "名稱").replace("人数", "人數")).0.into_owned();
    let folder = Folder::new();
    let path = folder.put("a.csv", bytes);
    let text = format!(
        "title = {{ zh = \"某局\", en = \"A bureau\" }}\nowner = {{ zh = \"某局\", en = \"A bureau\" }}\n[source]\ntransport = \"file\"\nplace = {:?}\n\
         [key]\ncolumns = [\"編號\"]\n[columns]\n\"名稱\" = \"name\"\n",
        path.display().to_string()
    );
    for named in ["", "[decoding]\nencoding = \"big5\"\n"] {
        let connector = Connector::parse("bureau", &format!("{text}{named}")).expect("a manifest");
        let read = take(&connector, None, &PullContext::default(), None).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(shown(&read), ["A1 name=臺北範例甲股份有限公司", "A2 name=臺北範例乙股份有限公司"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stray_cell_at_the_end_of_an_old_sheet_costs_no_memory() {
    use crate::shapes_files::{Cell, biff};
    let mut cells: Vec<_> = ["编号", "名称", "A1", "北京示例甲有限公司"]
        .iter()
        .enumerate()
        .map(|(n, t)| ((n / 2) as u16, (n % 2) as u16, Cell::Text(t), 0))
        .collect();
    // A row of its own far below, and a column far to the right: as a rectangle, some seventeen million cells.
    cells.push((65_535, 1, Cell::Text("注：以上数据截至年末"), 0));
    cells.push((65_535, 255, Cell::Text("x"), 0));
    assert_eq!(read("a.xls", biff(&cells, &["General"])).await, ["A1 name=北京示例甲有限公司", "! no_record_note"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_of_an_old_sheet_may_stand_in_any_order_and_none_is_lost_where_it_is_cut() {
    use crate::shapes_files::{Cell, biff};
    let mut cells = Vec::new();
    for (row, line) in THREE.iter().enumerate() {
        for (column, cell) in line.split('|').enumerate() {
            let cell = cell.parse().map_or(Cell::Text(cell), Cell::Number);
            cells.push((row as u16, column as u16, cell, 0));
        }
    }
    // Column by column, as some programs write.
    cells.sort_by_key(|(row, column, ..)| (*column, *row));
    let bytes = biff(&cells, &["General"]);
    assert_eq!(read("a.xls", bytes.clone()).await, of_three());
    // The sheet's last records are missing inside of a file that is whole: rows would be lost without a word.
    let last = bytes.windows(4).rposition(|w| w == [0x0A, 0, 0, 0]).expect("the end of the sheet");
    let mut cut = bytes;
    // A length that goes beyond the stream.
    cut[last..last + 4].copy_from_slice(&[0x04, 0x02, 0xFF, 0x7F]);
    let said = refused("a.xls", cut).await;
    assert!(said.contains("damaged") || said.contains("损坏"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_an_old_sheet_have_what_their_format_puts_around_them() {
    use crate::shapes_files::{Cell, biff};
    let cells = vec![
        (0, 0, Cell::Text("编号"), 0),
        (0, 1, Cell::Text("名称"), 0),
        (1, 0, Cell::Text("A1"), 0),
        (1, 1, Cell::Text("北京示例甲"), 1),
        (2, 0, Cell::Text("A2"), 0),
        (2, 1, Cell::Text("北京示例乙有限公司"), 0),
    ];
    let bytes = biff(&cells, &["General", "@\"有限公司\""]);
    let expected = lines(&["A1 name=北京示例甲有限公司", "A2 name=北京示例乙有限公司"]);
    assert_eq!(read("a.xls", bytes).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_columns_are_read_and_named_in_workbooks_of_every_kind() {
    use crate::shapes_files::{Cell, biff_with, ods_with, xlsb_hiding};
    let mut cells = Vec::new();
    for (row, line) in THREE.iter().enumerate() {
        for (column, cell) in line.split('|').enumerate() {
            let cell = cell.parse().map_or(Cell::Text(cell), Cell::Number);
            cells.push((row as u16, column as u16, cell, 0));
        }
    }
    let two = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    // ColInfo of the third column, hidden; Row of the second line, filtered out.
    let hidden = [(0x007D_u16, two(&[2, 2, 2304, 0, 1, 0])), (0x0208, two(&[1, 0, 3, 255, 0, 0, 0x20, 0]))];
    let narrow = [(0x007D_u16, two(&[2, 2, 0, 0, 0, 0])), (0x007D, two(&[0, 1, 2304, 0, 0, 0]))];
    let cell =
        |row: &str| row.split('|').map(|c| format!("<Cell><Data ss:Type=\"String\">{c}</Data></Cell>")).collect::<String>();
    let spreadsheet_ml = format!(
        "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" \
         xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet ss:Name=\"表\"><Table><Column ss:Span=\"1\"/><Column ss:Hidden=\"1\"/>{}</Table></Worksheet></Workbook>",
        THREE.iter().map(|r| format!("<Row>{}</Row>", cell(r))).collect::<String>()
    );
    let columns = "<table:table-column table:number-columns-repeated=\"2\"/><table:table-column table:visibility=\"collapse\"/>";
    for (name, bytes, expected) in [
        ("a.xls", biff_with(&cells, &["General"], &hidden), &["columns_hidden", "rows_hidden"][..]),
        ("a.xls", biff_with(&cells, &["General"], &narrow), &["columns_hidden"]),
        ("a.xlsb", xlsb_hiding(&THREE, Some(2)), &["columns_hidden"]),
        ("a.ods", ods_with(&THREE, columns), &["columns_hidden"]),
        ("a.xls", spreadsheet_ml.into_bytes(), &["columns_hidden"]),
    ] {
        let folder = Folder::new();
        let path = folder.put(name, bytes);
        let read = sample(&path, "").await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(shown(&read), of_three(), "{name}");
        let said: Vec<&str> =
            notes(&read).into_iter().filter(|code| code.ends_with("_hidden") && *code != "sheets_hidden").collect();
        assert_eq!(said, expected, "{name}");
        let of_columns = read.notes.iter().find(|note| note.code == "columns_hidden").unwrap();
        assert!(of_columns.zh.contains("人数") && !of_columns.zh.contains("名称"), "{name}: {}", of_columns.zh);
    }
}
