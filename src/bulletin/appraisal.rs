//! The year's appraisal as the bulletin prints it: of a city its districts, of a district its streets and towns.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::federation::unit::TreeLevel;
use crate::hub::{Hub, HubError};
use crate::model::message::Lang;
use crate::model::reference::areas::CITY;

/// How a unit stands, as printed.
#[derive(Debug, Clone, PartialEq)]
pub struct AppraisedUnit {
    /// 1 is best.
    pub rank: u32,
    /// What it is called.
    pub name: String,
    /// What it is, where several levels are printed.
    pub level: TreeLevel,
    /// All points.
    pub score: f64,
    /// The rank of the year before; None where there were no rules or no such unit.
    pub before: Option<u32>,
    /// `服务 +10.0 → 2`; empty where every rule is done in full.
    pub lift: String,
    /// Objections that nobody has decided.
    pub objections: usize,
}

/// Units of an area by rank within their level, as of a day; none where no rules were entered for the year.
///
/// # Errors
/// The store or an edition cannot be read.
pub async fn appraised(hub: &Hub, area: &str, year: i32, on: NaiveDate, lang: Lang) -> Result<Vec<AppraisedUnit>, HubError> {
    let federation = hub.federation_on(on).await?;
    let tree = &federation.tree;
    let whole = area == "BJ" || area == CITY.to_string();
    let levels: &[TreeLevel] =
        if whole { &[TreeLevel::District, TreeLevel::Zone] } else { &[TreeLevel::Street, TreeLevel::Town] };
    let (Some(rules), Some(now)) = (federation.rules_of(year), hub.appraisal(&federation, year, on, levels)?) else {
        return Ok(Vec::new());
    };
    let before = hub.appraisal(&federation, year - 1, on, levels)?.map(|before| before.ranked).unwrap_or_default();
    let before: HashMap<u32, u32> = before.values().flatten().map(|s| (s.unit, s.rank)).collect();
    let own = |at: &u32| whole || tree.upwards(*at).any(|up| tree.units[up as usize].areas.iter().any(|own| **own == *area));
    let mut printed = Vec::new();
    for (level, standings) in now.ranked {
        for s in standings.iter().filter(|s| own(&s.unit)) {
            let unit = &tree.units[s.unit as usize];
            let lift = s.lift.map(|lift| {
                let rule = &rules.rules[lift.rule];
                format!("{} +{:.1} → {}", lang.pick(&rule.zh, &rule.en), lift.gain, lift.rank)
            });
            let open = federation.objections.iter().map(|o| &o.what).filter(|o| {
                o.unit == unit.code
                    && o.year == year
                    && o.on <= on
                    && o.state == crate::federation::appraisal::ObjectionState::Open
            });
            printed.push(AppraisedUnit {
                rank: s.rank,
                name: unit.name.to_string(),
                level,
                score: s.score,
                before: before.get(&s.unit).copied(),
                lift: lift.unwrap_or_default(),
                objections: open.count(),
            });
        }
    }
    Ok(printed)
}
