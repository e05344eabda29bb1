//! Registries: how fresh they are, what their batches brought, what was put aside.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::connection::{self, PageInfo};
use super::scalars::{DateTime, Language};
use crate::connector::Connector;
use crate::model::message::Lang;
use crate::serve::access::Scope;
use crate::serve::ask::{Ask, OrTell, ask, checked_first, permitted};
use crate::serve::problem::Problem;
use crate::store::batch::BatchRow;
use crate::store::quarantine::QuarantinedRow;
use crate::store::registry::{Notice, RegistryRow};

/// A registry by name; what it says is looked up when asked.
#[derive(Clone)]
pub struct Registry {
    name: String,
}

impl Registry {
    pub fn named(name: &str) -> Registry {
        Registry { name: name.to_owned() }
    }
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }
    fn connector<'a>(&self, ask: &'a Ask) -> Option<&'a Connector> {
        ask.app.hub().connectors.iter().find(|c| c.name == self.name).map(|c| &**c)
    }
    async fn row(&self, ctx: &Context<'_>) -> Result<Option<RegistryRow>> {
        let rows = ask(ctx).registry_rows().await.or_tell(ctx)?;
        Ok(rows.iter().find(|r| r.name == self.name).cloned())
    }
}

/// How a registry is doing.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum RegistryState {
    /// The last pull was good.
    Current,
    /// No good pull for longer than agreed.
    Late,
    /// The last pull failed.
    Failing,
    /// A batch waits for a person.
    Held,
    /// Nothing has come yet.
    Never,
}

fn state(name: &str) -> RegistryState {
    match name {
        "CURRENT" => RegistryState::Current,
        "LATE" => RegistryState::Late,
        "FAILING" => RegistryState::Failing,
        "HELD" => RegistryState::Held,
        _ => RegistryState::Never,
    }
}

/// A registry of a department.
#[Object]
impl Registry {
    /// `registry:` and the name.
    pub async fn id(&self) -> ID {
        ID(format!("registry:{}", self.name))
    }
    /// Short name, as in connectors and on the command line.
    async fn name(&self) -> &str {
        &self.name
    }
    /// Name for people.
    async fn title(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        let ask = ask(ctx);
        let lang: Lang = lang.map_or(ask.lang, Into::into);
        if let Some(connector) = self.connector(ask) {
            return lang.pick(&connector.title.zh, &connector.title.en).clone();
        }
        let of_edition = ask.edition().ok().and_then(|edition| {
            let source = edition.manifest.sources.iter().find(|s| s.name == self.name)?;
            Some(lang.pick(&source.title_zh, &source.title_en).clone())
        });
        of_edition.unwrap_or_else(|| self.name.clone())
    }
    /// The department that owns the data.
    async fn owner(&self, ctx: &Context<'_>) -> Option<String> {
        let ask = ask(ctx);
        self.connector(ask).map(|c| ask.lang.pick(&c.owner.zh, &c.owner.en).clone())
    }
    /// The agreement or law under which it is shared.
    async fn legal_basis(&self, ctx: &Context<'_>) -> Option<String> {
        let ask = ask(ctx);
        let basis = self.connector(ask)?.legal_basis.as_ref()?;
        Some(ask.lang.pick(&basis.zh, &basis.en).clone())
    }
    /// How it is doing.
    async fn state(&self, ctx: &Context<'_>) -> Result<RegistryState> {
        Ok(self.row(ctx).await?.map_or(RegistryState::Never, |row| state(&ask(ctx).app.hub().standing(&row).state)))
    }
    /// Since when it is behind.
    async fn late_since(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.row(ctx).await?.and_then(|row| DateTime::from_millis(ask(ctx).app.hub().standing(&row).late_since?)))
    }
    /// The last good pull.
    async fn last_good(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.row(ctx).await?.and_then(|row| DateTime::from_millis(row.last_good?)))
    }
    /// Records that are not gone.
    async fn records(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        Ok(self.row(ctx).await?.map(|row| row.records))
    }
    /// What the latest pulls and pushes brought, newest first. Needs the scope `operate`.
    async fn batches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<BatchConnection>> {
        if !permitted(ctx, Scope::Operate) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let Some(row) = self.row(ctx).await? else { return Ok(None) };
        let rows = ask(ctx).app.hub().store.batches(Some(row.id), None, MAX_BATCHES).await.or_tell(ctx)?;
        let total_count = rows.len() as i32;
        let (rows, page_info) = connection::slice(rows, first, after.as_deref()).or_tell(ctx)?;
        let nodes = rows.into_iter().map(|row| Batch { registry: self.clone(), row }).collect();
        Ok(Some(BatchConnection { nodes, page_info, total_count }))
    }
    /// Rows that could not be read or mapped and wait for a fix, oldest first. Needs the scope `operate`.
    async fn quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<QuarantineConnection>> {
        if !permitted(ctx, Scope::Operate) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let Some(row) = self.row(ctx).await? else { return Ok(None) };
        let rows = ask(ctx).app.hub().store.quarantined(Some(row.id), 0, MAX_QUARANTINED).await.or_tell(ctx)?;
        let total_count = rows.len() as i32;
        let (rows, page_info) = connection::slice(rows, first, after.as_deref()).or_tell(ctx)?;
        Ok(Some(QuarantineConnection { nodes: rows.into_iter().map(Quarantined).collect(), page_info, total_count }))
    }
}

/// Batches kept in sight per registry.
const MAX_BATCHES: i64 = 1_000;
/// Quarantined rows kept in sight per registry; `huitu export quarantine` has them all.
const MAX_QUARANTINED: i64 = 10_000;

/// What became of a batch.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    Running,
    Done,
    /// Its guard held it: a person decides.
    Held,
    Rejected,
    Failed,
}

/// What one pull or push brought.
pub struct Batch {
    registry: Registry,
    row: BatchRow,
}

impl Batch {
    pub fn new(registry: &str, row: BatchRow) -> Batch {
        Batch { registry: Registry::named(registry), row }
    }
}

/// What one pull or push brought: `read` = `landed` + `quarantined`.
#[Object]
impl Batch {
    /// `batch:` and its number.
    pub async fn id(&self) -> ID {
        ID(format!("batch:{}", self.row.id))
    }
    /// Whose it is.
    async fn registry(&self) -> &Registry {
        &self.registry
    }
    /// When it began.
    async fn started_at(&self) -> Option<DateTime> {
        DateTime::from_millis(self.row.started_at)
    }
    /// When it ended.
    async fn finished_at(&self) -> Option<DateTime> {
        self.row.finished_at.and_then(DateTime::from_millis)
    }
    /// What became of it.
    async fn state(&self) -> BatchState {
        match self.row.state.as_str() {
            "RUNNING" => BatchState::Running,
            "DONE" => BatchState::Done,
            "HELD" => BatchState::Held,
            "REJECTED" => BatchState::Rejected,
            _ => BatchState::Failed,
        }
    }
    /// Rows that came.
    async fn read(&self) -> i64 {
        self.row.read_rows
    }
    /// Rows that are in the store: new, changed and unchanged.
    async fn landed(&self) -> i64 {
        self.row.landed
    }
    /// Rows that were there already.
    async fn unchanged(&self) -> i64 {
        self.row.unchanged
    }
    /// Rows put aside with a reason.
    async fn quarantined(&self) -> i64 {
        self.row.quarantined
    }
    /// Rows the registry no longer has.
    async fn gone(&self) -> i64 {
        self.row.gone
    }
    /// Why its guard held it.
    async fn held_because(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> Option<String> {
        let notice: Notice = serde_json::from_str(self.row.held_because.as_deref()?).ok()?;
        Some(lang.map_or(ask(ctx).lang, Into::into).pick(notice.zh, notice.en))
    }
}

/// Batches, page by page.
#[derive(SimpleObject)]
pub struct BatchConnection {
    /// The batches of this page.
    nodes: Vec<Batch>,
    /// Where the page stands.
    page_info: PageInfo,
    /// Of all pages together.
    total_count: i32,
}

/// A row that was put aside.
pub struct Quarantined(QuarantinedRow);

/// A row that could not be read or mapped: nothing is dropped silently.
#[Object(name = "QuarantinedRow")]
impl Quarantined {
    /// `quarantine:` and its number.
    pub async fn id(&self) -> ID {
        ID(format!("quarantine:{}", self.0.id))
    }
    /// 1 = the first row after the header.
    async fn row(&self) -> i64 {
        self.0.row_number
    }
    /// Byte offset in the source.
    async fn offset(&self) -> Option<String> {
        self.0.byte_offset.map(|o| o.to_string())
    }
    /// Stable code of the reason.
    async fn code(&self) -> &str {
        &self.0.code
    }
    /// Why.
    async fn reason(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        #[derive(serde::Deserialize)]
        struct Detail {
            zh: String,
            en: String,
        }
        match serde_json::from_str::<Detail>(&self.0.detail) {
            Ok(detail) => lang.map_or(ask(ctx).lang, Into::into).pick(detail.zh, detail.en),
            Err(_) => self.0.code.clone(),
        }
    }
    /// The row as it came. Needs the scope `records`.
    async fn raw(&self, ctx: &Context<'_>) -> Option<&str> {
        permitted(ctx, Scope::Records).then_some(self.0.raw.as_str())
    }
}

/// Quarantined rows, page by page.
#[derive(SimpleObject)]
pub struct QuarantineConnection {
    /// The rows of this page.
    nodes: Vec<Quarantined>,
    /// Where the page stands.
    page_info: PageInfo,
    /// Of all pages together.
    total_count: i32,
}

/// All registries: those with a connector in the order of their rank, then those only the store knows.
pub async fn registries(ask: &Ask) -> Result<Vec<Registry>, Problem> {
    let mut names: Vec<String> = ask.app.hub().connectors.iter().map(|c| c.name.clone()).collect();
    for row in ask.registry_rows().await?.iter() {
        if !names.contains(&row.name) {
            names.push(row.name.clone());
        }
    }
    Ok(names.into_iter().map(|name| Registry { name }).collect())
}
