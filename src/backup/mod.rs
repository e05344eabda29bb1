//! Backups: a store, its editions, the audit and what else its data folder keeps, at one moment, in a folder that says of every byte
//! what it was; and the way back, into either database.
//!
//! In: a hub's data folder and store, in use or not. Out: a folder of backups, of which any can be restored where nothing stands, or
//! in place of what stands there, wholly or not at all. What can be made again (spools, caches, exports) is left out. History is
//! what was backed up: a backup holds the store as it was then, with all editions that it had, and none between two backups is made up.

mod copy;
mod error;
mod make;
mod manifest;
mod restore;

pub use error::BackupError;
pub use make::{MadeBackup, back_up};
pub use manifest::{BackedUpFile, BackupManifest, MANIFEST, kept, verify};
pub use restore::{BackupChoice, RestoreTo, RestoredBackup, choose, restore};
