//! XML to records: each element of the connector's name becomes one JSON object (children by name, attributes with `@`),
//! read on like any other. A DOCTYPE is refused before anything it declares could be expanded.

use std::io::{self, BufRead};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::{Map, Value};

use super::error::{again, said};

/// Streams the records named `record` (None: the children of the root).
///
/// # Errors
/// `InvalidData` for a DOCTYPE, nesting deeper than `max_depth` and text that is no XML; `UnexpectedEof` where it is cut off.
pub fn stream_records(
    text: impl BufRead,
    record: Option<&str>,
    max_depth: usize,
    each: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut reader = Reader::from_reader(text);
    reader.config_mut().check_end_names = true;
    let mut buffer = Vec::new();
    let mut depth = 0;
    let mut seen_root = false;
    let mut open: Vec<(Element, String)> = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(bad)? {
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
                if begins || !open.is_empty() {
                    open.push((Element::of(&start)?, name));
                }
            }
            Event::Empty(start) => {
                seen_root = true;
                let name = local_name(&start);
                let element = Element::of(&start)?;
                match open.last_mut() {
                    Some((parent, _)) => parent.add(name, element.value()),
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
                let text = resolve(&reference)?;
                if let Some((element, _)) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some((element, name)) = open.pop() {
                    match open.last_mut() {
                        Some((parent, _)) => parent.add(name, element.value()),
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
    let mut counts: std::collections::BTreeMap<(usize, String), u64> = std::collections::BTreeMap::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(bad)?;
        if let Event::Start(start) | Event::Empty(start) = &event {
            path.push(local_name(start));
            if path.len() > max_depth {
                return Err(too_deep(max_depth));
            }
            *counts.entry((path.len(), path.join("/"))).or_default() += 1;
        }
        match event {
            Event::DocType(_) => return Err(refused("含有 DOCTYPE 声明，不予读取", "it has a DOCTYPE, which is refused")),
            Event::Empty(_) | Event::End(_) => drop(path.pop()),
            Event::Eof => break,
            _ => {}
        }
    }
    let level = counts.iter().find(|(_, n)| **n > 1).map(|((level, _), _)| *level);
    let most = counts.into_iter().filter(|((l, _), _)| Some(*l) == level).max_by_key(|(_, n)| *n);
    let siblings_only = |path: &str| path.matches('/').count() == 1;
    Ok(most.filter(|((_, path), _)| !siblings_only(path)).and_then(|((_, path), _)| path.rsplit('/').next().map(str::to_owned)))
}

#[derive(Default)]
struct Element {
    text: String,
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

    fn value(mut self) -> Value {
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

fn local_name(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_string()
}

/// The five entities of XML and character references; no others exist without a DOCTYPE.
fn resolve(reference: &BytesRef<'_>) -> io::Result<String> {
    if let Some(c) = reference.resolve_char_ref().map_err(|e| invalid(&e.to_string()))? {
        return Ok(c.to_string());
    }
    let name: &str = reference;
    match quick_xml::escape::resolve_predefined_entity(name) {
        Some(text) => Ok(text.to_string()),
        None => Err(refused(format!("使用了未知的实体 &{name};"), format!("it uses the unknown entity &{name};"))),
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

fn bad(error: quick_xml::Error) -> io::Error {
    match error {
        quick_xml::Error::Io(e) => again(&e),
        quick_xml::Error::Syntax(_) => io::ErrorKind::UnexpectedEof.into(),
        other => invalid(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(xml: &str, name: Option<&str>) -> io::Result<Vec<String>> {
        let mut records = Vec::new();
        stream_records(xml.as_bytes(), name, 128, &mut |r| {
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
    fn the_element_that_repeats_is_found_under_its_envelope() {
        let found = |xml: &str| repeated_element(xml.as_bytes(), 64).expect("XML");
        let row = "<企业><证><号>1</号></证><证><号>2</号></证></企业>";
        assert_eq!(found(&format!("<包><头><批>1</批></头><集>{row}{row}</集></包>")).as_deref(), Some("企业"));
        assert_eq!(found(&format!("<集>{row}{row}</集>")), None, "children of the root need no name");
        assert_eq!(found("<a><b/></a>"), None);
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
}
