//! Industries: GB/T 4754 in its editions of 2002, 2011 and 2017. Sections and divisions are shipped; groups and classes come
//! from the department that owns the code table.
//!
//! A code means nothing without its edition: section F is transport in 2002 and trade since 2011; division 83 is health in
//! 2011 and education in 2017.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use super::table::{keep, rows};

/// The editions that registries still write.
pub const EDITIONS: [u16; 3] = [2002, 2011, 2017];
/// The edition in force.
pub const CURRENT: u16 = 2017;

/// A code with its edition, as precise as the registry wrote it: section, division (2 digits), group (3) or class (4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IndustryCode {
    /// Year of GB/T 4754: 2002, 2011 or 2017.
    pub edition: u16,
    /// Letter A to T.
    pub section: char,
    digits: [u8; 4],
    len: u8,
}

impl IndustryCode {
    /// Reads `C`, `C3911`, `39`, `391` or `3911` in `edition`. None where the edition is unknown, the division is not in it, or
    /// a letter before the digits contradicts them.
    pub fn parse(raw: &str, edition: u16) -> Option<IndustryCode> {
        let text = raw.trim();
        let letter = text.chars().next().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase());
        let number = text[letter.map_or(0, char::len_utf8)..].trim_start_matches(['-', ' ', '.']);
        if number.len() > 4 || number.len() == 1 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let all = industries();
        if number.is_empty() {
            let section = letter?;
            all.section_name(edition, section)?;
            return Some(IndustryCode { edition, section, digits: [0; 4], len: 0 });
        }
        let section = all.section_of(edition, number[..2].parse().ok()?)?;
        if letter.is_some_and(|l| l != section) {
            return None;
        }
        let mut digits = [0; 4];
        digits[..number.len()].copy_from_slice(number.as_bytes());
        Some(IndustryCode { edition, section, digits, len: number.len() as u8 })
    }
    /// The digits as written, without the letter; empty for a bare section.
    pub fn number(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.len as usize]).expect("digits are ASCII")
    }
    /// Two digits; None for a bare section.
    pub fn division(&self) -> Option<&str> {
        self.number().get(..2)
    }
    /// Three digits.
    pub fn group(&self) -> Option<&str> {
        self.number().get(..3)
    }
    /// Four digits; None where the registry wrote less, or filled up with zeros to say less (`6200`).
    pub fn class(&self) -> Option<&str> {
        self.number().get(..4)
    }
}

impl fmt::Display for IndustryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.section, self.number())
    }
}

/// A section or division of the edition in force.
#[derive(Debug, Clone)]
pub struct IndustryName {
    /// `C` or `39`.
    pub code: &'static str,
    /// Letter of the section it is or belongs to.
    pub section: char,
    /// Chinese name, as the standard words it.
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
}

/// All sections and divisions; get it by [`industries`].
#[derive(Debug)]
pub struct Industries {
    sections: Vec<IndustryName>,
    divisions: Vec<IndustryName>,
    section_names: HashMap<(u16, char), &'static str>,
    /// Section letter by edition and division number 0–99.
    section_of: HashMap<u16, [Option<char>; 100]>,
}

/// The sections and divisions of `reference/industries`, parsed at first use.
pub fn industries() -> &'static Industries {
    static INDUSTRIES: LazyLock<Industries> = LazyLock::new(Industries::embedded);
    &INDUSTRIES
}

impl Industries {
    fn embedded() -> Industries {
        let (mut sections, mut divisions) = (Vec::new(), Vec::new());
        let letter = |s: &str| s.chars().next().expect("a section letter");
        for r in rows("industries/divisions_2017.csv", include_str!("../../../reference/industries/divisions_2017.csv")) {
            let name = IndustryName { code: keep(&r[1]), section: letter(&r[2]), name_zh: keep(&r[3]), name_en: keep(&r[4]) };
            if &r[0] == "section" { sections.push(name) } else { divisions.push(name) }
        }
        let mut section_names = HashMap::new();
        let mut section_of: HashMap<u16, [Option<char>; 100]> = HashMap::new();
        for r in rows("industries/sections.csv", include_str!("../../../reference/industries/sections.csv")) {
            let edition: u16 = r[0].parse().expect("an edition year");
            section_names.insert((edition, letter(&r[1])), keep(&r[3]));
            let table = section_of.entry(edition).or_insert([None; 100]);
            for range in r[2].split(';') {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                let number = |s: &str| s.parse::<usize>().expect("a division number");
                table[number(from)..=number(to)].fill(Some(letter(&r[1])));
            }
        }
        Industries { sections, divisions, section_names, section_of }
    }

    /// The 20 sections of 2017.
    pub fn sections(&self) -> &[IndustryName] {
        &self.sections
    }
    /// The 97 divisions of 2017.
    pub fn divisions(&self) -> &[IndustryName] {
        &self.divisions
    }
    /// A section of 2017 by its letter.
    pub fn section(&self, letter: char) -> Option<&IndustryName> {
        self.sections.iter().find(|s| s.section == letter)
    }
    /// A division of 2017 by its two digits.
    pub fn division(&self, code: &str) -> Option<&IndustryName> {
        self.divisions.iter().find(|d| d.code == code)
    }
    /// Chinese name of a section in any edition.
    pub fn section_name(&self, edition: u16, letter: char) -> Option<&'static str> {
        self.section_names.get(&(edition, letter)).copied()
    }
    /// Section letter of a division number in an edition.
    pub fn section_of(&self, edition: u16, division: usize) -> Option<char> {
        *self.section_of.get(&edition)?.get(division)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_is_another_industry_in_another_edition() {
        let section = |code, edition| IndustryCode::parse(code, edition).map(|c| c.section);
        assert_eq!(section("5191", 2017), Some('F'));
        assert_eq!(section("5191", 2002), Some('F'), "F is transport there");
        assert_eq!(industries().section_name(2002, 'F'), Some("交通运输、仓储和邮政业"));
        assert_eq!(section("63", 2002), Some('H'));
        assert_eq!(section("63", 2017), Some('I'));
        assert_eq!(section("83", 2011), Some('Q'));
        assert_eq!(section("83", 2017), Some('P'));
        assert_eq!(section("79", 2011), Some('O'));
        assert_eq!(section("79", 2017), Some('N'));
        assert_eq!(section("96", 2011), Some('T'));
        assert_eq!(section("00", 2017), None);
        assert_eq!(section("97", 2011), None);
        assert_eq!(section("6110", 1994), None);
    }

    #[test]
    fn codes_are_read_as_precisely_as_written() {
        let code = IndustryCode::parse(" c3911", 2017).unwrap();
        assert_eq!((code.section, code.division(), code.class()), ('C', Some("39"), Some("3911")));
        assert_eq!(code.to_string(), "C3911");
        assert_eq!(IndustryCode::parse("C", 2017).unwrap().division(), None);
        assert_eq!(IndustryCode::parse("391", 2017).unwrap().class(), None);
        for bad in ["", "D3911", "39111", "3", "三九", "C39X1"] {
            assert!(IndustryCode::parse(bad, 2017).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_edition_of_2017_has_20_sections_and_97_divisions() {
        let all = industries();
        assert_eq!((all.sections().len(), all.divisions().len()), (20, 97));
        for d in all.divisions() {
            assert_eq!(all.section_of(2017, d.code.parse().unwrap()), Some(d.section), "{}", d.code);
        }
    }
}
