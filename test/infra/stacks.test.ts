import { optionsOf } from "../../infra/config.ts";
import { describeCfnLint } from "./suites/cfn-lint.ts";
import { describeControlPlaneStack } from "./suites/control-plane-stack.ts";
import { describeDataStack } from "./suites/data-stack.ts";
import { describeExecutionStack } from "./suites/execution-stack.ts";
import { describeLeastPrivilege } from "./suites/least-privilege.ts";
import { describePolicyChecks } from "./suites/policy-checks.ts";
import { describeTimeAndEvents } from "./suites/time-and-events.ts";
import { switchyardApp, synthesise } from "./synthesised.ts";

// One synthesis for all suites: it takes longer than they do together. It already fails when a
// policy check finds something.
const { app, stacks } = switchyardApp(optionsOf("prod"), true);
const { templates, files } = synthesise(app);

describeDataStack(stacks);
describeControlPlaneStack(stacks);
describeTimeAndEvents(stacks);
describeExecutionStack(stacks, templates);
describeLeastPrivilege(templates);
describePolicyChecks(app, templates);
describeCfnLint(files);
