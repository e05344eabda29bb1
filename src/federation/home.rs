//! Where an enterprise is at home: one unit of the area tree, and at most one of the industries'; and what that adds up to.
//!
//! In: the tree, what is known of an enterprise. Out: its homes; sums of all units where nobody is counted twice. What it does not do:
//! read an edition.

use hashbrown::HashMap;

use super::unit::{TreeLevel, UnitTree};
use crate::model::verdict::{GapStatus, UnionStatus};

/// What is known of where an enterprise belongs.
#[derive(Debug, Clone, Copy, Default)]
pub struct HomeFacts<'a> {
    /// Nine-digit street or town code.
    pub town: Option<u32>,
    /// Six-digit district code.
    pub district: Option<u32>,
    /// The federation unit that looks after it, as the graph says.
    pub federation: Option<&'a str>,
    /// Its address.
    pub address: &'a str,
    /// Letter of its section.
    pub section: &'a str,
    /// Its industry code without the letter, of the edition in force.
    pub industry: &'a str,
}

/// The two homes of an enterprise; positions in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Homes {
    /// Every enterprise has one: the closest unit that is for it, the city's at last.
    pub area: u32,
    /// Of whoever an industrial union is for.
    pub industry: Option<u32>,
}

/// The tree, made ready to be asked a million times.
pub struct HomeFinder<'t> {
    tree: &'t UnitTree,
    root: u32,
    areas: HashMap<u32, u32>,
    industries: HashMap<&'t str, u32>,
    /// First two characters of an address part → the parts.
    places: HashMap<(char, char), Vec<(&'t str, u32)>>,
}

impl<'t> HomeFinder<'t> {
    /// None for a tree without units: nobody has a home in it.
    pub fn new(tree: &'t UnitTree) -> Option<HomeFinder<'t>> {
        let root = tree.root()?;
        let (mut areas, mut industries) = (HashMap::new(), HashMap::new());
        let mut places: HashMap<(char, char), Vec<(&str, u32)>> = HashMap::new();
        for (at, unit) in tree.units.iter().enumerate() {
            areas.extend(unit.areas.iter().filter_map(|code| Some((code.parse().ok()?, at as u32))));
            industries.extend(unit.industries.iter().map(|code| (&**code, at as u32)));
            for place in &unit.places {
                let mut chars = place.chars();
                if let (Some(first), Some(second)) = (chars.next(), chars.next()) {
                    places.entry((first, second)).or_default().push((place, at as u32));
                }
            }
        }
        Some(HomeFinder { tree, root, areas, industries, places })
    }

    /// Where an enterprise is at home. Of several buildings and parks its address names, the one with the longest name.
    pub fn homes(&self, facts: &HomeFacts<'_>) -> Homes {
        let by_code = |code: Option<u32>| self.areas.get(&code?).copied();
        let of_federation = facts.federation.and_then(|code| self.tree.at(code));
        // That the city's federation looks after it says nothing of its district.
        let by_federation = of_federation.filter(|at| !self.tree.is_industrial(*at) && *at != self.root);
        let area = by_code(facts.town).or(by_federation).or_else(|| by_code(facts.district)).unwrap_or(self.root);
        let area = self.place_below(area, facts.address).unwrap_or(area);
        let by_industry = || {
            let division = facts.industry.get(..2).and_then(|division| self.industries.get(division));
            division.or_else(|| self.industries.get(facts.section)).copied()
        };
        let industry = of_federation.filter(|at| self.tree.is_industrial(*at)).or_else(by_industry);
        Homes { area, industry }
    }

    /// The park or building below a unit, or below one above it that is no whole city, whose name the address bears.
    fn place_below(&self, area: u32, address: &str) -> Option<u32> {
        if self.places.is_empty() || address.is_empty() {
            return None;
        }
        let mut best: Option<(usize, &str, u32)> = None;
        let mut before: Option<(usize, char)> = None;
        for (at, char) in address.char_indices() {
            if let Some((start, first)) = before
                && let Some(parts) = self.places.get(&(first, char))
            {
                for (part, unit) in parts.iter().filter(|(part, _)| address[start..].starts_with(*part)) {
                    let better = best.is_none_or(|(length, other, _)| {
                        (length, std::cmp::Reverse(other)) < (part.len(), std::cmp::Reverse(*part))
                    });
                    if better && self.is_reachable(area, *unit) {
                        best = Some((part.len(), part, *unit));
                    }
                }
            }
            before = Some((at, char));
        }
        best.map(|(_, _, unit)| unit)
    }

    /// Whether a park or building may be the home of an enterprise whose area is `area`: both lie below the same unit that is for an area.
    fn is_reachable(&self, area: u32, place: u32) -> bool {
        let host = self.tree.upwards(place).find(|up| !self.tree.units[*up as usize].areas.is_empty());
        let Some(host) = host else { return false };
        // A street's building is its own; a district's park takes from all its streets.
        self.tree.is_within(area, host)
            || (self.tree.units[area as usize].level == TreeLevel::District && self.tree.is_within(host, area))
    }
}

/// What is counted of the enterprises of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitCounts {
    /// All of them, in scope or not.
    pub enterprises: u64,
    /// A union covers them.
    pub covered: u64,
    /// LACKING or LACKING_INDEPENDENT.
    pub lacking: u64,
    /// It cannot be told.
    pub undecided: u64,
    /// In scope, with a union of their own.
    pub independent: u64,
    /// Persons employed, of those in scope.
    pub employees: u64,
    /// Members, of those in scope.
    pub members: u64,
}

impl UnitCounts {
    /// Counts one enterprise: its verdicts, its members and staff.
    pub fn count(&mut self, gap: Option<GapStatus>, union: Option<UnionStatus>, members: u32, employees: u32) {
        self.enterprises += 1;
        match gap {
            Some(GapStatus::Covered) => self.covered += 1,
            Some(GapStatus::Lacking | GapStatus::LackingIndependent) => self.lacking += 1,
            Some(GapStatus::Undecided) | None => self.undecided += 1,
            Some(GapStatus::OutOfScope) => return,
        }
        self.independent += u64::from(union == Some(UnionStatus::Independent));
        self.members += u64::from(members);
        self.employees += u64::from(employees);
    }
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &UnitCounts) {
        self.enterprises += other.enterprises;
        self.covered += other.covered;
        self.lacking += other.lacking;
        self.undecided += other.undecided;
        self.independent += other.independent;
        self.employees += other.employees;
        self.members += other.members;
    }
    /// Enterprises in scope.
    pub fn in_scope(&self) -> u64 {
        self.covered + self.lacking + self.undecided
    }
}

/// Sums of units from what is at home in each, by position in the tree: those of the area tree add up to the city; industrial unions add
/// up to each other and to nothing else, since every enterprise is in the area tree already.
pub fn add_up(tree: &UnitTree, own: &[UnitCounts]) -> Vec<UnitCounts> {
    let mut sums = own.to_vec();
    for at in tree.downwards().iter().rev() {
        if let Some(above) = tree.parent(*at).filter(|above| tree.is_industrial(*at) == tree.is_industrial(*above)) {
            let of_below = sums[*at as usize];
            sums[above as usize].add(&of_below);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::unit::tests::city;
    use super::*;

    #[test]
    fn an_enterprise_is_at_home_in_the_closest_unit_that_is_for_it() {
        let tree = city();
        let finder = HomeFinder::new(&tree).unwrap();
        let home = |town: u32, federation: Option<&str>, address: &str, section: &str, industry: &str| {
            let (district, town) = if town > 999_999 { (town / 1000, Some(town)) } else { (town, None) };
            let homes = finder.homes(&HomeFacts { town, district: Some(district), federation, address, section, industry });
            let code = |at: u32| tree.units[at as usize].code.to_string();
            (code(homes.area), homes.industry.map(code).unwrap_or_default())
        };
        assert_eq!(home(110_108_001, None, "", "C", "3911"), ("S110108001".into(), "".into()));
        assert_eq!(home(110_108_001, None, "某路1号示例大厦3层", "P", "8336"), ("B1".into(), "I-SCH".into()));
        assert_eq!(
            home(110_108_002, None, "某路1号示例大厦3层", "P", ""),
            ("S110108002".into(), "I-EDU".into()),
            "another street's building"
        );
        assert_eq!(home(110_108_002, None, "示例科技园2号楼", "I", "65"), ("P1".into(), "".into()), "a district's park");
        assert_eq!(home(110_108_009, None, "", "", ""), ("D110108".into(), "".into()), "a street without a unit");
        assert_eq!(home(110_105, None, "示例大厦", "", ""), ("BJ".into(), "".into()), "a district without a unit");
        assert_eq!(home(110_101, Some("BJ"), "", "C", "39"), ("D110101".into(), "".into()), "the city's federation is no home");
        assert_eq!(home(110_105, Some("D110101"), "", "C", "39"), ("D110101".into(), "".into()), "who looks after it");
        assert_eq!(home(110_101, Some("I-SCH"), "", "C", "39"), ("D110101".into(), "I-SCH".into()));
        assert!(HomeFinder::new(&UnitTree::default()).is_none());
    }

    fn gaps() -> impl Strategy<Value = GapStatus> {
        prop::sample::select(GapStatus::ALL)
    }

    proptest! {
        /// However a city is cut into units, each enterprise is counted once in the area tree and at most once among the industries.
        #[test]
        fn in_every_partition_nobody_is_counted_twice(
            keep in prop::collection::vec(any::<bool>(), 9),
            city_of in prop::collection::vec(
                (prop::sample::select(vec![0u32, 110_101, 110_105, 110_108, 110_108_001, 110_108_002, 110_108_009]),
                 prop::sample::select(vec!["", "某路示例大厦", "示例科技园示例大厦"]),
                 prop::sample::select(vec!["", "82", "8336", "3911"]), prop::sample::select(vec!["", "P", "C"]),
                 prop::sample::select(vec![None, Some("D110101"), Some("I-EDU"), Some("X")]), gaps(), 0u32..50), 0..60),
        ) {
            let whole = city();
            // Any part of the tree that hangs together.
            let kept = |at: u32| whole.upwards(at).all(|up| Some(up) == whole.root() || keep[up as usize % keep.len()]);
            let units = (0..whole.units.len() as u32).filter(|at| kept(*at)).map(|at| (1, whole.units[at as usize].clone()));
            let tree = UnitTree::build(units.collect()).unwrap();
            let finder = HomeFinder::new(&tree).unwrap();
            let mut own = vec![UnitCounts::default(); tree.units.len()];
            let (mut all, mut industrial) = (UnitCounts::default(), UnitCounts::default());
            for (place, address, industry, section, federation, gap, staff) in &city_of {
                let (district, town) = if *place > 999_999 { (place / 1000, Some(*place)) } else { (*place, None) };
                let facts = HomeFacts { town, district: Some(district), federation: *federation, address, section, industry };
                let homes = finder.homes(&facts);
                prop_assert!(!tree.is_industrial(homes.area));
                own[homes.area as usize].count(Some(*gap), Some(UnionStatus::Independent), staff / 2, *staff);
                all.count(Some(*gap), Some(UnionStatus::Independent), staff / 2, *staff);
                if let Some(at) = homes.industry {
                    prop_assert!(tree.is_industrial(at));
                    own[at as usize].count(Some(*gap), Some(UnionStatus::Independent), staff / 2, *staff);
                    industrial.count(Some(*gap), Some(UnionStatus::Independent), staff / 2, *staff);
                }
            }
            let sums = add_up(&tree, &own);
            prop_assert_eq!(sums[tree.root().unwrap() as usize], all);
            let mut tops = UnitCounts::default();
            for at in 0..tree.units.len() as u32 {
                let of_below = tree.children(at).iter().filter(|c| tree.is_industrial(**c) == tree.is_industrial(at));
                let mut parts = own[at as usize];
                of_below.for_each(|c| parts.add(&sums[*c as usize]));
                prop_assert_eq!(sums[at as usize], parts, "a unit is its own and what is below it");
                if tree.is_industrial(at) && tree.parent(at) == tree.root() {
                    tops.add(&sums[at as usize]);
                }
            }
            prop_assert_eq!(tops, industrial);
        }
    }
}
