//! Targets: what a unit has to reach in a year, how far it is, what is missing, and how it stands among its siblings.
//!
//! In: targets (unit × year × indicator), what was done of each indicator in each unit, the day. Out: per target the
//! attainment, the missing number, what each remaining month needs, rank among siblings and pace against the year. A
//! district's streets need not add up to it: `sums` says where they do not.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

/// A target as set: `area` is a division code, or a federation unit (`BEDA`, `I-EDU`).
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub area: Box<str>,
    pub year: i32,
    /// Id of `reference/unions/indicators.csv`.
    pub indicator: Box<str>,
    pub value: f64,
    /// First person responsible (第一责任人).
    pub responsible: Option<Box<str>>,
}

/// A target and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attainment {
    pub area: Box<str>,
    pub year: i32,
    pub indicator: Box<str>,
    pub value: f64,
    pub responsible: Option<Box<str>>,
    /// None where nothing is known of the indicator in this unit.
    pub done: Option<f64>,
    /// Done over value; may exceed 1. None where the target is zero.
    pub attainment: Option<f64>,
    /// Never negative.
    pub missing: Option<f64>,
    /// What each of the months left in the year needs, the current one included; None once the year is over.
    pub needed_per_month: Option<f64>,
    /// 1 = first among the units of the same parent by attainment; units that are equal share a rank.
    pub rank: Option<u32>,
    /// Whether the attainment is at least the part of the year that has passed.
    pub on_pace: Option<bool>,
}

/// Units of one parent whose targets do not add up to the parent's: how it was split, said rather than hidden.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnequalSum {
    pub parent: Box<str>,
    pub year: i32,
    pub indicator: Box<str>,
    pub value: f64,
    /// Sum of the units below that have a target.
    pub sum: f64,
    pub units: u32,
}

/// Indicators that are rates: they do not add up, and what is missing of them is not spread over months.
pub fn is_rate(indicator: &str) -> bool {
    indicator.split('_').any(|word| matches!(word, "rate" | "share" | "completion"))
}

/// The value of a target as it is compared: rates are shares from 0 to 1, and departments write them as percent (92.5). None where
/// it can be neither: a rate above 100 %, a negative or endless number.
pub fn value(indicator: &str, written: f64) -> Option<f64> {
    let value = if is_rate(indicator) && written > 1.0 { written / 100.0 } else { written };
    (value.is_finite() && value >= 0.0 && !(is_rate(indicator) && value > 1.0)).then_some(value)
}

/// The same of a text that may have its sign: what is written with one is percent, however small (0.8 % is no 80 %).
pub fn value_as_written(indicator: &str, written: f64, text: &str) -> Option<f64> {
    match is_rate(indicator) && text.contains(['%', '％']) {
        true => value(indicator, written / 100.0).filter(|_| written <= 100.0),
        false => value(indicator, written),
    }
}

/// The standing of every target, in the order given. `done` tells what was reached in a unit of an indicator.
pub fn standings(targets: &[Target], as_of: NaiveDate, done: impl Fn(&str, &str) -> Option<f64>) -> Vec<Attainment> {
    standings_below(targets, as_of, done, parent)
}

/// The same, where somebody else says what stands above a unit.
pub fn standings_below(
    targets: &[Target],
    as_of: NaiveDate,
    done: impl Fn(&str, &str) -> Option<f64>,
    parent: impl Fn(&str) -> Box<str>,
) -> Vec<Attainment> {
    let mut standings: Vec<Attainment> = targets.iter().map(|t| standing(t, as_of, done(&t.area, &t.indicator))).collect();
    let mut siblings: BTreeMap<(Box<str>, i32, Box<str>), Vec<usize>> = BTreeMap::new();
    for (i, s) in standings.iter().enumerate() {
        siblings.entry((parent(&s.area), s.year, s.indicator.clone())).or_default().push(i);
    }
    for group in siblings.values() {
        for i in group {
            let Some(mine) = standings[*i].attainment else { continue };
            let better = group.iter().filter(|j| standings[**j].attainment.is_some_and(|a| a > mine)).count();
            standings[*i].rank = Some(better as u32 + 1);
        }
    }
    standings
}

fn standing(target: &Target, as_of: NaiveDate, done: Option<f64>) -> Attainment {
    let attainment = done.filter(|_| target.value > 0.0).map(|d| d / target.value);
    let missing = done.map(|d| (target.value - d).max(0.0));
    let months_left = match target.year - as_of.year() {
        0 => Some(13 - as_of.month()),
        later if later > 0 => Some(12),
        _ => None,
    };
    let needed = missing.zip(months_left).map(|(missing, months)| missing / f64::from(months));
    Attainment {
        area: target.area.clone(),
        year: target.year,
        indicator: target.indicator.clone(),
        value: target.value,
        responsible: target.responsible.clone(),
        done,
        attainment,
        missing,
        needed_per_month: needed.filter(|_| !is_rate(&target.indicator)),
        rank: None,
        on_pace: attainment.map(|a| a >= if is_rate(&target.indicator) { 1.0 } else { passed(target.year, as_of) }),
    }
}

/// The part of the year that has passed at the end of the day, 0 to 1.
fn passed(year: i32, as_of: NaiveDate) -> f64 {
    match as_of.year() - year {
        0 => f64::from(as_of.ordinal()) / if as_of.leap_year() { 366.0 } else { 365.0 },
        past if past > 0 => 1.0,
        _ => 0.0,
    }
}

/// The unit above: of a street its district, of a district or the development zone the city, of an industrial union the city.
pub fn parent(area: &str) -> Box<str> {
    match area.len() {
        9 | 12 => area[..6].into(),
        6 if area.ends_with("0000") => "".into(),
        6 if area.bytes().all(|b| b.is_ascii_digit()) => format!("{}0000", &area[..2]).into(),
        _ => "110000".into(),
    }
}

/// The unit into whose target a target adds up: areas into areas, federations of districts into the city's federation. Industrial
/// unions cut across areas, and the city's own federation stands beside its area: neither is a part of it.
fn sums_into(area: &str) -> Option<Box<str>> {
    match area {
        "BJ" => None,
        "BEDA" => Some("110000".into()),
        _ if area.starts_with("I-") => None,
        _ if area.starts_with('D') => Some("BJ".into()),
        _ => Some(parent(area)).filter(|above| !above.is_empty()),
    }
}

/// Where the targets below a unit do not add up to its own. Rates are left out: they are not sums.
pub fn unequal_sums(targets: &[Target]) -> Vec<UnequalSum> {
    let mut below: BTreeMap<(Box<str>, i32, &str), (f64, u32)> = BTreeMap::new();
    // Industrial unions cut across areas: what they have to reach is counted in the districts already.
    for target in targets.iter().filter(|t| !is_rate(&t.indicator)) {
        let Some(above) = sums_into(&target.area) else { continue };
        let sum = below.entry((above, target.year, &target.indicator)).or_default();
        sum.0 += target.value;
        sum.1 += 1;
    }
    let unequal = targets.iter().filter_map(|t| {
        let (sum, units) = *below.get(&(t.area.clone(), t.year, &*t.indicator))?;
        let differs = (sum - t.value).abs() > 1e-9;
        let (parent, year, indicator, value) = (t.area.clone(), t.year, t.indicator.clone(), t.value);
        differs.then_some(UnequalSum { parent, year, indicator, value, sum, units })
    });
    unequal.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(area: &str, indicator: &str, value: f64) -> Target {
        Target { area: area.into(), year: 2026, indicator: indicator.into(), value, responsible: None }
    }
    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_rate_with_its_sign_is_percent_however_small() {
        for (written, text, expected) in [
            (0.8, "0.8%", Some(0.008)),
            (1.0, "1 ％", Some(0.01)),
            (92.5, "92.5%", Some(0.925)),
            (92.5, "92.5", Some(0.925)),
            (0.925, "0.925", Some(0.925)),
            (100.0, "100%", Some(1.0)),
            (120.0, "120%", None),
        ] {
            assert_eq!(value_as_written("coverage_rate", written, text), expected, "{text}");
        }
        assert_eq!(value_as_written("net_new_units", 5.0, "5%"), Some(5.0), "a count has no percent");
    }

    #[test]
    fn a_target_tells_what_is_missing_and_what_each_month_needs() {
        let targets = [target("110101", "net_new_unions", 120.0)];
        for (as_of, done, attainment, missing, per_month, on_pace) in [
            ("2026-07-01", 60.0, 0.5, 60.0, Some(10.0), true),
            ("2026-07-02", 60.0, 0.5, 60.0, Some(10.0), false),
            ("2026-12-31", 110.0, 110.0 / 120.0, 10.0, Some(10.0), false),
            ("2026-03-01", 150.0, 1.25, 0.0, Some(0.0), true),
            ("2027-01-01", 119.0, 119.0 / 120.0, 1.0, None, false),
            ("2025-12-31", 0.0, 0.0, 120.0, Some(10.0), true),
        ] {
            let s = &standings(&targets, day(as_of), |_, _| Some(done))[0];
            assert_eq!((s.attainment, s.missing, s.on_pace), (Some(attainment), Some(missing), Some(on_pace)), "{as_of}");
            assert_eq!(s.needed_per_month, per_month, "{as_of}");
        }
        let unknown = &standings(&targets, day("2026-07-01"), |_, _| None)[0];
        assert_eq!((unknown.done, unknown.attainment, unknown.rank), (None, None, None));
    }

    #[test]
    fn a_rate_written_as_percent_is_the_share_it_means() {
        for (indicator, written, value) in [
            ("coverage_rate", 92.5, Some(0.925)),
            ("coverage_rate", 0.925, Some(0.925)),
            ("coverage_rate", 1.0, Some(1.0)),
            ("coverage_rate", 100.0, Some(1.0)),
            ("coverage_rate", 140.0, None),
            ("net_new_units", 92.5, Some(92.5)),
            ("net_new_units", -1.0, None),
            ("net_new_units", f64::INFINITY, None),
        ] {
            assert_eq!(super::value(indicator, written), value, "{indicator} {written}");
        }
    }

    #[test]
    fn units_are_ranked_among_their_siblings_and_equals_share_a_rank() {
        let targets = ["110101", "110102", "110105", "110101001", "BEDA"].map(|a| target(a, "net_new_unions", 10.0));
        let done = |area: &str, _: &str| {
            Some(match area {
                "110101" => 8.0,
                "110102" | "BEDA" => 9.0,
                "110105" => 1.0,
                _ => 2.0,
            })
        };
        let ranks: Vec<_> = standings(&targets, day("2026-06-30"), done).iter().map(|s| s.rank).collect();
        assert_eq!(ranks, [Some(3), Some(1), Some(4), Some(1), Some(1)]);
    }

    #[test]
    fn a_districts_streets_need_not_sum_to_it_and_that_is_said() {
        let mut targets = vec![
            target("110101", "net_new_unions", 10.0),
            target("110101001", "net_new_unions", 4.0),
            target("110101002", "net_new_unions", 5.0),
        ];
        let unequal = unequal_sums(&targets);
        assert_eq!((&*unequal[0].parent, unequal[0].value, unequal[0].sum, unequal[0].units), ("110101", 10.0, 9.0, 2));
        targets[2].value = 6.0;
        assert_eq!(unequal_sums(&targets), []);
        for t in &mut targets {
            t.indicator = "membership_rate".into();
        }
        targets[2].value = 0.5;
        assert_eq!(unequal_sums(&targets), [], "rates are no sums");
        // Federations beside areas: each kind adds up by itself.
        let targets = [
            target("110000", "net_new_unions", 10.0),
            target("110101", "net_new_unions", 7.0),
            target("BEDA", "net_new_unions", 3.0),
            target("BJ", "net_new_unions", 7.0),
            target("D110101", "net_new_unions", 7.0),
            target("I-EDU", "net_new_unions", 2.0),
        ];
        assert_eq!(unequal_sums(&targets), []);
    }
}
