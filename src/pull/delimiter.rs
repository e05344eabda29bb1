//! Separators and quotes of delimited text, as they can be told from its first bytes.

/// The sign that stands most often in the first line. A tab behind every cell is dress where another sign separates them.
pub fn likely_delimiter(buffer: &[u8]) -> Option<u8> {
    let line = buffer.split(|b| *b == b'\n').find(|l| !l.trim_ascii().is_empty())?;
    let count = |sign: u8| line.iter().filter(|b| **b == sign).count();
    let others = [b',', b';', b'|'].into_iter().max_by_key(|s| count(*s)).filter(|s| count(*s) > 0);
    let tabs = count(b'\t');
    let dress = |sign: u8| {
        let behind = |at: usize| line.get(at + 1).is_none_or(|b| *b == sign || matches!(b, b'\r' | b'\t'));
        line.iter().enumerate().filter(|(_, b)| **b == b'\t').all(|(at, _)| behind(at))
    };
    match others {
        Some(sign) if tabs == 0 || dress(sign) => Some(sign),
        other => {
            if tabs > 0 {
                Some(b'\t')
            } else {
                other
            }
        }
    }
}

/// `sep=;` in a line of its own at the top, which Excel reads as a hint and shows nobody: the sign, and the bytes of the line.
pub fn delimiter_line(buffer: &[u8]) -> Option<(u8, usize)> {
    let end = memchr::memchr(b'\n', &buffer[..buffer.len().min(16)])?;
    let sign = match buffer[..end].trim_ascii_end() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', sign] => *sign,
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] => b'\t',
        _ => return None,
    };
    Some((sign, end + 1))
}

/// Whether quotes inside quoted cells are written `\"`: at least one that no cell ends behind.
pub fn has_escaped_quotes(buffer: &[u8], delimiter: u8) -> bool {
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&buffer[at..], b"\\\"") {
        at += found + 2;
        if buffer.get(at).is_some_and(|b| *b != delimiter && !matches!(b, b'\r' | b'\n' | b'"')) {
            return true;
        }
    }
    false
}

/// Whether every quote of a record opens at the beginning of a cell and closes at its end. Looked at only where a record
/// spans lines, or is the last: elsewhere a lenient reading harms nobody.
pub fn well_quoted(record: &[u8], delimiter: u8, escaped: bool) -> bool {
    let mut at = 0;
    loop {
        if record.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match (record.get(at), record.get(at + 1)) {
                    (None, _) => return false,
                    (Some(b'\\'), Some(_)) if escaped => at += 2,
                    (Some(b'"'), Some(b'"')) => at += 2,
                    (Some(b'"'), _) => break,
                    _ => at += 1,
                }
            }
            at += 1;
        } else {
            while record.get(at).is_some_and(|b| *b != delimiter) {
                if record[at] == b'"' {
                    return false;
                }
                at += 1;
            }
        }
        match record.get(at) {
            None => return true,
            Some(b) if *b == delimiter => at += 1,
            Some(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_behind_every_cell_separates_none() {
        assert_eq!(likely_delimiter(b"a\t,b\t,c\t\n"), Some(b','));
        assert_eq!(likely_delimiter(b"a\tb\tc,d\n"), Some(b'\t'));
        assert_eq!(likely_delimiter(b"a|b\n"), Some(b'|'));
        assert_eq!(likely_delimiter(b"abc\n"), None);
    }
}
