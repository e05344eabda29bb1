//! Words that registries write for a status, an owner, a kind of union or of payment, and what they mean.
//!
//! In: the tables of `reference/`, each with a source per row. Out: one meaning a word, for every reader of the program. A
//! connector's own value map comes before them (`connector::values`); nothing else interprets these words.

use hashbrown::HashMap;

use super::table::rows;

/// Words of one vocabulary.
#[derive(Debug)]
pub(super) struct Words<T> {
    whole: HashMap<String, T>,
    /// What decides a text that is no word of the table, the first that occurs; more telling ones first.
    parts: Vec<(String, T)>,
}

impl<T: Copy> Words<T> {
    pub fn new() -> Words<T> {
        Words { whole: HashMap::new(), parts: Vec::new() }
    }

    /// The first meaning stays: [`tests`] see that no word has two.
    pub fn whole(&mut self, word: &str, meaning: T) {
        self.whole.entry(plain(word)).or_insert(meaning);
    }

    pub fn part(&mut self, word: &str, meaning: T) {
        self.parts.push((plain(word), meaning));
    }

    /// What a text means as a whole.
    pub fn word(&self, raw: &str) -> Option<T> {
        // Nearly every cell is written as the table has it.
        self.whole.get(raw).or_else(|| self.whole.get(&plain(raw))).copied()
    }

    /// What a text means as a whole, or by a telling part of it.
    pub fn text(&self, raw: &str) -> Option<T> {
        self.word(raw).or_else(|| {
            let text = plain(raw);
            self.parts.iter().find(|(part, _)| text.contains(part)).map(|(_, meaning)| *meaning)
        })
    }
}

/// Without blanks; half-width and full-width brackets and commas alike.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '(' => '（',
            ')' => '）',
            ',' => '，',
            c => c,
        })
        .collect()
}

/// A table of words as embedded: its name below `reference/` and its text.
pub(super) type Table = (&'static str, &'static str);

pub(super) const STATUSES: Table = ("registration/statuses.csv", include_str!("../../../reference/registration/statuses.csv"));
pub(super) const TYPES: Table = ("registration/types.csv", include_str!("../../../reference/registration/types.csv"));
pub(super) const OWNERSHIP: Table =
    ("registration/ownership_words.csv", include_str!("../../../reference/registration/ownership_words.csv"));
pub(super) const ORG_TYPES: Table = ("unions/org_types.csv", include_str!("../../../reference/unions/org_types.csv"));
pub(super) const UNION_KINDS: Table = ("unions/kind_words.csv", include_str!("../../../reference/unions/kind_words.csv"));
pub(super) const UNION_STATUSES: Table = ("unions/status_words.csv", include_str!("../../../reference/unions/status_words.csv"));
pub(super) const PAYMENTS: Table = ("unions/payment_words.csv", include_str!("../../../reference/unions/payment_words.csv"));

/// Rows of a table of words, with a cell of each read as its meaning. A meaning that is none is a bug of the build.
pub(super) fn read<T>(
    table: Table,
    column: usize,
    meaning: impl Fn(&str) -> Option<T>,
) -> impl Iterator<Item = (csv::StringRecord, T)> {
    rows(table.0, table.1).map(move |row| {
        let meant = meaning(&row[column]).unwrap_or_else(|| panic!("reference/{}: {:?} means nothing", table.0, &row[column]));
        (row, meant)
    })
}

/// Changes whenever a table of words does: what was read by other tables is read again.
pub fn digest() -> u64 {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for (name, text) in [STATUSES, TYPES, OWNERSHIP, ORG_TYPES, UNION_KINDS, UNION_STATUSES, PAYMENTS] {
        hash.update(name.as_bytes());
        hash.update(text.as_bytes());
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A table with the columns of its words and of their meanings, and of how they match where it says so.
    const TABLES: [(Table, usize, usize, Option<usize>); 5] = [
        (STATUSES, 0, 1, None),
        (OWNERSHIP, 0, 2, Some(1)),
        (UNION_KINDS, 0, 2, Some(1)),
        (UNION_STATUSES, 0, 1, None),
        (PAYMENTS, 0, 1, None),
    ];

    #[test]
    fn each_word_stands_once_in_its_table_and_every_row_has_a_source() {
        for (table, word, _, _) in TABLES {
            let mut seen: BTreeMap<String, String> = BTreeMap::new();
            for row in rows(table.0, table.1) {
                assert!(!row[row.len() - 1].is_empty(), "{}: {} has no source", table.0, &row[word]);
                if let Some(before) = seen.insert(plain(&row[word]), row[word].to_owned()) {
                    panic!("{}: {} and {before} are one word", table.0, &row[word]);
                }
            }
        }
    }

    /// The names of codes are words too: what a table of words says of one is what its code says.
    #[test]
    fn a_word_that_two_tables_have_has_one_meaning() {
        let names = |table: Table, scheme: &'static [&'static str], name: usize, meaning: usize| {
            rows(table.0, table.1)
                .filter(move |row| scheme.contains(&&row[0]))
                .map(move |row| (plain(&row[name]), row[meaning].to_owned()))
        };
        let types = names(TYPES, &["2011", "2022", "samr"], 2, 4).filter(|(_, ownership)| !ownership.is_empty());
        let kinds = names(ORG_TYPES, &["org_type", "org_form", "chart_label"], 2, 5);
        let statuses = names(ORG_TYPES, &["status"], 2, 5);
        let mut all: BTreeMap<(&str, String), String> = BTreeMap::new();
        for (vocabulary, word, meaning) in
            types
                .map(|(word, meaning)| ("ownership", word, meaning))
                .chain(kinds.map(|(word, meaning)| {
                    ("union kind", word, if meaning == "federation" { "umbrella".into() } else { meaning })
                }))
                .chain(statuses.map(|(word, meaning)| ("union status", word, meaning)))
        {
            let before = all.entry((vocabulary, word.clone())).or_insert_with(|| meaning.clone());
            assert_eq!(*before, meaning, "{vocabulary} {word}");
        }
        for (table, vocabulary) in [(OWNERSHIP, "ownership"), (UNION_KINDS, "union kind"), (UNION_STATUSES, "union status")] {
            let (_, word, meaning, matches) = TABLES.into_iter().find(|(t, ..)| *t == table).unwrap();
            for row in rows(table.0, table.1).filter(|row| matches.is_none_or(|at| &row[at] == "whole")) {
                let named = all.get(&(vocabulary, plain(&row[word])));
                // A form of company says nothing of its owner, although statistics counts it as mixed by its code.
                let may = named.is_none() || vocabulary == "ownership" && &row[meaning] == "UNKNOWN";
                assert!(may, "{}: {} stands among the names of codes already", table.0, &row[word]);
            }
        }
    }

    #[test]
    fn a_telling_part_is_tried_behind_the_words_and_in_the_order_of_the_table() {
        let mut words = Words::new();
        words.whole("甲(乙)", 1);
        words.part("甲乙", 2);
        words.part("甲", 3);
        let read = |text| (words.word(text), words.text(text));
        assert_eq!(read("甲（乙）"), (Some(1), Some(1)));
        assert_eq!(read(" 甲( 乙 )"), (Some(1), Some(1)));
        assert_eq!(read("某甲乙"), (None, Some(2)));
        assert_eq!(read("甲丙"), (None, Some(3)));
        assert_eq!(read("丙"), (None, None));
    }
}
