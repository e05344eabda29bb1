import { words } from '../language/words';

export const saveWords = words(
  {
    save: '导出',
    what: '导出当前条件下的全部行；每次导出都记入审计。',
    as: (list: string, form: string) => `${list} · ${form}`,
    forms: { csv: 'CSV（UTF-8）', gb18030: 'CSV（GB18030）', xlsx: 'XLSX' },
    lists: {
      cases: '案件',
      steps: '案件的每一步',
      visits: '走访结果',
      leads: '线索',
      duties: '责任',
      workload: '工作量',
      'named-lists': '名单上的企业',
      followers: '关联企业',
    },
    saved: '已交给浏览器保存。',
  },
  {
    save: 'Export',
    what: 'Every line of what is asked here; each export is noted in the audit.',
    as: (list: string, form: string) => `${list} · ${form}`,
    forms: { csv: 'CSV (UTF-8)', gb18030: 'CSV (GB18030)', xlsx: 'XLSX' },
    lists: {
      cases: 'cases',
      steps: 'every step of them',
      visits: 'what visits brought',
      leads: 'leads',
      duties: 'duties',
      workload: 'workload',
      'named-lists': 'enterprises on lists',
      followers: 'who follows them',
    },
    saved: 'Handed to the browser.',
  },
);

export type SavedList = 'cases' | 'steps' | 'visits' | 'leads' | 'duties' | 'workload' | 'named-lists' | 'followers';
