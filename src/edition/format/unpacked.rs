//! Where unpacked bytes lie: the first of them on the heap, where most hubs need no more; all others in a file without a name, mapped, so
//! that the system can take their memory back, and on the heap again where no disk takes them.
//!
//! In: arrays as they were decoded. Out: the same arrays, over mapped bytes. Bytes are written to the file, never through the mapping: a
//! full disk is then an error that can be answered, where it would end the program.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use arrow_array::{RecordBatch, make_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::DataType;

use super::table::give_back;

/// Bytes of the file that are mapped at a time. What is not written yet takes no room on the disk.
const STRETCH: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };
/// Buffers begin at multiples of it, as in Arrow's files.
const ALIGNED: usize = 64;

/// Bytes of one part that stay on the heap as they were decoded: whoever pages through lists waits for no disk.
pub(in crate::edition) const ON_HEAP: usize = 128 << 20;

/// The bytes that one part has unpacked.
pub(in crate::edition) struct Unpacked {
    /// How many more may stay on the heap.
    heap: AtomicUsize,
    /// Where the file is made; the system's folder for temporary files where it cannot be made there.
    folder: PathBuf,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    file: Option<Arc<File>>,
    /// The stretch that is being filled.
    map: Option<Arc<memmap2::Mmap>>,
    /// All stretches.
    maps: Vec<Weak<memmap2::Mmap>>,
    /// Where it begins in the file, and how much of it is given out.
    start: u64,
    used: usize,
}

impl Unpacked {
    /// Nothing is made before the first block is unpacked.
    pub fn new(folder: PathBuf, on_heap: usize) -> Unpacked {
        Unpacked { heap: AtomicUsize::new(on_heap), folder, place: Mutex::default() }
    }

    /// Onto a file that is there, for tests of what cannot be written.
    #[cfg(test)]
    pub fn onto(file: File) -> Unpacked {
        let place = Place { file: Some(Arc::new(file)), ..Place::default() };
        Unpacked { heap: AtomicUsize::new(0), folder: PathBuf::new(), place: Mutex::new(place) }
    }

    /// The same rows, over mapped bytes where there are many; over those they have where no disk takes them.
    pub fn put(&self, batch: RecordBatch) -> RecordBatch {
        let columns: Vec<ArrayData> = batch.columns().iter().map(|column| column.to_data()).collect();
        let size: usize = columns.iter().map(size).sum();
        if self.heap.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(size)).is_ok() {
            return batch;
        }
        let (mut buffers, mut spans, mut length) = (Vec::new(), Vec::new(), 0);
        columns.iter().for_each(|column| collect(column, &mut buffers));
        for buffer in &buffers {
            spans.push((length, buffer.len()));
            length = (length + buffer.len()).next_multiple_of(ALIGNED);
        }
        let Some(mapped) = self.write(&buffers, &spans, length) else { return batch };
        let mut spans = spans.into_iter();
        let mut next = || spans.next().map_or_else(Buffer::default, |(from, length)| mapped.slice_with_length(from, length));
        let moved = columns.iter().map(|column| make_array(over(column, &mut next))).collect();
        RecordBatch::try_new(batch.schema(), moved).unwrap_or(batch)
    }

    /// Gives the memory of what is mapped back to the system; the bytes stay in the file.
    pub fn give_back(&self) {
        let place = self.place.lock().expect("no panic while room is given out");
        place.maps.iter().filter_map(Weak::upgrade).for_each(|map| give_back(&map));
    }

    /// The bytes as they lie in the file, each where its span says. None where no disk takes them.
    fn write(&self, buffers: &[&[u8]], spans: &[(usize, usize)], length: usize) -> Option<Buffer> {
        if length == 0 {
            return None;
        }
        let (file, map, start, at) = self.room(length).ok()?;
        for (buffer, (from, _)) in buffers.iter().zip(spans) {
            file.write_all_at(buffer, start + (at + from) as u64).ok()?;
        }
        let first = std::ptr::NonNull::new(map[at..].as_ptr().cast_mut())?;
        // SAFETY: the pointer and the length are within the mapping, which the buffer keeps alive; nobody writes there again.
        Some(unsafe { Buffer::from_custom_allocation(first, length, map) })
    }

    /// Room in the file that is nobody else's, and the mapping that shows it.
    fn room(&self, length: usize) -> std::io::Result<(Arc<File>, Arc<memmap2::Mmap>, u64, usize)> {
        let mut place = self.place.lock().expect("no panic while room is given out");
        let place = &mut *place;
        let file = match &place.file {
            Some(file) => file.clone(),
            None => {
                let file = tempfile::tempfile_in(&self.folder).or_else(|_| tempfile::tempfile())?;
                place.file.insert(Arc::new(file)).clone()
            }
        };
        let map = match &place.map {
            Some(map) if map.len() - place.used >= length => map.clone(),
            filled => {
                let start = place.start + filled.as_ref().map_or(0, |map| map.len() as u64);
                let stretch = (length as u64).next_multiple_of(STRETCH);
                file.set_len(start + stretch)?;
                // SAFETY: the file has no name, so that only this program can write to it, and no byte is written twice.
                let map = unsafe { memmap2::MmapOptions::new().offset(start).len(stretch as usize).map(&*file)? };
                (place.start, place.used) = (start, 0);
                let map = Arc::new(map);
                place.maps.push(Arc::downgrade(&map));
                place.map.insert(map).clone()
            }
        };
        let at = place.used;
        place.used = (at + length).next_multiple_of(ALIGNED);
        Ok((file, map, place.start, at))
    }
}

/// Bytes of all buffers of an array, but for the words of dictionaries.
fn size(array: &ArrayData) -> usize {
    let own =
        array.buffers().iter().map(|buffer| buffer.len()).sum::<usize>() + array.nulls().map_or(0, |nulls| nulls.buffer().len());
    match array.data_type() {
        DataType::Dictionary(..) => own,
        _ => own + array.child_data().iter().map(size).sum::<usize>(),
    }
}

/// All buffers of an array, but for the words of dictionaries, which all blocks share.
fn collect<'a>(array: &'a ArrayData, buffers: &mut Vec<&'a [u8]>) {
    if let Some(nulls) = array.nulls() {
        buffers.push(nulls.buffer());
    }
    buffers.extend(array.buffers().iter().map(|buffer| buffer.as_slice()));
    if !matches!(array.data_type(), DataType::Dictionary(..)) {
        array.child_data().iter().for_each(|child| collect(child, buffers));
    }
}

/// The same array over other buffers, which come in the order of `collect`.
fn over(array: &ArrayData, next: &mut impl FnMut() -> Buffer) -> ArrayData {
    let nulls = array.nulls().map(|nulls| {
        let bits = BooleanBuffer::new(next(), nulls.offset(), nulls.len());
        // SAFETY: the same bits have the same count.
        unsafe { NullBuffer::new_unchecked(bits, nulls.null_count()) }
    });
    let buffers = array.buffers().iter().map(|_| next()).collect();
    let children = match array.data_type() {
        DataType::Dictionary(..) => array.child_data().to_vec(),
        _ => array.child_data().iter().map(|child| over(child, next)).collect(),
    };
    let same = ArrayData::builder(array.data_type().clone()).len(array.len()).offset(array.offset());
    // SAFETY: every buffer holds the bytes that the array's own holds, aligned for all types.
    unsafe { same.nulls(nulls).buffers(buffers).child_data(children).build_unchecked() }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::{ArrayRef, StringArray};

    use super::*;

    fn batch(texts: impl Iterator<Item = String>) -> RecordBatch {
        let texts: ArrayRef = Arc::new(texts.map(Some).collect::<StringArray>());
        RecordBatch::try_from_iter([("texts", texts)]).unwrap()
    }

    #[test]
    fn what_is_put_lies_in_the_mapped_file_which_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let unpacked = Unpacked::new(folder.path().to_path_buf(), 0);
        let mut kept = Vec::new();
        // The third is larger than a stretch.
        for lengths in [1..20, 300..500, (STRETCH as usize)..(STRETCH as usize + 1), 700..900, 7..9] {
            let given = batch(lengths.map(|length| "企".repeat(length)));
            let put = unpacked.put(given.clone());
            let map = unpacked.place.lock().unwrap().map.clone().unwrap();
            assert!(map.as_ptr_range().contains(&put.column(0).as_string::<i32>().values().as_ptr()));
            kept.push((given, put));
        }
        for (given, put) in &kept {
            assert_eq!(given, put, "what came later overwrote nothing");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_first_bytes_stay_where_they_were_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let one = batch((1..9).map(|length| "企".repeat(length)));
        let unpacked = Unpacked::new(folder.path().to_path_buf(), 3 * size(&one.column(0).to_data()));
        let at = |batch: &RecordBatch| batch.column(0).as_string::<i32>().values().as_ptr();
        let stay: Vec<bool> = (0..5).map(|_| at(&unpacked.put(one.clone())) == at(&one)).collect();
        assert_eq!(stay, [true, true, true, false, false]);
    }
}
