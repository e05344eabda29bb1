//! Databases through ODBC drivers: the program `huitu-odbc`, built here where unixODBC is, against the real servers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use huitu::connector::Connector;
use huitu::model::Clock;
use huitu::model::field::Field;
use huitu::pull::sample::{Counting, Sample, take};
use huitu::pull::{PullContext, pull};

use crate::pull_sql::mariadb_database;
use crate::shapes_sql::{run, value};
use crate::support::servers::postgres;

const DRIVERS: &str = "/usr/lib/x86_64-linux-gnu/odbc";

/// The program, built once; None where unixODBC or its drivers are not here and are left out.
fn program() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    let missing = |what: &str| {
        let remedy = format!("{what}: apt-get install unixodbc-dev odbc-postgresql odbc-mariadb libsqliteodbc");
        crate::support::servers::missing("odbc", &remedy);
    };
    let library = ["/usr/lib/x86_64-linux-gnu/libodbc.so", "/usr/lib/libodbc.so", "/usr/lib64/libodbc.so"];
    if !library.iter().any(|p| Path::new(p).exists()) {
        missing("unixODBC");
        return None;
    }
    if !["psqlodbcw.so", "libmaodbc.so", "libsqlite3odbc.so"].iter().all(|d| Path::new(DRIVERS).join(d).exists()) {
        missing("an ODBC driver");
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A folder of its own: the build of this test may hold the lock of the other one.
    let target = Path::new(env!("CARGO_BIN_EXE_huitu")).parent()?.join("huitu-odbc");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--locked", "--quiet", "--manifest-path"])
        .arg(root.join("odbc/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()
        .expect("cargo runs");
    assert!(built.success(), "huitu-odbc builds");
    Some(target.join("debug/huitu-odbc"))
}

/// The program is named for the tests of this process, which all want the same one.
fn named() -> bool {
    static NAMED: OnceLock<bool> = OnceLock::new();
    *NAMED.get_or_init(|| {
        let Some(program) = program() else { return false };
        let beside = std::env::current_exe().expect("a program").with_file_name("huitu-odbc");
        let _ = std::fs::remove_file(&beside);
        std::fs::copy(program, &beside).expect("put beside the tests");
        true
    })
}

fn context() -> PullContext {
    PullContext {
        clock: Clock::fixed("2026-03-10T00:00:00Z".parse().expect("a time")),
        allow_private: true,
        ..PullContext::default()
    }
}

const COLUMNS: &str = "\"staff\" = { field = \"employees\", optional = true }\n\"opened\" = { field = \"established_on\", optional = true }\n\
    \"closed\" = { field = \"closed_on\", optional = true }\n\"revenue\" = { field = \"revenue\", unit = \"yuan\", optional = true }";

fn connector(place: &str, sql: &str) -> Connector {
    let text = format!(
        "title = {{ zh = \"某局\", en = \"A bureau\" }}\nowner = {{ zh = \"某局\", en = \"A bureau\" }}\n[source]\ntransport = \"odbc\"\n\
         place = {place:?}\n[source.sql]\n{sql}\n[key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n{COLUMNS}"
    );
    Connector::parse("bureau", &text).unwrap_or_else(|e| panic!("{e}"))
}

async fn sample(connector: &Connector) -> Sample {
    take(connector, None, &context(), None).await.unwrap_or_else(|e| panic!("{e}"))
}

/// The same database by our own protocol (to fill it) and by its driver.
async fn databases(name: &str, dir: &Path) -> Vec<(String, String)> {
    let file = dir.join("front.db").display().to_string();
    let mut places = vec![(format!("sqlite:{file}"), format!("Driver={DRIVERS}/libsqlite3odbc.so;Database={file}"))];
    if let Some(place) = mariadb_database(name).await {
        let port = place.rsplit(':').next().and_then(|p| p.split('/').next()).expect("a port").to_owned();
        let odbc = format!("Driver={DRIVERS}/libmaodbc.so;Server=127.0.0.1;Port={port};UID=root;Database={name}");
        places.push((place, odbc));
    }
    if let Some(server) = postgres() {
        let place = server.database().await;
        let (head, database) = place.rsplit_once('/').expect("a name");
        let port = head.rsplit(':').next().expect("a port");
        let odbc = format!("odbc:Driver={DRIVERS}/psqlodbcw.so;Server=127.0.0.1;Port={port};UID=postgres;Database={database}");
        places.push((place.clone(), odbc));
    }
    places
}

fn quoted(place: &str, name: &str) -> String {
    if place.starts_with("mysql") { format!("`{name}`") } else { format!("\"{name}\"") }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_come_whole_resume_and_bring_what_changed_through_every_driver() {
    if !named() {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    for (place, odbc) in databases("by_odbc", dir.path()).await {
        let (key, name) = (quoted(&place, "编号"), quoted(&place, "名称"));
        // MariaDB shows a TIMESTAMP in the hub's zone, a DATETIME as it was put in.
        let time = if place.starts_with("mysql") { "DATETIME" } else { "TIMESTAMP" };
        run(&place, &format!("CREATE TABLE corp ({key} INTEGER PRIMARY KEY, {name} VARCHAR(200), changed {time} NULL)")).await;
        let rows: Vec<String> =
            (1..=3_000).map(|n| format!("({n}, '北京示例{n}号有限公司', '2026-03-0{} 10:00:00')", 1 + n % 5)).collect();
        run(&place, &format!("INSERT INTO corp VALUES {}", rows.join(", "))).await;
        let whole = connector(&odbc, "table = \"corp\"\npage = 1000");
        let read = sample(&whole).await;
        assert_eq!((read.rows.len(), read.faults.len()), (3_000, 0), "{odbc}");
        assert_eq!(value(&read, "2718", Field::Name).as_deref(), Some("北京示例2718号有限公司"), "{odbc}");
        for checkpoint in &read.checkpoints {
            let rest = take(&whole, Some(checkpoint.clone()), &context(), None).await.unwrap_or_else(|e| panic!("{odbc}: {e}"));
            assert_eq!(rest.rows.len() as u64 + checkpoint.rows, 3_000, "{odbc}");
            let (first, next) = (rest.rows.first().map(|r| &r.cells), read.rows.get(checkpoint.rows as usize).map(|r| &r.cells));
            assert_eq!(first, next, "{odbc}");
        }
        let changing = connector(&odbc, "table = \"corp\"\ncursor = \"CHANGED\"\noverlap = 600");
        let first = pull(&changing, None, &context(), &mut Counting::default()).await.unwrap_or_else(|e| panic!("{odbc}: {e}"));
        assert!(first.next_cursor.since.as_deref().is_some_and(|s| s.starts_with("2026-03-05 10:00")), "{:?}", first.next_cursor);
        run(&place, &format!("UPDATE corp SET changed = '2026-03-09 08:00:00' WHERE {key} = 7")).await;
        run(&place, &format!("UPDATE corp SET changed = NULL WHERE {key} = 8")).await;
        let second = pull(&changing, Some(first.next_cursor), &context(), &mut Counting::default()).await;
        let second = second.unwrap_or_else(|e| panic!("{odbc}: {e}"));
        assert_eq!((second.rows, second.complete), (600 + 2, false), "{odbc}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_drivers_get_wrong_is_fetched_as_text() {
    if !named() {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    for (place, odbc) in databases("odbc_types", dir.path()).await {
        let (key, name) = (quoted(&place, "编号"), quoted(&place, "名称"));
        let (kind, closed) = match place.split(':').next() {
            Some("mysql") => ("INT UNSIGNED", "'0000-00-00'"),
            Some("sqlite") => ("INTEGER", "'0000-00-00'"),
            _ => ("BIGINT", "'infinity'"),
        };
        run(&place, &format!("CREATE TABLE t ({key} VARCHAR(20) PRIMARY KEY, {name} VARCHAR(200), staff {kind}, opened DATE, closed DATE, revenue DECIMAL(20,2), photo BLOB)").replace("BLOB", if place.starts_with("postgres") { "BYTEA" } else { "BLOB" })).await;
        run(
            &place,
            &format!(
                "INSERT INTO t VALUES ('A', '北京甲有限公司', 4294967295, '2021-03-01', {closed}, 123456789012345678.91, NULL)"
            ),
        )
        .await;
        let long = "长".repeat(20);
        run(&place, &format!("INSERT INTO t VALUES ('B', '北京{long}有限公司', NULL, NULL, NULL, NULL, NULL)")).await;
        let read = sample(&connector(&odbc, "table = \"t\"")).await;
        assert_eq!((read.rows.len(), read.faults.len()), (2, 0), "{odbc}");
        let raw = |at: usize| read.rows[0].cells[at].as_deref();
        assert_eq!(raw(2), Some("4294967295"), "{odbc}");
        assert_eq!(value(&read, "A", Field::EstablishedOn).as_deref(), Some("2021-03-01"), "{odbc}");
        assert_eq!(value(&read, "A", Field::ClosedOn), None, "{odbc}: {:?}", raw(4));
        if !place.starts_with("sqlite") {
            assert_eq!(raw(5), Some("123456789012345678.91"), "{odbc}");
        }
        assert_eq!(value(&read, "B", Field::Name), Some(format!("北京{long}有限公司")), "{odbc}");
        // SQLite's driver calls a BLOB a text.
        assert!(place.starts_with("sqlite") || read.notes.iter().any(|n| n.code == "columns_of_bytes"), "{odbc}");
        // Half of an untyped column is text.
        if place.starts_with("sqlite") {
            run(&place, "CREATE TABLE mixed (\"编号\", \"名称\", staff); INSERT INTO mixed VALUES (1, '甲公司', 5), ('x', '乙公司', '六')").await;
            let read = sample(&connector(&odbc, "table = \"mixed\"")).await;
            assert_eq!(read.rows.iter().map(|r| r.cells[2].as_deref()).collect::<Vec<_>>(), [Some("5"), Some("六")]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_with_what_to_install() {
    if !named() {
        return;
    }
    let of = async |place: &str, sql: &str| {
        let error = pull(&connector(place, sql), None, &context(), &mut Counting::default()).await.expect_err("refused");
        assert!(!error.to_string().contains("s3cret") && error.problem.zh.contains("连接器「bureau」"), "{error}");
        (error.problem.code.to_string(), error.to_string())
    };
    let (code, words) = of("Driver=DM8;Server=10.0.0.1;UID=hub;PWD=s3cret", "table = \"t\"").await;
    assert!(code == "odbc_driver_missing" && words.contains("odbcinst"), "{words}");
    let (code, _) = of("DSN=nowhere;PWD=s3cret", "table = \"t\"").await;
    assert_eq!(code, "odbc_driver_missing");
    let dir = tempfile::tempdir().expect("a folder");
    let sqlite = format!("Driver={DRIVERS}/libsqlite3odbc.so;PWD=s3cret;Database={}", dir.path().join("x.db").display());
    let (code, words) = of(&sqlite, "table = \"helth\"").await;
    assert!(code == "sql" && words.contains("helth"), "{words}");
    let (code, _) = of(&format!("Driver={DRIVERS}/psqlodbcw.so;Server=127.0.0.1;Port=9;UID=x;PWD=s3cret"), "table = \"t\"").await;
    assert_eq!(code, "unreachable");
}

/// A program in place of `huitu-odbc`, as a script.
fn stand_in(dir: &Path, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("huitu-odbc");
    let mut file = std::fs::File::create(&path).expect("a script");
    write!(file, "#!/bin/sh\n{script}\n").expect("written");
    file.set_permissions(std::fs::Permissions::from_mode(0o755)).expect("made a program");
    path
}

/// Runs `connector preview` with a program of one's own: the environment of this process is every test's.
fn preview(dir: &Path, program: &Path) -> String {
    let folder = dir.join("connectors/bureau");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = r#"
title = { zh = "某局", en = "A bureau" }
owner = { zh = "某局", en = "A bureau" }
[source]
transport = "odbc"
place = "DSN=x;PWD=s3cret"
[source.sql]
table = "t"
[manners]
retries = 0
connect_timeout_secs = 1
read_timeout_secs = 1
total_timeout_secs = 1
[key]
columns = ["编号"]
[columns]
"名称" = "name"
"#;
    std::fs::write(folder.join("connector.toml"), text).expect("written");
    let out = Command::new(env!("CARGO_BIN_EXE_huitu"))
        .env("HUITU_ODBC", program)
        .args(["--lang", "en", "--data"])
        .arg(dir.join("data"))
        .arg("--connectors")
        .arg(dir.join("connectors"))
        .args(["connector", "preview", "bureau"])
        .output()
        .expect("huitu runs");
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

#[test]
fn a_driver_that_hangs_breaks_or_lies_is_ended_and_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let missing = preview(dir.path(), Path::new("/nonexistent/huitu-odbc"));
    assert!(missing.contains("HUITU_ODBC") && missing.contains("unixodbc"), "{missing}");
    let began = Instant::now();
    for (script, words) in [
        ("exec sleep 600", "did not answer"),
        ("read x; echo '{\"dbms\":\"DM8\"}'; exec sleep 600", "did not answer"),
        ("echo 'error while loading shared libraries: libodbc.so.2: cannot open' >&2; exit 127", "apt-get install unixodbc"),
        ("read x; echo '{\"dbms\":\"DM8\"}'; echo 'segmentation fault' >&2; exit 139", "segmentation fault"),
        ("read x; echo rubbish", "broke off"),
    ] {
        let said = preview(dir.path(), &stand_in(dir.path(), script));
        assert!(said.contains(words) && !said.contains("s3cret"), "{script}: {said}");
    }
    assert!(began.elapsed() < Duration::from_secs(60), "a driver that hangs is not waited for");
}

#[test]
fn a_database_that_is_known_by_its_driver_only_is_asked_in_words_that_all_understand() {
    // DM8, Oracle and SQL Server are played: what is asked is written down.
    let dir = tempfile::tempdir().expect("a folder");
    let asked = dir.path().join("asked");
    let script = format!(
        "read x; echo '{{\"dbms\":\"DM DBMS\"}}'\nwhile read -r line; do printf '%s\\n' \"$line\" >> {}\n\
         echo '{{\"columns\":[[\"编号\",\"BIGINT\"],[\"名称\",\"TEXT\"],[\"CHANGED\",\"TIMESTAMP\"]]}}'\n\
         case \"$line\" in *'1 = 0'*) echo '{{\"rows\":0}}';; *) echo '[\"1\",\"北京甲有限公司\",\"2026-03-01 10:00:00\"]'; echo '{{\"rows\":1}}';; esac\ndone",
        asked.display()
    );
    let program = stand_in(dir.path(), &script);
    let said = preview(dir.path(), &program);
    assert!(said.contains("北京甲有限公司"), "{said}");
    let asked = std::fs::read_to_string(asked).expect("questions");
    let questions: Vec<serde_json::Value> = asked.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let sql: Vec<&str> = questions.iter().filter_map(|q| q["sql"].as_str()).collect();
    assert_eq!(sql[0], "SELECT * FROM t source WHERE 1 = 0");
    assert_eq!(sql[1], "SELECT source.\"编号\", source.\"名称\", source.\"CHANGED\" FROM t source ORDER BY source.\"编号\"");
}
