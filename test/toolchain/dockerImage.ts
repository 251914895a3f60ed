import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Machine code that asks the kernel to wait for a signal, for ever. */
const waitForEver: Readonly<Record<string, { machine: number; code: readonly number[] }>> = {
  // mov eax, 34 (pause); syscall; jmp back
  x64: { machine: 62, code: [0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] },
  // mov x0..x3, 0; mov x8, 73 (ppoll); svc 0; b back
  arm64: {
    machine: 183,
    code: [0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa].flatMap((word) => [
      word & 255,
      (word >>> 8) & 255,
      (word >>> 16) & 255,
      word >>> 24,
    ]),
  },
};

/** Makes an image of a few bytes that needs no registry: its one file, `/wait`, waits until it is killed. */
export function importImage(name: string): void {
  const folder = mkdtempSync(join(tmpdir(), "pgtenants-toolchain-test-image-"));
  try {
    writeFileSync(join(folder, "wait"), executable(), { mode: 0o755 });
    execFileSync("tar", ["-C", folder, "-cf", join(folder, "image.tar"), "wait"]);
    execFileSync("docker", ["import", "--change", 'CMD ["/wait"]', join(folder, "image.tar"), name], { stdio: "pipe" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A 64-bit ELF file: header, one segment, code. */
function executable(): Buffer {
  const program = waitForEver[process.arch];
  if (program === undefined) throw new Error(`no test image for ${process.arch}`);
  const headers = 64 + 56;
  const address = 0x400000n;
  const file = Buffer.alloc(headers + program.code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // Magic, 64 bits, little endian, version
  file.writeUInt16LE(2, 16); // Executable
  file.writeUInt16LE(program.machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(address + BigInt(headers), 24); // Entry point
  file.writeBigUInt64LE(64n, 32); // Where the segment table is
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56); // One segment
  file.writeUInt32LE(1, 64); // Load it
  file.writeUInt32LE(5, 68); // Readable and executable
  file.writeBigUInt64LE(address, 80);
  file.writeBigUInt64LE(address, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(4096n, 112);
  file.set(program.code, headers);
  return file;
}
