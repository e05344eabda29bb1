//! Names of enterprises: place, trade name (字号), trade, form; and the names they had, their branches' and their siblings'.

use std::sync::LazyLock;

use super::draw::Draw;
use super::words::{FIRST, FOREIGN_SYLLABLES, NEXT, SIBLING_WORDS, TRADES};

/// Where the place stands in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceStyle {
    /// 北京某某科技有限公司
    Before,
    /// 北京市某某科技有限公司
    BeforeWithCity,
    /// 某某（北京）科技有限公司
    AfterTradeName,
    /// 某某科技（北京）有限公司
    AfterTrade,
    /// 北京市海淀区某某厂
    District,
}

/// A name in its parts, so that registries can drop, change and misspell each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedName {
    pub style: PlaceStyle,
    /// 海淀区; used by `PlaceStyle::District` alone.
    pub district: &'static str,
    pub trade_name: String,
    pub trade: String,
    pub form: &'static str,
    /// 海淀分公司; empty for all but branches.
    pub branch: String,
}

impl SimulatedName {
    pub fn full(&self) -> String {
        let SimulatedName { district, trade_name, trade, form, branch, .. } = self;
        match self.style {
            PlaceStyle::Before => format!("北京{trade_name}{trade}{form}{branch}"),
            PlaceStyle::BeforeWithCity => format!("北京市{trade_name}{trade}{form}{branch}"),
            PlaceStyle::AfterTradeName => format!("{trade_name}（北京）{trade}{form}{branch}"),
            PlaceStyle::AfterTrade => format!("{trade_name}{trade}（北京）{form}{branch}"),
            PlaceStyle::District => format!("北京市{district}{trade_name}{trade}{form}{branch}"),
        }
    }
    /// 某某科技 Technology (Beijing) Co., Ltd., with the trade name in pinyin.
    pub fn english(&self, trade_english: &str, draw: &mut Draw) -> String {
        let spelt = pinyin_of(&self.trade_name);
        match draw.below(3) {
            0 => format!("{spelt} (Beijing) {trade_english} Co., Ltd."),
            1 => format!("Beijing {spelt} {trade_english} Co.,Ltd"),
            _ => format!("{spelt} {trade_english} (Beijing) Co., Ltd."),
        }
    }
}

/// `Hengtongda`; characters without a reading stay.
pub fn pinyin_of(text: &str) -> String {
    use pinyin::ToPinyin;
    let mut spelt = String::new();
    for (c, reading) in text.chars().zip(text.to_pinyin()) {
        match reading {
            Some(r) => spelt.push_str(r.plain()),
            None => spelt.push(c),
        }
    }
    let mut letters = spelt.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

static FIRST_CHARS: LazyLock<Vec<char>> = LazyLock::new(|| FIRST.chars().collect());
static NEXT_CHARS: LazyLock<Vec<char>> = LazyLock::new(|| NEXT.chars().collect());

/// A trade name of two to four characters; the common characters far more often, so that trade names repeat as they do
/// in a real city.
pub fn trade_name(draw: &mut Draw) -> String {
    let mut name = String::new();
    name.push(FIRST_CHARS[draw.skewed(FIRST_CHARS.len())]);
    let more = match draw.below(100) {
        0..=34 => 1,
        35..=89 => 2,
        _ => 3,
    };
    for at in 0..more {
        let table = if at == 1 && draw.chance(0.35) { &FIRST_CHARS } else { &NEXT_CHARS };
        let c = table[draw.skewed(table.len())];
        name.push(c);
    }
    name
}

/// A transliterated one, three or four syllables, and its spelling.
pub fn foreign_trade_name(draw: &mut Draw) -> (String, String) {
    let (mut name, mut spelt) = (String::new(), String::new());
    for _ in 0..draw.between(3, 4) {
        let (character, letters) = draw.pick(&FOREIGN_SYLLABLES);
        name.push_str(character);
        spelt.push_str(&letters.to_lowercase());
    }
    let mut letters = spelt.chars();
    let spelt = letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect());
    (name, spelt)
}

/// The name of a company; `old` firms of before 1995 are sometimes a 厂 or 公司 of a district.
pub fn company(draw: &mut Draw, trade: usize, district: &'static str, old: bool, foreign: bool) -> SimulatedName {
    let style = match draw.below(100) {
        _ if foreign => *draw.pick(&[PlaceStyle::AfterTradeName, PlaceStyle::AfterTrade]),
        0..=69 => PlaceStyle::Before,
        70..=77 => PlaceStyle::BeforeWithCity,
        78..=89 => PlaceStyle::AfterTradeName,
        90..=97 => PlaceStyle::AfterTrade,
        _ => PlaceStyle::District,
    };
    let form = match draw.below(100) {
        _ if old && draw.chance(0.4) => *draw.pick(&["厂", "公司", "总公司", "有限责任公司"]),
        0..=72 => "有限公司",
        73..=90 => "有限责任公司",
        91..=96 => "股份有限公司",
        97..=98 => "集团有限公司",
        _ => "中心（有限合伙）",
    };
    let name = if foreign { foreign_trade_name(draw).0 } else { trade_name(draw) };
    SimulatedName { style, district, trade_name: name, trade: TRADES[trade].word.to_owned(), form, branch: String::new() }
}

/// 北京市海淀区某某餐馆: an individual business.
pub fn individual(draw: &mut Draw, district: &'static str) -> SimulatedName {
    let form = *draw.pick(&["餐馆", "商店", "理发店", "便利店", "服装店", "水果店", "修理部", "面馆"]);
    SimulatedName {
        style: PlaceStyle::District,
        district,
        trade_name: trade_name(draw),
        trade: String::new(),
        form,
        branch: String::new(),
    }
}

/// 某某有限公司海淀分公司.
pub fn branch(parent: &SimulatedName, draw: &mut Draw, district: &'static str, number: usize) -> SimulatedName {
    let short = district.trim_end_matches('区');
    let branch = match draw.below(10) {
        0..=4 => format!("{short}分公司"),
        5..=7 => format!("{short}第{}分公司", ["一", "二", "三", "四", "五", "六", "七", "八", "九"][number % 9]),
        8 => format!("第{}分公司", ["一", "二", "三", "四", "五", "六", "七", "八", "九"][number % 9]),
        _ => format!("{short}销售分公司"),
    };
    SimulatedName { branch, ..parent.clone() }
}

/// Another firm with nearly the same name: one trade word more, another form, one character changed or added.
pub fn sibling(of: &SimulatedName, draw: &mut Draw, other_trade: usize) -> SimulatedName {
    let mut name = SimulatedName { branch: String::new(), ..of.clone() };
    match draw.below(10) {
        0..=3 => name.trade.push_str(SIBLING_WORDS[draw.below(SIBLING_WORDS.len())]),
        4..=6 => name.trade = TRADES[other_trade].word.to_owned(),
        7 => name.trade_name.push(NEXT_CHARS[draw.below(40)]),
        8 => {
            let mut chars: Vec<char> = name.trade_name.chars().collect();
            let last = chars.len() - 1;
            chars[last] = NEXT_CHARS[draw.below(60)];
            name.trade_name = chars.into_iter().collect();
        }
        _ => name.trade_name = format!("新{}", name.trade_name),
    }
    name
}

/// What the firm was called before.
pub fn former(of: &SimulatedName, draw: &mut Draw, other_trade: usize) -> SimulatedName {
    let mut name = of.clone();
    match draw.below(100) {
        0..=39 => name.trade = TRADES[other_trade].word.to_owned(),
        40..=59 => name.form = if of.form == "有限公司" { "有限责任公司" } else { "有限公司" },
        60..=84 => name.trade_name = trade_name(draw),
        _ => {
            name.style = PlaceStyle::BeforeWithCity;
            name.form = *draw.pick(&["公司", "经营部", "厂"]);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_place_trade_name_trade_and_form() {
        let mut draw = Draw::new(1, 0, 0);
        for n in 0..500 {
            let name = company(&mut draw, n % TRADES.len(), "海淀区", false, n % 9 == 0);
            let full = name.full();
            assert!(full.contains("北京") && full.contains(&name.trade_name) && full.ends_with(name.form), "{full}");
            let branch = branch(&name, &mut draw, "通州区", n);
            assert!(branch.full().starts_with(&full) && branch.full() != full);
            assert_ne!(former(&name, &mut draw, (n + 1) % TRADES.len()).full(), String::new());
        }
        let name = SimulatedName {
            style: PlaceStyle::Before,
            district: "",
            trade_name: "恒通达".into(),
            trade: "科技".into(),
            form: "有限公司",
            branch: String::new(),
        };
        assert_eq!(name.full(), "北京恒通达科技有限公司");
        assert!(name.english("Technology", &mut draw).contains("Hengtongda"));
    }
}
