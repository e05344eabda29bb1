//! The journey, connectors, the graph, the store on both databases, the command line.

mod clients;
mod edition;
mod examples;
mod graphql;
mod land;
mod layers;
mod program;
mod plain;
mod servers;
mod simulate;
