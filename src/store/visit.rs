//! Visit lists and what was brought back. A visit is never deleted, only taken back.

use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// A list of doors. Times in milliseconds since 1970, days ISO.
    #[derive(Debug, Clone, PartialEq)]
    pub struct VisitListRow {
        /// `V` and twelve characters.
        pub id: String,
        /// What whoever drew it called it.
        pub title: String,
        /// When it was drawn.
        pub drawn_at: i64,
        /// Who drew it.
        pub drawn_by: Option<String>,
        /// The edition it was drawn from.
        pub edition: i64,
        /// Code of the unit that walks it.
        pub owner_unit: Option<String>,
        /// The owner's role.
        pub owner_role: Option<String>,
        /// The owner's name, where names are kept.
        pub owner_name: Option<String>,
        /// Until when it is to be walked; `NEVER_DUE`: nobody said.
        pub due: String,
        /// The last day on which a copy may be taken, and a visit counts unasked.
        pub expires: String,
    }
}

super::row! {
    /// A door of a list.
    #[derive(Debug, Clone, PartialEq)]
    pub struct VisitStopRow {
        /// Of the list.
        pub list_id: String,
        /// In walking order, from 1.
        pub place: i64,
        /// Of the case.
        pub case_id: String,
        /// Whose it was when the list was drawn.
        pub enterprise_id: String,
        /// Version of the case that the copy says.
        pub version: i64,
    }
}

super::row! {
    /// What one visit brought back.
    #[derive(Debug, Clone, PartialEq)]
    pub struct VisitRow {
        /// Rises as they are brought.
        pub id: i64,
        /// Of the list.
        pub list_id: String,
        /// Of the case.
        pub case_id: String,
        /// Whose it was.
        pub enterprise_id: String,
        /// Who was there.
        pub visitor: String,
        /// First layer.
        pub door: String,
        /// Second layer.
        pub answer: Option<String>,
        /// The agreed day.
        pub on_date: Option<String>,
        /// From 1 to 5.
        pub assessment: Option<i64>,
        /// What else was written.
        pub note: Option<String>,
        /// When somebody was there; None: nobody wrote it down.
        pub visited_at: Option<i64>,
        /// When it was brought.
        pub brought_at: i64,
        /// Who brought it.
        pub brought_by: Option<String>,
        /// COUNTS, ASKED, DISMISSED, TAKEN_BACK.
        pub state: String,
        /// Why a person is asked, JSON of a `Problem`.
        pub doubt: Option<String>,
        /// The finding it became.
        pub finding_id: Option<String>,
        /// First step of the case that it made.
        pub first_event: Option<i64>,
        /// Last step of the case that it made.
        pub last_event: Option<i64>,
        /// Of list, case and what was written.
        pub digest: String,
    }
}

/// Doors of one statement.
const STOPS_AT_ONCE: usize = 100;
const LIST: &str = "id, title, drawn_at, drawn_by, edition, owner_unit, owner_role, owner_name, due, expires";
const VISIT: &str = "id, list_id, case_id, enterprise_id, visitor, door, answer, on_date, assessment, note, visited_at, brought_at, \
                     brought_by, state, doubt, finding_id, first_event, last_event, digest";

impl Store {
    /// The latest lists, newest first; those of one unit where it is named, those behind a list where one is given.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn visit_lists(
        &self,
        unit: Option<&str>,
        limit: i64,
        after: Option<&VisitListRow>,
    ) -> Result<Vec<VisitListRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {LIST} FROM visit_list WHERE (owner_unit = $1 OR $1 IS NULL) AND (drawn_at < $3 OR drawn_at = $3 AND id > $4)
             ORDER BY drawn_at DESC, id LIMIT $2"
        ));
        let (at, id) = after.map_or((i64::MAX, ""), |list| (list.drawn_at, list.id.as_str()));
        read!(self, |db| sqlx::query_as(sql).bind(unit).bind(limit).bind(at).bind(id).fetch_all(db).await)
            .map_err(|e| self.failed(e))
    }

    /// One list; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn visit_list(&self, id: &str) -> Result<Option<VisitListRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {LIST} FROM visit_list WHERE id = $1"));
        read!(self, |db| sqlx::query_as(sql).bind(id).fetch_optional(db).await).map_err(|e| self.failed(e))
    }

    /// The doors of a list in walking order.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn visit_stops(&self, list: &str) -> Result<Vec<VisitStopRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT list_id, place, case_id, enterprise_id, version FROM visit_stop WHERE list_id = $1 ORDER BY place"
        )
        .bind(list)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// What was brought back of a list, in the order it was brought.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn visits_of_list(&self, list: &str) -> Result<Vec<VisitRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {VISIT} FROM visit WHERE list_id = $1 ORDER BY id"));
        read!(self, |db| sqlx::query_as(sql).bind(list).fetch_all(db).await).map_err(|e| self.failed(e))
    }
}

super::row! {
    /// How many visits of a list stand how.
    #[derive(Debug, Clone, PartialEq)]
    pub struct VisitCountRow {
        /// Of the list.
        pub list_id: String,
        /// COUNTS, ASKED, DISMISSED, TAKEN_BACK.
        pub state: String,
        /// Visits.
        pub visits: i64,
        /// Doors that they are of.
        pub doors: i64,
    }
}

impl Store {
    /// What was brought back of some cases, by case, newest first, in one statement.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn visits_of_cases(&self, cases: &[String]) -> Result<Vec<VisitRow>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                let sql = format!(
                    "SELECT {VISIT} FROM visit WHERE case_id IN (SELECT value FROM json_each($1)) ORDER BY case_id, id DESC"
                );
                let ids = serde_json::to_string(cases).expect("ids");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&s.reader).await
            }
            Store::Postgres(p, _) => {
                let sql = format!("SELECT {VISIT} FROM visit WHERE case_id = ANY($1) ORDER BY case_id, id DESC");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(cases).fetch_all(p).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// How many visits of some lists stand how, in one statement.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn visit_counts(&self, lists: &[String]) -> Result<Vec<VisitCountRow>, StoreError> {
        const COUNT: &str =
            "SELECT list_id, state, COUNT(*) AS visits, COUNT(DISTINCT case_id) AS doors FROM visit WHERE list_id";
        const BY: &str = "GROUP BY list_id, state ORDER BY list_id, state";
        match self {
            Store::Sqlite(s) => {
                let sql = format!("{COUNT} IN (SELECT value FROM json_each($1)) {BY}");
                let ids = serde_json::to_string(lists).expect("ids");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&s.reader).await
            }
            Store::Postgres(p, _) => {
                let sql = format!("{COUNT} = ANY($1) {BY}");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(lists).fetch_all(p).await
            }
        }
        .map_err(|e| self.failed(e))
    }
}

/// Adds a list with its doors.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put_list(tx: &mut Tx, l: &VisitListRow, stops: &[VisitStopRow]) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO visit_list (id, title, drawn_at, drawn_by, edition, owner_unit, owner_role, owner_name, due, expires)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(&l.id)
    .bind(&l.title)
    .bind(l.drawn_at)
    .bind(&l.drawn_by)
    .bind(l.edition)
    .bind(&l.owner_unit)
    .bind(&l.owner_role)
    .bind(&l.owner_name)
    .bind(&l.due)
    .bind(&l.expires)
    .execute(c)
    .await
    .map(|_| ()))?;
    // One statement for many doors: a drawing waits for nothing that can be said at once.
    for part in stops.chunks(STOPS_AT_ONCE) {
        let row = |at: usize| format!("(${}, ${}, ${}, ${}, ${})", at * 5 + 1, at * 5 + 2, at * 5 + 3, at * 5 + 4, at * 5 + 5);
        let rows: Vec<String> = (0..part.len()).map(row).collect();
        let sql = format!("INSERT INTO visit_stop (list_id, place, case_id, enterprise_id, version) VALUES {}", rows.join(", "));
        in_tx!(tx, |c| {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for s in part {
                query = query.bind(&s.list_id).bind(s.place).bind(&s.case_id).bind(&s.enterprise_id).bind(s.version);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Everything brought back of a list, inside a transaction.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn of_list(tx: &mut Tx, list: &str) -> Result<Vec<VisitRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {VISIT} FROM visit WHERE list_id = $1 ORDER BY id"));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(list).fetch_all(c).await)
}

/// Number of the last visit, inside the transaction of whoever brings the next.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn last(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let (last,): (i64,) = in_tx!(tx, |c| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM visit").fetch_one(c).await)?;
    Ok(last)
}

/// Writes a visit as it stands now; a new one is added.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put(tx: &mut Tx, v: &VisitRow) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO visit (id, list_id, case_id, enterprise_id, visitor, door, answer, on_date, assessment, note, visited_at,
                            brought_at, brought_by, state, doubt, finding_id, first_event, last_event, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         ON CONFLICT (id) DO UPDATE SET enterprise_id = excluded.enterprise_id, state = excluded.state, doubt = excluded.doubt,
             finding_id = excluded.finding_id, first_event = excluded.first_event, last_event = excluded.last_event"
    )
    .bind(v.id)
    .bind(&v.list_id)
    .bind(&v.case_id)
    .bind(&v.enterprise_id)
    .bind(&v.visitor)
    .bind(&v.door)
    .bind(&v.answer)
    .bind(&v.on_date)
    .bind(v.assessment)
    .bind(&v.note)
    .bind(v.visited_at)
    .bind(v.brought_at)
    .bind(&v.brought_by)
    .bind(&v.state)
    .bind(&v.doubt)
    .bind(&v.finding_id)
    .bind(v.first_event)
    .bind(v.last_event)
    .bind(&v.digest)
    .execute(c)
    .await
    .map(|_| ()))
}
