//! Codes of the union roll: kinds of union, federation units, reasons of findings, indicators.

use std::sync::LazyLock;

use super::table::{keep, rows};
use super::words;
use super::words::Words;
use crate::model::field::named;
use crate::model::verdict::{FundKind, UnionKind};

/// A body that looks after unions: the city, a district, the development zone, or an industrial union.
#[derive(Debug, Clone)]
pub struct FederationUnit {
    /// `BJ`, `D110108`, `BEDA`, `I-EDU`.
    pub unit: &'static str,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    /// municipal, district, development_zone, industrial.
    pub kind: &'static str,
    /// Division code; None for industrial unions, which cut across areas.
    pub area: Option<u32>,
    /// Exists, or was only planned.
    pub exists: bool,
}

pub fn federation_units() -> &'static [FederationUnit] {
    static UNITS: LazyLock<Vec<FederationUnit>> = LazyLock::new(|| {
        rows("unions/federation_units.csv", include_str!("../../../reference/unions/federation_units.csv"))
            .map(|r| FederationUnit {
                unit: keep(&r[0]),
                name_zh: keep(&r[1]),
                name_en: keep(&r[2]),
                kind: keep(&r[3]),
                area: r[4].parse().ok(),
                exists: &r[5] == "exists",
            })
            .collect()
    });
    &UNITS
}

/// A reason a visit can give, and whether the enterprise stays in the denominator.
#[derive(Debug, Clone)]
pub struct FindingReason {
    pub code: &'static str,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub stays_in_scope: bool,
}

pub fn finding_reasons() -> &'static [FindingReason] {
    static REASONS: LazyLock<Vec<FindingReason>> = LazyLock::new(|| {
        rows("unions/closing_reasons.csv", include_str!("../../../reference/unions/closing_reasons.csv"))
            .map(|r| FindingReason {
                code: keep(&r[0]),
                name_zh: keep(&r[1]),
                name_en: keep(&r[2]),
                stays_in_scope: &r[3] == "1",
            })
            .collect()
    });
    &REASONS
}

/// One measure of the bulletin.
#[derive(Debug, Clone)]
pub struct Indicator {
    pub id: &'static str,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub numerator: &'static str,
    pub denominator: &'static str,
}

pub fn indicators() -> &'static [Indicator] {
    static INDICATORS: LazyLock<Vec<Indicator>> = LazyLock::new(|| {
        rows("unions/indicators.csv", include_str!("../../../reference/unions/indicators.csv"))
            .map(|r| Indicator {
                id: keep(&r[0]),
                name_zh: keep(&r[1]),
                name_en: keep(&r[2]),
                numerator: keep(&r[3]),
                denominator: keep(&r[4]),
            })
            .collect()
    });
    &INDICATORS
}

/// What a kind of union means for the unit on its roll and for those on its covered list. A group's union (集团工会) is its
/// host's own and the parent's for the companies it covers; a branch or group of a union (分会) is covered by its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnionForm {
    pub host: UnionKind,
    pub covered: UnionKind,
}

named! {
    /// What 工会组织类型 or 工会组织形式 says: the values of a column read as `union_kind`.
    pub enum UnionWord {
        Independent = "INDEPENDENT",
        /// A group's union: its host's own, the parent's for those it covers.
        Parent = "PARENT",
        /// A branch of a union, or a unit that its parent's union covers: none of its own.
        Branch = "BRANCH",
        Joint = "JOINT",
        Federation = "FEDERATION",
        Preparing = "PREPARING",
    }
}

impl UnionWord {
    pub fn form(self) -> UnionForm {
        let form = |host, covered| UnionForm { host, covered };
        match self {
            UnionWord::Independent => form(UnionKind::Independent, UnionKind::Independent),
            UnionWord::Parent => form(UnionKind::Independent, UnionKind::Parent),
            UnionWord::Branch => form(UnionKind::Parent, UnionKind::Parent),
            UnionWord::Joint => form(UnionKind::Joint, UnionKind::Joint),
            UnionWord::Federation => form(UnionKind::Federation, UnionKind::Federation),
            UnionWord::Preparing => form(UnionKind::Preparing, UnionKind::Preparing),
        }
    }
}

/// What `counts_as` of the codes of a union information system says; None: no union at all.
fn counts_as(text: &str) -> Option<Option<UnionWord>> {
    Some(Some(match text {
        "independent" => UnionWord::Independent,
        "joint" => UnionWord::Joint,
        "umbrella" | "federation" => UnionWord::Federation,
        "group" => UnionWord::Parent,
        "branch" => UnionWord::Branch,
        "none" => return Some(None),
        _ => return None,
    }))
}

/// Reads 工会组织类型 or 工会组织形式: a code of org_type (1–8) or a text. None for what says nothing.
pub fn union_word(raw: &str) -> Option<UnionWord> {
    static WORDS: LazyLock<Words<Option<UnionWord>>> = LazyLock::new(|| {
        let mut found = Words::new();
        for (r, kind) in words::read(words::UNION_KINDS, 2, UnionWord::from_name) {
            match &r[1] {
                "whole" => found.whole(&r[0], Some(kind)),
                "part" => found.part(&r[0], Some(kind)),
                other => panic!("reference/{}: {other:?} is neither whole nor part", words::UNION_KINDS.0),
            }
        }
        for r in rows(words::ORG_TYPES.0, words::ORG_TYPES.1).filter(|r| matches!(&r[0], "org_type" | "org_form" | "chart_label"))
        {
            let kind = counts_as(&r[5]).unwrap_or_else(|| panic!("reference/{}: {:?} is no kind", words::ORG_TYPES.0, &r[5]));
            found.whole(&r[2], kind);
            // A bare code is one of org_type: the other schemes number forms and labels.
            if &r[0] == "org_type" {
                found.whole(&r[1], kind);
            }
        }
        found
    });
    WORDS.text(raw).flatten()
}

named! {
    /// What 工会状态 says: the values of a column read as `union_status`.
    pub enum UnionStanding {
        Active = "ACTIVE",
        Preparing = "PREPARING",
        /// It has stopped its activities and still stands on the roll.
        Suspended = "SUSPENDED",
        /// Deleted, cancelled, dissolved: the record covers nobody.
        Dissolved = "DISSOLVED",
    }
}

/// Reads 工会状态: a code of the roll (1 normal, 0 deleted, 3 locked, 4 in preparation) or a word.
pub fn union_standing(raw: &str) -> Option<UnionStanding> {
    static WORDS: LazyLock<Words<UnionStanding>> = LazyLock::new(|| {
        let mut found = Words::new();
        words::read(words::UNION_STATUSES, 1, UnionStanding::from_name).for_each(|(r, status)| found.whole(&r[0], status));
        for r in rows(words::ORG_TYPES.0, words::ORG_TYPES.1).filter(|r| &r[0] == "status") {
            let status = UnionStanding::from_name(&r[5].to_ascii_uppercase());
            let status = status.unwrap_or_else(|| panic!("reference/{}: {:?} is no status", words::ORG_TYPES.0, &r[5]));
            found.whole(&r[1], status);
            found.whole(&r[2], status);
        }
        found
    });
    WORDS.word(raw)
}

/// Reads 费种: dues (工会经费) or preparatory fund (建会筹备金).
pub fn payment_kind(raw: &str) -> Option<FundKind> {
    static WORDS: LazyLock<Words<FundKind>> = LazyLock::new(|| {
        let mut found = Words::new();
        words::read(words::PAYMENTS, 1, FundKind::from_name).for_each(|(r, kind)| found.whole(&r[0], kind));
        found
    });
    WORDS.word(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_union_are_read_from_code_and_text() {
        use UnionWord::{Branch, Federation, Independent, Joint, Parent, Preparing};
        for (text, word) in [
            ("1", Independent),
            ("独立基层工会", Independent),
            ("工会", Independent),
            ("基层工会委员会", Independent),
            ("单独建会", Independent),
            ("联合基层工会", Joint),
            ("联合工会委员会", Joint),
            ("2", Joint),
            ("某街道商务楼宇工会联合会", Federation),
            ("行业性工会联合会", Federation),
            ("4", Federation),
            ("集团工会", Parent),
            ("6", Parent),
            ("分会/小组", Branch),
            ("8", Branch),
            ("上级单位工会覆盖", Branch),
            ("集团工会覆盖", Branch),
            ("工会筹备组", Preparing),
            ("筹建中", Preparing),
        ] {
            assert_eq!(union_word(text), Some(word), "{text}");
        }
        for text in ["其他", "未建会", "9", ""] {
            assert_eq!(union_word(text), None, "{text}");
        }
        let form = |host, covered| UnionForm { host, covered };
        assert_eq!(Parent.form(), form(UnionKind::Independent, UnionKind::Parent));
        assert_eq!(Branch.form(), form(UnionKind::Parent, UnionKind::Parent));
    }

    #[test]
    fn states_of_a_union_and_kinds_of_payment_are_read_from_code_and_word() {
        use UnionStanding::{Active, Dissolved, Preparing, Suspended};
        for (text, status) in [
            ("1", Active),
            ("正常", Active),
            ("锁定", Active),
            ("4", Preparing),
            ("筹备期", Preparing),
            ("筹建中", Preparing),
            ("停止活动", Suspended),
            ("0", Dissolved),
            ("已删除", Dissolved),
            ("撤销", Dissolved),
        ] {
            assert_eq!(union_standing(text), Some(status), "{text}");
        }
        assert_eq!(union_standing("不详"), None);
        assert_eq!(payment_kind("建会筹备金"), Some(FundKind::Preparatory));
        assert_eq!(payment_kind(" 工会经费"), Some(FundKind::Dues));
        assert_eq!(payment_kind("职工教育经费"), None, "another fund");
    }

    #[test]
    fn every_district_has_a_federation() {
        for district in super::super::areas().districts() {
            assert!(federation_units().iter().any(|u| u.area == Some(district.code)), "{}", district.name_zh);
        }
        assert!(finding_reasons().iter().any(|r| r.code == "grace_period"));
        assert!(indicators().iter().any(|i| i.id == "coverage_rate"));
    }
}
