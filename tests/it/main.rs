//! The journey, connectors, the graph, the store on both databases, the command line.
#![allow(clippy::unwrap_used)] // a test that panics says where

mod assess;
mod assess_gap;
mod assess_people;
mod assess_size;
mod bench_pull;
mod clients;
mod connector;
mod edition;
mod examples;
mod graphql;
mod land;
mod layers;
mod link;
mod link_incremental;
mod link_scored;
mod people;
mod plain;
mod program;
mod pull_file;
mod pull_http;
mod pull_sql;
mod reconcile;
mod records;
mod servers;
mod simulate;
mod simulate_journey;
