//! One cell of a stored row: the value that it states for a field of an enterprise, and the row with another text in its place.
//!
//! In: a stored row and the way to read it. Out: the cell as written and as read; a payload. It keeps nothing.

use crate::connector::Column;
use crate::model::enterprise::{EnterpriseField, enterprise_field};
use crate::model::problem::Problem;
use crate::records::StoredRowReader;
use crate::store::record::{StoredRecord, cells};

/// The value that a row states for a field, in one of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedCell {
    /// The column, as the row's layout names it.
    pub column: String,
    /// Where it stands in the row.
    pub place: usize,
    /// As written; None where it is empty.
    pub raw: Option<String>,
    /// As read; None where it is empty or cannot be read.
    pub value: Option<String>,
}

/// Every column of a row that speaks of a field, in the contract's order; empty where today's connectors do not read the row, or where
/// none does.
pub fn stated(reading: &StoredRowReader, row: &StoredRecord, field: EnterpriseField) -> Vec<StatedCell> {
    let Some((connector, layout)) = reading.way(row) else { return Vec::new() };
    let Some(owned) = cells(&row.payload) else { return Vec::new() };
    let columns = connector.contract.columns.iter().zip(layout.positions());
    let of_field = columns.filter(|(column, _)| enterprise_field(column.field) == Some(field));
    of_field
        .filter_map(|(column, place)| {
            let place = (*place)?;
            let raw = owned.get(place)?.as_deref();
            let value = connector.said(column, raw).flatten().map(|value| value.to_string());
            let raw = raw.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
            Some(StatedCell { column: layout.columns[place].clone(), place, raw, value })
        })
        .collect()
}

/// The column that is meant: the one that is named, else the first that says anything, else the first.
pub fn chosen(all: Vec<StatedCell>, column: Option<&str>) -> Option<StatedCell> {
    match column {
        Some(name) => all.into_iter().find(|cell| cell.column == name),
        None => {
            let first = all.iter().position(|cell| cell.raw.is_some()).unwrap_or(0);
            all.into_iter().nth(first)
        }
    }
}

/// The payload of a row with another text in one of its cells.
///
/// # Errors
/// `key_column` where the row is named by that cell; what the connector says of the text or of the row that it makes.
pub fn amended(reading: &StoredRowReader, row: &StoredRecord, place: usize, text: &str) -> Result<String, Problem> {
    let gone = || Problem::new("row_unread", "该记录今天的连接器读不出来", "today's connector does not read this record");
    let (connector, layout) = reading.way(row).ok_or_else(gone)?;
    if layout.key_positions().contains(&place) {
        let column = &layout.columns[place];
        return Err(Problem::new(
            "key_column",
            format!("「{column}」是登记的主键，改了就是另一条记录：请在下一次交付中更正"),
            format!("\"{column}\" is the registry's key, and another key is another record: mend it in the next delivery"),
        ));
    }
    let mut owned = cells(&row.payload).ok_or_else(gone)?;
    *owned.get_mut(place).ok_or_else(gone)? = Some(text.into());
    let texts: Vec<Option<&str>> = owned.iter().map(Option::as_deref).collect();
    let columns = connector.contract.columns.iter().zip(layout.positions());
    let meant: Vec<&Column> = columns.filter(|(_, at)| **at == Some(place)).map(|(column, _)| column).collect();
    if let Some(column) = meant.iter().find(|column| connector.said(column, Some(text)).is_none_or(|value| value.is_none())) {
        return Err(column.unreadable(text).problem.widen());
    }
    connector.read(layout, &texts).map_err(|error| error.problem.widen())?;
    Ok(serde_json::to_string(&texts).expect("texts and nulls"))
}
