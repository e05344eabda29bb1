//! A file whose rows lie in blocks, each of which is unpacked when the first of its rows is asked for, and kept from then on.
//!
//! In: an opened file (`table::Opened`), and what its columns are. Out: a row's block and place there. Files of one batch that is not
//! packed, as earlier programs wrote them, are one block and are read where they are mapped.

use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileDecoder;

use super::table::Opened;
use super::unpacked::Unpacked;
use crate::edition::error::EditionError;

/// Columns of a file that are unpacked together, mapped by their names.
macro_rules! block_columns {
    ($(#[$m:meta])* $Block:ident { $($name:ident: $T:ty = $cast:expr),+ $(,)? }) => {
        $(#[$m])*
        pub(in crate::edition) struct $Block {
            $(pub $name: $T,)+
        }
        impl $Block {
            pub(in crate::edition) const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// # Errors
            /// A column that is missing or of another type.
            pub(in crate::edition) fn read(batch: &arrow_array::RecordBatch) -> Result<$Block, String> {
                Ok($Block {
                    $($name: {
                        let cast: fn(&dyn arrow_array::Array) -> Option<&$T> = $cast;
                        cast($crate::edition::format::cells::get(batch, stringify!($name))?).ok_or(concat!("column ", stringify!($name), " has another type"))?.clone()
                    },)+
                })
            }
        }
    };
}
pub(in crate::edition) use block_columns;

/// What the columns of a block are.
pub(in crate::edition) type ReadBlock<T> = fn(&RecordBatch) -> Result<T, String>;

/// Some columns of a file, block by block.
pub(in crate::edition) struct Blocks<T> {
    path: PathBuf,
    /// None where the only block is at hand.
    packed: Option<Packed>,
    /// Rows of every block but the last, which has as many or fewer.
    a_block: usize,
    rows: usize,
    read: ReadBlock<T>,
    kept: Box<[OnceLock<T>]>,
}

struct Packed {
    file: Arc<Opened>,
    decoder: FileDecoder,
    unpacked: Arc<Unpacked>,
}

/// A block that is kept, or one that was unpacked in passing.
pub(in crate::edition) enum Glance<'a, T> {
    Kept(&'a T),
    Passing(T),
}

impl<T> Deref for Glance<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        match self {
            Glance::Kept(block) => block,
            Glance::Passing(block) => block,
        }
    }
}

impl<T> Blocks<T> {
    /// The columns of these names. Nothing is unpacked yet.
    ///
    /// # Errors
    /// Broken, with the file, where a column is missing or of another type, or where its batches do not hold `rows` rows in blocks of
    /// one size.
    pub fn open(
        file: &Arc<Opened>,
        columns: &[&str],
        rows: usize,
        unpacked: &Arc<Unpacked>,
        read: ReadBlock<T>,
    ) -> Result<Blocks<T>, EditionError> {
        let broken = |reason: String| EditionError::Broken { path: file.path.clone(), reason };
        let first = file.rows_of(0)?;
        let count = file.batches();
        let whole = first * (count - 1);
        if count > 1 && (first == 0 || rows <= whole || rows - whole > first || file.rows_of(count - 1)? != rows - whole)
            || count == 1 && first != rows
        {
            return Err(broken(format!("its {count} batches, the first of {first} rows, are not those of {rows} rows")));
        }
        let (decoder, schema) = file.decoder(columns)?;
        read(&RecordBatch::new_empty(schema)).map_err(broken)?;
        let kept = (0..count).map(|_| OnceLock::new()).collect();
        let packed = Some(Packed { file: file.clone(), decoder, unpacked: unpacked.clone() });
        Ok(Blocks { path: file.path.clone(), packed, a_block: first.max(1), rows, read, kept })
    }

    /// The same of a table that is at hand whole.
    ///
    /// # Errors
    /// Broken, with the file, where a column is missing or of another type.
    pub fn of_table(path: &Path, table: &RecordBatch, read: ReadBlock<T>) -> Result<Blocks<T>, EditionError> {
        let path = path.to_path_buf();
        let block = read(table).map_err(|reason| EditionError::Broken { path: path.clone(), reason })?;
        let rows = table.num_rows();
        Ok(Blocks { path, packed: None, a_block: rows.max(1), rows, read, kept: [OnceLock::from(block)].into() })
    }

    /// The block of a row, and the row's place there. Unpacks it where it is the first of the block's that is asked for: some tenths of a
    /// millisecond.
    pub fn at(&self, row: usize) -> (&T, usize) {
        let block = row / self.a_block;
        (self.kept[block].get_or_init(|| self.unpack(block, true)), row % self.a_block)
    }

    /// Every block's number.
    pub fn numbers(&self) -> Range<usize> {
        0..self.kept.len()
    }

    /// The rows of a block.
    pub fn rows_of(&self, block: usize) -> Range<usize> {
        let start = block * self.a_block;
        start..self.rows.min(start + self.a_block)
    }

    /// The number of a row's block.
    pub fn number_of(&self, row: usize) -> usize {
        row / self.a_block
    }

    /// A block for whoever goes through all of them once: one that nobody asked for is not kept.
    pub fn glance(&self, block: usize) -> Glance<'_, T> {
        match self.kept[block].get() {
            Some(block) => Glance::Kept(block),
            None => Glance::Passing(self.unpack(block, false)),
        }
    }

    /// The bytes have passed `Manifest::check`: what cannot be read all the same was never written by this program.
    fn unpack(&self, block: usize, keep: bool) -> T {
        let read = || {
            let packed = self.packed.as_ref().ok_or("it is at hand")?;
            let batch = packed.file.read(&packed.decoder, block).map_err(|e| e.to_string())?;
            if batch.num_rows() != self.rows_of(block).len() {
                return Err(format!("{} rows instead of {}", batch.num_rows(), self.rows_of(block).len()));
            }
            // What is mapped as it is written is not moved.
            (self.read)(&if keep && packed.file.is_packed() { packed.unpacked.put(batch) } else { batch })
        };
        read().unwrap_or_else(|reason: String| panic!("block {block} of {} passed its check: {reason}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{ListBuilder, StringDictionaryBuilder};
    use arrow_array::cast::AsArray;
    use arrow_array::types::UInt16Type;
    use arrow_array::{ArrayRef, BooleanArray, Decimal128Array, StringArray};
    use arrow_buffer::Buffer;

    use super::*;
    use crate::edition::format::table::{TableColumn, column, open_table, write_blocks, write_packed, write_table};

    /// Columns with texts, lists of words, bits and money, nulls among them.
    fn columns(rows: usize) -> Vec<TableColumn> {
        let texts: StringArray = (0..rows).map(|row| (row % 5 != 1).then(|| format!("企业{row}"))).collect();
        let mut lists = ListBuilder::new(StringDictionaryBuilder::<UInt16Type>::new());
        for row in 0..rows {
            (0..row % 4).for_each(|at| lists.values().append_value(format!("word {}", (row + at) % 11)));
            lists.append(row % 7 != 3);
        }
        let bits: BooleanArray = (0..rows).map(|row| (row % 3 != 0).then_some(row % 2 == 0)).collect();
        let money: Decimal128Array = (0..rows).map(|row| (row % 6 != 2).then_some(row as i128 * 1_000)).collect();
        let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
        vec![
            plain("texts", Arc::new(texts)),
            plain("lists", Arc::new(lists.finish())),
            plain("bits", Arc::new(bits)),
            plain("money", Arc::new(money.with_precision_and_scale(18, 2).unwrap())),
        ]
    }

    const NAMES: [&str; 4] = ["texts", "lists", "bits", "money"];

    fn blocks(
        folder: &Path,
        name: &str,
        bytes: u64,
        rows: usize,
        unpacked: Unpacked,
    ) -> Result<Blocks<RecordBatch>, EditionError> {
        let file = Arc::new(Opened::open(folder, name, bytes)?);
        Blocks::open(&file, &NAMES, rows, &Arc::new(unpacked), |batch| Ok(batch.clone()))
    }

    fn same_rows(blocks: &Blocks<RecordBatch>, whole: &RecordBatch) {
        for row in (0..whole.num_rows()).rev() {
            let (block, at) = blocks.at(row);
            assert_eq!(block.slice(at, 1), whole.slice(row, 1), "row {row}");
        }
        let glances: usize = blocks.numbers().map(|block| blocks.glance(block).num_rows()).sum();
        assert_eq!(glances, whole.num_rows());
    }

    #[test]
    fn a_row_is_found_in_its_block_however_the_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        for rows in [0, 1, 5, 64, 500] {
            let plain = write_table(folder.path(), "plain", columns(rows)).unwrap();
            let whole = open_table(folder.path(), "plain", plain.bytes).unwrap();
            let packed = write_packed(folder.path(), "packed", columns(rows)).unwrap();
            let mut written = vec![plain, packed];
            for a_block in [1, 5, 64, 499, 500, 501] {
                let name = format!("blocks of {a_block}");
                written.push(write_blocks(folder.path(), &name, columns(rows), a_block).unwrap());
            }
            for file in written {
                let unpacked = Unpacked::new(folder.path().to_path_buf(), 400);
                let blocks = blocks(folder.path(), &file.name, file.bytes, rows, unpacked).unwrap();
                same_rows(&blocks, &whole);
            }
        }
    }

    #[test]
    fn what_the_disk_refuses_stays_on_the_heap() {
        let folder = tempfile::tempdir().unwrap();
        let plain = write_table(folder.path(), "plain", columns(300)).unwrap();
        let file = write_blocks(folder.path(), "blocks", columns(300), 40).unwrap();
        let whole = open_table(folder.path(), "plain", plain.bytes).unwrap();
        let full = Unpacked::onto(std::fs::File::open(folder.path().join("plain")).unwrap());
        same_rows(&blocks(folder.path(), &file.name, file.bytes, 300, full).unwrap(), &whole);
    }

    #[test]
    fn what_is_not_packed_is_read_where_it_is_mapped() {
        let folder = tempfile::tempdir().unwrap();
        let written = write_table(folder.path(), "plain", columns(90)).unwrap();
        let file = Arc::new(Opened::open(folder.path(), "plain", written.bytes).unwrap());
        let unpacked = Arc::new(Unpacked::new(folder.path().to_path_buf(), 0));
        let blocks = Blocks::open(&file, &["texts"], 90, &unpacked, |batch| Ok(batch.clone())).unwrap();
        let texts: Buffer = blocks.at(7).0.column(0).as_string::<i32>().values().clone();
        assert!(file.holds(&texts));
    }

    #[test]
    fn a_file_of_other_rows_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = write_blocks(folder.path(), "evidence", columns(100), 30).unwrap();
        for rows in [0, 89, 99, 101, 120, 121] {
            let unpacked = Unpacked::new(folder.path().to_path_buf(), 0);
            let problem = blocks(folder.path(), "evidence", file.bytes, rows, unpacked).err().expect("other rows").to_string();
            assert!(problem.contains("evidence") && problem.contains("4 batches"), "{problem}");
        }
        let bytes = std::fs::read(folder.path().join("evidence")).unwrap();
        for end in [0, 9, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(folder.path().join("evidence"), &bytes[..end]).unwrap();
            for expected in [end as u64, bytes.len() as u64] {
                let problem = Opened::open(folder.path(), "evidence", expected).err().map(|e| e.to_string());
                assert!(problem.is_some_and(|problem| end == 0 || problem.contains("evidence")), "{end} bytes");
            }
        }
        let lacking = write_blocks(folder.path(), "lacking", columns(9).split_off(1), 4).unwrap();
        let problem = blocks(folder.path(), "lacking", lacking.bytes, 9, Unpacked::new(folder.path().to_path_buf(), 0)).err();
        assert!(problem.is_some_and(|problem| problem.to_string().contains("texts")));
    }
}
