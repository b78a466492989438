type Range = readonly [base: string, bits: number];

// What the IANA registry of special-purpose addresses does not call globally reachable, and multicast.
const special: readonly Range[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

const numberOf = (address: string): number => address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);

const isSpecial = (address: string): boolean =>
  special.some(([base, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(numberOf(address) / size) === numberOf(base) / size;
  });

/** Returns whether an IPv6 address in the form of URLs is public: global unicast (2000::/3) without its special parts. */
function isPublicV6(address: string): boolean {
  const [first = 0, second = 0] = address.split(":").map((part) => Number.parseInt(part || "0", 16));
  if (first < 0x2000 || first > 0x3fff) return false;
  // Protocol assignments with Teredo, documentation, 6to4 (which carries an IPv4 address), documentation.
  if (first === 0x2001 && (second < 0x200 || second === 0xdb8)) return false;
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000);
}

const isV4 = /^\d+\.\d+\.\d+\.\d+$/;
const privateNames = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)$/;

/**
 * Returns whether the host of a URL may be public. The URL parser has made every form of an IPv4 address (decimal, octal, hexadecimal)
 * into the dotted one. A name that resolves to a private address is refused below us, by the network.
 */
export function isPublicHost({ hostname }: URL): boolean {
  const host = hostname.replace(/\.+$/, "").toLowerCase();
  if (host.startsWith("[")) return isPublicV6(host.slice(1, -1));
  if (isV4.test(host)) return !isSpecial(host);
  return host.includes(".") && !privateNames.test(host);
}
