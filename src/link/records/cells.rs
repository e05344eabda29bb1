//! What single cells of a record say, as numbers and names: the kind of unit, a list of names, a date, an industry.

use super::flags::{ESTABLISHMENT, LEGAL_UNIT};
use crate::model::value::PartialDate;

/// What a registry says of the kind of the unit: in words, or by the codes of the statistical register of units
/// (单位类别: 1 法人单位, 2 产业活动单位). 0 where it says neither.
pub(super) fn unit_flag(unit_type: &str, registration_type: &str) -> u8 {
    match unit_type.trim() {
        "2" => ESTABLISHMENT,
        "1" => LEGAL_UNIT,
        _ if registration_type.contains("产业活动单位") => ESTABLISHMENT,
        "" => 0,
        said if said.contains("产业活动单位") => ESTABLISHMENT,
        // 非法人单位 is said of establishments, and of partnerships and sole proprietors too.
        said if said.contains("非法人") => 0,
        said if ["法人单位", "企业法人", "法人企业"].iter().any(|word| said.contains(word)) => LEGAL_UNIT,
        _ => 0,
    }
}

/// The names of a cell that lists several (`甲公司；乙公司`), or the one it holds.
pub(super) fn listed(cell: &str) -> impl Iterator<Item = &str> {
    const BETWEEN: [char; 11] = ['；', ';', '、', '，', ',', '/', '|', '\n', '→', '>', '＞'];
    // 1.甲公司 2、乙公司: what is left of a part once its number is taken away.
    let bare = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == '.' || c.is_whitespace());
    let whole = |part: &str| part.chars().filter(|c| !c.is_ascii()).count() >= 4;
    let is_list = cell.contains(BETWEEN) && cell.split(BETWEEN).all(|part| bare(part) || whole(part));
    let parts = cell.split(move |c| is_list && BETWEEN.contains(&c));
    parts.map(str::trim).filter(move |part| !(part.is_empty() || is_list && bare(part))).map(unnumbered)
}

/// 1.甲公司, （2）乙公司: without the number of an entry.
pub(super) fn unnumbered(part: &str) -> &str {
    let rest = part.trim_start_matches(['(', '（']).trim_start_matches(|c: char| c.is_ascii_digit());
    match rest.strip_prefix(['.', '．', '、', ')', '）']) {
        Some(name) if rest.len() < part.len() && !name.is_empty() => name.trim_start(),
        _ => part,
    }
}

/// yyyymmdd, parts that are not known 0.
pub(super) fn packed(date: PartialDate) -> u32 {
    date.year.max(0) as u32 * 10_000 + u32::from(date.month) * 100 + u32::from(date.day)
}

/// `7519` → 17519, `75` → 175; letters in front (section) are cut. 0 where no digit is left.
pub(super) fn industry(raw: &str) -> u32 {
    let digits = raw.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let digits = &digits[..digits.bytes().take_while(u8::is_ascii_digit).count().min(4)];
    if digits.is_empty() { 0 } else { digits.bytes().fold(1, |n, d| n * 10 + u32::from(d - b'0')) }
}
