//! Editions in an S3-compatible object store, beside the folder of each node: what one node published, the others fetch.
//!
//! In: the folder of editions, and the `[editions]` table. Out: the same folder, brought to what the store lists, and the store, brought to
//! what was published. Three kinds of keys: `files/SHA256` holds a file of editions, whichever share it; `editions/NUMBER-SEAL.json` a
//! manifest; `current.json`, the pointer, lists the editions there are. A manifest is nobody's until the pointer lists it, and the pointer
//! changes by one conditional put: an edition is there as a whole or not at all. Nothing of the store answers a question: a node answers
//! from its folder, also while the store does not.

mod error;
mod fetch;
mod place;
mod pointer;
mod share;

pub use error::DepotError;
pub use fetch::Wanted;
pub use place::Depot;
pub use share::Sharing;
