//! Sheets as people keep them: comma-separated, a line of headings in Chinese or English, one thing a line.
//!
//! In: the text of a sheet and the columns it may have. Out: rows whose cells are asked for by name; what is wrong is gathered with
//! its line, so that a sheet is refused as a whole and mended in one go. What it does not do: decode bytes.

use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;

use crate::model::problem::Problem;

/// Faults that are told of one sheet; a sheet that is all wrong is not told line by line.
const MAX_FAULTS: usize = 100;

/// What is wrong in a line of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SheetFault {
    /// Counted from 1, the headings included; 0: the sheet as a whole.
    pub line: u64,
    /// What is wrong, and what would be right.
    pub problem: Problem,
}

impl SheetFault {
    /// A fault in a line.
    pub fn new(line: u64, zh: impl Into<String>, en: impl Into<String>) -> SheetFault {
        SheetFault { line, problem: Problem::new("sheet", zh, en) }
    }
}

/// A column: its name in the graph's words, what departments call it, whether every sheet must have it.
#[derive(Debug, Clone, Copy)]
pub struct SheetColumn {
    /// `parent`
    pub name: &'static str,
    /// 上级代码
    pub zh: &'static str,
    /// A sheet without it is refused, and so is a line where it is blank.
    pub is_needed: bool,
}

/// A column that every line fills.
pub const fn needed(name: &'static str, zh: &'static str) -> SheetColumn {
    SheetColumn { name, zh, is_needed: true }
}

/// A column that may be left out or blank.
pub const fn optional(name: &'static str, zh: &'static str) -> SheetColumn {
    SheetColumn { name, zh, is_needed: false }
}

/// One line of a sheet, asked by column; what cannot be read is noted and answered with None.
pub struct SheetReader<'s> {
    /// Counted from 1, the headings included.
    pub line: u64,
    columns: &'s [SheetColumn],
    places: &'s [Option<usize>],
    record: &'s csv::StringRecord,
    faults: &'s mut Vec<SheetFault>,
}

/// What stands between the cells: a comma, or what the headings have where they have none (a tab, a semicolon).
fn separator(text: &str) -> u8 {
    let headings = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    [b'\t', b';'].into_iter().find(|other| !headings.contains(',') && headings.as_bytes().contains(other)).unwrap_or(b',')
}

/// Reads every line of a sheet.
///
/// # Errors
/// Every fault with its line: headings that are missing, unknown or doubled, lines that cannot be read.
pub fn read_sheet<T>(
    text: &str,
    columns: &[SheetColumn],
    mut read: impl FnMut(&mut SheetReader<'_>) -> Option<T>,
) -> Result<Vec<(u64, T)>, Vec<SheetFault>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(Ok(header)) => header,
        _ => {
            return Err(vec![SheetFault::new(
                0,
                "表是空的：第一行应为列名",
                "the sheet is empty: its first line names the columns",
            )]);
        }
    };
    let places = places(&header, columns)?;
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.push(SheetFault::new(
                    line,
                    format!("无法读取这一行：{error}"),
                    format!("the line cannot be read: {error}"),
                ));
                continue;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = line_of(text, &record);
        if record.len() > header.len() {
            let (has, of) = (record.len(), header.len());
            faults.push(SheetFault::new(
                line,
                format!("有 {has} 格，列名只有 {of} 个"),
                format!("{has} cells, but {of} headings"),
            ));
            continue;
        }
        let before = faults.len();
        let mut row = SheetReader { line, columns, places: &places, record: &record, faults: &mut faults };
        for column in columns.iter().filter(|c| c.is_needed) {
            row.needed(column.name);
        }
        let found = read(&mut row);
        if let Some(found) = found.filter(|_| faults.len() == before) {
            rows.push((line, found));
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() && rows.is_empty() {
        faults.push(SheetFault::new(0, "表中没有数据行", "the sheet has no lines below its headings"));
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

/// The line that a record begins in: the reader counts blank lines before it to it.
fn line_of(text: &str, record: &csv::StringRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let rest = text.get(position.byte() as usize..).unwrap_or("");
    position.line() + rest.chars().take_while(|c| matches!(c, '\n' | '\r')).filter(|c| *c == '\n').count() as u64
}

/// Where each column stands.
fn places(header: &csv::StringRecord, columns: &[SheetColumn]) -> Result<Vec<Option<usize>>, Vec<SheetFault>> {
    let mut places = vec![None; columns.len()];
    let mut faults = Vec::new();
    for (at, heading) in header.iter().enumerate() {
        let is = |c: &SheetColumn| c.zh == heading || c.name.eq_ignore_ascii_case(heading);
        match columns.iter().position(is) {
            Some(column) if places[column].is_none() => places[column] = Some(at),
            Some(_) => {
                faults.push(SheetFault::new(1, format!("列「{heading}」出现两次"), format!("column \"{heading}\" stands twice")))
            }
            None => {
                let zh: Vec<&str> = columns.iter().map(|c| c.zh).collect();
                let en: Vec<&str> = columns.iter().map(|c| c.name).collect();
                faults.push(SheetFault::new(
                    1,
                    format!("没有列「{heading}」；可用：{}", zh.join("、")),
                    format!("there is no column \"{heading}\"; known: {}", en.join(", ")),
                ));
            }
        }
    }
    for (column, _) in columns.iter().zip(&places).filter(|(c, place)| c.is_needed && place.is_none()) {
        let (zh, en) = (column.zh, column.name);
        faults.push(SheetFault::new(1, format!("缺少列「{zh}」"), format!("column \"{en}\" is missing")));
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

/// A cell as it was entered, where our own CSV wrote it so that a spreadsheet takes it for a text: `="911…"`, `'=1+1`.
fn as_entered(cell: &str) -> &str {
    if let Some(text) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return text;
    }
    let formula = cell.strip_prefix('\'').filter(|text| text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']));
    formula.unwrap_or(cell)
}

impl SheetReader<'_> {
    fn column(&self, name: &str) -> (SheetColumn, Option<usize>) {
        let at = self.columns.iter().position(|c| c.name == name).expect("a reader asks for columns it declared");
        (self.columns[at], self.places[at])
    }

    fn cell(&self, name: &str) -> &str {
        as_entered(self.column(name).1.and_then(|at| self.record.get(at)).unwrap_or("").trim())
    }

    /// Notes a fault in this line.
    pub fn fault(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.faults.push(SheetFault::new(self.line, zh, en));
    }

    fn needed(&mut self, name: &str) {
        if self.cell(name).is_empty() {
            let zh = self.column(name).0.zh;
            self.fault(format!("「{zh}」为空"), format!("\"{name}\" is blank"));
        }
    }

    /// The text of a cell; None where it is blank.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(self.cell(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Where the line says it is from, else where the whole sheet is; noted as a fault where neither says.
    pub fn source(&mut self, of_sheet: Option<&str>) -> Option<String> {
        let source = self.text("source").or_else(|| of_sheet.map(str::to_owned)).filter(|text| !text.trim().is_empty());
        if source.is_none() {
            self.fault(
                "没有来源：请填写「来源」列，或用 --document 给出",
                "no source: fill the column \"source\", or give --document",
            );
        }
        source
    }

    /// Several texts in one cell, by ; ； or 、.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let parts = self.cell(name).split([';', '；', '、', '|']).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// One of the words, each a value with what people write for it.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(T, &[&str])]) -> Option<T> {
        let cell = self.cell(name);
        let found = words.iter().find(|(_, texts)| texts.iter().any(|text| text.eq_ignore_ascii_case(cell)));
        if found.is_none() && !cell.is_empty() {
            let (cell, zh) = (cell.to_owned(), self.column(name).0.zh);
            let known: Vec<&str> = words.iter().filter_map(|(_, texts)| texts.first().copied()).collect();
            let known = known.join(", ");
            self.fault(
                format!("「{zh}」不认识 {cell}；可用：{known}"),
                format!("\"{name}\" does not know {cell}; known: {known}"),
            );
        }
        found.map(|(value, _)| *value)
    }

    /// A day; of a month (2010-08) its last one, of a year its last one.
    pub fn day(&mut self, name: &str) -> Option<NaiveDate> {
        let cell = self.cell(name).to_owned();
        if cell.is_empty() {
            return None;
        }
        let found = written_day(&cell);
        if found.is_none() {
            let zh = self.column(name).0.zh;
            self.fault(
                format!("「{zh}」{cell} 不是日期：请写 2010-08-31 或 2010-08"),
                format!("\"{name}\" {cell} is no day: write 2010-08-31 or 2010-08"),
            );
        }
        found
    }

    /// A number, thousands apart or not, never negative.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        let cell = self.cell(name).to_owned();
        if cell.is_empty() {
            return None;
        }
        let found = half_width(&cell).replace([',', ' '], "").parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        if found.is_none() {
            let zh = self.column(name).0.zh;
            self.fault(format!("「{zh}」{cell} 不是非负数"), format!("\"{name}\" {cell} is no number from 0"));
        }
        found
    }

    /// A whole number from 0.
    pub fn count(&mut self, name: &str) -> Option<u64> {
        let number = self.number(name)?;
        if number.fract() != 0.0 || number > 1e15 {
            let zh = self.column(name).0.zh;
            self.fault(format!("「{zh}」{number} 不是整数"), format!("\"{name}\" {number} is no whole number"));
            return None;
        }
        Some(number as u64)
    }

    /// Yes or no; None where it is blank.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.word(name, &[(true, &["是", "yes", "true", "1", "有"]), (false, &["否", "no", "false", "0", "无"])])
    }
}

/// Digits and signs as wide as letters: １２ is 12.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| if matches!(c, '\u{ff01}'..='\u{ff5e}') { char::from_u32(c as u32 - 0xfee0).unwrap_or(c) } else { c })
        .collect()
}

/// A day as sheets write it: 2010-08-31, 2010/8/31, 2010.8, 2010年8月31日, 20100831; of a month or a year its last day.
fn written_day(text: &str) -> Option<NaiveDate> {
    let plain = half_width(text.trim()).replace(['年', '月', '/', '.'], "-").replace(['日', '号'], "");
    let plain = plain.trim_end_matches('-');
    let parts: Vec<&str> = match plain.len() {
        8 if plain.bytes().all(|b| b.is_ascii_digit()) => vec![&plain[..4], &plain[4..6], &plain[6..]],
        6 if plain.bytes().all(|b| b.is_ascii_digit()) => vec![&plain[..4], &plain[4..]],
        _ => plain.split('-').map(str::trim).collect(),
    };
    read_day(&parts.iter().map(|part| format!("{part:0>2}")).collect::<Vec<_>>().join("-"))
}

/// A day as this house writes it; of a month or a year its last day.
pub fn read_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Some(day);
    }
    let mut parts = text.split('-');
    let (year, month) = (parts.next()?.parse::<i32>().ok()?, parts.next());
    let month = match month {
        Some(month) => month.parse::<u32>().ok()?,
        None => 12,
    };
    if parts.next().is_some() || !(1900..=2200).contains(&year) {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    first.checked_add_months(Months::new(1))?.pred_opt().filter(|day| day.year() == year)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[SheetColumn] = &[needed("code", "代码"), optional("count", "数量"), optional("on", "日期")];

    fn read(text: &str) -> Result<Vec<(u64, (String, Option<u64>, Option<NaiveDate>))>, Vec<SheetFault>> {
        read_sheet(text, COLUMNS, |row| Some((row.text("code")?, row.count("count"), row.day("on"))))
    }

    #[test]
    fn headings_may_be_chinese_or_english_and_every_fault_is_told_with_its_line() {
        let good = read("\u{feff}代码,count\nA,\"1,200\"\n\nB,\n").unwrap();
        assert_eq!(good, [(2, ("A".into(), Some(1_200), None)), (4, ("B".into(), None, None))]);
        let faults = read("code,count,on\n,1,\nB,-1,\nC,1.5,2010-13\nD,1,x,y\n").unwrap_err();
        let lines: Vec<u64> = faults.iter().map(|f| f.line).collect();
        assert_eq!(lines, [2, 3, 4, 4, 5]);
        assert!(faults[0].problem.zh.contains("代码") && faults[0].problem.en.contains("code"), "{faults:?}");
        let faults = read("数量,地址\n1,2\n").unwrap_err();
        assert!(faults.iter().any(|f| f.problem.en.contains("地址")) && faults.iter().any(|f| f.problem.en.contains("\"code\"")));
        assert_eq!(read("code\n").unwrap_err()[0].line, 0);
        assert_eq!(read("").unwrap_err()[0].line, 0);
    }

    #[test]
    fn days_numbers_and_separators_are_read_as_people_write_them() {
        for (written, day) in [
            ("2010年8月31日", "2010-08-31"),
            ("2010年8月", "2010-08-31"),
            ("2010/8/3", "2010-08-03"),
            ("2010.11", "2010-11-30"),
            ("20100803", "2010-08-03"),
            ("201008", "2010-08-31"),
            ("２０１０－０８－３１", "2010-08-31"),
            ("2010年", "2010-12-31"),
        ] {
            assert_eq!(written_day(written).map(|d| d.to_string()).as_deref(), Some(day), "{written}");
        }
        for nonsense in ["2010-13", "8/31/2010", "31-08-2010", "2010-02-30", "二〇一〇年", "今年"] {
            assert!(written_day(nonsense).is_none(), "{nonsense}");
        }
        let same = [(2, ("A".to_owned(), Some(1_200), None))];
        for sheet in ["代码;数量\nA;1,200\n", "代码\t数量\nA\t１２００\n", "代码,数量\nA,\"1,200\"\n"] {
            assert_eq!(read(sheet).unwrap(), same, "{sheet}");
        }
    }

    #[test]
    fn a_month_is_its_last_day() {
        let day = |text: &str| read_day(text).map(|d| d.to_string());
        assert_eq!(day("2010-08").as_deref(), Some("2010-08-31"));
        assert_eq!(day("2012-02").as_deref(), Some("2012-02-29"));
        assert_eq!(day("2009").as_deref(), Some("2009-12-31"));
        assert_eq!((day("2010-00"), day("10-08-01-02"), day("soon")), (None, None, None));
    }
}
