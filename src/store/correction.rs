//! What is asked of departments (校核纠错), as it stands.
//!
//! One writer at a time ([`Store::begin_corrections`]), so that events are numbered in the order in which they become visible. No rule
//! lives here; `cases::correction` has them.

use super::conditions::{CaseArea, Conditions, bound};
use super::{Store, StoreError, Tx, in_tx, read};

/// Key of PostgreSQL's advisory lock of whoever writes requests: "corr" in ASCII.
const WRITING: i64 = 0x63_6f_72_72;

super::row! {
    /// A request. Times in milliseconds since 1970, `deadline` an ISO date.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CorrectionRow {
        /// `K` and twelve characters.
        pub id: String,
        /// Whose record it is now.
        pub enterprise_id: String,
        /// Whose department is asked, by name.
        pub registry: String,
        /// The registry's own key of the record.
        pub record_key: String,
        /// Id of the record.
        pub record_id: i64,
        /// Name of an `EnterpriseField`.
        pub field: String,
        /// The column, as the registry names it.
        pub column_name: String,
        /// What it said when it was asked, as written; None: nothing.
        pub stated_raw: Option<String>,
        /// The same as read; None where it could not be.
        pub stated: Option<String>,
        /// What others said then, JSON list of `OtherStatement`.
        pub others: String,
        /// Name of a `CorrectionOrigin`.
        pub origin: String,
        /// The finding that it came of.
        pub finding_id: Option<String>,
        /// Why it is asked.
        pub reason: Option<String>,
        /// Name of a `CorrectionState`.
        pub state: String,
        /// Name of a `CorrectionAnswer`.
        pub answer: Option<String>,
        /// What is right, as the registry writes it.
        pub corrected_raw: Option<String>,
        /// What was written beside the answer.
        pub answer_note: Option<String>,
        /// Who answered.
        pub answered_by: Option<String>,
        /// When.
        pub answered_at: Option<i64>,
        /// 1: an answer CORRECTED that has not reached the row yet.
        pub pending: i64,
        /// The batch that put the answer into the row, or that closed the request.
        pub batch_id: Option<i64>,
        /// The day on which an answer is due.
        pub deadline: String,
        /// Code of the enterprise's town, else of its district, else empty.
        pub area: String,
        /// Code of the federation unit that looks after it; empty where there is none.
        pub federation: String,
        /// When it was asked.
        pub opened_at: i64,
        /// Who asked.
        pub opened_by: Option<String>,
        /// When it was answered, closed or withdrawn; None while it waits.
        pub closed_at: Option<i64>,
        /// Number of its last event.
        pub version: i64,
    }
}

const COLUMNS: &str = "id, enterprise_id, registry, record_key, record_id, field, column_name, stated_raw, stated, others, origin, \
                       finding_id, reason, state, answer, corrected_raw, answer_note, answered_by, answered_at, pending, batch_id, \
                       deadline, area, federation, opened_at, opened_by, closed_at, version";

super::row! {
    /// How many requests of a registry stand how.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CorrectionCountRow {
        /// Name of the registry.
        pub registry: String,
        /// Name of a `CorrectionState`.
        pub state: String,
        /// Requests.
        pub count: i64,
        /// Of those, ones whose deadline lies before the day that was asked for.
        pub late: i64,
    }
}

/// Which requests are wanted; conditions given together must all hold, values of one condition are alternatives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CorrectionQuery {
    /// Names of registries.
    pub registries: Vec<String>,
    /// Names of states.
    pub states: Vec<String>,
    /// Names of fields.
    pub fields: Vec<String>,
    /// Names of answers.
    pub answers: Vec<String>,
    /// Waiting for an answer with a deadline before this ISO date, or not.
    pub overdue: Option<(String, bool)>,
    /// Ids of enterprises.
    pub enterprises: Option<Vec<String>>,
    /// Ids of requests.
    pub ids: Option<Vec<String>>,
    /// Each list: in one of these areas; lists together must all hold. None of an empty list.
    pub areas: Vec<Vec<CaseArea>>,
}

fn conditions(q: &CorrectionQuery) -> Conditions {
    let mut c = Conditions::new("1 = 1");
    c.one_of("registry", &q.registries);
    c.one_of("state", &q.states);
    c.one_of("field", &q.fields);
    c.one_of("answer", &q.answers);
    if let Some((today, is_late)) = &q.overdue {
        let today = c.text(today);
        c.and(&format!("{} (state IN ('OPEN', 'SENT', 'SEEN') AND deadline < {today})", if *is_late { "" } else { "NOT" }));
    }
    for (column, ids) in [("enterprise_id", &q.enterprises), ("id", &q.ids)] {
        if let Some(ids) = ids {
            if ids.is_empty() {
                c.and("1 = 0");
            }
            c.one_of(column, ids);
        }
    }
    c.areas(&q.areas);
    c
}

impl Store {
    /// A transaction of whoever writes requests; on PostgreSQL others wait until it ends, as they do on SQLite.
    ///
    /// # Errors
    /// Database, where no transaction can be opened.
    pub async fn begin_corrections(&self) -> Result<Tx, StoreError> {
        let mut tx = self.begin().await?;
        if let Tx::Postgres(t) = &mut tx {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITING).execute(&mut **t).await.map_err(|e| self.failed(e))?;
        }
        Ok(tx)
    }

    /// A page of requests by the day on which an answer is due, then by id, behind a place where one is given.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn corrections(
        &self,
        query: &CorrectionQuery,
        first: i64,
        after: Option<(&str, &str)>,
    ) -> Result<Vec<CorrectionRow>, StoreError> {
        let mut c = conditions(query);
        if let Some((deadline, id)) = after {
            let (deadline, id) = (c.text(deadline), c.text(id));
            c.and(&format!("(deadline, id) > ({deadline}, {id})"));
        }
        let limit = c.number(first);
        let sql = format!("SELECT {COLUMNS} FROM correction WHERE {} ORDER BY deadline, id LIMIT {limit}", c.sql);
        read!(self, |db| bound!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), &c.values).fetch_all(db).await)
            .map_err(|e| self.failed(e))
    }

    /// How many requests there are of a kind.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn count_corrections(&self, query: &CorrectionQuery) -> Result<i64, StoreError> {
        let c = conditions(query);
        let sql = format!("SELECT COUNT(*) FROM correction WHERE {}", c.sql);
        let (count,): (i64,) = read!(self, |db| bound!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), &c.values).fetch_one(db).await)
            .map_err(|e| self.failed(e))?;
        Ok(count)
    }

    /// How many requests of each registry stand how, and whose deadline lies before `today`; by registry and state.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn correction_counts(&self, today: &str, areas: &[Vec<CaseArea>]) -> Result<Vec<CorrectionCountRow>, StoreError> {
        let mut c = conditions(&CorrectionQuery { areas: areas.to_vec(), ..CorrectionQuery::default() });
        let today = c.text(today);
        let sql = format!(
            "SELECT registry, state, COUNT(*) AS count, CAST(SUM(CASE WHEN deadline < {today} THEN 1 ELSE 0 END) AS BIGINT) AS late
             FROM correction WHERE {} GROUP BY registry, state ORDER BY registry, state",
            c.sql
        );
        read!(self, |db| bound!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), &c.values).fetch_all(db).await)
            .map_err(|e| self.failed(e))
    }

    /// A request by id; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn correction(&self, id: &str) -> Result<Option<CorrectionRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM correction WHERE id = $1"));
        read!(self, |db| sqlx::query_as(sql).bind(id).fetch_optional(db).await).map_err(|e| self.failed(e))
    }

    /// The answers that these batches put into rows, in one statement.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn corrections_landed(&self, batches: &[i64]) -> Result<Vec<CorrectionRow>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM correction
                     WHERE answer = 'CORRECTED' AND batch_id IN (SELECT value FROM json_each($1)) ORDER BY id"
                );
                let batches = serde_json::to_string(batches).expect("numbers");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(batches).fetch_all(&s.reader).await
            }
            Store::Postgres(_, place) => {
                let sql =
                    format!("SELECT {COLUMNS} FROM correction WHERE answer = 'CORRECTED' AND batch_id = ANY($1) ORDER BY id");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(batches).fetch_all(&place.reader).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// What is asked about some enterprises, in one statement, by the day on which an answer is due, then by id.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn corrections_of(&self, enterprises: &[String]) -> Result<Vec<CorrectionRow>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM correction WHERE enterprise_id IN (SELECT value FROM json_each($1)) ORDER BY deadline, id"
                );
                let ids = serde_json::to_string(enterprises).expect("ids");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&s.reader).await
            }
            Store::Postgres(_, place) => {
                let sql = format!("SELECT {COLUMNS} FROM correction WHERE enterprise_id = ANY($1) ORDER BY deadline, id");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(enterprises).fetch_all(&place.reader).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// Answers that have not reached their rows yet, in the order in which they were given. Read where they are written: nothing that
    /// was just recorded is missed.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn pending_corrections(&self) -> Result<Vec<CorrectionRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM correction WHERE pending = 1 ORDER BY answered_at, id"));
        super::write!(self, |db| sqlx::query_as(sql).fetch_all(db).await).map_err(|e| self.failed(e))
    }
}

/// A request inside a transaction, as nobody else can change it meanwhile.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn one(tx: &mut Tx, id: &str) -> Result<Option<CorrectionRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM correction WHERE id = $1"));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)
}

/// Every request that was not withdrawn, in the order of their ids.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn followed(tx: &mut Tx) -> Result<Vec<CorrectionRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM correction WHERE state <> 'WITHDRAWN' ORDER BY id"));
    in_tx!(tx, |c| sqlx::query_as(sql).fetch_all(c).await)
}

/// The request about a column of a record that has not come to its end: it waits for an answer, or its answer is on its way into the
/// row; None where there is none.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn waiting(tx: &mut Tx, registry: &str, key: &str, column: &str) -> Result<Option<CorrectionRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM correction WHERE registry = $1 AND record_key = $2 AND column_name = $3
           AND (state IN ('OPEN', 'SENT', 'SEEN') OR pending = 1) ORDER BY id LIMIT 1"
    ));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(registry).bind(key).bind(column).fetch_optional(c).await)
}

/// Writes requests as they stand now, whole rows; new ones are added. What was asked never changes.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put(tx: &mut Tx, rows: &[CorrectionRow]) -> Result<(), sqlx::Error> {
    for r in rows {
        let sql = sqlx::AssertSqlSafe(format!(
            "INSERT INTO correction ({COLUMNS})
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                     $25, $26, $27, $28)
             ON CONFLICT (id) DO UPDATE SET enterprise_id = excluded.enterprise_id, state = excluded.state, answer = excluded.answer,
                 corrected_raw = excluded.corrected_raw, answer_note = excluded.answer_note, answered_by = excluded.answered_by,
                 answered_at = excluded.answered_at, pending = excluded.pending, batch_id = excluded.batch_id,
                 deadline = excluded.deadline, area = excluded.area, federation = excluded.federation,
                 closed_at = excluded.closed_at, version = excluded.version"
        ));
        in_tx!(tx, |c| sqlx::query(sql)
            .bind(&r.id)
            .bind(&r.enterprise_id)
            .bind(&r.registry)
            .bind(&r.record_key)
            .bind(r.record_id)
            .bind(&r.field)
            .bind(&r.column_name)
            .bind(&r.stated_raw)
            .bind(&r.stated)
            .bind(&r.others)
            .bind(&r.origin)
            .bind(&r.finding_id)
            .bind(&r.reason)
            .bind(&r.state)
            .bind(&r.answer)
            .bind(&r.corrected_raw)
            .bind(&r.answer_note)
            .bind(&r.answered_by)
            .bind(r.answered_at)
            .bind(r.pending)
            .bind(r.batch_id)
            .bind(&r.deadline)
            .bind(&r.area)
            .bind(&r.federation)
            .bind(r.opened_at)
            .bind(&r.opened_by)
            .bind(r.closed_at)
            .bind(r.version)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}
