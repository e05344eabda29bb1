//! What the values of the graph's enums are called, for whoever builds a page from them: each in Chinese and English.

use async_graphql::registry::{MetaType, Registry};
use async_graphql::{Context, Object};

use super::scalars::Language;
use crate::cases::standing::CaseStage;
use crate::connector::nearest;
use crate::model::message::{Lang, value_name};
use crate::serve::context::ask;
use crate::serve::problem::Problem;

/// Names that hang on the enum: its name, the value, the same in Chinese and English. All others are in `model::message`.
const NAMES: &[(&str, &str, &str, &str)] = &[
    ("AccessTokenState", "IN_FORCE", "有效", "in force"),
    ("AccessTokenState", "EXPIRED", "已过期", "expired"),
    ("AccessTokenState", "REVOKED", "已撤销", "revoked"),
    ("AreaLevel", "CITY", "市", "city"),
    ("AreaLevel", "FEDERATION", "工会单位", "federation unit"),
    ("AuditWay", "GRAPHQL", "图查询", "a question to the graph"),
    ("AuditWay", "STREAM", "订阅", "a subscription"),
    ("AuditWay", "CHANGE", "变更", "a change"),
    ("AuditWay", "EXPORT", "导出", "an export"),
    ("AuditWay", "FILE", "文件", "a file"),
    ("AuditWay", "COUNTER", "窗口核查", "at the counter"),
    ("AuditWay", "RECONCILE", "名称核对", "names looked up"),
    ("AuditWay", "COMMAND", "命令", "a command"),
    ("AuditWay", "LOGIN", "登录", "a sign-in"),
    ("AuditWay", "WEBHOOK", "推送通知", "a message sent"),
    ("BatchState", "RUNNING", "进行中", "running"),
    ("BatchState", "DONE", "已完成", "done"),
    ("BatchState", "HELD", "待人工决定", "held for a person"),
    ("BatchState", "REJECTED", "已拒绝", "rejected"),
    ("BatchState", "FAILED", "失败", "failed"),
    ("CallerRole", "ADMIN", "管理员", "administrator"),
    ("CallerRole", "ANALYST", "分析人员", "analyst"),
    ("CallerRole", "DISTRICT", "区级人员", "district"),
    ("CallerRole", "CLIENT", "客户端", "client"),
    ("CallerRole", "INGEST", "推送", "pushes batches"),
    ("CallerRole", "SYSTEM", "系统管理员", "system administrator"),
    ("CallerRole", "SECURITY", "安全管理员", "security administrator"),
    ("CallerRole", "AUDITOR", "审计管理员", "auditor"),
    ("CallerRole", "PARTNER", "数据部门", "department"),
    ("CallerRole", "MAP", "地图", "map"),
    ("CaseMethod", "DEMAND", "需求带动", "by demand"),
    ("CaseMethod", "ACTIVITY", "活动吸引", "by activities"),
    ("CaseMethod", "SERVICE", "服务凝聚", "by services"),
    ("CaseMethod", "CONSOLIDATION", "作用巩固", "by consolidation"),
    ("CaseOrigin", "LIST", "未建会清单", "the gap list"),
    ("CaseOrigin", "PREPARATORY_FUND", "缴纳建会筹备金", "pays the preparatory fund"),
    ("CaseOrigin", "DISPUTE", "劳动争议", "a dispute"),
    ("CaseOrigin", "HOTLINE", "热线与平台", "hotline or platform"),
    ("CaseOrigin", "MEDIA", "媒体报道", "a media report"),
    ("CaseOrigin", "NAMED_LIST", "专项名单", "a named list"),
    ("CaseOrigin", "HAND", "人工登记", "by hand"),
    ("CaseState", "OPEN", "办理中", "open"),
    ("CaseState", "CLOSED", "已结案", "closed"),
    ("CaseStepKind", "OPENED", "立案", "opened"),
    ("CaseStepKind", "STAGE", "阶段", "stage"),
    ("CaseStepKind", "OWNER", "责任人", "owner"),
    ("CaseStepKind", "NEXT_ON", "下次日期", "next date"),
    ("CaseStepKind", "METHOD", "工作方法", "method"),
    ("CaseStepKind", "ASSESSMENT", "评估", "assessment"),
    ("CaseStepKind", "REFUSAL", "拒绝", "refusal"),
    ("CaseStepKind", "NOTE", "备注", "note"),
    ("CaseStepKind", "CLOSED", "人工结案", "closed by a person"),
    ("CaseStepKind", "CLOSED_BY_DATA", "数据结案", "closed by the data"),
    ("CaseStepKind", "REOPENED", "重新打开", "opened again"),
    ("CaseStepKind", "REOPENED_BY_DATA", "数据重新打开", "opened again by the data"),
    ("CaseStepKind", "MOVED", "随企业转移", "moved with its enterprise"),
    ("CaseStepKind", "JOINED", "随企业合并", "joined with its enterprise"),
    ("CaseStepKind", "PARTED", "随企业分开", "parted with its enterprise"),
    ("CaseStepKind", "VISITED", "走访", "visited"),
    ("CorrectionState", "OPEN", "已提出", "asked"),
    ("CorrectionState", "SENT", "已发函", "sent"),
    ("CorrectionState", "SEEN", "部门已阅", "seen"),
    ("CorrectionState", "ANSWERED", "已答复", "answered"),
    ("CorrectionState", "CLOSED_BY_DATA", "数据了结", "closed by the data"),
    ("CorrectionState", "WITHDRAWN", "已撤回", "withdrawn"),
    ("CorrectionAnswer", "CORRECTED", "已更正", "corrected"),
    ("CorrectionAnswer", "CONFIRMED", "核实无误", "right as it stands"),
    ("CorrectionAnswer", "NOT_OURS", "非本部门数据", "another department's"),
    ("CorrectionOrigin", "CONFLICT", "登记矛盾", "registries differ"),
    ("CorrectionOrigin", "FINDING", "走访结论", "a visit"),
    ("CorrectionOrigin", "FIELD", "人工提出", "by hand"),
    ("CorrectionStepKind", "OPENED", "提出", "asked"),
    ("CorrectionStepKind", "SENT", "发函", "sent"),
    ("CorrectionStepKind", "SEEN", "部门已阅", "seen"),
    ("CorrectionStepKind", "ANSWERED", "答复", "answered"),
    ("CorrectionStepKind", "LANDED", "更正入库", "landed"),
    ("CorrectionStepKind", "OVERTAKEN", "数据已先变化", "overtaken by the data"),
    ("CorrectionStepKind", "CLOSED_BY_DATA", "数据了结", "closed by the data"),
    ("CorrectionStepKind", "REOPENED", "重新打开", "opened again"),
    ("CorrectionStepKind", "EXTENDED", "延期", "more time"),
    ("CorrectionStepKind", "WITHDRAWN", "撤回", "withdrawn"),
    ("CorrectionStepKind", "MOVED", "随记录转移", "moved with its record"),
    ("Dimension", "FEDERATION", "工会单位", "federation unit"),
    ("Dimension", "INDUSTRY_SECTION", "行业门类", "industry section"),
    ("Dimension", "INDUSTRY_DIVISION", "行业大类", "industry division"),
    ("Dimension", "OWNERSHIP", "所有制", "ownership"),
    ("Dimension", "SIZE_CLASS", "企业规模", "size class"),
    ("Dimension", "INVESTOR_COUNTRY", "投资方国别", "investor country"),
    ("Dimension", "GAP_STATUS", "建会缺口", "gap"),
    ("Dimension", "UNION_STATUS", "建会情况", "union coverage"),
    ("Dimension", "DESIGNATED_SIZE", "规模以上", "designated size"),
    ("Direction", "ASC", "升序", "rising"),
    ("Direction", "DESC", "降序", "falling"),
    ("DutyStep", "GIVEN", "分工", "given"),
    ("DutyStep", "ENDED", "结束", "ended"),
    ("EnterpriseField", "NAME", "企业名称", "name"),
    ("EnterpriseField", "CREDIT_CODE", "统一社会信用代码", "credit code"),
    ("EnterpriseField", "STATUS", "登记状态", "status"),
    ("EnterpriseField", "ESTABLISHED_ON", "成立日期", "founded on"),
    ("EnterpriseField", "AREA", "区域", "area"),
    ("EnterpriseField", "ADDRESS", "地址", "address"),
    ("EnterpriseField", "LOCATION", "坐标", "location"),
    ("EnterpriseField", "INDUSTRY", "行业", "industry"),
    ("EnterpriseField", "OWNERSHIP", "所有制", "ownership"),
    ("EnterpriseField", "REGISTRATION_TYPE", "登记注册类型", "registration type"),
    ("EnterpriseField", "INVESTOR_COUNTRY", "投资方国别", "investor country"),
    ("EnterpriseField", "EMPLOYEES", "从业人员", "employees"),
    ("EnterpriseField", "INSURED", "参保人数", "insured"),
    ("EnterpriseField", "REVENUE", "营业收入", "revenue"),
    ("EnterpriseField", "PAYROLL", "工资总额", "payroll"),
    ("EnterpriseField", "QUALIFICATION", "资质等级", "qualification"),
    ("EnterpriseField", "UNION", "建会情况", "union"),
    ("EnterpriseSort", "PRIORITY", "优先度", "priority"),
    ("EnterpriseSort", "EMPLOYEES", "从业人员", "employees"),
    ("EnterpriseSort", "REVENUE", "营业收入", "revenue"),
    ("EnterpriseSort", "NAME", "企业名称", "name"),
    ("EnterpriseSort", "ESTABLISHED_ON", "成立日期", "founded on"),
    ("EnterpriseSort", "GAP_SINCE", "缺口起始", "gap since"),
    ("ExportFormat", "CSV", "CSV 文件", "CSV"),
    ("ExportFormat", "XLSX", "Excel 工作簿", "Excel workbook"),
    ("ExportFormat", "NDJSON", "NDJSON 文件", "NDJSON"),
    ("ExportFormat", "ARROW", "Arrow 文件", "Arrow"),
    ("ExportFormat", "PARQUET", "Parquet 文件", "Parquet"),
    ("ExportList", "ENTERPRISES", "全部企业", "all enterprises"),
    ("ExportList", "GAP", "未建会清单", "the gap list"),
    ("ExportState", "WAITING", "排队中", "waiting"),
    ("ExportState", "RUNNING", "进行中", "running"),
    ("ExportState", "DONE", "已完成", "done"),
    ("ExportState", "FAILED", "失败", "failed"),
    ("FieldClass", "MONEY", "金额", "sums of money"),
    ("FieldClass", "DISPUTE", "争议与登记原文", "disputes and registries' rows"),
    ("FieldClass", "VISIT", "走访与办理", "visits and casework"),
    ("FollowerReason", "INVESTED_IN", "由其投资", "invested in by it"),
    ("FollowerReason", "INVESTOR", "投资于其", "invests in it"),
    ("FollowerReason", "SAME_GROUP", "同一出资人", "an investor in common"),
    ("FollowerReason", "SUPPLIER", "供应商", "supplies it"),
    ("FollowerReason", "DISPATCH", "劳务派遣", "labour dispatch"),
    ("FollowerReason", "SAME_ADDRESS", "同一地址", "the same address"),
    ("FollowerReason", "SAME_PLACE", "同一楼宇或园区", "the same building or park"),
    ("HeldEditionState", "HELD", "待人工决定", "held for a person"),
    ("HeldEditionState", "RELEASED", "已放行", "released"),
    ("HeldEditionState", "REJECTED", "已拒绝", "rejected"),
    ("HeldEditionState", "SUPERSEDED", "已被取代", "superseded"),
    ("HeldEditionState", "PUBLISHED", "已发布", "published"),
    ("IndustryLevel", "SECTION", "门类", "section"),
    ("IndustryLevel", "DIVISION", "大类", "division"),
    ("IndustryLevel", "GROUP", "中类", "group"),
    ("IndustryLevel", "CLASS", "小类", "class"),
    ("JudgementVerdict", "SAME", "同一家企业", "the same enterprise"),
    ("JudgementVerdict", "DIFFERENT", "不同企业", "different enterprises"),
    ("JudgementVerdict", "NOT_SURE", "不能确定", "not sure"),
    ("Language", "ZH", "中文", "Chinese"),
    ("Language", "EN", "英文", "English"),
    ("LeadKind", "PREPARATORY_FUND", "缴纳建会筹备金", "pays the preparatory fund"),
    ("LeadKind", "DISPUTE", "劳动争议", "a dispute"),
    ("LeadKind", "HOTLINE", "热线与平台", "hotline or platform"),
    ("LeadKind", "MEDIA", "媒体报道", "a media report"),
    ("LeadStatus", "NEW", "尚无案件", "no case yet"),
    ("LeadStatus", "IN_WORK", "办理中", "in work"),
    ("LeadStatus", "CLOSED", "已结案", "closed"),
    ("LinkMethod", "CREDIT_CODE", "统一社会信用代码", "credit code"),
    ("LinkMethod", "ORGANISATION_CODE", "组织机构代码", "organisation code"),
    ("LinkMethod", "REGISTRATION_NUMBER", "注册号", "registration number"),
    ("LinkMethod", "NAME", "名称", "name"),
    ("LinkMethod", "NAME_AND_ADDRESS", "名称和地址", "name and address"),
    ("LinkMethod", "SCORE", "综合比对", "score"),
    ("LinkMethod", "JUDGEMENT", "人工判定", "a person's judgement"),
    ("LiveState", "FOUND", "已查到", "found"),
    ("LiveState", "NOT_FOUND", "未查到", "not found"),
    ("LiveState", "UNAVAILABLE", "无法查询", "unavailable"),
    ("LiveState", "TIMED_OUT", "查询超时", "timed out"),
    ("LiveState", "NOT_OFFERED", "不提供查询", "not offered"),
    ("NeededFor", "SCOPE", "是否在范围内", "scope"),
    ("NeededFor", "SIZE", "规模以上", "designated size"),
    ("NeededFor", "COVERAGE", "建会情况", "union coverage"),
    ("NeededFor", "FUND", "经费", "fund"),
    ("RegistryState", "CURRENT", "最新", "current"),
    ("RegistryState", "LATE", "延迟", "late"),
    ("RegistryState", "FAILING", "出错", "failing"),
    ("RegistryState", "HELD", "待人工决定", "held for a person"),
    ("RegistryState", "NEVER", "从未到达", "never came"),
    ("RelationKind", "BRANCH_OF", "分支机构", "branch of"),
    ("RelationKind", "ABSORBED_BY", "被吸收合并", "absorbed by"),
    ("RelationKind", "RENAMED_FROM", "更名", "renamed from"),
    ("RelationKind", "SAME_GROUP", "同一集团", "same group"),
    ("ReviewKind", "PAIR", "待判定的记录对", "a pair of records"),
    ("ReviewKind", "FUND_CONTRADICTION", "缴费与建会不符", "payment contradicts the roll"),
    ("ShareClass", "UNCONDITIONAL", "无条件共享", "unconditional"),
    ("ShareClass", "CONDITIONAL", "有条件共享", "conditional"),
    ("ShareClass", "NOT_SHARED", "不予共享", "not shared"),
    ("ShownMatter", "FUND", "经费", "fund"),
    ("ShownMatter", "DISPUTES", "争议", "disputes"),
    ("ShownMatter", "EVENTS", "事件", "events"),
    ("ShownMatter", "FINDINGS", "走访结论", "findings"),
    ("ShownMatter", "GAP", "缺口", "gap"),
    ("ShownMatter", "PRIORITY", "优先度", "priority"),
    ("ShownMatter", "TAGS", "标记", "tags"),
    ("ShownMatter", "RECORDS", "登记原文", "registries' rows"),
    ("ShownMatter", "CASES", "办理情况", "casework"),
    ("ShownMatter", "CORRECTIONS", "校核纠错", "correction requests"),
    ("ShownMatter", "TIES", "关联企业", "ties"),
    ("ShownMatter", "HISTORY", "变更记录", "history"),
    ("ShownMatter", "PLACES", "楼宇与站点", "buildings and stations"),
    ("ShownMatter", "READERS", "查看记录", "who looked"),
    ("VisitListStep", "DRAWN", "生成", "drawn"),
    ("VisitListStep", "BROUGHT", "带回", "brought back"),
    ("VisitListStep", "SETTLED", "裁定", "decided"),
    ("VisitListStep", "TAKEN_BACK", "撤回", "taken back"),
    ("VisitState", "COUNTS", "计入", "counts"),
    ("VisitState", "ASKED", "待定", "asked about"),
    ("VisitState", "DISMISSED", "不计入", "dismissed"),
    ("VisitState", "TAKEN_BACK", "已撤回", "taken back"),
    ("WatchedFigure", "ENTERPRISES", "企业数", "enterprises"),
    ("WatchedFigure", "GAP", "未建会数", "the gap list"),
    ("WatchedFigure", "UNIONS", "工会数", "unions"),
    ("WatchedFigure", "COVERED", "已覆盖单位", "covered units"),
    ("WebhookKind", "CASE", "案件", "outreach cases"),
    ("WebhookKind", "CORRECTION", "校核请求", "correction requests"),
    ("WebhookKind", "VERDICT", "评定结果", "verdicts"),
    ("UnionUnitLevel", "CITY", "市总工会", "the city's federation"),
    ("UnionUnitLevel", "DISTRICT", "区总工会", "a district's federation"),
    ("UnionUnitLevel", "STREET", "街道总工会", "a street's federation"),
    ("UnionUnitLevel", "TOWN", "乡镇总工会", "a town's federation"),
    ("UnionUnitLevel", "ZONE", "开发区总工会", "a development zone's federation"),
    ("UnionUnitLevel", "INDUSTRIAL", "产业工会", "industrial union"),
    ("UnionUnitLevel", "PARK", "园区工会", "a park's union"),
    ("UnionUnitLevel", "BUILDING", "楼宇工会", "a building's union"),
    ("FederationDimension", "KIND", "类别", "kind"),
    ("FederationDimension", "PERIOD", "期间", "period"),
    ("FederationDimension", "UNIT", "单位", "unit"),
    ("FederationNoun", "UNIT", "工会单位", "unit of the federation"),
    ("FederationNoun", "FIGURE", "文件数字", "stated figure"),
    ("FederationNoun", "POST", "工会岗位", "posts"),
    ("FederationNoun", "PLACE", "服务站点与楼宇", "place"),
    ("FederationNoun", "LISTING", "楼宇企业名单", "a building's own list"),
    ("FederationNoun", "SERVICE", "服务记录", "services given"),
    ("FederationNoun", "DISPATCH", "劳务派遣协议", "dispatch agreement"),
    ("FederationNoun", "COLLECTION", "代收情况", "collection by the tax office"),
    ("FederationNoun", "PILOT", "代收试点", "pilot area"),
    ("FederationNoun", "WORK", "考核数据", "work done"),
    ("FederationNoun", "OBJECTION", "考核异议", "objection"),
    ("FederationNoun", "REWARD", "奖励", "reward"),
    ("FederationNoun", "APPRAISAL", "考核规则", "rules of the appraisal"),
    ("FederationNoun", "KEY_POINT", "年度要点", "key point of the year"),
    ("UnionPostKind", "SOCIAL_WORKER", "工会社会工作者", "union social worker"),
    ("UnionPostKind", "STUDENT_ASSISTANT", "大学生协管员", "student assistant"),
    ("UnionPostKind", "ASSISTANT", "协管员", "assistant"),
    ("UnionPostKind", "COORDINATOR", "劳动保障协管员", "labour-security coordinator"),
    ("UnionPlaceKind", "CENTRE", "服务中心", "service centre"),
    ("UnionPlaceKind", "STATION", "服务站", "service station"),
    ("UnionPlaceKind", "BUILDING", "楼宇", "office building"),
    ("UnionPlaceKind", "PARK", "园区", "park"),
    ("UnionServiceKind", "MEDIATION", "争议调解", "disputes mediated"),
    ("UnionServiceKind", "LEGAL_AID", "法律援助", "legal aid"),
    ("UnionServiceKind", "HARDSHIP", "困难帮扶", "help in hardship"),
    ("UnionServiceKind", "MUTUAL_AID", "互助保险", "mutual-aid insurance"),
    ("UnionServiceKind", "TRAINING", "培训", "training"),
    ("UnionServiceKind", "JOBS", "就业服务", "job information"),
    ("UnionServiceKind", "HOTLINE", "热线来电", "calls of the hotline"),
    ("UnionServiceKind", "CARD", "会员服务卡", "member cards"),
    ("UnionServiceKind", "MATERIAL", "宣传品", "material handed out"),
    ("UnionServiceKind", "MEDIA", "媒体宣传", "media reports"),
    ("UnionServiceKind", "MODEL_CASE", "典型经验", "model cases"),
    ("UnionServiceKind", "FLEXIBLE_WORKER", "灵活就业人员入会", "flexible workers who joined"),
    ("UnionJoinedAt", "AGENCY", "派遣单位", "the agency's union"),
    ("UnionJoinedAt", "HOST", "用工单位", "the host's union"),
    ("ObjectionState", "OPEN", "待复核", "open"),
    ("ObjectionState", "UPHELD", "成立", "upheld"),
    ("ObjectionState", "REJECTED", "不成立", "rejected"),
    ("FigureConfidence", "HIGH", "高", "high"),
    ("FigureConfidence", "MEDIUM", "中", "medium"),
];

/// The name of a value of an enum.
pub fn name_of<'a>(of: &str, value: &'a str, lang: Lang) -> &'a str {
    if let Some(stage) = CaseStage::from_name(value).filter(|_| of == "CaseStage") {
        return stage.text(lang);
    }
    let own = NAMES.iter().find(|(name, code, ..)| *name == of && *code == value);
    own.map_or_else(|| value_name(value, lang), |(_, _, zh, en)| lang.pick(zh, en))
}

/// A value of one of the graph's enums, by its name for people.
pub struct EnumLabel {
    of: String,
    value: String,
}

/// A value of one of the graph's enums, by its name for people.
#[Object]
impl EnumLabel {
    /// The enum, such as `Ownership`.
    async fn of(&self) -> &str {
        &self.of
    }
    /// The value, such as `PRIVATE`.
    async fn value(&self) -> &str {
        &self.value
    }
    /// What people call it.
    async fn label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        name_of(&self.of, &self.value, lang.map_or(ask(ctx).lang, Into::into))
    }
}

/// All values of the schema's enums in their order, or those of one of them.
///
/// # Errors
/// BadInput where there is no such enum.
pub fn labels(registry: &Registry, of: Option<&str>) -> Result<Vec<EnumLabel>, Problem> {
    let own = |name: &str| !name.starts_with("__");
    let enums = || registry.types.iter().filter(|(name, of)| own(name) && matches!(of, MetaType::Enum { .. }));
    if let Some(wanted) = of.filter(|wanted| !enums().any(|(name, _)| name == wanted)) {
        let known: Vec<&str> = enums().map(|(name, _)| name.as_str()).collect();
        let (zh, en) = match nearest(wanted, known.iter().copied()) {
            Some(near) => (format!("；是否指 {near}？"), format!("; did you mean {near}?")),
            None => (String::new(), String::new()),
        };
        return Err(Problem::bad_input(format!("没有枚举 {wanted}{zh}"), format!("there is no enum {wanted}{en}"))
            .remedy(known.join(", ")));
    }
    let mut found = Vec::new();
    for (name, meta) in enums().filter(|(name, _)| of.is_none_or(|of| of == name.as_str())) {
        if let MetaType::Enum { enum_values, .. } = meta {
            found.extend(enum_values.keys().map(|value| EnumLabel { of: name.clone(), value: value.clone() }));
        }
    }
    Ok(found)
}
