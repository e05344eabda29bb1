//! The rarer measures of coverage, counted once for all rows of an answer and only where a row is asked for one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use roaring::RoaringBitmap;

use crate::edition::{Detail, Dimension, Edition, Filter};
use crate::serve::problem::Problem;

/// The rows that were counted: counting does not need them one by one, little else does.
pub struct CountedRows {
    pub edition: Arc<Edition>,
    filter: Filter,
    rows: OnceLock<Arc<RoaringBitmap>>,
}

impl CountedRows {
    pub fn new(edition: Arc<Edition>, filter: Filter) -> CountedRows {
        CountedRows { edition, filter, rows: OnceLock::new() }
    }

    pub fn rows(&self) -> Result<Arc<RoaringBitmap>, Problem> {
        if let Some(rows) = self.rows.get() {
            return Ok(rows.clone());
        }
        let rows = self.edition.filter(&self.filter)?;
        Ok(self.rows.get_or_init(|| rows).clone())
    }
}

/// What is counted on demand for the rows of one answer.
pub struct Measured {
    by: Vec<Dimension>,
    rows: Arc<CountedRows>,
    found: OnceLock<(BTreeMap<Vec<String>, Detail>, Detail)>,
}

impl Measured {
    pub fn new(by: Vec<Dimension>, rows: Arc<CountedRows>) -> Measured {
        Measured { by, rows, found: OnceLock::new() }
    }

    /// The measures of one group; of all together where `keys` is empty.
    pub fn of(&self, keys: &[String]) -> Result<Detail, Problem> {
        if self.found.get().is_none() {
            let found = self.rows.edition.detail(&self.by, &*self.rows.rows()?)?;
            // Another field of the same answer may have counted meanwhile: the counts are the same.
            let _ = self.found.set(found);
        }
        let (groups, total) = self.found.get().expect("just set");
        Ok(if keys.is_empty() { *total } else { groups.get(keys).copied().unwrap_or_default() })
    }
}
