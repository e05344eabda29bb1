//! W3C Reconciliation Service API 0.2 at `/reconcile`: an analyst's spreadsheet in OpenRefine meets the graph.
//!
//! Candidates come from the name index and the identifiers; the linker scores them as it scores records, and its features
//! are shown. Only what the caller may see is a candidate.

pub mod draft;
mod extend;
mod question;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use rayon::prelude::*;
use serde_json::{Value, json};

use self::extend::extend;
use self::question::{KIND, SoughtName, bare_id, show};
use super::answers::strict_json::read_json;
use super::export::ExportColumn;
use super::http::parameters::RouteParameters;
use super::http::rest::{LOOKED_UP, RestRequest, not_found};
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

pub fn kind(lang: Lang) -> Value {
    json!({ "id": KIND, "name": lang.pick("企业", "Enterprise") })
}

/// What `/reconcile` takes, in its address and in its form. The answer follows the caller's address of the hub.
const TAKES: RouteParameters = RouteParameters::plain(&["queries", "extend", "callback"]);
/// What is asked, as against how.
const ASKED: [&str; 2] = ["queries", "extend"];

/// `GET` (manifest) and `POST` (queries, extend) `/reconcile`
pub async fn reconcile(State(state): State<ServerState>, method: Method, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let mut plain = match RestRequest::new(&state, &uri, &headers, TAKES).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let mut asked: Vec<(String, String)> =
        ASKED.iter().filter_map(|name| Some(((*name).to_owned(), plain.parameter(name)?.to_owned()))).collect();
    if method == Method::POST {
        let bytes = match read_body(&plain, body).await {
            Ok(bytes) => bytes,
            Err(refused) => return *refused,
        };
        let form = match read_form(&headers, &bytes) {
            Ok(form) => form,
            Err(problem) => return plain.refuse(&problem),
        };
        // What a form says beside its questions counts as if the address said it.
        let (of_body, more): (Vec<_>, Vec<_>) = form.into_iter().partition(|(name, _)| ASKED.contains(&name.as_str()));
        asked.extend(of_body);
        if !more.is_empty() {
            let Some(uri) = with(&uri, &more) else {
                return plain.refuse(&Problem::bad_input("表单参数过长", "a parameter of the form is too long"));
            };
            plain = match RestRequest::new(&state, &uri, &headers, TAKES).await {
                Ok(plain) => plain,
                Err(refused) => return *refused,
            };
        }
        if asked.is_empty() {
            return plain.refuse(&no_form());
        }
    }
    if plain.parameter("callback").is_some() {
        return plain.refuse(&Problem::bad_input(
            "不提供 JSONP：请把网页的来源加入 origins",
            "JSONP is not served: add the page's origin to `origins`",
        ));
    }
    if asked.len() > 1 {
        return plain
            .refuse(&Problem::bad_input("queries、extend 只能给出一个，且只给一次", "give queries or extend, and give it once"));
    }
    // A long batch is seconds of work: it holds no other answer up.
    let plain = Arc::new(plain);
    let working = plain.clone();
    let written = asked.last().map(|(_, text)| text.clone()).unwrap_or_default();
    let answered = state.background().run(&plain.ask.caller.id, move || {
        let answer = match asked.pop() {
            Some((name, text)) if name == "queries" => queries(&working, &text)?,
            Some((_, text)) => extend(&working, &text)?,
            None => manifest(&working),
        };
        Ok(answer.to_string())
    });
    let answered = answered.await.unwrap_or_else(|_| Err(Problem::internal()));
    match answered {
        Ok(text) => told(&plain, written.as_bytes(), respond(text, "application/json; charset=utf-8")).await,
        Err(problem) => plain.refuse(&problem),
    }
}

fn no_form() -> Problem {
    Problem::bad_input(
        "请求体应为表单（application/x-www-form-urlencoded），含 queries 或 extend",
        "the body is a form (application/x-www-form-urlencoded) with `queries` or `extend`",
    )
}

/// The fields of a form, in its order.
///
/// # Errors
/// The body is none.
fn read_form(headers: &HeaderMap, bytes: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|text| text.to_str().ok()).unwrap_or("").to_ascii_lowercase();
    let is_other = ["application/json", "multipart/"].iter().any(|other| content_type.starts_with(other));
    let text = std::str::from_utf8(bytes).map_err(|_| no_form())?.trim_start_matches('\u{feff}');
    if is_other || text.trim_start().starts_with(['{', '[']) {
        return Err(no_form());
    }
    Ok(url::form_urlencoded::parse(text.as_bytes()).map(|(name, text)| (name.into_owned(), text.into_owned())).collect())
}

/// The address with more parameters; None where it gets too long.
fn with(uri: &Uri, more: &[(String, String)]) -> Option<Uri> {
    let mut query = url::form_urlencoded::Serializer::new(uri.query().unwrap_or("").to_owned());
    query.extend_pairs(more);
    format!("{}?{}", uri.path(), query.finish()).parse().ok()
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

/// A workbook to be saved under a name.
pub fn workbook(bytes: Vec<u8>, name: &str) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let kind = HeaderValue::from_static("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.xlsx\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
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
    let Value::Object(queries) = read_json("queries", text)? else {
        return Err(Problem::bad_input("queries 应为对象：每个查询一个名称", "queries is an object: a name for each query"));
    };
    let (names, asked): (Vec<String>, Vec<Value>) = queries.into_iter().unzip();
    let answers = answers(plain, &asked, SoughtName::read)?;
    Ok(Value::Object(names.into_iter().zip(answers).collect()))
}

/// The answers to a batch in its order. What is wrong with one query is said in its own answer: the others are answered all the same.
///
/// # Errors
/// More queries than one batch may have.
pub fn answers(
    plain: &RestRequest,
    asked: &[Value],
    read: impl Fn(&Value) -> Result<SoughtName, Problem> + Sync,
) -> Result<Vec<Value>, Problem> {
    if asked.len() > MAX_QUERIES {
        return Err(Problem::bad_input(
            format!("一次最多 {MAX_QUERIES} 个查询"),
            format!("at most {MAX_QUERIES} queries at a time"),
        )
        .remedy(MAX_QUERIES.to_string()));
    }
    let scope = scope(plain)?;
    plain.spend(LOOKED_UP * asked.len() as u64)?;
    let answer = |value: &Value| match read(value) {
        Ok(query) => {
            let mut answer = json!({ "result": results(plain, &query, scope.as_deref()) });
            let unknown = query.unknown_properties();
            if !unknown.is_empty() {
                let zh = format!("没有属性 {}：未参与比对", unknown.join("、"));
                let en = format!("there is no property {}: left out", unknown.join(", "));
                answer["warning"] = json!(plain.lang.pick(zh, en));
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
    let query = SoughtName { query: name.to_owned(), ..SoughtName::default() };
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
fn found(plain: &RestRequest, query: &SoughtName, scope: Option<&roaring::RoaringBitmap>) -> Vec<Candidate> {
    let edition = &plain.edition;
    let visible = |row: &Row| scope.is_none_or(|scope| scope.contains(*row));
    let mut rows: Vec<Row> = Vec::new();
    if !query.id.is_empty() && !query.asks_for_others {
        let row = edition.row_of_id(bare_id(&query.id)).filter(visible);
        let row = row.filter(|row| query.holds(plain, *row));
        return row.map(|row| Candidate { row, score: 100.0, is_match: true, features: Vec::new() }).into_iter().collect();
    }
    let is_blank = query.query.is_empty() && query.properties.iter().all(|p| query.property(&p.pid).trim().is_empty());
    if query.asks_for_others || is_blank {
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

fn results(plain: &RestRequest, query: &SoughtName, scope: Option<&roaring::RoaringBitmap>) -> Vec<Value> {
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
fn score(plain: &RestRequest, query: &SoughtName, rows: &[Row]) -> Vec<Candidate> {
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
            found[at].features.extend(linker.evidence_of_pair(pair).iter().map(|e| feature(&e.feature, f64::from(e.weight))));
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

/// Whether the kind that an address names, where it names one, is ours.
fn asks_for_ours(plain: &RestRequest) -> bool {
    plain.parameter("type").is_none_or(|of| of == KIND)
}

/// `GET /reconcile/{what}`: property proposals and previews.
pub async fn help(State(state): State<ServerState>, Path(what): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let takes = match what.as_str() {
        "preview" => RouteParameters::plain(&["id", "type"]),
        _ => RouteParameters::plain(&["type", "limit"]),
    };
    let plain = match RestRequest::new(&state, &uri, &headers, takes).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match what.as_str() {
        "propose_properties" => {
            let limit = match whole(&plain, "limit") {
                Ok(limit) => limit.unwrap_or(usize::MAX),
                Err(problem) => return plain.refuse(&problem),
            };
            // Another kind has no properties here.
            let mut proposed = if asks_for_ours(&plain) { properties(&plain, "") } else { Vec::new() };
            proposed.truncate(limit);
            let answer = json!({ "type": plain.parameter("type").unwrap_or(KIND), "properties": proposed });
            respond(answer.to_string(), "application/json; charset=utf-8")
        }
        "preview" => {
            let asked = plain.parameter("id").filter(|_| asks_for_ours(&plain));
            let found = asked.and_then(|id| plain.edition.enterprise_of_id(bare_id(id))).filter(|e| plain.ask.may_see(*e));
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
    // How strictly a kind counts is the same here, as only one can be named.
    let takes = RouteParameters::plain(&["prefix", "cursor", "type", "type_strict"]);
    let plain = match RestRequest::new(&state, &uri, &headers, takes).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let prefix = plain.parameter("prefix").unwrap_or("").to_owned();
    // How many suggestions the client has already.
    let cursor = match whole(&plain, "cursor") {
        Ok(cursor) => cursor.unwrap_or(0).min(MAX_CURSOR),
        Err(problem) => return plain.refuse(&problem),
    };
    let of_ours = asks_for_ours(&plain);
    let result: Vec<Value> = match what.as_str() {
        "entity" | "property" if !of_ours => Vec::new(),
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
    let offered = |c: &ExportColumn| c.scopes().iter().all(|scope| plain.ask.caller.has(*scope));
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
