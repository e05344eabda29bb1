//! Search: what a person types (two Chinese characters, pinyin initials or syllables, a code or a part of one) → rows.

use std::cell::RefCell;
use std::sync::Arc;

use arrow_array::StringArray;
use roaring::RoaringBitmap;

use crate::edition::files::lookups::LookupKey;
use crate::edition::files::names::{
    PackedReadings, fold, initial, initials_piece, is_syllable, pack_syllable, pair, pairs_from, spell, syllable_pair,
    syllable_pairs_from,
};
use crate::edition::format::row::Row;
use crate::edition::format::scores::ToldScores;
use crate::edition::open::Edition;
use crate::edition::part::Part;
use crate::model::enterprise::IdentifierKind;

/// What the text was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitField {
    /// The current name.
    Name,
    /// A name it bore before.
    FormerName,
    /// The credit code.
    CreditCode,
    /// Another identifier.
    Identifier,
}

/// One enterprise that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its row.
    pub row: Row,
    /// The name or code that matched.
    pub matched: String,
    /// Where the text was found.
    pub field: HitField,
}

/// How many of the most urgent candidates are ranked by how well the name fits.
const RANKED: usize = 200;

/// A text as it is looked for.
struct Query {
    folded: Vec<char>,
    /// Lower-case letters only: may be initials or syllables.
    letters: Option<String>,
    /// Ways to read the letters as whole syllables followed by the beginning of one (possibly empty).
    spellings: Vec<(Vec<u32>, String)>,
}

/// Endings of initials that stand for the form (有限公司 …), which the index leaves out.
const FORM_INITIALS: [&str; 5] = ["gfyxgs", "yxzrgs", "jtyxgs", "yxgs", "gs"];
/// Longer texts are cut: no name is longer.
const MAX_CHARACTERS: usize = 100;
const MAX_SPELLINGS: usize = 32;
/// Characters of a code that find it, and of how many on they say more of a code than of a name.
const LEAST_PART: usize = 4;
const SHORT_PART: usize = 6;

impl Query {
    fn new(text: &str) -> Query {
        let mut folded = fold(text);
        folded.truncate(MAX_CHARACTERS);
        let is_letters = folded.len() >= 2 && folded.iter().all(char::is_ascii_lowercase);
        let mut letters: Option<String> = is_letters.then(|| folded.iter().collect());
        let spellings = letters.as_deref().map(spellings).unwrap_or_default();
        if let Some(l) = &mut letters
            && let Some(rest) = FORM_INITIALS.iter().find_map(|form| l.strip_suffix(form)).filter(|rest| rest.len() >= 2)
        {
            *l = rest.to_owned();
        }
        Query { folded, letters, spellings }
    }

    /// Whether a folded name contains the text, or is spelt like it.
    fn fits(&self, name: &[char], readings: &mut Vec<PackedReadings>) -> bool {
        if name.windows(self.folded.len().max(1)).any(|w| w == self.folded) {
            return true;
        }
        let Some(letters) = &self.letters else { return false };
        spell(name, readings);
        let begins_with = |r: &PackedReadings, letter: u8| initial(r[0]) == letter || initial(r[1]) == letter;
        readings.windows(letters.len()).any(|w| w.iter().zip(letters.bytes()).all(|(r, letter)| begins_with(r, letter)))
            || self.spellings.iter().any(|(whole, rest)| {
                let length = whole.len() + usize::from(!rest.is_empty());
                readings.windows(length).any(|w| {
                    let read = w.iter().zip(whole).all(|(r, syllable)| r.contains(syllable));
                    read && (rest.is_empty() || w[whole.len()].iter().any(|r| *r != 0 && begins(*r, rest)))
                })
            })
    }
}

/// Whether a packed syllable begins with `prefix`.
fn begins(packed: u32, prefix: &str) -> bool {
    let range = syllable_pairs_from(0, prefix);
    range.contains(&syllable_pair(0, packed))
}

/// All ways to cut letters into syllables, the last of which may be incomplete; at least two pieces.
fn spellings(letters: &str) -> Vec<(Vec<u32>, String)> {
    fn cut(rest: &str, so_far: &mut Vec<u32>, found: &mut Vec<(Vec<u32>, String)>) {
        if found.len() >= MAX_SPELLINGS {
            return;
        }
        if rest.is_empty() {
            if so_far.len() >= 2 {
                found.push((so_far.clone(), String::new()));
            }
            return;
        }
        for length in (1..=rest.len().min(6)).rev() {
            if is_syllable(&rest[..length]) {
                so_far.push(pack_syllable(&rest[..length]));
                cut(&rest[length..], so_far, found);
                so_far.pop();
            }
        }
        if !so_far.is_empty() && rest.len() < 6 && !is_syllable(rest) {
            found.push((so_far.clone(), rest.to_owned()));
        }
    }
    let mut found = Vec::new();
    if letters.len() <= 40 {
        cut(letters, &mut Vec::new(), &mut found);
    }
    found
}

impl Edition {
    /// All rows whose names, former names, pinyin or codes contain `text`. Texts of fewer than two characters find names
    /// in which the character is followed by another one.
    pub fn text(&self, text: &str) -> Arc<RoaringBitmap> {
        let query = Query::new(text);
        let key: String = query.folded.iter().collect();
        if let Some(rows) = self.texts.get(&key) {
            return rows;
        }
        let mut rows = self.by_code(text).into_iter().map(|hit| hit.row).collect::<RoaringBitmap>();
        rows |= self.by_part_of_code(text);
        let (candidates, exact) = self.candidates(&query);
        if exact {
            rows |= candidates;
        } else {
            let mut readings = Vec::new();
            rows |=
                candidates.iter().filter(|row| self.named_like(*row, &query, &mut readings).is_some()).collect::<RoaringBitmap>();
        }
        let rows = Arc::new(rows);
        self.texts.insert(key, rows.clone());
        rows
    }

    /// The best `first` hits within `scope` (None: everywhere): codes and whole names first, then names that begin with
    /// the text, then the most urgent of those that contain it.
    pub fn search(&self, text: &str, scope: Option<&RoaringBitmap>, first: usize) -> Vec<Hit> {
        self.search_told(text, scope, first, None)
    }

    /// The same for whoever is told a part of the priority: what fits equally well comes by what is told of it.
    pub fn search_told(&self, text: &str, scope: Option<&RoaringBitmap>, first: usize, told: Option<&ToldScores>) -> Vec<Hit> {
        let order = |a: Row, b: Row| told.map_or_else(|| self.order(a, b), |told| self.told_order(told, a, b));
        let query = Query::new(text);
        if query.folded.is_empty() {
            return Vec::new();
        }
        let mut hits = self.by_code(text);
        hits.sort_by(|a, b| order(a.row, b.row));
        // A few characters are in many codes: whoever bears them in the name stands before those.
        let is_short = query.folded.len() < SHORT_PART;
        if hits.is_empty() && !is_short {
            hits.extend(self.bearing_part(text, scope, first, told));
        }
        let mut readings = Vec::new();
        for row in self.rows(&LookupKey::Name(text.to_owned())) {
            hits.extend(self.named_like(row, &query, &mut readings));
        }
        hits.retain(|hit| scope.is_none_or(|scope| scope.contains(hit.row)));
        let mut seen: RoaringBitmap = hits.iter().map(|hit| hit.row).collect();
        hits.truncate(first);
        if hits.len() == first {
            return hits;
        }
        let (mut candidates, _) = self.candidates(&query);
        if let Some(scope) = scope {
            candidates &= scope;
        }
        let mut ranked: Vec<(usize, Hit)> = Vec::new();
        for row in self.in_told_order(&candidates, told) {
            if !seen.insert(row) {
                continue;
            }
            if let Some(hit) = self.named_like(row, &query, &mut readings) {
                let rank = self.rank(&hit, &query);
                ranked.push((rank, hit));
                if ranked.len() >= RANKED.max(first) {
                    break;
                }
            }
        }
        ranked.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| order(a.1.row, b.1.row)));
        hits.extend(ranked.into_iter().map(|(_, hit)| hit).take(first - hits.len()));
        if is_short && hits.len() < first {
            let named: RoaringBitmap = hits.iter().map(|hit| hit.row).collect();
            let more =
                self.bearing_part(text, scope, first + hits.len(), told).into_iter().filter(|hit| !named.contains(hit.row));
            hits.extend(more.take(first - hits.len()));
        }
        hits
    }

    /// The most urgent rows whose credit codes have the text in them.
    fn bearing_part(&self, text: &str, scope: Option<&RoaringBitmap>, first: usize, told: Option<&ToldScores>) -> Vec<Hit> {
        let rows = self.by_part_of_code(text);
        let within = self.in_told_order(&rows, told).filter(|row| scope.is_none_or(|scope| scope.contains(*row))).take(first);
        let code = |row: Row| self.enterprise(row).credit_code().or(self.enterprise(row).credit_code_raw());
        within.filter_map(|row| Some(Hit { row, matched: code(row)?.to_owned(), field: HitField::CreditCode })).collect()
    }

    /// Lower is better: where in the name the text stands, former names behind current ones.
    fn rank(&self, hit: &Hit, query: &Query) -> usize {
        let name = fold(&hit.matched);
        let position = name.windows(query.folded.len()).position(|w| w == query.folded).unwrap_or(8);
        position.min(8) + if hit.field == HitField::FormerName { 10 } else { 0 }
    }

    /// Rows that may contain the text, and whether they surely do.
    fn candidates(&self, query: &Query) -> (RoaringBitmap, bool) {
        let characters = match query.folded.as_slice() {
            [] => RoaringBitmap::new(),
            [one] => {
                let range = pairs_from(*one);
                self.pieces(range.start, range.end - 1)
            }
            many => self.all_pieces(many.windows(2).map(|w| pair(w[0], w[1]))),
        };
        let Some(letters) = &query.letters else { return (characters, query.folded.len() <= 2) };
        let width = letters.len().min(3);
        let initials = self.all_pieces(letters.as_bytes().windows(width).map(initials_piece));
        let mut found = characters | initials;
        for (whole, rest) in &query.spellings {
            let mut spelt = (whole.len() >= 2).then(|| self.all_pieces(whole.windows(2).map(|w| syllable_pair(w[0], w[1]))));
            if !rest.is_empty() {
                let last = whole.last().expect("a spelling has a whole syllable");
                let (low, high) = syllable_pairs_from(*last, rest).into_inner();
                let begun = self.pieces(low, high);
                spelt = Some(spelt.map_or_else(|| begun.clone(), |spelt| spelt & &begun));
            }
            found |= spelt.unwrap_or_default();
        }
        (found, false)
    }

    fn all_pieces(&self, pieces: impl Iterator<Item = u64>) -> RoaringBitmap {
        let mut rows: Option<RoaringBitmap> = None;
        for piece in pieces {
            let Some(found) = self.piece(piece) else { return RoaringBitmap::new() };
            rows = Some(match rows {
                None => found,
                Some(so_far) => so_far & found,
            });
        }
        rows.unwrap_or_default()
    }

    fn named_like(&self, row: Row, query: &Query, readings: &mut Vec<PackedReadings>) -> Option<Hit> {
        let enterprise = self.enterprise(row);
        let current = (enterprise.name(), HitField::Name);
        let former = enterprise.former_names().into_iter().map(|name| (name, HitField::FormerName));
        std::iter::once(current).chain(former).find(|(name, _)| query.fits(&fold(name), readings)).map(|(name, field)| Hit {
            row,
            matched: name.to_owned(),
            field,
        })
    }

    /// Rows whose credit codes have the text in them: at least four characters, one of them a digit, as names in pinyin have none. Reads
    /// the codes as they lie in memory, one after the other.
    fn by_part_of_code(&self, text: &str) -> RoaringBitmap {
        let part = crate::model::identifier::clean_identifier(text);
        let has_digit = part.bytes().any(|b| b.is_ascii_digit());
        if !(LEAST_PART..18).contains(&part.len()) || !has_digit || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return RoaringBitmap::new();
        }
        self.of_parts(|p| Some(Arc::new(rows_with_code(p, &part)))).map(Arc::unwrap_or_clone).unwrap_or_default()
    }

    /// Rows whose codes are the text.
    fn in_told_order<'a>(&'a self, rows: &'a RoaringBitmap, told: Option<&ToldScores>) -> Box<dyn Iterator<Item = Row> + 'a> {
        match told {
            Some(told) => Box::new(self.told_rows(rows, &[], told).into_iter()),
            None => Box::new(self.in_order(rows)),
        }
    }

    fn by_code(&self, text: &str) -> Vec<Hit> {
        let code = crate::model::identifier::clean_identifier(text);
        if code.len() < 8 || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Vec::new();
        }
        let mut hits: Vec<Hit> = Vec::new();
        let mut add = |rows: Vec<Row>, field: HitField| {
            for row in rows {
                if hits.iter().all(|hit| hit.row != row) {
                    hits.push(Hit { row, matched: code.clone(), field });
                }
            }
        };
        add(self.rows(&LookupKey::CreditCode(code.clone())), HitField::CreditCode);
        for kind in IdentifierKind::ALL {
            add(self.rows(&LookupKey::Identifier(*kind, code.clone())), HitField::Identifier);
        }
        hits.sort_by(|a, b| self.order(a.row, b.row));
        hits
    }
}

/// Rows of a part whose credit codes have `text` in them, read as they lie in memory.
fn rows_with_code(part: &Part, text: &str) -> RoaringBitmap {
    let mut rows = RoaringBitmap::new();
    find_codes(&part.columns.credit_code, 0, text, &mut rows);
    let as_written = &part.columns.particulars.codes;
    for block in as_written.numbers() {
        let first = as_written.rows_of(block).start;
        find_codes(&as_written.at(first).0.credit_code_raw, first, text, &mut rows);
    }
    rows
}

/// Adds the rows whose codes have `text` in them; the first of these codes is that of the row `first`.
fn find_codes(codes: &StringArray, first: usize, text: &str, rows: &mut RoaringBitmap) {
    let offsets = codes.value_offsets();
    let (Some(start), Some(end)) = (offsets.first(), offsets.last()) else { return };
    let start = *start as usize;
    let bytes = &codes.value_data()[start..*end as usize];
    let mut row = 0;
    for at in memchr::memmem::find_iter(bytes, text.as_bytes()) {
        let at = (start + at) as i32;
        // Found in the order of the rows: a few characters are on most of them.
        while offsets[row + 1] <= at {
            row += 1;
        }
        // What lies across two codes is in neither.
        if at + text.len() as i32 <= offsets[row + 1] {
            rows.insert((first + row) as u32);
        }
    }
}

/// Pieces on more rows than this say little about a name.
const COMMON: u64 = 20_000;

/// How much each row shares with a name: one place for every row, kept by its thread, and which of them were touched.
#[derive(Default)]
struct SharedPieces {
    weights: Vec<f32>,
    touched: Vec<Row>,
}

thread_local! {
    static SHARED: RefCell<SharedPieces> = RefCell::default();
}

impl SharedPieces {
    fn add(&mut self, row: Row, rarity: f32) {
        let at = row as usize;
        if at >= self.weights.len() {
            self.weights.resize(at + 1, UNTOUCHED);
        }
        if self.weights[at].is_nan() {
            self.touched.push(row);
            self.weights[at] = 0.0;
        }
        self.weights[at] += rarity;
    }

    /// The rows with their weights; nothing is left for the next name.
    fn take(&mut self) -> Vec<(Row, f32)> {
        let weights = &mut self.weights;
        self.touched.drain(..).map(|row| (row, std::mem::replace(&mut weights[row as usize], UNTOUCHED))).collect()
    }
}

/// What is no weight.
const UNTOUCHED: f32 = f32::NAN;

impl Edition {
    /// The `limit` rows whose names share most with `name`, rare pieces counting more: also where letters were mistyped or
    /// left out. For matching, not for searching: most of them are somebody else.
    pub fn similar(&self, name: &str, scope: Option<&RoaringBitmap>, limit: usize) -> Vec<Row> {
        let folded = fold(name);
        let mut rows = SHARED.with_borrow_mut(|shared| {
            for piece in folded.windows(2).take(MAX_CHARACTERS) {
                let Some(rows) = self.piece(pair(piece[0], piece[1])).filter(|rows| rows.len() <= COMMON) else { continue };
                let rarity = (self.len() as f32 / rows.len() as f32).ln();
                rows.iter().filter(|row| scope.is_none_or(|scope| scope.contains(*row))).for_each(|row| shared.add(row, rarity));
            }
            shared.take()
        });
        // Only those that are shown are put in order; thousands share a piece or two.
        let by_weight = |a: &(Row, f32), b: &(Row, f32)| b.1.total_cmp(&a.1);
        let in_order = |a: &(Row, f32), b: &(Row, f32)| by_weight(a, b).then_with(|| self.order(a.0, b.0));
        if limit < rows.len() {
            let least = if limit == 0 { f32::INFINITY } else { rows.select_nth_unstable_by(limit - 1, by_weight).1.1 };
            rows.retain(|(_, weight)| *weight >= least);
        }
        if limit < rows.len() {
            rows.select_nth_unstable_by(limit, in_order);
            rows.truncate(limit);
        }
        rows.sort_unstable_by(in_order);
        rows.into_iter().map(|(row, _)| row).collect()
    }
}
