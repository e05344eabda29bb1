//! Which records under one code bear it by right.
//!
//! In: the records of one valid code. Out: the firm's own, and *strangers*: records of another name for which no street,
//! phone or day speaks either, or whose name the issuer of codes has beside another code. A code that was dragged down over the
//! rows below, or borrowed from the group, stands in records of strangers; so does, now and then, that of a firm which changed
//! its name and moved. A stranger is therefore compared like a record without a code, and its code counts as a claim: see
//! `Profile::claim`.

use std::collections::{BTreeMap, BTreeSet};

use super::stated::Stated;
use crate::link::codec::kept_choice;
use crate::link::records::{ISSUES_CODES, NameNo, RecordNo, RecordRow, RecordTable};
use crate::normalise::name_parts::NameRef;
use crate::normalise::named_places::{NamedPlaces, named_places};
use crate::normalise::romanise::reads_as;
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

impl Doubt {
    /// All of them, by their numbers.
    pub const ALL: [Doubt; 4] = [Doubt::Silent, Doubt::Contradicted, Doubt::Dragged, Doubt::Slip];
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

pub(in crate::link) fn bearers(record_table: &RecordTable, titled: &Stated, group: &[RecordNo]) -> Bearers {
    let name = |record: RecordNo| record_table.facts(record).name;
    let all_own = || Bearers { own: group.to_vec(), ..Bearers::default() };
    if group.len() < 2 || group.iter().all(|record| name(*record) == name(group[0])) {
        return all_own();
    }
    let foreign = called_elsewhere(record_table, titled, group);
    let stem = |record: RecordNo| record_table.name_entry(name(record)).stem;
    if !foreign.contains(&true) && group.iter().all(|record| stem(*record) == stem(group[0])) {
        return all_own();
    }
    let firm_of = firms(record_table, group, &foreign);
    let by_firm = summaries(record_table, group, &firm_of);
    if by_firm.len() < 2 {
        return all_own();
    }
    let place_of = |firm: usize| by_firm.binary_search_by_key(&firm, |f| f.first).expect("a firm of the group");
    // The issuer's word, then most registries, then most records; the group comes best registry first.
    let weight = |firm: &&FirmRecords| (firm.issued, firm.registries.len(), firm.members.len(), std::cmp::Reverse(firm.first));
    let Some(owner) = by_firm.iter().max_by_key(weight) else { return all_own() };
    // A registry that wrote the code beside several firms has dragged it.
    let mut in_registry: BTreeMap<u16, usize> = BTreeMap::new();
    by_firm.iter().flat_map(|firm| &firm.registries).for_each(|registry| *in_registry.entry(*registry).or_default() += 1);
    let dragged = |firm: &FirmRecords| firm.registries.iter().any(|registry| in_registry[registry] >= RUN);
    let nobody = !owner.issued && owner.registries.len() == 1 && dragged(owner);
    let contradicts =
        |firm: &FirmRecords| firm.members.iter().any(|r| owner.members.iter().any(|s| contradict(record_table, *r, *s)));
    let spoken_against: Vec<bool> =
        by_firm.iter().map(|firm| !dragged(firm) && firm.first != owner.first && contradicts(firm)).collect();
    let mut found = Bearers { firms: by_firm.len() as u32, ..Bearers::default() };
    for ((record, firm), foreign) in group.iter().zip(&firm_of).zip(&foreign) {
        let place = place_of(*firm);
        let firm = &by_firm[place];
        // A record without a name is the owner's where street and phone do not make it another's.
        let of_owner = firm.first == owner.first || firm.nameless;
        match of_owner && !nobody || firm.issued {
            true => found.own.push(*record),
            false => {
                let doubt = match () {
                    _ if dragged(firm) => Doubt::Dragged,
                    _ if *foreign || spoken_against[place] => Doubt::Contradicted,
                    _ => Doubt::Silent,
                };
                found.strangers.push((*record, doubt));
            }
        }
    }
    found
}

/// The records of one firm under a code.
struct FirmRecords {
    /// Position in the group of the first.
    first: usize,
    members: Vec<RecordNo>,
    /// In ascending order.
    registries: Vec<u16>,
    issued: bool,
    /// None of them says a name.
    nameless: bool,
}

/// The firms of a group, in the order of their first records.
fn summaries(record_table: &RecordTable, group: &[RecordNo], firm_of: &[usize]) -> Vec<FirmRecords> {
    let mut members: BTreeMap<usize, Vec<RecordNo>> = BTreeMap::new();
    firm_of.iter().zip(group).for_each(|(firm, record)| members.entry(*firm).or_default().push(*record));
    let summary = |(first, members): (usize, Vec<RecordNo>)| {
        let facts = || members.iter().map(|record| record_table.facts(*record));
        let registries: BTreeSet<u16> = facts().map(|facts| facts.registry).collect();
        let (issued, nameless) = (facts().any(|facts| facts.has(ISSUES_CODES)), facts().all(|facts| facts.name == 0));
        FirmRecords { first, registries: registries.into_iter().collect(), issued, nameless, members }
    };
    members.into_iter().map(summary).collect()
}

/// Records whose own name, place and form and all, the issuer has beside another code and not beside this one: they are that
/// firm's, whatever code they write. By position in the group; none where the issuer does not know the code.
fn called_elsewhere(record_table: &RecordTable, titled: &Stated, group: &[RecordNo]) -> Vec<bool> {
    let facts = |record: RecordNo| record_table.facts(record);
    let code = group.iter().map(|record| facts(*record).organisation).find(|code| *code != 0).unwrap_or(0);
    let is_called = |name: NameNo, other: NameNo| {
        let one_place = |a, b| named_places(a, b) != NamedPlaces::Differ;
        let (a, b) = (record_table.name_entry(name), record_table.name_entry(other));
        a.body == b.body && one_place(record_table.name(name), record_table.name(other))
    };
    let issued = || group.iter().copied().filter(|record| facts(*record).has(ISSUES_CODES));
    let known = |name: NameNo| issued().flat_map(|record| record_table.names_of(record)).any(|own| is_called(name, own));
    let elsewhere = |name: NameNo| -> Vec<RecordNo> {
        let other = |record: &RecordNo| ![0, code].contains(&facts(*record).organisation) && is_called(name, facts(*record).name);
        titled.of(record_table.name_entry(name).body).filter(other).collect()
    };
    let is_foreign = |record: &RecordNo| {
        let name = facts(*record).name;
        if name == 0 || facts(*record).has(ISSUES_CODES) || known(name) {
            return false;
        }
        let firms = elsewhere(name);
        !firms.is_empty() && !is_of_branch(record_table, *record, group, &firms)
    };
    if issued().next().is_none() {
        return vec![false; group.len()];
    }
    group.iter().map(is_foreign).collect()
}

/// The code is a branch's of the firm that the record names (`firms`: the issuer's records of the name): a branch is now and then called
/// by its firm's name alone. It is the branch's where it is at the branch's door (of one roof over both the district tells); or, at
/// neither's, has its telephone, or lies in its district and not in the firm's, or tells nothing that speaks against it.
fn is_of_branch(record_table: &RecordTable, record: RecordNo, group: &[RecordNo], firms: &[RecordNo]) -> bool {
    let facts = |record: RecordNo| record_table.facts(record);
    let firm = record_table.name(facts(record).name);
    let is_branch = |other: &RecordNo| {
        let name = record_table.name(facts(*other).name);
        name.is_branch() && name.stem() == firm.stem()
    };
    let branch: Vec<RecordNo> = group.iter().copied().filter(is_branch).collect();
    if firm.is_branch() || !branch.iter().any(|own| facts(*own).has(ISSUES_CODES)) {
        return false;
    }
    let own = facts(record);
    let at_door = |others: &[RecordNo]| others.iter().any(|other| streets(record_table, own, facts(*other)) == Some(true));
    let called = || branch.iter().any(|other| own.shares_phone(facts(*other)));
    let lies = |others: &[RecordNo]| own.county != 0 && others.iter().any(|other| facts(*other).county == own.county);
    let unsaid = || own.county == 0 || branch.iter().all(|other| facts(*other).county == 0);
    let silent = || !branch.iter().any(|other| contradict(record_table, record, *other)) && (lies(&branch) || unsaid());
    match (at_door(&branch), at_door(firms)) {
        (true, true) => lies(&branch) || !lies(firms),
        (true, false) => true,
        (false, true) => false,
        (false, false) => called() || lies(&branch) && !lies(firms) || silent(),
    }
}

/// By position in the group: the position of the first record of the same firm, as far as names, streets, phones and days tell;
/// those that are called as another firm is are nobody's here.
fn firms(record_table: &RecordTable, group: &[RecordNo], foreign: &[bool]) -> Vec<usize> {
    let mut of: Vec<usize> = (0..group.len()).collect();
    for at in (1..group.len()).filter(|at| !foreign[*at]) {
        let others = if group.len() > MOST { at.saturating_sub(MOST)..at } else { 0..at };
        for before in others.filter(|before| !foreign[*before]) {
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
    let (day, month) = (a.established % 100 != 0, a.established / 100 % 100 != 0);
    // Where neither writes a code, the number is what brought the two together: no second thing that they share.
    let by_code = a.organisation != 0 || b.organisation != 0;
    let registered = by_code && a.registration != 0 && a.registration == b.registration;
    let of_a_day = day && a.established == b.established;
    // A firm of the group shares roof and telephone with it.
    let (called, seated) = (a.shares_phone(b), streets(record_table, a, b) == Some(true));
    match names(record_table, one, other) {
        Likeness::Same => true,
        Likeness::Kin => registered || of_a_day || month && a.established / 100 == b.established / 100,
        // Of unlike names in one registry a neighbour in the house, or whoever has the same bookkeeper, may have the rest in common.
        Likeness::Unlike if a.registry == b.registry && a.name != 0 && b.name != 0 => {
            [registered, of_a_day, called, seated].into_iter().filter(|shared| *shared).count() > 1
        }
        Likeness::Unlike => registered || of_a_day || called || seated,
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
    // An English name is the Chinese one's where its letters are, and nothing else is known of it.
    if a.shape.english != b.shape.english {
        let (english, chinese) = if a.shape.english { (a, b) } else { (b, a) };
        return if is_spelt(english.brand(), chinese.stem()) { Likeness::Same } else { Likeness::Unlike };
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

/// The letters are the beginning of a Chinese name.
fn is_spelt(letters: &[Glyph], stem: &[Glyph]) -> bool {
    !letters.is_empty() && (1..=stem.len().min(6)).any(|len| reads_as(&stem[..len], letters))
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
