//! Many short lists by number, in one piece of memory; what changes afterwards lies beside it.
//!
//! Half of the profiles of a city have a few scored pairs each: a list of its own for each of them takes more memory than what stands in it.

use bytemuck::Pod;

use crate::link::codec::{KeepAll, Reader, Writer};
use crate::link::flat_list::FlatList;
use crate::link::number_map::NumberMap;

/// See the module.
#[derive(Debug, Clone)]
pub struct PackedLists<T: Pod> {
    /// Where each list begins among the items, and where the last one ends.
    from: FlatList<u32>,
    items: FlatList<T>,
    /// Lists that are others than in `items`.
    others: NumberMap<u32, Vec<T>>,
}

impl<T: Pod> Default for PackedLists<T> {
    fn default() -> PackedLists<T> {
        PackedLists { from: vec![0].into(), items: FlatList::new(), others: NumberMap::default() }
    }
}

impl<T: Pod> PackedLists<T> {
    /// Lists by ascending numbers, each number once. None where there are more items than a `u32` counts.
    pub fn of<L: AsRef<[T]>>(lists: impl Iterator<Item = (u32, L)>) -> Option<PackedLists<T>> {
        let mut packed = PackedLists::default();
        for (number, list) in lists {
            let begin = u32::try_from(packed.items.len()).ok()?;
            packed.from.resize(packed.from.len().max(number as usize + 1), begin);
            packed.items.extend_from_slice(list.as_ref());
            packed.from.push(u32::try_from(packed.items.len()).ok()?);
        }
        Some(packed)
    }

    /// The list of a number; empty where it has none.
    pub fn get(&self, number: u32) -> &[T] {
        match self.others.get(&number) {
            Some(list) => list,
            None => self.packed(number),
        }
    }

    fn packed(&self, number: u32) -> &[T] {
        let at = number as usize;
        match (self.from.get(at), self.from.get(at + 1)) {
            (Some(begin), Some(end)) => &self.items[*begin as usize..*end as usize],
            _ => &[],
        }
    }

    /// Puts a list in the place of the one before.
    pub fn set(&mut self, number: u32, list: Vec<T>) {
        match list.is_empty() && self.packed(number).is_empty() {
            true => drop(self.others.remove(&number)),
            false => drop(self.others.insert(number, list)),
        }
    }

    /// The list of a number, to be changed.
    pub fn change(&mut self, number: u32) -> &mut Vec<T> {
        if !self.others.contains_key(&number) {
            self.others.insert(number, self.packed(number).to_vec());
        }
        self.others.get_mut(&number).expect("put there just now")
    }

    /// The lists that are not empty, by ascending numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[T])> {
        let beyond = self.others.keys().copied().max().map_or(0, |last| last + 1);
        let end = beyond.max(self.from.len() as u32 - 1);
        (0..end).map(|number| (number, self.get(number))).filter(|(_, list)| !list.is_empty())
    }

    /// Number of items in all lists.
    pub fn len(&self) -> usize {
        let others = self.others.iter().map(|(number, list)| list.len() as i64 - self.packed(*number).len() as i64);
        (self.items.len() as i64 + others.sum::<i64>()) as usize
    }

    /// Whether no list has an item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PackedLists<u32> {
    /// The numbers whose lists lead to each: of (1, [7, 9]) and (2, [9]) these are (7, [1]) and (9, [1, 2]). In order.
    pub fn turned<T: Pod>(lists: &PackedLists<T>, to: impl Fn(&T) -> u32) -> PackedLists<u32> {
        let mut from: Vec<u32> = vec![0; 2];
        for target in lists.iter().flat_map(|(_, list)| list).map(&to) {
            let at = target as usize + 2;
            from.resize(from.len().max(at + 1), 0);
            from[at] += 1;
        }
        for at in 2..from.len() {
            from[at] += from[at - 1];
        }
        // While they are filled the second of two neighbours says where the next item of the first belongs.
        let mut items = vec![0; lists.len()];
        for (number, list) in lists.iter() {
            for item in list {
                let next = &mut from[to(item) as usize + 1];
                items[*next as usize] = number;
                *next += 1;
            }
        }
        from.pop();
        PackedLists { from: from.into(), items: items.into(), others: NumberMap::default() }
    }
}

impl<T: Pod + Sync + Send> KeepAll for PackedLists<T> {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        if self.others.is_empty() {
            to.settled(&self.from)?;
            return to.settled(&self.items);
        }
        // Never whole beside itself: the items are put together as they are written.
        let (mut from, mut end) = (vec![0], 0_usize);
        for (number, list) in self.iter() {
            from.resize(from.len().max(number as usize + 1), end as u32);
            end += list.len();
            from.push(u32::try_from(end).map_err(|_| std::io::Error::other("more items than four thousand million"))?);
        }
        to.settled(&from)?;
        to.settled_pieces(end, self.iter().map(|(_, list)| list))
    }
    fn read(from: &mut Reader) -> Option<PackedLists<T>> {
        let (from, items): (FlatList<u32>, FlatList<T>) = (from.flat()?, from.flat()?);
        let is_whole = from.is_sorted() && from.first() == Some(&0) && from.last().map(|end| *end as usize) == Some(items.len());
        is_whole.then_some(PackedLists { from, items, others: NumberMap::default() })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::link::flat_list::Lent;

    fn all<T: Pod>(lists: &PackedLists<T>) -> Vec<(u32, Vec<T>)> {
        lists.iter().map(|(number, list)| (number, list.to_vec())).collect()
    }

    #[test]
    fn lists_change_beside_what_is_packed_and_are_read_as_written() {
        let mut lists = PackedLists::of([(1, vec![7, 9]), (2, vec![9]), (5, vec![1])].into_iter()).unwrap();
        assert_eq!(
            (lists.get(1), lists.get(0), lists.get(3), lists.get(99), lists.len()),
            (&[7, 9][..], &[][..], &[][..], &[][..], 4)
        );
        assert_eq!(all(&PackedLists::turned(&lists, |to| *to)), [(1, vec![5]), (7, vec![1]), (9, vec![1, 2])]);

        lists.set(2, vec![]);
        lists.set(5, vec![2]);
        lists.change(5).push(3);
        lists.change(8).push(4);
        lists.set(3, vec![]);
        let expected = [(1, vec![7, 9]), (5, vec![2, 3]), (8, vec![4])];
        assert_eq!((all(&lists), lists.len()), (expected.to_vec(), 5));
        assert_eq!(
            all(&PackedLists::turned(&lists, |to| *to)),
            [(2, vec![5]), (3, vec![5]), (4, vec![8]), (7, vec![1]), (9, vec![1])]
        );
        let mut bytes = Vec::new();
        lists.write(&mut Writer::new(&mut bytes)).unwrap();
        assert_eq!(
            all(&PackedLists::<u32>::read(&mut Reader::new(Arc::new(Lent::new(bytes.clone())), bytes.len())).unwrap()),
            expected
        );
        assert_eq!(all(&PackedLists::<u32>::turned(&PackedLists::<u32>::default(), |to| *to)), []);
    }
}
