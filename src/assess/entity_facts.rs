//! Everything known of one entity, gathered from the world without a map per entity: a counting sort by entity.

use crate::model::facts::{AssessmentInput, Facts};
use crate::model::field::RecordKind;

/// Positions of facts by entity: `order[starts[e]..starts[e + 1]]` are entity e's, in the world's order.
pub struct ByEntity {
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl ByEntity {
    pub fn new(world: &AssessmentInput) -> ByEntity {
        let mut starts = vec![0u32; world.entities.len() + 1];
        for entity in world.entity_of.iter().flatten() {
            starts[*entity as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; *starts.last().expect("one more start than entities") as usize];
        for (fact, entity) in world.entity_of.iter().enumerate() {
            if let Some(entity) = entity {
                let slot = &mut next[*entity as usize];
                order[*slot as usize] = fact as u32;
                *slot += 1;
            }
        }
        ByEntity { starts, order }
    }

    pub fn of(&self, entity: u32) -> &[u32] {
        &self.order[self.starts[entity as usize] as usize..self.starts[entity as usize + 1] as usize]
    }
}

/// One entity's facts.
#[derive(Clone, Copy)]
pub struct EntityFacts<'a> {
    pub world: &'a AssessmentInput,
    pub entity: u32,
    facts: &'a [u32],
}

impl<'a> EntityFacts<'a> {
    pub fn new(world: &'a AssessmentInput, groups: &'a ByEntity, entity: u32) -> EntityFacts<'a> {
        EntityFacts { world, entity, facts: groups.of(entity) }
    }
    pub fn id(&self) -> &'a str {
        &self.world.entities[self.entity as usize]
    }
    pub fn facts(&self) -> impl Iterator<Item = &'a Facts> + Clone + use<'a> {
        let world = self.world;
        self.facts.iter().map(move |i| &world.facts[*i as usize])
    }
    pub fn of_kind(&self, kind: RecordKind) -> impl Iterator<Item = &'a Facts> + Clone + use<'a> {
        self.facts().filter(move |f| f.kind == kind)
    }
    /// Whether some registry describes an enterprise; otherwise it is a union without a known host.
    pub fn is_enterprise(&self) -> bool {
        self.facts().any(|f| f.kind == RecordKind::Enterprise)
    }
}
