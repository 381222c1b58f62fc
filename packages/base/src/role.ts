/** What a user or a key may do; policies that come with the product say what each of them means. */
export const roles = ["admin", "developer", "viewer", "auditor"] as const;

export type Role = (typeof roles)[number];
