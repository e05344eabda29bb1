import type { EnterpriseCardQuery } from '../graph/generated/types';

export type Card = NonNullable<EnterpriseCardQuery['enterprise']>;
export type Why = NonNullable<Card['designatedSize']>['reasons'][number];
