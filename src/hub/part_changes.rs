//! What a part of the city that was judged anew changes in the store: links with the entities they make, the queue of pairs, and relations.

use hashbrown::{HashMap, HashSet};

use super::advance::Delivery;
use super::city_part::CityPart;
use super::error::HubError;
use super::open::Hub;
use crate::edition::Edition;
use crate::link::{EntityKey, LinkedRelation, Linker, ReviewPair};
use crate::model::enterprise::Enterprise;
use crate::publish::{LinkChanges, ReviewChanges, Stake, StoredLinks, ToldPair, effect, of_pair, relation_rows};

impl Hub {
    /// What changes in the queue: pairs that came, went or are others, and those that would change something else now. `gone`: ids of
    /// enterprises of the edition before that are none any more.
    pub(super) async fn review_changes(
        &self,
        previous: &Edition,
        (enterprises, gone): (&[Enterprise], &[Box<str>]),
        delivery: &Delivery,
        told: Vec<ToldPair>,
        reviews: Vec<ReviewPair>,
    ) -> Result<ReviewChanges, HubError> {
        let judged: HashMap<&str, &Enterprise> = enterprises.iter().map(|e| (&*e.id, e)).collect();
        let gone: HashSet<&str> = gone.iter().map(|id| &**id).collect();
        let mut changes = ReviewChanges { out: delivery.reviewed_ids(), ..ReviewChanges::default() };
        let of_right = |pair: &ReviewPair| pair.right_entity.map(|entity| entity.to_string());
        for told in told {
            let right = of_right(&told.pair);
            let here = right.as_deref().and_then(|id| judged.get(id).copied()).map(Stake::of);
            let stayed = right.as_deref().filter(|id| !gone.contains(id));
            let before = || stayed.and_then(|id| previous.enterprise_of_id(id)).map(|row| Stake::of_row(&row));
            changes.out.push(told.pair.id.clone());
            changes.put.push(of_pair(here.or_else(before), told));
        }
        let mut ranked: Vec<(Box<str>, &'static str, f64)> = Vec::new();
        for pair in reviews {
            let Some(right) = of_right(&pair) else { continue };
            let here = judged.get(&*right).copied();
            if here.is_some() || gone.contains(&*right) {
                let (effect, rank) = effect(&pair, here.map(Stake::of));
                ranked.push((pair.id, effect, rank));
            }
        }
        let ids: Vec<&str> = ranked.iter().map(|(id, ..)| &**id).collect();
        let mut stored: HashMap<String, (String, f64)> = HashMap::new();
        for ids in ids.chunks(10_000) {
            stored.extend(self.store.review_ranks(ids).await?.into_iter().map(|(id, effect, rank)| (id, (effect, rank))));
        }
        let differs = |(id, effect, rank): &(Box<str>, &str, f64)| {
            stored.get(&**id).is_some_and(|(known, ranked)| known != effect || ranked.to_bits() != rank.to_bits())
        };
        changes.ranks =
            ranked.into_iter().filter(differs).map(|(id, effect, rank)| (id.into(), effect.to_owned(), rank)).collect();
        Ok(changes)
    }

    /// The entities of which something else is said of others than the store has, and what is said of them now.
    pub(super) async fn relation_changes(
        &self,
        asked: &HashSet<Box<str>>,
        now: Vec<LinkedRelation>,
    ) -> Result<(Vec<Box<str>>, Vec<LinkedRelation>), HubError> {
        let mut ids: Vec<Box<str>> = asked.iter().cloned().collect();
        ids.sort_unstable();
        let rows = relation_rows(&now);
        let mut before: HashMap<String, Vec<_>> = HashMap::new();
        for ids in ids.chunks(20_000) {
            for row in self.store.relations_of_many(ids, false).await? {
                before.entry(row.from_entity.clone()).or_default().push(row);
            }
        }
        let mut after: HashMap<String, Vec<_>> = HashMap::new();
        for row in rows {
            after.entry(row.from_entity.clone()).or_default().push(row);
        }
        ids.retain(|id| before.get(&**id) != after.get(&**id));
        let changed: HashSet<&str> = ids.iter().map(|id| &**id).collect();
        let now = now.into_iter().filter(|r| changed.contains(r.from.to_string().as_str())).collect();
        drop(changed);
        Ok((ids, now))
    }
}

/// The links of the rows that changed as they are now.
pub(super) struct LinksNow {
    links: StoredLinks,
    /// Records of each entity that they lead to, or led to before.
    records: HashMap<EntityKey, i64>,
}

impl LinksNow {
    pub fn of(linker: &Linker, delivery: &Delivery) -> LinksNow {
        let link = |record| Some((linker.stored(record), linker.entity(record)?));
        let links: StoredLinks = linker.records_of_rows(&delivery.changed).into_iter().filter_map(link).collect();
        let entities = links.values().chain(delivery.links_before.values());
        let records = entities.map(|entity| (*entity, i64::from(linker.records_in(*entity)))).collect();
        LinksNow { links, records }
    }
}

/// Links that are new, others or no more, and the entities that come and go with them.
pub(super) fn link_changes(delivery: &Delivery, now: LinksNow, part: &CityPart) -> LinkChanges {
    let before = &delivery.links_before;
    let LinksNow { links: mut now, records } = now;
    now.retain(|place, _| part.places.contains_key(place));
    let news: HashSet<(i64, u16)> = delivery.changes.decisions.iter().map(|d| (d.store_id, d.part)).collect();
    let mut changes = LinkChanges::default();
    let mut put: Vec<((i64, u16), u32)> = Vec::new();
    for (place, entity) in &now {
        if news.contains(place) || before.get(place) != Some(entity) {
            put.push((*place, part.places[place]));
        }
    }
    put.sort_unstable();
    changes.dropped = before.keys().filter(|place| !now.contains_key(*place)).copied().collect();
    changes.dropped.sort_unstable();
    let text = |place: &(i64, u16)| before.get(place).map(|entity| Box::<str>::from(entity.to_string()));
    let moved = put.iter().map(|(place, _)| *place).filter(|place| before.get(place) != now.get(place));
    changes.former = moved.chain(changes.dropped.iter().copied()).map(|place| (place.0, place.1, text(&place))).collect();
    changes.put = put.into_iter().map(|(_, at)| at).collect();

    // Records gained less records lost, by entity.
    let mut gained: HashMap<EntityKey, i64> = HashMap::new();
    for (place, entity) in &now {
        if before.get(place) != Some(entity) {
            *gained.entry(*entity).or_default() += 1;
        }
    }
    for (place, entity) in before {
        if now.get(place) != Some(entity) {
            *gained.entry(*entity).or_default() -= 1;
        }
    }
    for (entity, by) in gained {
        let records = records[&entity];
        match (records - by, records) {
            (before, now) if before <= 0 && now > 0 => changes.appeared.push(entity.to_string().into()),
            (before, 0) if before > 0 => changes.ended.push(entity.to_string().into()),
            _ => {}
        }
    }
    changes.appeared.sort_unstable();
    changes.ended.sort_unstable();
    changes
}
