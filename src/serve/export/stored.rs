//! What exports most often ask of the store, answered without the graph: keys and times of records, and the chosen values with their fields
//! and rules. The answers are those of the graph, so that whatever writes them need not know who gave them.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, Selection, SelectionSet};
use async_graphql::resolver_utils::enum_value;
use async_graphql::{Name, Positioned, ScalarType, Value};

use crate::access::{AccessScope, classes};
use crate::assess::ChosenValue;
use crate::edition::{Edition, MemberRow, Row};
use crate::serve::context::RequestContext;
use crate::serve::graphql::model::provenance::SurvivorshipRule;
use crate::serve::graphql::model::scalars::{DateTime, EnterpriseField};
use crate::serve::problem::Problem;
use crate::store::record::StoredRecord;

/// Records that `records` of an enterprise shows where nobody says how many.
const RECORDS: usize = 20;

/// A selection on an enterprise of which every field is known here.
pub struct StoredSelection {
    fields: Vec<(Name, Selected)>,
}

enum Selected {
    Records { nodes: Name, of_record: Vec<(Name, OfRecord)> },
    Provenance(Vec<(Name, OfField)>),
}

#[derive(Clone, Copy, PartialEq)]
enum OfRecord {
    Key,
    ObservedAt,
    LandedAt,
}

#[derive(Clone, Copy)]
enum OfField {
    Field,
    Value,
    Rule,
}

impl StoredSelection {
    /// None where the graph must answer.
    pub fn of(selection: &str) -> Option<StoredSelection> {
        let document = parse_query(selection).ok()?;
        let DocumentOperations::Single(operation) = document.operations else { return None };
        let fields = plain_fields(&operation.node.selection_set.node, |name, of| {
            Some(match name {
                "records" => {
                    let (nodes, of_record) = plain_fields(of, |name, of| match name {
                        "nodes" => plain_fields(of, of_record),
                        _ => None,
                    })?
                    .into_iter()
                    .next()?;
                    Selected::Records { nodes, of_record }
                }
                "provenance" => Selected::Provenance(plain_fields(of, of_field)?),
                _ => return None,
            })
        })?;
        Some(StoredSelection { fields })
    }

    fn wants(&self, is: impl Fn(&Selected) -> bool) -> bool {
        self.fields.iter().any(|(_, selected)| is(selected))
    }

    fn wants_provenance(&self) -> bool {
        self.wants(|selected| matches!(selected, Selected::Provenance(_)))
    }

    /// Whether the caller may see all of it: what they may not see the graph says.
    pub fn is_permitted(&self, ask: &RequestContext) -> bool {
        !self.wants_provenance() || ask.caller.has(AccessScope::Records)
    }

    /// One answer per row, in their order, as the graph gives it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn answers(&self, ask: &RequestContext, edition: &Edition, rows: &[Row]) -> Result<Vec<Value>, Problem> {
        let members: Vec<Vec<MemberRow<'_>>> = rows.iter().map(|row| edition.enterprise(*row).members().collect()).collect();
        let of_store = |selected: &Selected| match selected {
            Selected::Records { of_record, .. } => of_record.iter().any(|(_, of)| *of != OfRecord::Key),
            Selected::Provenance(_) => true,
        };
        let stored = match self.wants(of_store) {
            true => ask.details.stored(&members.iter().flatten().map(|m| m.record_id()).collect::<Vec<i64>>()).await?,
            false => Vec::new(),
        };
        let chosen = match self.wants_provenance() {
            true => {
                ask.caller.may(AccessScope::Records);
                let mut parts: Vec<Vec<(i64, u16)>> = Vec::with_capacity(members.len());
                parts.extend(members.iter().map(|members| members.iter().map(|m| (m.record_id(), m.part())).collect()));
                ask.details.chosen_values(&stored, &parts).await?
            }
            false => vec![Vec::new(); rows.len()],
        };
        let mut times = Times::default();
        let answers = members.iter().zip(&chosen).map(|(members, chosen)| {
            let fields = self.fields.iter().map(|(name, selected)| {
                let value = match selected {
                    Selected::Records { nodes, of_record } => {
                        let records = records(ask, members, of_record, &stored, &mut times);
                        Value::Object(IndexMap::from_iter([(nodes.clone(), Value::List(records))]))
                    }
                    Selected::Provenance(of_field) => Value::List(fields_of(ask, chosen, of_field)),
                };
                (name.clone(), value)
            });
            Value::Object(fields.collect())
        });
        Ok(answers.collect())
    }
}

/// The fields of a selection, each once and as it is called, without arguments and directives; None where one is not known.
fn plain_fields<T>(set: &SelectionSet, known: impl Fn(&str, &SelectionSet) -> Option<T>) -> Option<Vec<(Name, T)>> {
    let mut fields: Vec<(Name, T)> = Vec::with_capacity(set.items.len());
    for Positioned { node, .. } in &set.items {
        let Selection::Field(Positioned { node: field, .. }) = node else { return None };
        let name = &field.name.node;
        let is_plain = field.alias.is_none() && field.arguments.is_empty() && field.directives.is_empty();
        if !is_plain || fields.iter().any(|(other, _)| other == name) {
            return None;
        }
        fields.push((name.clone(), known(name, &field.selection_set.node)?));
    }
    (!fields.is_empty()).then_some(fields)
}

fn of_record(name: &str, of: &SelectionSet) -> Option<OfRecord> {
    Some(match name {
        _ if !of.items.is_empty() => return None,
        "key" => OfRecord::Key,
        "observedAt" => OfRecord::ObservedAt,
        "landedAt" => OfRecord::LandedAt,
        _ => return None,
    })
}

fn of_field(name: &str, of: &SelectionSet) -> Option<OfField> {
    Some(match name {
        _ if !of.items.is_empty() => return None,
        "field" => OfField::Field,
        "value" => OfField::Value,
        "rule" => OfField::Rule,
        _ => return None,
    })
}

/// The records of an enterprise that the caller may know of.
fn records(
    ask: &RequestContext,
    members: &[MemberRow<'_>],
    of_record: &[(Name, OfRecord)],
    stored: &[StoredRecord],
    times: &mut Times,
) -> Vec<Value> {
    let mut last = None;
    let known = members.iter().filter(|m| ask.may_know_presence(m.registry()));
    let each = known.filter(|m| last.replace(m.record_id()) != Some(m.record_id())).take(RECORDS);
    let record = |member: &MemberRow<'_>| {
        let found = stored.binary_search_by_key(&member.record_id(), |row| row.id).ok().map(|at| &stored[at]);
        let value = |of: OfRecord, times: &mut Times| match of {
            OfRecord::Key => Value::String(member.key().to_owned()),
            OfRecord::ObservedAt => found.and_then(|row| row.observed_at).map_or(Value::Null, |at| times.shown(at)),
            OfRecord::LandedAt => found.map_or(Value::Null, |row| times.shown(row.landed_at)),
        };
        Value::Object(of_record.iter().map(|(name, of)| (name.clone(), value(*of, times))).collect())
    };
    each.map(record).collect()
}

/// The chosen values that the caller may see.
fn fields_of(ask: &RequestContext, chosen: &[ChosenValue], of_field: &[(Name, OfField)]) -> Vec<Value> {
    let told = chosen.iter().filter(|chosen| ask.caller.is_shown(classes::of_field(chosen.field)));
    let field = |chosen: &ChosenValue| {
        let value = |of: OfField| match of {
            OfField::Field => enum_value(EnterpriseField::from(chosen.field)),
            OfField::Value => Value::String(chosen.value.clone()),
            OfField::Rule => enum_value(SurvivorshipRule::from(chosen.rule)),
        };
        Value::Object(of_field.iter().map(|(name, of)| (name.clone(), value(*of))).collect())
    };
    told.map(field).collect()
}

/// Moments as they are shown: many rows landed together.
#[derive(Default)]
struct Times(Option<(i64, Value)>);

impl Times {
    fn shown(&mut self, millis: i64) -> Value {
        if let Some((at, value)) = &self.0
            && *at == millis
        {
            return value.clone();
        }
        let value = DateTime::from_millis(millis).map_or(Value::Null, |at| at.to_value());
        self.0 = Some((millis, value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_here_is_left_to_the_graph() {
        for (selection, is_known) in [
            ("{ records { nodes { key landedAt } } provenance { value } }", true),
            ("{ provenance { field rule value } }", true),
            ("{ records { nodes { key } } name }", false),
            ("{ records(first: 3) { nodes { key } } }", false),
            ("{ records { nodes { key } totalCount } }", false),
            ("{ records { nodes { number: key } } }", false),
            ("{ records { nodes { key gone } } }", false),
            ("{ records { nodes { key @include(if: false) } } }", false),
            ("{ provenance { value agreement } }", false),
            ("{ provenance { value } provenance { value } }", false),
            ("{ ...all }", false),
        ] {
            assert_eq!(StoredSelection::of(selection).is_some(), is_known, "{selection}");
        }
    }
}
