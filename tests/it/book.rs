//! Pages of the book as a reader follows them: their commands are run in a new folder, in their order, and what they print is
//! compared with what the page shows.
//!
//! What the word after a fence's language asks for (mdBook and GitHub take the language and leave the rest alone):
//!
//! | fence | means |
//! |---|---|
//! | `sh,test` | run; ends with 0, or with N where `exit=N` is said |
//! | `sh,test,serve` | a server: started, and ended with the page |
//! | `sh,no-test` | not run; the line before it says why: `<!-- not run: … -->` |
//! | `text,output` | what the command before it prints; `errors`: what it says on standard error |
//! | `text,output,about` | the same, but numbers and widths may differ: verdicts follow the calendar |
//! | `toml,file=NAME` | a file that the page writes (any language) |
//!
//! A line `…` stands for any lines, a `…` within a line for any text. `<!-- sh,test` on a line of its own begins commands that
//! the page does not show, up to `-->`. Every page has a folder of its own and the variables that it exported. A server
//! listens on a port of its own; the pages say 127.0.0.1:8080. With HUITU_BLESS set (`make bless`), what is not as printed is rewritten; with
//! HUITU_BLESS=all also what differs in numbers alone.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The address that the pages name.
const ADDRESS: &str = "127.0.0.1:8080";
/// After so many seconds a block is taken to hang.
const PATIENCE: &str = "300";
/// Stands for any text, or alone on a line for any lines.
const ANY: &str = "…";

/// A fenced block, or commands in a comment.
pub struct Block {
    pub language: String,
    pub marks: Vec<String>,
    pub text: String,
    /// Why it is not run, where the line before it says so.
    pub reason: Option<String>,
    /// Numbers of its first line and the line behind its last, from 0.
    inside: std::ops::Range<usize>,
    indent: usize,
}

impl Block {
    pub fn is(&self, mark: &str) -> bool {
        self.marks.iter().any(|m| m == mark)
    }
    pub fn mark(&self, key: &str) -> Option<&str> {
        self.marks.iter().find_map(|m| m.strip_prefix(key)?.strip_prefix('='))
    }
    /// Its line in the page, from 1.
    pub fn line(&self) -> usize {
        self.inside.start
    }
}

pub struct Page {
    pub path: PathBuf,
    pub text: String,
    pub blocks: Vec<Block>,
}

impl Page {
    pub fn read(path: &Path) -> Page {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Page { path: path.to_owned(), blocks: blocks(&text), text }
    }

    /// Whether the page is one of the Chinese ones.
    pub fn is_chinese(&self) -> bool {
        self.path.components().any(|c| c.as_os_str() == "zh")
    }

    /// What stands outside of blocks.
    pub fn prose(&self) -> String {
        let is_inside = |n: &usize| self.blocks.iter().any(|b| b.inside.contains(n));
        self.text.lines().enumerate().filter(|(n, _)| !is_inside(n)).map(|(_, l)| format!("{l}\n")).collect()
    }

    /// Where the block stands, for a message.
    pub fn place(&self, block: &Block) -> String {
        let shown = self.path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&self.path);
        format!("{}:{}", shown.display(), block.line())
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim_start();
        let indent = lines[at].len() - line.len();
        at += 1;
        let Some((info, end)) = opened(line) else { continue };
        let first = at;
        while at < lines.len() && lines[at].trim() != end {
            at += 1;
        }
        let content = lines[first..at].iter().map(|l| format!("{}\n", l.get(indent..).unwrap_or(""))).collect();
        let before = lines[..first - 1].iter().rev().find(|l| !l.trim().is_empty()).map_or("", |l| l.trim());
        let reason = before.strip_prefix("<!-- not run:").and_then(|r| r.strip_suffix("-->")).map(|r| r.trim().to_owned());
        let mut marks = info.split(',').map(|m| m.trim().to_owned());
        let language = marks.next().unwrap_or_default();
        found.push(Block { language, marks: marks.collect(), text: content, reason, inside: first..at, indent });
        at += 1;
    }
    found
}

/// Where a line opens a block: its language and marks, and the line that closes it.
fn opened(line: &str) -> Option<(String, String)> {
    let ticks = line.len() - line.trim_start_matches('`').len();
    match line.strip_prefix("<!-- sh,test") {
        Some(marks) if !line.contains("-->") => Some((format!("sh,test{marks}"), "-->".to_owned())),
        _ if ticks >= 3 => Some((line[ticks..].to_owned(), "`".repeat(ticks))),
        _ => None,
    }
}

/// What a run of a page needs: its folder, its servers, what was printed last.
struct Run<'a> {
    page: &'a Page,
    dir: tempfile::TempDir,
    servers: Vec<Child>,
    /// Where the page's server listens.
    address: Option<String>,
    output: String,
    errors: String,
    faults: Vec<String>,
    /// Lines to be replaced, where pages are rewritten.
    edits: Vec<(std::ops::Range<usize>, String)>,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// Runs a page from its first block to its last; what is not as it says. `program` is found as `huitu`.
pub fn run(page: &Page, program: &Path) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join(".bin")).expect("a folder");
    std::os::unix::fs::symlink(program, dir.path().join(".bin/huitu")).expect("a link");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::os::unix::fs::symlink(root.join("examples"), dir.path().join("examples")).expect("a link");
    let mut run = Run {
        page,
        dir,
        servers: Vec::new(),
        address: None,
        output: String::new(),
        errors: String::new(),
        faults: Vec::new(),
        edits: Vec::new(),
    };
    for block in &page.blocks {
        run.block(block);
    }
    if std::env::var_os("HUITU_BLESS").is_some() {
        run.rewrite();
    }
    std::mem::take(&mut run.faults)
}

impl Run<'_> {
    fn block(&mut self, block: &Block) {
        let is_shell = block.language == "sh";
        if let Some(name) = block.mark("file") {
            let path = self.dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
            std::fs::write(path, self.here(&block.text)).expect("written");
        } else if is_shell && block.is("serve") {
            self.serve(block);
        } else if is_shell && block.is("test") {
            self.command(block);
        } else if is_shell && !(block.is("no-test") && block.reason.is_some()) {
            self.fault(block, "is neither run (`sh,test`) nor says why not (`sh,no-test` under `<!-- not run: … -->`)");
        } else if block.is("output") {
            self.compare(block, self.output.clone());
        } else if block.is("errors") {
            self.compare(block, self.errors.clone());
        }
    }

    fn fault(&mut self, block: &Block, what: &str) {
        self.faults.push(format!("{}: {what}", self.page.place(block)));
    }

    /// The text with the address at which the page's server really listens.
    fn here(&self, text: &str) -> String {
        self.address.as_ref().map_or_else(|| text.to_owned(), |real| text.replace(ADDRESS, real))
    }

    /// The text as the page may show it: with its own address, without the folder's name and a byte order mark.
    fn shown(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).replace(&self.dir.path().display().to_string(), ".");
        let text = text.trim_start_matches('\u{feff}').to_owned();
        self.address.as_ref().map_or_else(|| text.clone(), |real| text.replace(real.as_str(), ADDRESS))
    }

    /// bash with a clean environment and the variables that blocks before exported; within a time, but for servers.
    fn shell(&self, script: &str, is_limited: bool) -> Command {
        let mut paths = vec![self.dir.path().join(".bin")];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let mut c = Command::new(if is_limited { "timeout" } else { "bash" });
        if is_limited {
            c.args([PATIENCE, "bash"]);
        }
        c.args(["-euo", "pipefail", "-c", &format!("[ ! -f \"$VARIABLES\" ] || . \"$VARIABLES\"\n{script}")])
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::join_paths(paths).expect("paths"))
            .env("HOME", self.dir.path())
            .env("USER", "operator")
            .env("LC_ALL", "C.UTF-8")
            // As POSIX writes the time in Shanghai: the hub's days, also where no zone tables are installed.
            .env("TZ", "CST-8")
            .env("HUITU_LANG", if self.page.is_chinese() { "zh" } else { "en" })
            .env("HUITU_LISTEN", "127.0.0.1:0")
            .env("VARIABLES", self.dir.path().join(".variables"))
            .stdin(Stdio::null());
        c
    }

    fn command(&mut self, block: &Block) {
        let text = self.here(&block.text);
        let script = format!("trap 'export -p >\"$VARIABLES\"' EXIT\n{text}");
        let done = self.shell(&script, true).output().expect("bash and timeout run");
        self.output = self.shown(&done.stdout);
        self.errors = self.shown(&done.stderr);
        let wanted = block.mark("exit").map_or(0, |code| code.parse().expect("a number"));
        if done.status.code() != Some(wanted) {
            let said = format!("{}{}", self.output, self.errors);
            self.fault(block, &format!("ended with {} instead of {wanted}:\n{}{said}", done.status, block.text));
        }
    }

    /// Starts a server and waits until it says where it listens.
    fn serve(&mut self, block: &Block) {
        let mut command = self.shell(&format!("exec {}", self.here(&block.text)), false);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bash runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut printed = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            printed.push_str(&format!("{line}\n"));
            if let Some((_, rest)) = line.split_once("http://") {
                self.address = rest.split('/').next().map(str::to_owned);
                break;
            }
        }
        if self.address.is_none() {
            let mut said = String::new();
            let _ = child.stderr.take().expect("a pipe").read_to_string(&mut said);
            self.fault(block, &format!("did not say where it listens:\n{printed}{said}"));
        }
        self.output = self.shown(printed.as_bytes());
        std::thread::spawn(move || lines.for_each(drop));
        self.servers.push(child);
    }

    fn compare(&mut self, block: &Block, printed: String) {
        let about = block.is("about");
        let expected: Vec<&str> = block.text.lines().collect();
        let actual: Vec<&str> = printed.lines().collect();
        let fits = fit(&expected, &actual, about);
        let is_wanted = std::env::var_os("HUITU_BLESS").is_some_and(|how| !fits || how == "all");
        if is_wanted && let Some(text) = renewed(&expected, &actual) {
            let indent = " ".repeat(block.indent);
            let text = text.iter().map(|l| format!("{indent}{l}").trim_end().to_owned() + "\n").collect();
            self.edits.push((block.inside.clone(), text));
        } else if !fits {
            self.fault(
                block,
                &format!("shows\n{}but printed is\n{printed}(`make bless` rewrites it where its form is the same)", block.text),
            );
        }
    }

    /// Puts what was printed into the page.
    fn rewrite(&mut self) {
        let mut lines: Vec<String> = self.page.text.lines().map(|l| format!("{l}\n")).collect();
        for (inside, text) in self.edits.drain(..).rev() {
            lines.splice(inside, [text]);
        }
        let text = lines.concat();
        if text != self.page.text {
            std::fs::write(&self.page.path, text).expect("written");
        }
    }
}

/// Whether the printed lines are those expected.
fn fit(expected: &[&str], actual: &[&str], about: bool) -> bool {
    match expected.split_first() {
        None => actual.iter().all(|l| l.trim().is_empty()),
        Some((line, rest)) if line.trim() == ANY => (0..=actual.len()).any(|n| fit(rest, &actual[n..], about)),
        Some((line, rest)) => {
            actual.split_first().is_some_and(|(a, others)| line_fits(line, a, about) && fit(rest, others, about))
        }
    }
}

fn line_fits(expected: &str, actual: &str, about: bool) -> bool {
    let form = |text: &str| if about { form(text) } else { text.trim_end().to_owned() };
    let (expected, actual) = (form(expected), form(actual));
    let mut parts = expected.split(ANY);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = actual.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A line without its numbers and widths: `  12,345.6 rows` as `# rows`.
fn form(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        let c = match c {
            '0'..='9' => '#',
            '─' | ' ' => ' ',
            c => c,
        };
        let between = matches!(c, ',' | '.') && out.ends_with('#');
        let repeated = matches!(c, '#' | ' ') && out.ends_with(c);
        if !between && !repeated {
            out.push(c);
        }
    }
    out
}

/// The lines to show instead: those printed, without the lines and ends of lines that the page leaves out; None where the
/// form is another one.
fn renewed(expected: &[&str], actual: &[&str]) -> Option<Vec<String>> {
    match expected.iter().any(|l| l.contains(ANY)) {
        false => Some(actual.iter().map(|l| (*l).to_owned()).collect()),
        true => kept(expected, actual),
    }
}

fn kept(expected: &[&str], actual: &[&str]) -> Option<Vec<String>> {
    let put = |line: String, mut others: Vec<String>| {
        others.insert(0, line);
        others
    };
    match expected.split_first() {
        None => actual.iter().all(|l| l.trim().is_empty()).then(Vec::new),
        Some((line, rest)) if line.trim() == ANY => {
            (0..=actual.len()).find_map(|n| Some(put((*line).to_owned(), kept(rest, &actual[n..])?)))
        }
        Some((line, rest)) => {
            let (first, others) = actual.split_first()?;
            let others = if line_fits(line, first, true) { kept(rest, others)? } else { return None };
            Some(put(same_length(line, first), others))
        }
    }
}

/// The printed line, cut where the shown one is cut.
fn same_length(shown: &str, printed: &str) -> String {
    match shown.split_once(ANY) {
        None => printed.to_owned(),
        Some((before, "")) => printed.chars().take(before.chars().count()).collect::<String>() + ANY,
        Some(_) => shown.to_owned(),
    }
}

#[test]
fn a_block_is_read_with_its_marks_and_compared_as_they_say() {
    let page = "x\n<!-- sh,test\nsetup\n-->\n```sh,test,exit=3\nhuitu sync\n```\n- item\n  ```text,output,about\n  rows 12\n  …\n  ```\n\n\
                <!-- not run: takes an hour -->\n```sh,no-test\nmake\n```\n";
    let blocks = blocks(page);
    let seen: Vec<(&str, &str)> = blocks.iter().map(|b| (b.language.as_str(), b.text.as_str())).collect();
    assert_eq!(seen, [("sh", "setup\n"), ("sh", "huitu sync\n"), ("text", "rows 12\n…\n"), ("sh", "make\n")]);
    assert_eq!((blocks[1].mark("exit"), blocks[2].is("about")), (Some("3"), true));
    assert_eq!(blocks[3].reason.as_deref(), Some("takes an hour"));

    assert!(fit(&["a", "…", "z"], &["a", "b", "c", "z"], false) && !fit(&["a", "…", "z"], &["a", "b"], false));
    assert!(line_fits("edition …: 12", "edition 4: 12", false) && !line_fits("edition …: 12", "edition 4: 13", false));
    assert!(line_fits("tax  1,234   0.5", "tax    99  12.25", true) && !line_fits("tax 1", "vat 1", true));
    assert_eq!(renewed(&["rows 1", "…"], &["rows 22", "x"]), Some(vec!["rows 22".to_owned(), "…".to_owned()]));
    assert_eq!(renewed(&["why 1 because…"], &["why 22 because of all that"]), Some(vec!["why 22 becaus…".to_owned()]));
    assert_eq!(renewed(&["other", "…"], &["rows 22", "x"]), None);
}
