//! The journey, connectors, the graph, the store on both databases, the command line.

mod land;
mod edition;
mod layers;
mod servers;
