//! Records on their way from the store to linking and assessing: part by part, so that their identifying texts are never
//! all in memory.

use std::sync::Arc;

use super::records::{Keep, Links as LinksWanted, Part};
use super::world;
use super::{Hub, HubError};
use crate::link::{Linker, Previous, Settings as LinkSettings, Weights};
use crate::model::facts::Facts;
use crate::publish::Links;

/// Everything that linking and assessing take of the records.
pub(super) struct Gathered {
    /// With every record put.
    pub linker: Linker,
    /// Which enterprise each record belonged to.
    pub previous: Previous,
    pub facts: Vec<Facts>,
    names: Vec<Box<str>>,
    links_before: Arc<Links>,
}

impl Hub {
    /// Reads every live record.
    pub(super) async fn gather(&self, weights: Weights, links_before: Arc<Links>) -> Result<Gathered, HubError> {
        let names: Vec<Box<str>> = world::traits(&self.connectors).into_iter().map(|r| r.name).collect();
        let linker = Linker::new(LinkSettings::with_registries(names.iter().map(|n| &**n)), weights);
        let mut records = self.records(LinksWanted::All, Keep::Write).await?;
        let facts = Vec::with_capacity(records.expected);
        let mut gathered = Gathered { linker, previous: Previous::default(), facts, names, links_before };
        while let Some(part) = records.next().await? {
            let with = move || gathered.with(part);
            gathered = tokio::task::spawn_blocking(with).await.expect("gathering does not panic");
        }
        Ok(gathered)
    }
}

impl Gathered {
    fn with(mut self, part: Part) -> Gathered {
        for r in &part.link {
            if let Some(id) = self.links_before.get(&(r.store_id, r.part)) {
                self.previous.insert(&self.names[r.registry as usize], &r.key, r.part, *id);
            }
        }
        self.linker.put(&part.link);
        self.facts.extend(part.facts);
        self
    }
}
