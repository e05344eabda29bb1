//! Linking in steps that an engine shares out over machines, for what outgrows one.
//!
//! The steps are those of [`super::Linker`], in its own code; what one of them hands to the next leaves the machine. In: records as the
//! registries wrote them. Out: the entity of every record, the same as on one machine.
//!
//! 1. [`read`]: a record becomes a [`RecordLine`], by itself.
//! 2. [`grouping_facts`]: what a record tells those who group others.
//! 3. [`Grouper`]: all records that one code has become profiles, with the keys by which they are found.
//! 4. [`ValueCounter`]: how many profiles have a value.
//! 5. [`PairScorer`], [`best`]: a pair of profiles that share a key is weighed; the heaviest of a profile decide.
//! 6. [`Gathering`]: profiles that pairs tie together become clusters, and these get ids.
//!
//! Who shares a key with whom, and who hangs together, is the engine's to find. Judgements, ids of an earlier run and relations between
//! entities stay on one machine.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::block::index::Index;
use super::block::keys::limited_keys;
use super::cluster::entity_ids::{Unnamed, name};
use super::cluster::{ClusteringInput, JudgedPairs, cluster};
use super::codec::Keep;
use super::compare::frequencies::ValueFrequencies;
use super::compare::weights::Weights;
use super::entity_key::EntityKey;
use super::flat_table::FlatTable;
use super::group::profiles::carried::{CarriedProfile, Elsewhere, identify_beside, seats_told};
use super::group::profiles::{ProfileNo, Profiles};
use super::number_map::NumberMap;
use super::records::carried::CarriedRecord;
use super::records::{ISSUES_CODES, RecordNo, RecordTable};
use super::score::edges::{BEST, ScoredPair, ScoredPairs, ScoringContext};
use super::settings::LinkSettings;
use crate::model::linkage::{LinkRecord, LinkRole};

pub use super::compare::frequencies::CountedValue;

/// Raised when what is handed on changes its form.
const FORM: u8 = 1;
/// Form, identity and checksum stand before what they are of.
const HEAD: usize = 17;
/// Records of a table before scoring begins another: few enough to stay in a processor's cache.
const MOST_RECORDS: usize = 1 << 9;

/// What was handed in is not what this program handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCarried {
    /// Another form, or no form at all.
    #[error("was not written by this version of huitu; begin again with `huitu kernel normalise`")]
    Foreign,
    /// The checksum does not fit.
    #[error("is damaged: its checksum does not fit what it holds")]
    Damaged,
    /// What may stand once only was given before.
    #[error("stands there twice")]
    Twice,
}

/// Bytes with their form, whose they are, and a checksum.
fn sealed(identity: u64, value: &impl Keep) -> Vec<u8> {
    let mut bytes = vec![FORM];
    bytes.extend(identity.to_le_bytes());
    bytes.extend([0; 8]);
    value.put(&mut bytes);
    let sum = xxhash_rust::xxh3::xxh3_64(&bytes[HEAD..]);
    bytes[9..HEAD].copy_from_slice(&sum.to_le_bytes());
    bytes
}

fn identity_of(bytes: &[u8]) -> Result<u64, NotCarried> {
    match bytes.get(..9) {
        Some([FORM, identity @ ..]) => u64::get(&mut &*identity).ok_or(NotCarried::Foreign),
        _ => Err(NotCarried::Foreign),
    }
}

fn opened<T: Keep>(bytes: &[u8]) -> Result<T, NotCarried> {
    identity_of(bytes)?;
    let (mut sum, mut payload) = bytes.get(9..HEAD).zip(bytes.get(HEAD..)).ok_or(NotCarried::Damaged)?;
    if u64::get(&mut sum) != Some(xxhash_rust::xxh3::xxh3_64(payload)) {
        return Err(NotCarried::Damaged);
    }
    let value = T::get(&mut payload).ok_or(NotCarried::Foreign)?;
    if payload.is_empty() { Ok(value) } else { Err(NotCarried::Foreign) }
}

fn opened_profile(bytes: &[u8]) -> Result<CarriedProfile, NotCarried> {
    opened(bytes)
        .and_then(|profile: CarriedProfile| if profile.records.is_empty() { Err(NotCarried::Foreign) } else { Ok(profile) })
}

/// A record that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordLine {
    /// The record across runs ([`super::entity_key::reference`]).
    pub reference: u64,
    /// Its valid organisation code as a number; None where it has none.
    pub organisation: Option<u64>,
    /// Its valid registration number; None where it has none.
    pub registration: Option<u64>,
    /// The record for the steps that follow.
    pub bytes: Vec<u8>,
}

/// Reads names, codes and addresses of some records, in their order. Registry, key and part name one record: who gives two of one name is
/// told so when they are grouped.
pub fn read(records: &[LinkRecord], settings: &LinkSettings) -> Vec<RecordLine> {
    let mut record_table = RecordTable::new();
    let numbers = record_table.put(records, settings);
    let line = |number: &RecordNo| {
        let facts = record_table.facts(*number);
        let some = |code: u64| (code != 0).then_some(code);
        RecordLine {
            reference: facts.reference,
            organisation: some(facts.organisation),
            registration: some(facts.registration),
            bytes: sealed(facts.reference, &record_table.carry(*number)),
        }
    };
    numbers.par_iter().map(line).collect()
}

/// What a record tells those who group others.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupingFact {
    /// A branch of a firm of that stem sits, is called or lies there.
    Seat {
        /// Hash of the firm's 字号 and trade.
        stem: u64,
        /// A road and number, a district, a telephone.
        seat: u64,
    },
    /// A record of the registry that issues codes.
    Issuer {
        /// The record across runs.
        reference: u64,
        /// The record as it was handed on, with what it is not asked for left out.
        bytes: Vec<u8>,
        /// See [`Grouper::record`].
        lead: Option<u64>,
    },
}

/// What a record tells those who group others; `lead` as in [`Grouper::record`].
///
/// # Errors
/// The bytes are none that [`read`] handed out.
pub fn grouping_facts(bytes: &[u8], lead: Option<u64>) -> Result<Vec<GroupingFact>, NotCarried> {
    let carried: CarriedRecord = opened(bytes)?;
    let mut record_table = RecordTable::new();
    let record = record_table.take_in(&carried);
    let mut facts: Vec<GroupingFact> = Vec::new();
    if let Some((stem, seats)) = seats_told(&record_table, record) {
        facts.extend(seats.into_iter().map(|seat| GroupingFact::Seat { stem, seat }));
    }
    let row = carried.row();
    let lead = lead.filter(|_| row.organisation == 0 && row.registration != 0);
    if row.has(ISSUES_CODES) && (row.organisation != 0 || lead.is_some_and(|code| code != 0)) {
        facts.push(GroupingFact::Issuer {
            reference: carried.reference(),
            bytes: sealed(carried.reference(), &carried.witness()),
            lead,
        });
    }
    Ok(facts)
}

/// A profile, for whoever looks for its like.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileLine {
    /// The reference of its first record.
    pub profile: u64,
    /// Whether a valid code makes it one; those without look for theirs.
    pub is_identified: bool,
    /// What it can be found by, and how many profiles may stand behind each key for it to tell anything.
    pub keys: Vec<(u32, u32)>,
    /// The profile for the steps that follow.
    pub bytes: Vec<u8>,
}

/// Makes profiles of records, which must be all that each of their codes has.
#[derive(Debug)]
pub struct Grouper {
    record_table: RecordTable,
    elsewhere: Elsewhere,
    leads: FlatTable<u64, u64>,
}

impl Default for Grouper {
    fn default() -> Grouper {
        Grouper { record_table: RecordTable::new(), elsewhere: Elsewhere::default(), leads: FlatTable::default() }
    }
}

impl Grouper {
    /// Takes note of what a record anywhere tells.
    ///
    /// # Errors
    /// The bytes are none that [`grouping_facts`] handed out.
    pub fn fact(&mut self, fact: &GroupingFact) -> Result<(), NotCarried> {
        match fact {
            GroupingFact::Seat { stem, seat } => self.elsewhere.seat(*stem, *seat),
            GroupingFact::Issuer { bytes, lead, .. } => {
                let carried: CarriedRecord = opened(bytes)?;
                self.elsewhere.issuer(&mut self.record_table, &carried, *lead);
            }
        }
        Ok(())
    }

    /// Takes a record in. `lead`: the one organisation code that stands beside its registration number in any record, 0 where there are
    /// several, None where none does.
    ///
    /// # Errors
    /// The bytes are none that [`read`] handed out, or the record is there already.
    pub fn record(&mut self, bytes: &[u8], lead: Option<u64>) -> Result<(), NotCarried> {
        let carried: CarriedRecord = opened(bytes)?;
        if self.record_table.find(carried.reference()).is_some() {
            return Err(NotCarried::Twice);
        }
        if let Some(lead) = lead.filter(|_| carried.row().registration != 0) {
            self.leads.insert(carried.row().registration, lead);
        }
        self.record_table.take_in(&carried);
        Ok(())
    }

    /// The profiles of all records taken in.
    pub fn profiles(self, settings: &LinkSettings) -> Vec<ProfileLine> {
        let Grouper { record_table, elsewhere, leads } = self;
        let profiles = identify_beside(&record_table, leads, elsewhere);
        let line = |profile: ProfileNo| {
            let head = profiles.get(profile);
            ProfileLine {
                profile: head.anchor().1,
                is_identified: !head.is_unidentified(),
                keys: limited_keys(&record_table, &profiles, settings, profile),
                bytes: sealed(head.anchor().1, &profiles.carry(&record_table, profile)),
            }
        };
        let all: Vec<ProfileNo> = profiles.standing().collect();
        all.par_iter().map(|profile| line(*profile)).collect()
    }
}

/// Counts how many profiles have a value.
#[derive(Debug)]
pub struct ValueCounter {
    record_table: RecordTable,
    profiles: Profiles,
}

impl Default for ValueCounter {
    fn default() -> ValueCounter {
        ValueCounter { record_table: RecordTable::new(), profiles: Profiles::default() }
    }
}

impl ValueCounter {
    /// Counts a profile.
    ///
    /// # Errors
    /// The bytes are none that [`Grouper::profiles`] handed out, or it was counted already.
    pub fn profile(&mut self, bytes: &[u8]) -> Result<(), NotCarried> {
        if self.record_table.find(identity_of(bytes)?).is_some() {
            return Err(NotCarried::Twice);
        }
        self.profiles.take_in(&mut self.record_table, &opened_profile(bytes)?);
        Ok(())
    }

    /// Profiles counted, and every value with the number of those that have it.
    pub fn counts(&self) -> (usize, Vec<(CountedValue, u32)>) {
        (self.profiles.count(), ValueFrequencies::count(&self.record_table, &self.profiles).counts())
    }
}

/// A pair that is not hopeless.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairLine {
    /// The profile without a code, by the reference of its first record.
    pub left: u64,
    /// The other one.
    pub right: u64,
    /// Registry of the other one's first record.
    pub right_registry: u16,
    /// Whether the other one has a code.
    pub right_is_identified: bool,
    /// log2 odds that the two are one enterprise.
    pub weight: f32,
}

/// Why a pair cannot be weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairFault {
    /// Of the left side.
    #[error("the left profile {0}")]
    Left(NotCarried),
    /// Of the right side.
    #[error("the right profile {0}")]
    Right(NotCarried),
    /// The left side has a code.
    #[error("the left profile has a valid code: only those without one look for theirs")]
    Identified,
    /// Both sides are one.
    #[error("a profile is paired with itself")]
    Itself,
}

/// Weighs pairs of profiles.
pub struct PairScorer {
    settings: LinkSettings,
    weights: Weights,
    terms: ValueFrequencies,
    counted_brands: usize,
    record_table: RecordTable,
    profiles: Profiles,
    /// Not asked by anything that weighs a pair.
    index: Index,
    numbers: HashMap<u64, ProfileNo>,
}

impl PairScorer {
    /// `population`: profiles of all machines; `counts`: how many of them have a value, those with one may be left out.
    pub fn new(
        settings: LinkSettings,
        weights: Weights,
        population: usize,
        counts: impl IntoIterator<Item = (CountedValue, u32)>,
    ) -> PairScorer {
        let terms = ValueFrequencies::of_counts(counts, population);
        PairScorer {
            settings,
            weights,
            counted_brands: terms.brands_len(),
            terms,
            record_table: RecordTable::new(),
            profiles: Profiles::default(),
            index: Index::default(),
            numbers: HashMap::new(),
        }
    }

    /// Weighs a pair; None where nothing may join the two, or too little does.
    ///
    /// # Errors
    /// See [`PairFault`].
    pub fn score(&mut self, left: &[u8], right: &[u8]) -> Result<Option<PairLine>, PairFault> {
        if self.record_table.records.len() > MOST_RECORDS {
            self.terms.leave_table(self.counted_brands);
            (self.record_table, self.profiles) = (RecordTable::new(), Profiles::default());
            self.numbers.clear();
        }
        let left = self.number(left).map_err(PairFault::Left)?;
        let right = self.number(right).map_err(PairFault::Right)?;
        if left == right {
            return Err(PairFault::Itself);
        }
        if !self.profiles.get(left).is_unidentified() {
            return Err(PairFault::Identified);
        }
        self.terms.grow(&self.record_table);
        let scoring = ScoringContext {
            record_table: &self.record_table,
            profiles: &self.profiles,
            terms: &self.terms,
            weights: &self.weights,
            index: &self.index,
            settings: &self.settings,
        };
        let other = self.profiles.get(right);
        Ok(scoring.scored_pair(left, right).map(|scored| PairLine {
            left: self.profiles.get(left).anchor().1,
            right: other.anchor().1,
            right_registry: other.anchor().0,
            right_is_identified: !other.is_unidentified(),
            weight: scored.weight,
        }))
    }

    fn number(&mut self, bytes: &[u8]) -> Result<ProfileNo, NotCarried> {
        let identity = identity_of(bytes)?;
        if let Some(known) = self.numbers.get(&identity) {
            return Ok(*known);
        }
        let number = self.profiles.take_in(&mut self.record_table, &opened_profile(bytes)?);
        self.numbers.insert(identity, number);
        Ok(number)
    }
}

/// Of the pairs of every left side the heaviest, which alone decide; by left side, heaviest first. All pairs of a left side must be there.
/// Whether a pair ties its two sides together stands beside it.
pub fn best(mut pairs: Vec<PairLine>, settings: &LinkSettings) -> Vec<(PairLine, bool)> {
    let order = |a: &PairLine, b: &PairLine| {
        let anchor = |pair: &PairLine| (pair.right_registry, pair.right);
        a.left.cmp(&b.left).then(b.weight.total_cmp(&a.weight)).then_with(|| anchor(a).cmp(&anchor(b)))
    };
    pairs.sort_unstable_by(order);
    pairs.dedup_by_key(|pair| (pair.left, pair.right));
    let of_left = pairs.chunk_by(|a, b| a.left == b.left).flat_map(|pairs| pairs.iter().take(BEST));
    of_left.map(|pair| (*pair, ties(pair, settings))).collect()
}

fn ties(pair: &PairLine, settings: &LinkSettings) -> bool {
    pair.weight >= settings.join_from
}

/// A record and its entity.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordEntity {
    /// Position of its registry in the settings.
    pub registry: u16,
    /// Its key there.
    pub key: Box<str>,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// None: a mention that fits no enterprise.
    pub entity: Option<EntityKey>,
    /// The record that founded the entity. Two founders of one id are two entities: nobody here sees all ids.
    pub founder: Option<u64>,
    /// Its profile, by the reference of the first record.
    pub profile: u64,
    /// log2 odds of the pair that joined its profile, rivals taken off; None where a code did, or where it stands alone.
    pub weight: Option<f32>,
    /// The profile to which its own was joined.
    pub partner: Option<u64>,
}

/// What is missing for a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GatheringFault {
    /// A pair speaks of a left side that was not given.
    #[error("profile {0} looks for its like and is not there itself; profiles that pairs tie together belong into one stream")]
    NoLeft(i64),
    /// A pair ties its left side to one that was not given.
    #[error(
        "a pair ties profile {0} to profile {1}, which is not there; profiles that pairs tie together belong into one stream"
    )]
    NoRight(i64, i64),
}

/// Profiles that pairs tie together, whole: none of them is tied to one that is not here.
#[derive(Debug)]
pub struct Gathering {
    record_table: RecordTable,
    profiles: Profiles,
    numbers: HashMap<u64, ProfileNo>,
    pairs: Vec<PairLine>,
}

impl Default for Gathering {
    fn default() -> Gathering {
        let (profiles, numbers) = (Profiles::default(), HashMap::new());
        Gathering { record_table: RecordTable::new(), profiles, numbers, pairs: Vec::new() }
    }
}

impl Gathering {
    /// Takes a profile in; one that is there already is left as it is.
    ///
    /// # Errors
    /// The bytes are none that [`Grouper::profiles`] handed out.
    pub fn profile(&mut self, bytes: &[u8]) -> Result<(), NotCarried> {
        let identity = identity_of(bytes)?;
        if !self.numbers.contains_key(&identity) {
            let number = self.profiles.take_in(&mut self.record_table, &opened_profile(bytes)?);
            self.numbers.insert(identity, number);
        }
        Ok(())
    }

    /// Takes a pair in, which [`best`] has let through.
    pub fn pair(&mut self, pair: PairLine) {
        self.pairs.push(pair);
    }

    /// The entity of every record, by profile.
    ///
    /// # Errors
    /// A pair speaks of a profile that should be here and is not.
    pub fn entities(mut self, settings: &LinkSettings) -> Result<Vec<RecordEntity>, GatheringFault> {
        let scope: Vec<ProfileNo> = self.profiles.standing().collect();
        let scored_pairs = self.scored_pairs(settings)?;
        let Gathering { record_table, profiles, .. } = self;
        let field = ClusteringInput { profiles: &profiles, scored_pairs: &scored_pairs, settings };
        let mut clusters = cluster(field, &scope, &JudgedPairs::default());
        let mut place: NumberMap<ProfileNo, usize> = NumberMap::default();
        let mut unnamed: Vec<Unnamed> = Vec::new();
        let mut of: Vec<usize> = Vec::with_capacity(scope.len());
        for profile in &scope {
            let number = *place.entry(clusters.root(*profile)).or_insert(unnamed.len());
            if number == unnamed.len() {
                unnamed.push(Unnamed { founder: None, founders: None, earlier: Vec::new() });
            }
            of.push(number);
            let facts = profiles.members(*profile).iter().map(|record| record_table.facts(*record));
            let founders = facts.filter(|facts| facts.role() != LinkRole::Mention).map(|facts| (facts.registry, facts.reference));
            let cluster = &mut unnamed[number];
            cluster.founder = founders.chain(cluster.founder).min();
        }
        let named = name(&unnamed, [], |_| false);
        let mut entities = Vec::with_capacity(record_table.records.len());
        for (profile, number) in scope.iter().zip(of) {
            let assignment = clusters.joined.get(profile).filter(|assignment| assignment.joined);
            for record in profiles.members(*profile) {
                let facts = record_table.facts(*record);
                entities.push(RecordEntity {
                    registry: facts.registry,
                    key: record_table.key(*record).into(),
                    part: facts.part,
                    entity: named.keys[number],
                    founder: unnamed[number].founder.map(|(_, reference)| reference),
                    profile: profiles.get(*profile).anchor().1,
                    weight: assignment.map(|assignment| assignment.lead),
                    partner: assignment.and_then(|assignment| assignment.partner).map(|partner| profiles.get(partner).anchor().1),
                });
            }
        }
        Ok(entities)
    }

    /// The pairs by numbers. Who is only a rival, and not here, gets a number of which no more is known than clustering asks.
    fn scored_pairs(&mut self, settings: &LinkSettings) -> Result<ScoredPairs, GatheringFault> {
        let mut lists: Vec<(ProfileNo, Vec<ScoredPair>)> = Vec::new();
        let mut strangers: HashMap<u64, ProfileNo> = HashMap::new();
        let ordered = best(std::mem::take(&mut self.pairs), settings);
        for pairs in ordered.chunk_by(|(a, _), (b, _)| a.left == b.left) {
            let left = pairs[0].0.left;
            let from = *self.numbers.get(&left).ok_or(GatheringFault::NoLeft(left as i64))?;
            let mut of_left = Vec::with_capacity(pairs.len());
            for (pair, ties) in pairs {
                let right = match self.numbers.get(&pair.right) {
                    Some(right) => *right,
                    None if *ties => return Err(GatheringFault::NoRight(left as i64, pair.right as i64)),
                    None => *strangers
                        .entry(pair.right)
                        .or_insert_with(|| self.profiles.stand_in((pair.right_registry, pair.right), pair.right_is_identified)),
                };
                of_left.push(ScoredPair { right, weight: pair.weight, said: 0 });
            }
            lists.push((from, of_left));
        }
        lists.sort_unstable_by_key(|(left, _)| *left);
        Ok(ScoredPairs::of_lists(lists.into_iter()).expect("a component has fewer pairs than four thousand million"))
    }
}
