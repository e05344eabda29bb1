//! Whether the answers of a pull prove that they were all: totals that mean a page, or change meanwhile; a last page given again.
//!
//! In: what each answer said of itself. Out: where the pull ends, and whether a record that did not come may be taken for gone.

use serde::{Deserialize, Serialize};

use crate::pull::chunk::Note;

/// What the answers of a pull said so far. Kept with its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Proof {
    pages: u64,
    total: Option<u64>,
    /// It was another one on an earlier page.
    changed: bool,
    /// A page announced another number than its own.
    in_all: bool,
    /// A record stood on two pages: another may have moved past the reader.
    overlapped: bool,
    /// An answer that only seems to be empty ended the pull, or one that cannot show its end.
    unproven: bool,
    /// How the first answer said that it went well.
    signs: Option<String>,
    first_rows: u64,
    last_rows: u64,
    last: Option<u64>,
}

/// One page, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct AnswerFacts {
    /// Records on it.
    pub came: u64,
    /// Records so far, its own included.
    pub rows: u64,
    pub total: Option<u64>,
    /// Digest of its records.
    pub digest: u64,
}

impl Proof {
    /// The number of records in all, where what was announced is one.
    pub fn total(&self) -> Option<u64> {
        self.total.filter(|_| self.in_all || self.pages == 0)
    }

    /// What is announced, for planning ahead: one page alone does not tell what it means.
    pub fn announced(&self) -> Option<u64> {
        self.total
    }

    pub fn see(&mut self, page: AnswerFacts) {
        self.pages += 1;
        if page.came > 0 {
            (self.last, self.last_rows) = (Some(page.digest), page.came);
        }
        if self.pages == 1 {
            self.first_rows = page.came;
        }
        let Some(total) = page.total else { return };
        self.in_all |= total != page.came;
        self.changed |= self.total.is_some_and(|before| before != total) && self.in_all;
        self.total = Some(total);
    }

    /// Whether nothing is left to ask for behind a page. A full page whose number is the whole announced total, and a first page
    /// that announces just its own records, are followed by one more question: the total may be the page's.
    pub fn is_over(&self, page: AnswerFacts, size: u64) -> bool {
        if page.came == 0 {
            return true;
        }
        let Some(total) = self.total else { return false };
        let fewer_than_announced = page.rows < total;
        if fewer_than_announced {
            return false;
        }
        if page.rows > total && !self.changed {
            // It says less than what came: its total is a page's, or wrong, and only an empty page is the end.
            return false;
        }
        page.came < size && (self.pages > 1 || total != page.came)
    }

    /// All that was announced is here, and what is asked now is asked for certainty only.
    pub fn asks_once_more(&self, rows: u64) -> bool {
        self.total.is_some_and(|t| t == rows && rows > 0)
    }

    /// The page before came again, as some libraries answer behind the last one: whether that was the last one. A page shorter than
    /// the first, or the announced number, shows it; a full page may be where a server stops counting.
    pub fn ends_with_its_last_again(&self, digest: u64, rows: u64) -> bool {
        self.last == Some(digest) && (self.asks_once_more(rows) || (self.pages > 1 && self.last_rows < self.first_rows))
    }

    pub fn repeats(&self, digest: u64) -> bool {
        self.last == Some(digest)
    }

    /// Whether an answer with these signs is of the kind that the first one was. The first one becomes the measure.
    pub fn same_signs(&mut self, signs: &str) -> bool {
        match &self.signs {
            Some(first) => first == signs,
            None => {
                self.signs = Some(signs.to_owned());
                true
            }
        }
    }

    pub fn doubt(&mut self) {
        self.unproven = true;
    }

    /// A record came that an earlier page had.
    pub fn came_again(&mut self) {
        self.overlapped = true;
    }

    /// The number of records changed while they were read: some may have moved past the reader.
    pub fn moved(&self) -> bool {
        self.changed
    }

    /// Every record of the registry came.
    pub fn is_whole(&self) -> bool {
        !self.changed && !self.unproven && !self.overlapped
    }
}

/// Said in the receipt where the answers do not prove that they were all.
pub(super) fn why_not_whole(proof: &Proof, incremental: bool) -> Option<Note> {
    if proof.moved() {
        let (zh, en) = match incremental {
            true => ("下次仍从本次的起点增量拉取", "the next pull begins where this one did"),
            false => ("本次不据此撤销任何记录", "nothing is taken for gone by this pull"),
        };
        return Some(Note::new(
            "total_changed",
            format!("拉取期间数据源的总数有变，分页可能错位漏读；{zh}"),
            format!(
                "the registry's number of records changed while they were read, and pages may have moved past the reader: {en}"
            ),
        ));
    }
    if proof.overlapped {
        return Some(Note::new(
            "pages_overlap",
            "有记录在不同的页上重复出现，分页时可能有别的记录被漏读（数据源应按固定的顺序分页）；本次不据此撤销任何记录",
            "records stood on two pages, so that others may have moved past the reader (pages need a fixed order): nothing is taken for gone by this pull",
        ));
    }
    (!proof.is_whole()).then(not_proven_whole)
}

pub(super) fn not_proven_whole() -> Note {
    Note::new(
        "not_proven_whole",
        "应答无法证明已给出全部记录，本次不据此撤销任何记录；可用 source.http.total 写明总数所在",
        "the answers do not prove that they were all: nothing is taken for gone by this pull; say with source.http.total where the number of records stands",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads pages of `(records, total)` until the rules say that it is over: how many were read, and the proof.
    fn read(size: u64, pages: &[(u64, Option<u64>)]) -> (usize, Proof) {
        let (mut proof, mut rows) = (Proof::default(), 0);
        for (at, (came, total)) in pages.iter().enumerate() {
            rows += came;
            let page = AnswerFacts { came: *came, rows, total: *total, digest: at as u64 };
            proof.see(page);
            if proof.is_over(page, size) {
                return (at + 1, proof);
            }
        }
        (usize::MAX, proof)
    }

    #[test]
    fn a_total_that_is_the_page_s_does_not_end_the_pull() {
        let (read_pages, proof) = read(3, &[(3, Some(3)), (3, Some(3)), (3, Some(3)), (1, Some(1)), (0, Some(0))]);
        assert_eq!((read_pages, proof.is_whole(), proof.total()), (5, true, None));
        // The same behind a server that gives fewer than were asked for.
        assert_eq!(read(10, &[(7, Some(7)), (7, Some(7)), (2, Some(2)), (0, Some(0))]).0, 4);
        let (read_pages, proof) = read(3, &[(3, Some(7)), (3, Some(7)), (1, Some(7))]);
        assert_eq!((read_pages, proof.is_whole(), proof.total()), (3, true, Some(7)));
        assert_eq!(read(3, &[(3, Some(6)), (3, Some(6)), (0, Some(6))]).0, 3, "a full last page is asked about once more");
    }

    #[test]
    fn a_total_that_changes_meanwhile_proves_nothing() {
        let (pages, proof) = read(10, &[(10, Some(21)), (10, Some(20)), (0, Some(20))]);
        assert_eq!((pages, proof.is_whole(), proof.moved()), (3, false, true));
        assert!(read(10, &[(10, Some(21)), (10, Some(21)), (1, Some(21))]).1.is_whole());
    }

    #[test]
    fn the_last_page_again_is_the_end_only_where_it_shows() {
        let (_, short) = read(3, &[(3, None), (3, None), (1, None)]);
        assert!(short.ends_with_its_last_again(2, 7) && !short.ends_with_its_last_again(1, 7));
        let (_, full) = read(3, &[(3, None), (3, None)]);
        assert!(!full.ends_with_its_last_again(1, 6), "a server may stop counting at a full page");
        let (_, counted) = read(3, &[(3, Some(6)), (3, Some(6))]);
        assert!(counted.ends_with_its_last_again(1, 6));
        let (_, alone) = read(3, &[(1, None)]);
        assert!(!alone.ends_with_its_last_again(0, 1), "it may not know the parameter of the page");
    }
}
