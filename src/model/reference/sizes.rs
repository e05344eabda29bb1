//! Large, medium, small or micro: 统计上大中小微型企业划分办法（2017）, 国统字〔2017〕213号.
//!
//! Large, medium and small need all lower bounds of their industry; who misses one goes one class down. The table is
//! from a published page up to real-estate development; its last rows are from memory (confidence medium).

use std::sync::LazyLock;

use super::industries::{EDITIONS, IndustryCode};
use super::table::rows;
use crate::model::value::Money;
use crate::model::verdict::SizeClass;

#[derive(Debug)]
struct Bound {
    /// By edition, in the order of `EDITIONS`: 2002, 2011, 2017.
    codes: [Vec<Part>; 3],
    metric: SizeMetric,
    /// Lower bounds of large, medium, small.
    at_least: [i64; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SizeMetric {
    Employees,
    Revenue,
    Assets,
}

fn bounds() -> &'static [Bound] {
    static BOUNDS: LazyLock<Vec<Bound>> = LazyLock::new(|| {
        let number = |s: &str| s.parse::<i64>().expect("bounds of size_classes.csv are numbers");
        rows("size_classes.csv", include_str!("../../../reference/size_classes.csv"))
            .map(|r| Bound {
                codes: [parts(&r[9]), parts(&r[8]), parts(&r[2])],
                metric: match &r[3] {
                    "employees" => SizeMetric::Employees,
                    "revenue" => SizeMetric::Revenue,
                    _ => SizeMetric::Assets,
                },
                at_least: [number(&r[4]), number(&r[5]), number(&r[6])],
            })
            .collect()
    });
    &BOUNDS
}

/// One part of a row's codes.
#[derive(Debug, Clone, Copy)]
enum Part {
    Section(char),
    /// Divisions from and to.
    Divisions(u8, u8),
    Class([u8; 4]),
}

/// `M`, `54-58`, `7010`, joined by `;`.
fn parts(codes: &str) -> Vec<Part> {
    let division = |s: &str| s.parse::<u8>().expect("divisions of size_classes.csv are numbers");
    let part = |one: &str| match (one.len(), one.split_once('-')) {
        (_, Some((from, to))) => Part::Divisions(division(from), division(to)),
        (1, None) => Part::Section(one.chars().next().expect("one letter")),
        (2, None) => Part::Divisions(division(one), division(one)),
        _ => Part::Class(one.as_bytes().try_into().expect("classes of size_classes.csv have four digits")),
    };
    codes.split(';').map(part).collect()
}

fn covers(parts: &[Part], code: &IndustryCode, division: Option<u8>) -> bool {
    parts.iter().any(|part| match part {
        Part::Section(letter) => *letter == code.section,
        Part::Divisions(from, to) => division.is_some_and(|d| (*from..=*to).contains(&d)),
        Part::Class(class) => code.number().as_bytes() == class,
    })
}

/// Size class by the industry, in the edition of its code, and the numbers that are known. UNKNOWN where the industry has no
/// row, the code is too coarse, or a missing number could change the class: one number below its bound of small is micro
/// whatever the others are.
pub fn size_class(code: &IndustryCode, employees: Option<u32>, revenue: Option<Money>, assets: Option<Money>) -> SizeClass {
    let Some(edition) = EDITIONS.iter().position(|e| *e == code.edition) else { return SizeClass::Unknown };
    let division = code.division().and_then(|d| d.parse().ok());
    let mut worst: Option<usize> = None;
    let mut missing = false;
    for bound in bounds().iter().filter(|b| covers(&b.codes[edition], code, division)) {
        let value = match bound.metric {
            SizeMetric::Employees => employees.map(i64::from),
            SizeMetric::Revenue => revenue.map(|m| m.0 / 100),
            SizeMetric::Assets => assets.map(|m| m.0 / 100),
        };
        let Some(value) = value else {
            missing = true;
            continue;
        };
        let class = bound.at_least.iter().position(|least| value >= *least).unwrap_or(3);
        worst = Some(worst.map_or(class, |w| w.max(class)));
    }
    if missing && worst != Some(3) {
        return SizeClass::Unknown;
    }
    match worst {
        Some(0) => SizeClass::Large,
        Some(1) => SizeClass::Medium,
        Some(2) => SizeClass::Small,
        Some(_) => SizeClass::Micro,
        None => SizeClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_misses_one_bound_goes_one_class_down() {
        let class = |code: &str, employees, revenue_wan: i64| {
            let code = IndustryCode::parse(code, 2017).unwrap();
            size_class(&code, Some(employees), Some(Money::from_yuan(revenue_wan * 10_000)), None)
        };
        assert_eq!(class("3911", 1000, 40_000), SizeClass::Large);
        assert_eq!(class("3911", 999, 40_000), SizeClass::Medium);
        assert_eq!(class("3911", 1000, 2_000), SizeClass::Medium);
        assert_eq!(class("3911", 1000, 299), SizeClass::Micro);
        assert_eq!(class("5199", 5, 1_000), SizeClass::Small);
        assert_eq!(class("7291", 50, 1), SizeClass::Unknown, "business services are judged by assets");
        assert_eq!(class("6510", 99, 1_000), SizeClass::Small);
    }

    #[test]
    fn a_code_is_classed_in_its_own_edition() {
        let class = |code: &str, edition| {
            let code = IndustryCode::parse(code, edition).unwrap();
            size_class(&code, Some(60), Some(Money::from_yuan(30_000_000)), None)
        };
        // 6311 is wholesale in 2002 and telecommunications in 2017.
        assert_eq!(class("6311", 2002), SizeClass::Small);
        assert_eq!(class("6311", 2017), SizeClass::Small);
        assert_eq!(class("6510", 2002), SizeClass::Medium, "retail");
        assert_eq!(class("6510", 2011), SizeClass::Small, "software");
    }

    #[test]
    fn a_missing_number_matters_unless_another_makes_it_micro() {
        let code = IndustryCode::parse("3911", 2017).unwrap();
        assert_eq!(size_class(&code, Some(19), None, None), SizeClass::Micro);
        assert_eq!(size_class(&code, Some(20), None, None), SizeClass::Unknown);
    }
}
