//! Signatures of requests: HMAC with SHA-256 or SM3, and SM2, in the texts that interfaces want them in.
//!
//! In: the secret as its file has it, and the message to sign. Out: the signature as a text. Rules: RFC 2104 (HMAC), GB/T 32905
//! (SM3), GB/T 32918.2 (SM2) with the identity of GB/T 35276.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sm2::dsa::signature::Signer;
use sm2::dsa::{Signature, SigningKey};
use sm2::pkcs8::DecodePrivateKey;
use sm3::Sm3;

use crate::connector::{Algorithm, Problem, SignatureText};

/// The identity that signer and verifier put into the digest where they agreed on none.
const IDENTITY: &str = "1234567812345678";

/// What signs.
pub enum SigningSecret {
    HmacSha256(Vec<u8>),
    HmacSm3(Vec<u8>),
    Sm2(Box<SigningKey>, Algorithm),
}

impl SigningSecret {
    /// The key of an algorithm. Of SM2 a private key: PEM (PKCS#8), or its 64 hexadecimal digits.
    ///
    /// # Errors
    /// `bad_key`, naming the registry and what its key should be; never the key.
    pub fn read(registry: &str, algorithm: Algorithm, secret: &str) -> Result<SigningSecret, Problem> {
        match algorithm {
            Algorithm::HmacSha256 => Ok(SigningSecret::HmacSha256(secret.as_bytes().to_vec())),
            Algorithm::HmacSm3 => Ok(SigningSecret::HmacSm3(secret.as_bytes().to_vec())),
            Algorithm::Sm2 | Algorithm::Sm2Plain => match sm2_key(secret) {
                Some(key) => Ok(SigningSecret::Sm2(Box::new(key), algorithm)),
                None => Err(Problem::new(
                    "bad_key",
                    format!("连接器「{registry}」：凭证不是 SM2 私钥；应为 PEM（PKCS#8，BEGIN PRIVATE KEY）或 64 位十六进制"),
                    format!(
                        "connector \"{registry}\": the secret is no SM2 private key: PEM (PKCS#8, BEGIN PRIVATE KEY) or 64 hexadecimal digits"
                    ),
                )),
            },
        }
    }

    /// The signature of a message.
    pub fn sign(&self, message: &[u8], text: SignatureText) -> String {
        let bytes = match self {
            SigningSecret::HmacSha256(key) => hmac::<Hmac<Sha256>>(key, message),
            SigningSecret::HmacSm3(key) => hmac::<Hmac<Sm3>>(key, message),
            SigningSecret::Sm2(key, algorithm) => {
                let signature: Signature = key.sign(message);
                match algorithm {
                    Algorithm::Sm2Plain => signature.to_bytes().to_vec(),
                    _ => signature.to_der().as_bytes().to_vec(),
                }
            }
        };
        match text {
            SignatureText::Hex => HEXLOWER.encode(&bytes),
            SignatureText::Base64 => BASE64.encode(&bytes),
        }
    }
}

fn sm2_key(secret: &str) -> Option<SigningKey> {
    let secret = secret.trim();
    let key = if secret.starts_with("-----BEGIN") {
        sm2::SecretKey::from_pkcs8_pem(secret).ok()?
    } else {
        let digit = |at: usize| u8::from_str_radix(secret.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..secret.len()).step_by(2).map(digit).collect();
        sm2::SecretKey::from_slice(&bytes.filter(|b| b.len() == 32)?).ok()?
    };
    SigningKey::new(IDENTITY, &key).ok()
}

fn hmac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn signed(algorithm: Algorithm, key: &str, message: &[u8]) -> String {
        SigningSecret::read("x", algorithm, key).expect("a key").sign(message, SignatureText::Hex)
    }

    /// Section 4 of RFC 4231: keys shorter than a block, as long as the digest, and longer than a block.
    #[test]
    fn signatures_are_those_of_rfc_4231() {
        let one_to_25: Vec<u8> = (1..=25).collect();
        let cases: [(&[u8], &[u8], &str); 7] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (&one_to_25, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            // The fifth is given cut off after 128 bits.
            (&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &[0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
                  hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (number, (key, message, expected)) in (1..).zip(cases) {
            let made = SigningSecret::HmacSha256(key.to_vec()).sign(message, SignatureText::Hex);
            assert!(made.starts_with(expected), "case {number}");
        }
    }

    /// The same keys and messages through `openssl dgst -sm3 -mac HMAC`.
    #[test]
    fn sm3_hmac_is_openssl_s() {
        let cases: [(&[u8], &[u8], &str); 4] = [
            (&[0x0b; 20], b"Hi There", "51b00d1fb49832bfb01c3ce27848e59f871d9ba938dc563b338ca964755cce70"),
            (b"Jefe", b"what do ya want for nothing?", "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"),
            (&[0xaa; 20], &[0xdd; 50], "dd9421e1c725bdf52ec1aa34edadb3c97f5951a83a2fa93f73a7902bc1dcc777"),
            (&[0xaa; 131], b"x", "e1171d1565eef62920ef41762b7307ba9a24412364da978127e83b8a0f5da9ee"),
        ];
        for (key, message, expected) in cases {
            assert_eq!(SigningSecret::HmacSm3(key.to_vec()).sign(message, SignatureText::Hex), expected);
        }
        assert_eq!(
            SigningSecret::HmacSm3(b"Jefe".to_vec()).sign(b"what do ya want for nothing?", SignatureText::Base64),
            "Lofx0Whi5tlktQpSAL8rELdk+qloCilqJAXyS+w5+II="
        );
    }

    /// The private key of the example in GB/T 32918.5, and its public key as OpenSSL writes it.
    const PRIVATE: &str = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8";

    #[test]
    fn the_standard_s_signature_verifies_under_its_key_as_ours_does() {
        use sm2::dsa::signature::Verifier;
        let SigningSecret::Sm2(key, _) = SigningSecret::read("x", Algorithm::Sm2, PRIVATE).expect("a key") else {
            panic!("an SM2 key")
        };
        let point = key.verifying_key().to_sec1_bytes();
        let point: String = point.iter().map(|b| format!("{b:02X}")).collect();
        assert_eq!(&point[2..66], "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020");
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("digits")).collect()
        };
        let standard = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3\
                        B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";
        let ours = signed(Algorithm::Sm2Plain, PRIVATE, b"message digest");
        for hex in [standard, &ours] {
            let signature = Signature::from_slice(&bytes(hex)).expect("a signature");
            key.verifying_key().verify(b"message digest", &signature).expect("it verifies");
        }
        let other = Signature::from_slice(&bytes(standard)).expect("a signature");
        assert!(key.verifying_key().verify(b"another message", &other).is_err());
    }

    fn openssl(args: &[&str], input: &[u8]) -> Option<(bool, Vec<u8>)> {
        let mut child =
            Command::new("openssl").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        child.stdin.take()?.write_all(input).ok()?;
        let out = child.wait_with_output().ok()?;
        Some((out.status.success(), out.stdout))
    }

    /// Keys made by OpenSSL, signed here, verified there.
    #[test]
    fn openssl_verifies_what_is_signed_with_its_keys() {
        let made = openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"], b"");
        let Some((true, pem)) = made else {
            assert!(std::env::var_os("CI").is_none(), "OpenSSL 3 with SM2 is missing");
            eprintln!("NOT CHECKED: OpenSSL 3 with SM2 is missing: apt-get install openssl");
            return;
        };
        let dir = tempfile::tempdir().expect("a folder");
        let path = |name: &str| dir.path().join(name).display().to_string();
        let (_, public) = openssl(&["pkey", "-pubout"], &pem).expect("a public key");
        let message = "GET\n/list?page=1\n1700000000000\n";
        std::fs::write(path("public.pem"), public).expect("written");
        std::fs::write(path("message"), message).expect("written");
        let pem = String::from_utf8(pem).expect("text");
        let hex = signed(Algorithm::Sm2, &pem, message.as_bytes());
        let der: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("digits")).collect();
        std::fs::write(path("signature"), der).expect("written");
        let (public, message, signature) = (path("public.pem"), path("message"), path("signature"));
        let verify = [
            "pkeyutl",
            "-verify",
            "-rawin",
            "-digest",
            "sm3",
            "-pubin",
            "-inkey",
            &public,
            "-in",
            &message,
            "-sigfile",
            &signature,
            "-pkeyopt",
            "distid:1234567812345678",
        ];
        assert!(openssl(&verify, b"").expect("OpenSSL runs").0, "OpenSSL verifies it");
        std::fs::write(path("message"), "GET\n/list?page=2\n1700000000000\n").expect("written");
        assert!(!openssl(&verify, b"").expect("OpenSSL runs").0, "and nothing else");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for secret in [
            "s3cret",
            "00",
            "zz45208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8",
            "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----",
        ] {
            let problem = SigningSecret::read("tax", Algorithm::Sm2, secret).err().expect("refused");
            assert!(problem.en.contains("tax") && problem.zh.contains("PKCS#8") && !problem.en.contains(secret), "{problem}");
        }
    }
}
