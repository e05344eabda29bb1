//! Hashes of glyphs and numbers, the same in every run.

use super::glyph::Glyph;

/// 64-bit hash of glyphs, equal on every machine and in every run.
pub const fn hash(text: &[Glyph]) -> u64 {
    let mut h = 0x9E37_79B9_7F4A_7C15u64 ^ text.len() as u64;
    let mut at = 0;
    while at < text.len() {
        h = (h.rotate_left(5) ^ text[at] as u64).wrapping_mul(0x517C_C1B7_2722_0A95);
        at += 1;
    }
    mix(h)
}

/// Hash of no glyphs.
pub const EMPTY_HASH: u64 = hash(&[]);

/// Spreads a number over all 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014).
pub const fn mix(mut h: u64) -> u64 {
    h = (h ^ (h >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    h ^ (h >> 31)
}
