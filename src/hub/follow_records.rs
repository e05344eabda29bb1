//! What a delivery changes, and nothing else: those whom its records, judgements, findings and the days that passed touch are judged
//! again, and an edition follows that says so.
//!
//! Where it cannot be told what else depends on what changed (other rules, connectors or sources; most of the city at once; an edition of
//! an earlier program), this publishes nothing, and the whole city is judged.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::advance::Advanced;
use super::basis::{counting, standing};
use super::city_part::CityPart;
use super::error::HubError;
use super::follow_findings::{Header, concerned, history};
use super::guard::{Inputs, Word};
use super::open::Hub;
use super::published::Published;
use super::touched::{Touched, key};
use crate::assess::ties::{Directory, entity, tie};
use crate::assess::{AssessedPart, assess_part};
use crate::edition::{Edition, EditionError, EditionInput, Filter, LookupKey};
use crate::link::EntityKey;
use crate::model::enterprise::{Enterprise, TradeUnion};
use crate::model::tie::{Tie, TieKind};
use crate::model::verdict::GapStatus;
use crate::publish::{
    EntityHistory, LinkChanges, PartPublication, PeopleOfPart, PublishError, ReviewChanges, StoredLinks, UNREADABLE, of_pair,
    publish_part,
};
use crate::records;
use crate::store::history::EditionBasis;

/// Where one enterprise in so many is touched the whole city is judged.
const SHARE: usize = 6;
/// Rounds in which dispatches lead to others.
const ROUNDS: usize = 3;

/// What became of it.
pub(super) enum Followed {
    /// The edition, and whom it says something else of. None: it would have said what the one before says.
    Published(Option<Published>, Vec<String>),
    /// A person must decide first.
    Waits,
    /// The whole city has to be judged.
    Not,
}

/// Those who were judged, and what stands around them.
struct Judged {
    part: CityPart,
    assessed: AssessedPart,
    ties: Vec<Tie>,
    /// Enterprises that were not asked for, with ties that lead elsewhere now.
    led_elsewhere: HashMap<Box<str>, Vec<Tie>>,
    /// Records whose ties no enterprise states.
    unstated: HashSet<i64>,
    /// Others who have to be judged too.
    further: HashSet<EntityKey>,
}

impl Hub {
    /// See the module.
    pub(super) async fn follow_records(
        &self,
        previous: &Arc<Edition>,
        inputs: &Inputs,
        header: Header,
        advanced: &Advanced,
    ) -> Result<Followed, HubError> {
        if !self.may_follow(previous, &header, advanced).await? {
            return Ok(Followed::Not);
        }
        let counting_since = self.store.first_lacking().await?;
        let number = i64::from(previous.number());
        let findings = self.standing_findings(header.as_of).await?;
        let before = standing(&self.store, self.store.findings_as_of(number).await?.into_iter(), previous.manifest.as_of)?;

        let traits = records::traits(&self.connectors);
        let mut touched = Touched::by_records(advanced, previous, &traits);
        let of_findings = concerned(&before, &findings);
        touched.entities.extend(of_findings.iter().filter_map(|id| key(id)));
        touched.by_calendar(previous, &self.settings.policy, counting_since, header.as_of);
        let groups = self.led_to(&touched.entities).await?;
        touched.entities.extend(groups.iter().filter_map(|(_, from, _)| key(from)));

        let most = (previous.len() as usize / SHARE).max(64);
        let mut rounds = 0;
        let judged = loop {
            if touched.entities.len() > most || rounds == ROUNDS {
                tracing::info!(touched = touched.entities.len(), rounds, "the whole city is judged");
                return Ok(Followed::Not);
            }
            rounds += 1;
            let mut part = self.city_part(advanced, &touched.entities, &groups).await?;
            let ids = part.world.entities[..part.asked as usize].to_vec();
            part.world.unmet = header.unmet.clone();
            part.world.counting_since = counting_since;
            let is_asked: HashSet<&str> = ids.iter().map(|id| &**id).collect();
            part.world.findings = findings.iter().filter(|f| is_asked.contains(&*f.enterprise)).cloned().collect();
            history(&mut part.world, Some(previous), &ids);
            let (hub, edition, asked, as_of) = (self.clone(), previous.clone(), touched.entities.clone(), header.as_of);
            let judge = move || hub.judge_part(part, &edition, &asked, as_of);
            let judged = tokio::task::spawn_blocking(judge).await.expect("judging does not panic");
            let Some(judged) = judged else { return Ok(Followed::Not) };
            if judged.further.is_empty() {
                break judged;
            }
            touched.entities.extend(&judged.further);
        };
        tracing::info!(touched = touched.entities.len(), judged = judged.assessed.enterprises.len(), "judged");
        self.publish_judged_part(previous, inputs, header, advanced, touched, judged, &findings).await
    }

    /// Whether nothing but records, judgements, findings and the day may have changed since the edition before.
    async fn may_follow(&self, previous: &Arc<Edition>, header: &Header, advanced: &Advanced) -> Result<bool, HubError> {
        let number = i64::from(previous.number());
        let Some(basis) = self.store.edition_basis(number).await? else { return Ok(false) };
        let (before, today) = (previous.manifest.as_of, header.as_of);
        let decides = self.decided_before(Some(previous)).is_some_and(|edition| edition.number() == previous.number());
        let same_sources = previous.manifest.sources.iter().map(|s| &*s.name).eq(header.sources.iter().map(|s| &*s.name));
        let rules_turn = self.rules.statistics().any(|rule| rule.in_force(before) != rule.in_force(today));
        let areas_turn = crate::model::reference::areas::areas().change_between(before, today);
        let counted_alike = self.store.first_lacking().await? == self.store.first_lacking_before(number).await?;
        let unreadable = self.store.meta(UNREADABLE).await?.is_some_and(|count| count != "0");
        let follows = advanced.changes.reconsidered.is_some()
            && !unreadable
            && basis.made_by == self.made_by()?
            && previous.manifest.unmet == header.unmet
            && previous.manifest.zone == self.settings.zone.name()
            && today >= before
            && decides
            && same_sources
            && counted_alike
            && !rules_turn
            && !areas_turn
            && previous.tells_all();
        Ok(follows)
    }

    /// Judges a part; None where the edition before does not tell enough.
    fn judge_part(
        &self,
        part: CityPart,
        edition: &Edition,
        asked: &HashSet<EntityKey>,
        as_of: chrono::NaiveDate,
    ) -> Option<Judged> {
        let elsewhere = |id: &str| edition.row_of_id(id).is_some();
        let assessed = assess_part(&part.world, (&self.rules, &self.settings.policy), as_of, part.asked, elsewhere);
        let around = Around::new(edition, asked, &assessed.enterprises);
        let world = &part.world;
        let stated = world.facts.iter().enumerate().filter_map(|(at, facts)| Some((at, facts, TieKind::of(facts.kind)?)));
        let ties: Vec<Tie> = stated.map(|(at, facts, kind)| tie(facts, kind, entity(world, at), &around)).collect();
        // Of rows that were read for another reason (the side of a pair) nothing is another.
        let is_asked = |id: &str| key(id).is_some_and(|entity| asked.contains(&entity));
        let mut ties: Vec<Tie> = ties.into_iter().filter(|tie| tie.subject.as_deref().is_none_or(is_asked)).collect();
        let mut unstated: HashSet<i64> = ties.iter().filter(|tie| tie.subject.is_none()).map(|tie| tie.record_id).collect();
        let mut led_elsewhere: HashMap<Box<str>, Vec<Tie>> = HashMap::new();
        let mut further: HashSet<EntityKey> = HashSet::new();
        let mut judge_too = |id: Option<&str>| further.extend(id.and_then(key).filter(|entity| !asked.contains(entity)));
        let read: HashSet<i64> = ties.iter().map(|tie| tie.record_id).collect();
        let names: Vec<Box<str>> = self.connectors.iter().map(|c| c.name.as_str().into()).collect();
        for tie in edition.every_tie().filter(|tie| matches!(tie.kind(), Some(TieKind::Investment | TieKind::Dispatch))) {
            let subject = tie.subject().map(|row| edition.enterprise(row).id());
            if subject.is_some_and(is_asked) || read.contains(&tie.record_id()) {
                continue;
            }
            let (code, name) = (tie.other_code().unwrap_or(""), tie.other_name().unwrap_or(""));
            if !around.is_called_otherwise(code, name) {
                continue;
            }
            let before = tie.other().map(|row| edition.enterprise(row).id());
            let now = around.find(code, name);
            if before == now.as_deref() {
                continue;
            }
            if tie.kind() == Some(TieKind::Dispatch) {
                [subject, before, now.as_deref()].into_iter().for_each(&mut judge_too);
            }
            let new = Tie { other: now, ..tie.written(edition, &names)? };
            match subject {
                Some(subject) => led_elsewhere.entry(subject.into()).or_default().push(new),
                None => {
                    unstated.insert(new.record_id);
                    ties.push(new);
                }
            }
        }
        // Who dispatches elsewhere, more or fewer than before, and to whom.
        let mut flows: HashMap<&str, Vec<&Tie>> = HashMap::new();
        for tie in ties.iter().filter(|tie| tie.kind == TieKind::Dispatch) {
            flows.entry(tie.subject.as_deref().unwrap_or("")).or_default().push(tie);
        }
        for id in asked.iter().map(ToString::to_string) {
            let row = edition.row_of_id(&id);
            let was = row.map(|row| edition.ties_of(row, TieKind::Dispatch)).unwrap_or_default();
            let was: Vec<Tie> = was.into_iter().map(|tie| tie.written(edition, &names)).collect::<Option<_>>()?;
            let now = flows.get(id.as_str()).map_or(&[][..], Vec::as_slice);
            was.iter().filter(|tie| !now.contains(tie)).for_each(|tie| judge_too(tie.other.as_deref()));
            now.iter().filter(|tie| !was.contains(tie)).for_each(|tie| judge_too(tie.other.as_deref()));
        }
        drop((flows, around));
        Some(Judged { part, assessed, ties, led_elsewhere, unstated, further })
    }

    /// Counts people, sees what the store has to be told, and publishes.
    #[allow(clippy::too_many_arguments)]
    async fn publish_judged_part(
        &self,
        previous: &Arc<Edition>,
        inputs: &Inputs,
        header: Header,
        advanced: &Advanced,
        touched: Touched,
        judged: Judged,
        findings: &[crate::model::facts::StandingFinding],
    ) -> Result<Followed, HubError> {
        let Judged { part, mut assessed, ties, led_elsewhere, mut unstated, .. } = judged;
        let asked: HashSet<Box<str>> = touched.entities.iter().map(|entity| entity.to_string().into()).collect();
        let unions: HashMap<Box<str>, TradeUnion> =
            assessed.unions.drain(..).filter(|u| part.unions.contains(&u.id)).map(|u| (u.id.clone(), u)).collect();
        let mut unions_gone: Vec<Box<str>> = part.unions.union(&touched.unions).cloned().collect();
        unions_gone.retain(|id| !unions.contains_key(id) && previous.union_of(id).is_some());
        unions_gone.sort_unstable();
        let counted = PeopleOfPart {
            before: previous,
            as_of: header.as_of,
            dispatched_count_at: self.settings.policy.dispatched_count_at,
            enterprises: &assessed.enterprises,
            at_work: &assessed.at_work,
            asked: &asked,
            unions: &unions,
            unions_gone: &unions_gone,
            ties: &ties,
            group_of: &part.group_of,
        }
        .count();
        let Some(counted) = counted else { return Ok(Followed::Not) };
        let mut enterprises = assessed.enterprises;
        for (enterprise, people) in enterprises.iter_mut().zip(counted.people) {
            enterprise.people = people;
        }
        let is_judged: HashSet<&str> = enterprises.iter().map(|e| &*e.id).collect();
        let mut gone: Vec<Box<str>> =
            asked.iter().filter(|id| !is_judged.contains(&***id) && previous.row_of_id(id).is_some()).cloned().collect();
        drop(is_judged);
        gone.sort_unstable();
        let appeared = unions.keys().filter(|id| previous.union_of(id).is_none()).count() as i64;
        let by = appeared - unions_gone.len() as i64;
        if let Word::Waits = self.guard_part(inputs, previous, &header.unmet, (&enterprises, &gone, by)).await? {
            return Ok(Followed::Waits);
        }
        let mut others: HashMap<Box<str>, (Option<crate::model::enterprise::People>, Vec<Tie>)> =
            counted.others.into_iter().map(|(id, people)| (id, (Some(people), Vec::new()))).collect();
        for (id, ties) in led_elsewhere {
            others.entry(id).or_default().1 = ties;
        }
        unstated.extend(&advanced.changed);
        let links = link_changes(advanced, &part);
        let review = self.review_changes(previous, &enterprises, advanced, &part).await?;
        let relations = self.relation_changes(&asked, part.relations).await?;
        let number = self.store.latest_edition().await?.map_or(1, |e| e.number as u32 + 1);
        let mut ids: Vec<String> = enterprises.iter().map(|e| e.id.to_string()).collect();
        ids.extend(gone.iter().map(ToString::to_string));
        let publication = PartPublication {
            header: EditionInput {
                number,
                published_at: header.now,
                as_of: header.as_of,
                zone: self.settings.zone,
                enterprises: Vec::new(),
                unions: Vec::new(),
                members: Vec::new(),
                ties: Vec::new(),
                registries: self.connectors.iter().map(|c| c.name.as_str().into()).collect(),
                sources: header.sources,
                unmet: header.unmet.clone(),
                labels: Default::default(),
                counting: counting(&self.settings.policy),
            },
            previous: previous.clone(),
            decided_before: Some(previous.clone()),
            enterprises,
            joined: part.joined,
            ties,
            others,
            gone,
            unions: unions.into_values().collect(),
            unions_gone,
            records: unstated,
            events: EntityHistory::of(&advanced.changes.events),
            links,
            review,
            relations,
            inputs: inputs.all.clone(),
            inputs_but_findings: inputs.but_findings.clone(),
            basis: EditionBasis {
                landing: advanced.mark.landing,
                first: false,
                made_by: self.made_by()?,
                judgements: advanced.judgements.iter().map(|j| j.id.to_string()).collect(),
                findings: findings.iter().map(|f| f.id.to_string()).collect(),
            },
        };
        let manifest = match publish_part(&self.store, &self.editions_root(), publication).await {
            Ok(manifest) => manifest,
            // The edition before does not hold all that must be written again.
            Err(PublishError::Edition(EditionError::BadInput(_))) => return Ok(Followed::Not),
            Err(e) => return Err(e.into()),
        };
        let Some(manifest) = manifest else { return Ok(Followed::Published(None, Vec::new())) };
        self.editions.refresh()?;
        let edition = self.editions.number(manifest.number)?;
        let of = |filter| Ok::<u32, HubError>(edition.filter(&filter)?.len() as u32);
        let undecided = Filter::Any { facet: "gap", values: vec![GapStatus::Undecided.name().to_owned()] };
        let published = Published {
            number: manifest.number,
            digest: manifest.digest,
            as_of: manifest.as_of,
            enterprises: manifest.enterprises,
            gap: of(Filter::InGap)?,
            undecided: of(undecided)?,
            review_pairs: self.store.review_count().await? as u32,
            judged: Some(asked.len() as u32),
            unmet: header.unmet,
        };
        Ok(Followed::Published(Some(published), ids))
    }

    /// What changes in the queue: pairs that came, went or are others, and those that would change something else now.
    async fn review_changes(
        &self,
        previous: &Edition,
        enterprises: &[Enterprise],
        advanced: &Advanced,
        part: &CityPart,
    ) -> Result<ReviewChanges, HubError> {
        let judged: HashMap<&str, &Enterprise> = enterprises.iter().map(|e| (&*e.id, e)).collect();
        let is_changed = |id: i64| advanced.changed.binary_search(&id).is_ok();
        let reviewed = advanced.reviewed_ids();
        let mut changes = ReviewChanges { out: advanced.reviewed_ids(), ..ReviewChanges::default() };
        let mut ranked: Vec<(Box<str>, String, f64)> = Vec::new();
        for pair in &part.reviews {
            let right = pair.right_entity.map(|entity| entity.to_string());
            let here = right.as_deref().and_then(|id| judged.get(id).copied());
            let is_other =
                reviewed.binary_search(&pair.id).is_ok() || is_changed(pair.left_store_id) || is_changed(pair.right_store_id);
            if is_other {
                let read = match (here, &right) {
                    (None, Some(id)) => previous.enterprise_of_id(id).and_then(|row| row.written()),
                    _ => None,
                };
                changes.out.push(pair.id.clone());
                changes.put.push(of_pair(pair, here.or(read.as_ref())));
            } else if here.is_some() {
                let row = of_pair(pair, here);
                ranked.push((pair.id.clone(), row.effect, row.rank));
            }
        }
        let ids: Vec<&str> = ranked.iter().map(|(id, ..)| &**id).collect();
        let mut stored: HashMap<String, (String, f64)> = HashMap::new();
        for ids in ids.chunks(10_000) {
            stored.extend(self.store.review_ranks(ids).await?.into_iter().map(|(id, effect, rank)| (id, (effect, rank))));
        }
        let differs = |(id, effect, rank): &(Box<str>, String, f64)| {
            stored.get(&**id).is_some_and(|(known, ranked)| known != effect || ranked.to_bits() != rank.to_bits())
        };
        changes.ranks = ranked.into_iter().filter(differs).map(|(id, effect, rank)| (id.into(), effect, rank)).collect();
        Ok(changes)
    }

    /// The entities of which something else is said of others than the store has, and what is said of them now.
    async fn relation_changes(
        &self,
        asked: &HashSet<Box<str>>,
        now: Vec<crate::link::LinkedRelation>,
    ) -> Result<(Vec<Box<str>>, Vec<crate::link::LinkedRelation>), HubError> {
        let mut ids: Vec<Box<str>> = asked.iter().cloned().collect();
        ids.sort_unstable();
        let rows = crate::publish::relation_rows(&now);
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

/// Links that are new, others or no more, and the entities that come and go with them.
fn link_changes(advanced: &Advanced, part: &CityPart) -> LinkChanges {
    let linker = &*advanced.linker;
    let before = &advanced.links_before;
    let now: StoredLinks = linker
        .records_of_rows(&advanced.changed)
        .into_iter()
        .filter_map(|record| Some((linker.stored(record), linker.entity(record)?)))
        .filter(|(place, _)| part.places.contains_key(place))
        .collect();
    let news: HashSet<(i64, u16)> = advanced.changes.decisions.iter().map(|d| (d.store_id, d.part)).collect();
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
        let records = i64::from(linker.records_in(entity));
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

/// Enterprises by what records call them, where some are judged anew and all others are as an edition has them.
struct Around<'a> {
    edition: &'a Edition,
    asked: &'a HashSet<EntityKey>,
    judged: HashMap<&'a str, &'a Enterprise>,
    by_code: HashMap<&'a str, Vec<&'a str>>,
    by_name: HashMap<&'a str, Vec<&'a str>>,
    /// Codes and names that somebody bears now and did not, or the other way round.
    codes: HashSet<Box<str>>,
    names: HashSet<Box<str>>,
}

impl<'a> Around<'a> {
    fn new(edition: &'a Edition, asked: &'a HashSet<EntityKey>, enterprises: &'a [Enterprise]) -> Around<'a> {
        let mut around = Around {
            edition,
            asked,
            judged: enterprises.iter().map(|e| (&*e.id, e)).collect(),
            by_code: HashMap::new(),
            by_name: HashMap::new(),
            codes: HashSet::new(),
            names: HashSet::new(),
        };
        for e in enterprises {
            if let (Some(code), None) = (e.credit_code.as_deref(), &e.branch_of) {
                around.by_code.entry(code).or_default().push(&e.id);
            }
            around.by_name.entry(&e.name).or_default().push(&e.id);
        }
        for entity in asked {
            let id = entity.to_string();
            let before =
                edition.enterprise_of_id(&id).map(|row| (row.credit_code().filter(|_| row.branch_of().is_none()), row.name()));
            let now =
                around.judged.get(id.as_str()).map(|e| (e.credit_code.as_deref().filter(|_| e.branch_of.is_none()), &*e.name));
            if before != now {
                for (code, name) in before.into_iter().chain(now) {
                    around.codes.extend(code.map(Into::into));
                    around.names.insert(name.into());
                }
            }
        }
        around
    }

    fn is_called_otherwise(&self, code: &str, name: &str) -> bool {
        self.codes.contains(code) || self.names.contains(name.trim())
    }

    /// Rows of the edition that are judged as before.
    fn others(&self, key: LookupKey) -> impl Iterator<Item = crate::edition::EnterpriseRow<'a>> {
        let rows = self.edition.rows(&key).into_iter().map(|row| self.edition.enterprise(row));
        rows.filter(|row| super::touched::key(row.id()).is_none_or(|entity| !self.asked.contains(&entity)))
    }
}

impl Directory for Around<'_> {
    fn has(&self, id: &str) -> bool {
        match key(id).is_some_and(|entity| self.asked.contains(&entity)) {
            true => self.judged.contains_key(id),
            false => self.edition.row_of_id(id).is_some(),
        }
    }
    fn by_code(&self, code: &str) -> Option<Box<str>> {
        let judged = self.by_code.get(code).into_iter().flatten().copied();
        let others = self.others(LookupKey::CreditCode(code.to_owned()));
        let others = others.filter(|row| row.credit_code() == Some(code) && row.branch_of().is_none()).map(|row| row.id());
        judged.chain(others).min().map(Into::into)
    }
    fn by_name(&self, name: &str) -> Option<Box<str>> {
        let judged = self.by_name.get(name).into_iter().flatten().copied();
        let others = self.others(LookupKey::Name(name.to_owned())).filter(|row| row.name() == name).map(|row| row.id());
        let mut found = judged.chain(others);
        let first = found.next()?;
        found.next().is_none().then(|| first.into())
    }
}
