//! Which profiles are worth comparing: those behind one telling key.
//!
//! In: profiles. Out: candidate pairs, and how many true pairs the keys would find (recall). It weighs nothing.

pub(in crate::link) mod index;
pub(in crate::link) mod keys;
pub(in crate::link) mod recall;
