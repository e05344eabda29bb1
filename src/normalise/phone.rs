//! Phones as digits.

/// The last eleven digits at most, without country and area prefix: two spellings of one line give the same number.
/// None where fewer than seven digits are left or all are equal.
pub fn read_phone(raw: &str) -> Option<u64> {
    let first = raw.split(['/', ';', ',', '；', '，', '、']).map(str::trim).find(|part| !part.is_empty())?;
    let mut digits: Vec<u8> =
        super::glyph::glyphs(first).iter().filter(|g| super::glyph::is_digit(**g)).map(|g| *g as u8).collect();
    if digits.starts_with(b"0086") {
        digits.drain(..4);
    } else if digits.starts_with(b"86") && digits.len() > 11 {
        digits.drain(..2);
    }
    let mobile = digits.len() == 11 && digits[0] == b'1';
    if !mobile {
        // A land line: what follows the area code (0 and two or three digits); extensions beyond eight digits are cut.
        if digits.first() == Some(&b'0') && digits.len() >= 10 {
            let area = if matches!(digits[1], b'1' | b'2') { 3 } else { 4 };
            digits.drain(..area);
        }
        digits.truncate(8);
    }
    let same = digits.windows(2).all(|pair| pair[0] == pair[1]);
    (digits.len() >= 7 && !same).then(|| digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_line_are_one_number() {
        for raw in ["010-05831016", "01005831016", "86-010-05831016", "（010）0583 1016", "05831016", "010-05831016-802"] {
            assert_eq!(read_phone(raw), Some(5831016), "{raw}");
        }
        assert_eq!(read_phone("+86 19900000001"), Some(19900000001));
        assert_eq!(read_phone("00000000"), None);
        assert_eq!(read_phone("无"), None);
    }
}
