//! Writes an export: the rows in their order, as CSV, NDJSON, Arrow, Parquet or a workbook, several pieces at a time and flat in memory.
//!
//! CSV is written by hand: one rule of quoting over cells that stand in columns already, and codes as a spreadsheet must see them
//! (`="…"`), which a writer of records would quote once more.

use std::sync::atomic::Ordering;

use async_graphql::Value;

use super::choice::Chosen;
use super::columns::{CellKind, flag};
use super::format::ExportFileFormat;
use super::request::ExportRequest;
use super::sheet;
use crate::edition::Row;
use crate::model::text::is_number_to_spreadsheets;
use crate::serve::limits::background::among_writers;
use crate::serve::problem::Problem;

/// The column that leads back to the account of an export.
const MARK: &str = "mark";

/// A sheet holds a million rows and no more.
pub fn check_size(export: &ExportRequest, format: ExportFileFormat) -> Result<(), Problem> {
    let rows = export.rows.len();
    if format == ExportFileFormat::Xlsx && rows > sheet::MAX_ROWS {
        return Err(Problem::bad_input(
            format!("{rows} 行超过 Excel 的上限；请改用 csv 或缩小范围"),
            format!("{rows} rows are more than a sheet holds: use csv, or filter"),
        ));
    }
    Ok(())
}

/// Writes the whole export.
pub fn write(export: &ExportRequest, format: ExportFileFormat, out: &mut (impl std::io::Write + Send)) -> std::io::Result<()> {
    match format {
        ExportFileFormat::Csv => csv(export, out),
        ExportFileFormat::Ndjson => ndjson(export, out),
        ExportFileFormat::Arrow => sheet::arrow(export, out),
        ExportFileFormat::Parquet => sheet::parquet(export, out),
        ExportFileFormat::Xlsx => sheet::xlsx(export, out),
    }
}

/// Rows that one thread writes at a time, and those of the first round, which the client waits for.
pub(super) const PIECE: usize = 2_048;

pub(super) const FIRST_PIECE: usize = 128;

/// Threads that write one export.
pub(super) const WRITERS: usize = 4;

/// Writes all rows in their order, several pieces at a time: what is ahead of the client stays small.
pub(super) fn in_pieces(
    export: &ExportRequest,
    out: &mut impl std::io::Write,
    lines: impl Fn(&[Row], Option<&[Value]>, &mut Vec<u8>) -> std::io::Result<()> + Sync,
) -> std::io::Result<()> {
    use rayon::prelude::*;
    let mut rows = export.rows.iter();
    let mut piece = FIRST_PIECE;
    // What has been handed on is written into again: fresh memory costs more than filling it.
    let mut spare: Vec<Vec<u8>> = Vec::new();
    let writers = rayon::current_num_threads().clamp(1, WRITERS);
    loop {
        let of_rows = |_| (rows.by_ref().take(piece).collect(), spare.pop().unwrap_or_default());
        let pieces: Vec<(Vec<Row>, Vec<u8>)> = (0..writers).map(of_rows).collect();
        if pieces[0].0.is_empty() {
            return Ok(());
        }
        let write = |(rows, mut bytes): (Vec<Row>, Vec<u8>)| {
            bytes.clear();
            bytes.reserve(rows.len() * 300);
            let answers = export.answers(&rows)?;
            lines(&rows, answers.as_deref(), &mut bytes).map(|()| (rows.len(), bytes))
        };
        let written: Vec<std::io::Result<(usize, Vec<u8>)>> =
            among_writers(export.graph.is_some(), || pieces.into_par_iter().map(write).collect());
        for piece in written {
            let (rows, bytes) = piece?;
            out.write_all(&bytes)?;
            export.progress.fetch_add(rows as u64, Ordering::Relaxed);
            spare.push(bytes);
        }
        piece = export.at_a_time(PIECE);
    }
}

pub(super) fn csv(export: &ExportRequest, out: &mut impl std::io::Write) -> std::io::Result<()> {
    // Excel takes UTF-8 for UTF-8 only behind a byte order mark.
    if !export.gb18030 {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let coded = |line: Vec<u8>| match export.gb18030 {
        true => encoding_rs::GB18030.encode(std::str::from_utf8(&line).expect("cells are UTF-8")).0.into_owned(),
        false => line,
    };
    let mut header = Vec::new();
    for (i, column) in export.columns.iter().enumerate() {
        if i > 0 {
            header.push(b',');
        }
        csv_cell(&column.title(export.lang), CellKind::Text, &mut header);
    }
    if export.mark().is_some() {
        header.extend_from_slice(format!(",{}", export.lang.pick("溯源标记", MARK)).as_bytes());
    }
    header.extend_from_slice(b"\r\n");
    out.write_all(&coded(header))?;
    let kinds: Vec<CellKind> = export.columns.iter().map(Chosen::kind).collect();
    in_pieces(export, out, |rows, answers, bytes| {
        let mut cell = String::new();
        // Cells are written where they stay; few have to be written again.
        let mut text = String::from_utf8(std::mem::take(bytes)).expect("nothing is written yet");
        for (at, row) in rows.iter().enumerate() {
            let enterprise = export.edition.enterprise(*row);
            for (i, (column, kind)) in export.columns.iter().zip(&kinds).enumerate() {
                if i > 0 {
                    text.push(',');
                }
                let start = text.len();
                export.put(column, &enterprise, answers.map(|a| &a[at]), &mut text);
                let written = &text[start..];
                let is_code = !export.plain_codes && needs_quotes(written, *kind);
                if !is_code && stays_as_it_is(column, written, *kind) {
                    continue;
                }
                cell.clear();
                cell.push_str(written);
                text.truncate(start);
                match is_code {
                    true => put_code(&cell, &mut text),
                    false => put_cell(&cell, *kind, &mut text),
                }
            }
            if let Some(mark) = export.mark() {
                text.push(',');
                // Digits alone would be a number to a spreadsheet, and lose the last ones.
                match export.plain_codes {
                    true => put_cell(mark, CellKind::Text, &mut text),
                    false => put_code(mark, &mut text),
                }
            }
            text.push_str("\r\n");
        }
        *bytes = coded(text.into_bytes());
        Ok(())
    })
}

/// Whether a cell is quoted, and whether a spreadsheet would take it for a formula.
fn quoted_and_guarded(text: &str, kind: CellKind) -> (bool, bool) {
    let is_number = matches!(kind, CellKind::Count | CellKind::Money | CellKind::Number);
    // The wide ones all begin with this byte; few other characters do.
    let may_start = || matches!(text.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | 0xef));
    let starts_formula = || text.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let guard = !is_number && may_start() && starts_formula() && text.parse::<f64>().is_err();
    (parts_cells(text.as_bytes()), guard)
}

/// Whether something in a cell would end it. All bytes are looked at, many at a time: few cells have any. Apart, as the compiler takes
/// them one by one where this is put into a larger loop.
#[inline(never)]
fn parts_cells(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, b| found | matches!(b, b',' | b'"' | b'\n' | b'\r'))
}

/// Whether a cell is its text and nothing more.
fn stays_as_it_is(column: &Chosen, text: &str, kind: CellKind) -> bool {
    // Digits, a sign, a point, days, yes and no: the edition holds them as what they are.
    let is_plain = matches!(kind, CellKind::Count | CellKind::Money | CellKind::Number | CellKind::Date | CellKind::Flag);
    is_plain && matches!(column, Chosen::Edition(_)) || quoted_and_guarded(text, kind) == (false, false)
}

/// One cell: quoted where needed, and never taken for a formula by a spreadsheet.
fn put_cell(text: &str, kind: CellKind, line: &mut String) {
    let (quote, guard) = quoted_and_guarded(text, kind);
    if quote {
        line.push('"');
    }
    if guard {
        line.push('\'');
    }
    match quote {
        true => {
            for (at, piece) in text.split('"').enumerate() {
                line.push_str(if at > 0 { "\"\"" } else { "" });
                line.push_str(piece);
            }
            line.push('"');
        }
        false => line.push_str(text),
    }
}

/// [`put_cell`] behind bytes.
pub(super) fn csv_cell(text: &str, kind: CellKind, line: &mut Vec<u8>) {
    let mut cell = String::with_capacity(text.len() + 4);
    put_cell(text, kind, &mut cell);
    line.extend_from_slice(cell.as_bytes());
}

/// Whether a spreadsheet would take a cell for a number that it is not: a credit code (a sixth of them are digits only), `0111` of the
/// industries, the key of a record.
pub(super) fn needs_quotes(text: &str, kind: CellKind) -> bool {
    match kind {
        CellKind::Code => !text.is_empty(),
        CellKind::Text => is_number_to_spreadsheets(text),
        _ => false,
    }
}

/// A code that a spreadsheet takes for text: the formula that is the text itself, in quotes as CSV wants them.
fn put_code(text: &str, line: &mut String) {
    line.push_str("\"=\"\"");
    // A code that was misread may hold anything; a quote would end the formula.
    text.split(['"', '\n', '\r']).for_each(|piece| line.push_str(piece));
    line.push_str("\"\"\"");
}

/// [`put_code`] behind bytes.
pub(super) fn csv_code(text: &str, line: &mut Vec<u8>) {
    let mut code = String::with_capacity(text.len() + 9);
    put_code(text, &mut code);
    line.extend_from_slice(code.as_bytes());
}

/// What the edition holds by the names of its columns, then what the graph answered, as it answered.
pub(super) fn ndjson(export: &ExportRequest, out: &mut impl std::io::Write) -> std::io::Result<()> {
    in_pieces(export, out, |rows, answers, bytes| {
        let mut cell = String::new();
        for (at, row) in rows.iter().enumerate() {
            let enterprise = export.edition.enterprise(*row);
            bytes.push(b'{');
            let mut first = true;
            let mut name = |name: &str, bytes: &mut Vec<u8>| -> std::io::Result<()> {
                if !std::mem::take(&mut first) {
                    bytes.push(b',');
                }
                serde_json::to_writer(&mut *bytes, name)?;
                bytes.push(b':');
                Ok(())
            };
            for column in export.columns.iter().filter(|c| matches!(c, Chosen::Edition(_))) {
                name(&column.name(), bytes)?;
                export.cell(column, &enterprise, None, &mut cell);
                match (cell.is_empty(), column.is_number()) {
                    _ if column.kind() == CellKind::Flag => serde_json::to_writer(&mut *bytes, &flag(&cell))?,
                    (true, _) => bytes.extend_from_slice(b"null"),
                    (false, true) => bytes.extend_from_slice(cell.as_bytes()),
                    (false, false) => serde_json::to_writer(&mut *bytes, &cell)?,
                }
            }
            if let Some(Value::Object(fields)) = answers.map(|a| &a[at]) {
                for (of, value) in fields {
                    name(of, bytes)?;
                    serde_json::to_writer(&mut *bytes, value)?;
                }
            }
            if let Some(mark) = export.mark() {
                name(MARK, bytes)?;
                serde_json::to_writer(&mut *bytes, mark)?;
            }
            bytes.extend_from_slice(b"}\n");
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stays_a_text_in_a_spreadsheet() {
        let mut line = Vec::new();
        csv_code("911101080000000001", &mut line);
        assert_eq!(line, b"\"=\"\"911101080000000001\"\"\"");
        line.clear();
        csv_code("9\"&HYPERLINK(1)", &mut line);
        assert_eq!(line, b"\"=\"\"9&HYPERLINK(1)\"\"\"", "nothing gets out of the text");
    }

    #[test]
    fn no_cell_is_a_formula() {
        let cell = |text: &str, is_number| {
            let mut line = Vec::new();
            csv_cell(text, if is_number { CellKind::Number } else { CellKind::Text }, &mut line);
            String::from_utf8(line).unwrap()
        };
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+86", "+86"),
            ("-3.5", "-3.5"),
            ("-3.5x", "'-3.5x"),
            ("@cmd", "'@cmd"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{ff20}x", "'\u{ff20}x"),
            ("\tx", "'\tx"),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
            ("北京,示例", "\"北京,示例\""),
        ] {
            assert_eq!(cell(text, false), expected);
        }
        assert_eq!(cell("-12", true), "-12");
    }
}
