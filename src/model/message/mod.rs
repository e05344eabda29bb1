//! Texts for people, in Chinese and English: reasons, priority factors, the names of inputs and of groups.
//!
//! A template names its inputs in braces (`{employees}`); an input without a value shows as a dash. A code that is not in
//! the table is shown as it is, so that a newer edition stays readable to an older program.

mod evidence;
mod filled;
mod lang;
mod shown;
mod texts;

pub use evidence::{effect_text, feature_name, flag_name, level_text, method_name, refusal_text};

pub use filled::{push_on_paper, reason_on_paper, reason_text, reason_title};
pub use lang::Lang;
pub use shown::{StatedInput, country_name, value_text};
pub use texts::{input_name, input_names, is_known, need_text, needs, reason_codes, value_name};
