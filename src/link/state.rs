//! What linking keeps between runs: profiles, counts, keys, bonds, clusters, and what follows from them.

use super::block::index::Index;
use super::cluster::Joined;
use super::cluster::entity_ids::EntityKey;
use super::compare::frequencies::Terms;
use super::group::profiles::{ProfileNo, Profiles};
use super::outcome::ReviewPair;
use super::records::{Book, NumberMap};
use super::resolve::relations::Sayings;
use super::score::edges::Bonds;
use super::state_codec::{KeepAll, Reader, Writer};
use crate::model::linkage::Judgement;

/// The outcome of the run before, ready to be changed a little.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    pub profiles: Profiles,
    pub terms: Terms,
    pub index: Index,
    pub bonds: Bonds,
    /// By profile: the profile that stands for its cluster.
    pub roots: Vec<ProfileNo>,
    /// Of the loose profiles.
    pub joined: NumberMap<ProfileNo, Joined>,
    pub reviews: NumberMap<ProfileNo, Box<[ReviewPair]>>,
    pub sayings: Sayings,
    /// Bits of the entity keys in use → records that bear them.
    pub in_use: NumberMap<u64, u32>,
    /// Loose profiles by their own name's hash.
    pub same_name: NumberMap<u64, u32>,
    /// What persons had said.
    pub judgements: Vec<Judgement>,
}

impl Standing {
    /// Records no longer bear an entity's key.
    pub fn leave(&mut self, key: EntityKey, records: u32) {
        if let Some(count) = self.in_use.get_mut(&key.to_bits()) {
            *count = count.saturating_sub(records);
            if *count == 0 {
                self.in_use.remove(&key.to_bits());
            }
        }
    }

    /// Counts a profile's name among the loose ones, once more or once less.
    pub fn count_name(&mut self, book: &Book, profile: ProfileNo, comes: bool) {
        let name = book.facts(self.profiles.members(profile)[0]).name;
        if name == 0 || !self.profiles.get(profile).is_loose() {
            return;
        }
        let whole = book.name_entry(name).whole;
        let count = self.same_name.entry(whole).or_default();
        *count = if comes { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            self.same_name.remove(&whole);
        }
    }
}

impl KeepAll for Standing {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        self.profiles.write(to)?;
        self.terms.write(to)?;
        self.index.write(to)?;
        self.bonds.write(to)?;
        to.list(&self.roots)?;
        to.map(&self.joined)?;
        to.map(&self.reviews)?;
        to.map(&self.sayings)?;
        to.map(&self.in_use)?;
        to.map(&self.same_name)?;
        to.list(&self.judgements)
    }
    fn read(from: &mut Reader<'_>) -> Option<Standing> {
        Some(Standing {
            profiles: Profiles::read(from)?,
            terms: Terms::read(from)?,
            index: Index::read(from)?,
            bonds: Bonds::read(from)?,
            roots: from.list()?,
            joined: from.map()?,
            reviews: from.map()?,
            sayings: from.map()?,
            in_use: from.map()?,
            same_name: from.map()?,
            judgements: from.list()?,
        })
    }
}
