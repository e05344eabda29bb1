//! The journey, connectors, the graph, the store on both databases, the command line.
#![allow(clippy::unwrap_used)] // a test that panics says where

mod assess;
mod assess_gap;
mod assess_people;
mod assess_size;
mod clients;
mod connector;
mod drift;
mod edition;
mod examples;
mod faults;
mod graphql;
mod history;
mod house;
mod ingest;
mod land;
mod layers;
mod link;
mod link_incremental;
mod link_scored;
mod measures;
mod people;
mod plain;
mod program;
mod pull_file;
mod pull_http;
mod pull_sql;
mod reconcile;
mod records;
mod registries;
mod servers;
mod simulate;
mod simulate_journey;
mod targets;
