//! Every promise of the book names tests, and every test it names is there.

use std::collections::BTreeSet;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of the page's table: the tests that each promise names.
fn promised(page: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join("docs/src").join(page)).unwrap_or_else(|e| panic!("{page}: {e}"));
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let tests = |line: &str| {
        let proof = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default().to_owned();
        proof.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rows.map(tests).collect()
}

#[test]
fn every_promise_of_the_book_has_tests_and_they_are_there() {
    let english = promised("develop/promises.md");
    assert!(english.len() > 12, "{english:?}");
    for tests in &english {
        assert!(!tests.is_empty(), "a promise without a proof");
        for test in tests {
            let (file, name) = test.rsplit_once("::").unwrap_or_else(|| panic!("{test} names no test"));
            let path = match file.strip_prefix("src/") {
                Some(_) => root().join(file),
                None => root().join("tests/it").join(format!("{file}.rs")),
            };
            let code = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{test}: {}: {e}", path.display()));
            let lines: Vec<&str> = code.lines().collect();
            let at = lines.iter().position(|line| line.contains(&format!("fn {name}(")));
            let at = at.unwrap_or_else(|| panic!("there is no test {name} in {}", path.display()));
            assert!(lines[at.saturating_sub(4)..at].iter().any(|line| line.contains("test")), "{test} is no test");
        }
    }
    let named = |rows: &[Vec<String>]| rows.iter().flatten().cloned().collect::<BTreeSet<String>>();
    assert_eq!(named(&english), named(&promised("zh/develop/promises.md")), "both languages name the same");
}
