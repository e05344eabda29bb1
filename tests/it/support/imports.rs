//! Which file of the source names what of which other: paths read out of the code, re-exports followed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A file of `src`, as the module it is.
fn module_of(shown: &str) -> Vec<String> {
    let path = shown.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// Code without comments, texts, characters and what stands below `#[cfg(test)]`.
fn bare(code: &str) -> String {
    let code = code.split("\n#[cfg(test)]\nmod ").next().unwrap_or("");
    let chars: Vec<char> = code.chars().collect();
    let mut out = String::with_capacity(code.len());
    let mut at = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => at += chars[at..].iter().position(|c| *c == '\n').unwrap_or(chars.len() - at),
            ('\'', Some('\\')) => at += 3 + chars[at + 3..].iter().position(|c| *c == '\'').map_or(0, |p| p + 1),
            ('\'', _) if chars.get(at + 2) == Some(&'\'') => at += 3,
            ('r', Some('"' | '#')) if at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                if chars.get(at + 1 + hashes) != Some(&'"') {
                    out.push('r');
                    at += 1;
                    continue;
                }
                let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                let rest: String = chars[at + 2 + hashes..].iter().collect();
                at += 2 + hashes + rest.find(&end).map_or(rest.chars().count(), |p| rest[..p].chars().count() + end.len());
            }
            ('"', _) => {
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    at += if chars[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
            }
            (c, _) => {
                out.push(c);
                at += 1;
            }
        }
    }
    out
}

/// Whole paths that a file names from `crate`, `super` or a child module: those of `use` with their braces taken apart.
fn paths(code: &str, module: &[String], modules: &BTreeMap<Vec<String>, String>) -> Vec<(Vec<String>, bool)> {
    let code = code.replace("pub(in crate::", "pub(");
    let words: Vec<&str> = words_of(&code);
    let absolute = |path: &[&str]| -> Option<Vec<String>> {
        let supers = path.iter().take_while(|w| **w == "super").count();
        let mut whole: Vec<String> = match path[0] {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" if supers <= module.len() => module[..module.len() - supers].to_vec(),
            child if modules.contains_key(&[module, &[child.to_owned()]].concat()) => [module, &[child.to_owned()]].concat(),
            _ => return None,
        };
        let rest = if path[0] == "super" { supers } else { 1 };
        whole.extend(path[rest..].iter().filter(|w| !matches!(**w, "*" | "self")).map(|w| (*w).to_owned()));
        Some(whole)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at] == "use" {
            let public = at > 0 && matches!(words[at - 1], "pub" | ")");
            let mut stack: Vec<usize> = Vec::new();
            let mut path: Vec<&str> = Vec::new();
            at += 1;
            let mut leaf = |path: &[&str]| {
                if !path.is_empty() {
                    found.extend(absolute(path).map(|p| (p, public)));
                }
            };
            let mut ended = false;
            while at < words.len() && words[at] != ";" {
                match words[at] {
                    "::" => {}
                    "{" => stack.push(path.len()),
                    "," | "}" => {
                        if !ended {
                            leaf(&path);
                        }
                        ended = words[at] == "}";
                        let depth = if ended { stack.pop().unwrap_or(0) } else { stack.last().copied().unwrap_or(0) };
                        path.truncate(depth);
                    }
                    "as" => at += 1,
                    word => {
                        path.push(word);
                        ended = false;
                    }
                }
                at += 1;
            }
            if !ended {
                leaf(&path);
            }
        } else if words.get(at + 1) == Some(&"::") && (at == 0 || words[at - 1] != "::") {
            let mut path = vec![words[at]];
            while words.get(at + 1) == Some(&"::")
                && words.get(at + 2).is_some_and(|w| w.chars().all(|c| c.is_alphanumeric() || c == '_'))
            {
                path.push(words[at + 2]);
                at += 2;
            }
            if path.len() > 1 {
                found.extend(absolute(&path).map(|p| (p, false)));
            }
        }
        at += 1;
    }
    found
}

/// Names, `::` and single signs.
fn words_of(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if c.is_alphanumeric() || c == '_' => rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        if !first.is_whitespace() {
            words.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    words
}

/// File → files whose items it names; a re-export leads to the file that defines the item.
pub fn imports_of_files() -> BTreeMap<String, BTreeSet<String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: Vec<(String, String)> = super::sources::rust_files(&src)
        .into_iter()
        .map(|file| {
            let shown = file.strip_prefix(&src).expect("inside src").display().to_string();
            (shown, bare(&std::fs::read_to_string(&file).expect("a readable file")))
        })
        .filter(|(shown, _)| shown != "main.rs")
        .collect();
    let modules: BTreeMap<Vec<String>, String> = files.iter().map(|(shown, _)| (module_of(shown), shown.clone())).collect();
    let named: Vec<(&String, Vec<(Vec<String>, bool)>)> =
        files.iter().map(|(shown, code)| (shown, paths(code, &module_of(shown), &modules))).collect();
    let mut shown_again: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (shown, paths) in &named {
        for (path, _) in paths.iter().filter(|(_, public)| *public) {
            let mut here = module_of(shown);
            here.extend(path.last().cloned());
            shown_again.insert(here, path.clone());
        }
    }
    let file_of = |path: &[String]| -> Option<&String> {
        let mut path = path.to_vec();
        for _ in 0..10 {
            let next = (1..=path.len()).rev().find_map(|n| {
                let to = shown_again.get(&path[..n]).filter(|_| !modules.contains_key(&path[..n]))?;
                Some([to.as_slice(), &path[n..]].concat())
            });
            match next {
                Some(next) if next != path => path = next,
                _ => break,
            }
        }
        (0..=path.len()).rev().find_map(|n| modules.get(&path[..n]))
    };
    named
        .iter()
        .map(|(shown, paths)| {
            let to = paths.iter().filter_map(|(path, _)| file_of(path)).filter(|to| to != shown).cloned().collect();
            ((*shown).clone(), to)
        })
        .collect()
}

#[test]
fn paths_are_read_out_of_uses_braces_and_code() {
    let modules: BTreeMap<Vec<String>, String> = [(vec!["a".to_owned(), "b".to_owned()], "a/b.rs".to_owned())].into();
    let read = |code: &str| {
        let found = paths(&bare(code), &["a".to_owned()], &modules);
        found
            .into_iter()
            .map(|(path, public)| format!("{}{}", path.join("::"), if public { "!" } else { "" }))
            .collect::<Vec<_>>()
    };
    assert_eq!(read("use crate::x::{Y, z::{self, W as V}}; pub use b::C;"), ["x::Y", "x::z", "x::z::W", "a::b::C!"]);
    assert_eq!(read("// crate::no\nfn f() { super::g(); b::h(\"crate::never\", 'c'); std::mem::take(x) }"), ["g", "a::b::h"]);
    assert_eq!(read("pub(in crate::a) fn f() {}"), Vec::<String>::new());
}
