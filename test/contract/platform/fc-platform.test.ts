import { startFcRig } from "./fc-rig.ts";
import { describePlatform } from "./platform-suite.ts";

describePlatform("alicloud-fc", startFcRig);
