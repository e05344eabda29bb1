//! The dimensions by which coverage is counted: each once, with its column and its values.
//!
//! GraphQL, GeoJSON, cubes and facets read this table; none has a list of its own.

use crate::model::verdict::{GapStatus, UnionStatus};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    District,
    Town,
    Federation,
    IndustrySection,
    IndustryDivision,
    Ownership,
    SizeClass,
    /// By the first country an enterprise names, so that each is counted once.
    InvestorCountry,
    GapStatus,
    UnionStatus,
}

impl Dimension {
    /// Its column of `dims.arrow`, and its name in `labels.json` and `cubes.arrow`. Gap and union status have no column.
    pub(in crate::edition) fn column(self) -> &'static str {
        match self {
            Dimension::District => "district",
            Dimension::Town => "town",
            Dimension::Federation => "federation",
            Dimension::IndustrySection => "section",
            Dimension::IndustryDivision => "division",
            Dimension::Ownership => "ownership",
            Dimension::SizeClass => "size_class",
            Dimension::InvestorCountry => "country",
            Dimension::GapStatus => "gap",
            Dimension::UnionStatus => "union",
        }
    }

    /// The numbers of those that follow from the verdicts, and the codes these stand for.
    pub(in crate::edition) fn of_verdicts(self) -> Option<(fn(u8) -> u8, Vec<&'static str>)> {
        match self {
            Dimension::GapStatus => Some((|v| v % 5, GapStatus::ALL.iter().map(|g| g.name()).collect())),
            Dimension::UnionStatus => Some((|v| v / 5 % 7, UnionStatus::ALL.iter().map(|u| u.name()).collect())),
            _ => None,
        }
    }
}
