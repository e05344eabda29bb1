import type { CorrectionAnswer, CorrectionState } from '../graph/generated/types';
import { words } from '../language/words';

interface CorrectionWords {
  title: string;
  asked: string;
  intro: string;
  none: string;
  noneWaiting: string;
  counts: (waiting: string, overdue: string, answered: string, closed: string) => string;
  all: string;
  waitingOnly: string;
  record: string;
  registry: string;
  column: string;
  stated: string;
  others: string;
  hidden: string;
  deadline: string;
  overdue: string;
  state: string;
  answer: string;
  empty: string;
  value: string;
  note: string;
  send: string;
  sent: string;
  pending: string;
  by: (who: string, when: string) => string;
  withdraw: string;
  withdrawn: string;
  letter: string;
  more: string;
  ask: string;
  askAbout: (column: string, registry: string) => string;
  reason: string;
  askedUntil: (day: string) => string;
  askAll: string;
  askedAll: (opened: string, existing: string) => string;
  cancel: string;
  enterprise: string;
  action: string;
  states: Record<CorrectionState, string>;
  answers: Record<CorrectionAnswer, string>;
}

const zh: CorrectionWords = {
  title: '校核请求',
  asked: '请部门核对之处',
  intro: '登记之间矛盾、走访所见不同时，请数据所属部门核对；答复“已更正”的值立即生效，直到该登记下一次交付。',
  none: '没有校核请求',
  noneWaiting: '没有待答复的请求',
  counts: (waiting, overdue, answered, closed) => `待答复 ${waiting}（逾期 ${overdue}），已答复 ${answered}，数据了结 ${closed}`,
  all: '全部',
  waitingOnly: '待答复',
  record: '记录',
  registry: '登记库',
  column: '列',
  stated: '登记所载',
  others: '其他说法',
  hidden: '不予显示',
  deadline: '期限',
  overdue: '逾期',
  state: '状态',
  answer: '答复',
  empty: '（空）',
  value: '正确的值',
  note: '说明',
  send: '提交答复',
  sent: '已记录',
  pending: '已记录；另一进程正在入库，随后生效',
  by: (who, when) => `${who}，${when}`,
  withdraw: '撤回',
  withdrawn: '已撤回',
  letter: '打印校核函',
  more: '更多',
  ask: '请部门核对',
  askAbout: (column, registry) => `请「${registry}」核对「${column}」`,
  reason: '为什么请其核对',
  askedUntil: (day) => `已提出，请于 ${day} 前答复`,
  askAll: '就全部矛盾请其核对',
  askedAll: (opened, existing) => `已提出 ${opened} 件，已有 ${existing} 件`,
  cancel: '取消',
  enterprise: '企业',
  action: '办理',
  states: { OPEN: '已提出', SENT: '已发函', SEEN: '部门已阅', ANSWERED: '已答复', CLOSED_BY_DATA: '数据了结', WITHDRAWN: '已撤回' },
  answers: { CORRECTED: '已更正', CONFIRMED: '核实无误', NOT_OURS: '非本部门数据' },
};

const en: CorrectionWords = {
  title: 'Correction requests',
  asked: 'What departments are asked to check',
  intro: 'Where registries contradict each other, or a visit found something else, the department that owns the field is asked. A value that it corrects counts at once, until its next delivery.',
  none: 'No correction requests',
  noneWaiting: 'Nothing waits for an answer',
  counts: (waiting, overdue, answered, closed) => `${waiting} waiting (${overdue} late), ${answered} answered, ${closed} closed by the data`,
  all: 'All',
  waitingOnly: 'Waiting',
  record: 'Record',
  registry: 'Registry',
  column: 'Column',
  stated: 'The registry says',
  others: 'Others say',
  hidden: 'not shown',
  deadline: 'Due',
  overdue: 'late',
  state: 'State',
  answer: 'Answer',
  empty: '(empty)',
  value: 'What is right',
  note: 'Note',
  send: 'Send the answer',
  sent: 'Recorded',
  pending: 'Recorded; somebody else is landing, and it counts afterwards',
  by: (who, when) => `${who}, ${when}`,
  withdraw: 'Withdraw',
  withdrawn: 'Withdrawn',
  letter: 'Print the letter',
  more: 'More',
  ask: 'Ask the department',
  askAbout: (column, registry) => `Ask "${registry}" to check "${column}"`,
  reason: 'Why it is asked',
  askedUntil: (day) => `Asked; an answer is due by ${day}`,
  askAll: 'Ask about every contradiction',
  askedAll: (opened, existing) => `${opened} asked, ${existing} asked before`,
  cancel: 'Cancel',
  enterprise: 'Enterprise',
  action: 'Do',
  states: { OPEN: 'asked', SENT: 'sent', SEEN: 'seen', ANSWERED: 'answered', CLOSED_BY_DATA: 'closed by the data', WITHDRAWN: 'withdrawn' },
  answers: { CORRECTED: 'corrected', CONFIRMED: 'right as it stands', NOT_OURS: "another department's" },
};

export const correctionWords = words(zh, en);
