//! Identifiers of enterprises and their check characters.
//!
//! Unified social credit code: GB 32100-2015. Organisation code: GB 11714-1997. Registration number: GS 15-2006
//! (ISO 7064 MOD 11,10). Old tax number: six-digit division code followed by the organisation code.
//! A failing check character weakens an identifier as evidence; it never drops a row.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The 31 characters of a credit code; a character's value is its index (no I, O, S, V, Z).
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31.
const CREDIT_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Full-width to ASCII, upper case, without blanks, dashes and zero-width characters, out of the `="…"` that keeps a spreadsheet from
/// taking it for a number. Words for "none" become empty.
pub fn clean_identifier(raw: &str) -> String {
    let raw = raw.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    let cleaned: String = if raw.bytes().all(|b| b.is_ascii_alphanumeric()) {
        raw.to_ascii_uppercase()
    } else {
        raw.nfkc()
            .filter(|c| {
                !c.is_whitespace()
                    && !matches!(c, '-' | '－' | '—' | '–' | '_' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\'' | '`')
            })
            .flat_map(char::to_uppercase)
            .collect()
    };
    match cleaned.as_str() {
        "无" | "没有" | "暂无" | "NULL" | "NONE" | "N/A" | "NA" | "/" => String::new(),
        zeros if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => String::new(),
        _ => cleaned,
    }
}

fn credit_value(c: u8) -> Option<u32> {
    CREDIT_ALPHABET.iter().position(|a| *a == c).map(|v| v as u32)
}

/// Check character of the first 17 characters of a credit code.
pub fn credit_check(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (c, w) in body.iter().zip(CREDIT_WEIGHTS) {
        sum += credit_value(*c)? * w;
    }
    (body.len() == 17).then(|| CREDIT_ALPHABET[((31 - sum % 31) % 31) as usize])
}

/// Check character of the first 8 characters of an organisation code.
pub fn organisation_check(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (c, w) in body.iter().zip(ORGANISATION_WEIGHTS) {
        sum += (*c as char).to_digit(36)? * w;
    }
    if body.len() != 8 {
        return None;
    }
    Some(match (11 - sum % 11) % 11 {
        10 => b'X',
        v => b'0' + v as u8,
    })
}

/// Check digit of the first 14 digits of a registration number (ISO 7064 MOD 11,10).
pub fn registration_check(body: &[u8]) -> Option<u8> {
    if body.len() != 14 || !body.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut p = 10;
    for d in body {
        let s = match (p + u32::from(d - b'0')) % 10 {
            0 => 10,
            s => s,
        };
        p = 2 * s % 11;
    }
    Some(b'0' + ((11 - p) % 10) as u8)
}

/// A valid unified social credit code (统一社会信用代码): 18 characters, check character verified.
///
/// ```
/// use huitu_rules::model::identifier::CreditCode;
///
/// // As a clerk may write it: lower case, with blanks and a dash. Category 93 belongs to no enterprise.
/// let code = CreditCode::parse("93110101 00000001-9q").expect("a valid code");
/// assert_eq!(code.as_str(), "93110101000000019Q");
/// assert_eq!(code.organisation_code().as_str(), "000000019");
/// assert!(!code.is_union());
///
/// // One wrong digit, and the check character no longer fits.
/// assert_eq!(CreditCode::parse("93110101000000018Q"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CreditCode([u8; 18]);

impl CreditCode {
    /// None where the length, an unknown character or the check character speaks against it.
    pub fn parse(raw: &str) -> Option<CreditCode> {
        let clean = clean_identifier(raw);
        let bytes: [u8; 18] = clean.as_bytes().try_into().ok()?;
        (credit_check(&bytes[..17])? == bytes[17]).then_some(CreditCode(bytes))
    }
    /// Eighteen characters, upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a credit code is ASCII")
    }
    /// Characters 9–17.
    pub fn organisation_code(&self) -> OrganisationCode {
        OrganisationCode(self.0[8..17].try_into().expect("nine characters"))
    }
    /// A union's own code begins 81: never join it with an enterprise.
    pub fn is_union(&self) -> bool {
        self.0.starts_with(b"81")
    }
}

/// A nine-character organisation code (组织机构代码). `parse` verifies the check character.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationCode([u8; 9]);

impl OrganisationCode {
    /// None where the length, an unknown character or the check character speaks against it.
    pub fn parse(raw: &str) -> Option<OrganisationCode> {
        let clean = clean_identifier(raw);
        let bytes: [u8; 9] = clean.as_bytes().try_into().ok()?;
        (organisation_check(&bytes[..8])? == bytes[8]).then_some(OrganisationCode(bytes))
    }
    /// Nine characters, without the dash that is sometimes written before the last.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an organisation code is ASCII")
    }
}

/// A 15-digit registration number (工商注册号), check digit verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistrationNumber([u8; 15]);

impl RegistrationNumber {
    /// None where it is not fifteen digits or the check digit speaks against it.
    pub fn parse(raw: &str) -> Option<RegistrationNumber> {
        let clean = clean_identifier(raw);
        let bytes: [u8; 15] = clean.as_bytes().try_into().ok()?;
        (registration_check(&bytes[..14])? == bytes[14]).then_some(RegistrationNumber(bytes))
    }
    /// Fifteen digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a registration number is ASCII")
    }
}

/// What a taxpayer identifier (纳税人识别号) holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxNumber {
    /// The 18-character credit code is the tax number since 2015.
    Credit(CreditCode),
    /// 15 characters: division code and organisation code; branches of one payer add two more characters.
    Old(OrganisationCode),
    /// Firms without an organisation code used their registration number.
    Registration(RegistrationNumber),
}

impl TaxNumber {
    /// By its length; None for other lengths and where no part of it passes its check.
    pub fn parse(raw: &str) -> Option<TaxNumber> {
        let clean = clean_identifier(raw);
        match clean.len() {
            18 => CreditCode::parse(&clean).map(TaxNumber::Credit),
            15 if clean.is_ascii() => OrganisationCode::parse(&clean[6..])
                .map(TaxNumber::Old)
                .or_else(|| RegistrationNumber::parse(&clean).map(TaxNumber::Registration)),
            _ => None,
        }
    }
}

macro_rules! shown_as_text {
    ($($T:ident),+) => {$(
        impl fmt::Display for $T {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl fmt::Debug for $T {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}({})", stringify!($T), self.as_str()) }
        }
    )+};
}
shown_as_text!(CreditCode, OrganisationCode, RegistrationNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_follow_the_standards() {
        assert!(CreditCode::parse("91350100M000100Y43").is_some());
        assert_eq!(CreditCode::parse("91110000600037341l").map(|c| c.organisation_code().to_string()), Some("600037341".into()));
        assert!(CreditCode::parse("A1110000600037341L").is_none());
        assert!(CreditCode::parse("９１３５０１００M000100Y43").is_some(), "full-width digits are digits");
        assert!(CreditCode::parse(" =\"91350100M000100Y43\"").is_some(), "as our own CSV keeps it for spreadsheets");
        assert!(CreditCode::parse("=91350100M000100Y43").is_none());
        assert!(OrganisationCode::parse("10142596-4").is_some());
        assert!(RegistrationNumber::parse("123456789012345").is_some());
        assert!(RegistrationNumber::parse("123456789012346").is_none());
    }

    #[test]
    fn words_for_none_are_no_identifier() {
        for raw in ["无", " 无 ", "000000000", "NULL", "-"] {
            assert_eq!(clean_identifier(raw), "", "{raw}");
        }
    }
}
