//! Shapes of JSON answers beside the usual one: JSON inside a function call or a text, lists written as objects, one record alone.
//!
//! In: an answer, and where its records should be. Out: the records, or what stands there instead. Asked only where no list was
//! found.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use crate::connector::Connector;
use crate::pull::answer;
use crate::pull::json::{names_of, scalar};

/// What stands where the list should be.
#[derive(Debug, PartialEq)]
pub enum Found<'a> {
    Records(Vec<&'a str>),
    /// `null`, an empty text, an empty object: a serialiser's way of writing an empty list.
    Nothing,
    /// A JSON text inside a string: the answer with that string taken apart.
    Unwrapped(String),
    Missing,
}

/// The JSON of an answer, without what web servers put around it: `callback(…);`, `)]}',`, `while(1);`.
pub fn bare(body: &str) -> &str {
    let mut text = body.trim();
    for guard in [")]}',", ")]}'", "while(1);", "for(;;);", "while (1);", "for (;;);", "/**/"] {
        if let Some(rest) = text.strip_prefix(guard) {
            text = rest.trim_start();
        }
    }
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.');
    let Some((function, rest)) = text.split_once('(') else { return text };
    if function.is_empty() || !function.trim_end().chars().all(named) || function.starts_with(|c: char| c.is_ascii_digit()) {
        return text;
    }
    let inner = rest.trim_end().trim_end_matches(';').trim_end();
    // Without its end it is cut off, which the reader of JSON says.
    inner.strip_suffix(')').unwrap_or(rest)
}

/// Records that are written one behind the other without a list around them.
///
/// # Errors
/// The parser's; an end of the text where the last record is cut off.
pub fn lines(body: &str) -> Result<Vec<&str>, serde_json::Error> {
    serde_json::Deserializer::from_str(body).into_iter::<&RawValue>().map(|one| one.map(RawValue::get)).collect()
}

pub fn instead_of_a_list<'a>(connector: &Connector, body: &'a str, pointer: Option<&str>) -> Found<'a> {
    let path: Vec<&str> = pointer.map(|p| p.split('/').skip(1).collect()).unwrap_or_default();
    let mut raw = body.trim();
    for (depth, step) in path.iter().map(Some).chain([None]).enumerate() {
        if let Some(inner) = inner_json(raw) {
            let start = raw.as_ptr() as usize - body.as_ptr() as usize;
            let end = start + raw.len();
            return Found::Unwrapped(format!("{}{inner}{}", &body[..start], &body[end..]));
        }
        let Some(step) = step else { break };
        if depth > 0 && is_nothing(raw) {
            return Found::Nothing;
        }
        match answer::member(raw, step) {
            Some(member) => raw = member,
            None => return Found::Missing,
        }
    }
    let found = at_its_place(connector, raw, pointer.is_some());
    if pointer.is_some() || found != Found::Missing {
        return found;
    }
    // Without a place said: the only part of the answer that holds them in one of these shapes.
    let Some(members) = answer::members(raw) else { return Found::Missing };
    let mut found = Vec::new();
    for (_, member) in &members {
        if let Some(inner) = inner_json(member).filter(|i| i.trim_start().starts_with('[') || i.contains('{')) {
            let start = member.as_ptr() as usize - body.as_ptr() as usize;
            found.push(Found::Unwrapped(format!("{}{inner}{}", &body[..start], &body[start + member.len()..])));
        } else if let Some(records) = numbered(member) {
            found.push(Found::Records(records));
        }
    }
    match found.len() {
        1 => found.remove(0),
        _ => Found::Missing,
    }
}

fn at_its_place<'a>(connector: &Connector, raw: &'a str, said: bool) -> Found<'a> {
    if said && is_nothing(raw) {
        return Found::Nothing;
    }
    if let Some(records) = numbered(raw) {
        return Found::Records(records);
    }
    let whole = |record: &str| is_record(connector, record);
    if whole(raw) {
        return Found::Records(vec![raw]);
    }
    match answer::members(raw) {
        Some(members) if !members.is_empty() && members.iter().all(|(_, m)| whole(m)) => {
            Found::Records(members.into_iter().map(|(_, m)| m).collect())
        }
        _ => Found::Missing,
    }
}

fn is_nothing(raw: &str) -> bool {
    matches!(raw, "null" | "\"\"" | "false" | "\"null\"") || raw.strip_prefix('{').is_some_and(|r| r.trim() == "}")
}

/// The values of `{"0":{…},"1":{…}}`.
fn numbered(raw: &str) -> Option<Vec<&str>> {
    let members = answer::members(raw)?;
    let counts = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
    let all = !members.is_empty() && members.iter().all(|(name, m)| counts(name) && m.starts_with('{'));
    all.then(|| members.into_iter().map(|(_, m)| m).collect())
}

/// An object with the key and every column that the contract does not call optional is a record, not something around one.
fn is_record(connector: &Connector, raw: &str) -> bool {
    if !raw.starts_with('{') {
        return false;
    }
    let names: Vec<String> = names_of(raw);
    let distinct: HashSet<&String> = names.iter().collect();
    distinct.len() == names.len() && connector.layout(&names).is_ok() && connector.contract.vanished(None, &names).is_empty()
}

fn inner_json(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.starts_with('"') {
        return None;
    }
    let text = scalar(raw).ok()??;
    let inner = text.trim();
    let json = inner.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(inner).is_ok();
    json.then_some(text)
}

/// The member names of an answer's outermost object that say how it went.
pub const SIGNS: [&str; 12] = [
    "/code",
    "/status",
    "/success",
    "/state",
    "/ret",
    "/errcode",
    "/errCode",
    "/errno",
    "/error",
    "/resultCode",
    "/retCode",
    "/returnCode",
];

/// Where an answer says in words how it went.
pub const MESSAGES: [&str; 8] = ["/msg", "/message", "/errmsg", "/errMsg", "/errorMsg", "/resultMsg", "/retMsg", "/info"];

/// Whether an answer without records says in its own words that it failed: a session that has ended, too many questions.
pub fn tells_of_failure(messages: &[Option<String>]) -> bool {
    const FAILURES: &[&str] = &[
        "过期",
        "失效",
        "未登录",
        "重新登录",
        "请登录",
        "无权",
        "没有权限",
        "权限不足",
        "频繁",
        "繁忙",
        "异常",
        "失败",
        "错误",
        "超时",
        "非法",
        "无效",
        "拒绝",
        "expired",
        "invalid",
        "unauthor",
        "forbidden",
        "timeout",
        "timed out",
        "failed",
        "denied",
        "too many",
    ];
    messages.iter().flatten().any(|text| {
        let text = text.to_lowercase();
        !text.contains("成功") && !text.contains("success") && FAILURES.iter().any(|word| text.contains(word))
    })
}

/// The names of an answer's outermost members, and what those say that tell how it went.
pub fn signs(body: &str) -> String {
    let Some(members) = answer::members(body) else { return String::new() };
    let tells = |name: &str| SIGNS.iter().any(|s| &s[1..] == name);
    let said = members.iter().map(|(name, value)| if tells(name) { format!("{name}={value}") } else { name.clone() });
    said.collect::<Vec<_>>().join(";")
}

/// Whether an answer without records says in the usual words that it failed.
pub fn says_failure(signs: &[Option<String>]) -> bool {
    SIGNS.iter().zip(signs).filter_map(|(name, text)| Some((*name, text.as_deref()?))).any(|(name, text)| match name {
        "/success" => text == "false",
        "/error" => !matches!(text, "" | "0" | "false" | "null" | "none" | "None"),
        _ => {
            let word = text.to_ascii_lowercase();
            matches!(word.as_str(), "error" | "fail" | "failed" | "failure" | "exception")
                || text.parse::<i64>().is_ok_and(|n| n < 0 || (400..600).contains(&n))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connector() -> Connector {
        let text = r#"
            title = { zh = "x", en = "x" }
            owner = { zh = "x", en = "x" }
            [source]
            transport = "http"
            place = "http://x/"
            [key]
            columns = ["id"]
            [columns]
            "name" = "name"
            "staff" = { field = "employees", optional = true }
        "#;
        Connector::parse("x", text).expect("a manifest")
    }

    fn found<'a>(body: &'a str, pointer: Option<&str>) -> Found<'a> {
        instead_of_a_list(&connector(), body, pointer)
    }

    #[test]
    fn what_a_web_server_puts_around_json_is_taken_off() {
        for body in ["callback([1]);", "/**/ jQuery.cb_1([1])", ")]}',\n[1]", "while(1);[1]", " [1] ", "a.b ([1]) ;\n"] {
            assert_eq!(bare(body), "[1]", "{body}");
        }
        for body in ["callback([1", "[\"a(b)\"]", "{\"a\":\"(\"}", "ok, later", "1(2)"] {
            assert!(bare(body).len() + 9 >= body.len() && !bare(body).is_empty(), "{body}");
        }
        assert_eq!(bare("{\"a\":\"(\"}"), "{\"a\":\"(\"}");
        assert_eq!(bare("callback([1"), "[1", "its end is missed by the parser");
    }

    #[test]
    fn lists_written_as_objects_and_one_record_alone_are_records() {
        let two = r#"{"list":{"1":{"id":1,"name":"a"},"2":{"id":2,"name":"b"}}}"#;
        let records = || Found::Records(vec![r#"{"id":1,"name":"a"}"#, r#"{"id":2,"name":"b"}"#]);
        assert_eq!(found(two, Some("/list")), records());
        assert_eq!(found(two, None), records());
        assert_eq!(found(&two[8..two.len() - 1], None), records());
        let by_id = r#"{"list":{"x":{"id":1,"name":"a"},"y":{"id":2,"name":"b"}}}"#;
        assert_eq!(found(by_id, Some("/list")), records());
        assert_eq!(found(r#"{"id":1,"name":"a"}"#, None), Found::Records(vec![r#"{"id":1,"name":"a"}"#]));
        let one = r#"{"data":{"list":{"id":1,"name":"a"}}}"#;
        assert_eq!(found(one, Some("/data/list")), Found::Records(vec![r#"{"id":1,"name":"a"}"#]));
        for other in [r#"{"id":500,"message":"x"}"#, r#"{"code":1}"#, "7", r#"{"a":{"id":1}}"#] {
            assert_eq!(found(other, None), Found::Missing, "{other}");
        }
    }

    #[test]
    fn empty_lists_are_known_in_their_dress() {
        for body in [r#"{"d":{"l":null}}"#, r#"{"d":{"l":""}}"#, r#"{"d":{"l":{}}}"#, r#"{"d":null}"#, r#"{"d":{"l":false}}"#] {
            assert_eq!(found(body, Some("/d/l")), Found::Nothing, "{body}");
        }
        for body in [r#"{"d":{"total":0}}"#, r#"{"d":{"l":7}}"#, "null"] {
            assert_eq!(found(body, Some("/d/l")), Found::Missing, "{body}");
        }
    }

    #[test]
    fn json_inside_a_text_is_taken_apart_without_losing_digits() {
        let body = r#"{"code":"0","data":"{\"total\":12345678901234567890123,\"l\":[{\"id\":\"\\\"\"}]}"}"#;
        let inner = r#"{"code":"0","data":{"total":12345678901234567890123,"l":[{"id":"\""}]}}"#;
        assert_eq!(found(body, Some("/data/l")), Found::Unwrapped(inner.into()));
        assert_eq!(found(r#"{"d":"[{\"id\":1}]"}"#, None), Found::Unwrapped(r#"{"d":[{"id":1}]}"#.into()));
        assert_eq!(found(r#""[{\"id\":1}]""#, None), Found::Unwrapped(r#"[{"id":1}]"#.into()));
    }

    #[test]
    fn a_message_that_tells_of_a_failure_is_believed_where_no_record_came() {
        let told = |text: &str| tells_of_failure(&[None, Some(text.to_owned())]);
        assert!(told("token已过期") && told("请求过于频繁，请稍后再试") && told("Session expired"));
        assert!(!told("ok") && !told("查询成功，无异常") && !told("没有数据") && !told(""));
    }

    #[test]
    fn the_usual_words_of_failure_are_known() {
        let signs =
            |at: &str, text: &str| SIGNS.iter().map(|n| (*n == at).then(|| text.to_owned())).collect::<Vec<Option<String>>>();
        for (at, text) in [("/code", "500"), ("/success", "false"), ("/error", "no rights"), ("/status", "FAIL"), ("/ret", "-1")]
        {
            assert!(says_failure(&signs(at, text)), "{at} {text}");
        }
        for (at, text) in
            [("/code", "0"), ("/code", "200"), ("/success", "true"), ("/error", ""), ("/status", "ok"), ("/code", "20000")]
        {
            assert!(!says_failure(&signs(at, text)), "{at} {text}");
        }
    }
}
