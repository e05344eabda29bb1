// A saved setting in words: what its key is of, and its value.
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { administrationWords } from './words';

/** Money is typed and shown in 10,000 yuan, as statistics writes it. */
export const TEN_THOUSAND = 10_000;

export interface SettingText {
  keyOf(key: string): string;
  /** Null: switched off. */
  valueOf(value: string | null): string;
  /** `revenue_main`, so many yuan or persons. */
  amountOf(metric: string, least: number): string;
}

export function useSettingText(): SettingText {
  const t = useWords(administrationWords);
  const f = useFormat();
  const amountOf = (metric: string, least: number): string => `${t.metric[metric] ?? metric} ≥ ${metric === 'employees' ? t.persons(f.count(least)) : t.tenThousands(String(least / TEN_THOUSAND))}`;
  const part = (word: string): string => {
    const [, metric, least] = /^(\w+) >= (\d+)$/.exec(word) ?? [];
    if (metric !== undefined && least !== undefined) return amountOf(metric, Number(least));
    const [, from] = /^from (\S+)$/.exec(word) ?? [];
    return from === undefined ? (t.words[word] ?? word) : t.fromDay(from);
  };
  return {
    amountOf,
    keyOf: (key) => {
      const [table = '', ...rest] = key.split('.');
      const name = rest.join('.');
      const named: string | undefined = { priority: t.weight[name], publication: t.limit[name], thresholds: t.ruleOf(name) }[table];
      return t.keys[key] ?? named ?? key;
    },
    valueOf: (value) => (value === null ? t.off : f.list(value.split(', ').map(part))),
  };
}
