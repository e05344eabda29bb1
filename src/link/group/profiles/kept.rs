//! Profiles as bytes.

use super::Profiles;
use crate::link::codec::{KeepAll, Reader, Writer};
use crate::link::flat_table::FlatTable;
use crate::link::group::stated::Stated;

impl KeepAll for Profiles {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.flat(&self.all)?;
        to.flat(&self.members)?;
        to.flat(&self.of_record)?;
        to.map(&self.flags)?;
        self.groups.write(to)?;
        to.flat(&self.vacant)?;
        self.led.write(to)?;
        self.registered.write(to)?;
        self.titled.write(to)?;
        to.map(&self.seats)
    }
    fn read(from: &mut Reader) -> Option<Profiles> {
        Some(Profiles {
            all: from.flat()?,
            members: from.flat()?,
            of_record: from.flat()?,
            flags: from.map()?,
            groups: FlatTable::read(from)?,
            vacant: from.flat()?,
            led: FlatTable::read(from)?,
            registered: Stated::read(from)?,
            titled: Stated::read(from)?,
            seats: from.map()?,
        })
    }
}
