//! The people of a part of the city: who is counted where, for the enterprises that are judged anew and for those that share a union or
//! a dispatch with them.
//!
//! In: what was judged, the unions and ties that stand around it, the edition before. Out: the people of every enterprise for which they
//! may be others now, as counting the whole city would give them (`assess::membership`).

use hashbrown::{HashMap, HashSet};

use crate::assess::membership::{
    DispatchSide, Seat, corrected, correction, counted_at, share_out, shares, shares_in, stands, stated, with_members_of,
};
use crate::assess::policy::DispatchedCount;
use crate::edition::{Edition, EnterpriseRow};
use crate::model::enterprise::{Enterprise, People, TradeUnion};
use crate::model::tie::{Tie, TieKind};
use crate::model::verdict::UnionStatus;

/// What is known of the part.
pub struct PeopleOfPart<'a> {
    pub before: &'a Edition,
    pub as_of: chrono::NaiveDate,
    pub dispatched_count_at: DispatchedCount,
    pub enterprises: &'a [Enterprise],
    /// For each of them: its employees are counted where they work.
    pub at_work: &'a [bool],
    /// Ids of everybody who was asked for: those of `enterprises`, and those that are none any more.
    pub asked: &'a HashSet<Box<str>>,
    /// Every union that lists one of the asked, as it is now.
    pub unions: &'a HashMap<Box<str>, TradeUnion>,
    /// Ids of unions that are no more.
    pub unions_gone: &'a [Box<str>],
    /// What the asked state.
    pub ties: &'a [Tie],
    /// Enterprises of a group, by the id of its head.
    pub group_of: &'a HashMap<Box<str>, Vec<Box<str>>>,
}

/// Who is counted where now; None where the edition before does not tell enough.
pub struct CountedPeople {
    /// In the order of `PeopleOfPart::enterprises`.
    pub people: Vec<People>,
    /// Of enterprises that were not asked for.
    pub others: HashMap<Box<str>, People>,
}

/// The union whose members an enterprise of an edition has a share of.
fn shared_before(row: EnterpriseRow<'_>) -> Option<Option<Box<str>>> {
    // Without one nothing has to be unpacked; most have none.
    if matches!(row.union(), Some(UnionStatus::None | UnionStatus::Possible)) {
        return Some(None);
    }
    let strongest = row.strongest_union().ok()?;
    Some(strongest.filter(|link| shares(link, row.branch_of())).map(|link| link.union))
}

impl PeopleOfPart<'_> {
    /// See the module.
    pub fn count(&self) -> Option<CountedPeople> {
        let position: HashMap<&str, usize> = self.enterprises.iter().enumerate().map(|(at, e)| (&*e.id, at)).collect();
        let rows: Vec<Option<EnterpriseRow<'_>>> = self.enterprises.iter().map(|e| self.before.enterprise_of_id(&e.id)).collect();
        let mut people = self.employees(&position, &rows);
        let mut others: HashMap<Box<str>, People> = HashMap::new();

        // Unions whose members are shared out otherwise.
        let mut dirty: HashSet<Box<str>> = self.unions_gone.iter().cloned().collect();
        let mut kept: Vec<Option<People>> = Vec::with_capacity(rows.len());
        for ((e, row), now) in self.enterprises.iter().zip(&rows).zip(&people) {
            let shared = shares_in(e);
            let Some(row) = row else {
                dirty.extend(shared.map(Into::into));
                kept.push(None);
                continue;
            };
            let was = row.people()?;
            let before = shared_before(*row)?;
            if before.as_deref() != shared || was.employees != now.employees {
                dirty.extend(before);
                dirty.extend(shared.map(Into::into));
            }
            kept.push(Some(was));
        }
        for id in self.asked.iter().filter(|id| !position.contains_key(&***id)) {
            if let Some(row) = self.before.enterprise_of_id(id) {
                dirty.extend(shared_before(row)?);
            }
        }
        for union in self.unions.values() {
            let before = match self.before.union_of(&union.id) {
                Some(row) => Some(row.written()?),
                None => None,
            };
            if before.as_ref() != Some(union) {
                dirty.insert(union.id.clone());
            }
        }
        for ((e, now), was) in self.enterprises.iter().zip(&mut people).zip(&kept) {
            if let Some(was) = was.filter(|_| shares_in(e).is_some_and(|union| !dirty.contains(union))) {
                *now = with_members_of(*now, &was);
            }
        }
        for id in &dirty {
            self.share(id, &position, &mut people, &mut others)?;
        }
        self.seats(&position, &kept, &mut people, &mut others)?;
        others.retain(|id, now| self.before.enterprise_of_id(id).and_then(|row| row.people()) != Some(*now));
        Some(CountedPeople { people, others })
    }

    /// The employees of the judged, those who are dispatched counted once.
    fn employees(&self, position: &HashMap<&str, usize>, rows: &[Option<EnterpriseRow<'_>>]) -> Vec<People> {
        let mut corrections: HashMap<usize, i64> = HashMap::new();
        let mut correct = |at: Option<usize>, side: DispatchSide, knows_host: bool, workers: u32| {
            if let Some(at) = at {
                let by = correction(self.dispatched_count_at, side, self.at_work[at], knows_host, workers);
                *corrections.entry(at).or_default() += by;
            }
        };
        let at = |id: Option<&str>| id.and_then(|id| position.get(id).copied());
        for tie in self.ties {
            let (Some(_), Some(workers)) = (&tie.subject, tie.workers_on(self.as_of)) else { continue };
            correct(at(tie.subject.as_deref()), DispatchSide::Agency, tie.other.is_some(), workers);
            correct(at(tie.other.as_deref()), DispatchSide::Host, true, workers);
        }
        // Agencies that were not asked for say what they said before.
        for (at, row) in rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.as_ref()?))) {
            for flow in self.before.ties_to(row.row, TieKind::Dispatch) {
                let Some(agency) = flow.subject().map(|row| self.before.enterprise(row)) else { continue };
                let in_force = flow.workers_on(self.as_of).filter(|_| !self.asked.contains(agency.id()));
                if let Some(workers) = in_force {
                    correct(Some(at), DispatchSide::Host, true, workers);
                }
            }
        }
        let of = |(at, e): (usize, &Enterprise)| {
            let stated = stated(e);
            let by = corrections.get(&at).copied().unwrap_or(0);
            People { employees: corrected(stated.employees, by), ..stated }
        };
        self.enterprises.iter().enumerate().map(of).collect()
    }

    /// Shares one union's members out.
    fn share(
        &self,
        id: &str,
        position: &HashMap<&str, usize>,
        people: &mut [People],
        others: &mut HashMap<Box<str>, People>,
    ) -> Option<()> {
        let read = match self.unions.get(id) {
            Some(_) => None,
            None if self.unions_gone.iter().any(|gone| **gone == *id) => return Some(()),
            // One that nobody of those asked for is listed by any more, or that is known by its head alone.
            None => match self.before.union_of(id) {
                Some(row) => Some(row.written()?),
                None => return Some(()),
            },
        };
        let union = self.unions.get(id).or(read.as_ref())?;
        let group = union.host.as_ref().and_then(|host| self.group_of.get(host)).into_iter().flatten();
        let mut units: Vec<&str> = union.host.iter().chain(&union.covers).chain(group).map(|id| &**id).collect();
        units.sort_unstable();
        units.dedup();
        let mut sharing: Vec<(&str, People)> = Vec::new();
        for unit in units {
            if let Some(at) = position.get(unit) {
                if shares_in(&self.enterprises[*at]) == Some(id) {
                    sharing.push((unit, People { employees: people[*at].employees, ..People::default() }));
                }
            } else if !self.asked.contains(unit)
                && let Some(row) = self.before.enterprise_of_id(unit)
                && shared_before(row)?.as_deref() == Some(id)
            {
                sharing.push((unit, People { employees: row.people()?.employees, ..People::default() }));
            }
        }
        share_out(union, &mut sharing.iter_mut().map(|(_, people)| people).collect::<Vec<_>>());
        for (unit, shared) in sharing {
            match position.get(unit) {
                Some(at) => people[*at] = with_members_of(people[*at], &shared),
                None => {
                    let now = self.other(others, unit)?;
                    *now = with_members_of(*now, &shared);
                }
            }
        }
        Some(())
    }

    fn other<'o>(&self, others: &'o mut HashMap<Box<str>, People>, id: &str) -> Option<&'o mut People> {
        let before = self.before.enterprise_of_id(id)?.people()?;
        Some(others.entry(id.into()).or_insert(before))
    }

    /// Counts at whom unions are counted.
    fn seats(
        &self,
        position: &HashMap<&str, usize>,
        kept: &[Option<People>],
        people: &mut [People],
        others: &mut HashMap<Box<str>, People>,
    ) -> Option<()> {
        /// More than this an edition does not tell.
        const MOST: u32 = 255;
        for (now, was) in people.iter_mut().zip(kept) {
            now.unions = was.map_or(0, |was| was.unions);
        }
        let before = |id: &str| self.before.enterprise_of_id(id).map(seat_of_row);
        let now = |id: &str| match position.get(id) {
            Some(at) => Some(Seat { stands: stands(self.enterprises[*at].status), district: self.enterprises[*at].district }),
            None if self.asked.contains(id) => None,
            None => before(id),
        };
        let moved: HashSet<&str> = self.asked.iter().map(|id| &**id).filter(|id| before(id) != now(id)).collect();
        let mut by: HashMap<Box<str>, i64> = HashMap::new();
        let mut moves = |from: Option<&str>, to: Option<&str>| {
            if from != to {
                from.into_iter().for_each(|id| *by.entry(id.into()).or_default() -= 1);
                to.into_iter().for_each(|id| *by.entry(id.into()).or_default() += 1);
            }
        };
        for union in self.unions.values() {
            let was = match self.before.union_of(&union.id) {
                Some(row) => Some(row.written()?),
                None => None,
            };
            let is_moved = || union.host.iter().chain(&union.covers).any(|id| moved.contains(&**id));
            if was.as_ref() == Some(union) && !is_moved() {
                continue;
            }
            moves(was.as_ref().and_then(|was| counted_at(was, before)), counted_at(union, now));
        }
        for id in self.unions_gone {
            if let Some(row) = self.before.union_of(id) {
                moves(counted_at(&row.written()?, before), None);
            }
        }
        for (id, by) in by.into_iter().filter(|(_, by)| *by != 0) {
            let people = match position.get(&*id) {
                Some(at) => &mut people[*at],
                None if self.asked.contains(&id) => continue,
                None => self.other(others, &id)?,
            };
            if people.unions >= MOST {
                return None;
            }
            people.unions = u32::try_from(i64::from(people.unions) + by).ok()?;
        }
        Some(())
    }
}

fn seat_of_row(row: EnterpriseRow<'_>) -> Seat {
    Seat { stands: row.status().is_none_or(stands), district: row.district() }
}
