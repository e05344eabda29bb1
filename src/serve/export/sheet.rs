//! Exports that are not lines: Arrow streams for analysts' programs, XLSX for their desks.

use std::io::{Error, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use rust_xlsxwriter::{Format as CellFormat, Workbook};

use super::request::ExportRequest;

/// Rows of a sheet, the header's left out.
pub const MAX_ROWS: u64 = 1_048_575;
/// Rows of one batch.
const BATCH: usize = 16_384;

/// An Arrow IPC stream: numbers as float64, everything else as text.
pub fn arrow(export: &ExportRequest, out: &mut impl Write) -> std::io::Result<()> {
    let field = |c: &super::Chosen| Field::new(c.name(), if c.is_number() { DataType::Float64 } else { DataType::Utf8 }, true);
    let schema = Arc::new(Schema::new(export.columns.iter().map(field).collect::<Vec<_>>()));
    let mut writer = StreamWriter::try_new(out, &schema).map_err(Error::other)?;
    let mut rows = export.rows.iter();
    let mut cell = String::new();
    loop {
        let batch: Vec<u32> = rows.by_ref().take(export.at_a_time(BATCH)).collect();
        if batch.is_empty() {
            break;
        }
        export.progress.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let answers = export.answers(&batch)?;
        let arrays = export.columns.iter().map(|column| -> ArrayRef {
            let mut cells = batch.iter().enumerate().map(|(at, row)| {
                let enterprise = export.edition.enterprise(*row);
                export.cell(column, &enterprise, answers.as_ref().map(|a| &a[at]), &mut cell);
                (!cell.is_empty()).then(|| cell.clone())
            });
            if column.is_number() {
                let mut builder = Float64Builder::with_capacity(batch.len());
                cells.for_each(|cell| builder.append_option(cell.and_then(|c| c.parse::<f64>().ok())));
                Arc::new(builder.finish())
            } else {
                let mut builder = StringBuilder::new();
                cells.by_ref().for_each(|cell| builder.append_option(cell));
                Arc::new(builder.finish())
            }
        });
        let batch = RecordBatch::try_new(schema.clone(), arrays.collect()).map_err(Error::other)?;
        writer.write(&batch).map_err(Error::other)?;
    }
    writer.finish().map_err(Error::other)
}

/// Characters a cell of a sheet holds.
const MAX_CELL: usize = 32_767;

fn cut(cell: &str) -> &str {
    cell.char_indices().nth(MAX_CELL).map_or(cell, |(end, _)| &cell[..end])
}

/// One sheet; rows go to a temporary file as they come, so that memory stays flat.
pub fn xlsx(export: &ExportRequest, out: &mut impl Write) -> std::io::Result<()> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(Error::other)?;
    let bold = CellFormat::new().set_bold();
    for (at, column) in export.columns.iter().enumerate() {
        sheet.write_string_with_format(0, at as u16, &*column.title(export.lang), &bold).map_err(Error::other)?;
    }
    let mut cell = String::new();
    let mut rows = export.rows.iter();
    let mut line = 1_u32;
    loop {
        let batch: Vec<u32> = rows.by_ref().take(export.at_a_time(BATCH)).collect();
        if batch.is_empty() {
            break;
        }
        let answers = export.answers(&batch)?;
        for (at, row) in batch.iter().enumerate() {
            let enterprise = export.edition.enterprise(*row);
            for (place, column) in export.columns.iter().enumerate() {
                export.cell(column, &enterprise, answers.as_ref().map(|a| &a[at]), &mut cell);
                let place = place as u16;
                match (cell.is_empty(), column.is_number().then(|| cell.parse::<f64>().ok()).flatten()) {
                    (true, _) => {}
                    (false, Some(number)) => drop(sheet.write_number(line, place, number).map_err(Error::other)?),
                    // Written as text, a cell is never a formula. A longer one does not fit into a sheet.
                    (false, None) => drop(sheet.write_string(line, place, cut(&cell)).map_err(Error::other)?),
                }
            }
            line += 1;
        }
        export.progress.fetch_add(batch.len() as u64, Ordering::Relaxed);
    }
    let mut file = tempfile::tempfile()?;
    workbook.save_to_writer(&mut file).map_err(Error::other)?;
    use std::io::{Read, Seek};
    file.rewind()?;
    let mut chunk = vec![0; 64 << 10];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(()),
            n => out.write_all(&chunk[..n])?,
        }
    }
}
