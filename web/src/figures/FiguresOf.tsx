import { useAll } from '../federation/all';
import { FactTable, type Column } from '../federation/Facts';
import { Versions } from '../federation/Versions';
import { federationWords } from '../federation/words';
import { StatedFigures } from '../graph/generated/StatedFigures';
import type { StatedFiguresQuery } from '../graph/generated/types';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { figureWords } from './words';

type Figure = NonNullable<StatedFiguresQuery['statedFigures']>['nodes'][number];

/** Figures that documents state, as of a day. */
export function FiguresOf({ on, title = false }: { on: string | null; title?: boolean }) {
  const t = useWords(figureWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const question = useAll(StatedFigures, { on }, (result) => result.statedFigures);
  const columns: Column<Figure>[] = [
    { key: 'value', head: t.value, cell: (figure) => <strong>{figure.value}</strong> },
    { key: 'unit', head: t.of, cell: (figure) => figure.unit ?? NOTHING },
    {
      key: 'reading',
      head: t.reading,
      className: 'words',
      cell: (figure) => (
        <>
          {figure.reading ?? figure.text ?? NOTHING}
          <span className="part">{figure.code}</span>
        </>
      ),
    },
    { key: 'on', head: t.holds, className: 'nowrap', cell: (figure) => figure.asOf },
    { key: 'source', head: g.source, className: 'words', cell: (figure) => figure.source },
    { key: 'confidence', head: t.confidence, cell: (figure) => t.levels[figure.confidence] },
    {
      key: 'entered',
      head: t.entered,
      cell: (figure) =>
        figure.history.length > 1 ? (
          <details>
            <summary>{t.versions(f.count(figure.history.length))}</summary>
            <Versions versions={figure.history} />
          </details>
        ) : (
          g.enteredBy(figure.enteredBy ?? '', f.day(figure.enteredAt))
        ),
    },
  ];
  return (
    <section className="card flat">
      {title && <h2>{t.title}</h2>}
      <Answered question={question} rows={6}>
        {(all) =>
          all === null ? (
            <Forbidden scope="review" />
          ) : all.nodes.length === 0 ? (
            <Empty>{t.none}</Empty>
          ) : (
            <FactTable label={t.title} rows={all.nodes} columns={columns} keyOf={(figure) => figure.code} className="figures-table" />
          )
        }
      </Answered>
    </section>
  );
}
