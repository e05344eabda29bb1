//! One Arrow IPC file with one record batch: written with its digest, opened by mapping it into memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_ipc::{CompressionType, root_as_footer};
use arrow_schema::{Field, Schema};

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
    write_with(folder, name, columns, IpcWriteOptions::default())
}

/// The same with its buffers packed by ZSTD, as the Arrow format has it: for files that are small, or seldom read, and that are held in
/// memory while they are open.
///
/// # Errors
/// As [`write_table`].
pub fn write_packed(folder: &Path, name: &str, columns: Vec<TableColumn>) -> Result<FileDigest, EditionError> {
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD))?;
    write_with(folder, name, columns, options)
}

fn write_with(
    folder: &Path,
    name: &str,
    columns: Vec<TableColumn>,
    options: IpcWriteOptions,
) -> Result<FileDigest, EditionError> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().map(|c| (c.field, c.array)).unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays)?;
    let path = folder.join(name);
    let file = File::create(&path).map_err(EditionError::io(&path))?;
    let out = Hashing::new(BufWriter::with_capacity(1 << 20, file));
    let mut writer = FileWriter::try_new_with_options(out, &schema, options)?;
    writer.write(&batch)?;
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
    let path = folder.join(name);
    let broken = |reason: String| EditionError::Broken { path: path.clone(), reason };
    let file = File::open(&path).map_err(EditionError::io(&path))?;
    // SAFETY: files of a published edition are never written again, only unlinked, which leaves the mapping whole.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(EditionError::io(&path))?;
    if map.len() as u64 != expected {
        return Err(broken(format!("{} bytes; the manifest says {expected}", map.len())));
    }
    let map = Arc::new(map);
    let start = std::ptr::NonNull::new(map.as_ptr().cast_mut()).ok_or_else(|| broken("not mapped".to_owned()))?;
    // SAFETY: the pointer and the length are the mapping's, which the buffer keeps alive.
    let buffer = unsafe { Buffer::from_custom_allocation(start, map.len(), map.clone()) };

    let trailer = buffer.len().checked_sub(10).ok_or_else(|| broken("too short".to_owned()))?;
    let footer_len = read_footer_length(buffer[trailer..].try_into().expect("ten bytes"))?;
    let footer_start = trailer.checked_sub(footer_len).ok_or_else(|| broken("the footer is cut off".to_owned()))?;
    let footer = root_as_footer(&buffer[footer_start..trailer]).map_err(|e| broken(e.to_string()))?;
    let schema = try_fb_to_schema(footer.schema().ok_or_else(|| broken("no schema".to_owned()))?)?;
    // SAFETY: the bytes are those that `write_table` wrote: `Edition::open`, the only way to an edition that has not passed yet,
    // compares every block of every file with the manifest first (`Manifest::check`). Validating them as Arrow again would take
    // longer than that comparison (2.5 million names alone a second), and would not notice another number in a column.
    // What is packed is unpacked into memory of its own, which need not be aligned as the file is.
    let decoder = unsafe { FileDecoder::new(Arc::new(schema), footer.version()).with_skip_validation(true) };
    let mut decoder = decoder.with_require_alignment(!is_packed(&buffer, &footer));
    let slice = |block: &arrow_ipc::Block| {
        buffer.slice_with_length(block.offset() as usize, block.bodyLength() as usize + block.metaDataLength() as usize)
    };
    for block in footer.dictionaries().iter().flatten() {
        decoder.read_dictionary(block, &slice(block))?;
    }
    let blocks = footer.recordBatches().ok_or_else(|| broken("no batch".to_owned()))?;
    if blocks.len() != 1 {
        return Err(broken(format!("{} batches instead of one", blocks.len())));
    }
    let block = blocks.get(0);
    decoder.read_record_batch(block, &slice(block))?.ok_or_else(|| broken("no batch".to_owned()))
}

/// Whether the batch's buffers are packed.
fn is_packed(buffer: &Buffer, footer: &arrow_ipc::Footer<'_>) -> bool {
    let packed = |block: &arrow_ipc::Block| {
        let at = block.offset() as usize;
        let message = buffer.get(at..at + block.metaDataLength() as usize)?;
        // A marker of four bytes and a length of four stand before the message.
        let message = arrow_ipc::root_as_message(message.get(8..)?).ok()?;
        Some(message.header_as_record_batch()?.compression().is_some())
    };
    footer.recordBatches().into_iter().flatten().any(|block| packed(block).unwrap_or(false))
}

pub(in crate::edition) fn named<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, EditionError> {
    batch
        .column_by_name(name)
        .map(|c| &**c)
        .ok_or_else(|| EditionError::Broken { path: name.into(), reason: "this column is missing".to_owned() })
}
