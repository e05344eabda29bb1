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
];

pub(super) fn sqlite() -> Migrator {
    migrator(|step| step.sqlite)
}

pub(super) fn postgres() -> Migrator {
    migrator(|step| step.postgres)
}

fn migrator(text: impl Fn(&Step) -> &'static str) -> Migrator {
    let migration =
        |step: &Step| Migration::new(step.number, step.name.into(), MigrationType::Simple, text(step).into_sql_str(), false);
    Migrator::with_migrations(STEPS.iter().map(migration).collect())
}
