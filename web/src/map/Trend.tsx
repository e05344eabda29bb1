import { useFormat } from '../language/format';

export interface TrendPoint {
  readonly at: string;
  readonly value: number;
}

/** A line over the editions; the dashed line is the target. */
export function TrendLine({ points, target, label }: { points: readonly TrendPoint[]; target: number | null; label: string }) {
  const f = useFormat();
  const values = [...points.map((p) => p.value), ...(target === null ? [] : [target])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const reach = Math.max(high - low, 0.02);
  const y = (value: number) => 46 - ((value - low) / reach) * 38;
  const x = (at: number) => (points.length < 2 ? 150 : 6 + (at / (points.length - 1)) * 288);
  const last = points.at(-1);
  return (
    <svg className="trend" viewBox="0 0 300 56" role="img" aria-label={`${label}: ${points.map((p) => `${p.at} ${f.percent(p.value)}`).join(', ')}`}>
      {target !== null && <line x1="0" x2="300" y1={y(target)} y2={y(target)} stroke="#5a6372" strokeDasharray="4 3" />}
      <polyline points={points.map((p, at) => `${x(at).toFixed(1)},${y(p.value).toFixed(1)}`).join(' ')} fill="none" stroke="#2477a0" strokeWidth="2" />
      {points.map((p, at) => (
        <circle key={`${p.at}-${at}`} cx={x(at)} cy={y(p.value)} r={p === last ? 4 : 2.5} fill="#2477a0" />
      ))}
    </svg>
  );
}
