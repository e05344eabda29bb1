import { Link } from '../app/Link';
import { Evidence } from '../enterprise/Evidence';
import type { EnterpriseField, PairFragment } from '../graph/generated/types';
import { useCode } from '../language/codes';
import { NOTHING, useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { difference, type Run } from './difference';
import { reviewWords } from './words';

type Side = PairFragment['left'];

/** Two records next to each other, field by field, with the characters that differ marked; below, what the comparison found. */
export function SideBySide({ pair }: { pair: PairFragment }) {
  const t = useWords(reviewWords);
  const f = useFormat();
  const name = useWords(terms);
  const code = useCode();
  const rows = rowsOf(pair);
  const isPair = pair.kind === 'PAIR';
  const head = (side: Side) =>
    side === null ? (
      <span className="muted">{t.noRecord}</span>
    ) : (
      <>
        {side.registry.title} <code>{side.key}</code>
        {side.observedAt !== null && <span className="muted small"> {f.day(side.observedAt)}</span>}
      </>
    );
  return (
    <>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t.differs}>
        <table className="grid pair">
          <thead>
            <tr>
              <th scope="col">{t.field}</th>
              <th scope="col">{head(pair.left)}</th>
              {isPair && <th scope="col">{head(pair.right)}</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const [left, right] = row.left !== null && row.right !== null ? difference(row.left, row.right) : [whole(row.left), whole(row.right)];
              return (
                <tr key={row.key}>
                  <th scope="row">{row.field === null ? row.key : name.field[row.field]}</th>
                  <td>
                    <Runs runs={left} />
                  </td>
                  {isPair && (
                    <td>
                      <Runs runs={right} />
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {isPair && <p className="muted small">{t.differs}</p>}
      <p>
        <span className="muted">{t.now} </span>
        {pair.enterprises.map((enterprise, at) => (
          <span key={enterprise.id}>
            {at > 0 && ' · '}
            <Link to={`/e/${enterprise.id}`}>{enterprise.name}</Link> {enterprise.gap !== null && <span className="chip">{code('values', enterprise.gap.status)}</span>}
          </span>
        ))}
      </p>
      {pair.evidence.length > 0 && (
        <details open={innerWidth > 860}>
          <summary>{`${t.evidence} · ${t.weight} ${f.decimal(pair.weight)}`}</summary>
          <Evidence evidence={pair.evidence} />
        </details>
      )}
    </>
  );
}

interface Row {
  readonly key: string;
  readonly field: EnterpriseField | null;
  readonly left: string | null;
  readonly right: string | null;
}

/** Fields both speak of come first; then what only one says. */
function rowsOf({ left, right, evidence, kind }: PairFragment): readonly Row[] {
  // A record in no enterprise cannot be read; what the comparison saw of it is shown instead.
  const seen: Readonly<Record<string, EnterpriseField>> = { name: 'NAME', address: 'ADDRESS', employees: 'EMPLOYEES', established: 'ESTABLISHED_ON' };
  const compared = (isLeft: boolean): NonNullable<NonNullable<Side>['fields']> =>
    evidence.flatMap((feature) => {
      const [field, raw] = [seen[feature.feature], isLeft ? feature.left : feature.right];
      return field === undefined || raw === null ? [] : [{ column: feature.feature, raw, field, value: raw }];
    });
  const said = (side: Side, isLeft: boolean) => side?.fields ?? (kind === 'PAIR' ? compared(isLeft) : []);
  const [lefts, rights] = [said(left, true), said(right, false)];
  const text = (fields: typeof lefts, field: EnterpriseField) => fields.find((f) => f.field === field && (f.raw ?? '') !== '')?.raw ?? null;
  const fields = [...new Set([...lefts, ...rights].flatMap((f) => (f.field === null ? [] : [f.field])))];
  const known = fields
    .map((field) => ({ key: field, field, left: text(lefts, field), right: text(rights, field) }))
    .filter((row) => row.left !== null || row.right !== null)
    .sort((a, b) => Number(b.left !== null && b.right !== null) - Number(a.left !== null && a.right !== null));
  const other = (side: Side, isLeft: boolean): Row[] =>
    (side?.fields ?? [])
      .filter((f) => f.field === null && (f.raw ?? '') !== '' && f.raw !== side?.key)
      .map((f) => ({ key: f.column, field: null, left: isLeft ? f.raw : null, right: isLeft ? null : f.raw }));
  const merged = new Map<string, Row>();
  for (const row of [...other(left, true), ...other(right, false)]) {
    const before = merged.get(row.key);
    merged.set(row.key, before === undefined ? row : { ...before, left: before.left ?? row.left, right: before.right ?? row.right });
  }
  return [...known, ...merged.values()];
}

function whole(text: string | null): Run[] {
  return text === null ? [] : [{ text, isSame: true }];
}

function Runs({ runs }: { runs: readonly Run[] }) {
  if (runs.length === 0) return <span className="muted">{NOTHING}</span>;
  return runs.map((run, at) => (run.isSame ? <span key={at}>{run.text}</span> : <mark key={at}>{run.text}</mark>));
}
