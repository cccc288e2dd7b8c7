import * as z from "zod";
import { type AnyFunctionName, environmentSchemas } from "../../../shared/contract/env.ts";
import { TerminalError } from "../../../shared/core/errors.ts";

export type EnvironmentOf<Name extends AnyFunctionName> = z.output<
  (typeof environmentSchemas)[Name]
>;

/** The function's configuration; a wrong one fails its initialisation, and so the deployment. */
export function readEnvironment<Name extends AnyFunctionName>(
  name: Name,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): EnvironmentOf<Name> {
  const schema: z.ZodType = environmentSchemas[name];
  const result = schema.safeParse(variables);
  if (!result.success) {
    throw new TerminalError(
      `The environment of the function "${name}" is wrong: ${z.prettifyError(result.error)}`,
    );
  }
  // The schema of this very name made it.
  return result.data as EnvironmentOf<Name>;
}
