/**
 * What every container of this program has in common: no capability, no way to gain one, a root file system that cannot be written,
 * bounded logs, and back after a reboot. `on-failure:5`, which the CIS benchmark asks for, would leave a database down after the fifth crash.
 */
export const hardened = {
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  readOnly: true,
  restart: "unless-stopped",
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
};
