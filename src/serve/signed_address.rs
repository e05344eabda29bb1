//! Addresses that prove for a short time who asks: for a browser's EventSource, a download or a picture, which send no header.
//!
//! In: a caller, a path with its parameters, what for, and a time. Out: the same address with `by` (the caller), `purpose`, `until` and
//! `sig`: an HMAC over all of it with a key of this data folder. It holds no secret of the caller, fits no other address, ends by itself, and
//! with the token that it was made for. Who follows it is that caller, for that purpose, in the audit too.

use std::path::Path;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::data_key::DataKey;
use super::problem::{Code, Problem};
use crate::model::text::visible;

/// Bytes of the word that this process gives itself.
const WORD: usize = 32;
/// Its file in the data folder.
const FILE: &str = "addresses.key";
/// The parameters of a signed address.
const BY: &str = "by";
const PURPOSE: &str = "purpose";
const UNTIL: &str = "until";
const SIG: &str = "sig";
/// How a caller who followed a signed address is named to the routes; no header of a client begins so and is let in.
const SCHEME: &str = "Signed ";

/// Seconds that an address is good for, where nobody says how many, and at most.
pub const USUAL_SECS: u64 = 60;
pub const MOST_SECS: u64 = 900;

/// Where an address may lead: what is read, by who cannot send a header.
const LEADS: [&str; 6] = ["/graphql/sse", "/export/", "/geo/", "/receipts/", "/letters/", "/visits/"];

/// Parameters that people put a token into, in small letters and without what joins words.
#[rustfmt::skip]
const TOKENS: [&str; 17] = [
    "token", "accesstoken", "authtoken", "apitoken", "bearertoken", "idtoken", "refreshtoken", "usertoken", "authorization", "auth", "bearer",
    "apikey", "xapikey", "jwt", "secret", "clientsecret", "password",
];
/// How the secrets of this hub begin, and how long they are at least.
const SECRET: (&str, usize) = ("huitu_", 30);

/// Whether a parameter holds what proves who somebody is: by its name, or by what stands in it (a secret of this hub, a bearer's header, a
/// signed token of a provider).
fn is_token(path: &str, name: &str, value: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let value = value.trim();
    let is_long = |rest: &str| rest.len() >= 10 && !rest.contains(char::is_whitespace);
    let is_bearer = value.split_once(' ').is_some_and(|(word, rest)| word.eq_ignore_ascii_case("bearer") && is_long(rest));
    // What a provider hands back at the end of a sign-in may look so.
    let may_be_code = path.starts_with("/login/");
    let is_signed =
        !may_be_code && value.starts_with("eyJ") && value.split('.').count() == 3 && !value.contains(char::is_whitespace);
    let is_secret = value.starts_with(SECRET.0) && value.len() >= SECRET.1 && value.bytes().all(|b| b.is_ascii_graphic());
    TOKENS.contains(&plain.as_str()) || is_bearer || is_signed || is_secret
}

/// Signs and reads addresses with the key of a data folder.
pub struct AddressSigner {
    key: DataKey,
    /// Stands between [`SCHEME`] and the caller: only this process knows it.
    word: String,
}

/// An address that was followed.
#[derive(Debug, PartialEq, Eq)]
pub struct Followed {
    /// The caller's id.
    pub by: String,
    /// What it was signed for; None: whoever made it said nothing.
    pub purpose: Option<String>,
    /// Path and parameters without what signs them.
    pub address: String,
}

fn unsigned(zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(Code::Unauthenticated, zh, en)
}

impl AddressSigner {
    pub fn new(data: &Path) -> AddressSigner {
        let key = DataKey::new(data, FILE, "of signed addresses");
        AddressSigner { key, word: HEXLOWER.encode(&rand::random::<[u8; WORD]>()) }
    }

    /// The address with what signs it. `address` is a path with its parameters, as it will be asked for; `purpose` is what whoever follows it
    /// reads for, empty: nothing is said.
    ///
    /// # Errors
    /// It leads nowhere that such an address may lead; it is no path; it is signed already.
    pub fn sign(&self, address: &str, by: &str, purpose: &str, until_secs: i64) -> Result<String, Problem> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        if !LEADS.iter().any(|lead| path == lead.trim_end_matches('/') || (lead.ends_with('/') && path.starts_with(lead))) {
            let list = LEADS.join(", ");
            return Err(Problem::bad_input(
                format!("「{path}」不能签名：请给出以 {list} 开头的路径"),
                format!("\"{path}\" cannot be signed: give a path that begins with one of {list}"),
            )
            .remedy(list));
        }
        let pairs = sorted(query);
        if let Some((name, _)) = pairs.iter().find(|(name, _)| is_ours(name)) {
            return Err(Problem::bad_input(
                format!("地址已含参数 {name}：请给出未签名的地址"),
                format!("the address has the parameter {name} already: give it as it is without a signature"),
            ));
        }
        let until = until_secs.to_string();
        let said = Said { by, purpose, until: &until };
        let sig = HEXLOWER.encode(&self.mac(path, &pairs, &said)?.finalize().into_bytes());
        let mut signed = url::form_urlencoded::Serializer::new(String::new());
        signed.extend_pairs(url::form_urlencoded::parse(query.as_bytes()));
        signed.append_pair(BY, by);
        if !purpose.is_empty() {
            signed.append_pair(PURPOSE, purpose);
        }
        signed.append_pair(UNTIL, &until).append_pair(SIG, &sig);
        Ok(format!("{path}?{}", signed.finish()))
    }

    /// Reads an address; None where it is not signed.
    ///
    /// # Errors
    /// Its time is over; it was made for another address, or is not ours; a token stands in it.
    pub fn read(&self, path: &str, query: &str, now_secs: i64) -> Result<Option<Followed>, Problem> {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if let Some((name, _)) = pairs.iter().find(|(name, value)| is_token(path, name, value)) {
            let name = visible(name);
            return Err(unsigned(
                format!("令牌不得写入地址（参数 {name}）：日志与浏览器会留存它；请放在 Authorization 头中，或用 signAddress 取得短期地址"),
                format!(
                    "a token does not belong in an address (parameter {name}), where logs and browsers keep it: send it in the header \
                     Authorization, or ask `signAddress` for an address that ends soon"
                ),
            )
            .remedy("signAddress"));
        }
        let of = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let Some(sig) = of(SIG) else { return Ok(None) };
        let wrong = || {
            unsigned(
                "地址的签名不符：它属于另一地址、已被改动，或由另一台服务器签发；请用 signAddress 重新取得",
                "the signature does not fit: it is of another address, was altered, or is another hub's; ask `signAddress` for a new one",
            )
            .remedy("signAddress")
        };
        let (by, until) = of(BY).zip(of(UNTIL)).ok_or_else(wrong)?;
        let purpose = of(PURPOSE).filter(|text| !text.is_empty());
        let rest: Vec<(String, String)> = pairs.iter().filter(|(name, _)| !is_ours(name)).cloned().collect();
        let mut ordered = rest.clone();
        ordered.sort_by(|a, b| a.0.cmp(&b.0));
        let given = HEXLOWER.decode(sig.as_bytes()).map_err(|_| wrong())?;
        let said = Said { by, purpose: purpose.unwrap_or_default(), until };
        self.mac(path, &ordered, &said)?.verify_slice(&given).map_err(|_| wrong())?;
        let ends: i64 = until.parse().map_err(|_| wrong())?;
        if ends <= now_secs {
            return Err(unsigned(
                "地址已过期：请用 signAddress 重新取得",
                "the time of this address is over: ask `signAddress` for a new one",
            )
            .remedy("signAddress"));
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&rest).finish();
        let address = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Ok(Some(Followed { by: by.to_owned(), purpose: purpose.map(str::to_owned), address }))
    }

    /// What signs: path, what is said, parameters in the order of their names; each with its length, so that none runs into the next.
    fn mac(&self, path: &str, ordered: &[(String, String)], said: &Said<'_>) -> Result<Hmac<Sha256>, Problem> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.get()?).expect("a key of any length");
        let parts = ordered.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        for part in ["huitu address 2", path, said.by, said.purpose, said.until].into_iter().chain(parts) {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        Ok(mac)
    }

    /// The header under which the routes meet who followed a signed address.
    pub fn header_of(&self, by: &str) -> String {
        format!("{SCHEME}{} {by}", self.word)
    }

    /// Whom such a header names; None of every other header.
    pub fn caller_of<'a>(&self, authorization: Option<&'a str>) -> Option<&'a str> {
        authorization?.strip_prefix(SCHEME)?.strip_prefix(self.word.as_str())?.strip_prefix(' ')
    }
}

/// What an address says beside where it leads.
struct Said<'a> {
    by: &'a str,
    purpose: &'a str,
    until: &'a str,
}

/// Whether a parameter is one of those that sign.
fn is_ours(name: &str) -> bool {
    matches!(name, BY | PURPOSE | UNTIL | SIG)
}

fn sorted(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    // Values of one name keep their order: it may mean something.
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(signer: &AddressSigner, address: &str, now: i64) -> Result<Option<Followed>, Problem> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        signer.read(path, query, now)
    }

    #[test]
    fn an_address_names_its_caller_until_its_time_is_over_and_fits_no_other() {
        let data = tempfile::tempdir().expect("a folder");
        let signer = AddressSigner::new(data.path());
        let address = "/graphql/sse?query=subscription%20%7B%20editionPublished%20%7B%20number%20%7D%20%7D&lang=zh";
        let signed = signer.sign(address, "T1", "走访 visit", 1_000).expect("a path that may be signed");
        let followed = read(&signer, &signed, 999).expect("in time").expect("signed");
        assert_eq!((followed.by.as_str(), followed.purpose.as_deref()), ("T1", Some("走访 visit")));
        let silent = signer.sign(address, "T1", "", 1_000).expect("without a purpose");
        assert_eq!(read(&signer, &silent, 999).expect("in time").expect("signed").purpose, None);
        assert!(read(&signer, &format!("{silent}&purpose=visit"), 999).is_err(), "none is put in");
        let question = |text: &str| {
            url::form_urlencoded::parse(text.split_once('?').expect("parameters").1.as_bytes()).into_owned().collect::<Vec<_>>()
        };
        assert_eq!(question(&followed.address), question(address));
        assert!(read(&signer, &signed, 1_000).expect_err("over").en.contains("is over"));
        for (altered, to) in [
            ("T1", "T2"),
            ("1000", "9000"),
            ("+visit", "+other"),
            ("lang=zh", "lang=en"),
            ("/graphql/sse", "/export/gap.csv"),
            ("&lang=zh", ""),
        ] {
            let other = signed.replacen(altered, to, 1);
            assert!(
                other != signed && read(&signer, &other, 10).expect_err(&other).en.contains("does not fit"),
                "{altered} for {to}"
            );
        }
        assert!(read(&signer, &format!("{signed}&first=9"), 10).is_err(), "nothing is added");
        let (path, query) = signed.split_once('?').expect("parameters");
        let mut turned: Vec<&str> = query.split('&').collect();
        turned.reverse();
        assert!(read(&signer, &format!("{path}?{}", turned.join("&")), 10).is_ok(), "programs put parameters into another order");
        assert_eq!(read(&signer, "/export/gap.csv?area=110108", 10).expect("not signed"), None);
        // Another process of the same folder, and another folder.
        assert!(read(&AddressSigner::new(data.path()), &signed, 10).is_ok());
        let other = tempfile::tempdir().expect("a folder");
        assert!(read(&AddressSigner::new(other.path()), &signed, 10).is_err());
    }

    #[test]
    fn the_key_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().expect("a folder");
        AddressSigner::new(data.path()).sign("/export/gap.csv", "T1", "", 9).expect("signed");
        let mode = std::fs::metadata(data.path().join(FILE)).expect("the key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(data.path()).expect("a folder").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_token_in_an_address_is_refused_by_name_and_so_is_a_path_that_changes_something() {
        let data = tempfile::tempdir().expect("a folder");
        let signer = AddressSigner::new(data.path());
        for name in ["token", "access_token", "Authorization", "api_key", "X-Api-Key", "authToken", "jwt"] {
            let problem = signer.read("/export/gap.csv", &format!("{name}=x"), 0).expect_err(name);
            assert!(problem.en.contains(name) && problem.en.contains("signAddress"), "{}", problem.en);
        }
        // Whatever it is called, and without saying it back.
        for value in ["huitu_9F2FYHfJF4TCPVtM65Bc64PdyvRMjMgN", "Bearer%20abcdefghij", "eyJhbGciOi.eyJzdWIi.c2ln"] {
            let problem = signer.read("/export/gap.csv", &format!("area=110108&q={value}"), 0).expect_err(value);
            assert!(problem.en.contains("(parameter q)") && !problem.en.contains(value), "{}", problem.en);
        }
        assert_eq!(signer.read("/login/callback", "code=eyJh.eyJz.c2ln&state=x", 0).expect("a provider's code"), None);
        for plain in ["text=huitu_gap", "text=eyJ", "area=110108&text=bearer%20ltd", "after=huitu"] {
            assert_eq!(signer.read("/export/gap.csv", plain, 0).expect(plain), None, "{plain}");
        }
        for path in
            ["/graphql", "/ingest/tax", "/graphql/ws", "https://hub.example/export/gap.csv", "export/gap.csv", "/graphql/sse/x"]
        {
            assert!(signer.sign(path, "T1", "", 9).is_err(), "{path}");
        }
        assert!(signer.sign("/export/gap.csv?until=3", "T1", "", 9).is_err());
    }

    #[test]
    fn nobody_else_can_name_a_caller() {
        let data = tempfile::tempdir().expect("a folder");
        let signer = AddressSigner::new(data.path());
        assert_eq!(signer.caller_of(Some(&signer.header_of("T1"))), Some("T1"));
        for forged in ["Signed T1", "Signed  T1", "Bearer T1", ""] {
            assert_eq!(signer.caller_of(Some(forged)), None);
        }
        assert_eq!(AddressSigner::new(data.path()).caller_of(Some(&signer.header_of("T1"))), None);
    }
}
