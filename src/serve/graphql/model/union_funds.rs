//! Pilot areas of the collection by the tax office, and what registries of payments say beside a unit's own sheet.

use async_graphql::SimpleObject;

use super::federation_entries::{EntryOrigin, keyed_pages, number};
use super::scalars::{Date, Decimal};
use super::union_units::{FederationView, UnionUnit};
use crate::federation::entry::FederationNoun;
use crate::federation::pilot::{Collection, PaidSums, PilotArea};
use crate::hub::federation_state::Entered;
use crate::model::value::Money;
use crate::serve::context::RequestContext;

keyed_pages!(
    "Pilot areas, page by page, in the order of their units.",
    UnionPilotAreaConnection,
    "The pilot areas of this page.",
    UnionPilotArea,
    "A pilot area and its cursor.",
    UnionPilotAreaEdge,
    "The pilot area."
);

/// An area where the tax office collects, or is to: its days and who leads it at three levels.
#[derive(SimpleObject)]
pub struct UnionPilotArea {
    /// Its unit.
    pub unit: Option<UnionUnit>,
    /// Since when the tax office collects there, or is to.
    pub starts_on: Date,
    /// When it was decided.
    pub decided_on: Option<Date>,
    /// When the list of payers was handed over.
    pub registered_on: Option<Date>,
    /// When the pilot is, or was, reviewed.
    pub reviewed_on: Option<Date>,
    /// The city's leading group.
    pub city_group: Option<String>,
    /// The district's.
    pub district_group: Option<String>,
    /// The street's or town's.
    pub street_group: Option<String>,
    /// How many quarters were entered of it and of the units below.
    pub quarters: i32,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl UnionPilotArea {
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<PilotArea>) -> UnionPilotArea {
        let (p, federation) = (&entered.what, &view.federation);
        let at = federation.tree.at(&p.unit);
        let quarters = federation.collections.iter().filter(|c| at.is_some_and(|at| federation.is_of(&c.what.unit, at)));
        let text = |group: &Option<Box<str>>| group.as_deref().map(str::to_owned);
        UnionPilotArea {
            unit: view.unit(ask, &p.unit),
            starts_on: Date(p.starts_on),
            decided_on: p.decided_on.map(Date),
            registered_on: p.registered_on.map(Date),
            reviewed_on: p.reviewed_on.map(Date),
            city_group: text(&p.city_group),
            district_group: text(&p.district_group),
            street_group: text(&p.street_group),
            quarters: number(quarters.count() as u64),
            origin: EntryOrigin::new(FederationNoun::Pilot, p.unit.to_string(), entered, &p.source),
        }
    }
}

/// What registries of payments say that enterprises at home in the unit, and in those below it, paid for the quarter.
#[derive(SimpleObject)]
pub struct UnionTaxRegistry {
    /// Dues and preparatory fund together.
    pub paid_yuan: Decimal,
    /// Payments that it is the sum of.
    pub payments: i32,
    /// What the registries say beyond the dues and the preparatory fund of the sheet.
    pub difference: Decimal,
    /// Payments of the same year that are for more than a quarter: they are no part of the sum.
    pub left_out: i32,
}

impl UnionTaxRegistry {
    pub fn new(sums: &PaidSums, unit: u32, collection: &Collection) -> UnionTaxRegistry {
        let sum = sums.of(unit, &collection.period);
        UnionTaxRegistry {
            paid_yuan: Decimal(Money(sum.paid)),
            payments: number(sum.payments),
            difference: Decimal(Money(sum.paid - collection.paid())),
            left_out: number(sums.longer(unit, &collection.period)),
        }
    }
}
