/** Gives a file to the person, where their browser puts downloads. */

const KEPT_MS = 60_000; // for which the browser may read it

export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
