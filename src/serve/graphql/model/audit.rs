//! Who looked at what: rows of the audit, newest first.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use data_encoding::BASE64URL_NOPAD;

use super::connection::{PageInfo, pages, placed, selects};
use super::scalars::{Date, DateTime, EnterpriseField};
use super::tokens::{CallerRole, token_id};
use crate::access::{FieldClass, Role};
use crate::audit::{AuditFound, AuditPlace, AuditQuestion, AuditRow, Seen, count_back, page_back};
use crate::serve::answers::filter::DateRange;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first, parts_of_id, question_of};
use crate::serve::problem::{Code, Problem};

/// Pages of the audit are at most this long.
pub const MAX_AUDIT: usize = 500;
/// Ids of enterprises that a row shows at most: the audit notes no more.
const MOST_IDS: usize = 2_000;
/// Bytes read for one page: some hundred thousand rows, a fraction of a second.
const PAGE_BYTES: u64 = 64 << 20;
/// Bytes read to count.
const COUNT_BYTES: u64 = 256 << 20;

/// How something was answered.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum AuditWay {
    /// A question to the graph.
    Graphql,
    /// A subscription.
    Stream,
    /// A change; noted before it was made.
    Change,
    /// A download of a list.
    Export,
    /// A file of an export job, or a printed one.
    File,
    /// A question at the counter.
    Counter,
    /// Names that a program of theirs looked up (OpenRefine and its like).
    Reconcile,
    /// What a command on the machine showed.
    Command,
    /// Somebody came in.
    Login,
    /// A message to a receiver of what happens.
    Webhook,
}

impl AuditWay {
    fn of(name: &str) -> Option<AuditWay> {
        Some(match name {
            "graphql" => AuditWay::Graphql,
            "stream" => AuditWay::Stream,
            "change" => AuditWay::Change,
            "export" => AuditWay::Export,
            "file" => AuditWay::File,
            "counter" => AuditWay::Counter,
            "reconcile" => AuditWay::Reconcile,
            "command" => AuditWay::Command,
            "login" => AuditWay::Login,
            "webhook" => AuditWay::Webhook,
            _ => return None,
        })
    }
}

/// What kind of values were opened to somebody, beyond those that every caller sees.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "FieldClass")]
pub enum OpenedClass {
    /// Revenue, payroll, assets, and what is due and paid to the union fund.
    Money,
    /// Strikes and cases of arbitration, and the registries' own rows.
    Dispute,
    /// What visits found, cases, what is asked of departments.
    Visit,
}

impl OpenedClass {
    /// The class of a name in the audit; None of what this release does not know.
    fn of(name: &str) -> Option<OpenedClass> {
        let class = FieldClass::ALL.into_iter().find(|class| class.name() == name)?;
        match class {
            FieldClass::Open => None,
            FieldClass::Money => Some(OpenedClass::Money),
            FieldClass::Dispute => Some(OpenedClass::Dispute),
            FieldClass::Visit => Some(OpenedClass::Visit),
        }
    }
}

/// What else of enterprises can be shown, beside their fields.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum ShownMatter {
    /// What is due to the union fund, and what was paid.
    Fund,
    /// Strikes and cases of arbitration.
    Disputes,
    /// What befell it.
    Events,
    /// What visits found.
    Findings,
    /// Whether a union is missing, and since when.
    Gap,
    /// Its score, or the factors of it.
    Priority,
    /// Its marks.
    Tags,
    /// The registries' own rows, and how they became one enterprise.
    Records,
    /// What is done about it, and who is responsible.
    Cases,
    /// What departments are asked of it.
    Corrections,
    /// Branches, investors, dispatched workers.
    Ties,
    /// What changed.
    History,
    /// The building it is in, and the nearest station.
    Places,
    /// Who looked at it.
    Readers,
}

impl ShownMatter {
    /// By its name in the audit; None for one that this release does not know.
    fn of(name: &str) -> Option<ShownMatter> {
        Some(match name {
            "FUND" => ShownMatter::Fund,
            "DISPUTES" => ShownMatter::Disputes,
            "EVENTS" => ShownMatter::Events,
            "FINDINGS" => ShownMatter::Findings,
            "GAP" => ShownMatter::Gap,
            "PRIORITY" => ShownMatter::Priority,
            "TAGS" => ShownMatter::Tags,
            "RECORDS" => ShownMatter::Records,
            "CASES" => ShownMatter::Cases,
            "CORRECTIONS" => ShownMatter::Corrections,
            "TIES" => ShownMatter::Ties,
            "HISTORY" => ShownMatter::History,
            "PLACES" => ShownMatter::Places,
            "READERS" => ShownMatter::Readers,
            _ => return None,
        })
    }
}

/// Conditions on rows of the audit; those given together must all hold.
#[derive(Debug, Default, InputObject)]
pub struct AuditFilter {
    /// Id or name of a token.
    pub caller: Option<String>,
    /// Part of the purpose that was stated.
    pub purpose: Option<String>,
    /// Days in the time zone of the hub.
    pub on: Option<DateRange>,
    /// Fields of which one was shown.
    pub field: Option<Vec<EnterpriseField>>,
    /// Id of an enterprise that was shown. Of answers that showed very many it cannot be told, and they are among the rows.
    pub enterprise: Option<ID>,
    /// What was asked: the digits by which a row names it, or the first of them.
    pub operation: Option<String>,
    /// Id of a request: of an answer, or of an exported file, in its name, its properties or its column `mark`.
    pub request: Option<String>,
}

impl AuditFilter {
    fn question(self, ask: &RequestContext) -> AuditQuestion {
        let zone = ask.state.hub().settings.zone;
        let moment = |day: chrono::NaiveDate| {
            let midnight = day.and_hms_opt(0, 0, 0).expect("midnight is a time");
            let local = midnight.and_local_timezone(zone).earliest();
            local.map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&chrono::Utc))
        };
        let written = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let last = |day: Date| {
            let next = day.0.succ_opt().unwrap_or(day.0);
            written(moment(next) - chrono::Duration::milliseconds(1))
        };
        let on = self.on.unwrap_or(DateRange { gte: None, lte: None });
        let given = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let field = |f: EnterpriseField| crate::model::enterprise::EnterpriseField::from(f).name().to_owned();
        AuditQuestion {
            caller: given(self.caller).map(|caller| token_id(&caller).to_owned()),
            purpose: given(self.purpose),
            enterprise: self.enterprise.map(|id| parts_of_id(&id).0.to_owned()),
            fields: self.field.unwrap_or_default().into_iter().map(field).collect(),
            operation: given(self.operation).map(|digits| digits.to_ascii_lowercase()),
            request: given(self.request),
            since: on.gte.map(|day| written(moment(day.0))),
            until: on.lte.map(last),
        }
    }
}

/// One answer, as the audit holds it.
pub struct AuditEntry {
    chain: u32,
    row: AuditRow,
    /// The enterprise that was sought.
    sought: Option<String>,
}

/// One answer: who was shown what, when, what for. It was written before the answer left, and every row holds the digest of the one before.
#[Object]
impl AuditEntry {
    /// `audit:`, the chain and the row's number in it, as `huitu audit verify` names them.
    async fn id(&self) -> ID {
        ID(format!("audit:{}:{}", self.chain, self.row.seq))
    }
    /// When it was answered.
    async fn at(&self) -> Option<DateTime> {
        let at = chrono::DateTime::parse_from_rfc3339(&self.row.at).ok()?;
        DateTime::from_millis(at.timestamp_millis())
    }
    /// Name of the caller's token, or of the command's user.
    async fn who(&self) -> &str {
        &self.row.name
    }
    /// Its id: two tokens of one name are two callers.
    async fn caller(&self) -> ID {
        ID(format!("token:{}", self.row.caller))
    }
    /// What the caller was.
    async fn role(&self) -> Option<CallerRole> {
        Role::from_name(&self.row.role).map(Into::into)
    }
    /// What for, as the caller said; null where it said nothing.
    async fn purpose(&self) -> Option<&str> {
        Some(self.row.purpose.as_str()).filter(|purpose| !purpose.is_empty())
    }
    /// How it was answered; null for a way that this release does not know.
    async fn way(&self) -> Option<AuditWay> {
        AuditWay::of(&self.row.way)
    }
    /// What was asked: the first sixteen digits of its SHA-256.
    async fn operation(&self) -> &str {
        &self.row.operation
    }
    /// Fields of enterprises that it showed.
    async fn fields(&self) -> Vec<EnterpriseField> {
        let all = crate::model::enterprise::EnterpriseField::ALL;
        all.iter().filter(|field| self.row.fields.iter().any(|name| name == field.name())).map(|field| (*field).into()).collect()
    }
    /// What else of enterprises it showed: verdicts, findings, the registries' rows.
    async fn matters(&self) -> Vec<ShownMatter> {
        self.row.fields.iter().filter_map(|name| ShownMatter::of(name)).collect()
    }
    /// What was opened to the caller for it beyond what every caller sees: by values shown, filters, orders or sums.
    async fn classes(&self) -> Vec<OpenedClass> {
        self.row.classes.iter().filter_map(|name| OpenedClass::of(name)).collect()
    }
    /// How many enterprises it showed.
    async fn enterprises(&self) -> i64 {
        match &self.row.enterprises {
            Seen::These(ids) => ids.len() as i64,
            Seen::Many { count, .. } => *count as i64,
        }
    }
    /// Ids of those enterprises, as far as the caller may know of them; null where they were very many.
    async fn enterprise_ids(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 2,000.")] first: i32,
    ) -> Result<Option<Vec<ID>>> {
        let first = checked_first(first, MOST_IDS).or_tell(ctx)?;
        let Seen::These(ids) = &self.row.enterprises else { return Ok(None) };
        let ask = ask(ctx);
        // Who reads the audit and sees no enterprise reads ids alone; who works in a district knows of its own.
        let is_bound = ask.caller.role.sees_enterprises() && !ask.caller.areas.is_empty();
        let edition = ask.edition().ok();
        let may_know = |id: &&String| {
            !is_bound || edition.as_ref().and_then(|e| e.enterprise_of_id(id)).is_some_and(|enterprise| ask.may_see(enterprise))
        };
        Ok(Some(ids.iter().filter(may_know).take(first).map(|id| ID(id.clone())).collect()))
    }
    /// What chose them, where they were very many: the question as it was asked.
    async fn chosen_by(&self) -> Option<&str> {
        match &self.row.enterprises {
            Seen::These(_) => None,
            Seen::Many { chosen_by, .. } => Some(chosen_by),
        }
    }
    /// Whether the enterprise that was sought was shown for certain; null where none was sought.
    async fn is_certain(&self) -> Option<bool> {
        self.sought.as_ref().map(|_| matches!(self.row.enterprises, Seen::These(_)))
    }
    /// Number of the edition that it rests on; null for none.
    async fn edition_number(&self) -> Option<i32> {
        i32::try_from(self.row.edition).ok().filter(|number| *number > 0)
    }
    /// Id of the request, as in the log and in the answer.
    async fn request_id(&self) -> &str {
        &self.row.request
    }
}

pages!(
    "Rows of the audit, page by page, newest first. A page may be short and still have a next one: no more than a bounded part of the files is read for it.",
    AuditEntryConnection,
    "The rows of this page.",
    AuditEntry,
    "A row and its cursor.",
    AuditEntryEdge,
    "The row.",
    "Of all pages together; null where counting them would take too long: ask for fewer days.",
    Option<i32>
);

impl AuditEntryConnection {
    /// One page.
    ///
    /// # Errors
    /// A cursor of another question; the files cannot be read, or the answer has read enough of them.
    pub async fn page(
        ctx: &Context<'_>,
        filter: AuditFilter,
        first: usize,
        after: Option<&str>,
    ) -> Result<AuditEntryConnection, Problem> {
        let ask = ask(ctx);
        // Who reads the audit is noted there too.
        ask.touch_store();
        let question = filter.question(ask);
        let digest = question_of(&format!("{question:?}"));
        let from = after.map(|text| place_of(text, digest).ok_or_else(wrong_cursor)).transpose()?;
        let counts = selects(ctx.field(), &["totalCount"]);
        let audit = ask.state.audit_folder().to_path_buf();
        let (asked, has_previous) = (question.clone(), from.is_some());
        // One answer that asks of many enterprises reads no more than one that asks of one.
        let page_bytes = ask.spend_audit(PAGE_BYTES).ok_or_else(read_enough)?;
        let count_bytes = if counts { ask.spend_audit(COUNT_BYTES) } else { None };
        let reading = ask.state.background().run(&ask.caller.id, move || {
            let page = page_back(&audit, &asked, from.as_ref(), first, page_bytes)?;
            let count = match count_bytes {
                Some(bytes) => count_back(&audit, &asked, bytes)?,
                None => None,
            };
            std::io::Result::Ok((page, count))
        });
        let (page, count) = reading.await.map_err(|_| Problem::internal())?.map_err(|error| {
            tracing::error!(%error, "the audit cannot be read");
            Problem::internal()
        })?;
        let cursor = |place: &AuditPlace| BASE64URL_NOPAD.encode(format!("{digest:08x}{place}").as_bytes());
        let mut cursors: Vec<String> = page.rows.iter().map(|found| cursor(&found.place)).collect();
        let end = page.next.as_ref().map(cursor);
        // A page that read in vain goes on from where it stopped, not from its last row.
        let is_whole = page.rows.len() == first;
        let mut placed = placed(page.next.is_some(), has_previous, std::mem::take(&mut cursors));
        if !is_whole && let Some(end) = end {
            placed.page_info = PageInfo { end_cursor: Some(end), ..placed.page_info };
        }
        let entry = |found: AuditFound| AuditEntry { chain: found.chain, row: found.row, sought: question.enterprise.clone() };
        Ok(AuditEntryConnection {
            nodes: page.rows.into_iter().map(entry).collect(),
            placed,
            total_count: count.map(|n| i32::try_from(n).unwrap_or(i32::MAX)),
        })
    }
}

fn place_of(text: &str, digest: u32) -> Option<AuditPlace> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (question, place) = text.split_at_checked(8)?;
    if u32::from_str_radix(question, 16) != Ok(digest) {
        return None;
    }
    place.parse().ok()
}

fn wrong_cursor() -> Problem {
    Problem::bad_input(
        "游标无效或属于另一个查询：翻页时请保持筛选不变",
        "not a cursor of this question: keep the filter while paging",
    )
}

fn read_enough() -> Problem {
    Problem::new(
        Code::CostExceeded,
        "一次查询读取的访问记录太多：请少查几家企业，或用 auditSearch",
        "one answer would read too much of the audit: ask of fewer enterprises, or by auditSearch",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::answers::usage::matters;

    #[test]
    fn whatever_the_audit_notes_beside_fields_is_told_by_the_graph() {
        let silent: Vec<&str> = matters().filter(|name| ShownMatter::of(name).is_none()).collect();
        assert!(silent.is_empty(), "{silent:?}");
    }
}
