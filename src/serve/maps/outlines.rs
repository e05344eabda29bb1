//! Outlines of the districts, and the box that holds a city: what GeoJSON, tiles and their announcement share.

use std::collections::HashMap;

use serde_json::Value;

/// Said beside whatever shows the outlines that ship.
pub const ATTRIBUTION: &str = "Apache ECharts 4.9.0 (Apache-2.0), simplified, WGS-84; not a legal boundary";

/// A point in degrees: longitude, latitude.
pub type Point = (f64, f64);

/// A polygon: its outer ring, then its holes.
pub type Polygon = Vec<Vec<Point>>;

/// An outline as rings: each polygon's outer ring, then its holes.
pub struct Outline {
    pub geometry: Value,
    pub polygons: Vec<Polygon>,
}

impl Outline {
    pub fn new(geometry: &Value) -> Outline {
        Outline { polygons: polygons(geometry, |point| point), geometry: geometry.clone() }
    }
}

/// The outlines of the districts that ship, by code.
pub fn shipped() -> HashMap<String, Outline> {
    let collection: Value =
        serde_json::from_str(crate::model::reference::areas::district_outlines()).expect("reference/areas is tested");
    let outline =
        |feature: &Value| Some((feature["properties"]["code"].as_str()?.to_owned(), Outline::new(&feature["geometry"])));
    collection["features"].as_array().into_iter().flatten().filter_map(outline).collect()
}

/// The polygons of a geometry of GeoJSON, each point as `place` makes it of what is written.
pub fn polygons(geometry: &Value, place: impl Fn(Point) -> Point) -> Vec<Polygon> {
    let point = |at: &Value| Some(place((at[0].as_f64()?, at[1].as_f64()?)));
    let ring = |ring: &Value| ring.as_array().into_iter().flatten().filter_map(point).collect();
    let polygon = |rings: &Value| rings.as_array().into_iter().flatten().map(ring).collect();
    match geometry["type"].as_str() {
        Some("Polygon") => vec![polygon(&geometry["coordinates"])],
        Some("MultiPolygon") => geometry["coordinates"].as_array().into_iter().flatten().map(polygon).collect(),
        _ => Vec::new(),
    }
}

/// Web Mercator: 0 to 1 from west to east and from north to south.
pub fn mercator((longitude, latitude): Point) -> Point {
    let sine = latitude.clamp(-85.05, 85.05).to_radians().sin();
    ((longitude + 180.0) / 360.0, 0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * std::f64::consts::PI))
}

/// The least box that holds all points: west, south, east, north; None of nothing.
pub fn bounds(points: impl Iterator<Item = Point>) -> Option<[f64; 4]> {
    points.fold(None, |so_far, (x, y)| {
        let [west, south, east, north] = so_far.unwrap_or([x, y, x, y]);
        Some([west.min(x), south.min(y), east.max(x), north.max(y)])
    })
}

/// Whether a point is in a ring (even-odd rule).
fn in_ring(ring: &[Point], (x, y): Point) -> bool {
    let crosses = |(a, b): (&Point, &Point)| (a.1 > y) != (b.1 > y) && x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0;
    ring.iter().zip(ring.iter().cycle().skip(1)).filter(|pair| crosses(*pair)).count() % 2 == 1
}

/// Whether a point is in an area, its holes left out.
pub fn contains(polygons: &[Polygon], point: Point) -> bool {
    polygons.iter().any(|polygon| polygon.iter().filter(|ring| in_ring(ring, point)).count() % 2 == 1)
}
