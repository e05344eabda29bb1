//! What the GraphQL library says of a document that does not fit the schema, as people would say it, in both languages.
//!
//! The library speaks English only, in the words of its rules; what it names (fields, types, arguments) stays as it is. A
//! sentence that is not known here stays as it is, in Chinese behind an explanation.

/// The library's sentence with a slot for each name; the same in Chinese and in English, with the slots by number.
const SENTENCES: &[(&str, &str, &str)] = &[
    ("Unknown field \"{}\" on type \"{}\".{}", "类型 {1} 没有字段 {0}{2}", "the type {1} has no field {0}{2}"),
    (
        "Unknown argument \"{}\" on field \"{}\" of type \"{}\".{}",
        "字段 {2}.{1} 没有参数 {0}{3}",
        "the field {2}.{1} has no argument {0}{3}",
    ),
    ("Unknown argument \"{}\" on directive \"{}\".{}", "指令 @{1} 没有参数 {0}{2}", "the directive @{1} has no argument {0}{2}"),
    ("Unknown directive \"{}\"", "没有指令 @{0}", "there is no directive @{0}"),
    ("Unknown fragment: \"{}\"", "没有片段 {0}", "there is no fragment {0}"),
    ("Unknown type \"{}\"", "没有类型 {0}", "there is no type {0}"),
    (
        "Field \"{}\" argument \"{}\" of type \"{}\" is required but not provided",
        "字段 {0} 必须给出参数 {1}",
        "the field {0} needs the argument {1}",
    ),
    (
        "Directive \"@{}\" argument \"{}\" of type \"{}\" is required but not provided",
        "指令 @{0} 必须给出参数 {1}",
        "the directive @{0} needs the argument {1}",
    ),
    (
        "Field \"{}\" must not have a selection since type \"{}\" has no subfields",
        "字段 {0}（{1}）没有下级字段，请去掉花括号",
        "the field {0} ({1}) has no fields of its own: leave the braces out",
    ),
    (
        "Field \"{}\" of type \"{}\" must have a selection of subfields",
        "字段 {0}（{1}）需要用花括号选择下级字段",
        "the field {0} ({1}) needs a selection of its fields in braces",
    ),
    (
        "Fields \"{}\" conflict because {}",
        "同名字段 {0} 的内容不同：请用别名区分",
        "the fields named {0} differ: give them aliases",
    ),
    ("Fragment \"{}\" is never used", "片段 {0} 没有使用", "the fragment {0} is never used"),
    (
        "Fragment \"{}\" cannot be spread here as objects of type \"{}\" can never be of type \"{}\"",
        "片段 {0} 不能用在此处：{1} 不可能是 {2}",
        "the fragment {0} cannot be spread here: a {1} is never a {2}",
    ),
    (
        "Variable \"${}\" is not defined by operation \"{}\"",
        "操作 {1} 没有声明变量 ${0}",
        "the operation {1} does not declare ${0}",
    ),
    ("Variable \"${}\" is not defined", "没有声明变量 ${0}", "the variable ${0} is not declared"),
    ("Variable \"${}\" is not used by operation \"{}\"", "操作 {1} 没有使用变量 ${0}", "the operation {1} does not use ${0}"),
    ("Variable \"${}\" is not used", "变量 ${0} 没有使用", "the variable ${0} is not used"),
    (
        "Variable \"{}\" of type \"{}\" used in position expecting type \"{}\"",
        "变量 ${0} 的类型是 {1}，此处需要 {2}",
        "the variable ${0} is of type {1}; {2} is needed here",
    ),
    ("Invalid value for argument \"{}\", {}", "参数 {0} 有误：{1}", "the argument {0}: {1}"),
    ("expected type \"{}\"", "应为 {0}", "a {0} is expected"),
    ("enumeration type \"{}\" does not contain the value \"{}\"", "{0} 没有取值 {1}", "{0} has no value {1}"),
    ("Enumeration type does not contain value \"{}\".", "没有取值 {0}", "it has no value {0}"),
    ("Invalid default value for argument: \"{}\", {}", "变量 ${0} 的默认值有误：{1}", "the default of ${0}: {1}"),
    (
        "There can only be one argument named \"{}\"",
        "参数 {0} 出现了两次：请只给一次",
        "the argument {0} comes twice: give it once",
    ),
    (
        "There can only be one variable named \"${}\"",
        "变量 ${0} 声明了两次：请只声明一次",
        "the variable ${0} is declared twice: declare it once",
    ),
    ("Duplicate directive \"{}\"", "指令 @{0} 出现了两次：请只给一次", "the directive @{0} comes twice: give it once"),
    (
        "Directive \"{}\" may not be used on \"{}\"",
        "指令 @{0} 不能用在此处（{1}）",
        "the directive @{0} cannot be used here ({1})",
    ),
    (
        "Fragment \"{}\" cannot condition non composite type \"{}\"",
        "片段 {0} 的类型 {1} 没有字段",
        "the fragment {0} is on {1}, which has no fields",
    ),
    (
        "Fragment cannot condition non composite type \"{}\"",
        "片段的类型 {0} 没有字段",
        "a fragment is on {0}, which has no fields",
    ),
    (
        "Fragment cannot be spread here as objects of type \"{}\" can never be of type \"{}\"",
        "片段不能用在此处：{0} 不可能是 {1}",
        "the fragment cannot be spread here: a {0} is never a {1}",
    ),
    (
        "Variable \"{}\" cannot be of non-input type \"{}\"",
        "变量 ${0} 的类型 {1} 不能用于输入",
        "the variable ${0} is of type {1}, which is no input",
    ),
    ("Invalid number", "不是这里可用的数", "it is no number that can stand here"),
    ("Oneof {}", "应恰好给出其中一项", "exactly one of its fields must be given"),
    ("field \"{}\" of type \"{}\" is required but not provided", "缺少 {0}", "{0} is missing"),
    ("unknown field \"{}\" of type \"{}\"", "{1} 没有 {0}", "{1} has no {0}"),
    ("Failed to parse \"{}\": {}", "{0} 有误：{1}", "{0}: {1}"),
    ("{} is not a day such as {}", "{0} 不是 {1} 这样的日期", "{0} is not a day such as {1}"),
    ("{} is not a time such as {}", "{0} 不是 {1} 这样的时间", "{0} is not a time such as {1}"),
    ("{} is not an amount such as {}", "{0} 不是 {1} 这样的金额", "{0} is not an amount such as {1}"),
    ("Expected input type \"{}\", found {}.", "应为 {0}，收到 {1}", "a {0} is expected, not {1}"),
    (
        "Subscriptions are not supported on this transport.",
        "订阅请用 /graphql/ws 或 /graphql/sse",
        "subscriptions are served at /graphql/ws and /graphql/sse",
    ),
    ("Variable {} is not defined.", "缺少变量 ${0} 的值", "the variable ${0} has no value"),
    (" Did you mean {}?", "；是否指 {0}？", "; did you mean {0}?"),
    ("The value of the variable \"{}\" is required but not provided", "缺少变量 ${0} 的值", "the value of ${0} is missing"),
];

/// The sentence in Chinese and in English.
pub fn translated(message: &str) -> (String, String) {
    if let Some(told) = syntax(message) {
        return told;
    }
    let plain = message.split(" (occurred while parsing").next().unwrap_or(message).trim_end();
    known(plain, 0).unwrap_or_else(|| (format!("查询与模式不符：{plain}"), plain.to_owned()))
}

fn known(message: &str, depth: usize) -> Option<(String, String)> {
    SENTENCES.iter().find_map(|(sentence, zh, en)| {
        let names = slots(sentence, message)?;
        // What stands in a slot may be a sentence itself.
        let inner: Vec<(String, String)> = names
            .iter()
            .map(|name| {
                let inner = if depth < 3 { known(name, depth + 1) } else { None };
                inner.unwrap_or_else(|| ((*name).to_owned(), (*name).to_owned()))
            })
            .collect();
        let filled = |text: &str, pick: fn(&(String, String)) -> &str| {
            inner.iter().enumerate().fold(text.to_owned(), |text, (i, name)| text.replace(&format!("{{{i}}}"), pick(name)))
        };
        Some((filled(zh, |name| &name.0), filled(en, |name| &name.1)))
    })
}

/// What stands in the slots, where the sentence fits as a whole.
fn slots<'a>(sentence: &str, message: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = sentence.split("{}");
    let mut rest = message.strip_prefix(parts.next()?)?;
    let mut parts = parts.peekable();
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        let end = match (part.is_empty(), parts.peek().is_none()) {
            (true, _) => rest.len(),
            (false, true) => rest.len().checked_sub(part.len()).filter(|_| rest.ends_with(part))?,
            (false, false) => rest.find(part)?,
        };
        found.push(&rest[..end]);
        rest = &rest[end + part.len()..];
    }
    rest.is_empty().then_some(found)
}

/// The parser's drawing of where it stopped: ` --> 1:17 … = expected …`.
fn syntax(message: &str) -> Option<(String, String)> {
    let (line, column) = message.trim_start().strip_prefix("-->")?.split_whitespace().next()?.split_once(':')?;
    let expected = message.lines().rev().find_map(|l| l.trim_start().strip_prefix("= "))?;
    let expected = expected.trim_start_matches("expected ").replace('_', " ");
    Some((
        format!("第 {line} 行第 {column} 列有语法错误，此处应为：{expected}"),
        format!("syntax error in line {line}, column {column}: expected {expected}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_sentences_are_said_in_both_languages() {
        for (message, zh, en) in [
            (
                "Unknown field \"nothing\" on type \"Query\".",
                "类型 Query 没有字段 nothing",
                "the type Query has no field nothing",
            ),
            (
                "Unknown field \"nam\" on type \"Enterprise\". Did you mean \"name\"?",
                "类型 Enterprise 没有字段 nam；是否指 \"name\"？",
                "the type Enterprise has no field nam; did you mean \"name\"?",
            ),
            (
                "Field \"gap\" argument \"first\" of type \"Query\" is required but not provided",
                "字段 gap 必须给出参数 first",
                "the field gap needs the argument first",
            ),
            (
                "Invalid value for argument \"filter.ownership.0\", enumeration type \"Ownership\" does not contain the value \"PINK\"",
                "参数 filter.ownership.0 有误：Ownership 没有取值 PINK",
                "the argument filter.ownership.0: Ownership has no value PINK",
            ),
            (
                "Failed to parse \"Date\": \"2020-13-01\" is not a day such as 2026-11-22 (occurred while parsing \"DateRange\")",
                "Date 有误：\"2020-13-01\" 不是 2026-11-22 这样的日期",
                "Date: \"2020-13-01\" is not a day such as 2026-11-22",
            ),
            (
                "Failed to parse \"GapStatus\": Enumeration type does not contain value \"MISSING\".",
                "GapStatus 有误：没有取值 MISSING",
                "GapStatus: it has no value MISSING",
            ),
            (
                "Invalid default value for argument: \"s\", expected type \"Boolean\"",
                "变量 $s 的默认值有误：应为 Boolean",
                "the default of $s: a Boolean is expected",
            ),
            (
                "There can only be one argument named \"first\"",
                "参数 first 出现了两次：请只给一次",
                "the argument first comes twice: give it once",
            ),
            (
                " --> 1:17\n  |\n1 | { gap(first: 1) \n  |                 ^---\n  |\n  = expected selection_set, selection, or directive",
                "第 1 行第 17 列有语法错误，此处应为：selection set, selection, or directive",
                "syntax error in line 1, column 17: expected selection set, selection, or directive",
            ),
            ("Something new", "查询与模式不符：Something new", "Something new"),
        ] {
            assert_eq!(translated(message), (zh.to_owned(), en.to_owned()));
        }
    }
}
