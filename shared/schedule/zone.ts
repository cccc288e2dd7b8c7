import { nearestName } from "../core/nearest-name.ts";
import { furtherZoneNames } from "./zone-names.ts";

export interface ZoneProblem {
  readonly message: string;
  readonly suggestion?: string;
}

/** EventBridge Scheduler takes no longer ones. */
export const zoneCharsMax = 50;

/** What stands for an old name that no country's rules keep up to date. */
const placesOfOldNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    EST5EDT: "America/New_York",
    CST6CDT: "America/Chicago",
    MST7MDT: "America/Denver",
    PST8PDT: "America/Los_Angeles",
    EST: "America/New_York",
    CST: "America/Chicago",
    MST: "America/Denver",
    PST: "America/Los_Angeles",
    HST: "Pacific/Honolulu",
    CET: "Europe/Paris",
    MET: "Europe/Paris",
    EET: "Europe/Athens",
    WET: "Europe/Lisbon",
    GMT: "UTC",
    UCT: "UTC",
    Z: "UTC",
    Zulu: "UTC",
    Universal: "UTC",
    Greenwich: "UTC",
  }),
);

let known: ReadonlyMap<string, string> | undefined;

/** Every name that is taken, by its lower-case form. */
function knownZones(): ReadonlyMap<string, string> {
  if (known !== undefined) return known;
  const names = new Set(["UTC"]);
  for (const name of Intl.supportedValuesOf("timeZone")) if (name.includes("/")) names.add(name);
  for (const [region, rest] of Object.entries(furtherZoneNames)) {
    for (const place of rest.split(" ")) {
      const name = `${region}/${place}`;
      if (platformName(name) !== undefined) names.add(name);
    }
  }
  known = new Map([...names].map((name) => [name.toLowerCase(), name]));
  return known;
}

/** What the platform calls a zone that it knows under this name. */
function platformName(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * What is wrong with the name of a time zone; undefined when nothing is. Names are those of the IANA
 * database, written exactly so: "UTC", or a region and a place.
 */
export function zoneProblem(name: string): ZoneProblem | undefined {
  if (name.length > zoneCharsMax) {
    return { message: `a time zone has at most ${zoneCharsMax} characters` };
  }
  const zones = knownZones();
  const exact = zones.get(name.toLowerCase());
  if (exact === name) return undefined;
  const shown = JSON.stringify(name);
  if (exact !== undefined) {
    return {
      message: `${shown} is not written like the time zone`,
      suggestion: `write "${exact}"`,
    };
  }
  const platform = zones.get(platformName(name)?.toLowerCase() ?? "");
  const nearest = placesOfOldNames.get(name) ?? platform ?? nearestZone(name, zones);
  return {
    message: `${shown} is not the name of a place in the IANA time zone database`,
    suggestion:
      nearest === undefined
        ? 'take a name such as "Europe/Berlin" or "UTC"'
        : `did you mean "${nearest}"?`,
  };
}

function nearestZone(name: string, zones: ReadonlyMap<string, string>): string | undefined {
  const place = name.toLowerCase().trim().replaceAll(/\s+/g, "_").split("/").at(-1) ?? "";
  for (const [lower, exact] of zones) if (place !== "" && lower.endsWith(`/${place}`)) return exact;
  return nearestName(name, [...zones.values()]);
}
