// A deployment's step: standard input, a JSON document with passphrase and tenants, becomes sealed keys on standard output.
import { text } from "node:stream/consumers";
import { sealKeys } from "./sealedKeys.ts";

const { passphrase, tenants } = JSON.parse(await text(process.stdin));
process.stdout.write(await sealKeys(tenants, passphrase));
