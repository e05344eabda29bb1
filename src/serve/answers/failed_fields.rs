//! Null where a field failed (the specification's 6.4.4): the GraphQL library leaves it out of its object, and out of one that may not
//! be without it. In: an answer with errors, and the document. Out: the same answer; a field that may be null is null, otherwise what
//! holds it is, up to the whole answer.

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet, Type, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Name, PathSegment, Response, Value};
use hashbrown::HashMap;

/// Types of the fields of objects and interfaces.
#[derive(Debug, Default)]
pub(in crate::serve) struct FieldTypes(HashMap<String, HashMap<String, Type>>);

impl FieldTypes {
    /// Of a schema as the library writes it.
    pub fn of(sdl: &str) -> FieldTypes {
        let document = async_graphql::parser::parse_schema(sdl).expect("the library reads what it writes");
        let mut types = FieldTypes::default();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                _ => continue,
            };
            let of = types.0.entry(definition.node.name.node.to_string()).or_default();
            of.extend(fields.into_iter().map(|field| (field.node.name.node.to_string(), field.node.ty.node)));
        }
        types
    }

    fn find(&self, on: &str, field: &str) -> Option<&Type> {
        self.0.get(on)?.get(field)
    }
}

/// Fills what the errors of an answer left out.
pub(in crate::serve) fn fill(
    types: &FieldTypes,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    answer: &mut Response,
) {
    let root = match operation.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let filling = Filling { types, document };
    for error in answer.errors.iter().filter(|error| !error.path.is_empty()) {
        if filling.object(&mut answer.data, &[(root, &operation.selection_set.node)], &error.path) {
            answer.data = Value::Null;
            return;
        }
    }
}

/// A selection set and the type it selects from.
type Placed<'a> = (&'a str, &'a SelectionSet);

struct Filling<'a> {
    types: &'a FieldTypes,
    document: &'a ExecutableDocument,
}

impl Filling<'_> {
    /// Whether the object cannot be: the rest of the path names a field of it that failed and may not be null.
    fn object(&self, value: &mut Value, sets: &[Placed<'_>], path: &[PathSegment]) -> bool {
        let Some((PathSegment::Field(key), rest)) = path.split_first() else { return false };
        let mut fields = Vec::new();
        for (on, set) in sets {
            self.gather(on, set, key, &mut fields);
        }
        let Some(ty) = fields.iter().find_map(|(on, field)| self.types.find(on, &field.name.node)) else { return false };
        // An object all of whose fields failed is null.
        if matches!(value, Value::Null) {
            *value = Value::Object(Default::default());
        }
        let Value::Object(object) = value else { return false };
        let is_lost = match object.get_mut(key.as_str()) {
            None => true,
            Some(_) if rest.is_empty() => false,
            Some(inner) => {
                let on = base(ty);
                let below: Vec<Placed<'_>> = fields.iter().map(|(_, field)| (on, &field.selection_set.node)).collect();
                self.value(inner, ty, &below, rest)
            }
        };
        if is_lost && ty.nullable {
            object.insert(Name::new(key), Value::Null);
            // Answers stand in the order of the selection, those that failed too.
            let mut keys = Vec::new();
            sets.iter().for_each(|(_, set)| self.keys(set, &mut keys));
            object.sort_by_cached_key(|key, _| keys.iter().position(|wanted| *wanted == key.as_str()));
        }
        is_lost && !ty.nullable
    }

    /// The same of a value of a type: an object, or a list of them.
    fn value(&self, value: &mut Value, ty: &Type, sets: &[Placed<'_>], path: &[PathSegment]) -> bool {
        match (&ty.base, path.first(), value) {
            (BaseType::List(inner), Some(PathSegment::Index(at)), Value::List(items)) => {
                let Some(item) = items.get_mut(*at) else { return false };
                let is_lost = self.value(item, inner, sets, &path[1..]);
                if is_lost && inner.nullable {
                    *item = Value::Null;
                }
                is_lost && !inner.nullable
            }
            (BaseType::Named(_), Some(PathSegment::Field(_)), value) => self.object(value, sets, path),
            _ => false,
        }
    }

    /// The keys under which the fields of a set answer, in their order.
    fn keys<'s>(&'s self, set: &'s SelectionSet, keys: &mut Vec<&'s str>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => keys.push(field.node.response_key().node.as_str()),
                Selection::InlineFragment(inline) => self.keys(&inline.node.selection_set.node, keys),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.keys(&fragment.node.selection_set.node, keys);
                    }
                }
            }
        }
    }

    /// The fields of a set that answer under a key, with the types they are fields of.
    fn gather<'s>(&'s self, on: &'s str, set: &'s SelectionSet, key: &str, fields: &mut Vec<(&'s str, &'s Field)>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) if field.node.response_key().node == *key => fields.push((on, &field.node)),
                Selection::Field(_) => {}
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map_or(on, |c| c.node.on.node.as_str());
                    self.gather(on, &inline.node.selection_set.node, key, fields);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.gather(on, &fragment.node.selection_set.node, key, fields);
                    }
                }
            }
        }
    }
}

/// The name of the type at the bottom.
fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Pos, ServerError};
    use serde_json::json;

    use super::*;

    const SDL: &str = "type Query { gap: List! maybe: Row node: Node } type List { nodes: [Row!]! } \
                       interface Node { id: ID! } type Row implements Node { id: ID! name: String! records: List }";

    fn filled(query: &str, data: serde_json::Value, path: serde_json::Value) -> serde_json::Value {
        let document = async_graphql::parser::parse_query(query).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        let mut error = ServerError::new("failed", Some(Pos::default()));
        let segment = |part: &serde_json::Value| match part.as_u64() {
            Some(at) => PathSegment::Index(at as usize),
            None => PathSegment::Field(part.as_str().expect("a key").to_owned()),
        };
        error.path = path.as_array().expect("a path").iter().map(segment).collect();
        let mut answer = Response::new(Value::from_json(data).expect("data"));
        answer.errors = vec![error];
        fill(&FieldTypes::of(SDL), &document, &operation.node, &mut answer);
        answer.data.into_json().expect("plain data")
    }

    #[test]
    fn a_failed_field_is_null_or_takes_along_what_holds_it() {
        let rows = "{ gap { nodes { id records { nodes { id } } } } }";
        let at = json!(["gap", "nodes", 0, "records"]);
        let some = filled(rows, json!({ "gap": { "nodes": [{ "id": "a" }, { "id": "b", "records": null }] } }), at.clone());
        assert_eq!(some["gap"]["nodes"][0], json!({ "id": "a", "records": null }));
        let only = filled("{ gap { nodes { records { nodes { id } } } } }", json!({ "gap": { "nodes": [null] } }), at);
        assert_eq!(only, json!({ "gap": { "nodes": [{ "records": null }] } }), "an object all of whose fields failed");
        let root = filled("{ maybe { id } other: maybe { id } }", json!({ "other": null }), json!(["maybe"]));
        assert_eq!(root["maybe"], json!(null));
        assert_eq!(filled("{ gap { nodes { id } } maybe { id } }", json!({ "maybe": null }), json!(["gap"])), json!(null));
        let name = filled(
            "{ maybe { id ...F } } fragment F on Row { n: name }",
            json!({ "maybe": { "id": "a" } }),
            json!(["maybe", "n"]),
        );
        assert_eq!(name, json!({ "maybe": null }), "up to what may be null");
        let part = filled(
            "{ node { id ... on Row { records { nodes { id } } } } }",
            json!({ "node": { "id": "a" } }),
            json!(["node", "records"]),
        );
        assert_eq!(part, json!({ "node": { "id": "a", "records": null } }));
    }
}
