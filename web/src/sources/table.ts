// A small table as a file for a spreadsheet: with a byte order mark, and no cell that a spreadsheet takes for a formula.

export function csvOf(rows: readonly (readonly string[])[]): Blob {
  const cell = (text: string): string => {
    const isFormula = /^[=+\-@\t\r＝＋－＠]/.test(text) && !/^[+-]?\d+(\.\d+)?%?$/.test(text);
    const safe = isFormula ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return new Blob([`\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' });
}
