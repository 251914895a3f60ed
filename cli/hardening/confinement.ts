import { type Check, foundAny, foundIf, notHost } from "./check.ts";
import type { EngineInfo, InspectedContainer } from "./container.ts";

/** Folders of the host that say how it runs: nobody's data. */
const systemFolders = ["/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sys", "/usr"];

const isSystemFolder = (path: string) =>
  path === "/" || systemFolders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** An engine's option of this name, such as `name=seccomp,profile=default`; undefined where the engine does not have it. */
function engineOption({ SecurityOptions }: EngineInfo, name: string): string | undefined {
  return SecurityOptions?.find((option) => option === `name=${name}` || option.startsWith(`name=${name},`));
}

/** The container's own security options, which Docker takes with `=` and with `:`. */
const hasOption = ({ HostConfig }: InspectedContainer, ...options: readonly string[]) =>
  HostConfig.SecurityOpt?.some((option) => options.includes(option.replace(":", "="))) ?? false;

const binds = ({ Mounts }: InspectedContainer) =>
  Mounts.flatMap(({ Type, Source }) => (Type === "bind" && Source !== undefined ? [Source] : []));

/** What a container may do, and what of the host it shares or sees. */
export const confinement: readonly Check[] = [
  {
    id: "5.2",
    title: "has an AppArmor profile, where the engine has AppArmor",
    check: ({ AppArmorProfile = "" }, engine) =>
      foundIf(
        engineOption(engine, "apparmor") !== undefined && ["", "unconfined"].includes(AppArmorProfile),
        `AppArmorProfile is "${AppArmorProfile}"`,
      ),
  },
  {
    id: "5.3",
    title: "has an SELinux label, where the engine has SELinux",
    check: ({ ProcessLabel = "" }, engine) =>
      foundIf(engineOption(engine, "selinux") !== undefined && ProcessLabel === "", "ProcessLabel is empty"),
  },
  {
    id: "5.4",
    title: "has no capability",
    check: ({ HostConfig: { CapAdd, CapDrop } }) =>
      foundAny([
        ...(CapAdd ?? []).map((name) => `${name} is added`),
        ...(CapDrop?.includes("ALL") === true ? [] : ["CapDrop has no ALL"]),
      ]),
  },
  {
    id: "5.5",
    title: "is not privileged",
    check: ({ HostConfig }) => foundIf(HostConfig.Privileged, "Privileged is true"),
  },
  {
    id: "5.6",
    title: "mounts none of the host's system folders",
    check: (container) => foundAny(binds(container).filter(isSystemFolder)),
  },
  {
    id: "5.13",
    title: "cannot write its root file system",
    check: ({ HostConfig }) => foundIf(!HostConfig.ReadonlyRootfs, "ReadonlyRootfs is false"),
  },
  {
    id: "5.16",
    title: "does not see the host's processes",
    check: ({ HostConfig }) => notHost("PidMode", HostConfig.PidMode),
  },
  {
    id: "5.17",
    title: "shares its IPC namespace with nobody",
    check: ({ HostConfig: { IpcMode } }) => foundIf(!["private", "none"].includes(IpcMode), `IpcMode is "${IpcMode}"`),
  },
  {
    id: "5.18",
    title: "has no device of the host",
    check: ({ HostConfig: { Devices, DeviceRequests, DeviceCgroupRules } }) =>
      foundAny(
        [Devices, DeviceRequests, DeviceCgroupRules]
          .flatMap((list) => list ?? [])
          .map((device) => JSON.stringify(device)),
      ),
  },
  {
    id: "5.20",
    title: "propagates no mount to the host",
    check: ({ Mounts }) =>
      foundAny(
        Mounts.filter(({ Propagation }) => Propagation.endsWith("shared")).map(({ Destination }) => Destination),
      ),
  },
  {
    id: "5.21",
    title: "does not share the host's name",
    check: ({ HostConfig }) => notHost("UTSMode", HostConfig.UTSMode),
  },
  {
    id: "5.22",
    title: "runs with a seccomp profile",
    check: (container, engine) => {
      const option = engineOption(engine, "seccomp");
      if (option === undefined) return "the engine has no seccomp";
      const off = option.includes("profile=unconfined") || hasOption(container, "seccomp=unconfined");
      return foundIf(off, "seccomp is unconfined");
    },
  },
  {
    id: "5.26",
    title: "cannot gain privileges",
    check: (container) =>
      foundIf(
        !hasOption(container, "no-new-privileges", "no-new-privileges=true"),
        "SecurityOpt has no no-new-privileges",
      ),
  },
  {
    id: "5.31",
    title: "does not share the host's user namespace",
    check: ({ HostConfig }) => notHost("UsernsMode", HostConfig.UsernsMode),
  },
  {
    id: "5.32",
    title: "does not have the engine's socket",
    check: (container) => foundAny(binds(container).filter((source) => /(docker|containerd)\.sock$/.test(source))),
  },
];
