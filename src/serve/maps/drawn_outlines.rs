//! Outlines as they are drawn: on the Mercator map for tiles, with no more corners than a zoom can show, and as an overview for GeoJSON.
//! Each is made when it is first asked for, and kept.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::mvt::EXTENT;
use super::outlines::{Outline, Point, Polygon, bounds, mercator};
use super::simplify::simplified;

/// Units of a tile that a border may be off by: five eighths of a pixel where a tile is drawn on 512 of them.
const TOLERANCE: f64 = 5.0;
/// Tiles from here on are drawn from all corners: a pixel of them is about two metres, and corners are kept to the metre.
const WHOLE_FROM: u32 = 15;
/// GeoJSON that holds a whole city is as fine as tiles of this zoom.
const OVERVIEW: u32 = 8;
/// Steps of a degree of an overview's corners: ten metres, less than a tenth of its tolerance.
const OVERVIEW_STEPS: f64 = 1e4;

/// An outline on the Mercator map.
pub struct DrawnOutline {
    pub polygons: Vec<Polygon>,
    /// Least and greatest of x, of y: west, north, east, south.
    pub bounds: [f64; 4],
}

/// What was made so far.
pub struct DrawnOutlines {
    by_zoom: Vec<OnceLock<HashMap<String, DrawnOutline>>>,
    overview: OnceLock<HashMap<String, Value>>,
}

impl Default for DrawnOutlines {
    fn default() -> DrawnOutlines {
        DrawnOutlines { by_zoom: (0..=WHOLE_FROM).map(|_| OnceLock::new()).collect(), overview: OnceLock::new() }
    }
}

fn tolerance_of(z: u32) -> f64 {
    TOLERANCE / f64::from(EXTENT) / f64::from(1_u32 << z)
}

/// The outlines of districts and of streets, each level simplified together.
fn fewer(outlines: &HashMap<String, Outline>, tolerance: f64) -> HashMap<&str, Vec<Polygon>> {
    // Six digits name a district, nine a street.
    let level = |digits: usize| {
        let mut areas: Vec<(&str, &[Polygon])> =
            outlines.iter().filter(|(code, _)| code.len() == digits).map(|(code, o)| (code.as_str(), &o.polygons[..])).collect();
        areas.sort_unstable_by_key(|(code, _)| *code);
        simplified(&areas, tolerance)
    };
    let mut all = level(6);
    all.extend(level(9));
    all
}

impl DrawnOutlines {
    /// The outlines for the tiles of a zoom.
    pub fn at(&self, z: u32, outlines: &HashMap<String, Outline>) -> &HashMap<String, DrawnOutline> {
        let z = z.min(WHOLE_FROM);
        self.by_zoom[z as usize].get_or_init(|| {
            let mut simple = if z < WHOLE_FROM { fewer(outlines, tolerance_of(z)) } else { HashMap::new() };
            let drawn = |(code, outline): (&String, &Outline)| {
                let polygons = simple.remove(code.as_str()).unwrap_or_else(|| outline.polygons.clone());
                let on_map = |ring: &Vec<Point>| ring.iter().copied().map(mercator).collect();
                let polygons: Vec<Polygon> = polygons.iter().map(|polygon| polygon.iter().map(on_map).collect()).collect();
                let bounds = bounds(polygons.iter().flatten().flatten().copied())?;
                Some((code.clone(), DrawnOutline { polygons, bounds }))
            };
            outlines.iter().filter_map(drawn).collect()
        })
    }

    /// The geometry of an outline in an overview.
    pub fn overview(&self, code: &str, outlines: &HashMap<String, Outline>) -> Option<&Value> {
        let made = self.overview.get_or_init(|| {
            let short = |degrees: f64| (degrees * OVERVIEW_STEPS).round() / OVERVIEW_STEPS;
            let geometry = |(code, polygons): (&str, Vec<Polygon>)| {
                let ring = |ring: &Vec<Point>| ring.iter().map(|(x, y)| [short(*x), short(*y)]).collect::<Vec<_>>();
                let polygons: Vec<Vec<Vec<[f64; 2]>>> =
                    polygons.iter().map(|polygon| polygon.iter().map(ring).collect()).collect();
                (code.to_owned(), json!({ "type": "MultiPolygon", "coordinates": polygons }))
            };
            fewer(outlines, tolerance_of(OVERVIEW)).into_iter().map(geometry).collect()
        });
        made.get(code)
    }
}
