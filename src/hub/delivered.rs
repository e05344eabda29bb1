//! What registries deliver of the federation (units, stations, buildings and their lists, posts, services), entered as versions like any
//! other, by the registry in the place of a person.
//!
//! In: what landed, what people entered. Out: entries, and the rows that made none, with their reasons; what a registry delivers no more is
//! taken back, unless something rests on it. What it does not do: touch what a person entered, or read a record, which
//! `federation::delivered` and `federation::delivered_units` do.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use super::error::HubError;
use super::federation::broken;
use super::federation_state::Federation;
use super::open::Hub;
use crate::connector::Connector;
use crate::federation::delivered::{DeliveredEntries, DeliveredEntry, DeliveringRegistry, LeftOutRow, is_delivered};
use crate::federation::delivered_units::{UnitGrounds, grow, read_unit};
use crate::federation::entry::FederationNoun;
use crate::federation::place::{PlaceListing, UnionPlace};
use crate::federation::unit::UnitTree;
use crate::model::field::RecordKind;
use crate::model::record::Record;
use crate::records::StoredRowReader;
use crate::store::federation::EntryRow;
use crate::store::registry::RegistryRow;
use crate::store::{StoreError, set_meta};

/// Landings, entries and connectors that were entered of last.
const ENTERED: &str = "federation_delivered";
/// Rows that made no entry.
const LEFT_OUT: &str = "federation_left_out";
/// Rows that are kept with their reasons, of each registry; all are counted.
const KEPT: usize = 500;
/// Rows that are read at a time.
const PAGE: i64 = 5_000;
/// How often what was delivered is entered anew because somebody entered something meanwhile.
const TRIES: usize = 5;
/// What may be delivered.
const NOUNS: [FederationNoun; 5] =
    [FederationNoun::Unit, FederationNoun::Place, FederationNoun::Listing, FederationNoun::Post, FederationNoun::Service];

/// Rows of a registry that landed and of which nothing could be entered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// How many.
    pub count: u64,
    /// The first of them, by the order in which they landed first.
    pub rows: Vec<LeftOutRow>,
}

impl Hub {
    /// The connectors whose records become entries: who is believed first comes first.
    fn delivering(&self) -> Vec<&Arc<Connector>> {
        let mut all: Vec<&Arc<Connector>> = self.connectors.iter().filter(|c| is_delivered(c.contract.kind)).collect();
        all.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.name.cmp(&b.name)));
        all
    }

    /// Whether an entry is a registry's own, and not a person's.
    pub(super) fn is_registrys(&self, entry: &EntryRow) -> bool {
        NOUNS.iter().any(|noun| noun.name() == entry.noun) && self.is_from_registry(entry.by_whom.as_deref())
    }

    /// Whether whoever entered something of these nouns is a registry.
    fn is_from_registry(&self, by: Option<&str>) -> bool {
        self.connectors.iter().any(|c| by == Some(c.name.as_str()) && is_delivered(c.contract.kind))
    }

    /// Enters what registries deliver of the federation, as it landed last; how many entries that made. Where no units were entered yet
    /// nobody could be responsible: it is entered with the first units, of people or of a registry.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn enter_delivered(&self) -> Result<usize, HubError> {
        let delivering = self.delivering();
        if delivering.is_empty() {
            return Ok(0);
        }
        let mut entered = 0;
        for _ in 0..TRIES {
            // Most publications come of a visit's finding: nothing was delivered, and nothing is read.
            let mark = self.delivered_mark(&delivering).await?;
            if self.store.meta(ENTERED).await?.as_deref() == Some(mark.as_str()) {
                return Ok(entered);
            }
            let federation = self.federation().await?;
            let delivers_units = delivering.iter().any(|connector| connector.contract.kind == RecordKind::Unit);
            if federation.tree.root().is_none() && !delivers_units {
                return Ok(entered);
            }
            let (delivered, left_out) = self.read_delivered(&federation, &delivering).await?;
            let new = self.new_entries(&federation, &delivered).await?;
            if new.is_empty() {
                let failed = |e| self.store.failed(e);
                let mut tx = self.store.begin().await?;
                let left_out = serde_json::to_string(&left_out).expect("rows are plain data");
                set_meta(&mut tx, LEFT_OUT, &left_out).await.map_err(failed)?;
                set_meta(&mut tx, ENTERED, &mark).await.map_err(failed)?;
                tx.commit().await.map_err(failed)?;
                return Ok(entered);
            }
            if self.store.put_federation_entries(federation.stamp, &new).await? {
                entered += new.len();
            }
        }
        Err(HubError::said("有人同时在录入，请稍后再试", "somebody else enters at the same time: try again in a moment"))
    }

    /// Rows that landed and made no entry, of one registry.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn left_out_of(&self, registry: &str) -> Result<LeftOut, StoreError> {
        let Some(text) = self.store.meta(LEFT_OUT).await? else { return Ok(LeftOut::default()) };
        let mut all: BTreeMap<String, LeftOut> = self.store.json(&text, "meta", 0, "value")?;
        Ok(all.remove(registry).unwrap_or_default())
    }

    /// Changes whenever what is delivered, how it is read, or what it is entered beside does.
    async fn delivered_mark(&self, delivering: &[&Arc<Connector>]) -> Result<String, HubError> {
        let rows = self.store.registries().await?;
        let mut mark = format!("{}", self.store.federation_stamp().await?);
        for connector in delivering {
            let Some(row) = rows.iter().find(|row| row.name == connector.name) else { continue };
            let (landing, batch, _) = self.store.landing_of(row.id).await?;
            mark.push_str(&format!(" {}:{landing}:{batch}:{}", connector.name, connector.digest));
        }
        Ok(mark)
    }

    /// Reads every live record of those who deliver: units first, as everything else is of one.
    async fn read_delivered(
        &self,
        federation: &Federation,
        delivering: &[&Arc<Connector>],
    ) -> Result<(Vec<DeliveredEntry>, BTreeMap<String, LeftOut>), HubError> {
        let rows = self.registry_rows().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let (of_units, others): (Vec<&Arc<Connector>>, Vec<&Arc<Connector>>) =
            delivering.iter().copied().partition(|connector| connector.contract.kind == RecordKind::Unit);
        let (mut left_out, mut entries) = (Vec::new(), Vec::new());
        // Without a registry of units the tree is what people entered.
        let mut grown: Option<UnitTree> = None;
        if !of_units.is_empty() {
            let mut grounds = self.unit_grounds(federation).await?;
            self.each_delivered(&rows, &reading, &of_units, |from, record| {
                if record.kind == RecordKind::Unit {
                    match read_unit(from, record) {
                        Ok(unit) => grounds.delivered.push(unit),
                        Err(row) => left_out.push(row),
                    }
                }
            })
            .await?;
            // Most hubs have the connector and no such registry.
            if !grounds.delivered.is_empty() || !grounds.standing.is_empty() {
                let tree = grow(grounds).map_err(|faults| broken(&faults))?;
                (entries, grown) = (tree.entries, Some(tree.tree));
                left_out.extend(tree.left_out);
            }
        }
        let tree = grown.as_ref().unwrap_or(&federation.tree);
        if tree.root().is_some() {
            let mut all = DeliveredEntries::default();
            self.each_delivered(&rows, &reading, &others, |from, record| all.take(tree, from, record)).await?;
            let by_person = federation.places.iter().filter(|place| !self.is_from_registry(place.by.as_deref()));
            let places: Vec<&UnionPlace> = by_person.map(|place| &place.what).collect();
            let (more, rows) = all.finish(&places);
            entries.extend(more);
            left_out.extend(rows);
        }
        let mut by_registry: BTreeMap<String, LeftOut> = BTreeMap::new();
        for row in left_out {
            let of_registry = by_registry.entry(row.registry.to_string()).or_default();
            of_registry.count += 1;
            if of_registry.rows.len() < KEPT {
                of_registry.rows.push(row);
            }
        }
        Ok((entries, by_registry))
    }

    /// Hands every live record of these over, registry by registry.
    async fn each_delivered(
        &self,
        rows: &[RegistryRow],
        reading: &StoredRowReader,
        of: &[&Arc<Connector>],
        mut take: impl FnMut(DeliveringRegistry<'_>, &Record),
    ) -> Result<(), HubError> {
        for connector in of {
            let Some(row) = rows.iter().find(|row| row.name == connector.name) else { continue };
            let from = DeliveringRegistry { name: &connector.name, title: &connector.title.zh };
            let mut after = 0;
            loop {
                let page = self.store.records_page(row.id, after, PAGE).await?;
                let Some(last) = page.last().map(|stored| stored.id) else { break };
                for stored in &page {
                    let Some((_, records)) = reading.records(stored) else { continue };
                    records.iter().for_each(|record| take(from, record));
                }
                after = last;
            }
        }
        Ok(())
    }

    /// Units of people and of registries as they stand, and those that something rests on which people entered.
    async fn unit_grounds(&self, federation: &Federation) -> Result<UnitGrounds, HubError> {
        let mut grounds = UnitGrounds::default();
        let standing = self.store.federation_entries(None).await?;
        let by_person = federation.listings.iter().filter(|listing| !self.is_from_registry(listing.by.as_deref()));
        let lists: HashSet<&str> = by_person.map(|listing| &*listing.what.place).collect();
        for row in &standing {
            if row.noun == FederationNoun::Unit.name() {
                let Some(unit) = federation.tree.unit(&row.key) else { continue };
                match self.is_registrys(row) {
                    true => grounds.standing.push((unit.clone(), row.by_whom.clone().unwrap_or_default().into())),
                    false => grounds.entered.push(unit.clone()),
                }
            } else if !self.is_registrys(row) || row.noun == FederationNoun::Place.name() && lists.contains(row.key.as_str()) {
                grounds.needed.extend(self.unit_of_entry(row)?);
            }
        }
        Ok(grounds)
    }

    /// Versions of what is new, changed or gone. What a person wrote under a key stays as they wrote it.
    async fn new_entries(&self, federation: &Federation, delivered: &[DeliveredEntry]) -> Result<Vec<EntryRow>, HubError> {
        let standing = self.store.federation_entries(None).await?;
        let of_nouns = standing.iter().filter(|entry| NOUNS.iter().any(|noun| noun.name() == entry.noun));
        let known: HashMap<(&str, &str), &EntryRow> =
            of_nouns.map(|entry| ((entry.noun.as_str(), entry.key.as_str()), entry)).collect();
        let at = self.clock.millis();
        let entry = |noun: &str, key: &str, body: Option<&str>, by: &str| EntryRow {
            seq: 0,
            noun: noun.to_owned(),
            key: key.to_owned(),
            body: body.map(str::to_owned),
            at,
            by_whom: Some(by.to_owned()),
        };
        let mut new: Vec<EntryRow> = Vec::new();
        let mut still: HashSet<(&str, &str)> = HashSet::with_capacity(delivered.len());
        for one in delivered {
            let place = (one.noun.name(), one.key.as_str());
            still.insert(place);
            let is_new = known.get(&place).is_none_or(|old| self.is_registrys(old) && old.body.as_ref() != Some(&one.body));
            if is_new {
                new.push(entry(place.0, place.1, Some(&one.body), &one.registry));
            }
        }
        let listed: HashSet<&str> = {
            let stays = |listing: &PlaceListing| {
                let key = format!("{} {}", listing.place, listing.enterprise);
                let place = (FederationNoun::Listing.name(), key.as_str());
                still.contains(&place) || known.get(&place).is_some_and(|old| !self.is_registrys(old))
            };
            federation
                .listings
                .iter()
                .map(|listing| &listing.what)
                .filter(|listing| stays(listing))
                .map(|listing| &*listing.place)
                .collect()
        };
        for (place, old) in known.iter().filter(|(place, old)| !still.contains(*place) && self.is_registrys(old)) {
            // A building's list of its own would stand for a place that is no more.
            let has_list = place.0 == FederationNoun::Place.name() && listed.contains(place.1);
            if !has_list {
                new.push(entry(place.0, place.1, None, old.by_whom.as_deref().unwrap_or_default()));
            }
        }
        new.sort_by(|a, b| (&a.noun, &a.key).cmp(&(&b.noun, &b.key)));
        Ok(new)
    }
}
