//! A reader that stops when its source gives more than the connector allows.

use std::io::{self, Read};

use crate::connector::Caps;
use crate::pull::error::said;

/// Stops a decompressor that gives more than the connector allows.
pub(in crate::pull) struct Capped<R, F> {
    inner: R,
    caps: Caps,
    given: u64,
    taken: F,
}

/// Decoded bytes below which the ratio says nothing.
const RATIO_FROM: u64 = 1 << 20;

impl<R, F: Fn(&R) -> u64> Capped<R, F> {
    pub(in crate::pull) fn new(inner: R, caps: Caps, taken: F) -> Self {
        Capped { inner, caps, given: 0, taken }
    }
}

impl<R: Read, F: Fn(&R) -> u64> Read for Capped<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.given += n as u64;
        if self.given > self.caps.bytes {
            let cap = self.caps.bytes;
            return Err(said(
                io::ErrorKind::FileTooLarge,
                format!("解码后超过 {cap} 字节（source.caps.bytes）"),
                format!("more than {cap} bytes (source.caps.bytes)"),
            ));
        }
        let taken = (self.taken)(&self.inner).max(1);
        if self.given > RATIO_FROM && self.given / taken > self.caps.ratio {
            let ratio = self.caps.ratio;
            return Err(said(
                io::ErrorKind::FileTooLarge,
                format!("解压后超过原大小的 {ratio} 倍（source.caps.ratio）"),
                format!("inflates more than {ratio} times (source.caps.ratio)"),
            ));
        }
        Ok(n)
    }
}
