//! What becomes of each kind of record once it has landed.
//!
//! A kind that nobody reads says so here, and the READMEs print it: a department that sends such data must not believe that it
//! is used. Whoever writes its reader changes this table; a test looks whether the readers and the table agree.

use super::field::{RecordKind, named};

named! {
    /// Who reads records of a kind.
    pub enum RecordUse {
        /// They make the enterprises and unions of the graph, and their values are chosen from.
        Linked = "linked",
        /// They are joined to an enterprise or a unit and decide a verdict or a figure.
        Assessed = "assessed",
        /// Each is shown at its enterprise as a tie (`model::tie`).
        Tie = "tie",
        /// Each is a place of the federation, once units were entered.
        Place = "place",
        /// They are counted among the posts and services of the federation, once units were entered.
        FederationCount = "federation count",
        /// Each is a unit of the federation's tree.
        TreeUnit = "unit",
        /// Each is a line of a building's own list, once the building is known.
        Listing = "listing",
        /// They land, are kept and can be looked up row by row; nothing is made of them yet.
        KeptOnly = "kept only",
    }
}

impl RecordUse {
    /// In words, for the pages: Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            RecordUse::Linked => {
                ("关联成企业、工会，并从中取值", "linked into enterprises and unions; values are chosen from them")
            }
            RecordUse::Assessed => {
                ("归入企业或单位，参与判定或指标", "joined to an enterprise or a unit; decides a verdict or a figure")
            }
            RecordUse::Tie => ("作为往来关系显示在企业上", "shown at its enterprise as a tie"),
            RecordUse::Place => ("录入单位后，成为工会站点", "a place of the federation, once units were entered"),
            RecordUse::FederationCount => {
                ("录入单位后，计入工会的岗位或服务", "counted among the federation's posts or services, once units were entered")
            }
            RecordUse::TreeUnit => ("成为工会组织树中的单位", "a unit of the federation's tree"),
            RecordUse::Listing => {
                ("楼宇已知后，成为其入驻企业名单中的一行", "a line of a building's own list, once the building is known")
            }
            RecordUse::KeptOnly => ("只入库保存，尚未使用", "kept only: it lands and is kept, and nothing reads it yet"),
        }
    }
}

impl RecordKind {
    /// Who reads records of this kind.
    pub fn used_as(self) -> RecordUse {
        match self {
            RecordKind::Enterprise | RecordKind::Union | RecordKind::CoveredUnit => RecordUse::Linked,
            RecordKind::Payment | RecordKind::Target => RecordUse::Assessed,
            RecordKind::Dispatch | RecordKind::Investment | RecordKind::Dispute | RecordKind::Event => RecordUse::Tie,
            RecordKind::Station | RecordKind::Building => RecordUse::Place,
            RecordKind::Post | RecordKind::Service => RecordUse::FederationCount,
            RecordKind::Unit => RecordUse::TreeUnit,
            RecordKind::Listing => RecordUse::Listing,
            RecordKind::AreaCode | RecordKind::IndustryCode => RecordUse::KeptOnly,
        }
    }
}

/// The kinds that nothing reads yet, as the READMEs name them.
pub fn kept_only() -> impl Iterator<Item = RecordKind> {
    RecordKind::ALL.iter().copied().filter(|kind| kind.used_as() == RecordUse::KeptOnly)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tie::TieKind;

    #[test]
    fn ties_are_those_that_make_ties_and_what_is_kept_only_names_no_enterprise() {
        for kind in RecordKind::ALL {
            assert_eq!(kind.used_as() == RecordUse::Tie, TieKind::of(*kind).is_some(), "{kind}");
            assert!(
                kind.used_as() != RecordUse::KeptOnly || !kind.names_enterprise(),
                "{kind} is linked and then read by nobody"
            );
        }
    }
}
