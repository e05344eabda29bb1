//! What a GraphQL request says: which media types it accepts, and its parameters.

use async_graphql::Variables;
use axum::http::{HeaderValue, Uri};
use serde::Deserialize;

use super::events::LastEvent;
use super::strict_json::{StrictValue, TWICE, read_json};
use super::usage::stated;
use crate::serve::problem::Problem;

/// The media types an answer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells request errors from answers.
    GraphQl,
    /// `application/json`: the older form; 200 also for request errors.
    Json,
}

impl Media {
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Media::GraphQl => "application/graphql-response+json; charset=utf-8",
            Media::Json => "application/json; charset=utf-8",
        })
    }
    /// The best acceptable type; None where none is.
    pub fn negotiate(accept: Option<&str>) -> Option<Media> {
        let Some(accept) = accept.filter(|a| !a.trim().is_empty()) else { return Some(Media::Json) };
        let mut best: Option<(f32, u8, Media)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or("").to_ascii_lowercase();
            let mut quality = 1.0;
            let mut utf8 = true;
            for part in parts {
                match part.split_once('=') {
                    Some((key, value)) if key.eq_ignore_ascii_case("q") => quality = value.parse().unwrap_or(0.0),
                    Some((key, value)) if key.eq_ignore_ascii_case("charset") => {
                        utf8 = value.trim_matches('"').eq_ignore_ascii_case("utf-8")
                    }
                    _ => {}
                }
            }
            let (precision, media) = match name.as_str() {
                "application/graphql-response+json" => (2, Media::GraphQl),
                "application/json" => (2, Media::Json),
                "application/*" => (1, Media::Json),
                "*/*" => (0, Media::Json),
                _ => continue,
            };
            let better = best.is_none_or(|(q, p, m)| (quality, precision, media == Media::GraphQl) > (q, p, m == Media::GraphQl));
            if utf8 && quality > 0.0 && better {
                best = Some((quality, precision, media));
            }
        }
        best.map(|(_, _, media)| media)
    }
}

type Object = serde_json::Map<String, serde_json::Value>;

/// The parameters of a request. Keys of others are passed over, as GraphQL over HTTP wants; one that is nearly one of these was meant
/// as it, and is refused.
#[derive(Debug, Default)]
pub struct Parameters {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Option<Object>,
    pub extensions: Option<Object>,
    /// Id of a trusted document; Relay's network layers call it `doc_id` or `id`.
    pub document_id: Option<String>,
    /// What the connection said that it reads for (`X-Purpose`, or `purpose` of `connection_init`); no parameter of a request.
    pub purpose: Option<String>,
}

/// The names of the parameters, and that of the last event that a stream's client saw.
const NAMES: [&str; 8] = ["query", "operationName", "variables", "extensions", "documentId", "doc_id", "id", "lastEventId"];
/// From here on two names are likely to be one, misspelt: `variable`, `querry`.
const LIKELY: f64 = 0.8;

/// The parameter that a name which is none was meant as.
fn meant(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (bare, is_short) = (plain(name), name.len() < 4);
    let near = |known: &&str| plain(known) == bare || !is_short && strsim::normalized_damerau_levenshtein(known, name) >= LIKELY;
    NAMES.into_iter().find(|known| near(known))
}

const NO_KEY: &str = "there is no ";

/// What is said of a misspelt name, in English.
fn misspelt(name: &str, meant: &str) -> String {
    format!("{NO_KEY}{name}; did you mean {meant}?")
}

/// A text, or none, as one of the slots of a request; refused where another one is there already.
fn put(slot: &mut Option<String>, text: Option<String>, name: &str) -> Result<(), String> {
    match (slot.as_ref(), text) {
        (Some(before), Some(text)) if *before != text => Err(format!("{TWICE}{name}")),
        (_, Some(text)) => {
            *slot = Some(text);
            Ok(())
        }
        (_, None) => Ok(()),
    }
}

/// `variables` or `extensions` as they come.
struct Loose(Option<Object>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        object(deserializer).map(Loose)
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Parameters, D::Error> {
        deserializer.deserialize_map(ParametersVisitor)
    }
}

struct ParametersVisitor;

impl<'de> serde::de::Visitor<'de> for ParametersVisitor {
    type Value = Parameters;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with `query`")
    }
    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut entries: A) -> Result<Parameters, A::Error> {
        use serde::de::Error;
        let mut parameters = Parameters::default();
        let (mut has_variables, mut has_extensions) = (false, false);
        while let Some(name) = entries.next_key::<String>()? {
            match name.as_str() {
                "query" => put(&mut parameters.query, entries.next_value()?, &name).map_err(A::Error::custom)?,
                "operationName" => put(&mut parameters.operation_name, entries.next_value()?, &name).map_err(A::Error::custom)?,
                "documentId" | "doc_id" | "id" => {
                    put(&mut parameters.document_id, entries.next_value()?, &name).map_err(A::Error::custom)?;
                }
                "variables" | "extensions" => {
                    let Loose(object) = entries.next_value()?;
                    let (slot, seen) = match name.as_str() {
                        "variables" => (&mut parameters.variables, &mut has_variables),
                        _ => (&mut parameters.extensions, &mut has_extensions),
                    };
                    if std::mem::replace(seen, true) {
                        return Err(A::Error::custom(format!("{TWICE}{name}")));
                    }
                    *slot = object;
                }
                other => {
                    if let Some(meant) = meant(other).filter(|meant| *meant != other) {
                        return Err(A::Error::custom(misspelt(other, meant)));
                    }
                    entries.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(parameters)
    }
}

/// What such an error says, in both languages; None of another one.
fn told(text: &str) -> Option<Problem> {
    // JSON's reader adds the place.
    let text = text.split(" at line ").next().unwrap_or(text);
    if let Some(rest) = text.strip_prefix(NO_KEY) {
        let (name, meant) = rest.trim_end_matches('?').split_once("; did you mean ")?;
        return Some(Problem::bad_input(format!("没有参数 {name}；是否指 {meant}？"), text.to_owned()).remedy(meant));
    }
    let name = text.strip_prefix(TWICE)?;
    Some(Problem::bad_input(
        format!("参数 {name} 出现了两次：请只给一次"),
        format!("the parameter {name} comes twice: give it once"),
    ))
}

/// Bytes of a byte order mark in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Whole numbers up to here are exact in JSON's usual readers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// `variables` and `extensions` as clients send them: an object, `null`, or what older tools write for none: `[]`, `""` and an object
/// inside a string. A name that comes twice in it is refused: the first value would be lost.
fn object<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Object>, D::Error> {
    use serde::de::Error;
    use serde_json::Value;
    match StrictValue::deserialize(deserializer)?.0 {
        Value::Null => Ok(None),
        Value::Object(object) => Ok(Some(object)),
        Value::Array(list) if list.is_empty() => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(StrictValue(Value::Object(object))) => Ok(Some(object)),
            Err(e) if e.to_string().starts_with(TWICE) => Err(D::Error::custom(e)),
            _ => Err(D::Error::custom(NO_OBJECT)),
        },
        _ => Err(D::Error::custom(NO_OBJECT)),
    }
}

const NO_OBJECT: &str = "`variables` and `extensions` are objects such as {\"first\": 50}";

/// 1.0 in JSON is a whole number: languages without whole numbers write it so.
fn whole(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(n) = number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() <= EXACT) {
                *number = (n as i64).into();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(whole),
        Value::Object(fields) => fields.values_mut().for_each(whole),
        _ => {}
    }
}

impl Parameters {
    /// What the operation says it reads for: in `extensions.purpose`, else as the request or the connection said it.
    pub fn purpose(&self) -> String {
        self.own_purpose().unwrap_or_else(|| stated(self.purpose.as_deref().unwrap_or_default()))
    }
    /// What it says in `extensions.purpose`; None where it says nothing there.
    pub fn own_purpose(&self) -> Option<String> {
        let own = self.extensions.as_ref().and_then(|extensions| extensions.get("purpose")?.as_str());
        own.map(stated)
    }
    /// The values of the variables as the GraphQL library takes them.
    pub fn take_variables(&mut self) -> Variables {
        let mut values = serde_json::Value::Object(self.variables.take().unwrap_or_default());
        whole(&mut values);
        Variables::from_json(values)
    }

    pub fn from_body(body: &[u8]) -> Result<Parameters, Problem> {
        // Some editors and Windows tools begin a file with it.
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        serde_json::from_slice(body).map_err(|e| {
            let text = e.to_string();
            if body.first() == Some(&b'[') {
                return Problem::bad_input(
                    "不支持批量请求：请一次发送一个查询",
                    "batches are not supported: send one question at a time",
                );
            }
            if text.starts_with(NO_OBJECT) {
                return Problem::bad_input("variables 与 extensions 应为对象，如 {\"first\": 50}", NO_OBJECT);
            }
            if let Some(problem) = told(&text) {
                return problem;
            }
            Problem::bad_input(
                format!("请求体不是有效的 GraphQL 请求：{text}"),
                format!("the body is not a GraphQL request: {text}"),
            )
        })
    }

    pub fn from_query(uri: &Uri) -> Result<Parameters, Problem> {
        let mut parameters = Parameters::default();
        let pairs: Vec<(String, String)> = axum::extract::Query::try_from_uri(uri)
            .map(|q: axum::extract::Query<Vec<(String, String)>>| q.0)
            .map_err(|_| Problem::bad_input("网址参数无法解析", "the query string cannot be read"))?;
        let object = |name: &str, text: &str| {
            // What a form or an older tool writes for none.
            if matches!(text.trim(), "[]" | "null" | "\"\"") {
                return Ok(Object::new());
            }
            match read_json(name, text)? {
                serde_json::Value::Object(object) => Ok(object),
                _ => Err(Problem::bad_input(format!("{name} 应为 JSON 对象"), format!("{name} is a JSON object"))),
            }
        };
        let (mut variables, mut extensions) = (None, None);
        for (name, text) in pairs {
            let slot = match name.as_str() {
                "query" => &mut parameters.query,
                "operationName" => &mut parameters.operation_name,
                "documentId" | "doc_id" | "id" => &mut parameters.document_id,
                "variables" => &mut variables,
                "extensions" => &mut extensions,
                // Read where a stream begins.
                "lastEventId" => continue,
                other => match meant(other) {
                    Some(meant) => return Err(told(&misspelt(other, meant)).unwrap_or_else(Problem::internal)),
                    None => continue,
                },
            };
            put(slot, Some(text), &name).map_err(|text| told(&text).unwrap_or_else(Problem::internal))?;
        }
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        parameters.variables = given(variables).map(|text| object("variables", &text)).transpose()?;
        parameters.extensions = given(extensions).map(|text| object("extensions", &text)).transpose()?;
        Ok(parameters)
    }
}

/// Which event a stream goes on behind, as its address says, whatever it is asked by: GET or POST.
///
/// # Errors
/// A name that is nearly the right one; two values; one that names no edition.
pub fn last_event(uri: &Uri) -> Result<Option<String>, Problem> {
    const NAME: &str = "lastEventId";
    let mut given = None;
    for (name, text) in url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()) {
        if name == NAME {
            put(&mut given, Some(text.into_owned()), NAME).map_err(|text| told(&text).unwrap_or_else(Problem::internal))?;
        } else if meant(&name) == Some(NAME) {
            return Err(told(&misspelt(&name, NAME)).unwrap_or_else(Problem::internal));
        }
    }
    match given.filter(|text| !text.is_empty()) {
        Some(text) if LastEvent::number(&text).is_none() => Err(Problem::bad_input(
            "lastEventId 应为上次事件的编号，如 edition:12",
            "lastEventId is the id of the last event, such as edition:12",
        )
        .remedy("edition:12")),
        named => Ok(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variables_are_written_in_many_ways() {
        for text in [
            "{\"query\":\"x\",\"variables\":[]}",
            "{\"query\":\"x\",\"variables\":\"\"}",
            "{\"query\":\"x\",\"variables\":\"{}\"}",
            "\u{feff}{\"query\":\"x\"}",
        ] {
            let mut parameters = Parameters::from_body(text.as_bytes()).expect(text);
            assert!(parameters.take_variables().is_empty(), "{text}");
        }
        let mut parameters =
            Parameters::from_body(br#"{"query":"x","variables":"{\"n\": 2.0}"}"#).expect("an object in a string");
        assert_eq!(parameters.take_variables()["n"], async_graphql::Value::from(2));
        for text in [r#"{"query":"x","variables":[1]}"#, r#"{"query":"x","variables":"a"}"#, r#"{"query":"x","variables":7}"#] {
            let problem = Parameters::from_body(text.as_bytes()).expect_err(text);
            assert!(problem.en.contains("variables") && problem.zh.contains("variables"), "{}", problem.en);
        }
    }

    #[test]
    fn a_misspelt_or_doubled_name_is_refused_and_a_name_of_others_is_passed_over() {
        for (text, said) in [
            (r#"{"query":"x","variable":{}}"#, "there is no variable; did you mean variables?"),
            (r#"{"query":"x","operationname":"A"}"#, "there is no operationname; did you mean operationName?"),
            (r#"{"querry":"x"}"#, "there is no querry; did you mean query?"),
            (r#"{"query":"x","query":"y"}"#, "the parameter query comes twice: give it once"),
            (r#"{"query":"x","variables":{},"variables":null}"#, "the parameter variables comes twice: give it once"),
            (r#"{"query":"x","variables":{"f":{"area":["1"],"area":["2"]}}}"#, "the parameter area comes twice: give it once"),
            (r#"{"query":"x","variables":"{\"n\":1,\"n\":2}"}"#, "the parameter n comes twice: give it once"),
        ] {
            let problem = Parameters::from_body(text.as_bytes()).expect_err(text);
            assert_eq!(problem.en, said);
            assert!(problem.zh.contains("参数"), "{}", problem.zh);
        }
        for text in [
            r#"{"query":"x","clientLibrary":{"name":"a"},"key":1,"lang":"zh","query":"x"}"#,
            r#"{"query":null,"id":"a","documentId":"a"}"#,
        ] {
            Parameters::from_body(text.as_bytes()).expect(text);
        }
        let of = |query: &str| Parameters::from_query(&format!("/graphql?{query}").parse().expect("an address"));
        for (query, said) in [
            ("query=x&variable=%7B%7D", "did you mean variables?"),
            ("query=x&lastEventID=edition:1", "did you mean lastEventId?"),
            ("query=x&variables=%7B%7D&variables=%7B%22a%22%3A1%7D", "comes twice"),
        ] {
            assert!(of(query).expect_err(query).en.contains(said), "{query}");
        }
        of("query=x&lastEventId=edition:1&_=17&cache=no").expect("known names, and those of others");
    }

    #[test]
    fn the_address_of_a_stream_names_the_last_event_by_its_name_alone() {
        let of = |query: &str| last_event(&format!("/graphql/sse?{query}").parse().expect("an address"));
        for (query, named) in [
            ("lastEventId=edition:4", Some("edition:4")),
            ("_=1&lastEventId=4&lastEventId=4", Some("4")),
            ("lastEventId=", None),
            ("", None),
        ] {
            assert_eq!(of(query).expect(query).as_deref(), named, "{query}");
        }
        for (query, said) in [
            ("lastEventID=edition:4", "did you mean lastEventId?"),
            ("last-event-id=edition:4", "did you mean lastEventId?"),
            ("lastEventId=1&lastEventId=2", "comes twice"),
            ("lastEventId=yesterday", "such as edition:12"),
        ] {
            assert!(of(query).expect_err(query).en.contains(said), "{query}");
        }
    }

    #[test]
    fn the_best_acceptable_media_type_is_taken() {
        for (accept, expected) in [
            (None, Some(Media::Json)),
            (Some("*/*"), Some(Media::Json)),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(Media::GraphQl)),
            (Some("application/json, application/graphql-response+json"), Some(Media::GraphQl)),
            (Some("application/json;q=0.9, */*;q=0.1"), Some(Media::Json)),
            (Some("text/html"), None),
            (Some("application/json; charset=gbk"), None),
            (Some("application/graphql-response+json;q=0"), None),
        ] {
            assert_eq!(Media::negotiate(accept), expected, "{accept:?}");
        }
    }
}
