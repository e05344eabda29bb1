//! What people enter of the federation: sheets that are kept whole or not at all, and things taken back.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::named_list_changes::whole_city;
use crate::access::AccessScope;
use crate::federation::sheet::SheetFault;
use crate::hub::HubError;
use crate::hub::federation::SheetOrigin;
use crate::model::message::Lang;
use crate::serve::context::{OrTell, ask};
use crate::serve::graphql::model::cases::mendable;
use crate::serve::graphql::model::scalars::{Date, FederationNoun};
use crate::serve::graphql::model::user_error::UserError;

/// A sheet of things of one kind.
#[derive(InputObject)]
pub struct ImportFederationInput {
    /// Of what.
    noun: FederationNoun,
    /// Comma-separated text; its first line names the columns in Chinese or English.
    sheet: String,
    /// For lines that name no source.
    source: Option<String>,
    /// For lines that name no day.
    as_of: Option<Date>,
}

/// A line of a sheet, and what is said of it.
#[derive(SimpleObject)]
pub struct SheetLine {
    /// Counted from 1, the headings included; 0: the sheet as a whole.
    line: i32,
    /// What is wrong with it, or why it stays out.
    message: String,
}

/// What became of a sheet.
#[derive(SimpleObject, Default)]
pub struct ImportFederationPayload {
    /// Lines that were kept; 0 where anything is wrong: a sheet is kept whole or not at all.
    kept: i32,
    /// Of these, what was there already, word for word.
    unchanged: i32,
    /// Lines that stay out because nobody can be sure of them.
    left_out: Vec<SheetLine>,
    /// Lines that were kept and that somebody has to look at: streets below another district than their code says, buildings in two districts.
    flagged: Vec<SheetLine>,
    /// What is wrong, by line.
    faults: Vec<SheetLine>,
    /// What was wrong with the input as a whole.
    user_errors: Vec<UserError>,
}

/// What became of something taken back.
#[derive(SimpleObject, Default)]
pub struct WithdrawFederationPayload {
    /// It was taken back.
    withdrawn: bool,
    /// Why it was not.
    user_errors: Vec<UserError>,
}

fn lines(faults: Vec<SheetFault>, lang: Lang) -> Vec<SheetLine> {
    let line = |f: SheetFault| SheetLine { line: f.line as i32, message: f.problem.text(lang).to_owned() };
    faults.into_iter().map(line).collect()
}

#[derive(Default)]
pub struct FederationMutations;

/// The federation as people enter it.
#[Object]
impl FederationMutations {
    /// Enters a sheet of units, figures and the like, whole or not at all; what is entered again becomes a new version. For callers of the
    /// whole city. Needs the scope `review`.
    async fn import_federation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sheet.")] input: ImportFederationInput,
    ) -> Result<ImportFederationPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        whole_city(ask).or_tell(ctx)?;
        let origin = SheetOrigin { source: input.source, as_of: input.as_of.map(|day| day.0), by: Some(ask.caller.name.clone()) };
        match ask.state.hub().import_federation(input.noun.into(), &input.sheet, &origin).await {
            Ok(receipt) => Ok(ImportFederationPayload {
                kept: receipt.kept as i32,
                unchanged: receipt.unchanged as i32,
                left_out: lines(receipt.left_out, ask.lang),
                flagged: lines(receipt.flagged, ask.lang),
                faults: lines(receipt.faults, ask.lang),
                user_errors: Vec::new(),
            }),
            Err(error @ HubError::Told(_)) => {
                let user_errors = vec![UserError::of(Some("sheet"), mendable(error))];
                Ok(ImportFederationPayload { user_errors, ..ImportFederationPayload::default() })
            }
            Err(error) => Err(mendable(error)).or_tell(ctx),
        }
    }

    /// Sets the targets of a sheet (unit, year, indicator, measure, value), all or none: parts never exceed their whole. For callers of the
    /// whole city. Needs the scope `operate`.
    async fn import_targets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Comma-separated text; its first line names the columns in Chinese or English.")] sheet: String,
        #[graphql(desc = "For lines that name no source.")] source: Option<String>,
    ) -> Result<ImportFederationPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        whole_city(ask).or_tell(ctx)?;
        let origin = SheetOrigin { source, as_of: None, by: Some(ask.caller.name.clone()) };
        let receipt = ask.state.hub().import_targets(&sheet, &origin).await.map_err(mendable).or_tell(ctx)?;
        Ok(ImportFederationPayload {
            kept: receipt.kept as i32,
            unchanged: receipt.unchanged as i32,
            faults: lines(receipt.faults, ask.lang),
            ..ImportFederationPayload::default()
        })
    }

    /// Takes something back that was entered; it stays in the history. For callers of the whole city. Needs the scope `review`.
    async fn withdraw_federation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A thing of this kind.")] noun: FederationNoun,
        #[graphql(desc = "What it is known by: the code of a unit.")] key: String,
    ) -> Result<WithdrawFederationPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        whole_city(ask).or_tell(ctx)?;
        match ask.state.hub().withdraw_federation(noun.into(), &key, Some(&ask.caller.name)).await {
            Ok(()) => Ok(WithdrawFederationPayload { withdrawn: true, user_errors: Vec::new() }),
            Err(error @ HubError::Told(_)) => {
                let user_errors = vec![UserError::of(Some("key"), mendable(error))];
                Ok(WithdrawFederationPayload { withdrawn: false, user_errors })
            }
            Err(error) => Err(mendable(error)).or_tell(ctx),
        }
    }
}
