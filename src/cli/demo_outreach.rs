//! What the demonstration does of the work between the list and a union, so that its pages show some: who is responsible for the districts,
//! cases of the most urgent, a list of doors to walk, named lists. At the second start it is there already.

use chrono::Days;

use crate::cases::duty::DutyScope;
use crate::cases::standing::{CaseOrigin, CaseOwner};
use crate::edition::Filter;
use crate::hub::Hub;
use crate::hub::cases::CaseOpening;
use crate::hub::duties::NewDuty;
use crate::hub::named_lists::NewNamedList;
use crate::hub::visits::NewVisits;
use crate::store::case::CaseQuery;

/// Cases that are opened, and those of them that are due on one day.
const CASES: usize = 60;
const DUE_AT_ONCE: usize = 20;
/// Days between those that are due on one day and the next.
const APART: u64 = 3;
/// Doors of the list that is drawn.
const DOORS: usize = 15;
/// Entries of a named list.
const LISTED: usize = 50;
/// Who enters it.
const BY: &str = "demo";

fn officer(district: u32) -> CaseOwner {
    CaseOwner { unit: district.to_string(), role: Some("协管员".to_owned()), name: None }
}

/// Enters it, as people would.
pub async fn enter(hub: &Hub) -> anyhow::Result<()> {
    if hub.store.last_case_event().await? > 0 {
        return Ok(());
    }
    let edition = hub.editions.current()?;
    let urgent: Vec<(String, Option<(u32, u32)>)> = edition
        .enterprises()
        .filter(|e| e.in_gap())
        .take(CASES)
        .map(|e| (e.id().to_owned(), e.district().zip(e.town())))
        .collect();
    let mut towns: Vec<(u32, u32)> = urgent.iter().filter_map(|(_, place)| *place).collect();
    towns.sort_unstable();
    let with_most = |district: u32| towns.iter().filter(|(of, _)| *of == district).count();
    let busiest = towns.iter().map(|(district, _)| *district).max_by_key(|district| with_most(*district));
    towns.dedup();
    let mut districts: Vec<u32> = towns.iter().map(|(district, _)| *district).collect();
    districts.dedup();
    // The chair is the first responsible person of a district; the closer duty counts, and officers go to the streets.
    let chairs = districts.iter().map(|district| {
        let owner = CaseOwner { role: Some("主席".to_owned()), ..officer(*district) };
        (owner, true, district.to_string())
    });
    let officers = towns.iter().map(|(district, town)| (officer(*district), false, town.to_string()));
    for (owner, is_first, area) in chairs.chain(officers) {
        let scope = DutyScope { area: Some(area), ..DutyScope::default() };
        hub.add_duty(NewDuty { owner, is_first, scope, starts: None, ends: None, by: Some(BY.to_owned()) }).await?;
    }
    let today = hub.clock.today(hub.settings.zone);
    for (number, part) in urgent.chunks(DUE_AT_ONCE).enumerate() {
        let ids: Vec<String> = part.iter().map(|(id, _)| id.clone()).collect();
        let next_on = Some(today + Days::new(number as u64 * APART));
        let opening = CaseOpening { origin: CaseOrigin::List, owner: None, next_on, note: None, by: Some(BY.to_owned()) };
        hub.open_cases(&ids, &opening).await?;
    }
    hub.assign_by_duties(&CaseQuery::default(), Some(BY)).await?;
    // Whoever has most to do gets a list to walk.
    if let Some(district) = busiest {
        let CaseOwner { unit, role, .. } = officer(district);
        let query =
            CaseQuery { owner_units: vec![unit], owner_role: role, states: vec!["OPEN".to_owned()], ..CaseQuery::default() };
        let new = NewVisits {
            title: "演示：第一周走访".to_owned(),
            query,
            doors: DOORS,
            lists: 1,
            owners: vec![officer(district)],
            by: Some(BY.to_owned()),
            ..NewVisits::default()
        };
        hub.draw_visits(new).await?;
    }
    for (tag, title, purpose) in
        [("FORTUNE_500", "演示：世界500强在京企业", "联系走访"), ("LEADING", "演示：龙头企业", "带动上下游建会")]
    {
        let rows = edition.filter(&Filter::Any { facet: "tag", values: vec![tag.to_owned()] })?;
        let entries: Vec<String> =
            edition.in_order(&rows).take(LISTED).map(|row| edition.enterprise(row).id().to_owned()).collect();
        if entries.is_empty() {
            continue;
        }
        let new = NewNamedList {
            title: title.to_owned(),
            purpose: purpose.to_owned(),
            source: "模拟城市（虚构）".to_owned(),
            expires: None,
            entries,
            suppliers_of: None,
            by: Some(BY.to_owned()),
        };
        hub.add_named_list(new).await?;
    }
    Ok(())
}
