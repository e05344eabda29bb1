//! Progress on a terminal as one bar per registry, elsewhere as plain lines; and tables that know Chinese is wide.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::common::LangArg;
use crate::hub::progress::{ProgressSink, SyncEvent};
use crate::model::text::{grouped, visible};

/// Shows a running sync.
pub struct Terminal {
    lang: LangArg,
    bars: Option<MultiProgress>,
    open: Mutex<HashMap<String, ProgressBar>>,
}

impl Terminal {
    /// Bars where standard error is a terminal, lines otherwise; `quiet` shows nothing.
    pub fn new(lang: LangArg) -> Terminal {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Terminal { lang, bars, open: Mutex::default() }
    }

    fn bar(&self, bars: &MultiProgress, name: &str) -> ProgressBar {
        let mut open = self.open.lock().expect("no panic while drawing");
        open.entry(name.to_owned())
            .or_insert_with(|| {
                let bar = bars.add(ProgressBar::new_spinner());
                let style = ProgressStyle::with_template("{prefix:18} {spinner} {msg}").expect("a constant template");
                bar.set_style(style);
                bar.set_prefix(name.to_owned());
                bar.enable_steady_tick(std::time::Duration::from_millis(120));
                bar
            })
            .clone()
    }
}

impl ProgressSink for Terminal {
    fn event(&self, event: &SyncEvent) {
        let (name, text, over) = match event {
            SyncEvent::Pulling { registry, rows, of } => {
                let rows = grouped(*rows as i64);
                let text = match of {
                    Some(of) => format!("{rows} / {}", grouped(*of as i64)),
                    None => rows,
                };
                (registry.as_str(), format!("{} {text}", self.lang.pick("拉取", "pulling")), false)
            }
            SyncEvent::Landing { registry } => (registry.as_str(), self.lang.pick("入库", "landing").to_owned(), false),
            SyncEvent::Done { registry, zh, en } => (registry.as_str(), self.lang.pick(zh, en).to_owned(), true),
            SyncEvent::Stage { name, zh, en } => (name.as_str(), self.lang.pick(zh, en).to_owned(), false),
            SyncEvent::StageDone { name, zh, en } => (name.as_str(), self.lang.pick(zh, en).to_owned(), true),
        };
        match &self.bars {
            Some(bars) => {
                let text = visible(&text).into_owned();
                let bar = self.bar(bars, name);
                match over {
                    true => bar.finish_with_message(text),
                    false => bar.set_message(text),
                }
            }
            // Without a terminal only what ended is worth a line.
            None if over => eprintln!("{name}: {}", visible(&text)),
            None => {}
        }
    }
}

/// Columns a text takes on a terminal: Chinese characters take two.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}') { 2 } else { 1 }).sum()
}

/// Lays rows out in columns; numbers (by the header's leading `>`) to the right. Control characters of a cell are shown, not sent.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let shown = |row: &Vec<String>| row.iter().map(|cell| visible(cell).into_owned()).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = rows.iter().map(shown).collect();
    let right: Vec<bool> = header.iter().map(|h| h.starts_with('>')).collect();
    let head: Vec<String> = header.iter().map(|h| h.trim_start_matches('>').to_owned()).collect();
    let widths: Vec<usize> =
        (0..head.len()).map(|i| rows.iter().map(|r| width(&r[i])).chain([width(&head[i])]).max().unwrap_or(0)).collect();
    let line = |cells: &[String]| {
        let mut out = String::new();
        for (i, cell) in cells.iter().enumerate() {
            let pad = " ".repeat(widths[i] - width(cell));
            match right[i] {
                true => out.push_str(&format!("{pad}{cell}  ")),
                false => out.push_str(&format!("{cell}{pad}  ")),
            }
        }
        out.trim_end().to_owned() + "\n"
    };
    let mut out = line(&head);
    out.push_str(&line(&widths.iter().map(|w| "─".repeat(*w)).collect::<Vec<_>>()));
    rows.iter().for_each(|r| out.push_str(&line(r)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(width("会图 a"), 6);
        assert_eq!(
            table(&["名", ">n"], &[vec!["甲乙".into(), "1".into()], vec!["a".into(), "1,000".into()]]).lines().last(),
            Some("a     1,000")
        );
    }
}
