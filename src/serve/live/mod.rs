//! What happens now: editions published, syncs under way. Over WebSocket (graphql-transport-ws) and server-sent events
//! (graphql-sse, distinct connections).

pub mod sse;
pub mod ws;

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response as Answer};
use futures_util::stream::BoxStream;

use super::answers::document::{Refused, check, make_safe, make_safe_change};
use super::answers::engine::Engine;
use super::answers::events::LastEvent;
use super::answers::persisted;
use super::answers::request::Parameters;
use super::context::RequestContext;
use super::limits::cost;
use super::problem::{GraphProblem, Problem};
use super::state::{Reading, ServerState};
use crate::access::Caller;
use crate::model::message::Lang;

/// Bytes of one message of a client.
const MAX_MESSAGE: usize = 64 << 10;

/// Which operations a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kinds {
    /// Queries and subscriptions: what a link may lead to.
    Reading,
    Any,
}

/// Starts an operation of any kind as a stream of answers; refused ones never reach the library.
#[allow(clippy::too_many_arguments)] // what an operation is, and what it goes on from
fn start(
    engine: &Engine,
    state: &ServerState,
    caller: Arc<Caller>,
    lang: Lang,
    mut parameters: Parameters,
    kinds: Kinds,
    last: LastEvent,
    id: &str,
) -> Result<BoxStream<'static, Answer>, Box<Answer>> {
    let refuse = |mut error: async_graphql::ServerError| {
        make_safe(&mut error, id, lang);
        Box::new(Answer::from_errors(vec![error]))
    };
    // Browsers can set no header on a stream: the operation may say in its extensions what it reads for.
    let purpose: Arc<str> = parameters.purpose().into();
    let caller = caller.stating(&purpose);
    persisted::resolve(state.documents(), state.limits(), &mut parameters).map_err(|p| refuse(p.server_error(lang)))?;
    let Some(document) = parameters.query.take().filter(|q| !q.trim().is_empty()) else {
        let problem =
            Problem::bad_input("缺少 query：请给出 GraphQL 查询文本", "query is missing: give the text of a GraphQL document");
        return Err(refuse(problem.server_error(lang)));
    };
    let mut variables = parameters.take_variables();
    let name = parameters.operation_name.filter(|n| !n.is_empty());
    let parsed = match check(engine.arguments(), state.limits(), &document, name.as_deref(), &mut variables) {
        Ok((parsed, _)) if kinds == Kinds::Reading && changes(&parsed, name.as_deref()) => {
            let problem = Problem::bad_input("GET 不能用于变更：请用 POST", "GET is not for mutations: use POST");
            return Err(refuse(problem.server_error(lang)));
        }
        Ok((parsed, cost)) => {
            state.budgets().spend(&caller.id, cost).map_err(|p| refuse(p.server_error(lang)))?;
            parsed
        }
        Err(Refused::Problem(problem)) => return Err(refuse(problem.server_error(lang))),
        Err(Refused::Syntax(error)) => return Err(refuse(*error)),
    };
    let lasts = cost::operation(&parsed, name.as_deref()).is_ok_and(|o| o.ty == OperationType::Subscription);
    let is_change = changes(&parsed, name.as_deref());
    let ask = RequestContext::new(state.clone(), caller, lang).reading_for(&purpose);
    let ask = Arc::new(if lasts { ask.lasting() } else { ask });
    let asked: Arc<str> = document.as_str().into();
    let given: Arc<str> = super::http::graphql::given(&variables).into();
    let mut request = Request::new(document).variables(variables).data(ask.clone()).data(last);
    request.operation_name = name;
    request.set_parsed_query(parsed);
    let id = id.to_owned();
    // Nothing is made before the first answer is asked for.
    let made = engine.execute_stream(request);
    let (change, noted, request_id, stated) = (is_change.then(|| ask.clone()), asked.clone(), id.clone(), purpose.clone());
    let answers = futures_util::StreamExt::flatten(futures_util::stream::once(async move {
        let Some(ask) = change else { return made };
        match ask.state.account_for_change(&ask.caller, &stated, &noted, &request_id).await {
            Ok(()) => made,
            Err(problem) => {
                let refused = Answer::from_errors(vec![problem.server_error(lang)]);
                futures_util::StreamExt::boxed(futures_util::stream::once(std::future::ready(refused)))
            }
        }
    }));
    Ok(Box::pin(futures_util::StreamExt::then(answers, move |mut answer| {
        let make_safe = if is_change { make_safe_change } else { make_safe };
        for error in &mut answer.errors {
            make_safe(error, &id, lang);
        }
        let (ask, asked, given, purpose, id) = (ask.clone(), asked.clone(), given.clone(), purpose.clone(), id.clone());
        async move {
            let reading = Reading {
                caller: &ask.caller,
                purpose: &purpose,
                way: "stream",
                asked: asked.as_bytes(),
                given: &given,
                shown: &ask.take_shown(),
                beyond_editions: !ask.is_edition_backed(),
                edition: ask.answered(),
                request: &id,
            };
            match ask.state.account(reading).await {
                Ok(()) => answer,
                // A change was accounted for before it was made.
                Err(_) if is_change => answer,
                Err(problem) => Answer::from_errors(vec![problem.server_error(lang)]),
            }
        }
    })))
}

fn changes(document: &ExecutableDocument, name: Option<&str>) -> bool {
    cost::operation(document, name).is_ok_and(|operation| operation.ty == OperationType::Mutation)
}

/// Whether the operation ended before it produced anything.
fn failed_before(answer: &Answer) -> bool {
    answer.data == async_graphql::Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(|e| e.path.is_empty())
}
