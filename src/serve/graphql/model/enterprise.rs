//! The enterprise: its chosen values, its verdicts, and the way to where they come from.

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::audit::{AuditEntryConnection, AuditFilter};
use super::cases::OutreachCase;
use super::connection::{EnterpriseConnection, MAX_PAGE, list};
use super::corrections::CorrectionConnection;
use super::duties::Duty;
use super::history::{ChangeConnection, Finding};
use super::identity::Identity;
use super::legal_relations::Relation;
use super::live::LiveRecord;
use super::places::{Area, Industry, Location};
use super::provenance::{FieldConflict, FieldProvenance, RecordConnection, RegistryRecord, provenance};
use super::scalars::*;
use super::ties;
use super::ties::{DispatchConnection, Dispute, EventConnection, Investment};
use super::union_places::{EnterpriseAtPlace, NearestPlace};
use super::union_units::FederationView;
use super::verdicts::{FundVerdict, GapVerdict, SizeVerdict, UnionVerdict};
use crate::access::{AccessScope, classes};
use crate::assess::tags::tag_reason;
use crate::edition::{Edition, EnterpriseRow, Filter, HitField, Row};
use crate::model::message::country_name;
use crate::model::verdict::Verdicts;
use crate::serve::answers::filter::DateRange;
use crate::serve::answers::loaders::DutiesKey;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first, or_null, permitted};
use crate::serve::problem::Problem;

/// The largest Int of GraphQL: a head count that a registry mistyped beyond it would cost strict clients the whole answer.
pub(super) const LARGEST_INT: u32 = i32::MAX as u32;

/// Why an enterprise bears a mark.
#[derive(SimpleObject)]
pub struct TagReason {
    /// The mark.
    tag: EnterpriseTag,
    /// The rule, and what of it holds of this enterprise.
    text: String,
    /// The standard or regulation that the rule rests on; null: it is the registry's own word.
    source: Option<String>,
}

/// A row of an edition, with its verdicts read at most once.
#[derive(Clone)]
pub struct Enterprise(Arc<Inner>);

struct Inner {
    edition: Arc<Edition>,
    row: Row,
    verdicts: OnceLock<Option<Arc<Verdicts>>>,
}

impl Enterprise {
    /// An enterprise for an answer, noted as shown: there is no other way to one.
    pub fn new(ask: &RequestContext, edition: &Arc<Edition>, row: Row) -> Enterprise {
        ask.show(edition, std::iter::once(row), 0);
        Enterprise(Arc::new(Inner { edition: edition.clone(), row, verdicts: OnceLock::new() }))
    }
    pub fn edition(&self) -> &Arc<Edition> {
        &self.0.edition
    }
    pub fn row(&self) -> EnterpriseRow<'_> {
        self.0.edition.enterprise(self.0.row)
    }
    /// The verdicts with their reasons.
    pub fn verdicts(&self, ctx: &Context<'_>) -> Result<Arc<Verdicts>> {
        let read = self.0.verdicts.get_or_init(|| match self.row().verdicts() {
            Ok(verdicts) => Some(Arc::new(verdicts)),
            Err(error) => {
                tracing::error!(%error, enterprise = self.row().id(), "verdicts of an edition cannot be read");
                None
            }
        });
        read.clone().ok_or_else(Problem::internal).or_tell(ctx)
    }
    /// The member record with this registry and key.
    pub fn record_of(&self, registry: &str, key: &str) -> Option<RegistryRecord> {
        let member = self.row().members().find(|m| m.registry() == registry && m.key() == key)?;
        Some(RegistryRecord { registry: registry.to_owned(), key: key.to_owned(), id: member.record_id() })
    }
}

/// One legal entity, joined from the records of several registries, as of one edition. Whatever comes from a registry is
/// null where no registry says it.
#[Object]
impl Enterprise {
    /// Stable over time; an id that was merged into another one still finds it. Where `asOf` names an edition its number stands
    /// behind the id (`E…@12`), so that caches keep the two states apart; every argument takes both forms.
    pub async fn id(&self, ctx: &Context<'_>) -> ID {
        ID(ask(ctx).id_in(self.edition().number(), self.row().id()))
    }
    /// The id without an edition: the same in all of them.
    async fn stable_id(&self) -> ID {
        ID(self.row().id().to_owned())
    }
    /// Null where the code fails its check character; see `creditCodeRaw`.
    async fn credit_code(&self) -> Option<CreditCode> {
        self.row().credit_code().map(|c| CreditCode(c.to_owned()))
    }
    /// The credit code as written, also where its check character fails.
    async fn credit_code_raw(&self) -> Option<&str> {
        self.row().credit_code_raw()
    }
    /// The registered name.
    async fn name(&self) -> &str {
        self.row().name()
    }
    /// Earlier names.
    async fn former_names(&self) -> Vec<&str> {
        self.row().former_names()
    }
    /// Operating status.
    async fn status(&self) -> Option<OperatingStatus> {
        self.row().status().map(Into::into)
    }
    /// Founding date.
    async fn established_on(&self) -> Option<Date> {
        self.row().established_on().map(Date)
    }
    /// The street or town; where that is unknown, the district.
    async fn area(&self) -> Option<Area> {
        let row = self.row();
        row.town().or(row.district()).map(|code| Area::new(self.edition(), code.to_string()))
    }
    /// Address as written.
    async fn address(&self) -> Option<&str> {
        self.row().address()
    }
    /// The registry's point, else the label point of its area.
    async fn location(&self) -> Option<Location> {
        self.row().place().map(Into::into)
    }
    /// Industry by GB/T 4754, in the edition of the registry that was chosen.
    async fn industry(&self) -> Option<Industry> {
        let row = self.row();
        row.industry().map(|code| Industry::new(self.edition(), code, row.industry_edition()))
    }
    /// Whose capital it is.
    async fn ownership(&self) -> Option<Ownership> {
        self.row().ownership().map(Into::into)
    }
    /// 登记注册类型 as written.
    async fn registration_type(&self) -> Option<&str> {
        self.row().registration_type()
    }
    /// Names of the countries and regions of its investors; what registries wrote that is none is said so.
    async fn investor_countries(&self, ctx: &Context<'_>) -> Vec<String> {
        let lang = ask(ctx).lang;
        let named = |code: &&str| country_name(code, lang).unwrap_or(code).to_owned();
        self.row().investor_countries().iter().map(named).collect()
    }
    /// The same by ISO 3166 code (`US`, `HK`, `TW`); `ZZ` for what is none.
    async fn investor_country_codes(&self) -> Vec<&str> {
        self.row().investor_countries()
    }
    /// More members than staff, nobody counted at two enterprises: one of the two is wrong, and no rate rests on it.
    async fn members_exceed_staff(&self) -> bool {
        self.row().members_exceed_staff()
    }
    /// 从业人员
    async fn employees(&self) -> Option<u32> {
        self.row().employees().map(|n| n.min(LARGEST_INT))
    }
    /// 参保人数
    async fn insured(&self) -> Option<u32> {
        self.row().insured().map(|n| n.min(LARGEST_INT))
    }
    /// 营业收入. Needs the scope `finance`.
    async fn revenue_yuan(&self, ctx: &Context<'_>) -> Option<Decimal> {
        permitted(ctx, AccessScope::Finance).then(|| self.row().revenue().map(Decimal)).flatten()
    }
    /// 工资总额. Needs the scope `finance`.
    async fn payroll_yuan(&self, ctx: &Context<'_>) -> Option<Decimal> {
        permitted(ctx, AccessScope::Finance).then(|| self.row().payroll().map(Decimal)).flatten()
    }
    /// Marks that raise its priority; what concerns payments only with the scope `finance`, disputes only with `records`.
    async fn tags(&self, ctx: &Context<'_>) -> Vec<EnterpriseTag> {
        use crate::model::verdict::EnterpriseTag as Model;
        let caller = &ask(ctx).caller;
        let tags = self.row().tags();
        let told =
            tags.iter().filter_map(|bit| Model::ALL.get(bit).copied()).filter(|tag| caller.is_shown(classes::of_tag(*tag)));
        told.map(Into::into).collect()
    }
    /// The rule of each of its marks, and what of it holds; told as the marks are.
    async fn tag_reasons(&self, ctx: &Context<'_>) -> Vec<TagReason> {
        use crate::model::verdict::EnterpriseTag as Model;
        let (lang, caller, row) = (ask(ctx).lang, &ask(ctx).caller, self.row());
        let industry = row.industry().map(|code| (code, row.industry_edition()));
        let borne = row.tags().iter().filter_map(|bit| Model::ALL.get(bit).copied());
        let told = borne.filter(|tag| caller.is_shown(classes::of_tag(*tag))).map(|tag| {
            let reason = tag_reason(tag, industry, row.name());
            TagReason { tag: tag.into(), text: lang.pick(reason.zh, reason.en), source: reason.source.map(str::to_owned) }
        });
        told.collect()
    }

    /// Above designated size, and why.
    async fn designated_size(&self) -> Option<SizeVerdict> {
        Some(SizeVerdict(self.clone()))
    }
    /// How a union covers it, and why.
    async fn union_coverage(&self) -> Option<UnionVerdict> {
        Some(UnionVerdict(self.clone()))
    }
    /// Whether a union is missing, and why.
    async fn gap(&self) -> Option<GapVerdict> {
        Some(GapVerdict(self.clone()))
    }
    /// What is due to the union fund, and what was paid. Needs the scope `finance`.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Option<FundVerdict>> {
        if !permitted(ctx, AccessScope::Finance) {
            return Ok(None);
        }
        Ok(Some(FundVerdict { enterprise: self.clone(), verdicts: self.verdicts(ctx)? }))
    }
    /// What visits found, withdrawn findings included. Needs the scope `review`.
    async fn findings(&self, ctx: &Context<'_>) -> Option<Vec<Finding>> {
        if !permitted(ctx, AccessScope::Review) {
            return None;
        }
        or_null(ctx, Finding::of(ctx, self).await)
    }

    /// What is done about it where it lacks a union, as it is now; null where no case was ever opened. Needs the scope `review`.
    // What is large stands behind a pointer: whatever is asked of an enterprise is answered in a future as large as the largest of them.
    async fn case(&self, ctx: &Context<'_>) -> Option<Box<OutreachCase>> {
        if !permitted(ctx, AccessScope::Review) {
            return None;
        }
        or_null(ctx, Box::pin(OutreachCase::of(ask(ctx), self)).await).flatten().map(Box::new)
    }

    /// What is asked of departments about its records, first what is due first. Needs the scope `review`.
    async fn corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<CorrectionConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        CorrectionConnection::of(ask(ctx), self, first, after.as_deref()).await.or_tell(ctx).map(Some)
    }

    /// Who is responsible for it today: the duty that fits it most closely; null where nobody is. Needs the scope `review`.
    async fn responsible(&self, ctx: &Context<'_>) -> Result<Option<Box<Duty>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        ask.touch_store();
        let duties = ask.records.load_one(DutiesKey).await.or_tell(ctx)?.unwrap_or_default();
        let hub = ask.state.hub();
        let found = duties.of(&self.row(), hub.clock.today(hub.settings.zone));
        // One that is for an enterprise is for this one, or for one that became it.
        let own = || self.row().id().to_owned();
        let duty =
            |row: &crate::store::duty::DutyRow| Duty::new(self.edition(), row.clone(), row.enterprise_id.as_ref().map(|_| own()));
        Ok(found.map(|row| Box::new(duty(row))))
    }

    /// The building or park that it is in: the one that lists it, else the one whose name its address bears; null where there is none that
    /// the caller may see. Needs the scope `review`.
    async fn place(&self, ctx: &Context<'_>) -> Result<Option<Box<EnterpriseAtPlace>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let view = Box::pin(FederationView::shared(ask(ctx), self.edition())).await.or_tell(ctx)?;
        Ok(EnterpriseAtPlace::of(ask(ctx), &view, self.row().row).map(Box::new))
    }

    /// The place for services that is nearest to it; null where it has no point of its own, or no place has one. Needs the scope `review`.
    async fn nearest_station(&self, ctx: &Context<'_>) -> Result<Option<Box<NearestPlace>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let view = Box::pin(FederationView::shared(ask(ctx), self.edition())).await.or_tell(ctx)?;
        Ok(NearestPlace::of(ask(ctx), &view, self.row()).map(Box::new))
    }

    /// What every registry says of every field, which value was chosen, and by which rule. Needs the scope `records`.
    async fn provenance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these fields; all where left out.")] fields: Option<Vec<EnterpriseField>>,
    ) -> Option<Vec<FieldProvenance>> {
        if !permitted(ctx, AccessScope::Records) {
            return None;
        }
        let all = or_null(ctx, provenance(ctx, self).await)?;
        let caller = &ask(ctx).caller;
        let told = |f: EnterpriseField| caller.is_shown(classes::of_field(f.into()));
        let wanted = |p: &FieldProvenance| fields.as_ref().is_none_or(|fields| fields.contains(&p.field)) && told(p.field);
        Some(all.into_iter().filter(wanted).collect())
    }
    /// Fields on which registries differ. Needs the scope `records`.
    async fn conflicts(&self, ctx: &Context<'_>) -> Option<Vec<FieldConflict>> {
        if !permitted(ctx, AccessScope::Records) {
            return None;
        }
        if self.row().conflicts().0 == 0 {
            return Some(Vec::new());
        }
        let conflicts = self.row().conflicts();
        let caller = &ask(ctx).caller;
        let differs = |p: &FieldProvenance| {
            let model: crate::model::enterprise::EnterpriseField = p.field.into();
            conflicts.contains(model as usize) && caller.is_shown(classes::of_field(model))
        };
        let all = or_null(ctx, provenance(ctx, self).await)?;
        Some(all.into_iter().filter(differs).map(Into::into).collect())
    }
    /// The records that were joined, each with the evidence that joined it. Needs the scope `records`.
    async fn identity(&self, ctx: &Context<'_>) -> Option<Identity> {
        permitted(ctx, AccessScope::Records).then(|| Identity(self.clone()))
    }
    /// Branches, renamings, absorptions and groups, as the registries' records say: about this enterprise, and about
    /// others that name it. At most 200.
    async fn relations(&self, ctx: &Context<'_>) -> Result<Option<Vec<Relation>>> {
        super::legal_relations::relations(ctx, self).await.or_tell(ctx).map(Some)
    }
    /// The records that were joined, by registry and key; those of payments only with the scope `finance`, those of disputes and events only
    /// with `records`.
    async fn records(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<RecordConnection>> {
        let first = checked_first(first, 100).or_tell(ctx)?;
        let ask = ask(ctx);
        let mut all: Vec<RegistryRecord> = Vec::new();
        for m in self.row().members().filter(|m| ask.may_know_presence(m.registry())) {
            if all.last().is_none_or(|last| last.id != m.record_id()) {
                all.push(RegistryRecord { registry: m.registry().to_owned(), key: m.key().to_owned(), id: m.record_id() });
            }
        }
        RecordConnection::page(all, first, after.as_deref()).or_tell(ctx).map(Some)
    }
    /// Asks the registries now, where they can look single enterprises up; never fails the whole answer: a registry that
    /// does not answer is an error SOURCE_UNAVAILABLE beside it. Needs the scope `records`.
    async fn live(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these, by name; all that offer a look-up where left out.")] registries: Option<Vec<String>>,
    ) -> Result<Option<Vec<LiveRecord>>> {
        super::live::live(ctx, self, registries).await
    }
    /// What changed from edition to edition, newest first.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<ChangeConnection>> {
        let first = checked_first(first, 100).or_tell(ctx)?;
        ChangeConnection::of(ctx, self.row().id(), first, after.as_deref()).await.or_tell(ctx).map(Some)
    }

    /// Its branches.
    async fn branches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<EnterpriseConnection>> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let filter = Filter::Any { facet: "branch_of", values: vec![self.row().id().to_owned()] };
        list(ask(ctx), self.edition(), filter, &[], first, after.as_deref()).or_tell(ctx).map(Some)
    }
    /// Who invests in it.
    async fn investors(&self, ctx: &Context<'_>) -> Option<Vec<Investment>> {
        Some(ties::investments(ctx, self, false))
    }
    /// What it invests in.
    async fn investments(&self, ctx: &Context<'_>) -> Option<Vec<Investment>> {
        Some(ties::investments(ctx, self, true))
    }
    /// Labour dispatch (劳务派遣): where this agency's workers work.
    async fn dispatches_to(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<DispatchConnection>> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        DispatchConnection::of(ctx, self, false, first, after.as_deref()).or_tell(ctx).map(Some)
    }
    /// Labour dispatch (劳务派遣): who dispatches workers here.
    async fn dispatched_from(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<DispatchConnection>> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        DispatchConnection::of(ctx, self, true, first, after.as_deref()).or_tell(ctx).map(Some)
    }
    /// Strikes and cases of arbitration. Needs the scope `records`.
    async fn disputes(&self, ctx: &Context<'_>) -> Option<Vec<Dispute>> {
        permitted(ctx, AccessScope::Records).then(|| ties::disputes(self))
    }
    /// Inspections, hotline cases, services, media reports. Needs the scope `records`.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this kind, such as `work_safety_inspection`.")] kind: Option<String>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<EventConnection>> {
        if !permitted(ctx, AccessScope::Records) {
            return Ok(None);
        }
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        EventConnection::of(ask(ctx).state.hub(), self, kind.as_deref(), (first, after.as_deref())).or_tell(ctx).map(Some)
    }
    /// Who was shown it, when and what for, newest first. Needs the scope `audit`.
    async fn looked_at_by(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Days in the time zone of the hub.")] on: Option<DateRange>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Box<AuditEntryConnection>>> {
        if !permitted(ctx, AccessScope::Audit) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let filter = AuditFilter { enterprise: Some(ID(self.row().id().to_owned())), on, ..AuditFilter::default() };
        let page = Box::pin(AuditEntryConnection::page(ctx, filter, first, after.as_deref())).await;
        page.or_tell(ctx).map(|page| Some(Box::new(page)))
    }
    /// The enterprise whose branch it is.
    async fn branch_of(&self, ctx: &Context<'_>) -> Option<Enterprise> {
        let row = self.edition().enterprise_of_id(self.row().branch_of()?)?;
        ask(ctx).may_see(row).then(|| Enterprise::new(ask(ctx), self.edition(), row.row))
    }
}

/// What a search found.
#[derive(SimpleObject)]
pub struct SearchHit {
    /// The enterprise.
    pub enterprise: Enterprise,
    /// The name or code that matched.
    pub matched: String,
    /// What it is: a name or a code.
    pub field: EnterpriseField,
}

impl SearchHit {
    pub fn new(ask: &RequestContext, edition: &Arc<Edition>, hit: crate::edition::Hit) -> SearchHit {
        let field = match hit.field {
            HitField::Name | HitField::FormerName => EnterpriseField::Name,
            HitField::CreditCode | HitField::Identifier => EnterpriseField::CreditCode,
        };
        SearchHit { enterprise: Enterprise::new(ask, edition, hit.row), matched: hit.matched, field }
    }
}
