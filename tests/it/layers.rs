//! Who may import whom: the `use crate::` lines are read and compared with the plan in ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::path::Path;

/// Room → rooms it may import. `cli` may import all.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("normalise", &["model"]),
    ("link", &["model", "normalise"]),
    ("assess", &["model"]),
    ("connector", &["model"]),
    ("pull", &["connector", "model"]),
    ("store", &["model"]),
    ("edition", &["model", "normalise"]),
    ("land", &["connector", "edition", "model", "store"]),
    ("publish", &["assess", "connector", "edition", "link", "model", "store"]),
    ("simulate", &["model"]),
    ("config", &["assess", "model"]),
    ("hub", &["assess", "config", "connector", "edition", "land", "link", "model", "normalise", "publish", "pull", "store"]),
    ("serve", &["assess", "config", "connector", "edition", "hub", "link", "model", "normalise", "store"]),
];
/// The pure stages touch no database, network, runtime or clock.
const PURE: &[&str] = &["model", "normalise", "link", "assess"];
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

#[test]
fn the_reader_of_imports_reads_lists_and_paths() {
    let found = imports("use crate::{model::Clock, store};\nlet x = crate::link::link();\n// crate::serve is only a comment\n");
    assert_eq!(found, ["link", "model", "store"].map(String::from).into());
}
