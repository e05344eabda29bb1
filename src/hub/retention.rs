//! Which editions are kept: the last one of each day for ninety days, then the last one of each month; always the newest.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};

use super::error::HubError;
use super::open::Hub;
use crate::depot::Sharing;
use crate::edition::{EditionError, folder_name};

/// Days for which the last edition of every day is kept.
const DAILY_DAYS: u64 = 90;
/// Hours for which every edition is kept, so that a client can finish paging through it.
const SPARED_HOURS: i64 = 1;

/// Numbers to keep, of editions given as (number, as of) in ascending order.
pub fn kept(editions: &[(u32, NaiveDate)], today: NaiveDate) -> HashSet<u32> {
    let daily_from = today.checked_sub_days(Days::new(DAILY_DAYS)).unwrap_or(today);
    let mut keep = HashSet::new();
    for (i, (number, day)) in editions.iter().enumerate() {
        let next = editions.get(i + 1).map(|(_, day)| *day);
        let last_of_day = next != Some(*day);
        let last_of_month = next.is_none_or(|n| (n.year(), n.month()) != (day.year(), day.month()));
        if next.is_none() || (last_of_day && *day >= daily_from) || last_of_month {
            keep.insert(*number);
        }
    }
    keep
}

impl Hub {
    /// Removes the editions that the policy no longer keeps; answers their numbers. Never the newest one, nor one that a
    /// request of this process is reading. Servers that still read one of them keep its files until they let go.
    ///
    /// # Errors
    /// `Store`: its `Busy` where somebody else syncs; `Edition`: a folder cannot be read or removed.
    pub async fn prune_editions(&self, dry_run: bool) -> Result<Vec<u32>, HubError> {
        let leader = self.store.lead().await?;
        self.through(leader.store()).prune_leading(dry_run).await
    }

    async fn prune_leading(&self, dry_run: bool) -> Result<Vec<u32>, HubError> {
        self.editions.refresh()?;
        let removed = self.superseded(None);
        if !dry_run {
            self.remove_editions(&removed).await?;
        }
        Ok(removed)
    }

    /// After each publication: as `prune_editions`, but leaves what is younger than an hour to clients that page through it.
    pub(super) async fn prune_after_publishing(&self) -> Result<(), HubError> {
        let spared = self.clock.now() - TimeDelta::hours(SPARED_HOURS);
        let removed = self.superseded(Some(spared));
        if !removed.is_empty() {
            tracing::info!(editions = ?removed, "no longer kept");
        }
        self.remove_editions(&removed).await
    }

    fn superseded(&self, spared_from: Option<DateTime<Utc>>) -> Vec<u32> {
        // A broken edition is no state to fall back on: it takes no place among those that are kept, and is left where it is.
        let mut manifests = self.editions.list();
        manifests.retain(|m| !self.editions.is_broken(m.number));
        let mut known: Vec<(u32, NaiveDate)> = manifests.iter().map(|m| (m.number, m.as_of)).collect();
        known.sort_unstable();
        let keep = kept(&known, self.clock.today(self.settings.zone));
        let young = |m: &crate::edition::Manifest| spared_from.is_some_and(|from| m.published_at > from);
        let mut removed: Vec<u32> = manifests
            .iter()
            .filter(|m| !keep.contains(&m.number) && !young(m) && !self.editions.is_read(m.number))
            .map(|m| m.number)
            .collect();
        removed.sort_unstable();
        removed
    }

    async fn remove_editions(&self, numbers: &[u32]) -> Result<(), HubError> {
        for number in numbers {
            let folder = self.editions_root().join(folder_name(*number));
            std::fs::remove_dir_all(&folder).map_err(|source| EditionError::Io { path: folder, source })?;
            self.store.edition_removed(i64::from(*number), self.clock.millis()).await?;
        }
        self.editions.refresh()?;
        if !numbers.is_empty() {
            self.share_editions(Sharing { removed: numbers, ..Sharing::default() }).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn the_last_of_each_day_then_of_each_month_and_always_the_newest() {
        let editions = [
            (1, day("2026-01-10")),
            (2, day("2026-01-31")),
            (3, day("2026-02-27")),
            (4, day("2026-09-01")),
            (5, day("2026-09-01")),
            (6, day("2026-09-02")),
            (7, day("2026-09-02")),
        ];
        let mut keep: Vec<u32> = kept(&editions, day("2026-09-03")).into_iter().collect();
        keep.sort_unstable();
        assert_eq!(keep, [2, 3, 5, 7]);
    }
}
