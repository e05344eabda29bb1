//! What persons add: findings of visits and judgements on pairs. Recorded first, then the verdicts follow.

use std::sync::Arc;

use chrono::NaiveDate;

use super::Published;
use super::error::HubError;
use super::open::Hub;
use super::progress::ProgressSink;
use crate::edition::{EnterpriseRow, LookupKey};
use crate::model::linkage::JudgementVerdict;
use crate::model::problem::Problem;
use crate::model::reference::unions::finding_reasons;
use crate::store::StoreError;
use crate::store::finding::FindingRow;
use crate::store::judgement::JudgementRow;

/// Findings that are no closing reason of the union roll but decide scope all the same.
const OWN_REASONS: [&str; 3] = ["branch", "individual_business", "grace_period"];

/// Codes of all reasons that a finding can have.
pub fn known_reasons() -> Vec<&'static str> {
    let mut known: Vec<&'static str> = finding_reasons().iter().map(|r| r.code).collect();
    known.extend(OWN_REASONS.into_iter().filter(|own| !finding_reasons().iter().any(|r| r.code == *own)));
    known
}

/// What a visit found, as entered.
#[derive(Debug, Clone)]
pub struct NewFinding {
    /// Enterprise id or credit code.
    pub enterprise: String,
    pub reason: String,
    pub note: Option<String>,
    pub until: Option<NaiveDate>,
    pub by: Option<String>,
    pub idempotency: Option<String>,
}

/// A decision on a review pair, as entered.
#[derive(Debug, Clone)]
pub struct NewJudgement {
    pub pair: String,
    pub verdict: JudgementVerdict,
    pub reason: Option<String>,
    pub by: Option<String>,
    pub idempotency: Option<String>,
}

/// What was recorded; it stays, whatever becomes of the edition that shows it.
#[derive(Debug, Clone)]
pub struct Recorded<T> {
    pub row: T,
    /// No edition shows it yet: another sync is running, or the edition could not be written. The next publication shows it.
    pub pending: bool,
}

impl<T> std::ops::Deref for Recorded<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.row
    }
}

/// An id that says nothing but is unique: hash of what is recorded and when.
pub(super) fn new_id(prefix: char, parts: &[&str], at: i64) -> String {
    let text = parts.join("\u{1f}");
    format!("{prefix}{:016x}", xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), at as u64))
}

/// A key that named something else before: whoever is told that this is stored would be told something false.
fn key_reused() -> HubError {
    HubError::Told(Problem::new(
        "key_reused",
        "这个键已用于另一条内容，本条未记录；新的内容请用新的键",
        "this key named something else before, so that this was not recorded: give what is new a new key",
    ))
}

impl Hub {
    /// The id of an enterprise named by id or credit code, in the current edition.
    ///
    /// # Errors
    /// `Told`: none or several enterprises are meant; `Edition`: none is published yet.
    pub fn enterprise_id(&self, text: &str) -> Result<String, HubError> {
        self.enterprise_among(text, |_| true)
    }

    /// The same among those that somebody may know of: others are told as if there were none.
    ///
    /// # Errors
    /// None or several of these are meant.
    pub fn enterprise_among(&self, text: &str, knows: impl Fn(EnterpriseRow<'_>) -> bool) -> Result<String, HubError> {
        let edition = self.editions.current()?;
        let rows = match edition.row_of_id(text) {
            Some(row) => vec![row],
            None => edition.rows(&LookupKey::CreditCode(text.to_owned())),
        };
        let rows: Vec<_> = rows.into_iter().filter(|row| knows(edition.enterprise(*row))).collect();
        match rows.as_slice() {
            [row] => Ok(edition.enterprise(*row).id().to_owned()),
            [] => Err(HubError::said(
                format!("没有编号或统一社会信用代码为“{text}”的企业；请先按名称搜索"),
                format!("no enterprise has the id or credit code \"{text}\"; search for its name first"),
            )),
            several => Err(HubError::said(
                format!("有 {} 家企业使用“{text}”；请改用企业编号", several.len()),
                format!("{} enterprises carry \"{text}\"; give the enterprise's id instead", several.len()),
            )),
        }
    }

    /// The same of an id whose enterprise was joined with another one: that one.
    ///
    /// # Errors
    /// None or several of those that the caller knows are meant; nothing is published; the store cannot be read.
    pub async fn enterprise_now(&self, text: &str, knows: impl Fn(EnterpriseRow<'_>) -> bool) -> Result<String, HubError> {
        let edition = self.editions.current()?;
        if edition.row_of_id(text).is_none() {
            let to = self.successors(&edition, vec![text.to_owned()]).await?;
            // One that the caller may not know of is told as one that nobody knows, under the id that was asked.
            if let Some(row) = to.get(text).and_then(|id| edition.enterprise_of_id(id)).filter(|row| knows(*row)) {
                return Ok(row.id().to_owned());
            }
        }
        self.enterprise_among(text, knows)
    }

    /// Records a finding and publishes what follows from it. A repeated idempotency key changes nothing.
    ///
    /// # Errors
    /// Nothing was recorded: the enterprise or the reason is not known, the key named another finding, or the store cannot be written.
    pub async fn add_finding(&self, new: NewFinding, progress: Arc<dyn ProgressSink>) -> Result<Recorded<FindingRow>, HubError> {
        let known = known_reasons();
        if !known.contains(&new.reason.as_str()) {
            let nearest = crate::config::nearest(&new.reason, known.iter().copied()).unwrap_or_default();
            return Err(HubError::said(
                format!("未知原因「{}」；是否指「{nearest}」？可用：{}", new.reason, known.join("、")),
                format!("unknown reason \"{}\"; did you mean \"{nearest}\"? Known: {}", new.reason, known.join(", ")),
            ));
        }
        let enterprise = self.enterprise_id(&new.enterprise)?;
        let at = self.clock.millis();
        let row = FindingRow {
            id: new_id('F', &[&enterprise, &new.reason, new.idempotency.as_deref().unwrap_or("")], at),
            enterprise_id: enterprise,
            reason: new.reason,
            note: new.note,
            by_whom: new.by,
            at,
            until: new.until.map(|d| d.to_string()),
            withdrawn_at: None,
            withdrawn_by: None,
            withdrawn_why: None,
            idempotency: new.idempotency,
        };
        if !self.store.record_finding(&row).await? {
            let findings = self.store.findings(None).await?;
            let is_under_key = |f: &FindingRow| row.idempotency.is_some() && f.idempotency == row.idempotency;
            let before = findings.into_iter().find(is_under_key).unwrap_or_else(|| row.clone());
            let said = |f: &FindingRow| (f.enterprise_id.clone(), f.reason.clone(), f.note.clone(), f.until.clone());
            return match said(&before) == said(&row) {
                true => Ok(Recorded { row: before, pending: false }),
                false => Err(key_reused()),
            };
        }
        Ok(Recorded { row, pending: self.follow(progress).await })
    }

    /// Takes a finding back and publishes what follows.
    ///
    /// # Errors
    /// Nothing was taken back: no such finding stands, or the store cannot be written.
    pub async fn withdraw_finding(
        &self,
        id: &str,
        by: Option<&str>,
        why: Option<&str>,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<Recorded<()>, HubError> {
        match self.store.withdraw_finding(id, by, why, self.clock.millis()).await? {
            true => Ok(Recorded { row: (), pending: self.follow(progress).await }),
            false => Err(HubError::said(
                format!("没有有效的走访结论 {id}；huitu finding list 可列出全部"),
                format!("there is no standing finding {id}; `huitu finding list` shows them"),
            )),
        }
    }

    /// Records a judgement on a review pair and publishes what follows.
    ///
    /// # Errors
    /// Nothing was recorded: there is no such pair, or the store cannot be written.
    pub async fn judge(&self, new: NewJudgement, progress: Arc<dyn ProgressSink>) -> Result<Recorded<JudgementRow>, HubError> {
        let row = self.record_judgement(new).await?;
        Ok(Recorded { row, pending: self.follow(progress).await })
    }

    /// Records a judgement; what follows is published by the next [`Hub::reassess`].
    ///
    /// # Errors
    /// `Told`: there is no open pair of that id; `Store`.
    pub async fn record_judgement(&self, new: NewJudgement) -> Result<JudgementRow, HubError> {
        let id = |at: i64| new_id('J', &[&new.pair, new.verdict.name(), new.idempotency.as_deref().unwrap_or("")], at);
        // Sent again: its pair has been decided by it.
        if let Some(before) = self.judgement_under(new.idempotency.as_deref()).await? {
            return if before.id == id(before.at) { Ok(before) } else { Err(key_reused()) };
        }
        let Some(pair) = self.store.review_pair(&new.pair).await? else {
            return Err(HubError::said(
                format!("没有待判定的记录对 {}；huitu review 可列出全部", new.pair),
                format!("there is no open pair {}; `huitu review` shows them", new.pair),
            ));
        };
        let at = self.clock.millis();
        let row = JudgementRow {
            id: id(at),
            verdict: new.verdict.name().to_owned(),
            left_registry: pair.left.registry.to_string(),
            left_key: pair.left.key.to_string(),
            left_part: i64::from(pair.left.part),
            right_registry: pair.right.registry.to_string(),
            right_key: pair.right.key.to_string(),
            right_part: i64::from(pair.right.part),
            reason: new.reason,
            by_whom: new.by,
            at,
            withdrawn_at: None,
            withdrawn_by: None,
            withdrawn_why: None,
            idempotency: new.idempotency,
        };
        if !self.store.record_judgement(&row).await? {
            // Somebody sent the same at the same moment.
            let before = self.judgement_under(row.idempotency.as_deref()).await?;
            let is_same = |before: &JudgementRow| {
                (&before.left_key, &before.right_key, &before.verdict) == (&row.left_key, &row.right_key, &row.verdict)
            };
            return match row.idempotency {
                None => Ok(row),
                Some(_) => before.filter(is_same).ok_or_else(key_reused),
            };
        }
        Ok(row)
    }

    /// The judgement that a key named; None where it named none.
    async fn judgement_under(&self, key: Option<&str>) -> Result<Option<JudgementRow>, HubError> {
        let Some(key) = key else { return Ok(None) };
        Ok(self.store.judgements().await?.into_iter().find(|j| j.idempotency.as_deref() == Some(key)))
    }

    /// Takes a judgement back and publishes what follows; no trace stays in the clusters.
    ///
    /// # Errors
    /// Nothing was taken back: no such judgement is in force, or the store cannot be written.
    pub async fn withdraw_judgement(
        &self,
        id: &str,
        by: Option<&str>,
        why: Option<&str>,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<Recorded<()>, HubError> {
        match self.store.withdraw_judgement(id, by, why, self.clock.millis()).await? {
            true => Ok(Recorded { row: (), pending: self.follow(progress).await }),
            false => Err(HubError::said(format!("没有有效的判定 {id}"), format!("there is no judgement {id} in force"))),
        }
    }

    /// Publishes what follows of what was just recorded; true where that is left to the next publication. Never an error: what a person
    /// recorded is kept, and whoever is told otherwise records it twice.
    pub(super) async fn follow(&self, progress: Arc<dyn ProgressSink>) -> bool {
        let hub = self.clone();
        let following = async move {
            match hub.reassess(progress).await {
                Ok(_) => false,
                Err(HubError::Store(StoreError::Busy { .. })) => true,
                Err(error) => {
                    tracing::error!(%error, "what was recorded could not be published; the next publication shows it");
                    true
                }
            }
        };
        // It goes on by itself: whoever waits no longer, or has gone, ends no publication.
        let following = tokio::spawn(tracing::Instrument::in_current_span(following));
        let followed = match self.follow_patience {
            None => following.await,
            Some(patience) => match tokio::time::timeout(patience, following).await {
                Ok(followed) => followed,
                Err(_) => return true,
            },
        };
        followed.unwrap_or_else(|error| {
            tracing::error!(%error, "what was recorded could not be published; the next publication shows it");
            true
        })
    }

    /// Links and assesses again without pulling: after a judgement, a finding, a change of rules or policy.
    ///
    /// # Errors
    /// `Store`: its `Busy` where somebody else syncs; whatever linking, assessing and publishing fail with.
    pub async fn reassess(&self, progress: Arc<dyn ProgressSink>) -> Result<Option<Published>, HubError> {
        let leader = self.store.lead().await?;
        self.leading(leader.store()).await?.reassess_leading(progress).await
    }

    async fn reassess_leading(&self, progress: Arc<dyn ProgressSink>) -> Result<Option<Published>, HubError> {
        self.remove_unrecorded_editions().await?;
        self.land_answers_in_turn().await?;
        self.publish(false, progress.as_ref(), &mut []).await
    }
}
