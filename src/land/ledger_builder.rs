//! Writes the next ledger while a batch is sorted; a batch that is as the last one leaves the ledger alone.

use std::io;
use std::path::{Path, PathBuf};

use roaring::RoaringTreemap;

use super::ledger::{Entry, Ledger, LedgerBasis, LedgerWriter};

/// What becomes the next ledger. Nothing of it can fail a landing: a ledger that cannot be written is given up.
pub(super) struct LedgerBuilder {
    data: PathBuf,
    registry: String,
    /// Rows so far that are those of the ledger from its beginning, without a gap.
    prefix: u64,
    writer: Option<LedgerWriter>,
    given_up: bool,
}

impl LedgerBuilder {
    pub fn new(data: &Path, registry: &str) -> LedgerBuilder {
        LedgerBuilder { data: data.to_owned(), registry: registry.to_owned(), prefix: 0, writer: None, given_up: false }
    }

    fn note(&mut self, done: io::Result<()>) {
        if let Err(e) = done {
            tracing::warn!(
                registry = self.registry,
                "the ledger cannot be written: {e}; the next pull compares every row in full"
            );
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.given_up = true;
        if let Some(writer) = self.writer.take() {
            writer.discard();
        }
    }

    /// From here on it differs from the last one: what was the same is copied.
    fn differ(&mut self, old: Option<&Ledger>) -> io::Result<()> {
        let mut writer = LedgerWriter::create(&self.data, &self.registry)?;
        if let Some(old) = old {
            let mut entries = Vec::new();
            let mut at = 0;
            while at < self.prefix {
                let step = 65_536.min(self.prefix - at);
                old.slice(at, step as usize, &mut entries)?;
                (at..).zip(&entries).try_for_each(|(place, e)| writer.push(*e, old.width_at(place)))?;
                at += step;
            }
        }
        self.writer = Some(writer);
        Ok(())
    }

    fn write<'e>(&mut self, old: Option<&Ledger>, entries: impl IntoIterator<Item = (&'e Entry, usize)>) {
        if self.given_up {
            return;
        }
        if self.writer.is_none() {
            let done = self.differ(old);
            self.note(done);
        }
        if let Some(writer) = &mut self.writer {
            let done = entries.into_iter().try_for_each(|(entry, width)| writer.push(*entry, width));
            self.note(done);
        }
    }

    /// A row that was read in full, with its first `width` columns.
    pub fn row(&mut self, old: Option<&Ledger>, entry: Entry, width: usize) {
        if entry.digest != 0 {
            self.write(old, [(&entry, width)]);
        }
    }

    /// Rows as the ledger has them, from `place` on.
    pub fn same(&mut self, old: &Ledger, place: u64, entries: &[Entry]) {
        if self.writer.is_none() && place == self.prefix {
            self.prefix += entries.len() as u64;
        } else {
            self.write(Some(old), entries.iter().zip((place..).map(|place| old.width_at(place))));
        }
    }

    /// After the commit. `old`: the ledger that the rows were compared with, and whether it still holds as it is.
    pub fn publish(mut self, old: Option<(&Ledger, bool)>, basis: LedgerBasis, columns: &[String], live: &RoaringTreemap) {
        if self.given_up {
            return;
        }
        if self.writer.is_none() {
            if old.is_some_and(|(old, holds)| holds && self.prefix == old.entries) {
                return;
            }
            let done = self.differ(old.map(|(old, _)| old));
            self.note(done);
        }
        if let Some(writer) = self.writer.take() {
            let done = writer.publish(basis, columns, live);
            self.note(done);
        }
    }

    pub fn discard(mut self) {
        self.give_up();
    }
}
