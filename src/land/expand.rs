//! Makes a spool stand for itself: rows that it only names by their place in the ledger are written out.

use std::collections::HashMap;

use super::error::LandError;
use super::ledger::Ledger;
use super::spool::{Spool, SpoolState, SpooledRow, cells_to_json};
use crate::store::{Store, record};

/// Rows fetched from the store at a time.
const FETCHED: u64 = 2_000;

/// Writes out the rows of a finished spool that `ledger` stands for, so that it can be kept while the registry moves on.
///
/// # Errors
/// The disk, the store, or a ledger that is not the one the spool refers to.
pub async fn expand(store: &Store, spool: &Spool, ledger: &Ledger) -> Result<SpoolState, LandError> {
    let state = spool.state().ok_or(LandError::Outdated)?;
    let beside = spool.beside("expanded");
    let blank = SpoolState { bytes: 0, rows: 0, finished: false, ledger: None, ledger_next: 0, ..state.clone() };
    let mut writer = beside.create(blank)?;
    // Place in the spool of each column that the ledger's records have.
    let same_columns = ledger.columns == state.columns;
    let places: Vec<Option<usize>> = ledger.columns.iter().map(|c| state.columns.iter().position(|s| s == c)).collect();
    let mut entries = Vec::new();
    for row in spool.rows()? {
        match row? {
            SpooledRow::Row { number, offset, digest, cells } => writer.row_json(number, offset, digest, &cells)?,
            SpooledRow::Fault { number, offset, fault } => writer.fault(number, offset, &fault)?,
            SpooledRow::Same { number, place, count } => {
                let mut done = 0;
                while done < count {
                    let step = FETCHED.min(count - done);
                    ledger.slice(place + done, step as usize, &mut entries).map_err(|_| LandError::Outdated)?;
                    let ids: Vec<i64> = entries.iter().map(|e| e.record as i64).collect();
                    let records: HashMap<i64, String> =
                        store.records_by_id(&ids).await?.into_iter().map(|r| (r.id, r.payload)).collect();
                    for (number, entry) in (number + done..).zip(&entries) {
                        let payload = records.get(&(entry.record as i64)).ok_or(LandError::Outdated)?;
                        if same_columns {
                            writer.row_json(number, None, entry.digest, payload)?;
                            continue;
                        }
                        let cells = record::cells(payload).ok_or(LandError::Outdated)?;
                        let mut moved = vec![None; state.columns.len()];
                        for (cell, place) in cells.iter().zip(&places) {
                            if let Some(place) = place {
                                moved[*place] = cell.as_deref();
                            }
                        }
                        let mut json = String::with_capacity(payload.len());
                        cells_to_json(moved.into_iter(), &mut json);
                        writer.row_json(number, None, entry.digest, &json)?;
                    }
                    done += step;
                }
            }
        }
    }
    let state = writer.finish()?;
    beside.replace(spool)?;
    Ok(state)
}
