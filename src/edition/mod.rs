//! The edition: one immutable published state of the graph, as a folder of Arrow IPC files that anyone can open.
//!
//! In: the chosen values and verdicts of every enterprise (`EditionInput`). Out: a folder `NNNNNN/` with
//! `enterprises.arrow` (what rows are counted, ordered and searched by; numbered by falling priority), `particulars.arrow` (what is only
//! told of them, same rows), `details.arrow` (reasons, same rows), `members.arrow` (the records of each row and why), `relations.arrow` (investments, dispatches, disputes, events), `unions.arrow`,
//! `dims.arrow` (group numbers and people for counting), `cubes.arrow` (the usual counts), `people.arrow` (rarer head
//! counts), `facets.arrow` and `names.arrow` (bitmaps per value and per piece of a name), `lookups.arrow` (identifier →
//! row), `labels.json` and `manifest.json` with the SHA-256 of every file. `open` maps it into memory without copying; particulars, details and
//! members lie in packed blocks, each unpacked when the first of its rows is asked for. `filter`, `page`, `coverage` and `search` answer
//! from it. It knows nothing of the store, of GraphQL or of the clock.

mod error;
mod files;
pub mod format;
mod open;
mod part;
pub mod query;
mod set;
pub mod synthetic;
mod write;

pub use error::EditionError;
pub use files::details::pack_reasons;
pub use files::lookups::LookupKey;
pub use format::dimension::Dimension;
pub use format::folder::{folder_name, numbers};
pub use format::input::{AreaLabel, CountingRules, EditionInput, EditionSource, IndustryLabel, Labels, Member};
pub use format::manifest::{MANIFEST, Manifest};
pub use format::measures::{CoverageGroup, Detail, Measures};
pub use format::protection::Protection;
pub use format::row::Row;
pub use format::scores::ToldScores;
pub use open::Edition;
pub use query::difference::difference;
pub use query::filter::{Filter, Range};
pub use query::found::{FoundRows, RowFinder};
pub use query::page::{Order, RowCursor, RowPage, Sort, SortDirection};
pub use query::rows::{EnterpriseRow, MemberRow, UnionRow};
pub use query::search::{Hit, HitField};
pub use query::ties::TieRow;
pub use set::{EditionAsOf, Editions};
pub use write::changes::{EditionChanges, write_changes};
pub use write::following::{write_candidates, write_following};
pub use write::segments::{join_segments, write_segment};
pub use write::write;
