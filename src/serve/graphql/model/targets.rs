//! Annual targets, and how far they are reached.

use async_graphql::{InputObject, SimpleObject};

use super::places::Area;
use super::registry::Registry;
use super::scalars::DateTime;
use crate::access::FieldClass;
use crate::assess::targets;
use crate::assess::targets::{Attainment, UnequalSum};
use crate::edition::{Edition, EditionAsOf};
use crate::hub::targets::{Given, Reached, SetBy, canonical, measurable};
use crate::model::message::Lang;
use crate::model::reference::areas::unit_code;
use crate::serve::context::RequestContext;
use crate::serve::problem::{Code, Problem};
use crate::store::target::TargetRow;

/// Sets a target.
#[derive(InputObject)]
#[graphql(name = "SetTargetInput")]
pub struct SetTarget {
    /// Code of an area or federation unit.
    area: String,
    /// Year.
    year: i32,
    /// Id of the list of indicators (independent_rate_above_size, coverage_rate, membership_rate, net_new_units, net_new_covered,
    /// net_new_members, …), or a level: independent, covered, members.
    indicator: String,
    /// What is to be reached: for rates a share from 0 to 1, or percent (92.5); a number otherwise.
    value: f64,
    /// Who answers for it.
    responsible: Option<String>,
}

/// Takes a target back.
#[derive(InputObject)]
#[graphql(name = "WithdrawTargetInput")]
pub struct WithdrawTarget {
    /// Code of an area or federation unit.
    area: String,
    /// Year.
    year: i32,
    /// Id of the list of indicators, as it was set.
    indicator: String,
}

/// Names the targets of a year for one indicator.
#[derive(Debug, Clone, InputObject)]
pub struct TargetKey {
    /// Year.
    pub year: i32,
    /// Id of the list of indicators, as in `targets`.
    pub indicator: String,
}

/// The annual target of an area, and how far it is reached.
#[derive(Clone, SimpleObject)]
pub struct Target {
    /// Id of the list of indicators: independent_rate_above_size, coverage_rate, net_new_units, …
    indicator: String,
    /// Whose it is.
    area: Area,
    /// Year.
    year: i32,
    /// What is to be reached.
    value: f64,
    /// What is reached in the edition asked; a net increase counts from the last edition of the year before. Null where the
    /// editions cannot tell, and where the caller's numbers are rounded.
    done: Option<f64>,
    /// done / value.
    attainment: Option<f64>,
    /// value - done, 0 where it is reached.
    missing: Option<f64>,
    /// Missing per remaining month of the year, this month included; null for rates.
    needed_per_month: Option<f64>,
    /// Place among the units of the same parent by attainment; 1 is best, equals share a place.
    rank: Option<i32>,
    /// Whether as much of the target is reached as of the year has passed; of a rate, whether it is reached.
    on_pace: Option<bool>,
    /// The first person responsible.
    responsible: Option<String>,
    /// Who set it by hand; null where a registry delivers it.
    set_by: Option<String>,
    /// The registry that delivers it; null where a person set it. Where both speak, the later one counts.
    registry: Option<Registry>,
    /// When it was set, or delivered last.
    set_at: Option<DateTime>,
    /// Where the targets of the units below do not add up to it.
    parts: Option<TargetParts>,
}

/// The targets of the units below that do not add up to the target of the unit above.
#[derive(Clone, SimpleObject)]
pub struct TargetParts {
    /// Their sum.
    sum: f64,
    /// How many of them have a target.
    units: u32,
    /// The difference in words.
    message: String,
}

/// Whether an area or unit is one of the caller's, or inside one.
fn is_of_caller(ask: &RequestContext, edition: &Edition, area: &str) -> bool {
    let mine = |code: &str| ask.caller.areas.iter().any(|a| a == code);
    let mut above = Some(area.to_owned());
    // City, district, town: a tree that is no deeper than this.
    for _ in 0..8 {
        let Some(code) = above else { break };
        if mine(&code) {
            return true;
        }
        above = edition.area(&code).and_then(|a| a.parent.clone());
    }
    ask.caller.areas.is_empty()
}

/// A target of an area that is not the caller's does not exist for them.
fn within_reach(ask: &RequestContext, edition: &Edition, area: &str) -> Result<(), Problem> {
    if is_of_caller(ask, edition, area) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Forbidden,
        format!("{area} 不在您的管辖区域内：任务未改动"),
        format!("{area} is outside your areas: nothing was changed"),
    ))
}

/// Refuses an indicator that no target can be set for.
///
/// # Errors
/// Such a one, with those that there are.
pub fn known_indicator(indicator: &str) -> Result<(), Problem> {
    let known = measurable();
    if known.contains(&canonical(indicator)) {
        return Ok(());
    }
    Err(Problem::bad_input(
        format!("没有指标 {indicator}；可用：{}", known.join("、")),
        format!("there is no indicator {indicator}; known: {}", known.join(", ")),
    )
    .remedy(known.join(", ")))
}

impl Target {
    fn new(
        ask: &RequestContext,
        edition: &std::sync::Arc<Edition>,
        given: Given,
        standing: Attainment,
        parts: Option<&UnequalSum>,
    ) -> Target {
        let (set_by, registry) = match given.by {
            SetBy::Person(by) => (by, None),
            SetBy::Registry(name) => (None, Some(Registry::named(&name))),
        };
        // What was paid and is due is told to who may see payments; the target itself is everybody's.
        let told = !standing.indicator.starts_with("dues_") || ask.caller.sight().sees(FieldClass::Money);
        // What is reached is counted exactly: not for who is told rounded numbers.
        let told = told && !ask.state.rounds(&ask.caller);
        Target {
            area: Area::new(edition, standing.area.to_string()),
            year: standing.year,
            indicator: standing.indicator.to_string(),
            value: standing.value,
            done: standing.done.filter(|_| told),
            attainment: standing.attainment.filter(|_| told),
            missing: standing.missing.filter(|_| told),
            needed_per_month: standing.needed_per_month.filter(|_| told),
            rank: standing.rank.map(|r| r as i32).filter(|_| told),
            on_pace: standing.on_pace.filter(|_| told),
            responsible: standing.responsible.map(String::from),
            set_by,
            registry,
            set_at: DateTime::from_millis(given.at),
            parts: parts.map(|p| TargetParts {
                sum: p.sum,
                units: p.units,
                message: match ask.lang {
                    Lang::Zh => format!("下属 {} 个单位的任务合计 {}，与本单位的 {} 不等", p.units, p.sum, p.value),
                    Lang::En => format!("the targets of its {} units add up to {}, not to {}", p.units, p.sum, p.value),
                },
            }),
        }
    }

    /// Targets of a year inside an area, best first within each indicator.
    pub async fn list(
        ask: &RequestContext,
        year: i32,
        within: Option<&str>,
        as_of: Option<EditionAsOf>,
    ) -> Result<Vec<Target>, Problem> {
        ask.touch_store();
        let edition = ask.edition_at(as_of, None)?;
        let within = within.map(|text| Area::named(&edition, text)).transpose()?;
        let within = within.as_ref().map(Area::code_text);
        let inside = |area: &str| {
            within.is_none_or(|code| {
                let parent = |code: &str| edition.area(code).and_then(|a| a.parent.clone());
                area == code || parent(area).is_some_and(|p| p == code || parent(&p).is_some_and(|p| p == code))
            })
        };
        let visible = |area: &str| is_of_caller(ask, &edition, area);
        let mut targets = Target::all(ask, &edition, year).await?;
        targets.retain(|t| inside(t.area.code_text()) && visible(t.area.code_text()));
        targets.sort_by(|s, t| {
            let attainment = |t: &Target| t.attainment.unwrap_or(f64::NEG_INFINITY);
            s.indicator.cmp(&t.indicator).then(attainment(t).total_cmp(&attainment(s)))
        });
        Ok(targets)
    }

    /// The targets of a year and an indicator that the caller may see, by area.
    pub async fn by_area(
        ask: &RequestContext,
        edition: &std::sync::Arc<Edition>,
        key: TargetKey,
    ) -> Result<std::collections::HashMap<String, Target>, Problem> {
        known_indicator(&key.indicator)?;
        ask.touch_store();
        ask.details.count_read();
        let mut wanted = Target::all(ask, edition, key.year).await?;
        let visible = |area: &str| is_of_caller(ask, edition, area);
        wanted.retain(|t| t.indicator == canonical(&key.indicator) && visible(t.area.code_text()));
        Ok(wanted.into_iter().map(|t| (t.area.code_text().to_owned(), t)).collect())
    }

    /// All targets of a year, each ranked among its siblings.
    async fn all(ask: &RequestContext, edition: &std::sync::Arc<Edition>, year: i32) -> Result<Vec<Target>, Problem> {
        let hub = ask.state.hub();
        // What is set after the latest edition was published counts at once; of an earlier one, what stood on its day.
        let is_latest = hub.editions.current().is_ok_and(|latest| latest.number() == edition.number());
        let today = hub.clock.today(hub.settings.zone);
        let on = if is_latest { today.max(edition.manifest.as_of) } else { edition.manifest.as_of };
        let given = hub.targets(Some(year), on).await.map_err(|e| match e {
            crate::hub::HubError::Store(e) => Problem::from(e),
            other => {
                tracing::error!(error = %other, "the targets could not be read");
                Problem::internal()
            }
        })?;
        let plain: Vec<targets::Target> = given.iter().map(|g| g.target.clone()).collect();
        let reached = Reached::new(&hub.editions, edition.clone(), year)?;
        let standings = targets::standings(&plain, edition.manifest.as_of, |area, indicator| reached.done(area, indicator));
        let unequal = targets::unequal_sums(&plain);
        let parts = |t: &targets::Target| unequal.iter().find(|u| *u.parent == *t.area && u.indicator == t.indicator);
        Ok(given
            .into_iter()
            .zip(standings)
            .map(|(given, standing)| {
                let parts = parts(&given.target);
                Target::new(ask, edition, given, standing, parts)
            })
            .collect())
    }

    /// Takes back what a person set; where a registry delivers one, that counts again.
    pub async fn withdraw(ask: &RequestContext, input: WithdrawTarget) -> Result<(), Problem> {
        ask.touch_store();
        let area = unit_code(&input.area, None).unwrap_or(input.area);
        within_reach(ask, &*ask.edition()?, &area)?;
        let indicator = canonical(&input.indicator);
        let hub = ask.state.hub();
        match hub.store.withdraw_target(&area, input.year.into(), indicator, hub.clock.millis()).await? {
            true => Ok(()),
            false => Err(Problem::bad_input(
                format!("{} 年没有人为 {area} 设定过指标 {indicator} 的任务", input.year),
                format!("nobody has set a target of {indicator} for {area} in {}", input.year),
            )),
        }
    }

    pub async fn set(ask: &RequestContext, input: SetTarget) -> Result<Target, Problem> {
        ask.touch_store();
        let edition = ask.edition()?;
        if edition.area(&input.area).is_none() && unit_code(&input.area, None).is_none() {
            return Err(Problem::bad_input(
                format!("没有区域 {}：请使用 110108 这样的代码，或工会的代码", input.area),
                format!("there is no area {}: use a code such as 110108, or that of a federation unit", input.area),
            ));
        }
        within_reach(ask, &edition, &unit_code(&input.area, None).unwrap_or_else(|| input.area.clone()))?;
        known_indicator(&input.indicator)?;
        let value = targets::value(canonical(&input.indicator), input.value);
        let Some(value) = value.filter(|_| (2000..=2100).contains(&input.year)) else {
            return Err(Problem::bad_input(
                "目标值应为非负数（比率不超过 100%，可写 0.925 或 92.5），年份在 2000 到 2100 之间",
                "the value is a number from 0 (a rate at most 100 %, as 0.925 or 92.5), the year from 2000 to 2100",
            ));
        };
        let row = TargetRow {
            area: unit_code(&input.area, None).unwrap_or(input.area),
            year: i64::from(input.year),
            indicator: canonical(&input.indicator).to_owned(),
            value,
            responsible: input.responsible,
            by_whom: Some(ask.caller.name.clone()),
            at: ask.state.hub().clock.millis(),
        };
        let hub = ask.state.hub();
        hub.check_share(&row.area, input.year, &row.indicator, row.value).await.map_err(super::cases::mendable)?;
        hub.store.put_target(&row).await?;
        let all = Target::all(ask, &edition, input.year).await?;
        let set = all.into_iter().find(|t| t.area.code_text() == row.area && t.indicator == row.indicator);
        set.ok_or_else(|| Problem::bad_input("任务未能保存", "the target was not kept"))
    }
}
