//! Vector tiles of the gap list: `/tiles/gap/{z}/{x}/{y}.mvt`, and the TileJSON that announces them.
//!
//! Below zoom 12 one cluster per district with its exact count; from there on the enterprises themselves, the most urgent
//! first where there are too many, and a cluster that counts the rest. Enterprises without coordinates of their own stand
//! together at the label point of their town or district, marked as such.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Deserialize;

use super::mvt::{EXTENT, Layer, Property};
use crate::edition;
use crate::edition::{Edition, Filter, Row};
use crate::model::message::Lang;
use crate::serve::export::told_score;
use crate::serve::http::rest::{RestRequest, not_found};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

const MAX_ZOOM: u32 = 20;
/// From here on enterprises are shown one by one.
const POINTS_FROM: u32 = 12;
/// Enterprises in one tile; the rest are counted in clusters.
const MAX_POINTS: usize = 1_000;
/// Points lie on a grid of 2^24 by 2^24 cells.
const GRID: u32 = 24;

/// The gap list by place: points on the grid in Z order, and the rest by label point.
pub struct TilePlaces {
    pub edition: u32,
    points: Vec<(u64, Row)>,
    /// Town or district code → rows without coordinates of their own.
    labelled: BTreeMap<u32, Vec<Row>>,
}

/// Web Mercator, as cells of the grid.
fn cell(longitude: f64, latitude: f64) -> (u32, u32) {
    let scale = f64::from(1_u32 << GRID);
    let x = (longitude + 180.0) / 360.0;
    let sine = latitude.clamp(-85.05, 85.05).to_radians().sin();
    let y = 0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * std::f64::consts::PI);
    let clamp = |v: f64| (v * scale).clamp(0.0, scale - 1.0) as u32;
    (clamp(x), clamp(y))
}

/// Interleaves the bits of x and y.
fn interleave(x: u32, y: u32) -> u64 {
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

fn compact(n: u64) -> u32 {
    let mut n = n & 0x5555_5555_5555_5555;
    n = (n | n >> 1) & 0x3333_3333_3333_3333;
    n = (n | n >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    n = (n | n >> 4) & 0x00ff_00ff_00ff_00ff;
    n = (n | n >> 8) & 0x0000_ffff_0000_ffff;
    (n | n >> 16) as u32
}

impl TilePlaces {
    pub fn new(edition: &Edition) -> Result<TilePlaces, Problem> {
        let (mut points, mut labelled) = (Vec::new(), BTreeMap::<u32, Vec<Row>>::new());
        for row in edition.filter(&Filter::InGap)?.iter() {
            let e = edition.enterprise(row);
            match e.location() {
                Some(at) if at.basis == crate::model::enterprise::LocationBasis::Registry => {
                    let (x, y) = cell(at.longitude, at.latitude);
                    points.push((interleave(x, y), row));
                }
                _ => labelled.entry(e.town().or(e.district()).unwrap_or(0)).or_default().push(row),
            }
        }
        points.sort_unstable();
        Ok(TilePlaces { edition: edition.number(), points, labelled })
    }
}

/// A tile's address, checked.
#[derive(Debug, Clone, Copy)]
struct Tile {
    z: u32,
    x: u32,
    y: u32,
}

impl Tile {
    fn parse(z: &str, x: &str, y: &str) -> Option<Tile> {
        let y = y.strip_suffix(".mvt").or_else(|| y.strip_suffix(".pbf"))?;
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        let (z, x, y) = (plain(z)?, plain(x)?, plain(y)?);
        (z <= MAX_ZOOM && x < 1 << z && y < 1 << z).then_some(Tile { z, x, y })
    }
    fn shift(self) -> u32 {
        GRID - self.z
    }
    fn holds(self, x: u32, y: u32) -> bool {
        x >> self.shift() == self.x && y >> self.shift() == self.y
    }
    /// Tile coordinates of a grid cell.
    fn local(self, x: u32, y: u32) -> (i32, i32) {
        let local = |v: u32, tile: u32| {
            let inside = i64::from(v) - (i64::from(tile) << self.shift());
            ((inside * i64::from(EXTENT)) >> self.shift()) as i32
        };
        (local(x, self.x), local(y, self.y))
    }
}

/// `GET /tiles/{layer}/{z}/{x}/{y}.mvt`
pub async fn tile(
    State(state): State<ServerState>,
    State(known): State<KnownPlaces>,
    Path((layer, z, x, y)): Path<(String, String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let Some(tile) = Tile::parse(&z, &x, &y).filter(|_| layer == "gap") else {
        return plain.refuse(&not_found(
            "没有这个瓦片：/tiles/gap/{z}/{x}/{y}.mvt，z 不超过 20",
            "no such tile: /tiles/gap/{z}/{x}/{y}.mvt with z at most 20",
        ));
    };
    plain.kept("application/vnd.mapbox-vector-tile", || {
        let places = known.of(&plain.edition)?;
        let filter = plain.filter()?;
        if tile.z < POINTS_FROM { clusters(&plain, tile, filter) } else { points(&plain, tile, &places, filter) }
    })
}

fn clusters(plain: &RestRequest, tile: Tile, filter: Filter) -> Result<Vec<u8>, Problem> {
    let edition = &plain.edition;
    let rows = edition.filter(&Filter::InGap.and(filter))?;
    let (groups, _) = edition.coverage(&[edition::Dimension::District], &rows, 50_000)?;
    let mut layer = Layer::new("clusters");
    for group in groups {
        let code = &group.keys[0];
        let Some((longitude, latitude)) = label_of(edition, code) else { continue };
        let (x, y) = cell(longitude, latitude);
        if !tile.holds(x, y) {
            continue;
        }
        let (x, y) = tile.local(x, y);
        let name = name_of(edition, code, plain.lang);
        let properties = [
            ("code", Property::Text(code)),
            ("name", Property::Text(&name)),
            ("count", Property::Count(group.measures.in_gap)),
            ("basis", Property::Text(if code.is_empty() { "UNKNOWN" } else { "DISTRICT" })),
        ];
        layer.point(code.parse().unwrap_or(0), x, y, &properties);
    }
    let mut bytes = Vec::new();
    layer.finish(&mut bytes);
    Ok(bytes)
}

/// Where an area's name stands. What has no known area stands at the city's label point, else in the middle of the
/// districts': it is never dropped. None where the edition has no points at all.
fn label_of(edition: &Edition, code: &str) -> Option<(f64, f64)> {
    let of = |level: &'static str| edition.labels.areas.iter().filter(move |a| a.level == level).filter_map(|a| a.label_point);
    let middle = || {
        let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
        of("DISTRICT").for_each(|(longitude, latitude)| {
            x += longitude;
            y += latitude;
            count += 1.0;
        });
        (count > 0.0).then(|| (x / count, y / count))
    };
    let known = edition.area(code);
    let above = || known.and_then(|a| edition.area(a.parent.as_deref()?)).and_then(|a| a.label_point);
    known.and_then(|a| a.label_point).or_else(above).or_else(|| of("CITY").next()).or_else(middle)
}

fn name_of(edition: &Edition, code: &str, lang: Lang) -> String {
    match edition.area(code) {
        Some(area) => lang.pick(&area.zh, &area.en).clone(),
        None if code.is_empty() || code == "0" => lang.pick("区域不明", "area unknown").to_owned(),
        None => code.to_owned(),
    }
}

/// Only what a tile shows of the reasons: reading it skips everything else.
#[derive(Deserialize)]
struct Slim<'a> {
    #[serde(borrow, rename = "g", default)]
    gap: Vec<SlimReason<'a>>,
}
#[derive(Deserialize)]
struct SlimReason<'a> {
    #[serde(borrow)]
    c: std::borrow::Cow<'a, str>,
}

fn points(plain: &RestRequest, tile: Tile, places: &TilePlaces, filter: Filter) -> Result<Vec<u8>, Problem> {
    let edition = &plain.edition;
    let allowed = match filter {
        Filter::All => None,
        filter => Some(edition.filter(&filter)?),
    };
    let shown = |row: Row| allowed.as_ref().is_none_or(|rows| rows.contains(row));
    let first = interleave(tile.x, tile.y) << (2 * tile.shift());
    let last = first + (1_u64 << (2 * tile.shift()));
    let start = places.points.partition_point(|(at, _)| *at < first);
    let end = places.points.partition_point(|(at, _)| *at < last);
    let mut inside: Vec<(Row, u64)> =
        places.points[start..end].iter().filter(|(_, row)| shown(*row)).map(|(at, row)| (*row, *at)).collect();
    inside.sort_unstable();
    let sight = plain.ask.caller.sight();
    let mut layer = Layer::new("points");
    let mut rest = Layer::new("clusters");
    for (row, at) in inside.iter().take(MAX_POINTS) {
        let e = edition.enterprise(*row);
        let (x, y) = tile.local(compact(*at), compact(*at >> 1));
        let slim: Option<Slim<'_>> = serde_json::from_str(e.reasons_json()).ok();
        let reason = slim.as_ref().and_then(|s| s.gap.first()).map_or("", |r| &r.c);
        let score = told_score(&e, sight).unwrap_or_default();
        let properties = [
            ("id", Property::Text(e.id())),
            ("name", Property::Text(e.name())),
            ("priority", Property::Number(f64::from(score))),
            ("reason", Property::Text(reason)),
            ("basis", Property::Text("REGISTRY")),
        ];
        layer.point(u64::from(*row), x, y, &properties);
    }
    if let Some((row, at)) = inside.get(MAX_POINTS) {
        let (x, y) = tile.local(compact(*at), compact(*at >> 1));
        rest.point(
            u64::from(*row),
            x,
            y,
            &[("count", Property::Count((inside.len() - MAX_POINTS) as u64)), ("basis", Property::Text("REGISTRY"))],
        );
    }
    for (code, rows) in &places.labelled {
        let label = code.to_string();
        let Some((longitude, latitude)) = label_of(edition, &label) else { continue };
        let (x, y) = cell(longitude, latitude);
        let count = rows.iter().filter(|row| shown(**row)).count() as u64;
        if !tile.holds(x, y) || count == 0 {
            continue;
        }
        let (x, y) = tile.local(x, y);
        let name = name_of(edition, &label, plain.lang);
        let basis = match label.len() {
            9 => "TOWN",
            6 => "DISTRICT",
            _ => "UNKNOWN",
        };
        let properties = [
            ("code", Property::Text(&label)),
            ("name", Property::Text(&name)),
            ("count", Property::Count(count)),
            ("basis", Property::Text(basis)),
        ];
        rest.point(u64::from(*code), x, y, &properties);
    }
    let mut bytes = Vec::new();
    layer.finish(&mut bytes);
    rest.finish(&mut bytes);
    Ok(bytes)
}

/// `GET /tiles/gap.json`: what the layer is and where its tiles are.
pub async fn tilejson(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    if file != "gap.json" {
        return plain.refuse(&not_found("没有这个图层：可用 gap.json", "no such layer: gap.json is served"));
    }
    let host = headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or("127.0.0.1");
    let scheme = headers.get("x-forwarded-proto").and_then(|h| h.to_str().ok()).filter(|s| *s == "https").unwrap_or("http");
    let edition = plain.edition.number();
    plain.kept("application/json", || {
        let points: Vec<(f64, f64)> = plain.edition.labels.areas.iter().filter_map(|a| a.label_point).collect();
        let bound = |pick: fn(&(f64, f64)) -> f64, least: bool| {
            points.iter().map(pick).fold(if least { 180.0 } else { -180.0 }, |a: f64, b| if least { a.min(b) } else { a.max(b) })
        };
        let bounds = [bound(|p| p.0, true) - 0.3, bound(|p| p.1, true) - 0.3, bound(|p| p.0, false) + 0.3, bound(|p| p.1, false) + 0.3];
        let bounds = bounds.map(|degrees| (degrees * 1e5).round() / 1e5);
        serde_json::to_vec(&serde_json::json!({
            "tilejson": "3.0.0",
            "name": "gap",
            "description": plain.lang.pick("规模以上未建会企业", "enterprises above designated size that lack a union"),
            "tiles": [format!("{scheme}://{host}/tiles/gap/{{z}}/{{x}}/{{y}}.mvt?edition={edition}")],
            "minzoom": 0, "maxzoom": MAX_ZOOM,
            "bounds": if points.is_empty() { [-180.0, -85.0, 180.0, 85.0] } else { bounds },
            "vector_layers": [
                { "id": "clusters", "fields": { "code": "String", "name": "String", "count": "Number", "basis": "String" } },
                { "id": "points", "fields": { "id": "String", "name": "String", "priority": "Number", "reason": "String", "basis": "String" } },
            ],
        }))
        .map_err(|_| Problem::internal())
    })
}

/// Where the enterprises of the gap list are, kept for the edition last asked.
#[derive(Clone, Default)]
pub struct KnownPlaces(Arc<std::sync::Mutex<Option<Arc<TilePlaces>>>>);

impl KnownPlaces {
    fn of(&self, edition: &Edition) -> Result<Arc<TilePlaces>, Problem> {
        let mut kept = self.0.lock().expect("no panic while holding the places");
        if let Some(places) = kept.as_ref().filter(|p| p.edition == edition.number()) {
            return Ok(places.clone());
        }
        let places = Arc::new(TilePlaces::new(edition)?);
        *kept = Some(places.clone());
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

    #[test]
    fn addresses_outside_the_world_are_none() {
        assert!(Tile::parse("3", "7", "7.mvt").is_some());
        for (z, x, y) in [
            ("3", "8", "0.mvt"),
            ("21", "0", "0.mvt"),
            ("-1", "0", "0.mvt"),
            ("3", "0", "0"),
            ("3", "+1", "0.mvt"),
            ("99999999999", "0", "0.mvt"),
        ] {
            assert!(Tile::parse(z, x, y).is_none(), "{z}/{x}/{y}");
        }
    }
}
