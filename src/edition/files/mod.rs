//! The files of an edition, one module each: the columns as written, and the reader of the mapped file.
//!
//! A file knows its own bytes and no other file.

pub(in crate::edition) mod count;
pub(in crate::edition) mod counting_order;
pub(in crate::edition) mod cubes;
pub mod details;
pub mod enterprises;
pub(in crate::edition) mod facets;
pub mod lookups;
pub mod members;
pub(in crate::edition) mod names;
pub(in crate::edition) mod particulars;
pub mod people;
pub(in crate::edition) mod range_codes;
pub(in crate::edition) mod replaced;
pub(in crate::edition) mod ties;
pub mod unions;
