const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const dotted = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/**
 * An address as Cedar reads it: without a zone, and that of an IPv4 caller as IPv4, also where it came to an IPv6 socket.
 * Undefined for what is none.
 */
export function ipAddress(text: string): string | undefined {
  const [zoneless = ""] = text.split("%", 1);
  const four = mapped.exec(zoneless)?.[1] ?? zoneless;
  if (dotted.test(four))
    return four.split(".").every((part) => Number(part) <= 255) ? plainDotted(four) : undefined;
  // URL has the one parser of IPv6 addresses that needs no socket.
  const url = zoneless.includes(":") ? URL.parse(`http://[${zoneless}]/`) : null;
  return url?.hostname.slice(1, -1);
}

/** Leading zeros are octal to some and refused by others. */
const plainDotted = (text: string): string => text.split(".").map(Number).join(".");
