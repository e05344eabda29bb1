//! How a sample's header is made: rows above it, rows in it. Guessed from the first rows where nobody says it.

use std::io;
use std::path::Path;

use crate::connector::guess::quote;
use crate::connector::{Connector, Format, said_of_money};
use crate::pull::sample::{at_sample, first_rows};
use crate::pull::{Chunk, Cursor, PullContext, RowSink, pull};

/// `decoding` of a new connector, as far as a header is concerned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DecodingShape {
    pub sheet: Option<String>,
    pub header_rows: Option<u32>,
    pub skip: Option<u32>,
    pub delimiter: Option<&'static str>,
    /// What stands above the header, cell by cell.
    pub notes: Vec<String>,
    /// Element of XML that is a record.
    pub records: Option<String>,
    /// Names of the columns of a table without a header.
    pub header: Vec<String>,
}

impl DecodingShape {
    /// The lines of `[decoding]`.
    pub fn decoding(&self) -> String {
        let mut text = String::new();
        if let Some(delimiter) = self.delimiter.filter(|d| *d != ",") {
            text.push_str(&format!("delimiter = \"{delimiter}\"\n"));
        }
        if !self.header.is_empty() {
            let names: Vec<String> = self.header.iter().map(|c| quote(c)).collect();
            text.push_str(&format!(
                "# No header: name the columns here. / 无表头，请在此写明列名。\nheader = [{}]\n",
                names.join(", ")
            ));
        } else if let Some(rows) = self.header_rows.filter(|n| *n != 1) {
            text.push_str(&format!("header_rows = {rows}\n"));
        }
        if let Some(skip) = self.skip.filter(|n| *n != 0) {
            text.push_str(&format!("skip = {skip}\n"));
        }
        if let Some(sheet) = &self.sheet {
            text.push_str(&format!("sheet = {}\n", quote(sheet)));
        }
        if let Some(records) = &self.records {
            text.push_str(&format!("records = {}\n", quote(records)));
        }
        text
    }
}

/// Lines that are looked at.
const LOOKED_AT: usize = 12;
/// Header rows that departments make at most.
const MAX_HEADER: usize = 3;

/// The first lines of a file, cell by cell, headers and all.
struct Lines {
    delimiter: char,
    lines: Vec<(u64, Vec<String>)>,
}

impl RowSink for Lines {
    fn columns(&mut self, _: &[String]) -> io::Result<()> {
        Ok(())
    }
    fn rows(&mut self, chunk: Chunk) -> io::Result<()> {
        for row in 0..chunk.len() {
            let cells = chunk.cells(row).map(|c| c.unwrap_or_default().trim().to_owned()).collect();
            self.lines.push((chunk.head(row).number, cells));
        }
        // Read as one column, a line of several cells is a fault that keeps its text.
        for fault in &chunk.faults {
            let cells =
                fault.raw.trim_end_matches(['\r', '\n']).split(self.delimiter).map(|c| c.trim().trim_matches('"').to_owned());
            self.lines.push((fault.number, cells.collect()));
        }
        match self.lines.len() >= LOOKED_AT {
            true => Err(io::Error::other("enough")),
            false => Ok(()),
        }
    }
    fn checkpoint(&mut self, _: &Cursor) -> io::Result<()> {
        Ok(())
    }
}

/// The first lines of a CSV or XLSX sample; empty for formats that name their columns themselves, and where nothing can be read.
pub async fn first_lines(connector: &Connector, sample: &Path, format: Format, context: &PullContext) -> Vec<Vec<String>> {
    if format.is_workbook() {
        return first_rows(sample, connector, LOOKED_AT);
    }
    if !matches!(format, Format::Csv | Format::Tsv) {
        return Vec::new();
    }
    let mut reader = at_sample(connector, sample);
    (reader.decoding.header_rows, reader.decoding.skip) = (0, 0);
    reader.decoding.header = vec!["?".into()];
    reader.guard.max_quarantined_percent = 100.0;
    let delimiter = char::from(reader.decoding.delimiter);
    let mut sink = Lines { delimiter, lines: Vec::new() };
    // What cannot be read at all is said by the reading that follows.
    let _ = pull(&reader, None, context, &mut sink).await;
    sink.lines.sort_by_key(|(number, _)| *number);
    sink.lines.truncate(LOOKED_AT);
    sink.lines.into_iter().map(|(_, cells)| cells).collect()
}

/// The first lines of a text as they stand.
pub async fn whole_lines(connector: &Connector, sample: &Path, context: &PullContext) -> Vec<String> {
    let mut lines = connector.clone();
    // A sign that separates nothing: every line is one cell.
    (lines.decoding.delimiter, lines.decoding.quote) = (0x02, false);
    first_lines(&lines, sample, Format::Csv, context).await.into_iter().map(|cells| cells.join("\u{2}")).collect()
}

/// Whether a line that should be a header looks like a row: codes, dates, numbers, names of units.
pub fn looks_like_data(header: &[String]) -> bool {
    let year = |c: &str| c.trim_end_matches('年').len() == 4;
    let unit =
        |c: &str| c.chars().count() >= 6 && ["公司", "厂", "合作社", "事务所", "工作室"].iter().any(|end| c.ends_with(end));
    let cells: Vec<String> = header.iter().filter(|c| !c.is_empty() && !year(c) && !c.starts_with("column_")).cloned().collect();
    cells.iter().any(|c| unit(c)) || cells.len() > 1 && is_data(&cells)
}

/// Rows above the header, and rows of the header, in the first lines of a table.
pub fn guess(lines: &[Vec<String>]) -> (u32, u32) {
    let filled = |line: &Vec<String>| line.iter().filter(|c| !c.is_empty()).count();
    let widest = lines.iter().map(filled).max().unwrap_or(0);
    if widest < 2 {
        return (0, 1);
    }
    // Lines above the table: a title in the first cell, notes such as 单位：万元, blank lines.
    let is_note = |line: &Vec<String>| {
        let title = filled(line) <= 1 && line.iter().skip(1).all(String::is_empty);
        // 填报单位：某某 | 2026年10月 | 单位：千元, and 单位：万元 alone at the right.
        let said = |c: &String| c.contains([':', '：']);
        let about = |c: &String| said(c) || is_day(c) || money_line(c);
        let cells = || line.iter().filter(|c| !c.is_empty());
        title || cells().all(about) && cells().any(|c| said(c) || money_line(c))
    };
    let skip = lines.iter().take_while(|line| is_note(line)).count();
    // One cell alone below a header is a heading of the first rows (一、朝阳区), and none of the header.
    let alone = |at: usize, line: &Vec<String>| at > 0 && widest > 2 && filled(line) == 1;
    let below = lines[skip..].iter().take(MAX_HEADER + 1).enumerate();
    let rule = |line: &[String]| line.iter().all(|c| c.chars().all(|c| matches!(c, '-' | '=' | '_' | '+' | '—')));
    let header = below.take_while(|(at, line)| !is_data(line) && !alone(*at, line) && !rule(line)).count();
    // All words: then the first line is the header, as everywhere.
    let header = if header == 0 || header > MAX_HEADER || skip + header >= lines.len() { 1 } else { header };
    (skip as u32, header as u32)
}

/// 2026年10月, 2026-10-31, 第1页: what stands beside a title.
fn is_day(cell: &str) -> bool {
    let plain = cell.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "年月日季度第页共期/-.".contains(c));
    plain && cell.chars().any(|c| c.is_ascii_digit())
}

/// 单位：万元, （万元）.
fn money_line(cell: &str) -> bool {
    said_of_money(cell).is_some()
}

/// Whether a line looks like a row of a registry and not like a header: numbers, codes, dates.
fn is_data(line: &[String]) -> bool {
    let cells: Vec<&String> = line.iter().filter(|c| !c.is_empty()).collect();
    let plain = |c: &&&String| {
        let digits = c.chars().filter(char::is_ascii_digit).count();
        // A year alone stands over the columns of that year.
        let year = c.strip_suffix('年').is_some_and(|y| y.len() == 4 && digits == 4);
        digits > 0 && digits * 2 >= c.chars().count() && !year
    };
    // 北京示例有限公司 is nobody's header, in a row that is nearly empty too.
    let organisation = |c: &&&String| {
        let ends = [
            "有限公司",
            "有限责任公司",
            "股份公司",
            "合作社",
            "事务所",
            "（有限合伙）",
            "（普通合伙）",
            "(有限合伙)",
            "(普通合伙)",
        ];
        c.chars().count() >= 6 && ends.iter().any(|end| c.ends_with(end))
    };
    // 2025年营业收入 is a header, 1,234.5 and 91110105… are not.
    cells.iter().filter(plain).count() * 5 >= cells.len().max(1) || cells.iter().any(|c| organisation(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<Vec<String>> {
        text.iter().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn titles_notes_and_headers_of_several_rows_are_told_from_rows() {
        for (text, expected) in [
            (&["编号,名称,人数", "A1,甲公司,57", "A2,乙公司,8"][..], (0, 1)),
            (
                &["某局数据（示例）,,,", "基本信息,,规模,", "流水,单位全称,从业人员数,年营业收入（万元）", "A-1,甲公司,57,66"],
                (1, 2),
            ),
            (&["某局数据,,", "制表日期：2026年,单位：万元,", "编号,名称,收入", "1001,甲,3.5"], (2, 1)),
            (&["企业,2025年,,2024年,", ",收入,人数,收入,人数", "甲公司,1.5,7,2,9"], (0, 2)),
            (&["名称,区", "甲公司,朝阳区", "乙公司,海淀区"], (0, 1)),
            (&["编号,名称,人数", "一、朝阳区,,", "1,甲公司,20"], (0, 1)),
            (&["编号,名称,人数", "----,----,----", "1,甲公司,20"], (0, 1)),
            (&["填报单位：某局,,2026年10月,金额单位：千元", "编号,名称,人数,收入", "甲,乙,1,2", "1,甲公司,20,5"], (1, 1)),
            (&["情况表,,,", ",,,（万元）", "编号,名称,人数,收入", "1,甲公司,20,5"], (2, 1)),
            (&["编号,名称,人数,收入", ",,人,万元", "1,甲公司,20,5"], (0, 2)),
            (&["名称,住所,法人,类型,行业,人数", "北京示例甲有限公司,,,,,", "北京示例乙有限公司,某路1号,某,企业,制造,12"], (0, 1)),
        ] {
            assert_eq!(guess(&lines(text)), expected, "{text:?}");
        }
    }
}
