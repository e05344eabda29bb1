//! Keeping every row as it came.
//!
//! In: the rows of one pull, spooled to a local file while they arrived. Out: records in the store, rows in quarantine
//! with their reason, tombstones for what a complete pull no longer has, and a receipt. All of a batch lands in one
//! transaction together with the registry's cursor, so a killed process leaves either the whole batch or nothing.
//! Rows read = landed + quarantined, checked before the commit. A row is read by its connector (`reader`) to know its key and
//! whether it can be read at all; what it says is kept as it came.

pub mod apply;
mod error;
mod expand;
mod key_filter;
pub mod ledger;
mod ledger_builder;
pub mod reader;
pub mod receipt;
mod sort;
pub mod spool;

pub use expand::expand;

pub use error::LandError;

pub use spool::NO_RECORD;
