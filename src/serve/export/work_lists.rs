//! What can be exported of the work: for each list the question that is asked of the graph, and its columns.

use super::work_lines::GraphCell;

/// What a list takes to be asked for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkParameter {
    /// `CaseFilter`, and `area` and `unit` as its short forms.
    Cases,
    /// `LeadFilter`, with the same.
    Leads,
    /// A unit.
    Unit,
    /// Nothing.
    Nothing,
}

/// A list as it is asked and written.
pub struct WorkList {
    /// Its name in the address.
    pub name: &'static str,
    pub takes: WorkParameter,
    /// Asks for a page of it, under `page`.
    pub document: &'static str,
    /// The field of a node that holds several lines; None: a node is a line.
    pub part: Option<&'static str>,
    /// Asks for more of that field of one node.
    pub more: Option<&'static str>,
    pub columns: &'static [GraphCell],
}

const fn text(name: &'static str, zh: &'static str, path: &'static str) -> GraphCell {
    GraphCell { name, zh, path, of: "", is_code: false }
}

const fn code(name: &'static str, zh: &'static str, path: &'static str) -> GraphCell {
    GraphCell { name, zh, path, of: "", is_code: true }
}

const fn named(name: &'static str, zh: &'static str, path: &'static str, of: &'static str) -> GraphCell {
    GraphCell { name, zh, path, of, is_code: false }
}

macro_rules! step {
    () => {
        "nodes { id what at by from to note editionNumber evidence { registry { name } key } } pageInfo { hasNextPage endCursor }"
    };
}

macro_rules! entry {
    () => {
        "nodes { id creditCode name address area { code name } gap { status } case { id state stage } } \
         pageInfo { hasNextPage endCursor }"
    };
}

/// The lists.
pub static LISTS: [WorkList; 8] = [
    WorkList {
        name: "cases",
        takes: WorkParameter::Cases,
        document: "query($filter: CaseFilter, $after: String) { page: cases(filter: $filter, first: 500, after: $after) {
            nodes { id enterprise { id creditCode name address } area { code name } state stage origin
              owner { unit { code name } role name } ownedAt nextOn isOverdue method assessment refusal { by why }
              reason reasonLabel isWon closedByData evidence { registry { name } key } openedAt closedAt joinedInto }
            pageInfo { hasNextPage endCursor } } }",
        part: None,
        more: None,
        columns: &[
            text("case", "案件编号", "id"),
            text("enterprise", "企业编号", "enterprise.id"),
            code("creditCode", "统一社会信用代码", "enterprise.creditCode"),
            text("name", "企业名称", "enterprise.name"),
            text("address", "地址", "enterprise.address"),
            text("area", "区域代码", "area.code"),
            text("areaName", "区域", "area.name"),
            named("state", "状态", "state", "CaseState"),
            named("stage", "阶段", "stage", "CaseStage"),
            named("origin", "来由", "origin", "CaseOrigin"),
            text("ownerUnit", "责任单位代码", "owner.unit.code"),
            text("ownerUnitName", "责任单位", "owner.unit.name"),
            text("ownerRole", "责任角色", "owner.role"),
            text("ownerName", "责任人", "owner.name"),
            text("ownedAt", "接手时间", "ownedAt"),
            text("nextOn", "下次日期", "nextOn"),
            text("isOverdue", "已逾期", "isOverdue"),
            named("method", "工作方法", "method", "CaseMethod"),
            text("assessment", "评估", "assessment"),
            text("refusedBy", "拒绝者", "refusal.by"),
            text("refusedWhy", "拒绝原因", "refusal.why"),
            text("reason", "结案原因代码", "reason"),
            text("reasonLabel", "结案原因", "reasonLabel"),
            text("isWon", "已建会", "isWon"),
            text("closedByData", "数据结案", "closedByData"),
            text("evidenceRegistries", "依据登记", "evidence.registry.name"),
            text("evidenceKeys", "依据记录", "evidence.key"),
            text("openedAt", "立案时间", "openedAt"),
            text("closedAt", "结案时间", "closedAt"),
            text("joinedInto", "并入案件", "joinedInto"),
        ],
    },
    WorkList {
        name: "steps",
        takes: WorkParameter::Cases,
        document: concat!(
            "query($filter: CaseFilter, $after: String) { page: cases(filter: $filter, first: 200, after: $after) {
               nodes { id enterprise { id creditCode name } history(first: 100) { ",
            step!(),
            " } } pageInfo { hasNextPage endCursor } } }"
        ),
        part: Some("history"),
        more: Some(concat!(
            "query($id: ID!, $after: String) { page: cases(filter: { id: [$id] }, first: 1) {
               nodes { id history(first: 100, after: $after) { ",
            step!(),
            " } } } }"
        )),
        columns: &[
            text("case", "案件编号", "id"),
            text("enterprise", "企业编号", "enterprise.id"),
            code("creditCode", "统一社会信用代码", "enterprise.creditCode"),
            text("name", "企业名称", "enterprise.name"),
            text("step", "步骤编号", ".id"),
            named("what", "步骤", ".what", "CaseStepKind"),
            text("at", "时间", ".at"),
            text("by", "经办", ".by"),
            text("from", "原值", ".from"),
            text("to", "新值", ".to"),
            text("note", "备注", ".note"),
            text("edition", "期号", ".editionNumber"),
            text("evidenceRegistries", "依据登记", ".evidence.registry.name"),
            text("evidenceKeys", "依据记录", ".evidence.key"),
        ],
    },
    WorkList {
        name: "visits",
        takes: WorkParameter::Cases,
        document: "query($filter: CaseFilter, $after: String) { page: cases(filter: $filter, first: 200, after: $after) {
            nodes { id enterprise { id creditCode name address } area { code name }
              visits { id list visitor door answer result on assessment note visitedAt broughtAt state doubt } }
            pageInfo { hasNextPage endCursor } } }",
        part: Some("visits"),
        more: None,
        columns: &[
            text("visit", "走访编号", ".id"),
            text("list", "走访名单", ".list"),
            text("case", "案件编号", "id"),
            text("enterprise", "企业编号", "enterprise.id"),
            code("creditCode", "统一社会信用代码", "enterprise.creditCode"),
            text("name", "企业名称", "enterprise.name"),
            text("address", "地址", "enterprise.address"),
            text("area", "区域代码", "area.code"),
            text("areaName", "区域", "area.name"),
            text("visitor", "走访人", ".visitor"),
            text("door", "到访结果代码", ".door"),
            text("answer", "答复代码", ".answer"),
            text("result", "结果", ".result"),
            text("on", "约定日期", ".on"),
            text("assessment", "评估", ".assessment"),
            text("note", "备注", ".note"),
            text("visitedAt", "走访时间", ".visitedAt"),
            text("broughtAt", "带回时间", ".broughtAt"),
            named("state", "状态", ".state", "VisitState"),
            text("doubt", "疑问", ".doubt"),
        ],
    },
    WorkList {
        name: "leads",
        takes: WorkParameter::Leads,
        document: "query($filter: LeadFilter, $after: String) { page: leads(filter: $filter, first: 500, after: $after) {
            nodes { id kind leadStatus on title what people enterprise { id creditCode name address area { code name } }
              record { registry { name } key } case { id state stage reason reasonLabel } }
            pageInfo { hasNextPage endCursor } } }",
        part: None,
        more: None,
        columns: &[
            text("lead", "线索编号", "id"),
            named("kind", "类别", "kind", "LeadKind"),
            named("status", "状态", "leadStatus", "LeadStatus"),
            text("on", "日期", "on"),
            text("title", "标题", "title"),
            text("what", "事由", "what"),
            text("people", "涉及人数", "people"),
            text("enterprise", "企业编号", "enterprise.id"),
            code("creditCode", "统一社会信用代码", "enterprise.creditCode"),
            text("name", "企业名称", "enterprise.name"),
            text("address", "地址", "enterprise.address"),
            text("area", "区域代码", "enterprise.area.code"),
            text("areaName", "区域", "enterprise.area.name"),
            text("registry", "登记", "record.registry.name"),
            text("key", "登记编号", "record.key"),
            text("case", "案件编号", "case.id"),
            named("caseState", "案件状态", "case.state", "CaseState"),
            named("caseStage", "案件阶段", "case.stage", "CaseStage"),
            text("reason", "结案原因代码", "case.reason"),
            text("reasonLabel", "结案原因", "case.reasonLabel"),
        ],
    },
    WorkList {
        name: "duties",
        takes: WorkParameter::Unit,
        document: "query($unit: String) { page: duties(unit: $unit) { id unit { code name } role name isFirst area { code name }
            industry building enterprise { id creditCode name } starts ends givenBy givenAt } }",
        part: None,
        more: None,
        columns: &[
            text("duty", "职责编号", "id"),
            text("unit", "责任单位代码", "unit.code"),
            text("unitName", "责任单位", "unit.name"),
            text("role", "角色", "role"),
            text("person", "责任人", "name"),
            text("isFirst", "第一责任人", "isFirst"),
            text("area", "区域代码", "area.code"),
            text("areaName", "区域", "area.name"),
            text("industry", "行业代码", "industry"),
            text("building", "街巷楼宇", "building"),
            text("enterprise", "企业编号", "enterprise.id"),
            code("creditCode", "统一社会信用代码", "enterprise.creditCode"),
            text("name", "企业名称", "enterprise.name"),
            text("starts", "起始", "starts"),
            text("ends", "截止", "ends"),
            text("givenBy", "登记人", "givenBy"),
            text("givenAt", "登记时间", "givenAt"),
        ],
    },
    WorkList {
        name: "workload",
        takes: WorkParameter::Nothing,
        document: "{ page: workload { unit { code name } role name open overdue closed } }",
        part: None,
        more: None,
        columns: &[
            text("unit", "责任单位代码", "unit.code"),
            text("unitName", "责任单位", "unit.name"),
            text("role", "角色", "role"),
            text("person", "责任人", "name"),
            text("open", "办理中", "open"),
            text("overdue", "已逾期", "overdue"),
            text("closed", "本周结案", "closed"),
        ],
    },
    WorkList {
        name: "named-lists",
        takes: WorkParameter::Nothing,
        document: concat!(
            "{ page: namedLists { id title purpose source expires broughtAt enterprises(first: 500) { ",
            entry!(),
            " } } }"
        ),
        part: Some("enterprises"),
        more: Some(concat!(
            "query($id: ID!, $after: String) { page: namedList(id: $id) { id enterprises(first: 500, after: $after) { ",
            entry!(),
            " } } }"
        )),
        columns: &[
            text("list", "名单编号", "id"),
            text("title", "名单", "title"),
            text("purpose", "用途", "purpose"),
            text("source", "来源", "source"),
            text("expires", "有效期至", "expires"),
            text("broughtAt", "录入时间", "broughtAt"),
            text("enterprise", "企业编号", ".id"),
            code("creditCode", "统一社会信用代码", ".creditCode"),
            text("name", "企业名称", ".name"),
            text("address", "地址", ".address"),
            text("area", "区域代码", ".area.code"),
            text("areaName", "区域", ".area.name"),
            named("gap", "结论", ".gap.status", "GapStatus"),
            text("case", "案件编号", ".case.id"),
            named("caseState", "案件状态", ".case.state", "CaseState"),
            named("caseStage", "案件阶段", ".case.stage", "CaseStage"),
        ],
    },
    WorkList {
        name: "followers",
        takes: WorkParameter::Nothing,
        document: "{ page: namedLists { id title followers { reason leader { id creditCode name }
            enterprise { id creditCode name address area { code name } gap { status } case { id state stage } } } } }",
        part: Some("followers"),
        more: None,
        columns: &[
            text("list", "名单编号", "id"),
            text("title", "名单", "title"),
            text("leader", "牵头企业编号", ".leader.id"),
            code("leaderCreditCode", "牵头企业信用代码", ".leader.creditCode"),
            text("leaderName", "牵头企业", ".leader.name"),
            named("reason", "关联", ".reason", "FollowerReason"),
            text("enterprise", "企业编号", ".enterprise.id"),
            code("creditCode", "统一社会信用代码", ".enterprise.creditCode"),
            text("name", "企业名称", ".enterprise.name"),
            text("address", "地址", ".enterprise.address"),
            text("area", "区域代码", ".enterprise.area.code"),
            text("areaName", "区域", ".enterprise.area.name"),
            named("gap", "结论", ".enterprise.gap.status", "GapStatus"),
            text("case", "案件编号", ".enterprise.case.id"),
            named("caseState", "案件状态", ".enterprise.case.state", "CaseState"),
            named("caseStage", "案件阶段", ".enterprise.case.stage", "CaseStage"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_stands_in_the_question_of_its_list() {
        for list in &LISTS {
            for column in list.columns {
                let names = column.path.trim_start_matches('.').split('.');
                for name in names {
                    let is_asked = list.document.split(|c: char| !c.is_alphanumeric()).any(|word| word == name);
                    assert!(is_asked, "{}: {name} of {} is not asked", list.name, column.name);
                }
                assert!(!column.path.starts_with('.') || list.part.is_some(), "{}: {}", list.name, column.name);
            }
            let mut names: Vec<&str> = list.columns.iter().map(|column| column.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), list.columns.len(), "{}: two columns of one name", list.name);
        }
    }
}
