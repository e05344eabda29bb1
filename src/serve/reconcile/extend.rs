//! Columns of the graph for ids that a spreadsheet has: data extension of both versions. What cannot be answered leaves its own
//! cells empty, and a `warning` names it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::question::{bare_id, may_see};
use crate::serve::answers::strict_json::read_json;
use crate::serve::export::ExportColumn;
use crate::serve::http::rest::RestRequest;
use crate::serve::problem::Problem;

/// Ids of one batch.
const MAX_IDS: usize = 1_000;

/// What is said beside the cells, in the caller's language.
#[derive(Default)]
struct Warnings(Vec<(String, String)>);

impl Warnings {
    fn add(&mut self, zh: String, en: String) {
        if !self.0.iter().any(|(_, said)| *said == en) {
            self.0.push((zh, en));
        }
    }
    fn text(&self, plain: &RestRequest) -> Option<String> {
        let zh: Vec<&str> = self.0.iter().map(|(zh, _)| zh.as_str()).collect();
        let en: Vec<&str> = self.0.iter().map(|(_, en)| en.as_str()).collect();
        (!self.0.is_empty()).then(|| plain.lang.pick(zh.join("；"), en.join("; ")))
    }
}

/// Answers `{ "ids": [...], "properties": [{ "id" }] }` in the form of version 0.2.
///
/// # Errors
/// It cannot be read, or asks for more ids than one batch may have.
pub fn extend(plain: &RestRequest, text: &str) -> Result<Value, Problem> {
    let (ids, properties) = parts(&read_json("extend", text)?)?;
    if ids.len() > MAX_IDS {
        return Err(Problem::bad_input(format!("一次最多 {MAX_IDS} 个 id"), format!("at most {MAX_IDS} ids at a time"))
            .remedy(MAX_IDS.to_string()));
    }
    let mut warnings = Warnings::default();
    let columns = columns(plain, &properties, &mut warnings);
    let asked: Vec<ExportColumn> = columns.iter().filter_map(|(_, column)| *column).collect();
    asked.iter().for_each(|column| column.note_opened(&plain.ask.caller));
    let fields = asked.iter().fold(0, |bits, column| bits | column.fields());
    let mut rows = Map::new();
    for id in &ids {
        let key = match id {
            Value::String(id) => id.clone(),
            other => {
                warnings.add(
                    format!("id {other} 不是文本：对应的单元格为空"),
                    format!("the id {other} is no text: its cells are empty"),
                );
                other.to_string()
            }
        };
        let known = id.as_str().and_then(|id| plain.edition.enterprise_of_id(bare_id(id))).filter(|e| plain.ask.may_see(*e));
        plain.ask.show(&plain.edition, known.iter().map(|e| e.row), fields);
        let cells = columns.iter().map(|(name, column)| {
            let mut cell = String::new();
            if let (Some(e), Some(column)) = (&known, column) {
                column.write(e, plain.lang, plain.ask.caller.sight(), &mut cell);
            }
            let is_number = column.is_some_and(ExportColumn::is_number);
            let value = match (cell.is_empty(), is_number.then(|| cell.parse::<f64>().ok()).flatten()) {
                (true, _) => json!([]),
                (false, Some(number)) => json!([{ "float": number }]),
                (false, None) => json!([{ "str": cell }]),
            };
            (name.clone(), value)
        });
        rows.insert(key, Value::Object(cells.collect()));
    }
    let title =
        |name: &str, column: Option<ExportColumn>| column.map_or_else(|| name.to_owned(), |c| c.title(plain.lang).to_owned());
    let meta: Vec<Value> = columns.iter().map(|(name, column)| json!({ "id": name, "name": title(name, *column) })).collect();
    let mut answer = json!({ "meta": meta, "rows": rows });
    if let Some(text) = warnings.text(plain) {
        answer["warning"] = json!(text);
    }
    Ok(answer)
}

/// The ids and the properties asked for, as they are written.
fn parts(value: &Value) -> Result<(Vec<Value>, Vec<Value>), Problem> {
    let wrong = |zh: &str, en: &str| Problem::bad_input(format!("extend 有误：{zh}"), format!("extend: {en}"));
    let Value::Object(fields) = value else { return Err(wrong("应为对象", "it is no object")) };
    if let Some(key) = fields.keys().find(|key| !matches!(key.as_str(), "ids" | "properties")) {
        return Err(wrong(&format!("没有 {key}：可用 ids、properties"), &format!("there is no {key}: use ids and properties")));
    }
    let list = |name: &str| match fields.get(name) {
        Some(Value::Array(list)) => Ok(list.clone()),
        _ => Err(wrong(&format!("{name} 应为列表"), &format!("`{name}` is a list"))),
    };
    Ok((list("ids")?, list("properties")?))
}

/// The columns asked for, each once; None for one that there is not, or that the caller may not see.
fn columns(plain: &RestRequest, properties: &[Value], warnings: &mut Warnings) -> Vec<(String, Option<ExportColumn>)> {
    let mut columns = Vec::new();
    let mut seen = BTreeSet::new();
    for property in properties {
        let Some(name) = property.get("id").and_then(Value::as_str) else {
            warnings.add(
                format!("属性 {property} 缺少 id（文本）：已略去"),
                format!("the property {property} lacks its `id`, a text: it was left out"),
            );
            continue;
        };
        let is_set = property.get("settings").is_some_and(|s| !s.is_null() && s.as_object().is_none_or(|s| !s.is_empty()));
        if is_set {
            warnings.add(
                format!("属性 {name} 没有设置项：未采用"),
                format!("the property {name} has no settings: they were left out"),
            );
        }
        let column = ExportColumn::ALL.iter().copied().find(|c| c.name() == name && may_see(plain, *c));
        if column.is_none() {
            warnings.add(format!("没有属性 {name}：单元格为空"), format!("there is no property {name}: its cells are empty"));
        }
        if seen.insert(name) {
            columns.push((name.to_owned(), column));
        }
    }
    columns
}
