//! A target and its parts: what the city gives its districts and a district its streets, what is left over, and parts that exceed the
//! whole.
//!
//! In: the tree, the targets of one year and indicator by unit. Out: per unit the sum of its parts and what is left, or whose parts are
//! too many. What it does not do: measure what was reached (`assess::targets`).

use std::collections::BTreeMap;

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};
use super::unit::UnitTree;
use crate::model::field::named;
use crate::model::reference::unions::indicators;

named! {
    /// What a target is a number of.
    pub enum TargetMeasure {
        /// So many: parts add up.
        Count = "COUNT",
        /// Percent: parts do not add up.
        Percent = "PERCENT",
    }
}

/// The columns of a sheet of targets.
pub const TARGET_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("year", "年度"),
    needed("indicator", "指标"),
    needed("measure", "计量"),
    needed("value", "任务"),
    optional("responsible", "责任人"),
    optional("source", "来源"),
];

/// A target, as a sheet gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenShare {
    /// Code of the unit.
    pub unit: Box<str>,
    /// Of which year.
    pub year: i32,
    /// Id of the list of indicators.
    pub indicator: Box<str>,
    /// A number, or percent as a share from 0 to 1.
    pub value: f64,
    /// Who answers for it.
    pub responsible: Option<Box<str>>,
    /// Where it is said.
    pub source: Box<str>,
}

/// What an indicator is a number of; None where there is no such indicator that a target can be set for.
pub fn measure_of(indicator: &str) -> Option<TargetMeasure> {
    let listed = indicators().iter().find(|i| i.id == indicator && !matches!(i.id, "task_completion" | "rank"))?;
    let is_percent = listed.id.split('_').any(|word| matches!(word, "rate" | "share"));
    Some(if is_percent { TargetMeasure::Percent } else { TargetMeasure::Count })
}

/// Reads a sheet of targets: percent and counts are kept apart by what the sheet says and what the indicator is.
///
/// # Errors
/// Every fault with its line.
pub fn read_shares(text: &str, source: Option<&str>) -> Result<Vec<(u64, GivenShare)>, Vec<SheetFault>> {
    const MEASURES: &[(TargetMeasure, &[&str])] =
        &[(TargetMeasure::Count, &["COUNT", "数量", "个", "家", "人"]), (TargetMeasure::Percent, &["PERCENT", "百分比", "%"])];
    read_sheet(text, TARGET_COLUMNS, |row| {
        let (measure, value, year) = (row.word("measure", MEASURES), row.number("value"), row.count("year"));
        let (indicator, source) = (row.text("indicator")?, row.source(source));
        let (measure, value) = (measure?, value?);
        match measure_of(&indicator) {
            None => row.fault(format!("没有指标 {indicator}"), format!("there is no indicator {indicator}")),
            Some(is) if is != measure => row.fault(
                format!("指标 {indicator} 的计量是 {is}，表中写的是 {measure}"),
                format!("{indicator} is measured in {is}, the sheet says {measure}"),
            ),
            Some(TargetMeasure::Percent) if value > 100.0 => {
                row.fault(format!("{value}% 超过 100%"), format!("{value} % is above 100 %"));
            }
            Some(TargetMeasure::Count) if value.fract() != 0.0 => {
                row.fault(format!("任务 {value} 应为整数"), format!("a count is a whole number, not {value}"));
            }
            Some(_) => {}
        }
        let year = i32::try_from(year?).ok().filter(|year| (2000..=2100).contains(year));
        if year.is_none() {
            row.fault("年度应在 2000 到 2100 之间", "the year is from 2000 to 2100");
        }
        Some(GivenShare {
            unit: row.text("unit")?.into(),
            year: year?,
            indicator: indicator.into(),
            value: if measure == TargetMeasure::Percent { value / 100.0 } else { value },
            responsible: row.text("responsible").map(Into::into),
            source: source?.into(),
        })
    })
}

/// A target of a unit, and what of it is given to units below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetShare {
    /// What is to be reached.
    pub value: f64,
    /// What the nearest units below that have a target have together.
    pub parts: f64,
    /// How many of them there are.
    pub units: u32,
}

impl TargetShare {
    /// What nobody below has to reach.
    pub fn left(&self) -> f64 {
        self.value - self.parts
    }
    /// More was given out than there is.
    pub fn is_exceeded(&self) -> bool {
        self.parts > self.value + 1e-9
    }
}

/// Every target with its parts, by position in the tree. Industrial unions cut across areas: what they have to reach is no part of what
/// districts have to.
pub fn shares(tree: &UnitTree, targets: &BTreeMap<u32, f64>) -> BTreeMap<u32, TargetShare> {
    let mut shares: BTreeMap<u32, TargetShare> =
        targets.iter().map(|(at, value)| (*at, TargetShare { value: *value, parts: 0.0, units: 0 })).collect();
    for (at, value) in targets {
        let same_tree = |up: &u32| targets.contains_key(up) && tree.is_industrial(*up) == tree.is_industrial(*at);
        if let Some(share) = tree.upwards(*at).skip(1).find(same_tree).and_then(|up| shares.get_mut(&up)) {
            share.parts += value;
            share.units += 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::super::unit::tests::city;
    use super::*;

    #[test]
    fn what_is_left_over_is_what_no_unit_below_has_to_reach() {
        let tree = city();
        let at = |code: &str| tree.at(code).unwrap();
        let mut targets: BTreeMap<u32, f64> =
            [("BJ", 100.0), ("D110108", 60.0), ("S110108001", 25.0), ("P1", 10.0), ("B1", 5.0), ("I-EDU", 30.0), ("I-SCH", 12.0)]
                .map(|(code, value)| (at(code), value))
                .into();
        let share = |targets: &BTreeMap<u32, f64>, code: &str| shares(&tree, targets)[&at(code)];
        assert_eq!((share(&targets, "BJ").left(), share(&targets, "BJ").units), (40.0, 1), "industries are no part of it");
        assert_eq!(share(&targets, "D110108").left(), 25.0, "a building's is part of its street's");
        assert_eq!((share(&targets, "S110108001").left(), share(&targets, "I-EDU").left()), (20.0, 18.0));
        assert!(!share(&targets, "D110108").is_exceeded());
        targets.insert(at("S110108002"), 26.0);
        assert!(share(&targets, "D110108").is_exceeded() && !share(&targets, "BJ").is_exceeded());
        // A street below a district without a target is part of the city's.
        targets.remove(&at("D110108"));
        assert_eq!(share(&targets, "BJ").parts, 25.0 + 10.0 + 26.0);
    }

    #[test]
    fn percent_and_count_are_never_confused() {
        let read = |rows: &str| read_shares(&format!("unit,year,indicator,measure,value,source\n{rows}\n"), None);
        let kept = read("A,2010,coverage_rate,%,90,t\nA,2010,net_new_units,个,120,t").unwrap();
        assert_eq!((kept[0].1.value, kept[1].1.value), (0.9, 120.0));
        for (row, said) in [
            ("A,2010,coverage_rate,COUNT,90,t", "measured in PERCENT"),
            ("A,2010,net_new_units,PERCENT,90,t", "measured in COUNT"),
            ("A,2010,coverage_rate,PERCENT,140,t", "above 100"),
            ("A,2010,net_new_units,COUNT,0.5,t", "whole number"),
            ("A,2010,happiness,COUNT,1,t", "no indicator"),
            ("A,1910,net_new_units,COUNT,1,t", "the year"),
        ] {
            assert!(read(row).unwrap_err()[0].problem.en.contains(said), "{row}");
        }
    }
}
