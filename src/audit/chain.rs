//! The chain: a row, its line, and the digest that the next one holds.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Which enterprises an answer showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Their ids, in the order of their names in the alphabet of ids.
    These(Vec<String>),
    /// Very many: how many of which edition, and what chose them.
    Many {
        /// How many.
        count: u64,
        /// The question that chose them, as it was asked.
        chosen_by: String,
    },
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Counts from 1 over all files.
    #[serde(default)]
    pub seq: u64,
    /// When it was answered: RFC 3339 in UTC, to the millisecond.
    pub at: String,
    /// Id of the caller's token, or of the command's user.
    pub caller: String,
    /// Its name, for people.
    pub name: String,
    /// Its role.
    pub role: String,
    /// What the caller said it reads for; empty where it said nothing.
    pub purpose: String,
    /// graphql, stream, change (before it is made), export, file (of an export job, a letter, a map), reconcile, counter, command (of the
    /// command line).
    pub way: String,
    /// SHA-256 of what was asked, the first sixteen digits.
    pub operation: String,
    /// Fields of enterprises that it showed, or that it was chosen or ordered by; what else of them (`FUND`, `DISPUTES`).
    pub fields: Vec<String>,
    /// The classes that were opened for it beyond what every caller sees: `MONEY`, `DISPUTE`, `VISIT`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Which enterprises.
    pub enterprises: Seen,
    /// Number of the edition it rests on; 0 for none.
    pub edition: u32,
    /// Id of the request, as in the log and in the answer.
    pub request: String,
}

/// The same as it is put down, without its number: nothing of it is copied before it is text. Fields as those of [`AuditRow`].
#[derive(Debug, Clone, Copy, Serialize)]
pub struct NotedAnswer<'a> {
    /// When it was answered: RFC 3339 in UTC, to the millisecond.
    pub at: &'a str,
    /// Id of the caller's token.
    pub caller: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its role.
    pub role: &'a str,
    /// What it said it reads for.
    pub purpose: &'a str,
    /// The way that it came.
    pub way: &'a str,
    /// The digest of what was asked.
    pub operation: &'a str,
    /// What it showed.
    pub fields: &'a [&'a str],
    /// What was opened for it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub classes: &'a [&'a str],
    /// Whom it showed.
    pub enterprises: NotedSeen<'a>,
    /// The edition it rests on.
    pub edition: u32,
    /// Id of the request.
    pub request: &'a str,
}

/// [`Seen`], as it is put down.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotedSeen<'a> {
    /// Their ids.
    These(&'a [String]),
    /// Very many.
    Many {
        /// How many.
        count: u64,
        /// What chose them.
        chosen_by: &'a str,
    },
}

/// Bytes of most rows: that of a page of twenty enterprises.
const MOST: usize = 1_024;

/// The text of a row without its number: what stands behind `{"seq":N`, for which there is one sign in front.
pub(super) fn text_of(answer: &NotedAnswer<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(MOST);
    serde_json::to_writer(&mut text, answer).expect("texts and numbers");
    text[0] = b',';
    text
}

/// The same of a row that is whole.
pub(super) fn text_of_row(row: &AuditRow) -> Vec<u8> {
    let mut text = serde_json::to_vec(row).expect("texts and numbers");
    // Its number comes first.
    text.drain(..text.iter().position(|byte| *byte == b',').expect("a row has more than its number"));
    text
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// The file.
    pub file: String,
    /// Its line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// The row concerned, where it can still be told.
    pub seq: Option<u64>,
    /// What is wrong, in Chinese and English.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// A line of a file.
pub(super) enum Line<'a> {
    /// A row: the digest before it, the row as it was written, the digest of both.
    Row { prev: &'a str, row: &'a RawValue, hash: &'a str },
    /// That the chain stood so: signed with the key beside the files.
    Mark { seq: u64, hash: &'a str, mac: &'a str },
}

impl<'a> Line<'a> {
    /// None for what is neither.
    pub(super) fn read(text: &'a str) -> Option<Line<'a>> {
        #[derive(Deserialize)]
        struct Parts<'a> {
            #[serde(borrow)]
            prev: Option<&'a str>,
            #[serde(borrow)]
            row: Option<&'a RawValue>,
            seq: Option<u64>,
            hash: &'a str,
            mac: Option<&'a str>,
        }
        let Parts { prev, row, seq, hash, mac } = serde_json::from_str(text).ok()?;
        match (prev, row, seq, mac) {
            (Some(prev), Some(row), None, None) => Some(Line::Row { prev, row, hash }),
            (None, None, Some(seq), Some(mac)) => Some(Line::Mark { seq, hash, mac }),
            _ => None,
        }
    }
}

/// The digest of nothing, before the first row.
pub(super) const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256 of the digest before and the row as written, hex.
pub(super) fn link(prev: &str, row: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(&Sha256::new().chain_update(prev).chain_update(row).finalize())
}

/// HMAC-SHA256 of a state of the chain, hex.
pub(super) fn sign(key: &[u8], seq: u64, hash: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(format!("{seq}:{hash}").as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// Puts the line of a row behind `prev` at the end of `text`; its digest. `row` is its text without its number.
pub(super) fn push_line(text: &mut Vec<u8>, prev: &str, seq: u64, row: &[u8]) -> String {
    text.extend_from_slice(b"{\"prev\":\"");
    text.extend_from_slice(prev.as_bytes());
    text.extend_from_slice(b"\",\"row\":");
    let begins = text.len();
    text.extend_from_slice(b"{\"seq\":");
    text.extend_from_slice(seq.to_string().as_bytes());
    text.extend_from_slice(row);
    let hash = link(prev, &text[begins..]);
    text.extend_from_slice(b",\"hash\":\"");
    text.extend_from_slice(hash.as_bytes());
    text.extend_from_slice(b"\"}\n");
    hash
}

/// The line of a signed mark.
pub(super) fn mark_of(key: &[u8], seq: u64, hash: &str) -> String {
    let mac = sign(key, seq, hash);
    format!("{{\"seq\":{seq},\"hash\":\"{hash}\",\"mac\":\"{mac}\"}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_put_down_as_it_is_read_back() {
        let row = AuditRow {
            seq: 7,
            at: "2026-11-05T01:02:03.004Z".into(),
            caller: "ann".into(),
            name: "示例\"员\"".into(),
            role: "analyst".into(),
            purpose: "入户走访".into(),
            way: "graphql".into(),
            operation: "0123456789abcdef".into(),
            fields: vec!["NAME".into(), "GAP".into()],
            classes: vec!["MONEY".into()],
            enterprises: Seen::These(vec!["E1".into(), "E2".into()]),
            edition: 3,
            request: "r".into(),
        };
        let many = Seen::Many { count: 9, chosen_by: "{ gap }".into() };
        for row in [row.clone(), AuditRow { classes: Vec::new(), enterprises: many, ..row }] {
            let mut line = Vec::new();
            let hash = push_line(&mut line, START, row.seq, &text_of_row(&row));
            let line = String::from_utf8(line).expect("text");
            let Some(Line::Row { prev, row: text, hash: told }) = Line::read(line.trim()) else { panic!("{line}") };
            assert_eq!((prev, told), (START, hash.as_str()));
            assert_eq!(link(prev, text.get()), hash);
            assert_eq!(serde_json::from_str::<AuditRow>(text.get()).expect("a row"), row);
            assert_eq!(text.get(), serde_json::to_string(&row).expect("texts"), "as rows are shown");
        }
    }
}
