//! Units of the federation that registries deliver (records of the kind unit), grown into the tree together with what people entered.
//!
//! In: units of people and of registries. Out: the tree, the units of registries that stand in it, and every row that cannot, with the
//! reason that a sheet would be refused with. What it does not do: refuse a delivery as a whole, as a sheet is, or touch a person's unit.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use hashbrown::{HashMap, HashSet};

use super::delivered::{DeliveredEntry, DeliveringRegistry, LeftOutRow, Said, filled, missing, unread, word};
use super::entry::FederationNoun;
use super::sheet::{SheetFault, read_day};
use super::unit::{LEVELS, TreeUnit, UnitTree};
use crate::model::field::Field;
use crate::model::record::Record;
use crate::model::reference::areas::{short_code, unit_code};

/// A unit as a registry delivers it.
#[derive(Debug, Clone)]
pub struct DeliveredUnit {
    /// The unit.
    pub unit: TreeUnit,
    /// Short name of the registry.
    pub registry: Box<str>,
    /// The row's key there.
    pub key: Box<str>,
}

/// What the tree is grown of.
#[derive(Debug, Default)]
pub struct UnitGrounds {
    /// Units that people entered: they stay as they were entered.
    pub entered: Vec<TreeUnit>,
    /// Units that registries delivered before, with the registry.
    pub standing: Vec<(TreeUnit, Box<str>)>,
    /// Codes of units that something rests on which people entered.
    pub needed: HashSet<String>,
    /// Units that registries deliver now; who is believed first comes first.
    pub delivered: Vec<DeliveredUnit>,
}

/// The tree of what people entered and what registries deliver.
#[derive(Debug)]
pub struct GrownTree {
    /// The tree.
    pub tree: UnitTree,
    /// Units of registries that stand in it.
    pub entries: Vec<DeliveredEntry>,
    /// Rows that make no unit, and why.
    pub left_out: Vec<LeftOutRow>,
}

/// Reads the unit of a row.
///
/// # Errors
/// The row, with what is missing or cannot be read.
pub fn read_unit(from: DeliveringRegistry<'_>, record: &Record) -> Result<DeliveredUnit, LeftOutRow> {
    match unit_of_row(from, record) {
        Ok(unit) => Ok(DeliveredUnit { unit, registry: from.name.into(), key: record.key.clone() }),
        Err((zh, en)) => Err(LeftOutRow { registry: from.name.into(), key: record.key.clone(), zh, en }),
    }
}

fn unit_of_row(from: DeliveringRegistry<'_>, record: &Record) -> Result<TreeUnit, Said> {
    let mut areas: Vec<Box<str>> = Vec::new();
    for written in parts(record, Field::Area) {
        let code = unit_code(written, None).ok_or_else(|| no_area(written))?;
        areas.push(short_code(&code).into());
    }
    Ok(TreeUnit {
        code: filled(record, Field::FederationUnit).ok_or_else(|| missing("单位代码", "code"))?.into(),
        name: filled(record, Field::Name).ok_or_else(|| missing("名称", "name"))?.into(),
        level: word(record, Field::Level, LEVELS, "层级", "level")?,
        parent: filled(record, Field::ParentOf).map(Into::into),
        areas,
        industries: parts(record, Field::Industry).map(|code| code.to_ascii_uppercase().into()).collect(),
        places: parts(record, Field::Address).map(Into::into).collect(),
        chair_post: filled(record, Field::ChairPost).map(Into::into),
        founded_on: day(record, Field::EstablishedOn, "成立日期", "day of foundation")?,
        due_on: day(record, Field::DueOn, "完成期限", "day it is due on")?,
        source: from.title.into(),
    })
}

/// A day, of a month or a year its last one; None where the row has none.
fn day(record: &Record, field: Field, zh: &str, en: &str) -> Result<Option<NaiveDate>, Said> {
    let Some(written) = filled(record, field) else { return Ok(None) };
    let read = record.date(field).and_then(|date| read_day(&date.to_string())).or_else(|| read_day(written));
    read.map(Some).ok_or_else(|| unread(zh, en, written))
}

/// Several texts in one field, as sheets write them.
fn parts(record: &Record, field: Field) -> impl Iterator<Item = &str> {
    record.raw(field).split([';', '；', '、', '|']).map(str::trim).filter(|part| !part.is_empty())
}

fn no_area(written: &str) -> Said {
    (
        format!("没有区划 {written}：请用 110108 或 110108001 这样的代码"),
        format!("there is no area {written}: use a code such as 110108 or 110108001"),
    )
}

/// A unit among those that are to stand in the tree.
struct Candidate {
    unit: TreeUnit,
    registry: Box<str>,
    key: Box<str>,
    /// It stood before and stays for what rests on it: it is no row of this delivery.
    is_kept: bool,
}

/// The candidates by their codes, and the rows that were turned away.
struct Growing {
    candidates: BTreeMap<Box<str>, Candidate>,
    standing: HashMap<Box<str>, (TreeUnit, Box<str>)>,
    needed: HashSet<Box<str>>,
    left_out: Vec<LeftOutRow>,
}

impl Growing {
    /// Keeps a unit as it stood.
    fn keep(&mut self, code: &str) {
        let Some((unit, registry)) = self.standing.get(code).cloned() else { return };
        let kept = Candidate { unit, registry, key: code.into(), is_kept: true };
        self.candidates.insert(code.into(), kept);
    }

    /// Turns units away, and with each whatever was to stand below it; what people's entries rest on stays as it stood.
    fn turn_away(&mut self, mut refused: Vec<(Box<str>, Said)>) {
        let mut below: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
        for (code, candidate) in self.candidates.iter().filter(|(_, candidate)| !candidate.is_kept) {
            let parents = candidate.unit.parent.iter();
            parents.for_each(|parent| below.entry(parent.clone()).or_default().push(code.clone()));
        }
        let mut next = 0;
        while let Some((code, (zh, en))) = refused.get(next).cloned() {
            next += 1;
            if self.candidates.get(&code).is_none_or(|candidate| candidate.is_kept) {
                continue;
            }
            let Some(gone) = self.candidates.remove(&code) else { continue };
            self.left_out.push(LeftOutRow { registry: gone.registry, key: gone.key, zh, en });
            if self.needed.contains(&code) && self.standing.contains_key(&code) {
                self.keep(&code);
                continue;
            }
            for below in below.remove(&code).unwrap_or_default() {
                let zh = format!("{below} 的上级 {code} 未能录入");
                let en = format!("{below} is below {code}, which could not be entered");
                refused.push((below, (zh, en)));
            }
        }
    }

    /// Keeps everything that people's entries rest on as it stood; false where that was so before.
    fn keep_all_needed(&mut self) -> bool {
        let is_open =
            |code: &str| self.standing.contains_key(code) && self.candidates.get(code).is_none_or(|candidate| !candidate.is_kept);
        let open: Vec<Box<str>> = self.needed.iter().filter(|code| is_open(code)).cloned().collect();
        for code in &open {
            let stood = self.standing.get(code).map(|(unit, _)| unit);
            if let Some(changed) = self.candidates.remove(code).filter(|now| stood != Some(&now.unit)) {
                let zh = format!("人工录入的内容依附于原来的 {code}：按原样保留");
                let en = format!("what people entered rests on {code} as it was: it is kept so");
                self.left_out.push(LeftOutRow { registry: changed.registry, key: changed.key, zh, en });
            }
            self.keep(code);
        }
        !open.is_empty()
    }
}

/// Grows the tree: of registries' units those stand in it that a sheet would not be refused for.
///
/// # Errors
/// What people entered makes no tree by itself and with what it rests on.
pub fn grow(grounds: UnitGrounds) -> Result<GrownTree, Vec<SheetFault>> {
    let UnitGrounds { entered, standing, needed, delivered } = grounds;
    let by_person: HashSet<Box<str>> = entered.iter().map(|unit| unit.code.clone()).collect();
    let standing: HashMap<Box<str>, (TreeUnit, Box<str>)> =
        standing.into_iter().map(|(unit, registry)| (unit.code.clone(), (unit, registry))).collect();
    // What people's units stand below is needed too, and so on upwards.
    let mut resting: Vec<Box<str>> = entered.iter().filter_map(|unit| unit.parent.clone()).collect();
    resting.extend(needed.into_iter().map(Into::into));
    let mut needed: HashSet<Box<str>> = HashSet::new();
    while let Some(code) = resting.pop() {
        if !by_person.contains(&code) && needed.insert(code.clone()) {
            resting.extend(standing.get(&code).and_then(|(unit, _)| unit.parent.clone()));
        }
    }
    let mut growing = Growing { candidates: BTreeMap::new(), standing, needed, left_out: Vec::new() };
    for DeliveredUnit { unit, registry, key } in delivered {
        if by_person.contains(&unit.code) {
            continue;
        }
        let code = unit.code.clone();
        if let Some(first) = growing.candidates.get(&code) {
            let (zh, en) = match first.registry == registry {
                true => (format!("代码 {code} 出现两次"), format!("the code {code} stands twice")),
                false => {
                    let other = &first.registry;
                    (format!("登记 {other} 已提供 {code}"), format!("the registry {other} states {code} already"))
                }
            };
            growing.left_out.push(LeftOutRow { registry, key, zh, en });
            continue;
        }
        growing.candidates.insert(code, Candidate { unit, registry, key, is_kept: false });
    }
    let missing: Vec<Box<str>> = growing.needed.iter().filter(|code| !growing.candidates.contains_key(*code)).cloned().collect();
    missing.iter().for_each(|code| growing.keep(code));
    loop {
        let codes: Vec<Box<str>> = growing.candidates.keys().cloned().collect();
        let lines = (1..).zip(growing.candidates.values()).map(|(line, c)| (if c.is_kept { 0 } else { line }, c.unit.clone()));
        let units = entered.iter().map(|unit| (0, unit.clone())).chain(lines).collect();
        let faults = match UnitTree::build(units) {
            Ok(tree) => return Ok(grown(tree, growing)),
            Err(faults) => faults,
        };
        let mut refused: BTreeMap<u64, Said> = BTreeMap::new();
        for fault in faults.iter().filter(|fault| fault.line > 0) {
            refused.entry(fault.line).or_insert_with(|| (fault.problem.zh.clone(), fault.problem.en.clone()));
        }
        if !refused.is_empty() {
            let named = refused.into_iter().map(|(line, said)| (codes[line as usize - 1].clone(), said));
            growing.turn_away(named.collect());
        } else if !growing.keep_all_needed() {
            return Err(faults);
        }
    }
}

fn grown(tree: UnitTree, growing: Growing) -> GrownTree {
    let entry = |(code, candidate): (Box<str>, Candidate)| DeliveredEntry {
        noun: FederationNoun::Unit,
        key: code.into(),
        body: serde_json::to_string(&candidate.unit).expect("nouns are plain data"),
        registry: candidate.registry,
    };
    GrownTree { tree, entries: growing.candidates.into_iter().map(entry).collect(), left_out: growing.left_out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::unit::read_units;
    use crate::federation::unit::tests::{CITY, city};

    fn units(sheet: &str) -> Vec<TreeUnit> {
        let header = CITY.lines().next().unwrap();
        read_units(&format!("{header}\n{sheet}"), None).unwrap().into_iter().map(|(_, unit)| unit).collect()
    }

    fn delivered(registry: &str, units: &[TreeUnit]) -> Vec<DeliveredUnit> {
        let one = |unit: &TreeUnit| DeliveredUnit {
            unit: unit.clone(),
            registry: registry.into(),
            key: format!("row {}", unit.code).into(),
        };
        units.iter().map(one).collect()
    }

    fn told(grown: &GrownTree) -> BTreeMap<&str, &str> {
        grown.left_out.iter().map(|row| (&*row.key, row.en.as_str())).collect()
    }

    #[test]
    fn what_a_sheet_would_be_refused_for_is_left_out_row_by_row_and_the_rest_stands() {
        let mut rows = city().units;
        rows.extend(units(
            "X1,无上级,街道,,,,,,,t
X2,错上级,街道,D9,,,,,,t
X3,在错上级之下,园区,X2,,,,,,t
Y1,戊,园区,Y2,,,,,,t
Y2,己,园区,Y1,,,,,,t
Y3,在环之下,园区,Y2,,,,,,t
BJ2,二市,市,,,,,,,t
S9,重区,街道,D110101,110108001,,,,,t
B9,重楼,楼宇,D110101,,,示例大厦,,,t
",
        ));
        let grown = grow(UnitGrounds { delivered: delivered("tree", &rows), ..UnitGrounds::default() }).unwrap();
        assert_eq!(grown.tree.units.len(), city().units.len());
        assert_eq!(grown.entries.len(), city().units.len());
        let told = told(&grown);
        assert_eq!(told.len(), 9, "{told:?}");
        for (key, part) in [
            ("row X1", "has no parent"),
            ("row X2", "which nobody knows"),
            ("row X3", "below X2, which could not be entered"),
            ("row Y1", "lead back to it"),
            ("row Y2", "lead back to it"),
            ("row Y3", "lead back to it"),
            ("row BJ2", "one only"),
            ("row S9", "S110108001's already"),
            ("row B9", "B1's already"),
        ] {
            assert!(told[key].contains(part), "{key}: {}", told[key]);
        }
    }

    #[test]
    fn what_a_person_entered_stays_and_what_rests_on_a_unit_keeps_it() {
        let person = units("D110101,人工更正的区,区,BJ,110101,,,,,t\nP7,人工的园区,园区,S110108001,,,某园区,,,t\n");
        let standing: Vec<(TreeUnit, Box<str>)> = city().units.into_iter().map(|unit| (unit, "tree".into())).collect();
        let grounds = |rows: &[TreeUnit]| UnitGrounds {
            entered: person.clone(),
            standing: standing.iter().filter(|(unit, _)| &*unit.code != "D110101").cloned().collect(),
            needed: HashSet::from(["I-EDU".to_owned()]),
            delivered: delivered("tree", rows),
        };
        let codes = |grown: &GrownTree| grown.tree.units.iter().map(|unit| unit.code.to_string()).collect::<Vec<_>>();
        // The street, on which the person's park stands, comes no more; nor does the industrial union, which has posts.
        let without: Vec<TreeUnit> =
            city().units.into_iter().filter(|u| !["S110108001", "I-EDU", "I-SCH", "B1"].contains(&&*u.code)).collect();
        let grown = grow(grounds(&without)).unwrap();
        assert_eq!(codes(&grown), ["BJ", "D110101", "D110108", "I-EDU", "P1", "P7", "S110108001", "S110108002"]);
        assert_eq!(&*grown.tree.unit("D110101").unwrap().name, "人工更正的区");
        assert!(grown.entries.iter().all(|entry| entry.key != "D110101" && entry.key != "P7") && grown.left_out.is_empty());
        // It comes as what nothing can stand below: it is kept as it was, and the row is told.
        let mut industrial = city().units;
        industrial.iter_mut().filter(|u| &*u.code == "S110108001").for_each(|u| {
            (u.level, u.parent, u.areas) = (super::super::unit::TreeLevel::Industrial, Some("BJ".into()), Vec::new());
        });
        let grown = grow(grounds(&industrial)).unwrap();
        assert_eq!(grown.tree.unit("S110108001").unwrap().parent.as_deref(), Some("D110108"));
        assert!(told(&grown)["row S110108001"].contains("kept so"), "{:?}", grown.left_out);
        // A registry's unit that claims what is a person's is the one that goes, whatever its code.
        let claims = units("BJ,市总工会,市,,110000,,,,,t\nA1,抢先的园区,园区,BJ,,,某园区,,,t\n");
        let alone = units("BJ,市总工会,市,,110000,,,,,t\nP7,人工的园区,园区,BJ,,,某园区,,,t\n");
        let grown =
            grow(UnitGrounds { entered: alone, delivered: delivered("tree", &claims), ..UnitGrounds::default() }).unwrap();
        assert_eq!(codes(&grown), ["BJ", "P7"]);
        assert!(told(&grown)["row A1"].contains("P7's already"), "{:?}", grown.left_out);
    }

    #[test]
    fn of_two_registries_the_one_believed_first_states_a_unit() {
        let mut rows = delivered("first", &city().units);
        rows.extend(delivered("second", &city().units[..1]));
        rows.extend(delivered("first", &city().units[1..2]));
        let grown = grow(UnitGrounds { delivered: rows, ..UnitGrounds::default() }).unwrap();
        assert!(grown.entries.iter().all(|entry| &*entry.registry == "first"));
        let said: Vec<&str> = grown.left_out.iter().map(|row| row.en.as_str()).collect();
        assert_eq!(said, ["the registry first states B1 already", "the code BJ stands twice"]);
        let nothing = grow(UnitGrounds::default()).unwrap();
        assert!(nothing.tree.root().is_none() && nothing.entries.is_empty());
    }
}
