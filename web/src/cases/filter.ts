// The filter of the list of cases, read from the address and asked of the graph.
import type { CaseFilter, CaseMethod, CaseOrigin, CaseStage } from '../graph/generated/types';
import { keyOf, ownerIn, type Owner } from './owner';

export const stages = [
  'FOUND', 'VERIFY', 'INFORM', 'LETTER', 'SECOND_LETTER', 'TALK', 'JOINT_ACTION', 'APPLY', 'PREPARE_GROUP', 'ENROL', 'ASSEMBLY', 'APPROVE', 'LEGAL', 'TAX_SWITCH', 'ENTER_ROLL', 'FOLLOW_UP',
] as const satisfies readonly CaseStage[];
export const methods = ['DEMAND', 'ACTIVITY', 'SERVICE', 'CONSOLIDATION'] as const satisfies readonly CaseMethod[];
export const origins = ['LIST', 'PREPARATORY_FUND', 'DISPUTE', 'HOTLINE', 'MEDIA', 'NAMED_LIST', 'HAND'] as const satisfies readonly CaseOrigin[];
export const dues = ['overdue', 'today', 'week', 'undated'] as const;
export const states = ['open', 'won', 'lost', 'closed', 'all'] as const;

export type Due = (typeof dues)[number];

export interface ChosenCases {
  readonly state: (typeof states)[number];
  readonly stage: readonly CaseStage[];
  readonly owner: Owner;
  readonly isNobodys: boolean;
  readonly due: Due | null;
  readonly area: string;
  /** The unit that their enterprises are at home in. */
  readonly home: string;
  readonly method: CaseMethod | null;
  readonly origin: CaseOrigin | null;
  readonly unknown: readonly string[];
}

export const caseFilterNames = ['state', 'stage', 'unit', 'role', 'name', 'owner', 'due', 'area', 'home', 'method', 'origin', 'after'] as const;

export function chosenCases(parameters: URLSearchParams): ChosenCases {
  const unknown: string[] = [];
  const one = <Value extends string>(name: string, values: readonly Value[]): Value | null => {
    const text = parameters.get(name);
    const value = values.find((v) => v === text) ?? null;
    if (text !== null && value === null) unknown.push(`${name}=${text}`);
    return value;
  };
  const stage = (parameters.get('stage') ?? '').split(',').flatMap((text) => {
    const value = stages.find((v) => v === text);
    if (value === undefined && text !== '') unknown.push(`stage=${text}`);
    return value === undefined ? [] : [value];
  });
  return {
    state: one('state', states) ?? 'open',
    stage,
    owner: ownerIn(parameters),
    isNobodys: one('owner', ['none']) === 'none',
    due: one('due', dues),
    area: parameters.get('area') ?? '',
    home: parameters.get('home') ?? '',
    method: one('method', methods),
    origin: one('origin', origins),
    unknown,
  };
}

/** A day of this browser's calendar, `days` from today. */
export function dayFromNow(days: number): string {
  const at = new Date();
  at.setDate(at.getDate() + days);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function caseFilterOf(chosen: ChosenCases): CaseFilter {
  const days = { overdue: { lte: dayFromNow(-1) }, today: { gte: dayFromNow(0), lte: dayFromNow(0) }, week: { lte: dayFromNow(6) }, undated: undefined };
  return {
    state: chosen.state === 'all' ? undefined : [chosen.state === 'open' ? 'OPEN' : 'CLOSED'],
    isWon: chosen.state === 'won' ? true : chosen.state === 'lost' ? false : undefined,
    stage: chosen.stage.length === 0 ? undefined : [...chosen.stage],
    owner: keyOf(chosen.owner),
    hasOwner: chosen.isNobodys ? false : undefined,
    nextOn: chosen.due === null ? undefined : days[chosen.due],
    hasNextOn: chosen.due === 'undated' ? false : undefined,
    area: chosen.area === '' ? undefined : [chosen.area],
    unit: chosen.home === '' ? undefined : [chosen.home],
    method: chosen.method === null ? undefined : [chosen.method],
    origin: chosen.origin === null ? undefined : [chosen.origin],
  };
}
