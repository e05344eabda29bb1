//! Single keystrokes.

use std::io::{IsTerminal, Read};

use crate::model::linkage::JudgementVerdict;

/// What a keystroke asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPress {
    Judge(JudgementVerdict),
    Skip,
    Undo,
    Quit,
}

fn meaning(byte: u8) -> Option<KeyPress> {
    match byte {
        b'y' | b'Y' | b'1' => Some(KeyPress::Judge(JudgementVerdict::Same)),
        b'n' | b'N' | b'0' => Some(KeyPress::Judge(JudgementVerdict::Different)),
        b'?' | b'm' => Some(KeyPress::Judge(JudgementVerdict::NotSure)),
        b's' | b' ' => Some(KeyPress::Skip),
        b'u' => Some(KeyPress::Undo),
        b'q' | 3 | 4 | 27 => Some(KeyPress::Quit),
        _ => None,
    }
}

/// Single keystrokes where standard input is a terminal; first letters of what is piped in otherwise.
pub struct Keyboard {
    before: Option<libc::termios>,
}

impl Keyboard {
    pub fn open() -> Keyboard {
        if !std::io::stdin().is_terminal() {
            return Keyboard { before: None };
        }
        // SAFETY: termios is plain data, and the descriptor of standard input stays open.
        let before = unsafe {
            let mut now: libc::termios = std::mem::zeroed();
            (libc::tcgetattr(libc::STDIN_FILENO, &raw mut now) == 0).then_some(now)
        };
        if let Some(mut raw) = before {
            raw.c_lflag &= !(libc::ICANON | libc::ECHO);
            // SAFETY: as above; `raw` is a changed copy of what the terminal reported.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &raw const raw) };
        }
        Keyboard { before }
    }

    /// The next key that means something and is `welcome`; None at the end of input.
    pub fn next(&self, welcome: impl Fn(KeyPress) -> bool) -> Option<KeyPress> {
        let mut byte = [0u8; 1];
        loop {
            match std::io::stdin().read(&mut byte) {
                Ok(1) => {
                    if let Some(key) = meaning(byte[0]).filter(|key| welcome(*key)) {
                        return Some(key);
                    }
                }
                _ => return None,
            }
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: restores what `open` read.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, before) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_prompt_means_something() {
        assert_eq!(meaning(b'y'), Some(KeyPress::Judge(JudgementVerdict::Same)));
        assert_eq!(meaning(b'n'), Some(KeyPress::Judge(JudgementVerdict::Different)));
        assert_eq!(meaning(b'?'), Some(KeyPress::Judge(JudgementVerdict::NotSure)));
        assert_eq!(meaning(b'u'), Some(KeyPress::Undo));
        assert_eq!(meaning(b'\n'), None);
        assert_eq!(meaning(b'x'), None);
    }
}
