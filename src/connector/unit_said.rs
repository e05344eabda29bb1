//! The unit of money that a table says once for all its amounts: 单位：万元 above it, below it or beside it, or in a row of units
//! under its header.
//!
//! In: the text of a cell that is no value. Out: yuan per unit, where one unit of money is named and no second.

use super::text::half_width;

/// Units of money by their words, the longest first.
const WORDS: &[(&str, i64)] = &[
    ("千万元", 10_000_000),
    ("百万元", 1_000_000),
    ("十万元", 100_000),
    ("亿元", 100_000_000),
    ("万元", 10_000),
    ("千元", 1_000),
    ("百元", 100),
    ("元", 1),
];

/// What stands between the units of one line.
const BETWEEN: &[char] = &['、', ',', '，', ';', '；', '。', '/', '|', '和', '及', ' ', '\t', ')', '(', ']', '[', '】', '【'];

/// Yuan per unit of a word that is a unit of money and nothing else: 万元, （千元）, 人民币元.
pub fn unit_word(text: &str) -> Option<i64> {
    let wide = half_width(text);
    let bare = wide.trim().trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | '【' | '】' | ':' | ' '));
    let bare = bare.strip_prefix("人民币").or_else(|| bare.strip_suffix("人民币")).unwrap_or(bare).trim();
    WORDS.iter().find(|(word, _)| *word == bare).map(|(_, yuan)| *yuan)
}

/// The unit of money that a title or a note names: 单位：万元, 计量单位：千元、人, 注：金额单位为万元, 某某情况表（万元）. None where it names
/// none, or two.
pub fn said_of_money(text: &str) -> Option<i64> {
    if text.len() > 600 || !text.contains('元') {
        return None;
    }
    // A line of separated text ends in the separators of its empty cells.
    let wide = half_width(text.trim_end().trim_end_matches([',', ';', '|', '\t']));
    let mut found: Vec<i64> = Vec::new();
    let mut rest: &str = &wide;
    while let Some(at) = rest.find("单位") {
        rest = rest[at + "单位".len()..].trim_start();
        let Some(named) = [":", "为", "是"].iter().find_map(|mark| rest.strip_prefix(mark)) else { continue };
        let line = named.split('\n').next().unwrap_or(named).trim_start();
        // 单位：万元 负责人：某某: what stands behind the next colon is another matter.
        found.extend(line.split(BETWEEN).take_while(|word| !word.contains(':')).filter_map(unit_word));
    }
    if found.is_empty()
        && let Some((_, behind)) = wide.split_once('以')
        && let Some((word, _)) = behind.split_once("为单位")
    {
        found.extend(unit_word(word));
    }
    if found.is_empty()
        && let Some((_, inside)) = wide.trim_end().strip_suffix(')').and_then(|t| t.rsplit_once('('))
    {
        found.extend(unit_word(inside));
    }
    found.dedup();
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// How the unit is called.
pub fn word_of(yuan: i64) -> &'static str {
    WORDS.iter().find(|(_, of)| *of == yuan).map_or("元", |(word, _)| word)
}

/// A cell of a row of units under a header: 人, （万元）, %, 年-月-日, a dash where there is nothing to say.
pub(super) fn is_unit_cell(text: &str) -> bool {
    const OTHERS: &[&str] = &[
        "人",
        "名",
        "户",
        "家",
        "个",
        "%",
        "‰",
        "年",
        "月",
        "日",
        "天",
        "平方米",
        "㎡",
        "m2",
        "亩",
        "公顷",
        "吨",
        "辆",
        "台",
        "件",
        "次",
        "岁",
        "年-月-日",
        "年月日",
        "年/月/日",
        "yyyy-mm-dd",
        "yyyymmdd",
        "yyyy/mm/dd",
        "万人",
        "千人",
        "美元",
        "万美元",
        "人次",
        "人月",
        "元/月",
        "元/人",
        "度",
        "千瓦时",
    ];
    let wide = half_width(text);
    let bare = wide.trim().trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | ' ')).to_ascii_lowercase();
    unit_word(&bare).is_some() || OTHERS.contains(&bare.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_a_table_is_told_by_its_line_wherever_that_stands() {
        for (text, expected) in [
            ("单位：万元", Some(10_000)),
            ("（单位:万元）", Some(10_000)),
            ("单位 ： 千元", Some(1_000)),
            ("计量单位：万元、人", Some(10_000)),
            ("计量单位：人，千元", Some(1_000)),
            ("填报单位：示例区统计局 金额单位：千元", Some(1_000)),
            ("金额单位：人民币元", Some(1)),
            ("注：金额单位为万元", Some(10_000)),
            ("注：本表金额均以万元为单位。", Some(10_000)),
            ("规模以上企业情况表（万元）", Some(10_000)),
            ("单位：元", Some(1)),
            ("单位：万元 制表人：某某", Some(10_000)),
            (",,,,单位：万元,", Some(10_000)),
            ("某某情况表（千元）,,,", Some(1_000)),
            ("填报单位：示例区统计局", None),
            ("单位：人", None),
            ("单位：万元/元", None),
            ("单位名称", None),
            ("单位：北京万元商贸有限公司", None),
            ("北京示例有限公司（万元店）", None),
        ] {
            assert_eq!(said_of_money(text), expected, "{text}");
        }
        for cell in ["人", "（万元）", "%", "年-月-日", "千元"] {
            assert!(is_unit_cell(cell), "{cell}");
        }
        for cell in ["从业人数", "12", "北京示例有限公司", ""] {
            assert!(!is_unit_cell(cell), "{cell}");
        }
    }
}
