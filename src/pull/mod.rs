//! Fetches raw rows from a registry, in its own manner: files, HTTP answers, databases.
//!
//! In: a [`Connector`] and, after an interruption, the cursor of the last checkpoint. Out, into a [`RowSink`]: the header,
//! chunks of rows as written with the faults among them, and checkpoints. What rows mean is not decided here, nothing is
//! stored here, and a broken source delivers nothing that a caller could take for the registry's word.

mod answer;
mod breaker;
pub mod check;
mod chunk;
mod csv;
mod dbf;
mod decode;
mod delimiter;
mod error;
mod file;
mod header;
mod http;
mod json;
mod rehearsal;
pub mod sample;
mod sheet;
mod sql;
mod xlsx;
mod xml;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::connector::{Connector, Transport};
use crate::model::Clock;

pub use chunk::{Chunk, Mark, Note, RowFault, RowHead};
pub use error::PullError;
pub use http::{Proof, lookup};

/// Where a pull stands. Serialised as JSON into the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// Where an interrupted pull goes on; None: at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// What was already had before this pull began: it brings only what changed since (a time, a number, as the registry
    /// writes it). None: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Greatest value of the cursor column seen by this pull so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greatest: Option<String>,
    /// Rows (good and faulty) delivered before `at`.
    #[serde(default)]
    pub rows: u64,
    /// What the answers of an HTTP registry said so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// The point after which nothing has been delivered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Next page's number.
    Page(u64),
    Offset(u64),
    /// The token of the next page.
    Token(String),
    /// The address of the next page.
    Link(String),
    /// Values of the key columns of the last row.
    Key(Vec<String>),
}

/// What a pull brought, once it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    /// Every row of the registry came: rows that did not come may be gone.
    pub complete: bool,
    /// Where the next pull starts; kept with the rows, in one transaction. `Cursor::default()` for a source that is always read whole.
    pub next_cursor: Cursor,
    /// Good and faulty rows of this run (not those before a resumed cursor).
    pub rows: u64,
    pub faults: u64,
    /// Bytes as they came (compressed, encoded).
    pub bytes: u64,
    /// What the source looked like; hand it to the next pull's context. Contains the connector's digest.
    pub fingerprint: String,
    /// The source is as the known fingerprint says: no row was delivered.
    pub unchanged: bool,
}

/// What happened so far, for progress bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub rows: u64,
    pub bytes: u64,
    /// Rows in all, where the source says so.
    pub total_rows: Option<u64>,
    /// Bytes in all, where known.
    pub total_bytes: Option<u64>,
}

/// A row that a sink has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub place: u64,
    /// It has no column that the sink has not heard of: it goes into the chunk's `known` without being read.
    pub unread: bool,
}

/// Takes what a pull brings, in order. An error stops the pull (`spool_failed`).
pub trait RowSink: Send {
    /// The header. Comes before the first chunk, and again where the columns change (another file, a JSON key not seen
    /// before); the chunks after it have these columns.
    fn columns(&mut self, columns: &[String]) -> std::io::Result<()>;
    fn rows(&mut self, chunk: Chunk) -> std::io::Result<()>;
    /// The row whose text has this digest among those the sink has already. Asked in the order of the source.
    fn known(&mut self, digest: u64) -> std::io::Result<Option<Known>> {
        let _ = digest;
        Ok(None)
    }
    /// What was left out, or done about it: other sheets, other files, merged cells.
    fn note(&mut self, note: Note) -> std::io::Result<()> {
        let _ = note;
        Ok(())
    }
    /// Everything delivered so far is whole: after an interruption a pull with this cursor goes on exactly here.
    fn checkpoint(&mut self, cursor: &Cursor) -> std::io::Result<()>;
}

type ProgressFn = dyn Fn(Progress) + Send + Sync;

/// What a pull needs to know of the world.
#[derive(Clone)]
pub struct PullContext {
    pub clock: Clock,
    pub zone: chrono_tz::Tz,
    /// Private and loopback addresses are allowed for every connector (demonstration, tests).
    pub allow_private: bool,
    pub cancel: CancellationToken,
    pub progress: Option<Arc<ProgressFn>>,
    /// The fingerprint of the last good pull: the source is not read again where it is still the same.
    pub known: Option<String>,
    /// Where downloads are kept while they are read.
    pub temp: PathBuf,
    /// Relative places are taken from here; None: from the working directory.
    pub base: Option<PathBuf>,
}

impl Default for PullContext {
    fn default() -> Self {
        PullContext {
            clock: Clock::System,
            zone: chrono_tz::Asia::Shanghai,
            allow_private: false,
            cancel: CancellationToken::new(),
            progress: None,
            known: None,
            temp: std::env::temp_dir(),
            base: None,
        }
    }
}

impl PullContext {
    pub(crate) fn report(&self, progress: Progress) {
        if let Some(report) = &self.progress {
            report(progress);
        }
    }
}

/// Pulls everything that is new since `resume` (or everything) into `sink`.
///
/// # Errors
/// A [`PullError`]; whatever the last checkpoint covered stays good, and a pull with that cursor goes on from there.
pub async fn pull(
    connector: &Connector,
    resume: Option<Cursor>,
    context: &PullContext,
    sink: &mut dyn RowSink,
) -> Result<Pulled, PullError> {
    let cursor = resume.unwrap_or_default();
    if connector.manners.quiet_at(context.clock.now(), context.zone) {
        return Err(PullError::quiet(connector));
    }
    breaker::check(connector, context)?;
    let pulled = match connector.source.transport {
        Transport::File => file::pull(connector, context, sink).await,
        Transport::Http => http::pull(connector, cursor, context, sink).await,
        Transport::Sql => sql::pull(connector, cursor, context, sink).await,
        Transport::Odbc => sql::odbc::pull(connector, cursor, context, sink).await,
        Transport::Push => Err(PullError::new(
            connector,
            "push_only",
            "该登记由部门推送，无法拉取",
            "the department posts its batches; there is nothing to pull",
        )),
    };
    breaker::note(connector, context, &pulled);
    pulled
}

/// The greatest value of a cursor column. Times that lie in the future are passed over: one wrong clock would otherwise
/// hide every later change.
struct Greatest {
    value: Option<String>,
    limit: NaiveDateTime,
}

/// How far a registry's clock may be ahead of ours.
const CLOCK_SKEW_SECS: i64 = 300;

impl Greatest {
    fn new(cursor: &Cursor, clock: &Clock) -> Greatest {
        // Registries write local time without a zone: the furthest zone ahead is allowed for.
        let limit = clock.now().naive_utc() + TimeDelta::seconds(CLOCK_SKEW_SECS) + TimeDelta::hours(14);
        Greatest { value: cursor.greatest.clone(), limit }
    }

    fn see(&mut self, text: &str) {
        if text.is_empty() || time_of(text).is_some_and(|(time, _)| time > self.limit) {
            return;
        }
        let greater = match &self.value {
            None => true,
            Some(now) if has_same_shape(now, text) => text > now.as_str(),
            Some(now) => match (now.parse::<i128>(), text.parse::<i128>(), time_of(now), time_of(text)) {
                (Ok(now), Ok(text), ..) => text > now,
                (_, _, Some((now, _)), Some((text, _))) => text > now,
                _ => text > now.as_str(),
            },
        };
        if greater {
            self.value = Some(text.to_string());
        }
    }

    fn value(&self) -> Option<String> {
        self.value.clone()
    }
}

/// Digits in the same places, and the same signs between them: such texts sort as they count.
fn has_same_shape(one: &str, other: &str) -> bool {
    let same = |(a, b): (u8, u8)| if a.is_ascii_digit() { b.is_ascii_digit() } else { a == b };
    one.len() == other.len() && !one.starts_with('-') && one.bytes().zip(other.bytes()).all(same)
}

/// A time as registries write it, and the format to write it back.
fn time_of(text: &str) -> Option<(NaiveDateTime, &'static str)> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some((time.naive_utc(), "%Y-%m-%dT%H:%M:%S%.fZ"));
    }
    // PostgreSQL writes `+08`, which is no RFC 3339.
    for zoned in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"] {
        if let Ok(time) = chrono::DateTime::parse_from_str(text, zoned) {
            return Some((time.naive_utc(), "%Y-%m-%d %H:%M:%S%.f+00"));
        }
    }
    const FORMATS: [&str; 6] = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y/%m/%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M",
        "%Y%m%d %H:%M:%S",
    ];
    for format in FORMATS {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some((time, format));
        }
    }
    for format in ["%Y-%m-%d", "%Y/%m/%d"] {
        if let Ok(day) = chrono::NaiveDate::parse_from_str(text, format) {
            return Some((day.and_time(chrono::NaiveTime::MIN), format));
        }
    }
    None
}

/// A row of digits that is a time: `20260102120000`, and with milliseconds behind it.
fn time_of_digits(text: &str) -> Option<(NaiveDateTime, &'static str)> {
    let format = match text.len() {
        14 => "%Y%m%d%H%M%S",
        17 => "%Y%m%d%H%M%S%3f",
        12 => "%Y%m%d%H%M",
        8 => return Some((chrono::NaiveDate::parse_from_str(text, "%Y%m%d").ok()?.and_time(chrono::NaiveTime::MIN), "%Y%m%d")),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(text, format).ok()?;
    (1980..2200).contains(&chrono::Datelike::year(&time)).then_some((time, format))
}

/// `text` moved back: seconds for a time, units for a whole number; of digits that are both, whichever is further. What is neither
/// stays.
fn stepped_back(text: &str, overlap: u64) -> String {
    let step = TimeDelta::seconds(overlap.min(1 << 40) as i64);
    if let Ok(number) = text.parse::<i64>() {
        let units = number.saturating_sub_unsigned(overlap);
        let earlier =
            time_of_digits(text).and_then(|(time, format)| (time - step).format(format).to_string().parse::<i64>().ok());
        let further = earlier.map_or(units, |earlier| earlier.min(units));
        // Zeros in front are part of a text.
        let width = if text.starts_with('0') { text.len() } else { 0 };
        return if further >= 0 { format!("{further:0width$}") } else { further.to_string() };
    }
    match time_of(text) {
        Some((time, format)) => (time - step).format(format).to_string(),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_steps_back_in_the_registry_s_own_format() {
        for (text, expected) in [
            ("2026-11-22 00:05:00", "2026-11-21 23:55:00"),
            ("2026-11-22T00:05:00Z", "2026-11-21T23:55:00Z"),
            ("2026-11-22T08:05:00+08:00", "2026-11-21T23:55:00Z"),
            ("2026-11-22 08:05:00.5+08", "2026-11-21 23:55:00.500+00"),
            ("2026-11-22", "2026-11-21"),
            ("1000", "400"),
            ("20260102120000", "20260102115000"),
            ("20260102000500", "20260101235500"),
            ("20260102120000123", "20260102115000123"),
            ("20260301", "20259701"),
            ("2026/01/02 00:05", "2026/01/01 23:55"),
            ("000700", "000100"),
            ("v17", "v17"),
        ] {
            assert_eq!(stepped_back(text, 600), expected, "{text}");
        }
    }

    #[test]
    fn a_time_in_the_future_does_not_become_the_cursor() {
        let clock = Clock::fixed("2026-11-22T00:00:00Z".parse().expect("a time"));
        let mut greatest = Greatest::new(&Cursor::default(), &clock);
        for text in ["2026-11-20 10:00:00", "2099-01-01 00:00:00", "2026-11-21 09:00:00", ""] {
            greatest.see(text);
        }
        assert_eq!(greatest.value().as_deref(), Some("2026-11-21 09:00:00"));
        let mut numbers = Greatest::new(&Cursor::default(), &clock);
        ["9", "10", "8"].into_iter().for_each(|n| numbers.see(n));
        assert_eq!(numbers.value().as_deref(), Some("10"));
        let mut times = Greatest::new(&Cursor::default(), &clock);
        ["2026/1/9 12:00", "2026/1/10 12:00"].into_iter().for_each(|t| times.see(t));
        assert_eq!(times.value().as_deref(), Some("2026/1/10 12:00"));
    }
}
