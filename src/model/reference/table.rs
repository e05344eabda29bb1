//! Reads the tables of `reference/`, once per process.

/// Rows of an embedded table, without its header. The tables are ours and tested: a broken one is a bug of the build.
pub(in crate::model::reference) fn rows(name: &'static str, text: &'static str) -> impl Iterator<Item = csv::StringRecord> {
    csv::ReaderBuilder::new()
        .from_reader(text.as_bytes())
        .into_records()
        .map(move |row| row.unwrap_or_else(|e| panic!("reference/{name}: {e}")))
}

/// The cells of one embedded table live as long as the program: leaked once, so that look-ups hand out `&'static str`.
pub(in crate::model::reference) fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}
