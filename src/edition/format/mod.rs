//! What an edition is made of: its manifest, its tables, what goes in, and the words that all its files share.
//!
//! It opens nothing and answers nothing.

pub(in crate::edition) mod blocks;
pub mod cells;
pub mod columns;
pub mod dimension;
pub mod folder;
pub(in crate::edition) mod input;
pub mod manifest;
pub mod measures;
pub mod protection;
pub mod rates;
pub mod row;
pub(in crate::edition) mod row_hash;
pub mod scores;
pub(in crate::edition) mod table;
pub(in crate::edition) mod unpacked;
pub(in crate::edition) mod verdict_code;
