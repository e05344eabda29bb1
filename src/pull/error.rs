//! Why a pull ended early: a stable code, a text naming registry, place and remedy, and what follows from it.

use std::fmt;
use std::io;

use crate::connector::{Connector, Problem};

/// A pull that could not be finished. What was delivered before its last checkpoint stays good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullError {
    /// `registry`, place (secrets masked) and remedy are in the texts.
    pub problem: Problem,
    /// Trying again later may help: the server was busy or could not be reached.
    pub retryable: bool,
    /// What came is no statement of the registry (an HTML page, `{"code":500}`, half a file): nothing of this batch may
    /// land before a person has looked at it.
    pub held: bool,
    /// Seconds the registry asked us to wait.
    pub retry_after_secs: Option<u64>,
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for PullError {}

impl PullError {
    /// What happened to which connector's source; `zh` and `en` are clauses that follow its name and place.
    pub fn new(connector: &Connector, code: &'static str, zh: impl fmt::Display, en: impl fmt::Display) -> PullError {
        let (name, place) = (&connector.name, connector.source.shown());
        PullError {
            problem: Problem::new(
                code,
                format!("连接器「{name}」（{place}）：{zh}"),
                format!("connector \"{name}\" ({place}): {en}"),
            ),
            retryable: false,
            held: false,
            retry_after_secs: None,
        }
    }

    pub fn retryable(mut self) -> PullError {
        self.retryable = true;
        self
    }

    pub fn held(mut self) -> PullError {
        self.held = true;
        self
    }

    pub(super) fn of(problem: Problem) -> PullError {
        PullError { problem, retryable: false, held: false, retry_after_secs: None }
    }

    pub(super) fn cancelled(connector: &Connector) -> PullError {
        PullError::new(
            connector,
            "cancelled",
            "拉取已中止，下次从断点继续",
            "the pull was stopped; the next one goes on from here",
        )
        .retryable()
    }

    /// The registry asked for quiet at this hour.
    pub(super) fn quiet(connector: &Connector) -> PullError {
        PullError::new(
            connector,
            "quiet_hours",
            "现在是约定的安静时段，稍后从断点继续",
            "these are its quiet hours; the pull goes on from here later",
        )
        .retryable()
    }

    pub(super) fn sink(connector: &Connector, error: &io::Error) -> PullError {
        PullError::new(
            connector,
            "spool_failed",
            format!("无法暂存数据：{}", in_chinese(error)),
            format!("cannot keep the rows: {error}"),
        )
        .retryable()
    }

    pub(super) fn io(connector: &Connector, what: &str, error: &io::Error) -> PullError {
        use std::io::ErrorKind::*;
        let (zh, en) = (format!("读取 {what} 失败：{}", in_chinese(error)), format!("cannot read {what}: {error}"));
        match error.kind() {
            UnexpectedEof => PullError::new(
                connector,
                "truncated",
                format!("{what} 不完整（传输中断？），该批次已暂停"),
                format!("{what} is truncated (an interrupted transfer?); the batch is held"),
            )
            .held(),
            FileTooLarge => PullError::new(connector, "too_large", zh, en).held(),
            InvalidData | InvalidInput => PullError::new(connector, "unreadable", zh, en).held(),
            PermissionDenied => PullError::new(connector, "permission", zh, en),
            _ => PullError::new(connector, "unreadable", zh, en).retryable(),
        }
    }
}

/// A fault that a reader finds in its source, in both languages, on its way through `io::Error`.
#[derive(Debug, Clone)]
struct Clause {
    zh: String,
    en: String,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Clause {}

/// An error of a reader's own.
pub(super) fn said(kind: io::ErrorKind, zh: impl Into<String>, en: impl Into<String>) -> io::Error {
    io::Error::new(kind, Clause { zh: zh.into(), en: en.into() })
}

/// The same error once more, for readers that lend theirs only.
pub(super) fn again(error: &io::Error) -> io::Error {
    match error.get_ref().and_then(|e| e.downcast_ref::<Clause>()) {
        Some(clause) => io::Error::new(error.kind(), clause.clone()),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// An error in Chinese: the reader's own words, or what the operating system's usual refusals mean.
fn in_chinese(error: &io::Error) -> String {
    use io::ErrorKind::*;
    if let Some(clause) = error.get_ref().and_then(|e| e.downcast_ref::<Clause>()) {
        return clause.zh.clone();
    }
    let meaning = match error.kind() {
        NotFound => "文件不存在",
        PermissionDenied => "没有权限",
        TimedOut => "超时",
        ConnectionReset | ConnectionAborted | BrokenPipe => "连接中断",
        StorageFull => "磁盘已满",
        IsADirectory => "这是文件夹，不是文件",
        _ => return error.to_string(),
    };
    format!("{meaning}（{error}）")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_s_words_reach_the_department_in_its_language() {
        let error = said(io::ErrorKind::InvalidData, "压缩包为空", "the archive is empty");
        assert_eq!((in_chinese(&error).as_str(), error.to_string().as_str()), ("压缩包为空", "the archive is empty"));
        assert_eq!(in_chinese(&again(&error)), "压缩包为空");
        assert!(in_chinese(&io::ErrorKind::PermissionDenied.into()).starts_with("没有权限"));
    }
}
