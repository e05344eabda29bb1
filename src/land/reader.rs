//! Lends landing a connector's way of reading a row, and watches what could not be read.

use std::path::Path;
use std::sync::{Arc, Mutex};

use roaring::RoaringTreemap;
use tokio::sync::mpsc;

use super::sort::check;
use super::spool::Fault;
use crate::connector::{Connector, Drift, DriftPolicy, DriftWatch, Layout, Problem, RowError};
use crate::model::field::Field;
use crate::model::record::Record;
use crate::store::quarantine::UnreadableValue;
use crate::store::registry::Notice;
use crate::store::{batch, landing, quarantine, registry};

/// Values listed per batch; beyond that only their number is kept.
const LISTED: usize = 10_000;
/// Characters of a value that are kept.
const KEPT_CHARS: usize = 200;

struct Reader {
    connector: Arc<Connector>,
    layout: Layout,
    seen: Mutex<Seen>,
}

/// What the checked rows showed beyond themselves.
#[derive(Default)]
struct Seen {
    watch: DriftWatch,
    values: Vec<UnreadableValue>,
    more: u64,
}

/// # Errors
/// The columns lack the key: none of the rows could be told apart.
pub fn reader(connector: &Arc<Connector>, columns: &[String]) -> Result<Arc<dyn RowReader>, Problem> {
    let layout = connector.layout(columns)?;
    Ok(Arc::new(Reader { connector: connector.clone(), layout, seen: Mutex::default() }))
}

pub(crate) fn fault(error: RowError) -> Fault {
    Fault { code: error.code.to_owned(), column: error.column, zh: error.zh, en: error.en, raw: String::new() }
}

/// The values of a row that the contract cannot read, as `quarantine` lists them. Identifiers with a failing check character
/// are no such values: they are kept as written and weigh less.
pub(crate) fn unreadable(connector: &Connector, records: &[Record]) -> Vec<UnreadableValue> {
    let Some(row) = records.first() else { return Vec::new() };
    let bad = row.fields.iter().filter(|f| f.value.is_none());
    bad.filter_map(|f| {
        let column = connector.contract.columns.iter().find(|c| c.field == f.field)?;
        if column.read_as.is_identifier() {
            return None;
        }
        let error = column.unreadable(&f.raw);
        Some(UnreadableValue {
            key: row.key.to_string(),
            column: error.column,
            code: error.code.to_owned(),
            detail: serde_json::json!({ "zh": error.zh, "en": error.en }).to_string(),
            text: f.raw.chars().take(KEPT_CHARS).collect(),
        })
    })
    .collect()
}

impl Reader {
    fn retyped(&self) -> Vec<Drift> {
        self.seen.lock().expect("no panic while holding it").watch.retyped(&self.connector)
    }
}

impl RowReader for Reader {
    fn key(&self, cells: &[Option<&str>]) -> Result<String, Fault> {
        self.connector.key(&self.layout, cells).map(|k| k.into_owned()).map_err(fault)
    }

    fn check(&self, cells: &[Option<&str>]) -> Result<Option<i64>, Fault> {
        let records = self.connector.read(&self.layout, cells).map_err(fault)?;
        {
            let mut seen = self.seen.lock().expect("no panic while holding it");
            seen.watch.observe(&records);
            if self.connector.drift == DriftPolicy::QuarantineValue && records[0].fields.iter().any(|f| f.value.is_none()) {
                for value in unreadable(&self.connector, &records) {
                    match seen.values.len() < LISTED {
                        true => seen.values.push(value),
                        false => seen.more += 1,
                    }
                }
            }
        }
        let updated = records.first().and_then(|r| r.date(Field::UpdatedAt)).and_then(|d| d.first_day());
        Ok(updated.and_then(|d| d.and_hms_opt(0, 0, 0)).map(|t| t.and_utc().timestamp_millis()))
    }

    fn unreadable_values(&self) -> Vec<UnreadableValue> {
        let mut seen = self.seen.lock().expect("no panic while holding it");
        let mut values = std::mem::take(&mut seen.values);
        if seen.more > 0 {
            let more = std::mem::take(&mut seen.more);
            let (zh, en) = (
                format!("另有 {more} 个值无法读取，未逐一列出"),
                format!("{more} more values cannot be read and are not listed"),
            );
            let detail = serde_json::json!({ "zh": zh, "en": en }).to_string();
            values.push(UnreadableValue {
                key: String::new(),
                column: None,
                code: "more_values".into(),
                detail,
                text: String::new(),
            });
        }
        values
    }

    fn drift(&self, known: Option<String>) -> Option<String> {
        let retyped = self.retyped();
        if retyped.is_empty() {
            return known;
        }
        let mut all: Vec<Drift> = match known.as_deref().map(serde_json::from_str) {
            None => Vec::new(),
            Some(Ok(drift)) => drift,
            Some(Err(error)) => {
                let registry = &self.connector.name;
                tracing::warn!(registry, %error, "what was noticed of the columns cannot be read back; the receipt lacks it");
                Vec::new()
            }
        };
        all.extend(retyped);
        Some(serde_json::to_string(&all).expect("what is noticed of columns is plain"))
    }

    fn hold(&self) -> Option<Notice> {
        if self.connector.drift != DriftPolicy::Hold {
            return None;
        }
        let first = self.retyped().into_iter().next()?;
        let name = &self.connector.name;
        Some(Notice {
            code: "drift".into(),
            zh: format!("连接器「{name}」：{}；按约定（drift = \"hold\"）暂停该批次，请确认后放行或退回", first.zh),
            en: format!("connector \"{name}\": {}; held as agreed (drift = \"hold\"): release or reject the batch", first.en),
        })
    }
}

/// The reader of a pull that brought nothing.
pub struct NoRows;

impl RowReader for NoRows {
    fn key(&self, _: &[Option<&str>]) -> Result<String, Fault> {
        unreachable!("there are no rows")
    }
    fn check(&self, _: &[Option<&str>]) -> Result<Option<i64>, Fault> {
        unreachable!("there are no rows")
    }
}

/// What landing needs to know of a connector: a row's key, and whether the row can be read at all.
pub trait RowReader: Send + Sync {
    fn key(&self, cells: &[Option<&str>]) -> Result<String, Fault>;
    /// Whether the row maps to records; asked only for rows that are new or changed. Answers, where the registry says
    /// so, when it last changed the row (milliseconds since 1970).
    fn check(&self, cells: &[Option<&str>]) -> Result<Option<i64>, Fault>;
    /// The values of checked rows that could not be read and are to be listed beside their rows; each is given out once.
    fn unreadable_values(&self) -> Vec<UnreadableValue> {
        Vec::new()
    }
    /// The column changes known before landing (JSON), with those that only the values of the checked rows show.
    fn drift(&self, known: Option<String>) -> Option<String> {
        known
    }
    /// Why the checked rows ask for a person before they land.
    fn hold(&self) -> Option<Notice> {
        None
    }
}
