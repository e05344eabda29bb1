//! Large, medium, small or micro: the national table of 2017 (统计上大中小微型企业划分办法（2017）, 国统字〔2017〕213号).
//!
//! Large, medium and small need **all** lower bounds of their class, otherwise the class is one lower; micro is whoever
//! misses one bound of small. So the class is the lowest that any metric gives.

use std::collections::BTreeMap;

use super::industry::{Code, CodeSet, EDITIONS, Within};
use super::rules::{Metric, RuleFault};
use crate::model::verdict::SizeClass;

/// Lower bounds of one metric for one kind of industry, in yuan or persons.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    pub metric: Metric,
    pub large: i64,
    pub medium: i64,
    pub small: i64,
}

/// One kind of industry and its bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeClassRow {
    pub name_zh: Box<str>,
    pub name_en: Box<str>,
    pub codes: BTreeMap<u16, CodeSet>,
    pub bounds: Vec<Bound>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SizeClasses {
    pub rows: Vec<SizeClassRow>,
}

impl SizeClasses {
    /// Reads the table: columns `industry_zh`, `industry_en`, `codes_2002`, `codes_2011`, `codes_2017`, `metric`, `large`,
    /// `medium`, `small`. Rows with the same `industry_zh` belong together.
    pub fn parse(text: &str, file: &str) -> Result<SizeClasses, Vec<RuleFault>> {
        let mut faults = Vec::new();
        let mut rows: Vec<SizeClassRow> = Vec::new();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().map(|h| h.iter().map(str::to_string).collect()).unwrap_or_default();
        for record in reader.records() {
            let fail = |line: usize, reason: String| RuleFault { file: file.to_string(), line, reason };
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(1, |p| p.line() as usize);
                    faults.push(fail(line, error.to_string()));
                    continue;
                }
            };
            let line = record.position().map_or(1, |p| p.line() as usize);
            let cell = |column: &str| header.iter().position(|h| h == column).and_then(|i| record.get(i)).unwrap_or("");
            let Some(metric) = Metric::from_name(cell("metric")) else {
                faults.push(fail(line, format!("metric \"{}\" is unknown", cell("metric"))));
                continue;
            };
            let mut number = |column: &str| {
                let n = cell(column).parse::<i64>().ok().filter(|n| *n >= 0);
                if n.is_none() {
                    faults.push(fail(line, format!("column {column}: \"{}\" is no number", cell(column))));
                }
                n.unwrap_or(0)
            };
            let bound = Bound { metric, large: number("large"), medium: number("medium"), small: number("small") };
            if bound.large < bound.medium || bound.medium < bound.small {
                faults.push(fail(line, "the bounds must fall from large to small".to_string()));
            }
            if let Some(row) = rows.iter_mut().find(|r| &*r.name_zh == cell("industry_zh")) {
                row.bounds.push(bound);
                continue;
            }
            let mut codes = BTreeMap::new();
            for edition in EDITIONS {
                match read_codes(cell(&format!("codes_{edition}")), edition) {
                    Ok(set) => drop(codes.insert(edition, set)),
                    Err(code) => faults.push(fail(line, format!("code \"{code}\" does not exist in edition {edition}"))),
                }
            }
            rows.push(SizeClassRow {
                name_zh: cell("industry_zh").into(),
                name_en: cell("industry_en").into(),
                codes,
                bounds: vec![bound],
            });
        }
        if faults.is_empty() { Ok(SizeClasses { rows }) } else { Err(faults) }
    }

    /// The class by the numbers that are known: UNKNOWN where no row speaks of the industry, or where a missing number
    /// could change the class.
    pub fn judge(&self, code: &Code<'_>, number: impl Fn(Metric) -> Option<i64>) -> SizeClass {
        let speaks = |row: &&SizeClassRow| row.codes.get(&code.edition).is_some_and(|set| set.holds(code) == Within::Yes);
        let Some(row) = self.rows.iter().find(speaks) else { return SizeClass::Unknown };
        let classes: Vec<Option<SizeClass>> = row.bounds.iter().map(|b| number(b.metric).map(|n| b.class(n))).collect();
        // `SizeClass` is ordered from large to micro: the lowest class is the greatest value.
        match classes.iter().flatten().max() {
            Some(SizeClass::Micro) => SizeClass::Micro,
            Some(lowest) if classes.iter().all(Option::is_some) => *lowest,
            _ => SizeClass::Unknown,
        }
    }
}

impl Bound {
    fn class(&self, n: i64) -> SizeClass {
        match n {
            n if n >= self.large => SizeClass::Large,
            n if n >= self.medium => SizeClass::Medium,
            n if n >= self.small => SizeClass::Small,
            _ => SizeClass::Micro,
        }
    }
}

/// `B;C;D`, `54-58`, `7010`: sections, ranges of divisions, single codes.
fn read_codes(text: &str, edition: u16) -> Result<CodeSet, String> {
    let mut set = CodeSet::default();
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        if let Some((first, last)) = part.split_once('-') {
            let (Ok(first), Ok(last)) = (first.parse::<u8>(), last.parse::<u8>()) else { return Err(part.to_string()) };
            set.prefixes.extend((first..=last).map(|d| Box::from(format!("{d:02}"))));
            continue;
        }
        match Code::parse(part, edition) {
            Some(code) if code.digits.is_empty() => set.sections.extend(code.section),
            Some(code) => set.prefixes.push(code.digits.into()),
            None => return Err(part.to_string()),
        }
    }
    if set.sections.is_empty() && set.prefixes.is_empty() { Err(text.to_string()) } else { Ok(set) }
}
