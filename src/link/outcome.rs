//! What a run of linking hands back.

use hashbrown::HashMap;

use super::codec::{kept, kept_choice};
use super::entity_key::{EntityKey, reference};
use crate::model::linkage::{Judgement, JudgementVerdict, LinkMethod, RecordRef, RelationKind};
use crate::model::value::PartialDate;

/// What the last run decided. Empty for the first run.
#[derive(Debug, Clone, Default)]
pub struct Previous {
    entities: HashMap<u64, EntityKey>,
}

impl Previous {
    /// Remembers that a record belonged to an entity.
    pub fn insert(&mut self, registry: &str, key: &str, part: u16, entity: EntityKey) {
        self.entities.insert(reference(registry, key, part), entity);
    }
    /// The same by the record's reference ([`reference()`]).
    pub fn insert_reference(&mut self, reference: u64, entity: EntityKey) {
        self.entities.insert(reference, entity);
    }
    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }
    pub(super) fn get(&self, reference: u64) -> Option<EntityKey> {
        self.entities.get(&reference).copied()
    }
}

/// Why a better edge was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeRefusal {
    /// The two hold different valid codes.
    TwoCodes,
    /// Two records of the registry that issues codes, and nothing proves them one.
    TwoOfIssuer,
    /// One is a branch, the other is not.
    BranchAndParent,
    /// It would join two clusters through a record without a code.
    ThroughLooseRecord,
    /// Two records of one registry bear different names, and no code makes them one.
    SameRegistry,
    /// A person said they are different.
    Judgement,
    /// The lead over the second best is too narrow.
    NarrowLead,
}

impl EdgeRefusal {
    /// As links and answers name it.
    pub fn name(self) -> &'static str {
        match self {
            EdgeRefusal::TwoCodes => "two_codes",
            EdgeRefusal::TwoOfIssuer => "two_of_issuer",
            EdgeRefusal::BranchAndParent => "branch_and_parent",
            EdgeRefusal::ThroughLooseRecord => "through_loose_record",
            EdgeRefusal::SameRegistry => "same_registry",
            EdgeRefusal::Judgement => "judgement",
            EdgeRefusal::NarrowLead => "narrow_lead",
        }
    }
}

/// The entity of one record. `record` is the [`super::Linker`]'s number of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// Number of the record in the linker.
    pub record: u32,
    /// The store's number of it.
    pub store_id: i64,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// None: a mention that fits no enterprise.
    pub entity: Option<EntityKey>,
    /// What joined it.
    pub method: LinkMethod,
    /// log2 odds of the edge that joined it; None where a code or a judgement did, or where it stands alone.
    pub weight: Option<f32>,
    /// The record it was joined to.
    pub partner: Option<u32>,
    /// The entity that came second, where one came close.
    pub runner_up: Option<EntityKey>,
    /// The constraint that refused a better edge.
    pub refused: Option<EdgeRefusal>,
}

/// What happened to an entity in this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityEvent {
    /// A new entity.
    Founded(EntityKey),
    /// `from` is no more; its id redirects to `into`.
    Merged {
        /// The one that is no more.
        from: EntityKey,
        /// The one that stands.
        into: EntityKey,
    },
    /// `into` is new and was a part of `from`.
    Split {
        /// The one that lost records.
        from: EntityKey,
        /// The new one.
        into: EntityKey,
    },
    /// No record is left.
    Gone(EntityKey),
}

/// A pair that a person should look at. What speaks for and against it tells [`super::Linker::evidence_of_pair`].
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewPair {
    /// Depends on the two records only: the same pair has the same id in every run.
    pub id: Box<str>,
    /// Numbers of the left and the right record in the linker.
    pub records: (u32, u32),
    /// One record.
    pub left: RecordRef,
    /// The other record.
    pub right: RecordRef,
    /// The store's number of the left record.
    pub left_store_id: i64,
    /// The store's number of the right record.
    pub right_store_id: i64,
    /// Entity of the left record (None: a mention that attaches to nothing), entity of the right one.
    pub left_entity: Option<EntityKey>,
    /// Entity of the right record.
    pub right_entity: Option<EntityKey>,
    /// log2 odds.
    pub weight: f32,
    /// The left record is a union's, or a unit's on its list (a part of its row): a yes would cover the enterprise of the right one.
    pub of_union: bool,
    /// Joined all the same, and to be confirmed; false: apart until somebody says otherwise.
    pub joined: bool,
    /// An establishment with a code of its own beside its firm, which nothing but the names ties together.
    pub of_unit: bool,
}

/// A fact between two entities.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkedRelation {
    /// What it is.
    pub kind: RelationKind,
    /// The entity it is said of.
    pub from: EntityKey,
    /// None: the other unit is named only.
    pub to: Option<EntityKey>,
    /// The other unit as the record names it.
    pub name: Box<str>,
    /// Since when, where a registry says so.
    pub since: Option<PartialDate>,
    /// The record that says so.
    pub record: RecordRef,
}

/// Something a person should know about a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlagKind {
    /// One valid code stands in records of many names.
    CodeOnManyNames,
    /// Many records without a code carry one name.
    ManyRecordsOneName,
    /// A branch was written with its parent's code; it was kept apart.
    BranchUnderParentCode,
    /// A record holds two valid codes that contradict each other.
    ContradictingCodes,
    /// Names that are each other's former names in a circle.
    RenameCycle,
    /// A code fails its check character.
    BrokenCode,
    /// Nothing to compare: the name is empty or punctuation.
    NoName,
}

impl FlagKind {
    /// As warnings and reports name it.
    pub fn name(self) -> &'static str {
        match self {
            FlagKind::CodeOnManyNames => "code_on_many_names",
            FlagKind::ManyRecordsOneName => "many_records_one_name",
            FlagKind::BranchUnderParentCode => "branch_under_parent_code",
            FlagKind::ContradictingCodes => "contradicting_codes",
            FlagKind::RenameCycle => "rename_cycle",
            FlagKind::BrokenCode => "broken_code",
            FlagKind::NoName => "no_name",
        }
    }
}

/// A warning about a record or its cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Flag {
    /// What is odd.
    pub kind: FlagKind,
    /// The entity it is in; None where it is in none.
    pub entity: Option<EntityKey>,
    /// The record, or the first of several.
    pub record: RecordRef,
    /// How many records or names it is about.
    pub count: u32,
}

/// Counts of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// Records that stand.
    pub records: usize,
    /// Profiles they make.
    pub profiles: usize,
    /// Profiles without a valid code that were weighed.
    pub unidentified: usize,
    /// Pairs that share a key, among those that this run looked at: all of them in a first run.
    pub candidate_pairs: usize,
    /// Pairs that this run compared.
    pub compared_pairs: usize,
    /// Pairs that are not hopeless.
    pub scored_pairs: usize,
    /// Entities in use.
    pub entities: usize,
    /// Entries of the key index.
    pub keys: usize,
}

/// The outcome of a run. `decisions` and `events` hold what differs from the run before (everything after none);
/// `review`, `relations` and `flags` hold all that stand now.
#[derive(Debug, Clone, Default)]
pub struct Linking {
    /// Records whose entity, method or weight is another than before.
    pub decisions: Vec<Decision>,
    /// What became of entities.
    pub events: Vec<EntityEvent>,
    /// Pairs for a person, every one that waits.
    pub review: Vec<ReviewPair>,
    /// Facts between entities.
    pub relations: Vec<LinkedRelation>,
    /// Warnings.
    pub flags: Vec<Flag>,
    /// Counts of the run.
    pub statistics: Statistics,
    /// Records of which something else is said than before, be it their evidence alone: of all others everything is what it was. Numbers
    /// of the table, in order; None where the run looked at all.
    pub reconsidered: Option<Vec<u32>>,
    /// Pairs for a person, as one of the two sides has them, that came, went or are others now, as they were and as they are, by id;
    /// empty where the run looked at all.
    pub reviewed: Vec<ReviewPair>,
}

kept_choice!(EdgeRefusal: TwoCodes, TwoOfIssuer, BranchAndParent, ThroughLooseRecord, Judgement, NarrowLead, SameRegistry);
kept_choice!(FlagKind:
    CodeOnManyNames, ManyRecordsOneName, BranchUnderParentCode, ContradictingCodes, RenameCycle, BrokenCode, NoName);
kept_choice!(RelationKind: BranchOf, AbsorbedBy, RenamedFrom, SameGroup);
kept_choice!(JudgementVerdict: Same, Different, NotSure);
kept!(RecordRef { registry, key, part });
kept!(Judgement { id, verdict, left, right });
