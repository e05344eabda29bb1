//! What records say of an enterprise beside its attributes: investments, dispatches of labour, disputes, events.

use async_graphql::{Context, SimpleObject};

use super::connection;
use super::connection::{pages, selects};
use super::enterprise::Enterprise;
use super::provenance::RegistryRecord;
use super::scalars::Date;
use crate::connector::{Connector, Contract, nearest};
use crate::edition::{Row, TieRow};
use crate::hub::Hub;
use crate::model::field::{Field, RecordKind};
use crate::model::tie::TieKind;
use crate::serve::context::ask;
use crate::serve::problem::Problem;

/// Who holds a share of whom.
#[derive(SimpleObject)]
pub struct Investment {
    /// The investor, where it is an enterprise of this graph.
    investor: Option<Enterprise>,
    /// The investor as the record names it.
    investor_name: Option<String>,
    /// The enterprise invested in; null where it is not in the graph, or outside the caller's areas.
    investee: Option<Enterprise>,
    /// The investor's country as written.
    country: Option<String>,
    /// Share in percent.
    share_percent: Option<f64>,
    /// The record that says so.
    record: Option<RegistryRecord>,
}

/// Labour dispatch (劳务派遣): an agency's workers at a host employer.
#[derive(SimpleObject)]
pub struct Dispatch {
    /// The agency; null where it is not in the graph, or outside the caller's areas.
    agency: Option<Enterprise>,
    /// The agency as the record names it.
    agency_name: Option<String>,
    /// The host employer; null where it is not in the graph, or outside the caller's areas.
    host: Option<Enterprise>,
    /// The host employer as the record names it.
    host_name: Option<String>,
    /// Workers dispatched.
    workers: Option<i64>,
    /// First day of the contract.
    since: Option<Date>,
    /// Last day of the contract.
    until: Option<Date>,
    /// The record that says so.
    record: Option<RegistryRecord>,
}

pages!(
    "Dispatches, page by page.",
    DispatchConnection,
    "The dispatches of this page.",
    Dispatch,
    "A dispatch and its cursor.",
    DispatchEdge,
    "The dispatch."
);

/// A strike, or a case of arbitration.
#[derive(SimpleObject)]
pub struct Dispute {
    /// Its kind, as the connector says.
    kind: String,
    /// The day.
    on: Option<Date>,
    /// People concerned.
    people: Option<i64>,
    /// What it was about.
    summary: Option<String>,
    /// The record that says so.
    record: Option<RegistryRecord>,
}

/// Anything else with a date: an inspection, a hotline case, a service, a media report.
#[derive(SimpleObject)]
#[graphql(name = "EnterpriseEvent")]
pub struct Event {
    /// Its kind, as the connector says.
    kind: String,
    /// The day.
    on: Option<Date>,
    /// What it was about.
    title: Option<String>,
    /// The record that says so.
    record: Option<RegistryRecord>,
}

pages!(
    "Events, page by page, newest first within a registry.",
    EventConnection,
    "The events of this page.",
    Event,
    "An event and its cursor.",
    EventEdge,
    "The event."
);

fn record(tie: &TieRow<'_>) -> Option<RegistryRecord> {
    Some(RegistryRecord { registry: tie.registry().to_owned(), key: tie.key().to_owned(), id: tie.record_id() })
}

/// The enterprise of a row of the same edition, where it is asked for and the caller may see it.
fn at(ctx: &Context<'_>, is_asked: bool, beside: &Enterprise, row: Option<Row>) -> Option<Enterprise> {
    let edition = beside.edition();
    let row = row.filter(|row| is_asked && ask(ctx).may_see(edition.enterprise(*row)))?;
    Some(Enterprise::new(ask(ctx), edition, row))
}

/// Counts are whole numbers of 32 bits, as GraphQL has them; what a registry writes beyond them is cut off.
fn whole(number: Option<f64>) -> Option<i64> {
    number.filter(|n| n.is_finite()).map(|n| i64::from(n as i32))
}

/// Investments in this enterprise, or where `outward`, those it makes.
pub fn investments(ctx: &Context<'_>, enterprise: &Enterprise, outward: bool) -> Vec<Investment> {
    let (edition, row) = (enterprise.edition(), enterprise.row().row);
    let ties = match outward {
        false => edition.ties_of(row, TieKind::Investment),
        true => edition.ties_to(row, TieKind::Investment),
    };
    let [of_investor, of_investee] = ["investor", "investee"].map(|name| selects(ctx.field(), &[name]));
    ties.iter()
        .map(|tie| Investment {
            investor: at(ctx, of_investor, enterprise, tie.other()),
            investor_name: tie.other_name().map(str::to_owned),
            investee: at(ctx, of_investee, enterprise, tie.subject()),
            country: tie.country().map(str::to_owned),
            share_percent: tie.number(),
            record: record(tie),
        })
        .collect()
}

impl DispatchConnection {
    /// Where this agency's workers work, or where `inward`, who dispatches workers here.
    pub fn of(
        ctx: &Context<'_>,
        enterprise: &Enterprise,
        inward: bool,
        first: usize,
        after: Option<&str>,
    ) -> Result<DispatchConnection, Problem> {
        let (edition, row) = (enterprise.edition(), enterprise.row().row);
        let ties = match inward {
            false => edition.ties_of(row, TieKind::Dispatch),
            true => edition.ties_to(row, TieKind::Dispatch),
        };
        let total_count = ties.len() as i32;
        let (ties, placed) = connection::slice_of(edition.number(), ties, first, after)?;
        let [of_agency, of_host] = ["agency", "host"].map(|name| selects(ctx.field(), &[name]));
        let nodes = ties.iter().map(|tie| Dispatch {
            agency: at(ctx, of_agency, enterprise, tie.subject()),
            agency_name: tie.subject_name().map(str::to_owned),
            host: at(ctx, of_host, enterprise, tie.other()),
            host_name: tie.other_name().map(str::to_owned),
            workers: whole(tie.number()),
            since: tie.since().map(Date),
            until: tie.until().map(Date),
            record: record(tie),
        });
        Ok(DispatchConnection { nodes: nodes.collect(), placed, total_count })
    }
}

pub fn disputes(enterprise: &Enterprise) -> Vec<Dispute> {
    let ties = enterprise.edition().ties_of(enterprise.row().row, TieKind::Dispute);
    ties.iter()
        .map(|tie| Dispute {
            kind: tie.what().unwrap_or("dispute").to_owned(),
            on: tie.since().map(Date),
            people: whole(tie.number()),
            summary: tie.title().map(str::to_owned),
            record: record(tie),
        })
        .collect()
}

/// Refuses a kind of events that no connector gives its rows. Where one reads the kind from a column, nobody knows them all.
fn known_kind(hub: &Hub, kind: &str) -> Result<(), Problem> {
    let contracts = || hub.connectors.iter().map(|c| &c.contract).filter(|contract| contract.kind == RecordKind::Event);
    if contracts().any(|contract| contract.columns.iter().any(|column| column.field == Field::EventKind)) {
        return Ok(());
    }
    let of_contract =
        |contract: &'_ Contract| contract.constants.iter().find(|c| c.field == Field::EventKind).map(|c| c.text.clone());
    // Those too that no registry of this hub brings yet: their name is right, there is just nothing of them.
    let built_in = Connector::built_in_and(None, false).unwrap_or_default();
    let built_in = built_in.iter().map(|c| &c.contract).filter(|contract| contract.kind == RecordKind::Event);
    let known: std::collections::BTreeSet<String> = contracts().chain(built_in).filter_map(of_contract).collect();
    if known.contains(kind) {
        return Ok(());
    }
    let list: Vec<&str> = known.iter().map(String::as_str).collect();
    let (zh, en) = match nearest(kind, list.iter().copied()) {
        Some(near) => (format!("；是否指 {near}？"), format!("; did you mean {near}?")),
        None => (format!("；现有：{}", list.join("、")), format!("; known: {}", list.join(", "))),
    };
    Err(Problem::bad_input(format!("没有事件类别「{kind}」{zh}"), format!("there is no kind of events \"{kind}\"{en}"))
        .remedy(list.join(", ")))
}

impl EventConnection {
    /// Its events of a kind, or all.
    ///
    /// # Errors
    /// A kind that no registry has; a cursor of another list.
    pub fn of(
        hub: &Hub,
        enterprise: &Enterprise,
        kind: Option<&str>,
        (first, after): (usize, Option<&str>),
    ) -> Result<EventConnection, Problem> {
        let edition = enterprise.edition();
        let mut ties = edition.ties_of(enterprise.row().row, TieKind::Event);
        if let Some(kind) = kind.filter(|kind| !ties.iter().any(|tie| tie.what() == Some(*kind))) {
            known_kind(hub, kind)?;
        }
        ties.retain(|tie| kind.is_none_or(|kind| tie.what() == Some(kind)));
        let total_count = ties.len() as i32;
        let (ties, placed) = connection::slice_of(edition.number(), ties, first, after)?;
        let nodes = ties.iter().map(|tie| Event {
            kind: tie.what().unwrap_or("event").to_owned(),
            on: tie.since().map(Date),
            title: tie.title().map(str::to_owned),
            record: record(tie),
        });
        Ok(EventConnection { nodes: nodes.collect(), placed, total_count })
    }
}
