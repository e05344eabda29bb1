//! XML to records: each element of the connector's name becomes one JSON object (children by name, attributes with `@`),
//! read on like any other. A DOCTYPE is refused before anything it declares could be expanded.

use std::io::{self, BufRead};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::{Map, Value};

use super::error::{again, said};
use super::window::{Allowance, Window, too_long};

/// Streams the records named `record` (None: the children of the root).
///
/// # Errors
/// `InvalidData` for a DOCTYPE, nesting deeper than `max_depth`, a record of more than `row_bytes` and text that is no XML;
/// `UnexpectedEof` where it is cut off.
pub fn stream_records(
    text: impl BufRead,
    record: Option<&str>,
    max_depth: usize,
    row_bytes: usize,
    each: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let allowance = Allowance::new(row_bytes);
    let mut reader = Reader::from_reader(Window::new(text, &allowance));
    reader.config_mut().check_end_names = true;
    let mut buffer = Vec::new();
    let mut depth = 0;
    let mut seen_root = false;
    let mut began = 0;
    let mut open: Vec<(Element, String)> = Vec::new();
    let given = std::cell::Cell::new(0u64);
    let mut each = |record: &str| {
        given.set(given.get() + 1);
        each(record)
    };
    loop {
        buffer.clear();
        allowance.begin();
        let event = reader.read_event_into(&mut buffer);
        let at = reader.buffer_position();
        let event = event.map_err(|e| bad(e, given.get() + 1, at))?;
        if !open.is_empty() && at - began > row_bytes as u64 {
            return Err(too_long(row_bytes as u64));
        }
        if depth == 0 && seen_root && matches!(event, Event::Start(_) | Event::Empty(_)) {
            return Err(refused(
                format!("第 {at} 字节处又开始了另一份 XML：一个文件只能有一份，请分开报送"),
                format!("another XML document begins at byte {at}: a file holds one, send them apart"),
            ));
        }
        match event {
            Event::DocType(_) => return Err(refused("含有 DOCTYPE 声明，不予读取", "it has a DOCTYPE, which is refused")),
            Event::Start(start) => {
                seen_root = true;
                depth += 1;
                if depth > max_depth {
                    return Err(too_deep(max_depth));
                }
                let name = local_name(&start);
                let begins = open.is_empty()
                    && match record {
                        Some(record) => name == record,
                        None => depth == 2,
                    };
                if begins {
                    began = at;
                }
                if begins || !open.is_empty() {
                    open.push((Element::of(&start)?, name));
                }
            }
            Event::Empty(start) => {
                seen_root = true;
                let name = local_name(&start);
                let element = Element::of(&start)?;
                match open.last_mut() {
                    Some((parent, _)) => parent.add_element(name, element),
                    None if record.map_or(depth == 1, |r| r == name) => each(&element.value().to_string())?,
                    None => {}
                }
            }
            Event::Text(text) => {
                if let Some((element, _)) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::CData(data) => {
                if let Some((element, _)) = open.last_mut() {
                    element.text.push_str(&data);
                }
            }
            Event::GeneralRef(reference) => {
                let text = resolve(&reference, given.get() + 1, at)?;
                if let Some((element, _)) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some((element, name)) = open.pop() {
                    match open.last_mut() {
                        Some((parent, _)) => {
                            if element.is_highlight(&name) {
                                parent.highlights.push((parent.text.len(), name.clone(), element.text.clone()));
                            }
                            parent.add_element(name, element);
                        }
                        None => each(&element.value().to_string())?,
                    }
                }
            }
            Event::Eof if depth > 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Event::Eof if !seen_root => {
                return Err(refused("不是 XML：其中没有任何元素", "it is no XML: there is no element in it"));
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// Name of the element that repeats: on the first level on which any does, the one that does most often. None where it
/// is a child of the root, as read without a name, and where nothing repeats.
///
/// # Errors
/// As [`stream_records`].
pub fn repeated_element(text: impl BufRead, max_depth: usize) -> io::Result<Option<String>> {
    let mut reader = Reader::from_reader(text);
    let mut buffer = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut counts: std::collections::BTreeMap<(usize, String), (u64, u64)> = std::collections::BTreeMap::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let at = reader.buffer_position();
        let event = event.map_err(|e| bad(e, 0, at))?;
        if let Event::Start(start) | Event::Empty(start) = &event {
            path.push(local_name(start));
            if path.len() > max_depth {
                return Err(too_deep(max_depth));
            }
            let content = matches!(event, Event::Empty(_)) && start.attributes_raw().trim().is_empty();
            let (times, filled) = counts.entry((path.len(), path.join("/"))).or_default();
            (*times, *filled) = (*times + 1, *filled + u64::from(!content));
        }
        match event {
            Event::DocType(_) => return Err(refused("含有 DOCTYPE 声明，不予读取", "it has a DOCTYPE, which is refused")),
            Event::Empty(_) | Event::End(_) => drop(path.pop()),
            Event::Eof => break,
            _ => {}
        }
    }
    // Elements that are always empty hold no rows, however many there are.
    let counts: Vec<((usize, String), u64)> = counts.into_iter().map(|(path, (_, filled))| (path, filled)).collect();
    let level = counts.iter().find(|(_, n)| *n > 1).map(|((level, _), _)| *level);
    let parents =
        |path: &str| counts.iter().filter(|((_, p), _)| p.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))).count();
    // Of several lists the one whose elements have parts of their own.
    let most =
        counts.iter().filter(|((l, _), _)| Some(*l) == level).max_by_key(|((_, path), n)| (parents(path) > 0, *n)).cloned();
    // One record alone repeats nothing: it is the element with most parts that have none of their own.
    let most = most.or_else(|| {
        let leaf = |path: &str| parents(path) == 0;
        let leaves = |path: &str| {
            let child = |p: &str| p.strip_prefix(path).is_some_and(|rest| rest.starts_with('/') && !rest[1..].contains('/'));
            counts.iter().filter(|((_, p), _)| child(p) && leaf(p)).count() as u64
        };
        counts
            .iter()
            .map(|((level, path), _)| ((*level, path.clone()), leaves(path)))
            .filter(|(_, n)| *n > 1)
            .max_by_key(|(_, n)| *n)
    });
    let siblings_only = |path: &str| path.matches('/').count() == 1;
    Ok(most.filter(|((_, path), _)| !siblings_only(path)).and_then(|((_, path), _)| path.rsplit('/').next().map(str::to_owned)))
}

#[derive(Default)]
struct Element {
    text: String,
    /// Children that may be highlights within the text: where in it, their names and texts.
    highlights: Vec<(usize, String, String)>,
    children: Map<String, Value>,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> io::Result<Element> {
        let mut element = Element::default();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| invalid(&e.to_string()))?;
            let name = attribute.key.local_name().as_ref().to_string();
            if attribute.key.as_ref().starts_with("xmlns") {
                continue;
            }
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|e| invalid(&e.to_string()))?;
            element.children.insert(format!("@{name}"), Value::String(value.into_owned()));
        }
        Ok(element)
    }

    /// A repeated child becomes a list.
    fn add(&mut self, name: String, value: Value) {
        match self.children.get_mut(&name) {
            None => drop(self.children.insert(name, value)),
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }

    /// Attributes of an element that has a text stand beside it, so that the text has the same column with them and without:
    /// `<name lang="zh">x</name>` is `name` and `name.@lang`.
    fn add_element(&mut self, name: String, mut element: Element) {
        element.weave();
        let nil = element.children.get("@nil").and_then(Value::as_str).is_some_and(|v| matches!(v, "true" | "1"));
        if nil {
            return self.add(name, Value::Null);
        }
        let attributes_only = !element.children.is_empty() && element.children.keys().all(|k| k.starts_with('@'));
        if attributes_only && !element.text.trim().is_empty() && element.named().is_none() {
            for (attribute, value) in std::mem::take(&mut element.children) {
                self.add(format!("{name}.{attribute}"), value);
            }
        }
        self.add(name, element.value());
    }

    /// The name that an element carries in an attribute: `<field name="编号">A1</field>`, `<item name="编号" value="A1"/>`.
    fn named(&self) -> Option<&str> {
        const NAMES: [&str; 5] = ["@name", "@field", "@key", "@column", "@fieldname"];
        match self.children.len() {
            1 => NAMES.iter().find_map(|n| self.children.get(*n)?.as_str()),
            2 => {
                let name = NAMES.iter().find_map(|n| self.children.get(*n)?.as_str())?;
                (self.children.contains_key("@type") || self.children.contains_key("@value")).then_some(name)
            }
            _ => None,
        }
    }

    /// A search engine's mark around words of a text: it has nothing but text in it, and no other element's name.
    fn is_highlight(&self, name: &str) -> bool {
        const HIGHLIGHTS: [&str; 12] = ["em", "b", "i", "u", "font", "span", "mark", "strong", "hl", "tt", "highlight", "sup"];
        self.children.keys().all(|k| matches!(k.as_str(), "@class" | "@style" | "@color")) && HIGHLIGHTS.contains(&name)
    }

    /// `<企业名称>北京<em>示一</em>公司</企业名称>` is one text, where it has text of its own and no other children.
    fn weave(&mut self) {
        let is_mark = |key: &String| {
            self.highlights
                .iter()
                .any(|(_, name, _)| key.strip_prefix(name.as_str()).is_some_and(|r| r.is_empty() || r.starts_with(".@")))
        };
        let others = self.children.keys().any(|key| !key.starts_with('@') && !is_mark(key));
        if self.highlights.is_empty() || others || self.text.trim().is_empty() {
            return;
        }
        let kept = self.children.keys().filter(|key| !is_mark(key)).cloned().collect::<Vec<_>>();
        self.children.retain(|key, _| kept.contains(key));
        for (at, _, text) in std::mem::take(&mut self.highlights).into_iter().rev() {
            self.text.insert_str(at, &text);
        }
    }

    fn value(mut self) -> Value {
        self.name_fields();
        let text = self.text.trim();
        match (self.children.is_empty(), text.is_empty()) {
            (true, true) => Value::Null,
            (true, false) => Value::String(text.to_string()),
            (false, true) => Value::Object(self.children),
            (false, false) => {
                self.children.insert("text".into(), Value::String(text.to_string()));
                Value::Object(self.children)
            }
        }
    }
}

impl Element {
    /// Children of one name that carry their own names become children of those: `<field name="编号">A1</field>` twice and more.
    fn name_fields(&mut self) {
        let field = |v: &Value| -> Option<(String, Value)> {
            let object = v.as_object()?;
            // <col><name>编号</name><value>A1</value></col>
            if let (2, Some(name)) = (object.len(), object.get("name").and_then(Value::as_str))
                && let Some(value) = object.get("value").filter(|v| !v.is_object())
            {
                return Some((name.to_owned(), value.clone()));
            }
            let element = Element {
                text: String::new(),
                highlights: Vec::new(),
                children: object
                    .iter()
                    .filter(|(k, _)| *k != "text" && *k != "value")
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            };
            let name = element.named()?.to_owned();
            let value = ["text", "value", "@value"].iter().find_map(|k| object.get(*k));
            Some((name, value.cloned().unwrap_or(Value::Null)))
        };
        let fields: Vec<String> = self
            .children
            .iter()
            .filter(|(_, v)| v.as_array().is_some_and(|list| list.len() > 1 && list.iter().all(|v| field(v).is_some())))
            .map(|(name, _)| name.clone())
            .collect();
        for name in fields {
            let Some(Value::Array(list)) = self.children.remove(&name) else { continue };
            for (name, value) in list.iter().filter_map(field) {
                self.add(name, value);
            }
        }
    }
}

fn local_name(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_string()
}

/// The five entities of XML and character references; no others exist without a DOCTYPE.
fn resolve(reference: &BytesRef<'_>, record: u64, at: u64) -> io::Result<String> {
    if let Some(c) = reference.resolve_char_ref().map_err(|e| invalid(&e.to_string()))? {
        return Ok(c.to_string());
    }
    let name: &str = reference;
    match quick_xml::escape::resolve_predefined_entity(name) {
        Some(text) => Ok(text.to_string()),
        None => Err(refused(
            format!("第 {record} 条记录（约第 {at} 字节）使用了未知的实体 &{name};"),
            format!("record {record} (about byte {at}) uses the unknown entity &{name};"),
        )),
    }
}

fn refused(zh: impl Into<String>, en: impl Into<String>) -> io::Error {
    said(io::ErrorKind::InvalidData, zh, en)
}

fn too_deep(max: usize) -> io::Error {
    refused(format!("嵌套超过 {max} 层（source.caps.depth）"), format!("it is nested deeper than {max} (source.caps.depth)"))
}

/// What the parser itself says, in its own words.
fn invalid(what: &str) -> io::Error {
    refused(format!("不是合格的 XML：{what}"), what)
}

fn bad(error: quick_xml::Error, record: u64, at: u64) -> io::Error {
    let (zh, en) = match record {
        0 => (format!("约第 {at} 字节处"), format!("about byte {at}")),
        n => (format!("第 {n} 条记录（约第 {at} 字节）"), format!("record {n} (about byte {at})")),
    };
    match error {
        quick_xml::Error::Io(e) => again(&e),
        quick_xml::Error::Syntax(_) => io::ErrorKind::UnexpectedEof.into(),
        quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::UnclosedReference) => {
            refused(format!("{zh}有单独的 &：文本中的 & 须写成 &amp;"), format!("{en} holds a bare &: write it as &amp;"))
        }
        other => refused(
            format!("{zh}不是合格的 XML（文本中的 < 写成 \"&lt;\"，& 写成 \"&amp;\"）：{other}"),
            format!("{en} is no XML (a < or & inside a text is written &lt; or &amp;): {other}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(xml: &str, name: Option<&str>) -> io::Result<Vec<String>> {
        let mut records = Vec::new();
        stream_records(xml.as_bytes(), name, 128, 1 << 20, &mut |r| {
            records.push(r.to_string());
            Ok(())
        })?;
        Ok(records)
    }

    #[test]
    fn elements_become_objects() {
        let xml = r#"<?xml version="1.0"?><r:list xmlns:r="u"><row id="1"><name>甲 &amp; 乙</name><u>a</u><u>b</u><e/></row><row id="2"><name><![CDATA[<丙>]]></name></row></r:list>"#;
        let expected = [r#"{"@id":"1","e":null,"name":"甲 & 乙","u":["a","b"]}"#, r#"{"@id":"2","name":"<丙>"}"#];
        assert_eq!(records(xml, Some("row")).expect("XML"), expected);
        assert_eq!(records(xml, None).expect("XML"), expected);
    }

    #[test]
    fn fields_by_name_attributes_on_some_and_nil_have_the_columns_they_mean() {
        let xml = r#"<ds><row><field name="编号">A1</field><field name="人数">20</field><field name="备注"/></row></ds>"#;
        assert_eq!(records(xml, None).expect("XML"), [r#"{"人数":"20","备注":null,"编号":"A1"}"#]);
        let xml = r#"<ds><row><item name="编号" value="A1"/><item name="人数" value="20"/></row></ds>"#;
        assert_eq!(records(xml, None).expect("XML"), [r#"{"人数":"20","编号":"A1"}"#]);
        let col = |name: &str, value: &str| format!("<col><name>{name}</name><value>{value}</value></col>");
        let xml = format!("<ds><row>{}{}</row></ds>", col("编号", "A1"), col("人数", "20"));
        assert_eq!(records(&xml, None).expect("XML"), [r#"{"人数":"20","编号":"A1"}"#]);
        let xml = r#"<l xmlns:xsi="u"><r><n lang="zh">甲</n><d>1</d></r><r><n>乙</n><d xsi:nil="true"/></r></l>"#;
        assert_eq!(records(xml, None).expect("XML"), [r#"{"d":"1","n":"甲","n.@lang":"zh"}"#, r#"{"d":null,"n":"乙"}"#]);
    }

    #[test]
    fn a_highlight_within_a_text_is_part_of_it() {
        let xml = "<l><r><企业名称>北京<em>示一</em>科技<em class=\"x\">有限</em>公司</企业名称><n><b>示二</b>公司</n></r><r><em>1</em><b>2</b></r></l>";
        assert_eq!(
            records(xml, Some("r")).expect("XML"),
            [r#"{"n":"示二公司","企业名称":"北京示一科技有限公司"}"#, r#"{"b":"2","em":"1"}"#]
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_record_and_byte() {
        let bare = records("<l><r><n>甲</n></r><r><n>A&B公司</n></r></l>", None).expect_err("a bare &").to_string();
        assert!(bare.contains("record 2") && bare.contains("&amp;"), "{bare}");
        let less = records("<l><r><n>甲</n></r><r><n>A<B公司</n></r></l>", None).expect_err("a bare <").to_string();
        assert!(less.contains("record 2"), "{less}");
        let two =
            records("<l><r><n>甲</n></r></l>\n<?xml version=\"1.0\"?><l><r><n>乙</n></r></l>", None).expect_err("two roots");
        assert!(two.to_string().contains("another XML document"), "{two}");
    }

    #[test]
    fn the_element_that_repeats_is_found_under_its_envelope() {
        let found = |xml: &str| repeated_element(xml.as_bytes(), 64).expect("XML");
        let row = "<企业><证><号>1</号></证><证><号>2</号></证></企业>";
        assert_eq!(found(&format!("<包><头><批>1</批></头><集>{row}{row}</集></包>")).as_deref(), Some("企业"));
        assert_eq!(found(&format!("<集>{row}{row}</集>")), None, "children of the root need no name");
        assert_eq!(
            found(&format!("<根><列表>{row}</列表></根>").replace("证", "项")).as_deref(),
            Some("项"),
            "parts that repeat"
        );
        assert_eq!(
            found("<根><列表><企业><号>1</号><名>甲</名></企业></列表></根>").as_deref(),
            Some("企业"),
            "one record alone"
        );
        assert_eq!(found("<a><b/></a>"), None);
        let empty = "<件><附/><附/><附/><附/></件>";
        assert_eq!(found(&format!("<根><数>{row}{row}</数>{empty}</根>")).as_deref(), Some("企业"), "the list with content");
    }

    #[test]
    fn entity_bombs_depth_and_cuts_are_refused() {
        let bomb = r#"<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><l><row>&b;</row></l>"#;
        assert!(records(bomb, None).expect_err("refused").to_string().contains("DOCTYPE"));
        let deep = "<a>".repeat(200) + &"</a>".repeat(200);
        assert!(records(&deep, None).expect_err("refused").to_string().contains("nested"));
        assert_eq!(records("<l><row><name>x</name>", None).expect_err("cut").kind(), io::ErrorKind::UnexpectedEof);
        assert!(records("<l><row>&x;</row></l>", None).expect_err("unknown").to_string().contains("&x;"));
    }

    #[test]
    fn a_record_without_end_is_refused_in_one_text_and_in_many() {
        let each = &mut |_: &str| Ok(());
        let long = format!("<l><r><n>{}</n></r></l>", "x".repeat(5_000));
        let many = format!("<l><r>{}</r></l>", "<n>x</n>".repeat(500));
        let good = format!("<l>{}</l>", "<r><n>x</n></r>".repeat(500));
        for (xml, is_good) in [(long, false), (many, false), (good, true)] {
            let read = stream_records(xml.as_bytes(), Some("r"), 128, 1_000, each);
            assert_eq!(read.is_ok(), is_good, "{}", &xml[..40]);
            assert!(is_good || read.unwrap_err().to_string().contains("row_bytes"));
        }
    }
}
