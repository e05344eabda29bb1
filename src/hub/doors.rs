//! The doors of a visit list, as they are told to whoever walks it: what anybody may read, on paper too.

use std::sync::Arc;

use super::cases::standing_of;
use super::error::HubError;
use super::open::Hub;
use super::visits::DrawnList;
use crate::access::{FieldClass, Sight, classes};
use crate::edition::Edition;
use crate::model::verdict::Reason;

/// A door as it is printed: nothing that needs a scope.
#[derive(Debug, Clone)]
pub struct Door {
    pub place: i64,
    pub case: String,
    pub name: String,
    pub credit_code: String,
    pub address: String,
    /// Name of the street or town.
    pub area: String,
    pub why: Vec<Reason>,
    pub stage: crate::cases::standing::CaseStage,
    /// Degrees east and north.
    pub at: Option<(f64, f64)>,
}

/// Reasons as anybody who walks may read them: what a department keeps to itself is on no paper.
fn open_reasons(reasons: impl IntoIterator<Item = Reason>) -> Vec<Reason> {
    let is_told = |code: &str| matches!(classes::of_code(code), FieldClass::Open | FieldClass::Visit);
    let told = reasons.into_iter().filter(|reason| is_told(&reason.code));
    told.map(|reason| Reason { inputs: Sight::OPEN.inputs(&reason.inputs).cloned().collect(), ..reason }).collect()
}

impl Hub {
    /// The doors of a list, as they are told to whoever walks it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn doors(&self, drawn: &DrawnList, lang: crate::model::message::Lang) -> Result<Vec<Door>, HubError> {
        let edition: Arc<Edition> = self.editions.current()?;
        let mut doors = Vec::with_capacity(drawn.stops.len());
        for stop in &drawn.stops {
            let case = self.store.case(&stop.case_id).await?;
            let id = case.as_ref().map_or(stop.enterprise_id.as_str(), |c| c.enterprise_id.as_str());
            let e = edition.enterprise_of_id(id);
            let area = e.as_ref().and_then(|e| e.town().or(e.district())).and_then(|code| edition.area_of(code));
            doors.push(Door {
                place: stop.place,
                case: stop.case_id.clone(),
                name: e.as_ref().map_or(id, |e| e.name()).to_owned(),
                credit_code: e.as_ref().and_then(|e| e.credit_code()).unwrap_or_default().to_owned(),
                address: e.as_ref().and_then(|e| e.address()).unwrap_or_default().to_owned(),
                area: area.map(|a| lang.pick(&a.zh, &a.en).clone()).unwrap_or_default(),
                why: e.as_ref().and_then(|e| e.verdicts().ok()).map(|v| open_reasons(v.gap.reasons)).unwrap_or_default(),
                stage: case.as_ref().map_or(crate::cases::standing::CaseStage::Found, |c| standing_of(c).stage),
                at: e.and_then(|e| e.place()).map(|p| (p.longitude, p.latitude)),
            });
        }
        Ok(doors)
    }
}
