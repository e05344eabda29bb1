//! What a delivery changes, and nothing else: those whom its records, judgements, findings and the days that passed touch are judged
//! again, and an edition follows that says so.
//!
//! Where it cannot be told what else depends on what changed (other rules, connectors or sources; most of the city at once; an edition of
//! an earlier program), this publishes nothing, and the whole city is judged.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::advance::{Advanced, Delivery};
use super::around::Around;
use super::basis::standing;
use super::city_part::CityPart;
use super::error::HubError;
use super::follow_findings::{concerned, history};
use super::guard::{Inputs, Word};
use super::header::Header;
use super::linker_state::WritingLinker;
use super::open::Hub;
use super::part_changes::{LinksNow, link_changes};
use super::published::Published;
use super::touched::{Touched, key};
use crate::assess::ties::{Directory, entity, tie};
use crate::assess::{AssessedPart, assess_part};
use crate::edition::{Edition, EditionError};
use crate::link::EntityKey;
use crate::model::enterprise::{People, TradeUnion};
use crate::model::facts::StandingFinding;
use crate::model::tie::{Tie, TieKind};
use crate::publish::{EntityHistory, LinkChanges, PartPublication, PeopleOfPart, PublishError, UNREADABLE, publish_part};
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
    /// The whole city has to be judged; by what followed, where that is at hand still.
    Not(Option<Box<Delivery>>),
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
        Advanced { linker, delivery }: Advanced,
        writing: &mut WritingLinker,
    ) -> Result<Followed, HubError> {
        if !self.may_follow(previous, &header, &delivery).await? {
            return Ok(Followed::Not(Some(Box::new(delivery))));
        }
        let number = i64::from(previous.number());
        let counting_since = self.store.first_lacking().await?;
        let counted_since = self.store.first_lacking_before(number).await?;
        let findings = self.standing_findings(header.as_of).await?;
        let before = standing(&self.store, self.store.findings_as_of(number).await?.into_iter(), previous.manifest.as_of)?;

        let traits = records::traits(&self.connectors);
        let mut touched = Touched::by_records((&linker, &delivery), previous, &traits);
        let of_findings = concerned(&before, &findings);
        touched.entities.extend(of_findings.iter().filter_map(|id| key(id)));
        touched.by_calendar(previous, &self.settings.policy, (counted_since, counting_since), header.as_of);
        tracing::debug!(touched = touched.entities.len(), "with the calendar's");
        let groups = self.led_to(&touched.entities).await?;
        touched.entities.extend(groups.iter().filter_map(|(_, from, _)| key(from)));

        let links_now = LinksNow::of(&linker, &delivery);
        // Dates of everybody were looked at; and what linking knows is to come.
        previous.give_back_memory();
        let mut at_hand = Some(linker);
        let most = (previous.len() as usize / SHARE).max(64);
        let mut rounds = 0;
        let judged = loop {
            if touched.entities.len() > most || rounds == ROUNDS {
                tracing::info!(touched = touched.entities.len(), rounds, "the whole city is judged");
                return Ok(Followed::Not(Some(Box::new(delivery))));
            }
            rounds += 1;
            tracing::debug!(touched = touched.entities.len(), "with the groups'");
            let linker = match at_hand.take() {
                Some(linker) => Some(linker),
                None => writing.linker().await,
            };
            let Some(linker) = linker else { return Ok(Followed::Not(None)) };
            let mut part = self.city_part((linker, writing), &delivery, &touched.entities, &groups).await?;
            tracing::debug!(facts = part.world.facts.len(), "the part's records are read");
            let ids = part.world.entities[..part.asked as usize].to_vec();
            part.world.unmet = header.unmet.clone();
            part.world.counting_since = counting_since;
            let is_asked: HashSet<&str> = ids.iter().map(|id| &**id).collect();
            part.world.findings = findings.iter().filter(|f| is_asked.contains(&*f.enterprise)).cloned().collect();
            history(&mut part.world, Some(previous), &ids);
            let (hub, edition, asked, as_of) = (self.clone(), previous.clone(), touched.entities.clone(), header.as_of);
            let judge = move || hub.judge_part(part, &edition, &asked, as_of);
            let judged = tokio::task::spawn_blocking(judge).await.expect("judging does not panic");
            let Some(judged) = judged else { return Ok(Followed::Not(Some(Box::new(delivery)))) };
            if judged.further.is_empty() {
                break judged;
            }
            touched.entities.extend(&judged.further);
        };
        tracing::info!(touched = touched.entities.len(), judged = judged.assessed.enterprises.len(), "judged");
        let links = link_changes(&delivery, links_now, &judged.part);
        self.publish_judged_part(previous, inputs, header, delivery, touched, judged, links, &findings).await
    }

    /// Whether nothing but records, judgements, findings and the day may have changed since the edition before.
    async fn may_follow(&self, previous: &Arc<Edition>, header: &Header, delivery: &Delivery) -> Result<bool, HubError> {
        let number = i64::from(previous.number());
        let Some(basis) = self.store.edition_basis(number).await? else { return Ok(false) };
        let (before, today) = (previous.manifest.as_of, header.as_of);
        let decides = self.decided_before(Some(previous)).is_some_and(|edition| edition.number() == previous.number());
        let same_sources = previous.manifest.sources.iter().map(|s| &*s.name).eq(header.sources.iter().map(|s| &*s.name));
        let rules_turn = self.rules.statistics().any(|rule| rule.in_force(before) != rule.in_force(today));
        let areas_turn = crate::model::reference::areas::areas().change_between(before, today);
        let unreadable = self.store.meta(UNREADABLE).await?.is_some_and(|count| count != "0");
        let in_the_way = [
            (
                delivery.changes.reconsidered.is_none(),
                "everything was linked anew: more than a quarter of the records changed, or the city's size, or what share of it a \
                 registry holds, is another by the steps in which linking counts it",
            ),
            (unreadable, "rows of the store could not be read"),
            (basis.made_by != self.made_by()?, "program, rules, policy, weights or connectors are others"),
            (previous.manifest.unmet != header.unmet, "other registries are missing or too old"),
            (previous.manifest.zone != self.settings.zone.name(), "the time zone is another"),
            (today < before, "the edition before is of a later day"),
            (!decides, "the edition before decides no gap"),
            (!same_sources, "the registries are others"),
            (rules_turn, "a rule came into force or went out of it"),
            (areas_turn, "districts are others from today on"),
            (!previous.tells_all(), "the edition before is of an earlier program"),
        ];
        let why: Vec<&str> = in_the_way.into_iter().filter(|(is_so, _)| *is_so).map(|(_, why)| why).collect();
        if !why.is_empty() {
            tracing::info!("the whole city is judged: {}", why.join("; "));
        }
        Ok(why.is_empty())
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
        delivery: Delivery,
        touched: Touched,
        judged: Judged,
        links: LinkChanges,
        findings: &[StandingFinding],
    ) -> Result<Followed, HubError> {
        let Judged { mut part, mut assessed, ties, led_elsewhere, mut unstated, .. } = judged;
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
        let Some(counted) = counted else { return Ok(Followed::Not(None)) };
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
        let mut others: HashMap<Box<str>, (Option<People>, Vec<Tie>)> =
            counted.others.into_iter().map(|(id, people)| (id, (Some(people), Vec::new()))).collect();
        for (id, ties) in led_elsewhere {
            others.entry(id).or_default().1 = ties;
        }
        unstated.extend(&delivery.changed);
        let (told, reviews) = (std::mem::take(&mut part.others), std::mem::take(&mut part.reviews));
        let review = self.review_changes(previous, (&enterprises, &gone), &delivery, told, reviews).await?;
        let relations = self.relation_changes(&asked, part.relations).await?;
        let number = self.next_number().await?;
        let judged = enterprises.len();
        let mut ids: Vec<String> = enterprises.iter().map(|e| e.id.to_string()).collect();
        ids.extend(gone.iter().map(ToString::to_string));
        let publication = PartPublication {
            header: self.without_rows(number, &header),
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
            events: EntityHistory::of(&delivery.changes.events),
            links,
            review,
            relations,
            inputs: inputs.all.clone(),
            inputs_but_findings: inputs.but_findings.clone(),
            basis: EditionBasis {
                landing: delivery.mark.landing,
                first: false,
                made_by: self.made_by()?,
                judgements: delivery.judgements.iter().map(|j| j.id.to_string()).collect(),
                findings: findings.iter().map(|f| f.id.to_string()).collect(),
            },
        };
        // All of it was gone through; what is written from it again is a part.
        previous.give_back_memory();
        tracing::debug!("what changes in the store is known");
        let manifest = match publish_part(&self.store, &self.editions_root(), publication).await {
            Ok(manifest) => manifest,
            // The edition before does not hold all that must be written again.
            Err(PublishError::Edition(EditionError::BadInput(_))) => return Ok(Followed::Not(None)),
            Err(e) => return Err(e.into()),
        };
        let Some(manifest) = manifest else { return Ok(Followed::Published(None, Vec::new())) };
        let published = self.told_of(manifest, judged).await?;
        Ok(Followed::Published(Some(published), ids))
    }
}
