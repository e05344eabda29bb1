import { useFormat } from '../language/format';

/** One colour a rule, in the order of the rules; neighbours differ in lightness. */
export const PART_COLOURS = ['#234077', '#45aead', '#b8692c', '#9bd8af', '#783818', '#92c6e5'] as const;

/** Points by rule, one part behind the other; what is taken off has no part. */
export function PointsBar({ lines, most }: { lines: readonly { rule: string; name: string; points: number }[]; most: number }) {
  const f = useFormat();
  let x = 0;
  return (
    <svg className="bar tall" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={lines.map((line) => `${line.name} ${f.decimal(line.points)}`).join(', ')}>
      <rect y="1" width="100" height="8" fill="#eef0f3" />
      {lines.map((line, at) => {
        const width = (Math.max(0, line.points) / most) * 100;
        x += width;
        return (
          <rect key={line.rule} x={x - width} y="1" width={width} height="8" fill={PART_COLOURS[at % PART_COLOURS.length]}>
            <title>{`${line.name} ${f.decimal(line.points)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
