/** Answers the instant at which the task's body began, finer than a millisecond. */
export const handler = () => performance.timeOrigin + performance.now();

export const nothing = () => undefined;
