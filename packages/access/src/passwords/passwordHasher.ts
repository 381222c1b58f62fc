/** Slow on purpose, and never in the thread that serves. */
export interface PasswordHasher {
  /** Argon2id in the PHC string format. Rejects with `unavailable` while too many wait. */
  hash(password: string): Promise<string>;
  /**
   * Takes as long where `passwordHash` is undefined: for an account that does not exist. False for what is no hash.
   * Rejects with `unavailable` while too many wait.
   */
  verify(password: string, passwordHash: string | undefined): Promise<boolean>;
  /** Whether it was made with other costs than those of today. */
  isOutdated(passwordHash: string): boolean;
}

/** OWASP, Password Storage Cheat Sheet (2024): the first of its equal choices for Argon2id. */
export const passwordCosts = { memoryKiB: 19_456, passes: 2, lanes: 1 } as const;

export interface PasswordCosts {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}
