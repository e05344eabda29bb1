//! The return flow as files: CSV with a byte order mark, a workbook, lines of JSON.
//!
//! In: the department's columns and its rows with what the hub learnt. Out: bytes, piece by piece. The hub's own columns begin with
//! `huitu_`, so that no column of a department is taken for one of them.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::{Map, Value, json};

use crate::hub::HubError;
use crate::hub::return_flow::{ReturnFlow, ReturnPlace, ReturnedRow};
use crate::model::message::Lang;
use crate::model::text::is_number_to_spreadsheets;

/// What stands beside the department's own columns.
pub const LEARNT: [&str; 6] =
    ["huitu_enterprise", "huitu_matched", "huitu_credit_code", "huitu_conflicts", "huitu_corrections", "huitu_quarantined"];
/// Characters a cell of a sheet holds.
const MAX_CELL: usize = 32_767;
/// Rows of a sheet, the header's left out.
pub const MAX_ROWS: usize = 1_048_575;

/// A file of the return flow that lacks rows says so in its last line.
pub const TRUNCATED: &str = "\n# TRUNCATED 回流中断，数据不完整 the return flow broke off and is incomplete\n";

/// What stands beside the row, in the order of [`LEARNT`].
fn learnt(row: &ReturnedRow, lang: Lang) -> [String; 6] {
    let conflicts: Vec<String> = row
        .conflicts
        .iter()
        .map(|c| {
            let others: Vec<String> = c.others.iter().map(|(registry, value)| format!("{registry}={value}")).collect();
            match others.is_empty() {
                true => c.field.to_owned(),
                false => format!("{}: {}", c.field, others.join(lang.pick("；", "; "))),
            }
        })
        .collect();
    let corrections: Vec<String> =
        row.corrections.iter().map(|c| format!("{} {} {} {}", c.id, c.column, c.state, c.deadline)).collect();
    [
        row.enterprise.clone().unwrap_or_default(),
        row.matched.to_string(),
        row.credit_code.clone().unwrap_or_default(),
        conflicts.join(" | "),
        corrections.join(" | "),
        row.quarantined.as_ref().map(|(zh, en)| lang.pick(zh, en).clone()).unwrap_or_default(),
    ]
}

/// One cell: quoted where needed, and never taken for a formula by a spreadsheet.
fn csv_cell(text: &str, out: &mut Vec<u8>) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && text.parse::<f64>().is_err();
    let quote = text.contains([',', '"', '\n', '\r']);
    if quote {
        out.push(b'"');
    }
    if formula {
        out.push(b'\'');
    }
    match quote {
        true => out.extend_from_slice(text.replace('"', "\"\"").as_bytes()),
        false => out.extend_from_slice(text.as_bytes()),
    }
    if quote {
        out.push(b'"');
    }
}

/// A line; `quotes` writes what a spreadsheet would take for a number and spoil so that it takes it for a text.
fn csv_line<'a>(cells: impl Iterator<Item = &'a str>, quotes: bool, out: &mut Vec<u8>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match quotes && is_number_to_spreadsheets(cell) {
            true => out.extend_from_slice(format!("\"=\"\"{cell}\"\"\"").as_bytes()),
            false => csv_cell(cell, out),
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// The beginning of a CSV file: a byte order mark, without which Excel does not take UTF-8 for UTF-8, and the header.
pub fn csv_header(columns: &[String]) -> Vec<u8> {
    let mut out = "\u{feff}".as_bytes().to_vec();
    csv_line(columns.iter().map(String::as_str).chain(LEARNT), false, &mut out);
    out
}

/// Rows as lines of CSV, with their codes as they are or, for spreadsheets, as `="911…"`.
pub fn csv(rows: &[ReturnedRow], lang: Lang, for_spreadsheets: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * 300);
    for row in rows {
        let beside = learnt(row, lang);
        let own = row.cells.iter().map(|cell| cell.as_deref().unwrap_or(""));
        csv_line(own.chain(beside.iter().map(String::as_str)), for_spreadsheets, &mut out);
    }
    out
}

/// One row as JSON: the department's own cells under `row`, what the hub learnt under `huitu`.
pub fn object(columns: &[String], row: &ReturnedRow, lang: Lang) -> Value {
    let own: Map<String, Value> = columns.iter().zip(&row.cells).map(|(name, cell)| (name.clone(), json!(cell))).collect();
    let conflicts: Vec<Value> = row
        .conflicts
        .iter()
        .map(|c| {
            let others: Vec<Value> = c.others.iter().map(|(r, v)| json!({ "registry": r, "value": v })).collect();
            json!({ "field": c.field, "own": c.own, "others": others })
        })
        .collect();
    json!({
        "key": row.key, "row": own,
        "huitu": {
            "enterprise": row.enterprise, "matched": row.matched, "creditCode": row.credit_code, "conflicts": conflicts,
            "corrections": row.corrections, "quarantined": row.quarantined.as_ref().map(|(zh, en)| lang.pick(zh, en)),
        },
    })
}

/// Rows as lines of JSON.
pub fn ndjson(columns: &[String], rows: &[ReturnedRow], lang: Lang) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * 600);
    for row in rows {
        serde_json::to_writer(&mut out, &object(columns, row, lang)).expect("plain data");
        out.push(b'\n');
    }
    out
}

/// Why a workbook was not made.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error(transparent)]
    Sheet(#[from] XlsxError),
    #[error("more rows than a sheet holds: take csv")]
    TooLong,
}

/// The whole return flow as a workbook of one sheet, every cell text: a code stays a code.
///
/// # Errors
/// The store cannot be read; more rows than a sheet holds.
pub async fn workbook(flow: &ReturnFlow, lang: Lang) -> Result<Vec<u8>, ReturnError> {
    let mut book = Workbook::new();
    {
        let sheet = book.add_worksheet_with_constant_memory()?;
        let bold = Format::new().set_bold();
        for (at, name) in (0_u16..).zip(flow.columns.iter().map(String::as_str).chain(LEARNT)) {
            sheet.write_string_with_format(0, at, name, &bold)?;
        }
        let (mut place, mut line) = (Some(ReturnPlace::START), 1_u32);
        while let Some(after) = place {
            let (rows, next) = flow.page(after, crate::hub::return_flow::RETURN_PAGE).await?;
            for row in &rows {
                if line as usize > MAX_ROWS {
                    return Err(ReturnError::TooLong);
                }
                let beside = learnt(row, lang);
                let own = row.cells.iter().map(|cell| cell.as_deref().unwrap_or(""));
                for (at, cell) in (0_u16..).zip(own.chain(beside.iter().map(String::as_str))) {
                    if !cell.is_empty() {
                        let end = cell.char_indices().nth(MAX_CELL).map_or(cell.len(), |(end, _)| end);
                        sheet.write_string(line, at, &cell[..end])?;
                    }
                }
                line += 1;
            }
            place = next;
        }
    }
    Ok(book.save_to_buffer()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_stays_a_text_and_what_the_hub_learnt_stands_beside_the_row() {
        let row = ReturnedRow {
            key: Some("K1".into()),
            cells: vec![Some("=1+1".into()), Some("甲,\"乙\"".into()), None],
            enterprise: Some("E1".into()),
            matched: 2,
            quarantined: Some(("无法读取".into(), "unreadable".into())),
            ..ReturnedRow::default()
        };
        let columns = ["名称".to_owned(), "备注".to_owned(), "空".to_owned()];
        let text = String::from_utf8(csv(std::slice::from_ref(&row), Lang::En, false)).expect("text");
        assert_eq!(text, "'=1+1,\"甲,\"\"乙\"\"\",,E1,2,,,,unreadable\r\n");
        let coded = ReturnedRow { cells: vec![Some("911101051465247042".into()), Some("85".into())], ..ReturnedRow::default() };
        let of =
            |for_spreadsheets| String::from_utf8(csv(std::slice::from_ref(&coded), Lang::En, for_spreadsheets)).expect("text");
        assert!(of(false).starts_with("911101051465247042,85,") && of(true).starts_with("\"=\"\"911101051465247042\"\"\",85,"));
        assert!(csv_header(&columns).starts_with("\u{feff}名称,备注,空,huitu_enterprise".as_bytes()));
        let line = object(&columns, &row, Lang::Zh);
        assert_eq!((&line["row"]["空"], &line["huitu"]["quarantined"]), (&Value::Null, &json!("无法读取")));
    }
}
