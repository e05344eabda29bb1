//! The edition: one immutable published state of the graph, as a folder of Arrow IPC files that anyone can open.
//!
//! In: the chosen values and verdicts of every enterprise (`EditionInput`). Out: a folder `NNNNNN/` with
//! `enterprises.arrow` (rows numbered by falling priority), `details.arrow` (reasons, same rows), `members.arrow` (the
//! records of each row and why), `relations.arrow` (investments, dispatches, disputes, events), `unions.arrow`,
//! `dims.arrow` (group numbers and people for counting), `cubes.arrow` (the usual counts), `people.arrow` (rarer head
//! counts), `facets.arrow` and `names.arrow` (bitmaps per value and per piece of a name), `lookups.arrow` (identifier →
//! row), `labels.json` and `manifest.json` with the SHA-256 of every file. `open` maps it into memory without copying; `filter`, `page`,
//! `coverage` and `search` answer from it. It knows nothing of the store, of GraphQL or of the clock.

mod files;
pub mod format;
mod open;
pub mod query;
mod set;
pub mod synthetic;
mod write;

pub use files::lookups::Key;
pub use format::dimension::Dimension;
pub use format::folder::folder_name;
pub use format::input::{AreaLabel, Counting, EditionInput, EditionSource, IndustryLabel, Labels, Member};
pub use format::manifest::Manifest;
pub use format::measures::{CoverageGroup, Measures};
pub use format::row::Row;
pub use open::Edition;
pub use query::detail::Detail;
pub use query::filter::{Filter, Range};
pub use query::page::{Cursor, Direction, Order, Page, Sort};
pub use query::rows::{EnterpriseRow, MemberRow, UnionRow};
pub use query::search::{Hit, HitField};
pub use query::ties::TieRow;
pub use set::{AsOf, Editions};
pub use write::write;

fn nearest_one(nearest: Option<u32>) -> String {
    nearest.map_or_else(String::new, |number| format!("; the nearest one is {number}"))
}

/// What can go wrong with an edition. `Display` is for the log and the operator.
#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    #[error("edition folder {path}: {source}")]
    Io { path: std::path::PathBuf, source: std::io::Error },
    #[error(
        "edition file {path}: {reason}; `huitu sync` publishes another edition, `huitu edition rebuild NUMBER --restore` makes this \
         one again"
    )]
    Broken { path: std::path::PathBuf, reason: String },
    #[error("edition: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    #[error("edition manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// The edition was pruned, or never existed; `nearest` is the closest one that can be opened.
    #[error("there is no edition {number} (any more){}; `huitu edition list` shows those that are kept", nearest_one(*nearest))]
    Gone { number: u32, nearest: Option<u32> },
    #[error("there is no edition yet; run `huitu sync`")]
    None,
    /// The caller asked for something that does not exist; safe to show.
    #[error("{en}")]
    BadInput { zh: String, en: String },
}

impl EditionError {
    fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> EditionError + '_ {
        move |source| EditionError::Io { path: path.to_path_buf(), source }
    }
}
