//! `segment`: the facts of a province's entities become a segment of an edition: judged, counted, and written as a folder.
//!
//! A stream holds whole segments: `neighbourhood` is the name of one, and its rows are the facts of all of its entities, beside which
//! stand, not asked for, those of others that their verdicts look at. What stands in it is what is asked for.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_schema::DataType;
use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use hashbrown::{HashMap, HashSet};

use super::assess::{GatheredFacts, KernelDay, Neighbourhood, neighbourhoods, world};
use super::columns::Output;
use crate::edition::{EditionError, EditionInput, EditionSource, Manifest, Member, write_segment};
use crate::model::facts::Facts;
use crate::model::field::Field;
use crate::model::linkage::LinkMethod;
use crate::model::problem::Problem;
use crate::model::record::RegistryIndex;
use crate::publish::{counting, labels};

/// Where segments are written, and of which edition.
#[derive(Debug, Clone, Copy)]
pub struct SegmentPlace<'a> {
    /// A folder that has one for each segment.
    pub root: &'a Path,
    /// Number of the edition.
    pub number: u32,
    /// Whose days `as_of` counts.
    pub zone: chrono_tz::Tz,
}

/// Judges the segments of a stream and writes each as a folder. All rows of a segment stand in one stream. Out come their names, and what
/// they hold.
///
/// # Errors
/// As [`super::assess()`]; and where a segment cannot be written.
pub fn segment(input: impl Read, output: impl Write, day: &KernelDay, place: SegmentPlace<'_>) -> Result<(), Problem> {
    let mut written: Vec<(Box<str>, Manifest)> = Vec::new();
    for (name, neighbourhood) in neighbourhoods(input, day)? {
        let manifest = write_segment(place.root, &name, told(neighbourhood, day, place)).map_err(unwritten)?;
        written.push((name, manifest));
    }
    let columns = [
        ("segment", DataType::Utf8, false),
        ("enterprises", DataType::Int64, false),
        ("unions", DataType::Int64, false),
        ("records", DataType::Int64, false),
        ("digest", DataType::Utf8, false),
    ];
    let mut out = Output::new(output, &columns)?;
    out.rows(&written, lines)?;
    out.end()
}

fn lines(lines: &[(Box<str>, Manifest)]) -> Vec<ArrayRef> {
    let numbers = |of: fn(&Manifest) -> i64| -> ArrayRef {
        Arc::new(lines.iter().map(|(_, manifest)| of(manifest)).collect::<Int64Array>())
    };
    vec![
        Arc::new(lines.iter().map(|(name, _)| Some(&**name)).collect::<StringArray>()),
        numbers(|manifest| i64::from(manifest.enterprises)),
        numbers(|manifest| i64::from(manifest.unions)),
        numbers(|manifest| manifest.members as i64),
        Arc::new(lines.iter().map(|(_, manifest)| Some(&*manifest.digest)).collect::<StringArray>()),
    ]
}

fn unwritten(e: EditionError) -> Problem {
    match e {
        EditionError::BadInput(problem) => problem,
        other => {
            Problem::new("kernel_segment", format!("分段无法写出：{other}"), format!("the segment cannot be written: {other}"))
        }
    }
}

/// What a segment says.
fn told(neighbourhood: Neighbourhood, day: &KernelDay, place: SegmentPlace<'_>) -> EditionInput {
    let asked: HashSet<Box<str>> = neighbourhood.asked().map(Into::into).collect();
    // The row itself: whom a union lists stands with whoever that is.
    let own = |known: &&GatheredFacts| known.is_asked && known.facts.part == 0;
    let rows: HashSet<(RegistryIndex, Box<str>)> =
        neighbourhood.facts.iter().filter(own).map(|known| (known.facts.registry, known.facts.key.clone())).collect();
    let mut members = members(&neighbourhood, day);
    let sources = sources(&neighbourhood, day, place);
    let (world, _) = world(neighbourhood, day);
    let assessed = crate::assess::assess(&world, &day.rules, &day.policy, day.as_of);
    let (mut enterprises, mut unions, mut ties) = (assessed.enterprises, assessed.unions, assessed.ties);
    enterprises.retain(|e| asked.contains(&e.id));
    let standing: HashSet<&str> = enterprises.iter().map(|e| &*e.id).collect();
    members.retain(|member| standing.contains(&*member.enterprise));
    drop(standing);
    let registry = |name: &str| day.registries.iter().position(|known| *known.name == *name).map(|at| at as RegistryIndex);
    unions.retain(|union| registry(&union.registry).is_some_and(|registry| rows.contains(&(registry, union.record.clone()))));
    ties.retain(|tie| rows.contains(&(tie.registry, tie.key.clone())));
    EditionInput {
        number: place.number,
        published_at: begins(day, place),
        as_of: day.as_of,
        zone: place.zone,
        labels: labels(&enterprises),
        enterprises,
        unions,
        members,
        ties,
        registries: day.registries.iter().map(|known| known.name.clone()).collect(),
        sources,
        unmet: day.unmet.clone(),
        counting: counting(&day.policy),
    }
}

/// There is no clock here: a segment is made when its day begins.
fn begins(day: &KernelDay, place: SegmentPlace<'_>) -> DateTime<Utc> {
    let midnight = day.as_of.and_time(NaiveTime::MIN);
    place.zone.from_local_datetime(&midnight).earliest().map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

/// The records of the entities that are asked for.
fn members(neighbourhood: &Neighbourhood, day: &KernelDay) -> Vec<Member> {
    let mut ids: HashMap<&str, Arc<str>> = HashMap::new();
    let registries: Vec<Arc<str>> = day.registries.iter().map(|known| Arc::from(&*known.name)).collect();
    let mut members = Vec::new();
    for GatheredFacts { facts, entity, weight, .. } in neighbourhood.facts.iter().filter(|known| known.is_asked) {
        let Some(id) = entity.as_deref() else { continue };
        members.push(Member {
            enterprise: ids.entry(id).or_insert_with(|| id.into()).clone(),
            registry: registries[usize::from(facts.registry)].clone(),
            key: facts.key.clone(),
            part: facts.part,
            record_id: facts.record_id,
            method: method(facts, *weight),
            weight: *weight,
            evidence: "".into(),
        });
    }
    members
}

/// What joined a record, as far as the stream tells: what was weighed, else the best identifier that it states, else its name.
fn method(facts: &Facts, weight: Option<f32>) -> LinkMethod {
    let states = |field| facts.text(field).is_some();
    match weight {
        Some(_) => LinkMethod::Score,
        None if states(Field::CreditCode) => LinkMethod::CreditCode,
        None if states(Field::OrganisationCode) || states(Field::TaxNumber) => LinkMethod::OrganisationCode,
        None if states(Field::RegistrationNumber) => LinkMethod::RegistrationNumber,
        None => LinkMethod::Name,
    }
}

/// Every registry, with the rows that stand in the segment.
fn sources(neighbourhood: &Neighbourhood, day: &KernelDay, place: SegmentPlace<'_>) -> Vec<EditionSource> {
    let mut records = vec![0; day.registries.len()];
    let own = neighbourhood.facts.iter().filter(|known| known.is_asked && known.facts.part == 0);
    own.for_each(|known| records[usize::from(known.facts.registry)] += 1);
    let source = |(known, records): (&crate::model::facts::RegistryTraits, u64)| EditionSource {
        name: known.name.to_string(),
        title_zh: known.title_zh.to_string(),
        title_en: known.title_en.to_string(),
        as_of: begins(day, place),
        records,
        stale: false,
    };
    day.registries.iter().zip(records).map(source).collect()
}
