//! What registries deliver of the federation (records of the kinds station, building, listing, post and service), as the places, buildings'
//! own lists, posts and services that people would enter; its units are `delivered_units`.
//!
//! In: the tree of units, records as connectors read them, places that people entered. Out: entries, and every row that makes none, with
//! the reason. Rows of one registry
//! about the same posts or services are added up: a system may deliver sums, or one row a post and one a call. What it does not do: keep
//! anything, or say what becomes of an entry that a person mended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::FederationNoun;
use super::place::{PlaceKind, PlaceListing, UnionPlace, is_in_country};
use super::post::{self, UnitPosts};
use super::service::{self, ServicesGiven, is_period};
use super::sheet::read_day;
use super::unit::UnitTree;
use crate::model::field::{Field, RecordKind};
use crate::model::record::Record;
use crate::model::reference::areas::{short_code, unit_code};

/// Who delivers.
#[derive(Debug, Clone, Copy)]
pub struct DeliveringRegistry<'a> {
    /// Its short name, which entries bear in the place of a person's.
    pub name: &'a str,
    /// Its name for people: the source of what it states.
    pub title: &'a str,
}

/// A row that landed and that nothing could be made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutRow {
    /// Short name of the registry.
    pub registry: Box<str>,
    /// The row's key there.
    pub key: Box<str>,
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
}

/// Something delivered, as it is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredEntry {
    /// What it is.
    pub noun: FederationNoun,
    /// What it is known by among its like.
    pub key: String,
    /// JSON.
    pub body: String,
    /// Short name of the registry.
    pub registry: Box<str>,
}

/// Whether records of a kind become entries of the federation.
pub fn is_delivered(kind: RecordKind) -> bool {
    matches!(
        kind,
        RecordKind::Station
            | RecordKind::Building
            | RecordKind::Listing
            | RecordKind::Post
            | RecordKind::Service
            | RecordKind::Unit
    )
}

/// Something stated, and by whom.
struct Stated<T> {
    what: T,
    registry: Box<str>,
}

pub(super) type Said = (String, String);

/// A line of a list, before anybody knows of which building.
struct ListedRow {
    /// As the row names it.
    building: Box<str>,
    enterprise: Box<str>,
    source: Box<str>,
    registry: Box<str>,
    key: Box<str>,
}

/// What was delivered, as it is gathered record by record; of several registries the one that comes first states a thing.
#[derive(Default)]
pub struct DeliveredEntries {
    places: BTreeMap<String, Stated<UnionPlace>>,
    posts: BTreeMap<String, Stated<UnitPosts>>,
    services: BTreeMap<String, Stated<ServicesGiven>>,
    listed: Vec<ListedRow>,
    left_out: Vec<LeftOutRow>,
}

impl DeliveredEntries {
    /// Takes the record of a row in; where it says nothing that can be entered, it is noted with the reason.
    pub fn take(&mut self, tree: &UnitTree, from: DeliveringRegistry<'_>, record: &Record) {
        let taken = match record.kind {
            RecordKind::Station => self.take_place(tree, from, record, PlaceKind::Station),
            RecordKind::Building => self.take_place(tree, from, record, PlaceKind::OfficeBuilding),
            RecordKind::Listing => self.take_listing(from, record),
            RecordKind::Post => self.take_posts(tree, from, record),
            RecordKind::Service => self.take_services(tree, from, record),
            _ => Ok(()),
        };
        if let Err((zh, en)) = taken {
            self.left_out.push(LeftOutRow { registry: from.name.into(), key: record.key.clone(), zh, en });
        }
    }

    /// Everything gathered, by noun and key, and the rows that were left out. `entered`: the places that people entered.
    pub fn finish(mut self, entered: &[&UnionPlace]) -> (Vec<DeliveredEntry>, Vec<LeftOutRow>) {
        fn entries<T: Serialize>(noun: FederationNoun, all: BTreeMap<String, Stated<T>>, into: &mut Vec<DeliveredEntry>) {
            into.extend(all.into_iter().map(|(key, stated)| DeliveredEntry {
                noun,
                key,
                body: serde_json::to_string(&stated.what).expect("nouns are plain data"),
                registry: stated.registry,
            }));
        }
        let listings = self.listings(entered);
        let mut all = Vec::with_capacity(self.places.len() + listings.len() + self.posts.len() + self.services.len());
        entries(FederationNoun::Place, self.places, &mut all);
        entries(FederationNoun::Listing, listings, &mut all);
        entries(FederationNoun::Post, self.posts, &mut all);
        entries(FederationNoun::Service, self.services, &mut all);
        (all, self.left_out)
    }

    /// The lines of buildings' own lists, each with its building as it is known here; what names none is left out.
    fn listings(&mut self, entered: &[&UnionPlace]) -> BTreeMap<String, Stated<PlaceListing>> {
        let delivered = self.places.values().map(|place| &place.what);
        let houses = Houses::of(entered.iter().copied().chain(delivered));
        let mut all: BTreeMap<String, Stated<PlaceListing>> = BTreeMap::new();
        for row in std::mem::take(&mut self.listed) {
            let said = match houses.meant(&row.building) {
                Ok(place) => {
                    let key = format!("{place} {}", row.enterprise);
                    let what = PlaceListing { place: place.into(), enterprise: row.enterprise, source: row.source };
                    add(&mut all, key, &row.registry, what, |_, _| {})
                }
                Err(said) => Err(said),
            };
            if let Err((zh, en)) = said {
                self.left_out.push(LeftOutRow { registry: row.registry, key: row.key, zh, en });
            }
        }
        all
    }

    fn take_listing(&mut self, from: DeliveringRegistry<'_>, record: &Record) -> Result<(), Said> {
        let building = filled(record, Field::InBuilding).ok_or_else(|| missing("楼宇编号", "building"))?;
        let enterprise = filled(record, Field::CreditCode).or_else(|| filled(record, Field::Name));
        let enterprise =
            enterprise.ok_or_else(|| missing("企业名称或统一社会信用代码", "name or credit code of the enterprise"))?;
        self.listed.push(ListedRow {
            building: building.into(),
            enterprise: enterprise.into(),
            source: from.title.into(),
            registry: from.name.into(),
            key: record.key.clone(),
        });
        Ok(())
    }

    fn take_place(
        &mut self,
        tree: &UnitTree,
        from: DeliveringRegistry<'_>,
        record: &Record,
        kind: PlaceKind,
    ) -> Result<(), Said> {
        let name = filled(record, Field::Name).ok_or_else(|| missing("名称", "name"))?;
        let area = area_of(record);
        // A row that says one district and a street of another lies in both: it is flagged as a sheet's would be.
        let is_districts = |code: &str| code.bytes().all(|b| b.is_ascii_digit()) && !short_code(code).ends_with("0000");
        let district = unit_code(text(record, Field::District), None).filter(|district| {
            let is_other = |area: &str| is_districts(area) && is_districts(district) && area.get(..6) != district.get(..6);
            area.as_deref().is_some_and(is_other)
        });
        // The street where it is given, else the district; where no unit is for either, the city's.
        let closest = area.as_deref().and_then(|area| {
            let area = short_code(area);
            tree.at_area(area).or_else(|| tree.at_area(area.get(..6)?))
        });
        let keeper = closest.or_else(|| tree.root()).ok_or_else(|| no_unit("—"))?;
        let degrees =
            |field: Field| record.number(field).or_else(|| text(record, field).parse().ok()).filter(|d: &f64| d.is_finite());
        let point = degrees(Field::Longitude).zip(degrees(Field::Latitude));
        let code = format!("{}:{}", from.name, record.key);
        let place = UnionPlace {
            code: code.as_str().into(),
            name: name.into(),
            kind,
            unit: tree.units[keeper as usize].code.clone(),
            address: filled(record, Field::Address).map(Into::into),
            areas: area.into_iter().chain(district).map(Into::into).collect(),
            point: point.filter(|point| is_in_country(*point)),
            services: Vec::new(),
            party_station: false,
            social_station: false,
            union_station: kind == PlaceKind::Station,
            officers: 0,
            source: from.title.into(),
        };
        self.places.insert(code, Stated { what: place, registry: from.name.into() });
        Ok(())
    }

    fn take_posts(&mut self, tree: &UnitTree, from: DeliveringRegistry<'_>, record: &Record) -> Result<(), Said> {
        let unit = unit_of(tree, record)?;
        let kind = word(record, Field::PostKind, post::KINDS, "岗位类别", "kind of post")?;
        let as_of = filled(record, Field::AsOf).ok_or_else(|| missing("截至日期", "day"))?;
        let as_of = record
            .date(Field::AsOf)
            .and_then(|date| read_day(&date.to_string()))
            .or_else(|| read_day(as_of))
            .ok_or_else(|| unread("截至日期", "day", as_of))?;
        let of = |field: Field, zh: &str, en: &str| -> Result<u64, Said> {
            count(record, field, zh, en)?.ok_or_else(|| missing(zh, en))
        };
        let (approved, held) = (of(Field::Approved, "编制", "posts approved")?, of(Field::Filled, "在岗", "posts filled")?);
        let chairs = count(record, Field::DelegatedChairs, "派任主席", "delegated chairs")?.unwrap_or(0);
        if chairs > held {
            return Err(("派任主席多于在岗人数".into(), "more delegated chairs than posts that are filled".into()));
        }
        let subsidy_yuan = record.money(Field::Subsidy).map(|sum| sum.yuan()).filter(|yuan| *yuan >= 0.0);
        let posts = UnitPosts {
            unit,
            kind,
            approved,
            filled: held,
            delegated_chairs: chairs,
            subsidy_yuan,
            as_of,
            source: from.title.into(),
        };
        add(&mut self.posts, format!("{} {kind} {as_of}", posts.unit), from.name, posts, |sum, more| {
            sum.approved += more.approved;
            sum.filled += more.filled;
            sum.delegated_chairs += more.delegated_chairs;
            // Two subsidies are no one number.
            sum.subsidy_yuan = sum.subsidy_yuan.filter(|yuan| more.subsidy_yuan == Some(*yuan));
        })
    }

    fn take_services(&mut self, tree: &UnitTree, from: DeliveringRegistry<'_>, record: &Record) -> Result<(), Said> {
        let unit = unit_of(tree, record)?;
        let kind = word(record, Field::ServiceKind, service::KINDS, "服务项目", "kind of service")?;
        let period = match filled(record, Field::Period) {
            Some(written) => period_of(written).ok_or_else(|| unread("期间", "period", written))?,
            None => {
                let day =
                    record.date(Field::On).filter(|day| day.month != 0).ok_or_else(|| missing("期间或日期", "period or day"))?;
                format!("{:04}-{:02}", day.year, day.month)
            }
        };
        let given = ServicesGiven {
            unit,
            kind,
            period: period.into(),
            count: count(record, Field::Quantity, "数量", "number")?.unwrap_or(1),
            note: filled(record, Field::Title).map(Into::into),
            source: from.title.into(),
        };
        add(&mut self.services, format!("{} {kind} {}", given.unit, given.period), from.name, given, |sum, more| {
            sum.count += more.count;
            // What was said of one is not said of all.
            sum.note = None;
        })
    }
}

/// Buildings and parks, by what lists call them.
struct Houses<'p> {
    codes: BTreeMap<&'p str, PlaceKind>,
    /// Keys in the registries that deliver them, and names: of several places with the same none.
    otherwise: BTreeMap<&'p str, Option<&'p str>>,
}

impl<'p> Houses<'p> {
    fn of(places: impl Iterator<Item = &'p UnionPlace>) -> Houses<'p> {
        let mut houses = Houses { codes: BTreeMap::new(), otherwise: BTreeMap::new() };
        for place in places {
            // What people entered comes first, and says what the place is.
            houses.codes.entry(&place.code).or_insert(place.kind);
            if !matches!(place.kind, PlaceKind::OfficeBuilding | PlaceKind::BusinessPark) {
                continue;
            }
            let key = place.code.split_once(':').map(|(_, key)| key);
            for called in key.into_iter().chain([&*place.name]) {
                let known = houses.otherwise.entry(called).or_insert(Some(&*place.code));
                *known = known.filter(|code| **code == *place.code);
            }
        }
        houses
    }

    /// The code of the building or park that a list calls so.
    fn meant(&self, called: &str) -> Result<&'p str, Said> {
        if let Some((&code, kind)) = self.codes.get_key_value(called) {
            return match kind {
                PlaceKind::OfficeBuilding | PlaceKind::BusinessPark => Ok(code),
                PlaceKind::Centre | PlaceKind::Station => Err((
                    format!("{called} 不是楼宇或园区，没有入驻企业名单"),
                    format!("{called} is no building or park and has no list of enterprises"),
                )),
            };
        }
        match self.otherwise.get(called) {
            Some(&Some(code)) => Ok(code),
            Some(None) => Err((
                format!("有几处楼宇或园区叫 {called}：请写编号"),
                format!("several buildings or parks are called {called}: give the code"),
            )),
            None => Err((
                format!("没有楼宇或园区 {called}：请先录入，或在登记中改正"),
                format!("there is no building or park {called}: bring it first, or have the registry mend the row"),
            )),
        }
    }
}

/// Adds a statement to what its registry stated of the same before; another registry's is left out, or it would count twice.
fn add<T>(
    all: &mut BTreeMap<String, Stated<T>>,
    key: String,
    registry: &str,
    what: T,
    sum_up: impl FnOnce(&mut T, &T),
) -> Result<(), Said> {
    match all.get_mut(&key) {
        None => drop(all.insert(key, Stated { what, registry: registry.into() })),
        Some(stated) if *stated.registry == *registry => sum_up(&mut stated.what, &what),
        Some(stated) => {
            let other = &stated.registry;
            return Err((
                format!("登记 {other} 已提供 {key}，不重复计数"),
                format!("the registry {other} states {key} already; it is not counted twice"),
            ));
        }
    }
    Ok(())
}

pub(super) fn missing(zh: &str, en: &str) -> Said {
    (format!("缺少{zh}"), format!("the {en} is missing"))
}

pub(super) fn unread(zh: &str, en: &str, written: &str) -> Said {
    (format!("{zh}「{written}」无法识别"), format!("the {en} \"{written}\" cannot be read"))
}

fn no_unit(written: &str) -> Said {
    (
        format!("没有单位 {written}：请先导入单位，或在登记中改正"),
        format!("there is no unit {written}: bring it first, or have the registry mend the row"),
    )
}

/// A field as read, else as written.
fn text(record: &Record, field: Field) -> &str {
    record.text(field).unwrap_or_else(|| record.raw(field)).trim()
}

pub(super) fn filled(record: &Record, field: Field) -> Option<&str> {
    Some(text(record, field)).filter(|text| !text.is_empty())
}

/// The division of a record: its street where it is given, else its district.
fn area_of(record: &Record) -> Option<String> {
    unit_code(text(record, Field::Area), None).or_else(|| unit_code(text(record, Field::District), None))
}

/// The unit that a record names, else the one that is for its division.
fn unit_of(tree: &UnitTree, record: &Record) -> Result<Box<str>, Said> {
    let named = filled(record, Field::FederationUnit);
    let at = match named {
        Some(named) => tree.meant(named),
        None => area_of(record).and_then(|area| tree.at_area(short_code(&area))),
    };
    let written = named.or_else(|| filled(record, Field::Area)).or_else(|| filled(record, Field::District)).unwrap_or("—");
    at.map(|at| tree.units[at as usize].code.clone()).ok_or_else(|| no_unit(written))
}

/// One of the words that sheets know too.
pub(super) fn word<T: Copy>(record: &Record, field: Field, words: &[(T, &[&str])], zh: &str, en: &str) -> Result<T, Said> {
    let written = filled(record, field).ok_or_else(|| missing(zh, en))?;
    let found = words.iter().find(|(_, texts)| texts.iter().any(|text| text.eq_ignore_ascii_case(written)));
    found.map(|(value, _)| *value).ok_or_else(|| unread(zh, en, written))
}

/// A whole number; None where the row has none.
fn count(record: &Record, field: Field, zh: &str, en: &str) -> Result<Option<u64>, Said> {
    let Some(written) = filled(record, field) else { return Ok(None) };
    let read = record.count(field).and_then(|n| u64::try_from(n).ok()).or_else(|| written.parse().ok());
    read.map(Some).ok_or_else(|| unread(zh, en, written))
}

/// A year or a month as systems write it: `2026`, `2026-09`, `202609`, `2026年9月`, `2026/9`.
fn period_of(written: &str) -> Option<String> {
    let mut numbers = written.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let (first, second) = (numbers.next()?, numbers.next());
    let (year, month) = match (first.len(), second) {
        (4, second) => (first, second),
        (6, None) => (&first[..4], Some(&first[4..])),
        _ => return None,
    };
    if numbers.next().is_some() || written.contains(['Q', 'q', '季', '上', '下']) {
        return None;
    }
    let period = match month {
        Some(month) => format!("{year}-{:02}", month.parse::<u32>().ok()?),
        None => year.to_owned(),
    };
    is_period(&period).then_some(period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::unit::tests::city;
    use crate::model::record::FieldValue;
    use crate::model::value::{Money, PartialDate, Value};

    const STAFF: DeliveringRegistry<'static> = DeliveringRegistry { name: "staff", title: "岗位系统" };

    fn record(kind: RecordKind, key: &str, fields: &[(Field, Option<Value>, &str)]) -> Record {
        let fields = fields
            .iter()
            .map(|(field, value, raw)| FieldValue { field: *field, raw: (*raw).into(), value: value.clone() })
            .collect();
        Record { kind, key: key.into(), part: 0, fields }
    }

    fn text_of(raw: &str) -> (Option<Value>, &str) {
        (Some(Value::Text(raw.into())), raw)
    }

    fn posts(key: &str, unit: &str, kind: &str, approved: i64, held: &str, yuan: i64) -> Record {
        let ((unit_value, unit), (kind_value, kind)) = (text_of(unit), text_of(kind));
        record(
            RecordKind::Post,
            key,
            &[
                (Field::FederationUnit, unit_value, unit),
                (Field::PostKind, kind_value, kind),
                (Field::Approved, Some(Value::Count(approved)), "n"),
                (Field::Filled, held.parse().ok().map(Value::Count), held),
                (Field::Subsidy, Some(Value::Money(Money::from_yuan(yuan))), "n"),
                (Field::AsOf, Some(Value::Date(PartialDate { year: 2026, month: 9, day: 0 })), "2026-09"),
            ],
        )
    }

    #[test]
    fn rows_of_one_registry_are_added_up_and_what_cannot_be_entered_is_told_with_its_reason() {
        let (tree, mut all) = (city(), DeliveredEntries::default());
        for row in [
            posts("1", "S110108001", "工会社会工作者", 2, "1", 12_000),
            // By its name, and with another subsidy.
            posts("2", "甲街道总工会", "SOCIAL_WORKER", 1, "1", 9_000),
            posts("3", "D110101", "协管员", 3, "3", 12_000),
            posts("4", "S999", "协管员", 1, "1", 12_000),
            posts("5", "D110101", "厨师", 1, "1", 12_000),
            posts("6", "D110101", "大学生协管员", 1, "若干", 12_000),
        ] {
            all.take(&tree, STAFF, &row);
        }
        all.take(&tree, DeliveringRegistry { name: "other", title: "另一系统" }, &posts("7", "D110101", "协管员", 9, "9", 1));
        let (entries, left_out) = all.finish(&[]);
        let known: Vec<(&str, UnitPosts)> =
            entries.iter().map(|e| (e.key.as_str(), serde_json::from_str(&e.body).unwrap())).collect();
        assert_eq!(known.len(), 2, "{known:?}");
        let (key, street) = &known[1];
        assert_eq!(*key, "S110108001 SOCIAL_WORKER 2026-09-30", "a month is its last day");
        assert_eq!((street.approved, street.filled, street.subsidy_yuan, &*street.source), (3, 2, None, "岗位系统"));
        assert_eq!((known[0].1.approved, known[0].1.subsidy_yuan, &*entries[0].registry), (3, Some(12_000.0), "staff"));
        let told: Vec<(&str, &str)> = left_out.iter().map(|row| (&*row.key, row.en.as_str())).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        for (at, (key, part)) in
            [("4", "no unit S999"), ("5", "厨师"), ("6", "若干"), ("7", "not counted twice")].into_iter().enumerate()
        {
            assert!(told[at].0 == key && told[at].1.contains(part), "{told:?}");
        }
    }

    #[test]
    fn a_building_s_list_is_its_own_and_a_building_in_two_districts_is_flagged() {
        let (tree, mut all) = (city(), DeliveredEntries::default());
        let text = |field: Field, raw: &'static str| (field, Some(Value::Text(raw.into())), raw);
        let building = |key: &str, name: &'static str, area: &'static str, district: &'static str| {
            let fields = [text(Field::Name, name), text(Field::Area, area), text(Field::District, district)];
            record(RecordKind::Building, key, &fields)
        };
        let listed = |key: &str, building: &'static str, firm: &'static str, code: &'static str| {
            let mut fields = vec![text(Field::InBuilding, building), text(Field::Name, firm)];
            fields.extend((!code.is_empty()).then(|| text(Field::CreditCode, code)));
            record(RecordKind::Listing, key, &fields)
        };
        let plan = DeliveringRegistry { name: "plan", title: "发改委" };
        let house = DeliveringRegistry { name: "house", title: "物业" };
        for row in [building("L1", "甲厦", "110108001", "110108"), building("L2", "乙厦", "110108001", "110101")] {
            all.take(&tree, plan, &row);
        }
        for row in [
            listed("1", "L1", "甲公司", ""),
            listed("2", "plan:L1", "乙公司", "91110108MA0000001X"),
            listed("3", "乙厦", "丙公司", ""),
            listed("4", "B7", "丁公司", ""),
            listed("5", "L9", "戊公司", ""),
            listed("6", "C1", "己公司", ""),
        ] {
            all.take(&tree, house, &row);
        }
        let place = |code: &str, kind: PlaceKind| UnionPlace {
            code: code.into(),
            name: "人工的厦".into(),
            kind,
            unit: "BJ".into(),
            address: None,
            areas: Vec::new(),
            point: None,
            services: Vec::new(),
            party_station: false,
            social_station: false,
            union_station: false,
            officers: 0,
            source: "t".into(),
        };
        let (person, centre) = (place("B7", PlaceKind::OfficeBuilding), place("C1", PlaceKind::Centre));
        let (entries, left_out) = all.finish(&[&person, &centre]);
        let of = |noun: FederationNoun| entries.iter().filter(|e| e.noun == noun).map(|e| e.key.as_str()).collect::<Vec<_>>();
        assert_eq!(of(FederationNoun::Listing), ["B7 丁公司", "plan:L1 91110108MA0000001X", "plan:L1 甲公司", "plan:L2 丙公司"]);
        let told: Vec<(&str, &str)> = left_out.iter().map(|row| (&*row.key, row.en.as_str())).collect();
        assert!(told.len() == 2 && told[0].0 == "5" && told[0].1.contains("no building or park L9"), "{told:?}");
        assert!(told[1].0 == "6" && told[1].1.contains("C1 is no building"), "{told:?}");
        let places: Vec<UnionPlace> =
            entries.iter().filter(|e| e.noun == FederationNoun::Place).map(|e| serde_json::from_str(&e.body).unwrap()).collect();
        let flags: Vec<bool> = places.iter().map(UnionPlace::is_in_two_districts).collect();
        assert_eq!(flags, [false, true], "{places:?}");
    }

    #[test]
    fn calls_are_counted_by_month_and_sums_are_taken_as_they_are() {
        let (tree, mut all) = (city(), DeliveredEntries::default());
        let given = |key: &str, kind: &str, more: &[(Field, Option<Value>, &str)]| {
            let ((area, raw_area), (kind, raw_kind)) = (text_of("110108001"), text_of(kind));
            let mut row =
                record(RecordKind::Service, key, &[(Field::Area, area, raw_area), (Field::ServiceKind, kind, raw_kind)]);
            row.fields.extend(record(RecordKind::Service, key, more).fields);
            row
        };
        let on = |day: u8| (Field::On, Some(Value::Date(PartialDate { year: 2026, month: 9, day })), "2026-09");
        let period = |raw: &'static str| (Field::Period, Some(Value::Text(raw.into())), raw);
        for row in [
            given("1", "热线", &[on(1)]),
            given("2", "HOTLINE", &[on(30), (Field::Title, Some(Value::Text("工资".into())), "工资")]),
            given("3", "会员服务卡", &[period("2026年8月"), (Field::Quantity, Some(Value::Count(40)), "40")]),
            given("4", "CARD", &[period("202608"), (Field::Quantity, Some(Value::Count(2)), "2")]),
            given("5", "CARD", &[]),
            given("6", "CARD", &[period("2026Q3")]),
        ] {
            all.take(&tree, DeliveringRegistry { name: "service", title: "服务平台" }, &row);
        }
        let (entries, left_out) = all.finish(&[]);
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["S110108001 CARD 2026-08", "S110108001 HOTLINE 2026-09"]);
        let counts: Vec<(u64, Option<Box<str>>)> = entries
            .iter()
            .map(|entry| serde_json::from_str::<ServicesGiven>(&entry.body).map(|given| (given.count, given.note)).unwrap())
            .collect();
        assert_eq!(counts, [(42, None), (2, None)]);
        assert_eq!(left_out.iter().map(|row| &*row.key).collect::<Vec<_>>(), ["5", "6"]);
        assert_eq!((period_of("2026/9").as_deref(), period_of("2026-13"), period_of("26-09")), (Some("2026-09"), None, None));
    }
}
