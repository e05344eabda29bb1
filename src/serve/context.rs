//! One question: who asks, in which language, of which edition, and what reading it touched.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql::dataloader::{DataLoader, HashMapCache};
use async_graphql::{Context, Result};
use roaring::RoaringBitmap;

use super::answers::filter::EnterpriseFilter;
use super::answers::live_lookups::LiveLoader;
use super::answers::loaders::{DetailLoader, Details, RecordDetail};
use super::answers::usage::FieldUse;
use super::problem::{Code, GraphProblem, Problem, mendable};
use super::state::ServerState;
use crate::access::{AccessScope, Caller, FieldClass, Role};
use crate::edition::{Edition, EditionAsOf, EnterpriseRow, Filter, LookupKey, Row, RowCursor, ToldScores, UnionRow};
use crate::hub::HubError;
use crate::hub::federation_state::Federation;
use crate::hub::told_order;
use crate::model::message::Lang;
use crate::store::case::CaseArea;
use crate::store::correction::CorrectionCountRow;
use crate::store::registry::RegistryRow;

/// Questions of one page to registries are gathered for so long, also on a busy machine: one request more costs them more
/// than this costs the caller.
const LIVE_GATHERING: std::time::Duration = std::time::Duration::from_millis(20);

/// Bytes of the audit that one answer may read.
const AUDIT_BYTES: u64 = 1 << 30;

/// Stands between an id and the number of the edition that it is told of.
const EDITION_MARK: char = '@';

/// An id as it is kept, and the edition that it was told of where that was another one than the newest.
pub fn parts_of_id(id: &str) -> (&str, Option<u32>) {
    match id.rsplit_once(EDITION_MARK) {
        Some((bare, number)) if number.bytes().all(|b| b.is_ascii_digit()) => match number.parse() {
            Ok(number) => (bare, Some(number)),
            Err(_) => (id, None),
        },
        _ => (id, None),
    }
}

/// What every resolver knows. Made per request; caches and loaders end with it.
pub struct RequestContext {
    pub state: ServerState,
    pub caller: Arc<Caller>,
    pub lang: Lang,
    /// What the caller says that they read for; empty: nothing.
    pub purpose: Arc<str>,
    pub details: Arc<Details>,
    pub records: DataLoader<DetailLoader, HashMapCache>,
    /// What registries say now of the enterprises of this answer.
    pub live: DataLoader<LiveLoader, HashMapCache>,
    /// Registries of which the answer says already that they are not available.
    unavailable: Mutex<HashSet<String>>,
    /// The newest edition when the request came in: all of one answer comes from the same one.
    current: Result<Arc<Edition>, Problem>,
    /// The number of the edition first asked; 0 while none was.
    answered: AtomicU32,
    /// Something beside editions was read: the answer must not be kept.
    beyond_editions: AtomicBool,
    /// Editions that `asOf` named, and those that a cursor brought back.
    named: Mutex<HashSet<u32>>,
    registries: tokio::sync::OnceCell<Arc<Vec<RegistryRow>>>,
    corrections: tokio::sync::OnceCell<Arc<Vec<CorrectionCountRow>>>,
    federation: tokio::sync::OnceCell<Arc<Federation>>,
    keeps: bool,
    /// Done once the entities of a gateway's question are read ahead.
    pub entities: tokio::sync::OnceCell<()>,
    shown: Mutex<Shown>,
    /// Bytes of the audit that this answer may still read.
    audit_bytes: std::sync::atomic::AtomicU64,
    visible: Mutex<Vec<(u32, Option<Arc<RoaringBitmap>>)>>,
}

/// What an answer shows, as it is made: every enterprise once, in the order in which it is shown.
#[derive(Default)]
struct Shown {
    editions: Vec<(Arc<Edition>, RoaringBitmap, Vec<Row>)>,
    fields: u32,
    /// Enterprises whose values sums hold.
    counted: FieldUse,
}

/// What a loader reads belongs to the question that asked for it: its statements stand in that trace.
fn spawn_within(reading: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    tokio::spawn(tracing::Instrument::in_current_span(reading))
}

impl RequestContext {
    pub fn new(state: ServerState, caller: Arc<Caller>, lang: Lang) -> RequestContext {
        let details = Arc::new(Details::new(state.hub().clone(), state.metrics().store_reads.clone(), state.readings().clone()));
        let records =
            DataLoader::with_cache(DetailLoader(details.clone()), spawn_within, HashMapCache::default()).max_batch_size(20_000);
        let live = DataLoader::with_cache(LiveLoader(state.hub().clone()), spawn_within, HashMapCache::default())
            .max_batch_size(20_000)
            .delay(LIVE_GATHERING);
        let current = state.hub().editions.current().map_err(Problem::from);
        RequestContext {
            state,
            // What is permitted to them here is noted for this answer.
            caller: Arc::new(caller.noting()),
            lang,
            purpose: Arc::default(),
            details,
            records,
            live,
            unavailable: Mutex::default(),
            current,
            answered: AtomicU32::new(0),
            beyond_editions: AtomicBool::new(false),
            named: Mutex::default(),
            registries: tokio::sync::OnceCell::new(),
            corrections: tokio::sync::OnceCell::new(),
            federation: tokio::sync::OnceCell::new(),
            keeps: true,
            entities: tokio::sync::OnceCell::new(),
            shown: Mutex::default(),
            audit_bytes: std::sync::atomic::AtomicU64::new(AUDIT_BYTES),
            visible: Mutex::default(),
        }
    }

    /// With what the caller says that they read for.
    pub fn reading_for(self, purpose: &str) -> RequestContext {
        RequestContext { purpose: purpose.into(), ..self }
    }

    /// For a subscription: it may last for days, so that nothing read for one event is kept for the next.
    pub fn lasting(mut self) -> RequestContext {
        self.keeps = false;
        self.records.enable_all_cache(false);
        self.live.enable_all_cache(false);
        self
    }

    pub fn edition(&self) -> Result<Arc<Edition>, Problem> {
        let edition = self.current.clone()?;
        self.note(&edition);
        Ok(edition)
    }

    /// The edition that a day, an instant, a number or a cursor names; the current one where none is given.
    pub fn edition_at(&self, as_of: Option<EditionAsOf>, cursor: Option<&RowCursor>) -> Result<Arc<Edition>, Problem> {
        let edition = match (cursor, as_of) {
            (Some(cursor), _) => self.state.hub().editions.number(cursor.edition)?,
            (None, Some(as_of)) => self.state.hub().editions.at(as_of)?,
            (None, None) => return self.edition(),
        };
        // The newest edition is named too where `asOf` names it: tomorrow it is another one's, and what caches keep of it under the bare
        // id would be overwritten.
        let is_newest = self.current.as_ref().is_ok_and(|current| current.number() == edition.number());
        if as_of.is_some() || !is_newest {
            self.name_edition(edition.number());
        }
        self.note(&edition);
        Ok(edition)
    }

    /// Notes that the question names this edition: what is told of it carries its number in its id.
    pub fn name_edition(&self, number: u32) {
        self.named.lock().expect("no panic while noting editions").insert(number);
    }

    /// The id under which something of an edition is told: clients keep things by id, and an earlier state is another thing than today's.
    pub fn id_in(&self, edition: u32, id: &str) -> String {
        match self.named.lock().expect("no panic while noting editions").contains(&edition) {
            true => format!("{id}{EDITION_MARK}{edition}"),
            false => id.to_owned(),
        }
    }

    fn note(&self, edition: &Edition) {
        let _ = self.answered.compare_exchange(0, edition.number(), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The edition the answer rests on, if it rests on one.
    pub fn answered(&self) -> Option<u32> {
        Some(self.answered.load(Ordering::Relaxed)).filter(|n| *n > 0)
    }

    /// Notes that the answer shows these enterprises, and which fields of them.
    pub fn show(&self, edition: &Arc<Edition>, rows: impl Iterator<Item = Row>, fields: u32) {
        let mut shown = self.shown.lock().expect("no panic while counting");
        shown.fields |= fields;
        let known = shown.editions.iter().position(|(of, ..)| of.number() == edition.number());
        let at = known.unwrap_or_else(|| {
            shown.editions.push((edition.clone(), RoaringBitmap::new(), Vec::new()));
            shown.editions.len() - 1
        });
        let (_, seen, order) = &mut shown.editions[at];
        order.extend(rows.filter(|row| seen.insert(*row)));
    }

    /// Notes that the answer adds up what these enterprises' fields say.
    pub fn show_counted(&self, edition: &Edition, rows: &RoaringBitmap, fields: u32) {
        self.shown.lock().expect("no panic while counting").counted.add_counted(edition, rows, fields);
    }

    /// Notes that the answer was chosen or ordered by these fields, or says them of what was noted already.
    pub fn show_fields(&self, fields: u32) {
        self.shown.lock().expect("no panic while counting").fields |= fields;
    }

    /// What the answer shows, and what was opened for it.
    pub fn take_shown(&self) -> FieldUse {
        let Shown { editions, fields, counted } = std::mem::take(&mut *self.shown.lock().expect("no panic while counting"));
        let mut shown =
            FieldUse { fields: fields | counted.fields, opened: FieldClass::opened_by(self.caller.opened.take()), ..counted };
        for (edition, _, order) in editions {
            shown.add(&edition, order.into_iter(), 0);
        }
        shown
    }

    /// Whether nothing was said yet of this registry being unavailable.
    pub fn first_word_of(&self, registry: &str) -> bool {
        self.unavailable.lock().expect("no panic while holding it").insert(registry.to_owned())
    }

    pub fn touch_store(&self) {
        self.beyond_editions.store(true, Ordering::Relaxed);
    }

    /// Whether the same question has the same answer until the next edition or the next freshness.
    pub fn is_edition_backed(&self) -> bool {
        !self.beyond_editions.load(Ordering::Relaxed)
    }

    /// Takes so many bytes of what this answer may read of the audit; None where they were spent.
    pub fn spend_audit(&self, bytes: u64) -> Option<u64> {
        let take = |left: u64| left.checked_sub(bytes);
        self.audit_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok().map(|_| bytes)
    }

    /// The edition's filter of what the caller wrote, where all it names is known and theirs to ask about; units are those of the day, the
    /// instant or the edition that is asked.
    ///
    /// # Errors
    /// A name that nobody knows, a scope that is missing; the store cannot be read.
    pub async fn planned(&self, filter: &EnterpriseFilter, as_of: Option<EditionAsOf>) -> Result<Filter, Problem> {
        let checked = filter.checked(self.state.hub(), as_of).await?;
        if checked.rests_beyond_edition() {
            self.touch_store();
        }
        self.show_fields(filter.fields());
        checked.plan(&self.caller)
    }

    /// The caller's filter together with the areas they may see, for what shows enterprises one by one.
    pub fn within_areas(&self, filter: Filter) -> Filter {
        match self.caller.role.sees_single_enterprises() {
            true => self.counted_in_areas(filter),
            false => Filter::Rows(Arc::default()),
        }
    }

    /// The same for what only counts.
    pub fn counted_in_areas(&self, filter: Filter) -> Filter {
        match &self.caller.areas {
            all if all.is_empty() => filter,
            _ if self.caller.sees_nothing() => Filter::Rows(Arc::default()),
            areas => Filter::Area(areas.clone()).and(filter),
        }
    }

    /// Refuses a map what shows enterprises one by one: an empty answer would say that there are none.
    ///
    /// # Errors
    /// The caller is a map.
    pub fn require_single(&self) -> Result<(), Problem> {
        match self.caller.role {
            Role::Map => Err(Problem::new(
                Code::Forbidden,
                "地图令牌只能看数目、比率和边界，不能看单个企业；请向管理员申请其他角色的令牌",
                "a map's token sees counts, rates and outlines and no single enterprise; ask the administrator for one of another role",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a map a filter of its own: what two filters differ by may be one enterprise. It counts by area and by the dimensions, of
    /// which small groups are hidden.
    ///
    /// # Errors
    /// The caller is a map, and filters.
    pub fn require_whole(&self, is_filtered: bool) -> Result<(), Problem> {
        match self.caller.role {
            Role::Map if is_filtered => Err(Problem::new(
                Code::Forbidden,
                "地图令牌按区域和维度统计，不能使用筛选条件：两次筛选之差可能就是一家企业",
                "a map's token counts by area and dimension, without a filter: what two filters differ by may be one enterprise",
            )),
            _ => Ok(()),
        }
    }

    /// What the caller is told of the priority, to order by; None for whoever is told all of it.
    pub fn told_scores(&self, edition: &Edition) -> Option<ToldScores> {
        told_order::told_scores(edition, self.caller.sight())
    }

    /// Whether the caller may know that a registry has a record of somebody: that the payments have one says that they pay. That they were
    /// told is noted.
    pub fn may_know_presence(&self, registry: &str) -> bool {
        self.caller.owns(registry) || self.caller.is_shown(self.state.hub().presence_in(registry))
    }

    /// Whether the caller may know of this enterprise.
    pub fn may_see(&self, row: EnterpriseRow<'_>) -> bool {
        if !self.caller.role.sees_single_enterprises() {
            return false;
        }
        if self.caller.areas.is_empty() {
            return true;
        }
        let number = row.edition.number();
        let mut visible = self.visible.lock().expect("no panic while holding the areas");
        if !visible.iter().any(|(n, _)| *n == number) {
            // An area nobody knows shows nothing.
            visible.push((number, row.edition.filter(&Filter::Area(self.caller.areas.clone())).ok()));
        }
        let rows = visible.iter().find(|(n, _)| *n == number).and_then(|(_, rows)| rows.as_ref());
        rows.is_some_and(|rows| rows.contains(row.row))
    }

    /// The enterprise that a text names, an id or a credit code: one that the caller may not know of is told as one that nobody knows.
    ///
    /// # Errors
    /// None or several of the caller's are meant; nothing is published.
    pub fn enterprise_meant(&self, text: &str) -> Result<String, HubError> {
        self.state.hub().enterprise_among(parts_of_id(text).0, |row| self.may_see(row))
    }

    /// The same of an id whose enterprise was joined with another one: that one.
    ///
    /// # Errors
    /// As of [`RequestContext::enterprise_meant`]; the store cannot be read.
    pub async fn enterprise_meant_now(&self, text: &str) -> Result<String, HubError> {
        self.touch_store();
        self.state.hub().enterprise_now(parts_of_id(text).0, |row| self.may_see(row)).await
    }

    /// The unit that a text names as an owner: an area, a federation unit, or one that was entered and that the caller may know of.
    ///
    /// # Errors
    /// There is none; the store cannot be read.
    pub async fn owner_unit(&self, text: &str) -> Result<String, HubError> {
        let hub = self.state.hub();
        match hub.case_unit(text) {
            Ok(code) => Ok(code),
            Err(unknown) => {
                self.touch_store();
                let federation = hub.federation().await?;
                let mine = federation.tree.meant(text).filter(|at| federation.is_seen_by(&self.caller, *at));
                Ok(federation.tree.units[mine.ok_or(unknown)? as usize].code.to_string())
            }
        }
    }

    /// Whether the caller may know of this union: it is of their districts, or covers an enterprise that they may see.
    pub fn may_see_union(&self, union: UnionRow<'_>) -> bool {
        if !self.caller.role.sees_single_enterprises() {
            return false;
        }
        let areas = &self.caller.areas;
        let of_district = |code: u32| areas.iter().any(|area| area.get(..6) == Some(&*code.to_string()));
        areas.is_empty()
            || union.district().is_some_and(of_district)
            || union.covers().into_iter().any(|row| self.may_see(union.edition.enterprise(row)))
    }

    /// The enterprise of the current edition that a record belongs to, where the caller may know of it. Who may see the whole city
    /// also sees records that belong to none.
    pub fn holder_of(&self, registry: &str, key: &str) -> Result<Option<Row>, Problem> {
        let edition = self.edition()?;
        let rows = edition.rows(&LookupKey::Record { registry: registry.to_owned(), key: key.to_owned() });
        Ok(rows.into_iter().find(|row| self.may_see(edition.enterprise(*row))))
    }

    /// The registries' rows in the store, read once per answer.
    pub async fn registry_rows(&self) -> Result<Arc<Vec<RegistryRow>>, Problem> {
        self.touch_store();
        let read = async || {
            self.details.count_read();
            Ok::<_, Problem>(Arc::new(self.state.hub().store.registries().await?))
        };
        match self.keeps {
            true => self.registries.get_or_try_init(read).await.cloned(),
            false => read().await,
        }
    }

    /// How many correction requests of each registry stand how, in the caller's areas; a department's are all of its registry. Read once
    /// per answer.
    pub async fn correction_counts(&self, areas: &[Vec<CaseArea>]) -> Result<Arc<Vec<CorrectionCountRow>>, Problem> {
        self.touch_store();
        let hub = self.state.hub();
        let areas = if self.caller.role == Role::Partner { &[] } else { areas };
        let read = async || {
            self.details.count_read();
            let today = hub.clock.today(hub.settings.zone).to_string();
            Ok::<_, Problem>(Arc::new(hub.store.correction_counts(&today, areas).await?))
        };
        match self.keeps {
            true => self.corrections.get_or_try_init(read).await.cloned(),
            false => read().await,
        }
    }

    /// The federation as it stands, read once per answer.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn federation(&self) -> Result<Arc<Federation>, Problem> {
        self.touch_store();
        let read = async || self.state.hub().federation().await.map_err(mendable);
        match self.keeps {
            true => self.federation.get_or_try_init(read).await.cloned(),
            false => read().await,
        }
    }

    pub async fn record(&self, id: i64) -> Result<Option<Arc<RecordDetail>>, Problem> {
        self.touch_store();
        self.records.load_one(id).await
    }
}

/// The question a resolver answers.
pub fn ask<'a>(ctx: &Context<'a>) -> &'a Arc<RequestContext> {
    ctx.data_unchecked::<Arc<RequestContext>>()
}

/// Turns a problem into the resolver's error, in the caller's language.
pub trait OrTell<T> {
    fn or_tell(self, ctx: &Context<'_>) -> Result<T>;
}

impl<T, E: Into<Problem>> OrTell<T> for Result<T, E> {
    fn or_tell(self, ctx: &Context<'_>) -> Result<T> {
        self.map_err(|e| e.into().error(ask(ctx).lang))
    }
}

/// Whether the caller may see this field; where not, the field is null with FORBIDDEN_FIELD and takes nothing else with it.
pub fn permitted(ctx: &Context<'_>, scope: AccessScope) -> bool {
    let ask = ask(ctx);
    if ask.caller.may(scope) {
        return true;
    }
    let problem = match ask.caller.purposes_for(scope) {
        [] => Problem::forbidden_field(ctx.field().name(), scope.name()),
        purposes => Problem::needs_purpose(Code::ForbiddenField, scope.name(), purposes),
    };
    push_error(ctx, &problem);
    false
}

/// As [`permitted`], of what a registry's own department may see too.
pub fn permitted_of(ctx: &Context<'_>, registry: &str, scope: AccessScope) -> bool {
    ask(ctx).caller.owns(registry) || permitted(ctx, scope)
}

/// Adds an error to the answer while the field itself becomes null.
pub fn push_error(ctx: &Context<'_>, problem: &Problem) {
    let mut error = problem.server_error(ask(ctx).lang);
    error.locations.push(ctx.item.pos);
    ctx.add_error(ctx.set_error_path(error));
}

/// The value, or null with the problem beside it.
pub fn or_null<T>(ctx: &Context<'_>, result: Result<T, Problem>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(problem) => {
            push_error(ctx, &problem);
            None
        }
    }
}

/// Lists of which at most `max` may be asked at a time.
pub fn checked_first(first: i32, max: usize) -> Result<usize, Problem> {
    match usize::try_from(first) {
        Ok(n) if n <= max => Ok(n),
        _ => Err(Problem::bad_input(format!("first 应在 0 到 {max} 之间"), format!("first must be from 0 to {max}"))
            .remedy(max.to_string())),
    }
}

/// How many are left out before a page.
///
/// # Errors
/// Fewer than none.
pub fn checked_skip(skip: i32) -> Result<u32, Problem> {
    u32::try_from(skip).map_err(|_| Problem::bad_input("skip 应为 0 或更大的整数", "skip must be 0 or more").remedy("0"))
}

/// Digest of what was asked, as data: a cursor fits only the question it came from.
pub fn question_of(asked: &impl serde::Serialize) -> u32 {
    let text = serde_json::to_vec(asked).expect("questions are texts, numbers and dates");
    xxhash_rust::xxh3::xxh3_64(&text) as u32
}

/// Reads a cursor; it must be of the same question.
pub fn checked_cursor(after: Option<&str>, question: u32) -> Result<Option<RowCursor>, Problem> {
    let Some(text) = after else { return Ok(None) };
    match RowCursor::decode(text) {
        Some(cursor) if cursor.question == question => Ok(Some(cursor)),
        Some(_) => Err(Problem::new(
            Code::BadInput,
            "游标属于另一个查询：翻页时请保持筛选与排序不变",
            "this cursor belongs to another question: keep filter and order while paging",
        )),
        None => {
            Err(Problem::bad_input("游标无效：请使用 pageInfo.endCursor 的值", "not a cursor: use a value of pageInfo.endCursor"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edition::{Filter, Order, Range, Sort, SortDirection};

    fn question(filter: &Filter, order: &[Order]) -> u32 {
        question_of(&(filter, order))
    }

    #[test]
    fn two_questions_have_two_digests_and_one_has_one() {
        let rows = |rows: [u32; 3]| Filter::Rows(Arc::new(rows.into_iter().collect()));
        let order = |direction| [Order { sort: Sort::Employees, direction }];
        let at_least = |n| Filter::Employees(Range { gte: Some(n), lte: None });
        let asked = [
            question(&Filter::All, &[]),
            question(&Filter::InGap, &[]),
            question(&Filter::InGap, &order(SortDirection::Asc)),
            question(&Filter::InGap, &order(SortDirection::Desc)),
            question(&at_least(100), &[]),
            question(&at_least(101), &[]),
            // As many rows, and the same first and last one.
            question(&rows([1, 5, 9]), &[]),
            question(&rows([1, 6, 9]), &[]),
        ];
        for (at, one) in asked.iter().enumerate() {
            assert!(!asked[..at].contains(one), "question {at}");
        }
        assert_eq!(question(&rows([1, 5, 9]), &[]), question(&rows([9, 5, 1]), &[]));
    }
}
