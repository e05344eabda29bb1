//! `huitu serve --mock`: the whole schema over an invented city, for whoever builds a client and has no hub.
//!
//! In: a seed and a size. Out: a hub in a folder of its own, which goes when it ends: two days of the city's registries, pulled over their
//! real transports, and what persons would have added (`kit/mock`). Its clock stands still and its registries land one after the other, so
//! that the same seed gives the same answers on every machine and every day. Nothing of a real hub is read.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, header};
use chrono::{DateTime, Days, TimeZone, Utc};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::common::{Common, look_up_there};
use super::terminal::Terminal;
use crate::config::Settings;
use crate::edition::Filter;
use crate::hub::{Hub, SyncOptions};
use crate::model::Clock;
use crate::serve::{App, Authentication, Options, app};
use crate::simulate;
use crate::simulate::ServeOptions;

/// The days of the city that are pulled: an edition each.
const DAYS: [u16; 2] = [0, 20];
/// What persons would have added.
const BEGIN: &str = include_str!("../../kit/mock/begin.graphql");
const UNITS: &str = include_str!("../../kit/mock/units.csv");
/// Enterprises of a list that somebody brings.
const NAMED: usize = 5;
/// Days from the last edition until what is opened is due.
const DUE: u64 = 7;

/// A hub over an invented city. Dropping it removes what it was made of.
pub struct Mock {
    pub hub: Hub,
    /// Its registries answer look-ups as long as it lives.
    city: simulate::Served,
    _folder: tempfile::TempDir,
}

impl Mock {
    /// Makes the city and publishes its two editions.
    ///
    /// # Errors
    /// The temporary folder cannot be written; a port cannot be taken.
    pub async fn begin(common: &Common, settings: Settings, seed: u64, enterprises: u64) -> anyhow::Result<Mock> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder; TMPDIR says where")?;
        let mut running = None;
        for day in DAYS {
            if let Some((_, city)) = running.take() {
                simulate::Served::stop(city).await;
            }
            let place = folder.path().join(format!("day-{day}"));
            let city = simulate::serve(&place, seed, enterprises, day, ServeOptions::default()).await?;
            let mut settings =
                Settings { data: folder.path().join("data"), sources: Default::default(), editions: None, ..settings.clone() };
            for source in &city.sources {
                settings.sources.insert(source.registry.to_owned(), source.place.clone());
                if let Some(token) = &source.token {
                    let file = place.join(format!("{}.token", source.registry));
                    std::fs::write(&file, token).with_context(|| file.display().to_string())?;
                    settings.secrets.insert(source.registry.to_owned(), file);
                }
            }
            let mut hub = Hub::open(settings, Clock::fixed(morning(day))).await?;
            hub.allow_private = true;
            look_up_there(&mut hub, &city);
            let options = SyncOptions { in_turn: true, ..SyncOptions::default() };
            hub.sync(&options, Arc::new(Terminal::new(common.lang()))).await?;
            running = Some((hub, city));
        }
        let (hub, city) = running.context("a city has days")?;
        added(&hub).await?;
        Ok(Mock { hub, city, _folder: folder })
    }

    /// Ends the registries.
    pub async fn stop(self) {
        self.city.stop().await;
    }
}

/// When the hub of this day looks at its clock.
fn morning(day: u16) -> DateTime<Utc> {
    let date = simulate::first_day() + Days::new(day.into());
    Utc.from_utc_datetime(&date.and_hms_opt(1, 0, 0).expect("a time of day"))
}

/// Asks the graph for what persons would have added.
async fn added(hub: &Hub) -> anyhow::Result<()> {
    let edition = hub.editions.current()?;
    let gap: Vec<_> = edition.filter(&Filter::InGap)?.iter().map(|row| edition.enterprise(row)).collect();
    let [first, second, ..] = &gap[..] else { return Ok(()) };
    let codes: Vec<&str> = gap.iter().filter_map(|e| e.credit_code()).take(NAMED).collect();
    let last = morning(DAYS[DAYS.len() - 1]).date_naive();
    let variables = json!({ "first": first.id(), "second": second.id(), "units": UNITS, "codes": codes, "next": last + Days::new(DUE),
        "year": chrono::Datelike::year(&last) });
    let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
    state.refresh().await.map_err(|problem| anyhow::anyhow!(problem.en))?;
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "query": BEGIN, "variables": variables }).to_string()))?;
    let answer = app(state).oneshot(request).await?;
    let answer: Value = serde_json::from_slice(&answer.into_body().collect().await?.to_bytes())?;
    let refused = answer["data"].as_object().into_iter().flatten().find(|(_, done)| {
        ["userErrors", "faults"].iter().any(|list| done[*list].as_array().is_some_and(|errors| !errors.is_empty()))
    });
    anyhow::ensure!(
        answer["errors"].is_null() && refused.is_none(),
        "the mock could not begin: {} {refused:?}",
        answer["errors"]
    );
    Ok(())
}
