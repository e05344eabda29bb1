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

#[warn(missing_docs)]
pub mod model;

pub mod access;
pub mod assess;
pub mod connector;
#[warn(missing_docs)]
pub mod edition;
pub mod kept_file;
pub mod land;
#[warn(missing_docs)]
pub mod link;
pub mod normalise;
pub mod publish;
pub mod pull;

pub mod hub;
#[warn(missing_docs)]
pub mod store;

pub mod serve;
pub mod simulate;

pub mod bench;
pub mod bulletin;
pub mod cli;
pub mod config;
pub mod pages;
pub mod records;
