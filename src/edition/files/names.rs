//! The name index: pieces of names (pairs of characters, pinyin initials, pairs of pinyin syllables) → bitmap of rows.
//!
//! A piece is 64 bits: 4 bits of kind, then the characters or letters, so that a prefix is a range of pieces. Former names
//! are indexed like current ones. What a bitmap finds for more than one piece is a candidate: `search` compares the name.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow_array::builder::LargeBinaryBuilder;
use arrow_array::{ArrayRef, UInt64Array};
use hashbrown::{HashMap, HashSet};
use pinyin::ToPinyin;

use super::facets::bitmap_bytes;
use crate::edition::error::EditionError;
use crate::edition::format::manifest::FileDigest;
use crate::edition::format::table::{column, write_table};
use crate::model::enterprise::Enterprise;

const KIND_SHIFT: u32 = 60;
const CHARACTERS: u64 = 1 << KIND_SHIFT;
const INITIALS: u64 = 2 << KIND_SHIFT;
const SYLLABLES: u64 = 3 << KIND_SHIFT;
/// Six letters in base 27, first letter highest: fits 29 bits and sorts like the text.
const LETTERS: usize = 6;

/// Endings that say only what form a firm has; nobody types their pinyin, so they are left out of the pinyin index.
const FORMS: [&str; 8] =
    ["集团股份有限公司", "集团有限责任公司", "集团有限公司", "股份有限公司", "有限责任公司", "有限公司", "分公司", "公司"];

/// A name as it is compared: half-width, lower case, letters, digits and characters only.
pub fn fold(name: &str) -> Vec<char> {
    let mut folded = Vec::with_capacity(name.len() / 3 + 4);
    for c in name.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).expect("the full-width block mirrors ASCII"),
            c => c,
        };
        match c {
            '\u{4e00}'..='\u{9fff}' => folded.push(c),
            c if c.is_ascii_alphanumeric() => folded.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => {}
            c if c.is_alphanumeric() => folded.extend(c.to_lowercase()),
            _ => {}
        }
    }
    folded
}

pub fn pair(a: char, b: char) -> u64 {
    CHARACTERS | (a as u64) << 21 | b as u64
}

/// All pairs that begin with a character.
pub fn pairs_from(a: char) -> std::ops::Range<u64> {
    pair(a, '\0')..CHARACTERS | (a as u64 + 1) << 21
}

/// Two or three initials.
pub fn initials_piece(letters: &[u8]) -> u64 {
    let packed = letters.iter().take(3).fold(0, |packed, l| packed * 27 + u64::from(l - b'a' + 1));
    INITIALS | packed
}

pub fn syllable_pair(a: u32, b: u32) -> u64 {
    SYLLABLES | u64::from(a) << 29 | u64::from(b)
}

/// All pairs of `a` and a syllable that begins as `prefix` does.
pub fn syllable_pairs_from(a: u32, prefix: &str) -> std::ops::RangeInclusive<u64> {
    let rest = 27_u32.pow((LETTERS - prefix.len().min(LETTERS)) as u32) - 1;
    let low = pack_syllable(prefix);
    syllable_pair(a, low)..=syllable_pair(a, low + rest)
}

/// Letters a–z, at most six.
pub fn pack_syllable(syllable: &str) -> u32 {
    let mut packed = 0_u32;
    let letters = syllable.as_bytes();
    for i in 0..LETTERS {
        packed = packed * 27 + letters.get(i).map_or(0, |l| u32::from(l.saturating_sub(b'a' - 1)));
    }
    packed
}

/// Characters of enterprise names that are read in two ways; all others keep their usual reading.
const READ_TWICE: [(char, &str, &str); 21] = [
    ('长', "chang", "zhang"),
    ('行', "xing", "hang"),
    ('乐', "le", "yue"),
    ('重', "chong", "zhong"),
    ('朝', "chao", "zhao"),
    ('传', "chuan", "zhuan"),
    ('都', "du", "dou"),
    ('厦', "sha", "xia"),
    ('藏', "cang", "zang"),
    ('调', "tiao", "diao"),
    ('盛', "sheng", "cheng"),
    ('曾', "zeng", "ceng"),
    ('单', "dan", "shan"),
    ('车', "che", "ju"),
    ('得', "de", "dei"),
    ('和', "he", "huo"),
    ('会', "hui", "kuai"),
    ('解', "jie", "xie"),
    ('石', "shi", "dan"),
    ('仇', "chou", "qiu"),
    ('覃', "qin", "tan"),
];

/// A character's readings as packed syllables; zero where there is none.
pub type PackedReadings = [u32; 2];

struct Readings {
    /// By character from U+4E00.
    packed: Vec<PackedReadings>,
    known: HashSet<u32>,
}

fn readings() -> &'static Readings {
    static READINGS: OnceLock<Readings> = OnceLock::new();
    READINGS.get_or_init(|| {
        let mut readings = Readings { packed: vec![[0; 2]; 0x5200], known: HashSet::new() };
        for offset in 0..0x5200_u32 {
            let Some(reading) = char::from_u32(0x4e00 + offset).and_then(|c| c.to_pinyin()) else { continue };
            let plain = reading.plain().replace('ü', "v");
            if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_lowercase()) {
                continue;
            }
            let packed = pack_syllable(&plain);
            readings.packed[offset as usize] = [packed, 0];
            // Readings without a vowel (m, ng) would let almost any letters pass as syllables.
            if plain.bytes().any(|b| b"aeiouv".contains(&b)) {
                readings.known.insert(packed);
            }
        }
        for (c, one, other) in READ_TWICE {
            readings.packed[c as usize - 0x4e00] = [pack_syllable(one), pack_syllable(other)];
        }
        readings
    })
}

fn reading(c: char) -> PackedReadings {
    if c.is_ascii_lowercase() {
        return [pack_syllable(c.encode_utf8(&mut [0; 4])), 0];
    }
    let offset = (c as u32).checked_sub(0x4e00).map(|o| o as usize);
    offset.and_then(|o| readings().packed.get(o).copied()).unwrap_or_default()
}

/// First letter of a packed syllable; 0 for none.
pub fn initial(packed: u32) -> u8 {
    match packed / 27_u32.pow(LETTERS as u32 - 1) {
        0 => 0,
        letter => b'a' - 1 + letter as u8,
    }
}

pub fn is_syllable(text: &str) -> bool {
    text.len() <= LETTERS && readings().known.contains(&pack_syllable(text))
}

/// The readings of a name without its form. Letters stand for themselves, digits for nothing.
pub fn spell(name: &[char], readings: &mut Vec<PackedReadings>) {
    readings.clear();
    readings.extend(without_form(name).iter().map(|c| reading(*c)));
}

fn without_form(name: &[char]) -> &[char] {
    for form in FORMS {
        let length = form.chars().count();
        if name.len() > length + 1 && name[name.len() - length..].iter().copied().eq(form.chars()) {
            return &name[..name.len() - length];
        }
    }
    name
}

/// Ascending rows as differences in varints: a byte or two each, where a list of numbers would take four and grow by doubling.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    /// One above the last row; 0 where there is none.
    next: u32,
}

impl Rows {
    fn add(&mut self, row: u32) {
        if row + 1 == self.next {
            return;
        }
        let mut step = row + 1 - self.next;
        self.next = row + 1;
        while step >= 0x80 {
            self.bytes.push(step as u8 | 0x80);
            step >>= 7;
        }
        self.bytes.push(step as u8);
    }

    fn read(&self, rows: &mut Vec<u32>) {
        rows.clear();
        let (mut next, mut step, mut shift) = (0, 0, 0);
        for byte in &self.bytes {
            step |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                next += step;
                rows.push(next - 1);
                (step, shift) = (0, 0);
            }
        }
    }
}

#[derive(Default)]
struct Pieces(HashMap<u64, Rows>);

impl Pieces {
    fn add(&mut self, piece: u64, row: u32) {
        self.0.entry(piece).or_default().add(row);
    }
}

/// Writes `names.arrow`: piece, bitmap; sorted by piece.
///
/// # Errors
/// The disk does not take it.
pub fn write_names(folder: &Path, rows: &[Enterprise]) -> Result<FileDigest, EditionError> {
    let names = |e: &'_ Enterprise| std::iter::once(&e.name).chain(&e.former_names).map(|n| fold(n)).collect::<Vec<_>>();
    let characters = || {
        let mut pieces = Pieces::default();
        for (row, e) in rows.iter().enumerate() {
            for name in names(e) {
                name.windows(2).for_each(|w| pieces.add(pair(w[0], w[1]), row as u32));
            }
        }
        encode(pieces)
    };
    let spelled = || {
        let mut pieces = Pieces::default();
        let mut readings = Vec::new();
        for (row, e) in rows.iter().enumerate() {
            for name in names(e) {
                spell(&name, &mut readings);
                each_piece(&readings, |piece| pieces.add(piece, row as u32));
            }
        }
        encode(pieces)
    };
    let (mut all, spelled) = rayon::join(characters, spelled);
    all.extend(spelled); // characters sort before initials before syllables
    let mut bitmaps = LargeBinaryBuilder::with_capacity(all.len(), all.iter().map(|(_, b)| b.len()).sum());
    let mut pieces = Vec::with_capacity(all.len());
    for (piece, bytes) in all {
        pieces.push(piece);
        bitmaps.append_value(bytes);
    }
    let columns = vec![
        column("piece", Arc::new(UInt64Array::from(pieces)) as ArrayRef, &[("kinds", "1 characters, 2 initials, 3 syllables")]),
        column("bitmap", Arc::new(bitmaps.finish()) as ArrayRef, &[("format", "Roaring, portable")]),
    ];
    write_table(folder, "names.arrow", columns)
}

/// Pairs and triples of initials and pairs of syllables, in every reading.
fn each_piece(readings: &[PackedReadings], mut add: impl FnMut(u64)) {
    for (at, first) in readings.iter().enumerate() {
        for a in first.iter().copied().filter(|r| *r != 0) {
            for b in readings.get(at + 1).copied().unwrap_or_default().into_iter().filter(|r| *r != 0) {
                add(syllable_pair(a, b));
                add(initials_piece(&[initial(a), initial(b)]));
                for c in readings.get(at + 2).copied().unwrap_or_default().into_iter().filter(|r| *r != 0) {
                    add(initials_piece(&[initial(a), initial(b), initial(c)]));
                }
            }
        }
    }
}

fn encode(pieces: Pieces) -> Vec<(u64, Vec<u8>)> {
    use rayon::prelude::*;
    let mut all: Vec<(u64, Rows)> = pieces.0.into_iter().collect();
    all.par_sort_unstable_by_key(|(piece, _)| *piece);
    let bitmap = |rows: &mut Vec<u32>, (piece, found): (u64, Rows)| {
        let mut bytes = Vec::new();
        found.read(rows);
        bitmap_bytes(rows, &mut bytes);
        (piece, bytes)
    };
    all.into_par_iter().map_init(Vec::new, bitmap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_ignores_width_case_and_punctuation() {
        let expected: Vec<char> = "华宇it北京".chars().collect();
        assert_eq!(fold("华宇ＩＴ（北京）"), expected);
        assert_eq!(fold("华宇 I.T.(北京)"), expected);
    }

    #[test]
    fn spelling_leaves_the_form_out() {
        let mut readings = Vec::new();
        spell(&fold("北京华宇科技有限公司"), &mut readings);
        let initials: Vec<u8> = readings.iter().map(|r| initial(r[0])).collect();
        assert_eq!(initials, b"bjhykj");
        assert_eq!(readings[2][0], pack_syllable("hua"));
        assert!(is_syllable("yu") && !is_syllable("xq"));
    }

    #[test]
    fn a_syllable_prefix_is_a_range() {
        let hua = pack_syllable("hua");
        let range = syllable_pairs_from(hua, "y");
        assert!(range.contains(&syllable_pair(hua, pack_syllable("yu"))));
        assert!(range.contains(&syllable_pair(hua, pack_syllable("y"))));
        assert!(!range.contains(&syllable_pair(hua, pack_syllable("zhi"))));
    }
}
