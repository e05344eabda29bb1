//! `huitu bench work`: what an officer's list, a shape on the map, the counter, closing by the data and an answer that others see cost, on
//! generated facts: a million enterprises, 200,000 open cases, two million visits.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use thin_vec::thin_vec;

use super::asked::{check_cost, cost};
use super::serve::Figure;
use super::usage::cpu_seconds;
use crate::cases::standing::{CaseChange, CaseOrigin, CaseOwner, CaseStage};
use crate::edition::{EditionInput, Filter, Member, synthetic, write};
use crate::hub::Hub;
use crate::hub::cases::{CaseOpening, CaseWord};
use crate::hub::visits::NewVisits;
use crate::model::linkage::LinkMethod;
use crate::model::value::Money;
use crate::model::verdict::{FundKind, FundStatus, GapStatus, Reason, ReasonInput, UnionKind, UnionLink, UnionStatus};
use crate::serve::{App, Authentication, Options, app};
use crate::store::visit;
use crate::store::visit::VisitRow;

/// Sizes of the benchmark.
#[derive(Debug, Clone, Copy)]
pub struct WorkBench {
    pub enterprises: u32,
    pub cases: usize,
    pub visits: i64,
    /// Cases that the second edition closes.
    pub closing: usize,
}

/// Visits of one transaction.
const CHUNK: i64 = 50_000;

/// Writes the first edition, unless it is there.
///
/// # Errors
/// The folder cannot be written to.
pub fn prepare(data: &Path, bench: WorkBench) -> anyhow::Result<()> {
    if !data.join("editions/000001").exists() {
        write(&data.join("editions"), synthetic::input(1, bench.enterprises, 11))?;
    }
    Ok(())
}

/// The same city a day later: unions and first dues of the enterprises with these ids.
fn founded(bench: WorkBench, ids: &hashbrown::HashSet<String>) -> EditionInput {
    let mut input = synthetic::input(2, bench.enterprises, 11);
    let mut members = Vec::new();
    for e in input.enterprises.iter_mut().filter(|e| ids.contains(&*e.id)) {
        e.verdicts.gap.status = GapStatus::Covered;
        e.verdicts.gap.reasons = thin_vec![Reason::new("covered_independent")];
        e.verdicts.union.verdict = UnionStatus::Independent;
        e.verdicts.union.unions = thin_vec![UnionLink {
            union: e.id.replace('E', "U").into(),
            kind: UnionKind::Independent,
            since: None,
            registry: "unions".into(),
            record: format!("founded-{}", e.id).into(),
        }];
        e.verdicts.fund.status = FundStatus::Paid;
        e.verdicts.fund.kind_paid = Some(FundKind::Dues);
        e.verdicts.fund.paid = Some(Money::from_yuan(1_000));
        let period = ReasonInput::new("period", "2026Q4").from_record("tax", &format!("dues-{}", e.id));
        e.verdicts.fund.reasons = thin_vec![Reason::new("fund_paid").with(period)];
        members.push(Member {
            enterprise: (&*e.id).into(),
            registry: "tax".into(),
            key: format!("dues-{}", e.id).into(),
            part: 0,
            record_id: 0,
            method: LinkMethod::CreditCode,
            weight: None,
            evidence: "".into(),
        });
    }
    input.members.extend(members);
    input
}

/// Fills the store: cases of the most urgent, one owner a town, and visits of them.
async fn fill(hub: &Hub, bench: WorkBench) -> anyhow::Result<()> {
    if hub.store.last_case_event().await? > 0 {
        return Ok(());
    }
    let edition = hub.editions.current()?;
    let lacking = edition.filter(&Filter::Any { facet: "gap", values: vec!["LACKING".into(), "LACKING_INDEPENDENT".into()] })?;
    let mut by_town: std::collections::BTreeMap<u32, Vec<String>> = std::collections::BTreeMap::new();
    for row in lacking.iter().take(bench.cases) {
        let e = edition.enterprise(row);
        by_town.entry(e.town().or(e.district()).unwrap_or(110_101)).or_default().push(e.id().to_owned());
    }
    let today = hub.clock.today(hub.settings.zone);
    for (number, (town, ids)) in by_town.iter().enumerate() {
        let owner = CaseOwner { unit: town.to_string(), role: Some("协管员".into()), name: None };
        let next_on = Some(today + chrono::Days::new(number as u64 % 60));
        let opening = CaseOpening { origin: CaseOrigin::List, owner: Some(owner), next_on, note: None, by: None };
        hub.open_cases(ids, &opening).await?;
    }
    let cases = hub.store.cases(&Default::default(), bench.cases as i64, None).await?;
    let mut next = 1;
    while next <= bench.visits {
        let mut tx = hub.store.begin_cases().await?;
        for id in next..(next + CHUNK).min(bench.visits + 1) {
            let case = &cases[id as usize % cases.len()];
            let row = VisitRow {
                id,
                list_id: format!("V{:012}", id / 200),
                case_id: case.id.clone(),
                enterprise_id: case.enterprise_id.clone(),
                visitor: format!("officer {}", id % 50),
                door: "met".into(),
                answer: Some("thinks".into()),
                on_date: None,
                assessment: Some(3),
                note: None,
                visited_at: Some(id),
                brought_at: id,
                brought_by: None,
                state: "COUNTS".into(),
                doubt: None,
                finding_id: None,
                first_event: None,
                last_event: None,
                digest: format!("{id:032x}"),
            };
            visit::put(&mut tx, &row).await?;
        }
        tx.commit().await?;
        next += CHUNK;
    }
    Ok(())
}

/// The figures.
///
/// # Errors
/// A question that is not answered, a store that cannot be written.
pub async fn measure(hub: Hub, bench: WorkBench) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let began = Instant::now();
    fill(&hub, bench).await?;
    figures.push(Figure::at_most("filling the store (once)", began.elapsed().as_secs_f64(), "s", None));
    let mut options = Options::new(Authentication::Demonstration);
    options.limits.cost_per_minute = u64::MAX;
    let state = App::new(hub.clone(), options);
    state.refresh().await.map_err(|p| anyhow::anyhow!(p.en))?;
    let router = app(state.clone());

    let open = hub.store.cases(&Default::default(), 1, None).await?;
    let unit = open.first().and_then(|c| c.owner_unit.clone()).ok_or_else(|| anyhow::anyhow!("no case"))?;
    let list = format!(
        "{{ cases(first: 50, filter: {{ state: [OPEN], owner: {{ unit: \"{unit}\" }} }}) {{ totalCount nodes {{ id stage nextOn enterprise {{ name address }} }} }} }}"
    );
    figures.push(Figure::at_most("an officer's list of 50 with its total", cost(&router, &list).await?, "ms CPU", Some(5.0)));
    let part = "{ totalCount nodes { id enterprise { name } } }";
    let week = format!(
        "{{ work(owner: {{ unit: \"{unit}\" }}) {{ dueToday {part} overdue {part} newOnList {part} undated {part} won {part} lost {part} }} }}"
    );
    figures.push(Figure::at_most("an officer's week", cost(&router, &week).await?, "ms CPU", None));

    let shape = vec![(116.05, 39.65), (116.25, 39.65), (116.25, 39.85), (116.05, 39.85)];
    let new = || NewVisits { title: "bench".into(), shape: shape.clone(), doors: 200, lists: 5, ..NewVisits::default() };
    let drawn = hub.draw_visits(new()).await?;
    let doors: usize = drawn.iter().map(|d| d.stops.len()).sum();
    anyhow::ensure!(doors > 0, "nobody with a case lies inside the shape: measure more enterprises");
    let edition = hub.editions.current()?;
    let began = cpu_seconds();
    for _ in 0..10 {
        hub.shared_doors(&edition, &new(), 5).await?;
    }
    let drawing = (cpu_seconds() - began) * 100.0;
    let began = cpu_seconds();
    for _ in 0..10 {
        hub.draw_visits(new()).await?;
    }
    let whole = (cpu_seconds() - began) * 100.0;
    figures.push(Figure::at_most("a shape on the map: 200 doors found and shared out", drawing, "ms CPU", None));
    figures.push(Figure::at_most("a shape on the map: 5 lists of 40 doors, kept", whole, "ms CPU", Some(20.0)));

    let asked: Vec<String> = edition.all().iter().take(200).map(|row| edition.enterprise(row).name().to_owned()).collect();
    let code = edition.all().iter().find_map(|row| edition.enterprise(row).credit_code().map(str::to_owned));
    let code = code.ok_or_else(|| anyhow::anyhow!("nobody has a credit code"))?;
    figures.push(Figure::at_most("the counter: one code", check_cost(&router, &[code]).await?, "ms CPU", Some(5.0)));
    figures.push(Figure::at_most("the counter: one name", check_cost(&router, &asked[..1]).await?, "ms CPU", Some(5.0)));
    figures.push(Figure::at_most("the counter: 200 names", check_cost(&router, &asked).await?, "ms CPU", None));

    // One changes, another one listens.
    let mut heard = state.state().events().cases.subscribe();
    let began = Instant::now();
    let change = CaseChange { stage: Some(CaseStage::Talk), ..CaseChange::default() };
    hub.change_case(&open[0].id, change, &CaseWord::default()).await?;
    state.refresh().await.map_err(|p| anyhow::anyhow!(p.en))?;
    heard.recv().await?;
    // Another process looks every second.
    let seen = began.elapsed().as_secs_f64() + 1.0;
    figures.push(Figure::at_most("an answer seen by others, a look every second", seen, "s", Some(2.0)));

    let cases = hub.store.cases(&Default::default(), bench.closing as i64, None).await?;
    let ids: hashbrown::HashSet<String> = cases.into_iter().map(|c| c.enterprise_id).collect();
    let root = hub.editions_root();
    tokio::task::spawn_blocking(move || write(&root, founded(bench, &ids)).map(|_| ())).await??;
    let editions = Arc::clone(&hub.editions);
    tokio::task::spawn_blocking(move || editions.refresh().map(|_| ())).await??;
    let began = Instant::now();
    let done = hub.follow_cases().await?;
    let took = began.elapsed().as_secs_f64();
    anyhow::ensure!(done.won == bench.closing, "{} of {} cases were closed: {done:?}", done.won, bench.closing);
    let what = format!("closing {} of {} cases by the data", bench.closing, bench.cases);
    figures.push(Figure::at_most(&what, took, "s", Some(2.0)));
    Ok(figures)
}
