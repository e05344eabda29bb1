//! What a GraphQL request says: which media types it accepts, and its parameters.

use axum::http::{HeaderValue, Uri};
use serde::Deserialize;

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

/// The parameters of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    #[serde(default)]
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
    /// Id of a trusted document.
    pub document_id: Option<String>,
}

impl Parameters {
    pub fn from_body(body: &[u8]) -> Result<Parameters, Problem> {
        serde_json::from_slice(body).map_err(|e| {
            let text = e.to_string();
            if body.first() == Some(&b'[') {
                return Problem::bad_input(
                    "不支持批量请求：请一次发送一个查询",
                    "batches are not supported: send one question at a time",
                );
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
            serde_json::from_str(text).map_err(|e| {
                Problem::bad_input(format!("{name} 不是 JSON 对象：{e}"), format!("{name} is not a JSON object: {e}"))
            })
        };
        for (name, text) in pairs {
            match name.as_str() {
                "query" => parameters.query = Some(text),
                "operationName" => parameters.operation_name = Some(text),
                "documentId" => parameters.document_id = Some(text),
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
