export { type Authenticated, type AuthenticationParts, authenticate } from "./authenticate.ts";
export { type Bootstrap, bootstrapKey } from "./bootstrapKey.ts";
export { coversRoles } from "./coversRoles.ts";
export { keyPrincipal } from "./keyPrincipal.ts";
export { type ApiKeySecret, makeApiKey, parseApiKey } from "./keys/apiKeySecret.ts";
export type { LegacyApiKey } from "./keys/legacyApiKey.ts";
export {
  type CredentialHeaders,
  credentialKey,
  type PresentedCredential,
  readCredential,
  unauthenticated,
} from "./keys/presentedCredential.ts";
export { type LoginInput, Logins, type LoginsOptions, type SessionTokens } from "./login/logins.ts";
export { type LoginAttempt, LoginThrottle } from "./login/loginThrottle.ts";
export { requireStillRight } from "./login/requireStillRight.ts";
export { type Argon2HasherOptions, argon2Hasher } from "./passwords/argon2Hasher.ts";
export { checkPassword } from "./passwords/checkPassword.ts";
export type { PasswordCosts, PasswordHasher } from "./passwords/passwordHasher.ts";
export { unusablePasswordHash } from "./passwords/unusablePasswordHash.ts";
export { type Action, actions } from "./policies/action.ts";
export { Authorizer, type TenantRules } from "./policies/authorizer.ts";
export { type CheckedPolicy, checkPolicyText, type PolicyFault } from "./policies/checkPolicyText.ts";
export type { AuthorizationRequest, Decision } from "./policies/decide.ts";
export type { TenantFacts } from "./policies/entities.ts";
export { ipAddress } from "./policies/ipAddress.ts";
export { policySchema } from "./policies/policySchema.ts";
export type { Resource } from "./policies/resource.ts";
export { type ShippedPolicy, shippedPolicies } from "./policies/shippedPolicies.ts";
export type { PolicyText } from "./policies/tenantPolicies.ts";
export {
  type ApiKeyPrincipal,
  type LocalPrincipal,
  localPrincipal,
  type OwnerPrincipal,
  ownerPrincipal,
  type Principal,
  type UserPrincipal,
  userIdOf,
} from "./principal.ts";
export {
  type AccessClaims,
  type AccessTokens,
  type AccessTokensOptions,
  accessTokens,
  type IssuedAccessToken,
} from "./tokens/accessTokens.ts";
export type { RefreshSecret } from "./tokens/refreshSecret.ts";
