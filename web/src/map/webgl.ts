let known: boolean | undefined;

/** Whether this browser draws with WebGL 2; MapLibre throws where it does not. */
export function hasWebGl2(): boolean {
  known ??= test();
  return known;
}

function test(): boolean {
  try {
    const context = document.createElement('canvas').getContext('webgl2');
    context?.getExtension('WEBGL_lose_context')?.loseContext();
    return context !== null;
  } catch {
    return false;
  }
}
