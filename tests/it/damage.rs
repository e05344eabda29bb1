//! A store in which something is damaged says so: no row of it is read as nothing.

use huitu::link::EntityKey;
use huitu::store::{SQLITE_FILE, Store};
use sqlx::{AssertSqlSafe, Connection};

use crate::land::stores;
use crate::support::hub::{hub_with, manifest, morning, rows};

/// Runs SQL on the store by a connection of its own, as a hand or a broken disk would.
async fn damage(store: &Store, dir: &std::path::Path, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match store {
        Store::Sqlite(_) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join(SQLITE_FILE));
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
        Store::Postgres(pool, _) => drop(sqlx::raw_sql(sql).execute(pool).await.unwrap()),
    }
}

/// The error names table and row, and says that nothing was dropped.
fn assert_names<T>(answer: Result<T, huitu::store::StoreError>, row: &str) {
    let error = answer.err().unwrap_or_else(|| panic!("{row} was read")).to_string();
    assert!(error.contains(&format!("damaged row: {row}")) && error.contains("restore"), "{row}: {error}");
}

const PAIR: &str = "INSERT INTO review_pair VALUES ('P1', 'tax', 'a', 0, 'commerce', 'b', 0, '[\"E1\"]', 1.5, '[]', 'none', 1.0)";

#[tokio::test(flavor = "multi_thread")]
async fn each_damaged_row_of_the_store_is_an_error_that_names_it() {
    for (dir, store) in stores().await {
        let run = async |sql: &str| damage(&store, dir.path(), sql).await;
        store.ensure_registries(&["tax"]).await.unwrap();

        run("INSERT INTO layout (id, registry_id, columns) VALUES (1, 1, '[\"编号\"]'), (2, 1, '[\"编号\"')").await;
        assert_names(store.layouts().await, "layout 2: columns");
        run("UPDATE layout SET columns = '[\"编号\"]'").await;
        assert_eq!(store.layouts().await.unwrap().len(), 2);

        let key = |id: &str| id.parse::<EntityKey>().ok();
        run("INSERT INTO link (record_id, part, entity_id, method) VALUES (7, 1, 'E000000000001', 'x'), (3, 0, 'E00000000000?', 'x')")
            .await;
        assert_names(store.links(key).await, "link of record 3, part 0: entity_id");
        run("UPDATE link SET entity_id = 'E000000000002' WHERE record_id = 3").await;
        let ids: Vec<(i64, u16)> = store.links(key).await.unwrap().into_iter().map(|(record, part, _)| (record, part)).collect();
        assert_eq!(ids, [(3, 0), (7, 1)], "in the order of the records");

        run(PAIR).await;
        assert_eq!(store.review_pairs(9).await.unwrap().len(), 1);
        for column in ["entities", "evidence"] {
            run(&format!("UPDATE review_pair SET {column} = '[' || {column}")).await;
            let row = format!("review_pair P1: {column}");
            assert_names(store.review_pairs(9).await, &row);
            assert_names(store.review_pairs_by_id(&["P1"]).await, &row);
            assert_names(store.review_pair("P1").await, &row);
            run(&format!("UPDATE review_pair SET {column} = SUBSTR({column}, 2)")).await;
        }

        run("INSERT INTO edition_basis VALUES (4, 1, 1, '{\"rules\": ')").await;
        assert_names(store.edition_basis(4).await, "edition_basis 4: made_by");
        run("INSERT INTO lacking_since VALUES ('E1', 5, 'some day')").await;
        assert_names(store.lacking_as_of(5).await, "lacking_since E1");

        run("INSERT INTO judgement (id, verdict, left_registry, left_key, left_part, right_registry, right_key, right_part, at)
             VALUES ('J1', 'SAMEISH', 'tax', 'a', 0, 'tax', 'b', 0, 1)")
        .await;
        assert_names(store.judgements().await.unwrap()[0].judgement(&store), "judgement J1: verdict");
        run("INSERT INTO finding (id, enterprise_id, reason, at, until) VALUES ('F1', 'E1', 'moved', 1, '2026-13-01')").await;
        assert_names(store.findings(None).await.unwrap()[0].last_day(&store), "finding F1: until");

        run("DELETE FROM meta WHERE key = 'store_id'").await;
        assert_names(store.id().await, "meta store_id");
    }
}

/// SQLite keeps whatever bytes a text is said to be.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_not_utf_8_is_an_error_and_not_an_empty_text() {
    let test_hub =
        hub_with(&[("bureau", manifest("甲", "", "transport = \"file\"\nplace = \"../../rows.csv\"", ""))], morning()).await;
    test_hub.write("rows.csv", rows(3));
    test_hub.sync(&[]).await;
    let store = &test_hub.hub.store;
    assert_eq!(store.records_between(0, 9).await.unwrap().len(), 3);
    let data = test_hub.dir.path().join("data");
    damage(store, &data, "UPDATE record SET payload = CAST(x'5BFF5D' AS TEXT) WHERE id = 2").await;
    assert_names(store.records_between(0, 9).await, "record 2: payload is not UTF-8");
    damage(store, &data, "UPDATE link SET entity_id = CAST(x'45FF' AS TEXT) WHERE record_id = 1").await;
    assert_names(store.links(|id| Some(id.to_owned())).await, "link of record 1: entity_id is not UTF-8");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_row_that_no_connector_can_read_is_counted_on_the_receipt() {
    let test_hub =
        hub_with(&[("bureau", manifest("甲", "", "transport = \"file\"\nplace = \"../../rows.csv\"", ""))], morning()).await;
    test_hub.write("rows.csv", rows(5));
    let first = test_hub.sync(&[]).await;
    assert_eq!((first.edition.unwrap().enterprises, &first.receipts[0].notice), (5, &None));
    for id in [2, 4] {
        let sql = format!("UPDATE record SET payload = '[\"K' WHERE id = {id}");
        damage(&test_hub.hub.store, &test_hub.dir.path().join("data"), &sql).await;
    }
    // What is kept beside the store knows nothing of the damage.
    for name in ["records.snapshot", "linker.state"] {
        let _ = std::fs::remove_file(test_hub.dir.path().join("data").join(name));
    }
    test_hub.write("rows.csv", rows(6));
    let second = test_hub.sync(&[]).await;
    let notice = second.receipts[0].notice.clone().expect("a notice");
    assert_eq!(notice.code, "records_unreadable");
    assert!(notice.en.starts_with("2 stored records") && notice.en.contains("number 2"), "{}", notice.en);
    assert_eq!(second.edition.unwrap().enterprises, 4);
}
