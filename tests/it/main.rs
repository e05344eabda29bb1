//! The journey, connectors, the graph, the store on both databases, the command line.

mod clients;
mod assess;
mod assess_gap;
mod assess_size;
mod edition;
mod examples;
mod graphql;
mod land;
mod layers;
mod program;
mod plain;
mod servers;
