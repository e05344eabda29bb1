//! The federation as it was told on an earlier day: units that moved, joined or went since do not change what that day answers.
//!
//! In: every version of everything entered, a moment. Out: the federation as of it. What it does not do: say which edition is counted.
//!
//! What states no day of its own (units, places, their lists) stands as it had been entered by the moment; before anything of it was
//! entered, as it was entered first. What is said of a year or of two parties (work, rules, rewards, objections, agreements) stands in the
//! version of the moment, and where it was entered later, in its first one. What states its day or period (posts, services, collections,
//! figures, and when a unit was founded) is told as it is known now: a later version of it mends the same day.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use hashbrown::{HashMap, HashSet};

use super::error::HubError;
use super::federation_state::Federation;
use super::open::Hub;
use crate::edition::EditionAsOf;
use crate::federation::entry::FederationNoun;
use crate::federation::unit::{TreeUnit, UnitTree};
use crate::store::federation::EntryRow;

/// Earlier days that are kept as they were read last.
const KEPT_DAYS: usize = 2;

/// How versions of a thing are told of an earlier moment.
#[derive(Clone, Copy, PartialEq)]
enum Telling {
    /// As it had been entered by then.
    Entered,
    /// As it had been entered by then, else in its first version.
    EnteredOrFirst,
    /// As it is known now, unless it was taken back by then.
    Known,
}

fn telling(noun: &str) -> Telling {
    use FederationNoun as Noun;
    match FederationNoun::from_name(noun) {
        Some(Noun::Unit | Noun::Place | Noun::Listing) | None => Telling::Entered,
        Some(Noun::Work | Noun::Appraisal | Noun::Reward | Noun::Objection | Noun::Dispatch | Noun::KeyPoint) => {
            Telling::EnteredOrFirst
        }
        Some(Noun::Post | Noun::Service | Noun::Collection | Noun::Pilot | Noun::Figure) => Telling::Known,
    }
}

/// What a thing was entered as first: as the day left it that it was first entered on.
fn first_version(versions: &[EntryRow], day_end: impl Fn(i64) -> i64) -> Option<&EntryRow> {
    let end = day_end(versions.first()?.at);
    versions.iter().rev().find(|version| version.at <= end)
}

/// The version of a thing that holds at a moment; `versions` in the order of entering.
fn version_at(versions: &[EntryRow], telling: Telling, at: i64, day_end: impl Fn(i64) -> i64) -> Option<&EntryRow> {
    let latest = versions.last()?;
    let by_then = versions.iter().rev().find(|version| version.at <= at);
    let held = match (telling, by_then) {
        (Telling::Entered, by_then) | (Telling::EnteredOrFirst, by_then @ Some(_)) => by_then,
        // What was taken back later still stood then; what was never right by then is not told.
        (Telling::Known, Some(by_then)) => Some(if latest.body.is_some() { latest } else { by_then }),
        (Telling::EnteredOrFirst, None) if latest.body.is_some() => first_version(versions, day_end),
        (Telling::Known, None) if latest.body.is_some() => Some(latest),
        _ => None,
    };
    held.filter(|version| version.body.is_some())
}

/// What of all versions, by noun, key and order, holds at a moment. `day_end` gives the end of the day of a moment: what was mended on the
/// day it was first entered is what was entered first.
fn standing_at(versions: &[EntryRow], at: i64, day_end: impl Fn(i64) -> i64) -> Vec<EntryRow> {
    let mut standing = Vec::new();
    for of_noun in versions.chunk_by(|a, b| a.noun == b.noun) {
        let telling = telling(&of_noun[0].noun);
        let first = of_noun.iter().map(|version| version.at).min().unwrap_or(at);
        let moment = if telling == Telling::Entered { at.max(day_end(first)) } else { at };
        let mut later = Vec::new();
        for of_key in of_noun.chunk_by(|a, b| a.key == b.key) {
            match version_at(of_key, telling, moment, &day_end) {
                Some(version) => standing.push(version.clone()),
                // Before the first sheet nobody had said what there was: what came with later ones was there too, as far as it fits.
                None if telling == Telling::Entered
                    && at < first
                    && of_key.last().is_some_and(|latest| latest.body.is_some()) =>
                {
                    later.extend(first_version(of_key, &day_end).filter(|first| first.at > moment && first.body.is_some()));
                }
                None => {}
            }
        }
        later.sort_by_key(|version| version.seq);
        standing.extend(later.into_iter().cloned());
    }
    standing
}

/// The units that fit together: of what later sheets brought, whoever has no parent or claims what another unit has is left out.
fn fitting(standing: Vec<EntryRow>, versions: &[EntryRow], moment: i64) -> Vec<EntryRow> {
    let is_unit = |row: &EntryRow| row.noun == FederationNoun::Unit.name();
    let read = |row: &EntryRow| row.body.as_deref().and_then(|body| serde_json::from_str::<TreeUnit>(body).ok());
    let claims = |unit: &TreeUnit| -> Vec<(u8, Box<str>)> {
        let of = |kind: u8, list: &[Box<str>]| list.iter().map(|one| (kind, one.clone())).collect::<Vec<_>>();
        [of(0, &unit.areas), of(1, &unit.industries), of(2, &unit.places)].concat()
    };
    let (mut kept, mut later): (Vec<EntryRow>, Vec<EntryRow>) =
        standing.into_iter().partition(|row| !is_unit(row) || row.at <= moment);
    if later.is_empty() {
        return founded_as_known(kept, versions);
    }
    let (mut codes, mut claimed) = (HashSet::new(), HashSet::new());
    for unit in kept.iter().filter(|row| is_unit(row)).filter_map(read) {
        claimed.extend(claims(&unit));
        codes.insert(unit.code);
    }
    loop {
        let before = later.len();
        later.retain(|row| {
            let Some(unit) = read(row) else { return false };
            let own = claims(&unit);
            let fits = unit.parent.as_ref().is_some_and(|parent| codes.contains(parent));
            if !fits || own.iter().any(|claim| claimed.contains(claim)) {
                return true;
            }
            claimed.extend(own);
            codes.insert(unit.code);
            kept.push(row.clone());
            false
        });
        if later.len() == before {
            break;
        }
    }
    founded_as_known(kept, versions)
}

/// When a unit was founded is known now, whenever it was entered.
fn founded_as_known(mut rows: Vec<EntryRow>, versions: &[EntryRow]) -> Vec<EntryRow> {
    let units = versions.iter().filter(|version| version.noun == FederationNoun::Unit.name());
    // Of several the last one stays.
    let latest: HashMap<&str, &EntryRow> = units.map(|version| (version.key.as_str(), version)).collect();
    for row in rows.iter_mut().filter(|row| row.noun == FederationNoun::Unit.name()) {
        let Some(now) = latest.get(row.key.as_str()).filter(|now| now.seq != row.seq) else { continue };
        let read = |body: Option<&str>| body.and_then(|body| serde_json::from_str::<TreeUnit>(body).ok());
        if let (Some(mut unit), Some(now)) = (read(row.body.as_deref()), read(now.body.as_deref()))
            && unit.founded_on != now.founded_on
        {
            unit.founded_on = now.founded_on;
            row.body = Some(serde_json::to_string(&unit).expect("nouns are plain data"));
        }
    }
    rows.sort_by(|a, b| (&a.noun, &a.key).cmp(&(&b.noun, &b.key)));
    rows
}

impl Hub {
    /// The federation as of a day, an instant or an edition, which holds until the next one was published; as it stands where none is named.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn federation_as_of(&self, as_of: Option<EditionAsOf>) -> Result<Arc<Federation>, HubError> {
        match as_of {
            None => self.federation().await,
            Some(EditionAsOf::Day(day)) => self.federation_on(day).await,
            Some(EditionAsOf::Instant(instant)) => self.federation_at(instant.timestamp_millis()).await,
            Some(EditionAsOf::Edition(number)) => {
                let published = self.editions.list();
                let next = published.iter().filter(|manifest| manifest.number > number).min_by_key(|manifest| manifest.number);
                match next {
                    Some(next) => self.federation_at(next.published_at.timestamp_millis() - 1).await,
                    None => self.federation().await,
                }
            }
        }
    }

    /// The federation as it had been told by the end of a day; as it stands today and for later days.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn federation_on(&self, on: NaiveDate) -> Result<Arc<Federation>, HubError> {
        match self.end_of(on) {
            Some(at) => self.federation_at(at).await,
            None => self.federation().await,
        }
    }

    /// The federation as it had been told by a moment, in milliseconds since 1970. It is the one that stands, where nothing of what it says
    /// was entered anew since.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn federation_at(&self, at: i64) -> Result<Arc<Federation>, HubError> {
        let current = self.federation().await?;
        let known = |kept: &[(i64, i64, Arc<Federation>)]| {
            kept.iter().find(|(stamp, asked, _)| (*stamp, *asked) == (current.stamp, at)).map(|(.., past)| past.clone())
        };
        if let Some(past) = known(&self.federation_cache.past.lock().expect("no panic while holding the federation")) {
            return Ok(past);
        }
        let versions = self.store.federation_versions(None).await?;
        let rows = self.rows_at(&versions, at);
        let past = match seqs(&rows) == seqs_of_standing(&versions) {
            true => current.clone(),
            false => Arc::new(self.read_past(current.stamp, &rows)?),
        };
        let mut kept = self.federation_cache.past.lock().expect("no panic while holding the federation");
        kept.retain(|(stamp, asked, _)| *stamp == current.stamp && *asked != at);
        if kept.len() >= KEPT_DAYS {
            kept.remove(0);
        }
        kept.push((current.stamp, at, past.clone()));
        Ok(past)
    }

    /// The tree as of some days, in their order; days between which no unit was entered share one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn trees_on(&self, days: &[NaiveDate]) -> Result<Vec<Arc<UnitTree>>, HubError> {
        let current = self.federation().await?;
        let versions = self.store.federation_versions(Some(FederationNoun::Unit.name())).await?;
        let standing = seqs_of_standing(&versions);
        let (mut trees, mut last): (Vec<Arc<UnitTree>>, Option<(Vec<i64>, Arc<UnitTree>)>) = Default::default();
        let whole = Arc::new(current.tree.clone());
        for day in days {
            let rows = self.end_of(*day).map(|at| self.rows_at(&versions, at));
            let mark = rows.as_deref().map(seqs).filter(|mark| *mark != standing);
            let tree = match (mark, rows) {
                (Some(mark), Some(rows)) => match &last {
                    Some((known, tree)) if *known == mark => tree.clone(),
                    _ => {
                        let tree = Arc::new(self.read_past(current.stamp, &rows)?.tree);
                        last = Some((mark, tree.clone()));
                        tree
                    }
                },
                _ => whole.clone(),
            };
            trees.push(tree);
        }
        Ok(trees)
    }

    fn rows_at(&self, versions: &[EntryRow], at: i64) -> Vec<EntryRow> {
        let end_of_its_day = |moment: i64| {
            let day = DateTime::from_timestamp_millis(moment).map(|when| when.with_timezone(&self.settings.zone).date_naive());
            day.map_or(moment, |day| self.end_of(day).unwrap_or(i64::MAX))
        };
        let of_units = versions.iter().filter(|version| version.noun == FederationNoun::Unit.name());
        let moment = of_units.map(|version| version.at).min().map_or(at, |first| at.max(end_of_its_day(first)));
        fitting(standing_at(versions, at, end_of_its_day), versions, moment)
    }
}

/// Which versions they are.
fn seqs(rows: &[EntryRow]) -> Vec<i64> {
    let mut seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    seqs.sort_unstable();
    seqs
}

/// Which versions stand now.
fn seqs_of_standing(versions: &[EntryRow]) -> Vec<i64> {
    // Of several the last one stays.
    let latest: HashMap<(&str, &str), &EntryRow> =
        versions.iter().map(|version| ((version.noun.as_str(), version.key.as_str()), version)).collect();
    let mut seqs: Vec<i64> = latest.into_values().filter(|row| row.body.is_some()).map(|row| row.seq).collect();
    seqs.sort_unstable();
    seqs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: i64, noun: &str, key: &str, body: Option<&str>, at: i64) -> EntryRow {
        EntryRow { seq, noun: noun.into(), key: key.into(), body: body.map(str::to_owned), at, by_whom: None }
    }

    fn told(versions: &[EntryRow], at: i64) -> Vec<(String, i64)> {
        // Days of ten.
        let rows = standing_at(versions, at, |moment| moment / 10 * 10 + 9);
        rows.into_iter().map(|row| (row.key, row.seq)).collect()
    }

    fn is(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
        rows.iter().map(|(key, seq)| ((*key).to_owned(), *seq)).collect()
    }

    #[test]
    fn what_states_no_day_stands_as_it_had_been_entered_by_then() {
        let places = [
            row(1, "PLACE", "A", Some("1"), 10),
            row(2, "PLACE", "A", Some("2"), 12),
            row(4, "PLACE", "A", Some("3"), 30),
            row(3, "PLACE", "B", Some("1"), 20),
            row(5, "PLACE", "B", None, 40),
        ];
        assert_eq!(told(&places, 15), is(&[("A", 2)]));
        assert_eq!(told(&places, 25), is(&[("A", 2), ("B", 3)]));
        assert_eq!(told(&places, 35), is(&[("A", 4), ("B", 3)]));
        assert_eq!(told(&places, 45), is(&[("A", 4)]));
        assert_eq!(
            told(&places, 5),
            is(&[("A", 2)]),
            "before the first sheet: as its day left it, without what was taken back since"
        );
        let more = [row(1, "PLACE", "A", Some("1"), 10), row(2, "PLACE", "C", Some("1"), 20)];
        assert_eq!(told(&more, 5), is(&[("A", 1), ("C", 2)]), "nobody had said yet that there was no C");
        assert_eq!(told(&more, 12), is(&[("A", 1)]));
    }

    #[test]
    fn what_states_its_day_is_told_as_known_and_work_as_entered() {
        let posts = [
            row(1, "POST", "A", Some("1"), 10),
            row(2, "POST", "A", Some("2"), 20),
            row(3, "POST", "B", Some("1"), 10),
            row(4, "POST", "B", None, 20),
            row(5, "POST", "C", Some("1"), 20),
            row(6, "POST", "C", None, 30),
        ];
        assert_eq!(told(&posts, 15), is(&[("A", 2), ("B", 3)]), "mended for all days; taken back from a moment on");
        assert_eq!(told(&posts, 35), is(&[("A", 2)]));
        let work = [row(1, "WORK", "A", Some("1"), 10), row(2, "WORK", "A", Some("2"), 20), row(3, "WORK", "B", Some("1"), 20)];
        assert_eq!(told(&work, 15), is(&[("A", 1), ("B", 3)]));
        assert_eq!(told(&work, 25), is(&[("A", 2), ("B", 3)]));
    }

    #[test]
    fn before_the_first_sheet_units_of_later_ones_stand_where_they_fit() {
        let unit = |seq: i64, code: &str, parent: Option<&str>, area: &str, at: i64| {
            let unit = serde_json::json!({ "code": code, "name": code, "level": if parent.is_some() { "STREET" } else { "CITY" },
                "parent": parent, "areas": [area], "industries": [], "places": [], "chair_post": null,
                "founded_on": format!("2010-01-{:02}", seq), "due_on": null, "source": "t" });
            row(seq, "UNIT", code, Some(&unit.to_string()), at)
        };
        let versions = [
            unit(1, "BJ", None, "110000", 10),
            unit(3, "D", Some("BJ"), "110101", 20),
            unit(4, "M", Some("BJ"), "110101001", 30),
            unit(2, "S", Some("BJ"), "110101001", 10),
            row(5, "UNIT", "S", None, 30),
            unit(6, "T", Some("D"), "110101002", 20),
        ];
        let at = |at: i64, moment: i64| -> Vec<(String, i64)> {
            let standing = standing_at(&versions, at, |moment| moment / 10 * 10 + 9);
            fitting(standing, &versions, moment).into_iter().map(|row| (row.key, row.seq)).collect()
        };
        assert_eq!(at(5, 19), is(&[("BJ", 1), ("D", 3), ("S", 2), ("T", 6)]), "M joins what S was, which was there first");
        assert_eq!(at(15, 19), is(&[("BJ", 1), ("S", 2)]));
        assert_eq!(at(35, 35), is(&[("BJ", 1), ("D", 3), ("M", 4), ("T", 6)]));
    }
}
