// Files that the server makes: receipts, exports. What is refused is told in the server's own words.
import { headers } from './client';
import { GraphProblem, UNAUTHENTICATED, UNREACHABLE } from './problem';
import { noteCaller } from './session';

export async function fileOf(address: string, accept?: string, signal?: AbortSignal): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(address, { headers: { ...headers(), ...(accept === undefined ? {} : { accept }) }, signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new GraphProblem({ code: UNREACHABLE, message: '', retryable: true });
  }
  if (response.ok) return response.blob();
  const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string; requestId: string | null } };
  if (error?.code === UNAUTHENTICATED) noteCaller(false);
  throw new GraphProblem(error ?? { code: 'INTERNAL', message: `HTTP ${response.status}`, requestId: response.headers.get('x-request-id') });
}
