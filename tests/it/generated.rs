//! Files in the repository that the program writes: one way to compare them, and one command that writes them all anew.
//!
//! `make bless` runs the tests whose names hold `generated` with HUITU_BLESS=1; each writes its files where they differ, and
//! compares them as ever. HUITU_BLESS=all also renews the numbers in the book's outputs. `make bless-check` does the same and fails where anything had to be written.

use std::path::Path;

/// Whether the files are to be written.
pub fn blessing() -> bool {
    std::env::var_os("HUITU_BLESS").is_some_and(|v| v == "1" || v == "all")
}

/// Compares a generated file with the one in the repository.
pub fn compare(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    if blessing() && read() != text {
        std::fs::write(&file, text).expect("written");
    }
    assert!(read() == text, "{path} is not what the program generates; if that is right, run `make bless`");
}

/// A file that is generated and not reached by `make bless` would be written by hand, or not at all.
#[test]
fn every_test_of_a_generated_file_is_run_by_the_one_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let makefile = std::fs::read_to_string(root.join("Makefile")).expect("a Makefile");
    assert!(makefile.contains("HUITU_BLESS=1 $(CARGO) test --locked --test it -- generated"), "make bless runs these tests");
    let mut found = Vec::new();
    for file in crate::support::sources::rust_files(&root.join("tests")) {
        let code = std::fs::read_to_string(&file).expect("a readable file");
        let shown = file.file_name().expect("a name").to_string_lossy().into_owned();
        for old in ["HUITU_REWRITE", "HUITU_UPDATE"] {
            assert!(shown == "generated.rs" || !code.contains(old), "{shown} writes files by {old}; use `generated::compare`");
        }
        if shown == "generated.rs" {
            continue;
        }
        for (at, _) in code.match_indices("generated::compare(").chain(code.match_indices("generated::blessing(")) {
            let before = &code[..at];
            let name =
                before.rfind("\nfn ").max(before.rfind("\nasync fn ")).map(|start| &before[start..]).expect("in a function");
            let name = name.trim_start().trim_start_matches("async ").trim_start_matches("fn ");
            let name = name.split('(').next().expect("a name").to_owned();
            assert!(name.contains("generated"), "{shown}: {name} writes a file and is not run by `make bless`");
            found.push(name);
        }
    }
    found.dedup();
    assert!(found.len() >= 4, "{found:?}");
}
