import { useId, useMemo } from 'react';
import { go } from '../app/address';
import { format } from '../language/format';
import { useLanguage } from '../language/choice';
import type { Figure } from './figure';
import { placed, textWidth, type Box } from './labels';
import { classOf, type Classes, type Measure } from './measures';
import { MARKS } from '../places/Mark';
import type { PlaceMark } from './placeMarks';
import { pathOf, projectionOf, type Outline } from './outlines';

const INK = '#1c2330';
const GAP = '#b3124a';

/** The streets of the selected district, where their outlines are there. */
export interface Streets {
  readonly outlines: readonly Outline[];
  readonly figures: ReadonlyMap<string, Figure>;
  readonly selected: string | null;
  readonly onSelect?: (code: string) => void;
}

/**
 * The districts painted by a measure, as one picture that prints and saves as it is: all colours are attributes. Areas without
 * a value are hatched. A selected district fills the picture, the others pale around it; its streets are painted in its place where
 * their outlines are there.
 */
export function SvgMap({
  outlines,
  figures,
  measure,
  classes,
  width,
  height,
  selected,
  withCounts,
  noData,
  label,
  onSelect,
  places = [],
  streets = null,
  size = 13,
  left = 0,
  below = 0,
}: {
  outlines: readonly Outline[];
  figures: ReadonlyMap<string, Figure>;
  measure: Measure;
  classes: Classes;
  width: number;
  height: number;
  selected: string | null;
  withCounts: boolean;
  noData: string;
  label: string;
  onSelect?: (code: string | null) => void;
  /** Places of the federation, each with its mark. */
  places?: readonly PlaceMark[];
  streets?: Streets | null;
  size?: number;
  /** Pixels on the left where something lies on the map. */
  left?: number;
  /** Pixels at the bottom where something lies on the map. */
  below?: number;
}) {
  const hatch = useId();
  const t = format(useLanguage());
  const shown = useMemo(() => outlines.filter((o) => o.geometry !== null && o.geometry.type !== 'Point'), [outlines]);
  const focus = shown.filter((o) => o.id === selected);
  const framed = focus.length > 0 ? focus : shown;
  const margin = focus.length > 0 ? 48 : 20;
  const unit = useMemo(() => projectionOf(framed, 1), [framed.map((o) => o.id).join()]);
  const scale = Math.max(1, Math.min(width - left - 2 * margin, (height - below - 2 * margin) / unit.height));
  const projection = useMemo(() => projectionOf(framed, scale), [unit, scale]);
  const [dx, dy] = [left + (width - left - projection.width) / 2, (height - below - projection.height) / 2];

  const colourOf = (value: number | null) => (value === null ? `url(#${hatch})` : classes.colours[classOf(classes.breaks, value)]);
  const write = (figure: Figure | undefined): string => {
    const value = figure === undefined ? null : measure.value(figure);
    if (value === null) return noData;
    return measure.kind === 'diverging' ? t.points(value).replace(/ .*/, '') : t.percent(value);
  };
  const parts = focus.length > 0 && streets !== null && streets.outlines.length > 0 ? streets : null;
  const isPart = new Set(parts?.outlines.map((outline) => outline.id));
  const labelled = parts === null ? shown : [...shown.filter((outline) => outline.id !== selected), ...parts.outlines];
  const isLit = (code: string) => selected === null || selected === code || isPart.has(code);
  const names = labelled.flatMap((outline) => {
    const at = outline.properties.labelPoint;
    if (at === null) return [];
    const [x, y] = projection.point([...at]);
    const figure = isPart.has(outline.id) ? parts?.figures.get(outline.id) : figures.get(outline.id);
    const value = write(figure);
    const wide = Math.max(textWidth(outline.properties.name, size), textWidth(value, size)) + 6;
    return [{ outline, figure, value, x: x + dx, y: y + dy, wide }];
  });
  const boxes: Box[] = names
    .filter((n) => n.x > 0 && n.x < width && n.y > 0 && n.y < height)
    .sort((a, b) => Number(isLit(b.outline.id)) - Number(isLit(a.outline.id)) || Number(b.outline.id === parts?.selected) - Number(a.outline.id === parts?.selected) || (b.figure?.row.inGap ?? 0) - (a.figure?.row.inGap ?? 0))
    .map((n) => ({ code: n.outline.id, x: n.x, y: n.y, width: n.wide, height: size * (withCounts ? 4.6 : 2.7) }));
  const visible = placed(boxes);

  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
      fontFamily="Noto Sans CJK SC, Source Han Sans SC, PingFang SC, HarmonyOS Sans SC, Microsoft YaHei, system-ui, sans-serif"
    >
      <defs>
        <pattern id={hatch} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="8" height="8" fill="#d8d8d4" />
          <rect width="2.400" height="8" fill="#9a9a94" />
        </pattern>
      </defs>
      <g transform={`translate(${dx.toFixed(1)} ${dy.toFixed(1)})`}>
        {shown.map((outline) => {
          const figure = figures.get(outline.id);
          const value = figure === undefined ? null : measure.value(figure);
          return (
            <path
              key={outline.id}
              data-code={outline.id}
              d={pathOf(outline.geometry, projection)}
              fill={parts !== null && outline.id === selected ? '#ffffff' : colourOf(value)}
              fillRule="evenodd"
              opacity={selected !== null && selected !== outline.id ? 0.22 : 1}
              stroke={measure.kind === 'diverging' ? '#8b96a5' : '#ffffff'}
              strokeWidth={measure.kind === 'diverging' ? 0.7 : 1}
              strokeLinejoin="round"
              cursor={onSelect === undefined ? undefined : 'pointer'}
              onClick={onSelect === undefined ? undefined : () => onSelect(outline.id === selected ? null : outline.id)}
            >
              <title>{`${outline.properties.name} ${write(figure)}`}</title>
            </path>
          );
        })}
        {parts?.outlines.map((outline) => {
          const figure = parts.figures.get(outline.id);
          const value = figure === undefined ? null : measure.value(figure);
          // Where there is no enterprise there is nothing to choose.
          const choose = figure === undefined ? undefined : parts.onSelect;
          return (
            <path
              key={outline.id}
              data-street={outline.id}
              d={pathOf(outline.geometry, projection)}
              fill={colourOf(value)}
              fillRule="evenodd"
              opacity={parts.selected !== null && parts.selected !== outline.id ? 0.45 : 1}
              stroke={measure.kind === 'diverging' ? '#8b96a5' : '#ffffff'}
              strokeWidth="0.8"
              strokeLinejoin="round"
              cursor={choose === undefined ? undefined : 'pointer'}
              onClick={choose === undefined ? undefined : () => choose(outline.id)}
            >
              <title>{`${outline.properties.name} ${write(figure)}`}</title>
            </path>
          );
        })}
        {parts?.outlines
          .filter((outline) => outline.id === parts.selected)
          .map((outline) => (
            <path key={outline.id} d={pathOf(outline.geometry, projection)} fill="none" stroke={INK} strokeWidth="2" strokeLinejoin="round" pointerEvents="none" />
          ))}
        {focus.map((outline) => (
          <path key={outline.id} d={pathOf(outline.geometry, projection)} fill="none" stroke={INK} strokeWidth="2.500" strokeLinejoin="round" pointerEvents="none" />
        ))}
      </g>
      {places.map((place) => {
        const [x, y] = projection.point([...place.at]);
        return (
          <path
            key={place.code}
            data-place={place.code}
            transform={`translate(${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)})`}
            d={MARKS[place.kind].path(focus.length > 0 ? 7 : 5)}
            fill={MARKS[place.kind].colour}
            stroke="#ffffff"
            strokeWidth="1.2"
            cursor={onSelect === undefined ? undefined : 'pointer'}
            onClick={onSelect === undefined ? undefined : () => go(`/places/${encodeURIComponent(place.code)}`)}
          >
            <title>{place.name}</title>
          </path>
        );
      })}
      {names
        .filter((n) => visible.has(n.outline.id))
        .map((n) => {
          const gap = n.figure?.row.inGap ?? 0;
          const radius = Math.min(22, 8 + Math.sqrt(gap) * 0.7);
          const top = withCounts && gap > 0 ? radius + size : 0;
          return (
            <g key={n.outline.id} pointerEvents="none" opacity={isLit(n.outline.id) ? 1 : 0.4}>
              {withCounts && gap > 0 && (
                <>
                  <circle cx={n.x} cy={n.y} r={radius} fill="#ffffff" stroke={GAP} strokeWidth="2" />
                  <text x={n.x} y={n.y} dy="0.350em" fontSize={size - 2} textAnchor="middle" fill={GAP}>
                    {t.count(gap)}
                  </text>
                </>
              )}
              <text x={n.x} y={n.y + top} fontSize={size} textAnchor="middle" fill={INK} stroke="#ffffff" strokeWidth="3" strokeLinejoin="round" paintOrder="stroke">
                <tspan x={n.x} dy="-0.150em">
                  {n.outline.properties.name}
                </tspan>
                <tspan x={n.x} dy="1.200em">
                  {n.value}
                </tspan>
              </text>
            </g>
          );
        })}
    </svg>
  );
}
