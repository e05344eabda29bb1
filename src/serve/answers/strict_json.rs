//! JSON in which no object has a name twice. The usual readers keep the last of two values, and what was asked with the first is lost.

use std::cell::RefCell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::serve::problem::Problem;

/// Reads the JSON of `what`, a parameter. A byte order mark before it is passed over, as in the bodies of GraphQL.
///
/// # Errors
/// It is no JSON; an object in it has a name twice.
pub fn read_json(what: &str, text: &str) -> Result<Value, Problem> {
    let text = text.trim_start_matches('\u{feff}');
    let doubled = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Seed(&doubled).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let value = read.map_err(|e| Problem::bad_input(format!("{what} 不是 JSON：{e}"), format!("{what} is not JSON: {e}")))?;
    match doubled.into_inner() {
        None => Ok(value),
        Some(name) => Err(Problem::bad_input(
            format!("{what} 中 {name} 出现了两次：请只给一次"),
            format!("{name} comes twice in {what}: give it once"),
        )
        .remedy(name)),
    }
}

/// How an error begins that says of a name that it came twice.
pub const TWICE: &str = "given twice: ";

/// A value for readers of something larger: a name that comes twice is an error that begins with [`TWICE`].
pub struct StrictValue(pub Value);

impl<'de> Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StrictValue, D::Error> {
        let doubled = RefCell::new(None);
        let value = Seed(&doubled).deserialize(deserializer)?;
        match doubled.into_inner() {
            None => Ok(StrictValue(value)),
            Some(name) => Err(D::Error::custom(format!("{TWICE}{name}"))),
        }
    }
}

/// Reads a value, and notes the first name that comes twice.
#[derive(Clone, Copy)]
struct Seed<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }
    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if object.contains_key(&name) {
                self.0.borrow_mut().get_or_insert_with(|| name.clone());
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused_wherever_it_is() {
        let text = r#"{"area":["110108"],"employees":{"gte":1.5},"listed":true,"of":null,"n":-3}"#;
        assert_eq!(read_json("filter", text).expect("JSON"), serde_json::from_str::<Value>(text).expect("JSON"));
        assert_eq!(read_json("filter", "\u{feff}[1]").expect("JSON behind a mark"), serde_json::json!([1]));
        for text in [r#"{"area":["110108"],"area":["110105"]}"#, r#"{"or":[{"area":[],"area":[]}]}"#] {
            assert_eq!(read_json("filter", text).expect_err(text).en, "area comes twice in filter: give it once");
        }
        for text in ["", "{", "{} {}", "area"] {
            assert!(read_json("filter", text).is_err(), "{text}");
        }
    }
}
