//! The rows of a batch that waits for a person: what came, and what would become of each.

use std::collections::HashMap;

use serde::Serialize;

use super::batch_decisions::no_batch;
use super::error::HubError;
use super::open::Hub;
use crate::connector::RowError;
use crate::land::spool::{Spool, SpooledRow};
use crate::model::problem::Problem;
use crate::store::record;

/// A held batch, row by row.
#[derive(Debug, Clone, Serialize)]
pub struct HeldRows {
    pub columns: Vec<String>,
    pub rows: usize,
    /// Rows that cannot be read.
    pub broken: usize,
    /// Some of them, those that cannot be read first.
    pub shown: Vec<HeldRow>,
}

/// One row as it came.
#[derive(Debug, Clone, Serialize)]
pub struct HeldRow {
    pub number: u64,
    /// Its cells side by side, or its text where it could not be split.
    pub text: String,
    /// Why it cannot be read.
    pub reason: Option<Problem>,
}

impl Hub {
    /// The rows of a held batch as today's connector reads them, at most `limit` of them.
    ///
    /// # Errors
    /// There is no such batch, it is not held, or its rows are no longer kept or damaged.
    pub async fn held_rows(&self, id: i64, limit: usize) -> Result<HeldRows, HubError> {
        let batch = self.store.batch(id).await?.ok_or_else(|| no_batch(id))?;
        let rows = self.registry_rows().await?;
        let row = rows.into_iter().find(|r| r.id == batch.registry_id).ok_or_else(|| no_batch(id))?;
        let (connector, row) = self.registry(&row.name).await?;
        let spool = Spool::held(&self.settings.data, &row.name, id);
        let state = spool.state().filter(|_| batch.state == "HELD").ok_or_else(|| {
            HubError::said(
                format!("批次 {id} 的状态是 {}，没有暂停的行可看；已隔离的行用 huitu quarantine list 查看", batch.state),
                format!("batch {id} is {} and keeps no held rows; quarantined ones are in `huitu quarantine list`", batch.state),
            )
        })?;
        let layout = connector.layout(&state.columns);
        let mut seen: HashMap<String, u64> = HashMap::new();
        let (mut broken, mut good) = (Vec::new(), Vec::new());
        let (mut all, mut bad) = (0, 0);
        let mut spooled_rows = spool.rows()?;
        while let Some(spooled) = spooled_rows.next() {
            let (number, text, reason) = match spooled? {
                SpooledRow::Same { count, .. } => {
                    all += count as usize;
                    continue;
                }
                SpooledRow::Fault { number, fault, .. } => (number, fault.raw.clone(), Some(*fault.problem)),
                SpooledRow::Row { number, cells, .. } => {
                    let owned = record::cells(&cells).ok_or_else(|| spooled_rows.damaged())?;
                    let text = owned.iter().map(|c| c.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join(" | ");
                    let reason = layout.as_ref().ok().and_then(|layout| {
                        let mut cells: Vec<Option<&str>> = owned.iter().map(Option::as_deref).collect();
                        cells.resize(state.columns.len(), None);
                        let mut twice = |key: String| seen.insert(key, number).map(same_key);
                        match connector.key(layout, &cells).map(|k| k.into_owned()) {
                            Ok(key) => twice(key).or_else(|| connector.read(layout, &cells).err().map(said)),
                            Err(error) => Some(said(error)),
                        }
                    });
                    (number, text, reason)
                }
            };
            all += 1;
            bad += usize::from(reason.is_some());
            let list = if reason.is_some() { &mut broken } else { &mut good };
            if list.len() < limit {
                list.push(HeldRow { number, text, reason });
            }
        }
        broken.extend(good);
        broken.truncate(limit);
        Ok(HeldRows { columns: state.columns, rows: all, broken: bad, shown: broken })
    }
}

fn said(error: RowError) -> Problem {
    error.problem.widen()
}

fn same_key(first: u64) -> Problem {
    Problem {
        code: "duplicate_key".into(),
        zh: format!("主键与第 {first} 行相同"),
        en: format!("its key is that of row {first}"),
        remedy: None,
    }
}
