//! Rows of delimited text whose cells stand one column too far to the right: a separator within a cell without quotes, where the row
//! ends in empty cells and so has as many as the header.
//!
//! In: chunks of rows under one header. Out: the same chunks, with such rows among the faults. What each column usually holds is
//! learned from the rows themselves; a row is taken for shifted only where its cells fit better once two of them are one.

use rayon::prelude::*;

use crate::connector::{Connector, Layout, RowError};
use crate::pull::Chunk;

/// What a cell looks like from its first signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    Empty,
    /// Begins with a Chinese character.
    Words,
    Latin,
    /// 2021-03-01, 2021/3/1, 2021年…
    Day,
    /// Eight digits and letters or more, or eleven digits.
    Code,
    Number,
}

const KINDS: usize = 6;
/// Rows from which a column is known.
const KNOWN_FROM: u32 = 4;
/// Rows that are learned from.
const LEARNED: u32 = 20_000;

impl Looks {
    fn of(text: &str) -> Looks {
        // Most cells are plain at both ends, and of most words the first byte says all.
        let text = match text.as_bytes() {
            [0xE4..=0xE9, ..] => return Looks::Words,
            [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
            _ => text.trim(),
        };
        let bytes = text.as_bytes();
        let Some(first) = bytes.first() else { return Looks::Empty };
        if *first >= 0x80 {
            return Looks::Words;
        }
        let lead = bytes.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
        match bytes.get(4) {
            Some(b'-' | b'/') if lead == 4 && bytes.len() >= 8 => return Looks::Day,
            Some(b'.') if lead == 4 && bytes.iter().filter(|b| **b == b'.').count() == 2 => return Looks::Day,
            _ if lead == 4 && text[4..].starts_with('年') => return Looks::Day,
            _ => {}
        }
        let (mut digits, mut letters, mut beyond) = (0, 0, 0);
        for byte in bytes {
            digits += usize::from(byte.is_ascii_digit());
            letters += usize::from(byte.is_ascii_alphabetic());
            beyond |= byte & 0x80;
        }
        match first {
            _ if digits + letters == bytes.len() && digits > 0 && (digits >= 11 || bytes.len() >= 8 && letters > 0) => {
                Looks::Code
            }
            b'0'..=b'9' | b'-' | b'+' | b'.' | b'(' | b'$' if letters == 0 && beyond == 0 => Looks::Number,
            b'0'..=b'9' => Looks::Words,
            _ => Looks::Latin,
        }
    }

    /// Two cells as one, with the separator between them; None where no cell looks so.
    fn joined(left: &str, right: &str) -> Option<Looks> {
        let (left, right) = (left.trim(), right.trim());
        match (Looks::of(left), Looks::of(right)) {
            (Looks::Number, Looks::Number) => {
                let whole = right.split('.').next().unwrap_or(right);
                let group = whole.len() == 3 && whole.bytes().all(|b| b.is_ascii_digit());
                let lead = left.rsplit(',').next().unwrap_or(left).trim_start_matches(['-', '+', '(', '$']);
                (group && (1..=3).contains(&lead.len()) && lead.bytes().all(|b| b.is_ascii_digit())).then_some(Looks::Number)
            }
            (Looks::Words, Looks::Words | Looks::Latin) => Some(Looks::Words),
            (Looks::Latin, Looks::Latin | Looks::Words) => Some(Looks::Latin),
            _ => None,
        }
    }
}

/// Watches the rows of one table.
pub(super) struct Shifted<'c> {
    connector: &'c Connector,
    /// None where the header lacks the key: nothing of the table will land.
    layout: Option<Layout>,
    /// How often each column looked how.
    seen: Vec<[u32; KINDS]>,
    rows: u32,
    /// Whether any row ended in an empty cell: otherwise a shifted row has too many.
    open_ended: bool,
}

impl<'c> Shifted<'c> {
    pub(super) fn new(connector: &'c Connector, columns: &[String]) -> Shifted<'c> {
        let layout = connector.layout(columns).ok();
        Shifted { connector, layout, seen: vec![[0; KINDS]; columns.len()], rows: 0, open_ended: false }
    }

    /// The chunk, with shifted rows among its faults.
    pub(super) fn sift(&mut self, chunk: Chunk) -> Chunk {
        if chunk.width() != self.seen.len() || chunk.width() < 3 || self.layout.is_none() {
            return chunk;
        }
        let ends_empty = |row: usize| chunk.cells(row).last().flatten().is_none_or(|c| c.trim().is_empty());
        self.open_ended = self.open_ended || (0..chunk.len()).any(ends_empty);
        for row in 0..chunk.len().min((LEARNED - self.rows) as usize) {
            self.learn(chunk.cells(row));
        }
        // Where rows do not end in empty cells, a look at a few columns tells nearly all of them to be in order.
        let witnesses = if self.open_ended { (0..self.seen.len()).collect() } else { self.witnesses() };
        let is_odd = |row: usize| {
            let mut cells = chunk.cells(row);
            let mut at = 0;
            witnesses.iter().any(|column| {
                let cell = cells.nth(column - at).flatten();
                at = column + 1;
                self.is_strange(*column, Looks::of(cell.unwrap_or_default()), 1)
            })
        };
        let at = |row: usize| {
            let odd = if is_odd(row) { self.shifted_at(&chunk, row) } else { None };
            odd.or_else(|| self.cut_address(&chunk, row))
        };
        let found: Vec<(usize, usize)> = (0..chunk.len()).into_par_iter().filter_map(|row| Some((row, at(row)?))).collect();
        if found.is_empty() {
            return chunk;
        }
        let mut kept = Chunk::new(chunk.width());
        let mut next = found.iter().peekable();
        for row in 0..chunk.len() {
            let cells: Vec<Option<&str>> = chunk.cells(row).collect();
            match next.next_if(|(at, _)| *at == row) {
                None => kept.push_row(chunk.head(row), cells),
                Some((_, at)) => {
                    let raw: Vec<&str> = cells.iter().map(|c| c.unwrap_or_default()).collect();
                    let head = chunk.head(row);
                    kept.fault(head.number, head.offset, self.fault(*at), &raw.join("\t"));
                }
            }
        }
        kept.faults.extend(chunk.faults);
        kept.faults.sort_by_key(|f| f.number);
        kept.known = chunk.known;
        kept
    }

    fn learn<'t>(&mut self, cells: impl Iterator<Item = Option<&'t str>>) {
        self.rows += 1;
        for (seen, cell) in self.seen.iter_mut().zip(cells) {
            seen[Looks::of(cell.unwrap_or_default()) as usize] += 1;
        }
    }

    /// The columns by which a shifted row shows soonest: days and codes, and the last number.
    fn witnesses(&self) -> Vec<usize> {
        let mostly = |column: usize, looks: Looks| self.seen[column][looks as usize] * 5 >= self.rows * 4;
        let columns = || (0..self.seen.len()).rev();
        let marked = columns().filter(|at| mostly(*at, Looks::Day) || mostly(*at, Looks::Code)).take(2);
        let mut found: Vec<usize> = marked.chain(columns().find(|at| mostly(*at, Looks::Number))).collect();
        found.sort_unstable();
        found
    }

    /// Whether a cell looks otherwise than nearly all others of its column. `own`: this very cell was counted among them.
    fn is_strange(&self, column: usize, looks: Looks, own: u32) -> bool {
        let seen = &self.seen[column];
        let others = self.rows.saturating_sub(1);
        let same = seen[looks as usize].saturating_sub(own);
        let empty = seen[Looks::Empty as usize].saturating_sub(if looks == Looks::Empty { own } else { 0 });
        if looks == Looks::Empty {
            return same * 5 <= others && others >= KNOWN_FROM;
        }
        let filled = others.saturating_sub(empty);
        if filled < KNOWN_FROM {
            // A column that nobody fills in: words are a remark, a number there may have come from its left.
            let is_remark = matches!(looks, Looks::Words | Looks::Latin);
            return others >= KNOWN_FROM && filled * 5 <= others && same == 0 && !is_remark;
        }
        let most = seen[1..].iter().max().copied().unwrap_or(0);
        same * 5 <= filled && most * 5 >= filled * 3
    }

    /// The column in which a separator too many stands.
    fn shifted_at(&self, chunk: &Chunk, row: usize) -> Option<usize> {
        let looks = chunk.cells(row).map(|c| Looks::of(c.unwrap_or_default()));
        let strange: Vec<Looks> =
            looks.enumerate().filter(|(at, looks)| self.is_strange(*at, *looks, 1)).map(|(_, l)| l).collect();
        // A cell that only this row leaves empty is left empty.
        if strange.iter().all(|looks| *looks == Looks::Empty) {
            return None;
        }
        let strange = strange.len();
        // What is no record, or has no key, is told apart by landing.
        let given: Vec<Option<&str>> = chunk.cells(row).collect();
        self.connector.key(self.layout.as_ref()?, &given).ok()?;
        let cells: Vec<&str> = given.iter().map(|c| c.unwrap_or_default()).collect();
        let last = cells.iter().rposition(|c| !c.trim().is_empty())?;
        let fit = |at: usize| -> Option<usize> {
            let one = Looks::joined(cells[at], cells[at + 1])?;
            let moved = cells[at + 2..].iter().copied().chain([""]).map(Looks::of);
            let looks = std::iter::once(one).chain(moved).enumerate();
            let before = (0..at).filter(|column| self.is_strange(*column, Looks::of(cells[*column]), 1)).count();
            Some(before + looks.filter(|(n, l)| self.is_strange(at + n, *l, 0)).count())
        };
        let (at, best) = (0..last).filter_map(|at| Some((at, fit(at)?))).min_by_key(|(_, strange)| *strange)?;
        // Of two odd cells one that is explained may as well be a word where a number stands elsewhere; a day, a code or a number that
        // comes to its own column is more.
        let finds_its_place = |(column, text): (usize, &&str)| {
            let looks = Looks::of(text);
            matches!(looks, Looks::Day | Looks::Code | Looks::Number)
                && self.is_strange(column, looks, 1)
                && !self.is_strange(column - 1, looks, 0)
        };
        let is_told = || best * 2 == strange && cells.iter().enumerate().skip(at + 2).any(finds_its_place);
        (best * 2 < strange || is_told()).then_some(at)
    }

    /// The column of an address that a separator cut in two where nothing stands behind it but a column that hardly anybody fills in: no
    /// cell looks strange there, but what came into it is a house, a floor or a room and nothing else, which is no remark.
    fn cut_address(&self, chunk: &Chunk, row: usize) -> Option<usize> {
        if !self.open_ended {
            return None;
        }
        let is_plain = |text: &str| matches!(text.as_bytes().first(), Some(0x21..=0x7e | 0xE4..=0xE9));
        let is_filled = |cell: &Option<&str>| cell.is_some_and(|c| is_plain(c) || !c.trim().is_empty());
        let last = chunk.cells(row).enumerate().filter(|(_, cell)| is_filled(cell)).map(|(at, _)| at).max()?;
        let address = last.checked_sub(1)?;
        let others = self.rows.saturating_sub(1);
        let filled = others.saturating_sub(self.seen[last][Looks::Empty as usize]);
        if others < KNOWN_FROM || filled * 5 > others {
            return None;
        }
        let cells: Vec<Option<&str>> = chunk.cells(row).collect();
        let is_cut = is_address(cells[address].unwrap_or_default()) && is_part_of_house(cells[last].unwrap_or_default());
        (is_cut && self.connector.key(self.layout.as_ref()?, &cells).is_ok()).then_some(address)
    }

    fn fault(&self, at: usize) -> RowError {
        let columns = self.seen.len();
        let column = self.layout.as_ref().map_or("", |layout| layout.columns[at].as_str());
        shifted(column, columns)
    }
}

/// Whether a text says where something is: 北京市朝阳区示例路1号, 示例大厦.
fn is_address(text: &str) -> bool {
    const PLACES: &str = "路街巷道胡同里村镇乡区号院园楼厦座";
    let text = text.trim();
    text.chars().count() >= 4 && Looks::of(text) == Looks::Words && text.chars().any(|c| PLACES.contains(c))
}

/// Whether a text is a house, a floor or a room and nothing else: 2层, B座1201室, 三号楼, 5单元, 12-3号.
fn is_part_of_house(text: &str) -> bool {
    const PARTS: &str = "号楼栋幢座院门层室房铺元";
    const WITH: &str = "单间区内东西南北中上下左右前后甲乙丙丁至及、-—~－～()（）# ";
    const NUMBERS: &str = "一二三四五六七八九十百零〇";
    let is_number = |c: char| c.is_ascii_alphanumeric() || NUMBERS.contains(c);
    let text = text.trim();
    let only = text.chars().all(|c| is_number(c) || PARTS.contains(c) || WITH.contains(c));
    only && text.chars().any(is_number) && text.chars().any(|c| PARTS.contains(c))
}

fn shifted(column: &str, columns: usize) -> RowError {
    RowError::new(
        "cells_shifted",
        format!(
            "该行的单元格与所在列不符：「{column}」列中似有一个未加引号的分隔符，其后各列都错了一位（表头 {columns} 列，该行实为 {} 格）；请给该单元格加引号后重新导出",
            columns + 1
        ),
        format!(
            "the cells do not fit their columns: a separator without quotes seems to stand in column \"{column}\", and all behind it stand one column too far (the header has {columns} columns, the row {} cells); export it again with quotes around that cell",
            columns + 1
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::chunk::{Mark, RowHead};

    fn sifted(header: &str, rows: &[&str]) -> (usize, Vec<u64>) {
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        let mut chunk = Chunk::new(columns.len());
        for (number, row) in (1..).zip(rows) {
            let mut cells: Vec<Option<&str>> = row.split(',').map(Some).collect();
            cells.resize(columns.len(), None);
            chunk.push_row(RowHead { number, offset: None, mark: Mark::Cells }, cells);
        }
        let connector = Connector::parse(
            "t",
            "title = { zh = \"x\", en = \"x\" }\nowner = { zh = \"x\", en = \"x\" }\n[source]\ntransport = \"file\"\nplace = \"x.csv\"\n\
             [key]\ncolumns = [\"代码\"]\n[columns]\n\"名称\" = \"name\"\n",
        )
        .expect("a manifest");
        let kept = Shifted::new(&connector, &columns).sift(chunk);
        assert!(kept.faults.iter().all(|f| f.error.code() == "cells_shifted"));
        (kept.len(), kept.faults.iter().map(|f| f.number).collect())
    }

    #[test]
    fn an_address_that_was_cut_before_an_empty_remark_is_told_and_a_remark_is_none() {
        let header = "代码,名称,地址,备注";
        let good = ["91110105MA0000007L,北京示例甲有限公司,北京市朝阳区示例路1号,"; 5];
        let with = |row: &str| {
            let mut rows = good.to_vec();
            rows.insert(2, row);
            sifted(header, &rows)
        };
        for cut in ["2层", "B座1201室", "三号楼", "12-3号", "1幢5单元301", "东侧2层"] {
            let row = format!("91110105MA0000015F,北京示例乙有限公司,北京市朝阳区示例路2号,{cut}");
            let is_told = cut != "东侧2层"; // 侧 is a word of remarks too
            assert_eq!(with(&row), if is_told { (5, vec![3]) } else { (6, vec![]) }, "{cut}");
        }
        for fine in ["停产", "见3号文件", "已迁2层办公", "2021", "A", ""] {
            let row = format!("91110105MA0000015F,北京示例乙有限公司,北京市朝阳区示例路2号,{fine}");
            assert_eq!(with(&row), (6, vec![]), "{fine}");
        }
        // Behind a name, or where others say such things too, it is a remark like any other.
        assert_eq!(with("91110105MA0000015F,北京示例乙,,2层"), (6, vec![]));
        let rooms = ["91110105MA0000007L,北京示例甲有限公司,北京市朝阳区示例路1号,3层"; 6];
        assert_eq!(sifted(header, &rooms), (6, vec![]));
    }

    #[test]
    fn a_cell_that_only_one_row_leaves_empty_moves_nothing() {
        let header = "代码,名称,层级,上级,区划,地址,成立日期,完成期限";
        let rows = [
            "BJ,示例市总工会,市,,110000,,1950-01-01,",
            "D110105,示例区总工会,区,BJ,110105,,1951-05-01,",
            "S110105001,示例街道总工会,街道,D110105,110105001,,2010-08,2010-12",
            "P110105A,示例园区工会,园区,D110105,,示例产业园;示例科技园,,2026-12",
            "I-SL,示例教育工会,产业,BJ,,,1985-09-10,",
        ];
        assert_eq!(sifted(header, &rows), (5, vec![]));
    }

    #[test]
    fn a_row_with_a_separator_in_a_cell_is_told_by_what_its_columns_hold() {
        let good = [
            "91110105MA0000007L,北京示例甲有限公司,2020-05-06,10,100,",
            "91110105MA0000015F,北京示例乙有限公司,2020-05-07,11,101,",
        ];
        let header = "代码,名称,成立日期,人数,收入,备注";
        for bad in [
            "91110105MA0000023A,北京示例,丙有限公司,2020-05-06,15,105",
            "91110105MA0000023A,北京示例丙有限公司,2020-05-06,1,015,105",
            "91110105MA0000023A,北京示例丙有限公司,2020-05-06,15,1,105.00",
            "91110105MA0000023A,北京示例,丙有限公司,2020-05-06,15",
        ] {
            let rows = [good[0], good[1], bad, good[0], good[1], good[0]];
            assert_eq!(sifted(header, &rows), (5, vec![3]), "{bad}");
        }
        for fine in [
            "91110105MA0000023A,北京示例丙有限公司,2020-05-06,15,105,停产",
            "91110105MA0000023A,北京示例丙有限公司,长期,15,105,",
            "91110105MA0000023A,北京示例丙有限公司,,15,105,",
            "91110105MA0000023A,Alpha Beta Ltd,2020-05-06,15,,",
            ",北京示例丙有限公司,2020-05-06,,,",
            "91110105MA0000023A,北京示例丙有限公司,2020-05-06,12000,2.5,见说明",
            "91110105MA0000023A,北京示例丙有限公司,2020-05-06,,105,见说明",
        ] {
            let rows = [good[0], good[1], fine, good[0], good[1], good[0]];
            assert_eq!(sifted(header, &rows), (6, vec![]), "{fine}");
        }
    }
}
