// Views that a person saved: a name and the query of an address. Kept in this browser until the hub keeps them per caller.

const KEY = 'huitu.views';

export interface View {
  readonly name: string;
  readonly query: string;
}

export function savedViews(): readonly View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    if (!Array.isArray(kept)) return [];
    return kept.filter((view: unknown): view is View => {
      const { name, query } = (view ?? {}) as Partial<View>;
      return typeof name === 'string' && typeof query === 'string';
    });
  } catch {
    return [];
  }
}

export function saveView(view: View): readonly View[] {
  const next = [...savedViews().filter((other) => other.name !== view.name), view];
  localStorage.setItem(KEY, JSON.stringify(next));
  return next;
}

export function removeView(name: string): readonly View[] {
  const next = savedViews().filter((view) => view.name !== name);
  localStorage.setItem(KEY, JSON.stringify(next));
  return next;
}
