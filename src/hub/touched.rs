//! Whom a delivery touches: the enterprises that have to be judged again, and no others.
//!
//! In: what linking changed, the edition before, what persons said and the calendar. Out: entities. Whoever is not among them is judged
//! as before: none of its records, unions, heads, pairs, findings and dates is another.

use chrono::{Months, NaiveDate};
use hashbrown::HashSet;

use super::advance::Delivery;
use crate::assess::{Policy, union_id};
use crate::edition::{Edition, EnterpriseRow, Filter};
use crate::link::{EntityKey, Linker, ReviewPair};
use crate::model::facts::RegistryTraits;
use crate::model::tie::TieKind;

/// What is known to be touched so far.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Entities as they are and as they were.
    pub entities: HashSet<EntityKey>,
    /// Ids of the unions whose rows on the roll are others, or are gone.
    pub unions: HashSet<Box<str>>,
}

/// An enterprise's id as linking has it.
pub(super) fn key(id: &str) -> Option<EntityKey> {
    id.parse().ok()
}

impl Touched {
    /// By the records that changed, and by those that linking looked at again.
    pub fn by_records((linker, delivery): (&Linker, &Delivery), edition: &Edition, registries: &[RegistryTraits]) -> Touched {
        let mut touched = Touched::default();
        touched.entities.extend(delivery.links_before.values());
        let changed = linker.records_of_rows(&delivery.changed);
        touched.entities.extend(changed.iter().filter_map(|record| linker.entity(*record)));
        let of_changed = touched.entities.len();
        let again = delivery.changes.reconsidered.iter().flatten();
        touched.entities.extend(again.filter_map(|record| linker.entity(*record)));
        let of_linking = touched.entities.len();

        touched.by_pairs(linker, delivery, registries);
        let of_pairs = touched.entities.len();

        // A row of the roll that is another, or one of whose units is: all of its units, and those of other unions of its host.
        let of_roll = |record: &u32| registries[usize::from(linker.record_key(*record).0)].union_roll;
        let rows: Vec<i64> = rows_of(linker, changed.iter().copied().filter(of_roll));
        for record in changed.iter().filter(|record| of_roll(record)) {
            let (registry, key, _) = linker.record_key(*record);
            touched.unions.insert(union_id(&registries[usize::from(registry)].name, key));
        }
        for (registry, key) in delivery.gone.iter().filter(|(registry, _)| registries[usize::from(*registry)].union_roll) {
            touched.unions.insert(union_id(&registries[usize::from(*registry)].name, key));
        }
        let mut hosts: HashSet<EntityKey> = HashSet::new();
        for record in linker.records_of_rows(&rows) {
            let entity = linker.entity(record);
            touched.entities.extend(entity);
            hosts.extend(entity.filter(|_| linker.record_key(record).2 == 0));
        }
        let before = touched.unions.iter().filter_map(|id| edition.union_of(id)?.written());
        for union in before.collect::<Vec<_>>() {
            let host = union.host.as_deref().and_then(key);
            hosts.extend(host);
            touched.entities.extend(host);
            touched.entities.extend(union.covers.iter().filter_map(|id| key(id)));
        }
        let of_host = |record: &u32| of_roll(record) && linker.record_key(*record).2 == 0;
        let beside = rows_of(linker, linker.records_of(&hosts).into_iter().filter(of_host));
        touched.entities.extend(linker.records_of_rows(&beside).into_iter().filter_map(|record| linker.entity(record)));
        tracing::debug!(
            by_records = of_changed,
            by_linking = of_linking - of_changed,
            by_pairs = of_pairs - of_linking,
            by_unions = touched.entities.len() - of_pairs,
            "enterprises touched"
        );
        touched
    }

    /// By the pairs that wait, of the rolls' rows: whom they may cover. Verdicts look at a pair's weight, and at what the roll's row says.
    /// A pair of two rows that nothing identifies is told by one of them; where the other one's word is another, it may be told the other
    /// way round.
    fn by_pairs(&mut self, linker: &Linker, delivery: &Delivery, registries: &[RegistryTraits]) {
        let of_roll = |record: u32| registries[usize::from(linker.record_key(record).0)].union_roll;
        let both = |pair: &&ReviewPair| (pair.records.0.min(pair.records.1), pair.records.0.max(pair.records.1));
        let weighs = |pair: &ReviewPair| (pair.right_entity, pair.weight.to_bits(), pair.joined);
        let landed = |pair: &ReviewPair| delivery.landed.binary_search(&pair.left_store_id).is_ok();
        let is_same = |word: &[&ReviewPair]| matches!(word, [now, then] if weighs(now) == weighs(then) && !landed(now));
        let mut said: Vec<&ReviewPair> = delivery.changes.reviewed.iter().collect();
        said.sort_by_key(|pair| (both(pair), pair.records));
        for words in said.chunk_by(|a, b| both(a) == both(b)) {
            if words.chunk_by(|a, b| a.records == b.records).all(is_same) {
                continue;
            }
            for pair in words {
                let told = pair.right_entity.filter(|_| pair.of_union && !pair.joined);
                let other = pair.left_entity.filter(|_| of_roll(pair.records.1) && !linker.has_code(pair.records.1));
                self.entities.extend(told.into_iter().chain(other));
            }
        }
    }

    /// By the days that passed since the edition before: grace that ended, months of waiting, disputes that are a year old, dispatches
    /// that began or ended. The dates stand in columns. `counting`: since when whoever lacked a union before the first edition has waited
    /// at least, as the edition before knew it and as is known now.
    pub fn by_calendar(
        &mut self,
        edition: &Edition,
        policy: &Policy,
        counting: (Option<NaiveDate>, Option<NaiveDate>),
        today: NaiveDate,
    ) {
        let before = edition.manifest.as_of;
        if before == today && counting.0 == counting.1 {
            return;
        }
        let passed = |day: NaiveDate| day > before && day <= today;
        let grace = Months::new(policy.grace_months);
        for row in edition.enterprises() {
            let ends = row.established_on().and_then(|day| day.checked_add_months(grace));
            if ends.is_some_and(passed) {
                self.entities.extend(key(row.id()));
            }
        }
        let lacking = ["LACKING", "LACKING_INDEPENDENT", "UNDECIDED"].map(str::to_owned).to_vec();
        let lacking = edition.filter(&Filter::Any { facet: "gap", values: lacking }).unwrap_or_default();
        // Where nothing is known nothing is earned, as on the first day.
        let months = |from: Option<NaiveDate>, day: NaiveDate| from.map_or(0, |from| crate::assess::months_waited(from, day));
        for row in lacking.iter().map(|row| EnterpriseRow { edition, row }) {
            let (then, now) = (row.gap_since().or(counting.0), row.gap_since().or(counting.1));
            if months(then, before) != months(now, today) {
                self.entities.extend(key(row.id()));
            }
        }
        let a_year_ago = |day: NaiveDate| {
            day.checked_add_months(Months::new(12)).is_some_and(|day| passed(day) || passed(day + chrono::Days::new(1)))
        };
        for tie in edition.every_tie() {
            let turns = match tie.kind() {
                Some(TieKind::Dispute) => tie.since().is_some_and(|day| passed(day) || a_year_ago(day)),
                Some(TieKind::Dispatch) => tie.workers_on(before) != tie.workers_on(today),
                _ => false,
            };
            if turns {
                for row in [tie.subject(), tie.other()].into_iter().flatten() {
                    self.entities.extend(key(edition.enterprise(row).id()));
                }
            }
        }
    }
}

/// The rows of the store that some records come from, in order.
pub(super) fn rows_of(linker: &Linker, records: impl Iterator<Item = u32>) -> Vec<i64> {
    let mut rows: Vec<i64> = records.map(|record| linker.stored(record).0).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
