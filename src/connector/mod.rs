//! What a connector folder says: where a registry's data is, what its columns mean, and how to treat its owner.
//!
//! In: `connectors/<registry>/connector.toml`. Out: a [`Connector`] that turns raw rows into records. Nothing here opens
//! a file of the registry or a connection; that is `pull`'s work.

mod catalogue;
mod clock;
mod date;
mod date_words;
mod definition;
mod dress;
mod flag;
pub mod guess;
pub mod guessed;
mod key_guess;
mod keys;
mod load;
mod manifest;
mod mapping;
mod money;
mod no_record;
mod no_record_words;
mod number;
mod pacing;
mod page;
mod problem;
mod read;
mod read_as;
mod reading;
mod schema;
mod source;
mod target;
mod text;
mod unit_differs;
mod unit_said;
mod values;
mod wording;

pub use catalogue::{Catalogue, ShareClass};
pub use definition::{Connector, Decoding, Encoding, Guard, Lookup};
pub use dress::undress;
pub use keys::{Holds, KEYS, Key};
pub use load::{embedded_file, embedded_files};
pub use mapping::same_header;
pub use mapping::{Column, Contract, Drift, DriftKind, DriftPolicy, Layout};
pub use no_record::{Below, lone_line};
pub use pacing::{Due, Manners, QuietHours, next_times, valid_schedule};
pub use page::department_page;
pub use problem::{ConnectorError, Problem, RowError, nearest};
pub use read::{DriftWatch, ReadMemo, cell_count};
pub use read_as::As;
pub use schema::{json_schema, keys_page, kinds_page};
pub use source::{
    Algorithm, Auth, AuthKind, Caps, Format, Http, Method, Paging, PagingKind, Secret, SignatureText, Since, Source, Sql, Take,
    Transport, format_of, mask, split_query,
};
pub use text::{Bilingual, half_width};
pub use unit_said::{said_of_money, word_of};
