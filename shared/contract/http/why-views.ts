import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { explainedGateKinds, explainedGateStates } from "../../instance/explained-gate.ts";
import { instanceStates } from "../../instance/moves.ts";

const At = z.iso.datetime();

const EstimateView = z.object({
  at: At,
  basis: z.string().meta({ description: "What it rests on, in words." }),
});

/** Something between a pending instance and its next attempt. */
export const GateView = z.object({
  kind: z.enum(explainedGateKinds),
  gate: z.string().optional().meta({
    description: "Which of its kind, such as task/report, limit/crm, group/etl or tenant.",
  }),
  state: z.enum(explainedGateStates).meta({
    description:
      "open lets it pass; waiting is where it waits now; closed would hold it if it came there.",
  }),
  summary: z.string().meta({ description: "One sentence." }),
  max: z.int().optional(),
  held: z.int().optional().meta({ description: "Slots that are taken." }),
  holders: z
    .array(z.object({ instanceId: z.string(), attemptId: z.string(), since: At }))
    .optional()
    .meta({ description: `The longest first, at most ${limits.holdersShownMax}.` }),
  position: z.int().min(1).optional().meta({ description: "Its place in the line, from 1." }),
  positionIsLeast: z.literal(true).optional().meta({
    description: "Its place is that or further back: no more of the line was looked at.",
  }),
  opensAt: At.optional().meta({ description: "When it opens by itself." }),
  estimate: EstimateView.optional().meta({ description: "When it will probably pass here." }),
  releases: z
    .array(
      z.object({
        action: z.string(),
        request: z.string(),
        role: z.enum(["operator", "admin"]),
      }),
    )
    .meta({ description: "Who could let it go sooner, and how." }),
});
export type GateView = z.infer<typeof GateView>;

/** What an instance is doing or waiting for, in sentences. */
export const WhyView = z.object({
  instanceId: z.string(),
  state: z.enum(instanceStates),
  summary: z.string().meta({ description: "One sentence." }),
  facts: z.array(z.string()).meta({ description: "What the sentence rests on." }),
  nextAt: At.optional().meta({ description: "When the next thing happens by itself." }),
  nextStep: z.string().optional().meta({ description: "What happens then." }),
  actions: z
    .array(z.enum(["cancel", "retry", "resume_task", "approve"]))
    .meta({ description: "What can be asked for now." }),
  gates: z.array(GateView).meta({
    description:
      "Everything it passes before its next attempt, in order; empty where it waits for none.",
  }),
  estimate: EstimateView.optional().meta({
    description: "When it will probably pass the gate where it waits.",
  }),
});
export type WhyView = z.infer<typeof WhyView>;
