//! Runs the journey: sync, ingest, live look-up, re-assess.
//!
//! The only place that knows all stages. Everything that decides (normalise, link, assess) is pure and is called from
//! here with what the store holds; everything that keeps (store, edition) is told from here what to keep.

pub mod progress;
pub mod world;

use thiserror::Error;

use crate::edition::EditionError;
use crate::land::LandError;
use crate::store::StoreError;

#[derive(Debug, Error)]
pub enum HubError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Land(#[from] LandError),
    #[error(transparent)]
    Edition(#[from] EditionError),
    #[error("{0}")]
    Settings(String),
}
