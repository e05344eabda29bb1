//! Whether every variable is used where its type may stand (the specification's 5.8.5). The GraphQL library takes a variable that may be
//! null where nothing may be, and a scalar of one name for another; what a client's own tools refuse, the hub must refuse too.
//!
//! In: the schema as the library writes it, and a document. Out: the first variable that stands where it may not. Unknown fields,
//! arguments and types are the library's to name.

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, InputValueDefinition, OperationDefinition, OperationType, Selection, SelectionSet, Type,
    TypeKind, TypeSystemDefinition, VariableDefinition,
};
use async_graphql::{Name, Positioned, Value};
use async_graphql_value::Value as Given;
use hashbrown::{HashMap, HashSet};

use crate::serve::problem::Problem;

/// A place for a value: its type, and whether it has a value of its own where none is given.
#[derive(Debug, Clone)]
struct Place {
    ty: Type,
    has_default: bool,
}

#[derive(Debug)]
struct FieldPlaces {
    ty: Type,
    arguments: HashMap<String, Place>,
}

/// The arguments of every field, and the fields of every input.
#[derive(Debug, Default)]
pub(in crate::serve) struct ArgumentTypes {
    fields: HashMap<String, HashMap<String, FieldPlaces>>,
    inputs: HashMap<String, HashMap<String, Place>>,
}

fn places(definitions: Vec<Positioned<InputValueDefinition>>) -> HashMap<String, Place> {
    let place = |definition: Positioned<InputValueDefinition>| {
        let InputValueDefinition { name, ty, default_value, .. } = definition.node;
        (name.node.to_string(), Place { ty: ty.node, has_default: default_value.is_some() })
    };
    definitions.into_iter().map(place).collect()
}

impl ArgumentTypes {
    /// Of a schema as the library writes it.
    pub fn of(sdl: &str) -> ArgumentTypes {
        let document = async_graphql::parser::parse_schema(sdl).expect("the library reads what it writes");
        let mut types = ArgumentTypes::default();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::InputObject(input) => {
                    types.inputs.entry(name).or_default().extend(places(input.fields));
                    continue;
                }
                _ => continue,
            };
            let of = types.fields.entry(name).or_default();
            of.extend(fields.into_iter().map(|field| {
                let field = field.node;
                (field.name.node.to_string(), FieldPlaces { ty: field.ty.node, arguments: places(field.arguments) })
            }));
        }
        types
    }

    /// Looks at all uses of variables in an operation, those in its fragments too.
    ///
    /// # Errors
    /// The first variable whose type may not stand where it is used.
    pub fn check(&self, document: &ExecutableDocument, operation: &OperationDefinition) -> Result<(), Problem> {
        if operation.variable_definitions.is_empty() {
            return Ok(());
        }
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let declared = operation.variable_definitions.iter().map(|d| (d.node.name.node.as_str(), &d.node)).collect();
        let mut walk = Walk { types: self, document, declared, seen: HashSet::new() };
        walk.set(Some(root), &operation.selection_set.node)
    }
}

struct Walk<'a> {
    types: &'a ArgumentTypes,
    document: &'a ExecutableDocument,
    declared: HashMap<&'a str, &'a VariableDefinition>,
    /// Fragments that were looked at.
    seen: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn set(&mut self, on: Option<&'a str>, set: &'a SelectionSet) -> Result<(), Problem> {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => self.field(on, &field.node)?,
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives)?;
                    let on = inline.node.type_condition.as_ref().map(|c| c.node.on.node.as_str()).or(on);
                    self.set(on, &inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives)?;
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.seen.insert(name)
                    {
                        self.set(Some(fragment.node.type_condition.node.on.node.as_str()), &fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, on: Option<&'a str>, field: &'a Field) -> Result<(), Problem> {
        self.directives(&field.directives)?;
        let types = self.types;
        let known = on.and_then(|on| types.fields.get(on)?.get(field.name.node.as_str()));
        if let Some(known) = known {
            for (name, value) in &field.arguments {
                if let Some(place) = known.arguments.get(name.node.as_str()) {
                    self.value(&value.node, place)?;
                }
            }
        }
        self.set(known.map(|known| base(&known.ty)), &field.selection_set.node)
    }

    /// `@include` and `@skip`, which take a Boolean that is there.
    fn directives(&self, directives: &[Positioned<async_graphql::parser::types::Directive>]) -> Result<(), Problem> {
        let place = Place { ty: Type { base: BaseType::Named(Name::new("Boolean")), nullable: false }, has_default: false };
        for directive in directives.iter().filter(|d| matches!(d.node.name.node.as_str(), "include" | "skip")) {
            for (_, value) in directive.node.arguments.iter().filter(|(name, _)| name.node == "if") {
                self.value(&value.node, &place)?;
            }
        }
        Ok(())
    }

    fn value(&self, value: &Given, place: &Place) -> Result<(), Problem> {
        match value {
            Given::Variable(name) => match self.declared.get(name.as_str()) {
                Some(declared) if !may_stand(declared, place) => Err(misplaced(name, declared, &place.ty)),
                _ => Ok(()),
            },
            Given::List(values) => {
                let BaseType::List(inner) = &place.ty.base else { return Ok(()) };
                let place = Place { ty: (**inner).clone(), has_default: false };
                values.iter().try_for_each(|value| self.value(value, &place))
            }
            Given::Object(fields) => {
                let Some(known) = self.types.inputs.get(base(&place.ty)) else { return Ok(()) };
                let placed = |(name, value): (&Name, &Given)| match known.get(name.as_str()) {
                    Some(place) => self.value(value, place),
                    None => Ok(()),
                };
                fields.iter().try_for_each(placed)
            }
            _ => Ok(()),
        }
    }
}

fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

/// The specification's IsVariableUsageAllowed: a variable that may be null stands where nothing may be only where a default, its own or
/// the place's, takes the place of what is missing.
fn may_stand(declared: &VariableDefinition, place: &Place) -> bool {
    let ty = &declared.var_type.node;
    if !place.ty.nullable && ty.nullable {
        let own = declared.default_value.as_ref().is_some_and(|value| value.node != Value::Null);
        return (own || place.has_default) && is_base_within(&ty.base, &place.ty.base);
    }
    is_within(ty, &place.ty)
}

/// Whether every value of one type is one of the other.
fn is_within(ty: &Type, of: &Type) -> bool {
    (of.nullable || !ty.nullable) && is_base_within(&ty.base, &of.base)
}

fn is_base_within(base: &BaseType, of: &BaseType) -> bool {
    match (base, of) {
        // An id is written as a text is; clients that declared it so have always been answered.
        (BaseType::Named(name), BaseType::Named(other)) => name == other || (name == "String" && other == "ID"),
        (BaseType::List(inner), BaseType::List(other)) => is_within(inner, other),
        _ => false,
    }
}

fn misplaced(name: &str, declared: &VariableDefinition, wanted: &Type) -> Problem {
    let ty = &declared.var_type.node;
    Problem::bad_input(
        format!("变量 ${name} 的类型是 {ty}，此处需要 {wanted}"),
        format!("the variable ${name} is of type {ty}; {wanted} is needed here"),
    )
    .remedy(wanted.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::limits::cost::operation;
    use async_graphql::parser::parse_query;

    const SCHEMA: &str = "
        type Query { list(first: Int! = 20, after: String, filter: Filter): List! one(by: Key!): Thing ids(of: [ID!]!): [Thing] }
        type List { nodes: [Thing!]! }
        type Thing { id: ID! name(lang: String): String! }
        input Filter { area: [String!] text: String! not: Filter }
        input Key { id: ID }";

    fn of(document: &str) -> Result<(), String> {
        let parsed = parse_query(document).expect("a document");
        let found = ArgumentTypes::of(SCHEMA).check(&parsed, operation(&parsed, None).expect("one operation"));
        found.map_err(|problem| problem.en)
    }

    #[test]
    fn a_variable_stands_only_where_its_type_may() {
        for (document, said) in [
            ("query($k: Key) { one(by: $k) { id } }", "the variable $k is of type Key; Key! is needed here"),
            ("query($n: Int) { one(by: { id: $n }) { id } }", "the variable $n is of type Int; ID is needed here"),
            (
                "query($t: String) { list(filter: { text: $t }) { nodes { id } } }",
                "the variable $t is of type String; String! is needed here",
            ),
            (
                "query($t: String = null) { list(filter: { text: $t }) { nodes { id } } }",
                "the variable $t is of type String; String! is needed here",
            ),
            (
                "query($a: [String]) { list(filter: { area: $a, text: \"x\" }) { nodes { id } } }",
                "the variable $a is of type [String]; [String!] is needed here",
            ),
            (
                "query($a: String!) { list(filter: { area: $a, text: \"x\" }) { nodes { id } } }",
                "the variable $a is of type String!; [String!] is needed here",
            ),
            ("query($i: ID) { ids(of: [$i]) { id } }", "the variable $i is of type ID; ID! is needed here"),
            (
                "query($w: Boolean) { ids(of: []) { id @include(if: $w) } }",
                "the variable $w is of type Boolean; Boolean! is needed here",
            ),
            (
                "query($l: Int) { ids(of: []) { ...F } } fragment F on Thing { name(lang: $l) }",
                "the variable $l is of type Int; String is needed here",
            ),
            (
                "query($t: String) { list(filter: { text: \"x\", not: { not: { text: $t } } }) { nodes { id } } }",
                "the variable $t is of type String; String! is needed here",
            ),
        ] {
            assert_eq!(of(document), Err(said.to_owned()), "{document}");
        }
    }

    #[test]
    fn what_may_stand_there_is_taken() {
        for document in [
            "query($k: Key!) { one(by: $k) { id } }",
            "query($i: String!) { one(by: { id: $i }) { id } ids(of: [$i]) { id } }",
            "query($n: Int) { list(first: $n) { nodes { id } } }",
            "query($t: String = \"x\") { list(filter: { text: $t }) { nodes { id } } }",
            "query($a: [String!]!) { list(filter: { area: $a, text: \"x\" }) { nodes { id } } }",
            "query($i: ID!) { ids(of: [$i, \"b\"]) { id @skip(if: false) } }",
            "query($w: Boolean! = true) { ids(of: []) { ... on Thing @include(if: $w) { id } } }",
            "query($x: Int) { unknown(of: $x) { id } }",
            "{ list { nodes { name } } }",
        ] {
            assert_eq!(of(document), Ok(()), "{document}");
        }
    }
}
