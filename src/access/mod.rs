//! Who may see what: roles, scopes, areas, and which small counts are hidden.
//!
//! In: a token's rights as texts, or what an identity provider claims; the name of a value; counts with their keys. Out: a [`Caller`], the class of the value, what may be
//! told to them, and which counts may not.
//! Pure: how a caller proves who they are is the server's, where tokens are kept is the store's.

pub mod caller;
pub mod claimed;
pub mod classes;
pub mod suppression;

pub use caller::{AccessScope, Caller, KeptToken, MissingScope, OpenedScopes, Role};
pub use claimed::ClaimRules;
pub use classes::{FieldClass, Sight};
