import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { Figure } from './figure';
import { measureKeys, measures } from './measures';
import { mapWords } from './words';

/** Every measure of every district, with what was divided by what. */
export function AllMeasures({ city, asOf, onSelect }: { city: { figures: readonly Figure[]; total: Figure }; asOf: string; onSelect: (code: string) => void }) {
  const t = useWords(mapWords);
  const f = useFormat();
  const line = (figure: Figure) => (
    <>
      <td className="number">{f.count(figure.row.enterprises)}</td>
      <td className="number">{f.count(figure.row.aboveDesignatedSize)}</td>
      <td className="number gap">{f.count(figure.row.inGap)}</td>
      <td className="number">{f.count(figure.undecided)}</td>
      {measureKeys.map((key) => {
        const measure = measures[key];
        const value = measure.value(figure);
        const part = measure.kind === 'diverging' ? null : measure.part(figure);
        return (
          <td key={key} className="number">
            {figure.row.suppressed ? t.suppressed : measure.kind === 'diverging' ? f.points(value) : f.percent(value)}
            {part !== null && key !== 'fund' && <span className="part">{`${f.count(part.numerator)}/${f.count(part.denominator)}`}</span>}
            {part !== null && key === 'fund' && <span className="part">{`${f.compact(part.numerator)}/${f.compact(part.denominator)}`}</span>}
          </td>
        );
      })}
    </>
  );
  return (
    <div className="scroll-x all-measures" tabIndex={0} role="region" aria-label={t.tableCaption(asOf)}>
      <table className="grid">
        <caption>{t.tableCaption(asOf)}</caption>
        <thead>
          <tr>
            <th scope="col">{t.district}</th>
            <th scope="col" className="number">
              {t.unitTotal}
            </th>
            <th scope="col" className="number">
              {t.above}
            </th>
            <th scope="col" className="number">
              {t.inGap}
            </th>
            <th scope="col" className="number" title={t.undecidedWhat}>
              {t.undecided}
            </th>
            {measureKeys.map((key) => (
              <th key={key} scope="col" className="number" title={t.of[key]}>
                {t.measures[key]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {city.figures.map((figure) => (
            <tr key={figure.code}>
              <th scope="row">
                {figure.code === '' ? (
                  t.areaUnknown
                ) : (
                  <button type="button" className="plain" onClick={() => onSelect(figure.code)}>
                    {figure.name}
                  </button>
                )}
              </th>
              {line(figure)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t.city}</th>
            {line(city.total)}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
