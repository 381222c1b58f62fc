import { ipAddress } from "../policies/ipAddress.ts";

const groups = 8;
/** 64 bits: what a customer gets at least (RFC 6177), who may take any address within. */
const networkGroups = 4;

/** What one caller has of addresses: one of IPv4, 2⁶⁴ of IPv6. As it is for what is no address. */
export function networkOf(address: string): string {
  const plain = ipAddress(address);
  if (plain === undefined || !plain.includes(":")) return plain ?? address;
  const [left = "", right] = plain.split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const zeros = Array<string>(groups - before.length - after.length).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, networkGroups).join(":")}::/64`;
}
