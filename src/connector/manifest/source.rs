//! `[source]`: transport, place, credentials, and what the transport needs to know.

use std::collections::BTreeMap;

use super::shape::Say;
use super::shape::{HttpToml, Scalar, SourceToml};
use crate::connector::source::{
    Algorithm, Auth, AuthKind, Caps, Http, Method, Paging, PagingKind, Secret, SignatureText, Since, Source, Sql, Transport,
};

pub(super) fn source(s: SourceToml, say: &mut Say<'_>) -> Source {
    if s.place.is_empty() && s.transport != Transport::Push {
        say("no_place", "source.place 为空：请写明数据位置".into(), "source.place is empty: say where the data is".into());
    }
    let default = Caps::default();
    let caps = Caps {
        bytes: s.caps.bytes.unwrap_or(default.bytes),
        answer_bytes: s.caps.answer_bytes.unwrap_or(default.answer_bytes),
        ratio: s.caps.ratio.unwrap_or(default.ratio),
        entries: s.caps.entries.unwrap_or(default.entries),
        row_bytes: s.caps.row_bytes.unwrap_or(default.row_bytes),
        depth: default.depth,
    };
    let kind = s.auth.kind.unwrap_or(AuthKind::None);
    if kind != AuthKind::None && s.auth.env.is_none() && s.auth.file.is_none() {
        say(
            "no_secret",
            "source.auth 须用 env 或 file 指明凭证所在".into(),
            "source.auth must say where its secret is: env or file".into(),
        );
    }
    if matches!(kind, AuthKind::Basic | AuthKind::Signed) && s.auth.user.is_none() {
        say("no_user", format!("source.auth.kind = \"{kind}\" 须有 user"), format!("source.auth.kind = \"{kind}\" needs a user"));
    }
    if kind != AuthKind::Signed && (s.auth.algorithm.is_some() || s.auth.text.is_some()) {
        say(
            "not_signed",
            "source.auth 的 algorithm 与 text 只用于 kind = \"signed\"".into(),
            "source.auth: algorithm and text are for kind = \"signed\"".into(),
        );
    }
    let auth = Auth {
        kind,
        header: s.auth.header.unwrap_or_else(|| if kind == AuthKind::Signed { "X-Signature" } else { "Authorization" }.into()),
        secret: Secret { env: s.auth.env, file: s.auth.file },
        user: s.auth.user,
        algorithm: s.auth.algorithm.unwrap_or(Algorithm::HmacSha256),
        text: s.auth.text.unwrap_or(SignatureText::Hex),
    };
    let http = http(s.http, auth, say);
    let sql = Sql {
        table: s.sql.table,
        query: s.sql.query,
        cursor: s.sql.cursor,
        overlap: s.sql.overlap,
        page: s.sql.page.unwrap_or(5000).max(1),
        version: s.sql.version,
    };
    if matches!(s.transport, Transport::Sql | Transport::Odbc) && sql.table.is_some() == sql.query.is_some() {
        say("sql_table", "source.sql 须有 table 或 query 之一".into(), "source.sql needs either a table or a query".into());
    }
    Source {
        transport: s.transport,
        place: s.place,
        format: s.format,
        take: s.take,
        http,
        sql,
        caps,
        private: s.private,
        overridden: false,
    }
}

fn http(h: HttpToml, auth: Auth, say: &mut Say<'_>) -> Http {
    let default = Paging::default();
    let kind = h.paging.kind.unwrap_or(PagingKind::None);
    if kind == PagingKind::Cursor && h.paging.next.is_none() {
        say(
            "no_next",
            "source.http.paging.kind = \"cursor\" 须写明 next".into(),
            "source.http.paging.kind = \"cursor\" needs next: where the answer holds the token".into(),
        );
    }
    let param = match kind {
        PagingKind::Offset => "offset",
        PagingKind::Cursor => "cursor",
        _ => "page",
    };
    let paging = Paging {
        kind,
        size: h.paging.size.unwrap_or(default.size).max(1),
        size_param: h.paging.size_param.unwrap_or(default.size_param),
        param: h.paging.param.unwrap_or_else(|| param.into()),
        first: h.paging.first.unwrap_or(default.first),
        next: h.paging.next,
        end: h.paging.end.map_or(default.end, |end| end.iter().map(Scalar::text).collect()),
    };
    for pointer in
        [&h.total, &paging.next].into_iter().flatten().chain(h.ok.iter().map(|o| &o.at)).filter(|p| !p.starts_with('/'))
    {
        say(
            "bad_pointer",
            format!("「{pointer}」应是 JSON 指针，如 /data/next"),
            format!("\"{pointer}\" should be a JSON pointer such as /data/next"),
        );
    }
    let pairs = |map: &BTreeMap<String, Scalar>| map.iter().map(|(k, v)| (k.clone(), v.text())).collect::<Vec<_>>();
    Http {
        method: h.method.unwrap_or(if h.body.is_some() { Method::Post } else { Method::Get }),
        body: h.body,
        headers: pairs(&h.headers),
        query: pairs(&h.query),
        paging,
        auth,
        items: h.items,
        total: h.total,
        ok: h.ok.map(|o| (o.at, o.values.iter().map(Scalar::text).collect())),
        unchanged_by_etag: h.unchanged_by_etag,
        since: h.since.map(|s| Since { param: s.param, column: s.column, overlap_secs: s.overlap_secs }),
    }
}
