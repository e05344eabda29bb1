//! A SELECT that can answer several rows says in which order: without it the order is the database's whim, and what is made of
//! the rows differs from run to run and from SQLite to PostgreSQL.

use std::path::Path;

use crate::support::sources::{Literal, literals, rust_files};

/// SELECTs whose rows go where order means nothing.
const WITHOUT_ORDER: &[(&str, &str)] = &[
    ("SELECT key, id, hash, gone FROM record WHERE registry_id = $1 AND key = ", "into a map, by key"),
    ("SELECT id FROM record WHERE registry_id = $1 AND gone = 0", "into a bitmap"),
    ("SELECT * FROM {} {end}", "no row at all: LIMIT 0, or WHERE 1 = 0 where there is no LIMIT"),
    ("SELECT {} FROM {} WHERE", "a count is one row"),
    ("SELECT {} FROM \"{}\"", "a whole table, written as it lies; it is read back into a table"),
    ("SELECT setval(", "one row"),
    ("SELECT list_id, state, COUNT(*) AS visits", "its order is written behind it"),
    ("SELECT landing, last_record, id AS batch, COALESCE(finished_at, 0)", "one batch has the last landing"),
];

/// A query that can answer several rows and does not say in which order. One row it answers where the code takes one
/// (`fetch_one`, `fetch_optional`) or it limits itself to one; without a table it reads nothing.
fn is_unordered(literal: &Literal) -> bool {
    let text = literal.text.trim_start();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_query = matches!(words.first(), Some(&("SELECT" | "WITH"))) && words.contains(&"FROM");
    let ordered = words.windows(2).any(|w| w == ["ORDER", "BY"]);
    let at_most_one = text.trim_end().ends_with("LIMIT 1") || text.trim_end().ends_with("LIMIT 0");
    let taken = ["fetch_one", "fetch_optional", "fetch_all", ".fetch(", ".each("];
    let first = taken.iter().filter_map(|how| Some((literal.after.find(how)?, *how))).min();
    let takes_one = matches!(first, Some((_, "fetch_one" | "fetch_optional")));
    is_query && !ordered && !at_most_one && !takes_one
}

#[test]
fn a_select_of_several_rows_says_in_which_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut wrong, mut seen) = (Vec::new(), 0);
    let mut excused = vec![false; WITHOUT_ORDER.len()];
    for file in rust_files(&root.join("src")) {
        let code = std::fs::read_to_string(&file).expect("a readable file");
        for literal in literals(&code) {
            seen += usize::from(literal.text.trim_start().starts_with("SELECT "));
            if !is_unordered(&literal) {
                continue;
            }
            match WITHOUT_ORDER.iter().position(|(start, _)| literal.text.starts_with(start)) {
                Some(known) => excused[known] = true,
                None => {
                    let shown = file.strip_prefix(root).expect("inside").display().to_string();
                    wrong.push(format!("{shown}:{}: {}", literal.line, literal.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "without ORDER BY:\n{}", wrong.join("\n"));
    assert!(seen > 50, "the queries are found: {seen}");
    let idle: Vec<&str> = WITHOUT_ORDER.iter().zip(&excused).filter(|(_, used)| !**used).map(|((start, _), _)| *start).collect();
    assert!(idle.is_empty(), "exceptions that excuse nothing: {idle:?}");
}

#[test]
fn the_reader_of_queries_tells_one_row_from_several() {
    let unordered = |code: &str| literals(code).iter().filter(|l| is_unordered(l)).count();
    assert_eq!(unordered("query(\"SELECT a FROM t\").fetch_all(db)"), 1);
    assert_eq!(unordered("query(\"SELECT a FROM t\").fetch(db)"), 1);
    assert_eq!(unordered("const SQL: &str = \"SELECT a FROM t\";"), 1);
    assert_eq!(unordered("query(\"SELECT a FROM t ORDER BY a\").fetch_all(db)"), 0);
    assert_eq!(unordered("query(\"SELECT a FROM t WHERE id = $1\").bind(id).fetch_optional(db)"), 0);
    assert_eq!(unordered("query(\"INSERT INTO t SELECT a FROM u\").execute(db)"), 0);
}
