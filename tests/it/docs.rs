//! The book and the README: their commands do what they say, their links lead somewhere, their tables leave nothing out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use huitu::model::message::Lang;
use huitu::serve::problem::Code;

use crate::book::{Page, run};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn markdown(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => markdown(&path, into),
            false if path.extension().is_some_and(|e| e == "md") => into.push(path),
            false => {}
        }
    }
}

/// The pages of the book in the order of their names, and the README.
fn pages() -> Vec<Page> {
    let mut paths = vec![root().join("README.md")];
    markdown(&root().join("docs/src"), &mut paths);
    paths.sort();
    assert!(paths.len() > 40, "the book is there: {} pages", paths.len());
    paths.iter().map(|path| Page::read(path)).collect()
}

/// A page of the book by its path below `docs/src`.
fn page(name: &str) -> Page {
    Page::read(&root().join("docs/src").join(name))
}

/// What the page of the twenty-eight things says that a test holds, a test holds.
#[test]
fn every_test_that_the_page_of_capabilities_names_exists() {
    let text = std::fs::read_to_string(root().join("docs/src/capabilities.md")).unwrap();
    let (mut named, mut missing) = (0, Vec::new());
    // "Test: `module::function`, `module`": what follows the word until the end of its line.
    let named_in =
        |line: &'_ str| ["Test: ", "Tests: "].iter().find_map(|word| line.split_once(*word)).map(|(_, named)| named.to_owned());
    for line in text.lines().filter_map(named_in) {
        for name in line.split('`').skip(1).step_by(2) {
            let (module, function) = name.split_once("::").unwrap_or((name, ""));
            let is_module = module.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !is_module || ["asOf", "on"].contains(&name) || (function.is_empty() && name == "coverage") {
                continue;
            }
            named += 1;
            let source = std::fs::read_to_string(root().join(format!("tests/it/{module}.rs"))).unwrap_or_default();
            let is_there = match function {
                "" => source.contains("#[test]") || source.contains("#[tokio::test"),
                function => source.contains(&format!("fn {function}(")),
            };
            if !is_there {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(named >= 28, "every one of the twenty-eight names its test: {named}");
    assert!(missing.is_empty(), "tests that there are not: {missing:?}");
}

/// What `tests/clients/run` compares at its end, after everything else: said here in its first seconds.
#[test]
fn the_table_of_other_peoples_clients_has_a_row_for_each_script() {
    let table = std::fs::read_to_string(root().join("docs/src/api/clients.md")).unwrap();
    let mut scripts = 0;
    for entry in std::fs::read_dir(root().join("tests/clients/cases")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let tried = text.lines().find_map(|line| line.split_once("Tried: ").map(|(_, tried)| tried.trim()));
        let tried = tried.unwrap_or_else(|| panic!("{} says in its head what it tries", path.display()));
        assert!(table.contains(&format!("| {tried} |")), "{}: `tests/clients/run --all --write` writes its row", path.display());
        scripts += 1;
    }
    assert!(scripts > 40, "the scripts are there: {scripts}");
}

#[test]
fn every_generated_output_of_the_book_and_the_readme_is_what_its_command_prints() {
    let pages = pages();
    // A page whose commands and outputs are those of its twin in the other language, word for word, is run once.
    let mut seen = BTreeSet::new();
    let told = |page: &Page| page.blocks.iter().map(|b| format!("{}{:?}{}\0", b.language, b.marks, b.text)).collect::<String>();
    let asked: Vec<&Page> = pages.iter().filter(|page| seen.insert(told(page))).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_huitu"));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let faults = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(page) = asked.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let found = run(page, program);
                    faults.lock().unwrap().extend(found);
                }
            });
        }
    });
    for page in &pages {
        for block in page.blocks.iter().filter(|b| b.is("no-test")) {
            println!("not run: {}: {}", page.place(block), block.reason.as_deref().unwrap_or(""));
        }
    }
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    let count = |mark: &str| pages.iter().flat_map(|p| &p.blocks).filter(|b| b.language == "sh" && b.is(mark)).count();
    assert!(count("test") > 5 * count("no-test"), "most commands are run: {} of {}", count("test"), count("no-test"));
}

#[tokio::test]
async fn every_graphql_block_is_a_question_that_the_schema_can_answer() {
    let mut asked = 0;
    for page in pages() {
        for block in page.blocks.iter().filter(|b| b.language == "graphql") {
            asked += 1;
            let fault = huitu::serve::graphql::fault(&block.text, Lang::En).await;
            assert_eq!(fault, None, "{}", page.place(block));
        }
    }
    assert!(asked > 5, "{asked}");
}

/// Targets of `[…](target)` in a page, without the part after `#`.
fn links(page: &Page) -> Vec<String> {
    let prose = page.prose();
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(|t| t.split('#').next().unwrap_or("").to_owned()).filter(|t| !t.is_empty() && !t.contains("://")).collect()
}

#[test]
fn every_link_and_every_inclusion_leads_somewhere() {
    let mut followed = 0;
    for page in pages() {
        let folder = page.path.parent().unwrap();
        for target in links(&page) {
            followed += 1;
            assert!(folder.join(&target).exists(), "{}: {target} is not there", page.path.display());
        }
        for inclusion in page.text.split("{{#include ").skip(1) {
            let (file, anchor) = inclusion.split("}}").next().unwrap().rsplit_once(':').unwrap();
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
            for mark in ["ANCHOR", "ANCHOR_END"] {
                assert_eq!(
                    text.lines().filter(|l| l.ends_with(&format!("{mark}: {anchor}"))).count(),
                    1,
                    "{file}: {mark}: {anchor}"
                );
            }
            followed += 1;
        }
    }
    assert!(followed > 80, "{followed}");
}

#[test]
fn the_table_of_contents_lists_every_page_once() {
    let summary = page("SUMMARY.md");
    let mut listed = links(&summary);
    let mut paths = Vec::new();
    markdown(&root().join("docs/src"), &mut paths);
    let mut there: Vec<String> = paths
        .iter()
        .map(|p| p.strip_prefix(root().join("docs/src")).unwrap().display().to_string())
        .filter(|name| name != "SUMMARY.md")
        .collect();
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
}

#[test]
fn every_decision_has_a_status_a_date_and_a_line_in_the_table() {
    let table = page("decisions/README.md").text;
    let mut paths = Vec::new();
    markdown(&root().join("docs/src/decisions"), &mut paths);
    paths.retain(|path| !path.ends_with("README.md"));
    assert!(paths.len() > 10);
    for path in paths {
        let (name, text) = (path.file_name().unwrap().to_string_lossy().into_owned(), Page::read(&path).text);
        let line =
            |start: &str| text.lines().find_map(|l| l.strip_prefix(start)).unwrap_or_else(|| panic!("{name} lacks {start:?}"));
        assert!(["accepted", "replaced by "].iter().any(|status| line("- Status: ").starts_with(status)), "{name}");
        let date = line("- Date: ").split(' ').next().unwrap();
        chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").unwrap_or_else(|e| panic!("{name}: {date}: {e}"));
        let row =
            table.lines().find(|l| l.contains(&format!("]({name})"))).unwrap_or_else(|| panic!("{name} is not in the table"));
        let (number, title) = line("# ").split_once(' ').unwrap();
        assert_eq!(row, format!("| {number} | [{title}]({name}) | {date} |"));
        for heading in ["## Context", "## Options", "## Decision", "## Consequences"] {
            line(heading);
        }
    }
}

/// A line without what is quoted and without its remark.
fn plain(line: &str) -> String {
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

#[test]
fn the_chinese_chapters_show_the_same_commands() {
    for chapter in ["operate", "department"] {
        let mut paths = Vec::new();
        markdown(&root().join("docs/src").join(chapter), &mut paths);
        assert!(paths.len() > 2);
        for path in paths {
            let name = format!("{chapter}/{}", path.file_name().unwrap().to_string_lossy());
            let (english, chinese) = (page(&name), page(&format!("zh/{name}")));
            // What differs with the language: outputs, quoted texts, remarks.
            let commands = |page: &Page| -> Vec<(String, String)> {
                let told = page.blocks.iter().filter(|b| !b.is("output") && !b.is("errors"));
                told.map(|b| (b.marks.join(","), b.text.lines().map(plain).collect::<Vec<_>>().join("\n"))).collect()
            };
            assert_eq!(commands(&english), commands(&chinese), "{name} and its twin");
            assert_eq!(english.blocks.len(), chinese.blocks.len(), "{name} and its twin");
        }
    }
}

/// Words between backticks.
fn code_words(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_book_names_every_setting_error_code_command_and_exit_code() {
    let both = |name: &str| [page(name), page(&format!("zh/{name}"))];

    // Keys of huitu.toml: the program lists them where one is mistyped.
    let dir = tempfile::tempdir().unwrap();
    let known = |text: &str| {
        let path = dir.path().join("huitu.toml");
        std::fs::write(&path, text).unwrap();
        let said = huitu::config::ConfigFile::read(&path).unwrap_err().to_string();
        let list = said.rsplit_once("Known keys: ").unwrap_or_else(|| panic!("{said}")).1.to_owned();
        list.split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    let mut keys = known("x = 1");
    keys.extend(known("[serve]\nx = 1"));
    // Keys of the policy, those of its tables with the table's name.
    let policy = serde_json::to_value(huitu::assess::Policy::default()).unwrap();
    for (key, value) in policy.as_object().unwrap() {
        match value.as_object().filter(|_| ["proxy", "fund", "priority", "needs", "publication"].contains(&key.as_str())) {
            Some(table) => keys.extend(table.keys().map(|inner| format!("{key}.{inner}"))),
            None => keys.push(key.clone()),
        }
    }
    assert!(keys.len() > 35, "{keys:?}");
    for page in both("operate/settings.md") {
        let words = code_words(&page.text);
        let missing: Vec<&String> = keys.iter().filter(|k| !words.contains(k.as_str())).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", page.path.display());
    }

    let errors = page("api/errors.md");
    for code in Code::ALL {
        assert!(code_words(&errors.text).contains(code.name()), "api/errors.md lacks {}", code.name());
    }

    let help = Command::new(env!("CARGO_BIN_EXE_huitu")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands =
        commands.lines().filter_map(|l| l.strip_prefix("  ")?.split(' ').next()).filter(|c| !c.is_empty() && *c != "help");
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 15, "{commands:?}");
    for page in both("operate/commands.md") {
        let words = code_words(&page.text);
        let missing: Vec<&&str> = commands.iter().filter(|c| !words.iter().any(|w| w.split(' ').next() == Some(**c))).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", page.path.display());
    }

    for page in both("operate/trouble.md") {
        for code in 0..=3 {
            assert!(page.text.contains(&format!("\n| {code} |")), "{}: exit code {code}", page.path.display());
        }
    }
}
