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

/// Which column is which.
fn columns(rows: &[Vec<String>]) -> Vec<Option<&'static str>> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let head = rows.iter().find(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    let mut found: Vec<Option<&'static str>> = (0..width)
        .map(|at| {
            let text = head.and_then(|row| row.get(at)).map_or("", |cell| cell.trim());
            let by_key = text.rsplit_once('[').and_then(|(_, key)| key.strip_suffix(']'));
            let named = COLUMNS.iter().find(|(key, zh, en)| by_key == Some(*key) || text == *zh || text.eq_ignore_ascii_case(en));
            named.map(|(key, ..)| *key)
        })
        .collect();
    // What no heading tells, the cells do: most of those that are not empty.
    let tells = |at: usize, test: &dyn Fn(&str) -> bool| {
        let cells: Vec<&str> =
            rows.iter().skip(1).filter_map(|row| row.get(at)).map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
        !cells.is_empty() && cells.iter().filter(|cell| test(cell)).count() * 2 > cells.len()
    };
    let tests: [(&'static str, &dyn Fn(&str) -> bool); 4] = [
        ("case", &|cell| case_of(cell).is_some()),
        ("door", &|cell| result(cell, false).is_ok()),
        ("answer", &|cell| result(cell, true).is_ok()),
        ("at", &|cell| time(cell, &|t| Some(t.and_utc())).is_some()),
    ];
    for (key, test) in tests {
        if found.contains(&Some(key)) {
            continue;
        }
        if let Some(at) = (0..width).find(|at| found[*at].is_none() && tells(*at, test)) {
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

/// The rows of a sheet that say something: those without a result are left as they are. `local` reads a time without a zone.
///
/// # Errors
/// Per row: a case that cannot be told, a date, an assessment or a time that is none.
pub fn read(
    rows: &[Vec<String>],
    local: &dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>,
) -> Result<Vec<Result<SheetRow, (usize, Problem)>>, Problem> {
    let columns = columns(rows);
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
    let mut read = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let cell = |key: &str| {
            let at = columns.iter().position(|c| *c == Some(key));
            at.and_then(|at| row.get(at)).map_or("", |cell| cell.trim())
        };
        let (door, answer) = (cell("door"), cell("answer"));
        let is_heading = case_of(cell("case")).is_none() && (door.contains('[') || number == 0);
        if is_heading || door.is_empty() && answer.is_empty() {
            continue;
        }
        read.push(one(number + 1, &cell, local).map_err(|problem| (number + 1, problem)));
    }
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
    fn a_cell_that_cannot_be_read_spoils_its_row_and_no_other() {
        let (a, b) = (id(1), id(2));
        let rows = sheet(&[
            &["案件编号", "到访结果", "约定日期", "评估", "走访时间"],
            &[&a, "met", "明天", "", ""],
            &[&b, "met", "2026年12月20日", "4.0", "2026-11-22 09:30"],
            &["乱码", "met", "", "", ""],
        ]);
        let found = read(&rows, &utc).expect("a sheet");
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
