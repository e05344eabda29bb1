//! Tells receivers of changes: signed, at least once, in order per enterprise, tried for a week, again on request.
//!
//! What happened is read from the steps of cases and the changes of editions, by whomever and in whichever process they were made, so
//! that nothing is missed by a server that was down. A delivery counts as received where the answer is 2xx and repeats the delivery's
//! id: a page that answers 200 to everything has received nothing.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use futures_util::future::BoxFuture;
use hashbrown::HashMap;
use hmac::{Hmac, KeyInit, Mac};
use roaring::RoaringBitmap;
use serde_json::{Value, json};
use sha2::Sha256;

use super::error::HubError;
use super::open::Hub;
use super::tokens::stands;
use crate::cases::standing::CaseStepKind;
use crate::edition::{Edition, Filter};
use crate::model::problem::Problem;
use crate::model::public_id;
use crate::model::text::shown;
use crate::pull::{Parcel, ParcelAnswer, deliver};
use crate::store::case::CaseArea;
use crate::store::case_event::CaseEventRow;
use crate::store::correction_event::CorrectionEventRow;
use crate::store::edition::ChangeRow;
use crate::store::webhook;
use crate::store::webhook::{DeliveryRow, WebhookRow};

/// What a receiver can be told of.
pub const WEBHOOK_KINDS: [&str; 3] = ["CASE", "VERDICT", "CORRECTION"];
/// Changes after which an enterprise may be no more in the areas in which it was.
const LEAVING: [&str; 3] = ["gone", "merged", "area"];
/// Steps and changes taken at a time.
const PART: i64 = 2_000;
/// Messages sent at a time.
const AT_ONCE: usize = 8;
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// A message that is being sent is nobody else's for so long.
const CLAIM_MILLIS: i64 = 60_000;
/// First wait after a failure; each further one is twice as long.
const FIRST_WAIT_MILLIS: i64 = 10_000;
const LONGEST_WAIT_MILLIS: i64 = 3_600_000;
/// Given up after a week.
const GIVE_UP_MILLIS: i64 = 7 * 86_400_000;
/// What was delivered can be asked for again for a month.
const KEPT_MILLIS: i64 = 30 * 86_400_000;

/// A receiver, as asked for.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    pub url: String,
    /// Of [`WEBHOOK_KINDS`].
    pub kinds: Vec<String>,
    /// Codes of areas; empty: all.
    pub areas: Vec<String>,
    /// Id of the token that asks.
    pub owner: String,
    /// The registry whose department asks: it is told of what is asked of that one.
    pub registry: Option<String>,
}

/// Notes that a message is about to leave for a receiver; false where it may not.
pub type NoteMessage = dyn Fn(WebhookRow, DeliveryRow) -> BoxFuture<'static, bool> + Send + Sync;

/// What became of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebhooksSent {
    pub delivered: usize,
    /// Tried in vain; tried again later.
    pub failed: usize,
    /// Given up.
    pub dead: usize,
}

/// The value of the header that signs a body: the second it was sent, and an HMAC-SHA256 over that and the body.
pub fn signature(secret: &str, at_secs: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(format!("{at_secs}.{body}").as_bytes());
    format!("t={at_secs},v1={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

/// Whether an answer says that this very delivery was received.
fn is_received(answer: &ParcelAnswer, id: &str) -> bool {
    (200..300).contains(&answer.status) && answer.body.contains(id)
}

fn not_received(answer: &ParcelAnswer) -> String {
    match answer.status {
        200..300 => format!("{}, without the id of the delivery", answer.status),
        status => status.to_string(),
    }
}

impl Hub {
    /// Adds a receiver, once it has shown that it listens; its secret is in the row.
    ///
    /// # Errors
    /// The address is none, is a private one, or nobody there repeats what it was sent.
    pub async fn add_webhook(&self, new: NewWebhook) -> Result<WebhookRow, HubError> {
        if let Some(unknown) = new.kinds.iter().find(|kind| !WEBHOOK_KINDS.contains(&kind.as_str())) {
            let (zh, en) = (WEBHOOK_KINDS.join("、"), WEBHOOK_KINDS.join(", "));
            return Err(HubError::said(
                format!("没有事件种类「{unknown}」；可用：{zh}"),
                format!("there is no kind \"{unknown}\"; known: {en}"),
            ));
        }
        let at = self.clock.millis();
        let random: [u8; 32] = rand::random();
        let secret = format!("whsec_{}", HEXLOWER.encode(&random));
        let bits = xxhash_rust::xxh3::xxh3_64_with_seed(secret.as_bytes(), at as u64) & public_id::BITS;
        let row = WebhookRow {
            id: public_id::write('W', bits),
            url: new.url,
            secret,
            owner: new.owner,
            kinds: serde_json::to_string(&new.kinds).expect("names"),
            areas: serde_json::to_string(&new.areas).expect("codes"),
            created_at: at,
            removed_at: None,
            case_cursor: self.store.last_case_event().await?,
            change_cursor: self.store.last_change().await?,
            registry: new.registry,
            correction_cursor: self.store.last_correction_event().await?,
        };
        let greeting = format!("{}-hello", row.id);
        let body = json!({ "id": greeting, "kind": "HELLO", "at": shown(self.clock.now()) }).to_string();
        let answer = self.send_parcel(&row, &greeting, body).await.map_err(HubError::Told)?;
        if !is_received(&answer, &greeting) {
            return Err(HubError::said(
                format!(
                    "{} 没有复述收到的编号（应答 {}）：接收方应以 2xx 应答，并在应答中写明 {greeting}",
                    row.url,
                    not_received(&answer)
                ),
                format!(
                    "{} does not repeat the id it was sent (it answers {}): a receiver answers 2xx and writes {greeting} into its answer",
                    row.url,
                    not_received(&answer)
                ),
            ));
        }
        self.store.put_webhook(&row).await?;
        Ok(row)
    }

    async fn send_parcel(&self, hook: &WebhookRow, id: &str, body: String) -> Result<ParcelAnswer, Problem> {
        let at = self.clock.millis() / 1_000;
        let headers = vec![("x-huitu-delivery", id.to_owned()), ("x-huitu-signature", signature(&hook.secret, at, &body))];
        deliver(&Parcel { url: &hook.url, headers, body, allow_private: self.allow_private, timeout: TIMEOUT }).await
    }

    /// Makes messages of what happened since the last time; how many.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn spread_webhooks(&self) -> Result<usize, HubError> {
        let hooks = self.store.webhooks(None).await?;
        if hooks.is_empty() {
            return Ok(0);
        }
        let Ok(edition) = self.editions.current() else { return Ok(0) };
        let now = self.clock.millis();
        let tokens = self.store.tokens().await?;
        let mut made = 0;
        for hook in hooks {
            let token = tokens.iter().find(|t| t.id == hook.owner);
            let ended = token.is_some_and(|t| t.revoked_at.is_some() || t.expires_at.is_some_and(|at| at <= now));
            if ended {
                self.store.remove_webhook(&hook.id, now).await?;
                continue;
            }
            let events = self.store.case_events_after(hook.case_cursor, PART).await?;
            let changes = self.store.verdict_changes_after(hook.change_cursor, PART).await?;
            let asked = self.store.correction_events_after(hook.correction_cursor, PART).await?;
            if events.is_empty() && changes.is_empty() && asked.is_empty() {
                continue;
            }
            let to = (
                events.last().map_or(hook.case_cursor, |e| e.id),
                changes.last().map_or(hook.change_cursor, |(id, _)| *id),
                asked.last().map_or(hook.correction_cursor, |e| e.id),
            );
            let messages = self.messages(&hook, &edition, (&events, &changes, &asked)).await?;
            let mut tx = self.store.begin_cases().await?;
            let spread =
                webhook::spread(&mut tx, &hook, to, &messages).await.map_err(|e| HubError::Store(self.store.failed(e)))?;
            tx.commit().await.map_err(|e| HubError::Store(self.store.failed(e)))?;
            made += if spread { messages.len() } else { 0 };
        }
        Ok(made)
    }

    async fn messages(
        &self,
        hook: &WebhookRow,
        edition: &Edition,
        (events, changes, asked): (&[CaseEventRow], &[(i64, ChangeRow)], &[CorrectionEventRow]),
    ) -> Result<Vec<DeliveryRow>, HubError> {
        let list = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap_or_default();
        let kinds = list(&hook.kinds);
        let mut reach = Reach::new(self, list(&hook.areas), edition);
        let wants = |kind: &str| kinds.iter().any(|k| k == kind);
        let enterprise = |id: &str| told_enterprise(edition, id);
        let at = |millis: i64| chrono::DateTime::from_timestamp_millis(millis).map(shown);
        let created_at = self.clock.millis();
        let message = |enterprise_id: &str, body: Value| DeliveryRow {
            id: 0,
            webhook_id: hook.id.clone(),
            enterprise_id: enterprise_id.to_owned(),
            body: body.to_string(),
            created_at,
            state: "WAITING".into(),
            tries: 0,
            since: created_at,
            next_at: created_at,
            claimed_until: 0,
            answered: None,
        };
        let mut made = Vec::new();
        // What changed in an edition came before what it did to the cases.
        for (_, c) in changes.iter().filter(|_| wants("VERDICT")) {
            let id = c.enterprise_id.as_str();
            let (about, to) = match reach.has(id) {
                true => (enterprise(id), c.to_value.as_deref()),
                // It is told that it ended or left; what became of it elsewhere is for whoever has that area.
                false if LEAVING.contains(&c.what.as_str()) => {
                    let into = c.to_value.as_deref().filter(|into| c.what == "merged" && reach.has(into));
                    match reach.before(c.edition, id, c.from_value.as_deref().filter(|_| c.what == "area")).await? {
                        Some(before) => (before, into),
                        None if into.is_some() => (enterprise(id), into),
                        None => continue,
                    }
                }
                false => continue,
            };
            let body = json!({
                "kind": "VERDICT", "at": at(c.at), "edition": c.edition, "enterprise": about,
                "what": c.what, "from": c.from_value, "to": to,
            });
            made.push(message(id, body));
        }
        for e in events.iter().filter(|_| wants("CASE")) {
            let case = self.store.case(&e.case_id).await?;
            // What a case was opened for may be a payment or a dispute: it is asked for, not sent.
            let to = e.to_value.as_deref().filter(|_| e.what != CaseStepKind::Opened.name());
            let moved_from = e.from_value.as_deref().filter(|_| e.what == CaseStepKind::Moved.name());
            let kept = case.as_ref().map(|c| (c.area.as_str(), c.federation.as_str()));
            let (whose, about, to) = if reach.has_or_had(&e.enterprise_id, kept) {
                // Into which case it was joined is told to whoever has that one.
                let is_joined = e.what == CaseStepKind::Joined.name();
                let to = if is_joined && !reach.has_case(to).await? { None } else { to };
                (e.enterprise_id.as_str(), enterprise(&e.enterprise_id), to)
            } else if let Some(from) = moved_from
                && let Some(before) = reach.before(e.edition.unwrap_or_default(), from, None).await?
            {
                (from, before, None)
            } else {
                continue;
            };
            let is_theirs_still = whose == e.enterprise_id;
            let case = case.map(|c| match is_theirs_still {
                true => json!({ "id": format!("case:{}", c.id), "state": c.state, "stage": c.stage, "reason": c.reason }),
                false => json!({ "id": format!("case:{}", c.id) }),
            });
            let body = json!({
                "kind": "CASE", "at": at(e.at), "edition": e.edition, "enterprise": about, "what": e.what,
                "from": e.from_value, "to": to, "case": case,
            });
            made.push(message(whose, body));
        }
        for e in asked.iter().filter(|_| wants("CORRECTION")) {
            let asked = self.store.correction(&e.correction_id).await?;
            let is_asked = match &hook.registry {
                Some(registry) => *registry == e.registry,
                None => {
                    let kept = asked.as_ref().map(|c| (c.area.as_str(), c.federation.as_str()));
                    reach.has_or_had(&e.enterprise_id, kept)
                }
            };
            if !is_asked {
                continue;
            }
            let asked = asked.map(|c| {
                json!({ "id": format!("correction:{}", c.id), "registry": c.registry, "recordKey": c.record_key, "field": c.field,
                    "column": c.column_name, "state": c.state, "deadline": c.deadline })
            });
            // A department sees no enterprise but its own record; what is disputed is asked for, not sent.
            let about = if hook.registry.is_some() { Value::Null } else { enterprise(&e.enterprise_id) };
            let body = json!({ "kind": "CORRECTION", "at": at(e.at), "what": e.what, "correction": asked, "enterprise": about });
            made.push(message(&e.enterprise_id, body));
        }
        Ok(made)
    }

    /// The receivers that stand. One whose token has ended ends with it.
    async fn standing_webhooks(&self) -> Result<Vec<WebhookRow>, HubError> {
        let (mut hooks, now) = (self.store.webhooks(None).await?, self.clock.millis());
        if hooks.is_empty() {
            return Ok(hooks);
        }
        let tokens = self.store.tokens().await?;
        let has_ended = |hook: &WebhookRow| tokens.iter().any(|token| token.id == hook.owner && !stands(token, now));
        let ended: Vec<WebhookRow> = hooks.extract_if(.., |hook| has_ended(hook)).collect();
        for hook in ended {
            self.store.remove_webhook(&hook.id, now).await?;
            tracing::warn!(webhook = hook.id, owner = hook.owner, "a receiver is told nothing more: its token has ended");
        }
        Ok(hooks)
    }

    /// [`Hub::send_webhooks_noted`] by whoever notes nothing.
    ///
    /// # Errors
    /// As there.
    pub async fn send_webhooks(&self) -> Result<WebhooksSent, HubError> {
        self.send_webhooks_noted(&|_, _| Box::pin(std::future::ready(true))).await
    }

    /// Sends the messages whose turn it is, until none is due any more. Each is noted before it leaves; what cannot be noted waits.
    ///
    /// # Errors
    /// The store cannot be read or written. A receiver that does not answer is no error: its messages wait.
    pub async fn send_webhooks_noted(&self, note: &NoteMessage) -> Result<WebhooksSent, HubError> {
        let hooks = self.standing_webhooks().await?;
        let mut done = WebhooksSent::default();
        if hooks.is_empty() {
            return Ok(done);
        }
        loop {
            let due = self.store.due_deliveries(self.clock.millis(), AT_ONCE as i64).await?;
            if due.is_empty() {
                break;
            }
            let mut any = false;
            let sent = due.into_iter().filter_map(|d| Some((hooks.iter().find(|h| h.id == d.webhook_id)?, d)));
            let sent = futures_util::future::join_all(sent.map(|(hook, d)| self.send_one(hook, d, note))).await;
            for state in sent {
                match state?.as_deref() {
                    Some("DONE") => done.delivered += 1,
                    Some("DEAD") => done.dead += 1,
                    Some(_) => done.failed += 1,
                    None => continue,
                }
                any = true;
            }
            if !any {
                break;
            }
        }
        self.store.prune_deliveries(self.clock.millis() - KEPT_MILLIS).await?;
        Ok(done)
    }

    /// Sends one message; its state afterwards, None where somebody else has it.
    async fn send_one(&self, hook: &WebhookRow, mut d: DeliveryRow, note: &NoteMessage) -> Result<Option<String>, HubError> {
        let now = self.clock.millis();
        if !self.store.claim_delivery(d.id, now, now + CLAIM_MILLIS).await? || !note(hook.clone(), d.clone()).await {
            return Ok(None);
        }
        let id = format!("{}-{}", hook.id, d.id);
        let mut body: Value = serde_json::from_str(&d.body).unwrap_or_else(|_| json!({}));
        body["id"] = json!(id);
        let answer = self.send_parcel(hook, &id, body.to_string()).await;
        d.tries += 1;
        match answer {
            Ok(answer) if is_received(&answer, &id) => {
                d.answered = Some(answer.status.to_string());
                d.state = "DONE".into();
            }
            failed => {
                let why = failed.map_or_else(|p| p.en, |answer| not_received(&answer));
                tracing::warn!(webhook = hook.id, delivery = d.id, tries = d.tries, %why, "a change could not be delivered yet");
                d.answered = Some(why);
                let wait = FIRST_WAIT_MILLIS.saturating_mul(1 << d.tries.clamp(1, 20) >> 1).min(LONGEST_WAIT_MILLIS);
                d.next_at = now + wait;
                if now - d.since > GIVE_UP_MILLIS {
                    d.state = "DEAD".into();
                }
            }
        }
        self.store.delivery_tried(&d).await?;
        Ok(Some(d.state))
    }
}

/// What a receiver is told of an enterprise, as an edition knows it.
fn told_enterprise(edition: &Edition, id: &str) -> Value {
    match edition.enterprise_of_id(id) {
        Some(e) => json!({ "id": id, "name": e.name(), "creditCode": e.credit_code() }),
        None => json!({ "id": id, "name": null, "creditCode": null }),
    }
}

/// An edition, and the rows of a receiver's areas in it.
type Seen = (Arc<Edition>, Arc<RoaringBitmap>);

/// Whom a receiver may be told of: the enterprises of its areas, as they are and as they were.
struct Reach<'a> {
    hub: &'a Hub,
    edition: &'a Edition,
    areas: Vec<String>,
    /// In the current edition; None: everybody.
    now: Option<Arc<RoaringBitmap>>,
    /// The same areas, as cases are kept by them.
    kept: Vec<CaseArea>,
    /// By number; None where the edition was removed.
    earlier: HashMap<u32, Option<Seen>>,
}

impl<'a> Reach<'a> {
    fn new(hub: &'a Hub, areas: Vec<String>, edition: &'a Edition) -> Reach<'a> {
        // An area that nobody knows any more shows nothing.
        let now = (!areas.is_empty()).then(|| edition.filter(&Filter::Area(areas.clone())).unwrap_or_default());
        let kept = areas.iter().filter_map(|area| hub.case_area(area).ok()).collect();
        Reach { hub, edition, areas, now, kept, earlier: HashMap::new() }
    }

    /// Whether it is theirs now.
    fn has(&self, id: &str) -> bool {
        match &self.now {
            None => true,
            Some(rows) => self.edition.row_of_id(id).is_some_and(|row| rows.contains(row)),
        }
    }

    fn fits(&self, area: &str, federation: &str) -> bool {
        self.kept.iter().any(|own| match own {
            CaseArea::Everywhere => true,
            CaseArea::Within(code) => area.starts_with(code.as_str()),
            CaseArea::Federation(unit) => federation == unit,
        })
    }

    /// Whether it is theirs, or is gone and was theirs last: area and federation as a case or request keeps them.
    fn has_or_had(&self, id: &str, kept: Option<(&str, &str)>) -> bool {
        self.has(id) || self.edition.row_of_id(id).is_none() && kept.is_some_and(|(area, federation)| self.fits(area, federation))
    }

    async fn has_case(&self, id: Option<&str>) -> Result<bool, HubError> {
        let Some(id) = id else { return Ok(false) };
        Ok(self.hub.store.case(id).await?.is_some_and(|case| self.has(&case.enterprise_id)))
    }

    /// The enterprise as it stood before an edition, where it was theirs then; `left`: the district that it left. Where that edition was
    /// removed, its case and the district say whose it was.
    async fn before(&mut self, edition: i64, id: &str, left: Option<&str>) -> Result<Option<Value>, HubError> {
        let number = u32::try_from(edition - 1).unwrap_or_default();
        if !self.earlier.contains_key(&number) {
            let editions = Arc::clone(&self.hub.editions);
            let opened = tokio::task::spawn_blocking(move || editions.number(number)).await.expect("opening does not panic");
            let rows = |e: Arc<Edition>| {
                let rows = e.filter(&Filter::Area(self.areas.clone())).unwrap_or_default();
                (e, rows)
            };
            self.earlier.insert(number, opened.ok().map(rows));
        }
        if let Some(Some((before, rows))) = self.earlier.get(&number) {
            let was_theirs = before.row_of_id(id).is_some_and(|row| rows.contains(row));
            return Ok(was_theirs.then(|| told_enterprise(before, id)));
        }
        let cases = self.hub.store.cases_of(&[id.to_owned()]).await?;
        let was_theirs = cases.iter().any(|case| self.fits(&case.area, &case.federation))
            || left.is_some_and(|district| self.fits(district, ""));
        Ok(was_theirs.then(|| told_enterprise(self.edition, id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value is that of `printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_x`.
    #[test]
    fn a_signature_covers_the_second_and_the_body() {
        let signed = signature("whsec_x", 1_700_000_000, "{}");
        assert_eq!(signed, "t=1700000000,v1=be8cb8325f2202445260a855532f967e30ad2a9394ce28da66ee02880ddcb661");
        assert_ne!(signed, signature("whsec_x", 1_700_000_001, "{}"));
        assert_ne!(signed, signature("whsec_y", 1_700_000_000, "{}"));
        assert_ne!(signed, signature("whsec_x", 1_700_000_000, "{ }"));
    }

    #[test]
    fn who_answers_200_to_everything_has_received_nothing() {
        let answer = |status, body: &str| ParcelAnswer { status, body: body.to_owned() };
        assert!(is_received(&answer(200, "{\"received\":\"W1-7\"}"), "W1-7"));
        assert!(!is_received(&answer(200, "<html>welcome</html>"), "W1-7"));
        assert!(!is_received(&answer(503, "W1-7"), "W1-7"));
    }
}
