//! The join keys inside the identifiers of a record.
//!
//! Every valid identifier of an enterprise leads to its nine-character organisation code: the credit code holds it in
//! characters 9–17, the old tax number in its last nine. The registration number stands apart. A union's own credit
//! code (81…) is never a key. What fails its check character is kept as a weak key: it may be one slip away from a
//! code that exists.

use super::blank::is_blank;
use crate::model::identifier::{CreditCode, OrganisationCode, RegistrationNumber, TaxNumber, clean_identifier, credit_check};

/// An organisation code as a number: nine characters in base 36, plus one (0 is none).
pub type OrganisationKey = u64;
/// A registration number as a number (0 is none).
pub type RegistrationKey = u64;

/// What the identifier columns of a record say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifiers {
    pub organisation: OrganisationKey,
    /// The whole valid credit code, hashed; 0 where none is written. Two of them are two enterprises, even with one
    /// organisation code.
    pub credit: u64,
    /// A valid 18-character credit code, or the old tax number, led to it; false: the organisation code column alone.
    pub by_credit_code: bool,
    /// Another column holds another valid organisation code.
    pub conflicting: OrganisationKey,
    pub registration: RegistrationKey,
    /// Cleaned code that fails its check, most telling column first; empty where none does.
    pub broken: Box<str>,
}

/// Reads the four columns as written.
pub fn read_identifiers(credit: &str, organisation: &str, registration: &str, tax: &str) -> Identifiers {
    let mut found = Identifiers::default();
    found_credit(&[credit, tax, registration], &mut found.credit);
    let mut take = |code: OrganisationCode, by_credit_code: bool| {
        let key = organisation_key(&code);
        match found.organisation {
            0 => (found.organisation, found.by_credit_code) = (key, by_credit_code),
            known if known != key && found.conflicting == 0 => found.conflicting = key,
            _ => {}
        }
    };
    let mut broken = Vec::new();
    let mut numbers = Vec::new();
    for raw in [credit, tax] {
        match read_code(raw) {
            Code::Organisation(code) => take(code, true),
            Code::Registration(number) => numbers.push(number),
            Code::Broken(code) => broken.push(code),
            Code::Nothing => {}
        }
    }
    match OrganisationCode::parse(organisation) {
        Some(code) => take(code, false),
        None => match read_code(organisation) {
            Code::Organisation(code) => take(code, false),
            Code::Broken(code) if code.len() > 6 => broken.push(code),
            _ => {}
        },
    }
    numbers.extend(RegistrationNumber::parse(registration));
    found.registration = numbers.first().map_or(0, registration_key);
    // A credit code in the column of the registration number. Fifteen digits there are no tax number, though one in
    // eleven would pass for one.
    if found.organisation == 0
        && let Some(code) = CreditCode::parse(registration).filter(|code| !code.is_union())
    {
        (found.organisation, found.by_credit_code) = (organisation_key(&code.organisation_code()), true);
    }
    found.broken = broken.into_iter().next().unwrap_or_default().into();
    found
}

fn found_credit(columns: &[&str], credit: &mut u64) {
    let code =
        columns.iter().filter(|raw| raw.len() >= 18).find_map(|raw| CreditCode::parse(raw)).filter(|code| !code.is_union());
    *credit = code.map_or(0, |code| xxhash_rust::xxh3::xxh3_64(code.as_str().as_bytes()).max(1));
}

enum Code {
    Organisation(OrganisationCode),
    Registration(RegistrationNumber),
    Broken(String),
    Nothing,
}

/// `9.11101E+17`: a spreadsheet took the code for a number, and what is left of it is every firm's of the city.
fn is_rounded(raw: &str) -> bool {
    let raw = raw.trim();
    let (number, power) = raw.split_once(['E', 'e']).unwrap_or((raw, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    number.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part)) && digits(power.trim_start_matches('+'))
        || digits(raw) && raw.len() >= 17 && raw.ends_with("000")
}

fn read_code(raw: &str) -> Code {
    if is_blank(raw) {
        return Code::Nothing;
    }
    if let Some(code) = CreditCode::parse(raw) {
        return if code.is_union() { Code::Nothing } else { Code::Organisation(code.organisation_code()) };
    }
    if is_rounded(raw) {
        return Code::Nothing;
    }
    match TaxNumber::parse(raw) {
        Some(TaxNumber::Credit(code)) => Code::Organisation(code.organisation_code()),
        Some(TaxNumber::Old(code)) => Code::Organisation(code),
        Some(TaxNumber::Registration(number)) => Code::Registration(number),
        None => match clean_identifier(raw) {
            // A branch of one payer adds two characters to the fifteen of the old number.
            // (A credit code that lost a character is no such number: no division code begins with 9.)
            clean
                if clean.len() == 17
                    && clean.is_ascii()
                    && !clean.starts_with('9')
                    && OrganisationCode::parse(&clean[6..15]).is_some() =>
            {
                Code::Organisation(OrganisationCode::parse(&clean[6..15]).expect("just parsed"))
            }
            clean if clean.len() < 6 || !clean.is_ascii() || clean.starts_with("81") => Code::Nothing,
            clean => Code::Broken(clean),
        },
    }
}

pub fn organisation_key(code: &OrganisationCode) -> OrganisationKey {
    code.as_str().bytes().fold(0, |n, c| n * 36 + u64::from((c as char).to_digit(36).unwrap_or(0))) + 1
}

pub fn registration_key(number: &RegistrationNumber) -> RegistrationKey {
    number.as_str().bytes().fold(0, |n, c| n * 10 + u64::from(c.wrapping_sub(b'0')))
}

/// The nine characters of a key.
pub fn organisation_text(key: OrganisationKey) -> String {
    let mut rest = key.saturating_sub(1);
    let mut text = [b'0'; 9];
    for c in text.iter_mut().rev() {
        *c = char::from_digit((rest % 36) as u32, 36).expect("below 36").to_ascii_uppercase() as u8;
        rest /= 36;
    }
    String::from_utf8_lossy(&text).into_owned()
}

const SYMBOLS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The organisation keys of all valid credit codes one slip away from `broken`: one character replaced, dropped,
/// added, or two neighbours swapped. Also a nine-character organisation code with one slip.
pub fn one_slip_away(broken: &str) -> Vec<OrganisationKey> {
    let code = broken.as_bytes();
    let mut found = Vec::new();
    let mut candidate = Vec::with_capacity(20);
    let mut check = |candidate: &[u8]| {
        let key = match candidate.len() {
            18 if credit_check(&candidate[..17]) == Some(candidate[17]) => {
                OrganisationCode::parse(std::str::from_utf8(&candidate[8..17]).unwrap_or_default())
            }
            9 => OrganisationCode::parse(std::str::from_utf8(candidate).unwrap_or_default()),
            _ => None,
        };
        found.extend(key.as_ref().map(organisation_key));
    };
    if !matches!(code.len(), 8..=10 | 17..=19) {
        return Vec::new();
    }
    for at in 0..code.len() {
        if code.len() == 18 || code.len() == 9 {
            for symbol in SYMBOLS {
                candidate.clear();
                candidate.extend_from_slice(code);
                candidate[at] = *symbol;
                check(&candidate);
            }
            if at + 1 < code.len() && code[at] != code[at + 1] {
                candidate.clear();
                candidate.extend_from_slice(code);
                candidate.swap(at, at + 1);
                check(&candidate);
            }
        }
        if code.len() == 19 || code.len() == 10 {
            candidate.clear();
            candidate.extend(code.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| *c));
            check(&candidate);
        }
    }
    if code.len() == 17 || code.len() == 8 {
        for at in 0..=code.len() {
            for symbol in SYMBOLS {
                candidate.clear();
                candidate.extend_from_slice(&code[..at]);
                candidate.push(*symbol);
                candidate.extend_from_slice(&code[at..]);
                check(&candidate);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The valid codes that one slip makes of a valid one: its check counts in elevens, so that a character eleven or twenty-two
/// places from the right one passes, and so do two neighbours that lie so far apart and changed places.
pub fn slips_of(code: OrganisationKey) -> impl Iterator<Item = OrganisationKey> {
    const CHECKED: usize = 8;
    let whole = code.saturating_sub(1);
    let worth = |at: usize| 36u64.pow((CHECKED - at) as u32);
    let digit = move |at: usize| whole / worth(at) % 36;
    let with = move |at: usize, new: u64| code + new * worth(at) - digit(at) * worth(at);
    let others = (0..CHECKED).flat_map(move |at| {
        (0..36).filter(move |new| *new != digit(at) && new.abs_diff(digit(at)).is_multiple_of(11)).map(move |new| with(at, new))
    });
    let swapped = (0..CHECKED - 1).filter_map(move |at| {
        let (a, b) = (digit(at), digit(at + 1));
        let passes = a != b && a.abs_diff(b).is_multiple_of(11);
        passes.then(|| with(at, b) + a * worth(at + 1) - b * worth(at + 1))
    });
    others.chain(swapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_code_old_tax_number_and_organisation_code_lead_to_one_key() {
        let by_credit = read_identifiers("91110000600037341L", "", "", "");
        let by_tax = read_identifiers("", "", "", "110000600037341");
        let by_organisation = read_identifiers("", "60003734-1", "", "");
        assert_ne!(by_credit.organisation, 0);
        assert_eq!(by_credit.organisation, by_tax.organisation);
        assert_eq!(by_credit.organisation, by_organisation.organisation);
        assert_eq!(organisation_text(by_credit.organisation), "600037341");
    }

    #[test]
    fn a_failing_check_character_makes_a_weak_key_that_finds_its_code() {
        for broken in ["91110000600037314L", "9111O000600037341L", "9111000060003734L", "91110000600037341X"] {
            let read = read_identifiers(broken, "", "", "");
            assert_eq!(read.organisation, 0);
            let known = read_identifiers("91110000600037341L", "", "", "").organisation;
            assert!(one_slip_away(&read.broken).contains(&known), "{broken}");
        }
    }

    #[test]
    fn a_slip_that_passes_the_check_leads_to_the_code_that_was_meant() {
        let key = |text: &str| read_identifiers("", text, "", "").organisation;
        for (written, meant) in [("MA01J88D0", "MA01JJ8D0"), ("6M0015740", "600015740")] {
            assert!(key(written) != 0 && key(meant) != 0, "both pass: {written} {meant}");
            assert!(slips_of(key(written)).any(|code| code == key(meant)), "{written}");
        }
        // All of them are valid and others than the code itself.
        let all: Vec<OrganisationKey> = slips_of(key("MA01JJ8D0")).collect();
        assert!(all.len() >= 16 && all.iter().all(|code| key(&organisation_text(*code)) == *code), "{all:?}");
        assert!(!all.contains(&key("MA01JJ8D0")));
    }

    #[test]
    fn what_a_spreadsheet_made_of_a_code_is_none() {
        for raw in ["9.11101E+17", "9.1110105e+17", "911101050000000000", "#REF!", "#N/A", "无"] {
            assert_eq!(read_identifiers(raw, raw, raw, raw), Identifiers::default(), "{raw}");
        }
    }

    #[test]
    fn a_unions_own_code_is_no_key() {
        let check = crate::model::identifier::credit_check(b"81110000600037341").expect("valid characters") as char;
        assert_eq!(read_identifiers(&format!("81110000600037341{check}"), "", "", ""), Identifiers::default());
    }
}
