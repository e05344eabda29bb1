import { Link } from '../app/Link';
import { Table } from '../app/Table';
import type { PolicyFiguresFragment, PolicyPreviewQuery } from '../graph/generated/types';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { administrationWords } from './words';

type Found = NonNullable<PolicyPreviewQuery['policyPreview']>;

/** What a preview found: how many would stand how, who moves, and how much of the beginning of the list stays. */
export function PolicyChanges({ found }: { found: Found }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  const name = useWords(terms);
  const figures = ['inScope', 'above', 'sizeUnknown', 'lacking', 'undecided', 'covered', 'established'] as const satisfies readonly (keyof PolicyFiguresFragment)[];
  const signed = (n: number) => (n > 0 ? `+${f.count(n)}` : f.count(n));
  return (
    <div className="policy-changes" role="status">
      <p>
        {t.judgedOn(found.judgedOn)} {found.judged === found.of ? t.judgedAll(f.count(found.of)) : t.judgedSome(f.count(found.judged), f.count(found.of))}
      </p>
      <Table label={t.preview} heads={[t.figure, { number: t.now }, { number: t.then }, { number: t.difference }]}>
        {figures.map((figure) => (
          <tr key={figure}>
            <th scope="row">{t.figures[figure]}</th>
            <td className="number">{f.count(found.now[figure])}</td>
            <td className="number">{f.count(found.then[figure])}</td>
            <td className="number">{signed(found.then[figure] - found.now[figure])}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">{t.figures.coverageRate}</th>
          <td className="number">{f.percent(found.now.coverageRate)}</td>
          <td className="number">{f.percent(found.then.coverageRate)}</td>
          <td className="number">{found.now.coverageRate === null || found.then.coverageRate === null ? '—' : f.points(found.then.coverageRate - found.now.coverageRate)}</td>
        </tr>
      </Table>
      <p>{t.beginning(f.count(found.stays), f.count(found.beginning))}</p>
      {found.moves.length === 0 ? (
        <p className="muted">{t.nobodyMoves}</p>
      ) : (
        <ul>
          {found.moves.map(({ from, to, enterprises }) => (
            <li key={`${from} ${to}`}>
              {name.gap[from]} → {name.gap[to]}: <strong>{f.count(enterprises)}</strong>
            </li>
          ))}
        </ul>
      )}
      {found.moved.length > 0 && (
        <details>
          <summary>{t.moved(f.count(found.moved.length))}</summary>
          <ul>
            {found.moved.map(({ from, to, enterprise }) => (
              <li key={enterprise.id}>
                <Link to={`/e/${enterprise.id}`}>{enterprise.name}</Link>{' '}
                <span className="muted">
                  {name.gap[from]} → {name.gap[to]}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

