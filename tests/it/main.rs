//! The journey, connectors, the graph, the store on both databases, the command line.

mod connector;
mod edition;
mod graphql;
mod land;
mod layers;
mod pull_file;
mod pull_http;
mod pull_sql;
mod servers;
