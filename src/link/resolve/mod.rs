//! What the clusters mean: a decision with its evidence for every record, pairs for a person, relations between entities.
//!
//! In: clusters and scored pairs. Out: what is kept and shown of them. It changes no cluster.

pub(in crate::link) mod decisions;
pub mod evidence;
pub(in crate::link) mod relations;
pub mod review;
