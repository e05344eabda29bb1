//! The journey, connectors, the graph, the store on both databases, the command line.

mod assess;
mod assess_gap;
mod assess_people;
mod assess_size;
mod clients;
mod edition;
mod examples;
mod graphql;
mod land;
mod layers;
mod link;
mod link_scored;
mod plain;
mod program;
mod reconcile;
mod servers;
mod simulate;
