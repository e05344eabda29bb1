//! Federation units, reasons of findings, indicators.

use std::sync::LazyLock;

use super::{keep, rows};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_district_has_a_federation() {
        for district in super::super::areas().districts() {
            assert!(federation_units().iter().any(|u| u.area == Some(district.code)), "{}", district.name_zh);
        }
        assert!(finding_reasons().iter().any(|r| r.code == "grace_period"));
        assert!(indicators().iter().any(|i| i.id == "coverage_rate"));
    }
}
