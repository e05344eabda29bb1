//! Outreach cases as they stand, and every step that led there.
//!
//! One writer at a time ([`Store::begin_cases`]), so that events are numbered in the order in which they become visible: whoever has read
//! up to a number misses nothing. No rule lives here; `cases` has them.

use sqlx::Row;

use super::bulk::{self, Bulk};
use super::{Store, StoreError, Tx, in_tx, read};

/// What `due` holds where nothing is due: sorts behind every day.
pub const NEVER_DUE: &str = "9999-12-31";
/// Key of PostgreSQL's advisory lock of whoever writes cases: "case" in ASCII.
const WRITING: i64 = 0x63_61_73_65;

super::row! {
    /// A case. Times in milliseconds since 1970, `due` an ISO date.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CaseRow {
        /// `C` and twelve characters.
        pub id: String,
        /// Whose case it is now.
        pub enterprise_id: String,
        /// Whom it was opened for.
        pub home_id: String,
        /// The case that goes on for both, where enterprises were joined.
        pub joined_into: Option<String>,
        /// Name of a `CaseState`.
        pub state: String,
        /// Name of a `CaseStage`.
        pub stage: String,
        /// Why it is closed: a code of `reference/unions/closing_reasons.csv`.
        pub reason: Option<String>,
        /// 1 where the registries closed it.
        pub by_data: i64,
        /// The records that closed it, JSON list of `CaseEvidence`.
        pub evidence: Option<String>,
        /// Name of a `CaseOrigin`.
        pub origin: String,
        /// Code of the enterprise's town, else of its district, else empty.
        pub area: String,
        /// Code of the federation unit that looks after it; empty where there is none.
        pub federation: String,
        /// Code of the unit that is responsible.
        pub owner_unit: Option<String>,
        /// The owner's role.
        pub owner_role: Option<String>,
        /// The owner's name, where the deployer keeps names.
        pub owner_name: Option<String>,
        /// Since when that owner has it.
        pub owned_at: Option<i64>,
        /// When something is due; [`NEVER_DUE`] where nothing is.
        pub due: String,
        /// Name of a `CaseMethod`.
        pub method: Option<String>,
        /// From 1 to 5.
        pub assessment: Option<i64>,
        /// JSON of a `CaseRefusal`.
        pub refusal: Option<String>,
        /// When it was opened.
        pub opened_at: i64,
        /// When it was closed; None while it is open.
        pub closed_at: Option<i64>,
        /// Number of its last event.
        pub version: i64,
    }
}

super::row! {
    /// One step of a case. Never changed, never removed.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CaseEventRow {
        /// Rises over all cases.
        pub id: i64,
        /// Which case.
        pub case_id: String,
        /// Its enterprise at that time.
        pub enterprise_id: String,
        /// When.
        pub at: i64,
        /// Who; None: the registries.
        pub by_whom: Option<String>,
        /// Name of a `CaseStepKind`.
        pub what: String,
        /// As it was.
        pub from_value: Option<String>,
        /// As it is.
        pub to_value: Option<String>,
        /// What was written beside it.
        pub note: Option<String>,
        /// Of what the registries did: the edition that says so.
        pub edition: Option<i64>,
        /// The records that say so, JSON list of `CaseEvidence`.
        pub evidence: Option<String>,
    }
}

const COLUMNS: &str = "id, enterprise_id, home_id, joined_into, state, stage, reason, by_data, evidence, origin, area, federation, \
                       owner_unit, owner_role, owner_name, owned_at, due, method, assessment, refusal, opened_at, closed_at, version";
const EVENT_COLUMNS: &str = "id, case_id, enterprise_id, at, by_whom, what, from_value, to_value, note, edition, evidence";

/// Which cases are wanted; conditions given together must all hold, values of one condition are alternatives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseQuery {
    /// Names of states.
    pub states: Vec<String>,
    /// Names of stages.
    pub stages: Vec<String>,
    /// Codes of the units that are responsible.
    pub owner_units: Vec<String>,
    /// The owner's role.
    pub owner_role: Option<String>,
    /// The owner's name.
    pub owner_name: Option<String>,
    /// With an owner, or without.
    pub owned: Option<bool>,
    /// Owned since this moment or later.
    pub owned_from: Option<i64>,
    /// Names of origins.
    pub origins: Vec<String>,
    /// Names of methods.
    pub methods: Vec<String>,
    /// Codes of reasons.
    pub reasons: Vec<String>,
    /// Closed by the registries, or by a person.
    pub by_data: Option<bool>,
    /// Least and greatest assessment.
    pub assessment: (Option<i64>, Option<i64>),
    /// First and last day on which something is due.
    pub due: (Option<String>, Option<String>),
    /// Opened from, and before.
    pub opened: (Option<i64>, Option<i64>),
    /// Closed from, and before.
    pub closed: (Option<i64>, Option<i64>),
    /// Each list: in one of these areas; lists together must all hold. None of an empty list.
    pub areas: Vec<Vec<CaseArea>>,
    /// Ids of enterprises.
    pub enterprises: Option<Vec<String>>,
}

/// An area as cases are kept by it.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseArea {
    /// A district or town: whatever begins with its code.
    Within(String),
    /// A federation unit.
    Federation(String),
    /// The whole city.
    Everywhere,
}

/// A value to bind.
enum Value {
    Text(String),
    Number(i64),
}

/// The conditions of a query with the values they bind, numbered from 1.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn text(&mut self, value: &str) -> String {
        self.values.push(Value::Text(value.to_owned()));
        format!("${}", self.values.len())
    }
    fn number(&mut self, value: i64) -> String {
        self.values.push(Value::Number(value));
        format!("${}", self.values.len())
    }
    fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }
    fn one_of(&mut self, column: &str, values: &[String]) {
        if let [one] = values {
            let one = self.text(one);
            self.and(&format!("{column} = {one}"));
        } else if !values.is_empty() {
            let list: Vec<String> = values.iter().map(|v| self.text(v)).collect();
            self.and(&format!("{column} IN ({})", list.join(", ")));
        }
    }
    fn range(&mut self, column: &str, (from, below): (Option<i64>, Option<i64>)) {
        if let Some(from) = from {
            let from = self.number(from);
            self.and(&format!("{column} >= {from}"));
        }
        if let Some(below) = below {
            let below = self.number(below);
            self.and(&format!("{column} < {below}"));
        }
    }
    fn of(q: &CaseQuery) -> Conditions {
        let mut c = Conditions { sql: "joined_into IS NULL".to_owned(), values: Vec::new() };
        c.one_of("state", &q.states);
        c.one_of("owner_unit", &q.owner_units);
        if let Some(role) = &q.owner_role {
            let role = c.text(role);
            c.and(&format!("owner_role = {role}"));
        }
        if let Some(name) = &q.owner_name {
            let name = c.text(name);
            c.and(&format!("owner_name = {name}"));
        }
        match q.owned {
            Some(true) => c.and("owner_unit IS NOT NULL"),
            Some(false) => c.and("owner_unit IS NULL"),
            None => {}
        }
        c.range("owned_at", (q.owned_from, None));
        c.one_of("stage", &q.stages);
        c.one_of("origin", &q.origins);
        c.one_of("method", &q.methods);
        c.one_of("reason", &q.reasons);
        if let Some(by_data) = q.by_data {
            let by_data = c.number(i64::from(by_data));
            c.and(&format!("by_data = {by_data}"));
        }
        c.range("assessment", (q.assessment.0, q.assessment.1.map(|n| n + 1)));
        if let Some(from) = &q.due.0 {
            let from = c.text(from);
            c.and(&format!("due >= {from}"));
        }
        if let Some(to) = &q.due.1 {
            let to = c.text(to);
            c.and(&format!("due <= {to}"));
        }
        c.range("opened_at", q.opened);
        c.range("closed_at", q.closed);
        if let Some(ids) = &q.enterprises {
            if ids.is_empty() {
                c.and("1 = 0");
            }
            c.one_of("enterprise_id", ids);
        }
        for areas in &q.areas {
            if areas.contains(&CaseArea::Everywhere) {
                continue;
            }
            let parts: Vec<String> = areas
                .iter()
                .map(|area| match area {
                    // Digits sort before the colon: whatever begins with the code.
                    CaseArea::Within(code) => {
                        let (from, below) = (c.text(code), c.text(&format!("{code}:")));
                        format!("(area >= {from} AND area < {below})")
                    }
                    CaseArea::Federation(unit) => {
                        let unit = c.text(unit);
                        format!("federation = {unit}")
                    }
                    CaseArea::Everywhere => "1 = 1".to_owned(),
                })
                .collect();
            c.and(&if parts.is_empty() { "1 = 0".to_owned() } else { format!("({})", parts.join(" OR ")) });
        }
        c
    }
}

/// Binds the values of conditions in their order.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Number(number) => query.bind(*number),
            };
        }
        query
    }};
}

impl Store {
    /// A transaction of whoever writes cases; on PostgreSQL others wait until it ends, as they do on SQLite.
    ///
    /// # Errors
    /// Database, where no transaction can be opened.
    pub async fn begin_cases(&self) -> Result<Tx, StoreError> {
        let mut tx = self.begin().await?;
        if let Tx::Postgres(t) = &mut tx {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITING).execute(&mut **t).await.map_err(|e| self.failed(e))?;
        }
        Ok(tx)
    }

    /// A page of cases by the day on which something is due, then by id, behind a place where one is given.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn cases(&self, query: &CaseQuery, first: i64, after: Option<(&str, &str)>) -> Result<Vec<CaseRow>, StoreError> {
        let mut c = Conditions::of(query);
        if let Some((due, id)) = after {
            let (due, id) = (c.text(due), c.text(id));
            c.and(&format!("(due, id) > ({due}, {id})"));
        }
        let limit = c.number(first);
        let sql = format!("SELECT {COLUMNS} FROM outreach_case WHERE {} ORDER BY due, id LIMIT {limit}", c.sql);
        read!(self, |db| bound!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), &c.values).fetch_all(db).await)
            .map_err(|e| self.failed(e))
    }

    /// How many cases there are of a kind.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn count_cases(&self, query: &CaseQuery) -> Result<i64, StoreError> {
        let c = Conditions::of(query);
        let sql = format!("SELECT COUNT(*) FROM outreach_case WHERE {}", c.sql);
        let (count,): (i64,) = read!(self, |db| bound!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), &c.values).fetch_one(db).await)
            .map_err(|e| self.failed(e))?;
        Ok(count)
    }

    /// A case by id, joined ones included; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn case(&self, id: &str) -> Result<Option<CaseRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM outreach_case WHERE id = $1"));
        read!(self, |db| sqlx::query_as(sql).bind(id).fetch_optional(db).await).map_err(|e| self.failed(e))
    }

    /// The cases that wait behind others, in one statement.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn cases_joined_into(&self, ids: &[String]) -> Result<Vec<CaseRow>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM outreach_case WHERE joined_into IN (SELECT value FROM json_each($1)) ORDER BY opened_at, id"
                );
                let ids = serde_json::to_string(ids).expect("ids");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&s.reader).await
            }
            Store::Postgres(p, _) => {
                let sql = format!("SELECT {COLUMNS} FROM outreach_case WHERE joined_into = ANY($1) ORDER BY opened_at, id");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(p).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// The cases of some enterprises, those that go on, in one statement.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn cases_of(&self, enterprises: &[String]) -> Result<Vec<CaseRow>, StoreError> {
        let ids = serde_json::to_string(enterprises).expect("ids");
        match self {
            Store::Sqlite(s) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM outreach_case
                     WHERE joined_into IS NULL AND enterprise_id IN (SELECT value FROM json_each($1)) ORDER BY id"
                );
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&s.reader).await
            }
            Store::Postgres(p, _) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM outreach_case WHERE joined_into IS NULL AND enterprise_id = ANY($1) ORDER BY id"
                );
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(enterprises).fetch_all(p).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// The steps of several cases: for each the `limit` latest with ids below `before`, newest first, with how many it has in all. Where
    /// fewer are below `before`, others fill the number up, so that each case has a row that says how many.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn case_events(&self, cases: &[String], before: i64, limit: i64) -> Result<Vec<(i64, CaseEventRow)>, StoreError> {
        macro_rules! taken {
            ($rows:expr) => {
                $rows
                    .await
                    .map_err(|e| self.failed(e))?
                    .iter()
                    .map(|r| Ok((r.try_get("total")?, <CaseEventRow as sqlx::FromRow<_>>::from_row(r)?)))
                    .collect::<Result<Vec<_>, sqlx::Error>>()
                    .map_err(|e| self.failed(e))
            };
        }
        let ranked = |of: &str| {
            format!(
                "SELECT total, {EVENT_COLUMNS} FROM (
                     SELECT c.*, COUNT(*) OVER (PARTITION BY case_id) AS total,
                            ROW_NUMBER() OVER (PARTITION BY case_id ORDER BY (id < $2) DESC, id DESC) AS place
                     FROM case_event c WHERE case_id {of}) AS ranked
                 WHERE place <= $3 ORDER BY case_id, id DESC"
            )
        };
        match self {
            Store::Sqlite(s) => taken!(
                sqlx::query(sqlx::AssertSqlSafe(ranked("IN (SELECT value FROM json_each($1))")))
                    .bind(serde_json::to_string(cases).expect("ids"))
                    .bind(before)
                    .bind(limit)
                    .fetch_all(&s.reader)
            ),
            Store::Postgres(p, _) => {
                taken!(sqlx::query(sqlx::AssertSqlSafe(ranked("= ANY($1)"))).bind(cases).bind(before).bind(limit).fetch_all(p))
            }
        }
    }

    /// What happened after an event, in order.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn case_events_after(&self, id: i64, limit: i64) -> Result<Vec<CaseEventRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {EVENT_COLUMNS} FROM case_event WHERE id > $1 ORDER BY id LIMIT $2"));
        read!(self, |db| sqlx::query_as(sql).bind(id).bind(limit).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Number of the last event; 0 before the first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn last_case_event(&self) -> Result<i64, StoreError> {
        let (last,): (i64,) = read!(self, |db| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM case_event").fetch_one(db).await)
            .map_err(|e| self.failed(e))?;
        Ok(last)
    }

    /// Where merged entities among these went.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn entity_redirects(&self, ids: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Store::Sqlite(s) => {
                sqlx::query_as(
                    "SELECT id, merged_into FROM entity
                     WHERE merged_into IS NOT NULL AND id IN (SELECT value FROM json_each($1)) ORDER BY id",
                )
                .bind(serde_json::to_string(ids).expect("ids"))
                .fetch_all(&s.reader)
                .await
            }
            Store::Postgres(p, _) => {
                sqlx::query_as("SELECT id, merged_into FROM entity WHERE merged_into IS NOT NULL AND id = ANY($1) ORDER BY id")
                    .bind(ids)
                    .fetch_all(p)
                    .await
            }
        }
        .map_err(|e| self.failed(e))
    }
}

/// Every case, joined ones included, in the order of their ids.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn all(tx: &mut Tx) -> Result<Vec<CaseRow>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM outreach_case ORDER BY id");
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            let mut rows = Vec::new();
            bulk::blocking(|| {
                bulk.prepare(&sql)?.each(&[], |r| {
                    let text =
                        |at| r.text(at).map(str::to_owned).map_err(|e| super::damage::damaged("outreach_case", rows.len(), e));
                    // No text that is there is empty.
                    let maybe = |at| text(at).map(|t| Some(t).filter(|t| !t.is_empty()));
                    let row = CaseRow {
                        id: text(0)?,
                        enterprise_id: text(1)?,
                        home_id: text(2)?,
                        joined_into: maybe(3)?,
                        state: text(4)?,
                        stage: text(5)?,
                        reason: maybe(6)?,
                        by_data: r.integer(7),
                        evidence: maybe(8)?,
                        origin: text(9)?,
                        area: text(10)?,
                        federation: text(11)?,
                        owner_unit: maybe(12)?,
                        owner_role: maybe(13)?,
                        owner_name: maybe(14)?,
                        owned_at: r.optional_integer(15),
                        due: text(16)?,
                        method: maybe(17)?,
                        assessment: r.optional_integer(18),
                        refusal: maybe(19)?,
                        opened_at: r.integer(20),
                        closed_at: r.optional_integer(21),
                        version: r.integer(22),
                    };
                    rows.push(row);
                    Ok(())
                })
            })?;
            Ok(rows)
        }
        Tx::Postgres(t) => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut **t).await,
    }
}

/// The cases of these enterprises, joined ones included, in the order of their ids.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn of(tx: &mut Tx, enterprises: &[String]) -> Result<Vec<CaseRow>, sqlx::Error> {
    match tx {
        Tx::Sqlite(t) => {
            let sql = format!(
                "SELECT {COLUMNS} FROM outreach_case WHERE enterprise_id IN (SELECT value FROM json_each($1)) ORDER BY id"
            );
            let ids = serde_json::to_string(enterprises).expect("ids");
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&mut **t).await
        }
        Tx::Postgres(t) => {
            let sql = format!("SELECT {COLUMNS} FROM outreach_case WHERE enterprise_id = ANY($1) ORDER BY id");
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(enterprises).fetch_all(&mut **t).await
        }
    }
}

/// A case inside a transaction, as nobody else can change it meanwhile.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn one(tx: &mut Tx, id: &str) -> Result<Option<CaseRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM outreach_case WHERE id = $1"));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)
}

/// Which of these enterprises have a case that goes on.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn ids_of(tx: &mut Tx, enterprises: &[String]) -> Result<Vec<(String, String)>, sqlx::Error> {
    let ids = serde_json::to_string(enterprises).expect("ids");
    match tx {
        Tx::Sqlite(t) => {
            sqlx::query_as(
                "SELECT enterprise_id, id FROM outreach_case
                 WHERE joined_into IS NULL AND enterprise_id IN (SELECT value FROM json_each($1)) ORDER BY id",
            )
            .bind(ids)
            .fetch_all(&mut **t)
            .await
        }
        Tx::Postgres(t) => {
            sqlx::query_as(
                "SELECT enterprise_id, id FROM outreach_case WHERE joined_into IS NULL AND enterprise_id = ANY($1) ORDER BY id",
            )
            .bind(enterprises)
            .fetch_all(&mut **t)
            .await
        }
    }
}

/// Writes cases as they stand now, whole rows; new ones are added. In the order given: a seat is freed before it is taken.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put(tx: &mut Tx, cases: &[CaseRow]) -> Result<(), sqlx::Error> {
    const SQL: &str = "INSERT INTO outreach_case (id, enterprise_id, home_id, joined_into, state, stage, reason, by_data, evidence, \
             origin, area, federation, owner_unit, owner_role, owner_name, owned_at, due, method, assessment, refusal, opened_at, \
             closed_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
         ON CONFLICT (id) DO UPDATE SET enterprise_id = excluded.enterprise_id, joined_into = excluded.joined_into, \
             state = excluded.state, stage = excluded.stage, reason = excluded.reason, by_data = excluded.by_data, \
             evidence = excluded.evidence, area = excluded.area, federation = excluded.federation, \
             owner_unit = excluded.owner_unit, owner_role = excluded.owner_role, owner_name = excluded.owner_name, \
             owned_at = excluded.owned_at, due = excluded.due, method = excluded.method, assessment = excluded.assessment, \
             refusal = excluded.refusal, closed_at = excluded.closed_at, version = excluded.version";
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                let mut statement = bulk.prepare(SQL)?;
                cases.iter().try_for_each(|c| {
                    statement.run(&[
                        c.id.as_str().into(),
                        c.enterprise_id.as_str().into(),
                        c.home_id.as_str().into(),
                        c.joined_into.as_deref().into(),
                        c.state.as_str().into(),
                        c.stage.as_str().into(),
                        c.reason.as_deref().into(),
                        c.by_data.into(),
                        c.evidence.as_deref().into(),
                        c.origin.as_str().into(),
                        c.area.as_str().into(),
                        c.federation.as_str().into(),
                        c.owner_unit.as_deref().into(),
                        c.owner_role.as_deref().into(),
                        c.owner_name.as_deref().into(),
                        c.owned_at.into(),
                        c.due.as_str().into(),
                        c.method.as_deref().into(),
                        c.assessment.into(),
                        c.refusal.as_deref().into(),
                        c.opened_at.into(),
                        c.closed_at.into(),
                        c.version.into(),
                    ])
                })
            })
        }
        Tx::Postgres(t) => {
            for c in cases {
                sqlx::query(SQL)
                    .bind(&c.id)
                    .bind(&c.enterprise_id)
                    .bind(&c.home_id)
                    .bind(&c.joined_into)
                    .bind(&c.state)
                    .bind(&c.stage)
                    .bind(&c.reason)
                    .bind(c.by_data)
                    .bind(&c.evidence)
                    .bind(&c.origin)
                    .bind(&c.area)
                    .bind(&c.federation)
                    .bind(&c.owner_unit)
                    .bind(&c.owner_role)
                    .bind(&c.owner_name)
                    .bind(c.owned_at)
                    .bind(&c.due)
                    .bind(&c.method)
                    .bind(c.assessment)
                    .bind(&c.refusal)
                    .bind(c.opened_at)
                    .bind(c.closed_at)
                    .bind(c.version)
                    .execute(&mut **t)
                    .await?;
            }
            Ok(())
        }
    }
}

/// Number of the last event, inside the transaction of whoever writes the next.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn last_event(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let row = in_tx!(tx, |c| sqlx::query("SELECT COALESCE(MAX(id), 0) FROM case_event").fetch_one(c).await.map(|r| r.get(0)))?;
    Ok(row)
}

/// Appends events with the numbers they have.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn note(tx: &mut Tx, events: &[CaseEventRow]) -> Result<(), sqlx::Error> {
    const SQL: &str = "INSERT INTO case_event (id, case_id, enterprise_id, at, by_whom, what, from_value, to_value, note, edition, \
                       evidence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                let mut statement = bulk.prepare(SQL)?;
                events.iter().try_for_each(|e| {
                    statement.run(&[
                        e.id.into(),
                        e.case_id.as_str().into(),
                        e.enterprise_id.as_str().into(),
                        e.at.into(),
                        e.by_whom.as_deref().into(),
                        e.what.as_str().into(),
                        e.from_value.as_deref().into(),
                        e.to_value.as_deref().into(),
                        e.note.as_deref().into(),
                        e.edition.into(),
                        e.evidence.as_deref().into(),
                    ])
                })
            })
        }
        Tx::Postgres(t) => {
            for e in events {
                sqlx::query(SQL)
                    .bind(e.id)
                    .bind(&e.case_id)
                    .bind(&e.enterprise_id)
                    .bind(e.at)
                    .bind(&e.by_whom)
                    .bind(&e.what)
                    .bind(&e.from_value)
                    .bind(&e.to_value)
                    .bind(&e.note)
                    .bind(e.edition)
                    .bind(&e.evidence)
                    .execute(&mut **t)
                    .await?;
            }
            Ok(())
        }
    }
}

/// Takes these cases off their seats until they are put anew, so that they can change places in any order.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn unseat(tx: &mut Tx, ids: &[String]) -> Result<(), sqlx::Error> {
    for id in ids {
        in_tx!(tx, |c| sqlx::query("UPDATE outreach_case SET joined_into = id WHERE id = $1")
            .bind(id)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// The steps of a case between two numbers, both included, in order.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn events_between(tx: &mut Tx, case: &str, first: i64, last: i64) -> Result<Vec<CaseEventRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {EVENT_COLUMNS} FROM case_event WHERE case_id = $1 AND id >= $2 AND id <= $3 ORDER BY id"
    ));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(case).bind(first).bind(last).fetch_all(c).await)
}
