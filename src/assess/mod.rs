//! Assessing: every enterprise's designated size, union coverage, gap, fund and priority, each with its reasons; and the
//! value of every field, chosen among what the registries say.
//!
//! In: a `AssessmentInput` (readable records, which entity each belongs to, relations, findings), `Rules` (data files) and `Policy`.
//! Out: `Assessed`: the enterprises and unions of the next edition, and what contradicts itself. Pure: the same input
//! gives the same output; the day is an argument, nothing is read or written, the order of records does not matter.
//!
//! One entity's way: `dossier` gathers its facts, `survive` chooses a statement per field, then `size`, `coverage`, `gap`,
//! `fund` and `priority` judge, and `compose` puts the enterprise together. `explain` shows every rule that was tried.

mod compose;
mod context;
mod coverage;
pub mod diff;
mod entity_facts;
mod explain;
pub mod fund;
pub mod gap;
mod membership;
pub mod needs;
pub mod policy;
mod priority;
mod provenance;
pub mod rules;
mod size;
mod survivorship;
mod survivorship_plan;
pub mod table;
pub mod targets;
mod unions;
mod values;
mod vocabulary;

use std::sync::Mutex;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::assess::context::Context;
use crate::model::enterprise::{Enterprise, TradeUnion};
use crate::model::facts::AssessmentInput;
use entity_facts::{ByEntity, EntityFacts};

pub use explain::{Explanation, Step, StepOutcome, Topic, explain};
pub use fund::Contradiction;
pub use policy::Policy;
pub use provenance::provenance;
pub use rules::Rules;
pub use unions::union_id;

/// What one run of assessing gives.
#[derive(Debug, Default)]
pub struct Assessed {
    /// In the order of the world's entities.
    pub enterprises: Vec<Enterprise>,
    pub unions: Vec<TradeUnion>,
    /// Payments that do not fit the union roll, for review.
    pub contradictions: Vec<Contradiction>,
}

/// Assesses every enterprise of the world as of a day.
pub fn assess(world: &AssessmentInput, rules: &Rules, policy: &Policy, as_of: NaiveDate) -> Assessed {
    let groups = ByEntity::new(world);
    let context = Context::new(world, rules, policy, as_of);
    let entities: Vec<u32> =
        (0..world.entities.len() as u32).filter(|e| EntityFacts::new(world, &groups, *e).is_enterprise()).collect();
    // Written in place, in order; the few contradictions go beside and are ordered after.
    let found: Mutex<Vec<(u32, Contradiction)>> = Mutex::default();
    let judge = |entity: &u32| {
        let (enterprise, contradiction) = compose::enterprise(&context, EntityFacts::new(world, &groups, *entity));
        if let Some(contradiction) = contradiction {
            found.lock().expect("no panic while pushing").push((*entity, contradiction));
        }
        enterprise
    };
    let mut enterprises: Vec<Enterprise> = entities.par_iter().with_min_len(256).map(judge).collect();
    let id_of = |entity: u32| entities.binary_search(&entity).is_ok().then(|| world.entities[entity as usize].clone());
    let unions = context.roll.trade_unions(world, as_of, id_of);
    membership::count(&context, &groups, &entities, &mut enterprises, &unions);
    let mut found = found.into_inner().expect("no panic while pushing");
    found.sort_by_key(|(entity, _)| *entity);
    Assessed { enterprises, unions, contradictions: found.into_iter().map(|(_, c)| c).collect() }
}
