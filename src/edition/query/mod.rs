//! Questions to an open edition: filter, page, count, search, one row.
//!
//! In: an [`Edition`](super::Edition) and what is asked. Out: rows and counts. It writes nothing.

pub mod coverage;
pub mod cubes;
pub(in crate::edition) mod detail;
pub mod difference;
pub mod filter;
pub mod found;
pub(in crate::edition) mod ordered;
pub mod page;
pub mod protected;
pub(in crate::edition) mod rows;
pub(in crate::edition) mod search;
pub mod ties;
pub mod told;
mod written;
