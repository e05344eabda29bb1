//! huitu (会图) joins the enterprise registries of a city into one graph and answers, every day, which enterprises
//! above designated size (规模以上企业) still lack a union.
//!
//! The journey of one record, and the modules in its order:
//!
//! `connector` says where a registry's data is and what its columns mean; `pull` fetches raw rows; `land` keeps every
//! row as it came, or quarantines it with a reason; `normalise` reads names, identifiers and addresses; `link` decides
//! which records are one enterprise; `assess` decides size, coverage, gap, fund and priority; `publish` writes the
//! chosen values and one immutable `edition`; `serve` answers from it. `hub` runs the journey, `store` is the durable
//! truth, `simulate` plays the registries. ARCHITECTURE.md follows one record all the way.
//!
//! The crate is one of four, so that what changes seldom is compiled seldom: `rules` (the pure rooms) ‹ `sources` (what departments
//! send) ‹ `engine` (from a row to an edition) ‹ this one (what answers, and the program). Its rooms are named here as if they were one.

pub use huitu_engine::{audit, backup, config, depot, edition, hub, kept_file, kernel, land, publish, records, store};
pub use huitu_rules::{access, assess, cases, federation, link, model, normalise};
pub use huitu_sources::{connector, pull};

pub mod bulletin;
pub mod pages;
pub mod serve;

pub mod bench;
pub mod cli;
pub mod simulate;
