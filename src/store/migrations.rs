//! The store's migrations, in order. A file that was ever released is never edited: a change is a new file.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// One step of the schema: its number and name, and the same step in both databases' words.
struct Step {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// A step from the two files of that name.
macro_rules! step {
    ($number:literal, $file:literal) => {
        Step {
            number: $number,
            name: $file,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $file, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $file, ".sql")),
        }
    };
}

#[rustfmt::skip]
const STEPS: &[Step] = &[
    step!(1, "0001_store"),
    step!(10, "0010_relation"),
    step!(20, "0020_push"),
    step!(30, "0030_landing"),
    step!(40, "0040_history"),
    step!(50, "0050_usage"),
    step!(60, "0060_notes"),
    step!(70, "0070_held_edition"),
    step!(80, "0080_owner"),
    step!(85, "0085_content"),
    step!(100, "0100_case"),
    step!(110, "0110_webhook"),
    step!(120, "0120_visit"),
    step!(130, "0130_duty"),
    step!(140, "0140_named_list"),
    step!(200, "0200_federation"),
    step!(240, "0240_caller"),
    step!(241, "0241_quality"),
    step!(260, "0260_lease"),
    step!(300, "0300_session"),
    step!(310, "0310_correction"),
    step!(320, "0320_token_purposes"),
    step!(325, "0325_target_source"),
    step!(335, "0335_named_list_suppliers"),
    step!(347, "0347_policy"),
    step!(352, "0352_work_event"),
    step!(356, "0356_registry_version"),
];

pub(super) fn sqlite() -> Migrator {
    migrator(|step| step.sqlite, |_| true)
}

pub(super) fn postgres() -> Migrator {
    migrator(|step| step.postgres, |_| true)
}

/// Only the steps that another store had taken: its rows fit what these make.
pub(super) fn sqlite_of(steps: &[i64]) -> Migrator {
    migrator(|step| step.sqlite, |number| steps.contains(&number))
}

/// As [`sqlite_of`], for PostgreSQL.
pub(super) fn postgres_of(steps: &[i64]) -> Migrator {
    migrator(|step| step.postgres, |number| steps.contains(&number))
}

/// Steps that this program does not know: whoever took them is newer.
pub(super) fn unknown(steps: &[i64]) -> Vec<i64> {
    steps.iter().copied().filter(|number| STEPS.iter().all(|step| step.number != *number)).collect()
}

/// Every table in the order in which the steps make them: what a table refers to stands before it.
pub(super) fn tables() -> Vec<&'static str> {
    let made = |step: &Step| step.sqlite.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    let mut tables: Vec<&'static str> = STEPS.iter().flat_map(made).collect();
    tables.dedup();
    tables
}

fn migrator(text: impl Fn(&Step) -> &'static str, is_wanted: impl Fn(i64) -> bool) -> Migrator {
    let migration =
        |step: &Step| Migration::new(step.number, step.name.into(), MigrationType::Simple, text(step).into_sql_str(), false);
    Migrator::with_migrations(STEPS.iter().filter(|step| is_wanted(step.number)).map(migration).collect())
}
