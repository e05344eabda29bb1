//! What map, tile and export routes share: who asks, of which edition, with the same filter as the lists of the graph.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{InputType, Value};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;

use super::headers::{header_text, lang_of, names_tag, request_id, status_of};
use super::parameters;
use super::parameters::RouteParameters;
use crate::access::Role;
use crate::edition::{Edition, EditionAsOf, Filter};
use crate::hub::federation_homes::HomesOfUnits;
use crate::model::message::Lang;
use crate::serve::answers::filter::{BeyondEdition, EnterpriseFilter};
use crate::serve::answers::input_keys::known_keys;
use crate::serve::answers::strict_json::read_json;
use crate::serve::answers::usage::FieldUse;
use crate::serve::answers::{cache, usage, validation_messages};
use crate::serve::context::RequestContext;
use crate::serve::limits::slots::Slot;
use crate::serve::problem::{Code, Problem, mendable};
use crate::serve::state::{Reading, ServerState};

/// A request outside GraphQL.
pub struct RestRequest {
    pub state: ServerState,
    pub ask: RequestContext,
    pub edition: Arc<Edition>,
    pub parameters: HashMap<String, String>,
    pub lang: Lang,
    pub id: String,
    /// What the caller says it reads for.
    pub purpose: String,
    /// Where this caller reaches the hub: `public_url`, else what they asked; without a slash at its end.
    pub base: String,
    /// The address names its edition by number: the answer never changes.
    is_pinned: bool,
    /// What the answer depends on.
    pub key: cache::ResponseKey,
    etag: String,
    same: bool,
    /// The federation as it stands, where the answer rests on it.
    pub homes: Option<HomesOfUnits>,
    /// Whom somebody is responsible for, where the filter asks for that.
    responsible: Option<Filter>,
}

/// What an answer that is not kept takes from its caller's allowance: about what a page of the list costs.
const DRAWN: u64 = 400;
/// The same for one name that is looked up among all enterprises.
pub const LOOKED_UP: u64 = 50;

/// What carries an edition in its address never changes: a week without asking again, by the caller's own cache, as what is told
/// depends on who asks.
const PINNED: &str = "private, max-age=604800, immutable";

/// Where a caller reaches the hub.
fn base_of(state: &ServerState, headers: &HeaderMap) -> String {
    if let Some(url) = &state.hub().settings.public_url {
        return url.clone();
    }
    let host = header_text(headers, header::HOST).unwrap_or("127.0.0.1");
    let is_https = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    format!("{}://{host}", if is_https { "https" } else { "http" })
}

/// A problem as JSON: `{"error": {"code", "message", "retryable", "hint", "requestId"}}`.
pub fn refuse(problem: &Problem, lang: Lang, id: &str) -> Response {
    let body = serde_json::json!({ "error": {
        "code": problem.code.name(), "message": problem.text(lang), "retryable": problem.code.retryable(),
        "hint": problem.remedy, "requestId": id,
    } });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status_of(problem.code);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    response
}

impl RestRequest {
    /// Reads caller, language (`lang`, else Accept-Language), edition (`asOf`, or `edition` by number) and parameters; the refusal is
    /// the answer.
    pub async fn new(
        state: &ServerState,
        uri: &Uri,
        headers: &HeaderMap,
        known: RouteParameters,
    ) -> Result<RestRequest, Box<Response>> {
        let (lang, id) = (lang_of(headers), request_id(headers));
        match RestRequest::read(state, uri, headers, (lang, known), &id).await {
            Ok(plain) => Ok(plain),
            Err(problem) => Err(Box::new(refuse(&problem, lang, &id))),
        }
    }

    /// The same, for whoever writes no answer.
    ///
    /// # Errors
    /// Who asks, what is asked of, or a parameter.
    pub async fn read(
        state: &ServerState,
        uri: &Uri,
        headers: &HeaderMap,
        (lang, known): (Lang, RouteParameters),
        id: &str,
    ) -> Result<RestRequest, Problem> {
        let caller = state.caller(header_text(headers, header::AUTHORIZATION)).await?.stating(&usage::purpose(headers));
        if caller.role == Role::Ingest {
            return Err(Problem::forbidden("read"));
        }
        let parameters = parameters::read(uri, known)?;
        let given = |name: &str| parameters.get(name).filter(|text| !text.is_empty());
        let lang = parameters::lang(&parameters, lang)?;
        let ask = RequestContext::new(state.clone(), caller, lang);
        let mut as_of = None;
        let edition = match (given("edition"), given("asOf")) {
            (Some(number), _) => {
                let number = number.strip_prefix("edition:").unwrap_or(number).parse();
                let number = number.map_err(|_| Problem::bad_input("edition 应为版本号", "edition is a number"))?;
                as_of = Some(EditionAsOf::Edition(number));
                state.hub().editions.number(number)?
            }
            (None, Some(text)) => {
                let wrong = |()| {
                    Problem::bad_input(
                        "asOf 应为日期（2026-11-22）、时刻（2026-11-22T04:30:00Z）或期号（edition:12）",
                        "asOf is a day (2026-11-22), an instant (2026-11-22T04:30:00Z) or an edition (edition:12)",
                    )
                };
                as_of = Some(text.parse().map_err(wrong)?);
                ask.edition_at(as_of, None)?
            }
            (None, None) => ask.edition()?,
        };
        let base = base_of(state, headers);
        // `filter` may name units anywhere in it, and JSON may write a letter in another way.
        let may_name_units = |text: &&String| text.contains("unit") || text.contains("\\u");
        let names_units = given("unit").is_some() || given("filter").is_some_and(|text| may_name_units(&text));
        let homes = match known.federation || names_units {
            true => Some(state.hub().homes_of_units(as_of).await.map_err(mendable)?),
            false => None,
        };
        let may_ask_for_duties = |text: &&String| text.contains("esponsible") || text.contains("\\u");
        let responsible = match given("filter").is_some_and(|text| may_ask_for_duties(&text)) {
            true => Some(state.hub().with_responsible().await.map_err(mendable)?),
            false => None,
        };
        // What is entered of the federation, and duties, change without an edition.
        let is_pinned = given("edition").is_some() && homes.is_none() && responsible.is_none();
        let duties = responsible.as_ref().map(|filter| serde_json::to_vec(filter).unwrap_or_default()).unwrap_or_default();
        let key = state.answers().key(&[
            if known.addresses { base.as_bytes() } else { b"" },
            uri.path().as_bytes(),
            uri.query().unwrap_or("").as_bytes(),
            ask.caller.visibility().as_bytes(),
            &edition.number().to_le_bytes(),
            &[lang as u8],
            &homes.as_ref().map_or(0, |homes| homes.federation.stamp).to_le_bytes(),
            duties.as_slice(),
        ]);
        let etag = key.tag();
        let same = names_tag(headers, header::IF_NONE_MATCH, &etag);
        Ok(RestRequest {
            state: state.clone(),
            ask,
            edition,
            parameters,
            lang,
            id: id.to_owned(),
            purpose: usage::purpose(headers),
            base,
            is_pinned,
            key,
            etag,
            same,
            homes,
            responsible,
        })
    }

    /// The same for an answer that draws outlines, which no edition holds: `digest` names those that are drawn. An address that leaves
    /// them open is asked again, as others may be imported tomorrow.
    ///
    /// # Errors
    /// `boundaries` names others than are drawn.
    pub fn drawn_with(mut self, digest: &str, headers: &HeaderMap) -> Result<RestRequest, Box<Response>> {
        let asked = self.parameter("boundaries");
        if asked.is_some_and(|named| named != digest) {
            let problem = not_found(
                "不再使用 boundaries 所指的边界：请重新获取 TileJSON 或样式，或去掉该参数",
                "the outlines that boundaries names are no longer drawn: ask for the TileJSON or the style again, or leave it out",
            );
            return Err(Box::new(self.refuse(&problem.remedy(digest))));
        }
        let names_them = asked.is_some();
        self.is_pinned &= names_them;
        self.key = self.state.answers().refined(&self.key, digest.as_bytes());
        self.etag = self.key.tag();
        self.same = names_tag(headers, header::IF_NONE_MATCH, &self.etag);
        Ok(self)
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// `filter` as JSON of the graph's EnterpriseFilter, and the short forms of `parameters::LISTS`, `text` and
    /// `membersExceedStaff`; all of them hold together. The caller's areas always apply. For what shows enterprises one by one.
    pub fn filter(&self) -> Result<Filter, Problem> {
        self.ask.require_single()?;
        Ok(self.ask.within_areas(self.asked()?))
    }

    /// The same for what only counts.
    pub fn counted_filter(&self) -> Result<Filter, Problem> {
        let mut conditions = ["filter", "text", "membersExceedStaff"].iter().chain(parameters::LISTS);
        self.ask.require_whole(conditions.any(|name| self.parameter(name).is_some()))?;
        Ok(self.ask.counted_in_areas(self.asked()?))
    }

    fn asked(&self) -> Result<Filter, Problem> {
        let written = match self.parameter("filter") {
            None => Filter::All,
            Some(text) => match read_json("filter", text)? {
                serde_json::Value::Object(object) => self.planned(object)?,
                _ => return Err(Problem::bad_input("filter 应为 JSON 对象", "filter is a JSON object")),
            },
        };
        let mut short = serde_json::Map::new();
        for name in parameters::LISTS {
            if let Some(values) = self.parameter(name) {
                short.insert((*name).to_owned(), values.split(',').map(str::trim).collect());
            }
        }
        if let Some(text) = self.parameter("text") {
            short.insert("text".to_owned(), text.into());
        }
        if let Some(text) = self.parameter("membersExceedStaff") {
            // What is neither is refused as a value of the wrong type.
            short.insert("membersExceedStaff".to_owned(), serde_json::from_str(text).unwrap_or_else(|_| text.into()));
        }
        Ok(written.and(self.planned(short)?))
    }

    fn planned(&self, object: serde_json::Map<String, serde_json::Value>) -> Result<Filter, Problem> {
        let value = Value::from_json(serde_json::Value::Object(object))
            .map_err(|e| Problem::bad_input(format!("filter 无法解析：{e}"), format!("filter cannot be read: {e}")))?;
        known_keys::<EnterpriseFilter>(&value)?;
        let filter = <EnterpriseFilter as InputType>::parse(Some(value)).map_err(|e| {
            let (zh, en) = validation_messages::translated(&e.into_server_error(async_graphql::Pos::default()).message);
            Problem::bad_input(format!("filter 有误：{zh}"), format!("filter: {en}"))
        })?;
        self.ask.show_fields(filter.fields());
        let beyond = BeyondEdition { homes: self.homes.clone(), responsible: self.responsible.clone() };
        filter.checked_with(self.state.hub(), beyond)?.plan(&self.ask.caller)
    }

    /// The query string of an address that asks the same as this one: its edition by number, its language, its filter.
    pub fn handed_on(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("edition", &self.edition.number().to_string());
        query.append_pair("lang", self.lang.code());
        let mut more: Vec<(&String, &String)> = self
            .parameters
            .iter()
            .filter(|(name, text)| !matches!(name.as_str(), "edition" | "asOf" | "lang") && !text.is_empty())
            .collect();
        more.sort_unstable();
        query.extend_pairs(more);
        query.finish()
    }

    pub fn refuse(&self, problem: &Problem) -> Response {
        refuse(problem, self.lang, &self.id)
    }

    /// Takes `cost` from what the caller may ask for in a minute.
    ///
    /// # Errors
    /// Too little is left.
    pub fn spend(&self, cost: u64) -> Result<(), Problem> {
        self.state.budgets().spend(&self.ask.caller.id, cost)
    }

    /// Refuses who has spent this minute's allowance, with the seconds to wait.
    fn too_soon(&self, problem: &Problem) -> Response {
        let mut response = self.refuse(problem);
        if let Some(seconds) = problem.remedy.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }

    /// Accounts for an answer before it leaves; see `ServerState::account`.
    ///
    /// # Errors
    /// The audit cannot be written.
    pub async fn account(&self, way: &'static str, asked: &[u8], shown: &FieldUse) -> Result<(), Problem> {
        let reading = Reading {
            caller: &self.ask.caller,
            purpose: &self.purpose,
            way,
            asked,
            given: "",
            shown,
            beyond_editions: false,
            edition: Some(self.edition.number()),
            request: &self.id,
        };
        self.state.account(reading).await
    }

    /// Accounts for a file, a printed page among them, that says what the store holds; see `ServerState::account`.
    ///
    /// # Errors
    /// The audit cannot be written.
    pub async fn account_for_export(&self, asked: &str, shown: &FieldUse, edition: Option<u32>) -> Result<(), Problem> {
        let reading = Reading {
            caller: &self.ask.caller,
            purpose: &self.purpose,
            way: "export",
            asked: asked.as_bytes(),
            given: "",
            shown,
            beyond_editions: true,
            edition,
            request: &self.id,
        };
        self.state.account(reading).await
    }

    /// A place among the exports under way, kept until the last byte has left.
    ///
    /// # Errors
    /// The caller has as many as they may.
    pub fn export_place(&self) -> Result<Slot, Problem> {
        let exports = self.state.exports();
        exports.take(&self.ask.caller.id).ok_or_else(|| {
            let most = exports.per_caller();
            Problem::new(
                Code::CostExceeded,
                format!("同时进行的导出过多（每个调用者最多 {most} 个）；请等一个结束"),
                format!("too many exports at a time (a caller has at most {most}): wait for one to end"),
            )
        })
    }

    /// The kept answer, or the one that `make` gives; 304 where the client has it already. What it shows is accounted for as any answer,
    /// whether it was kept or not.
    pub async fn kept(&self, uri: &Uri, content_type: &'static str, make: impl FnOnce() -> Result<Vec<u8>, Problem>) -> Response {
        let kept = self.state.answers().get(&self.key);
        // Whoever has it already sees it again: what it shows is known once it is made. What is anybody's to see needs no account.
        let is_known = self.same && self.ask.caller.sees_what_is_open_alone();
        let is_new = kept.is_none() && !is_known;
        if is_new && let Err(problem) = self.spend(DRAWN) {
            return self.too_soon(&problem);
        }
        let made = match kept {
            Some(kept) => Ok((kept.bytes, kept.shown.unwrap_or_default())),
            None if is_known => Ok((Bytes::new(), Arc::default())),
            None => make().map(|bytes| (Bytes::from(bytes), Arc::new(self.ask.take_shown()))),
        };
        let (bytes, shown) = match made {
            Ok(made) => made,
            Err(problem) => return self.refuse(&problem),
        };
        if let Err(problem) = self.account("file", uri.to_string().as_bytes(), &shown).await {
            return self.refuse(&problem);
        }
        if is_new {
            let answer = cache::CachedResponse { shown: Some(shown), ..bytes.clone().into() };
            self.state.answers().put(self.key.clone(), answer);
        }
        if self.same {
            let mut response = self.response(Bytes::new(), content_type);
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        self.response(bytes, content_type)
    }

    fn response(&self, bytes: Bytes, content_type: &'static str) -> Response {
        let mut response = Response::new(Body::from(bytes));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.name_kept(response.headers_mut(), false);
        response
    }

    /// How long and by whom an answer that rests on the edition alone may be kept, under which tag; a weak one, where its bytes differ from
    /// one request to the next and what they say does not.
    pub fn name_kept(&self, headers: &mut HeaderMap, is_weak: bool) {
        let keeps = if self.is_pinned { PINNED } else { "private, no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeps));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Authorization, Cookie"));
        let tag = if is_weak { format!("W/{}", self.etag) } else { self.etag.clone() };
        if let Ok(etag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, etag);
        }
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            headers.insert("x-request-id", id);
        }
        headers.insert("x-huitu-edition", HeaderValue::from(self.edition.number()));
    }

    /// Whether the caller has this very answer.
    pub fn is_known(&self) -> bool {
        self.same
    }
}

/// For addresses that name nothing.
pub fn not_found(zh: &str, en: &str) -> Problem {
    Problem::new(Code::NotFound, zh, en)
}

/// What is at no address, or not with this method.
pub async fn nothing_here(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let problem = not_found(
        &format!("没有 {}：可用地址见 /schema.graphql 与 /graphiql", uri.path()),
        &format!("there is nothing at {}: see /schema.graphql and /graphiql", uri.path()),
    );
    tracing::debug!(%method, path = uri.path(), "nothing here");
    refuse(&problem, lang_of(&headers), &request_id(&headers))
}

pub async fn other_method(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let problem = Problem::bad_input(format!("{} 不接受 {method}", uri.path()), format!("{} does not take {method}", uri.path()));
    let mut response = refuse(&problem, lang_of(&headers), &request_id(&headers));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
