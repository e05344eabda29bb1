//! English names of Chinese firms: the 字号 in pinyin or letters, trade words that can be put back into Chinese.
//!
//! `Hengxin (Beijing) Trading Co., Ltd.` reads as 字号 `HENGXIN` and trade 商贸贸易. Which of the Chinese words the
//! Chinese name uses is the matter of the comparison.

use std::sync::LazyLock;

use hashbrown::{HashMap, HashSet};

use super::glyph::{Glyph, glyphs, readings};
use super::name_parts::Name;
use super::place::PLACES;
use super::tables;

static TRADES: LazyLock<HashMap<&'static str, Vec<Vec<Glyph>>>> = LazyLock::new(|| {
    tables::ENGLISH
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(word, chinese)| (word, chinese.split(' ').map(glyphs).collect()))
        .collect()
});

/// Trades and places of two words, and the words that stand for them in the tables.
const PHRASES: [(&str, &str); 7] = [
    ("real estate", "realty"),
    ("property management", "property"),
    ("human resources", "hr"),
    ("human resource", "hr"),
    ("hong kong", "hongkong"),
    ("inner mongolia", "neimenggu"),
    ("co-operative", "cooperative"),
];

/// Words of form, and the provinces and prefectures in pinyin.
static GLUE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut words: HashSet<String> = tables::lines(tables::ENGLISH_FORMS).map(str::to_string).collect();
    for place in tables::places().filter(|p| p.code % 100 == 0) {
        let name = glyphs(place.name);
        let mut stem = name.as_slice();
        while stem.len() > 2 && !PLACES.is_place(&stem[..stem.len() - 1]) {
            stem = &stem[..stem.len() - 1];
        }
        for cut in [stem, &stem[..stem.len().saturating_sub(1).max(2).min(stem.len())]] {
            words.extend(spelt(cut));
        }
    }
    words.extend(
        ["shaanxi", "hongkong", "hong", "kong", "macau", "tibet", "peking", "canton", "harbin", "urumqi", "lhasa", "hohhot"]
            .map(str::to_string),
    );
    words
});

/// A place in letters, by every reading of its glyphs: 长春 as changchun and zhangchun.
fn spelt(place: &[Glyph]) -> Vec<String> {
    let mut all = vec![String::new()];
    for glyph in place {
        all = all.iter().flat_map(|before| readings(*glyph).map(move |syllable| format!("{before}{syllable}"))).collect();
    }
    all
}

/// Letters of the shortest English name that stands beside a Chinese one.
pub(super) const SHORTEST: usize = 8;

/// A cell that holds a name in both languages: the Chinese one, and the English one, which is the longest stretch without
/// Chinese characters and ends, or goes on for several words, as a firm's name does. (雀巢 written Nestle雀巢, or a 字号 in
/// letters, is none.)
pub(super) fn beside_chinese(raw: &str) -> Option<(String, &str)> {
    let is_english = |c: char| c.is_ascii() && !matches!(c, ';' | '|' | '/') || matches!(c, '，' | '．' | '’' | '＆');
    let (mut longest, mut from) = ("", None);
    for (at, c) in raw.char_indices().chain([(raw.len(), '中')]) {
        match (is_english(c), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                from = None;
                if at - start > longest.len() {
                    longest = &raw[start..at];
                }
            }
            _ => {}
        }
    }
    let words = || longest.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().any(char::is_alphabetic));
    let is_form = |word: &str| tables::lines(tables::ENGLISH_FORMS).any(|form| form.eq_ignore_ascii_case(word));
    let letters = longest.chars().filter(char::is_ascii_alphabetic).count();
    if letters < SHORTEST || words().count() < 2 || words().count() < 3 && !words().any(is_form) {
        return None;
    }
    let start = longest.as_ptr() as usize - raw.as_ptr() as usize;
    Some(([&raw[..start], &raw[start + longest.len()..]].concat(), longest))
}

/// Reads a name written in Latin letters.
pub(super) fn read(raw: &str) -> Name {
    let mut lower: String = raw.chars().flat_map(char::to_lowercase).collect();
    for (words, one) in PHRASES {
        lower = lower.replace(words, one);
    }
    let (mut brand, mut trade) = (String::new(), Vec::new());
    for word in lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()) {
        let word = word.trim_end_matches("'s").replace('\'', "");
        let word = word.as_str();
        if let Some(chinese) = TRADES.get(word) {
            trade.extend(chinese.iter().flatten().copied());
        } else if !GLUE.contains(word) {
            brand.push_str(word);
        }
    }
    let brand = glyphs(&brand);
    let mut name = Name::from_parts([&[], &[], &brand, &trade, &[], &[]]);
    name.shape.english = true;
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::glyph::text;
    use crate::normalise::name::read_name;
    use crate::normalise::romanise::romanised;

    #[test]
    fn an_english_name_gives_pinyin_and_chinese_trade_words() {
        let name = read_name("Hengxin (Beijing) Trading Co., Ltd.");
        assert!(name.shape.english);
        assert_eq!(text(name.view().brand()), "HENGXIN");
        assert_eq!(text(name.view().trade()), "商贸贸易");
        assert_eq!(text(read_name("Beijing Hengxin Media Co.,Ltd").view().brand()), "HENGXIN");
        assert_eq!(text(&romanised(&glyphs("恒信"))), "HENGXIN");
    }
}
