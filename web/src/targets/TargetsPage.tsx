import { useId, useState } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { ask } from '../graph/client';
import { SetTarget } from '../graph/generated/SetTarget';
import { Targets } from '../graph/generated/Targets';
import { WithdrawTarget } from '../graph/generated/WithdrawTarget';
import type { TargetsQuery } from '../graph/generated/types';
import { useAskAgain, useQuestion } from '../graph/question';
import { textOf } from '../graph/send';
import { useCode } from '../language/codes';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { Answered } from '../states/Answered';
import { NoLonger } from '../states/NoLonger';
import { indicatorOf, indicators, isRate } from './indicators';
import { TargetCell } from './TargetCell';
import { targetWords } from './words';
import './targets.css';

type Target = TargetsQuery['targets'][number];

/** Years that a target can be of. */
const isYear = (text: string): boolean => /^2(0\d\d|100)$/.test(text);

/** One indicator, every unit: target, what is reached, what is missing; targets are changed where they stand. */
export default function TargetsPage() {
  const t = useWords(targetWords);
  const code = useCode();
  const id = useId();
  const [parameters, set] = useParameters();
  const thisYear = new Date().getFullYear();
  const year = isYear(parameters.get('year') ?? '') ? Number(parameters.get('year')) : thisYear;
  const [typed, setTyped] = useState<string | null>(null);
  const indicator = indicatorOf(parameters.get('indicator'));
  const at = parameters.get('at');
  const mayOperate = useMay('operate');
  const question = useQuestion(Targets, { year, asOf: at });
  const askAgain = useAskAgain();
  const [said, setSaid] = useState<{ text: string; isGood: boolean } | null>(null);

  // A year is asked for once it is whole.
  const type = (text: string) => {
    setTyped(isYear(text) ? null : text);
    if (isYear(text)) set({ year: text }, 'replace');
  };
  const send = async (save: () => Promise<readonly { message: string }[]>, good: string): Promise<boolean> => {
    try {
      const wrong = await save();
      setSaid(wrong.length === 0 ? { text: good, isGood: true } : { text: wrong.map((w) => w.message).join(' '), isGood: false });
      if (wrong.length === 0) void askAgain();
      return wrong.length === 0;
    } catch (problem) {
      setSaid({ text: textOf(problem), isGood: false });
      return false;
    }
  };
  return (
    <div className="page targets">
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{mayOperate === false ? t.canOnlyRead : t.intro}</p>
        </div>
        <div className="row">
          <label htmlFor={`${id}i`}>{t.indicator}</label>
          <select id={`${id}i`} value={indicator} onChange={(event) => set({ indicator: event.target.value })}>
            {indicators.map((name) => (
              <option key={name} value={name}>
                {code('indicators', name)}
              </option>
            ))}
          </select>
          <label htmlFor={`${id}y`}>{t.year}</label>
          <input id={`${id}y`} type="number" className="year" min={2000} max={2100} value={typed ?? year} onChange={(event) => type(event.target.value)} onBlur={() => setTyped(null)} />
          <Link to={year < thisYear ? `/bulletin?period=${year}` : at === null ? '/bulletin' : `/bulletin?at=${at}`} className="button">
            {t.bulletin}
          </Link>
        </div>
      </header>
      <NoLonger known={{ indicator: (text) => indicators.some((one) => one === text), year: isYear }} />
      <p role="status" className={said?.isGood === false ? 'said' : 'said good'}>
        {said?.text ?? ''}
      </p>
      <Answered question={question} rows={10}>
        {({ targets, cities, districts }) => {
          const of = targets.filter((target) => target.indicator === indicator);
          const listed = new Set([...cities, ...districts].map((area) => area.code));
          const others = of.filter((target) => !listed.has(target.area.code)).map((target) => target.area);
          return (
            <div className="card scroll-x" tabIndex={0} role="region" aria-label={code('indicators', indicator)}>
              <table className="grid">
                <thead>
                  <tr>
                    <th scope="col">{t.unit}</th>
                    <th scope="col" className="number">
                      {t.value}
                    </th>
                    <th scope="col" className="number">
                      {t.done}
                    </th>
                    <th scope="col" colSpan={2}>
                      {t.attainment}
                    </th>
                    <th scope="col" className="number">
                      {t.missing}
                    </th>
                    {!isRate(indicator) && (
                      <th scope="col" className="number">
                        {t.perMonth}
                      </th>
                    )}
                    <th scope="col" className="number">
                      {t.rank}
                    </th>
                    <th scope="col">{t.pace}</th>
                    <th scope="col">{t.responsible}</th>
                    <th scope="col">{t.from}</th>
                  </tr>
                </thead>
                <tbody>
                  {[...cities, ...districts, ...others].map((area) => (
                    <Line
                      key={`${area.code}${indicator}${year}`}
                      area={area}
                      isRate={isRate(indicator)}
                      target={of.find((target) => target.area.code === area.code)}
                      mayEdit={mayOperate === true && at === null}
                      onSave={(value, responsible) =>
                        send(async () => (await ask(SetTarget, { input: { area: area.code, year, indicator, value, responsible } })).data.setTarget.userErrors, t.saved(area.name))
                      }
                      onWithdraw={() =>
                        void send(async () => (await ask(WithdrawTarget, { input: { area: area.code, year, indicator } })).data.withdrawTarget.userErrors, t.withdrawn(area.name))
                      }
                      onWrong={() => setSaid({ text: t.notNumber, isGood: false })}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          );
        }}
      </Answered>
    </div>
  );
}

function Line({
  area,
  isRate: inPercent,
  target,
  mayEdit,
  onSave,
  onWithdraw,
  onWrong,
}: {
  area: { code: string; name: string };
  isRate: boolean;
  target: Target | undefined;
  mayEdit: boolean;
  onSave: (value: number, responsible: string | null) => Promise<boolean>;
  onWithdraw: () => void;
  onWrong: () => void;
}) {
  const t = useWords(targetWords);
  const f = useFormat();
  const write = (value: number | null | undefined) => (inPercent ? f.percent(value) : f.count(value));
  return (
    <tr>
      <th scope="row">
        {area.name}
        {target?.parts != null && (
          <span className="part" title={target.parts.message}>
            ▲ {t.parts}
          </span>
        )}
      </th>
      <td className="number">
        {mayEdit ? (
          <TargetCell
            label={t.valueOf(area.name)}
            value={target === undefined ? '' : String(Number((inPercent ? target.value * 100 : target.value).toFixed(4)))}
            unit={inPercent ? '%' : ''}
            onSave={async (text) => {
              const value = Number(text);
              if (text.trim() === '' || !Number.isFinite(value)) {
                onWrong();
                return false;
              }
              return onSave(inPercent ? value / 100 : value, target?.responsible ?? null);
            }}
          />
        ) : target === undefined ? (
          <span className="muted">{t.noTarget}</span>
        ) : (
          write(target.value)
        )}
      </td>
      <td className="number">{write(target?.done)}</td>
      <td className="attainment">{target !== undefined && <Bar share={target.attainment} colour={target.onPace === false ? '#b8692c' : '#2477a0'} />}</td>
      <td className="number">{f.percent(target?.attainment)}</td>
      <td className="number">{inPercent && target?.missing != null ? f.points(target.missing).replace('+', '') : write(target?.missing)}</td>
      {!inPercent && <td className="number">{f.decimal(target?.neededPerMonth)}</td>}
      <td className="number">{f.count(target?.rank)}</td>
      <td>
        {target?.onPace == null ? (
          NOTHING
        ) : (
          <span className={target.onPace ? 'status ok' : 'status warn'}>
            <span aria-hidden="true">{target.onPace ? '●' : '▲'}</span> {target.onPace ? t.onPace : t.behind}
          </span>
        )}
      </td>
      <td>
        {mayEdit && target !== undefined ? (
          <TargetCell label={t.responsibleOf(area.name)} value={target.responsible ?? ''} unit="" isText onSave={(text) => onSave(target.value, text.trim() === '' ? null : text.trim())} />
        ) : (
          (target?.responsible ?? '')
        )}
      </td>
      <td className="muted small">
        {target?.setBy != null && t.setBy(target.setBy, f.day(target.setAt))}
        {target?.registry != null && t.delivered(target.registry.title, f.day(target.setAt))}
        {mayEdit && target?.setBy != null && (
          <>
            {' '}
            <button type="button" className="plain" aria-label={t.withdrawOf(area.name)} onClick={onWithdraw}>
              {t.withdraw}
            </button>
          </>
        )}
      </td>
    </tr>
  );
}
