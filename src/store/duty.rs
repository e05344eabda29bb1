//! Who is responsible for what, from and until. Never changed, only ended; and what everybody has to do.

use super::{Store, StoreError, read, write};

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

    /// Adds a duty.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_duty(&self, d: &DutyRow) -> Result<(), StoreError> {
        write!(self, |db| {
            sqlx::query(
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
        .execute(db)
        .await
        .map(|_| ())
        })
        .map_err(|e| self.failed(e))
    }

    /// Ends a duty with a last day; false where it is unknown or was ended before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn end_duty(&self, id: &str, last_day: &str, at: i64, by: Option<&str>) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query(
            "UPDATE duty SET ends = $2, ended_at = $3, ended_by = $4 WHERE id = $1 AND ended_at IS NULL"
        )
        .bind(id)
        .bind(last_day)
        .bind(at)
        .bind(by)
        .execute(db)
        .await
        .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }

    /// What each owner has to do, the most first; cases of nobody among them. `codes` are beginnings of areas, empty: all.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn workload(&self, today: &str, since: i64, areas: &[String]) -> Result<Vec<WorkloadRow>, StoreError> {
        // At most a few hundred areas, each a bound pair.
        let mut conditions = Vec::new();
        for at in 0..areas.len() {
            conditions.push(format!("(area >= ${} AND area < ${})", at * 2 + 3, at * 2 + 4));
        }
        let within = if conditions.is_empty() { String::new() } else { format!("AND ({})", conditions.join(" OR ")) };
        let sql = format!(
            "SELECT owner_unit, owner_role, owner_name,
                    SUM(CASE WHEN state = 'OPEN' THEN 1 ELSE 0 END) AS open,
                    SUM(CASE WHEN state = 'OPEN' AND due < $1 THEN 1 ELSE 0 END) AS overdue,
                    SUM(CASE WHEN state = 'CLOSED' AND closed_at >= $2 THEN 1 ELSE 0 END) AS closed
             FROM outreach_case WHERE joined_into IS NULL {within}
             GROUP BY owner_unit, owner_role, owner_name ORDER BY 4 DESC, 1, 2, 3"
        );
        read!(self, |db| {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(today).bind(since);
            for area in areas {
                query = query.bind(area.clone()).bind(format!("{area}:"));
            }
            query.fetch_all(db).await
        })
        .map_err(|e| self.failed(e))
    }
}
