//! Bytes to UTF-8 text, before anything is split: in GBK a second byte can be `|`. Bytes that are no text become U+FFFD, and
//! their place is remembered so that exactly their row goes to quarantine.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::OnceLock;

use encoding_rs::{BIG5, Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::error::said;

/// Bytes looked at to tell the encoding.
const SNIFF_BYTES: usize = 1 << 16;
const BLOCK_BYTES: usize = 1 << 16;

/// Undecodable bytes: where their U+FFFD stands in the decoded text, and how many bytes they were.
#[derive(Debug, Clone, Copy)]
pub struct Damage {
    pub at: u64,
    pub source_bytes: u64,
}

/// Decodes a stream into UTF-8.
pub struct TextReader<R> {
    inner: R,
    pub encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    inner_done: bool,
    done: bool,
    /// Bytes of text given out so far.
    decoded: u64,
    /// Bytes of the byte order mark.
    pub mark_bytes: u64,
    pub damage: VecDeque<Damage>,
}

/// What the first bytes say about the encoding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sniffed {
    pub encoding: &'static Encoding,
    pub mark_bytes: usize,
    /// Valid UTF-8 with characters beyond ASCII: no other encoding looks like that by chance.
    pub surely_utf8: bool,
}

/// Byte order mark, else UTF-8 where `head` is valid UTF-8 (a character cut at the end allowed), else UTF-16 where every
/// other byte is zero as in Latin text, else Big5 where it can be nothing else, else GB18030.
pub fn sniff(head: &[u8]) -> Sniffed {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(head) {
        return Sniffed { encoding, mark_bytes, surely_utf8: encoding == UTF_8 };
    }
    if head.starts_with(&[0x84, 0x31, 0x95, 0x33]) {
        return Sniffed { encoding: GB18030, mark_bytes: 4, surely_utf8: false };
    }
    let sixteen = |first: usize| {
        let zeros = head.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
        head.len() >= 8
            && zeros * 8 > head.len()
            && head.iter().skip(1 - first).step_by(2).filter(|b| **b == 0).count() * 50 < head.len()
    };
    if sixteen(1) {
        return Sniffed { encoding: UTF_16LE, mark_bytes: 0, surely_utf8: false };
    }
    if sixteen(0) {
        return Sniffed { encoding: UTF_16BE, mark_bytes: 0, surely_utf8: false };
    }
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none() && e.valid_up_to() + 4 > head.len(),
    };
    let encoding = match valid {
        true => UTF_8,
        false if is_big5(head) => BIG5,
        false => GB18030,
    };
    Sniffed { encoding, mark_bytes: 0, surely_utf8: valid && !head.is_ascii() }
}

/// Pairs of bytes that are looked at before a text is taken for Big5.
const BIG5_PAIRS: usize = 8;

/// Whether bytes are traditional Chinese in Big5: every pair is one, nearly all are of its common characters (A4–C6), and many
/// have a second byte below 7F, which simplified characters in GBK have not.
fn is_big5(head: &[u8]) -> bool {
    let (mut pairs, mut common, mut low) = (0usize, 0usize, 0usize);
    let mut at = 0;
    while at < head.len() {
        let first = head[at];
        if first < 0x80 {
            at += 1;
            continue;
        }
        // The last character may be cut off.
        let Some(second) = head.get(at + 1).copied() else { break };
        if !matches!(first, 0xA1..=0xF9) || !matches!(second, 0x40..=0x7E | 0xA1..=0xFE) {
            return false;
        }
        pairs += 1;
        common += usize::from(matches!(first, 0xA1..=0xC6));
        low += usize::from(second < 0x7F);
        at += 2;
    }
    pairs >= BIG5_PAIRS && common * 100 >= pairs * 90 && low * 100 >= pairs * 20
}

impl<R: Read> TextReader<R> {
    /// `wanted`: the encoding that the connector names; a byte order mark overrules it. The second value says whether the
    /// text is surely UTF-8 although another encoding was named.
    ///
    /// # Errors
    /// Whatever `inner` fails with while its beginning is read.
    pub fn open(mut inner: R, wanted: Option<&'static Encoding>) -> io::Result<(TextReader<R>, bool)> {
        let mut raw = vec![0; SNIFF_BYTES];
        let mut len = 0;
        let mut inner_done = false;
        while len < raw.len() && !inner_done {
            match inner.read(&mut raw[len..])? {
                0 => inner_done = true,
                n => len += n,
            }
        }
        raw.truncate(len);
        let sniffed = sniff(&raw);
        let encoding = match wanted {
            Some(wanted) if sniffed.mark_bytes == 0 => wanted,
            _ => sniffed.encoding,
        };
        let contradiction = sniffed.surely_utf8 && encoding != UTF_8;
        let reader = TextReader {
            inner,
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw,
            raw_at: sniffed.mark_bytes,
            inner_done,
            done: false,
            decoded: 0,
            mark_bytes: sniffed.mark_bytes as u64,
            damage: VecDeque::new(),
        };
        Ok((reader, contradiction))
    }

    /// Appends some decoded text to `out`; false once there is no more.
    ///
    /// # Errors
    /// Whatever `inner` fails with; text that cannot be decoded is no error and is kept as damage.
    pub fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        if self.done {
            return Ok(false);
        }
        let before = out.len();
        while out.len() == before && !self.done {
            if self.raw_at == self.raw.len() && !self.inner_done {
                self.raw.resize(BLOCK_BYTES, 0);
                let n = self.inner.read(&mut self.raw)?;
                self.raw.truncate(n);
                self.raw_at = 0;
                self.inner_done = n == 0;
            }
            self.decode_block(out);
        }
        Ok(out.len() > before)
    }

    fn decode_block(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        let input = &self.raw[self.raw_at..];
        let room = self.decoder.max_utf8_buffer_length_without_replacement(input.len()).expect("a block is small");
        out.resize(start + room, 0);
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(input, &mut out[start..], self.inner_done);
        out.truncate(start + written);
        self.raw_at += read;
        self.decoded += written as u64;
        match result {
            DecoderResult::InputEmpty => self.done = self.inner_done,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(bad, _) => {
                self.damage.push_back(Damage { at: self.decoded, source_bytes: bad.into() });
                out.extend_from_slice("\u{fffd}".as_bytes());
                self.decoded += 3;
            }
        }
    }
}

/// The decoded text of a stream as a stream again, for readers of JSON and XML.
pub struct Utf8Reader<R> {
    text: TextReader<R>,
    buffer: Vec<u8>,
    at: usize,
}

impl<R: Read> Utf8Reader<R> {
    /// # Errors
    /// I/O of the source.
    pub fn open(inner: R, wanted: Option<&'static Encoding>) -> io::Result<Utf8Reader<R>> {
        let (text, contradiction) = TextReader::open(inner, wanted)?;
        if contradiction {
            let named = text.encoding.name();
            return Err(said(
                io::ErrorKind::InvalidData,
                format!("应为 {named} 编码，实为 UTF-8（decoding.encoding）"),
                format!("it should be {named}, but is UTF-8 (decoding.encoding)"),
            ));
        }
        Ok(Utf8Reader { text, buffer: Vec::new(), at: 0 })
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    /// Bytes that are no text end the reading: in a nested format nobody can say which record they belong to.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            if !self.text.fill(&mut self.buffer)? {
                return Ok(0);
            }
            if let Some(damage) = self.text.damage.front() {
                let name = self.text.encoding.name();
                let at = damage.at;
                return Err(said(
                    io::ErrorKind::InvalidData,
                    format!("约第 {at} 字节处含有不属于 {name} 编码的字节"),
                    format!("it holds bytes that are no {name}, about {at} bytes in"),
                ));
            }
        }
        let n = out.len().min(self.buffer.len() - self.at);
        out[..n].copy_from_slice(&self.buffer[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// How many bytes `text` has in `encoding`.
pub fn encoded_len(encoding: &'static Encoding, text: &str) -> u64 {
    if encoding == UTF_8 {
        return text.len() as u64;
    }
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return text.chars().map(|c| 2 * c.len_utf16() as u64).sum();
    }
    if encoding == GB18030 {
        let four = four_byte_characters();
        return text
            .chars()
            .map(|c| match c as u32 {
                0..0x80 => 1,
                code @ 0x80..0x10000 => 2 + 2 * (four[code as usize / 64] >> (code % 64) & 1),
                _ => 4,
            })
            .sum();
    }
    encoding.encode(text).0.len() as u64
}

/// One bit per character of the basic plane: set where GB18030 needs four bytes.
fn four_byte_characters() -> &'static [u64; 1024] {
    static TABLE: OnceLock<Box<[u64; 1024]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Box::new([0u64; 1024]);
        let mut text = [0; 4];
        for code in 0x80u32..0x10000 {
            if let Some(c) = char::from_u32(code)
                && GB18030.encode(c.encode_utf8(&mut text)).0.len() == 4
            {
                table[code as usize / 64] |= 1 << (code % 64);
            }
        }
        table
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big5_is_told_from_gbk_by_its_second_bytes() {
        let traditional = "編號,企業名稱,地址,成立日期\n1,臺北範例科技股份有限公司,臺北市信義區松高路,2021-03-01\n";
        let simplified = "编号,企业名称,地址,成立日期\n1,北京示例科技股份有限公司,北京市朝阳区建国路,2021-03-01\n";
        assert_eq!(sniff(&BIG5.encode(traditional).0).encoding, BIG5);
        let cut = BIG5.encode(traditional).0;
        assert_eq!(sniff(&cut[..cut.len() - 12]).encoding, BIG5);
        // Traditional characters in GBK stay GBK, and so do short texts.
        for (text, encoding) in [(simplified, GB18030), (traditional, GB18030), ("编号,名称", GB18030), ("1,金隅", GB18030)]
        {
            assert_eq!(sniff(&encoding.encode(text).0).encoding, GB18030, "{text}");
        }
        // The commonest characters of company names, one behind the other.
        let names =
            "有限公司科技发展商贸服务咨询文化传媒工程建筑装饰物业管理餐饮酒店汽车运输贸易投资集团信息网络电子医药生物教育";
        assert_eq!(sniff(&GB18030.encode(names).0).encoding, GB18030);
    }

    fn read_all(bytes: &[u8], wanted: Option<&'static Encoding>) -> (String, Vec<Damage>) {
        let (mut reader, _) = TextReader::open(bytes, wanted).expect("memory reads");
        let mut out = Vec::new();
        while reader.fill(&mut out).expect("memory reads") {}
        (String::from_utf8(out).expect("decoded"), reader.damage.into())
    }

    #[test]
    fn encodings_are_told_apart() {
        let text = "登记号,名称\n1,北京示例公司\n";
        assert_eq!(read_all(text.as_bytes(), None).0, text);
        assert_eq!(read_all(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), None).0, text);
        assert_eq!(read_all(&GB18030.encode(text).0, None).0, text);
        let utf16: Vec<u8> = "\u{feff}".chars().chain(text.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
        assert_eq!(read_all(&utf16, None).0, text);
        let utf16_unmarked: Vec<u8> = "id,name,count\n1,Example,2\n".chars().flat_map(|c| (c as u16).to_be_bytes()).collect();
        assert_eq!(read_all(&utf16_unmarked, None).0, "id,name,count\n1,Example,2\n");
    }

    #[test]
    fn bad_bytes_are_marked_where_they_stand() {
        let (text, damage) = read_all(b"a,\xff\xffb\nc,d\n", Some(UTF_8));
        assert_eq!(text, "a,\u{fffd}\u{fffd}b\nc,d\n");
        assert_eq!(damage.iter().map(|d| (d.at, d.source_bytes)).collect::<Vec<_>>(), [(2, 1), (5, 1)]);
    }

    #[test]
    fn lengths_are_those_of_the_encoding() {
        for text in ["abc", "北京", "㐀é", "龦", "😀", "，。"] {
            assert_eq!(encoded_len(GB18030, text), GB18030.encode(text).0.len() as u64, "{text}");
        }
    }
}
