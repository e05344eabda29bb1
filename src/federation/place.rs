//! Places of the federation: service centres and stations, office buildings and parks with their joint stations; a building's own list
//! of enterprises beside those whose address names it; the nearest station.
//!
//! In: sheets, points, addresses. Out: places with what is wrong about them, two lists compared, a distance. What it does not do: know
//! enterprises.

use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};
use crate::model::field::named;
use crate::model::reference::areas::unit_code;

named! {
    /// What a place is.
    pub enum PlaceKind {
        /// A service centre (服务中心).
        Centre = "CENTRE",
        /// A service station (服务站).
        Station = "STATION",
        /// An office building (楼宇).
        OfficeBuilding = "BUILDING",
        /// A park (园区).
        BusinessPark = "PARK",
    }
}

const KINDS: &[(PlaceKind, &[&str])] = &[
    (PlaceKind::Centre, &["CENTRE", "服务中心", "中心"]),
    (PlaceKind::Station, &["STATION", "服务站", "站"]),
    (PlaceKind::OfficeBuilding, &["BUILDING", "楼宇", "写字楼"]),
    (PlaceKind::BusinessPark, &["PARK", "园区"]),
];

/// The columns of a sheet of places.
pub const PLACE_COLUMNS: &[SheetColumn] = &[
    needed("code", "编号"),
    needed("name", "名称"),
    needed("kind", "类别"),
    needed("unit", "单位代码"),
    optional("address", "地址"),
    optional("areas", "区划代码"),
    optional("longitude", "经度"),
    optional("latitude", "纬度"),
    optional("services", "服务项目"),
    optional("party_station", "党建工作站"),
    optional("social_station", "社会工作站"),
    optional("union_station", "工会服务站"),
    optional("officers", "驻站人数"),
    optional("source", "来源"),
];

/// The columns of a building's own list.
pub const LISTING_COLUMNS: &[SheetColumn] =
    &[needed("place", "楼宇编号"), needed("enterprise", "企业"), optional("source", "来源")];

/// A place of the federation, or one that it looks after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionPlace {
    /// What it is known by.
    pub code: Box<str>,
    /// What it is called: of a building and a park, the part of an address that names it.
    pub name: Box<str>,
    /// What it is.
    pub kind: PlaceKind,
    /// Code of the unit that keeps it.
    pub unit: Box<str>,
    /// Where it is, in words.
    pub address: Option<Box<str>>,
    /// Divisions that it lies in or serves.
    pub areas: Vec<Box<str>>,
    /// WGS-84, east and north.
    pub point: Option<(f64, f64)>,
    /// What is done there.
    pub services: Vec<Box<str>>,
    /// A Party-building station is in it.
    pub party_station: bool,
    /// A social-work station is in it.
    pub social_station: bool,
    /// A union service station is in it.
    pub union_station: bool,
    /// Staff stationed there.
    pub officers: u64,
    /// Where it is said.
    pub source: Box<str>,
}

impl UnionPlace {
    /// The districts that it lies in, each once.
    pub fn districts(&self) -> Vec<&str> {
        let mut districts: Vec<&str> = self.areas.iter().filter_map(|code| code.get(..6)).collect();
        districts.sort_unstable();
        districts.dedup();
        districts
    }
    /// A building or park that lies in more than one district: whose its enterprises are has to be said by a person.
    pub fn is_in_two_districts(&self) -> bool {
        matches!(self.kind, PlaceKind::OfficeBuilding | PlaceKind::BusinessPark) && self.districts().len() > 1
    }
    /// Party, social-work and union stations together (三站合一).
    pub fn is_joint(&self) -> bool {
        self.party_station && self.social_station && self.union_station
    }
    /// Whether one goes there for services.
    pub fn serves(&self) -> bool {
        matches!(self.kind, PlaceKind::Centre | PlaceKind::Station) || self.union_station
    }
}

/// A line of a building's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceListing {
    /// Code of the building or park.
    pub place: Box<str>,
    /// As the list writes it: a name or a credit code.
    pub enterprise: Box<str>,
    /// Whose list it is.
    pub source: Box<str>,
}

/// Reads a sheet of places.
///
/// # Errors
/// Every fault with its line.
pub fn read_places(text: &str, source: Option<&str>) -> Result<Vec<(u64, UnionPlace)>, Vec<SheetFault>> {
    read_sheet(text, PLACE_COLUMNS, |row| {
        let (kind, longitude, latitude) = (row.word("kind", KINDS), row.number("longitude"), row.number("latitude"));
        let flags = ["party_station", "social_station", "union_station"].map(|name| row.flag(name).unwrap_or(false));
        let (officers, source) = (row.count("officers").unwrap_or(0), row.source(source));
        let areas = row.texts("areas");
        for area in areas.iter().filter(|area| !area.bytes().all(|b| b.is_ascii_digit()) || unit_code(area, None).is_none()) {
            row.fault(format!("没有区划 {area}"), format!("there is no area {area}"));
        }
        let point = match (longitude, latitude) {
            (Some(east), Some(north)) if is_in_country((east, north)) => Some((east, north)),
            (Some(_), Some(_)) => {
                row.fault(
                    "经纬度不在中国境内：是否写颠倒了，或不是以度为单位",
                    "longitude and latitude lie outside China: they may be swapped, or not in degrees",
                );
                None
            }
            (None, None) => None,
            _ => {
                row.fault("经纬度不完整：须同时填写", "longitude and latitude come together");
                None
            }
        };
        let boxed = |texts: Vec<String>| texts.into_iter().map(Into::into).collect();
        Some(UnionPlace {
            code: row.text("code")?.into(),
            name: row.text("name")?.into(),
            kind: kind?,
            unit: row.text("unit")?.into(),
            address: row.text("address").map(Into::into),
            areas: boxed(areas),
            point,
            services: boxed(row.texts("services")),
            party_station: flags[0],
            social_station: flags[1],
            union_station: flags[2],
            officers,
            source: source?.into(),
        })
    })
}

/// Reads buildings' own lists.
///
/// # Errors
/// Every fault with its line.
pub fn read_listings(text: &str, source: Option<&str>) -> Result<Vec<(u64, PlaceListing)>, Vec<SheetFault>> {
    read_sheet(text, LISTING_COLUMNS, |row| {
        let source = row.source(source);
        Some(PlaceListing {
            place: row.text("place")?.into(),
            enterprise: row.text("enterprise")?.into(),
            source: source?.into(),
        })
    })
}

/// Whether a point (east, north) can be one of the country's: 0,0 and swapped degrees cannot.
pub(super) fn is_in_country((east, north): (f64, f64)) -> bool {
    (73.0..=136.0).contains(&east) && (3.0..=54.0).contains(&north)
}

/// Metres between two points on the globe (haversine, mean radius).
pub fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    const RADIUS: f64 = 6_371_008.8;
    let [(east_a, north_a), (east_b, north_b)] = [a, b].map(|(east, north): (f64, f64)| (east.to_radians(), north.to_radians()));
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let chord = half(north_b - north_a) + north_a.cos() * north_b.cos() * half(east_b - east_a);
    2.0 * RADIUS * chord.sqrt().min(1.0).asin()
}

/// The nearest place where one goes for services, and how far it is; of several equally far the first by code.
pub fn nearest<'p>(places: impl IntoIterator<Item = &'p UnionPlace>, from: (f64, f64)) -> Option<(&'p UnionPlace, f64)> {
    let serving = places.into_iter().filter(|place| place.serves());
    let with_distance = serving.filter_map(|place| Some((place, metres(from, place.point?))));
    with_distance.min_by(|(a, near), (b, far)| near.total_cmp(far).then(a.code.cmp(&b.code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = "code,name,kind,unit,areas,longitude,latitude,party_station,social_station,union_station,source
C1,区服务中心,CENTRE,D,110108,116.30,39.95,,,,t
S1,甲站,STATION,D,110108001,116.40,39.95,,,,t
B1,示例大厦,BUILDING,D,110108001;110101001,116.39,39.95,是,是,是,t
B2,示例二厦,BUILDING,D,110108001;110108002,116.31,39.95,是,否,否,t
";

    #[test]
    fn a_building_in_two_districts_is_flagged_and_the_nearest_station_is_found() {
        let places: Vec<UnionPlace> = read_places(SHEET, None).unwrap().into_iter().map(|(_, p)| p).collect();
        let flags: Vec<(bool, bool)> = places.iter().map(|p| (p.is_in_two_districts(), p.is_joint())).collect();
        assert_eq!(flags, [(false, false), (false, false), (true, true), (false, false)]);
        let near = |east: f64| nearest(&places, (east, 39.95)).map(|(p, m)| (&*p.code, m.round()));
        assert_eq!(near(116.312).unwrap().0, "C1", "a building without a station serves nobody");
        assert_eq!(near(116.391).unwrap(), ("B1", 85.0));
        assert!((metres((116.3, 39.95), (116.3, 40.95)) - 111_195.0).abs() < 5.0);
        assert!(nearest(&[], (116.0, 39.0)).is_none());
        for (row, said) in [
            ("X,无点,STATION,D,,116.3,,,,,t", "come together"),
            ("X,零点,STATION,D,,0,0,,,,t", "outside China"),
            ("X,颠倒,STATION,D,,39.95,116.30,,,,t", "swapped"),
            ("X,无区,STATION,D,999999,,,,,,t", "no area"),
        ] {
            let header = SHEET.lines().next().unwrap();
            assert!(read_places(&format!("{header}\n{row}\n"), None).unwrap_err()[0].problem.en.contains(said));
        }
    }
}
