import * as z from "zod";

/** Environment of the Lambda functions: written by infra/, parsed once at init by each handler. */
export const environmentSchemas = {
  api: z.object({
    TABLE_NAME: z.string().min(3),
    DISPATCH_QUEUE_URL: z.url(),
    DEFAULT_TENANT: z.string().min(1),
    LAMBDA_LOG_GROUP_PREFIX: z.string().default("/aws/lambda/"),
  }),
  dispatch: z.object({
    TABLE_NAME: z.string().min(3),
    DISPATCH_QUEUE_URL: z.url(),
    CONTROL_PLANE_FUNCTION_PREFIX: z.string().min(1),
  }),
  complete: z.object({ TABLE_NAME: z.string().min(3), DISPATCH_QUEUE_URL: z.url() }),
  timekeeper: z.object({ TABLE_NAME: z.string().min(3), DISPATCH_QUEUE_URL: z.url() }),
  observe: z.object({
    TABLE_NAME: z.string().min(3),
    EVENT_BUS_NAME: z.string().min(1),
    STATE_EVENTS: z.enum(["terminal", "all", "none"]).default("terminal"),
  }),
} as const;

/** The Lambda functions of the control plane; each is a folder of functions/ and a bundle in dist/lambda/. */
export const functionNames = ["api", "dispatch", "complete", "timekeeper", "observe"] as const;
export type FunctionName = (typeof functionNames)[number];
