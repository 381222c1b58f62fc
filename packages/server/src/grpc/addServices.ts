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
import type { Server } from "@grpc/grpc-js";
import { apiKeyService } from "./admin/apiKeyService.ts";
import { auditLogService } from "./admin/auditLogService.ts";
import { authService } from "./admin/authService.ts";
import { databaseService } from "./admin/databaseService.ts";
import { operationsService } from "./admin/operationsService.ts";
import { policyService } from "./admin/policyService.ts";
import { reembeddingService } from "./admin/reembeddingService.ts";
import { snapshotService } from "./admin/snapshotService.ts";
import { tenantService } from "./admin/tenantService.ts";
import { tierService } from "./admin/tierService.ts";
import { userService } from "./admin/userService.ts";
import { collectionManagementService } from "./collectionManagementService.ts";
import { collectionService } from "./collectionService.ts";
import { embeddingService } from "./embeddingService.ts";
import { addService, type ServiceHandles, type ServiceText } from "./service.ts";

/** @returns the names of the services */
export function addServices(server: Server): readonly string[] {
  const names: string[] = [];
  const add = <Service extends ServiceText>(service: Service, handles: ServiceHandles<Service>): void => {
    addService(server, service, handles);
    names.push(service.fullName);
  };
  add(CollectionServiceDefinition, collectionService);
  add(CollectionManagementServiceDefinition, collectionManagementService);
  add(EmbeddingServiceDefinition, embeddingService);
  add(TenantServiceDefinition, tenantService);
  add(DatabaseServiceDefinition, databaseService);
  add(UserServiceDefinition, userService);
  add(ApiKeyServiceDefinition, apiKeyService);
  add(AuthServiceDefinition, authService);
  add(PolicyServiceDefinition, policyService);
  add(AuditLogServiceDefinition, auditLogService);
  add(SnapshotServiceDefinition, snapshotService);
  add(ReembeddingServiceDefinition, reembeddingService);
  add(TierServiceDefinition, tierService);
  add(OperationsServiceDefinition, operationsService);
  return names;
}
