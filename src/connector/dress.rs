//! The dress of a cell: what spreadsheets, exports and web pages put around a value without meaning it.
//!
//! In: the text of a cell as it came. Out: the text as its clerk sees it. `="B0"` and `'0001` (written so that Excel keeps the
//! zeros), tabs and U+001F around long numbers, signs that nobody can see (soft hyphen, zero-width blanks, byte order marks),
//! HTML entities and the tags of search highlights. Nothing here decides what a value means. Also: what a cell is that holds
//! no value at all, because a spreadsheet left an error, a formula or a damaged number in it.

use std::borrow::Cow;

/// Signs that take no place on a screen: soft hyphen, zero-width signs, marks of direction, byte order marks.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{115f}' | '\u{1160}')
        || c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

fn outside(c: char) -> bool {
    c.is_whitespace() || c.is_control() || invisible(c)
}

/// What a byte may belong to: an escape, markup, a quote, or the first byte of an invisible sign.
const SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    signs[b'%' as usize] = ESCAPE;
    signs[b'\\' as usize] = ESCAPE;
    signs[b'&' as usize] = MARKUP;
    signs[b'<' as usize] = MARKUP;
    signs[b'"' as usize] = QUOTE;
    signs[0xC2] = HIDDEN;
    signs[0xE1] = HIDDEN;
    signs[0xE2] = HIDDEN;
    signs[0xE3] = HIDDEN;
    signs[0xEF] = HIDDEN;
    // U+001F within a text, and its like.
    let mut control = 0;
    while control < 0x20 {
        if !matches!(control as u8, b'\t' | b'\n' | b'\r') {
            signs[control] = CONTROL;
        }
        control += 1;
    }
    signs[0x7F] = CONTROL;
    signs
};
const ESCAPE: u8 = 1;
const MARKUP: u8 = 2;
const QUOTE: u8 = 4;
const HIDDEN: u8 = 8;
const CONTROL: u8 = 16;

/// The text without its dress; borrowed where it wears none, which is nearly always.
pub fn undress(text: &str) -> Cow<'_, str> {
    let bare = bare(text);
    let signs = bare.bytes().fold(0, |signs, b| signs | SIGNS[usize::from(b)]);
    if signs == 0 {
        return bare.into();
    }
    let escapes = signs & ESCAPE != 0;
    // Full-width brackets and dashes begin as the invisible signs do, and are none.
    let begins_hidden = |two: &[u8]| {
        matches!(
            two,
            [0xC2, 0x80..=0x9F | 0xAD]
                | [0xE1, 0x84..=0x85 | 0xA0]
                | [0xE2, 0x80 | 0x81]
                | [0xE3, 0x85]
                | [0xEF, 0xB8 | 0xBB | 0xBE]
        )
    };
    let hidden = signs & CONTROL != 0 || signs & HIDDEN != 0 && bare.as_bytes().windows(2).any(begins_hidden);
    if !(escapes || signs & MARKUP != 0 || hidden) {
        return if signs & QUOTE != 0 { doubled(bare) } else { bare.into() };
    }
    let unescaped = if escapes { without_escapes(bare) } else { Cow::Borrowed(bare) };
    let unmarked: Cow<'_, str> = match unescaped.contains(['&', '<']) {
        true => {
            let once = without_markup(&unescaped).into_owned();
            // A highlight that was escaped with its text: &lt;em&gt;
            match once.contains('<') {
                true => without_markup(&once).into_owned().into(),
                false => once.into(),
            }
        }
        false => unescaped,
    };
    if unmarked.chars().any(invisible) {
        return self::bare(&unmarked.chars().filter(|c| !invisible(*c)).collect::<String>()).to_owned().into();
    }
    match unmarked {
        Cow::Borrowed(text) => doubled(text),
        Cow::Owned(text) => self::bare(&text).to_owned().into(),
    }
}

/// Ends trimmed, `="…"` and apostrophes taken off.
fn bare(text: &str) -> &str {
    let mut text = trimmed(text);
    loop {
        let inner = match text.as_bytes() {
            [b'=', b'"', .., b'"'] if text.len() >= 3 => &text[2..text.len() - 1],
            [b'\'', .., b'\''] if text.len() > 2 => &text[1..text.len() - 1],
            [b'\'', _, ..] => &text[1..],
            // Only “ begins with this byte, among what is taken off.
            bytes if bytes.first() != Some(&0xE2) => return text,
            _ => match text
                .strip_prefix('“')
                .and_then(|t| t.strip_suffix('”'))
                .filter(|t| !t.is_empty() && !t.contains(['“', '”']))
            {
                Some(inner) => inner,
                None => return text,
            },
        };
        text = trimmed(inner);
    }
}

fn trimmed(text: &str) -> &str {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        // Nearly all Chinese characters begin with E4 to E9, and nothing else does that a trim would take.
        (Some(0xE4..=0xE9), Some(last)) if last.is_ascii_graphic() || ends_in_chinese(bytes) => text,
        _ => text.trim_matches(outside),
    }
}

fn ends_in_chinese(bytes: &[u8]) -> bool {
    bytes.len() >= 3 && matches!(bytes[bytes.len() - 3], 0xE4..=0xE9)
}

/// A quote inside `="…"` was written twice.
fn doubled(text: &str) -> Cow<'_, str> {
    match text.contains("\"\"") {
        true => text.replace("\"\"", "\"").into(),
        false => text.into(),
    }
}

/// Escapes of web addresses and of JSON that went through twice: `%E5%8C%97` and `\u5317` are 北. A percent sign behind a number,
/// and whatever makes no text, stays.
fn without_escapes(text: &str) -> Cow<'_, str> {
    let hex = |at: usize, digits: usize| text.get(at..at + digits).and_then(|h| u32::from_str_radix(h, 16).ok());
    let beyond_ascii = |at: usize| text.as_bytes()[at] == b'%' && hex(at + 1, 2).is_some_and(|b| b >= 0x80);
    let (percent, unicode) = ((0..text.len()).any(beyond_ascii), text.contains("\\u"));
    if !percent && !unicode {
        return text.into();
    }
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut units: Vec<u16> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let byte = text.as_bytes()[at];
        if unicode
            && text[at..].starts_with("\\u")
            && let Some(unit) = hex(at + 2, 4)
        {
            units.push(unit as u16);
            at += 6;
            continue;
        }
        let Ok(said) = String::from_utf16(&std::mem::take(&mut units)) else { return text.into() };
        out.extend_from_slice(said.as_bytes());
        match hex(at + 1, 2).filter(|_| percent && byte == b'%') {
            Some(escaped) => {
                out.push(escaped as u8);
                at += 3;
            }
            None => {
                let end = text.ceil_char_boundary(at + 1);
                out.extend_from_slice(&text.as_bytes()[at..end]);
                at = end;
            }
        }
    }
    let Ok(said) = String::from_utf16(&units) else { return text.into() };
    out.extend_from_slice(said.as_bytes());
    String::from_utf8(out).map_or(text.into(), Cow::Owned)
}

/// Entities that web pages and JSON answers leave in texts.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("ensp", " "),
    ("emsp", " "),
    ("middot", "·"),
    ("bull", "•"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("hellip", "…"),
    ("mdash", "—"),
    ("ndash", "–"),
    ("times", "×"),
    ("yen", "¥"),
    ("lpar", "("),
    ("rpar", ")"),
    ("lsqb", "["),
    ("rsqb", "]"),
    ("comma", ","),
    ("period", "."),
    ("colon", ":"),
    ("semi", ";"),
    ("sol", "/"),
    ("num", "#"),
    ("percnt", "%"),
    ("shy", ""),
    ("thinsp", " "),
    ("hairsp", " "),
    ("numsp", " "),
    ("zwnj", ""),
    ("zwj", ""),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("minus", "−"),
    ("plusmn", "±"),
    ("deg", "°"),
    ("sect", "§"),
    ("euro", "€"),
    ("pound", "£"),
];

/// Tags that search engines and editors put around found words.
const TAGS: &[&str] = &[
    "em",
    "b",
    "i",
    "u",
    "font",
    "span",
    "mark",
    "strong",
    "br",
    "p",
    "a",
    "div",
    "sup",
    "sub",
    "hl",
    "tt",
    "highlight",
    "h",
    "s",
    "del",
    "ins",
    "label",
    "small",
    "big",
    "code",
    "h1",
    "h2",
    "h3",
    "h4",
    "nobr",
    "wbr",
    "red",
    "hit",
    "key",
    "keyword",
    "hlt",
    "match",
];

fn without_markup(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find(['&', '<']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((text, length)) = entity(rest) {
            // Escaped twice (&amp;nbsp;) is unescaped twice.
            rest = &rest[length..];
            match entity(&format!("{text}{rest}")).filter(|_| text == "&") {
                Some((inner, inner_length)) => {
                    out.push_str(&inner);
                    rest = &rest[inner_length - 1..];
                }
                None => out.push_str(&text),
            }
            changed = true;
        } else if let Some(length) = tag(rest) {
            rest = &rest[length..];
            changed = true;
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    if changed { out.into() } else { text.into() }
}

/// The text of the entity at the beginning, and how long it is.
fn entity(text: &str) -> Option<(String, usize)> {
    // Browsers read &nbsp without its semicolon, and so did whoever wrote it.
    if let Some(rest) = text.strip_prefix("&nbsp")
        && !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ';')
    {
        return Some((" ".to_owned(), "&nbsp".len()));
    }
    let end = text.bytes().take(12).position(|b| b == b';')?;
    let name = text.strip_prefix('&')?.get(..end - 1)?;
    let found = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?.to_string()
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1.to_string(),
    };
    Some((found, end + 1))
}

/// The length of the tag at the beginning, where it is one of those that mean nothing here.
fn tag(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('<')?;
    let mut quote = None;
    let end = inside.char_indices().find_map(|(at, c)| match (c, quote) {
        (c, Some(open)) if c == open => {
            quote = None;
            None
        }
        (_, Some(_)) => None,
        // A quote opens where an attribute's value begins.
        ('"' | '\'', None) if inside[..at].ends_with('=') => {
            quote = Some(c);
            None
        }
        ('>', None) => Some(at),
        _ => None,
    })?;
    let name = inside[..end].trim_start_matches('/').split([' ', '/', '\t']).next().unwrap_or_default();
    TAGS.iter().any(|t| name.eq_ignore_ascii_case(t)).then_some(end + 2)
}

/// Why a cell of a spreadsheet holds no value, although it is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoValue {
    /// `#REF!`, `#N/A` and the like.
    Error,
    /// A formula of which no result was stored: the program that wrote the file did not calculate.
    Formula,
    /// More than 15 digits went through a number: Excel keeps 15, shows `9.11101E+17`, and ends the rest in zeros.
    Damaged,
}

/// What spreadsheets write where a formula has failed.
const ERRORS: &[&str] = &[
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
    "#N/A",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
    "#BUSY!",
    "#PYTHON!",
];

/// Why an undressed text is no value; None for all others.
pub fn no_value(text: &str) -> Option<NoValue> {
    match text.as_bytes().first()? {
        b'#' if ERRORS.iter().any(|e| text.eq_ignore_ascii_case(e)) => Some(NoValue::Error),
        // Err:502 is LibreOffice's.
        b'E' if text.strip_prefix("Err:").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) => Some(NoValue::Error),
        // A formula names cells, numbers or functions; our own mark for one that was not stored is `=…`.
        b'=' if text == "=…" || !text.starts_with("==") && text.bytes().any(|b| b.is_ascii_alphanumeric()) => {
            Some(NoValue::Formula)
        }
        b'0'..=b'9' if is_damaged(text) => Some(NoValue::Damaged),
        _ => None,
    }
}

/// `9.11101E+17`: more digits than a spreadsheet keeps.
fn is_damaged(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = exponent.trim_start_matches('+');
    mantissa.contains('.')
        && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().all(|b| b.is_ascii_digit())
        && digits.parse::<u32>().is_ok_and(|n| (9..=40).contains(&n))
}

/// An identifier of 18 digits whose last three are zeros and whose check character is wrong: written out again from the 15
/// digits that Excel kept.
pub fn is_rounded_code(text: &str) -> bool {
    text.len() >= 16
        && text.len() <= 20
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.as_bytes()[15..].iter().all(|b| *b == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_put_around_a_value_is_taken_off() {
        for (text, expected) in [
            ("B0", "B0"),
            ("  B0\t", "B0"),
            ("=\"B0\"", "B0"),
            ("=\"\"", ""),
            ("=\"某\"\"甲\"\"公司\"", "某\"甲\"公司"),
            ("'0001", "0001"),
            ("'0001'", "0001"),
            ("“A1”", "A1"),
            ("“甲”字号“乙”", "“甲”字号“乙”"),
            ("\u{1f}91110105MA0000007L", "91110105MA0000007L"),
            ("\u{200b}B0", "B0"),
            ("北京\u{ad}金隅有限公司", "北京金隅有限公司"),
            ("B3\u{feff}", "B3"),
            ("\u{3000}北京某公司\u{a0}", "北京某公司"),
            ("57\u{1a}", "57"),
            ("甲&amp;乙公司", "甲&乙公司"),
            ("甲&amp;amp;乙公司", "甲&乙公司"),
            ("甲&nbsp;乙公司", "甲 乙公司"),
            ("北京<em>示例</em>有限公司", "北京示例有限公司"),
            ("北京<font color='red'>示例</font>公司", "北京示例公司"),
            ("A&B公司", "A&B公司"),
            ("北京&lt;em&gt;示例&lt;/em&gt;公司", "北京示例公司"),
            ("北京<em class='a>b'>示例</em>公司", "北京示例公司"),
            ("<hl>示例</hl><tt>公司</tt>", "示例公司"),
            ("<highlight>示</highlight><h>例</h><s>公</s><del>司</del><label>甲</label>", "示例公司甲"),
            ("北京\u{2066}示例\u{2069}公司", "北京示例公司"),
            ("北京\u{fe0f}示\u{180e}例\u{3164}公司", "北京示例公司"),
            ("北京\u{1f}示例公司", "北京示例公司"),
            ("甲&nbsp乙公司", "甲 乙公司"),
            ("北京示例&lpar;集团&rpar;&shy;公司", "北京示例(集团)公司"),
            ("甲&thinsp;乙", "甲 乙"),
            ("甲<乙>丙", "甲<乙>丙"),
            ("A&nbspx", "A&nbspx"),
            ("%E5%8C%97%E4%BA%AC%20A%26B", "北京 A&B"),
            ("北京\\u4e2d科", "北京中科"),
            ("\\ud83d\\ude00", "😀"),
            ("35%", "35%"),
            ("50%20年", "50%20年"),
            ("%FF%FE", "%FF%FE"),
            ("C:\\users", "C:\\users"),
            ("\\ud83d", "\\ud83d"),
            ("3<5", "3<5"),
            ("&#21271;京", "北京"),
            ("２３", "２３"),
            ("", ""),
            ("'", "'"),
        ] {
            assert_eq!(undress(text), expected, "{text:?}");
        }
    }

    #[test]
    fn errors_formulas_and_numbers_beyond_fifteen_digits_are_no_values() {
        for (text, expected) in [
            ("#REF!", Some(NoValue::Error)),
            ("#N/A", Some(NoValue::Error)),
            ("Err:502", Some(NoValue::Error)),
            ("=A2*B2", Some(NoValue::Formula)),
            ("=…", Some(NoValue::Formula)),
            ("=甲", None),
            ("9.11101E+17", Some(NoValue::Damaged)),
            ("9.11101E17", Some(NoValue::Damaged)),
            ("1.38001E+10", Some(NoValue::Damaged)),
            ("1.2E+05", None),
            ("1e5", None),
            ("#1号楼", None),
            ("91110105MA0000007L", None),
            ("2E", None),
        ] {
            assert_eq!(no_value(text), expected, "{text}");
        }
        assert!(is_rounded_code("911101051000000000") && !is_rounded_code("911101051000000080"));
    }
}
