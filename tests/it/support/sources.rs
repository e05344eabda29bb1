//! The program's own source, read by tests that hold a rule of the project.

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

/// A text in a file.
pub struct Literal {
    pub text: String,
    pub line: usize,
    /// What stands behind it.
    pub after: String,
}

/// Characters kept of what stands behind a text.
const AFTER: usize = 600;

/// The text literals of a file, outside comments and above its tests, with `\n`, `\"` and a broken line put together.
pub fn literals(code: &str) -> Vec<Literal> {
    let code = code.split("\n#[cfg(test)]").next().unwrap_or("");
    let chars: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let mut line = 1;
    let mut counted = 0;
    let mut keep = |text: String, start: usize, end: usize| {
        line += chars[counted..start].iter().filter(|c| **c == '\n').count();
        counted = start;
        let rest = &chars[end.min(chars.len())..];
        found.push(Literal { text, line, after: rest[..rest.len().min(AFTER)].iter().collect() });
    };
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => at += chars[at..].iter().position(|c| *c == '\n').unwrap_or(chars.len() - at),
            // 'x', '"' and '\'' are characters; 'a without a second quote is a lifetime.
            ('\'', Some('\\')) => at += 2 + chars[at + 2..].iter().skip(1).position(|c| *c == '\'').map_or(0, |p| p + 2),
            ('\'', _) if chars.get(at + 2) == Some(&'\'') => at += 3,
            ('r', Some('#' | '"')) if at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                let from = at + 2 + hashes;
                if chars.get(at + 1 + hashes) != Some(&'"') {
                    at += 1;
                    continue;
                }
                let ends = |end: &usize| {
                    chars[*end] == '"' && chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
                };
                let end = (from..chars.len()).find(ends).unwrap_or(chars.len());
                at = end + 1 + hashes;
                keep(chars[from.min(end)..end].iter().collect(), start, at);
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
                at += 1;
                keep(text, start, at);
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
    let found = literals(code);
    assert_eq!(found.iter().map(|l| &*l.text).collect::<Vec<_>>(), ["eins", "zwei \"und\" drei", "vier \"fünf\""]);
    assert_eq!(found.iter().map(|l| l.line).collect::<Vec<_>>(), [2, 2, 4]);
    assert!(found[0].after.starts_with("; let q"));
}
