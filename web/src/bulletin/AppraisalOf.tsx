import { useMay } from '../app/standing';
import { appraisalWords } from '../appraisal/words';
import { FactTable } from '../federation/Facts';
import { federationWords } from '../federation/words';
import { BulletinAppraisal } from '../graph/generated/BulletinAppraisal';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';

/** The year's appraisal in the bulletin: of the city its districts, of a district its streets and towns. Nothing where there are no rules. */
export function AppraisalOf({ year, on, district }: { year: number; on: string; district: string | null }) {
  const t = useWords(appraisalWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const mayReview = useMay('review') === true;
  const answer = useQuestion(BulletinAppraisal, { year, on, withDistricts: district === null, withStreets: district !== null }, { enabled: mayReview, keep: false }).data?.data;
  const found = [answer?.districts, answer?.streets, answer?.towns].flatMap((level) => level?.nodes ?? []);
  const shown = district === null ? found : found.filter((one) => one.unit.parent?.areas.some((area) => area.code === district));
  if (shown.length === 0) return null;
  return (
    <>
      <h3>{f.named(t.title, String(year))}</h3>
      <FactTable
        label={t.title}
        rows={shown}
        keyOf={(one) => one.unit.code}
        className="appraised"
        columns={[
          { key: 'unit', head: g.unit, cell: (one) => one.unit.name },
          ...(district === null ? [] : [{ key: 'level', head: g.level, cell: (one: (typeof shown)[number]) => g.kinds.level[one.unit.level] }]),
          { key: 'rank', head: t.rank, isNumber: true, cell: (one) => f.count(one.rank) },
          { key: 'before', head: t.before, isNumber: true, cell: (one) => f.count(one.before?.rank) },
          { key: 'score', head: t.score, isNumber: true, cell: (one) => f.decimal(one.score) },
          {
            key: 'lift',
            head: t.lift,
            cell: (one) => (one.lift === null ? t.full : one.lift.rank < one.rank ? t.liftSaid(one.lift.name, f.decimal(one.lift.gain), f.count(one.lift.rank)) : t.liftStays(one.lift.name, f.decimal(one.lift.gain))),
          },
          { key: 'open', head: t.objections, isNumber: true, cell: (one) => f.count(one.objections.filter((objection) => objection.state === 'OPEN').length) },
        ]}
      />
    </>
  );
}
