//! The types of the graph with their resolvers. They name each other freely, as a graph does; nothing else may.

pub mod cases;
pub mod conflicts;
pub mod connection;
pub mod coverage;
pub mod coverage_detail;
pub mod coverage_rows;
pub mod duties;
pub mod edition;
pub mod enterprise;
pub mod history;
pub mod identity;
pub mod labels;
pub mod legal_relations;
pub mod live;
pub mod places;
pub mod provenance;
pub mod registry;
pub mod review;
pub mod scalars;
pub mod targets;
pub mod ties;
pub mod unions;
pub mod user_error;
pub mod verdicts;
pub mod visits;
pub mod webhooks;
