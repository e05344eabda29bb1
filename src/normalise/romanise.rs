//! Chinese names in Latin letters, as their bearers would write them.

use super::glyph::{Glyph, pinyin};

/// The pinyin of Chinese glyphs in capitals, other glyphs as they are: what an English name would use. Written to
/// `letters`, as far as they have room; how many it took.
pub fn romanise(chinese: &[Glyph], letters: &mut [Glyph]) -> usize {
    let mut len = 0;
    let mut push = |letter: Glyph| {
        if let Some(place) = letters.get_mut(len) {
            *place = letter;
            len += 1;
        }
    };
    for glyph in chinese {
        match pinyin(*glyph) {
            "" => push(*glyph),
            // ü is written u or v; u is what people type most.
            syllable => syllable.chars().for_each(|c| push(if c == 'ü' { 'U' } else { c.to_ascii_uppercase() } as Glyph)),
        }
    }
    len
}

/// The same as a text of its own.
pub fn romanised(chinese: &[Glyph]) -> Vec<Glyph> {
    let mut letters = vec![0; chinese.len() * 6];
    let len = romanise(chinese, &mut letters);
    letters.truncate(len);
    letters
}
