import { getModel } from "./getModel.ts";
import { listModels } from "./listModels.ts";
import { listServedModels } from "./listServedModels.ts";
import { switchModel } from "./switchModel.ts";

export const modelOperations = { listServedModels, listModels, getModel, switchModel } as const;
