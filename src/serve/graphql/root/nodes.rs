//! Whatever has an id or a key of its own, found again: things of every type, as they are or as they were in the edition that an id names.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface};

use crate::access::AccessScope;
use crate::edition::{Edition, EditionAsOf, LookupKey, Row};
use crate::model::enterprise::IdentifierKind;
use crate::serve::answers::filter::{EnterpriseKey, known_registries};
use crate::serve::answers::usage::selected;
use crate::serve::context::{RequestContext, ask, parts_of_id};
use crate::serve::graphql::model::cases::OutreachCase;
use crate::serve::graphql::model::corrections::Correction;
use crate::serve::graphql::model::edition::EditionNode;
use crate::serve::graphql::model::enterprise::Enterprise;
use crate::serve::graphql::model::federation_entries::{UnionCollection, UnionDispatch, UnionPost};
use crate::serve::graphql::model::federation_figures::FederationFigure;
use crate::serve::graphql::model::federation_things::FederationThing;
use crate::serve::graphql::model::places::{Area, Industry};
use crate::serve::graphql::model::provenance::RegistryRecord;
use crate::serve::graphql::model::registry::{Registry, registries};
use crate::serve::graphql::model::union_places::UnionPlace;
use crate::serve::graphql::model::union_services::UnionService;
use crate::serve::graphql::model::union_units::UnionUnit;
use crate::serve::graphql::model::unions::TradeUnion;
use crate::serve::problem::{Code, Problem};

/// Anything that has an id.
// One stands for the length of an answer; the derive takes no boxes.
#[allow(clippy::large_enum_variant)]
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque; give it to `node` to find the same thing again."))]
pub enum Node {
    Enterprise(Enterprise),
    TradeUnion(TradeUnion),
    Area(Area),
    Industry(Industry),
    Registry(Registry),
    RegistryRecord(RegistryRecord),
    Edition(EditionNode),
    OutreachCase(OutreachCase),
    Correction(Correction),
    UnionUnit(UnionUnit),
    UnionPlace(UnionPlace),
    UnionPost(UnionPost),
    UnionService(UnionService),
    UnionDispatch(UnionDispatch),
    UnionCollection(UnionCollection),
    FederationFigure(FederationFigure),
}

/// The enterprise a key names. A branch under its parent's code does not make the code ambiguous.
pub(super) async fn find(
    ask: &RequestContext,
    edition: &Arc<Edition>,
    key: &EnterpriseKey,
) -> Result<Option<Enterprise>, Problem> {
    let key = match key {
        EnterpriseKey::Id(id) => LookupKey::Id(parts_of_id(id).0.to_owned()),
        EnterpriseKey::CreditCode(code) => LookupKey::CreditCode(code.clone()),
        EnterpriseKey::OrganisationCode(code) => LookupKey::Identifier(IdentifierKind::OrganisationCode, code.clone()),
        EnterpriseKey::Registration(number) => LookupKey::Identifier(IdentifierKind::Registration, number.clone()),
        EnterpriseKey::TaxNumber(number) => LookupKey::Identifier(IdentifierKind::Tax, number.clone()),
        EnterpriseKey::InsuranceNumber(number) => LookupKey::Identifier(IdentifierKind::Insurance, number.clone()),
        EnterpriseKey::Record(record) => {
            let hub = ask.state.hub();
            known_registries(hub, std::slice::from_ref(&record.registry))?;
            // Who is found by a payment's key pays.
            hub.presence_in(&record.registry).scope().map_or(Ok(()), |scope| ask.caller.require(scope))?;
            LookupKey::Record { registry: record.registry.clone(), key: record.key.clone() }
        }
    };
    let mut rows: Vec<Row> = edition.rows(&key).into_iter().filter(|row| ask.may_see(edition.enterprise(*row))).collect();
    if rows.is_empty()
        && let LookupKey::Id(id) = &key
    {
        // An id that was merged into another one.
        ask.touch_store();
        if let Some(target) = ask.state.hub().store.entity_redirect(id).await? {
            rows = edition.row_of_id(&target).filter(|row| ask.may_see(edition.enterprise(*row))).into_iter().collect();
        }
    }
    if rows.len() > 1 {
        let heads: Vec<Row> = rows.iter().copied().filter(|row| edition.enterprise(*row).branch_of().is_none()).collect();
        if heads.len() == 1 {
            rows = heads;
        } else {
            let ids: Vec<&str> = rows.iter().take(10).map(|row| edition.enterprise(*row).id()).collect();
            return Err(Problem::new(
                Code::Ambiguous,
                format!("有 {} 家企业符合，请改用 id 查询", rows.len()),
                format!("{} enterprises match; ask by id", rows.len()),
            )
            .remedy(ids.join(", ")));
        }
    }
    Ok(rows.first().map(|row| Enterprise::new(ask, edition, *row)))
}

pub(super) async fn node_of(ask: &RequestContext, id: &str) -> Result<Option<Node>, Problem> {
    if let Some((kind, rest)) = id.split_once(':') {
        return Ok(match kind {
            "area" => area_of(ask, id)?.map(Node::Area),
            "industry" => rest.split_once(':').and_then(|(year, code)| {
                let edition = ask.edition().ok()?;
                let year = year.parse().ok()?;
                edition.industry(code, year).map(|_| Node::Industry(Industry::new(&edition, code, year)))
            }),
            "registry" => {
                let known = registries(ask).await?;
                known.into_iter().find(|r| r.is(rest)).map(Node::Registry)
            }
            "edition" => {
                let manifest = rest.parse().ok().and_then(|number| ask.state.hub().editions.manifest(number));
                manifest.map(|m| Node::Edition(EditionNode::of(m)))
            }
            "unit" | "place" | "post" | "service" | "dispatch" | "collection" | "figure" => {
                FederationThing::find(ask, kind, rest).await?.map(|thing| match thing {
                    FederationThing::Unit(unit) => Node::UnionUnit(unit),
                    FederationThing::Place(place) => Node::UnionPlace(place),
                    FederationThing::Post(post) => Node::UnionPost(post),
                    FederationThing::Service(service) => Node::UnionService(service),
                    FederationThing::Dispatch(agreement) => Node::UnionDispatch(agreement),
                    FederationThing::Collection(collection) => Node::UnionCollection(collection),
                    FederationThing::Figure(figure) => Node::FederationFigure(figure),
                })
            }
            "case" if ask.caller.may(AccessScope::Review) => OutreachCase::find(ask, rest).await?.map(Node::OutreachCase),
            "correction" => Correction::find(ask, rest).await?.map(Node::Correction),
            "record" => match rest.parse() {
                Ok(number) if ask.caller.may(AccessScope::Records) => {
                    let Some(d) = ask.record(number).await?.filter(|d| ask.may_know_presence(&d.registry)) else {
                        return Ok(None);
                    };
                    let holder = ask.holder_of(&d.registry, &d.key)?;
                    // One of another district is not there for this caller; nor is one of which nobody knows whose it is.
                    (holder.is_some() || ask.caller.areas.is_empty()).then(|| {
                        Node::RegistryRecord(RegistryRecord { registry: d.registry.clone(), key: d.key.clone(), id: d.id })
                    })
                }
                _ => None,
            },
            _ => None,
        });
    }
    // An id that was told of an earlier edition finds the thing as it was.
    let edition = match parts_of_id(id).1 {
        Some(number) => ask.edition_at(Some(EditionAsOf::Edition(number)), None)?,
        None => ask.edition()?,
    };
    if let Some(union) = TradeUnion::find(ask, &edition, id) {
        return Ok(Some(Node::TradeUnion(union)));
    }
    Ok(find(ask, &edition, &EnterpriseKey::Id(ID(id.to_owned()))).await?.map(Node::Enterprise))
}

/// The edition that a gateway's id names, else the newest. Of one that is gone there is nothing, as of an id that nobody knows: it spoils
/// no other.
pub(super) fn edition_of_key(ask: &RequestContext, id: &str) -> Result<Option<Arc<Edition>>, Problem> {
    match parts_of_id(id).1 {
        Some(number) => Ok(ask.edition_at(Some(EditionAsOf::Edition(number)), None).ok()),
        None => ask.edition().map(Some),
    }
}

/// The area of an id, as it was in the edition that the id names, else as it is.
pub(super) fn area_of(ask: &RequestContext, id: &str) -> Result<Option<Area>, Problem> {
    let edition = match parts_of_id(id).1 {
        Some(number) => ask.edition_at(Some(EditionAsOf::Edition(number)), None)?,
        None => ask.edition()?,
    };
    Ok(Area::known(&edition, id))
}

/// Counts the enterprises among these things as shown, and those whose records are.
pub(super) fn show<'a>(ctx: &Context<'_>, nodes: impl Iterator<Item = &'a Node>) {
    let fields = selected(ctx.field());
    for node in nodes {
        let ask = ask(ctx);
        match node {
            Node::Enterprise(e) => ask.show(e.edition(), std::iter::once(e.row().row), fields),
            Node::RegistryRecord(record) => {
                if let (Ok(edition), Ok(Some(row))) = (ask.edition(), ask.holder_of(&record.registry, &record.key)) {
                    ask.show(&edition, std::iter::once(row), fields);
                }
            }
            _ => {}
        }
    }
}
