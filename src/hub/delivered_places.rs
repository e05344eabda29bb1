//! Service stations and office buildings that registries deliver (records of the kinds station and building), entered among the places of
//! the federation: as versions like any other, by the registry in the place of a person.
//!
//! In: what landed, the tree of units. Out: entries of places, each kept by the unit that is for its division; what a registry delivers no
//! more is taken back. What it does not do: touch what a person entered, or decide whose a place is where no unit is for its division.

use hashbrown::{HashMap, HashSet};

use super::error::HubError;
use super::federation_state::Federation;
use super::open::Hub;
use crate::connector::Connector;
use crate::federation::entry::FederationNoun;
use crate::federation::place::{PlaceKind, UnionPlace};
use crate::model::field::{Field, RecordKind};
use crate::model::record::Record;
use crate::model::reference::areas::{short_code, unit_code};
use crate::records::StoredRowReader;
use crate::store::federation::EntryRow;
use crate::store::set_meta;

/// Landing, entries and connectors that the places were entered of last.
const ENTERED: &str = "places_entered";
/// How often what was delivered is entered anew because somebody entered something meanwhile.
const TRIES: usize = 5;

fn kind_of(kind: RecordKind) -> Option<PlaceKind> {
    match kind {
        RecordKind::Station => Some(PlaceKind::Station),
        RecordKind::Building => Some(PlaceKind::OfficeBuilding),
        _ => None,
    }
}

/// The place that a record is about; None where it has no name, or no unit was entered at all.
fn place_of(federation: &Federation, connector: &Connector, kind: PlaceKind, key: &str, record: &Record) -> Option<UnionPlace> {
    let tree = &federation.tree;
    let text = |field: Field| record.text(field).unwrap_or_else(|| record.raw(field)).trim();
    let name = Some(text(Field::Name)).filter(|name| !name.is_empty())?;
    // The street where it is given, else the district.
    let area = unit_code(text(Field::Area), None).or_else(|| unit_code(text(Field::District), None));
    let closest = area.as_deref().and_then(|area| {
        let area = short_code(area);
        tree.at_area(area).or_else(|| tree.at_area(area.get(..6)?))
    });
    let degrees = |field: Field| record.number(field).or_else(|| text(field).parse().ok()).filter(|d: &f64| d.is_finite());
    let point = degrees(Field::Longitude).zip(degrees(Field::Latitude));
    Some(UnionPlace {
        code: format!("{}:{key}", connector.name).into(),
        name: name.into(),
        kind,
        unit: tree.units[closest.or_else(|| tree.root())? as usize].code.clone(),
        address: Some(text(Field::Address)).filter(|address| !address.is_empty()).map(Into::into),
        areas: area.map(Into::into).into_iter().collect(),
        point: point.filter(|(east, north)| east.abs() <= 180.0 && north.abs() <= 90.0),
        services: Vec::new(),
        party_station: false,
        social_station: false,
        union_station: kind == PlaceKind::Station,
        officers: 0,
        source: connector.title.zh.as_str().into(),
    })
}

impl Hub {
    /// Enters the stations and buildings that registries deliver, as they landed last; how many entries that made. Where no units were
    /// entered yet nobody could keep them: they are entered with the first units.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn enter_delivered_places(&self) -> Result<usize, HubError> {
        let deliver = |c: &&std::sync::Arc<Connector>| kind_of(c.contract.kind).is_some();
        if !self.connectors.iter().any(|c| deliver(&c)) {
            return Ok(0);
        }
        let noun = FederationNoun::Place.name();
        // Most publications come of a visit's finding: nothing was delivered, and nothing is read.
        let landing = self.store.latest_landing().await?.landing;
        let digests: Vec<String> = self.connectors.iter().filter(deliver).map(|c| c.digest.to_string()).collect();
        let mark = |stamp: i64| format!("{landing}:{stamp}:{}", digests.join(" "));
        for _ in 0..TRIES {
            if self.store.meta(ENTERED).await? == Some(mark(self.store.federation_stamp().await?)) {
                return Ok(0);
            }
            let federation = self.federation().await?;
            if federation.tree.root().is_none() {
                return Ok(0);
            }
            let rows = self.registry_rows().await?;
            let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
            let (mut delivered, mut by): (HashMap<String, String>, HashMap<String, String>) = Default::default();
            let registries: HashSet<&str> = self.connectors.iter().filter(deliver).map(|c| c.name.as_str()).collect();
            for connector in self.connectors.iter().filter(deliver) {
                let Some((row, kind)) = rows.iter().find(|r| r.name == connector.name).zip(kind_of(connector.contract.kind))
                else {
                    continue;
                };
                for stored in self.store.records_of(row.id).await? {
                    let Some((_, records)) = reading.records(&stored) else { continue };
                    for record in records {
                        let Some(place) = place_of(&federation, connector, kind, &stored.key, &record) else { continue };
                        by.insert(place.code.to_string(), connector.name.clone());
                        delivered.insert(place.code.to_string(), serde_json::to_string(&place).expect("places are plain data"));
                    }
                }
            }
            let standing = self.store.federation_entries(None).await?;
            let mut known: HashMap<&str, &EntryRow> = HashMap::new();
            for entry in standing.iter().filter(|entry| entry.noun == noun) {
                known.insert(&entry.key, entry);
            }
            let is_registrys = |entry: &EntryRow| entry.by_whom.as_deref().is_some_and(|by| registries.contains(by));
            let at = self.clock.millis();
            let entry = |key: &str, body: Option<&str>, by: &str| EntryRow {
                seq: 0,
                noun: noun.to_owned(),
                key: key.to_owned(),
                body: body.map(str::to_owned),
                at,
                by_whom: Some(by.to_owned()),
            };
            let mut new: Vec<EntryRow> = Vec::new();
            for (key, body) in &delivered {
                // What a person mended stays as they wrote it.
                let is_new = known.get(key.as_str()).is_none_or(|old| is_registrys(old) && old.body.as_ref() != Some(body));
                if is_new {
                    new.push(entry(key, Some(body), &by[key]));
                }
            }
            for (key, old) in known.iter().filter(|(key, old)| is_registrys(old) && !delivered.contains_key(**key)) {
                // A list of its own would stand for a place that is no more.
                if !federation.listings.iter().any(|listing| *listing.what.place == **key) {
                    new.push(entry(key, None, old.by_whom.as_deref().unwrap_or_default()));
                }
            }
            new.sort_by(|a, b| a.key.cmp(&b.key));
            if new.is_empty() {
                let failed = |e| self.store.failed(e);
                let mut tx = self.store.begin().await?;
                set_meta(&mut tx, ENTERED, &mark(federation.stamp)).await.map_err(failed)?;
                tx.commit().await.map_err(failed)?;
                return Ok(0);
            }
            if self.store.put_federation_entries(federation.stamp, &new).await? {
                return Ok(new.len());
            }
        }
        Err(HubError::said("有人同时在录入，请稍后再试", "somebody else enters at the same time: try again in a moment"))
    }
}
