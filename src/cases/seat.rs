//! Which enterprise a case is of when enterprises join and part. A case has a home, the enterprise it was opened for, and a seat, the
//! one it is of now; an enterprise has one case that goes on.
//!
//! In: the cases with homes and seats, and which enterprises there are. Out: the moves. Where two cases meet, the open one goes on, then
//! the one that is further, then the one opened first; the other waits with its own standing, and goes home when its enterprise is
//! there again.

use hashbrown::HashMap;

use super::standing::{CaseStage, CaseState};

/// A case, as far as its place hangs on it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSeat {
    /// Of the case.
    pub id: String,
    /// The enterprise it was opened for.
    pub home: String,
    /// The enterprise it is of now.
    pub enterprise: String,
    /// The case that goes on for both.
    pub joined_into: Option<String>,
    /// Open cases go before closed ones.
    pub state: CaseState,
    /// The further one goes on.
    pub stage: CaseStage,
    /// The earlier one goes on.
    pub opened_at: i64,
}

/// What becomes of a case's place.
#[derive(Debug, Clone, PartialEq)]
pub enum SeatMove {
    /// It is the case of this enterprise now, whose own is waiting or not there.
    Moved(String),
    /// Another case goes on for both.
    Joined(String),
    /// Its own enterprise is there again.
    Parted,
    /// Neither its enterprise nor one that took it in is there.
    Gone,
}

/// The moves, in the order in which they are to be made. `successor` names the enterprise that took one in that is no longer there.
pub fn moves<'a>(
    cases: &[CaseSeat],
    is_there: impl Fn(&str) -> bool,
    successor: impl Fn(&str) -> Option<&'a str>,
) -> Vec<(String, SeatMove)> {
    let mut now: Vec<CaseSeat> = cases.to_vec();
    // Enterprise → the case that goes on there.
    let mut seated: HashMap<String, usize> = HashMap::new();
    for (at, case) in now.iter().enumerate().filter(|(_, c)| c.joined_into.is_none()) {
        seated.insert(case.enterprise.clone(), at);
    }
    let mut made = Vec::new();
    // Those away from home go home where their place is free: one that leaves frees the next.
    let mut away: Vec<usize> =
        (0..now.len()).filter(|at| now[*at].joined_into.is_some() || now[*at].enterprise != now[*at].home).collect();
    loop {
        let free = |at: &usize| {
            let case = &now[*at];
            is_there(&case.home) && !seated.contains_key(&case.home)
        };
        let Some(place) = away.iter().position(free) else { break };
        let at = away.swap_remove(place);
        if now[at].joined_into.take().is_none() {
            seated.remove(&now[at].enterprise);
        }
        now[at].enterprise = now[at].home.clone();
        seated.insert(now[at].home.clone(), at);
        made.push((now[at].id.clone(), SeatMove::Parted));
    }
    for at in 0..now.len() {
        if now[at].joined_into.is_some() || is_there(&now[at].enterprise) {
            continue;
        }
        let Some(to) = successor(&now[at].enterprise).filter(|to| is_there(to)) else {
            if now[at].state == CaseState::Open {
                made.push((now[at].id.clone(), SeatMove::Gone));
            }
            continue;
        };
        seated.remove(&now[at].enterprise);
        if let Some(other) = seated.get(to).copied() {
            let (on, waits) = if goes_on(&now[at], &now[other]) { (at, other) } else { (other, at) };
            now[waits].joined_into = Some(now[on].id.clone());
            made.push((now[waits].id.clone(), SeatMove::Joined(now[on].id.clone())));
            if on == other {
                continue;
            }
        }
        now[at].enterprise = to.to_owned();
        seated.insert(to.to_owned(), at);
        made.push((now[at].id.clone(), SeatMove::Moved(to.to_owned())));
    }
    made
}

/// Whether the first of two cases that meet goes on.
fn goes_on(one: &CaseSeat, other: &CaseSeat) -> bool {
    let rank = |c: &CaseSeat| (c.state == CaseState::Open, c.stage, -c.opened_at);
    rank(one) > rank(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str, home: &str, stage: CaseStage) -> CaseSeat {
        CaseSeat {
            id: id.into(),
            home: home.into(),
            enterprise: home.into(),
            joined_into: None,
            state: CaseState::Open,
            stage,
            opened_at: 1,
        }
    }

    fn made(cases: &mut [CaseSeat], there: &[&str], merged: &[(&str, &'static str)]) -> Vec<(String, SeatMove)> {
        let successor = |id: &str| merged.iter().find(|(from, _)| *from == id).map(|(_, to)| *to);
        let found = moves(cases, |id| there.contains(&id), successor);
        for (id, step) in &found {
            let case = cases.iter_mut().find(|c| c.id == *id).expect("a case");
            match step {
                SeatMove::Moved(to) => case.enterprise = to.clone(),
                SeatMove::Joined(into) => case.joined_into = Some(into.clone()),
                SeatMove::Parted => (case.enterprise, case.joined_into) = (case.home.clone(), None),
                SeatMove::Gone => {}
            }
        }
        found
    }

    #[test]
    fn cases_join_with_their_enterprises_and_part_again() {
        let mut cases = [case("CA", "A", CaseStage::Talk), case("CB", "B", CaseStage::Found)];
        // B took A in: the case of A is further and goes on as that of B.
        let joined = made(&mut cases, &["B"], &[("A", "B")]);
        assert_eq!(joined, [("CB".into(), SeatMove::Joined("CA".into())), ("CA".into(), SeatMove::Moved("B".into()))]);
        assert!(made(&mut cases, &["B"], &[("A", "B")]).is_empty(), "once");
        let parted = made(&mut cases, &["A", "B"], &[]);
        assert_eq!(parted, [("CA".into(), SeatMove::Parted), ("CB".into(), SeatMove::Parted)]);
        assert!(cases.iter().all(|c| c.enterprise == c.home && c.joined_into.is_none()));
    }

    #[test]
    fn an_open_case_is_never_lost_behind_a_closed_one() {
        let mut cases = [case("CA", "A", CaseStage::Found), case("CB", "B", CaseStage::EnterRoll)];
        cases[1].state = CaseState::Closed;
        made(&mut cases, &["B"], &[("A", "B")]);
        assert_eq!((cases[0].enterprise.as_str(), cases[1].joined_into.as_deref()), ("B", Some("CA")));
    }

    #[test]
    fn a_case_without_a_rival_moves_along_and_one_without_an_enterprise_ends() {
        let mut cases = [case("CA", "A", CaseStage::Found), case("CX", "X", CaseStage::Found)];
        let found = made(&mut cases, &["B"], &[("A", "B")]);
        assert_eq!(found, [("CA".into(), SeatMove::Moved("B".into())), ("CX".into(), SeatMove::Gone)]);
        // Three in one: all but one wait.
        let mut cases = [case("C1", "A", CaseStage::Found), case("C2", "B", CaseStage::Talk), case("C3", "D", CaseStage::Found)];
        made(&mut cases, &["D"], &[("A", "D"), ("B", "D")]);
        assert_eq!(cases.iter().filter(|c| c.joined_into.is_none()).count(), 1);
        made(&mut cases, &["A", "B", "D"], &[]);
        assert!(cases.iter().all(|c| c.joined_into.is_none() && c.enterprise == c.home), "{cases:?}");
    }
}
