//! openGauss's login, played by a small relay before a real PostgreSQL: it asks as openGauss does, checks the answer with what
//! openGauss keeps of a password, and hands everything else on.

use hmac::{Hmac, KeyInit, Mac};
use huitu::connector::Connector;
use huitu::pull::sample::take;
use huitu::pull::{PullContext, PullError};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::shapes_sql::run;
use crate::support::servers::postgres;

const PASSWORD: &str = "Gauss@12:3";
const RANDOM: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9f";
const TOKEN: &str = "5e6f7a8b";
const ITERATIONS: u32 = 10_000;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("digits")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn sha256_hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a key");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// PBKDF2 by RFC 8018, written anew here so that both sides are not the same code.
fn salted(password: &str, iterations: u32) -> Vec<u8> {
    let sha1 = |message: &[u8]| {
        let mut mac = <Hmac<sha1::Sha1> as KeyInit>::new_from_slice(password.as_bytes()).expect("a key");
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    };
    let block = |number: u32| {
        let mut last = sha1(&[bytes(RANDOM), number.to_be_bytes().to_vec()].concat());
        let mut sum = last.clone();
        for _ in 1..iterations {
            last = sha1(&last);
            sum.iter_mut().zip(&last).for_each(|(a, b)| *a ^= b);
        }
        sum
    };
    [block(1), block(2)].concat()[..32].to_vec()
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

async fn read(from: &mut TcpStream, kind: bool) -> Vec<u8> {
    if kind {
        from.read_u8().await.expect("a kind");
    }
    let length = from.read_u32().await.expect("a length") as usize;
    let mut body = vec![0; length - 4];
    from.read_exact(&mut body).await.expect("a message");
    body
}

/// Serves one login after the other by this code, before PostgreSQL at `port`.
async fn relay(code: u32, port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let here = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut startup = read(&mut client, false).await;
                if startup[..4] == [4, 210, 22, 47] {
                    // No TLS here.
                    client.write_all(b"N").await.expect("said");
                    startup = read(&mut client, false).await;
                }
                let newer = startup[..4] == [0, 3, 0, 51];
                let asked = match code {
                    10 => [
                        &10u32.to_be_bytes()[..],
                        &2u32.to_be_bytes(),
                        RANDOM.as_bytes(),
                        TOKEN.as_bytes(),
                        &ITERATIONS.to_be_bytes(),
                    ]
                    .concat(),
                    11 => [&11u32.to_be_bytes()[..], RANDOM.as_bytes(), &[9, 8, 7, 6]].concat(),
                    _ => [&code.to_be_bytes()[..], &3u32.to_be_bytes(), RANDOM.as_bytes(), TOKEN.as_bytes()].concat(),
                };
                let _ = client.write_all(&framed(b'R', &asked)).await;
                let Ok(b'p') = client.read_u8().await else { return };
                let answer = read(&mut client, false).await;
                let answer = String::from_utf8_lossy(&answer[..answer.len() - 1]).into_owned();
                let salted = salted(PASSWORD, if code == 10 { ITERATIONS } else { 2_048 });
                let (client_key, server_key) = (sha256_hmac(&salted, b"Client Key"), sha256_hmac(&salted, b"Sever Key"));
                let stored = Sha256::digest(&client_key).to_vec();
                let good = match code {
                    10 => {
                        let cover = sha256_hmac(&stored, &bytes(TOKEN));
                        let key: Vec<u8> = bytes(&answer).iter().zip(cover).map(|(a, b)| a ^ b).collect();
                        newer && Sha256::digest(key).to_vec() == stored
                    }
                    _ => {
                        use md5::Md5;
                        let kept = format!("{RANDOM}{}{}", hex(&server_key), hex(&stored));
                        answer == format!("md5{}", hex(&Md5::digest([kept.as_bytes(), &[9, 8, 7, 6]].concat())))
                    }
                };
                if !good {
                    let error = b"SFATAL\0C28P01\0MInvalid username/password,login denied.\0\0";
                    let _ = client.write_all(&framed(b'E', error)).await;
                    return;
                }
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.expect("PostgreSQL");
                startup[..4].copy_from_slice(&[0, 3, 0, 0]);
                server.write_u32(startup.len() as u32 + 4).await.expect("sent");
                server.write_all(&startup).await.expect("sent");
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    here
}

fn connector(port: u16, database: &str, password: &str) -> Connector {
    let text = format!(
        "title = {{ zh = \"某局\", en = \"A bureau\" }}\nowner = {{ zh = \"某局\", en = \"A bureau\" }}\n[source]\ntransport = \"sql\"\n\
         place = \"postgres://postgres:{password}@127.0.0.1:{port}/{database}\"\nprivate = true\n[source.sql]\ntable = \"t\"\n[key]\ncolumns = [\"id\"]\n[columns]\n\"name\" = \"name\"\n"
    );
    Connector::parse("bureau", &text).unwrap_or_else(|e| panic!("{e}"))
}

async fn error_of(connector: &Connector) -> PullError {
    use huitu::pull::sample::Counting;
    let error = huitu::pull::pull(connector, None, &PullContext::default(), &mut Counting::default()).await.expect_err("refused");
    assert!(!error.to_string().contains("Gauss@12") && error.problem.zh.contains("password_encryption_type"), "{error}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opengauss_login_opens_the_database_and_what_is_unknown_names_the_setting() {
    let Some(server) = postgres() else { return };
    let place = server.database().await;
    run(&place, "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT); INSERT INTO t VALUES ('1', '北京甲有限公司')").await;
    let (head, database) = place.rsplit_once('/').expect("a name");
    let port: u16 = head.rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
    for code in [10, 11] {
        let here = relay(code, port).await;
        let good = connector(here, database, "Gauss%4012%3A3");
        let read = take(&good, None, &PullContext::default(), None).await.unwrap_or_else(|e| panic!("code {code}: {e}"));
        assert_eq!(read.rows[0].cells[1].as_deref(), Some("北京甲有限公司"));
        assert_eq!(error_of(&connector(here, database, "wrong")).await.problem.code, "unauthorised");
    }
    let sm3 = relay(13, port).await;
    assert_eq!(error_of(&connector(sm3, database, "Gauss%4012%3A3")).await.problem.code, "opengauss_login");
}
