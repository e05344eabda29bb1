// The indicators of `reference/unions/indicators.csv` that targets are set for.

export const indicators = ['independent_rate_above_size', 'coverage_rate', 'union_rate_entity', 'membership_rate', 'net_new_units', 'net_new_covered', 'net_new_members'] as const;

export function indicatorOf(text: string | null): string {
  return indicators.find((indicator) => indicator === text) ?? indicators[0];
}

/** Rates are set and shown in percent. */
export function isRate(indicator: string): boolean {
  return indicator.includes('rate');
}
