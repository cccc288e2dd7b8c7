/** Tells the idle workers of a pool that something waits for them; a lost ring costs them one wait. */
export interface Doorbells {
  ring(tenant: string, pool: string, count: number): Promise<void>;
}
