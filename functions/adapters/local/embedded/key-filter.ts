const firstCapacity = 1 << 16;
const bitsPerKey = 10;
const wordsPerBlock = 16;
const probes = 6;

/**
 * Tells for most keys that were never added that they were not; never doubts one that was. A
 * Bloom filter whose probes share one cache line. It grows by layers, each twice the one before,
 * and takes about 10 to 20 bits per key.
 */
export class KeyFilter {
  readonly #layers: Uint32Array[] = [];
  #capacity = firstCapacity / 2;
  #count = 0;

  add(text: string): void {
    if (this.#layers.length === 0 || this.#count >= this.#capacity) this.#grow();
    const layer = this.#layers.at(-1);
    if (layer === undefined) return;
    let hash = hashOf(text);
    const block = blockOf(layer, hash);
    for (let probe = 0; probe < probes; probe++) {
      hash = mixed(hash);
      const word = block + ((hash >>> 5) & (wordsPerBlock - 1));
      layer[word] = (layer[word] ?? 0) | (1 << (hash & 31));
    }
    this.#count += 1;
  }

  /** False only when the key was never added. */
  mayHave(text: string): boolean {
    const hash = hashOf(text);
    for (const layer of this.#layers) if (isIn(layer, hash)) return true;
    return false;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#count = 0;
    this.#layers.push(
      new Uint32Array(Math.ceil((this.#capacity * bitsPerKey) / 512) * wordsPerBlock),
    );
  }
}

function isIn(layer: Uint32Array, hashOfText: number): boolean {
  let hash = hashOfText;
  const block = blockOf(layer, hash);
  for (let probe = 0; probe < probes; probe++) {
    hash = mixed(hash);
    const word = layer[block + ((hash >>> 5) & (wordsPerBlock - 1))] ?? 0;
    if ((word & (1 << (hash & 31))) === 0) return false;
  }
  return true;
}

/** Where the hash's block starts in the layer. */
function blockOf(layer: Uint32Array, hash: number): number {
  return ((hash >>> 0) % (layer.length / wordsPerBlock)) * wordsPerBlock;
}

/** FNV-1a over the text's units, well mixed at the end. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mixed(hash);
}

/** One round of a generator that visits all 32-bit numbers but never stays in place. */
function mixed(value: number): number {
  let hash = (value + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
