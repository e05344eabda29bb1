//! Outlines cut to a tile: degrees in, rings of tile coordinates out.

use super::outlines::Point;

/// A ring cut to the square from `low` to `high` in both directions (Sutherland and Hodgman, 1974). Rings that bend back into the
/// square keep an edge along its border, which lies in the buffer and is not seen.
fn cut(ring: Vec<Point>, low: f64, high: f64) -> Vec<Point> {
    type Side = (fn(Point) -> f64, bool);
    const SIDES: [Side; 4] = [(|p| p.0, true), (|p| p.0, false), (|p| p.1, true), (|p| p.1, false)];
    SIDES.iter().fold(ring, |ring, (of, is_low)| {
        let limit = if *is_low { low } else { high };
        let inside = |p: Point| if *is_low { of(p) >= limit } else { of(p) <= limit };
        let mut kept = Vec::with_capacity(ring.len() + 4);
        for (i, &to) in ring.iter().enumerate() {
            let from = ring[(i + ring.len() - 1) % ring.len()];
            if inside(from) != inside(to) {
                let share = (limit - of(from)) / (of(to) - of(from));
                kept.push((from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1)));
            }
            if inside(to) {
                kept.push(to);
            }
        }
        kept
    })
}

/// Twice the area of a ring; positive where it turns as outer rings of tiles do.
fn turn(ring: &[(i32, i32)]) -> i64 {
    let next = |i: usize| ring[(i + 1) % ring.len()];
    ring.iter().enumerate().map(|(i, a)| i64::from(a.0) * i64::from(next(i).1) - i64::from(next(i).0) * i64::from(a.1)).sum()
}

/// The rings of a polygon (its outer one first) as a tile draws them: cut to its buffer, on whole units, turned as the format wants.
/// Nothing of a polygon that lies outside or is smaller than a unit.
pub fn rings(polygon: &[Vec<Point>], to_tile: impl Fn(Point) -> Point, buffer: f64, extent: f64) -> Vec<Vec<(i32, i32)>> {
    let mut found: Vec<Vec<(i32, i32)>> = Vec::new();
    for (at, ring) in polygon.iter().enumerate() {
        let is_outer = at == 0;
        let closed = ring.len() > 1 && ring.first() == ring.last();
        let ring = ring[..ring.len() - usize::from(closed)].iter().map(|p| to_tile(*p)).collect();
        let mut whole: Vec<(i32, i32)> =
            cut(ring, -buffer, extent + buffer).into_iter().map(|(x, y)| (x.round() as i32, y.round() as i32)).collect();
        whole.dedup();
        if whole.len() > 1 && whole.first() == whole.last() {
            whole.pop();
        }
        let area = turn(&whole);
        if whole.len() < 3 || area == 0 {
            if is_outer {
                return Vec::new();
            }
            continue;
        }
        if (area > 0) != is_outer {
            whole.reverse();
        }
        found.push(whole);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_over_the_edge_is_cut_at_the_buffer_and_turned_as_tiles_want() {
        let square = vec![(-500.0, 10.0), (-500.0, 20.0), (30.0, 20.0), (30.0, 10.0), (-500.0, 10.0)];
        let hole = vec![(5.0, 12.0), (5.0, 15.0), (9.0, 15.0), (9.0, 12.0), (5.0, 12.0)];
        let found = rings(&[square, hole], |p| p, 128.0, 4096.0);
        assert_eq!(found.len(), 2);
        assert!(turn(&found[0]) == 2 * 158 * 10 && turn(&found[1]) == -2 * 4 * 3, "{found:?}");
        assert!(found[0].iter().all(|(x, _)| (-128..=30).contains(x)));
    }

    #[test]
    fn what_lies_outside_or_is_too_small_is_nothing() {
        let far = vec![(9_000.0, 0.0), (9_001.0, 0.0), (9_000.0, 9.0)];
        let small = vec![(1.0, 1.0), (1.2, 1.0), (1.1, 1.2)];
        assert!(rings(&[far], |p| p, 128.0, 4096.0).is_empty() && rings(&[small], |p| p, 128.0, 4096.0).is_empty());
        let all = vec![(-9_000.0, -9_000.0), (9_000.0, -9_000.0), (9_000.0, 9_000.0), (-9_000.0, 9_000.0)];
        let whole = rings(&[all], |p| p, 128.0, 4096.0);
        assert_eq!(turn(&whole[0]), 2 * 4352 * 4352, "a tile inside is filled to its buffer");
    }
}
