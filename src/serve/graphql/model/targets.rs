//! Annual targets, and how far they are reached.

use async_graphql::{ComplexObject, Context, InputObject, Result, SimpleObject};
use hashbrown::HashSet;

use super::places::Area;
use super::registry::Registry;
use super::scalars::DateTime;
use super::union_units::{FederationView, UnionUnit};
use crate::access::{AccessScope, FieldClass};
use crate::assess::targets;
use crate::assess::targets::{Attainment, UnequalSum};
use crate::edition::{Edition, EditionAsOf};
use crate::hub::federation_standing::{target_area, target_unit};
use crate::hub::targets::{Given, Reached, SetBy, canonical, measurable, unit_without_area};
use crate::model::message::Lang;
use crate::model::reference::areas::unit_code;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::problem::{Code, Problem};
use crate::store::target::{TargetRow, TargetVersionRow};

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
    /// The document that it is taken from.
    source: Option<String>,
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
#[graphql(complex)]
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
    /// The document that a person took it from; null where a registry delivers it, and where nobody said.
    source: Option<String>,
    /// The unit of the federation whose it is; null where none was entered for the area, and without the scope `review`.
    unit: Option<UnionUnit>,
    /// Where the targets of the units below do not add up to it.
    parts: Option<TargetParts>,
}

/// The annual target of an area, and how far it is reached.
#[ComplexObject]
impl Target {
    /// Every version that people set, withdrawn ones too, the latest first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<TargetVersion>> {
        let (ask, area) = (ask(ctx), self.area.code_text());
        ask.touch_store();
        let code = self.unit.as_ref().map_or(area, |unit| &unit.unit().code);
        let rows = ask.state.hub().store.target_history([area, code], self.year.into(), &self.indicator).await;
        rows.map(TargetVersion::of).or_tell(ctx)
    }
}

/// A target as it was set once.
#[derive(SimpleObject)]
pub struct TargetVersion {
    /// What was to be reached: a number, or a share from 0 to 1.
    pub value: f64,
    /// Who answered for it.
    pub responsible: Option<String>,
    /// The document that it was taken from.
    pub source: Option<String>,
    /// Who set it.
    pub set_by: Option<String>,
    /// When.
    pub set_at: Option<DateTime>,
    /// Until when it stood; null: it stands.
    pub until: Option<DateTime>,
    /// It was taken back then, and no other one took its place.
    pub withdrawn: bool,
}

impl TargetVersion {
    /// Versions of the store, the latest first.
    pub fn of(rows: Vec<TargetVersionRow>) -> Vec<TargetVersion> {
        let begins: HashSet<i64> = rows.iter().map(|row| row.at).collect();
        let version = |row: TargetVersionRow| TargetVersion {
            value: row.value,
            responsible: row.responsible,
            source: row.source,
            set_by: row.by_whom,
            set_at: DateTime::from_millis(row.at),
            until: row.replaced_at.and_then(DateTime::from_millis),
            // One that began at that very moment took its place.
            withdrawn: row.replaced_at.is_some_and(|until| until == row.at || !begins.contains(&until)),
        };
        rows.into_iter().map(version).collect()
    }
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

/// The code under which the targets of an area or a unit are kept, as somebody writes it; one that is not the caller's does not exist.
async fn key_of(ask: &RequestContext, edition: &Edition, written: &str) -> Result<String, Problem> {
    let known = unit_code(written, None).or_else(|| edition.area(written).map(|_| written.to_owned()));
    if let Some(area) = known {
        within_reach(ask, edition, &area)?;
        return Ok(area);
    }
    let federation = ask.federation().await?;
    let unit = federation.unit_seen_by(&ask.caller, written).map(|at| target_area(&federation.tree, at));
    unit.ok_or_else(|| {
        Problem::bad_input(
            format!("没有区域 {written}：请使用 110108 这样的代码，或工会的代码"),
            format!("there is no area {written}: use a code such as 110108, or that of a federation unit"),
        )
    })
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
        (given, unit): (Given, Option<UnionUnit>),
        standing: Attainment,
        parts: Option<&UnequalSum>,
    ) -> Target {
        let (set_by, registry) = match given.by {
            SetBy::Person(by) => (by, None),
            SetBy::Registry(name) => (None, Some(Registry::named(&name))),
        };
        // What was paid and is due is told to who may see payments; the target itself is everybody's.
        let told = !standing.indicator.starts_with("dues_") || ask.caller.is_shown(FieldClass::Money);
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
            source: given.source,
            unit,
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
        // A unit that no division stands for lies where the nearest one above it that has one does.
        targets.retain(|t| match t.without_area() {
            Some(unit) => unit.view.federation.tree.areas_of(unit.at).iter().any(|area| inside(area)) || within.is_none(),
            None => inside(t.area.code_text()) && visible(t.area.code_text()),
        });
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

    /// Its unit, where no division stands for it.
    fn without_area(&self) -> Option<&UnionUnit> {
        let unit = self.unit.as_ref()?;
        unit_without_area(&unit.view.federation.tree, self.area.code_text()).map(|_| unit)
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
        let as_of = (!is_latest).then(|| EditionAsOf::Edition(edition.number()));
        let view = FederationView::of(ask, edition.clone(), as_of).await?;
        let may_review = ask.caller.may(AccessScope::Review);
        let unit = |area: &str| {
            let at = target_unit(&view.federation.tree, area).filter(|_| may_review)?;
            view.seen(ask, at)
        };
        let tree = &view.federation.tree;
        // What is kept under a unit's own code is the federation's own: for whoever may see the unit.
        let given: Vec<(Given, Option<UnionUnit>)> =
            given.into_iter().map(|given| (unit(&given.target.area), given)).map(|(unit, given)| (given, unit)).collect();
        let is_told = |(given, unit): &(Given, Option<UnionUnit>)| {
            let area = &*given.target.area;
            unit.is_some() || unit_code(area, None).is_some() || edition.area(area).is_some()
        };
        let given: Vec<(Given, Option<UnionUnit>)> = given.into_iter().filter(is_told).collect();
        let plain: Vec<targets::Target> = given.iter().map(|(given, _)| given.target.clone()).collect();
        let homes = hub.homes_of_units(as_of).await.map_err(super::cases::mendable)?;
        let reached = Reached::new(&hub.editions, edition.clone(), year)?.with_units(homes);
        let done = |area: &str, indicator: &str| reached.done(area, indicator);
        let parent = |area: &str| match unit_without_area(tree, area) {
            Some(at) => tree.parent(at).map_or_else(Box::default, |up| format!("unit:{}", tree.units[up as usize].code).into()),
            None => targets::parent(area),
        };
        let standings = targets::standings_below(&plain, edition.manifest.as_of, done, parent);
        let of_areas: Vec<targets::Target> =
            plain.iter().filter(|target| unit_without_area(tree, &target.area).is_none()).cloned().collect();
        let unequal = targets::unequal_sums(&of_areas);
        let parts = |t: &targets::Target| unequal.iter().find(|u| *u.parent == *t.area && u.indicator == t.indicator);
        Ok(given
            .into_iter()
            .zip(standings)
            .map(|((given, unit), standing)| {
                let parts = parts(&given.target);
                Target::new(ask, edition, (given, unit), standing, parts)
            })
            .collect())
    }

    /// Takes back what a person set; where a registry delivers one, that counts again.
    pub async fn withdraw(ask: &RequestContext, input: WithdrawTarget) -> Result<(), Problem> {
        ask.touch_store();
        let area = key_of(ask, &*ask.edition()?, &input.area).await?;
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
        let area = key_of(ask, &edition, &input.area).await?;
        known_indicator(&input.indicator)?;
        let value = targets::value(canonical(&input.indicator), input.value);
        let Some(value) = value.filter(|_| (2000..=2100).contains(&input.year)) else {
            return Err(Problem::bad_input(
                "目标值应为非负数（比率不超过 100%，可写 0.925 或 92.5），年份在 2000 到 2100 之间",
                "the value is a number from 0 (a rate at most 100 %, as 0.925 or 92.5), the year from 2000 to 2100",
            ));
        };
        let row = TargetRow {
            area,
            year: i64::from(input.year),
            indicator: canonical(&input.indicator).to_owned(),
            value,
            responsible: input.responsible,
            by_whom: Some(ask.caller.name.clone()),
            at: ask.state.hub().clock.millis(),
            source: input.source,
        };
        let hub = ask.state.hub();
        hub.check_share(&row.area, input.year, &row.indicator, row.value).await.map_err(super::cases::mendable)?;
        hub.store.put_target(&row).await?;
        let all = Target::all(ask, &edition, input.year).await?;
        let set = all.into_iter().find(|t| t.area.code_text() == row.area && t.indicator == row.indicator);
        set.ok_or_else(|| Problem::bad_input("任务未能保存", "the target was not kept"))
    }
}
