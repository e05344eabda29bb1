//! The weight of every candidate pair, and the fitting of the weights themselves.
//!
//! In: candidate pairs and their levels. Out: scored pairs. It joins nothing.

pub mod covered;
pub mod edges;
pub mod fit;
mod packed_lists;
