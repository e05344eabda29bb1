//! A map of plain numbers that lies in flat lists, so that a kept file can lend it its place: see [`super::flat_list`].
//!
//! Open addressing with linear probing; what is removed is closed up by those behind it (Knuth, *The Art of Computer Programming* 3,
//! 6.4, algorithm R), so that no marks stay behind. Where a file is nothing to lie in, `NumberMap` is the map to take.

use std::io;

use bytemuck::Pod;

use super::codec::{KeepAll, Reader, Writer};
use super::flat_list::FlatList;
use crate::normalise::mix;

/// A number by which something is found.
pub trait FlatKey: Pod + Eq {
    /// Spread evenly.
    fn spread(self) -> u64;
}

impl FlatKey for u32 {
    fn spread(self) -> u64 {
        mix(u64::from(self))
    }
}
impl FlatKey for u64 {
    fn spread(self) -> u64 {
        mix(self)
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct FlatTable<K: FlatKey, V: Pod> {
    /// Zero: nothing stands there. A power of two of them, or none.
    keys: FlatList<K>,
    values: FlatList<V>,
    /// What stands under the key zero, which marks an empty place among the keys.
    of_zero: FlatList<V>,
    /// How many stand among the keys.
    len: usize,
}

/// Places at least.
const LEAST: usize = 16;

impl<K: FlatKey, V: Pod> Default for FlatTable<K, V> {
    fn default() -> FlatTable<K, V> {
        FlatTable { keys: FlatList::new(), values: FlatList::new(), of_zero: FlatList::new(), len: 0 }
    }
}

impl<K: FlatKey, V: Pod> FlatTable<K, V> {
    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.len + self.of_zero.len()
    }

    /// Where a key stands, or else where it would. There is an empty place.
    fn find(&self, key: K) -> Result<usize, usize> {
        let last = self.keys.len() - 1;
        let mut at = key.spread() as usize & last;
        loop {
            match self.keys[at] {
                known if known == key => return Ok(at),
                known if known == K::zeroed() => return Err(at),
                _ => at = (at + 1) & last,
            }
        }
    }

    /// What stands under a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        if *key == K::zeroed() {
            return self.of_zero.first();
        }
        if self.len == 0 {
            return None;
        }
        self.find(*key).ok().map(|at| &self.values[at])
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if *key == K::zeroed() {
            return self.of_zero.first_mut();
        }
        if self.len == 0 {
            return None;
        }
        let at = self.find(*key).ok()?;
        Some(&mut self.values[at])
    }

    /// Whether something stands under it.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// What stands under a key, which is `value` where nothing stood there.
    pub fn or_insert(&mut self, key: K, value: V) -> &mut V {
        if key == K::zeroed() {
            if self.of_zero.is_empty() {
                self.of_zero.push(value);
            }
            return &mut self.of_zero[0];
        }
        if (self.len + 1) * 4 > self.keys.len() * 3 {
            self.grow((self.keys.len() * 2).max(LEAST));
        }
        let at = match self.find(key) {
            Ok(at) => at,
            Err(at) => {
                (self.keys[at], self.values[at]) = (key, value);
                self.len += 1;
                at
            }
        };
        &mut self.values[at]
    }

    /// Puts a value under a key; the one that stood there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(known) = self.get_mut(&key) {
            return Some(std::mem::replace(known, value));
        }
        self.or_insert(key, value);
        None
    }

    /// Takes a key out; what stood under it.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        if *key == K::zeroed() {
            return self.of_zero.pop();
        }
        if self.len == 0 {
            return None;
        }
        let mut gap = self.find(*key).ok()?;
        let removed = self.values[gap];
        let last = self.keys.len() - 1;
        let mut at = gap;
        loop {
            at = (at + 1) & last;
            let key = self.keys[at];
            if key == K::zeroed() {
                break;
            }
            // It may stand in the gap where that is no nearer to where it belongs than it stands now.
            let belongs = key.spread() as usize & last;
            if at.wrapping_sub(belongs) & last >= at.wrapping_sub(gap) & last {
                (self.keys[gap], self.values[gap]) = (key, self.values[at]);
                gap = at;
            }
        }
        self.keys[gap] = K::zeroed();
        self.len -= 1;
        Some(removed)
    }

    fn grow(&mut self, places: usize) {
        let keys = std::mem::replace(&mut self.keys, vec![K::zeroed(); places].into());
        let values = std::mem::replace(&mut self.values, vec![V::zeroed(); places].into());
        for (key, value) in keys.iter().zip(&values).filter(|(key, _)| **key != K::zeroed()) {
            let (Ok(at) | Err(at)) = self.find(*key);
            (self.keys[at], self.values[at]) = (*key, *value);
        }
    }

    /// Room for so many keys without growing.
    pub fn reserve(&mut self, keys: usize) {
        let places = (keys * 4 / 3 + 1).next_power_of_two().max(LEAST);
        if places > self.keys.len() {
            self.grow(places);
        }
    }

    /// All keys with what stands under them, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        let standing = self.keys.iter().zip(&self.values).filter(|(key, _)| **key != K::zeroed());
        self.of_zero.iter().map(|value| (K::zeroed(), *value)).chain(standing.map(|(key, value)| (*key, *value)))
    }
}

impl<K: FlatKey, V: Pod> Extend<(K, V)> for FlatTable<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        for (key, value) in pairs {
            self.insert(key, value);
        }
    }
}

impl<K: FlatKey, V: Pod> FromIterator<(K, V)> for FlatTable<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> FlatTable<K, V> {
        let pairs = pairs.into_iter();
        let mut table = FlatTable { keys: FlatList::new(), values: FlatList::new(), of_zero: FlatList::new(), len: 0 };
        table.reserve(pairs.size_hint().0);
        table.extend(pairs);
        table
    }
}

impl<K: FlatKey, V: Pod + PartialEq> PartialEq for FlatTable<K, V> {
    fn eq(&self, other: &FlatTable<K, V>) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(&key) == Some(&value))
    }
}

impl<K: FlatKey, V: Pod> KeepAll for FlatTable<K, V> {
    fn write(&self, to: &mut Writer<'_>) -> io::Result<()> {
        to.list(&[self.len as u64])?;
        to.settled(&self.keys)?;
        to.settled(&self.values)?;
        to.settled(&self.of_zero)
    }
    fn read(from: &mut Reader) -> Option<FlatTable<K, V>> {
        let len = *from.list::<u64>()?.first()? as usize;
        let (keys, values, of_zero): (FlatList<K>, FlatList<V>, FlatList<V>) = (from.flat()?, from.flat()?, from.flat()?);
        let places = keys.len();
        let fits =
            values.len() == places && (places == 0 || places.is_power_of_two()) && (len < places || places == 0 && len == 0);
        fits.then_some(FlatTable { keys, values, of_zero, len })
    }
}

/// Numbers found by the hash of what they stand for, which whoever keeps it compares.
#[derive(Debug, Clone, Default)]
pub struct FlatNumbers {
    /// Half of the hash, and the number plus one; 0: nothing stands there. A power of two of them, or none.
    places: FlatList<[u32; 2]>,
    len: usize,
}

/// Half of a hash: where its number belongs, and what tells it from its neighbours.
fn half(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

impl FlatNumbers {
    /// The number of this hash that `is` the one that is meant.
    pub fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let last = self.places.len().checked_sub(1)?;
        let mut at = half(hash) as usize & last;
        loop {
            match self.places[at] {
                [_, 0] => return None,
                [of, number] if of == half(hash) && is(number - 1) => return Some(number - 1),
                _ => at = (at + 1) & last,
            }
        }
    }

    /// Puts a number in that is not there yet.
    pub fn insert_unique(&mut self, hash: u64, number: u32) {
        if (self.len + 1) * 8 > self.places.len() * 7 {
            let places = (self.places.len() * 2).max(LEAST);
            let before = std::mem::replace(&mut self.places, vec![[0; 2]; places].into());
            before.iter().filter(|place| place[1] != 0).for_each(|place| self.put(*place));
        }
        self.put([half(hash), number + 1]);
        self.len += 1;
    }

    fn put(&mut self, place: [u32; 2]) {
        let last = self.places.len() - 1;
        let mut at = place[0] as usize & last;
        while self.places[at][1] != 0 {
            at = (at + 1) & last;
        }
        self.places[at] = place;
    }
}

impl KeepAll for FlatNumbers {
    fn write(&self, to: &mut Writer<'_>) -> io::Result<()> {
        to.list(&[self.len as u64])?;
        to.settled(&self.places)
    }
    fn read(from: &mut Reader) -> Option<FlatNumbers> {
        let len = *from.list::<u64>()?.first()? as usize;
        let places: FlatList<[u32; 2]> = from.flat()?;
        let fits = if places.is_empty() { len == 0 } else { places.len().is_power_of_two() && len < places.len() };
        fits.then_some(FlatNumbers { places, len })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;
    use crate::link::flat_list::Lent;

    /// Numbers drawn from a seed.
    fn drawn(seed: &mut u64, below: u64) -> u64 {
        *seed = mix(*seed ^ 0x9E37_79B9_7F4A_7C15);
        *seed % below
    }

    #[test]
    fn it_holds_what_a_map_holds_whatever_comes_and_goes() {
        let mut seed = 7;
        for keys in [3, 40, 1000, 20_000] {
            let (mut table, mut map) = (FlatTable::<u64, u32>::default(), HashMap::new());
            for step in 0..40_000u32 {
                let key = drawn(&mut seed, keys);
                match drawn(&mut seed, 4) {
                    0 | 1 => assert_eq!(table.insert(key, step), map.insert(key, step)),
                    2 => assert_eq!(table.remove(&key), map.remove(&key)),
                    _ => {
                        *table.or_insert(key, 5) += 1;
                        *map.entry(key).or_insert(5) += 1;
                    }
                }
                assert_eq!((table.get(&key), table.len()), (map.get(&key), map.len()));
            }
            let mut left: Vec<(u64, u32)> = table.iter().collect();
            left.sort_unstable();
            let mut right: Vec<(u64, u32)> = map.into_iter().collect();
            right.sort_unstable();
            assert_eq!(left, right);

            let mut bytes = Vec::new();
            table.write(&mut Writer::new(&mut bytes)).unwrap();
            let len = bytes.len();
            let mut read: FlatTable<u64, u32> = FlatTable::read(&mut Reader::new(Arc::new(Lent::new(bytes)), len)).unwrap();
            assert!(read == table);
            let more: Vec<(u64, u32)> = (0..50_000).map(|key| (key, 1)).collect();
            read.extend(more.iter().copied());
            table.extend(more);
            assert!(read == table && read.get(&49_999) == Some(&1));
        }
    }

    #[test]
    fn numbers_are_found_by_what_they_stand_for() {
        // Hashes of which several are the same, or belong to the same place.
        let hashes: Vec<u64> = (0..5_000u64).map(|n| if n % 3 == 0 { n % 64 } else { mix(n) }).collect();
        let mut numbers = FlatNumbers::default();
        for (number, hash) in hashes.iter().enumerate() {
            assert_eq!(numbers.find(*hash, |known| known == number as u32), None);
            numbers.insert_unique(*hash, number as u32);
        }
        let mut bytes = Vec::new();
        numbers.write(&mut Writer::new(&mut bytes)).unwrap();
        let len = bytes.len();
        let read = FlatNumbers::read(&mut Reader::new(Arc::new(Lent::new(bytes)), len)).unwrap();
        for (number, hash) in hashes.iter().enumerate() {
            assert_eq!(read.find(*hash, |known| known == number as u32), Some(number as u32));
        }
        assert_eq!((read.find(mix(77_777_777), |_| true), FlatNumbers::default().find(1, |_| true)), (None, None));
    }
}
