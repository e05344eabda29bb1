//! Where a question enters the graph: queries, mutations, subscriptions, exports, entities of a federation.

pub mod address_changes;
pub mod administration;
pub mod caller_changes;
pub mod case_changes;
pub mod correction_changes;
pub mod duty_changes;
pub(in crate::serve::graphql) mod entities;
pub mod entities_apart;
pub mod exports;
pub mod federation;
pub mod federation_changes;
pub mod mutation;
pub mod named_list_changes;
pub mod nodes;
pub mod outreach;
pub mod policy_changes;
pub mod query;
mod recorded;
pub mod registry_changes;
pub mod subscription;
pub mod token_changes;
pub mod visit_changes;
pub mod webhook_changes;
