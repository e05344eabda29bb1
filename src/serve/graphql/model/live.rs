//! What registries say now: looked up in batches across the whole answer, one list of codes per registry.

use async_graphql::{Context, Enum, Result, SimpleObject};

use super::enterprise::Enterprise;
use super::provenance::{RecordField, RegistryRecord};
use super::registry::Registry;
use super::scalars::DateTime;
use crate::access::{AccessScope, classes};
use crate::hub::{Hub, LiveAnswer, LiveState as Ended};
use crate::serve::answers::live_lookups::LiveKey;
use crate::serve::context::{OrTell, ask, permitted};
use crate::serve::problem::{Code, GraphProblem, Problem};

/// How a registry answered.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    /// It knows the enterprise.
    Found,
    /// It does not.
    NotFound,
    /// It refused, could not be reached, or answered nonsense.
    Unavailable,
    /// It did not answer in time.
    TimedOut,
    /// It offers no look-up, or the enterprise has no credit code to ask with.
    NotOffered,
}

/// What one registry says now.
#[derive(SimpleObject)]
pub struct LiveRecord {
    /// Who was asked.
    registry: Registry,
    /// How it answered.
    state: LiveState,
    /// When it was asked; an answer may be some seconds old.
    asked_at: Option<DateTime>,
    /// The same record as it was pulled, where it was.
    record: Option<RegistryRecord>,
    /// The columns as the registry answers now.
    fields: Option<Vec<RecordField>>,
}

/// What the registries say of one enterprise; those that cannot say it now cost an error each, once per answer.
pub async fn live(ctx: &Context<'_>, enterprise: &Enterprise, wanted: Option<Vec<String>>) -> Result<Option<Vec<LiveRecord>>> {
    if !permitted(ctx, AccessScope::Records) {
        return Ok(None);
    }
    let ask = ask(ctx);
    ask.touch_store();
    let hub = ask.state.hub();
    let names: Vec<String> = match wanted {
        None => {
            let offering = hub.connectors.iter().filter(|c| c.lookup.is_some() && ask.may_know_presence(&c.name));
            offering.map(|c| c.name.clone()).collect()
        }
        Some(names) => {
            for name in &names {
                if !hub.connectors.iter().any(|c| c.name == *name) {
                    return Err(unknown(hub, name)).or_tell(ctx);
                }
                let scope = hub.presence_in(name).scope();
                scope.map_or(Ok(()), |scope| ask.caller.require(scope)).or_tell(ctx)?;
            }
            names
        }
    };
    let code = enterprise.row().credit_code().map(str::to_owned);
    let keys: Vec<LiveKey> = match &code {
        Some(code) => names.iter().map(|name| (name.clone(), code.clone())).collect(),
        None => Vec::new(),
    };
    let answers = ask.live.load_many(keys).await.or_tell(ctx)?;
    let records = names.into_iter().map(|name| {
        let answer = code.as_ref().and_then(|code| answers.get(&(name.clone(), code.clone())));
        record(ctx, enterprise, &name, answer)
    });
    Ok(Some(records.collect()))
}

fn unknown(hub: &Hub, name: &str) -> Problem {
    let known: Vec<&str> = hub.connectors.iter().map(|c| c.name.as_str()).collect();
    Problem::bad_input(format!("没有登记「{name}」"), format!("there is no registry \"{name}\"")).remedy(known.join(", "))
}

fn record(ctx: &Context<'_>, enterprise: &Enterprise, name: &str, answer: Option<&LiveAnswer>) -> LiveRecord {
    let hub = ask(ctx).state.hub();
    let mut made =
        LiveRecord { registry: Registry::named(name), state: LiveState::NotOffered, asked_at: None, record: None, fields: None };
    let Some(answer) = answer else { return made };
    made.asked_at = DateTime::from_millis(answer.asked_at);
    made.state = match &answer.state {
        Ended::Found => LiveState::Found,
        Ended::NotFound => LiveState::NotFound,
        Ended::Unavailable(_) => LiveState::Unavailable,
        Ended::TimedOut(_) => LiveState::TimedOut,
        Ended::NotOffered => LiveState::NotOffered,
    };
    if let Ended::Unavailable(_) | Ended::TimedOut(_) = &answer.state {
        tell_unavailable(ctx, name, made.state);
    }
    if let Some(record) = &answer.record {
        made.record = enterprise.record_of(name, &record.key);
        let columns = hub.connectors.iter().find(|c| c.name == name).map(|c| c.contract.columns.as_slice()).unwrap_or_default();
        let column = |field| columns.iter().find(|c| c.field == field).map_or_else(|| field.to_string(), |c| c.name.clone());
        let caller = &ask(ctx).caller;
        let told = record.fields.iter().filter(|f| caller.is_shown(classes::of_record_field(f.field)));
        made.fields = Some(told.map(|f| RecordField::of(column(f.field), &f.raw, f.field, f.value.as_ref())).collect());
    }
    made
}

/// Once per registry and answer: fifty enterprises of a page have the same cause.
fn tell_unavailable(ctx: &Context<'_>, registry: &str, state: LiveState) {
    let ask = ask(ctx);
    if !ask.first_word_of(registry) {
        return;
    }
    let (zh, en) = match state {
        LiveState::TimedOut => {
            (format!("登记「{registry}」没有在时限内应答"), format!("registry \"{registry}\" did not answer in time"))
        }
        _ => (format!("登记「{registry}」暂不可用"), format!("registry \"{registry}\" is not available")),
    };
    let mut error = Problem::new(Code::SourceUnavailable, zh, en).server_error(ask.lang);
    error.extensions.get_or_insert_default().set("registry", registry);
    error.locations.push(ctx.item.pos);
    ctx.add_error(ctx.set_error_path(error));
}
