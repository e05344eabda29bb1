//! What is true of one simulated enterprise, before any registry writes it down.

use chrono::NaiveDate;

use super::name::SimulatedName;
use super::words::TRADES;

/// The five registries and the payments, in the order of all tables here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SimulatedRegistry {
    Commerce,
    Tax,
    SocialInsurance,
    Statistics,
    Unions,
    Payments,
}

impl SimulatedRegistry {
    pub const ALL: [SimulatedRegistry; 6] = [
        SimulatedRegistry::Commerce,
        SimulatedRegistry::Tax,
        SimulatedRegistry::SocialInsurance,
        SimulatedRegistry::Statistics,
        SimulatedRegistry::Unions,
        SimulatedRegistry::Payments,
    ];
    pub fn name(self) -> &'static str {
        match self {
            SimulatedRegistry::Commerce => "commerce",
            SimulatedRegistry::Tax => "tax",
            SimulatedRegistry::SocialInsurance => "social_insurance",
            SimulatedRegistry::Statistics => "statistics",
            SimulatedRegistry::Unions => "unions",
            SimulatedRegistry::Payments => "payments",
        }
    }
    /// Letters before the record number.
    pub fn prefix(self) -> &'static str {
        match self {
            SimulatedRegistry::Commerce => "GS",
            SimulatedRegistry::Tax => "SW",
            SimulatedRegistry::SocialInsurance => "SB",
            SimulatedRegistry::Statistics => "TJ",
            SimulatedRegistry::Unions => "GH",
            SimulatedRegistry::Payments => "JF",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    Company,
    /// 分公司: no legal person.
    Branch,
    /// 个体工商户.
    Individual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulatedRelation {
    BranchOf,
    /// A company of its own in the parent's group.
    SubsidiaryOf,
    /// Another firm with nearly the same name.
    SiblingOf,
    AbsorbedBy,
}

impl SimulatedRelation {
    pub fn name(self) -> &'static str {
        match self {
            SimulatedRelation::BranchOf => "branch_of",
            SimulatedRelation::SubsidiaryOf => "subsidiary_of",
            SimulatedRelation::SiblingOf => "sibling_of",
            SimulatedRelation::AbsorbedBy => "absorbed_by",
        }
    }
}

/// Who owns it, and how each registry writes that.
#[derive(Debug)]
pub struct Form {
    pub ownership: &'static str,
    /// 企业类型 of the commerce registry.
    pub commerce: &'static str,
    /// Code of 2011 in the statistics registry.
    pub statistics: &'static str,
    pub tax: &'static str,
    /// 经济类型 of the union roll.
    pub unions: &'static str,
}

pub const FORMS: [Form; 11] = [
    Form {
        ownership: "PRIVATE",
        commerce: "有限责任公司(自然人投资或控股)",
        statistics: "173",
        tax: "私营有限责任公司",
        unions: "私营企业",
    },
    Form {
        ownership: "PRIVATE",
        commerce: "有限责任公司(自然人独资)",
        statistics: "173",
        tax: "私营有限责任公司",
        unions: "私营企业",
    },
    Form {
        ownership: "MIXED", commerce: "其他有限责任公司", statistics: "159", tax: "其他有限责任公司", unions: "有限责任公司"
    },
    Form {
        ownership: "PRIVATE",
        commerce: "股份有限公司(非上市、自然人投资或控股)",
        statistics: "174",
        tax: "私营股份有限公司",
        unions: "私营企业",
    },
    Form {
        ownership: "STATE", commerce: "有限责任公司(国有独资)", statistics: "151", tax: "国有独资公司", unions: "国有企业"
    },
    Form { ownership: "STATE", commerce: "全民所有制", statistics: "110", tax: "国有企业", unions: "国有企业" },
    Form { ownership: "COLLECTIVE", commerce: "集体所有制", statistics: "120", tax: "集体企业", unions: "集体企业" },
    Form {
        ownership: "HMT",
        commerce: "有限责任公司(台港澳法人独资)",
        statistics: "230",
        tax: "港、澳、台商独资经营企业",
        unions: "港澳台商投资企业",
    },
    Form {
        ownership: "FOREIGN",
        commerce: "有限责任公司(外国法人独资)",
        statistics: "330",
        tax: "外资企业",
        unions: "外商投资企业",
    },
    Form {
        ownership: "FOREIGN",
        commerce: "有限责任公司(中外合资)",
        statistics: "310",
        tax: "中外合资经营企业",
        unions: "外商投资企业",
    },
    Form {
        ownership: "INDIVIDUAL", commerce: "个体工商户", statistics: "410", tax: "个体户", unions: "个体经济组织"
    },
];
pub const INDIVIDUAL_FORM: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationState {
    Active,
    Suspended,
    Revoked,
    Deregistered,
    MovedOut,
}

/// The row of the roll of unions for an enterprise as a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnUnion {
    No,
    Independent,
    Preparing,
    /// Was founded and dissolved again: the roll keeps the row.
    Dissolved,
    /// Union of a group, which covers the subsidiaries in these slots.
    Group(Vec<usize>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// 工会经费, else 建会筹备金.
    pub dues: bool,
    pub due_yuan: i64,
    pub paid_yuan: i64,
}

#[derive(Debug, Clone)]
pub struct Former {
    pub name: SimulatedName,
    pub until: NaiveDate,
}

#[derive(Debug, Clone)]
pub struct Entity {
    pub id: u64,
    pub kind: EntityKind,
    /// Relation to the enterprise in another slot of the same neighbourhood.
    pub relation: Option<(SimulatedRelation, usize)>,
    pub name: SimulatedName,
    pub former: Option<Former>,
    pub credit_code: String,
    pub registration_number: Option<String>,
    pub form: usize,
    pub country: Option<&'static str>,
    pub fortune_500: bool,
    pub leading: bool,
    pub on_exchange: bool,
    pub established: NaiveDate,
    pub standing: RegistrationState,
    pub closed_on: Option<NaiveDate>,
    /// Index into `words::TRADES`.
    pub trade: usize,
    /// In 10,000 yuan.
    pub capital: u32,
    pub district: u32,
    pub town: u32,
    pub address: String,
    /// Where it works, if not where it is registered.
    pub operating: Option<String>,
    /// Where it was before it moved.
    pub old_address: Option<String>,
    pub location: (f64, f64),
    pub employees: u32,
    pub insured: u32,
    pub revenue_yuan: i64,
    pub revenue_main_yuan: i64,
    pub payroll_yuan: i64,
    pub assets_yuan: i64,
    /// Whether the yearly report gives 营业收入, and 主营业务收入 apart.
    pub reports_revenue: bool,
    pub reports_main: bool,
    /// Whether the tax registry gives 从业人数.
    pub tax_reports_staff: bool,
    /// The tax registry has not yet heard that it closed.
    pub tax_lags: bool,
    /// 是否规上 as the statistics registry writes it.
    pub official: Option<bool>,
    /// 资质等级.
    pub qualification: Option<&'static str>,
    /// 有无房地产开发经营活动.
    pub development: Option<bool>,
    pub dispatched_workers: u32,
    pub phone: String,
    pub union: OwnUnion,
    pub union_since: NaiveDate,
    pub members: u32,
    pub payment: Option<Payment>,
    /// Number of records in each registry (payments follow `payment`).
    pub records: [u8; 6],
    /// Day of the last change that each registry wrote down; 0 = as it was on the first day.
    pub touched: [u16; 6],
}

impl Entity {
    pub fn organisation_code(&self) -> &str {
        &self.credit_code[8..17]
    }
    /// Class of its trade, GB/T 4754-2017.
    pub fn industry_class(&self) -> &'static str {
        TRADES[self.trade].class
    }
    pub fn is_foreign(&self) -> bool {
        FORMS[self.form].ownership == "FOREIGN"
    }
}

/// A union that is not one enterprise's: it covers those in these slots.
#[derive(Debug, Clone)]
pub struct SharedUnion {
    /// Number within the neighbourhood.
    pub number: usize,
    pub name: String,
    /// 工会组织类型.
    pub kind: &'static str,
    /// Coverage it gives.
    pub coverage: &'static str,
    pub district: u32,
    pub town_name: &'static str,
    pub since: NaiveDate,
    pub covered: Vec<usize>,
    pub touched: u16,
}
