//! A roll on which no edition rested before: it has no figures of its own past to be compared with, but the other registries tell
//! whether it can be this city's whole roll.
//!
//! In: the verdicts of the edition to come, and the shares of policy. Out: what speaks against the roll, for a person to decide on.
//! Thresholds are wide, so that a small city, or one whose unions are few yet, passes: the guard is for five rows that stand for a
//! roll, and for another city's.

use hashbrown::HashSet;

use super::open::Hub;
use crate::assess::Assessed;
use crate::assess::policy::PublicationPolicy;
use crate::model::enterprise::Enterprise;
use crate::model::problem::Problem;
use crate::model::text::grouped;
use crate::model::verdict::{GapStatus, SizeStatus, UnionKind};

/// How a roll on which no edition rested before fits the other registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FirstRoll {
    /// Unions on it, federations apart.
    unions: u64,
    /// Those of them that stand at an enterprise of the other registries.
    placed: u64,
    /// Unions that state a district.
    stated: u64,
    /// Those of them in whose district no other registry has an enterprise.
    elsewhere: u64,
    /// Enterprises above designated size that are in scope.
    above: u64,
    /// Those of them that a union of a counted kind covers.
    covered: u64,
}

impl FirstRoll {
    /// What speaks against its being the city's whole roll; empty where nothing does. A few are nothing to ask a person about.
    pub(super) fn doubts(&self, policy: &PublicationPolicy) -> Vec<Problem> {
        let share = |part: u64, of: u64| part as f64 * 100.0 / of.max(1) as f64;
        let few = policy.at_least.max(1);
        let mut found = Vec::new();
        let mut say = |code: &'static str, zh: String, en: String| {
            found.push(Problem { code: code.into(), zh, en, remedy: None });
        };
        let number = |n: u64| grouped(n as i64);
        let (placed, limit) = (share(self.placed, self.unions), policy.first_placed_percent);
        if self.unions - self.placed >= few && placed < limit {
            let (unions, at_home) = (number(self.unions), number(self.placed));
            say(
                "first_roll_not_placed",
                format!(
                    "名册的 {unions} 个工会中，只有 {at_home} 个在其他登记中找到所在企业（{placed:.1}%，低于 {limit:.0}%），可能是别的城市的名册"
                ),
                format!(
                    "of {unions} unions on the roll {at_home} stand at an enterprise of the other registries ({placed:.1} %, below {limit:.0} %): it may be another city's roll"
                ),
            );
        }
        let (elsewhere, limit) = (share(self.elsewhere, self.stated), policy.first_elsewhere_percent);
        if self.elsewhere >= few && elsewhere > limit {
            let (stated, away) = (number(self.stated), number(self.elsewhere));
            say(
                "first_roll_elsewhere",
                format!(
                    "名册中写明区县的 {stated} 个工会，有 {away} 个所在的区县在其他登记中没有企业（{elsewhere:.1}%，超过 {limit:.0}%）"
                ),
                format!(
                    "of {stated} unions that state a district {away} are of districts in which no other registry has an enterprise ({elsewhere:.1} %, above {limit:.0} %)"
                ),
            );
        }
        let (covered, limit) = (share(self.covered, self.above), policy.first_covered_percent);
        if self.unions > 0 && self.above - self.covered >= few && covered < limit {
            let (above, with) = (number(self.above), number(self.covered));
            say(
                "first_roll_covers_few",
                format!("规模以上企业 {above} 家，名册只覆盖 {with} 家（{covered:.1}%，低于 {limit:.0}%），可能只是名册的一部分"),
                format!(
                    "of {above} enterprises above designated size the roll covers {with} ({covered:.1} %, below {limit:.0} %): it may be a part of the roll"
                ),
            );
        }
        found
    }
}

impl Hub {
    /// How the roll of an edition to come fits the other registries.
    pub(super) fn first_roll(&self, assessed: &Assessed) -> FirstRoll {
        let districts: HashSet<u32> = assessed.enterprises.iter().filter_map(|e| e.district).collect();
        let of_firms = || assessed.unions.iter().filter(|u| u.kind != UnionKind::Federation);
        let stated = || assessed.unions.iter().filter_map(|u| u.district);
        let above =
            |e: &&Enterprise| e.verdicts.size.verdict == SizeStatus::Above && e.verdicts.gap.status != GapStatus::OutOfScope;
        FirstRoll {
            unions: of_firms().count() as u64,
            placed: of_firms().filter(|u| u.host.is_some() || !u.covers.is_empty()).count() as u64,
            stated: stated().count() as u64,
            elsewhere: stated().filter(|district| !districts.contains(district)).count() as u64,
            above: assessed.enterprises.iter().filter(above).count() as u64,
            covered: assessed.enterprises.iter().filter(above).filter(|e| self.is_covered(e)).count() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::guard::HeldEdition;
    use crate::model::message::Lang;

    #[test]
    fn a_first_roll_that_cannot_be_the_citys_whole_roll_is_doubted_and_a_small_or_young_city_is_not() {
        let policy = PublicationPolicy::default();
        let own = FirstRoll { unions: 383, placed: 330, stated: 380, elsewhere: 2, above: 520, covered: 310 };
        let doubts = |roll: FirstRoll| roll.doubts(&policy).iter().map(|d| d.code.to_string()).collect::<Vec<_>>();
        for (roll, expected) in [
            (own, vec![]),
            // A young city: one enterprise in eight has a union.
            (FirstRoll { unions: 70, placed: 60, stated: 70, covered: 65, ..own }, vec![]),
            // A few enterprises, none of which has one.
            (FirstRoll { unions: 3, placed: 1, stated: 3, elsewhere: 3, above: 24, covered: 0 }, vec![]),
            // Five rows; another city's; a roll that was never there is no matter of this guard.
            (FirstRoll { unions: 5, placed: 5, stated: 5, elsewhere: 0, above: 319, covered: 5 }, vec!["first_roll_covers_few"]),
            (FirstRoll { unions: 422, placed: 91, covered: 80, ..own }, vec!["first_roll_not_placed"]),
            (
                FirstRoll { unions: 422, placed: 4, stated: 400, elsewhere: 399, above: 319, covered: 3 },
                vec!["first_roll_not_placed", "first_roll_elsewhere", "first_roll_covers_few"],
            ),
            (FirstRoll { unions: 0, placed: 0, stated: 0, elsewhere: 0, above: 319, covered: 0 }, vec![]),
        ] {
            assert_eq!(doubts(roll), expected, "{roll:?}");
        }
        let held = HeldEdition {
            id: 1,
            state: "HELD".into(),
            held_at: 0,
            jumps: Vec::new(),
            causes: FirstRoll { unions: 422, placed: 91, covered: 80, ..own }.doubts(&policy),
            decided_by: None,
            decided_why: None,
            decided_at: None,
            edition: None,
        };
        let (zh, en) = (held.text(Lang::Zh), held.text(Lang::En));
        assert!(zh.contains("只有 91 个在其他登记中找到所在企业（21.6%，低于 50%）") && zh.contains("edition release 1"), "{zh}");
        assert!(en.contains("of 422 unions on the roll 91 stand at") && en.contains("edition reject 1"), "{en}");
    }
}
