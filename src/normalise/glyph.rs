//! Characters folded for comparison.
//!
//! A [`Glyph`] is one character after NFKC, traditional → simplified (OpenCC) and upper case. A character that is a standard
//! one itself, and in OpenCC's present dictionary its own first form or one of several (乾, 甯, 昇), stays what it is: 乾丰 and 干丰
//! are two names. Only inside of a word that tells the other one is it converted: 乾燥.
//! Blanks, punctuation and invisible characters fold to nothing; brackets of every kind to `(` and `)`.

use std::sync::LazyLock;

use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use pinyin::{ToPinyin, ToPinyinMulti};
use unicode_normalization::UnicodeNormalization;

/// A folded character of the Basic Multilingual Plane; rarer ones are hashed into its private area.
pub type Glyph = u16;

pub const OPEN: Glyph = b'(' as Glyph;
pub const CLOSE: Glyph = b')' as Glyph;

/// Folds to nothing.
const NOTHING: u16 = 0;
/// Folds to several glyphs: take the slow path.
const SEVERAL: u16 = 0xFFFF;

const CJK: std::ops::RangeInclusive<u32> = 0x3400..=0x9FFF;

static FOLDED: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let simplify = OpenCC::from_config(BuiltinConfig::T2s).ok();
    let mut buffer = [0u8; 4];
    (0..=0xFFFFu32)
        .map(|code| {
            let Some(c) = char::from_u32(code) else { return NOTHING };
            let c = match &simplify {
                Some(opencc) if CJK.contains(&code) && !OF_THEIR_OWN.contains(c) => {
                    single(opencc.convert(c.encode_utf8(&mut buffer)).chars()).unwrap_or(c)
                }
                _ => c,
            };
            let folded: Vec<u16> = fold_slowly(c).collect();
            match folded.as_slice() {
                [] => NOTHING,
                [one] => *one,
                _ => SEVERAL,
            }
        })
        .collect()
});

/// Characters that OpenCC 1.2 no longer takes for another's traditional form, or not always, and that 通用规范汉字表 (2013)
/// lists for names.
const OF_THEIR_OWN: &str = "乾甯昇陞堃喆犇淼澂煇甦絜邨龢迺谿氾耑筦徵於穀崑薹";
/// The words inside of which such a character is another's traditional form: what it is then, what stands before and behind it.
const BY_WORDS: [(char, char, &str, &str); 5] = [
    // dry
    ('乾', '干', "饼餅烘晒曬萄肉豆笋筍风風吹烤", "燥洗果货貨净淨粉冰粮糧电電衣法"),
    ('徵', '征', "特象表应應", "信收求兵集稿询詢"),
    ('穀', '谷', "五稻雜杂百布", "物類类"),
    ('於', '于', "關关由終终位屬属處处", ""),
    ('崑', '昆', "", "崙侖仑山劇剧曲明"),
];

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

fn fold_slowly(c: char) -> impl Iterator<Item = u16> {
    // Ⅱ is a number, no two letters: Ⅰ期 and Ⅱ期 are not a letter apart.
    let roman = match c as u32 {
        code @ 0x2160..=0x216B => Some(code - 0x215F),
        code @ 0x2170..=0x217B => Some(code - 0x216F),
        _ => None,
    };
    let digits = roman.into_iter().flat_map(|n| [n / 10, n % 10].into_iter().skip(usize::from(n < 10)));
    let digits = digits.map(|digit| u16::from(b'0') + digit as u16);
    digits.chain(Some(c).filter(|_| roman.is_none()).into_iter().flat_map(folded_alone))
}

fn folded_alone(c: char) -> impl Iterator<Item = u16> {
    std::iter::once(c).nfkc().flat_map(char::to_uppercase).filter_map(|c| match c {
        '(' | '[' | '{' | '〔' | '【' | '《' | '<' | '〈' | '「' | '『' | '﹝' => Some(OPEN),
        ')' | ']' | '}' | '〕' | '】' | '》' | '>' | '〉' | '」' | '』' | '﹞' => Some(CLOSE),
        c if c.is_alphanumeric() => Some(private(c)),
        '&' | '#' | '+' => Some(c as u16),
        _ => None,
    })
}

/// Characters beyond the basic plane (rare name characters) keep apart by a hash into the private area.
fn private(c: char) -> u16 {
    let code = c as u32;
    if code <= 0xFFFF { code as u16 } else { 0xE000 + (code.wrapping_mul(0x9E37_79B1) >> 16) as u16 % 0x1900 }
}

/// The folded characters of `text`, brackets included.
pub fn glyphs(text: &str) -> Vec<Glyph> {
    let folded = &*FOLDED;
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(mut c) = chars.next() {
        if matches!(c, '乾' | '徵' | '穀' | '於' | '崑')
            && let Some((_, other, ahead, behind)) = BY_WORDS.iter().find(|word| word.0 == c)
            && (ahead.contains(before) || chars.peek().is_some_and(|next| behind.contains(*next)))
        {
            c = *other;
        }
        before = c;
        match folded.get(c as usize) {
            Some(&NOTHING) => {}
            Some(&SEVERAL) => out.extend(fold_slowly(c)),
            Some(&glyph) => out.push(glyph),
            None => out.extend(fold_slowly(c)),
        }
    }
    out
}

/// Back to text, for evidence and tests.
pub fn text(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|g| char::from_u32(u32::from(*g)).unwrap_or('\u{fffd}')).collect()
}

pub fn is_digit(glyph: Glyph) -> bool {
    (u16::from(b'0')..=u16::from(b'9')).contains(&glyph)
}

pub fn is_latin(glyph: Glyph) -> bool {
    (u16::from(b'A')..=u16::from(b'Z')).contains(&glyph)
}

pub fn is_han(glyph: Glyph) -> bool {
    CJK.contains(&u32::from(glyph))
}

/// Number of the plain pinyin syllable of every glyph: its first reading; 0 where it has none.
static SYLLABLE: LazyLock<Syllables> = LazyLock::new(|| {
    let mut syllables = Syllables { texts: vec![""], of: vec![[0; READINGS]; 0x10000] };
    let mut number = hashbrown::HashMap::new();
    let mut numbered = |text: &'static str, texts: &mut Vec<&'static str>| {
        *number.entry(text).or_insert_with(|| {
            texts.push(text);
            (texts.len() - 1) as u16
        })
    };
    for code in CJK {
        let Some(c) = char::from_u32(code) else { continue };
        let first = c.to_pinyin().map(|reading| reading.plain());
        let others = c.to_pinyin_multi().into_iter().flat_map(|all| (0..all.count()).map(move |at| all.get(at).plain()));
        let mut known = 0;
        for reading in first.into_iter().chain(others) {
            let number = numbered(reading, &mut syllables.texts);
            let readings = &mut syllables.of[code as usize];
            if known < READINGS && !readings[..known].contains(&number) {
                readings[known] = number;
                known += 1;
            }
        }
    }
    syllables
});

struct Syllables {
    texts: Vec<&'static str>,
    of: Vec<[u16; READINGS]>,
}

/// Readings of a glyph that are kept, without tones; few have more.
const READINGS: usize = 4;

/// Number of the glyph's syllable; two glyphs with the same number sound alike. 0: no reading known.
pub fn syllable(glyph: Glyph) -> u16 {
    SYLLABLE.of[glyph as usize][0]
}

/// The syllable without tone, lower case; empty where none is known.
pub fn pinyin(glyph: Glyph) -> &'static str {
    SYLLABLE.texts[syllable(glyph) as usize]
}

/// All readings of a glyph, the usual one first (长 chang, zhang).
pub fn readings(glyph: Glyph) -> impl Iterator<Item = &'static str> {
    SYLLABLE.of[glyph as usize].iter().filter(|number| **number != 0).map(|number| SYLLABLE.texts[usize::from(*number)])
}

/// Whether two glyphs share a reading.
pub fn sound_alike(a: Glyph, b: Glyph) -> bool {
    let of = |g: Glyph| &SYLLABLE.of[g as usize];
    a == b || of(a).iter().any(|reading| *reading != 0 && of(b).contains(reading))
}

/// Whether two texts are one. They are short and differ early, as a rule, where the call of a comparison of memory costs more than what
/// it compares.
pub fn same(a: &[Glyph], b: &[Glyph]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_script_case_and_punctuation_do_not_matter() {
        assert_eq!(text(&glyphs("ＡＢｃ１２３")), "ABC123");
        assert_eq!(text(&glyphs("臺灣電腦（北京）·有限公司。")), "台湾电脑(北京)有限公司");
        assert_eq!(text(&glyphs("　 —，。\u{200b}")), "");
    }

    #[test]
    fn characters_that_are_standard_themselves_are_converted_by_words_alone() {
        for (one, other) in [
            ("乾丰", "干丰"),
            ("甯泰", "宁泰"),
            ("恒昇", "恒升"),
            ("瑞堃", "瑞坤"),
            ("鑫淼", "鑫渺"),
            ("珞徵", "珞征"),
            ("珞於", "珞于"),
            ("珞穀", "珞谷"),
            ("珞崑", "珞昆"),
            ("珞薹", "珞台"),
        ] {
            assert_ne!(glyphs(one), glyphs(other), "{one}");
            assert_eq!(text(&glyphs(one)), one);
        }
        for (traditional, simplified) in [
            ("乾燥設備", "干燥设备"),
            ("餅乾", "饼干"),
            ("華盛乾洗", "华盛干洗"),
            ("甯遠寧", "甯远宁"),
            ("徵信", "征信"),
            ("五穀雜糧", "五谷杂粮"),
            ("崑崙", "昆仑"),
            ("關於", "关于"),
        ] {
            assert_eq!(text(&glyphs(traditional)), simplified);
        }
    }

    #[test]
    fn homophones_share_a_syllable() {
        let g = |s: &str| glyphs(s)[0];
        assert_eq!(syllable(g("华")), syllable(g("化")));
        assert_ne!(syllable(g("华")), syllable(g("中")));
        assert_eq!(pinyin(g("京")), "jing");
        assert!(sound_alike(g("重"), g("虫")));
    }
}
