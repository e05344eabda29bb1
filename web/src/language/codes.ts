// The words of codes, as the program itself speaks.
import { useLanguage, type Language } from './choice';
import { codes } from './generated/codes';

export type CodeTable = keyof typeof codes;

/** The text of a code; the code itself where it has none. */
export function codeText(table: CodeTable, code: string, lang: Language): string {
  return codes[table][code]?.[lang] ?? code;
}

export function useCode(): (table: CodeTable, code: string) => string {
  const lang = useLanguage();
  return (table, code) => codeText(table, code, lang);
}

/** A level of agreement may mean another thing in one feature: `feature.level` goes before. */
export function levelText(feature: string, level: string, lang: Language): string {
  const special = codeText('levels', `${feature}.${level}`, lang);
  return special === `${feature}.${level}` ? codeText('levels', level, lang) : special;
}

export function codesOf(table: CodeTable): readonly string[] {
  return Object.keys(codes[table]);
}
