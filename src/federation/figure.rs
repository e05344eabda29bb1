//! Figures that documents state, each with its source and the day it holds of: entered once, they come out again as of their dates.
//!
//! In: a sheet of figures. Out: figures that can be told, and the lines that stay out because nobody can be sure of them. What it does
//! not do: take a stated figure for a count of the graph.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_day, read_sheet};
use crate::model::field::named;

named! {
    /// How sure it is that a figure was read as it was written.
    pub enum FigureConfidence {
        /// As written.
        High = "HIGH",
        /// Read with care.
        Medium = "MEDIUM",
    }
}

/// The columns of a sheet of figures.
pub const FIGURE_COLUMNS: &[SheetColumn] = &[
    needed("id", "编号"),
    needed("value", "数值"),
    optional("unit", "单位"),
    optional("text_in_seed", "原文"),
    optional("reading", "读法"),
    optional("as_of", "截至日期"),
    optional("source", "来源"),
    needed("confidence", "可信度"),
];

/// A figure as a document states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatedFigure {
    /// `F09`.
    pub id: Box<str>,
    /// As written: 553, 2010-07-01, 1+6.
    pub value: Box<str>,
    /// The same where it is a plain number.
    pub number: Option<f64>,
    /// Of what: centres, members, percent.
    pub unit: Option<Box<str>>,
    /// The words around it.
    pub text: Option<Box<str>>,
    /// How they are read.
    pub reading: Option<Box<str>>,
    /// The day it holds of.
    pub as_of: NaiveDate,
    /// Where it is said.
    pub source: Box<str>,
    /// How sure the reading is.
    pub confidence: FigureConfidence,
}

/// A sheet of figures, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadFigures {
    /// With their lines.
    pub kept: Vec<(u64, StatedFigure)>,
    /// Lines that stay out, and why.
    pub left_out: Vec<SheetFault>,
}

/// Reads a sheet of figures; source and day hold of lines that name none. Lines marked low, and values that bear a question mark, stay out.
///
/// # Errors
/// Every fault with its line.
pub fn read_figures(text: &str, source: Option<&str>, as_of: Option<NaiveDate>) -> Result<ReadFigures, Vec<SheetFault>> {
    let mut left_out = Vec::new();
    let rows = read_sheet(text, FIGURE_COLUMNS, |row| {
        let words: &[(Option<FigureConfidence>, &[&str])] = &[
            (Some(FigureConfidence::High), &["HIGH", "高"]),
            (Some(FigureConfidence::Medium), &["MEDIUM", "中"]),
            (None, &["LOW", "低", "GARBLED"]),
        ];
        let confidence = row.word("confidence", words)?;
        let (id, value) = (row.text("id")?, row.text("value")?);
        let Some(confidence) = confidence.filter(|_| !value.contains(['?', '？'])) else {
            left_out.push(SheetFault::new(
                row.line,
                format!("{id} 读法不可靠（{value}），不录入"),
                format!("{id} cannot be read for sure ({value}) and stays out"),
            ));
            return Some(None);
        };
        let as_of = row.day("as_of").or(as_of);
        let source = row.text("source").or_else(|| source.map(str::to_owned));
        if as_of.is_none() {
            row.fault(format!("{id} 没有截至日期"), format!("{id} has no day it holds of: fill \"as_of\", or give --as-of"));
        }
        if source.is_none() {
            row.fault(format!("{id} 没有来源"), format!("{id} has no source: fill \"source\", or give --document"));
        }
        let number = value.replace([',', '，'], "").trim_end_matches('+').parse::<f64>().ok().filter(|n| n.is_finite());
        let boxed = |text: Option<String>| text.map(Into::into);
        Some(Some(StatedFigure {
            number: number.filter(|_| read_day(&value).is_none() || value.len() <= 4),
            id: id.into(),
            value: value.into(),
            unit: boxed(row.text("unit")),
            text: boxed(row.text("text_in_seed")),
            reading: boxed(row.text("reading")),
            as_of: as_of?,
            source: source?.into(),
            confidence,
        }))
    })?;
    let kept = rows.into_iter().filter_map(|(line, figure)| Some((line, figure?))).collect();
    Ok(ReadFigures { kept, left_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_their_words_and_what_is_not_sure_stays_out() {
        let text = "id,value,unit,as_of,confidence\nF09,553,centres,2009-12,high\nF12,1+6,documents,2008,high\nF08,201719?,units,2010-06,high\nF27,7,RMB,2009,low\n";
        let read = read_figures(text, Some("讲话"), None).unwrap();
        let kept: Vec<(&str, Option<f64>, String)> =
            read.kept.iter().map(|(_, f)| (&*f.value, f.number, f.as_of.to_string())).collect();
        assert_eq!(kept, [("553", Some(553.0), "2009-12-31".to_owned()), ("1+6", None, "2008-12-31".to_owned())]);
        assert_eq!(read.left_out.iter().map(|f| f.line).collect::<Vec<_>>(), [4, 5]);
        let faults = read_figures("id,value,confidence\nF09,553,high\n", None, None).unwrap_err();
        assert_eq!(faults.len(), 2, "neither a day nor a source: {faults:?}");
    }
}
