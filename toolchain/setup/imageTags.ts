import { postgresImageTag, postgresMajor, traefikImageTag, traefikVersion } from "../../components/images.ts";

// One line per image, read by images.sh: its folder below images/, its tag, and the official image to build it on.
console.log(`postgres ${postgresImageTag()} postgres:${postgresMajor}`);
console.log(`traefik ${traefikImageTag()} traefik:v${traefikVersion}`);
