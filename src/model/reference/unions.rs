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
    /// Chinese name (海淀区总工会).
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// municipal, district, development_zone, industrial.
    pub kind: &'static str,
    /// Division code; None for industrial unions, which cut across areas.
    pub area: Option<u32>,
    /// Exists, or was only planned.
    pub exists: bool,
}

/// The units of `reference/unions/federation_units.csv`, parsed at first use.
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

/// The unit of this code (`D110108`) or name, with or without the city's name in front: 市总工会 is 北京市总工会.
pub fn federation_unit(text: &str) -> Option<&'static FederationUnit> {
    let text = text.trim();
    let bare = |name: &str| name.trim_start_matches("北京").trim_start_matches('市').to_owned();
    let mut units = federation_units().iter();
    units.find(|u| u.unit.eq_ignore_ascii_case(text) || u.name_zh == text || u.name_en == text || bare(u.name_zh) == bare(text))
}

/// A reason a visit can give, and whether the enterprise stays in the denominator.
#[derive(Debug, Clone)]
pub struct FindingReason {
    /// Stable; findings are kept by it.
    pub code: &'static str,
    /// Chinese text.
    pub name_zh: &'static str,
    /// English text.
    pub name_en: &'static str,
    /// False: an enterprise with this finding is out of scope.
    pub stays_in_scope: bool,
}

/// The reasons of `reference/unions/closing_reasons.csv`, parsed at first use.
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

/// One step of the work that leads to a union.
#[derive(Debug, Clone)]
pub struct WorkStep {
    /// Stable; stages of cases are kept by it (`VERIFY`).
    pub code: &'static str,
    /// Chinese name.
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// Days that it usually takes; None where nobody says.
    pub due_days: Option<u32>,
}

/// The steps of `reference/unions/pipeline.csv` in their order, parsed at first use.
pub fn case_steps() -> &'static [WorkStep] {
    static STEPS: LazyLock<Vec<WorkStep>> = LazyLock::new(|| {
        rows("unions/pipeline.csv", include_str!("../../../reference/unions/pipeline.csv"))
            .map(|r| WorkStep { code: keep(&r[0]), name_zh: keep(&r[1]), name_en: keep(&r[2]), due_days: r[3].parse().ok() })
            .collect()
    });
    &STEPS
}

/// What a visit can find.
#[derive(Debug, Clone)]
pub struct VisitResult {
    /// Stable (`not_there`).
    pub code: &'static str,
    /// Of the second layer: what whoever was met says. False: what was found at the door.
    pub is_answer: bool,
    /// Chinese text.
    pub name_zh: &'static str,
    /// English text.
    pub name_en: &'static str,
    /// The finding that it is, where it is one.
    pub finding: Option<&'static str>,
    /// The stage that a case has reached by it at least, where it has.
    pub stage: Option<&'static str>,
}

/// The results of `reference/unions/visit_results.csv`, parsed at first use.
pub fn visit_results() -> &'static [VisitResult] {
    static RESULTS: LazyLock<Vec<VisitResult>> = LazyLock::new(|| {
        let given = |text: &str| (!text.is_empty()).then(|| keep(text));
        rows("unions/visit_results.csv", include_str!("../../../reference/unions/visit_results.csv"))
            .map(|r| VisitResult {
                code: keep(&r[0]),
                is_answer: &r[1] == "answer",
                name_zh: keep(&r[2]),
                name_en: keep(&r[3]),
                finding: given(&r[4]),
                stage: given(&r[5]),
            })
            .collect()
    });
    &RESULTS
}

/// One measure of the bulletin.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// Stable; targets name it (`coverage_rate`).
    pub id: &'static str,
    /// Chinese name, as the bulletin words it.
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// What is counted, in words.
    pub numerator: &'static str,
    /// What it is divided by, in words; empty for what is no rate.
    pub denominator: &'static str,
}

/// The indicators of `reference/unions/indicators.csv`, parsed at first use.
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
    /// For the unit on whose roll it stands.
    pub host: UnionKind,
    /// For the units on its covered list.
    pub covered: UnionKind,
}

named! {
    /// What 工会组织类型 or 工会组织形式 says: the values of a column read as `union_kind`.
    pub enum UnionWord {
        /// A union of one enterprise of its own.
        Independent = "INDEPENDENT",
        /// A group's union: its host's own, the parent's for those it covers.
        Parent = "PARENT",
        /// A branch of a union, or a unit that its parent's union covers: none of its own.
        Branch = "BRANCH",
        /// One union of several small units (联合工会).
        Joint = "JOINT",
        /// A federation of unions (工会联合会): an area's or a trade's.
        Federation = "FEDERATION",
        /// Being set up (筹建).
        Preparing = "PREPARING",
    }
}

impl UnionWord {
    /// What it means for host and covered units.
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
        /// It works.
        Active = "ACTIVE",
        /// Being set up: it covers nobody yet.
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
    fn a_unit_is_found_by_code_and_by_name_and_no_other_is_made_up() {
        for (text, unit) in [
            ("D110108", Some("D110108")),
            ("i-edu", Some("I-EDU")),
            ("海淀区总工会", Some("D110108")),
            ("北京市海淀区总工会", Some("D110108")),
            ("北京市总工会", Some("BJ")),
            ("市总工会", Some("BJ")),
            ("总工会", Some("BJ")),
            ("教育工会", Some("I-EDU")),
            ("金融街街道总工会", None),
            ("", None),
        ] {
            assert_eq!(federation_unit(text).map(|u| u.unit), unit, "{text}");
        }
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
