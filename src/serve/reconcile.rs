//! W3C Reconciliation Service API 0.2 at `/reconcile`: an analyst's spreadsheet in OpenRefine meets the graph.
//!
//! Candidates come from the name index and the identifiers; the linker scores them as it scores records, and its features
//! are shown. Only what the caller may see is a candidate.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::export::ExportColumn;
use super::http::rest::{RestRequest, not_found};
use super::problem::Problem;
use super::state::ServerState;
use crate::access::Sight;
use crate::edition::{EnterpriseRow, Filter, LookupKey, Row};
use crate::link::{LinkSettings, Linker, Previous, Weights};
use crate::model::identifier::clean_identifier;
use crate::model::linkage::{LinkMethod, LinkRecord, LinkRole};
use crate::model::message::Lang;

/// Queries of one batch.
const MAX_QUERIES: usize = 200;
/// Candidates that are scored per query.
const SCORED: usize = 30;
/// Suggestions of one answer, and how far they can be read on.
const SUGGESTED: usize = 10;
const MAX_CURSOR: usize = 200;

/// One query of a batch: a name, or properties, or both.
#[derive(Debug, Deserialize)]
struct Query {
    #[serde(default)]
    query: String,
    /// Any number is allowed.
    #[serde(default)]
    limit: Option<f64>,
    #[serde(default)]
    properties: Vec<QueryProperty>,
}

#[derive(Debug, Deserialize)]
struct QueryProperty {
    pid: String,
    v: Value,
}

impl Query {
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

fn kind(lang: Lang) -> Value {
    json!({ "id": "Enterprise", "name": lang.pick("企业", "Enterprise") })
}

/// `GET` (manifest) and `POST` (queries, extend) `/reconcile`
pub async fn reconcile(State(state): State<ServerState>, method: Method, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let mut form = plain.parameters.clone();
    if method == Method::POST {
        let bytes = match axum::body::to_bytes(body, state.limits().body_bytes).await {
            Ok(bytes) => bytes,
            Err(_) => return plain.refuse(&Problem::bad_input("请求体过长或传输中断", "the body is too long or was cut off")),
        };
        let pairs = format!("/?{}", String::from_utf8_lossy(&bytes)).parse::<Uri>().ok();
        let posted = pairs.and_then(|uri| axum::extract::Query::<BTreeMap<String, String>>::try_from_uri(&uri).ok());
        match posted {
            Some(posted) => form.extend(posted.0),
            None => {
                return plain
                    .refuse(&Problem::bad_input("请求体不是表单", "the body is not a form (application/x-www-form-urlencoded)"));
            }
        }
    }
    let answered = match (form.get("queries"), form.get("extend")) {
        (Some(text), _) => queries(&plain, text),
        (None, Some(text)) => extend(&plain, text),
        (None, None) => Ok(manifest(&plain, &headers)),
    };
    match answered {
        Ok(value) => respond(value.to_string(), "application/json; charset=utf-8"),
        Err(problem) => plain.refuse(&problem),
    }
}

fn respond(text: String, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn manifest(plain: &RestRequest, headers: &HeaderMap) -> Value {
    let host = headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or("127.0.0.1");
    let base = format!("http://{host}");
    json!({
        "versions": ["0.2"],
        "name": plain.lang.pick("会图 企业", "huitu enterprises"),
        "identifierSpace": format!("{base}/id/"),
        "schemaSpace": format!("{base}/schema.graphql#"),
        "defaultTypes": [kind(plain.lang)],
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
    let queries: BTreeMap<String, Query> = serde_json::from_str(text)
        .map_err(|e| Problem::bad_input(format!("queries 无法解析：{e}"), format!("queries cannot be read: {e}")))?;
    if queries.len() > MAX_QUERIES {
        return Err(Problem::bad_input(
            format!("一次最多 {MAX_QUERIES} 个查询"),
            format!("at most {MAX_QUERIES} queries at a time"),
        )
        .remedy(MAX_QUERIES.to_string()));
    }
    if let Some((name, _)) = queries.iter().find(|(_, q)| q.query.trim().is_empty() && q.properties.is_empty()) {
        return Err(Problem::bad_input(
            format!("查询 {name} 既没有 query 也没有 properties"),
            format!("the query {name} has neither `query` nor `properties`"),
        ));
    }
    let scope = scope(plain)?;
    let answers =
        queries.iter().map(|(name, query)| (name.clone(), json!({ "result": results(plain, query, scope.as_deref()) })));
    Ok(Value::Object(answers.collect()))
}

fn scope(plain: &RestRequest) -> Result<Option<std::sync::Arc<roaring::RoaringBitmap>>, Problem> {
    match plain.ask.within_areas(Filter::All) {
        Filter::All => Ok(None),
        filter => Ok(Some(plain.edition.filter(&filter)?)),
    }
}

/// A scored candidate.
struct Candidate {
    row: Row,
    score: f64,
    is_match: bool,
    features: Vec<Value>,
}

fn results(plain: &RestRequest, query: &Query, scope: Option<&roaring::RoaringBitmap>) -> Vec<Value> {
    let edition = &plain.edition;
    let visible = |row: &Row| scope.is_none_or(|scope| scope.contains(*row));
    let mut rows: Vec<Row> = Vec::new();
    let code = query.property("creditCode");
    if !code.is_empty() {
        rows.extend(edition.rows(&LookupKey::CreditCode(code)).into_iter().filter(visible));
    }
    if !query.query.trim().is_empty() {
        rows.extend(edition.rows(&LookupKey::Name(query.query.clone())).into_iter().filter(visible));
        rows.extend(edition.search(&query.query, scope, 10).into_iter().map(|hit| hit.row));
        rows.extend(edition.similar(&query.query, scope, SCORED));
    }
    let mut seen = hashbrown::HashSet::new();
    rows.retain(|row| seen.insert(*row));
    rows.truncate(SCORED);
    let mut found = score(plain, query, &rows);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    let shown = found.iter().take((query.limit.unwrap_or(10.0) as usize).clamp(1, SCORED));
    shown
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
        credit_code: query.property("creditCode").into(),
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
    let code = clean_identifier(&query.property("creditCode"));
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

fn extend(plain: &RestRequest, text: &str) -> Result<Value, Problem> {
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
    let mut rows = serde_json::Map::new();
    for id in &wanted.ids {
        let enterprise = plain.edition.enterprise_of_id(id).filter(|e| plain.ask.may_see(*e));
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
    let plain = match RestRequest::new(&state, &uri, &headers).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match what.as_str() {
        "propose_properties" => {
            let limit = plain.parameter("limit").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
            let mut proposed = properties(&plain, "");
            proposed.truncate(limit);
            let answer = json!({ "type": "Enterprise", "properties": proposed });
            respond(answer.to_string(), "application/json; charset=utf-8")
        }
        "preview" => {
            let found = plain.parameter("id").and_then(|id| plain.edition.enterprise_of_id(id)).filter(|e| plain.ask.may_see(*e));
            match found {
                Some(e) => respond(preview(&e, plain.lang), "text/html; charset=utf-8"),
                None => plain.refuse(&not_found("没有这家企业", "there is no such enterprise")),
            }
        }
        _ => plain.refuse(&not_found("没有这个地址", "there is nothing at this address")),
    }
}

/// `GET /reconcile/suggest/{what}?prefix=…`
pub async fn suggest(State(state): State<ServerState>, Path(what): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let prefix = plain.parameter("prefix").unwrap_or("").to_owned();
    // How many suggestions the client has already.
    let cursor: usize = plain.parameter("cursor").and_then(|n| n.parse().ok()).unwrap_or(0).min(MAX_CURSOR);
    let result: Vec<Value> = match what.as_str() {
        "entity" => match scope(&plain) {
            Ok(scope) => {
                let hits = plain.edition.search(&prefix, scope.as_deref(), cursor + SUGGESTED);
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
    respond(json!({ "result": result }).to_string(), "application/json; charset=utf-8")
}

fn begins(text: &str, prefix: &str) -> bool {
    text.to_lowercase().starts_with(&prefix.to_lowercase())
}

fn properties(plain: &RestRequest, prefix: &str) -> Vec<Value> {
    let fits = |c: &ExportColumn| begins(c.name(), prefix) || begins(c.title(plain.lang), prefix);
    let all = ExportColumn::ALL.iter().filter(|c| fits(c) && may_see(plain, **c));
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
