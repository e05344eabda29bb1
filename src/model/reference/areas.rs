//! Beijing's districts and towns, the codes they had before, and the county codes of the whole country.
//!
//! A division code is frozen into credit codes and registration numbers at first registration, so retired codes stay in
//! daily use: `Areas::resolve` follows them to the successor in force on a date. Streets are matched by code and date, never
//! by name alone: 卢沟桥街道 was 110106008 until 2021, and is 110106017 since.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::NaiveDate;

use super::table::{keep, rows};

/// One district of the city (市辖区).
#[derive(Debug, Clone)]
pub struct District {
    /// Six digits.
    pub code: u32,
    /// Official Chinese name (海淀区).
    pub name_zh: &'static str,
    /// English name (Haidian).
    pub name_en: &'static str,
    /// Pinyin without tones.
    pub pinyin: &'static str,
    /// core, urban, sub_centre, new_town, ecological.
    pub zone: &'static str,
    /// WGS-84 longitude and latitude inside the outline, for a label.
    pub label: (f64, f64),
    /// Row and column of the tile-grid map.
    pub grid: (u8, u8),
}

/// One street, town, township or zone unit.
#[derive(Debug, Clone)]
pub struct Town {
    /// Nine digits.
    pub code: u32,
    /// Six-digit code of the district it lies in.
    pub district: u32,
    /// Official Chinese name.
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// street, town, township, area, ethnic_township, zone_unit.
    pub kind: &'static str,
    /// Belongs to the development zone (BEDA), whose federation counts like a district's.
    pub development_zone: bool,
}

/// A retired or renamed code and what it became.
#[derive(Debug, Clone)]
pub struct Successor {
    /// The retired code: six or nine digits.
    pub code: u32,
    /// What it was called.
    pub name_zh: &'static str,
    /// The code in force since; the same where only the name changed.
    pub successor: u32,
    /// First day of the new code.
    pub in_force_from: NaiveDate,
    /// recoded, renamed, merged_into, upgraded, jurisdiction.
    pub relation: &'static str,
    /// How sure the source is: high, medium, low.
    pub confidence: &'static str,
}

/// Where a code or a text leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AreaPlace {
    /// Six-digit county code in force on the asked date, of any province.
    pub district: u32,
    /// Nine-digit town code, where the code names a known one.
    pub town: Option<u32>,
    /// The code as written had been retired or renamed by then.
    pub from_old_code: bool,
}

/// All areas; get it by [`areas`].
#[derive(Debug)]
pub struct Areas {
    districts: Vec<District>,
    towns: Vec<Town>,
    successors: HashMap<u32, Successor>,
    /// Every county, prefecture and province of the country: six-digit code and name.
    divisions: HashMap<u32, &'static str>,
    /// County codes retired before 2023 elsewhere in the country; successor 0 where unknown.
    retired: HashMap<u32, (&'static str, u32)>,
    by_name: Vec<(&'static str, u32)>,
}

/// The city whose federation runs the hub.
pub const CITY: u32 = 110_000;
/// Registration authority of the development zone: not a division, but the start of its firms' credit codes.
pub const DEVELOPMENT_ZONE: u32 = 110_115_403;
/// Names under which the development zone is written.
const ZONE_NAMES: [&str; 4] = ["经济技术开发区", "经开区", "亦庄开发区", "北京开发区"];

/// The areas of `reference/areas`, parsed at first use.
pub fn areas() -> &'static Areas {
    static AREAS: LazyLock<Areas> = LazyLock::new(Areas::embedded);
    &AREAS
}

/// Outlines of the 16 districts as GeoJSON (WGS-84, simplified, not a legal boundary).
pub fn district_outlines() -> &'static str {
    include_str!("../../../reference/areas/district_outlines.geojson")
}

impl Areas {
    /// Whether a code was given up for another after one day and not after the other.
    pub fn change_between(&self, after: NaiveDate, until: NaiveDate) -> bool {
        self.successors.values().any(|s| s.in_force_from > after && s.in_force_from <= until)
    }

    fn embedded() -> Areas {
        let number = |s: &str| s.parse::<u32>().expect("codes of reference/areas are numbers");
        let degrees = |s: &str| s.parse::<f64>().expect("label points of reference/areas are numbers");
        let districts: Vec<District> = rows("areas/districts.csv", include_str!("../../../reference/areas/districts.csv"))
            .map(|r| District {
                code: number(&r[0]),
                name_zh: keep(&r[1]),
                name_en: keep(&r[2]),
                pinyin: keep(&r[3]),
                zone: keep(&r[4]),
                label: (degrees(&r[6]), degrees(&r[7])),
                grid: (number(&r[8]) as u8, number(&r[9]) as u8),
            })
            .collect();
        let towns = rows("areas/towns.csv", include_str!("../../../reference/areas/towns.csv"))
            .map(|r| Town {
                code: number(&r[0]),
                district: number(&r[0]) / 1000,
                name_zh: keep(&r[1]),
                name_en: keep(&r[2]),
                kind: keep(&r[3]),
                development_zone: &r[4] == "1",
            })
            .collect();
        let successors = rows("areas/successors.csv", include_str!("../../../reference/areas/successors.csv"))
            .map(|r| Successor {
                code: number(&r[1]),
                name_zh: keep(&r[2]),
                successor: number(&r[3]),
                in_force_from: r[5].parse().expect("dates of reference/areas/successors.csv are ISO 8601"),
                relation: keep(&r[7]),
                confidence: keep(&r[8]),
            })
            .map(|s| (s.code, s))
            .collect();
        let divisions = rows("areas/divisions.csv", include_str!("../../../reference/areas/divisions.csv"))
            .map(|r| (number(&r[0]), keep(&r[1])))
            .collect();
        let retired = rows("areas/retired.csv", include_str!("../../../reference/areas/retired.csv"))
            .map(|r| (number(&r[0]), (keep(&r[1]), r[3].parse().unwrap_or(0))))
            .collect();
        let mut areas = Areas { districts, towns, successors, divisions, retired, by_name: Vec::new() };
        areas.by_name = areas.district_names();
        areas
    }

    /// Full and short names, current and former, the longest first: 门头沟区, 门头沟, 崇文区, 密云县 …
    fn district_names(&self) -> Vec<(&'static str, u32)> {
        let mut names: Vec<(&'static str, u32)> = self.districts.iter().map(|d| (d.name_zh, d.code)).collect();
        let old = self.successors.values().filter(|s| s.code < 1_000_000 && s.successor < 1_000_000);
        names.extend(old.map(|s| (s.name_zh, s.successor)));
        let short: Vec<_> = names
            .iter()
            .filter_map(|(n, c)| Some((n.strip_suffix(['区', '县'])?, *c)))
            .filter(|(n, _)| n.chars().count() >= 2)
            .collect();
        names.extend(short);
        names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.cmp(b)));
        names.dedup();
        names
    }

    /// All districts of the city.
    pub fn districts(&self) -> &[District] {
        &self.districts
    }
    /// A district by its six-digit code in force.
    pub fn district(&self, code: u32) -> Option<&District> {
        self.districts.iter().find(|d| d.code == code)
    }
    /// Sorted by code.
    pub fn towns(&self) -> &[Town] {
        &self.towns
    }
    /// The towns of a district, sorted by code.
    pub fn towns_of(&self, district: u32) -> &[Town] {
        let start = self.towns.partition_point(|t| t.district < district);
        let end = self.towns.partition_point(|t| t.district <= district);
        &self.towns[start..end]
    }
    /// A town by its nine-digit code in force.
    pub fn town(&self, code: u32) -> Option<&Town> {
        self.towns.binary_search_by_key(&code, |t| t.code).ok().map(|at| &self.towns[at])
    }
    /// The codes that became `code`: what GraphQL shows as predecessors, sorted.
    pub fn predecessors(&self, code: u32) -> Vec<&Successor> {
        let mut found: Vec<_> = self.successors.values().filter(|s| s.successor == code && s.code != code).collect();
        found.sort_by_key(|s| s.code);
        found
    }
    /// Name of a county, prefecture or province of the country, retired ones included.
    pub fn division_name(&self, code: u32) -> Option<&'static str> {
        self.divisions.get(&code).copied().or_else(|| self.retired.get(&code).map(|r| r.0))
    }
    /// Whether a six-digit code is or was in the tables (the soft check on characters 3–8 of a credit code).
    pub fn is_known_division(&self, code: u32) -> bool {
        self.divisions.contains_key(&code) || self.retired.contains_key(&code) || self.successors.contains_key(&code)
    }

    /// Follows a division code of 6, 9 or 12 digits to the areas in force on `on`. An unknown street of a known county
    /// gives the county alone. None where the county is unknown, the code is a whole city or province, or the text is no code.
    pub fn resolve(&self, code: &str, on: NaiveDate) -> Option<AreaPlace> {
        let digits = code.trim();
        if !matches!(digits.len(), 6 | 9 | 12) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let county: u32 = digits[..6].parse().ok()?;
        if county.is_multiple_of(100) {
            return None;
        }
        let town = (digits.len() >= 9).then(|| digits[..9].parse::<u32>().ok()).flatten().filter(|t| t % 1000 != 0);
        if let Some(town) = town {
            let (now, moved) = self.follow(town, on);
            if self.town(now).is_some() {
                return Some(AreaPlace { district: now / 1000, town: Some(now), from_old_code: moved });
            }
        }
        let (now, moved) = self.follow(county, on);
        if now > 999_999 {
            return Some(AreaPlace { district: now / 1000, town: Some(now), from_old_code: moved });
        }
        if self.divisions.contains_key(&now) {
            return Some(AreaPlace { district: now, town: None, from_old_code: moved });
        }
        match self.retired.get(&now) {
            Some((_, successor)) if *successor != 0 => Some(AreaPlace { district: *successor, town: None, from_old_code: true }),
            _ => None,
        }
    }

    fn follow(&self, code: u32, on: NaiveDate) -> (u32, bool) {
        let mut now = code;
        let mut moved = false;
        for _ in 0..4 {
            match self.successors.get(&now) {
                Some(s) if s.in_force_from <= on => {
                    moved = true;
                    if s.successor == now {
                        break;
                    }
                    now = s.successor;
                }
                _ => break,
            }
        }
        (now, moved)
    }

    /// Reads a district from a text that begins with it (`海淀区`, `北京市海淀区学院路…`, `海淀`, `海淀区总工会`,
    /// `国家税务总局北京市海淀区税务局`). Former names lead to the successor. None where no district stands there.
    pub fn district_by_name(&self, text: &str) -> Option<u32> {
        let mut text = text.trim();
        for lead in ["中国", "国家税务总局", "北京市", "北京"] {
            text = text.strip_prefix(lead).unwrap_or(text).trim_start();
        }
        if ZONE_NAMES.iter().any(|n| text.starts_with(n)) {
            return Some(DEVELOPMENT_ZONE / 1000);
        }
        let (name, code) = self.by_name.iter().find(|(n, _)| text.starts_with(n))?;
        // 朝阳门 is a street of 东城, not the district 朝阳.
        let rest = &text[name.len()..];
        (name.ends_with(['区', '县']) || !rest.starts_with(['门', '园', '路', '街', '里'])).then_some(*code)
    }

    /// A town of `district` by its name or the name without 街道, 镇, 乡, 地区 (`东华门`).
    pub fn town_by_name(&self, district: u32, name: &str) -> Option<u32> {
        let name = name.trim().trim_end_matches("办事处");
        let towns = self.towns_of(district);
        let exact = towns.iter().find(|t| t.name_zh == name);
        let stem = |t: &Town| {
            ["街道", "镇", "乡", "地区"].iter().find_map(|s| t.name_zh.strip_suffix(s)).unwrap_or(t.name_zh).to_owned()
        };
        exact.or_else(|| towns.iter().find(|t| stem(t) == name)).map(|t| t.code)
    }

    /// The street or town of `district` that an address names, by its whole name; None where it names none of them, or several. The
    /// name of a road tells nothing: 中关村大街 runs through several streets.
    pub fn town_in_address(&self, district: u32, address: &str) -> Option<u32> {
        let mut found: Vec<(usize, usize, u32)> = Vec::new();
        // Every record without a street comes by here: names are looked for only where one may end.
        for (at, sign) in address.char_indices().filter(|(_, c)| matches!(c, '道' | '镇' | '乡' | '区')) {
            let end = at + sign.len_utf8();
            for town in self.towns_of(district) {
                // An area (地区) is the town or township of its name under another title.
                let stem = town.name_zh.strip_suffix("地区").filter(|_| matches!(sign, '镇' | '乡'));
                let begin = match (address[..end].strip_suffix(town.name_zh), stem) {
                    (Some(before), _) => before.len(),
                    (None, Some(stem)) => match address[..at].strip_suffix(stem) {
                        Some(before) => before.len(),
                        None => continue,
                    },
                    (None, None) => continue,
                };
                found.push((begin, end, town.code));
            }
        }
        // A name within a longer one is not named itself.
        let within = |a: &(usize, usize, u32), b: &(usize, usize, u32)| b.0 <= a.0 && a.1 <= b.1 && b.1 - b.0 > a.1 - a.0;
        let mut named: Vec<u32> = found.iter().filter(|a| !found.iter().any(|b| within(a, b))).map(|(.., code)| *code).collect();
        named.sort_unstable();
        named.dedup();
        match named.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The federation unit that looks after a place: `BEDA` in the development zone, else `D` and the district's code.
    pub fn federation_of(&self, district: u32, town: Option<u32>) -> String {
        match town.and_then(|t| self.town(t)) {
            Some(t) if t.development_zone => "BEDA".to_owned(),
            _ => format!("D{district}"),
        }
    }

    /// WGS-84 label point of a district (six digits) or of a town (nine digits: its district's point).
    pub fn label_point(&self, code: u32) -> Option<(f64, f64)> {
        let district = if code > 999_999 { code / 1000 } else { code };
        self.district(district).map(|d| d.label)
    }
}

/// A division code without the zeros that fill it up: `110108000000` and `110108000` are the district 110108, `110108001000` and
/// `110108001005` (a neighbourhood) the street 110108001. What is no code of 9 or 12 digits stays as it is.
pub fn short_code(code: &str) -> &str {
    let is_code = matches!(code.len(), 9 | 12) && code.bytes().all(|b| b.is_ascii_digit());
    match is_code {
        true if code[6..].bytes().all(|b| b == b'0') => &code[..6],
        true => &code[..9],
        false => code,
    }
}

/// What names an area in a code (`110108000000`), a name, or an id, which may say its edition (`area:110108@12`): a short code, or the
/// text as it is.
pub fn area_text(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix("area:") {
        Some(id) => short_code(id.rsplit_once('@').map_or(id, |(code, _)| code)),
        None => short_code(text),
    }
}

/// The code of a unit that can have targets: the city, a district, a town (old codes as their successor on the day, or at
/// the latest), or a federation unit (`BEDA`, `I-EDU`, `D110108`). None where there is no such unit.
pub fn unit_code(text: &str, on: Option<NaiveDate>) -> Option<String> {
    let text = text.trim().trim_end_matches(".0");
    if text == CITY.to_string() || super::federation_units().iter().any(|u| u.unit == text) {
        return Some(text.to_owned());
    }
    let place = areas().resolve(text, on.unwrap_or(NaiveDate::MAX))?;
    areas().district(place.district)?;
    // A street that nobody knows is not its district: the district's own target would be lost.
    if text.len() > 6 && !text[6..].bytes().all(|b| b == b'0') && place.town.is_none() {
        return None;
    }
    Some(place.town.unwrap_or(place.district).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_names_a_street_by_its_whole_name_and_one_only() {
        for (address, town) in [
            ("北京市海淀区上庄镇上庄路1号", true),
            ("上庄镇政府街2号", true),
            ("北京市海淀区上庄南路165号院", false),
            ("海淀区上庄镇与苏家坨镇之间", false),
            ("海淀区上庄镇上庄镇政府", true),
            ("北京市朝阳区东风地区", false),
            ("", false),
        ] {
            assert_eq!(areas().town_in_address(110_108, address).is_some(), town, "{address}");
        }
        let dongfeng = areas().town_by_name(110_105, "东风地区");
        assert!(dongfeng.is_some());
        for address in ["朝阳区东风乡将台洼村", "北京市朝阳区东风地区1号"] {
            assert_eq!(areas().town_in_address(110_105, address), dongfeng, "{address}");
        }
    }

    #[test]
    fn an_unknown_street_is_no_unit_and_not_its_district() {
        for (text, unit) in [
            ("110105", Some("110105")),
            ("110105000", Some("110105")),
            ("110101001", Some("110101001")),
            ("110101001000", Some("110101001")),
            ("110101999", None),
            ("I-EDU", Some("I-EDU")),
            ("市总工会", None),
        ] {
            assert_eq!(unit_code(text, None).as_deref(), unit, "{text}");
        }
    }

    #[test]
    fn old_codes_lead_to_the_successor_in_force_on_the_date() {
        let a = areas();
        let cases = [
            ("110103", "2026-01-01", 110_101, None),
            ("110228", "2026-01-01", 110_118, None),
            ("110108", "2026-01-01", 110_108, None),
            ("110302", "2026-01-01", 110_115, Some(110_115_403)),
            ("110104001", "2026-01-01", 110_102, Some(110_102_013)),
            ("110229214000", "2026-01-01", 110_119, Some(110_119_203)),
            ("110105526177", "2026-01-01", 110_105, None),
            ("110101001", "2026-01-01", 110_101, Some(110_101_001)),
        ];
        for (code, on, district, town) in cases {
            let place = a.resolve(code, day(on)).unwrap();
            assert_eq!((place.district, place.town), (district, town), "{code}");
        }
        assert!(a.resolve("990000", day("2026-01-01")).is_none());
        assert!(a.resolve("110000", day("2026-01-01")).is_none(), "the city is no district");
        assert!(a.resolve("海淀", day("2026-01-01")).is_none());
        assert!(!a.resolve("110106008", day("2019-01-01")).unwrap().from_old_code);
        assert!(a.resolve("110106008", day("2024-01-01")).unwrap().from_old_code, "renamed since");
    }

    #[test]
    fn districts_are_read_from_texts() {
        let a = areas();
        let cases = [
            ("海淀区", Some(110_108)),
            ("海淀", Some(110_108)),
            ("北京市海淀区学院路30号", Some(110_108)),
            ("国家税务总局北京市门头沟区税务局", Some(110_109)),
            ("密云县", Some(110_118)),
            ("宣武区总工会", Some(110_102)),
            ("朝阳门内大街", None),
            ("北京经济技术开发区荣华中路", Some(110_115)),
            ("天津市", None),
            ("", None),
        ];
        for (text, district) in cases {
            assert_eq!(a.district_by_name(text), district, "{text}");
        }
        assert_eq!(a.town_by_name(110_101, "东华门"), Some(110_101_001));
    }

    #[test]
    fn there_are_sixteen_districts_and_the_tables_agree() {
        let a = areas();
        assert_eq!(a.districts().len(), 16);
        assert!(a.towns().len() > 340);
        assert!(a.towns().windows(2).all(|w| w[0].code < w[1].code), "binary search needs the order");
        for town in a.towns() {
            assert!(a.district(town.district).is_some(), "{}", town.name_zh);
        }
        for s in a.successors.values() {
            assert!(s.code == s.successor || a.district(s.code).is_none(), "{} is a district in force", s.code);
        }
        assert_eq!(a.towns().iter().filter(|t| t.development_zone).count(), 3);
        assert_eq!(a.division_name(310_101), Some("黄浦区"));
        assert!(district_outlines().contains("110119"));
    }
}
