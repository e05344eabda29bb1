//! What a federation may decide for itself: which statements win, which unions count, how long a new firm has, what
//! makes a visit urgent. The `[policy]` table of the configuration; every key has a default, unknown keys are errors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::needs::NeedsPolicy;
use crate::model::enterprise::EnterpriseField;
use crate::model::problem::Problem;
use crate::model::provenance::SurvivorshipRule;
use crate::model::reference::{IndustryCode, federation_units};
use crate::model::verdict::UnionStatus;

/// All knobs of assessing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Months after its founding in which an enterprise need not have a union yet. Local rules say six months to one
    /// year after opening; Beijing's own value is not published, hence a knob.
    pub grace_months: u32,
    /// Kinds of coverage that count in the coverage rate. Whether joint unions count is federation practice
    /// (`reference/unions/indicators.csv`, union_rate_entity).
    pub counted_kinds: Vec<UnionStatus>,
    /// Kinds of coverage that count in the establishment rate (建会率, union_rate_entity).
    pub established_kinds: Vec<UnionStatus>,
    /// Branches of legal persons are out of scope: their head is counted.
    pub branches_out_of_scope: bool,
    /// Individual businesses (个体工商户) are out of scope, as in the entity rate's denominator.
    pub individuals_out_of_scope: bool,
    /// A branch is covered PARENT where its head has an independent union.
    pub parent_covers_branches: bool,
    /// Members of a group are covered PARENT only where the group's own union says that it covers the group (集团工会).
    pub group_union_covers_members: bool,
    pub proxy: ProxyPolicy,
    pub fund: FundPolicy,
    pub priority: PriorityPolicy,
    /// Two head counts or sums of money that differ by no more than this share are the same statement rounded.
    pub tolerance: f64,
    /// Edition of the three-digit registration type codes by registry (2011 or 2022: 110 means two things); 2011 where not named.
    pub registration_editions: BTreeMap<String, u16>,
    /// By field (`NAME`, `EMPLOYEES`, …): which statement wins.
    pub survivorship: BTreeMap<String, FieldPolicy>,
    /// Where dispatched workers are counted once: at their agency, whose union they join first (总工发〔2009〕21号), or at the host.
    pub dispatched_count_at: DispatchedCount,
    /// By industrial union (`I-EDU`) the industries of GB/T 4754-2017 that are its own (`P`, `83`, `8334`): every enterprise of these
    /// stands under it, with or without a union. An industrial union that is not named has no rates: who should stand under it,
    /// nobody said.
    pub industrial_unions: BTreeMap<String, Vec<String>>,
    /// Which registries each verdict needs, and how old they may be.
    pub needs: NeedsPolicy,
    /// How far an edition may differ from the one before without a person.
    pub publication: PublicationPolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispatchedCount {
    Agency,
    Host,
}

/// Head counts that stand in where the money a rule asks for is missing. The verdict is then marked PROXY.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyPolicy {
    /// From this head count on an enterprise is ABOVE by proxy; None switches the proxy off.
    /// Default: the campaign rule `union-campaign-100` (百人以上企业建会, Beijing 2018).
    pub above: Option<u32>,
    /// Up to this head count an enterprise is BELOW by proxy; None (the default) leaves it UNKNOWN: a firm with few
    /// people can still have a large revenue.
    pub below: Option<u32>,
    /// Other values of `above` by section letter of the 2017 edition, e.g. `F = 50`.
    pub above_by_section: BTreeMap<char, u32>,
    /// Whether the count of insured persons may stand in where no employees count is known.
    pub insured_stands_in: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FundPolicy {
    /// Share of the payroll, Trade Union Law art. 43(2).
    pub rate: f64,
    /// Paid counts as paid in full from this share of what is due (rounding, late corrections).
    pub full_from: f64,
}

/// How far, in percent of what is published, an edition may differ from it before a person decides (`huitu edition
/// release|reject`). A federation's own figures move by a few percent a month; more is a broken roll, another city's extract or
/// a changed rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicationPolicy {
    pub enterprises_percent: f64,
    /// Of the gap list.
    pub gap_percent: f64,
    pub unions_percent: f64,
    /// Of the units that a union of a counted kind covers.
    pub covered_percent: f64,
    /// Fewer than so many more or less never hold an edition, whatever their share.
    pub at_least: u64,
    /// Of the unions of a roll on which no edition rested before (federations apart), so many at least must stand at an enterprise of
    /// the other registries; else the roll is another city's.
    pub first_placed_percent: f64,
    /// Of those that state a district, so many at most may be of one in which no other registry has an enterprise.
    pub first_elsewhere_percent: f64,
    /// Of the enterprises above designated size, so many at least such a roll must cover; else it is a part of the roll.
    pub first_covered_percent: f64,
}

impl PublicationPolicy {
    fn shares(&self) -> [(&'static str, f64); 7] {
        [
            ("first_placed_percent", self.first_placed_percent),
            ("first_elsewhere_percent", self.first_elsewhere_percent),
            ("first_covered_percent", self.first_covered_percent),
            ("enterprises_percent", self.enterprises_percent),
            ("gap_percent", self.gap_percent),
            ("unions_percent", self.unions_percent),
            ("covered_percent", self.covered_percent),
        ]
    }
}

impl Default for PublicationPolicy {
    fn default() -> Self {
        PublicationPolicy {
            enterprises_percent: 10.0,
            gap_percent: 20.0,
            unions_percent: 10.0,
            covered_percent: 10.0,
            at_least: 25,
            first_placed_percent: 50.0,
            first_elsewhere_percent: 50.0,
            first_covered_percent: 10.0,
        }
    }
}

/// Points of each factor; the score is their sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriorityPolicy {
    /// Points at `employees_full` people; fewer people earn a share by the square root.
    pub employees: f32,
    pub employees_full: u32,
    /// Foreign or Hong Kong, Macao, Taiwan investment.
    pub foreign: f32,
    pub fortune_500: f32,
    /// Others wait for it.
    pub leading: f32,
    pub dispatch_agency: f32,
    pub pays_preparatory_fund: f32,
    pub recent_dispute: f32,
    /// Payments that do not fit the union roll: somebody has to look anyway.
    pub fund_contradiction: f32,
    /// Points after `waiting_full_months` of lacking a union; earlier in proportion.
    pub waiting: f32,
    pub waiting_full_months: u32,
}

/// Which statement of one field wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldPolicy {
    pub rule: SurvivorshipRule,
    /// Registries by name, best first; those not named follow in the order of the connector list.
    #[serde(default)]
    pub rank: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            grace_months: 6,
            counted_kinds: vec![UnionStatus::Independent, UnionStatus::Parent, UnionStatus::Joint, UnionStatus::Federation],
            established_kinds: vec![UnionStatus::Independent, UnionStatus::Parent, UnionStatus::Joint, UnionStatus::Federation],
            branches_out_of_scope: true,
            individuals_out_of_scope: true,
            parent_covers_branches: true,
            group_union_covers_members: true,
            proxy: ProxyPolicy::default(),
            fund: FundPolicy::default(),
            priority: PriorityPolicy::default(),
            tolerance: 0.05,
            registration_editions: BTreeMap::new(),
            survivorship: BTreeMap::new(),
            dispatched_count_at: DispatchedCount::Agency,
            industrial_unions: BTreeMap::new(),
            needs: NeedsPolicy::default(),
            publication: PublicationPolicy::default(),
        }
    }
}

impl Default for ProxyPolicy {
    fn default() -> Self {
        ProxyPolicy { above: Some(100), below: None, above_by_section: BTreeMap::new(), insured_stands_in: true }
    }
}

impl Default for FundPolicy {
    fn default() -> Self {
        FundPolicy { rate: 0.02, full_from: 0.99 }
    }
}

impl Default for PriorityPolicy {
    fn default() -> Self {
        PriorityPolicy {
            employees: 40.0,
            employees_full: 2000,
            foreign: 10.0,
            fortune_500: 15.0,
            leading: 10.0,
            dispatch_agency: 8.0,
            pays_preparatory_fund: 10.0,
            recent_dispute: 12.0,
            fund_contradiction: 8.0,
            waiting: 15.0,
            waiting_full_months: 36,
        }
    }
}

impl PriorityPolicy {
    pub(crate) fn points(&self) -> [(&'static str, f32); 9] {
        [
            ("employees", self.employees),
            ("foreign", self.foreign),
            ("fortune_500", self.fortune_500),
            ("leading", self.leading),
            ("dispatch_agency", self.dispatch_agency),
            ("pays_preparatory_fund", self.pays_preparatory_fund),
            ("recent_dispute", self.recent_dispute),
            ("fund_contradiction", self.fund_contradiction),
            ("waiting", self.waiting),
        ]
    }
}

impl Policy {
    /// The rule of a field: the configured one, or the house's default.
    pub fn field(&self, field: EnterpriseField) -> FieldPolicy {
        self.survivorship.get(field.name()).cloned().unwrap_or_else(|| default_field(field))
    }

    /// The industrial union whose industry this is; the first by its id where several claim it.
    pub fn industrial_union(&self, industry: &IndustryCode) -> Option<&str> {
        let is_its_own = |code: &String| {
            let Some(own) = IndustryCode::parse(code, 2017) else { return false };
            own.section == industry.section && industry.number().starts_with(own.number())
        };
        // Sections of 2011 mean what those of 2017 do; codes of 2002 do not.
        let comparable = industry.edition >= 2011;
        let mut units = self.industrial_unions.iter().filter(|_| comparable);
        units.find(|(_, industries)| industries.iter().any(is_its_own)).map(|(unit, _)| unit.as_str())
    }

    /// What is wrong with the policy, named key by key; empty where it can be used.
    pub fn faults(&self) -> Vec<Problem> {
        let mut faults = Vec::new();
        let mut say = |zh: String, en: String| faults.push(Problem::new("bad_policy", zh, en));
        for name in self.survivorship.keys().filter(|name| EnterpriseField::from_name(name).is_none()) {
            let known = EnterpriseField::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ");
            say(
                format!("policy.survivorship.{name}：没有这个字段；可用：{known}"),
                format!("policy.survivorship.{name}: no such field; known: {known}"),
            );
        }
        for (registry, edition) in self.registration_editions.iter().filter(|(_, edition)| !matches!(edition, 2011 | 2022)) {
            say(
                format!("policy.registration_editions.{registry} = {edition}：登记注册类型代码只有 2011 与 2022 两版"),
                format!("policy.registration_editions.{registry} = {edition}: registration types are of 2011 or 2022"),
            );
        }
        for (key, kinds) in [("counted_kinds", &self.counted_kinds), ("established_kinds", &self.established_kinds)] {
            if let Some(kind) = kinds.iter().find(|k| matches!(k, UnionStatus::Possible | UnionStatus::None)) {
                say(
                    format!("policy.{key}：{kind} 不是工会；可用 INDEPENDENT、PARENT、JOINT、FEDERATION、PREPARING"),
                    format!("policy.{key}: {kind} is no union; name INDEPENDENT, PARENT, JOINT, FEDERATION or PREPARING"),
                );
            }
        }
        if !(0.0..=1.0).contains(&self.fund.rate) {
            let rate = self.fund.rate;
            say(
                format!("policy.fund.rate = {rate}：应为 0 至 1 之间的比例（2 % 写作 0.02）"),
                format!("policy.fund.rate = {rate}: a share between 0 and 1 is needed (2 % is 0.02)"),
            );
        }
        if !(0.0..=1.0).contains(&self.fund.full_from) {
            let from = self.fund.full_from;
            say(
                format!("policy.fund.full_from = {from}：应为 0 至 1 之间的比例"),
                format!("policy.fund.full_from = {from}: a share between 0 and 1 is needed"),
            );
        }
        if !(0.0..1.0).contains(&self.tolerance) {
            let tolerance = self.tolerance;
            say(
                format!("policy.tolerance = {tolerance}：应为不小于 0、小于 1 的比例"),
                format!("policy.tolerance = {tolerance}: a share from 0 to below 1 is needed"),
            );
        }
        if let (Some(above), Some(below)) = (self.proxy.above, self.proxy.below)
            && below >= above
        {
            say(
                format!("policy.proxy：below = {below} 应小于 above = {above}"),
                format!("policy.proxy: below = {below} must be less than above = {above}"),
            );
        }
        for (key, percent) in self.publication.shares() {
            if !(percent.is_finite() && percent >= 0.0) {
                say(
                    format!("policy.publication.{key} = {percent}：应为不小于 0 的百分数"),
                    format!("policy.publication.{key} = {percent}: a share in percent, 0 or more, is needed"),
                );
            }
        }
        for (key, points) in self.priority.points() {
            if !(points.is_finite() && points >= 0.0) {
                say(
                    format!("policy.priority.{key} = {points}：应为不小于 0 的分值"),
                    format!("policy.priority.{key} = {points}: points, 0 or more, are needed"),
                );
            }
        }
        for (unit, industries) in &self.industrial_unions {
            if !federation_units().iter().any(|known| known.unit == unit && known.kind == "industrial") {
                let known = federation_units().iter().filter(|known| known.kind == "industrial").map(|known| known.unit);
                let known = known.collect::<Vec<_>>().join(", ");
                say(
                    format!("policy.industrial_unions.{unit}：没有这个产业工会；可用：{known}"),
                    format!("policy.industrial_unions.{unit}: no such industrial union; known: {known}"),
                );
            }
            if industries.is_empty() {
                say(
                    format!("policy.industrial_unions.{unit}：没有写任何行业；行业不明时请不要写这个工会"),
                    format!("policy.industrial_unions.{unit}: names no industry; leave the unit out where none is known"),
                );
            }
            for code in industries.iter().filter(|code| IndustryCode::parse(code, 2017).is_none()) {
                say(
                    format!("policy.industrial_unions.{unit}：{code} 不是 GB/T 4754-2017 的代码"),
                    format!("policy.industrial_unions.{unit}: {code} is no code of GB/T 4754-2017"),
                );
            }
        }
        for (verdict, needs) in self.needs.all() {
            if needs.iter().any(|need| need.one_of.is_empty()) {
                let key = verdict.key();
                say(
                    format!("policy.needs.{key}：one_of 没有写任何内容；请写登记名称，或登记所提供的内容"),
                    format!("policy.needs.{key}: one_of names nothing; name a registry, or what it brings"),
                );
            }
        }
        faults
    }
}

/// Names, codes, states and founding dates are official where the registry issues the codes; what statistics counts,
/// statistics knows best; payroll is declared to the tax office; insured persons to the insurer.
fn default_field(field: EnterpriseField) -> FieldPolicy {
    use EnterpriseField as F;
    use SurvivorshipRule as R;
    let (rule, rank): (R, &[&str]) = match field {
        F::Name | F::CreditCode | F::Status | F::EstablishedOn | F::RegistrationType | F::InvestorCountry => {
            (R::Official, &["commerce"])
        }
        F::Address => (R::Official, &["commerce", "tax"]),
        F::Area => (R::RegistryRank, &["commerce", "statistics", "tax", "social_insurance"]),
        F::Location => (R::RegistryRank, &["commerce", "statistics"]),
        F::Industry => (R::RegistryRank, &["statistics", "tax", "commerce"]),
        F::Ownership => (R::MostComplete, &["statistics", "commerce", "tax"]),
        F::Employees => (R::RegistryRank, &["statistics", "tax", "social_insurance"]),
        F::Insured => (R::RegistryRank, &["social_insurance"]),
        F::Revenue => (R::RegistryRank, &["statistics", "tax"]),
        F::Payroll => (R::RegistryRank, &["tax", "statistics", "social_insurance"]),
        F::OfficialList => (R::Official, &["statistics"]),
        F::Qualification => (R::MostRecent, &["commerce"]),
        F::Union => (R::Official, &["unions"]),
    };
    FieldPolicy { rule, rank: rank.iter().map(|r| r.to_string()).collect() }
}
