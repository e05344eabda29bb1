//! What a caller is told when something does not work, as the GraphQL library carries it.

use async_graphql::{ErrorExtensionValues, ServerError};

use crate::hub::HubError;
use crate::model;
use crate::model::message::Lang;

pub use crate::model::problem::Code;

/// What a caller is told, in both languages.
pub type Problem = model::problem::Problem<Code>;

/// A problem as the GraphQL library carries it.
pub trait GraphProblem: Sized {
    /// Code, whether trying again may help, and the remedy.
    fn extensions(&self) -> ErrorExtensionValues;
    /// What a resolver told, in the language it was told in; None where the library speaks.
    fn of_error(error: &ServerError) -> Option<Self>;
    /// As a resolver of the GraphQL library takes it.
    fn error(&self, lang: Lang) -> async_graphql::Error;
    /// As the library answers where no resolver was asked.
    fn server_error(&self, lang: Lang) -> ServerError;
}

impl GraphProblem for Problem {
    fn extensions(&self) -> ErrorExtensionValues {
        let mut values = ErrorExtensionValues::default();
        values.set("code", self.code.name());
        values.set("retryable", self.code.retryable());
        if let Some(remedy) = &self.remedy {
            values.set("hint", remedy.as_str());
        }
        values
    }
    fn of_error(error: &ServerError) -> Option<Problem> {
        let text = |name| match error.extensions.as_ref()?.get(name)? {
            async_graphql::Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let code = Code::from_name(text("code")?)?;
        Some(Problem { code, zh: error.message.clone(), en: error.message.clone(), remedy: text("hint").map(str::to_owned) })
    }
    fn error(&self, lang: Lang) -> async_graphql::Error {
        let mut error = async_graphql::Error::new(self.text(lang));
        error.extensions = Some(self.extensions());
        error
    }
    fn server_error(&self, lang: Lang) -> ServerError {
        let mut error = ServerError::new(self.text(lang), None);
        error.extensions = Some(self.extensions());
        error
    }
}

/// What a hub says that a caller can mend.
pub fn mendable(error: HubError) -> Problem {
    match error {
        HubError::Told(p) => Problem { remedy: p.remedy, ..Problem::bad_input(p.zh, p.en) },
        HubError::Store(e) => Problem::from(e),
        HubError::Edition(e) => Problem::from(e),
        other => {
            tracing::error!(error = %other, "a question failed");
            Problem::internal()
        }
    }
}
