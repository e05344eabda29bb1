//! How a registry stands: what its last pull led to, and whether it has missed its time since.

use chrono::{DateTime, NaiveDate};

use super::open::Hub;
use crate::assess::needs::{Bringer, asked_for, unmet};
use crate::edition::EditionSource;
use crate::model::verdict::Unmet;
use crate::records;
use crate::store::registry::RegistryRow;

/// State of a registry at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    /// CURRENT LATE FAILING HELD NEVER
    pub state: String,
    /// Milliseconds since 1970: since when it is behind.
    pub late_since: Option<i64>,
}

impl SourceState {
    pub fn is_behind(&self) -> bool {
        self.state != "CURRENT"
    }
}

impl Hub {
    /// What the store says, and LATE where a good pull has become too old: by the registry's schedule, or without one by
    /// `manners.stale_after_hours`.
    pub fn standing(&self, row: &RegistryRow) -> SourceState {
        let stored = SourceState { state: row.state.clone(), late_since: row.late_since };
        let good = row.last_good.filter(|_| row.state == "CURRENT").and_then(DateTime::from_timestamp_millis);
        let (Some(good), Some(connector)) = (good, self.connectors.iter().find(|c| c.name == row.name)) else { return stored };
        match self.manners(connector).late_since(good, self.clock.now(), self.settings.zone) {
            Some(since) => SourceState { state: "LATE".to_owned(), late_since: Some(since.timestamp_millis()) },
            None => stored,
        }
    }

    /// The registries that an edition of this moment rests on.
    pub(super) fn sources(&self, rows: &[RegistryRow]) -> Vec<EditionSource> {
        let known = self.connectors.iter().filter_map(|c| Some((c, rows.iter().find(|r| r.name == c.name)?)));
        known
            .filter_map(|(c, row)| {
                let good = row.last_good?;
                Some(EditionSource {
                    name: c.name.clone(),
                    title_zh: c.title.zh.clone(),
                    title_en: c.title.en.clone(),
                    as_of: DateTime::from_timestamp_millis(good)?,
                    records: row.records as u64,
                    stale: self.standing(row).is_behind(),
                })
            })
            .collect()
    }

    /// What the verdicts need and these sources do not bring on a day. One without a record brings nothing.
    pub(super) fn unmet(&self, sources: &[EditionSource], on: NaiveDate) -> Vec<Unmet> {
        unmet(&self.settings.policy.needs, &self.bringers(sources), on)
    }

    /// Names of the registries that the verdicts need, landed or not; of a need that no connector meets its own name.
    pub fn needed(&self) -> Vec<Box<str>> {
        asked_for(&self.settings.policy.needs, &self.bringers(&[]))
    }

    fn bringers(&self, sources: &[EditionSource]) -> Vec<Bringer> {
        let landed = |name: &str| {
            let source = sources.iter().find(|s| s.name == name && s.records > 0)?;
            Some(source.as_of.with_timezone(&self.settings.zone).date_naive())
        };
        let bringer = |c: &std::sync::Arc<crate::connector::Connector>| Bringer {
            name: c.name.as_str().into(),
            brings: records::brings(c),
            landed: landed(&c.name),
        };
        self.connectors.iter().map(bringer).collect()
    }
}
