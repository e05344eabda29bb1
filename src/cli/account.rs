//! What a command shows of enterprises and records is accounted for before it is shown, as an answer of the server is: in the audit, under
//! the name of whoever runs it.
//!
//! In: what was asked and whom it shows. Out: a row on disk. Figures that name nobody are not noted; nothing is shown where the row cannot
//! be written.

use super::common::Common;
use crate::edition::Edition;
use crate::hub::{Hub, HubError};
use crate::serve::answers::usage::{FieldUse, bits_of};
use crate::serve::problem::Problem;
use crate::serve::{App, Authentication, Options, ServerState};

/// Who runs this command, as the system calls them.
pub fn operator() -> String {
    std::env::var("USER").ok().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "operator".to_owned())
}

/// A server that does not listen: it answers whoever runs this command, under their name.
pub async fn app_of(hub: &Hub, common: &Common) -> anyhow::Result<App> {
    let app = App::new(hub.clone(), options());
    app.refresh().await.map_err(|problem| said(problem, common))?;
    Ok(app)
}

fn options() -> Options {
    Options { operator: Some(operator()), ..Options::new(Authentication::Demonstration) }
}

/// A problem of the server in the reader's language.
pub fn said(problem: Problem, common: &Common) -> anyhow::Error {
    anyhow::anyhow!(problem.text(common.lang().into()).to_owned())
}

/// What a command shows.
#[derive(Default)]
pub struct CommandReading {
    shown: FieldUse,
    edition: Option<u32>,
}

impl CommandReading {
    /// Enterprises by their ids, each once.
    pub fn of(ids: impl IntoIterator<Item = String>) -> CommandReading {
        let mut ids: Vec<String> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        ids.sort_unstable();
        ids.dedup();
        CommandReading { shown: FieldUse { count: ids.len() as u64, ids, ..FieldUse::default() }, edition: None }
    }

    /// Rows of an edition.
    pub fn of_rows(edition: &Edition, rows: &roaring::RoaringBitmap) -> CommandReading {
        let mut shown = FieldUse::default();
        shown.add_all(edition, rows, 0);
        CommandReading { shown, edition: Some(edition.number()) }
    }

    /// So many that they are not named.
    pub fn many(count: u64) -> CommandReading {
        CommandReading { shown: FieldUse { count, ..FieldUse::default() }, edition: None }
    }

    /// Of this edition.
    pub fn of_edition(self, number: u32) -> CommandReading {
        CommandReading { edition: Some(number), ..self }
    }

    /// What of them, by the names of the graph.
    pub fn with_fields(mut self, names: &[&str]) -> CommandReading {
        self.shown.fields |= names.iter().fold(0, |bits, name| bits | bits_of(name));
        self
    }

    /// Notes it. `asked` says the command as a person would, without files and places.
    ///
    /// # Errors
    /// It cannot be noted: show nothing.
    pub async fn note(self, hub: &Hub, common: &Common, asked: &str) -> anyhow::Result<()> {
        let CommandReading { shown, edition } = self;
        let state = ServerState::new(hub.clone(), options());
        let noted = state.account_for_command(&operator(), &common.stated_purpose(), asked, &shown, edition).await;
        noted.map_err(|problem| HubError::said(problem.zh, problem.en).into()).inspect_err(|_| {
            tracing::error!(command = asked, lang = ?common.lang(), "a command showed nothing: it cannot be noted");
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enterprises_are_named_once_and_counted() {
        let reading = CommandReading::of(["E2", "E1", "", "E2"].map(str::to_owned)).with_fields(&["name", "creditCode"]);
        assert_eq!((reading.shown.ids, reading.shown.count), (vec!["E1".to_owned(), "E2".to_owned()], 2));
        assert_eq!(reading.shown.fields, bits_of("name") | bits_of("creditCode"));
    }
}
