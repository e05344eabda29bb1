//! Real database servers for the tests, on free ports of 127.0.0.1, in temporary folders, ended with the test run.
//!
//! A missing server is never a silent skip: it fails the test, unless whoever runs the tests leaves it out by name.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// A port nobody listens on right now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

/// Folder of the data shared with developers, which no clone brings along: None where it is absent. Where HUITU_SHARED says
/// that it is there, its absence is a failure.
pub fn shared() -> Option<PathBuf> {
    let place =
        std::env::var_os("HUITU_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if place.join("linkage-case").is_dir() {
        return Some(place);
    }
    assert!(std::env::var_os("HUITU_SHARED").is_none(), "shared test data is missing at {}", place.display());
    eprintln!("NOT CHECKED: shared test data is missing at {}; set HUITU_SHARED", place.display());
    None
}

/// What a test needs and does not find here fails it. Only what HUITU_WITHOUT names (`postgres,mariadb,odbc,node,chromium,promtool,systemd-analyze,moto`) is left
/// out, and the test says so; CI leaves nothing out.
pub fn missing(what: &str, remedy: &str) {
    let left_out = std::env::var("HUITU_WITHOUT").unwrap_or_default();
    let is_left_out = std::env::var_os("CI").is_none() && left_out.split(',').any(|name| name.trim() == what);
    assert!(is_left_out, "{what} is missing: {remedy} (or HUITU_WITHOUT={what} to leave its tests out)");
    eprintln!("NOT CHECKED: {what} is missing: {remedy}");
}

fn newest_postgres() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|e| Some(e.ok()?.path().join("bin"))).collect();
    found.retain(|p| p.join("initdb").exists());
    found.sort();
    found.pop()
}

/// A PostgreSQL server of this test run.
pub struct Postgres {
    port: u16,
}

/// Processes and folders to end with this one: statics are never dropped.
static LEFT: Mutex<Vec<(Child, tempfile::TempDir)>> = Mutex::new(Vec::new());

extern "C" fn end_servers() {
    if let Ok(mut left) = LEFT.lock() {
        for (mut child, dir) in left.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
            drop(dir);
        }
    }
}

/// Ends `child` and removes `dir` when this process exits.
pub fn end_with_us(child: Child, dir: tempfile::TempDir) {
    static REGISTERED: std::sync::Once = std::sync::Once::new();
    // SAFETY: the handler only takes a lock that no other thread holds at exit, and ends children.
    REGISTERED.call_once(|| unsafe {
        libc::atexit(end_servers);
    });
    LEFT.lock().expect("no panic while holding the list").push((child, dir));
}

/// Waits until a server writes that it is ready, and reads on behind it: a full pipe would stop the server.
pub fn until_said(from: impl std::io::Read + Send + 'static, word: &'static str, who: &str) {
    use std::io::BufRead;
    let (ready, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::BufReader::new(from).split(b'\n').map_while(Result::ok) {
            if String::from_utf8_lossy(&line).contains(word) {
                let _ = ready.send(());
            }
        }
    });
    assert!(told.recv_timeout(Duration::from_secs(60)).is_ok(), "{who} did not say \"{word}\" within a minute");
}

/// A program that ends with its test, however that ends.
pub struct Ended(pub std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Servers refuse to run as root: hand the folder to `user` and start as that user.
fn as_user(program: &Path, user: &str) -> Command {
    // SAFETY: geteuid has no preconditions.
    if unsafe { libc::geteuid() } == 0 {
        let mut c = Command::new("setpriv");
        c.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(program);
        c
    } else {
        Command::new(program)
    }
}

impl Postgres {
    fn start() -> Option<Postgres> {
        let Some(bin) = newest_postgres() else {
            missing("postgres", "apt-get install postgresql");
            return None;
        };
        let dir = tempfile::Builder::new().prefix("huitu-pg-").tempdir().expect("temporary directory");
        let data = dir.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        let root = unsafe { libc::geteuid() } == 0;
        if root {
            let done = Command::new("chown").arg("-R").arg("postgres:postgres").arg(dir.path()).status().expect("chown");
            assert!(done.success(), "the postgres user exists");
        }
        let done = as_user(&bin.join("initdb"), "postgres")
            .args(["-D"])
            .arg(&data)
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"])
            .stdout(Stdio::null())
            .status()
            .expect("initdb starts");
        assert!(done.success(), "initdb");
        let port = free_port();
        let mut child = as_user(&bin.join("postgres"), "postgres")
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=200",
                "-k",
            ])
            .arg(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("postgres starts");
        let said = child.stderr.take().expect("piped");
        end_with_us(child, dir);
        until_said(said, "ready to accept connections", "PostgreSQL");
        Some(Postgres { port })
    }

    /// Address of a new, empty database.
    pub async fn database(&self) -> String {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let admin = format!("postgres://postgres@127.0.0.1:{}/postgres", self.port);
        let pool = sqlx::PgPool::connect(&admin).await.expect("PostgreSQL answers");
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.expect("a new database");
        pool.close().await;
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }
}

/// The PostgreSQL server shared by the tests of this process.
pub fn postgres() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    SERVER.get_or_init(Postgres::start).as_ref()
}
