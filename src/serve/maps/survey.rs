//! Outlines as surveyors hand them over: a shapefile with its table of attributes.
//!
//! In: the path of a `.shp`, beside it the `.dbf`, and where they are there the `.prj` (what its numbers are measured in) and the `.cpg`
//! (how the table is encoded). Out: features of GeoJSON in degrees. Projected coordinates are unprojected by the `.prj`; datums whose
//! way to WGS-84 is not public (Beijing 1954, Xi'an 1980) are refused, since a guess would be off by a hundred metres.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, GB18030, UTF_8};
use proj4rs::Proj;
use serde_json::{Map, Value, json};
use shapefile::dbase::FieldValue;
use shapefile::dbase::encoding::EncodingRs;
use shapefile::record::traits::HasXY;
use shapefile::{PolygonRing, Shape, ShapeReader, dbase};

use super::outlines::{Point, Polygon, contains};
use crate::serve::problem::Problem;

/// The first bytes of every shapefile (ESRI Shapefile Technical Description, 1998).
pub const MAGIC: [u8; 4] = [0x00, 0x00, 0x27, 0x0a];

/// Where the table says in which code page it is, and what stands there where it says nothing.
const MARK_AT: u64 = 29;
const NO_MARK: u8 = 0;

/// The areas of a shapefile.
///
/// # Errors
/// A part that is missing or cannot be read; a projection that is not known; a datum without a public way to WGS-84.
pub fn features(path: &Path) -> Result<Vec<Value>, Problem> {
    let place = projection(path)?;
    let damaged = |e: shapefile::Error| {
        Problem::bad_input(
            format!("{} 已损坏或不完整：{e}", path.display()),
            format!("{} is damaged or incomplete: {e}", path.display()),
        )
    };
    let shapes = ShapeReader::from_path(path).and_then(ShapeReader::read).map_err(damaged)?;
    let rows = table(path)?;
    if shapes.len() != rows.len() {
        return Err(Problem::bad_input(
            format!("{} 有 {} 个图形，其 .dbf 有 {} 行：两者不是同一份数据", path.display(), shapes.len(), rows.len()),
            format!(
                "{} has {} shapes and its .dbf {} rows: they do not belong together",
                path.display(),
                shapes.len(),
                rows.len()
            ),
        ));
    }
    shapes.iter().zip(rows).map(|(shape, row)| feature(shape, row, &place)).collect()
}

fn feature(shape: &Shape, row: dbase::Record, place: &Place) -> Result<Value, Problem> {
    let properties: Map<String, Value> = row.into_iter().map(|(name, value)| (name, cell(value))).collect();
    let polygons = match shape {
        Shape::Polygon(polygon) => polygons(polygon.rings()),
        Shape::PolygonM(polygon) => polygons(polygon.rings()),
        Shape::PolygonZ(polygon) => polygons(polygon.rings()),
        // A line or a point is no area: what reads the features says so of the one it stands in.
        _ => Vec::new(),
    };
    let mut placed = Vec::with_capacity(polygons.len());
    for polygon in polygons {
        let rings = polygon.into_iter().map(|ring| ring.into_iter().map(|point| place.degrees(point)).collect());
        placed.push(rings.collect::<Result<Polygon, Problem>>()?);
    }
    let geometry = json!({ "type": "MultiPolygon", "coordinates": placed });
    Ok(json!({ "type": "Feature", "properties": properties, "geometry": geometry }))
}

/// Rings as polygons: a hole belongs to the outer ring around it. One that lies in none was turned the wrong way round, and is land.
fn polygons<P: HasXY>(rings: &[PolygonRing<P>]) -> Vec<Polygon> {
    let points = |ring: &PolygonRing<P>| ring.points().iter().map(|p| (p.x(), p.y())).collect::<Vec<Point>>();
    let (outer, inner): (Vec<_>, Vec<_>) = rings.iter().partition(|ring| matches!(ring, PolygonRing::Outer(_)));
    let mut polygons: Vec<Polygon> = outer.into_iter().map(|ring| vec![points(ring)]).collect();
    for hole in inner.into_iter().map(points) {
        let around = |polygon: &&mut Polygon| hole.first().is_some_and(|corner| contains(&[vec![polygon[0].clone()]], *corner));
        match polygons.iter_mut().find(around) {
            Some(polygon) => polygon.push(hole),
            None => polygons.push(vec![hole]),
        }
    }
    polygons
}

fn cell(value: FieldValue) -> Value {
    let number = |n: f64| if n.fract() == 0.0 && n.abs() < 1e15 { json!(n as i64) } else { json!(n) };
    match value {
        FieldValue::Character(text) => json!(text.map(|text| text.trim_matches(['\0', ' ']).to_owned())),
        FieldValue::Memo(text) => json!(text),
        FieldValue::Numeric(n) => n.map_or(Value::Null, number),
        FieldValue::Float(n) => n.map_or(Value::Null, |n| number(f64::from(n))),
        FieldValue::Integer(n) => json!(n),
        FieldValue::Currency(n) | FieldValue::Double(n) => number(n),
        FieldValue::Logical(is) => json!(is),
        FieldValue::Date(_) | FieldValue::DateTime(_) => Value::Null,
    }
}

/// A file beside the shapes, whose ending may be written either way.
fn beside(path: &Path, ending: &str) -> Option<PathBuf> {
    [ending.to_owned(), ending.to_uppercase()].iter().map(|ending| path.with_extension(ending)).find(|path| path.is_file())
}

/// The rows of the table, in the encoding of the `.cpg`, else as the table marks it, else as its bytes read.
fn table(path: &Path) -> Result<Vec<dbase::Record>, Problem> {
    let missing = || {
        Problem::bad_input(
            format!("缺少 {} 的属性表（.dbf）：请把 .shp、.dbf、.prj 放在一起", path.display()),
            format!("the table (.dbf) of {} is missing: keep .shp, .dbf and .prj together", path.display()),
        )
    };
    let place = beside(path, "dbf").ok_or_else(missing)?;
    let damaged = |why: &dyn std::fmt::Display| {
        Problem::bad_input(format!("无法读取 {}：{why}", place.display()), format!("{} cannot be read: {why}", place.display()))
    };
    let mut file = File::open(&place).map(BufReader::new).map_err(|e| damaged(&e))?;
    let builder = match encoding(path, &mut file).map_err(|e| e.unwrap_or_else(|| damaged(&"I/O")))? {
        Some(encoding) => dbase::ReaderBuilder::new().with_encoding(EncodingRs::from(encoding)),
        None => dbase::ReaderBuilder::new(),
    };
    builder.build(file).and_then(|mut reader| reader.read()).map_err(|e| damaged(&e))
}

/// How the table is encoded; None: as its own mark says.
fn encoding(path: &Path, table: &mut BufReader<File>) -> Result<Option<&'static Encoding>, Option<Problem>> {
    if let Some(place) = beside(path, "cpg") {
        let label = std::fs::read(&place).map_err(|_| None)?;
        let label = String::from_utf8_lossy(&label).trim().trim_start_matches('\u{feff}').to_owned();
        return match of_label(&label) {
            Some(encoding) => Ok(Some(encoding)),
            None => Err(Some(Problem::bad_input(
                format!("{} 写着未知编码「{label}」：请改为 UTF-8、GBK 或 GB18030", place.display()),
                format!("{} names an unknown encoding \"{label}\": write UTF-8, GBK or GB18030", place.display()),
            ))),
        };
    }
    let mut bytes = Vec::new();
    table.read_to_end(&mut bytes).and_then(|_| table.seek(SeekFrom::Start(0))).map_err(|_| None)?;
    let is_marked = bytes.get(MARK_AT as usize).is_some_and(|mark| *mark != NO_MARK);
    // What is marked as Latin is GBK where somebody wrote Chinese with a program that knows no other mark; its bytes are no UTF-8 then.
    let is_chinese_mark = matches!(bytes.get(MARK_AT as usize), Some(0x4d | 0x4f | 0x7a | 0x7b));
    Ok(match std::str::from_utf8(bytes.get(32..).unwrap_or_default()) {
        _ if is_marked && is_chinese_mark => None,
        Ok(_) => Some(UTF_8),
        Err(_) => Some(GB18030),
    })
}

/// What a `.cpg` names, as the programs write it: a name, or a number of a code page, with or without a word before it.
fn of_label(label: &str) -> Option<&'static Encoding> {
    let upper = label.to_ascii_uppercase();
    let bare = ["ANSI ", "ESRI ", "CP", "OEM "].iter().find_map(|word| upper.strip_prefix(word)).unwrap_or(&upper).trim();
    match bare {
        "936" | "54936" | "EUC-CN" | "EUC_CN" => Some(GB18030),
        "65001" | "UTF8" => Some(UTF_8),
        "950" => Some(encoding_rs::BIG5),
        name => Encoding::for_label(name.as_bytes()),
    }
}

/// From what the shapes are measured in to degrees.
enum Place {
    Degrees,
    Projected { from: Box<Proj>, to: Box<Proj>, name: String },
}

impl Place {
    fn degrees(&self, (x, y): Point) -> Result<Point, Problem> {
        let Place::Projected { from, to, name } = self else { return Ok((x, y)) };
        let mut point = (x, y, 0.0);
        proj4rs::transform::transform(from, to, &mut point).map_err(|e| {
            Problem::bad_input(
                format!("坐标 {x}, {y} 不在投影 {name} 的范围内：{e}"),
                format!("{x}, {y} does not lie in the projection {name}: {e}"),
            )
        })?;
        Ok((point.0.to_degrees(), point.1.to_degrees()))
    }
}

/// Datums whose way to WGS-84 is known to a survey's office only.
const CLOSED: [(&str, &str); 4] =
    [("BEIJING_1954", "北京 1954"), ("BEIJING 1954", "北京 1954"), ("XIAN_1980", "西安 1980"), ("XIAN 1980", "西安 1980")];

/// What the `.prj` says; degrees where there is none. China Geodetic Coordinate System 2000 and WGS-84 agree to a tenth of a metre.
fn projection(path: &Path) -> Result<Place, Problem> {
    let Some(place) = beside(path, "prj") else { return Ok(Place::Degrees) };
    let unread = |e: std::io::Error| {
        Problem::bad_input(format!("无法读取 {}：{e}", place.display()), format!("{} cannot be read: {e}", place.display()))
    };
    let bytes = std::fs::read(&place).map_err(unread)?;
    let text = String::from_utf8_lossy(&bytes).trim().trim_start_matches('\u{feff}').to_owned();
    let upper = text.to_uppercase();
    if let Some((_, name)) = CLOSED.iter().find(|(known, _)| upper.contains(known)) {
        return Err(Problem::bad_input(
            format!("{} 为 {name} 坐标系，其与 WGS-84 的换算参数不公开：请由测绘单位转换为 CGCS2000 后再导入", place.display()),
            format!(
                "{} is of {name}, whose way to WGS-84 is not public: let the surveyor convert it to CGCS2000 first",
                place.display()
            ),
        ));
    }
    if upper.starts_with("GEOGCS") || upper.starts_with("GEOGCRS") || upper.starts_with("GEODCRS") {
        return Ok(Place::Degrees);
    }
    let name = text.split('"').nth(1).unwrap_or("?").to_owned();
    let unknown = |e: &dyn std::fmt::Display| {
        Problem::bad_input(
            format!("不认识 {} 的投影 {name}（{e}）：请先转换为经纬度", place.display()),
            format!("the projection {name} of {} is not known ({e}): convert it to degrees first", place.display()),
        )
    };
    let written = proj4wkt::wkt_to_projstring(&text).map_err(|e| unknown(&e))?;
    let from = Proj::from_proj_string(&written).map_err(|e| unknown(&e))?;
    let to = Proj::from_proj_string("+proj=longlat +ellps=WGS84 +no_defs").map_err(|e| unknown(&e))?;
    Ok(Place::Projected { from: Box::new(from), to: Box::new(to), name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_code_page_is_called_differs_by_program() {
        for label in ["GBK", "gb2312", "936", "CP936", "ANSI 936", "cp54936", "EUC-CN", "GB18030"] {
            let found = of_label(label).map(|encoding| encoding.decode("海淀".as_bytes()).0.len());
            assert!(found.is_some() && of_label(label) != Some(UTF_8), "{label}");
        }
        assert_eq!((of_label("UTF-8"), of_label("65001"), of_label("utf8")), (Some(UTF_8), Some(UTF_8), Some(UTF_8)));
        assert_eq!(of_label("Klingon"), None);
    }

    #[test]
    fn a_hole_belongs_to_the_ring_around_it_and_a_ring_turned_round_is_land() {
        let square = |x: f64, y: f64, side: f64| -> Vec<shapefile::Point> {
            [(x, y), (x, y + side), (x + side, y + side), (x + side, y), (x, y)]
                .map(|(x, y)| shapefile::Point::new(x, y))
                .to_vec()
        };
        let rings = vec![
            PolygonRing::Inner(square(11.0, 1.0, 1.0)),
            PolygonRing::Outer(square(0.0, 0.0, 3.0)),
            PolygonRing::Outer(square(10.0, 0.0, 3.0)),
            PolygonRing::Inner(square(20.0, 0.0, 3.0)),
        ];
        let found = polygons(&rings);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
    }
}
