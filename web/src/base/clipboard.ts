/**
 * Copies `text` and resolves with whether that worked. Where the page may not use the clipboard,
 * it selects `field`, which shows the text, so that the user can copy it.
 */
export async function copyText(text: string, field: HTMLInputElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}
