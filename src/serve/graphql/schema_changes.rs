//! What changed between two schemas, for the log that people read who build on the graph.
//!
//! In: two schemas as text. Out: what came, what was announced to go, what went, what became something else, each with whether a document
//! that was right before can be wrong now. It knows nothing of dates and releases; the rules stand in `docs/src/api/stability.md`.

use std::collections::BTreeMap;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition};

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemaChangeKind {
    Removed,
    Changed,
    Deprecated,
    Added,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaChange {
    pub kind: SchemaChangeKind,
    /// `Type`, `Type.field`, `Type.field(argument:)`, `Enum.VALUE`.
    pub what: String,
    /// From what to what, or what is said of it.
    pub how: String,
    /// A document that was right before can be wrong now, or its answer of another type.
    pub breaks: bool,
}

/// Something of a schema that has a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    /// Its type as written; the kind of a type.
    written: String,
    /// Why it goes, where it does.
    deprecated: Option<String>,
    /// Whether it is given by whoever asks: an argument, a field of an input.
    is_input: bool,
    /// Whether leaving it out is an error.
    is_required: bool,
    /// Where what is given goes to: what belongs to something new or gone is not told apart.
    parent: Option<String>,
}

/// The names of a schema.
type Names = BTreeMap<String, Named>;

fn reason(directives: &[Positioned<ConstDirective>]) -> Option<String> {
    let found = directives.iter().find(|directive| directive.node.name.node == "deprecated")?;
    let reason = found.node.get_argument("reason").map(|value| value.node.to_string());
    Some(reason.unwrap_or_default().trim_matches('"').to_owned())
}

fn input(names: &mut Names, parent: &str, what: String, value: &InputValueDefinition) {
    let written = value.ty.node.to_string();
    let default = value.default_value.as_ref().map(|default| format!(" = {}", default.node)).unwrap_or_default();
    names.insert(
        what,
        Named {
            is_required: written.ends_with('!') && default.is_empty(),
            written: format!("{written}{default}"),
            deprecated: reason(&value.directives),
            is_input: true,
            parent: Some(parent.to_owned()),
        },
    );
}

fn names_of(sdl: &str) -> Result<Names, String> {
    let document = parse_schema(sdl).map_err(|e| e.to_string())?;
    let mut names = Names::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        add(&mut names, &definition.node);
    }
    Ok(names)
}

fn add(names: &mut Names, definition: &TypeDefinition) {
    let name = definition.name.node.as_str();
    let mut put = |what: String, written: &str, deprecated: Option<String>, parent: Option<&str>| {
        let parent = parent.map(str::to_owned);
        names.insert(what, Named { written: written.to_owned(), deprecated, is_input: false, is_required: false, parent });
    };
    let kind = match &definition.kind {
        TypeKind::Scalar => "scalar",
        TypeKind::Object(_) => "type",
        TypeKind::Interface(_) => "interface",
        TypeKind::Union(_) => "union",
        TypeKind::Enum(_) => "enum",
        TypeKind::InputObject(_) => "input",
    };
    put(name.to_owned(), kind, reason(&definition.directives), None);
    match &definition.kind {
        TypeKind::Object(_) | TypeKind::Interface(_) => {
            let (fields, implements) = match &definition.kind {
                TypeKind::Object(object) => (&object.fields, &object.implements),
                TypeKind::Interface(interface) => (&interface.fields, &interface.implements),
                _ => return,
            };
            for interface in implements {
                put(format!("{name} implements {}", interface.node), "", None, Some(name));
            }
            for field in fields {
                let what = format!("{name}.{}", field.node.name.node);
                let written = field.node.ty.node.to_string();
                let (deprecated, parent) = (reason(&field.node.directives), Some(name.to_owned()));
                names.insert(what.clone(), Named { written, deprecated, is_input: false, is_required: false, parent });
                for argument in &field.node.arguments {
                    input(names, &what, format!("{what}({}:)", argument.node.name.node), &argument.node);
                }
            }
        }
        TypeKind::Union(union) => {
            union.members.iter().for_each(|member| put(format!("{name} = {}", member.node), "", None, Some(name)));
        }
        TypeKind::Enum(values) => {
            for value in &values.values {
                put(format!("{name}.{}", value.node.value.node), "", reason(&value.node.directives), Some(name));
            }
        }
        TypeKind::InputObject(object) => {
            for field in &object.fields {
                input(names, name, format!("{name}.{}", field.node.name.node), &field.node);
            }
        }
        TypeKind::Scalar => {}
    }
}

/// Whether an answer of the second type is one of the first: the same, or never null where it could be.
fn narrows(before: &str, now: &str) -> bool {
    before.replace('!', "") == now.replace('!', "") && {
        let marks = |text: &str| text.split(|c: char| c.is_ascii_alphanumeric() || c == '_').collect::<String>();
        let (was, is) = (marks(before), marks(now));
        let (mut was, mut is) = (was.chars().peekable(), is.chars().peekable());
        loop {
            match (was.peek().copied(), is.peek().copied()) {
                (None, None) => break true,
                (Some(a), Some(b)) if a == b => {
                    was.next();
                    is.next();
                }
                (_, Some('!')) => {
                    is.next();
                }
                _ => break false,
            }
        }
    }
}

/// What the second schema has otherwise than the first: what breaks first, then by name.
///
/// # Errors
/// A text that is no schema.
pub fn schema_changes(before: &str, now: &str) -> Result<Vec<SchemaChange>, String> {
    let (before, now) = (names_of(before)?, names_of(now)?);
    let mut changes = Vec::new();
    let said = |names: &Names, of: &Named| of.parent.as_ref().is_some_and(|parent| !names.contains_key(parent));
    for (what, was) in before.iter().filter(|(what, was)| !now.contains_key(*what) && !said(&now, was)) {
        let how = match &was.deprecated {
            Some(reason) => format!("announced: {reason}"),
            None => "not announced before".to_owned(),
        };
        changes.push(SchemaChange { kind: SchemaChangeKind::Removed, what: what.clone(), how, breaks: true });
    }
    for (what, is) in &now {
        let Some(was) = before.get(what) else {
            if !said(&before, is) {
                let breaks = is.is_input && is.is_required;
                changes.push(SchemaChange { kind: SchemaChangeKind::Added, what: what.clone(), how: is.written.clone(), breaks });
            }
            continue;
        };
        if let Some(reason) = is.deprecated.as_ref().filter(|_| was.deprecated.is_none()) {
            let how = reason.clone();
            changes.push(SchemaChange { kind: SchemaChangeKind::Deprecated, what: what.clone(), how, breaks: false });
        }
        if was.written != is.written {
            let type_of = |written: &str| written.split(" = ").next().unwrap_or_default().to_owned();
            // What is given may ask for less, what is answered may promise more.
            let fits = match is.is_input {
                true => narrows(&type_of(&is.written), &type_of(&was.written)) && (was.is_required || !is.is_required),
                false => narrows(&was.written, &is.written),
            };
            let how = format!("{} → {}", was.written, is.written);
            changes.push(SchemaChange { kind: SchemaChangeKind::Changed, what: what.clone(), how, breaks: !fits });
        }
    }
    changes.sort_by(|a, b| (!a.breaks, a.kind, &a.what).cmp(&(!b.breaks, b.kind, &b.what)));
    Ok(changes)
}

/// The changes as a list of Markdown, what breaks first.
pub fn as_markdown(changes: &[SchemaChange]) -> String {
    let mut text = String::new();
    let parts = [
        (true, SchemaChangeKind::Removed, "Removed"),
        (true, SchemaChangeKind::Changed, "Changed so that documents can break"),
        (true, SchemaChangeKind::Added, "Asked for from now on"),
        (false, SchemaChangeKind::Deprecated, "Announced to go"),
        (false, SchemaChangeKind::Changed, "Changed; documents stay right"),
        (false, SchemaChangeKind::Added, "Added"),
    ];
    for (breaks, kind, title) in parts {
        let of: Vec<&SchemaChange> = changes.iter().filter(|change| (change.breaks, change.kind) == (breaks, kind)).collect();
        if of.is_empty() {
            continue;
        }
        text.push_str(&format!("**{title}**\n\n"));
        for SchemaChange { what, how, .. } in of {
            match how.is_empty() {
                true => text.push_str(&format!("- `{what}`\n")),
                false if kind == SchemaChangeKind::Added => text.push_str(&format!("- `{what}`: `{how}`\n")),
                false if kind == SchemaChangeKind::Changed => text.push_str(&format!("- `{what}`: `{how}`\n")),
                false => text.push_str(&format!("- `{what}`: {how}\n")),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "type Query { a(first: Int = 10, of: ID!): [String]! b: Int old: Int @deprecated(reason: \"Use a. Goes after 2027-06-01.\") }
        enum Word { YES NO } input Ask { must: Int! may: Int } type Gone { x: Int }";

    fn changes(now: &str) -> Vec<(String, bool)> {
        let found = schema_changes(BEFORE, now).expect("two schemas");
        found.into_iter().map(|change| (change.what, change.breaks)).collect()
    }

    #[test]
    fn what_a_document_can_break_on_is_told_from_what_it_cannot() {
        let now = "type Query { a(first: Int, of: ID, more: Int, must: Int!): [String!]! b: String! c: Other }
            enum Word { YES MAYBE } input Ask { must: Int may: Int! new: Int } type Other { y: Int }";
        let told = [
            ("Gone", true),
            ("Query.old", true),
            ("Word.NO", true),
            ("Ask.may", true),
            ("Query.b", true),
            ("Query.a(must:)", true),
            ("Ask.must", false),
            ("Query.a", false),
            ("Query.a(first:)", false),
            ("Query.a(of:)", false),
            ("Ask.new", false),
            ("Other", false),
            ("Query.a(more:)", false),
            ("Query.c", false),
            ("Word.MAYBE", false),
        ];
        assert_eq!(changes(now), told.map(|(what, breaks)| (what.to_owned(), breaks)));
        assert_eq!(changes(BEFORE), []);
    }

    #[test]
    fn the_list_says_whether_what_went_was_announced_and_what_will_go() {
        let now = BEFORE
            .replace("old: Int @deprecated(reason: \"Use a. Goes after 2027-06-01.\")", "")
            .replace("b: Int", "b: Int @deprecated(reason: \"Use a. Goes after 2027-09-01.\")");
        let text = as_markdown(&schema_changes(BEFORE, &now).expect("two schemas"));
        assert_eq!(
            text,
            "**Removed**\n\n- `Query.old`: announced: Use a. Goes after 2027-06-01.\n\n**Announced to go**\n\n- `Query.b`: Use a. Goes after 2027-09-01.\n\n"
        );
    }
}
