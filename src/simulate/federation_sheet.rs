//! What the sheets of the invented federation are made with.

use super::city::{City, purpose};
use super::draw::Draw;
use super::entity::{Entity, EntityKind, RegistrationState, SimulatedRegistry};
use crate::model::reference::{Town, areas};

/// Where the invented says that it comes from.
pub(super) const SOURCE: &str = "模拟城市（虚构）";

/// A sheet that grows line by line.
pub(super) struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    pub(super) fn new(columns: &[&str]) -> Sheet {
        let mut sheet = Sheet(csv::Writer::from_writer(Vec::new()));
        sheet.line(columns.iter().map(|c| (*c).to_owned()));
        sheet
    }
    pub(super) fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.write_record(cells).expect("a line in memory has as many cells as its headings");
    }
    pub(super) fn text(self) -> String {
        String::from_utf8(self.0.into_inner().expect("memory takes every byte")).expect("cells are UTF-8")
    }
}

pub(super) fn draw(city: &City, number: u64) -> Draw {
    Draw::new(city.seed, purpose::FEDERATION, number)
}

pub(super) fn street_code(town: &Town) -> String {
    format!("S{}", town.code)
}

pub(super) fn is_known(entity: &Entity) -> bool {
    entity.kind == EntityKind::Company
        && entity.standing == RegistrationState::Active
        && entity.records[SimulatedRegistry::Commerce as usize] > 0
}

/// The districts of the city, with their names.
pub(super) fn districts() -> impl Iterator<Item = (u32, &'static str)> {
    super::city::districts().filter_map(|code| Some((code, areas().district(code)?.name_zh)))
}
