//! Who looked: each answer that shows what is not open has a row, on disk before its first byte leaves.
//!
//! In: what was asked by whom for what, and which enterprises it showed. Out: one chain a process, of a file a day of rows, each of which holds the digest of the
//! one before; signed marks among them; a signed roll of the chains; a reader that names the first row which was altered, deleted or moved. It knows neither the graph
//! nor the store: whoever answers writes here, and gives no answer where that fails.

mod back;
mod chain;
mod folder;
mod queue;
mod read;
mod roll;
mod write;

pub use back::{AuditFound, AuditPage, AuditPlace, count_back, page_back};
pub use chain::{AuditFault, AuditRow, NotedAnswer, NotedSeen, Seen};
pub use read::{AuditQuestion, Verified, search, verify, verify_with};
pub use roll::chain_marks;
pub use write::{Audit, AuditError};
