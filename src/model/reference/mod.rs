//! The reference data of the house, read once from `reference/`: areas, industries, registration types, statuses,
//! thresholds, size classes, union codes. Sources and licences: `reference/README.md`.
//!
//! Everything here is shipped inside the binary. Code tables that a department owns (industry classes, new streets)
//! can land as records through a connector; nothing reads those yet (`model::record_use`).

pub mod areas;
pub mod countries;
pub mod industries;
pub mod registration;
pub mod sizes;
mod table;
pub mod threshold_change;
pub mod threshold_file;
pub mod thresholds;
pub mod unions;
pub mod words;
pub mod working_days;

pub use areas::{AreaPlace, Areas, District, Town, areas};
pub use industries::{Industries, IndustryCode, industries};
pub use registration::{operating_status, ownership_of};
pub use sizes::size_class;
pub use threshold_file::thresholds;
pub use thresholds::Thresholds;
pub use unions::{FederationUnit, federation_units};
