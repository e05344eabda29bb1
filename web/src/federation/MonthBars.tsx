import { useFormat } from '../language/format';

export interface MonthPoint {
  /** A day or a month: 2026-09-30, 2026-09. */
  readonly on: string;
  readonly count: number;
}

/** A bar a month, the last one darker, with its number above and its month below. */
export function MonthBars({ points, label }: { points: readonly MonthPoint[]; label: string }) {
  const f = useFormat();
  const most = Math.max(1, ...points.map((point) => point.count));
  const [wide, tall] = [52, 64];
  return (
    <svg className="pace-trend" viewBox={`0 0 ${points.length * wide} ${tall + 34}`} role="img" aria-label={`${label}: ${points.map((p) => `${p.on} ${f.count(p.count)}`).join(', ')}`}>
      {points.map((point, at) => {
        const height = (point.count / most) * tall;
        return (
          <g key={point.on} transform={`translate(${at * wide} 0)`}>
            <rect x="8" y={16 + tall - height} width={wide - 16} height={height} fill={at === points.length - 1 ? '#2477a0' : '#9bbfd3'} />
            <text x={wide / 2} y={12 + tall - height} fontSize="11" textAnchor="middle" fill="#1c2330">
              {f.count(point.count)}
            </text>
            <text x={wide / 2} y={tall + 30} fontSize="11" textAnchor="middle" fill="#5a6372">
              {point.on.slice(2, 7)}
            </text>
          </g>
        );
      })}
      <line x1="0" x2={points.length * wide} y1={tall + 16} y2={tall + 16} stroke="#b9c1cc" />
    </svg>
  );
}
