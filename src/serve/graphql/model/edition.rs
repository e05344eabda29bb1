//! Editions: the published states of the graph.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::connection;
use super::connection::pages;
use super::registry::Registry;
use super::scalars::{Date, DateTime, Language};
use crate::edition::{Edition, EditionSource, Manifest};
use crate::hub;
use crate::model::message::{Lang, reason_text};
use crate::model::verdict::Unmet;
use crate::serve::context::ask;
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
    /// How many enterprises it has; rounded down to what the caller's numbers are rounded to.
    async fn enterprises(&self, ctx: &Context<'_>) -> u32 {
        let (state, caller) = (&ask(ctx).state, &ask(ctx).caller);
        let least = if state.rounds(caller) { state.suppression_threshold(caller) as u32 } else { 1 };
        self.0.enterprises - self.0.enterprises % least
    }
    /// The registries it rests on.
    async fn sources(&self) -> Vec<Source> {
        self.0.sources.iter().cloned().map(Source).collect()
    }
    /// What the verdicts need and no registry brought: whoever is in scope is UNDECIDED where scope, size or coverage lack it.
    async fn missing_sources(&self) -> Vec<MissingSource> {
        self.0.unmet.iter().cloned().map(MissingSource).collect()
    }
}

/// What a need belongs to.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::model::verdict::NeededFor")]
pub enum NeededFor {
    /// Who is in scope at all.
    Scope,
    /// Designated size.
    Size,
    /// Union coverage.
    Coverage,
    /// Dues and preparatory fund.
    Fund,
}

/// A need of policy that no registry meets.
pub struct MissingSource(Unmet);

/// A need of policy that no registry meets.
#[Object]
impl MissingSource {
    /// The verdict that needs it.
    async fn verdict(&self) -> NeededFor {
        self.0.verdict.into()
    }
    /// The registries that could bring it; nobody does where there are none.
    async fn registries(&self) -> Vec<Registry> {
        self.0.registries.iter().map(|name| Registry::named(name)).collect()
    }
    /// The day of the newest that landed; null where none ever did.
    async fn as_of(&self) -> Option<Date> {
        self.0.as_of.map(Date)
    }
    /// What is missing or too old, in words.
    async fn text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        let reason = self.0.reason();
        reason_text(&reason.code, &reason.inputs, lang.map_or(ask(ctx).lang, Into::into))
    }
}

/// A figure that the guard on publications watches.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::hub::Watched")]
pub enum WatchedFigure {
    /// Enterprises in all.
    Enterprises,
    /// Those on the gap list.
    Gap,
    /// Unions of the roll.
    Unions,
    /// Units that a union of a counted kind covers.
    Covered,
}

/// A figure that differs too far from what is published.
#[derive(SimpleObject)]
pub struct FigureJump {
    /// Which figure.
    figure: WatchedFigure,
    /// As published.
    before: u64,
    /// As it would be.
    after: u64,
    /// By how many percent it may differ.
    limit_percent: f64,
}

/// What became of a publication that was held.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum HeldEditionState {
    /// It waits for a person.
    Held,
    /// Released; the edition is being published.
    Released,
    /// Rejected: what is published stays until the data change.
    Rejected,
    /// Overtaken by later data.
    Superseded,
    /// Published.
    Published,
}

/// An edition that differs too far from what is published and waits for a person.
#[derive(SimpleObject)]
pub struct HeldEdition {
    /// `held:` and its number; `releaseEdition` and `rejectEdition` take it.
    id: ID,
    /// What became of it.
    state: HeldEditionState,
    /// Since when it waits.
    held_at: DateTime,
    /// The figures that differ too far.
    jumps: Vec<FigureJump>,
    /// What has changed since what is published: registries, needs, rules.
    causes: Vec<String>,
    /// Who decided.
    decided_by: Option<String>,
    /// When.
    decided_at: Option<DateTime>,
    /// Why.
    reason: Option<String>,
}

impl HeldEdition {
    pub fn new(held: hub::HeldEdition, lang: Lang) -> HeldEdition {
        let jump = |j: &hub::Jump| FigureJump {
            figure: j.measure.into(),
            before: j.before,
            after: j.after,
            limit_percent: j.limit_percent,
        };
        HeldEdition {
            id: ID(format!("held:{}", held.id)),
            state: match held.state.as_str() {
                "HELD" => HeldEditionState::Held,
                "RELEASED" => HeldEditionState::Released,
                "REJECTED" => HeldEditionState::Rejected,
                "PUBLISHED" => HeldEditionState::Published,
                _ => HeldEditionState::Superseded,
            },
            held_at: DateTime::written(held.held_at),
            jumps: held.jumps.iter().map(jump).collect(),
            causes: held.causes.iter().map(|c| lang.pick(&c.zh, &c.en).clone()).collect(),
            decided_by: held.decided_by,
            decided_at: held.decided_at.and_then(DateTime::from_millis),
            reason: held.decided_why,
        }
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

pages!(
    "Editions, page by page, newest first.",
    EditionConnection,
    "The editions of this page.",
    EditionNode,
    "An edition and its cursor.",
    EditionEdge,
    "The edition."
);

impl EditionConnection {
    pub fn page(all: Vec<Arc<Manifest>>, first: usize, after: Option<&str>) -> Result<EditionConnection, Problem> {
        let total_count = all.len() as i32;
        let (nodes, placed) = connection::slice(all, first, after)?;
        Ok(EditionConnection { nodes: nodes.into_iter().map(EditionNode).collect(), placed, total_count })
    }
}
