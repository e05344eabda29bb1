//! Numbers as people read them, and texts that programs take for numbers.

/// `12,345`.
pub fn grouped(n: i64) -> String {
    // From the end: nineteen digits, six commas and a sign at most.
    let (mut text, mut at, mut rest) = ([0_u8; 26], 26, n.unsigned_abs());
    loop {
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
        if (26 - at) % 4 == 3 {
            at -= 1;
            text[at] = b',';
        }
    }
    if n < 0 {
        at -= 1;
        text[at] = b'-';
    }
    String::from_utf8_lossy(&text[at..]).into_owned()
}

/// As answers show a time: no finer than milliseconds, which is what the store keeps.
pub fn shown(at: chrono::DateTime<chrono::Utc>) -> String {
    use chrono::SubsecRound;
    at.trunc_subsecs(3).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Whether a spreadsheet that opens a CSV takes a text for a number and spoils it: digits behind a zero, more than the fifteen it keeps,
/// or one `E` between digits, which it takes for a power of ten.
pub fn is_number_to_spreadsheets(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    match bytes.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => digits(&bytes[..at]) && digits(&bytes[at + 1..]),
        None => digits(bytes) && (bytes.len() > 15 || bytes.len() > 1 && bytes[0] == b'0'),
    }
}

/// A text as a terminal may show it: control characters as signs of their own (`␛` for the one that begins a command to the terminal),
/// so that a registry's name can neither move the cursor nor hide what stands beside it. What turns the direction of writing is shown by
/// its number.
pub fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let harmless = |c: char| !c.is_control() && !turns(c);
    if text.chars().all(harmless) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c as u32 {
            code @ 0..=0x1f => out.extend(char::from_u32(0x2400 + code)),
            0x7f => out.push('\u{2421}'),
            code if !harmless(c) => {
                use std::fmt::Write;
                let _ = write!(out, "<U+{code:04X}>"); // writing to a String cannot fail
            }
            _ => out.push(c),
        }
    }
    out.into()
}

/// As JSON, in exactly the room that it takes: a text that grows while it is written keeps up to half as much again, which a city's million
/// texts pay for.
///
/// # Panics
/// Where the value is none that JSON can say: a map whose keys are no texts.
pub fn json(value: &impl serde::Serialize) -> Box<str> {
    thread_local! {
        static TEXT: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    TEXT.with_borrow_mut(|text| {
        text.clear();
        serde_json::to_writer(&mut *text, value).expect("plain values can be said as JSON");
        std::str::from_utf8(text).expect("serde_json writes UTF-8").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-999), "-999");
        assert_eq!(grouped(1000), "1,000");
    }

    #[test]
    fn a_spreadsheet_keeps_fifteen_digits_and_no_zero_before_them() {
        for text in ["0111", "911101051465247042", "1234567890123456", "9111010512345678E5", "1e5"] {
            assert!(is_number_to_spreadsheets(text), "{text}");
        }
        for text in
            ["", "0", "110108", "123456789012345", "91110112MADLMWJC69", "12E", "E12", "1E2E3", "010-04079023", "北京0111"]
        {
            assert!(!is_number_to_spreadsheets(text), "{text}");
        }
    }

    #[test]
    fn a_name_sends_no_command_to_the_terminal() {
        assert!(matches!(visible("某某（北京）科技有限公司"), std::borrow::Cow::Borrowed(_)));
        assert_eq!(visible("甲\u{1b}[2J乙\u{7}\r\n\u{7f}"), "甲␛[2J乙␇␍␊␡");
        assert_eq!(visible("a\u{9b}31m\u{202e}b"), "a<U+009B>31m<U+202E>b");
    }
}
