//! Industry codes of GB/T 4754 in its editions of 2002, 2011 and 2017: section of a code, and what a list of codes covers.
//!
//! A code is judged in the edition in which its registry wrote it; nothing here converts between editions.

use std::collections::HashMap;
use std::sync::LazyLock;

const SECTIONS: &str = include_str!("../../reference/industries/sections.csv");

/// The editions whose sections are known.
pub const EDITIONS: [u16; 3] = [2002, 2011, 2017];

/// By (edition, two-digit division): section letter.
static SECTION_OF_DIVISION: LazyLock<HashMap<(u16, u8), char>> = LazyLock::new(|| {
    let mut map = HashMap::new();
    for row in csv::Reader::from_reader(SECTIONS.as_bytes()).into_records() {
        let row = row.expect("sections.csv is well-formed");
        let edition: u16 = row[0].parse().expect("an edition");
        let letter = row[1].chars().next().expect("a section letter");
        for range in row[2].split(';') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last): (u8, u8) = (first.parse().expect("a division"), last.parse().expect("a division"));
            map.extend((first..=last).map(|division| ((edition, division), letter)));
        }
    }
    map
});

/// A code as read: the section where known, and the digits (none, 2, 3 or 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code<'a> {
    pub section: Option<char>,
    pub digits: &'a str,
    pub edition: u16,
}

impl<'a> Code<'a> {
    /// Reads `C`, `C39`, `39`, `391`, `3912`. None where the text is no code of that edition.
    pub fn parse(text: &'a str, edition: u16) -> Option<Code<'a>> {
        let text = text.trim();
        let letter = text.chars().next().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase());
        let digits = if letter.is_some() { &text[1..] } else { text };
        if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.len() == 1 || digits.len() > 4 {
            return None;
        }
        if digits.is_empty() {
            return letter.filter(|l| ('A'..='T').contains(l)).map(|section| Code { section: Some(section), digits, edition });
        }
        let division: u8 = digits[..2].parse().ok()?;
        let section = SECTION_OF_DIVISION.get(&(edition, division)).copied()?;
        Some(Code { section: Some(section), digits, edition })
    }

    /// The text that is shown and compared: the digits, or the section's letter.
    pub fn text(&self) -> String {
        if self.digits.is_empty() { self.section.map(String::from).unwrap_or_default() } else { self.digits.to_string() }
    }

    /// Same edition, and one says no more than the beginning of the other.
    pub fn agrees(&self, other: &Code<'_>) -> bool {
        if self.edition != other.edition {
            // Without a crosswalk two editions can only be seen to agree where the digits do.
            return !self.digits.is_empty() && self.digits == other.digits && self.section == other.section;
        }
        self.section == other.section && (self.digits.starts_with(other.digits) || other.digits.starts_with(self.digits))
    }
}

/// Which industries something speaks of, in one edition: a union of sections and of leading digits, less the excluded ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeSet {
    pub sections: Vec<char>,
    /// Divisions, groups and classes: leading digits.
    pub prefixes: Vec<Box<str>>,
    /// Taken away again.
    pub excluded: Vec<Box<str>>,
}

/// Whether a code is in a set. `Maybe`: the code is too short to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    Yes,
    No,
    Maybe,
}

impl CodeSet {
    pub fn holds(&self, code: &Code<'_>) -> Within {
        if self.excluded.iter().any(|e| code.digits.starts_with(&**e)) {
            return Within::No;
        }
        let inside = code.section.is_some_and(|s| self.sections.contains(&s))
            || self.prefixes.iter().any(|p| code.digits.starts_with(&**p));
        let longer = |list: &[Box<str>]| list.iter().any(|p| p.len() > code.digits.len() && self.reaches(code, p));
        match inside {
            true if longer(&self.excluded) => Within::Maybe,
            true => Within::Yes,
            false if longer(&self.prefixes) => Within::Maybe,
            false => Within::No,
        }
    }

    /// Whether `prefix` lies inside what a short code names.
    fn reaches(&self, code: &Code<'_>, prefix: &str) -> bool {
        if code.digits.is_empty() {
            let division = prefix.get(..2).and_then(|d| d.parse::<u8>().ok());
            division.and_then(|d| SECTION_OF_DIVISION.get(&(code.edition, d))) == code.section.as_ref()
        } else {
            prefix.starts_with(code.digits)
        }
    }

    /// A code that both sets hold, if there is one; `edition` tells where the sections' divisions lie.
    pub fn overlap(&self, other: &CodeSet, edition: u16) -> Option<String> {
        let named = |set: &CodeSet| -> Vec<Box<str>> {
            let divisions = SECTION_OF_DIVISION.iter().filter(|((e, _), s)| *e == edition && set.sections.contains(s));
            let mut codes: Vec<Box<str>> = divisions.map(|((_, d), _)| format!("{d:02}").into()).collect();
            codes.extend(set.prefixes.iter().cloned());
            codes.sort();
            codes
        };
        let (mine, theirs) = (named(self), named(other));
        let gone = |set: &CodeSet, code: &str| set.excluded.iter().any(|e| code.starts_with(&**e));
        for (a, b) in mine.iter().flat_map(|a| theirs.iter().map(move |b| (a, b))) {
            let Some(common) = (if a.starts_with(&**b) { Some(a) } else { b.starts_with(&**a).then_some(b) }) else { continue };
            if !gone(self, common) && !gone(other, common) {
                return Some(common.to_string());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_digits_are_other_sections_in_other_editions() {
        let section = |text, edition| Code::parse(text, edition).and_then(|c| c.section);
        assert_eq!(section("5110", 2002), Some('F'));
        assert_eq!(section("5110", 2017), Some('F'));
        assert_eq!(section("6310", 2002), Some('H'));
        assert_eq!(section("6310", 2017), Some('I'));
        assert_eq!(section("7910", 2011), Some('O'));
        assert_eq!(section("7910", 2017), Some('N'));
        assert_eq!(section("99", 2017), None);
        assert_eq!(section("C3912", 2017), Some('C'));
        assert_eq!(section("制造业", 2017), None);
    }

    #[test]
    fn a_short_code_may_or_may_not_be_meant() {
        let set = CodeSet { sections: vec!['L'], prefixes: vec!["7020".into()], excluded: vec![] };
        let holds = |text| set.holds(&Code::parse(text, 2017).expect("a code"));
        assert_eq!(holds("7020"), Within::Yes);
        assert_eq!(holds("7010"), Within::No);
        assert_eq!(holds("70"), Within::Maybe);
        assert_eq!(holds("K"), Within::Maybe);
        assert_eq!(holds("L"), Within::Yes);
        assert_eq!(holds("7251"), Within::Yes);
    }

    #[test]
    fn sets_overlap_unless_what_they_share_is_excluded() {
        let k = CodeSet { sections: vec!['K'], prefixes: vec![], excluded: vec!["7010".into()] };
        let development = CodeSet { sections: vec![], prefixes: vec!["7010".into()], excluded: vec![] };
        assert_eq!(k.overlap(&development, 2017), None);
        let all_k = CodeSet { excluded: vec![], ..k };
        assert_eq!(all_k.overlap(&development, 2017).as_deref(), Some("7010"));
    }
}
