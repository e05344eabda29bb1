// Who is responsible, as the graph takes it and as people read it.
import type { CaseLineFragment } from '../graph/generated/types';

export interface Owner {
  readonly unit: string;
  readonly role: string;
  readonly name: string;
}

export const NOBODY: Owner = { unit: '', role: '', name: '' };

const some = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/** As a key to search by; undefined where nothing is asked. */
export function keyOf(owner: Owner): { unit: string | null; role: string | null; name: string | null } | undefined {
  const key = { unit: some(owner.unit), role: some(owner.role), name: some(owner.name) };
  return key.unit === null && key.role === null && key.name === null ? undefined : key;
}

/** As an input: null where no unit is given. */
export function inputOf(owner: Owner): { unit: string; role: string | null; name: string | null } | null {
  return owner.unit === '' ? null : { unit: owner.unit, role: some(owner.role), name: some(owner.name) };
}

export function ownerText(owner: { unit: { name: string } | null; role: string | null; name: string | null } | null): string {
  return owner === null ? '' : [owner.unit?.name, owner.role, owner.name].filter((part) => part != null && part !== '').join(' ');
}

export function ownerOf(owner: CaseLineFragment['owner']): Owner {
  return owner === null ? NOBODY : { unit: owner.unit.code, role: owner.role ?? '', name: owner.name ?? '' };
}

const KEY = 'huitu.me';

/** Whose week this browser shows first: what its user said of themselves. */
export function me(): Owner | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Partial<Owner> | null;
    return kept === null || typeof kept !== 'object' ? null : { unit: String(kept.unit ?? ''), role: String(kept.role ?? ''), name: String(kept.name ?? '') };
  } catch {
    return null;
  }
}

export function rememberMe(owner: Owner | null): void {
  if (owner === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(owner));
}

export function ownerIn(parameters: URLSearchParams): Owner {
  return { unit: parameters.get('unit') ?? '', role: parameters.get('role') ?? '', name: parameters.get('name') ?? '' };
}

export const inAddress = (owner: Owner): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(owner)) if (value !== '') query.set(name, value);
  return query.toString();
};
