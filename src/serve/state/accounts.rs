//! Who looked: an account of every answer before it leaves, of changes before they are made, of what commands show.
//!
//! In: an answer that is to be accounted for. Out: a row of the audit where it may show what is not open, and what was read counted for the
//! departments; kept in the store from time to time.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{COUNTER, LOGIN, Reading, ServerState};
use crate::access::{Caller, Role};
use crate::audit::{NotedAnswer, NotedSeen};
use crate::serve::answers::usage::{FieldUse, names_of};
use crate::serve::authentication::callers::Used;
use crate::serve::problem::{Code, Problem};

/// Characters of a question, and of the values given with it, that the audit keeps where they alone say who was concerned.
const CHOSEN_BY: usize = 2_000;

/// RFC 3339 to the millisecond.
fn shown_millis(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

impl ServerState {
    /// Accounts for an answer before its first byte leaves: counted for the departments whose fields it shows, and noted in the audit
    /// where it may show what is not open. No account, no answer.
    ///
    /// # Errors
    /// The audit cannot be written.
    pub(in crate::serve) async fn account(&self, reading: Reading<'_>) -> Result<(), Problem> {
        let Reading { caller, purpose, way, asked, given, shown, beyond_editions, edition, request } = reading;
        self.0.tally.add(caller, purpose, shown);
        // Whoever approves and inspects asks at the counter about somebody: that is always noted. So is who came in.
        if self.0.options.is_measured_without_audit {
            return Ok(());
        }
        if ![COUNTER, LOGIN].contains(&way) && (caller.sees_what_is_open_alone() || (shown.is_open() && !beyond_editions)) {
            return Ok(());
        }
        let digest = HEXLOWER.encode(&Sha256::digest(asked)[..8]);
        // What was opened and shows nobody says something of whoever it was asked about: that a filter fits none, what a sum is.
        let is_about_many = shown.opened != 0 && shown.count == 0 && !beyond_editions;
        let mut chosen_by = String::new();
        let enterprises = match shown.count as usize == shown.ids.len() && !is_about_many {
            true => NotedSeen::These(&shown.ids),
            false => {
                chosen_by.extend(String::from_utf8_lossy(asked).chars().take(CHOSEN_BY));
                if !given.is_empty() {
                    chosen_by.push('\n');
                    chosen_by.extend(given.chars().take(CHOSEN_BY));
                }
                NotedSeen::Many { count: shown.count, chosen_by: &chosen_by }
            }
        };
        let answer = NotedAnswer {
            at: &shown_millis(self.0.hub.clock.now()),
            caller: &caller.id,
            name: &caller.name,
            role: caller.role.name(),
            purpose,
            way,
            operation: &digest,
            fields: &names_of(shown.fields),
            classes: &shown.classes(),
            enterprises,
            edition: edition.unwrap_or(0),
            request,
        };
        self.0.audit.record_among(&answer, self.requests().taken()).await.map_err(|error| {
            tracing::error!(%error, request_id = request, "an answer was not given");
            Problem::new(
                Code::Internal,
                "访问记录无法写入，因此不作答；请把请求编号告诉管理员",
                "who reads this cannot be noted, so it is not answered; give the request id to the operator",
            )
        })
    }
    /// Accounts for what a command shows, under the name of whoever runs it; see `ServerState::account`.
    ///
    /// # Errors
    /// The audit cannot be written.
    pub async fn account_for_command(
        &self,
        operator: &str,
        purpose: &str,
        asked: &str,
        shown: &FieldUse,
        edition: Option<u32>,
    ) -> Result<(), Problem> {
        let caller = Caller::new(operator, Role::Admin);
        let (caller, asked) = (&caller, asked.as_bytes());
        let way = "command";
        self.account(Reading { caller, purpose, way, asked, given: "", shown, beyond_editions: true, edition, request: "" })
            .await?;
        self.note_chains().await
    }
    /// Accounts for a change before it is made: one that cannot be noted is not made.
    ///
    /// # Errors
    /// The audit cannot be written.
    pub(in crate::serve) async fn account_for_change(
        &self,
        caller: &Caller,
        purpose: &str,
        asked: &str,
        request: &str,
    ) -> Result<(), Problem> {
        let (asked, shown) = (asked.as_bytes(), &FieldUse::default());
        let way = "change";
        self.account(Reading { caller, purpose, way, asked, given: "", shown, beyond_editions: true, edition: None, request })
            .await
    }
    /// Where the files of the audit are.
    pub(in crate::serve) fn audit_folder(&self) -> &std::path::Path {
        self.0.audit.folder()
    }
    /// Keeps in the store what was counted of reading since the last time.
    pub async fn keep_usage(&self) -> Result<(), Problem> {
        let _alone = self.0.keeping.lock().await;
        let hub = &self.0.hub;
        // A use that cannot be noted is noted with the next one.
        let (mut tokens, mut sessions) = (Vec::new(), Vec::new());
        for (used, at) in self.0.callers.take_used() {
            match used {
                Used::Token(id) => tokens.push((id, at)),
                Used::Session(id) => sessions.push((id, at)),
                Used::Nothing => {}
            }
        }
        hub.store.tokens_used(&tokens).await?;
        hub.store.sessions_used(&sessions).await?;
        self.note_chains().await?;
        let rows = self.0.tally.take(&hub.clock.today(hub.settings.zone).to_string());
        match hub.store.add_usage(&rows).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.0.tally.put_back(rows);
                Err(error.into())
            }
        }
    }
    /// Keeps in the store which chains the audit has, once more than in its folder.
    async fn note_chains(&self) -> Result<(), Problem> {
        // A list that cannot be read is named by `huitu audit verify`.
        let Ok(marks) = crate::audit::chain_marks(self.0.audit.folder()) else { return Ok(()) };
        let mut noted = self.0.noted_chains.lock().await;
        if *noted != marks.len() {
            self.0.hub.note_audit_chains(&marks).await.map_err(|error| {
                tracing::error!(%error, "the chains of the audit cannot be noted in the store");
                Problem::internal()
            })?;
            *noted = marks.len();
        }
        Ok(())
    }
}
