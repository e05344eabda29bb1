//! Where pages are: the first, the one behind another, and how each is asked for.

use reqwest::Url;

use super::client::Ask;
use crate::connector::{Connector, PagingKind};
use crate::pull::context::Position;
use crate::pull::error::PullError;

/// Where a pull begins.
pub fn first(connector: &Connector) -> Position {
    let paging = &connector.source.http.paging;
    match paging.kind {
        PagingKind::Page | PagingKind::None => Position::Page(paging.first),
        PagingKind::Offset => Position::Offset(0),
        PagingKind::Cursor => Position::Token(String::new()),
        PagingKind::Link => Position::Link(String::new()),
    }
}

/// The pages behind `at` that are certain to be wanted: those with numbers, as far as the announced `total` goes, where each
/// has `size` rows as the last one had. `rows`: those before `at`.
pub fn foreseen(at: &Position, rows: u64, size: Option<u64>, total: Option<u64>) -> impl Iterator<Item = Position> + use<> {
    let at = at.clone();
    let (size, total) = (size.unwrap_or(0), total.unwrap_or(0));
    (1..).map_while(move |pages| {
        let behind = match at {
            Position::Page(n) => Position::Page(n + pages),
            Position::Offset(n) => Position::Offset(n + pages * size),
            Position::Token(_) | Position::Link(_) | Position::Key(_) => return None,
        };
        (size > 0 && rows + pages * size < total).then_some(behind)
    })
}

/// The request for the page at `at`; `since` where only changes are wanted.
///
/// # Errors
/// `redirect` (held) where the page is on another host.
pub fn ask(connector: &Connector, base: &Url, at: &Position, since: Option<&str>) -> Result<Ask, PullError> {
    let http = &connector.source.http;
    let paging = &http.paging;
    if let Position::Link(link) = at
        && !link.is_empty()
    {
        return Ok(Ask::get(same_host(connector, base, link)?));
    }
    let size = paging.size.to_string();
    let (page, offset, token) = match at {
        Position::Page(n) => (n.to_string(), String::new(), ""),
        Position::Offset(n) => (String::new(), n.to_string(), ""),
        Position::Token(t) => (String::new(), String::new(), t.as_str()),
        Position::Link(_) | Position::Key(_) => Default::default(),
    };
    let body = http.body.as_ref().map(|body| {
        body.replace("{page}", &page)
            .replace("{offset}", &offset)
            .replace("{size}", &size)
            .replace("{cursor}", token)
            .replace("{since}", since.unwrap_or_default())
    });
    let mut url = base.clone();
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(&http.query);
        if body.is_none() {
            match paging.kind {
                PagingKind::None => {}
                PagingKind::Page => drop(query.append_pair(&paging.param, &page).append_pair(&paging.size_param, &size)),
                PagingKind::Offset => drop(query.append_pair(&paging.param, &offset).append_pair(&paging.size_param, &size)),
                PagingKind::Cursor if token.is_empty() => drop(query.append_pair(&paging.size_param, &size)),
                PagingKind::Cursor => drop(query.append_pair(&paging.param, token).append_pair(&paging.size_param, &size)),
                PagingKind::Link => drop(query.append_pair(&paging.size_param, &size)),
            }
            if let (Some(since), Some(spec)) = (since, &http.since) {
                query.append_pair(&spec.param, since);
            }
        }
    }
    if url.query() == Some("") {
        url.set_query(None);
    }
    Ok(Ask { method: http.method, url, body, etag: None, modified: None })
}

/// A next-page address, taken relative to the registry's; refused off its host.
fn same_host(connector: &Connector, base: &Url, link: &str) -> Result<Url, PullError> {
    let url = base.join(link).map_err(|_| bad_link(connector, link))?;
    let same = url.scheme() == base.scheme()
        && url.host_str() == base.host_str()
        && url.port_or_known_default() == base.port_or_known_default();
    if same { Ok(url) } else { Err(bad_link(connector, link)) }
}

fn bad_link(connector: &Connector, link: &str) -> PullError {
    let link = crate::connector::mask(link);
    PullError::new(
        connector,
        "redirect",
        format!("下一页指向另一主机：{link}，按约定不跟随"),
        format!("its next page is on another host: {link}, which is not followed"),
    )
    .held()
}

/// Where the next page is; None: that was the last one. A page shorter than asked for is no end: the server may cap the
/// size. The end is an empty page, or the announced total (`over`), or a `token` that means the end.
///
/// # Errors
/// The answer gives the cursor that was asked for again, or a flag for one (`next_is_a_flag`): asking on would never end; its link leads to
/// another host; `at` is of another kind of paging (`foreign_cursor`).
pub fn next(
    connector: &Connector,
    base: &Url,
    at: &Position,
    came: u64,
    over: bool,
    token: Option<String>,
    link: Option<String>,
) -> Result<Option<Position>, PullError> {
    let paging = &connector.source.http.paging;
    let ended = |token: &str| token.trim().is_empty() || paging.end.iter().any(|end| end.eq_ignore_ascii_case(token.trim()));
    // Of pages with numbers the answer may say whether there is another one.
    let flagged = paging.next.is_some() && token.as_deref().is_some_and(ended);
    Ok(match (paging.kind, at) {
        (PagingKind::None, _) => None,
        (PagingKind::Page, Position::Page(n)) => (!over && !flagged).then_some(Position::Page(n + 1)),
        (PagingKind::Offset, Position::Offset(n)) => (!over && !flagged).then_some(Position::Offset(n + came)),
        (PagingKind::Cursor, Position::Token(asked)) => {
            let next = token.filter(|t| !ended(t));
            if next.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("true")) {
                return Err(flag_for_token(connector));
            }
            if next.as_ref() == Some(asked) {
                return Err(repeats(connector));
            }
            next.map(Position::Token)
        }
        (PagingKind::Link, _) => match link {
            Some(link) => Some(Position::Link(same_host(connector, base, &link)?.into())),
            None => None,
        },
        // A cursor of another kind of paging: the manifest has changed since.
        _ => {
            return Err(PullError::new(
                connector,
                "foreign_cursor",
                "断点与连接器的分页方式不符，请从头拉取",
                "the checkpoint is of another kind of paging; pull from the beginning",
            ));
        }
    })
}

fn flag_for_token(connector: &Connector) -> PullError {
    let at = connector.source.http.paging.next.as_deref().unwrap_or_default();
    PullError::new(
        connector,
        "next_is_a_flag",
        format!("{at} 只说明是否还有下一页，不是游标；请改用 source.http.paging.kind = \"page\" 或 \"offset\""),
        format!("{at} says whether there is another page and is no token: use source.http.paging.kind = \"page\" or \"offset\""),
    )
    .held()
}

pub(super) fn repeats(connector: &Connector) -> PullError {
    PullError::new(
        connector,
        "paging_repeats",
        "分页重复返回同一页，该批次已暂停；请检查 source.http.paging 的参数名；若数据源在末页之后总是重复末页，请用 source.http.total 写明总数所在，或换一个 size",
        "its paging returns the same page again; the batch is held: check the names of parameters in source.http.paging. Where it answers its last page for ever, say with source.http.total where the number of records stands, or choose another size",
    )
    .held()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_are_certain_to_come_are_foreseen() {
        let pages = |at: &Position, rows, size, total| foreseen(at, rows, size, total).take(5).collect::<Vec<_>>();
        let offsets = |list: &[u64]| list.iter().map(|n| Position::Offset(*n)).collect::<Vec<_>>();
        assert_eq!(pages(&Position::Page(3), 20, Some(10), Some(51)), [Position::Page(4), Position::Page(5), Position::Page(6)]);
        assert_eq!(pages(&Position::Offset(20), 20, Some(10), Some(50)), offsets(&[30, 40]));
        assert_eq!(pages(&Position::Offset(40), 40, Some(10), Some(50)), offsets(&[]));
        for unknown in [(None, Some(50)), (Some(10), None), (Some(0), Some(50))] {
            assert_eq!(pages(&Position::Offset(0), 0, unknown.0, unknown.1), offsets(&[]));
        }
        assert_eq!(pages(&Position::Token("t".into()), 0, Some(10), Some(50)), offsets(&[]));
    }
}
