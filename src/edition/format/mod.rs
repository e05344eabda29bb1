//! What an edition is made of: its manifest, its tables, what goes in, and the words that all its files share.
//!
//! It opens nothing and answers nothing.

pub(in crate::edition) mod input;
pub mod manifest;
pub(in crate::edition) mod table;
