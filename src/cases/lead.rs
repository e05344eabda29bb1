//! Leads: what says that somebody should go there before anybody does.
//!
//! In: the kind of a record, or a mark. Out: the kind of lead that it is, and whether anybody has taken it up.

use crate::model::field::named;
use crate::model::tie::TieKind;

use super::standing::CaseState;

named! {
    /// What a lead is.
    pub enum LeadKind {
        /// A payment of the preparatory fund (建会筹备金) by a firm without a union.
        PreparatoryFund = "PREPARATORY_FUND",
        /// A strike or a case of arbitration.
        Dispute = "DISPUTE",
        /// A call or a complaint that came by the hotline or a platform.
        Hotline = "HOTLINE",
        /// A media report.
        Media = "MEDIA",
    }
}

named! {
    /// How far somebody is with a lead.
    pub enum LeadStatus {
        /// The enterprise has no case.
        New = "NEW",
        /// It has one that is open.
        InWork = "IN_WORK",
        /// It had one, which was closed with a reason.
        Closed = "CLOSED",
    }
}

impl LeadKind {
    /// The lead that a record of this kind is; `what` is the kind of event or dispute as the connector says it. Inspections, services and
    /// whatever else has a date are none.
    pub fn of_record(kind: TieKind, what: Option<&str>) -> Option<LeadKind> {
        let begins = |words: &[&str]| what.is_some_and(|what| words.iter().any(|word| what.starts_with(word)));
        match kind {
            TieKind::Dispute => Some(LeadKind::Dispute),
            TieKind::Event if begins(&["hotline", "platform"]) => Some(LeadKind::Hotline),
            TieKind::Event if begins(&["media"]) => Some(LeadKind::Media),
            TieKind::Event | TieKind::Investment | TieKind::Dispatch => None,
        }
    }
}

impl LeadStatus {
    /// By the case of the enterprise.
    pub fn of(case: Option<CaseState>) -> LeadStatus {
        match case {
            None => LeadStatus::New,
            Some(CaseState::Open) => LeadStatus::InWork,
            Some(CaseState::Closed) => LeadStatus::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_a_call_and_a_report_are_leads_and_an_inspection_is_none() {
        for (kind, what, lead) in [
            (TieKind::Dispute, Some("strike"), Some(LeadKind::Dispute)),
            (TieKind::Dispute, None, Some(LeadKind::Dispute)),
            (TieKind::Event, Some("hotline_case"), Some(LeadKind::Hotline)),
            (TieKind::Event, Some("platform_complaint"), Some(LeadKind::Hotline)),
            (TieKind::Event, Some("media_report"), Some(LeadKind::Media)),
            (TieKind::Event, Some("work_safety_inspection"), None),
            (TieKind::Event, None, None),
            (TieKind::Investment, Some("hotline"), None),
        ] {
            assert_eq!(LeadKind::of_record(kind, what), lead, "{kind:?} {what:?}");
        }
        assert_eq!(LeadStatus::of(Some(CaseState::Closed)), LeadStatus::Closed);
    }
}
