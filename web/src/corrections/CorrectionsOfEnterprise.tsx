import { useMay } from '../app/standing';
import { EnterpriseCorrections } from '../graph/generated/EnterpriseCorrections';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { CorrectionTable } from './CorrectionTable';
import { correctionWords } from './words';

/** What departments are asked about the records of one enterprise; nothing where nothing was ever asked. */
export function CorrectionsOfEnterprise({ id }: { id: string }) {
  const t = useWords(correctionWords);
  const mayReview = useMay('review') === true;
  const question = useQuestion(EnterpriseCorrections, { id }, { enabled: mayReview });
  if (!mayReview || (question.data?.data.enterprise?.corrections?.totalCount ?? 0) === 0) return null;
  return (
    <section className="card">
      <h2>{t.title}</h2>
      <Answered question={question} rows={2}>
        {({ enterprise }) => <CorrectionTable rows={enterprise?.corrections?.nodes ?? []} mayAnswer={false} mayWithdraw={mayReview} withRegistry />}
      </Answered>
    </section>
  );
}
