//! Two profiles side by side, feature by feature, in levels.
//!
//! A profile shows several names, addresses and phones; of each feature the best-weighing agreement counts. What a
//! level is worth is not said here but in [`weights`].

mod attributes;
pub mod caution;
pub mod frequencies;
pub mod levels;
mod name;
pub mod weights;

pub use levels::{
    CodeLevel, CountyLevel, EmployeesLevel, EstablishedLevel, IndustryLevel, OccupiedLevel, PhoneLevel, PlaceOfBusinessLevel,
    RegistrationLevel,
};
pub use levels::{FormLevel, NameLevel, PlaceLevel};

use super::compare::levels::Comparison;
use super::records::{RecordNo, RecordTable};
use frequencies::ValueFrequencies;
use levels::Caution;
use weights::Weights;

/// Compares the unidentified side `left` with `right`, which may be coded.
pub fn compare(
    record_table: &RecordTable,
    terms: &ValueFrequencies,
    weights: &Weights,
    left: &[RecordNo],
    right: &[RecordNo],
) -> Comparison {
    compare_unless(record_table, terms, weights, left, right, |_| false).expect("no pair is given up")
}

/// The same, but for pairs that are hopeless, as four of five candidates are: `is_hopeless` is asked once names, addresses, phones and
/// numbers are compared and the rest stands as if one side had none of it.
pub fn compare_unless(
    record_table: &RecordTable,
    terms: &ValueFrequencies,
    weights: &Weights,
    left: &[RecordNo],
    right: &[RecordNo],
    is_hopeless: impl Fn(&Comparison) -> bool,
) -> Option<Comparison> {
    let mut names = name::best(record_table, terms, weights, left, right);
    let mut establishment = names.level == NameLevel::Equal
        && [names.names.0, names.names.1].iter().any(|name| record_table.name(*name).shape.establishment);
    if establishment && let Some(level) = name::units(record_table, names.names, left, right) {
        (names.level, establishment) = (level, false);
    }
    let (address, addresses, address_count) = attributes::addresses(record_table, terms, left, right);
    let one_name = names.level == NameLevel::Equal && name::is_one_registered(record_table, names.names);
    let (code, broken_count) = attributes::codes(record_table, terms, left, right);
    let (phone, phone_count) = attributes::phones(record_table, terms, left, right);
    let mut pair = Comparison {
        name: names.level,
        form: names.form,
        place: names.place,
        address,
        phone,
        county: CountyLevel::Absent,
        employees: EmployeesLevel::Absent,
        established: EstablishedLevel::Absent,
        industry: IndustryLevel::Absent,
        occupied: OccupiedLevel::Free,
        code,
        registration: attributes::registrations(record_table, left, right),
        names: names.names,
        addresses,
        brand_count: names.brand_count,
        phone_count,
        address_count,
        of_roll: attributes::of_roll(record_table, left),
        prior: left.iter().map(|r| terms.prior(record_table.facts(*r).registry)).fold(f32::NEG_INFINITY, f32::max),
        establishment,
        caution: Caution::None,
        broken_count,
    };
    if is_hopeless(&pair) {
        return None;
    }
    pair.county = attributes::counties(record_table, left, right, one_name);
    pair.employees = attributes::employees(record_table, left, right);
    pair.established = attributes::established(record_table, left, right);
    pair.industry = attributes::industries(record_table, left, right);
    pair.occupied = attributes::occupied(record_table, left, right);
    pair.caution = caution::caution(&pair, record_table.name(pair.names.0), record_table.name(pair.names.1));
    Some(pair)
}
