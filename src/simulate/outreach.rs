//! A year of outreach in the invented city: fifty officers with some firms each, of which some found a union, refuse, move away, close, take
//! another name or are taken in by a neighbour; what three departments write of it month by month; what officers bring back from the doors,
//! with the errors that people make; and the truth.
//!
//! In: a city. Out: extracts, answered visit sheets, and what ought to be said of every firm. What it does not do: know a case or a hub.
//! Whoever plays a year opens the cases, hands over what the departments and the officers wrote, and compares at its end.

use std::collections::{BTreeMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::Serialize;

use super::city::{City, purpose};
use super::draw::Draw;
use super::entity::{Entity, EntityKind, RegistrationState};
use super::name;
use super::words::TRADES;

/// Districts whose officers are played, ten of them in each.
const DISTRICTS: [u32; 5] = [110_101, 110_102, 110_105, 110_106, 110_108];
const OFFICERS_EACH: u32 = 10;
/// Firms of an officer.
const FIRMS_EACH: u32 = 5;
/// Officers who walk a list in a month; the third of them makes a mess of it.
const WALKERS: u32 = 5;
const MESSY: u32 = 2;
/// Months in which two firms become one.
const JOINING: [u32; 2] = [4, 8];
/// The month in which an officer leaves, who that is, and who goes on.
const LEAVING: (u32, u32, u32) = (3, 7, 8);

/// What truly is the matter with a firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FirmFate {
    /// No union.
    Lacking,
    /// Its union stands on the roll, and has paid no dues yet.
    OnRoll,
    /// Founded: on the roll, with dues.
    Founded,
    /// No union, and it wants none.
    Refuses,
    MovedAway,
    StruckOff,
    /// One with its neighbour now.
    TakenIn,
}

/// How the case of a firm ought to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaseTruth {
    Open,
    /// Open, and waiting for the first dues.
    OpenOnRoll,
    /// Closed by the data, with a union.
    Won,
    /// Closed with another reason.
    Lost,
    /// It waits in its neighbour's.
    Joined,
}

impl FirmFate {
    /// How its case ought to stand.
    pub fn case(self) -> CaseTruth {
        match self {
            FirmFate::Lacking | FirmFate::Refuses => CaseTruth::Open,
            FirmFate::OnRoll => CaseTruth::OpenOnRoll,
            FirmFate::Founded => CaseTruth::Won,
            FirmFate::MovedAway | FirmFate::StruckOff => CaseTruth::Lost,
            FirmFate::TakenIn => CaseTruth::Joined,
        }
    }
}

/// A firm of the year.
#[derive(Debug, Clone)]
pub struct OutreachFirm {
    pub number: u32,
    /// Whose it is at the year's beginning.
    pub officer: u32,
    pub district: u32,
    pub credit_code: String,
    pub fate: FirmFate,
    /// The names that it had, the present one last.
    pub names: Vec<String>,
    employees: u32,
    /// The firm that it was taken in by.
    into: Option<usize>,
    as_drawn: Entity,
}

impl OutreachFirm {
    /// The department's key of its row in the register, on the roll, among the payments.
    pub fn keys(&self) -> [String; 3] {
        ["F", "U", "P"].map(|letter| format!("{letter}{}", self.number))
    }
    fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

/// Who goes there: a unit and a role. Nobody has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutreachOfficer {
    pub number: u32,
    pub unit: String,
    pub role: String,
}

/// A visit sheet as an officer brings it back.
#[derive(Debug, Clone)]
pub struct AnsweredSheet {
    pub visitor: String,
    /// The headings, then a row for each door.
    pub rows: Vec<Vec<String>>,
    /// Somebody made a mess of it, and takes it back.
    pub is_messy: bool,
}

/// What ought to be there at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OutreachTruth {
    /// Firms by what is the matter with them.
    pub firms: BTreeMap<FirmFate, u32>,
    /// Cases by how they ought to stand.
    pub cases: BTreeMap<CaseTruth, u32>,
}

/// The year as far as it was lived.
#[derive(Debug, Clone)]
pub struct OutreachYear {
    seed: u64,
    month: u32,
    firms: Vec<OutreachFirm>,
    /// It had a union all along: neither roll nor payments are ever empty.
    old: OutreachFirm,
}

fn firm(number: u32, officer: u32, entity: Entity) -> OutreachFirm {
    OutreachFirm {
        number,
        officer,
        district: entity.district,
        credit_code: entity.credit_code.clone(),
        fate: FirmFate::Lacking,
        names: vec![entity.name.full()],
        employees: entity.employees.max(30),
        into: None,
        as_drawn: entity,
    }
}

impl OutreachYear {
    /// The beginning of a year: firms of the city without any, some for each officer.
    ///
    /// None: the city is too small; four thousand enterprises are enough.
    pub fn new(city: &City) -> Option<OutreachYear> {
        let mut of_district: BTreeMap<u32, Vec<Entity>> = BTreeMap::new();
        // A site that goes under its company's code is the same enterprise.
        let mut seen: HashSet<String> = HashSet::new();
        let each = (OFFICERS_EACH * FIRMS_EACH) as usize;
        let is_wanted = |entity: &Entity| {
            let is_plain = entity.kind == EntityKind::Company && entity.relation.is_none();
            is_plain && entity.standing == RegistrationState::Active && DISTRICTS.contains(&entity.district)
        };
        for number in 0..city.neighbourhoods() {
            for entity in city.neighbourhood(number).entities.into_iter().filter(is_wanted) {
                if seen.insert(entity.credit_code.clone()) {
                    of_district.entry(entity.district).or_default().push(entity);
                }
            }
            if of_district.len() == DISTRICTS.len() && of_district.values().all(|found| found.len() > each) {
                break;
            }
        }
        let mut firms = Vec::with_capacity(DISTRICTS.len() * each);
        let mut left = None;
        for (at, district) in DISTRICTS.iter().enumerate() {
            let mut found = of_district.remove(district)?.into_iter();
            for place in 0..each as u32 {
                let officer = at as u32 * OFFICERS_EACH + place / FIRMS_EACH;
                firms.push(firm(firms.len() as u32, officer, found.next()?));
            }
            left = found.next();
        }
        let old = OutreachFirm { fate: FirmFate::Founded, ..firm(firms.len() as u32, 0, left?) };
        Some(OutreachYear { seed: city.seed, month: 0, firms, old })
    }

    pub fn firms(&self) -> &[OutreachFirm] {
        &self.firms
    }

    /// The officers of the year, the one who leaves among them.
    pub fn officers(&self) -> impl Iterator<Item = OutreachOfficer> {
        (0..DISTRICTS.len() as u32 * OFFICERS_EACH).map(|number| OutreachOfficer {
            number,
            unit: DISTRICTS[(number / OFFICERS_EACH) as usize].to_string(),
            role: format!("协管员{number}"),
        })
    }

    /// Whoever leaves in this month, and who goes on with their firms.
    pub fn leaving(&self) -> Option<(u32, u32)> {
        let (month, who, follower) = LEAVING;
        (self.month == month).then_some((who, follower))
    }

    /// The officer in charge of a firm now: from the month on in which somebody leaves, whoever goes on.
    pub fn in_charge(&self, firm: u32) -> u32 {
        let (month, who, follower) = LEAVING;
        match self.firms[firm as usize].officer {
            officer if officer == who && self.month >= month => follower,
            officer => officer,
        }
    }

    /// What happens in the world in a month.
    pub fn live(&mut self) {
        self.month += 1;
        for firm in &mut self.firms {
            let which = u64::from(self.month) << 32 | u64::from(firm.number);
            let mut draw = Draw::new(self.seed, purpose::OUTREACH, which);
            match (firm.fate, draw.below(100)) {
                (FirmFate::OnRoll, 0..=69) => firm.fate = FirmFate::Founded,
                (FirmFate::Lacking | FirmFate::Refuses, 0..=4) => firm.fate = FirmFate::OnRoll,
                (FirmFate::Lacking, 5..=6) => firm.fate = FirmFate::Refuses,
                (FirmFate::Lacking, 7) => firm.fate = FirmFate::MovedAway,
                (FirmFate::Lacking, 8) => firm.fate = FirmFate::StruckOff,
                (FirmFate::Lacking | FirmFate::Founded, 9..=10) => {
                    let other = (firm.as_drawn.trade + firm.names.len()) % TRADES.len();
                    firm.names.push(name::former(&firm.as_drawn.name, &mut draw, other).full());
                }
                // A union that is taken off the roll again.
                (FirmFate::Founded, 11) => firm.fate = FirmFate::Lacking,
                _ => {}
            }
        }
        if JOINING.contains(&self.month) {
            self.join_two();
        }
    }

    /// Two neighbours without a union become one, as long as neither did so before.
    fn join_two(&mut self) {
        let host: Vec<usize> = self.firms.iter().filter_map(|firm| firm.into).collect();
        let is_quiet = |at: usize| self.firms[at].fate == FirmFate::Lacking && !host.contains(&at);
        let are_one = |at: &usize| {
            let is_one_officers = self.firms[*at].officer == self.firms[at + 1].officer;
            is_one_officers && at % 3 == self.month as usize % 3 && is_quiet(*at) && is_quiet(at + 1)
        };
        if let Some(at) = (10..self.firms.len() - 1).find(are_one) {
            self.firms[at].fate = FirmFate::TakenIn;
            self.firms[at].into = Some(at + 1);
        }
    }

    /// The departments' connectors: name and `connector.toml`; each reads `rows.csv` beside it.
    pub fn connectors() -> [(&'static str, String); 3] {
        let connector = |kind: &str, zh: &str, en: &str, columns: &str| {
            format!(
                "title = {{ zh = \"{zh}\", en = \"{en}\" }}\nowner = {{ zh = \"虚构局\", en = \"Invented Bureau\" }}\nkind = \"{kind}\"\n\
                 [source]\ntransport = \"file\"\nplace = \"rows.csv\"\nformat = \"csv\"\n[guard]\nmax_vanished_percent = 100\n\
                 [key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n\"代码\" = \"credit_code\"\n{columns}\n"
            )
        };
        let firms = "\"职工\" = \"employees\"\n\"规上\" = \"official_list\"\n\"区划\" = \"area\"\n\"状态\" = \"status\"";
        let roll = "\"工会\" = \"union_name\"\n\"类型\" = \"union_kind\"\n\"会员\" = \"members\"";
        let fund = "\"费种\" = \"payment_kind\"\n\"所属期\" = \"period\"\n\"应缴\" = { field = \"due\", unit = \"yuan\" }\n\
                    \"实缴\" = { field = \"paid\", unit = \"yuan\" }";
        [
            ("firms", connector("enterprise", "企业登记", "register of firms", firms)),
            ("roll", connector("union", "工会名册", "union roll", roll)),
            ("fund", connector("payment", "经费代收", "payments", fund)),
        ]
    }

    /// What the departments write now: the name of the connector and its rows.
    pub fn extracts(&self) -> [(&'static str, String); 3] {
        let mut firms = "编号,名称,代码,职工,规上,区划,状态\n".to_owned();
        let mut roll = "编号,名称,代码,工会,类型,会员\n".to_owned();
        let mut fund = "编号,名称,代码,费种,所属期,应缴,实缴\n".to_owned();
        for firm in self.firms.iter().chain([&self.old]) {
            // Of two that became one the register shows both rows under one code, name and standing.
            let is = firm.into.map_or(firm, |at| &self.firms[at]);
            let (name, code, district, staff) = (is.name(), &is.credit_code, firm.district, firm.employees);
            let status = match is.fate {
                FirmFate::MovedAway => "迁出",
                FirmFate::StruckOff => "注销",
                _ => "存续",
            };
            let [of_firm, of_union, of_payment] = firm.keys();
            firms.push_str(&format!("{of_firm},{name},{code},{staff},是,{district},{status}\n"));
            if matches!(firm.fate, FirmFate::OnRoll | FirmFate::Founded) {
                let members = staff / 2;
                roll.push_str(&format!("{of_union},{name},{code},{name}工会委员会,独立基层工会,{members}\n"));
            }
            if firm.fate == FirmFate::Founded {
                fund.push_str(&format!("{of_payment},{name},{code},工会经费,2026Q4,1000,1000\n"));
            }
        }
        [("firms", firms), ("roll", roll), ("fund", fund)]
    }

    /// Who walks a list this month.
    pub fn walkers(&self) -> impl Iterator<Item = u32> {
        let officers = DISTRICTS.len() as u32 * OFFICERS_EACH;
        let first = self.month * WALKERS;
        (0..WALKERS).map(move |walk| (first + walk) % officers)
    }

    /// What an officer brings back from their doors, each the number of a case and of its firm, in the order of the walk, begun at a time
    /// on the clocks of the city. Where a founding is agreed on, its day is `agreed`.
    pub fn answers(&self, officer: u32, doors: &[(String, u32)], began: NaiveDateTime, agreed: NaiveDate) -> AnsweredSheet {
        let is_messy = self.walkers().position(|who| who == officer) == Some(MESSY as usize);
        let mut rows = vec![["案件编号", "到访结果", "答复", "走访时间", "约定日期"].map(str::to_owned).to_vec()];
        for (at, (case, firm)) in doors.iter().enumerate() {
            let (door, answer) = match self.firms[*firm as usize].fate {
                FirmFate::Refuses => ("met", "refused"),
                // Whoever makes a mess of it stands before the wrong house,
                _ if is_messy && at == 0 => ("查无此单位", ""),
                FirmFate::OnRoll => ("met", "date_set"),
                _ => ("met", "thinks"),
            };
            // writes codes that do not exist,
            let answer = if is_messy && at == 1 { "perhaps" } else { answer };
            // and was at every door of a long list within a minute.
            let minutes = if is_messy && doors.len() > 6 { 0 } else { at as i64 * 12 };
            let time = began + TimeDelta::minutes(minutes);
            let on = if answer == "date_set" { agreed.to_string() } else { String::new() };
            let cells = [case.as_str(), door, answer, &time.format("%Y-%m-%d %H:%M").to_string(), &on];
            rows.push(cells.map(str::to_owned).to_vec());
        }
        AnsweredSheet { visitor: format!("officer {officer}"), rows, is_messy }
    }

    /// What ought to be there now.
    pub fn truth(&self) -> OutreachTruth {
        let mut truth = OutreachTruth::default();
        for firm in &self.firms {
            *truth.firms.entry(firm.fate).or_default() += 1;
            *truth.cases.entry(firm.fate.case()).or_default() += 1;
        }
        truth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived(seed: u64) -> OutreachYear {
        let mut year = OutreachYear::new(&City::new(seed, 4_000, 0)).expect("four thousand are enough");
        (0..12).for_each(|_| year.live());
        year
    }

    #[test]
    fn a_year_has_fifty_officers_and_everything_that_happens_to_a_firm() {
        for seed in [1, 7] {
            let year = lived(seed);
            assert_eq!((year.officers().count(), year.firms().len()), (50, 250));
            let truth = year.truth();
            assert_eq!(truth.firms.values().sum::<u32>(), 250);
            for fate in [FirmFate::Lacking, FirmFate::Founded, FirmFate::Refuses, FirmFate::MovedAway, FirmFate::StruckOff] {
                assert!(truth.firms.get(&fate).is_some_and(|count| *count > 3), "{fate:?}: {truth:?}");
            }
            assert_eq!(truth.firms[&FirmFate::TakenIn], 2, "{truth:?}");
            assert!(year.firms().iter().filter(|firm| firm.names.len() > 1).count() > 10);
            assert_eq!(truth, lived(seed).truth(), "the same seed, the same year");
        }
        assert!(OutreachYear::new(&City::new(1, 100, 0)).is_none());
    }

    #[test]
    fn departments_write_what_is_true_and_two_that_became_one_stand_under_one_code() {
        let year = lived(7);
        let [(_, firms), (_, roll), (_, fund)] = year.extracts();
        let lines = |text: &str| text.lines().count() as u32 - 1;
        let (founded, on_roll) =
            (year.truth().firms[&FirmFate::Founded], *year.truth().firms.get(&FirmFate::OnRoll).unwrap_or(&0));
        assert_eq!((lines(&firms), lines(&roll), lines(&fund)), (251, founded + on_roll + 1, founded + 1));
        let codes: Vec<&str> = firms.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
        let mut distinct = codes.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(codes.len() - distinct.len(), 2);
    }

    #[test]
    fn officers_err_as_people_do() {
        let mut year = OutreachYear::new(&City::new(7, 4_000, 0)).expect("four thousand are enough");
        year.live();
        let walkers: Vec<u32> = year.walkers().collect();
        let began: NaiveDateTime = "2026-02-04T08:00:00".parse().expect("a time");
        let doors: Vec<(String, u32)> = (0..8).map(|n| (format!("C{n}"), n)).collect();
        let agreed = "2026-02-24".parse().expect("a day");
        let clean = year.answers(walkers[0], &doors, began, agreed);
        assert!(!clean.is_messy && clean.rows.len() == 9);
        let messy = year.answers(walkers[2], &doors, began, agreed);
        assert!(messy.is_messy && messy.rows[2][2] == "perhaps");
        assert!(messy.rows[1..].iter().all(|row| row[3] == "2026-02-04 08:00"), "forty doors in a minute");
        let theirs = year.firms().iter().find(|firm| firm.officer == 7).expect("five of them").number;
        year.live();
        assert_eq!((year.leaving(), year.in_charge(theirs)), (None, 7));
        year.live();
        assert_eq!((year.leaving(), year.in_charge(theirs)), (Some((7, 8)), 8));
    }
}
