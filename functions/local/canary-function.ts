/** What the canary runs: nothing, successfully. */
export const handler = (): string => "well";
