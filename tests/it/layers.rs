//! Who may import whom: the `use crate::` lines are read and compared with the plan in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::imports::imports_of_files;

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
    ("spill", &["model"]),
    ("audit", &[]),
    ("backup", &["edition", "model", "store"]),
    ("land", &["connector", "kept_file", "model", "store"]),
    ("records", &["connector", "kept_file", "model", "store"]),
    ("publish", &["assess", "edition", "link", "model", "store"]),
    ("kernel", &["assess", "edition", "link", "model", "publish"]),
    ("simulate", &["model"]),
    ("config", &["access", "assess", "cases", "model"]),
    ("depot", &["config", "edition", "model"]),
    (
        "hub",
        &[
            "access",
            "assess",
            "cases",
            "config",
            "connector",
            "depot",
            "edition",
            "federation",
            "kept_file",
            "land",
            "link",
            "model",
            "publish",
            "pull",
            "records",
            "spill",
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
            "bulletin",
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
            &["settings", "number_map", "flat_list", "codec", "flat_table", "entity_key", "outcome"],
            &["records"],
            &["group"],
            &["block", "compare"],
            &["score"],
            &["cluster"],
            &["shared_out"],
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
            &["bulletins", "corrections", "counter", "letters", "login", "return_flow", "visits"],
            &["app"],
        ],
    ),
];
/// The types of the graph name each other, as a graph does.
const MAY_CIRCLE: &[&str] = &["serve/graphql/model/"];
/// Where the types of the graph stand. Those of [`WIRE_TWINS`] show, under the same names, what other rooms call so.
const WIRE: &str = "serve/graphql/";
const WIRE_TWINS: &[&str] = &[
    "Agreement",
    "CaseEvidence",
    "CaseOwner",
    "CaseRefusal",
    "CreditCode",
    "Dimension",
    "Duty",
    "Enterprise",
    "FieldProvenance",
    "Follower",
    "FollowerReason",
    "FundVerdict",
    "GapVerdict",
    "HeldEdition",
    "Judgement",
    "JudgementVerdict",
    "LeadKind",
    "LeadStatus",
    "LiveState",
    "Location",
    "NeededFor",
    "PolicyCounts",
    "PolicyMove",
    "PolicyPreview",
    "PossibleUnion",
    "Priority",
    "PriorityFactor",
    "Reason",
    "ReasonInput",
    "RelationKind",
    "ReviewPair",
    "ShareClass",
    "SizeVerdict",
    "Source",
    "SourceValue",
    "SurvivorshipRule",
    "TagReason",
    "Target",
    "TradeUnion",
    "UnionLink",
    "UnionPlace",
    "UnionVerdict",
    "UsageRow",
    // Whose names the contract has given to something else than the room below means by them.
    "Finding",
    "GroupKey",
    "IndustryLevel",
    "UnionStanding",
];
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

/// Whoever follows ARCHITECTURE.md to a file or folder finds it: by its path from the repository, from `src/` or from `src/serve/`, or, where
/// the sentence has named the folder around it, by its name.
#[test]
fn whatever_place_the_architecture_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("ARCHITECTURE.md")).expect("a page");
    let mut names = BTreeSet::new();
    let mut open = vec![root.join("src"), root.join("web/src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("a readable entry")) {
            names.insert(entry.file_name().to_string_lossy().into_owned());
            open.extend(Some(entry.path()).filter(|path| path.is_dir()));
        }
    }
    let is_place = |word: &&str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c));
        plain && (word.contains('/') || word.ends_with(".rs"))
    };
    let places: Vec<&str> = page.split('`').skip(1).step_by(2).filter(is_place).collect();
    assert!(places.len() > 150, "places are found: {}", places.len());
    let is_there = |place: &&&str| {
        let from =
            |folder: &str| root.join(folder).join(place).exists() || root.join(folder).join(format!("{place}.rs")).exists();
        let name = place.trim_end_matches('/');
        ["", "src", "src/serve"].into_iter().any(from) || (!name.contains('/') && names.contains(name))
    };
    let missing: Vec<&&str> = places.iter().filter(|place| !is_there(place)).collect();
    assert!(missing.is_empty(), "named and not there: {missing:?}");
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

/// Whoever looks a public type up by its name finds one; of those that the graph shows under the same name, the graph's and the one shown.
#[test]
fn a_public_type_has_a_name_of_its_own() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    // Below the graph, and in it.
    let mut places: [BTreeMap<String, Vec<String>>; 2] = Default::default();
    for file in files {
        let shown = file.strip_prefix(&src).expect("inside src").display().to_string();
        let text = std::fs::read_to_string(&file).expect("a readable file");
        // Types that a macro takes stand further in; what a macro only makes is named by whoever calls it.
        for line in text.split("\n#[cfg(test)]\nmod ").next().unwrap_or("").lines().map(str::trim_start) {
            let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
            if line.starts_with("pub ")
                && !line.contains('$')
                && matches!((words.next(), words.next()), (Some("pub"), Some("struct" | "enum" | "trait" | "type")))
            {
                let name = words.next().unwrap_or_default().to_owned();
                places[usize::from(shown.starts_with(WIRE))].entry(name).or_default().push(shown.clone());
            }
        }
    }
    let [below, wire] = &places;
    assert!(below.len() > 700 && wire.len() > 200, "types are found: {}, {}", below.len(), wire.len());
    let shared = |name: &String| SHARED_NAMES.contains(&name.as_str());
    let twice: Vec<_> = below.iter().chain(wire).filter(|(name, at)| at.len() > 1 && !shared(name)).collect();
    assert!(twice.is_empty(), "one name for several things:\n{twice:#?}");
    let twins: BTreeSet<&str> = wire.keys().filter(|name| below.contains_key(*name)).map(String::as_str).collect();
    assert_eq!(twins, WIRE_TWINS.iter().copied().collect(), "names that the graph shares with a room");
    let idle: Vec<&&str> = SHARED_NAMES.iter().filter(|name| below.get(**name).is_none_or(|at| at.len() < 2)).collect();
    assert!(idle.is_empty(), "no longer shared, take them off the list: {idle:?}");
}

/// What the graph's coverage says are the counts and rates of the table, all of them, and nothing that the table does not know.
#[test]
fn every_count_and_rate_of_the_graph_stands_in_the_table() {
    use huitu::edition::format::rates::{CHANGES, COUNTS, RATES};
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
    // Whether a target is one of a rate its indicator's name tells: the table agrees.
    let is_rate = huitu::assess::targets::is_rate;
    assert!(RATES.iter().filter_map(|rate| rate.indicator).all(is_rate));
    let mut numbers = COUNTS.iter().filter_map(|count| count.indicator).chain(CHANGES.iter().map(|change| change.indicator));
    assert!(!numbers.any(is_rate));
    // The dimensions of the graph are those of the table, in its order.
    let listed = schema.split("\nenum Dimension {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the enum");
    let listed: Vec<String> =
        listed.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('"')).map(str::to_owned).collect();
    let screaming = |dimension: &huitu::edition::Dimension| {
        let name = format!("{dimension:?}");
        let apart = |(at, c): (usize, char)| if at > 0 && c.is_uppercase() { format!("_{c}") } else { c.to_string() };
        name.char_indices().map(apart).collect::<String>().to_uppercase()
    };
    assert_eq!(listed, huitu::edition::Dimension::ALL.iter().map(screaming).collect::<Vec<_>>());
}

/// What returns a Result says with which errors, in every room but those whose errors are all of one kind and meant for people: a problem
/// of the graph (`serve`), and what the program prints before it ends (`cli`).
#[test]
fn what_returns_a_result_says_its_errors() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut asked, mut silent) = (0, Vec::new());
    for file in crate::support::sources::rust_files(&src) {
        let shown = file.strip_prefix(&src).expect("inside src").display().to_string();
        if ["serve/", "cli/"].iter().any(|room| shown.starts_with(room)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let lines: Vec<&str> = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or("").lines().map(str::trim).collect();
        let mut says = false;
        for (at, line) in lines.iter().enumerate() {
            let code = line.strip_prefix("pub ").map(|rest| rest.trim_start_matches("const ").trim_start_matches("async "));
            if let Some(name) = code.and_then(|rest| rest.strip_prefix("fn ")) {
                let whole: Vec<&str> = lines[at..]
                    .iter()
                    .copied()
                    .scan(false, |ended, line| {
                        let was = std::mem::replace(ended, *ended || line.contains(['{', ';']));
                        (!was).then_some(line)
                    })
                    .collect();
                let answers = whole.join(" ").split_once("->").is_some_and(|(_, answer)| answer.contains("Result<"));
                asked += usize::from(answers);
                if answers && !says {
                    silent.push(format!("{shown}: {}", name.split(['(', '<']).next().unwrap_or(name)));
                }
            }
            match line.starts_with("///") || line.starts_with("#[") {
                true => says |= line.starts_with("/// # Errors"),
                false => says = false,
            }
        }
    }
    assert!(asked > 500, "functions are found: {asked}");
    assert!(silent.is_empty(), "return a Result and have no `# Errors`:\n{}", silent.join("\n"));
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
fn the_reader_of_imports_reads_lists_and_paths() {
    let found = imports("use crate::{model::Clock, store};\nlet x = crate::link::link();\n// crate::serve is only a comment\n");
    assert_eq!(found, ["link", "model", "store"].map(String::from).into());
}
