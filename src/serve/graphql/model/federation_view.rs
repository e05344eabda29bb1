//! The federation as one answer sees it: its units as of a day, the edition that they are counted in, and what serves all of them.

use std::sync::Arc;

use chrono::{Months, NaiveDate};

use super::federation_appraisal::RankedLevel;
use super::scalars::Date;
use super::union_units::UnionUnit;
use crate::edition::{Edition, EditionAsOf};
use crate::federation::month::month_ends;
use crate::federation::pace::{SetupPace, paces};
use crate::federation::unit::{TreeLevel, UnitTree};
use crate::hub::federation_state::Federation;
use crate::serve::context::{RequestContext, parts_of_id};
use crate::serve::problem::Problem;

/// Whether a unit is one of the caller's: its divisions lie in their areas, or they are bound to it or to one above it. Industrial unions
/// cut across areas, and are told to callers of the whole city.
pub fn may_see_unit(ask: &RequestContext, federation: &Federation, at: u32) -> bool {
    federation.is_seen_by(&ask.caller, at)
}

/// The days of a series of months: until today, and from a year back, where nothing else is asked.
pub fn series_days(ask: &RequestContext, from: Option<Date>, to: Option<Date>) -> Vec<NaiveDate> {
    let hub = ask.state.hub();
    let to = to.map_or_else(|| hub.clock.today(hub.settings.zone), |day| day.0);
    let from = from.map_or_else(|| to.checked_sub_months(Months::new(11)).unwrap_or(to), |day| day.0);
    month_ends(from, to)
}

/// The day as of which units are told, where they stood otherwise then.
#[derive(Clone, Copy, PartialEq)]
enum ToldOf {
    /// Units and enterprises of then.
    Then(NaiveDate),
    /// Units of then, enterprises as they are counted now.
    UnitsThen(NaiveDate),
}

/// The pace of all units on some days, each in the units of its day.
type PaceSeries = Arc<Vec<(Arc<UnitTree>, Vec<SetupPace>)>>;

/// What of an answer serves all its units: it is worked out once.
#[derive(Default)]
struct SharedByUnits {
    series: tokio::sync::Mutex<Vec<(Vec<NaiveDate>, Vec<TreeLevel>, PaceSeries)>>,
    ranked: tokio::sync::Mutex<Vec<(i32, NaiveDate, TreeLevel, Option<Arc<RankedLevel>>)>>,
    /// As of other days.
    then: tokio::sync::Mutex<Vec<(NaiveDate, FederationView)>>,
}

/// The federation, for one answer: its units, and the edition that they are counted in.
#[derive(Clone)]
pub struct FederationView {
    pub federation: Arc<Federation>,
    pub edition: Arc<Edition>,
    told_of: Option<ToldOf>,
    shared: Arc<SharedByUnits>,
}

impl FederationView {
    /// As of a day, an instant or an edition, or as it stands.
    pub async fn of(ask: &RequestContext, edition: Arc<Edition>, as_of: Option<EditionAsOf>) -> Result<FederationView, Problem> {
        let current = ask.federation().await?;
        let federation = match as_of {
            None => current.clone(),
            _ => ask.state.hub().federation_as_of(as_of).await.map_err(super::cases::mendable)?,
        };
        let told_of = match as_of {
            Some(EditionAsOf::Day(day)) if federation.tree_mark != current.tree_mark => Some(ToldOf::Then(day)),
            _ => None,
        };
        Ok(FederationView { federation, edition, told_of, shared: Arc::default() })
    }

    /// As it stood on a day, or as it stands; enterprises are those of the newest edition.
    pub async fn on(ask: &RequestContext, on: Option<NaiveDate>) -> Result<FederationView, Problem> {
        let edition = ask.edition()?;
        let view = FederationView::of(ask, edition, None).await?;
        match on {
            Some(on) => view.then(ask, on).await,
            None => Ok(view),
        }
    }

    /// The same, read once for all enterprises of an answer.
    pub async fn shared(ask: &RequestContext, edition: &Arc<Edition>) -> Result<FederationView, Problem> {
        let federation = ask.federation().await?;
        Ok(FederationView { federation, edition: edition.clone(), told_of: None, shared: Arc::default() })
    }

    /// The units as they stood on a day, counted in the same edition.
    pub async fn then(&self, ask: &RequestContext, on: NaiveDate) -> Result<FederationView, Problem> {
        let mut kept = self.shared.then.lock().await;
        if let Some((_, view)) = kept.iter().find(|(day, _)| *day == on) {
            return Ok(view.clone());
        }
        ask.touch_store();
        let federation = ask.state.hub().federation_on(on).await.map_err(super::cases::mendable)?;
        let told_of = if federation.tree_mark == self.federation.tree_mark { self.told_of } else { Some(ToldOf::UnitsThen(on)) };
        let view = FederationView { federation, edition: self.edition.clone(), told_of, shared: Arc::default() };
        kept.push((on, view.clone()));
        Ok(view)
    }

    /// The day as of which it is told, where that is another one than today.
    pub fn day(&self) -> Option<NaiveDate> {
        match self.told_of {
            Some(ToldOf::Then(day) | ToldOf::UnitsThen(day)) => Some(day),
            None => None,
        }
    }

    /// The id of a unit: behind its code stands what it is told as of, where that is not now.
    pub fn id_of(&self, ask: &RequestContext, code: &str) -> String {
        match self.told_of {
            Some(ToldOf::Then(day)) => format!("unit:{code}@{day}"),
            Some(ToldOf::UnitsThen(day)) => format!("unit:{code}@{UNITS_THEN}{day}"),
            None => ask.id_in(self.edition.number(), &format!("unit:{code}")),
        }
    }

    /// The view that the id of a unit was told in, and its code.
    ///
    /// # Errors
    /// The store cannot be read, or no edition can.
    pub async fn of_id<'k>(ask: &RequestContext, key: &'k str) -> Result<(&'k str, FederationView), Problem> {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        match key.rsplit_once('@') {
            Some((code, text)) if day(text).is_some() => {
                let as_of = day(text).map(EditionAsOf::Day);
                Ok((code, FederationView::of(ask, ask.edition_at(as_of, None)?, as_of).await?))
            }
            Some((code, text)) if text.strip_prefix(UNITS_THEN).and_then(day).is_some() => {
                Ok((code, FederationView::on(ask, text.strip_prefix(UNITS_THEN).and_then(day)).await?))
            }
            _ => match parts_of_id(key) {
                (code, Some(number)) => {
                    let as_of = Some(EditionAsOf::Edition(number));
                    Ok((code, FederationView::of(ask, ask.edition_at(as_of, None)?, as_of).await?))
                }
                (code, None) => Ok((code, FederationView::of(ask, ask.edition()?, None).await?)),
            },
        }
    }

    pub fn pace(&self, levels: &[TreeLevel], on: NaiveDate, at: u32) -> SetupPace {
        self.federation.paces(levels, on)[at as usize]
    }

    /// The pace of all units on some days, each in the units of its day.
    pub async fn pace_series(
        &self,
        ask: &RequestContext,
        levels: &[TreeLevel],
        days: &[NaiveDate],
    ) -> Result<PaceSeries, Problem> {
        let mut kept = self.shared.series.lock().await;
        if let Some((.., series)) = kept.iter().find(|(of_days, of, _)| of_days == days && of == levels) {
            return Ok(series.clone());
        }
        ask.touch_store();
        let trees = ask.state.hub().trees_on(days).await.map_err(super::cases::mendable)?;
        let of_day = |(tree, on): (Arc<UnitTree>, &NaiveDate)| {
            let paces = paces(&tree, levels, *on);
            (tree, paces)
        };
        let series: PaceSeries = Arc::new(trees.into_iter().zip(days).map(of_day).collect());
        kept.push((days.to_vec(), levels.to_vec(), series.clone()));
        Ok(series)
    }

    /// A year's appraisal of the units of a level, worked out once for the answer; None where no rules were entered for it.
    ///
    /// # Errors
    /// An edition cannot be read.
    pub async fn ranked(
        &self,
        ask: &RequestContext,
        year: i32,
        on: NaiveDate,
        level: TreeLevel,
    ) -> Result<Option<Arc<RankedLevel>>, Problem> {
        let mut kept = self.shared.ranked.lock().await;
        if let Some((.., ranked)) = kept.iter().find(|(y, day, of, _)| (*y, *day, *of) == (year, on, level)) {
            return Ok(ranked.clone());
        }
        let ranked = RankedLevel::of(ask, self, year, on, level)?.map(Arc::new);
        kept.push((year, on, level, ranked.clone()));
        Ok(ranked)
    }

    /// A unit that the caller may see, by its position in the tree.
    pub fn seen(&self, ask: &RequestContext, at: u32) -> Option<UnionUnit> {
        self.federation.is_seen_by(&ask.caller, at).then(|| UnionUnit { view: self.clone(), at })
    }

    /// A unit that the caller may see, by its code.
    pub fn unit(&self, ask: &RequestContext, code: &str) -> Option<UnionUnit> {
        self.federation.unit_seen_by(&ask.caller, code).map(|at| UnionUnit { view: self.clone(), at })
    }
}

/// Stands before the day in the id of a unit that is told as it stood on it, its enterprises as they are counted now.
const UNITS_THEN: &str = "on-";
