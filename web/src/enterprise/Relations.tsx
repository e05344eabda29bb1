import { go } from '../app/address';
import { Link } from '../app/Link';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import type { Card } from './card';
import { enterpriseWords } from './words';

interface Tie {
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  readonly id: string | null;
  readonly more: string;
  /** The other one stands above: head office, investor, agency. */
  readonly isAbove: boolean;
}

const MOST_DRAWN = 8;

/** Who hangs together with this enterprise: a small drawing, and the same as a list. */
export function Relations({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const ties = useTies(card);
  const branches = (card.branches?.totalCount ?? 0) - (card.branches?.nodes.length ?? 0);
  return (
    <section className="card">
      <h2>{t.relations}</h2>
      {ties.length === 0 ? (
        <p className="muted">{t.noRelations}</p>
      ) : (
        <>
          <Drawing ties={ties} name={card.name} />
          <ul className="ties">
            {ties.map((tie) => (
              <li key={tie.key}>
                <span className="chip">{tie.kind}</span> {tie.id === null ? tie.name : <Link to={`/e/${tie.id}`}>{tie.name}</Link>} <span className="muted">{tie.more}</span>
              </li>
            ))}
            {branches > 0 && <li className="muted">{t.more(branches)}</li>}
          </ul>
        </>
      )}
    </section>
  );
}

function useTies(card: Card): readonly Tie[] {
  const t = useWords(enterpriseWords);
  const name = useWords(terms);
  const f = useFormat();
  const ties: Tie[] = [];
  const share = (percent: number | null) => (percent === null ? '' : `${f.decimal(percent)}%`);
  const tie = (kind: string, other: { id: string; name: string } | null, written: string | null, more: string, isAbove: boolean) => {
    const shown = other?.name ?? written;
    if (shown === null || shown === undefined) return;
    const key = `${kind} ${other?.id ?? shown}`;
    if (!ties.some((before) => before.key === key)) ties.push({ key, kind, name: shown, id: other?.id ?? null, more, isAbove });
  };
  if (card.branchOf !== null) tie(t.head, card.branchOf, null, '', true);
  card.investors?.forEach((i) => tie(t.investedBy, null, i.investorName, [i.country, share(i.sharePercent)].filter(Boolean).join(' '), true));
  card.dispatchedFrom?.nodes.forEach((d) => tie(t.dispatchedFrom, d.agency, d.agencyName, d.workers === null ? '' : t.workers(f.count(d.workers)), true));
  card.branches?.nodes.forEach((b) => tie(t.branch, b, null, '', false));
  card.investments?.forEach((i) => tie(t.invests, i.investee, null, share(i.sharePercent), false));
  card.dispatchesTo?.nodes.forEach((d) => tie(t.dispatchesTo, d.host, d.hostName, d.workers === null ? '' : t.workers(f.count(d.workers)), false));
  card.relations?.forEach((relation) => {
    const other = relation.from?.id === card.id ? relation.to : relation.from;
    if (relation.kind === 'BRANCH_OF' && ties.some((before) => before.id === other?.id)) return;
    tie(name.relation[relation.kind], other?.id === card.id ? null : other, relation.name, relation.since ?? '', relation.from?.id === card.id);
  });
  return ties;
}

function Drawing({ ties, name }: { ties: readonly Tie[]; name: string }) {
  const t = useWords(enterpriseWords);
  const above = ties.filter((tie) => tie.isAbove).slice(0, MOST_DRAWN / 2);
  const below = ties.filter((tie) => !tie.isAbove).slice(0, MOST_DRAWN / 2);
  const width = 480;
  const middle = above.length > 0 ? 108 : 40;
  const height = middle + (below.length > 0 ? 108 : 40);
  const x = (at: number, of: number) => ((at + 0.5) / of) * width;
  const short = (text: string, letters: number) => (text.length > letters ? `${text.slice(0, letters - 1)}…` : text);
  const side = (list: readonly Tie[], y: number, edge: number) =>
    list.map((tie, at) => {
      const [left, room] = [x(at, list.length), Math.floor(width / list.length / 12) - 1];
      return (
        <g key={tie.key} cursor={tie.id === null ? undefined : 'pointer'} onClick={tie.id === null ? undefined : () => go(`/e/${tie.id}`)}>
          <line x1={left} y1={y + edge} x2={width / 2} y2={middle - edge} stroke="#9aa5b4" />
          <rect x={left - (width / list.length) * 0.46} y={y - 22} width={(width / list.length) * 0.92} height="44" rx="5" fill="#fff" stroke="#b9c1cc" />
          <text x={left} y={y - 5} fontSize="11" textAnchor="middle" fill="#5a6372">
            {tie.kind}
          </text>
          <text x={left} y={y + 12} fontSize="12" textAnchor="middle" fill="#1c2330">
            {short(tie.name, room)}
            <title>{tie.name}</title>
          </text>
        </g>
      );
    });
  return (
    <svg className="relations" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${t.relationsLabel}: ${ties.map((tie) => `${tie.kind} ${tie.name}`).join(', ')}`}>
      {side(above, 28, 22)}
      {side(below, height - 28, -22)}
      <rect x="90" y={middle - 20} width={width - 180} height="40" rx="5" fill="#e6f0fa" stroke="#0b5ea8" />
      <text x={width / 2} y={middle + 5} fontSize="13" fontWeight="650" textAnchor="middle" fill="#1c2330">
        {short(name, 22)}
      </text>
    </svg>
  );
}
