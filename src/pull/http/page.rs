//! One answer: judged, and split into records.

use std::borrow::Cow;

use crate::connector::{Connector, Format};
use crate::pull::{PullError, answer, xml};

/// An answer with status 200, not looked at yet.
pub struct Page<'a> {
    pub connector: &'a Connector,
    pub media_type: &'a str,
    pub body: &'a str,
}

/// What an answer holds.
pub struct Contents<'a> {
    pub items: Vec<Cow<'a, str>>,
    /// How many records there are in all, as it says.
    pub total: Option<u64>,
    /// The token of the next page.
    pub next: Option<String>,
}

impl<'a> Page<'a> {
    /// # Errors
    /// `html`, `refused_in_body`, `no_items`, `truncated`, `not_json`, all of them held; of XML what its reader says.
    pub fn read(&self) -> Result<Contents<'a>, PullError> {
        self.is_no_web_page()?;
        let http = &self.connector.source.http;
        let pointer = http.items.as_deref();
        if self.connector.source.format == Some(Format::Xml) || self.media_type.contains("xml") {
            let mut items = Vec::new();
            let mut keep = |record: &str| {
                items.push(Cow::Owned(record.to_string()));
                Ok(())
            };
            xml::stream_records(self.body.as_bytes(), pointer, self.connector.source.caps.depth, &mut keep)
                .map_err(|e| PullError::io(self.connector, "the XML answer", &e))?;
            return Ok(Contents { items, total: None, next: None });
        }
        let ok = http.ok.as_ref().map(|(at, _)| at.as_str());
        let texts = [ok, http.total.as_deref(), http.paging.next.as_deref()];
        let (mut looked, fault) = answer::look(self.body, pointer, &texts);
        // A failure that it announced before it broke off is the better word.
        self.is_ok(looked.texts[0].take(), fault.is_none())?;
        if let Some(fault) = fault {
            return Err(self.no_json(&fault));
        }
        let total = looked.texts[1].take().and_then(|t| t.parse().ok());
        let next = looked.texts[2].take();
        let items = looked.items.ok_or_else(|| self.no_items())?;
        Ok(Contents { items: items.into_iter().map(Cow::Borrowed).collect(), total, next })
    }

    /// A login page comes with status 200, too.
    fn is_no_web_page(&self) -> Result<(), PullError> {
        let head = self.body.trim_start();
        let start: String = head.chars().take(15).collect::<String>().to_ascii_lowercase();
        if self.media_type.starts_with("text/html") || start.starts_with("<!doctype html") || start.starts_with("<html") {
            return Err(PullError::new(
                self.connector,
                "html",
                "应答是网页而不是数据（登录页或出错页？），该批次已暂停",
                "answers with a web page, no data (a login or an error page?); the batch is held",
            )
            .held());
        }
        Ok(())
    }

    /// What the answer says of itself, where the connector knows; without it, it is a failure where it is `whole`.
    fn is_ok(&self, said: Option<String>, whole: bool) -> Result<(), PullError> {
        let Some((at, good)) = &self.connector.source.http.ok else { return Ok(()) };
        let said = match said {
            Some(said) if good.contains(&said) => return Ok(()),
            None if !whole => return Ok(()),
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

    fn no_items(&self) -> PullError {
        let place = self.connector.source.http.items.as_deref().unwrap_or("/");
        let body = excerpt(self.body);
        PullError::new(
            self.connector,
            "no_items",
            format!("应答中 {place} 处没有记录列表（应答开头：{body}），该批次已暂停"),
            format!("its answer has no list of records at {place} (it begins: {body}); the batch is held"),
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

fn excerpt(body: &str) -> String {
    body.chars().filter(|c| !c.is_control()).take(60).collect()
}
