//! Files: every encoding and format, resting on bad rows, refusing bombs and halves.

use std::io::Write;
use std::path::{Path, PathBuf};

use huitu::connector::Connector;
use huitu::pull::sample::{Counting, Sample, SampleError, take};
use huitu::pull::{PullContext, PullError, pull};

fn manifest(extra: &str) -> String {
    format!(
        r#"
title = {{ zh = "税务", en = "Tax" }}
owner = {{ zh = "税务局", en = "Tax" }}
[source]
transport = "file"
place = "x.csv"
{extra}
[key]
columns = ["编号"]
[columns]
"名称" = "name"
"人数" = "employees"
"#
    )
}

fn connector(path: &Path, extra: &str) -> Connector {
    let mut connector = Connector::parse("tax", &manifest(extra)).expect("a manifest");
    connector.source.place = path.display().to_string();
    connector
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }
    fn zip(&self, name: &str, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = self.0.path().join(name);
        let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).expect("created"));
        for (entry, bytes) in entries {
            archive.start_file(*entry, zip::write::SimpleFileOptions::default()).expect("an entry");
            archive.write_all(bytes).expect("written");
        }
        archive.finish().expect("finished");
        path
    }
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

async fn read(connector: &Connector) -> Result<Sample, PullError> {
    match take(connector, None, &PullContext::default(), None).await {
        Ok(sample) => Ok(sample),
        Err(SampleError::Pull(error)) => Err(error),
        Err(SampleError::Layout(problem)) => panic!("{problem}"),
    }
}

async fn held(connector: &Connector) -> PullError {
    let error = read(connector).await.expect_err("held");
    assert!(error.held, "{error}");
    assert!(error.problem.en.contains("connector \"tax\"") && error.problem.zh.contains("连接器「tax」"), "{error}");
    error
}

const CSV: &str = "编号,名称,人数\r\n1,北京示例一号有限公司,57\r\n2,\"示例|二号，有限公司\",\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn one_table_reads_the_same_in_every_dress() {
    let folder = Folder::new();
    let utf16: Vec<u8> = std::iter::once('\u{feff}').chain(CSV.chars()).flat_map(|c| (c as u16).to_be_bytes()).collect();
    let gb = encoding_rs::GB18030.encode(CSV).0.into_owned();
    let json = r#"[{"编号":1,"名称":"北京示例一号有限公司","人数":57},{"编号":"2","名称":"示例|二号，有限公司","人数":null}]"#;
    let ndjson = "{\"编号\":1,\"名称\":\"北京示例一号有限公司\",\"人数\":57}\n\n{\"编号\":\"2\",\"名称\":\"\\u793a例|二号，有限公司\",\"人数\":\"\"}\n";
    let xml = "<?xml version=\"1.0\"?><l><r><编号>1</编号><名称>北京示例一号有限公司</名称><人数>57</人数></r><r><编号>2</编号><名称>示例|二号，有限公司</名称><人数/></r></l>";
    let places = [
        folder.write("plain.csv", CSV),
        folder.write("bom.csv", format!("\u{feff}{CSV}")),
        folder.write("gb.csv", &gb),
        folder.write("utf16.csv", &utf16),
        folder.write("gb.csv.gz", gz(&gb)),
        folder.zip("gb.csv.zip", &[("__MACOSX/x", b"?"), ("数据.csv", &gb)]),
        folder.write("a.json", json),
        folder.write("a.ndjson", ndjson),
        folder.write("a.xml", xml),
        folder.write("a.xml.gz", gz(xml.as_bytes())),
    ];
    for place in places {
        let sample = read(&connector(&place, "")).await.unwrap_or_else(|e| panic!("{}: {e}", place.display()));
        let named: Vec<_> = sample.rows.iter().map(|r| r.read.as_ref().expect("read")[0].clone()).collect();
        let seen: Vec<_> = named
            .iter()
            .map(|r| (&*r.key, r.text(huitu::model::field::Field::Name), r.count(huitu::model::field::Field::Employees)))
            .collect();
        assert_eq!(
            seen,
            [("1", Some("北京示例一号有限公司"), Some(57)), ("2", Some("示例|二号，有限公司"), None)],
            "{}",
            place.display()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_in_are_rows_landed_and_quarantined() {
    let folder = Folder::new();
    let mut bytes = "编号,名称,人数\n".as_bytes().to_vec();
    for i in 0..20_000 {
        match i % 1000 {
            3 => bytes.extend(format!("{i},少一列\n").bytes()),
            5 => bytes.extend([format!("{i},").as_bytes(), b"\xff\xfe,1\n"].concat()),
            7 => bytes.extend(format!("{i},\"没有收尾的引号,1\n").bytes()),
            _ => bytes.extend(format!("{i},北京示例{i}号有限公司,{}\n", i % 90).bytes()),
        }
    }
    let place = folder.write("bad.csv", &bytes);
    let mut connector = connector(&place, "");
    connector.decoding.encoding = huitu::connector::Encoding::Named(encoding_rs::UTF_8);
    let sample = read(&connector).await.expect("reads on");
    let count = |code: &str| sample.faults.iter().filter(|f| f.error.code() == code).count();
    assert_eq!((count("cell_count"), count("undecodable"), count("stray_quote")), (20, 20, 20));
    assert_eq!(sample.rows.len() + sample.faults.len(), 20_000);
    for fault in &sample.faults {
        let at = fault.offset.expect("files have offsets") as usize;
        let line = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 12)]).trim_start().to_string();
        assert!(line.starts_with(&format!("{},", fault.number - 1)), "row {}: {line:?}", fault.number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_file_and_no_file_at_all_delete_nothing() {
    let folder = Folder::new();
    let whole = gz(CSV.repeat(2000).as_bytes());
    assert_eq!(held(&connector(&folder.write("cut.csv.gz", &whole[..whole.len() / 2]), "")).await.problem.code, "truncated");
    assert_eq!(
        held(&connector(&folder.write("cut.csv", CSV.as_bytes()[..CSV.len() - 2].strip_suffix(b",").expect("a comma")), ""))
            .await
            .problem
            .code,
        "truncated"
    );
    assert_eq!(held(&connector(&folder.write("cut.json", "[{\"编号\":1},{\"编"), "")).await.problem.code, "truncated");
    assert_eq!(held(&connector(&folder.write("cut.xml", "<l><r><编号>1</编号>"), "")).await.problem.code, "truncated");
    assert_eq!(held(&connector(&folder.write("empty.csv", ""), "")).await.problem.code, "empty");
    assert_eq!(held(&connector(&folder.write("login.csv", "<!DOCTYPE html><html>"), "")).await.problem.code, "html");
    let missing = read(&connector(&folder.0.path().join("none/*.csv"), "")).await.expect_err("nothing there");
    assert_eq!((&*missing.problem.code, missing.held), ("file_missing", false));
    assert!(missing.problem.en.contains("--source tax=PATH"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_refused_while_they_inflate() {
    let folder = Folder::new();
    let zeros = ["编号,名称,人数\n", &"1,示例,1\n".repeat(2 << 20)].concat().into_bytes();
    let error = held(&connector(&folder.write("bomb.csv.gz", gz(&zeros)), "")).await;
    assert!(error.problem.en.contains("source.caps.ratio"), "{error}");
    let error = held(&connector(&folder.zip("bomb.csv.zip", &[("a.csv", &zeros)]), "")).await;
    assert!(error.problem.en.contains("source.caps.ratio"), "{error}");
    let error = held(&connector(&folder.zip("bomb.xlsx", &[("xl/workbook.xml", &zeros)]), "")).await;
    assert!(error.problem.en.contains("source.caps.ratio"), "{error}");
    let small = connector(&folder.write("long.csv", CSV.repeat(500)), "[source.caps]\nbytes = 9999");
    assert!(held(&small).await.problem.en.contains("source.caps.bytes"));
    let many: Vec<(String, &[u8])> = (0..30).map(|i| (format!("{i}.csv"), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    assert!(
        held(&connector(&folder.zip("many.csv.zip", &many), "[source.caps]\nentries = 20"))
            .await
            .problem
            .en
            .contains("source.caps.entries")
    );
    assert!(held(&connector(&folder.zip("out.csv.zip", &[("../../x.csv", b"a")]), "")).await.problem.en.contains("leads out"));
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><l><r><编号>&b;</编号></r></l>";
    assert!(held(&connector(&folder.write("bomb.xml", bomb), "")).await.problem.en.contains("DOCTYPE"));
    let deep = format!("<l>{}{}</l>", "<a>".repeat(5000), "</a>".repeat(5000));
    assert!(held(&connector(&folder.write("deep.xml", deep), "")).await.problem.en.contains("nested"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoding_that_is_not_the_agreed_one_is_named() {
    let folder = Folder::new();
    let place = folder.write("utf8.csv", CSV);
    let error = held(&connector(&place, "[decoding]\nencoding = \"gb18030\"")).await;
    assert!(error.problem.en.contains("decoding.encoding"), "{error}");
    // Given by hand, the place decides.
    let by_hand = connector(&place, "[decoding]\nencoding = \"gb18030\"").with_source(&place.display().to_string());
    assert_eq!(read(&by_hand).await.expect("reads").rows.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_file_is_not_read_again() {
    let folder = Folder::new();
    let place = folder.write("a.csv", CSV);
    let connector = connector(&place, "");
    let first = pull(&connector, None, &PullContext::default(), &mut Counting::default()).await.expect("reads");
    let known = PullContext { known: Some(first.fingerprint.clone()), ..PullContext::default() };
    let again = pull(&connector, None, &known, &mut Counting::default()).await.expect("reads");
    assert!(again.unchanged && again.rows == 0 && !first.unchanged);
    // Touched, not changed.
    std::fs::File::options()
        .append(true)
        .open(&place)
        .and_then(|f| f.set_modified(std::time::SystemTime::UNIX_EPOCH))
        .expect("touched");
    assert!(pull(&connector, None, &known, &mut Counting::default()).await.expect("reads").unchanged);
    folder.write("a.csv", CSV.replace("57", "58"));
    assert!(!pull(&connector, None, &known, &mut Counting::default()).await.expect("reads").unchanged);
    // Another manifest reads the same file differently.
    let mut other = connector.clone();
    other.digest ^= 1;
    folder.write("a.csv", CSV);
    assert!(!pull(&other, None, &known, &mut Counting::default()).await.expect("reads").unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_first_seen_late_widens_the_columns() {
    let folder = Folder::new();
    let mut lines = String::new();
    for i in 0..3000 {
        let more = if i == 2500 { ",\"备注\":\"x\"" } else { "" };
        lines.push_str(&format!("{{\"编号\":{i},\"名称\":\"示例{i}\",\"人数\":1{more}}}\n"));
    }
    let sample = read(&connector(&folder.write("late.ndjson", lines), "")).await.expect("reads");
    assert_eq!((sample.rows.len(), sample.columns.len(), sample.rows[0].cells.len()), (3000, 4, 3));
    assert!(sample.rows.iter().all(|r| r.read.is_ok()));
    assert_eq!(sample.rows[2500].cells[3].as_deref(), Some("x"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_linkage_case_is_read_row_for_row() {
    let Some(shared) = crate::support::servers::shared() else { return };
    for (name, rows) in [("commerce", 9716), ("tax", 8101), ("social_insurance", 6333), ("statistics", 3975), ("unions", 2571)] {
        let place = shared.join(format!("linkage-case/{name}.csv.gz"));
        let connector = Connector::embedded()
            .into_iter()
            .find(|c| c.name == name)
            .expect("shipped")
            .with_source(&place.display().to_string());
        let sample = read(&connector).await.expect("reads");
        assert_eq!((sample.rows.len(), sample.faults.len()), (rows, 0), "{name}");
        assert!(sample.layout.is_some_and(|l| l.drift.is_empty()), "{name}: the layout is the agreed one");
        assert!(sample.rows.iter().all(|r| r.read.is_ok()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_a_drop_folder_states_the_registry_anew() {
    let folder = Folder::new();
    let header = "id,name,n\n";
    for (day, rows) in [(1, "1,甲,1\n2,乙,2\n"), (3, "1,甲,1\n"), (2, "9,旧,9\n")] {
        let path = folder.write(&format!("d{day}.csv"), format!("{header}{rows}"));
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000 + day * 86_400);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    }
    let place = folder.0.path().join("*.csv");
    let text = |take: &str| {
        format!(
            "title = {{ zh = \"x\", en = \"x\" }}\nowner = {{ zh = \"x\", en = \"x\" }}\n[source]\ntransport = \"file\"\nplace = \"{}\"\n{take}\n\
             [key]\ncolumns = [\"id\"]\n[columns]\nname = \"name\"\n",
            place.display()
        )
    };
    let newest = read(&Connector::parse("drop", &text("take = \"newest\"")).expect("a manifest")).await.expect("reads");
    assert_eq!(newest.rows.len(), 1, "the file that was written last");
    let all = read(&Connector::parse("drop", &text("")).expect("a manifest")).await.expect("reads");
    assert_eq!(all.rows.len(), 4);
}
