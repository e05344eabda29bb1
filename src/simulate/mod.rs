//! Plays the registries of a city: enterprises that never were, by seed, of any number, as the extracts that departments would
//! write or serve, and the truth about them in files that the hub never reads.
//!
//! In: a number, a seed, a day. Out: rows, files, or served registries. It uses no real enterprise, no personal name, and
//! no phone number that can be dialled. What it does not do: ask or change anything of the hub.

mod change;
mod city;
mod commerce;
mod departments;
mod draw;
mod entity;
mod error;
mod extract;
mod fault;
mod federation;
mod federation_files;
mod federation_sheet;
mod federation_year;
mod founding;
mod name;
mod neighbourhood;
mod outreach;
mod outreach_files;
mod record;
mod served;
mod spoil;
mod truth;
mod words;

pub use city::{City, Neighbourhood, first_day};
pub use commerce::{CommerceOptions, CommerceService, serve as serve_commerce};
pub use entity::{Entity, EntityKind, OwnUnion, RegistrationState, SharedUnion, SimulatedRegistry, SimulatedRelation};
pub use error::SimulateError;
pub use extract::{ExtractFormat, Summary, stream, write, write_truth};
pub use fault::{FaultSwitch, InjectedFault, spoil_file};
pub use federation::{BuildingTruth, FederationTruth, SimulatedFederation, UnitTruth, federation};
pub use federation_files::read_sheets;
pub use outreach::{AnsweredSheet, CaseTruth, FirmFate, OutreachFirm, OutreachOfficer, OutreachTruth, OutreachYear};
pub use outreach_files::write_outreach;
pub use record::{SimulatedRow, header};
pub use served::{ServeOptions, Served, ServedSource, serve};
pub use truth::{Truth, TruthPolicy, above_by_rule, judge};
