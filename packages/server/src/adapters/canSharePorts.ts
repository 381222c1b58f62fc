const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

/** Whether several sockets of this process can listen at one port (SO_REUSEPORT, from Node 23.1 on). */
export const canSharePorts = process.platform === "linux" && (major > 23 || (major === 23 && minor >= 1));
