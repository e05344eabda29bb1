//! Pages that are fetched while an earlier one is read.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use super::client::{Ask, Head, RegistryClient};
use crate::pull::PullError;
use crate::pull::context::Position;

type Fetched = Result<(Head, String), PullError>;

/// Requests under way, in the order of their pages. One that is no longer wanted ends when it is dropped.
pub struct Ahead {
    client: Arc<RegistryClient>,
    most: usize,
    under_way: VecDeque<(Position, AbortOnDropHandle<Fetched>)>,
}

impl Ahead {
    /// `most`: requests at the same time.
    pub fn new(client: Arc<RegistryClient>, most: u32) -> Ahead {
        Ahead { client, most: most.max(1) as usize, under_way: VecDeque::new() }
    }

    pub fn most(&self) -> usize {
        self.most
    }

    /// How many more may be asked for now.
    pub fn free(&self) -> usize {
        self.most.saturating_sub(self.under_way.len())
    }

    pub fn has(&self, at: &Position) -> bool {
        self.under_way.iter().any(|(place, _)| place == at)
    }

    /// Asks for a page; does nothing where it is under way already.
    pub fn fetch(&mut self, at: Position, ask: Ask) {
        if self.has(&at) {
            return;
        }
        let client = self.client.clone();
        let fetching = tokio::spawn(async move { client.text(&ask).await });
        self.under_way.push_back((at, AbortOnDropHandle::new(fetching)));
    }

    /// Asks for this page and gives up those that were expected instead.
    pub fn only(&mut self, at: Position, ask: Ask) {
        self.under_way.clear();
        self.fetch(at, ask);
    }

    /// The answer for a page; None where nobody has asked for it. Pages expected before it are given up.
    pub fn take(&mut self, at: &Position) -> Option<impl Future<Output = Fetched> + use<>> {
        let place = self.under_way.iter().position(|(place, _)| place == at)?;
        let (_, fetching) = self.under_way.drain(..=place).next_back()?;
        let client = self.client.clone();
        Some(async move {
            match fetching.await {
                Ok(fetched) => fetched,
                // The program is ending.
                Err(e) if e.is_cancelled() => Err(client.cancelled()),
                Err(e) => std::panic::resume_unwind(e.into_panic()),
            }
        })
    }
}
