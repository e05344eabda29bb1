//! The nouns of the house: enterprises, records, identifiers, fields, verdicts, reasons and their texts, and the reference data.
//!
//! In: texts and numbers as registries write them, and the files of `reference/` that are part of the program. Out: values that are valid
//! wherever they are held. No imports of ours, no I/O, and no rule of linking or judging.

pub mod clock;
pub mod datum;
pub mod enterprise;
pub mod facts;
pub mod field;
pub mod identifier;
pub mod linkage;
pub mod message;
pub mod problem;
pub mod provenance;
pub mod public_id;
pub mod record;
pub mod record_use;
pub mod reference;
pub mod spilled;
pub mod stated_values;
pub mod text;
pub mod tie;
pub mod value;
pub mod verdict;

pub use clock::Clock;
