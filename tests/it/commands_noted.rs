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
