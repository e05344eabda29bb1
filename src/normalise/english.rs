//! English names of Chinese firms: the 字号 in pinyin or letters, trade words that can be put back into Chinese.
//!
//! `Hengxin (Beijing) Trading Co., Ltd.` reads as place 北京, 字号 `HENGXIN` and trade 商贸贸易. Which of the Chinese words the
//! Chinese name uses is the matter of the comparison. `…, Shanghai Branch` behind it is a branch.

use std::sync::LazyLock;

use hashbrown::{HashMap, HashSet};

use super::glyph::{Glyph, glyphs, readings};
use super::name_parts::Name;
use super::place::PLACES;
use super::tables;
use super::words::form_class;

static TRADES: LazyLock<HashMap<&'static str, Vec<Vec<Glyph>>>> = LazyLock::new(|| {
    tables::ENGLISH
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(word, chinese)| (word, chinese.split(' ').map(glyphs).collect()))
        .collect()
});

/// Trades and places of two words, and the words that stand for them in the tables.
const PHRASES: [(&str, &str); 8] = [
    ("real estate", "realty"),
    ("property management", "property"),
    ("human resources", "hr"),
    ("human resource", "hr"),
    ("hong kong", "hongkong"),
    ("inner mongolia", "neimenggu"),
    ("co-operative", "cooperative"),
    ("representative office", "representative"),
];

/// Words of form.
static FORMS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| tables::lines(tables::ENGLISH_FORMS).collect());

/// Those of them that a registered firm's name ends with.
const LEGAL: [&str; 11] = ["co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "plc", "gmbh"];

/// What makes a unit of its own, behind the firm's name, and its Chinese word.
const BRANCHES: [(&str, &str); 3] = [("branch", "分公司"), ("representative", "代表处"), ("office", "办事处")];

/// Ordinals of branches.
const ORDINALS: [(&str, &str); 9] = [
    ("first", "第一"),
    ("second", "第二"),
    ("third", "第三"),
    ("fourth", "第四"),
    ("fifth", "第五"),
    ("sixth", "第六"),
    ("seventh", "第七"),
    ("eighth", "第八"),
    ("ninth", "第九"),
];

/// Places that are written otherwise than in pinyin.
const OTHERWISE: [(&str, &str); 12] = [
    ("shaanxi", "陕西"),
    ("hongkong", "香港"),
    ("hong", ""),
    ("kong", ""),
    ("macau", "澳门"),
    ("tibet", "西藏"),
    ("peking", "北京"),
    ("canton", "广州"),
    ("harbin", "哈尔滨"),
    ("urumqi", "乌鲁木齐"),
    ("lhasa", "拉萨"),
    ("hohhot", "呼和浩特"),
];

/// Provinces and prefectures in pinyin, and what they are in Chinese; nothing where several are spelt so (苏州, 宿州).
static PLACES_IN_PINYIN: LazyLock<HashMap<String, Vec<Glyph>>> = LazyLock::new(|| {
    let mut words: HashMap<String, Vec<Glyph>> = HashMap::new();
    for place in tables::places().filter(|p| p.code % 100 == 0) {
        let name = glyphs(place.name);
        let mut stem = name.as_slice();
        while stem.len() > 2 && !PLACES.is_place(&stem[..stem.len() - 1]) {
            stem = &stem[..stem.len() - 1];
        }
        let short = &stem[..stem.len().saturating_sub(1).max(2).min(stem.len())];
        let chinese = if PLACES.is_place(short) { short } else { stem };
        for word in [stem, short].into_iter().flat_map(spelt) {
            let known = words.entry(word).or_insert_with(|| chinese.to_vec());
            if *known != chinese {
                known.clear();
            }
        }
    }
    words.extend(OTHERWISE.map(|(word, chinese)| (word.to_string(), glyphs(chinese))));
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
    let mut lower: String = raw.chars().flat_map(char::to_lowercase).map(|c| if "üǖǘǚǜ".contains(c) { 'u' } else { c }).collect();
    for (words, one) in PHRASES {
        lower = lower.replace(words, one);
    }
    let words: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_end_matches("'s").replace('\'', ""))
        .filter(|word| !word.is_empty())
        .collect();
    let legal = |word: &String| LEGAL.contains(&word.as_str());
    let (firm, branch) = words.split_at(cut_branch(&words, words.iter().rposition(legal)));
    let (mut place, mut brand, mut trade) = (Vec::new(), String::new(), Vec::new());
    let mut places: Vec<&String> = Vec::new();
    for word in firm {
        if let Some(chinese) = TRADES.get(word.as_str()) {
            trade.extend(chinese.iter().flatten().copied());
        } else if PLACES_IN_PINYIN.contains_key(word) {
            // What several places are spelt as tells none, and may still be the 字号.
            if !places.contains(&word) {
                places.push(word);
            }
        } else if !FORMS.contains(word.as_str()) {
            brand.push_str(word);
        }
    }
    // Yan'an Technology (Beijing): a 字号 that is spelt as a place is.
    let own = || places.iter().rposition(|word| !lower.contains(&format!("({word}")));
    if let Some(at) = own().filter(|_| brand.is_empty()) {
        brand.push_str(places.remove(at));
    }
    places.iter().for_each(|word| place.extend_from_slice(&PLACES_IN_PINYIN[*word]));
    // ü is written u or v.
    let brand = glyphs(&brand.replace("lv", "lu").replace("nv", "nu"));
    let branch: Vec<Glyph> = branch.iter().flat_map(|word| in_chinese(word)).collect();
    let form = if words.iter().any(legal) { FORM } else { "" };
    let mut name = Name::from_parts([&[], &place, &brand, &trade, &[], &branch]);
    name.shape.english = true;
    name.shape.form_class = form_class(form);
    name
}

/// The form of a firm whose English name has one; which it is in Chinese, Co., Ltd. does not tell.
const FORM: &str = "公司";

/// Where the branch begins: behind the firm's form, or, where that is left out, with the place or the number before `branch`.
fn cut_branch(words: &[String], form: Option<usize>) -> usize {
    let is_branch = |word: &String| BRANCHES.iter().any(|(known, _)| known == word);
    let Some(last) = words.iter().rposition(is_branch) else { return words.len() };
    match form {
        Some(form) if form < last => form + 1,
        Some(_) => words.len(),
        None => {
            let first = words.iter().position(is_branch).unwrap_or(last);
            let tells = |word: &String| PLACES_IN_PINYIN.contains_key(word) || ORDINALS.iter().any(|(known, _)| known == word);
            if first > 1 && tells(&words[first - 1]) { first - 1 } else { first }
        }
    }
}

/// A word of a branch's name; what is not known stays in letters.
fn in_chinese(word: &str) -> Vec<Glyph> {
    let known = BRANCHES.iter().chain(&ORDINALS).find(|(known, _)| *known == word);
    match (known, PLACES_IN_PINYIN.get(word)) {
        (Some((_, chinese)), _) => glyphs(chinese),
        (None, Some(place)) => place.clone(),
        (None, None) if FORMS.contains(word) => Vec::new(),
        (None, None) => glyphs(word),
    }
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

    #[test]
    fn place_and_branch_of_an_english_name_are_read() {
        for (raw, place, brand, branch) in [
            ("Hengxin (Beijing) Trading Co., Ltd.", "北京", "HENGXIN", ""),
            ("Tianjin Hengxin Trading Co., Ltd.", "天津", "HENGXIN", ""),
            ("Hengxin Trading (Hong Kong) Limited", "香港", "HENGXIN", ""),
            ("Hengxin Trading Co., Ltd.", "", "HENGXIN", ""),
            ("Hengxin Technology (Beijing) Co., Ltd. Shanghai Branch", "北京", "HENGXIN", "上海分公司"),
            ("Hengxin Technology Second Branch", "", "HENGXIN", "第二分公司"),
            ("Beijing Yan'an Technology Co., Ltd.", "北京", "YANAN", ""),
            ("Yan'an Technology (Beijing) Co., Ltd.", "北京", "YANAN", ""),
            ("Lvyuan Trading Co., Ltd.", "", "LUYUAN", ""),
            ("Lüyuan Trading Co., Ltd.", "", "LUYUAN", ""),
            ("Hengxin Technology Co., Ltd. Beijing Representative Office", "", "HENGXIN", "北京代表处"),
            ("Office Depot Hengxin Co., Ltd.", "", "DEPOTHENGXIN", ""),
        ] {
            let name = read_name(raw);
            let view = name.view();
            let parts = [view.inner_place(), view.brand(), view.branch()].map(text);
            assert_eq!(parts, [place, brand, branch].map(str::to_string), "{raw}");
        }
    }
}
