//! Exports that are not lines: Arrow streams and Parquet files for analysts' programs, XLSX for their desks.

use std::io::{Error, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, Workbook};

use super::choice::Chosen;
use super::columns::{CellKind, flag};
use super::request::ExportRequest;
use crate::serve::limits::background::among_writers;

/// Rows of a sheet, the header's left out.
pub const MAX_ROWS: u64 = 1_048_575;
/// Rows of one batch.
const BATCH: usize = 16_384;

/// Rows of one group of a Parquet file: they are held in memory, encoded, until the group is whole.
const ROW_GROUP: usize = 131_072;

/// Digits of an amount, and those of its fen.
const MONEY: (u8, i8) = (18, 2);

/// The zone of instants in files that have types.
const ZONE: &str = "UTC";

fn data_type(kind: CellKind) -> DataType {
    match kind {
        CellKind::Text | CellKind::Code => DataType::Utf8,
        CellKind::Count => DataType::Int64,
        CellKind::Money => DataType::Decimal128(MONEY.0, MONEY.1),
        CellKind::Number => DataType::Float64,
        CellKind::Date => DataType::Date32,
        CellKind::Instant => DataType::Timestamp(TimeUnit::Millisecond, Some(ZONE.into())),
        CellKind::Flag => DataType::Boolean,
    }
}

fn day(cell: &str) -> Option<NaiveDate> {
    cell.parse().ok()
}

fn instant(cell: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(cell).ok().map(|at| at.to_utc())
}

/// Fen of an amount in yuan such as `12000.50`.
fn fen(cell: &str) -> Option<i128> {
    let (yuan, rest) = cell.split_once('.').unwrap_or((cell, ""));
    let cents: i128 = format!("{rest:0<2}").get(..2)?.parse().ok()?;
    let yuan_fen = yuan.parse::<i128>().ok()? * 100;
    Some(if yuan.starts_with('-') { yuan_fen - cents } else { yuan_fen + cents })
}

/// The cells of one column in its type; what cannot be read as that is absent.
fn array(kind: CellKind, cells: impl Iterator<Item = Option<String>>, rows: usize) -> Result<ArrayRef, ArrowError> {
    Ok(match kind {
        CellKind::Count => {
            let mut builder = Int64Builder::with_capacity(rows);
            cells.for_each(|cell| builder.append_option(cell.and_then(|c| c.parse().ok())));
            Arc::new(builder.finish())
        }
        CellKind::Money => {
            let mut builder = Decimal128Builder::with_capacity(rows).with_precision_and_scale(MONEY.0, MONEY.1)?;
            cells.for_each(|cell| builder.append_option(cell.and_then(|c| fen(&c))));
            Arc::new(builder.finish())
        }
        CellKind::Number => {
            let mut builder = Float64Builder::with_capacity(rows);
            cells.for_each(|cell| builder.append_option(cell.and_then(|c| c.parse().ok())));
            Arc::new(builder.finish())
        }
        CellKind::Date => {
            let epoch = NaiveDate::default();
            let mut builder = Date32Builder::with_capacity(rows);
            cells.for_each(|cell| builder.append_option(cell.and_then(|c| Some((day(&c)? - epoch).num_days() as i32))));
            Arc::new(builder.finish())
        }
        CellKind::Instant => {
            let mut builder = TimestampMillisecondBuilder::with_capacity(rows).with_timezone(ZONE);
            cells.for_each(|cell| builder.append_option(cell.and_then(|c| Some(instant(&c)?.timestamp_millis()))));
            Arc::new(builder.finish())
        }
        CellKind::Flag => {
            let mut builder = BooleanBuilder::with_capacity(rows);
            cells.for_each(|cell| builder.append_option(cell.and_then(|c| flag(&c))));
            Arc::new(builder.finish())
        }
        CellKind::Text | CellKind::Code => {
            let mut builder = StringBuilder::new();
            cells.for_each(|cell| builder.append_option(cell));
            Arc::new(builder.finish())
        }
    })
}

/// The columns with their types; the schema's metadata says of which edition it is and what was asked.
fn schema_of(export: &ExportRequest) -> Arc<Schema> {
    let field = |c: &super::Chosen| Field::new(c.name(), data_type(c.kind()), true);
    let about: std::collections::HashMap<String, String> =
        export.about().into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    Arc::new(Schema::new(export.columns.iter().map(field).collect::<Vec<_>>()).with_metadata(about))
}

/// All rows in their order as batches: counts as int64, amounts as decimals, days as date32, instants as timestamps, truth values as
/// booleans, other numbers as float64, everything else as text.
fn in_batches(
    export: &ExportRequest,
    schema: &Arc<Schema>,
    mut write: impl FnMut(&RecordBatch) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut rows = export.rows.iter();
    let mut cell = String::new();
    loop {
        let batch: Vec<u32> = rows.by_ref().take(export.at_a_time(BATCH)).collect();
        if batch.is_empty() {
            return Ok(());
        }
        export.progress.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let answers = export.answers(&batch)?;
        let array_of = |column: &Chosen| {
            let cells = batch.iter().enumerate().map(|(at, row)| {
                let enterprise = export.edition.enterprise(*row);
                export.cell(column, &enterprise, answers.as_ref().map(|a| &a[at]), &mut cell);
                (!cell.is_empty()).then(|| cell.clone())
            });
            array(column.kind(), cells, batch.len())
        };
        let arrays = || export.columns.iter().map(array_of).collect::<Result<Vec<ArrayRef>, ArrowError>>();
        let arrays = among_writers(false, arrays).map_err(Error::other)?;
        write(&RecordBatch::try_new(schema.clone(), arrays).map_err(Error::other)?)?;
    }
}

/// An Arrow IPC stream.
pub fn arrow(export: &ExportRequest, out: &mut impl Write) -> std::io::Result<()> {
    let schema = schema_of(export);
    let mut writer = StreamWriter::try_new(out, &schema).map_err(Error::other)?;
    in_batches(export, &schema, |batch| writer.write(batch).map_err(Error::other))?;
    writer.finish().map_err(Error::other)
}

/// A Parquet file with the same types, packed with Zstandard. Edition and question stand in its key-value metadata, for readers that
/// look there, and in the schema's, for those of Arrow. The same question gives the same file.
pub fn parquet(export: &ExportRequest, out: &mut (impl Write + Send)) -> std::io::Result<()> {
    let schema = schema_of(export);
    let about = export.about().into_iter().map(|(name, text)| KeyValue::new(name.to_owned(), text)).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_key_value_metadata(Some(about))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(Error::other)?;
    in_batches(export, &schema, |batch| writer.write(batch).map_err(Error::other))?;
    writer.close().map(|_| ()).map_err(Error::other)
}

/// Characters a cell of a sheet holds.
const MAX_CELL: usize = 32_767;

fn cut(cell: &str) -> &str {
    cell.char_indices().nth(MAX_CELL).map_or(cell, |(end, _)| &cell[..end])
}

/// How counts, amounts and days are shown.
struct Formats {
    count: CellFormat,
    money: CellFormat,
    date: CellFormat,
    instant: CellFormat,
}

impl Default for Formats {
    fn default() -> Formats {
        let of = |text: &str| CellFormat::new().set_num_format(text);
        Formats { count: of("0"), money: of("#,##0.00"), date: of("yyyy-mm-dd"), instant: of("yyyy-mm-dd hh:mm:ss") }
    }
}

impl Formats {
    fn of(&self, kind: CellKind) -> Option<&CellFormat> {
        match kind {
            CellKind::Count => Some(&self.count),
            CellKind::Money => Some(&self.money),
            CellKind::Date => Some(&self.date),
            CellKind::Instant => Some(&self.instant),
            CellKind::Text | CellKind::Code | CellKind::Number | CellKind::Flag => None,
        }
    }
}

/// The number under which a sheet keeps a day: those since the last of 1899, which counts 29 February 1900 though it never was. None of
/// days before March 1900.
pub(super) fn serial(day: NaiveDate) -> Option<f64> {
    let first = NaiveDate::from_ymd_opt(1900, 3, 1)?;
    let days = (day - first).num_days();
    (days >= 0).then_some(days as f64 + 61.0)
}

/// The same of a moment as the clock on the wall shows it, with the part of the day.
fn clock(at: NaiveDateTime) -> Option<f64> {
    let seconds = (at - at.date().and_time(chrono::NaiveTime::MIN)).num_seconds();
    Some(serial(at.date())? + seconds as f64 / 86_400.0)
}

/// Characters of a workbook's property.
const MAX_PROPERTY: usize = 255;

/// Says in the workbook's properties of which edition it is and what was asked. Its day is the edition's: the same question gives the
/// same file.
fn workbook_about(export: &ExportRequest, workbook: &mut Workbook) -> std::io::Result<()> {
    use chrono::Datelike;
    let published = export.edition.manifest.published_at.date_naive();
    let created = ExcelDateTime::from_ymd(published.year() as u16, published.month() as u8, published.day() as u8);
    let mut properties = DocProperties::new().set_title("huitu 会图").set_creation_datetime(&created.map_err(Error::other)?);
    for (name, text) in export.about() {
        // A property holds 255 characters: what is longer stands whole in the comments.
        if text.chars().count() > MAX_PROPERTY {
            properties = properties.set_comment(format!("{name}: {text}"));
        }
        let text: String = text.chars().take(MAX_PROPERTY).collect();
        properties = properties.set_custom_property(name, text.as_str());
    }
    workbook.set_properties(&properties);
    Ok(())
}

/// One sheet; rows go to a temporary file as they come, so that memory stays flat.
pub fn xlsx(export: &ExportRequest, out: &mut impl Write) -> std::io::Result<()> {
    let mut workbook = Workbook::new();
    workbook_about(export, &mut workbook)?;
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(Error::other)?;
    let bold = CellFormat::new().set_bold();
    let formats = Formats::default();
    let zone = export.zone();
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
        let lines = || {
            for (at, row) in batch.iter().enumerate() {
                let enterprise = export.edition.enterprise(*row);
                for (place, column) in export.columns.iter().enumerate() {
                    export.cell(column, &enterprise, answers.as_ref().map(|a| &a[at]), &mut cell);
                    let place = place as u16;
                    if cell.is_empty() {
                        continue;
                    }
                    let kind = column.kind();
                    let typed = match kind {
                        CellKind::Count | CellKind::Money => cell.parse::<f64>().ok().map(|n| (n, formats.of(kind))),
                        CellKind::Number => cell.parse::<f64>().ok().map(|n| (n, None)),
                        CellKind::Date => day(&cell).and_then(serial).map(|n| (n, formats.of(kind))),
                        CellKind::Instant => {
                            let shown = instant(&cell).map(|at| at.with_timezone(&zone).naive_local());
                            shown.and_then(clock).map(|n| (n, formats.of(kind)))
                        }
                        CellKind::Text | CellKind::Code | CellKind::Flag => None,
                    };
                    match typed {
                        Some((number, Some(format))) => sheet.write_number_with_format(line, place, number, format),
                        Some((number, None)) => sheet.write_number(line, place, number),
                        // Written as text, a cell is never a formula. A longer one does not fit into a sheet.
                        None => sheet.write_string(line, place, cut(&cell)),
                    }
                    .map_err(Error::other)?;
                }
                line += 1;
            }
            std::io::Result::Ok(())
        };
        among_writers(false, lines)?;
        export.progress.fetch_add(batch.len() as u64, Ordering::Relaxed);
    }
    let mut file = tempfile::tempfile()?;
    among_writers(false, || workbook.save_to_writer(&mut file)).map_err(Error::other)?;
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
