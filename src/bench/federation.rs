//! `huitu bench federation`: what a unit's page, the whole tree and the appraisal of all units cost, on generated facts: a million
//! enterprises and thirty thousand units.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use super::asked::cost;
use super::serve::Figure;
use super::usage::cpu_seconds;
use crate::edition::{synthetic, write};
use crate::federation::entry::FederationNoun;
use crate::federation::pace::paces;
use crate::hub::Hub;
use crate::hub::federation::SheetOrigin;
use crate::model::reference::areas::areas;
use crate::serve::{App, Authentication, Options, app};

/// Sizes of the benchmark.
#[derive(Debug, Clone, Copy)]
pub struct FederationBench {
    pub enterprises: u32,
    pub units: usize,
}

/// What the first question may wait for, after an edition or a line.
const COLD_SECONDS: f64 = 1.0;

/// Year of the rules, of the work and of the targets.
const YEAR: i32 = 2026;

const RULES: &str = r#"
year = 2026
[[rule]]
id = "covered"
indicator = "net_new_covered"
zh = "净增覆盖"
en = "net growth of covered units"
per = 0.1
cap = 40
floor = 0
penalty = 10
source = "benchmark"
[[rule]]
id = "members"
indicator = "net_new_members"
zh = "净增会员"
en = "net growth of members"
per = 0.01
cap = 30
source = "benchmark"
[[rule]]
id = "service"
indicator = "service"
zh = "服务"
en = "service"
per = 1
cap = 30
source = "benchmark"
"#;

/// Writes an edition, unless it is there.
///
/// # Errors
/// The folder cannot be written to.
pub fn prepare(data: &Path, bench: FederationBench) -> anyhow::Result<()> {
    if !data.join("editions/000001").exists() {
        write(&data.join("editions"), synthetic::input(1, bench.enterprises, 11))?;
    }
    Ok(())
}

/// A tree of every district and street of the city, and buildings below the streets until there are enough units.
fn units(bench: FederationBench) -> String {
    let mut sheet = String::from("code,name,level,parent,areas,places,founded_on,due_on,source\n");
    let _ = writeln!(sheet, "BJ,city,CITY,,110000,,1950-01-01,,bench");
    for district in areas().districts() {
        let _ = writeln!(sheet, "D{0},district {0},DISTRICT,BJ,{0},,1950-01-01,,bench", district.code);
    }
    let towns = areas().towns();
    for (at, town) in towns.iter().enumerate() {
        let founded = if at % 8 == 0 { "2026-08-31" } else { "" };
        let _ = writeln!(sheet, "S{0},street {0},STREET,D{1},{0},,{founded},2026-11-30,bench", town.code, town.district);
    }
    let signs: Vec<char> = "华宇天地金信达通盛和德福新明光远航科创联合众兴隆泰安康健美佳乐友雅正方圆海川".chars().collect();
    for at in 0..bench.units.saturating_sub(1 + areas().districts().len() + towns.len()) {
        let town = towns[at % towns.len()].code;
        let (first, second) = (signs[at % signs.len()], signs[at / signs.len() % signs.len()]);
        let _ = writeln!(sheet, "B{at},building {at},BUILDING,S{town},,{first}{second}{at},,2026-11-30,bench");
    }
    sheet
}

async fn fill(hub: &Hub, bench: FederationBench) -> anyhow::Result<()> {
    if hub.store.federation_stamp().await? > 0 {
        return Ok(());
    }
    let origin = SheetOrigin::default();
    let bring = async |noun: FederationNoun, sheet: &str| {
        let receipt = hub.import_federation(noun, sheet, &origin).await?;
        anyhow::ensure!(receipt.faults.is_empty(), "{:?}", receipt.faults.first());
        anyhow::Ok(())
    };
    bring(FederationNoun::Unit, &units(bench)).await?;
    bring(FederationNoun::Appraisal, RULES).await?;
    let federation = hub.federation().await?;
    let mut work = String::from("unit,year,indicator,value,source\n");
    let mut targets = String::from("unit,year,indicator,measure,value,source\n");
    for (at, unit) in federation.tree.units.iter().enumerate() {
        let _ = writeln!(work, "{},{YEAR},service,{},bench", unit.code, at % 40);
        if !unit.areas.is_empty() {
            let value = [1_000_000, 50_000, 100][(federation.tree.upwards(at as u32).count() - 1).min(2)];
            let _ = writeln!(targets, "{},{YEAR},net_new_units,COUNT,{value},bench", unit.code);
        }
    }
    bring(FederationNoun::Work, &work).await?;
    let receipt = hub.import_targets(&targets, &origin).await?;
    anyhow::ensure!(receipt.faults.is_empty(), "{:?}", receipt.faults.first());
    Ok(())
}

/// The figures.
///
/// # Errors
/// A question that is not answered, a store that cannot be written.
pub async fn measure(hub: Hub, bench: FederationBench) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let began = Instant::now();
    fill(&hub, bench).await?;
    figures.push(Figure::at_most("bringing units, work and targets (once)", began.elapsed().as_secs_f64(), "s", None));
    let began = Instant::now();
    let federation = hub.federation().await?;
    figures.push(Figure::at_most("reading the federation (once a change)", began.elapsed().as_secs_f64(), "s", None));
    let edition = hub.editions.current()?;
    let began = Instant::now();
    hub.unit_sums(&edition, &federation);
    figures.push(Figure::at_most(
        "counting an edition by unit (once a tree)",
        began.elapsed().as_secs_f64(),
        "s",
        Some(COLD_SECONDS),
    ));
    // Whatever else is entered, units stay counted: only what was entered is read anew.
    let line = format!("unit,year,indicator,value,source\nBJ,{YEAR},service,{},bench\n", hub.clock.millis());
    hub.import_federation(FederationNoun::Work, &line, &SheetOrigin::default()).await?;
    let began = Instant::now();
    let federation = hub.federation().await?;
    hub.unit_sums(&edition, &federation);
    let took = began.elapsed().as_secs_f64();
    figures.push(Figure::at_most("the first question after a line was entered", took, "s", Some(COLD_SECONDS)));

    let mut options = Options::new(Authentication::Demonstration);
    options.limits.cost_per_minute = u64::MAX;
    let state = App::new(hub.clone(), options);
    state.refresh().await.map_err(|p| anyhow::anyhow!(p.en))?;
    let router = app(state.clone());
    let page = format!(
        "{{ unionUnit(code: \"D110108\") {{ code name level parent {{ code }} children {{ code name }} counts {{ covered lacking undecided coverage }} pace {{ done toDo late }} staffing {{ filled vacant }} target(year: {YEAR}, indicator: \"net_new_units\") {{ value left }} }} }}"
    );
    figures.push(Figure::at_most("a unit's page", cost(&router, &page).await?, "ms CPU", Some(3.0)));
    let streets = "{ unionUnits(first: 500, levels: [CITY, DISTRICT, STREET]) { nodes { code name level counts { covered lacking undecided } pace { done toDo late } } } }";
    figures.push(Figure::at_most("city, districts and streets in the graph", cost(&router, streets).await?, "ms CPU", None));
    for (name, unit) in [("a district", "D110108"), ("a street", "S110108001"), ("a building", "B17")] {
        let list =
            format!("{{ gap(first: 50, filter: {{ unit: [\"{unit}\"] }}) {{ totalCount nodes {{ name gap {{ status }} }} }} }}");
        figures.push(Figure::at_most(&format!("the gap list of {name}'s unit"), cost(&router, &list).await?, "ms CPU", None));
    }

    let today = hub.clock.today(hub.settings.zone);
    let began = cpu_seconds();
    const TIMES: u32 = 20;
    for _ in 0..TIMES {
        let sums = hub.unit_sums(&edition, &federation);
        let paces = paces(&federation.tree, &[], today);
        let shares = hub.target_shares(&federation, YEAR, "net_new_units", None).await?;
        anyhow::ensure!(sums.sums.len() == paces.len() && !shares.is_empty(), "the tree is there");
    }
    let took = (cpu_seconds() - began) * 1_000.0 / f64::from(TIMES);
    let what = format!("the whole tree of {} units: coverage, target, pace", federation.tree.units.len());
    figures.push(Figure::at_most(&what, took, "ms CPU", Some(30.0)));
    let began = cpu_seconds();
    let ranked = hub.appraisal(&federation, YEAR, today, &[])?;
    anyhow::ensure!(
        ranked.is_some_and(|r| r.ranked.values().map(Vec::len).sum::<usize>() == federation.tree.units.len()),
        "all are ranked"
    );
    figures.push(Figure::at_most("the appraisal of all units", cpu_seconds() - began, "s CPU", Some(1.0)));
    Ok(figures)
}
