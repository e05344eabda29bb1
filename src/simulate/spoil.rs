//! How registries write things differently: names, addresses and codes as clerks, forms and years leave them.
//!
//! Rates are moderate. Each spoiling leaves its tag in the truth, so that what linking misses can be counted by cause.

use super::draw::Draw;
use super::entity::SimulatedRegistry;
use super::name::{PlaceStyle, SimulatedName};
use super::words::{NEXT, SOUND_ALIKE, TRADITIONAL};

/// How often a registry does what, as probabilities.
#[derive(Debug)]
pub struct Habits {
    pub bracket: f64,
    pub place: f64,
    pub form: f64,
    pub short: f64,
    pub typo: f64,
    pub traditional: f64,
    pub english: f64,
    pub blank: f64,
    /// Still the former name, where there is one.
    pub former: f64,
    pub old_address: f64,
    pub operating_address: f64,
    pub no_address: f64,
    pub bad_code: f64,
}

pub fn habits(registry: SimulatedRegistry) -> &'static Habits {
    match registry {
        SimulatedRegistry::Commerce => &COMMERCE,
        SimulatedRegistry::Tax | SimulatedRegistry::Payments => &TAX,
        SimulatedRegistry::SocialInsurance => &INSURANCE,
        SimulatedRegistry::Statistics => &STATISTICS,
        SimulatedRegistry::Unions => &UNIONS,
    }
}

const COMMERCE: Habits = Habits {
    bracket: 0.25,
    place: 0.0,
    form: 0.0,
    short: 0.0,
    typo: 0.001,
    traditional: 0.0,
    english: 0.0,
    blank: 0.004,
    former: 0.0,
    old_address: 0.02,
    operating_address: 0.0,
    no_address: 0.008,
    bad_code: 0.001,
};
const TAX: Habits = Habits {
    bracket: 0.35,
    place: 0.01,
    form: 0.012,
    short: 0.0,
    typo: 0.004,
    traditional: 0.001,
    english: 0.0,
    blank: 0.008,
    former: 0.1,
    old_address: 0.2,
    operating_address: 0.0,
    no_address: 0.02,
    bad_code: 0.003,
};
const INSURANCE: Habits = Habits {
    bracket: 0.45,
    place: 0.03,
    form: 0.04,
    short: 0.004,
    typo: 0.01,
    traditional: 0.002,
    english: 0.0,
    blank: 0.012,
    former: 0.22,
    old_address: 0.35,
    operating_address: 0.5,
    no_address: 0.1,
    bad_code: 0.008,
};
const STATISTICS: Habits = Habits {
    bracket: 0.45,
    place: 0.025,
    form: 0.025,
    short: 0.002,
    typo: 0.008,
    traditional: 0.001,
    english: 0.0,
    blank: 0.008,
    former: 0.22,
    old_address: 0.3,
    operating_address: 0.6,
    no_address: 0.02,
    bad_code: 0.01,
};
const UNIONS: Habits = Habits {
    bracket: 0.45,
    place: 0.12,
    form: 0.12,
    short: 0.04,
    typo: 0.025,
    traditional: 0.008,
    english: 0.1,
    blank: 0.02,
    former: 0.45,
    old_address: 0.5,
    operating_address: 0.5,
    no_address: 0.18,
    bad_code: 0.02,
};

/// A name as the registry writes it; `english` is what a foreign firm would be called.
pub fn name(
    of: &SimulatedName,
    habits: &Habits,
    english: Option<String>,
    draw: &mut Draw,
    tags: &mut Vec<&'static str>,
) -> String {
    if let Some(english) = english
        && draw.chance(habits.english)
    {
        tags.push("english");
        return english;
    }
    if draw.chance(habits.short) && of.branch.is_empty() {
        tags.push("abbr");
        return shortened(of, draw);
    }
    let mut changed = of.clone();
    if draw.chance(habits.form) && changed.branch.is_empty() {
        let other = match changed.form {
            "有限责任公司" => *draw.pick(&["有限公司", "有限公司", "公司"]),
            "有限公司" => *draw.pick(&["有限责任公司", "有限责任公司", "公司"]),
            "股份有限公司" => *draw.pick(&["有限公司", "股份公司"]),
            same => same,
        };
        if other != changed.form {
            tags.push("form");
            changed.form = other;
        }
    }
    let mut text = changed.full();
    if draw.chance(habits.place) {
        tags.push("prefix");
        text = match (changed.style, draw.below(3)) {
            (PlaceStyle::Before, 0) => text.replacen("北京", "北京市", 1),
            (PlaceStyle::Before, _) => text.replacen("北京", "", 1),
            (PlaceStyle::BeforeWithCity | PlaceStyle::District, _) => text.replacen("北京市", "北京", 1),
            (_, 0) => text.replacen("（北京）", "", 1),
            _ => format!("北京{}", text.replacen("（北京）", "", 1)),
        };
    }
    if text.contains('（') && draw.chance(habits.bracket) {
        tags.push("bracket");
        text = text.replace('（', "(").replace('）', ")");
    }
    if draw.chance(habits.typo) {
        tags.push("typo");
        text = mistyped(&text, draw);
    }
    if draw.chance(habits.traditional) {
        tags.push("trad");
        text = text.chars().map(|c| TRADITIONAL.iter().find(|(s, _)| *s == c).map_or(c, |(_, t)| *t)).collect();
    }
    if draw.chance(habits.blank) {
        tags.push("space");
        let at = draw.below(text.chars().count());
        let blank = *draw.pick(&[' ', '\u{3000}', '·']);
        text = text.chars().enumerate().flat_map(|(n, c)| (n == at && n > 0).then_some(blank).into_iter().chain([c])).collect();
    }
    text
}

/// 恒通达科技, 恒通达公司, 恒通达集团: how people call it.
fn shortened(of: &SimulatedName, draw: &mut Draw) -> String {
    let start: String = of.trade.chars().take(2).collect();
    match draw.below(6) {
        0 | 1 => format!("{}{start}", of.trade_name),
        2 => format!("北京{}{start}", of.trade_name),
        3 => format!("{}{start}公司", of.trade_name),
        4 => format!("{}公司", of.trade_name),
        _ => format!("{}{}", of.trade_name, of.trade),
    }
}

/// One character replaced by one that sounds alike, left out, doubled or exchanged with its neighbour.
fn mistyped(text: &str, draw: &mut Draw) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.len() < 6 {
        return text.to_owned();
    }
    let alike = |c: char| SOUND_ALIKE.iter().find(|s| s.contains(c)).filter(|s| s.chars().count() > 1);
    let places: Vec<usize> = (0..chars.len()).filter(|n| alike(chars[*n]).is_some()).collect();
    let at = 2 + draw.below(chars.len() - 4);
    match draw.below(10) {
        0..=5 if !places.is_empty() => {
            let at = places[draw.below(places.len())];
            let others: Vec<char> = alike(chars[at]).map(|s| s.chars().filter(|c| *c != chars[at]).collect()).unwrap_or_default();
            chars[at] = others[draw.below(others.len())];
        }
        0..=6 => {
            chars.remove(at);
        }
        7 => chars.swap(at, at + 1),
        8 => chars.insert(at, chars[at]),
        _ => chars[at] = NEXT.chars().nth(draw.below(60)).unwrap_or('中'),
    }
    chars.into_iter().collect()
}

/// An address with its city or district left out, cut after the house number, in full-width digits or with another word for
/// the building.
pub fn address(text: &str, habits: &Habits, draw: &mut Draw) -> String {
    let mut text = text.to_owned();
    let often = habits.form + habits.typo + 0.05;
    if draw.chance(often * 2.0) {
        text = text.replacen("北京市", "", 1);
    }
    if draw.chance(often) {
        let cut = text.find('区').map(|at| at + '区'.len_utf8()).filter(|at| *at < text.len().min(30));
        if let (Some(at), true) = (cut, draw.chance(0.5)) {
            text = text[at..].to_owned();
        }
    }
    if draw.chance(often) {
        text = if draw.chance(0.4) {
            text.chars().map(|c| if c.is_ascii_digit() { char::from_u32(c as u32 + 0xFEE0).unwrap_or(c) } else { c }).collect()
        } else {
            text.replace("号楼", "#楼").replace('幢', "栋")
        };
    }
    if draw.chance(often * 1.5)
        && let Some(at) = text.find('号')
    {
        text.truncate(at + '号'.len_utf8());
    }
    if draw.chance(habits.typo) {
        text = mistyped(&text, draw);
    }
    text
}

/// A credit code with a typing error in it; its check character then speaks against it, in all but one case of thirty-one.
pub fn credit_code(code: &str, draw: &mut Draw) -> String {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let mut bytes = code.as_bytes().to_vec();
    let at = 2 + draw.below(15);
    match draw.below(10) {
        0..=4 => bytes[at] = ALPHABET[draw.below(31)],
        5 | 6 => bytes.swap(at, at + 1),
        7 => {
            bytes.remove(at);
        }
        8 => {
            if let Some(zero) = bytes.iter().skip(2).position(|b| *b == b'0') {
                bytes[zero + 2] = b'O';
            }
        }
        _ => bytes[17] = ALPHABET[draw.below(31)],
    }
    String::from_utf8(bytes).unwrap_or_else(|_| code.to_owned())
}
