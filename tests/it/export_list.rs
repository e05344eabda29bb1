//! `huitu export gap` as the people who print it use it: titles, texts and filters, and `--raw` for programs.

use std::path::Path;
use std::process::{Command, Output};

use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};

const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

fn huitu(data: &Path, arguments: &[&str]) -> Output {
    let mut c = Command::new(env!("CARGO_BIN_EXE_huitu"));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).arg("--data").arg(data);
    c.args(arguments).output().expect("huitu starts")
}

fn out(o: &Output) -> String {
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    String::from_utf8(o.stdout.clone()).expect("UTF-8")
}

/// A hub with one small city.
fn a_city() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("temporary directory");
    let city = dir.path().join("city");
    write(&City::new(8, 900, 0), &city, ExtractFormat::Csv).expect("a city");
    let sources: Vec<String> =
        REGISTRIES.map(|r| format!("{}={}", r.name(), city.join(format!("{}.csv", r.name())).display())).to_vec();
    let mut arguments = vec!["--lang", "en", "sync"];
    arguments.extend(sources.iter().flat_map(|source| ["--source", source]));
    arguments.extend(REGISTRIES.map(|r| r.name()));
    out(&huitu(&dir.path().join("data"), &arguments));
    dir
}

/// Lines behind the header.
fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn the_list_is_readable_in_either_language_and_raw_for_programs() {
    let dir = a_city();
    let data = dir.path().join("data");
    let zh = out(&huitu(&data, &["--lang", "zh", "export", "gap"]));
    assert!(
        zh.starts_with("\u{feff}企业名称,统一社会信用代码,区,街道乡镇,所属工会,"),
        "Excel reads a byte order mark: {:.80}",
        zh
    );
    let sum = zh.split("营业收入 ").skip(1).find(|behind| behind.starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(sum.map(|s| s.chars().take(20).collect::<String>()), None, "what goes from hand to hand says no firm's revenue");
    let en = out(&huitu(&data, &["--lang", "en", "export", "gap"]));
    assert!(en.starts_with("\u{feff}name,credit code,district,"), "{:.80}", en);
    let raw = out(&huitu(&data, &["--lang", "zh", "export", "gap", "--raw"]));
    assert!(raw.starts_with("id,credit_code,name,district,town,"), "no mark and English names: {:.80}", raw);
    assert!(raw.contains("lacking_none|") || raw.contains("|lacking_none"), "codes: {:.300}", raw);
    let listed = rows(&raw).len();
    assert!(listed > 20, "{listed} on the list");
    assert_eq!(zh.lines().count(), raw.lines().count());
    assert_eq!(en.lines().count(), raw.lines().count());
    let codes = ["PRIVATE", "LACKING", "ABOVE", "NONE", "official_list", "D110"];
    assert!(codes.iter().all(|code| !zh.contains(code)), "no code in a Chinese list: {:.400}", zh);
}

#[test]
fn the_list_is_narrowed_by_area_unit_industry_size_and_score_and_an_unknown_one_is_an_error() {
    let dir = a_city();
    let data = dir.path().join("data");
    let raw = |more: &[&str]| out(&huitu(&data, &[&["--lang", "en", "export", "gap", "--raw"], more].concat()));
    let whole = raw(&[]);
    let all = rows(&whole);
    let text = raw(&["--area", "110108"]);
    let of_district = rows(&text);
    assert!(!of_district.is_empty() && of_district.iter().all(|row| row[3] == "海淀区"));
    assert_eq!(of_district.len(), all.iter().filter(|row| row[3] == "海淀区").count());
    assert_eq!(raw(&["--unit", "海淀区总工会"]), text, "a district's federation has its district");
    assert_eq!(raw(&["--unit", "市总工会"]), whole, "the city's federation has everybody");
    assert_eq!(rows(&raw(&["--area", "110108", "--unit", "D110105"])).len(), 0, "both hold");
    let industries = raw(&["--section", "制造业"]);
    assert!(!rows(&industries).is_empty() && industries == raw(&["--section", "C"]));
    let urgent = raw(&["--priority", "40"]);
    let score = |row: &Vec<&str>| row[13].parse::<f64>().unwrap();
    assert_eq!(rows(&urgent).len(), all.iter().filter(|row| score(row) >= 40.0).count());
    let sizes: usize = ["large", "medium", "small", "micro"].iter().map(|size| rows(&raw(&["--size", size])).len()).sum();
    assert!(sizes > 0 && sizes <= all.len());
    // Those of whom it cannot be told come by name only, beside the list or alone.
    let undecided = rows(&raw(&["--include", "undecided"])).len();
    assert!(undecided > 0);
    assert_eq!(rows(&raw(&["--include", "lacking,undecided"])).len(), all.len() + undecided);
    assert_eq!(raw(&["--as-of", "edition:1"]), whole);

    for (arguments, says) in [
        (&["gap", "--unit", "月球总工会"][..], "月球总工会"),
        (&["gap", "--unit", "月球总工会", "--raw"], "月球总工会"),
        (&["gap", "--unit", "海淀区"], "海淀区"),
        (&["gap", "--area", "月球"], "月球"),
        (&["gap", "--section", "Z"], "Z"),
        (&["gap", "--section", "Z", "--raw"], "Z"),
        (&["gap", "--as-of", "gestern"], "2026-11-22"),
        (&["gap", "--as-of", "gestern", "--raw"], "gestern"),
        (&["gap", "--columns", "no such"], "no such"),
        (&["gap", "--format", "xlsx"], "-o"),
        (&["crosswalk", "--unit", "BJ"], "export gap"),
        (&["crosswalk", "--format", "xlsx"], "csv"),
    ] {
        for lang in ["zh", "en"] {
            let o = huitu(&data, &[&["--lang", lang, "export"], arguments].concat());
            let said = String::from_utf8_lossy(&o.stderr).into_owned();
            assert!(!o.status.success() && said.contains(says), "{arguments:?}: {said}");
            assert!(o.stdout.is_empty(), "{arguments:?} writes nothing");
        }
    }
    let book = dir.path().join("list.xlsx");
    let o = huitu(&data, &["--lang", "en", "export", "gap", "-o", book.to_str().unwrap()]);
    assert!(o.status.success() && std::fs::read(&book).unwrap().starts_with(b"PK"));
    assert!(String::from_utf8_lossy(&o.stderr).contains(&all.len().to_string()));
}
