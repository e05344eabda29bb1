//! What it says of somebody that a registry has a record of them at all.

use super::open::Hub;
use crate::access::{FieldClass, classes};

impl Hub {
    /// The class of that; of a registry that no connector describes the most sensitive one.
    pub fn presence_in(&self, registry: &str) -> FieldClass {
        let connector = self.connectors.iter().find(|connector| connector.name == registry);
        connector.map_or(classes::UNMAPPED, |connector| classes::of_presence(connector.contract.kind))
    }
}
