//! Views of pages that a caller saved.

use async_graphql::Object;

use super::scalars::DateTime;
use crate::store::caller::SavedViewRow;

/// A view of a page under a name: the caller's own.
pub struct SavedView(pub SavedViewRow);

/// A view of a page under a name: the caller's own.
#[Object]
impl SavedView {
    /// The page.
    async fn page(&self) -> &str {
        &self.0.page
    }
    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// Query of the page's address.
    async fn query(&self) -> &str {
        &self.0.query
    }
    /// When it was saved.
    async fn saved_at(&self) -> DateTime {
        DateTime::written(self.0.at)
    }
}
