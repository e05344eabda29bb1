//! Numbers as people read them.

/// `12,345`.
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// As answers show a time: no finer than milliseconds, which is what the store keeps.
pub fn shown(at: chrono::DateTime<chrono::Utc>) -> String {
    use chrono::SubsecRound;
    at.trunc_subsecs(3).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
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
    fn a_name_sends_no_command_to_the_terminal() {
        assert!(matches!(visible("某某（北京）科技有限公司"), std::borrow::Cow::Borrowed(_)));
        assert_eq!(visible("甲\u{1b}[2J乙\u{7}\r\n\u{7f}"), "甲␛[2J乙␇␍␊␡");
        assert_eq!(visible("a\u{9b}31m\u{202e}b"), "a<U+009B>31m<U+202E>b");
    }
}
