/** Files that were dropped, pasted or chosen, with the folders that they came in. */

/** A file, and its folders and name joined by `/`. */
export interface WithPath {
  readonly file: File;
  readonly path: string;
}

const MAX_FILES = 1_000;

export const ofInput = (input: HTMLInputElement): WithPath[] =>
  [...(input.files ?? [])].slice(0, MAX_FILES).map(withPath);

/** Must be called while the event is handled: what it holds is gone after that. */
export async function ofTransfer(data: DataTransfer): Promise<WithPath[]> {
  const entries = [...data.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...data.files];
  if (!entries.some((entry) => entry?.isDirectory)) return plain.slice(0, MAX_FILES).map(withPath);
  const found: WithPath[] = [];
  for (const entry of entries) if (entry) await collect(entry, found);
  return found;
}

const withPath = (file: File): WithPath => ({ file, path: file.webkitRelativePath || file.name });

async function collect(entry: FileSystemEntry, found: WithPath[]): Promise<void> {
  if (found.length >= MAX_FILES) return;
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await fileOf(entry as FileSystemFileEntry);
    if (file) found.push({ file, path });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const part = await partOf(reader); // a browser gives 100 at a time
    if (part.length === 0) return;
    for (const each of part) await collect(each, found);
  }
}

/** Null for one that cannot be read. */
const fileOf = (entry: FileSystemFileEntry): Promise<File | null> =>
  new Promise((resolve) => entry.file(resolve, () => resolve(null)));

const partOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
