import ipaddr from "ipaddr.js";

const clientPort = 40_000;
const serverPort = 5432;

/** A PROXY protocol header, version 1: what a load balancer says of its client. Section 2.1 of its specification. */
export function headerV1(client: string): Buffer {
  const [family, server] = client.includes(":") ? ["TCP6", "2001:db8::1"] : ["TCP4", "192.0.2.1"];
  return Buffer.from(`PROXY ${family} ${client} ${server} ${clientPort} ${serverPort}\r\n`);
}

/** The same of version 2, which is binary; its client has an IPv4 address. Section 2.2. */
export function headerV2(client: string): Buffer {
  const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
  const [proxy, tcpOverIPv4] = [0x21, 0x11];
  const addresses = [client, "192.0.2.1"].flatMap((address) => ipaddr.IPv4.parse(address).toByteArray());
  const ports = [clientPort, serverPort].flatMap((port) => [port >> 8, port & 255]);
  const body = [...addresses, ...ports];
  return Buffer.from([...signature, proxy, tcpOverIPv4, 0, body.length, ...body]);
}
