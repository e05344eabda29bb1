//! Areas as TopoJSON: a border that two of them share is written once, so that whoever simplifies or draws it does it once for both.
//!
//! In: features of GeoJSON in degrees. Out: a topology, its corners on a grid of a metre. It moves no corner further than that, and takes
//! for shared only what both areas have corner by corner; outlines that are imported are checked for that before.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::outlines::{Point, bounds, polygons};

/// Degrees of a step of the grid: about a metre, as outlines are kept.
pub(super) const STEP: f64 = 1e-5;

/// A corner on the grid.
pub(super) type Corner = (i64, i64);

/// Features under the name of their object, as one topology.
pub fn of(objects: &[(&str, &[Value])]) -> Value {
    let read: Vec<(&str, Vec<Shape<'_>>)> =
        objects.iter().map(|(name, features)| (*name, features.iter().map(Shape::read).collect())).collect();
    let shapes = || read.iter().flat_map(|(_, shapes)| shapes);
    let box_of_all = bounds(shapes().flat_map(Shape::points));
    let [west, south, ..] = box_of_all.unwrap_or_default();
    let on_grid = |(x, y): Point| (((x - west) / STEP).round() as i64, ((y - south) / STEP).round() as i64);
    let rings: Vec<Vec<Corner>> =
        shapes().flat_map(|shape| shape.polygons.iter().flatten()).map(|r| corners(r, on_grid)).collect();
    let mut arcs = Arcs::meeting_at(meeting(&rings));
    let mut cut = rings.iter().map(|ring| arcs.of_ring(ring)).collect::<Vec<_>>().into_iter();
    let mut topology = serde_json::Map::new();
    for (name, shapes) in &read {
        let geometries: Vec<Value> = shapes.iter().map(|shape| shape.geometry(&mut cut, on_grid)).collect();
        topology.insert((*name).to_owned(), json!({ "type": "GeometryCollection", "geometries": geometries }));
    }
    json!({
        "type": "Topology",
        "bbox": box_of_all,
        "transform": { "scale": [STEP, STEP], "translate": [west, south] },
        "objects": topology,
        "arcs": arcs.written.iter().map(|arc| steps(arc)).collect::<Vec<_>>(),
    })
}

/// A feature, its outline read.
struct Shape<'a> {
    feature: &'a Value,
    polygons: Vec<Vec<Vec<Point>>>,
    /// Of what has no outline.
    point: Option<Point>,
}

impl<'a> Shape<'a> {
    fn read(feature: &'a Value) -> Shape<'a> {
        let geometry = &feature["geometry"];
        let at = &geometry["coordinates"];
        let point = (geometry["type"] == "Point").then(|| Some((at[0].as_f64()?, at[1].as_f64()?))).flatten();
        Shape { feature, polygons: polygons(geometry, |point| point), point }
    }

    fn points(&self) -> impl Iterator<Item = Point> {
        self.polygons.iter().flatten().flatten().copied().chain(self.point)
    }

    /// The geometry by its arcs, which come in the order of the rings. A ring that is smaller than the grid is none.
    fn geometry(&self, cut: &mut impl Iterator<Item = Vec<i64>>, on_grid: impl Fn(Point) -> Corner) -> Value {
        let mut parts = Vec::new();
        for polygon in &self.polygons {
            let rings: Vec<Vec<i64>> = polygon.iter().filter_map(|_| cut.next()).collect();
            if rings.first().is_some_and(|outer| !outer.is_empty()) {
                parts.push(rings.into_iter().filter(|ring| !ring.is_empty()).collect::<Vec<_>>());
            }
        }
        let mut geometry = match (parts.len(), self.point.map(on_grid)) {
            (0, Some((x, y))) => json!({ "type": "Point", "coordinates": [x, y] }),
            (0, None) => json!({ "type": null }),
            (1, _) => json!({ "type": "Polygon", "arcs": parts[0] }),
            _ => json!({ "type": "MultiPolygon", "arcs": parts }),
        };
        geometry["id"] = self.feature["id"].clone();
        geometry["properties"] = self.feature["properties"].clone();
        geometry
    }
}

/// The corners of a ring on the grid, each once; the first one is not repeated. Nothing of a ring that has no area there.
pub(super) fn corners(ring: &[Point], on_grid: impl Fn(Point) -> Corner) -> Vec<Corner> {
    let mut corners: Vec<Corner> = ring.iter().map(|point| on_grid(*point)).collect();
    corners.dedup();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    if corners.len() < 3 { Vec::new() } else { corners }
}

/// The corners at which a border divides: where one ring goes on to another neighbour than the next one does.
pub(super) fn meeting(rings: &[Vec<Corner>]) -> HashSet<Corner> {
    let mut beside: HashMap<Corner, (Corner, Corner)> = HashMap::new();
    let mut meeting = HashSet::new();
    for ring in rings {
        for (at, corner) in ring.iter().enumerate() {
            let (before, after) = (ring[(at + ring.len() - 1) % ring.len()], ring[(at + 1) % ring.len()]);
            let both = (before.min(after), before.max(after));
            if *beside.entry(*corner).or_insert(both) != both {
                meeting.insert(*corner);
            }
        }
    }
    meeting
}

/// The arcs found so far.
pub(super) struct Arcs {
    meeting: HashSet<Corner>,
    /// An arc's corners, in the direction in which they are less, and its number.
    numbers: HashMap<Vec<Corner>, i64>,
    /// The arcs by their numbers.
    pub(super) written: Vec<Vec<Corner>>,
}

impl Arcs {
    /// Before the first ring.
    pub(super) fn meeting_at(meeting: HashSet<Corner>) -> Arcs {
        Arcs { meeting, numbers: HashMap::new(), written: Vec::new() }
    }

    /// The arcs of a ring in their order; one that is gone backwards by the complement of its number.
    pub(super) fn of_ring(&mut self, ring: &[Corner]) -> Vec<i64> {
        if ring.is_empty() {
            return Vec::new();
        }
        let start = ring.iter().position(|corner| self.meeting.contains(corner));
        // A ring that meets nobody, or is another's hole from its first corner to its last, begins at its least corner.
        let least = || (0..ring.len()).min_by_key(|at| ring[*at]).unwrap_or(0);
        let start = start.unwrap_or_else(least);
        let round = ring[start..].iter().chain(&ring[..=start]).copied();
        let mut numbers = Vec::new();
        let mut arc: Vec<Corner> = Vec::new();
        for corner in round {
            arc.push(corner);
            if arc.len() > 1 && self.meeting.contains(&corner) {
                numbers.push(self.number(std::mem::replace(&mut arc, vec![corner])));
            }
        }
        if arc.len() > 1 {
            numbers.push(self.number(arc));
        }
        numbers
    }

    fn number(&mut self, arc: Vec<Corner>) -> i64 {
        let mut back = arc.clone();
        back.reverse();
        let is_forward = arc <= back;
        let key = if is_forward { arc } else { back };
        let next = self.written.len() as i64;
        let number = *self.numbers.entry(key.clone()).or_insert(next);
        if number == next {
            self.written.push(key);
        }
        if is_forward { number } else { !number }
    }
}

/// The corners of an arc, each as what is added to the one before.
fn steps(arc: &[Corner]) -> Vec<[i64; 2]> {
    let mut last = (0, 0);
    let step = |corner: &Corner| {
        let step = [corner.0 - last.0, corner.1 - last.1];
        last = *corner;
        step
    };
    arc.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(id: &str, west: f64, south: f64) -> Value {
        let (east, north) = (west + 0.1, south + 0.1);
        json!({ "type": "Feature", "id": id, "properties": { "code": id }, "geometry": { "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] } })
    }

    #[test]
    fn a_border_that_two_areas_share_is_written_once() {
        let topology = of(&[("districts", &[square("a", 116.0, 39.0), square("b", 116.1, 39.0)])]);
        let arcs = topology["arcs"].as_array().expect("arcs");
        assert_eq!(arcs.len(), 3, "what is a's own, what is b's own, and the border: {topology}");
        let of_area = |at: usize| -> HashSet<i64> {
            let ring = &topology["objects"]["districts"]["geometries"][at]["arcs"][0];
            ring.as_array().expect("a ring").iter().map(|n| n.as_i64().map(|n| n.max(!n)).expect("a number")).collect()
        };
        assert_eq!(of_area(0).intersection(&of_area(1)).count(), 1);
    }

    #[test]
    fn an_island_in_a_hole_shares_the_whole_ring() {
        let inner = square("b", 116.02, 39.02);
        let mut outer = square("a", 116.0, 39.0);
        // Half as large, and turned the other way round, as holes are.
        let ring = json!([[116.02, 39.02], [116.02, 39.12], [116.12, 39.12], [116.12, 39.02], [116.02, 39.02]]);
        outer["geometry"]["coordinates"].as_array_mut().expect("rings").push(ring);
        let topology = of(&[("districts", &[outer, inner])]);
        assert_eq!(topology["arcs"].as_array().expect("arcs").len(), 2);
    }

    #[test]
    fn what_has_no_outline_keeps_its_point_and_what_has_none_stays_among_the_others() {
        let point = json!({ "type": "Feature", "id": "p", "properties": {}, "geometry": { "type": "Point", "coordinates": [116.5, 39.5] } });
        let nowhere = json!({ "type": "Feature", "id": "", "properties": { "inGap": 3 }, "geometry": null });
        let topology = of(&[("streets", &[point, nowhere]), ("districts", &[square("a", 116.0, 39.0)])]);
        let streets = &topology["objects"]["streets"]["geometries"];
        assert_eq!(streets[0]["coordinates"], json!([50_000, 50_000]));
        assert_eq!((&streets[1]["type"], &streets[1]["properties"]["inGap"]), (&Value::Null, &json!(3)));
    }
}
