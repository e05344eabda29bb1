//! What tests stand on: hubs, servers, worlds. No test is here but those that hold a helper itself.

pub mod assess_case;
pub mod chaos;
pub mod graph;
pub mod hub;
pub mod imports;
pub mod kernel_engine;
pub mod servers;
pub mod sources;
