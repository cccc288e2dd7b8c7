/** The version of Switchyard, as in package.json. */
export const switchyardVersion = "0.1.0";
