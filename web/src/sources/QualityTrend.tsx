import type { BatchLineFragment } from '../graph/generated/types';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { sourceWords } from './words';

const WIDTH = 300;
const HEIGHT = 60;

/** How much of each batch could not be read, oldest first. */
export function QualityTrend({ batches }: { batches: readonly BatchLineFragment[] }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const read = [...batches].filter((batch) => batch.read > 0).reverse();
  if (read.length < 2) return null;
  const shares = read.map((batch) => batch.quarantined / batch.read);
  const most = Math.max(...shares, 0.01);
  const step = WIDTH / read.length;
  const told = read.map((batch, at) => `${f.day(batch.startedAt)} ${f.percent(shares[at])}`);
  return (
    <figure className="quality-trend">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={f.named(t.refusedOverTime, f.list(told))}>
        <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} stroke="#8b96a5" />
        {shares.map((share, at) => {
          const high = Math.max(share === 0 ? 0 : 2, (share / most) * (HEIGHT - 6));
          return (
            <rect key={read[at]?.id} x={at * step + 2} width={Math.max(2, Math.min(24, step - 4))} y={HEIGHT - 1 - high} height={high} fill={share > 0.01 ? '#b8692c' : '#2477a0'}>
              <title>{told[at]}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption className="muted small">
        {t.refusedOverTime} {f.list([told[0] ?? '', told.at(-1) ?? ''])}
      </figcaption>
    </figure>
  );
}
