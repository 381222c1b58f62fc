import { createTenant } from "./createTenant.ts";
import { deleteTenant } from "./deleteTenant.ts";
import { getTenant } from "./getTenant.ts";
import { listTenants } from "./listTenants.ts";
import { updateTenant } from "./updateTenant.ts";

export const tenantOperations = { createTenant, listTenants, getTenant, updateTenant, deleteTenant } as const;
