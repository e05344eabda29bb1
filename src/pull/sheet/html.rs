//! Tables of web pages, which systems export under the name .xls: every table that holds data is a sheet.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::workbook::Each;
use super::workbook::{Merge, SheetName, Workbook, put};
use crate::connector::Connector;
use crate::pull::decode::Utf8Reader;
use crate::pull::error::said;
use crate::pull::file::Capped;

#[derive(Default)]
struct Sheet {
    rows: Vec<(u32, Vec<Option<String>>)>,
    merges: Vec<Merge>,
    /// Rows that reach down into the column: until which row.
    covered: Vec<u32>,
    row: Option<u32>,
    column: u32,
    cells: Vec<Option<String>>,
    cell: Option<String>,
}

pub(super) struct Book {
    names: Vec<SheetName>,
    sheets: Vec<Sheet>,
    /// What stands outside of cells, where it may name a unit.
    outside: Vec<String>,
}

/// Cells that one cell may span; a page that says more is wrong.
const MAX_SPAN: u32 = 1_000;

impl Book {
    pub(super) fn open(path: &Path, connector: &Connector) -> io::Result<Book> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut text = String::new();
        let capped = Capped::new(file, connector.source.caps.clone(), move |_| length);
        Utf8Reader::open(capped, None)?.read_to_string(&mut text)?;
        Book::parse(&text)
    }

    /// # Errors
    /// `InvalidData` for a page without a table of data, or with a form: a login page, an error page.
    fn parse(text: &str) -> io::Result<Book> {
        let (sheets, form, outside) = tables(text);
        let sheets: Vec<Sheet> =
            sheets.into_iter().filter(|s| s.rows.len() > 1 && s.rows.iter().any(|(_, cells)| cells.len() > 1)).collect();
        if sheets.is_empty() || form {
            return Err(said(
                io::ErrorKind::InvalidData,
                "是网页而不是数据（登录页或出错页？），其中没有数据表",
                "it is a web page without a table of data (a login or an error page?)",
            ));
        }
        let names = (1..=sheets.len()).map(|n| SheetName { name: format!("table {n}"), hidden: false }).collect();
        Ok(Book { names, sheets, outside })
    }
}

/// The innermost tables, whether the page has a form to fill in, and texts outside of cells that speak of money.
fn tables(text: &str) -> (Vec<Sheet>, bool, Vec<String>) {
    let (mut done, mut open, mut form): (Vec<Sheet>, Vec<Sheet>, bool) = (Vec::new(), Vec::new(), false);
    let (mut hidden, mut outside) = (0u32, Vec::new());
    for Ok(token) in Tokenizer::new_with_emitter(text, DefaultEmitter::default()) {
        match token {
            Token::StartTag(tag) => {
                let attribute = |name: &[u8]| {
                    let found = tag.attributes.iter().find(|(n, _)| n.as_slice() == name);
                    found.map(|(_, v)| String::from_utf8_lossy(v).into_owned())
                };
                match tag.name.as_slice() {
                    b"table" => open.push(Sheet::default()),
                    b"tr" => open.last_mut().into_iter().for_each(Sheet::begin_row),
                    b"td" | b"th" => {
                        let span =
                            |name: &[u8]| attribute(name).and_then(|n| n.trim().parse().ok()).unwrap_or(1u32).clamp(1, MAX_SPAN);
                        let spans = (span(b"rowspan"), span(b"colspan"));
                        open.last_mut().into_iter().for_each(|s| s.begin_cell(spans));
                    }
                    b"br" | b"p" | b"div" => {
                        if let Some(cell) = open.last_mut().and_then(|s| s.cell.as_mut()).filter(|c| !c.trim().is_empty()) {
                            cell.push('\n');
                        }
                    }
                    b"script" | b"style" | b"title" if !tag.self_closing => hidden += 1,
                    b"input" => form |= attribute(b"type").is_none_or(|t| matches!(t.as_str(), "password" | "text" | "submit")),
                    _ => {}
                }
            }
            Token::EndTag(tag) => match tag.name.as_slice() {
                b"table" => {
                    if let Some(mut sheet) = open.pop() {
                        sheet.end_row();
                        done.push(sheet);
                    }
                }
                b"tr" => open.last_mut().into_iter().for_each(Sheet::end_row),
                b"td" | b"th" => open.last_mut().into_iter().for_each(Sheet::end_cell),
                b"script" | b"style" | b"title" => hidden = hidden.saturating_sub(1),
                _ => {}
            },
            Token::String(text) if hidden == 0 => {
                if let Some(cell) = open.last_mut().and_then(|s| s.cell.as_mut()) {
                    cell.push_str(&String::from_utf8_lossy(&text));
                } else if outside.len() < 100 && text.len() < 600 {
                    outside.push(String::from_utf8_lossy(&text).into_owned());
                }
            }
            _ => {}
        }
    }
    done.extend(open.into_iter().map(|mut s| {
        s.end_row();
        s
    }));
    outside.retain(|text| text.contains('元'));
    (done, form, outside)
}

impl Sheet {
    fn begin_row(&mut self) {
        self.end_row();
        self.row = Some(self.row.map_or(0, |r| r + 1));
        self.column = 0;
    }

    fn end_row(&mut self) {
        self.end_cell();
        if let Some(row) = self.row.filter(|_| !self.cells.is_empty()) {
            self.rows.push((row, std::mem::take(&mut self.cells)));
        }
    }

    fn begin_cell(&mut self, (down, across): (u32, u32)) {
        self.end_cell();
        let row = *self.row.get_or_insert(0);
        while self.covered.get(self.column as usize).is_some_and(|until| *until > row) {
            self.column += 1;
        }
        if (down, across) != (1, 1) {
            self.merges.push(Merge { rows: (row, row + down - 1), columns: (self.column, self.column + across - 1) });
        }
        let end = (self.column + across) as usize;
        if self.covered.len() < end {
            self.covered.resize(end, 0);
        }
        self.covered[self.column as usize..end].fill(row + down);
        self.cell = Some(String::new());
    }

    fn end_cell(&mut self) {
        let Some(text) = self.cell.take() else { return };
        // A page shows any run of blanks as one.
        let lines = text.split('\n').map(|l| l.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
        put(&mut self.cells, self.column, lines.collect::<Vec<_>>().join("\n").trim().to_owned());
        // The columns that it covers in its own row.
        let row = self.row.unwrap_or(0);
        self.column += 1;
        while self.merges.last().is_some_and(|m| m.rows.0 == row && m.columns.1 >= self.column && m.columns.0 < self.column) {
            self.column += 1;
        }
    }
}

impl Workbook for Book {
    fn sheets(&self) -> &[SheetName] {
        &self.names
    }

    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>> {
        Ok(self.sheets[sheet].merges.clone())
    }

    fn asides(&mut self, _: usize) -> io::Result<Vec<String>> {
        Ok(self.outside.clone())
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()> {
        self.sheets[sheet].rows.iter().try_for_each(|(at, cells)| each(*at, &mut cells.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(html: &str) -> Vec<String> {
        let mut book = Book::parse(html).expect("a table");
        let mut rows = Vec::new();
        book.rows(0, &mut |at, cells| {
            rows.push(format!("{at}:{}", cells.iter().map(|c| c.as_deref().unwrap_or("")).collect::<Vec<_>>().join("|")));
            Ok(())
        })
        .expect("rows");
        rows
    }

    #[test]
    fn a_page_s_table_is_a_sheet_and_a_login_page_is_none() {
        let html = "<html><style>td{}</style><table border=1><thead><tr><th>编号<th>名称</th><th>区</th></tr></thead>\
                    <tr><td>1</td><td>甲&amp;乙<br>公司</td><td rowspan=2>朝阳区</td></tr>\n<tr><td>2</td><td> 丙   公司</td></tr></table>";
        assert_eq!(rows(html), ["0:编号|名称|区", "1:1|甲&乙\n公司|朝阳区", "2:2|丙 公司"]);
        let book = Book::parse(html).expect("a table");
        assert_eq!(book.sheets[0].merges, [Merge { rows: (1, 2), columns: (2, 2) }]);
        let login = "<html><form><table><tr><td>用户</td><td><input name=u></td></tr><tr><td>口令</td><td><input type=password></td></tr></table></form>";
        assert!(Book::parse(login).is_err());
        let said = format!("<p>单位：万元</p>{html}<p>制表人</p>");
        assert_eq!(Book::parse(&said).expect("a table").outside, ["单位：万元"]);
        assert!(Book::parse("<html><body>500</body></html>").is_err());
    }
}
