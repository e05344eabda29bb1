//! Records on their way from the store to linking and assessing: part by part, so that their identifying texts are never
//! all in memory. Where the linker remembers an earlier run it takes what has changed since, else everything.

use std::sync::Arc;

use super::linker_state::Kept;
use super::records::{Keep, Part};
use super::{Hub, HubError};
use crate::link::{Linker, Previous};
use crate::model::facts::Facts;
use crate::model::linkage::LinkRecord;
use crate::publish::Links;
use crate::store::landing::Watermark;

/// Everything that linking and assessing take of the records.
pub(super) struct Gathered {
    /// Every record is put, once `ready` was called.
    pub linker: Linker,
    /// The linker follows an earlier run: it tells what is new.
    pub remembers: bool,
    /// Which enterprise each record belonged to, where the linker does not know.
    pub previous: Previous,
    pub facts: Vec<Facts>,
    /// Ids that changed since the linker's earlier run, and the records among them that stand.
    touched: Vec<i64>,
    changed: Vec<LinkRecord>,
    names: Vec<Box<str>>,
    links_before: Arc<Links>,
}

impl Hub {
    /// Reads every live record; also the state of the store that was read.
    pub(super) async fn gather(&self, links_before: Arc<Links>) -> Result<(Gathered, Watermark), HubError> {
        let kept = self.kept_linker().await?;
        let mut records = self.records(Kept::wanted(kept.as_ref()), Keep::Write).await?;
        let (mark, expected) = (records.mark.clone(), records.expected);
        let follows = kept.map(|kept| kept.linker).zip(records.touched.take());
        let mut gathered = self.gathering(follows, links_before, self.new_linker()?);
        gathered.facts.reserve_exact(expected);
        while let Some(part) = records.next().await? {
            let with = move || gathered.with(part);
            gathered = tokio::task::spawn_blocking(with).await.expect("gathering does not panic");
        }
        let ready = tokio::task::spawn_blocking(move || gathered.ready()).await;
        Ok((ready.expect("gathering does not panic"), mark))
    }

    /// Nothing gathered yet: for `fresh`, or for a linker that knows all records but those that were touched.
    pub(super) fn gathering(&self, follows: Option<(Linker, Vec<i64>)>, links_before: Arc<Links>, fresh: Linker) -> Gathered {
        let remembers = follows.is_some();
        let (linker, touched) = follows.unwrap_or((fresh, Vec::new()));
        let names = self.connectors.iter().map(|c| c.name.as_str().into()).collect();
        let (previous, facts, changed) = (Previous::default(), Vec::new(), Vec::new());
        Gathered { linker, remembers, previous, facts, touched, changed, names, links_before }
    }
}

impl Gathered {
    pub fn with(mut self, part: Part) -> Gathered {
        for r in &part.link {
            if let Some(id) = self.links_before.get(&(r.store_id, r.part)) {
                self.previous.insert(&self.names[r.registry as usize], &r.key, r.part, *id);
            }
        }
        match self.remembers {
            true => self.changed.extend(part.link),
            false => self.linker.put(&part.link),
        }
        self.facts.extend(part.facts);
        self
    }

    /// After the last part: what is gone leaves the linker, what changed enters it.
    pub fn ready(mut self) -> Gathered {
        let (touched, changed) = (std::mem::take(&mut self.touched), std::mem::take(&mut self.changed));
        if self.remembers {
            self.linker.retire(&touched, &changed);
            self.linker.put(&changed);
        }
        self
    }
}
