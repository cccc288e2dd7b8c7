import { countWords } from "./count-words.mjs";

/** A plain function without our SDK: what it gets is the envelope that docs/envelope.md describes. */
export async function handler(event) {
  const text = event.inputs?.text ?? "";
  const limit = Number(process.env.WORDS_MAX ?? "3");
  process.stdout.write(`counting the words of ${text.length} characters\n`);
  return { words: countWords(text).slice(0, limit) };
}
