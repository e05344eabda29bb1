//! (being built)
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Policy {}
