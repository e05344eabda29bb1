//! What is counted of a group of enterprises, and groups of such counts.
//!
//! Counts add up; rates, which do not, are worked out of them in `rates`.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::value::Money;

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// What is counted. `scope` is everything but OUT_OF_SCOPE.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Measures {
            $($(#[$doc])* pub $name: u64,)+
        }

        impl Measures {
            pub(in crate::edition) const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// Adds what was counted among others.
            pub fn add(&mut self, other: &Measures) {
                $(self.$name += other.$name;)+
            }

            /// Takes off what was counted among these too.
            fn take_off(&mut self, other: &Measures) {
                $(self.$name -= other.$name;)+
            }

            /// In the order of `NAMES`.
            pub(in crate::edition) fn values(&self) -> [u64; Measures::NAMES.len()] {
                [$(self.$name),+]
            }

            /// From values in the order of `NAMES`.
            pub(in crate::edition) fn from_values(values: [u64; Measures::NAMES.len()]) -> Measures {
                let [$($name),+] = values;
                Measures { $($name),+ }
            }
        }
    };
}

measures! {
    /// All enterprises, in scope or not.
    enterprises,
    /// All but OUT_OF_SCOPE.
    in_scope,
    /// In scope and above designated size.
    above,
    /// In scope with an independent union.
    independent,
    /// In scope, above designated size, with an independent union.
    above_independent,
    /// In scope with a union of a kind that counts in the coverage rate.
    unionised,
    /// In scope with a union of a kind that counts in the establishment rate.
    established,
    /// By gap status: the five together are all enterprises. What has a union of a counted kind is `unionised`: above designated
    /// size a joint union is not enough, so that an enterprise can be unionised and LACKING_INDEPENDENT.
    gap_covered,
    /// LACKING: no union covers them.
    lacking,
    /// LACKING_INDEPENDENT: above designated size, and covered by no union of their own.
    lacking_independent,
    /// UNDECIDED: it cannot be told.
    undecided,
    /// OUT_OF_SCOPE: they are in no other count but `enterprises` and `unions`.
    out_of_scope,
    /// The gap list: above designated size, lacking or lacking an independent union.
    in_gap,
    /// In scope and of unknown size: nobody can say whether they belong on the gap list; and those of them that lack a union.
    size_unknown,
    /// LACKING or LACKING_INDEPENDENT among those of unknown size.
    size_unknown_lacking,
    /// Employees of enterprises in scope, and of those with a union of a counted kind.
    employees,
    /// Employees of enterprises with a union of a counted kind.
    employees_of_unionised,
    /// Standing unions, each at one enterprise of the group, in scope or not: its host, or one of those it covers.
    unions,
    /// Members in enterprises in scope, each at one enterprise only.
    members,
    /// Those in enterprises with a union of a counted kind.
    members_of_unionised,
    /// In scope with more members than staff, both known: one of the two is wrong.
    members_exceed_staff,
    /// In scope and under an industrial union of which nobody said which industries are its own: what stands under it is known, what
    /// should is not. Found when it is asked for, not written.
    without_universe,
}

/// What is counted of one group beside `Measures`; out-of-scope enterprises count nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// Foreign-invested enterprises, those of Hong Kong, Macao and Taiwan included, and those of them with a union of a kind
    /// that counts in the establishment rate.
    pub foreign: u64,
    /// Those of them with a union of a kind that counts in the establishment rate.
    pub foreign_established: u64,
    /// All members, for the share of women.
    pub members: u64,
    /// Women among the members, as far as the roll states them.
    pub female_members: u64,
    /// Migrant workers (农民工) among the members, as far as the roll states them.
    pub migrant_members: u64,
    /// Migrant workers among the employees, as far as the roll states them.
    pub migrant_employees: u64,
    /// Members who are dispatched workers, each where policy counts them.
    pub dispatched_members: u64,
    /// A year's dues: the policy's share of the payrolls known.
    pub dues_payable: Money,
    /// Of the latest period of each enterprise whose due and paid sums are both known.
    pub fund_due: Money,
    /// Paid, of the same periods.
    pub fund_paid: Money,
}

impl Detail {
    /// Adds what was counted among others.
    pub fn add(&mut self, other: &Detail) {
        macro_rules! add { ($($f:ident),+) => { $(self.$f += other.$f;)+ } }
        add!(foreign, foreign_established, members, female_members, migrant_members, migrant_employees, dispatched_members);
        self.dues_payable.0 += other.dues_payable.0;
        self.fund_due.0 += other.fund_due.0;
        self.fund_paid.0 += other.fund_paid.0;
    }
}

/// One group that has enterprises: the code in each dimension (empty: unknown), and what was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageGroup {
    /// One code a dimension, in the order they were asked for; shared with other answers by the same dimensions.
    pub keys: Arc<[String]>,
    /// What was counted.
    pub measures: Measures,
}

/// What was counted over all rows by some dimensions.
pub(in crate::edition) struct Cube {
    /// In ascending order of their keys.
    pub groups: Vec<CoverageGroup>,
    pub total: Measures,
}

pub(in crate::edition) fn sum(groups: &[CoverageGroup]) -> Measures {
    let mut total = Measures::default();
    groups.iter().for_each(|g| total.add(&g.measures));
    total
}

/// Sorts by keys; numbers are given out in the order of the codes, so that little is left to do.
pub(in crate::edition) fn in_order(groups: &mut [CoverageGroup]) {
    if !groups.is_sorted_by(|a, b| a.keys <= b.keys) {
        groups.sort_unstable_by(|a, b| a.keys.cmp(&b.keys));
    }
}

/// The groups of a cube without what was left out of it.
pub(in crate::edition) fn take_off(groups: &[CoverageGroup], left_out: Vec<CoverageGroup>) -> Vec<CoverageGroup> {
    let left_out: HashMap<Arc<[String]>, Measures> = left_out.into_iter().map(|g| (g.keys, g.measures)).collect();
    let rest = groups.iter().filter_map(|group| {
        let mut measures = group.measures;
        if let Some(less) = left_out.get(&group.keys) {
            measures.take_off(less);
        }
        (measures.enterprises > 0).then(|| CoverageGroup { keys: group.keys.clone(), measures })
    });
    rest.collect()
}
