import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useParameters } from '../app/address';
import { useEditionNumber } from '../app/standing';
import { useToken } from '../graph/session';
import { useLanguage } from '../language/choice';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Empty } from '../states/Empty';
import { Failed } from '../states/Failed';
import { NoLonger } from '../states/NoLonger';
import { Chips, useChips } from './Chips';
import { ColumnChoice } from './ColumnChoice';
import { areColumns, shownColumns } from './columns';
import { Export } from './Export';
import { chosenOf, filterNames, filterOf } from './filter';
import { Filters } from './Filters';
import { Grid } from './Grid';
import { isOrder, orderBy, orderOf } from './order';
import { Parts } from './Parts';
import { Rows } from './rows';
import { Search } from './Search';
import { Selection, type Ticked } from './Selection';
import { Views } from './Views';
import { gapWords } from './words';
import './gaps.css';

/** Every enterprise of the list, however many: filtered, searched, ordered, selected, exported; all of it in the address. */
export default function GapsPage() {
  const t = useWords(gapWords);
  const f = useFormat();
  const lang = useLanguage();
  const [parameters, set] = useParameters();
  const chosen = chosenOf(parameters);
  const at = parameters.get('at');
  const order = orderOf(parameters.get('sort'));
  const edition = useEditionNumber();
  const token = useToken();
  const asked = JSON.stringify({ filter: filterOf(chosen), orderBy: orderBy(order), asOf: at });
  const [rows, setRows] = useState<Rows | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [selected, setTicked] = useState<Ticked>(new Map());
  // The filter under which the first was ticked.
  const [tickedIn, setTickedIn] = useState('');
  const filtered = JSON.stringify(filterOf(chosen));
  const setSelected = (next: Ticked) => {
    if (selected.size === 0) setTickedIn(filtered);
    setTicked(next);
  };
  const shown = useMemo(() => shownColumns(parameters.get('cols')), [parameters.get('cols')]);
  const chips = useChips(chosen);

  useEffect(() => {
    const made = new Rows(JSON.parse(asked) as ConstructorParameters<typeof Rows>[0]);
    made.want(0, 0);
    // The list before stays until the new one has rows.
    const left = made.subscribe(() => {
      setRows(made);
      left();
    });
    return () => {
      left();
      made.close();
    };
    // A new edition, another language and another caller are other rows.
  }, [asked, lang, token, attempt, at === null ? edition : null]);
  useSyncExternalStore(rows?.subscribe ?? never, () => rows?.version ?? -1);

  const clear = () => set(Object.fromEntries(filterNames.map((name) => [name, null])));
  const retry = () => setAttempt(attempt + 1);
  const total = rows?.total ?? null;
  return (
    <div className="gaps">
      <div className="gaps-head">
        <h1 className="hidden">{t.title}</h1>
        <div className="row">
          <Search text={chosen.text} />
          <Parts chosen={chosen} at={at} />
          <Filters chosen={chosen} />
          <p role="status" className="hidden">
            {total === null ? '' : t.total(f.count(total))}
          </p>
          <div className="row ends">
            <Views />
            <ColumnChoice shown={shown} />
            <Export chosen={chosen} order={order} at={at} columns={shown} total={total} />
          </div>
        </div>
        {chosen.unknown.length > 0 && (
          <p className="said" role="alert">
            {t.unknown(f.list(chosen.unknown.slice(0, 5)) + (chosen.unknown.length > 5 ? ` … (${chosen.unknown.length})` : ''))}
          </p>
        )}
        <NoLonger known={{ sort: isOrder, cols: areColumns }} />
        <Chips chips={chips} onClear={clear} />
        {selected.size > 0 && <Selection selected={selected} isOfOther={filtered !== tickedIn} filter={filterOf(chosen)} onClear={() => setTicked(new Map())} />}
      </div>
      {rows?.problem != null && rows.total === null ? (
        <Failed problem={rows.problem} onRetry={retry} />
      ) : total === 0 ? (
        <Empty filters={chips.map((chip) => chip.label)} onClear={clear} />
      ) : (
        <>
          {rows?.problem != null && <Failed problem={rows.problem} onRetry={retry} />}
          <Grid rows={rows} columns={shown} order={order} selected={selected} onSelect={setSelected} />
        </>
      )}
    </div>
  );
}

const never = () => () => {};
