//! What cells of both binary kinds, XLS and XLSB, write alike: numbers in 30 bits, errors by number, counts in two and four bytes.

/// Two bytes at a place, the low one first; None where there are none.
pub(super) fn two(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// The same of four.
pub(super) fn four(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Number of an RK: an integer or the upper half of a float, or a hundredth of it ([MS-XLS] 2.5.217, [MS-XLSB] 2.5.123).
pub(super) fn rk(bits: u32) -> f64 {
    let value = match bits & 2 {
        0 => f64::from_bits(u64::from(bits & !3) << 32),
        _ => f64::from((bits as i32) >> 2),
    };
    if bits & 1 == 0 { value } else { value / 100.0 }
}

/// An error as its cell shows it ([MS-XLS] 2.5.10, [MS-XLSB] 2.5.97.2); None for a number that is none.
pub(super) fn error_text(number: u8) -> Option<&'static str> {
    Some(match number {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#GETTING_DATA",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_thirty_bits_is_whole_or_the_half_of_a_float_and_perhaps_in_hundredths() {
        for (bits, number) in
            [(0x3FF0_0000, 1.0), (0x3FF0_0001, 0.01), (0x0000_07D2, 500.0), (0x0000_07D3, 5.0), (0xFFFF_FFFE, -1.0)]
        {
            assert_eq!(rk(bits), number, "{bits:08x}");
        }
    }
}
