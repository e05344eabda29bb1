import { useCode } from '../language/codes';
import { NOTHING, useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import type { Card } from './card';
import { enterpriseWords } from './words';

interface Moment {
  readonly at: string | null;
  readonly text: string;
  readonly more: string;
}

/** What happened, newest first: changes between editions, disputes, events. */
export function Timeline({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const name = useWords(terms);
  const f = useFormat();
  const code = useCode();
  const text = (value: string | null) => (value === null || value === '' ? NOTHING : code('values', value));
  const moments: Moment[] = [
    ...(card.history?.nodes ?? []).map((change) => ({
      at: change.at,
      text: f.named(change.field === null ? (t.changes[change.what] ?? change.what) : name.field[change.field], `${text(change.from)} → ${text(change.to)}`),
      more: [t.edition(change.editionNumber), change.registry?.title ?? ''].filter(Boolean).join(' · '),
    })),
    ...(card.disputes ?? []).map((dispute) => ({
      at: dispute.on,
      text: f.named(t.disputes, `${dispute.kind} ${dispute.summary ?? ''}`),
      more: dispute.people === null ? '' : t.people(f.count(dispute.people)),
    })),
    ...(card.events?.nodes ?? []).map((event) => ({ at: event.on, text: f.named(t.events, event.title ?? event.kind), more: '' })),
  ].sort((a, b) => (b.at ?? '').localeCompare(a.at ?? ''));
  return (
    <section className="card">
      <h2>{t.timeline}</h2>
      {moments.length === 0 ? (
        <p className="muted">{t.noTimeline}</p>
      ) : (
        <ol className="timeline">
          {moments.map((moment, at) => (
            <li key={at}>
              <time>{f.day(moment.at)}</time>
              <span>
                {moment.text} <span className="muted">{moment.more}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
