/** A JSON text kept outside its record because of its size: where it is, and how to know it again. */
export interface PayloadRef {
  readonly id: string;
  readonly bytes: number;
  /** Of the UTF-8 text, in hexadecimal digits. */
  readonly sha256: string;
}
