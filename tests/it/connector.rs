//! The shipped connectors, the format of `connector.toml`, and the kit for departments.

use std::path::{Path, PathBuf};
use std::process::Command;

use huitu::connector::{Connector, KEYS, json_schema, keys_page, kinds_page};
use huitu::model::field::{Field, RecordKind};
use huitu::model::record_use::{RecordUse, kept_only};
use huitu::pull::PullContext;
use huitu::pull::check::{check, read_samples};
use huitu::pull::sample::expected_json;

use crate::generated;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors").join(name)
}

const MINIMAL: &str = r#"
title = { zh = "甲", en = "A" }
owner = { zh = "甲局", en = "Bureau A" }
[source]
transport = "file"
place = "drop/*.csv"
[key]
columns = ["编号"]
[columns]
"名称" = "name"
"#;

fn problems(text: &str) -> String {
    Connector::parse("tax", text).expect_err("a wrong manifest").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_expectations_are_what_the_samples_read_to() {
    for connector in Connector::embedded_all() {
        let context = PullContext { allow_private: true, ..PullContext::default() };
        let read = read_samples(&connector, &folder(&connector.name), &context).await.unwrap_or_else(|e| panic!("{e:?}"));
        let text = format!("{}\n", serde_json::to_string_pretty(&expected_json(&read)).expect("JSON"));
        generated::compare(&format!("connectors/{}/expected.json", connector.name), &text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shipped_connector_passes_the_tests_of_the_kit() {
    let all = Connector::embedded_all();
    assert_eq!(all.len(), 20);
    let mut failed = Vec::new();
    for connector in &all {
        for finding in check(connector, &folder(&connector.name), &PullContext::default()).await {
            if !finding.passed {
                failed.push(format!("{}: {}: {}", connector.name, finding.name, finding.en));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_shipped_connector_has_a_page_for_its_department() {
    for connector in Connector::embedded_all() {
        let page = std::fs::read_to_string(folder(&connector.name).join("README.md")).expect("a README");
        assert!(page.contains(&connector.title.zh) && page.contains(&connector.title.en), "{}", connector.name);
        for column in connector.contract.columns.iter() {
            assert!(page.contains(&column.name), "{}: the page does not mention {}", connector.name, column.name);
        }
    }
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest_one() {
    let text = MINIMAL.replace("place =", "plase =");
    assert!(
        problems(&text).contains(r#"connector "tax": unknown key "source.plase"; did you mean "source.place"?"#),
        "{}",
        problems(&text)
    );
    let text = MINIMAL.replace(r#""名称" = "name""#, r#""名称" = "nane""#);
    assert!(problems(&text).contains(r#"column "名称": there is no field "nane"; did you mean "name"?"#), "{}", problems(&text));
    let text = MINIMAL.replace(r#""名称" = "name""#, r#""收入" = { field = "revenue", unit = "thousand" }"#);
    assert!(problems(&text).contains("thousand_yuan"), "{}", problems(&text));
    let text = MINIMAL.replace(r#""名称" = "name""#, r#""行业" = "industry""#);
    assert!(problems(&text).contains("edition = 2002, 2011 or 2017"), "{}", problems(&text));
}

#[test]
fn all_problems_of_a_manifest_are_said_at_once() {
    let text = format!(
        "{MINIMAL}\"状态\" = {{ field = \"status\", values = {{ \"开\" = \"OPEN\" }} }}\n[manners]\nquiet = [\"8 to 9\"]\nschedule = \"soon\"\n"
    );
    let said = problems(&text);
    for part in ["\"OPEN\" is no value of status", "8 to 9", "soon"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

/// A value that each kind of key takes.
fn example(key: &huitu::connector::Key) -> Option<String> {
    use huitu::connector::Holds::*;
    Some(match key.holds {
        Text if key.path.ends_with("encoding") => "\"gb18030\"".into(),
        Text if key.path.ends_with("delimiter") => "\";\"".into(),
        Text if key.path.ends_with("schedule") => "\"30 2 * * *\"".into(),
        Text => "\"/x\"".into(),
        Flag => "true".into(),
        Integer if key.path.ends_with("edition") => "2017".into(),
        Integer | Number => "3".into(),
        Texts if key.path.ends_with("quiet") => "[\"08:30-18:00\"]".into(),
        Texts => "[\"x\"]".into(),
        Bilingual => "{ zh = \"x\", en = \"x\" }".into(),
        Word(words) => format!("\"{}\"", words()[0]),
        Map => "{}".into(),
        Table | Tables => return None,
    })
}

#[test]
fn every_documented_key_is_read() {
    for key in KEYS {
        let Some(value) = example(key) else { continue };
        let (table, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
        let text = match table {
            "columns.*" if name == "field" => continue,
            "columns.*" => format!("[columns]\n\"甲\" = {{ field = \"name\", {name} = {value} }}\n"),
            "combine" if name == "columns" || name == "field" => continue,
            "combine" => format!("[[combine]]\ncolumns = [\"甲\"]\nfield = \"name\"\n{name} = {value}\n"),
            "source.http.ok" => "[source.http.ok]\nat = \"/x\"\nvalues = [\"x\"]\n".into(),
            "source.http.since" => format!(
                "[source.http.since]\nparam = \"a\"\ncolumn = \"b\"\n{}\n",
                if name == "overlap_secs" { "overlap_secs = 3" } else { "" }
            ),
            "lookup" if name == "place" => "[lookup]\nplace = \"x\"\n".into(),
            "lookup" => format!("[lookup]\nplace = \"x\"\n{name} = {value}\n"),
            "" => format!("{name} = {value}\n"),
            table => format!("[{table}]\n{name} = {value}\n"),
        };
        let parsed = Connector::parse("a", &text);
        let said = parsed.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(!said.contains("unknown"), "{}: {said}", key.path);
        assert!(!said.contains("invalid type"), "{}: {said}", key.path);
    }
}

#[test]
fn the_generated_schema_and_page_of_keys_are_those_of_the_program() {
    let schema = format!("{}\n", serde_json::to_string_pretty(&json_schema()).expect("JSON"));
    generated::compare("connectors/connector.schema.json", &schema);
    let fields: String = Field::ALL.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(" · ");
    let page = std::fs::read_to_string(folder("README.md")).expect("a page");
    let intro = page.split("<!-- generated -->").next().expect("a first part").trim_end();
    generated::compare(
        "connectors/README.md",
        &format!(
            "{intro}\n\n<!-- generated -->\n\n## Keys of connector.toml · 全部键\n\n{}\n## Kinds of record · 记录种类\n\n{}\n\
             ## Fields · 字段\n\n{fields}\n",
            keys_page(),
            kinds_page()
        ),
    );
}

/// A department that sends such data is told so wherever it reads of its connector.
#[test]
fn what_is_kept_only_is_said_in_every_readme() {
    let read = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a page");
    let kinds = kept_only().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
    let sentence = format!("Records of the kinds {kinds} are kept only:");
    assert!(read("README.md").contains(&sentence), "README.md lacks: {sentence}");
    for connector in Connector::embedded_all() {
        let use_of = connector.contract.kind.used_as();
        let told = read(&format!("connectors/{}/README.md", connector.name)).contains("kept only");
        assert_eq!(told, use_of == RecordUse::KeptOnly, "connectors/{}/README.md", connector.name);
        let listed = read("connectors/README.md");
        let row = listed.lines().find(|l| l.starts_with(&format!("| {} |", connector.name))).expect("a row of its own");
        assert_eq!(row.contains("kept only"), use_of == RecordUse::KeptOnly, "{row}");
    }
}

/// The table of uses against the code: a kind that is read is named by a reader, one that is kept only by none.
#[test]
fn every_kind_of_record_is_read_by_somebody_or_is_kept_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let tables = ["model/field.rs", "model/record_use.rs"].map(|name| src.join(name));
    let mut read = String::new();
    for file in crate::support::sources::rust_files(&src) {
        if !tables.contains(&file) && !file.starts_with(src.join("simulate")) {
            let code = std::fs::read_to_string(&file).expect("a readable file");
            read.push_str(code.split("\n#[cfg(test)]").next().unwrap_or(""));
        }
    }
    for kind in RecordKind::ALL {
        let variant = format!("RecordKind::{kind:?}");
        let named = read.match_indices(&variant).any(|(at, _)| !read[at + variant.len()..].starts_with(char::is_alphanumeric));
        assert_eq!(named, kind.used_as() != RecordUse::KeptOnly, "{kind}: change model/record_use.rs with its reader");
    }
}

#[test]
fn a_place_from_the_command_line_decides_transport_and_decoding() {
    let all = Connector::embedded_all();
    let connector = |name: &str| all.iter().find(|c| c.name == name).expect("shipped").clone();
    let statistics = connector("statistics").with_source("/data/statistics.csv.gz");
    assert_eq!(statistics.source.format_at("/data/statistics.csv.gz").map(|f| f.name()), Some("csv"));
    let commerce = connector("commerce").with_source("/data/commerce.csv.gz");
    assert_eq!(commerce.source.transport.name(), "file");
    let insurance = connector("social_insurance").with_source("mysql://u:p@10.0.0.1/db?table=si&cursor=t");
    assert_eq!((insurance.source.sql.table.as_deref(), insurance.source.sql.cursor.as_deref()), (Some("si"), Some("t")));
    assert_eq!(insurance.source.shown(), "mysql://u:****@10.0.0.1/db?table=si&cursor=t");
    assert_eq!(connector("commerce").with_source("http://127.0.0.1:1/x").source.transport.name(), "http");
    assert_eq!(connector("tax").with_source("http://127.0.0.1:1/x.csv").source.transport.name(), "file");
}

#[test]
fn the_digest_changes_with_the_manifest() {
    let a = Connector::parse("a", MINIMAL).expect("a manifest").digest;
    assert_eq!(a, Connector::parse("a", MINIMAL).expect("a manifest").digest);
    assert_ne!(a, Connector::parse("a", &MINIMAL.replace("\"name\"", "\"former_name\"")).expect("a manifest").digest);
}

#[test]
fn a_file_nobody_has_seen_becomes_a_connector_in_one_command() {
    let dir = tempfile::tempdir().expect("a folder");
    let sample = dir.path().join("weird.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("2025年").expect("a name");
    let rows: &[&[&str]] = &[
        &["某局交换数据（示例）"],
        &["基本信息", "", "", "规模", ""],
        &["流水", "单位全称", "社会信用代码", "从业人员数", "年营业收入（万元）"],
        &["A-1", "北京示例二十一号有限公司", "91350100M000100Y43", "57", "1,234.5"],
        &["A-2", "北京示例二十二号有限公司", "91110000600037341L", "8", "66"],
    ];
    for (at, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            sheet.write_string(at as u32, column as u16, *cell).expect("a cell");
        }
    }
    book.save(&sample).expect("saved");
    let into = dir.path().join("connectors");
    let run = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_huitu")).args(args).output().expect("huitu runs");
        (out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
    };
    let (sample, into) = (sample.display().to_string(), into.display().to_string());
    let (done, said) = run(&["--lang", "en", "connector", "new", "bureau_x", "--sample", &sample, "--into", &into]);
    assert!(done && said.contains("2 header rows below 1 skipped lines"), "{said}");
    let manifest = std::fs::read_to_string(Path::new(&into).join("bureau_x/connector.toml")).expect("written");
    for line in ["\"基本信息/社会信用代码\" = \"credit_code\"", "unit = \"ten_thousand_yuan\"", "columns = [\"基本信息/流水\"]"]
    {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
    let (done, said) = run(&["--lang", "en", "--connectors", &into, "connector", "check", "bureau_x"]);
    assert!(done, "{said}");
    let expected = std::fs::read_to_string(Path::new(&into).join("bureau_x/expected.json")).expect("written");
    assert!(expected.contains("\"12345000\""), "{expected}");
}

#[test]
fn a_connector_is_made_by_answering_questions() {
    use std::io::Write;
    let dir = tempfile::tempdir().expect("a folder");
    let into = dir.path().join("connectors");
    let ask = |name: &str, answers: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_huitu"))
            .args(["--lang", "zh", "connector", "new", name, "--into"])
            .arg(&into)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("huitu starts");
        child.stdin.take().expect("its input").write_all(answers.as_bytes()).expect("answered");
        let out = child.wait_with_output().expect("huitu ends");
        (out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
    };
    let kept = |name: &str| std::fs::read_to_string(into.join(name)).expect("written");
    // A pushed registry, its columns pasted from a letter.
    let (done, said) =
        ask("hotline", "职工热线\n市总服务中心\npush\nn\nnonsense\n工单号，统一社会信用代码，企业名称，受理日期\n");
    assert!(done && said.contains("哪个部门的数据") && said.contains("也不像表头"), "{said}");
    let manifest = kept("hotline/connector.toml");
    for line in [
        "zh = \"职工热线\"",
        "zh = \"市总服务中心\"",
        "complete = false",
        "transport = \"push\"",
        "\"企业名称\" = \"name\"",
        "\"统一社会信用代码\" = \"credit_code\"",
    ] {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
    assert!(kept("hotline/README.md").contains("POST /ingest/hotline"));
    // A file in another encoding, with other headers; two edits to its TOML; then `check` passes.
    let (gb, ..) = encoding_rs::GB18030.encode("单位编码;单位;社会信用代码;在岗职工;备忘\n001;北京示例一号有限公司;91350100M000100Y43;57;无\n002;北京示例二号有限公司;91110000600037341L;8;甲\n");
    let sample = dir.path().join("导出.csv");
    std::fs::write(&sample, gb).expect("written");
    let (done, said) = ask("bureau_y", &format!("\n某局\n\ny\n{}\n", sample.display()));
    assert!(done && said.contains("识别"), "{said}");
    let path = into.join("bureau_y/connector.toml");
    let manifest = kept("bureau_y/connector.toml");
    assert!(manifest.contains("delimiter = \";\"") && manifest.contains("columns = [\"单位编码\"]"), "{manifest}");
    let edited = manifest.replace("[columns]\n", "[columns]\n\"单位\" = \"name\"\n\"在岗职工\" = \"employees\"\n");
    let edited: String = edited
        .lines()
        .filter(|l| !(l.contains("# guessed by its") && (l.starts_with("\"单位\"") || l.starts_with("\"在岗职工\""))))
        .map(|l| if l.starts_with("ignore") { "ignore = [\"备忘\"]\n".to_owned() } else { format!("{l}\n") })
        .collect();
    std::fs::write(&path, edited).expect("edited");
    let huitu = |args: &[&str]| {
        let out =
            Command::new(env!("CARGO_BIN_EXE_huitu")).args(args).arg("--connectors").arg(&into).output().expect("huitu runs");
        (out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
    };
    let (done, said) = huitu(&["connector", "check", "bureau_y", "--write-expected"]);
    assert!(done, "{said}");
    let (done, said) = huitu(&["--lang", "zh", "connector", "check", "bureau_y"]);
    assert!(done, "{said}");
    for test in
        ["good_connection", "bad_connection", "resume", "replay", "future_cursor", "clock_skew", "contract", "column_added"]
    {
        assert!(said.contains(test), "{test} in {said}");
    }
    assert!(kept("bureau_y/expected.json").contains("\"employees\": \"57\""), "{}", kept("bureau_y/expected.json"));
}
