//! The rows of a coverage. A map asks for thousands of them, and the library resolves every field of each on its own; where only
//! plain fields are asked, they are written here in one go. Anything else goes the library's way: the answers are the same.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, InputType, Name, OutputType, Positioned, ServerResult, Value};

use super::coverage::{CoverageRow, group_name};
use crate::edition::Measures;
use crate::model::message::Lang;
use crate::serve::context::RequestContext;

/// Rows of a coverage, as a list in the schema.
pub struct Rows(pub Vec<CoverageRow>);

pub type Count = fn(&Measures) -> u64;
pub type Rate = fn(&Measures) -> (u64, u64);

/// What a count is called by clients. `covered` is the number with a union of a counted kind, never that of gap status COVERED.
const COUNTS: &[(&str, Count)] = &[
    ("enterprises", |m| m.enterprises),
    ("aboveDesignatedSize", |m| m.above),
    ("independent", |m| m.independent),
    ("covered", |m| m.unionised),
    ("lacking", |m| m.lacking),
    ("lackingIndependent", |m| m.lacking_independent),
    ("inGap", |m| m.in_gap),
    ("undecided", |m| m.undecided),
    ("outOfScope", |m| m.out_of_scope),
    ("employees", |m| m.employees),
    ("employeesOfUnionised", |m| m.employees_of_unionised),
    ("unions", |m| m.unions),
    ("members", |m| m.members),
];

/// What a rate is called by clients, its numerator and its denominator.
const RATES: &[(&str, Rate)] = &[
    ("independentRate", |m| (m.above_independent, m.above)),
    ("coverageRate", |m| (m.unionised, m.in_scope)),
    ("membershipRateUnionised", |m| (m.members_of_unionised, m.employees_of_unionised)),
    ("membershipRateAll", |m| (m.members, m.employees)),
    ("establishmentRate", |m| (m.established, m.in_scope)),
];

/// The count that clients call so.
pub fn count(name: &str) -> Option<Count> {
    COUNTS.iter().find(|(of, _)| *of == name).map(|(_, count)| *count)
}

/// Numerator and denominator of the rate that clients call so.
pub fn rate(name: &str) -> Option<Rate> {
    RATES.iter().find(|(of, _)| *of == name).map(|(_, rate)| *rate)
}

#[derive(Clone, Copy)]
enum OfKey {
    Dimension,
    Code,
    Name,
}

#[derive(Clone, Copy)]
enum OfRate {
    Numerator,
    Denominator,
    Value,
}

/// What is written under one name of a row.
enum Plain {
    Suppressed,
    Count(Count),
    Rate(Rate, Vec<(Name, OfRate)>),
    Keys(Vec<(Name, OfKey)>),
}

/// The fields of a selection by the names they are answered under. None where one has arguments, directives or a fragment, or
/// comes twice.
fn fields(set: &SelectionSet) -> Option<Vec<(Name, &Field)>> {
    let mut found: Vec<(Name, &Field)> = Vec::with_capacity(set.items.len());
    for item in &set.items {
        let Selection::Field(field) = &item.node else { return None };
        let field = &field.node;
        let name = field.alias.as_ref().unwrap_or(&field.name).node.clone();
        if !field.arguments.is_empty() || !field.directives.is_empty() || found.iter().any(|(other, _)| *other == name) {
            return None;
        }
        found.push((name, field));
    }
    Some(found)
}

/// The parts of an object whose fields are all among `known`.
fn parts<T: Copy>(field: &Field, known: &[(&str, T)]) -> Option<Vec<(Name, T)>> {
    let part = |(name, field): (Name, &Field)| {
        let (_, part) = known.iter().find(|(of, _)| *of == field.name.node.as_str())?;
        Some((name, *part))
    };
    fields(&field.selection_set.node)?.into_iter().map(part).collect()
}

/// How to write a row; None where the library must.
fn plan(set: &SelectionSet) -> Option<Vec<(Name, Plain)>> {
    let plain = |(name, field): (Name, &Field)| {
        let asked = field.name.node.as_str();
        if let Some(count) = count(asked) {
            return Some((name, Plain::Count(count)));
        }
        if let Some(rate) = rate(asked) {
            let known = [("numerator", OfRate::Numerator), ("denominator", OfRate::Denominator), ("value", OfRate::Value)];
            return Some((name, Plain::Rate(rate, parts(field, &known)?)));
        }
        match asked {
            "suppressed" => Some((name, Plain::Suppressed)),
            "keys" => {
                let known = [("dimension", OfKey::Dimension), ("code", OfKey::Code), ("name", OfKey::Name)];
                Some((name, Plain::Keys(parts(field, &known)?)))
            }
            _ => None,
        }
    };
    fields(set)?.into_iter().map(plain).collect()
}

fn write(row: &CoverageRow, plan: &[(Name, Plain)], lang: Lang) -> Value {
    let mut object = IndexMap::with_capacity(plan.len());
    for (name, plain) in plan {
        let value = match plain {
            Plain::Suppressed => Value::from(row.suppressed),
            Plain::Keys(parts) => {
                Value::List(row.by.iter().zip(&row.keys).map(|(by, code)| key(row, *by, code, parts, lang)).collect())
            }
            _ if row.suppressed => Value::Null,
            Plain::Count(count) => Value::from(count(&row.measures)),
            Plain::Rate(rate, parts) => ratio(rate(&row.measures), parts),
        };
        object.insert(name.clone(), value);
    }
    Value::Object(object)
}

fn key(row: &CoverageRow, by: super::coverage::Dimension, code: &str, parts: &[(Name, OfKey)], lang: Lang) -> Value {
    let part = |part: &OfKey| match part {
        OfKey::Dimension => by.to_value(),
        OfKey::Code => Value::from(code),
        OfKey::Name => Value::from(group_name(&row.edition, by, code, lang)),
    };
    Value::Object(parts.iter().map(|(name, of)| (name.clone(), part(of))).collect())
}

fn ratio((numerator, denominator): (u64, u64), parts: &[(Name, OfRate)]) -> Value {
    let part = |part: &OfRate| match part {
        OfRate::Numerator => Value::from(numerator),
        OfRate::Denominator => Value::from(denominator),
        OfRate::Value if denominator == 0 => Value::Null,
        OfRate::Value => Value::from(numerator as f64 / denominator as f64),
    };
    Value::Object(parts.iter().map(|(name, of)| (name.clone(), part(of))).collect())
}

impl OutputType for Rows {
    fn type_name() -> Cow<'static, str> {
        <Vec<CoverageRow> as OutputType>::type_name()
    }
    fn qualified_type_name() -> String {
        <Vec<CoverageRow> as OutputType>::qualified_type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<CoverageRow> as OutputType>::create_type_info(registry)
    }
    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        match plan(&ctx.item.node) {
            Some(plan) => {
                let lang = ctx.data_unchecked::<Arc<RequestContext>>().lang;
                Ok(Value::List(self.0.iter().map(|row| write(row, &plan, lang)).collect()))
            }
            None => self.0.resolve(ctx, field).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covered_is_what_has_a_union_and_not_what_the_gap_calls_covered() {
        let measures = Measures { in_scope: 10, unionised: 7, gap_covered: 3, ..Measures::default() };
        assert_eq!(count("covered").map(|of| of(&measures)), Some(7));
        assert_eq!(rate("coverageRate").map(|of| of(&measures)), Some((7, 10)));
        assert!(count("gapCovered").is_none() && count("unionised").is_none(), "the graph has one name for it");
    }
}
