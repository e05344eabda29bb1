//! How common names, phones and addresses are among the profiles of this run: agreement on a rare value says more.

use super::book::{AddressNo, Book, NameNo, NumberMap};
use super::identify::{ProfileNo, Profiles};

/// Counts over profiles, each profile counted once per value.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// By name: profiles that carry its 字号.
    brands: Vec<u32>,
    phones: NumberMap<u32, u32>,
    addresses: Vec<u32>,
    /// Number of profiles, rounded to a quarter of a doubling: a record more must not change every weight a little.
    pub profiles: u32,
}

impl Terms {
    pub fn count(book: &Book, profiles: &Profiles) -> Terms {
        let mut terms = Terms { profiles: rounded(profiles.all.len()), ..Terms::default() };
        terms.addresses = vec![0; book.addresses_len()];
        let mut by_brand: NumberMap<u64, u32> = NumberMap::default();
        let mut names: Vec<NameNo> = Vec::new();
        let mut brands: Vec<u64> = Vec::new();
        let mut phones: Vec<u32> = Vec::new();
        let mut addresses: Vec<AddressNo> = Vec::new();
        for number in 0..profiles.all.len() as ProfileNo {
            names.clear();
            brands.clear();
            phones.clear();
            addresses.clear();
            for record in profiles.members(number) {
                let facts = book.facts(*record);
                names.extend(book.names_of(*record));
                phones.extend((facts.phone != 0).then_some(facts.phone));
                addresses.extend([facts.address, facts.operating].iter().filter(|a| **a != 0));
            }
            names.sort_unstable();
            names.dedup();
            brands.extend(names.iter().map(|n| book.name_entry(*n).term()));
            for brand in distinct(&mut brands) {
                *by_brand.entry(*brand).or_default() += 1;
            }
            for phone in distinct(&mut phones) {
                *terms.phones.entry(*phone).or_default() += 1;
            }
            for address in distinct(&mut addresses) {
                terms.addresses[*address as usize] += 1;
            }
        }
        terms.brands =
            (0..book.names_len() as NameNo).map(|n| by_brand.get(&book.name_entry(n).term()).copied().unwrap_or(1)).collect();
        terms
    }

    /// Profiles that carry the 字号 of this name (the whole stem where a name has none).
    pub fn brand(&self, name: NameNo) -> u32 {
        self.brands[name as usize]
    }
    pub fn phone(&self, phone: u32) -> u32 {
        self.phones.get(&phone).copied().unwrap_or(1)
    }
    pub fn address(&self, address: AddressNo) -> u32 {
        self.addresses[address as usize].max(1)
    }
}

fn rounded(profiles: usize) -> u32 {
    ((profiles.max(2) as f64).log2() * 4.0).round().mul_add(0.25, 0.0).exp2() as u32
}

fn distinct<T: Ord>(values: &mut Vec<T>) -> &[T] {
    values.sort_unstable();
    values.dedup();
    values
}
