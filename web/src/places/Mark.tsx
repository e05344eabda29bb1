import type { UnionPlaceKind } from '../graph/generated/types';

/** Shape and colour of a kind on the map: told apart by shape alone, too. */
export const MARKS: Readonly<Record<UnionPlaceKind, { colour: string; path: (size: number) => string }>> = {
  CENTRE: { colour: '#8f1d14', path: (r) => `M0,${-r * 1.25}L${r * 1.2},${r * 0.85}H${-r * 1.2}Z` },
  STATION: { colour: '#0b5ea8', path: (r) => `M${-r * 0.85},0a${r * 0.85},${r * 0.85} 0 1,0 ${r * 1.7},0a${r * 0.85},${r * 0.85} 0 1,0 ${-r * 1.7},0Z` },
  BUILDING: { colour: '#1c2330', path: (r) => `M${-r * 0.85},${-r * 0.85}h${r * 1.7}v${r * 1.7}h${-r * 1.7}Z` },
  PARK: { colour: '#1b6b3a', path: (r) => `M0,${-r * 1.2}L${r * 1.2},0L0,${r * 1.2}L${-r * 1.2},0Z` },
};

export function Mark({ kind }: { kind: UnionPlaceKind }) {
  return (
    <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true" className="mark">
      <path d={MARKS[kind].path(6)} fill={MARKS[kind].colour} stroke="#ffffff" strokeWidth="1" />
    </svg>
  );
}

/** The mark of a kind of place as a picture, at twice the size for dense screens. */
export function picture(mark: (typeof MARKS)[keyof typeof MARKS]): ImageData {
  const side = 36;
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const pen = canvas.getContext('2d');
  if (pen === null) return new ImageData(side, side);
  pen.translate(side / 2, side / 2);
  const path = new Path2D(mark.path(12));
  pen.fillStyle = mark.colour;
  pen.strokeStyle = '#ffffff';
  pen.lineWidth = 2.4;
  pen.fill(path);
  pen.stroke(path);
  return pen.getImageData(0, 0, side, side);
}
