// Which names a map shows where not all fit: none lies on another, and those asked for come first.

export interface Box {
  readonly code: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes are centred on x and y; the first of two that touch stays. */
export function placed(boxes: readonly Box[]): ReadonlySet<string> {
  const kept: Box[] = [];
  for (const box of boxes) {
    const isFree = kept.every(
      (other) => Math.abs(box.x - other.x) * 2 >= box.width + other.width || Math.abs(box.y - other.y) * 2 >= box.height + other.height,
    );
    if (isFree) kept.push(box);
  }
  return new Set(kept.map((box) => box.code));
}

/** Width of a text in pixels: Chinese characters are square, others a little over half as wide. */
export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e80 ? size : size * 0.56), 0);
}
