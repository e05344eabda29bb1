//! Who is responsible for an enterprise: the duty that fits it most closely.
//!
//! In: duties in force and what an enterprise is. Out: the duty that counts: one of this enterprise before one of its building, that
//! before one of its trade in an area, that before one of its area alone; of two alike the one that began later.

use chrono::NaiveDate;

use super::standing::CaseOwner;
use crate::model::reference::federation_units;

/// What somebody is responsible for; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DutyScope {
    /// Code of a district or town: whatever begins with it; that of the city: everybody; that of a federation: whom it looks after.
    pub area: Option<String>,
    /// A section (`C`) or division (`39`).
    pub industry: Option<String>,
    /// A part of the address: a street, a building.
    pub building: Option<String>,
    /// Id of one enterprise.
    pub enterprise: Option<String>,
}

/// A duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// Of the duty.
    pub id: String,
    /// Who.
    pub owner: CaseOwner,
    /// For what.
    pub scope: DutyScope,
    /// First day.
    pub starts: NaiveDate,
    /// Last day; None: open.
    pub ends: Option<NaiveDate>,
}

/// What an enterprise is, as far as duties ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct DutyFacts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Code of its town, else of its district.
    pub area: &'a str,
    /// Code of the federation that looks after it.
    pub federation: &'a str,
    /// Letter of its section.
    pub section: &'a str,
    /// Code of its industry, without the letter.
    pub industry: &'a str,
    /// Its address as written.
    pub address: &'a str,
}

impl DutyScope {
    /// Whether it says anything at all: a duty for everything is none.
    pub fn is_empty(&self) -> bool {
        *self == DutyScope::default()
    }

    /// How closely it fits an enterprise; None where it does not.
    fn fits(&self, facts: &DutyFacts<'_>) -> Option<u32> {
        let holds = |wanted: &Option<String>, test: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(test);
        let fits = holds(&self.enterprise, &|id| id == facts.id)
            && holds(&self.building, &|part| facts.address.contains(part))
            && holds(&self.industry, &|code| code == facts.section || !code.is_empty() && facts.industry.starts_with(code))
            && holds(&self.area, &|code| lies_in(code, facts));
        // The whole city is the widest of all.
        let area = self.area.as_ref().map_or(0, |code| if is_the_city(code) { 1 } else { code.len() as u32 });
        let weight = |given: &Option<String>, n: u32| if given.is_some() { n } else { 0 };
        fits.then(|| weight(&self.enterprise, 1_000) + weight(&self.building, 400) + weight(&self.industry, 100) + area)
    }
}

/// Whether a code is the city's, or that of its federation.
pub fn is_the_city(code: &str) -> bool {
    code.len() == 6 && code.ends_with("0000") || federation_units().iter().any(|u| u.unit == code && u.kind == "municipal")
}

fn lies_in(code: &str, facts: &DutyFacts<'_>) -> bool {
    match code.bytes().all(|b| b.is_ascii_digit()) {
        _ if is_the_city(code) => true,
        true => facts.area.starts_with(code),
        false => facts.federation == code,
    }
}

/// The duty that counts for an enterprise on a day.
pub fn responsible<'d>(duties: &'d [Duty], facts: &DutyFacts<'_>, on: NaiveDate) -> Option<&'d Duty> {
    let in_force = duties.iter().filter(|d| d.starts <= on && d.ends.is_none_or(|ends| ends >= on) && !d.scope.is_empty());
    let fitting = in_force.filter_map(|d| Some((d.scope.fits(facts)?, d.starts, &d.id, d)));
    fitting.max_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2))).map(|(.., d)| d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(id: &str, scope: DutyScope, starts: &str, ends: Option<&str>) -> Duty {
        let day = |text: &str| text.parse().expect("a day");
        let owner = CaseOwner { unit: id.to_owned(), role: None, name: None };
        Duty { id: id.to_owned(), owner, scope, starts: day(starts), ends: ends.map(day) }
    }

    #[test]
    fn the_closest_duty_in_force_counts() {
        let text = |t: &str| Some(t.to_owned());
        let duties = [
            duty("district", DutyScope { area: text("110108"), ..DutyScope::default() }, "2026-01-01", None),
            duty("town", DutyScope { area: text("110108001"), ..DutyScope::default() }, "2026-01-01", None),
            duty("trade", DutyScope { area: text("110108"), industry: text("65"), ..DutyScope::default() }, "2026-01-01", None),
            duty("tower", DutyScope { building: text("示例大厦"), ..DutyScope::default() }, "2026-01-01", None),
            duty("own", DutyScope { enterprise: text("E1"), ..DutyScope::default() }, "2026-06-01", Some("2026-06-30")),
            duty("all", DutyScope::default(), "2026-01-01", None),
        ];
        let facts = DutyFacts {
            id: "E1",
            area: "110108001",
            federation: "D110108",
            section: "I",
            industry: "6510",
            address: "示例路1号示例大厦3层",
        };
        let who =
            |facts: &DutyFacts<'_>, on: &str| responsible(&duties, facts, on.parse().expect("a day")).map(|d| d.id.as_str());
        assert_eq!(who(&facts, "2026-06-30"), Some("own"), "the last day counts");
        assert_eq!(who(&facts, "2026-07-01"), Some("tower"));
        assert_eq!(who(&DutyFacts { address: "", ..facts }, "2026-07-01"), Some("trade"));
        assert_eq!(who(&DutyFacts { address: "", industry: "3911", ..facts }, "2026-07-01"), Some("town"));
        assert_eq!(who(&DutyFacts { address: "", industry: "", area: "110108", ..facts }, "2026-07-01"), Some("district"));
        assert_eq!(who(&DutyFacts { area: "110105001", address: "", ..facts }, "2026-07-01"), None, "nobody's");
        assert_eq!(who(&facts, "2025-12-31"), None, "not yet");
        // A federation's duty is for whom it looks after, the city's for everybody whom nobody else has.
        let city = ["110000", federation_units().iter().find(|u| u.kind == "municipal").expect("the city's").unit];
        let wide = [
            duty("zone", DutyScope { area: text("BEDA"), ..DutyScope::default() }, "2026-01-01", None),
            duty("city", DutyScope { area: text(city[0]), ..DutyScope::default() }, "2026-01-01", None),
            duty("its union", DutyScope { area: text(city[1]), ..DutyScope::default() }, "2025-01-01", None),
        ];
        let on = "2026-07-01".parse().expect("a day");
        let wide = |facts: &DutyFacts<'_>| responsible(&wide, facts, on).map(|d| d.id.as_str());
        assert_eq!(wide(&DutyFacts { federation: "BEDA", ..facts }), Some("zone"));
        assert_eq!(wide(&facts), Some("city"));
    }
}
