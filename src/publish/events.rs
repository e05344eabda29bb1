//! What became of entities, as the history tells it.

use std::collections::HashMap;

use crate::link::EntityEvent;

/// Entities that went into others, and parts that split off.
#[derive(Debug, Default)]
pub struct EntityHistory {
    /// Ended ids, and those that took them in.
    pub merged: HashMap<Box<str>, Box<str>>,
    /// Ids of which a part split off, and the parts' own.
    pub splits: Vec<(String, String)>,
}

impl EntityHistory {
    pub fn of(events: &[EntityEvent]) -> EntityHistory {
        let merged = events.iter().filter_map(|e| match e {
            EntityEvent::Merged { from, into } => Some((from.to_string().into(), into.to_string().into())),
            _ => None,
        });
        let splits = events.iter().filter_map(|e| match e {
            EntityEvent::Split { from, into } => Some((from.to_string(), into.to_string())),
            _ => None,
        });
        EntityHistory { merged: merged.collect(), splits: splits.collect() }
    }
}
