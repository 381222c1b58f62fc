import type { Job } from "@akidb/base";
import type { Job as JobMessage } from "@akidb/protocol/grpc";
import { nullsAbsent } from "../nullsAbsent.ts";

export const jobMessage = ({ id, ...job }: Job): JobMessage => ({ ...nullsAbsent(job), jobId: id });
