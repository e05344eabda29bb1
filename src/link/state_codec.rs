//! What a linker knows, as bytes: written by [`Linker::write`], read by [`Linker::read`].
//!
//! The bytes mean something to the very program that wrote them only; who keeps them has to see to that.

use std::io;
use std::io::Write;

use super::codec::{KeepAll, Reader, Writer};
use super::compare::weights::Weights;
use super::linker::Linker;
use super::records::Book;
use super::settings::Settings;
use super::state::{Memory, Standing};

/// Ends what a linker wrote.
const END: u64 = 0x6875_6974_755f_4c4b;

impl Linker {
    /// Writes what the linker knows, after a run.
    ///
    /// # Errors
    /// Those of `out`; also where records were put or removed since the last run, or none was yet.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.book.changed().is_none_or(|changed| !changed.is_empty()) {
            return Err(io::Error::other("a linker is written after a run, not before"));
        }
        let mut to = Writer::new(out);
        self.book.write(&mut to)?;
        to.list(&self.memory.entities)?;
        to.list(&self.memory.told)?;
        if let Some(standing) = &self.standing {
            standing.write(&mut to)?;
        }
        to.list(&[END])
    }

    /// Reads what [`Linker::write`] wrote; `settings` and `weights` must be the same. None where it is damaged.
    pub fn read(input: &[u8], settings: Settings, weights: Weights) -> Option<Linker> {
        let mut from = Reader::new(input);
        let book = Book::read(&mut from)?;
        let memory = Memory { entities: from.list()?, told: from.list()? };
        let standing = Some(Standing::read(&mut from)?);
        let whole = from.list::<u64>()? == [END] && from.is_at_end();
        whole.then_some(Linker { settings, weights, book, memory, standing })
    }
}
