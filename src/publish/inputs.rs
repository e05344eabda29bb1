//! The digests of what a publication rested on, as the store keeps them, and how a publication fails.

use crate::edition::EditionError;
use crate::store::StoreError;

/// The digest of an edition's inputs, in the store's `meta` table.
pub const INPUTS: &str = "published_inputs";
/// The same without the findings: where it is unchanged, findings are all that may have changed.
pub const INPUTS_BUT_FINDINGS: &str = "published_inputs_but_findings";
/// The digest of the inputs of the last publication that linked: whose links the store has and the linker remembers.
pub const LINKED_INPUTS: &str = "linked_inputs";

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Edition(#[from] EditionError),
}
