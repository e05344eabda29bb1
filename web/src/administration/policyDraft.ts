// A policy as it is typed, and what of it differs from the one it was begun upon.
import type { PolicyChangeInput, PolicyQuery, UnionStatus } from '../graph/generated/types';

export type InForce = PolicyQuery['policy'];

export interface Draft {
  readonly grace: string;
  readonly counted: readonly UnionStatus[];
  readonly established: readonly UnionStatus[];
  readonly branches: boolean;
  readonly individuals: boolean;
  readonly proxy: string;
  readonly weights: Readonly<Record<string, string>>;
}

export const draftOf = (policy: InForce): Draft => ({
  grace: String(policy.graceMonths),
  counted: policy.countedKinds,
  established: policy.establishedKinds,
  branches: policy.branchesOutOfScope,
  individuals: policy.individualsOutOfScope,
  proxy: policy.proxyAbove === null ? '' : String(policy.proxyAbove),
  weights: Object.fromEntries(policy.weights.map(({ name, value }) => [name, String(value)])),
});

const isSame = (one: readonly string[], other: readonly string[]): boolean => one.length === other.length && one.every((kind) => other.includes(kind));

/** What differs from the policy that the draft was begun upon. */
export function changeOf(policy: InForce, draft: Draft): PolicyChangeInput {
  const was = draftOf(policy);
  const weights = Object.entries(draft.weights).flatMap(([name, value]) => (value === was.weights[name] || value === '' ? [] : [{ name, value: Number(value) }]));
  return {
    ...(draft.grace === was.grace || draft.grace === '' ? {} : { graceMonths: Number(draft.grace) }),
    ...(isSame(draft.counted, was.counted) ? {} : { countedKinds: [...draft.counted] }),
    ...(isSame(draft.established, was.established) ? {} : { establishedKinds: [...draft.established] }),
    ...(draft.branches === was.branches ? {} : { branchesOutOfScope: draft.branches }),
    ...(draft.individuals === was.individuals ? {} : { individualsOutOfScope: draft.individuals }),
    ...(draft.proxy === was.proxy ? {} : { proxyAbove: draft.proxy === '' ? null : Number(draft.proxy) }),
    ...(weights.length === 0 ? {} : { weights }),
  };
}

/** The same changes upon another policy: what was not touched is as there. */
export function moved(draft: Draft, from: InForce, to: InForce): Draft {
  const [was, is] = [draftOf(from), draftOf(to)];
  return {
    grace: draft.grace === was.grace ? is.grace : draft.grace,
    counted: isSame(draft.counted, was.counted) ? is.counted : draft.counted,
    established: isSame(draft.established, was.established) ? is.established : draft.established,
    branches: draft.branches === was.branches ? is.branches : draft.branches,
    individuals: draft.individuals === was.individuals ? is.individuals : draft.individuals,
    proxy: draft.proxy === was.proxy ? is.proxy : draft.proxy,
    weights: Object.fromEntries(Object.entries(is.weights).map(([name, value]) => [name, draft.weights[name] === was.weights[name] ? value : (draft.weights[name] ?? value)])),
  };
}
