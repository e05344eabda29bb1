//! Relations between entities, as facts of their own: never a reason to join.

use hashbrown::HashMap;

use crate::model::linkage::RelationKind;
use crate::normalise::{hash, mix};

use super::book::{Book, ISSUES_CODES, NameNo, NumberMap, RecordNo};
use super::entity::EntityKey;
use super::identify::{ProfileNo, Profiles};
use super::outcome::{Flag, FlagKind, Relation};
use super::settings::Settings;

/// A firm's whole name without its branch: what a branch's name begins with.
fn head(book: &Book, name: NameNo) -> u64 {
    let name = book.name(name);
    let places = &name.glyphs[..name.place().len() + name.inner_place().len()];
    mix(hash(name.stem()) ^ hash(places).rotate_left(23) ^ u64::from(name.shape.form_class))
}

/// Branches and their firms, renamed firms, and what the records themselves say of others.
pub fn relations(
    book: &Book,
    profiles: &Profiles,
    entity: impl Fn(ProfileNo) -> Option<EntityKey>,
    settings: &Settings,
) -> (Vec<Relation>, Vec<Flag>) {
    let firms = Firms::of(book, profiles, &entity);
    let mut found: Vec<Relation> = Vec::new();
    let mut told: hashbrown::HashSet<(RelationKind, EntityKey, u64)> = hashbrown::HashSet::new();
    let mut renames: Vec<(EntityKey, EntityKey, RecordNo)> = Vec::new();
    for number in 0..profiles.all.len() as ProfileNo {
        let Some(from) = entity(number) else { continue };
        let mut tell = |kind: RelationKind, to: Option<EntityKey>, name: Box<str>, mark: u64, record: RecordNo| {
            if to != Some(from) && told.insert((kind, from, mark)) {
                found.push(Relation { kind, from, to, name, record: book.record_ref(record, settings) });
            }
        };
        for record in profiles.members(number) {
            let facts = book.facts(*record);
            let name = book.name(facts.name);
            if name.is_branch() {
                let firm = match profiles.get(number).parent {
                    0 => firms.by_head.get(&head(book, facts.name)).copied().flatten(),
                    code => firms.by_code.get(&code).copied(),
                };
                let whole = name.glyphs.len() - name.branch().len();
                let shown = crate::normalise::glyph::text(&name.glyphs[..whole]).into();
                tell(RelationKind::BranchOf, firm, shown, firm.map_or(head(book, facts.name), EntityKey::to_bits), *record);
            }
            if facts.has(ISSUES_CODES) {
                for former in book.names_of(*record).filter(|n| *n != facts.name) {
                    let entry = book.name_entry(former);
                    let holder = firms.by_name.get(&entry.whole).copied().flatten().filter(|holder| *holder != from);
                    if let Some(holder) = holder {
                        renames.push((from, holder, *record));
                    }
                    tell(RelationKind::RenamedFrom, None, book.name(former).to_text().into(), entry.whole, *record);
                }
            }
            for unit in book.related(*record) {
                let to = firms.by_code.get(&unit.organisation).copied();
                let to = to.or_else(|| firms.by_name.get(&book.name_entry(unit.name).whole).copied().flatten());
                tell(
                    unit.kind,
                    to,
                    book.name(unit.name).to_text().into(),
                    book.name_entry(unit.name).whole ^ unit.organisation,
                    *record,
                );
            }
        }
    }
    let flags = circles(&renames).into_iter().map(|(entity, record, count)| Flag {
        kind: FlagKind::RenameCycle,
        entity: Some(entity),
        record: book.record_ref(record, settings),
        count,
    });
    (found, flags.collect())
}

/// Ways to find a firm that another record speaks of; None where several fit.
struct Firms {
    by_head: NumberMap<u64, Option<EntityKey>>,
    by_name: NumberMap<u64, Option<EntityKey>>,
    by_code: NumberMap<u64, EntityKey>,
}

impl Firms {
    fn of(book: &Book, profiles: &Profiles, entity: &impl Fn(ProfileNo) -> Option<EntityKey>) -> Firms {
        let mut firms = Firms { by_head: NumberMap::default(), by_name: NumberMap::default(), by_code: NumberMap::default() };
        // Heads that branches ask for, so that the table stays small.
        for record in book.standing() {
            let name = book.facts(record).name;
            if book.name(name).is_branch() {
                firms.by_head.insert(head(book, name), None);
            }
            for former in book.names_of(record).skip(1) {
                firms.by_name.insert(book.name_entry(former).whole, None);
            }
            for unit in book.related(record) {
                firms.by_name.insert(book.name_entry(unit.name).whole, None);
            }
        }
        let mut ambiguous: hashbrown::HashSet<u64> = hashbrown::HashSet::new();
        for number in 0..profiles.all.len() as ProfileNo {
            let Some(key) = entity(number) else { continue };
            let code = profiles.get(number).organisation;
            if code != 0 {
                firms.by_code.insert(code, key);
            }
            let mut last = 0;
            for record in profiles.members(number) {
                let name = book.facts(*record).name;
                if name == 0 || name == last {
                    continue;
                }
                last = name;
                let mut note = |known: Option<&mut Option<EntityKey>>, mark: u64| match known {
                    Some(slot) if slot.is_none() && !ambiguous.contains(&mark) => *slot = Some(key),
                    Some(slot) if *slot != Some(key) => {
                        *slot = None;
                        ambiguous.insert(mark);
                    }
                    _ => {}
                };
                if !book.name(name).is_branch() {
                    note(firms.by_head.get_mut(&head(book, name)), head(book, name));
                }
                let whole = book.name_entry(name).whole;
                note(firms.by_name.get_mut(&whole), whole);
            }
        }
        firms
    }
}

/// Entities whose former names lead round to themselves. Every entity is visited once.
fn circles(renames: &[(EntityKey, EntityKey, RecordNo)]) -> Vec<(EntityKey, RecordNo, u32)> {
    let mut next: HashMap<EntityKey, (EntityKey, RecordNo)> = HashMap::new();
    for (from, to, record) in renames {
        next.entry(*from).or_insert((*to, *record));
    }
    let mut starts: Vec<EntityKey> = next.keys().copied().collect();
    starts.sort_unstable();
    let mut round_of: HashMap<EntityKey, u32> = HashMap::new();
    let mut found = Vec::new();
    for (round, start) in starts.into_iter().enumerate() {
        let (mut at, mut path) = (start, Vec::new());
        while let Some((to, record)) = next.get(&at) {
            match round_of.get(&at) {
                Some(seen) if *seen == round as u32 => {
                    let len = path.iter().rev().position(|(entity, _)| *entity == at).map_or(0, |back| back + 1);
                    let (entity, record) = path[path.len() - len..].iter().copied().min().unwrap_or((at, *record));
                    found.push((entity, record, len as u32));
                    break;
                }
                Some(_) => break,
                None => {
                    round_of.insert(at, round as u32);
                    path.push((at, *record));
                    at = *to;
                }
            }
        }
    }
    found
}
