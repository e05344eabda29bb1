// A page's texts in both languages. The Chinese table is the type: an English key that is missing does not compile.
import { useLanguage, type Language } from './choice';

export type Words<Table> = Readonly<Record<Language, Table>>;

export function words<Table>(zh: Table, en: NoInfer<Table>): Words<Table> {
  return { zh, en };
}

export function useWords<Table>(tables: Words<Table>): Table {
  return tables[useLanguage()];
}
