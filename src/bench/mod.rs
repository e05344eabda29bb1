//! Benchmarks: what `huitu bench` measures, on data of its own.
//!
//! In: sizes and a seed. Out: figures, with the bar of those that have one. Nothing is decided by them, and tests never assert them.

mod asked;
mod audited;
pub(crate) mod city;
pub(crate) mod federation;
pub mod figure;
mod invented_streets;
pub(crate) mod link;
mod old_formats;
pub(crate) mod pull;
pub mod serve;
pub(crate) mod serve_store;
pub(crate) mod usage;
pub mod work;
