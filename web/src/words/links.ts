/** Finds addresses of the web in what people write. Pure. */

/** A part of a text: `url` is there for an address, as it would be opened. */
export interface Part {
  readonly text: string;
  readonly url?: string;
}

/** Ends at what nobody sees (Unicode category Cf): it could show the address backwards. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"“”„«»\p{Cf}]+/giu;
/** They end a sentence, and not the address in it. */
const AFTER = /[.,:;!?'’…*_~]+$/u;

/** The text in parts; joined, their texts are the whole text again. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutEnd(found);
    const url = urlOf(address);
    if (url === null) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ text: address, url });
    end = index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** A bracket at the end belongs to the sentence, unless it was opened in the address. */
function withoutEnd(found: string): string {
  let address = found.replace(AFTER, "");
  while (/[)\]}]$/.test(address) && !isBalanced(address)) {
    address = address.slice(0, -1).replace(AFTER, "");
  }
  return address;
}

function isBalanced(address: string): boolean {
  const count = (signs: RegExp): number => address.match(signs)?.length ?? 0;
  return count(/[([{]/g) >= count(/[)\]}]/g);
}

/** Null for what is no address, or says a name before its host: such links mislead. */
function urlOf(address: string): string | null {
  const url = URL.parse(address);
  return url && url.hostname !== "" && url.username === "" && url.password === "" ? url.href : null;
}
