//! What an edition to come says of itself, before its rows are filled in, and what is told of one that came.

use chrono::{DateTime, NaiveDate, Utc};

use super::error::HubError;
use super::open::Hub;
use super::published::Published;
use crate::edition::{EditionInput, EditionSource, Filter, Manifest};
use crate::model::verdict::{GapStatus, Unmet};
use crate::publish::counting;

/// See the module.
pub(super) struct Header {
    pub now: DateTime<Utc>,
    pub as_of: NaiveDate,
    pub sources: Vec<EditionSource>,
    pub unmet: Vec<Unmet>,
}

impl Hub {
    /// The number of the next edition.
    pub(super) async fn next_number(&self) -> Result<u32, HubError> {
        Ok(self.store.latest_edition().await?.map_or(1, |e| e.number as u32 + 1))
    }

    /// An edition without rows.
    pub(super) fn without_rows(&self, number: u32, header: &Header) -> EditionInput {
        EditionInput {
            number,
            published_at: header.now,
            as_of: header.as_of,
            zone: self.settings.zone,
            enterprises: Vec::new(),
            unions: Vec::new(),
            members: Vec::new(),
            ties: Vec::new(),
            registries: self.connectors.iter().map(|c| c.name.as_str().into()).collect(),
            sources: header.sources.clone(),
            unmet: header.unmet.clone(),
            labels: Default::default(),
            counting: counting(&self.settings.policy),
        }
    }

    /// What is told of an edition that was published a moment ago, for which so many enterprises were judged.
    pub(super) async fn told_of(&self, manifest: Manifest, judged: usize) -> Result<Published, HubError> {
        self.editions.refresh()?;
        let edition = self.editions.number(manifest.number)?;
        let of = |filter| Ok::<u32, HubError>(edition.filter(&filter)?.len() as u32);
        let undecided = Filter::Any { facet: "gap", values: vec![GapStatus::Undecided.name().to_owned()] };
        Ok(Published {
            number: manifest.number,
            digest: manifest.digest,
            as_of: manifest.as_of,
            enterprises: manifest.enterprises,
            gap: of(Filter::InGap)?,
            undecided: of(undecided)?,
            review_pairs: self.store.review_count().await? as u32,
            judged: Some(judged as u32),
            unmet: manifest.unmet,
        })
    }
}
