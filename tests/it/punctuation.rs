//! Chinese texts are punctuated in Chinese: no ASCII comma, semicolon, colon, question or exclamation mark stands beside a
//! Chinese character in a text of the program.

use std::path::Path;

use crate::support::sources::{literals, rust_files};

/// Texts in which the mark is no punctuation: a syntax, a key to press, a word of a registry, an English sentence.
const NO_PUNCTUATION: &[&str] =
    &["应写 登记:记录号 或 登记:记录号#序号", "? 不确定", "会图: which enterprises", "${变量:-默认值}"];

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '「' | '」' | '《' | '》' | '（' | '）' | '“' | '”')
}

/// The first ASCII mark of a text with a Chinese character on either side, blanks aside.
fn ascii_mark(text: &str) -> Option<char> {
    let chars: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    let beside = |at: usize| {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1).copied();
        before.into_iter().chain(after).any(is_chinese)
    };
    chars.iter().enumerate().find(|(at, c)| matches!(**c, ',' | ';' | ':' | '?' | '!') && beside(*at)).map(|(_, c)| *c)
}

#[test]
fn chinese_texts_are_punctuated_in_chinese() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for file in rust_files(&root.join("src")) {
        // Words that registries write are data, spelt as they spell them.
        let shown = file.strip_prefix(root).expect("inside").display().to_string();
        if shown.contains("normalise") || shown.contains("simulate") {
            continue;
        }
        let code = std::fs::read_to_string(&file).expect("a readable file");
        for literal in literals(&code) {
            let text = &literal.text;
            if ascii_mark(text).is_some() && !NO_PUNCTUATION.iter().any(|known| text.contains(known)) {
                wrong.push(format!("{shown}:{}: {text}", literal.line));
            }
        }
    }
    assert!(wrong.is_empty(), "ASCII punctuation in Chinese texts:\n{}", wrong.join("\n"));
}

/// `lang.pick("，", ", ")`: what joins two Chinese texts is the first of the two.
#[test]
fn what_joins_chinese_texts_is_chinese() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for file in rust_files(&root.join("src")) {
        let code = std::fs::read_to_string(&file).expect("a readable file");
        for part in code.split("pick(\"").skip(1) {
            let zh = part.split('"').next().unwrap_or("");
            if !zh.is_empty() && zh.chars().all(|c| matches!(c, ',' | ';' | ':' | '?' | '!' | ' ')) {
                wrong.push(format!("{}: pick(\"{zh}\", …)", file.strip_prefix(root).expect("inside").display()));
            }
        }
    }
    assert!(wrong.is_empty(), "ASCII marks for Chinese:\n{}", wrong.join("\n"));
}

#[test]
fn marks_beside_chinese_are_found_and_others_are_not() {
    for (text, mark) in [
        ("缺少 query:请给出", Some(':')),
        ("甲, 乙", Some(',')),
        ("缺少 query：请给出", None),
        ("GraphiQL: http://localhost", None),
        ("第 {number} 期", None),
    ] {
        assert_eq!(ascii_mark(text), mark, "{text}");
    }
}
