//! Whether two fields of one answer want the same name (the specification's 5.3.2). The GraphQL library compares fields of one
//! selection set only; here all sets that are merged into one object are compared, through fragments and through fields that come
//! twice. And whether a subscription has one field at its root (5.2.4.1), which the library does not ask.

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet};
use hashbrown::HashMap;

use crate::serve::problem::{Code, Problem};

/// Types that objects of several types are.
const ABSTRACT: [&str; 2] = ["Node", "_Entity"];

/// A field and the type of the fragment it stands in; None directly in its object.
type Placed<'a> = (Option<&'a str>, &'a Field);

/// So many fields are looked at, those of sets that are merged with several others each time anew. What people and programs write stays
/// far below; a short document can be made to pass every number.
const MOST_LOOKS: usize = 200_000;

/// Compares all fields of an operation. Its fragments must not spread themselves, and their fields have been counted.
///
/// # Errors
/// The name under which two different fields, or one with different arguments, are asked; a document whose sets are merged with each other
/// too often to be compared; a subscription to several things, of which a client could not tell which event is whose.
pub(in crate::serve) fn check(document: &ExecutableDocument, operation: &OperationDefinition) -> Result<(), Problem> {
    let mut merging = Merging { document, looks: 0 };
    let root = &operation.selection_set.node;
    if operation.ty == OperationType::Subscription {
        let mut names = Vec::new();
        merging.gather(root, None, &mut HashMap::new(), &mut names)?;
        if let [_, second, ..] = names.as_slice() {
            return Err(Problem::bad_input(
                "一个订阅只能有一个根字段：请分成几个订阅",
                "a subscription has one field at its root: send several subscriptions",
            )
            .remedy((*second).to_owned()));
        }
    }
    merging.merge(&[root])
}

struct Merging<'a> {
    document: &'a ExecutableDocument,
    looks: usize,
}

impl<'a> Merging<'a> {
    fn merge(&mut self, sets: &[&'a SelectionSet]) -> Result<(), Problem> {
        let mut by_name: HashMap<&str, Vec<Placed<'a>>> = HashMap::new();
        let mut names = Vec::new();
        for set in sets {
            self.gather(set, None, &mut by_name, &mut names)?;
        }
        for name in names {
            let fields = &by_name[name];
            let mut seen: Vec<Placed<'_>> = Vec::new();
            for (on, field) in fields {
                let same = |(other, before): &Placed<'_>| other == on && is_same(before, field);
                if seen.iter().any(|(other, before)| may_meet(*other, *on) && !is_same(before, field)) {
                    return Err(Problem::bad_input(
                        format!("同名字段 {name} 的内容不同：请用别名区分"),
                        format!("the fields named {name} differ: give them aliases"),
                    )
                    .remedy(name.to_owned()));
                }
                if !seen.iter().any(same) {
                    seen.push((*on, *field));
                }
            }
            // What is merged into one object is compared in turn; objects of different types stay apart.
            let mut types: Vec<Option<&str>> = seen.iter().map(|(on, _)| *on).filter(|on| !is_any(*on)).collect();
            types.dedup();
            if types.is_empty() {
                types.push(None);
            }
            for on in types {
                let together: Vec<&SelectionSet> = fields
                    .iter()
                    .filter(|(other, field)| may_meet(*other, on) && !field.selection_set.node.items.is_empty())
                    .map(|(_, field)| &field.selection_set.node)
                    .collect();
                if !together.is_empty() {
                    self.merge(&together)?;
                }
            }
        }
        Ok(())
    }

    fn gather(
        &mut self,
        set: &'a SelectionSet,
        on: Option<&'a str>,
        by_name: &mut HashMap<&'a str, Vec<Placed<'a>>>,
        names: &mut Vec<&'a str>,
    ) -> Result<(), Problem> {
        for item in &set.items {
            self.looks += 1;
            if self.looks > MOST_LOOKS {
                return Err(Problem::new(
                    Code::CostExceeded,
                    "查询中同名字段与片段交织过多，无法比较：请减少片段，或给字段取别名",
                    "fields of one name and fragments of this document are merged with each other too often to be compared: use fewer \
                     fragments, or give the fields aliases",
                ));
            }
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let name = field.alias.as_ref().unwrap_or(&field.name).node.as_str();
                    let fields = by_name.entry(name).or_insert_with(|| {
                        names.push(name);
                        Vec::new()
                    });
                    // The same place twice says nothing new.
                    if !fields.iter().any(|(other, before)| *other == on && std::ptr::eq(*before, field)) {
                        fields.push((on, field));
                    }
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|c| c.node.on.node.as_str()).or(on);
                    self.gather(&inline.node.selection_set.node, on, by_name, names)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let on = Some(fragment.node.type_condition.node.on.node.as_str());
                        self.gather(&fragment.node.selection_set.node, on, by_name, names)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether objects of several types are meant.
fn is_any(on: Option<&str>) -> bool {
    on.is_none_or(|on| ABSTRACT.contains(&on))
}

/// Whether one object can be of both types.
fn may_meet(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(one), Some(other)) => one == other || is_any(a) || is_any(b),
        _ => true,
    }
}

fn is_same(a: &Field, b: &Field) -> bool {
    let arguments = |of: &Field, other: &Field| {
        of.arguments.iter().all(|(name, value)| other.get_argument(&name.node).is_some_and(|twin| twin.node == value.node))
    };
    a.name.node == b.name.node && a.arguments.len() == b.arguments.len() && arguments(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::limits::cost::operation;
    use async_graphql::parser::parse_query;

    fn of(document: &str) -> Result<(), Problem> {
        let parsed = parse_query(document).expect("a document");
        check(&parsed, operation(&parsed, None).expect("one operation"))
    }

    #[test]
    fn a_subscription_is_to_one_thing() {
        for document in ["subscription { a: x b: x }", "subscription { x ...F } fragment F on Subscription { y }"] {
            assert!(of(document).expect_err(document).en.contains("one field at its root"), "{document}");
        }
        for document in ["subscription { x { a b } ...F } fragment F on Subscription { x { c } }", "{ a: x b: x }"] {
            assert_eq!(of(document), Ok(()), "{document}");
        }
    }

    #[test]
    fn two_fields_under_one_name_are_refused_wherever_they_meet() {
        for document in [
            "{ a: gap(first: 1) { totalCount } a: enterprises(first: 1) { totalCount } }",
            "{ gap(first: 1) { totalCount } ...F } fragment F on Query { gap(first: 2) { totalCount } }",
            "{ gap(first: 1) { x: totalCount } gap(first: 1) { x: edition { number } } }",
            "{ gap(first: 1) { nodes { x: name } } ... on Query { gap(first: 1) { ...F } } } fragment F on EnterpriseConnection { nodes { x: address } }",
            "{ node(id: 1) { x: id ... on Enterprise { x: name } } }",
            "query($n: Int!, $m: Int!) { gap(first: $n) { totalCount } gap(first: $m) { totalCount } }",
        ] {
            assert!(of(document).is_err(), "{document}");
        }
    }

    /// Sets in each other, in each of which fields of other types are merged with those of any.
    fn interwoven(depth: usize, types: &[&str]) -> String {
        let mut inner = "id".to_owned();
        for level in (0..depth).rev() {
            let beside: String =
                types.iter().map(|on| format!(" ... on {on} {{ x {{ x {{ x {{ id{level}: id }} }} }} }}")).collect();
            inner = format!("x {{ {inner} }}{beside}");
        }
        format!("{{ {inner} }}")
    }

    #[test]
    fn sets_that_are_merged_with_many_others_end_in_words() {
        assert_eq!(of(&interwoven(20, &["A"])), Ok(()));
        let refused = of(&interwoven(20, &["A", "B", "C", "D"])).expect_err("four to the power of twenty");
        assert_eq!(refused.code, Code::CostExceeded);
    }

    #[test]
    fn the_same_field_twice_and_fields_of_different_types_are_none() {
        for document in [
            "{ gap(first: 1) { totalCount } gap(first: 1) { nodes { name } } }",
            "query($n: Int!) { gap(first: $n) { ...F } gap(first: $n) { ...F } } fragment F on EnterpriseConnection { nodes { name } }",
            "{ node(id: 1) { ... on Enterprise { x: name } ... on TradeUnion { x: level } } }",
            "{ node(id: 1) { x: record { id } ... on Enterprise { x: record { y: name } } ... on TradeUnion { x: record { y: level } } } }",
            "{ gap(first: 1, filter: {}) { totalCount } gap(filter: {}, first: 1) { totalCount } }",
        ] {
            assert_eq!(of(document), Ok(()), "{document}");
        }
    }
}
