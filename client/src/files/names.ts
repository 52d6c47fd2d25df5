/**
 * Names of files that strangers send, made fit to be shown and to be written to a disk. Pure.
 *
 * A name can leave its folder (`../../.bashrc`), turn around what is read of it (`photo‮gpj.exe`), mean
 * a device (`CON`), or be longer than a file system takes. What is left is always a name.
 */

/** Bytes of UTF-8 that the usual file systems take for one name. */
const MAX_BYTES = 255;
const MAX_FOLDERS = 32;
const MAX_PATH_CHARACTERS = 4_096;
/** Controls, what turns the direction of text around or is not seen (Unicode TR 36 §2.5), lone surrogates. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** What Windows does not take in names. */
const RESERVED = /[<>:"|?*\\/]/g;
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const UNNAMED = "file";

/** A name without folders. */
export function safeName(name: string): string {
  const plain = name.slice(0, MAX_PATH_CHARACTERS).replace(UNSEEN, "").replace(RESERVED, "_");
  const trimmed = plain.trim().replace(/[. ]+$/, "");
  const usual = DEVICES.test(trimmed) ? `_${trimmed}` : trimmed;
  return shortened(usual) || UNNAMED;
}

/** The folders of a path and its name, joined by `/`; never absolute, and nothing leads out of it. */
export function safePath(path: string): string {
  const parts = path.slice(0, MAX_PATH_CHARACTERS).split(/[\\/]/);
  const real = parts.filter((part) => !/^[\s.]*$/.test(part.replace(UNSEEN, "")));
  const name = real.pop();
  const folders = real.slice(0, MAX_FOLDERS).map(safeName);
  return [...folders, safeName(name ?? "")].join("/");
}

/** The name in a path. */
export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Cuts before the extension, and never within a character. */
function shortened(name: string): string {
  if (bytesOf(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && bytesOf(name.slice(dot)) <= 32 ? name.slice(dot) : "";
  const room = MAX_BYTES - bytesOf(extension);
  let kept = "";
  let used = 0;
  for (const character of name) {
    used += bytesOf(character);
    if (used > room) break;
    kept += character;
  }
  return `${kept.trimEnd()}${extension}`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
