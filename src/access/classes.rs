//! Which values are whose: the class of every field, mark, reason and input, and the scope that it takes to see one.
//!
//! In: the name of a value. Out: its class. The table is the one place where this is said; a field of an enterprise, a field of a
//! record or a mark that is new does not compile until it has a class here. A value that is worked out of others has the class of
//! the strictest of them where it gives them away (a score that contains points for a dispute), and none of its own where policy
//! publishes it (a verdict says which side of a line a revenue stands on, not the revenue).

use super::caller::{AccessScope, Caller};
use crate::model::enterprise::EnterpriseField;
use crate::model::field::Field;
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
        | F::PaidOn => FieldClass::Money,
        _ => FieldClass::Open,
    }
}

/// The class of a mark.
pub fn of_tag(tag: EnterpriseTag) -> FieldClass {
    use EnterpriseTag as T;
    match tag {
        T::PaysPreparatoryFund => FieldClass::Money,
        T::DisputeLast12Months => FieldClass::Dispute,
        T::Fortune500 | T::Leading | T::LabourDispatch | T::Foreign | T::Hmt | T::Listed => FieldClass::Open,
    }
}

/// The class of a fact that a reason or a factor names.
pub fn of_input(name: &str) -> FieldClass {
    match name {
        "revenue" | "revenue_main" | "revenue_yuan" | "sales" | "payroll" | "assets" | "due" | "paid" | "kind" | "kind_paid" => {
            FieldClass::Money
        }
        "finding" | "reason" => FieldClass::Visit,
        _ => FieldClass::Open,
    }
}

/// The class of a reason, or of a factor of the priority, by its code: of one that says all by being there.
pub fn of_code(code: &str) -> FieldClass {
    match code {
        "pays_preparatory_fund" | "fund_contradiction" => FieldClass::Money,
        code if code.starts_with("fund_") => FieldClass::Money,
        "recent_dispute" => FieldClass::Dispute,
        "finding_noted" => FieldClass::Visit,
        _ => FieldClass::Open,
    }
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

impl Caller {
    /// What this caller sees.
    pub fn sight(&self) -> Sight {
        let seen = |class: &FieldClass| class.scope().is_none_or(|scope| self.may(scope));
        Sight(FieldClass::ALL.iter().filter(|class| seen(class)).fold(0, |bits, class| bits | 1 << *class as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    #[test]
    fn a_caller_without_scopes_sees_what_is_open_and_nothing_else() {
        let client = Caller::new("map", Role::Client).sight();
        let seen: Vec<FieldClass> = FieldClass::ALL.into_iter().filter(|class| client.sees(*class)).collect();
        assert_eq!(seen, [FieldClass::Open]);
        assert!(!client.sees_all() && Caller::new("a", Role::Analyst).sight().sees_all() && Sight::ALL.sees_all());
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
    fn a_sum_is_kept_back_and_a_missing_fact_is_said_to_be_missing() {
        let client = Caller::new("map", Role::Client).sight();
        let inputs =
            [ReasonInput::new("revenue", 25_000_000), ReasonInput::new("employees", 400), ReasonInput::missing("payroll")];
        let told: Vec<&str> = client.inputs(&inputs).map(|input| &*input.name).collect();
        assert_eq!(told, ["employees", "payroll"]);
        assert_eq!(Sight::ALL.inputs(&inputs).count(), 3);
    }
}
