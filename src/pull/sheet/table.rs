//! One sheet as a table: rows above the header skipped, the header joined, merged cells filled, cells beyond the header left.

use std::io;

use super::workbook::{Merge, SheetRows};
use crate::connector::Decoding;
use crate::pull::chunk::Note;
use crate::pull::error::said;
use crate::pull::header::join_header;

pub(super) struct Table<'a> {
    decoding: &'a Decoding,
    rows: &'a mut dyn SheetRows,
    header: Vec<Vec<String>>,
    width: usize,
    started: bool,
    /// The row that came last.
    last: Option<u32>,
    /// In the order of their first rows; those before `next_merge` have begun.
    merges: Vec<Merge>,
    next_merge: usize,
    /// Merged cells that reach into the rows to come, with their text.
    open: Vec<(Merge, Option<String>)>,
    filled: u64,
    /// Cells to the right of the header, and the first of them.
    beyond: u64,
    first_beyond: Option<String>,
    /// Hidden columns, first and last of each range; then their names.
    hidden: Vec<(u32, u32)>,
    hidden_names: Vec<String>,
}

impl<'a> Table<'a> {
    pub(super) fn new(decoding: &'a Decoding, mut merges: Vec<Merge>, rows: &'a mut dyn SheetRows) -> Table<'a> {
        merges.sort_by_key(|m| m.rows.0);
        Table {
            decoding,
            rows,
            header: Vec::new(),
            width: 0,
            started: false,
            last: None,
            merges,
            next_merge: 0,
            open: Vec::new(),
            filled: 0,
            beyond: 0,
            first_beyond: None,
            hidden: Vec::new(),
            hidden_names: Vec::new(),
        }
    }

    pub(super) fn with_hidden(mut self, columns: Vec<(u32, u32)>) -> Table<'a> {
        self.hidden = columns;
        self
    }

    /// Of two columns with one name the visible one has it, and the hidden one a number behind.
    fn name_hidden(&mut self, columns: &mut [String]) {
        let is_hidden = |at: usize| self.hidden.iter().any(|(first, last)| (*first as usize..=*last as usize).contains(&at));
        for at in (0..columns.len()).filter(|at| is_hidden(*at)) {
            let again = |name: &str| name.strip_prefix(columns[at].as_str()).and_then(|r| r.strip_prefix('_')).map(str::to_owned);
            let shown = (0..columns.len()).find(|other| {
                !is_hidden(*other) && again(&columns[*other]).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
            });
            if let Some(shown) = shown {
                columns.swap(at, shown);
            }
            if !columns[at].starts_with("column_") {
                self.hidden_names.push(columns[at].clone());
            }
        }
    }

    pub(super) fn row(&mut self, at: u32, cells: &mut Vec<Option<String>>) -> io::Result<()> {
        if at < self.decoding.skip {
            return cells.iter().flatten().try_for_each(|text| self.rows.aside(text));
        }
        if !self.started && (self.header.len() as u32) < self.decoding.header_rows {
            if self.header.is_empty() && cells.iter().all(Option::is_none) {
                return Ok(());
            }
            self.last = Some(at);
            self.header.push(cells.iter_mut().map(|c| c.take().unwrap_or_default()).collect());
            return Ok(());
        }
        self.start()?;
        let empty = cells.iter().all(|c| c.as_deref().is_none_or(|t| t.trim().is_empty()));
        if empty || self.last.is_some_and(|last| at > last + 1) {
            self.rows.gap();
        }
        self.last = Some(at);
        if empty {
            return Ok(());
        }
        self.fill(at, cells);
        self.cut(at, cells)?;
        if cells.len() < self.width {
            cells.resize(self.width, None);
        }
        self.rows.row(cells)
    }

    /// Every row of a merged range has its text. A range over more than half of the table is a heading and stays as it is.
    fn fill(&mut self, at: u32, cells: &mut Vec<Option<String>>) {
        while let Some(merge) = self.merges.get(self.next_merge).filter(|m| m.rows.0 <= at) {
            self.next_merge += 1;
            let columns = (merge.columns.1 - merge.columns.0 + 1) as usize;
            let heading = columns > 1 && columns >= self.width || columns > 2 && columns * 2 > self.width;
            if heading || merge.rows.1 < at || merge.columns.1 as usize >= self.width {
                continue;
            }
            // Of a range that begins above the first row read only the row it begins in has the text.
            let text = if merge.rows.0 == at { cells.get(merge.columns.0 as usize).cloned().flatten() } else { None };
            self.open.push((*merge, text));
        }
        if self.open.is_empty() {
            return;
        }
        for (merge, text) in &self.open {
            for column in merge.columns.0..=merge.columns.1 {
                let column = column as usize;
                if cells.len() <= column {
                    cells.resize(column + 1, None);
                }
                if cells[column].is_none() && text.is_some() {
                    cells[column].clone_from(text);
                    self.filled += 1;
                }
            }
        }
        self.open.retain(|(merge, _)| merge.rows.1 > at);
    }

    fn cut(&mut self, at: u32, cells: &mut Vec<Option<String>>) -> io::Result<()> {
        for (column, text) in cells.iter().enumerate().skip(self.width) {
            if let Some(text) = text.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
                self.beyond += 1;
                self.first_beyond.get_or_insert_with(|| {
                    let shown: String = text.chars().take(20).collect();
                    format!("{}{}「{shown}」", column_name(column), at + 1)
                });
                self.rows.aside(text)?;
            }
        }
        cells.truncate(self.width.max(1));
        Ok(())
    }

    fn start(&mut self) -> io::Result<()> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        while self.header.last().is_some_and(|row| row.iter().all(String::is_empty)) {
            self.header.pop();
        }
        let mut columns = if self.header.is_empty() {
            self.decoding.header.clone()
        } else {
            join_header(&self.header, &self.decoding.header_join)
        };
        self.name_hidden(&mut columns);
        self.width = columns.len();
        // A table without a header of its own is as wide as it is.
        if columns.is_empty() {
            return Err(said(io::ErrorKind::InvalidData, "工作表没有表头", "the sheet has no header"));
        }
        self.rows.header(columns)
    }

    /// Behind the last row: the header of a table without rows, and what was done on the way. `sheet` is named in the notes.
    pub(super) fn finish(mut self, sheet: &str) -> io::Result<()> {
        self.start()?;
        if self.filled > 0 {
            self.rows.note(Note::new(
                "merged_cells",
                format!("工作表「{sheet}」：合并单元格的内容已填入所跨的每一行，共 {} 格", self.filled),
                format!("sheet \"{sheet}\": merged cells were filled in every row they span, {} cells", self.filled),
            ))?;
        }
        if !self.hidden_names.is_empty() {
            let (names, names_en) = (self.hidden_names.join("、"), self.hidden_names.join(", "));
            self.rows.note(Note::new(
                "columns_hidden",
                format!("工作表「{sheet}」：隐藏的列也已读取：{names}"),
                format!("sheet \"{sheet}\": hidden columns were read all the same: {names_en}"),
            ))?;
        }
        if let Some(first) = self.first_beyond {
            self.rows.note(Note::new(
                "cells_beyond",
                format!("工作表「{sheet}」：表头右侧的 {} 个单元格未读取，如 {first}", self.beyond),
                format!("sheet \"{sheet}\": {} cells to the right of the header were not read, such as {first}", self.beyond),
            ))?;
        }
        Ok(())
    }
}

/// A, B, …, Z, AA: a column as spreadsheets name it.
fn column_name(mut at: usize) -> String {
    let mut name = Vec::new();
    loop {
        name.push(b'A' + (at % 26) as u8);
        if at < 26 {
            break;
        }
        at = at / 26 - 1;
    }
    name.reverse();
    String::from_utf8(name).expect("letters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Taken {
        rows: Vec<String>,
        gaps: u32,
        notes: Vec<String>,
    }
    impl SheetRows for Taken {
        fn header(&mut self, columns: Vec<String>) -> io::Result<()> {
            self.rows.push(columns.join("|"));
            Ok(())
        }
        fn row(&mut self, cells: &[Option<String>]) -> io::Result<()> {
            self.rows.push(cells.iter().map(|c| c.as_deref().unwrap_or("")).collect::<Vec<_>>().join("|"));
            Ok(())
        }
        fn gap(&mut self) {
            self.gaps += 1;
        }
        fn note(&mut self, note: Note) -> io::Result<()> {
            self.notes.push(note.code.into_owned());
            Ok(())
        }
    }

    #[test]
    fn of_two_columns_with_one_name_the_visible_one_has_it() {
        let mut taken = Taken::default();
        let decoding = Decoding::default();
        let mut table = Table::new(&decoding, Vec::new(), &mut taken).with_hidden(vec![(1, 1)]);
        for (at, row) in [(0, "编号|人数|名称|人数"), (1, "1|9|甲|10")] {
            let mut cells = row.split('|').map(|c| Some(c.to_owned())).collect();
            table.row(at, &mut cells).expect("taken");
        }
        table.finish("表").expect("taken");
        assert_eq!(taken.rows, ["编号|人数_2|名称|人数", "1|9|甲|10"]);
        assert_eq!(taken.notes, ["columns_hidden"]);
    }

    #[test]
    fn merged_cells_are_filled_and_what_stands_beside_the_table_is_named() {
        let merge = |rows, columns| Merge { rows, columns };
        let merges = vec![merge((1, 3), (1, 1)), merge((5, 5), (0, 2)), merge((4, 4), (1, 2))];
        let mut taken = Taken::default();
        let decoding = Decoding::default();
        let mut table = Table::new(&decoding, merges, &mut taken);
        let sheet = [
            (0, "编号|区|名称"),
            (1, "1|朝阳区|甲"),
            (2, "2||乙"),
            (3, "3||丙||待核"),
            (4, "4|同|"),
            (5, "一、海淀区||"),
            (8, "5|海淀区|丁"),
        ];
        for (at, row) in sheet {
            let mut cells = row.split('|').map(|c| Some(c.to_owned()).filter(|c| !c.is_empty())).collect();
            table.row(at, &mut cells).expect("taken");
        }
        table.finish("表").expect("taken");
        assert_eq!(
            taken.rows,
            ["编号|区|名称", "1|朝阳区|甲", "2|朝阳区|乙", "3|朝阳区|丙", "4|同|同", "一、海淀区||", "5|海淀区|丁"]
        );
        assert_eq!((taken.gaps, taken.notes.join(" ").as_str()), (1, "merged_cells cells_beyond"));
        assert_eq!((column_name(7).as_str(), column_name(26).as_str(), column_name(702).as_str()), ("H", "AA", "AAA"));
    }
}
