//! Ids that people read out and type: a letter and sixty bits in twelve characters of Crockford's base32.
//!
//! `E` enterprises, `U` unions, `R` review pairs. The alphabet has no I, L, O and U.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

/// Bits of an id.
pub const BITS: u64 = (1 << 60) - 1;

static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.encoding().expect("32 different characters")
});

/// The letter and the lowest sixty bits.
pub fn write(letter: char, bits: u64) -> String {
    // Eight bytes are thirteen characters; the last holds the four bits that an id does not have.
    let mut text = CROCKFORD.encode(&(bits << 4).to_be_bytes());
    text.truncate(12);
    text.insert(0, letter);
    text
}

/// The bits of an id with this letter; None where `text` is none.
pub fn read(letter: char, text: &str) -> Option<u64> {
    let body = text.strip_prefix(letter).filter(|body| body.len() == 12)?;
    let bytes = CROCKFORD.decode(format!("{body}0").as_bytes()).ok()?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?) >> 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is_one() {
        for bits in [0, 1, BITS, 0x0123_4567_89AB_CDEF >> 4] {
            let id = write('E', bits);
            assert_eq!((id.len(), read('E', &id)), (13, Some(bits)), "{id}");
        }
        assert_eq!(write('U', 31), "U00000000000Z");
        assert_eq!(write('U', BITS + 1 + 31), "U00000000000Z", "the lowest sixty bits");
        for wrong in
            ["", "E", "E00000000000", "E0000000000000", "E00000000000U", "E00000000000z", "X000000000000", "E00000000000é"]
        {
            assert_eq!(read('E', wrong), None, "{wrong}");
        }
    }
}
