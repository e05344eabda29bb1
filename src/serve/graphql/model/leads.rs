//! Leads: payers without a union, disputes, calls, media reports; each becomes a case or a reason.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chrono::NaiveDate;

use super::cases::{OutreachCase, mendable};
use super::connection::{pages, slice_of};
use super::enterprise::Enterprise;
use super::provenance::RegistryRecord;
use super::scalars::Date;
use crate::access::{AccessScope, classes};
use crate::cases::lead;
use crate::edition::{Edition, Filter, Row};
use crate::hub::cases::standing_of;
use crate::model::verdict::GapStatus;
use crate::serve::answers::filter::{DateRange, no_unit};
use crate::serve::answers::usage::selected;
use crate::serve::context::{RequestContext, ask};
use crate::serve::problem::Problem;
use crate::store::case::CaseRow;

/// What a lead is.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "lead::LeadKind")]
pub enum LeadKind {
    /// It pays the preparatory fund (建会筹备金), and has no union. Needs the scope `finance`.
    PreparatoryFund,
    /// A strike or a case of arbitration. Needs the scope `records`.
    Dispute,
    /// A call or a complaint that came by the hotline or a platform: an event whose kind begins with `hotline` or `platform`. Needs the
    /// scope `records`.
    Hotline,
    /// A media report: an event whose kind begins with `media`. Needs the scope `records`.
    Media,
}

/// How far somebody is with a lead.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "lead::LeadStatus")]
pub enum LeadStatus {
    /// The enterprise has no case.
    New,
    /// It has one that is open.
    InWork,
    /// It had one, which was closed with a reason.
    Closed,
}

/// Conditions on leads; those given together must all hold. Within a list any one is enough.
#[derive(Debug, Default, InputObject)]
pub struct LeadFilter {
    /// What they are; all that the caller may see where left out.
    pub kind: Option<Vec<LeadKind>>,
    /// How far somebody is with them.
    pub status: Option<Vec<LeadStatus>>,
    /// The day of the record. A payer has none.
    pub on: Option<DateRange>,
    /// Codes or names of areas of any level in which the enterprise lies.
    pub area: Option<Vec<String>>,
    /// Codes of units of the federation: the enterprise is at home in one of them, in the area tree or among the industries, or in a unit
    /// below.
    pub unit: Option<Vec<String>>,
    /// Part of a name or code of the enterprise.
    pub text: Option<String>,
}

/// What says that somebody should go to an enterprise without a union, before anybody does.
pub struct OutreachLead {
    kind: lead::LeadKind,
    row: Row,
    on: Option<NaiveDate>,
    title: Option<String>,
    what: Option<String>,
    people: Option<i64>,
    /// Registry, key and id of the record; None where it rests on several.
    record: Option<(String, String, i64)>,
    case: Option<Arc<CaseRow>>,
    edition: Arc<Edition>,
}

impl OutreachLead {
    fn status(&self) -> lead::LeadStatus {
        lead::LeadStatus::of(self.case.as_ref().map(|case| standing_of(case).state))
    }
}

/// What says that somebody should go to an enterprise without a union, before anybody does.
#[Object]
impl OutreachLead {
    /// `lead:`, its kind, and the record or enterprise.
    async fn id(&self) -> ID {
        match &self.record {
            Some((.., id)) => ID(format!("lead:{}:{id}", self.kind.name())),
            None => ID(format!("lead:{}:{}", self.kind.name(), self.edition.enterprise(self.row).id())),
        }
    }
    /// What it is.
    async fn kind(&self) -> LeadKind {
        self.kind.into()
    }
    /// How far somebody is with it.
    async fn lead_status(&self) -> LeadStatus {
        self.status().into()
    }
    /// Whose it is.
    async fn enterprise(&self, ctx: &Context<'_>) -> Enterprise {
        Enterprise::new(ask(ctx), &self.edition, self.row)
    }
    /// The day of the record; null where it says none, and of a payer.
    async fn on(&self) -> Option<Date> {
        self.on.map(Date)
    }
    /// What it was about.
    async fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }
    /// The kind of dispute or event, as the connector says.
    async fn what(&self) -> Option<&str> {
        self.what.as_deref()
    }
    /// People concerned.
    async fn people(&self) -> Option<i64> {
        self.people
    }
    /// The record that says so; null of a payer, whose payments are several.
    async fn record(&self) -> Option<RegistryRecord> {
        let (registry, key, id) = self.record.clone()?;
        Some(RegistryRecord { registry, key, id })
    }
    /// The case that it became, or that the enterprise had.
    async fn case(&self) -> Option<OutreachCase> {
        self.case.as_ref().map(|row| OutreachCase::new(&self.edition, (**row).clone()))
    }
}

pages!(
    "Leads, page by page: the newest first, those without a day last, the more urgent enterprise first.",
    OutreachLeadConnection,
    "The leads of this page.",
    OutreachLead,
    "A lead and its cursor.",
    OutreachLeadEdge,
    "The lead."
);

/// The kinds that a caller asks for and may see.
fn kinds(ask: &RequestContext, wanted: Option<Vec<LeadKind>>) -> Result<Vec<lead::LeadKind>, Problem> {
    // What a lead was is what a case is opened for: the same class. Calls and reports stand in the registries' rows.
    let scope = |kind: lead::LeadKind| classes::of_case(kind.name()).scope().filter(|s| *s != AccessScope::Review);
    let scope = |kind| scope(kind).unwrap_or(AccessScope::Records);
    match wanted {
        Some(wanted) => {
            let kinds: Vec<lead::LeadKind> = wanted.into_iter().map(Into::into).collect();
            kinds.iter().try_for_each(|kind| ask.caller.require(scope(*kind)))?;
            Ok(kinds)
        }
        None => Ok(lead::LeadKind::ALL.iter().copied().filter(|kind| ask.caller.may(scope(*kind))).collect()),
    }
}

/// A lead before its case is known.
struct Found {
    kind: lead::LeadKind,
    row: Row,
    on: Option<NaiveDate>,
    tie: Option<FoundTie>,
}

struct FoundTie {
    title: Option<String>,
    what: Option<String>,
    people: Option<i64>,
    record: (String, String, i64),
}

fn found(
    ask: &RequestContext,
    edition: &Edition,
    rows: &roaring::RoaringBitmap,
    kinds: &[lead::LeadKind],
    on: Option<DateRange>,
) -> Result<Vec<Found>, Problem> {
    let on = on.unwrap_or(DateRange { gte: None, lte: None });
    let is_within = |day: Option<NaiveDate>| match day {
        Some(day) => on.gte.is_none_or(|from| day >= from.0) && on.lte.is_none_or(|to| day <= to.0),
        None => on.gte.is_none() && on.lte.is_none(),
    };
    let mut all = Vec::new();
    if kinds.contains(&lead::LeadKind::PreparatoryFund) && is_within(None) {
        let payers = edition.filter(&Filter::Any { facet: "tag", values: vec!["PAYS_PREPARATORY_FUND".to_owned()] })?;
        let found = (&*payers & rows).into_iter();
        all.extend(found.map(|row| Found { kind: lead::LeadKind::PreparatoryFund, row, on: None, tie: None }));
    }
    if kinds.iter().any(|kind| *kind != lead::LeadKind::PreparatoryFund) {
        for tie in edition.every_tie() {
            let Some(kind) = tie.kind().and_then(|kind| lead::LeadKind::of_record(kind, tie.what())) else { continue };
            let Some(row) = tie.subject().filter(|row| kinds.contains(&kind) && rows.contains(*row)) else { continue };
            let day = tie.since();
            if !is_within(day) {
                continue;
            }
            let people = tie.number().filter(|n| n.is_finite() && *n >= 0.0).map(|n| i64::from(n as i32));
            all.push(Found {
                kind,
                row,
                on: day,
                tie: Some(FoundTie {
                    title: tie.title().map(str::to_owned),
                    what: tie.what().map(str::to_owned),
                    people,
                    record: (tie.registry().to_owned(), tie.key().to_owned(), tie.record_id()),
                }),
            });
        }
    }
    // Newest first; those without a day last, the more urgent enterprise first among equals, as far as the caller is told.
    let id = |f: &Found| f.tie.as_ref().map_or(0, |tie| tie.record.2);
    let told = ask.told_scores(edition);
    let urgent = |a, b| told.as_ref().map_or_else(|| edition.order(a, b), |told| edition.told_order(told, a, b));
    all.sort_by(|a, b| b.on.cmp(&a.on).then_with(|| urgent(a.row, b.row)).then_with(|| (a.kind, id(a)).cmp(&(b.kind, id(b)))));
    Ok(all)
}

impl OutreachLeadConnection {
    /// One page of the leads of enterprises that the caller may see and that lack a union, or once were a case.
    ///
    /// # Errors
    /// A kind that the caller may not see; an area that there is none of; a cursor of another edition; the store cannot be read.
    pub async fn page(
        ctx: &Context<'_>,
        filter: LeadFilter,
        first: usize,
        after: Option<&str>,
    ) -> Result<OutreachLeadConnection, Problem> {
        let ask = ask(ctx);
        ask.touch_store();
        let hub = ask.state.hub();
        let edition = ask.edition()?;
        let kinds = kinds(ask, filter.kind)?;
        let mut wanted = ask.within_areas(Filter::All);
        if let Some(places) = &filter.area {
            let codes: Vec<String> =
                places.iter().map(|place| hub.case_unit(place)).collect::<Result<_, _>>().map_err(mendable)?;
            wanted = wanted.and(Filter::Area(codes));
        }
        if let Some(units) = &filter.unit {
            let homes = hub.homes_of_units(None).await.map_err(mendable)?;
            let (mut entered, mut areas) = (Vec::new(), Vec::new());
            for unit in units {
                match homes.federation.unit_seen_by(&ask.caller, unit) {
                    Some(at) => entered.push(at),
                    // Where nobody entered units the federation's own one of an area stands for its area.
                    None => areas.push(hub.case_unit(unit).map_err(|_| no_unit(unit))?),
                }
            }
            let of_units = homes.filter(&entered);
            wanted = wanted.and(match (entered.is_empty(), areas.is_empty()) {
                (_, true) => of_units,
                (true, false) => Filter::Area(areas),
                (false, false) => Filter::Or(vec![of_units, Filter::Area(areas)]),
            });
        }
        if let Some(text) = filter.text.filter(|text| !text.trim().is_empty()) {
            wanted = wanted.and(Filter::Rows(edition.text(&text)));
        }
        let rows = edition.filter(&wanted)?;
        let mut all = found(ask, &edition, &rows, &kinds, filter.on)?;
        let mut concerned: Vec<Row> = all.iter().map(|f| f.row).collect();
        concerned.sort_unstable();
        concerned.dedup();
        let ids: Vec<String> = concerned.iter().map(|row| edition.enterprise(*row).id().to_owned()).collect();
        ask.details.count_read();
        let cases = hub.store.cases_of(&ids).await?;
        let cases: HashMap<String, Arc<CaseRow>> = cases.into_iter().map(|c| (c.enterprise_id.clone(), Arc::new(c))).collect();
        let case = |row: Row| cases.get(edition.enterprise(row).id()).cloned();
        let lacks = |row: Row| {
            matches!(
                edition.enterprise(row).gap(),
                Some(GapStatus::Lacking | GapStatus::LackingIndependent | GapStatus::Undecided)
            )
        };
        let statuses: Option<Vec<lead::LeadStatus>> = filter.status.map(|all| all.into_iter().map(Into::into).collect());
        all.retain(|f| {
            let case = case(f.row);
            let status = lead::LeadStatus::of(case.as_ref().map(|case| standing_of(case).state));
            (case.is_some() || lacks(f.row)) && statuses.as_ref().is_none_or(|wanted| wanted.contains(&status))
        });
        let total_count = i32::try_from(all.len()).unwrap_or(i32::MAX);
        let (page, placed) = slice_of(edition.number(), all, first, after)?;
        ask.show(&edition, page.iter().map(|f| f.row), selected(ctx.field()));
        let nodes = page.into_iter().map(|f| {
            let (title, what, people, record) = match f.tie {
                Some(tie) => (tie.title, tie.what, tie.people, Some(tie.record)),
                None => (None, None, None, None),
            };
            OutreachLead {
                kind: f.kind,
                row: f.row,
                on: f.on,
                title,
                what,
                people,
                record,
                case: case(f.row),
                edition: edition.clone(),
            }
        });
        Ok(OutreachLeadConnection { nodes: nodes.collect(), placed, total_count })
    }
}
