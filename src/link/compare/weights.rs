//! The weight table: how much each level of agreement moves a decision.
//!
//! For every level the table holds `m`, how often pairs of one enterprise show it, and `u`, how often others do; the
//! weight is log2(m / u) (Fellegi and Sunter 1969). Two tables: for union rolls and mentions, written by hand from
//! everyday names, and for registries. For names `u` is relative: where the 字号 is the same it is a share of the
//! profiles with that 字号, so that a common one weighs less (Winkler's frequency correction); elsewhere a share of all
//! profiles. A phone or address that agrees while the names say nothing is weighed by how many share it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::levels::Caution;
use super::levels::*;

const SHIPPED: &str = include_str!("../../../reference/names/weights.toml");

/// Lists the names of a feature's levels.
pub type LevelNames = fn() -> Vec<&'static str>;

/// Name and level names of every feature, in the order of the tables.
pub static FEATURE: [(&str, LevelNames); FEATURES] = [
    ("name", || NameLevel::ALL.iter().map(|l| l.name()).collect()),
    ("form", || FormLevel::ALL.iter().map(|l| l.name()).collect()),
    ("place", || PlaceLevel::ALL.iter().map(|l| l.name()).collect()),
    ("address", || PlaceOfBusinessLevel::ALL.iter().map(|l| l.name()).collect()),
    ("phone", || PhoneLevel::ALL.iter().map(|l| l.name()).collect()),
    ("county", || CountyLevel::ALL.iter().map(|l| l.name()).collect()),
    ("employees", || EmployeesLevel::ALL.iter().map(|l| l.name()).collect()),
    ("established", || EstablishedLevel::ALL.iter().map(|l| l.name()).collect()),
    ("industry", || IndustryLevel::ALL.iter().map(|l| l.name()).collect()),
    ("occupied", || OccupiedLevel::ALL.iter().map(|l| l.name()).collect()),
    ("code", || CodeLevel::ALL.iter().map(|l| l.name()).collect()),
    ("registration", || RegistrationLevel::ALL.iter().map(|l| l.name()).collect()),
];

/// Position of the name among the features.
pub const NAME: usize = 0;
const FORM: usize = 1;
const PLACE: usize = 2;
/// Position of the address among the features.
pub const ADDRESS: usize = 3;
/// Position of the telephone among the features.
pub const PHONE: usize = 4;
const CODE: usize = 10;
/// District, staff, day, industry, and who is there already: what is compared last.
const LATER: std::ops::Range<usize> = 5..CODE;
/// Sums of the same numbers in another order differ by less.
const ROUNDED: f32 = 0.001;

/// How often a level is seen among pairs of one enterprise (`m`) and among others (`u`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Odds {
    /// Share among pairs of one enterprise, above 0 and at most 1.
    pub m: f64,
    /// Share among other pairs, above 0 and at most 1.
    pub u: f64,
}

impl Odds {
    fn log2(self) -> f32 {
        (self.m / self.u).log2() as f32
    }
}

/// Feature → level → odds.
pub type Table = BTreeMap<String, BTreeMap<String, Odds>>;

/// The table as written in TOML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightTable {
    /// log2 odds that a record without a code has its enterprise among the others at all.
    pub prior: f32,
    /// For records of union rolls, and mentions.
    pub roll: Table,
    /// For records of registries.
    pub registry: Table,
}

/// The weight table, ready for use.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    table: WeightTable,
    /// Weight of every feature and level: rolls, then registries.
    log2: [[Vec<f32>; FEATURES]; 2],
    /// log2 m alone, for agreement weighed by frequency.
    log2_m: [[Vec<f32>; FEATURES]; 2],
    /// What the features of `LATER` weigh together at most, or nothing.
    later_at_most: [f32; 2],
}

/// What went wrong with a weight table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// It is no TOML, or has other keys.
    #[error("weight table cannot be read: {0}")]
    Syntax(String),
    /// A level has no odds.
    #[error("weight table: {table}.{feature}.{level} is missing; expected {{ m = …, u = … }} between 0 and 1")]
    Missing {
        /// `roll` or `registry`.
        table: &'static str,
        /// A feature of [`FEATURE`].
        feature: &'static str,
        /// One of its levels.
        level: &'static str,
    },
    /// Odds are no shares.
    #[error("weight table: {table}.{feature}.{level} must hold m and u above 0 and at most 1")]
    Range {
        /// `roll` or `registry`.
        table: &'static str,
        /// A feature of [`FEATURE`].
        feature: &'static str,
        /// One of its levels.
        level: &'static str,
    },
}

impl Weights {
    /// The table shipped with the program.
    pub fn shipped() -> Weights {
        // Read once: who matches a spreadsheet makes a linker for every row of it.
        static READ: LazyLock<Weights> = LazyLock::new(|| Weights::parse(SHIPPED).expect("the shipped weight table is complete"));
        READ.clone()
    }

    /// Reads a table that `huitu link fit` wrote, or a person.
    ///
    /// # Errors
    /// Syntax, Missing or Range: the first thing that is wrong.
    pub fn parse(toml: &str) -> Result<Weights, WeightsError> {
        Weights::new(toml::from_str(toml).map_err(|e| WeightsError::Syntax(e.to_string()))?)
    }

    /// The table made ready: every level's weight worked out.
    ///
    /// # Errors
    /// Missing or Range: the first level that is wrong.
    pub fn new(table: WeightTable) -> Result<Weights, WeightsError> {
        let mut log2: [[Vec<f32>; FEATURES]; 2] = Default::default();
        let mut log2_m = log2.clone();
        for (which, (name, rows)) in [("roll", &table.roll), ("registry", &table.registry)].into_iter().enumerate() {
            for (number, (feature, levels)) in FEATURE.iter().enumerate() {
                for level in levels() {
                    let odds = rows.get(*feature).and_then(|row| row.get(level));
                    let odds = odds.ok_or(WeightsError::Missing { table: name, feature, level })?;
                    if !(odds.m > 0.0 && odds.m <= 1.0 && odds.u > 0.0 && odds.u <= 1.0) {
                        return Err(WeightsError::Range { table: name, feature, level });
                    }
                    log2[which][number].push(odds.log2());
                    log2_m[which][number].push(odds.m.log2() as f32);
                }
            }
        }
        let most = |levels: &Vec<f32>| levels.iter().copied().fold(0.0, f32::max);
        let later_at_most = [0, 1].map(|which| log2[which][LATER].iter().map(most).sum());
        Ok(Weights { table, log2, log2_m, later_at_most })
    }

    /// As it was read.
    pub fn table(&self) -> &WeightTable {
        &self.table
    }
    /// As `parse` reads it.
    pub fn to_toml(&self) -> String {
        toml::to_string(&self.table).expect("numbers and names can be written")
    }

    /// What the names alone say, without the number of profiles where the 字号 is not the same.
    pub fn of_names(&self, name: NameLevel, form: FormLevel, place: PlaceLevel, brand_count: u32) -> f32 {
        let log2 = &self.log2[0];
        let rare = if name.same_brand() { (brand_count as f32).log2() } else { ASSUMED_POPULATION };
        log2[NAME][name as usize] + log2[FORM][form as usize] + log2[PLACE][place as usize] - rare
    }

    /// The weight of every feature, in the order of [`FEATURE`]. Their sum and the prior are the log2 odds.
    pub fn weigh(&self, pair: &Comparison, profiles: u32) -> [f32; FEATURES] {
        let which = usize::from(!pair.of_roll);
        let (log2, log2_m) = (&self.log2[which], &self.log2_m[which]);
        let rounded_population = (profiles.max(2) as f32).log2();
        let levels = pair.levels();
        let mut weights: [f32; FEATURES] = std::array::from_fn(|feature| log2[feature][levels[feature]]);
        weights[NAME] -= if pair.name.same_brand() { (pair.brand_count.max(1) as f32).log2() } else { rounded_population };
        // An everyday abbreviation leaves out the form as well: that is said already.
        if matches!(pair.name, NameLevel::TradeCut | NameLevel::TradeAbsent) && pair.form == FormLevel::Shortened {
            weights[FORM] = weights[FORM].max(0.0);
        }
        // An establishment has its own address, size and age.
        if pair.establishment {
            weights[ADDRESS..CODE].iter_mut().for_each(|weight| *weight = weight.max(0.0));
        }
        // A broken code that many carry says nothing of any of them.
        if pair.code == CodeLevel::SameBroken {
            let shared = (pair.broken_count.max(2) as f32).log2() - 1.0;
            weights[CODE] = (weights[CODE].min(rounded_population - shared) - 2.0 * shared).max(0.0);
        }
        // Names that say nothing: a shared phone or address weighs by how many share it, not by how often kin do.
        if pair.name.is_far() {
            if pair.phone == PhoneLevel::Same {
                weights[PHONE] =
                    log2_m[PHONE][pair.phone as usize] + rounded_population - (pair.phone_count.max(2) as f32).log2();
            }
            if pair.address <= PlaceOfBusinessLevel::RoadAndNumber {
                weights[ADDRESS] =
                    log2_m[ADDRESS][pair.address as usize] + rounded_population - (pair.address_count.max(2) as f32).log2() - 1.0;
            }
        }
        weights
    }

    /// What a pair can weigh at most of which what is compared last (`LATER`) is not compared yet, and that no claim binds.
    pub fn at_most(&self, pair: &Comparison, profiles: u32) -> f32 {
        let weights = self.weigh(pair, profiles);
        let known = weights[..LATER.start].iter().chain(&weights[LATER.end..]).sum::<f32>() + self.prior(pair);
        known + self.later_at_most[usize::from(!pair.of_roll)] + ROUNDED
    }

    /// log2 odds that the two are one enterprise: the sum of all, held below joining where there is a caution.
    pub fn odds(&self, pair: &Comparison, profiles: u32) -> f32 {
        self.held(pair, self.weigh(pair, profiles).iter().sum::<f32>() + self.prior(pair))
    }

    /// What a pair's caution makes of the sum of its weights.
    pub fn held(&self, pair: &Comparison, sum: f32) -> f32 {
        match pair.caution {
            Caution::None => sum,
            Caution::Unsaid => sum.max(UNSAID),
            Caution::Claim => sum.max(CLAIMED),
            Caution::Dragged => sum.max(DRAGGED),
            // The order among them stays: what agrees better is looked at first.
            _ if sum > CAUTIOUS => (CAUTIOUS + (sum - CAUTIOUS) / 100.0).min(CAUTIOUS / 10.0),
            _ => sum,
        }
    }

    /// log2 odds that the loose side has its enterprise among the others at all: the table's, or less where the registries at
    /// hand are few or small.
    pub fn prior(&self, pair: &Comparison) -> f32 {
        self.table.prior.min(pair.prior)
    }
}

/// What a pair with a caution weighs at most: for the queue, not for joining.
const CAUTIOUS: f32 = -0.5;
/// Weight of a code beside another name, where nothing else speaks for or against it: it joins where nothing better is there.
const UNSAID: f32 = 4.0;
/// Weight of a code that name, street and phone contradict: it joins where nothing better is there, for a person to confirm.
const CLAIMED: f32 = 1.5;
/// The same of a code that was dragged over many rows: a person decides.
const DRAGGED: f32 = -1.0;
/// log2 of a middling number of profiles: which of several names agrees best should not depend on the city's size.
const ASSUMED_POPULATION: f32 = 15.0;
