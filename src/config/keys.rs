//! Every key of `huitu.toml`, what it takes and an example of it; what stands elsewhere in a file, or does not fit, is told by its key.
//!
//! In: a file as TOML. Out: a problem for each key that there is none of, that is missing, or whose value is of another kind, with what
//! to write instead. What values mean together is judged where they are used (`Policy::faults`).

use std::net::{IpAddr, SocketAddr};

use chrono::NaiveDate;
use toml::{Table, Value};

use crate::model::enterprise::EnterpriseField;
use crate::model::problem::Problem;
use crate::model::provenance::SurvivorshipRule;
use crate::model::text::visible;
use crate::model::verdict::UnionStatus;

/// What a key takes.
#[derive(Clone, Copy)]
enum Holds {
    Table,
    /// `[[…]]`
    Tables,
    Text,
    Texts,
    /// A whole number up to this one.
    Whole(u64),
    Number,
    Flag,
    Word(Words),
    ListOf(Words),
    /// An address with its port.
    Socket,
    Addresses,
    Days,
}

/// A closed set of words.
type Words = fn() -> Vec<&'static str>;

struct Key {
    /// From the top; `*` is whatever name the file gives.
    path: &'static str,
    holds: Holds,
    /// A value, as it is written; of `*` a whole line, of tables nothing.
    example: &'static str,
    is_required: bool,
}

const fn key(path: &'static str, holds: Holds, example: &'static str) -> Key {
    Key { path, holds, example, is_required: false }
}
const fn required(path: &'static str, holds: Holds, example: &'static str) -> Key {
    Key { path, holds, example, is_required: true }
}

const SMALL: Holds = Holds::Whole(u32::MAX as u64);
const LARGE: Holds = Holds::Whole(i64::MAX as u64);

fn unions() -> Vec<&'static str> {
    UnionStatus::ALL.iter().map(|kind| kind.name()).collect()
}
fn rules() -> Vec<&'static str> {
    SurvivorshipRule::ALL.iter().map(|rule| rule.name()).collect()
}
fn places() -> Vec<&'static str> {
    vec!["agency", "host"]
}

#[rustfmt::skip]
const KEYS: &[Key] = &[
    key("data", Holds::Text, r#""/var/lib/huitu""#),
    key("connectors", Holds::Text, r#""/etc/huitu/connectors""#),
    key("without_built_in", Holds::Flag, "true"),
    key("store", Holds::Text, r#""postgres://huitu@127.0.0.1/huitu""#),
    key("listen", Holds::Socket, r#""127.0.0.1:9090""#),
    key("zone", Holds::Text, r#""Asia/Shanghai""#),
    key("sources", Holds::Table, ""),
    key("sources.*", Holds::Text, r#"tax = "/data/tax.csv.gz""#),
    key("policy", Holds::Table, ""),
    key("policy.grace_months", SMALL, "12"),
    key("policy.counted_kinds", Holds::ListOf(unions), r#"["INDEPENDENT", "JOINT"]"#),
    key("policy.established_kinds", Holds::ListOf(unions), r#"["INDEPENDENT", "JOINT"]"#),
    key("policy.branches_out_of_scope", Holds::Flag, "false"),
    key("policy.individuals_out_of_scope", Holds::Flag, "false"),
    key("policy.parent_covers_branches", Holds::Flag, "false"),
    key("policy.group_union_covers_members", Holds::Flag, "false"),
    key("policy.proxy", Holds::Table, ""),
    key("policy.proxy.above", SMALL, "80"),
    key("policy.proxy.below", SMALL, "20"),
    key("policy.proxy.above_by_section", Holds::Table, ""),
    key("policy.proxy.above_by_section.*", SMALL, "F = 50"),
    key("policy.proxy.insured_stands_in", Holds::Flag, "false"),
    key("policy.fund", Holds::Table, ""),
    key("policy.fund.rate", Holds::Number, "0.025"),
    key("policy.fund.full_from", Holds::Number, "0.95"),
    key("policy.priority", Holds::Table, ""),
    key("policy.priority.employees", Holds::Number, "30"),
    key("policy.priority.employees_full", SMALL, "1000"),
    key("policy.priority.foreign", Holds::Number, "12"),
    key("policy.priority.fortune_500", Holds::Number, "12"),
    key("policy.priority.leading", Holds::Number, "12"),
    key("policy.priority.dispatch_agency", Holds::Number, "12"),
    key("policy.priority.pays_preparatory_fund", Holds::Number, "7.5"),
    key("policy.priority.recent_dispute", Holds::Number, "7.5"),
    key("policy.priority.fund_contradiction", Holds::Number, "7.5"),
    key("policy.priority.waiting", Holds::Number, "12"),
    key("policy.priority.waiting_full_months", SMALL, "24"),
    key("policy.tolerance", Holds::Number, "0.1"),
    key("policy.registration_editions", Holds::Table, ""),
    key("policy.registration_editions.*", Holds::Whole(u16::MAX as u64), "tax = 2022"),
    key("policy.survivorship", Holds::Table, ""),
    key("policy.survivorship.*", Holds::Table, "EMPLOYEES"),
    required("policy.survivorship.*.rule", Holds::Word(rules), r#""REGISTRY_RANK""#),
    key("policy.survivorship.*.rank", Holds::Texts, r#"["social_insurance", "statistics"]"#),
    key("policy.dispatched_count_at", Holds::Word(places), r#""host""#),
    key("policy.industrial_unions", Holds::Table, ""),
    key("policy.industrial_unions.*", Holds::Texts, r#"I-EDU = ["P", "83"]"#),
    key("policy.needs", Holds::Table, ""),
    key("policy.needs.scope", Holds::Tables, ""),
    required("policy.needs.scope.one_of", Holds::Texts, r#"["issues_codes"]"#),
    key("policy.needs.scope.max_age_days", SMALL, "45"),
    key("policy.needs.size", Holds::Tables, ""),
    required("policy.needs.size.one_of", Holds::Texts, r#"["official_list", "revenue"]"#),
    key("policy.needs.size.max_age_days", SMALL, "400"),
    key("policy.needs.coverage", Holds::Tables, ""),
    required("policy.needs.coverage.one_of", Holds::Texts, r#"["union_roll"]"#),
    key("policy.needs.coverage.max_age_days", SMALL, "45"),
    key("policy.needs.fund", Holds::Tables, ""),
    required("policy.needs.fund.one_of", Holds::Texts, r#"["payments"]"#),
    key("policy.needs.fund.max_age_days", SMALL, "400"),
    key("policy.publication", Holds::Table, ""),
    key("policy.publication.enterprises_percent", Holds::Number, "15"),
    key("policy.publication.gap_percent", Holds::Number, "15"),
    key("policy.publication.unions_percent", Holds::Number, "15"),
    key("policy.publication.covered_percent", Holds::Number, "15"),
    key("policy.publication.at_least", LARGE, "50"),
    key("policy.publication.first_placed_percent", Holds::Number, "60"),
    key("policy.publication.first_elsewhere_percent", Holds::Number, "40"),
    key("policy.publication.first_covered_percent", Holds::Number, "15"),
    key("thresholds", Holds::Text, r#""/etc/huitu/thresholds.toml""#),
    key("origins", Holds::Texts, r#"["https://map.example"]"#),
    key("public_url", Holds::Text, r#""https://map.example/huitu""#),
    key("editions", Holds::Table, ""),
    required("editions.place", Holds::Text, r#""s3://huitu/editions""#),
    key("editions.endpoint", Holds::Text, r#""https://objects.example""#),
    key("editions.region", Holds::Text, r#""cn-north-1""#),
    key("editions.access_key_id", Holds::Text, r#""huitu""#),
    key("editions.secret_file", Holds::Text, r#""/etc/huitu/editions.secret""#),
    key("serve", Holds::Table, ""),
    key("serve.cost", LARGE, "50000"),
    key("serve.cost_per_minute", LARGE, "5000000"),
    key("serve.time_secs", LARGE, "15"),
    key("serve.batch", LARGE, "10"),
    key("serve.suppress_below", LARGE, "3"),
    key("serve.trusted", Holds::Text, r#""/etc/huitu/documents""#),
    key("serve.cache_mb", SMALL, "64"),
    key("serve.audit_days", SMALL, "180"),
    key("serve.tls_certificate", Holds::Text, r#""/etc/huitu/chain.pem""#),
    key("serve.tls_key", Holds::Text, r#""/etc/huitu/key.pem""#),
    key("serve.behind_proxy", Holds::Addresses, r#"["10.0.0.5"]"#),
    key("login", Holds::Table, ""),
    key("login.issuer", Holds::Text, r#""https://id.example/realms/city""#),
    key("login.client_id", Holds::Text, r#""huitu""#),
    key("login.client_secret_file", Holds::Text, r#""/etc/huitu/client_secret""#),
    key("login.audience", Holds::Text, r#""huitu""#),
    key("login.scopes", Holds::Texts, r#"["profile"]"#),
    key("login.session_hours", SMALL, "8"),
    key("login.idle_minutes", SMALL, "30"),
    key("login.role_claim", Holds::Text, r#""groups""#),
    key("login.area_claim", Holds::Text, r#""districts""#),
    key("login.registry_claim", Holds::Text, r#""department""#),
    key("login.name_claim", Holds::Text, r#""name""#),
    key("login.roles", Holds::Table, ""),
    key("login.roles.*", Holds::Text, r#"union-office = "analyst""#),
    key("corrections", Holds::Table, ""),
    key("corrections.working_days", SMALL, "15"),
    key("corrections.holidays", Holds::Days, r#"["2027-02-08"]"#),
    key("corrections.worked_weekends", Holds::Days, r#"["2027-02-13"]"#),
];

/// The known word closest to a mistyped one (Damerau–Levenshtein).
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().min_by_key(|k| strsim::damerau_levenshtein(word, k))
}

/// What of a file is no key, or takes something else than stands there; empty where every value can be read.
pub(super) fn faults(file: &Table) -> Vec<Problem> {
    let mut found = Vec::new();
    walk("", "", file, &mut found);
    found
}

/// The keys directly below a path of the table.
fn below(path: &str) -> impl Iterator<Item = &'static Key> {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    KEYS.iter().filter(move |key| key.path.strip_prefix(prefix.as_str()).is_some_and(|rest| !rest.contains('.')))
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// One table of the file; `here` is its path as the file writes it, `path` the same in the table of keys.
fn walk(here: &str, path: &str, table: &Table, found: &mut Vec<Problem>) {
    let within = |name: &str| if here.is_empty() { name.to_owned() } else { format!("{here}.{name}") };
    for (name, value) in table {
        let shown = within(&visible(name));
        match below(path).find(|key| last(key.path) == name || last(key.path) == "*") {
            Some(key) if key.path == "policy.survivorship.*" && EnterpriseField::from_name(name).is_none() => {
                let known: Vec<&str> = EnterpriseField::ALL.iter().map(|field| field.name()).collect();
                found.push(unknown(&shown, name, &known));
            }
            Some(key) if key.path == "policy.proxy.above_by_section.*" && !is_section(name) => found.push(Problem::new(
                "unknown_key",
                format!("{shown}：行业门类为 A 至 T 的一个大写字母，例如 F = 50"),
                format!("{shown}: a section is one capital letter from A to T, such as F = 50"),
            )),
            Some(key) => look(&shown, key, value, found),
            None => found.push(unknown(&shown, name, &below(path).map(|key| last(key.path)).collect::<Vec<_>>())),
        }
    }
    for key in below(path).filter(|key| key.is_required && !table.contains_key(last(key.path))) {
        let (zh, en) = taken(key.holds);
        let (name, example) = (last(key.path), key.example);
        found.push(Problem::new(
            "key_missing",
            format!("{here} 缺少 {name}：应为{zh}，例如 {name} = {example}"),
            format!("{here} lacks {name}, which takes {en}, such as {name} = {example}"),
        ));
    }
}

fn is_section(name: &str) -> bool {
    matches!(name.as_bytes(), [b'A'..=b'T'])
}

/// One value, and what stands below it.
fn look(here: &str, key: &Key, value: &Value, found: &mut Vec<Problem>) {
    match (key.holds, value) {
        (Holds::Table, Value::Table(table)) => walk(here, key.path, table, found),
        (Holds::Tables, Value::Array(items)) if items.iter().all(Value::is_table) => {
            items.iter().filter_map(Value::as_table).for_each(|table| walk(here, key.path, table, found));
        }
        (holds, value) => {
            let Some(wrong) = misfit(holds, value) else { return };
            let ((zh, en), (how_zh, how_en), (wrong_zh, wrong_en)) = (taken(holds), instead(here, key), told(wrong));
            found.push(Problem::new(
                "wrong_kind",
                format!("{here}：{wrong_zh} 不合适，应为{zh}；{how_zh}"),
                format!("{here}: {wrong_en} does not fit, it takes {en}; {how_en}"),
            ));
        }
    }
}

/// The part of a value that does not fit; None where all of it does.
fn misfit(holds: Holds, value: &Value) -> Option<&Value> {
    let each = |fits: &dyn Fn(&Value) -> bool| match value {
        Value::Array(items) => items.iter().find(|item| !fits(item)),
        other => Some(other),
    };
    let whole = |fits: bool| (!fits).then_some(value);
    let is_one = |words: Words, value: &Value| value.as_str().is_some_and(|text| words().contains(&text));
    match holds {
        Holds::Table => whole(value.is_table()),
        Holds::Tables => each(&Value::is_table),
        Holds::Text => whole(value.is_str()),
        Holds::Texts => each(&Value::is_str),
        Holds::Whole(most) => whole(value.as_integer().is_some_and(|n| u64::try_from(n).is_ok_and(|n| n <= most))),
        Holds::Number => whole(value.is_integer() || value.is_float()),
        Holds::Flag => whole(value.is_bool()),
        Holds::Word(words) => whole(is_one(words, value)),
        Holds::ListOf(words) => each(&|item| is_one(words, item)),
        Holds::Socket => whole(value.as_str().is_some_and(|text| text.parse::<SocketAddr>().is_ok())),
        Holds::Addresses => each(&|item| item.as_str().is_some_and(|text| text.parse::<IpAddr>().is_ok())),
        Holds::Days => each(&|item| item.as_str().is_some_and(|text| text.parse::<NaiveDate>().is_ok())),
    }
}

/// What a key takes, in words.
fn taken(holds: Holds) -> (String, String) {
    let plain = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match holds {
        Holds::Table => plain("一个表", "a table"),
        Holds::Tables => plain("若干个表", "a list of tables"),
        Holds::Text => plain("带引号的文字", "a text in quotes"),
        Holds::Texts => plain("文字的列表", "a list of texts in quotes"),
        Holds::Whole(most) if most > u64::from(u32::MAX) => plain("不小于 0 的整数", "a whole number from 0 on"),
        Holds::Whole(most) => (format!("0 至 {most} 的整数"), format!("a whole number from 0 to {most}")),
        Holds::Number => plain("数，不带引号与百分号", "a number, without quotes or a percent sign"),
        Holds::Flag => plain(" true 或 false", "true or false"),
        Holds::Word(words) => (format!("以下之一：{}", words().join("、")), format!("one of {}", words().join(", "))),
        Holds::ListOf(words) => {
            (format!("列表，每项为以下之一：{}", words().join("、")), format!("a list, each of {}", words().join(", ")))
        }
        Holds::Socket => plain("地址与端口", "an address with its port"),
        Holds::Addresses => plain("IP 地址的列表", "a list of IP addresses"),
        Holds::Days => plain("日期的列表，每个日期都带引号", "a list of days, each in quotes"),
    }
}

/// What to write instead.
fn instead(here: &str, key: &Key) -> (String, String) {
    let (header, lines) = match key.holds {
        Holds::Table | Holds::Tables => header_and_lines(here, key),
        _ if last(key.path) == "*" => (String::new(), vec![key.example.to_owned()]),
        _ => (String::new(), vec![format!("{} = {}", last(key.path), key.example)]),
    };
    match header.is_empty() {
        true => (format!("例如 {}", lines.join("、")), format!("such as {}", lines.join(" and "))),
        false => (
            format!("请写 {header}，另起一行写 {}", lines.join("、")),
            format!("write {header}, and on the lines below it {}", lines.join(" and ")),
        ),
    }
}

/// `[policy.proxy]` and what may stand below it: at most two lines, those that must be there first.
fn header_and_lines(here: &str, key: &Key) -> (String, Vec<String>) {
    let is_plain = |key: &&Key| !matches!(key.holds, Holds::Table | Holds::Tables);
    let mut lines: Vec<String> = Vec::new();
    for key in below(key.path).filter(is_plain).take(2) {
        lines.push(if last(key.path) == "*" { key.example.to_owned() } else { format!("{} = {}", last(key.path), key.example) });
    }
    if lines.is_empty()
        && let Some(inner) = below(key.path).next()
    {
        let name = if last(inner.path) == "*" { inner.example } else { last(inner.path) };
        return header_and_lines(&format!("{here}.{name}"), inner);
    }
    let header = if matches!(key.holds, Holds::Tables) { format!("[[{here}]]") } else { format!("[{here}]") };
    (header, lines)
}

/// A value as it is told: what is long by its kind alone.
fn told(value: &Value) -> (String, String) {
    match value {
        Value::Table(_) => ("表".to_owned(), "a table".to_owned()),
        Value::Array(_) => ("列表".to_owned(), "a list".to_owned()),
        other => {
            let text = other.to_string();
            let short: String = text.chars().take(60).collect();
            let shown = visible(&short).into_owned();
            (format!("「{shown}」"), shown)
        }
    }
}

fn unknown(here: &str, name: &str, known: &[&str]) -> Problem {
    // A key of another table: whoever wrote it there knows its name.
    let elsewhere = KEYS.iter().filter(|key| last(key.path) == name && !key.path.contains('*')).map(|key| key.path);
    let mut elsewhere = elsewhere.filter(|path| *path != here);
    let meant = match (elsewhere.next(), elsewhere.next()) {
        (Some(only), None) => only,
        _ => nearest(name, known.iter().copied()).unwrap_or_default(),
    };
    Problem::new(
        "unknown_key",
        format!("没有「{here}」这个键，是否指「{meant}」？可用的键：{}", known.join(", ")),
        format!("unknown key \"{here}\"; did you mean \"{meant}\"? Known keys: {}", known.join(", ")),
    )
}

/// A line of a file for every key with an example, and the path of that key.
#[cfg(test)]
pub(super) fn examples() -> Vec<(&'static str, String)> {
    let is_plain = |key: &&Key| !matches!(key.holds, Holds::Table | Holds::Tables);
    KEYS.iter().filter(is_plain).map(|key| (key.path, document(key, None))).collect()
}

/// The same with another value in the place of the key's own.
#[cfg(test)]
pub(super) fn examples_with(value: &str) -> Vec<(&'static str, String)> {
    KEYS.iter().map(|key| (key.path, document(key, Some(value)))).collect()
}

#[cfg(test)]
fn document(key: &Key, value: Option<&str>) -> String {
    let (parent, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
    let of_name = |key: &Key| key.example.split(" = ").next().unwrap_or_default().to_owned();
    let line = match (name, value) {
        ("*", None) => key.example.to_owned(),
        ("*", Some(value)) => format!("{} = {value}", of_name(key)),
        (name, value) => format!("{name} = {}", value.unwrap_or(key.example)),
    };
    let parent = parent.replace('*', "EMPLOYEES");
    let is_listed = KEYS.iter().any(|key| key.path == parent && matches!(key.holds, Holds::Tables));
    let header = match (parent.is_empty(), is_listed) {
        (true, _) => String::new(),
        (_, true) => format!("[[{parent}]]\n"),
        (_, false) => format!("[{parent}]\n"),
    };
    let path = key.path.rsplit_once('.').map_or("", |(parent, _)| parent);
    let siblings = below(path).filter(|other| other.is_required && other.path != key.path);
    let siblings: String = siblings.map(|other| format!("{} = {}\n", last(other.path), other.example)).collect();
    format!("{header}{siblings}{line}\n")
}
