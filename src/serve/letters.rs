//! `GET /letters/{kind}.html`: notice letters in bulk, to those who pay the preparatory fund and have no union, narrowed by a filter.
//!
//! Who pays is told to whoever may see payments; the letters are an export and noted as one. `corrections-{registry}` is the letter of what
//! a department is asked about its records.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::answers::usage::bits_of;
use super::graphql::model::cases::{areas_of_caller, mendable};
use super::http::parameters::RouteParameters;
use super::http::rest::{RestRequest, not_found};
use super::problem::Problem;
use super::reconcile::respond;
use super::state::ServerState;
use crate::access::{AccessScope, classes};
use crate::cases::correction::{CorrectionState, CorrectionStepKind};
use crate::edition::Filter;
use crate::hub::told_order::most_urgent_first;
use crate::model::enterprise::EnterpriseField;
use crate::model::reference::unions::federation_unit;
use crate::pages::correction_letter;
use crate::pages::letters::{Addressee, render, template};
use crate::store::correction::CorrectionQuery;

/// Letters of one file.
const MAX_LETTERS: u64 = 2_000;
/// Days that an enterprise has for its answer.
const DEADLINE_DAYS: u64 = 30;

pub async fn letters(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::filtered(&[])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match written(&state, &plain, &file).await {
        Ok(page) => respond(page, "text/html; charset=utf-8"),
        Err(problem) => plain.refuse(&problem),
    }
}

async fn written(state: &ServerState, plain: &RestRequest, file: &str) -> Result<String, Problem> {
    let kind = file.strip_suffix(".html").ok_or_else(|| not_found("函件只有 .html", "letters are there as .html"))?;
    if let Some(registry) = kind.strip_prefix("corrections-") {
        return corrections(state, plain, registry).await;
    }
    plain.ask.caller.require(AccessScope::Finance)?;
    plain.ask.caller.require(AccessScope::Export)?;
    let hub = state.hub();
    let (edition, lang) = (&plain.edition, plain.lang);
    let told = |p: crate::model::problem::Problem| Problem::bad_input(p.zh, p.en);
    let text = template(&hub.settings.data, kind, lang).map_err(told)?;
    let any = |facet, values: &[&str]| Filter::Any { facet, values: values.iter().map(|v| (*v).to_owned()).collect() };
    let payers = any("tag", &["PAYS_PREPARATORY_FUND"]).and(any("gap", &["LACKING", "LACKING_INDEPENDENT"]));
    let rows = edition.filter(&payers.and(plain.filter()?))?;
    if rows.len() > MAX_LETTERS {
        let n = rows.len();
        return Err(Problem::bad_input(
            format!("符合的有 {n} 家，一次最多 {MAX_LETTERS} 封：请按区域筛选（area=…）"),
            format!("{n} enterprises match, at most {MAX_LETTERS} letters at a time: narrow by area (area=…)"),
        )
        .remedy(MAX_LETTERS.to_string()));
    }
    let today = hub.clock.today(hub.settings.zone);
    let addressee = |row: u32| {
        let e = edition.enterprise(row);
        let district = e.district().and_then(|code| edition.area_of(code));
        let unit = e.federation().and_then(federation_unit);
        Addressee {
            values: [
                e.name().to_owned(),
                e.credit_code().unwrap_or_default().to_owned(),
                e.address().unwrap_or_default().to_owned(),
                district.map(|a| lang.pick(&a.zh, &a.en).clone()).unwrap_or_default(),
                unit.map(|u| lang.pick(u.name_zh, u.name_en).to_owned()).unwrap_or_default(),
                today.to_string(),
                (today + chrono::Days::new(DEADLINE_DAYS)).to_string(),
            ],
        }
    };
    let in_order = most_urgent_first(edition, &rows, plain.ask.caller.sight());
    let addressees: Vec<Addressee> = in_order.into_iter().map(addressee).collect();
    let page = render(&text, &addressees, lang).map_err(told)?;
    let mut shown = plain.ask.take_shown();
    let fields = ["name", "creditCode", "address", "unionCoverage", "tags", "gap"].iter().fold(0, |bits, n| bits | bits_of(n));
    shown.add(edition, rows.iter(), fields);
    let asked = format!("letters {file}?{}", plain.handed_on());
    plain.account_for_export(&asked, &shown, Some(edition.number())).await?;
    Ok(page)
}

/// The letter to the department of a registry: what it is asked and has not answered. For that department, and for whoever asks. What was
/// printed is noted as sent.
async fn corrections(state: &ServerState, plain: &RestRequest, registry: &str) -> Result<String, Problem> {
    let caller = &plain.ask.caller;
    if !caller.owns(registry) {
        [AccessScope::Review, AccessScope::Records, AccessScope::Export]
            .into_iter()
            .try_for_each(|scope| caller.require(scope))?;
    }
    let hub = state.hub();
    let fields: Vec<String> = EnterpriseField::ALL
        .iter()
        .filter(|field| caller.owns(registry) || caller.is_shown(classes::of_field(**field)))
        .map(|field| field.name().to_owned())
        .collect();
    let areas = if caller.owns(registry) { Vec::new() } else { areas_of_caller(&plain.ask) };
    let states = CorrectionState::WAITING.iter().map(|s| s.name().to_owned()).collect();
    let query = CorrectionQuery { registries: vec![registry.to_owned()], states, fields, areas, ..CorrectionQuery::default() };
    let rows = hub.store.corrections(&query, MAX_LETTERS as i64, None).await?;
    let today = hub.clock.today(hub.settings.zone);
    let page = correction_letter::render(hub, registry, &rows, today, plain.lang).map_err(mendable)?;
    let mut shown = plain.ask.take_shown();
    let mut holders: Vec<u32> = rows.iter().filter_map(|row| plain.edition.row_of_id(&row.enterprise_id)).collect();
    holders.sort_unstable();
    holders.dedup();
    shown.add(&plain.edition, holders.into_iter(), bits_of("conflicts"));
    let asked = format!("letters corrections {registry}");
    plain.account_for_export(&asked, &shown, Some(plain.edition.number())).await?;
    let ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
    let what = if caller.owns(registry) { CorrectionStepKind::Seen } else { CorrectionStepKind::Sent };
    hub.note_corrections(&ids, what, Some(&caller.name)).await.map_err(mendable)?;
    state.tell_corrections().await?;
    Ok(page)
}
