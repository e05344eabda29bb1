//! What can go wrong with a registry, on a switch: for tests that the hub loses nothing by it and keeps the others current.

use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use super::error::SimulateError;

/// A way to answer badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// A list without items.
    EmptyList,
    /// A web page with status 200.
    Html,
    /// `{"code":500}` with status 200.
    ErrorCode,
    /// The answer ends in the middle.
    Truncated,
    /// No answer, the connection stays open.
    Hang,
    /// One byte a second.
    Drip,
    /// An answer without end.
    Endless,
    /// Status 500.
    Status500,
    /// Sent to another host.
    Redirect,
    /// Every token is refused.
    WrongToken,
}

impl InjectedFault {
    pub const ALL: [(InjectedFault, &'static str); 10] = [
        (InjectedFault::EmptyList, "empty-list"),
        (InjectedFault::Html, "html"),
        (InjectedFault::ErrorCode, "error-code"),
        (InjectedFault::Truncated, "truncated"),
        (InjectedFault::Hang, "hang"),
        (InjectedFault::Drip, "drip"),
        (InjectedFault::Endless, "endless"),
        (InjectedFault::Status500, "status-500"),
        (InjectedFault::Redirect, "redirect"),
        (InjectedFault::WrongToken, "wrong-token"),
    ];
    pub fn name(self) -> &'static str {
        InjectedFault::ALL.iter().find(|(f, _)| *f == self).map_or("", |(_, name)| name)
    }
}

impl FromStr for InjectedFault {
    type Err = String;
    fn from_str(text: &str) -> Result<InjectedFault, String> {
        let known = || InjectedFault::ALL.map(|(_, name)| name).join(", ");
        InjectedFault::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(f, _)| *f)
            .ok_or_else(|| format!("{text:?} is no fault; known are {}", known()))
    }
}

/// A fault, the first page it concerns (1 = from the start), and how many requests it spoils.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Armed {
    fault: InjectedFault,
    from_page: u64,
    left: u64,
}

/// The switch on a served registry; clones share it.
#[derive(Debug, Clone, Default)]
pub struct FaultSwitch(Arc<Mutex<Option<Armed>>>);

impl FaultSwitch {
    /// Every request from page `from_page` on goes wrong until [`FaultSwitch::clear`].
    pub fn set(&self, fault: InjectedFault, from_page: u64) {
        self.arm(Armed { fault, from_page, left: u64::MAX });
    }
    /// So many requests go wrong, then all is well again.
    pub fn set_for(&self, fault: InjectedFault, from_page: u64, requests: u64) {
        self.arm(Armed { fault, from_page, left: requests });
    }
    pub fn clear(&self) {
        *self.0.lock().expect("no panic while holding the switch") = None;
    }
    fn arm(&self, armed: Armed) {
        *self.0.lock().expect("no panic while holding the switch") = Some(armed);
    }
    /// The fault that a request for `page` meets; counts it.
    pub(super) fn strike(&self, page: u64) -> Option<InjectedFault> {
        let mut armed = self.0.lock().expect("no panic while holding the switch");
        let fault = armed.as_mut().filter(|a| page >= a.from_page && a.left > 0)?;
        fault.left -= 1;
        Some(fault.fault)
    }
}

/// Spoils a file as a failed export would: empty (its header alone), half of it, or a web page instead. Other faults do not
/// befall files and leave it as it is. CSV files keep their first line.
///
/// # Errors
/// `Io`: the file cannot be read or written.
pub fn spoil_file(path: &Path, fault: InjectedFault) -> Result<(), SimulateError> {
    let read = fs::read(path).map_err(|e| SimulateError::io("read", path, e))?;
    let spoilt = match fault {
        InjectedFault::EmptyList => read.iter().position(|b| *b == b'\n').map_or_else(Vec::new, |end| read[..=end].to_vec()),
        InjectedFault::Truncated => read[..read.len() / 2].to_vec(),
        InjectedFault::Html => HTML.as_bytes().to_vec(),
        InjectedFault::ErrorCode => br#"{"code":500,"message":"internal error"}"#.to_vec(),
        _ => return Ok(()),
    };
    fs::write(path, spoilt).map_err(|e| SimulateError::io("write", path, e))
}

pub(super) const HTML: &str =
    "<!DOCTYPE html><html><head><title>系统维护</title></head><body><h1>系统维护中，请稍后再试</h1></body></html>";
