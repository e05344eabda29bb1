//! The header of a table: one row or several, as one name a column.

use crate::connector::undress;

/// Column names of a header of one or several rows: parts joined, blanks of merged cells filled from the left in all rows
/// but the last, empty names numbered, repeated ones too.
pub fn join_header(rows: &[Vec<String>], join: &str) -> Vec<String> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut parts: Vec<Vec<String>> = vec![Vec::new(); width];
    for (level, row) in rows.iter().enumerate() {
        let mut left = String::new();
        for (at, parts) in parts.iter_mut().enumerate() {
            let own = row.get(at).map(|c| one_line(c)).unwrap_or_default();
            let text = match own.as_str() {
                "" if level + 1 < rows.len() => left.clone(),
                _ => own,
            };
            left.clone_from(&text);
            if !text.is_empty() && parts.last() != Some(&text) {
                parts.push(text);
            }
        }
    }
    let mut columns: Vec<String> = Vec::with_capacity(width);
    for (at, parts) in parts.into_iter().enumerate() {
        let name = if parts.is_empty() { format!("column_{}", at + 1) } else { parts.join(join) };
        let repeated =
            columns.iter().filter(|c| **c == name || c.strip_prefix(&name).is_some_and(|r| r.starts_with('_'))).count();
        columns.push(if repeated > 0 && columns.contains(&name) { format!("{name}_{}", repeated + 1) } else { name });
    }
    columns
}

/// A header cell as one line: without its dress, a line break inside is none.
fn one_line(cell: &str) -> String {
    // A sign that nobody sees within a heading may be what separates the cells: the refusal names it.
    let is_separated = cell.trim().contains(|c: char| c.is_control() && !c.is_whitespace());
    let text = if is_separated { std::borrow::Cow::Borrowed(cell.trim()) } else { undress(cell) };
    if !text.contains(['\n', '\r']) {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split(['\n', '\r']).map(str::trim).filter(|l| !l.is_empty()) {
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if latin(out.chars().next_back()) && latin(line.chars().next()) {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_header_rows_become_one() {
        let rows = [vec!["基本信息".into(), String::new(), "规模".into()], vec!["编号".into(), "名称".into(), "人数".into()]];
        assert_eq!(join_header(&rows, "/"), ["基本信息/编号", "基本信息/名称", "规模/人数"]);
        assert_eq!(join_header(&[vec!["a".into(), String::new(), "a".into()]], "/"), ["a", "column_2", "a_2"]);
        assert_eq!(
            join_header(&[vec!["单位名称\n（全称）".into(), "unit\r\nname".into()]], "/"),
            ["单位名称（全称）", "unit name"]
        );
    }
}
