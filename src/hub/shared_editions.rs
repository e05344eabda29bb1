//! Editions by way of the object store of `[editions]`: fetched before anything is built upon them, shared once they are recorded. Where
//! none is set nothing happens here.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::open::Hub;
use crate::depot::{Sharing, Wanted};
use crate::model::message::Lang;

impl Hub {
    /// Whether editions are shared by way of an object store.
    pub fn shares_editions(&self) -> bool {
        self.depot.is_some()
    }

    /// What goes wrong with the object store at present, with the remedy; None where nothing does, or none is set.
    pub fn sharing_problem(&self, lang: Lang) -> Option<String> {
        self.depot.as_ref()?.failing(lang)
    }

    /// Brings the folder of editions to what the object store lists; whether it changed. Damaged editions are fetched anew. A store that
    /// fails is told in the log and by [`Hub::sharing_problem`]; what the folder has goes on answering.
    pub fn fetch_editions(&self) -> BoxFuture<'_, bool> {
        async {
            let Some(depot) = &self.depot else { return false };
            depot.fetch(Wanted::All, |number| self.editions.is_broken(number)).await.unwrap_or(false)
        }
        .boxed()
    }

    /// Shares what this node published while the store failed, where nobody else leads at the moment.
    pub fn share_waiting(&self) -> BoxFuture<'_, ()> {
        async {
            if !self.depot.as_ref().is_some_and(|depot| depot.waits_to_share()) {
                return;
            }
            if let Ok(leader) = self.store.lead().await {
                self.through(leader.store()).share_editions(Sharing::default()).await;
            }
        }
        .boxed()
    }

    /// Puts what was recorded into the object store, as whoever leads; `what` without the number recorded last, which the database says.
    /// What fails is tried again by [`Hub::share_waiting`].
    pub(super) fn share_editions<'a>(&'a self, what: Sharing<'a>) -> BoxFuture<'a, ()> {
        async move {
            let Some(depot) = &self.depot else { return };
            match self.store.latest_edition().await {
                Ok(latest) => {
                    let recorded = latest.map_or(0, |e| e.number as u32);
                    let _ = depot.share(Sharing { recorded, ..what }).await;
                }
                Err(error) => tracing::warn!(%error, "the last edition could not be read: nothing is shared yet"),
            }
        }
        .boxed()
    }
}
