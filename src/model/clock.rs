//! The only place that asks what time it is.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

/// Where times come from: the system, or a fixed instant in tests.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The computer's own time.
    #[default]
    System,
    /// An instant that stands still until it is set: tests and demonstrations.
    Fixed(Arc<std::sync::Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands at `at`.
    pub fn fixed(at: DateTime<Utc>) -> Clock {
        Clock::Fixed(Arc::new(std::sync::Mutex::new(at)))
    }
    /// The time now, in UTC.
    #[allow(clippy::disallowed_methods)] // this is the one place
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::System => Utc::now(),
            Clock::Fixed(at) => *at.lock().expect("no panic while holding the clock"),
        }
    }
    /// Moves a fixed clock; the system's clock stays as it is.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Clock::Fixed(at) = self {
            *at.lock().expect("no panic while holding the clock") = to;
        }
    }
    /// Milliseconds since 1970, as the store keeps times.
    pub fn millis(&self) -> i64 {
        self.now().timestamp_millis()
    }
    /// Today in `zone`.
    pub fn today(&self, zone: chrono_tz::Tz) -> NaiveDate {
        self.now().with_timezone(&zone).date_naive()
    }
}
