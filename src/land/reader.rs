//! Reads a row by its connector for landing, and watches what could not be read.
//!
//! In: the cells of a row. Out: its key, or why it is none; what the rows of a batch showed beyond themselves. It keeps nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::spool::SpooledFault;
use crate::connector::{Column, Connector, Drift, DriftPolicy, DriftWatch, Layout, Problem, ReadMemo, RowError};
use crate::model::record::Record;
use crate::store::quarantine::UnreadableValue;

/// Values listed per batch; beyond that only their number is kept.
const LISTED: usize = 10_000;
/// Characters of a value that are kept.
const KEPT_CHARS: usize = 200;

struct Reader {
    connector: Arc<Connector>,
    layout: Layout,
    seen: Mutex<Observed>,
    /// Columns of codes: a spreadsheet that damages one damages nearly all of them.
    codes: Vec<usize>,
    /// Rows that were asked for their key.
    keys: AtomicU64,
}

/// What checked rows showed beyond themselves. Whoever checks rows side by side with others has one of their own.
#[derive(Default)]
pub struct Observed {
    watch: DriftWatch,
    values: Vec<UnreadableValue>,
    more: u64,
    /// Values of each column of codes, and how many of them are spoilt; the key's column last.
    codes: Vec<(u64, u64)>,
    memo: ReadMemo,
}

impl Observed {
    /// As if no row had been checked; what texts mean stays known.
    pub(super) fn forget(&mut self) {
        *self = Observed { memo: std::mem::take(&mut self.memo), ..Observed::default() };
    }
}

/// Spoilt codes from which a column is called damaged, where they are also most of it.
const DAMAGED: u64 = 3;

/// # Errors
/// The columns lack the key: none of the rows could be told apart.
pub fn reader(connector: &Arc<Connector>, columns: &[String]) -> Result<Arc<dyn RowReader>, Problem> {
    let layout = connector.layout(columns)?;
    let columns = connector.contract.columns.iter().enumerate();
    let codes: Vec<usize> = columns.filter(|(_, c)| c.read_as.is_identifier()).map(|(at, _)| at).collect();
    let seen = Observed { codes: vec![(0, 0); codes.len() + 1], ..Observed::default() };
    Ok(Arc::new(Reader { connector: connector.clone(), layout, seen: Mutex::new(seen), codes, keys: AtomicU64::new(0) }))
}

pub(crate) fn fault(error: RowError) -> SpooledFault {
    SpooledFault { problem: Box::new(error.problem.widen()), column: error.column, raw: String::new() }
}

/// The values of a row that the contract cannot read, as `quarantine` lists them. Identifiers with a failing check character
/// are no such values: they are kept as written and weigh less. Those that a spreadsheet has spoilt are.
pub(crate) fn unreadable(connector: &Connector, records: &[Record]) -> Vec<UnreadableValue> {
    let Some(row) = records.first() else { return Vec::new() };
    let bad = row.fields.iter().filter(|f| f.value.is_none());
    bad.filter_map(|f| {
        let column = connector.contract.columns.iter().find(|c| c.field == f.field)?;
        Some(UnreadableValue { key: row.key.to_string(), ..listed(column, &f.raw)? })
    })
    .collect()
}

/// An unreadable text of a column as it is listed, without its row's key; None for a code whose check character is wrong.
fn listed(column: &Column, text: &str) -> Option<UnreadableValue> {
    if column.read_as.is_identifier() && !column.is_spoilt(text) {
        return None;
    }
    let error = column.unreadable(text);
    Some(UnreadableValue {
        key: String::new(),
        column: error.column,
        code: error.problem.code.to_owned(),
        detail: serde_json::json!({ "zh": error.problem.zh, "en": error.problem.en }).to_string(),
        text: text.chars().take(KEPT_CHARS).collect(),
    })
}

impl Reader {
    fn retyped(&self) -> Vec<Drift> {
        self.seen.lock().expect("no panic while holding it").watch.retyped(&self.connector)
    }
}

impl Reader {
    /// A column of codes of which most are spoilt: none of them is worth anything, so a person looks first.
    fn damaged(&self) -> Option<Problem> {
        let seen = self.seen.lock().expect("no panic while holding it");
        let keys = self.keys.load(Ordering::Relaxed);
        let (last, codes) = seen.codes.split_last()?;
        let most = |all: u64, bad: u64| bad >= DAMAGED && bad * 2 > all;
        let column = match codes.iter().position(|(all, bad)| most(*all, *bad)) {
            Some(at) => &self.connector.contract.columns[self.codes[at]].name,
            None if most(keys, last.1) => &self.layout.columns[*self.layout.key_positions().first()?],
            None => return None,
        };
        let name = &self.connector.name;
        Some(Problem {
            code: "damaged_codes".into(),
            zh: format!(
                "连接器「{name}」：「{column}」列的大多数号码已被 Excel 损坏（超过 15 位的数字按数值保存，如 9.11101E+17），不能用来识别单位。未入库任何行；请部门把该列设为文本，从原系统重新导出"
            ),
            en: format!(
                "connector \"{name}\": most numbers in column \"{column}\" were damaged by Excel (more than 15 digits kept as a number, such as 9.11101E+17) and identify nobody; nothing landed; ask the department to make the column text and export it again"
            ),
            remedy: None,
        })
    }
}

impl RowReader for Reader {
    fn key(&self, cells: &[Option<&str>]) -> Result<String, SpooledFault> {
        self.keys.fetch_add(1, Ordering::Relaxed);
        self.connector.key(&self.layout, cells).map(|k| k.into_owned()).map_err(|error| {
            if error.code() == "key_spoilt" {
                let mut seen = self.seen.lock().expect("no panic while holding it");
                seen.codes.last_mut().expect("the key has a place").1 += 1;
            }
            fault(error)
        })
    }

    fn check(&self, cells: &[Option<&str>], observed: &mut Observed) -> Result<Option<i64>, SpooledFault> {
        let columns = &self.connector.contract.columns;
        let Observed { watch, values, codes, memo, .. } = observed;
        codes.resize(self.codes.len() + 1, (0, 0));
        let mut unreadable = Vec::new();
        let each = |at: usize, text: &str, readable: bool| {
            watch.observe(at, text, readable);
            if let Some(code) = self.codes.iter().position(|column| *column == at) {
                codes[code].0 += 1;
                codes[code].1 += u64::from(!readable && columns[at].is_spoilt(text));
            }
            if !readable && self.connector.drift == DriftPolicy::QuarantineValue {
                unreadable.extend(listed(&columns[at], text));
            }
        };
        let updated = self.connector.check(&self.layout, cells, memo, each).map_err(fault)?;
        if !unreadable.is_empty() {
            let key = self.connector.key(&self.layout, cells).map_err(fault)?;
            values.extend(unreadable.into_iter().map(|value| UnreadableValue { key: key.to_string(), ..value }));
        }
        let updated = updated.and_then(|d| d.first_day());
        Ok(updated.and_then(|d| d.and_hms_opt(0, 0, 0)).map(|t| t.and_utc().timestamp_millis()))
    }

    fn gather(&self, observed: &mut Observed) {
        let mut seen = self.seen.lock().expect("no panic while holding it");
        seen.watch.add(&observed.watch);
        for (all, more) in seen.codes.iter_mut().zip(&observed.codes) {
            *all = (all.0 + more.0, all.1 + more.1);
        }
        for value in observed.values.drain(..) {
            match seen.values.len() < LISTED {
                true => seen.values.push(value),
                false => seen.more += 1,
            }
        }
        observed.forget();
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

    fn hold(&self) -> Option<Problem> {
        if let Some(why) = self.damaged() {
            return Some(why);
        }
        if self.connector.drift != DriftPolicy::Hold {
            return None;
        }
        let first = self.retyped().into_iter().next()?;
        let name = &self.connector.name;
        Some(Problem {
            code: "drift".into(),
            zh: format!("连接器「{name}」：{}；按约定（drift = \"hold\"）暂停该批次，请确认后放行或退回", first.problem.zh),
            en: format!(
                "connector \"{name}\": {}; held as agreed (drift = \"hold\"): release or reject the batch",
                first.problem.en
            ),
            remedy: None,
        })
    }
}

/// The reader of a pull that brought nothing.
pub struct NoRows;

impl RowReader for NoRows {
    fn key(&self, _: &[Option<&str>]) -> Result<String, SpooledFault> {
        unreachable!("there are no rows")
    }
    fn check(&self, _: &[Option<&str>], _: &mut Observed) -> Result<Option<i64>, SpooledFault> {
        unreachable!("there are no rows")
    }
}

/// What landing needs to know of a connector: a row's key, and whether the row can be read at all.
pub trait RowReader: Send + Sync {
    fn key(&self, cells: &[Option<&str>]) -> Result<String, SpooledFault>;
    /// Whether the row maps to records; asked only for rows that are new or changed. Answers, where the registry says
    /// so, when it last changed the row (milliseconds since 1970). What the row showed beyond itself counts once it is gathered.
    fn check(&self, cells: &[Option<&str>], observed: &mut Observed) -> Result<Option<i64>, SpooledFault>;
    /// Takes what checked rows showed, in the order of the rows.
    fn gather(&self, _observed: &mut Observed) {}
    /// The values of checked rows that could not be read and are to be listed beside their rows; each is given out once.
    fn unreadable_values(&self) -> Vec<UnreadableValue> {
        Vec::new()
    }
    /// The column changes known before landing (JSON), with those that only the values of the checked rows show.
    fn drift(&self, known: Option<String>) -> Option<String> {
        known
    }
    /// Why the checked rows ask for a person before they land.
    fn hold(&self) -> Option<Problem> {
        None
    }
}
