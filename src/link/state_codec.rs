//! What a linker knows, as bytes: written by [`Linker::write`], read by [`Linker::read`].
//!
//! The bytes mean something to the very program that wrote them only; who keeps them has to see to that.

use std::io;
use std::io::Write;

use super::codec::{KeepAll, Reader, Writer};
use super::compare::weights::Weights;
use super::linker::Linker;
use super::records::RecordTable;
use super::settings::LinkSettings;
use super::state::{LinkState, Memory};

/// Ends what a linker wrote.
const END: u64 = 0x6875_6974_755f_4c4b;

impl Linker {
    /// Writes what the linker knows, after a run.
    ///
    /// # Errors
    /// Those of `out`; also where records were put or removed since the last run, or none was yet.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.record_table.changed().is_none_or(|changed| !changed.is_empty()) {
            return Err(io::Error::other("a linker is written after a run, not before"));
        }
        let mut to = Writer::new(out);
        self.record_table.write(&mut to)?;
        to.list(&self.memory.entities)?;
        to.list(&self.memory.stated)?;
        if let Some(standing) = &self.standing {
            standing.write(&mut to)?;
        }
        to.list(&[END])
    }

    /// Reads what [`Linker::write`] wrote; `settings` and `weights` must be the same. None where it is damaged.
    pub fn read(input: &[u8], settings: LinkSettings, weights: Weights) -> Option<Linker> {
        let mut from = Reader::new(input);
        let record_table = RecordTable::read(&mut from)?;
        let memory = Memory { entities: from.list()?, stated: from.list()? };
        let standing = Some(LinkState::read(&mut from)?);
        let whole = from.list::<u64>()? == [END] && from.is_at_end();
        whole.then_some(Linker { settings, weights, record_table, memory, standing })
    }
}
