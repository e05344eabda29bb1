//! What a city can set: the registries in their rank, and how sure is sure.

use serde::{Deserialize, Serialize};

/// Names of the registries, best first, and the thresholds of a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkSettings {
    /// Names of the registries in the order of `LinkRecord::registry`: lower index, higher rank.
    pub registries: Vec<Box<str>>,
    /// log2 odds from which a record without a code joins.
    pub join_from: f32,
    /// log2 odds from which a pair is worth a person's look.
    pub review_from: f32,
    /// log2 odds below which a joined pair still goes to a person, for confirmation.
    pub confirm_below: f32,
    /// How many log2 units the best must lead over the second best.
    pub margin: f32,
    /// More profiles than this behind one key: the key says nothing and is left out.
    pub largest_block: u32,
}

impl Default for LinkSettings {
    fn default() -> LinkSettings {
        LinkSettings {
            registries: Vec::new(),
            join_from: 0.0,
            review_from: -4.0,
            confirm_below: 3.0,
            margin: 1.0,
            largest_block: 200,
        }
    }
}

impl LinkSettings {
    /// The usual thresholds, for these registries, best first.
    pub fn with_registries<'a>(registries: impl IntoIterator<Item = &'a str>) -> LinkSettings {
        LinkSettings { registries: registries.into_iter().map(Into::into).collect(), ..LinkSettings::default() }
    }
    /// Name of a registry; empty where the number is none.
    pub fn registry(&self, index: u16) -> &str {
        self.registries.get(usize::from(index)).map_or("", |name| name)
    }
}
