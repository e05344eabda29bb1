//! Is this row a record? Tables for people hold rows that are none: totals, notes and signatures below, the header once more,
//! headings between districts, a second table below the first.
//!
//! In: a header's layout and the cells of one row (and, for second tables, the rows before it). Out: why the row is no record,
//! as a reason for quarantine. Every such code begins with `no_record`; landing counts these rows apart from those that are broken.

use super::Connector;
use super::dress::undress;
use super::mapping::{Layout, same_header};
use super::no_record_words::{
    ENDS, FIRST, NOTES, SIGNED, TOTALS_LATIN, are_names_of_fields, are_numbers_of_columns, begins_numbered, heading_text,
    is_code, is_counted, is_day_or_page, is_example, is_field_name, is_field_type, is_heading, is_instruction, is_organisation,
    is_place, is_rule, is_shared_place, is_total, is_total_alone,
};
use super::problem::RowError;
use super::read_as::As;
use super::unit_said::{is_unit_cell, unit_word};
use super::wording;
use crate::model::identifier::CreditCode;

/// Why a row is no record, where its own cells say so.
pub(super) fn why(layout: &Layout, cells: &[Option<&str>]) -> Option<RowError> {
    let text = |at: usize| cells.get(at).copied().flatten().unwrap_or_default();
    let is_filled = |t: &str| begins_plainly(t) || !t.trim().is_empty();
    let first = cells.iter().position(|c| c.is_some_and(is_filled))?;
    let mut labels = layout.key.iter().chain(&layout.names).copied().chain([first]);
    // A row without a name may be anything: a title, a date, the name of a district, a sum told in any cell.
    let nameless = !layout.names.iter().any(|at| is_filled(text(*at)));
    let unnamed = nameless && (!layout.names.is_empty() || cells.iter().filter(|c| c.is_some_and(is_filled)).take(2).count() < 2);
    let named_as_field = || layout.names.iter().any(|at| is_field_name(text(*at)) || is_field_type(text(*at)));
    if !unnamed
        && !labels.clone().any(|at| is_suspicious(text(at)) || repeats(&layout.columns[at], text(at)))
        && !named_as_field()
    {
        return None;
    }
    let filled: Vec<(usize, String)> = cells
        .iter()
        .enumerate()
        .map(|(at, c)| (at, undress(c.unwrap_or_default())))
        .filter(|(_, t)| !t.is_empty())
        .map(|(at, t)| (at, t.into_owned()))
        .collect();
    if is_header(layout, &filled) {
        return Some(header_again());
    }
    if filled.iter().all(|(_, t)| is_rule(t)) {
        return Some(heading(&filled.first()?.1));
    }
    if are_numbers_of_columns(&filled) {
        return Some(numbers_of_columns());
    }
    if are_units(&filled) {
        return Some(below_header("计量单位", "the units of the columns"));
    }
    if are_names_of_fields(&filled, &layout.columns) {
        return Some(below_header("字段名或字段类型", "the names or types of database fields"));
    }
    let instructions = filled.iter().filter(|(_, t)| is_instruction(t)).count();
    if instructions >= 2 && instructions * 2 > filled.len() {
        return Some(below_header("填写说明", "what is to be written into the columns"));
    }
    let example = |at: usize| is_example(text(at));
    if example(first) || layout.names.iter().any(|at| example(*at)) {
        return Some(RowError::new(
            "no_record_example",
            "该行是填写示例，不是一条记录",
            "the row is the form's example, no record",
        ));
    }
    if filled.iter().any(|(_, t)| CreditCode::parse(t).is_some()) {
        return None;
    }
    let with_names = !layout.names.is_empty();
    let sums = |text: &str| is_total(text) || with_names && is_total_alone(text);
    if let Some(at) = labels.find(|at| sums(text(*at))) {
        return Some(total(&undress(text(at))));
    }
    if let Some((_, said)) = filled.iter().find(|(_, t)| with_names && nameless && t.chars().count() <= 6 && is_total(t)) {
        return Some(total(said));
    }
    let (at_begin, begin) = filled.first()?;
    if is_organisation(begin) {
        return None;
    }
    // Nothing else in the row could be a name.
    let for_a_name = with_names && layout.names.iter().all(|at| at == at_begin || !is_filled(text(*at)));
    let counted = || layout.names.iter().any(|at| is_counted(text(*at)));
    if with_names && is_place(&heading_text(begin)) && (for_a_name && !is_shared_place(begin) || counted()) {
        return Some(heading(begin));
    }
    if filled.iter().filter(|(_, t)| SIGNED.contains(&t.trim_end_matches([':', '：', ' ']))).count() >= 2 {
        return Some(note(begin));
    }
    let alone = filled.len() == 1 && layout.columns.len() >= 3;
    let said = |t: &str| t.contains([':', '：']);
    let all_said = filled.iter().all(|(_, t)| said(t));
    if NOTES.iter().any(|n| begin.trim_start_matches(['（', '(', '*', '【']).starts_with(n)) {
        let plain = filled.len() <= 2 && begin.chars().count() > 1;
        let only = for_a_name && (said(begin) || matches!(begin.trim(), "注" | "说明" | "备注" | "附注"));
        // 制表人：某某 | 审核人：某某 | 第 1 页 共 1 页
        let signed = said(begin) && filled.iter().all(|(_, t)| said(t) || is_day_or_page(t) || t.chars().count() <= 4);
        if all_said || (alone && plain) || only || signed || (said(begin) && begin.trim_end().ends_with([':', '：'])) {
            return Some(note(begin));
        }
    }
    if is_heading(begin)
        && (alone || layout.names.iter().chain(&layout.key).any(|at| text(*at).trim().is_empty() || *at == first))
    {
        return Some(heading(begin));
    }
    let bare = begin.trim_matches(|c: char| matches!(c, '-' | '*' | '=' | '—' | '#' | '<' | '>' | ' ' | '【' | '】'));
    if alone && ENDS.iter().any(|end| end.eq_ignore_ascii_case(bare)) {
        return Some(note(begin));
    }
    if !alone || is_code(begin) {
        return None;
    }
    Some(if is_place(begin) { heading(begin) } else { note(begin) })
}

/// Why a line of one cell in a table of several columns is no record: a note, a signature, a line drawn with signs. `surely`:
/// only where its words say so, since it may be half of a row.
pub fn lone_line(text: &str, surely: bool) -> Option<RowError> {
    let text = undress(text);
    let begin = text.trim_start_matches(['（', '(', '*', '【']);
    let says = text.contains([':', '：'])
        || text.starts_with(['(', '（'])
        || NOTES.iter().any(|n| begin.starts_with(n) && begin.chars().count() > 1);
    if is_rule(&text) {
        return Some(heading(&text));
    }
    if is_total(&text) {
        return Some(total(&text));
    }
    (says || !surely && !is_code(&text) && !is_organisation(&text)).then(|| note(&text))
}

/// A text that begins with a letter, a digit, a sign of ASCII or a Chinese character: no blanks and no dress in front of it.
fn begins_plainly(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(0x21..=0x7e | 0xE4..=0xE9))
}

fn is_suspicious(text: &str) -> bool {
    let text = if begins_plainly(text) { text } else { text.trim_start() };
    match text.chars().next() {
        None => false,
        Some(c) if c.is_ascii() => {
            !text.bytes().any(|b| b.is_ascii_digit())
                && TOTALS_LATIN.iter().any(|t| c.eq_ignore_ascii_case(&(t.as_bytes()[0] as char)))
                || matches!(c, '(' | '*' | '-' | '=' | '_' | '+' | '#' | '<')
                || ENDS.iter().any(|end| end.eq_ignore_ascii_case(text.trim_end()))
                || begins_numbered(text)
        }
        Some('甲') => text.trim_end() == "甲",
        Some('上') => text.starts_with("上年") || text.starts_with("上期"),
        Some('计' | '分') => text.trim_end().chars().count() <= 2,
        Some(c) => {
            FIRST.contains(&c)
                || text.len() <= 48 && text.contains(['计', '計'])
                || text.len() <= 48
                    && text
                        .trim_end()
                        .ends_with(['计', '区', '县', '市', '镇', '乡', '道', '：', '。', '\u{feff}', '总', '数', '值'])
                || text.len() <= 36 && ["企业", "单位", "户", "组织", "机关"].iter().any(|end| text.trim_end().ends_with(end))
                || c == '\u{feff}'
        }
    }
}

/// Whether a cell repeats its header, or one part of a header of several rows.
fn repeats(header: &str, cell: &str) -> bool {
    if begins_plainly(cell) && !header.contains('/') && !header.starts_with(&cell[..cell.ceil_char_boundary(1)]) {
        return false;
    }
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    !cell.is_empty() && is_header_cell(header, cell)
}

/// 编 号, 编号* and 编号（必填） repeat 编号.
fn is_header_cell(header: &str, cell: &str) -> bool {
    let before = |t: &str| t.split(['(', '（']).next().unwrap_or(t).len();
    let same = |part: &str| {
        same_header(part, cell)
            || before(cell) > 0 && before(cell) < cell.len() && same_header(&part[..before(part)], &cell[..before(cell)])
    };
    same(header) || header.contains('/') && header.split('/').any(same)
}

fn is_header(layout: &Layout, filled: &[(usize, String)]) -> bool {
    let same = filled.iter().filter(|(at, t)| is_header_cell(&layout.columns[*at], t));
    let same = same.count();
    same >= 2 && same * 10 >= filled.len() * 7
}

fn shown(text: &str) -> String {
    text.chars().take(24).collect()
}

fn total(text: &str) -> RowError {
    RowError::new(
        "no_record_total",
        format!("「{}」是合计行，不是一条记录", shown(text)),
        format!("\"{}\" is a row of sums, no record", shown(text)),
    )
}

fn note(text: &str) -> RowError {
    RowError::new(
        "no_record_note",
        format!("「{}」是表格的说明或签署，不是一条记录", shown(text)),
        format!("\"{}\" is a note or a signature of the table, no record", shown(text)),
    )
}

fn heading(text: &str) -> RowError {
    RowError::new(
        "no_record_heading",
        format!("「{}」是表中的小标题，不是一条记录", shown(text)),
        format!("\"{}\" is a heading between rows, no record", shown(text)),
    )
}

fn header_again() -> RowError {
    RowError::new("no_record_header", "该行重复表头，不是一条记录", "the row repeats the header, it is no record")
}

fn numbers_of_columns() -> RowError {
    RowError::new(
        "no_record_header",
        "该行是表头下的列号，不是一条记录",
        "the row numbers the columns below the header, it is no record",
    )
}

/// A row below the header that explains the columns: `what` of them it tells.
fn below_header(what: &str, what_en: &str) -> RowError {
    RowError::new(
        "no_record_header",
        format!("该行是表头下的{what}，不是一条记录"),
        format!("the row tells {what_en} below the header, it is no record"),
    )
}

/// Whether all cells are units, or dashes where a column has none.
fn are_units(filled: &[(usize, String)]) -> bool {
    let dash = |t: &str| t.chars().all(|c| matches!(c, '-' | '—' | '─' | '/' | '－'));
    filled.iter().any(|(_, t)| is_unit_cell(t)) && filled.iter().all(|(_, t)| is_unit_cell(t) || dash(t))
}

fn second() -> RowError {
    RowError::new(
        "no_record_second_table",
        "该行属于下方的另一张表（表头不同），不按本表读取；请把两张表分开报送",
        "the row belongs to another table below, under another header: it is not read as one of this table; send the tables apart",
    )
}

/// Digits, codes, dates: a value, where a header has a word.
fn is_data(text: &[u8]) -> bool {
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let characters = text.iter().filter(|b| **b & 0xC0 != 0x80).count();
    digits > 0 && digits * 2 >= characters
}

/// Watches the rows of one table for a second one below it.
pub struct Below {
    layout: Layout,
    /// How many rows had data in each column, among those looked at.
    data: Vec<u32>,
    seen: u32,
    /// The column that shows soonest that a row is a record: one that holds data in nearly every row.
    witness: Option<usize>,
    gap: bool,
    in_second: bool,
    /// Columns of money with the unit they are read in, where their headers name none.
    money: Vec<(usize, i64)>,
    asides: Vec<String>,
}

/// Rows from which the columns are known.
const LOOKED_AT: u32 = 64;

impl Below {
    /// None where the header lacks the key: nothing of the table will land.
    pub fn new(connector: &Connector, columns: &[String]) -> Option<Below> {
        let layout = connector.layout(columns).ok()?;
        let data = vec![0; columns.len()];
        let read = connector.contract.columns.iter().zip(layout.positions());
        let money = read.filter(|(c, _)| c.read_as == As::Money && !c.name.contains('元'));
        let money = money.filter_map(|(c, at)| Some(((*at)?, c.unit.yuan))).collect();
        Some(Below { layout, data, seen: 0, witness: None, gap: false, in_second: false, money, asides: Vec::new() })
    }

    /// What rows that are no records said since the last call of the unit of amounts.
    pub fn asides(&mut self) -> Vec<String> {
        std::mem::take(&mut self.asides)
    }

    fn note_units(&mut self, cells: &[Option<&str>], code: &str) {
        let text = |at: usize| cells.get(at).copied().flatten().unwrap_or_default();
        match code {
            "no_record_note" => {
                self.asides.extend(cells.iter().flatten().filter(|t| t.contains("单位")).map(|t| (*t).to_owned()));
            }
            "no_record_header" => {
                let others = self.money.iter().filter(|(at, yuan)| unit_word(text(*at)).is_some_and(|said| said != *yuan));
                self.asides.extend(others.map(|(at, _)| format!("单位：{}", text(*at))));
                // Nothing is read yet: a new connector is told all of them.
                if self.layout.positions().is_empty() {
                    let units = cells.iter().flatten().filter(|t| unit_word(t).is_some());
                    self.asides.extend(units.map(|t| format!("单位：{t}")));
                }
            }
            _ => {}
        }
    }

    /// An empty row, or an empty line.
    pub fn gap(&mut self) {
        self.gap = true;
    }

    /// Whether one look tells that the row is one of this table, which is so for nearly all.
    pub fn is_plain<'c>(&self, cell: impl Fn(usize) -> &'c [u8]) -> bool {
        !self.in_second && !self.gap && self.witness.is_some_and(|at| is_data(cell(at)))
    }

    /// Why the row is none of this table.
    pub fn why<'c>(&mut self, cell: impl Fn(usize) -> Option<&'c str>) -> Option<RowError> {
        if self.is_plain(|at| cell(at).unwrap_or_default().as_bytes()) {
            return None;
        }
        let cells: Vec<Option<&str>> = (0..self.layout.columns.len()).map(cell).collect();
        self.look(&cells)
    }

    fn look(&mut self, cells: &[Option<&str>]) -> Option<RowError> {
        if let Some(error) = why(&self.layout, cells) {
            self.note_units(cells, error.code());
            if error.code() == "no_record_header" {
                (self.in_second, self.gap) = (false, false);
            }
            // Landing says it again, with the same words.
            return self.in_second.then_some(error);
        }
        let filled: Vec<(usize, &str)> = cells
            .iter()
            .enumerate()
            .filter_map(|(at, c)| Some((at, c.as_deref()?.trim())))
            .filter(|(_, t)| !t.is_empty())
            .collect();
        if filled.is_empty() {
            self.gap = true;
            return None;
        }
        if self.in_second || self.is_other_header(&filled) {
            self.in_second = true;
            return Some(second());
        }
        self.gap = false;
        if self.seen < LOOKED_AT {
            self.seen += 1;
            filled.iter().filter(|(_, t)| is_data(t.as_bytes())).for_each(|(at, _)| self.data[*at] += 1);
            let best = (0..self.data.len()).max_by_key(|at| self.data[*at]);
            self.witness = best.filter(|at| self.seen >= 2 && self.data[*at] * 10 >= self.seen * 9);
        }
        None
    }

    fn is_other_header(&self, filled: &[(usize, &str)]) -> bool {
        if self.seen == 0 || filled.len() < 2 || filled.iter().any(|(_, t)| is_data(t.as_bytes()) || is_organisation(t)) {
            return false;
        }
        let columns = &self.layout.columns;
        let is_word = |t: &str| {
            columns.iter().any(|c| same_header(c, t) || c.rsplit('/').next().is_some_and(|l| same_header(l, t)))
                || wording::other_word(t).is_some()
        };
        let words = filled.iter().filter(|(_, t)| is_word(t)).count();
        let strange = filled.iter().filter(|(at, _)| self.data[*at] * 10 >= self.seen * 8).count();
        match self.gap {
            true => strange >= 1 || words * 2 >= filled.len(),
            false => strange >= 1 && words >= 2 && words * 2 >= filled.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connector() -> Connector {
        Connector::parse(
            "t",
            "title = { zh = \"x\", en = \"x\" }\nowner = { zh = \"x\", en = \"x\" }\n[source]\ntransport = \"file\"\nplace = \"x.csv\"\n\
             [key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n\"区\" = \"district\"\n\"人数\" = \"employees\"\n",
        )
        .expect("a manifest")
    }

    fn header() -> Vec<String> {
        ["编号", "名称", "区", "人数"].map(String::from).to_vec()
    }

    fn code(row: [&str; 4]) -> &'static str {
        let layout = connector().layout(&header()).expect("a layout");
        let cells = row.map(|c| Some(c).filter(|t| !t.is_empty()));
        why(&layout, &cells).map_or("", |e| e.code())
    }

    #[test]
    fn totals_notes_headings_and_headers_are_no_records() {
        for (row, expected) in [
            (["合计", "", "", "86"], "no_record_total"),
            (["", "合  计", "", "86"], "no_record_total"),
            (["", "小计", "朝阳区", "41"], "no_record_total"),
            (["朝阳区小计", "", "", "41"], "no_record_total"),
            (["合计：", "12家", "", "86"], "no_record_total"),
            (["Total", "", "", "86"], "no_record_total"),
            (["其中：国有", "", "", "8"], "no_record_total"),
            (["----", "----", "---", "----"], "no_record_heading"),
            (["2026年11月27日", "", "", ""], "no_record_note"),
            (["2026-11-27", "", "", ""], "no_record_note"),
            (["朝阳区（5家）", "", "", ""], "no_record_note"),
            (["Page 1 of 3", "", "", ""], "no_record_note"),
            (["(4 rows affected)", "", "", ""], "no_record_note"),
            (["总　计", "", "", ""], "no_record_total"),
            (["注：本表数据截至2021年3月底，不含分支机构。", "", "", ""], "no_record_note"),
            (["填表人：某某", "", "审核人：某某", ""], "no_record_note"),
            (["单位负责人：", "某某", "填表人：", "某某"], "no_record_note"),
            (["以下空白", "", "", ""], "no_record_note"),
            (["说明：", "", "", ""], "no_record_note"),
            (["附表：已注销单位", "", "", ""], "no_record_note"),
            (["共 4 条记录", "", "", ""], "no_record_note"),
            (["编号", "名称", "区", "人数"], "no_record_header"),
            (["\u{feff}编号", "名称", "区", "人 数"], "no_record_header"),
            (["一、朝阳区", "", "", ""], "no_record_heading"),
            (["（二）海淀区", "", "", "12"], "no_record_heading"),
            (["朝阳区", "", "", ""], "no_record_heading"),
            (["", "二、海淀区", "", ""], "no_record_heading"),
        ] {
            assert_eq!(code(row), expected, "{row:?}");
        }
    }

    /// A table whose names identify its rows.
    fn code_by_name(row: [&str; 4]) -> &'static str {
        let connector = Connector::parse(
            "t",
            "title = { zh = \"x\", en = \"x\" }\nowner = { zh = \"x\", en = \"x\" }\n[source]\ntransport = \"file\"\nplace = \"x.csv\"\n\
             [key]\ncolumns = [\"名称\"]\n[columns]\n\"名称\" = \"name\"\n\"区\" = \"district\"\n\"人数\" = \"employees\"\n\"收入\" = \"revenue\"\n",
        )
        .expect("a manifest");
        let header: Vec<String> = ["名称", "区", "人数", "收入"].map(String::from).to_vec();
        let layout = connector.layout(&header).expect("a layout");
        let cells = row.map(|c| Some(c).filter(|t| !t.is_empty()));
        why(&layout, &cells).map_or("", |e| e.code())
    }

    #[test]
    fn where_the_name_is_the_key_labels_beside_figures_are_no_records() {
        for (label, expected) in [
            ("合計", "total"),
            ("小計", "total"),
            ("總計", "total"),
            ("合计人数", "total"),
            ("合计户数", "total"),
            ("合计数", "total"),
            ("累计数", "total"),
            ("汇总数", "total"),
            ("总人数", "total"),
            ("共12家", "total"),
            ("平均数", "total"),
            ("均值", "total"),
            ("最大值", "total"),
            ("占比", "total"),
            ("同比增长", "total"),
            ("上年同期", "total"),
            ("全市", "total"),
            ("全区", "total"),
            ("全部", "total"),
            ("计", "total"),
            ("分计", "total"),
            ("∑", "total"),
            ("朝阳区（小计）", "total"),
            ("区级合计（含园区）", "total"),
            ("数据合计情况如下", "total"),
            ("1、朝阳区", "heading"),
            ("1. 朝阳区", "heading"),
            ("①朝阳区", "heading"),
            ("Ⅰ 朝阳区", "heading"),
            ("第一部分 朝阳区", "heading"),
            ("朝阳区", "heading"),
            ("朝阳区：", "heading"),
            ("说明", "note"),
            ("制表人：某某", "note"),
            ("注：不含分支机构", "note"),
        ] {
            for figures in [["86", "1200"], ["86", ""]] {
                let row = [label, "", figures[0], figures[1]];
                assert_eq!(code_by_name(row), format!("no_record_{expected}"), "{row:?}");
            }
        }
        for name in [
            "全部优选商贸有限公司",
            "全市通物流有限公司",
            "共12家餐饮有限公司",
            "共享单车有限公司",
            "计量测试研究院",
            "计算机服务部",
            "分计科技有限公司",
            "同比增长咨询有限公司",
            "占比科技有限公司",
            "第一部分设计有限公司",
            "1、2、3幼儿园",
            "注册会计师协会",
            "说明书印刷厂",
            "望京小区",
            "中关村科技园区",
            "最大值数据有限公司",
            "上年坊酒业有限公司",
            "某某会计师事务所（普通合伙）",
            "合计科技有限公司",
            "甲骨文软件有限公司",
            "ENDO医疗有限公司",
            "朝阳区总工会",
        ] {
            let row = [name, "", "86", "1200"];
            assert_eq!(code_by_name(row), "", "{row:?}");
        }
    }

    #[test]
    fn sums_signatures_and_numbers_of_columns_are_no_records_under_a_code() {
        for (row, expected) in [
            (["海淀区", "12家", "", "684"], "no_record_heading"),
            (["26", "共20家企业", "", "1140"], "no_record_total"),
            (["22", "", "合计", "1140"], "no_record_total"),
            (["23", "", "1140", "合计"], "no_record_total"),
            (["审核人", "某甲", "填表人", "某乙"], "no_record_note"),
            (["1", "2", "3", "4"], "no_record_header"),
            (["甲", "乙", "1", "2"], "no_record_header"),
            (["(1)", "(2)", "(3)", "(4)"], "no_record_header"),
            (["编 号", "名 称", "区", "人数"], "no_record_header"),
            (["编号*", "名称（必填）", "区", "人数（人）"], "no_record_header"),
            (["END", "", "", ""], "no_record_note"),
            (["*** END ***", "", "", ""], "no_record_note"),
        ] {
            assert_eq!(code(row), expected, "{row:?}");
        }
        for row in [
            ["1", "2", "3", "5"],
            ["26", "共享科技有限公司", "", "1140"],
            ["22", "", "海淀区", "1140"],
            ["1", "甲", "乙", "丙"],
            ["END01", "北京示例甲有限公司", "", "2"],
            ["审核001", "北京示例甲有限公司", "日期", "2"],
        ] {
            assert_eq!(code(row), "", "{row:?}");
        }
    }

    #[test]
    fn records_are_records_whatever_they_begin_with() {
        for row in [
            ["1", "合计科技有限公司", "朝阳区", "20"],
            ["2", "北京总计划咨询有限公司", "", ""],
            ["3", "共青团印刷厂", "", ""],
            ["单0001", "", "", ""],
            ["第一医院", "北京市第一医院", "", ""],
            ["4", "一得阁墨汁厂", "朝阳区", "3"],
            ["K17", "", "", ""],
            ["110105-0001", "", "", ""],
            ["", "北京示例甲有限公司", "", ""],
            ["注册001", "北京示例甲有限公司", "", "2"],
            ["朝阳区", "北京示例甲有限公司", "朝阳区", "2"],
            ["T001", "甲", "", ""],
            ["单位01", "甲", "乙", "丙"],
        ] {
            assert_eq!(code(row), "", "{row:?}");
        }
    }

    #[test]
    fn a_second_table_below_is_not_read_under_the_first_one_s_header() {
        let mut below = Below::new(&connector(), &header()).expect("a layout");
        let mut said = |row: [&'static str; 4]| below.why(|at| Some(row[at]).filter(|t| !t.is_empty())).map_or("", |e| e.code());
        assert_eq!(said(["1", "甲公司", "朝阳区", "20"]), "");
        assert_eq!(said(["2", "乙公司", "朝阳区", "21"]), "");
        assert_eq!(said(["", "", "", ""]), "");
        assert_eq!(said(["附表：已注销单位", "", "", ""]), "", "landing says that it is a note");
        assert_eq!(said(["编号", "注销日期", "原因", ""]), "no_record_second_table");
        assert_eq!(said(["9", "2020-01-01", "", ""]), "no_record_second_table");
        assert_eq!(said(["编号", "名称", "区", "人数"]), "", "the first one's header again: its rows are read");
        assert_eq!(said(["3", "丙公司", "海淀区", "22"]), "");
        assert_eq!(said(["", "", "", ""]), "");
        assert_eq!(said(["4", "丁公司", "海淀区", "22"]), "", "an empty row alone ends nothing");
    }
}
