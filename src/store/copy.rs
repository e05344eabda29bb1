//! PostgreSQL's binary COPY, as rows are loaded by: big-endian, every value behind its length. By hand: four kinds of value in some
//! twenty lines.
//!
//! In: values in the order of the columns. Out: bytes for `COPY … FROM STDIN (FORMAT binary)`, [`HEAD`] first and [`TAIL`] last.

/// What every such stream begins with.
pub const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub const TAIL: &[u8] = &(-1i16).to_be_bytes();

/// Begins a row of so many fields.
pub fn row(out: &mut Vec<u8>, fields: i16) {
    out.extend_from_slice(&fields.to_be_bytes());
}
/// A BIGINT.
pub fn integer(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(&8i32.to_be_bytes());
    out.extend_from_slice(&n.to_be_bytes());
}
/// A DOUBLE PRECISION.
pub fn real(out: &mut Vec<u8>, n: f64) {
    out.extend_from_slice(&8i32.to_be_bytes());
    out.extend_from_slice(&n.to_be_bytes());
}
/// A TEXT.
pub fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&i32::try_from(text.len()).expect("rows are capped far below 2 GB").to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}
/// Nothing, in a column of any type.
pub fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(&(-1i32).to_be_bytes());
}
