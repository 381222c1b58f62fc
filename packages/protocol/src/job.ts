import { type Job, jobKinds, jobStates } from "@akidb/base";
import Type, { type Static } from "typebox";
import { stringEnum } from "./stringEnum.ts";

export const JobResource = Type.Object(
  {
    job_id: Type.String({
      format: "uuid",
      description:
        "Of a deletion, the id of what is deleted; of a re-embedding, its own: it is the same after a restart. A look for garbage " +
        "does not outlive the server's process.",
    }),
    kind: stringEnum(jobKinds),
    state: stringEnum(jobStates, {
      description:
        "`failed`: what is decided stays decided; it goes on with the next start, or when it is asked for again.",
    }),
    state_reason: Type.Union([Type.String(), Type.Null()], {
      description: "Null unless it failed, was paused without anybody asking for it, or waits for something.",
    }),
    progress: Type.Number({
      description:
        "Share of the work that is known to be done, 0..1; nobody looks at what is paused or cancelled.",
    }),
    resource: Type.Object(
      {
        type: stringEnum<Job["resource"]["type"]>(["tenant", "database", "collection", "server"]),
        id: Type.String({ format: "uuid" }),
      },
      { description: "What it works on; of a server, the id is that of its own tenant." },
    ),
    started_at: Type.String({ format: "date-time" }),
    ended_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
      description: "Null while it runs or is paused.",
    }),
  },
  { $id: "Job" },
);
export type JobResource = Static<typeof JobResource>;

export const JobPath = Type.Object({
  job: Type.String({ format: "uuid", description: "The job's id." }),
});
export type JobPath = Static<typeof JobPath>;

export const jobToWire = (job: Job): JobResource => ({
  job_id: job.id,
  kind: job.kind,
  state: job.state,
  state_reason: job.stateReason,
  progress: job.progress,
  resource: { ...job.resource },
  started_at: job.startedAt,
  ended_at: job.endedAt,
});

export const jobFromWire = (resource: JobResource): Job => ({
  id: resource.job_id,
  kind: resource.kind,
  state: resource.state,
  stateReason: resource.state_reason,
  progress: resource.progress,
  resource: resource.resource,
  startedAt: resource.started_at,
  endedAt: resource.ended_at,
});
