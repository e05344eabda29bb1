//! A case as it stands: its stage, who goes, when, how, what they think of it. Every change is a list of steps, and the steps of a case
//! from its opening on make it again: nothing is overwritten that cannot be read back.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::model::field::named;
use crate::model::problem::Problem;
use crate::model::reference::unions::{case_steps, finding_reasons};

named! {
    /// How far an outreach case is (`reference/unions/pipeline.csv`), in the order of the work.
    pub enum CaseStage {
        /// On the list, nobody was there yet.
        Found = "FOUND",
        /// Somebody goes and looks: does it exist, does it work, how many people.
        Verify = "VERIFY",
        /// Informed of what a union is.
        Inform = "INFORM",
        /// A letter of notice was sent (建会告知书).
        Letter = "LETTER",
        /// A reminder was sent (催告函).
        SecondLetter = "SECOND_LETTER",
        /// A talk was held (约谈).
        Talk = "TALK",
        /// Departments go together (部门联动).
        JointAction = "JOINT_ACTION",
        /// The enterprise has applied (申请建会).
        Apply = "APPLY",
        /// The preparatory group is approved (筹备组).
        PrepareGroup = "PREPARE_GROUP",
        /// Members are enrolled.
        Enrol = "ENROL",
        /// The assembly elects its committee.
        Assembly = "ASSEMBLY",
        /// The union above approves.
        Approve = "APPROVE",
        /// Seal, legal person, account.
        Legal = "LEGAL",
        /// From preparatory fund to dues at the tax office.
        TaxSwitch = "TAX_SWITCH",
        /// Entered in the roll.
        EnterRoll = "ENTER_ROLL",
        /// Followed up: contract, congress, stars.
        FollowUp = "FOLLOW_UP",
    }
}

impl CaseStage {
    /// What people call it.
    pub fn text(self, lang: crate::model::message::Lang) -> &'static str {
        case_steps().iter().find(|s| s.code == self.name()).map_or("", |s| lang.pick(s.name_zh, s.name_en))
    }
    /// Days that it usually takes; None where nobody says.
    pub fn due_days(self) -> Option<u32> {
        case_steps().iter().find(|s| s.code == self.name()).and_then(|s| s.due_days)
    }
}

impl CaseStage {
    /// What whoever goes to the enterprise takes along.
    pub fn bring(self, lang: crate::model::message::Lang) -> &'static str {
        match self {
            CaseStage::Found | CaseStage::Verify => lang.pick("走访记录表、建会宣传册", "record of the visit, brochure"),
            CaseStage::Inform => lang.pick("建会宣传册、典型案例", "brochure, model cases"),
            CaseStage::Letter => lang.pick("建会告知书", "letter of notice"),
            CaseStage::SecondLetter => lang.pick("催告函", "reminder letter"),
            CaseStage::Talk | CaseStage::JointAction => lang.pick("约谈记录、法律条文", "minutes, text of the law"),
            CaseStage::Apply => lang.pick("申请建会报告、基本情况表", "application, basic facts form"),
            CaseStage::PrepareGroup | CaseStage::Enrol => {
                lang.pick("入会申请书、会员登记表", "application forms, roll of members")
            }
            CaseStage::Assembly => lang.pick("选票、选举办法", "ballots, rules of election"),
            CaseStage::Approve | CaseStage::Legal => lang.pick("批复、法人登记表", "reply, registration as a legal person"),
            CaseStage::TaxSwitch => lang.pick("经费缴纳登记表", "form for paying dues"),
            CaseStage::EnterRoll | CaseStage::FollowUp => {
                lang.pick("集体合同文本、评星标准", "text of a collective contract, rules of the stars")
            }
        }
    }
}

named! {
    /// Whether somebody still has to go.
    pub enum CaseState {
        /// There is work to do.
        Open = "OPEN",
        /// It ended in a union or in a reason.
        Closed = "CLOSED",
    }
}
named! {
    /// What a case was opened for.
    pub enum CaseOrigin {
        /// The gap list.
        List = "LIST",
        /// The enterprise pays the preparatory fund and has no union.
        PreparatoryFund = "PREPARATORY_FUND",
        /// A strike or a case of arbitration.
        Dispute = "DISPUTE",
        /// A call to the hotline or the platform.
        Hotline = "HOTLINE",
        /// A report in the media.
        Media = "MEDIA",
        /// A named list: representatives' enterprises, new organisations, foreign firms.
        NamedList = "NAMED_LIST",
        /// A person, for a reason of their own.
        Hand = "HAND",
    }
}
named! {
    /// How the enterprise is won (the four methods of the founding text).
    pub enum CaseMethod {
        /// By what its workers ask for (需求带动).
        Demand = "DEMAND",
        /// By what the union organises (活动吸引).
        Activity = "ACTIVITY",
        /// By what the union does for members (服务凝聚).
        Service = "SERVICE",
        /// By making a union work that exists on paper (作用巩固).
        Consolidation = "CONSOLIDATION",
    }
}
named! {
    /// What a step of a case was.
    pub enum CaseStepKind {
        /// It was opened; `to` is the origin.
        Opened = "OPENED",
        /// Another stage.
        Stage = "STAGE",
        /// Somebody else is responsible.
        Owner = "OWNER",
        /// Another day on which something is due.
        NextOn = "NEXT_ON",
        /// Another method.
        Method = "METHOD",
        /// Another assessment.
        Assessment = "ASSESSMENT",
        /// Who refuses and why; no longer, where `to` is empty.
        Refusal = "REFUSAL",
        /// Something was written down, nothing changed.
        Note = "NOTE",
        /// A person closed it; `to` is the reason.
        Closed = "CLOSED",
        /// The registries closed it; `to` is the reason.
        ClosedByData = "CLOSED_BY_DATA",
        /// A person opened it again.
        Reopened = "REOPENED",
        /// What had closed it is no longer there.
        ReopenedByData = "REOPENED_BY_DATA",
        /// Its enterprise lives on as another one; `to` is that one's id.
        Moved = "MOVED",
        /// Its enterprise was joined with one that has a case, which goes on; `to` is that case.
        Joined = "JOINED",
        /// The enterprises were parted again: it is its own enterprise's once more.
        Parted = "PARTED",
        /// Somebody was there; `to` is what they found.
        Visited = "VISITED",
    }
}

/// Who is responsible: a unit, a role in it, a person only as the deployer enters them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseOwner {
    /// Code of an area or federation unit.
    pub unit: String,
    /// What they are there (协管员).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Who they are, where the deployer keeps names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Who refuses, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRefusal {
    /// Their part in the enterprise (法定代表人, 人力资源经理).
    pub by: String,
    /// What they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A record that stands for something, by what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseEvidence {
    /// `union`, `dues` or `scope`.
    pub what: String,
    /// Name of the registry.
    pub registry: String,
    /// Key of the record there.
    pub key: String,
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseStanding {
    /// Open or closed.
    pub state: CaseState,
    /// How far it is, or was when it was closed.
    pub stage: CaseStage,
    /// Why it is closed: a code of `reference/unions/closing_reasons.csv`.
    pub reason: Option<String>,
    /// The registries closed it, not a person.
    pub by_data: bool,
    /// Who is responsible.
    pub owner: Option<CaseOwner>,
    /// When something is due.
    pub next_on: Option<NaiveDate>,
    /// How it is gone about.
    pub method: Option<CaseMethod>,
    /// From 1 (no chance) to 5 (as good as founded).
    pub assessment: Option<u8>,
    /// Who refuses and why.
    pub refusal: Option<CaseRefusal>,
}

/// A step: what changed, from what, to what, as texts that [`CaseStanding::after`] reads again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseStep {
    /// What changed.
    pub what: CaseStepKind,
    /// As it was; None where there was nothing.
    pub from: Option<String>,
    /// As it is; None where there is nothing any more.
    pub to: Option<String>,
}

impl CaseStep {
    /// A step between two values.
    pub fn new(what: CaseStepKind, from: Option<String>, to: Option<String>) -> CaseStep {
        CaseStep { what, from, to }
    }
}

/// What a person changes; what is None stays as it is, what is Some(None) is taken away.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseChange {
    /// Another stage.
    pub stage: Option<CaseStage>,
    /// Another owner.
    pub owner: Option<Option<CaseOwner>>,
    /// Another day.
    pub next_on: Option<Option<NaiveDate>>,
    /// Another method.
    pub method: Option<Option<CaseMethod>>,
    /// Another assessment.
    pub assessment: Option<Option<u8>>,
    /// Another refusal.
    pub refusal: Option<Option<CaseRefusal>>,
}

/// Longest text of a role, a name, a refusal, in characters.
pub const MAX_TEXT: usize = 200;
/// A day further away than this is a slip of the pen.
const MAX_DAYS_AHEAD: i64 = 3 * 366;

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain texts")
}

fn told(zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new("bad_case", zh, en)
}

/// Whether a reason says that there is a union now.
pub fn is_won(reason: &str) -> bool {
    reason.starts_with("done_")
}

/// Whether a reason says that a union covered it all along.
pub fn was_covered(reason: &str) -> bool {
    matches!(reason, "already" | "parent_union" | "association_union")
}

/// The reasons that a person may close a case with: foundings are closed by the roll.
pub fn reasons_by_hand() -> Vec<&'static str> {
    finding_reasons().iter().map(|r| r.code).filter(|code| !is_won(code)).collect()
}

impl CaseStanding {
    /// As it begins.
    pub fn opened() -> CaseStanding {
        CaseStanding {
            state: CaseState::Open,
            stage: CaseStage::Found,
            reason: None,
            by_data: false,
            owner: None,
            next_on: None,
            method: None,
            assessment: None,
            refusal: None,
        }
    }

    /// The steps of a change, none where nothing would be another than it is.
    ///
    /// # Errors
    /// The case is closed; a day that has passed or is years away; an assessment that is none of 1 to 5; a text that is too long.
    pub fn change(&self, change: &CaseChange, today: NaiveDate) -> Result<Vec<CaseStep>, Problem> {
        if self.state == CaseState::Closed && *change != CaseChange::default() {
            return Err(told("案件已结案：请先重新打开（reopenCase）", "the case is closed: open it again first (reopenCase)"));
        }
        let mut steps = Vec::new();
        let mut step = |what, from: Option<String>, to: Option<String>| {
            if from != to {
                steps.push(CaseStep { what, from, to });
            }
        };
        if let Some(stage) = change.stage {
            step(CaseStepKind::Stage, Some(self.stage.name().to_owned()), Some(stage.name().to_owned()));
        }
        if let Some(owner) = &change.owner {
            let texts = owner.iter().flat_map(|o| [Some(&o.unit), o.role.as_ref(), o.name.as_ref()]).flatten();
            texts.into_iter().try_for_each(|t| short(t))?;
            step(CaseStepKind::Owner, self.owner.as_ref().map(json), owner.as_ref().map(json));
        }
        if let Some(next) = change.next_on {
            if let Some(day) = next.filter(|day| *day < today && Some(*day) != self.next_on) {
                return Err(told(
                    format!("下次日期 {day} 已过：请给出 {today} 或以后的日期"),
                    format!("the next date {day} has passed: give {today} or a later day"),
                ));
            }
            if let Some(day) = next.filter(|day| (*day - today).num_days() > MAX_DAYS_AHEAD) {
                return Err(told(
                    format!("下次日期 {day} 在三年之后：请核对年份"),
                    format!("the next date {day} is more than three years away: check the year"),
                ));
            }
            step(CaseStepKind::NextOn, self.next_on.map(|d| d.to_string()), next.map(|d| d.to_string()));
        }
        if let Some(method) = change.method {
            let name = |m: Option<CaseMethod>| m.map(|m| m.name().to_owned());
            step(CaseStepKind::Method, name(self.method), name(method));
        }
        if let Some(assessment) = change.assessment {
            if let Some(wrong) = assessment.filter(|n| !(1..=5).contains(n)) {
                return Err(told(
                    format!("评估应为 1 到 5（1 无望，5 即将建会），收到 {wrong}"),
                    format!("an assessment is a number from 1 (no chance) to 5 (as good as founded), not {wrong}"),
                ));
            }
            let text = |n: Option<u8>| n.map(|n| n.to_string());
            step(CaseStepKind::Assessment, text(self.assessment), text(assessment));
        }
        if let Some(refusal) = &change.refusal {
            let texts = refusal.iter().flat_map(|r| [Some(&r.by), r.why.as_ref()]).flatten();
            texts.into_iter().try_for_each(|t| short(t))?;
            step(CaseStepKind::Refusal, self.refusal.as_ref().map(json), refusal.as_ref().map(json));
        }
        Ok(steps)
    }

    /// A person closes it.
    ///
    /// # Errors
    /// It is closed already; the reason is none, or is one that only the roll can give.
    pub fn close(&self, reason: &str) -> Result<CaseStep, Problem> {
        if let Some(before) = self.reason.as_deref().filter(|_| self.state == CaseState::Closed) {
            return Err(told(format!("案件已结案（{before}）"), format!("the case is closed already ({before})")));
        }
        let by_hand = reasons_by_hand();
        if is_won(reason) && finding_reasons().iter().any(|r| r.code == reason) {
            return Err(told(
                "建会由工会名录确认：名录中出现工会并收到首笔经费后，案件自动结案。请改为推进阶段（stage）",
                "a founding is told by the roll: once it shows the union and the first dues arrive, the case closes itself. Set its stage \
                 instead",
            ));
        }
        if !by_hand.contains(&reason) {
            return Err(told(
                format!("没有结案原因「{reason}」；可用：{}", by_hand.join("、")),
                format!("there is no reason \"{reason}\" to close a case; known: {}", by_hand.join(", ")),
            )
            .remedy(by_hand.join(", ")));
        }
        Ok(CaseStep::new(CaseStepKind::Closed, Some(self.stage.name().to_owned()), Some(reason.to_owned())))
    }

    /// A person opens it again.
    ///
    /// # Errors
    /// It is open; the registries closed it, and they would close it again.
    pub fn reopen(&self) -> Result<CaseStep, Problem> {
        match self.state {
            CaseState::Open => Err(told("案件未结案", "the case is open")),
            CaseState::Closed if self.by_data => Err(told(
                "此案由登记数据结案，只能由数据重新打开：若名录有误，请处理对应的记录对或报送部门更正",
                "the registries closed this case, and only they open it again: where the roll is wrong, decide its pair in the review \
                 queue or have the department correct it",
            )),
            CaseState::Closed => Ok(CaseStep::new(CaseStepKind::Reopened, self.reason.clone(), None)),
        }
    }

    /// The case as it stands after a step. A step that this release does not understand changes nothing.
    pub fn after(mut self, step: &CaseStep) -> CaseStanding {
        let to = step.to.as_deref();
        match step.what {
            CaseStepKind::Stage => self.stage = to.and_then(CaseStage::from_name).unwrap_or(self.stage),
            CaseStepKind::Owner => self.owner = to.and_then(|t| serde_json::from_str(t).ok()),
            CaseStepKind::NextOn => self.next_on = to.and_then(|t| t.parse().ok()),
            CaseStepKind::Method => self.method = to.and_then(CaseMethod::from_name),
            CaseStepKind::Assessment => self.assessment = to.and_then(|t| t.parse().ok()),
            CaseStepKind::Refusal => self.refusal = to.and_then(|t| serde_json::from_str(t).ok()),
            CaseStepKind::Closed | CaseStepKind::ClosedByData => {
                self.state = CaseState::Closed;
                self.reason = step.to.clone();
                self.by_data = step.what == CaseStepKind::ClosedByData;
            }
            CaseStepKind::Reopened | CaseStepKind::ReopenedByData => {
                self.state = CaseState::Open;
                self.reason = None;
                self.by_data = false;
            }
            CaseStepKind::Opened
            | CaseStepKind::Note
            | CaseStepKind::Moved
            | CaseStepKind::Joined
            | CaseStepKind::Parted
            | CaseStepKind::Visited => {}
        }
        self
    }

    /// The case that these steps made, from its opening on.
    pub fn replayed<'a>(steps: impl IntoIterator<Item = &'a CaseStep>) -> CaseStanding {
        steps.into_iter().fold(CaseStanding::opened(), CaseStanding::after)
    }

    /// Ended in a union.
    pub fn is_won(&self) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        self.state == CaseState::Closed && (is_won(reason) || self.by_data && was_covered(reason))
    }
}

/// A text of a person that is not empty, not endless, and of one line.
fn short(text: &str) -> Result<(), Problem> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err(told(
            "单位、职务、姓名、理由不能为空白：不需要时请省略",
            "a unit, role, name or reason is not blank: leave it out instead",
        ));
    }
    if length > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(told(
            format!("文字须在 {MAX_TEXT} 字以内且不含控制字符，收到 {length} 字"),
            format!("a text has at most {MAX_TEXT} characters and no control characters; this one has {length}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn owner(unit: &str) -> CaseOwner {
        CaseOwner { unit: unit.to_owned(), role: Some("协管员".to_owned()), name: None }
    }

    #[test]
    fn every_stage_has_its_names_and_the_order_of_the_work() {
        use crate::model::message::Lang;
        assert_eq!(case_steps().len(), CaseStage::ALL.len());
        for (stage, step) in CaseStage::ALL.iter().zip(case_steps()) {
            assert_eq!(stage.name(), step.code);
            assert!(!stage.text(Lang::Zh).is_empty() && !stage.text(Lang::En).is_empty(), "{stage}");
        }
        assert!(CaseStage::Found < CaseStage::TaxSwitch);
        assert_eq!(CaseStage::Verify.due_days(), Some(30));
    }

    #[test]
    fn the_steps_of_a_case_make_it_again() {
        let today = day("2026-11-22");
        let changes = [
            CaseChange { stage: Some(CaseStage::Talk), owner: Some(Some(owner("110108001"))), ..CaseChange::default() },
            CaseChange { next_on: Some(Some(day("2026-12-01"))), assessment: Some(Some(4)), ..CaseChange::default() },
            CaseChange {
                method: Some(Some(CaseMethod::Service)),
                refusal: Some(Some(CaseRefusal { by: "总经理".into(), why: None })),
                ..CaseChange::default()
            },
            CaseChange { refusal: Some(None), next_on: Some(None), ..CaseChange::default() },
        ];
        let (mut case, mut all) = (CaseStanding::opened(), Vec::new());
        for change in &changes {
            let steps = case.change(change, today).expect("a change");
            case = steps.iter().fold(case, |case, step| case.after(step));
            all.extend(steps);
        }
        assert_eq!(CaseStanding::replayed(&all), case);
        assert_eq!((case.stage, case.assessment, case.next_on, case.refusal.is_none()), (CaseStage::Talk, Some(4), None, true));
        assert!(case.change(&changes[0], today).expect("a change").is_empty(), "what is so already is no step");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_would_be() {
        let today = day("2026-11-22");
        let case = CaseStanding::opened();
        for (change, word) in [
            (CaseChange { next_on: Some(Some(day("2026-11-21"))), ..CaseChange::default() }, "2026-11-22"),
            (CaseChange { next_on: Some(Some(day("2062-11-21"))), ..CaseChange::default() }, "2062-11-21"),
            (CaseChange { assessment: Some(Some(6)), ..CaseChange::default() }, "1"),
            (CaseChange { owner: Some(Some(owner(" "))), ..CaseChange::default() }, "blank"),
            (CaseChange { owner: Some(Some(owner(&"长".repeat(201)))), ..CaseChange::default() }, "201"),
        ] {
            let problem = case.change(&change, today).expect_err(word);
            assert!(problem.en.contains(word) && !problem.zh.is_empty(), "{problem}");
        }
    }

    #[test]
    fn a_person_closes_with_a_reason_and_leaves_foundings_to_the_roll() {
        let case = CaseStanding::opened();
        assert!(case.close("done_independent").expect_err("only the roll").en.contains("roll"));
        assert!(case.close("because").expect_err("no reason").remedy.expect("the known ones").contains("refused"));
        let closed = case.clone().after(&case.close("refused").expect("a reason"));
        assert_eq!((closed.state, closed.reason.as_deref(), closed.is_won()), (CaseState::Closed, Some("refused"), false));
        assert!(closed.close("moved").is_err());
        assert!(closed.change(&CaseChange { stage: Some(CaseStage::Talk), ..CaseChange::default() }, day("2026-11-22")).is_err());
        let reopened = closed.clone().after(&closed.reopen().expect("by hand"));
        assert_eq!(reopened, case);
        let by_data = case.after(&CaseStep::new(CaseStepKind::ClosedByData, None, Some("done_independent".into())));
        assert!(by_data.is_won() && by_data.reopen().is_err());
    }
}
