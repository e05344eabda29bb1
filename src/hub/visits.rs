//! Visit lists: drawn from cases, walked, brought back, taken back.
//!
//! Every answer becomes a step of its case and, where it is one, a finding that changes the verdict. What cannot be true, what came too
//! late and what desk and street both changed is kept and asked about, never applied by itself and never lost.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use hashbrown::{HashMap, HashSet};
use roaring::RoaringBitmap;

use super::annotations::new_id;
use super::cases::{EventLog, standing_of, write_standing};
use super::error::HubError;
use super::open::Hub;
use super::progress::ProgressSink;
use super::told_order::told_scores;
use crate::access::Sight;
use crate::cases::sheet;
use crate::cases::sheet::SheetRow;
use crate::cases::standing::{CaseOwner, CaseState, CaseStep, CaseStepKind};
use crate::cases::turf::{is_inside, length_km, share};
use crate::cases::visit::{VisitClaim, VisitFound, doubts, read};
use crate::edition::{Edition, Filter, Row};
use crate::model::problem::Problem;
use crate::model::public_id;
use crate::store::Tx;
use crate::store::case::{CaseQuery, CaseRow, NEVER_DUE};
use crate::store::finding::FindingRow;
use crate::store::visit;
use crate::store::visit::{VisitListRow, VisitRow, VisitStopRow};
use crate::store::work_event::{self, WorkEvent, WorkEventKind};
use crate::store::{case, case_event, finding};

/// Doors that one drawing may share out.
pub const MAX_DOORS: usize = 5_000;
/// Lists of one drawing.
pub const MAX_LISTS: usize = 200;
/// Enterprises inside a shape whose cases are looked up at a time.
const CANDIDATES: usize = 500;
/// Of the most urgent so many are looked at one by one before a box is looked for among all.
const URGENT: usize = 50_000;
/// Rows of a sheet.
const MAX_ROWS: usize = 20_000;
/// A copy is out of date after two weeks.
const EXPIRES_DAYS: u64 = 14;

/// Which doors, for whom.
#[derive(Debug, Clone, Default)]
pub struct NewVisits {
    pub title: String,
    /// Only open cases of these.
    pub query: CaseQuery,
    /// Only inside this shape: degrees east and north.
    pub shape: Vec<(f64, f64)>,
    /// So many doors at most, what is due first.
    pub doors: usize,
    /// One list each; without owners `lists` lists.
    pub owners: Vec<CaseOwner>,
    pub lists: usize,
    pub due: Option<NaiveDate>,
    pub by: Option<String>,
    /// What whoever draws sees: the most urgent inside a shape are those that it tells to be. None: all.
    pub sight: Option<Sight>,
}

/// A list with its doors as they are now.
#[derive(Debug, Clone)]
pub struct DrawnList {
    pub list: VisitListRow,
    pub stops: Vec<VisitStopRow>,
}

/// Who brings a list back.
#[derive(Debug, Clone)]
pub struct Bringing {
    pub list: String,
    /// Who was at the doors.
    pub visitor: String,
    pub by: Option<String>,
}

/// What became of a list that was brought back.
#[derive(Debug, Clone, Default)]
pub struct VisitReceipt {
    /// Rows that say something.
    pub read: usize,
    /// Count from now on.
    pub counts: usize,
    /// Brought before: nothing happened.
    pub already: usize,
    /// Wait for a person, with the reason.
    pub asked: Vec<(usize, Problem)>,
    /// Could not be taken, with row and reason.
    pub refused: Vec<(usize, Problem)>,
    /// Headings of columns in which something is written and that nobody understood.
    pub unread: Vec<String>,
    /// No edition shows what follows yet.
    pub pending: bool,
}

pub(super) fn no_list(id: &str) -> HubError {
    HubError::said(format!("没有走访名单 {id}"), format!("there is no visit list {id}"))
}

/// What a row says, as one text.
fn digest_of(list: &str, row: &SheetRow, found: &VisitFound) -> String {
    let on = found.on.map(|d| d.to_string()).unwrap_or_default();
    let at = row.at.map(|t| t.timestamp().to_string()).unwrap_or_default();
    let parts = [list, &row.case, &found.code(), &on, &at, row.note.as_deref().unwrap_or("")];
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(parts.join("\u{1f}").as_bytes()))
}

/// Notes what happened to visits of a list, for whoever watches it; where it concerns none nothing happened.
pub(super) async fn note_visits(
    tx: &mut Tx,
    kind: WorkEventKind,
    list: &str,
    visits: usize,
    (at, by): (i64, Option<&str>),
) -> Result<(), sqlx::Error> {
    let events = [WorkEvent { kind, thing: list, visits: Some(visits) }];
    work_event::note(tx, &events[..visits.min(1)], at, by).await
}

impl Hub {
    /// Draws lists: doors that lie together, equal loads, in walking order. Each becomes its owner's.
    ///
    /// # Errors
    /// Nothing was drawn: nobody fits, an owner or shape that cannot be meant, a store that cannot be written.
    pub async fn draw_visits(&self, new: NewVisits) -> Result<Vec<DrawnList>, HubError> {
        if !new.shape.is_empty() && new.shape.len() < 3 {
            return Err(HubError::said("图形至少要有三个点", "a shape has three points at least"));
        }
        let owners: Vec<Option<CaseOwner>> = match new.owners.len() {
            0 => vec![None; new.lists.clamp(1, MAX_LISTS)],
            _ => {
                let mut owners = Vec::with_capacity(new.owners.len());
                for owner in &new.owners {
                    owners.push(self.checked_owner(Some(owner.clone())).await?);
                }
                owners
            }
        };
        if owners.len() > MAX_LISTS {
            return Err(HubError::said(format!("一次最多 {MAX_LISTS} 份名单"), format!("at most {MAX_LISTS} lists at a time")));
        }
        let edition = self.editions.current()?;
        let (rows, shared) = self.shared_doors(&edition, &new, owners.len()).await?;
        let (at, today) = (self.clock.millis(), self.clock.today(self.settings.zone));
        let mut tx = self.store.begin_cases().await?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut drawn = Vec::new();
        for (number, (owner, doors)) in owners.iter().zip(shared).enumerate().filter(|(_, (_, doors))| !doors.is_empty()) {
            // Another one of the same doors at the same moment has an id of its own.
            let mut seed = (at as u64).wrapping_add(number as u64);
            let id = loop {
                let bits = xxhash_rust::xxh3::xxh3_64_with_seed(rows[doors[0]].id.as_bytes(), seed) & public_id::BITS;
                let id = public_id::write('V', bits);
                if self.store.visit_list(&id).await?.is_none() {
                    break id;
                }
                seed = seed.wrapping_add(owners.len() as u64);
            };
            let list = VisitListRow {
                id,
                title: new.title.clone(),
                drawn_at: at,
                drawn_by: new.by.clone(),
                edition: i64::from(edition.number()),
                owner_unit: owner.as_ref().map(|o| o.unit.clone()),
                owner_role: owner.as_ref().and_then(|o| o.role.clone()),
                owner_name: owner.as_ref().and_then(|o| o.name.clone()),
                due: new.due.map_or_else(|| NEVER_DUE.to_owned(), |d| d.to_string()),
                expires: (today.max(new.due.unwrap_or(today)) + Days::new(EXPIRES_DAYS)).to_string(),
            };
            let stop = |(place, door): (usize, &usize)| VisitStopRow {
                list_id: list.id.clone(),
                place: place as i64 + 1,
                case_id: rows[*door].id.clone(),
                enterprise_id: rows[*door].enterprise_id.clone(),
                version: rows[*door].version,
            };
            let stops: Vec<VisitStopRow> = doors.iter().enumerate().map(stop).collect();
            visit::put_list(&mut tx, &list, &stops).await.map_err(failed)?;
            drawn.push(DrawnList { list, stops });
        }
        let lists = drawn.iter().map(|one: &DrawnList| one.list.id.as_str());
        let events: Vec<WorkEvent<'_>> =
            lists.map(|thing| WorkEvent { kind: WorkEventKind::Drawn, thing, visits: None }).collect();
        work_event::note(&mut tx, &events, at, new.by.as_deref()).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(drawn)
    }

    /// The open cases that lists are drawn from, and which of them each list has, in walking order. Nothing is kept.
    ///
    /// # Errors
    /// Nobody fits; the store cannot be read.
    pub async fn shared_doors(
        &self,
        edition: &Edition,
        new: &NewVisits,
        lists: usize,
    ) -> Result<(Vec<CaseRow>, Vec<Vec<usize>>), HubError> {
        let query = CaseQuery { states: vec![CaseState::Open.name().to_owned()], ..new.query.clone() };
        let place = |row: &CaseRow| {
            let at = edition.enterprise_of_id(&row.enterprise_id)?.place()?;
            Some((at.longitude, at.latitude))
        };
        let doors = new.doors.clamp(1, MAX_DOORS);
        let rows = match new.shape.is_empty() {
            true => self.store.cases(&query, doors as i64, None).await?,
            false => self.cases_inside(edition, &query, new, doors).await?,
        };
        if rows.is_empty() {
            return Err(HubError::said(
                "没有符合条件的办理中案件：请先立案（openCases），或放宽条件",
                "no open case fits: open some first (openCases), or ask for more",
            ));
        }
        let places: Vec<Option<(f64, f64)>> = rows.iter().map(place).collect();
        let shared = share(&places, lists);
        Ok((rows, shared))
    }

    /// Open cases of enterprises inside a shape, the most urgent first. Enterprises whose own place no registry knows are inside none.
    async fn cases_inside(
        &self,
        edition: &Edition,
        query: &CaseQuery,
        new: &NewVisits,
        doors: usize,
    ) -> Result<Vec<CaseRow>, HubError> {
        let shape = new.shape.as_slice();
        let told = new.sight.and_then(|sight| told_scores(edition, sight));
        let bounds = shape
            .iter()
            .fold((f64::MAX, f64::MAX, f64::MIN, f64::MIN), |b, (x, y)| (b.0.min(*x), b.1.min(*y), b.2.max(*x), b.3.max(*y)));
        let inside = Filter::Box { west: bounds.0, south: bounds.1, east: bounds.2, north: bounds.3 };
        // Whose verdict is settled has no open case; looking among the others is far less to look at.
        let gap = ["LACKING", "LACKING_INDEPENDENT", "UNDECIDED", "COVERED"].map(str::to_owned).to_vec();
        let is_inside = |row: &u32| {
            let at = edition.enterprise(*row).location();
            at.is_some_and(|at| is_inside(shape, (at.longitude, at.latitude)))
        };
        let mut found = Vec::new();
        // Among the most urgent a city has enough doors nearly everywhere: of the others it is asked only then who lies in the box.
        let mut seen = RoaringBitmap::new();
        for (verdicts, first) in [(&gap[..3], Some(URGENT)), (&gap[..3], None), (&gap[3..], None)] {
            let verdicts = Filter::Any { facet: "gap", values: verdicts.to_vec() };
            let rows = match (first, &told) {
                (None, _) => edition.filter(&verdicts.and(inside.clone()))?,
                (Some(_), None) => edition.filter(&verdicts)?,
                (Some(_), Some(_)) => continue,
            };
            // Part by part, as far as it takes: those behind are not looked at.
            let in_order: Box<dyn Iterator<Item = Row> + Send + '_> = match (&told, first) {
                (Some(told), _) => Box::new(edition.told_rows(&rows, &[], told).into_iter()),
                (None, None) => Box::new(edition.in_order(&rows)),
                (None, Some(first)) => Box::new(edition.in_order(&rows).take(first)),
            };
            let mut candidates = in_order.filter(is_inside).filter(|row| seen.insert(*row));
            loop {
                let part: Vec<String> =
                    candidates.by_ref().take(CANDIDATES).map(|row| edition.enterprise(row).id().to_owned()).collect();
                if part.is_empty() {
                    break;
                }
                let most = part.len() as i64;
                let of_part = CaseQuery { enterprises: Some(part), ..query.clone() };
                found.extend(self.store.cases(&of_part, most, None).await?);
                if found.len() >= doors {
                    found.truncate(doors);
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// A list and its doors.
    ///
    /// # Errors
    /// There is no such list.
    pub async fn drawn_list(&self, id: &str) -> Result<DrawnList, HubError> {
        let list = self.store.visit_list(id).await?.ok_or_else(|| no_list(id))?;
        let stops = self.store.visit_stops(id).await?;
        Ok(DrawnList { list, stops })
    }

    /// Whether a copy of a list may still be taken.
    ///
    /// # Errors
    /// It has expired.
    pub fn may_take_copy(&self, list: &VisitListRow) -> Result<(), HubError> {
        let today = self.clock.today(self.settings.zone).to_string();
        match today <= list.expires {
            true => Ok(()),
            false => Err(HubError::said(
                format!("走访名单 {} 已于 {} 到期：请重新开出", list.id, list.expires),
                format!("visit list {} expired on {}: draw it anew", list.id, list.expires),
            )),
        }
    }

    /// Length of the walk of a list in kilometres, of the doors whose place is known.
    pub fn walk_km(&self, stops: &[VisitStopRow]) -> f64 {
        let Ok(edition) = self.editions.current() else { return 0.0 };
        let place = |s: &VisitStopRow| edition.enterprise_of_id(&s.enterprise_id).and_then(|e| e.place());
        length_km(stops.iter().filter_map(place).map(|at| (at.longitude, at.latitude)))
    }

    /// Takes a list back as it was filled in: cells as texts, headings first.
    ///
    /// # Errors
    /// Nothing was taken: no such list, or a sheet that has no keys. What is wrong with one row is in the receipt.
    pub async fn bring_visits(
        &self,
        bringing: &Bringing,
        rows: &[Vec<String>],
        progress: Arc<dyn ProgressSink>,
    ) -> Result<VisitReceipt, HubError> {
        if rows.len() > MAX_ROWS {
            return Err(HubError::said(format!("一次最多 {MAX_ROWS} 行"), format!("at most {MAX_ROWS} rows at a time")));
        }
        let DrawnList { list, stops } = self.drawn_list(&bringing.list).await?;
        let zone = self.settings.zone;
        let local = |t: NaiveDateTime| t.and_local_timezone(zone).earliest().map(|t| t.to_utc());
        let mut receipt = VisitReceipt::default();
        let mut taken: Vec<(SheetRow, VisitFound)> = Vec::new();
        let on_list: HashSet<&str> = stops.iter().map(|s| s.case_id.as_str()).collect();
        let sheet = sheet::read(rows, &local).map_err(HubError::Told)?;
        receipt.unread = sheet.unread;
        for row in sheet.rows {
            receipt.read += 1;
            let row = match row {
                Ok(row) => row,
                Err(refused) => {
                    receipt.refused.push(refused);
                    continue;
                }
            };
            if !on_list.contains(row.case.as_str()) {
                let problem = Problem::new(
                    "not_on_list",
                    format!("案件 {} 不在这份名单上", row.case),
                    format!("case {} is not on this list", row.case),
                );
                receipt.refused.push((row.row, problem));
                continue;
            }
            match read(&row.door, &row.answer, row.on, row.assessment) {
                Ok(found) => taken.push((row, found)),
                Err(problem) => receipt.refused.push((row.row, problem)),
            }
        }
        let edition = self.editions.current()?;
        let place = |case: &str| {
            let stop = stops.iter().find(|s| s.case_id == case)?;
            let at = edition.enterprise_of_id(&stop.enterprise_id)?.location()?;
            Some((at.longitude, at.latitude))
        };
        let claim = |(row, _): &(SheetRow, VisitFound)| VisitClaim {
            visitor: bringing.visitor.clone(),
            at: row.at,
            place: place(&row.case),
        };
        let claims: Vec<VisitClaim> = taken.iter().map(claim).collect();
        let drawn_at = DateTime::from_timestamp_millis(list.drawn_at).unwrap_or_default();
        let doubted = doubts(&claims, drawn_at, self.clock.now());
        let mut changes_verdicts = false;

        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_cases().await?;
        let before = visit::of_list(&mut tx, &list.id).await.map_err(failed)?;
        let known: HashSet<&str> = before.iter().map(|v| v.digest.as_str()).collect();
        // A case that this list moved on itself is as the list says.
        let mut own: HashMap<String, i64> = before.iter().filter_map(|v| Some((v.case_id.clone(), v.last_event?))).collect();
        let mut next = visit::last(&mut tx).await.map_err(failed)? + 1;
        let mut log = self.case_log(&mut tx).await?;
        let mut seen: HashSet<String> = HashSet::new();
        for ((row, found), doubt) in taken.into_iter().zip(doubted) {
            let digest = digest_of(&list.id, &row, &found);
            if known.contains(digest.as_str()) || !seen.insert(digest.clone()) {
                receipt.already += 1;
                continue;
            }
            let Some(mut case) = case::one(&mut tx, &row.case).await.map_err(failed)? else { continue };
            let stop = stops.iter().find(|s| s.case_id == row.case);
            let expected = own.get(&row.case).copied().or(stop.map(|s| s.version)).unwrap_or_default();
            let doubt = doubt.or_else(|| self.too_late(&list, row.at)).or_else(|| changed_meanwhile(&case, expected));
            let mut v = VisitRow {
                id: next,
                list_id: list.id.clone(),
                case_id: row.case.clone(),
                enterprise_id: case.enterprise_id.clone(),
                visitor: bringing.visitor.clone(),
                door: found.door.to_owned(),
                answer: found.answer.map(str::to_owned),
                on_date: found.on.map(|d| d.to_string()),
                assessment: found.assessment.map(i64::from),
                note: row.note.clone(),
                visited_at: row.at.map(|t| t.timestamp_millis()),
                brought_at: log.at,
                brought_by: bringing.by.clone(),
                state: "COUNTS".into(),
                doubt: None,
                finding_id: None,
                first_event: None,
                last_event: None,
                digest,
            };
            next += 1;
            if let Some(doubt) = doubt {
                v.state = "ASKED".into();
                v.doubt = Some(serde_json::to_string(&doubt).expect("plain texts"));
                receipt.asked.push((row.row, doubt));
            } else {
                changes_verdicts |= self.apply(&mut tx, &mut case, &mut v, &found, &mut log).await?;
                own.extend(v.last_event.map(|last| (row.case.clone(), last)));
                receipt.counts += 1;
            }
            visit::put(&mut tx, &v).await.map_err(failed)?;
        }
        case_event::note(&mut tx, &log.events).await.map_err(failed)?;
        let brought = receipt.counts + receipt.asked.len();
        note_visits(&mut tx, WorkEventKind::Brought, &list.id, brought, (log.at, bringing.by.as_deref()))
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        receipt.pending = changes_verdicts && self.follow(progress).await;
        Ok(receipt)
    }

    pub(super) async fn case_log(&self, tx: &mut Tx) -> Result<EventLog, HubError> {
        let last = case_event::last_event(tx).await.map_err(|e| HubError::Store(self.store.failed(e)))?;
        Ok(EventLog { next: last + 1, at: self.clock.millis(), events: Vec::new() })
    }

    fn too_late(&self, list: &VisitListRow, at: Option<DateTime<Utc>>) -> Option<Problem> {
        let zone = self.settings.zone;
        let day = at.map_or_else(|| self.clock.today(zone), |at| at.with_timezone(&zone).date_naive()).to_string();
        (day > list.expires).then(|| {
            Problem::new("expired", format!("名单已于 {} 到期", list.expires), format!("the list expired on {}", list.expires))
        })
    }

    /// Makes what a visit found count: a step of its case, what follows for it, and a finding. True where verdicts follow.
    pub(super) async fn apply(
        &self,
        tx: &mut Tx,
        case: &mut CaseRow,
        v: &mut VisitRow,
        found: &VisitFound,
        log: &mut EventLog,
    ) -> Result<bool, HubError> {
        let failed = |e| HubError::Store(self.store.failed(e));
        let today = self.clock.today(self.settings.zone);
        let standing = standing_of(case);
        let mut steps = vec![CaseStep::new(CaseStepKind::Visited, None, Some(found.code()))];
        if standing.state == CaseState::Open {
            steps.extend(standing.change(&found.change(&standing, today, v.note.as_deref()), today).map_err(HubError::Told)?);
        }
        let after = steps.iter().fold(standing, |case, step| case.after(step));
        write_standing(case, &after, log.at);
        v.first_event = Some(log.next);
        for (number, step) in steps.iter().enumerate() {
            log.add(case, step, Some(&v.visitor), v.note.as_deref().filter(|_| number == 0));
        }
        v.last_event = Some(case.version);
        v.enterprise_id = case.enterprise_id.clone();
        case::put(tx, std::slice::from_ref(case)).await.map_err(failed)?;
        let Some(reason) = found.finding() else { return Ok(false) };
        let finding = FindingRow {
            id: new_id('F', &[&v.enterprise_id, reason, &v.digest], log.at),
            enterprise_id: v.enterprise_id.clone(),
            reason: reason.to_owned(),
            note: v.note.clone(),
            by_whom: Some(v.visitor.clone()),
            at: v.visited_at.unwrap_or(log.at),
            until: None,
            withdrawn_at: None,
            withdrawn_by: None,
            withdrawn_why: None,
            idempotency: None,
        };
        finding::put(tx, &finding).await.map_err(failed)?;
        v.finding_id = Some(finding.id);
        Ok(true)
    }
}

/// What desk and registries did to a case while a copy of it was on its way.
fn changed_meanwhile(case: &CaseRow, expected: i64) -> Option<Problem> {
    if let Some(into) = &case.joined_into {
        return Some(Problem::new(
            "joined_meanwhile",
            format!("企业已合并，案件并入 {into}"),
            format!("its enterprise was joined with another one meanwhile: {into} goes on"),
        ));
    }
    if case.state == CaseState::Closed.name() {
        let reason = case.reason.as_deref().unwrap_or_default();
        return Some(Problem::new(
            "closed_meanwhile",
            format!("案件在此期间已结案（{reason}）"),
            format!("the case was closed meanwhile ({reason})"),
        ));
    }
    (case.version != expected).then(|| {
        Problem::new(
            "changed_meanwhile",
            "案件在名单开出之后已在办公室改动：请决定以哪一方为准",
            "the case was changed at the desk since the list was drawn: say which of the two holds",
        )
    })
}
