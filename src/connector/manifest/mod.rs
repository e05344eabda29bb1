//! From the text of `connector.toml` to a [`Connector`]: parsed, checked as a whole, every problem reported at once.

mod columns;
mod shape;
mod source;
mod treatment;

use super::catalogue::Catalogue;
use super::definition::Connector;
use super::keys::unknown_keys;
use super::mapping::{Combine, Constant, Contract, DriftPolicy};
use super::money::UNITS;
use super::problem::{ConnectorError, Problem, nearest};
use super::read_as::As;
use super::reading::natural;
use crate::model::field::Field;
use crate::model::reference::words;
use columns::columns;
use shape::Manifest;
use source::source;
use treatment::{decoding, guard, lookup, manners};

/// Raised when the way of reading changes, so that rows read by an older program are read again.
const READER_VERSION: u64 = 3;

/// Reads and checks a manifest.
pub(super) fn parse(name: &str, text: &str) -> Result<Connector, ConnectorError> {
    let mut problems = Vec::new();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        problems.push(Problem::new(
            "bad_name",
            format!("连接器目录名「{name}」只能用小写字母、数字和下划线"),
            format!("connector folder \"{name}\": use lower-case letters, digits and _ only"),
        ));
    }
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| syntax(name, text, &e))?;
    problems.extend(unknown_keys(name, &table));
    problems.extend(unknown_words(name, &table));
    if !problems.is_empty() {
        return Err(ConnectorError { problems });
    }
    let manifest: Manifest = toml::from_str(text).map_err(|e| syntax(name, text, &e))?;
    let connector = build(name, text, manifest, &mut problems);
    if problems.is_empty() { Ok(connector) } else { Err(ConnectorError { problems }) }
}

fn syntax(name: &str, text: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map(|s| text[..s.start.min(text.len())].matches('\n').count() + 1);
    let at = line.map(|l| format!(":{l}")).unwrap_or_default();
    let what = error.message();
    let what_zh = in_chinese(what);
    Problem::new(
        "bad_manifest",
        format!("连接器「{name}」：connector.toml{at} 无法读取：{what_zh}"),
        format!("connector \"{name}\": connector.toml{at}: {what}"),
    )
}

/// What the reader of TOML says, in Chinese where it is one of its usual sentences.
fn in_chinese(what: &str) -> String {
    if let Some((word, known)) = what.strip_prefix("unknown variant ").and_then(|r| r.split_once(", expected ")) {
        let known = known.trim_start_matches("one of ").replace(" or ", ", ");
        return format!("没有 {word} 这个取值；可用：{known}");
    }
    if let Some((found, wanted)) = what.strip_prefix("invalid type: ").and_then(|r| r.split_once(", expected ")) {
        return format!("类型不对：写的是 {found}，应为 {wanted}");
    }
    if let Some((found, wanted)) = what.strip_prefix("invalid value: ").and_then(|r| r.split_once(", expected ")) {
        return format!("取值不对：写的是 {found}，应为 {wanted}");
    }
    match what.strip_prefix("missing field ") {
        Some(field) => format!("缺少 {field}"),
        None => what.to_owned(),
    }
}

/// Unknown fields and readings, with the nearest known word; serde's own message lists a hundred of them.
fn unknown_words(registry: &str, table: &toml::Table) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = |column: &str, what: &str, word: Option<&toml::Value>, known: &mut dyn Iterator<Item = &'static str>| {
        let Some(word) = word.and_then(toml::Value::as_str) else { return };
        let known: Vec<&str> = known.collect();
        if !known.contains(&word) {
            let (zh, en) = match nearest(word, known.iter().copied()) {
                Some(near) => (format!("；是否指「{near}」？"), format!("; did you mean \"{near}\"?")),
                None => Default::default(),
            };
            problems.push(Problem::new(
                "unknown_word",
                format!("连接器「{registry}」：列「{column}」的 {what} = \"{word}\" 不存在{zh}"),
                format!("connector \"{registry}\": column \"{column}\": there is no {what} \"{word}\"{en}"),
            ));
        }
    };
    let columns = table.get("columns").and_then(toml::Value::as_table);
    for (column, value) in columns.into_iter().flatten() {
        let fields = || Field::ALL.iter().map(|f| f.name());
        match value {
            toml::Value::String(_) => check(column, "field", Some(value), &mut fields()),
            _ => {
                let one = value.as_table().into_iter();
                for t in one.chain(value.as_array().into_iter().flatten().filter_map(toml::Value::as_table)) {
                    check(column, "field", t.get("field"), &mut fields());
                    check(column, "as", t.get("as"), &mut As::ALL.iter().map(|a| a.name()));
                    check(column, "unit", t.get("unit"), &mut UNITS.iter().map(|(n, _)| *n));
                }
            }
        }
    }
    problems
}

fn build(name: &str, text: &str, m: Manifest, problems: &mut Vec<Problem>) -> Connector {
    let mut say = |code: &'static str, zh: String, en: String| {
        problems.push(Problem::new(code, format!("连接器「{name}」：{zh}"), format!("connector \"{name}\": {en}")));
    };
    let columns = columns(m.columns, &mut say);
    if m.key.columns.is_empty() {
        say(
            "no_key",
            "key.columns 为空：没有主键就无法识别记录".into(),
            "key.columns is empty: without a key no record can be recognised".into(),
        );
    }
    let constants = m
        .constants
        .iter()
        .filter_map(|(field, value)| match Field::from_name(field) {
            Some(field) => Some(Constant { field, text: value.text(), read_as: natural(field) }),
            None => {
                let near = nearest(field, Field::ALL.iter().map(|f| f.name())).unwrap_or("name");
                say(
                    "unknown_word",
                    format!("constants 中没有字段「{field}」；是否指「{near}」？"),
                    format!("constants: there is no field \"{field}\"; did you mean \"{near}\"?"),
                );
                None
            }
        })
        .collect();
    let combine = m
        .combine
        .into_iter()
        .map(|c| Combine {
            read_as: c.read_as.unwrap_or_else(|| natural(c.field)),
            columns: c.columns,
            field: c.field,
            separator: c.separator,
        })
        .collect();
    let source = source(m.source, &mut say);
    let decoding = decoding(m.decoding, source.format, &mut say);
    let manners = manners(m.manners, &mut say);
    let digest = xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), READER_VERSION ^ words::digest());
    Connector {
        name: name.to_string(),
        title: m.title,
        owner: m.owner,
        legal_basis: m.legal_basis,
        catalogue: m.catalogue.map_or_else(Catalogue::default, |c| Catalogue {
            number: c.number,
            share: c.share,
            purpose: c.purpose,
        }),
        contact: m.contact,
        enabled: m.enabled,
        rank: m.rank,
        issues_codes: m.issues_codes,
        complete: m.complete,
        source,
        decoding,
        contract: Contract { kind: m.kind, key: m.key.columns, columns, combine, constants, ignore: m.ignore, nulls: m.nulls },
        drift: m.drift.unwrap_or(DriftPolicy::QuarantineValue),
        guard: guard(m.guard),
        manners,
        lookup: m.lookup.map(lookup),
        digest,
        folder: None,
    }
}
