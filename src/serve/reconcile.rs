//! W3C Reconciliation Service API 0.2 at `/reconcile`: an analyst's spreadsheet in OpenRefine meets the graph.
//!
//! Candidates come from the name index and the identifiers; the linker scores them as it scores records, and its features
//! are shown. Only what the caller may see is a candidate.

pub mod draft;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::usage::bits_of;
use super::export::ExportColumn;
use super::http::parameters::RouteParameters;
use super::http::rest::{RestRequest, not_found};
use super::problem::{Code, Problem};
use super::state::ServerState;
use crate::access::Sight;
use crate::edition::{EnterpriseRow, Filter, LookupKey, Row};
use crate::link::{LinkSettings, Linker, Previous, Weights};
use crate::model::identifier::clean_identifier;
use crate::model::linkage::{LinkMethod, LinkRecord, LinkRole};
use crate::model::message::Lang;

/// Queries of one batch, and the bytes they may take as a form.
pub const MAX_QUERIES: usize = 200;
const MAX_BODY: usize = 8 << 20;
/// Candidates that are scored per query.
const SCORED: usize = 30;
/// Others that are scored beside one that bears the name or the code asked for.
const BESIDE: usize = 8;
/// Suggestions of one answer, and how far they can be read on.
const SUGGESTED: usize = 10;
const MAX_CURSOR: usize = 200;

/// One query of a batch: a name, or properties, or both.
#[derive(Debug, Default)]
struct Query {
    /// The name, or a credit code.
    query: String,
    /// The very id of an enterprise; empty where it is not asked for by its id.
    id: String,
    /// Kinds of things asked for; empty: any.
    types: Vec<String>,
    /// Any number is allowed.
    limit: Option<f64>,
    properties: Vec<QueryProperty>,
}

#[derive(Debug, Deserialize)]
struct QueryProperty {
    pid: String,
    #[serde(default)]
    v: Value,
    /// Whoever has another value is no candidate.
    #[serde(default)]
    required: bool,
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

impl Query {
    /// Reads one query of a batch.
    ///
    /// # Errors
    /// A value of the wrong kind. It spoils no other query.
    fn read(value: &Value) -> Result<Query, Problem> {
        let wrong = |zh: &str, en: &str| Problem::bad_input(format!("该查询有误：{zh}"), format!("this query: {en}"));
        let Value::Object(fields) = value else { return Err(wrong("应为对象", "it is no object")) };
        let of = |name: &str| fields.get(name).unwrap_or(&Value::Null);
        let query = cell_text(of("query")).ok_or_else(|| wrong("query 应为文本", "`query` is a text"))?;
        let id = cell_text(of("id")).ok_or_else(|| wrong("id 应为文本", "`id` is a text"))?;
        let types = match of("type") {
            Value::Null => Vec::new(),
            Value::String(one) => vec![one.clone()],
            Value::Array(many) => {
                many.iter().filter_map(|one| one.as_str().or(one.get("id")?.as_str()).map(str::to_owned)).collect()
            }
            Value::Object(one) => one.get("id").and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
            _ => return Err(wrong("type 应为文本", "`type` is a text")),
        };
        let limit = match of("limit") {
            Value::Null => None,
            Value::Number(number) => number.as_f64(),
            _ => return Err(wrong("limit 应为数字", "`limit` is a number")),
        };
        let properties: Vec<QueryProperty> = match of("properties") {
            Value::Null => Vec::new(),
            list => serde_json::from_value(list.clone())
                .map_err(|e| wrong(&format!("properties 无法解析：{e}"), &format!("`properties` cannot be read: {e}")))?,
        };
        Ok(Query { query, id, types, limit, properties })
    }

    /// A property that there is not: the rest of the query is answered without it.
    fn unknown_property(&self) -> Option<&str> {
        let known = |pid: &str| ExportColumn::ALL.iter().any(|c| c.name() == pid);
        self.properties.iter().map(|p| p.pid.as_str()).find(|pid| !known(pid))
    }

    /// The credit code asked for: the property, or the query itself where it is one.
    fn credit_code(&self) -> String {
        let given = self.property("creditCode");
        if !given.trim().is_empty() {
            return given;
        }
        let code = clean_identifier(&self.query);
        let is_code = code.len() == 18 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if is_code { code.to_string() } else { String::new() }
    }

    /// Whether a row has every required property: by its code or its name, in either language.
    fn holds(&self, plain: &RestRequest, row: Row) -> bool {
        let e = plain.edition.enterprise(row);
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        self.properties.iter().filter(|p| p.required).all(|p| {
            let wanted = self.property(&p.pid);
            let name = format!("{}Name", p.pid);
            let columns = ExportColumn::ALL.iter().copied().filter(|c| c.name() == p.pid || c.name() == name);
            columns.filter(|column| may_see(plain, *column)).any(|column| {
                [Lang::Zh, Lang::En].into_iter().any(|lang| {
                    let mut cell = String::new();
                    column.write(&e, lang, plain.ask.caller.sight(), &mut cell);
                    !wanted.is_empty() && same(&cell, &wanted)
                })
            })
        })
    }

    /// The first value of a property: a text, a number, or the name of an entity.
    fn property(&self, pid: &str) -> String {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Object(entity) => {
                let of = |key| entity.get(key).and_then(Value::as_str);
                of("name").or(of("id")).unwrap_or("").to_owned()
            }
            _ => String::new(),
        };
        match self.properties.iter().find(|p| p.pid == pid).map(|p| &p.v) {
            Some(Value::Array(list)) => list.first().map(text).unwrap_or_default(),
            Some(value) => text(value),
            None => String::new(),
        }
    }
}

pub fn kind(lang: Lang) -> Value {
    json!({ "id": "Enterprise", "name": lang.pick("企业", "Enterprise") })
}

/// `GET` (manifest) and `POST` (queries, extend) `/reconcile`
pub async fn reconcile(State(state): State<ServerState>, method: Method, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&["queries", "extend", "callback"])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let mut form = plain.parameters.clone();
    if method == Method::POST {
        let bytes = match read_body(&plain, body).await {
            Ok(bytes) => bytes,
            Err(refused) => return *refused,
        };
        for (name, text) in url::form_urlencoded::parse(&bytes) {
            form.insert(name.into_owned(), text.into_owned());
        }
        if !form.contains_key("queries") && !form.contains_key("extend") {
            return plain.refuse(&Problem::bad_input(
                "请求体应为表单（application/x-www-form-urlencoded），含 queries 或 extend",
                "the body is a form (application/x-www-form-urlencoded) with `queries` or `extend`",
            ));
        }
    }
    if plain.parameter("callback").is_some() {
        return plain.refuse(&Problem::bad_input(
            "不提供 JSONP：请把网页的来源加入 origins",
            "JSONP is not served: add the page's origin to `origins`",
        ));
    }
    // A long batch is seconds of work: it holds no other answer up.
    let plain = Arc::new(plain);
    let working = plain.clone();
    let asked = form.get("queries").or(form.get("extend")).cloned().unwrap_or_default();
    let answered = tokio::task::spawn_blocking(move || match (form.get("queries"), form.get("extend")) {
        (Some(text), _) => queries(&working, text),
        (None, Some(text)) => extend(&working, text),
        (None, None) => Ok(manifest(&working)),
    });
    let answered = answered.await.unwrap_or_else(|_| Err(Problem::internal()));
    match answered {
        Ok(value) => told(&plain, asked.as_bytes(), respond(value.to_string(), "application/json; charset=utf-8")).await,
        Err(problem) => plain.refuse(&problem),
    }
}

/// The answer, once it is accounted for.
pub async fn told(plain: &RestRequest, asked: &[u8], answer: Response) -> Response {
    match plain.account("reconcile", asked, &plain.ask.take_shown()).await {
        Ok(()) => answer,
        Err(problem) => plain.refuse(&problem),
    }
}

/// What a candidate or a suggestion says of an enterprise, by the names of the graph.
const DESCRIBED: [&str; 5] = ["name", "creditCode", "status", "area", "address"];

fn show(plain: &RestRequest, rows: impl Iterator<Item = Row>, names: &[&str]) {
    plain.ask.show(&plain.edition, rows, names.iter().fold(0, |bits, name| bits | bits_of(name)));
}

/// The body of a batch, within its limit.
pub async fn read_body(plain: &RestRequest, body: Body) -> Result<Bytes, Box<Response>> {
    axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| {
        let megabytes = MAX_BODY >> 20;
        let problem = Problem::new(
            Code::CostExceeded,
            format!("请求体超过 {megabytes} MB，或传输中断：一次最多 {MAX_QUERIES} 个查询"),
            format!("the body is longer than {megabytes} MB, or was cut off: at most {MAX_QUERIES} queries at a time"),
        )
        .remedy(MAX_QUERIES.to_string());
        let mut response = plain.refuse(&problem);
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        Box::new(response)
    })
}

pub fn respond(text: String, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn manifest(plain: &RestRequest) -> Value {
    let base = &plain.base;
    json!({
        "versions": ["0.2"],
        "name": plain.lang.pick("会图 企业", "huitu enterprises"),
        "identifierSpace": format!("{base}/id/"),
        "schemaSpace": format!("{base}/schema.graphql#"),
        "defaultTypes": [kind(plain.lang)],
        "batchSize": MAX_QUERIES,
        "view": { "url": format!("{base}/reconcile/preview?id={{{{id}}}}") },
        "preview": { "url": format!("{base}/reconcile/preview?id={{{{id}}}}"), "width": 420, "height": 240 },
        "suggest": {
            "entity": { "service_url": base, "service_path": "/reconcile/suggest/entity" },
            "property": { "service_url": base, "service_path": "/reconcile/suggest/property" },
            "type": { "service_url": base, "service_path": "/reconcile/suggest/type" },
        },
        "extend": { "propose_properties": { "service_url": base, "service_path": "/reconcile/propose_properties" }, "property_settings": [] },
    })
}

fn queries(plain: &RestRequest, text: &str) -> Result<Value, Problem> {
    let queries: BTreeMap<String, Value> = serde_json::from_str(text)
        .map_err(|e| Problem::bad_input(format!("queries 无法解析：{e}"), format!("queries cannot be read: {e}")))?;
    let (names, asked): (Vec<String>, Vec<Value>) = queries.into_iter().unzip();
    Ok(Value::Object(names.into_iter().zip(answers(plain, &asked)?).collect()))
}

/// The answers to a batch in its order. What is wrong with one query is said in its own answer: the others are answered all the same.
///
/// # Errors
/// More queries than one batch may have.
pub fn answers(plain: &RestRequest, asked: &[Value]) -> Result<Vec<Value>, Problem> {
    if asked.len() > MAX_QUERIES {
        return Err(Problem::bad_input(
            format!("一次最多 {MAX_QUERIES} 个查询"),
            format!("at most {MAX_QUERIES} queries at a time"),
        )
        .remedy(MAX_QUERIES.to_string()));
    }
    let scope = scope(plain)?;
    let answer = |value: &Value| match Query::read(value) {
        Ok(query) => {
            let mut answer = json!({ "result": results(plain, &query, scope.as_deref()) });
            if let Some(unknown) = query.unknown_property() {
                let zh = format!("没有属性 {unknown}：未参与比对");
                answer["warning"] = json!(plain.lang.pick(zh, format!("there is no property {unknown}: it was left out")));
            }
            answer
        }
        Err(problem) => json!({ "result": [], "error": problem.text(plain.lang) }),
    };
    Ok(asked.par_iter().map(answer).collect())
}

fn scope(plain: &RestRequest) -> Result<Option<std::sync::Arc<roaring::RoaringBitmap>>, Problem> {
    plain.ask.require_single()?;
    match plain.ask.within_areas(Filter::All) {
        Filter::All => Ok(None),
        filter => Ok(Some(plain.edition.filter(&filter)?)),
    }
}

/// Enterprises that a name may mean, the likeliest first, with the chance in percent; true where the linker would join the two without
/// asking a person.
///
/// # Errors
/// The caller's areas cannot be read.
pub fn candidates(plain: &RestRequest, name: &str) -> Result<Vec<(Row, f64, bool)>, Problem> {
    let scope = scope(plain)?;
    let query = Query { query: name.to_owned(), ..Query::default() };
    Ok(found(plain, &query, scope.as_deref()).into_iter().map(|c| (c.row, c.score, c.is_match)).collect())
}

/// A scored candidate.
struct Candidate {
    row: Row,
    score: f64,
    is_match: bool,
    features: Vec<Value>,
}

/// The candidates of a query, the likeliest first.
fn found(plain: &RestRequest, query: &Query, scope: Option<&roaring::RoaringBitmap>) -> Vec<Candidate> {
    let edition = &plain.edition;
    let visible = |row: &Row| scope.is_none_or(|scope| scope.contains(*row));
    let mut rows: Vec<Row> = Vec::new();
    let asks_for_others = !query.types.is_empty() && !query.types.iter().any(|of| of == "Enterprise");
    if !query.id.is_empty() && !asks_for_others {
        // An id of an edition (`E…@12`) names the same enterprise.
        let row = edition.row_of_id(query.id.split('@').next().unwrap_or_default()).filter(visible);
        let row = row.filter(|row| query.holds(plain, *row));
        return row.map(|row| Candidate { row, score: 100.0, is_match: true, features: Vec::new() }).into_iter().collect();
    }
    let is_blank = query.query.is_empty() && query.properties.iter().all(|p| query.property(&p.pid).trim().is_empty());
    if asks_for_others || is_blank {
        return Vec::new();
    }
    let code = query.credit_code();
    if !code.is_empty() {
        rows.extend(edition.rows(&LookupKey::CreditCode(code)).into_iter().filter(visible));
    }
    if !query.query.trim().is_empty() {
        rows.extend(edition.rows(&LookupKey::Name(query.query.clone())).into_iter().filter(visible));
        // Whoever bears the very name, or the code, stands first: fewer others are looked at.
        let others = if rows.is_empty() { SCORED } else { BESIDE };
        rows.extend(edition.search(&query.query, scope, 10.min(others)).into_iter().map(|hit| hit.row));
        rows.extend(edition.similar(&query.query, scope, others));
    }
    let mut seen = hashbrown::HashSet::new();
    rows.retain(|row| seen.insert(*row) && query.holds(plain, *row));
    rows.truncate(SCORED);
    let mut found = score(plain, query, &rows);
    let told = plain.ask.told_scores(edition);
    let order = |a, b| told.as_ref().map_or_else(|| edition.order(a, b), |told| edition.told_order(told, a, b));
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| order(a.row, b.row)));
    found
}

fn results(plain: &RestRequest, query: &Query, scope: Option<&roaring::RoaringBitmap>) -> Vec<Value> {
    let edition = &plain.edition;
    let found = found(plain, query, scope);
    let most = (query.limit.unwrap_or(10.0) as usize).clamp(1, SCORED);
    show(plain, found.iter().take(most).map(|c| c.row), &DESCRIBED);
    // What is asked of a property is told by how it fits.
    let asked: Vec<&str> = query.properties.iter().map(|property| property.pid.as_str()).collect();
    show(plain, std::iter::empty(), &asked);
    found
        .iter()
        .take(most)
        .map(|c| {
            let e = edition.enterprise(c.row);
            json!({
                "id": e.id(), "name": e.name(), "type": [kind(plain.lang)], "score": (c.score * 10.0).round() / 10.0, "match": c.is_match,
                "description": describe(&e, plain.lang), "features": c.features,
            })
        })
        .collect()
}

fn describe(e: &EnterpriseRow<'_>, lang: Lang) -> String {
    let mut text = String::new();
    for column in [ExportColumn::CreditCode, ExportColumn::DistrictName, ExportColumn::IndustryName, ExportColumn::Gap] {
        if !text.is_empty() {
            text.push_str(" · ");
        }
        column.write(e, lang, Sight::OPEN, &mut text);
    }
    text
}

/// The spreadsheet's row as a registry's record among the candidates, decided by the linker: 100 where an identifier
/// decides, otherwise the chance by its weight; candidates it does not even consider get half the likeness of the names.
fn score(plain: &RestRequest, query: &Query, rows: &[Row]) -> Vec<Candidate> {
    let edition = &plain.edition;
    let mut settings = LinkSettings::with_registries(["graph", "spreadsheet"]);
    settings.review_from = -9.0;
    let mut linker = Linker::new(settings, Weights::shipped());
    let mut records: Vec<LinkRecord> = rows.iter().map(|row| known(&edition.enterprise(*row))).collect();
    records.push(LinkRecord {
        registry: 1,
        key: "query".into(),
        role: LinkRole::Enterprise,
        name: query.query.as_str().into(),
        credit_code: query.credit_code().into(),
        district: query.property("district").into(),
        address: query.property("address").into(),
        ..LinkRecord::default()
    });
    linker.put(&records);
    let linking = linker.link(&Previous::default(), &[]);
    let chance = |weight: f32| 100.0 / (1.0 + (-f64::from(weight)).exp2());
    let feature = |id: &str, value: f64| json!({ "id": id, "value": (value * 100.0).round() / 100.0 });
    let name_likeness = |row: Row| {
        let names = std::iter::once(edition.enterprise(row).name()).chain(edition.enterprise(row).former_names());
        names.map(|name| strsim::jaro_winkler(name, &query.query)).fold(0.0, f64::max)
    };
    let mut found: Vec<Candidate> = rows
        .iter()
        .map(|row| {
            let likeness = name_likeness(*row);
            Candidate { row: *row, score: likeness * 50.0, is_match: false, features: vec![feature("name_likeness", likeness)] }
        })
        .collect();
    let position = |key: &str| rows.iter().position(|row| edition.enterprise(*row).id() == key);
    let by_query = linking.decisions.iter().find(|d| &*linker.record_ref(d.record).registry == "spreadsheet");
    let joined = by_query.and_then(|mine| {
        let entity = mine.entity?;
        let other = linking.decisions.iter().find(|d| d.entity == Some(entity) && d.record != mine.record)?;
        Some((mine, position(&linker.record_ref(other.record).key)?))
    });
    if let Some((decision, at)) = joined {
        let by_identifier =
            matches!(decision.method, LinkMethod::CreditCode | LinkMethod::OrganisationCode | LinkMethod::RegistrationNumber);
        found[at].score = decision.weight.map_or(100.0, chance).max(if by_identifier { 100.0 } else { 0.0 });
        found[at].is_match = true;
        found[at].features.extend(linker.evidence(decision).iter().map(|e| feature(&e.feature, f64::from(e.weight))));
    }
    // Whoever gives a credit code asks for its holder, however the name is spelt.
    let code = clean_identifier(&query.credit_code());
    if let Some(at) = rows.iter().position(|row| !code.is_empty() && edition.enterprise(*row).credit_code() == Some(&*code)) {
        (found[at].score, found[at].is_match) = (100.0, true);
    }
    for pair in &linking.review {
        let other = if &*pair.left.registry == "spreadsheet" { &pair.right } else { &pair.left };
        if let Some(at) = position(&other.key) {
            found[at].score = found[at].score.max(chance(pair.weight).min(99.0));
            found[at].features.extend(pair.evidence.iter().map(|e| feature(&e.feature, f64::from(e.weight))));
        }
    }
    found
}

/// An enterprise of the graph as the linker takes it.
fn known(e: &EnterpriseRow<'_>) -> LinkRecord {
    LinkRecord {
        registry: 0,
        key: e.id().into(),
        role: LinkRole::Enterprise,
        issues_codes: true,
        name: e.name().into(),
        former_names: e.former_names().into_iter().map(Into::into).collect(),
        credit_code: e.credit_code().or(e.credit_code_raw()).unwrap_or("").into(),
        area: e.town().or(e.district()).map(|code| code.to_string()).unwrap_or_default().into(),
        district: e.district().and_then(|code| e.edition.area(&code.to_string())).map_or("", |a| &a.zh).into(),
        address: e.address().unwrap_or("").into(),
        industry: e.industry().unwrap_or("").into(),
        employees: e.employees(),
        ..LinkRecord::default()
    }
}

#[derive(Debug, Deserialize)]
struct Extend {
    ids: Vec<String>,
    properties: Vec<ExtendProperty>,
}

#[derive(Debug, Deserialize)]
struct ExtendProperty {
    id: String,
}

fn may_see(plain: &RestRequest, column: ExportColumn) -> bool {
    column.scope().is_none_or(|scope| plain.ask.caller.may(scope))
}

pub fn extend(plain: &RestRequest, text: &str) -> Result<Value, Problem> {
    let wanted: Extend = serde_json::from_str(text)
        .map_err(|e| Problem::bad_input(format!("extend 无法解析：{e}"), format!("extend cannot be read: {e}")))?;
    if wanted.ids.len() > 1_000 {
        return Err(Problem::bad_input("一次最多 1000 个 id", "at most 1000 ids at a time").remedy("1000"));
    }
    let mut columns = Vec::new();
    for property in &wanted.properties {
        let column = ExportColumn::ALL.iter().copied().find(|c| c.name() == property.id && may_see(plain, *c));
        columns.push(column.ok_or_else(|| {
            Problem::bad_input(format!("没有属性 {}", property.id), format!("there is no property {}", property.id))
        })?);
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let mut rows = serde_json::Map::new();
    for id in &wanted.ids {
        let enterprise = plain.edition.enterprise_of_id(id).filter(|e| plain.ask.may_see(*e));
        show(plain, enterprise.iter().map(|e| e.row), &names);
        let mut cells = serde_json::Map::new();
        for column in &columns {
            let mut cell = String::new();
            if let Some(e) = &enterprise {
                column.write(e, plain.lang, plain.ask.caller.sight(), &mut cell);
            }
            let value = match (cell.is_empty(), column.is_number().then(|| cell.parse::<f64>().ok()).flatten()) {
                (true, _) => json!([]),
                (false, Some(number)) => json!([{ "float": number }]),
                (false, None) => json!([{ "str": cell }]),
            };
            cells.insert(column.name().to_owned(), value);
        }
        rows.insert(id.clone(), Value::Object(cells));
    }
    let meta: Vec<Value> = columns.iter().map(|c| json!({ "id": c.name(), "name": c.title(plain.lang) })).collect();
    Ok(json!({ "meta": meta, "rows": rows }))
}

/// `GET /reconcile/{what}`: property proposals and previews.
pub async fn help(State(state): State<ServerState>, Path(what): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&["id", "type", "limit"])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match what.as_str() {
        "propose_properties" => {
            let limit = match whole(&plain, "limit") {
                Ok(limit) => limit.unwrap_or(usize::MAX),
                Err(problem) => return plain.refuse(&problem),
            };
            let mut proposed = properties(&plain, "");
            proposed.truncate(limit);
            let answer = json!({ "type": "Enterprise", "properties": proposed });
            respond(answer.to_string(), "application/json; charset=utf-8")
        }
        "preview" => {
            let found = plain.parameter("id").and_then(|id| plain.edition.enterprise_of_id(id)).filter(|e| plain.ask.may_see(*e));
            match found {
                Some(e) => {
                    show(&plain, std::iter::once(e.row), &DESCRIBED);
                    let answer = respond(preview(&e, plain.lang), "text/html; charset=utf-8");
                    told(&plain, uri.to_string().as_bytes(), answer).await
                }
                None => plain.refuse(&not_found("没有这家企业", "there is no such enterprise")),
            }
        }
        _ => plain.refuse(&not_found("没有这个地址", "there is nothing at this address")),
    }
}

/// `GET /reconcile/suggest/{what}?prefix=…`
pub async fn suggest(State(state): State<ServerState>, Path(what): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&["prefix", "cursor", "type"])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let prefix = plain.parameter("prefix").unwrap_or("").to_owned();
    // How many suggestions the client has already.
    let cursor = match whole(&plain, "cursor") {
        Ok(cursor) => cursor.unwrap_or(0).min(MAX_CURSOR),
        Err(problem) => return plain.refuse(&problem),
    };
    let result: Vec<Value> = match what.as_str() {
        "entity" => match scope(&plain) {
            Ok(scope) => {
                let hits = {
                    let told = plain.ask.told_scores(&plain.edition);
                    plain.edition.search_told(&prefix, scope.as_deref(), cursor + SUGGESTED, told.as_ref())
                };
                show(&plain, hits.iter().skip(cursor).map(|hit| hit.row), &DESCRIBED);
                hits.iter()
                    .skip(cursor)
                    .map(|hit| {
                        let e = plain.edition.enterprise(hit.row);
                        json!({ "id": e.id(), "name": e.name(), "description": describe(&e, plain.lang), "notable": [kind(plain.lang)] })
                    })
                    .collect()
            }
            Err(problem) => return plain.refuse(&problem),
        },
        "property" => properties(&plain, &prefix).into_iter().skip(cursor).collect(),
        "type" => [kind(plain.lang)]
            .into_iter()
            .filter(|kind| ["id", "name"].iter().any(|key| begins(kind[key].as_str().unwrap_or(""), &prefix)))
            .skip(cursor)
            .collect(),
        _ => return plain.refuse(&not_found("可建议 entity、property、type", "entity, property and type are suggested")),
    };
    let answer = respond(json!({ "result": result }).to_string(), "application/json; charset=utf-8");
    told(&plain, uri.to_string().as_bytes(), answer).await
}

/// A parameter that is a whole number.
fn whole(plain: &RestRequest, name: &str) -> Result<Option<usize>, Problem> {
    let wrong = |_| Problem::bad_input(format!("{name} 应为 0 或正整数"), format!("{name} is a whole number from 0 on"));
    plain.parameter(name).map(|text| text.parse().map_err(wrong)).transpose()
}

fn begins(text: &str, prefix: &str) -> bool {
    text.to_lowercase().starts_with(&prefix.to_lowercase())
}

fn properties(plain: &RestRequest, prefix: &str) -> Vec<Value> {
    let fits = |c: &ExportColumn| begins(c.name(), prefix) || begins(c.title(plain.lang), prefix);
    // What there is to ask for is offered; nothing of it is told.
    let offered = |c: &ExportColumn| c.scope().is_none_or(|scope| plain.ask.caller.has(scope));
    let all = ExportColumn::ALL.iter().filter(|c| fits(c) && offered(c));
    all.map(|c| json!({ "id": c.name(), "name": c.title(plain.lang) })).collect()
}

fn preview(e: &EnterpriseRow<'_>, lang: Lang) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut lines = String::new();
    for column in [
        ExportColumn::CreditCode,
        ExportColumn::FormerNames,
        ExportColumn::DistrictName,
        ExportColumn::Address,
        ExportColumn::IndustryName,
        ExportColumn::Employees,
        ExportColumn::Union,
        ExportColumn::Gap,
    ] {
        let mut cell = String::new();
        column.write(e, lang, Sight::OPEN, &mut cell);
        if !cell.is_empty() {
            lines.push_str(&format!("<dt>{}</dt><dd>{}</dd>", column.title(lang), escape(&cell)));
        }
    }
    format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><style>body{{font:14px/1.5 system-ui,sans-serif;margin:8px}}h1{{font-size:16px}}\
         dl{{display:grid;grid-template-columns:auto 1fr;gap:2px 10px;margin:0}}dd{{margin:0}}dt{{color:#555}}</style><h1>{}</h1><dl>{lines}</dl></html>",
        lang.code(),
        escape(e.name()),
    )
}
