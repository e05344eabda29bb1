//! Texts that stand for nothing: the errors of spreadsheets, and the words clerks and programs write into empty cells.

/// Whether a cell holds no value: it is empty, `#REF!` or one of its sisters, `null`, `无`, or punctuation alone.
pub fn is_blank(raw: &str) -> bool {
    let text = raw.trim();
    if text.is_empty() {
        return true;
    }
    // Nearly every cell is long, or begins with something else: stated without a look at the words.
    if text.len() > LONGEST || text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) || !text.chars().any(char::is_alphanumeric)
}

/// Errors of Excel, WPS and LibreOffice; what programs print for an absent value; what clerks write.
const WORDS: [&str; 39] = [
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#GETTING_DATA",
    "#ERROR!",
    "#####",
    "N/A",
    "NA",
    "NULL",
    "(NULL)",
    "NONE",
    "NAN",
    "NIL",
    "UNDEFINED",
    "<NA>",
    "\\N",
    "无",
    "暂无",
    "不详",
    "未知",
    "待定",
    "同上",
    "空",
    "没有",
    "未填",
    "未填写",
    "无名称",
    "无地址",
    "无电话",
    "不明",
    "待补",
    "待补充",
];
const LONGEST: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_spreadsheets_and_words_for_nothing_are_blank() {
        for raw in ["", " ", "#REF!", "#n/a", "#DIV/0!", "null", "None", "无", "--", "。。。", "\\N", "########"] {
            assert!(is_blank(raw), "{raw}");
        }
        for raw in ["无锡商店", "恒信", "0", "NA商贸", "北京恒信商贸有限公司"] {
            assert!(!is_blank(raw), "{raw}");
        }
    }
}
