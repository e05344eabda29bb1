//! Countries and regions by ISO 3166-1 code, and the names that registries write.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::table::{keep, rows};

/// The code of what was written and is no country that ISO 3166 has: user-assigned there, and so never one of its own.
pub const UNKNOWN: &str = "ZZ";

/// A country, or a region with a code of its own (香港 HK, 澳门 MO, 台湾 TW).
#[derive(Debug, Clone)]
pub struct Country {
    /// Two letters.
    pub alpha2: &'static str,
    /// Three letters.
    pub alpha3: &'static str,
    /// Chinese name.
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// A region of China.
    pub is_region: bool,
}

struct Countries {
    list: Vec<Country>,
    /// By code and by every name, in upper case.
    by_text: HashMap<String, usize>,
}

fn table() -> &'static Countries {
    static TABLE: LazyLock<Countries> = LazyLock::new(|| {
        let (mut list, mut by_text) = (Vec::new(), HashMap::new());
        for r in rows("areas/countries.csv", include_str!("../../../reference/areas/countries.csv")) {
            for text in r.iter().take(4).chain(r[5].split(';')).filter(|text| !text.is_empty()) {
                by_text.entry(key(text)).or_insert(list.len());
            }
            list.push(Country {
                alpha2: keep(&r[0]),
                alpha3: keep(&r[1]),
                name_zh: keep(&r[2]),
                name_en: keep(&r[3]),
                is_region: &r[4] == "region",
            });
        }
        Countries { list, by_text }
    });
    &TABLE
}

fn key(text: &str) -> String {
    text.trim().to_uppercase()
}

/// Every country and region, by its code.
pub fn countries() -> &'static [Country] {
    &table().list
}

/// The country of a code (two or three letters) or a name, Chinese or English, as registries write them. None for what ISO 3166-1 does
/// not have.
pub fn country(text: &str) -> Option<&'static Country> {
    table().by_text.get(&key(text)).map(|at| &table().list[*at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_in_either_language_give_the_country() {
        for (text, code) in [
            ("US", "US"),
            ("usa", "US"),
            ("美国", "US"),
            (" 美利坚合众国 ", "US"),
            ("United States", "US"),
            ("DEU", "DE"),
            ("德国", "DE"),
            ("韩国", "KR"),
            ("英国", "GB"),
            ("英属维尔京群岛", "VG"),
            ("开曼群岛", "KY"),
            ("新加坡", "SG"),
            ("台湾", "TW"),
            ("中国台湾", "TW"),
            ("香港", "HK"),
            ("中国香港", "HK"),
            ("澳门", "MO"),
        ] {
            assert_eq!(country(text).map(|c| c.alpha2), Some(code), "{text}");
        }
        for text in ["", "XX", "ZZ", "火星", "外国", "北京", "EU"] {
            assert!(country(text).is_none(), "{text}");
        }
    }

    #[test]
    fn there_are_as_many_as_iso_3166_has_and_three_of_them_are_regions() {
        let list = countries();
        assert_eq!(list.len(), 249);
        assert!(list.windows(2).all(|w| w[0].alpha2 < w[1].alpha2), "sorted, each once");
        assert!(list.iter().all(|c| c.alpha2.len() == 2 && c.alpha3.len() == 3 && country(c.alpha3).unwrap().alpha2 == c.alpha2));
        let regions: Vec<&str> = list.iter().filter(|c| c.is_region).map(|c| c.alpha2).collect();
        assert_eq!(regions, ["HK", "MO", "TW"]);
        assert_eq!(country("TW").unwrap().name_zh, "台湾");
    }
}
