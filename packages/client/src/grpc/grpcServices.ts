import {
  ApiKeyServiceDefinition,
  AuditLogServiceDefinition,
  AuthServiceDefinition,
  CollectionManagementServiceDefinition,
  CollectionServiceDefinition,
  DatabaseServiceDefinition,
  EmbeddingServiceDefinition,
  OperationsServiceDefinition,
  PolicyServiceDefinition,
  ReembeddingServiceDefinition,
  SnapshotServiceDefinition,
  TenantServiceDefinition,
  TierServiceDefinition,
  UserServiceDefinition,
} from "@akidb/protocol/grpc";

export const grpcServices = {
  collections: CollectionServiceDefinition,
  management: CollectionManagementServiceDefinition,
  embedding: EmbeddingServiceDefinition,
  snapshots: SnapshotServiceDefinition,
  reembeddings: ReembeddingServiceDefinition,
  tiers: TierServiceDefinition,
  tenants: TenantServiceDefinition,
  databases: DatabaseServiceDefinition,
  users: UserServiceDefinition,
  apiKeys: ApiKeyServiceDefinition,
  auth: AuthServiceDefinition,
  policies: PolicyServiceDefinition,
  auditLog: AuditLogServiceDefinition,
  operations: OperationsServiceDefinition,
} as const;

/** What a call is made of; the code that writes and reads it is loaded by the first call. */
export type GrpcServices = typeof grpcServices;

export type ServiceName = keyof GrpcServices;
export type MethodName<Service extends ServiceName> = keyof GrpcServices[Service]["methods"] & string;

/** As the generator writes it. */
export interface Method<Request, Response> {
  readonly name: string;
  readonly requestType: { encode(message: Request): { finish(): Uint8Array } };
  readonly responseType: { decode(bytes: Uint8Array): Response };
}

type MethodOf<Service extends ServiceName, Name extends MethodName<Service>> =
  GrpcServices[Service]["methods"][Name] extends Method<infer Request, infer Response>
    ? { readonly request: Request; readonly response: Response }
    : never;

export type RequestOf<Service extends ServiceName, Name extends MethodName<Service>> = MethodOf<
  Service,
  Name
>["request"];
export type ResponseOf<Service extends ServiceName, Name extends MethodName<Service>> = MethodOf<
  Service,
  Name
>["response"];
