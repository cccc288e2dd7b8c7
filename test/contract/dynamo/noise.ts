/** Text that packing cannot shrink much; always the same for a length. */
export function noise(chars: number): string {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 0x7fffffff;
    return String.fromCharCode(33 + (state % 90));
  };
  return Array.from({ length: chars }, next).join("");
}
