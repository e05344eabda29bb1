//! The journey, connectors, the graph, the store on both databases, the command line.

mod land;
mod layers;
mod servers;
