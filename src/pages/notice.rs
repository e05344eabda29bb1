//! A page that says one thing and where to go on: for people whom a browser brought here.

use askama::Template;

use crate::model::message::Lang;

#[derive(Template)]
#[template(path = "notice.html", config = "src/pages/askama.toml")]
struct Notice<'a> {
    code: &'static str,
    title: &'a str,
    text: &'a str,
    /// The id of the request, and what it is called.
    request: (&'a str, &'a str),
    /// Where to go on, and what that is called.
    next: (&'a str, &'a str),
}

/// The whole file.
///
/// # Errors
/// None that is known: the template writes into memory.
pub fn page(lang: Lang, title: &str, text: &str, request: &str, next: (&str, &str)) -> Result<String, askama::Error> {
    let code = if lang == Lang::Zh { "zh-CN" } else { "en" };
    Notice { code, title, text, request: (lang.pick("请求编号：", "Request id: "), request), next }.render()
}
