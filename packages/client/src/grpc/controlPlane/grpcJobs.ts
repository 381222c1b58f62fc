import type { Job, Jobs } from "@akidb/base";
import type { Job as JobMessage } from "@akidb/protocol/grpc";
import { name } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { nullsOf } from "../messageFields.ts";

export const grpcJobs = (calls: GrpcCalls): Jobs => ({
  get: async (id, options) => {
    const request = () => ({ job: name("job", id) });
    return jobOf(await calls.send("operations", "getJob", { request, repeatable: true, options }));
  },
});

export const jobOf = ({ jobId: id, ...job }: JobMessage): Job => nullsOf<Job>({ id, ...job });
