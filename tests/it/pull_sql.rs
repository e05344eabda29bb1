//! Front-end databases: the same claims on SQLite, PostgreSQL and MariaDB, each the real server.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use huitu::connector::Connector;
use huitu::model::Clock;
use huitu::pull::sample::{Counting, Sample, take};
use huitu::pull::{Cursor, PullContext, pull};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::support::servers::{end_with_us, free_port, postgres};

const MANIFEST: &str = r#"
title = { zh = "职业健康", en = "Health" }
owner = { zh = "卫健委", en = "Health" }
[source]
transport = "sql"
place = "postgres://x"
private = true
[source.sql]
table = "health"
[key]
columns = ["id"]
[columns]
"单位名称" = "name"
"从业人数" = "employees"
"营业收入" = { field = "revenue", unit = "ten_thousand_yuan" }
"更新时间" = "updated_at"
"#;

/// `incremental`: by the time of change, ten minutes of overlap.
fn connector(place: &str, incremental: bool) -> Connector {
    let text = if incremental {
        MANIFEST.replace("table = \"health\"", "table = \"health\"\ncursor = \"更新时间\"\noverlap = 600")
    } else {
        MANIFEST.to_string()
    };
    let mut connector = Connector::parse("health", &text).expect("a manifest");
    connector.source.place = place.to_string();
    connector
}

fn context() -> PullContext {
    PullContext {
        clock: Clock::fixed("2026-03-10T00:00:00Z".parse().expect("a time")),
        allow_private: true,
        ..PullContext::default()
    }
}

/// Ten thousand rows with a whole-number key, a decimal, a time, and nulls.
fn rows(quote: char) -> Vec<String> {
    let q = quote;
    let mut statements = vec![format!(
        "CREATE TABLE health (id INTEGER PRIMARY KEY, {q}单位名称{q} VARCHAR(200), {q}从业人数{q} INTEGER, {q}营业收入{q} DECIMAL(18,2), {q}更新时间{q} TIMESTAMP NULL)"
    )];
    for block in 0..20 {
        let values: Vec<String> = (block * 500..block * 500 + 500)
            .map(|i| {
                let revenue = if i % 3 == 0 { "NULL".to_string() } else { format!("{}.50", i) };
                format!("({i}, '北京示例{i}号有限公司', {}, {revenue}, '2026-03-0{} 10:00:00')", i % 900, 1 + i % 5)
            })
            .collect();
        statements.push(format!("INSERT INTO health VALUES {}", values.join(", ")));
    }
    statements
}

async fn fill<C: Connection>(mut connection: C, quote: char)
where
    for<'c> &'c mut C: Executor<'c>,
{
    for statement in rows(quote) {
        (&mut connection).execute(AssertSqlSafe(statement)).await.expect("the rows");
    }
    connection.close().await.expect("closed");
}

async fn change<C: Connection>(mut connection: C, statement: &'static str)
where
    for<'c> &'c mut C: Executor<'c>,
{
    (&mut connection).execute(statement).await.expect("the change");
    connection.close().await.expect("closed");
}

async fn all(connector: &Connector, resume: Option<Cursor>) -> Sample {
    take(connector, resume, &context(), None).await.expect("rows")
}

async fn the_table_comes_whole_typed_and_resumable(place: &str) {
    let connector = connector(place, false);
    let whole = all(&connector, None).await;
    assert_eq!((whole.rows.len(), whole.faults.len()), (10_000, 0));
    let records = whole.rows[1].read.as_ref().expect("read");
    assert_eq!(&*records[0].key, "1");
    assert_eq!(records[0].money(huitu::model::field::Field::Revenue).map(|m| m.to_string()).as_deref(), Some("15000"));
    assert!(whole.rows[0].cells.contains(&None), "a null stays null");
    // Whole numbers are compared as such: 10 comes after 9, on every page.
    let keys: Vec<i64> =
        whole.rows.iter().map(|r| r.cells[0].as_deref().and_then(|k| k.parse().ok()).expect("a number")).collect();
    assert!(keys.is_sorted());
    assert!(whole.checkpoints.len() >= 2);
    for checkpoint in &whole.checkpoints {
        let rest = all(&connector, Some(checkpoint.clone())).await;
        assert_eq!(rest.rows.len() as u64 + checkpoint.rows, 10_000);
        assert_eq!(rest.rows[0].cells, whole.rows[checkpoint.rows as usize].cells);
    }
}

async fn only_what_changed_comes_again(place: &str, changes: impl AsyncFn(&'static str), quoted_time: &'static str) {
    let connector = connector(place, true);
    let mut sink = huitu::pull::sample::Counting::default();
    let first = pull(&connector, None, &context(), &mut sink).await.expect("the first pull");
    assert_eq!((first.rows, first.complete), (10_000, true));
    assert!(first.next_cursor.since.as_deref().is_some_and(|s| s.starts_with("2026-03-05")), "{:?}", first.next_cursor);
    changes(quoted_time).await;
    let second = pull(&connector, Some(first.next_cursor), &context(), &mut sink).await.expect("the second pull");
    // The overlap brings the rows of the last moment again; the row of 2099 comes, and does not become the cursor.
    assert_eq!((second.rows, second.complete), (2_002, false));
    assert_eq!(second.next_cursor.since.as_deref().map(|s| &s[..10]), Some("2026-03-09"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_read_whole_and_by_what_changed() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("frontend.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let open = || sqlx::SqliteConnection::connect_with(&options);
    fill(open().await.expect("opens"), '"').await;
    let place = format!("sqlite:{}", path.display());
    the_table_comes_whole_typed_and_resumable(&place).await;
    only_what_changed_comes_again(
        &place,
        async |s| change(open().await.expect("opens"), s).await,
        "UPDATE health SET \"更新时间\" = CASE id WHEN 7 THEN '2026-03-09 08:00:00' ELSE '2099-01-01 00:00:00' END WHERE id IN (7, 8)",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_read_whole_and_by_what_changed() {
    let Some(server) = postgres() else { return };
    let place = server.database().await;
    let open = || sqlx::PgConnection::connect(&place);
    fill(open().await.expect("opens"), '"').await;
    the_table_comes_whole_typed_and_resumable(&place).await;
    only_what_changed_comes_again(
        &place,
        async |s| change(open().await.expect("opens"), s).await,
        "UPDATE health SET \"更新时间\" = CASE id WHEN 7 THEN '2026-03-09 08:00:00'::timestamp ELSE '2099-01-01 00:00:00' END WHERE id IN (7, 8)",
    )
    .await;
    let mut missing = connector(&place, false);
    missing.source.sql.table = Some("helth".into());
    let error = take(&missing, None, &context(), None).await.expect_err("no such table").to_string();
    assert!(error.contains("connector \"health\"") && error.contains("helth"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_read_whole_and_by_what_changed() {
    let Some(place) = mariadb() else { return };
    let open = || sqlx::MySqlConnection::connect(&place);
    fill(open().await.expect("opens"), '`').await;
    the_table_comes_whole_typed_and_resumable(&place).await;
    only_what_changed_comes_again(
        &place,
        async |s| change(open().await.expect("opens"), s).await,
        "UPDATE health SET `更新时间` = CASE id WHEN 7 THEN '2026-03-09 08:00:00' ELSE '2037-01-01 00:00:00' END WHERE id IN (7, 8)",
    )
    .await;
}

/// Looks, when the first rows have come, whether the server is still sending; stops the pull then.
struct Halfway<F> {
    sending: F,
    rows: usize,
    saw: Option<bool>,
}

impl<F: FnMut() -> bool + Send> huitu::pull::RowSink for Halfway<F> {
    fn columns(&mut self, _: &[String]) -> std::io::Result<()> {
        Ok(())
    }
    fn rows(&mut self, chunk: huitu::pull::Chunk) -> std::io::Result<()> {
        self.rows += chunk.len();
        // What lies between the two programs has to fill up first.
        let until = Instant::now() + Duration::from_secs(10);
        let mut saw = (self.sending)();
        while !saw && Instant::now() < until {
            saw = (self.sending)();
        }
        self.saw = Some(saw);
        Err(std::io::Error::other("seen enough"))
    }
    fn checkpoint(&mut self, _: &Cursor) -> std::io::Result<()> {
        Ok(())
    }
}

/// `look`: whether the server waits for somebody to take its rows.
async fn rows_are_read_while_the_server_sends_them<C: Connection + Send>(
    place: &str,
    query: &str,
    mut looking: C,
    look: impl AsyncFn(&mut C) -> bool + Send + Sync + Copy,
) {
    let mut connector = connector(place, false);
    connector.source.sql.table = None;
    connector.source.sql.query = Some(query.to_owned());
    let runtime = tokio::runtime::Handle::current();
    let sending = || tokio::task::block_in_place(|| runtime.block_on(look(&mut looking)));
    let mut sink = Halfway { sending, rows: 0, saw: None };
    let stopped = pull(&connector, None, &context(), &mut sink).await;
    assert!(stopped.is_err(), "the sink has stopped it");
    assert!(sink.rows < 20_000, "{} rows at once", sink.rows);
    assert_eq!(sink.saw, Some(true), "with the first rows here the server must still be sending the others");
}

/// Without a cursor column: a question of the operator's tells whether anything changed, and pages keep their distance.
async fn a_whole_table_is_asked_about_and_read_at_its_pace(place: &str, quoted: char, changes: impl AsyncFn(&'static str)) {
    let mut connector = connector(place, false);
    connector.source.sql.version = Some(format!("SELECT MAX({quoted}更新时间{quoted}) FROM health"));
    let pulled = async |connector: &Connector, known: Option<String>| {
        let mut sink = huitu::pull::sample::Counting::default();
        let context = PullContext { known, ..context() };
        pull(connector, None, &context, &mut sink).await.expect("pulls")
    };
    let first = pulled(&connector, None).await;
    assert_eq!((first.rows, first.complete, first.unchanged), (10_000, true, false));
    assert_eq!(first.next_cursor, Cursor::default(), "there is no column to go on from");
    let again = pulled(&connector, Some(first.fingerprint.clone())).await;
    assert_eq!((again.rows, again.complete, again.unchanged), (0, true, true));
    changes("UPDATE health SET id = 20000 WHERE id = 3").await;
    let unasked = pulled(&connector, Some(first.fingerprint.clone())).await;
    assert!(unasked.unchanged, "the question decides, and nothing else");
    changes("INSERT INTO health VALUES (20001, 'x', 1, NULL, '2026-03-08 10:00:00')").await;
    let changed = pulled(&connector, Some(first.fingerprint.clone())).await;
    assert_eq!((changed.rows, changed.complete, changed.unchanged), (10_001, true, false));
    // An edited connector reads again whatever the answer.
    let edited = Connector { digest: connector.digest ^ 1, ..connector.clone() };
    assert!(!pulled(&edited, Some(changed.fingerprint)).await.unchanged);

    connector.source.sql.version = Some("SELECT nonsense FROM nowhere".into());
    let error = take(&connector, None, &context(), None).await.expect_err("a wrong question").to_string();
    assert!(error.contains("connector \"health\"") && error.contains("nowhere"), "{error}");

    connector.source.sql.version = None;
    connector.source.sql.page = 1_000;
    connector.manners.rate_per_sec = Some(20.0);
    let began = Instant::now();
    assert_eq!(pulled(&connector, None).await.rows, 10_001);
    assert!(began.elapsed() >= Duration::from_millis(450), "ten pages, twenty a second: {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_without_a_cursor_is_streamed_asked_about_and_paced() {
    let Some(server) = postgres() else { return };
    let place = server.database().await;
    let open = || sqlx::PgConnection::connect(&place);
    fill(open().await.expect("opens"), '"').await;
    a_whole_table_is_asked_about_and_read_at_its_pace(&place, '"', async |s| change(open().await.expect("opens"), s).await).await;
    let query = "SELECT g AS id, repeat('x', 2000) AS \"单位名称\" FROM generate_series(1, 50000) g";
    let looking = open().await.expect("opens");
    rows_are_read_while_the_server_sends_them(&place, query, looking, async |c: &mut sqlx::PgConnection| {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'ClientWrite'";
        let (n,): (i64,) = sqlx::query_as(sql).fetch_one(c).await.expect("an answer");
        n > 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_without_a_cursor_is_streamed_asked_about_and_paced() {
    let Some(place) = mariadb_database("paced").await else { return };
    let open = || sqlx::MySqlConnection::connect(&place);
    fill(open().await.expect("opens"), '`').await;
    a_whole_table_is_asked_about_and_read_at_its_pace(&place, '`', async |s| change(open().await.expect("opens"), s).await).await;
    let query = "SELECT seq AS id, REPEAT('x', 2000) AS `单位名称` FROM seq_1_to_50000";
    let looking = open().await.expect("opens");
    rows_are_read_while_the_server_sends_them(&place, query, looking, async |c: &mut sqlx::MySqlConnection| {
        let sql =
            "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.processlist WHERE db = 'paced' AND state = 'Writing to net'";
        let (n,): (i64,) = sqlx::query_as(sql).fetch_one(c).await.expect("an answer");
        n > 0
    })
    .await;
}

/// A new database on the MariaDB of this test run, which is up when this returns.
pub async fn mariadb_database(name: &str) -> Option<String> {
    let place = mariadb()?;
    let connection = sqlx::MySqlConnection::connect(&place).await.expect("MariaDB answers");
    let sql: &'static str = Box::leak(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4").into_boxed_str());
    change(connection, sql).await;
    Some(place.replace("/frontend", &format!("/{name}")))
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let error = take(&connector("postgres://hub:hunter2@127.0.0.1:9/x", false), None, &context(), None)
        .await
        .expect_err("nobody")
        .to_string();
    assert!(error.contains("connector \"health\"") && !error.contains("hunter2"), "{error}");
    let error =
        take(&connector("sqlite:/nonexistent/x.db", false), None, &context(), None).await.expect_err("nobody").to_string();
    assert!(error.contains("/nonexistent/x.db"), "{error}");
}

/// Address of an empty database on a MariaDB of this test run. None where it is left out by name (`servers::missing`).
fn mariadb() -> Option<String> {
    static PORT: OnceLock<Option<u16>> = OnceLock::new();
    let port = (*PORT.get_or_init(start_mariadb))?;
    Some(format!("mysql://root@127.0.0.1:{port}/frontend"))
}

fn start_mariadb() -> Option<u16> {
    let found = |name: &str| {
        ["/usr/sbin", "/usr/bin", "/usr/local/bin"].iter().map(|d| std::path::Path::new(d).join(name)).find(|p| p.exists())
    };
    let (Some(server), Some(install)) = (found("mariadbd"), found("mariadb-install-db")) else {
        crate::support::servers::missing("mariadb", "apt-get install mariadb-server");
        return None;
    };
    let dir = tempfile::Builder::new().prefix("huitu-mariadb-").tempdir().expect("a folder");
    let data = dir.path().join("data");
    // SAFETY: geteuid has no preconditions.
    let user = if unsafe { libc::geteuid() } == 0 { "root".to_string() } else { std::env::var("USER").unwrap_or_default() };
    let made = Command::new(install)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-name-resolve"])
        .args([format!("--datadir={}", data.display()), format!("--user={user}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("mariadb-install-db runs");
    assert!(made.success(), "mariadb-install-db");
    let port = free_port();
    let init = dir.path().join("init.sql");
    std::fs::write(&init, "CREATE DATABASE frontend CHARACTER SET utf8mb4;\n").expect("written");
    let mut child = Command::new(server)
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--default-time-zone=+00:00"])
        .args([
            format!("--datadir={}", data.display()),
            format!("--port={port}"),
            format!("--socket={}", dir.path().join("s").display()),
            format!("--user={user}"),
            format!("--init-file={}", init.display()),
            format!("--pid-file={}", dir.path().join("pid").display()),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mariadbd starts");
    let said = child.stderr.take().expect("piped");
    end_with_us(child, dir);
    crate::support::servers::until_said(said, "ready for connections", "MariaDB");
    Some(port)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_sqlite_file_is_not_read_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("front.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut open = sqlx::SqliteConnection::connect_with(&options).await.expect("opens");
    sqlx::raw_sql("CREATE TABLE t (编号 TEXT, 名称 TEXT); INSERT INTO t VALUES ('1', '甲'), ('2', '乙')")
        .execute(&mut open)
        .await
        .expect("filled");
    let text = format!(
        "title = {{ zh = \"x\", en = \"x\" }}\nowner = {{ zh = \"x\", en = \"x\" }}\n[source]\ntransport = \"sql\"\nplace = \"sqlite:{}\"\n\
         [source.sql]\ntable = \"t\"\npage = 1\n[key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n",
        path.display()
    );
    let pulled = async |text: &str, known: Option<String>| {
        let connector = Connector::parse("front", text).expect("a manifest");
        let context = PullContext { known, ..context() };
        let mut sink = huitu::pull::sample::Counting::default();
        (huitu::pull::pull(&connector, None, &context, &mut sink).await.expect("pulls"), sink)
    };
    let (first, sink) = pulled(&text, None).await;
    assert_eq!((first.rows, first.unchanged, sink.checkpoints), (2, false, 2), "every row is a page, with a checkpoint");
    let (again, _) = pulled(&text, Some(first.fingerprint.clone())).await;
    assert_eq!((again.rows, again.unchanged, again.complete), (0, true, true));
    sqlx::raw_sql("UPDATE t SET 名称 = '丙' WHERE 编号 = '2'").execute(&mut open).await.expect("changed");
    let (changed, _) = pulled(&text, Some(first.fingerprint)).await;
    assert_eq!((changed.rows, changed.unchanged), (2, false));
    // With a question of one's own the file may be touched as often as it likes.
    let asked = text.replace("page = 1", "version = \"SELECT count(*) FROM t\"");
    let (first, _) = pulled(&asked, None).await;
    sqlx::raw_sql("UPDATE t SET 名称 = '丁' WHERE 编号 = '2'").execute(&mut open).await.expect("changed");
    let (same, _) = pulled(&asked, Some(first.fingerprint.clone())).await;
    assert!(same.unchanged, "its answer has not changed");
    sqlx::raw_sql("INSERT INTO t VALUES ('3', '戊')").execute(&mut open).await.expect("changed");
    let (more, _) = pulled(&asked, Some(first.fingerprint)).await;
    assert_eq!((more.rows, more.unchanged), (3, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_address_is_judged_by_where_its_driver_goes_not_by_how_it_is_written() {
    let careful = PullContext::default();
    for place in [
        "postgres://u:p@192.0.2.7/db?host=127.0.0.1",
        "postgres://u:p@192.0.2.7/db?hostaddr=10.0.0.9",
        "postgres://u:p@192.0.2.7/db?host=/var/run/postgresql",
        "postgres://u:p@127.0.0.1/db",
        "mysql://u:p@192.0.2.7/db?socket=/run/mysqld/mysqld.sock",
        "mysql://u:p@10.0.0.9/db",
        "mariadb://u:p@localhost/db",
    ] {
        let mut connector = connector(place, false);
        connector.source.private = false;
        let error = pull(&connector, None, &careful, &mut Counting::default()).await.expect_err(place);
        assert_eq!(error.problem.code, "private_address", "{place}: {error}");
        assert!(error.problem.en.contains("source.private") && !error.to_string().contains("u:p@"), "{error}");
    }
}
