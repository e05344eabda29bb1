//! Bytes and back: numbers, texts, lists and maps of whatever can be kept.
//!
//! Lists are written in parts, each with its length and a checksum, so that they are read side by side and no damage goes
//! unnoticed. It imports nothing of linking but the map; the bytes mean something to the very program that wrote them only.
//!
//! Written by hand: parts that are checked and read side by side are what it is about; a derived codec would code the items within them
//! and leave the rest of this file as it is.

use std::hash::Hash;
use std::io;
use std::io::Write;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::number_map::{NumberMap, Spread};

/// Something that can be written and read back. Numbers are little-endian.
pub trait Keep: Sized {
    fn put(&self, out: &mut Vec<u8>);
    /// None where the bytes end too early or mean nothing.
    fn get(input: &mut &[u8]) -> Option<Self>;
}

/// Keeps structs field by field.
macro_rules! kept {
    ($T:ty { $($field:ident),* $(,)? }) => {
        impl $crate::link::codec::Keep for $T {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::link::codec::Keep::put(&self.$field, out);)*
            }
            fn get(input: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: $crate::link::codec::Keep::get(input)?),* })
            }
        }
    };
}
/// Keeps enums without values by their position in the list given.
macro_rules! kept_choice {
    ($T:ty: $($V:ident),* $(,)?) => {
        impl $crate::link::codec::Keep for $T {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }
            fn get(input: &mut &[u8]) -> Option<Self> {
                let number: u8 = $crate::link::codec::Keep::get(input)?;
                $(if number == <$T>::$V as u8 { return Some(<$T>::$V); })*
                None
            }
        }
    };
}
pub(crate) use {kept, kept_choice};

macro_rules! kept_numbers {
    ($($T:ty),*) => {$(
        impl Keep for $T {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn get(input: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = input.split_first_chunk()?;
                *input = rest;
                Some(<$T>::from_le_bytes(*bytes))
            }
        }
    )*};
}
kept_numbers!(u8, u16, u32, u64, i16, i64, f32);

impl Keep for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        u8::get(input).map(|byte| byte != 0)
    }
}

impl<A: Keep, B: Keep> Keep for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        Some((A::get(input)?, B::get(input)?))
    }
}

impl<A: Keep, B: Keep, C: Keep> Keep for (A, B, C) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
        self.2.put(out);
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        Some((A::get(input)?, B::get(input)?, C::get(input)?))
    }
}

impl<T: Keep> Keep for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        match u8::get(input)? {
            0 => Some(None),
            _ => T::get(input).map(Some),
        }
    }
}

impl<T: Keep> Keep for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        self.iter().for_each(|item| item.put(out));
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        let len = u32::get(input)? as usize;
        let mut items = Vec::with_capacity(len.min(input.len()));
        for _ in 0..len {
            items.push(T::get(input)?);
        }
        Some(items)
    }
}

impl<T: Keep> Keep for Box<[T]> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        self.iter().for_each(|item| item.put(out));
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        Vec::get(input).map(Vec::into_boxed_slice)
    }
}

impl<T: Keep + Default + Copy, const N: usize> Keep for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.put(out));
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        let mut items = [T::default(); N];
        for item in &mut items {
            *item = T::get(input)?;
        }
        Some(items)
    }
}

impl Keep for Box<str> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        out.extend_from_slice(self.as_bytes());
    }
    fn get(input: &mut &[u8]) -> Option<Self> {
        let len = u32::get(input)? as usize;
        let (text, rest) = input.split_at_checked(len)?;
        *input = rest;
        std::str::from_utf8(text).ok().map(Into::into)
    }
}

/// Items of a part.
const PART: usize = 1 << 15;
/// A list read has room for one item more in so many: a day's records are added without moving those of a city.
const SPARE: usize = 32;
/// Parts coded side by side.
const ABREAST: usize = 8;

/// Where lists are written to.
pub struct Writer<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut dyn Write) -> Writer<'a> {
        Writer { out }
    }

    /// A list: number of items, then its parts, each as length, checksum, bytes.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn list<T: Keep + Sync>(&mut self, items: &[T]) -> io::Result<()> {
        self.parts(items, T::put)
    }

    fn parts<T: Sync>(&mut self, items: &[T], put: impl Fn(&T, &mut Vec<u8>) + Sync) -> io::Result<()> {
        self.out.write_all(&(items.len() as u64).to_le_bytes())?;
        for abreast in items.chunks(PART * ABREAST) {
            let identified: Vec<Vec<u8>> = abreast
                .par_chunks(PART)
                .map(|part| {
                    let mut bytes = Vec::with_capacity(part.len() * 2 * size_of::<T>());
                    part.iter().for_each(|item| put(item, &mut bytes));
                    bytes
                })
                .collect();
            for bytes in identified {
                self.out.write_all(&(bytes.len() as u64).to_le_bytes())?;
                self.out.write_all(&xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes())?;
                self.out.write_all(&bytes)?;
            }
        }
        Ok(())
    }

    /// A map as a list of pairs.
    ///
    /// # Errors
    /// As of a list.
    pub fn map<K: Keep + Sync, V: Keep + Sync>(&mut self, map: &NumberMap<K, V>) -> io::Result<()> {
        let pairs: Vec<(&K, &V)> = map.iter().collect();
        self.parts(&pairs, |(key, value), out| {
            key.put(out);
            value.put(out);
        })
    }
}

/// Where lists are read from.
pub struct Reader<'a> {
    input: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(input: &'a [u8]) -> Reader<'a> {
        Reader { input }
    }

    /// None where a part is damaged or missing.
    pub fn list<T: Keep + Send>(&mut self) -> Option<Vec<T>> {
        let len = u64::get(&mut self.input)? as usize;
        let mut parts: Vec<(&'a [u8], u64)> = Vec::new();
        let mut waiting = len;
        while waiting > 0 {
            let (bytes, sum) = (u64::get(&mut self.input)? as usize, u64::get(&mut self.input)?);
            let (part, rest) = self.input.split_at_checked(bytes)?;
            self.input = rest;
            parts.push((part, sum));
            waiting -= waiting.min(PART);
        }
        // Every part is read to where it belongs: memory that a part passes through has to be cleared by the kernel first.
        let mut items = Vec::with_capacity(len + len / SPARE);
        let places = &mut items.spare_capacity_mut()[..len];
        let whole = places.par_chunks_mut(PART).zip(&parts).all(|(places, (bytes, sum))| {
            let mut input = *bytes;
            xxhash_rust::xxh3::xxh3_64(bytes) == *sum
                && places.iter_mut().all(|place| T::get(&mut input).map(|item| place.write(item)).is_some())
                && input.is_empty()
        });
        if !whole {
            // Whatever was read and owns memory keeps it: nobody reads a damaged file twice.
            return None;
        }
        // SAFETY: each of the `len` places was written to.
        unsafe { items.set_len(len) };
        Some(items)
    }

    pub fn map<K: Keep + Send + Eq + Hash, V: Keep + Send>(&mut self) -> Option<NumberMap<K, V>> {
        let pairs: Vec<(K, V)> = self.list()?;
        let mut map = HashMap::with_capacity_and_hasher(pairs.len(), Spread);
        map.extend(pairs);
        Some(map)
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.input.is_empty()
    }
}

/// Something made of lists.
pub trait KeepAll: Sized {
    fn write(&self, to: &mut Writer<'_>) -> io::Result<()>;
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_several_parts_comes_back_whole_or_not_at_all() {
        let texts: Vec<Box<str>> = (0..2 * PART + 5).map(|n| n.to_string().into()).collect();
        let mut bytes = Vec::new();
        Writer::new(&mut bytes).list(&texts).unwrap();
        let read = |bytes: &[u8]| Reader::new(bytes).list::<Box<str>>();
        let back = read(&bytes).unwrap();
        assert!(back == texts && back.capacity() > back.len(), "with room for more");
        for at in [0, 9, 30, bytes.len() / 2, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(read(&damaged).is_none(), "byte {at}");
            assert!(read(&bytes[..at]).is_none(), "cut at {at}");
        }
        let mut nothing = Vec::new();
        Writer::new(&mut nothing).list::<u32>(&[]).unwrap();
        assert_eq!(Reader::new(&nothing).list::<u32>(), Some(Vec::new()));
    }
}
