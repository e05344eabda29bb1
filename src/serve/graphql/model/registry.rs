//! Registries: how fresh they are, what their batches brought, what was put aside.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::cases::areas_of_caller;
use super::connection::{numbered, page_of, pages};
use super::corrections::{CorrectionConnection, CorrectionCounts, CorrectionFilter};
use super::registry_quality::{Quality, QualityPoint, QualityPointConnection};
use super::registry_settings::RegistrySettings;
use super::scalars::{CorrectionState, Date, DateTime, EnterpriseField, Language};
use super::tokens::AccessToken;
use super::unentered::UnenteredRowConnection;
use crate::access::{AccessScope, Role};
use crate::connector::{self, Connector};
use crate::hub::receipt::withheld_reason;
use crate::hub::tokens::stands;
use crate::model::message::Lang;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first, permitted, permitted_of};
use crate::serve::operate::source_quality;
use crate::serve::operate::source_quality::QualityCache;
use crate::serve::problem::Problem;
use crate::store::batch::BatchRow;
use crate::store::quarantine::QuarantinedRow;
use crate::store::registry::RegistryRow;
use crate::store::token::TokenRow;

/// A registry by name; what it says is looked up when asked.
#[derive(Clone)]
pub struct Registry {
    name: String,
}

impl Registry {
    pub fn named(name: &str) -> Registry {
        Registry { name: name.to_owned() }
    }
    pub fn name_of(&self) -> &str {
        &self.name
    }
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }
    fn connector<'a>(&self, ask: &'a RequestContext) -> Option<&'a Connector> {
        ask.state.hub().connectors.iter().find(|c| c.name == self.name).map(|c| &**c)
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

/// How a registry may be shared, as the catalogue of government data says.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "connector::ShareClass")]
pub enum ShareClass {
    /// 无条件共享: every department may have it.
    Unconditional,
    /// 有条件共享: some departments, or parts of it, for an agreed purpose.
    Conditional,
    /// 不予共享: kept where it is.
    NotShared,
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
    /// Its number in the catalogue of government data.
    async fn catalogue_number(&self, ctx: &Context<'_>) -> Option<String> {
        self.connector(ask(ctx))?.catalogue.number.clone()
    }
    /// How the catalogue says that it may be shared.
    async fn share_class(&self, ctx: &Context<'_>) -> Option<ShareClass> {
        self.connector(ask(ctx))?.catalogue.share.map(Into::into)
    }
    /// What its data may be used for.
    async fn purpose(&self, ctx: &Context<'_>) -> Option<String> {
        let ask = ask(ctx);
        let purpose = self.connector(ask)?.catalogue.purpose.as_ref()?;
        Some(ask.lang.pick(&purpose.zh, &purpose.en).clone())
    }
    /// How it is doing.
    async fn state(&self, ctx: &Context<'_>) -> Result<RegistryState> {
        Ok(self.row(ctx).await?.map_or(RegistryState::Never, |row| state(&ask(ctx).state.hub().standing(&row).state)))
    }
    /// Since when it is behind.
    async fn late_since(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.row(ctx).await?.and_then(|row| DateTime::from_millis(ask(ctx).state.hub().standing(&row).late_since?)))
    }
    /// When it is pulled, as cron; null where it pushes, or is pulled by hand. For its department too; else it needs the scope `operate`.
    async fn schedule(&self, ctx: &Context<'_>) -> Option<String> {
        if !permitted_of(ctx, &self.name, AccessScope::Operate) {
            return None;
        }
        let ask = ask(ctx);
        ask.touch_store();
        ask.state.hub().manners(self.connector(ask)?).schedule
    }
    /// When it is pulled, what holds its batches, and what of it was saved over its connector; null where it has no connector any more.
    /// For its department too; else it needs the scope `operate`.
    async fn settings(&self, ctx: &Context<'_>) -> Result<Option<RegistrySettings>> {
        let ask = ask(ctx);
        if !permitted_of(ctx, &self.name, AccessScope::Operate) || self.connector(ask).is_none() {
            return Ok(None);
        }
        RegistrySettings::of(ask, &self.name).await.or_tell(ctx).map(Some)
    }
    /// The last good pull.
    async fn last_good(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.row(ctx).await?.and_then(|row| DateTime::from_millis(row.last_good?)))
    }
    /// Records that are not gone.
    async fn records(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        Ok(self.row(ctx).await?.map(|row| row.records))
    }
    /// What the latest pulls and pushes brought, newest first. For its department too; else it needs the scope `operate`.
    async fn batches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<BatchConnection>> {
        if !permitted_of(ctx, &self.name, AccessScope::Operate) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let Some(row) = self.row(ctx).await? else { return Ok(None) };
        let ask = ask(ctx);
        let before = numbered(after.as_deref(), BATCHES).or_tell(ctx)?;
        ask.details.count_reads(2);
        let (mut rows, total) =
            ask.state.hub().store.batches_before(row.id, before.unwrap_or(i64::MAX), first as i64 + 1).await.or_tell(ctx)?;
        let placed = page_of(&mut rows, first, before.is_some(), BATCHES, |b| b.id);
        let nodes = rows.into_iter().map(|row| Batch { registry: self.clone(), row }).collect();
        Ok(Some(BatchConnection { nodes, placed, total_count: total as i32 }))
    }
    /// Rows that could not be read or mapped and wait for a fix, oldest first. For its department too; else it needs the scope
    /// `operate`.
    async fn quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<QuarantineConnection>> {
        if !permitted_of(ctx, &self.name, AccessScope::Operate) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let Some(row) = self.row(ctx).await? else { return Ok(None) };
        let (ask, store) = (ask(ctx), &ask(ctx).state.hub().store);
        let since = numbered(after.as_deref(), QUARANTINE).or_tell(ctx)?;
        ask.details.count_reads(2);
        let mut rows = store.quarantined(Some(row.id), since.unwrap_or(0), first as i64 + 1).await.or_tell(ctx)?;
        let total = store.quarantined_count(row.id).await.or_tell(ctx)?;
        let placed = page_of(&mut rows, first, since.is_some(), QUARANTINE, |r| r.id);
        let nodes = match super::connection::selects(ctx.field(), &["batch"]) {
            false => rows.into_iter().map(|row| Quarantined { registry: self.name.clone(), row, batch: None }).collect(),
            // One read for the batches of the whole page.
            true => {
                ask.details.count_read();
                let mut ids: Vec<i64> = rows.iter().map(|r| r.batch_id).collect();
                ids.sort_unstable();
                ids.dedup();
                let batches = store.batches_by_id(&ids).await.or_tell(ctx)?;
                let batch =
                    |id: i64| batches.iter().find(|b| b.id == id).map(|b| Batch { registry: self.clone(), row: b.clone() });
                let quarantined =
                    |row: QuarantinedRow| Quarantined { registry: self.name.clone(), batch: batch(row.batch_id), row };
                rows.into_iter().map(quarantined).collect()
            }
        };
        Ok(Some(QuarantineConnection { nodes, placed, total_count: total as i32 }))
    }
    /// Rows of it that landed and of which no place, post or service of the federation could be entered: with an unknown unit, without a day.
    /// All are counted, the first 500 are listed. For its department too; else it needs the scope `review`; who sees some areas only is told
    /// of none.
    async fn unentered(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<UnenteredRowConnection>> {
        if !permitted_of(ctx, &self.name, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        UnenteredRowConnection::page(ask(ctx), &self.name, first, after.as_deref()).await.or_tell(ctx).map(Some)
    }
    /// How good its data is. Null where nothing of it has landed.
    async fn quality(&self, ctx: &Context<'_>) -> Result<Option<Quality>> {
        let Some(row) = self.row(ctx).await?.filter(|row| row.records > 0) else { return Ok(None) };
        let ask = ask(ctx);
        let edition = ask.edition().ok();
        let measured =
            ctx.data_unchecked::<Arc<QualityCache>>().of(ask.state.hub(), edition.as_deref(), &row).await.or_tell(ctx)?;
        Ok(Some(Quality(measured)))
    }
    /// How good its data was, measured once for each batch that landed and was published; newest first, at most 1,000.
    async fn quality_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<QualityPointConnection>> {
        let first = checked_first(first, 100).or_tell(ctx)?;
        let Some(row) = self.row(ctx).await? else { return Ok(None) };
        let ask = ask(ctx);
        let before = numbered(after.as_deref(), QUALITY).or_tell(ctx)?;
        ask.details.count_reads(2);
        let store = &ask.state.hub().store;
        let (mut rows, total) = store.quality_before(row.id, before.unwrap_or(i64::MAX), first as i64 + 1).await.or_tell(ctx)?;
        let placed = page_of(&mut rows, first, before.is_some(), QUALITY, |r| r.batch_id);
        let nodes = rows.into_iter().map(QualityPoint::new).collect();
        Ok(Some(QualityPointConnection::new(nodes, placed, total)))
    }
    /// Who read this registry's fields, for which purpose, latest day first; at most 1,000 rows. Of the fields that were shown those that
    /// this registry delivers. For the department that owns them; else it needs the scope `operate`.
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From this day on.")] since: Date,
    ) -> Result<Option<Vec<UsageRow>>> {
        if !permitted_of(ctx, &self.name, AccessScope::Operate) {
            return Ok(None);
        }
        let ask = ask(ctx);
        ask.touch_store();
        ask.state.keep_usage().await.or_tell(ctx)?;
        ask.details.count_read();
        let rows = ask.state.hub().store.usage(&self.name, &since.0.to_string(), MAX_USAGE).await.or_tell(ctx)?;
        let own = source_quality::fields_of(ask.state.hub(), &self.name);
        Ok(Some(rows.into_iter().filter_map(|row| UsageRow::new(row, own.as_deref())).collect()))
    }
    /// What its department is asked (校核纠错), first what is due first. For the department; else it needs the scope `review`.
    async fn corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far they are; all where left out.")] state: Option<Vec<CorrectionState>>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<CorrectionConnection>> {
        if !permitted_of(ctx, &self.name, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let filter = CorrectionFilter { registry: Some(vec![self.name.clone()]), state, ..CorrectionFilter::default() };
        let query = filter.query(ask(ctx)).or_tell(ctx)?;
        CorrectionConnection::page(ask(ctx), query, first, after.as_deref()).await.or_tell(ctx).map(Some)
    }
    /// How many of these requests stand how. For the department; else it needs the scope `review`.
    async fn correction_counts(&self, ctx: &Context<'_>) -> Result<Option<CorrectionCounts>> {
        if !permitted_of(ctx, &self.name, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        let rows = ask.correction_counts(&areas_of_caller(ask)).await.or_tell(ctx)?;
        Ok(Some(CorrectionCounts::of(&rows, &self.name)))
    }
    /// The tokens with which its department pushes: until when they are valid, when they were used last. For the department too; else it
    /// needs the scope `operate`.
    async fn push_tokens(&self, ctx: &Context<'_>) -> Result<Option<Vec<AccessToken>>> {
        if !permitted_of(ctx, &self.name, AccessScope::Operate) {
            return Ok(None);
        }
        let ask = ask(ctx);
        ask.touch_store();
        ask.state.keep_usage().await.or_tell(ctx)?;
        ask.details.count_read();
        let now = ask.state.hub().clock.millis();
        let pushes = |row: &TokenRow| row.role == Role::Ingest.name() && row.registry.as_ref() == Some(&self.name);
        let rows = ask.state.hub().store.tokens().await.or_tell(ctx)?;
        let standing = rows.into_iter().filter(|row| pushes(row) && stands(row, now));
        Ok(Some(standing.map(|row| AccessToken::new(ask, row)).collect()))
    }
}

/// Rows of usage in one answer.
const MAX_USAGE: i64 = 1_000;
/// Marks cursors of batches, and of quarantined rows.
const BATCHES: u32 = 0x0ba7_c4e5;
const QUARANTINE: u32 = 0x04a2_a271;
/// Marks cursors of measurements.
const QUALITY: u32 = 0x09a1_17e5;

/// What one caller read on one day.
#[derive(SimpleObject)]
pub struct UsageRow {
    /// The day.
    day: Date,
    /// Name of the token.
    who: String,
    /// What for, as the caller said in the header `X-Purpose`.
    purpose: Option<String>,
    /// The fields that were read.
    fields: Vec<EnterpriseField>,
    /// Enterprises in all answers together; one shown twice counts twice.
    enterprises: i64,
    /// Answers.
    answers: i64,
}

impl UsageRow {
    /// None where somebody read of these enterprises only what other registries deliver.
    fn new(row: crate::store::usage::UsageRow, own: Option<&[crate::model::enterprise::EnterpriseField]>) -> Option<UsageRow> {
        let all = crate::model::enterprise::EnterpriseField::ALL;
        let own = own.map_or(u32::MAX, |own| own.iter().fold(0, |bits, field| bits | 1 << *field as u32));
        let read = row.fields as u32 & crate::serve::answers::usage::FIELDS;
        let fields = crate::model::enterprise::Bits(read & own);
        if read != 0 && fields.0 == 0 {
            return None;
        }
        Some(UsageRow {
            day: Date(row.day.parse().ok()?),
            who: row.who,
            purpose: Some(row.purpose).filter(|p| !p.is_empty()),
            fields: fields.iter().filter_map(|bit| all.get(bit).map(|f| (*f).into())).collect(),
            enterprises: row.enterprises,
            answers: row.answers,
        })
    }
}

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
    async fn started_at(&self) -> DateTime {
        DateTime::written(self.row.started_at)
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
        let notice: crate::model::problem::Problem = serde_json::from_str(self.row.held_because.as_deref()?).ok()?;
        Some(lang.map_or(ask(ctx).lang, Into::into).pick(notice.zh, notice.en))
    }
}

pages!(
    "Batches, page by page.",
    BatchConnection,
    "The batches of this page.",
    Batch,
    "A batch and its cursor.",
    BatchEdge,
    "The batch."
);

/// A row that was put aside.
pub struct Quarantined {
    registry: String,
    row: QuarantinedRow,
    batch: Option<Batch>,
}

/// A row that could not be read or mapped: nothing is dropped silently.
#[Object(name = "QuarantinedRow")]
impl Quarantined {
    /// `quarantine:` and its number.
    pub async fn id(&self) -> ID {
        ID(format!("quarantine:{}", self.row.id))
    }
    /// The batch it came with.
    async fn batch(&self) -> Option<&Batch> {
        self.batch.as_ref()
    }
    /// 1 = the first row after the header.
    async fn row(&self) -> i64 {
        self.row.row_number
    }
    /// Byte offset in the source.
    async fn offset(&self) -> Option<String> {
        self.row.byte_offset.map(|o| o.to_string())
    }
    /// Stable code of the reason.
    async fn code(&self) -> &str {
        &self.row.code
    }
    /// Why; what it quotes of the row is told to whom the row is told.
    async fn reason(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        let caller = &ask(ctx).caller;
        let sees_row = || caller.owns(&self.registry) || caller.may(AccessScope::Records) && caller.may(AccessScope::Finance);
        if let Some(withheld) = withheld_reason(&self.row.code)
            && !sees_row()
        {
            return lang.map_or(ask(ctx).lang, Into::into).pick(withheld.zh, withheld.en);
        }
        #[derive(serde::Deserialize)]
        struct Detail {
            zh: String,
            en: String,
        }
        match serde_json::from_str::<Detail>(&self.row.detail) {
            Ok(detail) => lang.map_or(ask(ctx).lang, Into::into).pick(detail.zh, detail.en),
            Err(_) => self.row.code.clone(),
        }
    }
    /// The row as it came. For the department whose row it is; else it needs the scopes `records` and `finance`: any column may stand in
    /// it.
    async fn raw(&self, ctx: &Context<'_>) -> Option<&str> {
        if ask(ctx).caller.owns(&self.registry) {
            return Some(self.row.raw.as_str());
        }
        (permitted(ctx, AccessScope::Records) && permitted(ctx, AccessScope::Finance)).then_some(self.row.raw.as_str())
    }
}

pages!(
    "Quarantined rows, page by page.",
    QuarantineConnection,
    "The rows of this page.",
    Quarantined,
    "A quarantined row and its cursor.",
    QuarantineEdge,
    "The row."
);

/// All registries: those with a connector in the order of their rank, then those only the store knows.
pub async fn registries(ask: &RequestContext) -> Result<Vec<Registry>, Problem> {
    let mut names: Vec<String> = ask.state.hub().connectors.iter().map(|c| c.name.clone()).collect();
    for row in ask.registry_rows().await?.iter() {
        if !names.contains(&row.name) {
            names.push(row.name.clone());
        }
    }
    // A department knows of its own.
    names.retain(|name| ask.caller.may_know(name));
    Ok(names.into_iter().map(|name| Registry { name }).collect())
}
