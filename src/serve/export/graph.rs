//! Columns of an export that the graph answers: for some hundred enterprises at a time, with the rights and the language of the
//! export's maker and with the readings in common that a page of the list has.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::{Context, EmptyMutation, EmptySubscription, Name, Object, Request, Schema, Value};

use super::columns::flag_text;
use super::field_path::GraphColumn;
use super::stored::StoredSelection;
use crate::access::Caller;
use crate::edition::{Edition, Row, RowPage};
use crate::model::message::Lang;
use crate::serve::answers::validation_messages;
use crate::serve::context::RequestContext;
use crate::serve::graphql::model::connection::EnterpriseConnection;
use crate::serve::graphql::model::labels::name_of;
use crate::serve::problem::{GraphProblem, Problem};
use crate::serve::state::ServerState;

/// Enterprises that the graph answers at a time.
pub const BATCH: usize = 250;
/// A batch that takes longer breaks the export off.
const MAX_TIME: Duration = Duration::from_secs(120);

/// The root of a batch.
struct ExportBatch;

/// The enterprises of a batch.
struct These(Arc<Edition>, Vec<Row>);

#[Object]
impl ExportBatch {
    async fn rows(&self, ctx: &Context<'_>) -> EnterpriseConnection {
        let These(edition, rows) = ctx.data_unchecked::<These>();
        let page = RowPage { rows: rows.clone(), total: rows.len() as u64, has_next: false, has_previous: false, start: None };
        EnterpriseConnection { edition: edition.clone(), question: 0, page }
    }
}

fn schema() -> &'static Schema<ExportBatch, EmptyMutation, EmptySubscription> {
    static SCHEMA: OnceLock<Schema<ExportBatch, EmptyMutation, EmptySubscription>> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::build(ExportBatch, EmptyMutation, EmptySubscription).finish())
}

/// What is asked of the graph, and for whom.
#[derive(Clone)]
pub struct GraphSource {
    pub state: ServerState,
    pub caller: Arc<Caller>,
    pub lang: Lang,
    /// A selection on an enterprise, with its brackets.
    pub selection: String,
    pub runtime: tokio::runtime::Handle,
}

impl GraphSource {
    /// One answer per row, in their order; the first problem where something could not be answered. What most exports ask of the
    /// store is read without the graph.
    async fn answers(&self, edition: &Arc<Edition>, rows: &[Row]) -> Result<Vec<Value>, Problem> {
        let ask = RequestContext::new(self.state.clone(), self.caller.clone(), self.lang);
        match StoredSelection::of(&self.selection).filter(|stored| stored.is_permitted(&ask)) {
            Some(stored) => {
                let answers = stored.answers(&ask, edition, rows).await?;
                self.caller.opened.add(&ask.caller.opened);
                Ok(answers)
            }
            None => self.graph_answers(Arc::new(ask), edition, rows).await,
        }
    }

    async fn graph_answers(&self, ask: Arc<RequestContext>, edition: &Arc<Edition>, rows: &[Row]) -> Result<Vec<Value>, Problem> {
        let document = format!("{{ rows {{ nodes {} }} }}", self.selection);
        let request = Request::new(document).data(ask.clone()).data(These(edition.clone(), rows.to_vec()));
        let answer = tokio::time::timeout(MAX_TIME, schema().execute(request)).await.map_err(|_| Problem::internal())?;
        // What was opened for it was opened for the export.
        self.caller.opened.add(&ask.caller.opened);
        if let Some(error) = answer.errors.into_iter().next() {
            return Err(match Problem::of_error(&error) {
                Some(problem) => problem,
                None => {
                    let (zh, en) = validation_messages::translated(&error.message);
                    Problem::bad_input(format!("列的选择有误：{zh}"), format!("columns: {en}"))
                        .remedy(super::choice::unknown("").remedy.unwrap_or_default())
                }
            });
        }
        let nodes = inside(answer.data, "rows").and_then(|rows| inside(rows, "nodes"));
        match nodes {
            Some(Value::List(nodes)) if nodes.len() == rows.len() => Ok(nodes),
            _ => Err(Problem::internal()),
        }
    }

    /// Whether the selection fits the schema and the caller may see it: asked of the first row.
    pub async fn probe(&self, edition: &Arc<Edition>, first: &[Row]) -> Result<(), Problem> {
        let ask = RequestContext::new(self.state.clone(), self.caller.clone(), self.lang);
        self.graph_answers(Arc::new(ask), edition, first).await.map(drop)
    }

    /// The same from a thread that may wait.
    pub fn wait_for(&self, edition: &Arc<Edition>, rows: &[Row]) -> std::io::Result<Vec<Value>> {
        let mut all = Vec::with_capacity(rows.len());
        for some in rows.chunks(BATCH) {
            let answers = self.runtime.block_on(self.answers(edition, some));
            all.extend(answers.map_err(|problem| std::io::Error::other(problem.en))?);
        }
        Ok(all)
    }
}

fn inside(value: Value, name: &str) -> Option<Value> {
    match value {
        Value::Object(mut fields) => fields.swap_remove(&Name::new(name)),
        _ => None,
    }
}

/// Writes the values at the end of a path; those of lists one after the other, with a place for each that is absent, so that two
/// columns of the same list stand side by side.
pub fn write_cell(answer: &Value, column: &GraphColumn, lang: Lang, out: &mut String) {
    let mut values = Vec::new();
    collect(answer, &column.shown, false, &mut values);
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push_str("; ");
        }
        match value {
            Value::String(text) => out.push_str(text),
            Value::Enum(name) => out.push_str(name_of(column.type_name(), name.as_str(), lang)),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::Boolean(is) => out.push_str(flag_text(*is, lang)),
            _ => {}
        }
    }
}

fn collect<'a>(value: &'a Value, path: &[String], in_list: bool, found: &mut Vec<&'a Value>) {
    match (value, path) {
        (Value::List(items), _) => items.iter().for_each(|item| collect(item, path, true, found)),
        (Value::Object(fields), [first, rest @ ..]) => match fields.get(&Name::new(first)) {
            Some(inner) => collect(inner, rest, in_list, found),
            None => collect(&Value::Null, &[], in_list, found),
        },
        (Value::Null, _) if !in_list => {}
        (value, _) => found.push(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_flattened_side_by_side() {
        let answer = Value::from_json(serde_json::json!({
            "name": "甲", "area": null,
            "records": { "nodes": [{ "key": "1", "registry": { "name": "tax" } }, { "key": "2", "registry": null }, { "key": "3", "registry": { "name": "unions" } }] },
        }))
        .unwrap();
        let cell = |path: &str| {
            let mut text = String::new();
            let column = GraphColumn::of_path(path.split('.').map(str::to_owned).collect());
            write_cell(&answer, &column, Lang::Zh, &mut text);
            text
        };
        assert_eq!(cell("name"), "甲");
        assert_eq!(cell("area.name"), "");
        assert_eq!(cell("records.nodes.key"), "1; 2; 3");
        assert_eq!(cell("records.nodes.registry.name"), "tax; ; unions");
    }
}
