//! Workbooks: one shape for what a clerk sees in a sheet, whatever wrote it.
//!
//! In: a workbook of any kind behind [`Workbook`]: its sheets, which of them are hidden, where cells are merged, and its rows as
//! displayed text. Out, into [`SheetRows`]: the header, the rows under it, and in words what was left out. All kinds share
//! these rules: hidden sheets are read only when named, visible sheets with the same header are read together, merged cells
//! are filled, cells to the right of the header are not read, and a title above the header of some sheets only is passed over. What a row or a text means is not decided here.

mod binary;
mod format;
mod html;
mod ods;
mod spreadsheetml;
mod table;
mod workbook;
mod xls;
mod xls_text;
mod xlsb;
mod xlsx;

use std::io;
use std::path::Path;

use super::chunk::Note;
use super::error::said;
use super::file::Kind;
use crate::connector::{Connector, Decoding, DriftKind};
use table::Table;
use workbook::{ENOUGH, Workbook, enough};
pub use workbook::{SheetName, SheetRows};

/// Which sheets of a workbook are the registry's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// In the workbook's order.
    pub read: Vec<SheetName>,
    /// Sheets that hold cells and are not read.
    pub left: Vec<SheetName>,
}

fn open(path: &Path, kind: Kind, connector: &Connector) -> io::Result<Box<dyn Workbook>> {
    let caps = &connector.source.caps;
    Ok(match kind {
        Kind::Xlsx => Box::new(xlsx::Book::open(path, caps)?),
        Kind::Xls => Box::new(xls::Book::open(path, caps)?),
        Kind::Xlsb => Box::new(xlsb::Book::open(path, caps)?),
        Kind::Ods => Box::new(ods::Book::open(path, caps)?),
        Kind::SpreadsheetMl => Box::new(spreadsheetml::Book::open(path, connector)?),
        Kind::Html => Box::new(html::Book::open(path, connector)?),
        other => return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{other:?} is no workbook"))),
    })
}

/// Reads the connector's sheets. Rows that are empty throughout are passed over.
///
/// # Errors
/// `InvalidData` where the workbook is none or has no such sheet (the message names those it has), else the taker's.
pub fn read(path: &Path, kind: Kind, connector: &Connector, rows: &mut dyn SheetRows) -> io::Result<()> {
    let mut book = open(path, kind, connector)?;
    let (sheets, choice) = choose(book.as_mut(), connector)?;
    for note in notes(&choice, connector) {
        rows.note(note)?;
    }
    for (sheet, skip) in sheets {
        let merges = book.merges(sheet)?;
        let decoding = Decoding { skip, ..connector.decoding.clone() };
        book.asides(sheet)?.iter().try_for_each(|text| rows.aside(text))?;
        let hidden = book.hidden_columns(sheet)?;
        let mut table = Table::new(&decoding, merges, rows).with_hidden(hidden);
        book.rows(sheet, &mut |at, cells| table.row(at, cells))?;
        let name = book.sheets()[sheet].name.clone();
        table.finish(&name)?;
        if book.hidden_rows() > 0 {
            let n = book.hidden_rows();
            rows.note(Note::new(
                "rows_hidden",
                format!("工作表「{name}」：有 {n} 行被隐藏或筛选掉，仍已读取"),
                format!("sheet \"{name}\": {n} rows are hidden or filtered out, and were read all the same"),
            ))?;
        }
    }
    Ok(())
}

/// The sheets that would be read, and those that would not.
///
/// # Errors
/// As [`read`].
pub fn sheets(path: &Path, kind: Kind, connector: &Connector) -> io::Result<Choice> {
    Ok(choose(open(path, kind, connector)?.as_mut(), connector)?.1)
}

/// The first rows of the sheet that would be read, headers, titles and all; rows without a cell are empty ones.
///
/// # Errors
/// As [`read`].
pub fn first_rows(path: &Path, kind: Kind, connector: &Connector, most: usize) -> io::Result<Vec<Vec<String>>> {
    let mut book = open(path, kind, connector)?;
    let (sheets, _) = choose(book.as_mut(), connector)?;
    let mut lines: Vec<Vec<String>> = Vec::new();
    let read = book.rows(sheets[0].0, &mut |at, cells| {
        lines.resize(lines.len().max((at as usize).min(most)), Vec::new());
        if lines.len() >= most {
            return Err(enough());
        }
        lines.push(cells.iter().map(|c| c.as_deref().unwrap_or_default().trim().to_owned()).collect());
        Ok(())
    });
    match read {
        Err(e) if e.kind() != io::ErrorKind::Other => Err(e),
        _ => Ok(lines),
    }
}

/// Rows above a header that are looked past where the header is not where the connector says.
const TITLES: u32 = 6;

/// A sheet's header, and the rows above it.
type Headed = (u32, Vec<String>);

/// The sheets to read with the rows to skip in each, and what is said of them.
fn choose(book: &mut dyn Workbook, connector: &Connector) -> io::Result<(Vec<(usize, u32)>, Choice)> {
    let all = book.sheets().to_vec();
    let chosen = |read: Vec<(usize, u32)>, holding: &dyn Fn(usize) -> bool| {
        let names = |of: &dyn Fn(usize) -> bool| (0..all.len()).filter(|at| of(*at)).map(|at| all[at].clone()).collect();
        let is_read = |at: usize| read.iter().any(|(sheet, _)| *sheet == at);
        let choice = Choice { read: names(&|at| is_read(at)), left: names(&|at| !is_read(at) && holding(at)) };
        (read, choice)
    };
    let skip = connector.decoding.skip;
    if let Some(wanted) = &connector.decoding.sheet {
        let found = all.iter().position(|s| s.name.trim() == wanted.trim()).ok_or_else(|| no_sheet(wanted, &all))?;
        let mut holding = vec![false; all.len()];
        for (at, holds) in holding.iter_mut().enumerate().filter(|(at, _)| *at != found) {
            // A sheet that cannot be read holds something.
            *holds = !matches!(header(book, at, connector, 0), Ok(None));
        }
        return Ok(chosen(vec![(found, skip)], &|at| holding[at]));
    }
    let mut visible: Vec<usize> = (0..all.len()).filter(|at| !all[*at].hidden).collect();
    if visible.is_empty() {
        visible = (0..all.len()).collect();
    }
    let first = *visible.first().ok_or_else(|| no_sheet("1", &all))?;
    if all.len() == 1 {
        return Ok(chosen(vec![(first, skip)], &|_| true));
    }
    let mut headers: Vec<(usize, Vec<Headed>)> = Vec::new();
    for at in &visible {
        let found = headers_of(book, *at, connector)?;
        if !found.is_empty() {
            headers.push((*at, found));
        }
    }
    let fits = |(_, header): &&Headed| connector.layout(header).is_ok();
    let main = match headers.iter().find(|(_, h)| h.iter().any(|h| fits(&h))) {
        Some((at, _)) => *at,
        None => fullest(book, headers.iter().map(|(at, _)| *at))?.unwrap_or(first),
    };
    let Some((_, of_main)) = headers.iter().find(|(at, _)| *at == main) else {
        return Ok(chosen(vec![(first, skip)], &|_| false));
    };
    let group = |head: &[String]| -> Vec<(usize, u32)> {
        headers
            .iter()
            .filter_map(|(at, found)| Some((*at, found.iter().find(|(_, h)| same_table(head, h, connector))?.0)))
            .collect()
    };
    let group = match of_main.iter().find(fits) {
        Some((_, head)) => group(head),
        // Nothing is known of the header: it is what most sheets share, and the first of them where that says nothing.
        None => of_main.iter().map(|(_, head)| group(head)).rev().max_by_key(Vec::len).unwrap_or_else(|| vec![(main, skip)]),
    };
    let with_header: Vec<usize> = headers.iter().map(|(at, _)| *at).collect();
    Ok(chosen(group, &|at| all[at].hidden || with_header.contains(&at)))
}

/// What may be a sheet's header: the row at the place that the connector says, and those around it that have several cells.
fn headers_of(book: &mut dyn Workbook, sheet: usize, connector: &Connector) -> io::Result<Vec<Headed>> {
    let said = connector.decoding.skip;
    let mut found: Vec<Headed> = Vec::new();
    let mut empty = true;
    for skip in std::iter::once(said).chain((0..=TITLES).filter(|skip| *skip != said)) {
        let Some(head) = header(book, sheet, connector, skip)? else { continue };
        empty = false;
        let several = head.iter().filter(|name| !name.trim().is_empty()).count() >= 2;
        let again = found.iter().any(|(_, known)| *known == head);
        if (skip == said || several) && !again {
            found.push((skip, head));
        }
        // The place that was said serves: nothing else is looked at.
        if found.last().is_some_and(|(at, head)| *at == said && connector.layout(head).is_ok())
            || connector.decoding.header_rows == 0
        {
            break;
        }
    }
    Ok(if empty { Vec::new() } else { found })
}

/// Whether two headers head the same table: the same names, in whatever order, or all that the contract reads.
fn same_table(main: &[String], other: &[String], connector: &Connector) -> bool {
    let plain = |header: &[String]| {
        let mut names: Vec<String> = header.iter().map(|h| h.chars().filter(|c| !c.is_whitespace()).collect()).collect();
        names.sort();
        names
    };
    let complete = |header: &[String]| {
        connector.layout(header).is_ok_and(|l| !l.drift.iter().any(|d| matches!(d.kind, DriftKind::Gone | DriftKind::Renamed)))
    };
    if plain(main) == plain(other) {
        return true;
    }
    if !connector.contract.columns.is_empty() {
        return complete(main) && complete(other);
    }
    // Nothing is known but the headers: one column more in some of the sheets makes no other table.
    let (main, other) = (plain(main), plain(other));
    let (fewer, more) = if main.len() <= other.len() { (&main, &other) } else { (&other, &main) };
    let named = fewer.iter().filter(|name| !name.is_empty()).count();
    named >= 2 && (more.len() - fewer.len()) * 3 <= more.len() && fewer.iter().all(|name| more.contains(name))
}

/// The sheet's header as the connector describes it, below `skip` rows; None for an empty sheet.
fn header(book: &mut dyn Workbook, sheet: usize, connector: &Connector, skip: u32) -> io::Result<Option<Vec<String>>> {
    struct Header(Option<Vec<String>>);
    impl SheetRows for Header {
        fn header(&mut self, columns: Vec<String>) -> io::Result<()> {
            self.0 = Some(columns);
            Ok(())
        }
        fn row(&mut self, _: &[Option<String>]) -> io::Result<()> {
            Err(enough())
        }
        fn note(&mut self, _: Note) -> io::Result<()> {
            Ok(())
        }
    }
    let mut found = Header(None);
    let decoding = Decoding { skip, ..connector.decoding.clone() };
    let mut table = Table::new(&decoding, Vec::new(), &mut found);
    let mut rows = 0;
    let read = book.rows(sheet, &mut |at, cells| {
        rows += 1;
        table.row(at, cells)
    });
    match read {
        // A sheet without a header has none to compare.
        Ok(()) if rows > 0 => drop(table.finish("")),
        Err(e) if e.kind() != io::ErrorKind::Other => return Err(e),
        _ => {}
    }
    Ok(found.0)
}

fn fullest(book: &mut dyn Workbook, sheets: impl Iterator<Item = usize>) -> io::Result<Option<usize>> {
    let mut fullest = (0, None);
    for at in sheets {
        let mut filled = 0;
        let read = book.rows(at, &mut |_, cells| {
            filled += cells.iter().flatten().count();
            if filled < ENOUGH { Ok(()) } else { Err(enough()) }
        });
        match read {
            Err(e) if e.kind() != io::ErrorKind::Other => return Err(e),
            _ => {}
        }
        if filled > fullest.0 {
            fullest = (filled, Some(at));
        }
    }
    Ok(fullest.1)
}

fn listed(sheets: &[SheetName], zh: bool) -> String {
    let quoted = |s: &SheetName| if zh { format!("「{}」", s.name) } else { format!("\"{}\"", s.name) };
    sheets.iter().map(quoted).collect::<Vec<_>>().join(if zh { "" } else { ", " })
}

fn notes(choice: &Choice, connector: &Connector) -> Vec<Note> {
    let mut notes = Vec::new();
    if choice.read.len() > 1 {
        notes.push(Note::new(
            "sheets_together",
            format!("表头相同的 {} 个工作表一并读取：{}", choice.read.len(), listed(&choice.read, true)),
            format!("{} sheets with the same header were read together: {}", choice.read.len(), listed(&choice.read, false)),
        ));
    }
    if let Some(sheet) = &connector.decoding.sheet {
        if !choice.left.is_empty() {
            notes.push(Note::new(
                "sheets_left_out",
                format!("decoding.sheet 只读「{sheet}」，未读取：{}", listed(&choice.left, true)),
                format!("decoding.sheet names \"{sheet}\" alone; not read: {}", listed(&choice.left, false)),
            ));
        }
        return notes;
    }
    let (hidden, other): (Vec<SheetName>, Vec<SheetName>) = choice.left.iter().cloned().partition(|s| s.hidden);
    if !hidden.is_empty() {
        notes.push(Note::new(
            "sheets_hidden",
            format!("隐藏的工作表未读取：{}（需要时在 decoding.sheet 中写明）", listed(&hidden, true)),
            format!("hidden sheets were not read: {} (name one in decoding.sheet where it is wanted)", listed(&hidden, false)),
        ));
    }
    if !other.is_empty() {
        notes.push(Note::new(
            "sheets_left_out",
            format!("表头不同的工作表未读取：{}", listed(&other, true)),
            format!("sheets with another header were not read: {}", listed(&other, false)),
        ));
    }
    notes
}

fn no_sheet(wanted: &str, sheets: &[SheetName]) -> io::Error {
    said(
        io::ErrorKind::InvalidData,
        format!("没有工作表「{wanted}」；现有{}（decoding.sheet）", listed(sheets, true)),
        format!("there is no sheet \"{wanted}\"; found {} (decoding.sheet)", listed(sheets, false)),
    )
}
