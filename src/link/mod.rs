//! Which records are one enterprise.
//!
//! In: records as the registries wrote them, a person's judgements, what the last run decided. Out: for every record
//! its entity with the evidence, pairs that a person should look at, relations between entities, warnings.
//!
//! The result is a function of the records and the judgements alone: the order of arrival does not matter, and many
//! small runs end where one full run would. The steps:
//!
//! 1. [`records`]: every record becomes a line of numbers (names and addresses taken apart, codes as keys).
//! 2. [`group::profiles`]: records that share a valid code become one *profile*; the rest stand alone, *unidentified*.
//! 3. `keys`: a unidentified profile meets those that share a telling key with it (name, sound, one slip, phone, address).
//! 4. [`compare`] and [`compare::weights`]: every such pair is compared in levels; each level moves the decision by its weight,
//!    log2 of how much more often true pairs show it than chance does (Fellegi and Sunter, *A Theory for Record
//!    Linkage*, JASA 64, 1969), corrected for how common the value is (Winkler 2000).
//! 5. [`cluster`]: best edge first, under constraints: never two valid codes, never a branch with its parent, never
//!    two clusters through a record without a code; a narrow lead over the runner-up goes to [`resolve::review`].
//! 6. [`cluster::entity_ids`]: clusters get ids that outlive the run.
//!
//! [`Linker`] keeps what these steps found. After a change it finds out what the change touches (`change`) and does the
//! steps for that alone: the profiles of the codes concerned, the pairs that share a key with them, the clusters that
//! these pairs tie together.
//!
//! It does no I/O, asks no clock, and never changes what a registry wrote.

mod block;
pub mod cluster;
mod codec;
pub mod compare;
pub mod entity_key;
pub mod flat_list;
mod flat_table;
pub mod group;
mod linker;
pub mod number_map;
pub mod outcome;
pub mod quality;
pub mod records;
pub mod resolve;
pub mod score;
pub mod settings;
pub mod shared_out;
mod state;
mod state_codec;
mod update;

pub use block::recall::Blocking;
pub use compare::weights::Weights;
pub use entity_key::EntityKey;
pub use linker::Linker;
pub use outcome::{
    Decision, EdgeRefusal, EntityEvent, Flag, FlagKind, LinkedRelation, Linking, Previous, ReviewPair, Statistics,
};
pub use quality::Report;
pub use settings::LinkSettings;

use crate::model::linkage::{Judgement, LinkRecord};

/// Links `records` from nothing: the whole of it in one call. [`Linker`] does the same step by step, in less memory,
/// and remembers.
pub fn link(
    records: &[LinkRecord],
    previous: &Previous,
    judgements: &[Judgement],
    settings: &LinkSettings,
    weights: &Weights,
) -> Linking {
    let mut linker = Linker::new(settings.clone(), weights.clone());
    linker.put(records);
    linker.link(previous, judgements)
}
