//! Two profiles side by side, feature by feature, in levels.
//!
//! A profile shows several names, addresses and phones; of each feature the best-weighing agreement counts. What a
//! level is worth is not said here but in [`super::weights`].

mod facts;
mod name;

pub use facts::{
    CodeLevel, CountyLevel, EmployeesLevel, EstablishedLevel, IndustryLevel, OccupiedLevel, PhoneLevel, PlaceOfBusinessLevel,
    RegistrationLevel,
};
pub use name::{FormLevel, NameLevel, PlaceLevel};

use super::book::{AddressNo, Book, NameNo, RecordNo};
use super::terms::Terms;
use super::weights::Weights;

/// Everything about a pair that is weighed. Level numbers index the weight table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    pub name: NameLevel,
    pub form: FormLevel,
    pub place: PlaceLevel,
    pub address: PlaceOfBusinessLevel,
    pub phone: PhoneLevel,
    pub county: CountyLevel,
    pub employees: EmployeesLevel,
    pub established: EstablishedLevel,
    pub industry: IndustryLevel,
    pub occupied: OccupiedLevel,
    pub code: CodeLevel,
    pub registration: RegistrationLevel,
    /// The names that agreed best.
    pub names: (NameNo, NameNo),
    pub addresses: (AddressNo, AddressNo),
    /// Profiles that share the 字号, the phone, the address that agreed.
    pub brand_count: u32,
    pub phone_count: u32,
    pub address_count: u32,
    /// The loose side is a union's or a mention's record.
    pub of_roll: bool,
}

/// Compares the loose side `left` with `right`, which may be coded.
pub fn compare(book: &Book, terms: &Terms, weights: &Weights, left: &[RecordNo], right: &[RecordNo]) -> Comparison {
    let names = name::best(book, terms, weights, left, right);
    let (address, addresses, address_count) = facts::addresses(book, terms, left, right);
    let (phone, phone_count) = facts::phones(book, terms, left, right);
    Comparison {
        name: names.level,
        form: names.form,
        place: names.place,
        address,
        phone,
        county: facts::counties(book, left, right),
        employees: facts::employees(book, left, right),
        established: facts::established(book, left, right),
        industry: facts::industries(book, left, right),
        occupied: facts::occupied(book, left, right),
        code: facts::codes(book, left, right),
        registration: facts::registrations(book, left, right),
        names: names.names,
        addresses,
        brand_count: names.brand_count,
        phone_count,
        address_count,
        of_roll: facts::of_roll(book, left),
    }
}
