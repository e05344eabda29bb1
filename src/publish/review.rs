//! The review queue: which pairs wait for a person, and which of them matter most for the gap list.

use hashbrown::{HashMap, HashSet};

use crate::edition::{Edition, EnterpriseRow, Filter};
use crate::link::{EntityKey, ReviewPair};
use crate::model::enterprise::Enterprise;
use crate::model::facts::OpenPair;
use crate::model::linkage::RecordRef;
use crate::model::spilled::SpilledText;
use crate::model::verdict::{FundStatus, SizeStatus, UnionStatus};
use crate::store::entity::{QueuedPair, ReviewRow};

/// Points above any priority score: pairs that would change the gap list come first.
const CHANGES_GAP_LIST: f64 = 10_000.0;
/// Points for pairs that would change a verdict outside the list.
const CHANGES_VERDICT: f64 = 5_000.0;

/// A pair that waits, and what speaks for and against it.
#[derive(Debug, Clone)]
pub struct ToldPair {
    pub pair: ReviewPair,
    /// `Evidence` as a JSON list, as the queue keeps it.
    pub evidence: SpilledText,
}

/// Open pairs as assessing takes them: a union's record that nearly matches an enterprise.
pub fn open_pairs<'a>(review: impl Iterator<Item = &'a ReviewPair>) -> Vec<OpenPair> {
    review
        .filter(|p| p.of_union && !p.joined)
        .filter_map(|p| {
            Some(OpenPair {
                id: p.id.clone(),
                enterprise: p.right_entity?.to_string().into(),
                union_record: p.left.clone(),
                weight: p.weight,
            })
        })
        .collect()
}

/// The queue as the store keeps it. `effect` is a code that clients get as text: `covers_lacking`, `covers`,
/// `confirms`, `joins`.
pub fn queued(review: Vec<ToldPair>, enterprises: &[Enterprise]) -> Vec<QueuedPair> {
    let of_right = |p: &ToldPair| p.pair.right_entity;
    let wanted: HashSet<EntityKey> = review.iter().filter_map(of_right).collect();
    let wanted = |e: &Enterprise| e.id.parse().ok().filter(|id| wanted.contains(id));
    let stakes: HashMap<EntityKey, Stake> = enterprises.iter().filter_map(|e| Some((wanted(e)?, Stake::of(e)))).collect();
    review.into_iter().map(|p| of_pair(of_right(&p).and_then(|e| stakes.get(&e).copied()), p)).collect()
}

/// What an enterprise stands for in the queue.
#[derive(Debug, Clone, Copy)]
pub struct Stake {
    /// Priority score.
    score: f64,
    /// Above designated size.
    above: bool,
    union: UnionStatus,
}

impl Stake {
    /// Of one that was judged.
    pub fn of(e: &Enterprise) -> Stake {
        let verdicts = &e.verdicts;
        Stake {
            score: f64::from(verdicts.priority.score),
            above: verdicts.size.verdict == SizeStatus::Above,
            union: verdicts.union.verdict,
        }
    }
    /// Of one that stands in an edition.
    pub fn of_row(row: &EnterpriseRow<'_>) -> Stake {
        Stake {
            score: f64::from(row.priority()),
            above: row.size() == Some(SizeStatus::Above),
            union: row.union().unwrap_or(UnionStatus::None),
        }
    }
}

/// One pair of the queue; `stake` is that of its right record's enterprise.
pub fn of_pair(stake: Option<Stake>, ToldPair { pair, evidence }: ToldPair) -> QueuedPair {
    let (effect, rank) = effect(&pair, stake);
    let entities: Vec<String> = [pair.left_entity, pair.right_entity].into_iter().flatten().map(|e| e.to_string()).collect();
    QueuedPair {
        id: pair.id,
        left: pair.left,
        right: pair.right,
        entities: serde_json::to_string(&entities).expect("ids").into(),
        weight: f64::from(pair.weight),
        evidence,
        effect,
        rank,
    }
}

/// Payments that do not fit the roll, as an edition has them, in the shape of the queue: `left` is the payment's record and
/// `right` the same, since there is no other side; the effect is the contradiction's code. Dues without a union are probably
/// a match that was missed, and stand among the pairs that would change the gap list; a preparatory fund where there is a
/// union is the wrong kind of payment, and stands after the pairs that would change a verdict.
pub fn contradictions(edition: &Edition, limit: usize) -> Vec<ReviewRow> {
    let wrong = Filter::Any { facet: "fund", values: vec![FundStatus::WrongKind.name().to_owned()] };
    let Ok(rows) = edition.filter(&wrong) else { return Vec::new() };
    let mut found = Vec::new();
    for row in edition.in_order(&rows).take(limit) {
        let e = EnterpriseRow { edition, row };
        let Ok(verdicts) = e.verdicts() else { continue };
        let Some(reason) = verdicts.fund.reasons.iter().find(|r| r.code.starts_with("fund_")) else { continue };
        let said = reason.inputs.iter().find_map(|i| Some((i.registry.as_deref()?, i.record.as_deref()?)));
        let Some((registry, key)) = said else { continue };
        let record = RecordRef { registry: registry.into(), key: key.into(), part: 0 };
        let urgency = f64::from(e.priority());
        let rank = match (&*reason.code, e.in_gap()) {
            ("fund_dues_without_union", true) => CHANGES_GAP_LIST + urgency,
            ("fund_dues_without_union", false) => CHANGES_VERDICT + urgency,
            // Between equals the larger employer first.
            _ => 1.0 + f64::from(e.employees().unwrap_or(0)).ln_1p(),
        };
        found.push(ReviewRow {
            id: format!("fund:{}", e.id()),
            left: record.clone(),
            right: record,
            entities: vec![e.id().to_owned()],
            weight: 0.0,
            evidence: Vec::new(),
            effect: reason.code.to_string(),
            rank,
        });
    }
    found
}

/// Whether a row of the queue is a contradiction of payments and no pair of records.
pub fn is_contradiction(row: &ReviewRow) -> bool {
    row.id.starts_with("fund:")
}

/// What a pair of the queue would change, now that some enterprises are judged otherwise; None where it is none of theirs.
pub fn effect_again(pair: &ReviewRow, of_union: bool, enterprises: &HashMap<&str, &Enterprise>) -> Option<(&'static str, f64)> {
    // The right side's enterprise stands last (`review_rows`); where there is only one, a pair that joins may have none on the right.
    if pair.entities.len() < 2 && pair.effect == "joins" {
        return None;
    }
    let enterprise = enterprises.get(pair.entities.last()?.as_str())?;
    Some(effect_of(of_union, pair.effect == "confirms", pair.weight, Some(Stake::of(enterprise))))
}

/// What a decision on a pair would change, and how urgent that is.
pub fn effect(pair: &ReviewPair, stake: Option<Stake>) -> (&'static str, f64) {
    effect_of(pair.of_union, pair.joined, f64::from(pair.weight), stake)
}

fn effect_of(of_union: bool, joined: bool, weight: f64, stake: Option<Stake>) -> (&'static str, f64) {
    // Between equals the closest call first: there a person's eye is worth most.
    let closeness = 1.0 / (1.0 + weight.abs());
    let Some(Stake { score: urgency, above, union }) = stake else { return ("joins", closeness) };
    match (of_union, joined) {
        (true, false) if above && matches!(union, UnionStatus::Possible | UnionStatus::None) => {
            ("covers_lacking", CHANGES_GAP_LIST + urgency + closeness)
        }
        (true, false) => ("covers", CHANGES_VERDICT + urgency + closeness),
        (true, true) if above => ("confirms", CHANGES_VERDICT + urgency + closeness),
        (_, true) => ("confirms", closeness),
        (false, false) => ("joins", if above { urgency + closeness } else { closeness }),
    }
}
