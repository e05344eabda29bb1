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
    "错",
    "非规上",
    "非规上企业",
    "非规模以上",
];

/// What says in brackets that a yes no longer holds.
const TAKEN_BACK: &[&str] = &["已退", "退库", "退出", "注销", "取消", "撤销", "作废", "除名", "待核", "存疑"];

/// None for any other word. What stands in brackets behind it explains it (是（规上）), and must not say otherwise: 是(否).
pub fn read(text: &str) -> Option<bool> {
    let wide = half_width(text);
    if let Some(said) = ticked(wide.trim()) {
        return Some(said);
    }
    let (word, note) = parts(wide.trim());
    word_of(word).filter(|said| !denies(*said, note))
}

/// ☑是 □否, and 是√ 否□: the one of both that is ticked. None where it is neither or both.
fn ticked(text: &str) -> Option<bool> {
    const TICKS: [char; 5] = ['☑', '√', '✓', '✔', '■'];
    const BOXES: [char; 3] = ['□', '☐', '○'];
    if text.len() > 40 {
        return None;
    }
    let signs: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let [a, b, c, d] = signs.as_slice() else { return None };
    let is_mark = |c: &char| TICKS.contains(c) || BOXES.contains(c);
    let (marks, words) = match (is_mark(a), is_mark(b)) {
        (true, false) => ([a, c], [b, d]),
        (false, true) => ([b, d], [a, c]),
        _ => return None,
    };
    let said = words.map(|w| word_of(&w.to_string()));
    let tick = marks.map(|m| TICKS.contains(m));
    match (said, tick) {
        _ if !marks.iter().all(|m| is_mark(m)) => None,
        ([Some(first), Some(second)], [true, false]) if first != second => Some(first),
        ([Some(first), Some(second)], [false, true]) if first != second => Some(second),
        _ => None,
    }
}

/// Whether what stands in brackets says otherwise than what stands before them.
pub fn contradicts(text: &str) -> bool {
    let wide = half_width(text);
    let (word, note) = parts(wide.trim());
    word_of(word).is_some_and(|said| denies(said, note))
}

fn parts(text: &str) -> (&str, &str) {
    match text.strip_suffix(')').and_then(|t| t.split_once('(')) {
        Some((before, note)) if !before.trim().is_empty() => (before.trim(), note.trim()),
        _ => (text, ""),
    }
}

fn word_of(word: &str) -> Option<bool> {
    let known = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    match (known(YES), known(NO)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn denies(said: bool, note: &str) -> bool {
    word_of(note).is_some_and(|other| other != said) || said && TAKEN_BACK.iter().any(|w| note.contains(w))
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
        for text in ["是(否)", "1（否）", "否（是）", "是（已退库）", "在库（已注销）"] {
            assert_eq!(read(text), None, "{text}");
            assert!(contradicts(text), "{text}");
        }
        assert!(!contradicts("是（规上）") && !contradicts("待核实"));
        for (text, said) in [("☑是□否", true), ("□是☑否", false), ("■是 □否", true), ("是□ 否√", false)] {
            assert_eq!(read(text), Some(said), "{text}");
        }
        for text in ["待核实", "2", "是否", "(是)", "□是 □否", "☑是☑否"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
