//! The program's own source, read by tests that hold a rule of the house.

use std::path::{Path, PathBuf};

/// Every Rust file below a folder, sorted.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// The text literals of a file, outside comments and above its tests, with `\n`, `\"` and a broken line put together.
pub fn strings(code: &str) -> Vec<String> {
    let code = code.split("\n#[cfg(test)]").next().unwrap_or("");
    let chars: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => at += chars[at..].iter().position(|c| *c == '\n').unwrap_or(chars.len() - at),
            // 'x', '"' and '\'' are characters; 'a without a second quote is a lifetime.
            ('\'', Some('\\')) => at += 2 + chars[at + 2..].iter().skip(1).position(|c| *c == '\'').map_or(0, |p| p + 2),
            ('\'', _) if chars.get(at + 2) == Some(&'\'') => at += 3,
            ('r', Some('#' | '"')) if at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                let start = at + 2 + hashes;
                if chars.get(at + 1 + hashes) != Some(&'"') {
                    at += 1;
                    continue;
                }
                let ends = |end: &usize| {
                    chars[*end] == '"' && chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
                };
                let end = (start..chars.len()).find(ends).unwrap_or(chars.len());
                found.push(chars[start.min(end)..end].iter().collect());
                at = end + 1 + hashes;
            }
            ('"', _) => {
                let mut text = String::new();
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    if chars[at] != '\\' {
                        text.push(chars[at]);
                        at += 1;
                        continue;
                    }
                    match chars.get(at + 1) {
                        Some('n') => text.push('\n'),
                        Some('\n') => at += chars[at + 2..].iter().take_while(|c| c.is_whitespace()).count(),
                        Some(other) => text.push(*other),
                        None => {}
                    }
                    at += 2;
                }
                found.push(text);
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

#[test]
fn literals_are_read_past_comments_escapes_and_raw_texts() {
    let code = "// \"no\"\nlet a = \"eins\"; let q = '\"'; let n = '\\''; let b: &'static str = \"zwei \\\"und\\\" \\\n    drei\";\n\
                let c = r#\"vier \"fünf\"\"#; // \"nein\"\n#[cfg(test)]\nmod tests { const T: &str = \"nie\"; }\n";
    assert_eq!(strings(code), ["eins", "zwei \"und\" drei", "vier \"fünf\""]);
}
