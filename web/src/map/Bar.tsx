/** A share as a bar, with a tick where the target is. */
export function Bar({ share, target, colour, tall = false }: { share: number | null; target?: number | null; colour: string; tall?: boolean }) {
  const width = (v: number) => Math.max(0, Math.min(100, v * 100));
  return (
    <svg className={tall ? 'bar tall' : 'bar'} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect y="1" width="100" height="8" fill="#e6e9ee" />
      {share !== null && <rect y="1" width={width(share)} height="8" fill={colour} />}
      {target !== null && target !== undefined && <rect x={width(target) - 0.5} width="1" height="10" fill="#1c2330" />}
    </svg>
  );
}
