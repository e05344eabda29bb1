//! Who may import whom: the `use crate::` lines are read and compared with the plan in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Room → rooms it may import. `cli` may import all.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("normalise", &["model"]),
    ("link", &["model", "normalise"]),
    ("access", &["model"]),
    ("assess", &["model"]),
    ("cases", &["model"]),
    ("federation", &["model"]),
    ("connector", &["model"]),
    ("pull", &["connector", "model"]),
    ("store", &["model"]),
    ("edition", &["model"]),
    ("kept_file", &[]),
    ("audit", &[]),
    ("backup", &["edition", "model", "store"]),
    ("land", &["connector", "kept_file", "model", "store"]),
    ("records", &["connector", "kept_file", "model", "store"]),
    ("publish", &["assess", "edition", "link", "model", "store"]),
    ("simulate", &["model"]),
    ("config", &["access", "assess", "cases", "model"]),
    (
        "hub",
        &[
            "access",
            "assess",
            "cases",
            "config",
            "connector",
            "edition",
            "federation",
            "kept_file",
            "land",
            "link",
            "model",
            "publish",
            "pull",
            "records",
            "store",
        ],
    ),
    ("bulletin", &["assess", "edition", "federation", "hub", "model"]),
    ("pages", &["bulletin", "cases", "hub", "link", "model", "store"]),
    (
        "serve",
        &[
            "access",
            "assess",
            "audit",
            "cases",
            "config",
            "connector",
            "edition",
            "federation",
            "hub",
            "link",
            "model",
            "pages",
            "records",
            "store",
        ],
    ),
    (
        "bench",
        &[
            "cases",
            "config",
            "connector",
            "edition",
            "federation",
            "hub",
            "land",
            "link",
            "model",
            "pull",
            "records",
            "serve",
            "simulate",
            "store",
        ],
    ),
];
/// Inside a room: folders and files from the ground up. A file may import what stands in its own place of the list or before it.
/// The room's own `mod.rs` only lists and re-exports.
const LAYERS: &[(&str, &[&[&str]])] = &[
    (
        "link",
        &[
            &["settings", "number_map", "codec", "entity_key", "outcome"],
            &["records"],
            &["group"],
            &["block", "compare"],
            &["score"],
            &["cluster"],
            &["state"],
            &["resolve"],
            &["update"],
            &["linker"],
            &["state_codec"],
            &["quality"],
        ],
    ),
    ("edition", &[&["error"], &["format"], &["files"], &["part"], &["open"], &["query"], &["set", "write"], &["synthetic"]]),
    (
        "serve",
        &[
            &["problem"],
            &["data_key"],
            &["limits", "entrance", "authentication", "metrics", "signed_address"],
            &["graphql/model/scalars", "graphql/schema_changes"],
            &["answers"],
            &["state"],
            &["context"],
            &["counts"],
            &["http", "operate"],
            &["graphql/model"],
            &["export", "live", "ingest"],
            &["graphql/root", "graphql/mod"],
            &["maps", "reconcile", "http/assets"],
            &["corrections", "counter", "letters", "login", "return_flow", "visits"],
            &["app"],
        ],
    ),
];
/// The types of the graph name each other, as a graph does.
const MAY_CIRCLE: &[&str] = &["serve/graphql/model/"];
/// Where the types of the graph show, under the same names, what other rooms call so.
const WIRE: &str = "serve/graphql/";
/// Names that two rooms may share: the problem of the graph is that of all rooms, with its code as an enum.
const SHARED_NAMES: &[&str] = &["Problem"];
/// The pure stages touch no database, network, runtime or clock.
const PURE: &[&str] = &["access", "model", "normalise", "link", "assess", "cases", "federation"];
const IMPURE_CRATES: &[&str] = &["sqlx::", "tokio::", "reqwest::", "axum::", "SystemTime", "Instant::now"];

fn rust_files(dir: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        match path.is_dir() {
            true => rust_files(&path, into),
            false if path.extension().is_some_and(|e| e == "rs") => into.push(path),
            false => {}
        }
    }
}

/// The rooms a file imports, from `crate::room` anywhere outside comments.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut rooms = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let names: Vec<&str> = match part.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or("").split(',').map(str::trim).collect(),
            None => vec![part],
        };
        for name in names {
            rooms.insert(name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    rooms
}

#[test]
fn every_room_imports_only_what_the_plan_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms: BTreeSet<&str> = MAY_IMPORT.iter().map(|(room, _)| *room).chain(["cli"]).collect();
    let mut wrong = Vec::new();
    for (room, allowed) in MAY_IMPORT {
        let mut files = Vec::new();
        match src.join(room).is_dir() {
            true => rust_files(&src.join(room), &mut files),
            false => files.push(src.join(format!("{room}.rs"))),
        }
        assert!(!files.is_empty(), "room {room} has files");
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a readable file");
            // What only tests reach for is not the program's.
            let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or("").to_owned();
            let shown = file.strip_prefix(&src).expect("inside src").display().to_string();
            for import in imports(&text) {
                if rooms.contains(import.as_str()) && import != *room && !allowed.contains(&import.as_str()) {
                    wrong.push(format!("{shown} imports {import}"));
                }
            }
            if PURE.contains(room) && !shown.ends_with("model/clock.rs") {
                let code = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
                wrong.extend(IMPURE_CRATES.iter().filter(|c| code.contains(**c)).map(|c| format!("{shown} uses {c}")));
            }
        }
    }
    assert!(wrong.is_empty(), "against the plan:\n{}", wrong.join("\n"));
}

/// The table of ARCHITECTURE.md says what this test holds, no more and no less.
#[test]
fn the_plan_is_printed_as_it_is_kept() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).expect("a page");
    let section = page.split("## Who may import whom").nth(1).expect("the section").split("\n## ").next().expect("its end");
    let rows: Vec<(&str, Vec<&str>)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(room, rest)| (room, rest.split('`').skip(1).step_by(2).collect()))
        .collect();
    let kept: Vec<(&str, Vec<&str>)> = MAY_IMPORT.iter().map(|(room, rooms)| (*room, rooms.to_vec())).collect();
    assert_eq!(rows, kept);
}

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
fn imports_of_files() -> BTreeMap<String, BTreeSet<String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: Vec<(String, String)> = crate::support::sources::rust_files(&src)
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
fn inside_linking_editions_and_serving_no_file_imports_from_above() {
    let imports = imports_of_files();
    let mut wrong = Vec::new();
    for (room, layers) in LAYERS {
        let height = |file: &str| -> Option<usize> {
            let inside = file.strip_prefix(room)?.strip_prefix('/')?.trim_end_matches(".rs");
            // The longest name that fits: a file may stand elsewhere than its folder.
            let fits = |n: &&&str| inside == **n || inside.starts_with(&format!("{n}/"));
            let best =
                layers.iter().enumerate().filter_map(|(at, names)| Some((names.iter().filter(fits).map(|n| n.len()).max()?, at)));
            best.max().map(|(_, at)| at)
        };
        for (file, to) in
            imports.iter().filter(|(file, _)| file.starts_with(&format!("{room}/")) && !file.ends_with(&format!("{room}/mod.rs")))
        {
            let Some(here) = height(file) else {
                wrong.push(format!("{file} stands in no layer of {room}"));
                continue;
            };
            wrong.extend(
                to.iter().filter(|to| height(to).is_some_and(|there| there > here)).map(|to| format!("{file} imports {to}")),
            );
        }
    }
    assert!(wrong.is_empty(), "from above:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let imports = imports_of_files();
    let inside = |file: &str| MAY_CIRCLE.iter().any(|folder| file.starts_with(folder));
    // What reaches itself by files outside of the folders that may.
    let mut circles = Vec::new();
    for start in imports.keys().filter(|file| !inside(file)) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = imports[start].iter().map(String::as_str).collect();
        while let Some(file) = open.pop() {
            if file == start {
                circles.push(start.as_str());
                break;
            }
            if !inside(file) && seen.insert(file) {
                open.extend(imports.get(file).into_iter().flatten().map(String::as_str));
            }
        }
    }
    assert!(circles.is_empty(), "in a circle:\n{circles:#?}");
}

/// Whoever looks a public type up by its name finds one.
#[test]
fn a_public_type_has_a_name_of_its_own() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let shown = file.strip_prefix(&src).expect("inside src").display().to_string();
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or("");
        for line in text.lines().filter(|_| !shown.starts_with(WIRE)) {
            let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
            if line.starts_with("pub ")
                && matches!((words.next(), words.next()), (Some("pub"), Some("struct" | "enum" | "trait" | "type")))
            {
                let name = words.next().unwrap_or_default().to_owned();
                places.entry(name).or_default().push(shown.clone());
            }
        }
    }
    assert!(places.len() > 300, "types are found: {}", places.len());
    let twice: Vec<_> = places.iter().filter(|(name, at)| at.len() > 1 && !SHARED_NAMES.contains(&name.as_str())).collect();
    assert!(twice.is_empty(), "one name for several things:\n{twice:#?}");
    let idle: Vec<&&str> = SHARED_NAMES.iter().filter(|name| places.get(**name).is_none_or(|at| at.len() < 2)).collect();
    assert!(idle.is_empty(), "no longer shared, take them off the list: {idle:?}");
}

/// What the graph's coverage says are the counts and rates of the table, all of them, and nothing that the table does not know.
#[test]
fn every_count_and_rate_of_the_graph_stands_in_the_table() {
    use huitu::edition::format::rates::{COUNTS, RATES};
    let schema = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql")).expect("the schema");
    let body = schema.split("\ntype CoverageRow ").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the type");
    let fields = |of: &str| -> BTreeSet<&str> {
        body.lines().filter_map(|line| line.trim().strip_suffix(of)?.strip_suffix(':').map(str::trim)).collect()
    };
    let named = |names: Vec<&'static str>| names.into_iter().collect::<BTreeSet<&str>>();
    let rates: BTreeSet<&str> = fields(" Ratio").union(&fields(" YuanRatio")).copied().collect();
    assert_eq!(rates, named(RATES.iter().map(|rate| rate.name).collect()));
    let mut counts = fields(" Int");
    // A count that takes a reading of its own.
    assert!(counts.remove("dispatchedMembers"));
    assert_eq!(counts, named(COUNTS.iter().map(|count| count.name).collect()));
}

#[test]
fn every_permission_of_the_plan_is_used() {
    let imports = imports_of_files();
    let room_of = |file: &str| file.split('/').next().unwrap_or("").trim_end_matches(".rs").to_owned();
    let mut idle = Vec::new();
    for (room, allowed) in MAY_IMPORT {
        let used: BTreeSet<String> = imports
            .iter()
            .filter(|(file, _)| room_of(file) == *room)
            .flat_map(|(_, to)| to.iter().map(|to| room_of(to)))
            .collect();
        idle.extend(allowed.iter().filter(|to| !used.contains(**to)).map(|to| format!("{room} → {to}")));
    }
    assert!(idle.is_empty(), "used by nothing: {idle:?}");
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

#[test]
fn the_reader_of_imports_reads_lists_and_paths() {
    let found = imports("use crate::{model::Clock, store};\nlet x = crate::link::link();\n// crate::serve is only a comment\n");
    assert_eq!(found, ["link", "model", "store"].map(String::from).into());
}
