//! TLS of the server itself: a certificate and its key from two PEM files, read again whenever they change.
//!
//! In: paths. Out: handshakes with TLS 1.2 and 1.3, and HTTP/2 or 1.1 as the client asks. What cannot be used is refused at the start in
//! words; while the server runs, the last good certificate stays until both files are right again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::model::text::shown;
use crate::serve::problem::{Code, Problem};

/// Two PEM files: the certificate with those that vouch for it, and its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What the server proves itself with. Cheap to share.
pub struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
    /// The files as they were looked at last.
    looked: Mutex<Stamp>,
}

/// The certificate in use.
#[derive(Debug)]
struct Current(RwLock<Loaded>);

#[derive(Debug, Clone)]
struct Loaded {
    key: Arc<CertifiedKey>,
    until: DateTime<Utc>,
}

/// When each of the two files was changed, and how long it is.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().ok()?.key.clone())
    }
}

impl Tls {
    /// # Errors
    /// A file that cannot be read or holds no certificate or key, a key of another certificate, one that is not valid `now`.
    pub fn open(files: TlsFiles, now: DateTime<Utc>) -> Result<Tls, Problem> {
        let looked = stamp(&files);
        let current = Arc::new(Current(RwLock::new(load(&files, now)?)));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&files.certificate, &error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Tls { files, current, acceptor, looked: Mutex::new(looked) })
    }

    pub fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Until when the certificate in use is valid.
    pub fn until(&self) -> DateTime<Utc> {
        self.current.0.read().expect("no panic while holding the certificate").until
    }

    /// Looks whether the files changed, and takes up the new ones. What was in use stays where they are of no use.
    pub fn renew(&self, now: DateTime<Utc>) {
        let seen = stamp(&self.files);
        {
            let mut looked = self.looked.lock().expect("no panic while looking at files");
            if *looked == seen {
                return;
            }
            *looked = seen;
        }
        match load(&self.files, now) {
            Ok(loaded) => {
                tracing::info!(until = %shown(loaded.until), "a new certificate is in use");
                *self.current.0.write().expect("no panic while holding the certificate") = loaded;
            }
            Err(problem) => {
                tracing::warn!(problem = %problem.en, "the certificate in use stays");
            }
        }
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    [&files.certificate, &files.key].map(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().unwrap_or(UNIX_EPOCH), metadata.len()))
    })
}

fn load(files: &TlsFiles, now: DateTime<Utc>) -> Result<Loaded, Problem> {
    let (certificate, key) = (read(&files.certificate)?, read(&files.key)?);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&certificate)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(&files.certificate, &error.to_string()))?;
    let Some(own) = chain.first() else {
        return Err(Problem::new(
            Code::BadInput,
            format!("{} 中没有证书：应为 PEM，以 -----BEGIN CERTIFICATE----- 开头", files.certificate.display()),
            format!(
                "there is no certificate in {}: it is PEM and begins with -----BEGIN CERTIFICATE-----",
                files.certificate.display()
            ),
        ));
    };
    let (from, until) = validity(own).ok_or_else(|| unusable(&files.certificate, "not an X.509 certificate"))?;
    if now > until {
        return Err(Problem::new(
            Code::BadInput,
            format!("{} 的证书已于 {} 过期：请换上新证书", files.certificate.display(), shown(until)),
            format!("the certificate of {} expired on {}: put a new one there", files.certificate.display(), shown(until)),
        ));
    }
    if now < from {
        return Err(Problem::new(
            Code::BadInput,
            format!("{} 的证书自 {} 起才有效：请检查本机时钟，或换上当前有效的证书", files.certificate.display(), shown(from)),
            format!(
                "the certificate of {} is valid only from {}: check this machine's clock, or put one there that is valid now",
                files.certificate.display(),
                shown(from)
            ),
        ));
    }
    let private = PrivateKeyDer::from_pem_slice(&key).map_err(|_| {
        Problem::new(
            Code::BadInput,
            format!("{} 中没有可用的私钥：应为未加密的 PEM（PKCS#8、PKCS#1 或 SEC1）", files.key.display()),
            format!(
                "there is no usable private key in {}: it is PEM without a passphrase (PKCS#8, PKCS#1 or SEC1)",
                files.key.display()
            ),
        )
    })?;
    let key = CertifiedKey::from_der(chain, private, &rustls::crypto::ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => Problem::new(
            Code::BadInput,
            format!("{} 不是 {} 中证书的私钥：请核对两个文件", files.key.display(), files.certificate.display()),
            format!(
                "{} is not the key of the certificate in {}: check which files belong together",
                files.key.display(),
                files.certificate.display()
            ),
        ),
        other => unusable(&files.key, &other.to_string()),
    })?;
    Ok(Loaded { key: Arc::new(key), until })
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| {
        Problem::new(
            Code::BadInput,
            format!("无法读取 {}：{error}；请检查 --tls-certificate 与 --tls-key", path.display()),
            format!("cannot read {}: {error}; check --tls-certificate and --tls-key", path.display()),
        )
    })
}

fn unusable(path: &Path, why: &str) -> Problem {
    Problem::new(
        Code::BadInput,
        format!("{} 不能用于 TLS：{why}；请检查 --tls-certificate 与 --tls-key", path.display()),
        format!("{} cannot be used for TLS: {why}; check --tls-certificate and --tls-key", path.display()),
    )
}

/// From when and until when.
fn validity(certificate: &CertificateDer<'_>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let validity = *Certificate::from_der(certificate).ok()?.tbs_certificate().validity();
    let at = |time: x509_cert::time::Time| DateTime::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0);
    Some((at(validity.not_before)?, at(validity.not_after)?))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// A certificate of 2030 and its key, as PEM.
    fn pair() -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2030, 1, 1);
        params.not_after = date_time_ymd(2031, 1, 1);
        (params.self_signed(&key).expect("signed").pem(), key.serialize_pem())
    }

    fn files(dir: &Path, certificate: &str, key: &str) -> TlsFiles {
        let files = TlsFiles { certificate: dir.join("hub.crt"), key: dir.join("hub.key") };
        std::fs::write(&files.certificate, certificate).expect("written");
        std::fs::write(&files.key, key).expect("written");
        files
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_is_wrong() {
        let dir = tempfile::tempdir().expect("a folder");
        let now = DateTime::parse_from_rfc3339("2030-06-01T00:00:00Z").expect("a time").to_utc();
        let ((certificate, key), (_, other)) = (pair(), pair());
        let refused =
            |certificate: &str, key: &str, now| Tls::open(files(dir.path(), certificate, key), now).err().expect("refused").en;
        assert!(Tls::open(files(dir.path(), &certificate, &key), now).is_ok());
        assert!(refused(&certificate, &other, now).contains("is not the key of the certificate"));
        assert!(refused("", &key, now).contains("no certificate"));
        assert!(refused(&key, &key, now).contains("no certificate"));
        assert!(refused(&certificate, &certificate, now).contains("no usable private key"));
        assert!(refused(&certificate, &key, now + TimeDelta::days(400)).contains("expired on 2031-01-01"));
        assert!(refused(&certificate, &key, now - TimeDelta::days(400)).contains("only from 2030-01-01"));
        let nowhere = TlsFiles { certificate: dir.path().join("nowhere"), key: dir.path().join("hub.key") };
        assert!(Tls::open(nowhere, now).err().expect("refused").en.contains("cannot read"));
    }

    #[test]
    fn changed_files_are_taken_up_and_useless_ones_leave_the_last_good_certificate() {
        let dir = tempfile::tempdir().expect("a folder");
        let now = DateTime::parse_from_rfc3339("2030-06-01T00:00:00Z").expect("a time").to_utc();
        let ((first, first_key), (second, second_key)) = (pair(), pair());
        let tls = Tls::open(files(dir.path(), &first, &first_key), now).expect("opened");
        let shown = |tls: &Tls| tls.current.0.read().expect("read").key.cert[0].clone();
        let before = shown(&tls);
        // The certificate came, its key has not yet.
        files(dir.path(), &format!("{second}\n"), &first_key);
        tls.renew(now);
        assert_eq!(shown(&tls), before);
        files(dir.path(), &format!("{second}\n"), &format!("{second_key}\n\n"));
        tls.renew(now);
        assert_ne!(shown(&tls), before);
    }
}
