//! Units of the federation and the tree they form: areas and industries, one parent each, no circle.
//!
//! In: units as entered, with the lines they come from. Out: the tree, or every fault. What it does not do: say where an enterprise is
//! at home (`home`), or how far setting up is (`pace`).

use chrono::NaiveDate;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};
use crate::model::field::named;
use crate::model::reference::areas::unit_code;

named! {
    /// What a unit of the federation is.
    pub enum TreeLevel {
        /// The city's federation.
        City = "CITY",
        /// A district's or county's.
        District = "DISTRICT",
        /// A street's (街道).
        Street = "STREET",
        /// A town's or township's (乡镇).
        Town = "TOWN",
        /// A development zone's.
        Zone = "ZONE",
        /// An industrial union (产业工会): it cuts across areas.
        Industrial = "INDUSTRIAL",
        /// A park's (园区).
        Park = "PARK",
        /// A building's (楼宇).
        Building = "BUILDING",
    }
}

/// What people write for the levels.
pub(super) const LEVELS: &[(TreeLevel, &[&str])] = &[
    (TreeLevel::City, &["CITY", "市", "市级"]),
    (TreeLevel::District, &["DISTRICT", "区", "区县", "区级"]),
    (TreeLevel::Street, &["STREET", "街道"]),
    (TreeLevel::Town, &["TOWN", "乡镇", "镇", "乡"]),
    (TreeLevel::Zone, &["ZONE", "开发区"]),
    (TreeLevel::Industrial, &["INDUSTRIAL", "产业", "产业工会"]),
    (TreeLevel::Park, &["PARK", "园区"]),
    (TreeLevel::Building, &["BUILDING", "楼宇"]),
];

/// The columns of a sheet of units.
pub const UNIT_COLUMNS: &[SheetColumn] = &[
    needed("code", "代码"),
    needed("name", "名称"),
    needed("level", "层级"),
    optional("parent", "上级代码"),
    optional("areas", "区划代码"),
    optional("industries", "行业代码"),
    optional("places", "地址"),
    optional("chair_post", "主席职务"),
    optional("founded_on", "成立日期"),
    optional("due_on", "完成期限"),
    optional("source", "来源"),
];

/// A unit of the federation, as entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeUnit {
    /// `BJ`, `D110108`, `S110108001`, `I-EDU`.
    pub code: Box<str>,
    /// What it is called.
    pub name: Box<str>,
    /// What it is.
    pub level: TreeLevel,
    /// Code of the unit above; None for the city's alone.
    pub parent: Option<Box<str>>,
    /// Divisions whose enterprises are its own; each division is one unit's.
    pub areas: Vec<Box<str>>,
    /// Sections and divisions of GB/T 4754 whose enterprises are its own, of an industrial union.
    pub industries: Vec<Box<str>>,
    /// Parts of addresses, of a park or a building.
    pub places: Vec<Box<str>>,
    /// What the chair is there: 主席, 常务副主席, a delegated social worker.
    pub chair_post: Option<Box<str>>,
    /// Since when it stands; None: still to do.
    pub founded_on: Option<NaiveDate>,
    /// By when it is to stand.
    pub due_on: Option<NaiveDate>,
    /// Where that is said.
    pub source: Box<str>,
}

/// Reads a sheet of units; `source` holds of lines that name none.
///
/// # Errors
/// Every fault with its line.
pub fn read_units(text: &str, source: Option<&str>) -> Result<Vec<(u64, TreeUnit)>, Vec<SheetFault>> {
    read_sheet(text, UNIT_COLUMNS, |row| {
        let level = row.word("level", LEVELS);
        let boxed = |texts: Vec<String>| texts.into_iter().map(Into::into).collect();
        let (founded_on, due_on) = (row.day("founded_on"), row.day("due_on"));
        let source = row.source(source);
        Some(TreeUnit {
            code: row.text("code")?.into(),
            name: row.text("name")?.into(),
            level: level?,
            parent: row.text("parent").map(Into::into),
            areas: boxed(row.texts("areas")),
            industries: boxed(row.texts("industries").into_iter().map(|code| code.to_ascii_uppercase()).collect()),
            places: boxed(row.texts("places")),
            chair_post: row.text("chair_post").map(Into::into),
            founded_on,
            due_on,
            source: source?.into(),
        })
    })
}

/// The units, each below one other, the city's on top.
#[derive(Debug, Clone, Default)]
pub struct UnitTree {
    /// In the order of their codes.
    pub units: Vec<TreeUnit>,
    parents: Vec<Option<u32>>,
    children: Vec<Vec<u32>>,
    by_code: HashMap<Box<str>, u32>,
    /// Division → the unit that has this one and no other.
    by_area: HashMap<Box<str>, u32>,
    /// Every unit after its parent.
    downwards: Vec<u32>,
    /// By unit: its place in a walk where whatever is below a unit follows it, and the place behind the last of these.
    spans: Vec<(u32, u32)>,
}

impl UnitTree {
    /// Builds the tree of units; each with the line it comes from, 0 where it was there before.
    ///
    /// # Errors
    /// Every fault: a code that stands twice, a unit without a parent or with one that nobody knows, a circle, a second city, an
    /// industrial union below an area's unit or the other way round, a division, industry or address that two units claim or that is
    /// none, days that cannot be.
    pub fn build(mut units: Vec<(u64, TreeUnit)>) -> Result<UnitTree, Vec<SheetFault>> {
        units.sort_by(|a, b| a.1.code.cmp(&b.1.code).then(a.0.cmp(&b.0)));
        let mut faults = Vec::new();
        let mut by_code: HashMap<Box<str>, u32> = HashMap::with_capacity(units.len());
        for (at, (line, unit)) in units.iter().enumerate() {
            if by_code.insert(unit.code.clone(), at as u32).is_some() {
                let code = &unit.code;
                faults.push(SheetFault::new(*line, format!("代码 {code} 出现两次"), format!("the code {code} stands twice")));
            }
        }
        let lines: Vec<u64> = units.iter().map(|(line, _)| *line).collect();
        let units: Vec<TreeUnit> = units.into_iter().map(|(_, unit)| unit).collect();
        let mut parents = vec![None; units.len()];
        let mut roots = 0;
        // What was there before has what it claims: who comes later is told.
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by_key(|at| lines[*at] > 0);
        for (at, unit) in order.iter().map(|at| (*at, &units[*at])) {
            match parent_of(unit, &units, &by_code, lines[at] > 0) {
                Ok(None) if roots > 0 => faults.push(SheetFault::new(
                    lines[at],
                    format!("{}：已有市级工会，只能有一个", unit.code),
                    format!("{}: there is a city's federation already, and there is one only", unit.code),
                )),
                Ok(None) => roots += 1,
                Ok(parent) => parents[at] = parent,
                Err((zh, en)) => faults.push(SheetFault::new(lines[at], zh, en)),
            }
            own_faults(unit).into_iter().for_each(|(zh, en)| faults.push(SheetFault::new(lines[at], zh, en)));
        }
        faults.extend(claimed_twice(&units, &lines, &order));
        let (downwards, children) = downwards(&parents);
        // Who is not reached from the top, though every parent is there, stands in a circle or below one.
        if faults.is_empty() && downwards.len() < units.len() {
            let mut reached = vec![false; units.len()];
            downwards.iter().for_each(|at| reached[*at as usize] = true);
            for at in (0..units.len()).filter(|at| !reached[*at]) {
                let way =
                    circle(at as u32, &parents).into_iter().map(|at| &*units[at as usize].code).collect::<Vec<_>>().join(" → ");
                let code = &units[at].code;
                faults.push(SheetFault::new(
                    lines[at],
                    format!("{code} 的上级又回到自己：{way}"),
                    format!("the units above {code} lead back to it: {way}"),
                ));
            }
        }
        if faults.is_empty() && roots == 0 && !units.is_empty() {
            faults.push(SheetFault::new(
                0,
                "没有市级工会：它是树的根",
                "there is no city's federation: it is the root of the tree",
            ));
        }
        match faults.is_empty() {
            true => {
                let alone = |(at, unit): (usize, &TreeUnit)| match unit.areas.as_slice() {
                    [area] => Some((area.clone(), at as u32)),
                    _ => None,
                };
                let by_area = units.iter().enumerate().filter_map(alone).collect();
                let spans = spans(&downwards, &children);
                Ok(UnitTree { units, parents, children, by_code, by_area, downwards, spans })
            }
            false => Err(faults),
        }
    }

    /// Where a unit stands in `units`.
    pub fn at(&self, code: &str) -> Option<u32> {
        self.by_code.get(code).copied()
    }
    /// The unit that has this division and no other.
    pub fn at_area(&self, area: &str) -> Option<u32> {
        self.by_area.get(area).copied()
    }
    /// The unit that a text names: its code, with `unit:` before it or not, or a name that no other unit has.
    pub fn meant(&self, text: &str) -> Option<u32> {
        let text = text.strip_prefix("unit:").unwrap_or(text).trim();
        let by_name = || {
            let mut named = (0_u32..).zip(&self.units).filter(|(_, unit)| *unit.name == *text);
            named.next().filter(|_| named.next().is_none()).map(|(at, _)| at)
        };
        self.at(text).or_else(by_name)
    }
    /// A unit by its code.
    pub fn unit(&self, code: &str) -> Option<&TreeUnit> {
        self.at(code).map(|at| &self.units[at as usize])
    }
    /// The unit above.
    pub fn parent(&self, at: u32) -> Option<u32> {
        self.parents[at as usize]
    }
    /// The units right below, by code.
    pub fn children(&self, at: u32) -> &[u32] {
        &self.children[at as usize]
    }
    /// The city's; None in a tree without units.
    pub fn root(&self) -> Option<u32> {
        self.downwards.first().copied()
    }
    /// Every unit, each after the one above it.
    pub fn downwards(&self) -> &[u32] {
        &self.downwards
    }
    /// The unit and those above it, up to the city's.
    pub fn upwards(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(at), |at| self.parent(*at))
    }
    /// Whether a unit is another one or stands below it.
    pub fn is_within(&self, at: u32, above: u32) -> bool {
        self.span(above).contains(&self.spans[at as usize].0)
    }
    /// Where a unit and those below it stand in a walk through the tree, each after the one above it and together with its own.
    pub fn span(&self, at: u32) -> std::ops::Range<u32> {
        let (start, end) = self.spans[at as usize];
        start..end
    }
    /// Whether it is an industrial union, or one of its parts.
    pub fn is_industrial(&self, at: u32) -> bool {
        self.units[at as usize].level == TreeLevel::Industrial
    }
    /// The district that the code or a division of a street or town says, where it stands below another one: it was moved and kept them.
    /// None where nothing disagrees, and of every other unit.
    pub fn other_district(&self, at: u32) -> Option<&str> {
        let unit = &self.units[at as usize];
        if !matches!(unit.level, TreeLevel::Street | TreeLevel::Town) {
            return None;
        }
        let above = self.upwards(at).find(|up| self.units[*up as usize].level == TreeLevel::District)?;
        let district = &self.units[above as usize];
        let known: Vec<&str> = said_districts(district).collect();
        said_districts(unit).find(|said| !known.is_empty() && !known.contains(said))
    }
    /// The divisions a unit is for: its own, or those of the nearest unit above that has some.
    pub fn areas_of(&self, at: u32) -> &[Box<str>] {
        let with_areas = self.upwards(at).find(|up| !self.units[*up as usize].areas.is_empty());
        with_areas.map_or(&[], |up| &self.units[up as usize].areas)
    }
}

type Said = (String, String);

/// The districts that the divisions and the code of a unit say: 110108 of 110108001, of D110108 and of S110108001.
fn said_districts(unit: &TreeUnit) -> impl Iterator<Item = &str> {
    let of_code = unit.code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_division = |code: &&str| matches!(code.len(), 6 | 9 | 12) && code.bytes().all(|b| b.is_ascii_digit());
    let districts = unit.areas.iter().map(|area| &**area).chain([of_code]).filter(is_division).map(|code| &code[..6]);
    districts.filter(|district| !district.ends_with("0000"))
}

/// The unit above: None for the city's. What is new has to keep to the order of the levels; what was kept before stays readable.
fn parent_of(unit: &TreeUnit, units: &[TreeUnit], by_code: &HashMap<Box<str>, u32>, is_new: bool) -> Result<Option<u32>, Said> {
    let code = &unit.code;
    let Some(parent) = &unit.parent else {
        return match unit.level {
            TreeLevel::City => Ok(None),
            _ => Err((
                format!("{code} 没有上级：只有市级工会可以没有"),
                format!("{code} has no parent: only the city's federation may"),
            )),
        };
    };
    if unit.level == TreeLevel::City {
        return Err((format!("市级工会 {code} 不能有上级"), format!("the city's federation {code} has no parent")));
    }
    let Some(at) = by_code.get(parent) else {
        return Err((
            format!("{code} 的上级 {parent} 不存在：请先列出它，或改正代码"),
            format!("{code} is below {parent}, which nobody knows: list it too, or mend the code"),
        ));
    };
    // Who comes back to itself is told so, whatever its level: that is looked at when all parents are known.
    if leads_back(unit, units, by_code) {
        return Ok(Some(*at));
    }
    let above = units[*at as usize].level;
    let fits = match unit.level {
        TreeLevel::Industrial => matches!(above, TreeLevel::City | TreeLevel::Industrial),
        _ => !matches!(above, TreeLevel::Industrial | TreeLevel::Building),
    };
    let is_in_order = match unit.level {
        TreeLevel::District => above == TreeLevel::City,
        TreeLevel::Street | TreeLevel::Town => matches!(above, TreeLevel::City | TreeLevel::District | TreeLevel::Zone),
        TreeLevel::Zone => matches!(above, TreeLevel::City | TreeLevel::District),
        _ => true,
    };
    match fits {
        true if is_new && !is_in_order => Err((
            format!("{code} 不能在 {parent} 之下：区在市之下，街道、乡镇在区、市或开发区之下，开发区在区或市之下"),
            format!(
                "{code} cannot be below {parent}: districts stand below the city, streets and towns below a district, the city or a zone, zones below a district or the city"
            ),
        )),
        true => Ok(Some(*at)),
        false => Err((
            format!("{code} 不能在 {parent} 之下：产业工会只在市级或产业工会之下，区域单位不在产业工会和楼宇之下"),
            format!(
                "{code} cannot be below {parent}: industrial unions stand below the city or each other, units of areas below neither them nor a building"
            ),
        )),
    }
}

/// Whether the parents of a unit lead back to it.
fn leads_back(unit: &TreeUnit, units: &[TreeUnit], by_code: &HashMap<Box<str>, u32>) -> bool {
    let above = |of: &&TreeUnit| of.parent.as_ref().and_then(|parent| by_code.get(parent)).map(|at| &units[*at as usize]);
    // A level or two up as a rule; where those above go round without it, it is not told of it.
    std::iter::successors(above(&unit), above).take(64).any(|up| up.code == unit.code)
}

/// What is wrong with a unit by itself.
fn own_faults(unit: &TreeUnit) -> Vec<Said> {
    let code = &unit.code;
    let mut faults = Vec::new();
    let is_industrial = unit.level == TreeLevel::Industrial;
    for area in &unit.areas {
        if is_industrial {
            faults.push((
                format!("产业工会 {code} 不按区划划分：区划代码 {area}"),
                format!("industrial union {code} has no area: {area}"),
            ));
        } else if !area.bytes().all(|b| b.is_ascii_digit()) || unit_code(area, None).is_none() {
            faults.push((
                format!("没有区划 {area}：请用 110108 或 110108001 这样的代码"),
                format!("there is no area {area}: use a code such as 110108 or 110108001"),
            ));
        }
    }
    for industry in &unit.industries {
        let is_section = industry.len() == 1 && industry.bytes().all(|b| (b'A'..=b'T').contains(&b));
        let is_division = industry.len() == 2 && industry.bytes().all(|b| b.is_ascii_digit());
        if !is_industrial {
            faults.push((
                format!("{code} 不是产业工会，不能有行业 {industry}"),
                format!("{code} is no industrial union and has no industry {industry}"),
            ));
        } else if !is_section && !is_division {
            faults.push((
                format!("没有行业 {industry}：请用门类字母或两位大类"),
                format!("there is no industry {industry}: use the letter of a section or the two digits of a division"),
            ));
        }
    }
    for place in unit.places.iter().filter(|place| place.chars().count() < 2) {
        faults.push((format!("地址「{place}」太短"), format!("the address \"{place}\" is too short")));
    }
    if !unit.places.is_empty() && !matches!(unit.level, TreeLevel::Park | TreeLevel::Building | TreeLevel::Zone) {
        faults.push((
            format!("{code} 不是园区、楼宇或开发区，不能按地址划分"),
            format!("{code} is no park, building or zone and has no addresses"),
        ));
    }
    faults
}

/// Divisions, industries and addresses that two units claim: an enterprise would have two homes.
fn claimed_twice(units: &[TreeUnit], lines: &[u64], order: &[usize]) -> Vec<SheetFault> {
    let mut first: HashMap<(u8, &str), &str> = HashMap::new();
    let mut faults = Vec::new();
    for (unit, line) in order.iter().map(|at| (&units[*at], &lines[*at])) {
        let claims = unit.areas.iter().map(|c| (0, c)).chain(unit.industries.iter().map(|c| (1, c)));
        for (kind, claim) in claims.chain(unit.places.iter().map(|c| (2, c))) {
            match first.get(&(kind, &**claim)) {
                Some(other) => {
                    let code = &unit.code;
                    faults.push(SheetFault::new(
                        *line,
                        format!("{claim} 已属 {other}，不能再属 {code}：企业只有一个归属"),
                        format!("{claim} is {other}'s already and cannot be {code}'s too: an enterprise has one home"),
                    ));
                }
                None => drop(first.insert((kind, claim), &unit.code)),
            }
        }
    }
    faults
}

/// Every unit that is reached from the top, each after the one above it; and who is right below whom.
fn downwards(parents: &[Option<u32>]) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut children = vec![Vec::new(); parents.len()];
    for (at, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent as usize].push(at as u32);
        }
    }
    let mut order: Vec<u32> = (0..parents.len() as u32).filter(|at| parents[*at as usize].is_none()).collect();
    let mut next = 0;
    while let Some(at) = order.get(next).copied() {
        order.extend(&children[at as usize]);
        next += 1;
    }
    (order, children)
}

/// Where each unit and those below it stand in a walk through the tree.
fn spans(downwards: &[u32], children: &[Vec<u32>]) -> Vec<(u32, u32)> {
    let mut sizes = vec![1; children.len()];
    for at in downwards.iter().rev() {
        sizes[*at as usize] += children[*at as usize].iter().map(|below| sizes[*below as usize]).sum::<u32>();
    }
    let mut spans = vec![(0, 0); children.len()];
    if let Some(root) = downwards.first() {
        spans[*root as usize] = (0, sizes[*root as usize]);
    }
    for at in downwards {
        let mut next = spans[*at as usize].0 + 1;
        for below in &children[*at as usize] {
            spans[*below as usize] = (next, next + sizes[*below as usize]);
            next += sizes[*below as usize];
        }
    }
    spans
}

/// From a unit upwards until one comes a second time.
fn circle(start: u32, parents: &[Option<u32>]) -> Vec<u32> {
    let mut way = vec![start];
    while let Some(above) = parents[*way.last().unwrap_or(&start) as usize] {
        let again = way.contains(&above);
        way.push(above);
        if again {
            break;
        }
    }
    way
}

#[cfg(test)]
pub(in crate::federation) mod tests {
    use super::*;

    pub(in crate::federation) const CITY: &str = "code,name,level,parent,areas,industries,places,founded_on,due_on,source
BJ,市总工会,市,,110000,,,1950-01-01,,test
D110108,海淀区总工会,区,BJ,110108,,,1950-01-01,,test
D110101,东城区总工会,区,BJ,110101,,,1950-01-01,,test
S110108001,甲街道总工会,街道,D110108,110108001,,,2010-08-31,2010-08,test
S110108002,乙街道总工会,街道,D110108,110108002,,,,2010-11,test
P1,丙园区工会,园区,D110108,,,示例科技园,,,test
B1,丁楼宇工会,楼宇,S110108001,,,示例大厦,,,test
I-EDU,教育工会,产业,BJ,,82;P,,1950-01-01,,test
I-SCH,学校工会,产业,I-EDU,,83,,,,test
";

    pub(in crate::federation) fn city() -> UnitTree {
        UnitTree::build(read_units(CITY, None).unwrap()).unwrap()
    }

    fn fault(more: &str) -> (u64, String, String) {
        let mut units = read_units(CITY, None).unwrap();
        let header = CITY.lines().next().unwrap();
        let added = read_units(&format!("{header}\n{more}\n"), None).unwrap_or_else(|e| panic!("{e:?}"));
        for (line, unit) in added {
            units.retain(|(_, u)| u.code != unit.code);
            units.push((line + 100, unit));
        }
        let faults = UnitTree::build(units).expect_err(more);
        (faults[0].line, faults[0].problem.zh.clone(), faults[0].problem.en.clone())
    }

    #[test]
    fn a_tree_knows_who_is_above_and_below_whom() {
        let tree = city();
        let code = |at: u32| tree.units[at as usize].code.to_string();
        let building = tree.at("B1").unwrap();
        assert_eq!(tree.upwards(building).map(code).collect::<Vec<_>>(), ["B1", "S110108001", "D110108", "BJ"]);
        let below: Vec<String> = tree.children(tree.at("D110108").unwrap()).iter().map(|at| code(*at)).collect();
        assert_eq!(below, ["P1", "S110108001", "S110108002"]);
        assert!(tree.is_within(building, tree.at("D110108").unwrap()) && !tree.is_within(building, tree.at("D110101").unwrap()));
        assert_eq!(tree.areas_of(building).iter().map(|a| &**a).collect::<Vec<_>>(), ["110108001"]);
        assert_eq!((code(tree.root().unwrap()), tree.downwards().len()), ("BJ".to_owned(), tree.units.len()));
    }

    #[test]
    fn a_street_below_another_district_than_its_code_says_is_told() {
        let header = CITY.lines().next().unwrap();
        let moved = |line: &str| {
            let mut units = read_units(CITY, None).unwrap();
            let added = read_units(&format!("{header}\n{line}\n"), None).unwrap();
            units.retain(|(_, unit)| added.iter().all(|(_, new)| new.code != unit.code));
            units.extend(added.iter().cloned());
            let tree = UnitTree::build(units).unwrap_or_else(|faults| panic!("{faults:?}"));
            let said = tree.other_district(tree.at(&added[0].1.code).unwrap()).map(str::to_owned);
            let others = (0..tree.units.len() as u32).filter(|at| tree.other_district(*at).is_some()).count();
            assert_eq!(others, usize::from(said.is_some()), "{line}: only the one that was moved");
            said
        };
        for (line, said) in [
            ("S110108002,乙街道总工会,街道,D110101,110108002,,,,,test", Some("110108")),
            ("S110108002,乙街道总工会,街道,D110101,,,,,,test", Some("110108")),
            ("S-2,乙街道总工会,街道,D110101,110108003,,,,,test", Some("110108")),
            ("S110108002,乙街道总工会,街道,D110108,110101002,,,,,test", Some("110101")),
            ("S110108002,乙街道总工会,街道,D110108,110108002,,,,,test", None),
            ("S-2,乙街道总工会,街道,D110101,110101002,,,,,test", None),
            ("S20240001,乙街道总工会,街道,D110101,110101002,,,,,test", None),
            ("S110108009,直属街道总工会,街道,BJ,,,,,,test", None),
            ("P9,跨区园区工会,园区,D110101,110108003,,,,,test", None),
        ] {
            assert_eq!(moved(line).as_deref(), said, "{line}");
        }
    }

    #[test]
    fn what_cannot_be_a_tree_is_refused_with_line_and_reason() {
        for (rows, zh, en) in [
            ("X,无上级,街道,,,,,,,test", "没有上级", "has no parent"),
            ("X,错上级,街道,D9,,,,,,test", "D9", "which nobody knows"),
            ("X,戊,园区,Y,,,,,,test\nY,己,园区,X,,,,,,test", "回到自己", "lead back"),
            ("X,自己,园区,X,,,,,,test", "X → X", "X → X"),
            ("X,二市,市,,,,,,,test", "只能有一个", "one only"),
            ("BJ,市总工会,市,D110101,110000,,,,,test", "不能有上级", "has no parent"),
            ("X,重区,街道,D110101,110108001,,,,,test", "已属 S110108001", "S110108001's already"),
            ("X,重业,产业,BJ,,82,,,,test", "已属 I-EDU", "I-EDU's already"),
            ("X,重楼,楼宇,D110101,,,示例大厦,,,test", "示例大厦", "one home"),
            ("X,无区,街道,D110101,999999,,,,,test", "没有区划", "no area 999999"),
            ("X,区产,产业,D110101,,,,,,test", "不能在", "cannot be below"),
            ("X,产下,街道,I-EDU,,,,,,test", "不能在", "cannot be below"),
            ("X,楼下,街道,B1,,,,,,test", "不能在", "cannot be below"),
            ("X,街下区,区,S110108001,,,,,,test", "区在市之下", "districts stand below the city"),
            ("X,街下街,街道,S110108001,,,,,,test", "街道、乡镇在", "streets and towns below"),
            ("X,园下区,开发区,P1,,,,,,test", "开发区在", "zones below"),
            ("X,无业,产业,BJ,,123,,,,test", "没有行业", "no industry 123"),
            ("X,非产,街道,D110101,,82,,,,test", "不是产业工会", "no industrial union"),
        ] {
            let (line, said_zh, said_en) = fault(rows);
            assert!(line > 100 && said_zh.contains(zh) && said_en.contains(en), "{rows}: {line} {said_zh} / {said_en}");
        }
        let twice = read_units("code,name,level,source\nBJ,一,市,t\nBJ,二,市,t\n", None).unwrap();
        assert!(UnitTree::build(twice).unwrap_err()[0].problem.en.contains("stands twice"));
        let source = read_units("code,name,level\nBJ,一,市\n", None).unwrap_err();
        assert!(source[0].line == 2 && source[0].problem.en.contains("--document"), "{source:?}");
        assert_eq!(&*read_units("code,name,level\nBJ,一,市\n", Some("会议")).unwrap()[0].1.source, "会议");
    }
}
