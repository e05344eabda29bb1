//! Editions: the published states of the graph.

use std::sync::Arc;

use async_graphql::{ID, Object, SimpleObject};

use super::connection;
use super::connection::PageInfo;
use super::registry::Registry;
use super::scalars::{Date, DateTime};
use crate::edition::{Edition, EditionSource, Manifest};
use crate::serve::problem::Problem;

/// An edition by its manifest; it need not be open.
#[derive(Clone)]
pub struct EditionNode(Arc<Manifest>);

impl EditionNode {
    pub fn opened(edition: &Arc<Edition>) -> EditionNode {
        EditionNode(Arc::new(edition.manifest.clone()))
    }
    pub fn of(manifest: Arc<Manifest>) -> EditionNode {
        EditionNode(manifest)
    }
}

/// One immutable published state of the graph: any question can be asked of it again.
#[Object(name = "Edition")]
impl EditionNode {
    /// `edition:` and the number.
    pub async fn id(&self) -> ID {
        ID(format!("edition:{}", self.0.number))
    }
    /// Rising with every edition.
    async fn number(&self) -> u32 {
        self.0.number
    }
    /// When it was published.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }
    /// The day it stands for, in the configured time zone.
    async fn as_of(&self) -> Date {
        Date(self.0.as_of)
    }
    /// SHA-256 of the data: equal data, equal digest.
    async fn digest(&self) -> &str {
        &self.0.digest
    }
    /// How many enterprises it has.
    async fn enterprises(&self) -> u32 {
        self.0.enterprises
    }
    /// The registries it rests on.
    async fn sources(&self) -> Vec<Source> {
        self.0.sources.iter().cloned().map(Source).collect()
    }
}

/// A registry an edition rests on.
pub struct Source(EditionSource);

/// A registry an edition rests on, and how old its data was.
#[Object(name = "EditionSource")]
impl Source {
    /// The registry.
    async fn registry(&self) -> Registry {
        Registry::named(&self.0.name)
    }
    /// Its last good pull before the edition.
    async fn as_of(&self) -> DateTime {
        DateTime(self.0.as_of)
    }
    /// Records that were in it.
    async fn records(&self) -> u64 {
        self.0.records
    }
    /// The registry was behind already then.
    async fn stale(&self) -> bool {
        self.0.stale
    }
}

/// Editions, page by page, newest first.
#[derive(SimpleObject)]
pub struct EditionConnection {
    /// The editions of this page.
    nodes: Vec<EditionNode>,
    /// Where the page stands.
    page_info: PageInfo,
    /// Of all pages together.
    total_count: i32,
}

impl EditionConnection {
    pub fn page(all: Vec<Arc<Manifest>>, first: usize, after: Option<&str>) -> Result<EditionConnection, Problem> {
        let total_count = all.len() as i32;
        let (nodes, page_info) = connection::slice(all, first, after)?;
        Ok(EditionConnection { nodes: nodes.into_iter().map(EditionNode).collect(), page_info, total_count })
    }
}
