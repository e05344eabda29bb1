//! What a command shows of enterprises stands in the audit, under the name of whoever ran it.

use std::path::Path;
use std::process::{Command, Output};

use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};
use serde_json::Value;

const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

fn huitu(data: &Path, arguments: &[&str]) -> Output {
    let mut c = Command::new(env!("CARGO_BIN_EXE_huitu"));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("USER", "lin").env("HUITU_LANG", "en");
    c.arg("--data").arg(data).args(arguments).output().expect("huitu starts")
}

fn out(o: &Output) -> String {
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    String::from_utf8(o.stdout.clone()).expect("UTF-8")
}

fn rows(data: &Path) -> Vec<Value> {
    serde_json::from_str(&out(&huitu(data, &["--json", "audit", "search", "--limit", "1000"]))).unwrap_or_default()
}

/// The rows that a command adds.
fn noted(data: &Path, arguments: &[&str]) -> Vec<Value> {
    let before = if data.join("audit").exists() { rows(data).len() } else { 0 };
    out(&huitu(data, arguments));
    if data.join("audit").exists() { rows(data).split_off(before) } else { Vec::new() }
}

#[test]
fn what_a_command_shows_is_noted_under_the_name_of_whoever_runs_it() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let (city, data) = (dir.path().join("city"), dir.path().join("data"));
    write(&City::new(8, 900, 0), &city, ExtractFormat::Csv).expect("a city");
    let sources = REGISTRIES.map(|r| format!("{}={}", r.name(), city.join(format!("{}.csv", r.name())).display()));
    let mut sync = vec!["sync"];
    sync.extend(sources.iter().flat_map(|source| ["--source", source.as_str()]));
    sync.extend(REGISTRIES.map(|r| r.name()));
    out(&huitu(&data, &sync));

    let raw = out(&huitu(&data, &["export", "gap", "--raw"]));
    let (id, listed) =
        (raw.lines().nth(1).and_then(|row| row.split(',').next()).expect("a row").to_owned(), raw.lines().count() - 1);
    let crosswalk = out(&huitu(&data, &["export", "crosswalk"]));
    let of_one: Vec<String> = crosswalk
        .lines()
        .filter(|row| row.ends_with(&id))
        .map(|row| row.split(',').take(2).collect::<Vec<_>>().join(":"))
        .collect();
    assert!(of_one.len() > 1, "{id} has several records: {of_one:?}");
    let map = dir.path().join("map").display().to_string();
    let parquet = dir.path().join("edition.parquet").display().to_string();

    let the_one = |row: &Value| row["enterprises"]["these"].as_array().is_some_and(|ids| ids.iter().any(|seen| *seen == *id));
    for (arguments, way) in [
        (vec!["export", "gap"], "export"),
        (vec!["export", "gap", "--raw"], "command"),
        (vec!["export", "edition", "-o", &parquet], "export"),
        (vec!["export", "map", "-o", &map], "export"),
        (vec!["explain", &of_one[0], &of_one[1]], "command"),
        (vec!["assess", "explain", &id], "command"),
        (vec!["query", "{ gap(first: 500) { nodes { id name } } }"], "graphql"),
    ] {
        let added = noted(&data, &arguments);
        assert_eq!(added.len(), 1, "{arguments:?}: {added:?}");
        let row = &added[0];
        assert_eq!((row["name"].as_str(), row["way"].as_str()), (Some("lin"), Some(way)), "{arguments:?}");
        assert!(the_one(row), "{arguments:?} shows {id}: {}", row["enterprises"]);
    }
    let fields = |row: &Value| row["fields"].as_array().is_some_and(|names| names.iter().any(|name| name == "REVENUE"));
    assert!(fields(&noted(&data, &["export", "gap", "--raw"])[0]), "the raw list shows revenue");

    // A bulletin names the most urgent of each unit, a queue those whom its pairs concern: who is named is noted, and nobody else.
    let year = huitu::model::Clock::System.now().format("%Y").to_string();
    let html = dir.path().join("bulletin.html");
    let of_report = noted(&data, &["report", "--period", &year, "-o", &html.display().to_string()]);
    let named = of_report[0]["enterprises"]["these"].as_array().map_or(0, Vec::len);
    assert!((1..=listed).contains(&named) && of_report[0]["name"] == "lin", "{of_report:?}");
    let page = std::fs::read_to_string(&html).expect("the bulletin");
    let known: std::collections::HashMap<&str, &str> = raw
        .lines()
        .skip(1)
        .filter_map(|row| {
            let mut cells = row.split(',');
            Some((cells.next()?, cells.nth(1)?))
        })
        .collect();
    for seen in of_report[0]["enterprises"]["these"].as_array().expect("ids") {
        assert!(page.contains(known[seen.as_str().expect("an id")]), "{seen} is named by the bulletin");
    }
    let queue: Value = serde_json::from_str(&out(&huitu(&data, &["--json", "review", "--limit", "5"]))).expect("pairs");
    let of_review = noted(&data, &["review", "--list", "--limit", "5"]);
    let concerned: std::collections::BTreeSet<&str> = queue
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|p| p["entities"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    let seen: std::collections::BTreeSet<&str> =
        of_review[0]["enterprises"]["these"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(!concerned.is_empty() && seen == concerned, "{of_review:?}");
    for arguments in [vec!["export", "crosswalk"], vec!["export", "quarantine"], vec!["quarantine", "list"]] {
        assert_eq!(noted(&data, &arguments).len(), 1, "{arguments:?}");
    }
    let text = out(&huitu(&data, &["audit", "verify"]));
    assert!(text.contains("hold"), "{text}");
}

#[test]
fn lists_with_a_name_leads_letters_and_receivers_have_their_commands() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let (city, data) = (dir.path().join("city"), dir.path().join("data"));
    write(&City::new(8, 900, 0), &city, ExtractFormat::Csv).expect("a city");
    let registries = [&REGISTRIES[..], &[SimulatedRegistry::Payments]].concat();
    let sources: Vec<String> =
        registries.iter().map(|r| format!("{}={}", r.name(), city.join(format!("{}.csv", r.name())).display())).collect();
    let mut sync = vec!["sync"];
    sync.extend(sources.iter().flat_map(|source| ["--source", source.as_str()]));
    sync.extend(registries.iter().map(|r| r.name()));
    out(&huitu(&data, &sync));
    let refused = |arguments: &[&str]| {
        let done = huitu(&data, arguments);
        assert!(!done.status.success(), "{arguments:?}");
        String::from_utf8(done.stderr).expect("UTF-8")
    };

    let raw = out(&huitu(&data, &["export", "gap", "--raw"]));
    let id = raw.lines().nth(1).and_then(|row| row.split(',').next()).expect("a row").to_owned();
    let file = dir.path().join("leaders.txt");
    std::fs::write(&file, format!("\u{feff}{id}\n无此单位\n\n")).expect("written");
    let file = file.display().to_string();
    let bring = ["named-list", "bring", &file, "--title", "示例名单", "--purpose", "试", "--from", "试"];
    let list = out(&huitu(&data, &bring)).trim().to_owned();
    let noted = noted(&data, &["named-list", "show", &list]);
    assert_eq!((noted.len(), &noted[0]["enterprises"]["these"][0]), (1, &Value::from(id.as_str())), "{noted:?}");
    let shown = out(&huitu(&data, &["named-list", "show", &list]));
    assert!(shown.contains(&id) && shown.contains("无此单位"), "{shown}");
    assert!(out(&huitu(&data, &["named-list", "list"])).contains("示例名单"));
    out(&huitu(&data, &["named-list", "remove", &list]));
    assert!(refused(&["named-list", "show", &list]).contains(&list));

    let leads: Value =
        serde_json::from_str(&out(&huitu(&data, &["--json", "lead", "list", "--kind", "preparatory-fund", "--first", "500"])))
            .expect("JSON");
    let payers = leads["nodes"].as_array().expect("a list");
    assert!(!payers.is_empty() && payers.iter().all(|n| n["kind"] == "PREPARATORY_FUND"), "{leads}");
    let table = out(&huitu(&data, &["--lang", "zh", "lead", "list", "--kind", "preparatory_fund", "--first", "1"]));
    assert!(table.contains("缴纳建会筹备金") && !table.contains("PREPARATORY_FUND"), "{table}");
    assert!(table.contains(payers[0]["enterprise"]["id"].as_str().expect("an id")), "{table}");
    assert!(!refused(&["lead", "list", "--kind", "rumour"]).is_empty());

    // A payer becomes a case: told in words, and as a file by the door that the server has for it.
    let payer = payers[0]["enterprise"]["id"].as_str().expect("an id");
    let case = out(&huitu(&data, &["case", "open", payer, "--unit", "110108", "--note", "来电"])).trim().to_owned();
    let told = out(&huitu(&data, &["--lang", "zh", "case", "show", &case]));
    assert!(told.contains("立案") && told.contains("110108") && !told.contains('{') && !told.contains("OPENED"), "{told}");
    let file = out(&huitu(&data, &["export", "cases", "--format", "ndjson", "--filter", r#"{"state":["OPEN"]}"#]));
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["case"]), (1, &Value::from(format!("case:{case}"))), "{file}");
    assert!(refused(&["export", "gap", "--filter", "{}"]).contains("--filter"));
    assert!(refused(&["export", "cases", "--size", "large"]).contains("--size"));

    let letters = dir.path().join("letters.html").display().to_string();
    let before = rows(&data).len();
    out(&huitu(&data, &["letter", "--output", &letters]));
    let added = rows(&data).split_off(before);
    assert_eq!((added.len(), added[0]["way"].as_str(), added[0]["name"].as_str()), (1, Some("export"), Some("lin")), "{added:?}");
    let page = std::fs::read_to_string(&letters).expect("letters");
    assert!(page.contains("Notice on founding"), "{page}");
    assert!(refused(&["letter", "--area", "Atlantis"]).contains("Atlantis"));

    assert!(refused(&["webhook", "add", "http://127.0.0.1:9/hook", "--kind", "case"]).contains("private"));
    assert!(refused(&["webhook", "remove", "W000000000000"]).contains("W000000000000"));
    assert!(refused(&["webhook", "replay", "W000000000000", "--since", "2026-11-22T00:00:00Z"]).contains("W000000000000"));
    assert_eq!(out(&huitu(&data, &["--json", "webhook", "list"])).trim(), "[]");
}
