//! A visit list that comes back as a sheet: understood by its keys, whatever became of its rows and headings.
//!
//! In: cells as texts. Out: for each row the case it names and what was written beside it. A column is known by the key in its heading
//! (`到访结果 [door]`), by a heading as it was printed, or by what stands in it. Rows may be sorted, columns renamed and moved.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::visit::result;
use crate::model::problem::Problem;
use crate::model::public_id;

/// The columns of a visit list, by key, with their headings.
pub const COLUMNS: [(&str, &str, &str); 11] = [
    ("case", "案件编号", "case"),
    ("name", "企业名称", "enterprise"),
    ("code", "统一社会信用代码", "credit code"),
    ("address", "地址", "address"),
    ("why", "走访原因", "why"),
    ("door", "到访结果", "at the door"),
    ("answer", "答复", "answer"),
    ("on", "约定日期", "agreed date"),
    ("assessment", "评估", "assessment"),
    ("note", "备注", "note"),
    ("at", "走访时间", "visited at"),
];

/// The heading of a column, with its key.
pub fn heading(key: &str, lang: crate::model::message::Lang) -> String {
    let (_, zh, en) = COLUMNS.iter().find(|(known, ..)| *known == key).copied().unwrap_or((key, key, key));
    format!("{} [{key}]", lang.pick(zh, en))
}

/// A row that says something, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetRow {
    /// Its number in the sheet, from 1.
    pub row: usize,
    /// Of the case.
    pub case: String,
    /// The first layer.
    pub door: String,
    /// The second layer.
    pub answer: String,
    /// The agreed date.
    pub on: Option<NaiveDate>,
    /// From 1 to 5.
    pub assessment: Option<u8>,
    /// What else was written.
    pub note: Option<String>,
    /// When somebody was there.
    pub at: Option<DateTime<Utc>>,
}

/// The case that a cell names: the form an id has, whatever its heading.
fn case_of(cell: &str) -> Option<String> {
    let bare = cell.trim().trim_start_matches("case:").to_ascii_uppercase();
    public_id::read('C', &bare).map(|_| bare)
}

/// Words of headings that people write over columns whose cells tell nothing by themselves.
const HINTS: [(&str, &[&str]); 2] = [
    ("assessment", &["评估", "评分", "打分", "几分", "assess", "score", "rating"]),
    ("note", &["备注", "说明", "情况", "意见", "note", "remark", "comment"]),
];
/// Rows that are looked through for the headings: a title may stand above them.
const ABOVE: usize = 10;

/// The column that a heading names, by its key in brackets or as it was printed.
fn named(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let by_key = text.rsplit_once('[').and_then(|(_, key)| key.strip_suffix(']'));
    let is = |(key, zh, en): &&(&'static str, &'static str, &'static str)| {
        by_key == Some(*key) || text == *zh || text.eq_ignore_ascii_case(en)
    };
    COLUMNS.iter().find(is).map(|(key, ..)| *key)
}

/// The row of the headings: the one with most that are known, else the last that says anything before the first case.
fn head_of(rows: &[Vec<String>]) -> Option<usize> {
    let known = |at: usize| rows[at].iter().filter(|cell| named(cell).is_some()).count();
    let most = (0..rows.len().min(ABOVE)).rev().max_by_key(|at| known(*at)).filter(|at| known(*at) > 0);
    let first = rows.iter().position(|row| row.iter().any(|cell| case_of(cell).is_some())).unwrap_or(rows.len());
    let says = |at: &usize| rows[*at].iter().any(|cell| !cell.trim().is_empty());
    most.or_else(|| (0..first).rev().find(says))
}

/// A day alone, as cells of dates come out of a workbook: without a time, or at midnight.
fn is_day(cell: &str) -> bool {
    day(cell).is_some() && (!cell.contains(':') || cell.trim().ends_with("00:00:00"))
}

/// Which column is which, by its heading, else by what stands in it: whichever column says most of it.
fn columns(rows: &[Vec<String>], head: Option<usize>) -> Vec<Option<&'static str>> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let heading = |at: usize| head.and_then(|head| rows[head].get(at)).map_or("", |cell| cell.trim());
    let mut found: Vec<Option<&'static str>> = (0..width).map(|at| named(heading(at))).collect();
    let says = |at: usize, test: &dyn Fn(&str) -> bool| {
        rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty() && test(cell.trim())).count()
    };
    let tests: [(&'static str, &dyn Fn(&str) -> bool); 5] = [
        ("case", &|cell| case_of(cell).is_some()),
        ("door", &|cell| result(cell, false).is_ok()),
        ("answer", &|cell| result(cell, true).is_ok()),
        ("at", &|cell| !is_day(cell) && time(cell, &|t| Some(t.and_utc())).is_some()),
        ("on", &is_day),
    ];
    for (key, test) in tests {
        if found.contains(&Some(key)) {
            continue;
        }
        let free = (0..width).filter(|at| found[*at].is_none()).map(|at| (says(at, test), at)).filter(|(count, _)| *count > 0);
        let free: Vec<(usize, usize)> = free.collect();
        // Of two columns of days nobody knows which was agreed on.
        if key == "on" && free.len() > 1 {
            continue;
        }
        if let Some((_, at)) = free.into_iter().rev().max_by_key(|(count, _)| *count) {
            found[at] = Some(key);
        }
    }
    for (key, words) in HINTS {
        let is_hinted = |at: &usize| {
            let text = heading(*at).to_lowercase();
            found[*at].is_none() && words.iter().any(|word| text.contains(word))
        };
        if !found.contains(&Some(key))
            && let Some(at) = (0..width).find(is_hinted)
        {
            found[at] = Some(key);
        }
    }
    found
}

fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

fn time(text: &str, local: &dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).and_then(local)
}

/// What a sheet says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReturnedSheet {
    /// Per row that says something: what, or why it cannot be read.
    pub rows: Vec<Result<SheetRow, (usize, Problem)>>,
    /// Headings of columns in which something is written beside those rows, and that nobody understood; without a heading `?`.
    pub unread: Vec<String>,
}

/// The rows of a sheet that say something: those without a result are left as they are. `local` reads a time without a zone.
///
/// # Errors
/// Per row: a case that cannot be told, a date, an assessment or a time that is none. Of the sheet: nothing in it names cases, or results.
pub fn read(rows: &[Vec<String>], local: &dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>) -> Result<ReturnedSheet, Problem> {
    let head = head_of(rows);
    let columns = columns(rows, head);
    if !columns.contains(&Some("case")) {
        return Err(Problem::new(
            "no_keys",
            "表中没有案件编号：请不要删除该列，其他列可以改名、移动",
            "the sheet has no numbers of cases: keep that column; others may be renamed and moved",
        ));
    }
    if !columns.contains(&Some("door")) && !columns.contains(&Some("answer")) {
        return Err(Problem::new(
            "no_results",
            "表中没有到访结果，也没有答复",
            "the sheet has neither results at the door nor answers",
        ));
    }
    let mut read = ReturnedSheet::default();
    let mut unread: Vec<usize> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let cell = |key: &str| {
            let at = columns.iter().position(|c| *c == Some(key));
            at.and_then(|at| row.get(at)).map_or("", |cell| cell.trim())
        };
        let (door, answer) = (cell("door"), cell("answer"));
        let is_above = head.is_some_and(|head| number <= head);
        let is_heading = case_of(cell("case")).is_none() && (door.contains('[') || is_above);
        if is_heading || door.is_empty() && answer.is_empty() {
            continue;
        }
        unread.extend((0..row.len()).filter(|at| columns[*at].is_none() && !row[*at].trim().is_empty()));
        read.rows.push(one(number + 1, &cell, local).map_err(|problem| (number + 1, problem)));
    }
    unread.sort_unstable();
    unread.dedup();
    let heading = |at: usize| head.and_then(|head| rows[head].get(at)).map(|cell| cell.trim()).filter(|text| !text.is_empty());
    read.unread = unread.into_iter().map(|at| heading(at).unwrap_or("?").to_owned()).collect();
    Ok(read)
}

fn one<'a>(
    row: usize,
    cell: &impl Fn(&str) -> &'a str,
    local: &dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>,
) -> Result<SheetRow, Problem> {
    let wrong = |zh: &str, en: &str, text: &str| {
        Problem::new("unreadable_cell", format!("{zh}「{text}」无法识别"), format!("{en} \"{text}\" cannot be read"))
    };
    let given = |key: &str| Some(cell(key)).filter(|text| !text.is_empty());
    let case = case_of(cell("case")).ok_or_else(|| wrong("案件编号", "the number of the case", cell("case")))?;
    let on = given("on").map(|text| day(text).ok_or_else(|| wrong("约定日期", "the agreed date", text))).transpose()?;
    let at =
        given("at").map(|text| time(text, local).ok_or_else(|| wrong("走访时间", "the time of the visit", text))).transpose()?;
    let assessment = given("assessment")
        .map(|text| text.trim_end_matches(".0").parse().map_err(|_| wrong("评估", "the assessment", text)))
        .transpose()?;
    let note = given("note").map(str::to_owned);
    Ok(SheetRow { row, case, door: cell("door").to_owned(), answer: cell("answer").to_owned(), on, assessment, note, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::Lang;

    fn sheet(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }
    fn utc(t: NaiveDateTime) -> Option<DateTime<Utc>> {
        Some(t.and_utc())
    }
    fn id(n: u64) -> String {
        public_id::write('C', n)
    }

    #[test]
    fn rows_are_understood_by_their_keys_sorted_renamed_and_moved() {
        let (a, b, c) = (id(1), id(2), id(3));
        let printed = sheet(&[
            &[&heading("case", Lang::Zh), &heading("name", Lang::Zh), &heading("door", Lang::Zh), &heading("answer", Lang::Zh)],
            &[&a, "甲", "met", "refused"],
            &[&b, "乙", "nobody", ""],
            &[&c, "丙", "", ""],
        ]);
        let read_all = |rows: &[Vec<String>]| -> Vec<(String, String, String)> {
            let mut found: Vec<_> = read(rows, &utc)
                .expect("a sheet")
                .rows
                .into_iter()
                .map(|r| r.expect("a row"))
                .map(|r| (r.case, r.door, r.answer))
                .collect();
            found.sort();
            found
        };
        let first = read_all(&printed);
        assert_eq!(first.len(), 2, "who wrote nothing says nothing");
        // Sorted by name, columns moved, headings as somebody likes them.
        let changed = sheet(&[
            &["谁说的", "结果如何", "单位", "号"],
            &["", "nobody", "乙", &b],
            &["refused", "met", "甲", &a],
            &["", "", "丙", &c],
        ]);
        assert_eq!(read_all(&changed), first);
        // Ids in small letters, as a phone writes them.
        let small = sheet(&[&["case", "at the door", "answer"], &[&a.to_lowercase(), "met", "refused"], &[&b, "无人应门", ""]]);
        assert_eq!(read_all(&small).len(), 2);
    }

    #[test]
    fn what_stands_under_other_headings_is_found_by_what_it_says_or_told_and_never_passed_over() {
        let (a, b, c) = (id(1), id(2), id(3));
        // A title above, headings of one's own, misspelt answers in the majority, days of a workbook, columns of one's own.
        let rows = sheet(&[
            &["海淀区走访表"],
            &["谁家", "号码", "门口", "怎么说", "哪天", "几点去的", "几分", "走访情况", "电话"],
            &["甲", &a, "met", "再看看吧", "", "2026-11-22 09:30", "3", "老板出差", "无"],
            &["乙", &b, "met", "已定建会日期", "2026-12-20 00:00:00", "", "4", "", ""],
            &["丙", &c, "met", "考虑考虑", "", "", "", "", ""],
        ]);
        let found = read(&rows, &utc).expect("a sheet");
        assert_eq!(found.unread, ["谁家", "电话"]);
        let told: Vec<&SheetRow> = found.rows.iter().map(|row| row.as_ref().expect("a row")).collect();
        assert_eq!(told.iter().map(|row| row.answer.as_str()).collect::<Vec<_>>(), ["再看看吧", "已定建会日期", "考虑考虑"]);
        assert_eq!((told[0].assessment, told[0].note.as_deref(), told[0].on), (Some(3), Some("老板出差"), None));
        assert_eq!(told[0].at.map(|t| t.to_rfc3339()).as_deref(), Some("2026-11-22T09:30:00+00:00"));
        assert_eq!((told[1].row, told[1].on.map(|d| d.to_string()).as_deref(), told[1].at), (4, Some("2026-12-20"), None));
        // Of two columns of days nobody knows which was agreed on: neither is taken, both are told.
        let rows = sheet(&[&["号", "结果", "去的日子", "定的日子"], &[&a, "met", "2026-11-22", "2026-12-20"]]);
        let found = read(&rows, &utc).expect("a sheet");
        assert_eq!(found.unread, ["去的日子", "定的日子"]);
        assert_eq!(found.rows[0].as_ref().expect("a row").on, None);
        // Without headings at all.
        let found = read(&sheet(&[&[&a, "met", "thinks"], &[&b, "nobody", ""]]), &utc).expect("a sheet");
        assert!(found.rows.len() == 2 && found.unread.is_empty(), "{found:?}");
    }

    #[test]
    fn a_cell_that_cannot_be_read_spoils_its_row_and_no_other() {
        let (a, b) = (id(1), id(2));
        let rows = sheet(&[
            &["案件编号", "到访结果", "约定日期", "评估", "走访时间"],
            &[&a, "met", "明天", "", ""],
            &[&b, "met", "2026年12月20日", "4.0", "2026-11-22 09:30"],
            &["乱码", "met", "", "", ""],
        ]);
        let found = read(&rows, &utc).expect("a sheet").rows;
        let (row, problem) = found[0].as_ref().expect_err("no date");
        assert_eq!((*row, &*problem.code), (2, "unreadable_cell"));
        let good = found[1].as_ref().expect("a row");
        assert_eq!((good.assessment, good.on.map(|d| d.to_string()).as_deref()), (Some(4), Some("2026-12-20")));
        assert_eq!(good.at.map(|t| t.to_rfc3339()).as_deref(), Some("2026-11-22T09:30:00+00:00"));
        assert!(found[2].is_err());
        assert_eq!(read(&sheet(&[&["a", "b"], &["1", "2"]]), &utc).expect_err("no keys").code, "no_keys");
        assert_eq!(read(&sheet(&[&["case"], &[&a]]), &utc).expect_err("no results").code, "no_results");
    }
}
