//! Reading names, addresses, identifiers and phones into a form that can be compared.
//!
//! In: text as a registry wrote it. Out: the parts of a name (place, 字号, trade, form, branch), of an address
//! (district, road, number), the keys inside identifiers, the digits of a phone. Nothing is looked up outside the
//! tables in `reference/names`, nothing is decided: which records are one enterprise is the matter of `link`. The
//! text as written is never changed here; whoever shows it shows the raw value.

pub mod address;
pub mod blank;
pub mod english;
mod form;
pub mod glyph;
mod hash;
pub mod identifier;
pub mod lexicon;
pub mod name;
pub mod name_parts;
pub mod named_places;
mod notes;
mod numerals;
pub mod phone;
pub mod place;
pub mod romanise;
pub mod tables;
pub mod words;

pub use address::Address;
pub use glyph::Glyph;
pub use hash::{EMPTY_HASH, hash, mix};
pub use name::{Names, read_name, read_names};
pub use name_parts::{Name, NameRef, NameShape};
