//! One answer: judged, and split into records.

use std::borrow::Cow;

use super::shapes::{self, Found, MESSAGES, SIGNS};
use super::xml_answer::{Envelope, envelope};
use crate::connector::{Connector, Format};
use crate::pull::{PullError, answer, xml};

/// Documents inside documents that are taken apart.
const MAX_WRAPS: u32 = 3;

/// An answer with status 200, not looked at yet.
pub struct Page<'a> {
    pub connector: &'a Connector,
    /// Where its records are: a JSON pointer, or the name of an XML element.
    pub items: Option<&'a str>,
    pub media_type: &'a str,
    pub body: &'a str,
}

/// What an answer holds.
#[derive(Debug)]
pub struct Contents<'a> {
    /// None: nothing stands where the list should be, as some write an empty one.
    pub items: Option<Vec<Cow<'a, str>>>,
    /// How many records there are in all, as it says.
    pub total: Option<u64>,
    /// The token of the next page, or whether there is one.
    pub next: Option<String>,
    /// It said so in the words of the connector.
    pub affirmed: bool,
    /// Its own end shows that it is whole.
    pub closed: bool,
}

impl Contents<'_> {
    fn owned(self) -> Contents<'static> {
        let items = self.items.map(|items| items.into_iter().map(|i| Cow::Owned(i.into_owned())).collect());
        Contents { items, ..self }
    }
}

impl<'a> Page<'a> {
    /// # Errors
    /// `html`, `refused_in_body`, `fault`, `no_items`, `truncated`, `not_json`, `not_xml`, all of them held; of XML what its reader
    /// says.
    pub fn read(&self) -> Result<Contents<'a>, PullError> {
        self.read_inside(MAX_WRAPS)
    }

    fn read_inside(&self, wraps: u32) -> Result<Contents<'a>, PullError> {
        if is_web_page(self.body) {
            return Err(PullError::new(
                self.connector,
                "html",
                "应答是网页而不是数据（登录页或出错页？），该批次已暂停",
                "answers with a web page, no data (a login or an error page?); the batch is held",
            )
            .held());
        }
        let format = self.connector.source.format;
        let begins_as_xml = self.body.trim_start().starts_with('<');
        if format == Some(Format::Xml) || (begins_as_xml && (format.is_none() || self.media_type.contains("xml"))) {
            return self.read_xml(wraps);
        }
        if format == Some(Format::Ndjson) || (format.is_none() && self.media_type.contains("ndjson")) {
            let items = shapes::lines(self.body).map_err(|e| self.no_json(&e))?;
            let items = Some(items.into_iter().map(Cow::Borrowed).collect());
            return Ok(Contents { items, total: None, next: None, affirmed: false, closed: false });
        }
        self.read_json(wraps)
    }

    fn read_json(&self, wraps: u32) -> Result<Contents<'a>, PullError> {
        let http = &self.connector.source.http;
        let body = shapes::bare(self.body);
        let ok = http.ok.as_ref().map(|(at, _)| at.as_str());
        let mut texts = vec![ok, http.total.as_deref(), http.paging.next.as_deref()];
        texts.extend(SIGNS.map(Some));
        texts.extend(MESSAGES.map(Some));
        let (mut looked, fault) = answer::look(body, self.items, &texts);
        // JSON texts one behind the other, whatever the connector calls them.
        let behind_one_another =
            fault.is_some() && self.items.is_none() && looked.items.is_none() && body.starts_with('{') && body.contains('\n');
        if behind_one_another && let Ok(items) = shapes::lines(body) {
            let items = Some(items.into_iter().map(Cow::Borrowed).collect());
            return Ok(Contents { items, total: None, next: None, affirmed: false, closed: false });
        }
        // Inside of a text everything may stand, the signs too.
        if fault.is_none()
            && looked.items.is_none()
            && wraps > 0
            && let Found::Unwrapped(inner) = shapes::instead_of_a_list(self.connector, body, self.items)
        {
            return Page { body: &inner, ..*self }.read_json(wraps - 1).map(Contents::owned);
        }
        // A failure that it announced before it broke off is the better word.
        let affirmed = self.is_ok(looked.texts[0].take(), fault.is_none())?;
        if let Some(fault) = fault {
            return Err(self.no_json(&fault));
        }
        let total = looked.texts[1].take().and_then(|t| how_many(&t));
        let next = looked.texts[2].take();
        let (signs, messages) = looked.texts[3..].split_at(SIGNS.len());
        let items = match looked.items {
            Some(items) => Some(items),
            None => match shapes::instead_of_a_list(self.connector, body, self.items) {
                Found::Records(records) => Some(records),
                Found::Nothing => None,
                Found::Missing if total == Some(0) => None,
                Found::Missing | Found::Unwrapped(_) => return Err(self.no_items()),
            },
        };
        let failed = || shapes::says_failure(signs) || total != Some(0) && shapes::tells_of_failure(messages);
        if !affirmed && items.as_ref().is_none_or(Vec::is_empty) && failed() {
            let body = excerpt(body);
            return Err(PullError::new(
                self.connector,
                "refused_in_body",
                format!("应答没有记录，且正文表示失败（{body}），该批次已暂停；若这是正常应答，请写明 source.http.ok"),
                format!("its answer has no records and says that it failed ({body}); the batch is held. Where this is a good answer, say so with source.http.ok"),
            )
            .held());
        }
        let items = items.map(|items| items.into_iter().map(Cow::Borrowed).collect());
        Ok(Contents { items, total, next, affirmed, closed: true })
    }

    fn read_xml(&self, wraps: u32) -> Result<Contents<'a>, PullError> {
        if !self.body.trim_start().trim_start_matches('\u{feff}').starts_with('<') {
            let body = excerpt(self.body);
            return Err(PullError::new(
                self.connector,
                "not_xml",
                format!("应答不是 XML（应答开头：{body}），该批次已暂停"),
                format!("its answer is no XML (it begins: {body}); the batch is held"),
            )
            .held());
        }
        let mut items: Vec<Cow<'a, str>> = Vec::new();
        let caps = &self.connector.source.caps;
        let mut keep = |record: &str| {
            items.push(Cow::Owned(record.to_string()));
            Ok(())
        };
        let read = xml::stream_records(self.body.as_bytes(), self.items, caps.depth, caps.row_bytes, &mut keep);
        let said = envelope(self.body, self.items);
        if let Some(words) = said.failure() {
            let words = excerpt(&words);
            return Err(PullError::new(
                self.connector,
                "fault",
                format!("数据源应答出错：{words}，该批次已暂停"),
                format!("the registry answers with a fault: {words}; the batch is held"),
            )
            .held());
        }
        read.map_err(|e| PullError::io(self.connector, "the XML answer", &e))?;
        if wraps > 0 && self.holds_a_document(&items, &said) {
            return self.read_documents(wraps, said.documents());
        }
        // Without a name the one child of the root is taken for a record: it may be such an element.
        if let (None, [one]) = (self.items, items.as_slice())
            && wraps > 0
            && let Ok(text) = serde_json::from_str::<String>(one)
            && text.trim_start().starts_with(['<', '{', '['])
        {
            return self.read_documents(wraps, std::iter::once(text.trim()));
        }
        let http = &self.connector.source.http;
        let ok = http.ok.as_ref().and_then(|(at, _)| said.at(at)).map(str::to_owned);
        let affirmed = self.is_ok(ok, true)?;
        let total: Option<u64> = http.total.as_ref().and_then(|at| how_many(said.at(at)?));
        let next = http.paging.next.as_ref().and_then(|at| said.at(at)).map(str::to_owned);
        let empty = items.is_empty() && !affirmed && total != Some(0) && !said.is_silent();
        Ok(Contents { items: (!empty).then_some(items), total, next, affirmed, closed: true })
    }

    /// Its records are inside an escaped element: there are none beside it, or without a name the only child of the root is a text.
    fn holds_a_document(&self, items: &[Cow<'_, str>], said: &Envelope) -> bool {
        match self.items.filter(|i| !i.starts_with('/')) {
            Some(_) => items.is_empty() && said.documents().next().is_some(),
            None => said.documents().next().is_some(),
        }
    }

    fn read_documents<'d>(&self, wraps: u32, documents: impl Iterator<Item = &'d str>) -> Result<Contents<'a>, PullError> {
        let mut last = self.no_elements();
        for document in documents {
            let inner = Page { body: document, ..*self };
            // A pointer names a place in JSON, a name one in XML.
            let by_pointer = self.items.is_some_and(|i| i.starts_with('/'));
            let read = match document.starts_with('<') {
                true => inner.read_xml(wraps - 1),
                false if by_pointer || self.items.is_none() => inner.read_json(wraps - 1),
                false => Page { items: None, ..inner }.read_json(wraps - 1),
            };
            match read {
                Ok(contents) => return Ok(contents.owned()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// What the answer says of itself, where the connector knows; without it, it is a failure where it is `whole`.
    fn is_ok(&self, said: Option<String>, whole: bool) -> Result<bool, PullError> {
        let Some((at, good)) = &self.connector.source.http.ok else { return Ok(false) };
        let said = match said {
            Some(said) if good.contains(&said) => return Ok(true),
            None if !whole => return Ok(false),
            said => said.unwrap_or_else(|| "∅".into()),
        };
        Err(PullError::new(
            self.connector,
            "refused_in_body",
            format!("应答正文表示失败（{at} = {said}），该批次已暂停"),
            format!("its answer says that it failed ({at} = {said}); the batch is held"),
        )
        .held())
    }

    /// How it says that all went well, for comparing answers that have no records with one that has: what stands beside them.
    pub fn signs(&self) -> String {
        if self.body.trim_start().starts_with('<') {
            return envelope(self.body, self.items).signs();
        }
        shapes::signs(shapes::bare(self.body))
    }

    /// What is wrong with an answer in which nothing stands where the records should be.
    pub fn nothing(&self) -> PullError {
        if self.body.trim_start().starts_with('<') { self.no_elements() } else { self.no_items() }
    }

    fn no_items(&self) -> PullError {
        let place = self.items.unwrap_or("/");
        let body = excerpt(self.body);
        PullError::new(
            self.connector,
            "no_items",
            format!("应答中 {place} 处没有记录列表（应答开头：{body}），该批次已暂停；若空应答是正常的，请用 source.http.ok 或 total 写明它如何表示"),
            format!("its answer has no list of records at {place} (it begins: {body}); the batch is held. Where an empty answer is a good one, say with source.http.ok or total how it says so"),
        )
        .held()
    }

    fn no_elements(&self) -> PullError {
        let name = self.items.unwrap_or("*");
        let body = excerpt(self.body);
        PullError::new(
            self.connector,
            "no_items",
            format!("应答中没有 <{name}> 元素（应答开头：{body}），该批次已暂停；若空应答是正常的，请用 source.http.ok 或 total 写明它如何表示"),
            format!("its answer has no element <{name}> (it begins: {body}); the batch is held. Where an empty answer is a good one, say with source.http.ok or total how it says so"),
        )
        .held()
    }

    fn no_json(&self, error: &serde_json::Error) -> PullError {
        if error.is_eof() {
            return PullError::new(
                self.connector,
                "truncated",
                "应答不完整，该批次已暂停",
                "its answer is cut off; the batch is held",
            )
            .held();
        }
        let body = excerpt(self.body);
        PullError::new(
            self.connector,
            "not_json",
            format!("应答不是 JSON：{error}（应答开头：{body}），该批次已暂停"),
            format!("its answer is no JSON: {error} (it begins: {body}); the batch is held"),
        )
        .held()
    }
}

/// A login page comes with status 200, too, and under any media type; data come as `text/html`.
pub fn is_web_page(body: &str) -> bool {
    let head = body.trim_start_matches(['\u{feff}']).trim_start();
    if !head.starts_with('<') {
        return false;
    }
    let start: String = head.chars().take(1_000).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head>", "<script"].iter().any(|sign| start.contains(sign))
}

fn excerpt(body: &str) -> String {
    body.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// How many there are in all, as programs say it: 1234, 1234.0, "1,234".
fn how_many(text: &str) -> Option<u64> {
    let text = text.trim();
    let text = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') => whole,
        _ => text,
    };
    let mut groups = text.split(',');
    let first = groups.next()?;
    let grouped = groups.clone().next().is_none() || (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3);
    grouped.then(|| text.replace(',', "").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::how_many;

    #[test]
    fn a_total_is_understood_as_programs_write_it() {
        for (text, expected) in [
            ("1234", Some(1234)),
            (" 1234.0 ", Some(1234)),
            ("1,234", Some(1234)),
            ("1,234,567", Some(1_234_567)),
            ("0", Some(0)),
            ("12,34", None),
            ("1234.5", None),
            ("1,2", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(how_many(text), expected, "{text}");
        }
    }
}
