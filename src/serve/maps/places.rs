//! Where enterprises and areas are, computed once for an edition: points of the gap list on a grid, and the middles of streets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::boundaries::Boundaries;
use super::outlines;
use super::outlines::{Point, mercator};
use crate::edition::{Edition, Filter, Row};
use crate::model::enterprise::LocationBasis;
use crate::model::message::Lang;
use crate::serve::problem::Problem;

/// Points lie on a grid of 2^24 by 2^24 cells.
pub const GRID: u32 = 24;
/// A street stands in the middle of its enterprises where so many have a point of their own.
const ENOUGH: usize = 3;

/// The gap list by place, and where streets are.
pub struct TilePlaces {
    edition: u32,
    /// Points on the grid in Z order.
    pub points: Vec<(u64, Row)>,
    /// Town or district code, ascending, with its rows without coordinates of their own.
    pub labelled: Vec<(String, Vec<Row>)>,
    /// Where the areas of the edition stand, by their codes.
    stands: HashMap<String, (Stand, (u32, u32))>,
    /// Town code → the middle of its enterprises.
    streets: HashMap<u32, Point>,
    /// What holds all outlines and points.
    pub bounds: Option<[f64; 4]>,
}

/// Where an area stands on a map, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stand {
    pub at: Point,
    /// `TOWN`, `DISTRICT` or `UNKNOWN`: the area whose place it is.
    pub basis: &'static str,
}

/// Web Mercator, as cells of the grid.
pub fn cell(longitude: f64, latitude: f64) -> (u32, u32) {
    let scale = f64::from(1_u32 << GRID);
    let (x, y) = mercator((longitude, latitude));
    let clamp = |v: f64| (v * scale).clamp(0.0, scale - 1.0) as u32;
    (clamp(x), clamp(y))
}

/// Interleaves the bits of x and y.
pub fn interleave(x: u32, y: u32) -> u64 {
    let spread = |n: u32| {
        let mut n = u64::from(n);
        n = (n | n << 16) & 0x0000_ffff_0000_ffff;
        n = (n | n << 8) & 0x00ff_00ff_00ff_00ff;
        n = (n | n << 4) & 0x0f0f_0f0f_0f0f_0f0f;
        n = (n | n << 2) & 0x3333_3333_3333_3333;
        (n | n << 1) & 0x5555_5555_5555_5555
    };
    spread(x) | spread(y) << 1
}

/// Every other bit, from the first on.
pub fn compact(n: u64) -> u32 {
    let mut n = n & 0x5555_5555_5555_5555;
    n = (n | n >> 1) & 0x3333_3333_3333_3333;
    n = (n | n >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    n = (n | n >> 4) & 0x00ff_00ff_00ff_00ff;
    n = (n | n >> 8) & 0x0000_ffff_0000_ffff;
    (n | n >> 16) as u32
}

impl TilePlaces {
    fn new(edition: &Edition, boundaries: &Boundaries) -> Result<TilePlaces, Problem> {
        let (mut points, mut labelled) = (Vec::new(), BTreeMap::<u32, Vec<Row>>::new());
        for row in edition.filter(&Filter::InGap)?.iter() {
            let e = edition.enterprise(row);
            match e.location() {
                Some(at) if at.basis == LocationBasis::Registry => {
                    let (x, y) = cell(at.longitude, at.latitude);
                    points.push((interleave(x, y), row));
                }
                _ => labelled.entry(e.town().or(e.district()).unwrap_or(0)).or_default().push(row),
            }
        }
        points.sort_unstable();
        let labelled: Vec<_> = labelled.into_iter().map(|(code, rows)| (code.to_string(), rows)).collect();
        let streets = middles(edition);
        let of_points = points.iter().map(|(_, row)| edition.enterprise(*row)).filter_map(|e| e.location());
        let of_points = of_points.map(|at| (at.longitude, at.latitude));
        let of_labels = edition.labels.areas.iter().filter_map(|a| a.label_point);
        let bounds = outlines::bounds(boundaries.corners().chain(of_points).chain(of_labels));
        let mut places = TilePlaces { edition: edition.number(), points, labelled, stands: HashMap::new(), streets, bounds };
        let codes = edition.labels.areas.iter().map(|area| &area.code).chain(places.labelled.iter().map(|(code, _)| code));
        places.stands = codes.filter_map(|code| Some((code.clone(), places.found(edition, code)?))).collect();
        Ok(places)
    }

    /// Where an area stands, and in which cell of the grid; see [`TilePlaces::stand`].
    pub fn stand_on_grid(&self, edition: &Edition, code: &str) -> Option<(Stand, (u32, u32))> {
        self.stands.get(code).copied().or_else(|| self.found(edition, code))
    }

    fn found(&self, edition: &Edition, code: &str) -> Option<(Stand, (u32, u32))> {
        let stand = self.stand(edition, code)?;
        Some((stand, cell(stand.at.0, stand.at.1)))
    }

    /// Where an area stands. What has no known area stands at the city's label point, else in the middle of the districts': it is never
    /// dropped. None where the edition has no points at all.
    pub fn stand(&self, edition: &Edition, code: &str) -> Option<Stand> {
        let label = edition.area(code);
        if let Some(at) = code.parse().ok().and_then(|code: u32| self.streets.get(&code)) {
            return Some(Stand { at: *at, basis: "TOWN" });
        }
        let district = match label.map(|l| l.level.as_str()) {
            // A street without points of its own stands where its district does, and says so.
            Some("TOWN") => label.and_then(|l| l.parent.as_deref()).and_then(|parent| edition.area(parent)).or(label),
            _ => label,
        };
        if let Some(at) = district.and_then(|l| l.label_point) {
            return Some(Stand { at, basis: "DISTRICT" });
        }
        let of =
            |level: &'static str| edition.labels.areas.iter().filter(move |a| a.level == level).filter_map(|a| a.label_point);
        let middle = || {
            let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
            of("DISTRICT").for_each(|(longitude, latitude)| {
                x += longitude;
                y += latitude;
                count += 1.0;
            });
            (count > 0.0).then(|| (x / count, y / count))
        };
        of("CITY").next().or_else(middle).map(|at| Stand { at, basis: "UNKNOWN" })
    }
}

/// The middle of each street's enterprises: the median of their longitudes and of their latitudes, so that one wrong point moves nothing.
fn middles(edition: &Edition) -> HashMap<u32, Point> {
    let mut of_town: HashMap<u32, (Vec<f32>, Vec<f32>)> = HashMap::new();
    for row in edition.all().iter() {
        let e = edition.enterprise(row);
        if let (Some(town), Some(at)) = (e.town(), e.location().filter(|at| at.basis == LocationBasis::Registry)) {
            let (longitudes, latitudes) = of_town.entry(town).or_default();
            longitudes.push(at.longitude as f32);
            latitudes.push(at.latitude as f32);
        }
    }
    let median = |values: &mut Vec<f32>| {
        let middle = values.len() / 2;
        f64::from(*values.select_nth_unstable_by(middle, f32::total_cmp).1)
    };
    // A tenth of a metre is enough, and the numbers stay short.
    let short = |degrees: f64| (degrees * 1e5).round() / 1e5;
    let enough = of_town.into_iter().filter(|(_, (longitudes, _))| longitudes.len() >= ENOUGH);
    enough.map(|(town, (mut x, mut y))| (town, (short(median(&mut x)), short(median(&mut y))))).collect()
}

/// Name of an area on a map.
pub fn name_of(edition: &Edition, code: &str, lang: Lang) -> String {
    match edition.area(code) {
        Some(area) => lang.pick(&area.zh, &area.en).clone(),
        None if code.is_empty() || code == "0" => lang.pick("区域不明", "area unknown").to_owned(),
        None => code.to_owned(),
    }
}

/// Where things are, kept for the editions last asked.
#[derive(Clone)]
pub struct KnownPlaces {
    kept: Arc<std::sync::Mutex<Vec<Arc<TilePlaces>>>>,
    boundaries: Arc<Boundaries>,
}

/// Editions whose places are kept: the newest one, and one to compare it with.
const KEPT: usize = 2;

impl KnownPlaces {
    pub fn new(boundaries: Boundaries) -> KnownPlaces {
        KnownPlaces { kept: Arc::default(), boundaries: Arc::new(boundaries) }
    }
    /// What maps draw.
    pub fn boundaries(&self) -> &Boundaries {
        &self.boundaries
    }
    pub fn of(&self, edition: &Edition) -> Result<Arc<TilePlaces>, Problem> {
        let mut kept = self.kept.lock().expect("no panic while holding the places");
        if let Some(places) = kept.iter().find(|p| p.edition == edition.number()) {
            return Ok(places.clone());
        }
        let places = Arc::new(TilePlaces::new(edition, &self.boundaries)?);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(places.clone());
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_interleave_and_come_apart() {
        for (x, y) in [(0, 0), (1, 2), (0xff_ffff, 0x12_3456), (0xab_cdef, 0xff_ffff)] {
            let n = interleave(x, y);
            assert_eq!((compact(n), compact(n >> 1)), (x, y));
        }
        // Tian'anmen lies in tile 12/3372/1552 (by the formula of the slippy map).
        let (x, y) = cell(116.3912, 39.9060);
        assert_eq!((x >> 12, y >> 12), (3372, 1552));
    }
}
