//! What a caller may spend: the cost of their questions per minute, beside the cost of one question.
//!
//! The allowance flows back evenly (the generic cell rate algorithm, by the crate governor): nobody gets two minutes' worth at the
//! turn of a minute.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::serve::problem::{Code, Problem};

/// Callers watched at a time.
const MAX_CALLERS: usize = 10_000;

/// What each caller has left of a minute's allowance.
pub struct Budgets<C: Clock = DefaultClock> {
    limit: NonZeroU32,
    spent: RateLimiter<String, HashMapStateStore<String>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl Budgets {
    /// `per_minute` is the cost that a caller may cause in a minute; 0 counts as 1.
    pub fn new(per_minute: u64) -> Budgets {
        Budgets::with_clock(per_minute, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Budgets<C> {
    fn with_clock(per_minute: u64, clock: C) -> Budgets<C> {
        let limit = NonZeroU32::new(u32::try_from(per_minute).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN);
        Budgets { limit, spent: RateLimiter::hashmap_with_clock(Quota::per_minute(limit), clock.clone()), clock }
    }

    /// Takes `cost` from a caller's allowance. COST_EXCEEDED where too little is left, with the seconds to wait as its hint.
    pub fn spend(&self, caller: &str, cost: u64) -> Result<(), Problem> {
        if self.spent.len() >= MAX_CALLERS {
            self.spent.retain_recent();
        }
        let Some(cells) = NonZeroU32::new(u32::try_from(cost).unwrap_or(u32::MAX)) else { return Ok(()) };
        let limit = self.limit;
        match self.spent.check_key_n(&caller.to_owned(), cells) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => {
                let wait = not_yet.wait_time_from(self.clock.now());
                let seconds = (wait + Duration::from_millis(999)).as_secs().max(1);
                let problem = Problem::new(
                    Code::CostExceeded,
                    format!("查询成本 {cost} 超过本分钟余下的额度（每分钟 {limit}）；请 {seconds} 秒后再试"),
                    format!(
                        "this question costs {cost}, more than is left of the {limit} you have per minute; try again in {seconds} s"
                    ),
                );
                Err(problem.remedy(seconds.to_string()))
            }
            Err(_) => Err(Problem::new(
                Code::CostExceeded,
                format!("查询成本 {cost} 超过每分钟的额度 {limit}；请缩小查询"),
                format!("this question costs {cost}, more than the {limit} you have per minute; ask for less"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    #[test]
    fn an_allowance_flows_back_evenly_and_callers_do_not_pay_for_each_other() {
        let clock = FakeRelativeClock::default();
        let budgets = Budgets::with_clock(60, clock.clone());
        budgets.spend("a", 50).unwrap();
        let refused = budgets.spend("a", 20).unwrap_err();
        assert_eq!((refused.code, refused.remedy.as_deref()), (Code::CostExceeded, Some("10")));
        budgets.spend("b", 20).unwrap();
        budgets.spend("a", 10).unwrap();
        clock.advance(Duration::from_secs(30));
        budgets.spend("a", 30).unwrap();
        assert!(budgets.spend("a", 10).is_err(), "half a minute gives half of the allowance back, at any turn of the clock");
        let never = budgets.spend("c", 61).unwrap_err();
        assert_eq!((never.code, never.remedy), (Code::CostExceeded, None), "no waiting helps");
    }
}
