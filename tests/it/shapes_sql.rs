//! What front-end databases hold, shape by shape, on the real servers: read whole, or said. `docs/src/shapes.md` lists them.

use huitu::connector::Connector;
use huitu::model::Clock;
use huitu::model::field::Field;
use huitu::pull::sample::{Sample, take};
use huitu::pull::{Cursor, Note, PullContext, Pulled, RowSink, pull};
use sqlx::{AssertSqlSafe, Connection};

use crate::pull_sql::mariadb_database;
use crate::shapes_shared::folder;
use crate::support::servers::postgres;

fn context() -> PullContext {
    PullContext {
        clock: Clock::fixed("2026-03-10T00:00:00Z".parse().expect("a time")),
        allow_private: true,
        ..PullContext::default()
    }
}

/// Statements on the database of a place.
pub async fn run(place: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match place.split(':').next() {
        Some("sqlite") => {
            let path = place.trim_start_matches("sqlite:");
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
            let mut open = sqlx::SqliteConnection::connect_with(&options).await.expect("opens");
            sqlx::raw_sql(sql).execute(&mut open).await.expect("the statements");
            open.close().await.expect("closed");
        }
        Some("mysql") => {
            let mut open = sqlx::MySqlConnection::connect(place).await.expect("opens");
            sqlx::raw_sql(sql).execute(&mut open).await.expect("the statements");
        }
        _ => {
            let mut open = sqlx::PgConnection::connect(place).await.expect("opens");
            sqlx::raw_sql(sql).execute(&mut open).await.expect("the statements");
        }
    }
}

/// An empty database of each kind that is here.
async fn databases(name: &str, dir: &std::path::Path) -> Vec<String> {
    let mut places = vec![format!("sqlite:{}", dir.join("front.db").display())];
    places.extend(mariadb_database(name).await);
    if let Some(server) = postgres() {
        places.push(server.database().await);
    }
    places
}

fn connector(place: &str, sql: &str, more: &str, columns: &str) -> Connector {
    let text = format!(
        "title = {{ zh = \"某局\", en = \"A bureau\" }}\nowner = {{ zh = \"某局\", en = \"A bureau\" }}\n{more}\n[source]\ntransport = \"sql\"\n\
         place = {place:?}\nprivate = true\n[source.sql]\n{sql}\n[key]\ncolumns = [\"id\"]\n[columns]\n\"name\" = \"name\"\n{columns}"
    );
    Connector::parse("bureau", &text).unwrap_or_else(|e| panic!("{e}"))
}

#[derive(Default)]
struct Told {
    ids: Vec<String>,
    notes: Vec<Note>,
}

impl RowSink for Told {
    fn columns(&mut self, _: &[String]) -> std::io::Result<()> {
        Ok(())
    }
    fn rows(&mut self, chunk: huitu::pull::Chunk) -> std::io::Result<()> {
        self.ids.extend((0..chunk.len()).filter_map(|row| chunk.cells(row).next().flatten().map(str::to_owned)));
        Ok(())
    }
    fn note(&mut self, note: Note) -> std::io::Result<()> {
        self.notes.push(note);
        Ok(())
    }
    fn checkpoint(&mut self, _: &Cursor) -> std::io::Result<()> {
        Ok(())
    }
}

async fn read(connector: &Connector, from: Option<Cursor>) -> (Pulled, Told) {
    let mut told = Told::default();
    let pulled = pull(connector, from, &context(), &mut told).await.unwrap_or_else(|e| panic!("{e}"));
    (pulled, told)
}

async fn sample(connector: &Connector) -> Sample {
    take(connector, None, &context(), None).await.unwrap_or_else(|e| panic!("{e}"))
}

/// The value of a field of the row with this key, as read; `✗` where it could not be.
pub fn value(sample: &Sample, key: &str, field: Field) -> Option<String> {
    let records = sample.rows.iter().filter_map(|r| r.read.as_ref().ok()).flatten();
    let record = records.into_iter().find(|r| &*r.key == key).unwrap_or_else(|| panic!("no row {key}"));
    let found = record.fields.iter().find(|f| f.field == field)?;
    Some(found.value.as_ref().map_or_else(|| "✗".to_owned(), ToString::to_string))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_missed_whatever_a_cursor_column_holds() {
    // What the first pull has seen, what came since, and whether everything must be read to find it.
    let cases = [
        ("2026/1/9 12:00", "2026/1/10 12:00", true),
        ("9", "10", true),
        ("v9", "v10", true),
        ("20260102120000", "20260102115500", false),
        ("2026-01-02 12:00:00", "2026-01-02 11:55:00", false),
        ("2026-01-02", "2026-01-03", false),
    ];
    let dir = tempfile::tempdir().expect("a folder");
    for place in databases("cursors", dir.path()).await {
        for (seen, since, everything) in cases {
            run(
                &place,
                "DROP TABLE IF EXISTS t; CREATE TABLE t (id VARCHAR(10) PRIMARY KEY, name VARCHAR(100), changed VARCHAR(30))",
            )
            .await;
            run(&place, &format!("INSERT INTO t VALUES ('A', '北京甲有限公司', '{seen}'), ('B', '北京乙有限公司', NULL)")).await;
            let connector = connector(&place, "table = \"t\"\ncursor = \"changed\"\noverlap = 600", "complete = false", "");
            let (first, told) = read(&connector, None).await;
            assert_eq!(told.ids.len(), 2);
            run(&place, &format!("INSERT INTO t VALUES ('C', '北京丙有限公司', '{since}'), ('D', '北京丁有限公司', NULL)")).await;
            let (second, told) = read(&connector, Some(first.next_cursor)).await;
            let came = |id: &str| told.ids.iter().any(|i| i == id);
            assert!(came("C") && came("D"), "{place}: {seen}, then {since}: {:?}", told.ids);
            assert_eq!(told.notes.iter().any(|n| n.code == "cursor_is_text"), everything, "{place}: {seen}");
            assert!(!second.complete);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_without_a_type_is_compared_as_it_counts() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = format!("sqlite:{}", dir.path().join("front.db").display());
    run(&place, "CREATE TABLE t (id, name, version); CREATE VIEW v AS SELECT id, name, version + 0 AS changed FROM t").await;
    run(&place, "INSERT INTO t VALUES ('A', '甲', 4), ('B', '乙', 5)").await;
    let connector = connector(&place, "table = \"v\"\ncursor = \"changed\"", "complete = false", "");
    let (mut pulled, _) = read(&connector, None).await;
    for (id, version) in [("C", "6"), ("D", "10"), ("E", "11"), ("F", "'12'")] {
        run(&place, &format!("INSERT INTO t VALUES ('{id}', '丙', {version})")).await;
        let told;
        (pulled, told) = read(&connector, Some(pulled.next_cursor)).await;
        assert!(told.ids.contains(&id.to_owned()), "{id}: {:?}", told.ids);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_found_in_any_case_and_its_absence_lists_what_there_is() {
    let dir = tempfile::tempdir().expect("a folder");
    for place in databases("cases", dir.path()).await {
        let quote = if place.starts_with("mysql") { '`' } else { '"' };
        run(&place, &format!("CREATE TABLE t ({quote}ID{quote} VARCHAR(10) PRIMARY KEY, {quote}NAME{quote} VARCHAR(100))")).await;
        run(&place, "INSERT INTO t VALUES ('1', '北京甲有限公司')").await;
        let with = |cursor: &str| connector(&place, &format!("table = \"t\"\ncursor = \"{cursor}\""), "", "");
        assert_eq!(read(&with("id"), None).await.1.ids, ["1"]);
        let error = take(&with("更新时间"), None, &context(), None).await.expect_err("there is none").to_string();
        assert!(error.contains("\"ID\"") && error.contains("source.sql.cursor"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_and_places_are_left_and_said() {
    let dir = tempfile::tempdir().expect("a folder");
    for place in databases("bytes", dir.path()).await {
        let (kind, bytes) = if place.starts_with("postgres") { ("BYTEA", r"'\xffd800'") } else { ("BLOB", "x'ffd800'") };
        run(&place, &format!("CREATE TABLE t (id VARCHAR(10) PRIMARY KEY, name VARCHAR(100), photo {kind}, scan {kind})")).await;
        run(
            &place,
            &format!("INSERT INTO t VALUES ('1', '北京甲有限公司', {bytes}, {bytes}), ('2', '北京乙有限公司', NULL, NULL)"),
        )
        .await;
        let sample = sample(&connector(&place, "table = \"t\"", "ignore = [\"Photo\"]", "")).await;
        assert_eq!((sample.rows.len(), sample.faults.len(), sample.columns.len()), (2, 0, 2), "{place}");
        assert!(sample.notes.iter().any(|n| n.code == "columns_of_bytes" && n.en.contains("scan") && !n.en.contains("photo")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_behind_a_query_does_not_break_it() {
    let dir = tempfile::tempdir().expect("a folder");
    for place in databases("queries", dir.path()).await {
        run(
            &place,
            "CREATE TABLE t (id VARCHAR(10) PRIMARY KEY, name VARCHAR(100)); INSERT INTO t VALUES ('1', '北京甲有限公司')",
        )
        .await;
        for behind in ["", ";", "; -- 每日", " -- 每日", " /* ; */ ;"] {
            let text = format!("query = \"select id, name from t{behind}\"\nversion = \"select count(*) from t{behind}\"");
            assert_eq!(read(&connector(&place, &text, "", ""), None).await.1.ids, ["1"], "{place}: {behind}");
        }
    }
}

const VALUES: &str = "\"listed\" = { field = \"official_list\", optional = true }\n\"revenue\" = { field = \"revenue\", unit = \"yuan\", optional = true }\n\
    \"opened\" = { field = \"established_on\", optional = true }\n\"closed\" = { field = \"closed_on\", optional = true }\n\
    \"staff\" = { field = \"employees\", optional = true }\n\"capital\" = { field = \"capital\", unit = \"yuan\", optional = true }";

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_s_values_are_read_with_all_they_hold() {
    let Some(place) = mariadb_database("typed").await else { return };
    run(
        &place,
        "CREATE TABLE t (id VARCHAR(10) PRIMARY KEY, name VARCHAR(100), listed BIT(1), revenue FLOAT, opened TIMESTAMP NULL, closed DATETIME, spot POINT);
         SET time_zone = '+08:00';
         INSERT INTO t VALUES ('1', '北京甲有限公司', b'1', 12345678.9, '2021-03-01 00:00:00', '0000-00-00 00:00:00', POINT(116.4, 39.9)),
             ('2', '北京乙有限公司', b'0', 33554433, '2021-03-01 23:59:59', '1970-01-01 08:00:00', NULL)",
    )
    .await;
    for ignore in ["", "ignore = [\"spot\"]"] {
        let sample = sample(&connector(&place, "table = \"t\"", ignore, VALUES)).await;
        assert!(sample.faults.is_empty());
        let of = |key: &str, field: Field| value(&sample, key, field);
        assert_eq!(
            (of("1", Field::OfficialList).as_deref(), of("2", Field::OfficialList).as_deref()),
            (Some("true"), Some("false"))
        );
        assert_eq!(
            (of("1", Field::Revenue).as_deref(), of("2", Field::Revenue).as_deref()),
            (Some("12345679"), Some("33554432"))
        );
        for key in ["1", "2"] {
            assert_eq!(of(key, Field::EstablishedOn).as_deref(), Some("2021-03-01"), "in the hub's zone");
            assert_eq!(of(key, Field::ClosedOn), None, "a zero is no date");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_s_values_are_read_with_all_they_hold() {
    let Some(server) = postgres() else { return };
    let place = server.database().await;
    let name = place.rsplit('/').next().expect("a name").to_owned();
    run(&place, &format!("ALTER DATABASE {name} SET timezone = 'UTC'")).await;
    run(
        &place,
        "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT, listed BIT(1), revenue REAL, opened TIMESTAMPTZ, closed DATE, staff NUMERIC, capital MONEY);
         INSERT INTO t VALUES ('1', '北京甲有限公司', B'1', 12345679, '2021-03-01 00:00:00+08', 'infinity', 'NaN', '1234567.89'),
             ('2', '北京乙有限公司', B'0', 'Infinity', '-infinity', '-infinity', 7, '-0.5')",
    )
    .await;
    let sample = sample(&connector(&place, "table = \"t\"", "", VALUES)).await;
    let of = |key: &str, field: Field| value(&sample, key, field);
    assert_eq!((of("1", Field::OfficialList).as_deref(), of("2", Field::OfficialList).as_deref()), (Some("true"), Some("false")));
    assert_eq!((of("1", Field::Revenue).as_deref(), of("2", Field::Revenue)), (Some("12345679"), None));
    assert_eq!((of("1", Field::EstablishedOn).as_deref(), of("2", Field::EstablishedOn)), (Some("2021-03-01"), None));
    assert_eq!((of("1", Field::ClosedOn), of("2", Field::ClosedOn)), (None, None));
    assert_eq!((of("1", Field::Employees), of("2", Field::Employees).as_deref()), (None, Some("7")));
    assert_eq!(of("1", Field::Capital).as_deref(), Some("1234567.89"));
    let opened = sample.rows[0].cells[4].as_deref();
    assert_eq!(opened, Some("2021-03-01 00:00:00+08"), "shown in the hub's zone");
}

/// The hexadecimal digits of a text in GBK.
fn gbk_hex(text: &str) -> String {
    encoding_rs::GB18030.encode(text).0.iter().map(|b| format!("{b:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn gbk_in_columns_of_another_encoding_is_read_or_held_with_the_remedy() {
    let hex = gbk_hex("北京金隅有限公司");
    let dir = tempfile::tempdir().expect("a folder");
    let sqlite = format!("sqlite:{}", dir.path().join("front.db").display());
    run(&sqlite, &format!("CREATE TABLE t (id TEXT, name TEXT); INSERT INTO t VALUES ('1', CAST(x'{hex}' AS TEXT))")).await;
    let mut places = vec![sqlite];
    if let Some(place) = mariadb_database("western").await {
        run(&place, "CREATE TABLE t (id VARCHAR(10) PRIMARY KEY, name VARCHAR(100) CHARACTER SET latin1, note VARCHAR(100))")
            .await;
        run(&place, &format!("INSERT INTO t VALUES ('1', x'{hex}', '朝阳区')")).await;
        places.push(place);
    }
    if let Some(server) = postgres() {
        let here = server.database().await;
        let name = here.rsplit('/').next().expect("a name").to_owned();
        for encoding in ["LATIN1", "SQL_ASCII"] {
            let other = format!("{name}_{}", encoding.to_lowercase());
            run(&here, &format!("CREATE DATABASE {other} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"))
                .await;
            let place = here.replace(&name, &other);
            let text = if encoding == "LATIN1" {
                format!("convert_from('\\x{hex}', 'LATIN1')")
            } else {
                format!("convert_from('\\x{hex}', 'SQL_ASCII')")
            };
            run(&place, &format!("CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT); INSERT INTO t VALUES ('1', {text})")).await;
            places.push(place);
        }
    }
    for place in places {
        let named = connector(&place, "table = \"t\"", "", "[decoding]\nencoding = \"gbk\"");
        assert_eq!(value(&sample(&named).await, "1", Field::Name).as_deref(), Some("北京金隅有限公司"), "{place}");
        if let Some(note) = sample(&named).await.rows[0].cells.get(2) {
            assert_eq!(note.as_deref(), Some("朝阳区"), "a column that is what it says stays");
        }
        let said = match take(&connector(&place, "table = \"t\"", "", ""), None, &context(), None).await {
            Err(error) => error.to_string(),
            Ok(sample) => sample.faults.iter().map(|f| f.error.problem.en.clone()).collect(),
        };
        assert!(said.contains("decoding.encoding = \"gbk\""), "{place}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_handed_to_us_is_read_as_its_expectation_says() {
    let Some(folder) = folder() else { return };
    let database = async |case: &str| -> Option<String> {
        if case.starts_with("q_pg") { Some(postgres()?.database().await) } else { mariadb_database(case).await }
    };
    for case in [
        "q_my_bit",
        "q_my_blob",
        "q_my_cursor14",
        "q_my_cursorcase",
        "q_my_cursornull",
        "q_my_cursortext",
        "q_my_float",
        "q_my_latin1",
        "q_my_point",
        "q_my_query",
        "q_my_timestamp",
        "q_my_zero",
        "q_pg_money",
        "q_pg_timestamptz",
    ] {
        let dir = folder.join(case);
        let (Ok(text), Ok(setup)) =
            (std::fs::read_to_string(dir.join("connector.toml")), std::fs::read_to_string(dir.join("setup.sql")))
        else {
            continue;
        };
        let Some(place) = database(case).await else { continue };
        let (setup, later) = setup.split_once("-- sync, then:").unwrap_or((&setup, ""));
        run(&place, setup).await;
        let mut connector = Connector::parse(case, &text).unwrap_or_else(|e| panic!("{case}: {e}"));
        connector.source.place = place.clone();
        if case == "q_my_latin1" {
            let error = take(&connector, None, &context(), None).await.expect_err("held").to_string();
            assert!(error.contains("decoding.encoding = \"gbk\""), "{error}");
            connector.decoding.encoding = huitu::connector::Encoding::Named(encoding_rs::GB18030);
        }
        let first = sample(&connector).await;
        assert!(first.faults.is_empty(), "{case}: {:?}", first.faults);
        for record in first.rows.iter().flat_map(|r| r.read.as_ref().unwrap_or_else(|e| panic!("{case}: {e:?}"))) {
            let name = record.text(Field::Name).unwrap_or_default();
            assert!(name.starts_with("北京") && name.ends_with("有限公司"), "{case}: {name}");
            assert!(record.fields.iter().all(|f| f.value.is_some()), "{case}: {record:?}");
        }
        let of = |key: &str, field: Field| value(&first, key, field);
        match case {
            "q_my_bit" => {
                assert_eq!(
                    (of("M1", Field::OfficialList).as_deref(), of("M2", Field::OfficialList).as_deref()),
                    (Some("true"), Some("false"))
                );
            }
            "q_my_float" => assert_eq!(of("M1", Field::Revenue).as_deref(), Some("12345679")),
            "q_my_zero" => assert_eq!(
                (of("Z1", Field::EstablishedOn), of("Z2", Field::ClosedOn), of("Z3", Field::ClosedOn)),
                (None, None, None)
            ),
            "q_pg_money" => assert_eq!(of("P1", Field::Capital).as_deref(), Some("1234567.89")),
            "q_pg_timestamptz" => assert_eq!(of("P1", Field::EstablishedOn).as_deref(), Some("2021-03-01")),
            "q_my_timestamp" => assert!(first.rows[0].cells[2].as_deref().is_some_and(|t| t.starts_with("2021-03-01 00:00"))),
            _ => {}
        }
        if !later.is_empty() {
            let (pulled, _) = read(&connector, None).await;
            run(&place, later.split("-- sync:").next().unwrap_or_default()).await;
            let (_, told) = read(&connector, Some(pulled.next_cursor)).await;
            assert!(told.ids.iter().any(|id| matches!(id.as_str(), "V3" | "C4")), "{case}: {:?}", told.ids);
        }
    }
}
