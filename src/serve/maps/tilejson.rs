//! TileJSON 3.0: what a layer is and where its tiles are. The tiles are asked with the same edition, language and filter as the
//! announcement itself, at the address under which the caller reaches the hub.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::coverage_tiles;
use super::places::KnownPlaces;
use super::tile_address::MAX_ZOOM;
use crate::serve::http::parameters::RouteParameters;
use crate::serve::http::rest::{RestRequest, not_found};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

/// `GET /tiles/gap.json` and `/tiles/coverage.json`
pub async fn tilejson(
    State(state): State<ServerState>,
    State(known): State<KnownPlaces>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asked = RestRequest::new(&state, &uri, &headers, RouteParameters::filtered(&[]).with_addresses()).await;
    let plain = match asked.and_then(|plain| plain.drawn_with(&known.boundaries().digest, &headers)) {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let (layer, description, vector_layers) = match file.as_str() {
        "gap.json" => {
            ("gap", plain.lang.pick("规模以上未建会企业", "enterprises above designated size that lack a union"), gap_layers())
        }
        "coverage.json" => ("coverage", plain.lang.pick("各区建会情况", "union coverage by district"), coverage_layers()),
        _ => {
            return plain.refuse(&not_found(
                "没有这个图层：可用 gap.json、coverage.json",
                "no such layer: gap.json and coverage.json are served",
            ));
        }
    };
    let made = || {
        // A filter that cannot be is refused here, not tile by tile.
        plain.edition.filter(&if layer == "coverage" { plain.counted_filter()? } else { plain.filter()? })?;
        let bounds = known.of(&plain.edition)?.bounds.unwrap_or([-180.0, -85.0, 180.0, 85.0]);
        let [west, south, east, north] = bounds.map(|degrees| (degrees * 1e5).round() / 1e5);
        // Tiles with other outlines have other addresses: those are kept for long. Points lie where they lie.
        let drawn = if layer == "coverage" { format!("&boundaries={}", known.boundaries().digest) } else { String::new() };
        let around = |a: f64, b: f64| ((a + b) * 5e4).round() / 1e5;
        serde_json::to_vec(&json!({
            "tilejson": "3.0.0",
            "name": layer,
            "description": description,
            "version": format!("{}.0.0", plain.edition.number()),
            "attribution": known.boundaries().attribution,
            "scheme": "xyz",
            "tiles": [format!("{}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt?{}{drawn}", plain.base, plain.handed_on())],
            "minzoom": 0, "maxzoom": MAX_ZOOM,
            "bounds": [west, south, east, north],
            "center": [around(west, east), around(south, north), 8],
            "vector_layers": vector_layers,
        }))
        .map_err(|_| Problem::internal())
    };
    plain.kept(&uri, "application/json", made).await
}

/// The layers of coverage and what a feature of them says.
pub fn coverage_layers() -> Value {
    let fields = coverage_tiles::fields();
    json!([{ "id": "areas", "fields": fields }, { "id": "labels", "fields": fields }])
}

/// The layers of the gap list and what a feature of them says.
pub fn gap_layers() -> Value {
    json!([
        { "id": "clusters", "fields": { "code": "String", "name": "String", "count": "Number", "basis": "String" } },
        { "id": "points", "fields": { "id": "String", "name": "String", "priority": "Number", "reason": "String", "basis": "String" } },
    ])
}
