//! Texts of BIFF8: characters of one or two bytes that a record may leave in the middle of ([MS-XLS] 2.5.293, 2.4.265).
//!
//! In: a record's content and what continues it. Out: the texts. Formats inside of a text and readings beside it are passed over.

/// The content of a record and of those that continue it.
pub(super) struct Pieces<'b> {
    now: &'b [u8],
    rest: std::collections::VecDeque<&'b [u8]>,
}

impl<'b> Pieces<'b> {
    pub(super) fn of(content: &'b [u8]) -> Pieces<'b> {
        Pieces { now: content, rest: std::collections::VecDeque::new() }
    }

    pub(super) fn push(&mut self, more: &'b [u8]) {
        self.rest.push_back(more);
    }

    /// Goes to the piece that holds the next byte. False: there is none.
    fn turn(&mut self) -> bool {
        while self.now.is_empty() {
            match self.rest.pop_front() {
                Some(next) => self.now = next,
                None => return false,
            }
        }
        true
    }

    fn byte(&mut self) -> Option<u8> {
        if !self.turn() {
            return None;
        }
        let (first, rest) = self.now.split_first()?;
        self.now = rest;
        Some(*first)
    }

    pub(super) fn two(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn four(&mut self) -> Option<u32> {
        Some(u32::from(self.two()?) | u32::from(self.two()?) << 16)
    }

    /// So many bytes, over the ends of pieces.
    pub(super) fn bytes(&mut self, mut length: usize) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        while length > 0 {
            if !self.turn() {
                return None;
            }
            let (here, rest) = self.now.split_at(length.min(self.now.len()));
            found.extend_from_slice(here);
            self.now = rest;
            length -= here.len();
        }
        Some(found)
    }

    fn skip(&mut self, mut length: usize) -> Option<()> {
        while length > 0 {
            if !self.turn() {
                return None;
            }
            let here = length.min(self.now.len());
            self.now = &self.now[here..];
            length -= here;
        }
        Some(())
    }

    /// So many characters behind a byte that says how wide they are.
    pub(super) fn flagged(&mut self, length: usize, into: &mut String) -> Option<()> {
        let flags = self.byte()?;
        self.characters(length, flags & 1 != 0, into)
    }

    /// So many characters. A piece that goes on with them begins with a byte that says how wide they are from there on.
    fn characters(&mut self, mut length: usize, mut wide: bool, into: &mut String) -> Option<()> {
        // A character above U+FFFF may stand on both sides of an end.
        let mut first_half = None;
        while length > 0 {
            if self.now.is_empty() {
                wide = self.byte()? & 1 != 0;
                if self.now.is_empty() {
                    continue;
                }
            }
            match wide {
                false => {
                    let (here, rest) = self.now.split_at(length.min(self.now.len()));
                    into.extend(here.iter().map(|b| char::from(*b)));
                    self.now = rest;
                    length -= here.len();
                }
                true => {
                    let (here, rest) = self.now.split_at(2 * length.min(self.now.len() / 2));
                    if here.is_empty() {
                        // Half of a character before the end of a piece.
                        return None;
                    }
                    let units = here.chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]]));
                    let units = first_half.take().into_iter().chain(units);
                    for found in char::decode_utf16(units) {
                        match found {
                            Ok(c) => into.push(c),
                            Err(e) => {
                                first_half = Some(e.unpaired_surrogate());
                                into.push('\u{FFFD}');
                            }
                        }
                    }
                    // Only a half at the very end can be made whole by what follows.
                    let last = u16::from_le_bytes([here[here.len() - 2], here[here.len() - 1]]);
                    match first_half {
                        Some(half) if half == last && (0xD800..0xDC00).contains(&half) => drop(into.pop()),
                        _ => first_half = None,
                    }
                    self.now = rest;
                    length -= here.len() / 2;
                }
            }
        }
        if first_half.is_some() {
            into.push('\u{FFFD}');
        }
        Some(())
    }
}

/// The texts that cells of all sheets share, one behind the other.
#[derive(Default)]
pub(super) struct SharedTexts {
    text: String,
    ends: Vec<usize>,
}

impl SharedTexts {
    /// None where a text ends before its length.
    pub(super) fn read(mut pieces: Pieces<'_>) -> Option<SharedTexts> {
        pieces.four()?;
        let told = pieces.four()?;
        let mut texts = SharedTexts::default();
        for _ in 0..told {
            if !pieces.turn() {
                // Some programs tell more than they write; a cell that asks for one that is not there is refused.
                break;
            }
            let length = usize::from(pieces.two()?);
            let flags = pieces.byte()?;
            let runs = if flags & 8 == 0 { 0 } else { usize::from(pieces.two()?) };
            let beside = if flags & 4 == 0 { 0 } else { pieces.four()? as usize };
            if length > 0 {
                pieces.characters(length, flags & 1 != 0, &mut texts.text)?;
            }
            pieces.skip(runs * 4)?;
            pieces.skip(beside)?;
            texts.ends.push(texts.text.len());
        }
        Some(texts)
    }

    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let start = if at == 0 { 0 } else { *self.ends.get(at - 1)? };
        self.text.get(start..*self.ends.get(at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn table(bodies: &[&[u8]]) -> Vec<u8> {
        let count = bodies.len() as u32;
        let mut all = [count.to_le_bytes(), count.to_le_bytes()].concat();
        bodies.iter().for_each(|b| all.extend_from_slice(b));
        all
    }

    fn text(flags: u8, length: u16, rest: &[u8]) -> Vec<u8> {
        [&length.to_le_bytes()[..], &[flags], rest].concat()
    }

    #[test]
    fn a_text_goes_on_in_another_width_behind_the_end_of_a_piece() {
        let first = table(&[&text(1, 6, &wide("甲乙"))]);
        let mut pieces = Pieces::of(&first);
        pieces.push(b"\x00Co");
        let last = [b"\x01".as_slice(), &wide("丙丁")].concat();
        pieces.push(&last);
        let texts = SharedTexts::read(pieces).unwrap();
        assert_eq!(texts.get(0), Some("甲乙Co丙丁"));
        assert_eq!(texts.get(1), None);
    }

    #[test]
    fn a_character_of_two_halves_may_stand_on_both_sides() {
        let halves = wide("𠮷");
        let first = table(&[&text(1, 4, &[&wide("甲")[..], &halves[..2]].concat())]);
        let mut pieces = Pieces::of(&first);
        let rest = [b"\x01".as_slice(), &halves[2..], &wide("乙")].concat();
        pieces.push(&rest);
        assert_eq!(SharedTexts::read(pieces).unwrap().get(0), Some("甲𠮷乙"));
        let alone = table(&[&text(1, 2, &[&wide("甲")[..], &halves[..2]].concat()), &text(0, 1, b"x")]);
        let texts = SharedTexts::read(Pieces::of(&alone)).unwrap();
        assert_eq!((texts.get(0), texts.get(1)), (Some("甲\u{FFFD}"), Some("x")));
    }

    #[test]
    fn formats_and_readings_are_passed_over_and_headers_may_be_parted() {
        let rich = text(8 | 4, 2, &[&1u16.to_le_bytes()[..], &3u32.to_le_bytes(), b"ab", &[0; 4], &[9; 3]].concat());
        let all = table(&[&text(0, 0, b""), &rich, &text(1, 1, &wide("丙"))]);
        for cut in 9..12 {
            let mut pieces = Pieces::of(&all[..cut]);
            pieces.push(&all[cut..]);
            let texts = SharedTexts::read(pieces).unwrap();
            assert_eq!((texts.get(0), texts.get(1), texts.get(2)), (Some(""), Some("ab"), Some("丙")), "{cut}");
        }
    }

    #[test]
    fn a_text_that_is_cut_is_none() {
        assert!(SharedTexts::read(Pieces::of(&table(&[&text(1, 3, &wide("甲"))]))).is_none());
        assert!(SharedTexts::read(Pieces::of(&table(&[&text(1, 1, &wide("甲")[..1])]))).is_none());
        assert!(SharedTexts::read(Pieces::of(&[0; 7])).is_none());
    }
}
