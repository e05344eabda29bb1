//! Two profiles side by side, feature by feature, in levels.
//!
//! A profile shows several names, addresses and phones; of each feature the best-weighing agreement counts. What a
//! level is worth is not said here but in [`weights`].

mod attributes;
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
use super::records::{Book, RecordNo};
use frequencies::Terms;
use weights::Weights;

/// Compares the loose side `left` with `right`, which may be coded.
pub fn compare(book: &Book, terms: &Terms, weights: &Weights, left: &[RecordNo], right: &[RecordNo]) -> Comparison {
    let names = name::best(book, terms, weights, left, right);
    let (address, addresses, address_count) = attributes::addresses(book, terms, left, right);
    let (phone, phone_count) = attributes::phones(book, terms, left, right);
    Comparison {
        name: names.level,
        form: names.form,
        place: names.place,
        address,
        phone,
        county: attributes::counties(book, left, right),
        employees: attributes::employees(book, left, right),
        established: attributes::established(book, left, right),
        industry: attributes::industries(book, left, right),
        occupied: attributes::occupied(book, left, right),
        code: attributes::codes(book, left, right),
        registration: attributes::registrations(book, left, right),
        names: names.names,
        addresses,
        brand_count: names.brand_count,
        phone_count,
        address_count,
        of_roll: attributes::of_roll(book, left),
    }
}
