//! Where neighbours do not meet: land between two areas that neither has, and land that both have, too narrow for a grid of points to see.
//!
//! In: the areas of a level, in degrees. Out: for each pair of them what lies along their borders. Only corners that both areas have make a
//! border one; along every other edge it is looked how far the next area lies off, or how deep it reaches in.

use std::collections::{BTreeMap, HashMap};

use super::outlines::{Point, Polygon, bounds, contains};

/// Metres beside an edge at which it is looked who is there: less is rounding.
const BESIDE: f64 = 3.0;
/// Metres beyond which land between two areas is no gap between them: a river, a bay, another area that the file does not have.
const FAR: f64 = 400.0;
/// Metres of a step on the way.
const STEP: f64 = 10.0;
/// Halvings of the last step: to a tenth of a metre.
const HALVINGS: usize = 7;
/// Of a thousand square metres of the smaller area so many along a border are told.
const TOLD: f64 = 1.0;
/// Metres of a degree of latitude.
const DEGREE: f64 = 111_320.0;

/// What lies between two areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeamKind {
    /// Land of neither.
    Gap,
    /// Land of both.
    Overlap,
}

/// Two areas that do not meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Seam {
    pub areas: (u32, u32),
    pub kind: SeamKind,
    /// About so many hectares.
    pub hectares: f64,
    /// Metres at the widest place.
    pub widest: f64,
}

/// An area in metres from a corner of the map.
struct Measured {
    code: u32,
    polygons: Vec<Polygon>,
    bounds: [f64; 4],
    square_metres: f64,
}

impl Measured {
    fn has(&self, (x, y): Point) -> bool {
        let [west, south, east, north] = self.bounds;
        (west..=east).contains(&x) && (south..=north).contains(&y) && contains(&self.polygons, (x, y))
    }
}

/// Half of the cross product of a ring's corners: its area.
fn ring_area(ring: &[Point]) -> f64 {
    let twice: f64 = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    (twice / 2.0).abs()
}

fn area_of(polygon: &Polygon) -> f64 {
    let rings: Vec<f64> = polygon.iter().map(|ring| ring_area(ring)).collect();
    rings.first().copied().unwrap_or(0.0) - rings.iter().skip(1).sum::<f64>()
}

/// A corner as a key: what rounds to the same metre is one.
fn key((x, y): Point) -> (i64, i64) {
    (x.round() as i64, y.round() as i64)
}

/// The pairs of areas that do not meet, by their codes.
pub fn seams(level: &BTreeMap<u32, Vec<Polygon>>) -> Vec<Seam> {
    let Some([west, south, _, north]) = bounds(level.values().flatten().flatten().flatten().copied()) else { return Vec::new() };
    let shrink = ((south + north) / 2.0).to_radians().cos();
    let metres = |(x, y): &Point| ((x - west) * DEGREE * shrink, (y - south) * DEGREE);
    let measured = |(code, polygons): (&u32, &Vec<Polygon>)| {
        let ring = |ring: &Vec<Point>| ring.iter().map(metres).collect::<Vec<Point>>();
        let polygons: Vec<Polygon> = polygons.iter().map(|polygon| polygon.iter().map(ring).collect()).collect();
        let bounds = bounds(polygons.iter().flatten().flatten().copied())?;
        Some(Measured { code: *code, square_metres: polygons.iter().map(area_of).sum(), polygons, bounds })
    };
    let areas: Vec<Measured> = level.iter().filter_map(measured).collect();
    let edges = |area: &Measured| -> Vec<(Point, Point)> {
        area.polygons.iter().flatten().flat_map(|ring| ring.windows(2).map(|pair| (pair[0], pair[1]))).collect()
    };
    let undirected = |from: Point, to: Point| (key(from).min(key(to)), key(from).max(key(to)));
    let mut shared: HashMap<_, u8> = HashMap::new();
    for (from, to) in areas.iter().flat_map(edges) {
        let times = shared.entry(undirected(from, to)).or_default();
        *times = times.saturating_add(1);
    }
    let mut found: BTreeMap<((u32, u32), SeamKind), (f64, f64)> = BTreeMap::new();
    for area in &areas {
        for (from, to) in edges(area).into_iter().filter(|(from, to)| shared[&undirected(*from, *to)] == 1) {
            let Some((other, kind, width)) = beside(&areas, area, from, to) else { continue };
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let sum = found.entry(((area.code.min(other), area.code.max(other)), kind)).or_default();
            // Both borders are gone along.
            sum.0 += length * width / 2.0;
            sum.1 = sum.1.max(width);
        }
    }
    let size: HashMap<u32, f64> = areas.iter().map(|area| (area.code, area.square_metres)).collect();
    let is_told = |(a, b): (u32, u32), square_metres: f64| square_metres * 1_000.0 >= TOLD * size[&a].min(size[&b]);
    let told = found.into_iter().filter(|((areas, _), (square_metres, _))| is_told(*areas, *square_metres));
    told.map(|((areas, kind), (square_metres, widest))| Seam { areas, kind, hectares: square_metres / 1e4, widest }).collect()
}

/// What lies beside the middle of an area's edge: how wide a gap to which area, or how deep which area reaches in; None where they meet.
fn beside(areas: &[Measured], area: &Measured, from: Point, to: Point) -> Option<(u32, SeamKind, f64)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length == 0.0 {
        return None;
    }
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    let at = |way: f64| (middle.0 - dy / length * way, middle.1 + dx / length * way);
    // The side on which the area itself is not.
    let outwards = match (area.has(at(BESIDE)), area.has(at(-BESIDE))) {
        (false, true) => 1.0,
        (true, false) => -1.0,
        _ => return None,
    };
    let outside = |metres: f64| at(outwards * metres);
    let others = |point: Point| areas.iter().find(|other| other.code != area.code && other.has(point));
    if let Some(other) = others(outside(-BESIDE)) {
        let depth = until(|metres| !(other.has(outside(-metres)) && area.has(outside(-metres))))?;
        return Some((other.code, SeamKind::Overlap, depth));
    }
    if others(outside(BESIDE)).is_some() {
        return None;
    }
    let width = until(|metres| others(outside(metres)).is_some())?;
    let other = others(outside(width + STEP / f64::from(1 << HALVINGS)))?;
    Some((other.code, SeamKind::Gap, width))
}

/// How many metres it is until something holds; None where that is too far.
fn until(holds: impl Fn(f64) -> bool) -> Option<f64> {
    let steps = (FAR / STEP) as u32;
    let first = (1..=steps).map(|step| f64::from(step) * STEP).find(|metres| holds(*metres))?;
    let (mut low, mut high) = (first - STEP, first);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if holds(middle) { high = middle } else { low = middle }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of about ten kilometres, its west at a longitude, moved by metres.
    fn square(west: f64, moved: f64) -> Vec<Polygon> {
        let west = west + moved / (DEGREE * 39.95_f64.to_radians().cos());
        let (east, south, north) = (west + 0.117, 39.9, 39.99);
        vec![vec![vec![(west, south), (east, south), (east, north), (west, north), (west, south)]]]
    }

    fn between(moved: f64) -> Vec<Seam> {
        seams(&BTreeMap::from([(110_105, square(116.3, 0.0)), (110_106, square(116.417, moved))]))
    }

    #[test]
    fn a_gap_and_an_overlap_that_no_grid_sees_are_measured() {
        let gap = &between(200.0)[0];
        assert_eq!((gap.areas, gap.kind), ((110_105, 110_106), SeamKind::Gap));
        assert!((gap.widest - 200.0).abs() < 3.0 && (gap.hectares - 200.0).abs() < 10.0, "{gap:?}");
        let overlap = &between(-30.0)[0];
        assert_eq!(overlap.kind, SeamKind::Overlap);
        assert!((overlap.widest - 30.0).abs() < 3.0 && (overlap.hectares - 30.0).abs() < 3.0, "{overlap:?}");
    }

    #[test]
    fn neighbours_that_meet_have_none() {
        for moved in [0.0, 1.0, -1.0, 2_000.0] {
            assert_eq!(between(moved), [], "{moved} metres");
        }
    }

    #[test]
    fn a_border_with_corners_on_one_side_only_is_met_all_the_same() {
        let mut east = square(116.417, 0.0);
        let ring = &mut east[0][0];
        let (west, south, north) = (ring[0].0, ring[0].1, ring[3].1);
        drop(ring.splice(4..4, (1..40).map(|i| (west, north + (south - north) * f64::from(i) / 40.0))));
        let found = seams(&BTreeMap::from([(110_105, square(116.3, 0.0)), (110_106, east)]));
        assert!(found.is_empty(), "{found:?}");
    }
}
