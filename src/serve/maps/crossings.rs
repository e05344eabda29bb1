//! Whether the outline of an area crosses itself: then nobody can say what lies in it.
//!
//! In: rings in degrees, as a file writes them. Out: where two of their edges cross, and how far they go beyond each other. Edges meet in
//! pairs whose boxes meet, found by halving each ring in its own order: what lies near in a ring lies near on the map, so that an
//! outline of n corners costs about n log n. What would cost more than [`MOST`] is given up, and says so.

use std::collections::HashMap;

use super::outlines::{Point, Polygon, bounds};

/// Metres that two edges may go beyond each other: rounding of whoever wrote the file, which no map shows.
const TOLERATED: f64 = 1.0;
/// Pairs of boxes looked at for one area: a second's work; the outlines of a city's districts take a hundredth of that.
const MOST: u64 = 50_000_000;
/// Corners behind a crossing that are asked how far the ring goes beyond it.
const BEHIND: usize = 32;
/// Edges that are compared one by one.
const FEW: usize = 4;

/// What was found of one area.
#[derive(Debug, Default, PartialEq)]
pub struct Crossings {
    /// Where edges cross by more than rounding, in the order of the rings.
    pub at: Vec<Point>,
    /// Not all was looked at.
    pub is_cut_short: bool,
}

/// Degrees as whole numbers, a hundredth of a metre each: on them every comparison is exact.
type Spot = (i64, i64);

const PER_DEGREE: f64 = 1e7;

fn spot((x, y): Point) -> Spot {
    ((x * PER_DEGREE).round() as i64, (y * PER_DEGREE).round() as i64)
}

/// On which side of the line from a to b something lies, 0 on it; twice the area of the triangle.
fn side(a: Spot, b: Spot, p: Spot) -> i64 {
    (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)
}

/// A box in whole numbers: west, south, east, north.
type SpotBox = [i64; 4];

fn meet(a: SpotBox, b: SpotBox) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

fn around(a: SpotBox, b: SpotBox) -> SpotBox {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// A ring without its last corner, which is its first again, and the boxes of its edges: node 1 holds all of them, nodes 2n and 2n + 1 the
/// halves of node n. Edge n leads from corner n to the next.
struct Ring {
    corners: Vec<Spot>,
    boxes: Vec<SpotBox>,
}

impl Ring {
    fn new(ring: &[Point]) -> Option<Ring> {
        let mut corners: Vec<Spot> = ring.iter().copied().map(spot).collect();
        corners.dedup();
        while corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        let count = corners.len();
        let mut ring = Ring { corners, boxes: vec![[0; 4]; 4 * count] };
        (count >= 3).then(|| {
            ring.fill(1, 0, count);
            ring
        })
    }

    fn fill(&mut self, node: usize, first: usize, end: usize) -> SpotBox {
        let all = if end - first == 1 {
            let (a, b) = self.ends(first);
            [a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)]
        } else {
            let middle = (first + end) / 2;
            around(self.fill(2 * node, first, middle), self.fill(2 * node + 1, middle, end))
        };
        self.boxes[node] = all;
        all
    }

    fn ends(&self, edge: usize) -> (Spot, Spot) {
        (self.corners[edge], self.corners[(edge + 1) % self.corners.len()])
    }
}

/// Some edges of a ring, in its order: a node of its boxes.
#[derive(Clone, Copy)]
struct Run {
    ring: usize,
    node: usize,
    first: usize,
    end: usize,
}

impl Run {
    fn len(self) -> usize {
        self.end - self.first
    }
    fn halves(self) -> [Run; 2] {
        let middle = (self.first + self.end) / 2;
        [Run { node: 2 * self.node, end: middle, ..self }, Run { node: 2 * self.node + 1, first: middle, ..self }]
    }
}

/// Ring and edge, or ring and corner.
type Place = (usize, usize);

struct Search {
    rings: Vec<Ring>,
    /// What one of the whole numbers is in metres here, to the east and to the north.
    metres: (f64, f64),
    looked: u64,
    found: Vec<(Place, Point)>,
}

/// Where the rings of an area cross themselves or each other. Rings that touch, and edges that lie on each other, cross nothing. The
/// corners lie on the globe.
pub fn crossings(polygons: &[Polygon]) -> Crossings {
    let Some([_, south, _, north]) = bounds(polygons.iter().flatten().flatten().copied()) else { return Crossings::default() };
    let rings: Vec<Ring> = polygons.iter().flatten().filter_map(|ring| Ring::new(ring)).collect();
    let north_south = 111_195.0 / PER_DEGREE;
    let metres = (north_south * ((south + north) / 2.0).to_radians().cos(), north_south);
    let whole: Vec<Run> =
        rings.iter().enumerate().map(|(at, ring)| Run { ring: at, node: 1, first: 0, end: ring.corners.len() }).collect();
    let mut search = Search { rings, metres, looked: 0, found: Vec::new() };
    for (at, ring) in whole.iter().enumerate() {
        search.within(*ring);
        whole[at + 1..].iter().for_each(|other| search.between(*ring, *other));
    }
    search.at_shared_corners();
    let Search { mut found, looked, .. } = search;
    found.sort_unstable_by_key(|(place, _)| *place);
    Crossings { at: found.into_iter().map(|(_, at)| at).collect(), is_cut_short: looked > MOST }
}

impl Search {
    fn within(&mut self, run: Run) {
        if run.len() <= FEW {
            for edge in run.first..run.end {
                (edge + 1..run.end).for_each(|other| self.compare((run.ring, edge), (run.ring, other)));
            }
            return;
        }
        let [one, two] = run.halves();
        self.within(one);
        self.within(two);
        self.between(one, two);
    }

    fn between(&mut self, one: Run, two: Run) {
        self.looked += 1;
        if self.looked > MOST || !meet(self.rings[one.ring].boxes[one.node], self.rings[two.ring].boxes[two.node]) {
            return;
        }
        match (one.len() <= FEW, two.len() <= FEW) {
            (true, true) => {
                for edge in one.first..one.end {
                    (two.first..two.end).for_each(|other| self.compare((one.ring, edge), (two.ring, other)));
                }
            }
            _ if one.len() >= two.len() => one.halves().into_iter().for_each(|half| self.between(half, two)),
            _ => two.halves().into_iter().for_each(|half| self.between(one, half)),
        }
    }

    /// Two edges without a common corner. A corner that lies on the other edge counts as left of it: a ring that goes through there is
    /// found once, one that turns back goes beyond it by nothing.
    fn compare(&mut self, one: Place, two: Place) {
        self.looked += 1;
        let ((a, b), (c, d)) = (self.rings[one.0].ends(one.1), self.rings[two.0].ends(two.1));
        if [c, d].contains(&a) || [c, d].contains(&b) {
            return;
        }
        let (of_a, of_b) = (side(c, d, a), side(c, d, b));
        if (of_a >= 0) == (of_b >= 0) || (side(a, b, c) >= 0) == (side(a, b, d) >= 0) {
            return;
        }
        if self.reaches(one, (c, d)) && self.reaches(two, (a, b)) {
            let share = of_a as f64 / (of_a - of_b) as f64;
            let on = |from: i64, to: i64| (from as f64 + (to - from) as f64 * share) / PER_DEGREE;
            self.found.push((one, (on(a.0, b.0), on(a.1, b.1))));
        }
    }

    /// Whether a ring goes beyond a line by more than rounding on both of its sides, from both ends of the edge that crosses it.
    fn reaches(&self, (ring, edge): Place, line: (Spot, Spot)) -> bool {
        let corners = &self.rings[ring].corners;
        let count = corners.len();
        let goes_on = |way: &mut dyn Iterator<Item = usize>| {
            let mut beyond = way.take(BEHIND.min(count)).map(|at| corners[at % count]).peekable();
            let is_left = beyond.peek().is_some_and(|first| side(line.0, line.1, *first) >= 0);
            let mut beyond = beyond.take_while(|corner| (side(line.0, line.1, *corner) >= 0) == is_left);
            beyond.any(|corner| self.distance_to_line(line, corner) > TOLERATED)
        };
        goes_on(&mut (edge + 1..)) && goes_on(&mut (0..=edge + count).rev())
    }

    /// Metres from a line.
    fn distance_to_line(&self, (a, b): (Spot, Spot), p: Spot) -> f64 {
        let (east, north) = self.metres;
        let length = ((b.0 - a.0) as f64 * east).hypot((b.1 - a.1) as f64 * north);
        side(a, b, p).unsigned_abs() as f64 * east * north / length
    }

    /// Rings that pass through one corner: they cross there where one leaves the other to the other side.
    fn at_shared_corners(&mut self) {
        let mut visits: HashMap<Spot, Vec<Place>> = HashMap::new();
        for (ring, of) in self.rings.iter().enumerate() {
            of.corners.iter().enumerate().for_each(|(at, corner)| visits.entry(*corner).or_default().push((ring, at)));
        }
        for (corner, places) in visits.into_iter().filter(|(_, places)| places.len() > 1) {
            for (n, one) in places.iter().enumerate() {
                for two in &places[n + 1..] {
                    self.looked += 1;
                    if self.looked <= MOST && self.leaves(corner, *one, *two) {
                        self.found.push((*one, (corner.0 as f64 / PER_DEGREE, corner.1 as f64 / PER_DEGREE)));
                    }
                }
            }
        }
    }

    fn leaves(&self, corner: Spot, one: Place, two: Place) -> bool {
        let neighbours = |(ring, at): Place| {
            let corners = &self.rings[ring].corners;
            (corners[(at + corners.len() - 1) % corners.len()], corners[(at + 1) % corners.len()])
        };
        let ((a, b), (c, d)) = (neighbours(one), neighbours(two));
        let is_wide =
            |p: Spot, (a, b): (Spot, Spot)| [a, b].iter().all(|end| self.distance_to_line((corner, *end), p) > TOLERATED);
        let sides = is_left((a, corner, b), c).zip(is_left((a, corner, b), d));
        sides.is_some_and(|(of_c, of_d)| of_c != of_d) && is_wide(c, (a, b)) && is_wide(d, (a, b))
    }
}

/// Whether something lies left of the way from a over o to b, seen from o; None on that way, or where it turns back on itself.
fn is_left((a, o, b): (Spot, Spot, Spot), p: Spot) -> Option<bool> {
    let (from, to) = (side(o, a, p), side(o, b, p));
    let ahead = |end: Spot| (end.0 - o.0) * (p.0 - o.0) + (end.1 - o.1) * (p.1 - o.1) > 0;
    if from == 0 && ahead(a) || to == 0 && ahead(b) {
        return None;
    }
    // Left of the way is what lies counterclockwise from the way out to the way in.
    match side(o, b, a) {
        0 if (a.0 - o.0) * (b.0 - o.0) + (a.1 - o.1) * (b.1 - o.1) > 0 => None,
        0 => Some(to > 0),
        1.. => Some(to > 0 && from < 0),
        _ => Some(!(from > 0 && to < 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rings: &[&[Point]]) -> Vec<Point> {
        let found = crossings(&[rings.iter().map(|ring| ring.to_vec()).collect()]);
        assert!(!found.is_cut_short);
        found.at
    }

    const SQUARE: [Point; 5] = [(116.0, 39.9), (116.2, 39.9), (116.2, 40.1), (116.0, 40.1), (116.0, 39.9)];

    #[test]
    fn a_bow_tie_crosses_in_its_middle_and_a_square_nowhere() {
        assert_eq!(found(&[&SQUARE]), []);
        let at = found(&[&[(116.0, 39.9), (116.2, 40.1), (116.2, 39.9), (116.0, 40.1), (116.0, 39.9)]]);
        assert!(matches!(at[..], [(x, y)] if (x - 116.1).abs() < 1e-6 && (y - 40.0).abs() < 1e-6), "{at:?}");
        // The same with a corner in the middle, on one of the two ways and on both.
        let (a, b, c, d, o) = ((116.0, 39.9), (116.2, 40.1), (116.2, 39.9), (116.0, 40.1), (116.1, 40.0));
        assert_eq!(found(&[&[a, o, b, c, d]]).len(), 1);
        assert_eq!(found(&[&[a, b, c, o, d]]).len(), 1);
        assert_eq!(found(&[&[a, o, b, c, o, d]]), [o]);
        // Two triangles that meet in that corner do not cross there.
        assert_eq!(found(&[&[a, o, c, b, o, d]]), []);
    }

    #[test]
    fn what_touches_or_slips_by_less_than_a_metre_crosses_nothing() {
        let hole = |east: f64| [(116.1, 39.95), (east, 40.0), (116.1, 40.05), (116.1, 39.95)];
        assert_eq!(found(&[&SQUARE, &hole(116.15)]), []);
        assert_eq!(found(&[&SQUARE, &hole(116.2)]), [], "a corner of the hole on the border");
        assert_eq!(found(&[&SQUARE, &hole(116.200_005)]), [], "half a metre beyond it");
        assert_eq!(found(&[&SQUARE, &hole(116.21)]).len(), 2, "a kilometre beyond it");
        let on_corner = [(116.2, 40.1), (116.1, 39.95), (116.15, 39.95), (116.2, 40.1)];
        assert_eq!(found(&[&SQUARE, &on_corner]), []);
        // A way out and back on itself, and a ring written twice.
        assert_eq!(found(&[&[(116.0, 39.9), (116.2, 39.9), (116.4, 39.9), (116.2, 39.9), (116.2, 40.1), (116.0, 40.1)]]), []);
        assert_eq!(found(&[&SQUARE, &SQUARE]), []);
        assert_eq!(found(&[&[], &[(116.0, 39.9)], &[(116.0, 39.9), (116.1, 39.9), (116.0, 39.9)]]), []);
    }

    /// A wavy ring of many corners; `twist` swaps two of them that are far from each other.
    fn wavy(corners: usize, twist: bool) -> Vec<Point> {
        let mut ring: Vec<Point> = (0..corners)
            .map(|n| {
                let turn = n as f64 / corners as f64 * std::f64::consts::TAU;
                let wide = 0.2 + 0.01 * (turn * 40.0).sin();
                (116.4 + wide * turn.cos(), 39.9 + wide * turn.sin())
            })
            .collect();
        if twist {
            ring.swap(corners / 5, corners / 5 + corners / 100);
        }
        ring
    }

    #[test]
    fn the_outline_of_a_district_costs_about_its_corners_and_a_twist_is_found_in_it() {
        let looked = |ring: &[Point]| {
            let rings = vec![Ring::new(ring).expect("a ring")];
            let whole = Run { ring: 0, node: 1, first: 0, end: rings[0].corners.len() };
            let mut search = Search { rings, metres: (0.0085, 0.0111), looked: 0, found: Vec::new() };
            search.within(whole);
            search.looked
        };
        let (small, large) = (looked(&wavy(2_000, false)), looked(&wavy(20_000, false)));
        assert!(large < 20_000 * 60 && large < small * 20, "{small} and {large}");
        assert_eq!(found(&[&wavy(20_000, false)]), []);
        let at = found(&[&wavy(20_000, true)]);
        assert!(!at.is_empty() && at.len() < 1_000, "{}", at.len());
        // A comb of long teeth, each beside the next.
        let tooth = |n: usize| (116.0 + n as f64 * 1e-5, if n.is_multiple_of(2) { 39.9 } else { 40.4 });
        let comb: Vec<Point> = (0..20_000).map(tooth).chain([(116.2, 39.0), (116.0, 39.0)]).collect();
        assert!(looked(&comb) < 20_000 * 100, "{}", looked(&comb));
        assert_eq!(found(&[&comb]), []);
    }

    /// Edges are compared with all others, as whoever has time would.
    fn by_all_pairs(ring: &[Point]) -> usize {
        let rings = vec![Ring::new(ring).expect("a ring")];
        let count = rings[0].corners.len();
        let mut search = Search { rings, metres: (0.0085, 0.0111), looked: 0, found: Vec::new() };
        for edge in 0..count {
            (edge + 1..count).for_each(|other| search.compare((0, edge), (0, other)));
        }
        search.at_shared_corners();
        search.found.len()
    }

    #[test]
    fn random_rings_cross_where_all_pairs_of_edges_say() {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // On a coarse grid, so that corners lie on each other and on edges.
            (state >> 60) as f64 / 100.0
        };
        let mut crossed = 0;
        for corners in 3..60 {
            let ring: Vec<Point> = (0..corners).map(|_| (116.0 + next(), 39.9 + next())).collect();
            let Some(_) = Ring::new(&ring) else { continue };
            let at = found(&[&ring]).len();
            assert_eq!(at, by_all_pairs(&ring), "{ring:?}");
            crossed += at;
        }
        assert!(crossed > 1_000, "{crossed}");
    }
}
