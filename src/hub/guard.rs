//! The guard on publications: an edition that differs too far from what is published waits for a person, as a batch does that
//! would make too many records vanish.
//!
//! In: the figures of the edition to come and of those before, and the shares of policy. Out: what jumps and why, kept in the
//! store; what was published goes on answering. Released, the edition is made again from the store and published, so that nothing
//! of a held one need be kept: a process that is killed before or after the release goes on where it was.
//!
//! A roll on which no edition rested before is compared with nothing before it, but with the other registries: see
//! `first_roll.rs`.

use data_encoding::HEXLOWER;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::HubError;
use super::open::Hub;
use super::progress::ProgressSink;
use super::published::Published;
use crate::assess::Assessed;
use crate::assess::policy::PublicationPolicy;
use crate::edition::{Edition, EnterpriseRow};
use crate::model::enterprise::Enterprise;
use crate::model::field::named;
use crate::model::message::{Lang, reason_text};
use crate::model::problem::Problem;
use crate::model::text::grouped;
use crate::model::verdict::{GapStatus, Unmet};
use crate::store::StoreError;
use crate::store::held_edition::HeldEditionRow;

named! {
    /// A figure that the guard watches.
    pub enum Watched { Enterprises = "ENTERPRISES", Gap = "GAP", Unions = "UNIONS", Covered = "COVERED" }
}

impl Watched {
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Watched::Enterprises => lang.pick("企业", "enterprises"),
            Watched::Gap => lang.pick("规模以上未建会企业", "enterprises on the gap list"),
            Watched::Unions => lang.pick("工会", "unions"),
            Watched::Covered => lang.pick("工会覆盖单位", "units covered by a union"),
        }
    }
}

/// The figures of an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub enterprises: u64,
    pub gap: u64,
    pub unions: u64,
    pub covered: u64,
}

impl Figures {
    fn of(&self, watched: Watched) -> u64 {
        match watched {
            Watched::Enterprises => self.enterprises,
            Watched::Gap => self.gap,
            Watched::Unions => self.unions,
            Watched::Covered => self.covered,
        }
    }
}

/// One figure that differs too far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    pub measure: Watched,
    pub before: u64,
    pub after: u64,
    /// The share of `before` by which it may differ.
    pub limit_percent: f64,
}

impl Jump {
    /// Of what was there; None where nothing was.
    pub fn percent(&self) -> Option<f64> {
        (self.before > 0).then(|| (self.after as f64 - self.before as f64) * 100.0 / self.before as f64)
    }

    pub fn text(&self, lang: Lang) -> String {
        let change = self.percent().map_or_else(String::new, |p| match lang {
            Lang::Zh => format!("（{p:+.1}%，超过 {:.0}%）", self.limit_percent),
            Lang::En => format!(" ({p:+.1} %, above {:.0} %)", self.limit_percent),
        });
        let (before, after) = (grouped(self.before as i64), grouped(self.after as i64));
        match lang {
            Lang::Zh => format!("{}由 {before} 变为 {after}{change}", self.measure.text(lang)),
            Lang::En => format!("{} from {before} to {after}{change}", self.measure.text(lang)),
        }
    }
}

/// The figures that fall or rise by more than policy allows. `like` are the figures of the last edition that rested on the same
/// needs: where there is none, the list is not comparable, and only enterprises that vanish are watched.
pub fn jumps(policy: &PublicationPolicy, last: Figures, like: Option<Figures>, now: Figures) -> Vec<Jump> {
    let limits = [
        (Watched::Enterprises, policy.enterprises_percent),
        (Watched::Gap, policy.gap_percent),
        (Watched::Unions, policy.unions_percent),
        (Watched::Covered, policy.covered_percent),
    ];
    let mut found = Vec::new();
    for (measure, limit_percent) in limits {
        let after = now.of(measure);
        let too_far = |before: u64| {
            let by = before.abs_diff(after);
            by >= policy.at_least.max(1) && by as f64 > before as f64 * limit_percent / 100.0
        };
        let fallen = Some(last.of(measure)).filter(|before| measure == Watched::Enterprises && after < *before);
        if let Some(before) = fallen.into_iter().chain(like.map(|l| l.of(measure))).find(|before| too_far(*before)) {
            found.push(Jump { measure, before, after, limit_percent });
        }
    }
    found
}

/// A publication that waits for a person, or that a person rejected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldEdition {
    pub id: i64,
    /// HELD RELEASED REJECTED SUPERSEDED PUBLISHED
    pub state: String,
    /// Milliseconds since 1970.
    pub held_at: i64,
    pub jumps: Vec<Jump>,
    pub causes: Vec<Problem>,
    pub decided_by: Option<String>,
    pub decided_why: Option<String>,
    pub decided_at: Option<i64>,
    /// The edition that was published of it.
    pub edition: Option<i64>,
}

impl HeldEdition {
    pub fn waits(&self) -> bool {
        self.state == "HELD"
    }

    /// What jumps and why, in a few lines for people.
    pub fn text(&self, lang: Lang) -> String {
        let jumps: Vec<String> = self.jumps.iter().map(|j| j.text(lang)).collect();
        let causes: Vec<&str> = self.causes.iter().map(|c| lang.pick(c.zh.as_str(), c.en.as_str())).collect();
        let (jumps, causes) = (jumps.join(lang.pick("；", "; ")), causes.join(lang.pick("；", "; ")));
        let id = self.id;
        if self.jumps.is_empty() {
            return match (lang, self.waits()) {
                (Lang::Zh, true) => format!(
                    "新的一期暂不发布，等待人工决定：所依据的工会名册不像是本市的完整名册。{causes}。核对名册后运行 huitu edition release {id} --reason … 发布，或 huitu edition reject {id} --reason … 退回，换上完整名册后重新 sync"
                ),
                (Lang::Zh, false) => format!("新的一期已被退回（{}）：名册不像是本市的完整名册。{causes}", self.why()),
                (Lang::En, true) => format!(
                    "The new edition waits for a person: the union roll that it rests on can hardly be this city's whole roll. {causes}. Look at the roll, then `huitu edition release {id} --reason …`, or `huitu edition reject {id} --reason …` and sync again with the whole roll"
                ),
                (Lang::En, false) => format!(
                    "The new edition was rejected ({}): its union roll can hardly be this city's whole roll. {causes}",
                    self.why()
                ),
            };
        }
        match (lang, self.waits()) {
            (Lang::Zh, true) => format!(
                "新的一期暂不发布，等待人工决定：{jumps}。原因：{causes}。已发布的一期继续提供查询；核对后运行 huitu edition release {id} --reason … 或 huitu edition reject {id} --reason …"
            ),
            (Lang::Zh, false) => format!("新的一期已被退回（{}），继续使用已发布的一期：{jumps}。原因：{causes}", self.why()),
            (Lang::En, true) => format!(
                "The new edition waits for a person: {jumps}. Causes: {causes}. What is published goes on answering; look at it, then `huitu edition release {id} --reason …` or `huitu edition reject {id} --reason …`"
            ),
            (Lang::En, false) => {
                format!(
                    "The new edition was rejected ({}); what is published goes on answering: {jumps}. Causes: {causes}",
                    self.why()
                )
            }
        }
    }

    fn why(&self) -> &str {
        self.decided_why.as_deref().unwrap_or("–")
    }
}

/// Digests of what an edition would rest on: with the day, and without it.
pub(super) struct Inputs {
    pub all: String,
    pub substance: String,
    /// With the day, and without the findings.
    pub but_findings: String,
}

impl Inputs {
    pub fn of(day: &str, substance: &[String], findings: &[String]) -> Inputs {
        let digest = |texts: &mut dyn Iterator<Item = &str>| {
            let mut hash = Sha256::new();
            texts.for_each(|text| hash.update(format!("{}:{text}\n", text.len())));
            HEXLOWER.encode(&hash.finalize())
        };
        let but_findings = || substance.iter().map(String::as_str);
        let texts = || but_findings().chain(findings.iter().map(String::as_str));
        Inputs {
            all: digest(&mut std::iter::once(day).chain(texts())),
            substance: digest(&mut texts()),
            but_findings: digest(&mut std::iter::once(day).chain(but_findings())),
        }
    }
}

/// What the guard says of an edition to come.
pub(super) enum Word {
    Publish,
    /// A person has not decided, or decided against it: nothing has changed since.
    Waits,
}

impl Hub {
    /// Whether the inputs are those of a publication that waits or was rejected: then linking again would tell nothing new.
    pub(super) async fn waits_already(&self, inputs: &Inputs) -> Result<bool, HubError> {
        let last = self.store.last_held_edition().await?;
        Ok(last.is_some_and(|held| match held.state.as_str() {
            "HELD" => held.inputs == inputs.all,
            "REJECTED" => held.substance == inputs.substance,
            _ => false,
        }))
    }

    /// Looks at the edition to come; one that jumps is held, unless a person released just these inputs.
    pub(super) async fn guard(
        &self,
        inputs: &Inputs,
        previous: Option<&Arc<Edition>>,
        unmet: &[Unmet],
        assessed: &Assessed,
    ) -> Result<Word, HubError> {
        // Nothing that was published can be read any more: what answers next is no first edition.
        if previous.is_none() && self.store.latest_edition().await?.is_some() {
            return Ok(Word::Publish);
        }
        let is_list = !unmet.iter().any(|u| u.verdict.decides_the_gap());
        if is_list && self.like(unmet).is_none() {
            let doubts = self.first_roll(assessed).doubts(&self.settings.policy.publication);
            if !doubts.is_empty() && !self.is_released(inputs).await? {
                return self.hold(inputs, &[], &doubts).await;
            }
        }
        let Some(previous) = previous else { return Ok(Word::Publish) };
        let covers = |e: &&Enterprise| self.is_covered(e);
        let now = Figures {
            enterprises: assessed.enterprises.len() as u64,
            gap: assessed.enterprises.iter().filter(|e| e.in_gap()).count() as u64,
            unions: assessed.unions.len() as u64,
            covered: assessed.enterprises.iter().filter(covers).count() as u64,
        };
        self.guard_figures(inputs, previous, unmet, now).await
    }

    /// The same of an edition that differs from the one before in the verdicts on these enterprises.
    pub(super) async fn guard_changes(
        &self,
        inputs: &Inputs,
        previous: &Arc<Edition>,
        unmet: &[Unmet],
        enterprises: &[Enterprise],
    ) -> Result<Word, HubError> {
        let mut now = figures(previous)?;
        for e in enterprises {
            let Some(before) = previous.enterprise_of_id(&e.id) else { continue };
            now.gap = now.gap + u64::from(e.in_gap()) - u64::from(before.in_gap());
            now.covered = now.covered + u64::from(self.is_covered(e)) - u64::from(self.was_covered(&before));
        }
        self.guard_figures(inputs, previous, unmet, now).await
    }

    /// The same of an edition in which also enterprises and unions come and go: who is judged anew, ids of who is no more, and by how many
    /// the unions are more.
    pub(super) async fn guard_part(
        &self,
        inputs: &Inputs,
        previous: &Arc<Edition>,
        unmet: &[Unmet],
        (enterprises, gone, unions): (&[Enterprise], &[Box<str>], i64),
    ) -> Result<Word, HubError> {
        let mut now = figures(previous)?;
        let ids = enterprises.iter().map(|e| &e.id).chain(gone);
        for row in ids.filter_map(|id| previous.enterprise_of_id(id)) {
            now.enterprises -= 1;
            now.gap -= u64::from(row.in_gap());
            now.covered -= u64::from(self.was_covered(&row));
        }
        for e in enterprises {
            now.enterprises += 1;
            now.gap += u64::from(e.in_gap());
            now.covered += u64::from(self.is_covered(e));
        }
        now.unions = now.unions.saturating_add_signed(unions);
        self.guard_figures(inputs, previous, unmet, now).await
    }

    /// The same of one as it is published.
    fn was_covered(&self, row: &EnterpriseRow<'_>) -> bool {
        row.gap() != Some(GapStatus::OutOfScope)
            && row.union().is_some_and(|union| self.settings.policy.counted_kinds.contains(&union))
    }

    pub(super) fn is_covered(&self, e: &Enterprise) -> bool {
        e.verdicts.gap.status != GapStatus::OutOfScope && self.settings.policy.counted_kinds.contains(&e.verdicts.union.verdict)
    }

    async fn guard_figures(
        &self,
        inputs: &Inputs,
        previous: &Arc<Edition>,
        unmet: &[Unmet],
        now: Figures,
    ) -> Result<Word, HubError> {
        if self.is_released(inputs).await? {
            return Ok(Word::Publish);
        }
        let like = self.like(unmet).map(|edition| figures(&edition)).transpose()?;
        let policy = &self.settings.policy;
        let jumps = jumps(&policy.publication, figures(previous)?, like, now);
        if jumps.is_empty() {
            return Ok(Word::Publish);
        }
        let causes = self.causes(previous, unmet).await?;
        self.hold(inputs, &jumps, &causes).await
    }

    /// Whether a person released a publication that would rest on just this.
    async fn is_released(&self, inputs: &Inputs) -> Result<bool, HubError> {
        let last = self.store.last_held_edition().await?;
        Ok(last.is_some_and(|held| held.state == "RELEASED" && held.substance == inputs.substance))
    }

    async fn hold(&self, inputs: &Inputs, jumps: &[Jump], causes: &[Problem]) -> Result<Word, HubError> {
        let row = HeldEditionRow {
            id: 0,
            state: "HELD".into(),
            inputs: inputs.all.clone(),
            substance: inputs.substance.clone(),
            held_at: self.clock.millis(),
            jumps: serde_json::to_string(jumps).expect("plain figures"),
            causes: serde_json::to_string(causes).expect("plain texts"),
            decided_by: None,
            decided_why: None,
            decided_at: None,
            edition: None,
        };
        self.store.hold_edition(&row).await?;
        Ok(Word::Waits)
    }

    /// The newest edition that lacked the same needs.
    fn like(&self, unmet: &[Unmet]) -> Option<Arc<Edition>> {
        let same = |theirs: &[Unmet]| {
            let of = |all: &[Unmet]| all.iter().filter(|u| u.verdict.decides_the_gap()).cloned().collect::<Vec<_>>();
            let (mine, theirs) = (of(unmet), of(theirs));
            mine.len() == theirs.len() && mine.iter().all(|u| theirs.iter().any(|t| t.is_same_need(u)))
        };
        let alike = self.editions.list().into_iter().filter(|m| same(&m.unmet));
        alike.into_iter().find_map(|m| self.editions.number(m.number).ok())
    }

    /// What has changed since the edition before: registries, needs, rules and connectors.
    async fn causes(&self, previous: &Edition, unmet: &[Unmet]) -> Result<Vec<Problem>, HubError> {
        let mut causes = Vec::new();
        let basis = self.store.edition_basis(i64::from(previous.number())).await?;
        let rows = self.registry_rows().await?;
        let since = self.store.landed_since(basis.as_ref().map_or(0, |b| b.landing)).await?;
        for (registry, added, changed, gone) in since {
            let Some(row) = rows.iter().find(|r| r.id == registry) else { continue };
            let connector = self.connectors.iter().find(|c| c.name == row.name);
            let (zh, en) = connector.map_or((row.name.as_str(), row.name.as_str()), |c| (&c.title.zh, &c.title.en));
            let (added, changed, gone) = (grouped(added), grouped(changed), grouped(gone));
            causes.push(Problem {
                code: "landed".into(),
                zh: format!("{zh}：新增 {added}，变更 {changed}，消失 {gone}"),
                en: format!("{en}: {added} new, {changed} changed, {gone} gone"),
                remedy: None,
            });
        }
        for unmet in unmet.iter().filter(|u| !previous.manifest.unmet.iter().any(|before| before.is_same_need(u))) {
            let reason = unmet.reason();
            let text = |lang| reason_text(&reason.code, &reason.inputs, lang);
            causes.push(Problem { code: reason.code.to_string().into(), zh: text(Lang::Zh), en: text(Lang::En), remedy: None });
        }
        let before = basis.map(|b| b.made_by).unwrap_or_default();
        let now = self.made_by()?;
        let names = now.keys().chain(before.keys().filter(|name| !now.contains_key(*name)));
        for name in names.filter(|name| !before.is_empty() && now.get(*name) != before.get(*name)) {
            let connector = name.strip_prefix("connector ");
            let (zh, en) = match (connector, before.contains_key(name), now.contains_key(name)) {
                (Some(c), false, _) => (format!("新增连接器「{c}」"), format!("connector \"{c}\" was added")),
                (Some(c), _, false) => (format!("连接器「{c}」已不在"), format!("connector \"{c}\" is gone")),
                (Some(c), ..) => (format!("连接器「{c}」有改动"), format!("connector \"{c}\" was changed")),
                (None, ..) => {
                    let zh = match name.as_str() {
                        "program" => "程序版本",
                        "zone" => "时区",
                        "order of connectors" => "连接器次序",
                        "rules" => "规模标准",
                        "policy" => "政策参数",
                        "weights" => "关联权重",
                        other => other,
                    };
                    (format!("{zh}有改动"), format!("{name} changed"))
                }
            };
            causes.push(Problem { code: "made_by".into(), zh, en, remedy: None });
        }
        if causes.is_empty() {
            causes.push(Problem {
                code: "persons".into(),
                zh: "走访结论、人工判断或日期有变".into(),
                en: "findings, judgements or the day have changed".into(),
                remedy: None,
            });
        }
        Ok(causes)
    }

    /// The publication that was held last, as long as it waits or stands rejected.
    ///
    /// # Errors
    /// The store cannot be read, or a row of it is damaged.
    pub async fn held_edition(&self) -> Result<Option<HeldEdition>, StoreError> {
        let row =
            self.store.last_held_edition().await?.filter(|row| matches!(row.state.as_str(), "HELD" | "RELEASED" | "REJECTED"));
        row.map(|row| self.held(row)).transpose()
    }

    fn held(&self, row: HeldEditionRow) -> Result<HeldEdition, StoreError> {
        Ok(HeldEdition {
            jumps: self.store.json(&row.jumps, "held_edition", row.id, "jumps")?,
            causes: self.store.json(&row.causes, "held_edition", row.id, "causes")?,
            id: row.id,
            state: row.state,
            held_at: row.held_at,
            decided_by: row.decided_by,
            decided_why: row.decided_why,
            decided_at: row.decided_at,
            edition: row.edition,
        })
    }

    /// The publication that waits, where it is the one that the person looked at.
    async fn waiting(&self, id: Option<i64>) -> Result<HeldEdition, HubError> {
        let waiting = self.held_edition().await?.filter(|held| held.state != "REJECTED");
        let Some(held) = waiting else {
            return Err(HubError::said(
                "没有等待决定的版本；huitu edition list 列出已发布的各期",
                "no edition waits for a decision; `huitu edition list` shows what is published",
            ));
        };
        match id.filter(|id| *id != held.id) {
            None => Ok(held),
            Some(id) => Err(HubError::said(
                format!("等待决定的是第 {} 号，不是 {id} 号：之后数据又有变化，请重新核对。{}", held.id, held.text(Lang::Zh)),
                format!("number {} waits, not {id}: the data have changed since; look again. {}", held.id, held.text(Lang::En)),
            )),
        }
    }

    /// Publishes the edition that waits. `id` names the one that the person looked at; None: whichever waits.
    ///
    /// # Errors
    /// Nothing waits, or another one than `id`, or what it would rest on has changed since: a sync looks at it again.
    pub async fn release_edition(
        &self,
        id: Option<i64>,
        by: &str,
        why: &str,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<(HeldEdition, Option<Published>), HubError> {
        let leader = self.store.lead().await?;
        self.leading(leader.store()).await?.release_leading(id, by, why, progress).await
    }

    async fn release_leading(
        &self,
        id: Option<i64>,
        by: &str,
        why: &str,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<(HeldEdition, Option<Published>), HubError> {
        self.recover().await?;
        let held = self.waiting(id).await?;
        let as_of = self.clock.today(self.settings.zone);
        let unmet = self.unmet(&self.sources(&self.registry_rows().await?), as_of);
        let row = self.store.last_held_edition().await?;
        if row.as_ref().map(|r| &r.substance) != Some(&self.inputs(as_of, &unmet).await?.substance) {
            return Err(HubError::said(
                format!("第 {} 号所依据的数据之后又有变化；请先运行 huitu sync，再核对并决定", held.id),
                format!("what number {} would rest on has changed since; run huitu sync, look again, then decide", held.id),
            ));
        }
        // Killed after this, the next sync or release publishes it.
        if held.waits() {
            self.store.decide_held_edition(held.id, "RELEASED", by, why, self.clock.millis()).await?;
        }
        let published = self.publish(false, progress.as_ref(), &mut []).await?;
        let row = self.store.last_held_edition().await?.filter(|row| row.id == held.id);
        Ok((row.map(|row| self.held(row)).transpose()?.unwrap_or(held), published))
    }

    /// Leaves what is published as it is until the data change.
    ///
    /// # Errors
    /// Nothing waits, or another one than `id`.
    pub async fn reject_edition(&self, id: Option<i64>, by: &str, why: &str) -> Result<HeldEdition, HubError> {
        let leader = self.store.lead().await?;
        self.through(leader.store()).reject_leading(id, by, why).await
    }

    async fn reject_leading(&self, id: Option<i64>, by: &str, why: &str) -> Result<HeldEdition, HubError> {
        let held = self.waiting(id).await?;
        if !self.store.decide_held_edition(held.id, "REJECTED", by, why, self.clock.millis()).await? {
            return Err(HubError::said(
                format!("第 {} 号已经放行，不能再退回", held.id),
                format!("number {} has been released already: it cannot be rejected", held.id),
            ));
        }
        let row = self.store.last_held_edition().await?;
        Ok(row.map(|row| self.held(row)).transpose()?.unwrap_or(held))
    }
}

/// The figures of a published edition.
fn figures(edition: &Edition) -> Result<Figures, HubError> {
    let total = edition.coverage(&[], &edition.all(), 1)?.1;
    let unions = u64::from(edition.manifest.unions);
    Ok(Figures { enterprises: total.enterprises, gap: total.in_gap, unions, covered: total.unionised })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(enterprises: u64, gap: u64, unions: u64, covered: u64) -> Figures {
        Figures { enterprises, gap, unions, covered }
    }

    #[test]
    fn what_falls_or_rises_by_more_than_its_share_jumps() {
        let policy = PublicationPolicy::default();
        let last = figures(20_000, 1_500, 2_600, 9_000);
        let told = |like, now| jumps(&policy, last, like, now).iter().map(|j| j.measure).collect::<Vec<_>>();
        use Watched::{Covered, Enterprises, Gap, Unions};
        for (now, expected) in [
            (figures(20_000, 1_500, 2_600, 9_000), vec![]),
            (figures(22_000, 1_800, 2_860, 9_900), vec![]),
            (figures(22_001, 1_500, 2_600, 9_000), vec![Enterprises]),
            (figures(399, 0, 0, 0), vec![Enterprises, Gap, Unions, Covered]),
            (figures(20_000, 2_187, 0, 0), vec![Gap, Unions, Covered]),
            (figures(20_000, 1_199, 2_600, 9_000), vec![Gap]),
        ] {
            assert_eq!(told(Some(last), now), expected, "{now:?}");
        }
        // Not comparable: a roll that was not there before.
        assert_eq!(told(None, figures(25_000, 9_000, 9_000, 0)), []);
        assert_eq!(told(None, figures(399, 0, 0, 0)), [Enterprises], "what vanishes is watched all the same");
        // A few more or less are nothing to ask a person about.
        let small = figures(30, 4, 2, 3);
        assert_eq!(jumps(&policy, small, Some(small), figures(20, 20, 20, 20)), []);
    }

    #[test]
    fn a_jump_is_told_in_both_languages() {
        let jump = Jump { measure: Watched::Gap, before: 1_500, after: 2_187, limit_percent: 20.0 };
        assert_eq!(jump.text(Lang::Zh), "规模以上未建会企业由 1,500 变为 2,187（+45.8%，超过 20%）");
        assert_eq!(jump.text(Lang::En), "enterprises on the gap list from 1,500 to 2,187 (+45.8 %, above 20 %)");
        let from_nothing = Jump { before: 0, ..jump };
        assert_eq!(from_nothing.text(Lang::En), "enterprises on the gap list from 0 to 2,187");
    }
}
