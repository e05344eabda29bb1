//! Whether an input written as JSON has only keys and words that its type knows. The GraphQL library checks that of documents and their
//! variables; an input that comes another way it reads without looking at the rest.

use std::collections::BTreeSet;

use async_graphql::registry::{MetaType, Registry};
use async_graphql::{InputType, Value};

use crate::connector::nearest;
use crate::serve::problem::Problem;

/// Deeper than filters may be nested.
const MAX_DEPTH: usize = 32;

/// The keys of an input type, in the order of their names.
pub fn keys_of<T: InputType>() -> Vec<String> {
    let mut registry = Registry::default();
    T::create_type_info(&mut registry);
    match registry.types.get(&*T::type_name()) {
        Some(MetaType::InputObject { input_fields, .. }) => {
            input_fields.keys().cloned().collect::<BTreeSet<_>>().into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Names the first key or word of a closed set, at any depth, that is none of its type.
///
/// # Errors
/// Such a key or word, with the nearest one that there is.
pub fn known_keys<T: InputType>(value: &Value) -> Result<(), Problem> {
    let mut registry = Registry::default();
    T::create_type_info(&mut registry);
    check(&registry, &T::qualified_type_name(), value, 0)
}

fn check(registry: &Registry, type_name: &str, value: &Value, depth: usize) -> Result<(), Problem> {
    if depth > MAX_DEPTH {
        // Nesting is refused where the filter is planned.
        return Ok(());
    }
    let bare = type_name.trim_matches(|c| matches!(c, '[' | ']' | '!'));
    match value {
        Value::List(values) => values.iter().try_for_each(|value| check(registry, type_name, value, depth + 1)),
        Value::String(word) => match registry.types.get(bare) {
            Some(MetaType::Enum { enum_values, .. }) if !enum_values.contains_key(word.as_str()) => {
                Err(no_word(bare, word, enum_values.keys().map(String::as_str).collect()))
            }
            _ => Ok(()),
        },
        Value::Object(fields) => {
            let Some(MetaType::InputObject { input_fields, .. }) = registry.types.get(bare) else { return Ok(()) };
            for (key, value) in fields {
                let Some(field) = input_fields.get(key.as_str()) else {
                    let known: BTreeSet<&str> = input_fields.keys().map(String::as_str).collect();
                    return Err(unknown(bare, key, &known));
                };
                check(registry, &field.ty, value, depth + 1)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn unknown(of: &str, key: &str, known: &BTreeSet<&str>) -> Problem {
    let (zh, en) = match nearest(key, known.iter().copied()) {
        Some(near) => (format!("；是否指 {near}？"), format!("; did you mean {near}?")),
        None => (String::new(), String::new()),
    };
    Problem::bad_input(format!("{of} 没有 {key}{zh}"), format!("{of} has no {key}{en}"))
        .remedy(known.iter().copied().collect::<Vec<_>>().join(", "))
}

/// Words of closed sets are written in capitals: one in small letters is near.
fn no_word(of: &str, word: &str, known: Vec<&str>) -> Problem {
    let (zh, en) = match nearest(&word.to_ascii_uppercase(), known.iter().copied()) {
        Some(near) => (format!("；是否指 {near}？"), format!("; did you mean {near}?")),
        None => (String::new(), String::new()),
    };
    Problem::bad_input(format!("{of} 没有取值 {word}{zh}"), format!("{of} has no value {word}{en}")).remedy(known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::answers::filter::EnterpriseFilter;

    #[test]
    fn a_misspelt_key_or_word_is_named_at_any_depth() {
        let check = |text: &str| {
            let value = serde_json::from_str(text).expect("JSON");
            known_keys::<EnterpriseFilter>(&Value::from_json(value).expect("a value"))
        };
        assert_eq!(check(r#"{"and":[{"area":["110108"]}],"employees":{"gte":1}}"#), Ok(()));
        for (text, said) in [
            (r#"{"areas":["110108"]}"#, "EnterpriseFilter has no areas; did you mean area?"),
            (r#"{"or":[{"not":{"ownerships":[]}}]}"#, "EnterpriseFilter has no ownerships; did you mean ownership?"),
            (r#"{"employees":{"gt":1}}"#, "IntRange has no gt; did you mean gte?"),
            (r#"{"gap":["lacking"]}"#, "GapStatus has no value lacking; did you mean LACKING?"),
            (r#"{"and":[{"gap":"LACKNG"}]}"#, "GapStatus has no value LACKNG; did you mean LACKING?"),
        ] {
            assert_eq!(check(text).expect_err(text).en, said);
        }
        let remedy = check(r#"{"gap":["?"]}"#).expect_err("no such word").remedy;
        assert!(remedy.is_some_and(|words| words.contains("LACKING, ")));
        assert!(keys_of::<EnterpriseFilter>().iter().any(|key| key == "employees"));
    }
}
