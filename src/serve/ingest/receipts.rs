//! `GET /receipts/{batch}`: the receipt of a batch as JSON, or as a page to print (`.html`, or by `Accept`). For operators,
//! and for the department whose token pushed it. What stands in the rows that were put aside is told to that department, and to whoever may
//! see rows and sums of money; others are told where and by which code. Who read it is noted.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

use super::json;
use crate::access::{AccessScope, FieldClass};
use crate::hub::HubError;
use crate::pages::receipt;
use crate::serve::answers::usage::{self, FieldUse, bits_of};
use crate::serve::http::headers::{header_text, lang_of, request_id};
use crate::serve::http::parameters;
use crate::serve::http::rest::{not_found, refuse};
use crate::serve::problem::Problem;
use crate::serve::state::{Reading, ServerState};

pub async fn receipt(State(state): State<ServerState>, Path(batch): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let (lang, id) = (lang_of(&headers), request_id(&headers));
    let lang = match parameters::none(&uri, lang) {
        Ok(lang) => lang,
        Err(problem) => return refuse(&problem, lang, &id),
    };
    match find(&state, &batch, &headers).await {
        Ok((receipt, false)) => json(StatusCode::OK, &receipt, &id),
        Ok((receipt, true)) => {
            let mut response = Response::new(receipt::render(&receipt, lang).into());
            let kept = response.headers_mut();
            kept.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            kept.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
            );
            response
        }
        Err(problem) => refuse(&problem, lang, &id),
    }
}

async fn find(
    state: &ServerState,
    batch: &str,
    headers: &HeaderMap,
) -> Result<(crate::hub::receipt::BatchReceipt, bool), Problem> {
    let purpose = usage::purpose(headers);
    let caller = state.caller(header_text(headers, header::AUTHORIZATION)).await?.stating(&purpose);
    let unknown = || not_found("没有这个批次", "there is no such batch");
    let (number, html) = match batch.strip_suffix(".html") {
        Some(number) => (number, true),
        None => {
            let accept = header_text(headers, header::ACCEPT).unwrap_or("");
            (batch.strip_suffix(".json").unwrap_or(batch), !batch.ends_with(".json") && accept.starts_with("text/html"))
        }
    };
    let number: i64 = number.parse().map_err(|_| unknown())?;
    if !caller.role.has_registry() {
        caller.require(AccessScope::Operate)?;
    }
    let receipt = state.hub().batch_receipt(number).await.map_err(|error| match error {
        HubError::Told(_) => unknown(),
        error => {
            tracing::error!(%error, "a receipt could not be read");
            Problem::internal()
        }
    })?;
    // Another department's batch does not exist for this one.
    if caller.role.has_registry() && caller.registry.as_deref() != Some(&receipt.registry) {
        return Err(unknown());
    }
    let sees_rows = caller.role.has_registry() || caller.has(AccessScope::Records) && caller.has(AccessScope::Finance);
    let receipt = if sees_rows { receipt } else { receipt.without_values() };
    let rows = receipt.quarantined_rows.len() + receipt.unreadable_values.len();
    let opened = FieldClass::Money.bit() | FieldClass::Dispute.bit();
    let shown = FieldUse {
        fields: bits_of("records"),
        count: rows as u64,
        opened: if sees_rows && rows > 0 { opened } else { 0 },
        ..FieldUse::default()
    };
    let asked = format!("receipt {number}");
    let request = request_id(headers);
    let reading = Reading {
        caller: &caller,
        purpose: &purpose,
        way: "file",
        asked: asked.as_bytes(),
        given: "",
        shown: &shown,
        beyond_editions: true,
        edition: None,
        request: &request,
    };
    state.account(reading).await?;
    Ok((receipt, html))
}
