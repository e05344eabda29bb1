//! What registries say now, asked in batches: all enterprises of one answer with one request per registry.

use std::collections::HashMap;

use async_graphql::Result;
use async_graphql::dataloader::Loader;

use crate::hub::{Hub, LiveAnswer};
use crate::serve::problem::Problem;

/// Asks registries for the enterprises of one answer.
pub struct LiveLoader(pub Hub);

/// Registry and credit code.
pub type LiveKey = (String, String);

impl Loader<LiveKey> for LiveLoader {
    type Value = LiveAnswer;
    type Error = Problem;

    /// Every registry at the same time; none of them keeps the others waiting beyond its own time-out.
    async fn load(&self, keys: &[LiveKey]) -> Result<HashMap<LiveKey, LiveAnswer>, Problem> {
        let mut by_registry: HashMap<&str, Vec<String>> = HashMap::new();
        for (registry, code) in keys {
            by_registry.entry(registry).or_default().push(code.clone());
        }
        let asked = by_registry.into_iter().map(|(registry, codes)| async move {
            let answers = self.0.look_up(registry, &codes).await;
            answers.into_iter().map(|(code, answer)| ((registry.to_owned(), code), answer)).collect::<Vec<_>>()
        });
        Ok(futures_util::future::join_all(asked).await.into_iter().flatten().collect())
    }
}
