//! A document before it runs, and its errors before they leave: scanned, parsed, priced; made safe, with code and request id.

use async_graphql::parser::types::VariableDefinition;
use async_graphql::{ServerError, Value, Variables};

use super::variable_positions::ArgumentTypes;
use super::{absent_variables, overlaps, validation_messages};
use crate::model::message::Lang;
use crate::serve::limits::cost;
use crate::serve::limits::cost::Limits;
use crate::serve::problem::{Code, Problem};

pub(in crate::serve) enum Refused {
    Problem(Problem),
    Syntax(Box<ServerError>),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::Problem(problem)
    }
}

/// Scans, parses and prices a document. A variable that was not sent gets its default here: the library looks for it in arguments
/// only, not in `@include` and `@skip`.
pub(in crate::serve) fn check(
    types: &ArgumentTypes,
    limits: &Limits,
    document: &str,
    name: Option<&str>,
    variables: &mut Variables,
) -> Result<(async_graphql::parser::types::ExecutableDocument, u64), Refused> {
    cost::scan(document, limits)?;
    let mut parsed = async_graphql::parser::parse_query(document).map_err(|e| Refused::Syntax(Box::new(e.into())))?;
    let mut absent = Vec::new();
    let operation = cost::operation(&parsed, name)?;
    types.check(&parsed, operation)?;
    for definition in &operation.variable_definitions {
        let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
        match default_value {
            _ if variables.contains_key(&name.node) => {}
            Some(value) => drop(variables.insert(name.node.clone(), value.node.clone())),
            None if var_type.node.nullable => absent.push(name.node.clone()),
            // The library looks for it in arguments only, not in `@include` and `@skip`.
            None => {
                let name = &name.node;
                return Err(
                    Problem::bad_input(format!("变量 ${name} 没有取值"), format!("the variable ${name} has no value")).into()
                );
            }
        }
    }
    absent_variables::leave_out(&mut parsed, &absent);
    let operation = cost::operation(&parsed, name)?;
    let cost = cost::cost(&parsed, operation, variables, limits)?;
    overlaps::check(&parsed, operation)?;
    Ok((parsed, cost.rows))
}

pub(in crate::serve) fn code_of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

/// As [`make_safe`], of a change: one that failed by our own fault may have been made, and is not to be sent again unseen.
pub(in crate::serve) fn make_safe_change(error: &mut ServerError, request_id: &str, lang: Lang) {
    make_safe(error, request_id, lang);
    if code_of(error) == Some(Code::Internal.name())
        && let Some(extensions) = &mut error.extensions
    {
        extensions.set("retryable", false);
    }
}

/// Every error has a code, a safe text and the request id. What has no code comes from the library: the document does not
/// fit the schema.
pub(in crate::serve) fn make_safe(error: &mut ServerError, request_id: &str, lang: Lang) {
    error.source = None;
    let has_code = code_of(error).is_some();
    let extensions = error.extensions.get_or_insert_default();
    if !has_code {
        let (zh, en) = validation_messages::translated(&error.message);
        error.message = lang.pick(zh, en);
        extensions.set("code", Code::BadInput.name());
        extensions.set("retryable", false);
        let remedy = lang.pick("请对照 schema.graphql 检查查询", "compare the document with schema.graphql");
        extensions.set("hint", remedy);
    }
    extensions.set("requestId", request_id);
}
