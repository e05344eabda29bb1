//! `lookups.arrow`: from an identifier, a name or a record to rows.
//!
//! In: the kind and value of a key. Out: its hash, and where that stands among sorted hashes.

use std::sync::Arc;

use arrow_array::{ArrayRef, UInt32Array, UInt64Array};

use crate::edition::Member;
use crate::edition::format::table::{TableColumn, column};
use crate::model::enterprise::{Enterprise, IdentifierKind, TradeUnion};
use crate::model::identifier::clean_identifier;

/// What an enterprise can be looked up by.
#[derive(Debug, Clone, PartialEq)]
pub enum LookupKey {
    /// Its stable id.
    Id(String),
    /// A credit code, valid or not; cleaned before it is looked up.
    CreditCode(String),
    /// Another identifier; cleaned before it is looked up.
    Identifier(IdentifierKind, String),
    /// One of its records.
    Record {
        /// Name of the registry.
        registry: String,
        /// Key of the record there.
        key: String,
    },
    /// The whole name, current or former.
    Name(String),
}

/// Position of the first of these sorted hashes that is not below `hash`. Hashes are spread evenly: the search begins where
/// this one would stand, and ends a few cache lines away.
pub(in crate::edition) fn first_at_least(hashes: &[u64], hash: u64) -> usize {
    const STEP: usize = 64;
    let guess = ((u128::from(hash) * hashes.len() as u128) >> 64) as usize;
    let (mut low, mut high, mut step) = (guess, guess, STEP);
    while low > 0 && hashes[low - 1] >= hash {
        (high, low) = (low, low.saturating_sub(step));
        step *= 2;
    }
    step = STEP;
    while high < hashes.len() && hashes[high] < hash {
        (low, high) = (high, (high + step).min(hashes.len()));
        step *= 2;
    }
    low + hashes[low..high].partition_point(|h| *h < hash)
}

/// xxh3-64 of the kind and the values, each followed by NUL. Two of 2^24 keys collide with a chance of 1 in 100,000.
pub(in crate::edition) fn lookup_hash(kind: &str, values: &[&str]) -> u64 {
    // Hashing short bytes in one go costs a tenth of what setting up a running hash does.
    let mut buffer = [0; 256];
    let length = values.iter().map(|v| v.len() + 1).sum::<usize>() + kind.len() + 1;
    let mut long = Vec::new();
    let bytes = match buffer.get_mut(..length) {
        Some(bytes) => bytes,
        None => {
            long.resize(length, 0);
            long.as_mut_slice()
        }
    };
    let mut at = 0;
    for value in std::iter::once(&kind).chain(values) {
        bytes[at..at + value.len()].copy_from_slice(value.as_bytes());
        at += value.len() + 1; // its NUL stands there already
    }
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// The hashes under which an enterprise is found, besides its records.
pub(in crate::edition) fn lookup_keys(e: &Enterprise) -> Vec<u64> {
    let mut hashes = vec![lookup_hash("id", &[&e.id])];
    if let Some(code) = e.credit_code.as_deref().or(e.credit_code_raw.as_deref()) {
        let code = clean_identifier(code);
        hashes.push(lookup_hash("credit_code", &[&code]));
        if let (true, Some(organisation)) = (e.credit_code.is_some(), code.get(8..17)) {
            hashes.push(lookup_hash(IdentifierKind::OrganisationCode.name(), &[organisation]));
        }
    }
    for (kind, value) in &e.identifiers {
        hashes.push(lookup_hash(kind.name(), &[value]));
    }
    for name in std::iter::once(&e.name).chain(&e.former_names) {
        hashes.push(lookup_hash("name", &[&super::names::fold(name).into_iter().collect::<String>()]));
    }
    hashes
}

/// Hash of kind and value → row, sorted by hash; unions have their own kind of key.
pub(in crate::edition) fn lookups(
    rows: &[Enterprise],
    unions: &[TradeUnion],
    members: &[Member],
    row_of: &hashbrown::HashMap<&str, u32>,
) -> Vec<TableColumn> {
    use rayon::prelude::*;
    let mut pairs: Vec<(u64, u32)> = rows
        .par_iter()
        .enumerate()
        .flat_map_iter(|(row, e)| lookup_keys(e).into_iter().map(move |hash| (hash, row as u32)))
        .collect();
    pairs.par_extend(
        members
            .par_iter()
            .filter(|m| m.part == 0)
            .filter_map(|m| Some((lookup_hash("record", &[&m.registry, &m.key]), *row_of.get(&*m.enterprise)?))),
    );
    pairs.extend(unions.iter().enumerate().map(|(row, u)| (lookup_hash("union", &[&u.id]), row as u32)));
    pairs.par_sort_unstable();
    pairs.dedup();
    let (hashes, targets): (Vec<u64>, Vec<u32>) = pairs.into_iter().unzip();
    vec![
        column(
            "hash",
            Arc::new(UInt64Array::from(hashes)) as ArrayRef,
            &[("is", "xxh3-64 of kind and values, each followed by NUL")],
        ),
        column("row", Arc::new(UInt32Array::from(targets)) as ArrayRef, &[]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_wherever_it_stands() {
        let even: Vec<u64> = (0..5_000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let uneven: Vec<u64> = (0..3_000u64).map(|i| i * i % 700).collect();
        for mut hashes in [even, uneven, vec![u64::MAX; 200], vec![0; 200], vec![7], Vec::new()] {
            hashes.sort_unstable();
            let near = hashes.iter().flat_map(|h| [h.wrapping_sub(1), *h, h.wrapping_add(1)]);
            for hash in near.chain([0, 1, u64::MAX / 2, u64::MAX]) {
                assert_eq!(first_at_least(&hashes, hash), hashes.partition_point(|h| *h < hash), "{hash}");
            }
        }
    }
}
