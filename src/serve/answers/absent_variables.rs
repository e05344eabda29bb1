//! Variables that may be null and were not given: an argument or an input field that takes one counts as left out, so that its default
//! counts (the specification's 6.4.1 and 3.10). The GraphQL library takes them for null.

use async_graphql::Name;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet};
use async_graphql_value::Value;

/// Takes arguments and input fields that are an absent variable out of a document, and then the declarations of those that nothing
/// else uses; one that nothing used before stays, to be named as unused.
pub(in crate::serve) fn leave_out(document: &mut ExecutableDocument, absent: &[Name]) {
    if absent.is_empty() {
        return;
    }
    let mut left_out = Vec::new();
    each_set(document, &mut |set| arguments(set, &mut |value| keep(value, absent, &mut left_out)));
    let mut used = Vec::new();
    each_set(document, &mut |set| uses(set, &mut used));
    each_operation(document, &mut |operation| {
        operation.variable_definitions.retain(|definition| {
            let name = &definition.node.name.node;
            !left_out.contains(name) || used.contains(name)
        });
    });
}

fn each_operation(document: &mut ExecutableDocument, then: &mut impl FnMut(&mut OperationDefinition)) {
    match &mut document.operations {
        DocumentOperations::Single(operation) => then(&mut operation.node),
        DocumentOperations::Multiple(operations) => operations.values_mut().for_each(|operation| then(&mut operation.node)),
    }
}

fn each_set(document: &mut ExecutableDocument, then: &mut impl FnMut(&mut SelectionSet)) {
    each_operation(document, &mut |operation| then(&mut operation.selection_set.node));
    for fragment in document.fragments.values_mut() {
        then(&mut fragment.node.selection_set.node);
    }
}

/// Keeps those arguments of all fields of a set, at any depth, that `keeps` says.
fn arguments(set: &mut SelectionSet, keeps: &mut impl FnMut(&mut Value) -> bool) {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => {
                field.node.arguments.retain_mut(|(_, value)| keeps(&mut value.node));
                arguments(&mut field.node.selection_set.node, keeps);
            }
            Selection::InlineFragment(inline) => arguments(&mut inline.node.selection_set.node, keeps),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Whether a value stays; fields of input objects that do not are taken out of it. Within a list an absent variable is null.
fn keep(value: &mut Value, absent: &[Name], left_out: &mut Vec<Name>) -> bool {
    match value {
        Value::Variable(name) if absent.contains(name) => {
            left_out.push(name.clone());
            false
        }
        Value::Object(fields) => {
            fields.retain(|_, inner| keep(inner, absent, left_out));
            true
        }
        Value::List(items) => {
            for item in items.iter_mut().filter(|item| matches!(item, Value::Object(_) | Value::List(_))) {
                keep(item, absent, left_out);
            }
            true
        }
        _ => true,
    }
}

/// Names of the variables that a set uses, in arguments and directives.
fn uses(set: &mut SelectionSet, used: &mut Vec<Name>) {
    fn of(value: &Value, used: &mut Vec<Name>) {
        match value {
            Value::Variable(name) => used.push(name.clone()),
            Value::Object(fields) => fields.values().for_each(|inner| of(inner, used)),
            Value::List(items) => items.iter().for_each(|inner| of(inner, used)),
            _ => {}
        }
    }
    for item in &mut set.items {
        let directives = match &item.node {
            Selection::Field(field) => &field.node.directives,
            Selection::InlineFragment(inline) => &inline.node.directives,
            Selection::FragmentSpread(spread) => &spread.node.directives,
        };
        directives.iter().flat_map(|d| &d.node.arguments).for_each(|(_, value)| of(&value.node, used));
        match &mut item.node {
            Selection::Field(field) => {
                field.node.arguments.iter().for_each(|(_, value)| of(&value.node, used));
                uses(&mut field.node.selection_set.node, used);
            }
            Selection::InlineFragment(inline) => uses(&mut inline.node.selection_set.node, used),
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_variable_leaves_its_argument_to_the_default() {
        let of = |text: &str| {
            let mut document = async_graphql::parser::parse_query(text).expect("a document");
            leave_out(&mut document, &[Name::new("n")]);
            let mut used = Vec::new();
            each_set(&mut document, &mut |set| uses(set, &mut used));
            let mut declared = 0;
            each_operation(&mut document, &mut |operation| declared = operation.variable_definitions.len());
            (used.len(), declared)
        };
        assert_eq!(of("query($n: Int) { gap(first: $n) { totalCount } }"), (0, 0), "taken out, with its declaration");
        assert_eq!(of("query($n: Direction) { gap(orderBy: [{ field: NAME, direction: $n }]) { totalCount } }"), (0, 0));
        assert_eq!(of("query($n: String) { gap(filter: { area: [$n] }) { totalCount } }"), (1, 1), "null within a list");
        assert_eq!(of("query($n: Int) { gap(first: $n) { nodes { id @include(if: $n) } } }"), (1, 1), "used by a directive");
        assert_eq!(of("query($n: Int) { viewer { name } }"), (0, 1), "never used: named as that");
    }
}
