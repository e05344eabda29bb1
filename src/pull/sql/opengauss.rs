//! The login of openGauss and GaussDB, which speak PostgreSQL's protocol and ask for the password by rules of their own (the
//! authentication codes 10 and 11 mean something else there).
//!
//! In: the options of a connection whose login was not understood. Out: a connection that is logged in. The driver connects to a
//! socket in a folder that only this user may open; the login is done here, towards the server, and from then on every byte is
//! handed on as it is. It does no TLS: where the address asks for it, nothing is tried.
//!
//! Rules: openGauss's own drivers (RFC5802Algorithm and MD5_SHA256encode of its JDBC driver): PBKDF2-HMAC-SHA-1 over the random
//! code, keys named "Client Key" and "Sever Key" (so spelled), a proof of 32 bytes in hexadecimal digits.

use std::io;
use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};

/// Version 3.51 of the protocol: the server says how often the password is digested.
const PROTOCOL: [u8; 4] = [0, 3, 0, 51];
/// Longest message of a login.
const MAX_MESSAGE: usize = 64 << 10;
/// How often a password is digested where the server does not say.
const ITERATIONS: u32 = 2_048;

/// Why there is no connection.
#[derive(Debug)]
pub enum Failure {
    /// The server asks for nothing that openGauss would.
    Another,
    /// It asks for something that is not known here (SM3 is 13), by this code.
    Unknown(u32),
    /// It does not want the password, in its own words.
    Refused(String),
    Io(io::Error),
    Driver(sqlx::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

/// Connects to the server of `options` and logs in with `password`.
///
/// # Errors
/// `Another`, where TLS is asked for or the server wants another login than openGauss does; `Unknown` and `Refused`, as it says; `Io` and
/// `Driver`, where there is no way to it.
pub async fn connect(options: &PgConnectOptions, password: &str, limit: Duration) -> Result<PgConnection, Failure> {
    if matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull) {
        return Err(Failure::Another);
    }
    let dir = tempfile::tempdir()?;
    let port = options.get_port();
    let listener = UnixListener::bind(dir.path().join(format!(".s.PGSQL.{port}")))?;
    let server = (options.get_host().to_owned(), port);
    let (user, password) = (options.get_username().to_owned(), password.to_owned());
    let (told, outcome) = tokio::sync::oneshot::channel();
    // Ends with either side of the connection.
    tokio::spawn(async move {
        let login = async {
            let (local, _) = listener.accept().await?;
            log_in(local, &server, &user, &password).await
        };
        match login.await {
            Ok((mut local, mut remote)) => {
                let _ = told.send(Ok(()));
                let _ = tokio::io::copy_bidirectional(&mut local, &mut remote).await;
            }
            Err(failure) => drop(told.send(Err(failure))),
        }
    });
    let local = options.clone().socket(dir.path()).ssl_mode(PgSslMode::Disable);
    let connected = tokio::time::timeout(limit, PgConnection::connect_with(&local)).await;
    match (outcome.await, connected) {
        (Ok(Err(failure)), _) => Err(failure),
        (_, Ok(Ok(connection))) => Ok(connection),
        (_, Ok(Err(error))) => Err(Failure::Driver(error)),
        (_, Err(_)) => Err(Failure::Io(io::ErrorKind::TimedOut.into())),
    }
}

/// Answers the server's questions until it lets us in; the driver hears of the last word only.
async fn log_in(
    mut local: UnixStream,
    server: &(String, u16),
    user: &str,
    password: &str,
) -> Result<(UnixStream, TcpStream), Failure> {
    let length = local.read_u32().await? as usize;
    if !(8..=MAX_MESSAGE).contains(&length) {
        return Err(io::Error::from(io::ErrorKind::InvalidData).into());
    }
    let mut startup = vec![0; length - 4];
    local.read_exact(&mut startup).await?;
    startup[..4].copy_from_slice(&PROTOCOL);
    let mut remote = TcpStream::connect((server.0.as_str(), server.1)).await?;
    remote.write_u32(length as u32).await?;
    remote.write_all(&startup).await?;
    loop {
        let (kind, body) = message(&mut remote).await?;
        match (kind, body.get(..4)) {
            (b'R', Some([0, 0, 0, 0])) => {
                local.write_all(&framed(b'R', &body)).await?;
                return Ok((local, remote));
            }
            (b'R', Some(code)) => {
                let code = u32::from_be_bytes([code[0], code[1], code[2], code[3]]);
                let answer = answer(code, &body[4..], user, password)?;
                remote.write_all(&framed(b'p', &[answer.as_bytes(), b"\0"].concat())).await?;
            }
            (b'E', _) => return Err(Failure::Refused(words(&body))),
            // Notices and settings of the server come behind the login.
            (b'N', _) => {}
            _ => return Err(Failure::Another),
        }
    }
}

async fn message(from: &mut TcpStream) -> Result<(u8, Vec<u8>), Failure> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await? as usize;
    if !(4..=MAX_MESSAGE).contains(&length) {
        return Err(Failure::Another);
    }
    let mut body = vec![0; length - 4];
    from.read_exact(&mut body).await?;
    Ok((kind, body))
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

/// The message of an error: its field M.
fn words(body: &[u8]) -> String {
    let fields = body.split(|b| *b == 0).filter(|f| f.len() > 1);
    fields.filter(|f| f[0] == b'M').map(|f| String::from_utf8_lossy(&f[1..]).into_owned()).next().unwrap_or_default()
}

/// What the server wants to see for a code and what it sent with it.
fn answer(code: u32, body: &[u8], user: &str, password: &str) -> Result<String, Failure> {
    let text = |range: std::ops::Range<usize>| {
        body.get(range).and_then(|b| std::str::from_utf8(b).ok()).filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let number = |at: usize| body.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    match (code, number(0)) {
        // Its password is kept as MD5.
        (10, Some(1)) => Ok(md5_of_postgres(user, password, body.get(4..8).ok_or(Failure::Another)?)),
        // As SHA-256 (2), or not said.
        (10, Some(0 | 2)) => {
            let (Some(random), Some(token)) = (text(4..68), text(68..76)) else { return Err(Failure::Another) };
            Ok(proof(password, random, token, number(76).unwrap_or(ITERATIONS)))
        }
        (10, Some(method)) if method < 16 => Err(Failure::Unknown(code)),
        (11, _) => {
            let (Some(random), Some(salt)) = (text(0..64), body.get(64..68)) else { return Err(Failure::Another) };
            Ok(md5_of_sha256(password, random, salt))
        }
        (13, _) => Err(Failure::Unknown(code)),
        _ => Err(Failure::Another),
    }
}

fn bytes_of(hex: &str) -> Vec<u8> {
    HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).unwrap_or_default()
}

fn hex_of(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn hmac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The client's and the server's key of a password.
fn keys(password: &str, random: &str, iterations: u32) -> (Vec<u8>, Vec<u8>) {
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), &bytes_of(random), iterations, &mut salted);
    (hmac::<Hmac<Sha256>>(&salted, b"Client Key"), hmac::<Hmac<Sha256>>(&salted, b"Sever Key"))
}

/// That the password is known, without saying it: the client's key under a cover that only who has its digest can take off.
fn proof(password: &str, random: &str, token: &str, iterations: u32) -> String {
    let (client, _) = keys(password, random, iterations);
    let stored = Sha256::digest(&client);
    let cover = hmac::<Hmac<Sha256>>(&stored, &bytes_of(token));
    hex_of(&client.iter().zip(cover).map(|(a, b)| a ^ b).collect::<Vec<u8>>())
}

fn md5_of_sha256(password: &str, random: &str, salt: &[u8]) -> String {
    let (client, server) = keys(password, random, ITERATIONS);
    let kept = format!("{random}{}{}", hex_of(&server), hex_of(&Sha256::digest(client)));
    format!("md5{}", hex_of(&Md5::digest([kept.as_bytes(), salt].concat())))
}

fn md5_of_postgres(user: &str, password: &str, salt: &[u8]) -> String {
    let inner = hex_of(&Md5::digest(format!("{password}{user}")));
    format!("md5{}", hex_of(&Md5::digest([inner.as_bytes(), salt].concat())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn a_server_that_keeps_digests_only_recognises_the_proof() {
        let (client, _) = keys("Gauss@123", RANDOM, 10_000);
        let stored = Sha256::digest(&client);
        let token = "0a1b2c3d";
        let check = |password: &str| {
            let cover = hmac::<Hmac<Sha256>>(&stored, &bytes_of(token));
            let key: Vec<u8> = bytes_of(&proof(password, RANDOM, token, 10_000)).iter().zip(cover).map(|(a, b)| a ^ b).collect();
            Sha256::digest(key) == stored
        };
        assert!(check("Gauss@123") && !check("gauss@123"));
    }

    #[test]
    fn what_is_asked_is_answered_by_its_rule_or_refused_by_its_code() {
        let body = [&2u32.to_be_bytes()[..], RANDOM.as_bytes(), b"0a1b2c3d", &10_000u32.to_be_bytes()].concat();
        assert_eq!(answer(10, &body, "hub", "x").expect("an answer"), proof("x", RANDOM, "0a1b2c3d", 10_000));
        let md5 = answer(11, &[RANDOM.as_bytes(), &[1, 2, 3, 4]].concat(), "hub", "x").expect("an answer");
        assert!(md5.starts_with("md5") && md5.len() == 35);
        // PostgreSQL's own, as its documentation has it: md5(md5(password + user) + salt).
        let salt = [0x2a, 0x3d, 0x8f, 0xe0];
        assert_eq!(md5_of_postgres("md5_user", "password", &salt), "md562af4dd09bbb41884907a838a3233294");
        assert!(matches!(answer(13, &body, "hub", "x"), Err(Failure::Unknown(13))));
        assert!(matches!(answer(10, &3u32.to_be_bytes(), "hub", "x"), Err(Failure::Unknown(10))));
        // SCRAM of a PostgreSQL server is the driver's business.
        assert!(matches!(answer(10, b"SCRAM-SHA-256\0\0", "hub", "x"), Err(Failure::Another)));
    }
}
