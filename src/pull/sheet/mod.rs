//! Workbooks: one shape for what a clerk sees in a sheet, whatever wrote it.
//!
//! In: a workbook of any kind behind [`Workbook`]: its sheets, which of them are hidden, where cells are merged, and its rows as
//! displayed text. Out, into [`SheetRows`]: the header, the rows under it, and in words what was left out. All kinds share
//! these rules: hidden sheets are read only when named, visible sheets with the same header are read together, merged cells
//! are filled, cells to the right of the header are not read. What a row or a text means is not decided here.

mod format;
mod html;
mod ods;
mod spreadsheetml;
mod table;
mod workbook;
mod xls;
mod xlsb;
mod xlsx;

use std::io;
use std::path::Path;

use super::chunk::Note;
use super::error::said;
use super::file::Kind;
use crate::connector::{Connector, DriftKind};
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
    for sheet in sheets {
        let merges = book.merges(sheet)?;
        let mut table = Table::new(&connector.decoding, merges, rows);
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
    let read = book.rows(sheets[0], &mut |at, cells| {
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

fn choose(book: &mut dyn Workbook, connector: &Connector) -> io::Result<(Vec<usize>, Choice)> {
    let all = book.sheets().to_vec();
    let chosen = |read: Vec<usize>, holding: &dyn Fn(usize) -> bool| {
        let names = |of: &dyn Fn(usize) -> bool| (0..all.len()).filter(|at| of(*at)).map(|at| all[at].clone()).collect();
        let choice = Choice { read: names(&|at| read.contains(&at)), left: names(&|at| !read.contains(&at) && holding(at)) };
        (read, choice)
    };
    if let Some(wanted) = &connector.decoding.sheet {
        let found = all.iter().position(|s| s.name.trim() == wanted.trim()).ok_or_else(|| no_sheet(wanted, &all))?;
        return Ok(chosen(vec![found], &|_| true));
    }
    let mut visible: Vec<usize> = (0..all.len()).filter(|at| !all[*at].hidden).collect();
    if visible.is_empty() {
        visible = (0..all.len()).collect();
    }
    let first = *visible.first().ok_or_else(|| no_sheet("1", &all))?;
    if all.len() == 1 {
        return Ok(chosen(vec![first], &|_| true));
    }
    let mut headers: Vec<(usize, Vec<String>)> = Vec::new();
    for at in &visible {
        if let Some(header) = header(book, *at, connector)? {
            headers.push((*at, header));
        }
    }
    let fits = |header: &[String]| connector.layout(header).is_ok();
    let main = match headers.iter().find(|(_, h)| fits(h)) {
        Some((at, _)) => *at,
        None => fullest(book, headers.iter().map(|(at, _)| *at))?.unwrap_or(first),
    };
    let Some((_, of_main)) = headers.iter().find(|(at, _)| *at == main) else { return Ok(chosen(vec![first], &|_| false)) };
    let group = headers.iter().filter(|(_, h)| same_table(of_main, h, connector)).map(|(at, _)| *at).collect();
    let with_header: Vec<usize> = headers.iter().map(|(at, _)| *at).collect();
    Ok(chosen(group, &|at| all[at].hidden || with_header.contains(&at)))
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
    plain(main) == plain(other) || !connector.contract.columns.is_empty() && complete(main) && complete(other)
}

/// The sheet's header as the connector describes it; None for an empty sheet.
fn header(book: &mut dyn Workbook, sheet: usize, connector: &Connector) -> io::Result<Option<Vec<String>>> {
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
    let mut table = Table::new(&connector.decoding, Vec::new(), &mut found);
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
    if connector.decoding.sheet.is_some() {
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
