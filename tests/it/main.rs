//! The journey, connectors, the graph, the store on both databases, the command line.

mod assess;
mod assess_gap;
mod assess_size;
mod clients;
mod edition;
mod examples;
mod graphql;
mod land;
mod layers;
mod plain;
mod reconcile;
mod program;
mod servers;
mod simulate;
