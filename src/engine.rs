//! From a row to an edition: `land` keeps it, `records` reads it again, `publish` writes what was linked and judged into one immutable
//! `edition`; `store` is the durable truth and `hub` runs the journey. What answers questions stands above.

pub mod audit;
pub mod backup;
#[warn(missing_docs)]
pub mod edition;
pub mod kept_file;
pub mod kernel;
pub mod land;
pub mod publish;
pub mod records;
pub mod spill;
#[warn(missing_docs)]
pub mod store;

pub mod config;
pub mod depot;
pub mod hub;

pub use huitu_rules::{access, assess, cases, federation, link, model, normalise};
pub use huitu_sources::{connector, pull};
