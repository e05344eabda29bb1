// Views that an earlier release kept in this browser: a name and the query of an address. They go to the hub, once.
import { ask } from '../graph/client';
import { SaveView } from '../graph/generated/SaveView';

const KEY = 'huitu.views';
export const PAGE = 'gaps';

interface View {
  readonly name: string;
  readonly query: string;
}

function kept(): readonly View[] {
  try {
    const text: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    if (!Array.isArray(text)) return [];
    return text.filter((view: unknown): view is View => {
      const { name, query } = (view ?? {}) as Partial<View>;
      return typeof name === 'string' && typeof query === 'string';
    });
  } catch {
    return [];
  }
}

/** Hands what this browser kept over to the hub; whether there was anything. What the hub refuses stays here. */
export async function handOver(): Promise<boolean> {
  const views = kept();
  if (views.length === 0) return false;
  const left: View[] = [];
  for (const view of views) {
    const { data } = await ask(SaveView, { input: { page: PAGE, ...view } });
    if (data.saveView.userErrors.length > 0) left.push(view);
  }
  if (left.length === 0) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(left));
  return left.length < views.length;
}
