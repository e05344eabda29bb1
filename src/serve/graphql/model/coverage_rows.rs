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
use crate::edition::format::rates;
use crate::model::message::Lang;
use crate::serve::context::RequestContext;

/// Rows of a coverage, as a list in the schema.
pub struct Rows(pub Vec<CoverageRow>);

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
    Conflict,
}

/// What is written under one name of a row.
enum Plain {
    Suppressed,
    Count(fn(&Measures) -> u64),
    Rate(&'static rates::Rate, Vec<(Name, OfRate)>),
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
        if let Some(count) = rates::count(asked) {
            return Some((name, Plain::Count(count.of)));
        }
        if let Some(rate) = rates::rate(asked).filter(|rate| matches!(rate.parts, rates::Parts::Measures(_))) {
            let known = [
                ("numerator", OfRate::Numerator),
                ("denominator", OfRate::Denominator),
                ("value", OfRate::Value),
                ("conflict", OfRate::Conflict),
            ];
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
                Value::List(row.by.iter().zip(row.keys.iter()).map(|(by, code)| key(row, *by, code, parts, lang)).collect())
            }
            _ if row.suppressed => Value::Null,
            Plain::Count(count) => Value::from(count(&row.measures)),
            Plain::Rate(rate, parts) => ratio(rate, &row.measures, parts),
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

fn ratio(rate: &rates::Rate, measures: &Measures, parts: &[(Name, OfRate)]) -> Value {
    let Some((numerator, denominator)) = rate.of(measures) else { return Value::Null };
    let part = |part: &OfRate| match part {
        OfRate::Numerator => Value::from(numerator),
        OfRate::Denominator => Value::from(denominator),
        OfRate::Value => rate.value(measures).map_or(Value::Null, Value::from),
        OfRate::Conflict => Value::from(rate.is_conflict(numerator, denominator)),
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
        assert_eq!(rates::count("covered").map(|count| (count.of)(&measures)), Some(7));
        assert_eq!(rates::rate("coverageRate").and_then(|rate| rate.of(&measures)), Some((7, 10)));
        assert!(rates::count("gapCovered").is_none() && rates::count("unionised").is_none(), "the graph has one name for it");
    }
}
