//! One enterprise: its chosen values, its tags, its verdicts. The steps of assessing, in their order.

use thin_vec::ThinVec;

use super::context::Context;
use super::entity_facts::EntityFacts;
use super::fund::Contradiction;
use super::gap::GapInput;
use super::survivorship::{Candidate, StatedValue};
use super::{coverage, fund, gap, priority, size, survivorship, tags};
use crate::model::enterprise::{Bits, Enterprise, EnterpriseField, IdentifierKind, Location, LocationBasis, People};
use crate::model::facts::{Facts, RelationKind};
use crate::model::field::{Field, RecordKind};
use crate::model::identifier::{CreditCode, clean_identifier};
use crate::model::provenance::Agreement;
use crate::model::reference::countries::{self, country};
use crate::model::reference::registration::is_branch_type;
use crate::model::reference::{IndustryCode, areas};
use crate::model::verdict::{
    FundStatus, FundVerdict, GapStatus, GapVerdict, OperatingStatus, Ownership, Priority, ReasonInput, SizeClass, SizeStatus,
    SizeVerdict, UnionStatus, UnionVerdict, Verdicts,
};

/// What was chosen for one field: how it reads, and who said it.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    reading: StatedValue<'a>,
    facts: &'a Facts,
}

/// The chosen statement of every field, by `EnterpriseField`, and the fields on which registries differ.
pub struct Choices<'a> {
    chosen: [Option<Chosen<'a>>; EnterpriseField::ALL.len()],
    pub conflicts: Bits,
    /// Per conflicting field the registries that differ from the chosen value.
    pub disputed_by: ThinVec<(EnterpriseField, Bits)>,
}

impl<'a> Choices<'a> {
    pub fn new(context: &Context<'a>, dossier: EntityFacts<'a>) -> Choices<'a> {
        let mut choices =
            Choices { chosen: [None; EnterpriseField::ALL.len()], conflicts: Bits::default(), disputed_by: ThinVec::new() };
        let mut candidates: Vec<Candidate<'a>> = Vec::with_capacity(8);
        for field in EnterpriseField::ALL {
            survivorship::read(context, dossier, *field, &mut candidates);
            if let Some((at, _)) = survivorship::choose(context, *field, &candidates) {
                choices.chosen[*field as usize] = Some(Chosen { reading: candidates[at].reading, facts: candidates[at].facts });
            }
            if candidates.len() > 1 && survivorship::agreement(context, &candidates) == Agreement::Different {
                choices.conflicts.insert(*field as usize);
                let chosen = choices.chosen[*field as usize].expect("several candidates, hence a chosen one").reading;
                choices.disputed_by.push((*field, survivorship::differing(context, &chosen, &candidates)));
            }
        }
        choices
    }

    fn get(&self, field: EnterpriseField) -> Option<Chosen<'a>> {
        self.chosen[field as usize]
    }
    fn text(&self, field: EnterpriseField) -> Option<&'a str> {
        match self.get(field)?.reading {
            StatedValue::Text(t) | StatedValue::Address(t) => Some(t),
            _ => None,
        }
    }
    fn registration_type(&self) -> Option<(&'a str, &'a Facts)> {
        let chosen = self.get(EnterpriseField::RegistrationType)?;
        match chosen.reading {
            StatedValue::RegistrationType(text, _) => Some((text, chosen.facts)),
            _ => None,
        }
    }
    fn count(&self, field: EnterpriseField) -> Option<(i64, &'a Facts)> {
        let chosen = self.get(field)?;
        match chosen.reading {
            StatedValue::Count(n) => Some((n, chosen.facts)),
            _ => None,
        }
    }
    fn money(&self, field: EnterpriseField) -> Option<(crate::model::value::Money, &'a Facts)> {
        let chosen = self.get(field)?;
        match chosen.reading {
            StatedValue::Money(m) => Some((m, chosen.facts)),
            _ => None,
        }
    }
    pub fn industry(&self) -> Option<(IndustryCode, &'a Facts)> {
        let chosen = self.get(EnterpriseField::Industry)?;
        match chosen.reading {
            StatedValue::Industry(code) => Some((code, chosen.facts)),
            _ => None,
        }
    }
    pub fn ownership(&self) -> Ownership {
        match self.get(EnterpriseField::Ownership).map(|c| c.reading) {
            Some(StatedValue::Ownership(ownership, _)) => ownership,
            _ => Ownership::Unknown,
        }
    }
    fn established(&self) -> Option<(crate::model::value::PartialDate, &'a Facts)> {
        let chosen = self.get(EnterpriseField::EstablishedOn)?;
        match chosen.reading {
            StatedValue::Date(date) => Some((date, chosen.facts)),
            _ => None,
        }
    }
    pub fn payroll(&self) -> Option<(crate::model::value::Money, &'a Facts)> {
        self.money(EnterpriseField::Payroll)
    }

    /// What the gap's table asks of the enterprise beside size and coverage.
    pub fn scope(&self, context: &'a Context<'a>, dossier: EntityFacts<'a>) -> GapInput<'a> {
        let status = self.get(EnterpriseField::Status);
        GapInput {
            status: match status.map(|s| s.reading) {
                Some(StatedValue::Status(status)) => status,
                _ => OperatingStatus::Unknown,
            },
            status_from: status.map(|s| s.facts),
            established: self.established(),
            ownership: self.ownership(),
            branch: branch(context, dossier, self),
            heads: [self.count(EnterpriseField::Employees), self.count(EnterpriseField::Insured)],
            findings: context.attached.findings.get(&dossier.entity).map(Vec::as_slice).unwrap_or_default(),
        }
    }
}

/// Assesses one enterprise: an entity with at least one record of kind enterprise.
pub fn enterprise<'a>(context: &'a Context<'a>, dossier: EntityFacts<'a>) -> (Enterprise, Option<Contradiction>) {
    let choices = Choices::new(context, dossier);
    let size = size::judge(context, dossier, choices.industry(), choices.ownership());
    let union = coverage::judge(context, dossier);
    let scope = choices.scope(context, dossier);
    let gap = gap::judge(context, dossier, &scope, size.verdict, union.verdict);
    let (fund, contradiction) = fund::judge(context, dossier, union.verdict, choices.payroll());
    let mut enterprise = describe(context, dossier, &choices, &scope);
    enterprise.verdicts = Verdicts { size, union, gap, fund, priority: Priority::default() };
    enterprise.tags = tags::tags(context, dossier, &enterprise);
    let heads = [(EnterpriseField::Employees, "employees"), (EnterpriseField::Insured, "insured")];
    let heads = heads.iter().find_map(|(field, name)| {
        let (n, facts) = choices.count(*field)?;
        Some((u32::try_from(n).ok()?, context.input(name, n, facts)))
    });
    enterprise.verdicts.priority = priority::judge(context, &enterprise, heads);
    (enterprise, contradiction)
}

/// The chosen values, without tags and verdicts.
fn describe<'a>(context: &Context<'a>, dossier: EntityFacts<'a>, choices: &Choices<'a>, scope: &GapInput<'_>) -> Enterprise {
    use EnterpriseField as F;
    let code = match choices.get(F::CreditCode).map(|c| c.reading) {
        Some(StatedValue::CreditCode(text, valid)) => Some((text, valid)),
        _ => None,
    };
    let place = match choices.get(F::Area).map(|c| c.reading) {
        Some(StatedValue::Place(place)) => Some(place),
        _ => None,
    };
    let industry = choices.industry();
    let count = |field| choices.count(field).and_then(|(n, _)| u32::try_from(n).ok());
    let name = choices.text(F::Name).unwrap_or("");
    let mut registries = Bits::default();
    for facts in dossier.facts().filter(|f| f.registry < 32) {
        registries.insert(facts.registry as usize);
    }
    Enterprise {
        id: dossier.id().into(),
        credit_code: code.filter(|(_, valid)| *valid).and_then(|(text, _)| CreditCode::parse(text)).map(|c| c.as_str().into()),
        credit_code_raw: code.map(|(text, _)| text.into()),
        name: name.into(),
        former_names: former_names(dossier, name),
        identifiers: identifiers(dossier),
        status: scope.status,
        established_on: scope.established.and_then(|(date, _)| date.first_day()),
        district: place.map(|p| p.district),
        town: place.and_then(|p| p.town),
        // An industrial union cuts across areas: who stands under one, and who is of its industries where policy names them, is
        // counted there and nowhere else.
        federation: match context.roll.industrial(dossier.entity).or_else(|| context.policy.industrial_union(&industry?.0)) {
            Some(unit) => Some(unit.into()),
            None => place.map(|p| areas().federation_of(p.district, p.town).into()),
        },
        address: choices.text(F::Address).map(Into::into),
        location: match choices.get(F::Location).map(|c| c.reading) {
            Some(StatedValue::Point(longitude, latitude)) => {
                Some(Location { longitude, latitude, basis: LocationBasis::Registry })
            }
            _ => None,
        },
        industry: industry.map(|(code, _)| survivorship::code_text(&code).into()),
        industry_edition: industry.map_or(2017, |(code, _)| code.edition),
        section: industry.map(|(code, _)| code.section),
        ownership: scope.ownership,
        registration_type: choices.registration_type().map(|(text, _)| text.into()),
        investor_countries: investor_countries(dossier),
        employees: count(F::Employees),
        insured: count(F::Insured),
        revenue: choices.money(F::Revenue).map(|(m, _)| m),
        payroll: choices.payroll().map(|(m, _)| m),
        tags: Bits::default(),
        registries,
        conflicts: choices.conflicts,
        disputed_by: choices.disputed_by.clone(),
        people: People::default(),
        findings: scope.findings.iter().map(|f| f.reason.clone()).collect(),
        branch_of: head(context, dossier).map(Into::into),
        reasons: None,
        verdicts: unjudged(),
    }
}

/// Every identifier its records carry, cleaned, each once.
fn identifiers(dossier: EntityFacts<'_>) -> ThinVec<(IdentifierKind, Box<str>)> {
    const KINDS: [(Field, IdentifierKind); 4] = [
        (Field::OrganisationCode, IdentifierKind::OrganisationCode),
        (Field::RegistrationNumber, IdentifierKind::Registration),
        (Field::TaxNumber, IdentifierKind::Tax),
        (Field::InsuranceNumber, IdentifierKind::Insurance),
    ];
    let of = |facts: &'_ Facts, field, kind| facts.text(field).map(|t| (kind, clean_identifier(t).into_boxed_str()));
    let mut found: Vec<(IdentifierKind, Box<str>)> = dossier
        .facts()
        .flat_map(|facts| KINDS.iter().filter_map(move |(field, kind)| of(facts, *field, *kind)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into()
}

fn unjudged() -> Verdicts {
    Verdicts {
        size: SizeVerdict {
            verdict: SizeStatus::Unknown,
            basis: None,
            rule: None,
            reasons: ThinVec::new(),
            size_class: SizeClass::Unknown,
        },
        union: UnionVerdict {
            verdict: UnionStatus::None,
            unions: ThinVec::new(),
            possible: ThinVec::new(),
            reasons: ThinVec::new(),
        },
        gap: GapVerdict { status: GapStatus::Undecided, reasons: ThinVec::new(), since: None },
        fund: FundVerdict {
            status: FundStatus::Unknown,
            period: "".into(),
            due: None,
            paid: None,
            kind_paid: None,
            reasons: ThinVec::new(),
        },
        priority: Priority::default(),
    }
}

/// The id of the legal person whose branch it is.
fn head<'a>(context: &Context<'a>, dossier: EntityFacts<'a>) -> Option<&'a str> {
    let relations = context.attached.relations.get(&dossier.entity)?;
    relations.iter().find(|r| r.kind == RelationKind::BranchOf).map(|r| &*r.to)
}

/// What says that it is a branch: the relation to its head, its registration type, or its name.
fn branch(context: &Context<'_>, dossier: EntityFacts<'_>, choices: &Choices<'_>) -> Option<ReasonInput> {
    if let Some(head) = head(context, dossier) {
        return Some(ReasonInput::new("branch_of", head));
    }
    if let Some((text, facts)) = choices.registration_type().filter(|(text, _)| is_branch_type(text)) {
        return Some(context.input("registration_type", text, facts));
    }
    match choices.get(EnterpriseField::Name) {
        Some(Chosen { reading: StatedValue::Text(name), facts }) if name.trim_end().ends_with("分公司") => {
            Some(context.input("name", name, facts))
        }
        _ => None,
    }
}

fn former_names(dossier: EntityFacts<'_>, name: &str) -> ThinVec<Box<str>> {
    let mut names: ThinVec<Box<str>> = ThinVec::new();
    for text in dossier.of_kind(RecordKind::Enterprise).filter_map(|f| f.text(Field::FormerName)) {
        for part in text.split([';', '；', '|']).map(str::trim) {
            if !part.is_empty() && part != name && part != "无" && !names.iter().any(|n| **n == *part) {
                names.push(part.into());
            }
        }
    }
    names
}

/// ISO 3166 codes of the investors' countries and regions, each once.
fn investor_countries(dossier: EntityFacts<'_>) -> ThinVec<Box<str>> {
    let mut found: ThinVec<Box<str>> = ThinVec::new();
    let told = dossier.facts().filter(|f| matches!(f.kind, RecordKind::Enterprise | RecordKind::Investment));
    for text in told.filter_map(|f| f.text(Field::InvestorCountry)) {
        for part in text.split([';', '；', '、', ',', '，']).map(str::trim) {
            // What ISO 3166 does not have is flagged; the text stands in the provenance.
            let code = country(part).map_or(countries::UNKNOWN, |c| c.alpha2);
            if !part.is_empty() && !found.iter().any(|c| **c == *code) {
                found.push(code.into());
            }
        }
    }
    found.sort();
    found
}
