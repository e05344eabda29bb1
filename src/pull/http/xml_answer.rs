//! What an XML answer says beside its records: failures, totals, and a document inside an escaped element.
//!
//! In: an XML answer and the name of its records. Out: the texts outside of them, by the path of their elements.

use quick_xml::Reader;
use quick_xml::events::Event;

/// What stands outside of the records.
#[derive(Debug, Default, PartialEq)]
pub struct Envelope {
    /// Path of an element (`/Envelope/Body/code`) or attribute (`…/@code`) and its text, in their order.
    texts: Vec<(String, String)>,
    /// An element is named like a failure.
    fault: bool,
}

/// Reads what stands outside of the elements named `record` (None: of the children of the root). What is no XML ends it early: the
/// reader of records says so.
pub fn envelope(body: &str, record: Option<&str>) -> Envelope {
    let mut reader = Reader::from_str(body);
    let mut found = Envelope::default();
    let mut path: Vec<String> = Vec::new();
    let mut inside: Option<usize> = None;
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                text.clear();
                path.push(start.local_name().as_ref().to_string());
                if inside.is_none() {
                    let begins = record.map_or(path.len() == 2, |r| path.last().is_some_and(|n| n == r));
                    if begins {
                        inside = Some(path.len());
                    } else {
                        found.element(&path, &start);
                    }
                }
            }
            Ok(Event::Empty(start)) => {
                let name = start.local_name().as_ref().to_string();
                let is_record = record.map_or(path.len() == 1, |r| r == name);
                if inside.is_none() && !is_record {
                    path.push(name);
                    found.element(&path, &start);
                    path.pop();
                }
            }
            Ok(Event::Text(t)) if inside.is_none() => text.push_str(&t),
            Ok(Event::CData(t)) if inside.is_none() => text.push_str(&t),
            Ok(Event::GeneralRef(reference)) if inside.is_none() => match reference.resolve_char_ref() {
                Ok(Some(c)) => text.push(c),
                _ => text.push_str(quick_xml::escape::resolve_predefined_entity(&reference).unwrap_or_default()),
            },
            Ok(Event::End(_)) => {
                if inside.is_none() && !text.trim().is_empty() {
                    found.texts.push((format!("/{}", path.join("/")), text.trim().to_owned()));
                }
                text.clear();
                if inside == Some(path.len()) {
                    inside = None;
                }
                path.pop();
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

impl Envelope {
    fn element(&mut self, path: &[String], start: &quick_xml::events::BytesStart<'_>) {
        let name = path.last().map(String::as_str).unwrap_or_default();
        self.fault |=
            matches!(name.to_ascii_lowercase().as_str(), "fault" | "exception" | "exceptionreport" | "error" | "errors");
        for attribute in start.attributes().flatten() {
            let key: &str = attribute.key.as_ref();
            // Names of spaces and schemas say nothing of the answer.
            if key.starts_with("xmlns") || key.starts_with("xsi:") {
                continue;
            }
            if let Ok(value) = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0) {
                let key = attribute.key.local_name();
                self.texts.push((format!("/{}/@{}", path.join("/"), key.as_ref()), value.into_owned()));
            }
        }
    }

    /// The text of the first element whose path ends like this: `/code` is any element `code`.
    pub fn at(&self, place: &str) -> Option<&str> {
        self.texts.iter().find(|(path, _)| path.ends_with(place)).map(|(_, text)| text.as_str())
    }

    /// The words of a failure, where an element is named like one: those of SOAP, or all there are.
    pub fn failure(&self) -> Option<String> {
        if !self.fault {
            return None;
        }
        let words = ["/faultstring", "/Reason/Text", "/message", "/Message"].iter().find_map(|place| self.at(place));
        let all = || self.texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ");
        Some(words.map_or_else(all, str::to_owned)).filter(|words| !words.trim().is_empty())
    }

    /// Nothing at all is said: an empty list.
    pub fn is_silent(&self) -> bool {
        self.texts.is_empty() && !self.fault
    }

    /// Documents inside escaped elements: XML or JSON that is the text of one.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        let texts = self.texts.iter().map(|(_, text)| text.trim_start_matches('\u{feff}').trim());
        texts.filter(|t| (t.starts_with('<') && t.ends_with('>')) || t.starts_with(['{', '[']))
    }

    /// The paths outside of records, once each, and what those say that tell how the answer went.
    pub fn signs(&self) -> String {
        let mut signs: Vec<String> = Vec::new();
        for (path, text) in &self.texts {
            let name = path.rsplit('/').next().unwrap_or_default().trim_start_matches('@');
            let tells = super::shapes::SIGNS.iter().any(|s| s[1..].eq_ignore_ascii_case(name));
            let sign = if tells { format!("{path}={text}") } else { path.clone() };
            if !signs.contains(&sign) {
                signs.push(sign);
            }
        }
        signs.join(";")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_outside_of_the_records_is_found_by_the_end_of_its_path() {
        let body =
            r#"<?xml version="1.0"?><r xmlns:x="u" code="0"><head><total>12</total></head><row><code>9</code></row><row/></r>"#;
        let said = envelope(body, Some("row"));
        assert_eq!(
            (said.at("/code"), said.at("/@code"), said.at("/total"), said.at("/head/total")),
            (None, Some("0"), Some("12"), Some("12"))
        );
        assert!(said.failure().is_none() && !said.is_silent());
        assert!(envelope("<r xmlns=\"u\"><list></list></r>", Some("row")).is_silent());
        assert!(envelope("<r><row><n>1</n></row></r>", None).is_silent());
    }

    #[test]
    fn failures_are_told_in_their_words() {
        let soap = "<s:Envelope xmlns:s=\"u\"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>数据库连接失败</faultstring></s:Fault></s:Body></s:Envelope>";
        assert_eq!(envelope(soap, Some("row")).failure().as_deref(), Some("数据库连接失败"));
        let newer = "<Envelope><Body><Fault><Code><Value>Sender</Value></Code><Reason><Text>no rights</Text></Reason></Fault></Body></Envelope>";
        assert_eq!(envelope(newer, Some("row")).failure().as_deref(), Some("no rights"));
        assert_eq!(envelope("<error>系统繁忙</error>", Some("row")).failure().as_deref(), Some("系统繁忙"));
    }

    #[test]
    fn a_document_inside_an_element_is_found_escaped_or_not() {
        let inner = |body: &str| envelope(body, Some("row")).documents().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(inner("<e><return>&lt;d&gt;&lt;row/&gt;&lt;/d&gt;</return></e>"), ["<d><row/></d>"]);
        assert_eq!(inner("<e><return><![CDATA[<d><row/></d>]]></return></e>"), ["<d><row/></d>"]);
        assert_eq!(inner("<string>[{\"id\":1}]</string>"), ["[{\"id\":1}]"]);
        assert!(inner("<e><n>a &lt; b</n></e>").is_empty());
    }
}
