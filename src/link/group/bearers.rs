//! Which records under one code bear it by right.
//!
//! In: the records of one valid code. Out: the firm's own, and *strangers*: records of another name for which no street,
//! phone or day speaks either. A code that was dragged down over the rows below, or borrowed from the group, stands
//! in records of strangers; so does, now and then, that of a firm which changed its name and moved. A stranger is
//! therefore compared like a record without a code, and its code counts as a claim: see `Profile::claim`.

use crate::link::codec::kept_choice;
use crate::link::records::{ISSUES_CODES, RecordNo, RecordRow, RecordTable};
use crate::normalise::name_parts::NameRef;
use crate::normalise::{Address, Glyph, glyph};

/// How much a code says that stands in a record of another name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Nothing speaks for it beside the code, and nothing against it.
    #[default]
    Silent,
    /// Street or phone speak against it.
    Contradicted,
    /// One registry wrote the code beside so many firms that it says nothing of any of them.
    Dragged,
    /// It is not what the record writes, but one slip away, and the firm whose code it is bears the record's name.
    Slip,
}

/// What a group of records with one code comes to.
#[derive(Debug, Default)]
pub(in crate::link) struct Bearers {
    pub own: Vec<RecordNo>,
    pub strangers: Vec<(RecordNo, Doubt)>,
    /// Firms whose names, streets and phones have nothing to do with each other.
    pub firms: u32,
}

/// Unlike firms in one registry under one code from which it was dragged, not borrowed.
const RUN: usize = 3;
/// Records of one code that are compared each with each; larger groups by equal values alone.
const MOST: usize = 64;

pub(in crate::link) fn bearers(record_table: &RecordTable, group: &[RecordNo]) -> Bearers {
    let stem = |record: RecordNo| record_table.name_entry(record_table.facts(record).name).stem;
    if group.len() < 2 || group.iter().all(|record| stem(*record) == stem(group[0])) {
        return Bearers { own: group.to_vec(), ..Bearers::default() };
    }
    let firm_of = firms(record_table, group);
    let members = |firm: usize| group.iter().zip(&firm_of).filter(move |(_, of)| **of == firm).map(|(record, _)| *record);
    let mut all: Vec<usize> = firm_of.clone();
    all.sort_unstable();
    all.dedup();
    if all.len() < 2 {
        return Bearers { own: group.to_vec(), ..Bearers::default() };
    }
    let registries = |firm: usize| {
        let mut of: Vec<u16> = members(firm).map(|record| record_table.facts(record).registry).collect();
        of.sort_unstable();
        of.dedup();
        of
    };
    let issued = |firm: usize| members(firm).any(|record| record_table.facts(record).has(ISSUES_CODES));
    // The issuer's word, then most registries, then most records; the group comes best registry first.
    let weight = |firm: &usize| (issued(*firm), registries(*firm).len(), members(*firm).count());
    let owner = all.iter().copied().max_by_key(|firm| (weight(firm), std::cmp::Reverse(*firm))).unwrap_or(0);
    // A registry that wrote the code beside several firms has dragged it.
    let in_registry = |registry: u16| all.iter().filter(|firm| registries(**firm).contains(&registry)).count();
    let dragged = |firm: usize| registries(firm).iter().any(|registry| in_registry(*registry) >= RUN);
    let nobody = !issued(owner) && registries(owner).len() == 1 && dragged(owner);
    let mut found = Bearers { firms: all.len() as u32, ..Bearers::default() };
    for (record, firm) in group.iter().zip(&firm_of) {
        match *firm == owner && !nobody || issued(*firm) {
            true => found.own.push(*record),
            false => {
                let spoken_against = members(*firm).any(|r| members(owner).any(|s| contradict(record_table, r, s)));
                let doubt = match () {
                    _ if dragged(*firm) => Doubt::Dragged,
                    _ if spoken_against => Doubt::Contradicted,
                    _ => Doubt::Silent,
                };
                found.strangers.push((*record, doubt));
            }
        }
    }
    found
}

/// By position in the group: the position of the first record of the same firm, as far as names, streets, phones and days tell.
fn firms(record_table: &RecordTable, group: &[RecordNo]) -> Vec<usize> {
    let mut of: Vec<usize> = (0..group.len()).collect();
    for at in 1..group.len() {
        let others = if group.len() > MOST { at.saturating_sub(MOST)..at } else { 0..at };
        for before in others {
            let (a, b) = (of[at], of[before]);
            if a != b && tied(record_table, group[at], group[before]) {
                let (low, high) = (a.min(b), a.max(b));
                of.iter_mut().filter(|firm| **firm == high).for_each(|firm| *firm = low);
            }
        }
    }
    of
}

/// Whether the names of two records could be one firm's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Unlike,
    /// A glyph or the trade is another: a slip, a firm of the group, or the same firm with another business.
    Kin,
    Same,
}

/// Something beside the code says that the two are one firm.
fn tied(record_table: &RecordTable, one: RecordNo, other: RecordNo) -> bool {
    let (a, b) = (record_table.facts(one), record_table.facts(other));
    let likeness = names(record_table, one, other);
    let (day, month) = (a.established % 100 != 0, a.established / 100 % 100 != 0);
    let sure = a.registration != 0 && a.registration == b.registration || day && a.established == b.established;
    // A firm of the group shares roof and telephone with it.
    let shared = a.shares_phone(b) || streets(record_table, a, b) == Some(true);
    match likeness {
        Likeness::Same => true,
        Likeness::Kin => sure || month && a.established / 100 == b.established / 100,
        Likeness::Unlike => sure || shared,
    }
}

/// Street or phone speak against it, and neither for it.
fn contradict(record_table: &RecordTable, one: RecordNo, other: RecordNo) -> bool {
    let (a, b) = (record_table.facts(one), record_table.facts(other));
    match streets(record_table, a, b) {
        Some(true) => false,
        Some(false) => !a.shares_phone(b),
        None => a.has_phone() && b.has_phone() && !a.shares_phone(b),
    }
}

/// Whether the two share a street and number; None where one tells no address.
fn streets(record_table: &RecordTable, a: &RecordRow, b: &RecordRow) -> Option<bool> {
    let of = |facts: &RecordRow| [facts.address, facts.operating].into_iter().filter(|no| *no != 0);
    let mut known = None;
    for here in of(a) {
        for there in of(b) {
            let (x, y) = (record_table.address(here), record_table.address(there));
            if here == there || one_place(x, y) {
                return Some(true);
            }
            known = Some(false);
        }
    }
    known
}

fn one_place(x: &Address, y: &Address) -> bool {
    x.whole == y.whole || x.door().is_some() && x.door() == y.door() || x.number == y.number && x.resemblance(y) > 0.8
}

fn names(record_table: &RecordTable, one: RecordNo, other: RecordNo) -> Likeness {
    let mut best = Likeness::Unlike;
    let nameless = |record: RecordNo| record_table.names_of(record).next().is_none();
    if nameless(one) || nameless(other) {
        return Likeness::Same;
    }
    for here in record_table.names_of(one) {
        for there in record_table.names_of(other) {
            if here == there || record_table.name_entry(here).stem == record_table.name_entry(there).stem {
                return Likeness::Same;
            }
            best = best.max(likeness(record_table.name(here), record_table.name(there)));
        }
    }
    best
}

fn likeness(a: NameRef<'_>, b: NameRef<'_>) -> Likeness {
    // What an English name says of a Chinese one is for the comparison to find out.
    if a.shape.english != b.shape.english {
        return Likeness::Same;
    }
    let (x, y) = if a.stem().len() <= b.stem().len() { (a, b) } else { (b, a) };
    let (short, long) = (x.stem(), y.stem());
    // A branch is now and then called by its firm's name alone.
    if short.is_empty() || short == long {
        return Likeness::Same;
    }
    // 某某宾馆 and 某某宾馆有限公司.
    if x.core() == long || y.core() == short {
        return Likeness::Same;
    }
    let common = common(short, long);
    // An everyday abbreviation; what bears a whole form and a shorter trade is another firm, as a rule.
    if common == short.len() && short[0] == long[0] && x.is_shortened() {
        return Likeness::Same;
    }
    let (p, q) = (x.brand(), y.brand());
    let inside = |short: &[Glyph], long: &[Glyph]| short.len() >= 2 && long.windows(short.len()).any(|part| part == short);
    let slip = long.len() >= 4 && common + 1 >= long.len() && (p.len() >= 3 || one_sound(p, q));
    if slip || p == q || inside(p, q) || inside(q, p) { Likeness::Kin } else { Likeness::Unlike }
}

fn one_sound(x: &[Glyph], y: &[Glyph]) -> bool {
    x.len() == y.len() && x.iter().zip(y).all(|(a, b)| glyph::sound_alike(*a, *b))
}

/// Length of the longest common subsequence.
fn common(x: &[Glyph], y: &[Glyph]) -> usize {
    let mut row = [0u8; crate::normalise::name_parts::LONGEST + 1];
    for a in x {
        let mut diagonal = 0;
        for (at, b) in y.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if a == b { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    usize::from(row[y.len()])
}

kept_choice!(Doubt: Silent, Contradicted, Dragged, Slip);
