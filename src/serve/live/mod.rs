//! What happens now: editions published, syncs under way. Over WebSocket (graphql-transport-ws) and server-sent events
//! (graphql-sse, distinct connections).

pub mod sse;
pub mod ws;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response as Answer, Variables};
use futures_util::stream::BoxStream;
use tokio::sync::broadcast;

use super::App;
use super::access::Caller;
use super::answers::context::Ask;
use super::answers::persisted;
use super::answers::request::Parameters;
use super::http::graphql::{Refused, check, make_safe};
use super::limits::cost;
use super::problem::Problem;
use crate::edition::Manifest;
use crate::hub::progress::{Event, Progress};
use crate::model::message::Lang;

/// Events a slow subscriber may be behind before it misses some.
const BEHIND: usize = 256;

/// Bytes of one message of a client.
const MAX_MESSAGE: usize = 64 << 10;
/// Event streams that one caller may have open.
const MAX_STREAMS: usize = 100;

/// Where events go out to subscribers.
pub struct Live {
    pub syncs: broadcast::Sender<Event>,
    pub editions: broadcast::Sender<Arc<Manifest>>,
    /// Open event streams by caller.
    streams: Arc<Mutex<HashMap<String, usize>>>,
}

/// The right to an event stream; given back when dropped.
struct Place {
    streams: Arc<Mutex<HashMap<String, usize>>>,
    caller: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.streams.lock().expect("no panic while counting");
        if let Some(open) = streams.get_mut(&self.caller) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.caller);
            }
        }
    }
}

impl Live {
    /// None where the caller has as many streams open as one may have.
    fn place(&self, caller: &str) -> Option<Place> {
        let mut streams = self.streams.lock().expect("no panic while counting");
        let open = streams.entry(caller.to_owned()).or_default();
        if *open >= MAX_STREAMS {
            return None;
        }
        *open += 1;
        Some(Place { streams: self.streams.clone(), caller: caller.to_owned() })
    }
}

/// Which operations a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kinds {
    /// Queries and subscriptions: what a link may lead to.
    Reading,
    Any,
}

impl Default for Live {
    fn default() -> Live {
        Live { syncs: broadcast::channel(BEHIND).0, editions: broadcast::channel(BEHIND).0, streams: Arc::default() }
    }
}

/// Hands a sync's events to subscribers, and on to whoever else watches.
pub struct Broadcast {
    pub app: App,
    pub also: Option<Arc<dyn Progress>>,
}

impl Progress for Broadcast {
    fn event(&self, event: &Event) {
        // Nobody listening is not an error.
        let _ = self.app.live().syncs.send(event.clone());
        if let Some(also) = &self.also {
            also.event(event);
        }
    }
}

/// Starts an operation of any kind as a stream of answers; refused ones never reach the library.
fn start(
    app: &App,
    caller: Arc<Caller>,
    lang: Lang,
    mut parameters: Parameters,
    kinds: Kinds,
    id: &str,
) -> Result<BoxStream<'static, Answer>, Box<Answer>> {
    let refuse = |mut error: async_graphql::ServerError| {
        make_safe(&mut error, id, lang);
        Box::new(Answer::from_errors(vec![error]))
    };
    persisted::resolve(app, &mut parameters).map_err(|p| refuse(p.server_error(lang)))?;
    let Some(document) = parameters.query.take().filter(|q| !q.trim().is_empty()) else {
        let problem =
            Problem::bad_input("缺少 query：请给出 GraphQL 查询文本", "query is missing: give the text of a GraphQL document");
        return Err(refuse(problem.server_error(lang)));
    };
    let variables = Variables::from_json(serde_json::Value::Object(parameters.variables.unwrap_or_default()));
    let name = parameters.operation_name.filter(|n| !n.is_empty());
    let parsed = match check(app, &document, name.as_deref(), &variables) {
        Ok((parsed, _)) if kinds == Kinds::Reading && changes(&parsed, name.as_deref()) => {
            let problem = Problem::bad_input("GET 不能用于变更：请用 POST", "GET is not for mutations: use POST");
            return Err(refuse(problem.server_error(lang)));
        }
        Ok((parsed, cost)) => {
            let now = app.hub().clock.millis();
            app.budgets()
                .spend(&caller.name, cost, app.limits().cost_per_minute, now)
                .map_err(|p| refuse(p.server_error(lang)))?;
            parsed
        }
        Err(Refused::Problem(problem)) => return Err(refuse(problem.server_error(lang))),
        Err(Refused::Syntax(error)) => return Err(refuse(*error)),
    };
    let lasts = cost::operation(&parsed, name.as_deref()).is_ok_and(|o| o.ty == OperationType::Subscription);
    let ask = Ask::new(app.clone(), caller, lang);
    let ask = Arc::new(if lasts { ask.lasting() } else { ask });
    let mut request = Request::new(document).variables(variables).data(ask.clone());
    request.operation_name = name;
    request.set_parsed_query(parsed);
    let id = id.to_owned();
    let answers = app.graph().execute_stream(request);
    Ok(Box::pin(futures_util::StreamExt::map(answers, move |mut answer| {
        for error in &mut answer.errors {
            make_safe(error, &id, lang);
        }
        ask.app.tally().add(&ask.caller, "", &ask.take_shown());
        answer
    })))
}

fn changes(document: &ExecutableDocument, name: Option<&str>) -> bool {
    cost::operation(document, name).is_ok_and(|operation| operation.ty == OperationType::Mutation)
}

/// Whether the operation ended before it produced anything.
fn failed_before(answer: &Answer) -> bool {
    answer.data == async_graphql::Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(|e| e.path.is_empty())
}
