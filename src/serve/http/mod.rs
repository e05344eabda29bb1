//! HTTP: the server, its middleware, and the handlers that are no room of their own.
//!
//! In: requests. Out: answers of `answers`, `graphql`, pages. It decides nothing about what a caller may see.

mod arrived;
pub(in crate::serve) mod assets;
pub(in crate::serve) mod connections;
pub(in crate::serve) mod graphql;
pub mod headers;
pub(in crate::serve) mod middleware;
pub(in crate::serve) mod packing;
pub(in crate::serve) mod parameters;
mod patience;
pub(in crate::serve) mod rest;
pub(in crate::serve) mod server;
mod trace;
pub(in crate::serve) mod under_way;
