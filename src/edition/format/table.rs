//! Arrow IPC files of one record batch, or of several that are packed: written with their digest, opened by mapping them into memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_ipc::{Block, CompressionType, MetadataVersion, root_as_footer};
use arrow_schema::{Field, Schema, SchemaRef};
use memmap2::Mmap;

use super::manifest::{FileDigest, Hashing};
use crate::edition::error::EditionError;

/// A column to write.
pub struct TableColumn {
    pub field: Field,
    pub array: ArrayRef,
}

/// A column that may hold nulls, with notes for whoever opens the file elsewhere.
pub fn column(name: &str, array: impl Into<ArrayRef>, notes: &[(&str, &str)]) -> TableColumn {
    let array = array.into();
    let notes: std::collections::HashMap<String, String> =
        notes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    TableColumn { field: Field::new(name, array.data_type().clone(), true).with_metadata(notes), array }
}

/// Writes `columns` as `folder/name`, synced to disk. The whole file is one record batch, so that a row number is an index.
///
/// # Errors
/// The disk does not take it, or the columns differ in length.
pub fn write_table(folder: &Path, name: &str, columns: Vec<TableColumn>) -> Result<FileDigest, EditionError> {
    write_with(folder, name, columns, IpcWriteOptions::default(), None)
}

/// The same with its buffers packed by ZSTD, as the Arrow format has it: for files that are small and seldom read.
///
/// # Errors
/// As [`write_table`].
pub fn write_packed(folder: &Path, name: &str, columns: Vec<TableColumn>) -> Result<FileDigest, EditionError> {
    write_with(folder, name, columns, packed()?, None)
}

/// The same as several record batches of `a_block` rows, the last of what is left, each unpacked by itself: for large files of which a
/// question reads a few rows.
///
/// # Errors
/// As [`write_table`].
pub fn write_blocks(folder: &Path, name: &str, columns: Vec<TableColumn>, a_block: usize) -> Result<FileDigest, EditionError> {
    write_with(folder, name, columns, packed()?, Some(a_block))
}

/// The same of columns that are made block by block: they never stand in memory as a whole. `make` gives those of some rows.
///
/// # Errors
/// As [`write_table`], and those of `make`.
pub fn write_made_blocks(
    folder: &Path,
    name: &str,
    rows: usize,
    a_block: usize,
    make: impl Fn(std::ops::Range<usize>) -> Result<Vec<TableColumn>, EditionError>,
) -> Result<FileDigest, EditionError> {
    let schema = Arc::new(Schema::new(make(0..0)?.into_iter().map(|c| c.field).collect::<Vec<Field>>()));
    let a_block = a_block.max(1);
    let blocks = (0..rows.max(1)).step_by(a_block).map(|start| {
        let arrays = make(start..rows.min(start + a_block))?.into_iter().map(|c| c.array).collect();
        Ok(RecordBatch::try_new(schema.clone(), arrays)?)
    });
    write_batches(folder, name, &schema, packed()?, blocks)
}

fn packed() -> Result<IpcWriteOptions, EditionError> {
    Ok(IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD))?)
}

fn write_with(
    folder: &Path,
    name: &str,
    columns: Vec<TableColumn>,
    options: IpcWriteOptions,
    a_block: Option<usize>,
) -> Result<FileDigest, EditionError> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().map(|c| (c.field, c.array)).unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays)?;
    let rows = batch.num_rows();
    let a_block = a_block.unwrap_or(rows).max(1);
    // A table without rows has one batch too.
    let blocks = (0..rows.max(1)).step_by(a_block).map(|start| Ok(batch.slice(start, a_block.min(rows - start))));
    write_batches(folder, name, &schema, options, blocks)
}

fn write_batches(
    folder: &Path,
    name: &str,
    schema: &Schema,
    options: IpcWriteOptions,
    batches: impl Iterator<Item = Result<RecordBatch, EditionError>>,
) -> Result<FileDigest, EditionError> {
    let path = folder.join(name);
    let file = File::create(&path).map_err(EditionError::io(&path))?;
    let out = Hashing::new(BufWriter::with_capacity(1 << 20, file));
    let mut writer = FileWriter::try_new_with_options(out, schema, options)?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.finish()?;
    let (file, digest) = writer.into_inner()?.finish(name);
    let file = file.into_inner().map_err(|e| EditionError::io(&path)(e.into_error()))?;
    file.sync_all().map_err(EditionError::io(&path))?;
    Ok(digest)
}

/// Writes plain bytes as `folder/name`, synced to disk.
///
/// # Errors
/// The disk does not take it.
pub fn write_bytes(folder: &Path, name: &str, bytes: &[u8]) -> Result<FileDigest, EditionError> {
    let path = folder.join(name);
    let mut file = Hashing::new(File::create(&path).map_err(EditionError::io(&path))?);
    file.write_all(bytes).map_err(EditionError::io(&path))?;
    let (file, digest) = file.finish(name);
    file.sync_all().map_err(EditionError::io(&path))?;
    Ok(digest)
}

/// Maps a file into memory and reads its one batch without copying. `expected` bytes come from the manifest: a file of
/// another size is refused. The contents must have passed `Manifest::check`: they are not validated again.
///
/// # Errors
/// No such file, another size, or no single batch of this format.
pub fn open_table(folder: &Path, name: &str, expected: u64) -> Result<RecordBatch, EditionError> {
    Opened::open(folder, name, expected)?.only_batch()
}

/// A file that is mapped into memory, of which no more than footer and schema were read.
pub(in crate::edition) struct Opened {
    pub path: PathBuf,
    schema: SchemaRef,
    version: MetadataVersion,
    bytes: Buffer,
    map: Arc<Mmap>,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
    packed: bool,
}

/// Gives the memory of a mapped file back to the system, which brings it again where it is looked at.
pub(in crate::edition) fn give_back(map: &Mmap) {
    // SAFETY: the mapping is a shared one that nobody writes through: what comes again is what the file holds. Where the system does
    // not take it, the memory stays.
    let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
}

impl Opened {
    /// Maps a file, of which the manifest says that it has `expected` bytes. The contents must have passed `Manifest::check`.
    ///
    /// # Errors
    /// No such file, another size, or none of this format.
    pub fn open(folder: &Path, name: &str, expected: u64) -> Result<Opened, EditionError> {
        let path = folder.join(name);
        let broken = |reason: String| EditionError::Broken { path: path.clone(), reason };
        let file = File::open(&path).map_err(EditionError::io(&path))?;
        // SAFETY: files of a published edition are never written again, only unlinked, which leaves the mapping whole.
        let map = unsafe { Mmap::map(&file) }.map_err(EditionError::io(&path))?;
        if map.len() as u64 != expected {
            return Err(broken(format!("{} bytes; the manifest says {expected}", map.len())));
        }
        let map = Arc::new(map);
        let start = std::ptr::NonNull::new(map.as_ptr().cast_mut()).ok_or_else(|| broken("not mapped".to_owned()))?;
        // SAFETY: the pointer and the length are the mapping's, which the buffer keeps alive.
        let bytes = unsafe { Buffer::from_custom_allocation(start, map.len(), map.clone()) };

        let trailer = bytes.len().checked_sub(10).ok_or_else(|| broken("too short".to_owned()))?;
        let footer_len = bytes[trailer..].try_into().expect("ten bytes");
        let footer_len = read_footer_length(footer_len).map_err(|e| broken(e.to_string()))?;
        let footer_start = trailer.checked_sub(footer_len).ok_or_else(|| broken("the footer is cut off".to_owned()))?;
        let footer = root_as_footer(&bytes[footer_start..trailer]).map_err(|e| broken(e.to_string()))?;
        let schema = Arc::new(try_fb_to_schema(footer.schema().ok_or_else(|| broken("no schema".to_owned()))?)?);
        let version = footer.version();
        let dictionaries: Vec<Block> = footer.dictionaries().iter().flatten().copied().collect();
        let batches: Vec<Block> = footer.recordBatches().iter().flatten().copied().collect();
        if batches.is_empty() {
            return Err(broken("no batch".to_owned()));
        }
        let is_within = |block: &Block| {
            let length = u64::try_from(block.bodyLength()).ok()?.checked_add(u64::try_from(block.metaDataLength()).ok()?)?;
            u64::try_from(block.offset()).ok()?.checked_add(length).filter(|end| *end <= footer_start as u64)
        };
        if dictionaries.iter().chain(&batches).any(|block| is_within(block).is_none()) {
            return Err(broken("a batch lies outside of it".to_owned()));
        }
        let mut file = Opened { path: path.clone(), schema, version, bytes, map, dictionaries, batches, packed: false };
        file.packed = file.header_of(0)?.compression().is_some();
        Ok(file)
    }

    /// Its one batch, without copying.
    ///
    /// # Errors
    /// It has several.
    pub fn only_batch(&self) -> Result<RecordBatch, EditionError> {
        if self.batches() != 1 {
            return Err(self.broken(format!("{} batches instead of one", self.batches())));
        }
        self.read(&self.decoder(&self.columns())?.0, 0)
    }

    /// Where it lies in memory.
    pub fn mapped(&self) -> Arc<Mmap> {
        self.map.clone()
    }

    /// How many record batches it has: one at least.
    pub fn batches(&self) -> usize {
        self.batches.len()
    }

    /// Whether its buffers are packed.
    pub fn is_packed(&self) -> bool {
        self.packed
    }

    /// The names of its columns.
    pub fn columns(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// Whether it has a column of this name.
    pub fn has(&self, column: &str) -> bool {
        self.schema.index_of(column).is_ok()
    }

    /// The rows of a batch, by its head alone.
    ///
    /// # Errors
    /// Broken, where it has none.
    pub fn rows_of(&self, batch: usize) -> Result<usize, EditionError> {
        Ok(self.header_of(batch)?.length() as usize)
    }

    /// What reads these columns of its batches, and their schema.
    ///
    /// # Errors
    /// Broken, where there is no such column; Arrow, where the words of dictionaries cannot be read.
    pub fn decoder(&self, columns: &[&str]) -> Result<(FileDecoder, SchemaRef), EditionError> {
        let place = |name: &&str| self.schema.index_of(name).map_err(|_| self.broken(format!("column {name} is missing")));
        let places = columns.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
        let projected = Arc::new(self.schema.project(&places)?);
        // SAFETY: the bytes are those that `write_with` wrote: `Edition::open`, the only way to an edition that has not passed yet,
        // compares every block of every file with the manifest first (`Manifest::check`). Validating them as Arrow again would take
        // longer than that comparison (2.5 million names alone a second), and would not notice another number in a column.
        // What is packed is unpacked into memory of its own, which need not be aligned as the file is.
        let decoder = unsafe { FileDecoder::new(self.schema.clone(), self.version).with_skip_validation(true) };
        let mut decoder = decoder.with_require_alignment(!self.packed).with_projection(places);
        for block in &self.dictionaries {
            decoder.read_dictionary(block, &self.slice(block))?;
        }
        Ok((decoder, projected))
    }

    /// The columns of a decoder in one of the batches.
    ///
    /// # Errors
    /// Broken, where the batch is none.
    pub fn read(&self, decoder: &FileDecoder, batch: usize) -> Result<RecordBatch, EditionError> {
        let block = &self.batches[batch];
        decoder.read_record_batch(block, &self.slice(block))?.ok_or_else(|| self.broken("no batch".to_owned()))
    }

    /// Whether bytes are those of the file as they are mapped.
    #[cfg(test)]
    pub fn holds(&self, bytes: &Buffer) -> bool {
        self.bytes.as_ptr_range().contains(&bytes.as_ptr())
    }

    fn slice(&self, block: &Block) -> Buffer {
        self.bytes.slice_with_length(block.offset() as usize, block.bodyLength() as usize + block.metaDataLength() as usize)
    }

    fn header_of(&self, batch: usize) -> Result<arrow_ipc::RecordBatch<'_>, EditionError> {
        let block = &self.batches[batch];
        let at = block.offset() as usize;
        // A marker of four bytes and a length of four stand before the message.
        let message = self.bytes[at..].get(8..block.metaDataLength() as usize).and_then(|m| arrow_ipc::root_as_message(m).ok());
        let header = message.and_then(|message| message.header_as_record_batch());
        header.ok_or_else(|| self.broken(format!("batch {batch} has no head")))
    }

    fn broken(&self, reason: String) -> EditionError {
        EditionError::Broken { path: self.path.clone(), reason }
    }
}

pub(in crate::edition) fn named<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, EditionError> {
    batch
        .column_by_name(name)
        .map(|c| &**c)
        .ok_or_else(|| EditionError::Broken { path: name.into(), reason: "this column is missing".to_owned() })
}
