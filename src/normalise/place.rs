//! Provinces, prefectures and counties: their names in front of a firm's name, their codes, their successors.
//!
//! Codes are six digits of GB/T 2260. A retired code resolves to the one that took its place.

use std::sync::LazyLock;

use hashbrown::HashMap;

use super::glyph::{Glyph, glyphs, text};
use super::lexicon::Lexicon;
use super::tables;
use super::tables::Level;

/// A county as a number: hash of its name in force. Registries of one city name their districts without the city.
pub type CountyKey = u32;

fn county_key(name: &str) -> CountyKey {
    (super::hash::hash(&glyphs(name)) as u32).max(1)
}

/// One way to write a place.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub level: Level,
    /// Code in force; 0 where several places share the name.
    pub code: u32,
    /// A county by name (北京's 朝阳区 and 长春's are one): 0 for larger places.
    pub county: CountyKey,
    /// Written with its suffix (北京市, not 北京).
    pub full: bool,
}

impl Place {
    /// Whether it can lie in that province (its two digits; 0: any), as far as its code is known.
    pub fn lies_in(&self, province: u32) -> bool {
        province == 0 || self.code == 0 || self.code / 10_000 == province
    }
}

pub struct Places {
    words: Lexicon<Place>,
    successor: HashMap<u32, u32>,
    name: HashMap<u32, Box<str>>,
}

pub static PLACES: LazyLock<Places> = LazyLock::new(Places::load);

/// 沙河镇, 朝阳门街道: behind a short name they make it a town's or a street's.
static STREET_ENDS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("镇乡街路门村桥"));

const SUFFIXES: [&str; 21] = [
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "经济技术开发区",
    "新区",
    "矿区",
    "林区",
    "地区",
    "省",
    "市",
    "区",
    "县",
    "旗",
    "盟",
    "州",
    "群岛",
];
const PEOPLES: [&str; 30] = [
    "蒙古族",
    "蒙古",
    "回族",
    "藏族",
    "维吾尔",
    "苗族",
    "彝族",
    "壮族",
    "布依族",
    "朝鲜族",
    "满族",
    "侗族",
    "瑶族",
    "白族",
    "土家族",
    "哈尼族",
    "哈萨克",
    "傣族",
    "黎族",
    "傈僳族",
    "佤族",
    "畲族",
    "水族",
    "纳西族",
    "景颇族",
    "土族",
    "羌族",
    "仫佬族",
    "仡佬族",
    "毛南族",
];

/// 北京市 → 北京, 延边朝鲜族自治州 → 延边; None where nothing of two characters would stay.
fn short(name: &str) -> Option<String> {
    let suffix = SUFFIXES.iter().find(|s| name.ends_with(**s))?;
    let mut stem = &name[..name.len() - suffix.len()];
    while let Some(people) = PEOPLES.iter().find(|p| stem.ends_with(**p) && stem.len() >= p.len() + 6) {
        stem = &stem[..stem.len() - people.len()];
    }
    (stem.chars().count() >= 2).then(|| stem.to_string())
}

impl Places {
    fn load() -> Places {
        let (mut successor, mut name) = (HashMap::new(), HashMap::new());
        let mut spellings: HashMap<String, Place> = HashMap::new();
        let mut add = |spelling: String, place: Place| {
            spellings
                .entry(spelling)
                .and_modify(|known| match known.level.cmp(&place.level) {
                    std::cmp::Ordering::Equal if known.code != place.code => known.code = 0,
                    std::cmp::Ordering::Greater => *known = place,
                    _ => {}
                })
                .or_insert(place);
        };
        let names: HashMap<u32, &str> = tables::places().map(|row| (row.code, row.name)).collect();
        for row in tables::places() {
            let current = if row.successor == 0 { row.code } else { row.successor };
            if row.successor != 0 {
                successor.insert(row.code, row.successor);
            }
            name.insert(row.code, row.name.into());
            let county = match row.level {
                Level::County => county_key(names.get(&current).unwrap_or(&row.name)),
                _ => 0,
            };
            let place = Place { level: row.level, code: current, county, full: true };
            if let Some(short) = short(row.name) {
                add(short, Place { full: false, ..place });
            }
            add(row.name.to_string(), place);
        }
        let mut spellings: Vec<_> = spellings.into_iter().collect();
        spellings.sort_by(|a, b| a.0.cmp(&b.0));
        Places { words: Lexicon::new(spellings.iter().map(|(s, p)| (s.as_str(), *p))), successor, name }
    }

    /// The longest place that `text` starts with.
    pub fn prefix(&self, text: &[Glyph]) -> Option<(usize, Place)> {
        self.words.prefix(text)
    }

    pub fn prefixes<'a>(&'a self, text: &'a [Glyph]) -> impl Iterator<Item = (usize, Place)> + 'a {
        self.words.prefixes(text)
    }

    pub fn is_place(&self, text: &[Glyph]) -> bool {
        self.words.contains(text)
    }

    /// The county of a code of 6, 9 or 12 digits; None where it is too short, no number, or no county's.
    pub fn county(&self, code: &str) -> Option<CountyKey> {
        let six: u32 = code.trim().get(..6)?.parse().ok()?;
        let code = self.in_force(six);
        if code.is_multiple_of(100) { None } else { self.name(code).map(county_key) }
    }

    /// The code that took the place of `code`, or `code` itself.
    pub fn in_force(&self, code: u32) -> u32 {
        let mut code = code;
        for _ in 0..4 {
            match self.successor.get(&code) {
                Some(next) => code = *next,
                None => break,
            }
        }
        code
    }

    /// The county that a text such as `海淀区总工会` or `国家税务总局北京市海淀区税务局` speaks of.
    pub fn county_in(&self, words: &str) -> Option<CountyKey> {
        let text = glyphs(words);
        let (mut found, mut province) = (None, 0);
        let mut at = 0;
        while at < text.len() {
            match self.words.prefix(&text[at..]) {
                Some((len, place)) => {
                    let of_a_street = text.get(at + len).is_some_and(|g| STREET_ENDS.contains(g));
                    if place.code != 0 && place.level != Level::County {
                        province = place.code / 10_000;
                    }
                    // Written whole it counts at once; a short name may be a town's or a street's.
                    match place.full {
                        true if place.county != 0 => return Some(place.county),
                        false if place.county != 0 && !of_a_street && place.lies_in(province) => {
                            found = found.or(Some(place.county))
                        }
                        _ => {}
                    }
                    at += len;
                }
                None => at += 1,
            }
        }
        found
    }

    pub fn name(&self, code: u32) -> Option<&str> {
        self.name.get(&code).map(|n| &**n)
    }
}

/// Text of a place, for evidence.
pub fn shown(place: &[Glyph]) -> String {
    text(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_codes_resolve_to_the_ones_in_force() {
        assert_eq!(PLACES.in_force(110228), 110118);
        assert_eq!(PLACES.county("110228"), PLACES.county("110118"));
        assert_eq!(PLACES.county("110103001000"), PLACES.county_in("东城区"));
        assert_eq!(PLACES.county("3205"), None);
        assert_eq!(PLACES.county("110000"), None);
    }

    #[test]
    fn a_district_is_found_inside_the_name_of_its_authority() {
        assert_eq!(PLACES.county_in("国家税务总局北京市海淀区税务局"), PLACES.county("110108"));
        assert_eq!(PLACES.county_in("密云县总工会"), PLACES.county("110118"));
        assert_eq!(PLACES.county_in("朝阳区总工会"), PLACES.county("110105"));
        assert_ne!(PLACES.county("110105"), PLACES.county("110108"));
        assert_eq!(PLACES.county_in("昌平区沙河镇总工会"), PLACES.county("110114"));
        assert_eq!(PLACES.county_in("东城区朝阳门街道总工会"), PLACES.county("110101"));
        assert_eq!(PLACES.county_in("朝阳门街道总工会"), None);
        assert_eq!(PLACES.county_in("总工会"), None);
    }

    #[test]
    fn names_lose_their_suffix_and_people() {
        assert_eq!(short("北京市").as_deref(), Some("北京"));
        assert_eq!(short("延边朝鲜族自治州").as_deref(), Some("延边"));
        assert_eq!(short("内蒙古自治区").as_deref(), Some("内蒙古"));
        assert_eq!(short("县"), None);
    }
}
