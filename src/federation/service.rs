//! Services given, cards issued, material handed out: counts per unit, kind and period, and what they add up to.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_day, read_sheet};
use crate::model::field::named;

named! {
    /// A kind of service.
    pub enum ServiceKind {
        /// Disputes mediated (争议调解).
        Mediation = "MEDIATION",
        /// Legal aid (法律援助).
        LegalAid = "LEGAL_AID",
        /// Help in hardship (困难帮扶).
        Hardship = "HARDSHIP",
        /// Mutual-aid insurance (互助保险).
        MutualAid = "MUTUAL_AID",
        /// Training (培训).
        Training = "TRAINING",
        /// Job information (就业服务).
        Jobs = "JOBS",
        /// Calls of the hotline (12351).
        Hotline = "HOTLINE",
        /// Real-name member cards issued (会员服务卡).
        Card = "CARD",
        /// Brochures and material handed out (宣传品).
        Material = "MATERIAL",
        /// Reports in newspapers and on screens (媒体宣传).
        Media = "MEDIA",
        /// Model cases (典型经验).
        ModelCase = "MODEL_CASE",
        /// Flexible workers who joined a joint union (灵活就业人员入会).
        FlexibleWorker = "FLEXIBLE_WORKER",
    }
}

pub(super) const KINDS: &[(ServiceKind, &[&str])] = &[
    (ServiceKind::Mediation, &["MEDIATION", "争议调解"]),
    (ServiceKind::LegalAid, &["LEGAL_AID", "法律援助"]),
    (ServiceKind::Hardship, &["HARDSHIP", "困难帮扶"]),
    (ServiceKind::MutualAid, &["MUTUAL_AID", "互助保险"]),
    (ServiceKind::Training, &["TRAINING", "培训"]),
    (ServiceKind::Jobs, &["JOBS", "就业服务"]),
    (ServiceKind::Hotline, &["HOTLINE", "热线"]),
    (ServiceKind::Card, &["CARD", "会员服务卡", "会员卡"]),
    (ServiceKind::Material, &["MATERIAL", "宣传品"]),
    (ServiceKind::Media, &["MEDIA", "媒体宣传"]),
    (ServiceKind::ModelCase, &["MODEL_CASE", "典型经验"]),
    (ServiceKind::FlexibleWorker, &["FLEXIBLE_WORKER", "灵活就业人员入会"]),
];

/// The columns of a sheet of services.
pub const SERVICE_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("kind", "服务项目"),
    needed("period", "期间"),
    needed("count", "数量"),
    optional("note", "说明"),
    optional("source", "来源"),
];

/// What a unit did of one kind in a month or a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicesGiven {
    /// Code of the unit.
    pub unit: Box<str>,
    /// Of what.
    pub kind: ServiceKind,
    /// `2010` or `2010-06`.
    pub period: Box<str>,
    /// How many.
    pub count: u64,
    /// Which paper, which case.
    pub note: Option<Box<str>>,
    /// Where it is said.
    pub source: Box<str>,
}

/// Whether a text names a year or a month, as statements of services do: `2010`, `2010-06`.
pub fn is_period(text: &str) -> bool {
    matches!(text.len(), 4 | 7) && read_day(text).is_some()
}

impl ServicesGiven {
    /// Whether its period had ended by a day.
    pub fn is_over(&self, on: NaiveDate) -> bool {
        self.last_day().is_some_and(|last| last <= on)
    }
    /// The last day of its period.
    pub fn last_day(&self) -> Option<NaiveDate> {
        read_day(&self.period)
    }
}

/// Reads a sheet of services.
///
/// # Errors
/// Every fault with its line.
pub fn read_services(text: &str, source: Option<&str>) -> Result<Vec<(u64, ServicesGiven)>, Vec<SheetFault>> {
    read_sheet(text, SERVICE_COLUMNS, |row| {
        let (kind, count, source) = (row.word("kind", KINDS), row.count("count"), row.source(source));
        let period = row.text("period")?;
        if !is_period(&period) {
            row.fault(
                format!("期间 {period} 应为 2010 或 2010-06"),
                format!("the period {period} is a year or a month: 2010, 2010-06"),
            );
        }
        Some(ServicesGiven {
            unit: row.text("unit")?.into(),
            kind: kind?,
            period: period.into(),
            count: count?,
            note: row.text("note").map(Into::into),
            source: source?.into(),
        })
    })
}

/// What counts of statements: where a unit states months of a kind, its statement of the whole year is left out, which says the same again.
pub fn counted<'s>(given: impl IntoIterator<Item = &'s ServicesGiven>) -> Vec<&'s ServicesGiven> {
    let mut given: Vec<&ServicesGiven> = given.into_iter().collect();
    let by_month: hashbrown::HashSet<(&str, ServiceKind, &str)> =
        given.iter().filter(|s| s.period.len() == 7).map(|s| (&*s.unit, s.kind, &s.period[..4])).collect();
    given.retain(|s| s.period.len() != 4 || !by_month.contains(&(&*s.unit, s.kind, &s.period[..4])));
    given
}

/// Sums by kind and period, in their order. A year and months of it do not add up to each other: where a unit states months, its
/// statement of the whole year is left out of the year.
pub fn sums<'s>(
    given: impl IntoIterator<Item = &'s ServicesGiven>,
    year: Option<&str>,
) -> BTreeMap<(ServiceKind, Box<str>), u64> {
    let mut sums = BTreeMap::new();
    for s in counted(given.into_iter().filter(|s| year.is_none_or(|year| s.period.starts_with(year)))) {
        *sums.entry((s.kind, s.period.clone())).or_default() += s.count;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_the_year_they_are_of_are_not_counted_twice() {
        let sheet = "unit,kind,period,count,source\nA,CARD,2010,100,t\nA,CARD,2010-06,40,t\nA,CARD,2010-07,50,t\nB,会员卡,2010,7,t\nB,培训,2009,3,t\n";
        let given: Vec<ServicesGiven> = read_services(sheet, None).unwrap().into_iter().map(|(_, s)| s).collect();
        let of_2010: u64 =
            sums(&given, Some("2010")).into_iter().filter(|((kind, _), _)| *kind == ServiceKind::Card).map(|(_, n)| n).sum();
        assert_eq!(of_2010, 97);
        assert_eq!(sums(&given, None).len(), 4);
        assert_eq!(counted(&given).len(), 4, "the year of A says its months again");
        let by_june = given.iter().filter(|s| s.is_over("2010-06-30".parse().unwrap())).map(|s| s.count).sum::<u64>();
        assert_eq!(by_june, 43, "June of A and the year 2009");
        assert!(read_services("unit,kind,period,count,source\nA,CARD,2010Q3,1,t\n", None).is_err());
    }
}
