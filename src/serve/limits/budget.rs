//! What a caller may spend: the cost of their questions per minute, beside the cost of one question.

use std::sync::Mutex;

use hashbrown::HashMap;

use crate::serve::problem::{Code, Problem};

const MINUTE_MILLIS: i64 = 60_000;
/// Callers watched at a time.
const MAX_CALLERS: usize = 10_000;

/// Spent by each caller in the minute under way.
#[derive(Default)]
pub struct Budgets(Mutex<HashMap<String, (i64, u64)>>);

impl Budgets {
    /// Takes `cost` from a caller's minute; COST_EXCEEDED, which the next minute ends, where too little is left.
    pub fn spend(&self, caller: &str, cost: u64, limit: u64, now_millis: i64) -> Result<(), Problem> {
        let minute = now_millis.div_euclid(MINUTE_MILLIS);
        let mut spent = self.0.lock().expect("no panic while holding the budgets");
        if spent.len() >= MAX_CALLERS {
            spent.retain(|_, (of, _)| *of == minute);
        }
        let entry = spent.entry_ref(caller).or_insert((minute, 0));
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        let sum = entry.1.saturating_add(cost);
        if sum > limit {
            let seconds = (MINUTE_MILLIS - now_millis.rem_euclid(MINUTE_MILLIS) + 999) / 1_000;
            return Err(Problem::new(
                Code::CostExceeded,
                format!("本分钟的查询成本将达 {sum}，超过上限 {limit}；请 {seconds} 秒后再试"),
                format!("your questions of this minute would cost {sum}, more than {limit}; try again in {seconds} s"),
            )
            .hint(seconds.to_string()));
        }
        entry.1 = sum;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_ends_what_was_spent_in_it_and_callers_do_not_pay_for_each_other() {
        let budgets = Budgets::default();
        budgets.spend("a", 90, 100, 59_000).unwrap();
        let refused = budgets.spend("a", 20, 100, 59_500).unwrap_err();
        assert_eq!((refused.code, refused.hint.as_deref()), (Code::CostExceeded, Some("1")));
        budgets.spend("b", 20, 100, 59_500).unwrap();
        budgets.spend("a", 10, 100, 59_600).unwrap();
        budgets.spend("a", 100, 100, 60_000).unwrap();
    }
}
