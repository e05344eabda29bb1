//! The key of an entity, and of a record across runs: numbers that outlive both.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use super::codec::Keep;
use crate::model::linkage::RecordRef;
use crate::model::public_id::{self, BITS};
use crate::normalise::mix;

/// Sixty bits of an entity id: `E` and twelve characters of Crockford's base32 (no I, L, O, U). Kept one higher than they are, so that
/// `None` takes no room of its own: a city has millions of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct EntityKey(NonZeroU64);

// SAFETY: as of the number that it is: no bits but zero, which is none, are none of them.
unsafe impl bytemuck::ZeroableInOption for EntityKey {}
// SAFETY: as above.
unsafe impl bytemuck::PodInOption for EntityKey {}

const _: () = assert!(size_of::<Option<EntityKey>>() == 8);

impl EntityKey {
    /// The id founded by the record with this reference (see [`reference()`]); `attempt` counts collisions.
    pub fn founded_by(reference: u64, attempt: u32) -> EntityKey {
        EntityKey::from_bits(mix(reference ^ u64::from(attempt).wrapping_mul(0xA076_1D64_78BD_642F)))
    }
    /// The sixty bits of the id.
    pub fn to_bits(self) -> u64 {
        self.0.get() - 1
    }
    /// The id of sixty bits; higher ones are left out.
    pub fn from_bits(bits: u64) -> EntityKey {
        EntityKey(NonZeroU64::MIN.saturating_add(bits & BITS))
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&public_id::write('E', self.to_bits()))
    }
}

impl FromStr for EntityKey {
    type Err = String;
    fn from_str(text: &str) -> Result<EntityKey, String> {
        let wrong = || format!("\"{text}\" is no entity id: expected E and 12 characters of Crockford's base32");
        public_id::read('E', text).map(EntityKey::from_bits).ok_or_else(wrong)
    }
}

/// A record across runs as one number: hash of registry name, key and part.
///
/// The part is mixed in after the key was hashed: short keys differ from each other in few bits, and a part that only changed the seed
/// would undo the difference (unit 4 of row 104 was row 100).
pub fn reference(registry: &str, key: &str, part: u16) -> u64 {
    let row = mix(xxhash_rust::xxh3::xxh3_64_with_seed(key.as_bytes(), xxhash_rust::xxh3::xxh3_64(registry.as_bytes())));
    if part == 0 { row } else { mix(row ^ u64::from(part).wrapping_mul(0x9E37_79B9_7F4A_7C15)) }
}

/// The same of a record that is named whole.
pub fn reference_of(record: &RecordRef) -> u64 {
    reference(&record.registry, &record.key, record.part)
}

impl Keep for EntityKey {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_bits().put(out);
    }
    fn get(input: &mut &[u8]) -> Option<EntityKey> {
        u64::get(input).map(EntityKey::from_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rolls number their rows from 1 and list dozens of units in a row.
    #[test]
    fn no_two_rows_and_units_of_short_keys_are_one() {
        let mut seen = std::collections::HashSet::new();
        for row in (1..3_000).chain(1_000_000..1_003_000) {
            for part in 0..40 {
                assert!(seen.insert(reference("unions", &row.to_string(), part)), "row {row}, unit {part}");
            }
        }
    }

    #[test]
    fn ids_read_back_as_written() {
        for bits in [0, 1, BITS, 0x0123_4567_89AB_CDEF >> 4] {
            let key = EntityKey::from_bits(bits);
            assert_eq!(key.to_string().len(), 13);
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        assert!("E00000000000U".parse::<EntityKey>().is_err());
        assert!("X000000000000".parse::<EntityKey>().is_err());
    }
}
