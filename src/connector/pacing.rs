//! How huitu behaves towards a registry: how often, how fast, when not, and when to leave it alone.

use std::str::FromStr;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// Manners of one connector. Every default is one that a small department's server survives.
#[derive(Debug, Clone, PartialEq)]
pub struct Manners {
    /// Requests (or SQL pages) per second; None: one after the other without a pause.
    pub rate_per_sec: Option<f64>,
    /// Requests at the same time.
    pub concurrency: u32,
    /// No pull begins or goes on in these hours, in the configured time zone.
    pub quiet: Vec<QuietHours>,
    /// When to pull, as cron (five fields, in the configured time zone); None: with every sync.
    pub schedule: Option<String>,
    /// When a person saved that schedule: its times before are not missed. None: as the connector says, since ever.
    pub scheduled_since: Option<DateTime<Utc>>,
    pub connect_timeout_secs: u64,
    /// Longest silence while reading.
    pub read_timeout_secs: u64,
    /// Longest time of one request or one page.
    pub total_timeout_secs: u64,
    /// Tries after the first one, each waiting longer, with jitter.
    pub retries: u32,
    /// Failures in a row after which the registry is left alone …
    pub breaker_failures: u32,
    /// … for so long.
    pub breaker_secs: u64,
    /// Hours after which the registry counts as late.
    pub stale_after_hours: u64,
}

impl Default for Manners {
    fn default() -> Self {
        Manners {
            rate_per_sec: None,
            concurrency: 1,
            quiet: Vec::new(),
            schedule: None,
            scheduled_since: None,
            connect_timeout_secs: 10,
            read_timeout_secs: 30,
            total_timeout_secs: 300,
            retries: 4,
            breaker_failures: 5,
            breaker_secs: 300,
            stale_after_hours: 48,
        }
    }
}

/// `08:30-18:00`; over midnight where the end lies before the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuietHours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

impl FromStr for QuietHours {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (from, to) = text.split_once('-').ok_or(())?;
        let time = |t: &str| match t.trim() {
            "24:00" => Ok(NaiveTime::MIN),
            t => NaiveTime::parse_from_str(t, "%H:%M").map_err(|_| ()),
        };
        Ok(QuietHours { from: time(from)?, to: time(to)? })
    }
}

impl QuietHours {
    /// The first moment at or after `at` that these hours do not cover.
    fn end_after(&self, at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let local = at.with_timezone(&zone);
        if !self.covers(local.time()) {
            return at;
        }
        let day = if self.to > local.time() { local.date_naive() } else { local.date_naive() + chrono::Days::new(1) };
        day.and_time(self.to).and_local_timezone(zone).earliest().map_or(at, |end| end.with_timezone(&Utc))
    }

    fn covers(&self, time: NaiveTime) -> bool {
        if self.from < self.to { time >= self.from && time < self.to } else { time >= self.from || time < self.to }
    }
}

/// Whether a registry may or should be pulled now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Now,
    /// Its schedule says later.
    NotYet {
        next: DateTime<Utc>,
    },
    /// It asked for quiet at this hour.
    Quiet,
}

impl Manners {
    /// Whether the registry asked for quiet at `now`.
    pub fn quiet_at(&self, now: DateTime<Utc>, zone: Tz) -> bool {
        let time = now.with_timezone(&zone).time();
        self.quiet.iter().any(|q| q.covers(time))
    }

    /// What the schedule and the quiet hours say. A scheduled time that was missed is due at once, however old.
    pub fn due(&self, now: DateTime<Utc>, last: Option<DateTime<Utc>>, zone: Tz) -> Due {
        if self.quiet_at(now, zone) {
            return Due::Quiet;
        }
        let (Some(pattern), Some(last)) = (&self.schedule, last.max(self.scheduled_since)) else { return Due::Now };
        let Ok(cron) = croner::Cron::from_str(pattern) else { return Due::Now };
        match cron.find_next_occurrence(&last.with_timezone(&zone), false) {
            Ok(next) if next > now => Due::NotYet { next: next.with_timezone(&Utc) },
            _ => Due::Now,
        }
    }
}

/// How long after its scheduled time a registry may still be under way before it counts as late.
const GRACE: TimeDelta = TimeDelta::minutes(30);

impl Manners {
    /// The scheduled time after `last`, moved behind the quiet hours; None without a schedule.
    pub fn expected_after(&self, last: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let cron = croner::Cron::from_str(self.schedule.as_deref()?).ok()?;
        let last = self.scheduled_since.map_or(last, |since| last.max(since));
        let mut at = cron.find_next_occurrence(&last.with_timezone(&zone), false).ok()?.with_timezone(&Utc);
        // Quiet hours may touch one another: each round leaves one of them behind.
        for _ in 0..=self.quiet.len() {
            at = self.quiet.iter().fold(at, |at, quiet| quiet.end_after(at, zone));
        }
        Some(at)
    }

    /// Since when a registry whose last good pull was at `last` is late, if it is: its scheduled time where it has one
    /// (half an hour of grace), else the end of `stale_after_hours`.
    pub fn late_since(&self, last: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match self.expected_after(last, zone) {
            Some(expected) => (now > expected + GRACE).then_some(expected),
            None => {
                let limit = last + TimeDelta::hours(self.stale_after_hours.min(1 << 20) as i64);
                (now > limit).then_some(limit)
            }
        }
    }
}

/// Whether `pattern` is a cron line.
pub fn valid_schedule(pattern: &str) -> bool {
    croner::Cron::from_str(pattern).is_ok()
}

/// The times of a schedule after `now`, at most so many, fewer where it comes to pass no more; None where `pattern` is no cron line.
pub fn next_times(pattern: &str, now: DateTime<Utc>, zone: Tz, most: usize) -> Option<Vec<DateTime<Utc>>> {
    let cron = croner::Cron::from_str(pattern).ok()?;
    let next = |after: &DateTime<Tz>| cron.find_next_occurrence(after, false).ok();
    let times = std::iter::successors(next(&now.with_timezone(&zone)), next);
    Some(times.take(most).map(|at| at.with_timezone(&Utc)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn quiet_hours_may_span_midnight() {
        let manners = Manners { quiet: vec!["22:00-06:00".parse().expect("hours")], ..Manners::default() };
        let zone = chrono_tz::Asia::Shanghai;
        assert!(manners.quiet_at(at("2026-11-22T15:00:00Z"), zone), "23:00 in Beijing");
        assert!(!manners.quiet_at(at("2026-11-22T02:00:00Z"), zone), "10:00 in Beijing");
        assert!("8-9".parse::<QuietHours>().is_err());
    }

    #[test]
    fn a_missed_time_is_due_and_a_future_one_is_not() {
        let manners = Manners { schedule: Some("30 2 * * *".into()), ..Manners::default() };
        let zone = chrono_tz::Asia::Shanghai;
        let last = Some(at("2026-11-21T18:31:00Z"));
        assert_eq!(manners.due(at("2026-11-22T10:00:00Z"), last, zone), Due::NotYet { next: at("2026-11-22T18:30:00Z") });
        assert_eq!(manners.due(at("2026-11-23T10:00:00Z"), last, zone), Due::Now);
        assert_eq!(manners.due(at("2026-11-23T10:00:00Z"), None, zone), Due::Now);
        // Saved in the morning, the time of the night before is not missed, nor is a registry late for it.
        let saved = Manners { scheduled_since: Some(at("2026-11-23T02:00:00Z")), ..manners };
        assert_eq!(saved.due(at("2026-11-23T10:00:00Z"), last, zone), Due::NotYet { next: at("2026-11-23T18:30:00Z") });
        assert_eq!(saved.due(at("2026-11-23T10:00:00Z"), None, zone), Due::NotYet { next: at("2026-11-23T18:30:00Z") });
        assert_eq!(saved.due(at("2026-11-23T19:00:00Z"), None, zone), Due::Now);
        assert_eq!(saved.late_since(at("2026-11-20T18:31:00Z"), at("2026-11-23T10:00:00Z"), zone), None);
    }

    #[test]
    fn a_schedule_tells_its_next_times_in_the_zone_of_the_city() {
        let zone = chrono_tz::Asia::Shanghai;
        let now = at("2026-11-22T10:00:00Z");
        let times = next_times("30 2 * * 1", now, zone, 2).expect("a cron line");
        assert_eq!(times, [at("2026-11-22T18:30:00Z"), at("2026-11-29T18:30:00Z")], "Mondays at 2:30 in Beijing");
        assert!(next_times("0 0 30 2 *", now, zone, 2).expect("a cron line").is_empty(), "there is no 30 February");
        assert_eq!(next_times("at night", now, zone, 2), None);
    }

    #[test]
    fn a_registry_is_late_from_its_scheduled_time_on_and_quiet_hours_move_that_time() {
        let zone = chrono_tz::Asia::Shanghai;
        let mut manners = Manners { schedule: Some("30 2 * * *".into()), ..Manners::default() };
        let last = at("2026-11-20T18:31:00Z");
        let expected = at("2026-11-21T18:30:00Z");
        assert_eq!(manners.late_since(last, at("2026-11-21T18:45:00Z"), zone), None, "within the grace");
        assert_eq!(manners.late_since(last, at("2026-11-21T19:30:00Z"), zone), Some(expected));
        manners.quiet = vec!["22:00-06:00".parse().expect("hours"), "06:00-07:00".parse().expect("hours")];
        assert_eq!(manners.expected_after(last, zone), Some(at("2026-11-21T23:00:00Z")), "07:00 in Beijing");
        assert_eq!(manners.late_since(last, at("2026-11-21T19:30:00Z"), zone), None);
        let unscheduled = Manners { stale_after_hours: 24, ..Manners::default() };
        assert_eq!(unscheduled.late_since(last, at("2026-11-22T00:00:00Z"), zone), Some(at("2026-11-21T18:31:00Z")));
    }
}
