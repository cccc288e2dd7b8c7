/** A JSON text kept outside its record because of its size: where it is, and how to know it again. */
export interface PayloadRef {
  readonly id: string;
  readonly bytes: number;
  /** Of the UTF-8 text, in hexadecimal digits. */
  readonly sha256: string;
}

/** Of an input that a client put there; the part behind the prefix cannot be guessed. */
export const inputIdForm = /^in_[0-9a-z]{24,40}$/;

const outputIdForm = /^out_[0-9a-z]{10,40}$/;

/** Of a package that a client put there; it is there to be deployed, and goes by itself after a while. */
const packageUploadForm = /^up_[0-9a-z]{24,40}$/;

/** Of a package that one version of a function has for itself, for as long as that is there. */
const packageIdForm = /^pk_[0-9a-z]{24,40}$/;

/** Of what a version's package can be made of: an upload, or the package of another version. */
export const packageSourceForm = /^(up|pk)_[0-9a-z]{24,40}$/;

/** True for what can name a payload; such a text is safe as the name of a file or an object. */
export function isPayloadId(text: string): boolean {
  return inputIdForm.test(text) || outputIdForm.test(text) || packageSourceForm.test(text);
}

/** True for an uploaded package that nothing needs once it was deployed. */
export function isPackageUpload(id: string): boolean {
  return packageUploadForm.test(id);
}

/** True for a package that no sweep may take away. */
export function isPackageId(id: string): boolean {
  return packageIdForm.test(id);
}

/** Where the output of an attempt goes: each attempt has one place of its own. */
export function outputIdOf(attemptId: string): string {
  return `out_${attemptId.slice("att_".length)}`;
}
