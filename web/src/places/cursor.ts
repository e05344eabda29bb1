/**
 * A cursor right before the place with this code. The list stands in the order of codes, and they are its cursors: nothing lies between
 * this text and the code, so that the place is the first behind it, if it is there.
 */
export function cursorBefore(code: string): string | null {
  const last = code.codePointAt(code.length - 1);
  if (last === undefined || last === 0) return null;
  return `${code.slice(0, -1)}${String.fromCodePoint(last - 1)}\u{10ffff}`;
}
