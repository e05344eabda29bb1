//! What was wrong with an input, said beside the answer.

use async_graphql::{Context, Object};

use super::scalars::Language;
use crate::serve::context::ask;
use crate::serve::problem::Problem;

/// Something in the input that cannot be so.
pub struct UserError {
    field: Option<String>,
    problem: Problem,
}

impl UserError {
    pub fn of(field: Option<&str>, problem: Problem) -> UserError {
        UserError { field: field.map(str::to_owned), problem }
    }
}

/// Something in the input that cannot be so.
#[Object]
impl UserError {
    /// The input's field, where it is one.
    async fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
    /// Stable code.
    async fn code(&self) -> &str {
        self.problem.code.name()
    }
    /// What is wrong, and what would be right.
    async fn message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        self.problem.text(lang.map_or(ask(ctx).lang, Into::into))
    }
}
