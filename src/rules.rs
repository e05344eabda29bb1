//! The pure rooms: what the nouns are, how names and places are read, which records are one enterprise, what follows from them, and
//! who may see it. No database, no network, no runtime; the clock stands in [`model::Clock`] alone.

#[warn(missing_docs)]
pub mod model;

pub mod access;
pub mod assess;
#[warn(missing_docs)]
pub mod cases;
#[warn(missing_docs)]
pub mod federation;
#[warn(missing_docs)]
pub mod link;
pub mod normalise;
