//! Which values are whose: the class of every field, mark, reason and input, and the scope that it takes to see one.
//!
//! In: the name of a value. Out: its class. The table is the one place where this is said; a field of an enterprise, a field of a
//! record or a mark that is new does not compile until it has a class here. A value that is worked out of others has the class of
//! the strictest of them where it gives them away (a score that contains points for a dispute), and none of its own where policy
//! publishes it (a verdict says which side of a line a revenue stands on, not the revenue).

use super::caller::{AccessScope, Caller};
use crate::model::enterprise::EnterpriseField;
use crate::model::field::{Field, RecordKind};
use crate::model::verdict::{EnterpriseTag, PriorityFactor, ReasonInput};

/// What a value is, for whoever may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldClass {
    /// Every caller sees it.
    Open,
    /// Revenue, payroll, assets, and what is due and paid to the union fund: the tax, statistics and social insurance departments'.
    Money,
    /// Strikes and cases of arbitration: the labour departments'.
    Dispute,
    /// What visits found: the federation's own.
    Visit,
}

impl FieldClass {
    /// Every class.
    pub const ALL: [FieldClass; 4] = [FieldClass::Open, FieldClass::Money, FieldClass::Dispute, FieldClass::Visit];
    /// Its bit in a set of classes.
    pub fn bit(self) -> u8 {
        1 << self as u8
    }
    /// The classes that were opened by these scopes, bits as of `caller::OpenedScopes`, as bits of [`FieldClass::bit`].
    pub fn opened_by(scopes: u8) -> u8 {
        let opened = |class: &FieldClass| class.scope().is_some_and(|scope| scopes & (1 << scope as u8) != 0);
        FieldClass::ALL.iter().filter(|class| opened(class)).fold(0, |bits, class| bits | class.bit())
    }
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            FieldClass::Open => "OPEN",
            FieldClass::Money => "MONEY",
            FieldClass::Dispute => "DISPUTE",
            FieldClass::Visit => "VISIT",
        }
    }
    /// What a caller needs to see it; None for what is open.
    pub fn scope(self) -> Option<AccessScope> {
        match self {
            FieldClass::Open => None,
            FieldClass::Money => Some(AccessScope::Finance),
            FieldClass::Dispute => Some(AccessScope::Records),
            FieldClass::Visit => Some(AccessScope::Review),
        }
    }
}

/// The class of a field of an enterprise.
pub fn of_field(field: EnterpriseField) -> FieldClass {
    use EnterpriseField as F;
    match field {
        F::Revenue | F::Payroll => FieldClass::Money,
        F::Name
        | F::CreditCode
        | F::Status
        | F::EstablishedOn
        | F::Area
        | F::Address
        | F::Location
        | F::Industry
        | F::Ownership
        | F::RegistrationType
        | F::InvestorCountry
        | F::Employees
        | F::Insured
        | F::OfficialList
        | F::Qualification
        | F::Union => FieldClass::Open,
    }
}

/// What a column is that a connector does not map: nobody said what it holds, so that it is taken for the most sensitive that a row of a
/// registry may hold.
pub const UNMAPPED: FieldClass = FieldClass::Money;

/// The class of a column of a registry's record: of the field that the connector maps it to, [`UNMAPPED`] where it maps it to none.
pub fn of_column(field: Option<Field>) -> FieldClass {
    field.map_or(UNMAPPED, of_record_field)
}

/// The class of a field of a registry's record. What is not a sum of money is open to whoever may read records at all.
pub fn of_record_field(field: Field) -> FieldClass {
    use Field as F;
    match field {
        F::Revenue
        | F::RevenueMain
        | F::Sales
        | F::Payroll
        | F::Assets
        | F::DueYuan
        | F::PaidYuan
        | F::PaymentKind
        | F::PaidOn
        | F::Subsidy => FieldClass::Money,
        F::Name
        | F::FormerName
        | F::EnglishName
        | F::UnionName
        | F::CreditCode
        | F::OrganisationCode
        | F::RegistrationNumber
        | F::TaxNumber
        | F::InsuranceNumber
        | F::Status
        | F::EstablishedOn
        | F::ClosedOn
        | F::Area
        | F::District
        | F::Street
        | F::Address
        | F::OperatingAddress
        | F::Longitude
        | F::Latitude
        | F::Phone
        | F::Industry
        | F::Ownership
        | F::RegistrationType
        | F::UnitType
        | F::InvestorCountry
        | F::Capital
        | F::Scope
        | F::Authority
        | F::Employees
        | F::Insured
        | F::DispatchedWorkers
        | F::OfficialList
        | F::Qualification
        | F::DevelopmentActivity
        | F::StateOwned
        | F::StarRated
        | F::Fortune500
        | F::Leading
        | F::Listed
        | F::DispatchAgency
        | F::DomesticService
        | F::CareService
        | F::ParentName
        | F::ParentCode
        | F::GroupName
        | F::AbsorbedByName
        | F::AbsorbedByCode
        | F::UnionCode
        | F::UnionKind
        | F::UnionStatus
        | F::UnionLevel
        | F::ParentUnion
        | F::CoveredUnits
        | F::Members
        | F::FemaleMembers
        | F::MigrantMembers
        | F::MigrantEmployees
        | F::DispatchedMembers
        | F::UnionIndustrial
        | F::Period
        | F::HostName
        | F::HostCode
        | F::InvestorName
        | F::InvestorCode
        | F::SharePercent
        | F::Workers
        | F::Since
        | F::Until
        | F::EventKind
        | F::On
        | F::People
        | F::Title
        | F::Year
        | F::Indicator
        | F::TargetValue
        | F::Responsible
        | F::FederationUnit
        | F::PostKind
        | F::Approved
        | F::Filled
        | F::DelegatedChairs
        | F::AsOf
        | F::ServiceKind
        | F::Quantity
        | F::ChairPost
        | F::DueOn
        | F::InBuilding
        | F::Code
        | F::Label
        | F::ParentOf
        | F::Level
        | F::Edition
        | F::UpdatedAt => FieldClass::Open,
    }
}

/// The class of that a registry of this kind has a record of somebody at all: whoever is found among the payments pays, whoever is found
/// among the disputes has one.
pub fn of_presence(kind: RecordKind) -> FieldClass {
    use RecordKind as K;
    match kind {
        K::Payment => FieldClass::Money,
        K::Dispute | K::Event => FieldClass::Dispute,
        K::Enterprise
        | K::Union
        | K::CoveredUnit
        | K::Dispatch
        | K::Investment
        | K::Target
        | K::Station
        | K::Building
        | K::Post
        | K::Service
        | K::Unit
        | K::Listing
        | K::AreaCode
        | K::IndustryCode => FieldClass::Open,
    }
}

/// The class of a mark.
pub fn of_tag(tag: EnterpriseTag) -> FieldClass {
    use EnterpriseTag as T;
    match tag {
        T::PaysPreparatoryFund => FieldClass::Money,
        T::DisputeLast12Months => FieldClass::Dispute,
        T::Fortune500 | T::Leading | T::LabourDispatch | T::Foreign | T::Hmt | T::Listed | T::DomesticService | T::Care => {
            FieldClass::Open
        }
    }
}

/// The class of a fact that a reason or a factor names. A name that stands in no list is told to nobody who does not see all sums of
/// money: a fact that is new is given its class here, and until then it is kept back.
pub fn of_input(name: &str) -> FieldClass {
    class_of_input(name).unwrap_or(UNMAPPED)
}

fn class_of_input(name: &str) -> Option<FieldClass> {
    Some(match name {
        "revenue_yuan" | "kind" | "kind_paid" => FieldClass::Money,
        "finding" | "reason" => FieldClass::Visit,
        "BRANCH_OF" | "ABSORBED_BY" | "RENAMED_FROM" | "SAME_GROUP" | "as_of" | "basis" | "branch_of" | "coverage" | "days"
        | "designated_size" | "industry_class" | "limit" | "list" | "location" | "months" | "need" | "pair" | "points"
        | "rule" | "rule_verdict" | "same_group" | "size" | "union" | "union_coverage" | "weight" => FieldClass::Open,
        name => of_record_field(Field::from_name(name)?),
    })
}

/// The class of a reason, or of a factor of the priority, by its code: of one that says all by being there. A code that stands in no list
/// is kept back as [`of_input`] does.
pub fn of_code(code: &str) -> FieldClass {
    class_of_code(code).unwrap_or(UNMAPPED)
}

fn class_of_code(code: &str) -> Option<FieldClass> {
    Some(match code {
        "pays_preparatory_fund" => FieldClass::Money,
        code if code.starts_with("fund_") => FieldClass::Money,
        "recent_dispute" => FieldClass::Dispute,
        "finding_noted" => FieldClass::Visit,
        // size
        "official_list" | "not_on_official_list" | "above_rule" | "below_rule" | "proxy_employees" | "proxy_insured"
        | "revenue_stands_in" | "missing_input" | "no_rule" | "no_rule_in_force" | "no_industry" | "list_and_rule_differ"
        | "official_and_rule_disagree"
        // union
        | "no_union_record" | "union_independent" | "union_joint" | "union_federation" | "union_parent" | "union_preparing"
        | "union_possible" | "union_dissolved" | "finding_union" | "source_missing" | "source_stale"
        // gap
        | "lacking_none" | "lacking_preparing" | "lacking_only_joint" | "lacking_only_federation" | "covered_independent"
        | "covered_parent" | "covered_joint" | "covered_federation" | "undecided_possible" | "undecided_size"
        | "out_deregistered" | "out_branch" | "out_individual" | "out_moved" | "out_no_staff" | "out_grace" | "out_finding"
        | "before_first_edition"
        // priority
        | "employees" | "insured" | "foreign" | "fortune_500" | "leading" | "dispatch_agency" | "waiting" => FieldClass::Open,
        _ => return None,
    })
}

/// The class of what an outreach case was opened for, and of a record that closed it, by their names.
pub fn of_case(name: &str) -> FieldClass {
    match name {
        "PREPARATORY_FUND" | "dues" => FieldClass::Money,
        "DISPUTE" => FieldClass::Dispute,
        _ => FieldClass::Visit,
    }
}

/// The class of what people enter of the federation, by the name of the field: sums of money are the tax department's and the unit's, the
/// rest is the federation's own.
pub fn of_federation(field: &str) -> FieldClass {
    match field {
        "subsidy" | "payroll" | "due" | "paid" | "arrears" | "refund" | "tax_total" | "reward_yuan" => FieldClass::Money,
        _ => FieldClass::Visit,
    }
}

/// The classes that somebody sees, for code that shows many values of many enterprises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight(u8);

impl Sight {
    /// Who sees all: the operator.
    pub const ALL: Sight = Sight(u8::MAX);
    /// Who sees what every caller sees.
    pub const OPEN: Sight = Sight(1 << FieldClass::Open as u8);

    /// Whether values of this class are shown.
    pub fn sees(self, class: FieldClass) -> bool {
        self.0 & (1 << class as u8) != 0
    }
    /// A number that is the same for the same classes.
    pub fn bits(self) -> u8 {
        let seen = FieldClass::ALL.into_iter().filter(|class| self.sees(*class));
        seen.fold(0, |bits, class| bits | class.bit())
    }
    /// Whether nothing is kept back.
    pub fn sees_all(self) -> bool {
        FieldClass::ALL.into_iter().all(|class| self.sees(class))
    }
    /// Facts as they may be told: one that is missing is said to be missing, one of a class that is kept back is left out.
    pub fn inputs<'a>(self, inputs: &'a [ReasonInput]) -> impl Iterator<Item = &'a ReasonInput> + 'a {
        inputs.iter().filter(move |input| input.value.is_none() || self.sees(of_input(&input.name)))
    }
    /// Factors of a priority as they may be told.
    pub fn factors<'a>(self, factors: &'a [PriorityFactor]) -> impl Iterator<Item = &'a PriorityFactor> + 'a {
        factors.iter().filter(move |factor| self.sees(of_code(&factor.code)))
    }
    /// The score that the factors told add up to, in tenths: one that counted the others would say that they are there.
    pub fn score(self, factors: &[PriorityFactor]) -> f32 {
        let sum = self.factors(factors).fold(0.0, |sum: f32, factor| sum + factor.points);
        (sum * 10.0).round() / 10.0
    }
}

/// What a score is made of: whoever is told one is told something of each of these that they see.
pub const OF_SCORE: [FieldClass; 2] = [FieldClass::Money, FieldClass::Dispute];

impl Caller {
    /// Notes that this caller is told a score, or an order by it, as far as they may know what it is made of.
    pub fn note_score(&self) {
        OF_SCORE.iter().for_each(|class| {
            self.is_shown(*class);
        });
    }
    /// Whether this caller is shown a value of this class; that one was is noted.
    pub fn is_shown(&self, class: FieldClass) -> bool {
        class.scope().is_none_or(|scope| self.may(scope))
    }
    /// Facts as this caller may be told them (see [`Sight::inputs`]); that they were is noted.
    pub fn told_inputs<'a>(&'a self, inputs: &'a [ReasonInput]) -> impl Iterator<Item = &'a ReasonInput> + 'a {
        inputs.iter().filter(|input| input.value.is_none() || self.is_shown(of_input(&input.name)))
    }
    /// What this caller sees.
    pub fn sight(&self) -> Sight {
        let seen = |class: &FieldClass| class.scope().is_none_or(|scope| self.has(scope));
        Sight(FieldClass::ALL.iter().filter(|class| seen(class)).fold(0, |bits, class| bits | 1 << *class as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::model::message::{input_names, reason_codes};

    #[test]
    fn a_caller_without_scopes_sees_what_is_open_and_nothing_else() {
        let client = Caller::new("map", Role::Client).sight();
        let seen: Vec<FieldClass> = FieldClass::ALL.into_iter().filter(|class| client.sees(*class)).collect();
        assert_eq!(seen, [FieldClass::Open]);
        assert!(!client.sees_all() && Caller::new("a", Role::Analyst).sight().sees_all() && Sight::ALL.sees_all());
    }

    #[test]
    fn every_reason_and_every_fact_that_has_a_text_has_a_class_and_what_has_none_is_kept_back() {
        let client = Caller::new("map", Role::Client).sight();
        for code in reason_codes() {
            assert!(class_of_code(code).is_some(), "say whose the reason {code} is");
        }
        for name in input_names() {
            assert!(class_of_input(name).is_some(), "say whose the fact {name} is");
        }
        assert!(!client.sees(of_code("new_code")) && !client.sees(of_input("new_fact")), "nobody said whose they are");
        let facts = [ReasonInput::new("new_fact", 7)];
        assert_eq!(client.inputs(&facts).count(), 0);
        assert_eq!((of_column(None), of_column(Some(Field::Name))), (FieldClass::Money, FieldClass::Open));
        let presence = [RecordKind::Payment, RecordKind::Dispute, RecordKind::Union].map(of_presence);
        assert_eq!(presence, [FieldClass::Money, FieldClass::Dispute, FieldClass::Open]);
    }

    #[test]
    fn a_score_opens_whatever_its_factors_are_made_of() {
        let made_of: Vec<FieldClass> = FieldClass::ALL
            .into_iter()
            .filter(|class| *class != FieldClass::Open)
            .filter(|class| {
                ["pays_preparatory_fund", "recent_dispute", "fund_contradiction"].iter().any(|code| of_code(code) == *class)
            })
            .collect();
        assert_eq!(made_of, OF_SCORE);
        let opened = |role| {
            let caller = Caller::new("a", role).noting();
            caller.note_score();
            FieldClass::opened_by(caller.opened.bits())
        };
        assert_eq!(opened(Role::Client), 0, "nothing but what is open");
        assert_eq!(opened(Role::Analyst), FieldClass::Money.bit() | FieldClass::Dispute.bit());
    }

    #[test]
    fn a_score_is_the_sum_of_what_is_told() {
        let factor = |code: &str, points| PriorityFactor { code: code.into(), points, input: None };
        let factors = [
            factor("employees", 21.3),
            factor("recent_dispute", 8.0),
            factor("pays_preparatory_fund", 10.0),
            factor("waiting", 4.4),
        ];
        let client = Caller::new("map", Role::Client).sight();
        assert_eq!(client.score(&factors), 25.7);
        assert_eq!(client.factors(&factors).count(), 2);
        let finance = Caller { scopes: vec![AccessScope::Finance], ..Caller::new("tax", Role::Client) }.sight();
        assert_eq!((finance.score(&factors), Sight::ALL.score(&factors)), (35.7, 43.7));
    }

    #[test]
    fn what_was_shown_of_a_class_is_noted_and_what_was_not_is_not() {
        let analyst = Caller::new("a", Role::Analyst).noting();
        let open = [ReasonInput::new("employees", 400), ReasonInput::missing("payroll")];
        assert_eq!((analyst.told_inputs(&open).count(), analyst.opened.take()), (2, 0), "nothing but what is open was told");
        let inputs = [ReasonInput::new("revenue", 25_000_000)];
        assert_eq!(analyst.told_inputs(&inputs).count(), 1);
        assert_eq!(FieldClass::opened_by(analyst.opened.take()), FieldClass::Money.bit());
        let client = Caller::new("map", Role::Client).noting();
        assert_eq!((client.told_inputs(&inputs).count(), client.opened.take()), (0, 0));
    }

    #[test]
    fn a_sum_is_kept_back_and_a_missing_fact_is_said_to_be_missing() {
        let client = Caller::new("map", Role::Client).sight();
        let inputs =
            [ReasonInput::new("revenue", 25_000_000), ReasonInput::new("employees", 400), ReasonInput::missing("payroll")];
        let told: Vec<&str> = client.inputs(&inputs).map(|input| &*input.name).collect();
        assert_eq!(told, ["employees", "payroll"]);
        assert_eq!(Sight::ALL.inputs(&inputs).count(), 3);
    }
}
