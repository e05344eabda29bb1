//! The rarer measures of coverage, counted once for all rows of an answer and only where a row is asked for one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use roaring::RoaringBitmap;

use crate::edition::{Detail, Dimension, Edition};
use crate::serve::problem::Problem;

/// What is counted on demand for the rows of one answer.
pub struct Measured {
    edition: Arc<Edition>,
    by: Vec<Dimension>,
    rows: Arc<RoaringBitmap>,
    found: OnceLock<(BTreeMap<Vec<String>, Detail>, Detail)>,
}

impl Measured {
    pub fn new(edition: Arc<Edition>, by: Vec<Dimension>, rows: Arc<RoaringBitmap>) -> Measured {
        Measured { edition, by, rows, found: OnceLock::new() }
    }

    /// The measures of one group; of all together where `keys` is empty.
    pub fn of(&self, keys: &[String]) -> Result<Detail, Problem> {
        if self.found.get().is_none() {
            let found = self.edition.detail(&self.by, &self.rows)?;
            // Another field of the same answer may have counted meanwhile: the counts are the same.
            let _ = self.found.set(found);
        }
        let (groups, total) = self.found.get().expect("just set");
        Ok(if keys.is_empty() { *total } else { groups.get(keys).copied().unwrap_or_default() })
    }
}
