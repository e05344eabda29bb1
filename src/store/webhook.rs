//! Receivers of changes by HTTP, and what is still to be delivered to which. In order per enterprise: of several deliveries of one
//! enterprise to one receiver only the oldest that waits is due.

use super::edition::ChangeRow;
use super::{Store, StoreError, Tx, in_tx, read, write};

super::row! {
    /// A receiver. Times in milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct WebhookRow {
        /// `W` and twelve characters.
        pub id: String,
        /// Where to.
        pub url: String,
        /// Signs every delivery.
        pub secret: String,
        /// Id of the token that made it.
        pub owner: String,
        /// JSON list of CASE, VERDICT, CORRECTION.
        pub kinds: String,
        /// JSON list of codes of areas; empty: all.
        pub areas: String,
        /// When it was made.
        pub created_at: i64,
        /// When it was removed; None while it stands.
        pub removed_at: Option<i64>,
        /// Number of the last step of a case that deliveries were made of.
        pub case_cursor: i64,
        /// Number of the last change that deliveries were made of.
        pub change_cursor: i64,
        /// The registry whose department it is, which is told of its own alone; None for others.
        pub registry: Option<String>,
        /// Number of the last event of a correction request that deliveries were made of.
        pub correction_cursor: i64,
    }
}

super::row! {
    /// One message to one receiver.
    #[derive(Debug, Clone, PartialEq)]
    pub struct DeliveryRow {
        /// Rises as they are made.
        pub id: i64,
        /// The receiver.
        pub webhook_id: String,
        /// Whom it speaks of.
        pub enterprise_id: String,
        /// JSON, without the delivery's own id.
        pub body: String,
        /// When it was made.
        pub created_at: i64,
        /// WAITING, DONE, DEAD.
        pub state: String,
        /// How often it was tried since `since`.
        pub tries: i64,
        /// It is given up so many days after this.
        pub since: i64,
        /// When it is tried next.
        pub next_at: i64,
        /// Somebody is sending it until then.
        pub claimed_until: i64,
        /// What the receiver said last.
        pub answered: Option<String>,
    }
}

super::row! {
    /// How a receiver stands.
    #[derive(Debug, Clone, PartialEq)]
    pub struct WebhookStanding {
        /// Messages that wait.
        pub waiting: i64,
        /// When the oldest of them was made.
        pub oldest: Option<i64>,
        /// Messages that were given up.
        pub dead: i64,
        /// What was said last of one that waits or was given up.
        pub said: Option<String>,
    }
}

const COLUMNS: &str = "id, url, secret, owner, kinds, areas, created_at, removed_at, case_cursor, change_cursor, \
                       registry, correction_cursor";

impl Store {
    /// Adds a receiver.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_webhook(&self, w: &WebhookRow) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query(
            "INSERT INTO webhook (id, url, secret, owner, kinds, areas, created_at, case_cursor, change_cursor, registry,
                                  correction_cursor)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        )
        .bind(&w.id)
        .bind(&w.url)
        .bind(&w.secret)
        .bind(&w.owner)
        .bind(&w.kinds)
        .bind(&w.areas)
        .bind(w.created_at)
        .bind(w.case_cursor)
        .bind(w.change_cursor)
        .bind(&w.registry)
        .bind(w.correction_cursor)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// The receivers that stand, oldest first; those of one token where it is named.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn webhooks(&self, owner: Option<&str>) -> Result<Vec<WebhookRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM webhook WHERE removed_at IS NULL AND (owner = $1 OR $1 IS NULL) ORDER BY created_at, id"
        ));
        read!(self, |db| sqlx::query_as(sql).bind(owner).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Removes a receiver; false where it is unknown or was removed before. What waits for it is not sent any more.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn remove_webhook(&self, id: &str, at: i64) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query("UPDATE webhook SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL")
            .bind(id)
            .bind(at)
            .execute(db)
            .await
            .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }

    /// Number of the last change; 0 before the first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        let (last,): (i64,) = read!(self, |db| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM change").fetch_one(db).await)
            .map_err(|e| self.failed(e))?;
        Ok(last)
    }

    /// Changes of verdicts and of being there after a number, in order, each with its number.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn verdict_changes_after(&self, id: i64, limit: i64) -> Result<Vec<(i64, ChangeRow)>, StoreError> {
        use sqlx::Row;
        const SQL: &str = "SELECT id, enterprise_id, edition, at, field, what, from_value, to_value, registry FROM change
             WHERE id > $1 AND what IN ('gap', 'union_coverage', 'designated_size', 'status', 'area', 'appeared', 'gone', 'merged')
             ORDER BY id LIMIT $2";
        read!(self, |db| sqlx::query(SQL).bind(id).bind(limit).fetch_all(db).await.and_then(|rows| rows
            .iter()
            .map(|r| Ok((r.try_get("id")?, <ChangeRow as sqlx::FromRow<_>>::from_row(r)?)))
            .collect::<Result<Vec<_>, sqlx::Error>>()))
        .map_err(|e| self.failed(e))
    }

    /// Messages whose turn it is, oldest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn due_deliveries(&self, now: i64, limit: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT d.id, d.webhook_id, d.enterprise_id, d.body, d.created_at, d.state, d.tries, d.since, d.next_at, d.claimed_until,
                    d.answered
             FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
             WHERE d.state = 'WAITING' AND d.next_at <= $1 AND d.claimed_until <= $1 AND w.removed_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM webhook_delivery e WHERE e.webhook_id = d.webhook_id AND e.state = 'WAITING'
                               AND e.enterprise_id = d.enterprise_id AND e.id < d.id)
             ORDER BY d.id LIMIT $2"
        )
        .bind(now)
        .bind(limit)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Takes a message for sending until a moment; false where somebody else has it.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn claim_delivery(&self, id: i64, now: i64, until: i64) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query(
            "UPDATE webhook_delivery SET claimed_until = $3 WHERE id = $1 AND state = 'WAITING' AND claimed_until <= $2"
        )
        .bind(id)
        .bind(now)
        .bind(until)
        .execute(db)
        .await
        .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }

    /// Notes what became of a try.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn delivery_tried(&self, d: &DeliveryRow) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query(
            "UPDATE webhook_delivery SET state = $2, tries = $3, next_at = $4, claimed_until = 0, answered = $5 WHERE id = $1"
        )
        .bind(d.id)
        .bind(&d.state)
        .bind(d.tries)
        .bind(d.next_at)
        .bind(&d.answered)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// Has everything that was made since a moment delivered again, in the same order; how much that is.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn replay_deliveries(&self, webhook: &str, since: i64, now: i64) -> Result<u64, StoreError> {
        write!(self, |db| sqlx::query(
            "UPDATE webhook_delivery SET state = 'WAITING', tries = 0, since = $3, next_at = $3, claimed_until = 0
             WHERE webhook_id = $1 AND created_at >= $2"
        )
        .bind(webhook)
        .bind(since)
        .bind(now)
        .execute(db)
        .await
        .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))
    }

    /// Removes what was delivered, and what was given up, before a moment.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn prune_deliveries(&self, before: i64) -> Result<u64, StoreError> {
        write!(self, |db| sqlx::query("DELETE FROM webhook_delivery WHERE state IN ('DONE', 'DEAD') AND created_at < $1")
            .bind(before)
            .execute(db)
            .await
            .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))
    }

    /// How a receiver stands.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn webhook_standing(&self, webhook: &str) -> Result<WebhookStanding, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT COALESCE(SUM(CASE state WHEN 'WAITING' THEN 1 ELSE 0 END), 0) AS waiting,
                    MIN(CASE state WHEN 'WAITING' THEN created_at END) AS oldest,
                    COALESCE(SUM(CASE state WHEN 'DEAD' THEN 1 ELSE 0 END), 0) AS dead,
                    (SELECT answered FROM webhook_delivery
                     WHERE webhook_id = $1 AND state <> 'DONE' AND answered IS NOT NULL ORDER BY id DESC LIMIT 1) AS said
             FROM webhook_delivery WHERE webhook_id = $1"
        )
        .bind(webhook)
        .fetch_one(db)
        .await)
        .map_err(|e| self.failed(e))
    }
}

/// Adds messages and moves the receiver's cursors, where nobody else moved them meanwhile; false: somebody did, and nothing was added.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn spread(tx: &mut Tx, hook: &WebhookRow, to: (i64, i64, i64), messages: &[DeliveryRow]) -> Result<bool, sqlx::Error> {
    let moved = in_tx!(tx, |c| sqlx::query(
        "UPDATE webhook SET case_cursor = $4, change_cursor = $5, correction_cursor = $7
         WHERE id = $1 AND case_cursor = $2 AND change_cursor = $3 AND correction_cursor = $6"
    )
    .bind(&hook.id)
    .bind(hook.case_cursor)
    .bind(hook.change_cursor)
    .bind(to.0)
    .bind(to.1)
    .bind(hook.correction_cursor)
    .bind(to.2)
    .execute(c)
    .await
    .map(|d| d.rows_affected()))?;
    if moved != 1 {
        return Ok(false);
    }
    let (last,): (i64,) = in_tx!(tx, |c| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM webhook_delivery").fetch_one(c).await)?;
    for (id, m) in (last + 1..).zip(messages) {
        in_tx!(tx, |c| sqlx::query(
            "INSERT INTO webhook_delivery (id, webhook_id, enterprise_id, body, created_at, state, tries, since, next_at,
                                           claimed_until) VALUES ($1, $2, $3, $4, $5, 'WAITING', 0, $5, $5, 0)"
        )
        .bind(id)
        .bind(&m.webhook_id)
        .bind(&m.enterprise_id)
        .bind(&m.body)
        .bind(m.created_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    }
    Ok(true)
}
