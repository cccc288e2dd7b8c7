/** Does nothing: a plain function is a task as well. */
export const handler = (): undefined => undefined;
