//! Who is responsible for what, from and until. Never changed, only ended; and what everybody has to do.

use super::conditions::{CaseArea, Conditions, bound};
use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// A duty. Days ISO, times in milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct DutyRow {
        /// `D` and twelve characters.
        pub id: String,
        /// Code of the unit.
        pub unit: String,
        /// The role in it.
        pub role: Option<String>,
        /// The person, where names are kept.
        pub name: Option<String>,
        /// 1: the first responsible person of the unit.
        pub is_first: i64,
        /// An area that it is for.
        pub area: Option<String>,
        /// A section or division.
        pub industry: Option<String>,
        /// A part of the address.
        pub building: Option<String>,
        /// One enterprise.
        pub enterprise_id: Option<String>,
        /// First day.
        pub starts: String,
        /// Last day; None: open.
        pub ends: Option<String>,
        /// When it was given.
        pub at: i64,
        /// Who gave it.
        pub by_whom: Option<String>,
        /// When somebody ended it.
        pub ended_at: Option<i64>,
        /// Who ended it.
        pub ended_by: Option<String>,
    }
}

super::row! {
    /// What one owner has to do.
    #[derive(Debug, Clone, PartialEq)]
    pub struct WorkloadRow {
        /// Code of the unit; None: nobody's.
        pub owner_unit: Option<String>,
        /// The role.
        pub owner_role: Option<String>,
        /// The person, where names are kept.
        pub owner_name: Option<String>,
        /// Open cases.
        pub open: i64,
        /// Of these, whose day has passed.
        pub overdue: i64,
        /// Closed since the day asked.
        pub closed: i64,
    }
}

const COLUMNS: &str =
    "id, unit, role, name, is_first, area, industry, building, enterprise_id, starts, ends, at, by_whom, ended_at, ended_by";

impl Store {
    /// Every duty in the order of units and days; those of one unit where it is named.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn duties(&self, unit: Option<&str>) -> Result<Vec<DutyRow>, StoreError> {
        let sql =
            sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM duty WHERE (unit = $1 OR $1 IS NULL) ORDER BY unit, starts, id"));
        read!(self, |db| sqlx::query_as(sql).bind(unit).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// One duty; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn duty(&self, id: &str) -> Result<Option<DutyRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM duty WHERE id = $1"));
        read!(self, |db| sqlx::query_as(sql).bind(id).fetch_optional(db).await).map_err(|e| self.failed(e))
    }

    /// What each owner has to do, the most first; cases of nobody among them. Each list of areas must hold, as in a `CaseQuery`.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn workload(&self, today: &str, since: i64, areas: &[Vec<CaseArea>]) -> Result<Vec<WorkloadRow>, StoreError> {
        let mut c = Conditions::new("joined_into IS NULL");
        let (today, since) = (c.text(today), c.number(since));
        c.areas(areas);
        let sql = format!(
            "SELECT owner_unit, owner_role, owner_name,
                    SUM(CASE WHEN state = 'OPEN' THEN 1 ELSE 0 END) AS open,
                    SUM(CASE WHEN state = 'OPEN' AND due < {today} THEN 1 ELSE 0 END) AS overdue,
                    SUM(CASE WHEN state = 'CLOSED' AND closed_at >= {since} THEN 1 ELSE 0 END) AS closed
             FROM outreach_case WHERE {}
             GROUP BY owner_unit, owner_role, owner_name ORDER BY 4 DESC, 1, 2, 3",
            c.sql
        );
        read!(self, |db| bound!(sqlx::query_as(sqlx::AssertSqlSafe(sql)), &c.values).fetch_all(db).await)
            .map_err(|e| self.failed(e))
    }
}

/// The duties of a unit inside a transaction, as nobody else can give or end them meanwhile, in the order of their days.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn of_unit(tx: &mut Tx, unit: &str) -> Result<Vec<DutyRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM duty WHERE unit = $1 ORDER BY starts, id"));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(unit).fetch_all(c).await)
}

/// Adds a duty.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put(tx: &mut Tx, d: &DutyRow) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO duty (id, unit, role, name, is_first, area, industry, building, enterprise_id, starts, ends, at, by_whom)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    )
    .bind(&d.id)
    .bind(&d.unit)
    .bind(&d.role)
    .bind(&d.name)
    .bind(d.is_first)
    .bind(&d.area)
    .bind(&d.industry)
    .bind(&d.building)
    .bind(&d.enterprise_id)
    .bind(&d.starts)
    .bind(&d.ends)
    .bind(d.at)
    .bind(&d.by_whom)
    .execute(c)
    .await
    .map(|_| ()))
}

/// Ends a duty with a last day; false where it is unknown or was ended before.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn end(tx: &mut Tx, id: &str, last_day: &str, at: i64, by: Option<&str>) -> Result<bool, sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE duty SET ends = $2, ended_at = $3, ended_by = $4 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(last_day)
        .bind(at)
        .bind(by)
        .execute(c)
        .await
        .map(|d| d.rows_affected() == 1))
}
