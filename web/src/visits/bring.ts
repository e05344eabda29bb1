// Lists outside the graph: a copy to print or fill in, and what comes back.
import { headers } from '../graph/client';
import { GraphProblem, UNREACHABLE } from '../graph/problem';
import { notePulse } from '../graph/pulse';

interface Row {
  readonly row: number;
  readonly code: string;
  readonly message: string;
}

export interface Receipt {
  readonly read: number;
  readonly counts: number;
  readonly already: number;
  readonly asked: readonly Row[];
  readonly refused: readonly Row[];
  /** Headings of columns that nobody understood. */
  readonly unread: readonly string[];
  readonly pending: boolean;
}

const bare = (id: string): string => id.replace(/^visits:/, '');

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { ...headers(), ...(init.headers as Record<string, string> | undefined) } });
  } catch {
    notePulse(false);
    throw new GraphProblem({ code: UNREACHABLE, message: '', retryable: true });
  }
  if (response.ok) return response;
  const told = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string; requestId: string } };
  throw new GraphProblem(told.error ?? { code: 'INTERNAL', message: `HTTP ${response.status}` });
}

/** A copy as the server gives it out: noted in the audit, refused after its last day. */
/** The doors of a list as data: what a copy without a network holds. The server notes it, and refuses it after the last day. */
export interface TakenList {
  readonly title: string;
  readonly expires: string;
  readonly takenAt: string;
  readonly doors: readonly { case: string; place: number; name: string; creditCode: string; address: string; stageLabel: string }[];
}

export async function takeAlong(id: string): Promise<TakenList> {
  return (await (await send(`/visits/${bare(id)}.json`, {})).json()) as TakenList;
}

export async function copyOf(id: string, kind: 'html' | 'xlsx'): Promise<Blob> {
  return (await send(`/visits/${bare(id)}.${kind}`, {})).blob();
}

export async function bring(id: string, visitor: string, content: Blob | string): Promise<Receipt> {
  const who = visitor.trim() === '' ? '' : `?visitor=${encodeURIComponent(visitor.trim())}`;
  const response = await send(`/visits/${bare(id)}${who}`, { method: 'POST', body: content, headers: { 'content-type': 'application/octet-stream' } });
  return (await response.json()) as Receipt;
}
