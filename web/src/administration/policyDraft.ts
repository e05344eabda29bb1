// A policy as it is typed, and what of it differs from the one it was begun upon.
import type { PolicyChangeInput, PolicyQuery, UnionStatus } from '../graph/generated/types';
import { TEN_THOUSAND } from './settingText';

export type InForce = PolicyQuery['policy'];

/** A rule as typed: from which day on (empty: for all of its time), and amounts in persons or 10,000 yuan. */
export interface RuleDraft {
  readonly from: string;
  readonly amounts: Readonly<Record<string, string>>;
}

/** A rule that can be changed, by its code in the thresholds file. */
export interface RuleInForce {
  readonly code: string;
  readonly title: string;
  readonly amounts: readonly string[];
  readonly typed: RuleDraft;
}

export interface Draft {
  readonly grace: string;
  readonly counted: readonly UnionStatus[];
  readonly established: readonly UnionStatus[];
  readonly branches: boolean;
  readonly individuals: boolean;
  readonly proxy: string;
  readonly proxyBelow: string;
  readonly weights: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly rules: Readonly<Record<string, RuleDraft>>;
  /** Saved keys that are to be as the configuration says again. */
  readonly takeBack: readonly string[];
}

/** What is sent: a change, and what is taken back. */
export interface Change {
  readonly change: PolicyChangeInput;
  readonly takeBack: string[];
}

const unit = (metric: string): number => (metric === 'employees' ? 1 : TEN_THOUSAND);

/** The rules that hold now or later and ask for amounts: each as it stands, changed or not. */
export function rulesOf(policy: InForce): readonly RuleInForce[] {
  const today = new Date().toISOString().slice(0, 10);
  const lasting = policy.thresholds.filter((rule) => rule.amounts.length > 0 && (rule.validTo === null || rule.validTo >= today));
  const changed = new Map(lasting.flatMap((rule) => (rule.madeOf === null ? [] : [[rule.madeOf, rule] as const])));
  const standing = lasting.filter((rule) => rule.madeOf !== null || !changed.has(rule.code));
  return standing.map((rule) => {
    const code = rule.madeOf ?? rule.code;
    // The rule of the file goes before where the change begins on a day.
    const from = rule.madeOf !== null && policy.thresholds.some((other) => other.code === code) ? rule.validFrom : '';
    const amounts = Object.fromEntries(rule.amounts.map(({ metric, least }) => [metric, String(least / unit(metric))]));
    return { code, title: rule.title, amounts: rule.amounts.map(({ metric }) => metric), typed: { from, amounts } };
  });
}

const numbersOf = (numbers: readonly { readonly name: string; readonly value: number }[]) => Object.fromEntries(numbers.map(({ name, value }) => [name, String(value)]));
const headsOf = (heads: number | null): string => (heads === null ? '' : String(heads));

export const draftOf = (policy: InForce): Draft => ({
  grace: String(policy.graceMonths),
  counted: policy.countedKinds,
  established: policy.establishedKinds,
  branches: policy.branchesOutOfScope,
  individuals: policy.individualsOutOfScope,
  proxy: headsOf(policy.proxyAbove),
  proxyBelow: headsOf(policy.proxyBelow),
  weights: numbersOf(policy.weights),
  limits: numbersOf(policy.publicationLimits),
  rules: Object.fromEntries(rulesOf(policy).map(({ code, typed }) => [code, typed])),
  takeBack: [],
});

const isSame = (one: readonly string[], other: readonly string[]): boolean => one.length === other.length && one.every((kind) => other.includes(kind));

type Texts = Readonly<Record<string, string>>;

const changedNumbers = (was: Texts, is: Texts) => Object.entries(is).flatMap(([name, value]) => (value === was[name] || value === '' ? [] : [{ name, value: Number(value) }]));

const isSameRule = (one: RuleDraft, other: RuleDraft | undefined): boolean =>
  other !== undefined && one.from === other.from && Object.entries(one.amounts).every(([metric, amount]) => amount === other.amounts[metric]);

/** What differs from the policy that the draft was begun upon. */
export function changeOf(policy: InForce, draft: Draft): Change {
  const was = draftOf(policy);
  const [weights, limits] = [changedNumbers(was.weights, draft.weights), changedNumbers(was.limits, draft.limits)];
  const rules = Object.entries(draft.rules).filter(([code, rule]) => !isSameRule(rule, was.rules[code]));
  const thresholds = rules.map(([code, { from, amounts }]) => ({
    code,
    ...(from === '' ? {} : { from }),
    amounts: Object.entries(amounts).flatMap(([metric, amount]) => (amount === '' ? [] : [{ metric, least: Math.round(Number(amount) * unit(metric)) }])),
  }));
  return {
    change: {
      ...(draft.grace === was.grace || draft.grace === '' ? {} : { graceMonths: Number(draft.grace) }),
      ...(isSame(draft.counted, was.counted) ? {} : { countedKinds: [...draft.counted] }),
      ...(isSame(draft.established, was.established) ? {} : { establishedKinds: [...draft.established] }),
      ...(draft.branches === was.branches ? {} : { branchesOutOfScope: draft.branches }),
      ...(draft.individuals === was.individuals ? {} : { individualsOutOfScope: draft.individuals }),
      ...(draft.proxy === was.proxy ? {} : { proxyAbove: draft.proxy === '' ? null : Number(draft.proxy) }),
      ...(draft.proxyBelow === was.proxyBelow ? {} : { proxyBelow: draft.proxyBelow === '' ? null : Number(draft.proxyBelow) }),
      ...(weights.length === 0 ? {} : { weights }),
      ...(limits.length === 0 ? {} : { publicationLimits: limits }),
      ...(thresholds.length === 0 ? {} : { thresholds }),
    },
    takeBack: [...draft.takeBack],
  };
}

/** The same changes upon another policy: what was not touched is as there. */
export function moved(draft: Draft, from: InForce, to: InForce): Draft {
  const [was, is] = [draftOf(from), draftOf(to)];
  const numbers = (mine: Texts, before: Texts, now: Texts) => Object.fromEntries(Object.entries(now).map(([name, value]) => [name, mine[name] === before[name] ? value : (mine[name] ?? value)]));
  const rule = (code: string, now: RuleDraft): RuleDraft => {
    const mine = draft.rules[code];
    return mine === undefined || isSameRule(mine, was.rules[code]) ? now : mine;
  };
  return {
    grace: draft.grace === was.grace ? is.grace : draft.grace,
    counted: isSame(draft.counted, was.counted) ? is.counted : draft.counted,
    established: isSame(draft.established, was.established) ? is.established : draft.established,
    branches: draft.branches === was.branches ? is.branches : draft.branches,
    individuals: draft.individuals === was.individuals ? is.individuals : draft.individuals,
    proxy: draft.proxy === was.proxy ? is.proxy : draft.proxy,
    proxyBelow: draft.proxyBelow === was.proxyBelow ? is.proxyBelow : draft.proxyBelow,
    weights: numbers(draft.weights, was.weights, is.weights),
    limits: numbers(draft.limits, was.limits, is.limits),
    rules: Object.fromEntries(Object.entries(is.rules).map(([code, now]) => [code, rule(code, now)])),
    takeBack: draft.takeBack.filter((key) => to.saved?.some((one) => one.key === key)),
  };
}
