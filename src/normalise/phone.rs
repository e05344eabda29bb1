//! Phones as digits.

use super::blank::is_blank;
use super::glyph::{glyphs, is_digit};

/// What stands between two numbers of one cell.
const BETWEEN: [char; 10] = ['/', ';', ',', '；', '，', '、', '|', '\n', '或', '\\'];

/// The first two numbers of a cell, in the order written, as [`read_phone`] reads them.
pub fn read_phones(raw: &str) -> [Option<u64>; 2] {
    let mut found = [None; 2];
    // Blanks stand inside of numbers, but between two that are whole.
    let whole = |part: &str| part.chars().filter(char::is_ascii_digit).count() >= 7;
    for part in raw.split(BETWEEN) {
        let apart = part.split_whitespace().count() > 1 && part.split_whitespace().all(whole);
        let numbers: Vec<&str> = if apart { part.split_whitespace().collect() } else { vec![part] };
        for number in numbers.into_iter().filter_map(read_phone) {
            if found[0].is_none() {
                found[0] = Some(number);
            } else if found[0] != Some(number) && found[1].is_none() {
                found[1] = Some(number);
            }
        }
    }
    found
}

/// The last eleven digits at most, without country and area prefix: two spellings of one line give the same number.
/// None where fewer than seven digits are left, all are equal, or a spreadsheet rounded them (`1.39E+10`).
pub fn read_phone(raw: &str) -> Option<u64> {
    let raw = raw.trim().trim_end_matches(".0");
    if is_blank(raw) || raw.contains(['E', 'e']) && raw.contains('.') {
        return None;
    }
    let mut digits: Vec<u8> = glyphs(raw).iter().filter(|g| is_digit(**g)).map(|g| *g as u8).collect();
    if digits.starts_with(b"0086") {
        digits.drain(..4);
    } else if digits.starts_with(b"86") && digits.len() > 11 {
        digits.drain(..2);
    }
    let mobile = digits.len() == 11 && digits[0] == b'1' && digits[1] > b'2';
    if !mobile {
        digits.drain(..area_code(&digits));
        digits.truncate(8);
    }
    let same = digits.windows(2).all(|pair| pair[0] == pair[1]);
    (digits.len() >= 7 && !same).then(|| digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

/// Digits of the area code in front of a land line: 0 and two or three digits, or those alone where a spreadsheet took the 0.
/// Extensions beyond eight digits are not counted.
fn area_code(digits: &[u8]) -> usize {
    let of_a_metropolis = |first: &[u8]| first == b"10" || first.first() == Some(&b'2');
    match digits {
        [b'0', rest @ ..] if digits.len() >= 10 => 1 + if of_a_metropolis(rest.get(..2).unwrap_or(rest)) { 2 } else { 3 },
        [first @ .., _, _, _, _, _, _, _, _] if digits.len() == 10 && of_a_metropolis(first) => 2,
        [b'1', ..] => 0,
        _ if matches!(digits.len(), 10 | 11) && digits[0] != b'0' => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_line_are_one_number() {
        for raw in
            ["010-05831016", "01005831016", "86-010-05831016", "（010）0583 1016", "05831016", "010-05831016-802", "1005831016"]
        {
            assert_eq!(read_phone(raw), Some(5831016), "{raw}");
        }
        for raw in ["0319-0583101", "03190583101", "3190583101"] {
            assert_eq!(read_phone(raw), Some(583101), "{raw}");
        }
        for raw in ["+86 19900000001", "19900000001.0", "19900000001"] {
            assert_eq!(read_phone(raw), Some(19900000001), "{raw}");
        }
        for raw in ["00000000", "无", "1.39E+10", "1.99e10", "#REF!", ""] {
            assert_eq!(read_phone(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_cell_may_hold_two_numbers() {
        let both = [Some(5831016), Some(19900000001)];
        for raw in ["010-05831016/19900000001", "010-05831016、19900000001", "05831016 19900000001", "无；05831016；19900000001"]
        {
            assert_eq!(read_phones(raw), both, "{raw}");
        }
        assert_eq!(read_phones("010-05831016；01005831016"), [Some(5831016), None]);
        assert_eq!(read_phones("010 0583 1016"), [Some(5831016), None]);
    }
}
