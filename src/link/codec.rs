//! Bytes and back: numbers, texts, lists and maps of whatever can be kept.
//!
//! Lists are written in parts, each with its length and a checksum, so that they are read side by side and no damage goes
//! unnoticed. Plain values are written as they lie in memory, with checksums of their own, and a reader leaves them there: see
//! [`super::flat_list`]. The bytes mean something to the very program that wrote them only, on the kind of machine that did.
//!
//! Written by hand: parts that are checked and read side by side are what it is about; a derived codec would code the items within them
//! and leave the rest of this file as it is.

use std::hash::Hash;
use std::io;
use std::io::Write;

use std::sync::Arc;

use bytemuck::Pod;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::flat_list::{FlatList, Lent};
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

/// Where a flat list's values begin: at a multiple of it, so that they lie as the processor wants them wherever the file is mapped.
const ALIGNED: u64 = 64;
/// Bytes of a flat list under one checksum.
const SUMMED: usize = 1 << 20;

fn sums_of(bytes: &[u8]) -> Vec<u64> {
    bytes.par_chunks(SUMMED).map(xxhash_rust::xxh3::xxh3_64).collect()
}

/// Where lists are written to.
pub struct Writer<'a> {
    out: &'a mut dyn Write,
    /// Bytes written so far.
    at: u64,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut dyn Write) -> Writer<'a> {
        Writer { out, at: 0 }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// A flat list: number of values, bytes of room behind them; aligned, the values and the room, which is empty; checksums of the values.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn flat<T: Pod>(&mut self, values: &[T]) -> io::Result<()> {
        self.flat_with(values, values.len() / SPARE)
    }

    /// The same without room, of a list that nothing is added to where it stands.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn settled<T: Pod>(&mut self, values: &[T]) -> io::Result<()> {
        self.flat_with(values, 0)
    }

    fn flat_with<T: Pod>(&mut self, values: &[T], more: usize) -> io::Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let room = more * size_of::<T>();
        self.begin_flat(values.len(), room)?;
        self.put(bytes)?;
        self.end_flat(room, &sums_of(bytes))
    }

    /// The same of `len` values that lie in pieces.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn settled_pieces<'v, T: Pod>(&mut self, len: usize, pieces: impl Iterator<Item = &'v [T]>) -> io::Result<()> {
        self.begin_flat(len, 0)?;
        let (mut sums, mut waiting) = (Vec::new(), Vec::<u8>::with_capacity(2 * SUMMED * ABREAST));
        for piece in pieces {
            waiting.extend_from_slice(bytemuck::cast_slice(piece));
            if waiting.len() >= SUMMED * ABREAST {
                let whole = waiting.len() / SUMMED * SUMMED;
                sums.extend(sums_of(&waiting[..whole]));
                self.put(&waiting[..whole])?;
                waiting.drain(..whole);
            }
        }
        sums.extend(sums_of(&waiting));
        self.put(&waiting)?;
        self.end_flat(0, &sums)
    }

    /// The head of a flat list; `room` in bytes.
    fn begin_flat(&mut self, len: usize, room: usize) -> io::Result<()> {
        self.put(&(len as u64).to_le_bytes())?;
        self.put(&(room as u64).to_le_bytes())?;
        self.put(&[0; ALIGNED as usize][..self.at.next_multiple_of(ALIGNED) as usize - self.at as usize])
    }

    fn end_flat(&mut self, room: usize, sums: &[u64]) -> io::Result<()> {
        let spare = vec![0; room.min(SUMMED)];
        let mut left = room;
        while left > 0 {
            self.put(&spare[..left.min(SUMMED)])?;
            left -= left.min(SUMMED);
        }
        self.put(bytemuck::cast_slice(sums))
    }

    /// A list: number of items, then its parts, each as length, checksum, bytes.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn list<T: Keep + Sync>(&mut self, items: &[T]) -> io::Result<()> {
        self.parts(items, T::put)
    }

    fn parts<T: Sync>(&mut self, items: &[T], put: impl Fn(&T, &mut Vec<u8>) + Sync) -> io::Result<()> {
        self.put(&(items.len() as u64).to_le_bytes())?;
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
                self.put(&(bytes.len() as u64).to_le_bytes())?;
                self.put(&xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes())?;
                self.put(&bytes)?;
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
pub struct Reader {
    of: Arc<Lent>,
    at: usize,
    end: usize,
}

impl Reader {
    /// Reads the first `len` bytes of what is lent; flat lists stay there.
    pub fn new(of: Arc<Lent>, len: usize) -> Reader {
        let end = len.min(of.size());
        Reader { of, at: 0, end }
    }

    /// Steps over so many bytes; where they begin.
    fn step(&mut self, len: usize) -> Option<usize> {
        let at = self.at;
        self.at = at.checked_add(len).filter(|end| *end <= self.end)?;
        Some(at)
    }

    fn bytes(&mut self, len: usize) -> Option<&[u8]> {
        let at = self.step(len)?;
        // SAFETY: what was read before lies in front of it, and flat lists are made below of what was just stepped over.
        unsafe { self.of.bytes(at, len) }
    }

    fn number(&mut self) -> Option<u64> {
        u64::get(&mut self.bytes(8)?)
    }

    /// None where the list is damaged or missing.
    pub fn flat<T: Pod>(&mut self) -> Option<FlatList<T>> {
        let (len, room) = (usize::try_from(self.number()?).ok()?, usize::try_from(self.number()?).ok()?);
        let wide = len.checked_mul(size_of::<T>())?;
        let gap = self.at.next_multiple_of(ALIGNED as usize) - self.at;
        if self.bytes(gap)?.iter().any(|byte| *byte != 0) {
            return None;
        }
        let (from, behind) = (self.step(wide)?, self.step(room)?);
        let sums = self.bytes(wide.div_ceil(SUMMED).checked_mul(8)?)?;
        let sums: Vec<u64> = sums.chunks_exact(8).filter_map(|mut sum| u64::get(&mut sum)).collect();
        let part = |copy: &mut Vec<u8>, at: usize, len: usize, is_whole: &dyn Fn(&[u8]) -> bool| {
            // SAFETY: no flat list is made of it yet.
            let told = unsafe { self.of.glance(at, len, copy, is_whole) };
            told == Some(true)
        };
        let whole = sums.par_iter().enumerate().map_init(Vec::new, |copy, (n, sum)| {
            let len = SUMMED.min(wide - n * SUMMED);
            part(copy, from + n * SUMMED, len, &|bytes| xxhash_rust::xxh3::xxh3_64(bytes) == *sum)
        });
        let is_empty = |from: usize| {
            part(&mut Vec::new(), from, SUMMED.min(behind + room - from), &|room| room.iter().all(|byte| *byte == 0))
        };
        if !whole.all(|whole| whole) || !(behind..behind + room).step_by(SUMMED).all(is_empty) {
            return None;
        }
        // SAFETY: this reader has stepped over the stretch, so that no other flat list is made of it, and no slice of it is held.
        unsafe { FlatList::lent(&self.of, from, len, len + room / size_of::<T>()) }
    }

    /// None where a part is damaged or missing.
    pub fn list<T: Keep + Send>(&mut self) -> Option<Vec<T>> {
        let len = self.number()? as usize;
        let mut places: Vec<(usize, usize, u64)> = Vec::new();
        let mut waiting = len;
        while waiting > 0 {
            let (bytes, sum) = (self.number()? as usize, self.number()?);
            places.push((self.step(bytes)?, bytes, sum));
            waiting -= waiting.min(PART);
        }
        // Every part is read to where it belongs: memory that a part passes through has to be cleared by the kernel first.
        let mut items = Vec::with_capacity(len + len / SPARE);
        let room = &mut items.spare_capacity_mut()[..len];
        let parts = room.par_chunks_mut(PART).zip(&places);
        let whole = parts.map_init(Vec::new, |copy, (room, (at, bytes, sum))| {
            let read = |bytes: &[u8]| {
                let mut input = bytes;
                xxhash_rust::xxh3::xxh3_64(bytes) == *sum
                    && room.iter_mut().all(|place| T::get(&mut input).map(|item| place.write(item)).is_some())
                    && input.is_empty()
            };
            // SAFETY: no flat list is made of what a list stands in.
            let told = unsafe { self.of.glance(*at, *bytes, copy, read) };
            told == Some(true)
        });
        let whole = whole.all(|whole| whole);
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
        self.at == self.end
    }
}

/// Something made of lists.
pub trait KeepAll: Sized {
    fn write(&self, to: &mut Writer<'_>) -> io::Result<()>;
    fn read(from: &mut Reader) -> Option<Self>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_several_parts_comes_back_whole_or_not_at_all() {
        let texts: Vec<Box<str>> = (0..2 * PART + 5).map(|n| n.to_string().into()).collect();
        let mut bytes = Vec::new();
        Writer::new(&mut bytes).list(&texts).unwrap();
        let reader = |bytes: &[u8]| Reader::new(Arc::new(Lent::new(bytes.to_vec())), bytes.len());
        let read = |bytes: &[u8]| reader(bytes).list::<Box<str>>();
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
        assert_eq!(reader(&nothing).list::<u32>(), Some(Vec::new()));
    }
}
