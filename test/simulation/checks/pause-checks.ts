import type { World } from "../world/world.ts";
import { type FactsInForce, surePause } from "./facts-in-force.ts";
import { type AttemptChange, bodiesIn, type GateWrite } from "./gate-write.ts";

/** Nothing starts while everybody knows of a pause; nobody submits more than a minute may take. */
export class PauseChecks {
  readonly #world: World;
  readonly #facts: FactsInForce;
  readonly #counted = new Map<string, number>();

  constructor(world: World, facts: FactsInForce) {
    this.#world = world;
    this.#facts = facts;
  }

  check(write: GateWrite): void {
    for (const claim of write.claims) this.#checkClaim(claim);
    for (const { before, after } of write.moves) {
      if (after.waiting === "paused" && after.waitingFor === undefined) {
        this.#world.violate("paused is held", `${after.id} is held where no resume finds it`);
      }
      if (before !== undefined || after.origin !== undefined) continue;
      const stopped = surePause(this.#facts.settings(after.tenant));
      const isOff = this.#facts
        .settings(after.tenant)
        .every((each) => each?.stopped?.kind === "off");
      if (stopped !== undefined && isOff) {
        this.#world.violate("paused is held", `${after.id} was accepted while all is switched off`);
      }
    }
    for (const { tenant, name, sk, body } of bodiesIn<{ readonly submitted: number }>(
      write,
      "quota",
    )) {
      this.#checkQuota(tenant, name, `${tenant} ${name} ${sk}`, body.submitted);
    }
  }

  #checkClaim({ instance, attempt }: AttemptChange): void {
    const { tenant, task, group } = instance;
    const pauses = [
      [`the task ${task}`, surePause(this.#facts.head(tenant, task))],
      ["the tenant", surePause(this.#facts.settings(tenant))],
      ...(group === undefined
        ? []
        : [[`the group ${group}`, surePause(this.#facts.group(tenant, group))] as const]),
    ] as const;
    for (const [whose, pause] of pauses) {
      if (pause === undefined) continue;
      this.#world.violate("paused is held", `${attempt.id} was claimed while ${whose} is paused`);
    }
  }

  #checkQuota(tenant: string, subject: string, minute: string, submitted: number): void {
    const grown = submitted > (this.#counted.get(minute) ?? 0);
    this.#counted.set(minute, submitted);
    const all =
      subject === "tenant"
        ? this.#facts.settings(tenant)
        : this.#facts.group(tenant, subject.slice("group/".length));
    const max = Math.max(...all.map((each) => each?.spec.submissionsPerMinute ?? 0));
    if (!grown || submitted <= max) return;
    this.#world.violate("quotas are kept", `${submitted} of ${minute}, at most ${max} may be`);
  }
}
