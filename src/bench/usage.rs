//! What this process has used so far: CPU time and memory, as the operating system counts them.

pub(crate) fn cpu_seconds() -> f64 {
    let usage = usage();
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

pub(crate) fn peak_megabytes() -> i64 {
    usage().ru_maxrss / 1024
}

pub(crate) fn usage() -> libc::rusage {
    // SAFETY: `getrusage` only writes into the struct it is given.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    }
}

/// Lets the kernel count the largest resident set from here on (Linux; elsewhere it counts from the start).
pub(crate) fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident set since [`forget_peak`].
pub(crate) fn peak_since_forgotten() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<i64>().ok()).unwrap_or_default() / 1024
}
