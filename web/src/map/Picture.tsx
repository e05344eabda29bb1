import { useFormat } from '../language/format';
import { placeKinds } from '../federation/address';
import { federationWords } from '../federation/words';
import { MARKS } from '../places/Mark';
import { useWords } from '../language/words';
import type { Figure } from './figure';
import { textWidth } from './labels';
import { classOf, type Classes, type Measure } from './measures';
import type { Outline } from './outlines';
import type { PlaceMark } from './placeMarks';
import { SvgMap, type Streets } from './SvgMap';
import { mapWords } from './words';

const WIDTH = 1200;
const LEAST_HEIGHT = 1100;
const NOTES_AT = 1048;
const INK = '#1c2330';
const MUTED = '#5a6372';
const SMALL = 14;

/** A map to take away: title, day, legend with n, sources, and what the boundaries are. */
export function Picture(props: {
  outlines: readonly Outline[];
  figures: ReadonlyMap<string, Figure>;
  measure: Measure;
  classes: Classes;
  selected: string | null;
  withCounts: boolean;
  places?: readonly PlaceMark[];
  edition: { number: number; asOf: string };
  sources: string;
  streets?: Streets | null;
  /** Whose the outlines are, and what they are not. */
  boundaries: string;
}) {
  const t = useWords(mapWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const kinds = placeKinds.map((kind) => ({ kind, count: (props.places ?? []).filter((place) => place.kind === kind).length })).filter(({ count }) => count > 0);
  const { measure, classes, figures } = props;
  const write = (limit: number) => (measure.kind === 'diverging' ? f.points(limit).replace(/ .*/, '') : `${f.decimal(limit * 100).replace(/\.0$/, '')}%`);
  const step = 96;
  const notes = [...linesOf(t.source(props.sources)), ...linesOf(props.boundaries)];
  const height = Math.max(LEAST_HEIGHT, NOTES_AT + notes.length * 20 + 12);
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${WIDTH} ${height}`}
      width={WIDTH}
      height={height}
      fontFamily="Noto Sans CJK SC, Source Han Sans SC, PingFang SC, HarmonyOS Sans SC, Microsoft YaHei, system-ui, sans-serif"
    >
      <rect width={WIDTH} height={height} fill="#ffffff" />
      <text x="40" y="62" fontSize="30" fontWeight="700" fill={INK}>
        {t.measures[measure.key]}
      </text>
      <text x="40" y="94" fontSize="17" fill={MUTED}>
        {`${t.of[measure.key]} · ${t.edition(props.edition.number, props.edition.asOf)}`}
      </text>
      <g transform="translate(0 110)">
        <SvgMap {...props} width={WIDTH} height={830} noData={t.noData} label={t.measures[measure.key]} size={15} />
      </g>
      <g transform="translate(40 972)" fontSize="15" fill={INK}>
        {classes.colours.map((colour, at) => {
          const count = [...figures.values()].filter((x) => measure.value(x) !== null && classOf(classes.breaks, measure.value(x) ?? 0) === at).length;
          return (
            <g key={colour} transform={`translate(${at * step} 0)`}>
              <rect width={step} height="18" fill={colour} />
              {at < classes.breaks.length && (
                <text x={step} y="36" textAnchor="middle">
                  {write(classes.breaks[at] ?? 0)}
                </text>
              )}
              <text x={step / 2} y="56" textAnchor="middle" fill={MUTED}>
                {t.n(count)}
              </text>
            </g>
          );
        })}
        <g transform={`translate(${classes.colours.length * step + 32} 0)`}>
          <rect width="30" height="18" fill="#d8d8d4" />
          <path d="M0 18L18 0M12 18L30 0M-4 10L6 0M24 18L30 12" stroke="#9a9a94" strokeWidth="2" />
          <text x="40" y="14">
            {t.noDataKey}
          </text>
          {props.withCounts && (
            <>
              <circle cx="15" cy="40" r="8" fill="#ffffff" stroke="#b3124a" strokeWidth="2" />
              <text x="40" y="46">
                {t.gapKey}
              </text>
            </>
          )}
        </g>
        {kinds.map(({ kind, count }, at) => (
          <g key={kind} transform={`translate(${classes.colours.length * step + 350} ${at * 22 - 10})`}>
            <path transform="translate(10 14)" d={MARKS[kind].path(7)} fill={MARKS[kind].colour} />
            <text x="28" y="19">{`${g.kinds.place[kind]} ${t.n(count)}`}</text>
          </g>
        ))}
      </g>
      {notes.map((line, at) => (
        <text key={at} x="40" y={NOTES_AT + at * 20} fontSize={SMALL} fill={MUTED}>
          {line}
        </text>
      ))}
    </svg>
  );
}

/** A text in lines as wide as the picture: nothing of whose the boundaries are is cut. */
function linesOf(text: string): string[] {
  const lines = [''];
  for (const word of text.match(/[\x21-\x7e]+ ?|./gu) ?? []) {
    if (textWidth(lines.at(-1) + word, SMALL) > WIDTH - 80) lines.push('');
    lines[lines.length - 1] += word;
  }
  return lines;
}
