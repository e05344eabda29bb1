//! The nouns of the house: no imports of ours, no I/O.

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
pub mod text;
pub mod tie;
pub mod value;
pub mod verdict;

pub use clock::Clock;
