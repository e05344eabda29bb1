//! Codes of the union roll: kinds of union, federation units, reasons of findings, indicators.

use std::sync::LazyLock;

use super::{keep, rows};
use crate::model::verdict::UnionKind;

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

/// Reads 工会组织类型 or 工会组织形式: a code of org_type (1–8) or a text. None for what says nothing.
pub fn union_form(raw: &str) -> Option<UnionForm> {
    use UnionKind::{Federation, Independent, Joint, Parent};
    let text = raw.trim();
    let form = |host, covered| Some(UnionForm { host, covered });
    match text {
        "1" => return form(Independent, Independent),
        "2" => return form(Joint, Joint),
        "3" | "4" | "5" | "7" => return form(Federation, Federation),
        "6" => return form(Independent, Parent),
        "8" => return form(Parent, Parent),
        _ => {}
    }
    if text.contains("筹备") {
        return form(UnionKind::Preparing, UnionKind::Preparing);
    }
    if text.contains("集团") {
        return form(Independent, Parent);
    }
    // 联合会 (federation of unions) before 联合 (joint union).
    let federation = ["联合会", "总工会", "街道工会", "乡镇工会", "园区工会", "行业工会", "系统工会", "工作委员会", "办事处"];
    if federation.iter().any(|w| text.contains(w)) {
        return form(Federation, Federation);
    }
    if text.contains("联合") {
        return form(Joint, Joint);
    }
    if text.contains("分会") || text.contains("小组") {
        return form(Parent, Parent);
    }
    if ["独立", "单独", "工会委员会", "基层工会"].iter().any(|w| text.contains(w)) || text == "工会" {
        return form(Independent, Independent);
    }
    None
}

/// What 工会状态 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnionState {
    Standing,
    Preparing,
    /// Deleted, cancelled, dissolved: the record covers nobody.
    Ended,
}

/// Reads 工会状态: a code of the roll (1 normal, 0 deleted, 3 locked, 4 in preparation) or a text. Empty = standing.
pub fn union_state(raw: &str) -> Option<UnionState> {
    match raw.trim() {
        "" | "1" | "3" | "正常" | "锁定" | "已建" | "已建会" => Some(UnionState::Standing),
        "4" | "筹备" | "筹备期" | "筹备中" | "筹备组" | "筹建" => Some(UnionState::Preparing),
        "0" | "已删除" | "删除" | "注销" | "已注销" | "撤销" | "已撤销" | "解散" => Some(UnionState::Ended),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_union_are_read_from_code_and_text() {
        use UnionKind::{Federation, Independent, Joint, Parent, Preparing};
        let cases = [
            ("1", Independent, Independent),
            ("独立基层工会", Independent, Independent),
            ("联合基层工会", Joint, Joint),
            ("某街道商务楼宇工会联合会", Federation, Federation),
            ("行业性工会联合会", Federation, Federation),
            ("集团工会", Independent, Parent),
            ("工会筹备组", Preparing, Preparing),
            ("联合工会委员会", Joint, Joint),
            ("分会/小组", Parent, Parent),
        ];
        for (text, host, covered) in cases {
            assert_eq!(union_form(text), Some(UnionForm { host, covered }), "{text}");
        }
        assert_eq!(union_form("其他"), None);
        assert_eq!(union_state("筹备期"), Some(UnionState::Preparing));
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
