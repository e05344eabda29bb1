//! The pure rooms as filters over Arrow streams, for engines that share linking and judging out over machines.
//!
//! In: an Arrow IPC stream, and what an option names. Out: an Arrow IPC stream. There is no database, no network and no clock here; the day is
//! an argument; [`segment()`] writes folders beside, and says which. What the columns are is said in `docs/src/develop/kernel.md`; what becomes of them in [`crate::link::shared_out`] and
//! in the room `assess`.
//!
//! The steps in their order: [`normalise()`], [`statistics()`] of records, [`group()`], [`statistics()`] of profiles, [`score()`],
//! [`cluster()`]; and [`assess()`] or [`segment()`], once it is known which facts are whose.

mod assess;
mod cluster;
mod columns;
mod group;
mod normalise;
mod records;
mod score;
mod segment;
mod statistics;
mod told;

pub use assess::{KernelDay, assess};
pub use cluster::cluster;
pub use group::group;
pub use normalise::normalise;
pub use records::{FactWriter, RecordWriter};
pub use score::score;
pub use segment::{SegmentPlace, segment};
pub use statistics::{KernelStatistics, statistics};
pub use told::LinkedRegistries;
