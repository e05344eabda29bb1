//! Profiles as bytes.

use super::{Profile, Profiles};
use crate::link::codec::{KeepAll, Reader, Writer, kept};
use crate::link::group::stated::Stated;

kept!(Profile { from, len, organisation, parent, claim, doubt, anchor, stem, issued, group, next });

impl KeepAll for Profiles {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.list(&self.all)?;
        to.list(&self.members)?;
        to.list(&self.of_record)?;
        to.map(&self.flags)?;
        to.map(&self.groups)?;
        to.list(&self.vacant)?;
        to.map(&self.led)?;
        self.registered.write(to)?;
        self.titled.write(to)?;
        to.map(&self.seats)
    }
    fn read(from: &mut Reader<'_>) -> Option<Profiles> {
        Some(Profiles {
            all: from.list()?,
            members: from.list()?,
            of_record: from.list()?,
            flags: from.map()?,
            groups: from.map()?,
            vacant: from.list()?,
            led: from.map()?,
            registered: Stated::read(from)?,
            titled: Stated::read(from)?,
            seats: from.map()?,
        })
    }
}
