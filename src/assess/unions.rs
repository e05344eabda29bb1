//! The union roll: each union once, its form and state, and whom it covers.
//!
//! In: records of kind union and covered_unit. Out: the unions, and for every entity the links to the unions that cover
//! it. One enterprise has at most one union of its own: a second record of the same host and form is the same union.

use std::collections::{HashMap, HashSet};

use crate::model::enterprise::TradeUnion;
use crate::model::facts::{AssessmentInput, Facts};
use crate::model::field::{Field, RecordKind};
use crate::model::identifier::CreditCode;
use crate::model::public_id;
use crate::model::reference::unions::{UnionForm, UnionStanding};
use crate::model::reference::{areas, federation_units};
use crate::model::verdict::UnionKind;

use super::values;
use super::vocabulary;

/// Id of the union that a record of the roll speaks of: `U` and twelve characters, the same in every run.
pub fn union_id(registry: &str, key: &str) -> Box<str> {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    hash.update(registry.as_bytes());
    hash.update(&[0]);
    hash.update(key.as_bytes());
    public_id::write('U', hash.digest()).into()
}

/// One union of the roll.
pub struct RollUnion<'a> {
    pub facts: &'a Facts,
    pub id: Box<str>,
    pub form: UnionForm,
    pub state: UnionStanding,
    pub host: Option<u32>,
    /// Position of the row that speaks of the same union and is kept.
    pub same_as: Option<usize>,
    /// Entities on its covered list, in the list's order.
    pub covered: Vec<u32>,
}

/// One entity's link to one union.
#[derive(Clone, Copy)]
pub struct Link<'a> {
    pub entity: u32,
    pub union: usize,
    pub kind: UnionKind,
    /// The record that says so: the union's row, or the covered unit's.
    pub facts: &'a Facts,
    /// Its own row, not a covered list.
    pub is_host: bool,
}

/// The roll, with links sorted by entity.
pub struct Roll<'a> {
    pub unions: Vec<RollUnion<'a>>,
    links: Vec<Link<'a>>,
    by_id: HashMap<Box<str>, usize>,
}

impl<'a> Roll<'a> {
    pub fn new(world: &'a AssessmentInput) -> Roll<'a> {
        let mut unions: Vec<RollUnion<'a>> = Vec::new();
        let mut row_of: HashMap<(u16, &str), usize> = HashMap::new();
        for (facts, entity) in world.facts.iter().zip(&world.entity_of) {
            if facts.kind != RecordKind::Union {
                continue;
            }
            let registry = world.registries.get(facts.registry as usize).map_or("", |r| &r.name);
            row_of.insert((facts.registry, &facts.key), unions.len());
            unions.push(RollUnion {
                facts,
                id: union_id(registry, &facts.key),
                form: vocabulary::union_form(facts),
                state: vocabulary::union_standing(facts),
                host: *entity,
                same_as: None,
                covered: Vec::new(),
            });
        }
        merge_repeated(&mut unions);
        let mut links: Vec<Link<'a>> = Vec::new();
        for (i, row) in unions.iter().enumerate() {
            if let (Some(entity), Some(kind)) = (row.host, host_kind(row.form, row.state)) {
                links.push(Link { entity, union: row.same_as.unwrap_or(i), kind, facts: row.facts, is_host: true });
            }
        }
        let mut listed = HashSet::new();
        for (facts, entity) in world.facts.iter().zip(&world.entity_of) {
            let (RecordKind::CoveredUnit, Some(entity)) = (facts.kind, *entity) else { continue };
            let Some(&at) = row_of.get(&(facts.registry, &*facts.key)) else { continue };
            let (form, state, host) = (unions[at].form, unions[at].state, unions[at].host);
            let union = unions[at].same_as.unwrap_or(at);
            if listed.insert((union, entity)) {
                unions[union].covered.push(entity);
            }
            // A union of one enterprise lists its own host first: that is the host link again.
            let is_own = host == Some(entity) && form.covered == UnionKind::Independent;
            if let (Some(kind), false) = (covered_kind(form, state), is_own) {
                links.push(Link { entity, union, kind, facts, is_host: false });
            }
        }
        links.sort_by_key(|l| (l.entity, precedence(l.kind), !l.is_host, l.union));
        let by_id = unions.iter().enumerate().map(|(at, union)| (union.id.clone(), at)).collect();
        Roll { unions, links, by_id }
    }

    /// An entity's links, the strongest first.
    pub fn of(&self, entity: u32) -> &[Link<'a>] {
        let from = self.links.partition_point(|l| l.entity < entity);
        let to = from + self.links[from..].partition_point(|l| l.entity == entity);
        &self.links[from..to]
    }

    /// The name on the roll of the union of this id.
    pub fn name_of(&self, id: &str) -> Option<&'a str> {
        self.by_id.get(id).map(|at| vocabulary::union_name(self.unions[*at].facts))
    }

    /// The industrial union (`I-EDU`) under which the union stands that covers the entity most strongly.
    pub fn industrial(&self, entity: u32) -> Option<&'static str> {
        let strongest = self.of(entity).first().filter(|l| l.kind != UnionKind::Preparing)?;
        industrial_of(self.unions[strongest.union].facts)
    }

    /// The entity's own independent union, and whether that is a group's union.
    pub fn independent(&self, entity: u32) -> Option<&Link<'a>> {
        self.of(entity).iter().find(|l| l.kind == UnionKind::Independent)
    }

    /// The unions of the edition, repeated rows and ended unions left out. `id_of` names an entity that is an enterprise.
    pub fn trade_unions(
        &self,
        world: &AssessmentInput,
        as_of: chrono::NaiveDate,
        id_of: impl Fn(u32) -> Option<Box<str>>,
    ) -> Vec<TradeUnion> {
        let kept = self.unions.iter().filter(|row| row.same_as.is_none() && row.state != UnionStanding::Dissolved);
        let unions = kept.map(|row| {
            let facts = row.facts;
            let text = |field| facts.text(field).map(Box::from);
            let count = |field| facts.count(field).and_then(|n| u32::try_from(n).ok());
            let by_text = |field| facts.text(field).and_then(|t| areas().district_by_name(t));
            let by_code = facts.text(Field::Area).and_then(|c| areas().resolve(c, as_of)).map(|p| p.district);
            let mut covers: Vec<Box<str>> = Vec::with_capacity(1 + row.covered.len());
            covers.extend(row.host.and_then(&id_of));
            for entity in &row.covered {
                covers.extend(id_of(*entity).filter(|_| row.host != Some(*entity)));
            }
            TradeUnion {
                id: row.id.clone(),
                name: vocabulary::union_name(facts).into(),
                credit_code: union_code(facts),
                kind: listed_kind(row.form, row.state),
                level: text(Field::UnionLevel),
                parent: text(Field::ParentUnion),
                district: by_code.or_else(|| by_text(Field::District)).or_else(|| by_text(Field::ParentUnion)),
                industrial: industrial_of(facts).map(Into::into),
                established_on: values::date(facts, Field::EstablishedOn).and_then(|d| d.first_day()),
                employees: count(Field::Employees),
                members: count(Field::Members),
                female_members: count(Field::FemaleMembers),
                migrant_members: count(Field::MigrantMembers),
                migrant_employees: count(Field::MigrantEmployees),
                dispatched_members: count(Field::DispatchedMembers),
                host: row.host.and_then(&id_of),
                covers,
                registry: world.registries.get(facts.registry as usize).map_or("".into(), |r| r.name.clone()),
                record: facts.key.clone(),
            }
        });
        unions.collect()
    }
}

fn union_code(facts: &Facts) -> Option<Box<str>> {
    let own = facts.text(Field::UnionCode).and_then(CreditCode::parse).filter(|c| c.is_union());
    // Some rolls write the union's own code where the host's belongs.
    let host = || facts.text(Field::CreditCode).and_then(CreditCode::parse).filter(|c| c.is_union());
    own.or_else(host).map(|c| c.as_str().into())
}

/// The industrial union that a record of the roll stands under, by its unit id.
pub fn industrial_of(facts: &Facts) -> Option<&'static str> {
    facts.text(Field::UnionIndustrial).or_else(|| facts.text(Field::ParentUnion)).and_then(industrial)
}

/// The industrial union (教育工会, 金融工会 …) that a text names, by its unit id (`I-EDU`): the id itself, or the whole name as the
/// list of federation units has it, with or without the city's name before it and 委员会 behind it. A word within a name tells
/// nothing: 金融街街道总工会 is a street's federation, 西城区教育工会 stands under its district.
fn industrial(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let name = text.strip_prefix("北京市").or_else(|| text.strip_prefix("北京")).unwrap_or(text);
    let name = name.strip_suffix("委员会").unwrap_or(name);
    let mut units = federation_units().iter().filter(|u| u.kind == "industrial");
    units.find(|u| u.unit == text || names(u.name_zh).any(|n| n == name)).map(|u| u.unit)
}

/// The ways to write a unit's name: 建筑（建设）工会 is 建筑工会 and 建设工会 too.
fn names(name: &'static str) -> impl Iterator<Item = String> {
    let words = name.trim_end_matches("工会").split(['（', '）']).filter(|word| !word.is_empty());
    std::iter::once(name.to_owned()).chain(words.map(|word| format!("{word}工会")))
}

/// Rows of one host that both speak of its own union are one: the row observed last, then the first key, is kept.
fn merge_repeated(unions: &mut [RollUnion<'_>]) {
    let mut order: Vec<usize> =
        (0..unions.len()).filter(|i| host_kind(unions[*i].form, unions[*i].state) == Some(UnionKind::Independent)).collect();
    order.retain(|i| unions[*i].host.is_some());
    order.sort_by(|a, b| {
        let key = |i: &usize| (unions[*i].host, std::cmp::Reverse(unions[*i].facts.observed_at), unions[*i].facts.registry);
        key(a).cmp(&key(b)).then_with(|| unions[*a].facts.key.cmp(&unions[*b].facts.key))
    });
    let mut kept: Option<usize> = None;
    for i in order {
        match kept {
            Some(first) if unions[first].host == unions[i].host => unions[i].same_as = Some(first),
            _ => kept = Some(i),
        }
    }
}

/// How a union covers the unit it stands at.
fn host_kind(form: UnionForm, state: UnionStanding) -> Option<UnionKind> {
    match state {
        UnionStanding::Dissolved => None,
        UnionStanding::Preparing => Some(UnionKind::Preparing),
        UnionStanding::Active | UnionStanding::Suspended => Some(form.host),
    }
}

/// How a union covers the units on its list: one union for several employers is a joint one, whatever its name says.
fn covered_kind(form: UnionForm, state: UnionStanding) -> Option<UnionKind> {
    match (state, form.covered) {
        (UnionStanding::Dissolved, _) => None,
        (UnionStanding::Preparing, _) => Some(UnionKind::Preparing),
        (UnionStanding::Active | UnionStanding::Suspended, UnionKind::Independent) => Some(UnionKind::Joint),
        (UnionStanding::Active | UnionStanding::Suspended, kind) => Some(kind),
    }
}

/// The kind that the list of unions shows: PARENT for a group's union.
fn listed_kind(form: UnionForm, state: UnionStanding) -> UnionKind {
    if state == UnionStanding::Preparing { UnionKind::Preparing } else { form.covered }
}

/// INDEPENDENT > PARENT > JOINT > FEDERATION > PREPARING.
pub fn precedence(kind: UnionKind) -> u8 {
    match kind {
        UnionKind::Independent => 0,
        UnionKind::Parent => 1,
        UnionKind::Joint => 2,
        UnionKind::Federation => 3,
        UnionKind::Preparing => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::industrial;

    #[test]
    fn an_industrial_union_is_told_by_its_code_or_its_whole_name_and_never_by_a_word_within() {
        for (text, unit) in [
            ("I-EDU", Some("I-EDU")),
            ("教育工会", Some("I-EDU")),
            ("北京市教育工会", Some("I-EDU")),
            ("北京市教育工会委员会", Some("I-EDU")),
            ("建筑（建设）工会", Some("I-CON")),
            ("建设工会", Some("I-CON")),
            (" 工业（国防）工会", Some("I-IND")),
            ("金融街街道总工会", None),
            ("西城区金融街街道总工会", None),
            ("西城区教育工会", None),
            ("北京建设集团有限公司工会", None),
            ("北京市服务业联合工会", None),
            ("工业园区工会联合会", None),
            ("西城区总工会", None),
            ("教育", None),
            ("", None),
        ] {
            assert_eq!(industrial(text), unit, "{text}");
        }
    }
}
