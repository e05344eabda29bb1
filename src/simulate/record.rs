//! One enterprise as one registry writes it: the row, and for the truth whether its identifiers lead to the enterprise.

use chrono::Datelike;

use super::city::{City, Neighbourhood, SLOTS, purpose};
use super::draw::Draw;
use super::entity::{Entity, EntityKind, FORMS, OwnUnion, RegistrationState, SharedUnion, SimulatedRegistry, SimulatedRelation};
use super::spoil::{self, Habits};
use super::words::TRADES;
use crate::model::identifier::{CreditCode, OrganisationCode};
use crate::model::reference::areas;

/// One row of an extract, key first, and its truth.
#[derive(Debug, Clone)]
pub struct SimulatedRow {
    pub cells: Vec<String>,
    /// Day of the last change; 0 = as on the first day.
    pub touched: u16,
    pub entity_id: String,
    /// The identifiers as written lead to the right enterprise.
    pub has_id: bool,
    pub tags: Vec<&'static str>,
    /// Enterprises on its covered list, in the list's order.
    pub covers: Vec<String>,
}

/// Columns of a registry's extract: the layout of the department, then the optional ones.
pub fn header(registry: SimulatedRegistry) -> &'static [&'static str] {
    match registry {
        SimulatedRegistry::Commerce => &[
            "记录号",
            "统一社会信用代码",
            "注册号",
            "企业名称",
            "曾用名",
            "企业类型",
            "登记状态",
            "成立日期",
            "注册资本",
            "住所",
            "登记机关",
            "行政区划代码",
            "行业门类",
            "经营范围",
            "投资方国别",
            "经纬度",
            "世界500强",
            "龙头企业",
            "是否上市",
            "隶属企业名称",
            "隶属企业统一社会信用代码",
        ],
        SimulatedRegistry::Tax => &[
            "登记序号",
            "纳税人识别号",
            "纳税人名称",
            "登记注册类型",
            "纳税人状态",
            "登记日期",
            "注册地址",
            "生产经营地址",
            "行业",
            "从业人数",
            "主管税务机关",
            "联系电话",
            "工资总额",
        ],
        SimulatedRegistry::SocialInsurance => &[
            "单位编号",
            "社会保险登记号",
            "统一社会信用代码",
            "组织机构代码",
            "单位名称",
            "单位类型",
            "单位地址",
            "参保日期",
            "参保人数",
            "缴费状态",
            "所属区县",
            "联系电话",
            "派遣人数",
        ],
        SimulatedRegistry::Statistics => &[
            "单位流水号",
            "统一社会信用代码",
            "组织机构代码",
            "单位详细名称",
            "行政区划代码",
            "详细地址",
            "行业代码",
            "登记注册类型",
            "开业时间",
            "从业人员期末人数",
            "营业收入(千元)",
            "资产总计(千元)",
            "联系电话",
            "是否规上",
            "资质等级",
            "主营业务收入(千元)",
            "有无房地产开发经营活动",
        ],
        SimulatedRegistry::Unions => &[
            "序号",
            "工会名称",
            "单位名称",
            "统一社会信用代码",
            "组织机构代码",
            "所属区县",
            "单位地址",
            "建会日期",
            "职工人数",
            "会员人数",
            "上级工会",
            "经济类型",
            "联系电话",
            "工会统一社会信用代码",
            "工会组织类型",
            "工会状态",
            "覆盖单位",
        ],
        SimulatedRegistry::Payments => {
            &["缴款序号", "纳税人识别号", "纳税人名称", "费种", "所属期", "应缴金额", "实缴金额", "缴款日期"]
        }
    }
}

/// Numbers kept free for the records of one neighbourhood, so that keys stay when records come and go.
const KEYS_PER_NEIGHBOURHOOD: u64 = (SLOTS as u64) * 2 + 8;

/// All rows of a neighbourhood in one registry, in the registry's order; `position` is the neighbourhood's place there.
pub fn rows(city: &City, registry: SimulatedRegistry, position: u64, made: &Neighbourhood) -> Vec<SimulatedRow> {
    let mut order: Vec<usize> = (0..SLOTS).collect();
    Draw::new(city.seed, purpose::SLOT_ORDER + ((registry as u64) << 8), made.number).shuffle(&mut order);
    let key = |n: u64| format!("{}{:08}", registry.prefix(), position * KEYS_PER_NEIGHBOURHOOD + n + 1);
    let mut rows = Vec::with_capacity(SLOTS);
    for (rank, slot) in order.into_iter().enumerate() {
        let Some(entity) = made.entities.get(slot) else { continue };
        let count = match registry {
            SimulatedRegistry::Payments => u8::from(entity.payment.is_some()),
            r => entity.records[r as usize],
        };
        for again in 0..count {
            let which = (entity.id << 4) | ((registry as u64) << 1) | u64::from(again);
            let mut writer = Writer {
                made,
                slot,
                entity,
                habits: spoil::habits(registry),
                draw: Draw::new(city.seed, purpose::RECORD, which),
                tags: if again > 0 { vec!["dup"] } else { Vec::new() },
                codes: Vec::new(),
                of_parent: false,
            };
            let mut cells = vec![key(rank as u64 * 2 + u64::from(again))];
            match registry {
                SimulatedRegistry::Commerce => writer.commerce(&mut cells),
                SimulatedRegistry::Tax => writer.tax(&mut cells),
                SimulatedRegistry::SocialInsurance => writer.social_insurance(&mut cells),
                SimulatedRegistry::Statistics => writer.statistics(&mut cells),
                SimulatedRegistry::Unions => writer.unions(&mut cells),
                SimulatedRegistry::Payments => writer.payment(&mut cells),
            }
            rows.push(SimulatedRow {
                cells,
                touched: entity.touched[registry as usize],
                entity_id: entity_id(entity.id),
                has_id: writer.has_id(),
                tags: writer.tags,
                covers: match &entity.union {
                    OwnUnion::Group(slots) if registry == SimulatedRegistry::Unions => covered_ids(slots, made),
                    _ => Vec::new(),
                },
            });
        }
    }
    if registry == SimulatedRegistry::Unions {
        for (n, union) in made.unions.iter().enumerate() {
            let mut draw = Draw::new(city.seed, purpose::RECORD, (made.number << 8 | n as u64) ^ 0x7a7a_0000_0000_0000);
            let cells = shared_union(key(SLOTS as u64 * 2 + n as u64), union, made, &mut draw);
            rows.push(SimulatedRow {
                cells,
                touched: union.touched,
                entity_id: union_id(made.number, n),
                has_id: false,
                tags: vec!["shared"],
                covers: covered_ids(&union.covered, made),
            });
        }
    }
    rows
}

pub fn entity_id(id: u64) -> String {
    format!("E{:08}", id + 1)
}
pub fn union_id(neighbourhood: u64, number: usize) -> String {
    format!("U{neighbourhood:07}{number}")
}

fn yes(flag: bool) -> String {
    if flag { "是" } else { "否" }.to_owned()
}
fn district_name(code: u32) -> &'static str {
    areas().district(code).map_or("", |d| d.name_zh)
}

struct Writer<'a> {
    made: &'a Neighbourhood,
    slot: usize,
    entity: &'a Entity,
    habits: &'static Habits,
    draw: Draw,
    tags: Vec<&'static str>,
    /// Identifiers written into the row.
    codes: Vec<String>,
    /// They are the head office's.
    of_parent: bool,
}

impl Writer<'_> {
    /// Whether the valid identifiers of the row all name the enterprise, and there is one.
    fn has_id(&self) -> bool {
        let own = self.entity.organisation_code();
        let mut found = false;
        for code in &self.codes {
            let read = match code.len() {
                18 => CreditCode::parse(code).map(|c| c.organisation_code().to_string()),
                15 if code.ends_with(own) => Some(own.to_owned()),
                9 | 10 => OrganisationCode::parse(code).map(|c| c.to_string()),
                _ => None,
            };
            match read {
                Some(code) if code == own => found = true,
                Some(_) => return false,
                None => {}
            }
        }
        found && !self.of_parent
    }

    /// The name as this registry knows it: the current one, or still the former.
    fn name(&mut self) -> String {
        let entity = self.entity;
        let mut name = &entity.name;
        if let Some(former) = &entity.former
            && self.draw.chance(self.habits.former)
        {
            self.tags.push("former");
            name = &former.name;
        }
        if let Some((SimulatedRelation::BranchOf, parent)) = self.made.related(entity)
            && self.habits.no_address > 0.05
            && self.draw.chance(0.03)
        {
            self.tags.push("branch_as_parent_name");
            name = &parent.name;
        }
        let english = entity.is_foreign().then(|| entity.name.english(TRADES[entity.trade].english, &mut self.draw));
        spoil::name(name, self.habits, english, &mut self.draw, &mut self.tags)
    }

    fn address(&mut self) -> String {
        let entity = self.entity;
        if self.draw.chance(self.habits.no_address) {
            self.tags.push("noaddr");
            return String::new();
        }
        let mut text = &entity.address;
        if let (Some(old), true) = (&entity.old_address, self.draw.chance(self.habits.old_address)) {
            self.tags.push("addr_old");
            text = old;
        } else if let (Some(other), true) = (&entity.operating, self.draw.chance(self.habits.operating_address)) {
            self.tags.push("addr_op");
            text = other;
        }
        spoil::address(text, self.habits, &mut self.draw)
    }

    /// Credit code and organisation code as this registry would write them: its own, mistyped, or the head office's.
    fn identifiers(&mut self, as_parent: f64) -> (String, String) {
        let entity = self.entity;
        if let Some((SimulatedRelation::BranchOf, parent)) = self.made.related(entity)
            && self.draw.chance(as_parent)
        {
            self.tags.push("parent_id");
            self.of_parent = true;
            return (parent.credit_code.clone(), parent.organisation_code().to_owned());
        }
        if self.draw.chance(self.habits.bad_code) {
            self.tags.push("bad_uscc");
            return (spoil::credit_code(&entity.credit_code, &mut self.draw), entity.organisation_code().to_owned());
        }
        (entity.credit_code.clone(), entity.organisation_code().to_owned())
    }

    fn write(&mut self, code: String) -> String {
        if !code.is_empty() {
            self.codes.push(code.clone());
        }
        code
    }
    fn dashed(&mut self, organisation: &str) -> String {
        let dash = organisation.len() == 9 && self.draw.chance(0.5);
        if dash { format!("{}-{}", &organisation[..8], &organisation[8..]) } else { organisation.to_owned() }
    }
    fn phone(&mut self, share: f64) -> String {
        if self.draw.chance(share) { self.entity.phone.clone() } else { String::new() }
    }

    fn commerce(&mut self, cells: &mut Vec<String>) {
        let e = self.entity;
        let (code, _) = self.identifiers(0.0);
        let code = if self.draw.chance(0.98) { code } else { String::new() };
        let code = self.write(code);
        let number = e.registration_number.clone().filter(|_| code.is_empty() || self.draw.chance(0.6)).unwrap_or_default();
        let name = self.name();
        let former = e.former.as_ref().filter(|_| self.draw.chance(0.6)).map_or_else(String::new, |f| f.name.full());
        let kind = match e.kind {
            EntityKind::Branch => "有限责任公司分公司".to_owned(),
            _ => FORMS[e.form].commerce.to_owned(),
        };
        let standing = match e.standing {
            RegistrationState::Active => *self.draw.pick(&["存续", "在营", "开业", "存续（在营、开业、在册）"]),
            RegistrationState::Suspended => "歇业",
            RegistrationState::Revoked => "吊销，未注销",
            RegistrationState::Deregistered => "注销",
            RegistrationState::MovedOut => "迁出",
        };
        let currency = match e.country {
            Some("香港") => "万元港币",
            Some(_) if self.draw.chance(0.7) => "万美元",
            _ => "万元人民币",
        };
        let address = self.address();
        let area = if self.draw.chance(0.2) { e.town.to_string() } else { e.credit_code[2..8].to_owned() };
        let place = if self.draw.chance(0.7) { format!("{:.5},{:.5}", e.location.0, e.location.1) } else { String::new() };
        let capital = if e.kind == EntityKind::Company { format!("{}{currency}", e.capital) } else { String::new() };
        let scope: String = TRADES[e.trade].scope.to_owned();
        let class = TRADES[e.trade].class;
        cells.extend([
            code,
            number,
            name,
            former,
            kind,
            standing.to_owned(),
            e.established.to_string(),
            capital,
            address,
            format!("{}市场监督管理局", district_name(e.district)),
            area,
            class[..2].to_owned(),
            scope,
            e.country.unwrap_or("").to_owned(),
            place,
            yes(e.fortune_500),
            yes(e.leading),
            yes(e.on_exchange),
        ]);
        // Whose branch it is, the registry nearly always says.
        let head = match self.made.related(e) {
            Some((SimulatedRelation::BranchOf, head)) if self.draw.chance(0.9) => Some(head),
            _ => None,
        };
        cells.push(head.map_or_else(String::new, |h| h.name.full()));
        cells.push(head.map_or_else(String::new, |h| h.credit_code.clone()));
    }

    fn tax(&mut self, cells: &mut Vec<String>) {
        let e = self.entity;
        let (code, organisation) = self.identifiers(0.0);
        let modern = e.established.year() >= 2016 || self.draw.chance(0.92);
        let number = if modern { code } else { format!("{}{organisation}", &e.credit_code[2..8]) };
        let number = self.write(number);
        let name = self.name();
        let standing = match e.standing {
            _ if e.tax_lags => "正常",
            RegistrationState::Active => "正常",
            RegistrationState::Suspended => "停业",
            RegistrationState::Revoked => "非正常户",
            RegistrationState::Deregistered | RegistrationState::MovedOut => "注销",
        };
        let address = self.address();
        let operating = e.operating.as_deref().unwrap_or(&e.address);
        let operating = spoil::address(operating, self.habits, &mut self.draw);
        cells.extend([
            number,
            name,
            FORMS[e.form].tax.to_owned(),
            standing.to_owned(),
            e.established.to_string(),
            address,
            operating,
            TRADES[e.trade].class.to_owned(),
            if e.tax_reports_staff { e.employees.to_string() } else { String::new() },
            format!("国家税务总局北京市{}税务局", district_name(e.district)),
            self.phone(0.7),
            e.payroll_yuan.to_string(),
        ]);
    }

    fn social_insurance(&mut self, cells: &mut Vec<String>) {
        let e = self.entity;
        let (code, organisation) = self.identifiers(0.06);
        let which = self.draw.unit();
        let code = if which < 0.78 { self.write(code) } else { String::new() };
        let organisation =
            if (0.78..0.9).contains(&which) || self.draw.chance(0.15) { self.dashed(&organisation) } else { String::new() };
        let organisation = self.write(organisation);
        let name = self.name();
        let address = self.address();
        let since = e.established.year().max(1998) + self.draw.below(3) as i32;
        let stopped = !matches!(e.standing, RegistrationState::Active);
        cells.extend([
            format!("{}{:06}", &e.credit_code[2..8], self.draw.below(1_000_000)),
            code,
            organisation,
            name,
            (*self.draw.pick(&["企业", "企业", "有限责任公司", "其他"])).to_owned(),
            address,
            format!("{}-{:02}", since.min(2026), self.draw.between(1, 9)),
            e.insured.to_string(),
            if stopped { "停保" } else { "正常" }.to_owned(),
            if self.draw.chance(0.95) { district_name(e.district).to_owned() } else { String::new() },
            self.phone(0.55),
            if e.dispatched_workers > 0 { e.dispatched_workers.to_string() } else { String::new() },
        ]);
    }

    fn statistics(&mut self, cells: &mut Vec<String>) {
        let e = self.entity;
        let (code, organisation) = self.identifiers(0.0);
        let which = self.draw.unit();
        let code = if which < 0.8 { self.write(code) } else { String::new() };
        let organisation = if !(0.45..0.8).contains(&which) && which < 0.95 { self.dashed(&organisation) } else { String::new() };
        let organisation = self.write(organisation);
        let name = self.name();
        let address = self.address();
        let opened =
            if self.draw.chance(0.5) { e.established.format("%Y年%m月").to_string() } else { e.established.year().to_string() };
        let area =
            if self.draw.chance(0.5) { format!("{}{:03}", e.town, self.draw.between(1, 40)) } else { e.district.to_string() };
        cells.extend([
            code,
            organisation,
            name,
            area,
            address,
            TRADES[e.trade].class.to_owned(),
            FORMS[e.form].statistics.to_owned(),
            opened,
            e.employees.to_string(),
            if e.reports_revenue { (e.revenue_yuan / 1000).to_string() } else { String::new() },
            (e.assets_yuan / 1000).to_string(),
            self.phone(0.6),
            e.official.map(yes).unwrap_or_default(),
            e.qualification.unwrap_or("").to_owned(),
            if e.reports_main { (e.revenue_main_yuan / 1000).to_string() } else { String::new() },
            e.development.map(|d| if d { "有" } else { "无" }).unwrap_or("").to_owned(),
        ]);
    }

    fn unions(&mut self, cells: &mut Vec<String>) {
        let e = self.entity;
        let (code, organisation) = self.identifiers(0.06);
        let which = self.draw.unit();
        let code = if which < 0.42 { self.write(code) } else { String::new() };
        let organisation = if (0.42..0.58).contains(&which) { self.dashed(&organisation) } else { String::new() };
        let organisation = self.write(organisation);
        let name = self.name();
        let suffix = if e.union == OwnUnion::Preparing {
            "工会筹备组"
        } else {
            *self.draw.pick(&["工会委员会", "工会委员会", "工会", "基层工会委员会"])
        };
        let union = if self.draw.chance(0.92) { format!("{name}{suffix}") } else { String::new() };
        let mut host = name;
        if let (Some(former), true) = (&e.former, self.draw.chance(0.05)) {
            self.tags.push("note_former");
            host = format!("{host}（原{}）", former.name.full());
        } else if self.draw.chance(0.05) {
            self.tags.push("union_suffix");
            host.push_str(self.draw.pick::<&str>(&["工会", "工会委员会"]));
        }
        let heads = ((f64::from(e.employees) * self.draw.lognormal(0.0, 0.2)).round() as u32).max(1);
        let members = e.members.min(heads);
        let district = district_name(e.district);
        let address = self.address();
        let shown = self.draw.chance(0.85);
        let own_code = self.draw.chance(0.3);
        let (kind, state) = match &e.union {
            OwnUnion::Group(_) => ("集团工会", "正常"),
            OwnUnion::Preparing => ("独立基层工会", "筹备期"),
            OwnUnion::Dissolved => ("独立基层工会", "已注销"),
            _ => ("独立基层工会", "正常"),
        };
        let covered = match &e.union {
            OwnUnion::Group(slots) => covered_list(slots, self.made, &mut self.draw),
            _ => String::new(),
        };
        let since = if self.draw.chance(0.6) { e.union_since.to_string() } else { e.union_since.year().to_string() };
        cells.extend([
            union,
            host,
            code,
            organisation,
            if shown { district.to_owned() } else { String::new() },
            address,
            since,
            heads.to_string(),
            members.to_string(),
            format!("{district}总工会"),
            FORMS[e.form].unions.to_owned(),
            self.phone(0.35),
            if own_code { union_code(e) } else { String::new() },
            kind.to_owned(),
            state.to_owned(),
            covered,
        ]);
        debug_assert_eq!(self.made.entities[self.slot].id, e.id);
    }

    fn payment(&mut self, cells: &mut Vec<String>) {
        let e = self.entity;
        let Some(payment) = e.payment else { return };
        let (code, _) = self.identifiers(0.0);
        let code = self.write(code);
        let name = self.name();
        let on = chrono::NaiveDate::from_ymd_opt(2026, 1 + self.draw.below(5) as u32, 1 + self.draw.below(28) as u32);
        cells.extend([
            code,
            name,
            if payment.dues { "工会经费" } else { "建会筹备金" }.to_owned(),
            "2025".to_owned(),
            payment.due_yuan.to_string(),
            payment.paid_yuan.to_string(),
            on.filter(|_| payment.paid_yuan > 0).map(|d| d.to_string()).unwrap_or_default(),
        ]);
    }
}

/// A union's own credit code: `81`, never the enterprise's.
fn union_code(e: &Entity) -> String {
    let body = format!("81{}{}", e.district, e.organisation_code());
    crate::model::identifier::credit_check(body.as_bytes()).map(|check| format!("{body}{}", check as char)).unwrap_or_default()
}

/// Names of the covered units, `；` between them; nearly always as registered.
fn covered_list(slots: &[usize], made: &Neighbourhood, draw: &mut Draw) -> String {
    let mut names: Vec<String> = Vec::with_capacity(slots.len());
    for entity in slots.iter().filter_map(|s| made.entities.get(*s)) {
        let mut name = entity.name.full();
        if draw.chance(0.25) {
            name = name.replace('（', "(").replace('）', ")");
        }
        names.push(name);
    }
    names.join("；")
}

fn covered_ids(slots: &[usize], made: &Neighbourhood) -> Vec<String> {
    slots.iter().filter_map(|s| made.entities.get(*s)).map(|e| entity_id(e.id)).collect()
}

/// A joint union or a federation: no host of its own, a list of covered units.
fn shared_union(key: String, union: &SharedUnion, made: &Neighbourhood, draw: &mut Draw) -> Vec<String> {
    let heads: u32 = union.covered.iter().filter_map(|s| made.entities.get(*s)).map(|e| e.employees).sum();
    let district = district_name(union.district);
    vec![
        key,
        union.name.clone(),
        String::new(),
        String::new(),
        String::new(),
        district.to_owned(),
        format!("北京市{district}{}", union.town_name),
        union.since.to_string(),
        heads.to_string(),
        (f64::from(heads) * (0.5 + 0.4 * draw.unit())).round().to_string(),
        format!("{}总工会", union.town_name),
        String::new(),
        String::new(),
        String::new(),
        union.kind.to_owned(),
        "正常".to_owned(),
        covered_list(&union.covered, made, draw),
    ]
}
