//! Annual targets, and how far they are reached.

use async_graphql::{InputObject, SimpleObject};
use chrono::Datelike;

use super::places::Area;
use crate::edition::{Edition, Filter, Measures};
use crate::serve::ask::Ask;
use crate::serve::problem::Problem;
use crate::store::target::TargetRow;

/// Sets a target.
#[derive(InputObject)]
#[graphql(name = "SetTargetInput")]
pub struct SetTarget {
    /// Code of an area or federation unit.
    area: String,
    /// Year.
    year: i32,
    /// independent_rate, coverage_rate, independent, covered, members.
    indicator: String,
    /// What is to be reached: a share from 0 to 1 for rates, a number otherwise.
    value: f64,
    /// Who answers for it.
    responsible: Option<String>,
}

/// Names the targets of a year.
#[derive(Debug, Clone, InputObject)]
pub struct TargetKey {
    /// Year.
    pub year: i32,
    /// independent_rate, coverage_rate, independent, covered, members.
    pub indicator: String,
}

/// The annual target of an area, and how far it is reached.
#[derive(Clone, SimpleObject)]
pub struct Target {
    /// independent_rate, coverage_rate, independent, covered, members.
    indicator: String,
    /// Whose it is.
    area: Area,
    /// Year.
    year: i32,
    /// What is to be reached.
    value: f64,
    /// What is reached in the edition asked; null for an indicator that editions do not count.
    done: Option<f64>,
    /// done / value.
    attainment: Option<f64>,
    /// value - done, 0 where it is reached.
    missing: Option<f64>,
    /// Missing per remaining month of the year, this month included.
    needed_per_month: Option<f64>,
    /// Place among the areas with the same indicator and year, by attainment; 1 is best.
    rank: Option<i32>,
    /// Whether as much of the target is reached as of the year has passed.
    on_pace: Option<bool>,
    /// Who answers for it.
    responsible: Option<String>,
}

/// Indicators that an edition can be measured by.
const INDICATORS: [&str; 5] = ["independent_rate", "coverage_rate", "independent", "covered", "members"];

fn done(indicator: &str, m: &Measures) -> Option<f64> {
    let rate = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    match indicator {
        "independent_rate" => rate(m.above_independent, m.above),
        "coverage_rate" => rate(m.unionised, m.in_scope),
        "independent" => Some(m.independent as f64),
        "covered" => Some(m.unionised as f64),
        "members" => Some(m.members as f64),
        _ => None,
    }
}

/// What an area has reached; None where it is no area of the edition.
fn measured(edition: &Edition, area: &str) -> Option<Measures> {
    let rows = edition.filter(&Filter::Area(vec![area.to_owned()])).ok()?;
    edition.coverage(&[], &rows, 1).ok().map(|(_, total)| total)
}

impl Target {
    fn new(ask: &Ask, edition: &std::sync::Arc<Edition>, row: TargetRow) -> Target {
        let reached = measured(edition, &row.area).and_then(|m| done(&row.indicator, &m));
        let attainment = reached.filter(|_| row.value > 0.0).map(|done| done / row.value);
        let missing = reached.map(|done| (row.value - done).max(0.0));
        let today = ask.app.hub().clock.today(ask.app.hub().settings.zone);
        let months_left = match i64::from(today.year()) - row.year {
            ..0 => 12,
            0 => 13 - today.month(),
            _ => 0,
        };
        let passed = f64::from(12 - months_left.min(12)) / 12.0;
        Target {
            area: Area::new(edition, row.area),
            year: row.year as i32,
            done: reached,
            attainment,
            needed_per_month: missing.filter(|_| months_left > 0).map(|m| m / f64::from(months_left)),
            missing,
            rank: None,
            on_pace: attainment.map(|a| a >= passed),
            indicator: row.indicator,
            value: row.value,
            responsible: row.responsible,
        }
    }

    /// Targets of a year inside an area, ranked by attainment within each indicator.
    pub async fn list(
        ask: &Ask,
        year: i32,
        within: Option<&str>,
        as_of: Option<chrono::NaiveDate>,
    ) -> Result<Vec<Target>, Problem> {
        ask.touch_store();
        let edition = ask.edition_at(as_of, None)?;
        let rows = ask.app.hub().store.targets(Some(i64::from(year))).await?;
        let inside = |area: &str| {
            within.is_none_or(|code| {
                let parent = |code: &str| edition.area(code).and_then(|a| a.parent.clone());
                area == code || parent(area).is_some_and(|p| p == code || parent(&p).is_some_and(|p| p == code))
            })
        };
        let visible = |area: &str| ask.caller.areas.is_empty() || ask.caller.areas.iter().any(|a| area.starts_with(a.as_str()));
        let kept = rows.into_iter().filter(|row| inside(&row.area) && visible(&row.area));
        let mut targets: Vec<(String, Target)> =
            kept.map(|row| (row.indicator.clone(), Target::new(ask, &edition, row))).collect();
        targets.sort_by(|(a, s), (b, t)| {
            let attainment = |t: &Target| t.attainment.unwrap_or(f64::NEG_INFINITY);
            a.cmp(b).then(attainment(t).total_cmp(&attainment(s)))
        });
        let (mut indicator, mut rank) = (String::new(), 0);
        for (name, target) in &mut targets {
            rank = if *name == indicator { rank + 1 } else { 1 };
            indicator.clone_from(name);
            target.rank = target.attainment.map(|_| rank);
        }
        Ok(targets.into_iter().map(|(_, target)| target).collect())
    }

    /// The targets of a year and an indicator by area.
    pub async fn by_area(
        ask: &Ask,
        edition: &std::sync::Arc<Edition>,
        key: TargetKey,
    ) -> Result<std::collections::HashMap<String, Target>, Problem> {
        ask.touch_store();
        ask.details.count_read();
        let rows = ask.app.hub().store.targets(Some(i64::from(key.year))).await?;
        let visible = |area: &str| ask.caller.areas.is_empty() || ask.caller.areas.iter().any(|a| area.starts_with(a.as_str()));
        let wanted = rows.into_iter().filter(|row| row.indicator == key.indicator && visible(&row.area));
        Ok(wanted.map(|row| (row.area.clone(), Target::new(ask, edition, row))).collect())
    }

    pub async fn set(ask: &Ask, input: SetTarget) -> Result<Target, Problem> {
        ask.touch_store();
        let edition = ask.edition()?;
        if edition.area(&input.area).is_none() {
            return Err(Problem::bad_input(format!("没有区域 {}", input.area), format!("there is no area {}", input.area)));
        }
        if !INDICATORS.contains(&input.indicator.as_str()) {
            let known = INDICATORS.join(", ");
            return Err(Problem::bad_input(
                format!("没有指标 {}；可用：{known}", input.indicator),
                format!("there is no indicator {}; known: {known}", input.indicator),
            ));
        }
        if !(input.value.is_finite() && input.value >= 0.0 && (2000..=2100).contains(&input.year)) {
            return Err(Problem::bad_input(
                "目标值应为非负数，年份在 2000 到 2100 之间",
                "the value is a number from 0, the year from 2000 to 2100",
            ));
        }
        let row = TargetRow {
            area: input.area,
            year: i64::from(input.year),
            indicator: input.indicator,
            value: input.value,
            responsible: input.responsible,
            by_whom: Some(ask.caller.name.clone()),
            at: ask.app.hub().clock.millis(),
        };
        ask.app.hub().store.put_target(&row).await?;
        Ok(Target::new(ask, &edition, row))
    }
}
