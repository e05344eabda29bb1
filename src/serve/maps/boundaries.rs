//! Boundaries of the deployer: a file of districts and streets, checked, kept in the data folder, and from then on what maps draw.
//!
//! In: GeoJSON, TopoJSON or a shapefile in WGS-84, GCJ-02 or BD-09, its areas named by code or by name. Out: one GeoJSON for each level in WGS-84. It
//! draws nothing together and cuts nothing away: corners are rounded to a metre, so that a border that two areas share stays one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::boundary_names::{code_of, crossed, cut_short, unnamed};
use super::crossings::crossings;
use super::drawn_outlines::{DrawnOutline, DrawnOutlines};
use super::outlines::{ATTRIBUTION, Outline, Point, Polygon, bounds, contains, polygons, shipped};
use super::seams::{Seam, SeamKind, seams};
use super::survey;
use crate::model::datum::Datum;
use crate::model::reference::areas::{areas, district_outlines};
use crate::serve::problem::Problem;

/// Where China lies, with room around it: a corner elsewhere is measured otherwise, or has its numbers swapped.
const CHINA: [f64; 4] = [73.0, 3.0, 136.0, 54.0];
/// Points on a side of the grid that looks for overlaps and holes.
const GRID: usize = 160;
/// Of a hundred points of an area so many may lie in another one, or of the whole so many in none: rounding, not a mistake.
const TOLERATED: f64 = 0.5;

/// What a file says, by division code.
#[derive(Debug, Default)]
pub struct ImportedBoundaries {
    pub districts: BTreeMap<u32, Vec<Polygon>>,
    pub streets: BTreeMap<u32, Vec<Polygon>>,
    /// What speaks against taking it.
    pub faults: Vec<Problem>,
    /// What a person should look at; it is taken all the same.
    pub remarks: Vec<Problem>,
}

/// How to read a file.
#[derive(Debug, Default)]
pub struct BoundaryReading {
    pub datum: Datum,
    /// The property that names an area; the usual ones where left out.
    pub property: Option<String>,
}

/// Reads a file, which its first bytes tell, and checks what it says.
///
/// # Errors
/// It cannot be read; it is none of the three; what `survey::features` refuses.
pub fn read_file(path: &Path, reading: &BoundaryReading) -> Result<ImportedBoundaries, Problem> {
    let bytes = std::fs::read(path).map_err(|e| {
        Problem::bad_input(
            format!("无法读取 {}（{e}）；请给出已有的文件", path.display()),
            format!("cannot read {} ({e}); give an existing file", path.display()),
        )
    })?;
    if bytes.starts_with(&survey::MAGIC) {
        return Ok(checked(&survey::features(path)?, reading));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Problem::bad_input(
            format!("{} 不是 UTF-8 的 GeoJSON、TopoJSON，也不是 .shp", path.display()),
            format!("{} is neither GeoJSON or TopoJSON in UTF-8 nor a .shp", path.display()),
        )
    })?;
    read(&text, reading)
}

/// Reads GeoJSON or TopoJSON and checks what it says.
///
/// # Errors
/// It is no GeoJSON and no TopoJSON.
pub fn read(text: &str, reading: &BoundaryReading) -> Result<ImportedBoundaries, Problem> {
    // Some tools of Windows begin a file with a byte order mark.
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| Problem::bad_input(format!("文件不是 JSON：{e}"), format!("the file is no JSON: {e}")))?;
    let features = match value["type"].as_str() {
        Some("FeatureCollection") => value["features"].as_array().cloned().unwrap_or_default(),
        Some("Feature") => vec![value],
        Some("Topology") => of_topology(&value),
        other => {
            let other = other.unwrap_or("—");
            return Err(Problem::bad_input(
                format!("文件类型为 {other}：请给出 GeoJSON（FeatureCollection）或 TopoJSON（Topology）"),
                format!("the file is of type {other}: give GeoJSON (FeatureCollection) or TopoJSON (Topology)"),
            ));
        }
    };
    Ok(checked(&features, reading))
}

/// Takes features for districts and streets, and looks at them together.
fn checked(features: &[Value], reading: &BoundaryReading) -> ImportedBoundaries {
    let mut found = ImportedBoundaries::default();
    for (at, feature) in features.iter().enumerate() {
        let code = match code_of(feature, reading.property.as_deref()) {
            Ok(code) => code,
            Err(name) => {
                found.faults.push(unnamed(at + 1, &name, feature));
                continue;
            }
        };
        let mut placed = polygons(&feature["geometry"], |(x, y)| to_the_metre(reading.datum.to_wgs84(x, y)));
        placed.iter_mut().flatten().for_each(close);
        if let Some(fault) = fault_of(code, &placed) {
            found.faults.push(fault);
            continue;
        }
        // As it is written: what it is rounded to may cross itself by a metre.
        let crossings = crossings(&polygons(&feature["geometry"], |point| point));
        found.remarks.extend(cut_short(at + 1, code, &crossings));
        if let Some(fault) = crossed(at + 1, code, &crossings) {
            found.faults.push(fault);
            continue;
        }
        let level = if code > 999_999 { &mut found.streets } else { &mut found.districts };
        if level.insert(code, placed).is_some() {
            found.faults.push(Problem::bad_input(format!("{code} 出现了两次"), format!("{code} comes twice")));
        }
    }
    if found.districts.is_empty() && found.streets.is_empty() && found.faults.is_empty() {
        found.faults.push(Problem::bad_input("文件中没有区域", "there is no area in the file"));
    }
    for (level, all) in [(&found.districts, districts()), (&found.streets, streets_of(&found.streets))] {
        let (faults, remarks) = compare(level, &all);
        found.faults.extend(faults);
        found.remarks.extend(remarks);
    }
    found
}

fn districts() -> BTreeSet<u32> {
    areas().districts().iter().map(|d| d.code).collect()
}

/// All streets of the districts of which the file has at least one.
fn streets_of(found: &BTreeMap<u32, Vec<Polygon>>) -> BTreeSet<u32> {
    let of: BTreeSet<u32> = found.keys().map(|code| code / 1000).collect();
    areas().towns().iter().filter(|t| of.contains(&t.district)).map(|t| t.code).collect()
}

/// Some programs leave out the last corner of a ring, which is its first again: GeoJSON wants it.
fn close(ring: &mut Vec<Point>) {
    if let Some(first) = ring.first().copied()
        && ring.last() != Some(&first)
    {
        ring.push(first);
    }
}

/// To the metre: finer is noise, and a border that two areas share stays one.
fn to_the_metre((x, y): Point) -> Point {
    let short = |degrees: f64| (degrees * 1e5).round() / 1e5;
    (short(x), short(y))
}

/// The geometries of a TopoJSON as GeoJSON: its arcs are put together, quantised ones with their differences added up.
fn of_topology(topology: &Value) -> Vec<Value> {
    let pair = |value: &Value| Some([value[0].as_f64()?, value[1].as_f64()?]);
    let transform = pair(&topology["transform"]["scale"]).zip(pair(&topology["transform"]["translate"]));
    let arcs: Vec<Vec<[f64; 2]>> = topology["arcs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|arc| {
            let mut sum = [0.0, 0.0];
            let points = arc.as_array().into_iter().flatten().filter_map(pair);
            let placed = |point: [f64; 2]| match transform {
                None => point,
                Some((scale, translate)) => {
                    sum = [sum[0] + point[0], sum[1] + point[1]];
                    [sum[0] * scale[0] + translate[0], sum[1] * scale[1] + translate[1]]
                }
            };
            points.map(placed).collect()
        })
        .collect();
    let ring = |indices: &Value| -> Value {
        let mut points: Vec<[f64; 2]> = Vec::new();
        for index in indices.as_array().into_iter().flatten().filter_map(Value::as_i64) {
            // A negative index is the arc of its complement, backwards.
            let at = if index < 0 { !index } else { index } as usize;
            let Some(arc) = arcs.get(at) else { continue };
            let mut arc = arc.clone();
            if index < 0 {
                arc.reverse();
            }
            // Two arcs share the point at which they meet.
            points.extend(arc.into_iter().skip(usize::from(!points.is_empty())));
        }
        json!(points)
    };
    let polygon = |rings: &Value| -> Value { rings.as_array().into_iter().flatten().map(ring).collect() };
    let feature = |geometry: &Value| {
        let coordinates: Value = match geometry["type"].as_str() {
            Some("Polygon") => polygon(&geometry["arcs"]),
            Some("MultiPolygon") => geometry["arcs"].as_array().into_iter().flatten().map(polygon).collect(),
            _ => Value::Null,
        };
        json!({ "type": "Feature", "id": geometry["id"], "properties": geometry["properties"],
            "geometry": { "type": geometry["type"], "coordinates": coordinates } })
    };
    let objects = topology["objects"].as_object().into_iter().flat_map(|objects| objects.values());
    objects.flat_map(|object| object["geometries"].as_array().into_iter().flatten()).map(feature).collect()
}

/// What is wrong with the outline of one area.
fn fault_of(code: u32, polygons: &[Polygon]) -> Option<Problem> {
    let corners = || polygons.iter().flatten().flatten().copied();
    if polygons.is_empty() || polygons.iter().any(|polygon| polygon.first().is_none_or(|ring| ring.len() < 4)) {
        return Some(Problem::bad_input(
            format!("{code}：不是面，或有少于三个角的环"),
            format!("{code} is no polygon, or has a ring of fewer than three corners"),
        ));
    }
    let [west, south, east, north] = CHINA;
    let is_there = |(x, y): Point| (west..=east).contains(&x) && (south..=north).contains(&y);
    let (x, y) = corners().find(|corner| !is_there(*corner))?;
    Some(match is_there((y, x)) {
        true => Problem::bad_input(
            format!("{code}：坐标 {x}, {y} 的经纬度似乎对调了"),
            format!("{code}: longitude and latitude of {x}, {y} seem to be swapped"),
        ),
        false => Problem::bad_input(
            format!("{code}：坐标 {x}, {y} 不在中国；若为投影坐标，请先转换为经纬度"),
            format!("{code}: {x}, {y} is not in China; convert projected coordinates to degrees first"),
        ),
    })
}

/// Looks at a grid of points: areas that lie over each other are faults; areas that are missing, and land that none has, remarks.
fn compare(level: &BTreeMap<u32, Vec<Polygon>>, all: &BTreeSet<u32>) -> (Vec<Problem>, Vec<Problem>) {
    let (mut faults, mut remarks) = (Vec::new(), Vec::new());
    let corners = level.values().flatten().flatten().flatten().copied();
    let Some([west, south, east, north]) = bounds(corners) else { return (faults, remarks) };
    let boxes: Vec<(u32, [f64; 4], &Vec<Polygon>)> = level
        .iter()
        .filter_map(|(code, polygons)| Some((*code, bounds(polygons.iter().flatten().flatten().copied())?, polygons)))
        .collect();
    let mut owner = vec![None; GRID * GRID];
    let (mut sizes, mut shared): (HashMap<u32, usize>, BTreeMap<(u32, u32), usize>) = (HashMap::new(), BTreeMap::new());
    for (at, holder) in owner.iter_mut().enumerate() {
        let share = |i: usize| (i as f64 + 0.5) / GRID as f64;
        let point = (west + (east - west) * share(at % GRID), south + (north - south) * share(at / GRID));
        let near = |b: &[f64; 4]| (b[0]..=b[2]).contains(&point.0) && (b[1]..=b[3]).contains(&point.1);
        let holders: Vec<u32> = boxes.iter().filter(|(_, b, p)| near(b) && contains(p, point)).map(|(code, ..)| *code).collect();
        holders.iter().for_each(|code| *sizes.entry(*code).or_default() += 1);
        if let [first, second, ..] = holders[..] {
            *shared.entry((first, second)).or_default() += 1;
        }
        *holder = holders.first().copied();
    }
    let mut overlapping = BTreeSet::new();
    for ((a, b), count) in shared {
        let smaller = sizes[&a].min(sizes[&b]);
        if count as f64 * 100.0 > TOLERATED * smaller as f64 {
            overlapping.insert((a, b));
            faults.push(Problem::bad_input(
                format!("{a} 与 {b} 重叠：较小者约 {:.1} % 的面积", count as f64 * 100.0 / smaller as f64),
                format!("{a} and {b} overlap: about {:.1} % of the smaller one", count as f64 * 100.0 / smaller as f64),
            ));
        }
    }
    // What the grid does not see, or what is little enough to be taken.
    for Seam { areas: (a, b), kind, hectares, widest } in seams(level) {
        let (zh, en) = match kind {
            SeamKind::Overlap if overlapping.contains(&(a, b)) => continue,
            SeamKind::Overlap => ("两者重叠", "belong to both"),
            SeamKind::Gap => ("不属于任何一方", "belong to neither"),
        };
        remarks.push(Problem::bad_input(
            format!("{a} 与 {b} 之间约 {hectares:.1} 公顷{zh}（最宽约 {widest:.0} 米）"),
            format!("between {a} and {b} about {hectares:.1} hectares {en} (about {widest:.0} m at the widest)"),
        ));
    }
    let missing: Vec<String> = all.iter().filter(|code| !level.contains_key(code)).map(u32::to_string).collect();
    if !missing.is_empty() {
        let list = missing.join(", ");
        remarks.push(Problem::bad_input(
            format!("缺少 {} 个区域：{list}", missing.len()),
            format!("{} areas are missing: {list}", missing.len()),
        ));
    }
    // Land that none has, from which no way leads outside: a bay of the city is none.
    let beside = |at: usize| {
        let (x, y) = (at % GRID, at / GRID);
        [(x > 0).then(|| at - 1), (x + 1 < GRID).then(|| at + 1), (y > 0).then(|| at - GRID), (y + 1 < GRID).then(|| at + GRID)]
    };
    let rim = (0..GRID).flat_map(|i| [i, (GRID - 1) * GRID + i, i * GRID, i * GRID + GRID - 1]);
    let mut reached: Vec<usize> = rim.filter(|at| owner[*at].is_none()).collect();
    let mut outside = vec![false; owner.len()];
    while let Some(at) = reached.pop() {
        if !std::mem::replace(&mut outside[at], true) {
            reached.extend(beside(at).into_iter().flatten().filter(|next| owner[*next].is_none() && !outside[*next]));
        }
    }
    let is_hole = |at: &usize| owner[*at].is_none() && !outside[*at];
    let (holes, held) = ((0..owner.len()).filter(is_hole).count(), owner.iter().flatten().count());
    if missing.is_empty() && holes as f64 * 100.0 > TOLERATED * held as f64 {
        remarks.push(Problem::bad_input(
            format!("约 {:.1} % 的面积不属于任何区域", holes as f64 * 100.0 / held as f64),
            format!("about {:.1} % of the land belongs to no area", holes as f64 * 100.0 / held as f64),
        ));
    }
    (faults, remarks)
}

/// Where imported boundaries lie.
fn place(data: &Path, level: &str) -> PathBuf {
    data.join("boundaries").join(format!("{level}.geojson"))
}

const LEVELS: [&str; 2] = ["districts", "streets"];

/// Keeps what was read, each level whole in the place of what was there before; levels that the file does not have stay.
///
/// # Errors
/// Those of the file system.
pub fn keep(data: &Path, found: &ImportedBoundaries, attribution: &str, approval: Option<&str>) -> std::io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for (level, areas) in LEVELS.into_iter().zip([&found.districts, &found.streets]) {
        if areas.is_empty() {
            continue;
        }
        let feature = |(code, polygons): (&u32, &Vec<Polygon>)| {
            json!({ "type": "Feature", "id": code.to_string(), "properties": { "code": code.to_string() },
                "geometry": { "type": "MultiPolygon", "coordinates": polygons } })
        };
        let collection = json!({
            "type": "FeatureCollection", "attribution": attribution, "approval": approval,
            "features": areas.iter().map(feature).collect::<Vec<Value>>(),
        });
        let path = place(data, level);
        let part = path.with_extension("part");
        std::fs::create_dir_all(path.parent().unwrap_or(data))?;
        std::fs::write(&part, collection.to_string())?;
        std::fs::rename(&part, &path)?;
        written.push(path);
    }
    Ok(written)
}

/// What maps draw: outlines of districts, and of streets where a deployer brought them.
pub struct Boundaries {
    outlines: HashMap<String, Outline>,
    drawn: DrawnOutlines,
    has_streets: bool,
    is_demonstration: bool,
    /// Whose they are, said wherever they are drawn; with the number of their approval (审图号). Where some of those that ship are
    /// still among them it ends with what those are.
    pub attribution: String,
    /// Tells these from others in the addresses of what is drawn of them; those that ship have one too, as others may be imported.
    pub digest: String,
    is_imported: bool,
}

impl Boundaries {
    /// Those of a data folder, else those that ship. A file that cannot be read is passed over with a message.
    pub fn of(data: &Path) -> Boundaries {
        let mut boundaries = Boundaries {
            outlines: shipped(),
            drawn: DrawnOutlines::default(),
            has_streets: false,
            is_demonstration: true,
            attribution: ATTRIBUTION.to_owned(),
            digest: String::new(),
            is_imported: false,
        };
        let mut left: BTreeSet<String> = boundaries.outlines.keys().cloned().collect();
        let (mut hash, mut told) = (Sha256::new(), BTreeSet::new());
        hash.update(district_outlines());
        for level in LEVELS {
            let path = place(data, level);
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let Ok(collection) = serde_json::from_str::<Value>(&text) else {
                tracing::error!(path = %path.display(), "imported boundaries cannot be read: import them again");
                continue;
            };
            hash.update(&text);
            let mut said = collection["attribution"].as_str().unwrap_or("").to_owned();
            if let Some(approval) = collection["approval"].as_str() {
                said.push_str(&format!(" 审图号：{approval}"));
            }
            told.insert(said.trim().to_owned());
            boundaries.has_streets |= level == "streets";
            for feature in collection["features"].as_array().into_iter().flatten() {
                if let Some(code) = feature["properties"]["code"].as_str() {
                    left.remove(code);
                    boundaries.outlines.insert(code.to_owned(), Outline::new(&feature["geometry"]));
                }
            }
        }
        boundaries.is_demonstration = !left.is_empty();
        if !told.is_empty() {
            let mut said: Vec<String> = told.into_iter().filter(|said| !said.is_empty()).collect();
            if boundaries.is_demonstration {
                said.push(ATTRIBUTION.to_owned());
            }
            boundaries.attribution = said.join("; ");
            boundaries.is_imported = true;
        }
        boundaries.digest = data_encoding::HEXLOWER.encode(&hash.finalize()[..4]);
        boundaries
    }

    pub fn outline(&self, code: &str) -> Option<&Outline> {
        self.outlines.get(code)
    }
    /// The outlines on the Mercator map, with no more corners than the tiles of a zoom can show.
    pub fn drawn(&self, z: u32) -> &HashMap<String, DrawnOutline> {
        self.drawn.at(z, &self.outlines)
    }
    /// An outline as GeoJSON: with all its corners, else of imported ones as many as a map of the whole city can show. Those that ship
    /// are simple already.
    pub fn geometry(&self, code: &str, whole: bool) -> Option<&Value> {
        match whole || !self.is_imported {
            true => self.outline(code).map(|outline| &outline.geometry),
            false => self.drawn.overview(code, &self.outlines),
        }
    }
    /// Whether streets have outlines.
    pub fn has_streets(&self) -> bool {
        self.has_streets
    }
    /// Whether one of the outlines that ship is still drawn: demonstration data, no legal boundary.
    pub fn is_demonstration(&self) -> bool {
        self.is_demonstration
    }
    /// The corners of all outlines.
    pub fn corners(&self) -> impl Iterator<Item = Point> {
        self.outlines.values().flat_map(|outline| outline.polygons.iter().flatten().flatten().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64, side: f64) -> Value {
        let (east, north) = (west + side, south + side);
        json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]])
    }

    fn collection(areas: &[(Value, Value)]) -> String {
        let feature = |(properties, rings): &(Value, Value)| json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Polygon", "coordinates": rings } });
        json!({ "type": "FeatureCollection", "features": areas.iter().map(feature).collect::<Vec<_>>() }).to_string()
    }

    fn said(text: &str) -> (Vec<String>, Vec<String>) {
        let found = read(text, &BoundaryReading::default()).expect("a collection");
        let texts = |problems: Vec<Problem>| problems.into_iter().map(|p| p.en).collect();
        (texts(found.faults), texts(found.remarks))
    }

    #[test]
    fn areas_are_named_by_code_or_name_and_wrong_ones_are_told() {
        let text = collection(&[
            (json!({ "adcode": 110_108 }), square(116.0, 39.9, 0.2)),
            (json!({ "名称": "朝阳区" }), square(116.3, 39.9, 0.2)),
            (json!({ "code": "110105001000" }), square(116.3, 39.9, 0.05)),
        ]);
        let found = read(&text, &BoundaryReading::default()).expect("a collection");
        assert!(found.faults.is_empty(), "{:?}", found.faults);
        assert_eq!(found.districts.keys().copied().collect::<Vec<_>>(), [110_105, 110_108]);
        assert_eq!(found.streets.keys().copied().collect::<Vec<_>>(), [110_105_001]);
        assert!(found.remarks[0].en.contains("14 areas are missing"), "{:?}", found.remarks);
        let (faults, _) = said(&collection(&[
            (json!({ "code": "119999", "name": "海淀区" }), square(116.0, 39.9, 0.2)),
            (json!({ "code": "110108" }), square(39.9, 116.0, 0.2)),
            (json!({ "code": "110105" }), square(440_000.0, 4_400_000.0, 9.0)),
            (json!({ "code": "110106" }), json!([[[116.0, 39.0], [116.1, 39.0]]])),
        ]));
        for (fault, word) in faults.iter().zip(["119999", "swapped", "projected", "no polygon"]) {
            assert!(fault.contains(word), "{fault}");
        }
        assert_eq!(faults.len(), 4);
    }

    #[test]
    fn an_outline_that_crosses_itself_is_named_with_the_place_in_both_languages() {
        let bow_tie = json!([[[116.3, 39.9], [116.5, 40.1], [116.5, 39.9], [116.3, 40.1], [116.3, 39.9]]]);
        let text = collection(&[
            (json!({ "code": "110108" }), square(116.0, 39.9, 0.2)),
            (json!({ "code": "110105" }), bow_tie.clone()),
        ]);
        let found = read(&text, &BoundaryReading::default()).expect("a collection");
        let [fault] = &found.faults[..] else { panic!("{:?}", found.faults) };
        for (said, words) in [
            (&fault.en, ["area 2, 110105 (Chaoyang", "crosses itself", "116.40000, latitude 40.00000", "ST_MakeValid"]),
            (&fault.zh, ["第 2 个区域 110105（朝阳区）", "自相交", "经度 116.40000、纬度 40.00000", "修正几何图形"]),
        ] {
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
        assert!(!found.districts.contains_key(&110_105), "what lies in it nobody can say");
        // Said in the file's own coordinates, whatever they are measured in.
        let elsewhere = BoundaryReading { datum: Datum::Gcj02, property: None };
        assert_eq!(read(&text, &elsewhere).expect("a collection").faults, found.faults);
        // A part of a street that is as wide as the rounding, and the outlines that ship.
        let narrow = json!([[[116.3, 39.9], [116.5, 39.9], [116.5, 39.900_004], [116.3, 39.900_003], [116.3, 39.9]]]);
        assert!(said(&collection(&[(json!({ "code": "110105" }), narrow)])).0.is_empty());
        let shipped: Value = serde_json::from_str(district_outlines()).expect("JSON");
        let shipped = read(&shipped.to_string(), &BoundaryReading::default()).expect("a collection");
        assert!(shipped.faults.is_empty(), "{:?}", shipped.faults);
    }

    #[test]
    fn a_ring_that_its_program_left_open_is_closed() {
        let open = json!([[[116.0, 39.9], [116.2, 39.9], [116.2, 40.1], [116.0, 40.1]]]);
        let text = format!("\u{feff}{}", collection(&[(json!({ "code": 110_108.0 }), open)]));
        let found = read(&text, &BoundaryReading::default()).expect("a collection behind a byte order mark");
        let ring = &found.districts[&110_108][0][0];
        assert!(ring.len() == 5 && ring.first() == ring.last(), "{ring:?}");
    }

    #[test]
    fn areas_that_lie_over_each_other_are_refused_and_neighbours_are_not() {
        let two = |second: Value| {
            collection(&[(json!({ "code": "110108" }), square(116.0, 39.9, 0.2)), (json!({ "code": "110105" }), second)])
        };
        let (faults, _) = said(&two(square(116.1, 39.9, 0.2)));
        assert!(faults[0].contains("110105 and 110108 overlap"), "{faults:?}");
        assert!(said(&two(square(116.2, 39.9, 0.2))).0.is_empty());
        let (faults, _) = said(&collection(&[
            (json!({ "code": "110108" }), square(116.0, 39.9, 0.2)),
            (json!({ "code": "110108" }), square(116.4, 39.9, 0.2)),
        ]));
        assert_eq!(faults, ["110108 comes twice"]);
    }

    #[test]
    fn a_narrow_gap_and_a_slight_overlap_are_told_and_taken() {
        let two = |west: f64| {
            said(&collection(&[
                (json!({ "code": "110108" }), square(116.0, 39.9, 0.2)),
                (json!({ "code": "110105" }), square(west, 39.9, 0.2)),
            ]))
        };
        // 200 metres, and 0.3 % of either.
        for (west, said) in [(116.20235, "belong to neither (about 200 m"), (116.1994, "belong to both (about 51 m")] {
            let (faults, remarks) = two(west);
            assert!(faults.is_empty(), "{faults:?}");
            assert!(
                remarks.iter().any(|remark| remark.contains("between 110105 and 110108") && remark.contains(said)),
                "{remarks:?}"
            );
        }
        let (faults, remarks) = two(116.2);
        assert!(faults.is_empty() && remarks.iter().all(|remark| !remark.contains("between")), "{remarks:?}");
    }

    #[test]
    fn a_topology_is_the_same_areas() {
        let topology = json!({
            "type": "Topology", "transform": { "scale": [0.1, 0.1], "translate": [116.0, 39.0] },
            "objects": { "districts": { "type": "GeometryCollection", "geometries": [
                { "type": "Polygon", "id": "110108", "properties": {}, "arcs": [[0, 1]] },
                { "type": "Polygon", "properties": { "name": "朝阳区" }, "arcs": [[-1, 2]] } ] } },
            "arcs": [[[1, 0], [0, 1]], [[1, 1], [-1, 0], [0, -1], [1, 0]], [[1, 0], [1, 0], [0, 1], [-1, 0]]],
        });
        let found = read(&topology.to_string(), &BoundaryReading::default()).expect("a topology");
        assert!(found.faults.is_empty(), "{:?}", found.faults);
        let inside = |code: u32, point| contains(&found.districts[&code], point);
        assert!(inside(110_108, (116.05, 39.05)) && !inside(110_108, (116.15, 39.05)));
        assert!(inside(110_105, (116.15, 39.05)) && !inside(110_105, (116.05, 39.05)));
    }

    #[test]
    fn what_is_kept_is_drawn_with_whose_it_is() {
        let data = tempfile::tempdir().expect("a folder");
        let before = Boundaries::of(data.path());
        assert!(!before.digest.is_empty() && before.is_demonstration());
        let text = collection(&[
            (json!({ "code": "110108" }), square(116.0, 39.9, 0.2)),
            (json!({ "code": "110105001" }), square(116.3, 39.9, 0.05)),
        ]);
        let reading = BoundaryReading { datum: Datum::Gcj02, property: None };
        let found = read(&text, &reading).expect("a collection");
        keep(data.path(), &found, "某某测绘院", Some("京S(2026)001号")).expect("written");
        let kept = Boundaries::of(data.path());
        assert_ne!(kept.digest, before.digest);
        assert!(kept.has_streets() && kept.attribution.contains("某某测绘院 审图号：京S(2026)001号"), "{}", kept.attribution);
        let corner = kept.outline("110108").expect("Haidian").polygons[0][0][0];
        assert!(corner.0 < 116.0 && (corner.0 - 116.0).abs() < 0.01, "moved back from GCJ-02: {corner:?}");
        assert!(kept.outline("110101").is_some(), "districts that the file does not have keep their outlines");
        assert!(kept.is_demonstration() && kept.attribution.ends_with(ATTRIBUTION), "{}", kept.attribution);
        let of = |(code, outline): (String, Outline)| (code.parse().expect("six digits"), outline.polygons);
        let all = ImportedBoundaries { districts: shipped().into_iter().map(of).collect(), ..ImportedBoundaries::default() };
        keep(data.path(), &all, "某某测绘院", Some("京S(2026)001号")).expect("written");
        let whole = Boundaries::of(data.path());
        assert!(!whole.is_demonstration(), "nothing that ships is drawn any more");
        assert_eq!(whole.attribution, "某某测绘院 审图号：京S(2026)001号");
    }
}
