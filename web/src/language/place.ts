/** A street with its district: from the larger to the smaller in Chinese, the other way round in English. */
export function placeOf(area: { name: string; level: string; parent: { name: string } | null } | null): string {
  if (area === null) return '—';
  const { name, level, parent } = area;
  if (level !== 'TOWN' || parent === null) return name;
  return /^[\x20-\x7e]+$/.test(name) ? `${name}, ${parent.name}` : `${parent.name} ${name}`;
}
