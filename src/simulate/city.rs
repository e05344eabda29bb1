//! A city: neighbourhoods of 64 enterprises, each of which can be made again alone, at any time, in any order.
//!
//! So nothing has to be kept in memory but the few names that had to be drawn again because two neighbourhoods had drawn the
//! same. A neighbourhood lies in one district and in up to three of its streets; its enterprises share roads, houses, a
//! joint union, and their branches, subsidiaries and look-alikes stand beside them. Those founded later are numbered in neighbourhoods of
//! their own and lie among the others, all over the city.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use super::draw::{Draw, Shuffled};
use super::entity::{Entity, EntityKind, SharedUnion, SimulatedRegistry, SimulatedRelation};
use crate::model::reference::{District, Town, areas};

/// Enterprises in one neighbourhood.
pub const SLOTS: usize = 64;
/// In the first days more happens than in a real city, so that a few thousand enterprises show every kind of change; afterwards what
/// lasts (founding, closing, a union, a move) happens at the pace of years.
pub(super) const BUSY_DAYS: u16 = 14;
/// Share of enterprises founded anew on each of the busy days, and on each day after them (about a tenth a year).
const FOUNDED_PER_BUSY_DAY: f64 = 0.002;
const FOUNDED_PER_DAY: f64 = 0.0003;
/// Enterprises per district in thousands, after the city's economic censuses: 朝阳, 海淀 and 通州 as of 2023, the others as of 2018 times
/// 1.3, by which they grew together (密云, 延庆 and the development zone, which it does not list, are estimates).
const DISTRICT_WEIGHTS: [(u32, f64); 16] = [
    (110_101, 57.0),
    (110_102, 60.0),
    (110_105, 211.0),
    (110_106, 116.0),
    (110_107, 39.0),
    (110_108, 143.0),
    (110_109, 27.0),
    (110_111, 66.0),
    (110_112, 96.0),
    (110_113, 48.0),
    (110_114, 74.0),
    (110_115, 81.0),
    (110_116, 63.0),
    (110_117, 39.0),
    (110_118, 34.0),
    (110_119, 21.0),
];

/// The districts of the city.
pub(super) fn districts() -> impl Iterator<Item = u32> {
    DISTRICT_WEIGHTS.into_iter().map(|(code, _)| code)
}

/// Purposes of draws: each has its own stream.
pub(super) mod purpose {
    pub const PLACE: u64 = 1;
    pub const ENTITY: u64 = 2;
    pub const NAME: u64 = 3;
    pub const UNION: u64 = 4;
    pub const ORDER: u64 = 5;
    pub const SLOT_ORDER: u64 = 6;
    pub const RECORD: u64 = 7;
    pub const CHANGE: u64 = 8;
    pub const CODES: u64 = 9;
    pub const FORTUNE: u64 = 10;
    pub const FEDERATION: u64 = 11;
    pub const OUTREACH: u64 = 13;
    pub const HOME: u64 = 12;
}

/// 64 enterprises and the unions they share.
#[derive(Debug, Clone)]
pub struct Neighbourhood {
    pub number: u64,
    pub entities: Vec<Entity>,
    pub unions: Vec<SharedUnion>,
    /// Houses that several of its enterprises share, by the names that addresses bear.
    pub houses: Vec<String>,
}

impl Neighbourhood {
    /// The enterprise whose branch, subsidiary or look-alike this is.
    pub fn related(&self, entity: &Entity) -> Option<(SimulatedRelation, &Entity)> {
        let (relation, slot) = entity.relation?;
        Some((relation, self.entities.get(slot)?))
    }
}

/// A simulated city on one day.
#[derive(Debug, Clone)]
pub struct City {
    pub seed: u64,
    /// Enterprises on the first day.
    pub enterprises: u64,
    /// Days since the first.
    pub day: u16,
    pub(super) founded: u64,
    /// Enterprises whose first name was taken: how often it was drawn again.
    pub(super) renamed: HashMap<u64, u8>,
    pub(super) orders: Vec<Shuffled>,
}

/// The first day of every simulated city.
pub fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 30).expect("a calendar day")
}

impl City {
    pub fn today(&self) -> NaiveDate {
        first_day() + Days::new(self.day.into())
    }
    /// Enterprises ever known, the new ones included.
    pub fn population(&self) -> u64 {
        self.enterprises + self.founded
    }
    pub(super) fn first_neighbourhoods(&self) -> u64 {
        self.enterprises.div_ceil(SLOTS as u64)
    }
    pub fn neighbourhoods(&self) -> u64 {
        self.first_neighbourhoods() + self.founded.div_ceil(SLOTS as u64)
    }
    /// How many enterprises a neighbourhood has, and whether they were founded after the first day.
    pub(super) fn size(&self, number: u64) -> (usize, bool) {
        let first = self.first_neighbourhoods();
        let (at, all, new) =
            if number < first { (number, self.enterprises, false) } else { (number - first, self.founded, true) };
        ((all - at * SLOTS as u64).min(SLOTS as u64) as usize, new)
    }

    /// Day on which an enterprise was founded; 0 for those of the first day.
    pub(super) fn founded_on_day(&self, id: u64) -> u16 {
        let first_new = self.first_neighbourhoods() * SLOTS as u64;
        match id.checked_sub(first_new) {
            Some(n) => {
                let (busy, usual) = (self.enterprises as f64 * FOUNDED_PER_BUSY_DAY, self.enterprises as f64 * FOUNDED_PER_DAY);
                let left = n as f64 - busy * f64::from(BUSY_DAYS);
                if left < 0.0 { 1 + (n as f64 / busy) as u16 } else { 1 + BUSY_DAYS + (left / usual) as u16 }
            }
            None => 0,
        }
    }

    /// How many are founded up to a day.
    pub(super) fn founded_until(enterprises: u64, day: u16) -> u64 {
        let (busy, usual) = (f64::from(day.min(BUSY_DAYS)), f64::from(day.saturating_sub(BUSY_DAYS)));
        (enterprises as f64 * (FOUNDED_PER_BUSY_DAY * busy + FOUNDED_PER_DAY * usual)).ceil() as u64
    }

    /// The order in which a registry lists the neighbourhoods: its own, and the same on every day.
    pub fn order(&self, registry: SimulatedRegistry) -> impl Iterator<Item = u64> + '_ {
        let first = self.first_neighbourhoods();
        let shuffled = &self.orders[registry as usize];
        (0..self.neighbourhoods()).map(move |at| if at < first { shuffled.of(at) } else { at })
    }

    /// Where a neighbourhood lies: a district by its weight (evenly spread over the numbers), and up to three streets.
    pub(super) fn place(&self, number: u64) -> Lie {
        let mut draw = Draw::new(self.seed, purpose::PLACE, number);
        // Golden-ratio steps spread any number of neighbourhoods evenly over the weights.
        let spread = (number as f64 * 0.618_033_988_749_895 + (self.seed % 1000) as f64 / 1000.0).fract();
        let total: f64 = DISTRICT_WEIGHTS.iter().map(|w| w.1).sum();
        let mut left = spread * total;
        let mut code = DISTRICT_WEIGHTS[0].0;
        for (district, weight) in DISTRICT_WEIGHTS {
            code = district;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        let towns = areas().towns_of(code);
        let start = draw.below(towns.len());
        let count = 1 + draw.below(3);
        let towns = (0..count).map(|n| &towns[(start + n) % towns.len()]).collect();
        Lie { district: areas().district(code).expect("weights name districts in force"), towns }
    }

    /// An organisation code that no other enterprise of the city has.
    pub(super) fn organisation_code(&self, id: u64, modern: bool) -> String {
        // Multiplying by a number prime to the size of the space visits it all, each place once.
        const DIGITS: u64 = 40_000_000;
        const LETTERS: u64 = 31 * 31 * 31 * 31 * 31 * 31;
        let shift = Draw::new(self.seed, purpose::CODES, 0).next();
        let body = if modern {
            let mut left = (id.wrapping_mul(386_227_781) % LETTERS + shift % LETTERS) % LETTERS;
            let mut tail = [b'0'; 6];
            for c in tail.iter_mut().rev() {
                *c = b"0123456789ABCDEFGHJKLMNPQRTUWXY"[(left % 31) as usize];
                left /= 31;
            }
            format!("MA{}", String::from_utf8_lossy(&tail))
        } else {
            let at = (id.wrapping_mul(17_329_411) % DIGITS + shift % DIGITS) % DIGITS;
            format!("{}{:07}", [1, 2, 6, 7][(at / 10_000_000) as usize], at % 10_000_000)
        };
        let check = crate::model::identifier::organisation_check(body.as_bytes()).expect("eight characters of the alphabet");
        format!("{body}{}", check as char)
    }

    /// Credit code of an enterprise: `91` (firms) or `92` (individual businesses), the authority's code, the organisation code.
    pub(super) fn credit_code(&self, id: u64, kind: EntityKind, authority: u32, modern: bool) -> String {
        let lead = if kind == EntityKind::Individual { "92" } else { "91" };
        let body = format!("{lead}{authority:06}{}", self.organisation_code(id, modern));
        let check = crate::model::identifier::credit_check(body.as_bytes()).expect("seventeen characters of the alphabet");
        format!("{body}{}", check as char)
    }

    pub(super) fn registration_number(&self, id: u64, authority: u32, foreign: bool) -> String {
        let body = format!("{authority:06}{}{:07}", if foreign { 4 } else { 0 }, (id * 7_654_321 + 1_234_567) % 10_000_000);
        let check = crate::model::identifier::registration_check(body.as_bytes()).expect("fourteen digits");
        format!("{body}{}", check as char)
    }
}

/// Where a neighbourhood lies.
#[derive(Debug)]
pub(super) struct Lie {
    pub district: &'static District,
    pub towns: Vec<&'static Town>,
}
