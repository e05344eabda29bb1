//! Profiles as bytes.

use super::Profiles;
use crate::link::codec::{KeepAll, Reader, Writer};
use crate::link::group::stated::Stated;

impl KeepAll for Profiles {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.flat(&self.all)?;
        to.flat(&self.members)?;
        to.flat(&self.of_record)?;
        to.map(&self.flags)?;
        to.map(&self.groups)?;
        to.flat(&self.vacant)?;
        to.map(&self.led)?;
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
            groups: from.map()?,
            vacant: from.flat()?,
            led: from.map()?,
            registered: Stated::read(from)?,
            titled: Stated::read(from)?,
            seats: from.map()?,
        })
    }
}
