//! The JSON Schema of `connector.toml` for editors, and the page that documents every key; both written from `keys::KEYS`.

use serde_json::{Map, Value, json};

use super::keys::{Holds, KEYS, Key};
use crate::model::field::RecordKind;

/// JSON Schema (draft 2020-12) of the manifest.
pub fn json_schema() -> Value {
    let mut schema = object("");
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("connector.toml");
    schema
}

fn object(path: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in children(path) {
        let name = key.path.rsplit('.').next().expect("a path has a last part");
        properties.insert(name.to_string(), of(key));
        if key.required {
            required.push(json!(name));
        }
    }
    let mut schema = match properties.remove("*") {
        Some(any) => json!({ "type": "object", "additionalProperties": any }),
        None => json!({ "type": "object", "properties": properties, "additionalProperties": false }),
    };
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    schema
}

fn children(path: &str) -> impl Iterator<Item = &'static Key> {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    KEYS.iter().filter(move |k| k.path.strip_prefix(prefix.as_str()).is_some_and(|rest| !rest.contains('.')))
}

fn of(key: &Key) -> Value {
    let mut schema = match key.holds {
        Holds::Text => json!({ "type": "string" }),
        Holds::Flag => json!({ "type": "boolean" }),
        Holds::Integer => json!({ "type": "integer", "minimum": 0 }),
        Holds::Number => json!({ "type": "number", "minimum": 0 }),
        Holds::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Holds::Word(words) => json!({ "enum": words() }),
        Holds::Map => json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean", "integer"] } }),
        Holds::Table => object(key.path),
        Holds::Tables if key.path == "columns.*" => {
            let one = object(key.path);
            json!({ "anyOf": [{ "enum": super::keys::KEYS.iter().find(|k| k.path == "columns.*.field").map(words_of) }, one, { "type": "array", "items": one }] })
        }
        Holds::Tables => json!({ "type": "array", "items": object(key.path) }),
        Holds::Bilingual => json!({
            "type": "object",
            "properties": { "zh": { "type": "string" }, "en": { "type": "string" } },
            "required": ["zh", "en"],
            "additionalProperties": false,
        }),
    };
    schema["description"] = json!(format!("{} / {}", key.en, key.zh));
    schema
}

fn words_of(key: &Key) -> Vec<&'static str> {
    match key.holds {
        Holds::Word(words) => words(),
        _ => Vec::new(),
    }
}

/// The table of all keys, in Markdown, for `connectors/README.md`.
pub fn keys_page() -> String {
    let mut page = String::from("| key | holds | default | meaning | 含义 |\n|---|---|---|---|---|\n");
    for key in KEYS {
        let holds = match key.holds {
            Holds::Text => "text".to_string(),
            Holds::Flag => "true / false".into(),
            Holds::Integer => "whole number".into(),
            Holds::Number => "number".into(),
            Holds::Bilingual => "`{ zh, en }`".into(),
            Holds::Texts => "list of texts".into(),
            Holds::Word(_) if key.path.ends_with("field") => "a field (below)".into(),
            Holds::Word(words) => words().join(" · "),
            Holds::Map => "table of words".into(),
            Holds::Table => "table".into(),
            Holds::Tables => "tables".into(),
        };
        let default = match (key.required, key.default) {
            (true, _) => "**required**".to_string(),
            (false, "") => String::new(),
            (false, d) => format!("`{d}`"),
        };
        page.push_str(&format!("| `{}` | {holds} | {default} | {} | {} |\n", key.path, key.en, key.zh));
    }
    page
}

/// The kinds of record and what becomes of each, as a Markdown table.
pub fn kinds_page() -> String {
    let mut page = String::from("| `kind` | use | 用途 |\n|---|---|---|\n");
    for kind in RecordKind::ALL {
        let (zh, en) = kind.used_as().words();
        page.push_str(&format!("| `{kind}` | {en} | {zh} |\n"));
    }
    page
}
