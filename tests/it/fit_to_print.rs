//! What is printed in Chinese is fit to print: no ids of rules, no codes, no English words, no ASCII punctuation, no bare sums, no
//! `2027Q1`. Every paper and page of a small city is made by the program and looked through.

use std::path::Path;
use std::process::Command;

use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};

const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

/// What stands for itself in any language.
const KNOWN: [&str; 8] = ["SHA-256", "GB/T", "WGS-84", "huitu quarantine replay", "GB18030", "UTF-8", "BOM", "CSV"];

fn huitu(data: &Path, arguments: &[&str]) -> String {
    let mut c = Command::new(env!("CARGO_BIN_EXE_huitu"));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(["--lang", "zh", "--data"]).arg(data);
    let o = c.args(arguments).output().expect("huitu starts");
    assert!(matches!(o.status.code(), Some(0 | 3)), "{arguments:?}: {}", String::from_utf8_lossy(&o.stderr));
    String::from_utf8(o.stdout).expect("UTF-8")
}

/// The texts of a page: markup, style and attributes taken out, entities read.
fn of_page(html: &str) -> Vec<String> {
    let mut body = html.to_owned();
    for (open, close) in [("<style", "</style>"), ("<details", "</details>"), ("<code>", "</code>")] {
        while let Some(from) = body.find(open) {
            let to = body[from..].find(close).map_or(body.len(), |at| from + at + close.len());
            body.replace_range(from..to, "");
        }
    }
    let texts = body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim().to_owned());
    texts.map(|t| t.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")).filter(|t| !t.is_empty()).collect()
}

/// What is wrong with a text, the names that registries gave taken out.
fn faults(text: &str, data: &[String]) -> Vec<String> {
    let mut rest = text.to_owned();
    for name in data {
        if rest.contains(name.as_str()) {
            rest = rest.replace(name.as_str(), "某");
        }
    }
    for known in KNOWN {
        rest = rest.replace(known, "");
    }
    let mut found = Vec::new();
    if !rest.chars().any(is_chinese) {
        return found;
    }
    let rules = huitu::model::reference::thresholds();
    found.extend(rules.rules.iter().filter(|rule| rest.contains(&rule.id)).map(|rule| format!("the id {}", rule.id)));
    let chars: Vec<char> = rest.chars().filter(|c| *c != ' ').collect();
    for (at, c) in chars.iter().enumerate().filter(|(_, c)| matches!(c, ',' | ';' | ':' | '?' | '!' | '(' | ')')) {
        let beside = at.checked_sub(1).map(|before| chars[before]).into_iter().chain(chars.get(at + 1).copied());
        if beside.into_iter().any(is_chinese) {
            found.push(format!("{c} beside Chinese"));
        }
    }
    let words = rest.split(|c: char| !(c.is_ascii_alphabetic() || c == '_'));
    found.extend(
        words
            .filter(|word| word.len() > 2 && word.contains(|c: char| c.is_ascii_alphabetic()))
            .map(|word| format!("the word {word}")),
    );
    let numbers = rest.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    found.extend(
        numbers.filter(|n| n.split('.').next().is_some_and(|whole| whole.len() > 6)).map(|n| format!("the bare number {n}")),
    );
    for shape in ["— 人", "—人", "— 元", "Q1", "Q2", "Q3", "Q4"] {
        found.extend(rest.contains(shape).then(|| format!("{shape:?}")));
    }
    found
}

#[test]
fn everything_printed_in_chinese_is_fit_to_print() {
    let dir = tempfile::tempdir().unwrap();
    let (data, city) = (dir.path().join("data"), dir.path().join("city"));
    write(&City::new(8, 900, 0), &city, ExtractFormat::Csv).unwrap();
    let sources: Vec<String> =
        REGISTRIES.map(|r| format!("{}={}", r.name(), city.join(format!("{}.csv", r.name())).display())).to_vec();
    let mut arguments = vec!["sync"];
    arguments.extend(sources.iter().flat_map(|source| ["--source", source]));
    arguments.extend(REGISTRIES.map(|r| r.name()));
    huitu(&data, &arguments);

    // What registries wrote is data, spelt as they spell it.
    let list = huitu(
        &data,
        &["export", "gap", "--include", "lacking,undecided", "--columns", "id,name,creditCode,address,unions,formerNames"],
    );
    let mut reader = csv::Reader::from_reader(list.trim_start_matches('\u{feff}').as_bytes());
    let mut given: Vec<String> =
        reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    given.extend(["北京市", "会图 huitu"].map(str::to_owned));
    let asked = r#"{ tradeUnions(first: 500) { nodes { name } } }"#;
    let unions: serde_json::Value = serde_json::from_str(&huitu(&data, &["query", asked])).unwrap();
    let named = unions["data"]["tradeUnions"]["nodes"].as_array().unwrap().iter();
    given.extend(named.map(|union| union["name"].as_str().unwrap().to_owned()));
    given.retain(|name| name.chars().count() > 1);
    given.sort_by_key(|name| std::cmp::Reverse(name.len()));
    given.dedup();

    let year = huitu(&data, &["query", "{ gap(first: 5) { edition { asOf } nodes { id } } }"]);
    let answer: serde_json::Value = serde_json::from_str(&year).unwrap();
    let as_of = answer["data"]["gap"]["edition"]["asOf"].as_str().unwrap().to_owned();
    let quarter = format!("{}Q{}", &as_of[..4], as_of[5..7].parse::<u32>().unwrap().div_ceil(3));

    let mut pages: Vec<(String, Vec<String>)> = Vec::new();
    pages.push(("bulletin".into(), of_page(&huitu(&data, &["report", "--period", &quarter]))));
    let book = dir.path().join("bulletin.xlsx");
    huitu(&data, &["report", "--period", &quarter, "-o", book.to_str().unwrap()]);
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&book).unwrap();
    let sheets: Vec<String> = calamine::Reader::worksheets(&mut workbook)
        .into_iter()
        .flat_map(|(name, sheet)| {
            std::iter::once(name).chain(sheet.cells().map(|(.., cell)| cell.to_string()).collect::<Vec<_>>())
        })
        .collect();
    pages.push(("workbook".into(), sheets));
    let receipt = dir.path().join("receipt.html");
    huitu(&data, &["batch", "show", "1", "--html", receipt.to_str().unwrap()]);
    pages.push(("receipt".into(), of_page(&std::fs::read_to_string(&receipt).unwrap())));
    let readable = huitu(&data, &["export", "gap", "--include", "lacking,undecided"]);
    let mut reader = csv::Reader::from_reader(readable.trim_start_matches('\u{feff}').as_bytes());
    let mut cells: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    cells.extend(reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()));
    pages.push(("list".into(), cells));
    let reasons = "{ gap(first: 300, include: [LACKING, UNDECIDED]) { nodes { designatedSize { reasons { message } } unionCoverage { reasons \
                   { message } } gap { reasons { message } priority { factors { message } } } fund { reasons { message } } } } }";
    let answered: serde_json::Value = serde_json::from_str(&huitu(&data, &["query", reasons])).unwrap();
    let mut messages = Vec::new();
    collect(&answered["data"], &mut messages);
    assert!(messages.len() > 600, "{}", messages.len());
    pages.push(("reasons of the graph".into(), messages));

    let mut wrong = Vec::new();
    for (page, texts) in &pages {
        assert!(texts.iter().filter(|t| t.chars().any(is_chinese)).count() > 5, "{page} has texts: {texts:?}");
        for text in texts {
            // Reasons of the graph tell the caller the sums; what is circulated does not.
            wrong.extend(faults(text, &given).into_iter().map(|fault| format!("{page}: {fault}: {text}")));
        }
    }
    let circulated = pages.iter().filter(|(page, _)| page == "bulletin" || page == "workbook");
    for (page, texts) in circulated {
        let sums = texts.iter().filter(|text| {
            text.contains("万元的") || (text.contains("收入") && text.contains(" 万元") && !text.contains("标准"))
        });
        wrong.extend(sums.map(|text| format!("{page}: a firm's revenue: {text}")));
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} texts, for example:\n{}", wrong.len(), wrong[..wrong.len().min(30)].join("\n"));
}

fn collect(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        _ => {}
    }
}
