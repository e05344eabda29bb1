// A visit list that was taken along: kept in this browser so that it can be filled in where there is no network, and handed in later.
//
// In: a list as the graph gives it, after the server has noted the copy. Kept: names, codes, addresses, stages; nothing that needs a
// scope beyond visits. On its last day it loses what identifies enterprises; answers that were not handed in stay until they are.
import { useSyncExternalStore } from 'react';
import { forgetPages } from './pages';

export interface Answer {
  readonly door: string;
  readonly answer: string;
  readonly on: string;
  readonly assessment: string;
  readonly note: string;
  /** When it was first written down: the visit. */
  readonly at: string;
}

export interface Door {
  readonly case: string;
  readonly place: number;
  readonly name: string;
  readonly code: string;
  readonly address: string;
  readonly stage: string;
}

export interface Copy {
  readonly id: string;
  readonly title: string;
  readonly expires: string | null;
  readonly takenAt: string;
  readonly visitor: string;
  readonly doors: readonly Door[];
  readonly answers: Readonly<Record<string, Answer>>;
  /** Answers as they were handed in, by case. */
  readonly handed: Readonly<Record<string, string>>;
  /** What was refused when it was handed in, by case. */
  readonly refused: Readonly<Record<string, string>>;
}

const PREFIX = 'huitu.visits.';
const listeners = new Set<() => void>();
let kept: readonly Copy[] | null = null;

const isSaid = (answer: Answer): boolean => answer.door !== '' || answer.answer !== '';

/** The answers that were not handed in as they stand. */
export function open(copy: Copy): readonly (readonly [string, Answer])[] {
  return Object.entries(copy.answers).filter(([id, answer]) => isSaid(answer) && copy.handed[id] !== JSON.stringify(answer));
}

export function isExpired(copy: Copy, today: string): boolean {
  return copy.expires !== null && copy.expires < today;
}

function read(): readonly Copy[] {
  const now = new Date();
  const today = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`;
  const found: Copy[] = [];
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).sort()) {
    let copy: Copy;
    try {
      copy = JSON.parse(localStorage.getItem(key) ?? '') as Copy;
    } catch {
      continue;
    }
    if (isExpired(copy, today)) {
      const left = new Set(open(copy).map(([id]) => id));
      if (left.size === 0) {
        localStorage.removeItem(key);
        continue;
      }
      copy = { ...copy, doors: copy.doors.filter((door) => left.has(door.case)).map((door) => ({ ...door, name: '', code: '', address: '' })) };
      localStorage.setItem(key, JSON.stringify(copy));
    }
    found.push(copy);
  }
  return found;
}

function tell(): void {
  kept = null;
  listeners.forEach((listen) => listen());
}
addEventListener('storage', tell);

export function useCopies(): readonly Copy[] {
  return useSyncExternalStore(
    (listen) => {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    () => (kept ??= read()),
  );
}

export function keep(copy: Copy): void {
  localStorage.setItem(PREFIX + copy.id, JSON.stringify(copy));
  tell();
}

export function remove(id: string): void {
  localStorage.removeItem(PREFIX + id);
  tell();
  if (read().length === 0) void forgetPages();
}

/** Writes an answer down at once, with the time of the first word. */
export function answer(copy: Copy, id: string, changes: Partial<Answer>): void {
  const before = copy.answers[id] ?? { door: '', answer: '', on: '', assessment: '', note: '', at: '' };
  const next = { ...before, ...changes };
  // Who writes what somebody said has met them.
  const door = next.answer !== '' && next.door === '' ? 'met' : next.door;
  const whole = { ...next, door, answer: door === 'met' ? next.answer : '', at: next.at === '' ? new Date().toISOString() : next.at };
  const { [id]: _, ...refused } = copy.refused;
  keep({ ...copy, answers: { ...copy.answers, [id]: whole }, refused });
}

const COLUMNS = ['case', 'door', 'answer', 'on', 'assessment', 'note', 'at'] as const;

/** The answers as a sheet that the server reads by its keys; row 1 is the heading. */
export function sheetOf(answers: readonly (readonly [string, Answer])[]): string {
  const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const row = ([id, said]: readonly [string, Answer]): string => COLUMNS.map((key) => cell(key === 'case' ? id.replace(/^case:/, '') : said[key])).join(',');
  return [COLUMNS.map((key) => `${key} [${key}]`).join(','), ...answers.map(row)].join('\n') + '\n';
}
