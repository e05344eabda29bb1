//! Whether an input written as JSON has only keys that its type knows. The GraphQL library checks that of documents and their
//! variables; an input that comes another way it reads without looking at the rest.

use std::collections::BTreeSet;

use async_graphql::registry::{MetaType, Registry};
use async_graphql::{InputType, Value};

use crate::connector::nearest;
use crate::serve::problem::Problem;

/// Deeper than filters may be nested.
const MAX_DEPTH: usize = 32;

/// Names the first key, at any depth, that is none of its type.
///
/// # Errors
/// Such a key, with the nearest one that there is.
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
    match value {
        Value::List(values) => values.iter().try_for_each(|value| check(registry, type_name, value, depth + 1)),
        Value::Object(fields) => {
            let bare = type_name.trim_matches(|c| matches!(c, '[' | ']' | '!'));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::answers::filter::EnterpriseFilter;

    #[test]
    fn a_misspelt_key_is_named_at_any_depth() {
        let check = |text: &str| {
            let value = serde_json::from_str(text).expect("JSON");
            known_keys::<EnterpriseFilter>(&Value::from_json(value).expect("a value"))
        };
        assert_eq!(check(r#"{"and":[{"area":["110108"]}],"employees":{"gte":1}}"#), Ok(()));
        for (text, said) in [
            (r#"{"areas":["110108"]}"#, "EnterpriseFilter has no areas; did you mean area?"),
            (r#"{"or":[{"not":{"ownerships":[]}}]}"#, "EnterpriseFilter has no ownerships; did you mean ownership?"),
            (r#"{"employees":{"gt":1}}"#, "IntRange has no gt; did you mean gte?"),
        ] {
            assert_eq!(check(text).expect_err(text).en, said);
        }
    }
}
