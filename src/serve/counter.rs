//! The counter: `POST /check` tells an approval or inspection system of one or many units whether a union is missing, how sure that is,
//! and what to do. Every question is noted with its purpose, whoever asks.
//!
//! In: codes or names. Out: for each the enterprise found, its verdicts, a confidence, an advice. Nothing that needs a scope is told.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::request::BYTE_ORDER_MARK;
use super::answers::strict_json::StrictValue;
use super::answers::usage::{bits_of, purpose};
use super::http::parameters::RouteParameters;
use super::http::rest::{LOOKED_UP, RestRequest};
use super::problem::{Code, Problem};
use super::reconcile::{candidates, respond};
use super::state::{COUNTER, Reading, ServerState};
use crate::access::Sight;
use crate::edition::{Edition, EnterpriseRow, LookupKey, Row};
use crate::model::identifier::clean_identifier;
use crate::model::message::{Lang, reason_text};
use crate::model::reference::unions::federation_unit;
use crate::model::verdict::{GapStatus, OperatingStatus, SizeStatus};

/// Units of one question, and the bytes they may take.
const MAX_UNITS: usize = 200;
const MAX_BODY: usize = 1 << 20;
/// Longest code or name, in characters.
const MAX_TEXT: usize = 200;
/// Others that are told of where a name is not clear.
const CANDIDATES: usize = 5;
/// Names less alike than this do not belong to the code they came with.
const NAMES_AGREE: f64 = 0.75;

/// A question as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentQuestion {
    /// What for; the header X-Purpose says the same.
    #[serde(default)]
    purpose: Option<String>,
    units: Vec<StrictValue>,
}

/// What is asked.
#[derive(Debug)]
struct Question {
    units: Vec<Unit>,
}

/// A unit: a code, a name, or both.
#[derive(Debug, Clone)]
enum Unit {
    Text(String),
    Named(NamedUnit),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedUnit {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Unit, D::Error> {
        use serde::de::Error;
        match StrictValue::deserialize(deserializer)?.0 {
            Value::String(text) => Ok(Unit::Text(text)),
            // A key that is not known is named.
            value @ Value::Object(_) => serde_json::from_value(value).map(Unit::Named).map_err(D::Error::custom),
            _ => Err(D::Error::custom("a unit is a text, or an object with `code`, `name` or both")),
        }
    }
}

impl Unit {
    /// Code and name, blanks aside.
    fn parts(&self) -> (Option<String>, Option<String>) {
        let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        match self {
            Unit::Named(NamedUnit { code, name }) => (given(code).map(|code| clean_identifier(&code).to_string()), given(name)),
            Unit::Text(text) => {
                let code = clean_identifier(text);
                let digits = code.bytes().filter(u8::is_ascii_digit).count();
                // Codes have digits; what has none in Latin letters is a name.
                let is_code =
                    code.len() >= 8 && digits >= 3 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
                if is_code { (Some(code.to_string()), None) } else { (None, given(&Some(text.clone()))) }
            }
        }
    }
}

/// What was found for a unit.
enum Finding {
    /// This one, so sure, by what.
    One(Row, f64, &'static str),
    /// One of these, the likeliest first, each with its chance.
    Several(Vec<(Row, f64)>),
    Nobody,
    /// The unit cannot be read.
    Wrong(Problem),
}

/// `POST /check`
pub async fn check(State(state): State<ServerState>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&[])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match answer(&state, plain, &headers, body).await {
        Ok(text) => respond(text, "application/json; charset=utf-8"),
        Err((plain, problem)) => plain.refuse(&problem),
    }
}

async fn answer(
    state: &ServerState,
    plain: RestRequest,
    headers: &HeaderMap,
    body: Body,
) -> Result<String, (Box<RestRequest>, Problem)> {
    let bytes = match axum::body::to_bytes(body, MAX_BODY).await {
        Ok(bytes) => bytes,
        Err(_) => {
            let problem = Problem::new(
                Code::CostExceeded,
                format!("请求体超过 1 MB，或传输中断：一次最多 {MAX_UNITS} 家"),
                format!("the body is longer than 1 MB, or was cut off: at most {MAX_UNITS} units at a time"),
            );
            return Err((Box::new(plain), problem.remedy(MAX_UNITS.to_string())));
        }
    };
    if let Err(problem) = plain.ask.require_single() {
        return Err((Box::new(plain), problem));
    }
    let (question, why) = match read(&bytes, headers) {
        Ok(read) => read,
        Err(problem) => return Err((Box::new(plain), problem)),
    };
    if let Err(problem) = plain.spend(LOOKED_UP * question.units.len() as u64) {
        return Err((Box::new(plain), problem));
    }
    // Names are compared by the linker: work that holds no other answer up.
    let who = plain.ask.caller.id.clone();
    let worked = state.background().run(&who, move || {
        let found: Vec<Finding> = question.units.iter().map(|unit| find(&plain, unit)).collect();
        (plain, question, found)
    });
    let Ok((plain, question, found)) = worked.await else { return Ok(Value::Null.to_string()) };
    let mut shown = plain.ask.take_shown();
    // Whoever was asked for twice is shown once.
    let rows: std::collections::BTreeSet<Row> = found
        .iter()
        .flat_map(|f| match f {
            Finding::One(row, ..) => vec![*row],
            Finding::Several(rows) => rows.iter().map(|(row, _)| *row).collect(),
            Finding::Nobody | Finding::Wrong(_) => Vec::new(),
        })
        .collect();
    let fields = ["name", "creditCode", "status", "unionCoverage", "designatedSize"].iter().fold(0, |bits, n| bits | bits_of(n));
    shown.add(&plain.edition, rows.into_iter(), fields);
    let reading = Reading {
        caller: &plain.ask.caller,
        purpose: &why,
        way: COUNTER,
        asked: &bytes,
        given: "",
        shown: &shown,
        beyond_editions: false,
        edition: Some(plain.edition.number()),
        request: &plain.id,
    };
    if let Err(problem) = state.account(reading).await {
        return Err((Box::new(plain), problem));
    }
    let results: Vec<Value> = question.units.iter().zip(&found).map(|(unit, found)| told(&plain, unit, found)).collect();
    let manifest = &plain.edition.manifest;
    Ok(json!({ "edition": manifest.number, "asOf": manifest.as_of.to_string(), "results": results }).to_string())
}

/// The question and its purpose.
fn read(bytes: &[u8], headers: &HeaderMap) -> Result<(Question, String), Problem> {
    // Some tools of Windows begin a text with a byte order mark.
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let sent: SentQuestion = serde_json::from_slice(text).map_err(|e| {
        Problem::bad_input(
            format!("请求体应为 JSON：{{\"purpose\": \"用途\", \"units\": [\"统一社会信用代码或名称\"]}}（{e}）"),
            format!("the body is JSON: {{\"purpose\": \"what for\", \"units\": [\"credit code or name\"]}} ({e})"),
        )
    })?;
    if sent.units.is_empty() || sent.units.len() > MAX_UNITS {
        return Err(Problem::bad_input(
            format!("units 应有 1 到 {MAX_UNITS} 家"),
            format!("units holds from 1 to {MAX_UNITS} units"),
        )
        .remedy(MAX_UNITS.to_string()));
    }
    let unit = |(at, StrictValue(unit)): (usize, StrictValue)| {
        let unknown =
            unit.as_object().and_then(|keys| keys.keys().find(|key| !["code", "name"].contains(&key.as_str())).cloned());
        serde_json::from_value::<Unit>(unit).map_err(|_| {
            let number = at + 1;
            if let Some(key) = unknown {
                return Problem::bad_input(
                    format!("第 {number} 家没有 `{key}` 这一项：只有 code 和 name"),
                    format!("unit {number} has no key `{key}`: there are code and name"),
                )
                .remedy("code, name");
            }
            Problem::bad_input(
                format!("第 {number} 家无法读取：应为代码或名称，或 {{\"code\": \"代码\", \"name\": \"名称\"}}"),
                format!("unit {number} cannot be read: it is a code or a name, or {{\"code\": \"…\", \"name\": \"…\"}}"),
            )
            .remedy("code, name")
        })
    };
    let question = Question { units: sent.units.into_iter().enumerate().map(unit).collect::<Result<_, _>>()? };
    let given = sent.purpose.unwrap_or_default();
    let given: String = given.chars().filter(|c| !c.is_control()).take(200).collect();
    let why = if given.trim().is_empty() { purpose(headers) } else { given };
    match why.trim().is_empty() {
        true => Err(Problem::bad_input(
            "须说明用途：请给出 purpose 或请求头 X-Purpose，例如“开业审批”",
            "say what for: give `purpose` or the header X-Purpose, for example \"opening approval\"",
        )),
        false => Ok((question, why)),
    }
}

fn find(plain: &RestRequest, unit: &Unit) -> Finding {
    let edition = &plain.edition;
    let (code, name) = unit.parts();
    let too_long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.chars().count() > MAX_TEXT);
    if code.is_none() && name.is_none() || too_long(&code) || too_long(&name) {
        return Finding::Wrong(Problem::bad_input(
            format!("每家应给出代码或名称，{MAX_TEXT} 字以内"),
            format!("a unit has a code or a name of at most {MAX_TEXT} characters"),
        ));
    }
    let visible = |row: &Row| plain.ask.may_see(edition.enterprise(*row));
    if let Some(code) = &code {
        let mut rows: Vec<Row> = edition.rows(&LookupKey::CreditCode(code.clone())).into_iter().filter(visible).collect();
        for kind in crate::model::enterprise::IdentifierKind::ALL {
            if !rows.is_empty() {
                break;
            }
            rows = edition.rows(&LookupKey::Identifier(*kind, code.clone())).into_iter().filter(visible).collect();
        }
        // A branch under its parent's code does not make the code unclear.
        if rows.len() > 1 {
            let heads: Vec<Row> = rows.iter().copied().filter(|row| edition.enterprise(*row).branch_of().is_none()).collect();
            rows = if heads.len() == 1 { heads } else { rows };
        }
        match rows.as_slice() {
            [row] => {
                let e = edition.enterprise(*row);
                let alike = |name: &str| {
                    let names = std::iter::once(e.name()).chain(e.former_names());
                    names.map(|known| strsim::jaro_winkler(known, name)).fold(0.0, f64::max)
                };
                let agrees = name.as_deref().is_none_or(|name| alike(name) >= NAMES_AGREE);
                return if agrees { Finding::One(*row, 1.0, "CODE") } else { Finding::One(*row, 0.5, "CODE_OTHER_NAME") };
            }
            [] => {}
            _ => return any_of(edition, rows),
        }
    }
    let Some(name) = name else { return Finding::Nobody };
    let same: Vec<Row> = edition.rows(&LookupKey::Name(name.clone())).into_iter().filter(visible).collect();
    // A code that nobody has was given as well: whoever bears the name has another one.
    if let ([row], None) = (same.as_slice(), &code) {
        return Finding::One(*row, 0.95, "NAME");
    }
    // Of those who bear it today nothing but a code tells which is meant, whatever else likens one of them more. Who bore it before is
    // another matter.
    let today: Vec<Row> = same.into_iter().filter(|row| edition.enterprise(*row).is_called(&name)).collect();
    if today.len() > 1 && code.is_none() {
        return any_of(edition, today);
    }
    let Ok(found) = candidates(plain, &name) else { return Finding::Nobody };
    match found.first() {
        Some((row, score, true)) if code.is_none() => Finding::One(*row, (score / 100.0).min(0.95), "NAME"),
        Some(_) => {
            Finding::Several(found.into_iter().take(CANDIDATES).map(|(row, score, _)| (row, (score / 100.0).min(0.95))).collect())
        }
        None => Finding::Nobody,
    }
}

/// One of these, each as likely as the others: by their ids, since rows stand in the order of a score that not everybody may see.
fn any_of(edition: &Edition, mut rows: Vec<Row>) -> Finding {
    rows.sort_unstable_by_key(|row| edition.enterprise(*row).id());
    let chance = 1.0 / rows.len() as f64;
    Finding::Several(rows.into_iter().take(CANDIDATES).map(|row| (row, chance)).collect())
}

/// What to do: code, and the text in both languages.
fn advice(e: &EnterpriseRow<'_>) -> (&'static str, &'static str, &'static str) {
    match (e.gap(), e.size()) {
        _ if matches!(e.status(), Some(OperatingStatus::Deregistered)) => {
            ("deregistered", "已注销：核对主体是否正确", "struck off: check that it is the right unit")
        }
        (Some(GapStatus::Lacking), Some(SizeStatus::Above)) => (
            "found_union",
            "规模以上、尚未建会：告知建会义务，并转告负责的工会",
            "above designated size without a union: tell it of its duty, and tell the federation in charge",
        ),
        (Some(GapStatus::LackingIndependent), _) => (
            "own_union",
            "规模以上、仅有联合或区域工会覆盖：告知应单独建会，并转告负责的工会",
            "above designated size and covered by a joint or regional union only: tell it to found its own, and tell the federation in charge",
        ),
        (Some(GapStatus::Lacking), _) => (
            "invite_union",
            "尚未建会：宣传建会，满二十五人可单独建会，不足的加入联合工会",
            "without a union: inform it; with twenty-five staff it can found its own, with fewer it joins a joint one",
        ),
        (Some(GapStatus::Covered), _) => ("has_union", "已建会：无须处理", "it has a union: nothing to do"),
        (Some(GapStatus::OutOfScope), _) => ("nothing", "不在建会范围：无须处理", "out of scope: nothing to do"),
        (Some(GapStatus::Undecided) | None, _) => {
            ("ask_federation", "暂不能判定：请询问负责的工会", "cannot be told yet: ask the federation in charge")
        }
    }
}

fn told(plain: &RestRequest, unit: &Unit, found: &Finding) -> Value {
    let (edition, lang) = (&plain.edition, plain.lang);
    let (code, name) = unit.parts();
    let advised = |code: &str, zh: &str, en: &str| json!({ "code": code, "text": lang.pick(zh, en) });
    let mut answer = json!({ "asked": { "code": code, "name": name } });
    match found {
        Finding::Wrong(problem) => {
            answer["found"] = json!("WRONG");
            answer["advice"] = json!({ "code": "ask_again", "text": problem.text(lang) });
        }
        Finding::Nobody => {
            answer["found"] = json!("NOBODY");
            answer["confidence"] = json!(0.0);
            answer["advice"] = advised(
                "unknown",
                "登记数据中没有这家单位：核对代码与全称；新设立的单位尚未入库",
                "no registry has this unit: check code and full name; one that is new has not arrived yet",
            );
        }
        Finding::Several(rows) => {
            answer["found"] = json!("SEVERAL");
            answer["confidence"] = json!(rows.first().map_or(0.0, |(_, chance)| two(*chance)));
            let candidate = |(row, chance): &(Row, f64)| {
                let e = edition.enterprise(*row);
                json!({ "id": e.id(), "name": e.name(), "creditCode": e.credit_code(), "chance": two(*chance) })
            };
            answer["candidates"] = rows.iter().map(candidate).collect();
            answer["advice"] = advised(
                "which_one",
                "有多家可能相符：请用统一社会信用代码再查",
                "several may be meant: ask again by credit code",
            );
        }
        Finding::One(row, confidence, by) => {
            let e = edition.enterprise(*row);
            answer["found"] = json!(by);
            answer["confidence"] = json!(two(*confidence));
            answer["enterprise"] = json!({
                "id": e.id(), "name": e.name(), "creditCode": e.credit_code(), "status": e.status().map(|s| s.name()),
            });
            answer["designatedSize"] = json!(e.size().map(|s| s.name()));
            answer["unionCoverage"] = json!(e.union().map(|u| u.name()));
            answer["gap"] = json!(e.gap().map(|g| g.name()));
            answer["reasons"] = json!(reasons(&e, lang));
            answer["inCharge"] = json!(e.federation().map(|unit| {
                let known = federation_unit(unit);
                json!({ "unit": unit, "name": known.map(|u| lang.pick(u.name_zh, u.name_en)) })
            }));
            let (code, zh, en) = match *by {
                "CODE_OTHER_NAME" => (
                    "check_name",
                    "代码属于名称不同的单位：先核对代码与名称",
                    "the code belongs to a unit of another name: check both first",
                ),
                _ => advice(&e),
            };
            answer["advice"] = advised(code, zh, en);
        }
    }
    answer
}

/// Why the gap is what it is, as everybody may be told it.
fn reasons(e: &EnterpriseRow<'_>, lang: Lang) -> Vec<String> {
    let Ok(verdicts) = e.verdicts() else { return Vec::new() };
    let visit = |code: &str| crate::access::classes::of_code(code).scope().is_some();
    let open = verdicts.gap.reasons.iter().filter(|r| !visit(&r.code));
    open.map(|r| {
        let inputs: Vec<_> = Sight::OPEN.inputs(&r.inputs).cloned().collect();
        reason_text(&r.code, &inputs, lang)
    })
    .collect()
}

fn two(n: f64) -> f64 {
    (n * 100.0).round() / 100.0
}
