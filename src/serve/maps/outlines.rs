//! Outlines of the districts, and the box that holds a city: what GeoJSON, tiles and their announcement share.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

/// Said beside whatever shows the outlines.
pub const ATTRIBUTION: &str = "Apache ECharts 4.9.0 (Apache-2.0), simplified, WGS-84; not a legal boundary";

/// A point in degrees: longitude, latitude.
pub type Point = (f64, f64);

/// An outline as rings: each polygon's outer ring, then its holes.
pub struct Outline {
    pub geometry: Value,
    pub polygons: Vec<Vec<Vec<Point>>>,
}

/// Outlines of the districts by code.
pub fn outlines() -> &'static HashMap<String, Outline> {
    static OUTLINES: OnceLock<HashMap<String, Outline>> = OnceLock::new();
    OUTLINES.get_or_init(|| {
        let collection: Value =
            serde_json::from_str(crate::model::reference::areas::district_outlines()).expect("reference/areas is tested");
        let features = collection["features"].as_array().cloned().unwrap_or_default();
        let outline = |feature: Value| {
            let code = feature["properties"]["code"].as_str()?.to_owned();
            let geometry = feature["geometry"].clone();
            Some((code, Outline { polygons: polygons(&geometry), geometry }))
        };
        features.into_iter().filter_map(outline).collect()
    })
}

fn polygons(geometry: &Value) -> Vec<Vec<Vec<Point>>> {
    let point = |at: &Value| Some((at[0].as_f64()?, at[1].as_f64()?));
    let ring = |ring: &Value| ring.as_array().into_iter().flatten().filter_map(point).collect();
    let polygon = |rings: &Value| rings.as_array().into_iter().flatten().map(ring).collect();
    match geometry["type"].as_str() {
        Some("Polygon") => vec![polygon(&geometry["coordinates"])],
        Some("MultiPolygon") => geometry["coordinates"].as_array().into_iter().flatten().map(polygon).collect(),
        _ => Vec::new(),
    }
}

/// The least box that holds all points: west, south, east, north; None of nothing.
pub fn bounds(points: impl Iterator<Item = Point>) -> Option<[f64; 4]> {
    points.fold(None, |so_far, (x, y)| {
        let [west, south, east, north] = so_far.unwrap_or([x, y, x, y]);
        Some([west.min(x), south.min(y), east.max(x), north.max(y)])
    })
}

/// The corners of all outlines.
pub fn corners() -> impl Iterator<Item = Point> {
    outlines().values().flat_map(|outline| outline.polygons.iter().flatten().flatten().copied())
}
