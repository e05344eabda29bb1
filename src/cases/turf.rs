//! Turf: who walks where. Doors are shared out into lists of equal load that lie together, and each list is put into a walking order.
//!
//! In: places, how many lists. Out: lists of positions. Doors without a place are shared out evenly at the end.

use super::visit::km_between;

/// A shape drawn on a map: a ring of degrees east and north, closed or not.
pub type Ring = [(f64, f64)];

/// Whether a place lies inside a ring (even-odd rule); one on the edge may lie on either side.
pub fn is_inside(ring: &Ring, (x, y): (f64, f64)) -> bool {
    let mut inside = false;
    for (at, (x1, y1)) in ring.iter().enumerate() {
        let (x2, y2) = ring[(at + 1) % ring.len()];
        if (*y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 {
            inside = !inside;
        }
    }
    inside
}

/// Shares doors out into `lists` lists whose lengths differ by one at most. Doors are put in the order of a space-filling curve, so
/// that a stretch of it lies together, and each stretch is walked from door to nearest door.
pub fn share(places: &[Option<(f64, f64)>], lists: usize) -> Vec<Vec<usize>> {
    let lists = lists.max(1);
    let known: Vec<usize> = (0..places.len()).filter(|i| places[*i].is_some()).collect();
    let of = |i: usize| places[i].unwrap_or_default();
    let bounds = known.iter().fold((f64::MAX, f64::MAX, f64::MIN, f64::MIN), |b, i| {
        let (x, y) = of(*i);
        (b.0.min(x), b.1.min(y), b.2.max(x), b.3.max(y))
    });
    let cell = |value: f64, low: f64, high: f64| match high > low {
        true => ((value - low) / (high - low) * 65_535.0) as u32,
        false => 0,
    };
    let mut ordered = known;
    ordered.sort_by_key(|i| {
        let (x, y) = of(*i);
        (hilbert(cell(x, bounds.0, bounds.2), cell(y, bounds.1, bounds.3)), *i)
    });
    let mut shared: Vec<Vec<usize>> = Vec::with_capacity(lists);
    for list in 0..lists {
        let (from, to) = (ordered.len() * list / lists, ordered.len() * (list + 1) / lists);
        shared.push(walk(&ordered[from..to], &of));
    }
    for i in (0..places.len()).filter(|i| places[*i].is_none()) {
        let least = shared.iter_mut().min_by_key(|list| list.len()).expect("one list at least");
        least.push(i);
    }
    shared
}

/// From the first door to the nearest that is left, and so on.
fn walk(doors: &[usize], of: &impl Fn(usize) -> (f64, f64)) -> Vec<usize> {
    let mut left: Vec<usize> = doors.to_vec();
    let mut order = Vec::with_capacity(left.len());
    let mut here = 0;
    while !left.is_empty() {
        let door = left.remove(here.min(left.len() - 1));
        order.push(door);
        let nearest =
            left.iter().enumerate().min_by(|a, b| km_between(of(door), of(*a.1)).total_cmp(&km_between(of(door), of(*b.1))));
        here = nearest.map_or(0, |(at, _)| at);
    }
    order
}

/// Place on the Hilbert curve of order 16.
fn hilbert(mut x: u32, mut y: u32) -> u64 {
    let mut place = 0_u64;
    let mut side = 1_u32 << 15;
    while side > 0 {
        let (right, up) = (u32::from(x & side > 0), u32::from(y & side > 0));
        place += u64::from(side) * u64::from(side) * u64::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                (x, y) = (65_535 - x, 65_535 - y);
            }
            std::mem::swap(&mut x, &mut y);
        }
        side >>= 1;
    }
    place
}

/// Length of a walk in kilometres.
pub fn length_km(places: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let places: Vec<(f64, f64)> = places.into_iter().collect();
    places.windows(2).map(|pair| km_between(pair[0], pair[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid of doors, visited column by column.
    fn grid(side: usize) -> Vec<Option<(f64, f64)>> {
        (0..side * side).map(|i| Some((116.0 + (i % side) as f64 * 0.01, 39.8 + (i / side) as f64 * 0.01))).collect()
    }

    #[test]
    fn lists_are_of_equal_load_lie_together_and_leave_nobody_out() {
        let mut places = grid(20);
        places.extend([None, None, None]);
        let lists = share(&places, 7);
        let mut all: Vec<usize> = lists.iter().flatten().copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..403).collect::<Vec<_>>());
        let lengths: Vec<usize> = lists.iter().map(Vec::len).collect();
        assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1, "{lengths:?}");
        let walked = |order: &[usize]| length_km(order.iter().filter_map(|i| places[*i]));
        let ours: f64 = lists.iter().map(|list| walked(list)).sum();
        // As they come from the list every seventh is somewhere else.
        let dealt: Vec<Vec<usize>> = (0..7).map(|list| (list..400).step_by(7).collect()).collect();
        let theirs: f64 = dealt.iter().map(|list| walked(list)).sum();
        assert!(ours * 3.0 < theirs, "{ours:.0} km against {theirs:.0} km");
        assert_eq!(share(&[], 3), vec![Vec::<usize>::new(); 3]);
        assert_eq!(share(&places[..2], 0).len(), 1);
    }

    #[test]
    fn a_place_is_inside_a_shape_or_not() {
        // An L.
        let ring = [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 2.0), (0.0, 2.0)];
        assert!(is_inside(&ring, (0.5, 1.5)) && is_inside(&ring, (1.5, 0.5)));
        assert!(!is_inside(&ring, (1.5, 1.5)) && !is_inside(&ring, (-0.1, 0.5)));
        assert!(!is_inside(&[], (0.0, 0.0)));
    }
}
