//! How common names, phones and addresses are among the profiles: agreement on a rare value says more.
//!
//! An address is counted twice, as a whole and by road and number: what two profiles agree on is counted among those who
//! share just that, and a count that changes concerns nobody else.
//!
//! Counts are handed out rounded to powers of two: a record more or less then changes no weight, as a rule, and
//! the pairs that rest on a count need not be compared again.

use crate::link::codec::{KeepAll, Reader, Writer};
use crate::link::flat_list::FlatList;
use crate::link::flat_table::FlatTable;
use crate::link::group::profiles::Profiles;
use crate::link::records::{NameNo, RecordNo, RecordTable};

/// Counts over profiles, each profile counted once per value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValueFrequencies {
    /// By name: number of its 字号 (of the whole stem where a name has none).
    brand_of: FlatList<u32>,
    brand_numbers: FlatTable<u64, u32>,
    /// By number of the 字号: its hash.
    brands: FlatList<u64>,
    /// By number of the 字号: how many profiles carry it.
    carried: FlatList<u32>,
    phones: FlatTable<u32, u32>,
    addresses: FlatTable<u32, u32>,
    roads: FlatTable<u64, u32>,
    broken: FlatTable<u64, u32>,
    /// Profiles by registry.
    registries: Vec<u32>,
    /// By registry; follows from their sizes.
    priors: Vec<f32>,
    /// Number of profiles, rounded to a quarter of a doubling: a record more must not change every weight a little.
    pub profiles: u32,
}

/// A value that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountedValue {
    /// Hash of a 字号.
    Brand(u64),
    /// Number of a telephone.
    Phone(u32),
    /// Hash of a whole address.
    Address(u32),
    /// A road and a number on it; see [`crate::normalise::address::Address::door`].
    Road(u64),
    /// Hash of a code that fails its check.
    Broken(u64),
    /// Number of a registry.
    Registry(u16),
}

impl ValueFrequencies {
    /// Counts over all profiles that stand.
    pub fn count(record_table: &RecordTable, profiles: &Profiles) -> ValueFrequencies {
        let mut terms = ValueFrequencies { profiles: rounded_population(profiles.count()), ..ValueFrequencies::default() };
        terms.grow(record_table);
        let mut values = Vec::new();
        for profile in profiles.standing() {
            terms.values(record_table, profiles.members(profile), &mut values);
            for value in &values {
                *terms.slot(*value) += 1;
            }
        }
        terms.weigh_registries();
        terms
    }

    /// As others counted them: how many of `profiles` profiles have each value. What is left out has one.
    pub fn of_counts(counts: impl IntoIterator<Item = (CountedValue, u32)>, profiles: usize) -> ValueFrequencies {
        let mut terms = ValueFrequencies { profiles: rounded_population(profiles), ..ValueFrequencies::default() };
        for (value, count) in counts {
            if let CountedValue::Brand(term) = value {
                terms.number_brand(term);
            }
            *terms.slot(value) += count;
        }
        terms.weigh_registries();
        terms
    }

    /// Every value that some profile has, with the number of those that have it, in no order.
    pub fn counts(&self) -> Vec<(CountedValue, u32)> {
        let registries = self.registries.iter().enumerate().map(|(number, n)| (CountedValue::Registry(number as u16), *n));
        let all = self
            .brands
            .iter()
            .zip(&self.carried)
            .map(|(term, n)| (CountedValue::Brand(*term), *n))
            .chain(self.phones.iter().map(|(phone, n)| (CountedValue::Phone(phone), n)))
            .chain(self.addresses.iter().map(|(whole, n)| (CountedValue::Address(whole), n)))
            .chain(self.roads.iter().map(|(door, n)| (CountedValue::Road(door), n)))
            .chain(self.broken.iter().map(|(code, n)| (CountedValue::Broken(code), n)))
            .chain(registries);
        all.filter(|(_, n)| *n > 0).collect()
    }

    /// How many 字号 are known.
    pub fn brands_len(&self) -> usize {
        self.brands.len()
    }

    /// Forgets the names of a table that is no more, and the 字号 beyond the first `known`, which nobody counted.
    pub fn leave_table(&mut self, known: usize) {
        self.brand_of.truncate(0);
        for term in self.brands.iter().skip(known) {
            self.brand_numbers.remove(term);
        }
        self.brands.truncate(known);
        self.carried.truncate(known);
    }

    fn number_brand(&mut self, term: u64) -> u32 {
        let next = self.brands.len() as u32;
        let number = *self.brand_numbers.or_insert(term, next);
        if number == next {
            self.brands.push(term);
            self.carried.push(0);
        }
        number
    }

    /// Takes in the names and addresses that are new in the record table.
    pub fn grow(&mut self, record_table: &RecordTable) {
        for name in self.brand_of.len()..record_table.names_len() {
            let term = record_table.name_entry(name as NameNo).term();
            let number = self.number_brand(term);
            self.brand_of.push(number);
        }
    }

    /// What is counted of a profile with these records, each value once.
    pub fn values(&self, record_table: &RecordTable, members: &[RecordNo], out: &mut Vec<CountedValue>) {
        out.clear();
        for record in members {
            let facts = record_table.facts(*record);
            out.extend(
                record_table
                    .names_of(*record)
                    .map(|name| CountedValue::Brand(self.brands[self.brand_of[name as usize] as usize])),
            );
            out.push(CountedValue::Registry(facts.registry));
            out.extend(facts.phones().map(CountedValue::Phone));
            out.extend((facts.broken != 0).then_some(CountedValue::Broken(facts.broken)));
            for address in [facts.address, facts.operating].into_iter().filter(|a| *a != 0).map(|a| record_table.address(a)) {
                out.push(CountedValue::Address(address.whole));
                out.extend(address.door().map(CountedValue::Road));
            }
        }
        out.sort_unstable();
        out.dedup();
    }

    fn slot(&mut self, value: CountedValue) -> &mut u32 {
        match value {
            CountedValue::Brand(term) => {
                let number = self.brand_numbers.get(&term).copied().expect("a 字号 has its number when its name is taken in");
                &mut self.carried[number as usize]
            }
            CountedValue::Phone(phone) => self.phones.or_insert(phone, 0),
            CountedValue::Address(whole) => self.addresses.or_insert(whole, 0),
            CountedValue::Road(door) => self.roads.or_insert(door, 0),
            CountedValue::Broken(code) => self.broken.or_insert(code, 0),
            CountedValue::Registry(registry) => {
                let least = usize::from(registry) + 1;
                self.registries.resize(self.registries.len().max(least), 0);
                &mut self.registries[usize::from(registry)]
            }
        }
    }

    /// Profiles with `left` values are gone, others with `entered` values are new. The values whose rounded count is
    /// another now.
    pub fn shift(&mut self, left: &[CountedValue], entered: &[CountedValue]) -> Vec<CountedValue> {
        let mut changes: Vec<(CountedValue, i32)> =
            left.iter().map(|v| (*v, -1)).chain(entered.iter().map(|v| (*v, 1))).collect();
        changes.sort_unstable();
        let mut moved = Vec::new();
        for same in changes.chunk_by(|a, b| a.0 == b.0) {
            let difference: i32 = same.iter().map(|(_, by)| by).sum();
            let slot = self.slot(same[0].0);
            let before = rounded(*slot);
            *slot = slot.saturating_add_signed(difference);
            if rounded(*slot) != before {
                moved.push(same[0].0);
            }
        }
        self.weigh_registries();
        moved
    }

    /// Profiles that carry the 字号 of this name, about.
    pub fn brand(&self, name: NameNo) -> u32 {
        rounded(self.carried[self.brand_of[name as usize] as usize])
    }
    /// Profiles that share this telephone, about.
    pub fn phone(&self, phone: u32) -> u32 {
        rounded(self.phones.get(&phone).copied().unwrap_or(1))
    }
    /// Profiles that share this whole address, about.
    pub fn address(&self, whole: u32) -> u32 {
        rounded(self.addresses.get(&whole).copied().unwrap_or(1))
    }
    /// log2 odds that a record of that registry has its enterprise in another one, as far as the sizes of the registries tell:
    /// the largest stands for the city, and each of the others holds its share of it. Rounded to whole numbers.
    pub fn prior(&self, registry: u16) -> f32 {
        self.priors.get(usize::from(registry)).copied().unwrap_or(0.0)
    }
    /// The priors of all registries.
    pub fn priors(&self) -> &[f32] {
        &self.priors
    }
    fn weigh_registries(&mut self) {
        let city = f64::from(self.registries.iter().copied().max().unwrap_or(0).max(1));
        let missed = |registry: usize| -> f64 {
            let elsewhere = self.registries.iter().enumerate().filter(|(number, _)| *number != registry);
            elsewhere.map(|(_, count)| 1.0 - f64::from(*count) / city).product()
        };
        let prior = |registry: usize| {
            let found = (1.0 - missed(registry)).clamp(LEAST_FOUND, 1.0 - LEAST_FOUND);
            (found / (1.0 - found)).log2().round() as f32
        };
        self.priors = (0..self.registries.len()).map(prior).collect();
    }
    /// Profiles that carry this broken code, about.
    pub fn broken(&self, code: u64) -> u32 {
        rounded(self.broken.get(&code).copied().unwrap_or(1))
    }
    /// Profiles at this road and number, about.
    pub fn road(&self, door: u64) -> u32 {
        rounded(self.roads.get(&door).copied().unwrap_or(1))
    }
}

/// Share of records that stand twice in their own registry, about: less is never expected.
const LEAST_FOUND: f64 = 0.02;

/// Number of profiles as weights use it.
pub fn rounded_population(profiles: usize) -> u32 {
    ((profiles.max(2) as f64).log2() * 4.0).round().mul_add(0.25, 0.0).exp2() as u32
}

/// The power of two that is nearest to a count, which is 1 at least: a weight is off by half a unit at most.
fn rounded(count: u32) -> u32 {
    let below = count.max(1).ilog2();
    // Beyond the middle of two powers, which lies at the lower one by the square root of two.
    let is_beyond = u64::from(count).pow(2) > 1 << (2 * below + 1);
    1 << (below + u32::from(is_beyond)).min(31)
}

impl KeepAll for ValueFrequencies {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.flat(&self.brand_of)?;
        self.brand_numbers.write(to)?;
        to.flat(&self.brands)?;
        to.flat(&self.carried)?;
        self.phones.write(to)?;
        self.addresses.write(to)?;
        self.roads.write(to)?;
        self.broken.write(to)?;
        to.list(&self.registries)?;
        to.list(&[self.profiles])
    }
    fn read(from: &mut Reader) -> Option<ValueFrequencies> {
        let mut terms = ValueFrequencies {
            brand_of: from.flat()?,
            brand_numbers: FlatTable::read(from)?,
            brands: from.flat()?,
            carried: from.flat()?,
            phones: FlatTable::read(from)?,
            addresses: FlatTable::read(from)?,
            roads: FlatTable::read(from)?,
            broken: FlatTable::read(from)?,
            registries: from.list()?,
            profiles: *from.list()?.first()?,
            ..ValueFrequencies::default()
        };
        terms.weigh_registries();
        Some(terms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_rounded_to_the_nearest_power_of_two() {
        let table = [
            (0, 1),
            (1, 1),
            (2, 2),
            (3, 4),
            (5, 4),
            (6, 8),
            (11, 8),
            (12, 16),
            (22, 16),
            (23, 32),
            (1000, 1024),
            (u32::MAX, 1 << 31),
        ];
        for (count, shown) in table {
            assert_eq!(rounded(count), shown, "{count}");
        }
    }
}
