/** Thrown by a task to say that trying again is hopeless: the instance fails without another attempt. */
export class FinalError extends Error {
  override readonly name: string = "FinalError";
  readonly retryable = false;
}
