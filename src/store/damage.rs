//! Rows that do not hold what this program writes: a disk, a restored copy or a hand has changed them.
//!
//! Such a row is an error that names it, never an empty value: an empty list of columns would drop every record of its layout
//! from the graph, and a link that is left out would give its enterprise another id.

use std::fmt;

/// What is wrong with which row, without the store's place.
#[derive(Debug)]
pub struct DamagedRow {
    pub table: &'static str,
    /// Its key, as a person finds it.
    pub row: String,
    /// What was found, in English; it holds names of columns and of formats.
    pub reason: String,
}

impl fmt::Display for DamagedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.table, self.row, self.reason)
    }
}
impl std::error::Error for DamagedRow {}

/// The error of a damaged row, as sqlx carries it; [`super::Store::failed`] takes it out again.
pub fn damaged(table: &'static str, row: impl fmt::Display, reason: impl fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(DamagedRow { table, row: row.to_string(), reason: reason.to_string() }))
}

/// A JSON text as kept in a column.
///
/// # Errors
/// The text is no JSON of this shape: the store is damaged, and says where.
pub fn read_json<T: serde::de::DeserializeOwned>(
    text: &str,
    table: &'static str,
    row: impl fmt::Display,
    column: &str,
) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|e| damaged(table, row, format_args!("{column} cannot be read: {e}")))
}
