//! The connection, rehearsed: the sample plays the registry as a folder, a server or a database, in the connector's transport.

use std::path::Path;

use chrono::DateTime;

use super::finding::{Finding, found};
use crate::connector::{AuthKind, Connector, PagingKind, Transport};
use crate::model::Clock;
use crate::pull::PullError;
use crate::pull::context::{Cursor, PullContext};
use crate::pull::rehearsal::{Fault, Rehearsal, database, drop_folder};
use crate::pull::sample::sample_files;
use crate::pull::sample::{Counting, Sample, SampleError, take};

/// Tests of the connection; the same names for every transport.
pub(super) async fn check(connector: &Connector, sample: &Sample, folder: &Path, context: &PullContext) -> Vec<Finding> {
    let mut findings = vec![bad_connection(connector, context).await];
    let Ok(dir) = tempfile::tempdir() else {
        findings.push(found("rehearsal", false, "无法建立临时目录", "no temporary folder can be made"));
        return findings;
    };
    match connector.source.transport {
        Transport::Http => match Rehearsal::start(connector, &sample_files(folder)).await {
            Some(rehearsal) => {
                let rehearsed = rehearsal.connector(connector);
                findings.extend(pulls(&rehearsed, rehearsal.records(), context).await);
                findings.extend(faults(&rehearsal, &rehearsed, context).await);
            }
            None => findings.push(found(
                "rehearsal",
                false,
                "样例不是接口应答的形状",
                "the sample has not the shape of the interface's answer",
            )),
        },
        Transport::Sql | Transport::Odbc => match database(connector, sample, &dir.path().join("rehearsal.db")).await {
            Ok(rehearsed) => findings.extend(pulls(&rehearsed, sample.rows.len(), context).await),
            Err(error) => findings.push(found(
                "rehearsal",
                false,
                format!("样例无法写入演练数据库：{error}"),
                format!("the sample cannot be written into the rehearsal database: {error}"),
            )),
        },
        // A pushed batch is read like a file of its registry.
        Transport::File | Transport::Push => match drop_folder(connector, &sample_files(folder), dir.path()) {
            Ok(rehearsed) => findings.extend(pulls(&rehearsed, sample.rows.len() + sample.faults.len(), context).await),
            Err(error) => findings.push(found(
                "rehearsal",
                false,
                format!("样例无法复制：{error}"),
                format!("the sample cannot be copied: {error}"),
            )),
        },
    }
    findings
}

async fn bad_connection(connector: &Connector, context: &PullContext) -> Finding {
    let mut lost = connector.clone();
    lost.manners.retries = 0;
    lost.manners.connect_timeout_secs = 2;
    lost.manners.quiet.clear();
    lost.source.http.auth.kind = AuthKind::None;
    lost.source.place = match connector.source.transport {
        Transport::Http => "http://127.0.0.1:9/nowhere".into(),
        Transport::Sql => "postgres://nobody:secret@127.0.0.1:9/nowhere".into(),
        Transport::Odbc => "DSN=nowhere;UID=nobody;PWD=secret".into(),
        Transport::File | Transport::Push => "/nonexistent/huitu/*.csv".into(),
    };
    let good = match take(&lost, None, context, None).await {
        Err(SampleError::Pull(error)) => {
            let text = error.problem.to_string();
            text.contains(&connector.name) && !text.contains("secret")
        }
        _ => false,
    };
    found(
        "bad_connection",
        good,
        "错误的位置给出点名的报错，不泄露密码",
        "a wrong place gives an error that names the registry and no password",
    )
}

/// All rows, from any page on, under a cursor of the future and with a wrong clock.
async fn pulls(rehearsed: &Connector, records: usize, context: &PullContext) -> Vec<Finding> {
    let whole = match take(rehearsed, None, context, None).await {
        Ok(sample) if sample.rows.len() + sample.faults.len() == records => sample,
        Ok(sample) => {
            let came = sample.rows.len() + sample.faults.len();
            let (zh, en) = (format!("拉取得到 {came} 条，应为 {records} 条"), format!("{came} records came of {records}"));
            return vec![found("good_connection", false, zh, en)];
        }
        Err(error) => {
            return vec![found("good_connection", false, format!("拉取失败：{error}"), format!("the pull failed: {error}"))];
        }
    };
    let mut findings =
        vec![found("good_connection", true, format!("取得全部 {records} 条"), format!("all {records} records come"))];
    findings.push(resume(rehearsed, &whole, context).await);
    let ahead = Cursor { since: Some("2999-01-01 00:00:00".into()), ..Cursor::default() };
    let kept = crate::pull::pull(rehearsed, Some(ahead), context, &mut Counting::default()).await;
    findings.push(found(
        "future_cursor",
        kept.is_ok_and(|p| p.rows as usize == records || !p.complete),
        "未来的断点不删除任何记录",
        "a cursor in the future deletes nothing",
    ));
    findings.push(clock_skew(rehearsed, records, context).await);
    if rehearsed.source.sql.cursor.is_some() || rehearsed.source.http.since.is_some() {
        findings.push(incremental(rehearsed, records, context).await);
    }
    findings
}

/// The same rows, whichever page the pull goes on from. A file has no pages: stopped, it begins anew.
async fn resume(rehearsed: &Connector, whole: &Sample, context: &PullContext) -> Finding {
    let cells = |sample: &Sample, after: u64| -> Vec<Vec<Option<String>>> {
        sample.rows.iter().filter(|r| r.number > after).map(|r| r.cells.clone()).collect()
    };
    if matches!(rehearsed.source.transport, Transport::File | Transport::Push) {
        let _ = take(rehearsed, None, context, Some(1)).await;
        let again = take(rehearsed, None, context, None).await;
        let same = again.is_ok_and(|again| cells(&again, 0) == cells(whole, 0));
        return found("resume", same, "中断后重新读取，结果相同", "stopped and begun again it gives the same");
    }
    let mut same = true;
    for checkpoint in &whole.checkpoints {
        let (rest, incremental) = (cells(whole, checkpoint.rows), rehearsed.source.sql.cursor.is_some());
        same &= match take(rehearsed, Some(checkpoint.clone()), context, None).await {
            // Rows of the very moment of the checkpoint may come again: the same row twice says nothing new.
            Ok(resumed) if incremental => rest.iter().all(|row| resumed.rows.iter().any(|r| r.cells == *row)),
            Ok(resumed) => cells(&resumed, 0) == rest && resumed.rows.first().is_none_or(|r| r.number == checkpoint.rows + 1),
            Err(_) => false,
        };
    }
    let pages = whole.checkpoints.len();
    let paged = rehearsed.source.transport == Transport::Sql || rehearsed.source.http.paging.kind != PagingKind::None;
    found(
        "resume",
        same && (pages > 0 || !paged || whole.rows.len() < 2),
        format!("从 {pages} 个断点中任一个继续，结果相同"),
        format!("going on from any of {pages} checkpoints gives the same"),
    )
}

/// On a machine whose clock stands in 2001 every time of the sample lies in the future: it is delivered, and never becomes
/// the cursor.
async fn clock_skew(rehearsed: &Connector, records: usize, context: &PullContext) -> Finding {
    let then = DateTime::from_timestamp(1_000_000_000, 0).unwrap_or_default();
    let behind = PullContext { clock: Clock::fixed(then), ..context.clone() };
    let pulled = crate::pull::pull(rehearsed, None, &behind, &mut Counting::default()).await;
    let good = pulled.is_ok_and(|p| {
        let number = p.next_cursor.since.as_deref().is_none_or(|since| since.parse::<i128>().is_ok());
        p.rows as usize == records && number
    });
    found(
        "clock_skew",
        good,
        "时钟不准时不丢行，断点不会跳到未来",
        "a wrong clock loses no row, and the cursor never jumps into the future",
    )
}

async fn incremental(rehearsed: &Connector, records: usize, context: &PullContext) -> Finding {
    let first = crate::pull::pull(rehearsed, None, context, &mut Counting::default()).await;
    let good = match first {
        Ok(first) => {
            let known = first.next_cursor.since.is_some();
            let again = crate::pull::pull(rehearsed, Some(first.next_cursor), context, &mut Counting::default()).await;
            again.is_ok_and(|p| known && !p.complete && p.rows >= 1 && p.rows as usize <= records)
        }
        Err(_) => false,
    };
    found(
        "incremental",
        good,
        "再次拉取只取变化的行，不据此撤销其余记录",
        "the next pull brings only what changed, and takes nothing else for gone",
    )
}

/// A server that misbehaves holds the batch.
async fn faults(rehearsal: &Rehearsal, rehearsed: &Connector, context: &PullContext) -> Vec<Finding> {
    let ask = async |fault: Fault| -> Option<PullError> {
        rehearsal.set(fault);
        match take(rehearsed, None, context, None).await {
            Err(SampleError::Pull(error)) => Some(error),
            // Something else than the registry's records lands nowhere.
            Err(SampleError::Layout(problem)) => Some(PullError::of(problem).held()),
            Ok(_) => None,
        }
    };
    let mut findings = Vec::new();
    for (name, fault) in [("html_with_200", Fault::Html), ("error_with_200", Fault::ErrorBody), ("truncated", Fault::Truncated)] {
        let held = ask(fault).await.is_some_and(|e| e.held);
        findings.push(found(name, held, "暂停该批次，什么也不删", "the batch is held, nothing is deleted"));
    }
    let refused = ask(Fault::Refused).await.is_some_and(|e| e.problem.code == "unauthorised" && !e.retryable);
    findings.push(found(
        "refused",
        refused,
        "凭证被拒绝时说明原因，不再重试",
        "refused credentials are said, and not tried again",
    ));
    for (name, fault, zh, en) in [
        ("typed_as_web_page", Fault::Typed, "标为网页的数据照读", "data that are said to be a web page are read"),
        ("packed_unsaid", Fault::Packed, "未声明压缩的应答照读", "an answer that does not say it is packed is read"),
        ("null_for_empty", Fault::Null, "空列表写作 null 时照常结束", "null for an empty list ends the pull"),
    ] {
        rehearsal.set(fault);
        let read = take(rehearsed, None, context, None).await;
        let all = read.is_ok_and(|s| s.rows.len() + s.faults.len() == rehearsal.records());
        findings.push(found(name, all, zh, en));
    }
    let http = &rehearsed.source.http;
    let xml = rehearsed.source.format == Some(crate::connector::Format::Xml);
    let numbered = matches!(http.paging.kind, PagingKind::Page | PagingKind::Offset);
    if http.total.is_some() && numbered && !xml && rehearsal.records() > 1 {
        rehearsal.set(Fault::Moves);
        let moved = crate::pull::pull(rehearsed, None, context, &mut Counting::default()).await;
        let careful = moved.is_ok_and(|p| !p.complete);
        findings.push(found(
            "total_changes",
            careful,
            "拉取期间总数有变时，不据此撤销任何记录",
            "where the number of records changes meanwhile, nothing is taken for gone",
        ));
    }
    if xml {
        let held = ask(Fault::Soap).await.is_some_and(|e| e.held);
        findings.push(found("soap_fault", held, "SOAP 错误应答暂停该批次", "a fault of SOAP holds the batch"));
    }
    let kept = ask(Fault::Redirect).await.is_some_and(|e| e.problem.code == "redirect");
    findings.push(found("redirect", kept, "不跟随转向", "redirects are not followed"));
    findings
}
