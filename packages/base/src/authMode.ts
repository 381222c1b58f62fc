export const authModes = ["auto", "required", "off"] as const;

export type AuthMode = (typeof authModes)[number];

const loopbackAddress = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(?:\.\d{1,3}){3}\]?)$/i;

export const isLoopbackHost = (host: string): boolean => loopbackAddress.test(host);

/** @param hosts that the server listens on, of all of its transports; none for a server of no network */
export function requiresCredentials(mode: AuthMode, hosts: readonly string[]): boolean {
  switch (mode) {
    case "required":
      return true;
    case "off":
      return false;
    case "auto":
      return !hosts.every(isLoopbackHost);
  }
}
