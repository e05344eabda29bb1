//! Vector tiles: `/tiles/gap/{z}/{x}/{y}.mvt` and `/tiles/coverage/{z}/{x}/{y}.mvt`.
//!
//! The gap list: below zoom 10 one cluster per district with its exact count, below zoom 12 one per street; from there on the
//! enterprises themselves, the most urgent first where there are too many, and a cluster that counts the rest. Enterprises without
//! coordinates of their own stand together where their street or district does, marked as such. A tile also holds what stands within
//! a buffer around it, so that symbols are not cut where each tile is drawn by itself.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Deserialize;

use super::coverage_tiles;
use super::mvt::{Layer, Property};
use super::places::{KnownPlaces, TilePlaces, compact, interleave, name_of};
use super::tile_address::{STREETS_FROM, Tile};
use crate::edition;
use crate::edition::{Filter, Row};
use crate::serve::answers::usage::bits_of;
use crate::serve::export::told_score;
use crate::serve::http::parameters::RouteParameters;
use crate::serve::http::rest::{RestRequest, not_found};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

/// From here on enterprises are shown one by one.
pub const POINTS_FROM: u32 = 12;
/// Enterprises in one tile; the rest are counted in clusters.
pub const MAX_POINTS: usize = 1_000;
/// What a tile says of each enterprise, by the names of the graph.
const DRAWN: [&str; 4] = ["name", "location", "gap", "priority"];

/// Bits of what a tile says of each enterprise.
pub fn drawn_fields() -> u32 {
    DRAWN.iter().fold(0, |bits, name| bits | bits_of(name))
}

/// A number for a text that is the same in every edition. Numbers up to 2^53 are exact in JavaScript.
fn stable(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes()) >> 11
}

/// `GET /tiles/{layer}/{z}/{x}/{y}.mvt`
pub async fn tile(
    State(state): State<ServerState>,
    State(known): State<KnownPlaces>,
    Path((layer, z, x, y)): Path<(String, String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asked = RestRequest::new(&state, &uri, &headers, RouteParameters::filtered(&["boundaries"])).await;
    // Points lie where they lie, whatever outlines are drawn around them.
    let plain = match asked.and_then(|plain| match layer == "coverage" || plain.parameter("boundaries").is_some() {
        true => plain.drawn_with(&known.boundaries().digest, &headers),
        false => Ok(plain),
    }) {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let Some(tile) = Tile::parse(&z, &x, &y).filter(|_| matches!(layer.as_str(), "gap" | "coverage")) else {
        return plain.refuse(&not_found(
            "没有这个瓦片：/tiles/gap/{z}/{x}/{y}.mvt 或 /tiles/coverage/{z}/{x}/{y}.mvt，z 不超过 20",
            "no such tile: /tiles/gap/{z}/{x}/{y}.mvt or /tiles/coverage/{z}/{x}/{y}.mvt with z at most 20",
        ));
    };
    let made = || {
        if layer == "coverage" {
            return coverage_tiles::areas(&plain, tile, known.boundaries());
        }
        let filter = plain.filter()?;
        let places = known.of(&plain.edition)?;
        gap_tile(&plain, tile, &places, filter, MAX_POINTS)
    };
    plain.kept(&uri, "application/vnd.mapbox-vector-tile", made).await
}

/// A tile of the gap list, with at most `most` enterprises of its own one by one.
pub fn gap_tile(plain: &RestRequest, tile: Tile, places: &TilePlaces, filter: Filter, most: usize) -> Result<Vec<u8>, Problem> {
    if tile.z < POINTS_FROM { clusters(plain, tile, places, filter) } else { points(plain, tile, places, filter, most) }
}

fn clusters(plain: &RestRequest, tile: Tile, places: &TilePlaces, filter: Filter) -> Result<Vec<u8>, Problem> {
    let edition = &plain.edition;
    let filter = Filter::InGap.and(filter);
    let dimension = if tile.z < STREETS_FROM { edition::Dimension::District } else { edition::Dimension::Town };
    let mut layer = Layer::new("clusters");
    let (groups, _) = edition.coverage_of(&[dimension], &filter, 50_000)?;
    for group in groups.iter().filter(|group| !(dimension == edition::Dimension::Town && group.keys[0].is_empty())) {
        cluster(plain, tile, places, &mut layer, &group.keys[0], || group.measures.in_gap);
    }
    if dimension == edition::Dimension::Town {
        // Whoever has no street is counted with the district.
        let by = [edition::Dimension::District, edition::Dimension::Town];
        let (groups, _) = edition.coverage_of(&by, &filter, 50_000)?;
        for group in groups.iter().filter(|group| group.keys[1].is_empty()) {
            cluster(plain, tile, places, &mut layer, &group.keys[0], || group.measures.in_gap);
        }
    }
    let mut bytes = Vec::new();
    layer.finish(&mut bytes);
    Ok(bytes)
}

/// One circle with its count, where the area stands in the tile or its buffer.
fn cluster(plain: &RestRequest, tile: Tile, places: &TilePlaces, layer: &mut Layer, code: &str, count: impl FnOnce() -> u64) {
    let edition = &plain.edition;
    let Some((stand, (x, y))) = places.stand_on_grid(edition, code) else { return };
    let Some((x, y)) = tile.local(x, y) else { return };
    let count = count();
    if count == 0 {
        return;
    }
    let name = name_of(edition, code, plain.lang);
    let properties = [
        ("code", Property::Text(code)),
        ("name", Property::Text(&name)),
        ("count", Property::Count(count)),
        ("basis", Property::Text(stand.basis)),
    ];
    layer.point(code.parse().unwrap_or(0), x, y, &properties);
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

/// The enterprises that lie between two places of the Z order, most urgent first.
fn between(places: &TilePlaces, range: (u64, u64), shown: impl Fn(Row) -> bool) -> Vec<(Row, u64)> {
    let start = places.points.partition_point(|(at, _)| *at < range.0);
    let end = places.points.partition_point(|(at, _)| *at < range.1);
    places.points[start..end].iter().filter(|(_, row)| shown(*row)).map(|(at, row)| (*row, *at)).collect()
}

fn points(plain: &RestRequest, tile: Tile, places: &TilePlaces, filter: Filter, most: usize) -> Result<Vec<u8>, Problem> {
    let edition = &plain.edition;
    let allowed = match filter {
        Filter::All => None,
        filter => Some(edition.filter(&filter)?),
    };
    let shown = |row: Row| allowed.as_ref().is_none_or(|rows| rows.contains(row));
    let local = |at: u64| tile.local(compact(at), compact(at >> 1));
    let first = interleave(tile.x, tile.y) << (2 * tile.shift());
    let mut inside = between(places, (first, first + (1_u64 << (2 * tile.shift()))), shown);
    let told = plain.ask.told_scores(edition);
    let order = |a, b| told.as_ref().map_or_else(|| edition.order(a, b), |told| edition.told_order(told, a, b));
    inside.sort_unstable_by(|a, b| order(a.0, b.0));
    plain.ask.caller.note_score();
    let sight = plain.ask.caller.sight();
    // The neighbours count their own: of the buffer only what is drawn.
    let mut around: Vec<(Row, u64)> = tile.ring().flat_map(|range| between(places, range, shown)).collect();
    around.retain(|(_, at)| local(*at).is_some());
    around.sort_unstable_by(|a, b| order(a.0, b.0));
    let mut layer = Layer::new("points");
    let mut rest = Layer::new("clusters");
    let drawn = inside.iter().take(most).chain(around.iter().take(most)).map(|(row, _)| *row);
    plain.ask.show(edition, drawn, drawn_fields());
    for (row, at) in inside.iter().take(most).chain(around.iter().take(most)) {
        let e = edition.enterprise(*row);
        let Some((x, y)) = local(*at) else { continue };
        let slim: Option<Slim<'_>> = serde_json::from_str(e.reasons_json()).ok();
        let reason = slim.as_ref().and_then(|s| s.gap.first()).map_or("", |r| &r.c);
        let score = told_score(&e, sight).unwrap_or_default();
        // The shortest decimal of the same single-precision number, as the graph says it.
        let priority = score.to_string().parse().unwrap_or_default();
        let properties = [
            ("id", Property::Text(e.id())),
            ("name", Property::Text(e.name())),
            ("priority", Property::Number(priority)),
            ("reason", Property::Text(reason)),
            ("basis", Property::Text("REGISTRY")),
        ];
        layer.point(stable(e.id()), x, y, &properties);
    }
    if let Some((row, at)) = inside.get(most)
        && let Some((x, y)) = local(*at)
    {
        let left = (inside.len() - most) as u64;
        let properties = [("count", Property::Count(left)), ("basis", Property::Text("REGISTRY"))];
        rest.point(stable(edition.enterprise(*row).id()), x, y, &properties);
    }
    for (code, rows) in &places.labelled {
        let count = || rows.iter().filter(|row| shown(**row)).count() as u64;
        cluster(plain, tile, places, &mut rest, code, count);
    }
    let mut bytes = Vec::new();
    layer.finish(&mut bytes);
    rest.finish(&mut bytes);
    Ok(bytes)
}
