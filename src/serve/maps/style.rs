//! `GET /map/style.json`: the style of `kit/maplibre` with this hub's address, the edition, language and filter asked, the figure that is
//! painted, and who drew the outlines. `GET /map/sprite.json`, `.png` and their `@2x`: its one image.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::boundaries::Boundaries;
use super::places::KnownPlaces;
use crate::access::AccessScope;
use crate::serve::http::headers::{lang_of, request_id};
use crate::serve::http::parameters::{self, RouteParameters};
use crate::serve::http::rest::{RestRequest, not_found, refuse};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

/// The template, and what it names for the hub's address, the question and the figure.
const TEMPLATE: &str = include_str!("../../../kit/maplibre/style.json");
const BASE: &str = "http://127.0.0.1:8080";
const QUERY: &str = "lang=zh";
const MEASURE: &str = "coverageRate";

/// The files of the style's one image.
pub const SPRITE: [(&str, &[u8]); 4] = [
    ("sprite.json", include_bytes!("../../../kit/maplibre/sprite.json")),
    ("sprite@2x.json", include_bytes!("../../../kit/maplibre/sprite@2x.json")),
    ("sprite.png", include_bytes!("../../../kit/maplibre/sprite.png")),
    ("sprite@2x.png", include_bytes!("../../../kit/maplibre/sprite@2x.png")),
];

/// `GET /map/{file}`
pub async fn style(
    State(state): State<ServerState>,
    State(known): State<KnownPlaces>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Some((_, bytes)) = SPRITE.iter().find(|(name, _)| *name == file) {
        if let Err(problem) = parameters::none(&uri, lang_of(&headers)) {
            return refuse(&problem, lang_of(&headers), &request_id(&headers));
        }
        let kind = if file.ends_with(".png") { "image/png" } else { "application/json" };
        let keeps = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
        ];
        return (keeps, *bytes).into_response();
    }
    if file != "style.json" {
        let problem = not_found("没有这个文件：可用 style.json", "no such file: style.json is served");
        return refuse(&problem, lang_of(&headers), &request_id(&headers));
    }
    let asked = RestRequest::new(&state, &uri, &headers, RouteParameters::filtered(&["measure"]).with_addresses()).await;
    let plain = match asked.and_then(|plain| plain.drawn_with(&known.boundaries().digest, &headers)) {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let made = || {
        // A filter that cannot be is refused here, not tile by tile.
        let filter = if sees_single(&plain) { plain.filter()? } else { plain.counted_filter()? };
        plain.edition.filter(&filter)?;
        let bounds = known.of(&plain.edition)?.bounds;
        filled(&plain, bounds, known.boundaries())
    };
    plain.kept(&uri, "application/json", made).await
}

fn sees_single(plain: &RestRequest) -> bool {
    plain.ask.caller.role.sees_single_enterprises()
}

/// Leaves out what is drawn of the gap list: its tiles are refused to whoever sees no single enterprise.
fn without_single_enterprises(style: &mut Value) {
    without(style, "gap");
}

/// Leaves out a source and what is drawn of it.
pub fn without(style: &mut Value, source: &str) {
    if let Some(sources) = style["sources"].as_object_mut() {
        sources.remove(source);
    }
    if let Some(layers) = style["layers"].as_array_mut() {
        layers.retain(|layer| layer["source"] != source);
    }
    if let Some(legend) = style["metadata"]["huitu"]["legend"].as_object_mut() {
        legend.remove(source);
    }
}

pub fn filled(plain: &RestRequest, bounds: Option<[f64; 4]>, boundaries: &Boundaries) -> Result<Vec<u8>, Problem> {
    let template: Value = serde_json::from_str(TEMPLATE).expect("the kit's style is JSON");
    let measures = template["metadata"]["huitu"]["measures"].as_object().expect("it names its figures");
    let measure = plain.parameter("measure").unwrap_or(MEASURE);
    if !measures.contains_key(measure) {
        let known: Vec<&str> = measures.keys().map(String::as_str).collect();
        let problem = Problem::bad_input(format!("measure 没有取值 {measure}"), format!("measure has no value {measure}"));
        return Err(problem.remedy(known.join(", ")));
    }
    // `measure` is the style's own: its tiles do not know it.
    let handed_on: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(url::form_urlencoded::parse(plain.handed_on().as_bytes()).filter(|(name, _)| name != "measure"))
        .finish();
    let mut style = template;
    if !sees_single(plain) {
        without_single_enterprises(&mut style);
    }
    match plain.ask.caller.has(AccessScope::Review) {
        // Its tiles know no filter of enterprises.
        true => {
            let tiles = style["sources"]["places"]["tiles"][0].as_str().unwrap_or_default();
            let (edition, lang) = (plain.edition.number(), plain.lang.code());
            style["sources"]["places"]["tiles"] = json!([format!("{tiles}?edition={edition}&lang={lang}")]);
        }
        false => without(&mut style, "places"),
    }
    replace(&mut style, &|text| match text == MEASURE {
        true => measure.to_owned(),
        false => text.replace(QUERY, &handed_on).replace(BASE, &plain.base),
    });
    style["sources"]["districts"]["attribution"] = json!(boundaries.attribution);
    // Other outlines have other addresses: those are kept for long.
    let sources = &mut style["sources"];
    let named = |address: &Value| json!(format!("{}&boundaries={}", address.as_str().unwrap_or_default(), boundaries.digest));
    sources["districts"]["data"] = named(&sources["districts"]["data"]);
    sources["coverage"]["tiles"][0] = named(&sources["coverage"]["tiles"][0]);
    if let Some([west, south, east, north]) = bounds {
        style["center"] = json!([(west + east) / 2.0, (south + north) / 2.0]);
    }
    serde_json::to_vec(&style).map_err(|_| Problem::internal())
}

/// Every text of a JSON value, as `then` writes it; names stay.
fn replace(value: &mut Value, then: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = then(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, then)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, then)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_names_what_is_replaced() {
        let style: Value = serde_json::from_str(TEMPLATE).expect("JSON");
        assert_eq!(style["metadata"]["huitu"]["measure"], MEASURE);
        assert_eq!(TEMPLATE.matches(BASE).count(), 5, "the sprite and four sources");
        assert_eq!(TEMPLATE.matches(QUERY).count(), 3);
    }
}
