/** Whether the text stands in the clipboard: without https, or where a person said no, the browser keeps that to itself. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
