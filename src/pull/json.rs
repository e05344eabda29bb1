//! JSON to rows: nested objects flatten to `outer.inner`, lists join to one cell, numbers stay as written.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::chunk::{Chunk, RowHead};
use super::csv::nul;
use crate::connector::{As, Connector, RowError};

/// Columns that one source may have. A record that would bring more is a row for quarantine: each further row would be as wide.
const MAX_COLUMNS: usize = 4_096;
/// Nesting that is flattened; deeper objects stay one cell of JSON text.
const MAX_FLATTEN: usize = 6;

/// Columns of a JSON source, grown as keys appear.
#[derive(Debug, Clone)]
pub struct JsonColumns {
    pub names: Vec<String>,
    index: HashMap<String, usize>,
    /// Contract order first, so that the same source has the same columns in every pull.
    contract: Vec<(String, bool)>,
    cells: Vec<Option<(usize, usize)>>,
    text: String,
    next: usize,
    /// Bytes that one record may have.
    row_bytes: usize,
    /// Columns that hold one value: names, and what identifies a row.
    single: HashSet<String>,
}

enum Fault {
    Row(RowError),
    NewColumns(Vec<String>),
}

impl JsonColumns {
    pub fn new(connector: &Connector) -> JsonColumns {
        let optional = |name: &str| {
            let mut same = connector.contract.columns.iter().filter(|c| c.name == name).peekable();
            same.peek().is_some() && same.all(|c| c.optional)
        };
        let contract = connector.contract.column_names().into_iter().map(|n| (n.to_string(), optional(n))).collect();
        let names = connector.contract.columns.iter().filter(|c| c.read_as == As::Name).map(|c| c.name.clone());
        JsonColumns {
            names: Vec::new(),
            index: HashMap::new(),
            contract,
            cells: Vec::new(),
            text: String::new(),
            next: 0,
            row_bytes: connector.source.caps.row_bytes,
            single: names.chain(connector.contract.key.iter().cloned()).collect(),
        }
    }

    /// The same columns as at an earlier checkpoint.
    pub fn started(&self) -> bool {
        !self.names.is_empty()
    }

    /// Settles the columns from the first records: the contract's (its optional ones even where no record has them), then
    /// the others by name.
    pub fn start<'a>(&mut self, items: impl Iterator<Item = &'a str>) {
        let mut seen: BTreeMap<String, ()> = BTreeMap::new();
        let row_bytes = self.row_bytes;
        for item in items.take(2000).filter(|item| item.len() <= row_bytes) {
            let mut own: Vec<String> = Vec::new();
            let _ = walk(item, "", 0, &mut |name, _, _| {
                if !seen.contains_key(name) {
                    own.push(name.to_string());
                }
                Ok(())
            });
            // One that is too wide settles nothing: it goes to quarantine by itself.
            if seen.len() + own.len() <= MAX_COLUMNS {
                seen.extend(own.into_iter().map(|name| (name, ())));
            }
        }
        let contract = std::mem::take(&mut self.contract);
        for (name, optional) in &contract {
            if seen.remove(name).is_some() || *optional {
                self.add(name.clone());
            }
        }
        for name in seen.into_keys() {
            self.add(name);
        }
        self.contract = contract;
    }

    fn add(&mut self, name: String) {
        self.index.insert(name.clone(), self.names.len());
        self.names.push(name);
    }

    /// Adds one record to `chunk`. False: the record has a key not seen before; the columns have grown, and a new chunk
    /// must be begun with them.
    pub fn push(&mut self, item: &str, head: RowHead, chunk: &mut Chunk) -> bool {
        if item.len() > self.row_bytes {
            chunk.fault(head.number, head.offset, too_long(self.row_bytes), head_of(item));
            return true;
        }
        match self.read(item) {
            Ok(()) => {
                let text = &self.text;
                chunk.push_row(head, self.cells.iter().map(|c| c.map(|(a, b)| &text[a..b])));
                true
            }
            Err(Fault::Row(error)) => {
                chunk.fault(head.number, head.offset, error, item);
                true
            }
            Err(Fault::NewColumns(names)) if self.names.len() + names.len() > MAX_COLUMNS => {
                chunk.fault(head.number, head.offset, too_wide(self.names.len() + names.len()), head_of(item));
                true
            }
            Err(Fault::NewColumns(names)) => {
                names.into_iter().for_each(|name| self.add(name));
                false
            }
        }
    }

    fn read(&mut self, item: &str) -> Result<(), Fault> {
        self.cells.clear();
        self.cells.resize(self.names.len(), None);
        self.text.clear();
        let (names, index, single, cells, text) = (&self.names, &self.index, &self.single, &mut self.cells, &mut self.text);
        let mut next = 0;
        let mut new: Vec<String> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        let walked = walk(item, "", 0, &mut |name, cell, several| {
            // Keys nearly always come in the same order: try the one behind the last.
            let at = match names.get(next).is_some_and(|n| n == name) {
                true => next,
                false => match index.get(name) {
                    Some(at) => *at,
                    None => {
                        if seen.insert(name.to_string()) {
                            new.push(name.to_string());
                        }
                        return Ok(());
                    }
                },
            };
            next = at + 1;
            if let Some(cell) = cell {
                if cell.as_bytes().contains(&0) {
                    return Err(nul());
                }
                if several && single.contains(name) {
                    return Err(several_values(name));
                }
                if let Some((begin, end)) = cells[at]
                    && text[begin..end] != *cell
                {
                    return Err(twice(name));
                }
                let start = text.len();
                text.push_str(cell);
                cells[at] = Some((start, text.len()));
            }
            Ok(())
        });
        self.next = next;
        walked.map_err(Fault::Row)?;
        if new.is_empty() { Ok(()) } else { Err(Fault::NewColumns(new)) }
    }
}

/// Calls `cell` with every flattened name and text of an object.
fn walk(
    object: &str,
    prefix: &str,
    depth: usize,
    cell: &mut dyn FnMut(&str, Option<&str>, bool) -> Result<(), RowError>,
) -> Result<(), RowError> {
    struct Each<'c> {
        prefix: &'c str,
        depth: usize,
        cell: &'c mut dyn FnMut(&str, Option<&str>, bool) -> Result<(), RowError>,
        error: &'c mut Option<RowError>,
    }
    impl<'de> Visitor<'de> for Each<'_> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key_seed(Key)? {
                let value: &RawValue = map.next_value()?;
                if let Err(error) = one(self.prefix, &key, value.get(), self.depth, self.cell) {
                    *self.error = Some(error);
                    return Err(A::Error::custom("a bad cell"));
                }
            }
            Ok(())
        }
    }
    let mut error = None;
    let mut parser = serde_json::Deserializer::from_str(object);
    match parser.deserialize_map(Each { prefix, depth, cell, error: &mut error }) {
        Ok(()) => Ok(()),
        Err(e) => Err(error.unwrap_or_else(|| not_an_object(&e))),
    }
}

/// Names of the columns of one record; empty for what is no object.
pub(super) fn names_of(item: &str) -> Vec<String> {
    let mut names = Vec::new();
    let walked = walk(item, "", 0, &mut |name, _, _| {
        names.push(name.to_string());
        Ok(())
    });
    if walked.is_ok() { names } else { Vec::new() }
}

/// A key, borrowed from the text where it has no escapes.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Cow<'de, str>, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(v))
    }
    fn visit_str<E>(self, v: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(v.to_string()))
    }
}

fn one(
    prefix: &str,
    key: &str,
    value: &str,
    depth: usize,
    cell: &mut dyn FnMut(&str, Option<&str>, bool) -> Result<(), RowError>,
) -> Result<(), RowError> {
    let name = if prefix.is_empty() { Cow::Borrowed(key) } else { Cow::Owned(format!("{prefix}.{key}")) };
    match value.as_bytes()[0] {
        b'{' if let Some(day) = day_of_object(value) => cell(&name, Some(&day), false),
        b'{' if let Some(amount) = amount_of_object(value) => cell(&name, Some(&amount), false),
        b'{' if depth < MAX_FLATTEN => walk(value, &name, depth + 1, cell),
        b'[' => {
            let (joined, several) = join_list(value)?;
            cell(&name, Some(&joined), several)
        }
        _ => match scalar(value)? {
            None => cell(&name, None, false),
            Some(text) => cell(&name, Some(&text), false),
        },
    }
}

/// A day that a serialiser wrote out as an object: `{"year":2021,"monthValue":3,"dayOfMonth":1,…}` (Java),
/// `{"year":121,"month":2,"date":1,"time":1614556800000,…}` (its older one), `{"$date":…}` (MongoDB).
fn day_of_object(value: &str) -> Option<String> {
    const PARTS: &[&str] = &[
        "year",
        "month",
        "monthValue",
        "dayOfMonth",
        "day",
        "date",
        "dayOfWeek",
        "dayOfYear",
        "era",
        "leapYear",
        "chronology",
        "hour",
        "hours",
        "minute",
        "minutes",
        "second",
        "seconds",
        "nano",
        "nanos",
        "time",
        "timezoneOffset",
        "$date",
        "$numberLong",
    ];
    if value.len() > 600 || !(value.contains("\"year\"") || value.contains("\"$date\"") || value.contains("\"time\"")) {
        return None;
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(value).ok()?;
    if !object.keys().all(|k| PARTS.contains(&k.as_str())) {
        return None;
    }
    let number = |key: &str| object.get(key).and_then(serde_json::Value::as_i64);
    if let Some(date) = object.get("$date") {
        return match date {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(n) => Some(n.to_string()),
            inner => inner.get("$numberLong")?.as_str().map(str::to_owned),
        };
    }
    if object.contains_key("timezoneOffset") {
        return number("time").map(|n| n.to_string());
    }
    if let Some(date) = object.get("date").filter(|d| d.is_object()) {
        return day_of_object(&date.to_string());
    }
    let month = number("monthValue").or_else(|| number("month"))?;
    let day = number("dayOfMonth").or_else(|| number("day"))?;
    Some(format!("{:04}-{month:02}-{day:02}", number("year")?))
}

/// `{"value":100,"unit":"万元"}` is 100万元: the unit is part of the value.
fn amount_of_object(value: &str) -> Option<String> {
    const AMOUNTS: &[&str] = &["value", "val", "amount", "num", "number", "值", "数值", "金额"];
    const UNITS: &[&str] = &["unit", "uom", "currency", "单位", "币种"];
    if value.len() > 200 || !UNITS.iter().any(|unit| value.contains(unit)) {
        return None;
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(value).ok()?;
    let text = |names: &[&str]| {
        let (_, found) = object.iter().find(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str()))?;
        match found {
            serde_json::Value::String(text) => Some(text.trim().to_owned()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Null => Some(String::new()),
            _ => None,
        }
    };
    let (amount, unit) = (text(AMOUNTS)?, text(UNITS)?);
    match object.len() == 2 {
        true if amount.is_empty() => Some(amount),
        true => Some(format!("{amount}{unit}")),
        false => None,
    }
}

/// The text of a scalar: a string without its quotes, a number or a flag as written, None for null.
pub(super) fn scalar(value: &str) -> Result<Option<Cow<'_, str>>, RowError> {
    match value.as_bytes()[0] {
        b'"' => {
            let inner = &value[1..value.len() - 1];
            if !inner.contains('\\') {
                return Ok(Some(Cow::Borrowed(inner)));
            }
            serde_json::from_str::<String>(value).map(|s| Some(Cow::Owned(s))).map_err(|e| bad_text(&e))
        }
        b'n' => Ok(None),
        // 1.0 is the number 1, and the same key.
        b'0'..=b'9' | b'-' => {
            let whole = value.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|b| b == b'0'));
            Ok(Some(Cow::Borrowed(whole.map_or(value, |(whole, _)| whole))))
        }
        _ => Ok(Some(Cow::Borrowed(value))),
    }
}

/// `["a","b"]` is `a、b`; `[{"name":"a","code":"1"}]` is `a|1`: what `as = "list"` reads. Also whether there are several of them.
fn join_list(value: &str) -> Result<(String, bool), RowError> {
    let items: Vec<&RawValue> = serde_json::from_str(value).map_err(|e| bad_text(&e))?;
    let mut joined = String::new();
    let (mut first, mut several) = (None::<String>, false);
    for item in items {
        let mut text = String::new();
        if item.get().starts_with('{') {
            walk(item.get(), "", MAX_FLATTEN, &mut |_, cell, _| {
                if let Some(cell) = cell {
                    if !text.is_empty() {
                        text.push('|');
                    }
                    text.push_str(cell);
                }
                Ok(())
            })?;
        } else if let Some(scalar) = scalar(item.get())? {
            text.push_str(&scalar);
        }
        if !text.is_empty() {
            if !joined.is_empty() {
                joined.push('、');
            }
            joined.push_str(&text);
            several |= first.as_ref().is_some_and(|first| *first != text);
            first.get_or_insert(text);
        }
    }
    Ok((joined, several))
}

/// The beginning of a record that is not kept whole.
fn head_of(item: &str) -> &str {
    let mut end = item.len().min(500);
    while !item.is_char_boundary(end) {
        end -= 1;
    }
    &item[..end]
}

fn too_wide(columns: usize) -> RowError {
    RowError::new(
        "too_many_columns",
        format!("该记录使列数达到 {columns}，超过 {MAX_COLUMNS} 列：以值为键的数据请先转为行"),
        format!(
            "with this record there would be {columns} columns, more than {MAX_COLUMNS}: data keyed by values must be turned into rows first"
        ),
    )
}

fn too_long(cap: usize) -> RowError {
    RowError::new(
        "row_too_long",
        format!("该记录超过 {cap} 字节（source.caps.row_bytes）"),
        format!("the record is longer than {cap} bytes (source.caps.row_bytes)"),
    )
}

fn not_an_object(error: &serde_json::Error) -> RowError {
    RowError::new("not_an_object", format!("该记录不是 JSON 对象：{error}"), format!("the record is no JSON object: {error}"))
}

fn twice(name: &str) -> RowError {
    RowError::new(
        "duplicate_member",
        format!("同一个对象中有两个「{name}」而值不同，不知以哪个为准"),
        format!("one object has two members \"{name}\" with different values: nothing says which one counts"),
    )
    .of_column(name)
}

fn several_values(name: &str) -> RowError {
    RowError::new(
        "several_values",
        format!("「{name}」是一个列表，其中有几个不同的值，不知以哪个为准"),
        format!("\"{name}\" is a list of several different values: nothing says which one counts"),
    )
    .of_column(name)
}

fn bad_text(error: &serde_json::Error) -> RowError {
    RowError::new("undecodable", format!("文本无法解码：{error}"), format!("a text cannot be decoded: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_flatten_and_lists_join() {
        let mut cells = Vec::new();
        let item =
            r#"{"a":1,"b":{"c":"x\n","d":null},"e":["p","q"],"f":[{"n":"甲","k":"9"}],"g":12345678901234567890123,"h":true}"#;
        walk(item, "", 0, &mut |name, cell, _| {
            cells.push(format!("{name}={}", cell.unwrap_or("∅")));
            Ok(())
        })
        .expect("an object");
        assert_eq!(cells, ["a=1", "b.c=x\n", "b.d=∅", "e=p、q", "f=甲|9", "g=12345678901234567890123", "h=true"]);
    }

    #[test]
    fn a_day_written_as_an_object_is_one_cell() {
        let mut cells = Vec::new();
        let item = r#"{"a":{"year":2021,"month":"MARCH","monthValue":3,"dayOfMonth":1,"leapYear":false},"b":{"$date":"2021-03-01T00:00:00Z"},
            "c":{"date":1,"hours":0,"month":2,"time":1614556800000,"timezoneOffset":-480,"year":121},"d":{"year":2021,"人数":5},
            "e":{"date":{"year":2021,"month":3,"day":1},"time":{"hour":0,"minute":0,"second":0,"nano":0}},"f":[2021,3,1]}"#;
        walk(item, "", 0, &mut |name, cell, _| {
            cells.push(format!("{name}={}", cell.unwrap_or("∅")));
            Ok(())
        })
        .expect("an object");
        assert_eq!(
            cells,
            [
                "a=2021-03-01",
                "b=2021-03-01T00:00:00Z",
                "c=1614556800000",
                "d.year=2021",
                "d.人数=5",
                "e=2021-03-01",
                "f=2021、3、1"
            ]
        );
    }

    #[test]
    fn one_name_twice_in_an_object_is_for_quarantine_and_a_whole_number_is_one() {
        let connector = Connector::parse(
            "a",
            "title = { zh = \"甲\", en = \"A\" }\nowner = { zh = \"甲\", en = \"A\" }\n[source]\ntransport = \"file\"\nplace = \"a.json\"\n\
             [key]\ncolumns = [\"id\"]\n[columns]\nid = \"credit_code\"\n",
        )
        .expect("a manifest");
        let mut columns = JsonColumns::new(&connector);
        let items = [r#"{"id":1.0,"n":2.50}"#, r#"{"id":1,"n":1,"n":2}"#, r#"{"id":2,"n":3,"n":3}"#];
        columns.start(items.into_iter());
        let mut chunk = Chunk::new(columns.names.len());
        for (number, item) in items.into_iter().enumerate() {
            let head = RowHead { number: number as u64, offset: None, mark: crate::pull::chunk::Mark::Cells };
            assert!(columns.push(item, head, &mut chunk));
        }
        let rows: Vec<Vec<_>> = (0..chunk.len()).map(|row| chunk.cells(row).map(|c| c.unwrap_or("∅")).collect()).collect();
        assert_eq!(rows, [["1", "2.50"], ["2", "3"]]);
        assert_eq!(chunk.faults.iter().map(|f| f.error.code()).collect::<Vec<_>>(), ["duplicate_member"]);
    }

    #[test]
    fn an_amount_with_its_unit_is_one_cell_and_a_name_is_not_several() {
        let mut cells = Vec::new();
        let item = r#"{"a":{"value":100.5,"unit":"万元"},"b":{"unit":"人","value":null},"c":{"value":1,"unit":"元","note":"x"}}"#;
        walk(item, "", 0, &mut |name, cell, _| {
            cells.push(format!("{name}={}", cell.unwrap_or("∅")));
            Ok(())
        })
        .expect("an object");
        assert_eq!(cells, ["a=100.5万元", "b=", "c.value=1", "c.unit=元", "c.note=x"]);
        let connector = Connector::parse(
            "a",
            "title = { zh = \"甲\", en = \"A\" }\nowner = { zh = \"甲\", en = \"A\" }\n[source]\ntransport = \"file\"\nplace = \"a.json\"\n\
             [key]\ncolumns = [\"id\"]\n[columns]\nid = \"credit_code\"\nname = \"name\"\n",
        )
        .expect("a manifest");
        let mut columns = JsonColumns::new(&connector);
        let items = [r#"{"id":"1","name":["甲"]}"#, r#"{"id":"2","name":["甲","乙"]}"#, r#"{"id":"3","name":["甲","甲"]}"#];
        columns.start(items.into_iter());
        let mut chunk = Chunk::new(columns.names.len());
        for (number, item) in items.into_iter().enumerate() {
            let head = RowHead { number: number as u64, offset: None, mark: crate::pull::chunk::Mark::Cells };
            assert!(columns.push(item, head, &mut chunk));
        }
        assert_eq!((chunk.len(), chunk.faults[0].error.code()), (2, "several_values"));
    }

    #[test]
    fn a_lone_surrogate_costs_one_record() {
        let error = walk(r#"{"a":"\ud800"}"#, "", 0, &mut |_, _, _| Ok(())).expect_err("no text");
        assert_eq!(error.code(), "undecodable");
    }

    #[test]
    fn a_record_of_eighty_thousand_keys_or_without_end_is_one_row_for_quarantine() {
        let connector = Connector::parse(
            "a",
            "title = { zh = \"甲\", en = \"A\" }\nowner = { zh = \"甲\", en = \"A\" }\n[source]\ntransport = \"file\"\nplace = \"a.json\"\n\
             [source.caps]\nrow_bytes = 2000000\n[key]\ncolumns = [\"id\"]\n[columns]\nid = \"credit_code\"\n",
        )
        .expect("a manifest");
        let wide = format!("{{\"id\":\"w\",{}}}", (0..80_000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
        let long = format!("{{\"id\":\"l\",\"text\":\"{}\"}}", "x".repeat(2_000_001));
        let (narrow, other) = (r#"{"id":"a","n":1}"#, r#"{"id":"b","m":1,"o":2}"#);
        let mut columns = JsonColumns::new(&connector);
        columns.start([wide.as_str(), narrow, &long].into_iter());
        assert_eq!(columns.names, ["id", "n"], "a wide record settles nothing");
        let mut chunk = Chunk::new(columns.names.len());
        let head = |number| RowHead { number, offset: None, mark: crate::pull::chunk::Mark::Cells };
        for (number, item) in [narrow, &wide, &long, narrow].into_iter().enumerate() {
            assert!(columns.push(item, head(number as u64), &mut chunk), "no column grows");
        }
        let codes: Vec<String> = chunk.faults.iter().map(|f| f.error.code().to_string()).collect();
        assert_eq!((chunk.len(), codes), (2, vec!["too_many_columns".to_owned(), "row_too_long".to_owned()]));
        assert!(!columns.push(other, head(9), &mut chunk), "what fits makes columns");
        assert_eq!(columns.names, ["id", "n", "m", "o"], "all of a record's at once");
    }
}
