//! Numbers for the summary of `make chaos`.

use std::io::Write;

/// Prints a number, and adds it to the file that `tests/chaos` sums up.
pub fn note(what: &str, number: impl std::fmt::Display) {
    println!("chaos {what} {number}");
    if let Some(path) = std::env::var_os("HUITU_CHAOS_REPORT") {
        let mut file = std::fs::File::options().create(true).append(true).open(path).expect("the report can be written");
        writeln!(file, "{what} {number}").expect("the report can be written");
    }
}
