//! What was entered of the federation, found again by its id.

use super::federation_entries::{UnionCollection, UnionDispatch, UnionPost};
use super::federation_figures::FederationFigure;
use super::union_places::UnionPlace;
use super::union_services::UnionService;
use super::union_units::{FederationView, UnionUnit};
use crate::access::AccessScope;
use crate::serve::context::RequestContext;
use crate::serve::problem::Problem;

/// One thing of the federation.
// One stands for the length of an answer.
#[allow(clippy::large_enum_variant)]
pub enum FederationThing {
    Unit(UnionUnit),
    Place(UnionPlace),
    Post(UnionPost),
    Service(UnionService),
    Dispatch(UnionDispatch),
    Collection(UnionCollection),
    Figure(FederationFigure),
}

impl FederationThing {
    /// The thing of this kind and key; None for whoever may not review, and of units that are not the caller's.
    ///
    /// # Errors
    /// The store cannot be read, or no edition can.
    pub async fn find(ask: &RequestContext, kind: &str, key: &str) -> Result<Option<FederationThing>, Problem> {
        if !ask.caller.may(AccessScope::Review) {
            return Ok(None);
        }
        let (key, view) = match kind {
            // Its enterprises are counted in an edition, and units move.
            "unit" => FederationView::of_id(ask, key).await?,
            _ => (key, FederationView::of(ask, ask.edition()?, None).await?),
        };
        let federation = &view.federation;
        let is_seen = |unit: &str| federation.unit_seen_by(&ask.caller, unit).is_some();
        Ok(match kind {
            "unit" => view.unit(ask, key).map(FederationThing::Unit),
            "place" => UnionPlace::find(ask, &view, key).map(FederationThing::Place),
            "post" => {
                let found = federation.posts.iter().find(|p| UnionPost::key(&p.what) == key && is_seen(&p.what.unit));
                found.map(|p| FederationThing::Post(UnionPost::new(ask, &view, p)))
            }
            "service" => {
                let found = federation.services.iter().find(|s| UnionService::key(&s.what) == key && is_seen(&s.what.unit));
                found.map(|s| FederationThing::Service(UnionService::new(ask, &view, s)))
            }
            "dispatch" => {
                let found = federation.agreements.iter().find(|a| UnionDispatch::key(&a.what) == key && is_seen(&a.what.unit));
                found.map(|a| FederationThing::Dispatch(UnionDispatch::new(ask, &view, a)))
            }
            "collection" => {
                let found = federation.collections.iter().find(|c| UnionCollection::key(&c.what) == key && is_seen(&c.what.unit));
                found.map(|c| FederationThing::Collection(UnionCollection::new(ask, &view, c)))
            }
            _ => FederationFigure::find(federation, key).map(FederationThing::Figure),
        })
    }
}
