import {
  offsiteDebian,
  offsiteImageTag,
  poolerImageTag,
  postgresImageTag,
  postgresVersion,
  traefikImageTag,
  traefikVersion,
} from "../../components/images.ts";

// One line per image, read by images.sh: its folder below images/, its tag, and the official image to build it on.
console.log(`postgres ${postgresImageTag()} postgres:${postgresVersion}`);
console.log(`pooler ${poolerImageTag()} postgres:${postgresVersion}`);
console.log(`traefik ${traefikImageTag()} traefik:v${traefikVersion}`);
console.log(`offsite ${offsiteImageTag()} debian:${offsiteDebian}-slim`);
