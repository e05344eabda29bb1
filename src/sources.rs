//! What departments send: `connector` says where a registry's data is and what its columns mean, `pull` fetches the rows as written.
//! What becomes of a row is decided above.

pub mod connector;
pub mod pull;

pub use huitu_rules::model;
