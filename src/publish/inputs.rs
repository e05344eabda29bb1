//! The digests of what a publication rested on, as the store keeps them, and how a publication fails.

use crate::edition::{EditionError, Manifest};
use crate::store::StoreError;
use crate::store::edition::EditionRow;

/// The digest of an edition's inputs, in the store's `meta` table.
pub const INPUTS: &str = "published_inputs";
/// The same without the findings: where it is unchanged, findings are all that may have changed.
pub const INPUTS_BUT_FINDINGS: &str = "published_inputs_but_findings";
/// The digest of the inputs of the last publication that linked: whose links the store has and the linker remembers.
pub const LINKED_INPUTS: &str = "linked_inputs";
/// How many stored rows no connector could read when the whole city was judged last.
pub const UNREADABLE: &str = "unreadable_rows";

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Edition(#[from] EditionError),
}

/// An edition as the store notes it.
pub(super) fn row_of(manifest: &Manifest) -> EditionRow {
    EditionRow {
        number: i64::from(manifest.number),
        published_at: manifest.published_at.timestamp_millis(),
        as_of: manifest.as_of.to_string(),
        digest: manifest.digest.clone(),
        content: manifest.content.clone(),
        enterprises: i64::from(manifest.enterprises),
        sources: serde_json::to_string(&manifest.sources).expect("plain texts"),
        removed_at: None,
    }
}
