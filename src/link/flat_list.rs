//! Values by number, one behind the other: in memory of their own, or where a kept file lies in memory.
//!
//! A city's state is a gigabyte of which a day reads a part and changes less. Read as values it costs that gigabyte twice, once to clear
//! the memory and once to fill it. A [`FlatList`] that is lent its place by a file costs what is looked at: the system brings a page when
//! it is read and copies it when it is written to, so that the file stays what it was. What is added goes behind the last value, into
//! room that the file leaves there, and beyond that into memory of the list's own.

use std::any::Any;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::FileExt;
use std::ptr::NonNull;
use std::sync::Arc;

use bytemuck::Pod;

/// Memory that others own and flat lists lie in, each in a stretch of its own.
pub struct Lent {
    at: NonNull<u8>,
    len: usize,
    /// Where the same bytes can be read without touching the memory.
    file: Option<File>,
    _owner: Box<dyn Any + Send + Sync>,
}

// SAFETY: the bytes belong to the owner, which may go to any thread; who reads or writes which of them is up to the lists, and these
// share none.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Lent {
    /// Takes the owner of some bytes in keeping. They must stay where they are for as long as it lives, as those of a vector or a mapped
    /// file do.
    pub fn new<O: AsMut<[u8]> + Send + Sync + 'static>(owner: O) -> Lent {
        let mut owner = Box::new(owner);
        let bytes: &mut [u8] = (*owner).as_mut();
        let len = bytes.len();
        let at = NonNull::from(bytes).cast();
        Lent { at, len, file: None, _owner: owner }
    }

    /// The same, where the owner maps a file: what is only checked or copied is read from there, so that the memory holds what is
    /// looked at and nothing else.
    pub fn mapped<O: AsMut<[u8]> + Send + Sync + 'static>(owner: O, file: File) -> Lent {
        Lent { file: Some(file), ..Lent::new(owner) }
    }

    /// How many bytes there are.
    pub fn size(&self) -> usize {
        self.len
    }

    /// Some of the bytes; None where they reach too far.
    ///
    /// # Safety
    /// No flat list lies there.
    pub unsafe fn bytes(&self, from: usize, len: usize) -> Option<&[u8]> {
        let fits = from.checked_add(len).is_some_and(|end| end <= self.len);
        // SAFETY: inside of what the owner gave, and by the caller's word nobody writes to it.
        fits.then(|| unsafe { std::slice::from_raw_parts(self.at.as_ptr().add(from), len) })
    }

    /// Some of the bytes as they were lent, for as long as `act` looks at them; None where they reach too far or cannot be read.
    ///
    /// # Safety
    /// No flat list lies there.
    pub unsafe fn glance<R>(&self, from: usize, len: usize, copy: &mut Vec<u8>, act: impl FnOnce(&[u8]) -> R) -> Option<R> {
        // SAFETY: by the caller's word.
        let bytes = unsafe { self.bytes(from, len) }?;
        let Some(file) = &self.file else { return Some(act(bytes)) };
        copy.resize(len.max(copy.len()), 0);
        file.read_exact_at(&mut copy[..len], from as u64).ok()?;
        Some(act(&copy[..len]))
    }
}

/// A list of plain values, as a vector is one.
pub struct FlatList<T: Pod> {
    at: NonNull<T>,
    len: usize,
    /// Values that there is room for, those that are there among them.
    room: usize,
    /// Whose memory it is; None: it is a vector's.
    of: Option<Arc<Lent>>,
}

// SAFETY: a flat list is the only one that leads to its values, as a vector is.
unsafe impl<T: Pod + Send> Send for FlatList<T> {}
// SAFETY: as above.
unsafe impl<T: Pod + Sync> Sync for FlatList<T> {}

impl<T: Pod> FlatList<T> {
    /// Without values.
    pub fn new() -> FlatList<T> {
        Vec::new().into()
    }

    /// The `len` values from the byte `from` on, with room for `room`; copied where values of this kind cannot lie there. None where
    /// they reach too far.
    ///
    /// # Safety
    /// No other flat list, and no slice that anybody holds, lies in that stretch.
    pub unsafe fn lent(of: &Arc<Lent>, from: usize, len: usize, room: usize) -> Option<FlatList<T>> {
        let end = room.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(from))?;
        if len > room || end > of.len || size_of::<T>() == 0 {
            return None;
        }
        // SAFETY: not beyond the end, as was just seen.
        let at = unsafe { of.at.add(from) };
        if at.cast::<T>().is_aligned() {
            return Some(FlatList { at: at.cast(), len, room, of: Some(of.clone()) });
        }
        let mut values = vec![T::zeroed(); len];
        // SAFETY: `len` values lie there, by the caller's word nobody writes to them, and any bytes are a value.
        let bytes = unsafe { std::slice::from_raw_parts(at.as_ptr(), len * size_of::<T>()) };
        bytemuck::cast_slice_mut(&mut values).copy_from_slice(bytes);
        Some(values.into())
    }

    /// Does something to the values as a vector, which they then are.
    fn as_vector<R>(&mut self, more: usize, act: impl FnOnce(&mut Vec<T>) -> R) -> R {
        let mut values = match self.of {
            Some(_) => {
                let mut values = Vec::with_capacity(self.len + more + self.len / 8);
                values.extend_from_slice(self);
                values
            }
            None => {
                let owned = ManuallyDrop::new(std::mem::take(self));
                // SAFETY: these are the parts of a vector, taken out of the list just now, which is not dropped.
                unsafe { Vec::from_raw_parts(owned.at.as_ptr(), owned.len, owned.room) }
            }
        };
        let done = act(&mut values);
        *self = values.into();
        done
    }

    /// Puts one behind the others.
    pub fn push(&mut self, value: T) {
        if self.len == self.room {
            return self.as_vector(1, |values| {
                reserve(values, 1);
                values.push(value);
            });
        }
        // SAFETY: there is room behind the last one, and it is this list's.
        unsafe { self.at.add(self.len).write(value) };
        self.len += 1;
    }

    /// Puts these behind the others.
    pub fn extend_from_slice(&mut self, more: &[T]) {
        if self.room - self.len < more.len() {
            return self.as_vector(more.len(), |values| {
                reserve(values, more.len());
                values.extend_from_slice(more);
            });
        }
        // SAFETY: there is room behind the last one, it is this list's, and `more` lies elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(more.as_ptr(), self.at.add(self.len).as_ptr(), more.len()) };
        self.len += more.len();
    }

    /// Makes it `len` long: what is too many goes, what is missing becomes `value`.
    pub fn resize(&mut self, len: usize, value: T) {
        self.truncate(len);
        if len > self.room {
            return self.as_vector(len - self.len, |values| values.resize(len, value));
        }
        while self.len < len {
            self.push(value);
        }
    }

    /// Only the first `len` stay.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Takes the last one away.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.last().copied()?;
        self.len -= 1;
        Some(last)
    }
}

/// Makes room for so many more. Large lists grow fourfold: what nobody has written to takes no memory, and what moves has to be cleared and
/// copied again.
fn reserve<T>(values: &mut Vec<T>, more: usize) {
    if values.capacity() - values.len() < more {
        let fourfold = if size_of_val(values.as_slice()) < LARGE { 0 } else { 3 * values.len() };
        values.reserve(more.max(fourfold));
    }
}

/// Bytes from which on a list is large.
const LARGE: usize = 1 << 20;

impl<T: Pod> Drop for FlatList<T> {
    fn drop(&mut self) {
        if self.of.is_none() {
            // SAFETY: without an owner these are the parts of a vector.
            drop(unsafe { Vec::from_raw_parts(self.at.as_ptr(), self.len, self.room) });
        }
    }
}

impl<T: Pod> Deref for FlatList<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `len` values lie there, and whoever would write to them needs the list.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }
}

impl<T: Pod> DerefMut for FlatList<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and this is the list.
        unsafe { std::slice::from_raw_parts_mut(self.at.as_ptr(), self.len) }
    }
}

impl<T: Pod> From<Vec<T>> for FlatList<T> {
    fn from(values: Vec<T>) -> FlatList<T> {
        let mut values = ManuallyDrop::new(values);
        let at = NonNull::new(values.as_mut_ptr()).expect("a vector lies somewhere");
        FlatList { at, len: values.len(), room: values.capacity(), of: None }
    }
}

impl<'a, T: Pod> IntoIterator for &'a FlatList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Pod> IntoIterator for &'a mut FlatList<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Pod> Default for FlatList<T> {
    fn default() -> FlatList<T> {
        FlatList::new()
    }
}

impl<T: Pod> Clone for FlatList<T> {
    fn clone(&self) -> FlatList<T> {
        self.to_vec().into()
    }
}

impl<T: Pod + PartialEq> PartialEq for FlatList<T> {
    fn eq(&self, other: &FlatList<T>) -> bool {
        **self == **other
    }
}

impl<T: Pod> std::fmt::Debug for FlatList<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight values of which the first five are there, then two of another list.
    fn lent() -> (Arc<Lent>, FlatList<u32>, FlatList<u32>) {
        let of = Arc::new(Lent::new(bytemuck::cast_slice::<u32, u8>(&[1, 2, 3, 4, 5, 0, 0, 0, 8, 9]).to_vec()));
        // SAFETY: two stretches that share nothing.
        let (one, other) = unsafe { (FlatList::lent(&of, 0, 5, 8), FlatList::lent(&of, 32, 2, 2)) };
        (of, one.unwrap(), other.unwrap())
    }

    #[test]
    fn what_is_lent_grows_into_its_room_and_then_elsewhere() {
        let (of, mut one, other) = lent();
        one[0] = 7;
        one.push(6);
        one.extend_from_slice(&[7, 8]);
        assert_eq!((&*one, one.of.is_some(), &*other), (&[7, 2, 3, 4, 5, 6, 7, 8][..], true, &[8, 9][..]));
        one.push(10);
        assert_eq!((&*one, one.of.is_some(), &*other), (&[7, 2, 3, 4, 5, 6, 7, 8, 10][..], false, &[8, 9][..]));
        one.truncate(2);
        one.resize(4, 3);
        assert_eq!((one.to_vec(), one.pop(), one.len()), (vec![7, 2, 3, 3], Some(3), 3));
        drop((one, other));
        // SAFETY: both lists are gone.
        assert_eq!(unsafe { of.bytes(0, 4) }.unwrap(), 7u32.to_le_bytes());
    }

    #[test]
    fn a_stretch_that_reaches_too_far_is_none_and_one_that_lies_askew_is_copied() {
        let of = Arc::new(Lent::new(vec![0u8; 64]));
        // SAFETY: nothing else lies there, one at a time.
        let reaches = |from, len, room| unsafe { FlatList::<u64>::lent(&of, from, len, room) }.is_some();
        assert!(reaches(0, 8, 8) && !reaches(0, 9, 9) && !reaches(8, 8, 8) && !reaches(0, 3, 2) && !reaches(0, 1, usize::MAX));
        // SAFETY: as above.
        let (even, odd) = unsafe { (FlatList::<u16>::lent(&of, 0, 2, 2), FlatList::<u16>::lent(&of, 7, 2, 2)) };
        let lent = |list: Option<FlatList<u16>>| list.unwrap().of.is_some();
        assert_eq!(lent(even), !lent(odd));
    }

    #[test]
    fn its_own_memory_is_that_of_a_vector() {
        let mut list: FlatList<u64> = (0..1000).collect::<Vec<u64>>().into();
        list.extend_from_slice(&[1000, 1001]);
        let copy = list.clone();
        assert_eq!((list.len(), list[1001], copy == list), (1002, 1001, true));
        assert_eq!(FlatList::<u64>::default().iter().count(), 0);
    }
}
