//! One query of a batch, as version 0.2 or the 1.0 draft writes it. What it says and nobody understands is an error of its own: no
//! other query of the batch is spoilt by it.

use serde_json::{Map, Value};

use crate::connector::nearest;
use crate::edition::Row;
use crate::model::identifier::clean_identifier;
use crate::model::message::Lang;
use crate::serve::answers::usage::bits_of;
use crate::serve::export::ExportColumn;
use crate::serve::http::rest::RestRequest;
use crate::serve::problem::Problem;

/// The only kind of thing that is found.
pub const KIND: &str = "Enterprise";
/// What version 0.2 names in a query, in a property of one, and how strictly its types count. `required` is the draft's.
const OF_QUERY: [&str; 5] = ["query", "type", "type_strict", "limit", "properties"];
const OF_PROPERTY: [&str; 3] = ["pid", "v", "required"];
const STRICT: [&str; 3] = ["any", "all", "should"];
/// What the draft names in a query and in a condition, its kinds of conditions, and how many values of a property must hold.
const OF_DRAFT: [&str; 3] = ["type", "limit", "conditions"];
const OF_CONDITION: [&str; 6] = ["matchType", "propertyId", "propertyValue", "required", "matchQuantifier", "matchQualifier"];
const KINDS: [&str; 3] = ["name", "id", "property"];
const QUANTIFIERS: [&str; 3] = ["any", "all", "none"];

/// One query: a name, or properties, or both.
#[derive(Debug, Default)]
pub struct SoughtName {
    /// The name, or a credit code.
    pub query: String,
    /// The very id of an enterprise; empty where it is not asked for by its id.
    pub id: String,
    /// It asks for another kind of thing than there is.
    pub asks_for_others: bool,
    /// At least 1; any number is allowed.
    pub limit: Option<f64>,
    pub properties: Vec<SoughtProperty>,
}

/// A property and what it should be.
#[derive(Debug)]
pub struct SoughtProperty {
    pub pid: String,
    v: Value,
    /// Whoever has another value is no candidate.
    required: bool,
    quantifier: Quantifier,
}

/// How many of a property's values must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Any,
    All,
    None,
}

fn wrong(zh: &str, en: &str) -> Problem {
    Problem::bad_input(format!("该查询有误：{zh}"), format!("this query: {en}"))
}

/// An object whose keys are all known.
fn object<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, Problem> {
    let Value::Object(fields) = value else { return Err(wrong("应为对象", "it is no object")) };
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(fields),
        Some(key) => Err(unknown(key, known)),
    }
}

/// A name that is none of the known ones.
fn unknown(name: &str, known: &[&str]) -> Problem {
    let (zh, en) = match nearest(name, known.iter().copied()) {
        Some(near) => (format!("；是否指 {near}？"), format!("; did you mean {near}?")),
        None => (format!("：可用 {}", known.join("、")), format!(": use {}", known.join(", "))),
    };
    wrong(&format!("没有 {name}{zh}"), &format!("there is no {name}{en}"))
}

/// A cell of a spreadsheet as text: numbers and truth values as they are written, nothing for what is blank.
fn cell_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value of a property as text: an entity by its name.
fn value_text(value: &Value) -> String {
    match value {
        Value::Object(entity) => {
            let of = |key| entity.get(key).and_then(Value::as_str);
            of("name").or(of("id")).unwrap_or("").to_owned()
        }
        Value::Array(_) => String::new(),
        cell => cell_text(cell).unwrap_or_default(),
    }
}

/// The ids of the types asked for; none where any will do.
fn types_of(value: &Value) -> Result<Vec<String>, Problem> {
    let one = |value: &Value| {
        let id = if value.is_object() { value.get("id") } else { Some(value) };
        let id = id.and_then(Value::as_str).map(|id| id.trim().to_owned());
        id.ok_or_else(|| wrong("type 应为类型的 id（文本）", "`type` is the id of a type, a text"))
    };
    let types = match value {
        Value::Null => Vec::new(),
        Value::Array(many) => many.iter().map(one).collect::<Result<_, _>>()?,
        value => vec![one(value)?],
    };
    // What a form sends where no type was chosen.
    Ok(types.into_iter().filter(|id| !id.is_empty()).collect())
}

fn limit_of(value: &Value) -> Result<Option<f64>, Problem> {
    match value {
        Value::Null => Ok(None),
        value => match value.as_f64().filter(|limit| *limit >= 1.0) {
            Some(limit) => Ok(Some(limit)),
            None => Err(wrong("limit 应为 1 以上的数", "`limit` is a number from 1 on")),
        },
    }
}

fn list(value: Option<&Value>, name: &str) -> Result<Vec<Value>, Problem> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list.clone()),
        Some(_) => Err(wrong(&format!("{name} 应为列表"), &format!("`{name}` is a list"))),
    }
}

fn is_required(value: Option<&Value>) -> Result<bool, Problem> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(is)) => Ok(*is),
        Some(_) => Err(wrong("required 应为 true 或 false", "`required` is true or false")),
    }
}

impl SoughtName {
    /// Reads a query of version 0.2.
    ///
    /// # Errors
    /// A value of the wrong kind, a name that there is not.
    pub fn read(value: &Value) -> Result<SoughtName, Problem> {
        let fields = object(value, &OF_QUERY)?;
        let of = |name: &str| fields.get(name).unwrap_or(&Value::Null);
        let query = cell_text(of("query")).ok_or_else(|| wrong("query 应为文本", "`query` is a text"))?;
        let types = types_of(of("type"))?;
        let strict = match of("type_strict") {
            Value::Null => "any",
            Value::String(strict) if STRICT.contains(&strict.as_str()) => strict.as_str(),
            _ => return Err(wrong("type_strict 应为 any、all 或 should", "`type_strict` is any, all or should")),
        };
        let limit = limit_of(of("limit"))?;
        let property = |value: &Value| {
            let fields = object(value, &OF_PROPERTY)?;
            let pid = fields.get("pid").and_then(Value::as_str);
            Ok(SoughtProperty {
                pid: pid.ok_or_else(|| wrong("属性缺少 pid（文本）", "a property lacks its `pid`, a text"))?.to_owned(),
                v: fields.get("v").cloned().unwrap_or_default(),
                required: is_required(fields.get("required"))?,
                quantifier: Quantifier::Any,
            })
        };
        let properties = list(fields.get("properties"), "properties")?.iter().map(property).collect::<Result<_, Problem>>()?;
        Ok(SoughtName { query, id: String::new(), asks_for_others: asks_for_others(&types, strict == "all"), limit, properties })
    }

    /// Reads a query of the 1.0 draft.
    ///
    /// # Errors
    /// As [`SoughtName::read`]; two names or two ids in one query.
    pub fn read_draft(value: &Value) -> Result<SoughtName, Problem> {
        let fields = object(value, &OF_DRAFT)?;
        let of = |name: &str| fields.get(name).unwrap_or(&Value::Null);
        let mut query = SoughtName {
            asks_for_others: asks_for_others(&types_of(of("type"))?, false),
            limit: limit_of(of("limit"))?,
            ..SoughtName::default()
        };
        let (mut names, mut ids) = (0, 0);
        for condition in list(fields.get("conditions"), "conditions")? {
            let fields = object(&condition, &OF_CONDITION)?;
            let text = |name: &str| match fields.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) => Ok(Some(text.as_str())),
                Some(_) => Err(wrong(&format!("{name} 应为文本"), &format!("`{name}` is a text"))),
            };
            let kind = text("matchType")?.ok_or_else(|| wrong("条件缺少 matchType", "a condition lacks its `matchType`"))?;
            if !KINDS.contains(&kind) {
                return Err(unknown(kind, &KINDS));
            }
            if let Some(qualifier) = text("matchQualifier")? {
                return Err(wrong(
                    &format!("没有 matchQualifier「{qualifier}」"),
                    &format!("there is no matchQualifier \"{qualifier}\""),
                ));
            }
            let required = is_required(fields.get("required"))?;
            let quantifier = match text("matchQuantifier")?.unwrap_or("any") {
                "any" => Quantifier::Any,
                "all" => Quantifier::All,
                "none" => Quantifier::None,
                other => return Err(unknown(other, &QUANTIFIERS)),
            };
            if quantifier != Quantifier::Any && (kind != "property" || !required) {
                return Err(wrong(
                    "matchQuantifier 的 all、none 只用于 required 为 true 的属性",
                    "matchQuantifier all and none are for properties that are required",
                ));
            }
            let v = fields.get("propertyValue").unwrap_or(&Value::Null);
            let cell = || cell_text(v).ok_or_else(|| wrong("propertyValue 应为文本", "`propertyValue` is a text"));
            match kind {
                "name" => {
                    names += 1;
                    query.query = cell()?;
                }
                "id" => {
                    ids += 1;
                    query.id = cell()?;
                }
                _ => {
                    let pid = text("propertyId")?;
                    let pid =
                        pid.ok_or_else(|| wrong("属性条件缺少 propertyId", "a property condition lacks its `propertyId`"))?;
                    query.properties.push(SoughtProperty { pid: pid.to_owned(), v: v.clone(), required, quantifier });
                }
            }
        }
        match (names, ids) {
            (0 | 1, 0 | 1) => Ok(query),
            _ => Err(wrong("name 与 id 条件各只能有一个", "it has one condition of the kinds name and id each")),
        }
    }

    /// Properties that there are not: the rest of the query is answered without them.
    pub fn unknown_properties(&self) -> Vec<&str> {
        let known = |pid: &str| ExportColumn::ALL.iter().any(|c| c.name() == pid);
        self.properties.iter().map(|p| p.pid.as_str()).filter(|pid| !known(pid)).collect()
    }

    /// The credit code asked for: the property, or the query itself where it is one.
    pub fn credit_code(&self) -> String {
        let given = self.property("creditCode");
        if !given.trim().is_empty() {
            return given;
        }
        let code = clean_identifier(&self.query);
        let is_code = code.len() == 18 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if is_code { code.to_string() } else { String::new() }
    }

    /// Whether a row has every required property: by its code or its name, in either language.
    pub fn holds(&self, plain: &RestRequest, row: Row) -> bool {
        let e = plain.edition.enterprise(row);
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        let is = |pid: &str, wanted: &str| {
            let name = format!("{pid}Name");
            let columns = ExportColumn::ALL.iter().copied().filter(|c| c.name() == pid || c.name() == name);
            columns.filter(|column| may_see(plain, *column)).any(|column| {
                [Lang::Zh, Lang::En].into_iter().any(|lang| {
                    let mut cell = String::new();
                    column.write(&e, lang, plain.ask.caller.sight(), &mut cell);
                    !wanted.is_empty() && same(&cell, wanted)
                })
            })
        };
        self.properties.iter().filter(|p| p.required).all(|p| {
            let wanted: Vec<String> = match &p.v {
                Value::Array(values) => values.iter().map(value_text).collect(),
                value => vec![value_text(value)],
            };
            match p.quantifier {
                Quantifier::Any => wanted.iter().any(|wanted| is(&p.pid, wanted)),
                Quantifier::All => wanted.iter().all(|wanted| is(&p.pid, wanted)),
                Quantifier::None => !wanted.iter().any(|wanted| is(&p.pid, wanted)),
            }
        })
    }

    /// The first value of a property: a text, a number, or the name of an entity.
    pub fn property(&self, pid: &str) -> String {
        match self.properties.iter().find(|p| p.pid == pid).map(|p| &p.v) {
            Some(Value::Array(list)) => list.first().map(value_text).unwrap_or_default(),
            Some(value) => value_text(value),
            None => String::new(),
        }
    }
}

/// Whether none of the types is ours; with `all`, whether one is not.
fn asks_for_others(types: &[String], all: bool) -> bool {
    let mut ours = types.iter().map(|of| of == KIND);
    if all { ours.any(|is| !is) } else { !types.is_empty() && !ours.any(|is| is) }
}

/// An id as it is asked for: that of an edition (`E…@12`) names the same enterprise.
pub fn bare_id(id: &str) -> &str {
    id.split('@').next().unwrap_or_default().trim()
}

/// Notes that these enterprises are shown, with these fields.
pub fn show(plain: &RestRequest, rows: impl Iterator<Item = Row>, names: &[&str]) {
    plain.ask.show(&plain.edition, rows, names.iter().fold(0, |bits, name| bits | bits_of(name)));
}

pub fn may_see(plain: &RestRequest, column: ExportColumn) -> bool {
    column.scopes().iter().all(|scope| plain.ask.caller.may(*scope))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_query_says_and_nobody_understands_is_its_error() {
        for (query, said) in [
            (json!({ "query": "x", "typ": "Person" }), "did you mean type?"),
            (json!({ "query": "x", "propertys": [] }), "did you mean properties?"),
            (json!({ "query": "x", "type": [5] }), "`type` is the id of a type"),
            (json!({ "query": "x", "type": { "name": "Person" } }), "`type` is the id of a type"),
            (json!({ "query": "x", "type_strict": "maybe" }), "any, all or should"),
            (json!({ "query": "x", "limit": 0 }), "from 1 on"),
            (json!({ "query": "x", "properties": [{ "pid": "district", "value": "x" }] }), "there is no value"),
        ] {
            let problem = SoughtName::read(&query).expect_err("not understood");
            assert!(problem.en.contains(said), "{query}: {}", problem.en);
        }
        let of = |more: Value| {
            let mut query = json!({ "query": "x" });
            query.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            SoughtName::read(&query).expect("understood").asks_for_others
        };
        assert!(!of(json!({ "type": "" })) && !of(json!({ "type": ["Person", "Enterprise"] })));
        assert!(of(json!({ "type": ["Person", "Enterprise"], "type_strict": "all" })) && of(json!({ "type": "Person" })));
    }

    #[test]
    fn conditions_of_the_draft_are_understood_or_refused() {
        let name = json!({ "matchType": "name", "propertyValue": "x" });
        let read = |conditions: Value| SoughtName::read_draft(&json!({ "conditions": conditions }));
        assert_eq!(read(json!([name])).expect("a name").query, "x");
        for (conditions, said) in [
            (json!([name, name]), "one condition"),
            (json!([{ "matchType": "colour" }]), "there is no colour"),
            (json!([{ "matchType": "property", "propertyValue": "x" }]), "propertyId"),
            (json!([{ "matchType": "name", "propertyValue": "x", "matchQualifier": "Exact" }]), "Exact"),
            (
                json!([{ "matchType": "property", "propertyId": "district", "propertyValue": "x", "matchQuantifier": "none" }]),
                "required",
            ),
        ] {
            let problem = read(conditions.clone()).expect_err("not understood");
            assert!(problem.en.contains(said), "{conditions}: {}", problem.en);
        }
    }
}
