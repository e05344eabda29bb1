//! Outreach cases as they stand, and every step that led there.
//!
//! One writer at a time ([`Store::begin_cases`]), so that events are numbered in the order in which they become visible: whoever has read
//! up to a number misses nothing. No rule lives here; `cases` has them.

use super::bulk::{self, Bulk};
use super::conditions::{Conditions, bound};
use super::{Store, StoreError, Tx, in_tx, read};

pub use super::conditions::CaseArea;

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

const COLUMNS: &str = "id, enterprise_id, home_id, joined_into, state, stage, reason, by_data, evidence, origin, area, federation, \
                       owner_unit, owner_role, owner_name, owned_at, due, method, assessment, refusal, opened_at, closed_at, version";
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
    /// Closed with a union, or with something else.
    pub won: Option<CaseWon>,
    /// With a day on which something is due, or without.
    pub dated: Option<bool>,
    /// Ids of cases.
    pub ids: Option<Vec<String>>,
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
    /// At home in some units of the federation.
    pub at_home: Option<CaseHomes>,
}

/// The enterprises of a condition that is not the store's, however many they are. Its words are the condition: a page goes on where others
/// came to it meanwhile.
#[derive(Clone, PartialEq)]
pub struct CaseHomes {
    /// What was asked.
    pub asked: String,
    /// Ids of the enterprises that are meant.
    pub enterprises: Vec<String>,
}

impl std::fmt::Debug for CaseHomes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CaseHomes").field(&self.asked).finish()
    }
}

/// What says that a closed case was won.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseWon {
    /// Codes of reasons that always say so.
    pub reasons: Vec<String>,
    /// Codes of reasons that say so where the registries closed it.
    pub by_data: Vec<String>,
    /// Won, or closed with something else.
    pub is: bool,
}

/// So many enterprises are looked up one by one rather than found among all cases of a state: a look-up costs what reading two cases does.
const LOOKED_UP: usize = 20_000;

/// Where cases are read. SQLite, which keeps no statistics here, takes the day's order for cheap and would read every open case to find a
/// few enterprises' ones.
fn cases_table(q: &CaseQuery, store: &Store) -> &'static str {
    let named = q.enterprises.as_ref().or(q.at_home.as_ref().map(|homes| &homes.enterprises));
    match store {
        Store::Sqlite(_) if named.is_some_and(|ids| ids.len() <= LOOKED_UP) => "outreach_case INDEXED BY case_of_enterprise",
        _ => "outreach_case",
    }
}

/// The conditions of a question about cases.
fn conditions(q: &CaseQuery, store: &Store) -> Conditions {
    let mut c = Conditions::new("joined_into IS NULL");
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
    if let Some(won) = &q.won {
        let mut list = |codes: &[String]| codes.iter().map(|code| c.text(code)).collect::<Vec<_>>().join(", ");
        let (reasons, by_data) = (list(&won.reasons), list(&won.by_data));
        let won_by = format!("(reason IN ({reasons}) OR by_data = 1 AND reason IN ({by_data}))");
        c.and(&format!("state = 'CLOSED' AND {}{won_by}", if won.is { "" } else { "NOT " }));
    }
    if let Some(is_dated) = q.dated {
        let never = c.text(NEVER_DUE);
        c.and(&format!("due {} {never}", if is_dated { "<" } else { "=" }));
    }
    if let Some(ids) = &q.ids {
        if ids.is_empty() {
            c.and("1 = 0");
        }
        c.one_of("id", ids);
    }
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
    if let Some(homes) = &q.at_home {
        // One value, however many there are: databases bind some ten thousand.
        let ids = c.text(&serde_json::to_string(&homes.enterprises).expect("ids"));
        c.and(&match store {
            Store::Sqlite(_) => format!("enterprise_id IN (SELECT value FROM json_each({ids}))"),
            Store::Postgres(..) => format!("enterprise_id IN (SELECT jsonb_array_elements_text({ids}::jsonb))"),
        });
    }
    c.areas(&q.areas);
    c
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
        let mut c = conditions(query, self);
        if let Some((due, id)) = after {
            let (due, id) = (c.text(due), c.text(id));
            c.and(&format!("(due, id) > ({due}, {id})"));
        }
        let limit = c.number(first);
        let table = cases_table(query, self);
        let sql = format!("SELECT {COLUMNS} FROM {table} WHERE {} ORDER BY due, id LIMIT {limit}", c.sql);
        read!(self, |db| bound!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), &c.values).fetch_all(db).await)
            .map_err(|e| self.failed(e))
    }

    /// How many cases there are of a kind.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn count_cases(&self, query: &CaseQuery) -> Result<i64, StoreError> {
        let c = conditions(query, self);
        let sql = format!("SELECT COUNT(*) FROM {} WHERE {}", cases_table(query, self), c.sql);
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
