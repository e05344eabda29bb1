//! What is entered of units beside the tree: posts, agreements, collections. Each with its source and its versions.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};

use super::connection::{Placed, placed};
use super::enterprise::Enterprise;
use super::scalars::{Date, DateTime, Decimal, UnionJoinedAt, UnionPostKind};
use super::union_funds::UnionTaxRegistry;
use super::union_units::{FederationVersion, FederationView, UnionUnit};
use crate::access::FieldClass;
use crate::access::classes::of_federation;
use crate::federation::dispatch::{DispatchAgreement, DispatchSums};
use crate::federation::entry::FederationNoun;
use crate::federation::home::UnitCounts;
use crate::federation::pilot::{ArrearsByAge, Collection};
use crate::federation::post::{Staffing, UnitPosts};
use crate::hub::federation_homes::enterprise_meant;
use crate::hub::federation_state::Entered;
use crate::model::value::Money;
use crate::serve::context::{OrTell, RequestContext, ask};

/// The page of things behind a key; `all` are keys, which are the cursors, and things, which need no order.
pub fn keyed<S, T>(
    mut all: Vec<(String, S)>,
    first: usize,
    after: Option<&str>,
    make: impl Fn(String, S) -> T,
) -> (Vec<T>, Placed, i32) {
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let total = all.len();
    let start = after.map_or(0, |key| all.partition_point(|(own, _)| own.as_str() <= key));
    let page: Vec<(String, S)> = all.into_iter().skip(start).take(first).collect();
    let cursors = page.iter().map(|(key, _)| key.clone()).collect();
    let placed = placed(start + page.len() < total, start > 0, cursors);
    (page.into_iter().map(|(key, what)| make(key, what)).collect(), placed, total as i32)
}

/// A connection in the order of what its things are known by.
macro_rules! keyed_pages {
    ($doc:literal, $Connection:ident, $nodes:literal, $Node:ident, $edge_doc:literal, $Edge:ident, $node_doc:literal) => {
        $crate::serve::graphql::model::connection::pages!($doc, $Connection, $nodes, $Node, $edge_doc, $Edge, $node_doc);

        impl $Connection {
            /// The page behind a key.
            pub fn page<S>(
                all: Vec<(String, S)>,
                first: usize,
                after: Option<&str>,
                make: impl Fn(String, S) -> $Node,
            ) -> $Connection {
                let (nodes, placed, total_count) =
                    $crate::serve::graphql::model::federation_entries::keyed(all, first, after, make);
                $Connection { nodes, placed, total_count }
            }
        }
    };
}

keyed_pages!(
    "Posts, page by page, in the order of their units.",
    UnionPostConnection,
    "The posts of this page.",
    UnionPost,
    "Posts of a kind at a unit and their cursor.",
    UnionPostEdge,
    "The posts."
);
keyed_pages!(
    "Agreements, page by page, in the order of agencies and hosts.",
    DispatchAgreementConnection,
    "The agreements of this page.",
    UnionDispatch,
    "An agreement and its cursor.",
    DispatchAgreementEdge,
    "The agreement."
);
keyed_pages!(
    "Collections, page by page, in the order of units and quarters.",
    UnionCollectionConnection,
    "The collections of this page.",
    UnionCollection,
    "A collection and its cursor.",
    UnionCollectionEdge,
    "The collection."
);

pub(in crate::serve) use keyed_pages;

/// Where a thing that was entered comes from.
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct EntryOrigin {
    /// Where it is said.
    pub source: String,
    /// When it was entered last.
    pub entered_at: DateTime,
    /// Who entered it last.
    pub entered_by: Option<String>,
    #[graphql(skip)]
    key: (FederationNoun, String),
}

/// Where a thing that was entered comes from.
#[ComplexObject]
impl EntryOrigin {
    /// Every version of it, the latest first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<FederationVersion>> {
        FederationVersion::list(ask(ctx), self.key.0, &self.key.1).await.or_tell(ctx)
    }
}

impl EntryOrigin {
    pub fn new<T>(noun: FederationNoun, key: String, entered: &Entered<T>, source: &str) -> EntryOrigin {
        EntryOrigin {
            source: source.to_owned(),
            entered_at: DateTime::written(entered.at),
            entered_by: entered.by.clone(),
            key: (noun, key),
        }
    }
}

/// Whether the caller is told a field.
pub fn is_told(ask: &RequestContext, field: &str) -> bool {
    ask.caller.is_shown(of_federation(field))
}

/// A count as the graph writes it.
pub fn number(n: u64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Posts of one kind in one unit, as of a day. No names are kept.
#[derive(SimpleObject)]
pub struct UnionPost {
    /// What it is known by.
    #[graphql(owned)]
    pub id: ID,
    /// Whose they are.
    pub unit: Option<UnionUnit>,
    /// Which posts.
    pub kind: UnionPostKind,
    /// Posts that there are to be.
    pub approved: i32,
    /// Posts that somebody holds.
    pub filled: i32,
    /// Posts that nobody holds.
    pub vacant: i32,
    /// Of the holders, how many chair a union below, delegated by this unit.
    pub delegated_chairs: i32,
    /// Subsidy per head and year, yuan. Needs the scope `finance`; null without it.
    pub subsidy_yuan: Option<f64>,
    /// The day it holds of.
    pub as_of: Date,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl UnionPost {
    /// What posts are known by.
    pub fn key(posts: &UnitPosts) -> String {
        format!("{} {} {}", posts.unit, posts.kind, posts.as_of)
    }
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<UnitPosts>) -> UnionPost {
        let (posts, key) = (&entered.what, UnionPost::key(&entered.what));
        UnionPost {
            id: ID(format!("post:{key}")),
            unit: view.unit(ask, &posts.unit),
            kind: posts.kind.into(),
            approved: number(posts.approved),
            filled: number(posts.filled),
            vacant: number(posts.approved.saturating_sub(posts.filled)),
            delegated_chairs: number(posts.delegated_chairs),
            subsidy_yuan: posts.subsidy_yuan.filter(|_| is_told(ask, "subsidy")),
            as_of: Date(posts.as_of),
            origin: EntryOrigin::new(FederationNoun::Post, key, entered, &posts.source),
        }
    }
}

/// Posts of a unit and of those below it.
#[derive(SimpleObject)]
pub struct UnionStaffing {
    /// Posts that there are to be.
    pub approved: i32,
    /// Posts that somebody holds.
    pub filled: i32,
    /// Posts that nobody holds.
    pub vacant: i32,
    /// Filled beyond what was approved.
    pub beyond: i32,
    /// Chairs delegated.
    pub delegated_chairs: i32,
    /// Enterprises that lack a union, for each officer; null where there is no officer.
    pub lacking_per_officer: Option<f64>,
}

impl UnionStaffing {
    pub fn new(staff: &Staffing, counts: &UnitCounts) -> UnionStaffing {
        UnionStaffing {
            approved: number(staff.approved),
            filled: number(staff.filled),
            vacant: number(staff.vacant),
            beyond: number(staff.beyond),
            delegated_chairs: number(staff.delegated_chairs),
            lacking_per_officer: staff.load(counts.lacking),
        }
    }
}

/// An agreement of an agency and a host.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct UnionDispatch {
    /// What it is known by.
    #[graphql(owned)]
    pub id: ID,
    /// The unit that reports it.
    pub unit: Option<UnionUnit>,
    /// Who dispatches, as written.
    pub agency: String,
    /// Where they work, as written.
    pub host: String,
    /// Since when.
    pub agreed_on: Option<Date>,
    /// The agreement says that the host pays 2 % of their wages.
    pub has_clause: bool,
    /// Workers dispatched.
    pub workers: i32,
    /// Of these, members of a union.
    pub members: i32,
    /// Whose union they are members of: they are counted there, once.
    pub joined_at: UnionJoinedAt,
    /// Domestic service or care: the rule by which it is taken for that; null: it is neither.
    pub care_rule: Option<String>,
    /// Where it comes from.
    pub origin: EntryOrigin,
    #[graphql(skip)]
    view: FederationView,
}

/// An agreement of an agency and a host.
#[ComplexObject]
impl UnionDispatch {
    /// The agency in the graph; null where nobody, or several, fit.
    async fn agency_enterprise(&self, ctx: &Context<'_>) -> Option<Enterprise> {
        self.enterprise(ask(ctx), &self.agency)
    }
    /// The host in the graph; null where nobody, or several, fit.
    async fn host_enterprise(&self, ctx: &Context<'_>) -> Option<Enterprise> {
        self.enterprise(ask(ctx), &self.host)
    }
}

impl UnionDispatch {
    /// What an agreement is known by.
    pub fn key(a: &DispatchAgreement) -> String {
        format!("{} {}", a.agency, a.host)
    }
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<DispatchAgreement>) -> UnionDispatch {
        let (a, key) = (&entered.what, UnionDispatch::key(&entered.what));
        UnionDispatch {
            id: ID(format!("dispatch:{key}")),
            unit: view.unit(ask, &a.unit),
            agency: a.agency.to_string(),
            host: a.host.to_string(),
            agreed_on: a.agreed_on.map(Date),
            has_clause: a.has_clause,
            workers: number(a.workers),
            members: number(a.members),
            joined_at: a.joined_at.into(),
            care_rule: a.care_rule.as_deref().map(str::to_owned),
            origin: EntryOrigin::new(FederationNoun::Dispatch, key, entered, &a.source),
            view: view.clone(),
        }
    }

    fn enterprise(&self, ask: &RequestContext, text: &str) -> Option<Enterprise> {
        let row = enterprise_meant(&self.view.edition, text)?;
        ask.may_see(self.view.edition.enterprise(row)).then(|| Enterprise::new(ask, &self.view.edition, row))
    }
}

/// What agreements of a unit and of those below it add up to.
#[derive(SimpleObject)]
pub struct UnionDispatchSums {
    /// Agreements.
    pub agreements: i32,
    /// Of these, without the clause on 2 %.
    pub without_clause: i32,
    /// Agencies, each once.
    pub agencies: i32,
    /// Workers dispatched.
    pub workers: i32,
    /// Members counted at agencies.
    pub members_at_agencies: i32,
    /// Members counted at hosts.
    pub members_at_hosts: i32,
    /// Agencies of domestic service and care, each once.
    pub care_agencies: i32,
    /// Their members, wherever they joined.
    pub care_members: i32,
    /// Agencies in the graph that lack a union.
    pub agencies_lacking: i32,
    /// Hosts in the graph that lack a union.
    pub hosts_lacking: i32,
}

impl UnionDispatchSums {
    pub fn new(sums: &DispatchSums, agencies_lacking: u64, hosts_lacking: u64) -> UnionDispatchSums {
        UnionDispatchSums {
            agreements: number(sums.agreements),
            without_clause: number(sums.without_clause),
            agencies: number(sums.agencies),
            workers: number(sums.workers),
            members_at_agencies: number(sums.members_at_agencies),
            members_at_hosts: number(sums.members_at_hosts),
            care_agencies: number(sums.care_agencies),
            care_members: number(sums.care_members),
            agencies_lacking: number(agencies_lacking),
            hosts_lacking: number(hosts_lacking),
        }
    }
}

/// What the tax office collected in a pilot area for a quarter. Sums need the scope `finance`; null without it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct UnionCollection {
    /// What it is known by.
    #[graphql(owned)]
    pub id: ID,
    /// The pilot area's unit.
    pub unit: Option<UnionUnit>,
    /// Since when the tax office collects there.
    pub starts_on: Date,
    /// Who leads it.
    pub leading_group: Option<String>,
    /// `2010Q3`.
    pub period: String,
    /// Wages of all who pay.
    pub payroll: Option<Decimal>,
    /// 2 % of the payroll.
    pub due: Option<Decimal>,
    /// Union dues paid.
    pub dues: Option<Decimal>,
    /// Preparatory fund paid.
    pub preparatory: Option<Decimal>,
    /// What is still owed.
    pub arrears: Option<Decimal>,
    /// What goes back; null where no rule says a share.
    pub refund: Option<Decimal>,
    /// The rule that says the share.
    pub refund_source: Option<String>,
    /// What the sheet says that the tax office has beyond what was reported here; null where it says nothing.
    pub tax_difference: Option<Decimal>,
    /// Where it comes from.
    pub origin: EntryOrigin,
    #[graphql(skip)]
    view: FederationView,
    #[graphql(skip)]
    entered: Collection,
}

/// What the tax office collected in a pilot area for a quarter. Sums need the scope `finance`; null without it.
#[ComplexObject]
impl UnionCollection {
    /// What registries of payments say for the same quarter, beside this sheet; null where none of them delivered, and without the scope
    /// `finance`.
    async fn tax_registry(&self, ctx: &Context<'_>) -> Result<Option<UnionTaxRegistry>> {
        let (ask, view) = (ask(ctx), &self.view);
        let at = view.federation.tree.at(&self.entered.unit).filter(|_| ask.caller.is_shown(FieldClass::Money));
        let Some(at) = at else { return Ok(None) };
        ask.touch_store();
        let sums = ask.state.hub().paid_sums(&view.edition, &view.federation).await;
        let sums = sums.map_err(super::cases::mendable).or_tell(ctx)?;
        Ok(sums.map(|sums| UnionTaxRegistry::new(&sums, at, &self.entered)))
    }
}

impl UnionCollection {
    /// What a collection is known by.
    pub fn key(c: &Collection) -> String {
        format!("{} {}", c.unit, c.period)
    }
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<Collection>) -> UnionCollection {
        let (c, key) = (&entered.what, UnionCollection::key(&entered.what));
        let told = ask.caller.is_shown(FieldClass::Money);
        let sum = |fen: i64| told.then_some(Decimal(Money(fen)));
        UnionCollection {
            id: ID(format!("collection:{key}")),
            unit: view.unit(ask, &c.unit),
            starts_on: Date(c.starts_on),
            leading_group: c.leading_group.as_deref().map(str::to_owned),
            period: c.period.to_string(),
            payroll: sum(c.payroll),
            due: sum(c.due()),
            dues: sum(c.dues),
            preparatory: sum(c.preparatory),
            arrears: sum(c.arrears()),
            refund: c.refund().and_then(sum),
            refund_source: c.refund.as_ref().map(|(_, rule)| rule.to_string()),
            tax_difference: c.difference().and_then(sum),
            origin: EntryOrigin::new(FederationNoun::Collection, key, entered, &c.source),
            view: view.clone(),
            entered: c.clone(),
        }
    }
}

/// What is owed by how long ago its quarter ended.
#[derive(SimpleObject)]
pub struct UnionArrears {
    /// Of quarters that ended less than a quarter ago.
    pub fresh: Decimal,
    /// Of those up to a year ago.
    pub within_year: Decimal,
    /// Older.
    pub older: Decimal,
}

impl From<ArrearsByAge> for UnionArrears {
    fn from(ages: ArrearsByAge) -> UnionArrears {
        let [fresh, within_year, older] = [ages.fresh, ages.within_year, ages.older].map(|fen| Decimal(Money(fen)));
        UnionArrears { fresh, within_year, older }
    }
}
