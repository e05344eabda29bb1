//! Runs the journey: sync, ingest, live look-up, re-assess.
//!
//! In: settings, a clock, and what persons record. Out: receipts, editions, rows of the store; errors for the log, and in both languages
//! where the reader can mend them. The only place that knows all stages. Everything that decides (normalise, link, assess, cases,
//! federation) is pure and is called from here with what the store holds; everything that keeps (store, edition) keeps what it is given
//! here. It answers no request and checks no right: both are `serve`'s.

mod advance;
mod annotations;
mod around;
mod audit_chains;
mod basis;
mod batch_decisions;
pub mod caller_notes;
pub mod case_opening;
pub mod cases;
pub mod cases_followed;
mod city_part;
pub mod correction_follow;
pub mod corrections;
mod deciding;
pub mod delivered;
pub mod doors;
pub mod duties;
mod error;
mod evidence_texts;
mod explain;
pub mod federation;
pub mod federation_homes;
mod federation_paid;
mod federation_past;
pub mod federation_standing;
pub mod federation_state;
mod first_roll;
mod follow_findings;
mod follow_records;
mod freshness;
mod guard;
mod header;
mod held;
mod linker_state;
mod live;
mod lookups;
mod measure;
pub mod message;
pub mod named_lists;
mod neighbourhood;
mod open;
mod part_changes;
pub mod policy_change;
pub mod policy_preview;
pub mod policy_versions;
mod presence;
pub mod progress;
mod publish;
mod published;
mod pull;
mod pull_outcome;
mod push;
mod push_queue;
mod rebuild;
pub mod receipt;
pub mod registry_change;
pub mod registry_settings;
mod relink;
pub mod retention;
pub mod return_flow;
pub mod saved_versions;
mod shared_editions;
pub mod stages;
pub mod sync;
pub mod targets;
mod targets_kept;
pub mod tokens;
pub mod told_order;
mod touched;
mod unreadable;
pub mod visits;
mod visits_decided;
pub mod webhooks;

pub use crate::land::receipt::SyncOutcome;
pub use crate::publish::{contradictions, is_contradiction};
pub use annotations::{NewFinding, NewJudgement, Recorded, known_reasons};
pub use batch_decisions::BatchDecision;
pub use deciding::MissingInput;
pub use freshness::SourceState;
pub use guard::{HeldEdition, Jump, Watched};
pub use lookups::{LiveState, LookupAnswer as LiveAnswer, Lookups};
pub use published::Published;
pub use push::{Push, PushRefused, Pushed};
pub use push_queue::Queue;
pub use rebuild::Rebuilt;
pub use sync::{SyncOptions, SyncReport};

pub use error::HubError;
pub use open::Hub;
