//! Records that one valid code makes one profile, and the rules by which a code is believed.
//!
//! In: the table of records. Out: profiles, each identified by a code or standing alone. It compares names only to tell whose code it is.

pub mod bearers;
pub mod profiles;
pub(in crate::link) mod rules;
mod slips;
mod stated;
