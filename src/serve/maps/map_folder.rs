//! A map as files: what the tiles, GeoJSON and style of an edition are, in a folder that any web server can hand out.
//!
//! In: a caller, an edition and a filter, as the routes read them. Out: `gap.pmtiles` (clusters, and every enterprise of the gap list),
//! `coverage.pmtiles` (outlines and labels with their figures), `areas.topojson` (districts and streets), `style.json` with its image. It
//! asks what the routes ask, under the same rights, and is accounted for before the first file is written. It draws nothing of its own.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Error, Write};
use std::path::Path;

use axum::http::{HeaderMap, Uri};
use pmtiles::{PmTilesWriter, TileCoord, TileId, TileType};
use serde_json::{Value, json};

use super::boundaries::Boundaries;
use super::coverage_tiles::{self, CoverageLevel, shows_streets};
use super::mvt::EXTENT;
use super::outlines::Point;
use super::places::{GRID, KnownPlaces, TilePlaces, cell, compact};
use super::tile_address::{BUFFER, STREETS_FROM, Tile};
use super::tiles::{MAX_POINTS, POINTS_FROM, drawn_fields, gap_tile};
use super::{geojson, style, tilejson, topology};
use crate::access::AccessScope;
use crate::edition;
use crate::edition::Filter;
use crate::model::message::Lang;
use crate::serve::http::headers::request_id;
use crate::serve::http::parameters::RouteParameters;
use crate::serve::http::rest::RestRequest;
use crate::serve::problem::{Code, Problem};
use crate::serve::state::{Reading, ServerState};

/// The deepest tiles of enterprises: a unit of them is half a metre. Clients enlarge them from there on.
const GAP_ZOOM: u32 = 14;
/// The deepest tiles of areas: a unit is two metres.
const COVERAGE_ZOOM: u32 = 12;

/// What a map is asked to show.
pub struct MapQuestion<'a> {
    /// As in an address: `filter`, its short forms, `asOf` or `edition`, `lang`, `measure`.
    pub query: &'a str,
    /// Where the folder will be handed out, without a slash at its end: addresses of a style are whole ones.
    pub base: &'a str,
    pub lang: Lang,
    /// What the audit keeps as the question.
    pub asked: &'a str,
}

/// What was written.
pub struct WrittenMap {
    pub edition: u32,
    /// Enterprises of the gap list that it holds.
    pub enterprises: u64,
    /// Name and bytes of each file.
    pub files: Vec<(&'static str, u64)>,
    /// Tiles in both archives.
    pub tiles: u64,
}

/// Writes the files into `folder`, each whole in the place of the one before.
///
/// # Errors
/// What the routes refuse; a folder that cannot be written; an answer that cannot be accounted for.
pub async fn write(
    state: &ServerState,
    known: &KnownPlaces,
    question: &MapQuestion<'_>,
    folder: &Path,
) -> Result<WrittenMap, Problem> {
    let headers = HeaderMap::new();
    let uri: Uri = format!("/map/style.json?{}", question.query).parse().map_err(|_| Problem::internal())?;
    let takes = RouteParameters::filtered(&["measure"]).with_addresses();
    let plain = RestRequest::read(state, &uri, &headers, (question.lang, takes), &request_id(&headers)).await?;
    plain.ask.caller.require(AccessScope::Export)?;
    let filter = plain.filter()?;
    let rows = plain.edition.filter(&Filter::InGap.and(filter.clone()))?;
    plain.ask.caller.note_score();
    // What it was chosen by, and what the tiles say.
    let mut shown = plain.ask.take_shown();
    shown.add_all(&plain.edition, &rows, drawn_fields());
    let reading = Reading {
        caller: &plain.ask.caller,
        purpose: &plain.purpose,
        way: "export",
        asked: question.asked.as_bytes(),
        given: "",
        shown: &shown,
        beyond_editions: false,
        edition: Some(plain.edition.number()),
        request: &plain.id,
    };
    state.account(reading).await?;
    let writer = MapWriter { plain: &plain, places: &*known.of(&plain.edition)?, known, folder };
    std::fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
    let (gap, coverage) = (writer.gap(filter)?, writer.coverage()?);
    writer.areas()?;
    writer.style(question.base)?;
    let names = ["gap.pmtiles", "coverage.pmtiles", "areas.topojson", "style.json"];
    let names = names.into_iter().chain(style::SPRITE.map(|(name, _)| name));
    let size = |name: &'static str| Ok((name, std::fs::metadata(folder.join(name)).map_err(|e| unwritable(folder, &e))?.len()));
    Ok(WrittenMap {
        edition: plain.edition.number(),
        enterprises: rows.len(),
        files: names.map(size).collect::<Result<_, Problem>>()?,
        tiles: gap + coverage,
    })
}

fn unwritable(folder: &Path, error: &impl std::fmt::Display) -> Problem {
    let folder = folder.display();
    Problem::new(
        Code::BadInput,
        format!("无法写入 {folder}：{error}；请用 -o 指定另一个文件夹"),
        format!("cannot write {folder}: {error}; give another folder with -o"),
    )
}

struct MapWriter<'a> {
    plain: &'a RestRequest,
    places: &'a TilePlaces,
    known: &'a KnownPlaces,
    folder: &'a Path,
}

/// Tiles by their number in an archive, which is the order in which it wants them.
type Wanted = BTreeMap<TileId, Tile>;

impl MapWriter<'_> {
    /// Writes one file under another name, syncs it, and puts it in its place.
    fn file(&self, name: &str, write: impl FnOnce(&mut BufWriter<File>) -> Result<u64, Problem>) -> Result<u64, Problem> {
        let part = self.folder.join(format!(".{name}.part"));
        let failed = |e: Error| unwritable(self.folder, &e);
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&part).map_err(failed)?);
        let told = write(&mut out)?;
        let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&part, self.folder.join(name)).map_err(failed)?;
        Ok(told)
    }

    fn bytes(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        self.file(name, |out| out.write_all(bytes).map(|()| 0).map_err(|e| unwritable(self.folder, &e))).map(drop)
    }

    /// An archive of the tiles that hold something; answers how many.
    fn archive(
        &self,
        name: &str,
        (layers, zoom): (Value, u32),
        wanted: &Wanted,
        tile: impl Fn(Tile) -> Result<Vec<u8>, Problem>,
    ) -> Result<u64, Problem> {
        let [west, south, east, north] = self.places.bounds.unwrap_or([-180.0, -85.0, 180.0, 85.0]);
        let edition = &self.plain.edition;
        let metadata = json!({
            "name": name,
            "description": self.plain.lang.pick("会图", "huitu"),
            "attribution": self.known.boundaries().attribution,
            "type": "overlay",
            "version": format!("{}.0.0", edition.number()),
            "vector_layers": layers,
            "huitu.edition": edition.number(),
            "huitu.asOf": edition.manifest.as_of,
            "huitu.query": self.plain.handed_on(),
        });
        self.file(name, |out| {
            let failed = |e: pmtiles::PmtError| unwritable(self.folder, &e);
            let mut archive = PmTilesWriter::new(TileType::Mvt)
                .min_zoom(0)
                .max_zoom(zoom as u8)
                .bounds(west, south, east, north)
                .center((west + east) / 2.0, (south + north) / 2.0)
                .center_zoom(8)
                .metadata(metadata.to_string())
                .create(out)
                .map_err(failed)?;
            let mut count = 0;
            for at in wanted.values() {
                let bytes = tile(*at)?;
                if !bytes.is_empty() {
                    let place = TileCoord::new(at.z as u8, at.x, at.y).map_err(failed)?;
                    archive.add_tile(place, &bytes).map_err(failed)?;
                    count += 1;
                }
            }
            archive.finalize().map_err(failed)?;
            Ok(count)
        })
    }

    /// Clusters below zoom 12, enterprises from there on; at the last zoom all of them, however many.
    fn gap(&self, filter: Filter) -> Result<u64, Problem> {
        let edition = &self.plain.edition;
        let areas = edition.labels.areas.iter().map(|area| area.code.clone());
        let codes: Vec<String> = areas.chain([String::new()]).collect();
        let stands: Vec<(u32, u32)> =
            codes.iter().filter_map(|code| self.places.stand(edition, code)).map(|s| cell(s.at.0, s.at.1)).collect();
        let points = || self.places.points.iter().map(|(at, _)| (compact(*at), compact(*at >> 1)));
        let mut wanted = Wanted::new();
        for z in 0..=GAP_ZOOM {
            near(z, stands.iter().copied(), &mut wanted);
            if z >= POINTS_FROM {
                near(z, points(), &mut wanted);
            }
        }
        let layers =
            with_zooms(tilejson::gap_layers(), |layer| if layer == "points" { (POINTS_FROM, GAP_ZOOM) } else { (0, GAP_ZOOM) });
        self.archive("gap.pmtiles", (layers, GAP_ZOOM), &wanted, |tile| {
            let most = if tile.z == GAP_ZOOM { usize::MAX } else { MAX_POINTS };
            gap_tile(self.plain, tile, self.places, filter.clone(), most)
        })
    }

    fn coverage(&self) -> Result<u64, Problem> {
        let boundaries = self.known.boundaries();
        let districts = CoverageLevel::count(self.plain, false)?;
        let streets = shows_streets(STREETS_FROM, boundaries).then(|| CoverageLevel::count(self.plain, true)).transpose()?;
        let level = |z: u32| streets.as_ref().filter(|_| shows_streets(z, boundaries)).unwrap_or(&districts);
        let mut wanted = Wanted::new();
        for z in 0..=COVERAGE_ZOOM {
            for (low, high) in level(z).labels(&self.plain.edition).into_iter().flat_map(|label| boxes(boundaries, label)) {
                within(z, low, high, &mut wanted);
            }
        }
        let layers = with_zooms(tilejson::coverage_layers(), |_| (0, COVERAGE_ZOOM));
        self.archive("coverage.pmtiles", (layers, COVERAGE_ZOOM), &wanted, |tile| {
            Ok(coverage_tiles::drawn(self.plain, tile, boundaries, level(tile.z)))
        })
    }

    fn areas(&self) -> Result<(), Problem> {
        let of =
            |level, dimension| geojson::features(self.plain, self.known, (level, dimension), true).map(|(features, _)| features);
        let districts = of("DISTRICT", edition::Dimension::District)?;
        let streets = of("TOWN", edition::Dimension::Town)?;
        let mut topology = topology::of(&[("districts", &districts), ("streets", &streets)]);
        let edition = &self.plain.edition;
        topology["edition"] = json!({ "number": edition.number(), "asOf": edition.manifest.as_of });
        topology["attribution"] = json!(self.known.boundaries().attribution);
        self.bytes("areas.topojson", topology.to_string().as_bytes())
    }

    /// The kit's style with the archives in the place of the hub's addresses, and its image.
    fn style(&self, base: &str) -> Result<(), Problem> {
        let filled = style::filled(self.plain, self.places.bounds, self.known.boundaries())?;
        let style: Value = serde_json::from_slice(&filled).map_err(|_| Problem::internal())?;
        self.bytes("style.json", of_files(style, base).to_string().as_bytes())?;
        style::SPRITE.iter().try_for_each(|(name, bytes)| self.bytes(name, bytes))
    }
}

/// The style of the hub, over files: one archive holds the areas of all zooms, so that what was drawn of GeoJSON is drawn of its layers.
fn of_files(mut style: Value, base: &str) -> Value {
    // What is entered of the federation is no edition's: files would say it long after.
    style::without(&mut style, "places");
    let attribution = style["sources"]["districts"]["attribution"].take();
    style["sprite"] = json!(format!("{base}/sprite"));
    let archive =
        |name: &str| json!({ "type": "vector", "url": format!("pmtiles://{base}/{name}.pmtiles"), "promoteId": "code" });
    style["sources"] = json!({ "coverage": archive("coverage"), "gap": archive("gap") });
    style["sources"]["coverage"]["attribution"] = attribution;
    // An enterprise has no code.
    if let Some(gap) = style["sources"]["gap"].as_object_mut() {
        gap.remove("promoteId");
    }
    for layer in style["layers"].as_array_mut().into_iter().flatten().filter(|layer| layer["source"] == "districts") {
        let is_label = layer["type"] == "symbol";
        layer["source"] = json!("coverage");
        layer["source-layer"] = json!(if is_label { "labels" } else { "areas" });
        // From there on the layers of streets draw the same.
        layer["maxzoom"] = json!(STREETS_FROM);
    }
    style
}

/// The layers of an announcement, each with the zooms at which it is there.
fn with_zooms(mut layers: Value, zooms: impl Fn(&str) -> (u32, u32)) -> Value {
    for layer in layers.as_array_mut().into_iter().flatten() {
        let (low, high) = zooms(layer["id"].as_str().unwrap_or_default());
        layer["minzoom"] = json!(low);
        layer["maxzoom"] = json!(high);
    }
    layers
}

fn want(z: u32, x: u32, y: u32, wanted: &mut Wanted) {
    if let Ok(place) = TileCoord::new(z as u8, x, y) {
        wanted.insert(place.into(), Tile { z, x, y });
    }
}

/// The tiles of a zoom that hold these cells of the grid, in themselves or in their buffer.
fn near(z: u32, cells: impl Iterator<Item = (u32, u32)>, wanted: &mut Wanted) {
    let shift = GRID - z;
    let around = (1_i64 << shift) * i64::from(BUFFER) / i64::from(EXTENT) + 1;
    let columns = |v: u32| [-around, 0, around].map(|by| (i64::from(v) + by) >> shift);
    let tiles: HashSet<(i64, i64)> =
        cells.flat_map(|(x, y)| columns(x).into_iter().flat_map(move |x| columns(y).map(|y| (x, y)))).collect();
    for (x, y) in tiles {
        if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) {
            want(z, x, y, wanted);
        }
    }
}

/// The boxes of an area's outline and of its label, as corners of the grid.
fn boxes(boundaries: &Boundaries, label: &edition::AreaLabel) -> Vec<((u32, u32), (u32, u32))> {
    let of = |points: &mut dyn Iterator<Item = Point>| {
        let [west, south, east, north] = super::outlines::bounds(points)?;
        Some((cell(west, north), cell(east, south)))
    };
    let outline = boundaries.outline(&label.code);
    let outlines = outline.iter().flat_map(|outline| &outline.polygons);
    outlines
        .filter_map(|polygon| of(&mut polygon.iter().flatten().copied()))
        .chain(of(&mut label.label_point.into_iter()))
        .collect()
}

/// The tiles of a zoom that a box touches, with their buffer.
fn within(z: u32, (west, north): (u32, u32), (east, south): (u32, u32), wanted: &mut Wanted) {
    let shift = GRID - z;
    let around = ((1_u64 << shift) * u64::from(BUFFER) / u64::from(EXTENT) + 1) as u32;
    let last = (1_u32 << z) - 1;
    let (low, high) = (|v: u32| v.saturating_sub(around) >> shift, |v: u32| ((v + around) >> shift).min(last));
    for x in low(west)..=high(east) {
        for y in low(north)..=high(south) {
            want(z, x, y, wanted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_beside_an_edge_wants_the_tile_behind_it_too() {
        let tiles = |x: u32| {
            let mut wanted = Wanted::new();
            near(12, [(x, (7 << 12) + 2048)].into_iter(), &mut wanted);
            wanted.into_values().map(|tile| (tile.x, tile.y)).collect::<HashSet<_>>()
        };
        assert_eq!(tiles((5 << 12) + 2048), HashSet::from([(5, 7)]));
        assert_eq!(tiles(5 << 12), HashSet::from([(4, 7), (5, 7)]));
        assert_eq!(tiles(1), HashSet::from([(0, 7)]), "nothing lies west of the world");
    }

    #[test]
    fn a_box_wants_every_tile_that_it_covers() {
        let mut wanted = Wanted::new();
        within(2, (1 << 22, 1 << 22), ((3 << 22) - (1 << 21), (2 << 22) - (1 << 21)), &mut wanted);
        let tiles: HashSet<_> = wanted.into_values().map(|tile| (tile.x, tile.y)).collect();
        assert_eq!(tiles, HashSet::from([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]));
    }
}
