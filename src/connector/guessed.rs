//! What one column of a sample seems to be.

use crate::model::field::Field;

/// What one column of the sample seems to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    pub column: String,
    /// None: nothing known looks like it; it is landed and not read.
    pub field: Option<Field>,
    /// The rest of its table in the manifest (`as = …, unit = …`).
    pub extra: String,
    /// Why: `header`, `words` (the header's usual meaning), `initials`, `similar header`, `values`.
    pub because: &'static str,
}
