//! Outlines with fewer corners, as a zoom can show them.
//!
//! In: all areas of a level, in degrees. Out: the same areas, no corner farther from its border than the tolerance. It is done border by
//! border (Douglas and Peucker, 1973): a border that two areas share is one and keeps the same corners on both sides, and where three areas
//! meet the corner stays, so that no land between two of them belongs to none, or to both. An area never loses its last three corners.

use std::collections::HashMap;

use super::outlines::{Point, Polygon, mercator};
use super::topology::{Arcs, Corner, STEP, corners, meeting};

/// Simplifies the areas of a level together. `tolerance` is in widths of the world on the Mercator map.
pub fn simplified<'a>(areas: &[(&'a str, &[Polygon])], tolerance: f64) -> HashMap<&'a str, Vec<Polygon>> {
    let on_grid = |(x, y): Point| ((x / STEP).round() as i64, (y / STEP).round() as i64);
    let rings: Vec<Vec<Corner>> =
        areas.iter().flat_map(|(_, polygons)| polygons.iter().flatten()).map(|ring| corners(ring, on_grid)).collect();
    let mut arcs = Arcs::meeting_at(meeting(&rings));
    let cut: Vec<Vec<i64>> = rings.iter().map(|ring| arcs.of_ring(ring)).collect();
    let whole = arcs.written;
    let mut fewer: Vec<Vec<Corner>> = whole.iter().map(|arc| thinned(arc, tolerance)).collect();
    for ring in &cut {
        keep_an_area(ring, &whole, &mut fewer);
    }
    let mut done = cut.iter().map(|ring| of_arcs(ring, &fewer));
    let mut next = || done.next().unwrap_or_default();
    let degrees = |(x, y): Corner| (x as f64 * STEP, y as f64 * STEP);
    areas
        .iter()
        .map(|(code, polygons)| {
            let of_polygon = |polygon: &Polygon| -> Polygon {
                polygon.iter().map(|_| next().into_iter().map(degrees).collect::<Vec<Point>>()).collect()
            };
            let rings: Vec<Polygon> = polygons.iter().map(of_polygon).collect();
            // A ring smaller than the grid is none.
            let there = rings.into_iter().filter(|polygon| polygon.first().is_some_and(|outer| !outer.is_empty()));
            (*code, there.map(|polygon| polygon.into_iter().filter(|ring| !ring.is_empty()).collect()).collect())
        })
        .collect()
}

/// The corners of a ring from its arcs, closed; nothing of no arcs.
fn of_arcs(ring: &[i64], arcs: &[Vec<Corner>]) -> Vec<Corner> {
    let mut found: Vec<Corner> = Vec::new();
    for number in ring {
        let (arc, is_forward) = arc_of(*number);
        let arc = &arcs[arc];
        // Two arcs share the corner at which they meet.
        let behind_first = usize::from(!found.is_empty());
        match is_forward {
            true => found.extend(arc.iter().skip(behind_first)),
            false => found.extend(arc.iter().rev().skip(behind_first)),
        }
    }
    found
}

/// The place of an arc by its number in a ring, and whether it is gone forwards.
fn arc_of(number: i64) -> (usize, bool) {
    (if number < 0 { !number } else { number } as usize, number >= 0)
}

/// Gives a ring that would be left with a line the farthest corner of its longest border back, on both sides of it.
fn keep_an_area(ring: &[i64], whole: &[Vec<Corner>], fewer: &mut [Vec<Corner>]) {
    // The first corner comes again at the end.
    if ring.is_empty() || of_arcs(ring, fewer).len() > 3 {
        return;
    }
    let Some(longest) = ring.iter().map(|number| arc_of(*number).0).max_by_key(|arc| whole[*arc].len()) else { return };
    let arc = &whole[longest];
    if fewer[longest].len() == 2
        && let Some((at, _)) = farthest(&places(arc), 0, arc.len() - 1)
    {
        fewer[longest] = vec![arc[0], arc[at], arc[arc.len() - 1]];
    }
}

fn places(arc: &[Corner]) -> Vec<Point> {
    arc.iter().map(|(x, y)| mercator((*x as f64 * STEP, *y as f64 * STEP))).collect()
}

/// The corner farthest from the line between two others, of those between them, and how far it is.
fn farthest(places: &[Point], first: usize, last: usize) -> Option<(usize, f64)> {
    let (from, to) = (places[first], places[last]);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    let distance = |p: Point| match length > 0.0 {
        true => {
            // Behind an end the end is nearest.
            let share = (((p.0 - from.0) * dx + (p.1 - from.1) * dy) / (length * length)).clamp(0.0, 1.0);
            (p.0 - from.0 - share * dx).hypot(p.1 - from.1 - share * dy)
        }
        false => (p.0 - from.0).hypot(p.1 - from.1),
    };
    (first + 1..last).map(|at| (at, distance(places[at]))).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

/// The corners of an arc that are needed. Its ends stay; of one that comes back to where it began three corners stay.
fn thinned(arc: &[Corner], tolerance: f64) -> Vec<Corner> {
    let last = arc.len() - 1;
    if last < 2 || tolerance <= 0.0 {
        return arc.to_vec();
    }
    let places = places(arc);
    let mut keep = vec![false; arc.len()];
    (keep[0], keep[last]) = (true, true);
    let mut open = vec![(0, last)];
    if arc[0] == arc[last] {
        // A ring of its own: what lies farthest, and what lies farthest from the line there, stay.
        let Some((middle, _)) = farthest(&places, 0, last) else { return arc.to_vec() };
        keep[middle] = true;
        open = vec![(0, middle), (middle, last)];
        let beside = open.iter().filter_map(|(first, last)| farthest(&places, *first, *last));
        if let Some((third, _)) = beside.max_by(|a, b| a.1.total_cmp(&b.1)) {
            keep[third] = true;
        }
    }
    while let Some((first, last)) = open.pop() {
        if let Some((at, _)) = farthest(&places, first, last).filter(|(_, distance)| *distance > tolerance) {
            keep[at] = true;
            open.extend([(first, at), (at, last)]);
        }
    }
    arc.iter().zip(keep).filter(|(_, keep)| *keep).map(|(corner, _)| *corner).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Land between two parallels with a wavy border at 116.2 degrees: the west's or the east's half.
    fn half(is_west: bool) -> Polygon {
        let wave: Vec<Point> = (0..=200)
            .map(|i| {
                let share = f64::from(i) / 200.0;
                (116.2 + 0.004 * (share * 40.0).sin(), 39.8 + 0.2 * share)
            })
            .collect();
        let side = if is_west { 116.0 } else { 116.4 };
        let mut ring = wave.clone();
        if !is_west {
            ring.reverse();
        }
        let (first, last) = (ring[0], ring[ring.len() - 1]);
        ring.extend([(side, last.1), (side, first.1), first]);
        vec![ring]
    }

    fn edges(polygons: &[Polygon]) -> Vec<(Corner, Corner)> {
        let on_grid = |(x, y): &Point| ((x / STEP).round() as i64, (y / STEP).round() as i64);
        let of_ring = |ring: &Vec<Point>| {
            let corners: Vec<Corner> = ring.iter().map(on_grid).collect();
            corners.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
        };
        polygons.iter().flatten().flat_map(of_ring).collect()
    }

    #[test]
    fn a_shared_border_keeps_the_same_corners_on_both_sides() {
        let (west, east) = (vec![half(true)], vec![half(false)]);
        let areas: Vec<(&str, &[Polygon])> = vec![("west", &west), ("east", &east)];
        let mut before = usize::MAX;
        for zoom in [14, 11, 9, 7, 3] {
            let tolerance = 2.0 / 4096.0 / f64::from(1 << zoom);
            let found = simplified(&areas, tolerance);
            let mut count: BTreeMap<(Corner, Corner), i32> = BTreeMap::new();
            for (from, to) in ["west", "east"].iter().flat_map(|code| edges(&found[code])) {
                *count.entry((from.min(to), from.max(to))).or_default() += if from < to { 1 } else { -1 };
            }
            let alone = count.values().filter(|sum| **sum != 0).count();
            assert_eq!(alone, 6, "zoom {zoom}: only the outer border is gone one way");
            let corners = found["west"][0][0].len();
            assert!(corners <= before, "zoom {zoom}: {corners} corners");
            before = corners;
        }
        assert_eq!(before, 5, "from afar the border is a line");
    }

    #[test]
    fn an_area_keeps_three_corners_however_small_it_is() {
        let ring = |west: f64, side: f64| -> Vec<Polygon> {
            let (east, south, north) = (west + side, 39.0, 39.0 + side);
            vec![vec![vec![(west, south), (east, south), (east, north), (west, north), (west, south)]]]
        };
        let (island, left, right) = (ring(117.0, 0.001), ring(116.0, 0.001), ring(116.001, 0.001));
        let areas: Vec<(&str, &[Polygon])> = vec![("island", &island), ("left", &left), ("right", &right)];
        for (code, polygons) in simplified(&areas, 0.01) {
            assert!(polygons[0][0].len() >= 4 && polygons[0][0].first() == polygons[0][0].last(), "{code}: {polygons:?}");
        }
        let same = simplified(&areas, 0.0);
        assert_eq!(same["island"][0][0].len(), 5);
    }
}
