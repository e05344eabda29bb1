//! What every answer shares: the caller's context, readings of the store in batches, kept answers, trusted documents, usage.
//!
//! It knows no route and no type of the graph.

pub(in crate::serve) mod cache;
pub(in crate::serve) mod context;
pub mod filter;
pub(in crate::serve) mod loaders;
pub(in crate::serve) mod persisted;
pub(in crate::serve) mod request;
pub(in crate::serve) mod usage;
pub(in crate::serve) mod validation_messages;
