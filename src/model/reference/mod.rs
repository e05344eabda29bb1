//! The reference data of the house, read once from `reference/`: areas, industries, registration types, statuses,
//! thresholds, size classes, union codes. Sources and licences: `reference/README.md`.
//!
//! Everything here is shipped inside the binary. Code tables that a department owns (industry classes, new streets)
//! can land as records through a connector; nothing reads those yet (`model::record_use`).

pub mod areas;
pub mod industries;
pub mod registration;
pub mod sizes;
pub mod thresholds;
pub mod unions;
pub mod words;

pub use areas::{Areas, District, Place, Town, areas};
pub use industries::{Industries, IndustryCode, industries};
pub use registration::{operating_status, ownership_of};
pub use sizes::size_class;
pub use thresholds::{Thresholds, thresholds};
pub use unions::{FederationUnit, federation_units};

/// Rows of an embedded table, without its header. The tables are ours and tested: a broken one is a bug of the build.
fn rows(name: &'static str, text: &'static str) -> impl Iterator<Item = csv::StringRecord> {
    csv::ReaderBuilder::new()
        .from_reader(text.as_bytes())
        .into_records()
        .map(move |row| row.unwrap_or_else(|e| panic!("reference/{name}: {e}")))
}

/// The cells of one embedded table live as long as the program: leaked once, so that look-ups hand out `&'static str`.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}
