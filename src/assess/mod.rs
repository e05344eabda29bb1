//! Assessing: every enterprise's designated size, union coverage, gap, fund and priority, each with its reasons; and the
//! value of every field, chosen among what the registries say.
//!
//! In: a `AssessmentInput` (readable records, which entity each belongs to, relations, findings), `Rules` (data files) and `Policy`.
//! Out: `Assessed`: the enterprises and unions of the next edition, and what contradicts itself. Pure: the same input
//! gives the same output; the day is an argument, nothing is read or written, the order of records does not matter.
//!
//! One entity's way: `entity_facts` gathers its facts, `survivorship` chooses a statement per field, then `size`, `coverage`, `gap`,
//! `fund` and `priority` judge, and `compose` puts the enterprise together. `explain` shows every rule that was tried.

mod compose;
mod context;
mod coverage;
pub mod diff;
mod entity_facts;
mod explain;
pub mod fund;
pub mod gap;
pub mod membership;
pub mod needs;
pub mod policy;
mod priority;
mod provenance;
pub mod rules;
mod size;
mod survivorship;
mod survivorship_plan;
pub mod table;
pub mod tags;
pub mod targets;
pub mod ties;
mod unions;
mod values;
mod vocabulary;

use std::sync::Mutex;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::assess::context::Context;
use crate::model::enterprise::{Enterprise, TradeUnion};
use crate::model::facts::AssessmentInput;
use crate::model::tie::Tie;
use entity_facts::{ByEntity, EntityFacts};

pub use explain::{Explanation, Step, StepOutcome, Topic, explain};
pub use fund::Contradiction;
pub use policy::Policy;
pub use priority::months_waited;
pub use provenance::{ChosenValue, chosen_values, provenance};
pub use rules::Rules;
pub use unions::union_id;

/// What one run of assessing gives.
#[derive(Debug, Default)]
pub struct Assessed {
    /// In the order of the world's entities.
    pub enterprises: Vec<Enterprise>,
    pub unions: Vec<TradeUnion>,
    /// What records state beside attributes.
    pub ties: Vec<Tie>,
    /// Payments that do not fit the union roll, for review.
    pub contradictions: Vec<Contradiction>,
}

/// Assesses every enterprise of the world as of a day.
pub fn assess(world: &AssessmentInput, rules: &Rules, policy: &Policy, as_of: NaiveDate) -> Assessed {
    assess_each(world, (rules, policy), as_of, |_| ())
}

/// The same; `judged` is shown each enterprise as soon as it is judged, before its people are counted, and may make it smaller: what
/// becomes of its reasons changes nothing of others.
pub fn assess_each(
    world: &AssessmentInput,
    (rules, policy): (&Rules, &Policy),
    as_of: NaiveDate,
    judged: impl Fn(&mut Enterprise) + Sync,
) -> Assessed {
    let groups = ByEntity::new(world);
    let context = Context::new(world, rules, policy, as_of);
    let (entities, mut enterprises, contradictions) = judge(&context, &groups, world.entities.len() as u32, judged);
    let id_of = |entity: u32| entities.binary_search(&entity).is_ok().then(|| world.entities[entity as usize].clone());
    let unions = context.roll.trade_unions(world, as_of, id_of);
    let ties = ties::ties(world, &enterprises);
    membership::count(&context, &groups, &entities, &mut enterprises, (&unions, &ties));
    Assessed { enterprises, unions, ties, contradictions }
}

/// Judges those of the first `until` entities that are enterprises: their entities, and what was decided, in their order.
fn judge(
    context: &Context<'_>,
    groups: &ByEntity,
    until: u32,
    judged: impl Fn(&mut Enterprise) + Sync,
) -> (Vec<u32>, Vec<Enterprise>, Vec<Contradiction>) {
    let world = context.world;
    let entities: Vec<u32> = (0..until).filter(|e| EntityFacts::new(world, groups, *e).is_enterprise()).collect();
    // Written in place, in order; the few contradictions go beside and are ordered after.
    let found: Mutex<Vec<(u32, Contradiction)>> = Mutex::default();
    let judge = |entity: &u32| {
        let (mut enterprise, contradiction) = compose::enterprise(context, EntityFacts::new(world, groups, *entity));
        judged(&mut enterprise);
        if let Some(contradiction) = contradiction {
            found.lock().expect("no panic while pushing").push((*entity, contradiction));
        }
        enterprise
    };
    let enterprises: Vec<Enterprise> = entities.par_iter().with_min_len(256).map(judge).collect();
    let mut found = found.into_inner().expect("no panic while pushing");
    found.sort_by_key(|(entity, _)| *entity);
    (entities, enterprises, found.into_iter().map(|(_, c)| c).collect())
}

/// What assessing a part of a city gives. Nobody is moved or shared out yet: that looks at enterprises beyond the part.
#[derive(Debug, Default)]
pub struct AssessedPart {
    /// Those of the asked entities that are enterprises, in their order; `people` is empty.
    pub enterprises: Vec<Enterprise>,
    /// For each of them: its employees are counted where they work.
    pub at_work: Vec<bool>,
    /// The unions of which a row is in the part, each as the whole city would have it where all of its rows are.
    pub unions: Vec<TradeUnion>,
}

/// Assesses the first `asked` entities of a world that holds what their verdicts look at and no more; `elsewhere` tells of the other
/// entities whether they are enterprises.
pub fn assess_part(
    world: &AssessmentInput,
    (rules, policy): (&Rules, &Policy),
    as_of: NaiveDate,
    asked: u32,
    elsewhere: impl Fn(&str) -> bool,
) -> AssessedPart {
    let groups = ByEntity::new(world);
    let context = Context::new(world, rules, policy, as_of);
    let (entities, enterprises, _) = judge(&context, &groups, asked, |_| ());
    let is_enterprise = |entity: u32| match entity < asked {
        true => entities.binary_search(&entity).is_ok(),
        false => elsewhere(&world.entities[entity as usize]),
    };
    let id_of = |entity: u32| is_enterprise(entity).then(|| world.entities[entity as usize].clone());
    let unions = context.roll.trade_unions(world, as_of, id_of);
    let at_work = |entity: &u32| membership::counted_by_place_of_work(&context, EntityFacts::new(world, &groups, *entity));
    AssessedPart { at_work: entities.iter().map(at_work).collect(), enterprises, unions }
}
