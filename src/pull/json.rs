//! JSON to rows: nested objects flatten to `outer.inner`, lists join to one cell, numbers stay as written.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::chunk::{Chunk, RowHead};
use super::csv::nul;
use super::error::said;
use crate::connector::{Connector, RowError};

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
}

enum Fault {
    Row(RowError),
    NewColumn(String),
}

impl JsonColumns {
    pub fn new(connector: &Connector) -> JsonColumns {
        let optional = |name: &str| {
            let mut same = connector.contract.columns.iter().filter(|c| c.name == name).peekable();
            same.peek().is_some() && same.all(|c| c.optional)
        };
        let contract = connector.contract.column_names().into_iter().map(|n| (n.to_string(), optional(n))).collect();
        JsonColumns { names: Vec::new(), index: HashMap::new(), contract, cells: Vec::new(), text: String::new(), next: 0 }
    }

    /// The same columns as at an earlier checkpoint.
    pub fn started(&self) -> bool {
        !self.names.is_empty()
    }

    /// Settles the columns from the first records: the contract's (its optional ones even where no record has them), then
    /// the others by name.
    pub fn start<'a>(&mut self, items: impl Iterator<Item = &'a str>) {
        let mut seen: BTreeMap<String, ()> = BTreeMap::new();
        for item in items.take(2000) {
            let _ = walk(item, "", 0, &mut |name, _| {
                if !seen.contains_key(name) {
                    seen.insert(name.to_string(), ());
                }
                Ok(())
            });
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
    pub fn push(&mut self, item: &str, number: u64, offset: Option<u64>, chunk: &mut Chunk) -> bool {
        match self.read(item) {
            Ok(()) => {
                let text = &self.text;
                chunk.push_row(RowHead { number, offset }, self.cells.iter().map(|c| c.map(|(a, b)| &text[a..b])));
                true
            }
            Err(Fault::Row(error)) => {
                chunk.fault(number, offset, error, item);
                true
            }
            Err(Fault::NewColumn(name)) => {
                self.add(name);
                false
            }
        }
    }

    fn read(&mut self, item: &str) -> Result<(), Fault> {
        self.cells.clear();
        self.cells.resize(self.names.len(), None);
        self.text.clear();
        let (names, index, cells, text) = (&self.names, &self.index, &mut self.cells, &mut self.text);
        let mut next = 0;
        let mut new = None;
        let walked = walk(item, "", 0, &mut |name, cell| {
            // Keys nearly always come in the same order: try the one behind the last.
            let at = match names.get(next).is_some_and(|n| n == name) {
                true => next,
                false => match index.get(name) {
                    Some(at) => *at,
                    None => {
                        new.get_or_insert_with(|| name.to_string());
                        return Ok(());
                    }
                },
            };
            next = at + 1;
            if let Some(cell) = cell {
                if cell.as_bytes().contains(&0) {
                    return Err(nul());
                }
                let start = text.len();
                text.push_str(cell);
                cells[at] = Some((start, text.len()));
            }
            Ok(())
        });
        self.next = next;
        walked.map_err(Fault::Row)?;
        match new {
            Some(name) => Err(Fault::NewColumn(name)),
            None => Ok(()),
        }
    }
}

/// Calls `cell` with every flattened name and text of an object.
fn walk(
    object: &str,
    prefix: &str,
    depth: usize,
    cell: &mut dyn FnMut(&str, Option<&str>) -> Result<(), RowError>,
) -> Result<(), RowError> {
    struct Each<'c> {
        prefix: &'c str,
        depth: usize,
        cell: &'c mut dyn FnMut(&str, Option<&str>) -> Result<(), RowError>,
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

/// A key, borrowed from the text where it has no escapes.
struct Key;

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
    cell: &mut dyn FnMut(&str, Option<&str>) -> Result<(), RowError>,
) -> Result<(), RowError> {
    let name = if prefix.is_empty() { Cow::Borrowed(key) } else { Cow::Owned(format!("{prefix}.{key}")) };
    match value.as_bytes()[0] {
        b'{' if depth < MAX_FLATTEN => walk(value, &name, depth + 1, cell),
        b'[' => cell(&name, Some(&join_list(value)?)),
        _ => match scalar(value)? {
            None => cell(&name, None),
            Some(text) => cell(&name, Some(&text)),
        },
    }
}

/// The text of a scalar: a string without its quotes, a number or a flag as written, None for null.
fn scalar(value: &str) -> Result<Option<Cow<'_, str>>, RowError> {
    match value.as_bytes()[0] {
        b'"' => {
            let inner = &value[1..value.len() - 1];
            if !inner.contains('\\') {
                return Ok(Some(Cow::Borrowed(inner)));
            }
            serde_json::from_str::<String>(value).map(|s| Some(Cow::Owned(s))).map_err(|e| bad_text(&e))
        }
        b'n' => Ok(None),
        _ => Ok(Some(Cow::Borrowed(value))),
    }
}

/// `["a","b"]` is `a、b`; `[{"name":"a","code":"1"}]` is `a|1`: what `as = "list"` reads.
fn join_list(value: &str) -> Result<String, RowError> {
    let items: Vec<&RawValue> = serde_json::from_str(value).map_err(|e| bad_text(&e))?;
    let mut joined = String::new();
    for item in items {
        let mut text = String::new();
        if item.get().starts_with('{') {
            walk(item.get(), "", MAX_FLATTEN, &mut |_, cell| {
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
        }
    }
    Ok(joined)
}

fn not_an_object(error: &serde_json::Error) -> RowError {
    RowError {
        column: None,
        code: "not_an_object",
        zh: format!("该记录不是 JSON 对象：{error}"),
        en: format!("the record is no JSON object: {error}"),
    }
}

fn bad_text(error: &serde_json::Error) -> RowError {
    RowError {
        column: None,
        code: "undecodable",
        zh: format!("文本无法解码：{error}"),
        en: format!("a text cannot be decoded: {error}"),
    }
}

/// The value at a JSON pointer of an answer, without reading the rest into memory. The whole answer is looked through once,
/// so that one that is cut off is noticed.
pub fn at_pointer<'a>(body: &'a str, pointer: &str) -> Result<Option<&'a str>, serde_json::Error> {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let mut found = None;
    let mut parser = serde_json::Deserializer::from_str(body);
    Seek { parts: &parts, found: &mut found, stop: false }.deserialize(&mut parser)?;
    parser.end()?;
    Ok(found.map(RawValue::get).filter(|v| *v != "null"))
}

/// The text of the scalar at a pointer; what stands behind it is not looked at.
pub fn text_at(body: &str, pointer: &str) -> Option<String> {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let mut found = None;
    let mut parser = serde_json::Deserializer::from_str(body);
    let sought = Seek { parts: &parts, found: &mut found, stop: true }.deserialize(&mut parser);
    let value = match (found, sought) {
        (Some(value), _) => value.get(),
        (None, _) => return None,
    };
    if value.starts_with(['{', '[']) || value == "null" {
        return None;
    }
    scalar(value).ok()?.map(Cow::into_owned)
}

/// Looks for the value at a path. With `stop` it ends in an error as soon as it has found it.
struct Seek<'s, 'de> {
    parts: &'s [&'s str],
    found: &'s mut Option<&'de RawValue>,
    stop: bool,
}

impl<'de> DeserializeSeed<'de> for Seek<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        if self.parts.is_empty() {
            *self.found = Some(<&RawValue as serde::Deserialize>::deserialize(d)?);
            return if self.stop { Err(D::Error::custom("found")) } else { Ok(()) };
        }
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            match key == self.parts[0] {
                true => map.next_value_seed(Seek { parts: &self.parts[1..], found: &mut *self.found, stop: self.stop })?,
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let wanted = self.parts[0].parse::<usize>().ok();
        let mut at = 0;
        loop {
            let more = match wanted == Some(at) {
                true => {
                    list.next_element_seed(Seek { parts: &self.parts[1..], found: &mut *self.found, stop: self.stop })?.is_some()
                }
                false => list.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                return Ok(());
            }
            at += 1;
        }
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The records of an answer. Without a pointer: the list itself, or the only list of an object.
pub fn items<'a>(body: &'a str, pointer: Option<&str>) -> Result<Option<Vec<&'a str>>, serde_json::Error> {
    let list = match pointer {
        Some(pointer) => match at_pointer(body, pointer)? {
            Some(list) => list,
            None => return Ok(None),
        },
        None => {
            let whole = body.trim();
            match whole.as_bytes().first() {
                Some(b'[') => whole,
                Some(b'{') => {
                    let object: BTreeMap<Cow<'a, str>, &'a RawValue> = serde_json::from_str(whole)?;
                    let mut lists = object.values().filter(|v| v.get().starts_with('['));
                    match (lists.next(), lists.next()) {
                        (Some(list), None) => list.get(),
                        _ => return Ok(None),
                    }
                }
                _ => {
                    let _: IgnoredAny = serde_json::from_str(whole)?;
                    return Ok(None);
                }
            }
        }
    };
    if !list.starts_with('[') {
        return Ok(None);
    }
    let items: Vec<&'a RawValue> = serde_json::from_str(list)?;
    Ok(Some(items.into_iter().map(RawValue::get).collect()))
}

/// Streams the records of a JSON file: `each` gets one record after the other; its error ends the reading.
///
/// # Errors
/// `UnexpectedEof` where the file is cut off; `InvalidData` where it is no JSON or has no list at `pointer`.
pub fn stream_items(stream: impl Read, pointer: Option<&str>, each: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let path: Vec<&str> = pointer.map(|p| p.split('/').skip(1).collect()).unwrap_or_default();
    let mut failed = None;
    let mut found = false;
    let mut parser = serde_json::Deserializer::from_reader(io::BufReader::with_capacity(1 << 16, stream));
    let streamed = AtPath { path: &path, each, failed: &mut failed, found: &mut found }.deserialize(&mut parser);
    if let Some(error) = failed {
        return Err(error);
    }
    streamed.and_then(|()| parser.end()).map_err(|e| match e.classify() {
        serde_json::error::Category::Eof => io::ErrorKind::UnexpectedEof.into(),
        serde_json::error::Category::Io => io::Error::from(e),
        _ => said(io::ErrorKind::InvalidData, format!("不是合格的 JSON：{e}"), e.to_string()),
    })?;
    if !found {
        let place = pointer.unwrap_or("/");
        return Err(said(
            io::ErrorKind::InvalidData,
            format!("「{place}」处没有记录列表（decoding.records）"),
            format!("no list of records at \"{place}\" (decoding.records)"),
        ));
    }
    Ok(())
}

struct AtPath<'p> {
    path: &'p [&'p str],
    each: &'p mut dyn FnMut(&str) -> io::Result<()>,
    failed: &'p mut Option<io::Error>,
    found: &'p mut bool,
}

impl<'de> DeserializeSeed<'de> for AtPath<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        if self.path.is_empty() { d.deserialize_any(self) } else { d.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for AtPath<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the list of records")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        *self.found = true;
        while let Some(item) = seq.next_element::<Box<RawValue>>()? {
            if let Err(error) = (self.each)(item.get()) {
                *self.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else {
            return Err(A::Error::custom("an object stands where the list of records should be (decoding.records)"));
        };
        while let Some(key) = map.next_key::<String>()? {
            if key == *first && !*self.found {
                map.next_value_seed(AtPath { path: rest, each: self.each, failed: self.failed, found: self.found })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_flatten_and_lists_join() {
        let mut cells = Vec::new();
        let item =
            r#"{"a":1,"b":{"c":"x\n","d":null},"e":["p","q"],"f":[{"n":"甲","k":"9"}],"g":12345678901234567890123,"h":true}"#;
        walk(item, "", 0, &mut |name, cell| {
            cells.push(format!("{name}={}", cell.unwrap_or("∅")));
            Ok(())
        })
        .expect("an object");
        assert_eq!(cells, ["a=1", "b.c=x\n", "b.d=∅", "e=p、q", "f=甲|9", "g=12345678901234567890123", "h=true"]);
    }

    #[test]
    fn a_lone_surrogate_costs_one_record() {
        let error = walk(r#"{"a":"\ud800"}"#, "", 0, &mut |_, _| Ok(())).expect_err("no text");
        assert_eq!(error.code, "undecodable");
    }

    #[test]
    fn records_are_found_where_the_connector_says() {
        let body = r#"{"code":0,"data":{"items":[{"a":1},{"a":2}],"total":2,"next":"t"}}"#;
        assert_eq!(items(body, Some("/data/items")).expect("JSON").map(|l| l.len()), Some(2));
        assert_eq!(items(body, Some("/data/rows")).expect("JSON"), None);
        assert_eq!(text_at(body, "/data/total").as_deref(), Some("2"));
        assert_eq!(text_at(body, "/data/next").as_deref(), Some("t"));
        let mut seen = Vec::new();
        stream_items(body.as_bytes(), Some("/data/items"), &mut |i| {
            seen.push(i.to_string());
            Ok(())
        })
        .expect("streams");
        assert_eq!(seen, [r#"{"a":1}"#, r#"{"a":2}"#]);
        let cut = stream_items(&body.as_bytes()[..30], Some("/data/items"), &mut |_| Ok(())).expect_err("cut");
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }
}
