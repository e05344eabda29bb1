import type { FigureConfidence } from '../graph/generated/types';
import { words } from '../language/words';

export const figureWords = words(
  {
    title: '文件数字',
    intro: '讲话、通报等文件写明的数字：照原文录入，每个都有日期和来源；截至某日，只看当日有效的最近一次。读不准的不录入。',
    value: '数值',
    of: '计量',
    reading: '含义',
    holds: '截至日期',
    confidence: '可靠程度',
    levels: { HIGH: '高', MEDIUM: '中' } as Record<FigureConfidence, string>,
    none: '截至这一天没有录入的数字',
    entered: '录入',
    versions: (n: string) => `${n} 次录入`,
  },
  {
    title: 'Stated figures',
    intro: 'What documents state, as written, each with its day and source; as of a day the latest statement of each that holds of it. What cannot be read for sure stays out.',
    value: 'Value',
    of: 'Of what',
    reading: 'Meaning',
    holds: 'Holds of',
    confidence: 'Confidence',
    levels: { HIGH: 'high', MEDIUM: 'medium' } as Record<FigureConfidence, string>,
    none: 'No figure was entered that holds of this day',
    entered: 'Entered',
    versions: (n: string) => `entered ${n} times`,
  },
);
