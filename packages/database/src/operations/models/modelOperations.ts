import { getModel } from "./getModel.ts";
import { listModels } from "./listModels.ts";
import { listServedModels } from "./listServedModels.ts";

export const modelOperations = { listServedModels, listModels, getModel } as const;
