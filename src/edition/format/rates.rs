//! The counts, rates and changes of coverage: each once, with the name clients call it by, the indicator a target is set for, what
//! is divided by what, and what is left out.
//!
//! GraphQL, maps, targets, bulletin and the preview of a policy read this table; a rate that is defined nowhere else cannot differ between
//! them. What a unit of the federation counts of those at home in it (`UnionUnitCounts.coverage`: covered of those of whom it is decided)
//! is another number, and no row here.

use super::measures::{Detail, Measures};

/// A count of coverage.
pub struct Count {
    /// Its field of `CoverageRow` and its property on a map.
    pub name: &'static str,
    /// The indicator that targets name.
    pub indicator: Option<&'static str>,
    /// Whether the GeoJSON of areas has it.
    pub is_on_map: bool,
    /// Takes it from what was counted.
    pub of: fn(&Measures) -> u64,
}

/// What a rate is worked out of.
#[derive(Clone, Copy)]
pub enum Parts {
    /// Numerator and denominator are counted with the coverage itself.
    Measures(fn(&Measures) -> (u64, u64)),
    /// They take a reading of their own. `is_stated`: as far as the roll states them, so that a numerator of 0 means that nobody
    /// stated any, and there is no rate.
    Detail {
        /// Numerator and denominator.
        of: fn(&Detail) -> (u64, u64),
        /// Whether the roll has to state what is counted.
        is_stated: bool,
    },
}

/// A rate of coverage: a part of a whole, neither of which is ever a rate itself.
pub struct Rate {
    /// Its field of `CoverageRow` and its property on a map.
    pub name: &'static str,
    /// The indicator that targets name; none for what no target is set for.
    pub indicator: Option<&'static str>,
    /// Whether the GeoJSON of areas has it.
    pub is_on_map: bool,
    /// Whether it divides by what should have a union: of an industrial union that is not known without its industries.
    pub needs_universe: bool,
    /// A part that can exceed its whole; of the others one above it is a conflict and no rate.
    pub may_exceed: bool,
    /// Where numerator and denominator come from.
    pub parts: Parts,
}

/// How much more or fewer than at an earlier edition.
pub struct NetChange {
    /// Its field of `CoverageChange`.
    pub name: &'static str,
    /// The indicator that targets name.
    pub indicator: &'static str,
    /// What grows or shrinks.
    pub of: fn(&Measures) -> u64,
}

/// Whether a group stands under industrial unions alone of which nobody said which industries are theirs.
pub fn lacks_universe(m: &Measures) -> bool {
    m.without_universe > 0 && m.without_universe == m.in_scope
}

/// A part of a whole; None of nothing.
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Rate {
    /// Numerator and denominator; None where it takes a reading of its own.
    pub fn of(&self, m: &Measures) -> Option<(u64, u64)> {
        match self.parts {
            Parts::Measures(of) => Some(of(m)),
            Parts::Detail { .. } => None,
        }
    }

    /// Numerator, denominator and value; no value where nothing is in the denominator, nobody stated what is counted, the part
    /// exceeds its whole, or nobody said what the whole is.
    pub fn ratio(&self, m: &Measures, d: &Detail) -> (u64, u64, Option<f64>) {
        let ((part, whole), is_stated) = match self.parts {
            Parts::Measures(of) => (of(m), false),
            Parts::Detail { of, is_stated } => (of(d), is_stated),
        };
        (part, whole, self.told(part, whole, m).filter(|_| part > 0 || !is_stated))
    }

    /// The value; None where it takes a reading of its own, and where `ratio` has none.
    pub fn value(&self, m: &Measures) -> Option<f64> {
        self.of(m).and_then(|(part, whole)| self.told(part, whole, m))
    }

    /// Whether the part exceeds its whole, as no such part can: one of the two is wrong.
    pub fn is_conflict(&self, part: u64, whole: u64) -> bool {
        part > whole && whole > 0 && !self.may_exceed
    }

    fn told(&self, part: u64, whole: u64, m: &Measures) -> Option<f64> {
        let withheld = self.needs_universe && lacks_universe(m);
        share(part, whole).filter(|_| !withheld && !self.is_conflict(part, whole))
    }
}

macro_rules! counts {
    ($($(#[$doc:meta])* $constant:ident: $name:literal, $indicator:expr, $map:literal, $of:expr;)+) => {
        $($(#[$doc])* pub const $constant: Count = Count { name: $name, indicator: $indicator, is_on_map: $map, of: $of };)+
        /// Every count, in the order of the fields of `CoverageRow`.
        pub const COUNTS: &[Count] = &[$($constant),+];
    };
}

counts! {
    /// All enterprises, in scope or not.
    ENTERPRISES: "enterprises", None, true, |m| m.enterprises;
    /// In scope and above designated size.
    ABOVE: "aboveDesignatedSize", None, true, |m| m.above;
    /// In scope and of unknown size.
    SIZE_UNKNOWN: "sizeUnknown", None, true, |m| m.size_unknown;
    /// Those of unknown size that lack a union.
    SIZE_UNKNOWN_LACKING: "sizeUnknownLacking", None, true, |m| m.size_unknown_lacking;
    /// In scope with an independent union.
    INDEPENDENT: "independent", Some("independent"), true, |m| m.independent;
    /// `covered` is the number with a union of a counted kind, never that of gap status COVERED.
    UNIONISED: "covered", Some("covered"), true, |m| m.unionised;
    /// Gap status LACKING, of whatever size.
    LACKING: "lacking", None, true, |m| m.lacking;
    /// Gap status LACKING_INDEPENDENT.
    LACKING_INDEPENDENT: "lackingIndependent", None, true, |m| m.lacking_independent;
    /// The gap list.
    IN_GAP: "inGap", None, true, |m| m.in_gap;
    /// Gap status UNDECIDED.
    UNDECIDED: "undecided", None, true, |m| m.undecided;
    /// Gap status OUT_OF_SCOPE.
    OUT_OF_SCOPE: "outOfScope", None, true, |m| m.out_of_scope;
    /// Employees of enterprises in scope.
    EMPLOYEES: "employees", None, true, |m| m.employees;
    /// Employees of those with a union of a counted kind.
    EMPLOYEES_OF_UNIONISED: "employeesOfUnionised", None, false, |m| m.employees_of_unionised;
    /// Standing unions, each at its host or at one of those it covers.
    UNIONS: "unions", None, false, |m| m.unions;
    /// Members in enterprises in scope, each counted once.
    MEMBERS: "members", Some("members"), true, |m| m.members;
    /// In scope with more members than staff: a conflict of the registries.
    MEMBERS_EXCEED_STAFF: "membersExceedStaff", None, true, |m| m.members_exceed_staff;
}

macro_rules! rates {
    ($($(#[$doc:meta])* $constant:ident: $name:literal, $indicator:expr, $map:literal, $universe:literal, $parts:expr;)+) => {
        $($(#[$doc])* pub const $constant: Rate = Rate {
            name: $name,
            indicator: $indicator,
            is_on_map: $map,
            needs_universe: $universe,
            may_exceed: matches!($name.as_bytes(), b"duesCollectedRate"),
            parts: $parts,
        };)+
        /// Every rate.
        pub const RATES: &[Rate] = &[$($constant),+];
    };
}

rates! {
    /// 规模以上企业独立建会率. Out-of-scope enterprises and those of unknown size are left out of both.
    INDEPENDENT_RATE: "independentRate", Some("independent_rate_above_size"), true, true,
        Parts::Measures(|m| (m.above_independent, m.above));
    /// 工会组织覆盖率.
    COVERAGE_RATE: "coverageRate", Some("coverage_rate"), true, true, Parts::Measures(|m| (m.unionised, m.in_scope));
    /// 职工入会率, as yearbooks print it: employees of units without a union are left out.
    MEMBERSHIP_RATE_UNIONISED: "membershipRateUnionised", Some("membership_rate"), true, false,
        Parts::Measures(|m| (m.members_of_unionised, m.employees_of_unionised));
    /// Members of all employees in scope. Never to be mixed with the other one; no target is set for it.
    MEMBERSHIP_RATE_ALL: "membershipRateAll", None, true, true, Parts::Measures(|m| (m.members, m.employees));
    /// 建会率（法人单位）.
    ESTABLISHMENT_RATE: "establishmentRate", Some("union_rate_entity"), false, true, Parts::Measures(|m| (m.established, m.in_scope));
    /// 外资（港澳台）企业建会率.
    FOREIGN_RATE: "foreignRate", Some("foreign_rate"), false, true,
        Parts::Detail { of: |d| (d.foreign_established, d.foreign), is_stated: false };
    /// 女会员比重.
    FEMALE_SHARE: "femaleShare", Some("female_share_members"), false, false,
        Parts::Detail { of: |d| (d.female_members, d.members), is_stated: true };
    /// 农民工入会率.
    MIGRANT_MEMBERSHIP_RATE: "migrantMembershipRate", Some("migrant_membership_rate"), false, false,
        Parts::Detail { of: |d| (d.migrant_members, d.migrant_employees), is_stated: true };
    /// 收缴率, in whole yuan. Enterprises of which due or paid is unknown are left out of both.
    DUES_COLLECTED_RATE: "duesCollectedRate", Some("dues_collected_rate"), false, false,
        Parts::Detail { of: |d| (d.fund_paid.whole_yuan(), d.fund_due.whole_yuan()), is_stated: false };
}

/// Net changes, which count from an earlier edition.
pub const CHANGES: [NetChange; 3] = [
    NetChange { name: "unions", indicator: "net_new_units", of: |m| m.unions },
    NetChange { name: "coveredUnits", indicator: "net_new_covered", of: |m| m.unionised },
    NetChange { name: "members", indicator: "net_new_members", of: |m| m.members },
];

/// The count that clients call so.
pub fn count(name: &str) -> Option<&'static Count> {
    COUNTS.iter().find(|count| count.name == name)
}

/// The rate that clients call so.
pub fn rate(name: &str) -> Option<&'static Rate> {
    RATES.iter().find(|rate| rate.name == name)
}

/// What was reached of an indicator; `before` are the counts of the edition that changes count from. None where the editions
/// cannot tell, and for indicators that are none of these.
pub fn reached(indicator: &str, m: &Measures, d: &Detail, before: Option<&Measures>) -> Option<f64> {
    if let Some(rate) = RATES.iter().find(|rate| rate.indicator == Some(indicator)) {
        return rate.ratio(m, d).2;
    }
    if let Some(count) = COUNTS.iter().find(|count| count.indicator == Some(indicator)) {
        return Some((count.of)(m) as f64);
    }
    if let Some(change) = CHANGES.iter().find(|change| change.indicator == indicator) {
        return before.map(|before| (change.of)(m) as f64 - (change.of)(before) as f64);
    }
    match indicator {
        "dues_due" => Some(d.dues_payable.yuan()),
        "dispatch_members" => Some(d.dispatched_members as f64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Money;

    /// The golden value of each rate, on counts that are all different.
    #[test]
    fn every_rate_divides_what_its_definition_says() {
        let m = Measures {
            in_scope: 200,
            above: 40,
            above_independent: 10,
            independent: 30,
            unionised: 50,
            established: 60,
            employees: 4_000,
            employees_of_unionised: 1_000,
            members: 900,
            members_of_unionised: 800,
            ..Measures::default()
        };
        let d = Detail {
            foreign: 8,
            foreign_established: 2,
            members: 900,
            female_members: 300,
            migrant_members: 30,
            migrant_employees: 120,
            fund_due: Money(20_000),
            fund_paid: Money(15_000),
            ..Detail::default()
        };
        let found: Vec<(&str, u64, u64)> = RATES.iter().map(|r| (r.name, r.ratio(&m, &d).0, r.ratio(&m, &d).1)).collect();
        let expected = [
            ("independentRate", 10, 40),
            ("coverageRate", 50, 200),
            ("membershipRateUnionised", 800, 1_000),
            ("membershipRateAll", 900, 4_000),
            ("establishmentRate", 60, 200),
            ("foreignRate", 2, 8),
            ("femaleShare", 300, 900),
            ("migrantMembershipRate", 30, 120),
            ("duesCollectedRate", 150, 200),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn of_what_nobody_states_there_is_no_rate() {
        let d = Detail { members: 900, foreign: 8, ..Detail::default() };
        assert_eq!(FEMALE_SHARE.ratio(&Measures::default(), &d), (0, 900, None));
        assert_eq!(FOREIGN_RATE.ratio(&Measures::default(), &d), (0, 8, Some(0.0)), "the roll is whole: none has a union");
    }

    #[test]
    fn more_members_than_staff_are_a_conflict_and_no_rate() {
        let m = Measures {
            in_scope: 3,
            members: 148,
            employees: 100,
            members_of_unionised: 148,
            employees_of_unionised: 100,
            ..Measures::default()
        };
        for rate in [MEMBERSHIP_RATE_UNIONISED, MEMBERSHIP_RATE_ALL] {
            assert_eq!(rate.ratio(&m, &Detail::default()), (148, 100, None), "never a bare 148.0 %");
            assert_eq!(rate.value(&m), None);
            assert!(rate.is_conflict(148, 100) && !rate.is_conflict(100, 100) && !rate.is_conflict(1, 0));
        }
        let paid = Detail { fund_due: Money(10_000), fund_paid: Money(12_000), ..Detail::default() };
        assert_eq!(DUES_COLLECTED_RATE.ratio(&m, &paid).2, Some(1.2), "more than is due can be paid");
        assert_eq!(reached("membership_rate", &m, &Detail::default(), None), None);
    }

    #[test]
    fn an_industrial_union_without_its_industries_has_no_rate_of_what_should_have_a_union() {
        let whole = Measures {
            in_scope: 5,
            unionised: 5,
            above: 2,
            above_independent: 2,
            employees: 9,
            members: 3,
            ..Measures::default()
        };
        let m = Measures { without_universe: 5, ..whole };
        let mixed = Measures { in_scope: 50, without_universe: 5, ..whole };
        for rate in RATES.iter().filter(|rate| rate.needs_universe && rate.of(&m).is_some()) {
            assert_eq!(
                (rate.value(&m), rate.value(&whole).is_some(), rate.value(&mixed).is_some()),
                (None, true, true),
                "{}",
                rate.name
            );
        }
        let needing = [&COVERAGE_RATE, &INDEPENDENT_RATE, &MEMBERSHIP_RATE_UNIONISED].map(|rate| rate.needs_universe);
        assert_eq!(needing, [true, true, false]);
        assert_eq!(reached("coverage_rate", &m, &Detail::default(), None), None);
    }

    #[test]
    fn an_indicator_means_one_thing() {
        let mut indicators: Vec<&str> = RATES.iter().filter_map(|r| r.indicator).collect();
        indicators.extend(COUNTS.iter().filter_map(|c| c.indicator));
        indicators.extend(CHANGES.iter().map(|c| c.indicator));
        let all = indicators.len();
        indicators.sort_unstable();
        indicators.dedup();
        assert_eq!(indicators.len(), all);
    }
}
