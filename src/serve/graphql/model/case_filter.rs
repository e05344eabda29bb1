//! Conditions on cases, read into the store's question; the caller's areas hold in each.

use async_graphql::{ID, InputObject};

use super::scalars::*;
use crate::access::classes;
use crate::hub::cases::closed_with_union;
use crate::serve::answers::filter::{DateRange, IntRange, known_units};
use crate::serve::context::RequestContext;
use crate::serve::problem::{Problem, mendable};
use crate::store::case::{CaseArea, CaseHomes, CaseQuery};

/// The bare id of a case.
pub fn case_id(id: &str) -> &str {
    id.strip_prefix("case:").unwrap_or(id)
}

/// Who is responsible for a case; what is left out holds of everybody.
#[derive(Debug, Clone, Default, InputObject)]
pub struct CaseOwnerKey {
    /// Code or name of an area, a federation unit, or a unit that was entered with the federation (a street's, a park's, a building's).
    pub unit: Option<String>,
    /// What they are there, such as 协管员.
    pub role: Option<String>,
    /// Who they are, where names are kept.
    pub name: Option<String>,
}

/// Conditions on cases; those given together must all hold. Within a list any one is enough.
#[derive(Debug, Default, InputObject)]
pub struct CaseFilter {
    /// Open, closed.
    pub state: Option<Vec<CaseState>>,
    /// How far they are.
    pub stage: Option<Vec<CaseStage>>,
    /// Who is responsible.
    pub owner: Option<CaseOwnerKey>,
    /// Whether anybody is.
    pub has_owner: Option<bool>,
    /// Codes or names of areas of any level in which the enterprise lies.
    pub area: Option<Vec<String>>,
    /// Codes of units of the federation: the enterprise is at home in one of them, in the area tree or among the industries, or in a unit
    /// below.
    pub unit: Option<Vec<String>>,
    /// What they were opened for.
    pub origin: Option<Vec<CaseOrigin>>,
    /// How they are gone about.
    pub method: Option<Vec<CaseMethod>>,
    /// From 1 to 5.
    pub assessment: Option<IntRange>,
    /// The day on which something is due.
    pub next_on: Option<DateRange>,
    /// Whether there is such a day.
    pub has_next_on: Option<bool>,
    /// The day on which they were opened.
    pub opened_on: Option<DateRange>,
    /// The day on which they were closed.
    pub closed_on: Option<DateRange>,
    /// Codes of reasons that they were closed with.
    pub reason: Option<Vec<String>>,
    /// Closed by the registries, or by a person.
    pub closed_by_data: Option<bool>,
    /// Closed with a union, or closed with something else.
    pub is_won: Option<bool>,
    /// Ids of cases.
    pub id: Option<Vec<ID>>,
    /// Ids of enterprises.
    pub enterprise: Option<Vec<ID>>,
}

/// The areas of a caller as cases are kept by them; None for a caller of the whole city.
pub fn caller_areas(ask: &RequestContext) -> Option<Vec<CaseArea>> {
    let hub = ask.state.hub();
    // An area that nobody knows shows nothing.
    let known = || ask.caller.areas.iter().filter_map(|area| hub.case_area(area).ok()).collect();
    (!ask.caller.areas.is_empty()).then(known)
}

/// The caller's areas, as every question about cases is narrowed by them.
pub fn areas_of_caller(ask: &RequestContext) -> Vec<Vec<CaseArea>> {
    caller_areas(ask).into_iter().collect()
}

/// The enterprises that are at home in one of these units or in one below, by id; None where that is everybody.
async fn at_home_in(ask: &RequestContext, codes: &[String]) -> Result<Option<CaseHomes>, Problem> {
    ask.touch_store();
    let homes = ask.state.hub().homes_of_units(None).await.map_err(mendable)?;
    let units = known_units(&homes.federation, &ask.caller, codes)?;
    let tree = &homes.federation.tree;
    if units.iter().any(|unit| Some(*unit) == tree.root()) {
        return Ok(None);
    }
    let edition = ask.edition()?;
    let enterprises = homes.rows(&edition, &units).iter().map(|row| edition.enterprise(row).id().to_owned()).collect();
    Ok(Some(CaseHomes { asked: codes.join(" "), enterprises }))
}

impl CaseFilter {
    /// The store's question. The caller's areas always apply.
    ///
    /// # Errors
    /// A unit or area that there is none of; a condition on what the caller may not see.
    pub async fn query(&self, ask: &RequestContext) -> Result<CaseQuery, Problem> {
        let hub = ask.state.hub();
        let at_home = match &self.unit {
            Some(units) => at_home_in(ask, units).await?,
            None => None,
        };
        for origin in self.origin.iter().flatten() {
            classes::of_case(origin.name()).scope().map_or(Ok(()), |scope| ask.caller.require(scope))?;
        }
        let known = crate::hub::known_reasons();
        if let Some(unknown) = self.reason.iter().flatten().find(|reason| !known.contains(&reason.as_str())) {
            return Err(Problem::bad_input(format!("没有结案原因「{unknown}」"), format!("there is no reason \"{unknown}\""))
                .remedy(known.join(", ")));
        }
        let mut areas = areas_of_caller(ask);
        if let Some(texts) = &self.area {
            areas.push(texts.iter().map(|text| hub.case_area(text)).collect::<Result<_, _>>().map_err(mendable)?);
        }
        let owner = self.owner.clone().unwrap_or_default();
        let units = match &owner.unit {
            Some(unit) => vec![ask.owner_unit(unit).await.map_err(mendable)?],
            None => Vec::new(),
        };
        let day = |d: Option<Date>| d.map(|d| d.0.to_string());
        let zone = hub.settings.zone;
        let moment = |d: chrono::NaiveDate| {
            let midnight = d.and_hms_opt(0, 0, 0).expect("midnight is a time");
            let local = midnight.and_local_timezone(zone).earliest();
            local.map_or_else(|| midnight.and_utc().timestamp_millis(), |t| t.timestamp_millis())
        };
        let days = |range: Option<DateRange>| {
            let range = range.unwrap_or(DateRange { gte: None, lte: None });
            let next = |d: Date| d.0.succ_opt().unwrap_or(d.0);
            (range.gte.map(|d| moment(d.0)), range.lte.map(|d| moment(next(d))))
        };
        let names = |texts: Option<Vec<&'static str>>| texts.unwrap_or_default().into_iter().map(str::to_owned).collect();
        let assessment = self.assessment.map_or((None, None), |r| (r.gte.map(i64::from), r.lte.map(i64::from)));
        Ok(CaseQuery {
            states: names(self.state.as_ref().map(|all| all.iter().map(|s| s.name()).collect())),
            stages: names(self.stage.as_ref().map(|all| all.iter().map(|s| s.name()).collect())),
            origins: names(self.origin.as_ref().map(|all| all.iter().map(|s| s.name()).collect())),
            methods: names(self.method.as_ref().map(|all| all.iter().map(|s| s.name()).collect())),
            owner_units: units,
            owner_role: owner.role,
            owner_name: owner.name,
            owned: self.has_owner,
            owned_from: None,
            reasons: self.reason.clone().unwrap_or_default(),
            by_data: self.closed_by_data,
            won: self.is_won.map(closed_with_union),
            dated: self.has_next_on,
            ids: self.id.as_ref().map(|ids| ids.iter().map(|id| case_id(id).to_owned()).collect()),
            assessment,
            due: self.next_on.map_or((None, None), |r| (day(r.gte), day(r.lte))),
            opened: days(self.opened_on),
            closed: days(self.closed_on),
            areas,
            at_home,
            enterprises: self
                .enterprise
                .as_ref()
                .map(|ids| ids.iter().map(|id| crate::serve::context::parts_of_id(id).0.to_owned()).collect()),
        })
    }
}
