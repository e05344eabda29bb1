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
mod extract;
mod fault;
mod name;
mod neighbourhood;
mod record;
mod served;
mod spoil;
mod truth;
mod words;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use city::{City, Neighbourhood, first_day};
pub use commerce::{CommerceOptions, CommerceService, serve as serve_commerce};
pub use entity::{Entity, Kind, OwnUnion, Registry, Relation, SharedUnion, Standing};
pub use extract::{Format, Summary, stream, write, write_truth};
pub use fault::{Fault, FaultSwitch, spoil_file};
pub use record::{Row, header};
pub use served::{ServeOptions, Served, Source, serve};
pub use truth::{Truth, TruthPolicy, judge};

/// Why a city could not be written or served.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("cannot write the front-end database {}: {source}", path.display())]
    Database { path: PathBuf, source: sqlx::Error },
    #[error("cannot listen on {address}: {source}; stop the program that uses it, or choose another port")]
    Listen { address: SocketAddr, source: std::io::Error },
}

impl SimulateError {
    fn io(doing: &'static str, path: &Path, source: std::io::Error) -> SimulateError {
        SimulateError::Io { doing, path: path.to_owned(), source }
    }
}
