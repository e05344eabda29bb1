// Numbers, shares, money and days as each language writes them.
import { useLanguage, type Language } from './choice';

const MINUS = '−';
const signed = (text: string): string => text.replace('-', MINUS);

/** What stands for a value nobody gives. */
export const NOTHING = '—';

export interface Format {
  count(n: number | null | undefined): string;
  /** 2.8万, 27.9K; below ten thousand (in Chinese) in full. */
  compact(n: number | null | undefined): string;
  /** A share as percent with one decimal. */
  percent(share: number | null | undefined): string;
  /** A difference of shares in percentage points, signed. */
  points(difference: number | null | undefined): string;
  decimal(n: number | null | undefined): string;
  /** Yuan as 万元 in Chinese, as thousands in English: the unit stands in the header. */
  money(yuan: string | null | undefined): string;
  /** Yuan in full, with its unit. */
  yuan(yuan: string | null | undefined): string;
  list(names: readonly string[]): string;
  /** A name and what it is. */
  named(name: string, value: string): string;
  day(at: string | null | undefined): string;
  instant(at: string | null | undefined): string;
}

function formatOf(lang: Language): Format {
  const locale = lang === 'zh' ? 'zh-CN' : 'en';
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const one = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat(locale, { notation: 'compact', minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const unit = lang === 'zh' ? 10_000 : 1_000;
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const known = (n: number | null | undefined, write: (n: number) => string): string =>
    n === null || n === undefined || Number.isNaN(n) ? NOTHING : signed(write(n));
  return {
    count: (n) => known(n, (v) => whole.format(v)),
    compact: (n) => known(n, (v) => (Math.abs(v) < 10_000 ? whole.format(v) : short.format(v))),
    percent: (share) => known(share, (v) => `${one.format(v * 100)}%`),
    points: (difference) =>
      known(difference, (v) => `${v > 0 ? '+' : ''}${one.format(v * 100)} ${lang === 'zh' ? '个百分点' : 'pp'}`),
    decimal: (n) => known(n, (v) => one.format(v)),
    money: (yuan) => known(yuan === null || yuan === undefined ? null : Number(yuan), (v) => whole.format(v / unit)),
    yuan: (yuan) =>
      known(yuan === null || yuan === undefined ? null : Number(yuan), (v) => (lang === 'zh' ? `${whole.format(v)} 元` : `¥${whole.format(v)}`)),
    list: (names) => names.join(lang === 'zh' ? '、' : ', '),
    named: (name, value) => (lang === 'zh' ? `${name}：${value}` : `${name}: ${value}`),
    day: (at) => (at === null || at === undefined ? NOTHING : /^\d{4}-\d{2}-\d{2}$/.test(at) ? at : day(new Date(at))),
    instant: (at) => {
      if (at === null || at === undefined) return NOTHING;
      const then = new Date(at);
      return `${day(then)} ${two(then.getHours())}:${two(then.getMinutes())}`;
    },
  };
}

const formats: Record<Language, Format> = { zh: formatOf('zh'), en: formatOf('en') };

export function useFormat(): Format {
  return formats[useLanguage()];
}

export function format(lang: Language): Format {
  return formats[lang];
}
