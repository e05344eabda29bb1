//! Several files of one registry: which is newer must be told by their names, or they must not contradict each other.
//!
//! In: the files in the order they are read, and their rows. Out: the first key that two files tell differently although nothing
//! says which of them counts. Files of one series, of which the newer comes first, may contradict each other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use xxhash_rust::xxh3::xxh3_64;

use super::series::{Mark, mark};
use crate::connector::{Connector, Layout, Take};
use crate::pull::{Chunk, PullError};

/// Watches rows for keys that two files tell differently.
pub(super) struct Together {
    files: Vec<(String, Mark)>,
    at: usize,
    columns: Vec<String>,
    layout: Option<Layout>,
    /// The file and the contents of each key.
    seen: HashMap<u64, (u32, u64)>,
}

impl Together {
    /// None where no two files could contradict each other.
    pub(super) fn of(paths: &[PathBuf]) -> Option<Together> {
        let name = |p: &PathBuf| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let files: Vec<(String, Mark)> = paths.iter().map(name).map(|n| (n.clone(), mark(&n))).collect();
        let first = files.first()?;
        let ordered = files.iter().all(|f| f.1.series == first.1.series) && files.iter().all(|f| f.1.is_placed());
        (files.len() > 1 && !ordered).then(|| Together { files, at: 0, columns: Vec::new(), layout: None, seen: HashMap::new() })
    }

    pub(super) fn file(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn columns(&mut self, connector: &Connector, columns: &[String]) {
        self.columns = columns.to_vec();
        self.layout = connector.layout(columns).ok();
    }

    /// # Errors
    /// `files_disagree`.
    pub(super) fn rows(&mut self, connector: &Connector, chunk: &Chunk) -> Result<(), PullError> {
        let Some(layout) = &self.layout else { return Ok(()) };
        let (files, columns, seen, at) = (&self.files, &self.columns, &mut self.seen, self.at);
        chunk.for_each(|_, cells| {
            let Ok(key) = connector.key(layout, cells) else { return Ok(()) };
            // Whatever order the columns come in.
            let contents = columns.iter().zip(cells).filter_map(|(column, cell)| Some((column, (*cell)?.trim()))).fold(
                0u64,
                |sum, (column, cell)| match cell.is_empty() {
                    true => sum,
                    false => sum.wrapping_add(xxh3_64(format!("{column}\u{0}{cell}").as_bytes())),
                },
            );
            match seen.entry(xxh3_64(key.as_bytes())) {
                Entry::Vacant(entry) => drop(entry.insert((at as u32, contents))),
                Entry::Occupied(entry) => {
                    let (earlier, told) = *entry.get();
                    let (a, b) = (&files[earlier as usize], &files[at]);
                    let ordered = a.1.series == b.1.series && a.1.place() != b.1.place();
                    if earlier as usize != at && told != contents && !ordered {
                        return Err(disagree(connector, &a.0, &b.0, &key));
                    }
                }
            }
            Ok(())
        })
    }
}

fn disagree(connector: &Connector, a: &str, b: &str, key: &str) -> PullError {
    let (zh, en) = match connector.source.take {
        Some(Take::All) => (
            "请只留下一份，或在文件名中写明日期或版本（如 20261128、v2），或改写 take = \"newest\" 只读最后写成的一份",
            "leave one of them, name both by their day or version (20261128, v2), or write take = \"newest\" for the one written last",
        ),
        _ => (
            "每份都是全量时写 take = \"newest\" 只读最后写成的一份，或在文件名中写明日期或版本（如 20261128、v2）；各份合起来才是全量时，请让各份的主键互不重复",
            "where each states the registry anew write take = \"newest\" for the one written last, or name them by their day or version (20261128, v2); where they belong together, no key may stand in two",
        ),
    };
    PullError::new(
        connector,
        "files_disagree",
        format!("文件「{a}」和「{b}」都有主键「{key}」而内容不同，文件名又看不出哪份更新，该批次已暂停；{zh}"),
        format!(
            "the files \"{a}\" and \"{b}\" both have key \"{key}\" with different contents, and their names do not say which is newer; the batch is held: {en}"
        ),
    )
    .held()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::chunk::{Mark as RowMark, RowHead};

    fn connector() -> Connector {
        Connector::parse(
            "t",
            "title = { zh = \"x\", en = \"x\" }\nowner = { zh = \"x\", en = \"x\" }\n[source]\ntransport = \"file\"\nplace = \"x.csv\"\n\
             [key]\ncolumns = [\"编号\"]\n[columns]\n\"编号\" = \"registration_number\"\n\"名称\" = \"name\"\n",
        )
        .expect("a manifest")
    }

    fn read(names: [&str; 2], rows: [&str; 2]) -> Option<&'static str> {
        let mut together = Together::of(&names.map(PathBuf::from))?;
        let connector = connector();
        together.columns(&connector, &["编号".to_owned(), "名称".to_owned()]);
        for (at, row) in rows.iter().enumerate() {
            together.file(at);
            let mut chunk = Chunk::new(2);
            chunk.push_row(RowHead { number: at as u64 + 1, offset: None, mark: RowMark::Cells }, row.split(',').map(Some));
            if let Err(error) = together.rows(&connector, &chunk) {
                assert!(error.held && names.iter().all(|n| error.problem.zh.contains(n)) && error.problem.en.contains("take"));
                return Some("held");
            }
        }
        Some("read")
    }

    #[test]
    fn files_that_contradict_each_other_are_held_where_no_name_says_which_is_newer() {
        assert_eq!(read(["甲.csv", "乙.csv"], ["1,甲公司", "1,乙公司"]), Some("held"));
        assert_eq!(read(["甲.csv", "乙.csv"], ["1,甲公司", "2,乙公司"]), Some("read"));
        assert_eq!(read(["甲.csv", "乙.csv"], ["1,甲公司", "1,甲公司"]), Some("read"), "twice the same");
        assert_eq!(read(["t_20261128.csv", "t_20261127.csv"], ["1,甲公司", "1,乙公司"]), None, "the newer comes first");
        assert_eq!(read(["t_1128_补充.csv", "t_1128.csv"], ["1,甲公司", "1,乙公司"]), None);
    }
}
