import { useState } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { ask } from '../graph/client';
import { NamedLists } from '../graph/generated/NamedLists';
import { RemoveNamedList } from '../graph/generated/RemoveNamedList';
import type { NamedListsQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { NoLonger } from '../states/NoLonger';
import { BringList } from './BringList';
import { ListDetails } from './ListDetails';
import { listWords } from './words';

export type OneList = NonNullable<NamedListsQuery['namedLists']>['nodes'][number];

/** The lists, one of them open: who is on it, what changed, who follows. */
export function NamedListsOf() {
  const t = useWords(listWords);
  const f = useFormat();
  const [parameters, set] = useParameters();
  const open = parameters.get('list');
  const mayReview = useMay('review') === true;
  const question = useQuestion(NamedLists, {});
  const { said, isRunning, send } = useSend();
  const [doomed, setDoomed] = useState<string | null>(null);
  const remove = async (id: string) => {
    if (await send(async () => (await ask(RemoveNamedList, { id })).data.removeNamedList.userErrors, t.removed)) {
      setDoomed(null);
      if (open === id) set({ list: null }, 'replace');
    }
  };
  return (
    <>
      <Answered question={question} rows={5}>
        {({ namedLists }) => {
          if (namedLists === null) return <Forbidden scope="review" />;
          const chosen = namedLists.nodes.find((list) => list.id === open);
          return (
            <>
              <NoLonger known={{ list: () => chosen !== undefined }} />
              {namedLists.nodes.length === 0 ? (
                <Empty>{t.none}</Empty>
              ) : (
                <Table label={t.lists} className="card flat scroll-x" look="named" heads={[t.list, t.purpose, t.source, t.expires, { number: t.enterprises }, { number: t.notFound }, t.details]}>
                  {namedLists.nodes.map((list) => (
                    <tr key={list.id} className={list.id === open ? 'open' : undefined}>
                      <th scope="row">
                        {list.title}
                        <span className="part">{t.brought(f.day(list.broughtAt))}</span>
                      </th>
                      <td>{list.purpose}</td>
                      <td>{list.source}</td>
                      <td className="nowrap">{list.expires ?? NOTHING}</td>
                      <td className="number">{f.count(list.enterprises.totalCount)}</td>
                      <td className={list.notFound.length > 0 ? 'number gap' : 'number'}>{f.count(list.notFound.length)}</td>
                      <td>
                        <span className="row nowrap-row">
                          <button type="button" className="plain" aria-expanded={list.id === open} aria-label={`${list.id === open ? t.close : t.details} ${list.title}`} onClick={() => set({ list: list.id === open ? null : list.id }, 'replace')}>
                            {list.id === open ? t.close : t.details}
                          </button>
                          {mayReview &&
                            (doomed === list.id ? (
                              <button type="button" className="button danger" disabled={isRunning} onClick={() => void remove(list.id)}>
                                {t.sure}
                              </button>
                            ) : (
                              <button type="button" className="plain" aria-label={t.removeOf(list.title)} onClick={() => setDoomed(list.id)}>
                                {t.remove}
                              </button>
                            ))}
                        </span>
                      </td>
                    </tr>
                  ))}
                </Table>
              )}
              <Said said={said} />
              {chosen !== undefined && <ListDetails list={chosen} />}
            </>
          );
        }}
      </Answered>
      {mayReview && <BringList />}
    </>
  );
}
