//! A city lives a year: fifty officers, visits with errors, foundings, refusals, moves, renames, mergers, an officer who leaves. What the
//! world did is kept beside the hub, which never sees it; at the end every founding is explained by its case, every case agrees with
//! the roll, and the counts are those of the truth.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};
use huitu::cases::standing::{CaseOrigin, CaseOwner};
use huitu::hub::cases::CaseOpening;
use huitu::hub::progress::Silent;
use huitu::hub::visits::{Bringing, NewVisits};
use huitu::model::Clock;
use huitu::model::verdict::GapStatus;
use huitu::simulate::{CaseTruth, City, FirmFate, OutreachFirm, OutreachYear};
use huitu::store::case::{CaseQuery, CaseRow};

use crate::cases::agrees_with_its_steps;
use crate::support::hub::{TestHub, hub_with};

/// A city whose departments write what a simulated year says.
struct Year {
    city: TestHub,
    clock: Clock,
    world: OutreachYear,
}

impl Year {
    async fn new() -> Year {
        let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 1, 5, 2, 0, 0).unwrap());
        let city = hub_with(&OutreachYear::connectors(), clock.clone()).await;
        let world = OutreachYear::new(&City::new(7, 4_000, 0)).expect("four thousand are enough");
        let year = Year { city, clock, world };
        year.sync().await;
        year
    }

    fn officer(&self, number: u32) -> CaseOwner {
        let officer = self.world.officers().nth(number as usize).unwrap();
        CaseOwner { unit: officer.unit, role: Some(officer.role), name: None }
    }

    /// The open cases of an officer.
    fn of_officer(&self, number: u32) -> CaseQuery {
        let CaseOwner { unit, role, .. } = self.officer(number);
        CaseQuery { owner_units: vec![unit], owner_role: role, states: vec!["OPEN".into()], ..CaseQuery::default() }
    }

    /// What the departments write this month.
    async fn sync(&self) {
        for (name, rows) in self.world.extracts() {
            self.city.write(&format!("connectors/{name}/rows.csv"), rows);
        }
        self.city.sync(&[]).await;
        if self.city.hub.held_edition().await.unwrap().is_some_and(|held| held.waits()) {
            self.city.hub.release_edition(None, "甲", "一个月的变化", Arc::new(Silent)).await.unwrap();
        }
    }

    async fn cases(&self) -> BTreeMap<String, CaseRow> {
        let all = self.city.hub.store.cases(&CaseQuery::default(), 10_000, None).await.unwrap();
        all.into_iter().map(|row| (row.id.clone(), row)).collect()
    }

    /// Firms of the year that stand in an enterprise; the one that had its union all along is none of them.
    fn firms_of(&self, e: &huitu::edition::EnterpriseRow<'_>) -> Vec<&OutreachFirm> {
        let keys = e.members().filter(|m| m.registry() == "firms").map(|m| m.key().to_owned());
        keys.filter_map(|key| self.world.firms().get(key.trim_start_matches('F').parse::<usize>().unwrap())).collect()
    }

    /// Everybody on the list gets a case of the officer in charge.
    async fn open_for_all(&self) {
        let hub = &self.city.hub;
        let edition = hub.editions.current().unwrap();
        let mut of: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for row in edition.filter(&huitu::edition::Filter::InGap).unwrap().iter() {
            let e = edition.enterprise(row);
            let firm = self.firms_of(&e)[0].number;
            of.entry(self.world.in_charge(firm)).or_default().push(e.id().to_owned());
        }
        for (officer, ids) in of {
            let owner = Some(self.officer(officer));
            let opening = CaseOpening { origin: CaseOrigin::List, owner, next_on: None, note: None, by: Some("市总".into()) };
            hub.open_cases(&ids, &opening).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_fifty_officers_ends_as_the_roll_says() {
    let mut year = Year::new().await;
    let hub = year.city.hub.clone();
    let start = Utc.with_ymd_and_hms(2026, 1, 5, 2, 0, 0).unwrap();
    let (mut brought, mut doubted, mut taken_back, mut handed_over) = (0, 0, 0, 0);
    for month in 1..=12_u32 {
        year.clock.set(start + Duration::days(i64::from(month) * 30));
        year.open_for_all().await;
        year.world.live();
        year.sync().await;
        let edition = hub.editions.current().unwrap();
        // Once an officer leaves: the next one takes over, case by case.
        if let Some((who, follower)) = year.world.leaving() {
            let left = hub.store.count_cases(&year.of_officer(who)).await.unwrap();
            let (from, to) = (year.officer(who), year.officer(follower));
            let (cases, _) = hub.hand_over(&from, &to, Vec::new(), Some("移交"), Some("主席")).await.unwrap();
            assert!(left > 0 && cases as i64 == left, "{cases} of {left}");
            assert_eq!(hub.store.count_cases(&year.of_officer(who)).await.unwrap(), 0);
            handed_over += 1;
        }
        // Five officers walk a list each; one of them makes a mess of it.
        for who in year.world.walkers().collect::<Vec<_>>() {
            let new = NewVisits {
                title: format!("{month}月"),
                query: year.of_officer(who),
                doors: 20,
                lists: 1,
                owners: vec![year.officer(who)],
                ..NewVisits::default()
            };
            let Ok(drawn) = hub.draw_visits(new).await else { continue };
            let list = &drawn[0];
            let firm_of = |enterprise: &str| {
                let row = edition.enterprise_of_id(enterprise).unwrap();
                year.firms_of(&row).iter().map(|firm| firm.number).min().unwrap()
            };
            let doors: Vec<(String, u32)> =
                list.stops.iter().map(|stop| (stop.case_id.clone(), firm_of(&stop.enterprise_id))).collect();
            let began = (year.clock.now() - Duration::hours(2)).with_timezone(&chrono_tz::Asia::Shanghai).naive_local();
            let agreed = (year.clock.now() + Duration::days(20)).date_naive();
            let sheet = year.world.answers(who, &doors, began, agreed);
            let (rows, messy, visitor) = (sheet.rows, sheet.is_messy, sheet.visitor);
            let bringing = Bringing { list: list.list.id.clone(), visitor: visitor.clone(), by: Some(visitor.clone()) };
            let receipt = hub.bring_visits(&bringing, &rows, Arc::new(Silent)).await.unwrap();
            assert_eq!(receipt.read, receipt.counts + receipt.already + receipt.asked.len() + receipt.refused.len());
            let again = hub.bring_visits(&bringing, &rows, Arc::new(Silent)).await.unwrap();
            assert_eq!((again.counts, again.asked.len()), (0, 0), "twice is once");
            (brought, doubted) = (brought + receipt.counts, doubted + receipt.asked.len() + receipt.refused.len());
            if messy {
                let back =
                    hub.take_back_visits(&list.list.id, Some(&visitor), Some("主席"), Some("走错门"), Arc::new(Silent)).await;
                taken_back += back.map_or(0, |(visits, _)| visits);
            }
        }
    }
    year.sync().await;
    println!("{brought} visits count, {doubted} doubted or refused, {taken_back} taken back");
    assert!(brought > 100 && doubted > 5 && taken_back > 10 && handed_over == 1);

    // Every case is what its steps make.
    let cases = year.cases().await;
    for case in cases.values() {
        agrees_with_its_steps(&hub.store, case).await;
    }
    // Each firm's case agrees with what it really is; every founding is explained by the records that closed its case.
    let edition = hub.editions.current().unwrap();
    let of_enterprise: BTreeMap<&str, &CaseRow> = cases.values().map(|c| (c.enterprise_id.as_str(), c)).collect();
    let (mut counted, mut wrong): (BTreeMap<CaseTruth, u32>, Vec<String>) = Default::default();
    for row in 0..edition.len() {
        let e = edition.enterprise(row);
        let firms = year.firms_of(&e);
        // Of two that became one, what the one that is left is.
        let Some(firm) = firms.iter().find(|firm| firm.fate != FirmFate::TakenIn) else { continue };
        let case = of_enterprise.get(e.id());
        let stands = case.map(|c| match c.state.as_str() {
            "OPEN" if firm.fate == FirmFate::OnRoll && c.stage == "TAX_SWITCH" => CaseTruth::OpenOnRoll,
            "OPEN" => CaseTruth::Open,
            _ if c.reason.as_deref() == Some("done_independent") && c.by_data == 1 => CaseTruth::Won,
            _ => CaseTruth::Lost,
        });
        if let Some(stands) = stands {
            *counted.entry(stands).or_default() += 1;
        }
        if stands != Some(firm.fate.case()) {
            let case = case.map(|c| (&c.stage, &c.reason));
            wrong.push(format!("F{} is {:?}, its case {stands:?}: {case:?}", firm.number, firm.fate));
        }
        if stands == Some(CaseTruth::Won) {
            assert_eq!(e.gap(), Some(GapStatus::Covered));
            let evidence = case.unwrap().evidence.as_deref().unwrap();
            let [_, union, payment] = firm.keys();
            assert!(evidence.contains(&union) && evidence.contains(&payment), "{evidence}");
        }
    }
    assert!(wrong.is_empty(), "{counted:?}\n{}", wrong.join("\n"));
    // The counts are those of the truth; whoever was taken in waits in its neighbour's case.
    let mut truth = year.world.truth();
    assert_eq!(truth.cases.remove(&CaseTruth::Joined), Some(2));
    assert_eq!(counted, truth.cases);
    assert!(counted[&CaseTruth::Won] > 40 && counted[&CaseTruth::Lost] > 6, "{counted:?}");
    assert_eq!(of_enterprise.len(), cases.len(), "an enterprise has one case that goes on");
}
