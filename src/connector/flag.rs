//! Yes and no as registries write them.

use super::text::half_width;

const YES: &[&str] = &[
    "是",
    "1",
    "1.0",
    "Y",
    "YES",
    "TRUE",
    "T",
    "ON",
    "有",
    "对",
    "√",
    "✓",
    "✔",
    "☑",
    "🗹",
    "✅",
    "■",
    "在库",
    "规上",
    "规上企业",
    "规模以上",
    "属于",
    "符合",
    "已",
    "真",
];
const NO: &[&str] = &[
    "否",
    "0",
    "0.0",
    "N",
    "NO",
    "FALSE",
    "F",
    "OFF",
    "无",
    "没有",
    "不",
    "×",
    "✗",
    "✘",
    "✕",
    "☒",
    "☐",
    "□",
    "❌",
    "ㄨ",
    "不是",
    "非",
    "规下",
    "规下企业",
    "规模以下",
    "不属于",
    "不符合",
    "未",
    "假",
    "不在库",
];

/// None for any other word. What stands in brackets behind it explains it: 是（规上）.
pub fn read(text: &str) -> Option<bool> {
    let wide = half_width(text);
    let word = wide.trim();
    let word = match word.split_once('(') {
        Some((before, _)) if word.ends_with(')') && !before.trim().is_empty() => before.trim(),
        _ => word,
    };
    let known = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    match (known(YES), known(NO)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_read_in_every_spelling() {
        for text in ["是", "t", "TRUE", "✓", "☑", "√", "是（规上）", "是(规上)", "Ｙ", "规上企业", "1", "有"]
        {
            assert_eq!(read(text), Some(true), "{text}");
        }
        for text in ["否", "f", "×", "ㄨ", "✗", "否（规下）", "Ｎ", "0", "无"] {
            assert_eq!(read(text), Some(false), "{text}");
        }
        for text in ["待核实", "2", "是否", "(是)"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
