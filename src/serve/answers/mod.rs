//! What every answer shares: readings of the store in batches, kept answers, trusted documents, usage, events.
//!
//! It knows no route and no type of the graph.

mod absent_variables;
pub(in crate::serve) mod cache;
pub(in crate::serve) mod document;
pub(in crate::serve) mod engine;
pub mod events;
mod failed_fields;
pub mod filter;
mod filter_sense;
pub(in crate::serve) mod input_keys;
pub(in crate::serve) mod live_lookups;
pub(in crate::serve) mod loaders;
pub(in crate::serve) mod overlaps;
pub(in crate::serve) mod persisted;
pub(in crate::serve) mod request;
pub(in crate::serve) mod strict_json;
pub(crate) mod usage;
pub(in crate::serve) mod validation_messages;
pub(in crate::serve) mod variable_positions;
