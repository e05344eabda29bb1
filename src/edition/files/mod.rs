//! The files of an edition, one module each: the columns as written, and the reader of the mapped file.
//!
//! A file knows its own bytes and no other file.

pub(in crate::edition) mod count;
pub(in crate::edition) mod cubes;
pub(in crate::edition) mod facets;
pub(in crate::edition) mod names;
pub(in crate::edition) mod ties;
