// Names of the graph's own values. A value that the schema gains does not compile until it is named here.
import type {
  Agreement,
  BatchState,
  EnterpriseField,
  EnterpriseTag,
  WatchedFigure,
  GapStatus,
  LiveState,
  LocationBasis,
  RegistryState,
  RelationKind,
  SizeBasis,
  SizeStatus,
  SurvivorshipRule,
} from '../graph/generated/types';
import { words } from './words';

interface Terms {
  field: Record<EnterpriseField, string>;
  tag: Record<EnterpriseTag, string>;
  gap: Record<GapStatus, string>;
  size: Record<SizeStatus, string>;
  basis: Record<SizeBasis, string>;
  agreement: Record<Agreement, string>;
  rule: Record<SurvivorshipRule, string>;
  registry: Record<RegistryState, string>;
  batch: Record<BatchState, string>;
  relation: Record<RelationKind, string>;
  live: Record<LiveState, string>;
  location: Record<LocationBasis, string>;
  figure: Record<WatchedFigure, string>;
}

const zh: Terms = {
  field: {
    NAME: '单位名称',
    CREDIT_CODE: '统一社会信用代码',
    STATUS: '登记状态',
    ESTABLISHED_ON: '成立日期',
    AREA: '所在区域',
    ADDRESS: '地址',
    LOCATION: '坐标',
    INDUSTRY: '行业',
    OWNERSHIP: '所有制',
    REGISTRATION_TYPE: '登记注册类型',
    INVESTOR_COUNTRY: '投资方国别',
    EMPLOYEES: '从业人员',
    INSURED: '参保人数',
    REVENUE: '营业收入（元）',
    PAYROLL: '工资总额（元）',
    OFFICIAL_LIST: '规模以上名录',
    QUALIFICATION: '资质等级',
    UNION: '工会',
  },
  tag: {
    FORTUNE_500: '世界500强',
    LEADING: '龙头企业',
    LABOUR_DISPATCH: '劳务派遣',
    FOREIGN: '外资',
    HMT: '港澳台资',
    DISPUTE_LAST_12_MONTHS: '近12个月有争议',
    PAYS_PREPARATORY_FUND: '已缴筹备金',
    LISTED: '上市公司',
    DOMESTIC_SERVICE: '家政服务',
    CARE: '护理服务',
  },
  gap: { LACKING: '未建会', LACKING_INDEPENDENT: '未单独建会', COVERED: '已覆盖', UNDECIDED: '待定', OUT_OF_SCOPE: '不在范围' },
  size: { ABOVE: '规模以上', BELOW: '规模以下', UNKNOWN: '规模不明' },
  basis: { OFFICIAL_LIST: '统计部门名录', RULE: '规模标准', PROXY: '人数推定' },
  agreement: { SINGLE: '仅一家登记', SAME: '一致', EQUIVALENT: '写法不同、含义相同', DIFFERENT: '不一致' },
  rule: {
    OFFICIAL: '以发证机关为准',
    REGISTRY_RANK: '按数据源次序',
    MOST_RECENT: '以最近一次为准',
    MOST_COMPLETE: '以最完整者为准',
    FROM_ADDRESS: '街道由地址读出',
    ONLY_VALUE: '唯一来源',
  },
  registry: { CURRENT: '正常', LATE: '滞后', FAILING: '失败', HELD: '待人工决定', NEVER: '尚未接入' },
  batch: { RUNNING: '进行中', DONE: '完成', HELD: '待决定', REJECTED: '已拒绝', FAILED: '失败' },
  relation: { BRANCH_OF: '分支机构', ABSORBED_BY: '被吸收合并', RENAMED_FROM: '曾用名', SAME_GROUP: '同一集团' },
  live: { FOUND: '查到', NOT_FOUND: '查无此企业', UNAVAILABLE: '无法访问', TIMED_OUT: '超时未答', NOT_OFFERED: '不提供实时查询' },
  location: { REGISTRY: '登记坐标', TOWN: '街道中心点', DISTRICT: '区中心点' },
  figure: { ENTERPRISES: '企业总数', GAP: '未建会清单', UNIONS: '工会数', COVERED: '受覆盖单位' },
};

const en: Terms = {
  field: {
    NAME: 'Name',
    CREDIT_CODE: 'Credit code',
    STATUS: 'Status',
    ESTABLISHED_ON: 'Founded on',
    AREA: 'Area',
    ADDRESS: 'Address',
    LOCATION: 'Location',
    INDUSTRY: 'Industry',
    OWNERSHIP: 'Ownership',
    REGISTRATION_TYPE: 'Registration type',
    INVESTOR_COUNTRY: 'Investor country',
    EMPLOYEES: 'Employees',
    INSURED: 'Insured',
    REVENUE: 'Revenue (yuan)',
    PAYROLL: 'Payroll (yuan)',
    OFFICIAL_LIST: 'Official list',
    QUALIFICATION: 'Qualification',
    UNION: 'Union',
  },
  tag: {
    FORTUNE_500: 'Fortune 500',
    LEADING: 'Leading firm',
    LABOUR_DISPATCH: 'Labour dispatch',
    FOREIGN: 'Foreign',
    HMT: 'Hong Kong, Macao, Taiwan',
    DISPUTE_LAST_12_MONTHS: 'Dispute within 12 months',
    PAYS_PREPARATORY_FUND: 'Pays preparatory fund',
    LISTED: 'Listed',
    DOMESTIC_SERVICE: 'Domestic service',
    CARE: 'Care',
  },
  gap: { LACKING: 'Lacking', LACKING_INDEPENDENT: 'Lacking an independent union', COVERED: 'Covered', UNDECIDED: 'Undecided', OUT_OF_SCOPE: 'Out of scope' },
  size: { ABOVE: 'Above designated size', BELOW: 'Below designated size', UNKNOWN: 'Size unknown' },
  basis: { OFFICIAL_LIST: 'Official list', RULE: 'Threshold rule', PROXY: 'By headcount' },
  agreement: { SINGLE: 'One registry only', SAME: 'Agree', EQUIVALENT: 'Written differently, same meaning', DIFFERENT: 'Differ' },
  rule: {
    OFFICIAL: 'The issuing registry decides',
    REGISTRY_RANK: 'By order of registries',
    MOST_RECENT: 'The latest statement',
    MOST_COMPLETE: 'The fullest statement',
    FROM_ADDRESS: 'The street as the address names it',
    ONLY_VALUE: 'The only statement',
  },
  registry: { CURRENT: 'Current', LATE: 'Behind', FAILING: 'Failing', HELD: 'Waits for a decision', NEVER: 'Never came' },
  batch: { RUNNING: 'Running', DONE: 'Done', HELD: 'Held', REJECTED: 'Rejected', FAILED: 'Failed' },
  relation: { BRANCH_OF: 'Branch of', ABSORBED_BY: 'Absorbed by', RENAMED_FROM: 'Renamed from', SAME_GROUP: 'Same group' },
  live: { FOUND: 'Found', NOT_FOUND: 'Not found', UNAVAILABLE: 'Unavailable', TIMED_OUT: 'Timed out', NOT_OFFERED: 'No look-up offered' },
  location: { REGISTRY: 'point of the registry', TOWN: 'centre of the street', DISTRICT: 'centre of the district' },
  figure: { ENTERPRISES: 'Enterprises', GAP: 'Gap list', UNIONS: 'Unions', COVERED: 'Covered units' },
};

export const terms = words(zh, en);
