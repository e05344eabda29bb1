//! Gzip as files come: several members one behind the other, and zeros behind the last (tapes and block devices pad with them).

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// Inflates all members.
pub(super) struct Members<R: Read> {
    member: Option<GzDecoder<BufReader<R>>>,
}

impl<R: Read> Members<R> {
    pub(super) fn new(inner: R) -> Members<R> {
        Members { member: Some(GzDecoder::new(BufReader::with_capacity(1 << 16, inner))) }
    }

    /// What it reads from; None behind the end.
    pub(super) fn source(&self) -> Option<&R> {
        self.member.as_ref().map(|m| m.get_ref().get_ref())
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(member) = &mut self.member else { return Ok(0) };
            let n = member.read(out)?;
            if n > 0 || out.is_empty() {
                return Ok(n);
            }
            let mut rest = self.member.take().expect("there is one").into_inner();
            loop {
                let ahead = rest.fill_buf()?;
                let zeros = ahead.iter().take_while(|b| **b == 0).count();
                match (ahead.len(), zeros) {
                    (0, _) => return Ok(0),
                    (_, 0) => break,
                    _ => rest.consume(zeros),
                }
            }
            self.member = Some(GzDecoder::new(rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gz(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn members_are_joined_and_zeros_behind_them_ignored() {
        let all = [gz("a,b\n"), gz("1,2\n"), vec![0; 700]].concat();
        let mut text = String::new();
        Members::new(all.as_slice()).read_to_string(&mut text).expect("inflates");
        assert_eq!(text, "a,b\n1,2\n");
        let rubbish = [gz("a"), b"xyz".to_vec()].concat();
        assert!(Members::new(rubbish.as_slice()).read_to_string(&mut text).is_err());
        assert!(Members::new(&gz("abcdefgh")[..14]).read_to_string(&mut text).is_err(), "cut off");
    }
}
