//! One problem, as everybody is told of it: a stable code for machines, a text in both languages, and what to do.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::message::Lang;

/// Something wrong, said so that the reader knows which thing and what to do. `C` is the code: a text of its own per room, or an
/// enum where callers tell them apart.
///
/// ```
/// use huitu::model::message::Lang;
/// use huitu::model::problem::Problem;
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

/// For the log, where the reader's language is not known.
impl<C> fmt::Display for Problem<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.en, self.zh)
    }
}

impl<C: fmt::Debug> std::error::Error for Problem<C> {}
