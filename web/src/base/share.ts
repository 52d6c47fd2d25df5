/** Handing a link to another app, where the browser offers it (Web Share API). */

/** True if this browser can hand a link to another app. */
export const canShare = (): boolean => typeof navigator.share === "function";

/** Opens the browser's sharing dialog. Resolves when it is closed, whatever the user chose. */
export async function shareLink(url: string): Promise<void> {
  try {
    await navigator.share({ title: "Heliograph", url });
  } catch {
    // The user closed the dialog: there is nothing to say.
  }
}
