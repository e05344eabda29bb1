//! Exports that are not lines: Arrow streams for analysts' programs, XLSX for their desks.

use std::io::{Error, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use rust_xlsxwriter::{Format as CellFormat, Workbook};

use super::Export;

/// Rows of a sheet, the header's left out.
pub const MAX_ROWS: u64 = 1_048_575;
/// Rows of one batch.
const BATCH: usize = 16_384;

/// An Arrow IPC stream: numbers as float64, everything else as text.
pub fn arrow(export: &Export, out: &mut impl Write) -> std::io::Result<()> {
    let field = |c: &super::Column| Field::new(c.name(), if c.is_number() { DataType::Float64 } else { DataType::Utf8 }, true);
    let schema = Arc::new(Schema::new(export.columns.iter().map(field).collect::<Vec<_>>()));
    let mut writer = StreamWriter::try_new(out, &schema).map_err(Error::other)?;
    let mut rows = export.rows.iter();
    let mut cell = String::new();
    loop {
        let batch: Vec<u32> = rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        export.progress.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let arrays = export.columns.iter().map(|column| -> ArrayRef {
            let mut cells = batch.iter().map(|row| {
                cell.clear();
                column.write(&export.edition.enterprise(*row), export.lang, &mut cell);
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

/// One sheet; rows go to a temporary file as they come, so that memory stays flat.
pub fn xlsx(export: &Export, out: &mut impl Write) -> std::io::Result<()> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(Error::other)?;
    let bold = CellFormat::new().set_bold();
    for (at, column) in export.columns.iter().enumerate() {
        sheet.write_string_with_format(0, at as u16, column.title(export.lang), &bold).map_err(Error::other)?;
    }
    let mut cell = String::new();
    for (line, row) in (1_u32..).zip(export.rows.iter()) {
        let enterprise = export.edition.enterprise(row);
        export.progress.fetch_add(1, Ordering::Relaxed);
        for (at, column) in export.columns.iter().enumerate() {
            cell.clear();
            column.write(&enterprise, export.lang, &mut cell);
            match (cell.is_empty(), column.is_number().then(|| cell.parse::<f64>().ok()).flatten()) {
                (true, _) => {}
                (false, Some(number)) => drop(sheet.write_number(line, at as u16, number).map_err(Error::other)?),
                // Written as text, a cell is never a formula.
                (false, None) => drop(sheet.write_string(line, at as u16, cell.as_str()).map_err(Error::other)?),
            }
        }
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
