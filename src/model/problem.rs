//! One problem, in the one shape that every reader meets: a stable code for machines, a text in both languages, and what to do.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::message::Lang;

/// Something wrong, said so that the reader knows which thing and what to do. `C` is the code: a text of its own per room, or an
/// enum where callers tell them apart.
///
/// ```
/// use huitu_rules::model::message::Lang;
/// use huitu_rules::model::problem::Problem;
///
/// let problem: Problem = Problem::new("column_missing", "缺少列“税号”", "column \"税号\" is missing").remedy("税务登记号");
/// assert_eq!(problem.code, "column_missing");
/// assert_eq!(problem.text(Lang::Zh), "缺少列“税号”");
/// assert_eq!(problem.remedy.as_deref(), Some("税务登记号"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem<C = Cow<'static, str>> {
    /// Stable, for machines: `unknown_key`, `column_missing`, `BAD_INPUT`.
    pub code: C,
    /// What is wrong with which thing, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// What the reader can do, or the value that would work; None where the text says it.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

fn none() -> Option<String> {
    None
}

impl<C> Problem<C> {
    /// Without a remedy.
    pub fn new(code: impl Into<C>, zh: impl Into<String>, en: impl Into<String>) -> Problem<C> {
        Problem { code: code.into(), zh: zh.into(), en: en.into(), remedy: None }
    }

    /// The same with what the reader can do.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Problem<C> {
        self.remedy = Some(remedy.into());
        self
    }

    /// What is wrong, in the reader's language.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

impl Problem<&'static str> {
    /// The same problem, with its code as most rooms hold it.
    pub fn widen(self) -> Problem {
        Problem { code: self.code.into(), zh: self.zh, en: self.en, remedy: self.remedy }
    }
}

/// The stable codes of `extensions.code`, by which callers tell problems apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// What was asked cannot be meant.
    BadInput,
    /// Nobody, or nobody any more.
    Unauthenticated,
    /// Not with these rights.
    Forbidden,
    /// One field needs a scope.
    ForbiddenField,
    /// There is no such thing.
    NotFound,
    /// Several things fit.
    Ambiguous,
    /// A registry does not answer.
    SourceUnavailable,
    /// More than one question may cost.
    CostExceeded,
    /// Nested beyond what is read.
    TooDeep,
    /// Not within the time a question has.
    Timeout,
    /// Pruned, or before the first.
    EditionGone,
    /// No document under this hash.
    PersistedQueryNotFound,
    /// Our own fault; the log knows.
    Internal,
}

impl Code {
    /// Every code.
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
    /// As `extensions.code` says it.
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
    /// The code of that very name.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }
    /// Whether the same question may succeed a little later.
    pub fn retryable(self) -> bool {
        matches!(self, Code::SourceUnavailable | Code::Timeout | Code::Internal)
    }
}

impl Problem<Code> {
    /// What was asked cannot be meant.
    pub fn bad_input(zh: impl Into<String>, en: impl Into<String>) -> Problem<Code> {
        Problem::new(Code::BadInput, zh, en)
    }
    /// Our own fault.
    pub fn internal() -> Problem<Code> {
        Problem::new(Code::Internal, "内部错误；请把请求编号告诉管理员", "internal error; give the request id to the operator")
    }
    /// A field that needs a scope.
    pub fn forbidden_field(field: &str, scope: &str) -> Problem<Code> {
        Problem::new(
            Code::ForbiddenField,
            format!("无权查看字段 {field}；需要权限 {scope}"),
            format!("field {field} needs the scope {scope}"),
        )
        .remedy(scope)
    }
    /// What a token sees where it states what it reads for.
    pub fn needs_purpose(code: Code, scope: &str, purposes: &[String]) -> Problem<Code> {
        Problem::new(
            code,
            format!("该令牌只在说明用途时可用权限 {scope}：请求头 X-Purpose 应为以下之一：{}", purposes.join("、")),
            format!(
                "this token has the scope {scope} only for its purposes: send the header X-Purpose with one of: {}",
                purposes.join(", ")
            ),
        )
        .remedy(purposes.join(", "))
    }
    /// A question that needs a scope.
    pub fn forbidden(scope: &str) -> Problem<Code> {
        Problem::new(Code::Forbidden, format!("没有权限；需要 {scope}"), format!("not permitted; this needs the scope {scope}"))
            .remedy(scope)
    }
}

/// For the log, where the reader's language is not known.
impl<C> fmt::Display for Problem<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.en, self.zh)
    }
}

impl<C: fmt::Debug> std::error::Error for Problem<C> {}
