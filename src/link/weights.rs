//! The weight table: how much each level of agreement moves a decision.

use serde::{Deserialize, Serialize};

/// Readable as TOML; log2 units.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Weights {}

impl Weights {
    /// The table shipped with the program.
    pub fn shipped() -> Weights {
        Weights::default()
    }
}
