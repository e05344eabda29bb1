//! A window over what a source sends: as much as one record may have, and not more, whatever the source goes on sending.
//!
//! In: a stream. Out: the same stream, which breaks off with a message once more was read since the last record than `source.caps.row_bytes`
//! allows. Readers of JSON and XML hold a record in memory before anybody can look at it; this is what bounds them.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use super::error::said;

/// How much may still be read before the next record begins.
#[derive(Debug)]
pub struct Allowance {
    cap: u64,
    left: Cell<u64>,
}

impl Allowance {
    /// `cap` bytes a record.
    pub fn new(cap: usize) -> Allowance {
        Allowance { cap: cap as u64, left: Cell::new(cap as u64) }
    }
    /// A record, or what may become one, begins here.
    pub fn begin(&self) {
        self.left.set(self.cap);
    }
    /// What follows is passed over and held by nobody.
    pub fn skip(&self) {
        self.left.set(u64::MAX);
    }
    fn take(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_sub(bytes as u64));
    }
    fn room(&self, wanted: usize) -> io::Result<usize> {
        match usize::try_from(self.left.get()).unwrap_or(usize::MAX) {
            0 => Err(too_long(self.cap)),
            left => Ok(wanted.min(left)),
        }
    }
}

/// One record is longer than the connector allows.
pub fn too_long(cap: u64) -> io::Error {
    said(
        io::ErrorKind::InvalidData,
        format!("有一条记录超过 {cap} 字节（source.caps.row_bytes）"),
        format!("a record is longer than {cap} bytes (source.caps.row_bytes)"),
    )
}

/// A stream that is read within an allowance.
pub struct Window<'a, R> {
    inner: R,
    allowance: &'a Allowance,
}

impl<'a, R> Window<'a, R> {
    pub fn new(inner: R, allowance: &'a Allowance) -> Window<'a, R> {
        Window { inner, allowance }
    }
}

impl<R: Read> Read for Window<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = self.allowance.room(buffer.len())?;
        let read = self.inner.read(&mut buffer[..room])?;
        self.allowance.take(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Window<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let room = self.allowance.room(usize::MAX)?;
        let filled = self.inner.fill_buf()?;
        Ok(&filled[..filled.len().min(room)])
    }
    fn consume(&mut self, amount: usize) {
        self.allowance.take(amount);
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_since_the_last_record_is_bounded_and_what_is_skipped_is_not() {
        let allowance = Allowance::new(10);
        let mut window = Window::new(&[7_u8; 100][..], &allowance);
        let mut taken = vec![0; 8];
        window.read_exact(&mut taken).unwrap();
        allowance.begin();
        window.read_exact(&mut taken).unwrap();
        let error = window.read_exact(&mut taken).unwrap_err();
        assert!(error.to_string().contains("row_bytes"), "{error}");
        allowance.skip();
        let mut rest = Vec::new();
        window.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len(), 100 - 8 - 10, "what was there is not lost, only refused");
    }
}
