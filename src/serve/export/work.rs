//! Exports of the work that leads to a union: cases with their steps and visits, leads, duties, what everybody has to do, named lists and
//! who follows those on them, as CSV, NDJSON or a workbook.
//!
//! In: a list, and what of it. Out: a file. The graph answers, page by page, with the caller's rights, areas and language, so that a file
//! says what a page says; what each list asks and which columns it has stands in `work_lists`. What it does not do: speak of an earlier
//! edition, as work is as it is now.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{InputType, Pos, Request, Value, Variables};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use serde_json::{Map, json};

use super::sheet_file::SheetForm;
use super::work_lines::{WorkLines, inside, nodes_of};
use super::work_lists::{LISTS, WorkList, WorkParameter};
use crate::access::AccessScope;
use crate::model::message::Lang;
use crate::serve::answers::engine::Engine;
use crate::serve::answers::input_keys::known_keys;
use crate::serve::answers::strict_json::read_json;
use crate::serve::answers::usage::purpose;
use crate::serve::answers::validation_messages;
use crate::serve::context::RequestContext;
use crate::serve::graphql::model::cases::CaseFilter;
use crate::serve::graphql::model::leads::LeadFilter;
use crate::serve::http::headers::{header_text, lang_of, request_id};
use crate::serve::http::parameters::{self, RouteParameters};
use crate::serve::http::rest::{not_found, refuse};
use crate::serve::problem::{Code, GraphProblem, Problem};
use crate::serve::state::{Reading, ServerState};

/// What these exports take; which list takes which, `work_lists` says.
const TAKES: RouteParameters = RouteParameters::plain(&["filter", "area", "unit", "encoding", "codes"]).as_it_is();

/// A question for a list of work.
struct WorkAsked {
    state: ServerState,
    engine: Engine,
    ask: Arc<RequestContext>,
    parameters: HashMap<String, String>,
    lang: Lang,
    id: String,
}

impl WorkAsked {
    async fn read(state: &ServerState, engine: Engine, uri: &Uri, headers: &HeaderMap, id: &str) -> Result<WorkAsked, Problem> {
        let caller = state.caller(header_text(headers, header::AUTHORIZATION)).await?.stating(&purpose(headers));
        let parameters = parameters::read(uri, TAKES)?;
        let lang = parameters::lang(&parameters, lang_of(headers))?;
        // Pages may be very many: nothing read for one is kept for the next.
        let ask = Arc::new(RequestContext::new(state.clone(), caller, lang).lasting());
        Ok(WorkAsked { state: state.clone(), engine, ask, parameters, lang, id: id.to_owned() })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// What one document answers under `page`.
    async fn page(&self, document: &str, variables: serde_json::Value) -> Result<Value, Problem> {
        let request = Request::new(document).variables(Variables::from_json(variables)).data(self.ask.clone());
        let answer = self.engine.execute(request).await;
        if let Some(error) = answer.errors.into_iter().next() {
            return Err(Problem::of_error(&error).unwrap_or_else(|| {
                tracing::error!(error = %error.message, "an export of work could not be asked");
                Problem::internal()
            }));
        }
        inside(&answer.data, "page").cloned().ok_or_else(Problem::internal)
    }

    /// The variables that say what of the list is wanted.
    fn variables(&self, list: &WorkList) -> Result<Map<String, serde_json::Value>, Problem> {
        let empty = |name: &&str| self.parameter(name).is_some_and(|text| text.trim().is_empty());
        if let Some(name) = ["filter", "area", "unit"].iter().find(|name| empty(name)) {
            return Err(Problem::bad_input(
                format!("参数 {name} 没有取值：请给出取值，或去掉该参数"),
                format!("the parameter {name} has no value: give it one, or leave it out"),
            )
            .remedy(*name));
        }
        let takes: &[&str] = match list.takes {
            WorkParameter::Cases | WorkParameter::Leads => &["filter", "area", "unit"],
            WorkParameter::Unit => &["unit"],
            WorkParameter::Nothing => &[],
        };
        if let Some(name) = ["filter", "area", "unit"].iter().find(|name| !takes.contains(name) && self.parameter(name).is_some())
        {
            return Err(Problem::bad_input(
                format!("{} 不使用参数 {name}", list.name),
                format!("{} takes no parameter {name}", list.name),
            )
            .remedy(takes.join(", ")));
        }
        let mut variables = Map::new();
        match list.takes {
            WorkParameter::Cases => drop(variables.insert("filter".to_owned(), self.filter::<CaseFilter>()?)),
            WorkParameter::Leads => drop(variables.insert("filter".to_owned(), self.filter::<LeadFilter>()?)),
            WorkParameter::Unit => drop(variables.insert("unit".to_owned(), json!(self.parameter("unit")))),
            WorkParameter::Nothing => {}
        }
        Ok(variables)
    }

    /// The graph's filter as JSON, with its short forms.
    fn filter<T: InputType>(&self) -> Result<serde_json::Value, Problem> {
        let mut filter = match self.parameter("filter") {
            None => Map::new(),
            Some(text) => match read_json("filter", text)? {
                serde_json::Value::Object(filter) => filter,
                _ => {
                    return Err(Problem::bad_input(
                        "filter 应为 JSON 对象，如 {\"state\":[\"OPEN\"]}",
                        "filter is an object in JSON, such as {\"state\":[\"OPEN\"]}",
                    ));
                }
            },
        };
        for name in ["area", "unit"] {
            let Some(text) = self.parameter(name) else { continue };
            let values: Vec<&str> = text.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
            if filter.insert(name.to_owned(), json!(values)).is_some() {
                return Err(Problem::bad_input(
                    format!("{name} 既是参数又在 filter 中：请只给一次"),
                    format!("{name} is a parameter and stands in filter too: give it once"),
                ));
            }
        }
        let filter = serde_json::Value::Object(filter);
        let refused = |text: &str| {
            let (zh, en) = validation_messages::translated(text);
            Problem::bad_input(format!("filter 有误：{zh}"), format!("filter: {en}"))
        };
        let value = Value::from_json(filter.clone()).map_err(|e| refused(&e.to_string()))?;
        known_keys::<T>(&value)?;
        T::parse(Some(value)).map_err(|e| refused(&e.into_server_error(Pos::default()).message))?;
        Ok(filter)
    }

    /// Every line of the list, page by page; of a node whose own list is longer than a page, page by page too.
    async fn lines(&self, list: &WorkList, lines: &mut WorkLines) -> Result<(), Problem> {
        let mut variables = self.variables(list)?;
        loop {
            let page = self.page(list.document, serde_json::Value::Object(variables.clone())).await?;
            let (nodes, next) = nodes_of(&page);
            for node in nodes {
                let Some(part) = list.part else {
                    lines.add(node, node)?;
                    continue;
                };
                let (items, mut more) = nodes_of(inside(node, part).unwrap_or(&Value::Null));
                items.iter().try_for_each(|item| lines.add(node, item))?;
                while let (Some(after), Some(document)) = (more.take(), list.more) {
                    let id = inside(node, "id").cloned().unwrap_or_default().into_json().unwrap_or_default();
                    let page = self.page(document, json!({ "id": id, "after": after })).await?;
                    let (same, _) = nodes_of(&page);
                    // Closed to the caller meanwhile: what was read of it stands.
                    let Some(same) = same.first() else { break };
                    let (items, next) = nodes_of(inside(same, part).unwrap_or(&Value::Null));
                    items.iter().try_for_each(|item| lines.add(node, item))?;
                    more = next;
                }
            }
            match next {
                Some(after) => drop(variables.insert("after".to_owned(), json!(after))),
                None => return Ok(()),
            }
        }
    }
}

/// `GET /export/work/{list}.{format}`
pub async fn export(
    State(state): State<ServerState>,
    State(engine): State<Engine>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let id = request_id(&headers);
    let answered = match WorkAsked::read(&state, engine, &uri, &headers, &id).await {
        Ok(plain) => answer(&plain, &file, &uri, &headers).await.map_err(|problem| refuse(&problem, plain.lang, &id)),
        Err(problem) => Err(refuse(&problem, lang_of(&headers), &id)),
    };
    answered.unwrap_or_else(|refused| refused)
}

async fn answer(plain: &WorkAsked, file: &str, uri: &Uri, headers: &HeaderMap) -> Result<Response, Problem> {
    let caller = &plain.ask.caller;
    caller.require(AccessScope::Export)?;
    caller.require(AccessScope::Review)?;
    let (name, extension) = file.split_once('.').unwrap_or((file, ""));
    let Some(list) = LISTS.iter().find(|list| list.name == name) else {
        let known = LISTS.iter().map(|list| list.name).collect::<Vec<_>>().join(", ");
        return Err(not_found(&format!("没有 {name}；可用：{known}"), &format!("there is no {name}; known: {known}")));
    };
    let form = SheetForm::read(name, extension, plain.parameter("encoding").filter(|text| !text.is_empty()))?;
    let plain_codes = match plain.parameter("codes") {
        None | Some("" | "text") => false,
        Some("plain") => true,
        Some(other) => {
            return Err(Problem::bad_input(
                format!("codes 没有取值 {other}：text 供表格软件使用，plain 供程序使用"),
                format!("codes has no value {other}: text is for spreadsheets, plain for programs"),
            )
            .remedy("text, plain"));
        }
    };
    let Some(_place) = plain.state.exports().take(&caller.id) else {
        let most = plain.state.exports().per_caller();
        return Err(Problem::new(
            Code::CostExceeded,
            format!("同时进行的导出过多（每个调用者最多 {most} 个）；请等一个结束"),
            format!("too many exports at a time (a caller has at most {most}): wait for one to end"),
        ));
    };
    let mut lines = WorkLines::new(list.columns, form, plain.lang, plain_codes);
    plain.lines(list, &mut lines).await?;
    let (asked, purpose, shown) = (uri.to_string(), purpose(headers), plain.ask.take_shown());
    let reading = Reading {
        caller,
        purpose: &purpose,
        way: "export",
        asked: asked.as_bytes(),
        given: "",
        shown: &shown,
        beyond_editions: true,
        edition: plain.ask.answered(),
        request: &plain.id,
    };
    plain.state.account(reading).await?;
    let (rows, bytes) = lines.finish().map_err(|error| {
        tracing::error!(%error, list = name, "a workbook could not be written");
        Problem::internal()
    })?;
    Ok(form.attachment(name, rows, bytes, &plain.id))
}
