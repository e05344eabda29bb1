//! Chinese names in Latin letters, as their bearers would write them.

use super::glyph::{Glyph, glyphs, pinyin, readings};

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

/// Whether the letters are a romanisation of the Chinese glyphs, whichever way those that have several readings are read:
/// 长盛 as CHANGSHENG and ZHANGCHENG.
pub fn reads_as(chinese: &[Glyph], letters: &[Glyph]) -> bool {
    let Some((first, rest)) = chinese.split_first() else { return letters.is_empty() };
    let begins = |syllable: &str| -> Option<usize> {
        let len = syllable.chars().count();
        let upper = |c: char| if c == 'ü' { 'U' } else { c.to_ascii_uppercase() } as Glyph;
        let is_it = letters.len() >= len && syllable.chars().map(upper).zip(letters).all(|(c, letter)| c == *letter);
        is_it.then_some(len)
    };
    let mut any = false;
    for syllable in readings(*first) {
        any = true;
        if begins(syllable).is_some_and(|len| reads_as(rest, &letters[len..])) {
            return true;
        }
    }
    !any && letters.first() == Some(first) && reads_as(rest, &letters[1..])
}

/// The letters of an English 字号, and what they would be if a syllable were another reading of a glyph that stands in many
/// names: ZHANGDA may be 长达, whose letters are CHANGDA by its usual reading. At most sixteen.
pub fn other_readings(letters: &[Glyph]) -> Vec<Vec<Glyph>> {
    let mut found = vec![letters.to_vec()];
    let mut at = 0;
    while at < found.len() && found.len() < 16 {
        let known = found[at].clone();
        for (written, usual) in OTHER_READINGS.iter() {
            for start in (0..known.len()).filter(|start| known[*start..].starts_with(written)) {
                let other = [&known[..start], usual.as_slice(), &known[start + written.len()..]].concat();
                if !found.contains(&other) {
                    found.push(other);
                }
            }
        }
        at += 1;
    }
    found.truncate(16);
    found
}

/// Glyphs of names that have several readings.
const OF_SEVERAL_READINGS: &str = "长晟盛焘重行乐都曾单解贾藏调传降朝柏隽茜莘车沈翟蔚缪参盖洗石奇晁祥万覃仇查谌冼臧乘仔会埔";

/// Rarer reading and usual reading, in capitals.
static OTHER_READINGS: std::sync::LazyLock<Vec<(Vec<Glyph>, Vec<Glyph>)>> = std::sync::LazyLock::new(|| {
    let capitals = |text: &str| glyphs(&text.replace('ü', "u"));
    let of = |glyph: Glyph| readings(glyph).skip(1).map(move |other| (capitals(other), capitals(pinyin(glyph))));
    let mut all: Vec<(Vec<Glyph>, Vec<Glyph>)> = glyphs(OF_SEVERAL_READINGS).into_iter().flat_map(of).collect();
    all.sort_unstable();
    all.dedup();
    all
});

/// The same as a text of its own.
pub fn romanised(chinese: &[Glyph]) -> Vec<Glyph> {
    let mut letters = vec![0; chinese.len() * 6];
    let len = romanise(chinese, &mut letters);
    letters.truncate(len);
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_every_reading_of_its_glyphs() {
        let reads = |chinese: &str, letters: &str| reads_as(&glyphs(chinese), &glyphs(letters));
        for (chinese, letters) in [
            ("长达", "CHANGDA"),
            ("长达", "ZHANGDA"),
            ("晟华", "SHENGHUA"),
            ("晟华", "CHENGHUA"),
            ("焘略", "TAOLUE"),
            ("焘略", "DAOLUE"),
            ("恒A", "HENGA"),
        ] {
            assert!(reads(chinese, letters), "{chinese} {letters}");
            let usual = romanised(&glyphs(chinese));
            assert!(other_readings(&glyphs(letters)).contains(&usual), "{letters}");
        }
        assert!(!reads("长达", "HENGDA") && !reads("长达", "CHANGDAX") && !reads("长", ""));
    }
}
