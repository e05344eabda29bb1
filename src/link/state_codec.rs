//! What a linker knows, as bytes: written by [`Linker::write`], read by [`Linker::read`].
//!
//! The bytes mean something to the very program that wrote them only; who keeps them has to see to that.

use std::io;
use std::io::Write;
use std::sync::Arc;

use super::codec::{KeepAll, Reader, Writer};
use super::compare::weights::Weights;
use super::flat_list::Lent;
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
        to.flat(&self.memory.entities)?;
        to.flat(&self.memory.stated)?;
        if let Some(standing) = &self.standing {
            standing.write(&mut to)?;
        }
        to.list(&[END])
    }

    /// Reads what [`Linker::write`] wrote, the first `len` bytes of what is lent; `settings` and `weights` must be the same. None where it
    /// is damaged. Most of it stays where it is: the bytes are written to as the linker changes.
    pub fn read(from: Lent, len: usize, settings: LinkSettings, weights: Weights) -> Option<Linker> {
        let mut from = Reader::new(Arc::new(from), len);
        let record_table = RecordTable::read(&mut from)?;
        let memory = Memory { entities: from.flat()?, stated: from.flat()? };
        let standing = Some(LinkState::read(&mut from)?);
        let whole = from.list::<u64>()? == [END] && from.is_at_end();
        whole.then_some(Linker { settings, weights, record_table, memory, standing })
    }
}
