//! Texts that a database holds under another encoding than it says: GBK in a latin1 column, GBK in a database without any.
//!
//! In: the bytes of a value as the database sent them, and the encoding that the connector names. Out: the text. Without a
//! named encoding: whether a text looks as if it needed one.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};

/// The text of a value; None where its bytes are none. `named`: the encoding in which texts were put into columns of another one.
pub fn text<'a>(bytes: &'a [u8], named: Option<&'static Encoding>) -> Option<Cow<'a, str>> {
    let Some(encoding) = named else { return std::str::from_utf8(bytes).ok().map(Cow::Borrowed) };
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Some(Cow::Borrowed(text)),
        Ok(text) => match western_bytes(text).and_then(|bytes| decoded(&bytes, encoding)) {
            Some(meant) => Some(Cow::Owned(meant)),
            None => Some(Cow::Borrowed(text)),
        },
        Err(_) => decoded(bytes, encoding).map(Cow::Owned),
    }
}

fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
}

/// The bytes of a text that has only signs of a western one-byte encoding.
fn western_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|c| match u32::from(c) {
            code @ 0..=0xff => Some(code as u8),
            _ => {
                let mut utf8 = [0; 4];
                let (bytes, _, unmapped) = WINDOWS_1252.encode(c.encode_utf8(&mut utf8));
                (!unmapped && bytes.len() == 1).then(|| bytes[0])
            }
        })
        .collect()
}

/// The encoding that a text was most likely meant in, where it is Chinese that passed for a western text: `±±¾©` is 北京.
pub fn suspected(text: &str) -> Option<&'static str> {
    if text.is_ascii() {
        return None;
    }
    let bytes = western_bytes(text)?;
    let high = bytes.iter().filter(|b| **b >= 0x80).count();
    if high >= 6 && decoded(&bytes, UTF_8).is_some_and(|t| t.chars().any(is_chinese)) {
        return Some("utf-8");
    }
    // Common characters of GBK have two such bytes each; western words have one now and then.
    let pairs = bytes.split(|b| *b < 0x80).all(|run| run.len() % 2 == 0);
    let chinese =
        decoded(&bytes, GB18030).is_some_and(|t| t.chars().filter(|c| !c.is_ascii()).all(|c| is_chinese(c) || is_sign(c)));
    (pairs && high >= 4 && chinese).then_some("gbk")
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

fn is_sign(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' | '·' | '—' | '“' | '”' | '…')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_latin1(text: &str, encoding: &'static Encoding) -> String {
        WINDOWS_1252.decode_without_bom_handling(&encoding.encode(text).0).0.into_owned()
    }

    #[test]
    fn chinese_in_a_western_column_is_read_with_its_encoding_and_suspected_without() {
        for (encoding, name) in [(GB18030, "gbk"), (UTF_8, "utf-8")] {
            for chinese in ["北京金隅有限公司", "北京（集团）有限公司A座"] {
                let shown = as_latin1(chinese, encoding);
                assert_eq!(text(shown.as_bytes(), Some(encoding)).as_deref(), Some(chinese));
                assert_eq!(suspected(&shown), Some(name), "{shown}");
            }
        }
        let raw = GB18030.encode("北京金隅").0.into_owned();
        assert_eq!(text(&raw, Some(GB18030)).as_deref(), Some("北京金隅"), "a database without an encoding");
        assert_eq!(text(&raw, None), None);
    }

    #[test]
    fn texts_that_are_what_they_are_stay() {
        for plain in ["北京金隅有限公司", "Müller GmbH", "Café Zürich", "A1", "30 °C", "甲·乙", ""] {
            assert_eq!(suspected(plain), None, "{plain}");
        }
        for plain in ["北京金隅有限公司", "A1", "甲·乙公司", ""] {
            assert_eq!(text(plain.as_bytes(), Some(GB18030)).as_deref(), Some(plain));
        }
    }
}
