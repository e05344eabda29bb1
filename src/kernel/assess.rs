//! `assess`: the facts of entities become verdicts with their reasons.
//!
//! A *neighbourhood* is what one asking looks at: the facts of the entities asked for, and of others only what their verdicts look at (the rows
//! of the unions that cover them, their heads, the firms of their group). What stands beside facts (relations, open pairs, findings, since
//! when somebody has been lacking) stands in rows of its own. Streams have no order: `id` says in which rows are looked at, where two weigh the
//! same.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, StringArray};
use arrow_schema::DataType;
use chrono::NaiveDate;
use hashbrown::HashMap;
use serde::Deserialize;

use super::columns::{Output, Rows, filled, needed, read_rows};
use crate::assess::{Policy, Rules, assess_part};
use crate::model::enterprise::Enterprise;
use crate::model::facts::{AssessmentInput, Facts, OpenPair, RegistryTraits, RelationKind, StandingFinding, StatedTie};
use crate::model::field::{Field, RecordKind};
use crate::model::linkage::RecordRef;
use crate::model::problem::Problem;
use crate::model::value::Value;
use crate::model::verdict::Unmet;

/// By what, and as of when, is judged.
#[derive(Debug, Clone)]
pub struct KernelDay {
    /// The day.
    pub as_of: NaiveDate,
    /// The thresholds of designated size.
    pub rules: Rules,
    /// What the federation has decided for itself.
    pub policy: Policy,
    /// The registries, best first.
    pub registries: Vec<RegistryTraits>,
    /// What the verdicts need and the registries do not bring.
    pub unmet: Vec<Unmet>,
    /// Nobody was judged before: who lacks a union has lacked it since before anybody counted.
    pub is_first: bool,
    /// The earliest day since which anybody has been lacking.
    pub counting_since: Option<NaiveDate>,
}

/// What stands beside facts.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Beside {
    Relation { kind: RelationKind, from: Box<str>, to: Box<str>, since: Option<NaiveDate> },
    OpenPair { id: Box<str>, enterprise: Box<str>, registry: Box<str>, key: Box<str>, part: u16, weight: f32 },
    Finding { id: Box<str>, enterprise: Box<str>, reason: Box<str>, by: Option<Box<str>>, at: i64, until: Option<NaiveDate> },
    LackingSince { enterprise: Box<str>, since: Option<NaiveDate> },
}

/// A record's facts, and whose they are.
pub(super) struct GatheredFacts {
    pub facts: Facts,
    pub entity: Option<Box<str>>,
    /// Its entity is asked for; of what has none, it itself.
    pub is_asked: bool,
    /// log2 odds of what joined it, where no identifier did.
    pub weight: Option<f32>,
}

/// One neighbourhood, as it is gathered.
#[derive(Default)]
pub(super) struct Neighbourhood {
    pub facts: Vec<GatheredFacts>,
    /// Entities in the order in which they came, and whether they are asked for.
    entities: Vec<(Box<str>, bool)>,
    known: HashMap<Box<str>, usize>,
    /// Each with its place in the order, and as it was written.
    beside: Vec<(i64, Box<str>, Beside)>,
}

impl Neighbourhood {
    /// The ids of the entities that are asked for.
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().filter(|(_, is_asked)| *is_asked).map(|(id, _)| &**id)
    }

    fn entity(&mut self, id: &str, is_asked: bool) {
        let next = self.entities.len();
        let at = *self.known.entry(id.into()).or_insert(next);
        if at == next {
            self.entities.push((id.into(), false));
        }
        self.entities[at].1 |= is_asked;
    }
}

/// Judges the entities of a stream that are asked for. All rows of a neighbourhood stand in one stream.
///
/// # Errors
/// The stream is none, or damaged; a column is missing or of another type; a registry, kind, field or value is not known.
pub fn assess(input: impl Read, output: impl Write, day: &KernelDay) -> Result<(), Problem> {
    let all = neighbourhoods(input, day)?;
    let columns = [
        ("entity", DataType::Utf8, false),
        ("size", DataType::Utf8, false),
        ("rule", DataType::Utf8, true),
        ("coverage", DataType::Utf8, false),
        ("gap", DataType::Utf8, false),
        ("fund", DataType::Utf8, false),
        ("priority", DataType::Float32, false),
        ("verdicts", DataType::Utf8, false),
    ];
    let mut out = Output::new(output, &columns)?;
    let mut waiting: Vec<Enterprise> = Vec::new();
    for neighbourhood in all.into_values() {
        let (world, asked) = world(neighbourhood, day);
        waiting.extend(assess_part(&world, (&day.rules, &day.policy), day.as_of, asked, |_| false).enterprises);
        if waiting.len() >= 1 << 12 {
            out.rows(&waiting, lines)?;
            waiting.clear();
        }
    }
    out.rows(&waiting, lines)?;
    out.end()
}

/// All neighbourhoods of a stream, by their names.
///
/// # Errors
/// As [`assess`].
pub(super) fn neighbourhoods(input: impl Read, day: &KernelDay) -> Result<BTreeMap<Box<str>, Neighbourhood>, Problem> {
    let mut all = BTreeMap::new();
    read_rows(input, |rows| gather(rows, day, &mut all))?;
    Ok(all)
}

fn lines(lines: &[Enterprise]) -> Vec<ArrayRef> {
    let texts = |of: fn(&Enterprise) -> Option<&str>| -> ArrayRef { Arc::new(lines.iter().map(of).collect::<StringArray>()) };
    let verdicts = lines.iter().map(|e| Some(serde_json::to_string(&e.verdicts).expect("verdicts are plain values")));
    vec![
        texts(|e| Some(&e.id)),
        texts(|e| Some(e.verdicts.size.verdict.name())),
        texts(|e| e.verdicts.size.rule.as_deref()),
        texts(|e| Some(e.verdicts.union.verdict.name())),
        texts(|e| Some(e.verdicts.gap.status.name())),
        texts(|e| Some(e.verdicts.fund.status.name())),
        Arc::new(lines.iter().map(|e| e.verdicts.priority.score).collect::<Float32Array>()),
        Arc::new(verdicts.collect::<StringArray>()),
    ]
}

/// The world of a neighbourhood, and how many of its first entities are asked for.
pub(super) fn world(neighbourhood: Neighbourhood, day: &KernelDay) -> (AssessmentInput, u32) {
    let Neighbourhood { mut facts, mut entities, mut beside, .. } = neighbourhood;
    facts.sort_by(|GatheredFacts { facts: a, .. }, GatheredFacts { facts: b, .. }| {
        (a.record_id, a.registry, &a.key, a.part).cmp(&(b.record_id, b.registry, &b.key, b.part))
    });
    beside.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    entities.sort_by(|a, b| (!a.1, &a.0).cmp(&(!b.1, &b.0)));
    let asked = entities.iter().filter(|(_, is_asked)| *is_asked).count() as u32;
    let entity_of = {
        let place: HashMap<&str, u32> = entities.iter().enumerate().map(|(at, (id, _))| (&**id, at as u32)).collect();
        facts.iter().map(|known| known.entity.as_deref().and_then(|id| place.get(id).copied())).collect()
    };
    let mut world = AssessmentInput {
        registries: day.registries.clone(),
        facts: facts.into_iter().map(|known| known.facts).collect(),
        entity_of,
        counting_since: day.counting_since,
        first_edition: day.is_first,
        unmet: day.unmet.clone(),
        ..AssessmentInput::default()
    };
    for (_, _, beside) in beside {
        match beside {
            Beside::Relation { kind, from, to, since } => world.relations.push(StatedTie { kind, from, to, since }),
            Beside::OpenPair { id, enterprise, registry, key, part, weight } => {
                let union_record = RecordRef { registry, key, part };
                world.open_pairs.push(OpenPair { id, enterprise, union_record, weight });
            }
            Beside::Finding { id, enterprise, reason, by, at, until } => {
                world.findings.push(StandingFinding { id, enterprise, reason, by, at, until });
            }
            Beside::LackingSince { enterprise, since } => drop(world.lacking_since.insert(enterprise, since)),
        }
    }
    world.entities = entities.into_iter().map(|(id, _)| id).collect();
    (world, asked)
}

fn gather(rows: &Rows, day: &KernelDay, all: &mut BTreeMap<Box<str>, Neighbourhood>) -> Result<(), Problem> {
    let neighbourhoods = needed(rows.texts("neighbourhood")?, "neighbourhood")?;
    let (entities, asked) = (needed(rows.texts("entity")?, "entity")?, needed(rows.flags("asked")?, "asked")?);
    let (registries, keys) = (needed(rows.texts("registry")?, "registry")?, needed(rows.texts("key")?, "key")?);
    let (kinds, values) = (needed(rows.texts("kind")?, "kind")?, needed(rows.texts("values")?, "values")?);
    let (ids, parts, landed) = (rows.wholes("id")?, rows.wholes("part")?, rows.wholes("landed_at")?);
    let (observed, beside, weights) = (rows.wholes("observed_at")?, rows.texts("beside")?, rows.floats("weight")?);
    for row in 0..rows.len() {
        let name = filled(rows, row, "neighbourhood", neighbourhoods.get(row))?;
        let here = all.entry(name.into()).or_default();
        let id = ids.as_ref().and_then(|ids| ids.get(row)).unwrap_or(0);
        if let Some(text) = beside.as_ref().and_then(|beside| beside.get(row)) {
            here.beside.push((id, text.into(), serde_json::from_str(text).map_err(|e| no_json(rows, row, "beside", &e))?));
            continue;
        }
        let registry = filled(rows, row, "registry", registries.get(row))?;
        let registry = day.registries.iter().position(|known| *known.name == *registry).ok_or_else(|| {
            let known: Vec<&str> = day.registries.iter().map(|known| &*known.name).collect();
            let zh = format!("没有登记「{registry}」；已有的登记：{}", known.join("、"));
            rows.fault(row, "registry", (zh, format!("there is no registry \"{registry}\"; known are {}", known.join(", "))))
        })?;
        let kind = filled(rows, row, "kind", kinds.get(row))?;
        let kind = RecordKind::from_name(kind).ok_or_else(|| {
            let known: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.name()).collect();
            let zh = format!("「{kind}」不是记录种类；应为 {} 之一", known.join("、"));
            rows.fault(row, "kind", (zh, format!("\"{kind}\" is no kind of record; expected one of {}", known.join(", "))))
        })?;
        let text = filled(rows, row, "values", values.get(row))?;
        let values: Vec<(Field, Value)> = serde_json::from_str(text).map_err(|e| no_json(rows, row, "values", &e))?;
        let part = parts.as_ref().and_then(|parts| parts.get(row)).unwrap_or(0);
        let entity = entities.get(row);
        let facts = Facts {
            registry: registry as u16,
            key: filled(rows, row, "key", keys.get(row))?.into(),
            part: u16::try_from(part).map_err(|_| {
                let en = format!("{part} is not between 0 and {}", u16::MAX);
                rows.fault(row, "part", (format!("{part} 不在 0 至 {} 之间", u16::MAX), en))
            })?,
            record_id: id,
            kind,
            landed_at: landed.as_ref().and_then(|landed| landed.get(row)).unwrap_or(0),
            observed_at: observed.as_ref().and_then(|observed| observed.get(row)),
            values: values.into_iter().collect(),
        };
        let is_asked = asked.get(row).unwrap_or(false);
        let weight = weights.as_ref().and_then(|weights| weights.get(row));
        here.facts.push(GatheredFacts { facts, entity: entity.map(Into::into), is_asked, weight });
        if let Some(entity) = entity {
            here.entity(entity, is_asked);
        }
    }
    Ok(())
}

fn no_json(rows: &Rows, row: usize, column: &str, e: &serde_json::Error) -> Problem {
    rows.fault(row, column, (format!("无法读取：{e}"), format!("cannot be read: {e}")))
}
