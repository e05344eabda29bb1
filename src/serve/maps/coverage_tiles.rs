//! Coverage as a layer of tiles: the outline of each district with its figures, and its label point; from zoom 10 on those of streets, where
//! a deployer brought their outlines.

use super::boundaries::Boundaries;
use super::clip;
use super::geojson::{Counted, counted};
use super::mvt::{EXTENT, Layer, Property};
use super::outlines::{Point, mercator};
use super::places::name_of;
use super::tile_address::{BUFFER, STREETS_FROM, Tile};
use crate::edition;
use crate::edition::Measures;
use crate::edition::format::rates;
use crate::serve::http::rest::RestRequest;
use crate::serve::problem::Problem;

/// The areas of one level with what was counted of them: enough for all tiles of its zooms.
pub struct CoverageLevel {
    level: &'static str,
    counted: Counted,
}

/// Whether a zoom shows streets.
pub fn shows_streets(z: u32, boundaries: &Boundaries) -> bool {
    z >= STREETS_FROM && boundaries.has_streets()
}

impl CoverageLevel {
    /// Counts the enterprises of the filter by street, or by district.
    pub fn count(plain: &RestRequest, by_street: bool) -> Result<CoverageLevel, Problem> {
        let (level, dimension) = match by_street {
            true => ("TOWN", edition::Dimension::Town),
            false => ("DISTRICT", edition::Dimension::District),
        };
        Ok(CoverageLevel { level, counted: counted(plain, dimension)? })
    }

    /// The areas of the level, in the order of their codes.
    pub fn labels<'a>(&self, edition: &'a edition::Edition) -> Vec<&'a edition::AreaLabel> {
        let mut labels: Vec<_> = edition.labels.areas.iter().filter(|a| a.level == self.level).collect();
        labels.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        labels
    }
}

/// The tile as asked for by itself.
pub fn areas(plain: &RestRequest, tile: Tile, boundaries: &Boundaries) -> Result<Vec<u8>, Problem> {
    let level = CoverageLevel::count(plain, shows_streets(tile.z, boundaries))?;
    Ok(drawn(plain, tile, boundaries, &level))
}

/// Layer `areas` (polygons) and layer `labels` (points), both with the same properties.
pub fn drawn(plain: &RestRequest, tile: Tile, boundaries: &Boundaries, level: &CoverageLevel) -> Vec<u8> {
    let edition = &plain.edition;
    let (mut areas, mut labels) = (Layer::new("areas"), Layer::new("labels"));
    let (extent, buffer) = (f64::from(EXTENT), f64::from(BUFFER));
    let scale = f64::from(1_u32 << tile.z);
    let to_tile = |(x, y): Point| ((x * scale - f64::from(tile.x)) * extent, (y * scale - f64::from(tile.y)) * extent);
    let near = |low: f64, high: f64| high >= -buffer && low < extent + buffer;
    // Most outlines lie elsewhere: their corners are not looked at.
    let touches = |[west, north, east, south]: [f64; 4]| {
        let ((west, north), (east, south)) = (to_tile((west, north)), to_tile((east, south)));
        near(west, east) && near(north, south)
    };
    let outlines = boundaries.drawn(tile.z);
    for label in level.labels(edition) {
        let outline = outlines.get(&label.code).filter(|outline| touches(outline.bounds));
        let polygons = outline.map_or(&[][..], |outline| &outline.polygons);
        let rings: Vec<Vec<(i32, i32)>> =
            polygons.iter().flat_map(|polygon| clip::rings(polygon, to_tile, buffer, extent)).collect();
        let point = label.label_point.map(|at| to_tile(mercator(at))).filter(|(x, y)| near(*x, *x) && near(*y, *y));
        if rings.is_empty() && point.is_none() {
            continue;
        }
        let name = name_of(edition, &label.code, plain.lang);
        let (measures, is_hidden) = level.counted.of(&label.code);
        let mut properties = vec![("code", Property::Text(&label.code)), ("name", Property::Text(&name))];
        properties.extend(figures(&measures, is_hidden));
        let id = label.code.parse().unwrap_or(0);
        if !rings.is_empty() {
            areas.polygons(id, &rings, &properties);
        }
        if let Some((x, y)) = point {
            labels.point(id, x.round() as i32, y.round() as i32, &properties);
        }
    }
    let mut bytes = Vec::new();
    areas.finish(&mut bytes);
    labels.finish(&mut bytes);
    bytes
}

/// Counts and rates under the names of the graph; a rate without a value, and all of a group too small to be told, is left out.
fn figures(m: &Measures, suppressed: bool) -> Vec<(&'static str, Property<'static>)> {
    let mut told = vec![("suppressed", Property::Flag(suppressed))];
    if suppressed {
        return told;
    }
    told.extend(rates::COUNTS.iter().filter(|count| count.is_on_map).map(|count| (count.name, Property::Count((count.of)(m)))));
    let rates = rates::RATES.iter().filter(|rate| rate.is_on_map);
    told.extend(rates.filter_map(|rate| Some((rate.name, Property::Number(rate.value(m)?)))));
    told
}

/// The fields of both layers, for their announcement.
pub fn fields() -> serde_json::Map<String, serde_json::Value> {
    let texts = ["code", "name"].map(|name| (name.to_owned(), "String".into()));
    let numbers = rates::COUNTS.iter().filter(|c| c.is_on_map).map(|c| c.name);
    let numbers = numbers.chain(rates::RATES.iter().filter(|r| r.is_on_map).map(|r| r.name));
    let numbers = numbers.map(|name| (name.to_owned(), "Number".into()));
    texts.into_iter().chain([("suppressed".to_owned(), "Boolean".into())]).chain(numbers).collect()
}
