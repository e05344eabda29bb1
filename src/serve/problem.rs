//! What a caller is told when something does not work: a stable code, a safe text in the caller's language, a remedy.

use async_graphql::{ErrorExtensionValues, ServerError};

use crate::edition::EditionError;
use crate::model;
use crate::model::message::Lang;
use crate::store::StoreError;

/// The stable codes of `extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    BadInput,
    Unauthenticated,
    Forbidden,
    ForbiddenField,
    NotFound,
    Ambiguous,
    SourceUnavailable,
    CostExceeded,
    TooDeep,
    Timeout,
    EditionGone,
    PersistedQueryNotFound,
    Internal,
}

impl Code {
    pub const ALL: [Code; 13] = [
        Code::BadInput,
        Code::Unauthenticated,
        Code::Forbidden,
        Code::ForbiddenField,
        Code::NotFound,
        Code::Ambiguous,
        Code::SourceUnavailable,
        Code::CostExceeded,
        Code::TooDeep,
        Code::Timeout,
        Code::EditionGone,
        Code::PersistedQueryNotFound,
        Code::Internal,
    ];
    pub fn name(self) -> &'static str {
        match self {
            Code::BadInput => "BAD_INPUT",
            Code::Unauthenticated => "UNAUTHENTICATED",
            Code::Forbidden => "FORBIDDEN",
            Code::ForbiddenField => "FORBIDDEN_FIELD",
            Code::NotFound => "NOT_FOUND",
            Code::Ambiguous => "AMBIGUOUS",
            Code::SourceUnavailable => "SOURCE_UNAVAILABLE",
            Code::CostExceeded => "COST_EXCEEDED",
            Code::TooDeep => "TOO_DEEP",
            Code::Timeout => "TIMEOUT",
            Code::EditionGone => "EDITION_GONE",
            Code::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Code::Internal => "INTERNAL",
        }
    }
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }
    /// Whether the same question may succeed a little later.
    pub fn retryable(self) -> bool {
        matches!(self, Code::SourceUnavailable | Code::Timeout | Code::Internal)
    }
}

/// What a caller is told, in both languages.
pub type Problem = model::problem::Problem<Code>;

impl Problem {
    pub fn bad_input(zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::new(Code::BadInput, zh, en)
    }
    pub fn internal() -> Problem {
        Problem::new(Code::Internal, "内部错误；请把请求编号告诉管理员", "internal error; give the request id to the operator")
    }
    pub fn forbidden_field(field: &str, scope: &str) -> Problem {
        Problem::new(
            Code::ForbiddenField,
            format!("无权查看字段 {field}；需要权限 {scope}"),
            format!("field {field} needs the scope {scope}"),
        )
        .remedy(scope)
    }
    pub fn forbidden(scope: &str) -> Problem {
        Problem::new(Code::Forbidden, format!("没有权限；需要 {scope}"), format!("not permitted; this needs the scope {scope}"))
            .remedy(scope)
    }
    pub fn extensions(&self) -> ErrorExtensionValues {
        let mut values = ErrorExtensionValues::default();
        values.set("code", self.code.name());
        values.set("retryable", self.code.retryable());
        if let Some(remedy) = &self.remedy {
            values.set("hint", remedy.as_str());
        }
        values
    }
    /// What a resolver told, in the language it was told in; None where the library speaks.
    pub fn of_error(error: &ServerError) -> Option<Problem> {
        let text = |name| match error.extensions.as_ref()?.get(name)? {
            async_graphql::Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let code = Code::from_name(text("code")?)?;
        Some(Problem { code, zh: error.message.clone(), en: error.message.clone(), remedy: text("hint").map(str::to_owned) })
    }
    /// As a resolver of the GraphQL library takes it.
    pub fn error(&self, lang: Lang) -> async_graphql::Error {
        let mut error = async_graphql::Error::new(self.text(lang));
        error.extensions = Some(self.extensions());
        error
    }
    pub fn server_error(&self, lang: Lang) -> ServerError {
        let mut error = ServerError::new(self.text(lang), None);
        error.extensions = Some(self.extensions());
        error
    }
}

impl From<EditionError> for Problem {
    fn from(error: EditionError) -> Problem {
        match error {
            EditionError::BadInput(problem) => {
                Problem { code: Code::BadInput, zh: problem.zh, en: problem.en, remedy: problem.remedy }
            }
            EditionError::Gone { nearest, .. } => {
                let nearest = nearest.map_or_else(String::new, |n| format!("edition:{n}"));
                Problem::new(
                    Code::EditionGone,
                    format!("该版本已不存在；最近的可用版本是 {nearest}"),
                    format!("this edition is gone; the nearest one is {nearest}"),
                )
                .remedy(nearest)
            }
            EditionError::None => Problem::new(
                Code::NotFound,
                "还没有发布任何版本；请先运行 huitu sync",
                "no edition has been published yet; run `huitu sync` first",
            ),
            other => {
                tracing::error!(error = %other, "an edition could not be read");
                Problem::internal()
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        tracing::error!(%error, "the store could not be read");
        Problem::internal()
    }
}
