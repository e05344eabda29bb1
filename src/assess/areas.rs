//! Divisions: codes and names as registries write them → the district and the street or town in force.
//!
//! In: 6, 9 or 12 digits, or a text that names a district. Out: codes of the divisions in `reference/areas`, retired
//! codes replaced by their successors. A street code that no list knows says only its district.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::NaiveDate;

const DISTRICTS: &str = include_str!("../../reference/areas/districts.csv");
const DIVISIONS: &str = include_str!("../../reference/areas/divisions.csv");
const TOWNS: &str = include_str!("../../reference/areas/towns.csv");
const RETIRED: &str = include_str!("../../reference/areas/retired.csv");
const SUCCESSORS: &str = include_str!("../../reference/areas/successors.csv");

/// A place as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Six digits.
    pub district: u32,
    /// Nine digits.
    pub town: Option<u32>,
}

impl Place {
    /// Neither contradicts the other: same district, and not two different towns.
    pub fn agrees(self, other: Place) -> bool {
        self.district == other.district && (self.town.is_none() || other.town.is_none() || self.town == other.town)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.town.unwrap_or(self.district))
    }
}

/// Codes and names of `reference/areas`.
pub struct Areas {
    counties: HashMap<u32, ()>,
    towns: HashMap<u32, ()>,
    /// Retired code → (successor, first day). Both districts (6 digits) and streets (9 digits).
    successors: HashMap<u32, (u32, NaiveDate)>,
    /// District names of the cities we know, longest first, retired ones too.
    names: Vec<(Box<str>, Place)>,
    exact: HashMap<Box<str>, Place>,
    town_names: HashMap<(u32, Box<str>), u32>,
    /// Towns of the development zone (经济技术开发区), which has a federation of its own.
    zone: Vec<u32>,
}

/// The divisions that ship with the program.
pub static AREAS: LazyLock<Areas> = LazyLock::new(Areas::embedded);

fn in_city(district: u32, city: &str) -> bool {
    let prefix: u32 = city.parse().unwrap_or(0);
    let digits = city.len().min(6) as u32;
    prefix == 0 || district / 10u32.pow(6 - digits) == prefix
}

fn rows(text: &'static str) -> impl Iterator<Item = HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("reference files have a header").clone();
    reader.into_records().map(move |row| {
        let row = row.expect("reference files are well-formed CSV");
        header.iter().map(str::to_string).zip(row.iter().map(str::to_string)).collect()
    })
}

fn town_stem(name: &str) -> &str {
    let name = name.strip_suffix("办事处").unwrap_or(name);
    for end in ["街道", "地区", "镇", "乡"] {
        if let Some(stem) = name.strip_suffix(end)
            && stem.chars().count() >= 2
        {
            return stem;
        }
    }
    name
}

impl Areas {
    fn embedded() -> Areas {
        let code = |row: &HashMap<String, String>, column: &str| row.get(column).and_then(|c| c.parse::<u32>().ok());
        let counties = rows(DIVISIONS).filter_map(|r| code(&r, "code")).map(|c| (c, ())).collect();
        let mut names = Vec::new();
        for row in rows(DISTRICTS) {
            let (Some(district), Some(name)) = (code(&row, "code"), row.get("name_zh")) else { continue };
            names.push((name.as_str().into(), Place { district, town: None }));
        }
        let (mut towns, mut town_names, mut zone) = (HashMap::new(), HashMap::new(), Vec::new());
        for row in rows(TOWNS) {
            let (Some(town), Some(name)) = (code(&row, "code"), row.get("name_zh")) else { continue };
            towns.insert(town, ());
            let district = town / 1000;
            town_names.entry((district, name.as_str().into())).or_insert(town);
            town_names.entry((district, town_stem(name).into())).or_insert(town);
            if row.get("development_zone").is_some_and(|z| z == "1") {
                zone.push(town);
                if name.contains("开发区") {
                    names.push((name.as_str().into(), Place { district, town: Some(town) }));
                }
            }
        }
        let start = NaiveDate::from_ymd_opt(1949, 10, 1).expect("a day");
        let mut successors = HashMap::new();
        for row in rows(RETIRED) {
            if let (Some(old), Some(new)) = (code(&row, "code"), code(&row, "successor")) {
                successors.insert(old, (new, start));
            }
        }
        for row in rows(SUCCESSORS) {
            let (Some(old), Some(new)) = (code(&row, "code"), code(&row, "successor")) else { continue };
            if old == new || row.get("level").is_some_and(|l| l == "registration_authority") {
                continue;
            }
            let from = row.get("in_force_from").and_then(|d| d.parse().ok()).unwrap_or(start);
            successors.insert(old, (new, from));
            let name = row.get("name_zh").map(String::as_str).unwrap_or_default();
            if old < 1_000_000 && name.chars().count() >= 3 && !names.iter().any(|(n, _): &(Box<str>, Place)| &**n == name) {
                names.push((name.into(), Place { district: new, town: None }));
            }
        }
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let exact = names.iter().cloned().collect();
        Areas { counties, towns, successors, names, exact, town_names, zone }
    }

    /// The code in force on `day` for an old or current one.
    pub fn successor(&self, code: u32, day: NaiveDate) -> u32 {
        let mut current = code;
        for _ in 0..4 {
            match self.successors.get(&current) {
                Some((next, from)) if *from <= day && *next != current => current = *next,
                _ => break,
            }
        }
        current
    }

    /// Reads 6, 9 or 12 digits. None where the district is unknown.
    pub fn by_code(&self, text: &str, day: NaiveDate) -> Option<Place> {
        let digits = text.trim();
        if !matches!(digits.len(), 6 | 9 | 12) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        if digits.len() >= 9 {
            let town = self.successor(digits[..9].parse().ok()?, day);
            if self.towns.contains_key(&town) {
                return Some(Place { district: town / 1000, town: Some(town) });
            }
        }
        let district = self.successor(digits[..6].parse().ok()?, day);
        // `110000`, `110100` and `110110` name a city or a placeholder, no district.
        (self.counties.contains_key(&district) && !district.is_multiple_of(100)).then_some(Place { district, town: None })
    }

    /// Reads a text that names one of the city's districts (`海淀区`, `国家税务总局北京市海淀区税务局`).
    pub fn by_text(&self, text: &str, city: &str) -> Option<Place> {
        let home = |place: &Place| in_city(place.district, city);
        if let Some(place) = self.exact.get(text).filter(|p| home(p)) {
            return Some(*place);
        }
        if let Some((_, place)) = self.names.iter().find(|(name, place)| text.contains(&**name) && home(place)) {
            return Some(*place);
        }
        // `海淀` without its 区: the name's stem.
        let stems = self.names.iter().filter(|(_, place)| home(place)).find(|(name, _)| {
            let mut chars = name.chars();
            chars.next_back();
            let stem = chars.as_str();
            stem.chars().count() >= 2 && text.contains(stem)
        });
        stems.map(|(_, place)| *place)
    }

    /// The town of a district by its name, with or without 街道, 镇, 乡.
    pub fn town_by_name(&self, district: u32, name: &str) -> Option<u32> {
        let name = name.trim();
        self.town_names
            .get(&(district, Box::from(name)))
            .or_else(|| self.town_names.get(&(district, Box::from(town_stem(name)))))
            .copied()
    }

    /// The federation unit responsible for a place: the development zone's own, or the district's.
    pub fn federation(&self, place: Place) -> Box<str> {
        match place.town {
            Some(town) if self.zone.contains(&town) => "BEDA".into(),
            _ => format!("D{}", place.district).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn retired_codes_resolve_to_their_successors_from_their_day_on() {
        let today = day("2026-11-22");
        assert_eq!(AREAS.by_code("110104", today), Some(Place { district: 110102, town: None }));
        assert_eq!(AREAS.by_code("110228", today), Some(Place { district: 110118, town: None }));
        assert_eq!(AREAS.by_code("110104006000", today), Some(Place { district: 110102, town: Some(110102018) }));
        assert_eq!(AREAS.successor(110228, day("2015-11-16")), 110228);
        assert_eq!(AREAS.successor(110228, day("2015-11-17")), 110118);
    }

    #[test]
    fn an_unknown_street_still_tells_its_district() {
        let today = day("2026-11-22");
        assert_eq!(AREAS.by_code("110108999000", today), Some(Place { district: 110108, town: None }));
        assert_eq!(AREAS.by_code("110000", today), None);
        assert_eq!(AREAS.by_code("999999", today), None);
    }

    #[test]
    fn texts_name_districts_of_the_city() {
        assert_eq!(AREAS.by_text("国家税务总局北京市海淀区税务局", "11").map(|p| p.district), Some(110108));
        assert_eq!(AREAS.by_text("崇文区", "11").map(|p| p.district), Some(110101));
        assert_eq!(AREAS.by_text("海淀", "11").map(|p| p.district), Some(110108));
        assert_eq!(AREAS.by_text("浦东新区", "11"), None);
        assert_eq!(AREAS.town_by_name(110101, "景山"), Some(110101002));
    }
}
