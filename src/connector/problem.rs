//! What can be wrong with a connector, a header, a row: a stable code and a text in both languages.

use std::fmt;

pub use crate::model::problem::Problem;

/// A connector that cannot be used, with everything that is wrong with it: it stops before the first pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorError {
    pub problems: Vec<Problem>,
}

impl ConnectorError {
    pub fn one(problem: Problem) -> ConnectorError {
        ConnectorError { problems: vec![problem] }
    }
}

impl From<Problem> for ConnectorError {
    fn from(problem: Problem) -> Self {
        ConnectorError::one(problem)
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConnectorError {}

/// Why a row cannot become a record: it goes to quarantine with this reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    pub column: Option<String>,
    /// Its code: `key_missing`, `cell_count`, `nul`, `value_missing`, `value_unreadable`, `undecodable`, `row_too_long`,
    /// `duplicate_member`, `several_values`, `cells_shifted`, `target_area_unknown`, `target_indicator_unknown`, or one that begins
    /// with `no_record`.
    pub problem: Problem<&'static str>,
}

impl RowError {
    /// Of the row as a whole.
    pub fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> RowError {
        RowError { column: None, problem: Problem::new(code, zh, en) }
    }

    /// The same of one column.
    pub fn of_column(self, column: &str) -> RowError {
        RowError { column: Some(column.to_owned()), ..self }
    }

    pub fn code(&self) -> &'static str {
        self.problem.code
    }

    /// The row is none: a total, a note, a header once more.
    pub fn is_no_record(&self) -> bool {
        self.problem.code.starts_with("no_record")
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

/// The known name nearest to `name`, if one is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::normalized_damerau_levenshtein(name, k).max(strsim::jaro_winkler(name, k) - 0.25), k))
        .filter(|(score, _)| *score >= 0.45)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_slip_of_the_pen_finds_the_key_that_was_meant() {
        let known = ["title", "owner", "legal_basis", "columns"];
        assert_eq!(super::nearest("legal_bases", known), Some("legal_basis"));
        assert_eq!(super::nearest("colums", known), Some("columns"));
        assert_eq!(super::nearest("zzzzzz", known), None);
        assert_eq!(super::nearest("社会信用代码", ["统一社会信用代码", "企业名称"]), Some("统一社会信用代码"));
    }
}
