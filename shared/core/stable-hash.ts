/**
 * Hexadecimal digits, eight to a word, that differ whenever the texts do, for all practical purposes.
 * No secret can be kept by it: whoever wants two texts with the same digits will find them.
 */
export function stableHash(text: string, words: number): string {
  let hex = "";
  for (let word = 0; word < words; word++) {
    let hash = (0x811c9dc5 ^ Math.imul(word + 1, 0x9e3779b1)) | 0;
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      hash = (hash << 13) | (hash >>> 19);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hex += ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
  }
  return hex;
}
