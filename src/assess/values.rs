//! One value of a record as a verdict needs it: a date, money, a number; nothing where it was not stated.

use crate::model::facts::Facts;
use crate::model::field::Field;
use crate::model::stated_values::ValueRef;
use crate::model::value::{Money, PartialDate};

/// A date field of a record.
pub fn date(facts: &Facts, field: Field) -> Option<PartialDate> {
    match facts.get(field)? {
        ValueRef::Date(d) => Some(d),
        _ => None,
    }
}

/// A money field of a record, in yuan; a bare number is yuan.
pub fn money(facts: &Facts, field: Field) -> Option<Money> {
    match facts.get(field)? {
        ValueRef::Money(m) => Some(m),
        ValueRef::Count(n) => Some(Money::from_yuan(n)),
        _ => None,
    }
}

pub(super) fn number(facts: &Facts, field: Field) -> Option<f64> {
    match facts.get(field)? {
        ValueRef::Number(n) => Some(n),
        ValueRef::Count(n) => Some(n as f64),
        _ => None,
    }
}
