//! Lists of enterprises with a name: brought as codes and names, found in the graph, and who follows those on them.

use chrono::NaiveDate;
use hashbrown::{HashMap, HashSet};

use super::error::HubError;
use super::open::Hub;
use crate::edition::{Edition, LookupKey, Row};
use crate::model::public_id;
use crate::model::tie::TieKind;
use crate::store::named_list::{NamedEntryRow, NamedListRow};

/// Entries of one list.
const MAX_ENTRIES: usize = 20_000;
/// Longest text of an entry, in characters.
const MAX_TEXT: usize = 200;

/// A list, as brought.
#[derive(Debug, Clone)]
pub struct NewNamedList {
    pub title: String,
    pub purpose: String,
    pub source: String,
    pub expires: Option<NaiveDate>,
    /// Ids, credit codes or names.
    pub entries: Vec<String>,
    /// Id or credit code of the enterprise that those on it supply.
    pub suppliers_of: Option<String>,
    pub by: Option<String>,
}

/// Why an enterprise follows one on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FollowerReason {
    /// The leader invests in it.
    InvestedIn,
    /// It invests in the leader.
    Investor,
    /// Somebody invests in both.
    SameGroup,
    /// It supplies the leader, as a list says.
    Supplier,
    /// One dispatches workers to the other.
    Dispatch,
    /// It has the leader's very address.
    SameAddress,
    /// It is in the leader's building or park.
    SamePlace,
}

/// An enterprise that follows one on a list.
#[derive(Debug, Clone, Copy)]
pub struct Follower {
    pub row: Row,
    pub leader: Row,
    pub reason: FollowerReason,
}

/// Entries of a list that nobody, or several, fit in an edition, as they were written.
pub fn unfound(edition: &Edition, entries: Vec<NamedEntryRow>) -> Vec<String> {
    let is_unfound = |e: &NamedEntryRow| e.enterprise_id.is_none() && meant(edition, &e.written).is_none();
    entries.into_iter().filter(is_unfound).map(|e| e.written).collect()
}

/// Whom a text means: an id, a credit code, or a name that one enterprise bears.
fn meant(edition: &Edition, text: &str) -> Option<String> {
    if let Some(e) = edition.enterprise_of_id(text) {
        return Some(e.id().to_owned());
    }
    let only = |rows: Vec<Row>| match rows.as_slice() {
        [row] => Some(edition.enterprise(*row).id().to_owned()),
        _ => None,
    };
    let code = crate::model::identifier::clean_identifier(text);
    only(edition.rows(&LookupKey::CreditCode(code.to_string()))).or_else(|| only(edition.rows(&LookupKey::Name(text.to_owned()))))
}

impl Hub {
    /// Keeps a list; entries that nobody, or several, fit stay on it as they are written.
    ///
    /// # Errors
    /// Nothing was kept: title, purpose or source are blank, there are no entries, or too many.
    pub async fn add_named_list(&self, new: NewNamedList) -> Result<(NamedListRow, Vec<NamedEntryRow>), HubError> {
        if [&new.title, &new.purpose, &new.source].iter().any(|text| text.trim().is_empty()) {
            return Err(HubError::said("名单须有名称、用途和来源", "a list has a title, a purpose and a source"));
        }
        let entries: Vec<&str> = new.entries.iter().map(|e| e.trim()).filter(|e| !e.is_empty()).collect();
        if entries.is_empty() || entries.len() > MAX_ENTRIES || entries.iter().any(|e| e.chars().count() > MAX_TEXT) {
            return Err(HubError::said(
                format!("名单应有 1 到 {MAX_ENTRIES} 个代码或名称，每个 {MAX_TEXT} 字以内"),
                format!("a list has from 1 to {MAX_ENTRIES} codes or names of at most {MAX_TEXT} characters"),
            ));
        }
        let edition = self.editions.current()?;
        let suppliers_of = match &new.suppliers_of {
            Some(leader) => Some(self.enterprise_now(leader, |_| true).await?),
            None => None,
        };
        let at = self.clock.millis();
        let bits = xxhash_rust::xxh3::xxh3_64_with_seed(new.title.as_bytes(), at as u64) & public_id::BITS;
        let list = NamedListRow {
            id: public_id::write('N', bits),
            title: new.title,
            purpose: new.purpose,
            source: new.source,
            expires: new.expires.map(|d| d.to_string()),
            at,
            by_whom: new.by,
            removed_at: None,
            suppliers_of,
        };
        let entry = |(place, text): (usize, &&str)| NamedEntryRow {
            list_id: list.id.clone(),
            place: place as i64 + 1,
            written: (*text).to_owned(),
            enterprise_id: meant(&edition, text),
        };
        let entries: Vec<NamedEntryRow> = entries.iter().enumerate().map(entry).collect();
        self.store.put_named_list(&list, &entries).await?;
        Ok((list, entries))
    }

    /// A list that is still shown.
    ///
    /// # Errors
    /// There is none, or its last day has passed.
    pub async fn named_list(&self, id: &str) -> Result<NamedListRow, HubError> {
        let list = self.store.named_lists().await?.into_iter().find(|l| l.id == id);
        let list = list.ok_or_else(|| HubError::said(format!("没有名单 {id}"), format!("there is no named list {id}")))?;
        let today = self.clock.today(self.settings.zone).to_string();
        match list.expires.as_ref().filter(|last| **last < today) {
            None => Ok(list),
            Some(last) => Err(HubError::said(
                format!("名单「{}」已于 {last} 到期", list.title),
                format!("the list \"{}\" expired on {last}", list.title),
            )),
        }
    }

    /// The enterprises of a list in the current edition; those that were merged as what they are now, those that nobody fitted when it was
    /// brought as whoever fits now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn named_rows(&self, edition: &Edition, list: &str) -> Result<Vec<Row>, HubError> {
        let whom = |e: NamedEntryRow| e.enterprise_id.or_else(|| meant(edition, &e.written));
        let ids: Vec<String> = self.store.named_entries(list).await?.into_iter().filter_map(whom).collect();
        let gone: Vec<String> = ids.iter().filter(|id| edition.row_of_id(id).is_none()).cloned().collect();
        let redirects = self.successors(edition, gone).await?;
        let row = |id: &String| edition.row_of_id(id).or_else(|| edition.row_of_id(redirects.get(id)?));
        let mut rows: Vec<Row> = ids.iter().filter_map(row).collect();
        rows.sort_unstable();
        rows.dedup();
        Ok(rows)
    }

    /// Who supplies whom, as the lists say that are still shown: leader and supplier, rows of an edition.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn stated_suppliers(&self, edition: &Edition) -> Result<Vec<(Row, Row)>, HubError> {
        let today = self.clock.today(self.settings.zone).to_string();
        let mut stated = Vec::new();
        for list in self.store.named_lists().await? {
            let Some(leader) = list.suppliers_of.filter(|_| list.expires.as_ref().is_none_or(|last| *last >= today)) else {
                continue;
            };
            let joined = match edition.row_of_id(&leader) {
                Some(_) => None,
                None => self.successors(edition, vec![leader.clone()]).await?.remove(&leader),
            };
            let Some(leader) = edition.row_of_id(joined.as_ref().unwrap_or(&leader)) else { continue };
            stated.extend(self.named_rows(edition, &list.id).await?.into_iter().map(|row| (leader, row)));
        }
        Ok(stated)
    }
}

/// The enterprises that follow these leaders, the leaders themselves left out: each once for each leader, with the strongest reason.
/// `suppliers`: leader and supplier, as lists say it; no registry does. `at_place` names who is in the same building or park as a leader.
pub fn followers(
    edition: &Edition,
    leaders: &[Row],
    suppliers: &[(Row, Row)],
    at_place: impl Fn(Row) -> Vec<Row>,
) -> Vec<Follower> {
    let listed: HashSet<Row> = leaders.iter().copied().collect();
    let mut found: HashMap<(Row, Row), FollowerReason> = HashMap::new();
    let mut add = |leader: Row, row: Row, reason: FollowerReason| {
        if !listed.contains(&row) {
            found.entry((leader, row)).and_modify(|known| *known = reason.min(*known)).or_insert(reason);
        }
    };
    suppliers
        .iter()
        .filter(|(leader, _)| listed.contains(leader))
        .for_each(|(leader, row)| add(*leader, *row, FollowerReason::Supplier));
    for leader in leaders {
        // Investor (the other) → investee (the subject).
        edition
            .ties_to(*leader, TieKind::Investment)
            .iter()
            .filter_map(|t| t.subject())
            .for_each(|row| add(*leader, row, FollowerReason::InvestedIn));
        edition
            .ties_of(*leader, TieKind::Investment)
            .iter()
            .filter_map(|t| t.other())
            .for_each(|row| add(*leader, row, FollowerReason::Investor));
        // What an investor of the leader invests in besides.
        for investor in edition.ties_of(*leader, TieKind::Investment).iter().filter_map(|t| t.other()) {
            let siblings = edition.ties_to(investor, TieKind::Investment);
            siblings.iter().filter_map(|t| t.subject()).for_each(|row| add(*leader, row, FollowerReason::SameGroup));
        }
        at_place(*leader).into_iter().for_each(|row| add(*leader, row, FollowerReason::SamePlace));
        edition
            .ties_of(*leader, TieKind::Dispatch)
            .iter()
            .filter_map(|t| t.other())
            .for_each(|row| add(*leader, row, FollowerReason::Dispatch));
        edition
            .ties_to(*leader, TieKind::Dispatch)
            .iter()
            .filter_map(|t| t.subject())
            .for_each(|row| add(*leader, row, FollowerReason::Dispatch));
    }
    let mut addresses: HashMap<&str, Vec<Row>> = HashMap::new();
    for leader in leaders {
        // A short address is a street without a number: half the city's.
        if let Some(address) = edition.enterprise(*leader).address().filter(|a| a.chars().count() >= 6) {
            addresses.entry(address).or_default().push(*leader);
        }
    }
    if !addresses.is_empty() {
        for row in edition.all().iter() {
            let at = edition.enterprise(row).address().and_then(|address| addresses.get(address));
            at.into_iter().flatten().for_each(|leader| add(*leader, row, FollowerReason::SameAddress));
        }
    }
    let mut all: Vec<Follower> = found.into_iter().map(|((leader, row), reason)| Follower { row, leader, reason }).collect();
    all.sort_by(|a, b| {
        let rows = edition.order(a.row, b.row).then_with(|| edition.order(a.leader, b.leader));
        a.reason.cmp(&b.reason).then(rows)
    });
    all
}
