import type { Deployer } from "../../../shared/ports/deployer.ts";
import type { Log } from "../../../shared/ports/log.ts";

/**
 * The way to the function that deploys, as a part of what is composed; nothing where there is none.
 * Its client is loaded with its first use, which most calls never come to.
 */
export function openDeployerFunction(
  { log }: { readonly log: Log },
  { DEPLOYER_FUNCTION: functionName }: { readonly DEPLOYER_FUNCTION?: string | undefined },
): { readonly deployer?: Deployer } {
  if (functionName === undefined) return {};
  let opening: Promise<Deployer> | undefined;
  const opened = (): Promise<Deployer> => {
    opening ??= open(log, functionName);
    return opening;
  };
  return {
    deployer: {
      request: async (...asked) => (await opened()).request(...asked),
      tryOut: async (...asked) => (await opened()).tryOut(...asked),
      remove: async (...asked) => (await opened()).remove(...asked),
    },
  };
}

async function open(log: Log, functionName: string): Promise<Deployer> {
  const [{ LambdaClient }, { awsClientDefaults }, { openLambdaDeployer }] = await Promise.all([
    import("@aws-sdk/client-lambda"),
    import("../../adapters/aws/aws-call.ts"),
    import("../../adapters/aws/lambda-deployer.ts"),
  ]);
  return openLambdaDeployer({ client: new LambdaClient(awsClientDefaults), functionName, log });
}
