//! `[decoding]`, `[guard]`, `[manners]`, `[lookup]`: how the bytes are read and how the registry is treated.

use super::shape::Say;
use super::shape::{DecodingToml, GuardToml, LookupToml, MannersToml};
use crate::connector::pacing::{Manners, QuietHours, valid_schedule};
use crate::connector::source::{Format, Method};
use crate::connector::{Decoding, Encoding, Guard, Lookup};

pub(super) fn decoding(d: DecodingToml, format: Option<Format>, say: &mut Say<'_>) -> Decoding {
    let default = Decoding::default();
    let encoding = match d.encoding.as_deref() {
        None | Some("auto") => Encoding::Auto,
        Some(label) => match encoding_rs::Encoding::for_label(label.as_bytes()) {
            // GBK decodes as GB18030: its superset, and what departments that say GBK in fact write.
            Some(e) if e == encoding_rs::GBK => Encoding::Named(encoding_rs::GB18030),
            Some(e) => Encoding::Named(e),
            None => {
                say(
                    "unknown_encoding",
                    format!("未知的字符编码「{label}」；常用：utf-8、gb18030、utf-16le"),
                    format!("unknown encoding \"{label}\"; usual ones: utf-8, gb18030, utf-16le"),
                );
                Encoding::Auto
            }
        },
    };
    let delimiter = match d.delimiter.as_deref() {
        None if format == Some(Format::Tsv) => b'\t',
        None => b',',
        Some("tab") => b'\t',
        Some(one) if one.len() == 1 && one != "\"" && one != "\n" => one.as_bytes()[0],
        Some(other) => {
            say(
                "bad_delimiter",
                format!("分隔符「{other}」须是一个 ASCII 字符或 tab"),
                format!("delimiter \"{other}\" must be one ASCII character or tab"),
            );
            b','
        }
    };
    let header_rows = d.header_rows.unwrap_or(if d.header.is_empty() { 1 } else { 0 });
    if header_rows == 0 && d.header.is_empty() {
        say(
            "no_header",
            "decoding.header_rows = 0 时须用 decoding.header 给出列名".into(),
            "with decoding.header_rows = 0, decoding.header must name the columns".into(),
        );
    }
    Decoding {
        encoding,
        delimiter,
        quote: d.quote.unwrap_or(true),
        skip: d.skip,
        header_rows,
        header: d.header,
        header_join: d.header_join.unwrap_or(default.header_join),
        sheet: d.sheet,
        records: d.records,
    }
}

pub(super) fn guard(g: GuardToml) -> Guard {
    let default = Guard::default();
    Guard {
        max_vanished_percent: g.max_vanished_percent.unwrap_or(default.max_vanished_percent),
        max_quarantined_percent: g.max_quarantined_percent.unwrap_or(default.max_quarantined_percent),
        min_rows: g.min_rows.unwrap_or(default.min_rows),
    }
}

pub(super) fn manners(m: MannersToml, say: &mut Say<'_>) -> Manners {
    let default = Manners::default();
    let mut quiet = Vec::new();
    for hours in &m.quiet {
        match hours.parse::<QuietHours>() {
            Ok(hours) => quiet.push(hours),
            Err(()) => say(
                "bad_quiet",
                format!("安静时段「{hours}」应如 08:30-18:00"),
                format!("quiet hours \"{hours}\" should look like 08:30-18:00"),
            ),
        }
    }
    if let Some(pattern) = m.schedule.as_deref().filter(|p| !valid_schedule(p)) {
        say(
            "bad_schedule",
            format!("拉取时间「{pattern}」不是 cron，例如 \"30 2 * * *\""),
            format!("schedule \"{pattern}\" is no cron line such as \"30 2 * * *\""),
        );
    }
    Manners {
        rate_per_sec: m.rate_per_sec.filter(|r| *r > 0.0),
        concurrency: m.concurrency.unwrap_or(default.concurrency).clamp(1, 16),
        quiet,
        schedule: m.schedule,
        scheduled_since: None,
        connect_timeout_secs: m.connect_timeout_secs.unwrap_or(default.connect_timeout_secs),
        read_timeout_secs: m.read_timeout_secs.unwrap_or(default.read_timeout_secs),
        total_timeout_secs: m.total_timeout_secs.unwrap_or(default.total_timeout_secs),
        retries: m.retries.unwrap_or(default.retries).min(20),
        breaker_failures: m.breaker_failures.unwrap_or(default.breaker_failures).max(1),
        breaker_secs: m.breaker_secs.unwrap_or(default.breaker_secs),
        stale_after_hours: m.stale_after_hours.unwrap_or(default.stale_after_hours),
    }
}

pub(super) fn lookup(l: LookupToml) -> Lookup {
    Lookup {
        method: l.method.unwrap_or(if l.body.is_some() { Method::Post } else { Method::Get }),
        place: l.place,
        body: l.body,
        batch: l.batch.unwrap_or(50).clamp(1, 1000),
        timeout_secs: l.timeout_secs.unwrap_or(3),
        cache_secs: l.cache_secs.unwrap_or(60),
        items: l.items,
    }
}
