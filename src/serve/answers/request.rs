//! What a GraphQL request says: which media types it accepts, and its parameters.

use async_graphql::Variables;
use axum::http::{HeaderValue, Uri};
use serde::Deserialize;

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

/// The parameters of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    #[serde(default, deserialize_with = "object")]
    pub variables: Option<Object>,
    #[serde(default, deserialize_with = "object")]
    pub extensions: Option<Object>,
    /// Id of a trusted document; Relay's network layers call it `doc_id` or `id`.
    #[serde(alias = "doc_id", alias = "id")]
    pub document_id: Option<String>,
    /// What the connection said that it reads for (`X-Purpose`, or `purpose` of `connection_init`); no parameter of a request.
    #[serde(skip)]
    pub purpose: Option<String>,
}

/// Bytes of a byte order mark in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Whole numbers up to here are exact in JSON's usual readers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// `variables` and `extensions` as clients send them: an object, `null`, or what older tools write for none: `[]`, `""` and an object
/// inside a string.
fn object<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Object>, D::Error> {
    use serde_json::Value;
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Object(object) => Ok(Some(object)),
        Value::Array(list) if list.is_empty() => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(object) => Ok(Some(object)),
            Err(_) => Err(serde::de::Error::custom(NO_OBJECT)),
        },
        _ => Err(serde::de::Error::custom(NO_OBJECT)),
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
    /// What the operation says it reads for: as the connection said it, or in `extensions.purpose`, which comes first.
    pub fn purpose(&self) -> String {
        let own = self.extensions.as_ref().and_then(|extensions| extensions.get("purpose")?.as_str());
        stated(own.unwrap_or(self.purpose.as_deref().unwrap_or_default()))
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
            serde_json::from_str(text).map_err(|e| {
                Problem::bad_input(format!("{name} 不是 JSON 对象：{e}"), format!("{name} is not a JSON object: {e}"))
            })
        };
        for (name, text) in pairs {
            match name.as_str() {
                "query" => parameters.query = Some(text),
                "operationName" => parameters.operation_name = Some(text),
                "documentId" | "doc_id" | "id" => parameters.document_id = Some(text),
                "variables" if !text.is_empty() => parameters.variables = Some(object("variables", &text)?),
                "extensions" if !text.is_empty() => parameters.extensions = Some(object("extensions", &text)?),
                _ => {}
            }
        }
        Ok(parameters)
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
